"""What may become of notices whose server misbehaves: six outcomes, each checked to its end.

Every check begins with planned notices and the faulty server, looks at messages, queue, invoices and tasks, then lets
time pass with a server that behaves, and looks into the debtors' mailboxes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

import pytest

from relance_mailer.services.follow_up import start_up
from relance_mailer.services.outbox import Drained
from relance_mailer.store.tables import AttemptRow, ContactRow, InvoiceRow, NoticeRow, TaskRow
from tests.integration.faults.server import Fault, FaultyServer, serving
from tests.support.world import World

DURAND, SECOND = "durand@debtor.example", "second@debtor.example"
OTHERS = ("martin@other.example", "petit@third.example")
#: Seconds that the tests' account waits where the server is silent on purpose.
SHORT = 0.3


class Outcome(StrEnum):
    """What becomes of a notice, of the queue, and who is told; docs/faults.md says each in full."""

    RESTS = "The queue rests"
    AGAIN = "Tried again"
    NEXT = "Next contact"
    PERSON = "A person looks"
    DOUBT = "In doubt"
    SENT = "Sent"


@dataclass(frozen=True, slots=True)
class Case:
    """A fault, what becomes of the notices, and what the account is set to."""

    name: str
    faults: tuple[Fault, ...]
    outcome: Outcome
    words: str = ""  #: a part of what is told
    settings: dict[str, Any] = field(default_factory=dict)


def case(name: str, outcome: Outcome, *faults: Fault, words: str = "", **settings: Any) -> Any:
    """Return a parameter of a test that shows cases."""
    return pytest.param(Case(name, faults, outcome, words, settings), id=name)


def settings_of(found: Case) -> dict[str, Any]:
    """Return the account's settings: a patient account, unless the case is about silence."""
    return {"smtp__timeout": 5, "smtp__dot_timeout": 5, **found.settings}


def owe(world: World) -> None:
    """Three debtors with an overdue invoice each, the first with a second contact; their notices planned."""
    world.owing(DURAND, SECOND, name="Durand")
    for address in OTHERS:
        world.owing(address, name=address.partition("@")[0].title())
    world.plan()


def notice_to(world: World, address: str) -> NoticeRow:
    """Return the first notice to an address."""
    return world.rows(NoticeRow, to_address=address)[0]


async def shown(world: World, found: Case, **options: Any) -> FaultyServer:
    """Let the case happen, and check its outcome to the end."""
    owe(world)
    async with serving(*found.faults, **options) as server:
        await CHECKS[found.outcome](world, server, found)
        assert len({kept.raw for kept in server.mailbox}) == len(server.mailbox), "a message lies there twice"
    return server


async def _rests(world: World, server: FaultyServer, found: Case) -> None:
    before = [(row.message_id, row.sha256, row.to_address) for row in world.rows(NoticeRow)]
    invoices = [row.model_dump() for row in world.rows(InvoiceRow)]
    async with world.outbox(server.port, **settings_of(found)) as outbox:
        report = await outbox.drain()
        assert found.words in report.trouble
        assert report.trouble
        assert (report.sent, report.failed, report.deferred, report.in_doubt) == (0, 0, 0, 0)
        opened = server.connections
        assert await outbox.drain() == Drained()  # not even a connection
        assert server.connections == opened
    assert server.mailbox == []
    check_untouched(world, invoices)
    assert world.tasks() == ["account"]
    assert found.words in world.task("account").words
    await check_all_leave_later(world, before)


def check_untouched(world: World, invoices: list[dict[str, Any]]) -> None:
    """The account's trouble is no notice's and no invoice's."""
    assert set(world.states()) <= {"queued", "deferred"}
    assert {row.attempts for row in world.rows(NoticeRow)} == {0}
    assert [row.model_dump() for row in world.rows(InvoiceRow)] == invoices
    assert world.holds() == []
    assert {row.state for row in world.rows(ContactRow)} == {"usable"}


async def check_all_leave_later(world: World, before: list[tuple[str, str, str]]) -> None:
    """With a server that behaves, the same bytes leave once each, and nobody need look any more."""
    world.later(minutes=1)
    async with serving() as server:
        await world.drain(server.port, smtp__tls="none", smtp__username="", smtp__password="")
    assert [(row.message_id, row.sha256, row.to_address) for row in world.rows(NoticeRow)] == before
    for _, sha256, address in before:
        assert server.arrived(address) == [world.bytes_of(sha256)]
    assert set(world.states()) == {"sent"}
    assert world.tasks() == []


