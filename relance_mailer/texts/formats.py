"""Sums, dates and numbers as a language writes them (Babel's CLDR data, cached)."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from babel.core import UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from relance_mailer.dunning.money import Money

if TYPE_CHECKING:
    from collections.abc import Callable

#: Where two letters are not enough: English-speaking debtors of a European creditor read day first.
LOCALES = {"en": "en_GB"}

#: The narrow no-break space that French CLDR data uses is missing from common mail fonts.
_NARROW = "\u202f"
_NO_BREAK = "\u00a0"

LIMIT = 500  #: characters of one value; what is longer is cut, so that no line becomes a page
_ONES = str.maketrans("023456789", "1" * 9)
_UNWRITABLE = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_DECEPTIVE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def locale(language: str) -> str:
    """Return the CLDR locale that writes `language`."""
    return LOCALES.get(language, language)


def money(value: Money, language: str) -> str:
    """Write a sum, rounded half up to its minor unit: `1 250,00 €`, `€1,250.00`."""
    rounded = value.rounded()
    plain = f"{rounded.amount:f}"
    digits = plain.lstrip("-").replace(".", "")
    form = _form(plain.translate(_ONES), rounded.currency, language)
    if form.count("{}") != len(digits):  # CLDR data know other decimals
        return _money(rounded.amount, rounded.currency, language)
    return form.format(*digits)


@lru_cache(maxsize=1024)
def _form(ones: str, currency: str, language: str) -> str:
    """Return how sums of these many digits are written, `{} {}{}{},{}{} €`: CLDR's rules take 50 µs a sum."""
    written = _money(Decimal(ones), currency, language)
    return written.replace("{", "{{").replace("}", "}}").replace("1", "{}")


def _money(amount: Decimal, currency: str, language: str) -> str:
    return format_currency(amount, currency, locale=locale(language)).replace(_NARROW, _NO_BREAK)


@lru_cache(maxsize=8192)
def long_date(value: date, language: str) -> str:
    """Write a day in words: `1er mars 2026`, `1 March 2026`."""
    written = format_date(value, "long", locale=locale(language))
    return written.replace("1 ", "1er ", 1) if language == "fr" and value.day == 1 else written


@lru_cache(maxsize=8192)
def short_date(value: date, language: str) -> str:
    """Write a day for tables: `01/03/2026`, and in English, where figures can be read in two ways, `1 Mar 2026`."""
    return format_date(value, "medium" if language == "en" else "short", locale=locale(language))


@lru_cache(maxsize=1024)
def number(value: Decimal, language: str) -> str:
    """Write a number: `1 250,5`."""
    return format_decimal(value, locale=locale(language)).replace(_NARROW, _NO_BREAK)


@lru_cache(maxsize=1024)
def percent(value: Decimal, language: str) -> str:
    """Write a rate given in percent, with two decimals: `12,40 %`, `12.40%`."""
    written = format_decimal(value, "0.00", locale=locale(language))
    return f"{written}{_NO_BREAK}%" if language == "fr" else f"{written}%"


def grouped(value: str, size: int) -> str:
    """Write an identifier in groups of `size` characters that a line never breaks."""
    packed = value.replace(" ", "")
    return _NO_BREAK.join(packed[at : at + size] for at in range(0, len(packed), size))


def clean(value: str) -> str:
    """Bring data to one line of writable text: no control, no bidirectional or invisible mark, no excess."""
    if len(value) > LIMIT:
        value = f"{value[: LIMIT - 1]}…"
    if value.isascii() and value.isprintable() and "  " not in value:
        return value.strip()
    return _DECEPTIVE.sub("\ufffd", _UNWRITABLE.sub(" ", value)).strip()


#: How a value of each type is written where a template names it without a filter.
WRITERS: dict[type, Callable[..., str]] = {
    Money: money,
    date: long_date,
    Decimal: number,
    int: lambda value, _language: str(value),
    str: lambda value, _language: clean(value),
}


def is_written(language: str) -> bool:
    """True if CLDR data exist for `language`."""
    try:
        format_decimal(Decimal(1), locale=locale(language))
    except (UnknownLocaleError, ValueError):
        return False
    return True
