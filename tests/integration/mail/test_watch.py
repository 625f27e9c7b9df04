"""The thread that watches a mailbox: it tells what is new at once, and comes back whatever happens."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

import pytest

from relance_mailer.errors import ImapError
from relance_mailer.mail import watch
from relance_mailer.mail.imap import ImapAccount
from relance_mailer.mail.watch import Watcher, read_once
from tests.integration.mail.imap_server import PASSWORD, USER, ImapPeer, RecordingSink, imap_server
from tests.support.watcher import running

if TYPE_CHECKING:
    pass

ONE, TWO = b"Subject: one\r\n\r\n1\r\n", b"Subject: two\r\n\r\n2\r\n"


def account(peer: ImapPeer, **changes: Any) -> ImapAccount:
    settings: dict[str, Any] = {"tls": "none", "username": USER, "password": PASSWORD, "timeout": 5}
    return ImapAccount("main", "127.0.0.1", peer.port, **(settings | changes))


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(watch, "LONGEST_PAUSE", 0.05)


def watching(peer: ImapPeer, sink: RecordingSink, **changes: Any) -> AbstractAsyncContextManager[Watcher]:
    return running(account(peer, **changes), sink)


async def test_what_lies_there_and_what_comes_later_is_stored_once() -> None:
    async with imap_server() as peer:
        sink = RecordingSink()
        await peer.deliver(ONE)
        async with watching(peer, sink) as watcher:
            assert watcher.name == "mailbox main"
            assert await sink.until("stored") == [ONE]
            assert await sink.until("end") == "INBOX"
            await peer.deliver(TWO)
            assert await sink.until("stored") == [TWO]
        assert [raw for _, _, raw in sink.stored] == [ONE, TWO]


async def test_every_folder_is_told_then_read_to_its_end_and_again_at_every_look() -> None:
    async with imap_server() as peer:
        sink = RecordingSink()
        await peer.add_folder("Junk")
        await peer.add_folder("Sent")
        async with watching(peer, sink, poll_seconds=0.05):
            assert await sink.calls.get() == ("watching", ["INBOX", "Junk", "Sent"])
            assert [await sink.until("end") for _ in range(3)] == ["INBOX", "Junk", "Sent"]
            await peer.deliver(TWO, "Sent")
            assert await sink.until("stored") == [TWO]


async def test_other_folders_and_servers_without_idle_are_polled() -> None:
    async with imap_server() as peer:
        sink = RecordingSink()
        await peer.add_folder("Junk")
        async with watching(peer, sink, poll_seconds=0.05, idle=False):
            assert [await sink.until("end") for _ in range(2)] == ["INBOX", "Junk"]
            await peer.deliver(ONE, "Junk")
            assert await sink.until("stored") == [ONE]


async def test_a_server_that_goes_away_and_comes_back_is_read_again() -> None:
    async with imap_server() as peer:
        sink = RecordingSink()
        async with watching(peer, sink):
            await sink.until("end")
            await peer.stop()
            error = await sink.until("unreachable")
            assert isinstance(error, ImapError)
            await peer.deliver(ONE)
            await peer.start()
            assert await sink.until("stored") == [ONE]
            assert await sink.until("end") == "INBOX"


async def test_what_is_watched_is_told_anew_after_each_connection() -> None:
    async with imap_server() as peer:
        sink = RecordingSink()
        await peer.add_folder("Junk")
        async with watching(peer, sink):
            assert await sink.until("watching") == ["INBOX", "Junk"]
            await peer.mailboxes.delete_mailbox("Junk")
            await peer.stop()
            await peer.start()
            assert await sink.until("watching") == ["INBOX"]


async def test_what_could_not_be_stored_is_read_again() -> None:
    async with imap_server() as peer:
        sink = RecordingSink()
        sink.failures = 2
        await peer.deliver(ONE)
        async with watching(peer, sink):
            error = await sink.until("unreachable")
            assert "disk full" in str(error)
            assert await sink.until("stored") == [ONE]
        assert len(sink.stored) == 1


async def test_a_new_uidvalidity_is_read_from_the_start() -> None:
    async with imap_server() as peer:
        sink = RecordingSink()
        await peer.deliver(ONE)
        async with watching(peer, sink, poll_seconds=0.05):
            await sink.until("stored")
            before = sink.positions["INBOX"].uidvalidity
            await peer.renumber()
            assert await sink.until("stored") == [ONE]
            assert sink.positions["INBOX"].uidvalidity != before


async def test_a_refused_login_is_told_and_tried_again() -> None:
    async with imap_server() as peer:
        sink = RecordingSink()
        async with watching(peer, sink, password="wrong"):
            first, second = await sink.until("unreachable"), await sink.until("unreachable")
        assert first.permanent
        assert second.permanent


async def test_one_pass_reads_everything_or_says_why_not() -> None:
    async with imap_server() as peer:
        sink = RecordingSink()
        await peer.add_folder("Sent")
        await peer.deliver(ONE)
        await peer.deliver(TWO, "Sent")
        await asyncio.to_thread(read_once, account(peer), sink)
        assert await sink.until("watching") == ["INBOX", "Sent"]
        assert [(name, raw) for name, _, raw in sink.stored] == [("INBOX", ONE), ("Sent", TWO)]
        with pytest.raises(ImapError):
            await asyncio.to_thread(read_once, account(peer, password="wrong"), sink)
        assert (await sink.until("unreachable")).permanent
