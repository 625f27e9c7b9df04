"""Allocating: what names no invoice counts against the oldest until a person says which one it is for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from relance_mailer.dunning.allocation import Source
from relance_mailer.errors import ConflictError, InputError, NotFoundError
from relance_mailer.services.allocate import Allocated, Unallocated, allocate, unallocated
from relance_mailer.store import cases, imports
from relance_mailer.store.tables import AllocationRow, InvoiceRow, PaymentRow
from tests.support.world import World


def loose(world: World, debtor_id: int | None, amount: str, **values: Any) -> str:
    """Let money come in that names no invoice; return what it is called."""
    given: dict[str, Any] = {
        "paid_on": world.today,
        "currency": "EUR",
        "bank_reference": "",
        "label": "VIR DUPONT",
    }
    row = PaymentRow(
        creditor_id=world.office.creditor_id,
        debtor_id=debtor_id,
        key=f"loose-{len(world.rows(PaymentRow))}",
        amount_minor=int(Decimal(amount) * 100),
        imported_at=world.now,
        **{**given, **values},
    )
    with world.db.write() as session:
        session.add(row)
        session.flush()
        return f"payment:{row.id}"


def two(world: World) -> int:
    """Add a debtor with two invoices, F-OLD and F-NEW, of 1 250 € each."""
    debtor_id = world.debtor()
    world.invoice(debtor_id, overdue=20, number="F-OLD")
    world.invoice(debtor_id, overdue=5, number="F-NEW", next_look_at=None)
    return debtor_id


def credit_note(world: World, debtor_id: int, total: str = "-200.00", number: str = "A-1") -> str:
    world.invoice(debtor_id, overdue=0, total=total, number=number, next_look_at=None)
    return number


def owed(world: World, debtor_id: int) -> dict[str, str]:
    with world.db.read() as session:
        [file] = cases.load(session, world.office.view(world.now), [debtor_id])
    return {
        case.invoice.number: str(case.outstanding.amount)
        for case in file.cases
        if not case.invoice.is_credit_note
    }


def give(world: World, what: str, number: str = "F-NEW", amount: str | None = None) -> Allocated:
    part = None if amount is None else Decimal(amount)
    return allocate(world.office, what, number, part, world.now, "Jo")


def listed(world: World) -> list[Unallocated]:
    return list(unallocated(world.office, world.now))


def test_a_payment_moves_from_the_oldest_invoice_to_the_one_it_is_for(world: World) -> None:
    debtor_id = two(world)
    what = loose(world, debtor_id, "300.00")
    assert owed(world, debtor_id) == {"F-OLD": "950.00", "F-NEW": "1250.00"}
    done = give(world, what)
    assert (str(done.amount), str(done.rest), str(done.outstanding)) == (
        "300.00 EUR",
        "0.00 EUR",
        "950.00 EUR",
    )
    assert owed(world, debtor_id) == {"F-OLD": "1250.00", "F-NEW": "950.00"}
    assert listed(world) == []


def test_it_is_noted_by_whom_and_the_debtor_is_decided_anew(world: World) -> None:
    debtor_id = two(world)
    what = loose(world, debtor_id, "300.00")
    world.later(hours=1)
    give(world, what, amount="100")
    invoice = world.one(InvoiceRow, number="F-NEW")
    assert invoice.next_look_at == world.now
    [entry] = world.entries(f"invoice:{invoice.id}")
    assert (entry.kind, entry.actor) == ("allocated", "Jo")
    assert entry.payload == {
        "source": "payment",
        "what": what,
        "amount": "100.00 EUR",
        "as_of": world.today.isoformat(),
    }


def test_a_payment_is_shared_out_between_invoices(world: World) -> None:
    debtor_id = two(world)
    what = loose(world, debtor_id, "300.00")
    assert str(give(world, what, "F-NEW", "120.50").rest) == "179.50 EUR"
    assert owed(world, debtor_id) == {"F-OLD": "1070.50", "F-NEW": "1129.50"}
    assert str(give(world, what, "F-NEW").rest) == "0.00 EUR"
    assert owed(world, debtor_id) == {"F-OLD": "1250.00", "F-NEW": "950.00"}


def test_a_payment_is_found_by_its_bank_reference(world: World) -> None:
    what = loose(world, two(world), "300.00", bank_reference="BK-77")
    assert give(world, "BK-77").what == what


def test_two_payments_of_one_bank_reference_are_told_apart(world: World) -> None:
    debtor_id = two(world)
    first, second = (loose(world, debtor_id, "300.00", bank_reference="BK-77") for _ in range(2))
    with pytest.raises(ConflictError, match=f"name one of {first}, {second}"):
        give(world, "BK-77")


def test_a_credit_note_is_allocated_whole_or_in_part(world: World) -> None:
    debtor_id = two(world)
    note = credit_note(world, debtor_id)
    assert owed(world, debtor_id) == {"F-OLD": "1050.00", "F-NEW": "1250.00"}
    assert str(give(world, note, amount="50").rest) == "150.00 EUR"
    assert owed(world, debtor_id) == {"F-OLD": "1100.00", "F-NEW": "1200.00"}
    give(world, note)
    assert owed(world, debtor_id) == {"F-OLD": "1250.00", "F-NEW": "1050.00"}
    with pytest.raises(ConflictError, match="nothing is left of A-1"):
        give(world, note)


def test_two_credit_notes_of_one_sum_keep_their_own_invoices(world: World) -> None:
    debtor_id = two(world)
    first, second = credit_note(world, debtor_id), credit_note(world, debtor_id, number="A-2")
    give(world, second, "F-NEW")
    assert [one.what for one in listed(world)] == [first]
    assert owed(world, debtor_id) == {"F-OLD": "1050.00", "F-NEW": "1050.00"}


def test_a_payment_imported_later_is_shared_out_by_what_a_credit_note_left(world: World) -> None:
    debtor_id = two(world)
    give(world, credit_note(world, debtor_id))
    invoice = world.one(InvoiceRow, number="F-NEW")
    assert invoice.id is not None
    with world.db.read() as session:
        assert str(imports.accounts(session, [invoice.id])[invoice.id].owed()) == "1050.00 EUR"


def test_what_a_balance_holds_already_may_be_allocated_and_counts_once(world: World) -> None:
    debtor_id = two(world)
    what = loose(world, debtor_id, "300.00", paid_on=date(2026, 3, 2))
    invoice = world.one(InvoiceRow, number="F-NEW")
    assert invoice.id is not None
    with world.db.write() as session:
        session.add(
            AllocationRow(
                creditor_id=world.office.creditor_id,
                invoice_id=invoice.id,
                kind="stated",
                amount_minor=125_000,
                currency="EUR",
                as_of=world.today,
            )
        )
    [one] = listed(world)
    assert [(part.invoice, part.in_balance) for part in one.counted] == [("F-NEW", True)]
    assert str(give(world, what).outstanding) == "0.00 EUR"
    assert owed(world, debtor_id) == {"F-OLD": "1250.00", "F-NEW": "0.00"}


def test_what_was_taken_back_is_allocated_to_the_invoice_that_was_paid(world: World) -> None:
    debtor_id = two(world)
    invoice = world.one(InvoiceRow, number="F-NEW")
    assert invoice.id is not None
    world.pay(invoice.id, "1250.00")
    what = loose(world, debtor_id, "-1250.00")
    with pytest.raises(ConflictError, match=r"only 0\.00 EUR is allocated to F-OLD"):
        give(world, what, "F-OLD")
    assert str(give(world, what).amount) == "-1250.00 EUR"
    assert owed(world, debtor_id) == {"F-OLD": "1250.00", "F-NEW": "1250.00"}


@pytest.mark.parametrize(
    ("what", "number", "amount", "error", "says"),
    [
        ("payment:404", "F-NEW", None, NotFoundError, "no payment and no credit note 'payment:404'"),
        ("payment:x", "F-NEW", None, NotFoundError, "`relance-mailer allocate` alone lists"),
        ("payment:1", "F-404", None, NotFoundError, "no invoice 'F-404'"),
        ("F-OLD", "F-NEW", None, ConflictError, "F-OLD is an invoice"),
        ("payment:1", "A-1", None, ConflictError, "A-1 is a credit note"),
        (
            "payment:1",
            "F-OTHER",
            None,
            ConflictError,
            "payment:1 is of Dupont SARL, but F-OTHER of Martin SA",
        ),
        ("payment:2", "F-NEW", None, ConflictError, "payment:2 is of no known debtor"),
        ("payment:3", "F-NEW", None, ConflictError, "payment:3 is in USD, but F-NEW in EUR"),
        ("payment:1", "F-NEW", None, ConflictError, "has room for 1250.00 EUR only.*--amount 1250.00"),
        ("payment:1", "F-NEW", "3000.01", ConflictError, "only 3000.00 EUR is left of payment:1"),
        ("payment:1", "F-NEW", "0", InputError, "above zero"),
        ("payment:1", "F-NEW", "-5", InputError, "above zero"),
        ("payment:1", "F-NEW", "1.005", InputError, "no sum in EUR"),
        ("payment:1", "F-NEW", "NaN", InputError, "no sum in EUR"),
        ("payment:1", "F-PAID", None, ConflictError, "nothing is owed on F-PAID"),
    ],
)
def test_what_cannot_be_allocated_is_refused_in_words_and_changes_nothing(
    world: World, what: str, number: str, amount: str | None, error: type[Exception], says: str
) -> None:
    debtor_id = two(world)
    loose(world, debtor_id, "3000.00")
    loose(world, None, "10.00")
    loose(world, debtor_id, "10.00", currency="USD")
    credit_note(world, debtor_id)
    world.pay(world.invoice(debtor_id, number="F-PAID"), "1250.00")
    world.invoice(world.debtor("m@martin.example", name="Martin SA"), number="F-OTHER")
    before = len(world.rows(AllocationRow)), len(world.entries())
    with pytest.raises(error, match=says):
        give(world, what, number, amount)
    assert (len(world.rows(AllocationRow)), len(world.entries())) == before


def test_what_is_not_allocated_is_listed_with_what_it_counts_against(world: World) -> None:
    debtor_id = two(world)
    paid = loose(world, debtor_id, "1300.00", bank_reference="BK-77", paid_on=date(2026, 3, 2))
    note = credit_note(world, debtor_id)
    unknown = loose(world, None, "42.00", paid_on=date(2026, 3, 20))
    give(world, paid, "F-OLD", "1000")
    first, second, third = listed(world)
    assert (first.what, first.source, str(first.rest)) == (note, Source.CREDIT_NOTE, "200.00 EUR")
    assert [(one.invoice, str(one.amount)) for one in first.counted] == [("F-OLD", "200.00 EUR")]
    assert (second.what, second.source, second.words) == (paid, Source.PAYMENT, "BK-77 VIR DUPONT")
    assert (str(second.amount), str(second.rest)) == ("1300.00 EUR", "300.00 EUR")
    assert [(one.invoice, str(one.amount)) for one in second.counted] == [
        ("F-OLD", "50.00 EUR"),
        ("F-NEW", "250.00 EUR"),
    ]
    assert (third.what, third.debtor, third.counted) == (unknown, "", ())
