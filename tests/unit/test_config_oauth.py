"""Settings for logging in by OAuth 2: what each flow needs, and what is refused."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from relance_mailer import config
from relance_mailer.config import Config
from relance_mailer.errors import ConfigError

HERE = Path("/etc/relance/config.toml")
MICROSOFT = {"provider": "microsoft", "tenant": "exemple.example", "client_id": "x"}
APPLICATION = {"name": "a", "flow": "client_credentials", "client_secret": "s3same"} | MICROSOFT
DEVICE = {"name": "b", "flow": "device_code"} | MICROSOFT
INSTALLED = {
    "name": "c",
    "provider": "google",
    "flow": "installed",
    "client_id": "x",
    "client_secret": "s3same",
}
ROBOT = {
    "name": "d",
    "provider": "google",
    "flow": "service_account",
    "service_account_file": "key.json",
    "subject": "compta@exemple.example",
}


def read(*identities: dict[str, Any], at: Path = HERE, language: str = "en", **changes: Any) -> Config:
    data: dict[str, Any] = {
        "language": language,
        "creditor": {"name": "Exemple SARL"},
        "smtp": {"host": "smtp.example", "from_address": "compta@exemple.example", "username": "compta"},
        "mailboxes": [{"host": "imap.example", "username": "compta"}],
        "oauth": list(identities),
    }
    for name, value in changes.items():
        data[name] = (data.get(name) or {}) | value
    return config.parse(data, at)


def complaint(*identities: dict[str, Any], **changes: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        read(*identities, **changes)
    assert "s3same" not in f"{caught.value!r} {caught.value.__cause__!r}"
    return str(caught.value)


@pytest.mark.parametrize("identity", [APPLICATION, DEVICE, INSTALLED, ROBOT], ids=lambda one: one["flow"])
def test_each_flow_has_what_it_needs_and_nothing_may_be_missing(identity: dict[str, Any]) -> None:
    assert read(identity).oauth[0].flow == identity["flow"]
    for key in identity.keys() - {"name", "provider", "flow"}:
        without = {name: value for name, value in identity.items() if name != key}
        assert f'flow = "{identity["flow"]}" needs {key}' in complaint(without)


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        (DEVICE | {"provider": "google"}, 'flow = "device_code" is for provider = "microsoft"'),
        (DEVICE | {"client_secret": "s3same"}, 'flow = "device_code" has no use for client_secret'),
        (ROBOT | {"client_id": "x"}, 'flow = "service_account" has no use for client_id'),
        (APPLICATION | {"client_secret_env": "X"}, "not several"),
        (APPLICATION | {"tenant": "common"}, 'tenant = "common" names no directory'),
        (APPLICATION | {"tenant": "a/../b"}, "must be an id or a domain name"),
        (APPLICATION | {"authority": "http://login.example"}, "begins with https://"),
        (APPLICATION | {"authority": "https://me:s3same@login.example"}, "begins with https://"),
        (APPLICATION | {"token_url": "https://login.example"}, "token_url is Google's alone"),
        (APPLICATION | {"name": "../a"}, "small letters"),
        (APPLICATION | {"flow": "password"}, "must be"),
        (APPLICATION | {"passwort": "x"}, "is not a setting that exists"),
    ],
)
def test_what_cannot_be_is_refused(identity: dict[str, Any], words: str) -> None:
    assert words in complaint(identity)


def test_an_account_names_an_identity_that_exists_and_has_no_password_besides() -> None:
    assert read(DEVICE, smtp={"oauth": "b"}).smtp.oauth == "b"
    assert 'oauth = "z" is the name of no [[oauth]]' in complaint(DEVICE, smtp={"oauth": "z"})
    assert "by a password or by oauth" in complaint(DEVICE, smtp={"oauth": "b", "password": "s3same"})
    assert "by a password or by oauth" in complaint(DEVICE, smtp={"oauth": "b", "password_env": "X"})
    assert "oauth needs username" in complaint(DEVICE, smtp={"oauth": "b", "username": ""})
    assert "two identities have the same name" in complaint(DEVICE, DEVICE)


def test_the_words_are_french_where_the_team_is() -> None:
    assert 'flow = "device_code" demande tenant' in complaint(DEVICE | {"tenant": ""}, language="fr")
    assert "n'est le nom d'aucun [[oauth]]" in complaint(DEVICE, smtp={"oauth": "z"}, language="fr")


def test_a_rehearsal_asks_identity_providers_on_this_machine_alone() -> None:
    data: dict[str, Any] = {
        "language": "en",
        "creditor": {"name": "Exemple SARL"},
        "smtp": {"host": "127.0.0.1", "from_address": "a@b.example", "username": "compta", "oauth": "b"},
        "mailboxes": [{"host": "127.0.0.1", "username": "compta"}],
        "rehearsal": {},
    }
    local = DEVICE | {"authority": "https://127.0.0.1:4433"}
    assert config.parse(data | {"oauth": [local]}, HERE).oauth[0].is_local
    for elsewhere in (DEVICE, DEVICE | {"authority": "https://login.example"}):
        with pytest.raises(ConfigError, match="every identity provider must be on this machine"):
            config.parse(data | {"oauth": [elsewhere]}, HERE)


def test_tokens_lie_beside_the_database_or_where_one_says() -> None:
    settings = read(DEVICE, ROBOT | {"token_file": "state/d.json"}, paths={"database": "data/relance.db"})
    assert [str(settings.token_file(one)) for one in settings.oauth] == [
        "/etc/relance/data/relance.db.oauth-b.json",
        "/etc/relance/state/d.json",
    ]


@pytest.mark.parametrize("guide", ["microsoft365", "gmail"])
def test_what_the_guides_say_can_be_used(guide: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / f"{guide}.md").read_text("utf-8")
    first, *others = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    told = tomllib.loads(re.sub(r"<[a-z ]+>", "x", first)) | {"creditor": {"name": "Exemple SARL"}}
    for block in (first, *others):
        identity = tomllib.loads(re.sub(r"<[a-z ]+>", "x", block))["oauth"]
        settings = config.parse(told | {"oauth": identity}, HERE)
        assert settings.smtp.oauth == settings.mailboxes[0].oauth == settings.oauth[0].name


def test_no_secret_shows() -> None:
    settings = read(APPLICATION)
    assert "s3same" not in repr(settings) + str(settings) + settings.model_dump_json()
    assert settings.oauth[0].secret() == "s3same"


def test_a_secret_comes_from_the_environment_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    without = {key: value for key, value in APPLICATION.items() if key != "client_secret"}
    at = tmp_path / "config.toml"
    by_file = read(without | {"client_secret_file": "secret"}, at=at).oauth[0]
    with pytest.raises(ConfigError, match="client_secret_file"):
        by_file.secret()
    (tmp_path / "secret").write_text("s3same\n")
    assert by_file.secret() == "s3same"
    by_environment = read(without | {"client_secret_env": "RELANCE_TEST_SECRET"}, at=at).oauth[0]
    with pytest.raises(ConfigError, match="RELANCE_TEST_SECRET that client_secret_env names is not set"):
        by_environment.secret()
    monkeypatch.setenv("RELANCE_TEST_SECRET", "s3same")
    assert by_environment.secret() == "s3same"


def test_google_s_file_is_read_and_a_wrong_one_is_told_without_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    identity = read(ROBOT, at=tmp_path / "config.toml").oauth[0]
    told = {"client_email": "r@x.example", "private_key": "s3same", "token_uri": "https://x.example"}
    with pytest.raises(ConfigError, match=r"key\.json cannot be read"):
        identity.service_account()
    (tmp_path / "key.json").write_text(json.dumps(told))
    assert identity.service_account() == told
    for content in ("", "s3same", '["s3same"]', '{"private_key": "s3same"}', "[" * 100_000):
        (tmp_path / "key.json").write_text(content)
        with pytest.raises(ConfigError, match="is not Google's JSON file") as caught:
            identity.service_account()
        assert "s3same" not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert read(DEVICE).oauth[0].service_account() is None
