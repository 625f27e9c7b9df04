"""Receiving: keep the bytes first, then read each message in the guarded child and do what its kind asks (rule 5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog

from relance_mailer.errors import RelanceError, StoreError, UnreadableError
from relance_mailer.mail.imap import Batch, Folder, Position
from relance_mailer.replies.freemail import is_freemail
from relance_mailer.replies.match import candidate_ids
from relance_mailer.replies.model import MachineKind, Message
from relance_mailer.replies.quoting import own_text
from relance_mailer.replies.token import HEADER, verify_own_header
from relance_mailer.services import answers, holds, machines, settle
from relance_mailer.services.consequences import COLLEAGUE, UNREADABLE
from relance_mailer.services.matching import forged
from relance_mailer.services.office import BOT, Office
from relance_mailer.services.reader import Reader, Reading
from relance_mailer.store import blobs, freshness, ledger, mailroom, notices, settings
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.session import Session
from relance_mailer.store.tables import MessageRow
from relance_mailer.texts.words import say

log = structlog.get_logger(__name__)

TRIES = 3  #: a message that could not be read at so many looks is set aside
#: Whose a message is.
OWN, BY_COLLEAGUE, BOUNCE, MACHINE, PERSON = "own", "colleague", "bounce", "machine", "person"
SENT = "sent"  #: the role of the folder that only the server fills
_BOUNCES = frozenset({MachineKind.BOUNCE, MachineKind.DELAYED})
_AT_ONCE = 50
_ALIKE = 5  #: how many earlier messages with the same id are compared
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

    def watching(self, mailbox: str, folders: Sequence[Folder]) -> None:
        """Note which folders are read from now on: of the others nobody expects that they are fresh (rule 4)."""
        office = self._office
        with office.db.write() as session:
            roles = {folder.name: folder.role for folder in folders}
            dropped = mailroom.watch(session, office.creditor_id, mailbox, roles)
        if dropped:
            log.warning("folders no longer watched", mailbox=mailbox, folders=dropped)

    def position(self, mailbox: str, folder: str) -> Position | None:
        """Return how far a folder was stored, None if never."""
        with self._office.db.read() as session:
            row = freshness.folder(session, self._office.creditor_id, mailbox, folder)
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
    """Read every message that waits, oldest first, until `stopped`; one that cannot be read never stops the next.

    Each is tried once a look: what fails in passing (no memory for the child) does not set aside all that waits.
    """
    report = Received()
    looked_at = 0
    while not stopped():
        with office.db.read() as session:
            rows = mailroom.waiting_after(session, office.creditor_id, looked_at, _AT_ONCE)
            waiting = [(row, blobs.get(session, row.sha256)) for row in rows]
        if not waiting:
            break
        for row, raw in waiting:
            if stopped():
                break
            _read_one(office, reader, row, raw, report)
            looked_at = row.id or looked_at
    return report


def _read_one(office: Office, reader: Reader, row: MessageRow, raw: bytes, report: Received) -> None:
    now = office.clock.now()
    try:
        reading = reader.read(raw)
        known = _known_already(office, reader, row, reading)
        with office.db.write() as session:
            kept = session.merge(row)
            _note(office, kept, reading)
            if known:
                kept.state = mailroom.DUPLICATE
            else:
                _take(session, office, kept, reading, now)
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


def _known_already(office: Office, reader: Reader, row: MessageRow, reading: Reading) -> bool:
    """Say whether the same message was read before: another mailbox's copy, that went another way.

    One that is believed more than the copies before it (DMARC) is no repetition. What proves that a notice of ours left
    is looked at each time.
    """
    message, kind = reading.message, _kind(office, row, reading)
    if not message.message_id or kind == OWN:
        return False
    with office.db.read() as session:
        alike = mailroom.read_alike(
            session, office.creditor_id, message.message_id, message.from_address.lower(), kind, _ALIKE
        )
        raws = [blobs.get(session, earlier.sha256) for earlier in alike]
    earlier = (reader.read(raw).message for raw in raws)
    own, suspect = own_text(message.text, None).text, forged(office, message)
    return any(
        own_text(one.text, None).text == own and (suspect or not forged(office, one)) for one in earlier
    )


def _note(office: Office, row: MessageRow, reading: Reading) -> None:
    message = reading.message
    row.state = mailroom.READ
    row.kind = _kind(office, row, reading)
    row.message_id, row.from_address = message.message_id, message.from_address.lower()
    row.subject, row.sent_at = message.subject, message.sent_at


def _kind(office: Office, row: MessageRow, reading: Reading) -> str:
    """Return whose message it is: our own notice, a colleague's, a machine's, a person's.

    Only the server fills Sent, where a provider may have rewritten From; elsewhere From must be ours, and not forged.
    """
    ours = reading.message.from_address.lower() in office.own_addresses
    if (ours or row.role == SENT) and _own_notice(office, reading.message) is not None:
        return OWN
    if row.role == SENT or (ours and reading.machine is None and not forged(office, reading.message)):
        return BY_COLLEAGUE
    if reading.machine is None:
        return PERSON
    return BOUNCE if reading.machine.kind in _BOUNCES else MACHINE


def _take(session: Session, office: Office, row: MessageRow, reading: Reading, now: datetime) -> None:
    """Do what the kind of a message asks."""
    message = reading.message
    notice_id = _own_notice(office, message) if row.kind == OWN else None
    if notice_id is not None:
        _settle(session, office, notice_id, row, message, now)
    elif row.kind == BY_COLLEAGUE:
        _colleague(session, office, row, message, now)
    elif reading.machine is not None:
        machines.heed(session, office, row, message, reading.machine, now)
    else:
        answers.answer(session, office, row, message, now)
    session.add(row)


def _own_notice(office: Office, message: Message) -> int | None:
    """Return which notice of ours this is, by its signed header, whatever became of its Message-ID."""
    for value in message.all(HEADER):
        verified = verify_own_header(value, office.key)
        if verified is not None:
            return verified[0]
    return None


def _settle(
    session: Session, office: Office, notice_id: int, row: MessageRow, message: Message, now: datetime
) -> None:
    """Our own notice lies in a mailbox that only a server fills: it left."""
    notice = notices.get(session, notice_id)
    if notice is None or notice.creditor_id != office.creditor_id:
        return
    renamed = row.message_id not in ("", notice.message_id) and not notice.provider_id
    if renamed and not forged(office, message):
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
