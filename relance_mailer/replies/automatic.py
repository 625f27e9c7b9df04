"""Whether a machine answered: by its headers, its subject, or where neither tells, by what it says, weighed.

`Precedence`, `List-*` and `X-Auto-Response-Suppress` alone decide nothing: accounts departments write through groups
that set them. Sources: RFC 3834; RFC 5321, 4.5.5 for the empty envelope sender.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relance_mailer.replies import machinewords as words
from relance_mailer.replies.bounces.signs import empty_sender, is_daemon
from relance_mailer.replies.dates import return_date
from relance_mailer.replies.words import fold

if TYPE_CHECKING:
    from relance_mailer.replies.model import Message

MAX_LOOKED_AT = 10_000  #: characters of the text
_MAX_LINE = 400
_FIRST = 150  #: characters within which an absence notice says that its author is away
_HEAD = 80  #: characters with which an automatic answer says that it is one
_OPENING = 200  #: characters within which an answer in a thread must say that a machine wrote it
_ENOUGH = 4  #: weight from which words alone tell a machine
_NEARLY, _SHORT = 3, 120  #: … or so few, in so short a text, beside two headers that are not enough
_LONG = 3_000  #: characters of own words from which words alone tell no machine

#: Headers whose mere presence means an automatic answer.
_PRESENT = (
    "x-autoreply", "x-autorespond", "x-autoresponder", "x-autoreply-from", "x-mail-autoreply", "x-auto-reply-from",
)  # fmt: skip
#: Headers whose value does.
_VALUES = (
    ("x-ms-exchange-generated-message-source", re.compile(r"mailbox rules agent", re.IGNORECASE)),
    ("x-apple-action", re.compile(r"vacation", re.IGNORECASE)),
    ("x-post-messageclass", re.compile(r"9\s?; ?autoresponder", re.IGNORECASE)),
    ("x-fc-machinegenerated", re.compile(r"true", re.IGNORECASE)),
    ("delivered-to", re.compile(r"autoresponder$", re.IGNORECASE)),
    ("content-identifier", re.compile(r"auto-replied", re.IGNORECASE)),
    ("precedence", re.compile(r"auto[_-]?reply", re.IGNORECASE)),
    ("x-precedence", re.compile(r"auto[_-]?reply", re.IGNORECASE)),
)
#: Not automatic answers: people's mail, passed on by a rule of theirs (RFC 3834 leaves room for other values).
_NOT_ANSWERS = frozenset({"", "no", "auto-forwarded"})
_SUPPRESSED = re.compile(r"\ball\b|\boof\b|\bautoreply\b", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]{0,500}\)")
_YOURS = re.compile(
    r"\b(?:votre|vos|your|ihr\w*|sus?|vuestr\w+|vostr\w+|uw|seus?|suas?|j'ai|recu|received|got|erhalten|recibido|ricevuto)\b"
)


@dataclass(frozen=True, slots=True)
class Said:
    """What rules look at: folded, the author's own words without the quotation.

    Attributes:
        own: the author's words as written; `flat` folded in one line, `lines` folded one by one.
        answered: the subject has the prefix of an answer; `passed_on` of a forwarded mail.
    """

    own: str
    flat: str
    lines: tuple[str, ...]
    subject: str
    answered: bool
    passed_on: bool


def said(message: Message, own: str) -> Said:
    """Prepare a message and its author's own words for the rules of this module."""
    own = own[:MAX_LOOKED_AT]
    folded = fold(own)
    subject = fold(message.subject[:300])
    return Said(
        own=own,
        flat=" ".join(folded.split()),
        lines=tuple(line.strip()[:_MAX_LINE] for line in folded.split("\n") if line.strip()),
        subject=subject,
        answered=bool(words.ANSWERED.match(subject)),
        passed_on=bool(words.PASSED_ON.match(subject)),
    )


def is_automatic(message: Message, it: Said) -> bool:
    """Tell whether a header, the subject or at last the words say that no person wrote this."""
    if says_automatic(message) or _is_rule_of_exchange(message, it) or _looks_like_a_notice(message):
        return not _is_passed_on_by_desk(message, it)
    return not it.passed_on and (_subject_says_so(message, it) or weight(message, it) >= _ENOUGH)


def says_automatic(message: Message) -> bool:
    """Tell whether a header of its own says that a program answered (the table of signs)."""
    submitted = _COMMENT.sub("", message.header("auto-submitted")).partition(";")[0].strip().lower()
    return (
        submitted not in _NOT_ANSWERS
        or any(message.header(name) for name in _PRESENT)
        or any(pattern.search(value[:500]) for name, pattern in _VALUES for value in message.all(name))
    )


def _is_rule_of_exchange(message: Message, it: Said) -> bool:
    """Tell Exchange's absence notice without Auto-Submitted from people's mail that a rule or a group passed on.

    Both bear these two headers; the notice answers nothing by its headers and speaks of an absence.
    """
    marked = message.all("x-ms-exchange-inbox-rules-loop") and _SUPPRESSED.search(
        message.header("x-auto-response-suppress")[:200]
    )
    if not marked or message.in_reply_to or it.passed_on:
        return False
    if not (words.ABSENT.search(it.flat) or words.ABSENCE_SUBJECT.match(it.subject)):
        return False
    return weight(message, it) >= (_NEARLY if len(it.flat) < _SHORT else _ENOUGH)


