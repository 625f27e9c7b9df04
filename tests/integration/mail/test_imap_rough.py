"""A mailbox on servers that are rough: numbers that lie or go back, IDLE that fails, connections dead or half dead."""

from __future__ import annotations

import asyncio
import re
import threading
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from relance_mailer.errors import ImapError
from relance_mailer.mail import imap, watch
from relance_mailer.mail.imap import Mailbox, Position
from relance_mailer.mail.watch import Watcher
from tests.integration.mail.imap_server import RecordingSink
from tests.integration.mail.rough_imap import ARRIVED, RoughImap, Session, rough_imap
from tests.support.watcher import running

if TYPE_CHECKING:
    from collections.abc import Callable

ONE, TWO, THREE = (b"Subject: %d\r\n\r\n%d\r\n" % (n, n) for n in (1, 2, 3))


async def use(rough: RoughImap, do: Callable[[Mailbox], Any], **changes: Any) -> Any:
    def run() -> Any:
        with Mailbox(rough.account(**changes)) as mailbox:
            return do(mailbox)

    return await asyncio.wait_for(asyncio.to_thread(run), 20)


def new(position: Position | None) -> Callable[[Mailbox], list[bytes]]:
    def read(mailbox: Mailbox) -> list[bytes]:
        batches = mailbox.read_new("INBOX", position, None)
        return [message.raw for batch in batches for message in batch.messages]

    return read


def watching(rough: RoughImap, sink: RecordingSink, **changes: Any) -> AbstractAsyncContextManager[Watcher]:
    return running(rough.account(**({"folders": ("INBOX",)} | changes)), sink)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(watch, "LONGEST_PAUSE", 0.05)


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_uidnext_that_lags_behind_hides_no_message() -> None:
    async with rough_imap() as rough:
        rough.lay(ONE, TWO)
        rough.uidnext = 2
        assert await use(rough, new(Position(1, 1, modseq=4))) == [TWO]


async def test_a_highest_modseq_that_stands_saves_the_search_and_one_that_moved_does_not() -> None:
    async with rough_imap() as rough:
        rough.lay(ONE)
        assert await use(rough, new(Position(1, 1, modseq=5))) == []
        assert rough.count("UID SEARCH") == 0
        assert await use(rough, new(Position(1, 1, modseq=4))) == []
        assert rough.count("UID SEARCH") == 1


async def test_without_condstore_each_look_searches() -> None:
    async with rough_imap("IDLE") as rough:
        rough.modseq = None
        rough.lay(ONE)
        assert await use(rough, new(Position(1, 1))) == []
        assert (rough.count("UID SEARCH"), rough.count("ENABLE")) == (1, 0)


@pytest.mark.parametrize(
    ("position", "arrived", "restored"),
    [
        (Position(1, 2, 5), {}, False),
        (Position(1, 3, 5), {}, True),  # UIDNEXT is 3, and UID 3 was seen
        (Position(1, 2, 6), {}, True),  # HIGHESTMODSEQ is 5
        (Position(1, 2, 5), {1: ARRIVED, 2: ARRIVED}, False),
        (Position(1, 2, 5), {2: ARRIVED - timedelta(seconds=1)}, True),
        (Position(1, 2, 5), {7: ARRIVED}, False),  # it may have been deleted
        (Position(9, 8, 7), {2: ARRIVED - timedelta(days=1)}, False),  # another UIDVALIDITY tells itself
    ],
)
async def test_a_restored_mailbox_is_told_by_its_numbers_or_by_when_its_messages_came(
    position: Position, arrived: dict[int, Any], restored: bool
) -> None:
    async with rough_imap() as rough:
        rough.lay(ONE, TWO)
        told = await use(rough, lambda mailbox: mailbox.was_restored("INBOX", position, lambda: arrived))
    assert told is restored


async def test_a_uidnext_that_lags_behind_is_no_restored_mailbox() -> None:
    async with rough_imap() as rough:
        rough.lay(ONE, TWO)
        rough.uidnext = 2
        known = {1: ARRIVED, 2: ARRIVED}
        assert not await use(rough, lambda box: box.was_restored("INBOX", Position(1, 2, 5), lambda: known))


