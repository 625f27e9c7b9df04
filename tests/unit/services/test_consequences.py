from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relance_mailer.config import HoldSettings
from relance_mailer.dunning.calendar import Place, WorkingDays
from relance_mailer.dunning.policy import Policy
from relance_mailer.replies.model import Intent, Understanding
from relance_mailer.services.consequences import (
    Ask,
    Effect,
    MakePromise,
    OpenDispute,
    OpenHold,
    Scope,
    consequences,
)

FRANCE = WorkingDays.of(Place("FR"))
HOLDS = HoldSettings()
TODAY = date(2026, 4, 28)  #: a Tuesday; Friday 1 May and Friday 8 May are holidays, as are 14 and 25 May
ONE = 11  #: the id of invoice F1


def scope(
    *numbers: str,
    others: tuple[int, ...] = (),
    courtesy: dict[int, int] | None = None,
    replaced: dict[int, int] | None = None,
) -> Scope:
    return Scope({number: 10 + int(number[1:]) for number in numbers}, others, courtesy or {}, replaced or {})


def said(intent: Intent, **facts: Any) -> Understanding:
    return Understanding(intent, needs_review=facts.pop("needs_review", False), **facts)


def follows(
    what: Understanding, about: Scope | None = None, *, verified: bool = True, today: date = TODAY
) -> tuple[Effect, ...]:
    return consequences(what, about or scope("F1"), HOLDS, Policy(), FRANCE, today, verified=verified)


def holds(effects: tuple[Effect, ...]) -> list[OpenHold]:
    return [effect for effect in effects if isinstance(effect, OpenHold)]


def asks(effects: tuple[Effect, ...]) -> dict[str, int | None]:
    return {effect.kind: effect.remind_in for effect in effects if isinstance(effect, Ask)}


def day(day: int, month: int) -> date:
    return date(2026, month, day)


# The taxonomy's last table, line by line; three working days from Tuesday 28 April end on Monday 4 May.


@pytest.mark.parametrize(
    ("intent", "until", "owned", "asked"),
    [
        (Intent.ALREADY_PAID, day(6, 5), False, {"already_paid": None}),
        (Intent.DISPUTE, None, True, {"dispute": 7}),
        (Intent.PAYMENT_PLAN, None, True, {"payment_plan": 3}),
        (Intent.HARDSHIP, None, True, {"hardship": 3}),
        (Intent.DOCUMENT_REQUEST, None, True, {"document_request": 5}),
        (Intent.ACKNOWLEDGEMENT, day(5, 5), False, {}),
        (Intent.OTHER, day(4, 5), False, {"other": None}),
    ],
)
def test_what_follows_for_the_invoice(
    intent: Intent, until: date | None, owned: bool, asked: dict[str, int | None]
) -> None:
    effects = follows(said(intent))
    assert holds(effects) == [OpenHold(ONE, intent, until, owned)]
    assert asks(effects) == asked


@pytest.mark.parametrize(
    ("intent", "until", "owned", "asked"),
    [
        (Intent.STOP_CONTACT, None, True, {"stop_contact": 3}),
        (Intent.INSOLVENCY, None, True, {"insolvency": 3}),
        (Intent.WRONG_CONTACT, day(6, 5), False, {"wrong_contact": None}),
    ],
)
def test_what_concerns_the_debtor_pauses_all_of_it_once(
    intent: Intent, until: date | None, owned: bool, asked: dict[str, int | None]
) -> None:
    """Invoices imported later too: somebody who asks not to be written to gets no pre-due notice next month."""
    for about in (scope("F1"), scope("F1", "F2", others=(13,)), scope()):
        effects = follows(said(intent), about)
        assert holds(effects) == [OpenHold(None, intent, until, owned)]
        assert asks(effects) == asked


def test_insolvency_said_of_one_invoice_is_the_debtor_s() -> None:
    effects = follows(
        said(Intent.DISPUTE, per_invoice={"F1": Intent.DISPUTE, "F2": Intent.INSOLVENCY}), scope("F1", "F2")
    )
    assert OpenHold(None, Intent.INSOLVENCY, None, owned=True) in effects


@pytest.mark.parametrize(
    ("promised", "grace"),
    [
        (day(30, 4), day(6, 5)),  # Thursday; 1 May is closed: Monday, Tuesday, Wednesday
        (day(28, 4), day(4, 5)),  # today
        (day(20, 4), day(4, 5)),  # a day gone by: the banks' days run from today
        (day(15, 5), day(20, 5)),
        (day(28, 5), day(2, 6)),  # thirty days off
    ],
)
def test_a_promise_pauses_until_its_date_and_three_working_days(promised: date, grace: date) -> None:
    effects = follows(said(Intent.PROMISE_TO_PAY, promise_date=promised, promise_amount=Decimal("60.00")))
    assert effects == (
        MakePromise(ONE, promised, Decimal("60.00"), grace),
        OpenHold(ONE, Intent.PROMISE_TO_PAY, grace, owned=False),
    )


