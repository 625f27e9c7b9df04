"""Of the dates in a text, the one that it promises to pay by, and the one on which it says that it paid."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

from relance_mailer.replies.dates.find import FoundDate, find_dates
from relance_mailer.replies.dates.roles import Role

_LONG = timedelta(days=240)
_FAR = timedelta(days=300)  #: a date of the past, read forwards, lands a year off
_YEAR = re.compile(r"20\d\d|\d ?[/.-] ?\d{1,2} ?[/.-] ?\d\d")
_VAGUE = frozenset({"month", "quarter", "year", "holiday"})  #: said beside a day, they are of something else
_MORNING = re.compile(r"matin|morning|just now|mattin|ochtend|manhã|mañana|vormittag", re.IGNORECASE)
_YEARLY = frozenset({"named", "numeric", "edge of month", "month", "week of", "week number", "quarter"})


def _chosen(finds: list[FoundDate], role: Role, sent_on: date, *, told: bool) -> date | None:
    """Return the last of the dates that the words give this role; without any, of those they give none."""
    said = [find for find in finds if find.role is role]
    for other in () if told else (Role.UNKNOWN, Role.PAID, Role.PROMISED, Role.OTHER):
        said = said or [
            find for find in finds if find.role is other and (other is Role.UNKNOWN or find.form != "weekday")
        ]
    near = [find for find in said if abs(find.date - sent_on) < _FAR] or said
    if role is Role.PAID:
        return near[0].date if near else None
    near = [find for find in near if find.form not in _VAGUE] or near
    return max((find.date for find in near), default=None)


def _stale(text: str, find: FoundDate, sent_on: date) -> bool:
    """True if a date without a year is so far ahead that it is meant as the one just past."""
    far = find.form in _YEARLY and find.date - sent_on > _LONG
    if find.date == sent_on and _MORNING.search(text, find.start, find.end):
        return True
    return far and not _YEAR.search(text, find.start, find.end)


def _to_come(find: FoundDate, sent_on: date) -> FoundDate:
    """Nothing was paid on a day that cannot be read backwards: "amanhã está pago" promises."""
    sure = find.kind == "delay" or (find.form == "relative" and find.date > sent_on)
    return replace(find, role=Role.PROMISED) if sure and find.role is Role.PAID else find


def promise_date(
    text: str,
    sent_on: date,
    *,
    due: date | None = None,
    country: str = "",
    language: str = "",
    told: bool = False,
) -> date | None:
    """Return the day by which `text` says that it will pay, the last one that it promises; None where it names none.

    Args:
        text: the author's own words.
        sent_on: the day on which they were sent, in the author's zone.
        due: the invoice's due date, for "due date + n".
        country: the sender's (ISO 3166-1).
        language: a two-letter code; told from the words where it is not given.
        told: only a date whose own words speak of a payment to come counts; else, where there is none, one whose
            words do not tell: for a text that is known to promise.
    """
    finds = find_dates(text, sent_on, due=due, country=country, language=language)
    ahead = [
        _to_come(find, sent_on) for find in finds if find.date >= sent_on and not _stale(text, find, sent_on)
    ]
    return _chosen(ahead, Role.PROMISED, sent_on, told=told)


def paid_date(
    text: str, sent_on: date, *, country: str = "", language: str = "", told: bool = False
) -> date | None:
    """Return the day on which `text` says that it paid, never one after `sent_on`; `told` as in `promise_date`."""
    finds = find_dates(text, sent_on, country=country, language=language, past=True)
    return _chosen([find for find in finds if find.date <= sent_on], Role.PAID, sent_on, told=told)
