"""What a text file's own lines tell of its encoding, header, dates and sums, and what is asked."""

from datetime import date
from decimal import Decimal

import pytest

from relance_mailer.errors import InputError
from relance_mailer.intake.columns import INVOICE_COLUMNS, PAYMENT_COLUMNS
from relance_mailer.intake.form import AmbiguousError, FileKind, Form, Hints, answered
from relance_mailer.intake.invoices import invoices_of, parse_invoices
from relance_mailer.intake.payments import parse_payments, payments_of
from relance_mailer.intake.propose import propose
from relance_mailer.intake.reasons import Reason
from relance_mailer.intake.records import InvoiceRecord
from relance_mailer.intake.table import Table, read_table

FRENCH = "Facture;Code client;Client;Date;Échéance;Montant TTC"
ENGLISH = "Invoice;Customer code;Customer;Invoice date;Due date;Amount"


def read(*lines: str, hints: Hints | None = None) -> Table:
    return read_table("\n".join(lines).encode(), INVOICE_COLUMNS, hints or Hints())


def records(*lines: str, hints: Hints | None = None) -> list[InvoiceRecord]:
    found, errors = invoices_of(read(*lines, hints=hints))
    assert errors == []
    return found


def rows(*dates_and_sums: tuple[str, str, str]) -> list[str]:
    return [
        f"F{n};C1;Dupont;{issued};{due};{total}" for n, (issued, due, total) in enumerate(dates_and_sums, 1)
    ]


# --- bytes to text


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-be", "utf-16"),
        ("cp1252", "cp1252"),
        ("iso8859-15", "iso8859-15"),
        ("mac-roman", "mac-roman"),
        ("cp850", "cp850"),
    ],
)
def test_the_encoding_is_found_by_the_letters_that_it_brings_forth(encoding: str, found: str) -> None:
    name = "Société Générale d'Électricité, cœur de ville à 12 € près"
    if encoding == "cp850":  # has neither œ nor €
        name = "Société Générale d'Électricité, côté Évian, à près de 12"
    text = f"{FRENCH}\nF1;C1;{name};05/01/2026;04/02/2026;12,50\n"
    data = text.encode(encoding)
    if encoding == "utf-16-be":
        data = b"\xfe\xff" + data
    table = read_table(data, INVOICE_COLUMNS)
    (record,), _ = invoices_of(table)
    assert (table.form.encoding, record.debtor_name) == (found, name)


@pytest.mark.parametrize(
    "name",
    ["Hôtel “Le Phare” – Évian…", "L’Œuvre – suite…", "½ tarif, 20 m²", "Żółć", "François", "ÀÉÈ", "Ü"],
)
def test_windows_1252_is_not_mistaken_for_a_rarer_encoding(name: str) -> None:
    data = f"Facture;Code client;Client;Date;Echeance;Montant TTC\nF1;C1;{name};05/01/2026;04/02/2026;1,50\n"
    (record,), _ = parse_invoices(data.encode("cp1252", "replace"))
    assert record.debtor_name == name.encode("cp1252", "replace").decode("cp1252")


def test_a_named_encoding_is_taken_and_a_wrong_or_unknown_one_is_told() -> None:
    data = f"{FRENCH}\nF1;C1;Żółć;05/01/2026;04/02/2026;12,50\n".encode("cp1250", "replace")
    (record,), _ = parse_invoices(data, hints=Hints(encoding="windows-1250"))
    assert record.debtor_name == "Żółć"
    with pytest.raises(InputError, match="not in the encoding"):
        parse_invoices(data, hints=Hints(encoding="utf-8"))
    for unknown in ("klingon", "idna", "zlib", "base64"):
        with pytest.raises(InputError, match="is not known"):
            parse_invoices(data, hints=Hints(encoding=unknown))


def test_utf_8_that_was_taken_for_another_encoding_and_saved_is_refused_with_its_line() -> None:
    data = f"{FRENCH}\nF1;C1;Pétrissou;05/01/2026;04/02/2026;12,50\n".encode().decode("cp1252").encode()
    with pytest.raises(InputError, match="On line 1 stands “Ã"):
        parse_invoices(data)


