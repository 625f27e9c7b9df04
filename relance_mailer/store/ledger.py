"""The ledger: each creditor's chain of what happened, append-only (design rule 6).

An entry's `hash` is SHA-256 of the RFC 8785 JSON array `[previous, sequence, instant, kind, actor, subject, digest]` in
UTF-8, its `digest` is SHA-256(salt ‖ payload). Payload and salt lie apart and can be erased: the chain still verifies.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, delete, func, insert, or_, select
from sqlmodel import Session

from relance_mailer.store.canonical import canonical, instant_text, plain, written
from relance_mailer.store.tables import LedgerPayloadRow, LedgerRow

#: What stands before the first entry.
GENESIS = "0" * 64
_SALT_BYTES = 16
_CHUNK = 1_000
_MOST_PROBLEMS = 100

_LEDGER: Any = LedgerRow.__table__  # type: ignore[attr-defined]
_PAYLOAD: Any = LedgerPayloadRow.__table__  # type: ignore[attr-defined]

# made once: building a statement takes longer than running it
_HEAD = (
    select(_LEDGER.c.sequence, _LEDGER.c.hash)
    .where(_LEDGER.c.creditor_id == bindparam("creditor"))
    .order_by(_LEDGER.c.sequence.desc())
    .limit(1)
)
_LAST_OF_DEBTORS = (
    select(_PAYLOAD.c.debtor_id, func.max(_PAYLOAD.c.sequence).label("last"))
    .where(
        _PAYLOAD.c.creditor_id == bindparam("creditor"),
        _PAYLOAD.c.sequence > bindparam("after"),
        _PAYLOAD.c.debtor_id.in_(bindparam("debtors", expanding=True)),
    )
    .group_by(_PAYLOAD.c.debtor_id)
)
_ADD, _ADD_PAYLOAD = insert(_LEDGER), insert(_PAYLOAD)


class Kind(StrEnum):
    """What an entry tells."""

    IMPORTED = "imported"
    RENDERED = "rendered"
    APPROVED = "approved"
    REFUSED = "refused"  #: a person refused to approve
    ATTEMPTED = "attempted"  #: committed before DATA
    SENT = "sent"  #: 250
    DEFERRED = "deferred"  #: 4xx, will be tried again
    FAILED = "failed"  #: 5xx or bounce
    IN_DOUBT = "in_doubt"
    SETTLED = "settled"  #: a doubt ended
    SUPERSEDED = "superseded"
    RECEIVED = "received"
    UNDERSTOOD = "understood"
    CORRECTED = "corrected"  #: a person understood otherwise
    HELD = "held"
    RELEASED = "released"
    PROMISED = "promised"
    PROMISE_KEPT = "promise_kept"
    PROMISE_PARTIALLY_KEPT = "promise_partially_kept"
    PROMISE_BROKEN = "promise_broken"
    PROMISE_WITHDRAWN = "promise_withdrawn"
    DISPUTED = "disputed"
    DISPUTE_RESOLVED = "dispute_resolved"
    DISPUTE_WITHDRAWN = "dispute_withdrawn"
    PAID = "paid"
    ALLOCATED = "allocated"
    HANDED_OVER = "handed_over"
    SWITCHED = "switched"
    IBAN_ACCEPTED = "iban_accepted"
    INSTALLATION_RELEASED = "installation_released"
    TASK_OPENED = "task_opened"
    TASK_DONE = "task_done"
    NOTED = "noted"
    EXPORTED = "exported"  #: a case file was made
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to be written down.

    Attributes:
        kind: a `Kind`.
        subject: what it is about, "invoice:12", "notice:7".
        payload: what there is to know; `canonical.plain` says which values it may hold.
        debtor_id: whose data the payload is, so that it can be erased.
    """

    kind: str
    subject: str
    payload: Mapping[str, object] = field(default_factory=dict)
    debtor_id: int | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a chain; sequence 0 and 64 zeros where there is none."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry as read back; `payload` is None once erased."""

    sequence: int
    at: datetime
    kind: str
    actor: str
    subject: str
    debtor_id: int | None
    payload: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Verification:
    """What walking a chain found.

    Attributes:
        entries: how many were walked.
        problems: what is wrong, in words; empty if the chain holds.
        erased: entries whose payload was erased, which is no problem.
        head: the last entry walked.
    """

    entries: int
    problems: tuple[str, ...]
    erased: int
    head: Head

    @property
    def holds(self) -> bool:
        """True if nothing is wrong."""
        return not self.problems


