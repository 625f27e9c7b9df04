"""What a reminder's message carries beside its words, and what it must not carry."""

from __future__ import annotations

import base64
import email
import email.policy
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest

from relance_mailer.services import desk
from relance_mailer.services.copies import LIMIT
from relance_mailer.services.follow_up import start_up
from relance_mailer.store.tables import AttemptRow, HoldRow, InvoiceRow, NoticeRow, ReplyRow
from tests.integration.mail.lines import line_server
from tests.integration.mail.servers import smtp_server
from tests.integration.services.test_outbox import only_for
from tests.support.world import DEBTOR_ADDRESS, OUR_ADDRESS, World, letter

THEIRS = "DE89 3704 0044 0532 0130 00"
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40
SES = "Ok 0102019580a1b2c3-d4e5f6a7-b8c9-4d0e-8f1a-2b3c4d5e6f70-000000"
SES_ID = "<0102019580a1b2c3-d4e5f6a7-b8c9-4d0e-8f1a-2b3c4d5e6f70-000000@eu-west-1.amazonses.com>"


def mail(world: World, notice: NoticeRow) -> EmailMessage:
    parsed = email.message_from_bytes(world.bytes_of(notice.sha256), policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def files(world: World, notice: NoticeRow) -> dict[str | None, Any]:
    return {part.get_filename(): part.get_content() for part in mail(world, notice).iter_attachments()}


# ── IBANs and links of others ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"order_number": THEIRS}, "DE89370400440532013000"),
        ({"order_number": "BC-1 https://evil.example/p"}, "evil.example"),
        ({"number": "www.evil.example/F1"}, "evil.example"),
    ],
)
def test_a_file_cannot_put_an_account_or_a_link_into_a_reminder(
    world: World, values: dict[str, Any], words: str
) -> None:
    world.invoice(world.debtor(), **values)
    world.owing("other@other.example", name="Honest SARL")
    report = world.plan()
    [problem] = report.problems
    assert "this reminder is not written" in problem
    assert words in problem
    assert [notice.to_address for notice in world.rows(NoticeRow)] == ["other@other.example"]


def test_a_debtors_name_is_looked_at_too(world: World) -> None:
    world.owing(name=f"Dupont {THEIRS}")
    world.edit_template("en/reminder1.md", lambda text: text + "\nFor {{ debtor.name }}\n")
    assert len(world.plan().problems) == 1
    assert world.rows(NoticeRow) == []


def test_hosts_that_the_admin_allows_may_be_linked_to(world: World) -> None:
    world.edit_template("en/reminder1.md", lambda text: text + "\n[Pay](https://pay.example/x)\n")
    world.owing()
    assert len(world.plan().problems) == 1
    world.configure(creditor__links=["pay.example"])
    start_up(world.office, world.now)
    assert world.plan().problems == []
    assert world.states() == ["queued"]


# ── headers ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_reminders_about_the_same_invoice_are_one_conversation(world: World) -> None:
    world.owing()
    sent: list[NoticeRow] = []
    while len(sent) < 3:
        if world.plan().created:
            world.deliver()
            sent = world.rows(NoticeRow)
        world.later(days=1)
    mails = [mail(world, notice) for notice in sent]
    ids = [notice.message_id for notice in sent]
    assert [one["In-Reply-To"] for one in mails] == [None, ids[0], ids[1]]
    assert [one["References"] for one in mails] == [None, ids[0], f"{ids[0]} {ids[1]}"]
    indexes = [base64.b64decode(one["Thread-Index"], validate=True) for one in mails]
    assert [len(index) for index in indexes] == [22, 27, 32]
    assert indexes[2].startswith(indexes[1])
    assert indexes[1].startswith(indexes[0])
    assert {one["Thread-Topic"] for one in mails} == {sent[0].subject}
    assert indexes[0][0] == 1
    since_1601 = int.from_bytes(indexes[0][1:6] + b"\0\0\0") / 10_000_000 - 11_644_473_600
    assert abs(datetime.fromtimestamp(since_1601, UTC) - sent[0].rendered_at).total_seconds() < 2


@pytest.mark.parametrize(("said", "header"), [(False, None), (True, "auto-generated")])
def test_that_a_machine_writes_is_said_only_if_asked(world: World, said: bool, header: str | None) -> None:
    world.configure(smtp__auto_submitted=said)
    world.owing()
    one = mail(world, world.remind())
    assert one["Auto-Submitted"] == header
    assert one["X-Auto-Response-Suppress"] == "DR, RN, NRN"


# ── the invoices' own documents ──────────────────────────────────────────────────────────────────────────────


