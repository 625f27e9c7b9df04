from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.dunning.allocation import Item, Paid, Stated, settle
from relance_mailer.dunning.invoice import Invoice
from relance_mailer.dunning.money import Money
from relance_mailer.dunning.sharing import Account, share_out

days = st.dates(date(2026, 1, 1), date(2026, 1, 31))
signed = st.integers(-300, 300).filter(bool)


def eur(amount: int) -> Money:
    return Money(Decimal(amount), "EUR")


@st.composite
def accounts(draw: st.DrawFn) -> list[Account]:
    """Return up to four invoices, some with a stated balance, some paid in part."""
    found = []
    for id_ in range(1, draw(st.integers(1, 4)) + 1):
        total = draw(st.integers(1, 200))
        invoice = Invoice(id_, f"F{id_}", date(2025, 12, 1), draw(days), eur(total))
        stated = draw(st.none() | st.builds(Stated, st.just(id_), st.integers(0, total).map(eur), days))
        paid = draw(st.lists(st.tuples(days, st.integers(1, 150).map(eur)), max_size=2))
        found.append(Account(invoice, stated, paid))
    return found


def _settled(found: list[Account]) -> dict[int, Money]:
    """Return what is owed on each invoice by itself: what is paid too much on one is not looked at here."""
    owed: dict[int, Money] = {}
    for account in found:
        payments = [Paid(n, money, on, account.invoice.id) for n, (on, money) in enumerate(account.paid)]
        owed |= settle([Item(account.invoice, account.stated)], payments).outstanding
    return owed


@given(accounts(), signed, days)
def test_every_cent_is_shared_out_and_none_twice(found: list[Account], amount: int, on: date) -> None:
    shares = share_out(eur(amount), on, found, last_takes_rest=True)
    assert sum((share.amount for share in shares.values()), Decimal(0)) == amount
    assert {share.amount > 0 for share in shares.values()} == {amount > 0}


@given(accounts(), st.integers(1, 300), days)
def test_nothing_falls_beside_what_is_still_owed(found: list[Account], amount: int, on: date) -> None:
    """The payment settles what it names as far as it goes; only what balances already count is not settled twice."""
    before = _settled(found)
    assert {account.invoice.id: account.owed() for account in found} == before
    counted = sum(account.unexplained(on).amount for account in found)
    share_out(eur(amount), on, found, last_takes_rest=True)
    owed_before = sum(owed.amount for owed in before.values())
    owed_after = sum(owed.amount for owed in _settled(found).values())
    assert owed_after == owed_before - min(max(amount - counted, 0), owed_before)


@given(accounts(), signed, days)
def test_the_order_of_the_names_does_not_matter(found: list[Account], amount: int, on: date) -> None:
    turned = [Account(a.invoice, a.stated, list(a.paid)) for a in reversed(found)]
    shares = share_out(eur(amount), on, found, last_takes_rest=False)
    assert share_out(eur(amount), on, turned, last_takes_rest=False) == shares


def test_invoices_in_another_currency_get_nothing() -> None:
    dollars = Invoice(1, "F1", date(2026, 1, 1), date(2026, 1, 31), Money(Decimal(10), "USD"))
    assert share_out(eur(10), date(2026, 1, 5), [Account(dollars)], last_takes_rest=True) == {}
