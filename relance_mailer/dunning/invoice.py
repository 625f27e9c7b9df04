"""What is owed, by whom, to whom: the nouns that every rule works on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from relance_mailer.dunning.money import Money


class DebtorKind(StrEnum):
    """What the law sees in a debtor; it decides on interest and the 40 €."""

    PROFESSIONAL = "professional"
    CONSUMER = "consumer"
    PUBLIC = "public"
    UNKNOWN = "unknown"  #: counts as professional only with a valid SIREN or VAT number


@dataclass(frozen=True, slots=True)
class Party:
    """A creditor or a debtor as a letter names it; absent values are empty strings."""

    name: str
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = "FR"
    siren: str = ""
    vat: str = ""

    @property
    def address_lines(self) -> tuple[str, ...]:
        """Street, then postal code and city; empty if there is no address."""
        town = f"{self.postal_code} {self.city}".strip()
        return tuple(line for line in (self.street, town) if line)


@dataclass(frozen=True, slots=True)
class Contact:
    """An e-mail address at a debtor."""

    id: int
    address: str
    name: str = ""
    rank: int = 0  #: 0 is written to first


@dataclass(frozen=True, slots=True)
class Debtor:
    """A customer who owes.

    Attributes:
        reference: the creditor's own customer code.
        language: two letters, the language of its templates.
        subdivision: ISO 3166-2 part for its holidays ("57" for Moselle), or "".
    """

    id: int
    reference: str
    party: Party
    kind: DebtorKind = DebtorKind.UNKNOWN
    language: str = "fr"
    subdivision: str = ""


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice or, with a negative `total`, a credit note."""

    id: int
    number: str
    issued: date
    due: date
    total: Money
    order_number: str = ""

    @property
    def is_credit_note(self) -> bool:
        """True if it lessens what the debtor owes."""
        return self.total.amount < 0
