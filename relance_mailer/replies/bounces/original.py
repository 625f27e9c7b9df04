"""Which message of ours a machine speaks of: the id of what it returns, or names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from relance_mailer.replies.message import ids_in, ids_stated

if TYPE_CHECKING:
    from relance_mailer.replies.model import Message

_SCANNED = 20_000  #: characters of a text that are looked at
_XTEXT = re.compile(r"\+([0-9A-F]{2})")  #: RFC 3461, 4


def original_id(message: Message) -> str:
    """Return the Message-ID of the mail that a machine answers, "" if it does not tell."""
    embedded = dict(reversed(message.embedded_headers))
    reported = dict(reversed(message.report_fields))
    in_text = ids_stated(message.embedded_text[:_SCANNED]) or ids_stated(message.text)
    places = (
        embedded.get("message-id", ""),
        embedded.get("x-original-message-id", ""),
        reported.get("original-message-id", ""),
        message.header("x-original-message-id"),
        *in_text[:1],
        message.header("x-ms-exchange-parent-message-id"),
        _envelope_id(embedded.get("original-envelope-id", "")),
        *message.in_reply_to[:1],
        *message.references[-1:],
    )
    return next((found[0] for found in map(ids_in, filter(None, places)) if found), "")


def _envelope_id(value: str) -> str:
    """Return the ENVID (RFC 3461, 4.4), which is our Message-ID where the server let us name one."""
    plain = _XTEXT.sub(lambda hexed: chr(int(hexed[1], 16)), value[:500])
    return plain if "@" in plain else ""
