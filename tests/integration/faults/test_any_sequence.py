"""Any sequence of faults: each notice arrives at most once, and what did not arrive is known as such (rule 1).

The database, the outbox and the daemon's way of driving it are the real ones; so are the sockets. Hypothesis draws
what befalls them: what the server does to which message, a full disk, a lock that another process holds, a stop, a
kill, a clock set forward or back. What truly arrived, the server's mailbox says.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from email.parser import BytesHeaderParser
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import Phase as Stage
from hypothesis import strategies as st

from relance_mailer.dunning.notice import UNSENT, NoticeState
from relance_mailer.services.follow_up import start_up
from relance_mailer.store.db import Database
from relance_mailer.store.tables import HoldRow, InvoiceRow, NoticeInvoiceRow, NoticeRow, TaskRow
from tests.integration.faults.conftest import NOBODY, unhurried
from tests.integration.faults.database import BUSY, Daemon, fill_disk_at, make_room
from tests.integration.faults.server import (
    GARBAGE,
    Does,
    Fault,
    FaultyServer,
    Phase,
    Talk,
    answers,
    breaks_off,
    closes_with,
    falls_silent,
    hangs_up,
    resets,
    says,
    serving,
)
from tests.support.world import World, opened

S = NoticeState
PATIENCE = 0.15  #: seconds for each answer: what is slower is one more fault
MOST_DEBTORS = 6
EXAMPLES = int(os.environ.get("RELANCE_FAULT_EXAMPLES", "60"))
SOAK_EXAMPLES = int(os.environ.get("RELANCE_SOAK_FAULT_EXAMPLES", "1000"))

# ── what may happen ──────────────────────────────────────────────────────────────────────────────────────────

#: What a server may do in any phase instead of answering.
ANYWHERE: tuple[Does, ...] = (
    hangs_up,
    resets,
    falls_silent,
    breaks_off(b"25", hangs_up),
    breaks_off(b"25", falls_silent),
    says(GARBAGE),
    closes_with("421 4.3.2 closing"),
)
#: Refusals, by where they make sense.
REFUSALS: dict[Phase, tuple[str, ...]] = {
    Phase.GREETING: ("554 5.7.1 you are listed",),
    Phase.EHLO: ("550 not you",),
    Phase.MAIL: ("451 4.3.0 later", "452 4.3.1 disk full", "550 5.1.8 bad sender"),
    Phase.RCPT: (
        "450 4.2.0 greylisted",
        "452 4.5.3 too many",
        "550 5.1.1 unknown",
        "552 5.2.2 full",
        "550 5.4.5 daily limit",
    ),
    Phase.DATA: ("451 4.3.0 later", "554 5.6.0 no", "250 surprise"),
    Phase.DOT: ("451 4.3.0 later", "452 4.3.1 disk full", "554 5.7.1 spam", "550 5.4.5 daily limit"),
    Phase.RSET: ("500 what?",),
}
#: What a server that has taken the message, or not, may do instead of saying so.
NO_250: tuple[Does, ...] = (*ANYWHERE[:-1], breaks_off(b"250-2.0.0 Ok\r\n", hangs_up), answers("354 go on"))
OF_ALL = (Phase.GREETING, Phase.EHLO, Phase.MAIL)
OF_ONE = (Phase.RCPT, Phase.RSET, Phase.DATA, Phase.CONTENT, Phase.DOT, Phase.DOT)
WRITTEN = (S.CLAIMED, S.SENDING, S.SENT, S.SENT, S.DEFERRED, S.FAILED, S.IN_DOUBT)
STRUCK = (Phase.EHLO, Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.CONTENT, Phase.DOT, Phase.DOT)
PASSES = (
    *(timedelta(minutes=minutes) for minutes in (0, 6, 20)),
    *(timedelta(hours=hours) for hours in (2, 5, 25, -24, -2)),
    timedelta(days=8),
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What befalls the program itself: at a phase of the conversation, or at a state that it writes down."""

    kind: str  #: "full", "locked", "stop", "kill"
    state: str = ""
    phase: Phase = Phase.DOT


@dataclass(frozen=True, slots=True)
class Turn:
    """A life of the program: who comes to owe, what goes wrong, and the time that passes after it."""

    debtors: int
    faults: tuple[Fault, ...]
    trouble: Trouble | None
    connections: int
    passes: timedelta


def some_turns(chance: Random) -> list[Turn]:
    """Draw what happens."""
    turns: list[Turn] = []
    for _ in range(chance.randint(1, 4)):
        owing = sum(turn.debtors for turn in turns)
        debtors = chance.randint(1, 3) if owing < MOST_DEBTORS else 0
        faults = tuple(_fault(chance, owing + debtors) for _ in range(chance.randint(0, 3)))
        turns.append(Turn(debtors, faults, _trouble(chance), chance.randint(1, 3), chance.choice(PASSES)))
    return turns


