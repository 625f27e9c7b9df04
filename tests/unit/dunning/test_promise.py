"""Promises: every pair of state and event, and what the money says."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest

from relance_mailer.dunning.money import Money
from relance_mailer.dunning.promise import (
    TRANSITIONS,
    Promise,
    PromiseEvent,
    PromiseState,
    advance,
    judge,
)
from relance_mailer.errors import ConflictError

PROMISED = date(2026, 12, 15)
GRACE = date(2026, 12, 18)
AFTER = GRACE + timedelta(days=1)

GRID = {
    ("open", "pay"): "kept",
    ("open", "pay_in_part"): "partially_kept",
    ("open", "lapse"): "broken",
    ("open", "withdraw"): "withdrawn",
    ("open", "replace"): "withdrawn",
    ("broken", "pay"): "kept",
    ("broken", "pay_in_part"): "partially_kept",
    ("partially_kept", "pay"): "kept",
}


def euros(amount: int) -> Money:
    return Money(Decimal(amount), "EUR")


def promise(amount: int | None = None, state: PromiseState = PromiseState.OPEN) -> Promise:
    sum_ = None if amount is None else euros(amount)
    return Promise(1, 7, date(2026, 11, 30), PROMISED, sum_, state)


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
    ("amount", "paid", "outstanding", "today", "event"),
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
    amount: int | None, paid: int, outstanding: int, today: date, event: PromiseEvent | None
) -> None:
    assert judge(promise(amount), euros(paid), euros(outstanding), today, GRACE) is event


def test_a_sum_in_another_currency_is_not_compared() -> None:
    with pytest.raises(ValueError, match="two currencies"):
        judge(promise(50), Money(Decimal(50), "USD"), Money(Decimal(50), "USD"), PROMISED, GRACE)
