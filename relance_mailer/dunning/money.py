"""Money: a Decimal and its currency, never a float, never two currencies mixed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.numbers import get_currency_precision


@lru_cache(maxsize=256)
def digits(currency: str) -> int:
    """Return how many decimals an amount in `currency` (ISO 4217) has: EUR 2, JPY 0, TND 3."""
    return get_currency_precision(currency)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in one currency.

    Attributes:
        amount: any Decimal; `rounded` brings it to the currency's minor unit.
        currency: ISO 4217 code in capitals.
    """

    amount: Decimal
    currency: str

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Return nothing at all, in `currency`."""
        return cls(Decimal(0).scaleb(-digits(currency)), currency)

    @classmethod
    def from_minor(cls, minor: int, currency: str) -> Money:
        """Make money of an integer number of minor units (cents)."""
        return cls(Decimal(minor).scaleb(-digits(currency)), currency)

    @property
    def minor(self) -> int:
        """The amount in minor units; ValueError if it has a fraction of one."""
        scaled = self.amount.scaleb(digits(self.currency))
        if scaled != scaled.to_integral_value():
            msg = f"{self} is no whole number of minor units; round it first"
            raise ValueError(msg)
        return int(scaled)

    def rounded(self) -> Money:
        """Return this amount rounded half up to the currency's minor unit."""
        unit = Decimal(1).scaleb(-digits(self.currency))
        return Money(self.amount.quantize(unit, ROUND_HALF_UP), self.currency)

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            msg = f"{self} and {other} are in two currencies"
            raise ValueError(msg)

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.amount < other.amount

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.amount <= other.amount

    def __bool__(self) -> bool:
        return self.amount != 0

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
