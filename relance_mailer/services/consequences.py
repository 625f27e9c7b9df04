"""What follows from an answer: the reply taxonomy's last table as a pure function from understanding to effects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from relance_mailer.config import HoldSettings
from relance_mailer.dunning.calendar import WorkingDays
from relance_mailer.dunning.policy import Policy
from relance_mailer.replies.model import Intent, Understanding

#: Reasons for holds that are no intent of a message.
UNVERIFIED, REVIEW, COLLEAGUE, UNREADABLE = "unverified_sender", "to_check", "colleague", "unreadable"
BANK_CHANGE = "bank_change"  #: a flag of an answer, and what a person is asked about it
#: After how many working days a person who owns an open pause is reminded.
OPEN_REMINDER, DISPUTE_REMINDER = 3, 7


@dataclass(frozen=True, slots=True)
class OpenHold:
    """Pause an invoice or, without one, all of the debtor; `until` is the last day held, None has an owner."""

    invoice_id: int | None
    reason: str
    until: date | None
    owned: bool


@dataclass(frozen=True, slots=True)
class MakePromise:
    """Note a promise to pay an invoice."""

    invoice_id: int
    due: date | None
    amount: Decimal | None
    grace_until: date


@dataclass(frozen=True, slots=True)
class OpenDispute:
    """Note that an invoice is contested."""

    invoice_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask a person; `kind` is a key of the word catalogue's tasks, `remind_in` counts working days."""

    kind: str
    remind_in: int | None = None


Effect = OpenHold | MakePromise | OpenDispute | Ask


@dataclass(frozen=True, slots=True)
class Scope:
    """What an answer is about.

    Attributes:
        invoices: number to id, of the invoices that it concerns.
        others: ids of the rest of the notice answered, where only some are named.
        courtesy_holds: how many courtesy holds each invoice has had since its last notice.
        replaced_promises: how many promises about it were replaced.
    """

    invoices: Mapping[str, int]
    others: tuple[int, ...]
    courtesy_holds: Mapping[int, int]
    replaced_promises: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class _Terms:
    """The rules in force when an answer comes in."""

    holds: HoldSettings
    policy: Policy
    days: WorkingDays
    today: date

    def after(self, working_days: int) -> date:
        """Return the last day of a hold of so many working days."""
        return self.days.add(self.today, working_days)


def consequences(
    said: Understanding,
    scope: Scope,
    holds: HoldSettings,
    policy: Policy,
    days: WorkingDays,
    today: date,
    *,
    verified: bool,
) -> tuple[Effect, ...]:
    """Return what a person's answer does. From an unverified sender: a short hold for the team, and nothing else."""
    terms = _Terms(holds, policy, days, today)
    effects: list[Effect] = _alarms(said)
    if verified:
        effects += _meant(said, scope, terms)
    else:
        until, concerned = terms.after(holds.review), (*scope.invoices.values(), *scope.others)
        effects += [*(OpenHold(id_, UNVERIFIED, until, owned=True) for id_ in concerned), Ask("unverified")]
    if verified and said.needs_review:
        effects = _unsure(effects, terms)
    return tuple(dict.fromkeys(effects))


def _alarms(said: Understanding) -> list[Effect]:
    """Money said to have gone to an account that is not ours is a possible fraud, whoever writes."""
    return [Ask(BANK_CHANGE, OPEN_REMINDER)] if BANK_CHANGE in said.flags else []


def _meant(said: Understanding, scope: Scope, terms: _Terms) -> list[Effect]:
    """What a known sender's words do: to the debtor, or invoice by invoice."""
    if said.intent in _ON_DEBTOR:
        return _ON_DEBTOR[said.intent](terms)
    effects: list[Effect] = []
    for number, invoice_id in scope.invoices.items():
        intent = (said.per_invoice or {}).get(number, said.intent)
        on_debtor = _ON_DEBTOR.get(intent)
        effects += on_debtor(terms) if on_debtor else _EFFECTS[intent](said, scope, terms, invoice_id)
    effects += [effect for id_ in scope.others for effect in _courtesy(said, scope, terms, id_)]
    if Intent.STOP_CONTACT in said.also:  # whatever else it says of its invoices
        effects += _ON_DEBTOR[Intent.STOP_CONTACT](terms)
    if not effects and said.intent is not Intent.ACKNOWLEDGEMENT:
        return [Ask(Intent.OTHER)]  # nothing is open that could be paused: a person reads it
    return effects


def _unsure(effects: list[Effect], terms: _Terms) -> list[Effect]:
    """Keep the pauses, at least the days that a look takes, and record no promise and no dispute on a guess."""
    least = terms.after(terms.holds.review)
    kept: list[Effect] = [
        OpenHold(hold.invoice_id, hold.reason, hold.until and max(hold.until, least), owned=True)
        for hold in effects
        if isinstance(hold, OpenHold)
    ]
    return [*kept, *(effect for effect in effects if isinstance(effect, Ask)), Ask(REVIEW)]


