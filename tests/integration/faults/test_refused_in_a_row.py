"""A brake: where one after the other is refused for good, it is the account or the text, and hardly the recipients."""

from __future__ import annotations

from collections import Counter

import pytest

from relance_mailer.services.refusals import RUN
from relance_mailer.store.tables import ContactRow, HoldRow, NoticeRow, TaskRow
from tests.integration.faults.server import Does, Fault, Phase, answers, serving
from tests.support.world import World

UNKNOWN = "550 5.1.1 unknown user"
MARKED = RUN - 1  #: what a run costs before it is known for one


def owe(world: World, many: int) -> None:
    for place in range(many):
        world.owing(f"d{place}@debtor{place}.example", f"second{place}@debtor{place}.example")
    world.plan()


def marked(world: World) -> int:
    return len(world.rows(ContactRow, state="unserved"))


@pytest.mark.parametrize("connections", [1, 4])
async def test_all_recipients_are_refused(world: World, connections: int) -> None:
    """The queue rests, the team is told once, no further contact is marked; later all others leave, once."""
    owe(world, 9)
    async with (
        serving(Fault(Phase.RCPT, answers(UNKNOWN))) as server,
        world.outbox(server.port, smtp__connections=connections) as outbox,
    ):
        report = await outbox.drain()
        assert f"{RUN} recipients in a row" in report.trouble
        assert "unknown user" in report.trouble
        assert (report.failed, outbox.rests) == (MARKED, True)
        for _ in range(5):  # what is tried after a rest marks nobody either
            world.later(hours=1)
            await outbox.drain()
        assert (marked(world), Counter(world.states())) == (MARKED, {"failed": MARKED, "queued": 9 - MARKED})
        assert Counter(world.tasks()) == {"undelivered": MARKED, "account": 1}
        assert len(world.rows(TaskRow, kind="account")) == 1
        server.behave()
        world.later(hours=1)
        await outbox.drain()
    assert Counter(world.states()) == {"failed": MARKED, "sent": 9 - MARKED}
    assert len(server.mailbox) == len({kept.recipients for kept in server.mailbox}) == 9 - MARKED
    assert set(world.tasks()) == {"undelivered"}


@pytest.mark.parametrize("phase", [Phase.DATA, Phase.DOT])
async def test_the_text_is_refused_for_all(world: World, phase: Phase) -> None:
    """Of the invoices no more than those of the first few are on hold."""
    owe(world, 9)
    async with serving(Fault(phase, answers("554 5.7.1 looks like spam"))) as server:
        report = await world.drain(server.port)
        assert (report.failed, bool(report.trouble), server.mailbox) == (MARKED, True, [])
    assert len(world.rows(HoldRow)) == MARKED
    assert Counter(world.tasks()) == {"refused": MARKED, "account": 1}
    assert Counter(world.states())["failed"] == MARKED


async def test_one_that_is_taken_between_shows_that_it_is_the_debtors(world: World) -> None:
    owe(world, 2 * MARKED + 1)
    refuse: Does = answers(UNKNOWN)
    faults = [
        Fault(Phase.RCPT, refuse, only_for=f"d{place}@") for place in range(2 * MARKED + 1) if place != MARKED
    ]
    async with serving(*faults) as server:
        report = await world.drain(server.port, smtp__connections=1)
        assert (report.failed, report.sent, report.trouble) == (2 * MARKED, 1, "")
    assert marked(world) == 2 * MARKED


async def test_one_address_that_many_debtors_share_is_no_run(world: World) -> None:
    """A bookkeeper's, for example, who has closed shop."""
    for place in range(RUN + 2):
        world.owing("comptable@debtor.example", name=f"Debtor {place}")
    world.plan()
    async with serving(Fault(Phase.RCPT, answers(UNKNOWN))) as server:
        report = await world.drain(server.port)
        assert (report.failed, report.trouble) == (RUN + 2, "")


async def test_a_run_is_known_after_a_restart_too(world: World) -> None:
    owe(world, MARKED)
    async with serving(Fault(Phase.RCPT, answers(UNKNOWN))) as server:
        assert (await world.drain(server.port)).failed == MARKED
        world.owing("another@another.example")
        world.plan()
        report = await world.drain(server.port)
        assert (report.failed, bool(report.trouble)) == (0, True)
    assert world.one(ContactRow, address="another@another.example").state == "usable"


async def test_truly_dead_addresses_come_to_light_a_few_a_day(world: World) -> None:
    """Nothing stands still for good where nobody looks, and nobody is written to twice."""
    owe(world, 2 * MARKED)
    async with serving(Fault(Phase.RCPT, answers(UNKNOWN), only_for="d")) as server:
        assert (await world.drain(server.port)).failed == MARKED
        world.later(days=1, hours=1)
        world.plan()
        server.behave(Fault(Phase.RCPT, answers(UNKNOWN)))
        await world.drain(server.port)
        assert marked(world) == 2 * MARKED
    assert {row.state for row in world.rows(NoticeRow)} <= {"failed", "superseded", "queued"}
