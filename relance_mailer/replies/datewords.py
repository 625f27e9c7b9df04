"""What each form of a date means, in French and English: one function a form (the reply taxonomy's rules)."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from relance_mailer.replies.words import MONTHS, NUMBERS, WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Callable

FRIDAY, SUNDAY = 5, 7


@dataclass(frozen=True, slots=True)
class Reading:
    """What a date is read against.

    Attributes:
        due: the invoice's due date, for "due date + n"; None if not known.
        american: month before day in figures.
        past: the text tells what has happened.
    """

    sent_on: date
    due: date | None = None
    american: bool = False
    past: bool = False


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _shift(year: int, month: int, by: int) -> tuple[int, int]:
    index = year * 12 + month - 1 + by
    return index // 12, index % 12 + 1


def _last(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _nearest(reading: Reading, candidates: list[date | None]) -> date | None:
    """Return the first candidate on or after the sending day, or with `past` the last on or before it."""
    days = sorted(day for day in candidates if day)
    if reading.past:
        return next((day for day in reversed(days) if day <= reading.sent_on), None)
    return next((day for day in days if day >= reading.sent_on), None)


def _yearly(reading: Reading, month: int, make: Callable[[int, int], date | None]) -> date | None:
    """Return the nearest of `make(year, month)`; nine years reach any 29 February."""
    around = range(reading.sent_on.year - 8, reading.sent_on.year + 9)
    return _nearest(reading, [make(year, month) for year in around])


def _in_month(reading: Reading, month: int, day: int, year: str | None) -> date | None:
    if year:
        return _day(int(year) if len(year) == 4 else 2000 + int(year), month, day)
    return _yearly(reading, month, lambda y, m: _day(y, m, day))


def _number(word: str) -> int | None:
    return int(word) if word.isdigit() else NUMBERS.get(word)


# --- one function a form ---------------------------------------------------------------------------------------


def iso(match: re.Match[str], _reading: Reading) -> date | None:
    """Read 2025-12-15."""
    return _day(int(match["y"]), int(match["m"]), int(match["d"]))


def numeric(match: re.Match[str], reading: Reading) -> date | None:
    """Read 15/12/2025 or 15/12, day first unless the sender is American or only the other order is a date."""
    day, month = int(match["d"]), int(match["m"])
    if (reading.american and day <= 12) or (month > 12 >= day):
        day, month = month, day
    return _in_month(reading, month, day, match["y"]) if month <= 12 else None


def named(match: re.Match[str], reading: Reading) -> date | None:
    """Read 15 décembre 2025, or December 15."""
    day = 1 if match["d"] == "premier" else int(match["d"])
    return _in_month(reading, MONTHS[match["m"]], day, match["y"])


EDGES = {"fin": 31, "end": 31, "late": 31, "courant": 31, "during": 31, "in": 31, "en": 31, "month": 31}
EDGES |= {"debut": 5, "beginning": 5, "start": 5, "early": 5, "mi": 15, "mid": 15, "milieu": 15, "middle": 15}
EDGES |= {"premiere quinzaine": 15, "1ere quinzaine": 15, "first half": 15, "seconde quinzaine": 31}
EDGES |= {"deuxieme quinzaine": 31, "2eme quinzaine": 31, "second half": 31, "au mois": 31, "cours": 31}


def _edge(year: int, month: int, word: str) -> date:
    return min(date(year, month, 1) + timedelta(EDGES[word] - 1), _last(year, month))


def edge_of_named(match: re.Match[str], reading: Reading) -> date | None:
    """Read fin novembre, mi-décembre (the 15th), early January (the 5th)."""
    month, word = MONTHS[match["m"]], match["edge"]
    if match["y"]:
        return _edge(int(match["y"]), month, word)
    return _yearly(reading, month, lambda y, m: _edge(y, m, word))


def _months_off(match: re.Match[str]) -> int | None:
    """Tell which month a phrase means: +1 the next, -1 the last, 0 this one, None where it says nothing."""
    words = match.group()
    if re.search(r"prochain|suivant|next|following|coming", words):
        return 1
    if re.search(r"dernier|passe|ecoule|precedent|last|previous", words):
        return -1
    return 0 if re.search(r"courant$|\bce\b|en cours|\bthis\b|current", words) else None


def edge_of_month(match: re.Match[str], reading: Reading) -> date | None:
    """Read fin de mois, début du mois prochain (the 5th), end of next month."""
    off, word, sent = _months_off(match), match["edge"], reading.sent_on
    if off is not None:
        return _edge(*_shift(sent.year, sent.month, off), word)
    if EDGES[word] == 31 and not reading.past:
        return _last(sent.year, sent.month)
    return _nearest(reading, [_edge(*_shift(sent.year, sent.month, n), word) for n in (-1, 0, 1)])


def day_of_month(match: re.Match[str], reading: Reading) -> date | None:
    """Read le 15, le 15 du mois prochain, the 28th of this month."""
    sent, day = reading.sent_on, 1 if match["d"] == "premier" else int(match["d"])
    off = _months_off(match)
    if off and not re.search(r"mois|month", match.group()):
        off = None  # "le 15 prochain" is the next 15th, not the 15th of next month
    offs = range(-3, 4) if off is None else (off,)
    days = [_day(*_shift(sent.year, sent.month, n), day) for n in offs]
    return _nearest(reading, days) if off is None else days[0]


def week_of(match: re.Match[str], reading: Reading) -> date | None:
    """The Friday of the week in which the named day lies."""
    month = MONTHS[match["m"]] if match["m"] else int(match["mm"]) if match["mm"] else 0
    day = (
        day_of_month(match, reading) if not month else _in_month(reading, month, int(match["d"]), match["y"])
    )
    return day + timedelta(FRIDAY - day.isoweekday()) if day else None


def month_alone(match: re.Match[str], reading: Reading) -> date | None:
    """Read le mois prochain, month end: the last day of it."""
    return _last(*_shift(reading.sent_on.year, reading.sent_on.month, _months_off(match) or 0))


def weekday(match: re.Match[str], reading: Reading) -> date:
    """Read vendredi (strictly after the sending day), vendredi en huit, Friday next week, vendredi dernier."""
    words, sent = match.group(), reading.sent_on
    wanted = WEEKDAYS[match["wd"]]
    if re.search(r"semaine prochaine|next week|week after", words):
        return sent + timedelta(7 - sent.isoweekday() + wanted)
    if reading.past or re.search(r"dernier|\blast\b|passe", words):
        strictly = 1 if re.search(r"dernier|\blast\b|passe", words) else 0
        return sent - timedelta((sent.isoweekday() - strictly - wanted) % 7 + strictly)
    ahead = (wanted - sent.isoweekday() - 1) % 7 + 1
    weeks = 7 if re.search(r"en huit|\bweek$", words) else 14 if "en quinze" in words else 0
    return sent + timedelta(ahead + weeks)


def week(match: re.Match[str], reading: Reading) -> date:
    """The Friday of this, the next or the last week; its Tuesday or Wednesday where it says so."""
    words, sent = match.group(), reading.sent_on
    off = 1 if re.search(r"prochaine|suivante|next|following|coming", words) else 0
    if re.search(r"derniere|passee|\blast\b", words):
        off = -1
    if off == 0 and sent.isoweekday() > FRIDAY and not reading.past:
        off = 1
    wanted = 2 if re.search(r"debut|early|beginning|start", words) else FRIDAY
    wanted = 3 if re.search(r"milieu|mid", words) else wanted
    return sent + timedelta(7 * off + wanted - sent.isoweekday())


def week_number(match: re.Match[str], reading: Reading) -> date | None:
    """Read semaine 48: the Friday of that ISO week."""
    number = int(match["n"])
    years = range(reading.sent_on.year - 1, reading.sent_on.year + 2)
    fridays = (
        [date.fromisocalendar(y, number, FRIDAY) for y in years if number <= _weeks(y)] if number else []
    )
    return _nearest(reading, list(fridays))


def _weeks(year: int) -> int:
    return date(year, 12, 28).isocalendar().week


_RELATIVE = {"today": 0, "yesterday": -1, "tomorrow": 1, "before": -2, "after": 2}


def relative(match: re.Match[str], reading: Reading) -> date:
    """Read today, demain, avant-hier."""
    kind = next(name for name in _RELATIVE if match[name])
    return reading.sent_on + timedelta(_RELATIVE[kind])


def _working_days(start: date, count: int) -> date:
    day, step = start, timedelta(1 if count > 0 else -1)
    for _ in range(min(abs(count), 400)):
        day += step
        while day.isoweekday() > FRIDAY:
            day += step
    return day


def _add(start: date, count: int, unit: str) -> date:
    if re.match(r"h|hours?", unit):
        return start + timedelta(-(-count // 24))
    if unit.startswith(("mois", "month")):
        year, month = _shift(start.year, start.month, count)
        return min(date(year, month, 1) + timedelta(start.day - 1), _last(year, month))
    if re.search(r"ouvre|ouvrable|working|business", unit):
        return _working_days(start, count)
    return start + timedelta(count * (7 if unit.startswith(("semaine", "week")) else 1))


def delay(match: re.Match[str], reading: Reading) -> date | None:
    """Read sous 10 jours, in two weeks, sous 48h, within 5 working days."""
    count = _number(match["n"])
    return None if count is None or count > 400 else _add(reading.sent_on, count, match["u"])


def ago(match: re.Match[str], reading: Reading) -> date | None:
    """Read il y a 3 jours, two weeks ago."""
    count = _number(match["n"])
    return None if count is None or count > 400 else _add(reading.sent_on, -count, match["u"])


def after_due(match: re.Match[str], reading: Reading) -> date | None:
    """Read échéance + 10 jours; None where the due date is not known."""
    count = _number(match["n"])
    if count is None or count > 400 or reading.due is None:
        return None
    return _add(reading.due, count, match["u"])


def idiom_delay(match: re.Match[str], reading: Reading) -> date:
    """Read sous huitaine (8 days), sous quinzaine (15)."""
    return reading.sent_on + timedelta(NUMBERS[match["n"]])


def days_end_of_month(match: re.Match[str], reading: Reading) -> date:
    """Read 30 jours fin de mois, counted from the sending day."""
    day = reading.sent_on + timedelta(min(int(match["n"]), 400))
    return _last(day.year, day.month)


def year_end(match: re.Match[str], reading: Reading) -> date:
    """Read fin d'année, early in the new year (5 January)."""
    year = reading.sent_on.year
    if match["debut"]:
        return date(year + 1, 1, 5)
    return date(year - 1 if reading.past else year, 12, 31)


def quarter_end(_match: re.Match[str], reading: Reading) -> date:
    """Read fin de trimestre."""
    month = (reading.sent_on.month - 1) // 3 * 3 + 3
    return _last(reading.sent_on.year, month)
