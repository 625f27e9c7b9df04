"""Debtors that follow policies of their own: from the decision to the claim, and what changing one does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from relance_mailer.dunning.decide import Reason
from relance_mailer.errors import ConflictError
from relance_mailer.services import desk
from relance_mailer.services.explain import explain
from relance_mailer.services.follow_up import start_up
from relance_mailer.services.outlook import outlook
from relance_mailer.store.tables import DebtorRow, InvoiceRow, NoticeInvoiceRow, NoticeRow
from tests.support.world import World

SLOW = {
    "min_days_between": 20,
    "stages": [
        {"key": "reminder1", "kind": "reminder", "offset_days": 15},
        {"key": "reminder2", "kind": "reminder", "offset_days": 40},
    ],
}
OTHER_KEYS = {"stages": [{"key": "softly", "kind": "reminder", "offset_days": 15}]}
POLICIES = {"slow": SLOW, "others": OTHER_KEYS}


@pytest.fixture
def two(world: World) -> World:
    """An office with two policies beside its own."""
    world.configure(policies=POLICIES)
    return world


def follow(world: World, debtor_id: int, policy: str) -> None:
    """Give a debtor another policy and have it decided anew, as an import does."""
    with world.db.write() as session:
        debtor = session.get(DebtorRow, debtor_id)
        assert debtor is not None
        debtor.policy = policy
        session.add(debtor)
    for invoice in world.rows(InvoiceRow, debtor_id=debtor_id):
        with world.db.write() as session:
            row = session.get(InvoiceRow, invoice.id)
            assert row is not None
            row.next_look_at = world.now
            session.add(row)


def reasons(world: World) -> dict[str, str]:
    """Why nothing leaves, by debtor."""
    return {waiting.debtor: waiting.reason for waiting in outlook(world.office, world.now).waiting}


def stages(world: World, debtor_id: int) -> list[str]:
    ids = [row.id for row in world.rows(NoticeRow, debtor_id=debtor_id)]
    return [row.stage for row in world.rows(NoticeInvoiceRow) if row.notice_id in ids]


def number(world: World, invoice_id: int) -> str:
    return world.one(InvoiceRow, id=invoice_id).number


def test_two_debtors_with_two_policies_reach_different_stages_on_the_same_day(two: World) -> None:
    usual, of_usual = two.owing(overdue=20)
    slow, of_slow = two.owing("slow@debtor.example", overdue=20, policy="slow")
    two.served(of_usual, "reminder1")
    two.plan()
    assert (stages(two, usual)[-1], stages(two, slow)) == ("reminder2", ["reminder1"])
    assert len(two.deliver()) == 2
    assert of_slow


def test_before_its_own_first_day_a_debtor_is_left_alone_while_others_are_written_to(two: World) -> None:
    usual, _ = two.owing(overdue=5)
    two.owing("slow@debtor.example", overdue=5, policy="slow", reference="SLOW")
    two.plan()
    [notice] = two.rows(NoticeRow)
    assert notice.debtor_id == usual
    assert reasons(two)["SLOW"] == Reason.NOT_DUE


def test_the_gap_between_two_messages_is_the_debtors_own(two: World) -> None:
    """Six days after a message the usual debtor may hear of another invoice, the slow one may not."""
    usual, first = two.owing(overdue=30)
    slow, second = two.owing("slow@debtor.example", overdue=30, policy="slow")
    for invoice_id in (first, second):
        two.served(invoice_id, "reminder1")  # two weeks ago
    for debtor_id in (usual, slow):
        two.invoice(debtor_id, overdue=16)
    two.plan()
    assert {row.debtor_id for row in two.rows(NoticeRow, state="queued")} == {usual}


def test_each_debtor_has_its_own_hours_also_for_a_message_that_waits_already(two: World) -> None:
    """At half past ten the afternoon's debtor waits; one that was changed over meanwhile is put off, not dropped."""
    two.configure(policies={"afternoon": {"window_start": "14:00:00"}})
    two.owing("later@debtor.example", overdue=5, policy="afternoon", reference="LATER")
    usual, _ = two.owing(overdue=5)
    two.plan()
    assert [row.debtor_id for row in two.rows(NoticeRow)] == [usual]
    assert reasons(two)["LATER"] == Reason.WINDOW
    follow(two, usual, "afternoon")
    assert two.claim().claimed == ()
    assert two.states() == ["queued"]
    two.later(hours=4)
    two.plan()
    assert len(two.deliver()) == 2


def test_the_claim_reads_the_policy_again(two: World) -> None:
    debtor_id, _ = two.owing(overdue=5)
    two.plan()
    follow(two, debtor_id, "slow")
    assert two.claim().claimed == ()
    assert two.states() == ["superseded"]


def test_a_notice_that_says_the_same_under_the_new_policy_still_leaves(two: World) -> None:
    debtor_id, _ = two.owing(overdue=16)
    two.plan()
    follow(two, debtor_id, "slow")
    assert len(two.deliver()) == 1


def test_a_policy_without_the_stages_served_so_far_is_for_a_person(two: World) -> None:
    debtor_id, invoice_id = two.owing(overdue=20, reference="C")
    two.served(invoice_id, "reminder1")
    follow(two, debtor_id, "others")
    two.plan()
    assert reasons(two) == {"C": Reason.POLICY_CHANGED}
    assert two.tasks() == ["policy_changed"]
    follow(two, debtor_id, "slow")  # which knows it: it goes on from there
    two.at(two.now + timedelta(days=21))
    two.plan()
    assert two.tasks() == []
    assert stages(two, debtor_id)[-1] == "reminder2"


