"""Drives the services: one whole pass (`tick`), or all of them together until told to stop (`run`)."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from types import FrameType
from typing import ClassVar, Self, TypeVar

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from relance_mailer.bootstrap import Accounts, make_reader
from relance_mailer.errors import ImapError, RelanceError, StoreError
from relance_mailer.mail.watch import Watcher, read_once
from relance_mailer.services import receive, send, views
from relance_mailer.services.alerts import Alerts
from relance_mailer.services.file_copies import file_copies
from relance_mailer.services.follow_up import FollowedUp, follow_up, start_up
from relance_mailer.services.forecast import forecast, told
from relance_mailer.services.gates import Gate, GateKind
from relance_mailer.services.mail_sink import MailSink
from relance_mailer.services.office import Office
from relance_mailer.services.outbox import Drained, Outbox
from relance_mailer.services.plan import Braked, PlanReport, plan
from relance_mailer.services.reader import Reader
from relance_mailer.services.receive import Received
from relance_mailer.services.views import gate_words
from relance_mailer.store import installation
from relance_mailer.store.group import GroupCommit
from relance_mailer.texts.words import say

log = structlog.get_logger(__name__)
T = TypeVar("T")

GRACE = 6.0  #: seconds for what is being sent to come to its end, once told to stop
_FAREWELL = 2.5  #: seconds for all mailboxes to be let go; together with GRACE under ten


class Ended(Enum):
    """Why `run` came back."""

    STOP = auto()
    RELOAD = auto()


_FAREWELLS = {
    Ended.STOP: "stopping: what is being sent comes to its end first",
    Ended.RELOAD: "reading the configuration anew: what is being sent comes to its end first",
}


@dataclass(slots=True)
class Ticked:
    """What one whole pass did."""

    received: Received = field(default_factory=Received)
    followed_up: FollowedUp = field(default_factory=FollowedUp)
    planned: PlanReport = field(default_factory=PlanReport)
    sent: Drained = field(default_factory=Drained)
    doubts: int = 0
    unreachable: list[str] = field(default_factory=list)


async def tick(office: Office, accounts: Accounts) -> Ticked:
    """Receive, follow up, plan and send, once."""
    with make_reader(office) as reader:
        return await one_pass(office, accounts, reader)


async def one_pass(office: Office, accounts: Accounts, reader: Reader) -> Ticked:
    """Do what `tick` does, with a reader of the caller's, who makes many passes."""
    done = Ticked(doubts=start_up(office, office.clock.now()))
    sink = MailSink(office)
    for account in accounts.mailboxes:
        try:
            await asyncio.to_thread(read_once, account, sink)
        except ImapError as error:
            done.unreachable.append(f"{account.name}: {error}")
    done.received = await asyncio.to_thread(receive.read_waiting, office, reader)
    done.followed_up = await asyncio.to_thread(follow_up, office, office.clock.now())
    done.planned = await asyncio.to_thread(plan, office, office.clock.now())
    async with GroupCommit(office.db) as group:
        outbox = Outbox(office, group, accounts.smtp)
        done.sent = await outbox.drain()
        await Alerts(office, outbox).look()
    try:
        await asyncio.to_thread(file_copies, office, accounts.mailboxes[0], office.clock.now())
    except ImapError as error:
        done.unreachable.append(str(error))
    note_heads(office)
    return done


