"""The author's own words, told from what is quoted: first the notice that we know, then the marks of mail programs.

Each line is judged once, by expressions that look at one line or at a few joined ones: the time is linear.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

MAX_LINES = 20_000
MAX_LINE = 2_000  #: characters of a line that the rules look at; all of it is kept
_MAX_NOTICE = 100_000

#: A line of the notice counts by itself from this many words; shorter ones only beside such a line.
_STRONG_WORDS = 5
#: So many words in a row of unmarked lines are no coincidence.
_RUN_WORDS = 12
_SHINGLE = 4
_LONG_LINE = 60
#: From this share of words that are the notice's, a line between its lines is a line of it, broken otherwise.
_NOTICE_SHARE = 0.6
_ATTRIBUTION_LINES = 4
_ATTRIBUTION_LENGTH = 400
_HEADER_BLOCK_LINES = 12
_LOOK_AHEAD = 6

_WORD = re.compile(r"[^\W_]+")
_PREFIXED = re.compile(r"\s{0,3}>")
_STARTER = re.compile(
    r"[*_\s]{0,4}(?:le|on|am|el|il|il giorno|op|em|no dia|den|dnia|w dniu|vom)\b|[\w\"'“«][^\n]{0,200}[<(\[][^\s@]{1,64}@",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r"\b(?:a écrit|a ecrit|écrivait|wrote|writes|schrieb|hat geschrieben|escribió|escribio|ha scritto|schreef"
    r"|heeft geschreven|escreveu|skrev|napisał|napisal|napisał\(a\)|kirjoitti)\b",
    re.IGNORECASE,
)
_EVIDENCE = re.compile(r"[^\s@]@[^\s@]|\d{1,2}\s?[:hH.]\s?\d{2}\b")
_SEPARATOR = re.compile(
    r"\W{0,80}(?:message d['’]origine|original message|message original|courriel original|message transféré"
    r"|forwarded message|message réexpédié|ursprüngliche nachricht|originalnachricht|weitergeleitete nachricht"
    r"|mensaje original|mensaje reenviado|messaggio originale|messaggio inoltrato|oorspronkelijk bericht"
    r"|doorgestuurd bericht|mensagem original|mensagem encaminhada|original appointment)\W{0,80}",
    re.IGNORECASE,
)
_DASHES = re.compile(r"\s{0,3}(?:-\s?){2,}")
_FORWARD = re.compile(
    r"\s{0,3}(?:begin forwarded message|début du message (?:réexpédié|transféré)|anfang der weitergeleiteten nachricht"
    r"|inicio del mensaje reenviado|inizio messaggio inoltrato)\s?:?\s{0,3}",
    re.IGNORECASE,
)
_UNDERSCORES = re.compile(r"\s{0,3}_{10,}\s{0,3}")
_HEADER_LINE = re.compile(
    r"[*_\s]{0,6}([^\W\d_]{1,12})[*_]{0,2}\s?[*_]{0,2}:[*_]{0,2}(?:\s|$)", re.IGNORECASE
)
_HEADER_KINDS = {
    "from": "de from von da van från fra od",
    "date": "date envoyé envoyée sent gesendet datum inviato data verzonden enviado enviada fecha skickat sendt",
    "to": "à a to an para aan per till til do",
    "subject": "objet sujet subject betreff oggetto asunto assunto onderwerp ämne emne temat",
    "cc": "cc copie kopie",
}
_KIND_OF_HEADER = {word: kind for kind, words in _HEADER_KINDS.items() for word in words.split()}


@dataclass(frozen=True, slots=True)
class Own:
    """A message's text in two: what its author wrote (greeting and signature included), and the quotation."""

    text: str
    quoted: str


