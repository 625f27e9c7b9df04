from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Column, String, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

import relance_mailer
from relance_mailer.errors import SchemaError
from relance_mailer.store import ledger
from relance_mailer.store.db import Database
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.schema import HEAD, alembic_config, check, migrate, rebuilding_engine
from relance_mailer.store.tables import CreditorRow
from relance_mailer.store.triggers import ensure_triggers, missing_triggers


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "fresh.db")
    migrate(database)
    yield database
    database.close()


def test_a_migrated_database_has_the_tables_of_the_code(fresh: Database) -> None:
    with fresh.reader.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, SQLModel.metadata) == []


def test_a_migrated_database_has_the_same_statements_as_the_tables_of_the_code(
    fresh: Database, db: Database
) -> None:
    """Partial indexes and tables without rowid are not compared by Alembic."""

    def indexes(database: Database) -> dict[str, str]:
        query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND (type = 'index' OR name = 'ledger')"
        with database.read() as session:
            return {
                name: "".join(sql.split()).replace('"', "")
                for name, sql in session.execute(text(query)).all()
            }

    assert indexes(fresh) == indexes(db)


def test_the_programs_revision_is_the_last_migration() -> None:
    scripts = ScriptDirectory.from_config(alembic_config())
    assert scripts.get_heads() == [HEAD]


def test_a_migrated_database_passes_the_check_and_migrating_again_changes_nothing(fresh: Database) -> None:
    check(fresh)
    migrate(fresh)
    check(fresh)
    assert fresh.file.stat().st_mode & 0o077 == 0


def test_a_migration_creates_the_ledgers_triggers_anew(fresh: Database) -> None:
    with fresh.writer.begin() as connection:
        assert missing_triggers(connection) == []
        connection.exec_driver_sql("DROP TRIGGER ledger_no_delete")
    with pytest.raises(SchemaError, match=r"not guarded .*ledger_no_delete.*ledger verify"):
        check(fresh)
    migrate(fresh)
    check(fresh)


def test_a_rebuilt_ledger_keeps_its_entries_and_is_guarded_again(fresh: Database) -> None:
    """Batch mode copies the table and drops the old one with its triggers."""
    with fresh.write() as session:
        session.add(CreditorRow(key="acme", name="Acme"))
        session.flush()
        noted = [Entry(Kind.NOTED, f"invoice:{n}") for n in range(3)]
        head = ledger.append(session, 1, noted, at=datetime(2026, 3, 2, tzinfo=UTC), actor="bot")
    engine = rebuilding_engine(fresh)
    with engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("ledger", recreate="always") as batch:
            batch.add_column(Column("origin", String(), nullable=True))
        assert [name for name in missing_triggers(connection) if "payload" not in name] == [
            "ledger_no_update",
            "ledger_no_delete",
            "ledger_in_order",
        ]
        ensure_triggers(connection)
    engine.dispose()
    with pytest.raises(IntegrityError, match="append-only"), fresh.write() as session:
        session.execute(text("DELETE FROM ledger"))
    with fresh.read() as session:
        assert ledger.verify(session, 1, outside=head).holds
        created = session.execute(text("SELECT sql FROM sqlite_master WHERE name = 'ledger'")).scalar_one()
    assert "WITHOUT ROWID" in created


def test_a_table_that_others_refer_to_can_be_rebuilt(fresh: Database) -> None:
    with fresh.write() as session:
        session.add(CreditorRow(key="acme", name="Acme"))
        session.flush()
        ledger.append(
            session, 1, [Entry(Kind.NOTED, "creditor:1")], at=datetime(2026, 3, 2, tzinfo=UTC), actor="bot"
        )
    engine = rebuilding_engine(fresh)
    with engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("creditor", recreate="always") as batch:
            batch.add_column(Column("origin", String(), nullable=True))
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    engine.dispose()
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), fresh.write() as session:
        session.execute(text("DELETE FROM creditor"))


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "half.db")
    with database.write() as session:
        session.execute(text("CREATE TABLE task (x)"))  # in the way of 0001
    with pytest.raises(Exception, match="task already exists"):
        migrate(database)
    with database.read() as session:
        names = session.execute(text("SELECT name FROM sqlite_master")).scalars().all()
    assert list(names) == ["task"]
    database.close()


def test_no_database_is_told_with_its_remedy_and_none_is_made(tmp_path: Path) -> None:
    absent = Database(tmp_path / "absent.db")
    with pytest.raises(SchemaError, match=r"no database at .*relance-mailer init"):
        check(absent)
    assert not absent.file.exists()
    absent.close()


def test_a_database_without_our_tables_is_told_with_its_remedy(tmp_path: Path) -> None:
    empty = Database(tmp_path / "empty.db")
    empty.make_file()
    with pytest.raises(SchemaError, match=r"holds no tables .*relance-mailer init"):
        check(empty)
    empty.close()


def test_an_older_and_a_newer_schema_are_told_apart_with_their_remedies(
    fresh: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relance_mailer.store.schema.HEAD", "0002")
    with pytest.raises(
        SchemaError, match=r"is older \(0001\) than this program's \(0002\).*relance-mailer db migrate"
    ):
        check(fresh)
    monkeypatch.undo()
    with fresh.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    for use in (check, migrate):
        with pytest.raises(SchemaError, match=r"\(0999\) is newer than this program's"):
            use(fresh)


def test_the_check_does_not_load_alembic(fresh: Database) -> None:
    script = (
        "import sys; from relance_mailer.store.db import Database; from relance_mailer.store.schema import check;"
        f"check(Database({str(fresh.file)!r})); sys.exit('alembic' in sys.modules)"
    )
    root = Path(relance_mailer.__file__).parents[1]
    assert subprocess.run([sys.executable, "-c", script], cwd=root, check=False).returncode == 0