def test_a_formal_notice_under_a_policy_that_has_none_cannot_be_approved(two: World) -> None:
    debtor_id, _ = two.formal()
    two.plan()
    notice = two.one(NoticeRow, stage="formal_notice")
    assert notice.id is not None
    follow(two, debtor_id, "slow")
    with pytest.raises(ConflictError, match="policy changed"):
        desk.approve_notice(two.office, notice.id, two.now, "Jo")


# Never reminded


def test_a_debtor_whose_policy_is_none_gets_nothing_at_all(two: World) -> None:
    _, invoice_id = two.owing(overdue=60, policy="none", reference="C")
    two.plan()
    assert two.rows(NoticeRow) == []
    assert reasons(two) == {"C": Reason.NEVER_REMINDED}
    assert two.tasks() == []
    story = explain(two.office, number(two, invoice_id), two.now)
    assert (story.decision, story.reason, story.policy) == ("stop", "never_reminded", "none")
    assert "never reminded" in story.why


def test_what_was_queued_or_waited_for_an_approval_falls_when_nobody_is_to_remind(two: World) -> None:
    debtor_id, _ = two.owing(overdue=5)
    other, _ = two.formal("formal@other.example")
    two.plan()
    follow(two, debtor_id, "none")
    follow(two, other, "none")
    assert two.claim().claimed == ()
    two.plan()
    assert two.states() == ["sent", "sent", "sent", "superseded", "superseded"]
    assert "never reminded" in two.one(NoticeRow, stage="formal_notice").outcome
    assert two.tasks() == []


# A policy that is gone


def test_a_policy_that_the_configuration_lost_stops_its_debtors_only(two: World) -> None:
    two.owing(overdue=20, policy="slow", reference="C")
    two.plan()
    usual, _ = two.owing("usual@debtor.example", overdue=5)
    two.configure(policies={})
    two.plan()
    assert [row.debtor_id for row in two.rows(NoticeRow, id=two.deliver()[0])] == [usual]
    assert two.one(NoticeRow, state="superseded").outcome.count("slow") >= 1
    assert reasons(two)["C"] == Reason.POLICY_UNKNOWN


def test_who_lost_its_policy_is_told_of_and_goes_on_when_it_is_back(two: World) -> None:
    debtor_id, invoice_id = two.owing(overdue=20, policy="slow")
    two.configure(policies={})
    two.plan()
    assert two.tasks() == ["policy_unknown"]
    story = explain(two.office, number(two, invoice_id), two.now)
    assert "[policies.slow]" in story.why
    assert (story.policy, story.next_at) == ("slow", None)
    two.configure(policies=POLICIES)
    start_up(two.office, two.now)
    two.plan()
    assert two.tasks() == []
    assert stages(two, debtor_id) == ["reminder1"]


# The configuration changes


def test_a_stage_moved_nearer_is_reached_without_waiting_for_its_old_day(two: World) -> None:
    debtor_id, _ = two.owing(overdue=5, policy="slow")
    start_up(two.office, two.now)
    two.plan()
    assert two.rows(NoticeRow) == []
    sooner = {"stages": [{"key": "reminder1", "kind": "reminder", "offset_days": 4}]}
    two.configure(policies={**POLICIES, "slow": sooner})
    start_up(two.office, two.now)
    two.plan()
    assert stages(two, debtor_id) == ["reminder1"]


def test_a_start_with_the_same_policies_looks_at_nothing_again(two: World) -> None:
    two.owing(overdue=5, policy="slow")
    for _ in range(2):
        start_up(two.office, two.now)
        two.plan()
        two.configure()
    start_up(two.office, two.now)
    assert two.plan().looked_at == 0
    assert len(two.entries("setting:policies")) == 1


# What one sees


def test_an_outlook_goes_by_each_debtors_own_days(two: World) -> None:
    two.owing(overdue=0, reference="A")
    two.owing("slow@debtor.example", overdue=0, policy="slow", reference="B")
    seen = outlook(two.office, two.now, 60)
    found: dict[str, list[tuple[str, int]]] = {}
    for notice in seen.notices:
        assert notice.at is not None
        days = (two.office.today(notice.at) - two.today).days
        found.setdefault(notice.debtor, []).append((notice.stage, days))
    assert found["B"] == [("reminder1", 15), ("reminder2", 41)]  # the 40th day is a Sunday
    assert [stage for stage, _ in found["A"]][:3] == ["reminder1", "reminder2", "reminder3"]


def test_courtesy_pauses_are_counted_by_the_debtors_own_policy(world: World) -> None:
    """One courteous answer is one too many for this policy: a person decides."""
    from tests.support.world import answer

    rules: dict[str, Any] = {"strict": {"courtesy_holds": 0}}
    world.configure(policies=rules)
    world.owing(overdue=5, policy="strict")
    notice = world.remind()
    world.take(answer(notice, "Hello, well received, thank you. Regards"))
    assert world.holds() == [("acknowledgement", None)]


def test_a_segment_and_a_policy_stand_in_the_story(two: World) -> None:
    _, invoice_id = two.owing(overdue=5, policy="slow", segment="Grands comptes")
    story = explain(two.office, number(two, invoice_id), two.now)
    assert (story.segment, story.policy) == ("Grands comptes", "slow")
