"""plan: what would leave now and in the days to come, why the rest waits; a look that changes nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from relance_mailer.services import holds
from relance_mailer.services.outlook import outlook
from relance_mailer.store.tables import NoticeInvoiceRow, NoticeRow
from tests.integration.cli.conftest import Type
from tests.support.office import MONDAY, Invoice, bring_in, make_office, open_office, refresh
from tests.support.world import World

PARIS = ZoneInfo("Europe/Paris")
NOTICE = {"at", "creditor", "debtor", "channel", "template", "needs_approval", "totals", "invoices"}


def test_json_has_the_promised_shape(world: World, in_world: Type) -> None:
    debtor_id = world.debtor(reference="C042")
    world.invoices(
        debtor_id,
        [
            {"number": "F1", "overdue": 5},
            {"number": "F2", "overdue": 4, "total": "80.50"},
            {"number": "F3", "overdue": -30},
        ],
    )
    told = in_world("plan", "--json").json

    [notice] = told["notices"]
    assert notice.keys() >= NOTICE
    assert datetime.fromisoformat(notice["at"]) == world.now
    assert notice["at"].endswith("+01:00")
    assert (notice["debtor"], notice["channel"], notice["template"]) == ("C042", "email", "en/reminder1.md")
    assert notice["needs_approval"] is False
    assert notice["totals"] == [{"currency": "EUR", "amount": "1330.50"}]
    assert notice["invoices"] == [
        {"number": "F1", "stage": "reminder1", "outstanding": "1250.00", "currency": "EUR"},
        {"number": "F2", "stage": "reminder1", "outstanding": "80.50", "currency": "EUR"},
    ]
    [waiting] = told["waiting"]
    assert (waiting["invoice"], waiting["debtor"]) == ("F3", "C042")
    assert waiting["reason"] == "the next stage's day has not come"
    assert datetime.fromisoformat(waiting["until"]) > world.now
    assert told["gates"] == []
    assert told["mode"] == "live"


def test_a_look_changes_nothing(world: World, in_world: Type) -> None:
    world.owing()
    before = world.entries()
    in_world("plan", "--days", 90)
    assert world.entries() == before
    assert world.rows(NoticeRow) == []


def test_what_is_foreseen_is_what_planning_makes(world: World) -> None:
    world.owing()
    debtor_id = world.debtor(name="Zola SA")
    world.invoices(debtor_id, [{"overdue": 20}, {"overdue": 4, "currency": "CHF"}, {"overdue": 3}])
    world.formal("a@formal.example")
    foreseen = [(n.debtor_name, n.stage, {x.number for x in n.lines}) for n in _foreseen(world)]

    world.plan()
    made = [(n.debtor_name, n.stage, {x.number for x in n.lines}) for n in _foreseen(world)]
    assert sorted(map(repr, foreseen)) == sorted(map(repr, made))
    assert all(notice.id is not None for notice in _foreseen(world))


def _foreseen(world: World, days: int = 0) -> list[Any]:
    return list(outlook(world.office, world.now, days).notices)


def test_days_ahead_are_what_the_days_then_bring(world: World) -> None:
    """Every message foreseen for two months is made at its instant, and no other, though one looks every noon."""
    debtor_id = world.debtor()
    world.invoices(debtor_id, [{"overdue": 5}, {"overdue": -4}, {"overdue": -20}])
    _, held = world.owing("other@debtor.example", overdue=12)
    with world.db.write() as session:
        holds.open_hold(session, world.office, 2, held, "manual", date(2026, 3, 20), world.now)
    foreseen = {(n.at, n.stage, tuple(x.stage for x in n.lines)) for n in _foreseen(world, 60)}

    made = set()
    noons = {world.now + timedelta(days=days, hours=1) for days in range(60)}
    for at in sorted(noons | {at for at, _, _ in foreseen}):
        world.at(at)
        known = {row.id for row in world.rows(NoticeRow)}
        world.plan()
        for row in world.rows(NoticeRow):
            if row.id not in known:
                members = world.rows(NoticeInvoiceRow, notice_id=row.id)
                made.add((at, row.stage, tuple(member.stage for member in members)))
        world.deliver()
    assert made == foreseen
    assert len(foreseen) > 8
    reached = {stage for _, _, stages in foreseen for stage in stages}
    assert reached == {"predue", "reminder1", "reminder2", "reminder3", "formal_notice"}


def test_a_formal_notice_is_foreseen_once_for_it_waits_for_approval(world: World) -> None:
    world.formal()
    [notice] = _foreseen(world, 365)
    assert notice.needs_approval


def test_notices_that_exist_are_shown_with_their_id(world: World, in_world: Type) -> None:
    world.owing("a@one.example", name="Ane SA")
    world.formal("b@two.example", name="Bode SA")
    world.plan()
    told = {notice["state"]: notice for notice in in_world("plan", "--json").json["notices"]}
    assert told.keys() == {"queued", "awaiting_approval"}
    assert told["awaiting_approval"]["at"] is None
    assert told["awaiting_approval"]["needs_approval"] is True
    words = in_world("plan").out
    for notice in told.values():
        assert f"(no. {notice['id']})" in words


def test_closed_gates_and_the_mode_stand_above(world: World, in_world: Type) -> None:
    world.owing()
    world.later(fresh=False, days=10)
    words = in_world("plan").out
    assert words.splitlines()[0] == "Mode: live"
    assert "Nothing leaves: the inbox was not read to its end" in words
    assert "Nothing leaves: payments are not up to date (last import: 10 Mar 2026)" in words
    assert len(in_world("plan", "--json").json["gates"]) == 2


def test_a_pause_is_told_in_words_with_its_end(world: World, in_world: Type) -> None:
    debtor_id, invoice_id = world.owing()
    with world.db.write() as session:
        holds.open_hold(
            session, world.office, debtor_id, invoice_id, "promise_to_pay", date(2026, 3, 20), world.now
        )
    told = in_world("plan", "--json").json
    assert told["notices"] == []
    [waiting] = told["waiting"]
    assert waiting["reason"] == "on hold: promise to pay"
    assert waiting["until"] == "2026-03-23T09:00:00+01:00"


def test_without_rehearsal_a_look_at_another_day_is_allowed_and_freshness_stays_todays(
    tmp_path: Path, typed: Type
) -> None:
    """A look ahead is no stale inbox: what stands in the way is said of the present."""
    path = make_office(tmp_path)
    with open_office(path) as office:
        bring_in(office, Invoice("F1", due="20/03/2026"))
        refresh(office)
    _without_rehearsal(path)
    later = datetime(2026, 6, 1, 10, tzinfo=PARIS)
    told = typed("plan", "--config", path, "--at", later.isoformat(), "--json")
    assert told.code == 0
    assert [notice["invoices"][0]["number"] for notice in told.json["notices"]] == ["F1"]
    assert told.json["at"] == later.isoformat()
    assert typed("tick", "--config", path, "--at", later.isoformat()).code == 2


def _without_rehearsal(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "[rehearsal]" in text
    path.write_text(text.replace("[rehearsal]", ""), "utf-8")


@pytest.mark.parametrize("at", ["tomorrow", "2026-03-02T10:00:00"])
def test_an_instant_that_is_none_is_wrong_usage(tmp_path: Path, typed: Type, at: str) -> None:
    done = typed("plan", "--config", make_office(tmp_path), "--at", at)
    assert done.code == 2
    assert "for example" in done.err


def test_nothing_at_all_is_said_as_such(tmp_path: Path, typed: Type) -> None:
    done = typed("plan", "--config", make_office(tmp_path), "--at", MONDAY.isoformat())
    assert done.code == 0
    assert "Aucun message à envoyer." in done.out
    assert "Aucune facture en attente." in done.out
