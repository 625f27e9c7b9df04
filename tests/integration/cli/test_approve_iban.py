"""approve iban at the terminal: a second person is named, and sees the old IBAN and the new one."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Done, Type
from tests.support.office import make_office

OLD, NEW = "FR7630006000011234567890189", "FR7630004000031234567890143"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An office whose IBAN was changed in the configuration."""
    path = make_office(tmp_path, language="en")
    text = path.read_text("utf-8")
    assert OLD in text
    path.write_text(text.replace(OLD, NEW), "utf-8")
    return path


def approve(typed: Type, path: Path, *options: str) -> Done:
    done = typed("approve", "iban", "-c", path, *options)
    return Done(done.code, done.out.replace("\u00a0", ""), done.err.replace("\u00a0", ""))


@pytest.mark.parametrize("options", [(), ("--by", "  ")])
def test_nobody_named_is_wrong_usage_that_names_the_option(
    typed: Type, path: Path, options: tuple[str, ...]
) -> None:
    done = approve(typed, path, *options)
    assert done.code == 2
    assert "--by" in done.err


def test_the_user_logged_in_is_refused_with_what_to_do(typed: Type, path: Path) -> None:
    done = approve(typed, path, "--by", getpass.getuser().upper())
    assert done.code == 1
    assert f"{OLD} → {NEW}" in done.err
    assert "a second person must" in done.err
    assert "approve iban --by" in done.err


def test_a_second_person_is_shown_the_old_and_the_new(typed: Type, path: Path) -> None:
    done = approve(typed, path, "--by", "Marie Durand")
    assert (done.code, done.out) == (0, f"IBAN {OLD} → {NEW}: accepted by Marie Durand\n")
