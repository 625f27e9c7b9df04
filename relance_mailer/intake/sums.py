"""Sums as programs and people write them, and what a sum betrays of the sign before its decimals."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from babel.core import get_global

from relance_mailer.dunning.money import Money, digits
from relance_mailer.intake.cells import CellError
from relance_mailer.intake.form import Decimals
from relance_mailer.intake.reasons import Reason

MAX_INTEGER_DIGITS = 13  # in cents still within a database's 64-bit integer

_SPACE = " \u00a0\u202f\u2009\u2007"
#: Digits, or groups of three joined always by the same separator; then decimals after the other one.
_NUMBER = re.compile(
    rf"(?P<whole>[0-9]+|[0-9]{{1,3}}(?:(?P<group>[{_SPACE}'’.,])[0-9]{{3}})(?:(?P=group)[0-9]{{3}})*)"
    r"(?:(?P<point>[.,])(?P<decimals>[0-9]+))?"
)
_TWOFOLD = re.compile(r"([1-9][0-9]{0,2})([.,])([0-9]{3})")
_AFFIX = re.compile(
    r"(?P<before>[A-Za-z]{3,5}|[€£$])?(?P<middle>[^A-Za-z€£$]*)(?P<after>[A-Za-z]{3,5}|[€£$])?"
)
_SYMBOLS = {"€": "EUR", "£": "GBP", "$": "USD", "EURO": "EUR", "EUROS": "EUR", "EUR": "EUR"}
_TOLD = re.compile(r"[€£$]|\b(?:EUR|EUROS?)\b", re.IGNORECASE)
_NOT_DIGIT = re.compile("[^0-9]")


def a_sum(cell: str, currency: str, decimal: Decimals | None = None, *, told: bool = False) -> Money:
    """Return a sum of `currency`: 1 250,00 €, 1.250,00, 1,250.00, 1'250.00; negative by a minus or in parentheses.

    Args:
        cell: the sum as written.
        currency: ISO 4217 code of the row.
        decimal: the file's sign before the decimals; it settles `1.250` and `1,250`, thousands or decimals, which are
            refused if nothing tells (None); only in a currency of three decimals is `1,250` then what it seems.
        told: a person said so: then `1,250` may have three decimals, the last a zero.

    Raises:
        CellError: it is no sum, or may be two.
    """
    text, negative = cell, False
    if not (cell[:1].isdigit() and cell[-1:].isdigit()):  # a sign or a currency
        text, negative = _without_sign(cell.strip())
        text = _without_currency(text, currency)
        if not negative:
            text, negative = _without_sign(text)
    amount = _magnitude(text, currency, decimal, told=told)
    return Money(-amount if negative and amount else amount, currency)


def of_number(number: Decimal, currency: str) -> Money:
    """Return the sum that a workbook's cell states as a number."""
    places = digits(currency)
    if abs(number) >= Decimal(10) ** MAX_INTEGER_DIGITS:
        raise CellError(Reason.SUM_TOO_LARGE, MAX_INTEGER_DIGITS)
    exact = number.quantize(Decimal(1).scaleb(-places))
    if exact != number:
        raise CellError(Reason.TOO_MANY_DECIMALS, currency, places)
    return Money(exact or abs(exact), currency)


def sign_of(cell: str) -> Decimals | None:
    """Return the decimal sign that a sum alone proves: 12,5 and 1.250,00 and 1.250.000 prove the comma; 1.250 nothing."""
    mark = cell[-3:-2]
    if mark in {",", "."} and cell[-2:].isdigit() and cell.count(mark) == 1:  # as nearly all are
        return "," if mark == "," else "."
    found = _NUMBER.fullmatch(_bare(cell))
    if not found or (found["point"] and found["point"] == found["group"]) or is_twofold(cell):
        return None
    if found["point"]:
        return "," if found["point"] == "," else "."
    return {".": ",", ",": "."}.get(found["group"] or "")  # type: ignore[return-value]


def is_twofold(cell: str) -> bool:
    """Tell whether a sum alone may be thousands or decimals: 1.250, 12,500."""
    return len(cell) >= 5 and bool(_TWOFOLD.fullmatch(_bare(cell)))


def reading(cell: str, decimal: Decimals) -> Decimal:
    """Return what a twofold sum is if `decimal` stands before its decimals."""
    text = _bare(cell)
    amount = Decimal(text.replace(",", ".") if decimal in text else _NOT_DIGIT.sub("", text))
    return -amount if _is_negative(cell) else amount


