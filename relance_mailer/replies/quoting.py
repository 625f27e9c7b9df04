"""The author's own words, told from what is quoted: first the notice that we know, then the marks of mail programs.

Each line is judged once, by expressions that look at one line or at a few joined ones: the time is linear.
What is cut stays at hand as spans of the whole text, each with its reason, so that a reader can unfold it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

from relance_mailer.replies import known_notice
from relance_mailer.replies.markup import text_of_html
from relance_mailer.replies.model import Message
from relance_mailer.replies.own_parts import Passage, is_salutation, is_sign_off, passages
from relance_mailer.replies.quote_marks import MARK_LENGTH, WROTE, WROTE_WORDS, Part, introduction, is_banner

MAX_LINES = 4_000  #: the rest is judged as one line
MAX_LINE = 10_000  #: characters of a line that the rules look at; all of it is kept
_GLUED_LINE = 120  #: a line from this length may hold the answer and the notice both
_GLUED_WORDS = 14
_LOOK_AHEAD = 6
_ALIEN_SHARE = 0.5  #: lines with ">" that have less of the notice's words may be the author's
_LONG_LINE = 64
_CONTEXT = 300  #: characters of the quoted line that an answer between the lines is shown with

_PREFIXED = re.compile(r"\s{0,3}>")
_PREFIXED_SUBJECT = re.compile(
    r"\s{0,3}[^\W\d_]{1,8}\s?(?:\[\d\])?:"
)  # Re:, Aw:, Tr:, Fwd: … in any language
_QUOTING_HTML = ("<blockquote", "gmail_", "divrplyfwdmsg", "appendonsend", "moz-", "olk_src", "yahoo", "&gt;")
_DEEP = re.compile(r"\s{0,3}>\s{0,2}>")
_POINTED = re.compile(r"\s{0,3}>.{0,200}<\s{0,3}$")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\ufeff\u00ad]")
_BLANKS = re.compile("[\xa0\u2000-\u200a\u202f\u3000\t\r\x0b\x0c]")
_DATED = re.compile(r"\b(?:le|on|am|el|il|op|em)\s[^\n]{0,25}\d", re.IGNORECASE)
_INTRODUCED = frozenset({Part.ATTRIBUTION, Part.HEADERS, Part.FORWARDED})
_QUOTED = frozenset({Part.NOTICE, Part.MARKED, Part.BELOW})
#: What a dunning letter says of itself, for a notice that we do not know.
_OURS = re.compile(
    r"sauf erreur (?:ou omission )?de notre part|salvo error u omisión por nuestra parte|salvo error (?:por|de) nuestra parte"
    r"|salvo errori od? omissioni|salvo erro(?: ou omissão)? da nossa parte|nach unseren unterlagen|according to our records"
    r"|volgens onze (?:gegevens|administratie)|friendly reminder|zahlungserinnerung|recordatorio de pago|sollecito di pagamento"
    r"|betalingsherinnering|aviso de pagamento",
    re.IGNORECASE,
)
#: The same where the author has greeted or signed before it: the other party says such things too.
_LIKE_OURS = re.compile(
    r"(?:reste|demeure)(?:nt)? impayée|ne nous est pas (?:encore )?parvenu|has not (?:yet )?reached us|not (?:yet )?received (?:your )?payment"
    r"|(?:remains?|still|is now) (?:unpaid|outstanding|overdue)|noch keinen zahlungseingang|noch nicht beglichen|pendiente de pago"
    r"|ancora (?:insolut|scadut|non pagat)|nog niet ontvangen|por liquidar",
    re.IGNORECASE,
)
_LETTER_LINES = 12
_LETTER_HEAD = 700
#: How people announce another's answer below; "je transmets à la comptabilité" stands over a quoted notice.
_PASSES_ON = re.compile(
    r"\b(?:réponse|retour|message|mail|courriel) (?:de|du|d['’])[^\n]{1,60}\bci-(?:dessous|après)|\bci-(?:dessous|après)[^\n]{0,20} (?:la |le )?(?:réponse|retour) (?:de|du|d['’])"
    r"|\bvoici (?:la|leur|sa) réponse|\b(?:answer|reply|response) (?:from|of) [^\n]{1,60} below|\bbelow[^\n]{0,30} (?:answer|reply|response) (?:from|of|by)\b"
    r"|\bhere(?:['’]s| is) (?:the|their|his|her|our) [^\n]{0,30}(?:answer|reply|response)|\bfyi\b[^\n]{0,40}\b(?:below|reply|answer)"
    r"|\bantwort (?:von|vom|der|des|unsere[rs])\b|\brespuesta (?:de|del) |\brisposta (?:di|del|dell['’]|della|dal|dall['’]) ?|\bantwoord van\b|\bresposta d[eoa]\b",
    re.IGNORECASE,
)


#: The same in looser words, which count where the mail below is surely not ours.
_POINTS_BELOW = re.compile(
    r"\b(?:ci-(?:dessous|après|joint)|plus bas|suivre|transf[eèé]r|réponse|échange|below|forward|reply|answer|unten|weiterl|weitergel|antwort"
    r"|abajo|a continuación|reenv|respuesta|sotto|seguito|inoltr|risposta|hieronder|onderstaand|doorst|doorgest|antwoord|abaixo|encaminh|resposta)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the whole text by offsets, whole lines; `context` is the quoted line that own words answer."""

    part: Part
    start: int
    end: int
    context: str = ""


