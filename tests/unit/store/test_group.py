from __future__ import annotations

import asyncio
import threading
from functools import partial

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from relance_mailer.errors import StoreError
from relance_mailer.store.db import Database
from relance_mailer.store.group import GroupCommit, Together
from relance_mailer.store.tables import CreditorRow


def add(key: str, session: Session) -> str:
    session.add(CreditorRow(key=key, name=key))
    session.flush()
    return key


def keys(db: Database) -> list[str]:
    with db.read() as session:
        return list(session.execute(text("SELECT key FROM creditor WHERE id > 2 ORDER BY id")).scalars())


def count_commits(db: Database) -> list[int]:
    commits: list[int] = []
    event.listen(db.writer, "commit", lambda _connection: commits.append(1))
    return commits


async def test_works_that_wait_together_share_a_commit(db: Database) -> None:
    commits = count_commits(db)
    async with GroupCommit(db) as group:
        told = await asyncio.gather(*(group.submit(partial(add, f"k{n}")) for n in range(200)))
    assert told == keys(db) == [f"k{n}" for n in range(200)]
    assert len(commits) == 4  # 64 + 64 + 64 + 8


async def test_a_single_work_does_not_wait_for_others(db: Database) -> None:
    commits = count_commits(db)
    group = GroupCommit(db)
    for key in ("a", "b"):
        assert await group.submit(partial(add, key)) == key
    assert len(commits) == 2
    await group.stop()


async def test_a_result_is_told_only_once_it_is_committed(db: Database) -> None:
    seen: list[bool] = []

    async def submit(key: str) -> None:
        await group.submit(partial(add, key))
        seen.append(key in keys(db))

    async with GroupCommit(db) as group:
        await asyncio.gather(*(submit(f"k{n}") for n in range(70)))
    assert seen == [True] * 70


async def test_a_work_that_fails_undoes_only_itself(db: Database) -> None:
    def fail(session: Session) -> None:
        add("lost", session)
        raise LookupError("no such notice")

    async with GroupCommit(db) as group:
        first, failed, twice, last = await asyncio.gather(
            group.submit(partial(add, "first")),
            group.submit(fail),
            group.submit(partial(add, "first")),
            group.submit(partial(add, "last")),
            return_exceptions=True,
        )
    assert (first, last) == ("first", "last")
    assert isinstance(failed, LookupError)
    assert isinstance(twice, IntegrityError)
    assert keys(db) == ["first", "last"]


async def test_a_cancelled_waiter_does_not_undo_its_work(db: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slowly(session: Session) -> str:
        begun.set()
        assert go_on.wait(30)
        return add("kept", session)

    async with GroupCommit(db) as group:
        waiter = asyncio.create_task(group.submit(slowly))
        queued = asyncio.create_task(group.submit(partial(add, "queued")))
        await asyncio.to_thread(begun.wait, 30)
        waiter.cancel()
        queued.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        go_on.set()
    assert keys(db) == ["kept", "queued"]


async def test_stopping_drains_what_was_submitted_and_refuses_more(db: Database) -> None:
    group = GroupCommit(db, most=2)
    waiters = [asyncio.create_task(group.submit(partial(add, f"k{n}"))) for n in range(5)]
    await asyncio.sleep(0)  # let each submit
    await group.stop()
    assert [waiter.done() for waiter in waiters] == [True] * 5
    assert len(keys(db)) == 5
    with pytest.raises(StoreError, match="closing"):
        await group.submit(partial(add, "late"))


async def test_when_the_disk_is_full_nobody_is_told_that_what_is_lost_was_written(db: Database) -> None:
    with db.writer.begin() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 5}")

    def too_much(session: Session) -> str:
        return add("x" * 1_000_000, session)

    async with GroupCommit(db) as group:
        outcomes = await asyncio.gather(
            group.submit(partial(add, "before")),
            group.submit(too_much),
            group.submit(partial(add, "after")),
            return_exceptions=True,
        )
    assert isinstance(outcomes[1], Exception)
    assert [one for one in outcomes if isinstance(one, str)] == keys(db)
    assert any(isinstance(one, StoreError) and "disk or quota is full" in str(one) for one in outcomes)


async def test_a_full_disk_is_told_to_each_waiter_in_words_and_the_next_work_is_written(db: Database) -> None:
    with db.writer.begin() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 5}")
    async with GroupCommit(db) as group:
        with pytest.raises(StoreError, match="is full"):
            await group.submit(partial(add, "x" * 1_000_000))
        assert await group.submit(partial(add, "small")) == "small"
    assert keys(db) == ["small"]


def adder(group: GroupCommit, enough: int) -> Together[str, str]:
    return Together(group, lambda session, keys: [add(key, session) for key in keys], enough=enough)


async def test_works_of_one_kind_wait_for_a_moment_until_enough_of_them_share_a_commit(db: Database) -> None:
    commits = count_commits(db)

    async def late(key: str) -> str:
        for _ in range(3):
            await asyncio.sleep(0)
        return await together.submit(key)

    async with GroupCommit(db) as group:
        together = adder(group, 3)
        told = await asyncio.gather(together.submit("a"), late("b"), late("c"))
    assert ([*told], keys(db), len(commits)) == (["a", "b", "c"], ["a", "b", "c"], 1)


async def test_one_that_stays_alone_is_written_all_the_same(db: Database) -> None:
    async with GroupCommit(db) as group:
        together = adder(group, 100)
        for key in ("a", "b"):
            assert await together.submit(key) == key
    assert keys(db) == ["a", "b"]


async def test_a_work_alone_in_its_transaction_that_fails_leaves_nothing_and_the_next_is_written(
    db: Database,
) -> None:
    def fail(session: Session) -> None:
        add("lost", session)
        raise LookupError("no")

    async with GroupCommit(db) as group:
        with pytest.raises(LookupError):
            await group.submit(fail)
        await group.submit(partial(add, "kept"))
    assert keys(db) == ["kept"]


async def test_what_waits_for_company_is_written_before_what_must_come_after_it(db: Database) -> None:
    async with GroupCommit(db) as group:
        together = adder(group, 100)
        waiting = asyncio.create_task(together.submit("first"))
        await asyncio.sleep(0)
        await together.hurry()
        await group.submit(partial(add, "second"))
        assert await waiting == "first"
    assert keys(db) == ["first", "second"]
