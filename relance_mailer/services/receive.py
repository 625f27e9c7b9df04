"""Receiving: keep the bytes first, then read each message in the guarded child and do what its kind asks (rule 5)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog

from relance_mailer.errors import RelanceError, StoreError, UnreadableError
from relance_mailer.mail.imap import Batch, Folder, Position
from relance_mailer.replies.freemail import is_freemail
from relance_mailer.replies.match import candidate_ids
from relance_mailer.replies.model import Message
from relance_mailer.replies.token import verify_own_header
from relance_mailer.services import answers, holds, machines, settle
from relance_mailer.services.consequences import COLLEAGUE, UNREADABLE
from relance_mailer.services.office import BOT, Office
from relance_mailer.services.reader import Reader, Reading
from relance_mailer.services.writing import OWN_HEADER
from relance_mailer.store import blobs, freshness, ledger, mailroom, notices, settings
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.session import Session
from relance_mailer.store.tables import MessageRow
from relance_mailer.texts.words import say

log = structlog.get_logger(__name__)

TRIES = 3  #: a message that could not be read so often is set aside
_AT_ONCE = 50
_HEAD = 64 * 1024
_FROM = re.compile(
    rb"^From:[^\r\n]{0,500}?([A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,253})", re.MULTILINE | re.IGNORECASE
)


@dataclass(slots=True)
class Received:
    """What became of the messages that waited."""

    read: int = 0
    set_aside: int = 0


class MailSink:
    """What a mailbox's watcher tells: every batch is kept before anything looks at it."""

    def __init__(self, office: Office, news: Callable[[], None] = lambda: None) -> None:
        self._office = office
        self._news = news

    def position(self, mailbox: str, folder: str) -> Position | None:
        """Return how far a folder was stored, None if never."""
        with self._office.db.read() as session:
            row = freshness.folder(session, mailbox, folder)
            return None if row is None or not row.uidvalidity else Position(row.uidvalidity, row.last_uid)

    def since(self) -> date | None:
        """Return the day before the first notice (servers know no time zones): nothing older can be an answer."""
        with self._office.db.read() as session:
            first = mailroom.first_notice_on(session, self._office.creditor_id)
        return (first or self._office.today(self._office.clock.now())) - timedelta(days=1)

    def store(self, mailbox: str, folder: Folder, batch: Batch) -> None:
        """Keep the messages and how far the folder was read, in one transaction."""
        office = self._office
        now = office.clock.now()
        with office.db.write() as session:
            row = mailroom.folder(session, office.creditor_id, mailbox, folder.name, folder.role)
            if row.uidvalidity != batch.uidvalidity:
                row.uidvalidity, row.last_uid = batch.uidvalidity, 0
            messages = [(message.uid, message.raw) for message in batch.messages]
            new = mailroom.keep(session, office.creditor_id, row, messages, now=now, actor=BOT)
        if new:
            self._news()

    def read_to_end(self, mailbox: str, folder: Folder, uidvalidity: int, uidnext: int) -> None:
        """Note that the folder is fresh (rule 4)."""
        office = self._office
        with office.db.write() as session:
            row = mailroom.folder(session, office.creditor_id, mailbox, folder.name, folder.role)
            if row.uidvalidity != uidvalidity:
                row.uidvalidity, row.last_uid = uidvalidity, 0
            row.role = folder.role
            row.last_uid = max(row.last_uid, uidnext - 1)
            row.read_to_end_at = office.clock.now()
            session.add(row)

    def unreachable(self, mailbox: str, error: RelanceError) -> None:
        """Say in the log that the mailbox cannot be read; what that stops, the gate says."""
        log.error("mailbox cannot be read", mailbox=mailbox, error=str(error))


def read_waiting(office: Office, reader: Reader, *, stopped: Callable[[], bool] = lambda: False) -> Received:
    """Read every message that waits, oldest first, until `stopped`; one that cannot be read never stops the next."""
    report = Received()
    while not stopped():
        with office.db.read() as session:
            waiting = [(row, blobs.get(session, row.sha256)) for row in _waiting(session, office)]
        if not waiting:
            break
        for row, raw in waiting:
            if stopped():
                break
            _read_one(office, reader, row, raw, report)
    return report


def _waiting(session: Session, office: Office) -> list[MessageRow]:
    return mailroom.waiting(session, office.creditor_id, _AT_ONCE)


def _read_one(office: Office, reader: Reader, row: MessageRow, raw: bytes, report: Received) -> None:
    now = office.clock.now()
    try:
        reading = reader.read(raw)
        with office.db.write() as session:
            _take(session, office, session.merge(row), reading, now)
        report.read += 1
    except UnreadableError as error:
        _failed(office, row, raw, str(error), now, report)
    except StoreError:
        raise  # the database's trouble is no message's
    except Exception as error:
        log.exception("a message could not be taken in", message=row.id)
        _failed(office, row, raw, f"{type(error).__name__}: {error}", now, report)