def _looks_like_a_notice(message: Message) -> bool:
    """Tell an empty envelope sender that is no bounce: only machines have it (RFC 3834, 3.3)."""
    if not empty_sender(message) or message.content_type == "multipart/report":
        return False
    return not is_daemon(message) and "daemon" not in message.subject.lower()


def _is_passed_on_by_desk(message: Message, it: Said) -> bool:
    """Tell what an agent wrote to a ticket: its program sends it as `auto-generated`, and a person is behind it."""
    submitted = message.header("auto-submitted").strip().lower()
    if not submitted.startswith("auto-generated") or empty_sender(message):
        return False
    return bool(words.PASSED_ON_BY_DESK.search(it.flat)) and not declares_itself(it)


def _subject_says_so(message: Message, it: Said) -> bool:
    if it.answered:
        return False
    if words.AUTOMATIC_SUBJECT.match(it.subject):
        return True
    # People write "Absence du bureau" too, mostly in their answers to one.
    away = words.ABSENCE_SUBJECT.match(it.subject) and words.ABSENT.search(it.flat)
    return bool(away) and not message.in_reply_to and not words.PERSONAL.search(it.flat)


def declares_itself(it: Said, within: int = MAX_LOOKED_AT) -> bool:
    """Tell whether it says of itself, in the first `within` characters, that a machine wrote it."""
    if not any(word in it.flat for word in words.DECLARING):
        return False
    for found in words.DECLARED.finditer(it.flat[:within]):
        start = max(it.flat.rfind(mark, 0, found.start()) for mark in (". ", "! ", "? ", ": ")) + 1
        if not _YOURS.search(it.flat[start : found.start()]):
            return True
    short = 0
    for line in it.lines:
        if words.DECLARED_LINE.match(line):
            return True
        short += len(line)
        if short > within:
            break
    return False


def weight(message: Message, it: Said) -> int:
    """Weigh what a message without a telling header says: signs of a machine less signs of a person.

    Of an answer only the opening speaks for a machine: below it the notice may stand unmarked, in our own words.
    """
    if len(it.flat) > _LONG:
        return 0
    flat = it.flat[:_OPENING] if it.answered else it.flat
    own_subject = words.ABSENCE_SUBJECT.match(it.subject) or words.DECLARED_LINE.match(it.subject)
    total = _declared(it, _OPENING if it.answered else MAX_LOOKED_AT) + (2 if own_subject else 0)
    total += sum(points for pattern, points in TELLING if pattern.search(flat))
    if words.RECEIVED.search(flat):
        total += 2 if words.TICKET.search(flat) else 1
    if not total:  # most mail is people's, and says nothing of the kind
        return 0
    total += sum(points for pattern, points in SIGNS if pattern.search(flat)) + _gives_a_day(message, it)
    total += 1 if words.RECEIPT_SUBJECT.search(it.subject) else 0
    if words.ROBOT.search(message.from_address.partition("@")[0]):
        total += 1 if words.NO_ANSWER.search(flat) or words.SENDS_ONLY.search(flat) else 0
    return total + _place(message, it) + sum(points for pattern, points in PEOPLES if pattern.search(it.flat))


def _place(message: Message, it: Said) -> int:
    """Weigh whether it stands in a thread, as people's answers do."""
    if it.answered:
        return -1
    return 0 if message.in_reply_to or message.references else 1


def _gives_a_day(message: Message, it: Said) -> int:
    """Weigh an absence notice's form: away, first of all; until when; and what to do meanwhile."""
    sent_on = message.sent_at.date() if message.sent_at else None
    if not words.ABSENT.search(it.flat[:_FIRST]) or not return_date(it.own, sent_on):
        return 0
    return 2 if any(rule.search(it.flat) for rule in (words.FATE, words.INSTEAD, words.THANKS)) else 1


def _declared(it: Said, within: int) -> int:
    """Weigh what it says of itself: at its head that decides; further down, people's answers may still have our notice."""
    if declares_itself(it, _HEAD):
        return 6
    return 3 if declares_itself(it, within) else 0


#: What only machines are about; then what they also say; then what only people do, and it weighs more. Each counts once.
TELLING = (
    (words.ABSENT, 2),
    (words.UNREAD, 2),
    (words.UNWATCHED, 2),
    (words.NO_ANSWER, 2),
    (words.DESK_LINE, 2),
)
SIGNS = ((words.FATE, 2), (words.INSTEAD, 1), (words.THANKS, 1), (words.SENDS_ONLY, 1), (words.SLA, 1))
PEOPLES = ((words.PERSONAL, -4), (words.OTHERS_AWAY, -4), (words.QUESTION, -2), (words.MONEY, -2))


def is_challenge(message: Message, it: Said) -> bool:
    """Tell a filter that holds the message until its sender proves to be a person: it was not delivered."""
    sure = says_automatic(message) or empty_sender(message)
    if it.passed_on or (not sure and (it.answered or len(it.flat) > _LONG)) or not words.ACT.search(it.flat):
        return False
    held, prove, human = (pattern.search(it.flat) for pattern in (words.HELD, words.PROVE, words.HUMAN))
    named = fold(f"{message.from_name[:200]} {message.from_address} {message.subject[:300]}")
    # Gateways sign people's mail, too: "scanned by …, click here to report it".
    if words.CHALLENGER.search(f"{named} {it.flat[:2_000]}") or words.CHALLENGING.search(named):
        return bool(prove or held)
    return bool((held and prove) or human) and (sure or not words.PERSONAL.search(it.flat))
