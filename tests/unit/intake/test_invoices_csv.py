from datetime import date
from decimal import Decimal

import pytest

from relance_mailer.dunning.invoice import DebtorKind
from relance_mailer.dunning.money import Money
from relance_mailer.errors import InputError
from relance_mailer.intake import cells, header, sums, table, textfile
from relance_mailer.intake.columns import INVOICE_COLUMNS, PAYMENT_COLUMNS
from relance_mailer.intake.invoices import parse_invoices
from relance_mailer.intake.reasons import Reason, say
from relance_mailer.intake.records import InvoiceRecord, RowError, explain

GOOD = {
    "N° facture": "F-1",
    "Code client": "C1",
    "Client": "Béranger & Fils",
    "E-mail": "compta@beranger.example",
    "Date de facture": "05/01/2026",
    "Échéance": "04/02/2026",
    "Montant TTC": "1 250,00",
    "Devise": "EUR",
    "Solde": "",
    "Solde au": "",
    "N° commande": "",
    "Type de client": "professionnel",
    "Langue": "",
    "Adresse": "8 rue du Four",
    "Code postal": "35000",
    "Ville": "Rennes",
    "Pays": "FR",
    "SIREN": "404833048",
    "N° TVA": "",
    "Contact": "",
}


def file_of(*rows: dict[str, str], separator: str = ";", encoding: str = "utf-8") -> bytes:
    lines = [separator.join(GOOD), *(separator.join((GOOD | row).values()) for row in rows)]
    return "\r\n".join(lines).encode(encoding) + b"\r\n"


def with_cell(column: str, value: str) -> tuple[list[InvoiceRecord], list[RowError]]:
    """A file of two rows, the first with one cell changed."""
    return parse_invoices(file_of({column: value}, {"N° facture": "F-2"}))


def test_a_row_becomes_a_record() -> None:
    (record,), errors = parse_invoices(file_of({}))
    assert errors == []
    assert record.line == 2
    assert record.number == "F-1"
    assert record.debtor_reference == "C1"
    assert record.debtor_name == "Béranger & Fils"
    assert record.emails == ("compta@beranger.example",)
    assert record.issued == date(2026, 1, 5)
    assert record.due == date(2026, 2, 4)
    assert record.total == Money(Decimal("1250.00"), "EUR")
    assert record.balance is None
    assert record.balance_on is None
    assert record.kind is DebtorKind.PROFESSIONAL
    assert (record.language, record.country, record.siren) == ("fr", "FR", "404833048")
    assert (record.street, record.postal_code, record.city) == ("8 rue du Four", "35000", "Rennes")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_each_encoding_gives_the_same_record(encoding: str) -> None:
    (record,), _ = parse_invoices(file_of({}, encoding=encoding))
    assert record.debtor_name == "Béranger & Fils"


@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_the_header_tells_the_separator(separator: str) -> None:
    (record,), errors = parse_invoices(file_of({"Montant TTC": "1250.00"}, separator=separator))
    assert errors == []
    assert record.total.minor == 125_000


def test_english_headers_excel_s_first_line_and_old_mac_line_ends_are_understood() -> None:
    data = b"sep=;\rInvoice number;Customer number;customer name;Invoice date;DUE DATE;Amount\rF1;C1;Moore;2026-01-05;2026-02-04;12.50\r"
    (record,), errors = parse_invoices(data, currency="GBP", country="GB")
    assert errors == []
    assert (record.line, record.total, record.language) == (3, Money(Decimal("12.50"), "GBP"), "en")


