from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from relance_mailer.errors import StoreError
from relance_mailer.store.db import Database
from relance_mailer.store.tables import CreditorRow


def add(database: Database, key: str) -> None:
    with database.write() as session:
        session.add(CreditorRow(key=key, name=key))


def keys(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.execute(text("SELECT key FROM creditor WHERE id > 2 ORDER BY id")).scalars())


def test_connections_are_as_durable_and_strict_as_the_design_says(db: Database) -> None:
    with db.writer.connect() as connection:

        def pragma(name: str) -> object:
            return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()

        found = {
            name: pragma(name) for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}
    with db.reader.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA query_only").scalar_one() == 1


def test_a_unit_is_committed_at_its_end_and_its_rows_stay_readable(db: Database) -> None:
    row = CreditorRow(key="a", name="A")
    with db.write() as session:
        session.add(row)
        assert keys(db) == []
    assert keys(db) == ["a"]
    assert (row.id, row.name) == (3, "A")


def test_an_error_undoes_the_whole_unit(db: Database) -> None:
    def unit() -> None:
        with db.write() as session:
            session.add(CreditorRow(key="a", name="A"))
            session.flush()
            raise LookupError

    with pytest.raises(LookupError):
        unit()
    assert keys(db) == []


def test_a_broken_constraint_stays_an_integrity_error(db: Database) -> None:
    with pytest.raises(IntegrityError):
        add(db, "acme")
    with pytest.raises(IntegrityError), db.write() as session:
        session.execute(text("INSERT INTO setting VALUES (99, 'k', '1', '2026-03-02', 'x')"))


@pytest.mark.parametrize(
    "write",
    [
        lambda session: session.execute(text("DELETE FROM creditor")),
        lambda session: session.add(CreditorRow(key="a", name="A")),
        lambda session: setattr(session.get(CreditorRow, 1), "name", "changed"),
        lambda session: session.delete(session.get(CreditorRow, 1)),
    ],
)
def test_a_reading_unit_cannot_write(db: Database, write: Callable[[Session], object]) -> None:
    with pytest.raises(StoreError, match=r"only reads .* tried to write"), db.read() as session:
        write(session)
    with db.read() as session:
        assert session.get_one(CreditorRow, 1).name == "Acme"


def test_a_reading_unit_sees_one_snapshot_and_blocks_no_writer(db: Database) -> None:
    with db.read() as session:
        before = session.execute(text("SELECT count(*) FROM creditor")).scalar_one()
        add(db, "a")
        assert session.execute(text("SELECT count(*) FROM creditor")).scalar_one() == before
    assert keys(db) == ["a"]


def test_writing_units_of_several_threads_queue_and_none_is_lost(db: Database) -> None:
    def one(name: str) -> None:
        for n in range(10):
            add(db, f"{name}{n}")

    threads = [threading.Thread(target=one, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(keys(db)) == sorted(f"{name}{n}" for name in "abcd" for n in range(10))


async def test_a_unit_runs_beside_the_event_loop(db: Database) -> None:
    def unit(key: str) -> int:
        add(db, key)
        return threading.get_ident()

    threads = await asyncio.gather(*(db.run(partial(unit, f"k{n}")) for n in range(9)))
    assert len(keys(db)) == 9
    assert threading.get_ident() not in threads
    assert len(set(threads)) <= 2


def test_a_lock_held_by_another_process_is_told_in_words(db: Database) -> None:
    impatient = Database(db.file, busy_timeout_s=0)
    with closing(sqlite3.connect(db.file)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"relance\.db is locked by another process"):
            add(impatient, "a")
        assert keys(impatient) == []
        other.rollback()
    add(impatient, "b")
    assert keys(impatient) == ["b"]
    impatient.close()


def test_a_unit_within_a_unit_is_refused_instead_of_waiting_for_itself(db: Database) -> None:
    impatient = Database(db.file, busy_timeout_s=0)

    def unit() -> None:
        with impatient.write() as session:
            session.execute(text("SELECT 1"))
            add(impatient, "a")

    with pytest.raises(StoreError, match="busy with other units of this process"):
        unit()
    impatient.close()


def test_a_full_disk_is_told_in_words_and_leaves_nothing_behind(db: Database) -> None:
    with db.writer.begin() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1")

    def unit() -> None:
        with db.write() as session:
            session.add(CreditorRow(key="a", name="A"))
            session.flush()
            session.add(CreditorRow(key="b", name="B" * 1_000_000))

    with pytest.raises(StoreError, match="disk or quota is full"):
        unit()
    assert keys(db) == []


def test_a_read_only_database_is_told_in_words(db: Database) -> None:
    db.close()
    fixed = Database(f"sqlite:///file:{db.file}?mode=ro&uri=true")
    assert keys(fixed) == []
    with pytest.raises(StoreError, match="is read-only for this user"):
        add(fixed, "a")
    fixed.close()


def test_a_file_that_is_no_database_is_told_in_words(tmp_path: Path) -> None:
    path = tmp_path / "invoices.csv"
    path.write_text("Numéro;Client;Montant\n" * 100)
    wrong = Database(path)
    with pytest.raises(StoreError, match=r"invoices\.csv is not a SQLite database"):
        add(wrong, "a")
    with pytest.raises(StoreError, match="is not a SQLite database"):
        keys(wrong)
    wrong.close()
    assert path.read_text().startswith("Numéro")


def test_a_damaged_file_is_told_in_words(db: Database) -> None:
    db.close()
    content = bytearray(db.file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    db.file.write_bytes(content)
    damaged = Database(db.file)
    with pytest.raises(StoreError, match="is damaged"):
        keys(damaged)
    damaged.close()


def test_a_folder_that_does_not_exist_is_told_in_words(tmp_path: Path) -> None:
    nowhere = Database(tmp_path / "nowhere" / "relance.db")
    with pytest.raises(StoreError, match="cannot be opened"):
        keys(nowhere)
    with pytest.raises(StoreError, match="cannot be created"):
        nowhere.make_file()
    nowhere.close()


def test_a_new_file_and_its_log_are_for_their_owner_only(tmp_path: Path) -> None:
    database = Database(tmp_path / "new.db")
    database.make_file()
    with database.write() as session:
        session.execute(text("CREATE TABLE t (x)"))
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    database.close()
    assert modes == {"new.db": 0o600, "new.db-wal": 0o600, "new.db-shm": 0o600}
