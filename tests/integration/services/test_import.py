"""Importing files into a real database: nothing twice, nothing lost, nothing silently changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, func, select

from relance_mailer import bootstrap, config
from relance_mailer.clock import FixedClock
from relance_mailer.errors import InputError
from relance_mailer.intake.reasons import Reason
from relance_mailer.services.import_ import ImportReport, import_invoices, import_payments
from relance_mailer.services.office import Office
from relance_mailer.store import cases, freshness, ledger
from relance_mailer.store.tables import (
    AllocationRow,
    ContactRow,
    DebtorRow,
    ImportRow,
    InvoiceRow,
    LedgerRow,
    PaymentRow,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
INVOICES = "N° facture;Code client;Client;E-mail;Date de facture;Échéance;Montant TTC;Solde;Solde au"
PAYMENTS = "Date de règlement;Code client;Factures;Montant;Devise;Référence bancaire;Libellé"
EXAMPLES = Path(__file__).parents[3] / "examples"
Invoices = Callable[..., ImportReport]
Payments = Callable[..., ImportReport]


def _config(folder: Path) -> config.Config:
    server = {"host": "127.0.0.1", "tls": "none"}
    data = {
        "creditor": {"name": "Acme"},
        "smtp": {**server, "from_address": "compta@acme.example"},
        "mailboxes": [server],
    }
    return config.parse(data, folder / "config.toml")


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a migrated database and its state file, to be copied."""
    folder = tmp_path_factory.mktemp("office")
    bootstrap.install(_config(folder), FixedClock(NOW))
    return folder


@contextmanager
def _office(empty: Path, folder: Path) -> Iterator[Office]:
    shutil.copytree(empty, folder, dirs_exist_ok=True)
    with bootstrap.open_office(_config(folder)) as office:
        yield office
        with office.db.read() as session:  # whatever a test did, the chain verifies
            assert ledger.verify(session, office.creditor_id).problems == ()


@pytest.fixture
def office(empty: Path, tmp_path: Path) -> Iterator[Office]:
    with _office(empty, tmp_path) as office:
        yield office


@pytest.fixture
def invoices(office: Office) -> Invoices:
    """Imports rows of invoices."""

    def run(*rows: str, now: datetime = NOW, header: str = INVOICES) -> ImportReport:
        return import_invoices(office, _file(header, rows), "factures.csv", now, "nadia")

    return run


@pytest.fixture
def payments(office: Office) -> Payments:
    """Imports rows of payments."""

    def run(*rows: str, now: datetime = NOW, header: str = PAYMENTS) -> ImportReport:
        return import_payments(office, _file(header, rows), "reglements.csv", now, "nadia")

    return run


def _file(header: str, rows: tuple[str, ...] | list[str]) -> bytes:
    return "\n".join([header, *rows]).encode()


def outstanding(office: Office, now: datetime = NOW) -> dict[str, Decimal]:
    """What is owed, by invoice number."""
    with office.db.read() as session:
        files = cases.load(session, office.view(now), cases.all_debtors(session, office.creditor_id))
    return {
        case.invoice.number: case.outstanding.amount
        for file in files
        for case in file.cases
        if not case.invoice.is_credit_note
    }


def contents(office: Office) -> dict[str, list[object]]:
    """Everything that an import may write, the runs themselves left out."""
    tables = (DebtorRow, ContactRow, InvoiceRow, PaymentRow, AllocationRow, LedgerRow)
    with office.db.read() as session:
        return {table.__name__: [row.model_dump() for row in session.exec(select(table))] for table in tables}


def one_invoice(session: Session, number: str) -> InvoiceRow:
    return session.exec(select(InvoiceRow).where(InvoiceRow.number == number)).one()


def entries(office: Office, kind: ledger.Kind, prefix: str = "invoice:") -> list[ledger.Recorded]:
    with office.db.read() as session:
        return ledger.entries(session, office.creditor_id, kinds=[kind], prefix=prefix)


def payload(entry: ledger.Recorded) -> dict[str, object]:
    assert entry.payload is not None
    return entry.payload


