"""Reading a mailbox on a real IMAP server: positions, waiting, filing, finding, and what can go wrong."""

from __future__ import annotations

import asyncio
import inspect
import threading
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import imapclient.exceptions
import pytest

from relance_mailer.errors import ConfigError, ImapError, InputError
from relance_mailer.mail import imap
from relance_mailer.mail.imap import Batch, Folder, ImapAccount, Mailbox, Position
from relance_mailer.mail.imap_client import VENDOR_ERRORS
from relance_mailer.mail.imap_folders import role_of
from tests.integration.mail.imap_server import PASSWORD, RECEIVED, USER, ImapPeer, imap_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.mail.servers import Certificates

ONE = b"Message-ID: <1@x.example>\r\nSubject: one\r\n\r\nfirst\r\n"
TWO = b"Message-ID: <2@x.example>\r\nSubject: two\r\n\r\n\xe9\x00\xff raw\r\n"


def account(peer: ImapPeer, **changes: Any) -> ImapAccount:
    settings: dict[str, Any] = {"tls": "none", "username": USER, "password": PASSWORD, "timeout": 5}
    return ImapAccount("main", "127.0.0.1", peer.port, **(settings | changes))


async def with_mailbox(peer: ImapPeer, use: Callable[[Mailbox], Any], **changes: Any) -> Any:
    def run() -> Any:
        with Mailbox(account(peer, **changes)) as mailbox:
            return use(mailbox)

    return await asyncio.to_thread(run)


async def read(
    peer: ImapPeer, position: Position | None = None, since: date | None = None, **changes: Any
) -> list[Batch]:
    batches = await with_mailbox(
        peer, lambda mailbox: list(mailbox.read_new("INBOX", position, since)), **changes
    )
    assert isinstance(batches, list)
    return batches


def bodies(batches: list[Batch]) -> list[bytes]:
    return [message.raw for batch in batches for message in batch.messages]


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_messages_come_as_they_lie_there_with_their_uids_and_dates() -> None:
    async with imap_server() as peer:
        await peer.deliver(ONE)
        await peer.deliver(TWO)
        (batch,) = await read(peer)
    assert bodies([batch]) == [ONE, TWO]
    assert [message.internal_date for message in batch.messages] == [RECEIVED, RECEIVED]
    assert [message.uid for message in batch.messages] == sorted(message.uid for message in batch.messages)
    assert batch.uidnext > batch.messages[-1].uid


async def test_after_a_position_only_what_is_new_comes() -> None:
    async with imap_server() as peer:
        await peer.deliver(ONE)
        (first,) = await read(peer)
        position = Position(first.uidvalidity, first.messages[-1].uid)
        assert bodies(await read(peer, position)) == []
        await peer.deliver(TWO)
        assert bodies(await read(peer, position)) == [TWO]


async def test_an_empty_folder_gives_one_empty_batch_that_tells_its_numbers() -> None:
    async with imap_server() as peer:
        (batch,) = await read(peer)
    assert batch.messages == ()
    assert batch.uidvalidity > 0
    assert batch.uidnext > 0


async def test_reading_changes_no_flag() -> None:
    async with imap_server() as peer:
        await peer.deliver(ONE)
        await read(peer)

        def flags(mailbox: Mailbox) -> Any:
            mailbox._examine("INBOX")
            return mailbox._call("search", ["UNSEEN"])

        assert len(await with_mailbox(peer, flags)) == 1


async def test_another_uidvalidity_voids_the_position() -> None:
    async with imap_server() as peer:
        await peer.deliver(ONE)
        (before,) = await read(peer)
        await peer.renumber()
        (after,) = await read(peer, Position(before.uidvalidity, 99))
    assert after.uidvalidity != before.uidvalidity
    assert bodies([after]) == [ONE]


