"""A database in trouble: its disk full at a chosen write, or another process that does not let go of it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Self

import structlog

from relance_mailer import bootstrap, daemon
from relance_mailer.services.outbox import Outbox
from relance_mailer.store.db import Database
from relance_mailer.store.group import GroupCommit
from tests.support.world import World

ROOM = 50  #: pages left on the disk
BUSY = 0.1  #: seconds that the program waits for another writer, in these tests

_HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)
for line in sys.stdin:
    connection.execute("BEGIN IMMEDIATE" if line.strip() == "take" else "COMMIT")
    print("done", flush=True)
"""


def _tell(world: World, *statements: str) -> None:
    with closing(sqlite3.connect(world.db.file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def _most_pages(world: World, most: int) -> None:
    raw: Any = world.db.writer.raw_connection()
    raw.cursor().execute(f"PRAGMA max_page_count={most}")
    raw.close()


def fill_disk_at(world: World, state: str) -> None:
    """Leave so little room that writing down this state of a notice meets SQLITE_FULL: a trigger takes the rest."""
    _tell(
        world,
        "CREATE TABLE IF NOT EXISTS takes_the_rest (bytes BLOB)",
        f"CREATE TRIGGER fills AFTER UPDATE OF state ON notice WHEN NEW.state = '{state}'"
        " BEGIN INSERT INTO takes_the_rest VALUES (zeroblob(100000000)); END",
    )
    with closing(sqlite3.connect(world.db.file)) as connection:
        [pages] = connection.execute("PRAGMA page_count").fetchone()
    _most_pages(world, pages + ROOM)


def make_room(world: World) -> None:
    """Let somebody free the disk."""
    _most_pages(world, 1 << 30)
    _tell(world, "DROP TRIGGER IF EXISTS fills")


class Holder:
    """Another process that takes the database's write lock, and lets it go."""

    def __init__(self, world: World) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _HOLDER, str(world.db.file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.holds = False

    def take(self) -> None:
        """Take the lock, once."""
        if not self.holds:
            self._say("take")
            self.holds = True

    def let_go(self) -> None:
        if self.holds:
            self._say("let go")
            self.holds = False

    def _say(self, word: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"

    def end(self) -> None:
        self._process.communicate(timeout=20)


@contextmanager
def held(world: World) -> Iterator[Holder]:
    """Have another process at hand, and a program that does not wait long for it."""
    world.db.close()
    world.db = Database(world.db.file, busy_timeout_s=BUSY)
    world.configure()
    holder = Holder(world)
    try:
        yield holder
    finally:
        holder.let_go()
        holder.end()


class Daemon:
    """The daemon's own looking at the queue, a look at a time; `said` is its log."""

    def __init__(self, world: World, port: int, **changes: Any) -> None:
        world.configure(**{"smtp__port": port, "smtp__connections": 1, **changes})
        accounts = bootstrap.make_accounts(world.office.config)
        self._hours = daemon._OfficeHours(world.office, accounts, look_every=1)
        self._group = GroupCommit(world.db)
        self._outbox = Outbox(world.office, self._group, accounts.smtp)
        self.said: list[str] = []

    async def __aenter__(self) -> Self:
        await self._outbox.__aenter__()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._outbox.__aexit__(*exc_info)
        await self._group.stop()

    async def look(self) -> None:
        with structlog.testing.capture_logs() as entries:
            await self._hours._drain(self._outbox)
        self.said += [str(entry.get("error", entry["event"])) for entry in entries]
