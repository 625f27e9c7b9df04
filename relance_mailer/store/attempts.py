"""Attempts: each handing-over of a notice to the SMTP server, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import takewhile
from typing import Any

from sqlalchemy import and_, bindparam, insert, or_, update
from sqlmodel import Session, col, func, select

from relance_mailer.dunning.notice import NoticeState
from relance_mailer.store.tables import AttemptRow, NoticeRow

#: How long an attempt can last, and more: the final dot is waited for ten minutes.
LONGEST = timedelta(hours=1)
_ATTEMPT: Any = AttemptRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class AttemptKey:
    """An attempt and the notice that it is about."""

    notice_id: int
    attempt_id: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """Attempts dated later than now: how many, and the last one's id."""

    count: int
    last_id: int


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


def since(session: Session, creditor_id: int, instant: datetime, until: datetime | None = None) -> int:
    """Count the attempts that were under way after `instant`, for the rate limit; none that began after `until`.

    What was given back untried does not count. An attempt counts from its end on: that is when the server saw it.
    """
    statement = select(func.count()).where(
        AttemptRow.creditor_id == creditor_id,
        col(AttemptRow.claimed_at) > instant - LONGEST,
        AttemptRow.state != "withdrawn",
        or_(col(AttemptRow.ended_at).is_(None), col(AttemptRow.ended_at) > instant),
    )
    if until is not None:
        statement = statement.where(col(AttemptRow.claimed_at) <= until)
    return session.exec(statement).one()


def refused_in_a_row(session: Session, creditor_id: int, since: datetime, most: int) -> frozenset[str]:
    """Return the addresses whose messages were refused for good, one after the other, since the last that was taken.

    Only attempts begun since `since`, and `most` of them. What is put off or in doubt says nothing either way.
    """
    final = and_(col(AttemptRow.state) == "refused", col(NoticeRow.state) == NoticeState.FAILED)
    statement = (
        select(AttemptRow.state, NoticeRow.to_address)
        .join(NoticeRow, col(NoticeRow.id) == AttemptRow.notice_id)
        .where(
            AttemptRow.creditor_id == creditor_id,
            col(AttemptRow.claimed_at) > since,
            or_(col(AttemptRow.state) == "accepted", final),
        )
        .order_by(col(AttemptRow.id).desc())
        .limit(most)
    )
    ended = session.exec(statement).all()
    return frozenset(address for _, address in takewhile(lambda one: one[0] == "refused", ended))


def ahead(session: Session, creditor_id: int, now: datetime) -> Ahead:
    """Count the attempts dated later than now: the clock was set back since."""
    statement = select(func.count(), func.max(col(AttemptRow.id))).where(
        AttemptRow.creditor_id == creditor_id,
        col(AttemptRow.claimed_at) > now,
        AttemptRow.state != "withdrawn",
    )
    count, last_id = session.exec(statement).one()
    return Ahead(count, last_id or 0)


def waiting_ahead(session: Session, creditor_id: int, now: datetime) -> list[NoticeRow]:
    """Return the notices that wait and were written, approved or tried at an instant that has not come yet.

    One that a person approved is rendered for the day on which it leaves: that day may well lie ahead.
    """
    tried = select(AttemptRow.notice_id).where(
        AttemptRow.creditor_id == creditor_id, col(AttemptRow.claimed_at) > now
    )
    statement = select(NoticeRow).where(
        NoticeRow.creditor_id == creditor_id,
        col(NoticeRow.state).in_((NoticeState.QUEUED, NoticeState.DEFERRED)),
        col(NoticeRow.next_attempt_at) > now,
        or_(col(NoticeRow.created_at) > now, col(NoticeRow.approved_at) > now, col(NoticeRow.id).in_(tried)),
    )
    return list(session.exec(statement))


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
