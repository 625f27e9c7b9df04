"""Privacy: what concerns no debtor is erased after `[privacy] unmatched_days`; that it was here stays in the ledger.

The bytes, the words, who wrote and about what go, from the tables and from the ledger's payloads (its chain still
verifies); the place in the mailbox and two hashes stay, by which the same message is known when it is fetched again. Who
could still have matched it was asked all that time; the task closes itself and says why.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from relance_mailer.replies.model import Intent, Understanding
from relance_mailer.services.answers import as_json
from relance_mailer.services.office import BOT, Office
from relance_mailer.store import ledger, mailroom, purging, settings
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.session import Session
from relance_mailer.store.tables import MessageRow, ReplyRow
from relance_mailer.texts.words import say

_AT_ONCE = 200  #: messages of one transaction: others write too


def purge(office: Office, now: datetime) -> int:
    """Erase what has concerned nobody for too long; return how many messages, copies not counted."""
    limit = now - timedelta(days=office.config.privacy.unmatched_days)
    purged = 0
    while True:
        with office.db.read() as session:
            if not purging.unmatched_before(session, office.creditor_id, limit, 1):
                return purged
        with office.db.write() as session:
            rows = purging.unmatched_before(session, office.creditor_id, limit, _AT_ONCE)
            purged += sum(_purge(session, office, row, now) for row in rows)


def _purge(session: Session, office: Office, row: MessageRow, now: datetime) -> bool:
    """Erase a message with its copies, unless one of them turned out to concern a debtor."""
    copies = purging.copies_of(session, row)
    replies = purging.replies_of(session, [copy.id for copy in copies if copy.id is not None])
    if any(_matched(copy, replies.get(copy.id or 0)) for copy in copies):
        row.unmatched_since = None
        session.add(row)
        return False
    for reply in replies.values():
        _forget_understanding(session, office, reply, now)
    for copy in copies:
        if copy.state == mailroom.SET_ASIDE:
            _close_tasks(session, office, f"message:{copy.id}", now)
        purging.erase_message(session, copy)
    purging.erase_bytes(session, sorted({copy.sha256 for copy in copies}))
    payload = {"copies": len(copies), "days": office.config.privacy.unmatched_days}
    entry = Entry(Kind.ERASED, f"blob:{row.sha256}", payload)
    ledger.append(session, office.creditor_id, [entry], at=now, actor=BOT)
    return True


def _matched(row: MessageRow, reply: ReplyRow | None) -> bool:
    """Say whether a message concerns a debtor after all, as a person may have said, or waits to be read."""
    if row.state == mailroom.STORED:
        return True
    if row.state in (mailroom.DUPLICATE, mailroom.PURGED):
        return False
    return row.unmatched_since is None or (reply is not None and reply.debtor_id is not None)


def _forget_understanding(session: Session, office: Office, reply: ReplyRow, now: datetime) -> None:
    nothing = Understanding(Intent(reply.intent), confidence=reply.confidence, needs_review=False)
    words = say("effect.purged", office.config.language, days=office.config.privacy.unmatched_days)
    purging.erase_reply(session, reply, as_json(nothing), words, now, BOT)
    _close_tasks(session, office, f"reply:{reply.id}", now)


def _close_tasks(session: Session, office: Office, subject: str, now: datetime) -> None:
    """Close what a person was asked about a message, its words gone; the ledger tells no more of it than that."""
    words = say("task.purged", office.config.language, days=office.config.privacy.unmatched_days)
    purging.erase_told(session, office.creditor_id, [subject])
    for task in settings.about(session, office.creditor_id, subject):
        task.words = words
        session.add(task)
        if task.done_at is None:
            settings.close_task(session, task, now=now, by=BOT)
