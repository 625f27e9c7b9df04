"""What a case file is made of: all notices, messages and ledger entries about a debtor or one of its invoices."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlmodel import Session, and_, col, or_
from sqlmodel import select as select_rows

from relance_mailer.store import ledger
from relance_mailer.store.ledger import Recorded
from relance_mailer.store.tables import (
    ContactRow,
    DebtorRow,
    DisputeRow,
    HoldRow,
    InvoiceRow,
    LedgerPayloadRow,
    LedgerRow,
    MessageRow,
    NoticeInvoiceRow,
    NoticeRow,
    PaymentRow,
    PromiseRow,
    ReplyRow,
)

T = TypeVar("T")
_OWN, _DUPLICATE, _LIVE = "own", "duplicate", "live"
_CHUNK = 1_000  #: well below the number of variables that a statement may have
_LEDGER: Any = LedgerRow.__table__  # type: ignore[attr-defined]
_PAYLOAD: Any = LedgerPayloadRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the chain as hashed; salt and payload where they were asked for and were not erased."""

    sequence: int
    previous: str
    at: str
    kind: str
    actor: str
    subject: str
    digest: str
    hash: str
    salt: bytes | None
    payload: str | None


def _chunks(values: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(values)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


# ── the ledger ───────────────────────────────────────────────────────────────────────────────────────────


def first_about(session: Session, creditor_id: int, subjects: Collection[str]) -> int | None:
    """Return the sequence of the first entry about any of some subjects, None if there is none."""
    found = [
        session.execute(
            select(func.min(_LEDGER.c.sequence)).where(
                _LEDGER.c.creditor_id == creditor_id, _LEDGER.c.subject.in_(chunk)
            )
        ).scalar_one()
        for chunk in _chunks(sorted(subjects))
    ]
    return min((sequence for sequence in found if sequence is not None), default=None)


def entries_about(session: Session, creditor_id: int, subjects: Collection[str], last: int) -> list[Recorded]:
    """Return the entries about any of some subjects up to the one numbered `last`, in order."""
    found = (
        entry
        for chunk in _chunks(sorted(subjects))
        for entry in ledger.entries(session, creditor_id, *chunk)
        if entry.sequence <= last
    )
    return sorted(found, key=lambda entry: entry.sequence)


def links(session: Session, creditor_id: int, first: int, last: int, told: Collection[int]) -> Iterator[Link]:
    """Yield the chain from the entry numbered `first` to `last`, a chunk in memory at a time.

    Args:
        session: a reading unit.
        creditor_id: whose chain.
        first: the first entry's sequence.
        last: the last one's.
        told: the entries whose salt and payload are wanted; of all others they are not even read.
    """
    columns = [_LEDGER.c[name] for name in Link.__slots__[:-2]]
    query = select(*columns).where(_LEDGER.c.creditor_id == creditor_id).order_by(_LEDGER.c.sequence)
    for start in range(first, last + 1, _CHUNK):
        end = min(start + _CHUNK - 1, last)
        payloads = _payloads(session, creditor_id, [one for one in range(start, end + 1) if one in told])
        for row in session.execute(query.where(_LEDGER.c.sequence.between(start, end))):
            yield Link(*row, *payloads.get(row.sequence, (None, None)))


def _payloads(session: Session, creditor_id: int, sequences: Sequence[int]) -> dict[int, tuple[bytes, str]]:
    if not sequences:
        return {}
    rows = session.execute(
        select(_PAYLOAD.c.sequence, _PAYLOAD.c.salt, _PAYLOAD.c.payload).where(
            _PAYLOAD.c.creditor_id == creditor_id, _PAYLOAD.c.sequence.in_(sequences)
        )
    )
    return {row.sequence: (row.salt, row.payload) for row in rows}


# ── what is about a debtor ───────────────────────────────────────────────────────────────────────────────


def notices_of(session: Session, debtor_id: int) -> list[NoticeRow]:
    """Return every notice addressed to a debtor, whatever became of it, oldest first; no rehearsal."""
    statement = select_rows(NoticeRow).where(NoticeRow.debtor_id == debtor_id, NoticeRow.track == _LIVE)
    return list(session.exec(statement.order_by(col(NoticeRow.id))))


def members_of(session: Session, notice_ids: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    """Return (number, stage) of each invoice in some notices, by notice."""
    found: dict[int, list[tuple[str, str]]] = {notice_id: [] for notice_id in notice_ids}
    for chunk in _chunks(notice_ids):
        rows = session.exec(
            select_rows(NoticeInvoiceRow.notice_id, InvoiceRow.number, NoticeInvoiceRow.stage)
            .join(InvoiceRow, col(InvoiceRow.id) == NoticeInvoiceRow.invoice_id)
            .where(col(NoticeInvoiceRow.notice_id).in_(chunk))
            .order_by(col(InvoiceRow.due), col(InvoiceRow.number))
        )
        for notice_id, number, stage in rows:
            found[notice_id].append((number, stage))
    return found


def replies_of(session: Session, debtor_id: int) -> list[tuple[ReplyRow, MessageRow]]:
    """Return what came from a debtor, or nobody knows from whom else in answer to a notice to it; oldest first."""
    notice_ids = select_rows(NoticeRow.id).where(NoticeRow.debtor_id == debtor_id)
    statement = (
        select_rows(ReplyRow, MessageRow)
        .join(MessageRow, col(MessageRow.id) == ReplyRow.message_id)
        .where(
            or_(
                ReplyRow.debtor_id == debtor_id,
                and_(col(ReplyRow.debtor_id).is_(None), col(ReplyRow.notice_id).in_(notice_ids)),
            )
        )
        .order_by(col(ReplyRow.id))
    )
    return list(session.exec(statement))


def copies_of(session: Session, creditor_id: int, message_ids: Iterable[str]) -> list[MessageRow]:
    """Return our own notices as read back from a mailbox, by the Message-IDs that they bear there."""
    found: list[MessageRow] = []
    for chunk in _chunks(sorted({message_id for message_id in message_ids if message_id})):
        statement = select_rows(MessageRow).where(
            MessageRow.creditor_id == creditor_id,
            col(MessageRow.message_id).in_(chunk),
            MessageRow.kind == _OWN,
            MessageRow.state != _DUPLICATE,
        )
        found += session.exec(statement)
    return sorted(found, key=lambda row: row.id or 0)


def messages_called(session: Session, creditor_id: int, digests: Iterable[str]) -> list[MessageRow]:
    """Return the messages with any of these SHA-256, duplicates left out; oldest first."""
    found: list[MessageRow] = []
    for chunk in _chunks(sorted(set(digests))):
        statement = select_rows(MessageRow).where(
            MessageRow.creditor_id == creditor_id,
            col(MessageRow.sha256).in_(chunk),
            MessageRow.state != _DUPLICATE,
        )
        found += session.exec(statement)
    return sorted(found, key=lambda row: row.id or 0)


def invoices_of(session: Session, debtor_id: int) -> list[InvoiceRow]:
    """Return a debtor's invoices and credit notes."""
    return list(session.exec(select_rows(InvoiceRow).where(InvoiceRow.debtor_id == debtor_id)))


def subjects_of(session: Session, debtor_id: int) -> set[str]:
    """Return what the ledger calls a debtor, its contacts, invoices, payments and promises."""
    tables: tuple[tuple[str, Any], ...] = (
        ("contact", ContactRow),
        ("invoice", InvoiceRow),
        ("payment", PaymentRow),
        ("promise", PromiseRow),
    )
    return {f"debtor:{debtor_id}"} | {
        f"{name}:{id_}"
        for name, table in tables
        for id_ in session.exec(select_rows(table.id).where(table.debtor_id == debtor_id))
    }


def promises_of(session: Session, invoice_id: int) -> list[int]:
    """Return the ids of the promises to pay an invoice."""
    found = session.exec(select_rows(PromiseRow.id).where(PromiseRow.invoice_id == invoice_id))
    return [id_ for id_ in found if id_ is not None]


def open_disputes(session: Session, debtor_id: int) -> set[int]:
    """Return the ids of the invoices that a debtor contests."""
    statement = select_rows(DisputeRow.invoice_id).where(
        DisputeRow.debtor_id == debtor_id, DisputeRow.state == "open"
    )
    return set(session.exec(statement))


def is_held_for(session: Session, debtor_id: int, reason: str) -> bool:
    """Say whether a pause for `reason` that nobody released concerns a debtor."""
    statement = select_rows(HoldRow.id).where(
        HoldRow.debtor_id == debtor_id, HoldRow.reason == reason, col(HoldRow.released_at).is_(None)
    )
    return session.exec(statement).first() is not None


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────


def debtor(session: Session, debtor_id: int) -> DebtorRow:
    """Return a debtor."""
    return session.exec(select_rows(DebtorRow).where(DebtorRow.id == debtor_id)).one()


def contacts_of(session: Session, debtor_id: int) -> list[ContactRow]:
    """Return a debtor's contacts, the first to be written to first."""
    statement = select_rows(ContactRow).where(ContactRow.debtor_id == debtor_id)
    return list(session.exec(statement.order_by(col(ContactRow.rank), col(ContactRow.id))))


def named_like(session: Session, creditor_id: int, what: str, limit: int) -> list[str]:
    """Return the references of debtors whose name contains `what`, in any case of letters."""
    statement = select_rows(DebtorRow.reference).where(
        DebtorRow.creditor_id == creditor_id,
        func.lower(col(DebtorRow.name)).contains(what.lower(), autoescape=True),
    )
    return list(session.exec(statement.order_by(col(DebtorRow.reference)).limit(limit)))


def all_names(session: Session, creditor_id: int) -> list[str]:
    """Return every debtor's reference and every invoice's number."""
    references = session.exec(select_rows(DebtorRow.reference).where(DebtorRow.creditor_id == creditor_id))
    numbers = session.exec(select_rows(InvoiceRow.number).where(InvoiceRow.creditor_id == creditor_id))
    return [*references, *numbers]
