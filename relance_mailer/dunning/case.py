"""The facts that a decision rests on, gathered before it: nothing here asks the time or a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from relance_mailer.dunning.calendar import WorkingDays
from relance_mailer.dunning.invoice import Contact, Debtor, DebtorKind, Invoice, Party
from relance_mailer.dunning.money import Money

#: An absence longer than this, in working days, is not waited for: the next contact is written to.
LONGEST_ABSENCE_WAITED_FOR = 10


@dataclass(frozen=True, slots=True)
class Served:
    """A stage that reached the debtor, or would have (shadow)."""

    stage: str
    on: date
    deadline: date | None = None  #: a formal notice's


@dataclass(frozen=True, slots=True)
class InFlight:
    """A notice about the invoice that has neither arrived nor ended."""

    notice_id: int
    stage: str
    state: str


@dataclass(frozen=True, slots=True)
class Hold:
    """A pause; `until` is the last day held, None until somebody releases it."""

    reason: str
    until: date | None
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Recalled:
    """What the debtor said and did not do, for the next text to recall: kind "promise" or "already_paid"."""

    kind: str
    on: date | None = None
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class InvoiceCase:
    """One invoice with all that decides what happens to it next."""

    invoice: Invoice
    outstanding: Money
    first_seen: date
    served: tuple[Served, ...] = ()
    in_flight: InFlight | None = None
    holds: tuple[Hold, ...] = ()
    recalled: Recalled | None = None
    handed_over: bool = False


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """A contact and what is known of its mailbox; an absence has a first day known and a last day."""

    contact: Contact
    usable: bool = True
    absent_until: date | None = None
    absent_since: date | None = None


@dataclass(frozen=True, slots=True)
class DebtorCase:
    """A debtor with all that decides whether it may be written to.

    Attributes:
        days: the days open for the creditor and for the debtor.
        last_notice_on: the day of the last message that left, or may have left.
        message_in_flight: a message to it is queued, on its way or to be tried again.
        unmatched_mail: a message that may come from it waits for a person (no formal notice meanwhile).
    """

    debtor: Debtor
    days: WorkingDays
    contacts: tuple[ContactFacts, ...] = ()
    last_notice_on: date | None = None
    message_in_flight: bool = False
    unmatched_mail: bool = False


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom to write to; or, with no contact, nobody; or later, when `back_on` is given."""

    contact: Contact | None
    back_on: date | None = None


def addressee(contacts: Sequence[ContactFacts], today: date, days: WorkingDays) -> Addressee:
    """Return whom to write to today.

    The first usable contact, by role (accounts first, management last) and rank; if it is away for no more than ten working days, it is waited for; away for longer, the
    next one present takes its place. Nobody present but somebody away: the one who is back first is waited for. Away
    means until the working day after the return date: whoever comes back has a day to read what lies there.
    """
    usable = sorted((facts for facts in contacts if facts.usable), key=lambda facts: facts.contact.precedence)
    away: list[tuple[date, Contact]] = []
    for facts in usable:
        if facts.absent_until is None:
            return Addressee(facts.contact)
        back_on = days.next_open(facts.absent_until + timedelta(days=2))  # the day after the return
        if back_on <= today:
            return Addressee(facts.contact)
        away.append((back_on, facts.contact))
        if days.count(facts.absent_since or today, facts.absent_until) <= LONGEST_ABSENCE_WAITED_FOR:
            return Addressee(facts.contact, back_on)
    if away:
        back_on, contact = min(away, key=lambda entry: entry[0])
        return Addressee(contact, back_on)
    return Addressee(None)


def missing_for_formal_notice(
    creditor: Party, signer_name: str, signer_capacity: str, debtor: Party, kind: DebtorKind
) -> tuple[str, ...]:
    """Return what a formal notice still lacks, as keys of the word catalogue; empty if it can be offered.

    A person signs it, in a stated capacity, and it names both parties (design.md; legal.md, section 2). A consumer has
    no SIREN; outside France a VAT number stands for it.
    """
    lacks = {
        "signer_name": not signer_name,
        "signer_capacity": not signer_capacity,
        "creditor_name": not creditor.name,
        "creditor_address": len(creditor.address_lines) < len(("street", "town")),
        "creditor_siren": not _identified(creditor),
        "debtor_name": not debtor.name,
        "debtor_address": len(debtor.address_lines) < len(("street", "town")),
        "debtor_siren": kind is not DebtorKind.CONSUMER and not _identified(debtor),
    }
    return tuple(key for key, lacking in lacks.items() if lacking)


def _identified(party: Party) -> bool:
    return bool(party.siren) if party.country == "FR" else bool(party.siren or party.vat)