async def _again(world: World, server: FaultyServer, found: Case) -> None:
    report = await world.drain(server.port, **settings_of(found))
    assert (report.deferred, report.sent, report.trouble) == (1, 2, "")
    notice = notice_to(world, DURAND)
    assert (notice.state, notice.attempts, server.arrived(DURAND)) == ("deferred", 1, [])
    assert notice.next_attempt_at is not None
    assert timedelta(minutes=4) < notice.next_attempt_at - world.now < timedelta(minutes=6)
    assert found.words in world.told(f"notice:{notice.id}", "deferred")["answer"]
    assert (world.tasks(), world.holds()) == ([], [])
    server.behave()
    assert (await world.drain(server.port)).sent == 0  # its time has not come
    world.later(minutes=6)
    assert (await world.drain(server.port)).sent == 1
    assert server.arrived(DURAND) == [world.bytes_of(notice.sha256)]
    assert server.arrived(SECOND) == []
    assert notice_to(world, DURAND).message_id == notice.message_id


async def _next(world: World, server: FaultyServer, found: Case) -> None:
    report = await world.drain(server.port, **settings_of(found))
    assert (report.failed, report.sent, report.trouble) == (1, 2, "")
    first = notice_to(world, DURAND)
    assert (first.state, world.tasks(), world.holds()) == ("failed", ["undelivered"], [])
    assert found.words in world.task("undelivered").words
    assert world.one(ContactRow, address=DURAND).state == "unserved"
    server.behave()
    world.plan()
    assert (await world.drain(server.port)).sent == 1
    second = notice_to(world, SECOND)
    assert server.arrived(SECOND) == [world.bytes_of(second.sha256)]
    assert (second.stage, second.message_id == first.message_id) == (first.stage, False)
    world.later(days=1)
    world.plan()
    await world.drain(server.port)
    assert server.arrived(DURAND) == []


async def _person(world: World, server: FaultyServer, found: Case) -> None:
    report = await world.drain(server.port, **settings_of(found))
    assert (report.failed, report.sent, report.trouble) == (1, 2, "")
    assert notice_to(world, DURAND).state == "failed"
    assert (world.tasks(), world.holds()) == (["refused"], [("refused", None)])
    assert found.words in world.task("refused").words
    server.behave()
    for _ in range(2):
        world.later(days=7)
        world.plan()
        await world.drain(server.port)
    assert server.arrived(DURAND) == server.arrived(SECOND) == []


async def _doubt(world: World, server: FaultyServer, found: Case) -> None:
    report = await world.drain(server.port, **settings_of(found))
    assert (report.in_doubt, report.sent, report.trouble) == (1, 2, "")
    kept = any(fault.keeps for fault in found.faults)
    await check_never_again(world, server, arrived=kept)
    assert found.words in notice_to(world, DURAND).outcome


async def check_never_again(world: World, server: FaultyServer, *, arrived: bool) -> None:
    """What is in doubt is a person's, and stays so: no start, no plan, no day sends it again."""
    server.behave()
    notice = notice_to(world, DURAND)
    for _ in range(3):
        assert notice_to(world, DURAND).state == "in_doubt"
        [task] = world.rows(TaskRow, kind="in_doubt", subject=f"notice:{notice.id}")
        assert task.done_at is None
        assert world.rows(AttemptRow, notice_id=notice.id)[-1].state == "in_doubt"
        start_up(world.office, world.now)
        world.later(days=7)
        world.plan()
        await world.drain(server.port)
    assert len(server.arrived(DURAND)) == arrived
    assert server.arrived(SECOND) == []


async def _sent(world: World, server: FaultyServer, found: Case) -> None:
    report = await world.drain(server.port, **settings_of(found))
    assert (report.sent, report.in_doubt, report.deferred, report.trouble) == (3, 0, 0, "")
    assert (set(world.states()), world.tasks()) == ({"sent"}, [])
    for row in world.rows(NoticeRow):
        assert server.arrived(row.to_address) == [world.bytes_of(row.sha256)]


CHECKS: dict[Outcome, Callable[[World, FaultyServer, Case], Awaitable[None]]] = {
    Outcome.RESTS: _rests,
    Outcome.AGAIN: _again,
    Outcome.NEXT: _next,
    Outcome.PERSON: _person,
    Outcome.DOUBT: _doubt,
    Outcome.SENT: _sent,
}
