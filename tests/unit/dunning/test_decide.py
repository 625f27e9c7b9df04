from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relance_mailer.dunning.calendar import Place, Window, WorkingDays
from relance_mailer.dunning.case import DebtorCase, Hold, InFlight, InvoiceCase, Served
from relance_mailer.dunning.decide import Reason, Send, Stop, Wait, decide, free_again
from relance_mailer.dunning.notice import Proposal, group
from relance_mailer.dunning.policy import Entry, Policy, Stage, StageKind
from tests.support.dunning import FRANCE, PARIS, POLICY, Life, at, case, contact, days_of, debtor, served

MOSELLE = WorkingDays.of(Place("FR"), Place("FR", "57"))
FITTING = Policy(entry=Entry.FITTING)
YEAR_LATER = timedelta(days=400)


def d(day: int, month: int) -> date:
    return date(2026, month, day)


# Worked timelines. French spring of 2026: Easter Monday 6/4, 1/5, 8/5, Ascension 14/5, Whit Monday 25/5.


@pytest.mark.parametrize(
    ("due", "predue", "first", "second", "last", "formal", "deadline", "handover"),
    [
        # the third day is Easter Monday, the fifteenth a Saturday, the thirtieth a Sunday
        (d(3, 4), "24/03", "07/04", "20/04", "04/05", "18/05", d(2, 6), "03/06"),
        # ten days before is Easter Monday; the fifteenth is 1 May, a Friday
        (d(16, 4), "07/04", "20/04", "04/05", "18/05", "01/06", d(16, 6), "17/06"),
        # the fifteenth is Ascension Day: the Friday after it is worked
        (d(29, 4), "20/04", "04/05", "15/05", "29/05", "15/06", d(30, 6), "01/07"),
        # the fifteenth is 8 May, a Friday; the thirtieth the Saturday before Whit Monday
        (d(23, 4), "13/04", "27/04", "11/05", "26/05", "08/06", d(23, 6), "24/06"),
        # the deadline itself falls on Ascension Day: the debtor has the Friday too
        (d(15, 3), "05/03", "18/03", "30/03", "14/04", "29/04", d(15, 5), "16/05"),
    ],
)
def test_a_silent_debtor_hears_of_one_invoice_on_the_days_of_the_procedure(
    due: date, predue: str, first: str, second: str, last: str, formal: str, deadline: date, handover: str
) -> None:
    start = at(due - timedelta(days=12))
    life = Life(debtor(), [case(due)]).run(start, until=start + YEAR_LATER)
    assert days_of(life) == [
        f"{predue} predue: F1",
        f"{first} reminder1: F1",
        f"{second} reminder2: F1",
        f"{last} reminder3: F1",
        f"{formal} formal_notice: F1",
        f"{handover} handover: F1",
    ]
    assert life.cases[0].served[-1].deadline == deadline
    assert {left.at.astimezone(PARIS).time() for left in life.left[:4]} == {time(9)}


def test_a_debtor_s_own_holidays_count_too() -> None:
    """Good Friday, 3 April, is a holiday in Moselle."""
    due, start = d(31, 3), at(d(31, 3))
    there = Life(debtor(days=MOSELLE), [case(due)]).run(start, until=at(d(10, 4)))
    elsewhere = Life(debtor(), [case(due)]).run(start, until=at(d(10, 4)))
    assert days_of(there) == ["07/04 reminder1: F1"]
    assert days_of(elsewhere) == ["03/04 reminder1: F1"]


@pytest.mark.parametrize(
    ("seen", "first_message"),
    [
        (d(20, 3), "24/03 predue: F1"),  # a fortnight before the due date
        (d(31, 3), "31/03 predue: F1"),  # three days before it: late for the pre-due notice, but not overdue
        (d(3, 4), "07/04 reminder1: F1"),  # on the due date nothing friendly is left to say
        (d(8, 4), "08/04 reminder1: F1"),
        (d(1, 7), "01/07 reminder1: F1"),  # three months late
    ],
)
def test_first_seen_late_an_invoice_enters_at_the_first_courteous_reminder(
    seen: date, first_message: str
) -> None:
    life = Life(debtor(), [case(d(3, 4), first_seen=seen)]).run(at(seen), until=at(seen + timedelta(days=6)))
    assert days_of(life)[0] == first_message


