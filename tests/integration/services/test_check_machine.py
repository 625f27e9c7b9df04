"""check looks at the machine: disk, clock, what must be writable, and the database's own health."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from relance_mailer.errors import StoreError
from relance_mailer.services import check as checks
from relance_mailer.services.check import Finding, Level, machine
from relance_mailer.services.check.machine import Growth, size_words
from relance_mailer.store import health
from relance_mailer.store.db import Database
from tests.support.world import TUESDAY, World, make_config


def disk(folder: Path, growth: Growth | None = None) -> Finding:
    [found] = checks.of_machine(make_config(folder), growth)
    return found


@pytest.mark.parametrize(
    ("size", "french", "english"),
    [
        (0, "0\u00a0o", "0\u00a0B"),
        (999, "999\u00a0o", "999\u00a0B"),
        (1_250, "1,2\u00a0ko", "1.2\u00a0kB"),
        (35_651_584, "36\u00a0Mo", "36\u00a0MB"),
        (1_300_000_000, "1,3\u00a0Go", "1.3\u00a0GB"),
        (9e15, "9000\u00a0To", "9000\u00a0TB"),
    ],
)
def test_sizes_are_written_as_people_do(size: float, french: str, english: str) -> None:
    assert (size_words(size, "fr"), size_words(size, "en")) == (french, english)


# ── disk ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_disk_with_room_is_well(tmp_path: Path) -> None:
    found = disk(tmp_path)
    assert found.level is Level.OK
    assert found.words.endswith(f" free for {tmp_path}")


@pytest.mark.parametrize(("limit", "level"), [("LITTLE", Level.WARNING), ("FULL", Level.ERROR)])
def test_a_disk_that_fills_up_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, level: Level
) -> None:
    monkeypatch.setattr(machine, limit, 10**18)
    found = disk(tmp_path)
    assert found.level is level
    assert "free some space" in found.remedy


@pytest.mark.parametrize(
    ("age", "words"),
    [(timedelta(days=60), "grows by 6.0\u00a0MB a month"), (timedelta(days=6), ""), (timedelta(0), "")],
)
def test_growth_is_told_once_it_can_be(tmp_path: Path, age: timedelta, words: str) -> None:
    found = disk(tmp_path, Growth(12_000_000, age))
    assert ("grows" in found.words) is bool(words)
    assert words in found.words


def test_a_folder_where_nothing_can_be_written_is_an_error(tmp_path: Path) -> None:
    config = make_config(tmp_path, paths__state_file="nowhere/state.json")
    *_, found = checks.of_machine(config)
    assert (found.level, found.what) == (Level.ERROR, "writing")
    assert str(tmp_path / "nowhere") in found.words
    assert "No such file" in found.words


# ── clock ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_clock_that_the_network_keeps_is_well(tmp_path: Path) -> None:
    flag = tmp_path / "synchronized"
    flag.touch()
    found = checks.of_clock(make_config(tmp_path, rehearsal=None), TUESDAY, TUESDAY, flag)
    assert found.level is Level.OK
    assert found.words == "10:30 (Europe/Paris), after the ledger's last entry, kept by the network"


def test_a_clock_that_the_network_has_not_set_yet_is_warned_of(tmp_path: Path) -> None:
    found = checks.of_clock(make_config(tmp_path, rehearsal=None), TUESDAY, None, tmp_path / "synchronized")
    assert found.level is Level.WARNING
    assert "timedatectl" in found.remedy


def test_where_nothing_tells_who_sets_the_clock_that_is_said(tmp_path: Path) -> None:
    flag = tmp_path / "no" / "synchronized"
    found = checks.of_clock(make_config(tmp_path, rehearsal=None), TUESDAY, TUESDAY, flag)
    assert (found.level, "is not known" in found.words) == (Level.OK, True)


@pytest.mark.parametrize(
    ("ahead", "level"), [(timedelta(minutes=1), Level.OK), (timedelta(minutes=3), Level.ERROR)]
)
def test_a_clock_behind_the_ledger_is_an_error(tmp_path: Path, ahead: timedelta, level: Level) -> None:
    found = checks.of_clock(make_config(tmp_path), TUESDAY, TUESDAY + ahead)
    assert found.level is level


def test_a_rehearsal_that_starts_before_the_ledgers_end_is_told_to_start_later(tmp_path: Path) -> None:
    newest = TUESDAY + timedelta(days=3)
    rehearsed = checks.of_clock(make_config(tmp_path), TUESDAY, newest)
    assert rehearsed.level is Level.ERROR
    assert "rehearsal's start lies before the ledger's last entry" in rehearsed.remedy
    assert "to an instant after 13 Mar 2026 10:30" in rehearsed.remedy
    assert "timedatectl" in checks.of_clock(make_config(tmp_path, rehearsal=None), TUESDAY, newest).remedy


# ── the database ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sound_database_is_told_with_its_journal_and_size(world: World) -> None:
    found = health.examine(world.db, 5)
    assert (found.journal_mode, found.problems, found.finished) == ("wal", (), True)
    assert found.size >= world.db.file.stat().st_size > 0


def test_a_damaged_database_is_told_with_what_to_do(world: World, tmp_path: Path) -> None:
    world.owing()
    world.plan()
    world.db.close()
    pages = bytearray(world.db.file.read_bytes())
    pages[-40_000:-20_000] = b"\xff" * 20_000
    copy = tmp_path / "damaged.db"
    copy.write_bytes(pages)
    damaged = Database(copy)
    try:
        found = health.examine(damaged, 5)
    finally:
        damaged.close()
    assert found.problems
    assert found.finished


def test_a_database_too_large_for_the_time_is_not_called_damaged(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_STEPS", 1)
    found = health.examine(world.db, -1)
    assert (found.problems, found.finished) == ((), False)


def test_a_database_that_is_no_file_is_not_looked_into(tmp_path: Path) -> None:
    elsewhere = Database(f"sqlite:///file:{tmp_path}/elsewhere.db?uri=true")
    try:
        with pytest.raises(StoreError, match="no file"):
            health.examine(elsewhere, 1)
    finally:
        elsewhere.close()


def test_what_the_ledger_knows_last_and_since_when_it_is_installed(world: World) -> None:
    world.later(hours=1)
    world.owing()
    world.plan()
    with world.db.read() as session:
        assert health.newest(session, world.office.creditor_id) == world.now
        assert health.installed_at(session) == TUESDAY
