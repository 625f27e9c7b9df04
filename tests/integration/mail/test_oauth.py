"""Tokens from a real identity provider by https: got, kept, renewed in time, and no secret told."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import traceback
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from relance_mailer.clock import FixedClock
from relance_mailer.errors import MailError, Scope
from relance_mailer.mail.oauth import Grant, Identity, TokenSource
from tests.integration.mail.identities import application, gmail, person, robot
from tests.support.identity import SECRET, USER, Answer, IdentityProvider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
WHO = "compta@exemple.example"

FLOWS = pytest.mark.parametrize("flow", [application, person, gmail, robot])
BY_PERSON = pytest.mark.parametrize("flow", [person, gmail])


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[IdentityProvider]:
    with IdentityProvider(tmp_path) as provider:
        yield provider


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tokens.json"


@pytest.fixture
def logged_in(provider: IdentityProvider, clock: FixedClock, path: Path) -> Callable[[Identity], TokenSource]:
    """An identity with a log-in of an hour: a person's done, an application's not yet needed."""

    def log_in(identity: Identity) -> TokenSource:
        source = TokenSource(identity, path, clock)
        if identity.by_person:
            told = provider.issue(USER, renewable=True)
            grant = Grant(told["access_token"], timedelta(hours=1), told["refresh_token"], WHO)
            source.keep(grant)
        else:
            source.fetch()
        return source

    return log_in


def refusal(do: Callable[[], object]) -> MailError:
    """The account's trouble that something ends in."""
    with pytest.raises(MailError) as caught:
        do()
    assert caught.value.scope is Scope.ACCOUNT
    assert caught.value.phase == "auth"
    return caught.value


# ── got and renewed ──────────────────────────────────────────────────────────────────────────────────────────────


@FLOWS
def test_a_token_is_kept_until_five_minutes_before_its_end_and_then_renewed(
    flow: Callable[..., Identity],
    provider: IdentityProvider,
    clock: FixedClock,
    logged_in: Callable[[Identity], TokenSource],
) -> None:
    source = logged_in(flow(provider))
    first = source.token()
    asked = len(provider.requests)
    clock.set(NOW + timedelta(minutes=54, seconds=59))
    assert source.token() == first
    assert len(provider.requests) == asked
    clock.set(NOW + timedelta(minutes=55))
    second = source.token()
    assert second != first
    assert provider.accepts(second, USER)
    held = source.held()
    assert held is not None
    assert timedelta(minutes=59) < held.expires_at - clock.now() <= timedelta(minutes=60)


@FLOWS
def test_another_process_uses_what_lies_in_the_file(
    flow: Callable[..., Identity],
    provider: IdentityProvider,
    clock: FixedClock,
    path: Path,
    logged_in: Callable[[Identity], TokenSource],
) -> None:
    token = logged_in(flow(provider)).token()
    asked = len(provider.requests)
    assert TokenSource(flow(provider), path, clock).token() == token
    assert len(provider.requests) == asked


@FLOWS
def test_a_token_that_a_server_refused_is_renewed_at_once_and_only_once_for_all(
    flow: Callable[..., Identity],
    provider: IdentityProvider,
    clock: FixedClock,
    path: Path,
    logged_in: Callable[[Identity], TokenSource],
) -> None:
    source = logged_in(flow(provider))
    refused = source.token()
    fresh = source.token(refused)
    asked = len(provider.requests)
    assert fresh != refused
    assert TokenSource(flow(provider), path, clock).token(refused) == fresh, "the other one was refused, too"
    assert len(provider.requests) == asked


def test_what_the_clock_says_counts_and_not_what_the_vendors_think(
    provider: IdentityProvider, path: Path
) -> None:
    past = FixedClock(datetime(2001, 1, 1, tzinfo=UTC))
    for identity in (application(provider), robot(provider)):
        source = TokenSource(replace(identity, name=identity.flow), path.with_name(identity.flow), past)
        source.token()
        held = source.held()
        assert held is not None
        assert timedelta(minutes=59) < held.expires_at - past.now() <= timedelta(hours=1)


