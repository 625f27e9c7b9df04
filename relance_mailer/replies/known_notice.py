"""A notice that we sent, found again in an answer: wrapped anew, re-encoded, flattened, trimmed, its links rewritten.

Words are rows of ASCII letters and digits: a letter with an accent parts them like a blank, so that "impayée",
"impay?e" and "impayÃ©e" are the same words, whatever a program did to the encoding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from unicodedata import normalize

from relance_mailer.replies.own_parts import is_sign_off
from relance_mailer.replies.quote_marks import Part, introduction, is_banner

MAX_NOTICE = 100_000

#: A line of the notice counts by itself from this many words; shorter ones only beside such a line.
_STRONG_WORDS = 5
#: So many words in one unmarked line, or so many in neighbouring ones, are no coincidence; a name and an address are:
#: a debtor signs with those that stand over a formal notice.
_RUN_WORDS = 14
_ROW_WORDS = 24
_SHINGLE = 4
_LONG_LINE = 60
#: From this share of words in pairs that are the notice's, a line between its lines is a line of it, changed otherwise.
_NOTICE_SHARE = 0.6
_STRONG_SHARE = 0.85
_NEAR_WORDS = 6  #: words of a line before the notice that is like it: the preview line that only its HTML has
_SIGNATURE_LINES = 8
_NEAR_LINES = 6
_TAIL_LINES = 30
_BACK_WORDS = 20
_FORTH_WORDS = 50
_WINDOW = 60  #: words before the notice's first found line in which its greeting is looked for

_WORD = re.compile(r"[a-z0-9]+")
_LINK = re.compile(r"<?\[?(?:https?://|mailto:|cid:|tel:|www\.)[^\s<>\]]*[>\]]?", re.IGNORECASE)
_IMAGE = re.compile(
    r"\[(?:image|cid|logo|inline|imagen|immagine|afbeelding|bild)[^\]\n]{0,200}\]", re.IGNORECASE
)


def words_of(line: str) -> list[str]:
    """Return a line's words; links are none: security programs rewrite them."""
    if ":" in line or "www." in line or "[" in line:
        line = _IMAGE.sub(" ", _LINK.sub(" ", line))
    return _WORD.findall((line if line.isascii() else normalize("NFC", line)).lower())


class Notice:
    """The words of a notice, to recognise its lines however a program broke them anew."""

    def __init__(self, text: str) -> None:
        lines = [words_of(line) for line in text[:MAX_NOTICE].split("\n")]
        self.words = [word for line in lines for word in line]
        self._vocabulary = frozenset(self.words)
        self._lines = {tuple(line) for line in lines if line}
        self._last_lines = {tuple(line) for line in [line for line in lines if line][-_SIGNATURE_LINES:]}
        self._pairs = set(pairwise(self.words))
        self._places: dict[tuple[str, ...], int] = {}
        for at, shingle in enumerate(_shingles(self.words)):
            self._places.setdefault(shingle, at)

    def covered(self, words: Sequence[str]) -> list[bool]:
        """Tell of each word whether it stands in a row of four that is the notice's."""
        marks = [False] * len(words)
        for at, shingle in enumerate(_shingles(words)):
            if shingle in self._places:
                marks[at : at + _SHINGLE] = [True] * _SHINGLE
        return marks

    def is_strong(self, words: Sequence[str]) -> bool:
        """The line stands in the notice, in this order, but for a word or two of a long one."""
        if len(words) < _STRONG_WORDS:
            return False
        share = sum(self.covered(words)) / len(words)
        return share == 1 or (len(words) >= 2 * _STRONG_WORDS and share >= _STRONG_SHARE)

    def is_weak(self, words: Sequence[str]) -> bool:
        """A short line or a fragment that stands in the notice, such as a greeting: proves nothing by itself."""
        return tuple(words) in self._lines or (
            len(words) > 1 and all(pair in self._pairs for pair in pairwise(words))
        )

    def share(self, words: Sequence[str]) -> float:
        """Which part of the words stand beside the same neighbour as in the notice."""
        if len(words) < _SHINGLE:
            return sum(word in self._vocabulary for word in words) / len(words)
        marks = [False] * len(words)
        for at, pair in enumerate(pairwise(words)):
            if pair in self._pairs:
                marks[at : at + 2] = [True, True]
        return sum(marks) / len(words)

    def signs(self, words: Sequence[str]) -> bool:
        """The line is one of those with which the notice ends: its sender's name or address."""
        return tuple(words) in self._last_lines

    def has_pair(self, words: Sequence[str]) -> bool:
        """Two neighbours of these words are the notice's: a name or a domain that stands in it."""
        return any(pair in self._pairs for pair in pairwise(words))

    def place(self, words: Sequence[str]) -> int:
        """Return where the line stands in the notice, as a count of words; 0 if unknown."""
        return next(
            (self._places[one] - at for at, one in enumerate(_shingles(words)) if one in self._places), 0
        )

    def stands_before(self, words: Sequence[str], place: int) -> int:
        """Return where a short line stands shortly before `place`, -1 if it does not."""
        size = len(words)
        for at in range(place - size, max(-1, place - size - _WINDOW), -1):
            if at >= 0 and self.words[at : at + size] == list(words):
                return at
        return -1

    def stands_after(self, words: Sequence[str], place: int, window: int = _WINDOW) -> int:
        """Return where a short line ends that stands shortly after `place`, -1 if it does not."""
        size = len(words)
        for at in range(max(0, place), min(place + window, len(self.words) - size + 1)):
            if self.words[at : at + size] == list(words):
                return at + size
        return -1


