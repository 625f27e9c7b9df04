"""Rendered text to the bytes that go out: one message, fixed once and for all.

The bytes are put together by hand rather than by `email.message`: the modern policy takes milliseconds a
message, and two runs must give the same bytes. The result is what RFC 5322, 2045-2047 and 2231 ask: CRLF,
lines of at most 998 characters, a text part beside the HTML, files after both.

The body stays in seven bits, texts in quoted-printable and files in base64, also where the server offers 8BITMIME:
no relay on the way need convert it (a conversion breaks DKIM signatures), its lines stay short whatever the texts
are, and the bytes, fixed before anybody knows the server, suit all of them; French text grows by some 5 % only.
Headers are ASCII too, unless an address has a local part beyond it (RFC 6532): such a message needs SMTPUTF8.

Nothing here marks the message as bulk (no Precedence, no List-*), nor, unless asked, as automatic: an absence
notice with its date of return is worth having. `X-Auto-Response-Suppress: DR, RN, NRN` asks Exchange for
neither delivery nor read receipts.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from base64 import b64encode
from dataclasses import dataclass
from email.utils import format_datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from relance_mailer.errors import InputError
from relance_mailer.mail import attachment
from relance_mailer.mail.address import refuse_controls, wire_address
from relance_mailer.mail.conversation import short_references

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from relance_mailer.mail.attachment import Attachment

_FOLD_AT = 76  #: characters in a line of a folded header (RFC 2047 section 2)
_WORD_BYTES = 42  #: bytes of UTF-8 in one encoded word: 12 + 56 characters, under RFC 2047's 75

_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,600}>")
_THREAD_INDEX = re.compile(r"(?:[A-Za-z0-9+/]{4}){7,220}(?:[A-Za-z0-9+/]{2}(?:==|[A-Za-z0-9+/]=))?")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")
_HEADER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_OWN_HEADERS = frozenset(
    [
        "from",
        "to",
        "cc",
        "bcc",
        "sender",
        "reply-to",
        "subject",
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "content-language",
        "x-auto-response-suppress",
        "auto-submitted",
        "thread-index",
        "thread-topic",
        "content-disposition",
    ]
)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message before it becomes bytes; addresses are bare, names as people write them."""

    message_id: str  #: with its angle brackets
    date: datetime  #: aware
    from_name: str
    from_address: str
    to_name: str
    to_address: str
    reply_to: str  #: an address, empty for none
    subject: str
    text: str
    html: str  #: empty for a message of text alone
    in_reply_to: str = ""  #: a message id, empty for none
    references: tuple[str, ...] = ()  #: oldest first
    language: str = ""  #: "fr", "en", …; empty for none
    topic: str = ""  #: the conversation's, for Outlook: its first subject
    thread_index: str = ""  #: its place there (`conversation.thread_index`), empty for none
    automatic: bool = False  #: say that a machine wrote it (RFC 3834)
    headers: tuple[tuple[str, str], ...] = ()  #: further header fields, in order
    attachments: tuple[Attachment, ...] = ()


def compose(message: Outgoing) -> bytes:
    """Return the message's bytes, the same for the same input.

    Raises:
        InputError: a field holds a control character, or an address or id that cannot be written; the
            text names the field.
    """
    head = b"".join(_header(name, value) for name, value in _fields(message))
    return head + b"MIME-Version: 1.0\r\n" + _body(message)


def _fields(message: Outgoing) -> Iterable[tuple[str, str]]:
    """Yield the header fields in the order people are used to, each already safe to write."""
    if message.date.tzinfo is None:
        raise InputError("date: an instant without a time zone cannot be written")
    yield "Date", format_datetime(message.date)
    yield "From", _mailbox("from", message.from_name, message.from_address)
    yield "To", _mailbox("to", message.to_name, message.to_address)
    if message.reply_to:
        yield "Reply-To", wire_address(message.reply_to, "reply_to")
    yield "Subject", _unstructured("Subject", message.subject, "subject")
    if not _is_message_id(message.message_id, "message_id"):
        raise InputError(f"message_id: {message.message_id[:60]!r} is not of the form <…@…>")
    yield "Message-ID", message.message_id
    if message.in_reply_to and _is_message_id(message.in_reply_to, "in_reply_to"):
        yield "In-Reply-To", message.in_reply_to
    usable = [one for one in message.references if _is_message_id(one, "references")]
    if references := short_references(usable):
        yield "References", "\r\n ".join(references)
    if message.thread_index:
        yield "Thread-Topic", _unstructured("Thread-Topic", message.topic, "topic")
        yield "Thread-Index", _index(message.thread_index)
    if message.language:
        yield "Content-Language", _language(message.language)
    yield "X-Auto-Response-Suppress", "DR, RN, NRN"
    if message.automatic:
        yield "Auto-Submitted", "auto-generated"
    for name, value in message.headers:
        yield _further_name(name), _unstructured(name, value, name)


