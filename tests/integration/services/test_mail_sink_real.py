"""A watcher, the store and a real Dovecot together: whatever the server does to its numbers, each message is kept once."""

from __future__ import annotations

import asyncio
import imaplib
from typing import TYPE_CHECKING

import pytest

from relance_mailer.mail import watch
from relance_mailer.mail.imap import ImapAccount
from relance_mailer.mail.watch import read_once
from relance_mailer.services import receive
from relance_mailer.services.mail_sink import MailSink
from relance_mailer.store import freshness
from relance_mailer.store.tables import FolderRow, MessageRow, ReplyRow
from tests.support.watcher import running
from tests.support.world import World, answer, letter

if TYPE_CHECKING:
    from tests.support.mailbed import MailBed

pytestmark = pytest.mark.real

EARLIER = '"10-Mar-2026 09:30:00 +0000"'


class House:
    """A mailbox at Dovecot and the office that reads it."""

    def __init__(self, bed: MailBed, world: World) -> None:
        self.bed, self.world = bed, world
        self.user = bed.user("compta", domain="creditor.example")
        self.news = asyncio.Event()
        loop = asyncio.get_running_loop()

        def told() -> None:
            loop.call_soon_threadsafe(self.news.set)

        self.sink = MailSink(world.office, told)

    def account(self, **changes: object) -> ImapAccount:
        given = {"tls": "none", "username": self.user, "password": "pw", "timeout": 10} | changes
        return ImapAccount("inbox", "127.0.0.1", self.bed.imap_port, **given)  # type: ignore[arg-type]

    async def look(self, **changes: object) -> None:
        """Read every folder to its end, then every message."""
        await asyncio.to_thread(read_once, self.account(**changes), self.sink)
        await asyncio.to_thread(receive.read_waiting, self.world.office, self.world.reader)

    def texts(self, state: str) -> list[str]:
        return sorted(row.subject for row in self.world.rows(MessageRow) if row.state == state)

    def move(self, source: str, target: str) -> None:
        with self.bed.imap(self.user) as client:
            client.select(source)
            client.uid("move", "1:*", target)


@pytest.fixture
async def house(mailbed: MailBed, world: World) -> House:
    world.configure(rehearsal={})
    return House(mailbed, world)


def numbered(*numbers: int) -> list[bytes]:
    return [letter(f"number {n}", subject=str(n), Message_ID=f"<n{n}@debtor.example>") for n in numbers]


async def test_the_first_start_takes_what_came_since_the_first_notice(house: House) -> None:
    house.world.owing()
    house.world.plan()  # on 10 March
    older, since = numbered(1, 2)
    with house.bed.imap(house.user) as client:
        client.append("INBOX", "", '"01-Mar-2026 09:30:00 +0000"', older)
        client.append("INBOX", "", EARLIER, since)
    house.world.later(days=20)
    await house.look()
    assert house.texts("read") == ["2"]
    house.bed.deliver(numbered(3)[0], house.user)
    await house.look()
    assert house.texts("read") == ["2", "3"]


async def test_moved_and_moved_back_each_message_is_kept_once(house: House) -> None:
    for raw in numbered(1, 2, 3):
        house.bed.deliver(raw, house.user)
    await house.look()
    house.move("INBOX", "Junk")
    await house.look()
    house.move("Junk", "INBOX")
    await house.look()
    assert house.texts("read") == ["1", "2", "3"]
    assert len(house.texts("duplicate")) == 6
    assert len(house.world.rows(ReplyRow)) == 3


async def test_after_a_move_to_another_server_nothing_is_lost_or_doubled(house: House) -> None:
    for raw in numbered(1, 2):
        house.bed.deliver(raw, house.user)
    await house.look()
    before = house.world.one(FolderRow, name="INBOX").uidvalidity
    for raw in numbered(3):
        house.bed.deliver(raw, house.user)
    await asyncio.to_thread(house.bed.renumber, house.user)
    await house.look()
    assert house.world.one(FolderRow, name="INBOX").uidvalidity != before
    assert house.texts("read") == ["1", "2", "3"]
    assert house.texts("duplicate") == ["", ""]


