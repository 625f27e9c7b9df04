"""Claiming: every fact is read again in the transaction that takes a notice (rule 2), and no stage is taken twice."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from relance_mailer.errors import ConflictError, Scope
from relance_mailer.services import desk, send
from relance_mailer.services.follow_up import start_up
from relance_mailer.store.tables import (
    AttemptRow,
    ContactRow,
    DebtorRow,
    HoldRow,
    InvoiceRow,
    NoticeInvoiceRow,
    NoticeRow,
)
from tests.support.world import DEBTOR_ADDRESS, OTHER_IBAN, World


def hold_quietly(world: World, invoice_id: int) -> None:
    """Write a hold down as another process would between planning and claim: no service withdraws anything."""
    invoice = world.one(InvoiceRow, id=invoice_id)
    with world.db.write() as session:
        session.add(
            HoldRow(
                creditor_id=invoice.creditor_id,
                debtor_id=invoice.debtor_id,
                invoice_id=invoice_id,
                reason="manual",
                since=world.today,
                owner="Jo",
                created_at=world.now,
                created_by="Jo",
            )
        )


# ── a notice whose facts changed is superseded, and its invoices decided anew ────────────────────────────────


def test_a_hold_between_planning_and_claim_withdraws_the_notice(world: World) -> None:
    _, invoice = world.owing()
    world.plan()
    hold_quietly(world, invoice)
    assert world.claim() == send.Claims(settled=1)
    notice = world.one(NoticeRow)
    assert (notice.state, notice.outcome) == ("superseded", "on hold: manual hold")
    assert world.told("notice:1", "superseded") == {"why": "on hold: manual hold"}
    assert world.plan().created == 0


def test_a_hold_of_the_whole_debtor_withdraws_what_waits(world: World) -> None:
    debtor, _ = world.owing()
    world.plan()
    reference = world.one(DebtorRow, id=debtor).reference
    desk.hold(world.office, reference, None, "manual", world.now, "Jo")
    assert world.states() == ["superseded"]
    assert world.claim() == send.Claims()


def test_a_paid_invoice_withdraws_its_notice(world: World) -> None:
    _, invoice = world.owing()
    world.plan()
    world.pay(invoice, "1250.00")
    assert world.claim().claimed == ()
    assert (world.one(NoticeRow).state, world.one(NoticeRow).outcome) == ("superseded", "paid")
    assert world.plan().created == 0


def test_a_payment_in_part_makes_a_new_notice_with_the_new_sum(world: World) -> None:
    _, invoice = world.owing()
    world.plan()
    world.pay(invoice, "250.00")
    assert world.claim().claimed == ()
    assert world.one(NoticeRow).outcome == "sums, address or text have changed"
    assert world.remind().state == "sent"
    first, second = world.rows(NoticeInvoiceRow)
    assert (first.outstanding_minor, second.outstanding_minor) == (125_000, 100_000)
    assert "€1,000.00" in world.notice(2).own_text


def test_one_paid_invoice_of_two_leaves_the_other_its_reminder(world: World) -> None:
    debtor, paid = world.owing()
    owed = world.invoice(debtor, number="OWED")
    world.plan()
    world.pay(paid, "1250.00")
    world.claim()
    notice = world.remind()
    assert [row.invoice_id for row in world.rows(NoticeInvoiceRow, notice_id=notice.id)] == [owed]


def test_a_changed_address_makes_a_new_notice_to_the_new_one(world: World) -> None:
    world.owing()
    world.plan()
    with world.db.write() as session:
        contact = session.get(ContactRow, 1)
        assert contact is not None
        contact.address = "new@debtor.example"
    assert world.claim().claimed == ()
    assert world.one(NoticeRow).state == "superseded"
    assert world.remind().to_address == "new@debtor.example"


def test_an_address_gone_dead_withdraws_the_notice_and_asks(world: World) -> None:
    world.owing()
    world.plan()
    with world.db.write() as session:
        contact = session.get(ContactRow, 1)
        assert contact is not None
        contact.state = "dead"
    assert world.claim().claimed == ()
    assert world.one(NoticeRow).outcome == "no address to write to"
    world.plan()
    assert world.tasks() == ["no_contact"]


def test_a_changed_template_makes_a_new_notice_with_the_new_words(world: World) -> None:
    world.owing()
    world.plan()
    world.edit_template("en/reminder1.md", lambda text: text + "\n\nWith our thanks in advance, truly.\n")
    assert world.claim().claimed == ()
    assert "truly" in world.remind().own_text


def test_a_template_of_another_stage_changes_nothing(world: World) -> None:
    world.owing()
    world.plan()
    world.edit_template("en/reminder2.md", lambda text: text + "\n\nTruly.\n")
    assert len(world.claim().claimed) == 1


def test_a_template_that_broke_after_planning_stops_only_its_own_notices(world: World) -> None:
    world.owing()
    world.owing("fr@other.example", language="fr")
    world.plan()
    world.edit_template("en/reminder1.md", lambda text: text + "{% if %}")
    assert [claimed.recipient for claimed in world.claim().claimed] == ["fr@other.example"]
    world.plan()
    assert world.tasks() == ["template"]


def test_a_changed_iban_stops_everything_until_a_second_person_approves_it(world: World) -> None:
    world.owing()
    world.plan()
    world.configure(creditor__iban=OTHER_IBAN)
    assert world.claim() == send.Claims()
    assert [gate.kind for gate in world.gates()] == ["iban"]
    desk.approve_iban(world.office, world.now, "Jo")
    world.claim()
    assert world.one(NoticeRow).state == "superseded"
    notice = world.remind()
    assert OTHER_IBAN[-3:] in notice.own_text


def test_a_changed_due_date_supersedes(world: World) -> None:
    _, invoice = world.owing(overdue=5)
    world.plan()
    with world.db.write() as session:
        row = session.get(InvoiceRow, invoice)
        assert row is not None
        row.due += timedelta(days=30)
    assert world.claim().claimed == ()
    assert world.states() == ["superseded"]


@pytest.mark.parametrize(("hours", "state"), [(24, "claimed"), (24.01, "superseded")])
def test_a_notice_older_than_a_day_is_superseded(world: World, hours: float, state: str) -> None:
    world.owing()
    world.plan()
    world.later(hours=hours)
    world.claim()
    assert world.states() == [state]


def test_an_old_notices_invoices_are_decided_anew_and_rendered_afresh(world: World) -> None:
    world.owing()
    world.plan()
    world.later(hours=25)
    world.claim()
    assert world.one(NoticeRow).outcome == "older than a day"
    notice = world.remind()
    assert notice.rendered_at == world.now


def test_outside_the_window_a_notice_waits_for_the_next_opening(world: World) -> None:
    world.owing()
    world.plan()
    world.later(hours=8)  # 18:30 in Paris
    assert world.claim().claimed == ()
    notice = world.one(NoticeRow)
    assert (notice.state, notice.next_attempt_at) == (
        "queued",
        world.now.replace(hour=8, minute=0) + timedelta(days=1),
    )


def test_while_a_gate_is_closed_nothing_is_claimed_and_nothing_changes(world: World) -> None:
    world.owing()
    world.plan()
    desk.stop_all(world.office, world.now, "Jo")
    assert world.claim() == send.Claims()
    assert world.states() == ["queued"]
    desk.release_all(world.office, world.now, "Jo")
    assert len(world.claim().claimed) == 1


def test_a_stage_that_left_the_policy_withdraws_its_notices(world: World) -> None:
    world.owing()
    world.formal("formal@other.example")
    world.plan()
    stage = {"key": "nudge", "kind": "reminder", "offset_days": 3}
    world.configure(policy__stages=[stage])
    assert world.claim().claimed == ()
    assert world.one(NoticeRow, stage="reminder1", state="superseded").outcome.startswith(
        "the policy changed"
    )
    formal = world.one(NoticeRow, stage="formal_notice")
    assert formal.id is not None
    with pytest.raises(ConflictError):
        desk.approve_notice(world.office, formal.id, world.now, "Jo")


def test_a_notice_of_another_mode_never_leaves_in_this_one(world: World) -> None:
    world.configure(sending__mode="redirect", sending__redirect_to="team@creditor.example")
    world.owing()
    world.plan()
    world.configure(sending__mode="live")
    assert world.claim().claimed == ()
    assert world.states() == ["superseded"]


# ── one at a time ────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_claimed_is_not_claimed_again(world: World) -> None:
    world.owing()
    world.plan()
    assert [len(world.claim().claimed), len(world.claim().claimed)] == [1, 0]


def test_the_limit_of_a_round_is_kept(world: World) -> None:
    for place in range(5):
        world.owing(f"d{place}@debtor{place}.example")
    world.plan()
    assert [len(world.claim(2).claimed) for _ in range(4)] == [2, 2, 1, 0]


def test_the_same_stage_of_an_invoice_is_refused_by_the_database_itself(world: World) -> None:
    world.owing()
    world.plan()
    first = world.one(NoticeInvoiceRow)
    second = {**world.one(NoticeRow).model_dump(), "id": 2, "message_id": "<2@creditor.example>"}
    with world.db.write() as session:
        session.add(NoticeRow(**second))
    member = {**first.model_dump(), "notice_id": 2}
    with pytest.raises(IntegrityError, match=r"notice_invoice\.invoice_id"):
        add_member(world, member)


def add_member(world: World, member: dict[str, Any]) -> None:
    with world.db.write() as session:
        session.add(NoticeInvoiceRow(**member))


def test_a_hold_after_the_claim_forbids_the_content(world: World) -> None:
    _, invoice = world.owing()
    world.plan()
    [claimed] = world.claim().claimed
    desk.hold(world.office, world.one(InvoiceRow, id=invoice).number, None, "manual", world.now, "Jo")
    assert not world.start(claimed)
    assert world.states() == ["superseded"]


def test_a_hold_after_the_content_began_no_longer_stops_it(world: World) -> None:
    _, invoice = world.owing()
    world.plan()
    [claimed] = world.claim().claimed
    assert world.start(claimed)
    desk.hold(world.office, world.one(InvoiceRow, id=invoice).number, None, "manual", world.now, "Jo")
    world.accept(claimed)
    assert world.states() == ["sent"]


@pytest.mark.parametrize(
    ("code", "scope"), [(550, Scope.RECIPIENT), (451, Scope.RECIPIENT), (421, Scope.ACCOUNT)]
)
def test_a_refusal_of_what_a_hold_withdrew_meanwhile_changes_nothing(
    world: World, code: int, scope: Scope
) -> None:
    _, invoice = world.owing()
    world.plan()
    [claimed] = world.claim().claimed
    desk.hold(world.office, world.one(InvoiceRow, id=invoice).number, None, "manual", world.now, "Jo")
    world.refuse(claimed, code, "no", scope=scope)
    assert world.states() == ["superseded"]
    assert world.one(AttemptRow).answer == "no"


# ── starting again ───────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_claimed_at_a_crash_is_given_back(world: World) -> None:
    world.owing()
    world.plan()
    world.claim()
    assert start_up(world.office, world.now) == 0
    assert world.states() == ["queued"]
    assert len(world.claim().claimed) == 1


def test_what_was_sending_at_a_crash_is_in_doubt_and_never_sent_again(world: World) -> None:
    world.owing()
    world.plan()
    [claimed] = world.claim().claimed
    world.start(claimed)
    assert start_up(world.office, world.now) == 1
    assert (world.states(), world.tasks()) == (["in_doubt"], ["in_doubt"])
    for _ in range(3):
        world.later(days=10)
        world.plan()
        assert world.claim().claimed == ()
    assert world.states() == ["in_doubt"]


def test_a_person_says_that_a_notice_in_doubt_left(world: World) -> None:
    world.owing()
    world.plan()
    world.lose(world.claim().claimed[0])
    desk.settle_doubt(world.office, 1, sent=True, now=world.now, by="Jo")
    assert (world.states(), world.tasks()) == (["sent"], [])
    assert world.one(NoticeInvoiceRow).served_on == world.today


def test_a_person_says_that_a_notice_in_doubt_did_not_leave_and_another_goes(world: World) -> None:
    world.owing()
    world.plan()
    world.lose(world.claim().claimed[0])
    desk.settle_doubt(world.office, 1, sent=False, now=world.now, by="Jo")
    notice = world.remind()
    assert (notice.id, notice.stage) == (2, "reminder1")
    assert notice.message_id != world.notice(1).message_id


def test_a_doubt_is_settled_once(world: World) -> None:
    world.owing()
    world.plan()
    world.lose(world.claim().claimed[0])
    desk.settle_doubt(world.office, 1, sent=True, now=world.now, by="Jo")
    with pytest.raises(ConflictError, match="not in doubt"):
        desk.settle_doubt(world.office, 1, sent=False, now=world.now, by="Jo")


# ── approved formal notices ──────────────────────────────────────────────────────────────────────────────────


def approved(world: World) -> NoticeRow:
    world.plan()
    formal = world.one(NoticeRow, stage="formal_notice", state="awaiting_approval")
    assert formal.id is not None
    desk.approve_notice(world.office, formal.id, world.now, "Jo")
    return world.notice(formal.id)


def test_an_approved_formal_notice_leaves_and_says_who_approved_it(world: World) -> None:
    world.formal()
    formal = approved(world)
    assert (formal.state, formal.approved_by) == ("queued", "Jo")
    assert world.deliver() == [formal.id]
    assert formal.id is not None
    assert world.story(formal.id) == ["rendered", "task_opened", "approved", "task_done", "attempted", "sent"]


def test_it_may_wait_for_approval_without_limit_and_is_rendered_for_its_sending_day(world: World) -> None:
    world.formal()
    world.plan()
    before = world.one(NoticeRow, stage="formal_notice")
    world.later(days=21)
    after = approved(world)
    assert after.id == before.id
    assert (after.rendered_at, after.message_id == before.message_id) == (world.now, False)
    assert after.deadline == date(2026, 4, 15)  # 31 March and 15 days
    assert before.deadline == date(2026, 3, 25)
    assert "31 March 2026" in after.own_text
    assert after.own_text != before.own_text  # three weeks of interest more
    assert world.deliver() == [after.id]


def test_approved_in_the_evening_it_is_rendered_for_the_next_morning(world: World) -> None:
    world.formal()
    world.plan()
    world.later(hours=10)
    formal = approved(world)
    morning = world.now.replace(hour=8, minute=0) + timedelta(days=1)
    assert (formal.rendered_at, formal.next_attempt_at) == (morning, morning)
    assert world.claim().claimed == ()
    world.at(morning)
    assert world.deliver() == [formal.id]


def test_an_approved_formal_notice_keeps_the_gap_after_the_message_before(world: World) -> None:
    debtor, _ = world.formal()
    world.invoice(debtor, number="NEW", overdue=5)
    world.plan()
    world.deliver()  # the reminder about the new one
    formal = approved(world)
    gap_ends = world.now.replace(hour=8, minute=0) + timedelta(days=6)  # five days later is a Sunday
    assert formal.next_attempt_at == gap_ends
    assert world.claim().claimed == ()
    world.at(gap_ends)
    assert world.deliver() == [formal.id]


def test_others_do_not_wait_for_its_approval(world: World) -> None:
    debtor, _ = world.formal()
    world.plan()
    world.later(days=1)
    world.invoice(debtor, number="NEW", overdue=5)
    world.plan()
    assert len(world.deliver()) == 1


def test_approved_beside_a_queued_reminder_it_goes_first_and_neither_blocks_the_other(world: World) -> None:
    debtor, _ = world.formal()
    world.invoice(debtor, number="NEW", overdue=5)
    formal = approved(world)  # planned together: the reminder is queued
    assert world.deliver() == [formal.id]
    assert world.deliver() == []
    world.later(days=7)
    world.claim()
    world.plan()
    [other] = world.deliver()
    assert world.notice(other).stage == "reminder1"


def test_approved_beside_a_deferred_reminder_it_goes_all_the_same(world: World) -> None:
    debtor, _ = world.formal()
    world.invoice(debtor, number="NEW", overdue=5)
    world.plan()
    [claimed] = world.claim().claimed
    world.start(claimed)
    world.refuse(claimed, 451, "later")
    formal = approved(world)
    assert world.deliver() == [formal.id]


def test_two_approved_formal_notices_do_not_block_each_other(world: World) -> None:
    debtor, _ = world.formal()
    first = approved_without_sending(world)
    second_invoice = world.invoice(debtor, number="SECOND", overdue=50)
    world.served(second_invoice, "reminder1", "reminder2", "reminder3")
    world.plan()
    second = world.one(NoticeRow, state="awaiting_approval")
    assert second.id is not None
    desk.approve_notice(world.office, second.id, world.now, "Jo")
    assert world.deliver() == [first]


def approved_without_sending(world: World) -> int:
    formal = approved(world)
    assert formal.id is not None
    return formal.id


@pytest.mark.parametrize("what", ["paid", "paid in part", "held", "address"])
def test_the_approval_falls_when_the_facts_change_before_it_leaves(world: World, what: str) -> None:
    debtor, invoice = world.formal()
    formal = approved(world)
    if what == "paid":
        world.pay(invoice, "1250.00")
    elif what == "paid in part":
        world.pay(invoice, "50.00")
    elif what == "held":
        hold_quietly(world, invoice)
    else:
        with world.db.write() as session:
            contact = session.get(ContactRow, debtor)
            assert contact is not None
            contact.address = "new@debtor.example"
    assert world.claim().claimed == ()
    assert formal.id is not None
    assert world.notice(formal.id).state == "superseded"
    world.plan()
    waiting = world.rows(NoticeRow, state="awaiting_approval")
    assert len(waiting) == (what in ("paid in part", "address"))


def test_approving_what_no_longer_stands_is_refused_with_the_reason(world: World) -> None:
    _, invoice = world.formal()
    world.plan()
    world.pay(invoice, "50.00")
    formal = world.one(NoticeRow, stage="formal_notice")
    assert formal.id is not None
    with pytest.raises(ConflictError, match="sums, address or text have changed"):
        desk.approve_notice(world.office, formal.id, world.now, "Jo")
    assert world.notice(formal.id).state == "superseded"
    assert world.tasks() == []


def test_a_payment_withdraws_what_waits_for_approval_at_the_next_plan(world: World) -> None:
    _, invoice = world.formal()
    world.plan()
    world.pay(invoice, "1250.00")
    world.plan()
    assert world.one(NoticeRow, stage="formal_notice").state == "superseded"
    assert world.tasks() == []


def test_refused_by_a_person_it_pauses_its_invoices_for_that_person(world: World) -> None:
    _, invoice = world.formal()
    world.plan()
    formal = world.one(NoticeRow, stage="formal_notice")
    assert formal.id is not None
    desk.refuse_notice(world.office, formal.id, "we spoke", world.now, "Jo")
    assert (world.notice(formal.id).state, world.notice(formal.id).outcome) == ("refused", "we spoke")
    hold = world.one(HoldRow)
    assert (hold.invoice_id, hold.owner, hold.until) == (invoice, "Jo", None)
    world.later(days=30)
    assert world.plan().created == 0


# ── final failures ───────────────────────────────────────────────────────────────────────────────────────────


def test_after_a_final_refusal_the_next_contact_gets_a_new_message(world: World) -> None:
    world.owing(DEBTOR_ADDRESS, "second@debtor.example")
    world.plan()
    [claimed] = world.claim().claimed
    world.refuse(claimed, 550, "5.1.1 unknown")
    notice = world.remind()
    assert (notice.to_address, notice.stage) == ("second@debtor.example", "reminder1")
    assert notice.message_id != world.notice(1).message_id
    assert world.tasks() == ["undelivered"]


def test_after_a_final_refusal_with_nobody_left_a_person_is_asked(world: World) -> None:
    world.owing()
    world.plan()
    [claimed] = world.claim().claimed
    world.refuse(claimed, 550, "5.1.1 unknown")
    assert world.plan().created == 0
    assert sorted(world.tasks()) == ["no_contact", "undelivered"]


def test_a_temporary_refusal_is_tried_again_with_the_same_bytes_later_and_later(world: World) -> None:
    world.owing()
    world.plan()
    raws, waits = set(), []
    for minutes in (6, 17, 66):
        [claimed] = world.claim().claimed
        raws.add(claimed.raw)
        world.refuse(claimed, 451, "4.2.0 greylisted")
        assert world.claim().claimed == ()
        due = world.one(NoticeRow).next_attempt_at
        assert due is not None
        waits.append((due - world.now).total_seconds() / 60)
        world.later(minutes=minutes)
    assert len(raws) == 1
    assert [
        round(wait / base, 1) in (0.9, 1.0, 1.1) for wait, base in zip(waits, (5, 15, 60), strict=True)
    ] == [True] * 3
    assert world.story(1) == ["rendered", "deferred", "deferred", "deferred"]
