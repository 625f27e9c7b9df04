"""A machine's message: bounces, receipts, absences, challenges. Never an answer, but it can mean that a stage was not served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from relance_mailer.dunning.notice import Mode
from relance_mailer.replies import automatic
from relance_mailer.replies.bounces.signs import is_daemon, is_server_address
from relance_mailer.replies.machine import machine_of
from relance_mailer.replies.match import candidate_ids
from relance_mailer.replies.model import Intent, Machine, MachineKind, Message, Understanding
from relance_mailer.replies.quoting import own_words
from relance_mailer.services import holds, settle
from relance_mailer.services.answers import as_json
from relance_mailer.services.matching import Present, forged, match_message
from relance_mailer.services.office import BOT, Office
from relance_mailer.services.reader import Reading
from relance_mailer.store import bounces, ledger, mailroom, notices, settings
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.session import Session
from relance_mailer.store.tables import MessageRow, NoticeRow, ReplyRow
from relance_mailer.texts import formats
from relance_mailer.texts.words import say

#: An absence without a date is waited for no longer than one that is too long: somebody else is written to.
ABSENCE_WITHOUT_DATE = 11  #: working days
#: A delivery failure that names no notice can only be about a recent one.
RECENT = timedelta(days=7)
#: So many final failures within this time are an address's end, whatever each one's reason.
LAST_BOUNCE, BOUNCES_WITHIN = 3, timedelta(days=30)
#: What words alone may tell.
_BY_WORDS = frozenset(
    {MachineKind.ABSENCE, MachineKind.RECEIPT, MachineKind.UNREAD_MAILBOX, MachineKind.CHALLENGE}
)
_NOT_DELIVERED = frozenset({MachineKind.CHALLENGE, MachineKind.UNREAD_MAILBOX})
_TELLING = _NOT_DELIVERED | {MachineKind.BOUNCE, MachineKind.ABSENCE}  #: the others change nothing
#: Kinds of feedback (RFC 5965, 7.3; RFC 6591) by which nobody complains.
_NO_COMPLAINT = frozenset({"not-spam", "auth-failure"})
_TOLD = frozenset(
    {"displayed", "deleted"}
)  #: what became of a message (RFC 8098, 3.2.6.2) that the team is told


def without_notice(session: Session, office: Office, reading: Reading) -> Reading:
    """Look again at what only its words make a machine's: they may be those of our notice, unmarked below an answer."""
    message, machine = reading.message, reading.machine
    if machine is None or machine.kind not in _BY_WORDS or automatic.says_automatic(message):
        return reading
    answered = mailroom.notices_by_message_id(session, office.creditor_id, candidate_ids(message)).values()
    for notice in answered:
        own = own_words(message, notice.own_text).text
        if machine_of(message, own_addresses=office.own_addresses, own=own) is None:
            return replace(reading, machine=None, own=own)
    return reading


def heed(
    session: Session,
    office: Office,
    row: MessageRow,
    message: Message,
    machine: Machine,
    now: datetime,
    present: Present | None = None,
) -> ReplyRow:
    """Take a machine's message; `present` is what is known to be in the files."""
    named = _named(session, office, message, machine, present)
    notice = named or _last(session, office, message, machine, now)
    debtor_ids = [notice.debtor_id] if notice else []
    if not _believed(office, message, machine, named=named is not None):
        debtor_ids += _of_contact(session, office, message)
        reply = _keep(session, office, row, machine, notice, debtor_ids, "", now)
        if debtor_ids:
            _ask(session, office, reply, message, now)
        return reply
    effect = ""
    if machine.kind is MachineKind.ABSENCE:
        away = _absence(session, office, message, machine, now)
        debtor_ids += away
        language = office.config.language
        until = formats.short_date(machine.return_date, language) if machine.return_date else "?"
        effect = say("machine.absence", language, until=until) if away else ""
    elif notice is not None:
        effect = _on_notice(session, office, notice, machine, now)
    return _keep(session, office, row, machine, notice, debtor_ids, effect, now)


def _on_notice(session: Session, office: Office, notice: NoticeRow, machine: Machine, now: datetime) -> str:
    """Do what a machine's message about a notice means; return it in words, "" if it changes nothing."""
    language = office.config.language
    if machine.kind in _NOT_DELIVERED:
        words = say(f"machine.{machine.kind}", language)
        return words if _undelivered(session, office, notice, words, now, dead=False) else ""
    if machine.kind is MachineKind.BOUNCE:
        return _bounce(session, office, notice, machine, now)
    if machine.kind is MachineKind.DELAYED:
        return say("machine.delayed", language)
    if machine.kind is MachineKind.FEEDBACK and machine.reason not in _NO_COMPLAINT:
        return _complaint(session, office, notice, now)
    return say(f"machine.{machine.reason}", language) if machine.reason in _TOLD else ""


def _complaint(session: Session, office: Office, notice: NoticeRow, now: datetime) -> str:
    """Somebody told a provider that our message is spam: no answer (rule 7), but a person decides how to go on."""
    asked = say("task.complaint", office.config.language, to=notice.to_address)
    settings.open_task(
        session,
        office.creditor_id,
        "complaint",
        f"contact:{notice.contact_id}",
        asked,
        now=now,
        actor=BOT,
        debtor_id=notice.debtor_id,
    )
    return say("machine.complaint", office.config.language)


def _named(
    session: Session, office: Office, message: Message, machine: Machine, present: Present | None
) -> NoticeRow | None:
    """Return the notice that the machine names by an id or token."""
    ids = [machine.original_message_id] if machine.original_message_id else []
    named = mailroom.notices_by_message_id(session, office.creditor_id, ids)
    if named:
        return next(iter(named.values()))
    found = match_message(session, office, message, "", present)
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

    A failure must name what only those know who handed our notice on; or come as servers send it, and name no other mail.
    """
    if machine.kind not in _TELLING:
        return True
    if forged(office, message):
        return False
    if machine.kind is not MachineKind.BOUNCE or named:
        return True
    return not machine.original_message_id and _from_server(message)


def _from_server(message: Message) -> bool:
    """Say whether the envelope's sender is a server's, empty most of all (RFC 5321, 4.5.5); From, where none was kept."""
    paths = [value.strip(" <>") for value in message.all("return-path")]
    return not paths[0] or is_server_address(paths[0]) if paths else is_daemon(message)


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
    # An address that ours was passed on to may be dead without ours being so.
    dead = machine.address_dead and (not about or to.lower() in about)
    before = bounces.failed_since_answer(session, notice.contact_id, now - BOUNCES_WITHIN)
    if not _undelivered(session, office, notice, words, now, dead=dead or before + 1 >= LAST_BOUNCE):
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
        "reason": machine.reason,
        "recipients": machine.recipients,
        "notice": notice.id if notice else None,
        "return_date": machine.return_date,
        "effect": effect,
    }
    entry = Entry(Kind.UNDERSTOOD, f"reply:{reply.id}", payload, debtor_id)
    ledger.append(session, office.creditor_id, [entry], at=now, actor=BOT)
    return reply