async def test_since_holds_only_where_there_is_no_position() -> None:
    async with imap_server() as peer:
        await peer.deliver(ONE, received=datetime(2020, 1, 5, tzinfo=UTC))
        await peer.deliver(TWO)
        (recent,) = await read(peer, since=date(2025, 3, 1))
        assert bodies([recent]) == [TWO]
        assert bodies(await read(peer, Position(recent.uidvalidity, 0), date(2025, 3, 1))) == [ONE, TWO]


async def test_batches_are_bounded_by_number_and_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    async with imap_server() as peer:
        for number in range(7):
            await peer.deliver(b"Subject: %d\r\n\r\n" % number + b"x" * 1000)
        assert [len(batch.messages) for batch in await read(peer, batch=3)] == [3, 3, 1]
        monkeypatch.setattr(imap, "BATCH_BYTES", 2500)
        assert [len(batch.messages) for batch in await read(peer)] == [2, 2, 2, 1]


@pytest.mark.parametrize("size", [999, 1000, 1001, 2000, 3500])
async def test_a_large_message_is_fetched_in_parts_and_whole(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(imap, "PART_BYTES", 1000)
    raw = b"Subject: large\r\n\r\n" + bytes(range(1, 9)) * 500
    async with imap_server() as peer:
        await peer.deliver(raw[:size])
        (batch,) = await read(peer)
    assert bodies([batch]) == [raw[:size]]
    assert batch.messages[0].internal_date == RECEIVED


async def test_a_large_folder_is_searched_in_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "SEARCH_WINDOW", 3)
    async with imap_server() as peer:
        sent = [b"Subject: %d\r\n\r\n" % number for number in range(10)]
        for raw in sent:
            await peer.deliver(raw)
        assert bodies(await read(peer)) == sent


async def test_another_use_between_two_batches_does_not_mix_folders() -> None:
    async with imap_server() as peer:
        await peer.add_folder("Sent")
        await peer.deliver(TWO, "Sent")
        for _ in range(3):
            await peer.deliver(ONE)

        def use(mailbox: Mailbox) -> list[bytes]:
            seen = []
            for batch in mailbox.read_new("INBOX", None, None):
                seen += [message.raw for message in batch.messages]
                mailbox.find("Sent", "<2@x.example>")
            return seen

        assert await with_mailbox(peer, use, batch=1) == [ONE, ONE, ONE]


# ── folders ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("junk", "sent"), [("Spam", "Envoyés"), ("Courrier indésirable", "Éléments envoyés"), ("Junk", "Sent")]
)
async def test_folders_are_found_by_their_names_where_the_server_tells_no_use(junk: str, sent: str) -> None:
    async with imap_server() as peer:
        await peer.add_folder(junk)
        await peer.add_folder(sent)
        found = await with_mailbox(peer, Mailbox.folders)
    assert found == (Folder("INBOX", "inbox"), Folder(junk, "junk"), Folder(sent, "sent"))


async def test_a_folder_configured_by_its_own_name_has_the_use_that_its_name_is_known_for() -> None:
    async with imap_server() as peer:
        for name in ("Envoyés", "Spam", "Recouvrement"):
            await peer.add_folder(name)
        wanted = ("INBOX", "envoyés", "Spam", "Recouvrement")
        found = await with_mailbox(peer, Mailbox.folders, folders=wanted)
    assert found == (
        Folder("INBOX", "inbox"),
        Folder("Envoyés", "sent"),
        Folder("Spam", "junk"),
        Folder("Recouvrement", "other"),
    )


@pytest.mark.parametrize(
    ("name", "flags", "role"),
    [
        ("Courrier parti", (b"\\HasNoChildren", b"\\Sent"), "sent"),
        ("Bac", (b"\\JUNK",), "junk"),
        ("Sent", (b"\\Junk",), "junk"),  # what the server says counts before the name
        ("INBOX.Envoyés", (b"\\HasNoChildren",), "sent"),
        ("Archives/Spam", (), "junk"),
        ("Archives", (b"\\Archive",), "other"),
        ("INBOX", (), "other"),  # the configuration names the inbox itself
    ],
)
def test_a_folders_use_is_the_servers_word_then_its_name(
    name: str, flags: tuple[bytes, ...], role: str
) -> None:
    assert role_of(name, flags) == role


