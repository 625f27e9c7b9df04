"""A walk through a message's parts: the author's text, attachments, and what a delivery report carries.

The walk never enters an embedded message for the author's words (RFC 3462: the third part of a report is the original).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from relance_mailer.replies.charset import decode, header_text
from relance_mailer.replies.markup import text_of_html
from relance_mailer.replies.model import Attachment, DeliveryStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import Message as Part

MAX_TEXT = 200_000  #: characters of the author's text, and as many of an embedded one
MAX_ATTACHMENTS = 200
MAX_STATUSES = 100
MAX_REPORT = 100_000  #: characters of a delivery-status part
_MAX_NAME = 255
_BYTES_PER_CHARACTER = 5  # UTF-8 has four at most

_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_MESSAGE_TYPES = frozenset({"message/rfc822", "message/global", "message/news"})
_HEADER_TYPES = frozenset({"text/rfc822-headers", "message/global-headers", "message/rfc822-headers"})
#: What the report says of the original as a whole, kept among the embedded headers.
_ENVELOPE_FIELDS = frozenset({"original-envelope-id", "x-original-message-id"})

_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60})[ \t]{0,5}:(.*)", re.DOTALL)
_FOLDED = re.compile(r"\n[ \t]+")
_FLOW_QUOTE = re.compile(r">*")

_GUARDED = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError, IndexError)


@dataclass(slots=True)
class Gathered:
    """What the walk found."""

    text: str = ""
    html: str = ""
    statuses: tuple[DeliveryStatus, ...] = ()
    embedded_headers: tuple[tuple[str, str], ...] = ()
    embedded_text: str = ""
    attachments: tuple[Attachment, ...] = ()
    defects: list[str] = field(default_factory=list)


def gather(root: Part, parse: Callable[[bytes], Part]) -> Gathered:
    """Walk the parts of `root`; `parse` reads an embedded message that came encoded."""
    found = Gathered()
    pieces = _words(root, found, parse)
    found.text = "\n".join(piece.strip("\n") for piece in pieces)[:MAX_TEXT]
    return found


def _words(part: Part, found: Gathered, parse: Callable[[bytes], Part]) -> list[str]:
    """Return the author's words in a part, in order; note everything else in `found`."""
    kind = kind_of(part)
    try:
        if kind in _STATUS_TYPES:
            _note_report(part, found)
        elif kind in _MESSAGE_TYPES:
            _note_embedded(part, found, parse)
        elif kind in _HEADER_TYPES:
            _keep_embedded(found, _fields(_report_text(part)), "")
        elif part.is_multipart():
            return _words_of_children(part, kind, found, parse)
        elif _is_text(part, kind):
            return _words_of_leaf(part, kind, found)
        else:
            _note_attachment(part, kind, found)
    except _GUARDED as error:
        found.defects.append(f"part {kind}: {type(error).__name__}")
    return []


def _words_of_children(part: Part, kind: str, found: Gathered, parse: Callable[[bytes], Part]) -> list[str]:
    children = [child for child in part.get_payload() if not isinstance(child, str)]
    if kind != "multipart/alternative":
        return [piece for child in children for piece in _words(child, found, parse)]
    # The same words in several forms: the first form with words in it, plain text before others.
    forms = [(kind_of(child) != "text/plain", _words(child, found, parse)) for child in children]
    ordered = sorted(forms, key=lambda form: form[0])
    return next((words for _, words in ordered if any(piece.strip() for piece in words)), [])


def _words_of_leaf(part: Part, kind: str, found: Gathered) -> list[str]:
    text = body(part)
    if kind == "text/html":
        found.html = found.html or text
        return [text_of_html(text)]
    if parameter(part, "format").lower() == "flowed":
        text = unflow(text, delete_space=parameter(part, "delsp").lower() == "yes")
    return [text]


def kind_of(part: Part) -> str:
    """Return a part's content type in lower case."""
    try:
        return part.get_content_type().lower()
    except _GUARDED:
        return "application/octet-stream"


def parameter(part: Part, name: str) -> str:
    """Return a parameter of Content-Type, RFC 2231 or not, "" if absent or unreadable."""
    try:
        value = part.get_param(name, "")
    except _GUARDED:
        return ""
    return header_text(value if isinstance(value, str) else str(value[-1]))


def _is_text(part: Part, kind: str) -> bool:
    """Tell whether a leaf holds words of the author, not a file."""
    if kind not in {"text/plain", "text/html"}:
        return False
    return part.get_content_disposition() != "attachment" and not part.get_filename()


def body(part: Part) -> str:
    """Return a text part decoded, cut to the cap, its lines ended by a line feed."""
    # Without `decode` the library decodes by any codec that the message names, quadratic ones among them.
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    if len(data) > MAX_TEXT * _BYTES_PER_CHARACTER:  # not in the middle of a letter
        cut = data[: MAX_TEXT * _BYTES_PER_CHARACTER]
        data = cut.rpartition(b"\n")[0] or cut
    text = decode(data, parameter(part, "charset"))
    limit = MAX_TEXT if kind_of(part) != "text/html" else MAX_TEXT * 5
    return text[:limit].replace("\r\n", "\n").replace("\r", "\n")


