"""A credit note that a person allocates: whole or in parts, each to one invoice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from relance_mailer.dunning.allocation import ONE_DAY, Item, Stated
from relance_mailer.dunning.invoice import Invoice
from relance_mailer.dunning.money import Money


@dataclass(frozen=True, slots=True)
class Part:
    """What a person allocated of a credit note to an invoice, as money of the day `on`."""

    invoice_id: int
    amount: Money
    on: date


def counts_on(note: Invoice, stated: Stated | None) -> date:
    """Return the day of what a credit note is worth: what remains after a balance is in no balance of that day."""
    return note.issued if stated is None else stated.as_of + ONE_DAY


def rest(note: Invoice, stated: Stated | None, parts: Sequence[Part]) -> Money:
    """Return what is left of a credit note to allocate, never below zero.

    Parts of before its balance are, or are not, in that balance: the smaller rest counts.
    """
    zero = Money.zero(note.total.currency)
    left = -note.total - sum((part.amount for part in parts), zero)
    if stated is not None:
        since = sum((part.amount for part in parts if part.on > stated.as_of), zero)
        left = min(left, stated.paid - note.total - since)
    return max(left, zero)


def items(note: Invoice, stated: Stated | None, parts: Sequence[Part]) -> list[Item]:
    """Return a credit note as its parts, which name their invoices, and as the rest, which names none."""
    if not parts:
        return [Item(note, stated)]
    named = [
        Item(replace(note, total=-part.amount, issued=part.on), credits=part.invoice_id) for part in parts
    ]
    left = rest(note, stated, parts)
    if not left:
        return named
    settled = Money.zero(note.total.currency) if stated is None else stated.paid
    return [*named, Item(replace(note, total=settled - left), stated)]