# --- the header


def test_titles_and_blank_lines_above_the_header_are_passed_over_and_lines_still_counted() -> None:
    table = read(
        "Export du 12/03/2026",
        "Société Exemple;;;",
        "",
        "Échéances",
        FRENCH,
        *rows(("13/01/2026",) * 2 + ("1,5",)),
    )
    (record,), errors = invoices_of(table)
    assert (table.form.header_line, record.line, errors) == (5, 6, [])


def test_a_header_line_that_a_person_names_is_taken() -> None:
    other = FRENCH.replace("Montant TTC", "Solde")
    lines = [other, FRENCH, *rows(("13/01/2026", "13/02/2026", "1,5"))]
    assert read(*lines, hints=Hints(header_line=2)).place["total"] == 5
    with pytest.raises(InputError, match="line 9"):
        read(*lines, hints=Hints(header_line=9))


def test_a_separator_that_a_person_names_is_taken() -> None:
    lines = [line.replace(";", "^") for line in (FRENCH, *rows(("13/01/2026", "13/02/2026", "1,5")))]
    assert len(records(*lines, hints=Hints(separator="^"))) == 1
    with pytest.raises(InputError, match="one character"):
        read(*lines, hints=Hints(separator="^^"))


def test_a_tab_makes_a_tsv() -> None:
    lines = [line.replace(";", "\t") for line in (FRENCH, *rows(("13/01/2026", "13/02/2026", "1,5")))]
    assert read(*lines).form == Form(
        FileKind.TSV, encoding="utf-8", separator="\t", day_first=True, decimal=","
    )


def test_a_mapping_names_the_columns_that_we_do_not_know_and_wins_over_those_we_do() -> None:
    header = "Notre réf;Code client;Client;Date;Échéance;Facture;Montant TTC"
    line = "X-9;C1;Dupont;13/01/2026;13/02/2026;F1;1,50"
    assert records(header, line)[0].number == "F1"
    assert records(header, line, hints=Hints(columns={"number": "NOTRE REF"}))[0].number == "X-9"
    assert records(header, line, hints=Hints(columns={"number": "Absente"}))[0].number == "F1"
    with pytest.raises(InputError, match="no such field"):
        read(header, line, hints=Hints(columns={"nombre": "Notre réf"}))


def test_two_columns_that_mean_the_same_do_no_harm_while_their_cells_are_the_same() -> None:
    header = FRENCH + ";Net à payer"
    line = "F1;C1;Dupont;13/01/2026;13/02/2026;12,50"
    assert records(header, line + ";12,50")[0].total.minor == 1250
    with pytest.raises(InputError, match='total = "Montant TTC"'):
        read(header, line + ";10,00")
    hints = Hints(columns={"total": "Net à payer"})
    assert records(header, line + ";10,00", hints=hints)[0].total.minor == 1000


@pytest.mark.parametrize(
    ("header", "cells", "reference", "name"),
    [
        ("Client", "Dupont", "", "Dupont"),
        ("Client;Raison sociale", "C1;Dupont", "C1", "Dupont"),
        ("Code client;Client", "C1;Dupont", "C1", "Dupont"),
        ("Code client;Tiers", "C1;Dupont", "C1", "Dupont"),
        ("Tiers;Nom", "C1;Dupont", "C1", "Dupont"),
        ("Auxiliaire;Intitulé du compte", "C1;Dupont", "C1", "Dupont"),
    ],
)
def test_a_customer_column_is_the_name_unless_another_is_and_then_the_code(
    header: str, cells: str, reference: str, name: str
) -> None:
    (record,) = records(f"{header};Nº fact.;Date fact.;Éch.;Mt TTC", f"{cells};F1;13/01/2026;13/02/2026;1,5")
    assert (record.debtor_reference, record.debtor_name) == (reference, name)