def test_the_example_files_twice_change_nothing_the_second_time(office: Office) -> None:
    now = datetime(2026, 3, 20, 9, tzinfo=UTC)
    bills = (EXAMPLES / "factures.csv").read_bytes()
    money = (EXAMPLES / "reglements.csv").read_bytes()
    first = import_invoices(office, bills, "factures.csv", now, "nadia")
    paid = import_payments(office, money, "reglements.csv", now, "nadia")
    assert (first.added, first.refused, first.notes) == (25, 0, ())
    assert (paid.added, paid.refused, paid.notes) == (12, 0, ())
    before = contents(office)
    again = import_invoices(office, bills, "factures.csv", now + timedelta(hours=1), "nadia")
    assert (again.added, again.changed, again.unchanged, again.refused) == (0, 0, 25, 0)
    again = import_payments(office, money, "reglements.csv", now + timedelta(hours=1), "nadia")
    assert (again.added, again.changed, again.unchanged, again.refused) == (0, 0, 12, 0)
    assert contents(office) == before
    with office.db.read() as session:
        assert session.exec(select(func.count()).select_from(ImportRow)).one() == 4


def test_the_example_files_leave_what_is_truly_owed(office: Office) -> None:
    now = datetime(2026, 3, 20, 9, tzinfo=UTC)
    import_invoices(office, (EXAMPLES / "factures.csv").read_bytes(), "factures.csv", now, "nadia")
    import_payments(office, (EXAMPLES / "reglements.csv").read_bytes(), "reglements.csv", now, "nadia")
    assert {number: str(owed) for number, owed in outstanding(office, now).items() if owed} == {
        "2026-0002": "1480.60",  # stated; the transfer of 2,000 is in it
        "2026-0006": "1175.48",
        "2026-0008": "7315.25",
        "2026-0009": "298.80",
        "2026-0010": "5400.00",  # the direct debit was returned
        "2026-0014": "1120.00",
        "2026-0015": "536.72",
        "2026-0016": "3240.00",
        "2026-0017": "74.50",
        "2026-0018": "618.00",
        "2026-0019": "2480.00",
        "2026-0020": "1995.00",
        "2026-0021": "5400.00",
        "2026-0022": "1043.76",
        "2026-0023": "322.00",
        "2026-0024": "450.00",
    }


def test_a_bad_row_is_reported_and_the_good_ones_go_in(invoices: Invoices, office: Office) -> None:
    report = invoices(
        "F1;C1;Un;a@un.example;05/01/2026;04/02/2026;100,00;;",
        "F2;C2;Deux;pas une adresse;05/01/2026;32/02/2026;100,00;;",
        "F3;C3;Trois;;05/01/2026;04/02/2026;300,00;;",
    )
    assert (report.added, report.refused) == (2, 1)
    assert {error.line for error in report.errors} == {3}
    assert len(report.errors) > 1, "two cells of the row are wrong, the row counts once"
    assert outstanding(office) == {"F1": Decimal("100.00"), "F3": Decimal("300.00")}


def test_a_file_that_cannot_be_read_leaves_nothing_behind(office: Office) -> None:
    before = contents(office)
    with pytest.raises(InputError):
        import_invoices(office, b"%PDF-1.7", "factures.pdf", NOW, "nadia")
    assert contents(office) == before
    with office.db.read() as session:
        assert freshness.last_payments(session, office.creditor_id) is None


def test_a_new_invoice_has_one_entry_and_is_looked_at_on_its_first_stages_day(
    invoices: Invoices, office: Office
) -> None:
    invoices(
        "F1;C1;Un;;05/01/2026;14/04/2026;100,00;;",
        "F2;C1;Un;;05/01/2026;04/02/2026;100,00;;",
        "AV1;C1;Un;;05/01/2026;04/02/2026;-10,00;;",
    )
    with office.db.read() as session:
        rows = {row.number: row for row in session.exec(select(InvoiceRow))}
    # ten days before it falls due, at midnight in Paris, which has gone to summer time
    assert rows["F1"].next_look_at == datetime(2026, 4, 3, 22, tzinfo=UTC)
    assert rows["F2"].next_look_at == NOW
    assert rows["AV1"].next_look_at is None
    assert {row.first_seen for row in rows.values()} == {date(2026, 3, 2)}
    told = entries(office, ledger.Kind.IMPORTED)
    assert [entry.subject for entry in told] == [f"invoice:{rows[n].id}" for n in ("F1", "F2", "AV1")]
    assert {(entry.actor, entry.debtor_id) for entry in told} == {("nadia", rows["F1"].debtor_id)}


