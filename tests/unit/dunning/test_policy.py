from datetime import time, timedelta

import pytest

from relance_mailer.dunning.policy import DEFAULT_STAGES, Brake, Entry, Policy, StageKind


def test_the_default_policy_is_the_recommended_procedure() -> None:
    assert [(stage.key, stage.kind, stage.offset_days) for stage in DEFAULT_STAGES[:-1]] == [
        ("predue", StageKind.PRE_DUE, -10),
        ("reminder1", StageKind.REMINDER, 3),
        ("reminder2", StageKind.REMINDER, 15),
        ("reminder3", StageKind.REMINDER, 30),
        ("formal_notice", StageKind.FORMAL_NOTICE, 45),
    ]
    assert DEFAULT_STAGES[-1].kind is StageKind.HANDOVER
    [formal] = [stage for stage in DEFAULT_STAGES if stage.needs_approval]
    assert (formal.key, formal.deadline_days) == ("formal_notice", 15)
    assert [stage.key for stage in DEFAULT_STAGES if stage.shows_claim] == ["reminder3", "formal_notice"]
    assert [stage.key for stage in DEFAULT_STAGES if stage.deadline_days] == ["formal_notice"]


def test_the_default_limits_are_those_of_the_procedure() -> None:
    policy = Policy()
    assert policy.entry is Entry.FIRST
    assert (policy.min_days_between, policy.max_payment_age) == (5, 3)
    assert policy.max_inbox_age == timedelta(minutes=30)
    assert (policy.courtesy_holds, policy.replaced_promises) == (2, 2)
    assert (policy.brake.times_usual, policy.brake.first_contacts) == (3, 20)
    assert policy.brake == Brake()
    assert (policy.window.start, policy.window.end) == (time(9), time(17))
    assert sorted(policy.window.days) == [0, 1, 2, 3, 4]
    assert policy.window.zone.key == "Europe/Paris"


def test_a_stage_is_found_by_its_key() -> None:
    policy = Policy()
    assert [policy.index(stage.key) for stage in policy.stages] == [0, 1, 2, 3, 4, 5]
    assert policy.stage("reminder2").offset_days == 15
    with pytest.raises(KeyError, match="relance_bis"):
        policy.index("relance_bis")
