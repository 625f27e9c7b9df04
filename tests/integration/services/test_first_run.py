"""The first run in live: nothing leaves before a person has seen what will, and the brake knows what was seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from relance_mailer.errors import ConflictError
from relance_mailer.services import first_run, forecast
from relance_mailer.services.gates import FIRST_RUN, Gate, GateKind
from relance_mailer.services.reader import Reader
from relance_mailer.services.send import Claims
from relance_mailer.store import settings
from relance_mailer.store.tables import NoticeRow, SettingRow
from tests.support.world import World, install, opened

WAITS = Gate(GateKind.FIRST_RUN)


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an installation that never sent."""
    return install(tmp_path_factory.mktemp("untouched"), approved=False)


@pytest.fixture
def fresh(tmp_path: Path, untouched: Path, reader: Reader) -> Iterator[World]:
    """A world on its first day in live."""
    with opened(tmp_path, untouched, reader) as world:
        yield world


def approve(world: World, by: str = "Claire") -> forecast.Forecast:
    return first_run.approve(world.office, world.now, by)


def forget(world: World) -> None:
    """Take the approval back, as nobody can."""
    with world.db.write() as session:
        session.delete(session.get(SettingRow, (world.office.creditor_id, FIRST_RUN)))


# ── the gate ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_planned_before_a_person_approves(fresh: World) -> None:
    fresh.owing()
    report = fresh.plan()
    assert (report.gates, fresh.rows(NoticeRow)) == ((WAITS,), [])
    approve(fresh)
    assert fresh.plan().created == 1
    assert len(fresh.claim().claimed) == 1


def test_the_gate_is_read_again_where_a_message_is_claimed(fresh: World) -> None:
    fresh.owing()
    approve(fresh)
    fresh.plan()
    forget(fresh)
    assert fresh.claim() == Claims()
    assert fresh.states() == ["queued"]


@pytest.mark.parametrize("mode", ["shadow", "redirect"])
def test_a_rehearsal_asks_nobody(fresh: World, mode: str) -> None:
    fresh.configure(sending__mode=mode, sending__redirect_to="equipe@creditor.example")
    fresh.owing()
    assert fresh.plan().created == 1


def test_what_was_rehearsed_is_no_first_run(fresh: World) -> None:
    fresh.configure(sending__mode="shadow")
    fresh.owing()
    fresh.plan()
    assert fresh.claim().recorded == 1
    fresh.configure(sending__mode="live")
    assert fresh.gates() == (WAITS,)


def test_an_installation_that_sent_in_live_before_asks_nobody(fresh: World) -> None:
    _, invoice = fresh.owing()
    fresh.served(invoice, "reminder1")
    assert fresh.gates() == ()


def test_once_approved_stays_approved(fresh: World) -> None:
    approve(fresh)
    fresh.configure(sending__mode="shadow")
    fresh.later(days=90)
    fresh.configure(sending__mode="live")
    assert fresh.gates() == ()


def test_a_copy_that_nobody_released_is_shadow_and_asks_nothing(fresh: World) -> None:
    (fresh.folder / "relance.db.state.json").unlink()
    fresh.configure()
    assert fresh.gates() == ()


# ── what the person sees and what is kept of it ──────────────────────────────────────────────────────────────────


def test_the_person_sees_how_much_leaves_to_whom_and_when(fresh: World) -> None:
    for number in range(6):
        fresh.invoice(fresh.debtor(f"d{number}@debtor.example", name=f"Client {number}"), total="100.00")
    fresh.invoice(fresh.debtor("uk@debtor.example", name="Smith"), total="80.00", currency="GBP")
    fresh.formal("formal@debtor.example")
    seen = forecast.forecast(fresh.office, fresh.now)
    assert (len(seen.notices), seen.debtors, seen.at, seen.to_approve) == (7, 7, fresh.now, 1)
    assert {str(total) for total in seen.totals} == {"600.00 EUR", "80.00 GBP"}
    head, *lines = forecast.told(fresh.office, seen)
    assert "7 messages to 7 debtors" in head
    assert "€600.00" in head
    assert len(lines) == 6
    assert lines[0] == "  10 Mar 2026 10:30  Client 0 (C1): first reminder, €100.00"
    assert lines[-1] == "  and 2 more"


def test_at_the_weekend_the_person_sees_what_leaves_on_monday(fresh: World) -> None:
    fresh.at(datetime(2026, 3, 14, 15, tzinfo=UTC))
    fresh.owing()
    seen = forecast.forecast(fresh.office, fresh.now)
    assert seen.at == datetime(2026, 3, 16, 8, tzinfo=UTC)


def test_where_nothing_leaves_that_is_said(fresh: World) -> None:
    seen = approve(fresh)
    assert forecast.told(fresh.office, seen) == ("Nothing leaves within 7 days.",)


def test_looking_ahead_changes_nothing(fresh: World) -> None:
    fresh.owing()
    before = fresh.entries("setting:first_run"), fresh.gates()
    forecast.forecast(fresh.office, fresh.now)
    assert (fresh.entries("setting:first_run"), fresh.gates()) == before
    assert fresh.rows(NoticeRow) == []


def test_the_ledger_keeps_who_approved_when_and_what_was_shown_without_names(fresh: World) -> None:
    fresh.owing(name="Dupont SARL")
    approve(fresh, "Nadia")
    [entry] = fresh.entries("setting:first_run")
    assert (entry.kind, entry.actor, entry.at) == ("switched", "Nadia", fresh.now)
    assert entry.payload is not None
    value = entry.payload["value"]
    assert (value["messages"], value["debtors"]) == (1, 1)
    assert value["totals"] == [{"currency": "EUR", "amount": "1250.00"}]
    assert "Dupont" not in str(entry.payload)


def test_it_is_approved_once(fresh: World) -> None:
    approve(fresh)
    with pytest.raises(ConflictError, match="no first run waits"):
        approve(fresh)


def test_in_shadow_there_is_nothing_to_approve(fresh: World) -> None:
    fresh.configure(sending__mode="shadow")
    with pytest.raises(ConflictError, match="shadow"):
        approve(fresh)
    with fresh.db.read() as session:
        assert settings.read(session, fresh.office.creditor_id, FIRST_RUN) is None


# ── the brake ────────────────────────────────────────────────────────────────────────────────────────────────────


def _many(world: World, count: int, name: str) -> None:
    for number in range(count):
        world.owing(f"{name}{number}@{name}{number}.example", name=f"{name} {number}")


def test_a_volume_that_was_seen_is_not_asked_about_twice(fresh: World) -> None:
    _many(fresh, 25, "client")
    approve(fresh)
    report = fresh.plan()
    assert (report.braked, report.created) == (None, 25)


def test_more_than_was_seen_is_braked_all_the_same(fresh: World) -> None:
    _many(fresh, 25, "client")
    approve(fresh)
    _many(fresh, 1, "late")
    report = fresh.plan()
    assert report.created == 0
    assert report.braked is not None
    assert report.braked.first_contacts == 26


def test_what_was_seen_holds_for_a_day_from_the_first_message_on(fresh: World) -> None:
    fresh.at(datetime(2026, 3, 13, 20, tzinfo=UTC))  # a Friday evening: the first leaves on Monday at nine
    _many(fresh, 25, "client")
    approve(fresh)
    fresh.at(datetime(2026, 3, 17, 8, 30, tzinfo=UTC))
    report = fresh.plan()
    assert report.braked is not None
    fresh.at(datetime(2026, 3, 16, 9, tzinfo=UTC))
    assert fresh.plan().created == 25
