"""Importing debtors: what comes in, what changes, what stays, and what it does to messages under way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from relance_mailer.dunning.decide import Reason as Why
from relance_mailer.intake.reasons import Reason
from relance_mailer.services.explain import explain
from relance_mailer.services.import_ import How, ImportReport, import_invoices
from relance_mailer.services.import_debtor_file import import_debtors
from relance_mailer.services.outlook import outlook
from relance_mailer.store.ledger import Kind
from relance_mailer.store.tables import ContactRow, DebtorRow, ImportRow, InvoiceRow, NoticeRow
from tests.support.world import DEBTOR_ADDRESS, World

POLICIES = {"slow": {"stages": [{"key": "reminder1", "kind": "reminder", "offset_days": 30}]}}
INVOICES = "N° facture;Code client;Client;E-mail;Contact;Date de facture;Échéance;Montant TTC;Ville"
Import = Callable[..., ImportReport]


@pytest.fixture
def debtors(world: World) -> Import:
    """Imports rows of debtors."""
    world.configure(policies=POLICIES)

    def run(*lines: str, how: How | None = None) -> ImportReport:
        data = "\n".join(lines).encode()
        return import_debtors(world.office, data, "clients.csv", world.now, "nadia", how or How())

    return run


@pytest.fixture
def invoices(world: World) -> Import:
    """Imports rows of invoices."""

    def run(*rows: str) -> ImportReport:
        data = "\n".join([INVOICES, *rows]).encode()
        return import_invoices(world.office, data, "factures.csv", world.now, "nadia")

    return run


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.unchanged, report.refused


def debtor(world: World, reference: str = "C1") -> DebtorRow:
    return world.one(DebtorRow, reference=reference)


def contacts(world: World) -> dict[str, tuple[str, str]]:
    return {row.address: (row.name, row.role) for row in world.rows(ContactRow)}


def told(report: ImportReport) -> list[tuple[str, list[tuple[str, object, object]]]]:
    return [
        (change.name, [(one.field, one.old, one.new) for one in change.differences])
        for change in report.changes
    ]


# What comes in


def test_the_creditors_own_siren_is_pointed_out_when_a_debtor_gets_it(world: World, debtors: Import) -> None:
    assert debtors("Code client;Nom;SIREN", "C1;Un;901002014").notes == ()
    (note,) = debtors("Code client;Nom;SIREN", "C1;Un;732829320").notes
    assert "customer C1 (Un) has your own company's SIREN" in note


def test_a_debtor_comes_in_with_its_contacts_and_no_invoice(world: World, debtors: Import) -> None:
    report = debtors(
        "Code client;Nom;Type;Pays;Segment;Scénario;N° TVA;E-mail compta;E-mail direction",
        "C1;Zwaan BV;pro;Pays-Bas;Export;slow;NL004495445B01;boek@zwaan.example;baas@zwaan.example",
    )
    assert counts(report) == (1, 0, 0, 0)
    row = debtor(world)
    assert (row.name, row.kind, row.country, row.language) == ("Zwaan BV", "professional", "NL", "en")
    assert (row.segment, row.policy, row.vat) == ("Export", "slow", "NL004495445B01")
    assert contacts(world) == {
        "boek@zwaan.example": ("", "accounts"),
        "baas@zwaan.example": ("", "management"),
    }
    assert world.rows(InvoiceRow) == []
    [entry] = world.entries(f"debtor:{row.id}")
    assert entry.kind == Kind.IMPORTED
    assert entry.actor == "nadia"


def test_the_import_is_kept_and_makes_no_payments_fresh(world: World, debtors: Import) -> None:
    debtors("Code client;Nom", "C1;Dupont")
    run = world.rows(ImportRow)[-1]
    assert (run.kind, run.file_name, run.added, run.tells_payments) == ("debtors", "clients.csv", 1, False)


def test_without_country_and_language_a_debtor_is_the_creditors_countrys(
    world: World, debtors: Import
) -> None:
    debtors("Code client;Nom", "C1;Dupont")
    row = debtor(world)
    assert (row.country, row.language, row.kind, row.policy) == ("FR", "fr", "unknown", "default")


def test_a_debtor_that_is_not_known_needs_a_name(world: World, debtors: Import) -> None:
    report = debtors("Code client;Nom;Ville", "C1;;Lyon", "C2;Durand;Nice", "C1;;Lyon")
    assert [(error.line, error.reason) for error in report.errors] == [
        (2, Reason.UNNAMED_DEBTOR),
        (4, Reason.UNNAMED_DEBTOR),
    ]
    assert [row.reference for row in world.rows(DebtorRow)] == ["C2"]


def test_the_same_file_again_changes_nothing(world: World, debtors: Import) -> None:
    lines = ("Code client;Nom;Scénario;E-mail compta;Contact", "C1;Dupont;aucune;a@c.example;Anne")
    debtors(*lines)
    before = [row.model_dump() for row in (*world.rows(DebtorRow), *world.rows(ContactRow))]
    report = debtors(*lines)
    assert counts(report) == (0, 0, 1, 0)
    assert report.changes == ()
    assert before == [row.model_dump() for row in (*world.rows(DebtorRow), *world.rows(ContactRow))]
    assert len(world.entries(f"debtor:{debtor(world).id}")) == 1


# What changes


def test_a_difference_is_shown_and_told_and_an_empty_cell_erases_nothing(
    world: World, debtors: Import
) -> None:
    debtors(
        "Code client;Nom;Ville;Segment;Contact;E-mail;Rôle",
        "C1;Dupont;Lyon;PME;Anne;a@c.example;compta",
    )
    report = debtors(
        "Code client;Nom;Ville;Segment;Contact;E-mail;Rôle",
        "C1;;Nice;;;A@c.example;",
        "C1;;;;Luc;l@c.example;PDG",
    )
    assert counts(report) == (0, 1, 0, 0)
    assert told(report) == [
        ("C1", [("city", "Lyon", "Nice"), ("contact", None, "l@c.example (Luc, management)")])
    ]
    row = debtor(world)
    assert (row.name, row.city, row.segment) == ("Dupont", "Nice", "PME")
    assert contacts(world) == {"a@c.example": ("Anne", "accounts"), "l@c.example": ("Luc", "management")}
    entry = world.entries(f"debtor:{row.id}")[-1]
    assert entry.payload is not None
    assert (entry.payload["old"], entry.payload["new"]) == ({"city": "Lyon"}, {"city": "Nice"})


def test_a_contact_that_changes_its_role_or_name_is_a_difference(world: World, debtors: Import) -> None:
    debtors("Code client;Nom;E-mail", "C1;Dupont;a@c.example")
    report = debtors("Code client;Contact;E-mail;Rôle", "C1;Anne;a@c.example;comptable")
    assert told(report) == [("C1", [("contact", "a@c.example", "a@c.example (Anne, accounts)")])]


def test_a_dry_run_and_a_strict_one_with_a_bad_row_keep_nothing(world: World, debtors: Import) -> None:
    header = "Code client;Nom;Langue"
    dry = debtors(header, "C1;Dupont;fr", how=How(dry_run=True))
    assert (counts(dry), dry.kept) == ((1, 0, 0, 0), False)
    strict = debtors(header, "C1;Dupont;fr", "C2;Durand;klingon", how=How(strict=True))
    assert strict.kept is False
    unnamed = debtors(header, "C1;Dupont;fr", "C2;;fr", how=How(strict=True))
    assert (unnamed.kept, unnamed.refused) == (False, 1)
    assert world.rows(DebtorRow) == []
    assert debtors(header, "C1;Dupont;fr", how=How(strict=True)).kept
    assert debtor(world).name == "Dupont"


def test_a_dead_address_stays_dead_and_is_pointed_out(world: World, debtors: Import) -> None:
    debtors("Code client;Nom;E-mail", "C1;Dupont;a@c.example")
    with world.db.write() as session:
        row = session.get(ContactRow, world.one(ContactRow).id)
        assert row is not None
        row.state = "dead"
        session.add(row)
    report = debtors("Code client;Nom;E-mail", "C1;Dupont;a@c.example")
    assert world.one(ContactRow).state == "dead"
    assert any("release a@c.example" in note for note in report.notes)


# Invoices and debtors together


def test_the_last_file_that_says_something_counts_column_by_column(
    world: World, debtors: Import, invoices: Import
) -> None:
    debtors("Code client;Nom;Ville;Segment;Scénario;Langue", "C1;Dupont SARL;Lyon;PME;slow;en")
    invoices("F1;C1;DUPONT;;;01/02/2026;03/03/2026;100,00;")
    row = debtor(world)
    assert (row.name, row.city) == ("DUPONT", "Lyon"), "the invoices name it otherwise, and say no town"
    assert (row.segment, row.policy, row.language) == ("PME", "slow", "en"), "what invoices do not have stays"
    debtors("Code client;Nom", "C1;Dupont SARL")
    assert debtor(world).name == "Dupont SARL"


def test_an_address_in_the_invoices_file_comes_after_accounts_and_takes_no_role_away(
    world: World, debtors: Import, invoices: Import
) -> None:
    debtors("Code client;Nom;E-mail compta", "C1;Dupont;compta@c.example")
    invoices("F1;C1;Dupont;new@c.example, compta@c.example;Luc;01/02/2026;03/03/2026;100,00;Lyon")
    assert contacts(world) == {"compta@c.example": ("", "accounts"), "new@c.example": ("Luc", "other")}
    world.plan()
    assert world.one(NoticeRow).to_address == "compta@c.example"


def test_a_new_invoice_is_first_looked_at_by_its_debtors_own_policy(
    world: World, debtors: Import, invoices: Import
) -> None:
    debtors("Code client;Nom;Scénario;E-mail", "C1;Dupont;slow;a@c.example", "C2;Durand;;d@c.example")
    invoices(
        "F1;C1;Dupont;;;01/03/2026;01/04/2026;100,00;",
        "F2;C2;Durand;;;01/03/2026;01/04/2026;100,00;",
    )
    days = {
        row.number: world.office.today(row.next_look_at) for row in world.rows(InvoiceRow) if row.next_look_at
    }
    assert days["F1"] - days["F2"] == timedelta(days=40)


# What it does to messages


def test_a_new_contact_for_accounts_takes_the_place_of_the_one_that_a_waiting_message_names(
    world: World, debtors: Import
) -> None:
    world.owing(reference="C1")
    world.plan()
    debtors("Code client;E-mail compta", "C1;compta@c.example")
    assert world.claim().claimed == ()
    world.plan()
    assert world.one(NoticeRow, state="superseded").to_address == DEBTOR_ADDRESS
    assert world.one(NoticeRow, state="queued").to_address == "compta@c.example"


def test_a_debtor_given_another_policy_is_decided_anew_at_once(world: World, debtors: Import) -> None:
    _, invoice_id = world.owing(overdue=5, reference="C1")
    world.plan()
    report = debtors("Code client;Scénario", "C1;slow")
    assert told(report) == [("C1", [("policy", "default", "slow")])]
    world.plan()
    assert world.claim().claimed == ()
    [waiting] = outlook(world.office, world.now).waiting
    assert waiting.reason == Why.NOT_DUE
    story = explain(world.office, world.one(InvoiceRow, id=invoice_id).number, world.now)
    assert any("dunning policy default → slow" in event.words for event in story.events)


def test_do_not_chase_this_customer_and_back_again(world: World, debtors: Import) -> None:
    world.owing(overdue=5, reference="C1")
    debtors("Code client;Scénario", "C1;aucune")
    world.plan()
    assert world.rows(NoticeRow) == []
    world.later(days=7)
    debtors("Code client;Scénario", "C1;défaut")
    world.plan()
    assert [row.stage for row in world.rows(NoticeRow)] == ["reminder1"]


def test_a_policy_whose_stages_are_others_leaves_what_is_under_way_to_a_person(
    world: World, debtors: Import
) -> None:
    world.configure(policies={"own": {"stages": [{"key": "softly", "kind": "reminder", "offset_days": 3}]}})
    _, invoice_id = world.owing(overdue=20, reference="C1")
    world.served(invoice_id, "reminder1")
    debtors("Code client;Scénario", "C1;own")
    world.plan()
    assert world.tasks() == ["policy_changed"]
    assert world.claim().claimed == ()


def test_many_debtors_come_in_whatever_the_chunks(world: World, debtors: Import) -> None:
    rows = [f"C{n};Client {n};c{n}@c.example" for n in range(1_203)]
    again = [f"C{n};;b{n}@c.example" for n in range(1_203)]
    report = debtors("Code client;Nom;E-mail", *rows, *again)
    assert counts(report) == (1_203, 0, 0, 0)
    assert len(world.rows(ContactRow)) == 2_406
    assert counts(debtors("Code client;Nom;E-mail", *rows, *again)) == (0, 0, 1_203, 0)
