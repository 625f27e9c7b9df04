"""Another process that holds invoice 1; it obeys lines on stdin and answers with lines of JSON on stdout.

Run as: holder.py DATABASE BUSY_TIMEOUT_S

hold    put a hold in one unit: {"said": "held", "saw": state of notice 1 in that unit} or {"said": "locked"}
open    put a hold and keep its unit open: {"said": "open"}; the next line, whatever it is, commits it
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime

from relance_mailer.errors import StoreError
from relance_mailer.store.db import Database
from relance_mailer.store.tables import HoldRow, NoticeRow


def say(**words: object) -> None:
    print(json.dumps(words), flush=True)


def hold(database: Database, *, wait: bool) -> None:
    with database.write() as session:
        notice = session.get_one(NoticeRow, 1)
        session.add(
            HoldRow(
                creditor_id=1,
                debtor_id=1,
                invoice_id=1,
                reason="promise",
                since=date(2026, 3, 2),
                until=date(2026, 4, 1),
                created_at=datetime(2026, 3, 2, tzinfo=UTC),
                created_by="team",
            )
        )
        session.flush()
        if wait:
            say(said="open")
            sys.stdin.readline()
    say(said="held", saw=notice.state)


def main() -> None:
    database = Database(sys.argv[1], busy_timeout_s=float(sys.argv[2]))
    for line in iter(sys.stdin.readline, ""):
        try:
            hold(database, wait=line.strip() == "open")
        except StoreError as error:
            say(said="locked" if "locked" in str(error) else str(error))
    database.close()


if __name__ == "__main__":
    main()
