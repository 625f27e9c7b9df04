"""What is asked of a server beside the addresses, by what it offers: SMTPUTF8, DSN, SIZE."""

from __future__ import annotations

import asyncio
import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.errors import Scope, SmtpError
from relance_mailer.mail.compose import Outgoing, compose
from relance_mailer.mail.envelope import xtext
from relance_mailer.mail.smtp import Accepted, SmtpAccount, SmtpConnection, Withheld
from relance_mailer.replies.bounce import bounce_of
from relance_mailer.replies.message import read
from tests.integration.mail.lines import line_server, usual
from tests.integration.mail.servers import smtp_server

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.mailbed import MailBed

SENDER, DEBTOR, FOREIGN = "compta@creditor.example", "debtor@debtor.example", "gérard@société.example"
RAW = b"From: a@b.example\r\nSubject: x\r\n\r\nend\r\n"
MESSAGE = Outgoing(
    message_id="<n.1.abc@creditor.example>",
    date=datetime(2025, 3, 10, 9, 30, tzinfo=UTC),
    from_name="Comptabilité",
    from_address=SENDER,
    to_name="Société Gérard",
    to_address=FOREIGN,
    reply_to="",
    subject="Facture échue",
    text="Réglée ?\n",
    html="",
)


async def yes() -> bool:
    return True


async def send(
    port: int, recipients: Sequence[str], raw: bytes = RAW, *, sender: str = SENDER, **changes: Any
) -> Accepted | Withheld:
    given: dict[str, Any] = {"tls": "none", "timeout": 5, "dot_timeout": 5, "local_hostname": "t.example"}
    options = {key: changes.pop(key) for key in ("copies", "envelope_id") if key in changes}
    async with SmtpConnection(SmtpAccount("127.0.0.1", port, **(given | changes))) as connection:
        return await connection.deliver(sender, recipients, raw, yes, **options)


# ── SMTPUTF8 (RFC 6531) ──────────────────────────────────────────────────────────────────────────────────────


async def test_an_address_beyond_ascii_goes_out_where_the_server_offers_it() -> None:
    async with smtp_server(enable_SMTPUTF8=True) as peer:
        assert isinstance(await send(peer.port, [FOREIGN], compose(MESSAGE)), Accepted)
    [envelope] = peer.received
    assert envelope.rcpt_tos == ["gérard@xn--socit-esab.example"]
    assert "SMTPUTF8" in envelope.mail_options
    content = envelope.content if isinstance(envelope.content, bytes) else envelope.content.encode()
    assert "<gérard@xn--socit-esab.example>\r\n".encode() in content
    mail: Any = email.message_from_bytes(content, policy=email.policy.default)
    assert (mail["Subject"], mail.get_content()) == ("Facture échue", "Réglée ?\r\n")
    assert content.partition(b"\r\n\r\n")[2].isascii()


async def test_elsewhere_it_is_the_recipient_that_is_refused_in_words_and_the_account_goes_on() -> None:
    async with smtp_server() as peer:
        account = SmtpAccount("127.0.0.1", peer.port, tls="none", timeout=5, local_hostname="t.example")
        async with SmtpConnection(account) as connection:
            with pytest.raises(
                SmtpError, match=r"gérard@société.example: .*SMTPUTF8.*another address"
            ) as caught:
                await connection.deliver(SENDER, [FOREIGN], compose(MESSAGE), yes)
            assert "MAIL" not in peer.verbs
            assert connection.usable
            assert isinstance(await connection.deliver(SENDER, [DEBTOR], RAW, yes), Accepted)
    assert (caught.value.scope, caught.value.permanent, caught.value.phase) == (Scope.RECIPIENT, True, "rcpt")


@pytest.mark.parametrize(
    ("sender", "raw"),
    [("comptabilité@creditor.example", RAW), (SENDER, compose(replace(MESSAGE, to_address=DEBTOR, reply_to="é@b.example")))],
    ids=["envelope", "reply-to"],
)  # fmt: skip
async def test_an_own_address_that_the_server_cannot_write_is_the_accounts_matter(
    sender: str, raw: bytes
) -> None:
    async with smtp_server() as peer:
        with pytest.raises(SmtpError, match="SMTPUTF8") as caught:
            await send(peer.port, [DEBTOR], raw, sender=sender)
    assert caught.value.scope is Scope.ACCOUNT


async def test_a_copys_address_that_the_server_cannot_write_stops_nothing_and_is_told() -> None:
    async with smtp_server() as peer:
        accepted = await send(peer.port, [DEBTOR], copies=["é@creditor.example"])
    assert isinstance(accepted, Accepted)
    assert "SMTPUTF8" in accepted.refused["é@creditor.example"][1]
    assert peer.received[0].rcpt_tos == [DEBTOR]


@pytest.mark.parametrize("offered", [True, False])
async def test_plain_addresses_never_ask_for_it(offered: bool) -> None:
    async with smtp_server(enable_SMTPUTF8=offered) as peer:
        await send(peer.port, ["x@faß.example"], compose(replace(MESSAGE, to_address="x@faß.example")))
    assert "SMTPUTF8" not in peer.received[0].mail_options
    assert peer.received[0].rcpt_tos == ["x@xn--fa-hia.example"]
    assert peer.received[0].content.isascii()


