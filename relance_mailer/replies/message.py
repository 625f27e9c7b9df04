"""Raw bytes to a Message: headers, the author's text, what a report carries. Hostile input costs little.

The MIME tree is the standard library's (compat32), because mail-parser mixes the embedded original into the text of
a bounce and never shows its delivery-status part. Addresses are mail-parser's: the standard library takes the display
name of `a@bank.example <b@thief.example>` for the sender. Every header and part is capped before anything reads it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import policy
from email.feedparser import BytesFeedParser
from email.message import Message as Part
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from relance_mailer.errors import UnreadableError
from relance_mailer.replies.charset import clean_text, header_text
from relance_mailer.replies.model import Message
from relance_mailer.replies.parts import Gathered, gather, kind_of, parameter

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_TOTAL = 60_000_000  #: bytes read of a message; servers refuse larger ones
MAX_HEADERS = 500  #: headers kept of a message or part
MAX_HEADER = 16_000  #: characters of a header's value
MAX_PARAMETERS = 2_000  #: characters of a Content-* header: parsing its parameters takes quadratic time
MAX_PARTS = 500  #: parts of a message, embedded ones included
MAX_DEPTH = 30  #: parts in parts
MAX_IDS = 100  #: message ids kept of References
MAX_ADDRESSES = 200  #: addresses kept of To and of Cc
MAX_ADDRESS_HEADER = 8_000  #: characters of an address header that are read

_LIMIT_DEFECT = "too many parts, or too deep: the rest was not read"
_ID = re.compile(r"<([^<>]{1,900})>")
_ID_LINE = re.compile(
    r"^[> \t]{0,8}(?:x-original-)?message-id\s{0,3}:\s{0,5}(<[^<>\s]{3,500}>)", re.IGNORECASE | re.MULTILINE
)
_BARE_ID = re.compile(r"[^\s<>\"@]{1,400}@[^\s<>\"@]{1,400}")
_BLANKS = re.compile(r"\s+")
_ADDRESS = re.compile(r"[^\s@<>\"(),;:]{1,128}@[^\s@<>\"(),;:]{1,253}")


class _LimitError(Exception):
    """A cap on parts was reached while parsing; what was parsed until then is kept."""


class _CappedPart(Part):
    """A part that refuses depth, number and length before the parser spends time on them."""

    depth = 0

    def set_raw(self, name: str, value: str) -> None:
        """Keep a header as parsed, cut to its cap; further ones are dropped."""
        if len(self) < MAX_HEADERS:
            cap = MAX_PARAMETERS if name[:8].lower() == "content-" else MAX_HEADER
            super().set_raw(name[:200], value[:cap])

    def attach(self, payload: Part) -> None:  # type: ignore[override]
        """Take a subpart, unless it lies too deep."""
        if isinstance(payload, _CappedPart):
            payload.depth = self.depth + 1
            if payload.depth > MAX_DEPTH:
                raise _LimitError
        super().attach(payload)


def read(raw: bytes) -> Message:
    """Read a message, whatever its state; what was wrong stands in its `defects`.

    Raises:
        UnreadableError: there is not one header in it; the caller keeps the bytes.
    """
    root, defects = parse(raw)
    headers = tuple(_headers(root))
    if not headers:
        raise UnreadableError(
            f"message of {len(raw)} bytes: no header found; it is kept, look at it yourself"
        )
    gathered = gather(root, lambda data: parse(data)[0])
    return _message(root, headers, gathered, (*defects, *gathered.defects))


def parse(raw: bytes) -> tuple[Part, tuple[str, ...]]:
    """Return the tree of parts, as far as the caps allow, and what was wrong."""
    made: list[_CappedPart] = []

    def new_part(**options: object) -> _CappedPart:
        if len(made) >= MAX_PARTS:
            raise _LimitError
        made.append(_CappedPart(**options))  # type: ignore[arg-type]
        return made[-1]

    parser = BytesFeedParser(new_part, policy=policy.compat32)
    made.clear()  # the parser tries its factory once
    defects = [] if len(raw) <= MAX_TOTAL else [f"longer than {MAX_TOTAL} bytes: the rest was not read"]
    try:
        parser.feed(raw[:MAX_TOTAL].lstrip(b"\r\n"))
        parser.close()
    except _LimitError:
        defects.append(_LIMIT_DEFECT)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        defects.append(f"parser: {type(error).__name__}")
    defects += [type(defect).__name__ for defect in (made[0].defects if made else ())]
    return (made[0] if made else _CappedPart()), tuple(defects)


def _headers(part: Part) -> Iterator[tuple[str, str]]:
    for name, value in part.raw_items():
        key = header_text(str(name)).lower()
        if key:
            yield key, header_text(str(value))


def _message(
    root: Part, headers: tuple[tuple[str, str], ...], gathered: Gathered, defects: tuple[str, ...]
) -> Message:
    raw = _raw_values(root)
    first = dict(reversed(headers))
    from_name, from_address = _first_address(raw.get("from", ()))
    return Message(
        message_id=next(iter(ids_in(first.get("message-id", ""))), ""),
        in_reply_to=ids_in(" ".join(value for name, value in headers if name == "in-reply-to")),
        references=ids_in(" ".join(value for name, value in headers if name == "references")),
        from_name=from_name,
        from_address=from_address,
        reply_to=_first_address(raw.get("reply-to", ()))[1],
        to=_addresses(raw.get("to", ())),
        cc=_addresses(raw.get("cc", ())),
        subject=first.get("subject", ""),
        sent_at=_instant(first.get("date", "")),
        text=clean_text(gathered.text),
        html=clean_text(gathered.html),
        headers=headers,
        content_type=kind_of(root),
        report_type=parameter(root, "report-type").lower(),
        statuses=gathered.statuses,
        embedded_headers=gathered.embedded_headers,
        embedded_text=clean_text(gathered.embedded_text),
        attachments=gathered.attachments,
        defects=tuple(dict.fromkeys(defects)),
    )


def ids_in(value: str) -> tuple[str, ...]:
    """Return the message ids in a header's value, each as `<id>`, in order, without repetition.

    Blanks inside an id come from folding and are dropped; an id without brackets is accepted where no other stands.
    """
    found = [f"<{_BLANKS.sub('', inner)}>" for inner in _ID.findall(value[: MAX_HEADER * 4])]
    if not found:
        found = [f"<{bare}>" for bare in _BARE_ID.findall(value[:MAX_HEADER])]
    # The newest stand last in References.
    return tuple(dict.fromkeys(found))[-MAX_IDS:]


def ids_stated(text: str) -> tuple[str, ...]:
    """Return the ids in lines "Message-ID: <…>" of a text: servers return the original's header so."""
    return tuple(dict.fromkeys(_ID_LINE.findall(text)))[:MAX_IDS]


