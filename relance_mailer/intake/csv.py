"""Invoices and payments from CSV files, in the form of examples/*.csv."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import TypeVar

from relance_mailer.dunning.invoice import DebtorKind
from relance_mailer.dunning.money import Money
from relance_mailer.errors import InputError
from relance_mailer.intake import cells
from relance_mailer.intake.columns import INVOICE_COLUMNS, PAYMENT_COLUMNS
from relance_mailer.intake.reasons import Reason
from relance_mailer.intake.records import InvoiceRecord, PaymentRecord, RowError
from relance_mailer.intake.table import Row, Table, read_table, shown

T = TypeVar("T")


@dataclass(slots=True)
class _Reading:
    """A row while it is read: `read` converts one cell and notes what is wrong with it."""

    table: Table
    row: Row
    errors: list[RowError] = field(default_factory=list)

    def read(self, name: str, convert: Callable[[str], T], default: T, *, required: bool = False) -> T:
        """Return the cell's value; `default` if it is empty, absent or refused."""
        index = self.table.place.get(name)
        cell = "" if index is None else self.row.cells[index]
        if not cell:
            if required:
                self.refuse(name, Reason.MISSING)
            return default
        try:
            return convert(cell)
        except cells.CellError as error:
            self.refuse(name, error.reason, *error.arguments)
            return default

    def refuse(self, name: str, reason: Reason, *arguments: object) -> None:
        """Note that the row cannot go in because of the cell of `name` ("" for the whole row)."""
        index = self.table.place.get(name)
        column, value = ("", "") if index is None else (self.table.header[index], self.row.cells[index])
        words = tuple(shown(str(argument)) for argument in arguments)
        self.errors.append(RowError(self.row.line, column, shown(value), reason, words))


def parse_invoices(
    data: bytes, *, currency: str = "EUR", country: str = "FR"
) -> tuple[list[InvoiceRecord], list[RowError]]:
    """Return the invoices and credit notes in a CSV file, and the rows that were refused.

    Args:
        data: the file's bytes: UTF-8 with or without BOM, or Windows-1252.
        currency: ISO 4217 code of rows that state none.
        country: alpha-2 code of debtors whose row states none.

    Raises:
        InputError: the file cannot be used as a whole.
    """
    table = read_table(data, INVOICE_COLUMNS)
    records: dict[str, InvoiceRecord] = {}
    errors: list[RowError] = []
    for row in table.rows:
        if isinstance(row, RowError):
            errors.append(row)
            continue
        reading = _Reading(table, row)
        record = _invoice(reading, currency, country)
        if not reading.errors and (first := records.get(record.number)):
            same = replace(record, line=first.line) == first
            reason = Reason.REPEATED_INVOICE if same else Reason.CONFLICTING_INVOICE
            reading.refuse("number", reason, first.line)
        if reading.errors:
            errors.extend(reading.errors)
        else:
            records[record.number] = record
    return list(records.values()), errors


def _invoice(reading: _Reading, currency: str, country: str) -> InvoiceRecord:
    """Read one row; the record counts only if `reading` has noted no error."""
    read = reading.read
    a_sum = partial(cells.a_sum, currency=read("currency", cells.a_currency, currency))
    total = read("total", a_sum, Money.zero(currency), required=True)
    balance: Money | None = read("balance", a_sum, None)
    balance_on: date | None = read("balance_on", cells.a_date, None)
    issued = read("issued", cells.a_date, date.min, required=True)
    # a credit note falls due with its own date unless the file says otherwise
    due = read("due", cells.a_date, issued, required=total.amount >= 0)
    country = read("country", cells.a_country, country)
    record = InvoiceRecord(
        line=reading.row.line,
        number=read("number", cells.a_reference, "", required=True),
        debtor_reference=read("debtor_reference", cells.a_reference, "", required=True),
        debtor_name=read("debtor_name", cells.a_name, "", required=True),
        issued=issued,
        due=due,
        total=total,
        emails=read("emails", cells.emails, ()),
        balance=balance,
        balance_on=balance_on if balance is not None else None,
        order_number=read("order_number", cells.a_reference, ""),
        kind=read("kind", cells.a_kind, DebtorKind.UNKNOWN),
        language=read("language", cells.a_language, cells.language_of(country)),
        street=read("street", cells.a_name, ""),
        postal_code=read("postal_code", cells.a_reference, ""),
        city=read("city", cells.a_name, ""),
        country=country,
        siren=read("siren", cells.a_siren, ""),
        vat=read("vat", cells.a_vat_number, ""),
        contact_name=read("contact_name", cells.a_name, ""),
    )
    if not reading.errors:
        _check_invoice(reading, record)
    return record


def _check_invoice(reading: _Reading, record: InvoiceRecord) -> None:
    """Refuse a row whose cells are each sound but contradict one another."""
    total, balance = record.total, record.balance
    if not total:
        reading.refuse("total", Reason.ZERO)
    if record.due < record.issued:
        reading.refuse("due", Reason.DUE_BEFORE_ISSUED, f"{record.issued:%d/%m/%Y}")
    if balance and (balance.amount < 0) != (total.amount < 0):
        reading.refuse("balance", Reason.BALANCE_SIGN, total)
    elif balance and abs(balance.amount) > abs(total.amount):
        reading.refuse("balance", Reason.BALANCE_LARGER, total)


def parse_payments(data: bytes, *, currency: str = "EUR") -> tuple[list[PaymentRecord], list[RowError]]:
    """Return the payments in a CSV file, and the rows that were refused.

    Args:
        data: the file's bytes: UTF-8 with or without BOM, or Windows-1252.
        currency: ISO 4217 code of rows that state none.

    Raises:
        InputError: the file cannot be used as a whole.
    """
    table = read_table(data, PAYMENT_COLUMNS)
    if not table.place.keys() & {"debtor_reference", "invoice_numbers"}:
        raise InputError(
            "The columns “Code client” and “Factures” are both missing; add at least one of them."
        )
    records: list[PaymentRecord] = []
    errors: list[RowError] = []
    seen: dict[str, int] = {}
    twins: Counter[str] = Counter()
    for row in table.rows:
        if isinstance(row, RowError):
            errors.append(row)
            continue
        reading = _Reading(table, row)
        record = _payment(reading, currency)
        if not reading.errors and not record.bank_reference:
            twins[record.key] += 1
            record = replace(record, occurrence=twins[record.key])
        if not reading.errors and record.key in seen:
            reading.refuse("bank_reference", Reason.REPEATED_BANK_REFERENCE, seen[record.key])
        if reading.errors:
            errors.extend(reading.errors)
        else:
            seen[record.key] = record.line
            records.append(record)
    return records, errors


def _payment(reading: _Reading, currency: str) -> PaymentRecord:
    """Read one row; the record counts only if `reading` has noted no error."""
    read = reading.read
    a_sum = partial(cells.a_sum, currency=read("currency", cells.a_currency, currency))
    record = PaymentRecord(
        line=reading.row.line,
        paid_on=read("paid_on", cells.a_date, date.min, required=True),
        amount=read("amount", a_sum, Money.zero(currency), required=True),
        bank_reference=read("bank_reference", cells.a_reference, ""),
        debtor_reference=read("debtor_reference", cells.a_reference, ""),
        invoice_numbers=read("invoice_numbers", cells.references, ()),
        label=read("label", cells.a_label, ""),
    )
    if not reading.errors and not record.amount:
        reading.refuse("amount", Reason.ZERO)
    if not reading.errors and not (record.debtor_reference or record.invoice_numbers):
        reading.refuse("debtor_reference", Reason.NO_DEBTOR)
    return record
