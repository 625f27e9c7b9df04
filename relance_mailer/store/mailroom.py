"""Messages as kept, and what was understood of each (rule 5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, update
from sqlmodel import Session, col, func, select

from relance_mailer.store.tables import (
    ContactRow,
    DebtorRow,
    MessageRow,
    NoticeRow,
    ReplyRow,
)

STORED, READ, SET_ASIDE, DUPLICATE, PURGED = "stored", "read", "set_aside", "duplicate", "purged"
JUNK, SENT = "junk", "sent"  #: roles of folders: what the server takes for spam; what only the server fills
_REPLY: Any = ReplyRow.__table__  # type: ignore[attr-defined]
_ALIKE = 20  #: how many earlier messages with the same id are looked at


def waiting(session: Session, creditor_id: int, limit: int) -> list[MessageRow]:
    """Return messages that nobody has read yet, oldest first."""
    return list(
        session.exec(
            select(MessageRow)
            .where(MessageRow.creditor_id == creditor_id, MessageRow.state == STORED)
            .order_by(col(MessageRow.id))
            .limit(limit)
        )
    )


def first_notice_on(session: Session, creditor_id: int) -> date | None:
    """Return the day of the creditor's first notice, None before it."""
    first = session.exec(
        select(func.min(col(NoticeRow.created_at))).where(NoticeRow.creditor_id == creditor_id)
    ).one()
    return first.date() if first else None


def notices_by_message_id(session: Session, creditor_id: int, ids: Iterable[str]) -> dict[str, NoticeRow]:
    """Return our notices by the Message-IDs that they have, or that a provider gave them."""
    wanted = [message_id for message_id in ids if message_id]
    found = {}
    for column in (col(NoticeRow.provider_id), col(NoticeRow.message_id)):  # one index each
        statement = select(NoticeRow).where(NoticeRow.creditor_id == creditor_id, column.in_(wanted))
        for row in session.exec(statement):
            found[row.message_id] = row
            if row.provider_id:
                found[row.provider_id] = row
    return found


def contacts_at(session: Session, creditor_id: int, addresses: Iterable[str]) -> list[ContactRow]:
    """Return the contacts with any of these addresses (lower case)."""
    return list(
        session.exec(
            select(ContactRow).where(
                ContactRow.creditor_id == creditor_id, col(ContactRow.address).in_(list(addresses))
            )
        )
    )


def contacts_in(session: Session, creditor_id: int, domains: Iterable[str]) -> list[ContactRow]:
    """Return the contacts in any of these domains (lower case)."""
    return list(
        session.exec(
            select(ContactRow).where(
                ContactRow.creditor_id == creditor_id, col(ContactRow.domain).in_(list(domains))
            )
        )
    )


def debtor(session: Session, debtor_id: int) -> DebtorRow | None:
    """Return a debtor."""
    return session.get(DebtorRow, debtor_id)


def set_absent(session: Session, creditor_id: int, address: str, since: date, until: date) -> list[int]:
    """Note an absence on every contact with this address; return their debtors."""
    rows = contacts_at(session, creditor_id, [address])
    session.connection().execute(
        update(ContactRow)
        .where(col(ContactRow.id).in_([row.id for row in rows]))
        .values(absent_since=since, absent_until=until)
    )
    return [row.debtor_id for row in rows]


def replies(
    session: Session, creditor_id: int, *, only_open: bool, limit: int
) -> list[tuple[ReplyRow, MessageRow]]:
    """Return what was understood, newest first."""
    statement = (
        select(ReplyRow, MessageRow)
        .join(MessageRow, col(MessageRow.id) == ReplyRow.message_id)
        .where(ReplyRow.creditor_id == creditor_id)
        .order_by(col(ReplyRow.id).desc())
        .limit(limit)
    )
    if only_open:
        statement = statement.where(col(ReplyRow.handled_at).is_(None))
    return list(session.exec(statement))


def reply(session: Session, reply_id: int) -> ReplyRow | None:
    """Return one reply."""
    return session.get(ReplyRow, reply_id)


def message_of(session: Session, reply: ReplyRow) -> MessageRow | None:
    """Return the message that a reply came in."""
    return session.get(MessageRow, reply.message_id)


def last_notice_to(
    session: Session, creditor_id: int, addresses: Iterable[str], since: datetime
) -> NoticeRow | None:
    """Return the last notice that left, or may have left, to any of these addresses since `since`."""
    return session.exec(
        select(NoticeRow)
        .where(
            NoticeRow.creditor_id == creditor_id,
            func.lower(col(NoticeRow.to_address)).in_(list(addresses)),
            col(NoticeRow.left_at) > since,
        )
        .order_by(col(NoticeRow.left_at).desc())
    ).first()


def waiting_after(session: Session, creditor_id: int, message_id: int, limit: int) -> list[MessageRow]:
    """Return messages that nobody has read yet and that were kept after one, oldest first."""
    return list(
        session.exec(
            select(MessageRow)
            .where(
                MessageRow.creditor_id == creditor_id,
                MessageRow.state == STORED,
                col(MessageRow.id) > message_id,
            )
            .order_by(col(MessageRow.id))
            .limit(limit)
        )
    )


def still_waiting(session: Session, creditor_id: int, ids: Collection[int]) -> set[int]:
    """Return which of these messages nobody has read meanwhile."""
    waiting = (MessageRow.creditor_id == creditor_id, MessageRow.state == STORED, col(MessageRow.id).in_(ids))
    return {found for found in session.exec(select(MessageRow.id).where(*waiting)) if found is not None}


def read_alike(session: Session, row: MessageRow) -> list[MessageRow]:
    """Return messages that were read before one and have its trace or its Message-ID, newest first."""
    found: dict[int | None, MessageRow] = {}
    for column, value in (
        (MessageRow.trace, row.trace),
        (MessageRow.message_id, row.message_id),
    ):  # one index each
        statement = (
            select(MessageRow)
            .where(
                MessageRow.creditor_id == row.creditor_id,
                col(column) == value,
                col(MessageRow.state).in_((READ, PURGED)),
                MessageRow.id != row.id,
            )
            .order_by(col(MessageRow.id).desc())
            .limit(_ALIKE)
        )
        if value:
            found |= {one.id: one for one in session.exec(statement)}
    return sorted(found.values(), key=lambda one: one.id or 0, reverse=True)


def read_before(
    session: Session, creditor_id: int, traces: Collection[str], message_ids: Collection[str]
) -> frozenset[str]:
    """Return which of these traces and Message-IDs a message has that was read before."""
    found: set[str] = set()
    for column, values in ((MessageRow.trace, traces), (MessageRow.message_id, message_ids)):
        statement = select(column).where(
            MessageRow.creditor_id == creditor_id,
            col(column).in_([value for value in values if value]),
            col(MessageRow.state).in_((READ, PURGED)),
        )
        found.update(session.exec(statement))
    return frozenset(found)


def keep_replies(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Keep what was understood of several messages, each given with all its values; return their ids in order."""
    statement = insert(_REPLY).returning(_REPLY.c.id, sort_by_parameter_order=True)
    return list(session.connection().execute(statement, list(rows)).scalars())


def set_present(session: Session, creditor_id: int, address: str) -> list[int]:
    """Note that nobody at this address is away any more; return the debtors of those who were."""
    rows = [row for row in contacts_at(session, creditor_id, [address]) if row.absent_until is not None]
    session.connection().execute(
        update(ContactRow)
        .where(col(ContactRow.id).in_([row.id for row in rows]))
        .values(absent_since=None, absent_until=None)
    )
    return [row.debtor_id for row in rows]
