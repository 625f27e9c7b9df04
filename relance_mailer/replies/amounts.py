"""Sums of money in running text, as French, British, Swiss and American people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from relance_mailer.replies.words import MAX_TEXT, fold

_CURRENCIES = {
    "€": "EUR",
    "eur": "EUR",
    "euro": "EUR",
    "euros": "EUR",
    "£": "GBP",
    "gbp": "GBP",
    "pounds": "GBP",
}
_CURRENCIES |= {
    "$": "USD",
    "usd": "USD",
    "us$": "USD",
    "dollars": "USD",
    "chf": "CHF",
    "fr.": "CHF",
    "francs": "CHF",
}

_GROUPED = r"\d{1,3}(?:[ .,']\d{3}){1,4}"
_NUMBER = rf"(?P<n>(?:{_GROUPED}|\d{{1,9}})(?:[.,](?:\d{{1,2}}|--?))?)(?![\d'])"
_SIGN_BEFORE = r"(?P<before>€|£|us\$|\$|\b(?:eur|gbp|usd|chf)) ?"
_SIGN_AFTER = (
    r" ?(?P<k>k)?(?P<after>€|£|\$|(?:euros?|eur|gbp|usd|chf|pounds|dollars|francs)\b|fr\.)(?: ?(?:ttc|ht))?"
)
_GUARD = r"(?<![\w.,/:°-])(?<!\d[ '])"

_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"(?<![\w]){_SIGN_BEFORE}{_NUMBER}(?P<k> ?k\b)?",
        rf"{_GUARD}{_NUMBER}{_SIGN_AFTER}",
        # no currency said: only what is written as nothing but a sum is written, with its cents
        rf"{_GUARD}(?P<n>(?:{_GROUPED}[.,]\d\d|\d{{3,9}},\d\d))(?![\w%/]|[.,]\d)",
    )
)


@dataclass(frozen=True, slots=True)
class FoundAmount:
    """A sum that a text states.

    Attributes:
        currency: ISO 4217, None where the text does not say.
        start: offset of its first character in the text; `end` of the one after its last.
    """

    amount: Decimal
    currency: str | None
    start: int
    end: int


def _decimal(written: str) -> Decimal:
    """Read digits with separators: the last one followed by one or two digits is the decimal one."""
    match = re.fullmatch(r"(.*?)(?:[.,](\d{1,2}|--?))?", written)
    whole, cents = (match[1], match[2]) if match else (written, None)
    digits = re.sub(r"\D", "", whole)
    return Decimal(f"{digits}.{cents}") if cents and cents.isdigit() else Decimal(digits)


def _found(match: re.Match[str]) -> FoundAmount:
    groups = match.groupdict()
    amount = _decimal(groups["n"])
    if groups.get("k"):
        amount *= 1000
    sign = groups.get("before") or groups.get("after")
    return FoundAmount(amount, _CURRENCIES[sign] if sign else None, match.start(), match.end())


def find_amounts(text: str) -> tuple[FoundAmount, ...]:
    """Return the sums in the first `MAX_TEXT` characters of `text`, in order, none overlapping another.

    A bare number is no sum: years, invoice numbers, telephone numbers and IBANs are left alone.
    """
    folded = fold(text[:MAX_TEXT])
    found: list[FoundAmount] = []
    for form in _FORMS:
        for match in form.finditer(folded):
            if all(match.end() <= other.start or match.start() >= other.end for other in found):
                found.append(_found(match))
    return tuple(sorted(found, key=lambda amount: amount.start))
