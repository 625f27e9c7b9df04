"""A machine's message: bounces, absences, challenges. Never an answer, but it can mean that a stage was not served."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from relance_mailer.dunning.notice import Mode
from relance_mailer.replies.bounce import empty_sender, is_daemon
from relance_mailer.replies.model import Intent, Machine, MachineKind, Message, Understanding
from relance_mailer.services import holds, settle
from relance_mailer.services.answers import as_json
from relance_mailer.services.matching import forged, match_message
from relance_mailer.services.office import BOT, Office
from relance_mailer.store import ledger, mailroom, notices, settings
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.session import Session
from relance_mailer.store.tables import MessageRow, NoticeRow, ReplyRow
from relance_mailer.texts import formats
from relance_mailer.texts.words import say

#: An absence without a date is waited for no longer than one that is too long: somebody else is written to.
ABSENCE_WITHOUT_DATE = 11  #: working days
#: A delivery failure that names no notice can only be about a recent one.
RECENT = timedelta(days=7)
_NOT_DELIVERED = frozenset({MachineKind.CHALLENGE, MachineKind.UNREAD_MAILBOX})
_TELLING = _NOT_DELIVERED | {MachineKind.BOUNCE, MachineKind.ABSENCE}  #: the others change nothing


def heed(
    session: Session, office: Office, row: MessageRow, message: Message, machine: Machine, now: datetime
) -> ReplyRow:
    """Take a machine's message."""
    named = _named(session, office, message, machine)
    notice = named or _last(session, office, message, machine, now)
    debtor_ids = [notice.debtor_id] if notice else []
    if not _believed(office, message, machine, named=named is not None):
        debtor_ids += _of_contact(session, office, message)
        reply = _keep(session, office, row, machine, notice, debtor_ids, "", now)
        if debtor_ids:
            _ask(session, office, reply, message, now)
        return reply
    effect = ""
    if machine.kind in _NOT_DELIVERED and notice is not None:
        words = say(f"machine.{machine.kind}", office.config.language)
        effect = words if _undelivered(session, office, notice, words, now, dead=False) else ""
    elif machine.kind is MachineKind.BOUNCE and machine.final and notice is not None:
        effect = _bounce(session, office, notice, machine, now)
    elif machine.kind is MachineKind.ABSENCE:
        away = _absence(session, office, message, machine, now)
        debtor_ids += away
        language = office.config.language
        until = formats.short_date(machine.return_date, language) if machine.return_date else "?"
        effect = say("machine.absence", language, until=until) if away else ""
    return _keep(session, office, row, machine, notice, debtor_ids, effect, now)


def _named(session: Session, office: Office, message: Message, machine: Machine) -> NoticeRow | None:
    """Return the notice that the machine names by an id or token."""
    ids = [machine.original_message_id] if machine.original_message_id else []
    named = mailroom.notices_by_message_id(session, office.creditor_id, ids)
    if named:
        return next(iter(named.values()))
    found = match_message(session, office, message, "")
    return None if found.notice_id is None else notices.get(session, found.notice_id)


def _of_contact(session: Session, office: Office, message: Message) -> list[int]:
    found = mailroom.contacts_at(session, office.creditor_id, [message.from_address.lower()])
    return [contact.debtor_id for contact in found]


def _last(
    session: Session, office: Office, message: Message, machine: Machine, now: datetime
) -> NoticeRow | None:
    """Return the last notice to whom the machine could not reach, or to itself."""
    addresses = machine.recipients or (message.from_address,)
    return mailroom.last_notice_to(session, office.creditor_id, [a.lower() for a in addresses], now - RECENT)


def _believed(office: Office, message: Message, machine: Machine, *, named: bool) -> bool:
    """Say whether a machine's message may change anything: anybody can write that somebody is away, or cannot be reached.

    A failure must name what only those know who handed our notice on, or come as servers send it (RFC 5321, 4.5.5).
    """
    if machine.kind not in _TELLING:
        return True
    if forged(office, message):
        return False
    return machine.kind is not MachineKind.BOUNCE or named or is_daemon(message) or empty_sender(message)


def _ask(session: Session, office: Office, reply: ReplyRow, message: Message, now: datetime) -> None:
    """Let a person look at what is not believed."""
    reply.handled_at, reply.handled_by = None, ""
    reply.effect = say("task.unverified", office.config.language, debtor=message.from_address)
    session.add(reply)
    settings.open_task(
        session,
        office.creditor_id,
        "unverified",
        f"reply:{reply.id}",
        reply.effect,
        now=now,
        actor=BOT,
        owner=holds.TEAM,
        debtor_id=reply.debtor_id,
    )


def _bounce(session: Session, office: Office, notice: NoticeRow, machine: Machine, now: datetime) -> str:
    """A final failure: the notice did not arrive. Copies of ours that fail say nothing about the debtor's."""
    about = {recipient.lower() for recipient in machine.recipients}
    to = _addressee(office, notice)
    if about and to.lower() not in about and about <= office.own_addresses:
        return ""
    words = f"{machine.status} {machine.reason}".strip()
    if not _undelivered(session, office, notice, words, now, dead=machine.address_dead):
        return ""
    return say("machine.bounce", office.config.language, to=to)


def _addressee(office: Office, notice: NoticeRow) -> str:
    return office.config.sending.redirect_to if notice.mode == Mode.REDIRECT else notice.to_address


def _undelivered(
    session: Session, office: Office, notice: NoticeRow, words: str, now: datetime, *, dead: bool
) -> bool:
    """Unserve the stage; where the message went to the team, that says nothing of the debtor: a person is told."""
    if notice.mode != Mode.REDIRECT:
        return settle.bounced(session, office, notice, words, now, dead=dead)
    asked = say("task.undelivered", office.config.language, to=_addressee(office, notice), answer=words)
    subject = f"notice:{notice.id}"
    return settings.open_task(session, office.creditor_id, "undelivered", subject, asked, now=now, actor=BOT)


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
    debtor_ids: Sequence[int],
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
    debtor_id = next(iter(debtor_ids), None)
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