@pytest.mark.parametrize(
    "header", ["n° FACTURE", "Nº facture", "No. facture", "Numéro de facture", "facture", "FACTURE N°"]
)
def test_a_header_s_case_accents_and_number_sign_do_not_matter(header: str) -> None:
    data = file_of({}).decode().replace("N° facture", header).encode()
    assert [record.number for record in parse_invoices(data)[0]] == ["F-1"]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("N° facture", "", Reason.MISSING),
        ("N° facture", "2,02601E+11", Reason.SCIENTIFIC),
        ("N° facture", "F" * 65, Reason.TOO_LONG),
        ("Code client", "", Reason.MISSING),
        ("Client", "", Reason.MISSING),
        ("Client", "D\ufffdpont", Reason.DAMAGED),
        ("Client", "Dupont\u202eSARL", Reason.CONTROL),
        ("Client", "Dupont\x1b[31m", Reason.CONTROL),
        ("Client", '"Dupont\r\nBcc: x@y.example"', Reason.CONTROL),
        ("Client", '"Dupont\nSARL"', Reason.CONTROL),
        ("Client", "é" * 201, Reason.TOO_LONG),
        ("E-mail", "compta@", Reason.BAD_EMAIL),
        ("E-mail", "Compta <compta@x.example>", Reason.BAD_EMAIL),
        ("E-mail", "a@localhost", Reason.BAD_EMAIL),
        ("E-mail", "a..b@x.example", Reason.BAD_EMAIL),
        ("E-mail", "é@x.example", Reason.BAD_EMAIL),
        ("E-mail", '"a@x.example\r\nBcc: b@x.example"', Reason.CONTROL),
        ("E-mail", " ".join(f"a{n}@x.example" for n in range(11)), Reason.TOO_MANY_EMAILS),
        ("Date de facture", "", Reason.MISSING),
        ("Date de facture", "31/02/2026", Reason.BAD_DATE),
        ("Échéance", "", Reason.MISSING),
        ("Échéance", "04/01/2026", Reason.DUE_BEFORE_ISSUED),
        ("Montant TTC", "", Reason.MISSING),
        ("Montant TTC", "1,250", Reason.TOO_MANY_DECIMALS),  # the other row proves the comma
        ("Montant TTC", "0,00", Reason.ZERO),
        ("Devise", "EURO$", Reason.UNKNOWN_CURRENCY),
        ("Devise", "FRF", Reason.UNKNOWN_CURRENCY),
        ("Solde", "1 250,01", Reason.BALANCE_LARGER),
        ("Solde", "-10,00", Reason.BALANCE_SIGN),
        ("Solde au", "hier", Reason.BAD_DATE),
        ("Type de client", "association", Reason.BAD_KIND),
        ("Langue", "français de France", Reason.BAD_LANGUAGE),
        ("Langue", "zz", Reason.BAD_LANGUAGE),
        ("Adresse", '"8 rue\ndu Four"', Reason.CONTROL),
        ("Pays", "Atlantide", Reason.BAD_COUNTRY),
        ("Pays", "ZZ", Reason.BAD_COUNTRY),
        ("SIREN", "404833047", Reason.BAD_SIREN),
        ("SIREN", "000000000", Reason.BAD_SIREN),
        ("N° TVA", "FR00404833048", Reason.BAD_VAT),
    ],
)
def test_one_bad_cell_is_reported_with_line_and_column_and_the_other_row_comes_back(
    column: str, value: str, reason: Reason
) -> None:
    records, errors = with_cell(column, value)
    assert [record.number for record in records] == ["F-2"]
    assert [(error.line, error.field, error.reason) for error in errors] == [(2, column, reason)]


def test_every_bad_cell_of_a_row_is_reported_at_once() -> None:
    _, errors = parse_invoices(file_of({"Montant TTC": "x", "Échéance": "x"}))
    assert {error.field for error in errors} == {"Montant TTC", "Échéance"}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("a@x.example, b@x.example", ("a@x.example", "b@x.example")),
        ("a@X.Example b@x.example", ("a@x.example", "b@x.example")),
        ("A@x.example,a@x.example", ("A@x.example",)),
        ("", ()),
    ],
)
def test_several_addresses_in_a_cell_are_each_taken_once(written: str, kept: tuple[str, ...]) -> None:
    assert with_cell("E-mail", written)[0][0].emails == kept


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Professionnel", DebtorKind.PROFESSIONAL),
        ("pro", DebtorKind.PROFESSIONAL),
        ("particulier", DebtorKind.CONSUMER),
        ("consumer", DebtorKind.CONSUMER),
        ("Secteur public", DebtorKind.PUBLIC),
        ("", DebtorKind.UNKNOWN),
    ],
)
def test_the_kind_of_debtor_is_read_in_both_languages(word: str, kind: DebtorKind) -> None:
    assert with_cell("Type de client", word)[0][0].kind is kind


@pytest.mark.parametrize(
    ("written", "country", "language"),
    [
        ("", "FR", "fr"),
        ("Belgique", "BE", "fr"),
        ("Germany", "DE", "en"),
        ("ALLEMAGNE", "DE", "en"),
        ("Royaume-Uni", "GB", "en"),
        ("uk", "GB", "en"),
        ("lu", "LU", "fr"),
    ],
)
def test_the_country_is_a_code_or_a_name_and_gives_the_language(
    written: str, country: str, language: str
) -> None:
    record = with_cell("Pays", written)[0][0]
    assert (record.country, record.language) == (country, language)


