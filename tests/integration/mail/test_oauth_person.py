"""A person logs in: by a code on another device, and by a browser that is sent back to this machine."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from relance_mailer.clock import FixedClock
from relance_mailer.errors import MailError
from relance_mailer.mail import oauth_login
from relance_mailer.mail.oauth import TokenSource
from tests.integration.mail.identities import gmail, person
from tests.support.identity import USER, Answer, IdentityProvider

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from relance_mailer.mail.oauth_microsoft import Invitation

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[IdentityProvider]:
    with IdentityProvider(tmp_path) as provider:
        yield provider


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tokens.json"


# ── by device code ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def office(provider: IdentityProvider, path: Path) -> TokenSource:
    return TokenSource(person(provider), path, FixedClock(NOW))


def test_the_provider_is_asked_as_slowly_as_it_wishes(
    provider: IdentityProvider, office: TokenSource
) -> None:
    provider.device.clear()
    provider.device.extend(["authorization_pending", "slow_down", "authorization_pending", "slow_down"])
    told: list[Invitation] = []
    waits: list[float] = []
    tokens = oauth_login.by_device_code(office, told.append, waits.append)
    assert [(one.url, one.code, one.seconds) for one in told] == [
        (f"{provider.url}/devicelogin", "BDWP-HQPK", 900)
    ]
    assert waits == [2, 2, 7, 7, 12]
    assert tokens.who == USER
    assert tokens.expires_at == NOW + timedelta(hours=1)
    assert provider.accepts(office.token(), USER)
    [asked] = [form for path, form in provider.requests if path.endswith("/devicecode")]
    assert sorted(asked["scope"].split()) == [
        "https://outlook.office.com/IMAP.AccessAsUser.All",
        "https://outlook.office.com/SMTP.Send",
        "offline_access",
        "openid",
        "profile",
    ]


def test_what_was_got_can_be_renewed(provider: IdentityProvider, path: Path) -> None:
    provider.device.clear()
    clock = FixedClock(NOW)
    office = TokenSource(person(provider), path, clock)
    first = oauth_login.by_device_code(office, lambda _: None, lambda _: None)
    clock.set(NOW + timedelta(days=1))
    assert office.token() != first.access_token
    assert provider.accepts(office.token(), USER)


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("authorization_declined", "the log-in was declined: run `relance-mailer auth login office` again"),
        ("access_denied", "the log-in was declined"),
        ("expired_token", "not entered in time"),
        ("code_expired", "not entered in time"),
        ("unauthorized_client", "the identity provider refuses: unauthorized_client"),
    ],
)
def test_a_log_in_that_fails_leaves_nothing(
    end: str, words: str, provider: IdentityProvider, office: TokenSource, path: Path
) -> None:
    provider.device.append(end)
    with pytest.raises(MailError) as caught:
        oauth_login.by_device_code(office, lambda _: None, lambda _: None)
    assert caught.value.permanent
    assert words in caught.value.answer
    assert not path.exists()


def test_a_person_who_never_comes_is_not_waited_for_without_end(
    provider: IdentityProvider, office: TokenSource, path: Path
) -> None:
    provider.device.extend(["authorization_pending"] * 1_000)
    waits: list[float] = []
    with pytest.raises(MailError, match="not entered in time"):
        oauth_login.by_device_code(office, lambda _: None, waits.append)
    assert sum(waits) == 900
    assert not path.exists()


def test_a_provider_that_stumbles_meanwhile_is_asked_on_more_slowly(
    provider: IdentityProvider, office: TokenSource
) -> None:
    provider.answers.extend([Answer(500), Answer(200, b"<html>")])
    waits: list[float] = []
    assert oauth_login.by_device_code(office, lambda _: None, waits.append).who == USER
    assert waits == [2, 4, 8, 8]


def test_ctrl_c_leaves_nothing(office: TokenSource, path: Path) -> None:
    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        oauth_login.by_device_code(office, lambda _: None, interrupt)
    assert not path.exists()


# ── by browser ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def google(provider: IdentityProvider, path: Path) -> TokenSource:
    return TokenSource(gmail(provider), path, FixedClock(NOW))


def browse(provider: IdentityProvider, url: str) -> str:
    """What a browser does at the provider; the address to which it is sent back."""
    answer = requests.get(url, verify=provider.ca_file, allow_redirects=False, timeout=10)
    assert answer.status_code == 302
    return answer.headers["Location"]


def test_the_browser_comes_back_to_this_machine(provider: IdentityProvider, google: TokenSource) -> None:
    pages: list[tuple[int, str]] = []

    def person_at_the_browser(url: str) -> None:
        address = browse(provider, url)
        root = address.partition("?")[0]
        for asked in (f"{root}/favicon.ico", f"{root}/?state=guessed&code=stolen", address):
            answer = requests.get(asked, timeout=10)
            pages.append((answer.status_code, answer.text))

    threads: list[threading.Thread] = []

    def tell(url: str) -> None:
        threads.append(threading.Thread(target=person_at_the_browser, args=(url,)))
        threads[0].start()

    tokens = oauth_login.by_browser(google, tell)
    threads[0].join()
    assert [status for status, _ in pages] == [404, 404, 200]
    assert "close this page" in pages[-1][1]
    assert tokens.who == USER
    assert provider.accepts(google.token(), USER)
    [asked] = [form for path, form in provider.requests if path == "/o/oauth2/v2/auth"]
    assert asked["scope"] == "openid email https://mail.google.com/"
    assert asked["code_challenge_method"] == "S256"
    assert (asked["access_type"], asked["prompt"]) == ("offline", "consent")
    assert urlsplit(asked["redirect_uri"]).hostname == "127.0.0.1"


def test_the_address_may_be_pasted(provider: IdentityProvider, google: TokenSource) -> None:
    told: list[str] = []
    tokens = oauth_login.by_browser(google, told.append, lambda: f"  {browse(provider, told[0])}\n")
    assert provider.accepts(tokens.access_token, USER)


def paste(provider: IdentityProvider, google: TokenSource, change: str) -> str:
    """What comes of an address that was changed on its way."""
    told: list[str] = []

    def pasted() -> str:
        address = browse(provider, told[0])
        values = {key: one[0] for key, one in parse_qs(urlsplit(address).query).items()}
        changed = {
            "another log-in": f"http://127.0.0.1/?state=other&code={values.get('code')}",
            "no state": f"http://127.0.0.1/?code={values.get('code')}",
            "cut": address[:30],
            "no code": f"http://127.0.0.1/?state={values['state']}",
            "another code": f"http://127.0.0.1/?state={values['state']}&code=stolen",
            "as it is": address,
        }
        return changed[change]

    with pytest.raises(MailError) as caught:
        oauth_login.by_browser(google, told.append, pasted)
    assert caught.value.permanent
    assert google.held() is None
    return caught.value.answer


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("another log-in", "belongs to no log-in that was begun here"),
        ("no state", "belongs to no log-in that was begun here"),
        ("cut", "belongs to no log-in that was begun here"),
        ("no code", "holds no code"),
        ("another code", "invalid_grant (Malformed auth code.)"),
    ],
)
def test_an_address_that_is_not_the_answer_is_refused(
    change: str, words: str, provider: IdentityProvider, google: TokenSource
) -> None:
    assert words in paste(provider, google, change)


def test_a_person_may_decline(provider: IdentityProvider, google: TokenSource) -> None:
    provider.consents = False
    assert "access_denied" in paste(provider, google, "as it is")


def test_a_person_must_tick_the_permission(provider: IdentityProvider, google: TokenSource) -> None:
    provider.scope = "openid email"
    assert "https://mail.google.com/ was not given" in paste(provider, google, "as it is")


def test_a_code_without_its_proof_opens_nothing(provider: IdentityProvider, google: TokenSource) -> None:
    told: list[str] = []
    with pytest.raises(MailError, match="Malformed auth code"):
        oauth_login.by_browser(
            google,
            told.append,
            lambda: browse(provider, told[0].replace("code_challenge=", "code_challenge=x")),
        )
