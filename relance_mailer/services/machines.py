"""A machine's message: bounces, absences, challenges. Never an answer, but it can mean that a stage was not served."""

from __future__ import annotations

from datetime import datetime, timedelta

from relance_mailer.replies.model import Intent, Machine, MachineKind, Message, Understanding
from relance_mailer.services import settle
from relance_mailer.services.answers import as_json
from relance_mailer.services.matching import match_message
from relance_mailer.services.office import BOT, Office
from relance_mailer.store import ledger, mailroom, notices, settings
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.session import Session
from relance_mailer.store.tables import MessageRow, NoticeRow, ReplyRow
from relance_mailer.texts.words import say

#: An absence without a date is waited for no longer than one that is too long: somebody else is written to.
ABSENCE_WITHOUT_DATE = 11  #: working days
#: A delivery failure that names no notice can only be about a recent one.
RECENT = timedelta(days=7)
_NOT_DELIVERED = frozenset({MachineKind.CHALLENGE, MachineKind.UNREAD_MAILBOX})


def heed(
    session: Session, office: Office, row: MessageRow, message: Message, machine: Machine, now: datetime
) -> ReplyRow:
    """Take a machine's message."""
    notice = _notice(session, office, message, machine, now)
    debtor_id = notice.debtor_id if notice else None
    effect = ""
    language = office.config.language
    if machine.kind is MachineKind.BOUNCE and machine.final:
        effect = _bounce(session, office, notice, machine, now)
    elif machine.kind in _NOT_DELIVERED and notice is not None:
        words = say(f"machine.{machine.kind}", language)
        if settle.bounced(session, office, notice, words, now, dead=False):
            effect = words
    elif machine.kind is MachineKind.ABSENCE:
        debtor_ids = _absence(session, office, message, machine, now)
        debtor_id = debtor_id or next(iter(debtor_ids), None)
        if debtor_ids:
            until = machine.return_date.isoformat() if machine.return_date else "?"
            effect = say("machine.absence", language, until=until)
    return _keep(session, office, row, machine, notice, debtor_id, effect, now)


def _notice(
    session: Session, office: Office, message: Message, machine: Machine, now: datetime
) -> NoticeRow | None:
    """Return the notice that the machine speaks of: named by an id or token, else the last to a failed recipient."""
    found = match_message(session, office, message, "")
    ids = [machine.original_message_id] if machine.original_message_id else []
    named = mailroom.notices_by_message_id(session, office.creditor_id, ids)
    if named:
        return next(iter(named.values()))
    if found.notice_id is not None:
        return notices.get(session, found.notice_id)
    addresses = machine.recipients or (message.from_address,)
    return mailroom.last_notice_to(session, office.creditor_id, [a.lower() for a in addresses], now - RECENT)


def _bounce(
    session: Session, office: Office, notice: NoticeRow | None, machine: Machine, now: datetime
) -> str:
    """A final failure: the notice did not arrive. Copies of ours that fail say nothing about the debtor's."""
    if notice is None:
        return ""
    about = {recipient.lower() for recipient in machine.recipients}
    if about and notice.to_address.lower() not in about and about <= office.own_addresses:
        return ""
    words = f"{machine.status} {machine.reason}".strip()
    if not settle.bounced(session, office, notice, words, now, dead=machine.address_dead):
        return ""
    return say("machine.bounce", office.config.language, to=notice.to_address)


def _absence(
    session: Session, office: Office, message: Message, machine: Machine, now: datetime
) -> list[int]:
    """Note until when the sender is away; where it says no date, or a far one, a person is told."""
    today = office.today(now)
    back = machine.return_date
    until = back - timedelta(days=1) if back else office.days.add(today, ABSENCE_WITHOUT_DATE)
    debtor_ids = mailroom.set_absent(session, office.creditor_id, message.from_address.lower(), today, until)
    long = back is None or office.days.count(today, until) >= ABSENCE_WITHOUT_DATE
    for debtor_id in debtor_ids:
        notices.look_again_at_debtor(session, debtor_id, now)
        if long:
            words = say(
                "task.absence",
                office.config.language,
                who=message.from_address,
                substitute=machine.new_contact or "–",
            )
            settings.open_task(
                session,
                office.creditor_id,
                "absence",
                f"debtor:{debtor_id}",
                words,
                now=now,
                actor=BOT,
                debtor_id=debtor_id,
            )
    return debtor_ids


def _keep(
    session: Session,
    office: Office,
    row: MessageRow,
    machine: Machine,
    notice: NoticeRow | None,
    debtor_id: int | None,
    effect: str,
    now: datetime,
) -> ReplyRow:
    """Keep what was understood; nobody has to answer a machine."""
    bounce = machine.kind in (MachineKind.BOUNCE, MachineKind.DELAYED)
    intent = Intent.BOUNCE if bounce else Intent.AUTO_REPLY
    said = Understanding(
        intent, confidence=1.0, needs_review=False, return_date=machine.return_date, machine=machine
    )
    assert row.id is not None
    reply = ReplyRow(
        creditor_id=office.creditor_id,
        message_id=row.id,
        debtor_id=debtor_id,
        notice_id=notice.id if notice else None,
        matched_by="machine" if notice else "",
        intent=intent,
        confidence=1.0,
        needs_review=False,
        understanding=as_json(said),
        candidates=[],
        received_at=now,
        effect=effect,
        handled_at=now,
        handled_by=BOT,
    )
    session.add(reply)
    session.flush()
    payload = {
        "message": row.sha256,
        "machine": machine.kind,
        "final": machine.final,
        "status": machine.status,
        "recipients": machine.recipients,
        "notice": notice.id if notice else None,
        "return_date": machine.return_date,
        "effect": effect,
    }
    entry = Entry(Kind.UNDERSTOOD, f"reply:{reply.id}", payload, debtor_id)
    ledger.append(session, office.creditor_id, [entry], at=now, actor=BOT)
    return reply
