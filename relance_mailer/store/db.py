"""The database: writing units that begin at once, reading units that cannot write, failures said in words.

SQLite runs in WAL with `synchronous=FULL`: what was committed survives a power cut. A writing unit opens with
`BEGIN IMMEDIATE`, so that what it reads cannot change before it writes; a plain BEGIN would read a snapshot and then
either write on stale facts or be refused (SQLITE_BUSY_SNAPSHOT, https://www.sqlite.org/isolation.html).
"""

from __future__ import annotations

import asyncio
import contextvars
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import Session

from relance_mailer.errors import StoreError

T = TypeVar("T")

#: What SQLite's result codes mean to a person, and what to do (https://www.sqlite.org/rescode.html).
_WORDS = {
    "SQLITE_BUSY": "is locked by another process; wait for it or stop it, then try again",
    "SQLITE_LOCKED": "is locked by another unit of this process; try again",
    "SQLITE_FULL": "cannot grow: its disk or quota is full; free some space, this unit left nothing behind",
    "SQLITE_READONLY": "is read-only for this user; check the owner and mode of the file and of its folder",
    "SQLITE_PERM": "may not be opened by this user; check the owner and mode of the file and of its folder",
    "SQLITE_CANTOPEN": "cannot be opened; check that its folder exists and may be written",
    "SQLITE_CORRUPT": "is damaged; stop everything that uses it and restore the last backup",
    "SQLITE_NOTADB": "is not a SQLite database; check the path",
    "SQLITE_IOERR": "could not be read or written: the disk reports an error; check the disk and the system's log",
}


def database_url(url: str | Path) -> URL:
    """Return a URL of a path to a SQLite file, or of a URL given as text."""
    if isinstance(url, str) and "://" in url:
        return make_url(url)
    return URL.create("sqlite", database=str(url))


def make_engine(
    url: URL,
    *,
    begin: str,
    timeout_s: float = 30,
    read_only: bool = False,
    foreign_keys: bool = True,
    connections: int = 1,
) -> Engine:
    """Return an engine whose transactions open with `begin`.

    Args:
        url: where the database is.
        begin: the statement that opens each transaction on SQLite.
        timeout_s: seconds to wait for another writer.
        read_only: refuse every write.
        foreign_keys: enforce them; migrations that rebuild tables need them off.
        connections: how many at most.
    """
    if url.get_backend_name() != "sqlite":
        options: dict[str, Any] = {"postgresql_readonly": True} if read_only else {}
        level = "REPEATABLE READ" if read_only else "SERIALIZABLE"
        return create_engine(url, isolation_level=level, execution_options=options, pool_pre_ping=True)
    engine = create_engine(
        url,
        connect_args={"timeout": timeout_s},
        pool_size=connections,
        max_overflow=0,
        pool_timeout=timeout_s,
    )
    pragmas = _pragmas(read_only=read_only, foreign_keys=foreign_keys)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        for pragma in pragmas:
            connection.execute(pragma).close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _pragmas(*, read_only: bool, foreign_keys: bool) -> tuple[str, ...]:
    """Return what each new SQLite connection is told."""
    common = (f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}", "PRAGMA synchronous=FULL")
    if read_only:
        return (*common, "PRAGMA query_only=ON")
    # recursive_triggers lets the ledger's DELETE trigger also see what INSERT OR REPLACE would drop
    return ("PRAGMA journal_mode=WAL", *common, "PRAGMA recursive_triggers=ON")


class Database:
    """One database, its writing and reading units, and a small executor to run them beside an event loop.

    Args:
        url: a path to a SQLite file, or a database URL.
        busy_timeout_s: how long, in seconds, a unit waits for another writer before StoreError.
        begin_write: how a writing unit opens; anything else than the default exists for the race test only.
    """

    def __init__(
        self, url: str | Path, *, busy_timeout_s: float = 30, begin_write: str = "BEGIN IMMEDIATE"
    ) -> None:
        self.url = database_url(url)
        self.path = Path(self.url.database) if self._is_file and self.url.database else None
        # One writing connection: units of this process queue for it instead of polling SQLite's lock.
        self.writer = make_engine(self.url, begin=begin_write, timeout_s=busy_timeout_s)
        self.reader = make_engine(
            self.url, begin="BEGIN", timeout_s=busy_timeout_s, read_only=True, connections=8
        )
        self._executor = ThreadPoolExecutor(max_workers=2, thread_name_prefix="store")

    @property
    def is_sqlite(self) -> bool:
        """True if the engine is SQLite."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def _is_file(self) -> bool:
        return self.is_sqlite and "uri" not in self.url.query

    @property
    def name(self) -> str:
        """The database as a person knows it: its path, or its URL without the password."""
        return self.url.render_as_string(hide_password=True) if self.path is None else str(self.path)

    @property
    def file(self) -> Path:
        """The SQLite file; StoreError where there is none."""
        if self.path is None:
            raise StoreError(f"The database {self.name} is no file on this machine.")
        return self.path

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a writing unit: committed at the end, undone by any error."""
        with self.in_words(), Session(self.writer, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a reading unit: one snapshot; StoreError if it tries to write."""
        with self.in_words(reading=True), Session(self.reader, expire_on_commit=False) as session:
            yield session
            if session.new or session.deleted or any(map(session.is_modified, session.dirty)):
                raise StoreError(f"A unit that only reads {self.name} tried to write; use a writing unit.")

    async def run(self, unit: Callable[[], T]) -> T:
        """Run a whole unit of work in the store's own threads.

        A unit that has begun runs to its end even if the caller is cancelled.
        """
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._executor, context.run, unit)

    def make_file(self) -> None:
        """Create an empty SQLite file that only its owner may read (SQLite gives its mode to WAL and SHM)."""
        if self.path is not None and not self.path.exists():
            try:
                os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            except OSError as error:
                raise StoreError(f"The database {self.name} cannot be created: {error.strerror}.") from error

    def close(self) -> None:
        """Wait for the units that run, then close every connection."""
        self._executor.shutdown(wait=True)
        self.reader.dispose()
        self.writer.dispose()

    @contextmanager
    def in_words(self, *, reading: bool = False) -> Iterator[None]:
        """Turn the engine's failures into StoreError; broken constraints stay what they are."""
        try:
            yield
        except PoolTimeoutError as error:
            raise StoreError(
                f"The database {self.name} stayed busy with other units of this process; try again."
            ) from error
        except IntegrityError:
            raise
        except DBAPIError as error:
            # where SQLite undid everything by itself, "no such savepoint" hides the reason: it stands in the context
            for cause in _chain(error):
                if words := self._words_for(cause, reading=reading):
                    raise StoreError(words) from error
            raise

    def _words_for(self, error: DBAPIError, *, reading: bool) -> str:
        code = getattr(error.orig, "sqlite_errorname", None)
        if code is None:
            lost = isinstance(error, OperationalError) and not self.is_sqlite
            return f"The database {self.name} cannot be used: {error.orig}" if lost else ""
        if reading and code == "SQLITE_READONLY":
            return f"A unit that only reads {self.name} tried to write; use a writing unit."
        for prefix, words in _WORDS.items():
            if code.startswith(prefix):
                return f"The database {self.name} {words} ({error.orig})."
        return ""


def _chain(error: BaseException | None) -> Iterator[DBAPIError]:
    """Yield an error and those that were being handled when it came up."""
    while error is not None:
        if isinstance(error, DBAPIError):
            yield error
        error = error.__context__
