"""Bytes to rows: encoding, separator, header and quotation marks of a CSV file that nobody vouches for.

What makes the whole file unusable is an InputError; what spoils one row is a RowError, and the next row is read.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from relance_mailer.errors import InputError
from relance_mailer.intake.cells import plain
from relance_mailer.intake.reasons import Reason
from relance_mailer.intake.records import RowError

MAX_BYTES = 64 * 1024 * 1024
MAX_LINES = 1_000_000
MAX_ROW = 64 * 1024  # characters on one line
MAX_LINES_A_ROW = 20  # a quoted cell may hold an address, not half a file
_SEPARATORS = (";", "\t", ",")
_BLANK = " \t\r\n;,"

#: First bytes of what people drop here instead of a CSV file.
_NOT_CSV = {
    b"PK\x03\x04": "an Excel or LibreOffice workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\xff\xfe": "a text in UTF-16",
    b"\xfe\xff": "a text in UTF-16",
}
_SAVE_AS = "open it in the spreadsheet and save it as “CSV UTF-8”"


@dataclass(frozen=True, slots=True)
class Column:
    """A column we know: its field, the header names that mean it (the first is the one we document)."""

    field: str
    names: tuple[str, ...]
    required: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One data row.

    Attributes:
        line: the line on which it begins, from 1.
        cells: as many as the header has, without surrounding spaces.
    """

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose header is understood.

    Attributes:
        header: the column names as the file writes them.
        place: for each field that the file has, the index of its column.
        rows: the data rows, blank ones left out; a RowError in the place of one that cannot be cut into cells.
    """

    header: list[str]
    place: dict[str, int]
    rows: Iterator[Row | RowError]


def shown(value: str) -> str:
    """Return `value` safe to print in a terminal or a log, cut to 80 characters."""
    cut = value if len(value) <= 80 else value[:79] + "…"
    return "".join(
        mark if mark.isprintable() or mark in "\u00a0\u202f" else ascii(mark)[1:-1] for mark in cut
    )


def read_table(data: bytes, columns: Sequence[Column]) -> Table:
    """Return the table in `data`; InputError if the file as a whole cannot be used."""
    text = _decoded(data)
    if text.count("\n") + text.count("\r") - text.count("\r\n") > MAX_LINES:
        raise InputError(
            f"The file has more than {MAX_LINES} lines; split it and import the parts one by one."
        )
    lines = list(io.StringIO(text, newline=""))  # cuts at \n, \r\n and \r, as editors count lines
    start = _header_line(lines)
    separator, header, taken = _header(lines, start, columns)
    place = _places(header, columns)
    return Table(header, place, _rows(lines, start + taken, separator, len(header)))


def _decoded(data: bytes) -> str:
    if not data.strip():
        raise InputError("The file is empty; export it again.")
    if len(data) > MAX_BYTES:
        raise InputError(
            f"The file is larger than {MAX_BYTES // 1024**2} MiB; split it and import the parts one by one."
        )
    for magic, what in _NOT_CSV.items():
        if data.startswith(magic):
            raise InputError(f"The file is {what}, not a CSV file; {_SAVE_AS}.")
    if b"\0" in data:
        raise InputError(f"The file holds NUL bytes, so it is no plain text; {_SAVE_AS}.")
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        return _windows_1252(data, error)


def _windows_1252(data: bytes, error: UnicodeDecodeError) -> str:
    marked = data.startswith(codecs.BOM_UTF8)
    line = data.count(b"\n", 0, error.start + len(codecs.BOM_UTF8) * marked) + 1
    # "é" in UTF-8 reads as "Ã©" in Windows-1252: a file that has both would bring spoilt names in, silently.
    if marked or re.search(rb"\xc3[\x80-\xbf]", data):
        raise InputError(f"The file is UTF-8 but damaged on line {line}; {_SAVE_AS}.") from None
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as other:
        line = data.count(b"\n", 0, other.start) + 1
        raise InputError(f"Line {line} is neither UTF-8 nor Windows-1252; {_SAVE_AS}.") from None


def _header_line(lines: list[str]) -> int:
    """Return the index of the header: the first line with something on it, after Excel's `sep=;` if there."""
    for index, line in enumerate(lines):
        if line.strip(_BLANK) and not re.fullmatch(r'"?sep=."?', line.strip("\r\n"), re.IGNORECASE):
            return index
    raise InputError("The file has no header line; its first line must name the columns.")


