"""Disputes: every pair of state and event."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from relance_mailer.dunning.dispute import (
    TRANSITIONS,
    Dispute,
    DisputeEvent,
    DisputeReason,
    DisputeState,
    advance,
)
from relance_mailer.errors import ConflictError

GRID = {("open", "resolve"): "resolved", ("open", "withdraw"): "withdrawn"}


@pytest.mark.parametrize(("state", "event"), list(product(DisputeState, DisputeEvent)))
def test_each_event_has_its_one_outcome_or_is_refused(state: DisputeState, event: DisputeEvent) -> None:
    expected = GRID.get((state.value, event.value))
    dispute = Dispute(1, 7, date(2026, 11, 30), DisputeReason.PRICE, state=state)
    if expected is None:
        with pytest.raises(ConflictError, match=f"{state} cannot {event}"):
            advance(state, event)
    else:
        assert dispute.after(event).state is DisputeState(expected)


def test_the_table_holds_nothing_beside_the_grid() -> None:
    assert {(state.value, event.value): after.value for (state, event), after in TRANSITIONS.items()} == GRID