def test_a_stated_language_wins_over_the_country_s() -> None:
    assert with_cell("Langue", "en-GB")[0][0].language == "en"


def test_a_credit_note_is_negative_and_falls_due_with_its_own_date_if_it_names_none() -> None:
    (record,), _ = parse_invoices(file_of({"Montant TTC": "(125,00)", "Échéance": "", "Solde": "-25,00"}))
    assert record.total.minor == -12_500
    assert record.balance is not None
    assert record.balance.minor == -2_500
    assert record.due == date(2026, 1, 5)


def test_a_balance_is_kept_with_its_day_and_zero_is_a_balance() -> None:
    (record,), _ = parse_invoices(file_of({"Solde": "0,00", "Solde au": "28/02/2026"}))
    assert (record.balance, record.balance_on) == (Money(Decimal("0.00"), "EUR"), date(2026, 2, 28))


def test_the_same_row_twice_goes_in_once_and_the_second_is_reported() -> None:
    records, errors = parse_invoices(file_of({}, {}))
    assert [record.line for record in records] == [2]
    assert [(error.line, error.reason, error.arguments) for error in errors] == [
        (3, Reason.REPEATED_INVOICE, ("2",))
    ]


def test_a_number_that_comes_back_with_another_name_is_reported_and_the_first_stands() -> None:
    records, errors = parse_invoices(file_of({}, {"Client": "Dupond"}))
    assert [record.line for record in records] == [2]
    assert [(error.line, error.reason) for error in errors] == [(3, Reason.CONFLICTING_INVOICE)]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ({"Montant TTC": "9,00"}, Reason.SPLIT_INVOICE),
        ({"Solde": "9,00"}, Reason.SPLIT_INVOICE),
        ({"Échéance": "04/03/2026"}, Reason.INSTALMENTS),
    ],
)
def test_of_rows_that_may_be_parts_of_one_invoice_none_goes_in_as_the_whole(
    cell: dict[str, str], reason: Reason
) -> None:
    records, errors = parse_invoices(file_of({}, cell, {}))
    assert records == []
    assert [(error.line, error.reason, error.arguments) for error in errors] == [
        (2, reason, ("3",)),
        (3, reason, ("2",)),
        (4, Reason.REPEATED_INVOICE, ("2",)),
    ]


def test_a_refused_row_does_not_bar_its_number() -> None:
    records, errors = parse_invoices(file_of({"Montant TTC": "x"}, {}))
    assert [record.line for record in records] == [3]
    assert [error.line for error in errors] == [2]


def raw(*lines: str) -> bytes:
    return "\n".join([";".join(GOOD), *lines]).encode()


ROW = ";".join(GOOD.values())


def test_too_few_and_too_many_cells_are_reported_and_empty_ones_at_the_end_do_no_harm() -> None:
    records, errors = parse_invoices(raw("F-0;C1", ROW + ";surplus", ROW + ";;"))
    assert [record.line for record in records] == [4]
    assert [(error.line, error.reason) for error in errors] == [
        (2, Reason.TOO_FEW_CELLS),
        (3, Reason.TOO_MANY_CELLS),
    ]


def test_an_unclosed_quote_costs_its_own_row_only() -> None:
    broken = ROW.replace("Béranger", '"Béranger')
    following = [ROW.replace("F-1", f"F-{n}") for n in range(2, 40)]
    records, errors = parse_invoices(raw(broken, *following))
    assert [record.line for record in records] == list(range(3, 41))
    assert [(error.line, error.reason) for error in errors] == [(2, Reason.UNCLOSED_QUOTE)]


@pytest.mark.parametrize("cell", ['"Rennes', '"Rennes" (35)', '"Ren"nes"'])
def test_a_stray_quote_on_the_last_line_is_reported_rather_than_read_somehow(cell: str) -> None:
    records, errors = parse_invoices(raw(ROW, ROW.replace("F-1", "F-2").replace("Rennes", cell)))
    assert [record.number for record in records] == ["F-1"]
    assert [(error.line, error.reason) for error in errors] == [(3, Reason.UNCLOSED_QUOTE)]