def test_a_promise_without_a_date_pauses_seven_working_days() -> None:
    assert follows(said(Intent.PROMISE_TO_PAY)) == (
        MakePromise(ONE, None, None, day(11, 5)),
        OpenHold(ONE, Intent.PROMISE_TO_PAY, day(11, 5), owned=False),
    )


def test_a_promise_more_than_thirty_days_off_has_an_owner_and_no_end() -> None:
    effects = follows(said(Intent.PROMISE_TO_PAY, promise_date=day(29, 5)))
    assert holds(effects) == [OpenHold(ONE, Intent.PROMISE_TO_PAY, None, owned=True)]
    assert asks(effects) == {"promise_far": 3}
    assert MakePromise(ONE, day(29, 5), None, day(3, 6)) in effects


@pytest.mark.parametrize(
    ("replaced", "asked"), [(0, {}), (1, {}), (2, {"promise_often": 3}), (5, {"promise_often": 3})]
)
def test_after_two_replaced_promises_a_person_decides(replaced: int, asked: dict[str, int | None]) -> None:
    effects = follows(
        said(Intent.PROMISE_TO_PAY, promise_date=day(30, 4)), scope("F1", replaced={ONE: replaced})
    )
    assert asks(effects) == asked
    assert [hold.until is None and hold.owned for hold in holds(effects)] == [bool(asked)]


@pytest.mark.parametrize(("had", "asked"), [(0, {}), (1, {}), (2, {"courtesy_often": 3})])
def test_after_two_courtesy_holds_a_person_decides(had: int, asked: dict[str, int | None]) -> None:
    effects = follows(said(Intent.ACKNOWLEDGEMENT), scope("F1", courtesy={ONE: had}))
    assert asks(effects) == asked
    assert [hold.until is None and hold.owned for hold in holds(effects)] == [bool(asked)]


def test_a_dispute_keeps_its_reason_and_has_one_if_none_was_given() -> None:
    assert OpenDispute(ONE, "price") in follows(said(Intent.DISPUTE, dispute_reason="price"))
    assert OpenDispute(ONE, "other") in follows(said(Intent.DISPUTE))


# Several invoices


def test_what_is_said_of_each_invoice_decides_for_it() -> None:
    told = {"F1": Intent.ALREADY_PAID, "F2": Intent.DISPUTE, "F3": Intent.PROMISE_TO_PAY}
    effects = follows(
        said(Intent.DISPUTE, per_invoice=told, promise_date=day(30, 4)), scope("F1", "F2", "F3")
    )
    assert [(hold.invoice_id, hold.reason, hold.until) for hold in holds(effects)] == [
        (11, Intent.ALREADY_PAID, day(6, 5)),
        (12, Intent.DISPUTE, None),
        (13, Intent.PROMISE_TO_PAY, day(6, 5)),
    ]
    assert [effect for effect in effects if isinstance(effect, OpenDispute)] == [OpenDispute(12, "other")]
    assert [effect.invoice_id for effect in effects if isinstance(effect, MakePromise)] == [13]


def test_an_invoice_of_which_nothing_else_is_said_takes_the_message_s_intent() -> None:
    effects = follows(said(Intent.DISPUTE, per_invoice={"F1": Intent.ALREADY_PAID}), scope("F1", "F2"))
    assert [hold.reason for hold in holds(effects)] == [Intent.ALREADY_PAID, Intent.DISPUTE]


def test_the_rest_of_the_notice_gets_the_courtesy_hold() -> None:
    effects = follows(said(Intent.DISPUTE), scope("F1", others=(12, 13), courtesy={13: 2}))
    assert holds(effects) == [
        OpenHold(ONE, Intent.DISPUTE, None, owned=True),
        OpenHold(12, Intent.ACKNOWLEDGEMENT, day(5, 5), owned=False),
        OpenHold(13, Intent.ACKNOWLEDGEMENT, None, owned=True),
    ]


def test_a_person_is_asked_once_for_a_message_about_many_invoices() -> None:
    effects = follows(said(Intent.DISPUTE), scope(*(f"F{n}" for n in range(1, 9))))
    assert sum(isinstance(effect, Ask) for effect in effects) == 1
    assert len(holds(effects)) == 8


@pytest.mark.parametrize(
    "intent", [Intent.DISPUTE, Intent.OTHER, Intent.ALREADY_PAID, Intent.DOCUMENT_REQUEST]
)
def test_an_answer_when_nothing_is_open_any_more_is_still_read(intent: Intent) -> None:
    assert follows(said(intent), scope()) == (Ask("other"),)


