"""The files that can be imported: their columns, their form, and the rows that were refused, to be corrected."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import TypeGuard

from relance_mailer.dunning.money import digits
from relance_mailer.errors import InputError
from relance_mailer.intake.columns import INVOICE_COLUMNS, PAYMENT_COLUMNS
from relance_mailer.intake.debtors import DEBTOR_COLUMNS, debtors_of
from relance_mailer.intake.form import Hints, Proposal
from relance_mailer.intake.grid import Cell, Row, text_of
from relance_mailer.intake.invoices import invoices_of
from relance_mailer.intake.payments import payments_of
from relance_mailer.intake.propose import propose
from relance_mailer.intake.records import RowError, explain
from relance_mailer.intake.table import Column, Table, read_table
from relance_mailer.services.import_report import How
from relance_mailer.services.import_run import Progress, Step, silent
from relance_mailer.services.office import Office
from relance_mailer.texts.words import say

_EVERY = 500  #: rows between two words about the progress
_WORKBOOK = b"PK"
_WHOSE = {"debtor_reference", "debtor_name", "invoice_numbers"}  #: one of them says whose a payment is
#: What makes a spreadsheet take a cell for a formula (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA = frozenset("=+-@\t\r")
_NUMBER = re.compile(r"[+-]?\d[\d.,'\u00a0\u202f ]{0,30}(?:€|%|[A-Z]{3})?")


class FileOf(StrEnum):
    """What a file holds."""

    INVOICES = "invoices"
    PAYMENTS = "payments"
    DEBTORS = "debtors"

    @property
    def columns(self) -> Sequence[Column]:
        """The columns that such a file may have."""
        return _COLUMNS[self]


_COLUMNS = {
    FileOf.INVOICES: INVOICE_COLUMNS,
    FileOf.PAYMENTS: PAYMENT_COLUMNS,
    FileOf.DEBTORS: DEBTOR_COLUMNS,
}


def configured(office: Office, kind: FileOf) -> Hints:
    """Return what the configuration says of the form of such files."""
    settings = {
        FileOf.INVOICES: office.config.imports.invoices,
        FileOf.PAYMENTS: office.config.imports.payments,
        FileOf.DEBTORS: office.config.imports.debtors,
    }
    return settings[kind].hints


def open_table(office: Office, kind: FileOf, data: bytes, how: How) -> Table:
    """Return a file's table, that tells how far its reading is.

    Raises:
        AmbiguousError: the file can be read in two ways, and neither it nor the hints tell which.
        InputError: the file as a whole cannot be used.
    """
    lines = 0 if data.startswith(_WORKBOOK) else data.count(b"\n")
    how.progress(Step.READING, 0, lines)
    hints = how.hints or configured(office, kind)
    table = read_table(data, kind.columns, hints, decimals=digits(office.config.creditor.currency))
    return replace(table, rows=_told(table.rows, how.progress, lines))


def guess(office: Office, kind: FileOf, data: bytes, hints: Hints) -> Proposal:
    """Return how a file would be read; InputError if it is no file of rows at all."""
    currency = office.config.creditor.currency
    judge = partial(_errors, office, kind)
    proposal = propose(data, kind.columns, hints, currency=currency, judge=judge)
    order = [column.field for column in kind.columns]
    mapping = {name: proposal.mapping[name] for name in order if name in proposal.mapping}
    missing = proposal.missing
    if kind is FileOf.PAYMENTS and not mapping.keys() & _WHOSE:
        missing = (*missing, "debtor_reference")
    return replace(proposal, mapping=mapping, missing=missing)


def _errors(office: Office, kind: FileOf, table: Table) -> list[RowError] | None:
    """Return why the import would refuse rows of a table; None if it cannot read such a table at all."""
    creditor = office.config.creditor
    table = replace(table, rows=_told(table.rows, silent, 0))
    try:
        if kind is FileOf.INVOICES:
            return invoices_of(table, currency=creditor.currency, country=creditor.country)[1]
        if kind is FileOf.PAYMENTS:
            return payments_of(table, currency=creditor.currency)[1]
        return debtors_of(table, policies=office.policies, country=creditor.country)[1]
    except InputError:
        return None


def _told(rows: Iterator[Row | RowError], progress: Progress, lines: int) -> Iterator[Row | RowError]:
    """Yield the rows without the apostrophes of `harmless`, telling now and then how many there were."""
    for number, row in enumerate(rows, 1):
        if not number % _EVERY:
            progress(Step.READING, min(number, lines), lines)
        if isinstance(row, Row) and any(_is_made_harmless(cell) for cell in row.cells):
            yield Row(row.line, [cell[1:] if _is_made_harmless(cell) else cell for cell in row.cells])
        else:
            yield row


def _is_made_harmless(cell: Cell) -> TypeGuard[str]:
    return isinstance(cell, str) and cell[:1] == "'" and cell[1:2] in _FORMULA


def refused_rows(
    office: Office, kind: FileOf, data: bytes, hints: Hints | None, errors: Sequence[RowError]
) -> bytes:
    """Return the rows that were refused as a CSV file, with the reasons in a last column, to be corrected and imported.

    It is written as the hints say that such files are, so that the same configuration reads it.
    """
    hints = hints or configured(office, kind)
    language = office.config.language
    table = read_table(data, kind.columns, hints, decimals=digits(office.config.creditor.currency))
    reasons: dict[int, list[str]] = {}
    for error in errors:
        reasons.setdefault(error.line, []).append(explain(error, language))
    because = say("import.refused_because", language)
    kept = [index for index, name in enumerate(table.header) if name != because]
    text = io.StringIO("\r\n" * ((hints.header_line or 1) - 1), newline="")
    text.seek(0, io.SEEK_END)
    writer = csv.writer(text, delimiter=hints.separator or ";")
    writer.writerow(harmless(cell) for cell in (*(table.header[index] for index in kept), because))
    for row in table.rows:
        if row.line in reasons:
            cells = _cells(row, len(table.header))
            writer.writerow(
                harmless(cell) for cell in (*(cells[i] for i in kept), " ".join(reasons[row.line]))
            )
    return text.getvalue().encode(hints.encoding or "utf-8-sig", errors="replace")


def _cells(row: Row | RowError, width: int) -> list[str]:
    """Return a row's cells as texts; what could not be cut into cells stands in the first."""
    if isinstance(row, RowError):
        return [row.value, *[""] * (width - 1)]
    return [text_of(cell) for cell in row.cells]


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe before what would be one; numbers stay."""
    if cell[:1] in _FORMULA and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
