"""The rules of the house that no linter checks."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "relance_mailer"
LANGUAGES = ("fr", "en")
MAX_LINES = 400


def _sources() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "migrations/versions" not in path.as_posix())


def _make(*arguments: str) -> str:
    command = ["make", "--no-print-directory", *arguments]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
    }
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_no_file_of_the_package_is_too_long_to_be_read_at_once() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in _sources()}
    assert lengths
    assert {name: length for name, length in lengths.items() if length > MAX_LINES} == {}


def test_every_package_folder_is_a_package() -> None:
    folders = {path.parent for path in _sources()}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_every_template_exists_in_every_language() -> None:
    templates = {lang: {path.name for path in (ROOT / "templates" / lang).glob("*.md")} for lang in LANGUAGES}
    assert templates["fr"]
    assert all(names == templates["fr"] for names in templates.values()), templates


def test_there_is_no_template_language_that_these_tests_do_not_know() -> None:
    assert {path.name for path in (ROOT / "templates").iterdir() if path.is_dir()} == set(LANGUAGES)


def test_the_changelog_tells_of_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    entries = re.findall(r"^## \[?([^\]\s]+)", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert entries, "CHANGELOG.md has no entry"
    assert entries[0].lower() in {"unreleased", version}


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_the_readme_names_its_two_commands(command: str) -> None:
    assert command in (ROOT / "README.md").read_text()


def test_every_command_of_make_that_the_documents_name_exists() -> None:
    texts = [path.read_text() for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))]
    named = {target for text in texts for target in re.findall(r"`make ([a-z]+)`", text)}
    assert named <= _targets()


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


def test_make_alone_shows_every_target_with_a_line_about_it() -> None:
    menu = re.findall(r"^  make (\w+) +\S", _make(), flags=re.MULTILINE)
    assert set(menu) == _targets()
    assert menu == re.findall(r"^  make (\w+) +\S", _make("help"), flags=re.MULTILINE)


def test_ci_runs_the_command_of_the_readme_with_real_servers_required() -> None:
    script = ROOT / ".ci/run"
    lines = script.read_text().splitlines()
    assert os.access(script, os.X_OK)
    assert "export RELANCE_REQUIRE_REAL=1" in lines
    assert lines[-1] == "make test"


def test_the_tests_run_on_exactly_pinned_versions() -> None:
    pins = (ROOT / "constraints.txt").read_text().splitlines()
    assert pins
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.+!-]+", pin)] == []


def _normal(requirement: str) -> str:
    name = re.match(r"[A-Za-z0-9_.-]+", requirement)
    assert name, requirement
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def test_every_requirement_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(name for names in project["optional-dependencies"].values() for name in names),
    ]
    pinned = {_normal(line) for line in (ROOT / "constraints.txt").read_text().splitlines()}
    assert {_normal(name) for name in wanted} - pinned - {_normal(project["name"])} == set()
