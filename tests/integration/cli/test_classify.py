"""classify: one message, or JSON Lines in and out; without configuration, database, or anything that is slow to load."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.conftest import Type
from tests.support.world import letter

PROGRAM = [sys.executable, "-m", "relance_mailer", "classify"]


def _batch(folder: Path, *lines: str | dict[str, Any]) -> list[dict[str, Any]]:
    text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    done = subprocess.run(
        [*PROGRAM, "--batch"], input=text, cwd=folder, capture_output=True, encoding="utf-8", check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def _case(folder: Path, name: str, text: str) -> dict[str, Any]:
    path = folder / f"{name}.eml"
    path.write_bytes(letter(text))
    return {"id": name, "eml": str(path), "notice": None, "account": None}


def test_every_line_gets_its_own_in_order_whatever_is_wrong_with_it(tmp_path: Path) -> None:
    promise = _case(tmp_path, "a", "Nous réglerons le 20 mars 2026.")
    dispute = _case(tmp_path, "é", "Nous contestons cette facture : la marchandise était cassée.")
    answers = _batch(
        tmp_path, promise, "no JSON at all", {"id": 3, "eml": "missing.eml"}, {"id": 4}, "[1]", dispute
    )
    assert [answer["id"] for answer in answers] == ["a", None, 3, 4, None, "é"]
    assert [("error" in answer) for answer in answers] == [False, True, True, True, True, False]
    assert (answers[0]["intent"], answers[0]["promise_date"]) == ("promise_to_pay", "2026-03-20")
    assert answers[-1]["intent"] == "dispute"


def test_each_line_is_answered_at_once(tmp_path: Path) -> None:
    """A caller may wait for an answer before it asks the next."""
    with subprocess.Popen(
        [*PROGRAM, "--batch"], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for name in ("a", "b"):
            process.stdin.write(json.dumps(_case(tmp_path, name, "Bien reçu.")) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == name
        process.stdin.close()
        assert process.stdout.read() == ""
    assert process.returncode == 0


def test_it_loads_neither_database_nor_mail() -> None:
    heavy = (
        "sqlmodel",
        "sqlalchemy",
        "pydantic",
        "aiosmtplib",
        "imapclient",
        "alembic",
        "holidays",
        "apscheduler",
    )
    code = f"import sys; import relance_mailer.cli.classify; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_one_message_is_told_in_words_or_json(tmp_path: Path, typed: Type) -> None:
    path = tmp_path / "one.eml"
    path.write_bytes(letter("Nous réglerons le 20 mars 2026."))
    assert typed("classify", path).out.startswith("promesse de règlement (")
    english = typed("classify", path, "--lang", "en").out
    assert english.startswith("promise to pay (")
    assert "payment promised for 2026-03-20" in english
    assert typed("classify", path, "--json").json["promise_date"] == "2026-03-20"


def test_a_file_that_is_not_there_is_said_in_words(tmp_path: Path, typed: Type) -> None:
    done = typed("classify", tmp_path / "none.eml")
    assert done.code == 1
    assert "none.eml cannot be read: No such file" in done.err


@pytest.mark.parametrize("arguments", [[], ["one.eml", "--batch"]])
def test_one_file_or_a_batch_not_both_nor_neither(typed: Type, arguments: list[str]) -> None:
    assert typed("classify", *arguments).code == 2
