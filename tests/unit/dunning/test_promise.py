"""Promises: every pair of state and event, and what the money says."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest

from relance_mailer.dunning.invoice import Invoice
from relance_mailer.dunning.money import Money
from relance_mailer.dunning.promise import (
    TRANSITIONS,
    Came,
    Promise,
    PromiseEvent,
    PromiseState,
    advance,
    came,
    judge,
)
from relance_mailer.errors import ConflictError

ISSUED = date(2026, 10, 1)
BEFORE = date(2026, 11, 20)
MADE = date(2026, 11, 30)
IN_TIME = date(2026, 12, 10)
PROMISED = date(2026, 12, 15)
GRACE = date(2026, 12, 18)
AFTER = GRACE + timedelta(days=1)
INVOICE = Invoice(7, "F-7", ISSUED, date(2026, 10, 31), Money(Decimal(100), "EUR"))

GRID = {
    ("open", "pay"): "kept",
    ("open", "pay_in_part"): "partially_kept",
    ("open", "lapse"): "broken",
    ("open", "withdraw"): "withdrawn",
    ("open", "replace"): "withdrawn",
    ("broken", "pay"): "kept",
    ("broken", "pay_in_part"): "partially_kept",
    ("partially_kept", "pay"): "kept",
    ("kept", "reopen"): "open",
}


def euros(amount: int) -> Money:
    return Money(Decimal(amount), "EUR")


def promise(amount: int | None = None, state: PromiseState = PromiseState.OPEN, owed: int = 100) -> Promise:
    sum_ = None if amount is None else euros(amount)
    return Promise(1, 7, MADE, euros(owed), GRACE, PROMISED, sum_, state)


def paid(dated: int, known: int | None = None) -> Came:
    return Came(euros(dated), euros(dated if known is None else known))


@pytest.mark.parametrize(("state", "event"), list(product(PromiseState, PromiseEvent)))
def test_each_event_has_its_one_outcome_or_is_refused(state: PromiseState, event: PromiseEvent) -> None:
    expected = GRID.get((state.value, event.value))
    if expected is None:
        with pytest.raises(ConflictError, match=f"{state} cannot {event}"):
            advance(state, event)
    else:
        assert promise(state=state).after(event) == promise(state=PromiseState(expected))


def test_the_table_holds_nothing_beside_the_grid() -> None:
    assert {(state.value, event.value): after.value for (state, event), after in TRANSITIONS.items()} == GRID


@pytest.mark.parametrize(
    ("amount", "came", "outstanding", "today", "event"),
    [
        (None, 100, 0, PROMISED - timedelta(days=9), PromiseEvent.PAY),
        (None, 0, 0, PROMISED, PromiseEvent.PAY),  # a credit note settled it
        (None, 60, 40, GRACE, None),
        (None, 60, 40, AFTER, PromiseEvent.PAY_IN_PART),
        (None, 0, 100, PROMISED, None),
        (None, 0, 100, GRACE, None),
        (None, 0, 100, AFTER, PromiseEvent.LAPSE),
        (50, 50, 50, PROMISED, PromiseEvent.PAY),
        (50, 60, 40, AFTER, PromiseEvent.PAY),
        (50, 49, 51, GRACE, None),
        (50, 49, 51, AFTER, PromiseEvent.PAY_IN_PART),
        (50, 0, 100, AFTER, PromiseEvent.LAPSE),
        (50, 20, 0, PROMISED, PromiseEvent.PAY),
        (None, -20, 120, AFTER, PromiseEvent.LAPSE),  # only a direct debit came back
    ],
)
def test_a_promise_is_judged_by_its_own_sum_and_by_the_principal(
    amount: int | None, came: int, outstanding: int, today: date, event: PromiseEvent | None
) -> None:
    assert judge(promise(amount), paid(came), euros(outstanding), today) is event


def test_a_sum_in_another_currency_is_not_compared() -> None:
    dollars = Money(Decimal(50), "USD")
    with pytest.raises(ValueError, match="two currencies"):
        judge(promise(50), Came(dollars, dollars), dollars, PROMISED)


@pytest.mark.parametrize(
    ("state", "amount", "came", "outstanding", "today", "event"),
    [
        ("kept", None, paid(100), 0, PROMISED, None),
        ("kept", None, paid(0), 100, PROMISED, PromiseEvent.REOPEN),
        ("kept", None, paid(60), 40, GRACE, PromiseEvent.REOPEN),
        ("kept", None, paid(0), 100, AFTER, None),  # its day has passed: the next reminder asks for it
        ("kept", 50, paid(50), 50, PROMISED, None),
        ("kept", 50, paid(0, 50), 50, PROMISED, None),
        ("kept", 50, paid(20), 80, PROMISED, PromiseEvent.REOPEN),
        ("broken", None, paid(100), 0, AFTER, PromiseEvent.PAY),
        ("broken", None, paid(0, 100), 0, AFTER, None),  # a balance does not say that it came in time
        ("broken", None, paid(40), 60, AFTER, PromiseEvent.PAY_IN_PART),
        ("broken", 50, paid(50), 50, AFTER, PromiseEvent.PAY),
        ("broken", None, paid(0), 100, AFTER, None),
        ("partially_kept", None, paid(40), 60, AFTER, None),
        ("partially_kept", 50, paid(50), 50, AFTER, PromiseEvent.PAY),
        ("withdrawn", None, paid(100), 0, AFTER, None),
    ],
)
def test_a_promise_judged_is_judged_anew_by_what_was_taken_back_or_became_known(
    state: str, amount: int | None, came: Came, outstanding: int, today: date, event: PromiseEvent | None
) -> None:
    assert judge(promise(amount, PromiseState(state)), came, euros(outstanding), today) is event


@pytest.mark.parametrize(
    ("owed", "outstanding", "history", "dated", "known"),
    [
        (100, 100, [], 0, 0),
        (100, 60, [(IN_TIME, 40)], 40, 40),
        (100, 60, [(ISSUED, 40)], 0, 40),  # a balance
        (60, 20, [(ISSUED, 80)], 0, 40),  # a balance known before, and one since
        (100, 30, [(ISSUED, 40), (IN_TIME, 30)], 30, 70),
        (100, 75, [(BEFORE, 25)], 0, 0),  # dated before the promise, imported after it
        (75, 75, [(BEFORE, 25)], 0, 0),
        (75, 35, [(BEFORE, 25), (ISSUED, 40)], 0, 40),
        (100, 60, [(AFTER, 40)], 0, 0),
        (100, 100, [(IN_TIME, 40), (IN_TIME, -40)], 0, 0),
        (50, 80, [(IN_TIME, -30)], -30, 0),  # never below zero
        (150, 100, [], 0, 0),  # the total was corrected
    ],
)
def test_balances_tell_what_came_since_the_promise_where_no_payment_does(
    owed: int, outstanding: int, history: list[tuple[date, int]], dated: int, known: int
) -> None:
    money = [(on, euros(amount)) for on, amount in history]
    came_now = came(promise(owed=owed), INVOICE, euros(outstanding), money)
    assert came_now == Came(euros(dated), euros(known))