async def test_missing_folders_are_reported_and_do_no_harm() -> None:
    async with imap_server() as peer:

        def use(mailbox: Mailbox) -> Any:
            return mailbox.folders(), mailbox.missing

        found, missing = await with_mailbox(peer, use, folders=("INBOX", "\\Sent", "Recouvrement"))
    assert found == (Folder("INBOX", "inbox"),)
    assert missing == ("\\Sent", "Recouvrement")


# ── waiting ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_new_message_ends_the_wait_at_once() -> None:
    async with imap_server() as peer:
        loop, waiting = asyncio.get_running_loop(), asyncio.Event()

        def use(mailbox: Mailbox) -> Any:
            list(mailbox.read_new("INBOX", None, None))
            loop.call_soon_threadsafe(waiting.set)
            return mailbox.wait(60, threading.Event()), bodies(list(mailbox.read_new("INBOX", None, None)))

        reading = asyncio.create_task(with_mailbox(peer, use))
        await waiting.wait()
        await peer.deliver(ONE)
        assert await asyncio.wait_for(reading, 10) == (True, [ONE])


async def test_a_message_that_came_between_reading_and_waiting_is_not_missed() -> None:
    async with imap_server() as peer:
        loop = asyncio.get_running_loop()

        def use(mailbox: Mailbox) -> bool:
            list(mailbox.read_new("INBOX", None, None))
            asyncio.run_coroutine_threadsafe(peer.deliver(ONE), loop).result()
            return mailbox.wait(60, threading.Event())

        assert await asyncio.wait_for(with_mailbox(peer, use), 10) is True


async def test_a_stop_ends_the_wait_and_the_mailbox_can_still_be_used() -> None:
    async with imap_server() as peer:
        stop = threading.Event()
        stop.set()

        def use(mailbox: Mailbox) -> Any:
            return mailbox.wait(60, stop), mailbox.find("INBOX", "<1@x.example>")

        assert await asyncio.wait_for(with_mailbox(peer, use), 10) == (False, ())


@pytest.mark.parametrize("idle", [True, False])
async def test_a_wait_without_news_ends_with_its_time(idle: bool) -> None:
    async with imap_server() as peer:
        assert (
            await with_mailbox(peer, lambda mailbox: mailbox.wait(0.05, threading.Event()), idle=idle)
            is False
        )


async def test_a_connection_that_dies_in_the_wait_is_noticed() -> None:
    async with imap_server() as peer:
        loop, waiting = asyncio.get_running_loop(), asyncio.Event()

        def use(mailbox: Mailbox) -> bool:
            loop.call_soon_threadsafe(waiting.set)
            return mailbox.wait(60, threading.Event())

        reading = asyncio.create_task(with_mailbox(peer, use))
        await waiting.wait()
        await peer.stop()
        with pytest.raises(ImapError) as caught:
            await asyncio.wait_for(reading, 10)
        assert not caught.value.permanent
        await peer.start()


# ── filing and finding ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_filed_copy_is_found_by_its_message_id() -> None:
    async with imap_server() as peer:
        await peer.add_folder("Sent")

        def use(mailbox: Mailbox) -> Any:
            filed = mailbox.append("Sent", ONE, RECEIVED)
            return filed, mailbox.find("Sent", "<1@x.example>"), mailbox.find("Sent", "<9@x.example>")

        filed, found, absent = await with_mailbox(peer, use)
        assert filed is not None
        assert (found, absent) == ((filed[1],), ())
        with pytest.raises(InputError):
            await with_mailbox(peer, lambda mailbox: mailbox.find("Sent", "<1@x>\r\nA1 LOGOUT"))