def test_a_changed_due_date_is_told_with_the_old_and_looked_at_at_once(
    invoices: Invoices, office: Office
) -> None:
    invoices("F1;C1;Un;;05/01/2026;14/04/2026;100,00;;", "F2;C1;Un;;05/01/2026;14/05/2026;100,00;;")
    later = NOW + timedelta(days=1)
    report = invoices("F1;C1;Un;;05/01/2026;20/04/2026;120,00;;", now=later)
    assert (report.added, report.changed, report.unchanged) == (0, 1, 0)
    with office.db.read() as session:
        assert one_invoice(session, "F1").due == date(2026, 4, 20)
        assert {row.next_look_at for row in session.exec(select(InvoiceRow))} == {later}
    told = payload(entries(office, ledger.Kind.IMPORTED)[-1])
    assert told["old"] == {"due": "2026-04-14", "total": "100.00 EUR"}
    assert told["new"] == {"due": "2026-04-20", "total": "120.00 EUR"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("F1;C2;Deux;b@deux.example;05/01/2026;04/02/2026;100,00;;", Reason.MOVED_INVOICE),
        ("F1;C1;Un;b@deux.example;05/01/2026;04/02/2026;-100,00;;", Reason.CHANGED_SIGN),
        ("F1;C1;Un;b@deux.example;05/01/2026;04/02/2026;100,00 USD;;", Reason.OTHER_CURRENCY),
    ],
)
def test_an_invoice_never_moves_silently(
    invoices: Invoices, office: Office, row: str, reason: Reason
) -> None:
    invoices("F1;C1;Un;;05/01/2026;04/02/2026;100,00;;")
    before = contents(office)
    report = invoices(row)
    assert [error.reason for error in report.errors] == [reason]
    assert contents(office) == before, "a refused row changes neither invoice nor debtor nor contacts"


def test_an_invoice_keeps_its_currency(invoices: Invoices, office: Office) -> None:
    header = INVOICES.replace("Solde;Solde au", "Devise;Ville")
    invoices("F1;C1;Un;;05/01/2026;04/02/2026;100,00;EUR;", header=header)
    report = invoices("F1;C1;Un;;05/01/2026;04/02/2026;100,00;USD;", header=header)
    assert [(error.reason, error.arguments) for error in report.errors] == [
        (Reason.CHANGED_CURRENCY, ("EUR",))
    ]


def test_particulars_are_filled_in_and_never_emptied(invoices: Invoices, office: Office) -> None:
    header = (
        "N° facture;Code client;Client;E-mail;Date de facture;Échéance;Montant TTC;Type de client;Ville;Pays"
    )
    start = "C1;Un;;05/01/2026;04/02/2026;100,00"
    invoices(f"F1;{start};professionnel;Rennes;BE", header=header)
    without = "N° facture;Code client;Client;E-mail;Date de facture;Échéance;Montant TTC;Type de client;Ville"
    report = invoices(f"F1;{start};inconnu;", f"F2;{start};;Vitré", header=without)
    assert (report.added, report.changed, report.unchanged) == (1, 0, 1)
    with office.db.read() as session:
        debtor = session.exec(select(DebtorRow)).one()
    assert (debtor.kind, debtor.city, debtor.country) == ("professional", "Vitré", "BE")
    told = payload(entries(office, ledger.Kind.IMPORTED, "debtor:")[-1])
    assert (told["old"], told["new"]) == ({"city": "Rennes"}, {"city": "Vitré"})


def test_new_addresses_come_after_those_that_are_known(invoices: Invoices, office: Office) -> None:
    invoices("F1;C1;Un;B@un.example, a@un.example;05/01/2026;04/02/2026;100,00;;")
    with office.db.write() as session:
        dead = session.exec(select(ContactRow).where(ContactRow.address == "b@un.example")).one()
        dead.state = "dead"
        session.add(dead)
    later = NOW + timedelta(days=1)
    report = invoices("F1;C1;Un;c@un.example, b@un.example;05/01/2026;04/02/2026;100,00;;", now=later)
    assert (report.changed, report.unchanged) == (1, 0)
    with office.db.read() as session:
        rows = session.exec(select(ContactRow).order_by(col(ContactRow.rank))).all()
        assert one_invoice(session, "F1").next_look_at == later
    found = [(row.address, row.domain, row.rank, row.state) for row in rows]
    assert found == [
        ("b@un.example", "un.example", 0, "dead"),
        ("a@un.example", "un.example", 1, "usable"),
        ("c@un.example", "un.example", 2, "usable"),
    ]


