"""Promises judged by the money that came, and recalled in the next text where it did not."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from relance_mailer.store.tables import AllocationRow, HoldRow, InvoiceRow, NoticeRow, PromiseRow
from tests.support.world import World, answer

PROMISED = date(2026, 3, 20)
LAST_DAY = datetime(2026, 3, 25, 9, 30, tzinfo=UTC)  #: the day promised and three working days
DAY_AFTER = datetime(2026, 3, 26, 9, 30, tzinfo=UTC)


def promise(world: World, text: str = "Nous réglerons le 20 mars 2026.") -> int:
    """Let a debtor, reminded once, promise; return its invoice."""
    _, invoice = world.owing(overdue=3)
    world.take(answer(world.remind(), text))
    assert [row.state for row in world.rows(PromiseRow)] == ["open"]
    return invoice


def judged(world: World, at: datetime) -> str:
    """Return what the one promise is once `at` was followed up."""
    world.at(at)
    world.follow_up()
    return world.one(PromiseRow).state


def test_while_it_runs_nothing_is_judged_and_nothing_leaves(world: World) -> None:
    promise(world)
    assert judged(world, LAST_DAY) == "open"
    assert world.plan().created == 0


def test_paid_early_it_is_kept_and_its_pause_ends(world: World) -> None:
    invoice = promise(world)
    world.pay(invoice, "1250.00", date(2026, 3, 12))
    assert judged(world, datetime(2026, 3, 12, 10, tzinfo=UTC)) == "kept"
    assert world.holds() == []
    assert world.plan().created == 0
    kinds = [entry.kind for entry in world.entries(f"invoice:{invoice}")]
    assert kinds == ["promised", "held", "promise_kept", "released"]


def test_paid_on_the_last_day_it_is_kept(world: World) -> None:
    invoice = promise(world)
    world.pay(invoice, "1250.00", LAST_DAY.date())
    assert judged(world, LAST_DAY) == "kept"


def test_nothing_paid_it_is_broken_and_recalled_in_the_next_text(world: World) -> None:
    promise(world)
    assert judged(world, DAY_AFTER) == "broken"
    notice = world.remind()
    assert notice.stage == "reminder2"
    assert "20 March 2026" in notice.own_text


def test_recalled_once_it_is_not_recalled_again(world: World) -> None:
    promise(world)
    judged(world, DAY_AFTER)
    world.remind()
    world.later(days=14)
    notice = world.remind()
    assert notice.stage == "reminder3"
    assert "20 March 2026" not in notice.own_text


def test_paid_in_part_it_is_partially_kept_and_the_rest_is_asked_for(world: World) -> None:
    invoice = promise(world)
    world.pay(invoice, "250.00", PROMISED)
    assert judged(world, LAST_DAY) == "open"
    assert judged(world, DAY_AFTER) == "partially_kept"
    notice = world.remind()
    assert "€1,000.00" in notice.own_text
    assert "20 March 2026" in notice.own_text


def test_a_part_that_was_promised_keeps_the_promise_and_the_rest_still_waits_for_its_day(
    world: World,
) -> None:
    invoice = promise(world, "Nous réglerons 500 € le 20 mars 2026.")
    assert world.one(PromiseRow).amount_minor == 50_000
    world.pay(invoice, "500.00", date(2026, 3, 12))
    assert judged(world, datetime(2026, 3, 12, 10, tzinfo=UTC)) == "kept"
    assert world.holds() != []
    world.at(DAY_AFTER)
    notice = world.remind()
    assert "€750.00" in notice.own_text


def test_money_of_before_the_promise_does_not_count_towards_it(world: World) -> None:
    invoice = promise(world)
    world.pay(invoice, "250.00", date(2026, 3, 9))
    assert judged(world, DAY_AFTER) == "broken"


def test_a_payment_of_another_invoice_keeps_nothing(world: World) -> None:
    invoice = promise(world)
    debtor = world.one(InvoiceRow, id=invoice).debtor_id
    other = world.invoice(debtor, number="OTHER", overdue=-30)
    world.pay(other, "1250.00")
    assert judged(world, DAY_AFTER) == "broken"


def test_a_promise_without_a_date_holds_seven_working_days_then_a_person_is_asked_once(world: World) -> None:
    promise(world, "Nous allons régler cette facture.")
    row = world.one(PromiseRow)
    assert row.due is None
    assert world.holds() == [("promise_to_pay", date(2026, 3, 19))]
    judged(world, datetime(2026, 3, 20, 9, 30, tzinfo=UTC))
    world.follow_up()
    assert world.tasks() == ["promise_undated"]
    world.later(days=4)
    world.follow_up()
    assert world.tasks() == ["promise_undated"]
    assert world.remind().stage == "reminder2"


def test_a_promise_judged_stays_judged(world: World) -> None:
    promise(world)
    judged(world, DAY_AFTER)
    entries = len(world.entries())
    assert world.follow_up().promises_settled == 0
    assert len(world.entries()) == entries


def test_resuming_waits_for_the_day_after_the_pause_and_skips_no_stage(world: World) -> None:
    promise(world)
    judged(world, DAY_AFTER)
    world.remind()
    assert [row.stage for row in world.rows(NoticeRow)] == ["reminder1", "reminder2"]
    assert {row.released_at for row in world.rows(HoldRow)} == {None}  # it ended by itself


# ── what only a balance tells ────────────────────────────────────────────────────────────────────────────


def state(world: World, invoice_id: int, settled: str, on: date) -> None:
    """Let a balance come in: so much of an invoice is settled on a day."""
    with world.db.write() as session:
        session.add(
            AllocationRow(
                creditor_id=world.office.creditor_id,
                invoice_id=invoice_id,
                kind="stated",
                amount_minor=int(Decimal(settled) * 100),
                currency="EUR",
                as_of=on,
            )
        )


@pytest.mark.parametrize(
    ("text", "settled", "found"),
    [
        ("Nous réglerons le 20 mars 2026.", "1250.00", "kept"),
        ("Nous réglerons 500 € le 20 mars 2026.", "500.00", "kept"),
        ("Nous réglerons 500 € le 20 mars 2026.", "200.00", "partially_kept"),
        ("Nous réglerons le 20 mars 2026.", "500.00", "partially_kept"),
        ("Nous réglerons le 20 mars 2026.", "0.00", "broken"),
    ],
)
def test_a_balance_keeps_a_promise_as_payments_do(world: World, text: str, settled: str, found: str) -> None:
    invoice = promise(world, text)
    state(world, invoice, settled, PROMISED)
    assert judged(world, DAY_AFTER) == found


def test_a_part_that_a_balance_tells_is_not_called_unpaid_in_the_next_text(world: World) -> None:
    invoice = promise(world, "Nous réglerons 500 € le 20 mars 2026.")
    state(world, invoice, "500.00", PROMISED)
    assert judged(world, DAY_AFTER) == "kept"
    notice = world.remind()
    assert "€750.00" in notice.own_text
    assert "20 March 2026" not in notice.own_text


def test_a_payment_and_a_balance_that_holds_it_count_once(world: World) -> None:
    invoice = promise(world, "Nous réglerons 500 € le 20 mars 2026.")
    world.pay(invoice, "300.00", date(2026, 3, 16))
    state(world, invoice, "300.00", PROMISED)
    assert judged(world, DAY_AFTER) == "partially_kept"


def test_what_a_balance_said_before_the_promise_does_not_count(world: World) -> None:
    _, invoice = world.owing(overdue=3)
    state(world, invoice, "500.00", date(2026, 3, 9))
    world.take(answer(world.remind(), "Nous réglerons le 20 mars 2026."))
    assert world.one(PromiseRow).owed_minor == 75_000
    assert judged(world, DAY_AFTER) == "broken"


# ── what is taken back, or becomes known late ────────────────────────────────────────────────────────────

PAID_EARLY = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)
TAKEN_BACK = datetime(2026, 3, 17, 9, 30, tzinfo=UTC)


def kept_until_taken_back(world: World, *, by_balance: bool) -> int:
    invoice = promise(world, "Nous réglerons le 31 mars 2026.")
    if by_balance:
        state(world, invoice, "1250.00", PAID_EARLY.date())
    else:
        world.pay(invoice, "1250.00", PAID_EARLY.date())
    assert judged(world, PAID_EARLY) == "kept"
    assert world.holds() == []
    if by_balance:
        state(world, invoice, "0.00", TAKEN_BACK.date())
    else:
        world.pay(invoice, "-1250.00", TAKEN_BACK.date())
    return invoice


@pytest.mark.parametrize("by_balance", [False, True])
def test_paid_early_then_taken_back_the_promise_stands_again_and_nothing_leaves_before_its_day(
    world: World, by_balance: bool
) -> None:
    invoice = kept_until_taken_back(world, by_balance=by_balance)
    assert judged(world, TAKEN_BACK) == "open"
    [paused] = world.holds()
    assert paused == ("promise_to_pay", world.one(PromiseRow).grace_until)
    assert world.told(f"invoice:{invoice}", "promised")["event"] == "reopen"
    world.at(datetime(2026, 3, 20, 9, 30, tzinfo=UTC))
    world.follow_up()
    assert world.plan().created == 0
    assert judged(world, datetime(2026, 4, 8, 9, 30, tzinfo=UTC)) == "broken"
    assert world.remind().stage == "reminder2"


def test_taken_back_and_paid_again_it_is_kept_again(world: World) -> None:
    invoice = kept_until_taken_back(world, by_balance=False)
    judged(world, TAKEN_BACK)
    world.pay(invoice, "1250.00", date(2026, 3, 18))
    assert judged(world, datetime(2026, 3, 18, 9, 30, tzinfo=UTC)) == "kept"
    assert world.holds() == []


def test_a_part_taken_back_leaves_the_pause_that_still_runs_alone(world: World) -> None:
    invoice = promise(world, "Nous réglerons 500 € le 20 mars 2026.")
    world.pay(invoice, "500.00", date(2026, 3, 12))
    assert judged(world, datetime(2026, 3, 12, 10, tzinfo=UTC)) == "kept"
    world.pay(invoice, "-500.00", date(2026, 3, 13))
    assert judged(world, datetime(2026, 3, 13, 10, tzinfo=UTC)) == "open"
    assert len(world.rows(HoldRow)) == 1


def test_once_a_later_promise_stands_an_earlier_one_is_not_opened_again(world: World) -> None:
    _, invoice = world.owing(overdue=3)
    notice = world.remind()
    world.take(answer(notice, "Nous réglerons 500 € le 20 mars 2026."))
    world.pay(invoice, "500.00", world.today)
    assert judged(world, datetime(2026, 3, 10, 10, tzinfo=UTC)) == "kept"
    world.later(days=1)
    world.take(answer(notice, "Le solde suivra le 27 mars 2026 : nous réglerons 750 €.", at=world.now))
    world.pay(invoice, "-500.00", world.today)
    world.follow_up()
    assert [row.state for row in world.rows(PromiseRow)] == ["kept", "open"]


@pytest.mark.parametrize(
    ("amount", "on", "found"),
    [
        ("1250.00", PROMISED, "kept"),
        ("250.00", PROMISED, "partially_kept"),
        ("1250.00", DAY_AFTER.date(), "broken"),
        ("1250.00", date(2026, 3, 9), "broken"),
    ],
)
def test_what_was_paid_in_time_and_imported_late_still_counts(
    world: World, amount: str, on: date, found: str
) -> None:
    invoice = promise(world)
    assert judged(world, DAY_AFTER) == "broken"
    world.pay(invoice, amount, on)
    assert judged(world, datetime(2026, 3, 31, 9, 30, tzinfo=UTC)) == found
    entries = len(world.entries())
    assert world.follow_up().promises_settled == 0
    assert len(world.entries()) == entries


def test_a_balance_that_comes_late_does_not_say_that_it_was_in_time(world: World) -> None:
    invoice = promise(world)
    assert judged(world, DAY_AFTER) == "broken"
    state(world, invoice, "1250.00", date(2026, 3, 31))
    assert judged(world, datetime(2026, 3, 31, 9, 30, tzinfo=UTC)) == "broken"


# ── interest in insolvency ───────────────────────────────────────────────────────────────────────────────
