"""Whom a message goes to first, by what contacts do at the debtor; and whom nobody is to remind."""

from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.dunning.case import ContactFacts, Hold, addressee
from relance_mailer.dunning.decide import Reason, Send, Stop, Wait, decide
from relance_mailer.dunning.invoice import Contact, Role
from relance_mailer.dunning.policy import NEVER, Policy, Pursuit
from tests.support.dunning import FRANCE, POLICY, at, case, debtor, served

TODAY = date(2026, 3, 10)
AWAY = date(2026, 3, 13)  #: waited for
GONE = date(2026, 6, 30)  #: not waited for


def person(id_: int, role: Role, rank: int = 0, **facts: object) -> ContactFacts:
    return ContactFacts(Contact(id_, f"c{id_}@client.example", rank=rank, role=role), **facts)  # type: ignore[arg-type]


def order(*people: ContactFacts) -> list[Role]:
    """The roles in the order in which they are written to, as each before becomes unusable."""
    left, found = list(people), []
    while (contact := addressee(left, TODAY, FRANCE).contact) is not None:
        found.append(contact.role)
        left = [facts for facts in left if facts.contact != contact]
    return found


ONE_EACH = [person(place, role) for place, role in enumerate(Role, 1)]


@pytest.mark.parametrize("people", list(permutations(ONE_EACH)))
def test_accounts_come_first_and_management_last_however_they_came_in(
    people: tuple[ContactFacts, ...],
) -> None:
    assert order(*people) == [Role.ACCOUNTS, Role.OTHER, Role.PURCHASING, Role.MANAGEMENT]


def test_within_a_role_the_rank_decides_and_then_who_was_known_first() -> None:
    people = [person(3, Role.OTHER, 1), person(2, Role.OTHER, 0), person(1, Role.OTHER, 1)]
    found = [addressee(people[skip:], TODAY, FRANCE).contact for skip in range(3)]
    assert [contact.id for contact in found if contact] == [2, 2, 1]
    assert addressee([people[0], people[2]], TODAY, FRANCE).contact == people[2].contact


def test_a_short_absence_of_accounts_is_waited_for_rather_than_bothering_management() -> None:
    accounts = person(1, Role.ACCOUNTS, absent_until=AWAY, absent_since=TODAY)
    whom = addressee([accounts, person(2, Role.MANAGEMENT)], TODAY, FRANCE)
    assert (whom.contact, whom.back_on is not None) == (accounts.contact, True)


def test_management_is_written_to_where_nobody_else_is_left() -> None:
    accounts = person(1, Role.ACCOUNTS, usable=False)
    buyer = person(2, Role.PURCHASING, absent_until=GONE, absent_since=TODAY)
    manager = person(3, Role.MANAGEMENT)
    assert addressee([manager, accounts, buyer], TODAY, FRANCE).contact == manager.contact


@given(st.lists(st.tuples(st.sampled_from(Role), st.integers(0, 2), st.booleans()), max_size=6), st.randoms())
def test_the_choice_does_not_depend_on_the_order_of_rows(
    drawn: list[tuple[Role, int, bool]], chance: object
) -> None:
    people = [person(id_, role, rank, usable=usable) for id_, (role, rank, usable) in enumerate(drawn)]
    shuffled = list(people)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert addressee(shuffled, TODAY, FRANCE) == addressee(people, TODAY, FRANCE)


# Nobody reminds them

OVERDUE = case(date(2026, 2, 20))
NEVER_REMINDED = POLICY.without_stages(NEVER, Pursuit.NEVER)
UNKNOWN = POLICY.without_stages("lost", Pursuit.UNKNOWN)


def test_a_debtor_that_nobody_is_to_remind_gets_nothing_and_the_reason_says_so() -> None:
    assert decide(OVERDUE, debtor(), NEVER_REMINDED, at(TODAY)) == Stop(Reason.NEVER_REMINDED)


def test_a_debtor_whose_policy_is_unknown_waits_for_a_person_and_follows_no_other() -> None:
    assert decide(OVERDUE, debtor(), UNKNOWN, at(TODAY)) == Wait(None, Reason.POLICY_UNKNOWN, detail="lost")


@given(
    st.sampled_from([NEVER_REMINDED, UNKNOWN]),
    st.dates(date(2026, 1, 1), date(2026, 5, 1)),
    st.lists(st.sampled_from([stage.key for stage in POLICY.stages]), max_size=3, unique=True),
    st.sampled_from([None, date(2026, 3, 1), date(2026, 4, 1)]),
)
def test_a_policy_that_sends_nothing_never_sends_whatever_went_before(
    policy: Policy, due: date, before: list[str], held_until: date | None
) -> None:
    holds = (Hold("other", held_until),) if held_until else ()
    one = case(due, served=served(POLICY, **dict.fromkeys(before, date(2026, 2, 2))), holds=holds)
    decision = decide(one, debtor(), policy, at(TODAY))
    assert not isinstance(decision, Send)
    assert decision.reason in (Reason.NEVER_REMINDED, Reason.POLICY_UNKNOWN)


@pytest.mark.parametrize("policy", [NEVER_REMINDED, UNKNOWN])
def test_what_is_paid_is_paid_whatever_the_policy(policy: Policy) -> None:
    paid = replace(OVERDUE, outstanding=replace(OVERDUE.outstanding, amount=OVERDUE.outstanding.amount * 0))
    assert decide(paid, debtor(), policy, at(TODAY)) == Stop(Reason.PAID)
