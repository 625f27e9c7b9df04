"""Invoices and credit notes from a file, in the form of examples/factures.csv or any other that tells the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import lru_cache

from relance_mailer.dunning.invoice import DebtorKind
from relance_mailer.dunning.money import Money, digits
from relance_mailer.intake import cells, sums
from relance_mailer.intake.cells import Document, Status
from relance_mailer.intake.columns import INVOICE_COLUMNS
from relance_mailer.intake.dates import a_date
from relance_mailer.intake.form import NO_HINTS, Hints
from relance_mailer.intake.header import undated
from relance_mailer.intake.reasons import Reason
from relance_mailer.intake.records import InvoiceRecord, RowError
from relance_mailer.intake.rows import Reading
from relance_mailer.intake.sums import a_currency
from relance_mailer.intake.table import Table, read_table


def parse_invoices(
    data: bytes, *, currency: str = "EUR", country: str = "FR", hints: Hints = NO_HINTS
) -> tuple[list[InvoiceRecord], list[RowError]]:
    """Return the invoices and credit notes in a file, and the rows that were refused.

    Args:
        data: the file's bytes: CSV, TSV, XLSX or ODS.
        currency: ISO 4217 code of rows that state none.
        country: alpha-2 code of debtors whose row states none.
        hints: what a person said about the file's form.

    Raises:
        AmbiguousError: the file can be read in two ways, and neither it nor the hints tell which.
        InputError: the file cannot be used as a whole.
    """
    table = read_table(data, INVOICE_COLUMNS, hints, decimals=digits(currency))
    return invoices_of(table, currency=currency, country=country)


def invoices_of(
    table: Table, *, currency: str = "EUR", country: str = "FR"
) -> tuple[list[InvoiceRecord], list[RowError]]:
    """Return the invoices in a table, and the rows that were refused; `table.remarks` tells what was left out."""
    balance_on = _day_of_balances(table)
    records: dict[str, InvoiceRecord] = {}
    errors: list[RowError] = []
    contradicted: set[str] = set()  # numbers of which no row counts
    for row in table.rows:
        if isinstance(row, RowError):
            errors.append(row)
            continue
        reading = Reading(table, row)
        record = _invoice(reading, currency, country, balance_on)
        if not reading.errors and (first := records.get(record.number)):
            errors.extend(_refused_with(first, record, reading, contradicted))
        if reading.errors:
            errors.extend(reading.errors)
            table.refused.setdefault(record.number, record.line)
        else:
            records[record.number] = record
    return [record for record in records.values() if record.number not in contradicted], errors


#: Nobody can tell which of such rows is the invoice, or whether all of them together are.
_NONE_COUNTS = frozenset({Reason.INSTALMENTS, Reason.SPLIT_INVOICE})


def _refused_with(
    first: InvoiceRecord, other: InvoiceRecord, reading: Reading, contradicted: set[str]
) -> Iterator[RowError]:
    """Refuse a row whose number stands already on another, and that one too where nobody can tell which counts."""
    reason = _conflict(first, other)
    reading.refuse("number", reason, first.line)
    if reason in _NONE_COUNTS and other.number not in contradicted:
        contradicted.add(other.number)
        yield replace(reading.errors[-1], line=first.line, arguments=(str(other.line),))


def _conflict(first: InvoiceRecord, other: InvoiceRecord) -> Reason:
    """Return why two rows cannot have the same number."""
    if replace(other, line=first.line) == first:
        return Reason.REPEATED_INVOICE
    if other.due != first.due:
        return Reason.INSTALMENTS
    if (other.total, other.balance) != (first.total, first.balance):
        return Reason.SPLIT_INVOICE
    return Reason.CONFLICTING_INVOICE


def _day_of_balances(table: Table) -> date | None:
    """Return the day that the header of the balances states: “Solde au 28/02/2026”."""
    index = table.place.get("balance")
    day = undated(table.header[index])[1] if index is not None else ""
    try:
        return a_date(day, day_first=table.form.day_first)
    except cells.CellError:
        return None


def _invoice(reading: Reading, currency: str, country: str, stated_on: date | None) -> InvoiceRecord:
    """Read one row; the record counts only if `reading` has noted no error."""
    read, place = reading.read, reading.table.place
    default, currency = currency, read("currency", a_currency, currency)
    total = reading.read_sum("total", currency, _zero(currency), required=True)
    stated = reading.read_sum("balance", currency, None)
    kind = read("kind", _a_kind_or_document, DebtorKind.UNKNOWN)
    if Document.CREDIT_NOTE in {kind, read("document", cells.a_document, None)}:
        total, stated = _negative(total), stated and _negative(stated)
    _check_currency(reading, total, default)
    status = read("status", cells.a_status, Status.OTHER)
    balance = _balance(reading, total, stated, status)
    balance_on = reading.read_date("balance_on", stated_on)
    issued = reading.read_date("issued", date.min, required=True)
    # a credit note falls due with its own date unless the file says otherwise
    due = reading.read_date("due", issued, required=total.amount >= 0)
    country = read("country", cells.a_country, country)
    record = InvoiceRecord(
        line=reading.row.line,
        number=read("number", cells.a_reference, "", required=True),
        debtor_reference=read(
            "debtor_reference", cells.a_reference, "", required="debtor_reference" in place
        ),
        debtor_name=read("debtor_name", cells.a_name, "", required=True),
        issued=issued,
        due=due,
        total=total,
        emails=read("emails", cells.emails, ()),
        balance=balance,
        balance_on=balance_on if balance is not None else None,
        order_number=read("order_number", cells.a_reference, ""),
        kind=kind if isinstance(kind, DebtorKind) else DebtorKind.UNKNOWN,
        language=read("language", cells.a_language, cells.language_of(country)),
        street=read("street", cells.a_name, ""),
        postal_code=reading.read_postal_code(country),
        city=read("city", cells.a_name, ""),
        country=country,
        siren=reading.read_number("siren", cells.a_siren, "", *cells.SIREN_WIDTHS),
        vat=read("vat", cells.a_vat_number, ""),
        contact_name=read("contact_name", cells.a_name, ""),
    )
    if not reading.errors:
        _check_invoice(reading, record)
        if status is Status.NOT_DUE:
            reading.refuse("status", Reason.NO_CLAIM, record.number)
        elif status is Status.CONTESTED and record.balance != _zero(currency):
            reading.remark("status", Reason.CONTESTED, record.number)
    return record


def _balance(reading: Reading, total: Money, stated: Money | None, status: Status) -> Money | None:
    """Return what is left to pay as far as the row tells: by its balance, what was paid, or its words. None: not told.

    What is, or may be, paid must never be chased: words that leave that open, or contradict the balance, refuse the row.
    """
    read, zero = reading.read, _zero(total.currency)
    paid = reading.read_sum_or("paid", total.currency, cells.an_answer)
    said = {
        "paid_on": read("paid_on", cells.a_day_of_payment, Status.OTHER),
        "settled": read("settled", cells.a_settlement, Status.OTHER),
        "status": status,
    }
    if isinstance(paid, Status):
        said["paid"] = paid
    elif paid is not None and stated is None:
        stated = Money(total.amount - paid.amount, total.currency)
    field = {word: name for name, word in said.items()}  # which cell says so
    if stated is not None:
        if stated and Status.PAID in field:
            reading.refuse(field[Status.PAID], Reason.PAID_WITH_BALANCE, stated)
        return stated
    if Status.PARTLY in field:
        reading.refuse(field[Status.PARTLY], Reason.PARTLY_PAID)
    elif field.keys() >= {Status.PAID, Status.UNPAID}:
        reading.refuse(field[Status.PAID], Reason.PARTLY_PAID)
    elif Status.PAID not in field and Status.UNPAID not in field and Status.DAY in field:
        reading.remark_once(field[Status.DAY], Reason.PAID_BY_DATE)
        return zero
    return zero if Status.PAID in field else None


def _check_currency(reading: Reading, total: Money, default: str) -> None:
    """Refuse a sum that is most likely not in its row's currency: another column gives that, or its header says which."""
    if reading.errors:
        return
    told = sums.currency_told(reading.header_of("total"))
    foreign = total if total.currency == default else reading.read_sum("foreign_total", total.currency, total)
    if told not in ("", total.currency) or abs(foreign.amount) != abs(total.amount):
        reading.refuse("total", Reason.TWO_CURRENCIES, total.currency)


def _a_kind_or_document(cell: str) -> DebtorKind | Document:
    """Return the debtor's kind, or what the row is: both stand in columns called “Type”."""
    return cells.document_of(cell) or cells.a_kind(cell)


@lru_cache(maxsize=64)
def _zero(currency: str) -> Money:
    return Money.zero(currency)


def _negative(amount: Money) -> Money:
    """Return a credit note's sum, which some programs write without a sign."""
    return Money(-abs(amount.amount), amount.currency) if amount else amount


def _check_invoice(reading: Reading, record: InvoiceRecord) -> None:
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
