"""Messages as fetched, how far each folder was read, and what was understood of each (rule 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from relance_mailer.store import blobs, ledger
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.tables import (
    ContactRow,
    DebtorRow,
    FolderRow,
    InvoiceRow,
    MessageRow,
    NoticeRow,
    ReplyRow,
)

STORED, READ, SET_ASIDE, DUPLICATE = "stored", "read", "set_aside", "duplicate"


def keep(
    session: Session,
    creditor_id: int,
    folder: FolderRow,
    messages: Sequence[tuple[int, bytes]],
    *,
    now: datetime,
    actor: str,
) -> int:
    """Keep (uid, bytes) as fetched and move the folder on, in one transaction; return how many are new.

    A message whose bytes are already kept (moved, or fetched again after UIDVALIDITY changed) is noted as a duplicate.
    """
    known = set(
        session.exec(
            select(MessageRow.uid).where(
                MessageRow.creditor_id == creditor_id,
                MessageRow.mailbox == folder.mailbox,
                MessageRow.folder == folder.name,
                MessageRow.uidvalidity == folder.uidvalidity,
                col(MessageRow.uid).in_([uid for uid, _ in messages]),
            )
        )
    )
    fresh = [(uid, raw) for uid, raw in messages if uid not in known]
    hashes = blobs.put_many(session, [raw for _, raw in fresh])
    seen = set(
        session.exec(
            select(MessageRow.sha256).where(
                MessageRow.creditor_id == creditor_id, col(MessageRow.sha256).in_(hashes)
            )
        )
    )
    entries = []
    for (uid, raw), sha256 in zip(fresh, hashes, strict=True):
        state = DUPLICATE if sha256 in seen else STORED
        seen.add(sha256)
        session.add(
            MessageRow(
                creditor_id=creditor_id,
                mailbox=folder.mailbox,
                folder=folder.name,
                role=folder.role,
                uidvalidity=folder.uidvalidity,
                uid=uid,
                sha256=sha256,
                fetched_at=now,
                state=state,
            )
        )
        if state == STORED:
            where = f"{folder.mailbox}/{folder.name}/{folder.uidvalidity}/{uid}"
            entries.append(Entry(Kind.RECEIVED, f"blob:{sha256}", {"where": where, "size": len(raw)}))
    if messages:
        folder.last_uid = max(folder.last_uid, *(uid for uid, _ in messages))
    session.add(folder)
    session.flush()
    if entries:
        ledger.append(session, creditor_id, entries, at=now, actor=actor)
    return len(entries)


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


def invoices_of(session: Session, debtor_ids: Iterable[int]) -> list[InvoiceRow]:
    """Return the invoices of some debtors."""
    return list(session.exec(select(InvoiceRow).where(col(InvoiceRow.debtor_id).in_(list(debtor_ids)))))


def debtor(session: Session, debtor_id: int) -> DebtorRow | None:
    """Return a debtor."""
    return session.get(DebtorRow, debtor_id)


def numbers(session: Session, creditor_id: int, wanted: Iterable[str]) -> list[InvoiceRow]:
    """Return the creditor's invoices with any of these numbers."""
    return list(
        session.exec(
            select(InvoiceRow).where(
                InvoiceRow.creditor_id == creditor_id, col(InvoiceRow.number).in_(list(wanted))
            )
        )
    )


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


def read_alike(
    session: Session, creditor_id: int, message_id: str, sender: str, kind: str, limit: int
) -> list[MessageRow]:
    """Return messages of a kind that were read and bear this Message-ID and sender, newest first."""
    return list(
        session.exec(
            select(MessageRow)
            .where(
                MessageRow.creditor_id == creditor_id,
                MessageRow.message_id == message_id,
                MessageRow.from_address == sender,
                MessageRow.kind == kind,
                MessageRow.state == READ,
            )
            .order_by(col(MessageRow.id).desc())
            .limit(limit)
        )
    )


def set_present(session: Session, creditor_id: int, address: str) -> list[int]:
    """Note that nobody at this address is away any more; return the debtors of those who were."""
    rows = [row for row in contacts_at(session, creditor_id, [address]) if row.absent_until is not None]
    session.connection().execute(
        update(ContactRow)
        .where(col(ContactRow.id).in_([row.id for row in rows]))
        .values(absent_since=None, absent_until=None)
    )
    return [row.debtor_id for row in rows]
