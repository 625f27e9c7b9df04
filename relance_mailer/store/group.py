"""Group commit: what several senders want to write at the same moment goes to the disk as one transaction."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Self, TypeVar

from sqlmodel import Session

from relance_mailer.errors import StoreError
from relance_mailer.store.db import Database

LINGERS = 0.002  #: seconds for which work waits for company
T = TypeVar("T")
Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class _Job:
    """Work that waits, and whom to tell once it is on the disk."""

    work: Callable[[Session], Any]
    done: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a work returned, or how it failed."""

    value: Any = None
    error: Exception | None = None


class GroupCommit:
    """Runs submitted work in shared transactions, in the order of submission.

    Nothing is delayed: a transaction takes what waits (at most `most` works) and begins at once; what arrives while it
    runs forms the next one. Each work stands in a SAVEPOINT of its own, so that one that fails undoes only itself.

    Use it as an async context manager, or call `stop` at the end: it lets all that was submitted reach the disk.
    """

    def __init__(self, database: Database, *, most: int = 64) -> None:
        self._database = database
        self._most = most
        self._waiting: deque[_Job] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._stopped = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.stop()

    async def submit(self, work: Callable[[Session], T]) -> T:
        """Return what `work` returned, once its transaction is committed; raise what it or the commit raised.

        `work` runs in a thread of the store. Cancelling the caller does not undo or prevent its work.
        """
        if self._stopped:
            raise StoreError("The store is closing: nothing more can be written by this process.")
        job = _Job(work, asyncio.get_running_loop().create_future())
        self._waiting.append(job)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._drain(), name="store-group-commit")
        result: T = await asyncio.shield(job.done)
        return result

    async def stop(self) -> None:
        """Refuse new work, and wait until all that was submitted is on the disk."""
        self._stopped = True
        if self._writer is not None:
            await asyncio.shield(self._writer)

    async def _drain(self) -> None:
        while self._waiting:
            jobs = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            try:
                outcomes = await self._database.run(partial(self._commit, jobs))
            except asyncio.CancelledError:
                for job in (*jobs, *self._waiting):
                    job.done.cancel()
                raise
            except Exception as error:  # noqa: BLE001 - whatever undid the transaction is told to each waiter
                outcomes = [_Outcome(error=error)] * len(jobs)
            for job, outcome in zip(jobs, outcomes, strict=True):
                if outcome.error is None:
                    job.done.set_result(outcome.value)
                else:
                    job.done.set_exception(outcome.error)
                    job.done.exception()  # whoever was cancelled meanwhile does not ask for it

    def _commit(self, jobs: list[_Job]) -> list[_Outcome]:
        """Run all jobs in one transaction; return what came of each."""
        with self._database.write() as session:
            if len(jobs) == 1:  # what it fails in undoes the transaction, which is nobody else's
                return [_Outcome(value=jobs[0].work(session))]
            return [self._run(session, job.work) for job in jobs]

    def _run(self, session: Session, work: Callable[[Session], Any]) -> _Outcome:
        """Run one work in a SAVEPOINT of its own; a full disk may undo it alone, and is told in words there too."""
        try:
            with self._database.in_words(), session.begin_nested():
                return _Outcome(value=work(session))
        except Exception as error:
            if not _still_open(session):
                raise
            return _Outcome(error=error)


def _still_open(session: Session) -> bool:
    """Return False if SQLite undid the whole transaction by itself, as it does when the disk is full.

    Going on would then write the later works without the earlier ones (https://www.sqlite.org/lang_transaction.html).
    """
    driver: Any = session.connection().connection.dbapi_connection
    return bool(getattr(driver, "in_transaction", True))


class Together(Generic[Item, Answer]):
    """Work of one kind that several senders want at the same moment, done by one call in one transaction.

    `work` gets all items that wait when its turn comes, and returns an answer for each, in the same order. Each transaction
    costs a write to the disk, whatever it holds: so it begins once `enough` items wait, or after `LINGERS` seconds.
    """

    def __init__(
        self,
        group: GroupCommit,
        work: Callable[[Session, Sequence[Item]], Sequence[Answer]],
        *,
        enough: int = 1,
    ) -> None:
        self._enough = enough
        self._complete = asyncio.Event()
        self._group = group
        self._work = work
        self._waiting: deque[tuple[Item, asyncio.Future[Answer]]] = deque()
        self._turn: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Answer:
        """Return the answer for `item` once its transaction is committed; raise what undid it."""
        done: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if len(self._waiting) >= self._enough:
            self._complete.set()
        if self._turn is None or self._turn.done():
            self._turn = asyncio.create_task(self._drain(), name="store-together")
        return await asyncio.shield(done)

    async def hurry(self) -> None:
        """Have what waits by now written at once, and return when it is: what is submitted then comes after it."""
        self._complete.set()
        if waiting := [done for _, done in list(self._waiting)]:
            await asyncio.wait(waiting)

    async def _drain(self) -> None:
        while self._waiting:
            jobs: list[tuple[Item, asyncio.Future[Answer]]] = []
            await self._company()
            try:
                answers = await self._group.submit(lambda session, jobs=jobs: self._run(session, jobs))  # type: ignore[misc]
            except Exception as error:  # noqa: BLE001 - whatever undid the transaction is told to each waiter
                left = jobs or [
                    self._waiting.popleft() for _ in range(len(self._waiting))
                ]  # none was even begun
                for _, done in left:
                    done.set_exception(error)
                    done.exception()  # whoever was cancelled meanwhile does not ask for it
            else:
                for (_, done), answer in zip(jobs, answers, strict=True):
                    done.set_result(answer)

    async def _company(self) -> None:
        """Wait for a moment until enough items wait."""
        if len(self._waiting) < self._enough:
            self._complete.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LINGERS):
                    await self._complete.wait()

    def _run(self, session: Session, jobs: list[tuple[Item, asyncio.Future[Answer]]]) -> Sequence[Answer]:
        """Take whatever waits by now, in the store's thread."""
        while self._waiting:
            jobs.append(self._waiting.popleft())
        return self._work(session, [item for item, _ in jobs])
