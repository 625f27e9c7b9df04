from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from relance_mailer.store.db import Database
from relance_mailer.store.tables import CreditorRow
from relance_mailer.store.triggers import ensure_triggers


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with its tables, its triggers and creditors 1 and 2, to be copied."""
    path = tmp_path_factory.mktemp("store") / "relance.db"
    database = Database(path)
    with database.writer.begin() as connection:
        SQLModel.metadata.create_all(connection)
        ensure_triggers(connection)
    with database.write() as session:
        session.add_all([CreditorRow(key="acme", name="Acme"), CreditorRow(key="zenith", name="Zénith")])
    database.close()
    return path


@pytest.fixture
def db(tmp_path: Path, empty_database: Path) -> Iterator[Database]:
    """A database of this test's own."""
    database = Database(shutil.copy(empty_database, tmp_path / "relance.db"))
    yield database
    database.close()
