"""dossier export and dossier verify, as they are typed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from relance_mailer.store.tables import DebtorRow
from tests.integration.cli.conftest import Type
from tests.support.dossier import CaseFile, digest
from tests.support.office import MONDAY, Invoice, bring_in, make_office, open_office, write_config
from tests.support.world import World, answer


def _reference(world: World) -> str:
    return world.one(DebtorRow).reference


@pytest.fixture
def exchange(world: World) -> World:
    """A reminder and its answer, in a folder with a configuration."""
    write_config(world.folder, language="en")
    world.owing()
    notice = world.remind()
    world.take(answer(notice, "Nous contestons : marchandise cassée.", at=world.now))
    return world


def test_a_case_file_is_exported_verified_and_told_in_words(
    typed: Type, exchange: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = exchange.folder / "case.zip"
    config = exchange.folder / "config.toml"
    at = ("--config", config, "--at", exchange.now.isoformat())
    done = typed("dossier", "export", _reference(exchange), "--out", file, "--by", "Claire", *at)
    assert done.code == 0, done.err
    sha256 = digest(file.read_bytes())
    assert re.search(r"case\.zip: 2 messages and \d+ events, entries \d+ to \d+ of the ledger", done.out)
    assert f"SHA-256 of the file: {sha256}" in done.out
    monkeypatch.chdir("/")  # neither database nor configuration is near
    checked = typed("dossier", "verify", file)
    assert (checked.code, checked.err) == (0, "")
    assert "Case file about Dupont SARL" in checked.out
    assert "made on 2026-03-10T10:30:00+01:00 by Claire" in checked.out
    assert checked.out.count("✓") == 5
    assert "All holds. Last entry: no." in checked.out
    assert sha256 in checked.out


def test_json_says_the_same(typed: Type, exchange: World) -> None:
    file = exchange.folder / "case.zip"
    at = ("--config", exchange.folder / "config.toml", "--at", exchange.now.isoformat())
    made = typed("dossier", "export", _reference(exchange), "-o", file, *at, "--json").json
    found = typed("dossier", "verify", file, "--json").json
    assert (found["holds"], found["sha256"], found["ledger"]) == (True, made["sha256"], made["ledger"])
    assert (made["debtor"], made["invoice"], made["messages"]) == (_reference(exchange), None, 2)
    assert (found["told"], found["messages"], found["erased_messages"]) == (made["events"], 2, [])
    assert [check["check"] for check in found["checks"]] == [
        "files",
        "chain",
        "payloads",
        "messages",
        "whole",
    ]
    assert all(check["holds"] and not check["problems"] for check in found["checks"])


def test_what_does_not_hold_is_said_in_words_and_the_exit_code_is_one(typed: Type, exchange: World) -> None:
    file = exchange.folder / "case.zip"
    at = ("--config", exchange.folder / "config.toml", "--at", exchange.now.isoformat())
    assert typed("dossier", "export", _reference(exchange), "-o", file, *at).code == 0
    case = CaseFile.read(file)
    [answered] = [name for name in case.members if name.endswith("_in.eml")]
    case.members[answered] = case.members[answered].replace(b"contestons", b"acceptons!")
    case.members["messages/extra.eml"] = b"x"
    case.write(file)
    done = typed("dossier", "verify", file)
    assert done.code == 1
    assert f"{answered} was changed" in done.err
    assert "messages/extra.eml is not in SHA256SUMS: it was added" in done.err
    assert "no entry of the ledger names the message" in done.err
    assert "names a message that is missing" in done.err
    assert "All holds" not in done.out
    found = typed("dossier", "verify", file, "--json")
    assert found.code == 1
    assert found.json["holds"] is False
    assert [check["holds"] for check in found.json["checks"]] == [False, True, True, False, True]


def test_a_case_file_is_verified_in_its_own_language_and_named_after_what_it_is_about(
    typed: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_office(tmp_path, language="fr")
    with open_office(config) as office:
        bring_in(office, Invoice("FA/2026 1", "02/02/2026"))
    monkeypatch.chdir(tmp_path)
    made = typed("dossier", "export", "FA/2026 1", "--config", config, "--at", MONDAY.isoformat())
    assert made.code == 0, made.err
    assert "dossier-FA-2026-1-20260302-100000.zip : 0 message et" in made.out
    done = typed("dossier", "verify", "dossier-FA-2026-1-20260302-100000.zip")
    assert done.code == 0, done.err
    assert "facture FA/2026 1, établi le 2026-03-02T10:00:00+01:00" in done.out
    assert "Tout se tient." in done.out


@pytest.mark.parametrize("data", [b"", b"no zip"])
def test_what_is_no_case_file_is_refused_in_words(typed: Type, tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "x.zip"
    file.write_bytes(data)
    done = typed("dossier", "verify", file)
    assert done.code == 1
    assert "is no ZIP that can be read" in done.err
    missing = typed("dossier", "verify", tmp_path / "y.zip")
    assert (missing.code, missing.out) == (1, "")
    assert "there is no file" in missing.err


def test_an_unknown_name_is_said_with_what_is_near(typed: Type, exchange: World) -> None:
    at = ("--config", exchange.folder / "config.toml", "--at", exchange.now.isoformat())
    done = typed("dossier", "export", "dupont", *at)
    assert done.code == 1
    assert f"did you mean '{_reference(exchange)}'?" in done.err


def test_verifying_loads_neither_the_database_nor_the_services(tmp_path: Path) -> None:
    words = (
        "import sys; from relance_mailer.cli import dossier; import relance_mailer.evidence.verify; "
        "print([name for name in ('sqlalchemy', 'relance_mailer.services', 'jinja2') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", words], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.strip() == "[]"
