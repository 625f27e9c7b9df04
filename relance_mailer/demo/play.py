"""The demo's days: files come in, the daemon's passes run, debtors and a person act, and each day ends at a barrier."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

from relance_mailer import bootstrap, config, daemon
from relance_mailer.bootstrap import Accounts
from relance_mailer.clock import FixedClock
from relance_mailer.demo import files
from relance_mailer.demo.actors import Actors
from relance_mailer.demo.files import OWN_ADDRESS, PERSON
from relance_mailer.demo.model import START, Debtor
from relance_mailer.demo.post import PostOffice
from relance_mailer.demo.story import Chronicle
from relance_mailer.dunning.calendar import PARIS
from relance_mailer.services import first_run
from relance_mailer.services.import_ import ImportReport, import_invoices, import_payments
from relance_mailer.services.office import Office
from relance_mailer.services.reader import Reader
from relance_mailer.services.views import gate_words
from relance_mailer.store import freshness, mailroom, notices
from relance_mailer.store.db import Database

OPENING, BANK = time(8, 10), time(8, 30)  #: when the files come in
FIRST_LOOK = time(9)  #: when the person sees, on the first day, what will leave, and lets it
PASSES = (
    time(9, 30),
    time(11, 30),
    time(16, 15),
    time(19),
)  #: between people's hours and the end of the window, too
WEEKEND_PASSES = (time(12), time(19))
_MORE_PASSES = 3  #: at the barrier, before it is called a fault


@dataclass(frozen=True, slots=True)
class Settings:
    """How a demo is played."""

    days: int = 60
    seed: int = 1
    language: str = "fr"


@dataclass(slots=True)
class Play:
    """A demo under way: its office and servers, the agenda of what is still to happen, and what went wrong."""

    cast: Sequence[Debtor]
    settings: Settings
    office: Office
    clock: FixedClock
    post: PostOffice
    accounts: Accounts
    reader: Reader
    chronicle: Chronicle
    day: date = START
    played: int = 0
    problems: list[str] = field(default_factory=list)
    actors: Actors = field(init=False)
    _agenda: list[tuple[datetime, int, Callable[[], Awaitable[None]]]] = field(default_factory=list)
    _order: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.actors = Actors(self.cast, self.settings.seed, self.office, self.post, self.at, self._check)
        self.post.delivered = self.actors.receive

    def at(self, instant: datetime, act: Callable[[], Awaitable[None]]) -> None:
        """Have something happen at an instant."""
        heapq.heappush(self._agenda, (instant, next(self._order), act))

    async def one_day(self) -> None:
        """Live through the next day, up to its barrier."""
        self.day = START + timedelta(days=self.played)
        if self.played == 0:
            self.actors.begin(self.day)
            self.at(_instant(self.day, FIRST_LOOK), self._let_live_begin)
        self._plan_day()
        midnight = _instant(self.day + timedelta(days=1), time.min)
        while self._agenda and self._agenda[0][0] < midnight:
            instant, _, act = heapq.heappop(self._agenda)
            self.clock.set(instant)
            await act()
        await self._barrier()
        self.played += 1

    def _plan_day(self) -> None:
        working = self.office.days.is_open(self.day)
        if working:
            self.at(_instant(self.day, OPENING), self._invoices)
            self.at(_instant(self.day, BANK), self._payments)
        for hour in PASSES if working else WEEKEND_PASSES:
            self.at(_instant(self.day, hour), self._pass)

    async def _invoices(self) -> None:
        """The accounting program exports what was issued since the last working day."""
        rows = self.actors.issued(self.day)
        if rows:
            Random(f"{self.settings.seed} rows {self.day}").shuffle(rows)  # noqa: S311
            data = files.invoices((debtor, bill, debtor.emails) for debtor, bill in rows)
            name = f"factures-{self.day}.csv"
            self._check(
                await asyncio.to_thread(import_invoices, self.office, data, name, self.clock.now(), PERSON)
            )

    async def _let_live_begin(self) -> None:
        """The person approves the first run in live, as every installation asks."""
        await asyncio.to_thread(first_run.approve, self.office, self.clock.now(), PERSON)

    async def _payments(self) -> None:
        """The bank's file of the working day before; often there is nothing in it."""
        data = files.payments(self.actors.transfers(self.day))
        name = f"reglements-{self.day}.csv"
        self._check(
            await asyncio.to_thread(import_payments, self.office, data, name, self.clock.now(), PERSON)
        )

    def _check(self, report: ImportReport) -> None:
        self.problems += [f"{self.day} import: {error}" for error in report.errors]
        self.problems += [f"{self.day} import: {note}" for note in report.notes]

    async def _pass(self) -> None:
        """Make the daemon's own whole pass, and take note of whatever kept it from its work."""
        done = await daemon.one_pass(self.office, self.accounts, self.reader)
        gates = [gate_words(gate, self.settings.language) for gate in done.planned.gates]
        trouble = [*done.unreachable, *gates, *done.planned.problems]
        if done.sent.trouble:
            trouble.append(done.sent.trouble)
        if done.planned.braked:
            trouble.append(f"unusual run of {done.planned.braked.messages} messages")
        if done.received.set_aside:
            trouble.append(f"{done.received.set_aside} messages could not be read")
        self.problems += [f"{self.clock.now():%Y-%m-%d %H:%M} {words}" for words in trouble]

    async def _barrier(self) -> None:
        """Wait for the day's end: nothing due waits in the outbox, and the mailbox is read to its UIDNEXT."""
        for _ in range(_MORE_PASSES):
            left = await self._left_over()
            if not left:
                return
            await self._pass()
        self.problems.append(f"{self.day} the day ended with {left}")

    async def _left_over(self) -> str:
        last = await self.post.last_uids()
        creditor_id = self.office.creditor_id
        with self.office.db.read() as session:
            read = {row.name: row.last_uid for row in freshness.folders(session, creditor_id)}
            behind = [name for name, uid in last.items() if read.get(name, 0) < uid]
            unread = len(mailroom.waiting(session, creditor_id, 1))
            due = len(notices.due(session, creditor_id, self.clock.now(), 1))
        found = (("unread folders", behind), ("messages not yet read", unread), ("messages still due", due))
        return ", ".join(words for words, there in found if there)


@asynccontextmanager
async def staged(
    cast: Sequence[Debtor], settings: Settings, folder: Path, mails: Path | None = None
) -> AsyncIterator[Play]:
    """Set the stage in an empty folder: servers, configuration, database, office; take it down at the end.

    Args:
        cast: who plays.
        settings: how long, with which chances.
        folder: for configuration and database.
        mails: where every message is kept as .eml, if anywhere.
    """
    clock = FixedClock(_instant(START, time(8)))
    addresses = frozenset(address for debtor in cast for address in (*debtor.emails, debtor.spare) if address)
    greylisting = frozenset(address for debtor in cast if debtor.greylists for address in debtor.emails)
    post = PostOffice(clock, OWN_ADDRESS, addresses, greylisting, mails)
    async with post.open():
        path = folder / "config.toml"
        files.configuration(
            path, smtp_port=post.smtp_port, imap_port=post.imap_port, language=settings.language
        )
        loaded = config.load(path)
        bootstrap.install(loaded, clock)
        db = Database(loaded.database)
        try:
            office = bootstrap.make_office(loaded, db, clock)
            with bootstrap.make_reader(office) as reader:
                accounts = bootstrap.make_accounts(loaded)
                yield Play(cast, settings, office, clock, post, accounts, reader, Chronicle(office))
        finally:
            db.close()


def _instant(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, PARIS)