def test_a_stated_balance_counts_and_an_older_payment_is_in_it(
    invoices: Invoices, payments: Payments, office: Office
) -> None:
    invoices("F1;C1;Un;;05/01/2026;04/02/2026;100,00;40,00;20/02/2026")
    assert outstanding(office) == {"F1": Decimal("40.00")}
    payments("18/02/2026;C1;F1;60,00;EUR;V1;")
    assert outstanding(office) == {"F1": Decimal("40.00")}
    payments("21/02/2026;C1;F1;15,00;EUR;V2;")
    assert outstanding(office) == {"F1": Decimal("25.00")}


def test_a_balance_is_kept_once_and_a_later_one_takes_its_place(
    invoices: Invoices, payments: Payments, office: Office
) -> None:
    row = "F1;C1;Un;;05/01/2026;04/02/2026;100,00;{};{}"
    reports = [
        invoices(row.format(*balance))
        for balance in (
            ("40,00", "20/02/2026"),
            ("40,00", "20/02/2026"),
            ("40,00", "25/02/2026"),
            ("90,00", "10/02/2026"),  # an older file, imported late
        )
    ]
    assert [(report.added, report.changed, report.unchanged) for report in reports] == [
        (1, 0, 0),
        (0, 0, 1),
        (0, 1, 0),
        (0, 0, 1),
    ]
    payments("23/02/2026;C1;F1;60,00;EUR;V1;")  # in the balance of the 25th, not in that of the 20th
    assert outstanding(office) == {"F1": Decimal("40.00")}
    told = [payload(entry)["as_of"] for entry in entries(office, ledger.Kind.ALLOCATED)]
    assert told == ["2026-02-20", "2026-02-25"]


def test_a_full_balance_repeated_every_day_fills_no_table_and_ends_an_older_one(
    invoices: Invoices, office: Office
) -> None:
    for day in range(5):
        report = invoices("F1;C1;Un;;05/01/2026;04/02/2026;100,00;100,00;", now=NOW + timedelta(days=day))
    assert (report.changed, report.unchanged) == (0, 1)
    with office.db.read() as session:
        assert [row.as_of for row in session.exec(select(AllocationRow))] == [date(2026, 3, 6)]
    invoices("F1;C1;Un;;05/01/2026;04/02/2026;100,00;50,00;04/03/2026", now=NOW + timedelta(days=5))
    assert outstanding(office) == {"F1": Decimal("100.00")}


def test_a_balance_dated_in_the_future_counts_as_of_today(
    invoices: Invoices, payments: Payments, office: Office
) -> None:
    report = invoices("F1;C1;Un;;05/01/2026;04/02/2026;100,00;60,00;31/12/2026")
    assert len(report.notes) == 1
    assert "02/03/2026" in report.notes[0]
    payments("03/03/2026;C1;F1;60,00;EUR;V1;", now=NOW + timedelta(days=1))
    assert outstanding(office) == {"F1": Decimal("0.00")}


def test_a_credit_note_without_an_invoice_counts_against_the_oldest_due(
    invoices: Invoices, office: Office
) -> None:
    invoices(
        "F1;C1;Un;;05/01/2026;14/02/2026;100,00;;",
        "F2;C1;Un;;05/01/2026;04/02/2026;50,00;;",
        "AV1;C1;Un;;10/02/2026;10/02/2026;-70,00;;",
    )
    assert outstanding(office) == {"F2": Decimal("0.00"), "F1": Decimal("80.00")}


def test_two_equal_transfers_on_one_day_are_both_real(
    invoices: Invoices, payments: Payments, office: Office
) -> None:
    invoices("F1;C1;Un;;05/01/2026;04/02/2026;450,00;;")
    twins = ("24/02/2026;C1;;225,00;EUR;;Chèque", "24/02/2026;C1;;225,00;EUR;;Chèque")
    assert payments(*twins).added == 2
    assert payments(*twins).unchanged == 2
    assert outstanding(office) == {"F1": Decimal("0.00")}


