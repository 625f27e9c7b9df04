"""check: every question about the office has an answer, its level and its remedy; and the command itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from relance_mailer.services import check as checks
from relance_mailer.services import desk
from relance_mailer.services.check import Finding, Level, Question
from relance_mailer.services.gates import FIRST_RUN
from relance_mailer.store.tables import SettingRow
from tests.integration.cli.conftest import Type
from tests.support.office import make_office
from tests.support.world import World, letter


def _found(world: World) -> dict[str, Finding]:
    """The findings about the office by what was asked; the worst where several answer one question."""
    order = tuple(Level)
    found = sorted(checks.of_office(world.office, world.now), key=lambda finding: order.index(finding.level))
    return {finding.what: finding for finding in found}


def test_an_office_in_order_has_no_error_and_no_warning(world: World) -> None:
    assert {finding.level for finding in _found(world).values()} == {Level.OK}
    assert _found(world).keys() == {
        *("database", "installation", "ledger", "mode", "sending", "freshness", "IBAN", "creditor"),
        *("late-payment rates", "templates", "to be dealt with", "messages in doubt", "clock", "disk"),
    }
    assert _found(world)["freshness"].words == (
        "inbox read 10 Mar 2026 10:30, payments imported 10 Mar 2026 10:30"
    )


def _old(world: World) -> None:
    world.later(fresh=False, days=10)


def _stop(world: World) -> None:
    desk.stop_all(world.office, world.now, "Claire")


def _first_day(world: World) -> None:
    world.owing()
    with world.db.write() as session:
        session.delete(session.get(SettingRow, (world.office.creditor_id, FIRST_RUN)))


def _crowd(world: World) -> None:
    for number in range(21):
        world.owing(f"someone@client{number}.example", name=f"Client {number}")
    world.plan()


def _clock_back(world: World) -> None:
    world.owing()
    world.plan()
    world.at(world.now.replace(hour=7))


def _redirect(world: World) -> None:
    world.configure(sending__mode="redirect", sending__redirect_to="equipe@creditor.example")


def _copy(world: World) -> None:
    (world.folder / "relance.db.state.json").unlink()
    world.configure()


def _other_iban(world: World) -> None:
    world.configure(creditor__iban="FR7630004000031234567890143")


def _nameless(world: World) -> None:
    world.configure(creditor__signer_name="")


def _far_future(world: World) -> None:
    world.at(world.now.replace(year=2036))


def _bad_template(world: World) -> None:
    world.edit_template("fr/reminder1.md", lambda text: text + "\n{{ nonsense }}\n")


def _stranger(world: World) -> None:
    world.owing()
    world.remind()
    world.take(letter("Qui êtes-vous ?", sender="nobody@elsewhere.example", at=world.now))


def _doubt(world: World) -> None:
    world.owing()
    world.plan()
    [claimed] = world.claim().claimed
    world.lose(claimed)


@pytest.mark.parametrize(
    ("happens", "what", "level", "words", "remedy"),
    [
        (_old, "sending", Level.ERROR, "payments are not up to date", "import payments"),
        (_stop, "sending", Level.WARNING, "everything is stopped by Claire", "release all"),
        (
            _first_day,
            "sending",
            Level.WARNING,
            "1 message to 1 debtor, €1,250.00 in all",
            "approve first-run",
        ),
        (_crowd, "brake", Level.WARNING, "21 of them first contacts", "relance-mailer plan"),
        (_clock_back, "clock", Level.ERROR, "the ledger goes up to 10 Mar 2026 10:30", "[rehearsal] start"),
        (_redirect, "mode", Level.OK, "redirected to the team (equipe@creditor.example)", '"live"'),
        (_copy, "installation", Level.ERROR, "is missing", "release installation"),
        (_copy, "mode", Level.ERROR, "shadow: nothing leaves (live ✗)", "release installation"),
        (_other_iban, "sending", Level.ERROR, "is not accepted", "approve iban"),
        (_nameless, "creditor", Level.WARNING, "the signer's name", "[creditor]"),
        (_far_future, "late-payment rates", Level.WARNING, "2036-01-01", "[[rates]]"),
        (_bad_template, "templates", Level.ERROR, "nonsense", "reminder1.md, line"),
        (
            _stranger,
            "to be dealt with",
            Level.WARNING,
            "1 waiting, since 10 Mar 2026",
            "relance-mailer replies",
        ),
        (_doubt, "messages in doubt", Level.WARNING, "1 → durand@debtor.example", "approve doubt 1"),
    ],
)
def test_what_is_wrong_is_said_with_its_remedy(
    world: World, happens: Callable[[World], None], what: str, level: Level, words: str, remedy: str
) -> None:
    happens(world)
    found = _found(world)[what]
    assert found.level is level
    assert words in found.words
    assert remedy in found.remedy


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────────


def _findings(typed: Type, path: Path, *arguments: object) -> list[dict[str, str]]:
    found: list[dict[str, str]] = typed("check", "-c", path, "--json", *arguments).json["findings"]
    return found


def test_the_command_shows_every_line_and_ends_with_1_on_an_error(tmp_path: Path, typed: Type) -> None:
    path = make_office(tmp_path, language="en")
    done = typed("check", "-c", path)
    assert done.code == 1
    lines = done.out.splitlines()
    [place] = [place for place, line in enumerate(lines) if line.split()[1:2] == ["smtp"]]
    assert lines[place].split()[0] == "ERROR"
    assert "Connection refused" in lines[place]
    assert lines[place + 1].strip() == "→ check host and port; does the firewall let it pass?"
    assert lines[-1] == "Errors: 2, warnings: 3."
    told = typed("check", "-c", path, "--json").json
    assert told["level"] == "error"
    assert {finding["what"] for finding in told["findings"]} >= {"smtp", "imap inbox", "mode", "templates"}
    assert all(finding["remedy"] for finding in told["findings"] if finding["level"] == "error")


def test_on_the_first_day_nothing_read_and_nothing_imported_is_no_error(tmp_path: Path, typed: Type) -> None:
    findings = _findings(typed, make_office(tmp_path, language="en"))
    assert [found["level"] for found in findings if found["what"] == "sending"] == ["warning", "warning"]


def test_without_a_database_everything_else_is_looked_at_all_the_same(tmp_path: Path, typed: Type) -> None:
    path = make_office(tmp_path, language="en")
    (tmp_path / "relance.db").unlink()
    findings = _findings(typed, path)
    asked = [finding["what"] for finding in findings]
    assert asked == [
        "configuration",
        "passwords",
        "files",
        "database",
        "disk",
        "smtp",
        "imap inbox",
        "domain",
    ]
    assert "db migrate" in findings[3]["words"]


def test_every_missing_password_is_told_at_once_and_its_server_is_looked_at_without(
    tmp_path: Path, typed: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_office(tmp_path, language="en")
    text = path.read_text().replace('password = "pw"', 'password_env = "RELANCE_NOWHERE"')
    text = text.replace("[smtp]", '[smtp]\nusername = "compta"\npassword_file = "nowhere"')
    path.write_text(text)
    monkeypatch.delenv("RELANCE_NOWHERE", raising=False)
    findings = _findings(typed, path)
    words = [found["words"] for found in findings if found["what"] == "passwords"]
    assert len(words) == 2
    assert words[0].startswith("[smtp]: password_file ")
    assert words[1].startswith("[[mailboxes]] inbox: the environment variable RELANCE_NOWHERE")
    assert {"smtp", "imap inbox"} <= {found["what"] for found in findings}


def test_a_missing_client_secret_is_told_and_its_servers_are_looked_at_without(
    tmp_path: Path, typed: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_office(tmp_path, language="en")
    identity = (
        '[[oauth]]\nname = "office"\nprovider = "microsoft"\nflow = "client_credentials"\ntenant = "t.example"\n'
        'client_id = "x"\nclient_secret_env = "RELANCE_NOWHERE"\nauthority = "https://127.0.0.1:9/t"\n'
    )
    text = path.read_text().replace("[smtp]", f'{identity}[smtp]\nusername = "compta"\noauth = "office"')
    path.write_text(text)
    monkeypatch.delenv("RELANCE_NOWHERE", raising=False)
    findings = _findings(typed, path)
    [found] = [found for found in findings if found["what"] == "passwords"]
    assert found["words"].startswith("[[oauth]] office: the environment variable RELANCE_NOWHERE")
    assert {"smtp", "imap inbox", "domain", "mode"} <= {found["what"] for found in findings}


def test_no_password_is_ever_shown(tmp_path: Path, typed: Type) -> None:
    path = make_office(tmp_path, language="en", password="sésame-ouvre-toi")
    done = typed("check", "-c", path)
    assert "sésame" not in done.out + done.err


def test_a_file_with_a_password_that_anybody_may_read_is_pointed_out(tmp_path: Path, typed: Type) -> None:
    path = make_office(tmp_path, language="en")
    path.chmod(0o644)
    [found] = [found for found in _findings(typed, path) if found["what"] == "files"]
    assert (found["level"], found["remedy"]) == ("warning", f"`chmod 600 {path}`")
    path.chmod(0o600)
    assert [found for found in _findings(typed, path) if found["what"] == "files"] == []


def test_a_file_with_a_client_secret_that_anybody_may_read_is_pointed_out(
    tmp_path: Path, typed: Type
) -> None:
    path = make_office(tmp_path, language="en")
    identity = (
        '[[oauth]]\nname = "office"\nprovider = "microsoft"\nflow = "client_credentials"\ntenant = "t.example"\n'
        'client_id = "x"\nclient_secret_file = "client.secret"\nauthority = "https://127.0.0.1:9/t"\n'
    )
    path.write_text(
        path.read_text().replace("[smtp]", f'{identity}[smtp]\nusername = "compta"\noauth = "office"')
    )
    path.chmod(0o600)
    secret = tmp_path / "client.secret"
    secret.write_text("s3cr3t")
    secret.chmod(0o644)
    [found] = [found for found in _findings(typed, path) if found["what"] == "files"]
    assert (found["level"], found["remedy"]) == ("warning", f"`chmod 600 {secret}`")
    assert "s3cr3t" not in found["words"]


def test_a_database_that_anybody_may_read_is_pointed_out(tmp_path: Path, typed: Type) -> None:
    path = make_office(tmp_path, language="en")
    path.chmod(0o600)
    (tmp_path / "relance.db").chmod(0o644)
    [found] = [found for found in _findings(typed, path) if found["what"] == "files"]
    assert "customers' data" in found["words"]


@pytest.mark.parametrize(
    ("setting", "words", "remedy"),
    [
        ('username = "relance@autre.example"\npassword = "x"', "is not of the account", "from_address"),
        ('reply_to = "factures@ailleurs.example"', "that of no mailbox watched", "[[mailboxes]]"),
    ],
)
def test_settings_that_do_not_fit_together_are_warned_of(
    tmp_path: Path, typed: Type, setting: str, words: str, remedy: str
) -> None:
    path = make_office(tmp_path, language="en")
    path.write_text(path.read_text().replace("[smtp]", f"[smtp]\n{setting}"))
    [found] = [found for found in _findings(typed, path) if found["what"] == "configuration"]
    assert found["level"] == "warning"
    assert words in found["words"]
    assert remedy in found["remedy"]


def test_a_configuration_that_cannot_be_used_is_shown_fault_by_fault_and_ends_with_2(
    tmp_path: Path, typed: Type
) -> None:
    path = make_office(tmp_path, language="en", mode="redirect", sending='redirect_to = "equipe@x.example"')
    text = path.read_text().replace('redirect_to = "equipe@x.example"', "redirct_to = 3")
    path.write_text(text.replace("timeout = 10", "timeout = -1", 1))
    done = typed("check", "-c", path, "--json")
    assert done.code == 2
    assert done.json["level"] == "error"
    words = [found["words"] for found in done.json["findings"]]
    assert len(words) >= 2
    assert all(found["what"] == "configuration" for found in done.json["findings"])
    assert any("redirct_to" in said and f"{path}, line " in said for said in words)
    assert typed("check", "-c", path).code == 2


def test_in_rehearsal_no_question_reaches_the_dns(tmp_path: Path, typed: Type) -> None:
    findings = _findings(typed, make_office(tmp_path, language="en"))
    [found] = [found for found in findings if found["what"] == "domain"]
    assert found["level"] == "ok"
    assert "in rehearsal" in found["words"]


@pytest.mark.parametrize("at", ["soon", "2026-03-02T10:00:00+01:00"])
def test_moving_the_clock_needs_an_instant_and_a_rehearsal(tmp_path: Path, typed: Type, at: str) -> None:
    path = make_office(tmp_path)
    path.write_text(path.read_text("utf-8").replace("[rehearsal]", ""), "utf-8")
    assert typed("check", "-c", path, "--at", at).code == 2


def test_a_configuration_that_is_not_there_is_wrong_usage(tmp_path: Path, typed: Type) -> None:
    done = typed("check", "-c", tmp_path / "none.toml")
    assert done.code == 2
    assert "relance-mailer init" in done.out


# ── in time ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _finding(words: str) -> Finding:
    return Finding(Level.OK, "x", words)


def test_answers_come_in_the_order_of_the_questions_and_what_hangs_is_left_behind() -> None:
    late = threading.Event()

    def hang() -> list[Finding]:
        late.wait()
        return []

    questions = [
        Question(hang, _finding("too late")),
        Question(lambda: [_finding("one"), _finding("two")], _finding("-")),
    ]
    began = time.monotonic()
    found = checks.answers(questions, 0.2)
    took = time.monotonic() - began
    late.set()
    assert [one.words for one in found] == ["too late", "one", "two"]
    assert took < 5


def test_what_a_question_raises_reaches_the_caller() -> None:
    def fail() -> list[Finding]:
        raise LookupError("no such thing")

    with pytest.raises(LookupError, match="no such thing"):
        checks.answers([Question(fail, _finding("-"))], 5)