def test_the_invoices_documents_go_along_byte_for_byte(world: World) -> None:
    (world.folder / "factures").mkdir()
    debtor_id = world.debtor()
    world.invoice(debtor_id, number="FA/2026/001")
    world.invoice(debtor_id, number="É-2026-002")
    (world.folder / "factures" / "FA_2026_001.pdf").write_bytes(PDF)
    (world.folder / "factures" / "É-2026-002.pdf").write_bytes(PDF + b"2")
    world.configure(sending__invoice_copies="factures/{number}.pdf")
    notice = world.remind()
    assert files(world, notice) == {"FA_2026_001.pdf": PDF, "É-2026-002.pdf": PDF + b"2"}
    assert mail(world, notice).get_content_type() == "multipart/mixed"
    assert "without_copy" not in world.told("notice:1", "rendered")


class Opened:
    """Notes of each PDF that is opened whether somebody else could write to the database meanwhile."""

    def __init__(self, world: World) -> None:
        self.could_write: list[bool] = []
        self.on = True
        self._file = world.db.file
        sys.addaudithook(self._hear)  # for good: hooks cannot be taken away

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if self.on and event == "open" and str(args[0]).endswith(".pdf"):
            self.could_write.append(self._is_free())

    def _is_free(self) -> bool:
        with closing(sqlite3.connect(self._file, timeout=0, isolation_level=None)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            return True


def test_documents_are_read_before_the_unit_that_writes(world: World) -> None:
    """A slow disk, or one of another machine, holds nobody up: neither at planning nor where a person approves."""
    world.configure(sending__invoice_copies="{number}.pdf")
    for _ in range(3):
        world.owing()
    world.formal("formal@formal.example")
    for row in world.rows(InvoiceRow):
        (world.folder / f"{row.number}.pdf").write_bytes(PDF)
    opened = Opened(world)
    try:
        world.plan()
        assert opened.could_write == [True] * 4
        [waiting] = world.rows(NoticeRow, state="awaiting_approval")
        assert waiting.id is not None
        desk.approve_notice(world.office, waiting.id, world.now, "Claire")
        assert opened.could_write == [True] * 5
    finally:
        opened.on = False
    new = [row for row in world.rows(NoticeRow) if row.template]
    assert [list(files(world, notice).values()) for notice in new] == [[PDF]] * 4


def test_a_reminder_whose_document_is_missing_or_too_large_leaves_without_and_says_so(world: World) -> None:
    debtor_id = world.debtor()
    for number in ("A-1", "A-2", "A-3", "A-4"):
        world.invoice(debtor_id, number=number)
    (world.folder / "A-1.pdf").write_bytes(PDF)
    (world.folder / "A-2.pdf").write_bytes(b"x" * LIMIT)
    (world.folder / "A-3.pdf").mkdir()
    world.configure(sending__invoice_copies="{number}.pdf")
    notice = world.remind()
    assert set(files(world, notice)) == {"A-1.pdf"}
    assert world.told("notice:1", "rendered")["without_copy"] == ["A-2", "A-3", "A-4"]


@pytest.mark.parametrize(
    "number", ["../secret", "..", "/etc/passwd", "a/../../secret", "..\\secret", "{debtor}"]
)
def test_no_number_leads_out_of_the_folder(world: World, number: str) -> None:
    (world.folder / "secret.pdf").write_bytes(b"secret")
    (world.folder / "factures").mkdir()
    world.invoice(world.debtor(), number=number)
    world.configure(sending__invoice_copies="factures/{number}.pdf")
    assert files(world, world.remind()) == {}
    assert world.told("notice:1", "rendered")["without_copy"] == [number]


def test_a_file_that_may_be_another_debtors_stays_at_home(world: World) -> None:
    world.invoice(world.debtor(), number="FA/1")
    world.invoice(world.debtor("other@other.example"), number="FA_1")
    (world.folder / "FA_1.pdf").write_bytes(PDF)
    world.configure(sending__invoice_copies="{number}.pdf")
    world.plan()
    for notice_id, number in zip(world.deliver(), ["FA/1", "FA_1"], strict=True):
        assert files(world, world.notice(notice_id)) == {}
        assert world.told(f"notice:{notice_id}", "rendered")["without_copy"] == [number]


def test_without_the_setting_nothing_goes_along(world: World) -> None:
    world.owing()
    assert mail(world, world.remind()).get_content_type() == "multipart/alternative"


# ── what the server says ─────────────────────────────────────────────────────────────────────────────────────


def renamed_by_ses(world: World) -> NoticeRow:
    ses = {
        "host": "email-smtp.eu-west-1.amazonaws.com",
        "port": 465,
        "tls": "tls",
        "from_address": OUR_ADDRESS,
    }
    world.configure(smtp=ses, rehearsal=None)
    world.owing()
    world.plan()
    [claimed] = world.claim().claimed
    assert world.start(claimed)
    world.accept(claimed, SES)
    return world.one(NoticeRow)


def test_the_id_that_amazon_gives_a_notice_is_kept_and_the_next_one_answers_to_it(world: World) -> None:
    notice = renamed_by_ses(world)
    assert notice.provider_id == SES_ID
    while not (second := world.rows(NoticeRow)[1:]):
        world.later(days=1)
        world.plan()
    one = mail(world, second[0])
    assert (one["In-Reply-To"], one["References"]) == (SES_ID, SES_ID)


@pytest.mark.parametrize("header", ["In_Reply_To", "References"])
def test_answers_to_the_id_that_amazon_gave_are_matched(world: World, header: str) -> None:
    notice = renamed_by_ses(world)
    headers: dict[str, Any] = {header: SES_ID}
    world.take(letter("Nous réglerons le 20 mars 2026.", sender="who@elsewhere.example", **headers))
    assert (world.one(ReplyRow).notice_id, world.one(ReplyRow).matched_by) == (notice.id, "thread")
    assert len(world.rows(HoldRow)) == 1


def report(about: str, *, fields: str = "") -> bytes:
    """Return a delivery report about `about`, without the original, as some servers send it."""
    return f"""Return-Path: <>
From: MAILER-DAEMON@relay.example
To: {OUR_ADDRESS}
Subject: Undelivered Mail Returned to Sender
Message-ID: <r1@relay.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="R"

--R
Content-Type: text/plain

It could not be delivered.

--R
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example
{fields}
Final-Recipient: rfc822; forwarded@elsewhere.example
Action: failed
Status: 5.1.1

--R
Content-Type: text/rfc822-headers

{about}
--R--
""".replace("\n", "\r\n").encode()


def test_a_bounce_of_the_id_that_amazon_gave_is_matched(world: World) -> None:
    renamed_by_ses(world)
    world.take(report(f"Message-ID: {SES_ID}\n"))
    assert world.states() == ["bounced"]


def test_a_bounce_that_names_but_the_envelope_is_matched(world: World) -> None:
    world.owing()
    notice = world.remind()
    world.take(report("", fields=f"Original-Envelope-Id: {notice.message_id.strip('<>')}\n"))
    assert world.states() == ["bounced"]


def test_a_bounce_of_another_envelope_changes_nothing(world: World) -> None:
    world.owing()
    world.remind()
    world.take(report("", fields="Original-Envelope-Id: somebody.elses@relay.example\n"))
    assert world.states() == ["sent"]


async def test_a_copy_that_is_refused_while_the_debtors_is_taken_is_told(world: World) -> None:
    world.owing()
    world.plan()
    async with smtp_server({"RCPT": only_for("copy@creditor.example", "550 5.1.1 no such copy")}) as peer:
        assert (await world.drain(peer.port, smtp__bcc="copy@creditor.example")).sent == 1
    assert world.states() == ["sent"]
    assert world.told("notice:1", "sent")["refused"] == [
        {"to": "copy@creditor.example", "code": 550, "answer": "5.1.1 no such copy"}
    ]


async def test_an_address_that_the_server_cannot_write_is_no_reason_to_stop(world: World) -> None:
    world.owing("gérard@debtor.example", DEBTOR_ADDRESS)
    world.owing("x@other.example", name="Other SARL")
    world.plan()
    async with smtp_server() as peer:
        drained = await world.drain(peer.port)
        assert (drained.failed, drained.sent, drained.trouble) == (1, 1, "")
        world.later(days=1)
        world.plan()
        assert (await world.drain(peer.port)).sent == 1
    assert [envelope.rcpt_tos for envelope in peer.received] == [["x@other.example"], [DEBTOR_ADDRESS]]
    assert "SMTPUTF8" in world.rows(AttemptRow)[0].answer + world.rows(AttemptRow)[1].answer
    assert "account" not in world.tasks()


async def test_an_address_beyond_ascii_is_written_to_where_the_server_can(world: World) -> None:
    world.owing("gérard@société.example")
    world.plan()
    async with smtp_server(enable_SMTPUTF8=True) as peer:
        assert (await world.drain(peer.port)).sent == 1
    assert peer.received[0].rcpt_tos == ["gérard@xn--socit-esab.example"]


async def test_a_report_is_asked_about_the_notice_by_its_own_id(world: World) -> None:
    world.owing()
    world.plan()
    async with line_server("DSN") as peer:
        assert (await world.drain(peer.port)).sent == 1
    identity = world.one(NoticeRow).message_id.strip("<>")
    assert peer.verbs("MAIL") == [f"MAIL FROM:<{OUR_ADDRESS}> RET=HDRS ENVID={identity}"]
    assert peer.verbs("RCPT") == [
        f"RCPT TO:<{DEBTOR_ADDRESS}> NOTIFY=FAILURE,DELAY ORCPT=rfc822;{DEBTOR_ADDRESS}"
    ]
