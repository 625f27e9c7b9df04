"""Faults of our own: the disk full or the database locked where an attempt is claimed, begun, or its end written down.

Nothing begins that cannot be written down before, and what was begun and cannot be written down is in doubt.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import event

from relance_mailer.store.tables import AttemptRow, TaskRow
from tests.integration.faults.database import Daemon, Holder, fill_disk_at, held, make_room
from tests.integration.faults.outcomes import (
    DURAND,
    OTHERS,
    SHORT,
    check_never_again,
    notice_to,
    owe,
)
from tests.integration.faults.server import (
    Does,
    Fault,
    FaultyServer,
    Phase,
    Talk,
    answers,
    falls_silent,
    hangs_up,
    meanwhile,
    serving,
    waits,
)
from tests.support.world import World

FULL, LOCKED = "disk or quota is full", "is locked by another process"


def told(daemon: Daemon, words: str) -> bool:
    return any(words in said for said in daemon.said)


async def check_all_leave_once(world: World, server: FaultyServer, daemon: Daemon) -> None:
    """The trouble is over: at the next look each message leaves, once."""
    await daemon.look()
    for address in (DURAND, *OTHERS):
        assert server.arrived(address) == [world.bytes_of(notice_to(world, address).sha256)]
    assert (set(world.states()), world.tasks()) == ({"sent"}, [])


# ── the disk is full ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("state", ["claimed", "sending"])
async def test_the_disk_is_full_before_the_content(world: World, state: str) -> None:
    owe(world)
    fill_disk_at(world, state)
    async with serving() as server, Daemon(world, server.port) as daemon:
        await daemon.look()
        assert told(daemon, FULL)
        assert (server.mailbox, "DATA" in server.verbs) == ([], False)
        await daemon.look()  # still full
        assert server.mailbox == []
        make_room(world)
        await check_all_leave_once(world, server, daemon)


async def test_the_disk_is_full_when_the_250_is_written_down(world: World) -> None:
    owe(world)
    fill_disk_at(world, "sent")
    async with serving() as server, Daemon(world, server.port) as daemon:
        await daemon.look()
        assert told(daemon, FULL)
        assert (len(server.arrived(DURAND)), notice_to(world, DURAND).state) == (1, "sending")
        make_room(world)
        await daemon.look()
        await check_never_again(world, server, arrived=True)
    first = [world.bytes_of(notice_to(world, address).sha256) for address in OTHERS]
    assert [server.arrived(address)[0] for address in OTHERS] == first


REFUSALS: list[tuple[Phase, Does, str]] = [
    (Phase.RCPT, answers("450 4.2.0 greylisted"), "deferred"),
    (Phase.RCPT, answers("550 5.1.1 unknown user"), "failed"),
]


@pytest.mark.parametrize(("phase", "does", "state"), REFUSALS, ids=["450", "550"])
async def test_the_disk_is_full_when_a_refusal_is_written_down(
    world: World, phase: Phase, does: Does, state: str
) -> None:
    """Nothing of it left: it is tried again as if it had not been."""
    owe(world)
    fill_disk_at(world, state)
    async with (
        serving(Fault(phase, does, only_for=DURAND, times=1)) as server,
        Daemon(world, server.port) as daemon,
    ):
        await daemon.look()
        assert told(daemon, FULL)
        assert server.arrived(DURAND) == []
        make_room(world)
        await check_all_leave_once(world, server, daemon)


@pytest.mark.parametrize(
    ("does", "state", "keeps"),
    [(answers("451 4.3.0 later"), "deferred", False), (hangs_up, "in_doubt", True)],
    ids=["451", "no answer"],
)
async def test_the_disk_is_full_when_the_end_after_the_dot_is_written_down(
    world: World, does: Does, state: str, keeps: bool
) -> None:
    """What cannot be written down is not known any more at the next look: it is in doubt, whatever it was."""
    owe(world)
    fill_disk_at(world, state)
    fault = Fault(Phase.DOT, does, only_for=DURAND, keeps=keeps)
    async with serving(fault) as server, Daemon(world, server.port) as daemon:
        await daemon.look()
        assert told(daemon, FULL)
        assert notice_to(world, DURAND).state == "sending"
        make_room(world)
        await daemon.look()
        await check_never_again(world, server, arrived=keeps)


# ── another process holds the database ───────────────────────────────────────────────────────────────────────


@pytest.fixture
def holder(world: World) -> Iterator[Holder]:
    with held(world) as holder:
        yield holder


async def test_the_database_is_locked_when_notices_are_claimed(world: World, holder: Holder) -> None:
    owe(world)
    async with serving() as server, Daemon(world, server.port) as daemon:
        holder.take()
        await daemon.look()
        assert told(daemon, LOCKED)
        assert (server.connections, set(world.states())) == (0, {"queued"})
        holder.let_go()
        await check_all_leave_once(world, server, daemon)


async def test_the_database_is_locked_when_an_attempt_is_about_to_begin(world: World, holder: Holder) -> None:
    owe(world)
    async with (
        serving(Fault(Phase.RCPT, meanwhile(holder.take))) as server,
        Daemon(world, server.port) as daemon,
    ):
        await daemon.look()
        assert told(daemon, LOCKED)
        assert (server.mailbox, "DATA" in server.verbs) == ([], False)
        await daemon.look()  # still locked: not even what was claimed can be given back
        assert set(world.states()) == {"claimed"}
        server.behave()
        holder.let_go()
        await check_all_leave_once(world, server, daemon)
    assert {row.state for row in world.rows(AttemptRow)} == {"withdrawn", "accepted"}


@pytest.mark.parametrize("keeps", [True, False], ids=["250", "no answer"])
async def test_the_database_is_locked_when_the_end_is_written_down(
    world: World, holder: Holder, keeps: bool
) -> None:
    async def takes_the_lock(talk: Talk) -> bool:
        await meanwhile(holder.take)(talk)
        if not keeps:
            await falls_silent(talk)
        return True

    owe(world)
    async with (
        serving(Fault(Phase.DOT, takes_the_lock, only_for=DURAND)) as server,
        Daemon(world, server.port, smtp__dot_timeout=5 if keeps else SHORT) as daemon,
    ):
        await daemon.look()
        assert told(daemon, LOCKED)
        assert (len(server.arrived(DURAND)), notice_to(world, DURAND).state) == (keeps, "sending")
        server.behave()
        holder.let_go()
        await daemon.look()
        await check_never_again(world, server, arrived=keeps)
    first = [world.bytes_of(notice_to(world, address).sha256) for address in OTHERS]
    assert [server.arrived(address)[0] for address in OTHERS] == first


# ── several connections ──────────────────────────────────────────────────────────────────────────────────────


def failed(world: World) -> asyncio.Event:
    """Return what is set as soon as a statement fails."""
    seen, loop = asyncio.Event(), asyncio.get_running_loop()

    def fails(_context: object) -> None:
        loop.call_soon_threadsafe(seen.set)

    event.listen(world.db.writer, "handle_error", fails)
    return seen


async def test_what_one_connection_cannot_write_down_cuts_no_other_off_in_its_content(world: World) -> None:
    """A refusal meets a full disk while another message waits for its 250: that one gets it, and nothing new begins."""
    owe(world)
    refused, waiting = OTHERS
    fill_disk_at(world, "failed")
    under_way, trouble = asyncio.Event(), failed(world)

    async def refuses(talk: Talk) -> None:
        await under_way.wait()
        await talk.say("550 5.1.1 unknown user")

    async def takes_long(talk: Talk) -> bool:
        under_way.set()
        await trouble.wait()
        return await waits(SHORT)(talk) is True  # by then whoever would cut it off has done so

    async with (
        serving(
            Fault(Phase.DOT, takes_long, only_for=DURAND), Fault(Phase.RCPT, refuses, only_for=refused)
        ) as server,
        Daemon(world, server.port, smtp__connections=2) as daemon,
    ):
        await daemon.look()
        assert told(daemon, FULL)
        assert (notice_to(world, DURAND).state, len(server.arrived(DURAND))) == ("sent", 1)
        assert (notice_to(world, waiting).state, server.arrived(waiting)) == ("queued", [])
        assert world.tasks() == []
        make_room(world)
        server.behave()
        await check_all_leave_once(world, server, daemon)


@pytest.mark.parametrize("state", ["sent", "sending"], ids=["the end", "the start"])
async def test_the_end_of_one_and_the_start_of_another_cannot_be_written_down_together(
    world: World, state: str
) -> None:
    """They share a transaction: the one is in doubt, of the other nothing has left."""
    world.owing(DURAND)
    world.owing(OTHERS[0])
    world.plan()
    held, taken = threading.Event(), asyncio.Event()

    async with serving() as server, Daemon(world, server.port, smtp__connections=2) as daemon:
        steps, group = daemon._outbox._steps, daemon._group

        async def takes(_talk: Talk) -> bool:
            """Say 250 once the store is busy with something else."""
            busy = asyncio.create_task(group.submit(lambda _session: held.wait(20)))
            await asyncio.sleep(0)
            fill_disk_at(world, state)
            taken.set()
            busy.add_done_callback(lambda task: task.result())
            return True

        async def says_yes_once_both_wait(_talk: Talk) -> bool:
            await taken.wait()
            asyncio.get_running_loop().create_task(let_go())
            return True

        async def let_go() -> None:
            async with asyncio.timeout(20):
                while len(steps._waiting) < 2:
                    await asyncio.sleep(0.01)
            held.set()

        server.behave(
            Fault(Phase.DOT, takes, only_for=DURAND),
            Fault(Phase.RCPT, says_yes_once_both_wait, only_for=OTHERS[0]),
        )
        await daemon.look()
        assert told(daemon, FULL)
        assert (notice_to(world, DURAND).state, len(server.arrived(DURAND))) == ("sending", 1)
        assert (notice_to(world, OTHERS[0]).state, server.arrived(OTHERS[0])) == ("queued", [])
        make_room(world)
        server.behave()
        await daemon.look()
        assert notice_to(world, OTHERS[0]).state == "sent"
        assert len(server.arrived(OTHERS[0])) == 1
        [task] = world.rows(TaskRow)
        assert (task.kind, task.subject) == ("in_doubt", f"notice:{notice_to(world, DURAND).id}")
    assert len(server.arrived(DURAND)) == 1
