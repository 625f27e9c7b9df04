"""What an import asks the tables, a chunk of rows in one query each, and how it writes them in bulk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import TypeVar

from sqlalchemy import update
from sqlmodel import Session, SQLModel, col, func, select

from relance_mailer.dunning.allocation import Stated
from relance_mailer.dunning.money import Money
from relance_mailer.dunning.sharing import Account
from relance_mailer.store.cases import STATED, invoice_of, money
from relance_mailer.store.tables import (
    AllocationRow,
    ContactRow,
    DebtorRow,
    ImportRow,
    InvoiceRow,
    PaymentRow,
)

T = TypeVar("T")
PAYMENT = "payment"  #: an allocation's kind: a payment that names the invoice


def keep(session: Session, rows: Iterable[SQLModel]) -> None:
    """Insert new rows in bulk; they have their ids afterwards."""
    session.add_all(rows)
    session.flush()


def forget(session: Session) -> None:
    """Write what is left of a chunk and let its rows go, so that a large file takes no more memory than a small one."""
    session.flush()
    session.expunge_all()


def debtors(session: Session, creditor_id: int, references: Collection[str]) -> dict[str, DebtorRow]:
    """Return the debtors of some references, by reference."""
    statement = select(DebtorRow).where(
        DebtorRow.creditor_id == creditor_id, col(DebtorRow.reference).in_(references)
    )
    return {row.reference: row for row in session.exec(statement)}


def references(session: Session, debtor_ids: Collection[int]) -> dict[int, str]:
    """Return the references of some debtors, by id."""
    statement = select(DebtorRow.id, DebtorRow.reference).where(col(DebtorRow.id).in_(debtor_ids))
    return {debtor_id: reference for debtor_id, reference in session.exec(statement) if debtor_id is not None}


def contacts(session: Session, debtor_ids: Collection[int]) -> dict[int, dict[str, ContactRow]]:
    """Return the contacts of some debtors, by debtor and address, the first in rank first."""
    statement = (
        select(ContactRow)
        .where(col(ContactRow.debtor_id).in_(debtor_ids))
        .order_by(col(ContactRow.rank), col(ContactRow.id))
    )
    found: defaultdict[int, dict[str, ContactRow]] = defaultdict(dict)
    for row in session.exec(statement):
        found[row.debtor_id][row.address] = row
    return found


def invoices(session: Session, creditor_id: int, numbers: Collection[str]) -> dict[str, InvoiceRow]:
    """Return the invoices of some numbers, by number."""
    statement = select(InvoiceRow).where(
        InvoiceRow.creditor_id == creditor_id, col(InvoiceRow.number).in_(numbers)
    )
    return {row.number: row for row in session.exec(statement)}


def latest_stated(session: Session, invoice_ids: Collection[int]) -> dict[int, AllocationRow]:
    """Return the stated balance that counts of some invoices: the latest day's, of equal days the last that came in."""
    statement = (
        select(AllocationRow)
        .where(col(AllocationRow.invoice_id).in_(invoice_ids), AllocationRow.kind == STATED)
        .order_by(col(AllocationRow.as_of), col(AllocationRow.id))
    )
    return {row.invoice_id: row for row in session.exec(statement)}


def payments(session: Session, creditor_id: int, keys: Collection[str]) -> dict[str, PaymentRow]:
    """Return the payments of some keys, by key."""
    statement = select(PaymentRow).where(PaymentRow.creditor_id == creditor_id, col(PaymentRow.key).in_(keys))
    return {row.key: row for row in session.exec(statement)}


def accounts(session: Session, invoice_ids: Collection[int]) -> dict[int, Account]:
    """Return what settled some invoices so far, by invoice id."""
    stated = latest_stated(session, invoice_ids)
    paid = _named_money(session, invoice_ids)
    found: dict[int, Account] = {}
    for row in session.exec(select(InvoiceRow).where(col(InvoiceRow.id).in_(invoice_ids))):
        invoice = invoice_of(row)
        same_currency = [(on, sum_) for on, sum_ in paid[invoice.id] if sum_.currency == row.currency]
        last = stated.get(invoice.id)
        account = found[invoice.id] = Account(invoice, paid=same_currency)
        if last is not None:
            account.stated = Stated(invoice.id, money(last.amount_minor, last.currency), last.as_of)
    return found


def _named_money(
    session: Session, invoice_ids: Collection[int]
) -> defaultdict[int, list[tuple[date, Money]]]:
    statement = select(AllocationRow).where(
        col(AllocationRow.invoice_id).in_(invoice_ids), AllocationRow.kind != STATED
    )
    paid: defaultdict[int, list[tuple[date, Money]]] = defaultdict(list)
    for row in session.exec(statement):
        paid[row.invoice_id].append((row.as_of, money(row.amount_minor, row.currency)))
    return paid


