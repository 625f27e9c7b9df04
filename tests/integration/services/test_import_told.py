"""What an import tells: the differences, what has vanished, what looks like one and stands twice, doubtful rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from relance_mailer.intake.reasons import Reason
from relance_mailer.services import import_alike
from relance_mailer.services.import_ import ImportReport
from relance_mailer.services.import_alike import company, number_key, one_slip
from relance_mailer.store.tables import InvoiceRow
from relance_mailer.texts.words import WORDS
from tests.integration.services.importing import INVOICES, Desk, invoice
from tests.support.office import make_office, open_office

PLAIN_HEADER = "N° facture;Code client;Client;E-mail;Date de facture;Échéance;Montant TTC"
DEBTORS_HEADER = PLAIN_HEADER + ";SIREN;N° TVA"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_office(make_office(tmp_path)) as office:
        yield Desk(office)


def changes(report: ImportReport, language: str = "fr") -> list[str]:
    return [change.words(language).replace("\u00a0", " ") for change in report.changes]


def notes(report: ImportReport) -> list[str]:
    return [note.replace("\u00a0", " ") for note in report.notes]


# ── what changed ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_changed_is_told_with_the_old_and_the_new(desk: Desk) -> None:
    desk.invoices(invoice("F-2026-0042", due="12/03/2026", total="1 250,00"), invoice("F-2"))
    report = desk.invoices(invoice("F-2026-0042", due="31/03/2026", total="1 200,00"), invoice("F-2"))
    assert changes(report) == [
        "F-2026-0042 : échéance 12/03/2026 → 31/03/2026 ; montant 1 250,00 € → 1 200,00 €"
    ]
    assert changes(report, "en") == [
        "F-2026-0042: due date 12 Mar 2026 → 31 Mar 2026; amount €1,250.00 → €1,200.00"
    ]


def test_a_changed_debtor_and_a_new_contact_are_told(desk: Desk) -> None:
    desk.invoices(invoice("F1", name="Dupont", email="a@dupont.example"))
    report = desk.invoices(invoice("F1", name="Dupond", email="b@dupont.example"))
    assert changes(report) == ["client C1 : nom Dupont → Dupond ; contact b@dupont.example"]


def test_a_balance_that_changed_stands_before_those_that_only_hold_on(desk: Desk) -> None:
    rows = invoice("F1", balance="40,00"), invoice("F2", balance="40,00")
    assert desk.invoices(*rows).changes == (), "all of it is new"
    report = desk.invoices(rows[0], invoice("F2", balance="30,00"))
    assert changes(report) == ["F2 : déjà réglé 60,00 € → 70,00 €", "F1 : même solde au 04/03/2026"]


def test_nothing_changed_tells_nothing(desk: Desk) -> None:
    row = invoice("F1", name="Dupont", email="a@dupont.example", balance="100,00")
    desk.invoices(row)
    desk.invoices(row)
    assert desk.invoices(row).changes == ()


def test_changes_of_one_invoice_stand_in_one_line(desk: Desk) -> None:
    desk.invoices(invoice("F1", balance="40,00"))
    report = desk.invoices(invoice("F1", due="05/02/2026", balance="30,00"))
    assert changes(report) == ["F1 : échéance 04/02/2026 → 05/02/2026 ; déjà réglé 60,00 € → 70,00 €"]


# ── what has vanished ────────────────────────────────────────────────────────────────────────────────────────────

TEN = [invoice(f"F{n}", f"C{n}") for n in range(10)]
TEN_BALANCES = [invoice(f"F{n}", f"C{n}", balance="100,00") for n in range(10)]


def gone(report: ImportReport) -> list[str]:
    return [one.number for one in report.vanished]


def test_open_invoices_that_an_export_no_longer_lists_are_reported_each_time_and_stay_open(
    desk: Desk,
) -> None:
    assert gone(desk.invoices(*TEN)) == []
    assert gone(desk.invoices(*TEN[3:])) == ["F0", "F1", "F2"]
    assert gone(desk.invoices(*TEN[3:])) == ["F0", "F1", "F2"], "they are still reminded"
    assert gone(desk.invoices(*TEN)) == [], "there again"
    with desk.office.db.read() as session:
        assert all(row.next_look_at for row in session.exec(select(InvoiceRow)))


def test_a_vanished_invoice_tells_whose_it_is_and_what_is_owed(desk: Desk) -> None:
    desk.invoices(*TEN)
    desk.payments("20/02/2026;C0;F0;40,00;EUR;V1;")
    (vanished,) = desk.invoices(*TEN[1:]).vanished
    assert (vanished.number, vanished.debtor, str(vanished.outstanding)) == ("F0", "C0", "60.00 EUR")


def test_an_open_invoice_whose_row_is_refused_has_not_vanished_and_is_said_to_stay_reminded(
    desk: Desk,
) -> None:
    desk.invoices(*TEN)
    first, *rest = TEN
    rows = [f"{first};Payée en partie", *(f"{row};" for row in rest)]
    report = desk.invoices(*rows, header=f"{INVOICES};Statut")
    assert gone(report) == []
    assert [error.reason for error in report.errors] == [Reason.PARTLY_PAID]
    (note,) = report.notes
    assert note.startswith("Ligne 2 : la facture F0, refusée ici, reste relancée pour 100,00")


def test_what_is_paid_may_vanish(desk: Desk) -> None:
    desk.invoices(*TEN)
    desk.payments(*(f"20/02/2026;C{n};F{n};100,00;EUR;V{n};" for n in range(8)))
    assert gone(desk.invoices(*TEN[9:])) == ["F8"]


def test_a_file_of_one_invoice_reports_nothing_of_the_others(desk: Desk) -> None:
    desk.invoices(*TEN)
    assert gone(desk.invoices(invoice("F20", "C20"))) == []
    assert gone(desk.invoices(invoice("F3", "C3", due="05/02/2026"))) == []
    assert gone(desk.invoices(TEN_BALANCES[3])) == []
    assert gone(desk.invoices(*TEN[:3], *TEN[4:])) == ["F3"], "it is still known to be of that export"


def test_the_export_of_another_journal_is_another_series(desk: Desk) -> None:
    other = [invoice(f"B{n}", f"C{n}") for n in range(10)]
    desk.invoices(*TEN)
    assert gone(desk.invoices(*other)) == []
    assert gone(desk.invoices(*TEN[1:])) == ["F0"]
    assert gone(desk.invoices(*other[1:])) == ["B0"]


def test_of_a_list_of_balances_most_may_be_gone_in_a_month(desk: Desk) -> None:
    desk.invoices(*TEN_BALANCES)
    fresh = [invoice(f"G{n}", f"C{n}", balance="100,00") for n in range(8)]
    assert gone(desk.invoices(*TEN_BALANCES[8:], *fresh)) == [f"F{n}" for n in range(8)]


def test_a_list_without_balances_that_shares_little_is_none_of_the_exports_before(desk: Desk) -> None:
    desk.invoices(*TEN)
    assert gone(desk.invoices(*TEN[8:], *(invoice(f"G{n}", f"C{n}") for n in range(8)))) == []


def test_two_journals_exported_in_one_file_go_on_as_one(desk: Desk) -> None:
    other = [invoice(f"B{n}", f"C{n}") for n in range(10)]
    desk.invoices(*TEN)
    desk.invoices(*other)
    assert gone(desk.invoices(*TEN[1:], *other[1:])) == ["B0", "F0"]
    assert gone(desk.invoices(*TEN, *other[1:])) == ["B0"]


def test_credit_notes_and_what_was_handed_over_do_not_vanish(desk: Desk) -> None:
    desk.invoices(*TEN, invoice("AV1", "C3", total="-20,00"))
    with desk.office.db.write() as session:
        row = session.exec(select(InvoiceRow).where(InvoiceRow.number == "F0")).one()
        row.handed_over_at = desk.now
        session.add(row)
    assert gone(desk.invoices(*TEN[1:])) == []


# ── what stands twice ────────────────────────────────────────────────────────────────────────────────────────────


def test_two_debtors_with_one_address_are_pointed_out_once(desk: Desk) -> None:
    first = invoice("F1", "C1", name="Martin", email="compta@groupe.example")
    second = invoice("F2", "C2", name="Durand", email="Compta@groupe.example")
    assert desk.invoices(first).notes == ()
    (note,) = desk.invoices(second).notes
    assert "compta@groupe.example" in note
    assert "Martin (C1), Durand (C2)" in note
    assert desk.invoices(first, second).notes == (), "said when it came in, not every day"


@pytest.mark.parametrize(
    ("known", "other"),
    [
        ("Dupont Menuiserie SARL;a@un.example", "S.A.R.L. DUPONT-MENUISERIE;b@deux.example"),
        ("Müller GmbH & Co. KG;a@un.example", "Muller;b@deux.example"),
        ("Société Générale de Béton;a@un.example", "Generale de beton SAS;b@deux.example"),
    ],
)
def test_one_debtor_with_two_spellings_is_pointed_out(desk: Desk, known: str, other: str) -> None:
    rest = ";05/01/2026;04/02/2026;100,00"
    assert desk.invoices(f"F1;C1;{known}{rest}", header=PLAIN_HEADER).notes == ()
    (note,) = desk.invoices(f"F2;C2;{other}{rest}", header=PLAIN_HEADER).notes
    assert "(C1)" in note
    assert "(C2)" in note


@pytest.mark.parametrize(
    ("known", "other"),
    [("901002014;", "901002014;"), (";FR77901002014", "901002014;"), (";DE136695976", ";DE136695976")],
)
def test_one_company_number_under_two_references_is_pointed_out(desk: Desk, known: str, other: str) -> None:
    row = "F{0};C{0};Nom {0};;05/01/2026;04/02/2026;100,00;{1}"
    report = desk.invoices(row.format(1, known), row.format(2, other), header=DEBTORS_HEADER)
    (note,) = report.notes
    assert "Nom 1 (C1), Nom 2 (C2)" in note


def test_a_debtor_with_the_creditors_own_siren_is_pointed_out_once(desk: Desk) -> None:
    row = "F{0};C{0};Nom {0};;05/01/2026;04/02/2026;100,00;{1};"
    own, other = row.format(1, "732 829 320"), row.format(2, "901002014")
    (note,) = notes(desk.invoices(own, other, header=DEBTORS_HEADER))
    assert note == (
        "Ligne 2 : le client C1 (Nom 1) a le SIREN de votre propre entreprise, 732829320 ; vérifiez-le."
    )
    assert desk.invoices(own, other, header=DEBTORS_HEADER).notes == (), "said when it came in, not every day"


def test_different_companies_are_not_taken_for_one(desk: Desk) -> None:
    names = ["Peinture Ouest SARL", "Ouest Peinture SARL", "SARL", "SAS", "Martin & Fils", "Martin Frères"]
    rows = [invoice(f"F{n}", f"C{n}", name=name) for n, name in enumerate(names)]
    assert desk.invoices(*rows).notes == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sp. z o.o. Nowak", "sp z o o nowak"),
        ("ETS Durand et Cie", "Durand"),
        ("A.B.C. Plomberie", "ABC Plomberie"),
    ],
)
def test_a_company_is_known_without_its_legal_form(one: str, other: str) -> None:
    assert company(one) == company(other)


# ── doubtful rows ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("unknown", "near"),
    [
        ("F-2026-042", "F-2026-0042"),
        ("f2026/42", "F-2026-0042"),
        ("F-2026-0024", "F-2026-0042"),
        ("F-2025-0042", "F-2026-0042"),
        ("F-2026-9999", ""),
    ],
)
def test_a_near_number_is_suggested_for_an_unknown_invoice(desk: Desk, unknown: str, near: str) -> None:
    desk.invoices(invoice("F-2026-0042"), invoice("F-2026-0777", "C2"), invoice("G-2026-5555", "C1"))
    found = [
        note for note in notes(desk.payments(f"20/02/2026;C1;{unknown};60,00;EUR;V1;")) if "existe" in note
    ]
    assert found == (
        [f"Ligne 2 : facture {unknown} inconnue ; {near} existe, c'est peut-être elle."] if near else []
    )


def test_a_near_number_is_suggested_for_a_refused_payment_too(desk: Desk) -> None:
    desk.invoices(invoice("F-2026-0042"))
    report = desk.payments("20/02/2026;;F2026-42;60,00;EUR;V1;")
    assert report.refused == 1
    assert "F-2026-0042" in report.notes[0]


def test_a_payment_above_what_is_owed_is_pointed_out(desk: Desk) -> None:
    desk.invoices(invoice("F1"), invoice("F2", "C2"), invoice("F3", "C3"))
    report = desk.payments(
        "20/02/2026;C1;F1;130,00;EUR;V1;", "20/02/2026;C2;;120,00;EUR;V2;", "20/02/2026;C3;F3;100,00;EUR;V3;"
    )
    assert notes(report) == [
        "Ligne 2 : 130,00 € réglés pour F1, où restaient dus 100,00 € : 30,00 € de trop.",
        "Ligne 3 : ce règlement laisse au client Client C2 (C2) 20,00 € de plus que ce qu'il doit.",
    ]


def test_a_payment_that_a_balance_counts_already_is_not_too_much(desk: Desk) -> None:
    desk.invoices(invoice("F1", balance="0,00"))
    assert desk.payments("20/02/2026;C1;F1;100,00;EUR;V1;").notes == ()


def test_dates_that_are_likely_slips_are_pointed_out_when_they_come_in(desk: Desk) -> None:
    row = invoice("F1", issued="05/01/2027", due="04/02/2062")
    report = desk.invoices(row)
    assert (report.added, len(report.notes)) == (1, 2)
    assert "05/01/2027" in report.notes[0]
    assert "04/02/2062" in report.notes[1]
    assert desk.invoices(row).notes == ()


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────

codes = st.text("ab01-", max_size=6)


@given(codes, st.integers(0, 6), st.sampled_from("ab01"))
def test_one_slip_is_one_slip(number: str, place: int, mark: str) -> None:
    place = min(place, len(number))
    assert one_slip(number, number[:place] + mark + number[place:])
    assert one_slip(number[:place] + mark + number[place:], number)
    assert one_slip(number, number[:place] + mark + number[place + 1 :])
    swapped = number[:place] + number[place : place + 2][::-1] + number[place + 2 :]
    assert one_slip(number, swapped)


@pytest.mark.parametrize("other", ["F-2026-0101", "F-2026-00", "2026", "G-2027-0042"])
def test_more_than_one_slip_is_another_number(other: str) -> None:
    assert not one_slip("F-2026-0042", other)


def test_zeros_and_punctuation_do_not_make_another_number() -> None:
    assert (
        number_key("F-2026-0042")
        == number_key("f 2026/42")
        == number_key("F2026-0042".replace("F2026", "F 2026"))
    )
    assert number_key("0") != number_key("")


def test_every_way_to_be_alike_has_its_words() -> None:
    kinds = [kind for kind, _ in import_alike.identities("Nom", "901002014", "")]
    kinds += [kind for kind, _ in import_alike.identities("", "", "DE136695976")]
    assert sorted(kinds) == ["name", "siren", "vat"]
    assert all(f"import.one_debtor.{kind}" in WORDS for kind in kinds)
