"""Another process, in which a person puts an invoice on hold; it obeys lines on stdin, answers with lines on stdout.

Run as: holding.py FOLDER INVOICE BUSY_TIMEOUT_S. Every line is one hold: answered "held", or "locked".
"""

from __future__ import annotations

import sys
from pathlib import Path

from relance_mailer import bootstrap
from relance_mailer.clock import FixedClock
from relance_mailer.errors import StoreError
from relance_mailer.services import desk
from relance_mailer.store.db import Database
from tests.support.world import TUESDAY, make_config


def main() -> None:
    folder, invoice, seconds = sys.argv[1:]
    settings = make_config(Path(folder))
    database = Database(settings.database, busy_timeout_s=float(seconds))
    office = bootstrap.make_office(settings, database, FixedClock(TUESDAY))
    print("ready", flush=True)
    for _ in iter(sys.stdin.readline, ""):
        try:
            desk.hold(office, invoice, None, "manual", TUESDAY, "Mme Martin")
            print("held", flush=True)
        except StoreError as error:
            print("locked" if "is locked" in str(error) else str(error), flush=True)
    database.close()


if __name__ == "__main__":
    main()
