"""Who plays in the demo: debtors with their invoices, what each does and when, and what must come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

Program = Literal["outlook", "gmail", "thunderbird", "apple"]
START = date(2026, 3, 2)
_TERM = timedelta(days=30)  #: between an invoice and its due date


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice of the demo's creditor."""

    number: str
    due: date
    total: Decimal

    @property
    def issued(self) -> date:
        """The day on which it was issued."""
        return self.due - _TERM


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens `days` calendar days after a debtor's n-th letter of ours came (0: after the first day)."""

    letter: int
    days: int


@dataclass(frozen=True, slots=True)
class Says(Step):
    """The debtor answers that letter.

    Attributes:
        words: key of the wordings; the seed chooses among them.
        on: the day that they name.
        about: the invoice numbers that they name.
        sender: another address than the one written to.
        spam: the creditor's server takes it for spam.
    """

    words: str
    on: date | None = None
    about: tuple[str, ...] = ()
    sender: str = ""
    spam: bool = False


@dataclass(frozen=True, slots=True)
class Machine(Step):
    """A machine at the debtor's answers that letter within the minute."""

    kind: Literal["absence", "bounce", "challenge"]
    on: date | None = None  #: the day of return


@dataclass(frozen=True, slots=True)
class Pays(Step):
    """The bank's file of that day tells a payment.

    Attributes:
        about: the invoice numbers that it names.
        amount: None for all that they come to.
        paid_on: None for the working day before.
    """

    about: tuple[str, ...]
    amount: Decimal | None = None
    paid_on: date | None = None


@dataclass(frozen=True, slots=True)
class Person(Step):
    """The demo's person in the accounts team acts.

    Attributes:
        does: "approve" the formal notice that waits, "release" what `about` names, "credit" a credit note of
            `amount`, "contact": the new address is imported with the invoice that `about` names.
    """

    does: Literal["approve", "release", "credit", "contact"]
    about: tuple[str, ...] = ()
    amount: Decimal | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Debtor:
    """One debtor.

    Attributes:
        code: the creditor's reference for it.
        script, script_en: its story in a few words, in French and in English.
        emails: its known contacts; `spare` is learnt later.
        expected: what must have happened, a line each: "03-02 reminder1 F0101 F0102" (month and day first).
    """

    code: str
    name: str
    trade: str
    script: str
    script_en: str
    emails: tuple[str, ...]
    person: str
    street: str
    town: str  #: postal code and city
    bills: tuple[Bill, ...]
    steps: tuple[Step, ...]
    expected: str
    program: Program = "outlook"
    kind: str = "professionnel"
    language: str = "fr"
    country: str = "FR"
    siren: str = ""
    spare: str = ""
    greylists: bool = False  #: its server asks to come again later

    def story(self, language: str) -> str:
        """Return its story in a few words."""
        return self.script if language == "fr" else self.script_en

    def bill(self, number: str) -> Bill:
        """Return one of its invoices."""
        return next(bill for bill in self.bills if bill.number == number)


def bill(number: str, due: str, total: str) -> Bill:
    """Return an invoice due on an ISO day."""
    return Bill(number, date.fromisoformat(due), Decimal(total))


@dataclass(frozen=True, slots=True)
class Letter:
    """A message of ours as it reached a debtor's server."""

    to: str
    raw: bytes = field(repr=False)