def _raw_values(part: Part) -> dict[str, list[str]]:
    """Return the undecoded address headers: decoding first could make an address of a display name."""
    values: dict[str, list[str]] = {}
    for name, value in part.raw_items():
        values.setdefault(str(name).lower(), []).append(str(value))
    return values


def _parsed(raw: str) -> list[tuple[str, str]]:
    """Return (decoded name, lower-case address) for each mailbox in a raw address header."""
    from mailparser.utils import get_addresses

    value = raw[:MAX_ADDRESS_HEADER].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        pairs = get_addresses(" ".join(value.split()))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError):
        pairs = []
    clean = [(header_text(name), header_text(address).lower()) for name, address in pairs]
    return [(name, address) for name, address in clean if _ADDRESS.fullmatch(address)]


def _first_address(raws: list[str] | tuple[()]) -> tuple[str, str]:
    """Return the first mailbox; without one, what stands there as a name ("MAILER-DAEMON")."""
    for raw in raws:
        if pairs := _parsed(raw):
            return pairs[0]
    return (header_text(raws[0])[:200] if raws else "", "")


def _addresses(raws: list[str] | tuple[()]) -> tuple[str, ...]:
    found = (address for raw in raws for _, address in _parsed(raw))
    return tuple(dict.fromkeys(found))[:MAX_ADDRESSES]


def _instant(value: str) -> datetime | None:
    """Return the Date header as an aware instant in its own offset; "-0000" counts as UTC (RFC 5322, 3.3)."""
    try:
        instant = parsedate_to_datetime(value[:200])
        aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        aware.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None
    return aware
