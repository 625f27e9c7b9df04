"""Envelopes around an author's words: S/MIME and PGP, Outlook's winmail.dat, calendar parts.

What is only signed is opened; what is encrypted is said to be. Everything is counted before it is looped over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from relance_mailer.replies.charset import clean_text, decode
from relance_mailer.replies.model import Attachment, Invitation

# ── S/MIME: the content of an opaque signature (RFC 5652, 5.2; RFC 8551, 3.5.2) ──────────────────────────────────

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")  # 1.2.840.113549.1.7.2
_DATA = bytes.fromhex("2a864886f70d010701")  # 1.2.840.113549.1.7.1
_SEQUENCE, _OCTETS, _OCTETS_IN_PIECES, _OID, _TAGGED = 0x30, 0x04, 0x24, 0x06, 0xA0
_MAX_PIECES = 100_000  #: octet strings that a content may be cut into
_MAX_LENGTH_BYTES = 5


class _NotSimpleError(Exception):
    """The structure is not the one that mail programs write."""


def signed_content(data: bytes) -> bytes | None:
    """Return what an opaque S/MIME signature encloses, None where it is encrypted or not understood."""
    try:
        reader = _Ber(data)
        reader.enter(_SEQUENCE)
        if reader.value(_OID) != _SIGNED_DATA:
            return None
        reader.enter(_TAGGED)
        reader.enter(_SEQUENCE)
        reader.skip()  # version
        reader.skip()  # digest algorithms
        reader.enter(_SEQUENCE)
        if reader.value(_OID) != _DATA:
            return None
        reader.enter(_TAGGED)
        return reader.octets()
    except (_NotSimpleError, IndexError):
        return None


class _Ber:
    """A cursor over BER: definite lengths, and the indefinite ones that Outlook and OpenSSL write around contents."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def enter(self, tag: int) -> int | None:
        """Step into a value with this tag; return where it ends, None if that is not stated."""
        if self._data[self._at] != tag:
            raise _NotSimpleError
        first = self._data[self._at + 1]
        self._at += 2
        if first == 0x80:  # indefinite
            return None
        if first < 0x80:  # the short form
            return self._at + first
        count = first & 0x7F
        if count > _MAX_LENGTH_BYTES:
            raise _NotSimpleError
        length = int.from_bytes(self._data[self._at : self._at + count], "big")
        self._at += count
        return self._at + length

    def value(self, tag: int) -> bytes:
        """Return the value with this tag, and step behind it."""
        end = self.enter(tag)
        if end is None or end > len(self._data):
            raise _NotSimpleError
        start, self._at = self._at, end
        return self._data[start:end]

    def skip(self) -> None:
        """Step behind a value, whatever its tag."""
        self.value(self._data[self._at])

    def octets(self) -> bytes:
        """Return an octet string, in one piece or in several."""
        if self._data[self._at] == _OCTETS:
            return self.value(_OCTETS)
        end = self.enter(_OCTETS_IN_PIECES)
        pieces: list[bytes] = []
        while (
            self._at < len(self._data) and (end is None or self._at < end) and self._data[self._at] == _OCTETS
        ):
            pieces.append(self.value(_OCTETS))
            if len(pieces) > _MAX_PIECES:
                raise _NotSimpleError
        return b"".join(pieces)


# ── PGP (RFC 9580, 6 and 7) ──────────────────────────────────────────────────────────────────────────────────────

_PGP_ENCRYPTED = "-----BEGIN PGP MESSAGE-----"
_PGP_SIGNED = re.compile(
    r"-----BEGIN PGP SIGNED MESSAGE-----[ \t]*\n(?:[A-Za-z]{1,20}:[^\n]{0,200}\n){0,10}[ \t]*\n"
)
_PGP_SIGNATURE = "\n-----BEGIN PGP SIGNATURE-----"
_PGP_END = "-----END PGP SIGNATURE-----"
_DASHED = re.compile(r"^- ", re.MULTILINE)


def pgp_encrypted(text: str) -> bool:
    """Tell whether a text is nothing but an encrypted message, but for a line or two."""
    before, found, _ = text.partition(_PGP_ENCRYPTED)
    return bool(found) and len(before.strip()) < 200 and "\n>" not in before


def without_signature(text: str) -> str:
    """Return a text without the armour of inline PGP signatures, its dashes restored (RFC 9580, 7.2)."""
    signed = _PGP_SIGNED.search(text)
    if signed is None:
        return text
    words, _, rest = text[signed.end() :].partition(_PGP_SIGNATURE)
    after = rest.partition(_PGP_END)[2]
    return text[: signed.start()] + _DASHED.sub("", words) + after


# ── Calendar parts (RFC 5545, 5546) ──────────────────────────────────────────────────────────────────────────────

_MAX_CALENDAR = 100_000
_PROPERTY = re.compile(
    r"^(BEGIN|METHOD|DTSTART|SUMMARY|ORGANIZER)((?:;[^:\n\"]{0,200}|;[^:\n\"]{0,80}\"[^\"\n]{0,200}\"){0,5}):([^\n]{0,500})",
    re.MULTILINE | re.IGNORECASE,
)
_ICAL_ESCAPED = re.compile(r"\\([\\;,nN])")