@dataclass(frozen=True, slots=True)
class Own:
    """A message's text in two: what its author wrote (greeting and signature included), and the quotation.

    Attributes:
        text: the author's words, without the quotation.
        quoted: all the rest.
        spans: the whole text in its parts, in order: own stretches as BODY, cut ones by their reason.
    """

    text: str
    quoted: str
    spans: tuple[Span, ...] = ()

    @property
    def passages(self) -> tuple[Passage, ...]:
        """Greeting, body, signature and disclaimer, as offsets into `text`."""
        return passages(self.text)

    @property
    def cut(self) -> tuple[Span, ...]:
        """What was cut, each stretch with its reason."""
        return tuple(span for span in self.spans if span.part is not Part.BODY)

    @property
    def body(self) -> str:
        """The author's words without greeting, signature, disclaimer and what the program signs."""
        return "\n".join(self.text[one.start : one.end] for one in self.passages if one.part is Part.BODY)


def own_text(message_text: str, notice: str | None) -> Own:
    """Split a message's text; `notice` is the text that it answers, None if not known.

    What the author passes on of others (a colleague's answer under a forward mark) is part of what it says. Own lines between quoted ones (answers written into the quotation) belong to the author.
    """
    known = known_notice.Notice(notice) if notice else None
    bounds = list(_lines(message_text, known))
    views = [_view(message_text[start : min(end, start + MAX_LINE)]) for start, end in bounds]
    cut: list[Part | None] = [Part.MARKED if _PREFIXED.match(view) else None for view in views]
    below = _mark_introductions(views, cut)
    if known is None:
        below = min(below, _second_letter(views, cut))
    cut[below:] = [Part.BELOW if kind is None else kind for kind in cut[below:]]
    _spare_own_marks(views, cut, known)
    if known is not None:
        known_notice.subtract(views, cut, below, known)
    _mark_broken_lines(views, cut)
    _mark_forwarded(views, cut, known)
    _mark_banners(views, cut)
    lines = [message_text[start:end] for start, end in bounds]
    own = [kind is None or kind is Part.FORWARDED for kind in cut]
    quoted = [not one for one in own]
    return Own(_joined(lines, own), _joined(lines, quoted), tuple(_spans(bounds, views, cut)))


def own_words(message: Message, notice: str | None, own: Own | None = None) -> Own:
    """The same for a message: its HTML is asked where its plain text marks no quotation at all.

    Some programs write the plain text without any mark beside HTML that has all of them. `own` is what `own_text` said of
    the plain text, where that is known already.
    """
    own = own or own_text(message.text, notice)
    if not may_quote(message) or any(
        span.part in _INTRODUCED or span.part is Part.MARKED for span in own.cut
    ):
        return own
    shown = own_text(text_of_html(message.html), notice)
    words = known_notice.words_of(shown.text)
    same = bool(words) and set(words) <= set(known_notice.words_of(own.text))
    return shown if shown.cut and same else own


def may_quote(message: Message) -> bool:
    """Tell whether its HTML can hold a quotation: it answers something or passes it on, or has the mark for one."""
    if not message.html:
        return False
    if message.in_reply_to or message.references or _PREFIXED_SUBJECT.match(message.subject):
        return True
    html = message.html.lower()
    return any(mark in html for mark in _QUOTING_HTML)