@pytest.mark.parametrize(
    ("seen", "stage"),
    [
        (d(31, 3), "predue"),
        (d(8, 4), "reminder1"),
        (d(17, 4), "reminder1"),
        (d(20, 4), "reminder2"),
        (d(30, 4), "reminder2"),
        (d(4, 5), "reminder3"),
        (d(18, 5), "reminder3"),  # the formal notice's day
        (date(2027, 4, 8), "reminder3"),  # a year late
    ],
)
def test_by_configuration_it_enters_at_the_fitting_reminder_never_at_a_formal_notice(
    seen: date, stage: str
) -> None:
    decision = decide(case(d(3, 4), first_seen=seen), debtor(), FITTING, at(seen))
    assert isinstance(decision, Send)
    assert decision.stage.key == stage


def test_before_the_first_reminder_s_day_the_fitting_reminder_is_the_first() -> None:
    decision = decide(case(d(3, 4)), debtor(), FITTING, at(d(3, 4)))
    assert decision == Wait(at(d(7, 4)), Reason.NOT_DUE, POLICY.stage("reminder1"))


def test_first_seen_very_late_the_stages_follow_with_the_gap_between_them() -> None:
    """From Monday 1 June: five days later is a Saturday, so each next reminder is on a Monday."""
    life = Life(debtor(), [case(d(2, 1))]).run(at(d(1, 6)), until=at(d(1, 9)))
    assert days_of(life) == [
        "01/06 reminder1: F1",
        "08/06 reminder2: F1",
        "15/06 reminder3: F1",
        "24/06 formal_notice: F1",  # the last reminder gave eight days
        "10/07 handover: F1",
    ]


def test_after_three_weeks_down_one_message_leaves_and_then_the_gap_holds() -> None:
    """Pre-due sent on 24 March; the daemon is back on 27 April, when two reminders are overdue."""
    behind = case(d(3, 4), served=served(predue=d(24, 3)))
    life = Life(debtor(last=d(24, 3)), [behind]).run(at(d(27, 4), 11), until=at(d(8, 5)))
    assert days_of(life) == ["27/04 reminder1: F1", "04/05 reminder2: F1"]


# Several invoices of one debtor


def test_what_is_due_on_one_day_leaves_in_one_message_with_what_is_not_yet_due() -> None:
    overdue, older, coming = (
        case(d(3, 4), "F1"),
        case(d(2, 1), "F2", served=served(reminder1=d(5, 1))),
        case(d(17, 4), "F3"),
    )
    life = Life(debtor(), [overdue, older, coming]).run(at(d(7, 4)), until=at(d(7, 4), 23))
    assert len(life.left) == 1
    assert life.left[0].stage == "reminder2"
    assert life.left[0].invoices == {"F1": "reminder1", "F2": "reminder2", "F3": "predue"}


def test_a_formal_notice_stands_alone_and_the_others_do_not_wait_for_its_approval() -> None:
    ripe = case(d(1, 3), "F1", served=served(reminder1=d(4, 3), reminder2=d(16, 3), reminder3=d(31, 3)))
    other = case(d(12, 4), "F2")
    life = Life(debtor(last=d(31, 3)), [ripe, other], approves=lambda _: None).run(
        at(d(10, 4)), until=at(d(1, 8))
    )
    assert [[one.invoice.number for one, _ in proposal.cases] for _, proposal in life.offered[:1]] == [["F1"]]
    assert all(len(proposal.cases) == 1 for _, proposal in life.offered)
    assert days_of(life) == [
        "10/04 predue: F2",
        "15/04 reminder1: F2",
        "27/04 reminder2: F2",
        "12/05 reminder3: F2",
    ]
    assert life.decisions["F1"] == Wait(None, Reason.AWAITING_APPROVAL, detail="formal_notice")


def test_the_others_follow_their_own_reminders_after_the_gap() -> None:
    ripe = case(d(1, 3), "F1", served=served(reminder1=d(4, 3), reminder2=d(16, 3), reminder3=d(31, 3)))
    other = case(d(12, 4), "F2", served=served(predue=d(2, 4)))
    life = Life(debtor(last=d(2, 4)), [ripe, other]).run(at(d(15, 4), 8), until=at(d(23, 4)))
    assert days_of(life) == ["15/04 reminder1: F2", "20/04 formal_notice: F1"]