async def test_filing_in_a_folder_that_is_not_there_is_an_error_in_the_servers_words() -> None:
    async with imap_server() as peer:
        with pytest.raises(ImapError) as caught:
            await with_mailbox(peer, lambda mailbox: mailbox.append("Nowhere", ONE, RECEIVED))
    assert (caught.value.phase, caught.value.permanent) == ("append", False)


# ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_wrong_password_is_final_and_stays_out_of_the_error() -> None:
    async with imap_server() as peer:
        with pytest.raises(ImapError) as caught:
            await with_mailbox(peer, Mailbox.folders, password="secret-pässword")
        with pytest.raises(ImapError) as plain:
            await with_mailbox(peer, Mailbox.folders, password="secret")
    assert (caught.value.phase, caught.value.permanent, plain.value.permanent) == ("auth", True, True)
    assert "secret" not in str(caught.value) + str(plain.value) + repr(account(peer, password="secret"))


async def test_nobody_listening_is_temporary() -> None:
    async with imap_server() as peer:
        pass
    with pytest.raises(ImapError) as caught:
        await with_mailbox(peer, Mailbox.folders)
    assert (caught.value.phase, caught.value.permanent) == ("connect", False)


@pytest.mark.parametrize("greeting", [b"", b"* BYE overloaded\r\n", b"HTTP/1.1 400 Bad\r\n\r\n"], ids=repr)
async def test_a_server_that_is_none_is_temporary(greeting: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        peer = ImapPeer(None)
        peer.port = server.sockets[0].getsockname()[1]
        with pytest.raises(ImapError) as caught:
            await with_mailbox(peer, Mailbox.folders)
    assert (caught.value.phase, caught.value.permanent) == ("connect", False)


async def test_tls_from_the_first_byte_and_by_starttls(certificates: Certificates) -> None:
    async with imap_server(certificates.good) as peer:
        await peer.deliver(ONE)
        assert bodies(await read(peer, tls="tls", ca_file=certificates.ca_file)) == [ONE]
    async with imap_server(ssl_context=certificates.good, tls_enabled=True) as peer:
        await peer.deliver(ONE)
        assert bodies(await read(peer, tls="starttls", ca_file=certificates.ca_file)) == [ONE]


@pytest.mark.parametrize("mode", ["tls", "starttls"])
@pytest.mark.parametrize(
    ("server", "authority"), [("good", "other_ca_file"), ("expired", "ca_file"), ("elsewhere", "ca_file")]
)
async def test_a_certificate_that_does_not_verify_is_final(
    certificates: Certificates, mode: str, server: str, authority: str
) -> None:
    serving = getattr(certificates, server)
    wrap, settings = (serving, {}) if mode == "tls" else (None, {"ssl_context": serving, "tls_enabled": True})
    async with imap_server(wrap, **settings) as peer:
        with pytest.raises(ImapError, match="certificate verify failed") as caught:
            await with_mailbox(peer, Mailbox.folders, tls=mode, ca_file=getattr(certificates, authority))
    assert caught.value.permanent


async def test_a_server_without_starttls_gets_no_password() -> None:
    async with imap_server() as peer:
        with pytest.raises(ImapError, match="STARTTLS") as caught:
            await with_mailbox(peer, Mailbox.folders, tls="starttls")
    assert (caught.value.phase, caught.value.permanent) == ("starttls", True)


def test_clear_text_leaves_this_machine_only_when_allowed_in_words() -> None:
    with pytest.raises(ConfigError, match="in the clear"):
        Mailbox(ImapAccount("main", "imap.example", 143, tls="none"))
    Mailbox(ImapAccount("main", "imap.example", 143, tls="none", allow_cleartext=True))


def test_every_error_of_the_vendors_is_mapped() -> None:
    found = {kind for _, kind in inspect.getmembers(imapclient.exceptions, inspect.isclass)}
    assert found == set(VENDOR_ERRORS)