def digest_of(salt: bytes, payload: bytes) -> str:
    """Return SHA-256(salt ‖ payload) in hexadecimal."""
    return sha256(salt + payload).hexdigest()


def hash_of(previous: str, sequence: int, at: str, kind: str, actor: str, subject: str, digest: str) -> str:
    """Return an entry's hash in hexadecimal (design rule 6)."""
    return sha256(written([previous, sequence, at, kind, actor, subject, digest])).hexdigest()


def head(session: Session, creditor_id: int) -> Head:
    """Return the last entry of a creditor's chain."""
    found = session.connection().execute(_HEAD, {"creditor": creditor_id}).first()
    return Head(0, GENESIS) if found is None else Head(found.sequence, found.hash)


def last_of_debtors(
    session: Session, creditor_id: int, debtor_ids: Collection[int], after: int
) -> dict[int, int]:
    """Return the last entry later than `after` about each of some debtors, where there is one."""
    asked = {"creditor": creditor_id, "after": after, "debtors": list(debtor_ids)}
    return {row.debtor_id: row.last for row in session.connection().execute(_LAST_OF_DEBTORS, asked)}


def append(session: Session, creditor_id: int, entries: Sequence[Entry], *, at: datetime, actor: str) -> Head:
    """Write entries down at the end of a creditor's chain, in the caller's transaction; return the new head.

    Args:
        session: a writing unit.
        creditor_id: whose chain.
        entries: what happened, in order.
        at: the instant of all of them, aware.
        actor: who did it: "bot", or a person's name.
    """
    last = head(session, creditor_id)
    if not entries:
        return last
    rows: list[dict[str, object]] = []
    payloads: list[dict[str, object]] = []
    instant, who = instant_text(at), plain(actor)
    salts = os.urandom(_SALT_BYTES * len(entries))
    sequence, previous = last.sequence, last.hash
    for number, entry in enumerate(entries):
        sequence += 1
        kind, subject = str(plain(entry.kind)), plain(entry.subject)
        salt = salts[number * _SALT_BYTES : (number + 1) * _SALT_BYTES]
        payload = canonical(entry.payload)
        digest = digest_of(salt, payload)
        own = hash_of(previous, sequence, instant, kind, who, subject, digest)
        key: dict[str, object] = {"creditor_id": creditor_id, "sequence": sequence}
        rows.append(
            key
            | {"previous": previous, "at": instant, "kind": kind, "actor": who}
            | {"subject": subject, "digest": digest, "hash": own}
        )
        payloads.append(
            key | {"debtor_id": entry.debtor_id, "salt": salt, "payload": payload.decode("utf-8")}
        )
        previous = own
    connection = session.connection()
    connection.execute(_ADD, rows)
    connection.execute(_ADD_PAYLOAD, payloads)
    return Head(sequence, previous)


def erase(session: Session, creditor_id: int, subjects: Collection[str]) -> int:
    """Erase the payloads and salts of what was told about subjects (GDPR); return how many. The chain still verifies."""
    about = select(_LEDGER.c.sequence).where(
        _LEDGER.c.creditor_id == creditor_id, _LEDGER.c.subject.in_(subjects)
    )
    gone = delete(_PAYLOAD).where(_PAYLOAD.c.creditor_id == creditor_id, _PAYLOAD.c.sequence.in_(about))
    return int(session.connection().execute(gone).rowcount)


def entries(
    session: Session,
    creditor_id: int,
    *subjects: str,
    prefix: str = "",
    debtor_id: int | None = None,
    kinds: Collection[str] = (),
    after: int = 0,
    limit: int | None = None,
) -> list[Recorded]:
    """Return a creditor's entries in order.

    Args:
        session: any unit.
        creditor_id: whose chain.
        subjects: only these, for example "invoice:12", "notice:7"; with `prefix`, these and those.
        prefix: subjects that begin so, for example "invoice:".
        debtor_id: only of this debtor (erased entries have lost theirs).
        kinds: only these.
        after: only later than this sequence.
        limit: at most so many.
    """
    query = _joined(creditor_id)
    if subjects or prefix:
        query = query.where(_LEDGER.c.sequence.in_(_about(creditor_id, subjects, prefix, after)))
    else:
        query = query.where(_LEDGER.c.sequence > after)
    if debtor_id is not None:
        query = query.where(_PAYLOAD.c.debtor_id == debtor_id)
    if kinds:
        query = query.where(_LEDGER.c.kind.in_([str(kind) for kind in kinds]))
    return [_recorded(row) for row in session.execute(query.limit(limit))]


