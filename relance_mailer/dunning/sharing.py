"""Sharing out a payment that names several invoices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from relance_mailer.dunning.allocation import Stated
from relance_mailer.dunning.invoice import Invoice
from relance_mailer.dunning.money import Money


@dataclass(slots=True)
class Account:
    """An invoice that a payment names, and what settled it so far: its latest balance, payments naming it by day.

    What counts provisionally against it (payments and credit notes that name no invoice) is left out: that moves on
    when named money comes.
    """

    invoice: Invoice
    stated: Stated | None = None
    paid: list[tuple[date, Money]] = field(default_factory=list)

    @property
    def _zero(self) -> Money:
        return Money.zero(self.invoice.total.currency)

    def _named(self, *, after: bool) -> Money:
        as_of = self.stated.as_of if self.stated else date.min
        return sum((money for on, money in self.paid if (on > as_of) is after), self._zero)

    def unexplained(self, on: date) -> Money:
        """Return how much of the stated balance money of `on` may be: that much is settled already."""
        if self.stated is None or on > self.stated.as_of:
            return self._zero
        return max(self.stated.paid - self._named(after=False), self._zero)

    def owed(self) -> Money:
        """Return what is owed, provisional money left out (rule 1 of `allocation`)."""
        before = self._named(after=False)
        if self.stated is not None:
            before = max(before, self.stated.paid)
        return max(self.invoice.total - before - self._named(after=True), self._zero)

    def named(self) -> Money:
        """Return what payments that name it brought, never below zero."""
        return max(self._named(after=False) + self._named(after=True), self._zero)


def share_out(
    amount: Money, on: date, accounts: Sequence[Account], *, last_takes_rest: bool
) -> dict[int, Money]:
    """Return each invoice's share of a payment, by invoice id, and note it in `accounts`.

    First what stated balances of its day or later already count, then what is owed, oldest due date first; money taken
    back goes back where named money came. The rest falls to the last invoice, or if not `last_takes_rest` stays without.
    """
    same = [account for account in accounts if account.invoice.total.currency == amount.currency]
    same.sort(key=lambda account: (account.invoice.due, account.invoice.issued, account.invoice.number))
    rest = amount
    shares: dict[int, Money] = {}
    zero = Money.zero(amount.currency)

    def give(account: Account, part: Money) -> None:
        nonlocal rest
        if part:
            shares[account.invoice.id] = shares.get(account.invoice.id, zero) + part
            account.paid.append((on, part))
            rest -= part

    for account in same:
        give(
            account, min(rest, account.unexplained(on)) if amount.amount > 0 else max(rest, -account.named())
        )
    if amount.amount > 0:
        for account in same:
            give(account, min(rest, account.owed()))
    if last_takes_rest and same:
        give(same[-1], rest)
    return shares