def _shingles(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(words[at:] for at in range(_SHINGLE)), strict=False)


class Lines:
    """A message's lines beside the notice: which are the notice's, surely or perhaps."""

    def __init__(self, views: Sequence[str], notice: Notice) -> None:
        self.notice = notice
        self.views = views
        self.words = [words_of(view) for view in views]
        self.strong = [self.notice.is_strong(line) for line in self.words]

    def belongs(self, index: int) -> bool:
        """A line that goes with the notice if it stands among its lines."""
        words = self.words[index]
        return self.strong[index] or not words or self.notice.is_weak(words)

    def resembles(self, index: int) -> bool:
        """A sentence in the notice's words, such as its preview line."""
        words = self.words[index]
        return len(words) >= _NEAR_WORDS and self.notice.share(words) >= _NOTICE_SHARE

    def follow(self, index: int, place: int) -> int:
        """Return how far the notice is read with this line, its opposite if the line is not of the notice.

        Short lines count only where they stand: "Kind regards" in the middle closes somebody's answer.
        """
        words = self.words[index]
        if self.strong[index]:
            return max(place, self.notice.place(words)) + len(words)
        if 0 < len(words) < _STRONG_WORDS and not is_banner(self.views[index]):
            after = self.notice.stands_after(words, max(0, place - _BACK_WORDS), _FORTH_WORDS)
            return after if after >= 0 else min(-1, -place)
        return place if self.is_changed(index) or self.belongs(index) else min(-1, -place)

    def is_changed(self, index: int) -> bool:
        """A line among the notice's lines that a program changed, or a gateway added."""
        words = self.words[index]
        return not words or self.notice.share(words) >= _NOTICE_SHARE or is_banner(self.views[index])


def subtract(views: Sequence[str], cut: list[Part | None], below: int, notice: Notice) -> None:
    """Mark the notice's lines where nothing else marks them, and tell below line `below` what is not quoted.

    Below an introduction all is quoted but answers written into the notice, or under it where none stand above.
    """
    lines = Lines(views, notice)
    _mark_fragments(lines, cut)
    for start, end in _runs(lines, cut, below):
        cut[start:end] = [kind or Part.NOTICE for kind in cut[start:end]]
    _part_below(lines, cut, below)


def _part_below(lines: Lines, cut: list[Part | None], below: int) -> None:
    size = len(lines.views)
    proofs = [index for index in range(below, size) if lines.strong[index]]
    if not proofs:
        return
    first, last = proofs[0], _last_line(lines, cut, proofs[-1])
    while first > below and lines.belongs(first - 1):
        first -= 1
    cut[first : proofs[0]] = [Part.NOTICE if kind is Part.BELOW else kind for kind in cut[first : proofs[0]]]
    place = lines.notice.place(lines.words[proofs[0]])
    for index in range(proofs[0], last + 1):
        if cut[index] is Part.BELOW:
            place = lines.follow(index, place)
            cut[index] = None if place < 0 else Part.NOTICE
            place = abs(place)
    if not any(kind is None and words for kind, words in zip(cut[:last], lines.words, strict=False)):
        _free_below(lines, cut, last + 1)


