"""What a template sees: values, already decided, that only wait to be written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Literal

from relance_mailer.dunning.invoice import Party
from relance_mailer.dunning.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """An invoice as a notice names it.

    Attributes:
        outstanding: what remains of the principal, VAT included.
        days_overdue: days since the due date; zero or less while it is not overdue.
        interest: late-payment interest at the claim's cut-off, None where none is claimed.
        compensation: the 40 € (C. com. D441-5), None where it is not claimed.
    """

    number: str
    order_number: str
    issued: date
    due: date
    total: Money
    outstanding: Money
    days_overdue: int
    stage: str
    interest: Money | None = None
    compensation: Money | None = None

    @property
    def overdue(self) -> bool:
        """True from the day after the due date."""
        return self.days_overdue > 0

    @property
    def settled(self) -> Money:
        """What payments and credit notes have taken off the total."""
        return self.total - self.outstanding


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one currency: a table and a total of their own."""

    currency: str
    lines: tuple[NoticeLine, ...]

    @property
    def outstanding(self) -> Money:
        """What remains of the principal of these lines."""
        return _sum(line.outstanding for line in self.lines)

    @property
    def partly_settled(self) -> bool:
        """True if part of a line was paid, so that its total and its rest differ."""
        return any(line.settled for line in self.lines)

    @property
    def ordered(self) -> bool:
        """True if a line has an order number of the debtor."""
        return any(line.order_number for line in self.lines)


@dataclass(frozen=True, slots=True)
class InterestSpan:
    """One step of the working: an unpaid sum during days of one rate.

    Attributes:
        number: the invoice's number.
        first: first day that bears interest.
        last: last day that bears interest.
        base: the sum unpaid during these days, VAT included.
        annual_rate: in percent, `Decimal("12.40")`.
        year_days: what a year is divided into, 365 by usage.
    """

    number: str
    first: date
    last: date
    days: int
    base: Money
    annual_rate: Decimal
    amount: Money
    year_days: int = 365


@dataclass(frozen=True, slots=True)
class Claim:
    """Late-payment interest and fixed compensation, shown apart from the principal.

    It is None for consumers: asking a consumer for the 40 € is an offence.

    Attributes:
        interest: a total per currency.
        compensation: a total per currency.
        cut_off: the last day counted.
        working: how the interest was computed.
        kind: "commercial" stands on C. com. L441-10, "public" on CCP L2192-12 and L2192-13.
    """

    interest: tuple[Money, ...]
    compensation: tuple[Money, ...]
    cut_off: date
    working: tuple[InterestSpan, ...] = ()
    kind: Literal["commercial", "public"] = "commercial"


@dataclass(frozen=True, slots=True)
class Heads:
    """What is owed in one currency, by head."""

    currency: str
    principal: Money
    interest: Money
    compensation: Money

    @property
    def total(self) -> Money:
        """All heads together."""
        return self.principal + self.interest + self.compensation


@dataclass(frozen=True, slots=True)
class Recall:
    """What the debtor had told us, and what did not come true."""

    kind: Literal["promise", "already_paid"]
    date: date | None = None
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """The creditor as it signs; absent values are empty strings."""

    party: Party
    email: str
    phone: str = ""
    iban: str = ""
    bic: str = ""
    signer_name: str = ""
    signer_capacity: str = ""


@dataclass(frozen=True, slots=True)
class NoticeContext:
    """All that a notice is written from.

    Attributes:
        stage: the template's name, "reminder1".
        stage_kind: "predue", "reminder" or "formal_notice".
        language: two letters; a language without templates falls back to English.
        lines: the invoices, in the order in which they are shown.
        today: the day of sending.
        deadline: the last day to pay, None if the stage sets none.
        reference: what the debtor is asked to quote when paying and answering.
    """

    stage: str
    stage_kind: str
    language: str
    sender: Sender
    debtor: Party
    contact_name: str
    lines: tuple[NoticeLine, ...]
    today: date
    reference: str
    deadline: date | None = None
    claim: Claim | None = None
    recall: Recall | None = None

    @property
    def overdue_lines(self) -> tuple[NoticeLine, ...]:
        """The lines whose due date has passed."""
        return tuple(line for line in self.lines if line.overdue)

    @property
    def not_due_lines(self) -> tuple[NoticeLine, ...]:
        """The lines that stand under a heading of their own: not overdue yet."""
        return tuple(line for line in self.lines if not line.overdue)

    @property
    def groups(self) -> tuple[Group, ...]:
        """All lines, by currency."""
        return _grouped(self.lines)

    @property
    def overdue_groups(self) -> tuple[Group, ...]:
        """The overdue lines by currency."""
        return _grouped(self.overdue_lines)

    @property
    def not_due_groups(self) -> tuple[Group, ...]:
        """The lines not overdue yet, by currency."""
        return _grouped(self.not_due_lines)

    @property
    def totals(self) -> tuple[Money, ...]:
        """The principal outstanding of all lines, a sum per currency."""
        return tuple(group.outstanding for group in self.groups)

    @property
    def overdue_totals(self) -> tuple[Money, ...]:
        """The principal overdue, a sum per currency."""
        return tuple(group.outstanding for group in self.overdue_groups)

    @property
    def heads(self) -> tuple[Heads, ...]:
        """The overdue principal, interest and compensation of each currency."""
        interest = self.claim.interest if self.claim else ()
        compensation = self.claim.compensation if self.claim else ()
        claimed = (*self.overdue_totals, *interest, *compensation)
        return tuple(
            Heads(
                currency,
                _of(currency, self.overdue_totals),
                _of(currency, interest),
                _of(currency, compensation),
            )
            for currency in dict.fromkeys(money.currency for money in claimed)
        )


#: What a template may look into without Jinja's slower checks: values whose public names are all harmless.
PLAIN_VALUES = frozenset({NoticeLine, Group, Party, Sender, Money, InterestSpan, Claim, Heads, Recall})


def _sum(sums: Iterable[Money]) -> Money:
    return reduce(add, sums)


def _of(currency: str, sums: Iterable[Money]) -> Money:
    return reduce(add, (money for money in sums if money.currency == currency), Money.zero(currency))


def _grouped(lines: tuple[NoticeLine, ...]) -> tuple[Group, ...]:
    currencies = dict.fromkeys(line.outstanding.currency for line in lines)
    return tuple(
        Group(currency, tuple(line for line in lines if line.outstanding.currency == currency))
        for currency in currencies
    )