def own_text(message_text: str, notice: str | None) -> Own:
    """Split a message's text; `notice` is the text that it answers, None if not known.

    Own lines between quoted ones (answers written into the quotation) belong to the author.
    """
    lines = message_text.split("\n", MAX_LINES)
    views = [line[:MAX_LINE].replace("\xa0", " ").replace("\u202f", " ") for line in lines]
    quoted = [bool(_PREFIXED.match(view)) for view in views]
    cut = _mark_introductions(views, quoted)
    if notice:
        _subtract(views, quoted, cut, notice[:_MAX_NOTICE])
    else:
        quoted[cut:] = [True] * (len(lines) - cut)
    return Own(_joined(lines, quoted, wanted=False), _joined(lines, quoted, wanted=True))


def _joined(lines: list[str], quoted: list[bool], *, wanted: bool) -> str:
    kept = "\n".join(
        line.rstrip() for line, is_quoted in zip(lines, quoted, strict=True) if is_quoted == wanted
    )
    return re.sub(r"\n{4,}", "\n\n\n", kept).strip()


def _mark_introductions(views: list[str], quoted: list[bool]) -> int:
    """Mark what introduces a quotation; return the line from which all is quoted (their number if none)."""
    for index, view in enumerate(views):
        if quoted[index] or not view.strip():
            continue
        end = _introduction_end(views, quoted, index)
        if end == index:
            continue
        quoted[index:end] = [True] * (end - index)
        if not _marks_follow(views, quoted, end):
            return index
    return len(views)


def _introduction_end(views: list[str], quoted: list[bool], index: int) -> int:
    """Return where the introduction that begins at `index` ends, `index` itself if there is none."""
    view = views[index]
    if _FORWARD.fullmatch(view) or (_DASHES.match(view) and _SEPARATOR.fullmatch(view)):
        return _header_block_end(views, index + 1, introduced=True) or index + 1
    if _UNDERSCORES.fullmatch(view):
        return _header_block_end(views, index + 1) or index
    return _header_block_end(views, index) or _attribution_end(views, quoted, index)


def _marks_follow(views: list[str], quoted: list[bool], start: int) -> bool:
    """Tell whether ">" lines follow soon: then these say what is quoted, line by line."""
    seen = 0
    for index in range(start, min(start + 4 * _LOOK_AHEAD, len(views))):
        if quoted[index]:
            return True
        seen += bool(views[index].strip())
        if seen >= _LOOK_AHEAD:
            break
    return False


def _header_block_end(views: list[str], start: int, *, introduced: bool = False) -> int:
    """Return the end of a block "From: … Sent: … To: … Subject: …" that begins at `start`, 0 if there is none.

    The sender stands first, unless a line such as "Original message" introduces the block.
    """
    kinds: set[str] = set()
    end = 0
    for index in range(start, min(start + _HEADER_BLOCK_LINES, len(views))):
        kind, blank = _header_kind(views[index]), not views[index].strip()
        if kind in kinds or (kind and not kinds and not introduced and kind != "from"):
            break
        if kind:
            kinds.add(kind)
            end = index + 1
        elif (blank and len(kinds) > 1) or not (blank or kinds):
            break
    # "Objet :" and "Date :" open many a letter; only with a sender do they make a quoted header.
    return end if "from" in kinds and len(kinds) >= 3 else 0


def _header_kind(view: str) -> str:
    match = _HEADER_LINE.match(view[:80])
    return _KIND_OF_HEADER.get(match[1].lower(), "") if match else ""


def _attribution_end(views: list[str], quoted: list[bool], start: int) -> int:
    """Return the end of "Le … a écrit :", wrapped on up to four lines, `start` if there is none."""
    if not _STARTER.match(views[start][:_ATTRIBUTION_LENGTH]):
        return start
    joined = ""
    for index in range(start, min(start + _ATTRIBUTION_LINES, len(views))):
        view = views[index].strip(" *_")
        if not view or quoted[index]:
            return start
        joined += " " + view
        if len(joined) > _ATTRIBUTION_LENGTH:
            return start
        if view.endswith(":") and _WROTE.search(joined):
            follows = _EVIDENCE.search(joined) or _quote_comes_next(views, quoted, index + 1)
            return index + 1 if follows else start
    return start


