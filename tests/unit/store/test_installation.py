from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from relance_mailer.errors import ConflictError, StoreError
from relance_mailer.store import installation, ledger
from relance_mailer.store.db import Database
from relance_mailer.store.ledger import Entry, Kind

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Home:
    """A database, its state file and its machine."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.db = db
        self.state = folder / "relance.db.state.json"
        self.machine = folder / "machine-id"
        self.machine.write_text("0123456789abcdef0123456789abcdef\n")

    def create(self) -> None:
        with self.db.write() as session:
            installation.create(session, self.state, at=AT, machine_id_path=self.machine)

    def release(self) -> None:
        with self.db.write() as session:
            installation.release(session, self.state, at=AT, machine_id_path=self.machine)

    def examine(self) -> installation.InstallationState:
        with self.db.read() as session:
            return installation.examine(session, self.state, machine_id_path=self.machine)

    def note(self, count: int, *, record: bool = True) -> None:
        with self.db.write() as session:
            entries = [Entry(Kind.NOTED, "creditor:1", {"n": n}) for n in range(count)]
            ledger.append(session, 1, entries, at=AT, actor="bot")
        if record:
            self.record()

    def record(self) -> None:
        with self.db.read() as session:
            installation.record_heads(session, self.state, machine_id_path=self.machine)


@pytest.fixture
def home(db: Database, tmp_path: Path) -> Home:
    here = Home(db, tmp_path)
    here.create()
    return here


def test_a_fresh_installation_is_trusted_and_stays_so(home: Home) -> None:
    assert home.examine().trusted
    home.note(3)
    home.note(2, record=False)
    assert home.examine().trusted


def test_the_state_file_keeps_the_heads_and_not_the_machines_own_id(home: Home) -> None:
    home.note(3)
    said = json.loads(home.state.read_text())
    assert said["heads"]["1"]["sequence"] == 3
    assert "0123456789abcdef" not in home.state.read_text()
    assert home.state.stat().st_mode & 0o077 == 0
    assert installation.read(home.state).heads[1].sequence == 3


def test_a_database_that_was_never_installed_is_not_trusted(db: Database, tmp_path: Path) -> None:
    state = Home(db, tmp_path).examine()
    assert not state.trusted
    assert "never installed" in state.reason


def drop_state(home: Home) -> None:
    home.state.unlink()


def damage_state(home: Home) -> None:
    home.state.write_text('{"installation_id": ')


def strange_state(home: Home) -> None:
    home.state.write_text("[]")


def other_machine(home: Home) -> None:
    home.machine.write_text("ffffffffffffffffffffffffffffffff\n")


def no_machine_id(home: Home) -> None:
    home.machine.unlink()


def other_installation(home: Home) -> None:
    said = json.loads(home.state.read_text())
    home.state.write_text(json.dumps(said | {"installation_id": "another"}))


def head_ahead(home: Home) -> None:
    said = json.loads(home.state.read_text())
    said["heads"]["1"]["sequence"] = 9
    home.state.write_text(json.dumps(said))


def other_history(home: Home) -> None:
    said = json.loads(home.state.read_text())
    said["heads"]["1"]["hash"] = "f" * 64
    home.state.write_text(json.dumps(said))


CHANGES = [
    (drop_state, "is missing"),
    (damage_state, "is damaged"),
    (strange_state, "is damaged"),
    (other_machine, "this machine is not the one"),
    (no_machine_id, "this machine is not the one"),
    (other_installation, "is a copy"),
    (head_ahead, "ends at entry 3, entry 9 was noted"),
    (other_history, "its history differs"),
]


@pytest.mark.parametrize(("change", "words"), CHANGES, ids=lambda one: getattr(one, "__name__", ""))
def test_what_does_not_fit_is_not_trusted_says_why_and_what_to_do_until_released(
    home: Home, change: Callable[[Home], object], words: str
) -> None:
    home.note(3)
    change(home)
    state = home.examine()
    assert not state.trusted
    assert words in state.reason
    assert "relance-mailer release installation" in state.reason
    with pytest.raises(StoreError, match="were not noted"):
        home.record()
    home.release()
    assert home.examine().trusted
    home.note(1)
    assert home.examine().trusted


def test_a_database_restored_from_an_older_copy_is_not_trusted(home: Home, tmp_path: Path) -> None:
    home.note(2)
    home.db.close()
    shutil.copy(home.db.file, tmp_path / "backup.db")
    home.db = Database(home.db.file)
    home.note(3)
    home.db.close()
    shutil.copy(tmp_path / "backup.db", home.db.file)
    home.db = Database(home.db.file)
    state = home.examine()
    assert not state.trusted
    assert "older than its state file: its ledger ends at entry 2, entry 5 was noted" in state.reason
    # going on writing does not make it trusted: the history is another one
    home.note(4, record=False)
    assert "its history differs" in home.examine().reason
    home.db.close()


def test_after_a_release_the_copy_left_behind_no_longer_fits_the_new_state_file(
    home: Home, tmp_path: Path
) -> None:
    home.db.close()
    shutil.copy(home.db.file, tmp_path / "copy.db")
    home.db = Database(home.db.file)
    home.release()
    assert home.examine().trusted
    home.db.close()
    home.db = Database(tmp_path / "copy.db")
    assert "is a copy" in home.examine().reason
    home.db.close()


def test_a_machine_without_an_id_is_trusted_as_such(db: Database, tmp_path: Path) -> None:
    home = Home(db, tmp_path)
    home.machine.unlink()
    home.create()
    assert home.examine().trusted
    home.machine.write_text("0123456789abcdef0123456789abcdef\n")
    assert not home.examine().trusted


def test_installing_twice_is_refused(home: Home) -> None:
    with pytest.raises(ConflictError, match="already installed"):
        home.create()


def test_a_state_file_that_cannot_be_written_undoes_the_installation(db: Database, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"), db.write() as session:
        installation.create(
            session, tmp_path / "nowhere" / "state.json", at=AT, machine_id_path=tmp_path / "m"
        )
    assert "never installed" in Home(db, tmp_path).examine().reason


def test_a_folder_copied_on_the_same_machine_is_not_trusted(home: Home, tmp_path: Path) -> None:
    elsewhere = tmp_path / "copy"
    elsewhere.mkdir()
    home.state = Path(shutil.copy(home.state, elsewhere))
    found = home.examine()
    assert not found.trusted
    assert "copied or moved" in found.reason