@pytest.mark.parametrize(
    "header",
    [
        "Réf.;Client;Date pièce;Date d'échéance;Net à payer",
        "N° fact.;Raison sociale;Émise le;À payer le;Total TTC",
        "Invoice number;Customer;Issue date;Payment due date;Grand total",
        "Net à payer (€);Date échéance;Date facture;Société;N° de pièce",
    ],
)
def test_headers_in_french_and_english_are_known_in_any_order(header: str) -> None:
    table = read(header, "x;x;13/01/2026;13/01/2026;x")
    assert {"number", "debtor_name", "issued", "due", "total"} <= table.place.keys()


def test_a_header_may_state_the_day_of_the_balances() -> None:
    (record,) = records(FRENCH + ";Solde au 28/02/2026", "F1;C1;Dupont;13/01/2026;13/02/2026;12,50;2,50")
    assert (record.balance_on, record.balance and record.balance.minor) == (date(2026, 2, 28), 250)


# --- rows that are no data


def test_totals_texts_and_repeated_headers_are_left_out_with_a_remark_and_nothing_else_is() -> None:
    data = rows(("13/01/2026", "13/02/2026", "100,00"), ("14/01/2026", "13/02/2026", "50,00"))
    table = read(
        FRENCH, data[0], "Sous-total Dupont;;;;;100,00", FRENCH, data[1], "Total Énergies;;;;;;", ";;Total;;;150,00",
        "F7;C7;Total Énergies;15/01/2026;;", "Édité le 12/03/2026", ";;;;;150,00",
    )  # fmt: skip
    found, errors = invoices_of(table)
    assert [record.number for record in found] == ["F1", "F2"]
    assert [(remark.line, remark.reason) for remark in table.remarks] == [
        (3, Reason.TOTAL_ROW),
        (4, Reason.REPEATED_HEADER),
        (6, Reason.TOTAL_ROW),
        (7, Reason.TOTAL_ROW),
        (9, Reason.TEXT_ROW),
        (10, Reason.TOTAL_ROW),
    ]
    assert {(error.line, error.reason) for error in errors} == {(8, Reason.MISSING)}


def test_a_row_that_is_only_a_sum_is_a_total_at_the_end_alone() -> None:
    table = read(FRENCH, ";;;;;12,50", *rows(("13/01/2026", "13/02/2026", "100,00")))
    found, errors = invoices_of(table)
    assert (len(found), table.remarks, {error.line for error in errors}) == (1, [], {2})


# --- day or month first


def first_day(*lines: str, hints: Hints | None = None) -> date:
    return records(*lines, hints=hints)[0].issued


def test_a_day_above_twelve_settles_the_order_for_the_whole_file() -> None:
    assert first_day(
        ENGLISH, *rows(("05/01/2026", "06/02/2026", "1.50"), ("06/01/2026", "28/02/2026", "1.50"))
    ) == date(2026, 1, 5)
    assert first_day(
        ENGLISH, *rows(("05/01/2026", "06/02/2026", "1.50"), ("06/01/2026", "06/28/2026", "1.50"))
    ) == date(2026, 5, 1)


def test_a_file_of_french_headers_writes_the_day_first_unless_its_dates_say_otherwise() -> None:
    assert first_day(FRENCH, *rows(("05/01/2026", "06/02/2026", "1"))) == date(2026, 1, 5)
    lines = rows(("01/05/2026", "02/06/2026", "1"), ("01/30/2026", "03/01/2026", "1"))
    assert first_day(FRENCH, *lines) == date(2026, 1, 5)


@pytest.mark.parametrize(
    "row",
    [
        ("05/06/2026", "06/07/2026", "12,50"),  # a decimal comma
        ("05.06.2026", "06.07.2026", "12.50"),  # dots
        (
            "02/05/2026",
            "01/06/2026",
            "12.50",
        ),  # month first, it would be due in January and issued in February
    ],
)
def test_other_marks_of_the_file_settle_the_order_too(row: tuple[str, str, str]) -> None:
    issued = first_day(ENGLISH, *rows(row))
    assert issued.day == int(row[0][:2])