class Signals:
    """SIGTERM and SIGINT (stop), SIGHUP (reload): from one reading of the configuration to the next none is lost or fatal."""

    _MEANINGS: ClassVar = {
        signal.SIGTERM: Ended.STOP,
        signal.SIGINT: Ended.STOP,
        signal.SIGHUP: Ended.RELOAD,
    }

    def __init__(self) -> None:
        self._told: Ended | None = None
        self._tell: Callable[[], object] = lambda: None

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._note) for number in self._MEANINGS}
        return self

    def __exit__(self, *exc_info: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextlib.contextmanager
    def heard(self, end: Callable[[Ended], None]) -> Iterator[None]:
        """Have `end` called in the running loop for what is told from now on, or was told since it was last heard."""
        loop = asyncio.get_running_loop()

        def hear() -> None:
            told, self._told = self._told, None
            if told is not None:
                end(told)

        self._tell = lambda: loop.call_soon_threadsafe(hear)
        self._tell()
        try:
            yield
        finally:
            self._tell = lambda: None

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self._told is not Ended.STOP:
            self._told = self._MEANINGS[signal.Signals(number)]
        self._tell()


async def run(office: Office, accounts: Accounts, signals: Signals, *, look_every: float) -> Ended:
    """Watch the mailboxes and send what is due until a signal ends it."""
    watching = replace(office, reads_since=office.clock.now())
    return await _OfficeHours(watching, accounts, look_every).keep(signals)


class _OfficeHours:
    """One life of the daemon between two readings of its configuration."""

    def __init__(self, office: Office, accounts: Accounts, look_every: float) -> None:
        self._office = office
        self._accounts = accounts
        self._look_every = look_every
        self._stop = asyncio.Event()
        self._mail = asyncio.Event()
        self._look = asyncio.Event()
        self._drained = asyncio.Event()
        self._ended = Ended.STOP
        self._gates: tuple[Gate, ...] = ()
        self._braked: Braked | None = None
        self._stranded = False

    async def keep(self, signals: Signals) -> Ended:
        """Start everything in order, wait for the end, and stop everything in the opposite order."""
        loop = asyncio.get_running_loop()
        doubts = await self._office.db.run(lambda: start_up(self._office, self._office.clock.now()))
        if doubts:
            log.warning("messages in doubt: a copy, a bounce or a person will tell", notices=doubts)

        def news() -> None:
            loop.call_soon_threadsafe(self._mail.set)

        sink = MailSink(self._office, news)
        watchers = [Watcher(account, sink) for account in self._accounts.mailboxes]
        scheduler = self._scheduler()
        with signals.heard(self._end):
            for watcher in watchers:
                watcher.start()
            scheduler.start()
            self._tell_start()
            if not self._office.installation.trusted:
                log.warning("nothing leaves", why=self._office.installation.reason, gate="installation")
            try:
                await self._work()
            finally:
                scheduler.shutdown(wait=False)
                for watcher in watchers:
                    watcher.stop()
                await asyncio.gather(*(asyncio.to_thread(watcher.join, _FAREWELL) for watcher in watchers))
                note_heads(self._office)
        log.info("stopped" if self._ended is Ended.STOP else "reloading")
        return self._ended

    def _scheduler(self) -> AsyncIOScheduler:
        """Make the clock that says when to look; what is due, the database says."""
        scheduler = AsyncIOScheduler()
        scheduler.add_job(
            self._look.set, "interval", seconds=self._look_every, coalesce=True, misfire_grace_time=None
        )
        scheduler.add_job(
            self._mail.set, "interval", seconds=self._look_every, coalesce=True, misfire_grace_time=None
        )
        return scheduler

    def _tell_start(self) -> None:
        """Say what this life watches, and where its messages go."""
        office = self._office
        boxes = [
            f"{box.name}: {box.username or '-'} at {box.host}:{box.port}" for box in office.config.mailboxes
        ]
        words = say(f"mode.{office.mode}", office.config.language)
        trusted = office.installation.trusted
        log.info("running", mode=office.mode.value, words=words, trusted=trusted, mailboxes=boxes)

    def _look_ahead(self) -> None:
        """Say when the next message leaves, and how many invoices wait."""
        found = forecast(self._office, self._office.clock.now())
        log.info(
            "next to leave",
            at=views.iso(found.at, self._office),
            messages=len(found.notices),
            waiting=found.waiting,
            to_approve=found.to_approve,
            words=told(self._office, found)[0],
        )

    def _end(self, ended: Ended) -> None:
        if not (self._stop.is_set() and self._ended is Ended.STOP):  # no reload after a stop
            self._ended = ended
        if not self._stop.is_set():
            log.info(_FAREWELLS[ended], seconds=GRACE)
        self._stop.set()
        self._mail.set()
        self._look.set()

    async def _work(self) -> None:
        """Run the named tasks; when told to stop, let what is being sent end, for a while."""
        async with (
            GroupCommit(self._office.db) as group,
            Outbox(self._office, group, self._accounts.smtp) as outbox,
        ):
            ahead = asyncio.create_task(self._guarded("looking ahead", self._look_ahead), name="look ahead")
            tasks = [
                asyncio.create_task(self._receive(), name="receive"),
                asyncio.create_task(self._send(outbox), name="send"),
                asyncio.create_task(self._alert(Alerts(self._office, outbox)), name="alert"),
            ]
            waiter = asyncio.create_task(self._stop.wait(), name="stop")
            await asyncio.wait([*tasks, waiter], return_when=asyncio.FIRST_COMPLETED)
            self._stop.set()
            self._mail.set()
            self._look.set()
            self._drained.set()
            waiter.cancel()
            _, late = await asyncio.wait(tasks, timeout=GRACE)
            for task in late:
                task.cancel()
            for result in await asyncio.gather(*tasks, ahead, return_exceptions=True):
                if isinstance(result, Exception):
                    raise result

    async def _receive(self) -> None:
        """Read what the watchers have kept, as soon as they tell."""
        with make_reader(self._office) as reader:
            while not self._stop.is_set():
                await self._mail.wait()
                self._mail.clear()
                if self._stop.is_set():
                    return
                await self._guarded(
                    "reading mail",
                    lambda: receive.read_waiting(self._office, reader, stopped=self._stop.is_set),
                )
                self._look.set()

    async def _send(self, outbox: Outbox) -> None:
        """Follow up, plan and send whenever it is time to look."""
        self._look.set()
        while not self._stop.is_set():
            # the scheduler's hours are the wall clock's: set back by a day, they do not come for a day
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._look.wait(), 2 * self._look_every)
            self._look.clear()
            if self._stop.is_set():
                return
            await self._guarded("following up", lambda: follow_up(self._office, self._office.clock.now()))
            await self._guarded("planning", self._plan)
            await self._drain(outbox)
            self._drained.set()
            await self._guarded("filing copies", self._file_copies)
            with contextlib.suppress(StoreError):
                await self._office.db.run(lambda: note_heads(self._office))

    async def _alert(self, alerts: Alerts) -> None:
        """Tell the team what waits for it, after each look; notices do not wait for that."""
        while not self._stop.is_set():
            await self._drained.wait()
            self._drained.clear()
            if not self._stop.is_set():
                await alerts.look()

    async def _drain(self, outbox: Outbox) -> None:
        """Hand over what is due; the database's trouble is logged and tried again at the next look."""
        try:
            if self._stranded:  # what the database refused to note stands in `sending`: nobody knows about it
                await self._office.db.run(self._recover)
                self._stranded = False
            drained = await outbox.drain(self._stop)
            if drained.sent or drained.recorded:
                self._look.set()  # what was sent may free a second message, or a stage after it
            if drained.again_in and drained.again_in.total_seconds() < self._look_every:
                asyncio.get_running_loop().call_later(drained.again_in.total_seconds(), self._look.set)
        except* RelanceError as trouble:
            for error in trouble.exceptions:
                log.error("failed", what="sending", error=str(error))
            self._stranded = True

    def _file_copies(self) -> int:
        return file_copies(self._office, self._accounts.mailboxes[0], self._office.clock.now())

    def _recover(self) -> None:
        with self._office.db.write() as session:
            send.recover(session, self._office, self._office.clock.now())

    async def _guarded(self, what: str, unit: Callable[[], T]) -> T | None:
        """Run a unit; the database's trouble is logged and tried again at the next look."""
        try:
            return await asyncio.to_thread(unit)
        except RelanceError as error:
            log.error("failed", what=what, error=str(error))
            return None

    def _plan(self) -> None:
        self._tell(plan(self._office, self._office.clock.now()))

    def _tell(self, report: PlanReport) -> None:
        """Say once why nothing leaves, and once that it may again."""
        if report.gates != self._gates:
            for gate in report.gates:
                words = gate_words(gate, self._office.config.language)
                log.warning("nothing leaves", why=words, gate=gate.kind.value, **self._shown(gate))
            if not report.gates:
                log.info("messages may leave again")
            self._gates = report.gates
        if report.braked and report.braked != self._braked:
            told_of = {"messages": report.braked.messages, "first_contacts": report.braked.first_contacts}
            words = say("task.brake", self._office.config.language, **told_of)
            log.warning("unusual run: waiting for a person", words=words, **told_of)
        self._braked = report.braked
        for problem in report.problems:
            log.error("a message could not be written", why=problem)

    def _shown(self, gate: Gate) -> dict[str, object]:
        """What a person must see who is asked to let the first run go."""
        if gate.kind is not GateKind.FIRST_RUN:
            return {}
        return {"would_leave": list(told(self._office, forecast(self._office, self._office.clock.now())))}


def note_heads(office: Office) -> None:
    """Keep the ledger's heads outside the database, where the installation is trusted (rule 6)."""
    if not office.installation.trusted:
        return
    with office.db.read() as session:
        installation.record_heads(session, office.config.state_file)