def test_an_invoice_whose_day_comes_within_the_gap_waits_for_its_end() -> None:
    life = Life(debtor(), [case(d(3, 4), "F1"), case(d(5, 4), "F2")]).run(at(d(7, 4)), until=at(d(20, 4), 8))
    assert days_of(life) == ["07/04 reminder1: F1", "13/04 reminder1: F2"]


# Why nothing leaves


def test_a_hold_that_ends_lets_the_next_stage_leave_on_the_next_working_day() -> None:
    """Held through Thursday 30 April: Friday 1 May is a holiday."""
    held = case(d(3, 4), served=served(reminder1=d(7, 4)), holds=(Hold("other", d(30, 4)),))
    on_last_day = decide(held, debtor(last=d(7, 4)), POLICY, at(d(30, 4), 16))
    assert on_last_day == Wait(at(d(4, 5)), Reason.HELD, detail="other")
    life = Life(debtor(last=d(7, 4)), [held]).run(at(d(20, 4)), until=at(d(5, 5)))
    assert days_of(life) == ["04/05 reminder2: F1"]


def test_an_open_hold_waits_for_a_person_whatever_else_ends() -> None:
    held = case(d(3, 4), holds=(Hold("other", d(8, 4)), Hold("dispute", None, "accounts")))
    assert decide(held, debtor(), POLICY, at(d(7, 4))) == Wait(None, Reason.HELD, detail="other, dispute")
    # and when the first has ended, it is named no longer
    assert decide(held, debtor(), POLICY, at(d(9, 4))) == Wait(None, Reason.HELD, detail="dispute")


@pytest.mark.parametrize(
    ("absent_until", "leaves"),
    [
        (d(6, 4), "08/04"),  # back on Tuesday the 7th, with a day to read
        (d(8, 4), "10/04"),
        (d(10, 4), "13/04"),  # Friday: back on Saturday, so by Monday a day has passed
        (d(21, 4), "23/04"),  # ten working days from the 7th
        (d(30, 4), "04/05"),  # longer, but there is nobody else
    ],
)
def test_the_next_stage_waits_until_the_day_after_the_return(absent_until: date, leaves: str) -> None:
    away = debtor(contact(absent_until=absent_until))
    life = Life(away, [case(d(3, 4))]).run(at(d(7, 4)), until=at(d(8, 5)))
    assert days_of(life)[0] == f"{leaves} reminder1: F1"


def test_on_the_day_of_the_return_nothing_leaves_whatever_makes_one_look() -> None:
    away = debtor(contact(absent_until=d(8, 4)))
    decision = decide(case(d(3, 4)), away, POLICY, at(d(9, 4), 14))
    assert decision == Wait(at(d(10, 4)), Reason.ABSENT, POLICY.stage("reminder1"), "c0@client.example")


def test_a_long_absence_sends_the_message_to_the_next_contact() -> None:
    decision = decide(case(d(3, 4)), debtor(contact(absent_until=d(30, 4)), contact(1)), POLICY, at(d(7, 4)))
    assert isinstance(decision, Send)
    assert decision.contact.address == "c1@client.example"


def test_a_short_absence_is_waited_for_though_there_is_a_next_contact() -> None:
    decision = decide(case(d(3, 4)), debtor(contact(absent_until=d(9, 4)), contact(1)), POLICY, at(d(7, 4)))
    assert isinstance(decision, Wait)
    assert decision.reason is Reason.ABSENT


@pytest.mark.parametrize(("absent_until", "waits"), [(d(21, 4), True), (d(22, 4), False)])
def test_ten_working_days_are_waited_for_and_no_more(absent_until: date, waits: bool) -> None:
    """From Tuesday 7 April, the tenth working day is Tuesday the 21st."""
    decision = decide(
        case(d(3, 4)), debtor(contact(absent_until=absent_until), contact(1)), POLICY, at(d(7, 4))
    )
    assert isinstance(decision, Wait) is waits


