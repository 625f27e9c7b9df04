"""Debtors and invoices by what people call them: an invoice by its number, a debtor by its reference."""

from __future__ import annotations

from sqlmodel import Session, col, select

from relance_mailer.dunning.policy import DEFAULT
from relance_mailer.errors import NotFoundError
from relance_mailer.store.tables import DebtorRow, InvoiceRow


def find(session: Session, creditor_id: int, what: str) -> tuple[int, int | None]:
    """Return (debtor id, invoice id), the latter None if `what` is a debtor; NotFoundError if it is neither."""
    invoice = find_invoice(session, creditor_id, what)
    if invoice is not None:
        return invoice.debtor_id, invoice.id
    debtor = session.exec(
        select(DebtorRow).where(DebtorRow.creditor_id == creditor_id, DebtorRow.reference == what)
    ).first()
    if debtor is None or debtor.id is None:
        msg = f"there is no invoice number and no debtor reference {what!r}"
        raise NotFoundError(msg)
    return debtor.id, None


def find_invoice(session: Session, creditor_id: int, number: str) -> InvoiceRow | None:
    """Return the invoice with this number, None if there is none."""
    return session.exec(
        select(InvoiceRow).where(InvoiceRow.creditor_id == creditor_id, InvoiceRow.number == number)
    ).first()


def owners_of_numbers_like(session: Session, creditor_id: int, pattern: str) -> list[tuple[str, int]]:
    """Return the invoice numbers that SQL's LIKE finds, "_" standing for any one character, with their debtors' ids."""
    statement = select(InvoiceRow.number, InvoiceRow.debtor_id).where(
        InvoiceRow.creditor_id == creditor_id, col(InvoiceRow.number).like(pattern)
    )
    return [(number, debtor_id) for number, debtor_id in session.exec(statement)]


def policies(session: Session, creditor_id: int) -> dict[str, list[str]]:
    """Return the names of the policies that debtors follow, each with the references of these debtors."""
    statement = (
        select(DebtorRow.policy, DebtorRow.reference)
        .where(DebtorRow.creditor_id == creditor_id, DebtorRow.policy != DEFAULT)
        .order_by(DebtorRow.policy, DebtorRow.reference)
    )
    found: dict[str, list[str]] = {}
    for policy, debtor in session.exec(statement):
        found.setdefault(policy, []).append(debtor)
    return found


def reference(session: Session, debtor_id: int) -> str:
    """Return what people call a debtor."""
    return session.exec(select(DebtorRow.reference).where(DebtorRow.id == debtor_id)).one()


def invoice_numbers(session: Session, ids: list[int]) -> dict[int, str]:
    """Return the number of each of some invoices."""
    rows = session.exec(select(InvoiceRow.id, InvoiceRow.number).where(col(InvoiceRow.id).in_(ids)))
    return {id_: number for id_, number in rows if id_ is not None}


def debtor_names(session: Session, ids: list[int]) -> dict[int, str]:
    """Return the name of each of some debtors."""
    rows = session.exec(select(DebtorRow.id, DebtorRow.name).where(col(DebtorRow.id).in_(ids)))
    return {id_: name for id_, name in rows if id_ is not None}
