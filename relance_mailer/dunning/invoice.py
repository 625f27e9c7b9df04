"""What is owed, by whom, to whom: the nouns that every rule works on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from relance_mailer.dunning.money import Money
from relance_mailer.dunning.policy import DEFAULT


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


class Role(StrEnum):
    """What a contact does at a debtor, in the order in which they are written to about an unpaid invoice.

    Accounts pay. Then whoever has no role told, as an address that came with an invoice; then who bought, whose word
    accounts ask for. Management is bothered only when nobody else can be written to.
    """

    ACCOUNTS = "accounts"
    OTHER = "other"
    PURCHASING = "purchasing"
    MANAGEMENT = "management"


_PRECEDENCE = {role: place for place, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class Contact:
    """An e-mail address at a debtor."""

    id: int
    address: str
    name: str = ""
    rank: int = 0  #: among those of one role, 0 is written to first
    role: Role = Role.OTHER

    @property
    def precedence(self) -> tuple[int, int, int]:
        """Where it stands among its debtor's contacts: by role, then by rank, then by who was known first."""
        return _PRECEDENCE[self.role], self.rank, self.id


@dataclass(frozen=True, slots=True)
class Debtor:
    """A customer who owes.

    Attributes:
        reference: the creditor's own customer code.
        language: two letters, the language of its templates.
        subdivision: ISO 3166-2 part for its holidays ("57" for Moselle), or "".
        segment: what the creditor counts it among, in the creditor's own words, or "".
        policy: the name of the dunning policy that it follows.
    """

    id: int
    reference: str
    party: Party
    kind: DebtorKind = DebtorKind.UNKNOWN
    language: str = "fr"
    subdivision: str = ""
    segment: str = ""
    policy: str = DEFAULT


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
