from datetime import date

import pytest

from relance_mailer.errors import InputError
from relance_mailer.intake.payments import parse_payments
from relance_mailer.intake.reasons import Reason
from relance_mailer.intake.records import PaymentRecord, RowError

HEADER = "Date de règlement;Code client;Factures;Montant;Devise;Référence bancaire;Libellé"
ROW = "04/02/2026;C5;F-1;389,90;EUR;;VIR BERANGER"


def parse(*rows: str, header: str = HEADER) -> tuple[list[PaymentRecord], list[RowError]]:
    return parse_payments("\n".join([header, *rows]).encode())


def test_a_row_becomes_a_payment() -> None:
    (payment,), errors = parse("04/02/2026;C5;F-1, F-2;389,90;EUR;VIR-7;VIR BERANGER")
    assert errors == []
    assert (payment.line, payment.paid_on, payment.amount.minor) == (2, date(2026, 2, 4), 38_990)
    assert payment.invoice_numbers == ("F-1", "F-2")
    assert (payment.debtor_reference, payment.bank_reference, payment.label) == (
        "C5",
        "VIR-7",
        "VIR BERANGER",
    )


def test_two_equal_transfers_on_a_day_are_both_real_and_have_two_keys() -> None:
    payments, errors = parse(ROW, ROW, ROW.replace("VIR", "CHQ"))
    assert errors == []
    assert [payment.occurrence for payment in payments] == [1, 2, 1]
    assert len({payment.key for payment in payments}) == 3


def test_reading_the_file_again_gives_the_same_keys() -> None:
    assert [p.key for p in parse(ROW, ROW)[0]] == [p.key for p in parse(ROW, ROW)[0]]


def test_the_bank_reference_is_the_identity_where_there_is_one() -> None:
    first = parse("04/02/2026;C5;F-1;389,90;EUR;VIR-7;VIR")[0][0]
    moved = parse("05/02/2026;C5;;389,90;EUR;VIR-7;autre")[0][0]
    assert first.key == moved.key


@pytest.mark.parametrize(
    "other",
    [
        "05/02/2026;C5;F-1;389,90;EUR;;VIR BERANGER",
        "04/02/2026;C6;F-1;389,90;EUR;;VIR BERANGER",
        "04/02/2026;C5;F-1;389,91;EUR;;VIR BERANGER",
        "04/02/2026;C5;F-1;389,90;GBP;;VIR BERANGER",
        "04/02/2026;C5;F-1;389,90;EUR;;VIR BERANGE",
    ],
)
def test_date_sum_currency_debtor_and_label_each_belong_to_the_identity(other: str) -> None:
    assert parse(other)[0][0].key != parse(ROW)[0][0].key


def test_a_payment_taken_back_is_negative() -> None:
    assert parse("04/02/2026;C5;F-1;-389,90;EUR;REJ-1;REJET")[0][0].amount.minor == -38_990


def test_a_label_s_line_breaks_become_spaces() -> None:
    assert parse('04/02/2026;C5;F-1;5,00;EUR;;"VIR\nDUPONT"')[0][0].label == "VIR DUPONT"


def test_a_payment_may_name_its_invoice_alone() -> None:
    assert parse("04/02/2026;;F-1;5,00;EUR;;")[0][0].debtor_reference == ""


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (";C5;F-1;5,00;EUR;;", "Date de règlement", Reason.MISSING),
        ("32/01/2026;C5;F-1;5,00;EUR;;", "Date de règlement", Reason.BAD_DATE),
        ("04/02/2026;C5;F-1;;EUR;;", "Montant", Reason.MISSING),
        ("04/02/2026;C5;F-1;0,00;EUR;;", "Montant", Reason.ZERO),
        ("04/02/2026;C5;F-1;1,250;EUR;;", "Montant", Reason.TOO_MANY_DECIMALS),
        ("04/02/2026;C5;F-1;5,00;XXX;;", "Devise", Reason.UNKNOWN_CURRENCY),
        ("04/02/2026;;;5,00;EUR;;VIR", "Code client", Reason.NO_DEBTOR),
        ("04/02/2026;C5;F-1;5,00;EUR;;V\x07IR", "Libellé", Reason.CONTROL),
    ],
)
def test_one_bad_cell_is_reported_and_the_other_row_comes_back(row: str, field: str, reason: Reason) -> None:
    payments, errors = parse(row, ROW)
    assert [payment.line for payment in payments] == [3]
    assert [(error.line, error.field, error.reason) for error in errors] == [(2, field, reason)]


def test_a_bank_reference_twice_in_a_file_is_reported() -> None:
    row = "04/02/2026;C5;F-1;5,00;EUR;VIR-7;VIR"
    payments, errors = parse(row, row)
    assert len(payments) == 1
    assert [(error.line, error.reason) for error in errors] == [(3, Reason.REPEATED_BANK_REFERENCE)]


def test_a_file_that_names_neither_debtors_nor_invoices_is_refused() -> None:
    with pytest.raises(InputError, match="Code client"):
        parse("04/02/2026;5,00", header="Date;Montant")
