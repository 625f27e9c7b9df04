"""The ledger refuses every change, also through a connection that is not ours and knows none of our pragmas."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from relance_mailer.store import ledger
from relance_mailer.store.db import Database
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.triggers import TRIGGERS, ensure_triggers, missing_triggers

ROW = "1, {sequence}, 'p', 'at', 'forged', 'bot', 's', 'd', 'h'"
CHANGES = {
    "update": "UPDATE ledger SET actor = 'x' WHERE sequence = 2",
    "update or replace": "UPDATE OR REPLACE ledger SET sequence = 1 WHERE sequence = 2",
    "delete": "DELETE FROM ledger WHERE sequence = 3",
    "insert again": f"INSERT INTO ledger VALUES ({ROW.format(sequence=2)})",
    "insert or replace": f"INSERT OR REPLACE INTO ledger VALUES ({ROW.format(sequence=2)})",
    "replace the head": f"REPLACE INTO ledger VALUES ({ROW.format(sequence=3)})",
    "insert or ignore": f"INSERT OR IGNORE INTO ledger VALUES ({ROW.format(sequence=2)})",
    "upsert": f"INSERT INTO ledger VALUES ({ROW.format(sequence=2)}) ON CONFLICT DO UPDATE SET actor = 'x'",
    "leave a gap": f"INSERT INTO ledger VALUES ({ROW.format(sequence=9)})",
    "payload update": "UPDATE ledger_payload SET payload = '{}' WHERE sequence = 2",
    "payload replace": "INSERT OR REPLACE INTO ledger_payload VALUES (1, 2, 1, x'00', '{}')",
}


@pytest.fixture(autouse=True)
def three_entries(db: Database) -> None:
    with db.write() as session:
        entries = [Entry(Kind.NOTED, f"invoice:{n}", {"n": n}) for n in (1, 2, 3)]
        ledger.append(session, 1, entries, at=datetime(2026, 3, 2, tzinfo=UTC), actor="bot")


def content(db: Database) -> tuple[object, Sequence[object]]:
    with db.read() as session:
        rows = session.execute(text("SELECT * FROM ledger")).all()
        return rows, session.execute(text("SELECT * FROM ledger_payload")).all()


@pytest.mark.parametrize("recursive", ["ON", "OFF"])
@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES)
def test_a_foreign_connection_cannot_change_the_ledger(db: Database, statement: str, recursive: str) -> None:
    before = content(db)
    with closing(sqlite3.connect(db.file)) as foreign:
        foreign.execute(f"PRAGMA recursive_triggers={recursive}")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            foreign.execute(statement)
        foreign.commit()
    assert content(db) == before


def test_our_own_session_cannot_either(db: Database) -> None:
    before = content(db)
    with pytest.raises(IntegrityError, match="append-only"), db.write() as session:
        session.execute(text(CHANGES["insert or replace"]))
    assert content(db) == before


def test_without_its_trigger_insert_or_replace_would_slip_past_the_other_two(db: Database) -> None:
    """The reason for the third trigger, and the proof that the test above can fail."""
    with closing(sqlite3.connect(db.file)) as foreign:
        foreign.execute("DROP TRIGGER ledger_in_order")
        foreign.execute(CHANGES["insert or replace"])
        assert foreign.execute("SELECT kind FROM ledger WHERE sequence = 2").fetchone() == ("forged",)


def test_an_entry_cannot_be_replaced_by_its_rowid(db: Database) -> None:
    with closing(sqlite3.connect(db.file)) as foreign, pytest.raises(sqlite3.OperationalError, match="rowid"):
        foreign.execute(
            "INSERT OR REPLACE INTO ledger (rowid, creditor_id, sequence, previous, at, kind, actor, subject, digest, hash)"
            f" VALUES (1, {ROW.format(sequence=4)})"
        )


def test_a_payload_may_be_erased(db: Database) -> None:
    with db.write() as session:
        session.execute(text("DELETE FROM ledger_payload WHERE sequence = 2"))
    assert len(content(db)[1]) == 2


def test_triggers_are_created_anew_where_they_are_missing_or_hollowed_out(db: Database) -> None:
    with db.writer.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER ledger_no_delete")
        connection.exec_driver_sql("DROP TRIGGER ledger_no_update")
        connection.exec_driver_sql(
            "CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT 1; END"
        )
        assert missing_triggers(connection) == ["ledger_no_delete"]
        ensure_triggers(connection)
        assert missing_triggers(connection) == []
    assert len(TRIGGERS) == 5
    with pytest.raises(IntegrityError, match="no UPDATE"), db.write() as session:
        session.execute(text(CHANGES["update"]))
