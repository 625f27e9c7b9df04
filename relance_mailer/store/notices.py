"""Notices, their invoices and their attempts: how they are kept, found and moved from state to state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlalchemy import select as sql_select
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, func, or_, select

from relance_mailer.dunning.notice import ACTIVE, NoticeEvent, NoticeState, advance
from relance_mailer.store.tables import (
    ContactRow,
    InvoiceRow,
    NoticeInvoiceRow,
    NoticeRow,
)

_INVOICE: Any = InvoiceRow.__table__  # type: ignore[attr-defined]
_NOTICE: Any = NoticeRow.__table__  # type: ignore[attr-defined]
_MEMBER: Any = NoticeInvoiceRow.__table__  # type: ignore[attr-defined]


# made once: building a statement takes longer than running it
_STEP = (
    update(_NOTICE)
    .where(_NOTICE.c.id.in_(bindparam("ids", expanding=True)), _NOTICE.c.state == bindparam("before"))
    .returning(_NOTICE.c.id)
)
_CLAIM = _STEP.values(state=NoticeState.CLAIMED, attempts=_NOTICE.c.attempts + 1)
_START = _STEP.values(state=NoticeState.SENDING)
_ACCEPT = _STEP.values(state=NoticeState.SENT, left_at=bindparam("left"), next_attempt_at=None)
_SERVE = (
    update(_MEMBER)
    .where(_MEMBER.c.notice_id.in_(bindparam("ids", expanding=True)))
    .values(served_on=bindparam("day"))
)
_MEMBERS = sql_select(_MEMBER).where(_MEMBER.c.notice_id.in_(bindparam("ids", expanding=True)))
_WAITING = sql_select(_NOTICE.c.id, _NOTICE.c.debtor_id, _NOTICE.c.approved_at).where(
    _NOTICE.c.debtor_id.in_(bindparam("debtors", expanding=True)),
    _NOTICE.c.state.in_((NoticeState.QUEUED, NoticeState.DEFERRED)),
)
_AWAITING = select(NoticeRow).where(
    _NOTICE.c.debtor_id.in_(bindparam("debtors", expanding=True)),
    _NOTICE.c.state == NoticeState.AWAITING_APPROVAL,
)
_ADD, _ADD_MEMBERS = insert(_NOTICE), insert(_MEMBER)
_LOOK = (
    update(_INVOICE)
    .where(_INVOICE.c.debtor_id.in_(bindparam("ids", expanding=True)))
    .values(next_look_at=bindparam("look"))
)


@dataclass(frozen=True, slots=True)
class NewMember:
    """An invoice in a new notice."""

    invoice_id: int
    stage: str
    outstanding_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice that was just rendered; `NoticeRow` says what its fields mean."""

    id: int
    debtor_id: int
    contact_id: int
    mode: str
    track: str
    stage: str
    kind: str
    state: NoticeState
    template: str
    facts: str
    to_address: str
    subject: str
    own_text: str
    message_id: str
    sha256: str
    deadline: date | None
    rendered_at: datetime
    next_attempt_at: datetime | None
    members: tuple[NewMember, ...]


_TOLD = tuple(name for name in NewNotice.__slots__ if name != "members")


def next_id(session: Session) -> int:
    """Return the id that the next notice will have: a writing unit is alone, and notices are never deleted."""
    return (session.exec(select(func.max(col(NoticeRow.id)))).one() or 0) + 1


def add(session: Session, creditor_id: int, new: Sequence[NewNotice]) -> None:
    """Keep new notices and their invoices; IntegrityError if one of their stages is taken already (rule 1)."""
    if not new:
        return
    rows, inside = [], []
    for notice in new:
        told = {name: getattr(notice, name) for name in _TOLD}
        rows.append(told | {"creditor_id": creditor_id, "created_at": notice.rendered_at})
        of_notice = {"notice_id": notice.id, "creditor_id": creditor_id, "track": notice.track}
        inside += [
            of_notice | {name: getattr(member, name) for name in NewMember.__slots__}
            for member in notice.members
        ]
    connection = session.connection()
    connection.execute(_ADD, rows)
    connection.execute(_ADD_MEMBERS, inside)


def get(session: Session, notice_id: int) -> NoticeRow | None:
    """Return a notice, None if there is none of that id."""
    return session.get(NoticeRow, notice_id)


def members(session: Session, notice_ids: Iterable[int]) -> dict[int, list[Any]]:
    """Return the invoices in each notice: rows to read, as `NoticeInvoiceRow` names their columns."""
    ids = list(notice_ids)
    found: dict[int, list[Any]] = {notice_id: [] for notice_id in ids}
    for row in session.execute(_MEMBERS, {"ids": ids}):
        found[row.notice_id].append(row)
    return found


def in_states(session: Session, creditor_id: int, states: Sequence[NoticeState]) -> list[NoticeRow]:
    """Return the notices in any of `states`, oldest first."""
    return list(
        session.exec(
            select(NoticeRow)
            .where(NoticeRow.creditor_id == creditor_id, col(NoticeRow.state).in_(states))
            .order_by(col(NoticeRow.id))
        )
    )


