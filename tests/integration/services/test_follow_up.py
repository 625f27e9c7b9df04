"""What time alone brings: people reminded of what waits for them, and what must happen at every start."""

from __future__ import annotations

from datetime import UTC, datetime

from relance_mailer.services import desk
from relance_mailer.services.follow_up import start_up
from relance_mailer.store.tables import InvoiceRow, SettingRow, TaskRow
from tests.support.world import World, answer

DISPUTE = "Bonjour,\n\nNous contestons cette facture : la marchandise livrée était défectueuse.\n"


def test_a_person_is_reminded_of_a_dispute_after_seven_working_days_and_again_after_seven(
    world: World,
) -> None:
    world.owing()
    world.take(answer(world.remind(), DISPUTE))
    reminded = []
    for day in range(10, 32):
        world.at(datetime(2026, 3, day, 9, 30, tzinfo=UTC))
        if world.follow_up().reminded:
            reminded.append(day)
    assert reminded == [19, 30]


def test_what_is_done_is_not_reminded_of(world: World) -> None:
    _, invoice = world.owing()
    world.take(answer(world.remind(), DISPUTE))
    desk.release(world.office, world.one(InvoiceRow, id=invoice).number, "settled", world.now, "Jo")
    world.later(days=30)
    assert world.follow_up().reminded == 0


def test_reminded_is_once_a_day_at_most(world: World) -> None:
    world.owing()
    world.take(answer(world.remind(), DISPUTE))
    world.later(days=30)
    assert [world.follow_up().reminded, world.follow_up().reminded] == [1, 0]


def test_starting_twice_changes_nothing_the_second_time(world: World) -> None:
    world.owing()
    world.remind()
    start_up(world.office, world.now)
    entries = len(world.entries())
    assert start_up(world.office, world.now) == 0
    assert len(world.entries()) == entries


def test_since_when_it_is_live_is_noted_and_forgotten_when_it_no_longer_is(world: World) -> None:
    start_up(world.office, world.now)
    assert world.one(SettingRow, key="live_since").value == world.now.isoformat()
    world.configure(sending__mode="shadow")
    start_up(world.office, world.now)
    assert world.one(SettingRow, key="live_since").value is None


def test_following_up_asks_for_nothing_where_nothing_waits(world: World) -> None:
    world.owing()
    world.remind()
    world.later(days=3)
    assert world.follow_up().promises_settled == 0
    assert world.rows(TaskRow) == []