@BY_PERSON
def test_a_new_refresh_token_replaces_the_old_one(
    flow: Callable[..., Identity],
    provider: IdentityProvider,
    clock: FixedClock,
    logged_in: Callable[[Identity], TokenSource],
) -> None:
    provider.rotates = True
    source = logged_in(flow(provider))
    for hour in (1, 2, 3):
        clock.set(NOW + timedelta(hours=hour))
        assert provider.accepts(source.token(), USER)
    held = source.held()
    assert held is not None
    assert held.refresh_token in provider.refresh_tokens
    assert held.who == WHO
    assert provider.grants("refresh_token") == 3


PROCESS = """
import json, sys
from datetime import datetime
from pathlib import Path
from relance_mailer.clock import FixedClock
from relance_mailer.mail.oauth import Identity, TokenSource
told = json.loads(sys.argv[1])
identity = Identity(**told["identity"] | {"scopes": ()})
source = TokenSource(identity, Path(told["path"]), FixedClock(datetime.fromisoformat(told["now"])))
print("ready", flush=True)
sys.stdin.readline()
print(source.token(), flush=True)
"""


def test_processes_that_renew_at_the_same_time_lose_no_rotated_refresh_token(
    provider: IdentityProvider, path: Path, logged_in: Callable[[Identity], TokenSource]
) -> None:
    provider.rotates = True
    source = logged_in(person(provider))
    late = NOW + timedelta(hours=1)
    told = {"identity": asdict(source.identity), "path": str(path), "now": late.isoformat()}
    command = [sys.executable, "-c", PROCESS, json.dumps(told)]
    runs = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    for run in runs:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
    for run in runs:
        assert run.stdin is not None
        run.stdin.write("\n")
        run.stdin.flush()
    tokens = {run.communicate(timeout=60)[0].strip() for run in runs}
    assert len(tokens) == 1
    assert provider.accepts(tokens.pop(), USER)
    assert provider.grants("refresh_token") == 1
    held = source.held()
    assert held is not None
    assert held.refresh_token in provider.refresh_tokens


def test_a_thread_that_waits_for_the_lock_takes_what_the_other_got(
    provider: IdentityProvider, path: Path, clock: FixedClock, logged_in: Callable[[Identity], TokenSource]
) -> None:
    provider.rotates = True
    source = logged_in(person(provider))
    clock.set(NOW + timedelta(hours=1))
    tokens: list[str] = []
    threads = [threading.Thread(target=lambda: tokens.append(source.token())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens) == 6
    assert len(set(tokens)) == 1
    assert provider.grants("refresh_token") == 1


# ── what goes wrong with the provider ────────────────────────────────────────────────────────────────────────────


@BY_PERSON
def test_a_withdrawn_permission_asks_for_a_new_login(
    flow: Callable[..., Identity],
    provider: IdentityProvider,
    clock: FixedClock,
    logged_in: Callable[[Identity], TokenSource],
) -> None:
    source = logged_in(flow(provider))
    provider.revoke()
    clock.set(NOW + timedelta(minutes=55, seconds=1))
    error = refusal(source.token)
    assert error.permanent
    assert "invalid_grant (Token has been expired or revoked. Trace ID: 7)" in error.answer
    assert error.answer.endswith(f"run `relance-mailer auth login {source.identity.name}`")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda provider: setattr(provider, "secret", "another"), "AADSTS7000215"),
        (
            lambda provider: provider.answers.append(Answer(400, b'{"error": "invalid_scope"}')),
            "invalid_scope",
        ),
        (lambda provider: provider.answers.append(Answer(404, b"<html>not here</html>")), "HTTP 404"),
    ],
)
def test_what_only_a_person_can_mend_is_permanent(
    spoil: Callable[[IdentityProvider], None], words: str, provider: IdentityProvider, path: Path
) -> None:
    spoil(provider)
    error = refusal(TokenSource(application(provider), path, FixedClock(NOW)).token)
    assert error.permanent
    assert words in error.answer


def test_a_directory_that_does_not_exist_is_told_in_the_provider_s_words(
    provider: IdentityProvider, path: Path
) -> None:
    error = refusal(TokenSource(application(provider, tenant="other.example"), path, FixedClock(NOW)).token)
    assert error.permanent
    assert "AADSTS90002: Tenant 'other.example' not found." in error.answer


