"""The first run in live at the terminal: who waits for whom is said everywhere, and one command lets it go."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from relance_mailer import bootstrap
from relance_mailer import config as configuration
from relance_mailer.clock import FixedClock
from tests.integration.cli.conftest import Done, Type
from tests.support import road
from tests.support.office import MONDAY, Invoice, bring_in, open_office, refresh, write_config
from tests.support.terminal import at_terminal

AT = ("--at", MONDAY.isoformat())
WAITS = "first run in live: it waits for a person"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An installation in live that never sent, with one invoice overdue."""
    path = write_config(tmp_path, language="en")
    bootstrap.install(configuration.load(path), FixedClock(MONDAY))
    with open_office(path) as office:
        bring_in(office, Invoice("F-1", "18/02/2026"))
        refresh(office)
    return path


def ticked(path: Path, *options: str) -> road.Done:
    """Type `tick` in a process of its own, for its log goes to that process's stderr."""
    return road.command(["tick", *options, "-c", str(path), *AT], path.parent)


def shown(typed: Type, path: Path, *command: str) -> Done:
    return typed(*command, "-c", path, *AT)


def test_plan_explain_check_and_tick_say_that_a_person_is_waited_for(typed: Type, path: Path) -> None:
    assert f"Nothing leaves: {WAITS}" in shown(typed, path, "plan").out
    assert WAITS in shown(typed, path, "explain", "F-1").out
    assert WAITS in shown(typed, path, "check").out
    done = ticked(path)
    assert done.code == 1
    assert WAITS in done.err
    assert "Leaving next: 1 message to 1 debtor, €1,200.00 in all" in done.out
    assert "Dupont Menuiserie SARL (C001): first reminder, €1,200.00" in done.out


def test_tick_tells_programs_as_well(path: Path) -> None:
    told = ticked(path, "--json").json["first_run"]
    assert (told["messages"], told["debtors"]) == (1, 1)
    assert told["totals"] == [{"currency": "EUR", "amount": "1200.00"}]
    assert told["first"][0]["debtor"] == "C001"


def test_looking_first_approves_nothing(typed: Type, path: Path) -> None:
    done = shown(typed, path, "approve", "first-run", "--show")
    assert done.code == 0
    assert "1 message to 1 debtor" in done.out
    assert WAITS in shown(typed, path, "plan").out


def test_once_approved_nobody_is_waited_for(typed: Type, path: Path) -> None:
    done = typed("approve", "first-run", "--by", "Nadia", "-c", path, *AT)
    assert done.out.splitlines()[0] == "First run in live approved by Nadia."
    assert "Dupont Menuiserie SARL" in done.out
    for command in (("plan",), ("explain", "F-1"), ("check",)):
        assert WAITS not in shown(typed, path, *command).out
    again = typed("approve", "first-run", "--by", "Nadia", "-c", path, *AT)
    assert (again.code, "no first run waits" in again.err) == (1, True)


def test_in_shadow_plan_lists_what_would_have_been_sent(typed: Type, tmp_path: Path) -> None:
    path = write_config(tmp_path, language="en", mode="shadow")
    bootstrap.install(configuration.load(path), FixedClock(MONDAY))
    with open_office(path) as office:
        bring_in(office, Invoice("F-1", "18/02/2026"))
        refresh(office)
    assert "Would have been sent" not in shown(typed, path, "plan").out
    ticked(path)  # its mailbox is away: fresh enough all the same
    told = shown(typed, path, "plan")
    assert "Would have been sent (rehearsed in the last 7 days)" in told.out
    [line] = [line for line in told.out.splitlines() if "shadow (no. 1)" in line]
    assert "Dupont Menuiserie SARL" in line
    assert "first reminder" in line
    [notice] = shown(typed, path, "plan", "--json").json["rehearsed"]
    assert (notice["state"], notice["invoices"][0]["number"]) == ("recorded", "F-1")


def test_quiet_is_for_cron_and_still_says_what_is_wrong(path: Path) -> None:
    done = ticked(path, "--quiet")
    assert done.code == 1
    assert WAITS in done.err
    assert "received 0" not in done.out


def test_run_at_a_terminal_tells_in_sentences_what_waits_for_approval(tmp_path: Path) -> None:
    extra = f'start = "{MONDAY.isoformat()}"\n'
    path = write_config(tmp_path, language="fr", extra=extra)
    bootstrap.install(configuration.load(path), FixedClock(MONDAY))
    with open_office(path) as office:
        bring_in(office, Invoice("F-1", "18/02/2026"))
        refresh(office)
    with at_terminal("run", "-c", path, folder=tmp_path, environment={}) as terminal:
        terminal.until("Rien ne part : premier envoi réel")
        terminal.until("Dupont Menuiserie SARL (C001)")
        terminal.interrupt()
        assert terminal.end() == 0
    lines = terminal.shown.splitlines()
    assert any(
        re.fullmatch(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d  En marche, mode réel\. .+", line) for line in lines
    )
    assert any(
        re.match(r"Partent ensuite : 1 message à 1 débiteur, 1\s200,00\s€ en tout", line) for line in lines
    )
    assert any(line.endswith("  Arrêt : ce qui est en cours d'envoi se termine d'abord.") for line in lines)
    assert lines[-1].endswith("  Arrêté.")
    assert not re.search(r"\\x|would_leave|\[\'|\{|\x1b", terminal.shown)


def test_tick_at_a_terminal_shows_sentences_and_no_log(path: Path) -> None:
    with at_terminal("tick", "-c", path, *AT, folder=path.parent, environment={}) as terminal:
        assert terminal.end() == 1
    first, second, *_ = terminal.shown.splitlines()
    assert "  Mailbox inbox cannot be read: " in first  # a warning
    assert second.startswith("received 0, planned 0")
    assert "Leaving next: 1 message to 1 debtor" in terminal.shown
    assert not re.search(r"\{|\x1b|event", terminal.shown)