def _promise(said: Understanding, scope: Scope, terms: _Terms, invoice_id: int) -> list[Effect]:
    """A promise pauses until its date and what banks need; one too far off, or one too many, has an owner."""
    holds = terms.holds
    if said.promise_date is None:
        grace = terms.after(holds.promise_without_date)
    else:
        grace = terms.days.add(max(said.promise_date, terms.today), holds.promise_grace)
    promise = MakePromise(invoice_id, said.promise_date, said.promise_amount, grace)
    far = said.promise_date is not None and (said.promise_date - terms.today).days > holds.promise_longest
    often = scope.replaced_promises.get(invoice_id, 0) >= terms.policy.replaced_promises
    hold = OpenHold(invoice_id, Intent.PROMISE_TO_PAY, None if far or often else grace, owned=far or often)
    asks: list[Effect] = [Ask("promise_far", OPEN_REMINDER)] if far else []
    asks += [Ask("promise_often", OPEN_REMINDER)] if often else []
    return [promise, hold, *asks]


def _dispute(said: Understanding, scope: Scope, terms: _Terms, invoice_id: int) -> list[Effect]:  # noqa: ARG001
    reason = said.dispute_reason or "other"
    hold = OpenHold(invoice_id, Intent.DISPUTE, None, owned=True)
    return [OpenDispute(invoice_id, reason), hold, Ask("dispute", DISPUTE_REMINDER)]


def _owned(intent: Intent) -> _Maker:
    """An open pause that a person must answer."""

    def make(said: Understanding, scope: Scope, terms: _Terms, invoice_id: int) -> list[Effect]:  # noqa: ARG001
        return [OpenHold(invoice_id, intent, None, owned=True), Ask(intent, OPEN_REMINDER)]

    return make


def _timed(intent: Intent, setting: str) -> _Maker:
    """A pause with an end, while a person looks."""

    def make(said: Understanding, scope: Scope, terms: _Terms, invoice_id: int) -> list[Effect]:  # noqa: ARG001
        until = terms.after(getattr(terms.holds, setting))
        return [OpenHold(invoice_id, intent, until, owned=False), Ask(intent)]

    return make


def _courtesy(said: Understanding, scope: Scope, terms: _Terms, invoice_id: int) -> list[Effect]:  # noqa: ARG001
    """A short pause for an answer that commits to nothing; after a few of them a person decides."""
    if scope.courtesy_holds.get(invoice_id, 0) >= terms.policy.courtesy_holds:
        return [
            OpenHold(invoice_id, Intent.ACKNOWLEDGEMENT, None, owned=True),
            Ask("courtesy_often", OPEN_REMINDER),
        ]
    until = terms.after(terms.holds.acknowledgement)
    return [OpenHold(invoice_id, Intent.ACKNOWLEDGEMENT, until, owned=False)]


def _document(said: Understanding, scope: Scope, terms: _Terms, invoice_id: int) -> list[Effect]:  # noqa: ARG001
    """What the debtor lacks must be sent: the hold stays until somebody did, and reminds."""
    hold = OpenHold(invoice_id, Intent.DOCUMENT_REQUEST, None, owned=True)
    return [hold, Ask(Intent.DOCUMENT_REQUEST, terms.holds.document_request)]


def _stopped(intent: Intent) -> Callable[[_Terms], list[Effect]]:
    """All of the debtor waits, invoices still to come included, until a person says how it goes on."""

    def make(terms: _Terms) -> list[Effect]:  # noqa: ARG001
        return [OpenHold(None, intent, None, owned=True), Ask(intent, OPEN_REMINDER)]

    return make


def _misdirected(terms: _Terms) -> list[Effect]:
    """Nobody is written to for some days, while a person corrects the contact."""
    until = terms.after(terms.holds.wrong_contact)
    return [OpenHold(None, Intent.WRONG_CONTACT, until, owned=False), Ask(Intent.WRONG_CONTACT)]


_Maker = Callable[[Understanding, Scope, _Terms, int], list[Effect]]

#: What acts on the contact or the debtor, and so on all its invoices, whichever are named.
_ON_DEBTOR: dict[Intent, Callable[[_Terms], list[Effect]]] = {
    Intent.INSOLVENCY: _stopped(Intent.INSOLVENCY),
    Intent.STOP_CONTACT: _stopped(Intent.STOP_CONTACT),
    Intent.WRONG_CONTACT: _misdirected,
}

_EFFECTS: dict[Intent, _Maker] = {
    Intent.PROMISE_TO_PAY: _promise,
    Intent.DISPUTE: _dispute,
    Intent.ALREADY_PAID: _timed(Intent.ALREADY_PAID, "already_paid"),
    Intent.PAYMENT_PLAN: _owned(Intent.PAYMENT_PLAN),
    Intent.HARDSHIP: _owned(Intent.HARDSHIP),
    Intent.DOCUMENT_REQUEST: _document,
    Intent.ACKNOWLEDGEMENT: _courtesy,
    Intent.OTHER: _timed(Intent.OTHER, "other"),
    # Machines never come here; a person's mail wrongly labelled so still pauses.
    Intent.BOUNCE: _timed(Intent.OTHER, "other"),
    Intent.AUTO_REPLY: _timed(Intent.OTHER, "other"),
}
