"""The same roads on Postfix and Dovecot: one message there by SMTP, found and read back by IMAP."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from relance_mailer.errors import Scope, SmtpError
from relance_mailer.mail.compose import Outgoing, compose
from relance_mailer.mail.imap import Folder, ImapAccount, Mailbox
from relance_mailer.mail.smtp import Accepted, SmtpAccount, SmtpConnection

if TYPE_CHECKING:
    from tests.support.mailbed import MailBed

pytestmark = pytest.mark.real

SENDER = "compta@creditor.example"


def message(to: str, message_id: str = "<1@creditor.example>") -> bytes:
    text = "Bonjour,\n\nLa facture n’est pas réglée.\n.\n..\n"
    date = datetime(2025, 3, 10, 9, 30, tzinfo=UTC)
    return compose(
        Outgoing(
            message_id, date, "Durand", SENDER, "Société", to, "", "Facture échue", text, f"<p>{text}</p>"
        )
    )


def account(bed: MailBed, user: str) -> ImapAccount:
    return ImapAccount("main", "127.0.0.1", bed.imap_port, tls="none", username=user, password="pw")


async def yes() -> bool:
    return True


async def send(bed: MailBed, to: str, raw: bytes) -> object:
    settings = SmtpAccount("127.0.0.1", bed.smtp_port, tls="none", local_hostname="test.example")
    async with SmtpConnection(settings) as connection:
        return await connection.deliver(SENDER, [to], raw, yes)


async def test_a_message_goes_there_and_ends_the_wait_of_its_reader(mailbed: MailBed) -> None:
    user = mailbed.user("reader")
    raw = message(user)
    loop, waiting = asyncio.get_running_loop(), asyncio.Event()

    def read() -> tuple[bool, list[bytes]]:
        with Mailbox(account(mailbed, user)) as mailbox:
            list(mailbox.read_new("INBOX", None, None))
            loop.call_soon_threadsafe(waiting.set)
            news = mailbox.wait(30, threading.Event())
            return news, [
                one.raw for batch in mailbox.read_new("INBOX", None, None) for one in batch.messages
            ]

    reading = asyncio.create_task(asyncio.to_thread(read))
    await waiting.wait()
    accepted = await send(mailbed, user, raw)
    assert isinstance(accepted, Accepted)
    assert accepted.queue_id
    assert accepted.queue_id in accepted.answer
    news, received = await asyncio.wait_for(reading, 40)
    assert news
    (arrived,) = received
    assert arrived.endswith(raw)  # the servers add their trace above, and change nothing below


async def test_folders_are_found_by_special_use_and_copies_by_message_id(mailbed: MailBed) -> None:
    user = mailbed.user("filing")

    def use() -> tuple[tuple[Folder, ...], object, tuple[int, ...]]:
        with Mailbox(account(mailbed, user)) as mailbox:
            folders = mailbox.folders()
            sent = next(folder.name for folder in folders if folder.role == "sent")
            filed = mailbox.append(sent, message(user), datetime(2025, 3, 10, tzinfo=UTC))
            return folders, filed, mailbox.find(sent, "<1@creditor.example>")

    folders, filed, found = await asyncio.to_thread(use)
    assert {folder.role for folder in folders} == {"inbox", "junk", "sent"}
    assert isinstance(filed, tuple)
    assert found == (filed[1],)


@pytest.mark.parametrize(
    ("address", "code", "permanent"),
    [("refused+mail@debtor.example", 550, True), ("greylisted+mail@debtor.example", 451, False)],
)
async def test_postfix_refusals_are_the_recipients(
    mailbed: MailBed, address: str, code: int, permanent: bool
) -> None:
    with pytest.raises(SmtpError) as caught:
        await send(mailbed, address, message(address))
    error = caught.value
    assert (error.code, error.permanent, error.scope, error.phase) == (
        code,
        permanent,
        Scope.RECIPIENT,
        "rcpt",
    )
