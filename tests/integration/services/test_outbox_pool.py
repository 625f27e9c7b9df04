"""Connections are kept, few, and let go as servers like: nothing is lost or sent twice when one of them ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from relance_mailer.errors import SmtpError
from relance_mailer.mail import pool as pools
from relance_mailer.mail.pool import Pool
from relance_mailer.mail.smtp import SmtpAccount
from relance_mailer.store.tables import AttemptRow
from tests.integration.mail.servers import Peer, say, smtp_server
from tests.support.world import World

CONTENT = b"Subject: x\r\n\r\nx\r\n"


def owing(world: World, many: int) -> None:
    for place in range(many):
        world.owing(f"d{place}@debtor{place}.example")
    world.plan()


async def allow() -> bool:
    return True


async def hand_over(pool: Pool) -> None:
    async with pool.connection() as connection:
        await connection.deliver("a@here.example", ["b@there.example"], CONTENT, allow)


@asynccontextmanager
async def pool_to(peer: Peer, size: int = 2, **options: Any) -> AsyncIterator[Pool]:
    pool = Pool(SmtpAccount("127.0.0.1", peer.port, tls="none", timeout=5), size, **options)
    try:
        yield pool
    finally:
        await pool.close()


# ── kept and let go ──────────────────────────────────────────────────────────────────────────────────────────


async def test_a_connection_is_used_again_in_the_next_drain(world: World) -> None:
    owing(world, 1)
    async with smtp_server() as peer, world.outbox(peer.port) as opened, opened as outbox:
        assert (await outbox.drain()).sent == 1
        world.owing("later@later.example")
        world.plan()
        assert (await outbox.drain()).sent == 1
        assert (peer.connections, peer.verbs.count("QUIT")) == (1, 0)
    assert (peer.connections, peer.verbs.count("QUIT")) == (1, 1)


async def test_without_being_told_to_keep_them_a_drain_ends_its_connections_in_order(world: World) -> None:
    owing(world, 5)
    async with smtp_server() as peer, world.outbox(peer.port) as outbox:
        assert (await outbox.drain()).sent == 5
        assert peer.verbs.count("QUIT") == peer.connections >= 1


async def test_never_more_connections_than_configured_are_open(world: World) -> None:
    owing(world, 18)
    open_now, most = 0, 0

    async def mail(self: Any, arg: str) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        self.envelope.mail_from = arg
        await self.push("250 2.1.0 Ok")

    async def rcpt(self: Any, arg: str) -> None:
        nonlocal open_now
        open_now -= 1
        self.envelope.rcpt_tos.append(arg.partition("<")[2].partition(">")[0])
        await self.push("250 2.1.5 Ok")

    async with (
        smtp_server({"MAIL": mail, "RCPT": rcpt}) as peer,
        world.outbox(peer.port, smtp__connections=3) as opened,
        opened as outbox,
    ):
        assert (await outbox.drain()).sent == 18
    assert most <= 3
    assert peer.connections <= 3


async def test_many_who_want_a_connection_wait_for_one_of_the_few() -> None:
    async with smtp_server() as peer, pool_to(peer, 2, idle=30) as pool:
        await asyncio.gather(*(hand_over(pool) for _ in range(9)))
        assert (len(peer.received), peer.connections) == (9, 2)


async def test_an_idle_connection_is_said_goodbye_to() -> None:
    gone = asyncio.Event()

    async def quit_(self: Any, arg: str) -> None:
        await self.push("221 Bye")
        gone.set()

    async with smtp_server({"QUIT": quit_}) as peer, pool_to(peer, idle=0.01) as pool:
        await hand_over(pool)
        await asyncio.wait_for(gone.wait(), 5)
        await hand_over(pool)
        assert peer.connections == 2


async def test_what_rested_for_long_is_asked_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "ASKED_AFTER", 0.0)
    async with smtp_server() as peer, pool_to(peer, idle=30) as pool:
        await hand_over(pool)
        await hand_over(pool)
        assert (peer.connections, peer.verbs.count("NOOP")) == (1, 1)


@pytest.mark.parametrize("answer", ["421 4.4.2 idle for too long", "500 what?"])
async def test_one_that_no_longer_answers_is_replaced(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "ASKED_AFTER", 0.0)
    async with smtp_server({"NOOP": say(answer)}) as peer, pool_to(peer, idle=30) as pool:
        await hand_over(pool)
        await hand_over(pool)
        assert (peer.connections, len(peer.received)) == (2, 2)


async def test_after_so_many_messages_another_connection_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "MOST_MESSAGES", 2)
    async with smtp_server() as peer, pool_to(peer, idle=30) as pool:
        for _ in range(5):
            await hand_over(pool)
        assert (peer.connections, len(peer.received)) == (3, 5)


async def test_a_connection_that_cannot_be_opened_takes_no_place() -> None:
    async with smtp_server(greeting="554 5.3.2 not now") as peer, pool_to(peer, 1) as pool:
        for _ in range(3):
            with pytest.raises(SmtpError, match="not now"):
                await hand_over(pool)


async def test_a_message_refused_is_followed_by_rset_on_the_same_connection(world: World) -> None:
    owing(world, 2)

    async def rcpt(self: Any, arg: str) -> None:
        if "d0@" in arg:
            await self.push("550 5.1.1 no")
            return
        self.envelope.rcpt_tos.append(arg)
        await self.push("250 2.1.5 Ok")

    async with (
        smtp_server({"RCPT": rcpt}) as peer,
        world.outbox(peer.port, smtp__connections=1) as outbox,
    ):
        report = await outbox.drain()
    assert (report.failed, report.sent, peer.connections) == (1, 1, 1)
    assert peer.verbs.count("RSET") == 1


# ── 421 and reset ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "answer", ["421 4.7.0 too many messages on this connection", ""], ids=["421", "closed"]
)
async def test_a_connection_that_the_server_ends_after_some_messages_is_replaced_at_once(
    world: World, answer: str
) -> None:
    owing(world, 7)

    async def mail(self: Any, arg: str) -> None:
        self.mails = getattr(self, "mails", 0) + 1
        if self.mails > 2:
            if answer:
                await self.push(answer)
            self.transport.close()
            await asyncio.Event().wait()
        self.envelope.mail_from = arg
        await self.push("250 2.1.0 Ok")

    async with (
        smtp_server({"MAIL": mail}) as peer,
        world.outbox(peer.port, smtp__connections=1) as outbox,
    ):
        report = await outbox.drain()
    assert (report.sent, report.trouble, peer.connections) == (7, "", 4)
    assert world.tasks() == []
    assert [row.state for row in world.rows(AttemptRow)] == ["accepted"] * 7


async def test_a_connection_lost_at_data_after_some_messages_gives_the_notice_another(world: World) -> None:
    owing(world, 3)

    async def data(self: Any, arg: str) -> None:
        self.datas = getattr(self, "datas", 0) + 1
        if self.datas > 1:
            self.transport.abort()
            await asyncio.Event().wait()
        await self.push("354 go on")
        lines: list[bytes] = []
        while not lines or lines[-1] != b".\r\n":
            lines.append(await self._reader.readline())
        peer.received.append(b"".join(lines))
        self._set_post_data_state()
        await self.push("250 2.0.0 Ok")

    async with (
        smtp_server({"DATA": data}) as peer,
        world.outbox(peer.port, smtp__connections=1) as outbox,
    ):
        report = await outbox.drain()
    assert (report.sent, report.in_doubt, report.trouble) == (3, 0, "")
    assert (len(peer.received), len(set(peer.received))) == (3, 3)
    assert world.tasks() == []


async def test_a_first_message_met_by_421_rests_the_queue_longer_each_time(world: World) -> None:
    owing(world, 2)
    async with smtp_server({"MAIL": say("421 4.7.0 not now")}) as peer, world.outbox(peer.port) as outbox:
        assert (await outbox.drain()).trouble == "4.7.0 not now"
        tried = peer.connections
        world.later(seconds=29)
        assert (await outbox.drain()).trouble == ""
        assert (peer.connections, outbox.rests) == (tried, True)
        world.later(seconds=2)
        assert (await outbox.drain()).trouble
        world.later(seconds=31)
        assert outbox.rests
    assert world.tasks() == ["account"]
    assert set(world.states()) == {"queued"}
