"""The sum that an answer promises, where it states one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import islice

from relance_mailer.replies.amounts import FoundAmount, find_amounts, read_decimal
from relance_mailer.replies.clauses import language_of
from relance_mailer.replies.dates.lexicon import LANGUAGES
from relance_mailer.replies.dates.roles import Role, Sentences
from relance_mailer.replies.words import MAX_TEXT, fold

_BARE = re.compile(
    r"(?<![\w.,/:°#-])(?<!n° )(?<!\d )\d{1,3}(?:[ .,']?\d{3}){0,3}(?:[.,]\d\d?)?(?![\w/:%-]|[.,]\d| ?%)"
)
_HALF = re.compile(r"\b(?:la moitie|half|die halfte|la mitad|la meta|de helft|metade)\b")
_PERCENT = re.compile(
    r"(?<![\d.,])(\d{1,2})(?:[.,]\d+)? ?(?:%|percent|pour cent|prozent|por ciento|per cento|procent)"
)
_MOST = 200  #: sums of one message that are looked at


def _bare(folded: str, open_sums: Sequence[Decimal]) -> Iterable[FoundAmount]:
    """Numbers without a currency that are an open invoice's sum, cents or no cents."""
    known = {value for amount in open_sums for value in (amount, Decimal(int(amount)))}
    if len(open_sums) > 1:
        known.add(sum(open_sums, Decimal(0)))
    for match in _BARE.finditer(folded):
        value = read_decimal(match.group())
        if value in known:
            yield FoundAmount(value, None, match.start(), match.end())


def _shares(folded: str, open_sums: Sequence[Decimal]) -> Iterable[FoundAmount]:
    """Half, or so many percent, of all that is open."""
    total = sum(open_sums, Decimal(0))
    for match in _HALF.finditer(folded):
        yield FoundAmount((total / 2).quantize(Decimal("0.01")), None, match.start(), match.end())
    for match in _PERCENT.finditer(folded):
        share = (total * int(match[1]) / 100).quantize(Decimal("0.01"))
        yield FoundAmount(share, None, match.start(), match.end())


def promise_amount(
    text: str, *, open_sums: Sequence[Decimal] = (), language: str = "", told: bool = False
) -> Decimal | None:
    """Return the sum that `text` promises: the first that its words promise, not one paid, due or contested.

    Args:
        text: the author's own words.
        open_sums: outstanding sums of the open invoices: by them a number without a currency is known for a sum,
            and what "half" is half of.
        language: a two-letter code; guessed where it is not given.
        told: only a sum whose own words promise; else, where there is none, the only one that is of nothing else.
    """
    text = text[:MAX_TEXT]
    folded = fold(text)
    found = list(find_amounts(text))
    taken = {place for amount in found for place in range(amount.start, amount.end)}
    found += [amount for amount in _bare(folded, open_sums) if amount.start not in taken]
    if open_sums:
        found += _shares(folded, open_sums)
    found.sort(key=lambda amount: amount.start)
    known = language or language_of(folded)
    sentences = Sentences(text, folded, [(amount.start, amount.end) for amount in found])
    said = [
        (
            sentences.role(amount.start, amount.end, known if known in LANGUAGES else "en", loose=False),
            amount.amount,
        )
        for amount in islice(found, _MOST)
    ]
    promised = [amount for role, amount in said if role is Role.PROMISED]
    unknown = {amount for role, amount in said if role is Role.UNKNOWN}
    if promised:
        return promised[0]
    return next(iter(unknown)) if len(unknown) == 1 and len(said) == 1 and not told else None
