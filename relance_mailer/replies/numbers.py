"""Invoice numbers in what somebody writes: whole, however they are punctuated, or shortened to their end.

Everything takes time in proportion to the text, however many numbers are known: a debtor may have thousands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice, product
from typing import TYPE_CHECKING

from relance_mailer.replies.words import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MAX_TEXT = 20_000  #: characters that are read; nobody writes more about an invoice
MAX_LOOKED_UP = 300  #: spellings that are looked up for one message
_MAX_ATOMS = 5  #: letters and digits in turn: "FA", "2026", "03", "0412"
_MAX_BARE = 40
_FREE_JOINTS = 3  #: gaps within a number for which every mixture of joints is tried

_ATOM = re.compile(r"[a-z]+|\d+")
_DIGIT = re.compile(r"\d")
_DIGITS = re.compile(r"(?<!\d)\d{1,10}(?!\d)")
#: Words that stand before a number and are no part of it.
_WORDS = """
    a au aux d de des du en et l la le les n no num
    ou par pour ref sur the of and or in on for fact facture factures invoice invoices
    janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
    january february march april may june july august september october november december lundi mardi mercredi jeudi vendredi
"""
_NO_PREFIX = frozenset(_WORDS.split())
_INSIDE = frozenset({"", " ", "-", "_", "/", ".", "#"})  #: what may stand between two pieces of a number
_SPELLED = ("-", "", "/", " ")  #: how the same number may stand in our file, the most usual first
_MIXED = ("", "-")
_LONGER = frozenset("-/_.,")
_JOINED = frozenset("-_.#")
_PREFIX = 5  #: letters of a prefix that stands apart: "FA 2026", not "merci 2026"
_SHORT = 4  #: digits alone, so few, may be a day, a year or a sum
_TAIL = 3  #: digits of an end that counts after a mere "la" or "et"
_REACH = 20
_LIST_GAP = 5
_MAX_SPANS = 300  #: runs of pieces that are spelled out for one message
_MAX_ENDS = 30  #: shortened numbers that are looked for in one message

#: A short number of digits alone ("12", "2026") is a date or a sum unless such a word stands before it.
_CUE = re.compile(
    r"(?:\b(?:factures?|fact|fac|fa|invoices?|inv|rechnung(?:en)?|fatture?a?|facturas?|factuur|no|nr|num|numeros?|numbers?|ref|references?)|n°|nº|n\.|#)"
    r"[^\w]{0,4}$"
)
_ARTICLE = re.compile(r"(?:(?<![a-z])(?:la|les?|et|ou|the|and|or|die|und)|[,&+;])\s{0,2}$")
_MEASURED = re.compile(
    r"\s?(?:€|\$|£|%|k€|eur|ht\b|ttc\b|jours?\b|days?\b|heures?\b|h\b|kg\b|pieces?\b|unites?\b)"
)
_YEAR_FIRST = re.compile(r"^(20\d\d)(\d{3,8})$")  #: "20260412" may be "2026-0412"
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class _Span:
    """Pieces that may be one number, at their place in the folded text."""

    atoms: tuple[str, ...]
    start: int
    end: int

    bare: str  #: its letters and digits alone


def bare(number: str) -> str:
    """Return a number's letters and digits alone, folded: what all its spellings have in common."""
    return "".join(_ATOM.findall(fold(number)))


def looked_up(words: str) -> tuple[str, ...]:
    """Return what may be one of our numbers, as written and in the spellings that our file may have."""
    text = words[:MAX_TEXT]
    folded, every = _read(text)
    spans = (span for span in every if _is_apart(folded, span))
    found: dict[str, None] = {}
    for span in islice(spans, _MAX_SPANS):
        found |= dict.fromkeys(_spellings(text, span))
        if len(found) >= MAX_LOOKED_UP:
            break
    return tuple(islice(found, MAX_LOOKED_UP))


def named(words: str, numbers: Iterable[str]) -> tuple[str, ...]:
    """Return the invoice numbers that stand whole in the words, whatever their case and punctuation, in the given order."""
    ordered = tuple(dict.fromkeys(number for number in numbers if number.strip()))
    found = {number for _, number in _whole(words, ordered)}
    return tuple(number for number in ordered if number in found)


def shortened(words: str, numbers: Sequence[str]) -> tuple[str, ...]:
    """Return the numbers whose end alone is named ("la 0412", "n° 412"), where only one of `numbers` ends so."""
    text, spans = _read(words[:MAX_TEXT])
    if not numbers or not spans:
        return ()
    taken = {place for span, _ in _whole(words, numbers) for place in range(span.start, span.end)}
    meant = dict.fromkeys(
        match[0]
        for match in _DIGITS.finditer(text)
        if match.start() not in taken
        and _stands_alone(text, *match.span())
        and _is_meant(text, *match.span())
    )
    endings = [(number, *_end(number)) for number in dict.fromkeys(numbers)]
    found = dict.fromkeys(_only_one(digits, endings) for digits in islice(meant, _MAX_ENDS))
    return tuple(number for number in found if number)


@lru_cache(maxsize=8)
def _read(words: str) -> tuple[str, tuple[_Span, ...]]:
    """Return the folded words and the runs in them that may be numbers; asked several times for one message."""
    text = fold(words)
    return text, tuple(_spans(text)) if _DIGIT.search(text) else ()


