"""How much of each invoice is still owed, from the balances, payments and credit notes that are known.

Three kinds of knowledge overlap. A *stated* balance, imported, says how much of an invoice was settled up to a day,
without saying by what. A payment that *names* an invoice settles it. *Loose* money (a payment or credit note that
names none, and what was paid too much on one that it names) settles nobody knows what. So:

1. Of an invoice, the larger of the stated sum and of the named payments dated on or before it is settled, plus the
   named payments after it: a payment row imported late consumes the balance, it does not add to it.
2. Loose money dated on or before the stated balances is first looked for in their sums that no named payment explains,
   settled invoices included; what is found there is already counted.
3. The rest counts, provisionally, against the debtor's invoices of the same currency, oldest due date first.
4. What then is left is credit: a person sees to it. Payments go on principal (C. civ. 1343-1); nothing is ever owed
   below zero.

Everything here is about one debtor and does not depend on the order in which things were imported.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from relance_mailer.dunning.invoice import Invoice
from relance_mailer.dunning.money import Money

NOTHING = Decimal(0)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stated:
    """An imported balance: `paid` (the total less the balance, signed like the total) was settled on `as_of`."""

    invoice_id: int
    paid: Money
    as_of: date


@dataclass(frozen=True, slots=True)
class Paid:
    """Money that came on a day; negative if it was taken back (a returned direct debit).

    A payment shared out between invoices is several of these with one `id`; `invoice_id` is None for what names none.
    """

    id: int
    amount: Money
    on: date
    invoice_id: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """An invoice or credit note of the debtor, open or not.

    Attributes:
        stated: its latest stated balance, as `latest` chooses it.
        credits: for a credit note, the id of the invoice that it corrects, None if it names none.
    """

    invoice: Invoice
    stated: Stated | None = None
    credits: int | None = None


class Source(StrEnum):
    """Where money comes from."""

    PAYMENT = "payment"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, slots=True)
class Assigned:
    """Loose money put to an invoice until a person allocates it; `source_id` is a payment's or credit note's id."""

    source: Source
    source_id: int
    invoice_id: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is owed, and why.

    Attributes:
        outstanding: principal still owed, by invoice id, never below zero; credit notes are not in it.
        provisional: loose money that counts against an invoice.
        explained: loose money that is taken to be in a stated balance already.
        credit: what is left over, by currency; below zero if more was taken back than is known to have come.
        paid_history: by invoice id, in order of days, what settled it and from when on. Stated sums that nothing
            explains stand on the day of issue: nobody knows when they came, so they bear no interest. The sum may
            exceed the total by what was paid too much.
    """

    outstanding: dict[int, Money]
    provisional: tuple[Assigned, ...]
    explained: tuple[Assigned, ...]
    credit: dict[str, Money]
    paid_history: dict[int, tuple[tuple[date, Money], ...]]


def latest(stated: Iterable[Stated]) -> dict[int, Stated]:
    """Return the balance that counts for each invoice id: the latest day's, for equal days the last given."""
    chosen: dict[int, Stated] = {}
    for entry in stated:
        known = chosen.get(entry.invoice_id)
        if known is None or entry.as_of >= known.as_of:
            chosen[entry.invoice_id] = entry
    return chosen


def settle(items: Sequence[Item], payments: Sequence[Paid]) -> Settlement:
    """Return what a debtor still owes.

    Args:
        items: all its invoices and credit notes that a payment names or a stated balance concerns, settled ones too.
        payments: all its payments.

    Raises:
        ValueError: money names an invoice that is not among `items`.
    """
    books: dict[str, _Book] = defaultdict(_Book)
    currency_of = {}
    for item in items:
        invoice = item.invoice
        if not invoice.is_credit_note:
            books[invoice.total.currency].accounts[invoice.id] = _Account(item)
            currency_of[invoice.id] = invoice.total.currency
    for money in _all_money(items, payments):
        if money.names is not None and money.names not in currency_of:
            msg = f"{money.source} {money.source_id} names invoice {money.names}, which is not among the debtor's items"
            raise ValueError(msg)
        same_currency = money.names is None or currency_of[money.names] == money.currency
        books[money.currency].enter(money, same_currency=same_currency)
    for book in books.values():
        book.settle()
    return _collect(books)


@dataclass(frozen=True, slots=True)
class _Money:
    """A payment's or credit note's worth; below zero if it was taken back."""

    source: Source
    source_id: int
    on: date
    amount: Decimal
    currency: str
    names: int | None

    @property
    def order(self) -> tuple[date, Decimal, Source, int]:
        return (self.on, -self.amount, self.source, self.source_id)


def _all_money(items: Sequence[Item], payments: Sequence[Paid]) -> list[_Money]:
    money = [
        _Money(Source.PAYMENT, paid.id, paid.on, paid.amount.amount, paid.amount.currency, paid.invoice_id)
        for paid in payments
    ]
    return money + [_of_credit_note(item) for item in items if item.invoice.is_credit_note]