def test_thanks_when_nothing_is_open_need_nobody() -> None:
    assert follows(said(Intent.ACKNOWLEDGEMENT), scope()) == ()


# Doubt

ANY_INTENT = list(Intent)


@pytest.mark.parametrize("intent", ANY_INTENT)
def test_from_an_unknown_sender_comes_a_short_owned_hold_and_a_question_and_nothing_else(
    intent: Intent,
) -> None:
    about = scope("F1", others=(12,), courtesy={ONE: 9}, replaced={ONE: 9})
    effects = follows(
        said(intent, promise_date=day(30, 6), per_invoice={"F1": Intent.DISPUTE}), about, verified=False
    )
    assert effects == (
        OpenHold(ONE, "unverified_sender", day(4, 5), owned=True),
        OpenHold(12, "unverified_sender", day(4, 5), owned=True),
        Ask("unverified"),
    )


def test_an_unknown_sender_s_unsure_message_is_treated_alike() -> None:
    told = said(Intent.PROMISE_TO_PAY, needs_review=True, promise_date=day(30, 4))
    assert follows(told, verified=False) == (
        OpenHold(ONE, "unverified_sender", day(4, 5), owned=True),
        Ask("unverified"),
    )


@pytest.mark.parametrize("intent", ANY_INTENT)
def test_what_is_not_sure_pauses_as_long_at_least_for_a_person_and_records_nothing(intent: Intent) -> None:
    facts: dict[str, Any] = {"promise_date": day(28, 4)}
    sure, unsure = follows(said(intent, **facts)), follows(said(intent, needs_review=True, **facts))
    assert not any(isinstance(effect, MakePromise | OpenDispute) for effect in unsure)
    assert len(holds(sure)) == len(holds(unsure)) == 1
    [before], [after] = holds(sure), holds(unsure)
    assert after.owned
    assert after.until is None or (before.until is not None and after.until >= max(before.until, day(4, 5)))
    assert (after.until is None) is (before.until is None)
    assert set(asks(unsure)) == {*asks(sure), "to_check"}


def test_a_short_pause_that_is_configured_is_lengthened_for_a_look() -> None:
    short = HoldSettings(acknowledgement=1)
    effects = consequences(
        said(Intent.ACKNOWLEDGEMENT, needs_review=True),
        scope("F1"),
        short,
        Policy(),
        FRANCE,
        TODAY,
        verified=True,
    )
    assert holds(effects) == [OpenHold(ONE, Intent.ACKNOWLEDGEMENT, day(4, 5), owned=True)]


@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("review", [True, False])
def test_paid_to_another_account_is_an_alarm_whoever_writes(verified: bool, review: bool) -> None:
    told = said(Intent.ALREADY_PAID, flags=("bank_change",), needs_review=review)
    assert asks(follows(told, verified=verified))["bank_change"] == 3


# Always

UNDERSTOOD = st.builds(
    Understanding,
    intent=st.sampled_from(Intent),
    needs_review=st.booleans(),
    promise_date=st.none() | st.dates(date(2025, 1, 1), date(2028, 1, 1)),
    promise_amount=st.none() | st.decimals("0.01", "9999.99", places=2),
    per_invoice=st.none()
    | st.dictionaries(st.sampled_from(["F1", "F2", "F9"]), st.sampled_from(Intent), min_size=1),
    dispute_reason=st.sampled_from(["", "price"]),
    flags=st.sampled_from([(), ("bank_change",), ("angry",)]),
)
COUNTS = st.dictionaries(st.sampled_from([11, 12, 13]), st.integers(0, 4))
SCOPES = st.builds(
    Scope,
    invoices=st.sampled_from([{}, {"F1": 11}, {"F1": 11, "F2": 12}]),
    others=st.sampled_from([(), (13,)]),
    courtesy_holds=COUNTS,
    replaced_promises=COUNTS,
)


@settings(max_examples=200, deadline=None)
@given(UNDERSTOOD, SCOPES, st.booleans(), st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_every_invoice_is_paused_and_every_pause_has_an_end_or_an_owner_who_is_asked(
    what: Understanding, about: Scope, verified: bool, today: date
) -> None:
    effects = follows(what, about, verified=verified, today=today)
    paused = {hold.invoice_id for hold in holds(effects)}
    assert None in paused or paused == {*about.invoices.values(), *about.others}
    for hold in holds(effects):
        assert hold.owned if hold.until is None else hold.until > today
    if any(hold.until is None for hold in holds(effects)):
        assert any(remind for remind in asks(effects).values()), "nobody would be reminded of it"
    if not holds(effects):
        assert asks(effects) or what.intent is Intent.ACKNOWLEDGEMENT
    assert len(set(effects)) == len(effects)
