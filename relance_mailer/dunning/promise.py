"""A promise to pay: its states, and what the money that came says about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from relance_mailer.dunning.invoice import Invoice
from relance_mailer.dunning.money import Money
from relance_mailer.errors import ConflictError


class PromiseState(StrEnum):
    """Where a promise stands."""

    OPEN = "open"
    KEPT = "kept"
    PARTIALLY_KEPT = "partially_kept"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"  #: taken back, or replaced by a later promise


class PromiseEvent(StrEnum):
    """What may happen to a promise."""

    PAY = "pay"  #: what was promised came in time
    PAY_IN_PART = "pay_in_part"  #: the last day has passed, less came in time
    LAPSE = "lapse"  #: the last day has passed, nothing came in time
    WITHDRAW = "withdraw"
    REPLACE = "replace"  #: the debtor promised anew; such promises are counted
    REOPEN = "reopen"  #: what had come was taken back, and the last day has not passed


_S, _E = PromiseState, PromiseEvent
TRANSITIONS: dict[tuple[PromiseState, PromiseEvent], PromiseState] = {
    (_S.OPEN, _E.PAY): _S.KEPT,
    (_S.OPEN, _E.PAY_IN_PART): _S.PARTIALLY_KEPT,
    (_S.OPEN, _E.LAPSE): _S.BROKEN,
    (_S.OPEN, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.OPEN, _E.REPLACE): _S.WITHDRAWN,
    # A payment made in time that only later came to be known.
    (_S.BROKEN, _E.PAY): _S.KEPT,
    (_S.BROKEN, _E.PAY_IN_PART): _S.PARTIALLY_KEPT,
    (_S.PARTIALLY_KEPT, _E.PAY): _S.KEPT,
    # A payment that went back (a returned direct debit, a balance corrected): the promised day may still come.
    (_S.KEPT, _E.REOPEN): _S.OPEN,
}


def advance(state: PromiseState, event: PromiseEvent) -> PromiseState:
    """Return the state after `event`; ConflictError if it cannot happen in `state`."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        msg = f"a promise that is {state} cannot {event}"
        raise ConflictError(msg) from None


@dataclass(frozen=True, slots=True)
class Promise:
    """What a debtor said it would pay of an invoice.

    Attributes:
        promised_on: the day of the message or call; money counts from it on.
        due: the day promised, None if none was named.
        amount: the sum promised, None for all that is outstanding.
        owed: outstanding when it was made.
        grace_until: the day promised and what banks need, itself included.
    """

    id: int
    invoice_id: int
    promised_on: date
    owed: Money
    grace_until: date
    due: date | None = None
    amount: Money | None = None
    state: PromiseState = PromiseState.OPEN

    def after(self, event: PromiseEvent) -> Promise:
        """Return this promise after `event`; ConflictError if it cannot happen now."""
        return replace(self, state=advance(self.state, event))


@dataclass(frozen=True, slots=True)
class Came:
    """What came on a promise's invoice.

    Attributes:
        dated: money whose day is known and lies between the promise and the end of its grace.
        known: that, or if more what the invoice's balances show to have come since the promise.
    """

    dated: Money
    known: Money


def came(
    promise: Promise, invoice: Invoice, outstanding: Money, history: Iterable[tuple[date, Money]]
) -> Came:
    """Return what came on a promise.

    A balance says how much was settled, not when. So what is owed less than on the day of the promise counts as well,
    without the money that is known to be of another time.

    Args:
        promise: the promise.
        invoice: its invoice.
        outstanding: principal of the invoice now.
        history: what settled it, by day; what only balances tell stands on the day of issue (see `Settlement`).
    """
    zero = Money.zero(promise.owed.currency)
    dated = before = after = zero
    for on, money in history:
        if promise.promised_on <= on <= promise.grace_until:
            dated += money
        elif on > promise.grace_until:
            after += money
        elif on != invoice.issued:
            before += money
    less = min(promise.owed - outstanding, invoice.total - outstanding - before) - after
    return Came(dated, max(dated, less, zero))


def judge(promise: Promise, came: Came, outstanding: Money, today: date) -> PromiseEvent | None:
    """Return what the money says about a promise, None if nothing new.

    Principal at zero keeps an open promise, whatever was said; a sum that was named is enough when it has come. Before
    the end of its grace nothing else is said of it. Of one that was kept, the money may be gone again before that day;
    of one that was not, money of that time may become known later, and only money with a date shows that.
    """
    match promise.state:
        case PromiseState.OPEN:
            return _of_open(promise, came.known, outstanding, today)
        case PromiseState.KEPT if today <= promise.grace_until:
            kept = _of_open(promise, came.known, outstanding, today) is PromiseEvent.PAY
            return None if kept else PromiseEvent.REOPEN
        case PromiseState.BROKEN | PromiseState.PARTIALLY_KEPT:
            return _of_late(promise, came.dated)
    return None


def _of_open(promise: Promise, paid: Money, outstanding: Money, today: date) -> PromiseEvent | None:
    reached = promise.amount is not None and paid >= promise.amount
    if outstanding.amount <= 0 or reached:
        return PromiseEvent.PAY
    if today <= promise.grace_until:
        return None
    return PromiseEvent.PAY_IN_PART if paid.amount > 0 else PromiseEvent.LAPSE


def _of_late(promise: Promise, paid: Money) -> PromiseEvent | None:
    if paid.amount > 0 and paid >= (promise.amount or promise.owed):
        return PromiseEvent.PAY
    if promise.state is PromiseState.BROKEN and paid.amount > 0:
        return PromiseEvent.PAY_IN_PART
    return None
