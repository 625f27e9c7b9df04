"""`auth login`, `auth status` and `auth logout`, as a person types them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import requests

from tests.integration.mail.token_servers import token_imap_server, token_smtp_server
from tests.support.identity import CLIENT, SECRET, TENANT, USER, IdentityProvider

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.cli.conftest import Type

CONFIG = """\
language = "en"
[creditor]
name = "Exemple SARL"
[smtp]
host = "127.0.0.1"
port = {smtp}
tls = "none"
from_address = "{user}"
username = "{username}"
oauth = "office"
[[mailboxes]]
host = "127.0.0.1"
port = {imap}
tls = "none"
username = "{username}"
oauth = "office"
[[mailboxes]]
name = "old"
host = "127.0.0.1"
tls = "none"
username = "old@exemple.example"
password = "pw"
[[oauth]]
name = "office"
ca_file = "identity-ca.pem"
authority = "{url}"
"""
FLOWS = {
    "client_credentials": f'provider = "microsoft"\ntenant = "{TENANT}"\nclient_id = "{CLIENT}"\nclient_secret = "{SECRET}"',
    "device_code": f'provider = "microsoft"\ntenant = "{TENANT}"\nclient_id = "{CLIENT}"',
    "installed": f'provider = "google"\nclient_id = "{CLIENT}"\nclient_secret = "{SECRET}"\ntoken_url = "{{url}}/token"',
    "service_account": f'provider = "google"\nservice_account_file = "key.json"\nsubject = "{USER}"\ntoken_url = "{{url}}/token"',
}


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[IdentityProvider]:
    with IdentityProvider(tmp_path) as provider:
        provider.device.clear()
        provider.interval = 1
        yield provider


def write(
    folder: Path, provider: IdentityProvider, flow: str, smtp: int = 9, imap: int = 9, username: str = USER
) -> Path:
    text = CONFIG.format(smtp=smtp, imap=imap, user=USER, username=username, url=provider.url)
    text += f'flow = "{flow}"\n{FLOWS[flow].format(url=provider.url)}\n'
    (folder / "key.json").write_text(json.dumps(provider.service_account()))
    path = folder / "config.toml"
    path.write_text(text)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("flow", ["client_credentials", "device_code", "service_account"])
async def test_logging_in_says_what_it_does_and_tries_both_servers(
    flow: str, provider: IdentityProvider, tmp_path: Path, typed: Type
) -> None:
    async with token_smtp_server(provider.accepts, None) as smtp:
        with token_imap_server(provider.accepts) as imap:
            path = write(tmp_path, provider, flow, smtp.port, imap.port)
            done = await asyncio.to_thread(typed, "auth", "login", "--config", path)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].startswith("Identity “office”")
    assert f"{flow}), for smtp, inbox" in lines[0]
    if flow == "device_code":
        assert f"open {provider.url}/devicelogin and enter the code BDWP-HQPK" in done.out
        assert f"Logged in: {USER}." in lines
    else:
        assert "Nobody has to log in: a token is asked for." in lines
    assert "smtp (127.0.0.1): logging in succeeds." in lines
    assert "inbox (127.0.0.1): logging in succeeds." in lines
    assert [let_in for *_, let_in in smtp.logins + imap.logins] == [True, True]
    assert (tmp_path / "relance.db.oauth-office.json").stat().st_mode & 0o777 == 0o600
    assert [secret for secret in (*provider.issued, SECRET) if secret in done.out + done.err] == []


async def test_a_login_that_one_server_does_not_take_says_which_and_why(
    provider: IdentityProvider, tmp_path: Path, typed: Type
) -> None:
    async with token_smtp_server(lambda *_: False, None) as smtp:
        with token_imap_server(provider.accepts) as imap:
            path = write(tmp_path, provider, "client_credentials", smtp.port, imap.port)
            done = await asyncio.to_thread(typed, "auth", "login", "inbox", "--config", path)
    assert done.code == 1
    assert "inbox (127.0.0.1): logging in succeeds." in done.out
    assert "smtp (127.0.0.1): auth: 5.7.8 Error: authentication failed (status 400, scope mail)" in done.err
    assert [secret for secret in provider.issued if secret in done.out + done.err] == []


def test_another_person_s_login_is_told(provider: IdentityProvider, tmp_path: Path, typed: Type) -> None:
    path = write(tmp_path, provider, "device_code", username="factures@exemple.example")
    done = typed("auth", "login", "--config", path)
    assert f"{USER} is not factures@exemple.example" in done.out
    assert done.code == 1, "nobody listens at those ports"


def test_a_login_that_is_declined_leaves_nothing(
    provider: IdentityProvider, tmp_path: Path, typed: Type
) -> None:
    provider.device.append("authorization_declined")
    done = typed("auth", "login", "--config", write(tmp_path, provider, "device_code"))
    assert done.code == 1
    assert "the log-in was declined" in done.err
    assert not (tmp_path / "relance.db.oauth-office.json").exists()


def test_status_tells_each_account_s_state(provider: IdentityProvider, tmp_path: Path, typed: Type) -> None:
    path = write(tmp_path, provider, "device_code")
    before = typed("auth", "status", "--config", path, "--json")
    assert before.code == 1
    assert [(one["account"], one["method"], one["state"]) for one in before.json] == [
        ("smtp", "oauth", "login_needed"),
        ("inbox", "oauth", "login_needed"),
        ("old", "password", None),
    ]
    assert "to be logged in: relance-mailer auth login smtp" in typed("auth", "status", "--config", path).out
    typed("auth", "login", "--config", path)
    after = typed("auth", "status", "--config", path, "--json")
    assert after.code == 0
    [smtp, inbox, _] = after.json
    assert smtp | {"account": "inbox"} == inbox
    assert (smtp["state"], smtp["renewable"], smtp["logged_in_as"]) == ("good", True, USER)
    assert smtp["flow"] == "device_code"
    assert smtp["good_until"].endswith("+00:00")
    shown = typed("auth", "status", "--config", path).out
    assert "office (microsoft, device_code)" in shown
    assert [secret for secret in provider.issued if secret in shown + after.out] == []


def test_status_needs_nobody_where_tokens_come_by_themselves(
    provider: IdentityProvider, tmp_path: Path, typed: Type
) -> None:
    done = typed("auth", "status", "--config", write(tmp_path, provider, "service_account"), "--json")
    assert done.code == 0
    assert done.json[0]["state"] == "renewable"
    assert provider.requests == []


def test_status_tells_of_tokens_that_others_can_read(
    provider: IdentityProvider, tmp_path: Path, typed: Type
) -> None:
    path = write(tmp_path, provider, "device_code")
    typed("auth", "login", "--config", path)
    (tmp_path / "relance.db.oauth-office.json").chmod(0o644)
    done = typed("auth", "status", "--config", path, "--json")
    assert done.code == 1
    assert done.json[0]["state"] == "trouble"
    assert "can be read by others" in done.json[0]["trouble"]


def test_logging_out_forgets(provider: IdentityProvider, tmp_path: Path, typed: Type) -> None:
    path = write(tmp_path, provider, "device_code")
    typed("auth", "login", "--config", path)
    done = typed("auth", "logout", "smtp", "--config", path)
    assert done.code == 0
    assert "office: tokens forgotten" in done.out
    assert not (tmp_path / "relance.db.oauth-office.json").exists()
    assert "office: there was no token." in typed("auth", "logout", "--config", path).out


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("old", "old logs in by its password"),
        ("nobody", "no account or identity called 'nobody' (there are: smtp, inbox, old, office)"),
    ],
)
def test_a_name_that_means_no_identity_is_wrong_usage(
    name: str, words: str, provider: IdentityProvider, tmp_path: Path, typed: Type
) -> None:
    done = typed("auth", "login", name, "--config", write(tmp_path, provider, "device_code"))
    assert done.code == 2
    assert words in done.err


# ── in a process of its own, with a person and a browser ─────────────────────────────────────────────────────────


@contextmanager
def process(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "relance_mailer", *map(str, arguments)]
    run = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        # who runs the tests in the background has Ctrl-C ignored, and children inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    )
    try:
        yield run
    finally:
        run.kill()
        run.communicate()


def address_told(run: subprocess.Popen[str]) -> str:
    """The address that the person is told to open."""
    assert run.stdout is not None
    return next(line.strip() for line in run.stdout if line.startswith("https://"))


@pytest.mark.parametrize("how", ["--paste", "by the browser"])
def test_google_s_login_in_the_browser(how: str, provider: IdentityProvider, tmp_path: Path) -> None:
    path = write(tmp_path, provider, "installed")
    options = [how] if how == "--paste" else []
    with process("auth", "login", "--config", path, *options) as run:
        sent = requests.get(address_told(run), verify=provider.ca_file, allow_redirects=False, timeout=10)
        address = sent.headers["Location"]
        if how != "--paste":
            assert requests.get(address, timeout=10).ok
        out, err = run.communicate(f"{address}\n" if how == "--paste" else "", timeout=60)
    assert f"Logged in: {USER}." in out
    assert (tmp_path / "relance.db.oauth-office.json").exists()
    assert [secret for secret in (*provider.issued, SECRET) if secret in out + err] == []


def test_ctrl_c_leaves_nothing(provider: IdentityProvider, tmp_path: Path) -> None:
    with process("auth", "login", "--config", write(tmp_path, provider, "installed")) as run:
        address_told(run)
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=60)
    assert run.returncode == 1
    assert err == "relance-mailer: Given up; nothing was kept.\n"
    assert list(tmp_path.glob("*oauth*")) == []
