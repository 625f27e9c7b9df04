"""Finding whom to look at among 100,000 invoices: by the index on the day of next look, and by loading everything.

python bench/look.py [--invoices N]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlmodel import select

from relance_mailer.store import cases, schema
from relance_mailer.store.db import Database
from relance_mailer.store.tables import CreditorRow, DebtorRow, InvoiceRow

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
DUE = 200  #: debtors whose day has come


def seed(db: Database, n: int) -> None:
    """Keep `n` invoices of n / 5 debtors, `DUE` of them to be looked at now."""
    debtors = n // 5
    with db.write() as session:
        session.add(CreditorRow(id=1, key="main", name="Exemple"))
        session.flush()
        connection = session.connection()
        connection.execute(
            insert(DebtorRow),
            [
                {
                    "id": i,
                    "creditor_id": 1,
                    "reference": f"C{i}",
                    "name": f"Client {i}",
                    "kind": "professional",
                }
                | {"language": "fr", "country": "FR", "created_at": NOW}
                for i in range(1, debtors + 1)
            ],
        )
        connection.execute(
            insert(InvoiceRow),
            [
                {
                    "creditor_id": 1,
                    "debtor_id": i % debtors + 1,
                    "number": f"F{i}",
                    "issued": date(2026, 2, 1),
                    "due": date(2026, 3, 1),
                    "total_minor": 10_000,
                    "currency": "EUR",
                    "first_seen": date(2026, 2, 1),
                    "next_look_at": NOW if i < DUE else NOW + timedelta(days=1 + i % 60),
                }
                for i in range(n)
            ],
        )


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the best of three runs in milliseconds, and what it returned."""
    best, found = float("inf"), None
    for _ in range(3):
        start = time.perf_counter()
        found = work()
        best = min(best, time.perf_counter() - start)
    return best * 1000, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--invoices", type=int, default=100_000)
    n = parser.parse_args().invoices
    with tempfile.TemporaryDirectory() as folder:
        db = Database(Path(folder) / "look.db")
        schema.migrate(db)
        seed(db, n)
        with db.read() as session:
            by_index, some = timed(lambda: cases.debtors_to_look_at(session, 1, NOW))
        with db.read() as session:
            loading, every = timed(
                lambda: sorted(
                    {
                        row.debtor_id
                        for row in session.exec(select(InvoiceRow))
                        if row.next_look_at and row.next_look_at <= NOW
                    }
                )
            )
        assert some == every
        db.close()
    figures = {
        "invoices": n,
        "due": len(some),
        "by_index_ms": round(by_index, 2),
        "loading_ms": round(loading),
    }
    print(json.dumps(figures | {"ratio": round(loading / by_index)}))


if __name__ == "__main__":
    main()
