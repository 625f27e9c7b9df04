"""What leaves next: the first day on which anything does, as one sum that a person can judge at a glance."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from relance_mailer.dunning.money import Money
from relance_mailer.services import views
from relance_mailer.services.office import Office
from relance_mailer.services.outlook import PlannedNotice, outlook
from relance_mailer.texts import formats
from relance_mailer.texts.words import counted, say

DAYS_AHEAD = 7  #: a long weekend and a holiday lie within them
SHOWN = 5  #: messages named one by one


@dataclass(frozen=True, slots=True)
class Forecast:
    """What leaves next, if nothing else happens.

    Attributes:
        notices: those of the first day on which any leaves by itself, in order; none if nothing does within a week.
        waiting: how many invoices wait for something else.
        to_approve: how many messages wait for a person.
    """

    notices: tuple[PlannedNotice, ...]
    waiting: int
    to_approve: int

    @property
    def at(self) -> datetime | None:
        """When the first leaves."""
        return self.notices[0].at if self.notices else None

    @property
    def debtors(self) -> int:
        """To how many debtors."""
        return len({notice.debtor for notice in self.notices})

    @property
    def totals(self) -> tuple[Money, ...]:
        """What they ask for, one sum a currency."""
        sums: dict[str, Money] = {}
        for notice in self.notices:
            for total in notice.totals:
                sums[total.currency] = sums.get(total.currency, Money.zero(total.currency)) + total
        return tuple(sums.values())


def forecast(office: Office, now: datetime) -> Forecast:
    """Return what leaves next, decided by the rules as they stand; changes nothing."""
    seen = outlook(office, now, DAYS_AHEAD)
    by_day: defaultdict[Any, list[PlannedNotice]] = defaultdict(list)
    for notice in seen.notices:
        if notice.at is not None and not notice.needs_approval:
            by_day[office.today(max(notice.at, now))].append(notice)
    first = by_day[min(by_day)] if by_day else []
    to_approve = sum(notice.needs_approval for notice in seen.notices)
    return Forecast(tuple(first), len(seen.waiting), to_approve)


def told(office: Office, found: Forecast) -> tuple[str, ...]:
    """Return a forecast in words: one line of sums, then the first messages, one a line, and how many more."""
    language = office.config.language
    if found.at is None:
        return (say("forecast.nothing", language, days=DAYS_AHEAD),)
    sums = ", ".join(formats.money(total, language) for total in found.totals)
    head = say(
        "forecast.leaves",
        language,
        messages=counted("forecast.messages", language, len(found.notices)),
        debtors=counted("forecast.debtors", language, found.debtors),
        sums=sums,
        at=views.instant_words(found.at, office),
    )
    lines = [_line(office, notice, language) for notice in found.notices[:SHOWN]]
    more = len(found.notices) - len(lines)
    rest = [counted("forecast.more", language, more)] if more else []
    return (head, *lines, *rest)


def _line(office: Office, notice: PlannedNotice, language: str) -> str:
    assert notice.at is not None
    return say(
        "forecast.line",
        language,
        debtor=f"{notice.debtor_name} ({notice.debtor})",
        stage=say(f"stage.{notice.stage}", language),
        sums=", ".join(formats.money(total, language) for total in notice.totals),
        at=views.instant_words(notice.at, office),
    )


def as_json(office: Office, found: Forecast) -> dict[str, Any]:
    """Return a forecast as `--json` shows it and the ledger keeps it."""
    return {
        "messages": len(found.notices),
        "debtors": found.debtors,
        "at": views.iso(found.at, office),
        "totals": [{"currency": total.currency, "amount": f"{total.amount:f}"} for total in found.totals],
        "first": [
            {
                "debtor": notice.debtor,
                "debtor_name": notice.debtor_name,
                "stage": notice.stage,
                "at": views.iso(notice.at, office),
                "totals": [
                    {"currency": total.currency, "amount": f"{total.amount:f}"} for total in notice.totals
                ],
            }
            for notice in found.notices[:SHOWN]
        ],
    }