def test_after_a_final_bounce_the_same_stage_goes_to_the_second_contact() -> None:
    decision = decide(case(d(3, 4)), debtor(contact(usable=False), contact(1)), POLICY, at(d(7, 4)))
    assert isinstance(decision, Send)
    assert (decision.stage.key, decision.contact.address) == ("reminder1", "c1@client.example")


def test_with_no_contact_left_a_person_is_needed() -> None:
    decision = decide(case(d(3, 4)), debtor(contact(usable=False)), POLICY, at(d(7, 4)))
    assert decision == Wait(None, Reason.NO_CONTACT, POLICY.stage("reminder1"))


RIPE = case(d(3, 4), served=served(reminder1=d(7, 4), reminder2=d(20, 4), reminder3=d(4, 5)))


def test_no_formal_notice_goes_into_an_absence() -> None:
    decision = decide(RIPE, debtor(contact(absent_until=d(20, 5))), POLICY, at(d(18, 5)))
    assert decision == Wait(at(d(22, 5)), Reason.ABSENT, POLICY.stage("formal_notice"), "c0@client.example")


def test_no_formal_notice_is_offered_while_mail_that_may_be_the_debtor_s_is_unread() -> None:
    decision = decide(RIPE, debtor(unmatched=True), POLICY, at(d(18, 5)))
    assert decision == Wait(None, Reason.UNMATCHED_MAIL, POLICY.stage("formal_notice"))
    reminder = decide(case(d(3, 4)), debtor(unmatched=True), POLICY, at(d(18, 5)))
    assert isinstance(reminder, Send), "reminders do not wait"


@pytest.mark.parametrize("last", [d(4, 5), d(17, 5)])
def test_a_formal_notice_is_offered_within_the_gap_since_a_person_must_look_anyway(last: date) -> None:
    decision = decide(RIPE, debtor(last=last, in_flight=True), POLICY, at(d(18, 5)))
    assert isinstance(decision, Send)
    assert decision.stage.kind is StageKind.FORMAL_NOTICE


def test_a_formal_notice_is_not_offered_within_the_gap_after_the_same_invoice_s_last_reminder() -> None:
    late = case(d(2, 1), served=served(reminder1=d(1, 6), reminder2=d(8, 6), reminder3=d(15, 6)))
    decision = decide(late, debtor(last=d(15, 6)), POLICY, at(d(16, 6)))
    assert decision == Wait(at(d(24, 6)), Reason.NOT_DUE, POLICY.stage("formal_notice"))  # it gave eight days


def test_the_hand_over_follows_the_served_notice_s_deadline_and_never_precedes_it() -> None:
    """Offered on 18 May, approved three weeks later: the deadline runs from the day it left."""
    life = Life(debtor(last=d(4, 5)), [RIPE], approves=lambda _: at(d(8, 6), 15)).run(
        at(d(18, 5)), until=at(d(1, 8))
    )
    assert days_of(life) == ["08/06 formal_notice: F1", "24/06 handover: F1"]
    told = life.cases[0].served[-1]
    assert told.deadline == d(23, 6)
    waiting = case(d(3, 4), served=(*RIPE.served, told))
    assert decide(waiting, debtor(), POLICY, at(d(23, 6), 23, 59)) == Wait(
        at(d(24, 6)), Reason.DEADLINE_RUNNING, POLICY.stage("handover")
    )
    assert decide(waiting, debtor(), POLICY, at(d(24, 6), 0)) == Stop(Reason.HANDOVER_DUE)


def test_nothing_is_handed_over_without_a_served_formal_notice() -> None:
    skipped = case(d(3, 4), served=(*RIPE.served, Served("formal_notice", d(18, 5))))
    decision = decide(skipped, debtor(), POLICY, at(d(1, 9)))
    assert decision == Wait(None, Reason.POLICY_CHANGED, POLICY.stage("handover"))


