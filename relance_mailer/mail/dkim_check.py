"""Verifies DKIM signatures (RFC 6376) at receipt, and keeps the key as the DNS gave it: a month later it may be another.

What dkimpy is given is hostile and not read in the guarded child, so what costs it more than time in proportion is kept from
it: long headers, long runs of blanks, huge keys. The DNS is asked within a time, and not at all for a while after a silence:
an answer that does not come is no result, and no mail waits for it.
"""

from __future__ import annotations

import binascii
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import dkim
import dns.exception
import dns.resolver

from relance_mailer.replies.trust import Signature, is_aligned

MAX_SIZE = 15_000_000  #: bytes of a message that is verified
MAX_SIGNATURES = 3  #: of one message; those of the sender's own domain first
QUERY = 2.0  #: seconds for one key
REST = 60.0  #: seconds for which the DNS is not asked after it was silent
KEPT = 600.0  #: seconds for which a key is remembered
_MOST_KEPT = 500
_MAX_HEADERS = 500
_MAX_HEADER_BYTES = 100_000
_MAX_SIGNATURE = 4_000
_MAX_WHY = 200
_MAX_KEY = 1_200  #: characters of a record: RSA with 4096 bits has 750

_HEADER = re.compile(rb"([\x21-\x39\x3b-\x7e]{1,200}):")
_LINE_END = re.compile(rb"\r?\n")
_BLANKS = re.compile(rb"[\t ]+")
_DOMAIN = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,250}[a-z0-9])?", re.ASCII)


class _SilentError(Exception):
    """The DNS gave no answer, or none in time."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """One DKIM-Signature header: its place among them, and what it says."""

    place: int
    domain: str
    selector: str
    tags: dict[bytes, bytes]


class DkimCheck:
    """Verifies signatures, one message after the other; it remembers keys, and that the DNS is silent."""

    def __init__(self, resolver: dns.resolver.Resolver | None) -> None:
        self._resolver = resolver
        self._keys: dict[str, tuple[float, str]] = {}
        self._rests_until = 0.0

    def verify(self, raw: bytes, sender_domain: str) -> tuple[Signature, ...]:
        """Return what the message's signatures are worth, those of the sender's own domain first. Never raises.

        Args:
            raw: the message as fetched.
            sender_domain: of its From address, lower case.
        """
        if len(raw) > MAX_SIZE:
            return ()
        head, body = _divided(raw)
        headers = _headers(head)
        if not 0 < len(headers) <= _MAX_HEADERS or len(head) > _MAX_HEADER_BYTES:
            return ()
        claims = sorted(_claims(headers), key=lambda one: not is_aligned(one.domain, sender_domain))
        return tuple(self._verified(claim, headers, body) for claim in claims[:MAX_SIGNATURES])

    def _verified(self, claim: _Claim, headers: list[list[bytes]], body: bytes) -> Signature:
        found = Signature(claim.domain, claim.selector, "permerror")
        try:
            key = self._key(f"{claim.selector}._domainkey.{claim.domain}")
        except _SilentError:
            return replace(found, result="temperror", why="the DNS gave no answer")
        if not key:
            return replace(found, why="the DNS has no such key")
        found = replace(found, key=key)
        if not _tags(key.encode()).get(b"p"):
            return replace(found, why="the key was withdrawn")
        if len(key) > _MAX_KEY:
            return replace(found, key=key[:_MAX_KEY], why="the key is too long")
        try:
            fits = _fits(claim, headers, body, key)
        except dkim.ValidationError as error:
            changed = "body hash" in str(error)
            return replace(found, result="fail" if changed else "permerror", why=str(error)[:_MAX_WHY])
        except (
            dkim.DKIMException,
            binascii.Error,
            ValueError,
            TypeError,
            LookupError,
            AttributeError,
        ) as error:
            return replace(found, why=f"{type(error).__name__}: {error}"[:_MAX_WHY])
        return replace(found, **_judged(claim, fits=fits))

    def _key(self, name: str) -> str:
        """Return a key's record, "" if there is none; remembered for a while."""
        now = time.monotonic()
        asked, known = self._keys.get(name, (-KEPT, ""))
        if now - asked < KEPT:
            return known
        if self._resolver is None or now < self._rests_until:
            raise _SilentError
        try:
            answer = self._resolver.resolve(f"{name}.", "TXT", lifetime=QUERY, search=False)
            key = b"".join(next(iter(answer)).strings).decode("ascii", "replace")
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, StopIteration):
            key = ""
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            if not isinstance(error, dns.resolver.NoNameservers):  # which is an answer: SERVFAIL
                self._rests_until = time.monotonic() + REST
            raise _SilentError from error
        if len(self._keys) >= _MOST_KEPT:
            self._keys.clear()
        self._keys[name] = (now, key)
        return key


