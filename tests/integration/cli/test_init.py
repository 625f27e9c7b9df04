"""init: a configuration from the example with its comments, templates, a database, and nothing that leaves."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer import bootstrap
from relance_mailer import config as configuration
from relance_mailer.dunning.notice import Mode
from relance_mailer.errors import InputError
from relance_mailer.services import set_up
from tests.integration.cli.conftest import Type

FLAGS = (
    *("--creditor", 'Dupont "& Fils" SARL', "--from", "compta@dupont.example"),
    *("--smtp-host", "smtp.dupont.example", "--imap-host", "imap.dupont.example"),
)


def _comments(text: str) -> list[str]:
    return [match.strip() for match in re.findall(r"#.*", text)]


def test_flags_become_a_configuration_that_opens(tmp_path: Path, typed: Type) -> None:
    folder = tmp_path / "new"
    done = typed("init", folder, *FLAGS, "--smtp-tls", "starttls", "--smtp-port", 587, "--language", "en")
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


def test_every_comment_of_the_example_is_kept_and_nothing_of_its_company(tmp_path: Path, typed: Type) -> None:
    typed("init", tmp_path, *FLAGS)
    text = (tmp_path / "config.toml").read_text("utf-8")
    assert _comments(text) == _comments(set_up.example())
    assert not re.search(r"exemple|Exemple|Lilas|732829320", text.partition("# A clock")[0])


def test_templates_lie_beside_it_to_be_edited(tmp_path: Path, typed: Type) -> None:
    typed("init", tmp_path, *FLAGS)
    assert (tmp_path / "templates/fr/reminder1.md").is_file()
    assert (tmp_path / "templates/layout.html").is_file()


def test_only_the_owner_may_read_what_may_hold_passwords(tmp_path: Path, typed: Type) -> None:
    typed("init", tmp_path, *FLAGS)
    assert stat.S_IMODE((tmp_path / "config.toml").stat().st_mode) == 0o600


def test_it_never_overwrites(tmp_path: Path, typed: Type) -> None:
    (tmp_path / "config.toml").write_text("mine")
    done = typed("init", tmp_path, *FLAGS)
    assert done.code == 1
    assert "exists already" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]
    assert (tmp_path / "config.toml").read_text() == "mine"


def test_what_cannot_be_used_is_not_left_behind(tmp_path: Path, typed: Type) -> None:
    done = typed("init", tmp_path, *FLAGS, "--smtp-tls", "none")
    assert done.code == 2
    assert "clear text" in done.err
    assert list(tmp_path.iterdir()) == []


def test_where_nobody_can_answer_the_missing_flag_is_named(tmp_path: Path, typed: Type) -> None:
    done = typed("init", tmp_path, *FLAGS[:2])
    assert done.code == 2
    assert "--from is missing" in done.err
    assert list(tmp_path.iterdir()) == []


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"))))
def test_any_name_comes_back_from_the_file_as_it_was_given(name: str) -> None:
    text = set_up.filled(set_up.example(), {("creditor", "name"): name})
    assert tomllib.loads(text)["creditor"]["name"] == name


def test_a_name_cannot_break_out_of_its_line() -> None:
    with pytest.raises(InputError, match="one line"):
        set_up.filled(set_up.example(), {("creditor", "name"): 'x"\n[sending]\nmode = "live'})
