"""The clock jumps a day, forward or back, while a message is on its way: it arrives once, and the next not too soon."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relance_mailer.store.tables import NoticeRow
from tests.integration.faults.outcomes import DURAND
from tests.integration.faults.server import Fault, Phase, answers, closes_with, meanwhile, serving
from tests.support.world import World

DAY = timedelta(days=1)
FORWARD, BACK = pytest.param(DAY, id="forward"), pytest.param(-DAY, id="back")


def jump(world: World, by: timedelta) -> None:
    """Set the clock as an administrator or NTP does: nothing else in the world is any older or younger."""
    world.clock.set(world.now + by)


async def settle(world: World, port: int, looks: int = 3) -> None:
    """Let the daemon look, an hour apart; inbox and payments are fresh again by the first look."""
    for _ in range(looks):
        world.later(hours=1)
        world.plan()
        await world.drain(port)


@pytest.mark.parametrize("by", [FORWARD, BACK])
@pytest.mark.parametrize(
    "phase", [Phase.RCPT, Phase.DATA, Phase.DOT], ids=["claimed", "begun", "taken by the server"]
)
async def test_the_clock_jumps_between_the_steps_of_an_attempt(
    world: World, phase: Phase, by: timedelta
) -> None:
    world.owing(DURAND)
    world.plan()
    async with serving(Fault(phase, meanwhile(lambda: jump(world, by)), times=1)) as server:
        await world.drain(server.port)
        # claimed a day ago, by the clock: its facts are read again first
        waits = phase is Phase.RCPT and by > timedelta(0)
        assert (len(server.mailbox), world.states()) == ((0, ["queued"]) if waits else (1, ["sent"]))
        await settle(world, server.port)
        assert len(server.mailbox) == 1
    assert world.tasks() == []


@pytest.mark.parametrize("by", [FORWARD, BACK])
async def test_the_clock_jumps_before_a_planned_notice_is_claimed(world: World, by: timedelta) -> None:
    """It bears a day that is over, or has not come: it is written anew."""
    world.owing(DURAND)
    world.plan()
    jump(world, by + timedelta(minutes=1))
    async with serving() as server:
        await world.drain(server.port)
        await settle(world, server.port)
        assert len(server.mailbox) == 1
    assert (world.states(), world.tasks()) == (["superseded", "sent"], [])


@pytest.mark.parametrize("by", [FORWARD, BACK])
async def test_the_clock_jumps_while_a_notice_is_deferred(world: World, by: timedelta) -> None:
    world.owing(DURAND)
    world.plan()
    async with serving(Fault(Phase.RCPT, answers("450 4.2.0 greylisted"), times=1)) as server:
        await world.drain(server.port)
        jump(world, by)
        await settle(world, server.port)
        assert len(server.mailbox) == 1
    assert (world.states(), world.tasks()) == (["superseded", "sent"], [])


@pytest.mark.parametrize("by", [FORWARD, BACK])
async def test_the_clock_jumps_while_the_queue_rests(world: World, by: timedelta) -> None:
    """No clock prolongs a rest: the message leaves within the hour, once."""
    world.owing(DURAND)
    world.plan()
    async with (
        serving(Fault(Phase.MAIL, closes_with("421 4.7.0 slow down"), times=1)) as server,
        world.outbox(server.port) as outbox,
    ):
        assert (await outbox.drain()).trouble
        jump(world, by)
        world.later(hours=1)
        await outbox.drain()
        world.plan()
        await outbox.drain()
        assert len(server.mailbox) == 1
    assert {row.state for row in world.rows(NoticeRow)} <= {"sent", "superseded"}
    assert world.tasks() == []


async def test_the_clock_jumps_back_after_a_reminder(world: World) -> None:
    """What stands in the ledger and the mailbox counts, not what day it is: no stage leaves anew."""
    world.owing(DURAND)
    world.remind()
    jump(world, -DAY)
    async with serving() as server:
        await settle(world, server.port, 30)
        assert server.mailbox == []
