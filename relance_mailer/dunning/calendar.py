"""Which days are worked and at which hours a mail may leave.

A day is open from Monday to Friday unless it is a public holiday where the creditor or the debtor is
(France: C. trav. L3133-1, in Alsace and Moselle also Good Friday and 26 December).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from relance_mailer.errors import ConfigError

ONE_DAY = timedelta(days=1)
MONDAY_TO_FRIDAY = frozenset(range(5))
PARIS = ZoneInfo("Europe/Paris")

#: French departments that `holidays` knows under another code (ISO 3166-2 has Alsace as 6AE since 2021).
_SUBDIVISIONS = {("FR", "67"): "6AE", ("FR", "68"): "6AE"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where someone works.

    Attributes:
        country: ISO 3166-1, two letters.
        subdivision: the ISO 3166-2 part after the country ("57", "BY"), or "" for the whole country.
    """

    country: str
    subdivision: str = ""


@lru_cache(maxsize=4096)
def public_holidays(place: Place, year: int) -> frozenset[date]:
    """Return the public holidays of `place` in `year`; none where its country is not known.

    A subdivision that has no holidays of its own (Paris, or a misspelt one) keeps its country's.
    """
    country = place.country.upper()
    part = place.subdivision.upper().removeprefix(f"{country}-")
    for subdivision in (_SUBDIVISIONS.get((country, part), part), ""):
        try:
            return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))
        except NotImplementedError:  # what `holidays` raises for a country or subdivision that it lacks
            continue
    return frozenset()


@lru_cache(maxsize=4096)
def _closed(places: frozenset[Place] | tuple[Place, ...], year: int) -> frozenset[date]:
    return frozenset().union(*(public_holidays(place, year) for place in places))


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The days that are worked in all of `places`, the creditor's and the debtor's."""

    places: frozenset[Place] | tuple[Place, ...]

    @classmethod
    def of(cls, *places: Place) -> WorkingDays:
        """Return the working days shared by `places`, in any order."""
        return cls(frozenset(places))

    def is_open(self, day: date) -> bool:
        """Return True if `day` is worked in every place."""
        return day.weekday() in MONDAY_TO_FRIDAY and day not in _closed(self.places, day.year)

    def next_open(self, day: date) -> date:
        """Return `day` if it is open, else the next open day."""
        while not self.is_open(day):
            day += ONE_DAY
        return day

    def add(self, day: date, n: int) -> date:
        """Return the `n`-th working day strictly after `day`; `day` itself for 0 (ValueError below 0)."""
        if n < 0:
            msg = f"{n} working days after {day}: the number cannot be negative"
            raise ValueError(msg)
        for _ in range(n):
            day = self.next_open(day + ONE_DAY)
        return day

    def count(self, start: date, end: date) -> int:
        """Return how many working days lie strictly after `start` and up to `end`; 0 if there are none."""
        days = (end - start).days
        return sum(self.is_open(start + timedelta(days=offset)) for offset in range(1, days + 1))


@dataclass(frozen=True, slots=True)
class Window:
    """The hours in which a mail may leave.

    Attributes:
        days: weekdays, Monday is 0; a weekend day never opens, since it is no working day.
        start: first moment of a day, on the clock of `zone`.
        end: first moment that is outside again, on the same day.
        zone: whose clock counts, the creditor's.

    Raises:
        ConfigError: the window would never open.
    """

    days: frozenset[int] = MONDAY_TO_FRIDAY
    start: time = time(9)
    end: time = time(17)
    zone: ZoneInfo = PARIS

    def __post_init__(self) -> None:
        if not self.days & MONDAY_TO_FRIDAY or self.start >= self.end:
            msg = (
                f"the sending window (weekdays {sorted(self.days)}, {self.start:%H:%M} to {self.end:%H:%M}) "
                "never opens: give at least one of Monday to Friday, and a start before the end"
            )
            raise ConfigError(msg)

    def is_open(self, now: datetime, working_days: WorkingDays) -> bool:
        """Return True if a mail may leave at `now` (aware)."""
        local = now.astimezone(self.zone)
        hours = self.start <= local.time() < self.end
        return hours and local.weekday() in self.days and working_days.is_open(local.date())

    def next_opening(self, now: datetime, working_days: WorkingDays) -> datetime:
        """Return `now` if the window is open, else the instant at which it opens next; aware, in UTC.

        A start that the clock skips in spring counts as the same time under the offset before the change.
        """
        now = now.astimezone(UTC)
        if self.is_open(now, working_days):
            return now
        day = now.astimezone(self.zone).date()
        while True:
            for fold in (0, 1):  # a start that the clock shows twice in autumn may open twice
                start = datetime.combine(day, self.start.replace(fold=fold), self.zone).astimezone(UTC)
                if start > now and self.is_open(start, working_days):
                    return start
            day += ONE_DAY
