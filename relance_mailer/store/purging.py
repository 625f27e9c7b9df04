"""What concerns no debtor, and its erasure: bytes, words and addresses go; place, hashes and the ledger's chain stay."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from relance_mailer.store import blobs, ledger
from relance_mailer.store.mailroom import PURGED
from relance_mailer.store.tables import MessageRow, NoticeRow, ReplyRow


def unmatched_before(session: Session, creditor_id: int, limit: datetime, most: int) -> list[MessageRow]:
    """Return messages about no debtor that were read before `limit`, oldest first."""
    return list(
        session.exec(
            select(MessageRow)
            .where(MessageRow.creditor_id == creditor_id, col(MessageRow.unmatched_since) < limit)
            .order_by(col(MessageRow.unmatched_since), col(MessageRow.id))
            .limit(most)
        )
    )


def replies_of(session: Session, message_ids: Collection[int]) -> dict[int, ReplyRow]:
    """Return what was understood of messages, by message."""
    rows = session.exec(select(ReplyRow).where(col(ReplyRow.message_id).in_(message_ids)))
    return {row.message_id: row for row in rows}


def copies_of(session: Session, row: MessageRow) -> list[MessageRow]:
    """Return a message and its copies, wherever they were fetched from."""
    same = col(MessageRow.trace) == row.trace if row.trace else col(MessageRow.sha256) == row.sha256
    statement = select(MessageRow).where(MessageRow.creditor_id == row.creditor_id, same)
    return list(session.exec(statement.order_by(col(MessageRow.id))))


def erase_message(session: Session, row: MessageRow) -> None:
    """Forget who wrote a message and what about."""
    row.state, row.unmatched_since = PURGED, None
    row.message_id = row.from_address = row.subject = row.error = ""
    session.add(row)


def erase_reply(
    session: Session, reply: ReplyRow, nothing: Mapping[str, Any], effect: str, now: datetime, by: str
) -> None:
    """Forget what was understood; nobody has to look at it any more."""
    reply.reply_text, reply.understanding, reply.candidates = "", dict(nothing), []
    reply.origin = {}
    reply.effect, reply.needs_review = effect, False
    reply.handled_at, reply.handled_by = reply.handled_at or now, reply.handled_by or by
    session.add(reply)


def erase_bytes(session: Session, names: Sequence[str]) -> None:
    """Forget bytes that no notice, and no message of any creditor, needs any more."""
    session.flush()
    sent = select(NoticeRow.sha256).where(col(NoticeRow.sha256).in_(names))
    kept = select(MessageRow.sha256).where(col(MessageRow.sha256).in_(names), MessageRow.state != PURGED)
    needed: set[str] = {*session.exec(sent), *session.exec(kept)}
    blobs.erase(session, sorted(set(names) - needed))


def erase_told(session: Session, creditor_id: int, subjects: Collection[str]) -> None:
    """Forget the payloads of what the ledger tells about subjects."""
    ledger.erase(session, creditor_id, subjects)
