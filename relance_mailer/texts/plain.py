"""Plain text out of Markdown: paragraphs wrapped, tables aligned, marks of emphasis gone."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width

from relance_mailer.texts.slots import Pieces, fill, split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

WIDTH = 76  #: of a line of prose
TABLE_WIDTH = 100  #: a wider table is written row by row instead
LINE_LIMIT = 900  #: characters of the longest line; RFC 5322 2.1.1 allows 998 octets-as-characters
_NARROW = re.compile("[ -\u02ff\u2010-\u20bf]*")  #: Latin letters, punctuation, currency signs
_RULES = {"h1": "=", "h2": "-", "h3": "-"}


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph, heading or list item; `first` and `rest` begin its first and its other lines.

    `tight`: no empty line stands before it (the second item of a list).
    """

    pieces: Pieces
    first: str = ""
    rest: str = ""
    rule: str = ""
    tight: bool = False
    fixed: tuple[str, ...] = field(default=(), init=False)  #: its lines, where no value stands in it

    def __post_init__(self) -> None:
        if len(self.pieces) == 1:
            object.__setattr__(self, "fixed", tuple(self._lines(())))

    def lines(self, values: Sequence[str]) -> Sequence[str]:
        """Return its lines, filled and wrapped."""
        return self.fixed or self._lines(values)

    def _lines(self, values: Sequence[str]) -> list[str]:
        written = [line for part in fill(self.pieces, values).split("\n") for line in wrap(part, WIDTH)]
        lines = [(self.rest if at else self.first) + line for at, line in enumerate(written)]
        return [*lines, self.rule * max(map(width, lines))] if self.rule else lines


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first row is its head."""

    rows: tuple[tuple[Pieces, ...], ...]
    right: tuple[bool, ...]
    tight: bool = False

    def lines(self, values: Sequence[str]) -> Sequence[str]:
        """Return its lines: aligned columns, or where they would be too wide, a paragraph a row."""
        rows = [[fill(cell, values) for cell in row] for row in self.rows]
        widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
        if sum(widths) + 2 * (len(widths) - 1) > TABLE_WIDTH:
            return _records(rows)
        head, *body = [self._aligned(row, widths) for row in rows]
        return [head, "  ".join("-" * wide for wide in widths), *body]

    def _aligned(self, row: list[str], widths: list[int]) -> str:
        cells = (
            " " * (wide - width(cell)) + cell if right else cell + " " * (wide - width(cell))
            for cell, wide, right in zip(row, widths, self.right, strict=True)
        )
        return "  ".join(cells).rstrip()


Block = Prose | Table


def write(blocks: Sequence[Block], values: Sequence[str]) -> str:
    """Return the text of the blocks with these values, lines ended by LF."""
    if not blocks:
        return ""
    parts = ["\n".join(block.lines(values)) for block in blocks]
    between = ("\n" if block.tight else "\n\n" for block in blocks[1:])
    text = parts[0] + "".join(gap + part for gap, part in zip(between, parts[1:], strict=True)) + "\n"
    return text if max(map(len, text.split("\n"))) <= LINE_LIMIT else _broken(text)


def read(tokens: Sequence[Token]) -> tuple[Block, ...]:
    """Return the blocks of a parsed Markdown skeleton."""
    return tuple(_blocks(iter(tokens)))


def _blocks(tokens: Iterator[Token]) -> Iterator[Block]:
    markers: list[str] = []  # what stands before each line: quotation, list item
    counters: list[int] = []
    first, tight, rule, opened = "", False, "", False
    for token in tokens:
        match token.type:
            case "table_open":
                yield _table(tokens)
            case "bullet_list_open" | "ordered_list_open":
                opened = not markers
                counters.append(int(token.attrGet("start") or 1) if token.tag == "ol" else 0)
            case "bullet_list_close" | "ordered_list_close":
                counters.pop()
            case "list_item_open":
                mark = f"{counters[-1]}. " if counters[-1] else "- "
                counters[-1] += bool(counters[-1])
                first = "".join(markers) + mark
                markers.append(" " * len(mark))
            case "blockquote_open":
                markers.append("> ")
            case "list_item_close" | "blockquote_close":
                markers.pop()
                first = ""
            case "paragraph_open":
                tight, rule = token.hidden and not opened, ""
            case "heading_open":
                tight, rule = False, _RULES.get(token.tag, "")
            case "inline":
                rest = "".join(markers)
                yield Prose(split(_inline(token.children or [])), first or rest, rest, rule, tight)
                first, opened = "", False
            case "hr" | "fence" | "code_block":
                yield Prose(split(token.content.rstrip("\n") or "-" * WIDTH))


def _table(tokens: Iterator[Token]) -> Table:
    rows: list[list[Pieces]] = []
    right: list[bool] = []
    for token in tokens:
        match token.type:
            case "table_close":
                break
            case "tr_open":
                rows.append([])
            case "th_open":
                right.append("right" in str(token.attrGet("style")))
            case "inline":
                rows[-1].append(split(_inline(token.children or [])))
    return Table(tuple(map(tuple, rows)), tuple(right))


def _inline(tokens: Sequence[Token]) -> str:
    """Return the words of inline tokens; a link's address follows its text in parentheses."""
    parts: list[str] = []
    addresses: list[str] = []
    for token in tokens:
        match token.type:
            case "softbreak":
                parts.append(" ")
            case "hardbreak":
                parts.append("\n")
            case "link_open":
                addresses.append(str(token.attrGet("href")))
            case "link_close":
                address = addresses.pop()
                parts.append("" if parts and parts[-1] == address else f" ({address})")
            case _:
                parts.append(token.content)
    return "".join(parts)


def _records(rows: list[list[str]]) -> list[str]:
    """Return a wide table's rows as labelled lines, an empty line between two rows."""
    head, *body = rows
    lines: list[str] = []
    for row in body:
        labelled = (
            f"{label}: {cell}" if label else cell for label, cell in zip(head, row, strict=True) if cell
        )
        lines += ["", *(line for text in labelled for line in wrap(text, WIDTH))]
    return lines[1:]


def wrap(text: str, wide: int) -> list[str]:
    """Break text at spaces into lines of at most `wide` characters; a longer word keeps a line of its own."""
    if len(text) <= wide:
        return [text]
    lines, line = [], ""
    for word in text.split(" "):
        if line and len(line) + len(word) >= wide:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


def width(text: str) -> int:
    """Return how many columns a text takes: two for wide East Asian characters, none for combining ones."""
    if _NARROW.fullmatch(text):
        return len(text)
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def _broken(text: str) -> str:
    """Cut lines that no mail may carry."""
    return "\n".join(
        line[at : at + LINE_LIMIT]
        for line in text.split("\n")
        for at in range(0, max(len(line), 1), LINE_LIMIT)
    )
