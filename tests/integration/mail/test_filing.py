"""Filing what was read: moved or flagged as the admin asks, after the commit, on every kind of server; nothing lost, nothing piled up."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

import pytest

from relance_mailer.mail import watch
from relance_mailer.mail.imap import Mailbox, Position
from relance_mailer.mail.watch import Watcher
from tests.integration.mail.imap_server import RecordingSink
from tests.integration.mail.rough_imap import RoughImap, Session, rough_imap
from tests.support.watcher import running

if TYPE_CHECKING:
    from tests.support.mailbed import MailBed

ONE, TWO, THREE = (b"Subject: %d\r\n\r\n%d\r\n" % (n, n) for n in (1, 2, 3))
DONE = "Relances"


def watching(rough: RoughImap, sink: RecordingSink, **changes: Any) -> AbstractAsyncContextManager[Watcher]:
    settings = {"folders": ("INBOX",), "poll_seconds": 0.05, "processed_folder": DONE} | changes
    return running(rough.account(**settings), sink)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(watch, "LONGEST_PAUSE", 0.05)


def raws(rough: RoughImap, folder: str) -> list[bytes]:
    return [one.raw for one in rough.folders.get(folder, {}).values()]


async def filed(rough: RoughImap, *uids: int, **changes: Any) -> list[int]:
    """Let a watcher file what the sink says was read; return what it noted as filed."""
    sink = RecordingSink()
    sink.read = {("INBOX", uid) for uid in uids}
    async with watching(rough, sink, **changes):
        noted = await sink.until("filed")
    assert isinstance(noted, list)
    return noted


# ── by the scripted server: every way there is ──────────────────────────────────────────────────────────────


async def test_without_a_folder_or_a_flag_the_server_is_only_read() -> None:
    async with rough_imap() as rough:
        rough.lay(ONE)
        sink = RecordingSink()
        sink.read = {("INBOX", 1)}
        async with watching(rough, sink, processed_folder=""):
            for _ in range(3):
                await sink.until("end")
        verbs = {line.removeprefix("UID ").split(" ")[0] for line in rough.asked}
    assert verbs <= {
        "CAPABILITY",
        "LOGIN",
        "ENABLE",
        "LIST",
        "EXAMINE",
        "SEARCH",
        "FETCH",
        "IDLE",
        "DONE",
        "NOOP",
        "LOGOUT",
    }


async def test_what_is_stored_and_not_yet_read_stays() -> None:
    async with rough_imap("IDLE UIDPLUS") as rough:
        rough.lay(ONE, TWO)
        assert await filed(rough, 1) == [1]
        assert (raws(rough, "INBOX"), raws(rough, DONE)) == ([TWO], [ONE])


async def test_without_move_a_message_is_copied_and_that_one_alone_expunged() -> None:
    async with rough_imap("IDLE UIDPLUS") as rough:
        rough.lay(ONE, TWO, THREE)
        rough.folders["INBOX"][3].flags = {"\\Deleted"}  # by a person, who may think better of it
        await filed(rough, 1)
        assert (raws(rough, "INBOX"), raws(rough, DONE)) == ([TWO, THREE], [ONE])


async def test_without_uidplus_it_is_copied_and_marked_and_nothing_is_expunged() -> None:
    async with rough_imap("IDLE") as rough:
        rough.lay(ONE, TWO)
        await filed(rough, 1)
        assert (raws(rough, "INBOX"), raws(rough, DONE)) == ([ONE, TWO], [ONE])
        assert (rough.folders["INBOX"][1].flags, rough.count("UID EXPUNGE")) == (
            {"\\Deleted", "$RelanceFiled"},
            0,
        )


async def test_what_a_crash_left_copied_is_expunged_and_not_copied_again() -> None:
    async with rough_imap("IDLE UIDPLUS") as rough:
        rough.lay(ONE)
        rough.lay(ONE, folder=DONE)
        rough.folders["INBOX"][1].flags = {"\\Deleted", "$RelanceFiled"}
        await filed(rough, 1)
        assert (raws(rough, "INBOX"), raws(rough, DONE)) == ([], [ONE])


async def test_what_a_person_deleted_meanwhile_is_left_to_that_person() -> None:
    async with rough_imap("IDLE UIDPLUS") as rough:
        rough.lay(ONE)
        rough.folders["INBOX"][1].flags = {"\\Deleted"}
        await filed(rough, 1)
        assert (raws(rough, "INBOX"), raws(rough, DONE)) == ([ONE], [])


async def test_what_is_no_longer_there_is_noted_as_filed() -> None:
    async with rough_imap("IDLE UIDPLUS") as rough:
        rough.lay(TWO, first=2)
        assert await filed(rough, 1) == [1]
        assert raws(rough, DONE) == []


async def test_a_flag_alone_is_set_and_nothing_moves() -> None:
    async with rough_imap() as rough:
        rough.lay(ONE, TWO)
        await filed(rough, 2, processed_folder="", processed_flag="$Relance")
        assert [one.flags for one in rough.folders["INBOX"].values()] == [set(), {"$Relance"}]


async def test_a_server_that_refuses_the_folder_is_asked_once_and_read_on() -> None:
    async def refuse(session: Session, tag: str, command: str) -> None:
        await session.say(f"{tag} NO [NOPERM] you may not")

    async with rough_imap("IDLE UIDPLUS") as rough:
        rough.lay(ONE)
        rough.on["CREATE"] = refuse
        sink = RecordingSink()
        sink.read = {("INBOX", 1)}
        async with watching(rough, sink):
            for _ in range(3):
                await sink.until("end")
            await rough.deliver(TWO)
            assert await sink.until("stored") == [TWO]
        assert (rough.count("CREATE"), rough.count("LOGIN"), sink.read) == (1, 1, {("INBOX", 1)})


async def test_after_a_change_of_uidvalidity_nothing_is_filed_by_old_numbers() -> None:
    async with rough_imap() as rough:
        rough.lay(ONE)

        def use() -> bool:
            with Mailbox(rough.account(processed_folder=DONE)) as mailbox:
                mailbox.folders()
                return mailbox.file("INBOX", [1], rough.uidvalidity + 1)

        assert await asyncio.to_thread(use) is False
        assert raws(rough, DONE) == []


# ── by Dovecot ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.real
@pytest.mark.parametrize("without", [(), (b"MOVE",), (b"MOVE", b"UIDPLUS")], ids=str)
async def test_dovecot_moves_what_was_read_and_keeps_its_bytes(
    mailbed: MailBed, without: tuple[bytes, ...]
) -> None:
    from relance_mailer.mail.imap import ImapAccount

    user = mailbed.user("filed")
    for raw in (ONE, TWO):
        mailbed.deliver(raw, user)
    before = mailbed.raw_messages(user)
    account = ImapAccount(
        "main",
        "127.0.0.1",
        mailbed.imap_port,
        tls="none",
        username=user,
        password="pw",
        processed_folder="Réponses lues",
    )

    def use() -> list[bytes]:
        with Mailbox(account) as mailbox:
            mailbox.folders()
            client = mailbox._client
            assert client is not None
            client._cached_capabilities = tuple(set(client.capabilities()) - {*without})
            (batch,) = mailbox.read_new("INBOX", None, None)
            first = batch.messages[0].uid
            assert mailbox.file("INBOX", [first], batch.uidvalidity)
            assert mailbox.file("INBOX", [first], batch.uidvalidity)  # again, as after a crash
            position = Position(batch.uidvalidity, 0)
            left = [one.raw for batch in mailbox.read_new("INBOX", position, None) for one in batch.messages]
            there = [
                one.raw for batch in mailbox.read_new("Réponses lues", None, None) for one in batch.messages
            ]
            assert there == before[:1]
            return left

    left = await asyncio.to_thread(use)
    assert left == (before if b"UIDPLUS" in without else before[1:])