def test_due_dates_may_settle_the_month_first() -> None:
    # the day first, the second invoice would be issued on 5 June and due on 6 February
    lines = rows(("01/02/2026", "02/03/2026", "12.50"), ("05/06/2026", "06/02/2026", "12.50"))
    assert first_day(ENGLISH, *lines) == date(2026, 1, 2)


def test_what_nothing_settles_is_asked_with_both_readings_and_the_answer_is_taken() -> None:
    lines = [ENGLISH, *rows(("05/06/2026", "06/07/2026", "12.50"), ("05/05/2026", "07/08/2026", "12.50"))]
    with pytest.raises(AmbiguousError, match="05/06/2026 may be 2026-06-05 or 2026-05-06") as raised:
        read(*lines)
    (question,) = raised.value.questions
    assert (question.hint, question.header, question.examples) == (
        "day_first",
        "Invoice date",
        ("05/06/2026",),
    )
    assert [(answer.value, answer.readings) for answer in question.answers] == [
        (True, (date(2026, 6, 5),)),
        (False, (date(2026, 5, 6),)),
    ]
    for answer, day in zip(question.answers, (date(2026, 6, 5), date(2026, 5, 6)), strict=True):
        hints = answered(Hints(), question, answer)
        assert first_day(*lines, hints=hints) == day


def test_nothing_is_asked_where_no_date_needs_it() -> None:
    table = read(ENGLISH, *rows(("05/05/2026", "2026-07-06", "12.50"), ("12 May 2026", "06/06/2026", "1")))
    assert table.form.day_first is None
    assert len(invoices_of(table)[0]) == 2


def test_one_slip_among_many_is_refused_and_an_even_contradiction_is_asked() -> None:
    good = [("13/01/2026", "13/02/2026", "1.50")] * 10
    found, errors = invoices_of(read(ENGLISH, *rows(*good, ("01/20/2026", "13/02/2026", "1.50"))))
    assert len(found) == 10
    assert [(error.line, error.field, error.reason) for error in errors] == [
        (12, "Invoice date", Reason.MONTH_FIRST)
    ]
    with pytest.raises(AmbiguousError) as raised:
        read(ENGLISH, *rows(("13/01/2026", "13/02/2026", "1.50"), ("01/20/2026", "01/30/2026", "1.50")))
    assert raised.value.questions[0].answers[0].readings[-1] is None


def test_years_of_two_digits_are_read_and_told() -> None:
    table = read(FRENCH, *rows(("05/01/26", "28/02/26", "1,5")))
    assert table.form.two_digit_years
    assert invoices_of(table)[0][0].due == date(2026, 2, 28)


def test_a_column_of_day_numbers_is_read_as_dates_and_one_that_also_has_dates_is_not() -> None:
    table = read(FRENCH, *rows(("46027", "46057", "1,5"), ("46041", "46071", "1,5")))
    assert table.form.serials == {"issued", "due"}
    assert [record.issued for record in invoices_of(table)[0]] == [date(2026, 1, 5), date(2026, 1, 19)]
    _, errors = invoices_of(
        read(FRENCH, *rows(("46027", "13/02/2026", "1"), ("13/01/2026", "13/02/2026", "1")))
    )
    assert [(error.line, error.reason) for error in errors] == [(2, Reason.BAD_DATE)]


# --- thousands or decimals


@pytest.mark.parametrize(
    ("proof", "amount"), [("1.250,00", "1250.00"), ("12,5", "1250.00"), ("1.250.000", "1250.00")]
)
def test_another_sum_of_the_file_settles_one_that_reads_two_ways(proof: str, amount: str) -> None:
    lines = rows(("13/01/2026", "13/02/2026", "1.250"), ("13/01/2026", "13/02/2026", proof))
    assert records(FRENCH, *lines)[0].total.amount == Decimal(amount)
    swapped = [line.translate(str.maketrans(",.", ".,")) for line in lines]
    assert records(FRENCH, *swapped)[0].total.amount == Decimal(amount)


