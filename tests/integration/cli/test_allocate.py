"""allocate: what names no invoice is listed, and a person says which one it is for."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.conftest import Done, Type
from tests.support.office import MONDAY, Invoice, bring_in, make_office, open_office, pay

OLD = Invoice("F-1", "02/02/2026")
NEW = Invoice("F-2", "20/02/2026")
NOTE = Invoice("A-1", "25/02/2026", total="-100,00", issued="25/02/2026")


@pytest.fixture
def books(tmp_path: Path) -> Path:
    """Two invoices, a credit note and a payment that names no invoice; return the configuration."""
    path = make_office(tmp_path, language="en")
    with open_office(path) as office:
        bring_in(office, OLD, NEW, NOTE)
        pay(office, "27/02/2026;C001;;200,00")
    return path


@pytest.fixture
def allocate(books: Path, typed: Type) -> Type:
    """Type `relance-mailer allocate ...`."""

    def run(*arguments: object) -> Done:
        return typed("allocate", *arguments, "--config", books, "--at", MONDAY.isoformat())

    return run


def _listed(allocate: Type) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = allocate("--json").json["unallocated"]
    return found


def test_what_is_not_allocated_is_listed(allocate: Type) -> None:
    done = allocate()
    assert done.code == 0
    heads, note, payment = done.out.splitlines()
    assert heads.split() == [
        "What",
        "Debtor",
        "Date",
        "Total",
        "Not",
        "allocated",
        "Counts",
        "meanwhile",
        "against",
        "Label",
    ]
    for words in ("A-1", "Dupont Menuiserie SARL (C001)", "25 Feb 2026", "€100.00", "F-1: €100.00"):
        assert words in note
    for words in ("payment:1", "27 Feb 2026", "€200.00", "F-1: €200.00"):
        assert words in payment


def test_the_list_is_there_for_programs(allocate: Type) -> None:
    assert _listed(allocate)[1] == {
        "what": "payment:1",
        "kind": "payment",
        "debtor": "C001",
        "debtor_name": "Dupont Menuiserie SARL",
        "on": date(2026, 2, 27).isoformat(),
        "currency": "EUR",
        "amount": "200.00",
        "rest": "200.00",
        "label": None,
        "counts_against": [{"invoice": "F-1", "amount": "200.00", "in_balance": False}],
    }


def test_a_part_is_allocated_with_a_decimal_comma_then_the_rest(allocate: Type) -> None:
    done = allocate("payment:1", "F-2", "--amount", "50,50", "--by", "Jo")
    assert done.code == 0
    assert (
        done.out
        == "€50.50 of payment:1 is for F-2, which now owes €1,149.50; €149.50 of it left to allocate\n"
    )
    assert allocate("payment:1", "F-2", "--json").json == {
        "what": "payment:1",
        "invoice": "F-2",
        "currency": "EUR",
        "amount": "149.50",
        "rest": "0.00",
        "outstanding": "1000.00",
    }
    assert [loose["what"] for loose in _listed(allocate)] == ["A-1"]


def test_once_all_is_allocated_the_list_says_so(allocate: Type) -> None:
    allocate("payment:1", "F-2")
    allocate("A-1", "F-1")
    assert allocate().out == "Every payment and credit note is allocated.\n"


def test_explain_tells_what_counts_only_until_somebody_allocates_it(
    allocate: Type, books: Path, typed: Type
) -> None:
    def settled(number: str) -> list[tuple[str, str]]:
        story = typed("explain", number, "--config", books, "--at", MONDAY.isoformat(), "--json").json
        return [(one["kind"], one["amount"]) for one in story["settled"]]

    assert sorted(settled("F-1")) == [("provisional", "100.00"), ("provisional", "200.00")]
    allocate("payment:1", "F-2")
    assert settled("F-1") == [("provisional", "100.00")]
    assert settled("F-2") == [("paid", "200.00")]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["payment:1"], 2, "to which invoice?"),
        (["payment:1", "F-2", "--amount", "much"], 1, "--amount 'much' is no sum"),
        (["payment:1", "F-2", "--amount", "1,234.56"], 1, "is no sum"),
        (["payment:1", "F-2", "--amount", "200.01"], 1, "only 200.00 EUR is left of payment:1"),
        (["payment:9", "F-2"], 1, "there is no payment and no credit note 'payment:9'"),
    ],
)
def test_what_cannot_be_done_is_said(allocate: Type, arguments: list[str], code: int, says: str) -> None:
    done = allocate(*arguments)
    assert done.code == code
    assert says in " ".join(done.err.split())