def _view(line: str) -> str:
    """What the rules read of a line: special blanks are blanks, and UTF-8 taken for cp1252 is set right."""
    if line.isascii() and "\t" not in line:
        return line
    if "Ã" in line or "â€" in line:
        with suppress(UnicodeError):
            line = line.encode("cp1252").decode("utf-8")
    return _BLANKS.sub(" ", _INVISIBLE.sub("", line))


def _joined(lines: list[str], wanted: list[bool]) -> str:
    kept = "\n".join(line.rstrip() for line, is_wanted in zip(lines, wanted, strict=True) if is_wanted)
    return re.sub(r"\n{4,}", "\n\n\n", kept).strip()


# --- lines ---------------------------------------------------------------------------------------------------------


def _lines(text: str, known: known_notice.Notice | None) -> Iterator[tuple[int, int]]:
    """Yield the lines as offsets; one that holds an answer and a quotation both comes as two or three."""
    at = 0
    lower = text.lower()
    glued = known is not None or any(word in lower for word in WROTE_WORDS)
    for line in text.split("\n", MAX_LINES):
        end = at + len(line)
        if not glued:
            yield at, end
            at = end + 1
            continue
        cuts = [at, *sorted({at + one for one in _glued(line[:MAX_LINE], known)}), end]
        yield from ((one, other) for one, other in pairwise(cuts) if other > one or at == end)
        at = end + 1