def test_nothing_is_handed_over_during_a_hold() -> None:
    told = (*RIPE.served, *served(formal_notice=d(18, 5)))
    held = case(d(3, 4), served=told, holds=(Hold("dispute", None, "accounts"),))
    assert isinstance(decide(held, debtor(), POLICY, at(d(1, 9))), Wait)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"owed": "0.00"}, Reason.PAID),
        ({"owed": "-100.00", "total": "-100.00"}, Reason.CREDIT_NOTE),
        ({"owed": "0.00", "total": "-100.00"}, Reason.CREDIT_NOTE),
        ({"handed_over": True}, Reason.HANDED_OVER),
    ],
)
def test_what_is_over_is_not_looked_at_again(facts: dict[str, object], reason: Reason) -> None:
    assert decide(case(d(3, 4), **facts), debtor(), POLICY, at(d(7, 4))) == Stop(reason)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("queued", Reason.IN_FLIGHT),
        ("deferred", Reason.IN_FLIGHT),
        ("sending", Reason.IN_FLIGHT),
        ("in_doubt", Reason.IN_DOUBT),
        ("awaiting_approval", Reason.AWAITING_APPROVAL),
    ],
)
def test_with_a_notice_on_its_way_nothing_is_decided(state: str, reason: Reason) -> None:
    busy = case(d(3, 4), in_flight=InFlight(7, "reminder1", state))
    assert decide(busy, debtor(), POLICY, at(d(7, 4))) == Wait(None, reason, detail="reminder1")


def test_a_stage_that_the_policy_lost_in_mid_course_is_for_a_person() -> None:
    lost = case(d(3, 4), served=(Served("relance_bis", d(7, 4)),))
    assert decide(lost, debtor(), POLICY, at(d(20, 4))) == Wait(None, Reason.POLICY_CHANGED)


def test_a_policy_without_hand_over_ends() -> None:
    short = Policy(stages=(Stage("r", StageKind.REMINDER, 3),))
    done = case(d(3, 4), served=(Served("r", d(7, 4)),))
    assert decide(done, debtor(), short, at(d(1, 9))) == Stop(Reason.POLICY_ENDED)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (at(d(7, 4), 8, 59), at(d(7, 4))),
        (at(d(7, 4), 17), at(d(8, 4))),
        (at(d(10, 4), 18), at(d(13, 4))),  # Friday evening
        (at(d(30, 4), 20), at(d(4, 5))),  # before 1 May and its weekend
        (at(d(14, 5), 11), at(d(15, 5))),  # Ascension Day
    ],
)
def test_outside_the_sending_hours_it_waits_for_their_next_opening(now: datetime, opens: datetime) -> None:
    assert decide(case(d(31, 3)), debtor(), POLICY, now) == Wait(
        opens, Reason.WINDOW, POLICY.stage("reminder1")
    )


# Properties

DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))
KEYS = [stage.key for stage in POLICY.stages]
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))
WINDOWS = st.builds(
    Window,
    days=st.sets(st.integers(0, 4), min_size=1).map(frozenset),
    start=st.times(time(0), time(11)),
    end=st.times(time(12), time(23, 59)),
)
POLICIES = st.builds(
    Policy, entry=st.sampled_from(Entry), window=WINDOWS, min_days_between=st.integers(1, 20)
)
HOLDS = st.builds(Hold, st.sampled_from(["other", "dispute"]), st.none() | DAYS)
CONTACTS = st.lists(
    st.builds(contact, st.integers(0, 3), usable=st.booleans(), absent_until=st.none() | DAYS), max_size=3
)


@st.composite
def debtors(draw: st.DrawFn) -> DebtorCase:
    return debtor(
        *draw(CONTACTS),
        days=draw(st.sampled_from([FRANCE, MOSELLE])),
        last=draw(st.none() | DAYS),
        in_flight=draw(st.booleans()),
        unmatched=draw(st.booleans()),
    )


@st.composite
def cases(draw: st.DrawFn, number: str = "F1") -> InvoiceCase:
    reached = draw(
        st.lists(st.tuples(st.sampled_from([*KEYS[:5], "lost"]), DAYS), max_size=4, unique_by=lambda s: s[0])
    )
    return case(
        draw(DAYS),
        number,
        owed=draw(st.sampled_from(["0.00", "0.01", "99.00"])),
        total=draw(st.sampled_from(["100.00", "-100.00"])),
        served=tuple(Served(key, day, draw(st.none() | DAYS)) for key, day in reached),
        in_flight=draw(st.sampled_from([None, None, InFlight(1, "reminder1", "queued")])),
        holds=tuple(draw(st.lists(HOLDS, max_size=2))),
        handed_over=draw(st.sampled_from([False, False, True])),
    )


