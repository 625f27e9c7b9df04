"""A notice leaves only while all that it says is still true, and may be said (rule 2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from relance_mailer.errors import ConflictError, StoreError
from relance_mailer.services import desk, send
from relance_mailer.services.follow_up import start_up
from relance_mailer.store.tables import ContactRow, DebtorRow, NoticeRow
from tests.integration.mail.servers import say, smtp_server
from tests.support.world import World


def correct(world: World, debtor_id: int, **values: Any) -> None:
    """Correct a debtor's particulars, as a later import does."""
    with world.db.write() as session:
        row = session.get(DebtorRow, debtor_id)
        assert row is not None
        for key, value in values.items():
            setattr(row, key, value)
        session.add(row)


def last_reminder(world: World) -> int:
    """Plan a debtor's last reminder, which shows interest and the 40 €; return the debtor."""
    debtor_id, invoice_id = world.owing(overdue=40)
    world.served(invoice_id, "reminder1", "reminder2")
    world.plan()
    notice = world.one(NoticeRow, stage="reminder3")
    assert "40.00" in notice.own_text
    return debtor_id


def approved(world: World) -> tuple[int, int]:
    """Have a formal notice approved; return the debtor and the notice."""
    debtor_id, _ = world.formal()
    world.plan()
    notice = world.one(NoticeRow, stage="formal_notice")
    assert notice.id is not None
    desk.approve_notice(world.office, notice.id, world.now, "Jo")
    return debtor_id, notice.id


def test_a_debtor_found_to_be_a_consumer_never_gets_the_claim_that_was_planned(world: World) -> None:
    debtor_id = last_reminder(world)
    correct(world, debtor_id, kind="consumer")
    assert world.claim().claimed == ()
    world.plan()
    [fresh] = world.rows(NoticeRow, stage="reminder3", state="queued")
    assert "40.00" not in fresh.own_text


def test_a_formal_notice_whose_signer_is_gone_does_not_leave_though_approved(world: World) -> None:
    _, notice_id = approved(world)
    world.configure(creditor__signer_name="")
    assert world.claim().claimed == ()
    assert world.notice(notice_id).state == "superseded"
    assert "signer" in world.notice(notice_id).outcome


def test_a_formal_notice_whose_debtor_lost_its_address_does_not_leave_though_approved(world: World) -> None:
    debtor_id, notice_id = approved(world)
    correct(world, debtor_id, street="")
    assert world.claim().claimed == ()
    assert world.notice(notice_id).state == "superseded"


def test_a_formal_notice_that_became_incomplete_cannot_be_approved(world: World) -> None:
    debtor_id, _ = world.formal()
    world.plan()
    notice = world.one(NoticeRow, stage="formal_notice")
    assert notice.id is not None
    correct(world, debtor_id, siren="")
    with pytest.raises(ConflictError, match="SIREN"):
        desk.approve_notice(world.office, notice.id, world.now, "Jo")


def test_what_needs_an_approval_since_it_was_planned_waits_for_one(world: World) -> None:
    world.owing()
    world.plan()
    stages = [
        {"key": "reminder1", "kind": "reminder", "offset_days": 3, "needs_approval": True},
        {"key": "reminder2", "kind": "reminder", "offset_days": 15},
    ]
    world.configure(policy__stages=stages)
    assert world.claim().claimed == ()
    assert world.states() == ["superseded"]


def test_an_unknown_rate_holds_up_only_the_invoices_that_show_it(world: World) -> None:
    """In January 2030 no rate is known: the first reminder of one invoice leaves, the last one of another waits."""
    world.at(world.now.replace(year=2030, month=1, day=15))
    debtor_id, late = world.owing(overdue=40)
    world.served(late, "reminder1", "reminder2")
    early = world.invoice(debtor_id, overdue=5)
    world.plan()
    notice = world.one(NoticeRow, state="queued")
    assert notice.stage == "reminder1"
    assert world.tasks() == ["rate_unknown"]
    assert early


def test_a_broken_template_of_a_waiting_notice_does_not_stop_the_planning_of_others(world: World) -> None:
    debtor_id, _ = world.formal()
    world.plan()
    world.edit_template("en/formal_notice.md", lambda text: text + "\n{{ nothing_of_this_name }\n")
    world.later(days=20)
    world.invoice(debtor_id, overdue=5)
    other, _ = world.owing("other@elsewhere.example")
    assert world.plan().created >= 1
    assert world.rows(NoticeRow, debtor_id=other, state="queued")
    assert world.rows(NoticeRow, stage="formal_notice", state="superseded")


async def test_the_refusal_of_the_team_s_own_address_in_redirect_says_nothing_of_the_debtor(
    world: World,
) -> None:
    world.configure(sending__mode="redirect", sending__redirect_to="team@creditor.example")
    world.owing()
    world.plan()
    async with smtp_server({"RCPT": say("550 5.1.1 no such user")}) as peer:
        report = await world.drain(peer.port)
    assert report.trouble
    assert world.one(ContactRow).state == "usable"
    assert world.states() == ["queued"]
    assert world.tasks() == ["account"]


def test_an_answer_of_the_server_that_could_not_be_noted_is_in_doubt_at_the_next_look(world: World) -> None:
    world.owing()
    world.plan()
    [claimed] = world.claim().claimed
    assert world.start(claimed)
    with pytest.raises(StoreError), world.db.write() as session:
        send.steps(session, world.office, [], [send.Delivered(claimed, 250, "ok", "")], world.now)
        msg = "disk full"
        raise StoreError(msg)
    assert world.states() == ["sending"]
    world.later(minutes=1)
    assert start_up(world.office, world.now) == 1
    assert world.states() == ["in_doubt"]
    assert world.tasks() == ["in_doubt"]
    assert world.now - world.one(NoticeRow).created_at == timedelta(minutes=1)
