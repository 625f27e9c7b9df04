"""Exports in the manner of French programs and of people's own spreadsheets; tests/data/exports/README.md names them.

Beside each file lies what must come out of it, in JSON: every field that differs from its default, sums as decimal
strings, the refused rows as [line, column, reason], the questions, or words of the error that refuses the whole file.
"""

import json
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import pytest

from relance_mailer.dunning.money import Money
from relance_mailer.errors import InputError
from relance_mailer.intake.debtors import DebtorRecord, parse_debtors
from relance_mailer.intake.form import AmbiguousError, Hints
from relance_mailer.intake.invoices import parse_invoices
from relance_mailer.intake.payments import parse_payments
from relance_mailer.intake.records import InvoiceRecord, PaymentRecord, RowError

EXPORTS = Path(__file__).parents[2] / "data" / "exports"
CASES = sorted(path.name.removesuffix(".json") for path in EXPORTS.glob("*.json"))
DEFAULTS = {"currency": "EUR", "kind": "unknown", "language": "fr", "country": "FR", "occurrence": 1}

Plain = dict[str, object]
Read = tuple[list[InvoiceRecord] | list[PaymentRecord] | list[DebtorRecord], list[RowError]]


def expected(name: str) -> Plain:
    case: Plain = json.loads((EXPORTS / f"{name}.json").read_text(encoding="utf-8"))
    return case


def read(name: str, case: Plain, hints: object = None) -> Read:
    """Read a file of the collection as the importer would, with what a person said of its form."""
    data = (EXPORTS / name).read_bytes()
    given = hints if hints is not None else case.get("hints", {})
    assert isinstance(given, Mapping)
    said = Hints(**given)
    if case["kind"] == "payments":
        return parse_payments(data, currency="EUR", hints=said)
    if case["kind"] == "debtors":
        policies = case.get("policies", [])
        assert isinstance(policies, list)
        return parse_debtors(data, policies=policies, hints=said)
    return parse_invoices(data, currency="EUR", country="FR", hints=said)


def plain(record: object) -> Plain:
    """Return a record as its JSON says it: without what is empty or the default."""
    if isinstance(record, DebtorRecord):
        contacts = [[found.address, found.name, found.role or ""] for found in record.contacts.values()]
        said = {name: str(value) for name, value in record.said.items()}
        return {"line": record.line, "reference": record.reference, "said": said, "contacts": contacts}
    assert isinstance(record, InvoiceRecord | PaymentRecord)
    told: Plain = {}
    for name in (field.name for field in fields(record)):
        value = getattr(record, name)
        if isinstance(value, Money):
            told |= {name: str(value.amount), "currency": value.currency}
        elif isinstance(value, tuple):
            told[name] = list(value)
        else:
            told[name] = value if isinstance(value, int | str | None) else str(value)
    return without_defaults(told)


def without_defaults(told: Plain) -> Plain:
    return {
        name: str(value) if isinstance(value, StrEnum) else value
        for name, value in told.items()
        if value not in ("", None, []) and DEFAULTS.get(name) != value
    }


def outcome(result: Read) -> Plain:
    records, errors = result
    return {
        "records": [plain(record) for record in records],
        "errors": sorted([error.line, error.field, str(error.reason)] for error in errors),
    }


def wanted(case: Plain) -> Plain:
    records, errors = case["records"], case["errors"]
    assert isinstance(records, list)
    assert isinstance(errors, list)
    return {"records": [without_defaults(record) for record in records], "errors": sorted(errors)}


def of(section: str) -> list[str]:
    return [name for name in CASES if section in expected(name)]


@pytest.mark.parametrize("name", of("records"))
def test_a_file_gives_what_an_accountant_would_take_from_it(name: str) -> None:
    case = expected(name)
    assert outcome(read(name, case)) == wanted(case)


@pytest.mark.parametrize("name", of("asks"))
def test_what_a_file_does_not_tell_is_asked(name: str) -> None:
    case = expected(name)
    with pytest.raises(AmbiguousError) as raised:
        read(name, case)
    assert [question.hint for question in raised.value.questions] == case["asks"]


@pytest.mark.parametrize("name", of("refused"))
def test_a_file_that_cannot_be_used_is_refused_in_words_that_help(name: str) -> None:
    case = expected(name)
    with pytest.raises(InputError) as raised:
        read(name, case)
    words = case["refused"]
    assert isinstance(words, list)
    assert [word for word in words if word not in str(raised.value)] == [], raised.value


def answers() -> list[tuple[str, Plain]]:
    found: list[tuple[str, Plain]] = []
    for name in of("answered"):
        given = expected(name)["answered"]
        assert isinstance(given, list)
        found.extend((name, answer) for answer in given)
    return found


@pytest.mark.parametrize(("name", "answer"), answers())
def test_once_a_person_has_said_it_the_file_is_read(name: str, answer: Plain) -> None:
    case = expected(name)
    assert outcome(read(name, case, answer["hints"])) == wanted(answer)


def test_every_file_says_what_must_come_out_and_is_described() -> None:
    files = {
        path.name
        for path in EXPORTS.iterdir()
        if path.suffix not in {".json", ".md", ".py", ".pyc"} and path.is_file()
    }
    described = (EXPORTS / "README.md").read_text(encoding="utf-8")
    assert files == set(CASES)
    assert [name for name in CASES if f"`{name}`" not in described] == []
    assert len(CASES) >= 22


def test_every_expected_sum_is_written_to_the_cent() -> None:
    """A check of the collection itself: "1250" instead of "1250.00" would compare as text and mislead."""
    for name in of("records"):
        records = wanted(expected(name))["records"]
        assert isinstance(records, list)
        for record in records:
            total = record.get("total") or record.get("amount")
            if total is not None:
                places = 0 if record.get("currency") == "JPY" else -2
                assert Decimal(total).as_tuple().exponent == places, (name, record)