def overtaken_since(session: Session, creditor_id: int, kind: str, sha256: str) -> datetime | None:
    """Return when a file of these very bytes came in, if another one came after it; None otherwise.

    The same bytes as the last time are an export of quiet days; those of a time before are an old file.
    """
    ours = ImportRow.creditor_id == creditor_id, ImportRow.kind == kind
    last = select(ImportRow.sha256).where(*ours).order_by(col(ImportRow.id).desc()).limit(1)
    if session.exec(last).first() == sha256:
        return None
    same = select(func.min(col(ImportRow.imported_at))).where(*ours, ImportRow.sha256 == sha256)
    return session.exec(same).one()


def look_again(
    session: Session, debtor_ids: Collection[int], at: datetime, *, but: Collection[int] = ()
) -> None:
    """Have all invoices of some debtors, `but` some, decided again from `at` on."""
    session.connection().execute(
        update(InvoiceRow)
        .where(col(InvoiceRow.debtor_id).in_(debtor_ids), col(InvoiceRow.id).not_in(but))
        .values(next_look_at=at)
    )


def parties(session: Session, creditor_id: int) -> list[tuple[str, str, str, str]]:
    """Return reference, name, SIREN and VAT number of all debtors."""
    columns = DebtorRow.reference, DebtorRow.name, DebtorRow.siren, DebtorRow.vat
    return list(session.exec(select(*columns).where(DebtorRow.creditor_id == creditor_id)))


def holders(session: Session, creditor_id: int, addresses: Collection[str]) -> list[tuple[str, str, str]]:
    """Return which debtors have some addresses: address, the debtor's reference and name."""
    statement = (
        select(ContactRow.address, DebtorRow.reference, DebtorRow.name)
        .join(DebtorRow, col(DebtorRow.id) == ContactRow.debtor_id)
        .where(ContactRow.creditor_id == creditor_id, col(ContactRow.address).in_(addresses))
    )
    return list(session.exec(statement))


def numbers(session: Session, creditor_id: int) -> list[str]:
    """Return the numbers of all invoices."""
    return list(session.exec(select(InvoiceRow.number).where(InvoiceRow.creditor_id == creditor_id)))


def numbers_of(session: Session, debtor_id: int, most: int) -> list[str]:
    """Return the numbers of a debtor's invoices, at most so many, the latest."""
    statement = select(InvoiceRow.number).where(InvoiceRow.debtor_id == debtor_id)
    return list(session.exec(statement.order_by(col(InvoiceRow.id).desc()).limit(most)))


def series_of(session: Session, creditor_id: int, numbers: Collection[str]) -> set[int]:
    """Return the series of exports that list some invoices."""
    found: set[int] = set()
    for some in _some(numbers):
        statement = select(InvoiceRow.series).where(
            InvoiceRow.creditor_id == creditor_id, col(InvoiceRow.number).in_(some)
        )
        # not DISTINCT: SQLite would walk the index on series, and with it the whole table, for each query
        found |= {series for series in session.exec(statement) if series is not None}
    return found


def listed(session: Session, creditor_id: int, series: int) -> list[tuple[str, int, int]]:
    """Return number, id and debtor's id of the invoices that a series of exports lists."""
    statement = select(InvoiceRow.number, InvoiceRow.id, InvoiceRow.debtor_id).where(
        InvoiceRow.creditor_id == creditor_id, InvoiceRow.series == series
    )
    return [(number, id_, debtor_id) for number, id_, debtor_id in session.exec(statement) if id_ is not None]


def list_in(
    session: Session, creditor_id: int, numbers: Collection[str], series: int, *, only_new: bool = False
) -> None:
    """Note that a series of exports lists some invoices; `only_new`: those that none lists yet."""
    none = col(InvoiceRow.series).is_(None)
    statement = update(InvoiceRow).where(
        col(InvoiceRow.creditor_id) == creditor_id,
        col(InvoiceRow.number).in_(numbers),
        col(InvoiceRow.total_minor) > 0,
        none if only_new else none | (col(InvoiceRow.series) != series),
    )
    session.connection().execute(statement.values(series=series))


def no_longer_listed(session: Session, invoice_ids: Collection[int]) -> None:
    """Note that no series of exports lists some invoices any more."""
    for some in _some(invoice_ids):
        statement = update(InvoiceRow).where(col(InvoiceRow.id).in_(some))
        session.connection().execute(statement.values(series=None))


def join_series(session: Session, creditor_id: int, series: int, into: int) -> None:
    """Let one series of exports go on in another."""
    statement = update(InvoiceRow).where(
        col(InvoiceRow.creditor_id) == creditor_id, col(InvoiceRow.series) == series
    )
    session.connection().execute(statement.values(series=into))


def _some(values: Collection[T]) -> Iterator[list[T]]:
    """Yield values, as many at a time as one query takes."""
    rest = iter(values)
    while some := list(islice(rest, 500)):
        yield some
