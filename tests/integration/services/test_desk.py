"""What people decide: what each decision needs, what it does, and that their name stands beside it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relance_mailer.errors import ConflictError, NotFoundError
from relance_mailer.services import desk
from relance_mailer.store.tables import NoticeRow, ReplyRow, TaskRow
from tests.support.world import World, letter


def waiting(world: World) -> int:
    """Plan a formal notice and return its id."""
    world.plan()
    formal = world.one(NoticeRow, stage="formal_notice", state="awaiting_approval")
    assert formal.id is not None
    return formal.id


def test_an_approval_is_noted_with_name_day_and_deadline(world: World) -> None:
    world.formal()
    notice_id = waiting(world)
    assert desk.approve_notice(world.office, notice_id, world.now, "Jo") == world.now
    told = world.told(f"notice:{notice_id}", "approved")
    assert (told["by"], told["deadline"], told["sha256"]) == (
        "Jo",
        "2026-03-25",
        world.notice(notice_id).sha256,
    )
    assert world.tasks() == []


def test_a_notice_is_approved_once(world: World) -> None:
    world.formal()
    notice_id = waiting(world)
    desk.approve_notice(world.office, notice_id, world.now, "Jo")
    with pytest.raises(ConflictError, match="waits for no approval: it is queued"):
        desk.approve_notice(world.office, notice_id, world.now, "Kim")


def test_what_does_not_exist_cannot_be_approved(world: World) -> None:
    with pytest.raises(NotFoundError, match="there is no notice 404"):
        desk.approve_notice(world.office, 404, world.now, "Jo")


def test_a_reminder_needs_no_approval(world: World) -> None:
    world.owing()
    world.plan()
    with pytest.raises(ConflictError, match="waits for no approval"):
        desk.approve_notice(world.office, 1, world.now, "Jo")


def test_the_approver_sees_the_form_of_the_sending_day(world: World) -> None:
    world.formal()
    notice_id = waiting(world)
    world.later(hours=10)
    leaves, text = desk.preview_notice(world.office, notice_id, world.now)
    assert leaves == world.now.replace(hour=8, minute=0) + timedelta(days=1)
    assert "11 March 2026" in text.text
    desk.approve_notice(world.office, notice_id, world.now, "Jo")
    assert world.notice(notice_id).own_text == text.text


def test_a_preview_of_what_no_longer_stands_is_refused_and_changes_nothing(world: World) -> None:
    _, invoice = world.formal()
    notice_id = waiting(world)
    world.pay(invoice, "50.00")
    with pytest.raises(ConflictError, match="no longer stands"):
        desk.preview_notice(world.office, notice_id, world.now)
    assert world.notice(notice_id).state == "awaiting_approval"


def test_refused_twice_is_once(world: World) -> None:
    world.formal()
    notice_id = waiting(world)
    desk.refuse_notice(world.office, notice_id, "we spoke", world.now, "Jo")
    with pytest.raises(ConflictError):
        desk.refuse_notice(world.office, notice_id, "again", world.now, "Jo")
    assert world.story(notice_id)[-2:] == ["refused", "task_done"]


def test_letting_an_unusual_run_go_is_noted_with_the_name(world: World) -> None:
    for n in range(21):
        world.owing(f"accounts@debtor{n}.example")
    assert world.plan().braked
    desk.approve_run(world.office, world.now, "Jo")
    [entry] = world.entries("setting:run_approved")
    assert (entry.kind, entry.actor) == ("switched", "Jo")


def test_releasing_the_installation_is_noted_with_the_reason_and_the_name(world: World) -> None:
    (world.folder / "relance.db.state.json").unlink()
    world.configure()
    assert world.office.mode == "shadow"
    desk.release_installation(world.office, world.now, "Jo")
    [entry] = world.entries("installation:1")
    assert entry.actor == "Jo"
    assert entry.payload is not None
    assert "missing" in entry.payload["why"]
    world.configure()
    assert world.office.mode == "live"


def test_a_task_done_is_noted_with_the_name(world: World) -> None:
    world.take(letter("Bonjour, quelles sont vos heures ?", sender="who@elsewhere.example"))
    task = world.task("unmatched")
    assert task.id is not None
    desk.do_task(world.office, task.id, world.now, "Jo")
    assert world.tasks() == []
    assert (world.one(TaskRow, id=task.id).done_by, world.one(ReplyRow).handled_by) == ("Jo", "Jo")
    with pytest.raises(NotFoundError):
        desk.do_task(world.office, task.id, world.now, "Jo")


def test_an_unknown_reply_cannot_be_dealt_with(world: World) -> None:
    with pytest.raises(NotFoundError, match="there is no reply 404"):
        desk.handle_reply(world.office, 404, world.now, "Jo")


def test_every_decision_of_a_person_lengthens_the_chain_that_verifies(world: World) -> None:
    world.formal()
    before = len(world.entries())
    desk.approve_notice(world.office, waiting(world), world.now, "Jo")
    desk.stop_all(world.office, world.now, "Jo")
    desk.release_all(world.office, world.now, "Jo")
    assert [entry.actor for entry in world.entries()][before:].count("Jo") == 4
    world.verify()


def test_where_no_run_waits_none_can_be_approved(world: World) -> None:
    with pytest.raises(ConflictError, match="no run waits"):
        desk.approve_run(world.office, world.now, "Jo")


def test_a_pause_that_would_have_ended_already_is_refused(world: World) -> None:
    world.owing()
    with pytest.raises(ConflictError, match="in the past"):
        desk.hold(world.office, "F-2026-002", world.today - timedelta(days=1), "manual", world.now, "Jo")
    assert world.holds() == []


def test_an_answer_that_a_person_matches_pauses_its_debtor_s_invoices(world: World) -> None:
    debtor_id, _ = world.owing(reference="C77")
    world.take(letter("Bonjour, nous ne comprenons pas.", sender="stranger@nowhere.example"))
    reply = world.one(ReplyRow)
    assert reply.id is not None
    assert reply.debtor_id is None
    assert desk.match_reply(world.office, reply.id, "C77", world.now, "Jo") == "C77"
    assert world.one(ReplyRow).debtor_id == debtor_id
    assert [reason for reason, _ in world.holds()] == ["to_check"]
    assert world.told(f"reply:{reply.id}", "corrected")["debtor"] == debtor_id


def test_a_message_can_be_read_as_it_was_written(world: World) -> None:
    world.owing()
    world.plan()
    assert desk.read_notice(world.office, 1).own_text.startswith(("Dear", "Hello"))
    with pytest.raises(NotFoundError, match="no message 404"):
        desk.read_notice(world.office, 404)