def test_sums_that_read_two_ways_are_asked_and_the_answer_is_taken() -> None:
    lines = [FRENCH, *rows(("13/01/2026", "13/02/2026", "1.250 €"), ("13/01/2026", "13/02/2026", "(3.500)"))]
    with pytest.raises(AmbiguousError) as raised:
        read(*lines)
    (question,) = raised.value.questions
    assert (question.hint, question.header, question.examples) == (
        "decimal",
        "Montant TTC",
        ("1.250 €", "(3.500)"),
    )
    comma, point = question.answers
    assert (comma.value, comma.readings) == (",", (Decimal(1250), Decimal(-3500)))
    assert (point.value, point.readings) == (".", (Decimal("1.250"), Decimal("-3.500")))
    assert records(*lines, hints=answered(Hints(), question, comma))[0].total.minor == 125_000
    assert records(*lines, hints=answered(Hints(), question, point))[0].total.minor == 125


def test_in_dinars_three_decimals_are_no_question() -> None:
    data = "\n".join([FRENCH, *rows(("13/01/2026", "13/02/2026", "1,250"))]).encode()
    (record,), _ = parse_invoices(data, currency="TND", country="TN")
    assert record.total.amount == Decimal("1.250")


def test_both_questions_are_asked_at_once() -> None:
    with pytest.raises(AmbiguousError) as raised:
        read(ENGLISH, *rows(("05/06/2026", "06/07/2026", "1.250")))
    assert [question.hint for question in raised.value.questions] == ["day_first", "decimal"]


# --- what rows say of themselves


@pytest.mark.parametrize(
    ("column", "value", "total", "balance"),
    [
        ("Type", "Avoir", -1250, -200),
        ("Type de document", "Facture", 1250, 200),
        ("Nature", "Credit note", -1250, -200),
        ("Type", "professionnel", 1250, 200),
    ],
)
def test_a_credit_note_told_by_its_type_alone_is_negative(
    column: str, value: str, total: int, balance: int
) -> None:
    (record,) = records(f"{FRENCH};Solde;{column}", f"F1;C1;Dupont;13/01/2026;13/02/2026;12,50;2,00;{value}")
    assert (record.total.minor, record.balance and record.balance.minor) == (total, balance)


def test_a_payment_or_a_draft_in_a_list_of_invoices_is_refused() -> None:
    lines = [
        f"{FRENCH};Type de document;Statut",
        "F1;C1;Dupont;13/01/2026;13/02/2026;12,50;Règlement;",
        "F2;C1;Dupont;13/01/2026;13/02/2026;12,50;Facture;Brouillon",
        "F3;C1;Dupont;13/01/2026;13/02/2026;12,50;Facture;Annulée",
        "F4;C1;Dupont;13/01/2026;13/02/2026;12,50;Facture;En retard",
    ]
    found, errors = invoices_of(read(*lines))
    assert [record.number for record in found] == ["F4"]
    assert [error.reason for error in errors] == [Reason.OTHER_DOCUMENT, Reason.NO_CLAIM, Reason.NO_CLAIM]


def test_what_was_paid_so_far_leaves_the_balance_where_no_column_gives_it() -> None:
    line = "F1;C1;Dupont;13/01/2026;13/02/2026;12,50"
    (told,) = records(f"{FRENCH};Déjà réglé", f"{line};2,50")
    (both,) = records(f"{FRENCH};Déjà réglé;Solde", f"{line};2,50;1,00")
    assert [record.balance and record.balance.minor for record in (told, both)] == [1000, 100]


@pytest.mark.parametrize("value", ["#N/A", "#REF!", "#VALEUR!", "#NOM?", "Err:502"])
def test_a_failed_formula_is_refused_whatever_its_column(value: str) -> None:
    _, errors = invoices_of(read(FRENCH, f"F1;C1;{value};13/01/2026;13/02/2026;12,50"))
    assert [(error.field, error.reason) for error in errors] == [("Client", Reason.FORMULA_ERROR)]


