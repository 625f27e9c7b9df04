"""Promises to pay: made, replaced, and judged by the money that came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from relance_mailer.dunning.case import InvoiceCase
from relance_mailer.dunning.money import Money
from relance_mailer.dunning.promise import (
    Promise,
    PromiseEvent,
    PromiseState,
    advance,
    came,
    judge,
)
from relance_mailer.services import holds
from relance_mailer.services.consequences import MakePromise
from relance_mailer.services.office import BOT, Office
from relance_mailer.store import cases, ledger, notices
from relance_mailer.store import holds as rows
from relance_mailer.store import promises as promised
from relance_mailer.store.cases import DebtorFile
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.session import Session
from relance_mailer.store.tables import PromiseRow

_KINDS = {
    PromiseState.KEPT: Kind.PROMISE_KEPT,
    PromiseState.PARTIALLY_KEPT: Kind.PROMISE_PARTIALLY_KEPT,
    PromiseState.BROKEN: Kind.PROMISE_BROKEN,
    PromiseState.WITHDRAWN: Kind.PROMISE_WITHDRAWN,
}
#: How long after its last day a promise not kept is judged again: payments become known late.
_LATE = timedelta(days=30)


def make(
    session: Session,
    office: Office,
    file: DebtorFile,
    effect: MakePromise,
    now: datetime,
    *,
    reply_id: int | None = None,
    actor: str = BOT,
) -> None:
    """Note a promise; an open one about the same invoice is replaced, its pause ended."""
    for old in rows.promises_of(session, [effect.invoice_id]):
        if old.state == PromiseState.OPEN:
            _settle(session, office, old, PromiseEvent.REPLACE, now, actor)
            holds.release_for_promise(session, office, effect.invoice_id, now)
    owed = next(case.outstanding for case in file.cases if case.invoice.id == effect.invoice_id)
    amount = None if effect.amount is None else Money(effect.amount, owed.currency).rounded().minor
    row = PromiseRow(
        creditor_id=office.creditor_id,
        debtor_id=file.debtor.id,
        invoice_id=effect.invoice_id,
        reply_id=reply_id,
        promised_on=office.today(now),
        due=effect.due,
        amount_minor=amount,
        currency=owed.currency,
        owed_minor=owed.minor,
        grace_until=effect.grace_until,
        state=PromiseState.OPEN,
    )
    promise_id = rows.add(session, row)
    payload = {
        "promise": promise_id,
        "date": effect.due,
        "amount": effect.amount,
        "grace_until": effect.grace_until,
        "reply": reply_id,
    }
    entry = Entry(Kind.PROMISED, f"invoice:{effect.invoice_id}", payload, file.debtor.id)
    ledger.append(session, office.creditor_id, [entry], at=now, actor=actor)


def shared_out(file: DebtorFile, promised: Sequence[MakePromise]) -> list[MakePromise]:
    """Share a sum promised for several invoices out among them, oldest due first up to what each owes.

    An invoice for which nothing is left keeps its pause, without a promise.
    """
    left = promised[0].amount if promised else None
    if left is None or len(promised) == 1:
        return list(promised)
    by_invoice = {promise.invoice_id: promise for promise in promised}
    shares = []
    for case in file.cases:  # in the order of their due dates
        promise = by_invoice.get(case.invoice.id)
        if promise is not None and (share := min(left, case.outstanding.amount)) > 0:
            shares.append(replace(promise, amount=share))
            left -= share
    return shares


def replaced_counts(session: Session, invoice_ids: list[int]) -> dict[int, int]:
    """Return how many promises about each invoice were replaced or withdrawn, the open one counted with them."""
    counts = dict.fromkeys(invoice_ids, 0)
    for row in rows.promises_of(session, invoice_ids):
        counts[row.invoice_id] += row.state in (PromiseState.WITHDRAWN, PromiseState.OPEN)
    return counts


def judge_all(session: Session, office: Office, now: datetime) -> int:
    """Judge the promises about which money may say something new; return how many changed."""
    waiting = promised.to_judge(session, office.creditor_id, office.today(now), _LATE)
    files = {
        file.debtor.id: file
        for file in cases.load(session, office.view(now), sorted({row.debtor_id for row in waiting}))
    }
    open_on = {row.invoice_id for row in waiting if row.state == PromiseState.OPEN}
    settled = 0
    for row in sorted(waiting, key=lambda row: row.id or 0, reverse=True):
        file = files[row.debtor_id]
        case = next(case for case in file.cases if case.invoice.id == row.invoice_id)
        event = _judgement(office, file, case, row, now)
        if event is PromiseEvent.REOPEN:
            if row.invoice_id in open_on:  # a later one took its place
                continue
            _reopen(session, office, row, now)
            open_on.add(row.invoice_id)
        elif event is not None:
            _settle(session, office, row, event, now, BOT)
            if not case.outstanding:  # after a part that was promised, the invoice still waits until the date
                holds.release_for_promise(session, office, row.invoice_id, now)
        else:
            continue
        notices.set_next_looks(session, [(row.invoice_id, now)])
        settled += 1
    return settled


def _judgement(
    office: Office, file: DebtorFile, case: InvoiceCase, row: PromiseRow, now: datetime
) -> PromiseEvent | None:
    promise = _promise(row)
    history = file.settlement.paid_history.get(row.invoice_id, ())
    money = came(promise, case.invoice, case.outstanding, history)
    return judge(promise, money, case.outstanding, office.today(now))


def _promise(row: PromiseRow) -> Promise:
    assert row.id is not None
    return Promise(
        id=row.id,
        invoice_id=row.invoice_id,
        promised_on=row.promised_on,
        owed=Money.from_minor(row.owed_minor, row.currency),
        grace_until=row.grace_until,
        due=row.due,
        amount=None if row.amount_minor is None else Money.from_minor(row.amount_minor, row.currency),
        state=PromiseState(row.state),
    )


def _settle(
    session: Session, office: Office, row: PromiseRow, event: PromiseEvent, now: datetime, actor: str
) -> None:
    after = advance(PromiseState(row.state), event)
    row.state = after
    rows.add(session, row, now)
    entry = Entry(
        _KINDS[after], f"invoice:{row.invoice_id}", {"promise": row.id, "event": event}, row.debtor_id
    )
    ledger.append(session, office.creditor_id, [entry], at=now, actor=actor)


def _reopen(session: Session, office: Office, row: PromiseRow, now: datetime) -> None:
    """What kept a promise was taken back before its day: it stands again, and so does its pause."""
    row.state, row.settled_at = advance(PromiseState(row.state), PromiseEvent.REOPEN), None
    rows.add(session, row)
    promise = _promise(row)
    payload = {
        "promise": row.id,
        "event": PromiseEvent.REOPEN,
        "date": row.due,
        "amount": promise.amount,
        "grace_until": row.grace_until,
        "reply": row.reply_id,
    }
    entry = Entry(Kind.PROMISED, f"invoice:{row.invoice_id}", payload, row.debtor_id)
    ledger.append(session, office.creditor_id, [entry], at=now, actor=BOT)
    paused = rows.active_of_invoice(session, row.invoice_id, office.today(now))
    if not any(hold.reason == holds.PROMISE for hold in paused):
        holds.open_hold(
            session,
            office,
            row.debtor_id,
            row.invoice_id,
            holds.PROMISE,
            row.grace_until,
            now,
            reply_id=row.reply_id,
        )
