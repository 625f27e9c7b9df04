"""A person's answer: matched, understood, and its consequences carried out in one transaction (rule 3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from relance_mailer.dunning.dispute import DisputeState
from relance_mailer.replies.invitation import as_other, words_with
from relance_mailer.replies.match import By, Doubt, Match, SenderTrust
from relance_mailer.replies.model import (
    Account,
    CreditorFacts,
    Intent,
    Message,
    OpenInvoice,
    Understanding,
)
from relance_mailer.replies.quoting import own_words
from relance_mailer.replies.trust import NOTHING, Authentication
from relance_mailer.services import holds, promises, trust
from relance_mailer.services.consequences import (
    REVIEW,
    Ask,
    Effect,
    MakePromise,
    OpenDispute,
    OpenHold,
    Scope,
    consequences,
)
from relance_mailer.services.matching import Present, match_message
from relance_mailer.services.office import BOT, Office
from relance_mailer.store import cases, ledger, mailroom, notices, settings
from relance_mailer.store import holds as hold_rows
from relance_mailer.store.cases import DebtorFile
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.session import Session
from relance_mailer.store.tables import DisputeRow, MessageRow, NoticeRow, ReplyRow
from relance_mailer.texts import formats
from relance_mailer.texts.words import say

#: A Date header further from the day of arrival than this is not believed.
_BELIEVED = timedelta(days=14)
_UNDERSTANDING = TypeAdapter(Understanding)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a message belongs, the notice that it answers, and its author's own words without that."""

    match: Match
    notice: NoticeRow | None
    own: str


def place(
    session: Session, office: Office, message: Message, own: str, present: Present | None = None
) -> Placed:
    """Match first by what surrounds the words, then by the author's own words without the known quotation."""
    found = match_message(session, office, message, own, present)
    notice = None if found.notice_id is None else notices.get(session, found.notice_id)
    return Placed(found, notice, own_words(message, notice.own_text).text if notice else own)


def answer(
    session: Session,
    office: Office,
    row: MessageRow,
    message: Message,
    placed: Placed,
    now: datetime,
    proof: Authentication = NOTHING,
) -> ReplyRow:
    """Take a person's message: hold at once, then what it says decides how long and why.

    `proof` is what is known of where it comes from (services.trust.prove).
    """
    found, notice = placed.match, placed.notice
    file = None
    if found.debtor_id is not None:
        file = next(iter(cases.load(session, office.view(now), [found.debtor_id])), None)
    said = understood_of(office, message, placed.own, _account(file), now)
    doubts = _doubts(session, file, notice, found, said)
    if doubts:
        found, said = replace(found, doubts=doubts), replace(said, needs_review=True)
    flags = trust.warned(session, office, message, found, proof)
    reply = _keep(session, office, row, found, said, trust.as_json(found, proof, flags), now)
    if file is None and row.role == "junk" and not reply.candidates:
        reply.effect = say("effect.spam", office.config.language)  # nobody is asked about each piece of spam
        reply.handled_at, reply.handled_by = now, BOT
    elif file is None:
        _ask_unmatched(session, office, reply, message, now)
        _hold_shared(session, office, reply, found, now)
    else:
        trusted = found.sender is not SenderTrust.UNVERIFIED
        scope = _scope(session, file, notice, said, verified=trusted)
        effects = consequences(
            said,
            scope,
            office.config.holds,
            office.policy_of(file.debtor.policy),
            file.debtor_case.days,
            office.today(now),
            verified=trusted,
        )
        _carry_out(session, office, file, reply, effects, now)
        if found.sender is SenderTrust.KNOWN:
            _alive(session, office, file, message.from_address, now)
        if (
            said.intent is Intent.WRONG_CONTACT
            and found.sender is SenderTrust.KNOWN
            and not said.needs_review
            and not flags
        ):
            _wrong_contact(session, office, file, message.from_address)
    _tell_odd(session, office, reply)
    return reply


def _doubts(
    session: Session, file: DebtorFile | None, notice: NoticeRow | None, found: Match, said: Understanding
) -> tuple[Doubt, ...]:
    """Return why a person should look: also where an old message is answered, and no open invoice is named."""
    if file is None or notice is None or notice.id is None or said.invoices or said.per_invoice:
        return found.doubts
    open_ = {case.invoice.id for case in file.cases if case.outstanding}
    inside = {member.invoice_id for member in notices.members(session, [notice.id])[notice.id]}
    return (*found.doubts, Doubt.SETTLED_NOTICE) if open_ and not open_ & inside else found.doubts


def _tell_odd(session: Session, office: Office, reply: ReplyRow) -> None:
    """Say, beside what was done, what about the sender or the match a person should see."""
    language = office.config.language
    if words := trust.odd(reply.origin, language):
        noted = say("origin.odd", language, words=" ; ".join(words))
        reply.effect = say("effect.then", language).join(filter(None, (reply.effect, noted)))
        session.add(reply)


