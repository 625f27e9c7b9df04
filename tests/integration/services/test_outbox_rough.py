"""Rough servers and rough moments: answers that are no UTF-8, reports half understood, a stop between claim and DATA."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from relance_mailer.errors import StoreError
from relance_mailer.services import desk
from relance_mailer.services.outbox import _Behind
from relance_mailer.store.group import GroupCommit, Together
from relance_mailer.store.tables import AttemptRow, ContactRow
from tests.integration.mail.servers import smtp_server
from tests.support.world import World

Verb = Callable[[Any, str], Awaitable[None]]


def answering_at_the_dot(raw: bytes) -> Verb:
    async def data(self: Any, _arg: str) -> None:
        await self.push("354 go on")
        while await self._reader.readline() != b".\r\n":
            pass
        self._set_post_data_state()
        self._writer.write(raw)
        await self._writer.drain()

    return data


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        (b"250 2.0.0 accept\xe9\r\n", "sent"),
        (b"451 4.3.0 r\xe9essayez\r\n", "deferred"),
        (b"554 5.6.0 refus\xe9\r\n", "failed"),
    ],
)
async def test_an_answer_in_latin_1_is_written_down_and_counts(world: World, raw: bytes, state: str) -> None:
    world.owing()
    world.plan()
    async with smtp_server({"DATA": answering_at_the_dot(raw)}) as peer:
        await world.drain(peer.port)
    assert world.states() == [state]
    [attempt] = world.rows(AttemptRow)
    assert "\ufffd" in attempt.answer


@pytest.mark.parametrize(
    "refusal", ["555 5.5.4 unsupported parameter", "501 5.5.4 Syntax", "504 no such thing"]
)
async def test_a_server_that_understands_reports_at_mail_and_not_at_rcpt_is_asked_for_none(
    world: World, refusal: str
) -> None:
    world.owing()
    world.plan()
    said: list[str] = []

    async def ehlo(self: Any, arg: str) -> None:
        self.session.host_name, self.session.extended_smtp = arg, True
        for line in ("250-here", "250-DSN", "250 8BITMIME"):
            await self.push(line)

    async def mail(self: Any, arg: str) -> None:
        said.append(arg)
        self.envelope.mail_from = arg
        await self.push("250 ok")

    async def rcpt(self: Any, arg: str) -> None:
        if "NOTIFY" in arg:
            await self.push(refusal)
            return
        self.envelope.rcpt_tos.append(arg)
        await self.push("250 ok")

    async with smtp_server({"EHLO": ehlo, "MAIL": mail, "RCPT": rcpt}) as peer:
        done = await world.drain(peer.port)
    assert done.sent == 1
    assert ["RET=" in one for one in said] == [True, False]
    assert {contact.state for contact in world.rows(ContactRow)} == {"usable"}


async def test_a_bad_address_is_still_the_recipients_where_reports_were_asked(world: World) -> None:
    world.owing()
    world.plan()

    async def ehlo(self: Any, arg: str) -> None:
        self.session.host_name, self.session.extended_smtp = arg, True
        for line in ("250-here", "250-DSN", "250 8BITMIME"):
            await self.push(line)

    async def mail(self: Any, arg: str) -> None:
        self.envelope.mail_from = arg
        await self.push("250 ok")

    async def rcpt(self: Any, _arg: str) -> None:
        await self.push("501 5.1.3 Bad recipient address syntax")

    async with smtp_server({"EHLO": ehlo, "MAIL": mail, "RCPT": rcpt}) as peer:
        done = await world.drain(peer.port)
    assert (done.sent, done.failed) == (0, 1)


async def test_stopped_between_claim_and_data_nothing_more_leaves_and_all_waits_as_it_was(
    world: World,
) -> None:
    world.owing()
    world.owing("other@other.example")
    world.plan()

    async def rcpt(self: Any, arg: str) -> None:
        if not peer.received:
            desk.stop_all(world.office, world.now, "Claire")
        self.envelope.rcpt_tos.append(arg)
        await self.push("250 ok")

    async with smtp_server({"RCPT": rcpt}) as peer, world.outbox(peer.port, smtp__connections=1) as outbox:
        done = await outbox.drain()
        assert peer.received == []
    assert done.sent == 0
    assert world.states() == ["queued", "queued"]


async def test_what_waits_too_long_between_claim_and_data_has_its_facts_read_again(world: World) -> None:
    _, invoice = world.owing()
    world.plan()

    async def rcpt(self: Any, arg: str) -> None:
        if world.now - began < timedelta(hours=1):
            world.later(hours=1, minutes=1)
            world.pay(invoice, "1250.00")
        self.envelope.rcpt_tos.append(arg)
        await self.push("250 ok")

    began = world.now
    async with smtp_server({"RCPT": rcpt}) as peer:
        done = await world.drain(peer.port)
        assert peer.received == []
    assert done.sent == 0
    assert world.states() == ["superseded"]


async def test_told_to_stop_it_still_writes_down_the_end_it_knows() -> None:
    written: list[str] = []
    disk = asyncio.Event()

    async def ending() -> None:
        await disk.wait()
        written.append("sent")

    async def sending() -> None:
        async with _Behind() as behind:
            await behind.do(ending())

    task = asyncio.create_task(sending())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    disk.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert written == ["sent"]


async def test_work_handed_in_after_the_end_is_refused_and_not_tried_for_ever(world: World) -> None:
    group = GroupCommit(world.db)
    together: Together[int, int] = Together(group, lambda _session, items: items)
    assert await together.submit(1) == 1
    await group.stop()
    with pytest.raises(StoreError):
        await asyncio.wait_for(together.submit(2), 5)
