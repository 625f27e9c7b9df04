"""What is paid is never chased: what a row says of a payment settles the invoice, or refuses the row."""

import pytest

from relance_mailer.intake.columns import INVOICE_COLUMNS, PAYMENT_COLUMNS
from relance_mailer.intake.invoices import invoices_of
from relance_mailer.intake.payments import payments_of
from relance_mailer.intake.reasons import Reason
from relance_mailer.intake.records import InvoiceRecord, RowError
from relance_mailer.intake.table import read_table

HEADER = "Facture;Code client;Client;Date;Échéance;Montant TTC"
ROW = "F1;C1;Dupont;13/01/2026;13/02/2026;12,50"


def read(column: str, cell: str) -> tuple[list[InvoiceRecord], list[RowError], list[RowError]]:
    """Return the invoices, the errors and the remarks of a file with one row."""
    table = read_table(f"{HEADER};{column}\n{ROW};{cell}\n".encode(), INVOICE_COLUMNS)
    return *invoices_of(table), table.remarks


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("Statut", "Payée"),
        ("Statut", "Payée le 12/02/2026"),
        ("Statut", "Réglée par chèque"),
        ("Status", "Paid on 2026-02-12"),
        ("Payée", "Oui"),
        ("Payée", "x"),
        ("Payée", "✓"),
        ("Payée", "TRUE"),
        ("Payée", "1"),
        ("Payé ?", "o"),
        ("Réglé", "Oui"),
        ("Paid", "yes"),
        ("Statut;Solde", "Payée;0,00"),
    ],
)
def test_an_invoice_that_the_file_calls_paid_has_nothing_left(column: str, cell: str) -> None:
    (record,), errors, remarks = read(column, cell)
    assert (errors, remarks) == ([], [])
    assert record.balance is not None
    assert not record.balance


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("Statut", "Impayée"),
        ("Statut", "Non payée"),
        ("Statut", "Pas réglée"),
        ("Statut", "En retard"),
        ("Statut", ""),
        ("Payée", "Non"),
        ("Payée", "0"),
        ("Payée", ""),
        ("Paid", "no"),
        ("Date de paiement", ""),
        ("Date de paiement", "en attente"),
        ("Statut;Date de paiement", "Impayée;31/03/2026"),
    ],
)
def test_an_invoice_that_nothing_calls_paid_is_owed_whole(column: str, cell: str) -> None:
    (record,), errors, remarks = read(column, cell)
    assert (record.balance, errors, remarks) == (None, [], [])


@pytest.mark.parametrize(
    ("column", "cell", "field", "reason"),
    [
        ("Statut", "Partiellement payée", "Statut", Reason.PARTLY_PAID),
        ("Statut", "Règlement commencé", "Statut", Reason.PARTLY_PAID),
        ("Statut", "Payée à 50 %", "Statut", Reason.PARTLY_PAID),
        ("Statut", "Pas totalement réglée", "Statut", Reason.PARTLY_PAID),
        ("Status", "Partially paid", "Status", Reason.PARTLY_PAID),
        ("Payée", "en partie payée", "Payée", Reason.PARTLY_PAID),
        ("Payée", "500,00", "Payée", Reason.BAD_SETTLED),
        ("Payée;Statut", "Oui;Impayée", "Payée", Reason.PARTLY_PAID),
        ("Statut;Solde", "Payée;2,00", "Statut", Reason.PAID_WITH_BALANCE),
        ("Payée;Déjà réglé", "Oui;2,00", "Payée", Reason.PAID_WITH_BALANCE),
    ],
)
def test_what_may_be_paid_without_a_balance_that_says_so_is_refused(
    column: str, cell: str, field: str, reason: Reason
) -> None:
    records, errors, _ = read(column, cell)
    assert records == []
    assert [(error.field, error.reason) for error in errors] == [(field, reason)]


def test_an_invoice_in_dispute_goes_in_and_how_to_pause_it_is_said() -> None:
    (record,), errors, (remark,) = read("Statut", "En litige")
    assert (record.balance, errors) == (None, [])
    assert (remark.reason, remark.arguments) == (Reason.CONTESTED, ("F1",))
    assert read("Statut;Solde", "En litige;0,00")[2] == []


def test_a_sum_of_one_euro_in_a_column_of_sums_is_no_yes() -> None:
    (record,), errors, _ = read("Déjà réglé", "1")
    assert errors == []
    assert str(record.balance) == "11.50 EUR"


def test_a_balance_tells_what_is_left_of_an_invoice_paid_in_part() -> None:
    (record,), errors, _ = read("Statut;Solde", "Partiellement payée;2,00")
    assert errors == []
    assert record.balance is not None
    assert record.balance.minor == 200


@pytest.mark.parametrize("column", ["Date de règlement", "Réglé le", "Payée le", "Paid on"])
def test_a_date_of_payment_leaves_what_a_balance_says(column: str) -> None:
    (record,), errors, remarks = read(f"{column};Solde", "12/02/2026;2,00")
    assert (errors, remarks) == ([], [])
    assert str(record.balance) == "2.00 EUR"


