"""import debtors, typed: what it says, what --json gives, and that explain and plan then go by it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from relance_mailer.store.tables import DebtorRow, InvoiceRow
from tests.integration.cli.conftest import Type
from tests.support.office import MONDAY, Invoice, bring_in, make_office, open_office, refresh

POLICY = """
[policies.slow]
min_days_between = 20

[[policies.slow.stages]]
key = "reminder1"
kind = "reminder"
offset_days = 30
"""
HEADER = "Code client;Raison sociale;Segment;Scénario;E-mail compta;E-mail direction"
ROW = "C001;Dupont Menuiserie SARL;Grands comptes;slow;compta@dupont.example;dir@dupont.example"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An office with one overdue invoice, and a policy beside its own."""
    path = make_office(tmp_path, language="fr", extra=POLICY)
    with open_office(path) as office:
        bring_in(office, Invoice("F-1", due="10/02/2026", email="contact@dupont.example"))
        refresh(office)
    return path


def write(path: Path, *lines: str) -> Path:
    file = path.parent / "clients.csv"
    file.write_text("\n".join(lines), "utf-8")
    return file


def test_the_differences_are_shown_in_words_and_as_json(path: Path, typed: Type) -> None:
    file = write(path, HEADER, ROW)
    at = ("--config", path, "--at", MONDAY.isoformat())
    shown = typed("import", "debtors", file, *at, "--dry-run")
    assert shown.code == 0
    assert "scénario default → slow" in shown.out
    assert "dir@dupont.example (direction)" in shown.out
    done = typed("import", "debtors", file, *at, "--json").json
    assert (done["added"], done["changed"], done["unchanged"], done["refused"]) == (0, 1, 0, 0)
    [change] = done["changes"]
    told = {
        difference["field"]: (difference["old"], difference["new"]) for difference in change["differences"]
    }
    assert told["policy"] == ("default", "slow")
    assert told["segment"] == ("", "Grands comptes")
    assert typed("import", "debtors", file, *at, "--json").json["unchanged"] == 1


def test_explain_and_plan_go_by_it(path: Path, typed: Type) -> None:
    at = ("--config", path, "--at", MONDAY.isoformat())
    assert [one["to"] for one in typed("plan", *at, "--json").json["notices"]] == ["contact@dupont.example"]
    typed("import", "debtors", write(path, HEADER, ROW), *at)
    story = typed("explain", "F-1", *at, "--json").json
    assert (story["segment"], story["policy"], story["reason"]) == ("Grands comptes", "slow", "not_due")
    assert story["next"]["at"].startswith("2026-03-12")  # thirty days after the due date
    assert "scénario de relance : slow" in typed("explain", "F-1", *at).out
    seen = typed("plan", *at, "--days", "14", "--json").json
    assert [(one["to"], one["at"][:10]) for one in seen["notices"]] == [
        ("compta@dupont.example", "2026-03-12")
    ]


def test_strict_takes_nothing_and_says_each_refusal_in_words(path: Path, typed: Type) -> None:
    at = ("--config", path, "--at", MONDAY.isoformat())
    bad = write(path, HEADER, "C001;;PME;;;", "C002;Durand;PME;doux;;", "C003;;;;;")
    done = typed("import", "debtors", bad, *at, "--strict")
    assert done.code == 1
    assert "Ligne 3, colonne « Scénario », valeur « doux »" in done.err
    assert "slow" in done.err
    assert "Ligne 4" in done.err
    with open_office(path) as office, office.db.read() as session:
        row = session.get(DebtorRow, 1)
        assert row is not None
        assert row.segment == ""
        assert session.get(DebtorRow, 2) is None
        assert session.get(InvoiceRow, 2) is None


def test_the_columns_may_be_named_on_the_command_line(path: Path, typed: Type) -> None:
    at = ("--config", path, "--at", MONDAY.isoformat())
    file = write(path, "Clef;Groupe tarifaire", "C001;PME")
    columns = ("--column", "debtor_reference=Clef", "--column", "segment=Groupe tarifaire")
    done = typed("import", "debtors", file, *at, *columns, "--json").json
    assert done["changes"][0]["differences"] == [{"field": "segment", "old": "", "new": "PME"}]


def test_check_says_which_policy_the_configuration_lost(path: Path, typed: Type) -> None:
    at = ("--config", path, "--at", MONDAY.isoformat())
    typed("import", "debtors", write(path, HEADER, ROW), *at)
    path.write_text(path.read_text("utf-8").replace("policies.slow", "policies.fast"), "utf-8")
    tomorrow = (MONDAY + timedelta(days=1)).isoformat()
    findings = typed("check", "--config", path, "--at", tomorrow, "--json").json["findings"]
    [lost] = [found for found in findings if "slow" in found["words"]]
    assert (lost["level"], "C001" in lost["words"], "[policies.slow]" in lost["remedy"]) == (
        "error",
        True,
        True,
    )