def due(session: Session, creditor_id: int, now: datetime, limit: int) -> list[NoticeRow]:
    """Return notices whose next attempt's time has come: those that a person approved first, then the oldest."""
    return list(
        session.exec(
            select(NoticeRow)
            .where(
                NoticeRow.creditor_id == creditor_id,
                col(NoticeRow.state).in_((NoticeState.QUEUED, NoticeState.DEFERRED)),
                col(NoticeRow.next_attempt_at) <= now,
            )
            .order_by(col(NoticeRow.approved_at).is_(None), col(NoticeRow.next_attempt_at), col(NoticeRow.id))
            .limit(limit)
        )
    )


def awaiting(session: Session, debtor_ids: Sequence[int]) -> list[NoticeRow]:
    """Return the notices to some debtors that wait for a person's approval."""
    return list(session.exec(_AWAITING, params={"debtors": list(debtor_ids)}))


def behind(session: Session, first: Sequence[NoticeRow]) -> list[int]:
    """Return which notices stand behind `first`, one each of some debtors: they wait for it, it never for them.

    What a person approved goes before what nobody had to; nothing of it has begun to leave.
    """
    approved = {notice.debtor_id for notice in first if notice.approved_at}
    return [
        notice_id
        for notice_id, debtor_id, approved_at in session.execute(
            _WAITING, {"debtors": [notice.debtor_id for notice in first]}
        )
        if debtor_id in approved or approved_at is None
    ]


def move(session: Session, notice: NoticeRow, event: NoticeEvent, **values: Any) -> bool:
    """Move a notice along its table by compare-and-set; False if somebody else moved it first.

    Its invoices' stages are freed when the new state no longer takes them. ConflictError if `event` cannot happen.
    """
    before = NoticeState(notice.state)
    after = advance(before, event)
    result = session.connection().execute(
        update(NoticeRow)
        .where(col(NoticeRow.id) == notice.id, col(NoticeRow.state) == before)
        .values(state=after, **values)
    )
    if result.rowcount != 1:
        return False
    for key, value in {"state": after.value, **values}.items():
        set_committed_value(notice, key, value)
    if before in ACTIVE and after not in ACTIVE:
        _free(session, notice)
    return True


def start(session: Session, ids: Sequence[int]) -> frozenset[int]:
    """Move claimed notices to `sending`; return the ids of those that were."""
    return _step(session, _START, ids, NoticeState.CLAIMED, NoticeEvent.START)


def accept(session: Session, ids: Sequence[int], at: datetime) -> frozenset[int]:
    """Move notices that were being sent to `sent`; return the ids of those that were."""
    return _step(session, _ACCEPT, ids, NoticeState.SENDING, NoticeEvent.ACCEPT, left=at)


def _step(
    session: Session,
    statement: Any,
    ids: Sequence[int],
    before: NoticeState,
    event: NoticeEvent,
    **values: Any,
) -> frozenset[int]:
    """Move notices that are in `before` along their table together, for events after which their stages stay taken."""
    assert advance(before, event) in ACTIVE
    found = session.connection().execute(statement, {"ids": list(ids), "before": before, **values})
    return frozenset(found.scalars())


def claim(session: Session, waiting: Sequence[NoticeRow]) -> list[NoticeRow]:
    """Take notices that wait, each with one more attempt; return those that nobody else took first."""
    mine: list[NoticeRow] = []
    for before in (NoticeState.QUEUED, NoticeState.DEFERRED):
        rows = [row for row in waiting if row.state == before and row.id is not None]
        ids = [row.id for row in rows if row.id is not None]
        taken = _step(session, _CLAIM, ids, before, NoticeEvent.CLAIM) if ids else ()
        for row in rows:
            if row.id in taken:
                set_committed_value(row, "state", NoticeState.CLAIMED.value)
                set_committed_value(row, "attempts", row.attempts + 1)
                mine.append(row)
    return mine


def _free(session: Session, notice: NoticeRow) -> None:
    session.connection().execute(
        update(NoticeInvoiceRow)
        .where(col(NoticeInvoiceRow.notice_id) == notice.id)
        .values(active=False, served_on=None)
    )


def serve(session: Session, notice_ids: Sequence[int], day: date) -> None:
    """Note that the invoices of some notices reached their stages on `day`."""
    session.connection().execute(_SERVE, {"ids": list(notice_ids), "day": day})


def look_again(session: Session, notice_id: int, at: datetime) -> None:
    """Have the invoices of a notice decided again from `at` on."""
    invoice_ids = select(NoticeInvoiceRow.invoice_id).where(NoticeInvoiceRow.notice_id == notice_id)
    session.connection().execute(
        update(InvoiceRow).where(col(InvoiceRow.id).in_(invoice_ids)).values(next_look_at=at)
    )


def look_again_at_debtor(session: Session, debtor_id: int, at: datetime) -> None:
    """Have all invoices of a debtor decided again from `at` on."""
    look_again_at_debtors(session, [debtor_id], at)


