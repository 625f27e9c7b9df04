"""Importing a file of invoices or of payments: all its good rows in one writing unit, and a word about every other.

The same file again changes nothing; the run itself is kept, since it tells how fresh payments and balances are (rule 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from relance_mailer.intake.columns import INVOICE_COLUMNS
from relance_mailer.intake.csv import parse_invoices, parse_payments
from relance_mailer.intake.records import RowError, explain
from relance_mailer.intake.table import read_table
from relance_mailer.services import import_invoices as invoices
from relance_mailer.services import import_payments as payments
from relance_mailer.services.import_run import Run
from relance_mailer.services.office import Office
from relance_mailer.store import imports
from relance_mailer.store.tables import ImportRow
from relance_mailer.texts import formats
from relance_mailer.texts.words import say


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did with a file's rows.

    Attributes:
        added: new invoices or payments.
        changed: rows that changed an invoice, its balance, its debtor or the debtor's contacts.
        errors: why rows were refused, in order of lines; a row may have several.
        notes: about rows that went in, what a person should know, in the team's language.
    """

    added: int
    changed: int
    unchanged: int
    errors: tuple[RowError, ...]
    notes: tuple[str, ...]

    @property
    def refused(self) -> int:
        """How many rows did not go in."""
        return len({error.line for error in self.errors})


def import_invoices(office: Office, data: bytes, file_name: str, now: datetime, by: str) -> ImportReport:
    """Take in a CSV file of invoices and credit notes, with their debtors, contacts and balances.

    Args:
        office: whose invoices.
        data: the file's bytes.
        file_name: for the ledger.
        now: the instant of the import, aware.
        by: who imports.

    Raises:
        InputError: the file cannot be used as a whole; nothing is kept.
    """
    creditor = office.config.creditor
    records, errors = parse_invoices(data, currency=creditor.currency, country=creditor.country)
    columns = frozenset(read_table(data, INVOICE_COLUMNS).place)
    with office.db.write() as session:
        run = Run(session, office, file_name, now, by, errors)
        invoices.take_in(run, records, columns)
        return _end(run, "invoices", data)


def import_payments(office: Office, data: bytes, file_name: str, now: datetime, by: str) -> ImportReport:
    """Take in a CSV file of payments; arguments and errors as for `import_invoices`."""
    records, errors = parse_payments(data, currency=office.config.creditor.currency)
    with office.db.write() as session:
        # a file without payments says that none came; one of which nothing could be used says nothing
        run = Run(session, office, file_name, now, by, errors, tells_payments=not (records or errors))
        payments.take_in(run, records)
        return _end(run, "payments", data)


def _end(run: Run, kind: str, data: bytes) -> ImportReport:
    """Keep that the run took place, and report."""
    digest = sha256(data).hexdigest()
    old = _known_since(run, kind, digest)
    row = ImportRow(
        creditor_id=run.creditor_id,
        kind=kind,
        file_name=run.file_name,
        sha256=digest,
        imported_at=run.now,
        added=run.added,
        changed=run.changed,
        unchanged=run.unchanged,
        refused=run.refused,
        tells_payments=run.tells_payments and old is None,
    )
    imports.keep(run.session, [row])
    language = run.office.config.language
    notes = tuple(explain(note, language) for note in sorted(run.notes, key=lambda note: note.line))
    if old is not None:
        day = formats.short_date(run.office.today(old), language)
        notes = (say("import.same_file", language, day=day), *notes)
    errors = tuple(sorted(run.errors, key=lambda error: error.line))
    return ImportReport(run.added, run.changed, run.unchanged, errors, notes)


def _known_since(run: Run, kind: str, digest: str) -> datetime | None:
    """Return when this very file came in, if a later one overtook it and it says nothing new (rule 4).

    A file without rows is the same every day that brings no payment: it is always news.
    """
    if not run.tells_payments or run.added or run.changed or not run.unchanged:
        return None
    return imports.overtaken_since(run.session, run.creditor_id, kind, digest)
