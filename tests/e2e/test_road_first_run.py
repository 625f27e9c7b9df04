"""The road on real servers: the first run in live waits for a person, and `run` and `tick` say what they are at."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest

from tests.support.road import MONDAY, Invoice, Road

pytestmark = pytest.mark.real


def _untouched(road: Road) -> str:
    """Install in live without anybody's approval, with one invoice overdue; return the debtor's address."""
    road.configure()
    road.run("db", "migrate")
    debtor = road.bed.user("durand")
    road.invoices(Invoice("F-1", "DURAND", debtor))
    return debtor


def test_the_daemon_says_what_will_leave_and_goes_on_once_a_person_approves(road: Road) -> None:
    debtor = _untouched(road)
    with road.daemon(MONDAY) as running:
        waits = running.wait_for("nothing leaves", gate="first_run")
        assert "approve first-run" in waits["why"]
        assert "DURAND SARL (DURAND)" in waits["would_leave"][1]
        assert road.rows("notice") == []
        said = road.run("approve", "first-run", "--by", "nadia").out
        assert "DURAND SARL (DURAND)" in said
        running.wait_for("messages may leave again")
        assert len(road.bed.wait_for(debtor)) == 1
    assert len(road.rows("notice")) == 1
    [approved] = road.rows("setting", "key = 'first_run'")
    assert approved["changed_by"] == "nadia"


def test_at_its_start_the_daemon_says_what_it_watches_and_what_leaves_next(road: Road) -> None:
    road.install()
    road.invoices(Invoice("F-1", "DURAND", road.bed.user("durand"), due=MONDAY.date()))
    with road.daemon(MONDAY) as running:
        started = running.wait_for("running", mode="live", trusted=True)
        assert started["mailboxes"] == [f"inbox: {road.me} at 127.0.0.1:{road.bed.imap_port}"]
        ahead = running.wait_for("next to leave")
        assert (ahead["waiting"], ahead["messages"]) == (1, 1)
        assert ahead["at"] == "2025-09-25T09:00:00+02:00"  # the third day after the due date


def test_an_unusual_run_is_told_once_with_what_to_do_and_goes_on_when_allowed(road: Road) -> None:
    road.install(policy={"brake_first_contacts": 1})
    first, second = road.bed.user("durand"), road.bed.user("martin")
    road.invoices(Invoice("F-1", "DURAND", first), Invoice("F-2", "MARTIN", second))
    with road.daemon(MONDAY) as running:
        braked = running.wait_for("unusual run: waiting for a person", messages=2, first_contacts=2)
        assert "approve run" in braked["words"]
        checked = road.run("check", "--json", at=MONDAY, code=None).json["findings"]
        assert [found["level"] for found in checked if "approve run" in found["words"]] == ["warning"]
        road.run("approve", "run", "--by", "nadia", at=MONDAY)
        assert len(road.bed.wait_for(first)) == len(road.bed.wait_for(second)) == 1
        assert len(running.said("unusual run: waiting for a person")) == 1


def test_ctrl_c_once_is_an_ordered_stop_in_words(road: Road) -> None:
    road.install()
    with road.daemon(MONDAY) as running:
        running.wait_for("running")
        running.signal(signal.SIGINT)
        assert running.process.wait(10) == 0
        assert running.said("stopping: what is being sent comes to its end first")
        assert running.said("stopped")


def test_a_quiet_tick_says_nothing_where_nothing_happened(road: Road) -> None:
    road.install()
    debtor = road.bed.user("durand")
    road.invoices(Invoice("F-1", "DURAND", debtor))
    first = road.run("tick", "--quiet", at=MONDAY)
    assert "envoyés 1" in first.out
    second = road.run("tick", "--quiet", at=MONDAY + timedelta(minutes=1))
    assert (second.out, second.err) == ("", "")
    assert "envoyés 0" in road.run("tick", at=MONDAY + timedelta(minutes=2)).out
