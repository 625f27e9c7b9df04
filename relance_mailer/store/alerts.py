"""Which tasks the team was told of by e-mail, and when; all tasks of one mail bear its instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from relance_mailer.store.tables import TaskRow

_TASK: Any = TaskRow.__table__  # type: ignore[attr-defined]


def untold(session: Session, creditor_id: int) -> list[TaskRow]:
    """Return the open tasks that no mail told of, oldest first."""
    return list(
        session.exec(
            select(TaskRow)
            .where(
                TaskRow.creditor_id == creditor_id,
                col(TaskRow.done_at).is_(None),
                col(TaskRow.alerted_at).is_(None),
            )
            .order_by(col(TaskRow.id))
        )
    )


def told_since(session: Session, creditor_id: int, instant: datetime, until: datetime | None = None) -> int:
    """Return how many mails told of tasks after `instant`, up to `until` if it is given."""
    statement = select(func.count(func.distinct(TaskRow.alerted_at))).where(
        TaskRow.creditor_id == creditor_id, col(TaskRow.alerted_at) > instant
    )
    if until is not None:
        statement = statement.where(col(TaskRow.alerted_at) <= until)
    return session.exec(statement).one()


def mark(session: Session, task_ids: Sequence[int], at: datetime | None) -> None:
    """Note that a mail tells of some tasks, or (None) that it did not leave."""
    session.connection().execute(update(_TASK).where(_TASK.c.id.in_(task_ids)).values(alerted_at=at))
