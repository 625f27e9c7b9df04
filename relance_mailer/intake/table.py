"""A file whose header is understood and whose form is known: rows of cells, each under its field.

What makes the whole file unusable is an InputError; what spoils one row is a RowError, and the next row is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from relance_mailer.errors import InputError
from relance_mailer.intake import header as headers
from relance_mailer.intake.body import data_rows
from relance_mailer.intake.evidence import Fields, weigh
from relance_mailer.intake.form import NO_HINTS, AmbiguousError, Answer, Form, Hints, Question
from relance_mailer.intake.grid import Grid, Head, Row
from relance_mailer.intake.header import Column, Names
from relance_mailer.intake.records import RowError, shown
from relance_mailer.intake.textfile import open_text
from relance_mailer.intake.workbook import is_workbook, open_workbook

__all__ = ["Column", "Row", "Survey", "Table", "read_table", "shown", "survey"]

MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose header is understood.

    Attributes:
        form: what the file turned out to be.
        header: the column names as the file writes them.
        place: for each field that the file has, the index of its column.
        rows: the data rows, blank ones left out; a RowError in the place of one that cannot be cut into cells.
        remarks: rows that were left out though something stands there (lines of totals), once `rows` has run.
        refused: lines of refused rows by the invoice's number, as far as it can be read, once they were looked at.
    """

    form: Form
    header: list[str]
    place: dict[str, int]
    rows: Iterator[Row | RowError]
    remarks: list[RowError] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)


def read_table(
    data: bytes, columns: Sequence[Column], hints: Hints = NO_HINTS, *, decimals: int = 2
) -> Table:
    """Return the table in `data`: a text file or a workbook, its form found by looking at it.

    Args:
        data: the file's bytes.
        columns: what may stand in it.
        hints: what a person said about it.
        decimals: how many decimals the creditor's currency has; with three, 1,250 is what it seems.

    Raises:
        AmbiguousError: the file can be read in two ways, and neither it nor the hints tell which.
        InputError: the file as a whole cannot be used.
    """
    found = survey(data, columns, hints, decimals=decimals)
    if not found.place:
        raise _no_header(found.head, columns)
    for name, indexes in found.doubled.items():
        raise headers.doubled(name, found.header, indexes)
    for column in found.missing:
        raise headers.missing(column, found.header)
    if found.questions:
        raise AmbiguousError(found.questions)
    remarks: list[RowError] = []
    return Table(found.form, found.header, found.place, found.rows(remarks), remarks)


@dataclass(frozen=True, slots=True)
class Survey:
    """What a look at a whole file brought to light, good or not.

    Attributes:
        doubled: for a field that several columns with different cells may hold, their indexes.
        missing: required columns that are not there.
        questions: what the file does not tell.
    """

    grid: Grid
    head: Head
    header: list[str]
    place: dict[str, int]
    doubled: Mapping[str, Sequence[int]]
    missing: Sequence[Column]
    fields: Fields
    form: Form
    questions: Sequence[Question]

    def rows(self, remarks: list[RowError]) -> Iterator[Row | RowError]:
        """Yield the data rows, and note in `remarks` those left out."""
        return data_rows(self.grid, self.head, self.fields, remarks)


def survey(data: bytes, columns: Sequence[Column], hints: Hints = NO_HINTS, *, decimals: int = 2) -> Survey:
    """Look at a file without taking offence at what is missing or open; arguments as for `read_table`.

    Raises:
        InputError: it is no file of rows at all.
    """
    names = Names.of(columns, hints.columns)
    found = _best_headers(_open(data, hints), names, hints.header_line)
    grid, head = found[0]
    header = [shown(" ".join(cell.split())) for cell in head.cells]
    places = names.places(head.cells)
    fields = Fields.of(columns, header, {name: indexes[0] for name, indexes in places.items()})
    several = {name: indexes for name, indexes in places.items() if len(indexes) > 1}
    doubled = {
        name: indexes for name, indexes in several.items() if not _identical(grid, head, fields, indexes)
    }
    missing = [column for column in columns if column.required and column.field not in places]
    form = replace(grid.form, header_line=head.line)
    form, open_ = weigh(form, fields, lambda: data_rows(grid, head, fields, []), hints, decimals)
    questions = (*_which_sheet(found), *open_)
    return Survey(grid, head, header, fields.place, doubled, missing, fields, form, questions)


def _open(data: bytes, hints: Hints) -> Sequence[Grid]:
    if not data.strip():
        raise InputError("The file is empty; export it again.")
    if len(data) > MAX_BYTES:
        raise InputError(
            f"The file is larger than {MAX_BYTES // 1024**2} MiB; split it and import the parts one by one."
        )
    if data.startswith(b"%PDF"):
        raise InputError("The file is a PDF; export a CSV file or a workbook instead.")
    return open_workbook(data, hints) if is_workbook(data) else open_text(data, hints)


def _best_headers(grids: Sequence[Grid], names: Names, line: int | None) -> list[tuple[Grid, Head]]:
    """Return the row that names most of our fields, the first of equals, and the grid in which it does.

    Other grids in which a row names as many follow. Where no row names any, the first of the widest is the one to show.
    """
    best: list[tuple[tuple[int, int], Grid, Head]] = []
    for grid in grids:
        heads = [head for head in grid.heads() if line in {None, head.line}]
        if heads:
            head = max(heads, key=lambda head: _score(head, names))
            best.append((_score(head, names), grid, head))
    if not best:
        where = "its first line" if line is None else f"line {line}, where the hint says it stands,"
        raise InputError(f"The file has no header line; {where} must name the columns.")
    highest = max(score for score, _, _ in best)
    return [(grid, head) for score, grid, head in best if score == highest]


def _score(head: Head, names: Names) -> tuple[int, int]:
    known = len(names.places(head.cells))
    return known, 0 if known > 1 else sum(map(bool, head.cells))


def _which_sheet(found: Sequence[tuple[Grid, Head]]) -> list[Question]:
    """Return the question which of several sheets counts, if more than one has rows."""
    sheets = [
        grid.form.sheet for grid, head in found if grid.form.sheet and any(True for _ in grid.rows(head))
    ]
    if len(sheets) < 2:
        return []
    return [Question("sheet", "", tuple(sheets), tuple(Answer(name, ()) for name in sheets))]


def _no_header(head: Head, columns: Sequence[Column]) -> InputError:
    required = ", ".join(f"“{column.names[0]}”" for column in columns if column.required)
    return InputError(
        "No line at the top of the file names a known column, so that there is no header; the likeliest is line "
        f"{head.line}: “{shown(' '.join(head.cells))}”. "
        f"One line must name the columns, at least {required}, or the configuration must say what they are called."
    )


def _identical(grid: Grid, head: Head, fields: Fields, indexes: Sequence[int]) -> bool:
    rows = (row for row in data_rows(grid, head, fields, []) if isinstance(row, Row))
    return all(len({row.cells[index] for index in indexes}) == 1 for row in rows)