def _header(lines: list[str], start: int, columns: Sequence[Column]) -> tuple[str, list[str], int]:
    """Return the separator that gives the most known columns, the header's cells and how many lines they take."""
    known = {_canonical(name) for column in columns for name in column.names}
    best: tuple[int, str, list[str], int] = (0, "", [], 0)
    for separator in _SEPARATORS:
        taken, cells = _record(lines, start, separator, 0)
        if isinstance(cells, Reason):
            continue
        score = sum(_canonical(cell) in known for cell in cells)
        if score > best[0]:
            best = (score, separator, cells, taken)
    if not best[0]:
        required = ", ".join(f"“{column.names[0]}”" for column in columns if column.required)
        raise InputError(
            f"Line {start + 1} names no known column, so it is no header: “{shown(lines[start].strip())}”. "
            f"The first line must name the columns, at least {required}, separated by semicolons."
        )
    return best[1], [shown(" ".join(cell.split())) for cell in best[2]], best[3]


def _canonical(name: str) -> str:
    """Return a header name without what varies: case, accents, plural, articles, "N°", the words' order."""
    words = plain(name).split()
    skip = {"de", "du", "des", "d", "la", "le", "les", "l", "the", "of", "s"}
    same = {"n": "no", "nr": "no", "num": "no", "numero": "no", "number": "no", "reference": "ref"}
    kept = [same.get(word, word) for word in words if word not in skip]
    return " ".join(sorted(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in kept))


def _places(header: list[str], columns: Sequence[Column]) -> dict[str, int]:
    fields = {_canonical(name): column.field for column in columns for name in column.names}
    place: dict[str, int] = {}
    for index, name in enumerate(header):
        field = fields.get(_canonical(name))
        if field in place:
            raise InputError(
                f"The columns “{header[place[field]]}” and “{name}” mean the same; rename or remove one of them."
            )
        if field:
            place[field] = index
    for column in columns:
        if column.required and column.field not in place:
            there = ", ".join(f"“{name}”" for name in header if name)
            raise InputError(
                f"The column “{column.names[0]}” is missing; add it (also understood: "
                f"{', '.join(column.names[1:5])}). The file has {there}."
            )
    return place


def _rows(lines: list[str], start: int, separator: str, width: int) -> Iterator[Row | RowError]:
    index = start
    while index < len(lines):
        line = index + 1
        taken, cells = _record(lines, index, separator, width)
        if isinstance(cells, Reason):
            argument = (str(MAX_ROW),) if cells is Reason.ROW_TOO_LONG else ()
            yield RowError(line, "", shown(lines[index].strip()), cells, argument)
        elif row := _fitted(line, cells, width, lines[index]):
            yield row
        index += taken


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
    return reader.line_num, cells


def _swallows(cells: list[str], separator: str, width: int) -> bool:
    """Tell whether a record of several lines looks like two rows between stray quotation marks."""
    if width and len(cells) != width:
        return True
    inner = (line for cell in cells for line in cell.splitlines())
    return width > 1 and any(line.count(separator) >= width - 1 for line in inner)


def _fitted(line: int, cells: list[str], width: int, raw: str) -> Row | RowError | None:
    """Return the row with just the header's cells; None if it is blank."""
    cells = [cell.strip() for cell in cells]
    if not any(cells):
        return None
    if len(cells) == width:
        return Row(line, cells)
    while len(cells) > width and not cells[-1]:  # spreadsheets add empty cells at the end
        cells.pop()
    if len(cells) == width:
        return Row(line, cells)
    reason = Reason.TOO_FEW_CELLS if len(cells) < width else Reason.TOO_MANY_CELLS
    return RowError(line, "", shown(raw.strip()), reason, (str(len(cells)), str(width)))
