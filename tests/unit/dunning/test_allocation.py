"""How much is still owed: worked cases, then what must hold whatever was imported."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.dunning.allocation import (
    Assigned,
    Item,
    Paid,
    Settlement,
    Source,
    Stated,
    latest,
    settle,
)
from relance_mailer.dunning.invoice import Invoice
from relance_mailer.dunning.money import Money

MARCH_1, MARCH_20, MARCH_31, APRIL_10 = (
    date(2026, 3, 1),
    date(2026, 3, 20),
    date(2026, 3, 31),
    date(2026, 4, 10),
)


def euros(amount: int | str) -> Money:
    return Money(Decimal(amount), "EUR")


def invoice(id_: int, total: int | str, due: date = MARCH_1, currency: str = "EUR") -> Invoice:
    return Invoice(id_, f"F-{id_:03}", due - timedelta(days=30), due, Money(Decimal(total), currency))


def item(id_: int, total: int | str, due: date = MARCH_1, stated: tuple[int, date] | None = None) -> Item:
    known = Stated(id_, euros(stated[0]), stated[1]) if stated else None
    return Item(invoice(id_, total, due), known)


def owed(settlement: Settlement) -> dict[int, int]:
    return {id_: int(money.amount) for id_, money in settlement.outstanding.items()}


def test_nothing_known_leaves_the_whole_invoice_owed() -> None:
    settlement = settle([item(1, 100)], [])

    assert settlement.outstanding == {1: euros(100)}
    assert settlement.credit == {}
    assert settlement.paid_history == {1: ()}


def test_a_payment_row_dated_before_the_stated_balance_consumes_it_and_one_after_adds_to_it() -> None:
    stated = [item(1, 100, stated=(40, MARCH_31))]

    assert owed(settle(stated, [])) == {1: 60}
    assert owed(settle(stated, [Paid(1, euros(40), MARCH_20, 1)])) == {1: 60}
    assert owed(settle(stated, [Paid(1, euros(40), MARCH_31, 1)])) == {1: 60}
    assert owed(settle(stated, [Paid(1, euros(60), MARCH_31, 1)])) == {1: 40}
    assert owed(settle(stated, [Paid(1, euros(40), APRIL_10, 1)])) == {1: 20}


def test_payments_that_exceed_the_stated_balance_count_with_what_they_exceed_it_by() -> None:
    payments = [Paid(1, euros(30), MARCH_1, 1), Paid(2, euros(30), MARCH_20, 1)]

    assert owed(settle([item(1, 100, stated=(40, MARCH_31))], payments)) == {1: 40}


def test_the_latest_stated_balance_counts_and_of_two_for_one_day_the_last_given() -> None:
    first, second, older = (
        Stated(1, euros(10), MARCH_31),
        Stated(1, euros(20), MARCH_31),
        Stated(1, euros(30), MARCH_1),
    )

    assert latest([first, second, older]) == {1: second}
    assert latest([older, second, first]) == {1: first}


def test_loose_money_counts_against_the_oldest_due_item_first_until_a_person_allocates_it() -> None:
    items = [item(1, 100, due=MARCH_20), item(2, 100, due=MARCH_1)]
    settlement = settle(items, [Paid(7, euros(130), APRIL_10)])

    assert owed(settlement) == {1: 70, 2: 0}
    assert settlement.provisional == (
        Assigned(Source.PAYMENT, 7, 2, euros(100)),
        Assigned(Source.PAYMENT, 7, 1, euros(30)),
    )
    allocated = settle(items, [Paid(7, euros(100), APRIL_10, 1), Paid(7, euros(30), APRIL_10, 2)])
    assert owed(allocated) == {1: 0, 2: 70}
    assert allocated.provisional == ()


def test_loose_money_older_than_the_balances_is_first_found_in_a_settled_invoice() -> None:
    items = [
        item(1, 100, due=MARCH_1, stated=(100, MARCH_31)),
        item(2, 100, due=MARCH_20, stated=(0, MARCH_31)),
    ]

    before = settle(items, [Paid(7, euros(120), MARCH_20)])
    assert owed(before) == {1: 0, 2: 80}
    assert before.explained == (Assigned(Source.PAYMENT, 7, 1, euros(100)),)
    assert before.provisional == (Assigned(Source.PAYMENT, 7, 2, euros(20)),)

    after = settle(items, [Paid(7, euros(120), APRIL_10)])
    assert owed(after) == {1: 0, 2: 0}
    assert after.credit == {"EUR": euros(20)}


def test_a_stated_sum_that_named_payments_explain_hides_no_loose_money() -> None:
    items = [item(1, 100, due=MARCH_1, stated=(100, MARCH_31)), item(2, 100, due=MARCH_20)]
    payments = [Paid(6, euros(100), MARCH_1, 1), Paid(7, euros(60), MARCH_20)]

    assert owed(settle(items, payments)) == {1: 0, 2: 40}


def test_each_loose_payment_finds_the_balance_that_can_hold_it() -> None:
    # Only the balance of 10 April can hold the payment of that day; that of 31 March holds the one of 1 March.
    items = [
        item(1, 100, due=MARCH_1, stated=(100, APRIL_10)),
        item(2, 100, due=MARCH_20, stated=(100, MARCH_31)),
        item(3, 100, due=MARCH_31),
    ]
    payments = [Paid(7, euros(100), MARCH_1), Paid(8, euros(100), APRIL_10)]

    assert owed(settle(items, payments)) == {1: 0, 2: 0, 3: 100}


def test_a_credit_note_counts_like_loose_money_of_its_day_of_issue_and_is_no_debt_itself() -> None:
    note = Item(Invoice(9, "A-9", APRIL_10, APRIL_10, euros(-30)))
    settlement = settle([item(1, 100), note], [])

    assert settlement.outstanding == {1: euros(70)}
    assert settlement.provisional == (Assigned(Source.CREDIT_NOTE, 9, 1, euros(30)),)
    assert settlement.paid_history == {1: ((APRIL_10, euros(30)),)}


def test_a_credit_note_that_names_its_invoice_lessens_that_one() -> None:
    note = Item(Invoice(9, "A-9", APRIL_10, APRIL_10, euros(-30)), credits=2)

    assert owed(settle([item(1, 100), item(2, 100, due=MARCH_20), note], [])) == {1: 100, 2: 70}


def test_what_a_balance_says_remains_of_a_credit_note_is_not_looked_for_in_balances_of_that_day() -> None:
    # Of a credit note of 50, 20 remained on 31 March: the sums settled on that day cannot hold those 20.
    note = Item(Invoice(9, "A-9", MARCH_1, MARCH_1, euros(-50)), Stated(9, euros(-30), MARCH_31))

    assert owed(settle([item(1, 100, stated=(60, MARCH_31)), note], [])) == {1: 20}


def test_what_is_paid_too_much_on_an_invoice_counts_against_the_oldest_other() -> None:
    settlement = settle([item(1, 100), item(2, 100)], [Paid(1, euros(130), APRIL_10, 1)])

    assert owed(settlement) == {1: 0, 2: 70}
    assert settlement.credit == {}


def test_what_is_paid_too_much_on_all_is_credit() -> None:
    settlement = settle([item(1, 100)], [Paid(1, euros(130), APRIL_10, 1)])

    assert owed(settlement) == {1: 0}
    assert settlement.credit == {"EUR": euros(30)}


def test_a_returned_direct_debit_makes_the_invoice_owed_again() -> None:
    named = [Paid(1, euros(100), MARCH_1, 1), Paid(2, euros(-100), MARCH_20, 1)]
    loose = [replace(paid, invoice_id=None) for paid in named]
    half_named = [loose[0], named[1]]
    same_day = [replace(paid, on=MARCH_1) for paid in reversed(loose)]

    for payments in (named, loose, half_named, same_day):
        settlement = settle([item(1, 100)], payments)
        assert owed(settlement) == {1: 100}
        assert settlement.credit == {}


def test_money_taken_back_that_is_not_known_to_have_come_raises_no_debt_above_the_total() -> None:
    settlement = settle([item(1, 100)], [Paid(1, euros(-30), MARCH_1, 1), Paid(2, euros(-5), MARCH_1)])

    assert owed(settlement) == {1: 100}
    assert settlement.credit == {"EUR": euros(-35)}


def test_currencies_never_mix() -> None:
    dollars = Item(invoice(2, 50, currency="USD"))
    payments = [Paid(1, Money(Decimal(80), "USD"), APRIL_10), Paid(2, Money(Decimal(9), "GBP"), APRIL_10, 1)]
    settlement = settle([item(1, 100), dollars], payments)

    assert settlement.outstanding == {1: euros(100), 2: Money(Decimal(0), "USD")}
    assert settlement.credit == {"USD": Money(Decimal(30), "USD"), "GBP": Money(Decimal(9), "GBP")}


def test_money_that_names_an_invoice_not_given_is_refused() -> None:
    with pytest.raises(ValueError, match="payment 5 names invoice 3"):
        settle([item(1, 100)], [Paid(5, euros(1), MARCH_1, 3)])


def test_the_history_tells_since_when_each_part_is_settled() -> None:
    payments = [Paid(1, euros(30), MARCH_20, 1), Paid(2, euros(20), APRIL_10)]
    settlement = settle([item(1, 100, due=MARCH_1, stated=(40, MARCH_31))], payments)

    issued = MARCH_1 - timedelta(days=30)
    assert settlement.paid_history[1] == ((issued, euros(10)), (MARCH_20, euros(30)), (APRIL_10, euros(20)))


# What must hold whatever was imported.

days = st.dates(date(2026, 1, 1), date(2026, 4, 30))
cents = st.integers(1, 500).map(lambda amount: Money(Decimal(amount) / 100, "EUR"))


@st.composite
def accounts(draw: st.DrawFn) -> tuple[list[Item], list[Paid]]:
    """A debtor's invoices, some with a stated balance, credit notes, payments and returns, named and loose."""
    items: list[Item] = []
    count = draw(st.integers(1, 5))
    for id_ in range(1, count + 1):
        total, due = draw(cents), draw(days)
        share = draw(st.none() | st.integers(0, 100))
        paid = None if share is None else Money(total.amount * share / 100, "EUR").rounded()
        bill = Invoice(id_, f"F-{id_}", due - timedelta(days=30), due, total)
        items.append(Item(bill, None if paid is None else Stated(id_, paid, draw(days))))
    numbers = st.none() | st.integers(1, count)
    for id_ in range(100, 100 + draw(st.integers(0, 2))):
        day = draw(days)
        items.append(Item(Invoice(id_, f"A-{id_}", day, day, -draw(cents)), credits=draw(numbers)))
    payments = [
        Paid(id_, draw(cents) if draw(st.integers(0, 4)) else -draw(cents), draw(days), draw(numbers))
        for id_ in range(draw(st.integers(0, 8)))
    ]
    return items, payments


