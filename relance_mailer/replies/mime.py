"""The tree of a message's parts, found in one pass over its bytes; nothing is decoded or copied before it is asked for.

For what is well formed it is the tree of the standard library's parser (a test compares them), at a tenth of the cost,
and every count is capped before time is spent on it: parts, depth, headers, lines that could be boundaries.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import unquote_to_bytes

from relance_mailer.replies.charset import decode

MAX_PARTS = 500  #: parts of a message, embedded ones included
MAX_DEPTH = 30  #: parts in parts
MAX_HEADERS = 500  #: headers kept of a message or part
MAX_HEADER = 16_000  #: characters of a header's value
MAX_BLOCK = 400_000  #: bytes of a block of headers that are looked at
MAX_MARKS = 10_000  #: lines beginning with "--" that are looked at
_MAX_BOUNDARY = 200  # RFC 2046 allows 70
_MAX_PARAMETERS = 2_000  #: characters of a Content-* header

_FIELD_BYTES = rb"[!-9;-~]{1,200}[ \t]*+:[^\n]*+(?:\n[ \t][^\n]*+)*+"
_BLOCK = re.compile(rb"(?:" + _FIELD_BYTES + rb"(?:\n|\Z))*+")
_FIELD = re.compile(r"([!-9;-~]{1,200})[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)(?:\n|\Z)")
_BLANK_LINE = re.compile(rb"\n\r?\n")
_ENVELOPE_LINE = re.compile(rb">?From [^\n]{0,1000}\n")
_PARAMETER = re.compile(r';\s*([^\s=;"]{1,80})\s*=\s*("(?:[^"\\]|\\.)*+"?|[^;]*)', re.DOTALL)
_SECTION = re.compile(r"([^*]{1,76})\*(\d{1,3})?(\*)?")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_KIND = re.compile(r"\s*([!-.0-~]{1,100}/[!-.0-:<-~]{1,100})")

EMBEDDED_DEFAULT = "message/rfc822"  #: what parts of a digest are (RFC 2046, 5.1.5)
EMBEDDED_TYPES = frozenset({"message/rfc822", "message/global", "message/news"})
_ENCODED = frozenset({"base64", "quoted-printable"})

TOO_MANY = "too many parts, or too deep: the rest was not read"


@dataclass(slots=True, eq=False)
class Part:
    """A part: its headers (lower-case name, value as it came, still folded), and where in `raw` its body lies."""

    raw: bytes
    headers: list[tuple[str, str]]
    start: int
    end: int
    kind: str = "text/plain"
    children: list[Part] = field(default_factory=list)
    _first: dict[str, str] = field(init=False)
    _parameters: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._first = dict(reversed(self.headers))

    def header(self, name: str) -> str:
        """Return the first header called `name` (lower case), "" without one."""
        return self._first.get(name, "")

    @property
    def encoding(self) -> str:
        """The Content-Transfer-Encoding, lower case."""
        return self.header("content-transfer-encoding")[:100].partition(";")[0].strip().lower()

    def parameter(self, name: str, header: str = "content-type") -> str:
        """Return a parameter of a Content-* header, RFC 2231 or not, "" if absent."""
        if header not in self._parameters:
            value = self._first.get(header, "")
            self._parameters[header] = parameters(value) if ";" in value else {}
        return self._parameters[header].get(name, "")


def split(raw: bytes, *, depth: int = 0, room: int = MAX_PARTS) -> tuple[Part, list[str]]:
    """Return the tree of parts, as far as the caps allow, and what was wrong.

    Args:
        raw: the message; blank lines and an mbox "From " line before it do not count.
        depth: how deep in others it lies.
        room: how many parts may be made.
    """
    if b"\n" not in raw[:100_000] and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    start = len(raw) - len(raw.lstrip(b"\r\n")) if raw[:1] in b"\r\n" else 0
    start += 3 if raw.startswith(b"\xef\xbb\xbf", start) else 0
    if envelope := _ENVELOPE_LINE.match(raw, start):
        start = envelope.end()
    splitter = _Splitter(raw, room)
    root, _ = splitter.part(start, depth)
    return root, splitter.defects


@dataclass(frozen=True, slots=True)
class _Marks:
    """Lines that could be boundaries: where the line break before each lies, what follows the "--", where it ends."""

    at: list[int]
    text: list[bytes]
    after: list[int]


class _Splitter:
    def __init__(self, raw: bytes, room: int) -> None:
        self._raw = raw
        self._room = room
        self._marks = _Marks([], [], [])
        self._looked = False
        self._open: set[bytes] = set()  # boundaries of the multiparts around
        self.defects: list[str] = []

    def part(self, start: int, depth: int, default: str = "text/plain") -> tuple[Part, int]:
        """Read the part that begins at `start`; return it and the number of the mark that ends it."""
        self._room -= 1
        headers, body = self._head(start)
        part = Part(self._raw, headers, body, body)
        part.kind = kind_stated(part.header("content-type"), default)
        if part.kind.startswith("multipart/"):
            mark = self._multipart(part, depth)
        elif part.kind in EMBEDDED_TYPES and part.encoding not in _ENCODED and self._may_hold(depth):
            child, mark = self.part(body, depth + 1)
            part.children.append(child)
        else:
            mark = self._next(body)
        part.end = max(body, self._end(mark))
        return part, mark

    def _head(self, start: int) -> tuple[list[tuple[str, str]], int]:
        """Return the headers that begin at `start`, and where the body begins."""
        raw, limit = self._raw, start + MAX_BLOCK
        mark = self._next(start)
        if mark < len(self._marks.at):  # a boundary with a colon in it is no header
            limit = min(limit, self._marks.at[mark] + 1)
        block = _BLOCK.match(raw, start, limit)
        end = block.end() if block else start
        headers = self._fields(start, end) if end > start else []
        if end == start + MAX_BLOCK:
            self.defects.append(f"more than {MAX_BLOCK} bytes of headers: the rest was not read")
            blank = _BLANK_LINE.search(raw, end - 1)
            return headers, blank.end() if blank else len(raw)
        if raw.startswith(b"\r\n", end):
            return headers, end + 2
        if raw.startswith(b"\n", end):
            return headers, end + 1
        if end < len(raw) and headers:
            self.defects.append("no blank line between headers and body")
        return headers, end

    def _fields(self, start: int, end: int) -> list[tuple[str, str]]:
        block = self._raw[start:end].replace(b"\r\n", b"\n")
        plain = block.isascii()
        text = block.decode("ascii" if plain else "latin-1")
        found = list(islice(_FIELD.finditer(text), MAX_HEADERS + 1))
        if len(found) > MAX_HEADERS:
            self.defects.append(f"more than {MAX_HEADERS} headers: the rest was not read")
        if len(text) > MAX_HEADER and any(len(match[2]) > MAX_HEADER for match in found):
            self.defects.append(f"a header of more than {MAX_HEADER} characters: the rest of it was not read")
        headers = [(match[1].lower(), match[2][:MAX_HEADER]) for match in found[:MAX_HEADERS]]
        # Each header may have been written by another program, in another charset.
        return headers if plain else [(name, decode(value.encode("latin-1"))) for name, value in headers]

    def _multipart(self, part: Part, depth: int) -> int:
        """Read the parts in a multipart; return the number of the mark that ends it."""
        self._look()
        stated = part.parameter("boundary").rstrip()[:_MAX_BOUNDARY].encode("utf-8", "replace")
        mark = self._next(part.start)
        boundary = stated if self._occurs(stated, part.start, mark) else self._guessed(part.start, mark)
        if boundary != stated:
            self.defects.append("multipart whose boundary is missing or wrong")
        if not boundary or not self._may_hold(depth):
            part.kind = part.kind if boundary else "text/plain"  # at least its words are read
            return mark
        self._open.add(boundary)
        default = EMBEDDED_DEFAULT if part.kind == "multipart/digest" else "text/plain"
        mark = self._next(part.start)
        while self._is(mark, boundary) and self._may_hold(depth):
            child, mark = self.part(self._marks.after[mark], depth + 1, default)
            part.children.append(child)
        self._open.discard(boundary)
        return self._next_open(mark)

    def _may_hold(self, depth: int) -> bool:
        if depth < MAX_DEPTH and self._room > 0:
            return True
        if TOO_MANY not in self.defects:
            self.defects.append(TOO_MANY)
        return False

    def _occurs(self, boundary: bytes, start: int, mark: int) -> bool:
        """Tell whether a boundary stands in a body that ends at the mark, and is none of those around it."""
        if not boundary or boundary in self._open:
            return False
        first = bisect_left(self._marks.at, start - 1)
        return boundary in self._marks.text[first:mark] or boundary + b"--" in self._marks.text[first:mark]

    def _guessed(self, start: int, mark: int) -> bytes:
        """Return the first line "--…" in a body that a Content-header follows, b"" without one."""
        first = bisect_left(self._marks.at, start - 1)
        for number in range(first, mark):
            after = self._marks.after[number]
            if self._raw[after : after + 8].lower() == b"content-":
                return self._marks.text[number]
        return b""

    def _is(self, mark: int, boundary: bytes) -> bool:
        return mark < len(self._marks.at) and self._marks.text[mark] == boundary

    def _next(self, start: int) -> int:
        """Return the number of the first mark of an open boundary at or after `start`."""
        return self._next_open(bisect_left(self._marks.at, start - 1))

    def _next_open(self, number: int) -> int:
        texts, boundaries = self._marks.text, self._open
        if not boundaries:
            return len(texts)
        for mark in range(number, len(texts)):
            text = texts[mark]
            if text in boundaries or (text.endswith(b"--") and text[:-2] in boundaries):
                return mark
        return len(texts)

    def _end(self, mark: int) -> int:
        """Return where the body before a mark ends: the line break belongs to the boundary (RFC 2046, 5.1.1)."""
        if mark >= len(self._marks.at):
            return len(self._raw)
        at = self._marks.at[mark]
        return at - 1 if at > 0 and self._raw[at - 1] == 0x0D else at

    def _look(self) -> None:
        """Find the lines that begin with "--", once."""
        if self._looked:
            return
        self._looked = True
        raw, marks, at = self._raw, self._marks, -1
        while (at := raw.find(b"\n--", at + 1)) >= 0:
            if len(marks.at) >= MAX_MARKS:
                self.defects.append(
                    f'more than {MAX_MARKS} lines begin with "--": the rest was not looked at'
                )
                return
            end = raw.find(b"\n", at + 1)
            end = len(raw) if end < 0 else end
            text = raw[at + 3 : min(end, at + _MAX_BOUNDARY + 10)].rstrip()
            marks.at.append(at)
            marks.text.append(text)
            marks.after.append(min(end + 1, len(raw)))


def kind_stated(content_type: str, default: str = "text/plain") -> str:
    """Return a content type in lower case; one that makes no sense counts as text (RFC 2045, 5.2)."""
    if not content_type:
        return default
    match = _KIND.match(content_type)
    return match[1].lower() if match else "text/plain"


def parameters(value: str) -> dict[str, str]:
    """Return the parameters of a Content-* header by lower-case name; RFC 2231's form wins over the plain one."""
    plain: dict[str, str] = {}
    sections: dict[str, list[tuple[int, bool, str]]] = {}
    for match in _PARAMETER.finditer(value[:_MAX_PARAMETERS]):
        name, text = match[1].lower(), match[2].strip()
        if text.startswith('"'):
            text = _ESCAPED.sub(r"\1", text[1:].removesuffix('"'))
        if section := _SECTION.fullmatch(name):
            sections.setdefault(section[1], []).append(
                (int(section[2] or 0), bool(section[3] or not section[2]), text)
            )
        else:
            plain.setdefault(name, text)
    return plain | {name: _joined(pieces) for name, pieces in sections.items()}


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    """Join the sections of a parameter: charset'language'text, percent-encoded where marked."""
    charset, data = "", b""
    for place, (_, encoded, text) in enumerate(sorted(pieces, key=lambda piece: piece[0])):
        value = text
        if place == 0 and encoded and text.count("'") > 1:
            charset, _, value = text.split("'", 2)
        data += unquote_to_bytes(value) if encoded else value.encode("utf-8", "replace")
    return decode(data, charset)