def _fault(chance: Random, owing: int) -> Fault:
    phase = chance.choice((*OF_ALL, *OF_ONE, *OF_ONE))
    keeps = phase is Phase.DOT and chance.random() < 0.5
    refusals = tuple(map(answers, REFUSALS.get(phase, ())))
    unclear = NO_250 if phase is Phase.DOT else ()
    does = chance.choice(NO_250 if keeps else (*ANYWHERE, *unclear, *refusals, *refusals))
    whom = f"d{chance.randrange(owing)}@" if phase in OF_ONE and chance.random() < 0.5 else ""
    return Fault(phase, does, times=chance.randint(1, 3), only_for=whom, keeps=keeps)


def _trouble(chance: Random) -> Trouble | None:
    kind = chance.choice(("", "", "full", "full", "locked", "stop", "kill"))
    if kind == "full":
        return Trouble(kind, chance.choice(WRITTEN))
    return Trouble(kind, phase=chance.choice(STRUCK)) if kind else None


# ── living through it ────────────────────────────────────────────────────────────────────────────────────────


class Life:
    """The program's lives on one database, and the server that they talk to."""

    def __init__(self, world: World, server: FaultyServer) -> None:
        self.world = world
        self.server = server
        self.owing = 0
        self._taking: list[asyncio.Future[None]] = []  #: the lock, in threads

    def owe(self) -> None:
        """Let one more debtor owe something, who has two contacts."""
        place = self.owing
        self.owing += 1
        self.world.owing(f"d{place}@debtor{place}.example", f"second{place}@debtor{place}.example")

    async def through(self, turn: Turn) -> None:
        """Start, look once with the turn's faults, and end: in order, or struck down."""
        trouble, struck = turn.trouble, asyncio.Event()
        with contextlib.closing(self._other_process()) as other:
            start_up(self.world.office, self.world.now)
            for _ in range(turn.debtors):
                self.owe()
            self.world.plan()
            strike = () if trouble is None else self._strikes(trouble, other, struck)
            self.server.behave(*strike, *turn.faults)
            if trouble and trouble.kind == "full":
                fill_disk_at(self.world, trouble.state)
            await self._look(turn.connections, struck)
            await asyncio.gather(
                *self._taking, return_exceptions=True
            )  # or it would be closed while it takes
            self._taking.clear()
            make_room(self.world)
            if other.in_transaction:
                other.execute("COMMIT")
        self.world.later(seconds=turn.passes.total_seconds())

    def _strikes(
        self, trouble: Trouble, other: sqlite3.Connection, struck: asyncio.Event
    ) -> tuple[Fault, ...]:
        """Return the fault that brings a trouble about in its phase; a lock and a kill leave nothing written."""

        async def does(_talk: Talk) -> bool:
            if trouble.kind in ("locked", "kill"):
                self._taking.append(asyncio.get_running_loop().run_in_executor(None, self._lock, other))
                await asyncio.shield(self._taking[-1])
            if trouble.kind in ("stop", "kill"):
                struck.set()
            return True

        return () if trouble.kind == "full" else (Fault(trouble.phase, does, times=1),)

    def _other_process(self) -> sqlite3.Connection:
        return sqlite3.connect(self.world.db.file, isolation_level=None, check_same_thread=False)

    @staticmethod
    def _lock(other: sqlite3.Connection) -> None:
        """Take the write lock as another process would."""
        other.execute("BEGIN IMMEDIATE")

    async def _look(self, connections: int, struck: asyncio.Event) -> None:
        patience = {"smtp__timeout": PATIENCE, "smtp__dot_timeout": PATIENCE}
        async with Daemon(self.world, self.server.port, smtp__connections=connections, **patience) as daemon:
            looking = asyncio.create_task(daemon.look())
            striking = asyncio.create_task(struck.wait())
            await asyncio.wait([looking, striking], return_when=asyncio.FIRST_COMPLETED)
            if not looking.done():
                looking.cancel()
            striking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking

    async def recover(self) -> None:
        """Days with a server that behaves, and nothing else goes wrong."""
        self.server.behave()
        start_up(self.world.office, self.world.now)
        async with Daemon(self.world, self.server.port, smtp__timeout=5, smtp__dot_timeout=5) as daemon:
            for _ in range(24):  # six days: Easter may lie between
                self.world.plan()
                await daemon.look()
                self.world.later(hours=6)


