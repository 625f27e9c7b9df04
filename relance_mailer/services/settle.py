"""What becomes known of a notice outside the conversation with the server: withdrawn, found, bounced, said by a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from relance_mailer.dunning.notice import NoticeEvent, NoticeState
from relance_mailer.services.office import BOT, Office
from relance_mailer.store import attempts, ledger, notices, settings
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.session import Session
from relance_mailer.store.tables import NoticeRow
from relance_mailer.texts.words import say


def found(
    session: Session, office: Office, notice: NoticeRow, proof: str, now: datetime, actor: str = BOT
) -> bool:
    """A copy in the mailbox, or a person, proves that a notice in doubt left; False if there was no doubt."""
    if notice.state not in (NoticeState.IN_DOUBT, NoticeState.SENDING):
        return False
    left = notice.left_at or now
    _end_open_attempt(session, notice, "accepted", now)
    notices.move(session, notice, NoticeEvent.FOUND, left_at=left, next_attempt_at=None, outcome=proof)
    assert notice.id is not None
    notices.serve(session, [notice.id], office.today(left))
    notices.look_again_at_debtor(session, notice.debtor_id, now)
    tell(session, office, notice, Kind.SETTLED, {"left": True, "proof": proof}, now, actor)
    _close_doubt(session, office, notice, now, actor)
    return True


def not_sent(session: Session, office: Office, notice: NoticeRow, by: str, now: datetime) -> None:
    """A person says that a notice in doubt did not leave; ConflictError if it was not in doubt."""
    notices.move(session, notice, NoticeEvent.NOT_SENT, left_at=None, outcome=f"not sent, says {by}")
    tell(session, office, notice, Kind.SETTLED, {"left": False, "proof": by}, now, by)
    _close_doubt(session, office, notice, now, by)
    notices.look_again_at_debtor(session, notice.debtor_id, now)


def bounced(
    session: Session, office: Office, notice: NoticeRow, words: str, now: datetime, *, dead: bool
) -> bool:
    """A final bounce: its stages were not served; the next contact is written to, else a person asked."""
    if notice.state not in (NoticeState.SENT, NoticeState.IN_DOUBT, NoticeState.SENDING):
        return False
    in_doubt = notice.state != NoticeState.SENT
    _end_open_attempt(session, notice, "accepted", now)
    notices.move(session, notice, NoticeEvent.BOUNCE, left_at=None, next_attempt_at=None, outcome=words)
    tell(session, office, notice, Kind.FAILED, {"bounce": words, "address_dead": dead}, now)
    if in_doubt:
        _close_doubt(session, office, notice, now, BOT)
    unserved(session, office, notice, words, now, dead=dead)
    return True


def unserved(
    session: Session, office: Office, notice: NoticeRow, words: str, now: datetime, *, dead: bool
) -> None:
    """Mark the address that a notice did not reach, and decide anew about the debtor."""
    notices.mark_contact(session, notice.contact_id, "dead" if dead else "unserved")
    notices.look_again_at_debtor(session, notice.debtor_id, now)
    asked = say("task.undelivered", office.config.language, to=notice.to_address, answer=words)
    subject = f"contact:{notice.contact_id}"
    settings.open_task(
        session,
        office.creditor_id,
        "undelivered",
        subject,
        asked,
        now=now,
        actor=BOT,
        debtor_id=notice.debtor_id,
    )


def supersede(
    session: Session, office: Office, notice: NoticeRow, why: str, now: datetime, actor: str = BOT
) -> None:
    """Withdraw a notice that nobody has begun to hand over; its approval falls, its invoices are decided anew."""
    assert notice.id is not None
    _end_open_attempt(session, notice, "withdrawn", now)
    if not notices.move(session, notice, NoticeEvent.SUPERSEDE, next_attempt_at=None, outcome=why):
        return
    tell(session, office, notice, Kind.SUPERSEDED, {"why": why}, now, actor)
    notices.look_again(session, notice.id, now)
    task = settings.find_task(session, office.creditor_id, "approve", f"notice:{notice.id}")
    if task:
        settings.close_task(session, task, now=now, by=actor)


def withdraw_for(
    session: Session, office: Office, debtor_id: int, invoice_ids: list[int] | None, why: str, now: datetime
) -> None:
    """Supersede whatever has not begun to leave to a debtor about some invoices (all of them: None)."""
    for notice in notices.unsent_of_debtor(session, debtor_id, invoice_ids):
        supersede(session, office, notice, why, now)


def _end_open_attempt(session: Session, notice: NoticeRow, state: str, now: datetime) -> None:
    """Note what became of an attempt that something else than its own answer brings to an end."""
    if notice.state in (NoticeState.CLAIMED, NoticeState.SENDING) and notice.id is not None:
        attempt = attempts.last(session, notice.id)
        assert attempt is not None
        assert attempt.id is not None
        attempts.end(session, attempt.id, state=state, ended_at=now)


def _close_doubt(session: Session, office: Office, notice: NoticeRow, now: datetime, actor: str) -> None:
    task = settings.find_task(session, office.creditor_id, "in_doubt", f"notice:{notice.id}")
    if task:
        settings.close_task(session, task, now=now, by=actor)


def tell(
    session: Session,
    office: Office,
    notice: NoticeRow,
    kind: Kind,
    payload: Mapping[str, object],
    now: datetime,
    actor: str = BOT,
) -> None:
    """Write down in the ledger what happened to a notice."""
    entry = Entry(kind, f"notice:{notice.id}", payload, notice.debtor_id)
    ledger.append(session, office.creditor_id, [entry], at=now, actor=actor)
