"""What holds for every file, not only for the ones we thought of."""

import csv
import io
import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relance_mailer.dunning.invoice import DebtorKind
from relance_mailer.dunning.money import Money
from relance_mailer.errors import InputError
from relance_mailer.intake.columns import INVOICE_COLUMNS, PAYMENT_COLUMNS
from relance_mailer.intake.form import Hints
from relance_mailer.intake.invoices import invoices_of, parse_invoices
from relance_mailer.intake.payments import parse_payments, payments_of
from relance_mailer.intake.records import InvoiceRecord, PaymentRecord, RowError, explain
from relance_mailer.intake.table import Column, Table, read_table

ParseTable = Callable[[Table], tuple[Sequence[InvoiceRecord | PaymentRecord], Sequence[RowError]]]
Parse = Callable[[bytes], tuple[Sequence[InvoiceRecord | PaymentRecord], Sequence[RowError]]]

# letters that Windows-1252 has too, the separators and quotes that must survive, no edge or double spaces
LETTERS = "abcXYZ0189éèçÉŒœÿ&'’-.,;/|\"€"
words = st.lists(st.text(LETTERS, min_size=1, max_size=8), min_size=1, max_size=4).map(" ".join)
days = st.dates(date(1995, 1, 1), date(2090, 12, 31))
cents = st.integers(1, 10**12)


@st.composite
def invoices(draw: st.DrawFn) -> InvoiceRecord:
    issued, due = sorted((draw(days), draw(days)))
    sign, total = draw(st.sampled_from([1, -1])), draw(cents)
    balance = draw(st.none() | st.integers(0, total))
    return InvoiceRecord(
        line=2,
        number=draw(words.filter(lambda text: len(text) <= 64)),
        debtor_reference=draw(words),
        debtor_name=draw(words),
        issued=issued,
        due=due,
        total=Money.from_minor(sign * total, "EUR"),
        emails=tuple(
            draw(st.lists(st.sampled_from(["a@x.example", "b.c@x.example", "d+e@y.example"]), unique=True))
        ),
        balance=None if balance is None else Money.from_minor(sign * balance, "EUR"),
        balance_on=None if balance is None else draw(st.none() | days),
        order_number=draw(words),
        kind=draw(st.sampled_from(DebtorKind)),
        language=draw(st.sampled_from(["fr", "en", "de"])),
        street=draw(words),
        postal_code=draw(st.sampled_from(["", "35000", "LS1 4DY"])),
        city=draw(words),
        country=draw(st.sampled_from(["FR", "BE", "GB", "DE"])),
        siren=draw(st.sampled_from(["", "404833048"])),
        vat=draw(st.sampled_from(["", "FR83404833048", "BE0697449992"])),
        contact_name=draw(words),
    )


def sum_of(money: Money | None) -> str:
    return "" if money is None else str(money.amount.quantize(Decimal("0.01"))).replace(".", ",")


def written(record: InvoiceRecord, encoding: str, separator: str) -> bytes:
    day = "{:%d/%m/%Y}".format
    cells = {
        "N° facture": record.number,
        "Code client": record.debtor_reference,
        "Client": record.debtor_name,
        "E-mail": ", ".join(record.emails),
        "Date de facture": day(record.issued),
        "Échéance": day(record.due),
        "Montant TTC": sum_of(record.total),
        "Solde": sum_of(record.balance),
        "Solde au": day(record.balance_on) if record.balance_on else "",
        "N° commande": record.order_number,
        "Type de client": record.kind.value,
        "Langue": record.language,
        "Adresse": record.street,
        "Code postal": record.postal_code,
        "Ville": record.city,
        "Pays": record.country,
        "SIREN": record.siren,
        "N° TVA": record.vat,
        "Contact": record.contact_name,
    }
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator).writerows([list(cells), list(cells.values())])
    return out.getvalue().encode(encoding)


@settings(deadline=None)
@given(
    invoices(),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    st.sampled_from([";", "\t", ",", "|"]),
)
def test_a_record_that_was_written_comes_back_the_same(
    record: InvoiceRecord, encoding: str, separator: str
) -> None:
    assert parse_invoices(written(record, encoding, separator)) == ([record], [])


@pytest.mark.parametrize("parse", [parse_invoices, parse_payments])
@settings(deadline=None)
@given(data=st.binary(max_size=400))
def test_arbitrary_bytes_raise_nothing_but_input_error(parse: Parse, data: bytes) -> None:
    try:
        parse(data)
    except InputError as error:
        assert str(error).endswith(".")  # noqa: PT017 - most examples raise, some do not


TABLES: dict[Parse, tuple[Sequence[Column], ParseTable]] = {
    parse_invoices: (INVOICE_COLUMNS, invoices_of),
    parse_payments: (PAYMENT_COLUMNS, payments_of),
}
SHORT: dict[Parse, str] = {
    parse_invoices: "Facture;Code client;Client;Date;Échéance;Montant;E-mail",
    parse_payments: "Date;Montant;Code client;Facture;Libellé;Référence bancaire",
}
GOOD_CELLS = ["F1", "C1", "05/01/2026", "2026-02-04", "12,50", "-3,00", "a@x.example", "Dupont", ""]
hostile_cell = st.sampled_from(
    [*GOOD_CELLS, '"', '""', '"a', 'b"', '"a;b"', "1,250", "\x1b", "\u202e"]
) | st.text(max_size=5)


@pytest.mark.parametrize("parse", [parse_invoices, parse_payments])
@settings(deadline=None)
@given(rows=st.lists(st.lists(hostile_cell, min_size=1, max_size=8).map(";".join), max_size=12))
def test_arbitrary_rows_after_a_good_header_raise_nothing_but_input_error(
    parse: Parse, rows: list[str]
) -> None:
    try:
        records, errors = parse("\n".join([SHORT[parse], *rows]).encode("utf-8", "replace"))
    except InputError:
        return
    for line in [*(record.line for record in records), *(error.line for error in errors)]:
        assert line >= 2
    for error in errors:
        assert re.sub("[\u00a0\u202f]", " ", explain(error, "fr")).isprintable()


plain_cell = st.sampled_from([*GOOD_CELLS, "1,250", "31/02/2026", "x", "c@", " ", "\x1b"])


@pytest.mark.parametrize("parse", [parse_invoices, parse_payments])
@settings(deadline=None)
@given(rows=st.lists(st.lists(plain_cell, min_size=1, max_size=8).map(";".join), max_size=12))
def test_each_row_with_something_on_it_ends_either_among_the_records_or_among_the_errors(
    parse: Parse, rows: list[str]
) -> None:
    columns, parse_table = TABLES[parse]
    table = read_table(
        "\r\n".join([SHORT[parse], *rows]).encode(), columns, Hints(day_first=True, decimal=",")
    )
    records, errors = parse_table(table)
    taken = [record.line for record in records]
    refused = {error.line for error in errors}
    left_out = {remark.line for remark in table.remarks}
    filled = {number for number, row in enumerate(rows, start=2) if row.strip("; ")}
    assert len(taken) == len(set(taken))
    assert set(taken) | refused | left_out == filled
    assert len(taken) + len(refused) + len(left_out) == len(filled)
