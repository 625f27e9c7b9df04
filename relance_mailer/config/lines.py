"""Where a key stands in a TOML file: tomllib tells what a file says, not on which line it says it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field

Path = tuple[str | int, ...]  #: of a key: ("mailboxes", 0, "port")

_TRIPLE = ('"""', "'''")
_HEADER = re.compile(r"\s*(\[\[?)([^\]\n]*)\]")
_KEY = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*'))*)\s*="""
)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*'""")


@dataclass(slots=True)
class Lines:
    """The lines on which the tables and keys of one TOML file begin; a file with mistakes is read as far as possible."""

    starts: dict[Path, int] = field(default_factory=dict)
    twice: list[tuple[Path, int, int]] = field(default_factory=list)  #: what, first line, second line

    def of(self, path: Path) -> int | None:
        """Return the line of a key, or of the innermost table or value around it; None if that is the whole file."""
        for length in range(len(path), 0, -1):
            if (line := self.starts.get(path[:length])) is not None:
                return line
        return None

    def before(self, line: int) -> Path:
        """Return the key or table whose lines `line` is one of; () before the first."""
        begun = [(start, path) for path, start in self.starts.items() if start <= line]
        return max(begun, key=lambda one: (one[0], len(one[1])))[1] if begun else ()


def find(text: str) -> Lines:
    """Find every table and key of a TOML file, and what stands in it twice."""
    lines = Lines()
    table: Path = ()
    declared: set[Path] = set()
    arrays: dict[Path, int] = {}  # the index of each array's last table
    for number, statement in _statements(text):
        if header := _HEADER.match(statement):
            table = _table(header, arrays)
            path = table
        elif key := _KEY.match(statement):
            path = (*table, *_parts(key[1]))
        else:
            continue
        if path in declared:
            lines.twice.append((path, lines.starts[path], number))
        declared.add(path)
        for length in range(1, len(path) + 1):
            lines.starts.setdefault(path[:length], number)
    return lines


def _table(header: re.Match[str], arrays: dict[Path, int]) -> Path:
    """Return a table's path, with the index of each array of tables on the way."""
    path: Path = ()
    *outer, last = _parts(header[2]) or ("",)
    for part in outer:
        path = (*path, part)
        if path in arrays:
            path = (*path, arrays[path])
    path = (*path, last)
    if header[1] != "[[":
        return path
    arrays[path] = arrays.get(path, -1) + 1
    return (*path, arrays[path])


def _parts(key: str) -> tuple[str, ...]:
    return tuple(_name(part) for part in _PART.findall(key))


def _name(part: str) -> str:
    try:
        return next(iter(tomllib.loads(f"{part} = 0")))
    except tomllib.TOMLDecodeError:
        return part


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line that begins a table or key, with its number; the further lines of a long value are left out."""
    depth, quote = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if not depth and not quote:
            yield number, line
            if _HEADER.match(line):
                continue
        depth, quote = _after(line, depth, quote)


def _after(line: str, depth: int, quote: str) -> tuple[int, str]:
    """Return how many brackets are open after a line, and which kind of multi-line string."""
    at = 0
    while at < len(line):
        if quote:
            end = _closing(line, at, quote)
            if end < 0:
                return depth, quote if quote in _TRIPLE else ""  # a string of one line ends with it
            at, quote = end, ""
        elif line[at] == "#":
            break
        elif line[at] in "\"'":
            triple = line[at : at + 3]
            quote = triple if triple in _TRIPLE else line[at]
            at += len(quote)
        else:
            depth = max(0, depth + (line[at] in "[{") - (line[at] in "]}"))
            at += 1
    return depth, quote if quote in _TRIPLE else ""


def _closing(line: str, at: int, quote: str) -> int:
    """Return where the string that began with `quote` is over, -1 if not on this line."""
    while at < len(line):
        if line[at] == "\\" and quote[0] == '"':
            at += 2
        elif line.startswith(quote, at):
            return at + len(quote)
        else:
            at += 1
    return -1