def _failed(office: Office, row: MessageRow, raw: bytes, why: str, now: datetime, report: Received) -> None:
    """Count the failure; the third sets the message aside, tells the team, and pauses what it may be about."""
    with office.db.write() as session:
        kept = session.merge(row)
        kept.tries += 1
        kept.error = why
        if kept.tries >= TRIES:
            kept.state = mailroom.SET_ASIDE
            report.set_aside += 1
            _set_aside(session, office, kept, raw, now)
        session.add(kept)


def _set_aside(session: Session, office: Office, row: MessageRow, raw: bytes, now: datetime) -> None:
    found = _FROM.search(raw[:_HEAD])
    address = found[1].decode("ascii").lower() if found else ""
    until = office.days.add(office.today(now), office.config.holds.review)
    for debtor_id in {
        contact.debtor_id for contact in mailroom.contacts_at(session, office.creditor_id, [address])
    }:
        holds.open_hold(session, office, debtor_id, None, UNREADABLE, until, now, owner=holds.TEAM)
    words = say("task.unreadable", office.config.language, sender=address or "?", why=row.error)
    settings.open_task(
        session,
        office.creditor_id,
        "unreadable",
        f"message:{row.id}",
        words,
        now=now,
        actor=BOT,
        owner=holds.TEAM,
    )


def _take(session: Session, office: Office, row: MessageRow, reading: Reading, now: datetime) -> None:
    """Do what the kind of a message asks: our own, a machine's, a colleague's, a person's."""
    message = reading.message
    row.state = mailroom.READ
    row.message_id, row.from_address = message.message_id, message.from_address.lower()
    row.subject, row.sent_at = message.subject, message.sent_at
    ours = row.from_address in office.own_addresses
    notice_id = _own_notice(office, message) if ours else None
    if notice_id is not None:
        row.kind = "own"
        _settle(session, office, notice_id, row, now)
    elif row.role == "sent" or (ours and reading.machine is None):
        row.kind = "colleague"
        _colleague(session, office, row, message, now)
    elif reading.machine is not None:
        row.kind = "bounce" if reading.machine.kind in ("bounce", "delayed") else "machine"
        machines.heed(session, office, row, message, reading.machine, now)
    else:
        row.kind = "person"
        answers.answer(session, office, row, message, now)
    session.add(row)


def _own_notice(office: Office, message: Message) -> int | None:
    """Return which notice of ours this is, by its signed header, whatever became of its Message-ID."""
    for value in message.all(OWN_HEADER):
        verified = verify_own_header(value, office.key)
        if verified is not None:
            return verified[0]
    return None


def _settle(session: Session, office: Office, notice_id: int, row: MessageRow, now: datetime) -> None:
    """Our own notice lies in a mailbox that only a server fills: it left."""
    notice = notices.get(session, notice_id)
    if notice is None or notice.creditor_id != office.creditor_id:
        return
    if row.message_id and row.message_id != notice.message_id and not notice.provider_id:
        notice.provider_id = row.message_id  # the provider renamed it; answers will name that id
        session.add(notice)
        session.flush()
    settle.found(session, office, notice, f"{row.mailbox}/{row.folder}/{row.uidvalidity}/{row.uid}", now)


def _colleague(session: Session, office: Office, row: MessageRow, message: Message, now: datetime) -> None:
    """What a colleague writes to a debtor by hand belongs to the thread, and pauses with that person as owner."""
    for debtor_id in sorted(_written_to(session, office, message)):
        owner = message.from_address or holds.TEAM
        holds.open_hold(session, office, debtor_id, None, COLLEAGUE, None, now, owner=owner)
        payload = {"message": row.sha256, "from": message.from_address, "subject": message.subject}
        entry = Entry(Kind.NOTED, f"debtor:{debtor_id}", payload, debtor_id)
        ledger.append(session, office.creditor_id, [entry], at=now, actor=owner)


def _written_to(session: Session, office: Office, message: Message) -> set[int]:
    """Return the debtors whom a colleague's message goes to: by address or thread, else by their own domain."""
    ours = {address.rpartition("@")[2] for address in office.own_addresses}
    addresses = {address.lower() for address in (*message.to, *message.cc)} - office.own_addresses
    domains = {address: address.rpartition("@")[2] for address in addresses}
    outside = [address for address, domain in domains.items() if domain not in ours or is_freemail(domain)]
    if not outside:  # colleagues among themselves
        return set()
    answered = mailroom.notices_by_message_id(session, office.creditor_id, candidate_ids(message)).values()
    exact = mailroom.contacts_at(session, office.creditor_id, outside)
    found = {contact.debtor_id for contact in exact} | {notice.debtor_id for notice in answered}
    theirs = {domains[address] for address in outside if not is_freemail(domains[address])}
    return found or {
        contact.debtor_id for contact in mailroom.contacts_in(session, office.creditor_id, theirs)
    }