def understood_of(
    office: Office, message: Message, own: str, account: Account | None, now: datetime
) -> Understanding:
    """Return what the author's own words say; `account` is the debtor's, None if nobody knows whose they are."""
    from relance_mailer.replies.intent import understand  # late: its lexicon is only for those who answer

    said = understand(
        words_with(message.invitation, own),
        subject=message.subject,
        sent_on=_written_on(office, message, now),
        account=account,
        creditor=_creditor(office),
    )
    return as_other(said) if message.invitation else said


def _written_on(office: Office, message: Message, now: datetime) -> date:
    """The sender's own day, where its Date header can be believed."""
    if message.sent_at is not None and abs(message.sent_at - now) <= _BELIEVED:
        return message.sent_at.date()
    return office.today(now)


def _account(file: DebtorFile | None) -> Account | None:
    if file is None:
        return None
    debtor = file.debtor
    invoices = tuple(
        OpenInvoice(case.invoice.number, case.outstanding.amount, case.outstanding.currency, case.invoice.due)
        for case in file.cases
        if case.outstanding
    )
    return Account(debtor.party.name, debtor.party.country, invoices)


def _creditor(office: Office) -> CreditorFacts:
    creditor = office.config.creditor
    ibans = (creditor.iban,) if creditor.iban else ()
    return CreditorFacts(ibans, tuple(office.own_addresses), creditor.country)


def _keep(
    session: Session,
    office: Office,
    row: MessageRow,
    found: Match,
    said: Understanding,
    origin: dict[str, Any],
    now: datetime,
) -> ReplyRow:
    reply = ReplyRow(**values_of(office, row, found, said, origin, now))
    session.add(reply)
    session.flush()
    entry = understood(reply.id, row, found, said, origin)
    ledger.append(session, office.creditor_id, [entry], at=now, actor=BOT)
    return reply


