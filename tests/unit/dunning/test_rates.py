"""The table of rates: what it says, what it refuses to say, what a configuration may add."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.dunning.rates import (
    RateTable,
    Regime,
    half_year,
    load_rates,
    next_half_year,
    parse_rates,
)
from relance_mailer.errors import ConfigError, InputError, RateUnknownError

RATES = load_rates()


@pytest.mark.parametrize(
    ("day", "professional", "public"),
    [
        (date(2016, 6, 30), "10.05", "8.05"),
        (date(2023, 7, 1), "14.00", "12.00"),
        (date(2024, 3, 15), "14.50", "12.50"),
        (date(2025, 12, 31), "12.15", "10.15"),
        (date(2026, 1, 1), "12.15", "10.15"),
        (date(2026, 6, 30), "12.15", "10.15"),  # the ECB's move of 17 June counts from 1 July
        (date(2026, 7, 1), "12.40", "10.40"),
        (date(2026, 12, 31), "12.40", "10.40"),  # that of 16 September does not count before 2027
    ],
)
def test_a_rate_is_the_ecb_s_of_the_half_year_s_first_day_and_a_margin(
    day: date, professional: str, public: str
) -> None:
    assert RATES.rate(Regime.FR_PROFESSIONAL, day) == Decimal(professional)
    assert RATES.rate(Regime.FR_PUBLIC, day) == Decimal(public)


def test_the_table_has_every_half_year_from_its_first_to_its_last() -> None:
    known = sorted(RATES.half_years)

    assert known[0] == date(2009, 1, 1)
    assert all(next_half_year(earlier) == later for earlier, later in pairwise(known))


def test_the_floor_may_exceed_the_default_rate_as_it_did_in_2024() -> None:
    day = date(2024, 2, 1)

    assert RATES.floor(day) == Decimal("15.21")
    assert RATES.floor(date(2010, 1, 1)) is None
    assert RATES.rate(Regime.FR_PROFESSIONAL, day) == Decimal("14.50")


@pytest.mark.parametrize(
    ("day", "named"), [(date(2027, 1, 1), "first half of 2027"), (date(2008, 12, 31), "second half of 2008")]
)
def test_an_unknown_half_year_is_an_error_that_says_which_and_what_to_do(day: date, named: str) -> None:
    assert not RATES.knows(day)
    with pytest.raises(RateUnknownError) as caught:
        RATES.rate(Regime.FR_PROFESSIONAL, day)

    text = str(caught.value)
    assert named in text
    assert "European Central Bank" in text
    assert caught.value.start == half_year(day)
    rows = tomllib.loads(text[text.index("[[rates]]") :].replace(" / ", "\n"))["rates"]
    assert rows == [{"effective_from": half_year(day), "ecb": 2.15}]
    assert RATES.with_overrides((row["effective_from"], Decimal(str(row["ecb"]))) for row in rows).knows(day)
    with pytest.raises(RateUnknownError):
        RATES.floor(day)


def test_the_configuration_adds_a_half_year_or_corrects_one() -> None:
    table = RATES.with_overrides(
        [
            (date(2027, 1, 1), Decimal("9.99")),
            (date(2026, 7, 1), Decimal("2.50")),
            (date(2027, 1, 1), Decimal("2.65")),
        ]
    )

    assert table.rate(Regime.FR_PROFESSIONAL, date(2027, 6, 30)) == Decimal("12.65")
    assert table.rate(Regime.FR_PUBLIC, date(2026, 7, 1)) == Decimal("10.50")
    assert table.floor(date(2026, 7, 1)) == Decimal("8.25")
    assert not table.knows(date(2027, 7, 1))
    assert not RATES.knows(date(2027, 1, 1))


def test_a_row_that_begins_no_half_year_is_refused() -> None:
    with pytest.raises(ConfigError, match="1 January or on 1 July"):
        RATES.with_override(date(2026, 9, 16), Decimal("2.65"))


@pytest.mark.parametrize("ecb", ["12.65", "-3", "NaN", "Infinity"])
def test_a_rate_that_cannot_be_the_ecb_s_alone_is_refused(ecb: str) -> None:
    with pytest.raises(ConfigError, match="margin is added by law"):
        RATES.with_override(date(2027, 1, 1), Decimal(ecb))


def test_a_table_needs_no_more_than_the_day_and_the_ecb_s_rate() -> None:
    table = parse_rates("effective_from,ecb\n2027-01-01,2.65\n")

    assert table == RateTable().with_override(date(2027, 1, 1), Decimal("2.65"))


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("2027-01-01,2.65,12.60,,,", "fr_default is 12.60"),
        ("2027-01-01,2.65,,10.60,,", "fr_public is 10.60"),
        ("2027-01-01,2.65,,,2.00,6.10", "fr_floor is 6.10"),
        ("2027-01-01,2.65,,,,6.00", "fr_floor is 6.00"),
        ("2027-01-01,x,,,,", "line 3"),
        ("2027-13-01,2.65,,,,", "line 3"),
        ("2027-02-01,2.65,,,,", "1 July"),
        ("2027-01-01", "line 3"),
        ("2026-07-01,2.40,,,,", "stands twice"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused_with_its_line(row: str, why: str) -> None:
    header = "effective_from,ecb,fr_default,fr_public,fr_legal,fr_floor\n"
    with pytest.raises(InputError, match=why) as caught:
        parse_rates(f"{header}2026-07-01,2.40,12.40,10.40,2.75,8.25\n{row}\n")
    assert "line 3" in str(caught.value)


@given(st.dates())
def test_every_day_lies_in_its_own_half_year(day: date) -> None:
    assert half_year(day) <= day
    assert day.year == date.max.year or day < next_half_year(day)
    assert half_year(half_year(day)) == half_year(day)
