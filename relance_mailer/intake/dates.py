"""Dates as programs and people write them, and what a date betrays of the order it is written in."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

from relance_mailer.intake.cells import CellError, plain
from relance_mailer.intake.reasons import Reason

FIRST_YEAR, LAST_YEAR = 1990, 2100
#: Day numbers of spreadsheets that we take for dates: 03/10/1954 to 10/01/2119. `date.min` is far from their origin.
FIRST_SERIAL, LAST_SERIAL = 20_000, 80_000
_SERIAL_ORIGIN = date(1899, 12, 30)  # for the days after 28/02/1900, which Excel's calendar has a 29th of

_TIME = re.compile(
    r"(?:[ T]|, )[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?(?: ?[AaPp][Mm])?"
    r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?\Z"
)
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{2})\2([0-9]{2})")
_COMPACT = re.compile(r"((?:19|20|21)[0-9]{2})([0-9]{2})([0-9]{2})")
_NUMERIC = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")
_NAMED = re.compile(r"([0-9]{1,2})(?:er|st|nd|rd|th)? ([a-z]{3,9}) ([0-9]{4}|[0-9]{2})")
_NAMED_FIRST = re.compile(r"([a-z]{3,9}) ([0-9]{1,2})(?:st|nd|rd|th)? ([0-9]{4})")

#: The months in French and English, whole and shortened, without accents.
_MONTH_NAMES = (
    "janvier janv jan january", "fevrier fevr fev february feb", "mars mar march", "avril avr april apr", "mai may",
    "juin june jun", "juillet juil jul july", "aout aou august aug", "septembre sept sep september",
    "octobre oct october", "novembre nov november", "decembre dec december",
)  # fmt: skip
_MONTHS = {name: month for month, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()}


@lru_cache(maxsize=8_192)
def a_date(cell: str, *, day_first: bool | None = None) -> date:
    """Return the day of a date; a time of day behind it is ignored, a year of two digits lies in 1990–2089.

    Args:
        cell: 05/01/2026 (also dots, hyphens), 2026-01-05, 20260105, 5 janvier 2026, 5-Jan-26 …
        day_first: in which order the file writes numbers; None if nothing tells: then only what reads one way is read.

    Raises:
        CellError: it is no date, or not in the file's order.
    """
    text = _TIME.sub("", cell)
    if found := _NUMERIC.fullmatch(text):
        first, _, second, year = found.groups()
        return _ordered(int(first), int(second), _full(year), day_first=day_first)
    if found := _YEAR_FIRST.fullmatch(text):
        year, _, month, day = found.groups()
        return _day(int(year), int(month), int(day))
    if found := _COMPACT.fullmatch(text):
        return _day(*(int(part) for part in found.groups()))
    return _with_named_month(text)


def _ordered(first: int, second: int, year: int, *, day_first: bool | None) -> date:
    by_day, by_month = _possible(year, second, first), _possible(year, first, second)
    if day_first is None and by_day and by_month and by_day != by_month:
        raise CellError(Reason.AMBIGUOUS_DATE, f"{by_day:%Y-%m-%d}", f"{by_month:%Y-%m-%d}")
    if day_first is None:
        return _in_range(by_day or by_month)
    if day_first and not by_day and by_month:
        raise CellError(Reason.MONTH_FIRST)
    if not day_first and not by_month and by_day:
        raise CellError(Reason.DAY_FIRST)
    return _in_range(by_day if day_first else by_month)


def _with_named_month(text: str) -> date:
    words = plain(text) if len(text) <= 40 else ""
    if found := _NAMED.fullmatch(words):
        day, name, year = found.groups()
    elif found := _NAMED_FIRST.fullmatch(words):
        name, day, year = found.groups()
    else:
        raise CellError(Reason.BAD_DATE)
    return _day(_full(year), _MONTHS.get(name, 0), int(day))


def _full(year: str) -> int:
    short = int(year)
    return short if len(year) == 4 else short + (1900 if short >= FIRST_YEAR - 1900 else 2000)


def _possible(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _day(year: int, month: int, day: int) -> date:
    return _in_range(_possible(year, month, day))


def _in_range(day: date | None) -> date:
    if day is None:
        raise CellError(Reason.BAD_DATE)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise CellError(Reason.YEAR_RANGE, FIRST_YEAR, LAST_YEAR)
    return day


def checked(day: date) -> date:
    """Return a day that a workbook states, if its year is credible."""
    return _in_range(day)


def is_serial(text: str) -> bool:
    """Tell whether a cell may be a spreadsheet's day number."""
    return len(text) == 5 and text.isascii() and text.isdigit() and FIRST_SERIAL <= int(text) <= LAST_SERIAL


def of_serial(text: str) -> date:
    """Return the day of a spreadsheet's day number (46143 is 01/05/2026), counted as Excel for Windows does."""
    if not is_serial(text):
        raise CellError(Reason.BAD_DATE)
    return _in_range(_SERIAL_ORIGIN + timedelta(days=int(text)))


def order_of(cell: str) -> tuple[str, int, int, str] | None:
    """Return separator, first and second number and year of a date in numbers; None for any other cell."""
    found = _NUMERIC.fullmatch(_TIME.sub("", cell))
    return (found[2], int(found[1]), int(found[3]), found[4]) if found else None


def readings(cell: str) -> tuple[date | None, date | None]:
    """Return the day of a date in numbers with the day first, and with the month first."""
    return _try(cell, day_first=True), _try(cell, day_first=False)


def _try(cell: str, *, day_first: bool) -> date | None:
    try:
        return a_date(cell, day_first=day_first)
    except CellError:
        return None
