"""Signed references by which our own notices, and the answers to them, are recognised.

HMAC-SHA256 cut to 16 bytes, in base32 without padding and in lower case: it survives servers that change the case of
an address. Each use signs under its own label, so that a token of one kind is worth nothing as another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from relance_mailer.errors import ConfigError

HEADER = "X-Relance-Notice"  #: carries `own_header` on every notice
MIN_KEY = 16  #: bytes of a signing key, at least
MIN_RANDOM = 16  #: bytes of chance in a Message-ID, at least
_MAC_BYTES = 16
_MAC = "[a-z2-7]{26}"
_MAX_VALUE = 1_200

_TAGGED = re.compile(
    rf"[^@\s]{{1,200}}\+r([1-9]\d{{0,17}})-({_MAC})@[^@\s]{{1,255}}", re.IGNORECASE | re.ASCII
)
_OWN = re.compile(rf"r([1-9]\d{{0,17}}) (<[^<>\s]{{3,900}}>) ({_MAC})", re.ASCII)
_BLANKS = re.compile(r"\s+")


def plus_address(address: str, notice_id: int, key: bytes) -> str:
    """Return `local+r<id>-<mac>@domain`: an answer sent there names the notice that it answers."""
    local, _, domain = address.rpartition("@")
    if not local or notice_id < 1:
        raise ConfigError(f"no signed address can be made of {address!r} for notice {notice_id}")
    return f"{local}+r{notice_id}-{_mac(key, 'address', str(notice_id))}@{domain}"


def notice_of_address(address: str, key: bytes) -> int | None:
    """Return the notice that a signed address names, None if it bears no valid signature of ours."""
    match = _TAGGED.fullmatch(address.strip()[:_MAX_VALUE])
    if not match or not _same(match[2].lower(), _mac(key, "address", match[1])):
        return None
    return int(match[1])


def own_header(notice_id: int, message_id: str, key: bytes) -> str:
    """Return the value of `X-Relance-Notice`: our own mail is known by it, whatever becomes of its Message-ID."""
    return f"r{notice_id} {message_id} {_mac(key, 'header', str(notice_id), message_id)}"


def verify_own_header(value: str, key: bytes) -> tuple[int, str] | None:
    """Return (notice id, the Message-ID that we gave), None if we did not sign this."""
    match = _OWN.fullmatch(_BLANKS.sub(" ", value[:_MAX_VALUE]).strip())
    if not match or not _same(match[3], _mac(key, "header", match[1], match[2])):
        return None
    return int(match[1]), match[2]


def message_id(domain: str, random: bytes) -> str:
    """Return `<…@domain>` that nobody can guess; `random` are at least 16 bytes of `secrets`."""
    if len(random) < MIN_RANDOM:
        raise ConfigError(f"a Message-ID needs {MIN_RANDOM} bytes of chance, got {len(random)}")
    return f"<{_base32(random)}.relance@{domain}>"


def _mac(key: bytes, *fields: str) -> str:
    if len(key) < MIN_KEY:
        raise ConfigError(f"the signing key has {len(key)} bytes: it needs at least {MIN_KEY}")
    signed = "\0".join(fields).encode("utf-8", "surrogatepass")
    return _base32(hmac.new(key, signed, hashlib.sha256).digest()[:_MAC_BYTES])


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
