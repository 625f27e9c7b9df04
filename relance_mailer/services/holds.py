"""Opening and ending pauses; a pause withdraws at once whatever has not begun to leave."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from relance_mailer.dunning.dispute import DisputeEvent, DisputeState, advance
from relance_mailer.services import settle
from relance_mailer.services.office import BOT, Office
from relance_mailer.store import holds as rows
from relance_mailer.store import ledger, mailroom, notices, settings
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.session import Session
from relance_mailer.store.tables import HoldRow
from relance_mailer.texts.words import say

DISPUTE, PROMISE = "dispute", "promise_to_pay"  #: reasons that end with what they wait for
TEAM = "accounts"  #: owns what no named person does


def open_hold(  # noqa: PLR0913
    session: Session,
    office: Office,
    debtor_id: int,
    invoice_id: int | None,
    reason: str,
    until: date | None,
    now: datetime,
    *,
    owner: str = "",
    reply_id: int | None = None,
    actor: str = BOT,
) -> HoldRow:
    """Pause an invoice, or all of a debtor (no invoice); without an end it belongs to somebody."""
    row = HoldRow(
        creditor_id=office.creditor_id,
        debtor_id=debtor_id,
        invoice_id=invoice_id,
        reason=reason,
        since=office.today(now),
        until=until,
        owner=owner or ("" if until else TEAM),
        reply_id=reply_id,
        created_at=now,
        created_by=actor,
    )
    session.add(row)
    session.flush()
    payload = {"hold": row.id, "reason": reason, "until": until, "owner": row.owner, "reply": reply_id}
    _tell(session, office, row, Kind.HELD, payload, now, actor)
    why = say("superseded.held", office.config.language, reason=say(f"hold.{reason}", office.config.language))
    settle.withdraw_for(session, office, debtor_id, None if invoice_id is None else [invoice_id], why, now)
    _look_again(session, row, now)
    return row


def hold_refused(session: Session, office: Office, notice_id: int, answer: str, now: datetime) -> None:
    """The server refused a notice for what it is: writing to somebody else cannot help, so a person looks."""
    notice = notices.get(session, notice_id)
    assert notice is not None
    for member in notices.members(session, [notice_id])[notice_id]:
        open_hold(session, office, notice.debtor_id, member.invoice_id, "refused", None, now, owner=TEAM)
    words = say("task.refused", office.config.language, to=notice.to_address, answer=answer)
    settings.open_task(
        session,
        office.creditor_id,
        "refused",
        f"notice:{notice_id}",
        words,
        now=now,
        actor=BOT,
        owner=TEAM,
        debtor_id=notice.debtor_id,
    )


def release(session: Session, office: Office, row: HoldRow, why: str, now: datetime, by: str) -> None:
    """End a pause now; its invoices are decided anew."""
    row.released_at, row.released_by, row.release_reason = now, by, why
    session.add(row)
    session.flush()
    _tell(session, office, row, Kind.RELEASED, {"hold": row.id, "reason": row.reason, "why": why}, now, by)
    if row.reason == DISPUTE and row.invoice_id is not None:
        _settle_dispute(session, office, row.invoice_id, now, by)
    if row.reply_id is not None and not rows.others_of_reply(session, row, office.today(now)):
        answered(session, office, row.reply_id, now, by)
    _look_again(session, row, now)


def answered(session: Session, office: Office, reply_id: int, now: datetime, by: str) -> None:
    """Note that an answer was dealt with, and with it what was asked about it."""
    reply = mailroom.reply(session, reply_id)
    if reply is None:
        return
    if reply.handled_at is None:
        reply.handled_at, reply.handled_by = now, by
        session.add(reply)
        session.flush()
    for task in settings.open_by_subject(session, office.creditor_id).get(f"reply:{reply_id}", ()):
        settings.close_task(session, task, now=now, by=by)
    for debtor_id in [reply.debtor_id] if reply.debtor_id is not None else reply.candidates:
        notices.look_again_at_debtor(session, debtor_id, now)


def release_paid(session: Session, office: Office, invoice_id: int, now: datetime) -> None:
    """Nothing is owed any more: whatever the pauses of an invoice waited for, nobody need wait."""
    for row in rows.active_of_invoice(session, invoice_id, office.today(now)):
        release(session, office, row, "paid", now, BOT)


def _settle_dispute(session: Session, office: Office, invoice_id: int, now: datetime, by: str) -> None:
    """A dispute ends with its pause: settled by a person, or given up by a debtor who paid."""
    dispute = rows.open_dispute(session, invoice_id)
    if dispute is None:
        return
    event = DisputeEvent.WITHDRAW if by == BOT else DisputeEvent.RESOLVE
    dispute.state = advance(DisputeState(dispute.state), event)
    rows.add(session, dispute, now)
    kind = Kind.DISPUTE_WITHDRAWN if by == BOT else Kind.DISPUTE_RESOLVED
    entry = Entry(kind, f"invoice:{invoice_id}", {"dispute": dispute.id, "by": by}, dispute.debtor_id)
    ledger.append(session, office.creditor_id, [entry], at=now, actor=by)


def release_for_promise(session: Session, office: Office, invoice_id: int, now: datetime) -> None:
    """End the pauses that a promise opened: a later promise, or its payment, takes their place."""
    for row in rows.active_of_invoice(session, invoice_id, office.today(now)):
        if row.reason == PROMISE:
            release(session, office, row, "promise_settled", now, BOT)


def _look_again(session: Session, row: HoldRow, now: datetime) -> None:
    if row.invoice_id is None:
        notices.look_again_at_debtor(session, row.debtor_id, now)
    else:
        notices.set_next_looks(session, [(row.invoice_id, now)])


def _tell(
    session: Session,
    office: Office,
    row: HoldRow,
    kind: Kind,
    payload: Mapping[str, object],
    now: datetime,
    actor: str,
) -> None:
    subject = f"debtor:{row.debtor_id}" if row.invoice_id is None else f"invoice:{row.invoice_id}"
    ledger.append(
        session, office.creditor_id, [Entry(kind, subject, payload, row.debtor_id)], at=now, actor=actor
    )