def test_a_service_account_without_delegation_is_told_so(provider: IdentityProvider, path: Path) -> None:
    provider.delegates.clear()
    error = refusal(TokenSource(robot(provider), path, FixedClock(NOW)).token)
    assert error.permanent
    assert "unauthorized_client" in error.answer


def test_a_service_account_s_signature_is_what_opens(
    provider: IdentityProvider, path: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    forger = IdentityProvider(tmp_path / "other")
    key = forger.service_account()["private_key"]
    forger._server.server_close()
    identity = robot(provider, service_account=provider.service_account() | {"private_key": key})
    assert "Invalid JWT Signature" in refusal(TokenSource(identity, path, FixedClock(NOW)).token).answer


def test_a_key_that_is_none_and_an_authority_s_file_that_is_none_are_told_as_such(
    provider: IdentityProvider, path: Path, tmp_path: Path
) -> None:
    key = "-----BEGIN PRIVATE KEY-----\ns3same\n-----END PRIVATE KEY-----\n"
    identity = robot(provider, service_account=provider.service_account() | {"private_key": key})
    error = refusal(TokenSource(identity, path, FixedClock(NOW)).token)
    assert error.permanent
    assert "service_account_file cannot be used" in error.answer
    (tmp_path / "no.pem").write_text("no certificate")
    identity = application(provider, ca_file=str(tmp_path / "no.pem"))
    error = refusal(TokenSource(identity, path, FixedClock(NOW)).token)
    assert error.permanent
    assert f"ca_file {tmp_path / 'no.pem'}" in error.answer


TROUBLES = {
    "HTTP 500": Answer(500, b'{"error": "server_error"}'),
    "HTTP 503": Answer(503, b"busy"),
    "HTTP 429": Answer(429, b'{"error": "slow"}', {"Retry-After": "3000"}),
    "temporarily_unavailable": Answer(400, b'{"error": "temporarily_unavailable"}'),
    "HTTP 200, and no JSON object": Answer(200, b"<html>Welcome to our hotel's network</html>"),
    "no JSON object": Answer(200, b'["access_token"]'),
    "HTTP 302": Answer(302, b"", {"Location": "http://127.0.0.1:1/"}),
    "answers without end": Answer(200, b" " * 1_100_000),
    "makes no sense (ValueError)": Answer(200, b'{"access_token": "a b\\r\\nc", "expires_in": 60}'),
    "makes no sense": Answer(200, b'{"access_token": "abc", "expires_in": "soon"}'),
}


@pytest.mark.parametrize("words", TROUBLES)
@pytest.mark.parametrize("flow", [person, robot])  # one a vendor
def test_a_provider_in_trouble_is_asked_again_later(
    words: str,
    flow: Callable[..., Identity],
    provider: IdentityProvider,
    clock: FixedClock,
    logged_in: Callable[[Identity], TokenSource],
) -> None:
    source = logged_in(flow(provider))
    clock.set(NOW + timedelta(hours=2))
    provider.answers.append(TROUBLES[words])
    error = refusal(source.token)
    assert not error.permanent
    assert words in error.answer
    assert provider.accepts(source.token(), USER), "the next try succeeds"


@FLOWS
def test_a_provider_that_is_away_is_bridged_by_a_token_not_yet_at_its_end(
    flow: Callable[..., Identity],
    provider: IdentityProvider,
    clock: FixedClock,
    logged_in: Callable[[Identity], TokenSource],
) -> None:
    source = logged_in(flow(provider))
    token = source.token()
    clock.set(NOW + timedelta(minutes=57))
    provider.answers.extend([TROUBLES["HTTP 500"], TROUBLES["HTTP 500"]])
    assert source.token() == token
    assert not refusal(lambda: source.token(token)).permanent, "unless a server has refused it"


def test_a_provider_that_cannot_be_reached_is_asked_again_later(tmp_path: Path, path: Path) -> None:
    with IdentityProvider(tmp_path) as provider:
        identity = application(provider)
    error = refusal(TokenSource(identity, path, FixedClock(NOW)).token)
    assert not error.permanent
    assert f"127.0.0.1:{provider.port} cannot be reached: Connection refused" in error.answer


def test_a_provider_that_says_nothing_is_given_up_in_time(provider: IdentityProvider, path: Path) -> None:
    never = threading.Event()
    provider.answers.append(Answer(hold=never))
    identity = application(provider, timeout=0.2)
    error = refusal(TokenSource(identity, path, FixedClock(NOW)).token)
    never.set()
    assert not error.permanent
    assert "does not answer in time" in error.answer


def test_a_certificate_of_another_authority_is_refused(
    provider: IdentityProvider, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", provider.ca_file)
    (tmp_path / "other").mkdir()
    other = IdentityProvider(tmp_path / "other")
    other._server.server_close()
    error = refusal(TokenSource(application(provider, ca_file=other.ca_file), path, FixedClock(NOW)).token)
    assert error.permanent
    assert "certificate that cannot be trusted" in error.answer
    assert provider.requests == []


def test_a_provider_that_names_an_address_in_clear_text_gets_no_secret(
    provider: IdentityProvider, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    describe = provider.describe

    def clear(tenant: str) -> tuple[int, dict[str, object]]:
        status, told = describe(tenant)
        return status, told | {"token_endpoint": told["token_endpoint"].replace("https:", "http:")}

    monkeypatch.setattr(provider, "describe", clear)
    refusal(TokenSource(application(provider), path, FixedClock(NOW)).token)
    assert [path for path, form in provider.requests if form] == []
    google = robot(provider, token_url=provider.url.replace("https:", "http:"))
    error = refusal(TokenSource(google, path, FixedClock(NOW)).token)
    assert error.permanent
    assert "only https:// addresses are asked" in error.answer


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_its_owner_can_read_the_file(
    provider: IdentityProvider, path: Path, logged_in: Callable[[Identity], TokenSource]
) -> None:
    before = os.umask(0)
    try:
        logged_in(person(provider)).token()
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(one.name for one in path.parent.iterdir() if one.name != "identity-ca.pem") == [
        "tokens.json",
        "tokens.json.lock",
    ]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_file_that_others_can_read_is_refused(
    mode: int, provider: IdentityProvider, path: Path, logged_in: Callable[[Identity], TokenSource]
) -> None:
    source = logged_in(person(provider))
    path.chmod(mode)
    error = refusal(source.token)
    assert error.permanent
    assert "can be read by others" in error.answer
    assert "chmod 600" in error.answer


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 300,
        b"{",
        b"[]",
        b'{"format": 1}',
        b'{"format": 2, "issued_for": "x"}',
        b"[" * 50_000,
        b"x" * 70_000,
        b'{"format": 1, "issued_for": "x", "access_token": 5, "expires_at": "2026-03-02T09:00:00+00:00"}',
        b'{"format": 1, "issued_for": "x", "access_token": "y", "expires_at": "2026-03-02T09:00:00"}',
        b'{"format": 1, "issued_for": "x", "access_token": "y", "expires_at": "2026-03-02T09:00:00+00:00", "z": 1}',
    ],
)
def test_a_damaged_file_says_what_to_do(content: bytes, provider: IdentityProvider, path: Path) -> None:
    path.write_bytes(content)
    path.chmod(0o600)
    error = refusal(TokenSource(person(provider), path, FixedClock(NOW)).token)
    assert error.permanent
    assert error.answer == f"the tokens in {path} are damaged: run `relance-mailer auth login office`"


@BY_PERSON
def test_without_a_login_one_is_asked_for(
    flow: Callable[..., Identity], provider: IdentityProvider, path: Path
) -> None:
    identity = flow(provider)
    error = refusal(TokenSource(identity, path, FixedClock(NOW)).token)
    assert error.permanent
    assert error.answer.endswith(f"run `relance-mailer auth login {identity.name}`")
    assert not path.exists()


@FLOWS
def test_tokens_of_another_application_are_not_used(
    flow: Callable[..., Identity],
    provider: IdentityProvider,
    path: Path,
    logged_in: Callable[[Identity], TokenSource],
) -> None:
    theirs = logged_in(flow(provider)).token()
    ours = TokenSource(flow(provider, scopes=("https://mail.google.com/",)), path, FixedClock(NOW))
    assert ours.held() is None
    if ours.identity.by_person:
        assert refusal(ours.token).permanent
    elif ours.identity.flow == "service_account":
        assert ours.token() != theirs


def test_a_link_in_the_file_s_place_is_not_followed(
    provider: IdentityProvider, path: Path, logged_in: Callable[[Identity], TokenSource]
) -> None:
    source = logged_in(person(provider))
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))
    assert refusal(source.token).permanent


