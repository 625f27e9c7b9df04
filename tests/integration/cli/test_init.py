"""init: a configuration from the example with its comments, templates, a database, and nothing that leaves."""

from __future__ import annotations

import io
import re
import stat
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import dns.resolver
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer import bootstrap
from relance_mailer import config as configuration
from relance_mailer.dunning.notice import Mode
from relance_mailer.errors import InputError
from relance_mailer.services import set_up
from tests.integration.cli.conftest import Type
from tests.support.dns import serve

FLAGS = (
    *("--language", "en", "--creditor", 'Dupont "& Fils" SARL', "--from", "compta@dupont.example"),
    *("--smtp-host", "smtp.dupont.example", "--imap-host", "imap.dupont.example"),
)
ZONE = {
    ("microsoft.example", "MX"): ["0 microsoft-example.mail.protection.outlook.com."],
    ("ovh.example", "MX"): ["100 mx4.mail.ovh.net.", "1 mx1.mail.ovh.net."],
    ("unknown.example", "MX"): ["10 mx.elsewhere.example."],
    ("nomail.example", "MX"): ["0 ."],
}


@pytest.fixture(autouse=True)
def _own_dns(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A DNS server of this test's own is the machine's."""
    with serve(ZONE, failing=["broken.example"], silent=["mute.example"]) as (host, port):
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = [host], port
        monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
        monkeypatch.setattr(set_up, "DNS_PATIENCE", 0.3)
        yield


def _comments(text: str) -> list[str]:
    return [match.strip() for match in re.findall(r"#.*", text)]


# ── flags ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_flags_become_a_configuration_that_opens(tmp_path: Path, typed: Type) -> None:
    folder = tmp_path / "new"
    done = typed("init", folder, *FLAGS, "--smtp-tls", "starttls", "--smtp-port", 587)
    assert done.code == 0, done.err
    settings = configuration.load(folder / "config.toml")
    assert settings.creditor.name == 'Dupont "& Fils" SARL'
    assert (settings.smtp.host, settings.smtp.port, settings.smtp.tls) == (
        "smtp.dupont.example",
        587,
        "starttls",
    )
    assert (settings.smtp.username, settings.smtp.from_address) == ("compta@dupont.example",) * 2
    assert settings.mailboxes[0].host == "imap.dupont.example"
    with bootstrap.open_office(settings) as office:
        assert office.mode is Mode.SHADOW
        assert office.installation.trusted
    assert "Mode: shadow. Nothing leaves" in done.out
    assert "relance-mailer check" in done.out


def test_every_question_has_its_flag(tmp_path: Path, typed: Type) -> None:
    more = {
        "--siren": "732 829 320",
        "--street": "12 rue des Lilas",
        "--postal-code": "75011",
        "--city": "Paris",
        "--iban": "FR76 3000 6000 0112 3456 7890 189",
        "--signer": "Claire Martin",
        "--signer-capacity": "gérante",
        "--username": "relance",
        "--imap-username": "lecture",
        "--imap-port": "143",
        "--imap-tls": "starttls",
    }
    done = typed("init", tmp_path, *FLAGS, *(part for pair in more.items() for part in pair))
    assert done.code == 0, done.err
    settings = configuration.load(tmp_path / "config.toml")
    creditor, box = settings.creditor, settings.mailboxes[0]
    assert (creditor.siren, creditor.iban) == ("732829320", "FR7630006000011234567890189")
    assert (creditor.street, creditor.postal_code, creditor.city) == ("12 rue des Lilas", "75011", "Paris")
    assert (creditor.signer_name, creditor.signer_capacity) == ("Claire Martin", "gérante")
    assert (settings.smtp.username, box.username, box.port, box.tls) == (
        "relance",
        "lecture",
        143,
        "starttls",
    )


def test_a_port_given_alone_brings_its_protection_and_the_other_way_round(
    tmp_path: Path, typed: Type
) -> None:
    typed("init", tmp_path / "a", *FLAGS, "--smtp-port", 587)
    typed("init", tmp_path / "b", *FLAGS, "--smtp-tls", "starttls")
    for name in ("a", "b"):
        smtp = configuration.load(tmp_path / name / "config.toml").smtp
        assert (smtp.port, smtp.tls) == (587, "starttls")


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (("--from", "compta@dupont.example"), {"--creditor", "--smtp-host", "--imap-host"}),
        (("--creditor", "Dupont"), {"--from"}),
        ((), {"--creditor", "--from"}),
        (
            ("--from", "compta", "--siren", "123456789", "--iban", "FR12"),
            {"--creditor", "--from", "--siren", "--iban"},
        ),
        ((*FLAGS, "--smtp-port", "smtps", "--imap-host", "a b"), {"--smtp-port", "--imap-host"}),
        ((*FLAGS, "--provider", "ovhh"), {"--provider"}),
        ((*FLAGS, "--password-by", "x"), {"--password-by"}),
    ],
)
def test_all_flags_that_are_missing_or_wrong_are_named_at_once(
    tmp_path: Path, typed: Type, flags: tuple[str, ...], named: set[str]
) -> None:
    done = typed("init", tmp_path, *flags)
    assert done.code == 2
    assert set(re.findall(r"--[a-z-]+", done.err)) == named
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_used_is_not_left_behind(tmp_path: Path, typed: Type) -> None:
    done = typed("init", tmp_path / "deep" / "down", *FLAGS, "--smtp-tls", "none")
    assert done.code == 2
    assert "clear text" in done.err
    assert re.search(r"config\.toml, line \d+: \[smtp\]", done.err)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_one_is_told(tmp_path: Path, typed: Type) -> None:
    (tmp_path / "file").write_text("mine")
    done = typed("init", tmp_path / "file", *FLAGS)
    assert done.code == 1
    assert "cannot be written" in done.err
    assert (tmp_path / "file").read_text() == "mine"


def test_a_database_that_cannot_be_made_takes_all_back(tmp_path: Path, typed: Type) -> None:
    (tmp_path / "relance.db").write_bytes(b"this is no database" * 100)
    done = typed("init", tmp_path, *FLAGS)
    assert done.code == 1, done
    assert [path.name for path in tmp_path.iterdir()] == ["relance.db"]


# ── what is written ──────────────────────────────────────────────────────────────────────────────────────────────


def test_every_comment_of_the_example_is_kept_and_nothing_of_its_company(tmp_path: Path, typed: Type) -> None:
    typed("init", tmp_path, *FLAGS)
    text = (tmp_path / "config.toml").read_text("utf-8")
    assert _comments(text) == _comments(set_up.example())
    values = re.sub(r"#.*", "", text)
    assert not re.search(r"exemple|Exemple|Lilas|732829320", values)


def test_only_the_owner_may_read_what_may_hold_passwords(tmp_path: Path, typed: Type) -> None:
    typed("init", tmp_path, *FLAGS)
    assert stat.S_IMODE((tmp_path / "config.toml").stat().st_mode) == 0o600


def test_templates_lie_beside_it_to_be_edited(tmp_path: Path, typed: Type) -> None:
    done = typed("init", tmp_path, *FLAGS)
    assert (tmp_path / "templates/fr/reminder1.md").is_file()
    assert (tmp_path / "templates/layout.html").is_file()
    assert "delete those that you leave as they are" in done.out


def test_templates_can_be_left_out_and_copied_later_without_touching_those_that_are_there(
    tmp_path: Path, typed: Type
) -> None:
    typed("init", tmp_path, *FLAGS, "--no-templates")
    assert not (tmp_path / "templates").exists()
    mine = tmp_path / "templates/fr/reminder1.md"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    done = typed("init", "--templates", tmp_path)
    assert done.code == 0
    assert mine.read_text() == "mine"
    assert (tmp_path / "templates/en/reminder1.md").is_file()
    assert "0 templates copied" in typed("init", "--templates", tmp_path).out


@pytest.mark.parametrize("by", ["env", "file", "now"])
def test_a_password_is_given_in_one_of_three_ways(
    tmp_path: Path, typed: Type, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO("s3same\n"))
    done = typed("init", tmp_path, *FLAGS, "--password-by", by)
    assert done.code == 0, done.err
    settings = configuration.load(tmp_path / "config.toml")
    file = tmp_path / "mail.password"
    if by == "env":
        monkeypatch.setenv("RELANCE_SMTP_PASSWORD", "s3same")
        monkeypatch.setenv("RELANCE_IMAP_PASSWORD", "s3same")
        assert "export RELANCE_SMTP_PASSWORD" in done.out
    if by == "file":
        assert not file.exists()
        assert "chmod 600 mail.password" in done.out
        file.write_text("s3same\n")
    assert settings.smtp.secret() == settings.mailboxes[0].secret() == "s3same"
    assert "s3same" not in done.out + done.err + (tmp_path / "config.toml").read_text()
    assert by != "now" or stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_password_that_is_never_typed_is_missing(
    tmp_path: Path, typed: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    done = typed("init", tmp_path, *FLAGS, "--password-by", "now")
    assert done.code == 2
    assert list(tmp_path.iterdir()) == []


# ── a second time ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_time_it_says_what_is_there_and_changes_nothing(tmp_path: Path, typed: Type) -> None:
    typed("init", tmp_path, *FLAGS)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    done = typed("init", tmp_path, *FLAGS[:2], "--creditor", "Another", "--from", "x@y.example")
    assert done.code == 1
    for words in ('Dupont "& Fils" SARL', "compta@dupont.example", "shadow", "relance.db is there"):
        assert words in done.out
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_second_time_a_lost_database_is_told(tmp_path: Path, typed: Type) -> None:
    typed("init", tmp_path, *FLAGS)
    (tmp_path / "relance.db").unlink()
    done = typed("init", tmp_path)
    assert done.code == 1
    assert "db migrate" in done.out


def test_it_never_overwrites(tmp_path: Path, typed: Type) -> None:
    (tmp_path / "config.toml").write_text("mine")
    done = typed("init", tmp_path, *FLAGS)
    assert done.code == 2
    assert "config.toml, line 1: not valid TOML" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]
    assert (tmp_path / "config.toml").read_text() == "mine"


# ── servers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _init(typed: Type, folder: Path, address: str, *flags: str) -> str:
    done = typed("init", folder, "--language", "en", "--creditor", "Dupont", "--from", address, *flags)
    assert done.code == 0, done.err
    return done.out


def test_the_servers_are_found_by_the_mail_exchangers(tmp_path: Path, typed: Type) -> None:
    said = _init(typed, tmp_path, "compta@microsoft.example")
    settings = configuration.load(tmp_path / "config.toml")
    assert (settings.smtp.host, settings.smtp.port, settings.smtp.tls) == (
        "smtp.office365.com",
        587,
        "starttls",
    )
    assert (settings.mailboxes[0].host, settings.smtp.rate) == ("outlook.office365.com", "auto")
    assert "Microsoft 365 (found by the MX of microsoft.example, microsoft-example.mail.protection" in said
    assert "December 2026" in said
    assert "[[oauth]]" in said


def test_the_servers_are_found_by_the_address(tmp_path: Path, typed: Type) -> None:
    said = _init(typed, tmp_path, "dupont@free.fr")
    settings = configuration.load(tmp_path / "config.toml")
    assert (settings.smtp.host, settings.smtp.username) == ("smtp.free.fr", "dupont")
    assert "Free (found by the address)" in said


def test_a_provider_can_be_named(tmp_path: Path, typed: Type) -> None:
    _init(typed, tmp_path, "compta@unknown.example", "--provider", "own_server")
    assert configuration.load(tmp_path / "config.toml").smtp.host == "mail.unknown.example"


def test_one_that_only_sends_leaves_the_mailbox_where_the_exchangers_say(tmp_path: Path, typed: Type) -> None:
    _init(typed, tmp_path, "compta@ovh.example", "--provider", "brevo", "--username", "123@smtp-brevo.com")
    settings = configuration.load(tmp_path / "config.toml")
    assert (settings.smtp.host, settings.smtp.username) == ("smtp-relay.brevo.com", "123@smtp-brevo.com")
    assert (settings.mailboxes[0].host, settings.mailboxes[0].username) == (
        "ssl0.ovh.net",
        "compta@ovh.example",
    )


@pytest.mark.parametrize(
    "domain", ["unknown.example", "nomail.example", "nowhere.example", "broken.example", "mute.example"]
)
def test_where_dns_knows_nothing_the_servers_must_be_given(tmp_path: Path, typed: Type, domain: str) -> None:
    done = typed("init", tmp_path, "--creditor", "Dupont", "--from", f"compta@{domain}")
    assert done.code == 2
    assert set(re.findall(r"--[a-z-]+", done.err)) == {"--smtp-host", "--imap-host"}


def test_the_preferred_exchanger_comes_first() -> None:
    assert set_up.exchangers("ovh.example") == ("mx1.mail.ovh.net", "mx4.mail.ovh.net")
    assert set_up.exchangers("nomail.example") == ()
    assert set_up.exchangers("a..b") == ()


# ── a line of TOML ───────────────────────────────────────────────────────────────────────────────────────────────


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"))))
def test_any_name_comes_back_from_the_file_as_it_was_given(name: str) -> None:
    text = set_up.filled(set_up.example(), {("creditor", "name"): name})
    assert tomllib.loads(text)["creditor"]["name"] == name


def test_a_name_cannot_break_out_of_its_line() -> None:
    with pytest.raises(InputError, match="one line"):
        set_up.filled(set_up.example(), {("creditor", "name"): 'x"\n[sending]\nmode = "live'})
