"""Files with the form that the configuration or a person says, and refused rows to be corrected and imported again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from relance_mailer.errors import ConfigError
from relance_mailer.intake.form import AmbiguousError, Hints
from relance_mailer.services.import_ import How, import_invoices, import_payments
from relance_mailer.services.import_files import FileOf, harmless, refused_rows
from relance_mailer.services.office import Office
from relance_mailer.store.tables import DebtorRow, InvoiceRow
from tests.integration.services.importing import INVOICES, Desk, file_of, invoice
from tests.support.office import MONDAY, make_office, open_office

FORM = """\
start = 2026-03-02T10:00:00+01:00

[imports.invoices]
columns = { number = "Piece", total = "Net" }
day_first = false
decimal = "."
separator = "|"
encoding = "cp850"
header_line = 2
"""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(make_office(tmp_path)) as office:
        yield office


def rows_of(data: bytes, encoding: str = "utf-8-sig", separator: str = ";") -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(encoding), newline=""), delimiter=separator))


def test_the_configuration_says_what_the_file_does_not(tmp_path: Path) -> None:
    data = (
        "Journal des ventes\n"
        "Piece|Code client|Client|Date de facture|Échéance|Net\n"
        "F1|C1|Élan|01/05/2026|02/04/2026|1.250\n"
    ).encode("cp850")
    with open_office(make_office(tmp_path, extra=FORM)) as office:
        report = import_invoices(office, data, "f.csv", MONDAY, "nadia")
        assert (report.added, report.errors) == (1, ())
        with office.db.read() as session:
            row = session.get(InvoiceRow, 1)
    assert row is not None
    assert (row.number, str(row.issued), str(row.due), row.total_minor) == (
        "F1",
        "2026-01-05",
        "2026-02-04",
        125,
    )


def test_a_field_that_does_not_exist_is_named_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nummer.*number") as error:
        make_office(tmp_path, extra='[imports.invoices]\ncolumns = { nummer = "Pièce" }')
    assert "debtor_reference" in str(error.value)


def test_what_a_person_says_comes_before_the_configuration(office: Office) -> None:
    data = (
        b"Invoice number,Customer code,Customer,Invoice date,Due date,Amount\n"
        b"F1,C1,One,01/02/2026,03/04/2026,100.00\n"
    )
    with pytest.raises(AmbiguousError):
        import_invoices(office, data, "f.csv", MONDAY, "nadia")
    assert Desk(office).count(InvoiceRow) == 0
    report = import_invoices(office, data, "f.csv", MONDAY, "nadia", How(hints=Hints(day_first=False)))
    assert report.added == 1


def test_refused_rows_are_written_with_their_reasons_and_go_in_once_corrected(office: Office) -> None:
    rows = [
        invoice("F1"),
        invoice("F2", due="31/02/2026", name="Où, là"),
        invoice("F3") + ";too;many",
        invoice("F4", total="abc"),
    ]
    data = file_of(rows, INVOICES)
    report = import_invoices(office, data, "f.csv", MONDAY, "nadia")
    assert (report.added, report.refused) == (1, 3)
    written = refused_rows(office, FileOf.INVOICES, data, None, report.errors)
    head, *refused = rows_of(written)
    assert head == [*INVOICES.split(";"), "Refusée parce que"]
    assert [row[0][:2] for row in refused] == ["F2", "F3", "F4"]
    assert "31/02/2026" in refused[0][-1]
    corrected = written.replace(b"31/02/2026;100", b"28/02/2026;100").replace(b";abc;", b";90,00;")
    again = import_invoices(office, corrected, "corrected.csv", MONDAY, "nadia")
    assert (again.added, again.refused) == (2, 1)
    once_more = refused_rows(office, FileOf.INVOICES, corrected, None, again.errors)
    assert rows_of(once_more)[0] == head, "the reasons replace those before"


def test_refused_rows_are_written_as_the_configuration_reads_them(tmp_path: Path) -> None:
    data = (
        "Journal des ventes\n"
        "Piece|Code client|Client|Date de facture|Échéance|Net\n"
        "F1|C1|Élan|01/05/2026|02/31/2026|1.250\n"
    ).encode("cp850")
    with open_office(make_office(tmp_path, extra=FORM)) as office:
        report = import_invoices(office, data, "f.csv", MONDAY, "nadia")
        written = refused_rows(office, FileOf.INVOICES, data, None, report.errors)
        corrected = written.replace(b"02/31/2026|", b"02/28/2026|")
        again = import_invoices(office, corrected, "f.csv", MONDAY, "nadia")
    assert (report.refused, again.added, again.refused) == (1, 1, 0)


def test_refused_payments_keep_their_label(office: Office) -> None:
    data = b"Date;Code client;Montant;Motif\n20/02/2026;C9;80,00;=1+2\n"
    report = import_payments(office, data, "f.csv", MONDAY, "nadia")
    head, row = rows_of(refused_rows(office, FileOf.PAYMENTS, data, None, report.errors))
    assert head[:4] == ["Date", "Code client", "Montant", "Motif"]
    assert row[:4] == ["20/02/2026", "C9", "80,00", "'=1+2"]


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        '=HYPERLINK("http://x.example")',
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "-1-cmd",
    ],
)
def test_what_a_spreadsheet_would_compute_is_made_harmless(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize(
    "cell", ["-125,00", "+1 250.00", "-1.250,00 €", "-5%", "-12 EUR", "", "a=b", "12/03/2026"]
)
def test_numbers_and_words_stay_as_they_are(cell: str) -> None:
    assert harmless(cell) == cell


def test_what_was_made_harmless_comes_back_as_it_was(office: Office) -> None:
    rows = [invoice("F1", name="@home SARL", due="x"), invoice("F2", "C2", name="'s Gravenhage BV")]
    data = file_of(rows, INVOICES)
    report = import_invoices(office, data, "f.csv", MONDAY, "nadia")
    written = refused_rows(office, FileOf.INVOICES, data, None, report.errors)
    assert b";'@home SARL;" in written
    assert (
        import_invoices(office, written.replace(b";x;", b";04/02/2026;"), "f.csv", MONDAY, "nadia").added == 1
    )
    with office.db.read() as session:
        assert sorted(session.exec(select(DebtorRow.name))) == ["'s Gravenhage BV", "@home SARL"]


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('encoding = "klingon"', "encoding"),
        ('encoding = "zlib"', "encoding"),
        ('separator = ";;"', "separator"),
        ('day_first = "yes"', "day_first"),
        ('decimal = ";"', "decimal"),
        ("header_line = -1", "header_line"),
    ],
)
def test_a_form_that_cannot_be_is_refused_with_its_key(tmp_path: Path, line: str, key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        make_office(tmp_path, extra=f"[imports.payments]\n{line}")


@given(st.text(st.sampled_from("=+-@\t\r'1,. €a("), max_size=12))
def test_no_cell_that_is_written_begins_a_formula(cell: str) -> None:
    safe = harmless(cell)
    assert safe[:1] not in set("=@\t\r")
    assert safe[:1] not in set("+-") or not set(safe[1:]) & set("=+-@(a\t\r")