def values_of(
    office: Office, row: MessageRow, found: Match, said: Understanding, origin: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """Return what is kept of a reply."""
    return {
        "creditor_id": office.creditor_id,
        "message_id": row.id,
        "debtor_id": found.debtor_id,
        "notice_id": found.notice_id,
        "matched_by": found.by,
        "trust": found.sender,
        "intent": said.intent,
        "confidence": said.confidence,
        "needs_review": said.needs_review,
        "reply_text": said.reply_text,
        "understanding": as_json(said),
        "candidates": list(found.ambiguous),
        "origin": origin,
        "received_at": now,
    }


def understood(
    reply_id: int | None, row: MessageRow, found: Match, said: Understanding, origin: dict[str, Any]
) -> Entry:
    """Return what the ledger says of a reply."""
    payload = {
        "message": row.sha256,
        "debtor": found.debtor_id,
        "notice": found.notice_id,
        "matched_by": found.by,
        "sender": found.sender,
        "intent": said.intent,
        "confidence": said.confidence,
        "needs_review": said.needs_review,
        "promise_date": said.promise_date,
        "invoices": said.invoices,
        "flags": said.flags,
        "origin": origin,
    }
    return Entry(Kind.UNDERSTOOD, f"reply:{reply_id}", payload, found.debtor_id)


def as_json(said: Understanding) -> Any:
    """Return an understanding as plain JSON values."""
    return _UNDERSTANDING.dump_python(said, mode="json")


def _scope(
    session: Session, file: DebtorFile, notice: NoticeRow | None, said: Understanding, *, verified: bool
) -> Scope:
    """The invoices named; none named, those of the notice answered; no notice known, all open ones of the debtor."""
    open_ = {case.invoice.number: case.invoice.id for case in file.cases if case.outstanding}
    told: dict[str, int] = {}
    if notice is not None and notice.id is not None:
        inside = {member.invoice_id for member in notices.members(session, [notice.id])[notice.id]}
        told = {number: id_ for number, id_ in open_.items() if id_ in inside}
    named_numbers = {*said.invoices, *(said.per_invoice or {})}
    named = {number: id_ for number, id_ in open_.items() if number in named_numbers}
    if said.intent in (Intent.STOP_CONTACT, Intent.WRONG_CONTACT) and verified:
        concerned = open_
    else:
        concerned = named or told or open_
    others = tuple(id_ for number, id_ in told.items() if number not in concerned)
    ids = [*concerned.values(), *others]
    return Scope(
        concerned, others, hold_rows.courtesy_counts(session, ids), promises.replaced_counts(session, ids)
    )


def _carry_out(
    session: Session,
    office: Office,
    file: DebtorFile,
    reply: ReplyRow,
    effects: tuple[Effect, ...],
    now: datetime,
) -> None:
    language = office.config.language
    done: list[str] = []
    promised = [effect for effect in effects if isinstance(effect, MakePromise)]
    for promise in promises.shared_out(
        file, promised
    ):  # first, since a promise ends the pause of the one before
        promises.make(session, office, file, promise, now, reply_id=reply.id)
    for effect in effects:
        match effect:
            case OpenHold():
                owner = holds.TEAM if effect.owned else ""
                holds.open_hold(
                    session,
                    office,
                    file.debtor.id,
                    effect.invoice_id,
                    effect.reason,
                    effect.until,
                    now,
                    owner=owner,
                    reply_id=reply.id,
                )
                until = formats.short_date(effect.until, language) if effect.until else ""
                reason = say(f"hold.{effect.reason}", language)
                done.append(
                    say("effect.held_until" if until else "effect.held", language, until=until, reason=reason)
                )
            case OpenDispute():
                _dispute(session, office, file, effect, reply, now)
            case Ask():
                _ask(session, office, file, reply, effect, now)
    reply.effect = say("effect.then", language).join(dict.fromkeys(done))
    if not any(isinstance(effect, Ask) for effect in effects):
        reply.handled_at, reply.handled_by = now, BOT
    session.add(reply)


def _dispute(
    session: Session, office: Office, file: DebtorFile, effect: OpenDispute, reply: ReplyRow, now: datetime
) -> None:
    if hold_rows.open_dispute(session, effect.invoice_id) is not None:
        return
    case = next(case for case in file.cases if case.invoice.id == effect.invoice_id)
    dispute = DisputeRow(
        creditor_id=office.creditor_id,
        debtor_id=file.debtor.id,
        invoice_id=effect.invoice_id,
        reply_id=reply.id,
        reason=effect.reason,
        currency=case.outstanding.currency,
        state=DisputeState.OPEN,
        opened_at=now,
    )
    hold_rows.add(session, dispute)
    payload = {"dispute": dispute.id, "reason": effect.reason, "reply": reply.id}
    entry = Entry(Kind.DISPUTED, f"invoice:{effect.invoice_id}", payload, file.debtor.id)
    ledger.append(session, office.creditor_id, [entry], at=now, actor=BOT)


def _ask(
    session: Session, office: Office, file: DebtorFile, reply: ReplyRow, ask: Ask, now: datetime
) -> None:
    remind = None if ask.remind_in is None else file.debtor_case.days.add(office.today(now), ask.remind_in)
    words = say(f"task.{ask.kind}", office.config.language, debtor=file.debtor.party.name)
    settings.open_task(
        session,
        office.creditor_id,
        ask.kind,
        f"reply:{reply.id}",
        words,
        now=now,
        actor=BOT,
        owner=holds.TEAM,
        debtor_id=file.debtor.id,
        remind_on=remind,
    )


def _ask_unmatched(
    session: Session, office: Office, reply: ReplyRow, message: Message, now: datetime
) -> None:
    """Nobody knows whose it is: a person looks; its likely debtors' formal notices wait until then."""
    language = office.config.language
    words = say("task.unmatched", language, sender=message.from_address, subject=message.subject)
    reply.effect = say("effect.unmatched", language)
    session.add(reply)
    settings.open_task(
        session,
        office.creditor_id,
        "unmatched",
        f"reply:{reply.id}",
        words,
        now=now,
        actor=BOT,
        owner=holds.TEAM,
    )


def _hold_shared(session: Session, office: Office, reply: ReplyRow, found: Match, now: datetime) -> None:
    """A contact of several debtors wrote, and it is not sure for which: each of them waits until someone looked."""
    until = office.days.add(office.today(now), office.config.holds.review)
    for debtor_id in sorted(one.debtor_id for one in found.candidates if By.SENDER in one.by):
        holds.open_hold(
            session, office, debtor_id, None, REVIEW, until, now, owner=holds.TEAM, reply_id=reply.id
        )


def _alive(session: Session, office: Office, file: DebtorFile, address: str, now: datetime) -> None:
    """Whoever answers can be written to, whatever bounced before, and is not away any more."""
    for contact in mailroom.contacts_at(session, office.creditor_id, [address.lower()]):
        if contact.debtor_id == file.debtor.id and contact.state in ("unserved", "dead"):
            notices.mark_contact(session, contact.id, "usable")
    for debtor_id in mailroom.set_present(session, office.creditor_id, address.lower()):
        notices.look_again_at_debtor(session, debtor_id, now)


def _wrong_contact(session: Session, office: Office, file: DebtorFile, address: str) -> None:
    """The contact itself says that it is the wrong one: the next known contact is written to after the pause."""
    for contact in mailroom.contacts_at(session, office.creditor_id, [address.lower()]):
        if contact.debtor_id == file.debtor.id:
            notices.mark_contact(session, contact.id, "wrong")
