"""The clock jumps a day ahead, or back: nothing is sent twice, no burst beyond the rate, no queue stuck until its day comes."""

from __future__ import annotations

from datetime import timedelta

from relance_mailer.services.follow_up import start_up
from relance_mailer.store.tables import NoticeRow
from tests.integration.mail.servers import say, smtp_server
from tests.support.world import TUESDAY, World

A_DAY = timedelta(days=1)


def owing(world: World, many: int) -> None:
    for place in range(many):
        world.owing(f"d{place}@debtor{place}.example")
    world.plan()


async def test_set_back_by_a_day_the_rate_counts_what_left_before_for_one_window_and_no_longer(
    world: World,
) -> None:
    owing(world, 9)
    world.at(TUESDAY + A_DAY)
    async with smtp_server() as peer, world.outbox(peer.port, smtp__rate="3/minute") as outbox:
        assert (await outbox.drain()).sent == 3
        world.at(TUESDAY)
        assert (await outbox.drain()).sent == 0  # they may have left a moment ago
        world.later(seconds=59)
        assert (await outbox.drain()).sent == 0
        world.later(seconds=2)
        assert (await outbox.drain()).sent == 3
        assert (await outbox.drain()).sent == 0
        world.later(seconds=61)
        assert (await outbox.drain()).sent == 3
    assert len({envelope.rcpt_tos[0] for envelope in peer.received}) == 9


async def test_a_restart_after_the_clock_was_set_back_waits_one_window_too(world: World) -> None:
    owing(world, 6)
    world.at(TUESDAY + A_DAY)
    async with smtp_server() as peer:
        assert (await world.drain(peer.port, smtp__rate="3/minute")).sent == 3
        world.at(TUESDAY)
        async with world.outbox(peer.port) as outbox:
            assert (await outbox.drain()).sent == 0
            world.later(seconds=61)
            assert (await outbox.drain()).sent == 3


async def test_set_ahead_by_a_day_and_back_nothing_leaves_twice(world: World) -> None:
    owing(world, 4)
    async with smtp_server() as peer, world.outbox(peer.port) as outbox:
        assert (await outbox.drain()).sent == 4
        for jump in (A_DAY, -A_DAY, A_DAY, -2 * A_DAY):
            world.at(world.now + jump)
            start_up(world.office, world.now)
            world.plan()
            assert (await outbox.drain()).sent == 0
    assert len(peer.received) == 4


async def test_set_ahead_by_a_day_no_more_than_one_window_s_rate_leaves_at_once(world: World) -> None:
    owing(world, 9)
    async with smtp_server() as peer, world.outbox(peer.port, smtp__rate="3/minute") as outbox:
        assert (await outbox.drain()).sent == 3
        world.at(TUESDAY + timedelta(hours=3))
        assert (await outbox.drain()).sent == 3
        assert (await outbox.drain()).sent == 0


async def test_a_rest_of_the_account_ends_when_the_clock_is_set_back(world: World) -> None:
    owing(world, 1)
    async with smtp_server({"EHLO": say("421 4.7.0 later")}) as peer, world.outbox(peer.port) as outbox:
        await outbox.drain()
        rests = [outbox.rests]
        for instant in (TUESDAY - A_DAY, TUESDAY + A_DAY):
            world.at(instant)
            rests.append(outbox.rests)
    assert rests == [True, False, False]


async def test_what_was_put_off_before_the_clock_was_set_back_is_tried_again_now(world: World) -> None:
    owing(world, 1)
    world.later(hours=4)
    async with smtp_server({"RCPT": say("451 4.7.1 greylisted")}) as peer:
        await world.drain(peer.port)
    put_off = world.one(NoticeRow).next_attempt_at
    world.at(TUESDAY)
    assert put_off is not None
    assert put_off > TUESDAY + timedelta(hours=4)
    async with smtp_server() as peer:
        assert (await world.drain(peer.port)).sent == 1
        assert (await world.drain(peer.port)).sent == 0
    assert len(peer.received) == 1


async def test_what_was_written_on_a_day_that_has_not_come_is_written_anew(world: World) -> None:
    world.at(TUESDAY + A_DAY)
    owing(world, 1)
    world.at(TUESDAY)
    async with smtp_server() as peer:
        await world.drain(peer.port)
        world.plan()
        await world.drain(peer.port)
    first, second = world.rows(NoticeRow)
    assert (first.state, second.state) == ("superseded", "sent")
    [envelope] = peer.received
    assert b"Tue, 10 Mar 2026" in envelope.content


async def test_a_few_seconds_back_change_nothing(world: World) -> None:
    owing(world, 1)
    world.at(TUESDAY - timedelta(seconds=20))
    async with smtp_server() as peer:
        await world.drain(peer.port)
        assert world.states() == ["queued"]
        world.at(TUESDAY)
        assert (await world.drain(peer.port)).sent == 1
