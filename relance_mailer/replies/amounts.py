"""Sums of money in running text, as people of many countries write them, in figures and in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from relance_mailer.replies.numberwords import number_of, run_before
from relance_mailer.replies.words import MAX_TEXT, either, fold

_NAMES = """
EUR € eur euro euros €uros balles
GBP £ gbp pounds quid
USD $ us$ usd dollars bucks
CHF chf fr. francs sfr.
INR ₹ rs rs. inr rupees
CAD c$ cad
AUD a$ aud
NZD nz$ nzd
AED aed
MAD mad dh dhs dirhams
XOF fcfa xof cfa
KES kes kshs ksh
NGN ngn ₦ naira
ZAR zar
PLN pln zł zl
SEK sek
DKK dkk
NOK nok
BRL r$ brl reais
MXN mxn pesos
SGD s$ sgd
"""
_CURRENCIES = {
    name: code
    for code, *names in map(str.split, _NAMES.strip().splitlines())
    for name in [code.lower(), *names]
}


def _sign(*, before: bool) -> str:
    """A currency's sign or name; a name of letters must not be part of a longer word."""
    edge, end = (r"(?<![\w])", "") if before else ("", r"(?!\w)")
    names = [re.escape(name) for name in _CURRENCIES]
    return f"(?:{edge}{either(*names)}{end})"


_GROUPED = r"(?:\d{1,3}(?:[ .,']\d{3}){1,4}|\d{1,2}(?:,\d\d){1,3},\d{3})"
_NUMBER = rf"(?P<n>(?:{_GROUPED}|\d{{1,9}})(?:[.,](?:\d{{1,2}}(?!\d)|--?|—|–))?)(?![\d'])"
_GUARD = r"(?<![\w.,/:°-])(?<!\d[ '])"

_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"(?P<before>{_sign(before=True)}) ?{_NUMBER}(?P<k> ?k\b)?",
        rf"{_GUARD}{_NUMBER} ?(?P<k>k)?(?P<after>{_sign(before=False)})(?: ?(?:ttc|ht)\b)?",
        # no currency said: only what is written as nothing but a sum is written, with its cents
        rf"{_GUARD}(?P<n>(?:{_GROUPED}[.,](?:\d\d|-)|\d{{3,9}}(?:,\d\d|[.,]-)))(?![\w%/]|[.,]\d)",
        rf"{_GUARD}(?P<n>\d{{1,3}}(?:[.,]\d)?) ?(?P<k>k|grand)\b(?!/)",
    )
)


_NAMED = re.compile(rf"(?<=[a-zß] )(?P<after>{_sign(before=False)})")


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


def read_decimal(written: str) -> Decimal:
    """Read digits with separators: the last one followed by one or two digits is the decimal one."""
    match = re.fullmatch(r"(.*?)(?:[.,](\d{1,2}|-{1,2}|—|–))?", written)
    whole, cents = (match[1], match[2]) if match else (written, None)
    digits = re.sub(r"\D", "", whole)
    return Decimal(f"{digits}.{cents}") if cents and cents.isdigit() else Decimal(digits)


def _found(match: re.Match[str]) -> FoundAmount:
    groups = match.groupdict()
    amount = read_decimal(groups["n"])
    if groups.get("k"):
        amount *= 1000
    sign = groups.get("before") or groups.get("after")
    return FoundAmount(amount, _CURRENCIES[sign] if sign else None, match.start(), match.end())


def _in_words(folded: str) -> Iterator[FoundAmount]:
    for match in _NAMED.finditer(folded):
        start = run_before(folded, match.start() - 1)
        if value := number_of(folded[start : match.start()]):
            yield FoundAmount(Decimal(value), _CURRENCIES[match["after"]], start, match.end())


def find_amounts(text: str) -> tuple[FoundAmount, ...]:
    """Return the sums in the first `MAX_TEXT` characters of `text`, in order, none overlapping another.

    A bare number is no sum: years, invoice numbers, telephone numbers and IBANs are left alone.
    """
    folded = fold(text[:MAX_TEXT])
    found: list[FoundAmount] = []
    taken = bytearray(len(folded))
    for form in _FORMS:
        for match in form.finditer(folded):
            start, end = match.span()
            if not any(taken[start:end]):
                taken[start:end] = b"\x01" * (end - start)
                found.append(_found(match))
    found += [amount for amount in _in_words(folded) if not any(taken[amount.start : amount.end])]
    return tuple(sorted(found, key=lambda amount: amount.start))
