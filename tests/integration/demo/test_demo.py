"""The demo, played on its real servers: every story goes as its script says, and a wrong script is told."""

from __future__ import annotations

import email
import email.policy
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from relance_mailer.cli.commands import app
from relance_mailer.config import load
from relance_mailer.demo import cast
from relance_mailer.demo.cast import CAST
from relance_mailer.demo.model import START, Debtor, Says
from relance_mailer.demo.play import Play, Settings
from relance_mailer.demo.screen import Screen, print_summary
from relance_mailer.demo.show import perform
from relance_mailer.demo.story import Event
from relance_mailer.demo.wordings import WORDINGS, every_text
from relance_mailer.replies.intent import understand
from relance_mailer.replies.model import Account, Intent, OpenInvoice

UNDERSTOOD = {
    "double": Intent.DISPUTE,
    "not_delivered": Intent.DISPUTE,
    "paid": Intent.ALREADY_PAID,
    "plan": Intent.PAYMENT_PLAN,
    "both": Intent.DISPUTE,
    "insolvent": Intent.INSOLVENCY,
    "received": Intent.ACKNOWLEDGEMENT,
    "copy_en": Intent.DOCUMENT_REQUEST,
}
SPOKEN = [(debtor, step) for debtor in CAST for step in debtor.steps if isinstance(step, Says)]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """Twenty days by the command, everything kept."""
    folder = tmp_path_factory.mktemp("demo") / "kept"
    command = ["demo", "--headless", "--json", "--days", "20", "--seed", "7", "--keep", str(folder)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    return folder, json.loads(result.stdout)


@pytest.mark.parametrize("seed", range(1, 11))
def test_sixty_days_go_as_the_scripts_say_whatever_the_seed(seed: int) -> None:
    outcome = perform(CAST, Settings(days=60, seed=seed))
    assert outcome.differences() == []
    assert outcome.as_expected
    assert sum("reminder1" in story.stages for story in outcome.stories) == len(CAST) - 1


def test_a_small_terminal_shows_of_whom_there_was_news_last() -> None:
    console = Console(width=80, height=24, file=io.StringIO(), record=True, force_terminal=True)
    screen = Screen(console, "en")
    pictures = []

    def look(play: Play, news: Sequence[Event]) -> None:
        console.print(screen.picture(play, news))
        pictures.append((console.export_text(clear=True), {event.debtor for event in news}))

    outcome = perform(CAST, Settings(days=2, seed=1, language="en"), watch=look)
    for text, news in pictures:
        lines = text.rstrip("\n").splitlines()
        assert len(lines) <= 24
        assert max(map(len, lines)) <= 80
        assert "others" in text
        assert "Events" in text
        named = [debtor for debtor in CAST if debtor.name[:12] in text]
        assert {debtor.code for debtor in named} & news
    print_summary(console, "en", outcome, "", days=60)  # ended by a key on the second day
    assert "All went as expected so far; the rest was not played." in " ".join(console.export_text().split())


def test_the_json_has_the_shape_that_others_rely_on(played: tuple[Path, dict[str, object]]) -> None:
    _, told = played
    assert list(told) == ["days", "sent", "received", "in_doubt", "duplicates", "debtors"]
    assert (told["days"], told["in_doubt"], told["duplicates"]) == (20, 0, 0)
    keys = ["debtor", "script", "stages", "intents", "holds", "promises", "paid", "expected", "as_expected"]
    debtors = {debtor["debtor"]: debtor for debtor in told["debtors"]}  # type: ignore[attr-defined]
    assert len(debtors) == len(CAST)
    for debtor in debtors.values():
        assert list(debtor) == keys
        assert debtor["as_expected"] is True
    broken = debtors["Peintures Rossignol SAS"]
    assert broken["stages"] == ["reminder1", "reminder2"]
    assert [promise["state"] for promise in broken["promises"]] == ["broken", "open"]
    assert broken["holds"][0] == {
        "reason": "promise_to_pay",
        "invoices": ["F26-0201", "F26-0202"],
        "from": "2026-03-04",
        "until": "2026-03-16",
    }
    assert debtors["Librairie du Passage"]["paid"] == ["F26-1401", "F26-1402"]


def test_what_is_kept_can_be_looked_at(played: tuple[Path, dict[str, object]]) -> None:
    folder, told = played
    mails = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in sorted((folder / "mails").glob("*.eml"))
    ]
    assert len(mails) == told["sent"] + told["received"]  # type: ignore[operator]
    assert all(mail["Message-ID"] and mail["Subject"] for mail in mails)
    config = load(folder / "config.toml")
    assert config.database.stat().st_size > 0
    checked = CliRunner().invoke(app, ["ledger", "verify", "--json", "-c", str(folder / "config.toml")])
    assert checked.exit_code == 0, checked.output


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    result = CliRunner().invoke(app, ["demo", "--headless", "--days", "1", "--keep", str(tmp_path)])
    assert result.exit_code != 0
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("03-03 understood dispute", "missing: 2026-03-03 understood dispute"),
        ("", "not expected: 2026-03-03 understood promise_to_pay"),
    ],
)
def test_a_story_that_goes_otherwise_than_its_script_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, line: str, said: str
) -> None:
    kerbrat = _debtor("C01")
    wrong = replace(kerbrat, expected=kerbrat.expected.replace("03-03 understood promise_to_pay", line))
    assert wrong.expected != kerbrat.expected
    monkeypatch.setattr(cast, "CAST", (wrong, _debtor("C14")))
    result = CliRunner().invoke(app, ["demo", "--headless", "--json", "--days", "2"])
    assert result.exit_code == 1
    assert said in result.stderr
    verdicts = {debtor["debtor"]: debtor["as_expected"] for debtor in json.loads(result.stdout)["debtors"]}
    assert verdicts == {kerbrat.name: False, "Librairie du Passage": True}