def _quote_comes_next(views: list[str], quoted: list[bool], start: int) -> bool:
    for index in range(start, min(start + 4, len(views))):
        if views[index].strip():
            return quoted[index]
    return False


class _Notice:
    """The words of a notice we sent, to recognise its lines however a program broke them anew."""

    def __init__(self, text: str) -> None:
        words = _words(text)
        self._vocabulary = frozenset(words)
        self._shingles = {tuple(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1)}
        self._lines = {tuple(_words(line)) for line in text.split("\n")}
        self._pairs = set(pairwise(words))

    def is_strong(self, words: list[str]) -> bool:
        """All of the line stands in the notice, in this order."""
        return len(words) >= _STRONG_WORDS and all(
            tuple(words[at : at + _SHINGLE]) in self._shingles for at in range(len(words) - _SHINGLE + 1)
        )

    def is_weak(self, words: list[str]) -> bool:
        """A short line or a fragment that stands in the notice, such as a greeting: proves nothing by itself."""
        return tuple(words) in self._lines or (
            len(words) > 1 and all(pair in self._pairs for pair in pairwise(words))
        )

    def share(self, words: list[str]) -> float:
        """Which part of the words are the notice's."""
        return sum(word in self._vocabulary for word in words) / len(words)


def _words(line: str) -> list[str]:
    return _WORD.findall(line.casefold())


def _subtract(views: list[str], quoted: list[bool], cut: int, text: str) -> None:
    """Mark the notice's lines where nothing else marks them, and all after `cut` but answers written into it."""
    notice = _Notice(text)
    words = [_words(view) for view in views]
    strong = [notice.is_strong(line) for line in words]
    _mark_fragments(views, words, quoted, notice)
    for start, end in _runs(words, strong, quoted, notice, cut):
        quoted[start:end] = [True] * (end - start)
    last = max((index for index in range(cut, len(views)) if strong[index]), default=-1)
    first = next((index for index in range(cut, len(views)) if strong[index]), len(views))
    for index in range(cut, len(views)):
        answer = (
            first < index < last
            and not quoted[index]
            and bool(words[index])
            and not strong[index]
            and notice.share(words[index]) < _NOTICE_SHARE
        )
        quoted[index] = not answer


def _runs(
    words: list[list[str]], strong: list[bool], quoted: list[bool], notice: _Notice, stop: int
) -> list[tuple[int, int]]:
    """Return the rows of unmarked lines before `stop` that are the notice's."""
    found: list[tuple[int, int]] = []
    index = 0
    while index < stop:
        if quoted[index] or not strong[index]:
            index += 1
            continue
        start, proofs, longest, end = index, 0, 0, index
        while index < stop and (
            not words[index] or quoted[index] or strong[index] or notice.is_weak(words[index])
        ):
            if strong[index] or quoted[index]:
                proofs += 1
                longest = max(longest, len(words[index]))
            end = index + 1 if words[index] else end
            index += 1
        if proofs > 1 or longest >= _RUN_WORDS:
            found.append((_with_greeting(words, quoted, notice, start), end))
    return found


def _with_greeting(words: list[list[str]], quoted: list[bool], notice: _Notice, start: int) -> int:
    """Return where the paragraph before `start` begins if it is the notice's too, else `start`."""
    index = start
    while index > 0 and not words[index - 1]:
        index -= 1
    paragraph = index
    while index > 0 and words[index - 1] and not quoted[index - 1] and notice.is_weak(words[index - 1]):
        index -= 1
    at_break = index == 0 or not words[index - 1] or quoted[index - 1]
    return index if at_break and index < paragraph else start


def _mark_fragments(views: list[str], words: list[list[str]], quoted: list[bool], notice: _Notice) -> None:
    """Mark what a program left of a quoted line when it broke it without repeating the ">"."""
    for index in range(1, len(views) - 1):
        between = quoted[index - 1] and quoted[index + 1] and not quoted[index] and bool(words[index])
        if between and len(views[index - 1]) >= _LONG_LINE and notice.share(words[index]) == 1:
            quoted[index] = True
