"""Faults of our own: the disk full or the database locked where an attempt is claimed, begun, or its end written down.

Nothing begins that cannot be written down before, and what was begun and cannot be written down is in doubt.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from relance_mailer.store.tables import AttemptRow
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
