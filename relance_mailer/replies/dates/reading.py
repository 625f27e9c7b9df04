"""What a date is read against, and the days that calendars give: pure arithmetic of days, weeks and months."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta

FRIDAY = 5


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


def day_of(year: int, month: int, day: int) -> date | None:
    """Return that day, None if the calendar has none."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def shift(year: int, month: int, by: int) -> tuple[int, int]:
    """Return year and month `by` months on."""
    index = year * 12 + month - 1 + by
    return index // 12, index % 12 + 1


def last_of(year: int, month: int) -> date:
    """Return the last day of a month."""
    return date(year, month, monthrange(year, month)[1])


def nearest(reading: Reading, candidates: Iterable[date | None]) -> date | None:
    """Return the first candidate on or after the sending day, or with `past` the last on or before it."""
    days = sorted(day for day in candidates if day)
    if reading.past:
        return next((day for day in reversed(days) if day <= reading.sent_on), None)
    return next((day for day in days if day >= reading.sent_on), None)


def yearly(reading: Reading, make: Callable[[int], date | None]) -> date | None:
    """Return the nearest of `make(year)`; nine years reach any 29 February."""
    year = reading.sent_on.year
    return nearest(reading, [make(y) for y in range(max(year - 8, MINYEAR), min(year + 9, MAXYEAR))])


def full_year(written: int) -> int:
    """Return 2025 for 25."""
    return written if written >= 100 else 2000 + written


def edge_of(year: int, month: int, nth: int) -> date:
    """Return the nth day of a month, its last where it has fewer."""
    return min(date(year, month, 1) + timedelta(nth - 1), last_of(year, month))


def working_days(start: date, count: int) -> date:
    """Return the day `count` days on, Saturdays and Sundays not counted."""
    day, step = start, timedelta(1 if count > 0 else -1)
    for _ in range(min(abs(count), 400)):
        day += step
        while day.isoweekday() > FRIDAY:
            day += step
    return day


def add(start: date, count: int, unit: str) -> date:
    """Add a delay; `unit` is a symbol of the lexicon: u day, b working day, s week, m month, y year, H hour."""
    if unit == "b":
        return working_days(start, count)
    if unit in "my":
        year, month = shift(start.year, start.month, count * (12 if unit == "y" else 1))
        return edge_of(year, month, start.day)
    if unit == "H":
        return start + timedelta(-(-count // 24) if count > 0 else count // 24)
    return start + timedelta(count * (7 if unit == "s" else 1))


def easter(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def weeks_in(year: int) -> int:
    """Return 52 or 53, the ISO weeks of a year."""
    return date(year, 12, 28).isocalendar().week
