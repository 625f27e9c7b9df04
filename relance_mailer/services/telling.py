"""One ledger entry as one sentence, in the team's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from relance_mailer.dunning.money import Money
from relance_mailer.store.ledger import Kind, Recorded
from relance_mailer.texts import formats
from relance_mailer.texts.words import WORDS, say
from relance_mailer.texts.words import certainty as certainty_words

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Letter:
    """What the words about a message name: whom it came from, and its subject."""

    sender: str
    subject: str


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells entries about one invoice.

    Attributes:
        number: the invoice's.
        currency: the invoice's, for sums that name none.
        letters: the messages known, by SHA-256 of their bytes.
    """

    language: str
    number: str
    currency: str
    letters: Mapping[str, Letter]

    def tell(self, entry: Recorded) -> str:
        """Return the sentence about an entry; what an erased one said is gone."""
        if entry.payload is None:
            return self.say("story.erased")
        about = _TELLERS.get(entry.kind)
        if about is None:
            key = f"story.{entry.kind}"
            return self.say(key, by=entry.actor) if key in WORDS else self.say("story.event", kind=entry.kind)
        return about(self, entry, entry.payload).strip()

    def say(self, key: str, **arguments: object) -> str:
        """Return the words for a key; what others wrote comes in as one harmless line."""
        cleaned = {name: formats.clean(str(value)) for name, value in arguments.items()}
        return say(key, self.language, **cleaned)

    def day(self, value: object) -> str:
        """Write a day as the ledger keeps it; "" for none."""
        try:
            return formats.short_date(date.fromisoformat(str(value)), self.language)
        except ValueError:
            return ""

    def money(self, value: object) -> str:
        """Write a sum as the ledger keeps it: "12.50 EUR", or a number in the invoice's currency."""
        amount, _, currency = str(value).partition(" ")
        try:
            return formats.money(Money(Decimal(amount), currency or self.currency), self.language)
        except (InvalidOperation, ValueError):
            return str(value)


# ── import and money ─────────────────────────────────────────────────────────────────────────────────────


def _imported(teller: Teller, entry: Recorded, said: Payload) -> str:  # noqa: ARG001
    new, old = said.get("new") or {}, said.get("old") or {}
    if not old:
        total, due = teller.money(new.get("total", "")), teller.day(new.get("due"))
        return teller.say("story.imported", file=said.get("file", ""), total=total, due=due)
    changes = ", ".join(_change(teller, key, old[key], new.get(key)) for key in old)
    return teller.say("story.changed", file=said.get("file", ""), changes=changes)


def _change(teller: Teller, key: str, old: object, new: object) -> str:
    write = {"total": teller.money, "issued": teller.day, "due": teller.day}.get(key, str)
    name = f"field.{key}"
    return f"{say(name, teller.language) if name in WORDS else key} {write(old)} → {write(new)}"


def _allocated(teller: Teller, entry: Recorded, said: Payload) -> str:
    """Tell what a person allocated, or a balance that an import told."""
    if "what" in said:
        amount = teller.money(said.get("amount", ""))
        return teller.say("story.allocated", amount=amount, what=said["what"], by=entry.actor)
    return _balance(teller, said)


def _balance(teller: Teller, said: Payload) -> str:
    balance, as_of = teller.money(said.get("balance", "")), teller.day(said.get("as_of"))
    return teller.say("story.balance", file=said.get("file", ""), balance=balance, as_of=as_of)


def _paid(teller: Teller, entry: Recorded, said: Payload) -> str:  # noqa: ARG001
    share = (said.get("settles") or {}).get(teller.number)
    amount, label = said.get("amount", ""), _quoted(said.get("label"))
    words = {"amount": teller.money(amount), "on": teller.day(said.get("paid_on")), "label": label}
    if share is None or share == amount:
        return teller.say("story.paid", **words)
    return teller.say("story.paid_share", share=teller.money(share), **words)


# ── notices ──────────────────────────────────────────────────────────────────────────────────────────────


def _rendered(teller: Teller, entry: Recorded, said: Payload) -> str:
    stages = {one.get("number"): one.get("stage", "") for one in said.get("invoices") or ()}
    stage = say(f"stage.{stages.get(teller.number, '')}", teller.language)
    return teller.say(
        "story.rendered",
        stage=stage,
        notice=_id(entry),
        to=said.get("to", ""),
        subject=said.get("subject", ""),
    )


def _notice(teller: Teller, entry: Recorded, said: Payload) -> str:
    """Tell what needs no more than the notice, who did it, and what stands in the payload."""
    words = {"by": entry.actor, "why": "", "to": "", "attempt": ""} | dict(said)
    return teller.say(f"story.{entry.kind}", **(words | {"notice": _id(entry)}))


def _sent(teller: Teller, entry: Recorded, said: Payload) -> str:
    if said.get("left") is False:
        return teller.say("story.sent_shadow", notice=_id(entry))
    key = "story.sent_redirect" if said.get("mode") == "redirect" else "story.sent"
    return teller.say(key, notice=_id(entry), answer=_server(said))


