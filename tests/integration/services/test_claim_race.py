"""The real claim against the real hold of another process, at the worst moment: between its reading and its writing.

It is found by the engine itself: the claim stops before its first statement that is no SELECT, the other process holds
(or cannot), the claim goes on.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from relance_mailer import bootstrap
from relance_mailer.errors import StoreError
from relance_mailer.services import send
from relance_mailer.store.db import Database
from relance_mailer.store.tables import AttemptRow
from tests.support.world import World

INVOICE = "F-2026-100"


@contextmanager
def person(world: World, *, busy_timeout_s: float) -> Iterator[Callable[[], str]]:
    """Start the other process; each call is one attempt to put the invoice on hold."""
    root = Path(__file__).parents[3]
    command = [
        sys.executable,
        str(Path(__file__).with_name("holding.py")),
        str(world.folder),
        INVOICE,
        str(busy_timeout_s),
    ]
    environment = os.environ | {"PYTHONPATH": str(root)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout
        assert stdout.readline() == "ready\n"

        def hold() -> str:
            stdin.write("hold\n")
            stdin.flush()
            return stdout.readline().strip()

        try:
            yield hold
        finally:
            stdin.close()
            process.wait(30)


@contextmanager
def before_its_first_write(database: Database, act: Callable[[], None]) -> Iterator[list[str]]:
    """Do something when the next unit has read and is about to write; yield what it had read by then."""
    reads: list[str] = []
    waiting = [act]

    def look(_connection: Any, _cursor: Any, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            reads.extend([statement] if waiting else [])
        elif not statement.startswith("BEGIN") and waiting:
            waiting.pop()()

    event.listen(database.writer, "before_cursor_execute", look)
    yield reads
    event.remove(database.writer, "before_cursor_execute", look)
    assert not waiting


def race(world: World, begin_write: str) -> tuple[str, str]:
    """Let the other process hold between a claim's reading and its writing; return what came of both."""
    database = Database(world.db.file, begin_write=begin_write)
    office = bootstrap.make_office(world.office.config, database, world.clock)
    held: list[str] = []
    try:
        with (
            person(world, busy_timeout_s=0) as hold,
            before_its_first_write(database, lambda: held.append(hold())) as reads,
        ):
            try:
                with database.write() as session:
                    claims = send.claim(session, office, world.now, 10)
                claimed = f"claimed {len(claims.claimed)}"
            except StoreError as error:
                claimed = "refused as locked" if "is locked" in str(error) else str(error)
    finally:
        database.close()
    assert any("FROM hold" in statement for statement in reads)
    return held[0], claimed


@pytest.fixture(autouse=True)
def planned(world: World) -> None:
    """Notice 1, about the invoice that the other process holds."""
    world.invoice(world.debtor(), number=INVOICE)
    assert world.plan().created == 1


def test_no_hold_comes_between_the_reading_and_the_writing_of_a_claim(world: World) -> None:
    assert race(world, "BEGIN IMMEDIATE") == ("locked", "claimed 1")
    assert (world.states(), world.holds()) == (["claimed"], [])


def test_with_a_plain_begin_it_would_and_the_claim_would_fail(world: World) -> None:
    """The same race, one word less: what the test above shows is due to BEGIN IMMEDIATE and nothing else."""
    assert race(world, "BEGIN") == ("held", "refused as locked")
    assert (world.states(), world.holds()) == (["superseded"], [("manual", None)])
    assert world.rows(AttemptRow) == []


def test_a_hold_that_comes_after_the_claim_still_stops_it_before_data(world: World) -> None:
    [claimed] = world.claim().claimed
    with person(world, busy_timeout_s=60) as hold:
        assert hold() == "held"
    assert not world.start(claimed)
    assert world.states() == ["superseded"]
    assert [row.state for row in world.rows(AttemptRow)] == ["withdrawn"]