@settings(max_examples=250, deadline=None)
@given(cases(), debtors(), POLICIES, INSTANTS)
def test_a_decision_is_always_made_and_never_against_the_facts(one, whom, policy, now) -> None:  # type: ignore[no-untyped-def]
    decision = decide(one, whom, policy, now)
    today = now.astimezone(policy.window.zone).date()
    if isinstance(decision, Wait):
        assert decision.until is None or decision.until > now
    elif isinstance(decision, Send):
        assert one.outstanding
        assert not one.invoice.is_credit_note
        assert not one.handed_over
        assert one.in_flight is None
        assert all(hold.until is not None and hold.until < today for hold in one.holds)
        assert policy.window.is_open(now, whom.days)
        assert decision.stage.key not in {entry.stage for entry in one.served}
        assert decision.stage.kind is not StageKind.HANDOVER
        assert all(today >= entry.on + timedelta(days=policy.min_days_between) for entry in one.served)
        if not decision.stage.needs_approval:
            assert not whom.message_in_flight
            assert today >= (free_again(whom, policy) or today)
        else:
            assert not whom.unmatched_mail
            assert one.served, "never the first that a debtor hears of an invoice"
        facts = next(facts for facts in whom.contacts if facts.contact == decision.contact)
        assert facts.usable
    elif decision.reason is Reason.HANDOVER_DUE:
        assert all(today > entry.deadline for entry in one.served if entry.deadline)
        assert any(entry.deadline for entry in one.served)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(DAYS, min_size=1, max_size=4),
    debtors(),
    POLICIES,
    INSTANTS,
    st.integers(0, 40),
    st.lists(HOLDS.filter(lambda hold: hold.until is not None), max_size=2),
)
def test_in_a_whole_life_every_stage_is_sent_once_with_the_gap_between(  # type: ignore[no-untyped-def]
    dues, whom, policy, start, approval_days, holds
) -> None:
    owed = [case(due, f"F{i}", holds=tuple(holds) if i == 0 else ()) for i, due in enumerate(dues)]
    life = Life(whom, owed, policy, lambda offered: offered + timedelta(days=approval_days))
    life.run(start, until=start + timedelta(days=2500))
    stages = Counter((number, stage) for left in life.left for number, stage in left.invoices.items())
    assert all(count == 1 for count in stages.values())
    days = [left.at.astimezone(policy.window.zone).date() for left in life.left]
    assert all((b - a).days >= policy.min_days_between for a, b in pairwise(days))
    for one in life.cases:
        order = [policy.index(entry.stage) for entry in one.served]
        assert order == sorted(order)
        if one.invoice.number in life.handed_over:
            assert one.served[-1].deadline is not None
            handed = life.handed_over[one.invoice.number].astimezone(policy.window.zone).date()
            assert handed > one.served[-1].deadline
    if (
        not whom.unmatched_mail
        and not whom.message_in_flight
        and any(facts.usable for facts in whom.contacts)
    ):
        assert len(life.handed_over) == len(owed), "nothing is forgotten"


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(DAYS, st.integers(0, 5)), min_size=1, max_size=6), POLICIES, INSTANTS)
def test_a_debtor_gets_at_most_one_message_and_one_formal_notice_a_run(dues, policy, now) -> None:  # type: ignore[no-untyped-def]
    reached = [
        case(due, f"F{i}", served=tuple(Served(key, date(2023, 1, 1)) for key in KEYS[:n]))
        for i, (due, n) in enumerate(dues)
    ]
    whom = debtor()
    sends = [
        (one, decision) for one in reached if isinstance(decision := decide(one, whom, policy, now), Send)
    ]
    proposals: list[Proposal] = group(sends, policy)
    formal = [p for p in proposals if p.stage.kind is StageKind.FORMAL_NOTICE]
    assert len(formal) <= 1
    assert len(proposals) - len(formal) <= 1
    told = [one.invoice.number for proposal in proposals for one, _ in proposal.cases]
    assert sorted(told) == sorted(one.invoice.number for one, _ in sends)
