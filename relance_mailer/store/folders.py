"""How far each mailbox folder was read, and the messages fetched from it: place and bytes in one transaction (rule 5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import and_, not_, or_, update
from sqlmodel import Session, col, select

from relance_mailer.store import blobs, ledger
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.mailroom import DUPLICATE, JUNK, READ, STORED
from relance_mailer.store.tables import FolderRow, MessageRow

#: The last messages of a folder by which a restored mailbox is told.
REMEMBERED = 50
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as fetched; `trace` is the hash of what its author wrote."""

    uid: int
    raw: bytes
    arrived_at: datetime | None
    trace: str


def folder(session: Session, creditor_id: int, mailbox: str, name: str, role: str) -> FolderRow:
    """Return the folder's row, a new one if it is seen for the first time."""
    row = session.get(FolderRow, (creditor_id, mailbox, name))
    return row or FolderRow(creditor_id=creditor_id, mailbox=mailbox, name=name, role=role)


def watch(session: Session, creditor_id: int, mailbox: str, roles: Mapping[str, str]) -> list[str]:
    """Note which folders of a mailbox are watched, by name and role; return the names of those that no longer are.

    One that is new, or watched again, is not fresh before it has been read.
    """
    rows = session.exec(
        select(FolderRow).where(FolderRow.creditor_id == creditor_id, FolderRow.mailbox == mailbox)
    )
    known = {row.name: row for row in rows}
    dropped = sorted(name for name, row in known.items() if row.watched and name not in roles)
    for name in dropped:
        known[name].watched, known[name].read_to_end_at = False, None
        session.add(known[name])
    for name, role in roles.items():
        row = known.get(name) or folder(session, creditor_id, mailbox, name, role)
        row.watched, row.role = True, role
        session.add(row)
    return dropped


def renumber(row: FolderRow, uidvalidity: int) -> None:
    """Begin a folder anew, whose UIDs are others now (0: not known which); it is not fresh before it has been read."""
    row.uidvalidity, row.last_uid, row.modseq, row.read_to_end_at = uidvalidity, 0, 0, None


def arrivals(session: Session, row: FolderRow) -> dict[int, datetime]:
    """Return when the server received the last messages kept from a folder, by their UIDs as they are now."""
    statement = (
        select(MessageRow.uid, MessageRow.arrived_at)
        .where(*_in_folder(row), col(MessageRow.arrived_at).is_not(None))
        .order_by(col(MessageRow.uid).desc(), col(MessageRow.id).desc())
        .limit(REMEMBERED)
    )
    found: dict[int, datetime] = {}
    for uid, arrived_at in session.exec(statement):
        if arrived_at is not None:
            found.setdefault(uid, arrived_at)  # the newest of those that had this UID
    return found


def keep(session: Session, row: FolderRow, messages: Sequence[Arrival], *, now: datetime, actor: str) -> int:
    """Keep messages as fetched and move the folder on, in one transaction; return how many are new.

    One that lies at the same place with the same bytes is known. One whose bytes are kept from elsewhere (moved, copied, or
    fetched again after UIDVALIDITY changed) is noted as a duplicate; what was purged stays so. Only what somebody has taken
    out of the spam, where nobody was asked about it, is new.
    """
    hashes = [sha256(message.raw).hexdigest() for message in messages]
    places = _places(session, row, [message.uid for message in messages])
    seen = _seen(session, row, hashes)
    blobs.put_many(
        session, [message.raw for message, name in zip(messages, hashes, strict=True) if name not in seen]
    )
    entries = []
    for message, name in zip(messages, hashes, strict=True):
        if known := places.get((message.uid, name)):
            known.arrived_at = message.arrived_at
            session.add(known)
            continue
        state = DUPLICATE if name in seen else STORED
        seen.add(name)
        session.add(_message(row, message, name, state, now))
        if state == STORED:
            where = f"{row.mailbox}/{row.name}/{row.uidvalidity}/{message.uid}"
            entries.append(Entry(Kind.RECEIVED, f"blob:{name}", {"where": where, "size": len(message.raw)}))
    if messages:
        row.last_uid = max(row.last_uid, *(message.uid for message in messages))
    session.add(row)
    session.flush()
    ledger.append(session, row.creditor_id, entries, at=now, actor=actor)
    return len(entries)


def _message(row: FolderRow, message: Arrival, name: str, state: str, now: datetime) -> MessageRow:
    return MessageRow(
        creditor_id=row.creditor_id,
        mailbox=row.mailbox,
        folder=row.name,
        role=row.role,
        uidvalidity=row.uidvalidity,
        uid=message.uid,
        sha256=name,
        trace=message.trace,
        arrived_at=message.arrived_at,
        fetched_at=now,
        state=state,
    )


def _places(session: Session, row: FolderRow, uids: Sequence[int]) -> dict[tuple[int, str], MessageRow]:
    found = session.exec(select(MessageRow).where(*_in_folder(row), col(MessageRow.uid).in_(uids)))
    return {(one.uid, one.sha256): one for one in found}


def _seen(session: Session, row: FolderRow, hashes: Collection[str]) -> set[str]:
    statement = select(MessageRow.sha256).where(
        MessageRow.creditor_id == row.creditor_id, col(MessageRow.sha256).in_(hashes)
    )
    if row.role != JUNK:
        nobodys = or_(col(MessageRow.unmatched_since).is_not(None), col(MessageRow.state) == STORED)
        statement = statement.where(not_(and_(col(MessageRow.role) == JUNK, nobodys)))
    return set(session.exec(statement))


def _in_folder(row: FolderRow) -> tuple[Any, ...]:
    return (
        MessageRow.creditor_id == row.creditor_id,
        MessageRow.mailbox == row.mailbox,
        MessageRow.folder == row.name,
        MessageRow.uidvalidity == row.uidvalidity,
    )


# ── what the admin wants filed on the server ─────────────────────────────────────────────────────────────


def to_file(session: Session, row: FolderRow, kinds: Collection[str]) -> list[int]:
    """Return the UIDs of a folder's messages that were read, are about a debtor, and were not filed yet."""
    statement = (
        select(MessageRow.uid)
        .where(
            *_in_folder(row),
            MessageRow.state == READ,
            col(MessageRow.kind).in_(kinds),
            col(MessageRow.filed_at).is_(None),
            col(MessageRow.unmatched_since).is_(None),
        )
        .order_by(col(MessageRow.uid))
        .limit(_AT_ONCE)
    )
    return list(session.exec(statement))


def filed(session: Session, row: FolderRow, uids: Sequence[int], now: datetime) -> None:
    """Note that messages were filed."""
    session.connection().execute(
        update(MessageRow).where(*_in_folder(row), col(MessageRow.uid).in_(uids)).values(filed_at=now)
    )
