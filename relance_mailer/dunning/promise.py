"""A promise to pay: its states, and what the money that came says about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

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
    """

    id: int
    invoice_id: int
    promised_on: date
    due: date | None = None
    amount: Money | None = None
    state: PromiseState = PromiseState.OPEN

    def after(self, event: PromiseEvent) -> Promise:
        """Return this promise after `event`; ConflictError if it cannot happen now."""
        return replace(self, state=advance(self.state, event))


def judge(
    promise: Promise, paid_since: Money, outstanding: Money, today: date, grace_until: date
) -> PromiseEvent | None:
    """Return what the money says about a promise, None if it is still to be waited for.

    Principal at zero keeps a promise, whatever was said; a sum that was named is enough when it has come. Before the
    end of `grace_until` nothing else is said.

    Args:
        promise: only its `amount` counts.
        paid_since: on its invoice, dated from `promised_on` to `grace_until`.
        outstanding: principal of its invoice, on `today`.
        today: the day on which one looks.
        grace_until: the day promised and what banks need, itself included.
    """
    reached = promise.amount is not None and paid_since >= promise.amount
    if outstanding.amount <= 0 or reached:
        return PromiseEvent.PAY
    if today <= grace_until:
        return None
    return PromiseEvent.PAY_IN_PART if paid_since.amount > 0 else PromiseEvent.LAPSE