def _glued(line: str, known: known_notice.Notice | None) -> Iterator[int]:
    """Yield where a line is to be parted."""
    if len(line) >= _GLUED_LINE and known is not None and not _PREFIXED.match(line):
        yield from known_notice.seams(line, known, _GLUED_WORDS)
    wrote = WROTE.search(line[:MAX_LINE])
    if wrote is None:
        return
    colon = line.find(":", wrote.end(), wrote.end() + 3)
    if colon >= 0 and line[colon + 1 :].strip(" >*_\xa0") and "@" in line[:colon]:
        window = max(0, wrote.start() - MARK_LENGTH // 2)
        dated = next(_DATED.finditer(line, window, wrote.start()), None)
        if dated:
            yield from (one for one in (dated.start(), colon + 1) if 0 < one < len(line))


# --- rules ---------------------------------------------------------------------------------------------------------


def _mark_introductions(views: list[str], cut: list[Part | None]) -> int:
    """Mark what introduces a quotation; return the line from which all is quoted (their number if none)."""
    for index, view in enumerate(views):
        if cut[index] is not None or not view.strip():
            continue
        end, kind = introduction(views, cut, index)
        if end == index:
            continue
        cut[index:end] = [kind] * (end - index)
        if not _marks_follow(views, cut, end):
            return end
    return len(views)


def _marks_follow(views: list[str], cut: list[Part | None], start: int) -> bool:
    """Tell whether ">" lines follow soon: then these say what is quoted, line by line."""
    seen = 0
    for index in range(start, min(start + 4 * _LOOK_AHEAD, len(views))):
        if cut[index] is not None:
            return True
        seen += bool(views[index].strip())
        if seen >= _LOOK_AHEAD:
            break
    return False


def _spare_own_marks(views: list[str], cut: list[Part | None], known: known_notice.Notice | None) -> None:
    """Free lines with ">" that the author wrote: a list under "our position:", or pointed out ">>> like this <<<"."""
    index, own_before = 0, ""
    while index < len(views):
        if cut[index] in _INTRODUCED:
            return
        if cut[index] is not Part.MARKED:
            own_before = views[index].strip() or own_before
            index += 1
            continue
        start = index
        while index < len(views) and cut[index] is Part.MARKED:
            index += 1
        block = views[start:index]
        words = [word for view in block for word in known_notice.words_of(view)]
        alien = known is None or not words or known.share(words) < _ALIEN_SHARE
        listed = own_before.endswith(":") and alien and not any(_DEEP.match(view) for view in block)
        if own_before and (listed or all(_POINTED.match(view) for view in block)):
            cut[start:index] = [None] * (index - start)


def _mark_broken_lines(views: list[str], cut: list[Part | None]) -> None:
    """Mark what a server left of a long ">" line that it broke without repeating the mark."""
    for index in range(1, len(views)):
        before = views[index - 1].rstrip()
        if (
            cut[index] is None
            and cut[index - 1] is Part.MARKED
            and len(before) >= _LONG_LINE
            and before[-1] not in ".!?:;>"
            and views[index][:1].islower()
            and any(kind is Part.MARKED for kind in cut[index + 1 : index + 4])
        ):
            cut[index] = Part.MARKED


def _second_letter(views: list[str], cut: list[Part | None]) -> int:
    """Return where a letter of ours begins under the answer without any mark; the number of lines if none does."""
    written = closed = False
    if not any(is_salutation(view) for before, view in pairwise(views) if not before.strip()):
        return len(views)
    for index, view in enumerate(views):
        if cut[index] is not None or not view.strip():
            continue
        opens = index == 0 or not views[index - 1].strip()
        if opens and written and is_salutation(view):
            head = "\n".join(views[index : index + _LETTER_LINES])[:_LETTER_HEAD]
            if _OURS.search(head) or (closed and _LIKE_OURS.search(head)):
                return index
        closed = closed or is_sign_off(view) or (not written and is_salutation(view))
        written = True
    return len(views)


def _mark_forwarded(views: list[str], cut: list[Part | None], known: known_notice.Notice | None) -> None:
    """Tell what the author passes on: others' words, announced or under a forward mark, that are not our notice."""
    start = next((index for index, kind in enumerate(cut) if kind in _INTRODUCED), len(cut))
    cover = [view for view, kind in zip(views[:start], cut, strict=False) if kind is None and view.strip()]
    if start < len(cut) and cover:
        marked = cut[start] is Part.FORWARDED
        announced = cut[start] is Part.HEADERS and _is_announced(cover, views[start:], known)
        end = _section_end(views, cut, start)
        followed = end < len(cut) and cut[end] is Part.NOTICE
        if (marked or announced) and not followed and not _is_ours(views[start:end], known):
            cut[start:end] = [Part.FORWARDED] * (end - start)
            start = end
    cut[start:] = [Part.HEADERS if kind is Part.FORWARDED else kind for kind in cut[start:]]


def _is_announced(cover: list[str], block: list[str], known: known_notice.Notice | None) -> bool:
    said = _head(cover[-_LETTER_LINES:])
    if known is None:
        return bool(_PASSES_ON.search(said))
    sender = next(
        (words for view in block[:_LOOK_AHEAD] if len(words := known_notice.words_of(view)) > 1), []
    )
    return bool(_POINTS_BELOW.search(said)) and not known.has_pair(sender[1:])


def _head(views: list[str]) -> str:
    return "\n".join(views)[:_LETTER_HEAD]


def _section_end(views: list[str], cut: list[Part | None], start: int) -> int:
    """Return where the mail ends that is introduced at `start`."""
    unmarked: list[Part | None] = [None] * len(cut)
    index = introduction(views, unmarked, start)[0]
    while (
        index < len(cut)
        and cut[index] not in _INTRODUCED | {Part.NOTICE}
        and introduction(views, unmarked, index)[0] == index
    ):
        index += 1
    return index


def _is_ours(section: list[str], known: known_notice.Notice | None) -> bool:
    """Tell whether a quoted mail is our notice, or empty."""
    if known is None:
        said = _head([view for view in section if view.strip()])
        return bool(_OURS.search(said) or _LIKE_OURS.search(said))
    return any(known.is_strong(known_notice.words_of(view)) for view in section)


def _mark_banners(views: list[str], cut: list[Part | None]) -> None:
    """Mark what gateways wrote at the top of the message or under a quotation's head."""
    at_top = True
    for index, view in enumerate(views):
        if cut[index] is None and view.strip():
            if at_top and is_banner(view):
                cut[index] = Part.BANNER
            at_top = cut[index] is Part.BANNER
        elif cut[index] is not None:
            at_top = True


# --- spans ---------------------------------------------------------------------------------------------------------


def _spans(bounds: list[tuple[int, int]], views: list[str], cut: list[Part | None]) -> Iterator[Span]:
    """Yield the whole text in stretches of one kind; blank lines go with the stretch before them."""
    context, index = "", 0
    while index < len(cut):
        start = index
        while index < len(cut) and (cut[index] is cut[start] or not views[index].strip()):
            index += 1
        kind = cut[start]
        if any(view.strip() for view in views[start:index]):
            answered = context if kind is None else ""
            yield Span(kind or Part.BODY, bounds[start][0], bounds[index - 1][1], answered)
        if kind in _QUOTED:
            said = (view.strip(" >") for view in reversed(views[start:index]))
            context = next((view for view in said if view), "")[:_CONTEXT]