def test_a_folder_in_which_everybody_may_write_is_no_place_for_tokens(
    provider: IdentityProvider, tmp_path: Path
) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o1777)
    error = refusal(TokenSource(application(provider), folder / "tokens.json", FixedClock(NOW)).token)
    assert error.permanent
    assert "token_file" in error.answer
    assert provider.requests == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")  # noqa: PTH110
def test_without_room_for_new_tokens_no_refresh_token_is_spent(
    provider: IdentityProvider,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
    logged_in: Callable[[Identity], TokenSource],
) -> None:
    provider.rotates = True
    source = logged_in(person(provider))
    clock.set(NOW + timedelta(hours=1))
    full = os.open("/dev/full", os.O_WRONLY)
    with monkeypatch.context() as patch:
        write = os.pwrite
        patch.setattr(os, "pwrite", lambda _descriptor, content, _at: write(full, content, 0))
        error = refusal(source.token)
    os.close(full)
    assert not error.permanent
    assert "No space left on device" in error.answer
    assert provider.grants("refresh_token") == 0
    assert provider.accepts(source.token(), USER), "once there is room"


def test_what_a_killed_process_left_is_cleared_away(
    provider: IdentityProvider, path: Path, clock: FixedClock, logged_in: Callable[[Identity], TokenSource]
) -> None:
    source = logged_in(person(provider))
    left = path.with_name(f".{path.name}.0badcafe.new")
    left.write_text("half")
    clock.set(NOW + timedelta(hours=1))
    source.token()
    assert not left.exists()


