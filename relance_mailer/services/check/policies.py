"""Looking at policies: does the configuration have each that a debtor follows, and is there a text for every stage?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from relance_mailer.dunning.policy import Pursuit, StageKind
from relance_mailer.errors import TemplateError
from relance_mailer.services.check.finding import Finding, Level, finding
from relance_mailer.services.office import Office
from relance_mailer.store import parties
from relance_mailer.store.session import Session

_SHOWN = 5  #: debtors named one by one
_LANGUAGES = ("fr", "en")


def of_policies(session: Session, office: Office) -> Iterator[Finding]:
    """Yield what is wrong with the policies; that nothing is, only where there is more than one."""
    found = [*_unknown(session, office), *_without_text(office)]
    yield from found
    if office.policies and not found:
        language, count = office.config.language, len(office.policies)
        yield finding(language, Level.OK, "policies", "policies.ok", count=count)


def _unknown(session: Session, office: Office) -> Iterator[Finding]:
    """Yield the policies that the configuration lacks: nothing leaves to the debtors that follow them."""
    for name, debtors in parties.policies(session, office.creditor_id).items():
        if office.policy_of(name).pursuit is Pursuit.UNKNOWN:
            yield finding(
                office.config.language,
                Level.ERROR,
                "policies",
                "policies.unknown",
                "policies.remedy",
                policy=name,
                debtors=_named(debtors),
            )


def _named(debtors: Sequence[str]) -> str:
    rest = len(debtors) - _SHOWN
    return ", ".join(debtors[:_SHOWN]) + (f" … (+{rest})" if rest > 0 else "")


def _without_text(office: Office) -> Iterator[Finding]:
    """Yield the stages that nobody wrote a text for: their first message would wait for one."""
    for policy in (office.policy, *office.policies.values()):
        for stage in policy.stages:
            if stage.kind is not StageKind.HANDOVER and not _has_text(office, stage.key):
                yield finding(
                    office.config.language,
                    Level.ERROR,
                    "policies",
                    "policies.text",
                    "policies.text.remedy",
                    policy=policy.name,
                    stage=stage.key,
                )


def _has_text(office: Office, stage: str) -> bool:
    for language in _LANGUAGES:
        try:
            office.templates.name(stage, language)
        except TemplateError:
            continue
        return True
    return False
