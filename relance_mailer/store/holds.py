"""Holds, promises and disputes: how they are found and counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import String, and_, cast, exists, literal
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from relance_mailer.dunning.dispute import DisputeState
from relance_mailer.store.tables import (
    DebtorRow,
    DisputeRow,
    HoldRow,
    NoticeInvoiceRow,
    PromiseRow,
    TaskRow,
)


def active(session: Session, creditor_id: int, today: date) -> list[HoldRow]:
    """Return the pauses in force on `today`, oldest first."""
    return list(
        session.exec(
            select(HoldRow)
            .where(HoldRow.creditor_id == creditor_id, *_in_force(today))
            .order_by(col(HoldRow.id))
        )
    )


def active_of_invoice(session: Session, invoice_id: int, today: date) -> list[HoldRow]:
    """Return the pauses of one invoice that are in force on `today`."""
    return list(session.exec(select(HoldRow).where(HoldRow.invoice_id == invoice_id, *_in_force(today))))


def others_of_reply(session: Session, row: HoldRow, today: date) -> list[HoldRow]:
    """Return the other pauses in force that the same answer opened."""
    return list(
        session.exec(
            select(HoldRow).where(HoldRow.reply_id == row.reply_id, HoldRow.id != row.id, *_in_force(today))
        )
    )


def _in_force(today: date) -> tuple[Any, Any]:
    return col(HoldRow.released_at).is_(None), col(HoldRow.until).is_(None) | (col(HoldRow.until) >= today)


def of_debtor(session: Session, debtor_id: int) -> list[HoldRow]:
    """Return every pause that a debtor ever had, oldest first."""
    return list(session.exec(select(HoldRow).where(HoldRow.debtor_id == debtor_id).order_by(col(HoldRow.id))))


def undated_over(
    session: Session, creditor_id: int, before: date, asked: str
) -> list[tuple[HoldRow, PromiseRow]]:
    """Return promises without a date, the last about their invoice, with their pauses that ended before `before`.

    Those that a task of the kind `asked` was ever about are left out, as are pauses that somebody released.
    """
    later = aliased(PromiseRow)
    subject = literal("promise:").concat(cast(col(PromiseRow.id), String))
    replaced = exists().where(
        col(later.invoice_id) == col(PromiseRow.invoice_id), col(later.id) > col(PromiseRow.id)
    )
    known = exists().where(
        col(TaskRow.creditor_id) == creditor_id, col(TaskRow.kind) == asked, col(TaskRow.subject) == subject
    )
    same = and_(
        col(HoldRow.invoice_id) == col(PromiseRow.invoice_id),
        func.coalesce(HoldRow.reply_id, 0) == func.coalesce(PromiseRow.reply_id, 0),
    )
    statement = (
        select(HoldRow, PromiseRow)
        .join(HoldRow, same)
        .where(
            PromiseRow.creditor_id == creditor_id,
            col(PromiseRow.due).is_(None),
            col(PromiseRow.grace_until) < before,
            HoldRow.reason == "promise_to_pay",
            col(HoldRow.released_at).is_(None),
            col(HoldRow.until) < before,
            ~replaced,
            ~known,
        )
        .order_by(col(PromiseRow.id))
    )
    return list(session.exec(statement))


def courtesy_counts(session: Session, invoice_ids: Sequence[int]) -> dict[int, int]:
    """Return how many courtesy holds each invoice has had since a stage of it was last served."""
    last = (
        select(func.max(col(NoticeInvoiceRow.served_on)))
        .where(NoticeInvoiceRow.invoice_id == HoldRow.invoice_id, NoticeInvoiceRow.track == "live")
        .correlate(HoldRow)
        .scalar_subquery()
    )
    statement = (
        select(HoldRow.invoice_id, func.count())
        .where(
            col(HoldRow.invoice_id).in_(list(invoice_ids)),
            HoldRow.reason == "acknowledgement",
            (last.is_(None)) | (col(HoldRow.since) >= last),
        )
        .group_by(col(HoldRow.invoice_id))
    )
    return {invoice_id: count for invoice_id, count in session.exec(statement) if invoice_id is not None}


def promises_of(session: Session, invoice_ids: Sequence[int]) -> list[PromiseRow]:
    """Return every promise about some invoices, oldest first."""
    return list(
        session.exec(
            select(PromiseRow)
            .where(col(PromiseRow.invoice_id).in_(list(invoice_ids)))
            .order_by(col(PromiseRow.id))
        )
    )


def open_dispute(session: Session, invoice_id: int) -> DisputeRow | None:
    """Return the open dispute about an invoice, None if there is none."""
    return session.exec(
        select(DisputeRow).where(DisputeRow.invoice_id == invoice_id, DisputeRow.state == DisputeState.OPEN)
    ).first()


def add(session: Session, row: PromiseRow | DisputeRow, at: datetime | None = None) -> int:
    """Keep a new or changed row and return its id."""
    if at is not None:
        row.settled_at = at
    session.add(row)
    session.flush()
    assert row.id is not None
    return row.id


def debtor_name(session: Session, hold: HoldRow) -> str:
    """Return the name of the debtor whom a hold concerns."""
    return session.exec(select(DebtorRow.name).where(DebtorRow.id == hold.debtor_id)).one()
