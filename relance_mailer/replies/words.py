"""Words as rules see them: folded to plain letters, offset for offset, and the names of days, months, numbers."""

from __future__ import annotations

import unicodedata
from functools import cache
from types import MappingProxyType

MAX_TEXT = 20_000  #: characters of a reply that are understood; nobody pays later in a mail than that


def _plain(code: int) -> str:
    letter = chr(code)
    base = unicodedata.normalize("NFKD", letter)[0]
    lower = base.lower()
    return lower if len(lower) == 1 else letter


_TABLE = {code: _plain(code) for code in range(0x41, 0x250)}
_TABLE |= {ord(mark): "'" for mark in "’‘ʼ`´′"}
_TABLE |= {ord(mark): " " for mark in "\t\u00a0\u2007\u2009\u202f\u200b\ufeff"}
_TABLE |= {ord(mark): "-" for mark in "‐‑‒–—−"}
_TABLE |= {ord(mark): '"' for mark in "«»“”„"}


def fold(text: str) -> str:
    """Return `text` in lower case without accents, each character in its old place."""
    return text.translate(_TABLE)


def _names(*lines: str) -> MappingProxyType[str, int]:
    return MappingProxyType(
        {name: number for number, line in enumerate(lines, start=1) for name in line.split()}
    )


_UNITS = _names(
    "un une one a an",
    "deux two",
    "trois three",
    "quatre four",
    "cinq five",
    "six",
    "sept seven",
    "huit eight",
    "neuf nine",
    "dix ten",
)
NUMBERS = MappingProxyType(
    dict(_UNITS)
    | {"huitaine": 8, "dizaine": 10, "douze": 12, "twelve": 12, "quinze": 15, "quinzaine": 15, "fifteen": 15}
    | {"vingt": 20, "twenty": 20, "trente": 30, "thirty": 30, "trentaine": 30, "soixante": 60, "sixty": 60}
    | {"couple": 2, "fortnight": 14, "fourteen": 14, "quarante-cinq": 45, "forty-five": 45}
)  #: folded number word to its value


@cache
def either(*words: str) -> str:
    """Return a regular expression that matches any of `words`, longest first."""
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")"
