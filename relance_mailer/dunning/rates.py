"""Late-payment rates by half-year, in percent a year.

The table holds the European Central Bank's main refinancing rate in force on 1 January and on 1 July; what a regime
adds to it is fixed by law. Nothing is extrapolated: a half-year that is not in the table is an error, and `[[rates]]`
in the configuration adds it.

Sources: the ECB's key interest rates; C. com. L441-10 II (value of 1 January for the first half-year, of 1 July for
the second, a rule that dates from 2013: the earlier rows follow it too); legal rate: yearly decrees ("tous autres
cas"), column `fr_legal`, empty where not carried; `fr_floor` is three times that, under which no contract may go. The
legal rate of the second half of 2026 was read in public code only, not in the decree.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from importlib import resources

from relance_mailer.errors import ConfigError, InputError, RateUnknownError

DATA_FILE = "late_payment_rates.csv"
#: No main refinancing rate was ever outside; 12.15 would be one with the 10 points already added.
_PLAUSIBLE = (Decimal(-2), Decimal(10))


class Regime(StrEnum):
    """Which rules of late payment apply."""

    FR_PROFESSIONAL = "fr_professional"  #: C. com. L441-10 II
    FR_PUBLIC = "fr_public"  #: code de la commande publique, R2192-31


#: Percentage points above the ECB's rate.
MARGIN = {Regime.FR_PROFESSIONAL: Decimal(10), Regime.FR_PUBLIC: Decimal(8)}


def half_year(day: date) -> date:
    """Return the first day, 1 January or 1 July, of the half-year that holds `day`."""
    return date(day.year, 1 if day.month <= 6 else 7, 1)


def next_half_year(day: date) -> date:
    """Return the first day of the half-year after the one that holds `day`."""
    return date(day.year, 7, 1) if day.month <= 6 else date(day.year + 1, 1, 1)


@dataclass(frozen=True, slots=True)
class HalfYear:
    """What was published for one half-year, in percent a year.

    Attributes:
        start: its first day, 1 January or 1 July.
        ecb: the ECB's main refinancing rate in force on that day.
        legal: the French legal rate between professionals, None if not known.
    """

    start: date
    ecb: Decimal
    legal: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RateTable:
    """The rates known, by first day of the half-year."""

    half_years: Mapping[date, HalfYear] = field(default_factory=dict)

    def rate(self, regime: Regime, day: date) -> Decimal:
        """Return the default rate of `regime` on `day`, in percent a year (12.15 for 12.15 %).

        Raises:
            RateUnknownError: the table lacks that half-year.
        """
        return self._at(day).ecb + MARGIN[regime]

    def floor(self, day: date) -> Decimal | None:
        """Return three times the legal rate on `day`, the least that a contract may agree; None if not known.

        The default rate may lie under it (it did in 2024). RateUnknownError as for `rate`.
        """
        legal = self._at(day).legal
        return None if legal is None else 3 * legal

    def knows(self, day: date) -> bool:
        """Return True if the half-year that holds `day` is in the table."""
        return half_year(day) in self.half_years

    def with_override(self, effective_from: date, ecb: Decimal) -> RateTable:
        """Return this table with `ecb` (percent a year) for the half-year that begins on `effective_from`.

        Raises:
            ConfigError: the day begins no half-year, or the rate cannot be the ECB's.
        """
        _check(effective_from, ecb)
        known = self.half_years.get(effective_from, HalfYear(effective_from, ecb))
        return RateTable({**self.half_years, effective_from: replace(known, ecb=ecb)})

    def with_overrides(self, rows: Iterable[tuple[date, Decimal]]) -> RateTable:
        """Return this table with each of `rows` (first day, ECB rate); of two for one half-year the last counts."""
        table = self
        for effective_from, ecb in rows:
            table = table.with_override(effective_from, ecb)
        return table

    def _at(self, day: date) -> HalfYear:
        start = half_year(day)
        try:
            return self.half_years[start]
        except KeyError:
            raise RateUnknownError(start) from None


def _check(effective_from: date, ecb: Decimal) -> None:
    if effective_from != half_year(effective_from):
        msg = f"[[rates]] effective_from = {effective_from}: a half-year begins on 1 January or on 1 July"
        raise ConfigError(msg)
    lowest, highest = _PLAUSIBLE
    if not ecb.is_finite() or not lowest <= ecb <= highest:
        msg = (
            f"[[rates]] effective_from = {effective_from}: {ecb} cannot be the ECB's main refinancing rate in percent; "
            f"give that rate alone, between {lowest} and {highest}, the margin is added by law"
        )
        raise ConfigError(msg)


def parse_rates(text: str) -> RateTable:
    """Read a table of rates from CSV.

    Needs the columns `effective_from` (ISO date) and `ecb`; `fr_legal` may be there and empty. `fr_default`,
    `fr_public` and `fr_floor` stand there for whoever reads the file, and must agree with what the law makes of the
    others.

    Raises:
        InputError: a row cannot be read, contradicts itself, or stands twice.
    """
    table: dict[date, HalfYear] = {}
    reader = csv.DictReader(io.StringIO(text))
    for row in reader:
        try:
            half = _half_year_of(row)
            _check(half.start, half.ecb)
            _compare(row, half)
        except (ConfigError, InvalidOperation, KeyError, TypeError, ValueError) as error:
            msg = f"table of rates, line {reader.line_num}: {error!r}; correct the row"
            raise InputError(msg) from error
        if half.start in table:
            msg = f"table of rates, line {reader.line_num}: {half.start} stands twice; remove one of the two rows"
            raise InputError(msg)
        table[half.start] = half
    return RateTable(table)


def _half_year_of(row: Mapping[str, str]) -> HalfYear:
    legal = row.get("fr_legal") or ""
    return HalfYear(
        date.fromisoformat(row["effective_from"]), Decimal(row["ecb"]), Decimal(legal) if legal else None
    )


def _compare(row: Mapping[str, str], half: HalfYear) -> None:
    derived = {
        "fr_default": half.ecb + MARGIN[Regime.FR_PROFESSIONAL],
        "fr_public": half.ecb + MARGIN[Regime.FR_PUBLIC],
        "fr_floor": None if half.legal is None else 3 * half.legal,
    }
    for column, expected in derived.items():
        given = row.get(column) or ""
        if given and (expected is None or Decimal(given) != expected):
            msg = f"{column} is {given}, but the other columns make it {expected}"
            raise ValueError(msg)


def load_rates() -> RateTable:
    """Return the table that comes with this program."""
    file = resources.files("relance_mailer.dunning").joinpath(DATA_FILE)
    return parse_rates(file.read_text(encoding="utf-8"))
