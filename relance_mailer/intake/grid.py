"""Rows of cells as they lie in a file, before anyone knows what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol, TypeAlias

from relance_mailer.intake.form import Form
from relance_mailer.intake.records import RowError

HEAD = 30  #: rows among which the header is looked for

#: A text file's cell is always a text; a workbook's may be a number or a day.
Cell: TypeAlias = str | Decimal | date


@dataclass(frozen=True, slots=True)
class Row:
    """One data row.

    Attributes:
        line: what a person sees: the line of a text on which it begins, the row of a sheet, from 1.
        cells: as many as the header has, texts without surrounding spaces, "" where nothing stands.
    """

    line: int
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Head:
    """A row that may be the header.

    Attributes:
        line: as for `Row`.
        cells: its texts.
        after: where the grid goes on.
    """

    line: int
    cells: list[str]
    after: int


class Grid(Protocol):
    """One way to see a file as rows: a text cut at one separator, or one sheet of a workbook."""

    @property
    def form(self) -> Form:
        """What is known of the file so far."""

    def heads(self) -> Iterator[Head]:
        """Yield the first rows that have something on them, at most `HEAD`."""

    def rows(self, head: Head) -> Iterator[Row | RowError]:
        """Yield the rows after `head` that have something on them; it can be asked again."""


def text_of(cell: Cell) -> str:
    """Return what a person would write for a cell: 2026001, 1250.5, 2026-01-05."""
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return cell if isinstance(cell, str) else cell.isoformat()
