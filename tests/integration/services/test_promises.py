"""Promises judged by the money that came, and recalled in the next text where it did not."""

from __future__ import annotations

from datetime import UTC, date, datetime

from relance_mailer.store.tables import HoldRow, InvoiceRow, NoticeRow, PromiseRow
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
