"""What a date is the day of, told from the words around it: a payment to come or made, a letter, a visit, a denial."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from relance_mailer.replies.dates.lexicon import TABLES


class Role(StrEnum):
    """What a date is the day of."""

    PROMISED = "promised"
    PAID = "paid"
    RECALLED = "recalled"  #: of an invoice, a letter, a due date that is only recalled
    OTHER = "other"  #: of a delivery, a meeting, an absence
    DENIED = "denied"
    WAITING = (
        "waiting"  #: counted from something that has yet to come: "ten days after we have your credit note"
    )
    UNKNOWN = "unknown"


ABOUT = frozenset({Role.RECALLED, Role.OTHER, Role.DENIED, Role.WAITING})


@dataclass(frozen=True, slots=True)
class _Cues:
    promise: re.Pattern[str]
    paid: re.Pattern[str]
    recall: re.Pattern[str]
    other: re.Pattern[str]
    deny: re.Pattern[str]
    neutral: re.Pattern[str]
    run: re.Pattern[str]
    condition: re.Pattern[str]
    negation: re.Pattern[str]


@cache
def _cues(language: str) -> _Cues:
    cues: dict[str, str] = TABLES[language].CUES
    before = r"(?<!\w)(?:{})[ :(,]{{0,3}}(?:\w{{1,3}} ){{0,2}}$"
    return _Cues(
        re.compile(rf"(?<!\w)(?:{cues['promise']})"),
        re.compile(rf"(?<!\w)(?:{cues['paid']})(?!\w)"),
        re.compile(rf"(?<!\w)(?:{cues['recall']})[ :(]{{0,2}}$"),
        re.compile(rf"(?<!\w)(?:{cues['other']})(?!\w)"),
        re.compile(before.format(cues["deny"])),
        re.compile(rf"(?<!\w)(?:{cues['neutral']})(?!\w)"),
        re.compile(rf"(?<!\w)(?:{cues['run']})[ :(]{{0,2}}$"),
        re.compile(rf"(?<!\w)(?:{cues['condition']})(?!\w)"),
        re.compile(cues["not"]),
    )


_END = re.compile(r"[!?;]+|\.+(?=\s|$)|\n[ \r]*\n|\n(?= *[-*•>])")
_LINE = re.compile(r"\n")
_SHORT_LINE = 55  #: a line broken before this is broken on purpose, not wrapped
_REACH = 170  #: characters on each side of a date in which its words are looked for
_BARRIER = re.compile(
    r"[,;:()]|(?<!\w)(?:et|mais|and|but|und|aber|pero|ma|maar|mas|sondern|puis|then|donc|so)(?!\w)"
)
_COST = 14  #: characters that a comma or a conjunction counts for
_BARE = 14  #: a recalling word no longer than this is a preposition: "paid since Monday" is of the payment
_SHORT = 24  #: what a date alone in its sentence may have beside it


class Sentences:
    """A text's sentences, and the roles of its dates in them."""

    def __init__(self, text: str, folded: str, dates: list[tuple[int, int]]) -> None:
        letters = list(folded)
        for start, end in dates:
            letters[start:end] = "~" * (end - start)
        blank = "".join(letters)
        self._folded = folded
        self._text = folded.replace("\n", " ").replace("\r", " ")
        self._blank = blank.replace("\n", " ").replace("\r", " ")
        self._ends = sorted({match.end() for match in _END.finditer(blank)} | _broken(text, blank))

    def _span(self, at: int) -> tuple[int, int]:
        index = bisect_right(self._ends, at)
        start = self._ends[index - 1] if index else 0
        return start, self._ends[index] if index < len(self._ends) else len(self._text)

    def _asked(self, end: int, last: int) -> bool:
        rest = self._folded[end:last].rstrip()
        return rest.endswith("?") and "\n" not in rest

    def role(self, core: int, end: int, language: str, *, loose: bool) -> Role:
        """Return the role of a date.

        Args:
            core: offset of its own words, without their preposition.
            end: offset of what follows them.
            language: whose cues are looked for.
            loose: it counts from another day or names a period: behind a condition it is no date of its own.
        """
        first, last = self._span(core)
        cues = _cues(language)
        start, stop = max(first, core - _REACH), min(last, end + _REACH)
        before = cues.neutral.sub(_tildes, self._text[start:core])
        if cues.deny.search(before):
            return Role.DENIED
        recalled, run = cues.recall.search(before), cues.run.search(before)
        if recalled and not before[: recalled.start()].strip() and recalled.end() - recalled.start() <= _BARE:
            recalled = None  # "du 10 au 15": nothing stands before it that it could be of
        if recalled and not run and recalled.end() - recalled.start() > _BARE:
            return Role.RECALLED
        around = cues.neutral.sub(_tildes, self._blank[start:stop])
        if loose and cues.condition.search(around):
            return Role.WAITING
        if self._asked(end, last):
            return Role.OTHER
        found = _nearest(around, core - start, end - start, cues)
        if found is None and first and len(around.replace("~", "").strip()) <= _SHORT:
            previous = self._span(first - 1)[0]
            around = self._blank[max(previous, core - _REACH) : stop]
            at = core - max(previous, core - _REACH)
            found = _nearest(around, at, at + end - core, cues)
        if (run or recalled) and found not in {Role.PAID, Role.PROMISED}:
            return Role.PROMISED if run else Role.RECALLED
        return found or Role.UNKNOWN


def _broken(text: str, blank: str) -> set[int]:
    """Line ends that end a sentence: short lines followed by a capital."""
    cuts, line = set(), 0
    for match in _LINE.finditer(blank):
        if match.start() - line < _SHORT_LINE and text[match.end() : match.end() + 1].isupper():
            cuts.add(match.end())
        line = match.end()
    return cuts


def _tildes(match: re.Match[str]) -> str:
    return "~" * len(match.group())


def _nearest(around: str, core: int, end: int, cues: _Cues) -> Role | None:
    """Return the role that the nearest words give, a denial where they are denied."""
    said = [
        (match.start(), rank, role, match)
        for rank, (role, cue) in enumerate(
            ((Role.OTHER, cues.other), (Role.PROMISED, cues.promise), (Role.PAID, cues.paid))
        )
        for match in cue.finditer(around)
    ]
    best: tuple[float, Role, re.Match[str]] | None = None
    reached = 0
    for start, _, role, match in sorted(said, key=lambda cue: cue[:2]):
        if start < reached:  # inside another's words: "will be paid" tells of no payment made
            continue
        reached = match.end()
        cost = _distance(around, core, end, match) * (1.4 if role is Role.OTHER else 1)
        if best is None or cost < best[0]:
            best = (cost, role, match)
    if best is None:
        return None
    _, role, match = best
    return Role.DENIED if role is Role.PROMISED and _denied(around, match, cues) else role


def _distance(around: str, core: int, end: int, match: re.Match[str]) -> float:
    if match.start() < end and match.end() > core:
        return 0
    between = around[match.end() : core] if match.end() <= core else around[end : match.start()]
    behind = 1.0 if match.end() <= core else 1.15
    return behind * len(between) + _COST * len(_BARRIER.findall(between))


def _denied(around: str, match: re.Match[str], cues: _Cues) -> bool:
    """True if a negation stands in the cue, just before it, or just behind it."""
    before = _BARRIER.split(around[max(0, match.start() - 18) : match.start()])[-1]
    behind = _BARRIER.split(around[match.end() : match.end() + 9])[0]
    return any(cues.negation.search(words) for words in (before, match.group(), behind))
