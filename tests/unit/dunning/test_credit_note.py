"""Credit notes allocated by a person: each part settles its invoice, the rest counts as before, nothing twice."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.dunning.allocation import Item, Source, Stated, settle
from relance_mailer.dunning.credit_note import Part, counts_on, items, rest
from relance_mailer.dunning.invoice import Invoice
from relance_mailer.dunning.money import Money

DAY = date(2026, 3, 2)
LATER = date(2026, 3, 20)


def euros(amount: int) -> Money:
    return Money(Decimal(amount), "EUR")


def invoice(id_: int, total: int, due: date = DAY) -> Invoice:
    return Invoice(id_, f"F-{id_}", DAY - timedelta(days=30), due, euros(total))


NOTE = Invoice(9, "A-9", DAY, DAY, euros(-100))
OLD, NEW = invoice(1, 100, DAY - timedelta(days=20)), invoice(2, 100)


def owed(note_items: list[Item], *stated: Stated) -> tuple[int, int]:
    """Return what the older and the newer invoice owe."""
    balances = {one.invoice_id: one for one in stated}
    known = [Item(one, balances.get(one.id)) for one in (OLD, NEW)]
    outstanding = settle([*known, *note_items], []).outstanding
    return int(outstanding[1].amount), int(outstanding[2].amount)


def test_not_allocated_it_counts_against_the_oldest() -> None:
    assert owed(items(NOTE, None, [])) == (0, 100)


def test_allocated_it_settles_its_invoice() -> None:
    assert owed(items(NOTE, None, [Part(2, euros(100), DAY)])) == (100, 0)


def test_allocated_in_part_its_rest_counts_against_the_oldest() -> None:
    parts = [Part(2, euros(60), DAY)]
    assert owed(items(NOTE, None, parts)) == (60, 40)
    settlement = settle([Item(OLD), Item(NEW), *items(NOTE, None, parts)], [])
    assert [(one.source, one.source_id, one.invoice_id) for one in settlement.provisional] == [
        (Source.CREDIT_NOTE, 9, 1)
    ]


@pytest.mark.parametrize(
    ("remains", "settled", "after"),
    [
        (40, 60, (60, 40)),  # the accounts know of the allocation
        (100, 0, (60, 40)),  # they do not
        (0, 60, (100, 40)),  # they know of it, and of another use of the rest
    ],
)
def test_a_balance_imported_afterwards_counts_nothing_twice(
    remains: int, settled: int, after: tuple[int, int]
) -> None:
    stated = Stated(9, euros(remains - 100), LATER)
    found = items(NOTE, stated, [Part(2, euros(60), DAY)])
    assert owed(found, Stated(2, euros(settled), LATER)) == after


def test_what_a_balance_leaves_can_be_allocated_after_it() -> None:
    stated = Stated(9, euros(-60), LATER)
    assert rest(NOTE, stated, []) == euros(40)
    part = Part(2, euros(40), counts_on(NOTE, stated))
    assert part.on == LATER + timedelta(days=1)
    assert rest(NOTE, stated, [part]) == euros(0)
    assert owed(items(NOTE, stated, [part]), Stated(2, euros(60), LATER)) == (100, 0)


@given(st.lists(st.integers(1, 50), max_size=4), st.integers(0, 100) | st.none())
def test_parts_and_rest_are_never_worth_more_than_the_credit_note(
    amounts: list[int], remains: int | None
) -> None:
    stated = None if remains is None else Stated(9, euros(remains - 100), LATER)
    parts: list[Part] = []
    for amount in amounts:
        left = rest(NOTE, stated, parts)
        parts += [Part(1, min(left, euros(amount)), counts_on(NOTE, stated))] if left else []
    worth = Decimal(100 if remains is None else remains)
    assert sum((part.amount.amount for part in parts), Decimal(0)) <= worth
    settlement = settle([Item(invoice(1, 1000)), *items(NOTE, stated, parts)], [])
    assert settlement.outstanding[1] == euros(1000) - Money(worth, "EUR")
