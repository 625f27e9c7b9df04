"""Receiving: keep the bytes first, then read each message in the guarded child and do what its kind asks (rule 5)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import structlog

from relance_mailer.errors import StoreError, UnreadableError
from relance_mailer.replies.model import MachineKind, Message
from relance_mailer.replies.token import HEADER, verify_own_header
from relance_mailer.replies.trust import NOTHING, Authentication
from relance_mailer.services import answers, beforehand, colleagues, holds, machines, settle, trust, unread
from relance_mailer.services.beforehand import Beforehand
from relance_mailer.services.matching import Present, forged, seen_by_server
from relance_mailer.services.office import BOT, Office
from relance_mailer.services.reader import Reader, Reading
from relance_mailer.services.strangers import Strangers
from relance_mailer.store import blobs, ledger, mailroom, notices, settings
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.session import Session
from relance_mailer.store.tables import MessageRow, ReplyRow
from relance_mailer.texts.words import say

log = structlog.get_logger(__name__)

TRIES = 3  #: a message that could not be read at so many looks is set aside
#: Whose a message is.
OWN, BY_COLLEAGUE, BOUNCE, MACHINE, PERSON = "own", "colleague", "bounce", "machine", "person"
SAME_ID = "message_id_reused"  #: the flag of a message whose Message-ID another one has
Read = tuple[MessageRow, bytes, Reading | UnreadableError]
_BOUNCES = frozenset({MachineKind.BOUNCE, MachineKind.DELAYED})
_AT_ONCE = 50
_BYTES_AT_ONCE = 1_500_000
_TOGETHER = 0.3  #: seconds that a transaction of several may take; the last message in it goes beyond


@dataclass(slots=True)
class Received:
    """What became of the messages that waited."""

    read: int = 0
    set_aside: int = 0


def read_waiting(office: Office, reader: Reader, *, stopped: Callable[[], bool] = lambda: False) -> Received:
    """Read every message that waits, oldest first, until `stopped`; one that cannot be read never stops the next.

    Each is tried once a look: what fails in passing (no memory for the child) does not set aside all that waits.
    """
    report = Received()
    for batch in reader.read_ahead(_waiting(office)):
        for together, group in groupby(batch, lambda one: _goes_with_others(office, one)):
            if stopped():
                return report
            if together:
                _read_together(office, list(group), report, stopped)
            else:
                _read_singly(office, group, report, stopped)
    return report


def _goes_with_others(office: Office, one: Read) -> bool:
    """Say whether a message can be taken in within a transaction of several: nothing failed, no other server is asked.

    What follows a copy of our own notice may answer an id that only the copy tells.
    """
    row, _, reading = one
    try:
        if isinstance(reading, UnreadableError) or reading.message.header(HEADER):
            return False
        return bool(
            reading.machine or row.role == mailroom.SENT or not trust.asks_dns(office, reading.message)
        )
    except Exception:  # noqa: BLE001 - it will come up again, where it concerns this message alone
        return False


def _read_together(office: Office, ones: list[Read], report: Received, stopped: Callable[[], bool]) -> None:
    """Take in several messages, as many in one transaction as its time allows: others wait for the database.

    Where one fails, nothing of its transaction was done, and each is taken in by itself.
    """
    while ones and not stopped():
        try:
            ones = ones[_one_transaction(office, ones, report) :]
        except StoreError:
            raise  # the database's trouble is no message's
        except Exception:
            log.warning("messages could not be taken in together; each is by itself", exc_info=True)
            _read_singly(office, ones, report, stopped)
            ones = []


def _one_transaction(office: Office, ones: list[Read], report: Received) -> int:
    """Return how many were dealt with; those that another reader has read meanwhile are left alone."""
    now, until = office.clock.now(), time.monotonic() + _TOGETHER
    read = taken = 0
    with office.db.write() as session:
        waiting = mailroom.still_waiting(session, office.creditor_id, [row.id or 0 for row, _, _ in ones])
        look = beforehand.look_up(session, office, [(row, reading) for row, _, reading in ones])
        strangers = Strangers(session, office, now)
        for row, _, reading in ones:
            assert isinstance(reading, Reading)
            if row.id in waiting:
                proof = seen_by_server(office, reading.message) if reading.machine is None else NOTHING
                _take_in(session, office, row, reading, proof, now, look, strangers)
                read += 1
            taken += 1
            if time.monotonic() >= until:
                break
        strangers.write_down()
    report.read += read
    return taken


def _read_singly(office: Office, ones: Iterable[Read], report: Received, stopped: Callable[[], bool]) -> None:
    for row, raw, reading in ones:
        if stopped():
            return
        _read_one(office, row, raw, reading, report)


def _waiting(office: Office) -> Iterator[list[tuple[MessageRow, bytes]]]:
    """Yield what waits, oldest first, each message once: so many messages or so many bytes at a time."""
    looked_at = 0
    while True:
        batch: list[tuple[MessageRow, bytes]] = []
        size = 0
        with office.db.read() as session:
            for row in mailroom.waiting_after(session, office.creditor_id, looked_at, _AT_ONCE):
                batch.append((row, blobs.get(session, row.sha256)))
                looked_at = row.id or looked_at
                size += len(batch[-1][1])
                if size >= _BYTES_AT_ONCE:
                    break
        if not batch:
            return
        yield batch


def _read_one(
    office: Office, row: MessageRow, raw: bytes, reading: Reading | UnreadableError, report: Received
) -> None:
    now = office.clock.now()
    if isinstance(reading, UnreadableError):
        return _failed(office, row, raw, reading, now, report)
    try:
        theirs = reading.machine is None and row.role != mailroom.SENT
        proof = trust.prove(office, reading.message, raw) if theirs else NOTHING
        with office.db.write() as session:
            if not mailroom.still_waiting(session, office.creditor_id, [row.id or 0]):
                return None  # another reader was quicker
            strangers = Strangers(session, office, now)
            _take_in(session, office, row, reading, proof, now, None, strangers)
            strangers.write_down()
        report.read += 1
    except StoreError:
        raise  # the database's trouble is no message's
    except Exception as error:
        log.exception("a message could not be taken in", message=row.id)
        _failed(office, row, raw, UnreadableError(f"{type(error).__name__}: {error}"), now, report)


def _take_in(
    session: Session,
    office: Office,
    row: MessageRow,
    reading: Reading,
    proof: Authentication,
    now: datetime,
    look: Beforehand | None,
    strangers: Strangers,
) -> None:
    """Note what a message is, and do what it means, unless it repeats another."""
    kept = session.merge(row, load=False)  # it still waits: nobody has changed it
    again = machines.without_notice(session, office, reading)
    if again is not reading:
        reading, proof = again, seen_by_server(office, again.message)
    _note(office, kept, reading, now)
    asked = kept.kind != OWN and (look is None or look.may_be_known(row, reading.message))
    alike = _without_spam(kept, mailroom.read_alike(session, kept)) if asked else []
    known = _known_already(kept, alike)
    if known is None:
        present = look.present if look else None
        if kept.kind == PERSON:
            placed = answers.place(session, office, reading.message, reading.own, present)
            if strangers.take(kept, reading.message, placed, proof, alike):
                return
            reply: ReplyRow | None = answers.answer(
                session, office, kept, reading.message, placed, now, proof
            )
        else:
            reply = _take(session, office, kept, reading, now, present)
        _tell(session, office, kept, reply, alike, now)
        if kept.kind == PERSON:
            unread.tell(session, office, kept, reading.message, now)
    else:
        kept.state, kept.trace = mailroom.DUPLICATE, known.trace
        kept.unmatched_since = known.fetched_at if known.state == mailroom.PURGED else None
    session.add(kept)


def _failed(
    office: Office, row: MessageRow, raw: bytes, error: UnreadableError, now: datetime, report: Received
) -> None:
    """Count the failure; the third sets the message aside, tells the team, and pauses what it may be about."""
    with office.db.write() as session:
        if not mailroom.still_waiting(session, office.creditor_id, [row.id or 0]):
            return
        kept = session.merge(row)
        kept.tries += 1
        kept.error = str(error)
        if kept.tries >= TRIES:
            kept.state = mailroom.SET_ASIDE
            report.set_aside += 1
            unread.set_aside(session, office, kept, raw, error, now)
        session.add(kept)


def _without_spam(row: MessageRow, alike: list[MessageRow]) -> list[MessageRow]:
    """Return what was read before; what somebody has taken out of the spam, where nobody was asked about it, repeats nothing."""
    left = []
    for one in alike:
        if one.role == mailroom.JUNK != row.role and one.unmatched_since is not None and _same(one, row):
            one.state, one.unmatched_since = mailroom.DUPLICATE, None
        else:
            left.append(one)
    return left


def _known_already(row: MessageRow, alike: list[MessageRow]) -> MessageRow | None:
    """Return the message that this one repeats: a copy that went another way, or was encoded anew on it.

    One that is believed more than the copies before it (DMARC) is no repetition. What proves that a notice of ours left
    is looked at each time.
    """
    for one in alike:
        if _same(one, row) and one.kind == row.kind and (row.suspect or not one.suspect):
            return one
    return None


def _same(one: MessageRow, other: MessageRow) -> bool:
    return one.trace == other.trace or (bool(other.message_id) and one.content == other.content)


def _note(office: Office, row: MessageRow, reading: Reading, now: datetime) -> None:
    message = reading.message
    row.state = mailroom.READ
    row.content, row.suspect = reading.content, forged(office, message)
    row.kind = _kind(office, row, reading)
    row.message_id, row.from_address = message.message_id, message.from_address.lower()
    row.subject, row.sent_at = message.subject, message.sent_at
    row.unmatched_since = None if row.kind == OWN else now


def _kind(office: Office, row: MessageRow, reading: Reading) -> str:
    """Return whose message it is: our own notice, a colleague's, a machine's, a person's.

    Only the server fills Sent, where a provider may have rewritten From; elsewhere From must be ours, and not forged.
    """
    message = reading.message
    ours = message.from_address.lower() in office.own_addresses
    if (ours or row.role == mailroom.SENT) and _own_notice(office, message) is not None:
        return OWN
    if row.role == mailroom.SENT:
        return BY_COLLEAGUE
    if ours and reading.machine is None and not row.suspect and colleagues.is_colleague(office, message):
        return BY_COLLEAGUE
    if reading.machine is None:
        return PERSON
    return BOUNCE if reading.machine.kind in _BOUNCES else MACHINE


def _take(
    session: Session,
    office: Office,
    row: MessageRow,
    reading: Reading,
    now: datetime,
    present: Present | None,
) -> ReplyRow | None:
    """Do what the kind of a message asks that is no answer; return what was understood of it, None of our own."""
    message = reading.message
    notice_id = _own_notice(office, message) if row.kind == OWN else None
    if notice_id is not None:
        _settle(session, office, notice_id, row, message, now)
    elif row.kind == BY_COLLEAGUE:
        by_hand = reading.machine is None  # an absence notice of ours lies in Sent too
        if by_hand and colleagues.take(session, office, row, message, now):
            row.unmatched_since = None
    elif reading.machine is not None:
        return machines.heed(session, office, row, message, reading.machine, now, present)
    return None


def _tell(
    session: Session,
    office: Office,
    row: MessageRow,
    reply: ReplyRow | None,
    alike: list[MessageRow],
    now: datetime,
) -> None:
    """Say to the team what is odd about how a message came: a Message-ID used before, an answer among the spam."""
    if reply is None:
        return
    if reply.debtor_id is not None or reply.notice_id is not None:
        row.unmatched_since = None
    language = office.config.language
    if row.message_id and any(one.message_id == row.message_id and not _same(one, row) for one in alike):
        flags = [*reply.understanding.get("flags", ()), SAME_ID]
        reply.understanding = {**reply.understanding, "flags": flags}
        _add_words(session, office, reply, say("effect.same_id", language), now)
    if row.role == mailroom.JUNK and row.kind == PERSON and reply.debtor_id is not None:
        _add_words(session, office, reply, say("effect.junk", language, folder=row.folder), now)
        words = say("task.junk", language, sender=row.from_address, folder=f"{row.mailbox}/{row.folder}")
        subject = f"folder:{row.mailbox}/{row.folder}"
        settings.open_task(
            session, office.creditor_id, "junk", subject, words, now=now, actor=BOT, owner=holds.TEAM
        )


def _add_words(session: Session, office: Office, reply: ReplyRow, words: str, now: datetime) -> None:
    """Add to what is told of a reply, in its ledger as well."""
    reply.effect = say("effect.then", office.config.language).join(filter(None, (reply.effect, words)))
    session.add(reply)
    entry = Entry(Kind.NOTED, f"reply:{reply.id}", {"words": words}, reply.debtor_id)
    ledger.append(session, office.creditor_id, [entry], at=now, actor=BOT)


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
