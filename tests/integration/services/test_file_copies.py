"""Copies of what left: filed in Sent, sent to ourselves, or found there. None of them ever sends anything again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email import message_from_bytes
from typing import Any

import pytest
from sqlalchemy import event

from relance_mailer.config import Smtp, account
from relance_mailer.errors import ImapError, StoreError
from relance_mailer.mail.imap import ImapAccount, Mailbox
from relance_mailer.services import settle
from relance_mailer.services.file_copies import file_copies
from relance_mailer.services.follow_up import start_up
from relance_mailer.store.tables import MessageRow, NoticeRow, ReplyRow
from tests.integration.mail.imap_server import PASSWORD, USER, ImapPeer, imap_server
from tests.integration.mail.servers import drop_in_content, smtp_server
from tests.support.world import DEBTOR_ADDRESS, OUR_ADDRESS, World, bounce

NOBODY = ImapAccount("inbox", "127.0.0.1", 1, tls="none", timeout=2)


def test_a_mailbox_that_cannot_be_reached_leaves_the_notice_sent_and_its_copy_for_later(world: World) -> None:
    world.configure(smtp__sent_copy="append")
    world.owing()
    world.remind()
    with pytest.raises(ImapError):
        file_copies(world.office, NOBODY, world.now)
    world.plan()
    assert world.claim().claimed == ()
    notice = world.one(NoticeRow)
    assert (notice.state, notice.copy_filed_at) == ("sent", None)


def test_where_no_copy_is_asked_for_no_mailbox_is_opened(world: World) -> None:
    world.owing()
    world.remind()
    assert file_copies(world.office, NOBODY, world.now) == 0


def test_what_is_not_known_to_have_left_is_never_filed(world: World) -> None:
    world.configure(smtp__sent_copy="append")
    world.owing()
    world.plan()
    [claimed] = world.claim().claimed
    assert world.start(claimed)
    assert file_copies(world.office, NOBODY, world.now) == 0


# ── filed in Sent ────────────────────────────────────────────────────────────────────────────────────────────


def mailbox_at(peer: ImapPeer) -> ImapAccount:
    return ImapAccount(
        "inbox", "127.0.0.1", peer.port, tls="none", username=USER, password=PASSWORD, timeout=5
    )


async def lying_in_sent(peer: ImapPeer) -> list[bytes]:
    def read() -> list[bytes]:
        with Mailbox(mailbox_at(peer)) as mailbox:
            return [one.raw for batch in mailbox.read_new("Sent", None, None) for one in batch.messages]

    return await asyncio.to_thread(read)


async def file(world: World, peer: ImapPeer) -> int:
    return await asyncio.to_thread(file_copies, world.office, mailbox_at(peer), world.now)


async def test_what_left_is_filed_once_byte_for_byte(world: World) -> None:
    world.configure(smtp__sent_copy="append")
    world.owing()
    notice = world.remind()
    async with imap_server() as peer:
        await peer.add_folder("Sent")
        assert [await file(world, peer) for _ in range(3)] == [1, 0, 0]
        assert await lying_in_sent(peer) == [world.bytes_of(notice.sha256)]


async def test_a_crash_between_filing_and_noting_it_files_no_second_copy_and_sends_no_second_message(
    world: World,
) -> None:
    world.configure(smtp__sent_copy="append")
    world.owing()
    notice = world.remind()

    def crash(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("UPDATE notice SET copy_filed_at"):
            raise StoreError("the disk is gone")

    async with imap_server() as peer:
        await peer.add_folder("Sent")
        event.listen(world.db.writer, "before_cursor_execute", crash)
        with pytest.raises(StoreError):
            await file(world, peer)
        event.remove(world.db.writer, "before_cursor_execute", crash)
        assert len(await lying_in_sent(peer)) == 1
        assert world.one(NoticeRow).copy_filed_at is None
        start_up(world.office, world.now)
        world.plan()
        assert world.claim().claimed == ()
        assert await file(world, peer) == 1
        assert await lying_in_sent(peer) == [world.bytes_of(notice.sha256)]
    assert world.one(NoticeRow).copy_filed_at == world.now


async def test_what_the_provider_has_filed_under_its_own_id_is_not_filed_again(world: World) -> None:
    world.configure(smtp__sent_copy="append")
    world.owing()
    notice = world.remind()
    with world.db.write() as session:
        session.get_one(NoticeRow, notice.id).provider_id = "<renamed@provider.example>"
    theirs = world.bytes_of(notice.sha256).replace(
        notice.message_id.encode(), b"<renamed@provider.example>", 1
    )
    async with imap_server() as peer:
        await peer.add_folder("Sent")
        await peer.deliver(theirs, "Sent")
        assert await file(world, peer) == 1
        assert await lying_in_sent(peer) == [theirs]


async def test_a_bounce_that_comes_in_while_the_copy_is_filed_is_not_undone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.configure(smtp__sent_copy="append")
    world.owing()
    notice = world.remind()
    append = Mailbox.append

    def meanwhile(self: Mailbox, *arguments: Any) -> Any:
        with world.db.write() as session:
            row = session.get_one(NoticeRow, notice.id)
            assert settle.bounced(session, world.office, row, "5.1.1", world.now, dead=True)
        return append(self, *arguments)

    monkeypatch.setattr(Mailbox, "append", meanwhile)
    async with imap_server() as peer:
        await peer.add_folder("Sent")
        await file(world, peer)
    row = world.one(NoticeRow)
    assert (row.state, row.copy_filed_at) == ("bounced", world.now)


# ── whom a blind copy goes to ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("host", "settings", "copies"),
    [
        ("smtp.office365.com", {}, ()),  # files what is sent
        ("smtp.gmail.com", {}, ()),
        ("ssl0.ovh.net", {}, (OUR_ADDRESS,)),  # does not
        ("email-smtp.eu-west-3.amazonaws.com", {}, (OUR_ADDRESS,)),
        ("mail.infomaniak.com", {}, (OUR_ADDRESS,)),  # nobody knows: one too many costs nothing
        ("mail.creditor.example", {}, (OUR_ADDRESS,)),
        ("127.0.0.1", {}, (OUR_ADDRESS,)),
        ("mail.creditor.example", {"bcc": "copies@creditor.example"}, ("copies@creditor.example",)),
        ("smtp.gmail.com", {"bcc": "copies@creditor.example"}, ("copies@creditor.example",)),
        ("smtp.gmail.com", {"sent_copy": "bcc"}, (OUR_ADDRESS,)),
        ("mail.creditor.example", {"sent_copy": "append"}, ()),
        ("mail.creditor.example", {"sent_copy": "none"}, ()),
        (
            "mail.creditor.example",
            {"sent_copy": "none", "bcc": "copies@creditor.example"},
            ("copies@creditor.example",),
        ),
    ],
)
def test_a_blind_copy_goes_to_ourselves_where_nobody_else_keeps_one(
    host: str, settings: dict[str, Any], copies: tuple[str, ...]
) -> None:
    assert account.blind_copies(Smtp(host=host, from_address=OUR_ADDRESS, **settings)) == copies


async def test_by_default_our_own_copy_goes_along(world: World) -> None:
    world.owing()
    world.plan()
    async with smtp_server() as peer:
        await world.drain(peer.port, smtp__sent_copy="auto")
    [envelope] = peer.received
    assert envelope.rcpt_tos == [DEBTOR_ADDRESS, OUR_ADDRESS]
    assert "Bcc" not in message_from_bytes(envelope.content)


# ── what a copy proves ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def doubtful(world: World) -> World:
    """One notice in doubt: the connection was lost in its content."""
    world.owing()
    world.plan()
    async with smtp_server({"DATA": drop_in_content}) as peer:
        report = await world.drain(peer.port)
    assert (report.in_doubt, world.states(), world.tasks()) == (1, ["in_doubt"], ["in_doubt"])
    return world


@pytest.mark.parametrize("folder", ["INBOX", "Sent", "Junk"])
async def test_our_own_copy_settles_a_doubt_wherever_it_lies(doubtful: World, folder: str) -> None:
    notice = doubtful.one(NoticeRow)
    doubtful.take(doubtful.bytes_of(notice.sha256), folder=folder)
    assert (doubtful.states(), doubtful.tasks()) == (["sent"], [])
    assert doubtful.told(f"notice:{notice.id}", "settled")["left"] is True


async def test_our_own_copy_is_no_answer_and_no_colleague_s_mail_and_sets_nothing_going(
    doubtful: World,
) -> None:
    notice = doubtful.one(NoticeRow)
    copy = doubtful.bytes_of(notice.sha256)
    doubtful.take(copy, copy, folder="INBOX")
    doubtful.take(copy, folder="Sent")
    assert {(row.kind, row.state) for row in doubtful.rows(MessageRow)} == {
        ("own", "read"),
        ("", "duplicate"),
    }
    assert (doubtful.rows(ReplyRow), doubtful.holds(), doubtful.tasks()) == ([], [], [])
    doubtful.plan()
    assert doubtful.claim().claimed == ()


async def test_no_copy_proves_nothing_however_often_the_mailbox_is_read_to_its_end(doubtful: World) -> None:
    for _ in range(4):
        doubtful.later(days=2)  # every folder read to its end, and no copy there
        start_up(doubtful.office, doubtful.now)
        doubtful.plan()
        assert doubtful.claim().claimed == ()
    assert (doubtful.states(), doubtful.tasks()) == (["in_doubt"], ["in_doubt"])


async def test_a_bounce_settles_a_doubt_too(doubtful: World) -> None:
    notice = doubtful.one(NoticeRow)
    doubtful.take(bounce(DEBTOR_ADDRESS, notice.message_id))
    assert doubtful.states() == ["bounced"]
    assert "in_doubt" not in doubtful.tasks()


async def test_a_copy_that_somebody_forged_settles_nothing(doubtful: World) -> None:
    notice = doubtful.one(NoticeRow)
    head, body = doubtful.bytes_of(notice.sha256).split(b"\r\n\r\n", 1)
    lines = head.split(b"\r\n")
    place = next(at for at, line in enumerate(lines) if line.lower().startswith(b"x-relance-notice:"))
    lines[place : place + 1] = [b"X-Relance-Notice: r1 <somebody.else@x.example> " + b"a" * 26]
    while lines[place + 1].startswith((b" ", b"\t")):
        del lines[place + 1]
    doubtful.take(b"\r\n".join(lines) + b"\r\n\r\n" + body, folder="INBOX")
    assert doubtful.states() == ["in_doubt"]


async def test_a_copy_of_long_ago_is_not_filed_any_more(world: World) -> None:
    world.configure(smtp__sent_copy="append")
    world.owing()
    world.remind()
    world.later(days=8)
    assert file_copies(world.office, NOBODY, world.now + timedelta(hours=1)) == 0