def unflow(text: str, *, delete_space: bool = False) -> str:
    """Join the soft line breaks of format=flowed (RFC 3676), only between lines quoted equally deep."""
    lines: list[str] = []
    depth_before, flowing = -1, False
    for raw in text.split("\n"):
        marks = _FLOW_QUOTE.match(raw)
        depth = marks.end() if marks else 0
        content = raw[depth:].removeprefix(" ")  # space-stuffing
        if flowing and depth == depth_before and content != "-- ":
            lines[-1] += content
        else:
            lines.append((">" * depth + " " if depth else "") + content)
        flowing = content.endswith(" ") and content != "-- "
        depth_before = depth
        if flowing and delete_space:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


def _note_attachment(part: Part, kind: str, found: Gathered) -> None:
    if len(found.attachments) >= MAX_ATTACHMENTS:
        return
    try:
        name = part.get_filename() or ""
    except _GUARDED:
        name = ""
    try:
        data = part.get_payload(decode=True)
    except _GUARDED:
        data = b""
    size = len(data) if isinstance(data, bytes) else 0
    plain = header_text(str(name)).replace("\\", "/").rpartition("/")[2][:_MAX_NAME]
    found.attachments += (Attachment(plain, kind, size),)


def _note_embedded(part: Part, found: Gathered, parse: Callable[[bytes], Part]) -> None:
    """Keep headers and text of a message inside this one, and list it as an attachment."""
    inner = _inner(part, parse)
    if inner is None:
        return
    # Ids are looked for in its text; its own attachments, reports and embedded messages are no matter here.
    words = "" if _has_original(found) else gather(inner, parse).text
    _keep_embedded(
        found,
        [(header_text(name).lower(), header_text(str(value))) for name, value in inner.raw_items()],
        words,
    )
    if len(found.attachments) < MAX_ATTACHMENTS:
        found.attachments += (Attachment("message.eml", kind_of(part), 0),)


def _inner(part: Part, parse: Callable[[bytes], Part]) -> Part | None:
    children: list[Part] = part.get_payload() if part.is_multipart() else []  # type: ignore[assignment]
    if not children:
        return None
    first = children[0]
    encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
    if encoding not in {"base64", "quoted-printable"} or first.keys():
        return first
    # Forbidden by RFC 2046 (5.2.1), and common all the same: the embedded message is itself encoded.
    first["content-transfer-encoding"] = encoding
    data = first.get_payload(decode=True)
    return parse(data) if isinstance(data, bytes) else None


def _keep_embedded(found: Gathered, headers: list[tuple[str, str]], text: str) -> None:
    """Keep the first embedded message; what the report itself says of it comes along."""
    if not _has_original(found):
        found.embedded_headers += tuple(headers)
        found.embedded_text = text


def _has_original(found: Gathered) -> bool:
    return any(name not in _ENVELOPE_FIELDS for name, _ in found.embedded_headers)


def _note_report(part: Part, found: Gathered) -> None:
    for block in _blocks(_report_text(part)):
        fields = dict(reversed(block))
        if "final-recipient" in fields or "original-recipient" in fields or "action" in fields:
            if len(found.statuses) < MAX_STATUSES:
                found.statuses += (_status(fields),)
        else:
            kept = tuple((name, value) for name, value in block if name in _ENVELOPE_FIELDS)
            found.embedded_headers = (*kept, *found.embedded_headers)


def _status(fields: dict[str, str]) -> DeliveryStatus:
    recipient = fields.get("final-recipient") or fields.get("original-recipient", "")
    return DeliveryStatus(
        recipient=recipient.rpartition(";")[2].strip(" <>").lower(),
        action=fields.get("action", "").split("(")[0].strip().lower(),
        status=fields.get("status", "").split("(")[0].strip(),
        diagnostic=fields.get("diagnostic-code", ""),
    )


def _report_text(part: Part) -> str:
    """Return a report part as text, whether the parser split it into blocks, left it whole, or it came encoded."""
    if not part.is_multipart():
        return body(part)[:MAX_REPORT]
    text = "\n".join(_source(child) for child in part.get_payload() if not isinstance(child, str))
    encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
    if encoding in {"base64", "quoted-printable"}:
        part.set_payload(text)
        return body(part)[:MAX_REPORT]
    return text[:MAX_REPORT]


def _source(block: Part) -> str:
    """Return a block's lines again: its headers, a blank line, and what the parser took for a body."""
    headers = "".join(f"{name}: {value}\n" for name, value in block.raw_items())
    return f"{headers}\n{body(block)}\n"


def _blocks(text: str) -> Iterator[list[tuple[str, str]]]:
    for block in re.split(r"\n[ \t\r]*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        if fields := _fields(block):
            yield fields


def _fields(text: str) -> list[tuple[str, str]]:
    """Return (lower-case name, decoded value) of header-like lines."""
    lines = _FOLDED.sub(" ", text.replace("\r\n", "\n")).split("\n")
    matches = (_FIELD.match(line) for line in lines[:500])
    return [(match[1].lower(), header_text(match[2][:4000])) for match in matches if match]