async def test_what_a_restored_mailbox_holds_under_known_uids_is_read() -> None:
    async with rough_imap() as rough:
        rough.lay(ONE, TWO)
        sink = RecordingSink()
        async with watching(rough, sink, poll_seconds=0.05):
            assert await sink.until("stored") == [ONE, TWO]
            rough.folders["INBOX"] = {}
            rough.lay(ONE)  # the backup: TWO had not come yet
            rough.modseq = 3
            assert await sink.until("restored") == "INBOX"
            assert await sink.until("stored") == [ONE]
            await rough.deliver(THREE)
            assert await sink.until("stored") == [THREE]
        assert sink.positions["INBOX"].last_uid == 2


async def test_a_message_that_is_there_and_not_handed_over_is_never_passed_by() -> None:
    async def fetch(session: Session, tag: str, command: str) -> None:
        if "SIZE" in command:
            await session.say(*(f"* {n} FETCH (UID {n} RFC822.SIZE 9)" for n in (1, 2, 3)))
        else:
            await session.say(*(b"* %d FETCH (UID %d BODY[] {2}\r\nhi)" % (n, n) for n in (1, 3)))
        await session.say("* 2 FETCH (UID 2 FLAGS ())", f"{tag} OK done")

    async with rough_imap() as rough:
        rough.lay(ONE, TWO, THREE)
        rough.on["FETCH"] = fetch
        with pytest.raises(ImapError, match="UID 2, and does not hand it over"):
            await use(rough, new(None))
        del rough.folders["INBOX"][2]  # deleted meanwhile: that is no trouble
        rough.on["SEARCH"] = once(rough, "SEARCH", "* SEARCH 1 2 3")
        assert await use(rough, new(None)) == [b"hi", b"hi"]


def once(rough: RoughImap, verb: str, answer: str) -> Callable[[Session, str, str], Any]:
    """Answer a command so once, and then as usual."""

    async def say(session: Session, tag: str, command: str) -> None:
        del rough.on[verb]
        await session.say(answer, f"{tag} OK done")

    return say


async def test_a_large_message_is_whole_where_the_server_says_nothing_beyond_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(imap, "PART_BYTES", 2)

    async def fetch(session: Session, tag: str, command: str) -> None:
        part = re.search(r"<(\d)\.", command)
        if "SIZE" in command:
            await session.say("* 1 FETCH (UID 1 RFC822.SIZE 4)")
        elif part and part[1] != "4":
            await session.say(f"* 1 FETCH (UID 1 BODY[]<{part[1]}> {{2}}\r\nhi)")
        await session.say(f"{tag} OK done")

    async with rough_imap() as rough:
        rough.lay(ONE)
        rough.on["FETCH"] = fetch
        assert await use(rough, new(None)) == [b"hihi"]


async def test_nothing_marks_a_message_as_read_and_unread_marks_decide_nothing() -> None:
    async with rough_imap() as rough:
        rough.lay(ONE)
        rough.folders["INBOX"][1].flags = {"\\Seen"}
        assert await use(rough, new(None)) == [ONE]
        fetches = [line for line in rough.asked if line.startswith("UID FETCH")]
        assert all("BODY.PEEK[" in line for line in fetches if "BODY" in line)
        assert not any("SEEN" in line.upper() for line in rough.asked)
        assert rough.count("SELECT") == 0


# ── IDLE ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_idle_that_is_offered_and_refused_is_replaced_by_polling() -> None:
    async def refuse(session: Session, tag: str, command: str) -> None:
        await session.say(f"{tag} NO IDLE is switched off here")

    async with rough_imap() as rough:
        rough.on["IDLE"] = refuse
        sink = RecordingSink()
        async with watching(rough, sink, poll_seconds=0.1):
            await sink.until("end")
            await rough.deliver(ONE)
            assert await sink.until("stored") == [ONE]
            await sink.until("end")
            await sink.until("end")
        assert (rough.count("IDLE"), rough.count("LOGIN")) == (1, 1)


