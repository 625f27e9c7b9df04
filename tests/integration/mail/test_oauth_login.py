"""Logging in to mail servers by access token: the right words, one renewal, and what a refusal says."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from relance_mailer.clock import FixedClock
from relance_mailer.errors import ImapError, Scope, SmtpError
from relance_mailer.mail.imap import ImapAccount, Mailbox
from relance_mailer.mail.oauth import Grant, TokenSource
from relance_mailer.mail.smtp import Accepted, SmtpAccount, SmtpConnection
from tests.integration.mail.identities import application, person
from tests.integration.mail.token_servers import DISMISSAL, TokenPeer, token_imap_server, token_smtp_server
from tests.support.identity import USER, IdentityProvider

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.mail.servers import Certificates

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
RAW = b"From: compta@exemple.example\r\nTo: a@b.example\r\nSubject: x\r\n\r\nx\r\n"
MECHANISMS = pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[IdentityProvider]:
    with IdentityProvider(tmp_path) as provider:
        yield provider


@pytest.fixture
def source(provider: IdentityProvider, tmp_path: Path) -> TokenSource:
    return TokenSource(application(provider), tmp_path / "tokens.json", FixedClock(NOW))


def smtp(peer: TokenPeer, source: TokenSource, certificates: Certificates) -> SmtpAccount:
    return SmtpAccount(
        "127.0.0.1",
        peer.port,
        tls="tls",
        username=USER,
        token=source.token,
        ca_file=certificates.ca_file,
        timeout=10,
        local_hostname="test.example",
    )


def imap(peer: TokenPeer, source: TokenSource) -> ImapAccount:
    return ImapAccount(
        "inbox", "127.0.0.1", peer.port, tls="none", username=USER, token=source.token, timeout=10
    )


async def allow() -> bool:
    return True


async def connect(account: SmtpAccount) -> None:
    async with SmtpConnection(account):
        pass


@contextmanager
def refused_smtp() -> Iterator[pytest.ExceptionInfo[SmtpError]]:
    with pytest.raises(SmtpError) as caught:
        yield caught
    assert caught.value.scope is Scope.ACCOUNT
    assert caught.value.phase == "auth"


# ── SMTP ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@MECHANISMS
async def test_a_message_leaves_under_the_right_token(
    mechanism: str, provider: IdentityProvider, source: TokenSource, certificates: Certificates
) -> None:
    async with token_smtp_server(provider.accepts, certificates.good, (mechanism,)) as peer:
        async with SmtpConnection(smtp(peer, source, certificates)) as connection:
            done = await connection.deliver(USER, ["a@b.example"], RAW, allow)
        assert isinstance(done, Accepted)
        assert [(how, let_in) for how, _, let_in in peer.logins] == [(mechanism, True)]
        assert len(peer.received) == 1


async def test_the_standard_s_mechanism_comes_first(
    provider: IdentityProvider, source: TokenSource, certificates: Certificates
) -> None:
    both = ("XOAUTH2", "OAUTHBEARER")
    async with token_smtp_server(provider.accepts, certificates.good, both) as peer:
        await connect(smtp(peer, source, certificates))
    assert [how for how, _, _ in peer.logins] == ["OAUTHBEARER"]


async def test_tokens_as_long_as_microsoft_s_are_shown_whole(
    provider: IdentityProvider, source: TokenSource, certificates: Certificates
) -> None:
    provider.padding = 5_000
    async with token_smtp_server(provider.accepts, certificates.good) as peer:
        await connect(smtp(peer, source, certificates))
    assert [let_in for *_, let_in in peer.logins] == [True]


@MECHANISMS
async def test_an_expired_token_is_renewed_once_and_then_serves(
    mechanism: str, provider: IdentityProvider, source: TokenSource, certificates: Certificates
) -> None:
    source.token()
    provider.expire()
    async with token_smtp_server(provider.accepts, certificates.good, (mechanism,)) as peer:
        await connect(smtp(peer, source, certificates))
        assert [let_in for *_, let_in in peer.logins] == [False, True]
        assert peer.dismissals == [DISMISSAL[mechanism]]
        await connect(smtp(peer, source, certificates))
        assert [let_in for *_, let_in in peer.logins] == [False, True, True], "the renewed one was kept"
    assert provider.grants("client_credentials") == 2


@pytest.mark.parametrize(("mechanism", "status"), [("XOAUTH2", "400"), ("OAUTHBEARER", "invalid_token")])
async def test_a_fresh_token_that_is_refused_too_ends_it_with_the_server_s_words(
    mechanism: str, status: str, provider: IdentityProvider, source: TokenSource, certificates: Certificates
) -> None:
    async with token_smtp_server(lambda *_: False, certificates.good, (mechanism,)) as peer:
        with refused_smtp() as caught:
            await connect(smtp(peer, source, certificates))
        assert len(peer.logins) == 2
    assert caught.value.permanent
    assert caught.value.code == 535
    assert caught.value.answer == f"5.7.8 Error: authentication failed (status {status}, scope mail)"


async def test_a_refusal_for_now_spends_no_token(
    provider: IdentityProvider, source: TokenSource, certificates: Certificates
) -> None:
    async with token_smtp_server(lambda *_: False, certificates.good) as peer:
        peer.refusal = "454 4.7.0 Temporary authentication failure"
        with refused_smtp() as caught:
            await connect(smtp(peer, source, certificates))
        assert len(peer.logins) == 1
    assert not caught.value.permanent
    assert provider.grants("client_credentials") == 1


async def test_a_server_that_knows_no_tokens_is_told_as_such(
    provider: IdentityProvider, source: TokenSource, certificates: Certificates
) -> None:
    async with token_smtp_server(provider.accepts, certificates.good, ()) as peer:
        with refused_smtp() as caught:
            await connect(smtp(peer, source, certificates))
    assert caught.value.permanent
    assert "offers no log-in by OAuth 2" in caught.value.answer


async def test_a_withdrawn_permission_is_the_account_s_trouble(
    provider: IdentityProvider, tmp_path: Path, certificates: Certificates
) -> None:
    source = TokenSource(person(provider), tmp_path / "person.json", FixedClock(NOW))
    told = provider.issue(USER, renewable=True)
    source.keep(Grant(told["access_token"], timedelta(hours=1), told["refresh_token"]))
    provider.revoke()
    async with token_smtp_server(provider.accepts, certificates.good) as peer:
        with refused_smtp() as caught:
            await connect(smtp(peer, source, certificates))
    assert caught.value.permanent
    assert "run `relance-mailer auth login office`" in caught.value.answer


async def test_without_a_token_no_server_is_troubled(
    provider: IdentityProvider, source: TokenSource, certificates: Certificates
) -> None:
    provider.secret = "another"
    async with token_smtp_server(provider.accepts, certificates.good) as peer:
        with refused_smtp():
            await connect(smtp(peer, source, certificates))
        assert peer.logins == []


async def test_a_server_that_repeats_the_token_does_not_bring_it_into_our_words(
    provider: IdentityProvider, source: TokenSource, certificates: Certificates
) -> None:
    async with token_smtp_server(lambda *_: False, certificates.good) as peer:
        token = source.token()
        provider.answers.clear()
        peer.refusal = f"535 5.7.8 bad token {token}"
        other = replace(smtp(peer, source, certificates), token=lambda _: token)
        with refused_smtp() as caught:
            await connect(other)
    assert caught.value.answer.startswith("5.7.8 bad token …")


# ── IMAP ─────────────────────────────────────────────────────────────────────────────────────────────────────────

INITIAL = pytest.mark.parametrize("initial", [True, False], ids=["SASL-IR", "no SASL-IR"])


@MECHANISMS
@INITIAL
def test_a_mailbox_opens_by_the_right_token(
    mechanism: str, initial: bool, provider: IdentityProvider, source: TokenSource
) -> None:
    provider.padding = 5_000
    with token_imap_server(provider.accepts, mechanisms=(mechanism,), initial=initial) as peer:
        with Mailbox(imap(peer, source)):
            pass
        assert [(how, let_in) for how, _, let_in in peer.logins] == [(mechanism, True)]


@MECHANISMS
@INITIAL
def test_a_mailbox_s_expired_token_is_renewed_once_and_then_serves(
    mechanism: str, initial: bool, provider: IdentityProvider, source: TokenSource
) -> None:
    source.token()
    provider.expire()
    with token_imap_server(provider.accepts, mechanisms=(mechanism,), initial=initial) as peer:
        with Mailbox(imap(peer, source)):
            pass
        assert [let_in for *_, let_in in peer.logins] == [False, True]
        assert peer.dismissals == [DISMISSAL[mechanism]]


@pytest.mark.parametrize(("mechanism", "status"), [("XOAUTH2", "400"), ("OAUTHBEARER", "invalid_token")])
def test_a_mailbox_that_refuses_a_fresh_token_says_why(
    mechanism: str, status: str, provider: IdentityProvider, source: TokenSource
) -> None:
    with token_imap_server(lambda *_: False, mechanisms=(mechanism,)) as peer:
        with pytest.raises(ImapError) as caught, Mailbox(imap(peer, source)):
            pass
        assert len(peer.logins) == 2
    assert caught.value.permanent
    assert caught.value.phase == "auth"
    assert f"Authentication failed. (status {status}, scope mail)" in caught.value.answer


def test_a_mailbox_away_for_a_while_spends_no_token(provider: IdentityProvider, source: TokenSource) -> None:
    words = "NO [UNAVAILABLE] backend is down"
    with token_imap_server(lambda *_: False, refusal=words) as peer:
        with pytest.raises(ImapError) as caught, Mailbox(imap(peer, source)):
            pass
        assert len(peer.logins) == 1
    assert not caught.value.permanent
    assert provider.grants("client_credentials") == 1


def test_a_server_that_hangs_up_on_an_expired_token_is_opened_the_next_time(
    provider: IdentityProvider, source: TokenSource
) -> None:
    source.token()
    provider.expire()
    with token_imap_server(provider.accepts, patience=1) as peer:
        with pytest.raises(ImapError) as caught, Mailbox(imap(peer, source)):
            pass
        assert not caught.value.permanent
        with Mailbox(imap(peer, source)):
            pass
        assert [let_in for *_, let_in in peer.logins] == [False, True]


def test_a_mailbox_without_tokens_or_server_without_mechanism_is_permanent(
    provider: IdentityProvider, source: TokenSource
) -> None:
    with token_imap_server(provider.accepts, mechanisms=("PLAIN",)) as peer:
        with pytest.raises(ImapError, match=r"no log-in by OAuth 2 \(offered: PLAIN") as caught:
            Mailbox(imap(peer, source)).open()
        assert caught.value.permanent
        provider.secret = "another"
        source.forget()
        with pytest.raises(ImapError, match="invalid_client") as caught:
            Mailbox(imap(peer, source)).open()
        assert caught.value.permanent
        assert peer.logins == []


# ── secrets ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_no_token_shows_in_the_log_or_in_an_account(
    provider: IdentityProvider,
    source: TokenSource,
    certificates: Certificates,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in ("", "imapclient", "imapclient.imaplib", "aiosmtplib", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    source.token()
    provider.expire()
    async with token_smtp_server(provider.accepts, certificates.good) as peer:
        account = smtp(peer, source, certificates)
        logging.getLogger("mail.log").setLevel(
            logging.CRITICAL
        )  # the test's own server, which logs what it gets
        await connect(account)
    with token_imap_server(provider.accepts) as box, Mailbox(imap(box, source)):
        text = caplog.text + repr(account) + repr(imap(box, source))
    assert "imapclient" in caplog.text
    assert [secret for secret in provider.issued if secret in text] == []
