"""Working days of two places, and the hours in which a mail may leave."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.dunning.calendar import Place, Window, WorkingDays
from relance_mailer.errors import ConfigError

FRANCE, GERMANY = Place("FR"), Place("DE")
FRENCH = WorkingDays.of(FRANCE)
PARIS = ZoneInfo("Europe/Paris")


def test_france_has_its_eleven_holidays_with_easter_where_it_falls() -> None:
    # C. trav. L3133-1, in 2027; the weekend days among them (1 and 8 May, 15 August, 25 December) are closed anyway.
    holidays = [
        "01-01",
        "03-29",
        "05-01",
        "05-06",
        "05-08",
        "05-17",
        "07-14",
        "08-15",
        "11-01",
        "11-11",
        "12-25",
    ]
    closed = {date.fromisoformat(f"2027-{day}") for day in holidays}

    weekdays = [date(2027, 1, 1) + timedelta(days=n) for n in range(365)]
    weekdays = [day for day in weekdays if day.weekday() < 5]
    assert {day for day in weekdays if not FRENCH.is_open(day)} == {
        day for day in closed if day.weekday() < 5
    }


@pytest.mark.parametrize("subdivision", ["57", "67", "68", "FR-67", "6AE", "6ae"])
def test_alsace_and_moselle_are_closed_on_good_friday_and_the_day_after_christmas(subdivision: str) -> None:
    days = WorkingDays.of(Place("FR", subdivision))

    for day in (date(2027, 3, 26), date(2025, 12, 26)):
        assert FRENCH.is_open(day)
        assert not days.is_open(day)
    assert not days.is_open(date(2027, 7, 14))


def test_the_overseas_departments_commemorate_the_end_of_slavery() -> None:
    assert not WorkingDays.of(Place("FR", "974")).is_open(date(2027, 12, 20))
    assert not WorkingDays.of(Place("RE")).is_open(date(2027, 12, 20))


def test_a_subdivision_without_holidays_of_its_own_keeps_its_country_s() -> None:
    days = WorkingDays.of(Place("FR", "75"))

    assert not days.is_open(date(2027, 7, 14))
    assert days.is_open(date(2027, 3, 26))


@pytest.mark.parametrize("country", ["", "ZZ", "QQ", "france"])
def test_an_unknown_country_closes_on_weekends_only(country: str) -> None:
    days = WorkingDays.of(Place(country))

    assert [days.is_open(date(2025, 12, 22) + timedelta(days=n)) for n in range(7)] == [True] * 5 + [
        False
    ] * 2


def test_a_day_is_open_only_if_both_the_creditor_and_the_debtor_work() -> None:
    both = WorkingDays.of(FRANCE, GERMANY)

    assert not both.is_open(date(2027, 7, 14))
    assert not both.is_open(date(2025, 10, 3))  # German Unity Day, a Friday
    assert FRENCH.is_open(date(2025, 10, 3))
    assert both.is_open(date(2025, 10, 2))
    assert both == WorkingDays.of(GERMANY, FRANCE)


def test_working_days_are_counted_over_easter() -> None:
    thursday, tuesday = date(2027, 3, 25), date(2027, 3, 30)

    assert FRENCH.add(thursday, 0) == thursday
    assert FRENCH.add(thursday, 2) == tuesday
    assert FRENCH.count(thursday, tuesday) == 2
    assert FRENCH.count(tuesday, thursday) == 0
    assert FRENCH.next_open(date(2027, 3, 27)) == tuesday
    assert FRENCH.next_open(tuesday) == tuesday
    with pytest.raises(ValueError, match="cannot be negative"):
        FRENCH.add(tuesday, -1)


days_of_a_life = st.dates(date(1990, 1, 1), date(2090, 12, 31))
places = st.sampled_from(["FR", "DE", "BE", "ES", "GB", "CH", "IL", "ZZ"]).map(Place)
working_days = st.frozensets(places, max_size=3).map(WorkingDays)


@given(working_days, days_of_a_life, st.integers(0, 40))
def test_what_is_added_is_what_is_counted(days: WorkingDays, day: date, n: int) -> None:
    end = days.add(day, n)

    assert days.count(day, end) == n
    assert n == 0 or days.is_open(end)


@given(working_days, days_of_a_life)
def test_the_next_open_day_is_the_first_open_one(days: WorkingDays, day: date) -> None:
    found = days.next_open(day)

    assert days.is_open(found)
    assert not any(days.is_open(day + timedelta(days=n)) for n in range((found - day).days))


# The window.


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        ("2026-11-20T08:59:59", False),
        ("2026-11-20T09:00:00", True),
        ("2026-11-20T16:59:59", True),
        ("2026-11-20T17:00:00", False),
        ("2026-11-21T10:00:00", False),  # a Saturday
        ("2026-11-11T10:00:00", False),  # a holiday
    ],
)
def test_the_window_is_open_from_nine_to_five_on_working_days(now: str, *, is_open: bool) -> None:
    assert Window().is_open(paris(now), FRENCH) is is_open


def test_an_open_window_opens_now_and_says_so_in_utc() -> None:
    opening = Window().next_opening(paris("2026-11-20T10:30:00"), FRENCH)

    assert opening == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    assert opening.tzinfo is UTC


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        ("2026-11-20T03:00:00", datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ("2026-11-20T17:00:00", datetime(2026, 11, 23, 8, tzinfo=UTC)),
        ("2026-03-27T17:30:00", datetime(2026, 3, 30, 7, tzinfo=UTC)),  # summer time begins on the Sunday
        ("2026-10-23T17:30:00", datetime(2026, 10, 26, 8, tzinfo=UTC)),  # and ends
        ("2026-12-24T18:00:00", datetime(2026, 12, 28, 8, tzinfo=UTC)),
    ],
)
def test_a_closed_window_opens_at_nine_by_the_creditor_s_clock(now: str, opening: datetime) -> None:
    assert Window().next_opening(paris(now), FRENCH) == opening


def test_a_start_that_the_clock_shows_twice_opens_twice() -> None:
    # In Tehran on 21 September 2021, a Tuesday, midnight was 23:00 again: the offset fell from 4:30 to 3:30.
    window = Window(start=time(23, 15), end=time(23, 45), zone=ZoneInfo("Asia/Tehran"))
    after_the_first = datetime(2021, 9, 21, 19, 20, tzinfo=UTC)

    assert window.next_opening(after_the_first, FRENCH) == datetime(2021, 9, 21, 19, 45, tzinfo=UTC)


def test_a_start_that_the_clock_skips_opens_by_the_offset_before() -> None:
    # In Tehran on 22 March 2021, a Monday, the clock went from 0:00 to 1:00: 0:30 is 1:30.
    window = Window(start=time(0, 30), end=time(8), zone=ZoneInfo("Asia/Tehran"))

    opening = window.next_opening(datetime(2021, 3, 21, 12, tzinfo=UTC), FRENCH)
    assert opening == datetime(2021, 3, 21, 21, 0, tzinfo=UTC)
    assert opening.astimezone(window.zone).time() == time(1, 30)


def test_the_window_s_own_days_are_respected() -> None:
    tuesdays = Window(days=frozenset({1}), start=time(9, 30), end=time(11))

    assert tuesdays.next_opening(paris("2026-11-18T10:00:00"), FRENCH) == datetime(
        2026, 11, 24, 8, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("days", "start", "end"), [({5, 6}, 9, 17), (set(), 9, 17), ({0}, 17, 9), ({0}, 9, 9)], ids=str
)
def test_a_window_that_never_opens_is_refused(days: set[int], start: int, end: int) -> None:
    with pytest.raises(ConfigError, match="never opens"):
        Window(frozenset(days), time(start), time(end))


hours = st.tuples(st.times(), st.times()).filter(lambda pair: pair[0] != pair[1])
# Sofia changes in the night, Tehran did at midnight on working days, Lord Howe by half an hour.
zones = st.sampled_from(["Europe/Paris", "Europe/Sofia", "Asia/Tehran", "Australia/Lord_Howe", "UTC"]).map(
    ZoneInfo
)


@given(
    hours,
    zones,
    st.frozensets(st.integers(0, 6), min_size=1).filter(lambda days: min(days) < 5),
    st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
)
def test_the_window_is_open_when_it_is_said_to_open_next(
    hours: tuple[time, time], zone: ZoneInfo, days: frozenset[int], now: datetime
) -> None:
    window = Window(days, min(hours), max(hours), zone)
    opening = window.next_opening(now, FRENCH)

    assert opening >= now
    assert window.is_open(opening, FRENCH)
    waits = opening - now
    assert not waits or not any(window.is_open(now + waits * share / 50, FRENCH) for share in range(50))
