"""Late-payment interest and compensation: sums worked out by hand, then what must always hold."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.dunning.interest import (
    COMPENSATION,
    Interest,
    Outstanding,
    claims_allowed,
    compensation,
    late_payment_interest,
    outstanding_over_time,
)
from relance_mailer.dunning.invoice import DebtorKind
from relance_mailer.dunning.money import Money
from relance_mailer.dunning.rates import Regime, load_rates
from relance_mailer.errors import RateUnknownError

RATES = load_rates()
DUE = date(2025, 12, 15)
UNTIL = date(2026, 7, 20)
PROFESSIONAL, PUBLIC = Regime.FR_PROFESSIONAL, Regime.FR_PUBLIC


def euros(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def whole(amount: str) -> tuple[Outstanding, ...]:
    return outstanding_over_time(euros(amount), [])


def spans(interest: Interest) -> list[tuple[str, str, int, str, str]]:
    return [
        (str(span.first_day), str(span.last_day), span.days, str(span.base.amount), str(span.rate))
        for span in interest.working
    ]


def test_ten_thousand_euros_seven_months_late_cost_a_professional_723_71() -> None:
    # 16 to 31 December 2025    16 days × 10,000.00 × 12.15 % =  19,440.00 / 365 =  53.2603
    # 1 January to 30 June     181 days × 10,000.00 × 12.15 % = 219,915.00 / 365 = 602.5068
    # 1 to 20 July              20 days × 10,000.00 × 12.40 % =  24,800.00 / 365 =  67.9452
    # 217 days (20 July - 15 December)                          264,155.00 / 365 = 723.7123
    interest = late_payment_interest(DUE, whole("10000.00"), UNTIL, PROFESSIONAL, RATES)

    assert interest.amount == euros("723.71")
    assert spans(interest) == [
        ("2025-12-16", "2025-12-31", 16, "10000.00", "12.15"),
        ("2026-01-01", "2026-06-30", 181, "10000.00", "12.15"),
        ("2026-07-01", "2026-07-20", 20, "10000.00", "12.40"),
    ]
    assert [str(round(span.amount, 4)) for span in interest.working] == ["53.2603", "602.5068", "67.9452"]


def test_a_public_buyer_keeps_the_rate_of_the_half_year_in_which_interest_began() -> None:
    # 217 days × 10,000.00 × 10.15 % = 220,255.00 / 365 = 603.4384
    interest = late_payment_interest(DUE, whole("10000.00"), UNTIL, PUBLIC, RATES)

    assert interest.amount == euros("603.44")
    assert spans(interest) == [("2025-12-16", "2026-07-20", 217, "10000.00", "10.15")]


def test_a_public_buyer_keeps_that_rate_after_a_part_payment_in_a_later_half_year() -> None:
    # 216 days × 10,000.00 × 10.15 % + 1 day × 6,000.00 × 10.15 % = 219,849.00 / 365 = 602.3260
    outstanding = outstanding_over_time(euros("10000.00"), [(UNTIL - timedelta(days=1), euros("4000.00"))])
    interest = late_payment_interest(DUE, outstanding, UNTIL, PUBLIC, RATES)

    assert interest.amount == euros("602.33")
    assert spans(interest) == [
        ("2025-12-16", "2026-07-19", 216, "10000.00", "10.15"),
        ("2026-07-20", "2026-07-20", 1, "6000.00", "10.15"),
    ]


def test_interest_that_begins_on_the_first_of_july_has_the_new_half_year_s_rate() -> None:
    # Due on 30 June 2026: the first day is 1 July. 20 days × 1,000.00 × 10.40 % = 2,080.00 / 365 = 5.6986
    interest = late_payment_interest(date(2026, 6, 30), whole("1000.00"), UNTIL, PUBLIC, RATES)

    assert interest.amount == euros("5.70")
    assert spans(interest) == [("2026-07-01", "2026-07-20", 20, "1000.00", "10.40")]


def test_a_part_payment_splits_the_days_and_its_own_day_still_bears_interest() -> None:
    # 16 to 31 December  16 days × 10,000.00 × 12.15 % =  19,440.00
    # to 31 March        90 days × 10,000.00 × 12.15 % = 109,350.00
    # to 30 June         91 days ×  6,000.00 × 12.15 % =  66,339.00
    # to 20 July         20 days ×  6,000.00 × 12.40 % =  14,880.00
    #                                                    210,009.00 / 365 = 575.3671
    outstanding = outstanding_over_time(euros("10000.00"), [(date(2026, 3, 31), euros("4000.00"))])
    interest = late_payment_interest(DUE, outstanding, UNTIL, PROFESSIONAL, RATES)

    assert interest.amount == euros("575.37")
    assert spans(interest) == [
        ("2025-12-16", "2025-12-31", 16, "10000.00", "12.15"),
        ("2026-01-01", "2026-03-31", 90, "10000.00", "12.15"),
        ("2026-04-01", "2026-06-30", 91, "6000.00", "12.15"),
        ("2026-07-01", "2026-07-20", 20, "6000.00", "12.40"),
    ]


def test_what_was_paid_before_the_due_date_bears_no_interest() -> None:
    early = outstanding_over_time(euros("10000.00"), [(DUE - timedelta(days=5), euros("4000.00"))])

    interest = late_payment_interest(DUE, early, UNTIL, PROFESSIONAL, RATES)
    assert interest == late_payment_interest(DUE, whole("6000.00"), UNTIL, PROFESSIONAL, RATES)


def test_payment_on_the_due_date_leaves_no_interest_and_the_day_after_one_day() -> None:
    on_time, one_late = (
        outstanding_over_time(euros("3650.00"), [(DUE + timedelta(days=late), euros("3650.00"))])
        for late in (0, 1)
    )

    assert late_payment_interest(DUE, on_time, UNTIL, PROFESSIONAL, RATES) == Interest(euros("0.00"), ())
    # 1 day × 3,650.00 × 12.15 % / 365 = 1.215
    assert late_payment_interest(DUE, one_late, UNTIL, PROFESSIONAL, RATES).amount == euros("1.22")


def test_nothing_runs_up_to_the_due_date() -> None:
    for until in (DUE, DUE - timedelta(days=40)):
        assert late_payment_interest(DUE, whole("100.00"), until, PROFESSIONAL, RATES).working == ()


def test_a_leap_year_is_divided_by_365_too() -> None:
    # 2024: 182 days × 1,000.00 × 14.50 % + 184 days × 1,000.00 × 14.25 % = 52,610.00 / 365 = 144.1370
    interest = late_payment_interest(
        date(2023, 12, 31), whole("1000.00"), date(2024, 12, 31), PROFESSIONAL, RATES
    )

    assert [span.days for span in interest.working] == [182, 184]
    assert interest.amount == euros("144.14")


def test_the_sum_is_rounded_once_at_the_end_not_span_by_span() -> None:
    # 0.64 + 7.29 + 0.82 would be 8.75; 121.00 × (197 × 12.15 + 20 × 12.40) / 36,500 = 8.7569
    interest = late_payment_interest(DUE, whole("121.00"), UNTIL, PROFESSIONAL, RATES)

    assert [str(round(span.amount, 4)) for span in interest.working] == ["0.6444", "7.2903", "0.8221"]
    assert interest.amount == euros("8.76")


def test_yen_are_rounded_to_whole_yen() -> None:
    owed = outstanding_over_time(Money(Decimal(100000), "JPY"), [])

    # 217 days at 12.15 and 12.40 %: a hundred thousand cost ten times what ten thousand do, 7,237.12.
    assert late_payment_interest(DUE, owed, UNTIL, PROFESSIONAL, RATES).amount == Money(Decimal(7237), "JPY")


def test_a_half_year_without_a_rate_is_an_error_only_if_something_was_owed_in_it() -> None:
    later = date(2027, 1, 10)
    paid = outstanding_over_time(euros("100.00"), [(date(2026, 12, 31), euros("100.00"))])

    with pytest.raises(RateUnknownError, match="first half of 2027"):
        late_payment_interest(DUE, whole("100.00"), later, PROFESSIONAL, RATES)
    # 100.00 × (197 × 12.15 + 184 × 12.40) / 36,500 = 12.8086; 391 days at 10.15 %: 10.8730
    assert late_payment_interest(DUE, paid, later, PROFESSIONAL, RATES).amount == euros("12.81")
    assert late_payment_interest(DUE, whole("100.00"), later, PUBLIC, RATES).amount == euros("10.87")


def test_money_given_back_raises_the_principal_again_but_never_above_the_total() -> None:
    days = [date(2026, 1, 10), date(2026, 1, 20), date(2026, 1, 30)]
    paid = zip(days, [euros("150.00"), euros("-90.00"), euros("-100.00")], strict=True)

    assert [str(step.amount) for step in outstanding_over_time(euros("100.00"), paid)] == [
        "100.00 EUR",
        "0.00 EUR",
        "40.00 EUR",
        "100.00 EUR",
    ]


# Who may be claimed what.


@pytest.mark.parametrize(
    ("kind", "debtor", "creditor", "insolvent", "regime"),
    [
        (DebtorKind.PROFESSIONAL, "FR", "FR", False, PROFESSIONAL),
        (DebtorKind.PROFESSIONAL, "DE", "FR", False, PROFESSIONAL),
        (DebtorKind.PROFESSIONAL, "FR", "RE", False, PROFESSIONAL),
        (DebtorKind.PUBLIC, "FR", "FR", False, PUBLIC),
        (DebtorKind.PUBLIC, "DE", "FR", False, None),
        (DebtorKind.CONSUMER, "FR", "FR", False, None),
        (DebtorKind.UNKNOWN, "FR", "FR", False, None),
        (DebtorKind.PROFESSIONAL, "FR", "DE", False, None),
        (DebtorKind.PROFESSIONAL, "FR", "FR", True, None),
        (DebtorKind.PUBLIC, "FR", "FR", True, None),
    ],
)
def test_claims_are_made_only_where_the_law_gives_them(
    kind: DebtorKind, debtor: str, creditor: str, insolvent: bool, regime: Regime | None
) -> None:
    assert claims_allowed(kind, debtor, creditor, insolvent=insolvent) is regime


@pytest.mark.parametrize("regime", list(Regime))
def test_forty_euros_are_due_whole_from_the_first_day_late_even_after_a_part_payment(regime: Regime) -> None:
    part = outstanding_over_time(euros("100.00"), [(DUE, euros("99.99"))])

    assert euros("40.00") == COMPENSATION
    assert compensation(DUE, part, DUE, regime) == euros("0.00")
    assert compensation(DUE, part, DUE + timedelta(days=1), regime) == COMPENSATION


def test_an_invoice_paid_late_owes_the_forty_euros_and_one_paid_in_time_does_not() -> None:
    late = outstanding_over_time(euros("100.00"), [(DUE + timedelta(days=1), euros("100.00"))])
    in_time = outstanding_over_time(euros("100.00"), [(DUE, euros("100.00"))])

    assert compensation(DUE, late, UNTIL, PROFESSIONAL) == COMPENSATION
    assert compensation(DUE, in_time, UNTIL, PROFESSIONAL) == euros("0.00")


def test_without_a_regime_there_is_no_compensation() -> None:
    assert compensation(DUE, whole("100.00"), UNTIL, None) == euros("0.00")


def test_the_forty_euros_are_euros_whatever_the_invoice_s_currency() -> None:
    dollars = outstanding_over_time(Money(Decimal(100), "USD"), [])

    assert compensation(DUE, dollars, UNTIL, PROFESSIONAL) == COMPENSATION


# What must always hold.

dues = st.dates(date(2018, 1, 1), date(2026, 6, 30))
sums = st.integers(1, 10_000_000).map(lambda cents: Money.from_minor(cents, "EUR"))
payments = st.lists(st.tuples(st.dates(date(2018, 1, 1), date(2026, 12, 31)), sums), max_size=4)
delays = st.integers(0, 180)


@given(dues, sums, payments, delays, st.sampled_from(Regime))
def test_the_working_adds_up_and_covers_each_day_once(
    due: date, total: Money, paid: list[tuple[date, Money]], delay: int, regime: Regime
) -> None:
    until = due + timedelta(days=delay)
    interest = late_payment_interest(due, outstanding_over_time(total, paid), until, regime, RATES)

    assert abs(sum(span.amount for span in interest.working) - interest.amount.amount) <= Decimal(
        "0.005000001"
    )
    days = [span.first_day + timedelta(days=n) for span in interest.working for n in range(span.days)]
    assert days == sorted(set(days))
    assert all(due < day <= until for day in days)
    assert all(span.last_day == span.first_day + timedelta(days=span.days - 1) for span in interest.working)
    if not paid:
        assert len(days) == delay


@given(dues, sums, payments, delays)
def test_each_day_bears_what_is_owed_on_it_at_that_day_s_rate(
    due: date, total: Money, paid: list[tuple[date, Money]], delay: int
) -> None:
    by_day = Decimal(0)
    for n in range(1, delay + 1):
        day = due + timedelta(days=n)
        received = sum((amount.amount for on, amount in paid if on < day), Decimal(0))
        by_day += max(total.amount - received, Decimal(0)) * RATES.rate(PROFESSIONAL, day)

    until = due + timedelta(days=delay)
    interest = late_payment_interest(due, outstanding_over_time(total, paid), until, PROFESSIONAL, RATES)
    assert interest.amount == Money(by_day / 36500, "EUR").rounded()
