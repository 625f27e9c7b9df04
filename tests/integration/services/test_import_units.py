"""All or nothing, as if, and a large file in several writing units: nothing is left half done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from relance_mailer.intake.reasons import Reason
from relance_mailer.services.import_ import How
from relance_mailer.services.import_run import UNIT, Step
from relance_mailer.store import ledger
from relance_mailer.store.db import Database
from relance_mailer.store.tables import DebtorRow, ImportRow, InvoiceRow, LedgerRow, PaymentRow
from tests.integration.services.importing import Desk, invoice
from tests.support.office import make_office, open_office

BAD = invoice("F9", due="31/02/2026")
#: A third of the rows of each debtor stands in each third of the file.
DEBTORS = 900
MANY = [invoice(f"F-{third}-{n}", f"C{n}", balance="40,00") for third in range(3) for n in range(DEBTORS)]
STRICT = How(strict=True)
DRY = How(dry_run=True)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_office(make_office(tmp_path)) as office:
        yield Desk(office)
        with office.db.read() as session:
            assert ledger.verify(session, office.creditor_id).problems == ()


class Interruption(BaseException):
    """A person's Ctrl-C, or a power cut, between two units."""


def interrupt(step: Step, done: int, _total: int) -> None:
    if step is Step.WRITING and done:
        raise Interruption


def test_a_strict_import_with_one_bad_row_writes_nothing(desk: Desk) -> None:
    before = desk.count(LedgerRow)
    report = desk.invoices(invoice("F1", balance="50,00"), BAD, how=STRICT)
    assert (report.kept, report.refused, report.added) == (False, 1, 1)
    assert (desk.count(InvoiceRow), desk.count(LedgerRow), desk.fresh()) == (0, before, None)


def test_a_strict_import_is_undone_by_what_only_the_database_can_refuse(desk: Desk) -> None:
    desk.invoices(invoice("F1", "C1"))
    before = desk.count(LedgerRow)
    report = desk.invoices(invoice("F2", "C1"), invoice("F1", "C2"), how=STRICT)
    assert [error.reason for error in report.errors] == [Reason.MOVED_INVOICE]
    assert not report.kept
    assert (desk.count(InvoiceRow), desk.count(LedgerRow)) == (1, before)


def test_a_strict_import_of_good_rows_is_an_import(desk: Desk) -> None:
    report = desk.invoices(invoice("F1", balance="50,00"), how=STRICT)
    assert (report.kept, report.added) == (True, 1)
    assert desk.fresh() == desk.now


@pytest.mark.parametrize("rows", [[invoice("F1", balance="20,00"), BAD], MANY], ids=["few rows", "many rows"])
def test_a_dry_run_reports_as_if_and_keeps_nothing(desk: Desk, rows: list[str]) -> None:
    desk.invoices(invoice("F1", balance="50,00"), invoice("F-0-1", "C1", total="90,00"))
    ledgered, fresh = desk.count(LedgerRow), desk.fresh()
    tried = desk.invoices(*rows, how=DRY)
    assert not tried.kept
    assert (desk.count(InvoiceRow), desk.count(LedgerRow), desk.fresh()) == (2, ledgered, fresh)
    with desk.office.db.read() as session:
        assert session.exec(select(func.count()).select_from(ImportRow)).one() == 1
    desk.now = desk.now.replace(day=desk.now.day - 1)
    done = desk.invoices(*rows)
    assert replace(tried, kept=True) == done


def test_a_dry_run_of_payments_keeps_nothing(desk: Desk) -> None:
    desk.invoices(invoice("F1"))
    report = desk.payments("20/02/2026;C1;F1;60,00;EUR;V1;", how=DRY)
    assert (report.added, desk.count(PaymentRow), desk.fresh()) == (1, 0, None)


def test_between_two_units_others_can_write_and_every_debtor_is_whole(desk: Desk) -> None:
    seen: list[int] = []

    def look(step: Step, done: int, total: int) -> None:
        if step is not Step.WRITING or not 0 < done < total:
            return
        other = Database(
            desk.office.db.file, busy_timeout_s=0
        )  # another process: it must not even have to wait
        with other.write() as session:
            session.add(
                DebtorRow(
                    creditor_id=desk.office.creditor_id,
                    reference=f"other {done}",
                    name="Other",
                    kind="unknown",
                    language="fr",
                    country="FR",
                    created_at=desk.now,
                )
            )
            counts = session.exec(
                select(func.count(col(InvoiceRow.id))).group_by(col(InvoiceRow.debtor_id))
            ).all()
        other.close()
        assert set(counts) == {3}, "all invoices of a debtor come in at once"
        assert desk.fresh() is None, "only a whole import tells how fresh payments are"
        seen.append(done)

    report = desk.invoices(*MANY, how=How(progress=look))
    assert report.added == len(MANY)
    assert seen == [UNIT // 3 * 3]
    assert desk.fresh() == desk.now


def test_an_import_that_was_cut_short_is_finished_by_the_same_file(desk: Desk) -> None:
    with pytest.raises(Interruption):
        desk.invoices(*MANY, how=How(progress=interrupt))
    assert 0 < desk.count(InvoiceRow) < len(MANY)
    assert desk.fresh() is None
    report = desk.invoices(*MANY)
    assert (report.added, report.unchanged + report.changed) == (len(MANY) - UNIT // 3 * 3, UNIT // 3 * 3)
    assert desk.count(InvoiceRow) == len(MANY)
    assert desk.fresh() == desk.now


def test_payments_that_were_cut_short_are_finished_by_the_same_file(desk: Desk) -> None:
    desk.invoices(*MANY)
    last = desk.fresh()
    rows = [
        f"20/02/2026;C{n};F-{third}-{n};40,00;EUR;V{third}-{n};" for third in range(3) for n in range(DEBTORS)
    ]
    with pytest.raises(Interruption):
        desk.payments(*rows, how=How(progress=interrupt))
    with desk.office.db.read() as session:
        counts = session.exec(
            select(func.count(col(PaymentRow.id))).group_by(col(PaymentRow.debtor_id))
        ).all()
    assert set(counts) == {3}, "all payments of a debtor come in at once"
    assert desk.fresh() == last
    report = desk.payments(*rows)
    assert (report.added + report.unchanged, report.refused) == (len(rows), 0)
    assert desk.count(PaymentRow) == len(rows)
    assert desk.fresh() == desk.now


def test_a_strict_import_stays_in_one_unit_however_large(desk: Desk) -> None:
    steps: list[int] = []
    desk.invoices(
        *MANY,
        how=How(
            strict=True, progress=lambda step, done, _: steps.append(done) if step is Step.WRITING else None
        ),
    )
    assert steps == [0, len(MANY)]
