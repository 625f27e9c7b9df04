"""check looks at mail servers: reach, protection, login, folders, abilities; each failure with its own remedy."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from relance_mailer.mail.imap import ImapAccount
from relance_mailer.mail.smtp import SmtpAccount
from relance_mailer.services import check as checks
from relance_mailer.services.check import Finding, Level
from tests.integration.mail.imap_server import PASSWORD, USER, imap_server
from tests.integration.mail.servers import fall_silent, say, serving, smtp_server

NOW = datetime.now(UTC)  # noqa: TID251 - certificates are verified by the system's own clock


def smtp(port: int, **changes: Any) -> SmtpAccount:
    given = {"tls": "none", "username": "compta", "password": "sésame", "timeout": 5}
    return SmtpAccount("127.0.0.1", port, **{**given, **changes})


def imap(port: int, **changes: Any) -> ImapAccount:
    given = {"tls": "none", "username": USER, "password": PASSWORD, "timeout": 5}
    return ImapAccount("inbox", "127.0.0.1", port, **{**given, **changes})


def words(findings: list[Finding]) -> list[str]:
    return [found.words for found in findings]


def authority(folder: Path, *, ends_in: timedelta) -> tuple[Any, str]:
    """A server's certificate that ends so soon, and the file of its authority."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    certificate = ca.issue_cert("127.0.0.1", not_before=NOW - timedelta(days=1), not_after=NOW + ends_in)
    return serving(certificate), str(folder / "ca.pem")


# ── SMTP ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_sending_server_that_answers_is_well_and_is_sent_nothing() -> None:
    async with smtp_server() as peer:
        reached, can = await checks.of_smtp(smtp(peer.port), "en", NOW)
    assert (reached.level, reached.what) == (Level.OK, "smtp")
    assert reached.words == f"127.0.0.1:{peer.port} answers, clear text, login accepted"
    assert "messages up to 34\u00a0MB" in can.words
    assert "login by LOGIN PLAIN" in can.words or "login by PLAIN LOGIN" in can.words
    assert can.words.endswith("; without SMTPUTF8, DSN, which reminders do not need")
    assert peer.received == []
    assert not {"MAIL", "RCPT", "DATA"} & set(peer.verbs)


async def test_without_a_login_it_is_reached_all_the_same() -> None:
    async with smtp_server() as peer:
        reached, _ = await checks.of_smtp(smtp(peer.port, username=""), "en", NOW)
    assert reached.words.endswith("clear text, no login")


async def test_a_wrong_password_is_told_by_the_servers_own_words_after_what_worked() -> None:
    async with smtp_server() as peer:
        reached, refused = await checks.of_smtp(smtp(peer.port, password="wrong"), "en", NOW)
    assert (reached.level, refused.level) == (Level.OK, Level.ERROR)
    assert reached.words.endswith("answers, clear text")
    assert "535" in refused.words or "credentials" in refused.words
    assert refused.remedy == "check username and the password"
    assert "wrong" not in refused.words


@pytest.mark.parametrize(
    ("answer", "remedy"),
    [
        ("535 5.7.139 Authentication unsuccessful, basic authentication is disabled.", "Authenticated SMTP"),
        ("535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled", "Microsoft 365"),
        ("534 5.7.9 Application-specific password required.", "app password"),
        ("535-5.7.8 Username and Password not accepted. BadCredentials x - gsmtp", "app password"),
        ("535 5.7.8 Error: authentication failed", "check username"),
    ],
)
async def test_what_large_services_refuse_passwords_with_has_its_own_remedy(answer: str, remedy: str) -> None:
    async with smtp_server({"AUTH": say(answer.replace("535-", "535 "))}) as peer:
        *_, refused = await checks.of_smtp(smtp(peer.port), "en", NOW)
    assert refused.level is Level.ERROR
    assert remedy in refused.remedy


async def test_a_server_that_takes_only_tokens_says_so() -> None:
    ehlo = say("250-127.0.0.1\r\n250-SIZE 1000000\r\n250 AUTH XOAUTH2")
    async with smtp_server({"EHLO": ehlo}) as peer:
        *_, refused = await checks.of_smtp(smtp(peer.port), "en", NOW)
    assert refused.level is Level.ERROR
    assert "takes no password any more" in refused.remedy
    assert "auth login" in refused.remedy


async def test_a_server_without_starttls_is_not_said_to_have_a_bad_certificate() -> None:
    async with smtp_server() as peer:
        *_, refused = await checks.of_smtp(smtp(peer.port, tls="starttls"), "en", NOW)
    assert refused.level is Level.ERROR
    assert "no STARTTLS on this port: take port 465" in refused.remedy
    assert "certificate" not in refused.remedy


@pytest.mark.parametrize("answer", ["250-127.0.0.1\r\n250 SIZE 1000000", "250 127.0.0.1"])
async def test_a_server_that_offers_no_login_is_told_as_such(answer: str) -> None:
    async with smtp_server({"EHLO": say(answer)}) as peer:
        *_, refused = await checks.of_smtp(smtp(peer.port), "en", NOW)
    assert "offered: none" in refused.words
    assert "leave username empty" in refused.remedy