def _failed(teller: Teller, entry: Recorded, said: Payload) -> str:
    if "bounce" in said:
        return teller.say("story.bounced", notice=_id(entry), answer=said["bounce"])
    key = f"story.{entry.kind}"
    return teller.say(key, notice=_id(entry), phase=said.get("phase", ""), answer=_server(said))


def _settled(teller: Teller, entry: Recorded, said: Payload) -> str:
    key = "story.settled_left" if said.get("left") else "story.settled_not"
    return teller.say(key, notice=_id(entry), proof=said.get("proof", ""))


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────


def _received(teller: Teller, entry: Recorded, said: Payload) -> str:  # noqa: ARG001
    letter = teller.letters.get(entry.subject.partition(":")[2], Letter("?", ""))
    return teller.say("story.received", sender=letter.sender, subject=letter.subject)


def _understood(teller: Teller, entry: Recorded, said: Payload) -> str:  # noqa: ARG001
    if said.get("machine"):
        reason = said.get("effect") or f"{said['machine']} {said.get('status') or ''}"
        return teller.say("story.machine", effect=reason)
    more = ""
    if said.get("promise_date"):
        more += teller.say("story.said_promise", date=teller.day(said["promise_date"]))
    if said.get("needs_review"):
        more += teller.say("story.said_review")
    intent = say(f"intent.{said.get('intent', 'other')}", teller.language)
    certainty = certainty_words(float(said.get("confidence") or 0), teller.language)
    return say("story.understood", teller.language, intent=intent, certainty=certainty, said=more)


def _held(teller: Teller, entry: Recorded, said: Payload) -> str:  # noqa: ARG001
    reason = say(f"hold.{said.get('reason', '')}", teller.language)
    if said.get("until"):
        return teller.say("story.held_until", until=teller.day(said["until"]), reason=reason)
    owner = say(f"owner.{said.get('owner') or ''}", teller.language)
    return teller.say("story.held", owner=owner, reason=reason)


def _released(teller: Teller, entry: Recorded, said: Payload) -> str:  # noqa: ARG001
    reason, why = say(f"hold.{said.get('reason', '')}", teller.language), str(said.get("why") or "")
    why = teller.say("story.promise_settled") if why == "promise_settled" else why
    return teller.say("story.released", reason=reason, why=f": {why}" if why else "")


def _promised(teller: Teller, entry: Recorded, said: Payload) -> str:  # noqa: ARG001
    amount = said.get("amount")
    words = {
        "amount": "" if amount is None else teller.money(amount),
        "date": teller.day(said.get("date")),
        "grace": teller.day(said.get("grace_until")),
    }
    told = teller.say("story.promised" if said.get("date") else "story.promised_undated", **words)
    return told.replace("  ", " ").replace(" ,", ",")


def _disputed(teller: Teller, entry: Recorded, said: Payload) -> str:  # noqa: ARG001
    return teller.say("story.disputed", reason=say(f"dispute.{said.get('reason') or ''}", teller.language))


def _noted(teller: Teller, entry: Recorded, said: Payload) -> str:
    if words := said.get("words"):
        return str(words)
    sender = said.get("from") or entry.actor
    return teller.say("story.noted", sender=sender, subject=said.get("subject", ""))


def _task_opened(teller: Teller, entry: Recorded, said: Payload) -> str:  # noqa: ARG001
    return teller.say("story.task_opened", words=said.get("words", ""))


def _task_done(teller: Teller, entry: Recorded, said: Payload) -> str:  # noqa: ARG001
    task = f"task.{said.get('task', '')}"
    words = (
        say(task, teller.language, debtor="", invoice=teller.number)
        if task in WORDS
        else said.get("task", "")
    )
    return teller.say("story.task_done", task=str(words).strip(" :,;"))


_TELLERS: dict[str, Callable[[Teller, Recorded, Payload], str]] = {
    Kind.IMPORTED: _imported,
    Kind.ALLOCATED: _allocated,
    Kind.PAID: _paid,
    Kind.RENDERED: _rendered,
    Kind.APPROVED: _notice,
    Kind.REFUSED: _notice,
    Kind.ATTEMPTED: _notice,
    Kind.SENT: _sent,
    Kind.DEFERRED: _failed,
    Kind.FAILED: _failed,
    Kind.IN_DOUBT: _notice,
    Kind.SETTLED: _settled,
    Kind.SUPERSEDED: _notice,
    Kind.RECEIVED: _received,
    Kind.UNDERSTOOD: _understood,
    Kind.HELD: _held,
    Kind.RELEASED: _released,
    Kind.PROMISED: _promised,
    Kind.DISPUTED: _disputed,
    Kind.NOTED: _noted,
    Kind.TASK_OPENED: _task_opened,
    Kind.TASK_DONE: _task_done,
}


def _id(entry: Recorded) -> str:
    return entry.subject.partition(":")[2]


def _server(said: Payload) -> str:
    """The server's own words, with its code."""
    return f"{said.get('code') or ''} {said.get('answer') or ''}".strip()


def _quoted(words: object) -> str:
    return f"({words})" if words else ""
