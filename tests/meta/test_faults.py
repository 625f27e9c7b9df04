"""The table of faults in docs/faults.md: every row names tests that exist, and every test of faults stands in it."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "faults.md"
FOLDER = "tests/integration/faults"
FEWEST_ROWS = 40
_ROW = re.compile(r"^\| (?P<fault>[^|]+) \| (?P<happens>[^|]+) \| `(?P<test>[^`|]+)` \|$", re.MULTILINE)
_OUTCOME = re.compile(r"^\*\*([^*]+)\*\*")


def rows() -> list[tuple[str, str, str]]:
    """Return fault, what happens, and the test's full name, of each row."""
    found = []
    for row in _ROW.finditer(TABLE.read_text("utf-8")):
        test = row["test"]
        found.append((row["fault"], row["happens"], test if "/" in test else f"{FOLDER}/{test}"))
    return found


@cache
def collected() -> frozenset[str]:
    """Return the names of all tests in the files that the table names, and in the folder of faults."""
    files = sorted({test.partition("::")[0] for _, _, test in rows()} | {FOLDER})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *files]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return frozenset(line for line in told.splitlines() if "::" in line)


def named(test: str) -> frozenset[str]:
    """Return the tests that a name stands for: itself, or all its cases that begin so."""
    begun = test.removesuffix("]")
    ends = ("]", "-") if test.endswith("]") else ("[",)
    return frozenset(
        each for each in collected() if each == test or each.startswith(tuple(begun + end for end in ends))
    )


def test_every_line_of_the_tables_is_read_as_a_row() -> None:
    lines = [line for line in TABLE.read_text("utf-8").splitlines() if line.startswith("|")]
    heads = [line for line in lines if line.startswith(("| fault |", "|---|"))]
    assert len(rows()) == len(lines) - len(heads)
    assert len(rows()) >= FEWEST_ROWS


def test_every_row_names_a_test_that_exists() -> None:
    assert [test for _, _, test in rows() if not named(test)] == []


def test_every_test_of_faults_stands_in_the_table() -> None:
    told = frozenset[str]().union(*(named(test) for _, _, test in rows()))
    assert sorted(test for test in collected() - told if test.startswith(FOLDER)) == []


def test_no_fault_is_told_twice() -> None:
    faults = [fault for fault, _, _ in rows()]
    assert sorted({fault for fault in faults if faults.count(fault) > 1 and fault[0].isupper()}) == []


def test_the_outcome_in_bold_is_the_one_that_the_test_asserts() -> None:
    asserted = outcomes()
    told = {test: found[1] for _, happens, test in rows() if (found := _OUTCOME.match(happens))}
    assert {test: told.get(test) for test in asserted} == asserted
    assert told.keys() <= asserted.keys()


def outcomes() -> dict[str, str]:
    """Return the outcome of each test that is a list of cases."""
    from tests.integration.faults.outcomes import Case

    found = {}
    for name in ("test_opening", "test_envelope", "test_content"):
        module = importlib.import_module(f"tests.integration.faults.{name}")
        for value in vars(module).values():
            for parameter in value if isinstance(value, list) else ():
                case = parameter.values[0]
                assert isinstance(case, Case)
                found[parameter.id] = case.outcome.value
    return {
        test: found[case]
        for _, _, test in rows()
        if (case := test.partition("[")[2].removesuffix("]")) in found
    }