def _of_credit_note(item: Item) -> _Money:
    """Return what a credit note is worth: its total, or what a stated balance says remains of it.

    What remains after a day is in no other balance of that day, so it counts as money of the next.
    """
    note, stated = item.invoice, item.stated
    worth, on = -note.total, note.issued
    if stated is not None:
        worth, on = stated.paid - note.total, stated.as_of + ONE_DAY
    return _Money(Source.CREDIT_NOTE, note.id, on, worth.amount, worth.currency, item.credits)


class _Account:
    """One invoice while it is being settled."""

    def __init__(self, item: Item) -> None:
        self.invoice = item.invoice
        self.as_of = item.stated.as_of if item.stated else date.min
        self.stated = (item.stated.paid if item.stated else Money.zero(item.invoice.total.currency)).amount
        self.named: list[_Money] = []
        self.unexplained = NOTHING  #: the stated sum that no money explains so far
        self.owed = NOTHING
        self.history: list[tuple[date, Decimal]] = []

    @property
    def order(self) -> tuple[date, date, str]:
        return (self.invoice.due, self.invoice.issued, self.invoice.number)

    def count(self) -> Decimal:
        """Settle by what is stated and named; return what was paid, or if below zero taken back, too much."""
        before = sum((money.amount for money in self.named if money.on <= self.as_of), NOTHING)
        after = sum((money.amount for money in self.named if money.on > self.as_of), NOTHING)
        total, settled = self.invoice.total.amount, max(self.stated, before) + after
        counted = min(max(settled, NOTHING), total)
        self.owed = total - counted
        self.unexplained = max(self.stated - before, NOTHING)
        self.history = [(money.on, money.amount) for money in self.named]
        if self.unexplained:
            self.history.append((self.invoice.issued, self.unexplained))
        return settled - counted


class _Book:
    """A debtor's invoices and money in one currency."""

    def __init__(self) -> None:
        self.accounts: dict[int, _Account] = {}
        self.loose: list[_Money] = []
        self.credit = NOTHING
        self.provisional: list[Assigned] = []
        self.explained: list[Assigned] = []

    def enter(self, money: _Money, *, same_currency: bool) -> None:
        """Put `money` where it belongs; of another currency than its invoice's, only a person can tell."""
        if money.names is None:
            self.loose.append(money)
        elif same_currency:
            self.accounts[money.names].named.append(money)
        else:
            self.credit += money.amount

    def settle(self) -> None:
        accounts = sorted(self.accounts.values(), key=lambda account: account.order)
        for account in accounts:
            self._count(account)
        latest_first = reversed(self._without_returns())  # the latest can be in the fewest balances
        left = [self._explain(money, accounts) for money in latest_first]
        for money in reversed(left):
            self.credit += self._assign(money, accounts).amount

    def _count(self, account: _Account) -> None:
        beyond = account.count()
        if beyond:  # paid too much, or taken back what had come without naming the invoice
            last = max(account.named, key=lambda money: money.order)
            self.loose.append(replace(last, amount=beyond))
            if beyond < 0:
                account.history.append((last.on, -beyond))

    def _without_returns(self) -> list[_Money]:
        """Return the loose money in order of days, less what was taken back again, the latest first."""
        kept: list[_Money] = []
        for money in sorted(self.loose, key=lambda money: money.order):
            if money.amount > 0:
                kept.append(money)
                continue
            back = -money.amount
            while back and kept:
                last = kept.pop()
                if last.amount > back:
                    kept.append(replace(last, amount=last.amount - back))
                back -= min(back, last.amount)
            self.credit -= back
        return kept

    def _explain(self, money: _Money, accounts: Iterable[_Account]) -> _Money:
        """Look for `money` in the stated balances of its day or later; return what is not found there."""
        for account in accounts:
            part = min(money.amount, account.unexplained) if account.as_of >= money.on else NOTHING
            if part:
                account.unexplained -= part
                self.explained.append(_assigned(money, account, part))
                money = replace(money, amount=money.amount - part)
        return money

    def _assign(self, money: _Money, accounts: Iterable[_Account]) -> _Money:
        """Count `money` against what is owed, oldest due date first; return what is left."""
        for account in accounts:
            part = min(money.amount, account.owed)
            if part:
                account.owed -= part
                account.history.append((money.on, part))
                self.provisional.append(_assigned(money, account, part))
                money = replace(money, amount=money.amount - part)
        return money


def _assigned(money: _Money, account: _Account, part: Decimal) -> Assigned:
    return Assigned(money.source, money.source_id, account.invoice.id, Money(part, money.currency))


def _collect(books: dict[str, _Book]) -> Settlement:
    outstanding, history = {}, {}
    for currency, book in books.items():
        for id_, account in book.accounts.items():
            outstanding[id_] = Money(account.owed, currency)
            history[id_] = tuple((on, Money(amount, currency)) for on, amount in sorted(account.history))
    return Settlement(
        outstanding=outstanding,
        provisional=tuple(entry for book in books.values() for entry in book.provisional),
        explained=tuple(entry for book in books.values() for entry in book.explained),
        credit={currency: Money(book.credit, currency) for currency, book in books.items() if book.credit},
        paid_history=history,
    )