def test_a_seed_plays_the_same_again_whoever_else_plays_and_another_differs(
    tmp_path: Path, played: tuple[Path, dict[str, object]]
) -> None:
    for seed in (7, 8):
        perform([_debtor("C01")], Settings(days=2, seed=seed), keep=tmp_path / str(seed))
    first, same, other = (_first_answer(folder) for folder in (played[0], tmp_path / "7", tmp_path / "8"))
    assert first == same
    assert other != same


def _first_answer(folder: Path) -> tuple[str, str]:
    path = min((folder / "mails").glob("*-from-compta@menuiserie-kerbrat.example.eml"))
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    return mail["Date"], mail["Message-ID"]


def test_every_wording_is_understood_as_its_script_needs() -> None:
    for debtor, says in SPOKEN:
        account = Account(
            debtor.name,
            debtor.country,
            tuple(OpenInvoice(bill.number, bill.total, "EUR", bill.due) for bill in debtor.bills),
        )
        for text in every_text(debtor, says):
            sent = min(START + timedelta(days=says.days), says.on or date.max)
            said = understand(text, sent_on=sent if says.words != "paid" else START, account=account)
            assert (said.intent, said.needs_review) == (
                UNDERSTOOD.get(says.words, Intent.PROMISE_TO_PAY),
                False,
            ), text
            if said.intent is Intent.PROMISE_TO_PAY:
                assert said.promise_date == says.on, text
            assert said.invoices == says.about, text


def test_the_cast_plays_all_that_it_should() -> None:
    assert len(CAST) >= 14
    assert len({debtor.code for debtor in CAST}) == len(CAST)
    numbers = [bill.number for debtor in CAST for bill in debtor.bills]
    assert len(numbers) == len(set(numbers)) >= 50
    assert {step.words for _, step in SPOKEN} == set(WORDINGS)
    for debtor in CAST:
        known = {bill.number for bill in debtor.bills}
        for step in debtor.steps:
            assert set(getattr(step, "about", ())) <= known | {debtor.code}
        days = [datetime.strptime(f"2026-{line.split()[0]}", "%Y-%m-%d") for line in _lines(debtor)]
        assert days == sorted(days)


def _debtor(code: str) -> Debtor:
    return next(debtor for debtor in CAST if debtor.code == code)


def _lines(debtor: Debtor) -> list[str]:
    return debtor.expected.strip().splitlines()