def test_a_file_of_too_many_lines_is_refused_and_each_line_end_counts_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(textfile, "MAX_LINES", 2)
    assert len(parse_invoices(file_of({}))[0]) == 1
    with pytest.raises(InputError, match="more than 2 lines"):
        parse_invoices(file_of({}, {"N° facture": "F-2"}))


def test_two_stray_quotes_do_not_swallow_the_row_between_them() -> None:
    header = ";".join([*GOOD, "Remarque"])
    lines = [header, ROW + ';"merci', ROW.replace("F-1", "F-2") + ";", ROW.replace("F-1", "F-3") + ';merci"']
    records, errors = parse_invoices("\n".join(lines).encode())
    assert [record.number for record in records] == ["F-2", "F-3"]
    assert [(error.line, error.reason) for error in errors] == [(2, Reason.UNCLOSED_QUOTE)]


def test_lines_are_counted_as_an_editor_does_after_a_cell_of_several_lines() -> None:
    header = ";".join([*GOOD, "Remarque"])
    note = ROW + ';"un\r\ndeux\r\ntrois; ""quatre"""'
    lines = [header, note, "", ROW.replace("F-1", "F-2") + ";", ROW.replace("1 250,00", "x") + ";"]
    records, errors = parse_invoices("\r\n".join(lines).encode())
    assert [(record.number, record.line) for record in records] == [("F-1", 2), ("F-2", 6)]
    assert [error.line for error in errors] == [7]


def test_a_quoted_cell_may_hold_the_separator_and_quotes() -> None:
    (record,), errors = parse_invoices(raw(ROW.replace("Béranger & Fils", '"Béranger ; ""Fils"""')))
    assert errors == []
    assert record.debtor_name == 'Béranger ; "Fils"'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \r\n\r\n", "empty"),
        (b";;;\r\n;;\r\n", "no header"),
        (b"1;2;3\r\n", "no header"),
        (b"PK\x03\x04....", "workbook"),
        (b"\xd0\xcf\x11\xe0....", "workbook"),
        (b"%PDF-1.7", "PDF"),
        ("N° facture".encode("utf-16")[:-1], "UTF-16"),
        (file_of({}) + b"\0", "NUL"),
        (file_of({}, encoding="cp1252") + b"\x81", "neither UTF-8 nor Windows-1252"),
        (file_of({}) + b"\xe9", "damaged on line 3"),
        (file_of({}, encoding="utf-8-sig") + b"\xe9", "damaged on line 3"),
        (file_of({}).replace("Échéance".encode(), b"Truc"), "“Échéance” is missing"),
        (file_of({}).replace(b"Contact", b"Courriel"), "“E-mail” and “Courriel” mean the same"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_says_why_and_what_to_do(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_invoices(data)


def test_a_file_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MAX_BYTES", 100)
    with pytest.raises(InputError, match="split it"):
        parse_invoices(file_of({}))


def test_a_line_beyond_all_measure_is_reported_alone() -> None:
    records, errors = parse_invoices(raw("x" * (textfile.MAX_ROW + 1), ROW))
    assert [record.line for record in records] == [3]
    assert [(error.line, error.reason) for error in errors] == [(2, Reason.ROW_TOO_LONG)]


def test_an_error_reads_in_french_and_in_english_and_is_safe_to_print() -> None:
    _, (error,) = with_cell("Client", "Du\x1b[31mpont")
    assert explain(error, "fr").startswith(
        "Ligne 2, colonne « Client », valeur « Du\\x1b[31mpont » : la cellule"
    )
    assert explain(error, "en").startswith("Line 2, column “Client”, value “Du\\x1b[31mpont”: the cell")


def test_an_ambiguous_sum_is_explained_with_both_readings() -> None:
    error = RowError(2, "Montant TTC", "1,250", Reason.AMBIGUOUS_SUM, ("1250,00", "1,25"))
    assert "écrivez 1250,00 ou 1,25" in explain(error, "fr")


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_reason_has_words(reason: Reason, language: str) -> None:
    assert "{" not in say(reason, ("2", "3"), language)


def test_every_column_has_names_that_no_other_column_bears() -> None:
    for columns in (INVOICE_COLUMNS, PAYMENT_COLUMNS):
        owners: dict[str, str] = {}
        for column in columns:
            for name in column.names:
                assert owners.setdefault(header.canonical(name), column.field) == column.field, name


def test_a_currency_in_use_is_known_and_a_former_one_is_not() -> None:
    assert sums.a_currency("€") == "EUR"
    with pytest.raises(cells.CellError):
        sums.a_currency("DEM")