def _spans(text: str) -> Iterator[_Span]:
    """Yield every run of pieces with a digit among them that may be a number."""
    atoms = [(match[0], match.start(), match.end()) for match in _ATOM.finditer(text)]
    digits = {place for place, (atom, _, _) in enumerate(atoms) if atom[0].isdigit()}
    starts = sorted({begin for place in digits for begin in range(max(0, place - 2), place + 1)})
    for begin in starts:
        pieces: list[str] = []
        end = atoms[begin][1]
        for atom, left, right in atoms[begin : begin + _MAX_ATOMS]:
            gap = text[end:left]
            if pieces and (gap not in _INSIDE or (gap == " " and not atom[0].isdigit())):
                break
            pieces.append(atom)
            end = right
            if sum(map(len, pieces)) > _MAX_BARE:
                break
            if any(piece[0].isdigit() for piece in pieces):
                yield _Span(tuple(pieces), atoms[begin][1], end, "".join(pieces))


def _is_apart(text: str, span: _Span) -> bool:
    """Say whether nothing but a blank or a slash joins a span to what stands around it, and no mere word begins it."""
    before, after = text[max(0, span.start - 2) : span.start], text[span.end : span.end + 2]
    if before[-1:].isalnum() or after[:1].isalnum():
        return False
    first = span.atoms[0]
    apart = first[0].isalpha() and text[span.start + len(first)] == " "
    if (first in _NO_PREFIX and not text[span.start + len(first)].isdigit()) or (
        apart and len(first) > _PREFIX
    ):
        return False
    joined_before = before[-1:] in _JOINED and before[:1].isalnum()
    return not joined_before and not (after[:1] in _JOINED and after[1:].isalnum())


def _spellings(text: str, span: _Span) -> Iterator[str]:
    written = text[span.start : span.end]
    if span.bare.isdigit():  # a sum, a day, a telephone number: as written, or not at all
        if " " not in written:
            yield written
        return
    yield written
    yield written.upper()
    atoms = [piece.upper() for atom in span.atoms for piece in _YEAR_FIRST.sub(r"\1 \2", atom).split()]
    gaps = len(atoms) - 1
    for between in _joints(gaps):
        yield "".join(map("".join, zip(atoms, (*between, ""), strict=True)))


@cache
def _joints(gaps: int) -> tuple[tuple[str, ...], ...]:
    """Return what may stand in so many gaps: one sign in all of them, or hyphens here and nothing there."""
    mixed = product(_MIXED, repeat=gaps) if gaps <= _FREE_JOINTS else ()
    return tuple(dict.fromkeys((*((one,) * gaps for one in _SPELLED), *mixed)))


def _whole(words: str, numbers: Iterable[str]) -> list[tuple[_Span, str]]:
    """Return where numbers stand whole in the words: no piece of a longer one, of a sum or of a date."""
    text, spans = _read(words[:MAX_TEXT])
    known: dict[str, list[str]] = {}
    for number in numbers:
        if letters := bare(number):
            known.setdefault(letters, []).append(number)
    hits = [span for span in spans if span.bare in known]
    starts, ends = {span.start for span in hits}, {span.end for span in hits}
    found: list[tuple[_Span, str]] = []
    last_end = -_LIST_GAP - 1
    for span in sorted(hits, key=lambda one: one.start):
        if not _is_whole(text, span, starts, ends):
            continue
        cued = span.start - last_end <= _LIST_GAP or bool(_CUE.search(_before(text, span.start)))
        meant = [number for number in known[span.bare] if cued or _says_enough(text, span, number)]
        if meant:
            found += [(span, number) for number in meant]
            last_end = span.end
    return found


def _says_enough(text: str, span: _Span, number: str) -> bool:
    """Say whether these letters and digits alone can only be the number: digits alone must be many, and written so."""
    if not span.bare.isdigit():
        return True
    written = text[span.start : span.end]
    return written == fold(number).strip() and len(written) > _SHORT


def _is_whole(text: str, span: _Span, starts: set[int], ends: set[int]) -> bool:
    """Tell a number from a piece of a longer one or of a sum: "12-34", "1.200,00"; "1001/1002" are two of ours."""
    before, after = text[max(0, span.start - 2) : span.start], text[span.end : span.end + 2]
    if before[-1:].isalnum() or after[:1].isalnum():
        return False
    joined = before[:1].isdigit() if before[-1:] in {".", ","} else before[:1].isalnum()
    longer_before = len(before) == 2 and before[-1] in _LONGER and joined and span.start - 1 not in ends
    longer_after = after[:1] in _LONGER and after[1:].isdigit() and span.end + 1 not in starts
    return not longer_before and not longer_after


def _stands_alone(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    piece = before[-1:] in _LONGER and before[:1].isalnum() and before[-1:] != ","
    return (
        not before[-1:].isalnum()
        and not after[:1].isalnum()
        and not piece
        and not (after[:1] in _LONGER and after[1:].isdigit())
        and not _MEASURED.match(text, end)
    )


def _is_meant(text: str, start: int, end: int) -> bool:
    """Say whether digits name an invoice: after such a word, or, where they are many and no year, after "la" or "et"."""
    before = _before(text, start)
    if _CUE.search(before):
        return True
    digits = text[start:end]
    return len(digits) >= _TAIL and not _YEAR.fullmatch(digits) and bool(_ARTICLE.search(before))


def _end(number: str) -> tuple[str, str]:
    """Return (its letters and digits, its last digits without leading zeros)."""
    atoms = _ATOM.findall(fold(number))
    last = atoms[-1].lstrip("0") if atoms and atoms[-1][0].isdigit() else ""
    return "".join(atoms), last


def _only_one(digits: str, endings: Sequence[tuple[str, str, str]]) -> str:
    """Return the one number that ends in `digits`: all its last digits but leading zeros, or three of them or more."""
    short = digits.lstrip("0")
    found = [
        number
        for number, letters, last in endings
        if short and (last == short or (len(digits) >= _TAIL and letters.endswith(digits)))
    ]
    return found[0] if len(found) == 1 else ""


def _before(text: str, start: int) -> str:
    return text[max(0, start - _REACH) : start]