def _last_line(lines: Lines, cut: Sequence[Part | None], last: int) -> int:
    """Return the notice's last line: short ones follow the last that proves it, answers perhaps between them."""
    place = lines.notice.place(lines.words[last]) + len(lines.words[last])
    for index in range(last + 1, min(last + _TAIL_LINES, len(cut))):
        if cut[index] is not Part.BELOW or introduction(lines.views, [None] * len(cut), index)[0] > index:
            break
        after = lines.notice.stands_after(lines.words[index], place)
        if lines.words[index] and after >= 0:
            last, place = index, after
    return last


def _free_below(lines: Lines, cut: list[Part | None], start: int) -> None:
    """Nothing is answered above: what stands under the notice, up to the next quotation, is the answer."""
    for index in range(start, len(cut)):
        if cut[index] is not Part.BELOW:
            break
        cut[index] = None
        if introduction(lines.views, cut, index)[0] > index:
            cut[index] = Part.BELOW
            break


def _runs(lines: Lines, cut: Sequence[Part | None], stop: int) -> Iterator[tuple[int, int]]:
    """Yield the rows of unmarked lines before `stop` that are the notice's."""
    index = 0
    while index < stop:
        if cut[index] is not None or not lines.strong[index]:
            index += 1
            continue
        start, proven, longest, end = index, 0, 0, index
        while index < stop and (
            lines.belongs(index) or cut[index] is not None or _bridged(lines, index, stop)
        ):
            if lines.strong[index]:
                proven += len(lines.words[index])
                longest = max(longest, len(lines.words[index]))
            end = index + 1 if lines.words[index] else end
            index += 1
        if proven >= _ROW_WORDS or longest >= _RUN_WORDS:
            yield _run_start(lines, cut, _true_start(lines, start, end)), end


def _true_start(lines: Lines, start: int, end: int) -> int:
    """Return where the notice's first line stands, if little before it is the notice's too: the debtor's own address."""
    for index in range(start + 1, min(start + _TAIL_LINES, end)):
        words = lines.words[index]
        if len(words) > 1 and words == lines.notice.words[: len(words)]:
            before = sum(len(lines.words[one]) for one in range(start, index))
            return index if before < _ROW_WORDS else start
    return start


def _bridged(lines: Lines, index: int, stop: int) -> bool:
    """A changed line with the notice on both sides, or the last one, cut short."""
    if not lines.is_changed(index):
        return False
    last = len(lines.words[index]) >= _STRONG_WORDS and not any(lines.words[index + 1 : stop])
    return last or any(lines.strong[index + 1 : min(index + _NEAR_LINES, stop)])


def _run_start(lines: Lines, cut: Sequence[Part | None], start: int) -> int:
    """Return where the notice begins that was found from `start`: its short first lines prove nothing by themselves."""
    place = lines.notice.place(lines.words[start])
    found = index = start
    letterhead = -1  # the sender's name over the letter, which only its HTML has, below a preview line
    while index > 0 and cut[index - 1] is None:
        index -= 1
        words = lines.words[index]
        if not words:  # a table's rule goes with the row under it
            found = index if found == index + 1 and lines.views[index].strip() else found
            continue
        before = lines.notice.stands_before(words, place)
        if before >= 0:
            place = before
        elif lines.notice.signs(words) and not is_sign_off(lines.views[index]):
            letterhead = index
        elif letterhead != index + 1 and not is_banner(lines.views[index]) and not lines.resembles(index):
            break
        if index == 0 or not lines.words[index - 1] or cut[index - 1] is not None:
            found = index
    return found


def _mark_fragments(lines: Lines, cut: list[Part | None]) -> None:
    """Mark what a program left of a quoted line when it broke it without repeating the ">"."""
    for index in range(1, len(cut) - 1):
        words = lines.words[index]
        if cut[index] is None and cut[index - 1] is not None and words:
            long = len(lines.views[index - 1]) >= _LONG_LINE
            if long and (
                lines.strong[index] or (cut[index + 1] is not None and lines.notice.share(words) == 1)
            ):
                cut[index] = Part.MARKED


def seams(line: str, known: Notice, least: int) -> Iterator[int]:
    """Yield where the notice begins and ends inside one line, at least `least` words of it."""
    found = [match for match in _WORD.finditer(line.lower()) if match]
    marks = known.covered([match[0] for match in found])
    index = 0
    while index < len(found):
        start = index
        while index < len(found) and marks[index]:
            index += 1
        if index - start >= least:
            if start:
                yield found[start].start()
            if index < len(found):
                yield found[index].start()
        index += 1