def total_of(amounts: Sequence[Money]) -> Decimal:
    return sum((money.amount for money in amounts), Decimal(0))


@given(accounts())
def test_nothing_is_ever_owed_below_zero_nor_above_the_total(account: tuple[list[Item], list[Paid]]) -> None:
    items, payments = account
    settlement = settle(items, payments)

    totals = {entry.invoice.id: entry.invoice.total for entry in items if not entry.invoice.is_credit_note}
    assert settlement.outstanding.keys() == totals.keys()
    assert all(euros(0) <= settlement.outstanding[id_] <= total for id_, total in totals.items())


@given(accounts(), st.randoms(use_true_random=False))
def test_the_order_of_import_changes_nothing(
    account: tuple[list[Item], list[Paid]], rng: random.Random
) -> None:
    items, payments = account
    expected = settle(items, payments)

    ids = rng.sample(range(1000), len(payments))  # the ids follow the order of import too
    shuffled = [replace(paid, id=id_) for paid, id_ in zip(payments, ids, strict=True)]
    rng.shuffle(shuffled)
    got = settle(rng.sample(items, len(items)), shuffled)
    assert (got.outstanding, got.credit) == (expected.outstanding, expected.credit)


@given(accounts())
def test_money_is_neither_made_nor_lost(account: tuple[list[Item], list[Paid]]) -> None:
    items, payments = account
    settlement = settle(items, payments)

    came = total_of([paid.amount for paid in payments])
    notes = [entry for entry in items if entry.invoice.is_credit_note]
    came -= total_of([note.invoice.total for note in notes])
    for entry in items:
        if entry.stated and not entry.invoice.is_credit_note:
            named = [paid.amount for paid in payments if named_before(paid.invoice_id, paid.on, entry.stated)]
            named += [
                -note.invoice.total
                for note in notes
                if named_before(note.credits, note.invoice.issued, entry.stated)
            ]
            came += max(entry.stated.paid.amount - total_of(named), Decimal(0))
    settled = total_of([entry.invoice.total for entry in items if not entry.invoice.is_credit_note])
    settled -= total_of(list(settlement.outstanding.values()))
    explained = total_of([part.amount for part in settlement.explained])
    assert came == settled + explained + total_of(list(settlement.credit.values()))


