"""Which invoices each thing said is said of: « la 0412 est réglée, la 0431 est contestée »."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relance_mailer.replies.clauses import Sentence
    from relance_mailer.replies.hits import Hit
    from relance_mailer.replies.invoices import Mention

_PIECE_END = re.compile(
    r"[,;:](?=\s)|\s(?:et|and|mais|but|tandis que|alors que|quant a|whereas|while|however|par contre|en revanche|as for)\s"
)


@dataclass(frozen=True, slots=True)
class _Piece:
    numbers: tuple[str, ...]
    hits: tuple[Hit, ...]


def _pieces(sentence: Sentence, mentions: Sequence[Mention], hits: Sequence[Hit]) -> list[_Piece]:
    cuts = [0, *(match.end() for match in _PIECE_END.finditer(sentence.text)), len(sentence.text) + 1]
    found = []
    for first, last in pairwise(cuts):
        start, end = sentence.start + first, sentence.start + last
        numbers = tuple(
            number for mention in mentions if start <= mention.start < end for number in mention.numbers
        )
        found.append(_Piece(numbers, tuple(hit for hit in hits if start <= _heart(hit) < end)))
    return found


def _heart(hit: Hit) -> int:
    """The place by which a hit belongs to a piece: its last word, where the verb mostly stands."""
    return hit.end - 1


def hits_by_invoice(
    sentences: Sequence[Sentence], mentions: Sequence[Mention], hits: Sequence[Hit]
) -> dict[str, tuple[Hit, ...]]:
    """Return what is said of each named invoice; what is said before any is named belongs to none.

    Invoices named without a word of theirs wait for the next ("la 0412 et la 0431 sont réglées"); words without an
    invoice belong to those last named.
    """
    said: dict[str, list[Hit]] = {}
    for sentence in sentences:
        waiting: tuple[str, ...] = ()
        current: tuple[str, ...] = ()
        pieces = _pieces(sentence, mentions, hits)
        for piece in pieces:
            waiting += piece.numbers
            if not piece.hits:
                continue
            current = waiting or current
            waiting = ()
            for number in current:
                said.setdefault(number, []).extend(piece.hits)
        last = next((piece.hits for piece in reversed(pieces) if piece.hits), ())
        for number in waiting:  # named after what was said of them: "nous avons réglé la 0412 et la 0431"
            said.setdefault(number, []).extend(last)
    return {number: tuple(found) for number, found in said.items()}
