"""Whether a notice still says what is true (rule 2): one judgement for planning, approving and claiming."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from relance_mailer.dunning.case import addressee, missing_for_formal_notice
from relance_mailer.dunning.debtor_kind import effective_kind
from relance_mailer.dunning.decide import Reason, Wait, unpursued
from relance_mailer.dunning.invoice import Contact
from relance_mailer.dunning.notice import NoticeState, Proposal
from relance_mailer.dunning.policy import Policy, StageKind
from relance_mailer.errors import RateUnknownError, TemplateError
from relance_mailer.services import writing
from relance_mailer.services.office import Office
from relance_mailer.services.views import decision_words
from relance_mailer.store.cases import DebtorFile
from relance_mailer.store.tables import NoticeInvoiceRow, NoticeRow
from relance_mailer.texts.words import say


@dataclass(frozen=True, slots=True)
class Standing:
    """What a notice is about as its facts stand now, and to whom; `why` it no longer stands, "" if it does."""

    proposal: Proposal | None = None
    contact: Contact | None = None
    why: str = ""


def standing(
    office: Office, file: DebtorFile, notice: NoticeRow, members: Sequence[NoticeInvoiceRow], now: datetime
) -> Standing:
    """Return whether a notice still stands at `now`."""
    language = office.config.language
    policy = office.policy_of(file.debtor.policy)
    proposal = _proposal(policy, file, notice, members)
    if proposal is None or _unapproved(notice, proposal):
        why = unpursued(policy) or Wait(None, Reason.POLICY_CHANGED)
        return Standing(why=decision_words(why, language))
    contact = addressee(file.debtor_case.contacts, office.today(now), file.debtor_case.days).contact
    if contact is None:
        return Standing(proposal, why=say("reason.no_contact", language))
    hindrance = obstacle(office, file, proposal, contact, now)
    if hindrance is not None:
        reason, detail = hindrance
        return Standing(proposal, contact, say(f"reason.{reason}", language, detail=detail))
    try:
        same = writing.facts(office, file, proposal, contact) == notice.facts
    except TemplateError as error:
        return Standing(proposal, contact, say("reason.template", language, detail=str(error)))
    return Standing(proposal, contact, "" if same else say("superseded.facts", language))


def obstacle(
    office: Office, file: DebtorFile, proposal: Proposal, contact: Contact, now: datetime
) -> tuple[Reason, str] | None:
    """What keeps a message from being written at all: a formal notice's missing particulars, or an unknown rate."""
    if proposal.stage.kind is StageKind.FORMAL_NOTICE:
        creditor, debtor = office.config.creditor, file.debtor
        kind = effective_kind(debtor.kind, debtor.party.siren, debtor.party.vat)
        missing = missing_for_formal_notice(
            creditor.party, creditor.signer_name, creditor.signer_capacity, debtor.party, kind
        )
        if missing:
            return Reason.INCOMPLETE, ", ".join(
                say(f"missing.{key}", office.config.language) for key in missing
            )
    if proposal.stage.shows_claim:
        try:
            writing.context_of(office, file, proposal, contact, now)
        except RateUnknownError as error:
            return (
                Reason.RATE_UNKNOWN,
                error.start.isoformat(),
            )  # as TOML writes it: the words show the lines to add
    return None


def _proposal(
    policy: Policy, file: DebtorFile, notice: NoticeRow, members: Sequence[NoticeInvoiceRow]
) -> Proposal | None:
    """Return what a notice is about as its facts stand now; None if the policy lost one of its stages."""
    known = {stage.key: stage for stage in policy.stages}
    if notice.stage not in known or any(member.stage not in known for member in members):
        return None
    stages = {member.invoice_id: known[member.stage] for member in members}
    about = ((case, stages[case.invoice.id]) for case in file.cases if case.invoice.id in stages)
    return Proposal(known[notice.stage], tuple(about))


def _unapproved(notice: NoticeRow, proposal: Proposal) -> bool:
    """The policy asks for an approval that this notice, on its way already, never had."""
    on_its_way = notice.state != NoticeState.AWAITING_APPROVAL
    return on_its_way and proposal.stage.needs_approval and notice.approved_at is None