def invitation_in(text: str) -> Invitation:
    """Return what the first event of a calendar part says; of a broken one, what can be found."""
    unfolded = re.sub(r"\r?\n[ \t]", "", text[:_MAX_CALENDAR]).replace("\r\n", "\n").replace("\r", "\n")
    found: dict[str, str] = {}
    inside = ""
    for match in _PROPERTY.finditer(unfolded):
        name, value = match[1].upper(), match[3].strip()
        if name == "BEGIN":
            inside = value.upper()
        elif inside not in {"VTIMEZONE", "STANDARD", "DAYLIGHT", "VALARM"}:  # a time zone has a DTSTART too
            found.setdefault(name, value)
    return Invitation(
        method=found.get("METHOD", "")[:20].upper(),
        starts=found.get("DTSTART", "")[:20],
        summary=clean_text(_ICAL_ESCAPED.sub(_unescaped, found.get("SUMMARY", ""))),
        organizer=found.get("ORGANIZER", "").lower().removeprefix("mailto:")[:254],
    )


def _unescaped(match: re.Match[str]) -> str:
    return " " if match[1] in "nN" else match[1]


# ── winmail.dat (MS-OXTNEF) ──────────────────────────────────────────────────────────────────────────────────────

_TNEF_SIGNATURE = b"\x78\x9f\x3e\x22"
_MAX_OBJECTS = 2_000
_MAX_PROPERTIES = 2_000_000  #: bytes of properties that are decoded: the body lies in them
_MAX_READS = 20_000
_BODY, _PROPERTIES, _CODEPAGE = 0x800C, 0x9003, 0x9007
_FILE_BEGINS, _FILE_TITLE, _FILE_DATA, _FILE_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_MAPI_BODY, _MAPI_HTML, _MAPI_LONG_NAME, _MAPI_CODEPAGE = 0x1000, 0x1013, 0x3707, 0x3FDE
_HEAD = 9  #: bytes of level, name, type and length before an object's data; two of a checksum follow


@dataclass(slots=True)
class Winmail:
    """What Outlook put into a winmail.dat."""

    text: str = ""
    html: str = ""
    files: list[Attachment] = field(default_factory=list)


class _TooMuch(BaseException):
    """A file asks for more reading than any real one; no Exception, for the library catches those."""


class _Counted(bytes):
    """Bytes that stop a decoder which reads beyond their end, or without end."""

    reads = 0

    def __getitem__(self, key: Any) -> Any:
        self.reads += 1
        if self.reads > _MAX_READS or (isinstance(key, slice) and key.stop > len(self) + 8):
            raise _TooMuch
        return super().__getitem__(key)


def winmail(data: bytes) -> Winmail | None:
    """Return text and files in a winmail.dat, None where it is broken."""
    if not data.startswith(_TNEF_SIGNATURE):
        return None
    found, codepage = Winmail(), "cp1252"
    files: list[tuple[str, int]] = []
    for name, value in _objects(data):
        if name == _CODEPAGE and len(value) >= 4:
            codepage = f"cp{int.from_bytes(value[:4], 'little')}"
        elif name == _BODY:
            found.text = found.text or decode(bytes(value).rstrip(b"\0"), codepage)
        elif name == _PROPERTIES:
            _take_properties(found, value, codepage)
        elif name == _FILE_BEGINS:
            files.append(("", 0))
        elif name == _FILE_TITLE and files:
            files[-1] = (files[-1][0] or decode(bytes(value[:1000]).rstrip(b"\0"), codepage), files[-1][1])
        elif name == _FILE_DATA and files:
            files[-1] = (files[-1][0], len(value))
        elif name == _FILE_PROPERTIES and files:
            long_name = _properties(value, codepage).get(_MAPI_LONG_NAME)
            files[-1] = (
                long_name if isinstance(long_name, str) and long_name else files[-1][0],
                files[-1][1],
            )
    found.files = [Attachment(name, "application/octet-stream", size) for name, size in files]
    return found


def _objects(data: bytes) -> list[tuple[int, memoryview]]:
    """Return name and data of each object, without copying."""
    view, at, found = memoryview(data), 6, list[tuple[int, memoryview]]()
    while at + _HEAD < len(data) and len(found) < _MAX_OBJECTS:
        name = int.from_bytes(data[at + 1 : at + 3], "little")
        length = int.from_bytes(data[at + 5 : at + _HEAD], "little")
        found.append((name, view[at + _HEAD : at + _HEAD + length]))
        at += _HEAD + length + 2
    return found


def _take_properties(found: Winmail, value: memoryview, codepage: str) -> None:
    properties = _properties(value, codepage)
    number = properties.get(_MAPI_CODEPAGE)
    charset = (
        {65001: "utf-8", 28591: "cp1252"}.get(number, f"cp{number}") if isinstance(number, int) else codepage
    )
    body, html = properties.get(_MAPI_BODY), properties.get(_MAPI_HTML)
    found.text = (decode(body, charset) if isinstance(body, bytes) else str(body or "")) or found.text
    found.html = decode(html, charset) if isinstance(html, bytes) else str(html or "")


def _properties(value: memoryview, codepage: str) -> dict[int, object]:
    """Return MAPI properties by number, as far as they can be decoded."""
    from tnefparse import mapi

    mapi.logger.disabled = True  # what is wrong with a file stands in the message's own words
    data = _Counted(value[:_MAX_PROPERTIES])
    if len(data) < 4 or int.from_bytes(value[:4], "little") > _MAX_OBJECTS:
        return {}
    wanted = {_MAPI_BODY, _MAPI_HTML, _MAPI_LONG_NAME, _MAPI_CODEPAGE}
    try:
        found = {one.name: one.data for one in mapi.decode_mapi(data, codepage) if one.name in wanted}
    except (_TooMuch, ValueError, LookupError, TypeError, ArithmeticError):
        return {}
    return found
