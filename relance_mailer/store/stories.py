"""What the pages that tell a story look up: everything that concerns one invoice, whatever became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, func, or_, select

from relance_mailer.store.cases import STATED
from relance_mailer.store.tables import (
    AllocationRow,
    DisputeRow,
    HoldRow,
    MessageRow,
    NoticeInvoiceRow,
    NoticeRow,
    PromiseRow,
    ReplyRow,
    TaskRow,
)


def notices_about(session: Session, invoice_id: int) -> list[NoticeRow]:
    """Return every notice that an invoice ever stood in, oldest first."""
    about = select(NoticeInvoiceRow.notice_id).where(NoticeInvoiceRow.invoice_id == invoice_id)
    return list(
        session.exec(select(NoticeRow).where(col(NoticeRow.id).in_(about)).order_by(col(NoticeRow.id)))
    )


def payments_of(session: Session, invoice_id: int) -> list[int]:
    """Return the ids of the payments of which a part was allocated to an invoice."""
    found = session.exec(
        select(AllocationRow.payment_id).where(
            AllocationRow.invoice_id == invoice_id, col(AllocationRow.payment_id).is_not(None)
        )
    )
    return sorted({payment_id for payment_id in found if payment_id is not None})


def has_balance(session: Session, invoice_id: int) -> bool:
    """Say whether a balance was ever imported for an invoice."""
    statement = select(AllocationRow.id).where(
        AllocationRow.invoice_id == invoice_id, AllocationRow.kind == STATED
    )
    return session.exec(statement).first() is not None


def replies_about(
    session: Session, debtor_id: int, invoice_id: int, number: str, notice_ids: Sequence[int]
) -> list[tuple[ReplyRow, MessageRow]]:
    """Return the replies that answer a notice about an invoice, name it, or led to something about it; oldest first."""
    rows = session.exec(
        select(ReplyRow, MessageRow)
        .join(MessageRow, col(MessageRow.id) == ReplyRow.message_id)
        .where(or_(ReplyRow.debtor_id == debtor_id, col(ReplyRow.notice_id).in_(list(notice_ids))))
        .order_by(col(ReplyRow.id))
    )
    effective = _effective(session, debtor_id, invoice_id)
    return [
        (reply, message)
        for reply, message in rows
        if reply.notice_id in notice_ids
        or reply.id in effective
        or number in (reply.understanding.get("invoices") or ())
    ]


def _effective(session: Session, debtor_id: int, invoice_id: int) -> set[int]:
    """Return the ids of the replies that paused or noted something about an invoice."""
    found: set[int | None] = set(
        session.exec(
            select(HoldRow.reply_id).where(
                HoldRow.debtor_id == debtor_id,
                or_(col(HoldRow.invoice_id).is_(None), HoldRow.invoice_id == invoice_id),
            )
        )
    )
    found |= set(session.exec(select(PromiseRow.reply_id).where(PromiseRow.invoice_id == invoice_id)))
    found |= set(session.exec(select(DisputeRow.reply_id).where(DisputeRow.invoice_id == invoice_id)))
    return {reply_id for reply_id in found if reply_id is not None}


def count_tasks(session: Session, creditor_id: int) -> tuple[int, datetime | None]:
    """Return how many tasks wait, and since when the oldest does."""
    return session.exec(
        select(func.count(), func.min(col(TaskRow.created_at)))
        .select_from(TaskRow)
        .where(TaskRow.creditor_id == creditor_id, col(TaskRow.done_at).is_(None))
    ).one()