@pytest.mark.parametrize("since", [(), (5, 6, 7, 8)], ids=["fewer than before", "more than before"])
async def test_after_a_backup_was_put_back_what_came_since_is_read(
    house: House, since: tuple[int, ...]
) -> None:
    for raw in numbered(1, 2):
        house.bed.deliver(raw, house.user)
    await house.look()
    copy = await asyncio.to_thread(house.bed.back_up, house.user)
    with house.bed.imap(house.user) as client:  # a server's dates know no fractions of a second: not just now
        client.append("INBOX", "", EARLIER, numbered(3)[0])
    await house.look()
    uidvalidity = house.world.one(FolderRow, name="INBOX").uidvalidity
    await asyncio.to_thread(house.bed.restore, house.user, copy)
    for raw in numbered(4, *since):  # the first has the UID that 3 had
        house.bed.deliver(raw, house.user)
    await house.look()
    assert house.world.one(FolderRow, name="INBOX").uidvalidity == uidvalidity
    assert house.texts("read") == sorted(str(n) for n in (1, 2, 3, 4, *since))


async def test_the_same_mail_in_two_mailboxes_is_kept_once(house: House) -> None:
    second = house.bed.user("second", domain="creditor.example")
    [raw] = numbered(1)
    house.bed.deliver(raw, house.user, second)
    await house.look()
    await asyncio.to_thread(
        read_once,
        ImapAccount("second", "127.0.0.1", house.bed.imap_port, tls="none", username=second, password="pw"),
        house.sink,
    )
    receive.read_waiting(house.world.office, house.world.reader)
    one, other = house.bed.raw_messages(house.user) + house.bed.raw_messages(second)
    assert one != other
    assert house.texts("read") == ["1"]
    assert [house.world.bytes_of(row.sha256) for row in house.world.rows(MessageRow)] == [one, other]


async def test_an_answer_is_filed_once_its_reading_is_committed(house: House) -> None:
    house.world.owing()
    notice = house.world.remind()
    house.bed.deliver(answer(notice, "Bien reçu."), house.user)
    house.bed.deliver(letter("?", sender="who@nowhere.example"), house.user)
    wanted = {"processed_folder": "Relances", "processed_flag": "$Relance"}
    await asyncio.to_thread(read_once, house.account(**wanted), house.sink)
    assert len(house.bed.raw_messages(house.user)) == 2  # nothing was read yet
    receive.read_waiting(house.world.office, house.world.reader)
    await house.look(**wanted)
    assert len(house.bed.raw_messages(house.user)) == 1
    [moved] = house.bed.raw_messages(house.user, "Relances")
    assert b"Re: " in moved
    await house.look(**wanted, folders=("INBOX", "Relances"))
    assert [row.state for row in house.world.rows(MessageRow)] == ["read", "read", "duplicate"]
    assert len(house.bed.raw_messages(house.user, "Relances")) == 1


async def test_reading_leaves_no_trace_on_the_server(house: House) -> None:
    house.world.owing()
    house.bed.deliver(answer(house.world.remind(), "Bien reçu."), house.user)
    await house.look()
    await house.look()
    with house.bed.imap(house.user) as client:
        client.select("INBOX", readonly=True)
        _, [told] = client.fetch("1", "(FLAGS)")
    assert isinstance(told, bytes)
    assert {*imaplib.ParseFlags(told)} <= {b"\\Recent"}


async def test_a_server_restarted_under_a_watcher_is_read_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "FIRST_PAUSE", 0.05)
    async with running(house.account(), house.sink):
        for number in (1, 2, 3):
            [raw] = numbered(number)
            await asyncio.to_thread(house.bed.deliver, raw, house.user)
            await asyncio.wait_for(house.news.wait(), 20)
            house.news.clear()
            await asyncio.to_thread(house.bed.stop_imap)
            await asyncio.to_thread(house.bed.start_imap)
    with house.world.db.read() as session:
        row = freshness.folder(session, house.world.office.creditor_id, "inbox", "INBOX")
        assert row is not None
        assert row.last_uid == 3
