import re
import tomllib
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from relance_mailer import config
from relance_mailer.config import Config
from relance_mailer.dunning.notice import Mode
from relance_mailer.dunning.policy import DEFAULT_STAGES, Entry, Policy, StageKind
from relance_mailer.errors import ConfigError

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
HERE = Path("/etc/relance/config.toml")
FORMAL = {"key": "f", "kind": "formal_notice", "offset_days": 45, "deadline_days": 15, "needs_approval": True}
A_NAME = "key_accounts"  #: of the policy that the example shows
REMINDER = {"key": "r", "kind": "reminder", "offset_days": 3}
HANDOVER = {"key": "h", "kind": "handover", "offset_days": 60}


def settings(**sections: Any) -> dict[str, Any]:
    return {
        "language": "en",
        "creditor": {"name": "Exemple SARL"},
        "smtp": {"host": "smtp.example", "from_address": "compta@exemple.example"},
        "mailboxes": [{"host": "imap.example"}],
    } | sections


def read(**sections: Any) -> Config:
    return config.parse(settings(**sections), HERE)


def complaint(**sections: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        read(**sections)
    words = str(caught.value)
    assert words.startswith(f"{HERE}"), "the file is named"
    return words


def smtp(**keys: Any) -> dict[str, Any]:
    return {"host": "smtp.example", "from_address": "compta@exemple.example"} | keys


# The example


def test_the_example_can_be_used_as_it_stands() -> None:
    loaded = config.load(EXAMPLE)
    assert loaded.sending.mode is Mode.SHADOW
    assert loaded.policy.policy(loaded.creditor.zone) == Policy()
    assert loaded.folder == EXAMPLE.parent
    assert loaded.database == EXAMPLE.parent / "relance.db"
    assert loaded.state_file == EXAMPLE.parent / "relance.db.state.json"
    assert loaded.templates == EXAMPLE.parent / "templates"


def example_with_comments_on() -> dict[str, Any]:
    """The example with every commented-out setting and section switched on."""
    text = re.sub(r"^# (?=\[|[a-z_]+ = )", "", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE)
    return tomllib.loads(text)


def keys_of(model: type[BaseModel], prefix: str = "") -> dict[str, Any]:
    """Every setting by its dotted name, and its default (or that it must be given)."""
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        inner = next((kind for kind in _kinds(field.annotation) if issubclass(kind, BaseModel)), None)
        if inner is None:
            found[prefix + name] = field.get_default(call_default_factory=True)
        else:
            of_any_name = f"{name}.{A_NAME}" if get_origin(field.annotation) is dict else name
            found |= keys_of(inner, f"{prefix}{of_any_name}.")
    return found


def _kinds(annotation: Any) -> list[type]:
    if get_origin(annotation) is None:
        return [annotation] if isinstance(annotation, type) else []
    if get_origin(annotation) is Literal:
        return []
    return [kind for argument in get_args(annotation) for kind in _kinds(argument)]


def leaves(value: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(value, dict) and value:
        return {
            key: leaf
            for name, inner in value.items()
            for key, leaf in leaves(inner, f"{prefix}.{name}").items()
        }
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return leaves(value[0], prefix)
    return {prefix.lstrip("."): value}


#: One of them is in the example, the others are named beside it.
SECRETS = ("password", "password_env", "password_file")
#: What the example fills in because every installation has its own.
OWN = {
    "creditor.name",
    "creditor.street",
    "creditor.postal_code",
    "creditor.city",
    "creditor.siren",
    "creditor.email",
}
OWN |= {"smtp.host", "smtp.username", "smtp.from_address", "mailboxes.host", "mailboxes.username"}


def test_every_setting_stands_in_the_example_and_nothing_else_does() -> None:
    known = {key for key in keys_of(Config) if not key.endswith(SECRETS)}
    shown = {key for key in leaves(example_with_comments_on()) if not key.endswith(SECRETS)}
    assert shown == known
    assert all(secret in EXAMPLE.read_text("utf-8") for secret in SECRETS)


def test_the_example_shows_the_defaults_that_the_program_has() -> None:
    defaults = keys_of(Config)
    for key, shown in leaves(tomllib.loads(EXAMPLE.read_text("utf-8"))).items():
        if key in OWN or key.endswith(SECRETS):
            continue
        default = defaults[key]
        assert default is not PydanticUndefined, key
        assert shown == (list(default) if isinstance(default, tuple) else default), key


def test_the_commented_out_parts_of_the_example_are_of_the_right_kinds() -> None:
    data = example_with_comments_on()
    loopback = {"host": "127.0.0.1"}
    data["smtp"] |= loopback
    data["mailboxes"][0] |= loopback
    loaded = config.parse(data, EXAMPLE)
    assert loaded.rates[0].ecb == Decimal("2.65")
    assert loaded.rehearsal is not None
    assert loaded.rehearsal.start == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert loaded.policy.stages[0].kind is StageKind.PRE_DUE


# What is wrong is named


def test_an_unknown_key_is_named_with_its_section_and_file() -> None:
    assert (
        "[policy] min_days_betwen is not a setting that exists; did you mean min_days_between?"
        in complaint(policy={"min_days_betwen": 3})
    )
    assert "[[mailboxes]] folder is not a setting that exists; did you mean folders?" in complaint(
        mailboxes=[{"host": "h", "folder": ["a"]}]
    )
    assert "[polcy] is not a setting that exists; did you mean polic" in complaint(polcy={})


@pytest.mark.parametrize("inner", ["folder", "_folder", "self", "model_config"])
def test_no_inner_name_of_the_program_passes_for_a_setting(inner: str) -> None:
    assert f"{inner} is not a setting that exists" in complaint(**{inner: "/tmp"})


def test_a_missing_key_is_named() -> None:
    assert "[creditor] name is missing" in complaint(creditor={})
    assert "[smtp] from_address is missing" in complaint(smtp={"host": "h"})
    assert "mailboxes" in complaint(mailboxes=[])


def test_every_fault_is_told_at_once() -> None:
    words = complaint(creditor={}, holds={"other": 0}, daemon={"look": 1})
    assert all(key in words for key in ("[creditor] name", "[holds] other", "[daemon] look"))


#: Sections, the key that is named, what is said of it.
WRONG: list[tuple[dict[str, Any], str, str]] = [
    (
        {"creditor": {"name": "A", "timezone": "Europe/Pariss"}},
        "[creditor] timezone",
        "no time zone called",
    ),
    (
        {"creditor": {"name": "A", "timezone": "../../etc/passwd"}},
        "[creditor] timezone",
        "no time zone called",
    ),
    ({"creditor": {"name": "A\r\nBcc: x@y"}}, "[creditor] name", "one line"),
    ({"creditor": {"name": "A\u2028B"}}, "[creditor] name", "one line"),
    (
        {"creditor": {"name": "A", "iban": "FR76 3000 6000 0112 3456 7890 188"}},
        "[creditor] iban",
        "check digits",
    ),
    ({"creditor": {"name": "A", "country": "France"}}, "[creditor] country", "two capitals"),
    ({"creditor": {"name": "A", "email": "compta"}}, "[creditor] email", "no e-mail address"),
    ({"smtp": smtp(from_address="")}, "[smtp] from_address", "cannot be empty"),
    ({"smtp": smtp(from_address="Compta <a@b.fr>")}, "[smtp] from_address", "no e-mail address"),
    ({"smtp": smtp(bcc="a@b.fr, c@d.fr")}, "[smtp] bcc", "no e-mail address"),
    ({"smtp": smtp(rate="0/minute")}, "[smtp] rate", "30/minute"),
    ({"smtp": smtp(port=70000)}, "[smtp] port", "65535"),
    ({"smtp": smtp(timeout=float("inf"))}, "[smtp] timeout", "finite"),
    ({"smtp": smtp(tls="none")}, "[smtp]", "clear text"),
    ({"mailboxes": [{"host": "imap.example", "tls": "none"}]}, "[[mailboxes]]", "clear text"),
    ({"mailboxes": [{"host": "a"}, {"host": "b"}]}, "", "same name"),
    ({"mailboxes": [{"host": "a", "folders": []}]}, "[[mailboxes]] folders", "cannot be empty"),
    ({"smtp": smtp(password="a", password_env="B")}, "[smtp]", "not several"),
    ({"sending": {"mode": "redirect"}}, "[sending]", "redirect_to"),
    ({"sending": {"mode": "test"}}, "[sending] mode", "shadow"),
    (
        {"sending": {"mode": "redirect", "redirect_to": "team"}},
        "[sending] redirect_to",
        "no e-mail address",
    ),
    ({"policy": {"window_start": time(17), "window_end": time(9)}}, "[policy]", "never opens"),
    ({"policy": {"window_days": ["sat", "sun"]}}, "[policy]", "never opens"),
    ({"policy": {"window_start": 9}}, "[policy] window_start", "time of day"),
    ({"policy": {"window_end": "17:00+02:00"}}, "[policy] window_end", "without an offset"),
    ({"policy": {"min_days_between": 0}}, "[policy] min_days_between", "at least 1"),
    (
        {"rates": [{"effective_from": date(2027, 2, 1), "ecb": "2.15"}]},
        "[[rates]]",
        "1 January or on 1 July",
    ),
    (
        {"rates": [{"effective_from": date(2027, 1, 1), "ecb": "12.15"}]},
        "[[rates]]",
        "the margin is added by law",
    ),
    ({"rates": [{"effective_from": date(2027, 1, 1), "ecb": float("nan")}]}, "[[rates]] ecb", "finite"),
    ({"rehearsal": {"start": datetime(2026, 3, 2, 9)}}, "[rehearsal] start", "offset"),
    ({"rehearsal": {}}, "", "on this machine"),
]


@pytest.mark.parametrize(("sections", "key", "why"), WRONG)
def test_what_cannot_be_is_refused_with_its_key(sections: dict[str, Any], key: str, why: str) -> None:
    said = [line for line in complaint(**sections).splitlines() if line.strip().startswith(f"{HERE}: {key}")]
    assert any(why in line for line in said)


@pytest.mark.parametrize("sections", [case[0] for case in WRONG])
def test_what_cannot_be_is_told_in_french_too(sections: dict[str, Any]) -> None:
    english, french = complaint(**sections), complaint(language="fr", **sections)
    assert f"{HERE} : " in french
    assert not {"must", "the", "is", "cannot", "give"} & set(french.split())
    assert french != english


@pytest.mark.parametrize(
    ("stages", "why"),
    [
        ([REMINDER, REMINDER | {"offset_days": 9}], "same key"),
        ([REMINDER | {"offset_days": 9}, REMINDER | {"key": "s"}], "in order"),
        ([REMINDER, REMINDER | {"key": "s"}], "in order"),
        ([REMINDER | {"kind": "pre_due"}], "below 0"),
        ([REMINDER | {"offset_days": -3}], "below 0"),
        ([REMINDER, FORMAL | {"needs_approval": False}], "needs a person"),
        ([REMINDER, FORMAL | {"deadline_days": 0}], "deadline"),
        ([REMINDER | {"deadline_days": 8}], "deadline"),
        ([FORMAL], "after at least one reminder"),
        ([REMINDER, FORMAL, FORMAL | {"key": "g", "offset_days": 70}], "one formal notice"),
        ([REMINDER, HANDOVER, FORMAL | {"offset_days": 70}], "nothing comes after"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(stages: list[dict[str, Any]], why: str) -> None:
    assert why in complaint(policy={"stages": stages})


def test_a_policy_of_one_s_own_replaces_the_default_whole() -> None:
    policy = read(policy={"stages": [REMINDER, FORMAL, HANDOVER], "entry": "fitting"}).policy
    own = policy.policy(read().creditor.zone)
    assert [stage.key for stage in own.stages] == ["r", "f", "h"]
    assert own.entry is Entry.FITTING


def test_the_default_policy_could_be_written_in_the_configuration() -> None:
    stages = [{name: getattr(stage, name) for name in stage.__slots__} for stage in DEFAULT_STAGES]
    policy = read(policy={"stages": stages}).policy
    assert policy.policy(read().creditor.zone).stages == DEFAULT_STAGES


# Servers


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_clear_text_is_for_this_machine(host: str) -> None:
    assert read(smtp=smtp(host=host, tls="none")).smtp.tls == "none"


def test_clear_text_to_another_machine_must_be_said_in_words() -> None:
    assert read(smtp=smtp(tls="none", allow_cleartext=True)).smtp.tls == "none"
    complaint(smtp=smtp(host="127.0.0.1.example.com", tls="none"))


def test_a_rehearsal_needs_every_server_on_this_machine() -> None:
    here, box = smtp(host="127.0.0.1"), {"host": "127.0.0.1"}
    assert read(smtp=here, mailboxes=[box], rehearsal={}).rehearsal is not None
    complaint(smtp=here, mailboxes=[box, {"name": "b", "host": "imap.example"}], rehearsal={})
    complaint(mailboxes=[box], rehearsal={}, sending={"mode": "live"})


# Secrets


def test_no_secret_shows_in_what_is_printed_or_told() -> None:
    loaded = read(smtp=smtp(password="s3same"), mailboxes=[{"host": "h", "password": "s3same"}])
    assert "s3same" not in repr(loaded) + str(loaded) + loaded.model_dump_json()
    assert loaded.smtp.secret() == loaded.mailboxes[0].secret() == "s3same"


@pytest.mark.parametrize(
    "keys",
    [
        {"password": "s3same", "password_env": "X"},
        {"password": "s3same", "tls": "none"},
        {"password": ["s3same"]},
        {"password": "s3same", "port": "s3same"},
    ],
)
def test_no_secret_shows_in_an_error(keys: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        read(smtp=smtp(**keys))
    assert "s3same" not in f"{caught.value!r} {caught.value.__cause__!s} {caught.value.__cause__!r}"


def test_a_password_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    server = read(smtp=smtp(password_env="RELANCE_TEST_PASSWORD")).smtp
    with pytest.raises(ConfigError, match="RELANCE_TEST_PASSWORD"):
        server.secret()
    monkeypatch.setenv("RELANCE_TEST_PASSWORD", "sésame")
    assert server.secret() == "sésame"


def write(folder: Path, text: str, **keys: Any) -> Path:
    path = folder / "config.toml"
    path.write_bytes(text.encode(**keys))
    return path


MINIMAL = """
[creditor]
name = "Exemple SARL"
[smtp]
host = "smtp.example"
from_address = "compta@exemple.example"
password_file = "smtp.password"
ca_file = "ca.pem"
[[mailboxes]]
host = "imap.example"
"""


def test_files_are_seen_from_the_configuration_s_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    loaded = config.load(write(tmp_path, MINIMAL))
    assert loaded.smtp.ca_file == str(tmp_path / "ca.pem")
    with pytest.raises(ConfigError, match=r"smtp\.password cannot be read"):
        loaded.smtp.secret()
    (tmp_path / "smtp.password").write_text("sésame\n", "utf-8")
    assert loaded.smtp.secret() == "sésame"


def test_systemd_s_credentials_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "smtp.password").write_text("sésame", "utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    assert config.load(write(tmp_path, MINIMAL)).smtp.secret() == "sésame"


def test_a_password_file_that_is_no_text_is_told_without_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    (tmp_path / "smtp.password").write_bytes(b"s\xe9same")
    with pytest.raises(ConfigError, match="not UTF-8") as caught:
        config.load(write(tmp_path, MINIMAL)).smtp.secret()
    assert caught.value.__cause__ is None


# The file itself


def test_a_file_that_notepad_wrote_can_be_read(tmp_path: Path) -> None:
    text = MINIMAL.replace("\n", "\r\n")
    assert config.load(write(tmp_path, text, encoding="utf-8-sig")).creditor.name == "Exemple SARL"


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"[creditor\n", "not valid TOML"), (b'[creditor]\nname = "\xe9"\n', "cannot be read")],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=why) as caught:
        config.load(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="relance-mailer init"):
        config.load(tmp_path / "config.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load(tmp_path)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(read().smtp, "password", SecretStr("other"))  # noqa: B010 - mypy would not let it pass
