"""A dispute: what the debtor contests, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from relance_mailer.dunning.money import Money
from relance_mailer.errors import ConflictError


class DisputeState(StrEnum):
    """Where a dispute stands."""

    OPEN = "open"
    RESOLVED = "resolved"  #: the team settled it, whoever was right
    WITHDRAWN = "withdrawn"  #: the debtor took it back


class DisputeEvent(StrEnum):
    """What may happen to a dispute."""

    RESOLVE = "resolve"
    WITHDRAW = "withdraw"


_S, _E = DisputeState, DisputeEvent
#: A dispute that has ended stays so: who contests again opens another.
TRANSITIONS: dict[tuple[DisputeState, DisputeEvent], DisputeState] = {
    (_S.OPEN, _E.RESOLVE): _S.RESOLVED,
    (_S.OPEN, _E.WITHDRAW): _S.WITHDRAWN,
}


def advance(state: DisputeState, event: DisputeEvent) -> DisputeState:
    """Return the state after `event`; ConflictError if it cannot happen in `state`."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        msg = f"a dispute that is {state} cannot {event}"
        raise ConflictError(msg) from None


class DisputeReason(StrEnum):
    """What a debtor finds wrong."""

    PRICE = "price"
    QUANTITY = "quantity"
    QUALITY = "quality"
    NOT_DELIVERED = "not_delivered"
    NOT_ORDERED = "not_ordered"
    DUPLICATE = "duplicate"
    WRONG_COMPANY = "wrong_company"
    CONTRACT_ENDED = "contract_ended"
    CREDIT_NOTE_DUE = "credit_note_due"
    REFUSAL = "refusal"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Dispute:
    """What a debtor contests of an invoice.

    Attributes:
        opened_on: the day of the message or call.
        amount: the disputed sum, None for all of it.
    """

    id: int
    invoice_id: int
    opened_on: date
    reason: DisputeReason = DisputeReason.OTHER
    amount: Money | None = None
    state: DisputeState = DisputeState.OPEN

    def after(self, event: DisputeEvent) -> Dispute:
        """Return this dispute after `event`; ConflictError if it cannot happen now."""
        return replace(self, state=advance(self.state, event))
