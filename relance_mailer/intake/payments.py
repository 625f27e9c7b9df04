"""Payments from a file, in the form of examples/reglements.csv or any other that tells the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

from relance_mailer.dunning.money import Money, digits
from relance_mailer.errors import InputError
from relance_mailer.intake import cells, sums
from relance_mailer.intake.columns import PAYMENT_COLUMNS
from relance_mailer.intake.form import NO_HINTS, Hints
from relance_mailer.intake.reasons import Reason
from relance_mailer.intake.records import PaymentRecord, RowError
from relance_mailer.intake.rows import Reading
from relance_mailer.intake.sums import a_currency
from relance_mailer.intake.table import Table, read_table


def parse_payments(
    data: bytes, *, currency: str = "EUR", hints: Hints = NO_HINTS
) -> tuple[list[PaymentRecord], list[RowError]]:
    """Return the payments in a file, and the rows that were refused.

    Args:
        data: the file's bytes: CSV, TSV, XLSX or ODS.
        currency: ISO 4217 code of rows that state none.
        hints: what a person said about the file's form.

    Raises:
        AmbiguousError: the file can be read in two ways, and neither it nor the hints tell which.
        InputError: the file cannot be used as a whole.
    """
    return payments_of(read_table(data, PAYMENT_COLUMNS, hints, decimals=digits(currency)), currency=currency)


def payments_of(table: Table, *, currency: str = "EUR") -> tuple[list[PaymentRecord], list[RowError]]:
    """Return the payments in a table, and the rows that were refused; `table.remarks` tells what was left out.

    Raises:
        InputError: the table names neither debtors nor invoices.
    """
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
        reading = Reading(table, row)
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


def _payment(reading: Reading, currency: str) -> PaymentRecord:
    """Read one row; the record counts only if `reading` has noted no error."""
    read = reading.read
    currency = read("currency", a_currency, currency)
    record = PaymentRecord(
        line=reading.row.line,
        paid_on=reading.read_date("paid_on", date.min, required=True),
        amount=_amount(reading, currency),
        bank_reference=read("bank_reference", cells.a_reference, ""),
        debtor_reference=read("debtor_reference", cells.a_reference, ""),
        invoice_numbers=read("invoice_numbers", cells.references, ()),
        label=read("label", cells.a_label, ""),
    )
    if not reading.errors and not record.amount:
        reading.refuse("amount", Reason.ZERO)
    is_received = read("status", cells.is_received, default=True)
    if not reading.errors and record.amount.amount > 0 and not is_received:
        reading.refuse("status", Reason.NOT_RECEIVED)
    if not reading.errors and not (record.debtor_reference or record.invoice_numbers):
        reading.refuse("debtor_reference", Reason.NO_DEBTOR)
    return record


def _amount(reading: Reading, currency: str) -> Money:
    """Return what came in; statements that have a column for debits write there, without a sign, what was taken back."""
    zero = Money.zero(currency)
    if sums.currency_told(reading.header_of("amount")) not in ("", currency):
        reading.refuse("amount", Reason.TWO_CURRENCIES, currency)
        return zero
    debit = reading.read_sum("debit", currency, zero)
    credit = reading.read_sum("amount", currency, zero, required=not debit)
    if credit and debit:
        reading.refuse("debit", Reason.DEBIT_AND_CREDIT)
    if debit:
        return Money(-abs(debit.amount), currency)
    is_debit = reading.read("direction", cells.is_debit, None, required="direction" in reading.table.place)
    if is_debit is False and credit.amount < 0:
        reading.refuse("direction", Reason.CREDIT_BELOW_ZERO)
    return Money(-abs(credit.amount), currency) if is_debit else credit
