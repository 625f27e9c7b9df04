"""Late-payment interest and the fixed compensation, with their working.

Simple interest on the unpaid sum, VAT included (CJEU C-585/20), from the day after the due date up to the day on which
the funds are available: principal × rate × days / 365, without any reminder (C. com. L441-10 II), each half-year at its
own rate, rounded once at the end. These are claims apart: payments go on principal (C. civ. 1343-1 lets a creditor
accept that), and no claim is ever made where the law is not sure to give it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from relance_mailer.dunning.invoice import DebtorKind
from relance_mailer.dunning.money import Money
from relance_mailer.dunning.rates import RateTable, Regime, next_half_year

ONE_DAY = timedelta(days=1)

#: Usage, not statute; in leap years too, and never 360 unless agreed.
DAYS_PER_YEAR = 365
PERCENT_DAYS_PER_YEAR = 100 * DAYS_PER_YEAR

#: C. com. L441-10 II and D441-5; public buyers: the same sum by right. Outside VAT.
COMPENSATION = Money(Decimal("40.00"), "EUR")

#: A public buyer's rate stays that of the first day of the half-year in which interest began to run (code de la
#: commande publique, R2192-31; read in a secondary source, so it stands alone here).
RATE_FIXED_AT_START = frozenset({Regime.FR_PUBLIC})

#: Where the code de commerce applies by right (Constitution, art. 73, for the overseas departments).
FRANCE = frozenset({"FR", "GF", "GP", "MQ", "RE", "YT"})


@dataclass(frozen=True, slots=True)
class Outstanding:
    """The principal, VAT included, that bears interest from the day `since` until the next such entry."""

    since: date
    amount: Money


@dataclass(frozen=True, slots=True)
class Span:
    """Days in a row at one base and one rate, both ends counted.

    Attributes:
        rate: percent a year.
        amount: base × rate × days / 365, not rounded, in the currency of `base`.
    """

    first_day: date
    last_day: date
    days: int
    base: Money
    rate: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Interest:
    """An amount, rounded once, and how it came about."""

    amount: Money
    working: tuple[Span, ...]


def outstanding_over_time(total: Money, paid: Iterable[tuple[date, Money]]) -> tuple[Outstanding, ...]:
    """Return the principal from the beginning on, as `paid` (day on which funds were available, sum) lessens it.

    The day of a payment still bears interest on what it pays; the next one no longer does. Never below zero nor above
    `total`, whatever was paid or given back too much.
    """
    zero = Money.zero(total.currency)
    steps = {date.min: total}
    left = total
    for day, amount in sorted(paid, key=lambda entry: entry[0]):
        left -= amount
        steps[day + ONE_DAY] = min(max(left, zero), total)
    return tuple(Outstanding(since, amount) for since, amount in steps.items())


def late_payment_interest(
    due: date, outstanding: Sequence[Outstanding], until: date, regime: Regime, rates: RateTable
) -> Interest:
    """Return the interest that ran from the day after `due` up to and with `until`.

    Args:
        due: the payment date on the invoice.
        outstanding: as `outstanding_over_time` gives it, in order, at least one entry.
        until: the cut-off day, or the day on which the funds were available.
        regime: whose margin, and whether each half-year has its own rate.
        rates: the published rates.

    Raises:
        RateUnknownError: a half-year in which something was outstanding is not in `rates`.
    """
    start = due + ONE_DAY
    fixed = regime in RATE_FIXED_AT_START
    working = []
    percent_days = Decimal(0)  # divided once, so that nothing is rounded before the end
    for first, last in _spans(start, until, outstanding, by_half_year=not fixed):
        base = _amount_on(first, outstanding)
        if base.amount > 0:
            rate, days = rates.rate(regime, start if fixed else first), (last - first).days + 1
            product = base.amount * rate * days
            percent_days += product
            working.append(Span(first, last, days, base, rate, product / PERCENT_DAYS_PER_YEAR))
    amount = Money(percent_days / PERCENT_DAYS_PER_YEAR, outstanding[0].amount.currency)
    return Interest(amount.rounded(), tuple(working))


def _spans(
    start: date, until: date, outstanding: Sequence[Outstanding], *, by_half_year: bool
) -> Iterator[tuple[date, date]]:
    """Cut `start` to `until`, both counted, where the principal or, if asked, the half-year changes."""
    cuts = {start} | {step.since for step in outstanding if start < step.since <= until}
    day = next_half_year(start)
    while by_half_year and day <= until:
        cuts.add(day)
        day = next_half_year(day)
    firsts = sorted(cuts)
    lasts = [first - ONE_DAY for first in firsts[1:]]
    return ((first, last) for first, last in zip(firsts, [*lasts, until], strict=True) if first <= last)


def _amount_on(day: date, outstanding: Sequence[Outstanding]) -> Money:
    known = [step.amount for step in outstanding if step.since <= day]
    return known[-1] if known else Money.zero(outstanding[0].amount.currency)


def claims_allowed(
    kind: DebtorKind, debtor_country: str, creditor_country: str, *, insolvent: bool = False
) -> Regime | None:
    """Return the regime under which interest and compensation may be claimed, None if nothing may.

    Only creditors in France are covered: French law is theirs by default towards any professional (Rome I, art. 4), and
    towards French public bodies by the code de la commande publique; no claim is made against a public body elsewhere,
    nor by a creditor elsewhere. Never against a consumer, to whom claiming the 40 € is an offence (L122-16 C. conso.),
    nor against a debtor of unknown kind, nor against an insolvent one, for whom interest has stopped (C. com. L622-28)
    and whose past claims belong in the declaration.

    Args:
        kind: as already decided; `UNKNOWN` must have become `PROFESSIONAL` where a SIREN or VAT number proves it.
        debtor_country: ISO 3166-1, two letters.
        creditor_country: likewise.
        insolvent: a sauvegarde, redressement or liquidation is open.
    """
    if insolvent or creditor_country not in FRANCE:
        return None
    if kind is DebtorKind.PUBLIC:
        return Regime.FR_PUBLIC if debtor_country in FRANCE else None
    return Regime.FR_PROFESSIONAL if kind is DebtorKind.PROFESSIONAL else None


def compensation(due: date, outstanding: Sequence[Outstanding], until: date, regime: Regime | None) -> Money:
    """Return the fixed compensation for one invoice: 40 € whole if anything was unpaid after `due`, else nothing.

    Always in euros, whatever the invoice's currency; whole even after a part payment (CJEU C-585/20: per late payment).

    Args:
        due: the payment date on the invoice.
        outstanding: as `outstanding_over_time` gives it.
        until: the day on which one looks.
        regime: what `claims_allowed` returned; None claims nothing.
    """
    late = until > due and _amount_on(due + ONE_DAY, outstanding).amount > 0
    return COMPENSATION if late and regime is not None else Money.zero(COMPENSATION.currency)
