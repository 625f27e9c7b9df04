"""Attempts: each handing-over of a notice to the SMTP server, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlmodel import Session, col, select

from relance_mailer.store.tables import AttemptRow, NoticeRow

_ATTEMPT: Any = AttemptRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class AttemptKey:
    """An attempt and the notice that it is about."""

    notice_id: int
    attempt_id: int


def begin(session: Session, claimed: Sequence[NoticeRow], now: datetime) -> list[AttemptKey]:
    """Begin an attempt at each of some notices; return their keys in the same order."""
    values = [
        {
            "creditor_id": notice.creditor_id,
            "notice_id": notice.id,
            "number": notice.attempts,
            "state": "claimed",
            "claimed_at": now,
            "phase": "",
            "answer": "",
            "queue_id": "",
        }
        for notice in claimed
    ]
    if not values:
        return []
    made = session.connection().execute(
        insert(_ATTEMPT).returning(_ATTEMPT.c.id, _ATTEMPT.c.notice_id, sort_by_parameter_order=True), values
    )
    return [AttemptKey(row.notice_id, row.id) for row in made]


def last(session: Session, notice_id: int) -> AttemptRow | None:
    """Return the last attempt at a notice, None if there was none."""
    return session.exec(
        select(AttemptRow).where(AttemptRow.notice_id == notice_id).order_by(col(AttemptRow.id).desc())
    ).first()


def since(session: Session, creditor_id: int, instant: datetime) -> list[datetime]:
    """Return the instants of all attempts since `instant`, for the rate limit."""
    return list(
        session.exec(
            select(AttemptRow.claimed_at).where(
                AttemptRow.creditor_id == creditor_id,
                col(AttemptRow.claimed_at) > instant,
                AttemptRow.state != "withdrawn",
            )
        )
    )


def end(session: Session, attempt_id: int, **values: Any) -> None:
    """Note how an attempt ended."""
    end_all(session, [{"attempt": attempt_id, **values}])


def end_all(session: Session, ended: Sequence[Mapping[str, Any]]) -> None:
    """Note how attempts ended: the same columns of each, `attempt` being its id."""
    if ended:
        session.connection().execute(
            _ending(tuple(sorted(ended[0].keys() - {"attempt"}))), [*map(dict, ended)]
        )


@cache
def _ending(columns: tuple[str, ...]) -> Any:
    values: dict[str, Any] = {column: bindparam(column) for column in columns}
    return update(_ATTEMPT).where(_ATTEMPT.c.id == bindparam("attempt")).values(**values)