def test_a_payment_of_several_invoices_goes_to_the_oldest_due_and_the_last_takes_the_rest(
    invoices: Invoices, payments: Payments, office: Office
) -> None:
    invoices(
        "F1;C1;Un;;05/01/2026;14/02/2026;100,00;;",
        "F2;C1;Un;;05/01/2026;04/02/2026;50,00;;",
        "F3;C1;Un;;05/01/2026;24/02/2026;70,00;;",
        "AV1;C1;Un;;10/02/2026;10/02/2026;-20,00;;",
    )
    # the shared one stands first, yet the one that names a single invoice counts first
    payments("26/02/2026;C1;F1, F2, AV1;150,00;EUR;V2;", "27/02/2026;C1;F2;30,00;EUR;V1;")
    with office.db.read() as session:
        rows = session.exec(
            select(InvoiceRow.number, AllocationRow.amount_minor).join(
                AllocationRow, col(AllocationRow.invoice_id) == InvoiceRow.id
            )
        ).all()
    assert sorted(rows) == [("F1", 13000), ("F2", 2000), ("F2", 3000)]
    assert outstanding(office) == {
        "F1": Decimal("0.00"),
        "F2": Decimal("0.00"),
        "F3": Decimal("20.00"),
    }  # 30 too much on F1 (ADR 5)
    told = [payload(entry)["settles"] for entry in entries(office, ledger.Kind.PAID, "payment:")]
    assert told == [{"F2": "30.00 EUR"}, {"F1": "130.00 EUR", "F2": "20.00 EUR"}]


def test_a_returned_debit_of_several_invoices_goes_back_where_it_came(
    invoices: Invoices, payments: Payments, office: Office
) -> None:
    invoices("F1;C1;Un;;05/01/2026;04/02/2026;100,00;;", "F2;C1;Un;;05/01/2026;14/02/2026;50,00;;")
    payments("20/02/2026;C1;F1, F2;150,00;EUR;P1;", "24/02/2026;C1;F2, F1;-150,00;EUR;R1;")
    assert outstanding(office) == {"F1": Decimal("100.00"), "F2": Decimal("50.00")}


def test_a_shared_payment_is_first_what_older_balances_already_count(
    invoices: Invoices, payments: Payments, office: Office
) -> None:
    invoices(
        "F1;C1;Un;;05/01/2026;04/02/2026;100,00;70,00;28/02/2026",
        "F2;C1;Un;;05/01/2026;14/02/2026;100,00;0,00;28/02/2026",
    )
    payments("20/02/2026;C1;F1, F2;130,00;EUR;P1;")
    assert outstanding(office) == {"F1": Decimal("70.00"), "F2": Decimal("0.00")}


def test_a_payment_is_looked_at_at_once(invoices: Invoices, payments: Payments, office: Office) -> None:
    invoices("F1;C1;Un;;05/01/2026;04/06/2026;100,00;;", "F2;C2;Deux;;05/01/2026;04/06/2026;100,00;;")
    payments("20/02/2026;C1;;10,00;EUR;P1;", now=NOW + timedelta(days=1))
    with office.db.read() as session:
        assert one_invoice(session, "F1").next_look_at == NOW + timedelta(days=1)
        assert one_invoice(session, "F2").next_look_at == datetime(2026, 5, 24, 22, tzinfo=UTC)


def test_an_unknown_invoice_of_a_known_debtor_leaves_the_payment_without(
    invoices: Invoices, payments: Payments, office: Office
) -> None:
    invoices("F1;C1;Un;;05/01/2026;04/02/2026;100,00;;", "F2;C1;Un;;05/01/2026;14/02/2026;50,00;;")
    report = payments("20/02/2026;C1;F9, F2;80,00;EUR;P1;")
    assert (report.added, report.refused) == (1, 0)
    assert "F9" in report.notes[0]
    # 50 for the invoice that it names, the rest provisionally for the oldest
    assert outstanding(office) == {"F1": Decimal("70.00"), "F2": Decimal("0.00")}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("20/02/2026;C9;F9;80,00;EUR;P1;", Reason.UNKNOWN_DEBTOR),
        ("20/02/2026;;F1, F2;80,00;EUR;P1;", Reason.SEVERAL_DEBTORS),
        ("20/02/2026;C1;F2;80,00;EUR;P1;", Reason.ANOTHERS_INVOICE),
        ("21/02/2026;C1;F1;80,00;EUR;P0;", Reason.CONFLICTING_PAYMENT),
        ("03/03/2026;C1;F1;80,00;EUR;P1;", Reason.FUTURE_PAYMENT),
    ],
)
def test_a_payment_that_nobody_can_place_is_refused(
    invoices: Invoices, payments: Payments, office: Office, row: str, reason: Reason
) -> None:
    invoices("F1;C1;Un;;05/01/2026;04/02/2026;100,00;;", "F2;C2;Deux;;05/01/2026;04/02/2026;100,00;;")
    payments("20/02/2026;C1;F1;10,00;EUR;P0;")
    before = contents(office)
    report = payments(row)
    assert [(error.line, error.reason) for error in report.errors] == [(2, reason)]
    assert contents(office) == before