def _is_negative(cell: str) -> bool:
    text = cell.strip()
    return text[:1] in {"-", "−", "("} or text[-1:] in {"-", "−"}


def is_sum(cell: str) -> bool:
    """Tell whether a cell is a sum of any form."""
    return bool(_NUMBER.fullmatch(_bare(cell)))


@lru_cache(maxsize=4_096)
def _bare(cell: str) -> str:
    """Return the number in a cell without sign and currency, "" if there is none."""
    text, negative = _without_sign(cell.strip())
    found = _AFFIX.fullmatch(text)
    if not found or not all(
        _code(word) in currencies() for word in (found["before"], found["after"]) if word
    ):
        return ""
    bare = found["middle"].strip()
    return bare if negative else _without_sign(bare)[0]


def _without_sign(text: str) -> tuple[str, bool]:
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1].strip(), True
    if text[:1] in {"-", "−"}:
        return text[1:].strip(), True
    if text[-1:] in {"-", "−"}:
        return text[:-1].strip(), True
    return text.removeprefix("+"), False


def _without_currency(text: str, currency: str) -> str:
    """Return `text` without € or EUR before or behind it; it must be the row's currency."""
    if not (found := _AFFIX.fullmatch(text)) or (found["before"] and found["after"]):
        raise CellError(Reason.BAD_SUM)
    if named := found["before"] or found["after"]:
        stated = _code(named)
        if stated not in currencies():
            raise CellError(Reason.BAD_SUM)
        if stated != currency:
            raise CellError(Reason.OTHER_CURRENCY, stated, currency)
    return found["middle"].strip()


def _magnitude(text: str, currency: str, decimal: Decimals | None, *, told: bool) -> Decimal:
    places = digits(currency)
    found = _NUMBER.fullmatch(text)
    if not found or (found["point"] and found["point"] == found["group"]):
        raise CellError(Reason.BAD_SUM)
    if (twofold := _TWOFOLD.fullmatch(text)) and not decimal and not (places == 3 and twofold[2] == ","):
        thousands = f"{twofold[1]}{twofold[3]}" + (f",{'0' * places}" if places else "")
        raise CellError(Reason.AMBIGUOUS_SUM, thousands, f"{twofold[1]},{twofold[3]}".rstrip("0").rstrip(","))
    whole, decimals = _split(found, twofold, decimal)
    if len(decimals) > places and (told or not twofold):
        decimals = decimals[:places] + decimals[places:].rstrip("0")  # databases export 1250.0000
    if len(decimals) > places:
        raise CellError(Reason.TOO_MANY_DECIMALS, currency, places)
    if len(whole.lstrip("0")) > MAX_INTEGER_DIGITS:
        raise CellError(Reason.SUM_TOO_LARGE, MAX_INTEGER_DIGITS)
    return Decimal(f"{whole}{decimals.ljust(places, '0')}").scaleb(-places)


def _split(found: re.Match[str], twofold: re.Match[str] | None, decimal: Decimals | None) -> tuple[str, str]:
    """Return the digits before and after the decimal sign."""
    if twofold:
        return (twofold[1], twofold[3]) if twofold[2] == (decimal or ",") else (twofold[1] + twofold[3], "")
    return _NOT_DIGIT.sub("", found["whole"]), found["decimals"] or ""


def _code(word: str) -> str:
    return _SYMBOLS.get(word.upper(), word.upper())


@lru_cache(maxsize=1)
def currencies() -> frozenset[str]:
    """Currencies that are legal tender somewhere today, as CLDR lists them."""
    uses = (use for uses in get_global("territory_currencies").values() for use in uses)
    return frozenset(code for code, _, end, tender in uses if tender and end is None)


@lru_cache(maxsize=64)
def currency_told(header: str) -> str:
    """Return the currency that a sum's header says by its sign or word, "" if it says none: "Montant TTC (€)"."""
    found = _TOLD.search(header)
    return _SYMBOLS[found[0].upper()] if found else ""


def a_currency(cell: str) -> str:
    """Return an ISO 4217 code in use; "€" and "euros" are understood."""
    code = _code(cell)
    if code not in currencies():
        raise CellError(Reason.UNKNOWN_CURRENCY)
    return code