@pytest.mark.parametrize("column", ["Date de règlement", "Réglé le", "Payée le", "Paid on"])
def test_a_date_of_payment_settles_and_is_pointed_out_once(column: str) -> None:
    rows = [f"F{n};C1;Dupont;13/01/2026;13/02/2026;12,50;12/02/2026" for n in (1, 2)]
    table = read_table("\n".join([f"{HEADER};{column}", *rows]).encode(), INVOICE_COLUMNS)
    records, errors = invoices_of(table)
    assert errors == []
    assert [str(record.balance) for record in records] == ["0.00 EUR"] * 2
    assert [(one.line, one.field, one.reason) for one in table.remarks] == [(2, column, Reason.PAID_BY_DATE)]


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Montant en devise;Devise;Montant TTC", "1 000,00;GBP;1 170,00"),
        ("Devise;Montant TTC (€)", "GBP;1 170,00"),
        ("Devise;Total EUR", "USD;1 170,00"),
        ("Montant TTC ($)", "1 170,00"),
    ],
)
def test_a_sum_in_another_currency_is_not_taken_for_the_row_s(header: str, cells: str) -> None:
    text = f"Facture;Code client;Client;Date;Échéance;{header}\nF1;C1;Dupont;13/01/2026;13/02/2026;{cells}\n"
    records, errors = invoices_of(read_table(text.encode(), INVOICE_COLUMNS))
    assert records == []
    assert [error.reason for error in errors] == [Reason.TWO_CURRENCIES]


def test_a_payment_whose_header_says_another_currency_is_refused() -> None:
    text = "Date;Montant ($);Code client\n13/01/2026;1 170,00;C1\n"
    records, errors = payments_of(read_table(text.encode(), PAYMENT_COLUMNS))
    assert records == []
    assert [error.reason for error in errors] == [Reason.TWO_CURRENCIES]


def test_a_sum_that_both_columns_give_alike_is_in_the_row_s_currency() -> None:
    text = (
        "Facture;Code client;Client;Date;Échéance;Montant en devise;Devise;Montant TTC\n"
        "F1;C1;Dupont;13/01/2026;13/02/2026;900,00;GBP;900,00\n"
        "F2;C1;Dupont;13/01/2026;13/02/2026;;EUR;900,00\n"
    )
    records, errors = invoices_of(read_table(text.encode(), INVOICE_COLUMNS))
    assert errors == []
    assert [record.total.currency for record in records] == ["GBP", "EUR"]


def test_dolibarr_s_customer_reference_is_the_customer_s_order_and_no_code() -> None:
    text = (
        "Réf.;Réf. client;Tiers;Date facturation;Date échéance;Montant TTC\n"
        "FA1;BC-4711;Alpha;13/01/2026;13/02/2026;900,00\n"
    )
    ((record,), errors) = invoices_of(read_table(text.encode(), INVOICE_COLUMNS))
    assert errors == []
    assert (record.number, record.debtor_reference, record.order_number) == ("FA1", "", "BC-4711")


def test_elsewhere_a_customer_reference_is_the_code_unless_another_column_has_it() -> None:
    row = "F1;X7;Dupont;13/01/2026;13/02/2026;900,00"
    alone = read_table(f"{HEADER.replace('Code client', 'Réf. client')}\n{row}\n".encode(), INVOICE_COLUMNS)
    both = read_table(f"{HEADER};Réf. client\n{row};BC-1\n".encode(), INVOICE_COLUMNS)
    assert [invoices_of(table)[0][0].debtor_reference for table in (alone, both)] == ["X7", "X7"]


@pytest.mark.parametrize(
    ("column", "cell", "minor"),
    [
        ("Sens", "C", 1250),
        ("Sens", "D", -1250),
        ("Sens", "Débit", -1250),
        ("D/C", "CRDT", 1250),
        ("Sens", "-", -1250),
        ("Statut", "Exécuté", 1250),
    ],
)
def test_a_debit_is_money_taken_back(column: str, cell: str, minor: int) -> None:
    text = f"Date;Code client;Montant;{column}\n13/01/2026;C1;12,50;{cell}\n"
    (payment,), errors = payments_of(read_table(text.encode(), PAYMENT_COLUMNS))
    assert errors == []
    assert payment.amount.minor == minor


@pytest.mark.parametrize(
    ("column", "amount", "cell", "reason"),
    [
        ("Sens", "12,50", "", Reason.MISSING),
        ("Sens", "12,50", "virement", Reason.BAD_DIRECTION),
        ("Sens", "-12,50", "C", Reason.CREDIT_BELOW_ZERO),
        ("Statut", "12,50", "Rejeté", Reason.NOT_RECEIVED),
        ("Status", "12,50", "failed", Reason.NOT_RECEIVED),
    ],
)
def test_what_has_not_arrived_or_may_not_have_is_no_payment(
    column: str, amount: str, cell: str, reason: Reason
) -> None:
    text = f"Date;Code client;Montant;{column}\n13/01/2026;C1;{amount};{cell}\n"
    records, errors = payments_of(read_table(text.encode(), PAYMENT_COLUMNS))
    assert records == []
    assert [(error.field, error.reason) for error in errors] == [(column, reason)]


def test_a_payment_that_came_back_counts_whatever_its_status() -> None:
    text = "Date;Code client;Montant;Statut\n13/01/2026;C1;-12,50;Rejeté\n"
    (payment,), errors = payments_of(read_table(text.encode(), PAYMENT_COLUMNS))
    assert (payment.amount.minor, errors) == (-1250, [])
