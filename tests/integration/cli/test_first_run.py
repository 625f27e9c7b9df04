"""The first run in live at the terminal: who waits for whom is said everywhere, and one command lets it go."""

from __future__ import annotations

from pathlib import Path

import pytest

from relance_mailer import bootstrap
from relance_mailer import config as configuration
from relance_mailer.clock import FixedClock
from tests.integration.cli.conftest import Done, Type
from tests.support import road
from tests.support.office import MONDAY, Invoice, bring_in, open_office, refresh, write_config

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
