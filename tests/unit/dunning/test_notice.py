from datetime import date
from itertools import product

import pytest

from relance_mailer.dunning.decide import Send
from relance_mailer.dunning.notice import (
    ACTIVE,
    SERVED,
    TRANSITIONS,
    UNSENT,
    Mode,
    NoticeEvent,
    NoticeState,
    advance,
    group,
)
from relance_mailer.dunning.policy import Policy, Stage, StageKind
from relance_mailer.errors import ConflictError
from tests.support.dunning import POLICY, case, contact

S, E = NoticeState, NoticeEvent
WHO = contact().contact
ENDED = {S.FAILED, S.BOUNCED, S.SUPERSEDED, S.REFUSED}

#: The whole grid, written apart from the code's table: state, then what each event that can happen makes of it.
GRID = {
    S.AWAITING_APPROVAL: {E.APPROVE: S.QUEUED, E.REFUSE: S.REFUSED, E.SUPERSEDE: S.SUPERSEDED},
    S.QUEUED: {E.CLAIM: S.CLAIMED, E.SUPERSEDE: S.SUPERSEDED, E.REFUSE: S.REFUSED, E.RECORD: S.RECORDED},
    S.DEFERRED: {E.CLAIM: S.CLAIMED, E.SUPERSEDE: S.SUPERSEDED, E.REFUSE: S.REFUSED},
    S.CLAIMED: {
        E.START: S.SENDING,
        E.UNCLAIM: S.QUEUED,
        E.DEFER: S.DEFERRED,
        E.FAIL: S.FAILED,
        E.SUPERSEDE: S.SUPERSEDED,
    },
    S.SENDING: {
        E.ACCEPT: S.SENT,
        E.DEFER: S.DEFERRED,
        E.FAIL: S.FAILED,
        E.LOSE: S.IN_DOUBT,
        E.FOUND: S.SENT,
        E.BOUNCE: S.BOUNCED,
    },
    S.IN_DOUBT: {E.FOUND: S.SENT, E.NOT_SENT: S.FAILED, E.BOUNCE: S.BOUNCED},
    S.SENT: {E.BOUNCE: S.BOUNCED},
    S.RECORDED: {},
    S.FAILED: {},
    S.BOUNCED: {},
    S.SUPERSEDED: {},
    S.REFUSED: {},
}


@pytest.mark.parametrize(("state", "event"), list(product(S, E)))
def test_every_event_in_every_state_leads_where_it_must_or_nowhere(
    state: NoticeState, event: NoticeEvent
) -> None:
    expected = GRID[state].get(event)
    if expected is None:
        with pytest.raises(ConflictError, match=f"{state}.*{event}"):
            advance(state, event)
    else:
        assert advance(state, event) is expected


def test_what_has_ended_never_comes_back() -> None:
    assert {before for before, _ in TRANSITIONS}.isdisjoint(ENDED | {S.RECORDED})
    assert set(S) == ACTIVE | ENDED


def test_a_stage_is_freed_only_where_surely_nothing_arrived() -> None:
    """Once bytes may have left, only a refusal, a bounce or a person's word frees the stage (rule 1)."""
    freeing = {
        (before, event)
        for (before, event), after in TRANSITIONS.items()
        if before in ACTIVE and after not in ACTIVE
    }
    assert {event for before, event in freeing if before in {S.SENDING, S.SENT, S.IN_DOUBT}} == {
        E.FAIL,
        E.BOUNCE,
        E.NOT_SENT,
    }
    assert {event for before, event in freeing if before in UNSENT} == {E.REFUSE, E.SUPERSEDE, E.FAIL}


def test_nothing_that_may_have_left_is_ever_sent_again() -> None:
    """From `sending` only a refusal for now leads back to a claim: the server surely did not take it."""
    reached, todo = set(), [S.SENT, S.IN_DOUBT, S.RECORDED]
    while todo:
        state = todo.pop()
        reached.add(state)
        todo += [
            after for (before, _), after in TRANSITIONS.items() if before is state and after not in reached
        ]
    assert reached.isdisjoint(UNSENT | {S.SENDING})


def test_every_state_can_be_reached_and_every_unfinished_one_can_end() -> None:
    targets = set(TRANSITIONS.values()) | {S.AWAITING_APPROVAL}
    assert targets == set(S)
    assert {before for before, _ in TRANSITIONS} == set(S) - ENDED - {S.RECORDED}


def test_what_served_counts_as_taken() -> None:
    assert SERVED < ACTIVE
    assert UNSENT < ACTIVE
    assert SERVED.isdisjoint(UNSENT)


def test_only_live_notices_are_on_the_live_track() -> None:
    assert {mode: mode.track for mode in Mode} == {
        Mode.SHADOW: "rehearsal",
        Mode.REDIRECT: "rehearsal",
        Mode.LIVE: "live",
    }


# Messages


def sends(policy: Policy, *stages: tuple[str, str, date]):  # type: ignore[no-untyped-def]
    return [(case(due, number), Send(policy.stage(key), WHO)) for number, key, due in stages]


def test_one_message_takes_the_text_of_its_highest_stage_and_its_invoices_oldest_first() -> None:
    due = date(2026, 4, 3)
    [proposal] = group(
        sends(
            POLICY,
            ("F2", "reminder1", due),
            ("F1", "reminder1", due),
            ("F3", "reminder3", date(2026, 3, 1)),
            ("F4", "predue", date(2026, 5, 1)),
        ),
        POLICY,
    )
    assert proposal.stage.key == "reminder3"
    assert [(one.invoice.number, stage.key) for one, stage in proposal.cases] == [
        ("F3", "reminder3"),
        ("F1", "reminder1"),
        ("F2", "reminder1"),
        ("F4", "predue"),
    ]


def test_a_formal_notice_has_only_its_own_invoices() -> None:
    due = date(2026, 1, 3)
    formal, other = group(
        sends(POLICY, ("F1", "reminder1", due), ("F2", "formal_notice", due), ("F3", "formal_notice", due)),
        POLICY,
    )
    assert [one.invoice.number for one, _ in formal.cases] == ["F2", "F3"]
    assert [one.invoice.number for one, _ in other.cases] == ["F1"]


@pytest.mark.parametrize("asks", ["reminder1", "reminder2"])
def test_nothing_leaves_unapproved_in_another_s_company_nor_waits_for_it(asks: str) -> None:
    policy = Policy(
        stages=(
            Stage("reminder1", StageKind.REMINDER, 3, needs_approval=asks == "reminder1"),
            Stage("reminder2", StageKind.REMINDER, 15, needs_approval=asks == "reminder2"),
        )
    )
    due = date(2026, 1, 3)
    proposals = group(sends(policy, ("F1", "reminder1", due), ("F2", "reminder2", due)), policy)
    assert len(proposals) == 2
    assert all(stage.needs_approval is p.stage.needs_approval for p in proposals for _, stage in p.cases)


def test_nothing_to_send_makes_no_message() -> None:
    assert group([], POLICY) == []
