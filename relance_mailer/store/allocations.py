"""Payments and credit notes, and what a person allocated of them.

An allocation names the payment or the credit note that it is a part of in a column of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlmodel import Session, col, func, select

from relance_mailer.dunning.credit_note import Part
from relance_mailer.dunning.money import Money
from relance_mailer.store.tables import AllocationRow, InvoiceRow, PaymentRow


def parts(rows: Iterable[AllocationRow]) -> defaultdict[int, list[Part]]:
    """Return the parts of credit notes among some allocations, by the credit note's id."""
    found: defaultdict[int, list[Part]] = defaultdict(list)
    for row in rows:
        if row.credit_note_id is not None:
            amount = Money.from_minor(row.amount_minor, row.currency)
            found[row.credit_note_id].append(Part(row.invoice_id, amount, row.as_of))
    return found


def parts_of_notes(session: Session, creditor_id: int) -> defaultdict[int, list[Part]]:
    """Return the parts of all credit notes, by the credit note's id."""
    statement = select(AllocationRow).where(
        AllocationRow.creditor_id == creditor_id, col(AllocationRow.credit_note_id).is_not(None)
    )
    return parts(session.exec(statement))


def credit_notes(session: Session, creditor_id: int) -> list[InvoiceRow]:
    """Return the credit notes, oldest first."""
    statement = select(InvoiceRow).where(InvoiceRow.creditor_id == creditor_id, InvoiceRow.total_minor < 0)
    return list(session.exec(statement.order_by(col(InvoiceRow.issued), col(InvoiceRow.id))))


def payment(session: Session, creditor_id: int, payment_id: int) -> PaymentRow | None:
    """Return a payment, None if there is none."""
    row = session.get(PaymentRow, payment_id)
    return row if row is not None and row.creditor_id == creditor_id else None


def payments_called(session: Session, creditor_id: int, bank_reference: str) -> list[PaymentRow]:
    """Return the payments with a bank reference."""
    statement = select(PaymentRow).where(
        PaymentRow.creditor_id == creditor_id, PaymentRow.bank_reference == bank_reference
    )
    return list(session.exec(statement.order_by(col(PaymentRow.id))))


def loose_payments(
    session: Session, creditor_id: int, payment_id: int | None = None
) -> list[tuple[PaymentRow, int]]:
    """Return the payments (or one) of which something is not allocated, with that rest in minor units; oldest first."""
    allocated = func.coalesce(func.sum(col(AllocationRow.amount_minor)), 0)
    left = PaymentRow.amount_minor - allocated
    statement = (
        select(PaymentRow, left)
        .outerjoin(AllocationRow, col(AllocationRow.payment_id) == PaymentRow.id)
        .where(PaymentRow.creditor_id == creditor_id)
        .group_by(*(column for column in PaymentRow.__table__.columns))  # type: ignore[attr-defined]
        .having(left != 0)
        .order_by(col(PaymentRow.paid_on), col(PaymentRow.id))
    )
    if payment_id is not None:
        statement = statement.where(PaymentRow.id == payment_id)
    return [(row, int(rest)) for row, rest in session.exec(statement)]