def test_forgetting_leaves_no_token(
    provider: IdentityProvider, path: Path, logged_in: Callable[[Identity], TokenSource]
) -> None:
    source = logged_in(person(provider))
    assert source.forget()
    assert not path.exists()
    assert not source.forget()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_what_root_logs_in_belongs_to_whom_the_folder_belongs(
    provider: IdentityProvider, tmp_path: Path, clock: FixedClock
) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    TokenSource(application(provider), folder / "tokens.json", clock).token()
    assert {(one.stat().st_uid, one.stat().st_mode & 0o777) for one in folder.iterdir()} == {(65534, 0o600)}


# ── secrets ──────────────────────────────────────────────────────────────────────────────────────────────────────


@FLOWS
def test_no_secret_shows_anywhere(
    flow: Callable[..., Identity],
    provider: IdentityProvider,
    clock: FixedClock,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    logged_in: Callable[[Identity], TokenSource],
) -> None:
    caplog.set_level(logging.DEBUG)
    source = logged_in(flow(provider))
    shown = [repr(source), repr(source.identity), str(source.identity), repr(source.held())]
    held = source.held()
    assert held is not None
    quoted = f"not {SECRET if source.identity.client_secret else held.refresh_token}"
    echo = json.dumps({"error": "invalid_request", "error_description": quoted}).encode()
    garbage = b'{"access_token": "%s' % provider.issued[0].encode()
    for answer in (*TROUBLES.values(), Answer(400, echo), Answer(200, garbage)):
        clock.set(clock.now() + timedelta(hours=2))
        provider.answers.append(answer)
        with pytest.raises(MailError) as caught:
            source.token()
        shown += [repr(caught.value), "".join(traceback.format_exception(caught.value))]
        source.token()
    shown += [caplog.text, *capfd.readouterr()]
    secrets = {*provider.issued, SECRET}
    if source.identity.service_account:
        secrets.add(source.identity.service_account["private_key"][40:80])
    assert len(secrets) > len(TROUBLES)
    assert [secret for secret in secrets if any(secret in text for text in shown)] == []


def test_the_file_tells_whose_it_is_without_a_secret(
    provider: IdentityProvider, path: Path, logged_in: Callable[[Identity], TokenSource]
) -> None:
    logged_in(robot(provider))
    told = json.loads(path.read_text())
    assert told["issued_for"].split() == [
        "service_account",
        "robot@project.iam.gserviceaccount.example",
        USER,
    ]