def look_again_at_debtors(session: Session, debtor_ids: Sequence[int], at: datetime) -> None:
    """Have all invoices of some debtors decided again from `at` on."""
    session.connection().execute(_LOOK, {"ids": list(debtor_ids), "look": at})


def set_next_looks(session: Session, looks: Iterable[tuple[int, datetime | None]]) -> None:
    """Set when to decide again about each of some invoices."""
    values = [{"invoice": invoice_id, "at": at} for invoice_id, at in looks]
    if values:
        statement = update(_INVOICE).where(_INVOICE.c.id == bindparam("invoice"))
        session.connection().execute(statement.values(next_look_at=bindparam("at")), values)


def unsent_of_debtor(session: Session, debtor_id: int, invoice_ids: Sequence[int] | None) -> list[NoticeRow]:
    """Return the notices to a debtor (about any of `invoice_ids`, if given) that nobody has begun to hand over."""
    states = (NoticeState.AWAITING_APPROVAL, NoticeState.QUEUED, NoticeState.DEFERRED, NoticeState.CLAIMED)
    statement = select(NoticeRow).where(NoticeRow.debtor_id == debtor_id, col(NoticeRow.state).in_(states))
    if invoice_ids is not None:
        about = select(NoticeInvoiceRow.notice_id).where(col(NoticeInvoiceRow.invoice_id).in_(invoice_ids))
        statement = statement.where(col(NoticeRow.id).in_(about))
    return list(session.exec(statement))


def without_copy(session: Session, creditor_id: int, since: datetime, limit: int) -> list[NoticeRow]:
    """Return notices that left since `since` and of which no copy was filed, oldest first."""
    return list(
        session.exec(
            select(NoticeRow)
            .where(
                NoticeRow.creditor_id == creditor_id,
                NoticeRow.state == NoticeState.SENT,
                col(NoticeRow.left_at) > since,
                col(NoticeRow.copy_filed_at).is_(None),
            )
            .order_by(col(NoticeRow.id))
            .limit(limit)
        )
    )


def usual_run(session: Session, creditor_id: int, track: str, since: datetime) -> list[tuple[Any, int]]:
    """Return how many notices were made on each day since `since`."""
    day = func.date(col(NoticeRow.created_at))
    statement = (
        select(day, func.count())
        .where(
            NoticeRow.creditor_id == creditor_id, NoticeRow.track == track, col(NoticeRow.created_at) > since
        )
        .group_by(day)
    )
    return [(found, count) for found, count in session.exec(statement)]


def ever_left(session: Session, creditor_id: int, track: str) -> bool:
    """Say whether any notice of this track left, or may have."""
    statement = select(NoticeRow.id).where(
        NoticeRow.creditor_id == creditor_id, NoticeRow.track == track, col(NoticeRow.left_at).is_not(None)
    )
    return session.exec(statement.limit(1)).first() is not None


def left_between(
    session: Session, creditor_id: int, track: str, since: datetime, until: datetime
) -> list[NoticeRow]:
    """Return the notices of a track that left, or in shadow would have, in a stretch of time, oldest first."""
    return list(
        session.exec(
            select(NoticeRow)
            .where(
                NoticeRow.creditor_id == creditor_id,
                NoticeRow.track == track,
                col(NoticeRow.left_at) > since,
                col(NoticeRow.left_at) <= until,
            )
            .order_by(col(NoticeRow.left_at), col(NoticeRow.id))
        )
    )


def written_to(
    session: Session, creditor_id: int, track: str, *, before: datetime | None = None
) -> frozenset[int]:
    """Return the debtors to whom a notice was made in this track, before an instant if one is given."""
    statement = select(NoticeRow.debtor_id).where(
        NoticeRow.creditor_id == creditor_id, NoticeRow.track == track, _counts()
    )
    if before is not None:
        statement = statement.where(col(NoticeRow.created_at) < before)
    return frozenset(session.exec(statement.distinct()))


def _counts() -> Any:
    return or_(col(NoticeRow.left_at).is_not(None), col(NoticeRow.state).in_(tuple(ACTIVE)))


def mark_contact(session: Session, contact_id: int | None, state: str) -> None:
    """Note what became of a contact's address: usable, unserved, dead, stopped."""
    session.connection().execute(
        update(ContactRow).where(col(ContactRow.id) == contact_id).values(state=state)
    )


def drop_track(session: Session, creditor_id: int, track: str, at: datetime) -> None:
    """Forget how far a track had come; what was recorded stays readable, and everything is decided anew."""
    connection = session.connection()
    connection.execute(
        update(NoticeInvoiceRow)
        .where(col(NoticeInvoiceRow.creditor_id) == creditor_id, col(NoticeInvoiceRow.track) == track)
        .values(active=False)
    )
    connection.execute(
        update(InvoiceRow).where(col(InvoiceRow.creditor_id) == creditor_id).values(next_look_at=at)
    )
