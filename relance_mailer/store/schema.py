"""The database's schema: bring it to this program's version, or say in words that it is not.

`check` runs at every start and asks two small questions; Alembic is only imported by `migrate`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from relance_mailer.errors import SchemaError
from relance_mailer.store.db import Database, make_engine
from relance_mailer.store.triggers import ensure_triggers, missing_triggers

if TYPE_CHECKING:
    from alembic.config import Config

#: The revision that this program works with: the last file in migrations/versions (a test compares).
HEAD = "0001"

_MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: Database) -> None:
    """Bring the schema to `HEAD` in one transaction, creating the database where there is none."""
    from alembic import command

    database.make_file()
    engine = rebuilding_engine(database)
    try:
        with database.in_words(), engine.begin() as connection:
            found = _version(connection)
            if found is not None and not _known(found):
                raise SchemaError(_newer(database, found))
            config = alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            ensure_triggers(connection)
            _refuse_broken_keys(database, connection)
    finally:
        engine.dispose()


def check(database: Database) -> None:
    """Raise SchemaError, with the remedy, unless the schema is this program's and the ledger is guarded."""
    if database.path is not None and not database.path.exists():
        raise SchemaError(f"There is no database at {database.name}: create it with `relance-mailer init`.")
    with database.read() as session:
        connection = session.connection()
        found = _version(connection)
        if found is None:
            raise SchemaError(
                f"{database.name} holds no tables of relance-mailer: "
                "check the path, or create them with `relance-mailer init`."
            )
        if found != HEAD and not _known(found):
            raise SchemaError(_newer(database, found))
        if found != HEAD:
            raise SchemaError(
                f"The schema of {database.name} is older ({found}) than this program's ({HEAD}): "
                "make a backup, then run `relance-mailer db migrate`."
            )
        if missing := missing_triggers(connection):
            raise SchemaError(
                f"The ledger of {database.name} is not guarded (missing: {', '.join(missing)}): run "
                "`relance-mailer ledger verify` to see whether it was changed, then `relance-mailer db migrate`."
            )


def rebuilding_engine(database: Database) -> Engine:
    """Return an engine for migrations, without foreign keys.

    SQLite cannot rebuild a table that others refer to under foreign keys, and ignores their switch inside a transaction
    (https://www.sqlite.org/lang_altertable.html, section 7).
    """
    return make_engine(database.url, begin="BEGIN IMMEDIATE", foreign_keys=False)


def alembic_config() -> Config:
    """Return Alembic's configuration, without an alembic.ini."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _version(connection: Connection) -> str | None:
    """Return the database's revision, None if it has no version table."""
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _known(revision: str) -> bool:
    """Return True if this program has the migration called `revision`."""
    return any(file.stem.startswith(f"{revision}_") for file in (_MIGRATIONS / "versions").glob("*.py"))


def _newer(database: Database, found: str) -> str:
    return (
        f"The schema of {database.name} ({found}) is newer than this program's ({HEAD}): "
        "install the relance-mailer that made it, or restore the backup from before its upgrade."
    )


def _refuse_broken_keys(database: Database, connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise SchemaError(
            f"Migrating {database.name} would leave a row of {broken[0]} that refers to nothing in {broken[2]}: "
            "nothing was changed; please report this."
        )