async def test_a_server_that_offers_login_only_after_starttls_says_so() -> None:
    async with smtp_server({"EHLO": say("250-127.0.0.1\r\n250 STARTTLS")}) as peer:
        *_, refused = await checks.of_smtp(smtp(peer.port), "en", NOW)
    assert "only after STARTTLS" in refused.remedy
    assert 'tls = "starttls"' in refused.remedy


async def test_tls_is_told_with_its_version_and_the_certificates_end(tmp_path: Path) -> None:
    context, ca_file = authority(tmp_path, ends_in=timedelta(days=90))
    async with smtp_server(wrap=context) as peer:
        reached, _ = await checks.of_smtp(smtp(peer.port, tls="tls", ca_file=ca_file), "en", NOW)
    assert reached.level is Level.OK
    assert "TLSv1.3, certificate until" in reached.words


async def test_a_certificate_that_ends_soon_is_warned_of(tmp_path: Path) -> None:
    context, ca_file = authority(tmp_path, ends_in=timedelta(days=13))
    async with smtp_server(wrap=context) as peer:
        reached, _ = await checks.of_smtp(smtp(peer.port, tls="tls", ca_file=ca_file), "en", NOW)
    assert reached.level is Level.WARNING
    assert "ends soon" in reached.remedy


async def test_an_unknown_authority_is_told_as_such() -> None:
    certificate = trustme.CA().issue_cert("127.0.0.1")
    async with smtp_server(wrap=serving(certificate)) as peer:
        [found] = await checks.of_smtp(smtp(peer.port, tls="tls"), "en", NOW)
    assert found.level is Level.ERROR
    assert "certificate" in found.remedy


async def test_a_server_that_falls_silent_is_given_up_in_time() -> None:
    async with smtp_server({"EHLO": fall_silent, "HELO": fall_silent}) as peer:
        [found] = await checks.of_smtp(smtp(peer.port, timeout=0.3), "en", NOW)
    assert found.level is Level.ERROR
    assert "firewall" in found.remedy


async def test_a_dead_port_is_told_in_the_systems_plain_words() -> None:
    [found] = await checks.of_smtp(smtp(9), "en", NOW)
    assert found.words == "127.0.0.1:9 – connect: Connection refused"


# ── IMAP ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def look(account: ImapAccount) -> list[Finding]:
    return await asyncio.to_thread(checks.of_imap, account, "en", NOW)


async def test_a_mailbox_tells_its_folders_which_are_missing_and_what_its_server_can_do() -> None:
    async with imap_server() as peer:
        await peer.add_folder("Sent")
        reached, folders, missing, can = await look(imap(peer.port))
    assert (reached.level, reached.what) == (Level.OK, "imap inbox")
    assert folders.words == "folders read: INBOX (inbox), Sent (sent)"
    assert (missing.level, missing.words) == (Level.WARNING, "folder not found: \\Junk")
    assert can.level is Level.OK
    assert can.words.startswith("can do: IDLE, UIDPLUS, MOVE; without CONDSTORE")
    assert "without SPECIAL-USE: folders are recognised by their names" in can.words


async def test_a_refused_login_to_the_mailbox_is_an_error_after_what_worked() -> None:
    async with imap_server() as peer:
        reached, refused = await look(imap(peer.port, password="no"))
    assert (reached.level, refused.level) == (Level.OK, Level.ERROR)
    assert refused.what == "imap inbox"
    assert refused.remedy == "check username and the password"


async def test_without_a_username_a_mailbox_is_only_reached() -> None:
    async with imap_server() as peer:
        [reached] = await look(imap(peer.port, username=""))
    assert reached.words == f"127.0.0.1:{peer.port} answers, clear text"


async def test_a_mailboxs_certificate_is_told(tmp_path: Path) -> None:
    context, ca_file = authority(tmp_path, ends_in=timedelta(days=3))
    async with imap_server(context) as peer:
        reached, *_ = await look(imap(peer.port, tls="tls", ca_file=ca_file))
    assert reached.level is Level.WARNING
    assert "TLSv1.3, certificate until" in reached.words


async def test_a_mailbox_with_an_untrusted_certificate_is_an_error() -> None:
    async with imap_server(serving(trustme.CA().issue_cert("127.0.0.1"))) as peer:
        [found] = await look(imap(peer.port, tls="tls"))
    assert found.level is Level.ERROR
    assert "certificate" in found.remedy


async def test_a_mailbox_without_starttls_is_sent_to_the_port_of_its_own_kind() -> None:
    async with imap_server() as peer:
        *_, found = await look(imap(peer.port, tls="starttls"))
    assert "no STARTTLS on this port: take port 993" in found.remedy


async def test_a_dead_mailbox_is_told_in_the_systems_plain_words() -> None:
    [found] = await look(imap(9))
    assert found.words == "127.0.0.1:9 – connect: Connection refused"
