"""A walk through a message's parts: the author's text, attachments, and what a delivery report carries.

The walk never enters an embedded message for the author's words (RFC 3462: the third part of a report is the original),
and decodes nothing but texts, each up to its cap: of a file it notes name, type and size.
"""

from __future__ import annotations

import binascii
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from relance_mailer.replies import envelopes
from relance_mailer.replies.charset import decode, header_text
from relance_mailer.replies.markup import text_of_html
from relance_mailer.replies.mime import EMBEDDED_TYPES, MAX_PARTS, Part, split
from relance_mailer.replies.model import Attachment, DeliveryStatus, Invitation, Unread

MAX_TEXT = 200_000  #: characters of the author's text, and as many of an embedded one
MAX_HTML = 400_000  #: characters of an HTML part: an answer stands at its top
MAX_WORDS = 600_000  #: characters of all text parts together
MAX_ATTACHMENTS = 200
MAX_STATUSES = 100
MAX_REPORT = 100_000  #: characters of a delivery-status part
MAX_ENVELOPE = 20_000_000  #: bytes of a signed or winmail.dat part that is opened
_MAX_NAME = 255
_MAX_OPENED = 5  #: envelopes opened in one message
_BYTES_PER_CHARACTER = 4
_BASE64_PER_BYTE = 1.5  # four for three, and line breaks

_STATUS_TYPES = frozenset(
    {"message/delivery-status", "message/global-delivery-status", "message/xdelivery-status"}
)
#: Read receipts and complaints (RFC 8098, RFC 6533, RFC 5965).
_REPORT_TYPES = frozenset(
    {"message/disposition-notification", "message/global-disposition-notification", "message/feedback-report"}
)
_HEADER_TYPES = frozenset({"text/rfc822-headers", "message/global-headers", "message/rfc822-headers"})
_CALENDAR_TYPES = frozenset({"text/calendar", "application/ics"})
_SMIME_TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_WINMAIL_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
#: Parts that nobody without the key, or the sender's server, can read.
_SEALED = {
    "application/pgp-encrypted": Unread.PGP,
    "application/x-microsoft-rpmsg-message": Unread.RIGHTS,
}
#: What the report says of the original as a whole, kept among the embedded headers.
_ENVELOPE_FIELDS = frozenset({"original-envelope-id", "x-original-message-id"})

_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60})[ \t]{0,5}:(.*)", re.DOTALL)
_FOLDED = re.compile(r"\n[ \t]+")
_UNICODE = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_FLOW_QUOTE = re.compile(r">*")
_NOT_BASE64 = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
)

#: A piece of the author's words as found: (text, whether it is HTML), turned into plain text only if it is used.
_Piece = tuple[str, bool]


@dataclass(slots=True)
class Gathered:
    """What the walk found."""

    text: str = ""
    html: str = ""
    statuses: list[DeliveryStatus] = field(default_factory=list)
    report_fields: tuple[tuple[str, str], ...] = ()
    embedded_headers: tuple[tuple[str, str], ...] = ()
    embedded_text: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    invitation: Invitation | None = None
    opened: int = 0
    room: int = MAX_WORDS
    winmail: list[_Piece] | None = None  # words in a winmail.dat: mostly those of another part once more

    def cut(self, what: str) -> None:
        """Note that something is longer than what is read of it."""
        self.defects.append(f"{what}: the rest was not read")
        self.unread.append(Unread.CUT)

    def text_of(self, part: Part) -> str:
        """Return a part's text, as long as there is room for what all parts say together."""
        if self.room <= 0:
            self.cut(f"more than {MAX_WORDS} characters of text and HTML")
            return ""
        text = body(part)
        self.room -= len(text) + 1_000  # many small parts cost too
        return text