async def test_idle_that_loses_the_connection_again_and_again_is_replaced_by_polling() -> None:
    async def cut(session: Session, tag: str, command: str) -> None:
        await session.say("+ idling")
        raise ConnectionError

    async with rough_imap() as rough:
        rough.on["IDLE"] = cut
        sink = RecordingSink()
        async with watching(rough, sink, poll_seconds=0.2):
            for _ in range(watch.IDLE_FAILURES):
                assert (await sink.until("unreachable")).phase == "idle"
            await rough.deliver(ONE)
            assert await sink.until("stored") == [ONE]
            for _ in range(3):
                await sink.until("end")
        assert (rough.count("IDLE"), rough.count("LOGIN")) == (watch.IDLE_FAILURES, watch.IDLE_FAILURES + 1)


async def test_what_is_told_before_idle_begins_is_news_and_no_failure() -> None:
    async def tell_first(session: Session, tag: str, command: str) -> None:
        rough.lay(TWO)
        await session.say("* 2 EXISTS")
        await rough._idle(session, tag, command)

    async with rough_imap() as rough:
        rough.on["IDLE"] = tell_first
        rough.lay(ONE)

        def wait(mailbox: Mailbox) -> bool:
            new(None)(mailbox)
            return mailbox.wait(30, threading.Event())

        assert await use(rough, wait) is True


async def test_a_wait_ends_with_a_noop() -> None:
    async with rough_imap() as rough:
        assert await use(rough, lambda mailbox: mailbox.wait(0.05, threading.Event())) is False
        assert [line for line in rough.asked if line in ("IDLE", "NOOP")] == ["IDLE", "NOOP"]


async def test_idle_is_renewed_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert imap.IDLE_RENEWAL <= 9 * 60
    monkeypatch.setattr(imap, "IDLE_RENEWAL", 0.05)
    async with rough_imap() as rough:
        sink = RecordingSink()
        async with watching(rough, sink, poll_seconds=3600):
            await sink.until("end")
            while rough.count("IDLE") < 3:
                await asyncio.sleep(0.01)
            await rough.deliver(ONE)
            assert await sink.until("stored") == [ONE]
        assert rough.count("LOGIN") == 1


async def test_a_done_that_is_never_answered_is_noticed() -> None:
    async def hang(session: Session, tag: str, command: str) -> None:
        await session.say("+ idling")
        await session.next_line()
        await session.next_line()

    async with rough_imap() as rough:
        rough.on["IDLE"] = hang
        with pytest.raises(ImapError) as caught:
            await use(rough, lambda mailbox: mailbox.wait(0.05, threading.Event()), timeout=0.3)
    assert (caught.value.phase, caught.value.permanent) == ("idle", False)


@pytest.mark.parametrize("verb", ["greeting", "LOGIN", "LIST", "EXAMINE", "SEARCH", "FETCH"])
async def test_a_server_that_falls_silent_is_left_and_read_later(verb: str) -> None:
    silences = 0

    async def fall_silent(session: Session, tag: str, command: str) -> None:
        nonlocal silences
        silences += 1
        del rough.on[verb]
        await session.next_line()
        raise ConnectionError

    async with rough_imap() as rough:
        rough.lay(ONE)
        rough.on[verb] = fall_silent
        sink = RecordingSink()
        async with watching(rough, sink, timeout=0.3):
            assert not (await sink.until("unreachable")).permanent
            assert await sink.until("stored") == [ONE]
        assert silences == 1
        assert len(sink.stored) == 1


@pytest.mark.parametrize("verb", ["SEARCH", "FETCH", "IDLE"])
async def test_a_server_that_only_says_that_it_is_still_there_is_cut_off(
    verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of its lines begins the socket's own time-out anew."""
    monkeypatch.setattr(imap, "COMMAND_LIMIT", 0.5)

    async def trickle(session: Session, tag: str, command: str) -> None:
        if verb == "IDLE":
            await session.say("+ idling")
        while True:
            await session.say("* OK still here")
            await asyncio.sleep(0.05)

    async with rough_imap() as rough:
        rough.lay(ONE)
        rough.on[verb] = trickle

        def work(mailbox: Mailbox) -> None:
            new(None)(mailbox)
            mailbox.wait(0.1, threading.Event())

        with pytest.raises(ImapError) as caught:
            await use(rough, work)
    assert not caught.value.permanent