@pytest.mark.parametrize("code", ["550 5.6.7", "553 5.6.9"])
async def test_a_refusal_of_such_an_address_later_is_the_recipients_too(code: str) -> None:
    def answer(line: str) -> str:
        return f"{code} no UTF-8 there" if line.startswith("RCPT") else usual(line)

    async with line_server("SMTPUTF8", "8BITMIME", answer=answer) as peer:
        with pytest.raises(SmtpError) as caught:
            await send(peer.port, [FOREIGN], compose(MESSAGE))
    assert (caught.value.scope, caught.value.permanent) == (Scope.RECIPIENT, True)


# ── 8BITMIME, SIZE ───────────────────────────────────────────────────────────────────────────────────────────


async def test_the_size_is_told_and_the_body_needs_no_8bitmime() -> None:
    raw = compose(replace(MESSAGE, to_address=DEBTOR))
    async with line_server("SIZE 100000", "8BITMIME") as peer:
        await send(peer.port, [DEBTOR], raw)
    assert peer.verbs("MAIL") == [f"MAIL FROM:<{SENDER}> SIZE={len(raw)}"]
    assert peer.contents[0].isascii()


async def test_what_is_larger_than_the_server_takes_is_not_sent() -> None:
    async with line_server("SIZE 20") as peer:
        with pytest.raises(SmtpError, match="the server takes 20") as caught:
            await send(peer.port, [DEBTOR])
    assert (caught.value.scope, caught.value.permanent) == (Scope.MESSAGE, True)
    assert peer.verbs("MAIL", "DATA") == []


# ── DSN (RFC 3461) ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_report_of_failure_and_delay_is_asked_where_offered() -> None:
    async with line_server("DSN") as peer:
        await send(peer.port, ["a+b=c@debtor.example"], envelope_id="abc.relance@creditor.example")
    assert peer.verbs("MAIL", "RCPT") == [
        f"MAIL FROM:<{SENDER}> RET=HDRS ENVID=abc.relance@creditor.example",
        "RCPT TO:<a+b=c@debtor.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+2Bb+3Dc@debtor.example",
    ]


async def test_elsewhere_nothing_is_asked() -> None:
    async with line_server("PIPELINING") as peer:
        await send(peer.port, [DEBTOR], envelope_id="abc.relance@creditor.example")
    assert peer.verbs("MAIL", "RCPT") == [f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{DEBTOR}>"]


async def test_a_server_that_offers_reports_and_understands_none_gets_the_message_without() -> None:
    def answer(line: str) -> str:
        return "555 5.5.4 Unsupported option: RET" if "RET=" in line else usual(line)

    async with line_server("DSN", answer=answer) as peer:
        assert isinstance(await send(peer.port, [DEBTOR], envelope_id="x@y"), Accepted)
    assert [line.split()[0] for line in peer.said] == ["EHLO", "MAIL", "RSET", "MAIL", "RCPT", "DATA", "QUIT"]
    assert peer.verbs("RCPT") == [f"RCPT TO:<{DEBTOR}>"]


async def test_an_envelope_id_too_long_for_the_standard_is_left_out() -> None:
    async with line_server("DSN") as peer:
        await send(peer.port, [DEBTOR], envelope_id="x" * 101)
    assert peer.verbs("MAIL") == [f"MAIL FROM:<{SENDER}> RET=HDRS"]


@given(st.text(st.characters(max_codepoint=127)))
def test_xtext_is_decoded_to_what_it_was(value: str) -> None:
    coded = xtext(value)
    assert all("!" <= char <= "~" and char != "=" for char in coded)
    parts = coded.split("+")
    assert parts[0] + "".join(chr(int(part[:2], 16)) + part[2:] for part in parts[1:]) == value


@pytest.mark.real
async def test_postfix_names_the_envelope_in_its_bounce_and_sends_the_headers_alone(mailbed: MailBed) -> None:
    us = mailbed.user("desk")
    identity = "kq3envelope.relance@creditor.example"
    gone = f"unknown+dsn@{us.partition('@')[2]}"
    raw = compose(replace(MESSAGE, to_address=gone, message_id=f"<{identity}>"))
    accepted = await send(mailbed.smtp_port, [gone], raw, sender=us, envelope_id=identity)
    assert isinstance(accepted, Accepted)
    [report] = await asyncio.to_thread(mailbed.wait_for, us)
    words = report.as_string()
    assert f"Original-Envelope-Id: {identity}" in words
    assert f"Original-Recipient: rfc822;{gone}" in words.replace("rfc822; ", "rfc822;")
    returned = [part.get_content_type() for part in report.walk()][-1]
    assert returned in {"text/rfc822-headers", "message/global-headers"}
    machine = bounce_of(read(report.as_bytes()), frozenset())
    assert machine is not None
    assert (machine.final, machine.original_message_id) == (True, f"<{identity}>")


@pytest.mark.real
async def test_postfix_takes_an_address_beyond_ascii_and_says_if_the_next_server_does_not(
    mailbed: MailBed,
) -> None:
    us, to = mailbed.user("desk"), mailbed.user("gérard")
    accepted = await send(mailbed.smtp_port, [to], compose(replace(MESSAGE, to_address=to)), sender=us)
    assert isinstance(accepted, Accepted)
    [report] = await asyncio.to_thread(mailbed.wait_for, us)  # Dovecot's LMTP offers no SMTPUTF8
    machine = bounce_of(read(report.as_bytes()), frozenset())
    assert machine is not None
    assert (machine.final, machine.address_dead, machine.status) == (True, False, "5.6.7")
    assert machine.original_message_id == MESSAGE.message_id