def system_resolver() -> dns.resolver.Resolver | None:
    """Return the system's resolver, None if it has none."""
    try:
        return dns.resolver.Resolver()
    except (dns.exception.DNSException, OSError):
        return None


def _divided(raw: bytes) -> tuple[bytes, bytes]:
    """Return the header block and the body, with CRLF throughout (RFC 6376 section 3.4.1)."""
    text = raw if raw.count(b"\n") == raw.count(b"\r\n") else _LINE_END.sub(b"\r\n", raw)
    head, _, body = text.partition(b"\r\n\r\n")
    return head, body


def _headers(head: bytes) -> list[list[bytes]]:
    """Return [name, value with its line end] of each header, as dkimpy wants them; none if a line is no header."""
    found: list[list[bytes]] = []
    for line in head[: _MAX_HEADER_BYTES + 1].split(b"\r\n"):
        if line[:1] in (b" ", b"\t") and found:
            found[-1].append(line)
        elif match := _HEADER.match(line):
            found.append([match[1], line[match.end() :]])
        elif not line.startswith(b"From "):
            return []
    return [[name, b"\r\n".join(lines) + b"\r\n"] for name, *lines in found]


def _claims(headers: list[list[bytes]]) -> Iterator[_Claim]:
    signatures = (value for name, value in headers if name.lower() == b"dkim-signature")
    for place, value in enumerate(signatures):
        tags = _tags(value) if len(value) <= _MAX_SIGNATURE else {}
        domain = tags.get(b"d", b"").decode("ascii", "replace").lower()
        selector = tags.get(b"s", b"").decode("ascii", "replace").lower()
        if _DOMAIN.fullmatch(domain) and _DOMAIN.fullmatch(selector):
            yield _Claim(place, domain, selector, tags)


def _tags(value: bytes) -> dict[bytes, bytes]:
    pairs = (part.partition(b"=") for part in value.split(b";"))
    return {key.strip(): said.strip() for key, _, said in pairs}


def _fits(claim: _Claim, headers: list[list[bytes]], body: bytes, key: str) -> bool:
    """Say whether a signature fits the message, by a key that was asked for already."""
    checked = dkim.DKIM()
    # Blanks pressed together beforehand change nothing for "relaxed", and dkimpy's own way to do it is slow on long runs.
    relaxed = claim.tags.get(b"c", b"").rpartition(b"/")[2] == b"relaxed" and b"/" in claim.tags.get(
        b"c", b""
    )
    checked.headers = [tuple(pair) for pair in headers]
    checked.body = _BLANKS.sub(b" ", body) if relaxed else body
    return bool(checked.verify(claim.place, dnsfunc=lambda _name, timeout=0: key.encode()))  # noqa: ARG005


def _judged(claim: _Claim, *, fits: bool) -> dict[str, str]:
    """Return the result in the words of RFC 8601, and why; what signs too little, or by SHA-1 (RFC 8301), proves nothing."""
    if not fits:
        return {"result": "fail", "why": "the signature does not fit the message"}
    if b"l" in claim.tags:
        return {"result": "policy", "why": "it signs only the beginning of the text (l=)"}
    if claim.tags.get(b"a", b"").lower() == b"rsa-sha1":
        return {"result": "policy", "why": "rsa-sha1 proves nothing any more"}
    return {"result": "pass", "why": ""}
