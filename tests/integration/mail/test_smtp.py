"""Handing over to servers that behave, and to servers with one verb broken."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import aiosmtplib.errors
import pytest

from relance_mailer.errors import ConfigError, InDoubtError, InputError, Scope, SmtpError
from relance_mailer.mail.smtp import Accepted, SmtpAccount, SmtpConnection, Withheld
from relance_mailer.mail.smtp_errors import VENDOR_ERRORS, mapped
from tests.integration.mail.servers import (
    Certificates,
    after_content,
    drop_in_content,
    fall_silent,
    hang_up,
    say,
    smtp_server,
)

RAW = b"From: a@b.example\r\nSubject: x\r\n\r\n.dots\r\n..\r\n.\r\nend\r\n"
SENDER = "compta@creditor.example"
DEBTOR = "debtor@debtor.example"
OTHER = "other@debtor.example"


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


def account(port: int, **changes: Any) -> SmtpAccount:
    settings: dict[str, Any] = {
        "tls": "none",
        "timeout": 5,
        "dot_timeout": 5,
        "local_hostname": "test.example",
    }
    return SmtpAccount("127.0.0.1", port, **(settings | changes))


async def send(port: int, *recipients: str, raw: bytes = RAW, **changes: Any) -> Accepted | Withheld:
    async with SmtpConnection(account(port, **changes)) as connection:
        return await connection.deliver(SENDER, recipients or (DEBTOR,), raw, yes)


# ── what goes well ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_message_is_accepted_with_the_servers_words_and_every_byte_arrives() -> None:
    async with smtp_server() as peer:
        accepted = await send(peer.port)
    assert accepted == Accepted(250, "2.0.0 Ok: queued as 4Qx7Kd1zzz", "4Qx7Kd1zzz", {})
    assert (peer.received[0].mail_from, peer.received[0].rcpt_tos) == (SENDER, [DEBTOR])
    assert peer.received[0].content == RAW


@pytest.mark.parametrize(
    "raw", [b"\r\n", b".\r\n", b"", b"no end", b".\r\n.\r\n", b"a\r\n.\r\nQUIT\r\n"], ids=repr
)
async def test_dots_and_ends_never_cut_a_message_short(raw: bytes) -> None:
    async with smtp_server() as peer:
        await send(peer.port, raw=raw)
        assert peer.received[0].content == (raw if raw.endswith(b"\r\n") else raw + b"\r\n")
        assert len(peer.received) == 1


@pytest.mark.parametrize(
    "raw", [b"a\nb\r\n", b"a\rb\r\n", b"x\r\n.\n\r\n", b"a\n.\nMAIL FROM:<x@y>\r\n"], ids=repr
)
async def test_bare_line_ends_are_refused_before_anything_is_sent(raw: bytes) -> None:
    async with smtp_server() as peer:
        with pytest.raises(InputError, match="bare CR or LF"):
            await send(peer.port, raw=raw)
        assert "MAIL" not in peer.verbs


async def test_one_connection_serves_many_messages() -> None:
    async with smtp_server() as peer, SmtpConnection(account(peer.port)) as connection:
        for _ in range(5):
            await connection.deliver(SENDER, [DEBTOR], RAW, yes)
            assert connection.usable
        assert (peer.connections, len(peer.received)) == (1, 5)


async def test_what_the_caller_forbids_is_not_sent_and_the_connection_stays_good() -> None:
    async with smtp_server() as peer, SmtpConnection(account(peer.port)) as connection:
        assert await connection.deliver(SENDER, [DEBTOR], RAW, no) == Withheld()
        assert peer.received == []
        assert peer.verbs[-1] == "RSET"
        assert isinstance(await connection.deliver(SENDER, [DEBTOR], RAW, yes), Accepted)


async def test_the_caller_is_asked_after_the_envelope_and_before_the_content() -> None:
    seen: list[list[str]] = []
    async with smtp_server() as peer, SmtpConnection(account(peer.port)) as connection:

        async def look() -> bool:
            seen.append([verb for verb in peer.verbs if verb in {"MAIL", "RCPT", "DATA"}])
            return True

        await connection.deliver(SENDER, [DEBTOR, OTHER], RAW, look)
    assert seen == [["MAIL", "RCPT", "RCPT"]]


async def test_an_error_of_the_callers_passes_through_and_nothing_is_sent() -> None:
    async def fail() -> bool:
        raise LookupError("database locked")

    async with smtp_server() as peer, SmtpConnection(account(peer.port)) as connection:
        with pytest.raises(LookupError, match="database locked"):
            await connection.deliver(SENDER, [DEBTOR], RAW, fail)
        assert not connection.usable
        assert peer.received == []


# ── TLS and log-in ───────────────────────────────────────────────────────────────────────────────────────────


async def test_login_over_tls_from_the_first_byte(certificates: Certificates) -> None:
    async with smtp_server(wrap=certificates.good) as peer:
        assert isinstance(
            await send(
                peer.port, tls="tls", ca_file=certificates.ca_file, username="compta", password="sésame"
            ),
            Accepted,
        )


async def test_login_after_starttls(certificates: Certificates) -> None:
    async with smtp_server(tls_context=certificates.good, auth_required=True, require_starttls=True) as peer:
        accepted = await send(
            peer.port, tls="starttls", ca_file=certificates.ca_file, username="compta", password="sésame"
        )
    assert isinstance(accepted, Accepted)


@pytest.mark.parametrize("mode", ["tls", "starttls"])
@pytest.mark.parametrize(
    ("server", "authority", "words"),
    [
        ("good", "other_ca_file", "certificate verify failed"),
        ("expired", "ca_file", "expired"),
        ("elsewhere", "ca_file", "IP address mismatch"),
        ("good", None, "certificate verify failed"),
    ],
)
async def test_a_certificate_that_does_not_verify_stops_the_account(
    certificates: Certificates, mode: str, server: str, authority: str | None, words: str
) -> None:
    serving = getattr(certificates, server)
    options = {"wrap": serving} if mode == "tls" else {"tls_context": serving}
    async with smtp_server(**options) as peer:
        with pytest.raises(SmtpError, match=words) as caught:
            await send(peer.port, tls=mode, ca_file=authority and getattr(certificates, authority))
    assert (caught.value.permanent, caught.value.scope) == (True, Scope.ACCOUNT)
    assert caught.value.phase == ("connect" if mode == "tls" else "starttls")
    assert peer.received == []


async def test_a_server_without_starttls_is_not_spoken_to_in_the_clear() -> None:
    async with smtp_server() as peer:
        with pytest.raises(SmtpError, match="STARTTLS") as caught:
            await send(peer.port, tls="starttls", username="compta", password="sésame")
        assert "AUTH" not in peer.verbs
    assert (caught.value.phase, caught.value.permanent) == ("starttls", True)


async def test_clear_text_leaves_this_machine_only_when_allowed_in_words() -> None:
    with pytest.raises(ConfigError, match="in the clear"):
        SmtpConnection(SmtpAccount("smtp.example", 25, tls="none"))
    SmtpConnection(SmtpAccount("smtp.example", 25, tls="none", allow_cleartext=True))
    SmtpConnection(SmtpAccount("localhost", 25, tls="none"))


async def test_a_wrong_password_is_the_accounts_fault_and_is_tried_once() -> None:
    async with smtp_server() as peer:
        with pytest.raises(SmtpError) as caught:
            await send(peer.port, username="compta", password="wrong")
    error = caught.value
    assert (error.code, error.phase, error.scope, error.permanent) == (535, "auth", Scope.ACCOUNT, True)
    assert "wrong" not in repr(account(peer.port, password="wrong"))


# ── one verb broken ──────────────────────────────────────────────────────────────────────────────────────────

TEMPORARY, FINAL = False, True
NOT_SENT = [
    ("EHLO", say("550 not you"), "ehlo", 550, Scope.ACCOUNT, FINAL),
    ("EHLO", hang_up, "ehlo", None, Scope.ACCOUNT, TEMPORARY),
    ("EHLO", say("421 4.3.2 closing"), "ehlo", 421, Scope.ACCOUNT, TEMPORARY),
    ("AUTH", say("454 4.7.0 try later"), "auth", 454, Scope.ACCOUNT, TEMPORARY),
    ("AUTH", say("535 5.7.8 no"), "auth", 535, Scope.ACCOUNT, FINAL),
    ("AUTH", hang_up, "auth", None, Scope.ACCOUNT, TEMPORARY),
    ("MAIL", say("452 4.3.1 disk full"), "mail", 452, Scope.ACCOUNT, TEMPORARY),
    ("MAIL", say("550 5.1.8 bad sender"), "mail", 550, Scope.ACCOUNT, FINAL),
    ("MAIL", say("552 5.3.4 too large"), "mail", 552, Scope.MESSAGE, FINAL),
    ("MAIL", say("421 too many"), "mail", 421, Scope.ACCOUNT, TEMPORARY),
    ("MAIL", say("what?"), "mail", -1, Scope.ACCOUNT, TEMPORARY),
    ("MAIL", hang_up, "mail", None, Scope.ACCOUNT, TEMPORARY),
    ("MAIL", fall_silent, "mail", None, Scope.ACCOUNT, TEMPORARY),
    ("RCPT", say("550 5.1.1 unknown"), "rcpt", 550, Scope.RECIPIENT, FINAL),
    ("RCPT", say("450 4.2.0 greylisted"), "rcpt", 450, Scope.RECIPIENT, TEMPORARY),
    ("RCPT", say("552 too many recipients"), "rcpt", 552, Scope.RECIPIENT, TEMPORARY),
    ("RCPT", say("550-5.4.5 Daily sending\r\n550 5.4.5 limit"), "rcpt", 550, Scope.ACCOUNT, TEMPORARY),
    ("RCPT", say("554 5.7.1 Relay access denied"), "rcpt", 554, Scope.ACCOUNT, FINAL),
    ("RCPT", say("421 4.7.0 closing"), "rcpt", 421, Scope.ACCOUNT, TEMPORARY),
    ("RCPT", hang_up, "rcpt", None, Scope.ACCOUNT, TEMPORARY),
    ("RCPT", fall_silent, "rcpt", None, Scope.ACCOUNT, TEMPORARY),
    ("DATA", say("554 5.6.0 no"), "data", 554, Scope.MESSAGE, FINAL),
    ("DATA", say("451 4.3.0 later"), "data", 451, Scope.MESSAGE, TEMPORARY),
    ("DATA", say("250 surprise"), "data", 250, Scope.ACCOUNT, TEMPORARY),
    ("DATA", hang_up, "data", None, Scope.ACCOUNT, TEMPORARY),
    ("DATA", fall_silent, "data", None, Scope.ACCOUNT, TEMPORARY),
    ("DATA", after_content("554 5.7.1 spam\r\n"), "dot", 554, Scope.MESSAGE, FINAL),
    ("DATA", after_content("451 4.3.0 later\r\n"), "dot", 451, Scope.MESSAGE, TEMPORARY),
    ("DATA", after_content("421 4.3.2 closing\r\n"), "dot", 421, Scope.ACCOUNT, TEMPORARY),
    ("DATA", after_content("550 5.7.515 not authenticated\r\n"), "dot", 550, Scope.ACCOUNT, FINAL),
]


@pytest.mark.parametrize(("verb", "behaviour", "phase", "code", "scope", "permanent"), NOT_SENT)
async def test_a_refusal_is_known_not_to_be_sent_and_whose_fault_it_is(
    verb: str, behaviour: Any, phase: str, code: int | None, scope: Scope, permanent: bool
) -> None:
    async with smtp_server({verb: behaviour}) as peer:
        with pytest.raises(SmtpError) as caught:
            await send(peer.port, username="compta", password="sésame", timeout=0.3)
    error = caught.value
    assert not isinstance(error, InDoubtError)
    assert (error.phase, error.code, error.scope, error.permanent) == (phase, code, scope, permanent)
    assert peer.received == []


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (drop_in_content, None),
        (after_content(None), None),
        (after_content(None, hang_up=True), None),
        (after_content("25", hang_up=True), None),
        (after_content("250-half\r\n", hang_up=True), None),
        (after_content("good\r\n"), -1),
        (after_content("354 what\r\n"), 354),
    ],
    ids=["drop in content", "silence", "hang up", "half a line", "half an answer", "garbage", "3xx"],
)
async def test_no_clear_answer_after_the_content_leaves_it_in_doubt(behaviour: Any, code: int | None) -> None:
    async with (
        smtp_server({"DATA": behaviour}) as peer,
        SmtpConnection(account(peer.port, dot_timeout=0.3)) as connection,
    ):
        with pytest.raises(InDoubtError) as caught:
            await connection.deliver(SENDER, [DEBTOR], RAW, yes)
        assert not connection.usable
    assert (caught.value.phase, caught.value.code, caught.value.permanent) == ("dot", code, False)


async def test_a_long_message_cut_off_by_the_server_is_in_doubt() -> None:
    async with smtp_server({"DATA": drop_in_content}) as peer:
        with pytest.raises(InDoubtError):
            await send(peer.port, raw=b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 100_000)


async def test_a_refusal_in_the_middle_of_the_content_is_a_refusal_and_ends_the_connection() -> None:
    async def stop_early(self: Any, arg: str) -> None:
        await self.push("354 go on")
        await self._reader.readuntil(b"\r\n")
        await self.push("552 5.3.4 too large")
        await asyncio.Event().wait()

    raw = (b"y" * 70 + b"\r\n") * 200_000
    async with smtp_server({"DATA": stop_early}) as peer, SmtpConnection(account(peer.port)) as connection:
        with pytest.raises(SmtpError, match="too large") as caught:
            await connection.deliver(SENDER, [DEBTOR], raw, yes)
        assert (caught.value.scope, caught.value.permanent) == (Scope.MESSAGE, True)
        assert not isinstance(caught.value, InDoubtError)
        assert not connection.usable


async def test_the_wait_at_the_final_dot_can_be_cut_short_by_cancelling() -> None:
    asked = asyncio.Event()

    async def taken(self: Any, arg: str) -> None:
        await self.push("354 go on")
        await self._reader.readuntil(b"\r\n.\r\n")
        asked.set()
        await asyncio.Event().wait()

    async with (
        smtp_server({"DATA": taken}) as peer,
        SmtpConnection(account(peer.port, dot_timeout=600)) as connection,
    ):
        sending = asyncio.create_task(connection.deliver(SENDER, [DEBTOR], RAW, yes))
        await asked.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert not connection.usable


async def test_a_refusing_greeting_is_the_accounts_fault() -> None:
    async with smtp_server(greeting="554 5.7.1 your address is listed") as peer:
        with pytest.raises(SmtpError) as caught:
            await send(peer.port)
    assert (caught.value.phase, caught.value.code, caught.value.scope) == ("greeting", 554, Scope.ACCOUNT)


async def test_nobody_listening_is_a_temporary_fault_of_the_account() -> None:
    async with smtp_server() as peer:
        pass
    with pytest.raises(SmtpError) as caught:
        await send(peer.port)
    assert (caught.value.phase, caught.value.scope, caught.value.permanent) == (
        "connect",
        Scope.ACCOUNT,
        False,
    )


@pytest.mark.parametrize(
    "answer", ["550 5.1.1 unknown", "450 4.2.0 greylisted", "554 5.7.1 Relay access denied"]
)
async def test_after_a_refused_recipient_the_connection_serves_the_next_message(answer: str) -> None:
    refused = {DEBTOR}
    async with (
        smtp_server({"RCPT": refusing_only(refused, answer)}) as peer,
        SmtpConnection(account(peer.port)) as connection,
    ):
        with pytest.raises(SmtpError):
            await connection.deliver(SENDER, [DEBTOR], RAW, yes)
        assert connection.usable
        refused.clear()
        assert isinstance(await connection.deliver(SENDER, [DEBTOR], RAW, yes), Accepted)
    assert peer.connections == 1


def refusing_only(refused: set[str], answer: str = "550 5.1.1 unknown") -> Any:
    async def verb(self: Any, arg: str) -> None:
        address = arg.partition("<")[2].partition(">")[0]
        if address in refused:
            await self.push(answer)
        else:
            self.envelope.rcpt_tos.append(address)
            await self.push("250 ok")

    return verb


async def test_one_refused_recipient_among_several_is_reported_as_such() -> None:
    async with smtp_server({"RCPT": refusing_only({OTHER})}) as peer:
        accepted = await send(peer.port, DEBTOR, OTHER)
    assert isinstance(accepted, Accepted)
    assert accepted.refused == {OTHER: (550, "5.1.1 unknown")}
    assert peer.received[0].rcpt_tos == [DEBTOR]


async def test_a_copy_alone_is_no_reason_to_send() -> None:
    async with (
        smtp_server({"RCPT": refusing_only({DEBTOR})}) as peer,
        SmtpConnection(account(peer.port)) as connection,
    ):
        with pytest.raises(SmtpError, match="unknown") as caught:
            await connection.deliver(SENDER, [DEBTOR], RAW, yes, copies=[OTHER])
        assert (caught.value.scope, peer.received) == (Scope.RECIPIENT, [])
        assert isinstance(await connection.deliver(SENDER, [OTHER], RAW, yes, copies=[DEBTOR]), Accepted)


async def test_a_message_over_the_servers_size_is_not_even_begun() -> None:
    async with smtp_server(data_size_limit=1000) as peer:
        with pytest.raises(SmtpError, match="1000") as caught:
            await send(peer.port, raw=b"x" * 2000 + b"\r\n")
    assert (caught.value.scope, caught.value.permanent) == (Scope.MESSAGE, True)
    assert "MAIL" not in peer.verbs


@pytest.mark.parametrize(
    "address", ["a@b.example> SIZE=1", "a@b.example\r\nDATA", "é@b.example", "a b@c.example"]
)
async def test_an_address_that_cannot_be_written_is_the_recipients_fault(address: str) -> None:
    async with smtp_server() as peer:
        with pytest.raises(SmtpError) as caught:
            await send(peer.port, address)
    assert (caught.value.scope, caught.value.permanent, peer.received) == (Scope.RECIPIENT, True, [])


async def test_a_server_that_closes_between_messages_is_noticed() -> None:
    async with smtp_server() as peer, SmtpConnection(account(peer.port)) as connection:
        await connection.deliver(SENDER, [DEBTOR], RAW, yes)
        assert connection._client is not None
        assert isinstance(connection._client.transport, asyncio.WriteTransport)
        connection._client.transport.abort()
        assert not connection.usable
        with pytest.raises(SmtpError) as caught:
            await connection.deliver(SENDER, [DEBTOR], RAW, yes)
    assert (caught.value.phase, caught.value.permanent, len(peer.received)) == ("mail", False, 1)


# ── the vendor's errors ──────────────────────────────────────────────────────────────────────────────────────


def vendor_errors() -> list[type[Exception]]:
    found = [kind for _, kind in inspect.getmembers(aiosmtplib.errors, inspect.isclass)]
    return [kind for kind in found if issubclass(kind, Exception) and kind.__module__ == "aiosmtplib.errors"]


def instance(kind: type[Exception]) -> Exception:
    if kind is aiosmtplib.SMTPRecipientsRefused:
        return kind([aiosmtplib.SMTPRecipientRefused(550, "5.1.1 unknown", DEBTOR)])
    given: dict[str, Any] = {"code": 550, "message": "5.1.1 unknown", "sender": SENDER, "recipient": DEBTOR}
    return kind(*(given[name] for name in inspect.signature(kind).parameters))


@pytest.mark.parametrize("kind", vendor_errors(), ids=lambda kind: kind.__name__)
def test_every_error_of_the_vendors_is_mapped(kind: type[Exception]) -> None:
    assert kind in VENDOR_ERRORS
    error = mapped("rcpt", instance(kind))
    assert "unknown" in error.answer
    assert not isinstance(error, InDoubtError)
