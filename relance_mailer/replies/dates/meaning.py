"""What each form of a date means: one function a form (the reply taxonomy's rules)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from relance_mailer.replies.dates.lexicon import Token
from relance_mailer.replies.dates.reading import (
    FRIDAY,
    Reading,
    add,
    day_of,
    easter,
    edge_of,
    full_year,
    last_of,
    nearest,
    shift,
    weeks_in,
    yearly,
)

_MOST = 400  #: the longest delay that is believed, in its unit
_SOON = 300  #: days


@dataclass(frozen=True, slots=True)
class Found:
    """A form's match over the symbols."""

    match: re.Match[str]
    tokens: list[Token]

    def get(self, *names: str) -> Token | None:
        """Return the token of the first of these groups that matched."""
        groups = self.match.re.groupindex
        for name in names:
            if name in groups and self.match.start(name) >= 0:
                return self.tokens[self.match.start(name)]
        return None

    def value(self, *names: str) -> int:
        """Return that token's value, 0 where none matched."""
        token = self.get(*names)
        return token.value if token else 0

    def off(self) -> int | None:
        """Return how many weeks, months or years from this one a modifier says; None where there is none."""
        token = self.get("x", "z", "c", "x2", "z2")
        if token is None:
            return None
        return {"N": token.value, "L": -1, "p": -1}.get(token.symbol, 0)


def _in_month(reading: Reading, month: int, day: int, year: int) -> date | None:
    if year:
        return day_of(full_year(year), month, day)
    return yearly(reading, lambda y: day_of(y, month, day))


def nothing(_found: Found, _reading: Reading) -> date | None:
    """Read nothing."""
    return None


def iso(found: Found, _reading: Reading) -> date | None:
    """Read 2025-12-15."""
    rest, day = divmod(found.value("x"), 100)
    year, month = divmod(rest, 100)
    return day_of(year, month, day)


def _figures(found: Found, reading: Reading) -> tuple[int, int, int]:
    """Day, month, year: day first unless the sender is American or only the other order is a date."""
    rest, second = divmod(found.value("x"), 100)
    year, first = divmod(rest, 100)
    if (reading.american and first <= 12) or (second > 12 >= first):
        first, second = second, first
    return first, second, found.value("y") or year


def numeric(found: Found, reading: Reading) -> date | None:
    """Read 15/12/2025, 15/12, 15.12."""
    day, month, year = _figures(found, reading)
    return _in_month(reading, month, day, year) if 1 <= month <= 12 else None


def dashed(found: Found, reading: Reading) -> date | None:
    """Read "op 5-12"."""
    month = found.value("m")
    return _in_month(reading, month, found.value("d"), 0) if 1 <= month <= 12 else None


def named(found: Found, reading: Reading) -> date | None:
    """Read 15 décembre 2025, December 15."""
    return _in_month(reading, found.value("m"), found.value("d"), found.value("y"))


def named_dez(found: Found, reading: Reading) -> date | None:
    """Read 5 dez. in Portuguese, where "dez" is ten too."""
    if found.value("ten") != 10:
        return None
    return _in_month(reading, 12, found.value("d"), found.value("y"))


def _edge_named(reading: Reading, month: int, nth: int, year: int) -> date | None:
    if year:
        return edge_of(full_year(year), month, nth)
    return yearly(reading, lambda y: edge_of(y, month, nth))


def edge_of_named(found: Found, reading: Reading) -> date | None:
    """Read fin novembre, mi-décembre (the 15th), early January (the 5th)."""
    return _edge_named(reading, found.value("m"), found.value("e"), found.value("y"))


def whole_month(found: Found, reading: Reading) -> date | None:
    """Read en décembre: its last day."""
    return _edge_named(reading, found.value("m", "m2"), 31, found.value("y"))


def _half(found: Found) -> int:
    return 15 if found.value("d") == 1 else 31


def half_of_named(found: Found, reading: Reading) -> date | None:
    """Read première quinzaine de décembre."""
    return _edge_named(reading, found.value("m"), _half(found), found.value("y"))


def _edge_in(found: Found, reading: Reading, nth: int) -> date | None:
    sent, off = reading.sent_on, found.off()
    if off is not None:
        return edge_of(*shift(sent.year, sent.month, off), nth)
    if nth == 31 and not reading.past:
        return last_of(sent.year, sent.month)
    return nearest(reading, [edge_of(*shift(sent.year, sent.month, n), nth) for n in (-1, 0, 1)])


def edge_of_month(found: Found, reading: Reading) -> date | None:
    """Read fin de mois, début du mois prochain (the 5th), end of next month."""
    return _edge_in(found, reading, found.value("e"))


def half_of_month(found: Found, reading: Reading) -> date | None:
    """Read première quinzaine du mois prochain."""
    return _edge_in(found, reading, _half(found))


def month_alone(found: Found, reading: Reading) -> date | None:
    """Read le mois prochain, this month: its last day."""
    return last_of(*shift(reading.sent_on.year, reading.sent_on.month, found.off() or 0))


def day_of_month(found: Found, reading: Reading) -> date | None:
    """Read le 15, le 15 du mois prochain, the 28th inst.; "le 15 prochain" is the next 15th."""
    sent, day, off = reading.sent_on, found.value("d"), found.off()
    if found.get("c") and found.get("x", "z") is None and off:
        off = None
    if off is not None:
        return day_of(*shift(sent.year, sent.month, off), day)
    return nearest(reading, [day_of(*shift(sent.year, sent.month, n), day) for n in range(-3, 4)])


def week_of(found: Found, reading: Reading) -> date | None:
    """The Friday of the week in which the named day lies."""
    if found.get("x"):
        day = numeric(found, reading)
    else:
        day = named(found, reading) if found.get("m") else day_of_month(found, reading)
    return day + timedelta(FRIDAY - day.isoweekday()) if day else None


