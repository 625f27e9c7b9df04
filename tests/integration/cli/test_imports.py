"""import: what a person is shown, asked and told, on a terminal and elsewhere, in French and in English."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest

from relance_mailer.services.import_files import FileOf
from relance_mailer.texts.words import WORDS
from tests.integration.cli.conftest import Done, Type
from tests.support.office import MONDAY, make_office
from tests.support.terminal import at_terminal

HEADER = "N° facture;Code client;Client;E-mail;Date de facture;Échéance;Montant TTC;Solde"
#: Nothing in it tells whether day or month comes first.
TWOFOLD = """\
Invoice number,Customer code,Customer,Invoice date,Due date,Amount
F1,C1,One,01/02/2026,03/04/2026,100.00
F2,C1,One,01/02/2026,05/06/2026,100.00
"""
AT = ["--at", MONDAY.isoformat()]


@pytest.fixture(params=["fr"])
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    make_office(tmp_path, language=request.param)
    return tmp_path


english = pytest.mark.parametrize("folder", ["en"], indirect=True)


@pytest.fixture
def bring(folder: Path, typed: Type) -> Type:
    """Write a file and type `relance-mailer import KIND FILE …`."""

    def run(kind: str, text: str, *options: object) -> Done:
        (folder / "file.csv").write_text(text, "utf-8")
        return typed("import", kind, folder / "file.csv", "-c", folder / "config.toml", *AT, *options)

    return run


@dataclass(frozen=True)
class Shown:
    """What stood on the terminal, and the exit code."""

    code: int
    text: str


def on_terminal(folder: Path, text: str, *options: str, answers: list[tuple[str, str]]) -> Shown:
    (folder / "file.csv").write_text(text, "utf-8")
    arguments = ["import", "invoices", "file.csv", "-c", "config.toml", *AT, *options]
    environment = {"COLUMNS": "160", "TERM": "xterm"}
    with at_terminal(*arguments, folder=folder, environment=environment) as terminal:
        for question, answer in answers:
            terminal.until(question)
            terminal.type(answer)
        return Shown(terminal.end(), terminal.text)


def rows(*lines: str) -> str:
    return "\n".join([HEADER, *lines])


def row(number: str, code: str = "C1", due: str = "04/02/2026", total: str = "100,00") -> str:
    return f"{number};{code};Client {code};;05/01/2026;{due};{total};"


# ── the report ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_report_counts_and_tells_what_changed(bring: Type) -> None:
    assert bring("invoices", rows(row("F1"), row("F2"))).out == (
        "Factures : 2 ajoutées, 0 modifiée, 0 inchangée, 0 ligne refusée\n"
    )
    done = bring("invoices", rows(row("F1", due="05/02/2026"), row("F2"), row("F3", due="31/02/2026")))
    assert done.code == 1
    assert done.out.splitlines() == [
        "Factures : 0 ajoutée, 1 modifiée, 1 inchangée, 1 ligne refusée",
        "Ce qui a changé",
        "  F1 : échéance 04/02/2026 → 05/02/2026",
    ]
    assert done.err.startswith("relance-mailer: Ligne 4, colonne « Échéance »")


@english
def test_the_report_speaks_english_too(bring: Type) -> None:
    bring("invoices", rows(row("F1"), row("F2"), row("F3")))
    done = bring("invoices", rows(row("F1", due="05/02/2026"), row("F2")))
    assert done.out.splitlines() == [
        "Invoices: 0 added, 1 changed, 1 unchanged, 0 rows refused",
        "What changed",
        "  F1: due date 4 Feb 2026 → 5 Feb 2026",
        "No longer in this file",
        (
            "  1 open invoice is no longer in this file: F3 (€100.00). Paid? It goes on being reminded until a payment, "
            "a credit note or a balance of zero says so."
        ),
    ]


def test_payments_and_debtors_are_masculine(bring: Type) -> None:
    bring("invoices", rows(row("F1")))
    done = bring("payments", "Date de règlement;Code client;Factures;Montant\n20/02/2026;C1;F1;100,00\n")
    assert done.out.startswith("Règlements : 1 ajouté, 0 modifié, 0 inchangé")
    done = bring("debtors", "Code client;Client\nC9;Neuf\nC8;Huit\n")
    assert done.out.startswith("Clients : 2 ajoutés, 0 modifié, 0 inchangé")


def test_long_lists_are_capped_for_people_and_whole_for_programs(bring: Type) -> None:
    bring("invoices", rows(*(row(f"F{n}") for n in range(33))))
    changed = rows(*(row(f"F{n}", due="05/02/2026") for n in range(33)))
    done = bring("invoices", changed, "--dry-run")
    assert done.out.count("→") == 20
    assert "  … et 13 autres (--json les donne toutes)" in done.out
    assert len(bring("invoices", changed, "--dry-run", "--json").json["changes"]) == 33


def test_the_report_for_programs_has_all_it_had_and_more(bring: Type) -> None:
    bring("invoices", rows(row("F1"), row("F2"), row("F3")))
    report = bring("invoices", rows(row("F1", total="90,00"), row("F2"), row("F9", due="x")), "--json").json
    assert {name: report[name] for name in ("added", "changed", "unchanged", "refused", "kept")} == {
        "added": 0,
        "changed": 1,
        "unchanged": 1,
        "refused": 1,
        "kept": True,
    }
    assert report["errors"][0]["line"] == 4
    assert set(report["errors"][0]) == {"line", "field", "value", "reason"}
    assert report["notes"] == []
    (change,) = report["changes"]
    assert (change["kind"], change["name"], change["line"]) == ("invoice", "F1", 2)
    assert change["differences"] == [{"field": "total", "old": "100.00", "new": "90.00", "currency": "EUR"}]
    assert report["vanished"] == [
        {"invoice": "F3", "debtor": "C1", "outstanding": "100.00", "currency": "EUR"}
    ]


def test_strict_and_dry_run_say_that_nothing_was_written(bring: Type) -> None:
    bad = rows(row("F1"), row("F2", due="x"))
    done = bring("invoices", bad, "--strict")
    assert (done.code, done.out.splitlines()[0][:38]) == (1, "Rien n'a été importé (--strict) : des ")
    assert bring("invoices", bad, "--strict", "--json").json["kept"] is False
    done = bring("invoices", rows(row("F1")), "--dry-run")
    assert (done.code, done.out.splitlines()[0][:32]) == (0, "Essai : rien n'a été écrit. Voic")
    assert bring("invoices", rows(row("F1"))).out.startswith("Factures : 1 ajoutée"), "it was not there"


def test_refused_rows_are_written_into_a_file(bring: Type, folder: Path) -> None:
    text = rows(row("F1"), row("F2", due="x").replace("Client C1", "=1+2"))
    done = bring("invoices", text, "--errors", folder / "refus.csv")
    assert done.code == 1
    assert f"1 ligne refusée est dans {folder / 'refus.csv'}" in done.out
    with (folder / "refus.csv").open(encoding="utf-8-sig", newline="") as file:
        head, refused = csv.reader(file, delimiter=";")
    assert head[-1] == "Refusée parce que"
    assert (refused[0], refused[2]) == ("F2", "'=1+2")
    done = bring("invoices", text, "--errors", folder / "file.csv")
    assert (done.code, (folder / "file.csv").read_text("utf-8")) == (1, text), "never over the file itself"


# ── what the file does not tell ──────────────────────────────────────────────────────────────────────────────────


def test_without_a_terminal_the_question_is_said_with_what_answers_it(bring: Type) -> None:
    done = bring("invoices", TWOFOLD)
    assert (done.code, done.out) == (1, "")
    for words in (
        "« Invoice date »",
        "01/02/2026 peut être 1er février 2026 (--day-first) ou 2 janvier 2026 (--month-first)",
        "[imports.invoices] : day_first = true ou day_first = false",
    ):
        assert words in done.err
    (question,) = bring("invoices", TWOFOLD, "--json").json["questions"]
    assert [answer["option"] for answer in question["answers"]] == ["--day-first", "--month-first"]


def test_an_option_answers_for_once_and_the_configuration_for_good(bring: Type, folder: Path) -> None:
    done = bring("invoices", TWOFOLD, "--month-first", "--json", "--dry-run")
    assert done.json["added"] == 2
    config = folder / "config.toml"
    config.write_text(config.read_text("utf-8") + "\n[imports.invoices]\nday_first = true\n", "utf-8")
    assert bring("invoices", TWOFOLD, "--json").json["added"] == 2
    report = bring("invoices", TWOFOLD, "--month-first", "--json").json
    assert report["changes"][0]["differences"][0] == {
        "field": "issued",
        "old": "2026-02-01",
        "new": "2026-01-02",
    }


def test_sums_that_can_be_read_in_two_ways_are_asked_too(bring: Type) -> None:
    text = "N° facture;Code client;Client;Date de facture;Échéance;Montant TTC\nF1;C1;Un;05/01/2026;04/02/2026;1.250\n"
    done = bring("invoices", text)
    assert done.code == 1
    assert "--decimal ," in done.err
    assert 'decimal = "."' in done.err
    assert bring("invoices", text, "--decimal", ",", "--json").json["added"] == 1


def test_a_column_can_be_named_on_the_command_line(bring: Type) -> None:
    text = "Numero interne;Code client;Client;Date de facture;Échéance;Net\nF1;C1;Un;05/01/2026;04/02/2026;10,00\n"
    assert bring("invoices", text).code == 1
    named = ("--column", "number=Numero interne", "--column", "total=Net")
    assert bring("invoices", text, *named, "--json").json["added"] == 1


@pytest.mark.parametrize(
    "options",
    [("--column", "nummer=N°"), ("--column", "number"), ("--column", "number="), ("--decimal", "x")],
)
def test_an_option_that_cannot_be_is_a_usage_error(bring: Type, options: tuple[str, str]) -> None:
    done = bring("invoices", rows(row("F1")), *options)
    assert (done.code, done.out) == (2, "")
    if options[1] == "nummer=N°":
        assert "debtor_reference" in done.err, "the fields that exist are named"


def test_on_a_terminal_it_is_asked_and_what_answers_for_good_is_shown(folder: Path) -> None:
    shown = on_terminal(folder, TWOFOLD, answers=[("[1/2] :", "3"), ("[1/2] :", "2")])
    assert shown.code == 0
    assert "1. le jour d'abord : 01/02/2026 = 1er février 2026" in shown.text
    assert "2. le mois d'abord : 01/02/2026 = 2 janvier 2026" in shown.text
    assert "[imports.invoices]\nday_first = false" in shown.text
    assert "Factures : 2 ajoutées" in shown.text


def test_whoever_leaves_a_question_imports_nothing_and_is_told_so(folder: Path) -> None:
    shown = on_terminal(folder, TWOFOLD, answers=[("[1/2] :", "\x04")])
    assert shown.code == 1
    assert "Rien n'a été importé." in shown.text
    assert "Abort" not in shown.text
    assert "Factures : 2 ajoutées" in on_terminal(folder, TWOFOLD, answers=[("[1/2] :", "1")]).text


def test_a_bar_shows_how_far_a_large_file_is(folder: Path) -> None:
    many = [f"F{n};C{n % 50};Client;;05/01/2026;04/02/2026;10,00;" for n in range(5_100)]
    shown = on_terminal(folder, rows(*many), answers=[])
    assert "Écriture" in shown.text
    assert "/5100" in shown.text.replace(" ", "")
    assert "Écriture" not in on_terminal(folder, rows(row("F1", "C1")), answers=[]).text


# ── --guess ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_guess_shows_the_form_the_columns_and_the_first_rows_and_imports_nothing(bring: Type) -> None:
    text = rows(*(row(f"F{n}") for n in range(7)), row("F9", due="x")).replace("Solde", "Remarque", 1)
    done = bring("invoices", text, "--guess")
    assert done.code == 0
    first, _, heads, *lines = done.out.splitlines()
    assert first == "CSV, UTF-8, séparateur « ; », en-têtes ligne 1, dates le jour d'abord, virgule décimale"
    assert heads.split() == ["Champ", "Votre", "colonne"]
    assert lines[0].split() == ["N°", "de", "facture", "N°", "facture"]
    assert [line for line in lines if line.startswith("Ligne ")] == [f"Ligne {n}" for n in range(1, 6)]
    assert [f"  N° de facture    F{n}" in lines for n in range(7)] == [True] * 5 + [False] * 2
    assert "Colonnes sans usage : Remarque" in lines
    assert "[imports.invoices]" in lines
    assert 'columns = { number = "N° facture"' in done.out
    assert bring("invoices", text, "--dry-run", "--json").json["added"] == 7, "nothing was there"


def test_the_configuration_that_a_guess_offers_reads_the_file(bring: Type, folder: Path) -> None:
    text = TWOFOLD.replace("Amount", "Sum to pay").replace("Customer code", "Our code")
    named = ("--column", "total=Sum to pay", "--column", "debtor_reference=Our code", "--month-first")
    offered = bring("invoices", text, "--guess", "--json", *named).json["configuration"]
    config = folder / "config.toml"
    config.write_text(f"{config.read_text('utf-8')}\n{offered}\n", "utf-8")
    assert bring("invoices", text, "--json").json["added"] == 2


def test_a_guess_without_a_required_column_exits_one_and_says_what_to_do(bring: Type) -> None:
    done = bring("invoices", rows(row("F1")).replace("Montant TTC", "Somme due"), "--guess")
    assert done.code == 1
    assert "  Montant TTC : aucune colonne. Dites laquelle avec --column total=EN-TÊTE." in done.out
    done = bring("payments", "Date;Montant\n20/02/2026;3,00\n", "--guess", "--json")
    assert (done.code, done.json["missing"]) == (1, ["debtor_reference"])


def test_a_guess_for_programs_gives_all_that_was_found(bring: Type) -> None:
    found = bring("invoices", TWOFOLD, "--guess", "--json").json
    assert found["form"]["separator"] == ","
    assert found["mapping"]["number"] == "Invoice number"
    assert found["rows"][0]["total"] == {"written": "100.00", "value": "100.00", "refused": None}
    assert [question["hint"] for question in found["questions"]] == ["day_first"]


@english
def test_on_a_terminal_a_guess_asks_and_imports_only_what_is_agreed(folder: Path) -> None:
    answers = [("[1/2]:", "2"), ("[y/N]", "")]
    shown = on_terminal(folder, TWOFOLD, "--guess", answers=answers)
    assert (shown.code, "Nothing was imported." in shown.text) == (0, True)
    shown = on_terminal(folder, TWOFOLD, "--guess", answers=[("[1/2]:", "2"), ("[y/N]", "y")])
    assert "4 Mar 2026" in shown.text
    assert "day_first = false" in shown.text
    assert "Invoices: 2 added" in shown.text


@pytest.mark.parametrize(
    ("kind", "header", "line", "field"),
    [
        ("invoices", f"{HEADER};SIREN", "F1;C1;Un;no-at-sign;05/01/2026;04/02/2026;1,00;;", "emails"),
        ("invoices", f"{HEADER};SIREN", "F1;C1;Un;;05/01/2026;04/02/2026;1,00;;123456789", "siren"),
        ("invoices", f"{HEADER};SIREN", "F1;C1;Un;;05/01/2026;04/01/2026;1,00;;", "due"),
        ("invoices", f"{HEADER};SIREN", "F1;;Un;;05/01/2026;04/02/2026;1,00;;", "debtor_reference"),
        ("debtors", "Code client;Nom;E-mail;Rôle", "C1;Un;a@b.example;jongleur", "role"),
        ("debtors", "Code client;Nom;Scénario", "C1;Un;inconnu", "policy"),
        ("payments", "Date de règlement;Code client;Montant", "20/02/2026;C1;0,00", "amount"),
    ],
)
def test_a_guess_marks_the_cells_for_which_the_import_refuses_the_row(
    bring: Type, kind: str, header: str, line: str, field: str
) -> None:
    text = f"{header}\n{line}\n"
    guessed = bring(kind, text, "--guess", "--json").json["rows"][0]
    assert [name for name, cell in guessed.items() if cell["refused"]] == [field]
    shown = bring(kind, text, "--guess").out
    assert f"✗ {guessed[field]['written']}".rstrip() in shown
    assert "✗ : cette cellule ferait refuser sa ligne." in shown
    assert bring(kind, text, "--json").json["refused"] == 1


def test_a_guess_marks_no_cell_that_the_import_takes(bring: Type) -> None:
    text = f"{HEADER};Réglé\nF1;C1;'-Un;;05/01/2026;04/02/2026;1,00;;oui\n"
    done = bring("invoices", text, "--guess")
    assert "✗" not in done.out
    assert bring("invoices", text, "--json").json["refused"] == 0


@english
def test_on_a_narrow_terminal_a_guess_cuts_nothing(folder: Path) -> None:
    number, header = "FACT-2026-0000000000000000001", "Amount of the invoice with all its taxes in euros"
    text = (
        f"Invoice number,Customer code,Customer,SIREN,Invoice date,Due date,{header}\n"
        f"{number},C1,One,901002014,25/01/2026,25/02/2026,1234.56\n"
    )
    shown = on_terminal(folder, text, "--guess", "--column", f"total={header}", answers=[("[y/N]", "")])
    assert "…" not in shown.text
    for whole in (number, "901002014", "25 Jan 2026", "25 Feb 2026", "1,234.56", header):
        assert whole in shown.text


@english
def test_no_configuration_is_offered_as_whole_while_a_question_is_open(bring: Type) -> None:
    done = bring("invoices", TWOFOLD, "--guess")
    assert ("without being asked" in done.out, "[imports.invoices]" in done.out) == (False, False)
    assert "day_first = true" in done.err
    answered = bring("invoices", TWOFOLD, "--guess", "--month-first").out
    assert "without being asked" in answered
    assert "day_first = false" in answered


def test_every_field_has_its_words() -> None:
    fields = {column.field for kind in FileOf for column in kind.columns}
    assert {f"import.column.{field}" for field in fields} <= WORDS.keys()
