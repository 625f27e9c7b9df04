"""How the database is: whether SQLite finds it sound, how it keeps its journal, how large and how old it is."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from relance_mailer.store.db import Database
from relance_mailer.store.tables import InstallationRow, LedgerRow

_STEPS = 20_000  #: of SQLite's machine between two looks at the clock


@dataclass(frozen=True, slots=True)
class Health:
    """What SQLite says of its file.

    Attributes:
        journal_mode: "wal" as the program sets it.
        problems: what `PRAGMA quick_check` found; empty if it is sound.
        finished: False if there was no time to look at all of it.
        size: bytes, with the write-ahead log.
    """

    journal_mode: str
    problems: tuple[str, ...]
    finished: bool
    size: int


def examine(db: Database, seconds: float) -> Health:
    """Look at a SQLite file for at most `seconds`; StoreError where the database is no file."""
    path = db.file
    size = sum(os.path.getsize(name) for name in (path, f"{path}-wal") if os.path.exists(name))  # noqa: PTH110, PTH202
    deadline = time.monotonic() + seconds
    with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        try:
            mode = str(connection.execute("PRAGMA journal_mode").fetchone()[0])
            told = [str(row[0]) for row in connection.execute("PRAGMA quick_check(5)")]
        except sqlite3.DatabaseError as error:
            interrupted = getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT"
            return Health("", () if interrupted else (str(error),), not interrupted, size)
    return Health(mode, () if told == ["ok"] else tuple(told), finished=True, size=size)


def newest(session: Session, creditor_id: int) -> datetime | None:
    """Return the instant of the creditor's last ledger entry, None if there is none."""
    statement = select(LedgerRow.at).where(LedgerRow.creditor_id == creditor_id)
    at = session.exec(statement.order_by(col(LedgerRow.sequence).desc()).limit(1)).first()
    return datetime.fromisoformat(at) if at else None


def installed_at(session: Session) -> datetime | None:
    """Return when the database was installed, None if it never was."""
    row = session.get(InstallationRow, 1)
    return row.created_at if row else None
