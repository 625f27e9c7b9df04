"""Whose fault a refusal is, step by step and code by code: what becomes of the queue, the notice, and who is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from relance_mailer.services.send import BACK_OFF
from relance_mailer.store.tables import AttemptRow, HoldRow, NoticeInvoiceRow, NoticeRow
from tests.integration.mail.servers import say, smtp_server
from tests.support.world import DEBTOR_ADDRESS, World

Verb = Callable[[Any, str], Awaitable[None]]
LOGIN = {"smtp__username": "compta", "smtp__password": "x"}


def at_the_dot(answer: str) -> Verb:
    """Take the whole content, then refuse it."""

    async def verb(self: Any, arg: str) -> None:
        await self.push("354 go on")
        while await self._reader.readline() != b".\r\n":
            pass
        self._set_post_data_state()
        await self.push(answer)

    return verb


def broken(phase: str, answer: str) -> dict[str, Any]:
    """Return how a server refuses at a step, as `smtp_server` takes it."""
    if phase == "greeting":
        return {"greeting": answer}
    verb = {"ehlo": "EHLO", "auth": "AUTH", "mail": "MAIL", "rcpt": "RCPT", "data": "DATA", "dot": "DATA"}[
        phase
    ]
    return {"broken": {verb: at_the_dot(answer) if phase == "dot" else say(answer)}}


@dataclass(frozen=True)
class Outcome:
    """What is seen after one drain with one notice due."""

    rests: bool  #: the queue
    state: str  #: the notice's
    attempts: int  #: counted against it
    task: str  #: what a person is asked
    held: str = ""  #: the reason of a hold on its invoices


ACCOUNT = Outcome(rests=True, state="queued", attempts=0, task="account")
#: `sending` was committed before.
ACCOUNT_LATE = Outcome(rests=True, state="deferred", attempts=0, task="account")
LATER = Outcome(rests=False, state="deferred", attempts=1, task="")
RECIPIENT = Outcome(rests=False, state="failed", attempts=1, task="undelivered")
MESSAGE = Outcome(rests=False, state="failed", attempts=1, task="refused", held="refused")

#: Step, answer: outcome. RFC 5321 section 4.2; RFC 3463; the exceptions stand in mail/answers.py.
GRID: list[tuple[str, str, Outcome]] = [
    ("greeting", "421 4.3.2 shutting down", ACCOUNT),
    ("greeting", "554 5.3.2 no service", ACCOUNT),
    ("ehlo", "421 4.7.0 later", ACCOUNT),
    ("ehlo", "550 5.7.1 not you", ACCOUNT),
    ("auth", "454 4.7.0 temporary authentication failure", ACCOUNT),
    ("auth", "535 5.7.8 bad credentials", ACCOUNT),
    ("auth", "535 5.7.139 basic authentication is disabled", ACCOUNT),
    ("mail", "421 4.7.0 slow down", ACCOUNT),
    ("mail", "451 4.3.0 local error", ACCOUNT),
    ("mail", "452 4.3.1 insufficient storage", ACCOUNT),
    ("mail", "530 5.7.0 authentication required", ACCOUNT),
    ("mail", "550 5.1.8 bad sender", ACCOUNT),
    ("mail", "552 5.3.4 message too large", MESSAGE),
    ("rcpt", "421 4.7.0 closing", ACCOUNT),
    ("rcpt", "450 4.2.1 mailbox busy", LATER),
    ("rcpt", "451 4.7.1 greylisted", LATER),
    ("rcpt", "452 4.5.3 too many recipients", LATER),
    ("rcpt", "552 5.5.3 too many recipients", LATER),
    ("rcpt", "550 5.1.1 no such user", RECIPIENT),
    ("rcpt", "550 5.2.1 mailbox disabled", RECIPIENT),
    ("rcpt", "550 5.4.5 daily sending limit exceeded", ACCOUNT),
    ("rcpt", "554 5.7.1 relay access denied", ACCOUNT),
    ("data", "421 4.3.2 closing", ACCOUNT_LATE),
    ("data", "451 4.3.0 later", LATER),
    ("data", "554 5.5.1 no valid recipients", MESSAGE),
    ("dot", "421 4.7.28 unusual rate of mail", ACCOUNT_LATE),
    ("dot", "451 4.7.1 try again", LATER),
    ("dot", "452 4.3.1 out of storage", LATER),
    ("dot", "550 5.7.515 domain does not authenticate", ACCOUNT_LATE),
    ("dot", "554 5.7.1 looks like spam", MESSAGE),
    ("dot", "552 5.3.4 too large", MESSAGE),
]


@pytest.mark.parametrize(("phase", "answer", "expected"), GRID, ids=[f"{row[0]} {row[1]}" for row in GRID])
async def test_whose_fault_it_is_decides_what_becomes_of_queue_notice_and_task(
    world: World, phase: str, answer: str, expected: Outcome
) -> None:
    world.owing()
    world.plan()
    async with (
        smtp_server(**broken(phase, answer)) as peer,
        world.outbox(peer.port, **(LOGIN if phase == "auth" else {})) as outbox,
    ):
        report = await outbox.drain()
        seen = Outcome(
            rests=outbox.rests,
            state=world.one(NoticeRow).state,
            attempts=world.one(NoticeRow).attempts,
            task=", ".join(world.tasks()),
            held=", ".join(row.reason for row in world.rows(HoldRow)),
        )
    assert seen == expected
    assert bool(report.trouble) == expected.rests
    assert peer.received == []
    assert world.one(NoticeInvoiceRow).served_on is None
    assert not [row for row in world.rows(AttemptRow) if row.state in ("accepted", "in_doubt", "sending")]


async def test_new_trouble_of_the_account_takes_the_place_of_the_old_in_the_one_open_task(
    world: World,
) -> None:
    world.owing()
    world.plan()
    async with smtp_server({"MAIL": say("550 5.1.8 bad sender")}) as peer:
        await world.drain(peer.port)
    async with smtp_server({"EHLO": say("550 5.7.1 not you")}) as peer:
        await world.drain(peer.port)
    task = world.task("account")
    assert world.tasks() == ["account"]
    assert "not you" in task.words
    assert "bad sender" not in task.words


async def test_a_refusal_for_now_is_tried_again_after_5_15_60_minutes_and_4_hours_until_it_is_stale(
    world: World,
) -> None:
    """Then, a day old, it is withdrawn, and what is true by then is written anew with another Message-ID."""
    world.at(datetime(2026, 3, 10, 8, 5, tzinfo=UTC))  # five past nine in Paris
    world.owing()
    world.plan()
    tried: list[datetime] = []

    async def greylist(self: Any, arg: str) -> None:
        tried.append(world.now)
        await self.push("451 4.7.1 greylisted")

    async with smtp_server({"RCPT": greylist}) as peer, world.outbox(peer.port) as outbox:
        while len(world.rows(NoticeRow)) == 1:
            await outbox.drain()
            world.plan()
            world.at(world.rows(NoticeRow)[0].next_attempt_at or world.now)
    waits = [later - earlier for earlier, later in pairwise(tried)]
    for wait, expected in zip(waits, BACK_OFF[:3], strict=False):
        assert expected * 0.9 <= wait <= expected * 1.1
    assert all(BACK_OFF[3] * 0.9 <= wait for wait in waits[3:])
    assert len(waits) > 3
    assert tried[-1] - tried[0] <= timedelta(days=1)
    first, second = world.rows(NoticeRow)
    assert (first.state, second.state, first.stage == second.stage) == ("superseded", "queued", True)
    assert first.message_id != second.message_id
    async with smtp_server() as peer:
        await world.drain(peer.port)
    assert [envelope.rcpt_tos for envelope in peer.received] == [[DEBTOR_ADDRESS]]


async def test_an_account_in_trouble_is_not_asked_again_for_every_notice(world: World) -> None:
    for place in range(9):
        world.owing(f"d{place}@debtor{place}.example")
    world.plan()
    async with smtp_server({"MAIL": say("550 5.1.8 bad sender")}) as peer:
        await world.drain(peer.port)
        assert peer.connections <= 2
    assert world.states() == ["queued"] * 9
