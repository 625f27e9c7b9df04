"""The test bed itself: what the other tests on real servers rely on."""

from __future__ import annotations

import contextlib
import imaplib
import os
import shutil
import signal
import smtplib
import subprocess
import sys
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest

from tests.support.mailbed import (
    CREDITOR_DOMAIN,
    HOST,
    PASSWORD,
    MailBed,
    MailBedError,
    becomes_true,
    refuses,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.real


def _letter(subject: str = "Relance") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message.set_content("Votre règlement est attendu.\n")
    return message


@contextlib.contextmanager
def _behaving(bed: MailBed, **lists: list[str]) -> Iterator[None]:
    before = {"bounced": bed.bounced, "refused": bed.refused, "greylisted": bed.greylisted}
    bed.behave(**lists)
    try:
        yield
    finally:
        bed.behave(**before)


def test_a_message_sent_by_smtp_is_read_by_imap(mailbed: MailBed) -> None:
    alice = mailbed.user("alice")
    mailbed.send(_letter("Première"), f"compta@{CREDITOR_DOMAIN}", alice)
    mailbed.wait_for(alice)
    mailbed.send(_letter("Seconde"), f"compta@{CREDITOR_DOMAIN}", alice)
    assert [message["Subject"] for message in mailbed.wait_for(alice, 2)] == ["Première", "Seconde"]


def test_a_suffix_is_delivered_to_the_address_before_it(mailbed: MailBed) -> None:
    desk = mailbed.user("compta", CREDITOR_DOMAIN)
    with_token = desk.replace("@", "+f.12ab@")
    mailbed.send(_letter(), mailbed.user("bob"), with_token)
    (message,) = mailbed.wait_for(desk)
    assert message["Delivered-To"] == with_token


def test_the_bytes_arrive_as_they_were_sent(mailbed: MailBed) -> None:
    alice = mailbed.user("alice")
    raw = b"From: nobody\r\nSubject: \xe9t\xe9\r\n\r\nsans Message-ID ni Date\r\n"
    mailbed.send(raw, f"compta@{CREDITOR_DOMAIN}", alice)
    mailbed.wait_for(alice)
    assert mailbed.raw_messages(alice)[0].endswith(raw)


def test_reading_leaves_a_message_unseen(mailbed: MailBed) -> None:
    alice = mailbed.user("alice")
    mailbed.send(_letter(), f"compta@{CREDITOR_DOMAIN}", alice)
    mailbed.wait_for(alice)
    mailbed.messages(alice)
    with mailbed.imap(alice) as client:
        client.select("INBOX", readonly=True)
        assert client.search(None, "UNSEEN") == ("OK", [b"1"])


def test_an_unknown_address_is_accepted_and_a_delivery_status_notification_comes_back(
    mailbed: MailBed,
) -> None:
    desk = mailbed.user("compta", CREDITOR_DOMAIN)
    mailbed.send(_letter(), desk, "unknown+7@debtor.example")
    (bounce,) = mailbed.wait_for(desk)
    assert bounce["Return-Path"] == "<>"
    assert bounce.get_content_type() == "multipart/report"
    assert bounce.get_param("report-type") == "delivery-status"
    parts = {part.get_content_type(): part.as_string() for part in bounce.walk()}
    assert "Final-Recipient: rfc822; unknown+7@debtor.example" in parts["message/delivery-status"]
    assert "Action: failed\nStatus: 5.1.1\n" in parts["message/delivery-status"]
    assert "Subject: Relance" in parts["message/rfc822"]


@pytest.mark.parametrize(("name", "code"), [("refused", 550), ("greylisted", 451)])
def test_an_address_may_be_refused_at_rcpt(mailbed: MailBed, name: str, code: int) -> None:
    address = f"{name}@debtor.example"
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        mailbed.send(_letter(), f"compta@{CREDITOR_DOMAIN}", address)
    assert refusal.value.recipients[address][0] == code


def test_a_greylisted_address_may_be_let_in_later(mailbed: MailBed) -> None:
    alice = mailbed.user("alice")
    with _behaving(mailbed, greylisted=[alice]), pytest.raises(smtplib.SMTPRecipientsRefused):
        mailbed.send(_letter(), f"compta@{CREDITOR_DOMAIN}", alice)
    mailbed.send(_letter(), f"compta@{CREDITOR_DOMAIN}", alice)
    assert len(mailbed.wait_for(alice)) == 1


def test_mail_to_elsewhere_never_leaves_the_machine(mailbed: MailBed) -> None:
    desk = mailbed.user("compta", CREDITOR_DOMAIN)
    mailbed.send(_letter(), desk, "someone@example.com")
    (bounce,) = mailbed.wait_for(desk)
    assert "no route to outside" in bounce.as_string()


def test_sent_and_junk_are_told_by_their_special_use(mailbed: MailBed) -> None:
    with mailbed.imap(mailbed.user("compta", CREDITOR_DOMAIN)) as client:
        _, folders = client.list()
    lines = [line.decode() for line in folders if isinstance(line, bytes)]
    assert any("\\Sent" in line and line.endswith("Sent") for line in lines)
    assert any("\\Junk" in line and line.endswith("Junk") for line in lines)


def test_a_copy_can_be_filed_in_sent(mailbed: MailBed) -> None:
    desk = mailbed.user("compta", CREDITOR_DOMAIN)
    mailbed.append(desk, "Sent", _letter("Copie").as_bytes(), "\\Seen")
    assert [message["Subject"] for message in mailbed.messages(desk, "Sent")] == ["Copie"]
    assert mailbed.messages(desk) == []


def test_with_imap_stopped_mail_waits_in_the_queue_and_comes_when_it_is_back(mailbed: MailBed) -> None:
    alice = mailbed.user("alice")
    mailbed.stop_imap()
    try:
        with pytest.raises(ConnectionRefusedError), mailbed.imap(alice):
            pass
        mailbed.send(_letter(), f"compta@{CREDITOR_DOMAIN}", alice)
        assert alice in mailbed.queued()
    finally:
        mailbed.start_imap()
    assert len(mailbed.wait_for(alice)) == 1


def test_with_smtp_stopped_connections_are_refused_until_it_is_back(mailbed: MailBed) -> None:
    alice = mailbed.user("alice")
    mailbed.stop_smtp()
    try:
        with pytest.raises(ConnectionRefusedError):
            mailbed.send(_letter(), f"compta@{CREDITOR_DOMAIN}", alice)
    finally:
        mailbed.start_smtp()
    mailbed.send(_letter(), f"compta@{CREDITOR_DOMAIN}", alice)
    assert len(mailbed.wait_for(alice)) == 1


def test_waiting_in_vain_says_how_many_came_and_what_the_servers_logged(mailbed: MailBed) -> None:
    with pytest.raises(MailBedError, match=r"0 of 1 messages in INBOX of alice-.*\n(.*\n)*.*postfix"):
        mailbed.wait_for(mailbed.user("alice"), timeout=0)


def test_two_beds_live_side_by_side(mailbed: MailBed) -> None:
    with MailBed() as other:
        other.send(_letter("Ici"), f"compta@{CREDITOR_DOMAIN}", "same@debtor.example")
        assert [message["Subject"] for message in other.wait_for("same@debtor.example")] == ["Ici"]
    assert mailbed.messages("same@debtor.example") == []


_BED_OF_A_KILLED_RUN = """
import os
from tests.support.mailbed import MailBed
bed = MailBed().start()
print(bed.smtp_port, bed.imap_port, bed._root, flush=True)
os.kill(os.getpid(), 9)
"""


def test_the_servers_end_with_a_killed_test_run(mailbed: MailBed) -> None:
    command = [sys.executable, "-c", _BED_OF_A_KILLED_RUN]
    run = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": "."}, capture_output=True, text=True, check=False
    )
    assert run.returncode == -signal.SIGKILL
    smtp_port, imap_port, folder = run.stdout.split()
    assert becomes_true(lambda: refuses(int(smtp_port)) and refuses(int(imap_port)), 10)
    shutil.rmtree(folder)


def test_a_wrong_password_is_refused(mailbed: MailBed) -> None:
    alice = mailbed.user("alice")
    with imaplib.IMAP4(HOST, mailbed.imap_port) as client:
        with pytest.raises(imaplib.IMAP4.error, match="Authentication failed"):
            client.login(alice, PASSWORD + "x")
        client.login(alice, PASSWORD)
