"""What stands below the header: data rows, and what reports put between them: totals, carry-overs, page headings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from relance_mailer.intake import sums
from relance_mailer.intake.cells import plain
from relance_mailer.intake.evidence import Fields
from relance_mailer.intake.grid import Cell, Grid, Head, Row, text_of
from relance_mailer.intake.reasons import Reason
from relance_mailer.intake.records import RowError, shown

#: The first word of a line of totals, without accents, after what may stand before it.
_TOTALS = frozenset({"total", "totaux", "soustotal", "subtotal", "totals", "report", "reporter", "cumul"})
_BEFORE_TOTAL = frozenset({"sous", "sub", "grand", "montant", "a"})
_FEW = 2  # cells of a line that says something but is no row
_SENTENCE = 3  # words, where they stand in the column of the numbers


def data_rows(grid: Grid, head: Head, fields: Fields, remarks: list[RowError]) -> Iterator[Row | RowError]:
    """Yield the rows with just the header's cells; what reports put between them goes to `remarks`.

    A row that is nothing but a sum is held back: the last one is a total, any other a spoilt row.
    """
    width = len(head.cells)
    held: Row | None = None
    key, day = fields.key, fields.dates[0] if fields.dates else None
    for row in grid.rows(head):
        if held is not None:
            yield held
            held = None
        if isinstance(row, RowError):
            yield row
            continue
        cells = row.cells
        if (
            len(cells) == width
            and day is not None
            and key is not None
            and cells[key]
            and str(cells[day])[:1].isdigit()
        ):
            yield row  # nothing but a data row looks so
            continue
        fitted = _fitted(row, width)
        if reason := _no_data(cells, head, fields):
            remarks.append(RowError(row.line, "", _text(row), reason))
        elif isinstance(fitted, Row) and _is_only_sums(fitted.cells, fields):
            held = fitted
        else:
            yield fitted
    if held is not None:
        remarks.append(RowError(held.line, "", _text(held), Reason.TOTAL_ROW))


def _fitted(row: Row, width: int) -> Row | RowError:
    if len(row.cells) == width:
        return row
    cells = list(row.cells)
    while len(cells) > width and cells[-1] == "":  # spreadsheets add empty cells at the end
        cells.pop()
    if len(cells) == width:
        return Row(row.line, cells)
    reason = Reason.TOO_FEW_CELLS if len(cells) < width else Reason.TOO_MANY_CELLS
    return RowError(row.line, "", _text(row), reason, (str(len(cells)), str(width)))


def _no_data(cells: Sequence[Cell], head: Head, fields: Fields) -> Reason | None:
    """Return what a row is that is plainly no data, None if it may be data."""
    if list(cells) == head.cells:
        return Reason.REPEATED_HEADER
    if not fields.dates or any(_has_digit(cell) for cell in _at(cells, fields.dates)):
        return None
    filled = [cell for cell in cells if cell != ""]
    named = next(iter(_at(cells, [fields.key])), "") if fields.key is not None else ""
    if _says_total(filled[0]) and named in {"", filled[0]}:
        return Reason.TOTAL_ROW
    if any(sums.is_sum(text_of(cell)) for cell in _at(cells, fields.sums)):
        return None
    is_text = (
        len(filled) <= _FEW if not named else len(filled) == 1 and len(text_of(named).split()) >= _SENTENCE
    )
    return Reason.TEXT_ROW if is_text else None


def _at(cells: Sequence[Cell], indexes: Sequence[int]) -> list[Cell]:
    return [cells[index] for index in indexes if index < len(cells)]


def _has_digit(cell: Cell) -> bool:
    return any(mark.isdigit() for mark in text_of(cell))


def _says_total(cell: Cell) -> bool:
    if not isinstance(cell, str):
        return False
    words = plain(cell[:100]).split()
    while words and words[0] in _BEFORE_TOTAL:
        words.pop(0)
    return bool(words) and words[0] in _TOTALS


def _is_only_sums(cells: Sequence[Cell], fields: Fields) -> bool:
    filled = {index for index, cell in enumerate(cells) if cell != ""}
    return bool(filled and fields.dates) and filled <= set(fields.sums)


def _text(row: Row) -> str:
    return shown(" ".join(text_of(cell) for cell in islice(row.cells, 50) if cell != ""))
