"""How mail programs put a reminder beside the earlier ones: References, and Outlook's conversation index.

References names the first message and the last only (RFC 5322 section 3.6.4 lets a long one be cut): whoever threads
(RFC 5256) finds the message that is answered, and the thread where that one is gone. Ours are seldom longer, and
relays refuse header blocks over 4,096 octets (FreeScout #5542).

Outlook threads on Thread-Index and Thread-Topic. MS-OXOMSG 2.2.1.3: 22 octets of header (0x01, the five high octets
of a FILETIME, a GUID), then five for each answer. Both follow from the first message alone, so every reminder of a
thread, whenever it is written, has the same beginning.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

MAX_ANSWERS = 60  #: response levels that are kept: the line stays far under 998 characters
_FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)  #: FILETIME counts units of 100 ns from it (MS-DTYP 2.3.3)
_TICKS = 10  #: in a microsecond
_LONG = 0x00FE_0000_0000_0000  #: a difference with any of these bits is counted more coarsely
_ANSWERED = re.compile(r"\s*(?:re|ref|aw|tr|fwd?|wg)\s*:\s*", re.IGNORECASE)


def short_references(ids: Sequence[str]) -> list[str]:
    """Return the first id and the last one of a thread, oldest first."""
    return list(dict.fromkeys((*ids[:1], *ids[-1:])))


def topic(subject: str) -> str:
    """Return a subject without the marks that answers begin with."""
    while found := _ANSWERED.match(subject):
        subject = subject[found.end() :]
    return subject.strip()


def thread_index(first_id: str, dates: Sequence[datetime]) -> str:
    """Return the Thread-Index of the last of a thread's messages.

    Args:
        first_id: the Message-ID of the thread's first message.
        dates: of its messages, the first one's first, this one's last; aware.
    """
    first, *answers = [_filetime(date) for date in dates]
    guid = hashlib.sha256(first_id.encode()).digest()[:16]
    index = b"\x01" + first.to_bytes(8, "big")[:5] + guid
    return b64encode(index + b"".join(_level(at - first) for at in answers[:MAX_ANSWERS])).decode("ascii")


def _filetime(date: datetime) -> int:
    return (date.astimezone(UTC) - _FILETIME_EPOCH) // timedelta(microseconds=1) * _TICKS


def _level(difference: int) -> bytes:
    """Return one answer's five octets: how coarse, 31 bits of the difference; chance and level, both 0 here."""
    difference = max(difference, 0)
    coarse = bool(difference & _LONG)
    delta = (difference >> (23 if coarse else 18)) & 0x7FFF_FFFF
    return (coarse << 31 | delta).to_bytes(4, "big") + b"\x00"
