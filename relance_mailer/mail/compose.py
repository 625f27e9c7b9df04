"""Rendered text to the bytes that go out: one message, fixed once and for all.

The bytes are put together by hand rather than by `email.message`: the modern policy takes milliseconds a
message, and two runs must give the same bytes. The result is what RFC 5322, 2045-2047 and 2231 ask: CRLF,
7-bit, lines of at most 998 characters, a text part beside the HTML.

Nothing here marks the message as bulk or automatic (no Precedence, no List-*, no Auto-Submitted): an absence
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
from typing import TYPE_CHECKING

from relance_mailer.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

REFERENCES_LIMIT = 900  #: characters; relays refuse header blocks over 4,096 (FreeScout #5542)
_FOLD_AT = 76  #: characters in a line of a folded header (RFC 2047 section 2)
_WORD_BYTES = 42  #: bytes of UTF-8 in one encoded word: 12 + 56 characters, under RFC 2047's 75

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,600}>")
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
    headers: tuple[tuple[str, str], ...] = ()  #: further header fields, in order


def compose(message: Outgoing) -> bytes:
    """Return the message's bytes, the same for the same input.

    Raises:
        InputError: a field holds a control character, or an address or id that cannot be written; the
            text names the field.
    """
    head = b"".join(_header(name, value) for name, value in _fields(message))
    return head + b"MIME-Version: 1.0\r\n" + _body(message)


def ascii_address(address: str, field: str = "address") -> str:
    """Return a bare address as it stands on the wire, its domain in A-labels (RFC 5890).

    Raises:
        InputError: it is no address that this program can write to.
    """
    refuse_controls(field, address)
    local, at, domain = address.rpartition("@")
    if not at or not _LOCAL_PART.fullmatch(local) or len(local) > 64:
        raise InputError(f"{field}: {address!r} is not an e-mail address that can be written to")
    return f"{local}@{_ascii_domain(domain, field, address)}"


def refuse_controls(field: str, value: str) -> None:
    """Refuse line ends, NUL and the other controls: they would start a header of somebody else's.

    Raises:
        InputError: naming the field.
    """
    if found := _CONTROL.search(value):
        raise InputError(
            f"{field}: a control character (U+{ord(found[0]):04X}) is not allowed in {value[:60]!r}"
        )


def _fields(message: Outgoing) -> Iterable[tuple[str, str]]:
    """Yield the header fields in the order people are used to, each already safe to write."""
    if message.date.tzinfo is None:
        raise InputError("date: an instant without a time zone cannot be written")
    yield "Date", format_datetime(message.date)
    yield "From", _mailbox("from", message.from_name, message.from_address)
    yield "To", _mailbox("to", message.to_name, message.to_address)
    if message.reply_to:
        yield "Reply-To", ascii_address(message.reply_to, "reply_to")
    yield "Subject", _unstructured("Subject", message.subject, "subject")
    if not _is_message_id(message.message_id, "message_id"):
        raise InputError(f"message_id: {message.message_id[:60]!r} is not of the form <…@…>")
    yield "Message-ID", message.message_id
    if message.in_reply_to and _is_message_id(message.in_reply_to, "in_reply_to"):
        yield "In-Reply-To", message.in_reply_to
    if references := _short_references(message.references):
        yield "References", "\r\n ".join(references)
    if message.language:
        yield "Content-Language", _language(message.language)
    yield "X-Auto-Response-Suppress", "DR, RN, NRN"
    for name, value in message.headers:
        yield _further_name(name), _unstructured(name, value, name)


def _header(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode("ascii")


def _mailbox(field: str, name: str, address: str) -> str:
    wire = ascii_address(address, f"{field}_address")
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
    chunks = [b""]
    for character in value:
        encoded = character.encode("utf-8", "replace")
        if len(chunks[-1]) + len(encoded) > _WORD_BYTES:
            chunks.append(b"")
        chunks[-1] += encoded
    return "\r\n ".join(f"=?utf-8?b?{b64encode(chunk).decode('ascii')}?=" for chunk in chunks)


def _ascii_domain(domain: str, field: str, address: str) -> str:
    try:
        wire = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        wire = ""
    if not _DOMAIN.fullmatch(wire) or len(wire) > 253:
        raise InputError(f"{field}: {domain!r} in {address!r} is not a domain name")
    return wire


def _is_message_id(value: str, field: str) -> bool:
    """Say whether an id can be written; ids from foreign mail that cannot are left out, they help nobody."""
    refuse_controls(field, value)
    return _MESSAGE_ID.fullmatch(value) is not None


def _short_references(references: tuple[str, ...]) -> list[str]:
    """Keep the first id (the thread) and as many of the newest as fit."""
    usable = [reference for reference in dict.fromkeys(references) if _is_message_id(reference, "references")]
    if not usable:
        return []
    first, rest = usable[0], usable[1:]
    room = REFERENCES_LIMIT - len(first)
    kept: list[str] = []
    for reference in reversed(rest):
        room -= len(reference) + 1
        if room < 0 and kept:
            break
        kept.append(reference)
    return [first, *reversed(kept)]


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
    """Write the body's headers and the body: text alone, or text and HTML as alternatives."""
    text = _part("plain", message.text)
    if not message.html:
        return text
    boundary = _boundary(message.message_id)
    return b"".join(
        (
            b'Content-Type: multipart/alternative; boundary="%s"\r\n\r\n' % boundary,
            *(b"--%s\r\n%s\r\n" % (boundary, part) for part in (text, _part("html", message.html))),
            b"--%s--\r\n" % boundary,
        )
    )


def _boundary(message_id: str) -> bytes:
    """Return a separator that no quoted-printable line can be: there, "=" never stands before "_"."""
    return b"=_" + hashlib.sha256(message_id.encode()).hexdigest()[:32].encode("ascii")


def _part(subtype: str, text: str) -> bytes:
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    return head.encode("ascii") + _quoted_printable(text)


def _quoted_printable(text: str) -> bytes:
    """Encode by RFC 2045 section 6.7; a line "From …" is masked too, mbox files would alter it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"
    raw = lines.replace("\n", "\r\n").encode("utf-8", "replace")
    encoded = b"\n" + binascii.b2a_qp(raw, istext=True)
    return encoded.replace(b"\nFrom ", b"\n=46rom ")[1:]
