"""What must be true before anything leaves at all (rules 4, 8, 9 and 10), with the words that say why it is not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from relance_mailer.dunning.notice import Mode
from relance_mailer.services.office import Office
from relance_mailer.store import freshness, mailroom, notices, settings
from relance_mailer.store.session import Session
from relance_mailer.store.tables import FolderRow

STOP_ALL = "stop_all"
FIRST_RUN = "first_run"  #: setting: who let the first run in live go, and what was shown then
#: What a process that begins to watch the mailboxes has for its first reading, before anybody is told.
FIRST_READING = timedelta(minutes=2)


class GateKind(StrEnum):
    """Why nothing at all may leave."""

    STOP_ALL = "stop_all"
    INBOX = "inbox"
    PAYMENTS = "payments"
    IBAN = "iban"
    FIRST_RUN = "first_run"


@dataclass(frozen=True, slots=True)
class Gate:
    """A closed gate: its kind, and what the sentence about it names (texts.words has the sentence)."""

    kind: GateKind
    detail: str = ""


def closed(session: Session, office: Office, now: datetime) -> tuple[Gate, ...]:
    """Return the gates that are closed at `now`; empty if messages may leave."""
    return (
        *_stopped(session, office),
        *_blind(session, office, now),
        *_payments_old(session, office, now),
        *_iban_changed(session, office),
        *_first_run(session, office),
    )


def unheard(session: Session, office: Office) -> bool:
    """Say whether an answer may lie unheard: stored and not understood yet, or come while nobody watched (rule 3).

    That lasts moments, so it is no gate that anybody is told of; after `FIRST_READING` the inbox's gate tells.
    """
    if mailroom.waiting(session, office.creditor_id, 1):
        return True
    since = office.reads_since
    if since is None:
        return False
    configured = {mailbox.name for mailbox in office.config.mailboxes}
    folders = freshness.folders(session, office.creditor_id)
    return any(row.mailbox in configured and _unread(row, since) for row in folders)


def stopped_by(session: Session, office: Office) -> str:
    """Return who stopped everything, "" if nobody did."""
    return str(settings.read(session, office.creditor_id, STOP_ALL) or "")


def _stopped(session: Session, office: Office) -> tuple[Gate, ...]:
    by = stopped_by(session, office)
    return (Gate(GateKind.STOP_ALL, by),) if by else ()


def _blind(session: Session, office: Office, now: datetime) -> tuple[Gate, ...]:
    """Every watched folder must have been read to its end within `max_inbox_age`, and since this process watches."""
    known = freshness.folders(session, office.creditor_id)
    oldest = now - office.policy.max_inbox_age
    since = office.reads_since
    if since is not None and now - since > FIRST_READING:
        oldest = max(oldest, since)
    gates = []
    for mailbox in office.config.mailboxes:
        rows = [row for row in known if row.mailbox == mailbox.name]
        stale = sorted(row.name for row in rows if _unread(row, oldest))
        if not any(row.role == "inbox" for row in rows):
            stale = ["INBOX"]
        if stale:
            gates.append(Gate(GateKind.INBOX, f"{mailbox.name}: {', '.join(stale)}"))
    return tuple(gates)


def _unread(folder: FolderRow, since: datetime) -> bool:
    return folder.read_to_end_at is None or folder.read_to_end_at < since


def _payments_old(session: Session, office: Office, now: datetime) -> tuple[Gate, ...]:
    last = freshness.last_payments(session, office.creditor_id)
    if last is None:
        return (Gate(GateKind.PAYMENTS),)
    latest = office.days.add(office.today(last), office.policy.max_payment_age)
    if office.today(now) <= latest:
        return ()
    return (Gate(GateKind.PAYMENTS, office.today(last).isoformat()),)


def _iban_changed(session: Session, office: Office) -> tuple[Gate, ...]:
    iban = office.config.creditor.iban
    if not iban or iban in settings.accepted_ibans(session, office.creditor_id):
        return ()
    return (Gate(GateKind.IBAN, iban),)


def _first_run(session: Session, office: Office) -> tuple[Gate, ...]:
    """Before anything ever left in live, a person has seen what will (rule 9); said once, it stands for good."""
    if office.mode is not Mode.LIVE or settings.read(session, office.creditor_id, FIRST_RUN):
        return ()
    if notices.ever_left(session, office.creditor_id, Mode.LIVE.track):
        return ()
    return (Gate(GateKind.FIRST_RUN),)