def test_the_invoice_tells_the_debtor_where_the_reference_does_not(
    invoices: Invoices, payments: Payments, office: Office
) -> None:
    invoices("F1;C1;Un;;05/01/2026;04/02/2026;100,00;;")
    report = payments("20/02/2026;Un SARL;F1;60,00;EUR;P1;", "20/02/2026;;F1;30,00;EUR;P2;")
    assert (report.added, report.refused, len(report.notes)) == (2, 0, 1)
    assert outstanding(office) == {"F1": Decimal("10.00")}


def test_money_of_another_currency_settles_nothing_by_itself(
    invoices: Invoices, payments: Payments, office: Office
) -> None:
    invoices("F1;C1;Un;;05/01/2026;04/02/2026;100,00;;")
    report = payments("20/02/2026;C1;F1;100,00;USD;P1;")
    assert (report.added, len(report.notes)) == (1, 1)
    assert outstanding(office) == {"F1": Decimal("100.00")}


def test_only_what_says_something_about_payments_makes_them_fresh(
    invoices: Invoices, payments: Payments, office: Office
) -> None:
    def fresh() -> datetime | None:
        with office.db.read() as session:
            return freshness.last_payments(session, office.creditor_id)

    invoices("F1;C1;Un;;05/01/2026;04/02/2026;100,00;;")
    assert fresh() is None
    payments("20/02/2026;C9;;1,00;EUR;P1;")
    assert fresh() is None, "every row was refused"
    invoices("F1;C1;Un;;05/01/2026;04/02/2026;100,00;100,00;", now=NOW + timedelta(hours=1))
    assert fresh() == NOW + timedelta(hours=1)
    payments(now=NOW + timedelta(hours=2))
    assert fresh() == NOW + timedelta(hours=2), "a file without payments says that none came"


def test_an_old_file_of_payments_makes_nothing_fresh_and_the_report_says_so(
    invoices: Invoices, payments: Payments, office: Office
) -> None:
    invoices("F1;C1;Un;;05/01/2026;04/02/2026;100,00;;")
    paid = ("20/02/2026;C1;F1;60,00;EUR;P1;", "21/02/2026;C1;F1;30,00;EUR;P2;")
    assert payments(*paid[:1]).notes == ()
    again = payments(*paid[:1], now=NOW + timedelta(days=3))
    assert (again.unchanged, again.notes) == (1, ())
    assert told_payments(office) == NOW + timedelta(days=3), "the export of quiet days"
    assert payments(*paid, now=NOW + timedelta(days=4)).notes == ()
    assert told_payments(office) == NOW + timedelta(days=4), "another file, and new"
    assert payments(*reversed(paid), now=NOW + timedelta(days=5)).notes == ()
    assert told_payments(office) == NOW + timedelta(days=5), "another file, though all of it is known"
    old = payments(*paid[:1], now=NOW + timedelta(days=6))
    assert (old.unchanged, len(old.notes)) == (1, 1)
    assert "02/03/2026" in old.notes[0]
    assert told_payments(office) == NOW + timedelta(days=5), "an old file, though not the last one"


def test_a_file_without_payments_is_the_same_every_day_and_news_every_day(
    payments: Payments, office: Office
) -> None:
    for day in range(3):
        assert payments(now=NOW + timedelta(days=day)).notes == ()
        assert told_payments(office) == NOW + timedelta(days=day)


def test_a_file_refused_at_first_is_news_when_its_rows_go_in(
    invoices: Invoices, payments: Payments, office: Office
) -> None:
    row = "20/02/2026;C1;F1;60,00;EUR;P1;"
    assert payments(row).refused == 1
    invoices("F1;C1;Un;;05/01/2026;04/02/2026;100,00;;")
    report = payments(row, now=NOW + timedelta(hours=1))
    assert (report.added, report.notes) == (1, ())
    assert told_payments(office) == NOW + timedelta(hours=1)


