"""Words and figures as symbols, one letter each, so that one grammar reads the dates of seven languages.

| symbol | stands for | symbol | stands for |
|---|---|---|---|
| W w | weekday; an abbreviation that needs a number | M | month, by name |
| u b H | day, working day, hour | s m q y z | week, month, quarter, year, "week number" |
| E | edge: value 5 beginning, 15 middle, 31 end | N T L p C | next, this, last, last (only behind), "inst." |
| O A | on; by, before, until | I F B G | within; after; ago before, behind |
| l r K | of, the; to; and, or | R P | a day from the sending day; a part of a day |
| D d o n h | 12; 3rd; third; three; a fortnight's days | Y | year |
| S X x v | figures: ISO, with year, 5/12, 5.12 | V Z | due date; holiday |
| j | a payment run, a transfer | . , - ( ) : / + ! | marks; the end of a sentence |
| c i | counted things; things that bear numbers | g k | good (wishes); every |
| a t | about; "time" | # _ | a sum, number, address; any other word |
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from types import ModuleType

from relance_mailer.replies.amounts import find_amounts
from relance_mailer.replies.dates.tables import de, en, es, fr, it, nl, pt
from relance_mailer.replies.words import fold

LANGUAGES = ("fr", "en", "de", "es", "it", "nl", "pt")
TABLES: dict[str, ModuleType] = {"fr": fr, "en": en, "de": de, "es": es, "it": it, "nl": nl, "pt": pt}


@dataclass(frozen=True, slots=True)
class Token:
    """One symbol at its place in the text.

    Attributes:
        value: its number; of figures `((year * 100) + first) * 100 + second`, year 0 where none is written.
    """

    symbol: str
    value: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """One word, number or mark as written."""

    text: str
    kind: str
    start: int
    end: int


_UNIT = r"(?:h|j|d|gg|hrs?|jrs?|days?|jours?|tage?n?|dias|giorni|dagen|uur|std|wks?|weeks?|ore|hours?)\b"
_SUFFIX = r"(?:er|ere|ieme|eme|ste|st|nd|rd|th|de|e|o|a|°)(?![\w])"
_MONEY = r"(?![ ]?(?:€|%|£|\$|eur\b|euros?\b|chf\b|gbp\b|usd\b|k€))"
_PIECE = re.compile(
    rf"""
    (?P<opaque>https?://\S{{1,300}}|www\.\S{{1,200}}|(?<![\w.+-])[\w.+-]{{1,64}}@[\w.-]{{1,100}}|\d{{1,2}}[:]\d\d(?:[:]\d\d)?|\d{{1,2}}h\d\d|24/7|7/7|[€£$§#]\ ?\d[\d.,' ]{{0,20}})
  | (?P<iso>20\d\d-[01]\d-[0-3]\d(?:t\d\d[:]\d\d[\w:.+-]{{0,20}})?(?![\w-]))
  | (?P<full>\d{{1,2}}(?P<sep>\ ?[/.-]\ ?)\d{{1,2}}(?P=sep)(?:20\d\d|\d\d)(?![\w/-]|[.,]\d)|\d{{1,2}}\.\ ?\d{{1,2}}\.\ ?20\d\d(?!\w)|\d{{1,2}}\ \d{{1,2}}\ 20\d\d(?![\w]))
  | (?P<opaque2>(?:\+\d{{1,3}}|\(?0\d{{0,4}}\)?)(?:[ ./()-]{{1,2}}\d{{2,4}}){{2,6}}(?!\w)|\d{{2,4}}(?:\ \d{{2,4}}){{2,6}}(?!\w))
  | (?P<short>\d{{1,2}}(?:/\ ?|\.\ ?(?=\d{{1,2}}(?:\.|\b)))\d{{1,2}}\.?(?![\w/-]|[.,]\d){_MONEY})
  | (?P<range>\d{{1,3}}-\d{{1,3}}(?![\w/-]|[.,]\d))
  | (?P<week>(?:s|kw|w|sem|wk)\ ?(?=\d\d?\b))
  | (?P<quarter>[qt][1-4](?!\w))
  | (?P<opaque3>(?=[a-z]{{0,20}}\d)[a-z0-9]{{1,40}}(?:[/._-][a-z0-9]{{1,40}}){{1,8}}|[a-z]{{1,20}}(?:[/._-][a-z0-9]{{1,20}}){{0,4}}[/._-]\d[\w/.-]{{0,40}}|[a-z]{{1,20}}\d[\w/.-]{{0,40}})
  | (?P<ordinal>\d{{1,3}}{_SUFFIX})
  | (?P<year>20\d\d(?![\w]|[.,]\d))
  | (?P<number>\d{{1,3}}(?=(?:{_UNIT}|(?!\w)))(?![.,]\d){_MONEY})
  | (?P<opaque4>\d[\d.,]{{0,24}}\w{{0,24}})
  | (?P<word>aujourd'hui|(?:[cdjlmnst]|qu|dell|all|nell|sull|un|quest)'|'s\b|[^\W\d_]+)
  | (?P<stop>\n[ \r]*\n|[!?;])
  | (?P<mark>[^\s\w])
    """,
    re.VERBOSE,
)


def pieces(folded: str) -> Iterator[Piece]:
    """Split folded text; sums, addresses, telephone numbers and references become one opaque piece each."""
    for match in _PIECE.finditer(folded):
        kind = (match.lastgroup or "mark").rstrip("234")
        if match["sep"] is not None:
            kind = "full"
        start, end = match.span()
        if kind == "range":
            middle = start + match.group().index("-")
            yield Piece(folded[start:middle], "number", start, middle)
            yield Piece("-", "mark", middle, middle + 1)
            yield Piece(folded[middle + 1 : end], "number", middle + 1, end)
        elif kind == "opaque" and match.group().isalpha():
            yield Piece(match.group(), "word", start, end)
        else:
            yield Piece(match.group(), kind, start, end)


def without_sums(text: str, folded: str) -> str:
    """Blank the sums, so that "15,50 €" is no day."""
    letters = list(folded)
    for sum_ in find_amounts(text):
        letters[sum_.start : sum_.end] = "€" * (sum_.end - sum_.start)
    return "".join(letters)


_ENTRY = re.compile(r"([A-Za-z_])(-?\d+)?")
_Words = dict[str, list[tuple[tuple[str, ...], tuple[tuple[str, int], ...]]]]


@cache
def words_of(language: str) -> _Words:
    """Return a language's phrases by their first word, longest first, each with its symbols and their values."""
    entries: dict[tuple[str, ...], tuple[tuple[str, int], ...]] = {}
    for line in TABLES[language].WORDS.strip().splitlines():
        symbols, _, phrases = line.partition("|")
        value = tuple((symbol, int(number or 1)) for symbol, number in _ENTRY.findall(symbols))
        for phrase in phrases.split(","):
            entries[tuple(piece.text for piece in pieces(fold(phrase)))] = value
    found: _Words = {}
    for words in sorted(entries, key=len, reverse=True):
        found.setdefault(words[0], []).append((words, entries[words]))
    return found


@cache
def _names(language: str) -> tuple[tuple[str, str, int], ...]:
    """The names of days and months long enough to be known when misspelled."""
    return tuple(
        (words[0], symbols[0][0], symbols[0][1])
        for forms in words_of(language).values()
        for words, symbols in forms
        if len(words) == 1 and symbols[0][0] in "MW" and len(words[0]) > 5
    )


def _one_slip(written: str, name: str) -> bool:
    """True if one letter is missing, added, wrong or exchanged with its neighbour."""
    if abs(len(written) - len(name)) > 1 or written == name + "s":
        return False
    at = next((i for i, (a, b) in enumerate(zip(written, name, strict=False)) if a != b), None)
    if at is None:
        return True
    rest, other = written[at:], name[at:]
    return (
        rest[1:] == other[1:]
        or rest[1:] == other
        or rest == other[1:]
        or (rest[:2] == other[1::-1] and rest[2:] == other[2:])
    )


@cache
def _misspelled(word: str, language: str) -> tuple[str, int] | None:
    for name, symbol, value in _names(language):
        if word[0] == name[0] and _one_slip(word, name):
            return symbol, value
    return None


_FIGURES = re.compile(r"[0-3]\d\.(?:0[1-9]|1[0-2])\.?")  #: 29.08


def _of_number(piece: Piece, following: str) -> list[Token]:
    digits = [int(found) for found in re.findall(r"\d+", piece.text)]
    if piece.kind == "iso":
        return [Token("S", (digits[0] * 100 + digits[1]) * 100 + digits[2], piece.start, piece.end)]
    if piece.kind == "full":
        return [Token("X", (digits[2] * 100 + digits[0]) * 100 + digits[1], piece.start, piece.end)]
    if piece.kind == "short":
        sure = re.search(r"/ ?\d\d", piece.text) is not None
        sure = sure or (piece.text.endswith(".") and piece.text.count(".") > 1 and following != "\n")
        sure = sure or _FIGURES.fullmatch(piece.text) is not None
        return [Token("x" if sure else "v", digits[0] * 100 + digits[1], piece.start, piece.end)]
    symbol = {"number": "D", "ordinal": "d", "year": "Y"}.get(piece.kind, "#")
    return [Token(symbol, digits[0] if digits and symbol != "#" else 0, piece.start, piece.end)]


_MARKS = {",": ",", ".": ".", "-": "-", "+": "+", ":": ":", "/": "/", "(": "(", ")": ")"}


def _single(piece: Piece, language: str, folded: str) -> list[Token]:
    if piece.kind == "word":
        known = _misspelled(piece.text, language) if 5 <= len(piece.text) <= 12 else None
        symbol, value = known or ("_", 0)
        return [Token(symbol, value, piece.start, piece.end)]
    if piece.kind == "week":
        return [Token("z", 1, piece.start, piece.end)]
    if piece.kind == "quarter":
        quarter = int(piece.text[1])
        return [
            Token("o", quarter, piece.start, piece.end - 1),
            Token("q", 1, piece.end - 1, piece.end),
        ]
    if piece.kind in {"mark", "stop"}:
        symbol = _MARKS.get(piece.text, "_") if piece.kind == "mark" else "!"
        return [Token(symbol, 0, piece.start, piece.end)]
    return _of_number(piece, folded[piece.end : piece.end + 1])


def tokens(found: list[Piece], language: str, folded: str) -> list[Token]:
    """Return the symbols of a text in one language."""
    words, result, at = words_of(language), [], 0
    while at < len(found):
        piece = found[at]
        for phrase, symbols in words.get(piece.text, ()):
            if all(at + i < len(found) and found[at + i].text == word for i, word in enumerate(phrase)):
                end = found[at + len(phrase) - 1].end
                result += [Token(symbol, value, piece.start, end) for symbol, value in symbols]
                at += len(phrase)
                break
        else:
            result += _single(piece, language, folded)
            at += 1
    return result


@cache
def _common(language: str) -> frozenset[str]:
    return frozenset(TABLES[language].COMMON.split())


_JUDGED = 400  #: words by which a language is told
_ENOUGH = 2


def languages_of(words: Iterable[str]) -> tuple[str, ...]:
    """Return the languages in which words may be written, likeliest first; all of them where nothing tells."""
    read = list(words)[:_JUDGED]
    counts = {name: sum((w in _common(name)) + (w in words_of(name)) for w in read) for name in LANGUAGES}
    best = max(counts.values())
    if not read:
        return LANGUAGES[:2]
    if best < _ENOUGH:
        return LANGUAGES
    likely = [name for name in LANGUAGES if counts[name] >= 0.8 * best]
    return tuple(sorted(likely, key=lambda name: -counts[name]))
