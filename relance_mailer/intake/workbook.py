"""Workbooks: the sheets of XLSX and ODS files as rows of cells. Macros, links and formulas are never looked at."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import TypeVar

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from relance_mailer.errors import InputError
from relance_mailer.intake.archive import DAMAGED, repacked
from relance_mailer.intake.form import FileKind, Form, Hints
from relance_mailer.intake.grid import HEAD, Cell, Grid, Head, Row, text_of
from relance_mailer.intake.records import RowError

T = TypeVar("T")

MAX_SHEETS = 50
_ZIP, _OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def is_workbook(data: bytes) -> bool:
    """Tell whether the bytes begin as a workbook does, new or old."""
    return data.startswith((_ZIP, _OLD))


def open_workbook(data: bytes, hints: Hints) -> Sequence[Grid]:
    """Return the visible sheets of a workbook, or the one that was named.

    Raises:
        InputError: it is no workbook, too large, of an old form, protected by a password, or has no such sheet.
    """
    if data.startswith(_OLD):
        raise _old(data)
    kind, packed = repacked(data)
    workbook = _sound(lambda: CalamineWorkbook.from_filelike(io.BytesIO(packed)))
    named = [sheet.name for sheet in workbook.sheets_metadata if sheet.typ is SheetTypeEnum.WorkSheet]
    visible = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.name in named and sheet.visible is SheetVisibleEnum.Visible
    ]
    chosen = [name for name in named if name.casefold() == hints.sheet.casefold()] if hints.sheet else visible
    if not chosen:
        there = ", ".join(f"“{name}”" for name in named[:20])
        raise InputError(
            f"The workbook has no sheet “{hints.sheet[:60]}”; it has {there}."
            if hints.sheet
            else "The workbook has no visible sheet; show the one that is meant."
        )
    if len(chosen) > MAX_SHEETS:
        raise InputError(
            f"The workbook has more than {MAX_SHEETS} sheets; say in the configuration which one counts."
        )
    return [SheetGrid(kind, _sound(partial(workbook.get_sheet_by_name, name))) for name in chosen]


def _old(data: bytes) -> InputError:
    # calamine reads the old form too, but turns cells whose formula failed into empty ones
    if _ENCRYPTED in data:
        return InputError("The workbook is protected by a password; save it without one.")
    return InputError(
        "The file is an old Excel workbook; open it in the spreadsheet and save it as .xlsx or .ods."
    )


def _sound(call: Callable[[], T]) -> T:
    """Return what a call into the workbook reader gives; InputError whatever it fails of."""
    try:
        return call()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the reader, written in Rust, is no Exception
        raise InputError(DAMAGED) from error


@dataclass(frozen=True, slots=True)
class SheetGrid:
    """One sheet of a workbook."""

    kind: FileKind
    sheet: CalamineSheet

    @property
    def form(self) -> Form:
        """What is known of the file so far."""
        return Form(self.kind, sheet=self.sheet.name)

    def heads(self) -> Iterator[Head]:
        """Yield the first rows that have something on them."""
        for seen, row in enumerate(self._filled(0)):
            if seen == HEAD:
                return
            yield Head(row.line, [text_of(cell) for cell in row.cells], row.line)

    def rows(self, head: Head) -> Iterator[Row | RowError]:
        """Yield the rows under the header `head`, blank ones left out."""
        yield from self._filled(head.after)

    def _filled(self, start: int) -> Iterator[Row]:
        for line, values in enumerate(self.sheet.iter_rows(), start=1):
            if line > start and (cells := [_cell(value) for value in values]) and any(c != "" for c in cells):
                yield Row(line, cells)


def _cell(value: object) -> Cell:
    """Return a cell's value: numbers with the fifteen digits that a spreadsheet shows, days without a time."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    return Decimal(value) if isinstance(value, int) else str(value)


def _number(value: float) -> Cell:
    if not math.isfinite(value):
        return "#NUM!"
    return Decimal(int(value)) if value.is_integer() else Decimal(format(value, ".15g"))