def test_an_old_file_of_balances_makes_nothing_fresh(invoices: Invoices, office: Office) -> None:
    row = "F1;C1;Un;;05/01/2026;04/02/2026;100,00;40,00;01/03/2026"
    newer = "F1;C1;Un;;05/01/2026;04/02/2026;100,00;10,00;02/03/2026"
    invoices(row)
    invoices(newer, now=NOW + timedelta(days=1))
    assert len(invoices(row, now=NOW + timedelta(days=2)).notes) == 1
    assert told_payments(office) == NOW + timedelta(days=1)


def told_payments(office: Office) -> datetime | None:
    with office.db.read() as session:
        return freshness.last_payments(session, office.creditor_id)


def test_more_rows_than_are_written_at_a_time_all_go_in(
    invoices: Invoices, payments: Payments, office: Office
) -> None:
    bills = [f"F{n};C{n % 300};Client;c{n % 7}@x.example;05/01/2026;04/02/2026;10,00;;" for n in range(1_203)]
    assert invoices(*bills).added == 1_203
    assert invoices(*bills).unchanged == 1_203
    money = [f"20/02/2026;;F{n};10,00;EUR;;" for n in range(1_203)]
    report = payments(*money)
    assert (report.added, report.refused) == (1_203, 0)
    assert not any(outstanding(office).values())
    with office.db.read() as session:
        assert session.exec(select(func.count()).select_from(DebtorRow)).one() == 300


days = st.dates(date(2026, 1, 10), date(2026, 3, 1))
sums = st.integers(1, 200)
NUMBERS = {"F1": "04/02/2026", "F2": "14/02/2026", "F3": "24/02/2026"}


@st.composite
def files_of_invoices(draw: st.DrawFn) -> list[list[str]]:
    """Return files of three invoices of 200.00 of one debtor, each telling some balances as of a day of its own."""
    files = []
    for day in draw(st.lists(days, min_size=1, max_size=3, unique=True)):
        rows = []
        for number, due in NUMBERS.items():
            balance = draw(st.sampled_from(["", "0,00", "200,00"]) | sums.map("{},00".format))
            rows.append(f"{number};C1;Un;;05/01/2026;{due};200,00;{balance};{day:%d/%m/%Y}")
        files.append(rows)
    return files


@st.composite
def files_of_payments(draw: st.DrawFn) -> list[list[str]]:
    """Return files of payments that name one invoice or none, some of them taken back."""
    payment = st.tuples(days, st.sampled_from(["", *NUMBERS]), sums | sums.map(int.__neg__))
    files = draw(st.lists(st.lists(payment, max_size=4), max_size=2))
    return [
        [f"{on:%d/%m/%Y};C1;{number};{sum_},00;EUR;{file}-{n};" for n, (on, number, sum_) in enumerate(rows)]
        for file, rows in enumerate(files)
    ]


@settings(max_examples=15, deadline=None)
@given(bills=files_of_invoices(), money=files_of_payments(), data=st.data())
def test_what_is_owed_does_not_depend_on_the_order_of_files_and_rows(
    empty: Path, bills: list[list[str]], money: list[list[str]], data: st.DataObject
) -> None:
    shuffled = [data.draw(st.permutations(rows)) for rows in data.draw(st.permutations(bills))]
    mixed = [data.draw(st.permutations(rows)) for rows in data.draw(st.permutations(money))]
    files = [(INVOICES, rows) for rows in shuffled[1:]] + [(PAYMENTS, rows) for rows in mixed]
    order = [(INVOICES, shuffled[0]), *data.draw(st.permutations(files)), *files]  # at the end, all once more
    straight = [(INVOICES, rows) for rows in bills] + [(PAYMENTS, rows) for rows in money]
    assert _owed_after(empty, order) == _owed_after(empty, straight)


def _owed_after(empty: Path, files: list[tuple[str, list[str]]]) -> dict[str, Decimal]:
    take_in = {INVOICES: import_invoices, PAYMENTS: import_payments}
    with TemporaryDirectory() as folder, _office(empty, Path(folder)) as office:
        for header, rows in files:
            assert not take_in[header](office, _file(header, rows), "file.csv", NOW, "nadia").refused
        return outstanding(office)
