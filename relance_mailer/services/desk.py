"""What people decide: pauses, approvals, doubts, the stop-all switch. Each one is noted with the name of who did it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from relance_mailer.dunning.case import addressee
from relance_mailer.dunning.decide import Send, decide, free_again, opening
from relance_mailer.dunning.invoice import Contact
from relance_mailer.dunning.notice import NoticeEvent, NoticeState, Proposal
from relance_mailer.errors import ConflictError, NotFoundError
from relance_mailer.services import holds, settle, writing
from relance_mailer.services.consequences import REVIEW
from relance_mailer.services.copies import Ahead, read_ahead
from relance_mailer.services.gates import STOP_ALL
from relance_mailer.services.office import Office
from relance_mailer.services.plan import RUN_APPROVED
from relance_mailer.services.standing import standing
from relance_mailer.services.views import decision_words
from relance_mailer.store import blobs, cases, installation, ledger, mailroom, notices, parties, settings
from relance_mailer.store import holds as hold_rows
from relance_mailer.store.cases import DebtorFile
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.session import Session
from relance_mailer.store.tables import HoldRow, MessageRow, NoticeRow, ReplyRow
from relance_mailer.texts import formats
from relance_mailer.texts.render import RenderedText
from relance_mailer.texts.words import say

RUN_APPROVAL_LASTS = timedelta(hours=24)


def hold(office: Office, what: str, until: date | None, reason: str, now: datetime, by: str) -> HoldRow:
    """Pause an invoice (its number) or a debtor (its reference); without an end it belongs to `by`."""
    if until is not None and until < office.today(now):
        msg = f"{until.isoformat()} lies in the past: give a day to come, or none"
        raise ConflictError(msg)
    with office.db.write() as session:
        debtor_id, invoice_id = parties.find(session, office.creditor_id, what)
        return holds.open_hold(
            session, office, debtor_id, invoice_id, reason, until, now, owner="" if until else by, actor=by
        )


def release(office: Office, what: str, why: str, now: datetime, by: str) -> int:
    """End every pause of an invoice or of a debtor (all of its own and its invoices'); return how many ended."""
    with office.db.write() as session:
        debtor_id, invoice_id = parties.find(session, office.creditor_id, what)
        rows = [
            row
            for row in hold_rows.active(session, office.creditor_id, office.today(now))
            if row.debtor_id == debtor_id and (invoice_id is None or row.invoice_id in (None, invoice_id))
        ]
        for row in rows:
            holds.release(session, office, row, why, now, by)
        return len(rows)


def revive(office: Office, address: str, now: datetime, by: str) -> int:
    """Write to an address again that failed, or was said to be wrong; return how many debtors it belongs to."""
    with office.db.write() as session:
        contacts = mailroom.contacts_at(session, office.creditor_id, [address.lower()])
        if not contacts:
            msg = f"no debtor has the address {address}: import it with `relance-mailer import invoices`"
            raise NotFoundError(msg)
        for contact in contacts:
            notices.mark_contact(session, contact.id, "usable")
            notices.look_again_at_debtor(session, contact.debtor_id, now)
            entry = Entry(Kind.CORRECTED, f"contact:{contact.id}", {"state": "usable"}, contact.debtor_id)
            ledger.append(session, office.creditor_id, [entry], at=now, actor=by)
            _close(session, office, "undelivered", f"contact:{contact.id}", now, by)
        return len(contacts)


def handle_reply(office: Office, reply_id: int, now: datetime, by: str) -> None:
    """Note that a person has dealt with an answer; its pauses stay as they are."""
    with office.db.write() as session:
        reply = mailroom.reply(session, reply_id)
        if reply is None or reply.creditor_id != office.creditor_id:
            msg = f"there is no reply {reply_id}: `relance-mailer replies` lists them"
            raise NotFoundError(msg)
        holds.answered(session, office, reply_id, now, by)


def match_reply(office: Office, reply_id: int, what: str, now: datetime, by: str) -> str:
    """Say which debtor an answer comes from (its reference, or an invoice's number); return the debtor's reference.

    Its open invoices pause for a look; what the answer means, the person sees to.
    """
    with office.db.write() as session:
        reply = mailroom.reply(session, reply_id)
        if reply is None or reply.creditor_id != office.creditor_id:
            msg = f"there is no reply {reply_id}: `relance-mailer replies` lists them"
            raise NotFoundError(msg)
        debtor_id, _ = parties.find(session, office.creditor_id, what)
        before = {"debtor": reply.debtor_id, "candidates": reply.candidates}
        reply.debtor_id, reply.candidates, reply.matched_by = debtor_id, [], "person"
        session.add(reply)
        session.flush()
        after = {"debtor": debtor_id, "before": before}
        entry = Entry(Kind.CORRECTED, f"reply:{reply_id}", after, debtor_id)
        ledger.append(session, office.creditor_id, [entry], at=now, actor=by)
        until = office.days.add(office.today(now), office.config.holds.review)
        holds.open_hold(
            session, office, debtor_id, None, REVIEW, until, now, owner=by, reply_id=reply_id, actor=by
        )
        return parties.reference(session, debtor_id)


def read_notice(office: Office, notice_id: int) -> NoticeRow:
    """Return a message as it was written; NotFoundError if there is none of that number."""
    with office.db.read() as session:
        notice = notices.get(session, notice_id)
        if notice is None or notice.creditor_id != office.creditor_id:
            msg = f"there is no message {notice_id}: `relance-mailer plan` and `explain` name them"
            raise NotFoundError(msg)
        return notice


def read_reply(office: Office, reply_id: int) -> tuple[ReplyRow, MessageRow]:
    """Return an answer and the message that it came in; NotFoundError if there is none of that number."""
    with office.db.read() as session:
        reply = mailroom.reply(session, reply_id)
        message = mailroom.message_of(session, reply) if reply is not None else None
        if reply is None or message is None or reply.creditor_id != office.creditor_id:
            msg = f"there is no reply {reply_id}: `relance-mailer replies` lists them"
            raise NotFoundError(msg)
        return reply, message


def do_task(office: Office, task_id: int, now: datetime, by: str) -> None:
    """Note that a person has done what a task asks."""
    with office.db.write() as session:
        task = settings.get_task(session, task_id)
        if task is None or task.creditor_id != office.creditor_id or task.done_at is not None:
            msg = f"there is no open task {task_id}: `relance-mailer replies` lists them"
            raise NotFoundError(msg)
        settings.close_task(session, task, now=now, by=by)
        kind, _, number = task.subject.partition(":")
        if kind == "reply":
            holds.answered(session, office, int(number), now, by)


def approve_notice(office: Office, notice_id: int, now: datetime, by: str) -> datetime:
    """Approve a formal notice and render it for the day on which it leaves; return that instant.

    ConflictError if it no longer stands (a payment, a pause, another addressee): it is then superseded.
    """
    with office.db.read() as session:
        file, proposal, _ = _reread(session, office, _awaiting(session, office, notice_id), now)
    documents = read_ahead(office, [(file, proposal)] if proposal else [])
    with office.db.write() as session:
        notice = _awaiting(session, office, notice_id)
        file, proposal, why = _reread(session, office, notice, now)
        if proposal is None:
            settle.supersede(session, office, notice, why, now, by)
        else:
            return _release(session, office, notice, file, proposal, documents, now, by)
    msg = f"notice {notice_id} no longer stands ({why}); a new one will be offered if it is still due"
    raise ConflictError(msg)


def preview_notice(office: Office, notice_id: int, now: datetime) -> tuple[datetime, RenderedText]:
    """Return when a formal notice would leave if it were approved now, and how it would read that day."""
    with office.db.read() as session:
        notice = _awaiting(session, office, notice_id)
        file, proposal, why = _reread(session, office, notice, now)
        if proposal is None:
            msg = f"notice {notice_id} no longer stands ({why})"
            raise ConflictError(msg)
        leaves, whom = _leaving(office, file, now)
        return leaves, office.renderer.render(writing.context_of(office, file, proposal, whom, leaves))


def _awaiting(session: Session, office: Office, notice_id: int) -> NoticeRow:
    notice = notices.get(session, notice_id)
    if notice is None or notice.creditor_id != office.creditor_id:
        msg = f"there is no notice {notice_id}"
        raise NotFoundError(msg)
    if notice.state != NoticeState.AWAITING_APPROVAL:
        msg = f"notice {notice_id} waits for no approval: it is {notice.state}"
        raise ConflictError(msg)
    return notice


def _reread(
    session: Session, office: Office, notice: NoticeRow, now: datetime
) -> tuple[DebtorFile, Proposal | None, str]:
    """Return the notice's facts as they are now; no proposal, and why, if it is no longer what was to be approved."""
    assert notice.id is not None
    [file] = cases.load(session, office.view(now), [notice.debtor_id], without=frozenset({notice.id}))
    members = notices.members(session, [notice.id])[notice.id]
    still = standing(office, file, notice, members, now)
    if still.why or still.proposal is None:
        return file, None, still.why
    policy = office.policy_of(file.debtor.policy)
    when = opening(office.today(now), file.debtor_case, policy, now)
    for case, stage in still.proposal.cases:
        decision = decide(case, file.debtor_case, policy, when)
        if not isinstance(decision, Send) or decision.stage != stage:
            return file, None, decision_words(decision, office.config.language)
    return file, still.proposal, ""


def _release(
    session: Session,
    office: Office,
    notice: NoticeRow,
    file: DebtorFile,
    proposal: Proposal,
    documents: Ahead,
    now: datetime,
    by: str,
) -> datetime:
    """Render interest, cut-off and deadline for the sending day; the day of rule 2 runs from there."""
    assert notice.id is not None
    leaves, whom = _leaving(office, file, now)
    draft = writing.write(office, file, proposal, whom, notice.id, leaves, documents)
    notices.move(
        session,
        notice,
        NoticeEvent.APPROVE,
        approved_at=now,
        approved_by=by,
        rendered_at=leaves,
        next_attempt_at=leaves,
        subject=draft.subject,
        own_text=draft.text,
        message_id=draft.message_id,
        sha256=blobs.put(session, draft.raw),
        deadline=draft.deadline,
    )
    payload = {"by": by, "leaves": leaves, "sha256": notice.sha256, "deadline": draft.deadline}
    if draft.lacking:
        payload["without_copy"] = list(draft.lacking)
    entry = Entry(Kind.APPROVED, f"notice:{notice.id}", payload, notice.debtor_id)
    ledger.append(session, office.creditor_id, [entry], at=now, actor=by)
    _close(session, office, "approve", f"notice:{notice.id}", now, by)
    return leaves


def _leaving(office: Office, file: DebtorFile, now: datetime) -> tuple[datetime, Contact]:
    """Return when a message approved now leaves, its gap kept, and to whom."""
    today, policy = office.today(now), office.policy_of(file.debtor.policy)
    first_day = max(today, free_again(file.debtor_case, policy) or today)
    whom = addressee(file.debtor_case.contacts, today, file.debtor_case.days).contact
    assert whom is not None
    return opening(first_day, file.debtor_case, policy, now), whom


def refuse_notice(office: Office, notice_id: int, why: str, now: datetime, by: str) -> None:
    """Refuse a formal notice: its invoices are paused for `by`, who decides what follows."""
    with office.db.write() as session:
        notice = _awaiting(session, office, notice_id)
        assert notice.id is not None
        members = notices.members(session, [notice.id])[notice.id]
        notices.move(session, notice, NoticeEvent.REFUSE, next_attempt_at=None, outcome=why)
        entry = Entry(Kind.REFUSED, f"notice:{notice.id}", {"by": by, "why": why}, notice.debtor_id)
        ledger.append(session, office.creditor_id, [entry], at=now, actor=by)
        _close(session, office, "approve", f"notice:{notice.id}", now, by)
        for member in members:
            holds.open_hold(
                session, office, notice.debtor_id, member.invoice_id, "manual", None, now, owner=by, actor=by
            )


def settle_doubt(office: Office, notice_id: int, *, sent: bool, now: datetime, by: str) -> None:
    """Say whether a notice in doubt left."""
    with office.db.write() as session:
        notice = notices.get(session, notice_id)
        if notice is None or notice.state != NoticeState.IN_DOUBT:
            msg = f"notice {notice_id} is not in doubt"
            raise ConflictError(msg)
        if sent:
            settle.found(session, office, notice, by, now, by)
        else:
            settle.not_sent(session, office, notice, by, now)


def approve_run(office: Office, now: datetime, by: str) -> None:
    """Let an unusual run go on, for a day; ConflictError if none was stopped."""
    with office.db.write() as session:
        if settings.find_task(session, office.creditor_id, "brake", f"creditor:{office.creditor_id}") is None:
            msg = "no run waits for an approval: `relance-mailer plan` shows what would leave"
            raise ConflictError(msg)
        value = {"until": (now + RUN_APPROVAL_LASTS).isoformat(), "by": by}
        settings.write(session, office.creditor_id, RUN_APPROVED, value, now=now, by=by)
        _close(session, office, "brake", f"creditor:{office.creditor_id}", now, by)


def approve_iban(office: Office, now: datetime, by: str, login: str = "") -> tuple[str, str]:
    """Accept the configuration's IBAN; return the one accepted before ("" if none) and this one.

    ConflictError if there is none to accept, or if `by` is no second person (rule 10): the one who accepted last,
    or the user logged in, `login`; the first IBAN of all may be accepted by anybody.
    """
    iban = office.config.creditor.iban
    with office.db.write() as session:
        if not iban or iban in settings.accepted_ibans(session, office.creditor_id):
            msg = "the configuration has no IBAN that is not accepted yet"
            raise ConflictError(msg)
        last = settings.last_accepted_iban(session, office.creditor_id)
        old = last.iban if last else ""
        if last and _same_name(by) in {_same_name(last.accepted_by), _same_name(login)}:
            raise ConflictError(iban_words("act.iban.same_person", office, old, iban, by))
        settings.accept_iban(session, office.creditor_id, iban, now=now, by=by)
    return old, iban


def iban_words(key: str, office: Office, old: str, new: str, by: str) -> str:
    """Say something of a change of IBAN, old → new, in the team's language."""
    language = office.config.language
    before = formats.grouped(old, 4) if old else say("act.iban.none", language)
    return say(key, language, old=before, new=formats.grouped(new, 4), by=by)


def _same_name(name: str) -> str:
    """Bring a name to what it shares with other ways to write it: neither case nor spaces count."""
    return "".join(name.split()).casefold()


def stop_all(office: Office, now: datetime, by: str) -> None:
    """Let nothing leave until `release all`."""
    with office.db.write() as session:
        settings.write(session, office.creditor_id, STOP_ALL, by, now=now, by=by)


def release_all(office: Office, now: datetime, by: str) -> None:
    """Turn the stop-all switch back."""
    with office.db.write() as session:
        if not settings.read(session, office.creditor_id, STOP_ALL):
            msg = "nothing is stopped"
            raise ConflictError(msg)
        settings.write(session, office.creditor_id, STOP_ALL, None, now=now, by=by)


def release_installation(office: Office, now: datetime, by: str) -> None:
    """Trust this database on this machine, as it is now (rule 9)."""
    with office.db.write() as session:
        payload = {"why": office.installation.reason}
        entry = Entry(Kind.INSTALLATION_RELEASED, "installation:1", payload)
        ledger.append(session, office.creditor_id, [entry], at=now, actor=by)
        installation.release(session, office.config.state_file, at=now)


def _close(session: Session, office: Office, kind: str, subject: str, now: datetime, by: str) -> None:
    task = settings.find_task(session, office.creditor_id, kind, subject)
    if task is not None:
        settings.close_task(session, task, now=now, by=by)
