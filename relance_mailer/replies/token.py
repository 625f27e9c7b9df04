"""Signed references by which our own notices, and the answers to them, are recognised.

HMAC-SHA256 cut to 16 bytes (10 in a return path, 5 in a subject), in base32 without padding and in lower case: it survives servers that change the case of
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
MAX_LOCAL = 64  #: octets before the "@" (RFC 5321 section 4.5.3.1.1)
_MAC_BYTES = 16
_RETURN_MAC_BYTES = (
    10  #: 80 bits: nobody tries 2^80 addresses by mail, and short ones leave room before the "@"
)
_SUBJECT_MAC_BYTES = 5  #: 40 bits: people read them, and a wrong guess costs a mail each
_MAC = "[a-z2-7]{26}"
_MAX_VALUE = 1_200

_TAGGED = re.compile(
    rf"[^@\s]{{1,200}}\+r([1-9]\d{{0,17}})-({_MAC})@[^@\s]{{1,255}}", re.IGNORECASE | re.ASCII
)
#: A forwarder may have put its own name before and after (SRS, BATV: "prvs=12ab=compta+n7-…@").
_RETURNED = re.compile(
    r"[^@\s]{1,200}\+n([1-9]\d{0,17})-([a-z2-7]{16})@[^@\s]{1,255}", re.IGNORECASE | re.ASCII
)
_OWN = re.compile(rf"r([1-9]\d{{0,17}}) (<[^<>\s]{{3,900}}>) ({_MAC})", re.ASCII)
_IN_SUBJECT = re.compile(r"\[\s?r([1-9]\d{0,17})-([a-z2-7]{8})\s?\]", re.IGNORECASE | re.ASCII)
_BLANKS = re.compile(r"\s+")


def plus_address(address: str, notice_id: int, key: bytes) -> str:
    """Return `local+r<id>-<mac>@domain`: an answer sent there names the notice that it answers.

    Raises:
        ConfigError: `address` is none, `notice_id` is not positive, or the key is too short.
    """
    return _tagged(address, "r", notice_id, _mac(key, "address", str(notice_id)))


def notice_of_address(address: str, key: bytes) -> int | None:
    """Return the notice that a signed address names, None if it bears no valid signature of ours."""
    match = _TAGGED.fullmatch(address.strip()[:_MAX_VALUE])
    if not match or not _same(match[2].lower(), _mac(key, "address", match[1])):
        return None
    return int(match[1])


def return_path(address: str, notice_id: int, key: bytes) -> str:
    """Return `local+n<id>-<mac>@domain`, an envelope sender by which a bounce names the notice that came back.

    Raises:
        ConfigError: `address` is none, `notice_id` is not positive, or the key is too short.
    """
    mac = _mac(key, "return", str(notice_id), size=_RETURN_MAC_BYTES)
    return _tagged(address, "n", notice_id, mac)


def verify_return_path(address: str, key: bytes) -> int | None:
    """Return the notice that a signed return path names, None if it bears no valid signature of ours."""
    match = _RETURNED.fullmatch(address.strip()[:_MAX_VALUE])
    if not match:
        return None
    expected = _mac(key, "return", match[1], size=_RETURN_MAC_BYTES)
    return int(match[1]) if _same(match[2].lower(), expected) else None


def with_token(subject: str, notice_id: int, key: bytes) -> str:
    """Return a subject that ends with `[r<id>-<mac>]`: it survives programs that strip every header of an answer."""
    return f"{subject} [r{notice_id}-{_mac(key, 'subject', str(notice_id), size=_SUBJECT_MAC_BYTES)}]"


def notices_of_subject(subject: str, key: bytes) -> tuple[int, ...]:
    """Return the notices that a subject's signed tokens name; a token that we did not sign names none."""
    found = [
        int(number)
        for number, mac in _IN_SUBJECT.findall(subject[:_MAX_VALUE])
        if _same(mac.lower(), _mac(key, "subject", number, size=_SUBJECT_MAC_BYTES))
    ]
    return tuple(dict.fromkeys(found))


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


def _tagged(address: str, tag: str, notice_id: int, mac: str) -> str:
    """Return the address with a tag, or the address itself where the tag leaves no room before the "@"."""
    local, _, domain = address.rpartition("@")
    if not local or notice_id < 1:
        raise ConfigError(f"no signed address can be made of {address!r} for notice {notice_id}")
    tagged = f"{local}+{tag}{notice_id}-{mac}"
    return f"{tagged}@{domain}" if len(tagged.encode()) <= MAX_LOCAL else address


def _mac(key: bytes, *fields: str, size: int = _MAC_BYTES) -> str:
    if len(key) < MIN_KEY:
        raise ConfigError(f"the signing key has {len(key)} bytes: it needs at least {MIN_KEY}")
    signed = "\0".join(fields).encode("utf-8", "surrogatepass")
    return _base32(hmac.new(key, signed, hashlib.sha256).digest()[:size])


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
