"""How an access token is shown to a mail server: OAUTHBEARER (RFC 7628), else XOAUTH2 (Google's, Microsoft's).

A server that refuses a token first sends a challenge with a JSON object that says why; the client answers it with
a dismissal, and only then comes the refusal itself (RFC 7628 section 3.2.3; XOAUTH2 likewise, with an empty line).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection
from dataclasses import dataclass, field

#: The mechanisms, the better one first, with what dismisses a refusal's challenge.
DISMISSALS = {"OAUTHBEARER": b"\x01", "XOAUTH2": b""}
_STATUS_LIMIT = 200  #: characters of a refusal's own words


@dataclass(frozen=True, slots=True)
class Login:
    """What to send for one log-in."""

    mechanism: str
    response: bytes = field(repr=False)  #: the initial response, not yet in base64

    @property
    def encoded(self) -> bytes:
        """The initial response in base64."""
        return base64.b64encode(self.response)

    @property
    def dismissal(self) -> bytes:
        """What to answer to a refusal's challenge, not yet in base64."""
        return DISMISSALS[self.mechanism]


def login(offered: Collection[str], username: str, token: str, host: str, port: int) -> Login | None:
    """Choose the mechanism and write the initial response; None if the server offers none of them."""
    names = {name.upper() for name in offered}
    mechanism = next((name for name in DISMISSALS if name in names), None)
    if mechanism is None:
        return None
    if mechanism == "XOAUTH2":
        text = f"user={username}\x01auth=Bearer {token}\x01\x01"
    else:
        name = username.replace("=", "=3D").replace(",", "=2C")  # RFC 5801 section 4
        text = f"n,a={name},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01"
    return Login(mechanism, text.encode())


def refusal(challenge: bytes) -> str:
    """Return what the JSON object of a refusal's challenge says, in words; "" if it says nothing readable."""
    try:
        told = json.loads(challenge)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(told, dict):
        return ""
    words = ", ".join(f"{key} {told[key]}" for key in ("status", "scope") if isinstance(told.get(key), str))
    return "".join(char if char.isprintable() else " " for char in words)[:_STATUS_LIMIT]


def decoded(challenge: str) -> bytes:
    """Return a challenge's bytes; nothing if it is no base64."""
    try:
        return base64.b64decode(challenge, validate=True)
    except (binascii.Error, ValueError):
        return b""


def told(token: str, words: str, why: str) -> str:
    """Return a server's refusal with what its challenge said, and without the token, should it quote that."""
    said = f"{words} ({why})" if why else words
    return said.replace(token, "…")
