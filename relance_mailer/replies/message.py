"""Raw bytes to a Message: headers, the author's text, what a report carries. Hostile input costs little.

The MIME tree is our own (replies.mime), because mail-parser mixes the embedded original into the text of a bounce and
never shows its delivery-status part, and the standard library's parser takes six times as long. Odd addresses are mail-parser's: the standard library takes the display
name of `a@bank.example <b@thief.example>` for the sender. Every header and part is capped before anything reads it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from relance_mailer.errors import UnreadableError
from relance_mailer.replies.charset import clean_text, header_text
from relance_mailer.replies.mime import MAX_HEADER, Part, split
from relance_mailer.replies.model import Message
from relance_mailer.replies.parts import Gathered, gather

MAX_TOTAL = 60_000_000  #: bytes read of a message; servers refuse larger ones
MAX_IDS = 100  #: message ids kept of References
MAX_ADDRESSES = 200  #: addresses kept of To and of Cc
MAX_ADDRESS_HEADER = 8_000  #: characters of an address header that are read

_ID = re.compile(r"<([^<>]{1,900})>")
_ID_LINE = re.compile(
    r"^[> \t]{0,8}(?:x-original-)?message-id\s{0,3}:\s{0,5}(<[^<>\s]{3,500}>)", re.IGNORECASE | re.MULTILINE
)
_BARE_ID = re.compile(r"[^\s<>\"@]{1,400}@[^\s<>\"@]{1,400}")
_BLANKS = re.compile(r"\s+")
#: One mailbox as nearly all headers have it; whatever else stands there is mail-parser's.
_PLAIN_MAILBOX = re.compile(
    r'(?:(?:"([^"\\]*+)"|([^"<>@,;:()\\\[\]]*+)) ?<)?([A-Za-z0-9._%+/=-]{1,64}@[A-Za-z0-9.-]{1,253})(?(1)>|(?(2)>|))'
)
_ADDRESS_HEADERS = frozenset({"from", "reply-to", "to", "cc"})
_MAX_ADDRESS_HEADERS = 5  #: how many of one name are read; there should be one
_ADDRESS = re.compile(r"[^\s@<>\"(),;:]{1,128}@[^\s@<>\"(),;:]{1,253}")


def read(raw: bytes) -> Message:
    """Read a message, whatever its state; what was wrong stands in its `defects`, what is closed to us in `unread`.

    Raises:
        UnreadableError: there is not one header in it; the caller keeps the bytes.
    """
    defects = [] if len(raw) <= MAX_TOTAL else [f"longer than {MAX_TOTAL} bytes: the rest was not read"]
    root, wrong = split(raw[:MAX_TOTAL])
    if not root.headers:
        raise UnreadableError(
            f"message of {len(raw)} bytes: no header found; it is kept, look at it yourself", why="headless"
        )
    gathered = gather(root)
    return _message(root, gathered, [*defects, *wrong, *gathered.defects])


def _message(root: Part, gathered: Gathered, defects: list[str]) -> Message:
    headers = tuple((name, header_text(value)) for name, value in root.headers)
    first = dict(reversed(headers))
    raw: dict[str, list[str]] = {}  # undecoded: decoding first could make an address of a display name
    for name, value in root.headers:
        if name in _ADDRESS_HEADERS:
            raw.setdefault(name, []).append(value)
    from_name, from_address = _first_address(raw.get("from", []))
    return Message(
        message_id=next(iter(ids_in(first.get("message-id", ""))), ""),
        in_reply_to=ids_in(" ".join(value for name, value in headers if name == "in-reply-to")),
        references=ids_in(" ".join(value for name, value in headers if name == "references")),
        from_name=from_name,
        from_address=from_address,
        reply_to=_first_address(raw.get("reply-to", []))[1],
        to=_addresses(raw.get("to", [])),
        cc=_addresses(raw.get("cc", [])),
        subject=first.get("subject", ""),
        sent_at=_instant(first.get("date", "")),
        text=clean_text(gathered.text),
        html=clean_text(gathered.html),
        headers=headers,
        content_type=root.kind,
        report_type=root.parameter("report-type").lower(),
        statuses=tuple(gathered.statuses),
        report_fields=gathered.report_fields,
        embedded_headers=gathered.embedded_headers,
        embedded_text=clean_text(gathered.embedded_text),
        attachments=tuple(gathered.attachments),
        defects=tuple(dict.fromkeys(defects)),
        unread=tuple(dict.fromkeys(gathered.unread)),
        invitation=gathered.invitation,
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


def _parsed(raw: str) -> list[tuple[str, str]]:
    """Return (decoded name, lower-case address) for each mailbox in a raw address header."""
    value = " ".join(raw[:MAX_ADDRESS_HEADER].split())
    plain = _PLAIN_MAILBOX.fullmatch(value)
    pairs = [(plain[1] or plain[2] or "", plain[3])] if plain else _odd_mailboxes(value)
    clean = [(header_text(name), header_text(address).lower()) for name, address in pairs]
    return [(name, address) for name, address in clean if _ADDRESS.fullmatch(address)]


def _odd_mailboxes(value: str) -> list[tuple[str, str]]:
    from mailparser.utils import get_addresses

    try:
        return get_addresses(value)  # type: ignore[no-any-return]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError):
        return []


def _first_address(raws: list[str]) -> tuple[str, str]:
    """Return the first mailbox; without one, what stands there as a name ("MAILER-DAEMON")."""
    for raw in raws[:_MAX_ADDRESS_HEADERS]:
        if pairs := _parsed(raw):
            return pairs[0]
    return (header_text(raws[0])[:200] if raws else "", "")


def _addresses(raws: list[str]) -> tuple[str, ...]:
    found = (address for raw in raws[:_MAX_ADDRESS_HEADERS] for _, address in _parsed(raw))
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