# ── what must hold at the end ────────────────────────────────────────────────────────────────────────────────


def message_id(raw: bytes) -> str:
    return str(BytesHeaderParser().parsebytes(raw)["Message-ID"]).strip()


def check(world: World, server: FaultyServer) -> None:
    """At most once, and what did not arrive is known."""
    notices = {row.id or 0: row for row in world.rows(NoticeRow)}
    by_message = {row.message_id: row for row in notices.values()}
    arrived = Counter(by_message[message_id(kept.raw)].id or 0 for kept in server.mailbox)
    check_bytes(world, server, by_message)
    check_once(world, arrived)
    for notice_id, notice in notices.items():
        check_state(world, notice, arrived[notice_id])
    for invoice in world.rows(InvoiceRow):
        check_known(world, invoice, arrived)


def check_bytes(world: World, server: FaultyServer, by_message: dict[str, NoticeRow]) -> None:
    """What arrived are the bytes kept, at the address that they were meant for."""
    for kept in server.mailbox:
        notice = by_message[message_id(kept.raw)]
        assert kept.recipients == (notice.to_address,)
        assert kept.raw == world.bytes_of(notice.sha256)


def check_once(world: World, arrived: Counter[int]) -> None:
    assert max(arrived.values(), default=0) <= 1
    members = world.rows(NoticeInvoiceRow)
    stages = Counter((row.invoice_id, row.stage) for row in members if arrived[row.notice_id])
    assert max(stages.values(), default=0) <= 1, stages


def check_state(world: World, notice: NoticeRow, arrived: int) -> None:
    """What the store says of a notice is true; where it does not know, it says that."""
    state = S(notice.state)
    if state is S.SENT:
        assert arrived == 1, notice
    elif state is S.IN_DOUBT:
        tasks = world.rows(TaskRow, kind="in_doubt", subject=f"notice:{notice.id}")
        assert [task.done_at for task in tasks] == [None]
    else:
        assert arrived == 0, notice
        assert state in {S.FAILED, S.SUPERSEDED, *UNSENT} - {S.CLAIMED}, notice
    if state in (S.QUEUED, S.DEFERRED):
        assert notice.next_attempt_at is not None
    if state is S.FAILED:
        told = {task.kind for task in world.rows(TaskRow, debtor_id=notice.debtor_id)}
        assert told & {"undelivered", "refused"}, f"nobody was told of {notice}"


def check_known(world: World, invoice: InvoiceRow, arrived: Counter[int]) -> None:
    """Nothing is forgotten: what did not reach the debtor is a person's, or will be looked at again."""
    about = [row.notice_id for row in world.rows(NoticeInvoiceRow, invoice_id=invoice.id)]
    if any(arrived[notice_id] for notice_id in about):
        return
    holds = [row for row in world.rows(HoldRow, debtor_id=invoice.debtor_id) if row.released_at is None]
    tasks = [row for row in world.rows(TaskRow, debtor_id=invoice.debtor_id) if row.done_at is None]
    states = {world.notice(notice_id).state for notice_id in about}
    assert states & {S.FAILED, S.IN_DOUBT}, f"{invoice.number} was forgotten: {states}"
    assert tasks, f"nobody is told of {invoice.number}"
    assert holds or S.IN_DOUBT in states or "undelivered" in {task.kind for task in tasks}


# ── the tests ────────────────────────────────────────────────────────────────────────────────────────────────


async def live(folder: Path, seed: Path, turns: list[Turn]) -> None:
    """Live through the turns on a database of their own, then recover, and check."""
    with opened(folder, seed, NOBODY) as world:
        world.db.close()
        world.db = Database(world.db.file, busy_timeout_s=BUSY)
        world.configure()
        unhurried(world)
        async with serving() as server:
            life = Life(world, server)
            for turn in turns:
                await life.through(turn)
            await life.recover()
            check(world, server)


def whatever_happens(seed: Path, examples: int) -> None:
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[
            Stage.generate
        ],  # a shorter sequence of the same chance is another one; the turns are printed
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(chance=st.randoms(use_true_random=True))
    def run(chance: Random) -> None:
        turns = some_turns(chance)
        note("\n".join(map(str, turns)))
        with TemporaryDirectory() as folder:
            asyncio.run(live(Path(folder), seed, turns))

    run()


@pytest.mark.timeout(600)
def test_each_notice_arrives_at_most_once_and_what_did_not_arrive_is_known(seed: Path) -> None:
    whatever_happens(seed, EXAMPLES)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_a_thousand_sequences_are_survived_too(seed: Path) -> None:
    whatever_happens(seed, SOAK_EXAMPLES)
