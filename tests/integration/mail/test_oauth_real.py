"""Dovecot itself checks the tokens: it asks the identity provider by https about each (RFC 7662)."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from relance_mailer.clock import FixedClock
from relance_mailer.errors import ImapError
from relance_mailer.mail.imap import ImapAccount, Mailbox
from relance_mailer.mail.oauth import Grant, TokenSource
from tests.integration.mail.identities import gmail
from tests.support.identity import USER, IdentityProvider
from tests.support.mailbed import what_is_missing
from tests.support.oauth_dovecot import OAuthDovecot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        what_is_missing() is not None and os.environ.get("RELANCE_REQUIRE_REAL") != "1",
        reason=str(what_is_missing()),
    ),
]


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[IdentityProvider]:
    with IdentityProvider(tmp_path) as provider:
        provider.rotates = True
        yield provider


@pytest.fixture
def source(provider: IdentityProvider, tmp_path: Path) -> TokenSource:
    source = TokenSource(gmail(provider), tmp_path / "tokens.json", FixedClock(NOW))
    told = provider.issue(USER, renewable=True)
    source.keep(Grant(told["access_token"], timedelta(hours=1), told["refresh_token"]))
    return source


def account(dovecot: OAuthDovecot, source: TokenSource) -> ImapAccount:
    return ImapAccount(
        "inbox", "127.0.0.1", dovecot.port, tls="none", username=USER, token=source.token, timeout=20
    )


@pytest.mark.parametrize("mechanism", ["xoauth2", "oauthbearer"])
def test_dovecot_lets_in_by_token_and_by_a_renewed_one(
    mechanism: str, provider: IdentityProvider, source: TokenSource
) -> None:
    with OAuthDovecot(provider, mechanism) as dovecot:
        with Mailbox(account(dovecot, source)) as mailbox:
            assert {folder.role for folder in mailbox.folders()} == {"inbox", "junk", "sent"}, dovecot.log()
        provider.expire()
        with Mailbox(account(dovecot, source)) as mailbox:
            assert mailbox.append("Sent", b"Subject: x\r\n\r\nx\r\n", NOW)
        assert provider.grants("refresh_token") == 1
        provider.revoke()
        with pytest.raises(ImapError, match="run `relance-mailer auth login gmail`") as caught:
            Mailbox(account(dovecot, source)).open()
        assert caught.value.permanent
        assert [secret for secret in provider.issued if secret in str(caught.value)] == []


def test_dovecot_refuses_the_token_of_another_user(provider: IdentityProvider, source: TokenSource) -> None:
    provider.rotates = False
    for user in provider.refresh_tokens:
        provider.refresh_tokens[user] = "somebody@exemple.example"
    provider.expire()
    with OAuthDovecot(provider, "xoauth2") as dovecot:
        with pytest.raises(ImapError, match="status 40") as caught:
            Mailbox(account(dovecot, source)).open()
        assert caught.value.permanent
