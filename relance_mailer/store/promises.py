"""Promises about which money may say something new."""

from __future__ import annotations

from datetime import date, timedelta

from sqlmodel import Session, col, or_, select

from relance_mailer.dunning.promise import PromiseState
from relance_mailer.store.tables import PaymentRow, PromiseRow


def to_judge(session: Session, creditor_id: int, today: date, late: timedelta) -> list[PromiseRow]:
    """Return the promises of which money may say something new.

    They are: the open ones; those kept before their last day, for what came may go back; and those not kept, within
    `late` of that day, where a payment of their time is known.
    """
    in_time = select(PaymentRow.id).where(
        PaymentRow.debtor_id == PromiseRow.debtor_id,
        col(PaymentRow.paid_on).between(col(PromiseRow.promised_on), col(PromiseRow.grace_until)),
    )
    not_kept = (PromiseState.BROKEN, PromiseState.PARTIALLY_KEPT)
    of_creditor = select(PromiseRow).where(PromiseRow.creditor_id == creditor_id)
    open_ = of_creditor.where(PromiseRow.state == PromiseState.OPEN)
    settled = of_creditor.where(
        col(PromiseRow.state).in_((PromiseState.KEPT, *not_kept)),
        col(PromiseRow.grace_until) >= today - late,
        or_(col(PromiseRow.state).in_(not_kept), col(PromiseRow.grace_until) >= today),
        or_(PromiseRow.state == PromiseState.KEPT, in_time.exists()),
    )
    return [*session.exec(open_), *session.exec(settled)]  # apart: in one query SQLite walks them all