def gather(root: Part) -> Gathered:
    """Walk the parts of `root`."""
    found = Gathered()
    pieces = [_plain(piece) for piece in _words(root, found)]
    if found.winmail is not None and not any(piece.strip() for piece in pieces):
        pieces = [_plain(piece) for piece in found.winmail]
        if not any(piece.strip() for piece in pieces):
            found.unread.append(Unread.WINMAIL)  # rich text only
    text = "\n".join(piece.strip("\n") for piece in pieces)
    if len(text) > MAX_TEXT:
        text = text[:MAX_TEXT]
        found.cut(f"more than {MAX_TEXT} characters of text")
    if envelopes.pgp_encrypted(text):
        found.unread.append(Unread.PGP)
    found.text = envelopes.without_signature(text)
    return found


def _plain(piece: _Piece) -> str:
    text, is_html = piece
    return text_of_html(text) if is_html else text


def _words(part: Part, found: Gathered) -> list[_Piece]:
    """Return the author's words in a part, in order; note everything else in `found`."""
    kind = part.kind
    if kind in _STATUS_TYPES:
        _note_report(part, found)
    elif kind in _REPORT_TYPES:
        found.report_fields = (
            found.report_fields or tuple(_fields(found.text_of(part)[:MAX_REPORT]))[:MAX_STATUSES]
        )
    elif kind in EMBEDDED_TYPES:
        _note_embedded(part, found)
    elif kind in _HEADER_TYPES:
        _keep_embedded(found, _fields(found.text_of(part)[:MAX_REPORT]), "")
    elif part.children:
        return _words_of_children(part, found)
    elif kind in {"text/plain", "text/html"} and not _is_file(part):
        return _words_of_leaf(part, found)
    else:
        return _words_of_file(part, found)
    return []


def _words_of_children(part: Part, found: Gathered) -> list[_Piece]:
    if part.kind != "multipart/alternative":
        return [piece for child in part.children for piece in _words(child, found)]
    # The same words in several forms: the first form with words in it, plain text before others.
    forms = [(child.kind != "text/plain", _words(child, found)) for child in part.children]
    for _, pieces in sorted(forms, key=lambda form: form[0]):
        texts = [_plain(piece) for piece in pieces]
        if any(text.strip() for text in texts):
            return [(text, False) for text in texts]
    return []


def _words_of_leaf(part: Part, found: Gathered) -> list[_Piece]:
    text = found.text_of(part)
    if part.kind == "text/html":
        if len(text) > MAX_HTML:
            found.cut(f"more than {MAX_HTML} characters of HTML")
        found.html = found.html or text
        return [(text, True)]
    if part.parameter("format").lower() == "flowed":
        text = unflow(text, delete_space=part.parameter("delsp").lower() == "yes")
    return [(text, False)]


def _is_file(part: Part) -> bool:
    disposition = part.header("content-disposition")[:100].partition(";")[0].strip().lower()
    return disposition == "attachment" or bool(_filename(part))


def _filename(part: Part) -> str:
    name = part.parameter("filename", "content-disposition") or part.parameter("name")
    return header_text(name).replace("\\", "/").rpartition("/")[2][:_MAX_NAME] if name else ""


# ── bytes of a part ──────────────────────────────────────────────────────────────────────────────────────────────


def content(part: Part, most: int) -> bytes:
    """Return a part's bytes, decoded, up to about `most` of them; what is no valid encoding is read as far as it is."""
    encoding = part.encoding
    if encoding == "base64":
        return _from_base64(part.raw[part.start : min(part.end, part.start + int(most * _BASE64_PER_BYTE))])
    if encoding == "quoted-printable":
        return binascii.a2b_qp(part.raw[part.start : min(part.end, part.start + most * 3)])[:most]
    return part.raw[part.start : min(part.end, part.start + most)]