def verify(session: Session, creditor_id: int, *, outside: Head | None = None) -> Verification:
    """Walk a creditor's chain from its first entry and say what does not hold.

    Args:
        session: any unit; the chain is read in chunks.
        creditor_id: whose chain.
        outside: the head kept outside the database, which tells a tail that was cut or written anew.
    """
    problems: list[str] = []
    count = erased = 0
    last = Head(0, GENESIS)
    for row in _walk(session, creditor_id):
        count += 1
        erased += row.payload is None
        problems += _problems_of(row, last)
        if outside is not None and row.sequence == outside.sequence and row.hash != outside.hash:
            problems.append(
                f"entry {row.sequence} is not the one noted outside the database: history was rewritten"
            )
        last = Head(row.sequence, row.hash)
    if outside is not None and last.sequence < outside.sequence:
        problems.append(
            f"the chain ends at entry {last.sequence}, but entry {outside.sequence} was noted outside the database: "
            "its tail was cut, or an older copy was restored"
        )
    if len(problems) > _MOST_PROBLEMS:
        problems[_MOST_PROBLEMS:] = [f"and {len(problems) - _MOST_PROBLEMS} problems more"]
    return Verification(count, tuple(problems), erased, last)


def _problems_of(row: Row[Any], last: Head) -> Iterator[str]:
    """Yield what is wrong with one entry after `last`."""
    if row.sequence != last.sequence + 1:
        yield f"entries {last.sequence + 1} to {row.sequence - 1} are missing"
    elif row.previous != last.hash:
        yield f"entry {row.sequence} does not follow entry {last.sequence}: it names another hash before it"
    own = hash_of(row.previous, row.sequence, row.at, row.kind, row.actor, row.subject, row.digest)
    if own != row.hash:
        yield f"entry {row.sequence} was changed: its hash does not match its fields"
    if row.payload is not None and digest_of(row.salt, row.payload.encode("utf-8")) != row.digest:
        yield f"the payload of entry {row.sequence} was changed: its digest does not match"


def _walk(session: Session, creditor_id: int) -> Iterator[Row[Any]]:
    """Yield a chain's rows in order, a chunk in memory at a time."""
    after = -1
    query = _joined(creditor_id).limit(_CHUNK)
    while chunk := session.execute(query.where(_LEDGER.c.sequence > after)).all():
        yield from chunk
        after = chunk[-1].sequence


def _about(creditor_id: int, subjects: Collection[str], prefix: str, after: int) -> Select[Any]:
    """Select the sequences of what is about some subjects.

    Apart, since in one query with the order of the chain SQLite prefers to walk all of it.
    """
    about = _LEDGER.alias("about")
    named = about.c.subject.in_(subjects)
    begins = about.c.subject.startswith(prefix, autoescape=True)
    return select(about.c.sequence).where(
        about.c.creditor_id == creditor_id,
        or_(named, begins) if prefix else named,
        about.c.sequence > after,
    )


def _joined(creditor_id: int) -> Select[Any]:
    """Select a creditor's entries with what is left of their payloads."""
    same = and_(_PAYLOAD.c.creditor_id == _LEDGER.c.creditor_id, _PAYLOAD.c.sequence == _LEDGER.c.sequence)
    return (
        select(_LEDGER, _PAYLOAD.c.debtor_id, _PAYLOAD.c.salt, _PAYLOAD.c.payload)
        .select_from(_LEDGER.outerjoin(_PAYLOAD, same))
        .where(_LEDGER.c.creditor_id == creditor_id)
        .order_by(_LEDGER.c.sequence)
    )


def _recorded(row: Row[Any]) -> Recorded:
    payload = None if row.payload is None else json.loads(row.payload)
    at = datetime.fromisoformat(row.at)
    return Recorded(row.sequence, at, row.kind, row.actor, row.subject, row.debtor_id, payload)
