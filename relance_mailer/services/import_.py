"""Importing a file of invoices or of payments: its good rows go in, and a word about every other.

The same file again changes nothing; the run itself is kept, since it tells how fresh payments and balances are (rule 4).
"""

from __future__ import annotations

from datetime import datetime

from relance_mailer.intake.invoices import invoices_of
from relance_mailer.intake.payments import payments_of
from relance_mailer.services import import_invoices as invoices
from relance_mailer.services import import_payments as payments
from relance_mailer.services import import_vanished as vanished
from relance_mailer.services.import_debtors import reference_of
from relance_mailer.services.import_files import FileOf, open_table
from relance_mailer.services.import_report import AS_USUAL, How, ImportReport, begin, carry_out
from relance_mailer.services.import_run import units
from relance_mailer.services.office import Office

__all__ = ["AS_USUAL", "How", "ImportReport", "import_invoices", "import_payments"]


def import_invoices(
    office: Office, data: bytes, file_name: str, now: datetime, by: str, how: How = AS_USUAL
) -> ImportReport:
    """Take in a file of invoices and credit notes, with their debtors, contacts and balances.

    Args:
        office: whose invoices.
        data: the file's bytes.
        file_name: for the ledger.
        now: the instant of the import, aware.
        by: who imports.
        how: strictly or not, to keep or not.

    Raises:
        AmbiguousError: the file can be read in two ways; nothing is kept.
        InputError: the file cannot be used as a whole; nothing is kept.
        StoreError: the database failed; importing the file again finishes.
    """
    creditor = office.config.creditor
    table = open_table(office, FileOf.INVOICES, data, how)
    records, errors = invoices_of(table, currency=creditor.currency, country=creditor.country)
    columns = frozenset(table.place)
    run = begin(office, file_name, now, by, errors, how)
    run.left_out(table.remarks)
    return carry_out(
        run,
        FileOf.INVOICES,
        data,
        units(run, records, reference_of),
        lambda run, rows: invoices.take_in(run, rows, columns),
        lambda run, session: vanished.compare(run, session, records, table.refused),
    )


def import_payments(
    office: Office, data: bytes, file_name: str, now: datetime, by: str, how: How = AS_USUAL
) -> ImportReport:
    """Take in a file of payments; arguments and errors as for `import_invoices`."""
    table = open_table(office, FileOf.PAYMENTS, data, how)
    records, errors = payments_of(table, currency=office.config.creditor.currency)
    run = begin(office, file_name, now, by, errors, how)
    run.left_out(table.remarks)
    # a file without payments says that none came; one of which nothing could be used says nothing
    run.tells_payments = not (records or errors)
    return carry_out(run, FileOf.PAYMENTS, data, payments.divided(run, records), payments.take_in)