def _from_base64(data: bytes) -> bytes:
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        letters = data.translate(None, _NOT_BASE64)
        return binascii.a2b_base64(letters[: len(letters) // 4 * 4] + _padded(letters))


def _padded(letters: bytes) -> bytes:
    rest = letters[len(letters) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


def size(part: Part) -> int:
    """Return how many bytes a part has, base64 counted without decoding it; other encodings as they stand."""
    raw, start, end = part.raw, part.start, part.end
    if part.encoding != "base64":
        return end - start
    letters = end - start - raw.count(b"\n", start, end) - raw.count(b"\r", start, end)
    padding = raw.count(b"=", max(start, end - 8), end)
    return max(0, letters * 3 // 4 - padding)


def body(part: Part) -> str:
    """Return a text part decoded, cut to the cap, its lines ended by a line feed."""
    limit = MAX_HTML if part.kind == "text/html" else MAX_TEXT
    data = content(part, limit * _BYTES_PER_CHARACTER)
    if len(data) >= limit * _BYTES_PER_CHARACTER:  # not in the middle of a letter
        data = data.rpartition(b"\n")[0] or data
    text = decode(data, part.parameter("charset")).replace("\r\n", "\n").replace("\r", "\n")
    return text[: limit + 1]  # one more than kept, so that a cut shows


def unflow(text: str, *, delete_space: bool = False) -> str:
    """Join the soft line breaks of format=flowed (RFC 3676), only between lines quoted equally deep."""
    lines: list[list[str]] = []
    depth_before, flowing = -1, False
    for raw in text.split("\n"):
        marks = _FLOW_QUOTE.match(raw)
        depth = marks.end() if marks else 0
        content_ = raw[depth:].removeprefix(" ")  # space-stuffing
        if flowing and depth == depth_before and content_ != "-- ":
            lines[-1].append(content_)
        else:
            lines.append([">" * depth + " " if depth else "", content_])
        flowing = content_.endswith(" ") and content_ != "-- "
        depth_before = depth
        if flowing and delete_space:
            lines[-1][-1] = lines[-1][-1][:-1]
    return "\n".join("".join(pieces) for pieces in lines)


# ── files, and envelopes around words ────────────────────────────────────────────────────────────────────────────


def _words_of_file(part: Part, found: Gathered) -> list[_Piece]:
    """Note a file; return the author's words where it is an envelope around them."""
    name, kind = _filename(part), part.kind
    if kind in _CALENDAR_TYPES or name.lower().endswith(".ics"):
        found.invitation = found.invitation or envelopes.invitation_in(found.text_of(part))
    elif kind in _SMIME_TYPES or name.lower().endswith(".p7m"):
        return _words_of_smime(part, found)
    elif kind in _WINMAIL_TYPES or name.lower() == "winmail.dat":
        _open_winmail(part, found)
        return []
    elif kind in _SEALED:
        found.unread.append(_SEALED[kind])
    _note_file(found, Attachment(name, kind, size(part)))
    return []


def _note_file(found: Gathered, attachment: Attachment) -> None:
    if len(found.attachments) < MAX_ATTACHMENTS:
        found.attachments.append(attachment)


def _may_open(part: Part, found: Gathered) -> bool:
    found.opened += 1
    return found.opened <= _MAX_OPENED and part.end - part.start <= MAX_ENVELOPE * _BASE64_PER_BYTE


def _words_of_smime(part: Part, found: Gathered) -> list[_Piece]:
    """Return the words in an opaque signature; what is encrypted is noted as unread (RFC 8551)."""
    may = _may_open(part, found)
    inner = envelopes.signed_content(content(part, MAX_ENVELOPE)) if may else None
    if inner is None:
        found.unread.append(Unread.SMIME)
        _note_file(found, Attachment(_filename(part) or "smime.p7m", part.kind, size(part)))
        return []
    root, defects = split(inner, depth=1, room=MAX_PARTS // 2)
    found.defects += defects
    return _words(root, found)


def _open_winmail(part: Part, found: Gathered) -> None:
    """Keep the words in a winmail.dat, and note its files."""
    opened = envelopes.winmail(content(part, MAX_ENVELOPE)) if _may_open(part, found) else None
    if opened is None:
        found.unread.append(Unread.WINMAIL)
        _note_file(found, Attachment(_filename(part) or "winmail.dat", part.kind, size(part)))
        return
    for attachment in opened.files:
        _note_file(found, attachment)
    found.winmail = [(opened.text, False)] if opened.text.strip() else [(opened.html[:MAX_HTML], True)]


# ── messages and reports inside ──────────────────────────────────────────────────────────────────────────────────


def _note_embedded(part: Part, found: Gathered) -> None:
    """Keep headers and text of a message inside this one, and list it as an attachment."""
    inner = _inner(part)
    if inner is None:
        return
    if not _has_original(found):
        headers = [(name, header_text(value)) for name, value in inner.headers]
        # Ids are looked for in its text; its own attachments, reports and embedded messages are no matter here.
        own = Gathered(embedded_headers=(("", ""),))
        _keep_embedded(found, headers, "\n".join(map(_plain, _words(inner, own)))[:MAX_TEXT])
    _note_file(found, Attachment("message.eml", part.kind, part.end - part.start))


def _inner(part: Part) -> Part | None:
    if part.children:
        return part.children[0]
    # Forbidden by RFC 2046 (5.2.1), and common all the same: the embedded message is itself encoded.
    data = content(part, MAX_ENVELOPE) if part.encoding in {"base64", "quoted-printable"} else b""
    return split(data, depth=1, room=MAX_PARTS // 2)[0] if data else None


def _keep_embedded(found: Gathered, headers: list[tuple[str, str]], text: str) -> None:
    """Keep the first embedded message; what the report itself says of it comes along."""
    if not _has_original(found):
        found.embedded_headers += tuple(headers)
        found.embedded_text = text


def _has_original(found: Gathered) -> bool:
    return any(name not in _ENVELOPE_FIELDS for name, _ in found.embedded_headers)


def _note_report(part: Part, found: Gathered) -> None:
    for block in _blocks(found.text_of(part)[:MAX_REPORT]):
        fields = dict(reversed(block))
        if "final-recipient" in fields or "original-recipient" in fields or "action" in fields:
            if len(found.statuses) < MAX_STATUSES:
                found.statuses.append(_status(fields))
        else:
            kept = tuple((name, value) for name, value in block if name in _ENVELOPE_FIELDS)
            found.embedded_headers = (*kept, *found.embedded_headers)


def _status(fields: dict[str, str]) -> DeliveryStatus:
    original = _recipient(fields.get("original-recipient", ""))
    return DeliveryStatus(
        recipient=_recipient(fields.get("final-recipient", "")) or original,
        action=fields.get("action", "").split("(")[0].strip().lower(),
        status=fields.get("status", "").split("(")[0].strip(),
        diagnostic=fields.get("diagnostic-code", ""),
        original_recipient=original,
    )


def _recipient(value: str) -> str:
    r"""Return `utf-8; j\x{E9}r@x` as `jér@x` (RFC 6533, 3), in lower case."""
    return _UNICODE.sub(_character, value.rpartition(";")[2].strip(" <>")).lower()


def _character(hexed: re.Match[str]) -> str:
    number = int(hexed[1], 16)
    character = chr(number) if number <= sys.maxunicode else ""
    return character if character.isprintable() else ""


def _blocks(text: str) -> Iterator[list[tuple[str, str]]]:
    for block in re.split(r"\n[ \t]*\n", text):
        if fields := _fields(block):
            yield fields


def _fields(text: str) -> list[tuple[str, str]]:
    """Return (lower-case name, decoded value) of header-like lines."""
    lines = _FOLDED.sub(" ", text).split("\n")
    matches = (_FIELD.match(line) for line in lines[:500])
    return [(match[1].lower(), header_text(match[2][:4000])) for match in matches if match]
