"""The triggers that make the ledger append-only, whoever writes to the database (design rule 6).

Rebuilding a table (Alembic's batch mode on SQLite) drops its triggers: `ensure_triggers` runs after every migration.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

#: name -> what follows its name in CREATE TRIGGER. INSERT OR REPLACE deletes without asking the DELETE trigger (unless
#: recursive_triggers is on), therefore an INSERT must come right after the head: neither again, nor with a gap.
_SQLITE = {
    "ledger_no_update": """
        BEFORE UPDATE ON ledger
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: no UPDATE'); END""",
    "ledger_no_delete": """
        BEFORE DELETE ON ledger
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: no DELETE'); END""",
    "ledger_in_order": """
        BEFORE INSERT ON ledger
        WHEN NEW.sequence IS NOT
            (SELECT coalesce(max(sequence), 0) + 1 FROM ledger WHERE creditor_id = NEW.creditor_id)
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: an entry follows the last one'); END""",
    "ledger_payload_no_update": """
        BEFORE UPDATE ON ledger_payload
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: no UPDATE of a payload'); END""",
    "ledger_payload_once": """
        BEFORE INSERT ON ledger_payload
        WHEN EXISTS (SELECT 1 FROM ledger_payload
            WHERE creditor_id = NEW.creditor_id AND sequence = NEW.sequence)
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: a payload is written once'); END""",
}

#: PostgreSQL knows no INSERT OR REPLACE, its ON CONFLICT DO UPDATE asks the UPDATE trigger; the primary key does the rest.
_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    RAISE EXCEPTION 'the ledger is append-only: no % of %', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
_POSTGRESQL = {
    "ledger_no_change": "BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger",
    "ledger_payload_no_update": "BEFORE UPDATE ON ledger_payload",
}

TRIGGERS = tuple(_SQLITE)


def ensure_triggers(connection: Connection) -> None:
    """Create the ledger's triggers anew, in the caller's transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(_POSTGRESQL_FUNCTION))
        for name, when in _POSTGRESQL.items():
            connection.exec_driver_sql(
                f"CREATE OR REPLACE TRIGGER {name} {when} FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
            )
        return
    for name, body in _SQLITE.items():
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        connection.exec_driver_sql(f"CREATE TRIGGER {name} {body}")


def missing_triggers(connection: Connection) -> list[str]:
    """Return the names of the ledger's triggers that are not there (SQLite; elsewhere none is looked for)."""
    if connection.dialect.name != "sqlite":
        return []
    rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    there = {row.name for row in rows}
    return [name for name in TRIGGERS if name not in there]
