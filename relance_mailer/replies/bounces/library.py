"""flufl.bounce, guarded: what its detectors for old and odd servers find in a plain copy of a message."""

from __future__ import annotations

import re
from email.message import Message as Part
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relance_mailer.replies.model import Message

_SCANNED = 20_000  #: characters of the text
_LINES = 400
_LINE = 400  #: characters of a line: some of the library's expressions take quadratic time
_ADDRESS = re.compile(r"[A-Za-z0-9._%+/=&'*-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
#: DSN: RFC 3464 is read by our own reader. LLNL: all of the library's false alarms.
_LEFT_OUT = frozenset({"DSN", "LLNL"})


def by_flufl(message: Message) -> tuple[str, ...]:
    """Return the addresses that the first fitting detector finds, () if none does.

    Each is guarded: about 1 % of all messages make one raise. They see normal line ends and short lines.
    """
    from flufl.bounce import _scan as flufl  # only bounces need it

    copy = _plain_copy(message)
    for detector in flufl._DETECTORS:  # noqa: SLF001
        if detector.__name__ in _LEFT_OUT:
            continue
        try:
            temporary, permanent = detector().process(copy)
        except (ValueError, LookupError, AttributeError, TypeError, AssertionError, RecursionError):
            continue
        found = sorted(address.decode("ascii", "replace").lower() for address in permanent or temporary)
        valid = tuple(address for address in found if _ADDRESS.fullmatch(address))
        if valid:
            return valid
    return ()


def _plain_copy(message: Message) -> Part:
    lines = message.text[:_SCANNED].split("\n")[:_LINES]
    text = "\n".join(line[:_LINE] for line in lines).encode("ascii", "replace").decode()
    notice, copy = Part(), Part()
    notice["Content-Type"] = "text/plain"
    notice["Content-Description"] = "notification"
    notice.set_payload(text)
    for name in ("from", "subject", "x-mailer"):
        copy[name] = message.header(name).encode("ascii", "replace").decode()
    copy["Content-Type"] = "multipart/mixed"
    copy.attach(notice)
    return copy