@pytest.mark.parametrize("value", ["=1+1", "+33 1", "-Dupont-", "@Dupont", "=HYPERLINK(A1)"])
def test_a_text_that_looks_like_a_formula_is_a_text(value: str) -> None:
    assert records(FRENCH, f"F1;C1;{value};13/01/2026;13/02/2026;12,50")[0].debtor_name == value


def test_the_quotes_that_keep_excel_from_dropping_zeros_are_taken_off() -> None:
    (record,) = records(FRENCH, 'F1;="000123";Dupont;13/01/2026;13/02/2026;12,50')
    assert record.debtor_reference == "000123"


def test_a_statement_s_debit_is_money_taken_back_and_never_both() -> None:
    lines = [
        "Date;Libellé;Débit;Crédit;Code client",
        "13/01/2026;VIR;;12,50;C1",
        "14/01/2026;REJET;12,50;;C1",
    ]
    payments, errors = parse_payments("\n".join([*lines, "15/01/2026;X;1,00;2,00;C1"]).encode())
    assert [payment.amount.minor for payment in payments] == [1250, -1250]
    assert [(error.line, error.reason) for error in errors] == [(4, Reason.DEBIT_AND_CREDIT)]


def test_a_payment_s_day_is_the_operation_s_where_the_value_s_stands_beside_it() -> None:
    table = read_table(
        b"Date de valeur;Date operation;Montant;Code client\n14/01/2026;13/01/2026;1,50;C1", PAYMENT_COLUMNS
    )
    assert payments_of(table)[0][0].paid_on == date(2026, 1, 13)


# --- the proposal


def test_a_proposal_tells_form_mapping_samples_what_is_missing_doubled_and_asked() -> None:
    lines = [
        "Liste",
        "Invoice;Vendeur;Amount;Total;Due date",
        "F1;Zoé;1.250;3;05/06/2026",
        "F2;Zoé;x;4;06/07/2026",
        "Total;;;7;",
    ]
    proposal = propose("\n".join(lines).encode(), INVOICE_COLUMNS)
    assert proposal.form.header_line == 2
    assert proposal.mapping == {"number": "Invoice", "total": "Amount", "due": "Due date"}
    assert proposal.unused == ("Vendeur",)
    assert proposal.missing == ("debtor_name", "issued")
    assert proposal.doubled == {"total": ("Amount", "Total")}
    assert [question.hint for question in proposal.questions] == ["day_first", "decimal"]
    first, second = proposal.samples
    assert (first["number"].written, first["number"].value) == ("F1", "F1")
    assert (first["due"].value, first["due"].reason) == (None, Reason.AMBIGUOUS_DATE)
    assert (first["total"].value, first["total"].reason) == (None, Reason.AMBIGUOUS_SUM)
    assert (second["total"].written, second["total"].reason) == ("x", Reason.BAD_SUM)


def test_a_proposal_after_the_answers_shows_days_and_sums_of_five_rows() -> None:
    lines = [ENGLISH, *rows(*[("05/06/2026", "06/07/2026", "1.250")] * 9)]
    proposal = propose("\n".join(lines).encode(), INVOICE_COLUMNS, Hints(day_first=False, decimal=","))
    assert (proposal.questions, proposal.missing, len(proposal.samples)) == ((), (), 5)
    assert proposal.samples[0]["issued"].value == date(2026, 5, 6)
    assert proposal.samples[0]["total"].value == Decimal("1250.00")


def test_a_file_of_unknown_headers_is_proposed_with_its_likeliest_header() -> None:
    proposal = propose(b"Bonjour\n\nAlpha;Beta;Gamma\n1;2;3\n", INVOICE_COLUMNS)
    assert (proposal.mapping, proposal.unused) == ({}, ("Alpha", "Beta", "Gamma"))
    hints = Hints(columns={"number": "Beta"})
    assert propose(b"Bonjour\n\nAlpha;Beta;Gamma\n1;2;3\n", INVOICE_COLUMNS, hints).mapping == {
        "number": "Beta"
    }
