"""A configuration that cannot be used says where, what and what instead, all at once, and never a password."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from relance_mailer import config
from relance_mailer.config.words import FRENCH, guessed_language, translated
from relance_mailer.errors import ConfigError

SPOILT = """\
language = "en"
[creditor]
country = "France"
[smtp]
host = "smtp.x.fr"
prot = 587
port = "s3same"
password = ["s3same"]
from_address = "Compta <a@b.fr>"
tls = "ssl"
[mailbox]
[[mailboxes]]
host = "h"
port = 993
name = "a"
tls = "none"
[[mailboxes]]
host = "h"
name = "a"
folders = "INBOX"
[sending]
mode = "redirect"
redirect_too = "x"
[policy]
window_days = ["mon", "lun"]
min_days_between = 0
"""
#: Line: what is said of it.
FAULTS = {
    2: "[creditor] name is missing",
    3: '[creditor] country must be a country\'s code in two capitals, for example "FR"',
    6: "[smtp] prot is not a setting that exists; did you mean port?",
    7: "[smtp] port must be a whole number",
    8: "[smtp] password must be a text in quotes",
    9: "[smtp] from_address is no e-mail address: give one like compta@exemple.fr, without a name",
    10: '[smtp] tls must be "tls", "starttls" or "none"',
    11: "[mailbox] is not a setting that exists; did you mean mailboxes?",
    16: '[[mailboxes]] tls = "none" towards h would send mail and password in clear text: use "tls" or "starttls", or say allow_cleartext = true',
    20: "[[mailboxes]] folders must be a list, in square brackets",
    22: '[sending] mode = "redirect" needs redirect_to = "the team\'s own address"',
    23: "[sending] redirect_too is not a setting that exists; did you mean redirect_to?",
    25: '[policy] window_days must be "mon", "tue", "wed", "thu", "fri", "sat" or "sun"',
    26: "[policy] min_days_between must be at least 1",
}


def refused(folder: Path, text: str) -> str:
    path = folder / "config.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        config.load(path)
    assert caught.value.__cause__ is None, "a cause might tell a value"
    return str(caught.value).replace(f"{path}", "config.toml")


def test_every_fault_is_told_with_its_line(tmp_path: Path) -> None:
    first, *told = refused(tmp_path, SPOILT).splitlines()
    assert first == f"config.toml cannot be used, for {len(told)} reasons:"
    said = {
        int(line): words
        for line, words in re.findall(r"^  config\.toml, line (\d+): (.*)$", "\n".join(told), re.MULTILINE)
    }
    assert said == FAULTS


def test_one_fault_is_told_on_one_line_in_the_file_s_language(tmp_path: Path) -> None:
    text = (
        'language = "fr"\n[creditor]\nname = "A"\n[smtp]\nhost = "h"\nfrom_address = "a@b.fr"\nprot = 1\n'
        '[[mailboxes]]\nhost = "h"\n'
    )
    assert (
        refused(tmp_path, text)
        == "config.toml, ligne 7 : [smtp] prot n'existe pas ; vouliez-vous dire port ?"
    )


@pytest.mark.parametrize(
    ("setting", "place"),
    [
        ("max_inbox_age = 30", "under [policy]"),
        ('host = "h"', "under [smtp] or under [[mailboxes]]"),
        ('language = "en"', "at the top of the file, before any [section]"),
    ],
)
def test_a_setting_under_the_wrong_heading_is_shown_its_own(tmp_path: Path, setting: str, place: str) -> None:
    name = setting.partition(" ")[0]
    text = (
        'language = "en"\n[creditor]\nname = "A"\n[smtp]\nhost = "h"\nfrom_address = "a@b.fr"\n'
        f'[[mailboxes]]\nhost = "h"\n[policies.key_accounts]\n{setting}\n'
    )
    told = f"[policies.key_accounts] {name} is not a setting that exists in this place; it belongs {place}"
    assert refused(tmp_path, text) == f"config.toml, line 10: {told}"


GOOD = '[creditor]\nname = "A"\n[smtp]\nhost = "h"\nfrom_address = "a@b.fr"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[mailboxes]\nhost = "h"\n', "line 7: [mailboxes] is written with two brackets, [[mailboxes]]"),
        ("", "config.toml: [mailboxes] is missing"),
        (
            '[[mailboxes]]\nhost = "h"\n[[mailboxes]]\nhost = "i"\n',
            "line 9: two mailboxes have the same name",
        ),
        ('[[mailboxes]]\nhost = "h"\n[rehearsal]\n', "line 9: [rehearsal] moves the clock"),
        (
            '[[mailboxes]]\nhost = "h"\npassword = "a"\npassword_env = "B"\n',
            "line 10: [[mailboxes]] give one of",
        ),
    ],
)
def test_what_is_wrong_with_the_whole_names_the_line_that_shows_it(
    tmp_path: Path, text: str, said: str
) -> None:
    assert said in refused(tmp_path, 'language = "en"\n' + GOOD + text)


# ── no TOML ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[smtp]\nhost = "abc\n',
            'line 2: not valid TOML: the quote that closes the text is missing\n    host = "abc\n',
        ),
        ("[smtp]\nhost = abc\n", "line 2: not valid TOML: a text stands in quotes; numbe"[:-5]),
        ("[smtp]\nport: 587\n", "line 2: not valid TOML: the sign = after the key is missing"),
        (
            "[smtp\nport = 587\n",
            "line 1: not valid TOML: the bracket ] that closes the heading is missing\n    [smtp\n",
        ),
        ('[smtp]\nhost = "a"\n[creditor]\n[smtp]\n', "line 4: [smtp] stands there twice, first on line 1"),
        ('[smtp]\nhost = "a"\nport = 1\nhost = "b"\n', "line 4: host stands there twice, first on line 2"),
        ('[smtp]\nca_file = "C:\\dir"\n', "line 2: not valid TOML: a backslash is written twice"),
    ],
)
def test_what_is_no_toml_is_shown_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert f"config.toml, {said}" in refused(tmp_path, f"{text}")


def test_the_mark_stands_beneath_the_place(tmp_path: Path) -> None:
    _, line, mark = refused(tmp_path, "[smtp]\nhost = abc\n").splitlines()
    assert line[mark.index("^")] == "a"


def test_a_spoilt_file_speaks_the_language_that_it_asks_for(tmp_path: Path) -> None:
    assert "ligne 2 : ce n'est pas du TOML valable" in refused(tmp_path, 'language = "fr"\nhost = abc\n')


@pytest.mark.parametrize(
    "line",
    [
        'password = "s3same',
        "password = s3same",
        'password = "s3same" x',
        'pasword = "s3same',
        'password = """s3same',
        'password: "s3same"',
        '"password" = s3same',
        "smtp.password = s3same",
        'password "s3same"',
        "password = ['s3same'",
        'client_secret = "s3same',
        '[smtp] password = "s3same"',
        '[smtp "s3same"',
        '"s3same"',
        'password = """\nhost = s3same',
    ],
)
def test_no_line_that_may_hold_a_password_is_shown(tmp_path: Path, line: str) -> None:
    assert "s3same" not in refused(tmp_path, f"[smtp]\n{line}\n")
    assert "s3same" not in refused(tmp_path, f'[smtp]\nhost = "h"\n{line}\n\n[x]\nport = 1\n')


# ── language ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "fr_BE"}, "fr"),
        ({"LANG": "de_DE"}, "en"),
        ({}, "en"),
    ],
)
def test_the_terminal_s_language_is_guessed(environment: dict[str, str], language: str) -> None:
    assert guessed_language(environment) == language


def test_every_french_sentence_takes_what_the_english_one_has() -> None:
    for english, french in FRENCH.items():
        assert english.count("{}") == french.count("{}")
        assert translated(english, "fr") != english
        assert translated(english, "en") == english
