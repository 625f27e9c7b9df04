"""The lines of a text file, cut into cells: CSV, TSV, and what else separates by one character."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from relance_mailer.errors import InputError
from relance_mailer.intake.encoding import decode
from relance_mailer.intake.form import FileKind, Form, Hints
from relance_mailer.intake.grid import HEAD, Head, Row
from relance_mailer.intake.reasons import Reason
from relance_mailer.intake.records import RowError, shown

MAX_LINES = 1_000_000
MAX_ROW = 64 * 1024  # characters on one line
MAX_LINES_A_ROW = 20  # a quoted cell may hold an address, not half a file
_SEPARATORS = (";", "\t", ",", "|")


@dataclass(frozen=True, slots=True)
class TextGrid:
    """A text file cut at one separator."""

    lines: list[str]
    encoding: str
    separator: str

    @property
    def form(self) -> Form:
        """What is known of the file so far."""
        kind = FileKind.TSV if self.separator == "\t" else FileKind.CSV
        return Form(kind, encoding=self.encoding, separator=self.separator)

    def heads(self) -> Iterator[Head]:
        """Yield the first rows that have something on them."""
        index = seen = 0
        while index < len(self.lines) and seen < HEAD:
            taken, cells = _record(self.lines, index, self.separator, 0)
            if not isinstance(cells, Reason) and any(cells):
                seen += 1
                yield Head(index + 1, [cell.strip() for cell in cells], index + taken)
            index += taken

    def rows(self, head: Head) -> Iterator[Row | RowError]:
        """Yield the rows after the header `head`, blank ones left out."""
        index, width = head.after, len(head.cells)
        taken: int
        cells: list[str] | Reason
        while index < len(self.lines):
            line, first = index + 1, self.lines[index]
            if (
                '"' not in first and len(first) <= MAX_ROW
            ):  # what nearly every line is; the rest does the same, slower
                taken, cells = 1, first.rstrip("\r\n").split(self.separator)
            else:
                taken, cells = _record(self.lines, index, self.separator, width)
            if isinstance(cells, Reason):
                argument = (str(MAX_ROW),) if cells is Reason.ROW_TOO_LONG else ()
                yield RowError(line, "", shown(self.lines[index].strip()), cells, argument)
            else:
                cells = list(map(str.strip, cells))
                if any(cells):
                    yield Row(line, cells)
            index += taken


def open_text(data: bytes, hints: Hints) -> list[TextGrid]:
    """Return the file cut at each separator in question.

    Raises:
        InputError: it is no text, or has too many lines.
    """
    text, encoding = decode(data, hints.encoding)
    if text.count("\n") + text.count("\r") - text.count("\r\n") > MAX_LINES:
        raise InputError(
            f"The file has more than {MAX_LINES} lines; split it and import the parts one by one."
        )
    lines = list(io.StringIO(text, newline=""))  # cuts at \n, \r\n and \r, as editors count lines
    if len(hints.separator) > 1 or hints.separator in {'"', "\r", "\n"}:
        raise InputError(f"“{hints.separator[:20]}” cannot separate cells; name one character, as ; or tab.")
    separators = (hints.separator,) if hints.separator else _SEPARATORS
    return [TextGrid(lines, encoding, separator) for separator in separators]


def _record(lines: list[str], index: int, separator: str, width: int) -> tuple[int, list[str] | Reason]:
    """Return how many lines the record at `index` takes, and its cells or why they cannot be told.

    A quotation mark that is not closed would swallow the rows after it; then only its own line is given up.
    """
    first = lines[index]
    if len(first) > MAX_ROW:
        return 1, Reason.ROW_TOO_LONG
    if '"' not in first:
        return 1, first.rstrip("\r\n").split(separator)
    reader = csv.reader(
        lines[index : index + MAX_LINES_A_ROW], delimiter=separator, strict=True, skipinitialspace=True
    )
    try:
        cells = next(reader)
    except csv.Error:
        return 1, Reason.UNCLOSED_QUOTE
    if reader.line_num > 1 and _swallows(cells, separator, width):
        return 1, Reason.UNCLOSED_QUOTE
    return reader.line_num, [_unwrapped(cell) for cell in cells]


def _unwrapped(cell: str) -> str:
    """Return the text in ="000123", which programs write so that Excel leaves the zeros."""
    inner = cell.strip()
    is_wrapped = inner.startswith('="') and inner.endswith('"') and inner.count('"') == 2
    return inner[2:-1] if is_wrapped else cell


def _swallows(cells: list[str], separator: str, width: int) -> bool:
    """Tell whether a record of several lines looks like two rows between stray quotation marks."""
    if width and len(cells) != width:
        return True
    inner = (line for cell in cells for line in cell.splitlines())
    return width > 1 and any(line.count(separator) >= width - 1 for line in inner)
