"""One row read cell by cell: texts by converters, dates and sums in the file's own form."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeVar

from relance_mailer.dunning.money import Money
from relance_mailer.intake import dates, sums
from relance_mailer.intake.cells import CellError, a_reference
from relance_mailer.intake.form import Form
from relance_mailer.intake.grid import Cell, Row, text_of
from relance_mailer.intake.reasons import Reason
from relance_mailer.intake.records import RowError, shown
from relance_mailer.intake.table import Table

T = TypeVar("T")
D = TypeVar("D")

#: What a failed formula leaves behind, in a workbook and in a text saved from it, in English and in French.
_FAILED = frozenset({
    "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#VALEUR!", "#NOM?",
    "#NOMBRE!", "#NUL!", "#N/D",
})  # fmt: skip
_FAILED_CODE = re.compile("Err:[0-9]{3}")  # LibreOffice
_EXACT = Decimal(10) ** 15  # a spreadsheet keeps fifteen digits of a number


@dataclass(slots=True)
class Reading:
    """A row while it is read: each method converts one cell and notes what is wrong with it."""

    table: Table
    row: Row
    errors: list[RowError] = field(default_factory=list)
    _place: dict[str, int] = field(init=False)
    _cells: Sequence[Cell] = field(init=False)

    def __post_init__(self) -> None:
        self._place, self._cells = self.table.place, self.row.cells  # looked up twenty times a row

    def read(self, name: str, convert: Callable[[str], T], default: D, *, required: bool = False) -> T | D:
        """Return what `convert` makes of the cell's text; `default` if the cell is empty, absent or refused."""
        index = self._place.get(name)
        cell = "" if index is None else self._cells[index]
        if cell == "":
            if required:
                self.refuse(name, Reason.MISSING)
            return default
        try:
            # nearly every cell is a text that is no failed formula, and need not go through `written`
            return convert(cell if type(cell) is str and cell[0] not in "#E" else written(cell))
        except CellError as error:
            self.refuse(name, error.reason, *error.arguments)
            return default

    def read_date(self, name: str, default: D, *, required: bool = False) -> date | D:
        """Return the cell's day, read in the file's order of day and month."""
        cell, form = self._cell(name), self.table.form
        if cell == "" and not required:
            return default
        return self.read(name, lambda _: a_day(cell, name, form), default, required=required)

    def read_sum(self, name: str, currency: str, default: D, *, required: bool = False) -> Money | D:
        """Return the cell's sum in `currency`, read with the file's decimal sign."""
        cell, form = self._cell(name), self.table.form
        if cell == "" and not required:
            return default
        return self.read(name, lambda _: a_money(cell, currency, form), default, required=required)

    def read_sum_or(self, name: str, currency: str, words: Callable[[str], T | None]) -> Money | T | None:
        """Return what `words` makes of the cell's text, its sum where that is nothing, None if the cell is empty."""
        cell, form = self._cell(name), self.table.form
        return self.read(name, lambda text: words(text) or a_money(cell, currency, form), None)

    def read_number(self, name: str, convert: Callable[[str], T], default: D, *widths: int) -> T | D:
        """Return an identifying number of one of these widths, with the zeros in front that a workbook dropped."""
        cell = self._cell(name)
        if isinstance(cell, Decimal):
            digits = text_of(cell)
            width = min((width for width in widths if width >= len(digits)), default=0)
            return self.read(name, lambda _: convert(digits.zfill(width)), default)
        return self.read(name, convert, default)

    def read_postal_code(self, country: str) -> str:
        """Return the postal code; in France one of four digits has lost its zero to a spreadsheet.

        Args:
            country: the row's, from its own cell or by default; a text of four digits counts only if the row states it.
        """
        code = self.read("postal_code", a_reference, "")
        if len(code) != 4 or country != "FR" or not code.isdigit():
            return code
        is_sure = isinstance(self._cell("postal_code"), Decimal) or self._cell("country") != ""
        return f"0{code}" if is_sure else code

    def refuse(self, name: str, reason: Reason, *arguments: object) -> None:
        """Note that the row cannot go in because of the cell of `name` ("" for the whole row)."""
        words = tuple(shown(str(argument)) for argument in arguments)
        value = shown(text_of(self._cell(name)))
        self.errors.append(RowError(self.row.line, self.header_of(name), value, reason, words))

    def remark(self, name: str, reason: Reason, *arguments: str) -> None:
        """Note what a person should know of the cell of `name` though the row goes in."""
        value = shown(text_of(self._cell(name)))
        words = tuple(map(shown, arguments))
        self.table.remarks.append(RowError(self.row.line, self.header_of(name), value, reason, words))

    def remark_once(self, name: str, reason: Reason) -> None:
        """Note it unless another row of the file had it noted."""
        if all(remark.reason is not reason for remark in self.table.remarks):
            self.remark(name, reason)

    def header_of(self, name: str) -> str:
        """Return the header of a field's column as the file writes it, "" if it has none."""
        index = self._place.get(name)
        return "" if index is None else self.table.header[index]

    def _cell(self, name: str) -> Cell:
        index = self._place.get(name)
        return "" if index is None else self._cells[index]


def written(cell: Cell) -> str:
    """Return a cell's text for a converter; CellError for a failed formula and a number that lost digits."""
    if isinstance(cell, str):
        if cell[0] in "#E" and (cell.upper() in _FAILED or _FAILED_CODE.fullmatch(cell)):
            raise CellError(Reason.FORMULA_ERROR)
        return cell
    if isinstance(cell, Decimal) and abs(cell) >= _EXACT:
        raise CellError(Reason.SCIENTIFIC)
    return text_of(cell)


def a_day(cell: Cell, name: str, form: Form) -> date:
    """Return the day that a cell of the field `name` states, in a file of this form."""
    if isinstance(cell, date):
        if name in form.swapped and cell.day != cell.month:
            raise CellError(Reason.SWAPPED_DATE, f"{cell:%Y-%m-%d}", f"{cell:%Y-%d-%m}")
        return dates.checked(cell)
    text = text_of(cell)
    return dates.of_serial(text) if name in form.serials else dates.a_date(text, day_first=form.day_first)


def a_money(cell: Cell, currency: str, form: Form) -> Money:
    """Return the sum that a cell states, in a file of this form."""
    if isinstance(cell, Decimal):
        return sums.of_number(cell, currency)
    return sums.a_sum(text_of(cell), currency, form.decimal, told=form.decimal_told)
