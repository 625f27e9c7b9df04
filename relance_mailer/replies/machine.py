"""Whether a machine wrote a message, and what it says: bounce, then receipt or report, then automatic answer.

The order matters: half of all bounces also carry the header of an automatic answer. `Precedence`, `List-*` and
`X-Auto-Response-Suppress` alone decide nothing: accounts departments write through groups that set them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from relance_mailer.replies.absence import (
    AUTOMATIC_SUBJECT,
    absence_stated,
    absence_subject,
    absence_words,
    return_date,
    substitute,
)
from relance_mailer.replies.bounce import bounce_of, empty_sender, is_daemon, original_id
from relance_mailer.replies.model import Machine, MachineKind

if TYPE_CHECKING:
    from relance_mailer.replies.model import Message

_LOOKED_AT = 10_000  #: characters of the text

_REPORTS = {
    "disposition-notification": MachineKind.READ_RECEIPT,  # RFC 8098
    "feedback-report": MachineKind.FEEDBACK,  # RFC 5965
}

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
_NAMES_ANOTHER = frozenset({MachineKind.ABSENCE, MachineKind.UNREAD_MAILBOX})
_COMMENT = re.compile(r"\([^()]{0,500}\)")
_ANSWERED = re.compile(r"\s{0,3}(?:re|aw|rv|r[ée]f|antw|sv)\s?:", re.IGNORECASE)

_CHALLENGER = re.compile(
    r"mailinblack|boxbe|bluebottle|spamarrest|sendio|challenge-response|qboxmail|e-?mail verification required",
    re.IGNORECASE,
)
_CHALLENGE = re.compile(
    r"(?:click|cliqu|suivre ce lien|follow (?:this|the) link).{0,200}(?:deliver|remis|d[ée]livr|distribu|transmis|authenti|verif|v[ée]rif|human|humain)"
    r"|(?:authenti\w{0,10}|v[ée]rifi\w{0,6}|prove|prouve\w{0,3}|confirm\w{0,5}).{0,120}(?:human|humain|robot|real person|personne r[ée]elle)"
    r"|(?:held|en attente|retenu|bloqu[ée]).{0,160}(?:click|cliqu|captcha)|captcha",
    re.IGNORECASE | re.DOTALL,
)
_UNREAD = re.compile(
    r"n['’]est plus (?:lue?|relev[ée]e?|consult[ée]e?|utilis[ée]e?|active?|en service|surveill[ée]e?|valide)"
    r"|n['’]est pas (?:lue?|relev[ée]e?|consult[ée]e?|surveill[ée]e?)|ne (?:sera|seront) (?:pas|plus) (?:lus?|trait[ée]s?)"
    r"|(?:no longer|not|isn['’]t|un)\s?(?:being )?(?:monitored|read|attended|in use|checked|active)\b|unmonitored|unattended"
    r"|ne fait plus partie|n['’]est plus (?:employ[ée]e?|salari[ée]e?)|a quitt[ée] (?:la|notre|l['’])|(?:has left|no longer (?:works|employed|with))"
    r"|adresse (?:e-?mail )?a chang[ée]|e-?mail address has changed",
    re.IGNORECASE,
)


def machine_of(message: Message, *, own_addresses: frozenset[str] = frozenset()) -> Machine | None:
    """Return what kind of machine wrote a message and what it tells; None if a person did.

    Args:
        message: as read; our own mail is told apart before, by its signed header.
        own_addresses: the creditor's, in lower case: never a failed recipient or a substitute.
    """
    return bounce_of(message, own_addresses) or _report_of(message) or _automatic(message, own_addresses)


def _report_of(message: Message) -> Machine | None:
    kinds = {message.report_type, *(part.content_type.partition("/")[2] for part in message.attachments)}
    if message.content_type != "multipart/report" and message.report_type == "":
        return None
    for name, kind in _REPORTS.items():
        if name in kinds:
            return Machine(kind, original_message_id=original_id(message))
    return None


def _automatic(message: Message, own_addresses: frozenset[str]) -> Machine | None:
    challenged = _is_challenge(message)
    if not (challenged or is_automatic(message)):
        return None
    text = message.text[:_LOOKED_AT]
    kind = MachineKind.CHALLENGE if challenged else _kind(message.subject, text)
    not_these = frozenset({*own_addresses, *message.to, message.from_address})
    sent = message.sent_at.date() if message.sent_at else None
    return Machine(
        kind=kind,
        original_message_id=original_id(message),
        return_date=return_date(text, sent) if kind is MachineKind.ABSENCE else None,
        new_contact=substitute(text, not_these) if kind in _NAMES_ANOTHER else "",
    )


def is_automatic(message: Message) -> bool:
    """Tell whether a header, or at last the subject, says that no person wrote this."""
    return _says_automatic(message) or _looks_like_a_notice(message) or _subject_says_so(message)


def _says_automatic(message: Message) -> bool:
    submitted = _COMMENT.sub("", message.header("auto-submitted")).partition(";")[0].strip().lower()
    return (
        submitted not in _NOT_ANSWERS
        or any(message.header(name) for name in _PRESENT)
        or any(pattern.search(value[:500]) for name, pattern in _VALUES for value in message.all(name))
        or _is_rule_of_exchange(message)
    )


def _is_rule_of_exchange(message: Message) -> bool:
    """Tell Exchange's absence notice without Auto-Submitted from people's mail that a rule or a group passed on.

    Both bear these two headers; the notice answers nothing by its headers and speaks of an absence.
    """
    marked = message.all("x-ms-exchange-inbox-rules-loop") and _SUPPRESSED.search(
        message.header("x-auto-response-suppress")[:200]
    )
    return bool(marked) and not message.in_reply_to and absence_words(message.subject, message.text)


def _looks_like_a_notice(message: Message) -> bool:
    """Tell an empty envelope sender that is no bounce: only machines have it (RFC 3834, 3.3)."""
    if not empty_sender(message) or message.content_type == "multipart/report":
        return False
    return not is_daemon(message) and "daemon" not in message.subject.lower()


def _subject_says_so(message: Message) -> bool:
    subject = message.subject[:300]
    if _ANSWERED.match(subject):
        return False
    if AUTOMATIC_SUBJECT.match(subject):
        return True
    # People write "Absence du bureau" too, mostly in their answers to one.
    return absence_subject(subject) and absence_stated(message.text) and not message.in_reply_to


def _is_challenge(message: Message) -> bool:
    if not _CHALLENGE.search(message.text[:_LOOKED_AT]) or _ANSWERED.match(message.subject):
        return False
    named = f"{message.from_name[:200]} {message.from_address} {message.subject[:300]} {message.text[:2_000]}"
    return bool(_CHALLENGER.search(named)) or _says_automatic(message) or empty_sender(message)


def _kind(subject: str, text: str) -> MachineKind:
    if absence_stated(text):
        return MachineKind.ABSENCE
    if _UNREAD.search(text):
        return MachineKind.UNREAD_MAILBOX
    return MachineKind.ABSENCE if absence_words(subject, text) else MachineKind.RECEIPT