_IN_WEEK = {5: 2, 15: 3, 31: FRIDAY}


def week(found: Found, reading: Reading) -> date:
    """The Friday of this, the next or the last week; its Tuesday or Wednesday where it says so."""
    sent, off = reading.sent_on, found.off() or 0
    if off == 0 and sent.isoweekday() > FRIDAY and not reading.past:
        off = 1
    wanted = _IN_WEEK.get(found.value("e"), FRIDAY)
    return sent + timedelta(7 * off + wanted - sent.isoweekday())


def week_number(found: Found, reading: Reading) -> date | None:
    """Read semaine 48: the Friday of that ISO week, or the weekday named."""
    number, wanted = found.value("n", "n2"), found.value("wd") or FRIDAY
    if not number:
        return None
    year = reading.sent_on.year
    return nearest(
        reading,
        [date.fromisocalendar(y, number, wanted) for y in range(year - 1, year + 2) if number <= weeks_in(y)],
    )


def weekday(found: Found, reading: Reading) -> date:
    """Read vendredi (strictly after the sending day), vendredi dernier."""
    sent, wanted, off = reading.sent_on, found.value("wd"), found.off()
    if reading.past or off == -1:
        strictly = 1 if off == -1 else 0
        return sent - timedelta((sent.isoweekday() - strictly - wanted) % 7 + strictly)
    ahead = (wanted - sent.isoweekday() - 1) % 7 + 1
    return sent + timedelta(ahead + (7 if off == 2 else 0))


def weekday_of_week(found: Found, reading: Reading) -> date:
    """Read vendredi de la semaine prochaine, Friday this week."""
    sent = reading.sent_on
    return sent + timedelta(7 * (found.off() or 0) + found.value("wd") - sent.isoweekday())


def weekday_after(found: Found, reading: Reading) -> date | None:
    """Read vendredi en huit, Friday week, a week on Monday, Freitag in vierzehn Tagen."""
    count = found.get("n")
    if count is None:
        weeks = 2 if found.get("h") else 1
    else:
        weeks = {1: 1, 2: 2, 3: 3, 7: 1, 8: 1, 14: 2, 15: 2}.get(count.value, 0)
    sent, wanted = reading.sent_on, found.value("wd", "wd2")
    ahead = (wanted - sent.isoweekday() - 1) % 7 + 1
    return sent + timedelta(ahead + 7 * weeks) if weeks else None


def relative(found: Found, reading: Reading) -> date:
    """Read today, demain, avant-hier."""
    return reading.sent_on + timedelta(found.value("x"))


def _counted(found: Found, start: date, sign: int = 1) -> date | None:
    unit, count = found.get("u", "u2"), found.value("n", "n2")
    return add(start, sign * count, unit.symbol if unit else "u") if 0 < count <= _MOST else None


def delay(found: Found, reading: Reading) -> date | None:
    """Read sous 10 jours, in two weeks, sous 48h, within 5 working days."""
    return _counted(found, reading.sent_on)


def idiom_delay(found: Found, reading: Reading) -> date:
    """Read sous huitaine (8 days), sous quinzaine (15)."""
    return reading.sent_on + timedelta(found.value("h"))


def ago(found: Found, reading: Reading) -> date | None:
    """Read il y a 3 jours, two weeks ago."""
    if found.get("h"):
        return reading.sent_on - timedelta(found.value("h"))
    return _counted(found, reading.sent_on, -1)


def after_due(found: Found, reading: Reading) -> date | None:
    """Read échéance + 10 jours; None where the due date is not known."""
    return _counted(found, reading.due) if reading.due else None


def days_end_of_month(found: Found, reading: Reading) -> date | None:
    """Read 30 jours fin de mois (le 10), counted from the sending day."""
    count = found.value("n")
    if count > _MOST:
        return None
    end = reading.sent_on + timedelta(count)
    if found.get("d"):
        return day_of(*shift(end.year, end.month, 1), found.value("d"))
    return edge_of(end.year, end.month, found.value("e"))


def year_edge(found: Found, reading: Reading) -> date:
    """Read fin d'année; début de l'année, early in the new year (5 January)."""
    year, off = reading.sent_on.year, found.off()
    if found.value("e") == 5:
        return date(year if off == 0 else year + 1, 1, 5)
    if off is None:
        off = -1 if reading.past else 0
    return date(year + off, 12, 31) if found.value("e") == 31 else date(year + off, 6, 30)


def quarter(found: Found, reading: Reading) -> date | None:
    """Read premier trimestre, Q1: its last day."""
    if not 1 <= found.value("n") <= 4:
        return None
    return _edge_named(reading, found.value("n") * 3, 31, found.value("y"))


def quarter_end(found: Found, reading: Reading) -> date:
    """Read fin de trimestre, next quarter."""
    month = (reading.sent_on.month - 1) // 3 * 3 + 3
    return last_of(*shift(reading.sent_on.year, month, 3 * (found.off() or 0)))


_FIXED = {1: (12, 25), 3: (1, 1), 6: (11, 1), 7: (1, 6)}
_FROM_EASTER = {2: 0, 5: 49, 8: -47}


def holiday(found: Found, reading: Reading) -> date | None:
    """Read avant Noël (the day before), nach Ostern (the second day after: Monday is one too)."""
    which = found.value("h")

    def day(year: int) -> date | None:
        if which in _FIXED:
            return day_of(year, *_FIXED[which])
        return easter(year) + timedelta(_FROM_EASTER[which])

    feast = yearly(reading, day)
    side = found.get("side")
    if feast is None or side is None or abs((feast - reading.sent_on).days) > _SOON:
        return feast if side is None else None
    return feast + timedelta(2 if side.symbol == "F" else -1)