def named_before(invoice_id: int | None, on: date, stated: Stated) -> bool:
    return invoice_id == stated.invoice_id and on <= stated.as_of


@given(accounts(), st.lists(st.integers(1, 99), max_size=3))
def test_rows_of_payments_already_in_the_balance_change_nothing(
    account: tuple[list[Item], list[Paid]], shares: list[int]
) -> None:
    items, others = account
    first = items[0]
    # Nothing loose: not what is paid too much either, which may be looked for in the first one's balance.
    room = {entry.invoice.id: entry.invoice.total.amount for entry in items[1:]}
    payments = []
    for paid in others:
        if paid.invoice_id in room and 0 < paid.amount.amount <= room[paid.invoice_id]:
            room[paid.invoice_id] -= paid.amount.amount
            payments.append(paid)
    items = [entry for entry in items if not entry.invoice.is_credit_note]
    expected = settle(items, payments)
    stated = first.stated or Stated(first.invoice.id, euros(0), MARCH_31)
    left, late = stated.paid.amount, list(payments)
    for number, share in enumerate(shares):
        part = Money(left * share / 100, "EUR").rounded()
        left -= part.amount
        late.append(Paid(500 + number, part, stated.as_of - timedelta(days=number), stated.invoice_id))

    assert settle(items, late).outstanding == expected.outstanding


@given(accounts())
def test_the_history_of_an_invoice_adds_up_to_what_is_settled(account: tuple[list[Item], list[Paid]]) -> None:
    items, payments = account
    settlement = settle(items, payments)

    for entry in items:
        if not entry.invoice.is_credit_note:
            total = entry.invoice.total.amount
            paid = total_of([amount for _, amount in settlement.paid_history[entry.invoice.id]])
            assert settlement.outstanding[entry.invoice.id].amount == min(
                max(total - paid, Decimal(0)), total
            )


@given(accounts(), cents, days)
def test_more_loose_money_never_makes_more_owed(
    account: tuple[list[Item], list[Paid]], amount: Money, on: date
) -> None:
    items, payments = account
    payments = [paid for paid in payments if paid.amount.amount > 0]
    before = settle(items, payments).outstanding
    after = settle(items, [*payments, Paid(900, amount, on)]).outstanding

    assert total_of(list(after.values())) <= total_of(list(before.values()))
