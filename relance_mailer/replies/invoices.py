"""Which of the debtor's open invoices a text names: whole numbers, shortened ones, "the other one"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relance_mailer.replies.amounts import find_amounts
from relance_mailer.replies.words import MAX_TEXT, NUMBERS, fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relance_mailer.replies.model import OpenInvoice


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where invoices are named.

    Attributes:
        numbers: as the account gives them; empty for "the others" until it is known which.
        start: offset of its first character in the text; `end` of the one after its last.
        others: it means those not named elsewhere ("l'autre", "the rest").
    """

    numbers: tuple[str, ...]
    start: int
    end: int
    others: bool = False


_TOKEN = re.compile(r"(?<![\w@.])[a-z]{0,6}[-_/.#]{0,2}\d[\w/._-]{0,30}(?<=[\w])", re.ASCII)
_CUE = re.compile(
    r"(?:\b(?:factures?|invoices?|fact|fac|inv|fa|no|nr|num|numeros?|number|ref|reference)\b\.? ?(?:n°|no\.?|nr\.?|#|:)? ?|n° ?|# ?)$"
)
_ARTICLE = re.compile(r"(?:\b(?:la|les?|et|the|and|&|,|for|pour|de|to|ou|or) ?|, ?|^\s*(?:[-*•] ?)?)$")
_OTHERS = re.compile(
    r"\bl'autre\b(?! (?:jour|fois|semaine|partie|moitie|cote))|\b(?:les|des|aux) (?:(?P<n>deux|trois|quatre|cinq|\d) )?autres\b(?! (?:jours|clients))"
    r"|\bthe other (?:(?P<m>two|three|four|five|\d) )?(?:ones?|invoices?|two|three|four)\b|\bthe others?\b(?! (?:day|week|hand|side|half|team|department))"
    r"|\b(?:the remaining|les) (?:factures restantes|invoices?|ones?)\b|\btoutes les autres\b|\ball (?:the )?others?\b"
)
_DATE_LIKE = re.compile(
    r"\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?|\d{1,2}[h:]\d{0,2}|\d{1,2}(?:st|nd|rd|th|er)|(?:s|w|wk)\d{1,2}"
)
_MIN_SHORT = 3  #: digits of a shortened number that stands without a cue


def _bare(number: str) -> str:
    return re.sub(r"[^a-z0-9]", "", fold(number))


def _tail_matches(token: str, number: str) -> bool:
    """True if `token` is the end of `number`, leading zeros aside: "412" of "FA-2025-0412"."""
    last = re.search(r"\d+$", _bare(number))
    if not last or not token:
        return False
    parts = re.findall(r"\d+", fold(number))
    return (
        _bare(number).endswith(token)
        if len(token) >= _MIN_SHORT
        else parts[-1].lstrip("0") == token.lstrip("0")
    )


def _named(token: str, invoices: Sequence[OpenInvoice], *, cued: bool, led: bool) -> tuple[str, ...]:
    bare = _bare(token)
    whole = [invoice.number for invoice in invoices if _bare(invoice.number) == bare]
    if whole:
        return tuple(whole[:1]) if len(bare) >= _MIN_SHORT or cued else ()
    digits = bare.lstrip("0") if bare.isdigit() else bare
    if _DATE_LIKE.fullmatch(token) or not re.search(r"\d$", bare):
        return ()
    if bare.isdigit() and len(bare) == 4 and bare.startswith(("19", "20")) and not cued and not led:
        return ()
    short = len(digits) < _MIN_SHORT and len(bare) < _MIN_SHORT
    if (short and not cued) or (bare.isdigit() and not cued and not led):
        return ()
    found = [invoice.number for invoice in invoices if _tail_matches(bare, invoice.number)]
    found = found or [
        invoice.number for invoice in invoices if digits and _last_part(invoice.number) == digits
    ]
    return (found[0],) if len(found) == 1 else ()


def _last_part(number: str) -> str:
    parts = re.findall(r"\d+", number)
    return parts[-1].lstrip("0") if parts else ""


def find_invoices(text: str, invoices: Sequence[OpenInvoice]) -> tuple[Mention, ...]:
    """Return where `text` names open invoices, in order; sums, dates and other numbers are none."""
    if not invoices:
        return ()
    folded = fold(text[:MAX_TEXT]).replace("\n", " ")
    sums = [(amount.start, amount.end) for amount in find_amounts(text)]
    found = [*_spaced(folded, invoices)]
    after_number = -9
    for match in _TOKEN.finditer(folded):
        if any(match.start() < end and match.end() > start for start, end in sums):
            continue
        if any(match.start() < mention.end and match.end() > mention.start for mention in found):
            after_number = match.end()
            continue
        before = folded[max(0, match.start() - 24) : match.start()]
        listed = match.start() - after_number < 8 and re.fullmatch(
            r"[ ,;/&+-]*(?:et|and|a|to|ou|or)?[ ]*(?:la |n° ?)?", folded[after_number : match.start()]
        )
        cued = bool(_CUE.search(before) or listed)
        named = _named(match.group(), invoices, cued=cued, led=bool(_ARTICLE.search(before)))
        if named:
            found.append(Mention(named, match.start(), match.end()))
            after_number = match.end()
    found += [Mention((), match.start(), match.end(), others=True) for match in _OTHERS.finditer(folded)]
    return _with_others(sorted(found, key=lambda mention: mention.start), folded, invoices)


def _spaced(folded: str, invoices: Sequence[OpenInvoice]) -> list[Mention]:
    """Whole numbers written with other separators than the account's ("FA 2025 0412")."""
    found = []
    for invoice in invoices:
        parts = re.findall(r"[a-z]+|\d+", fold(invoice.number))
        if len(parts) > 1 and len("".join(parts)) >= _MIN_SHORT:
            form = r"[-_/. ]{0,2}".join(parts[:12])
            found += [
                Mention((invoice.number,), match.start(), match.end())
                for match in re.finditer(rf"(?<![a-z0-9]){form}(?![a-z0-9])", folded)
            ]
    return sorted(found, key=lambda mention: mention.start)


def _with_others(found: list[Mention], folded: str, invoices: Sequence[OpenInvoice]) -> tuple[Mention, ...]:
    """Say which "the others" are, where their number fits; drop the mention where it does not."""
    named = {number for mention in found for number in mention.numbers}
    rest = tuple(invoice.number for invoice in invoices if invoice.number not in named)
    kept = []
    for mention in found:
        if not mention.others:
            kept.append(mention)
            continue
        words = folded[mention.start : mention.end]
        counts = [
            NUMBERS[word] if word in NUMBERS else int(word)
            for word in words.split()
            if word in NUMBERS or word.isdigit()
        ]
        one = "l'autre" in words or words in {"the other one", "the other invoice", "the other"}
        wanted = 1 if one else next((count for count in counts if count > 1), None)
        if named and rest and wanted in {None, len(rest)}:
            kept.append(Mention(rest, mention.start, mention.end, others=True))
    return tuple(kept)