def _header(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode()


def _mailbox(field: str, name: str, address: str) -> str:
    wire = wire_address(address, f"{field}_address")
    refuse_controls(f"{field}_name", name)
    name = name.strip()
    return f"{_phrase(name)} <{wire}>" if name else wire


def _phrase(name: str) -> str:
    """Write a display name: as it is, quoted, or in encoded words (RFC 2047 section 5 (3))."""
    if not name.isascii() or "=?" in name or len(name) > _FOLD_AT:
        return _encoded_words(name)
    if _PLAIN_NAME.fullmatch(name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unstructured(name: str, value: str, field: str) -> str:
    """Write free text: as it is where it is short ASCII, folded at spaces, else in encoded words."""
    refuse_controls(field, value)
    if not value.isascii() or "=?" in value:
        return _encoded_words(value)
    if len(name) + len(value) + 2 <= _FOLD_AT:
        return value
    if "  " in value or any(len(word) > _FOLD_AT for word in value.split(" ")):
        return _encoded_words(value)
    return _folded(value.split(" "), len(name) + 2)


def _folded(words: list[str], used: int) -> str:
    lines = [words[0]]
    for word in words[1:]:
        if used + len(lines[-1]) + 1 + len(word) > _FOLD_AT:
            lines.append(word)
            used = 1
        else:
            lines[-1] += f" {word}"
    return "\r\n ".join(lines)


def _encoded_words(value: str) -> str:
    """Cut a text into base64 words of whole characters (RFC 2047 sections 2 and 5)."""
    encoded = value.encode("utf-8", "replace")
    words: list[str] = []
    start = 0
    while start < len(encoded) or not words:
        end = start + _WORD_BYTES
        while end < len(encoded) and encoded[end] & 0xC0 == 0x80:  # inside a character
            end -= 1
        words.append(f"=?utf-8?b?{b64encode(encoded[start:end]).decode('ascii')}?=")
        start = end
    return "\r\n ".join(words)


def _is_message_id(value: str, field: str) -> bool:
    """Say whether an id can be written; ids from foreign mail that cannot are left out, they help nobody."""
    refuse_controls(field, value)
    return _MESSAGE_ID.fullmatch(value) is not None


def _index(value: str) -> str:
    if not _THREAD_INDEX.fullmatch(value):
        raise InputError(f"thread_index: {value[:60]!r} is not base64 of a conversation index")
    return value


def _language(language: str) -> str:
    if not _LANGUAGE.fullmatch(language):
        raise InputError(f"language: {language[:30]!r} is not a language tag such as fr or en-GB")
    return language


def _further_name(name: str) -> str:
    if not _HEADER_NAME.fullmatch(name) or len(name) > 60:
        raise InputError(f"headers: {name[:60]!r} is not the name of a header field")
    if name.lower() in _OWN_HEADERS:
        raise InputError(f"headers: {name} is written by the program itself")
    return name


def _body(message: Outgoing) -> bytes:
    """Write the body's headers and the body: the words, and around them the files, if there are any."""
    if not message.attachments:
        return _words(message)
    files = (attachment.part(one) for one in message.attachments)
    return _multipart("mixed", message.message_id, (_words(message), *files))


def _words(message: Outgoing) -> bytes:
    """Write text alone, or text and HTML as alternatives."""
    text = _part("plain", message.text)
    if not message.html:
        return text
    return _multipart("alternative", message.message_id, (text, _part("html", message.html)))


def _multipart(subtype: str, message_id: str, parts: Iterable[bytes]) -> bytes:
    """Put parts together; no line of quoted-printable or base64 can be their separator: in both no "_" follows "="."""
    boundary = b"=_" + hashlib.sha256(f"{subtype} {message_id}".encode()).hexdigest()[:32].encode("ascii")
    return b"".join(
        (
            b'Content-Type: multipart/%s;\r\n boundary="%s"\r\n\r\n' % (subtype.encode("ascii"), boundary),
            *(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts),
            b"--%s--\r\n" % boundary,
        )
    )


def _part(subtype: str, text: str) -> bytes:
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    return head.encode("ascii") + _quoted_printable(text)


def _quoted_printable(text: str) -> bytes:
    """Encode by RFC 2045 section 6.7."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    return b"".join(map(_quoted_line, lines))


@lru_cache(maxsize=1_024)
def _quoted_line(line: str) -> bytes:
    """Encode one line, which messages from one template mostly share; "From …" is masked too, mbox files would alter it."""
    encoded = binascii.b2a_qp(line.encode("utf-8", "replace") + b"\r\n", istext=True)
    return (b"=46" + encoded[1:] if encoded.startswith(b"From ") else encoded).replace(
        b"\nFrom ", b"\n=46rom "
    )
