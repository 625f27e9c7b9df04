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
            return self._say("story.erased")
        about = _TELLERS.get(entry.kind)
        if about is None:
            key = f"story.{entry.kind}"
            return self._say(key, by=entry.actor) if key in WORDS else self._say("story.event", kind=entry.kind)
        return about(self, entry, entry.payload).strip()

    # ── words ────────────────────────────────────────────────────────────────────────────────────────────────

    def _say(self, key: str, **arguments: object) -> str:
        cleaned = {name: formats.clean(str(value)) for name, value in arguments.items()}
        return say(key, self.language, **cleaned)

    def _day(self, value: object) -> str:
        try:
            return formats.short_date(date.fromisoformat(str(value)), self.language)
        except ValueError:
            return ""

    def _money(self, value: object) -> str:
        """Write a sum as the ledger keeps it: "12.50 EUR", or a number in the invoice's currency."""
        amount, _, currency = str(value).partition(" ")
        try:
            return formats.money(Money(Decimal(amount), currency or self.currency), self.language)
        except (InvalidOperation, ValueError):
            return str(value)

    def _quoted(self, words: object) -> str:
        return f"({words})" if words else ""

    # ── import and money ─────────────────────────────────────────────────────────────────────────────────────

    def _imported(self, entry: Recorded, said: Payload) -> str:  # noqa: ARG002
        new, old = said.get("new") or {}, said.get("old") or {}
        if not old:
            total, due = self._money(new.get("total", "")), self._day(new.get("due"))
            return self._say("story.imported", file=said.get("file", ""), total=total, due=due)
        changes = ", ".join(f"{key} {old[key]} → {new.get(key)}" for key in old)
        return self._say("story.changed", file=said.get("file", ""), changes=changes)

    def _balance(self, entry: Recorded, said: Payload) -> str:  # noqa: ARG002
        balance, as_of = self._money(said.get("balance", "")), self._day(said.get("as_of"))
        return self._say("story.balance", file=said.get("file", ""), balance=balance, as_of=as_of)

    def _paid(self, entry: Recorded, said: Payload) -> str:  # noqa: ARG002
        share = (said.get("settles") or {}).get(self.number)
        amount, label = said.get("amount", ""), self._quoted(said.get("label"))
        words = {"amount": self._money(amount), "on": self._day(said.get("paid_on")), "label": label}
        if share is None or share == amount:
            return self._say("story.paid", **words)
        return self._say("story.paid_share", share=self._money(share), **words)

    # ── notices ──────────────────────────────────────────────────────────────────────────────────────────────

    def _rendered(self, entry: Recorded, said: Payload) -> str:
        stages = {one.get("number"): one.get("stage", "") for one in said.get("invoices") or ()}
        stage = say(f"stage.{stages.get(self.number, '')}", self.language)
        stage = stage[:1].upper() + stage[1:]
        return self._say(
            "story.rendered", stage=stage, notice=_id(entry), to=said.get("to", ""), subject=said.get("subject", "")
        )

    def _notice(self, entry: Recorded, said: Payload) -> str:
        """Tell what needs no more than the notice, who did it, and what stands in the payload."""
        words = {"by": entry.actor, "why": "", "to": "", "attempt": ""} | dict(said)
        return self._say(f"story.{entry.kind}", **(words | {"notice": _id(entry)}))

    def _sent(self, entry: Recorded, said: Payload) -> str:
        if said.get("left") is False:
            return self._say("story.sent_shadow", notice=_id(entry))
        key = "story.sent_redirect" if said.get("mode") == "redirect" else "story.sent"
        return self._say(key, notice=_id(entry), answer=_server(said))

    def _failed(self, entry: Recorded, said: Payload) -> str:
        if "bounce" in said:
            return self._say("story.bounced", notice=_id(entry), answer=said["bounce"])
        key = f"story.{entry.kind}"
        return self._say(key, notice=_id(entry), phase=said.get("phase", ""), answer=_server(said))

    def _settled(self, entry: Recorded, said: Payload) -> str:
        key = "story.settled_left" if said.get("left") else "story.settled_not"
        return self._say(key, notice=_id(entry), proof=said.get("proof", ""))

    # ── answers ──────────────────────────────────────────────────────────────────────────────────────────────

    def _received(self, entry: Recorded, said: Payload) -> str:  # noqa: ARG002
        letter = self.letters.get(entry.subject.partition(":")[2], Letter("?", ""))
        return self._say("story.received", sender=letter.sender, subject=letter.subject)

    def _understood(self, entry: Recorded, said: Payload) -> str:  # noqa: ARG002
        if said.get("machine"):
            reason = said.get("effect") or f"{said['machine']} {said.get('status') or ''}"
            return self._say("story.machine", effect=reason)
        more = ""
        if said.get("promise_date"):
            more += self._say("story.said_promise", date=self._day(said["promise_date"]))
        if said.get("needs_review"):
            more += self._say("story.said_review")
        intent = say(f"intent.{said.get('intent', 'other')}", self.language)
        certainty = f"{float(said.get('confidence') or 0):.0%}"
        return say("story.understood", self.language, intent=intent, certainty=certainty, said=more)

    def _held(self, entry: Recorded, said: Payload) -> str:  # noqa: ARG002
        reason = say(f"hold.{said.get('reason', '')}", self.language)
        if said.get("until"):
            return self._say("story.held_until", until=self._day(said["until"]), reason=reason)
        return self._say("story.held", owner=said.get("owner", ""), reason=reason)

    def _released(self, entry: Recorded, said: Payload) -> str:  # noqa: ARG002
        reason, why = say(f"hold.{said.get('reason', '')}", self.language), str(said.get("why") or "")
        why = self._say("story.promise_settled") if why == "promise_settled" else why
        return self._say("story.released", reason=reason, why=f": {why}" if why else "")

    def _promised(self, entry: Recorded, said: Payload) -> str:  # noqa: ARG002
        amount = said.get("amount")
        words = {
            "amount": "" if amount is None else self._money(amount),
            "date": self._day(said.get("date")),
            "grace": self._day(said.get("grace_until")),
        }
        told = self._say("story.promised" if said.get("date") else "story.promised_undated", **words)
        return told.replace("  ", " ").replace(" ,", ",")

    def _disputed(self, entry: Recorded, said: Payload) -> str:  # noqa: ARG002
        return self._say("story.disputed", reason=said.get("reason", ""))

    def _noted(self, entry: Recorded, said: Payload) -> str:
        sender = said.get("from") or entry.actor
        return self._say("story.noted", sender=sender, subject=said.get("subject", ""))

    def _task_opened(self, entry: Recorded, said: Payload) -> str:  # noqa: ARG002
        return self._say("story.task_opened", words=said.get("words", ""))

    def _task_done(self, entry: Recorded, said: Payload) -> str:  # noqa: ARG002
        task = f"task.{said.get('task', '')}"
        words = say(task, self.language, debtor="", invoice=self.number) if task in WORDS else said.get("task", "")
        return self._say("story.task_done", task=str(words).strip(" :,;"))


_TELLERS: dict[str, Callable[[Teller, Recorded, Payload], str]] = {
    Kind.IMPORTED: Teller._imported,
    Kind.ALLOCATED: Teller._balance,
    Kind.PAID: Teller._paid,
    Kind.RENDERED: Teller._rendered,
    Kind.APPROVED: Teller._notice,
    Kind.REFUSED: Teller._notice,
    Kind.CLAIMED: Teller._notice,
    Kind.ATTEMPTED: Teller._notice,
    Kind.SENT: Teller._sent,
    Kind.DEFERRED: Teller._failed,
    Kind.FAILED: Teller._failed,
    Kind.IN_DOUBT: Teller._notice,
    Kind.SETTLED: Teller._settled,
    Kind.SUPERSEDED: Teller._notice,
    Kind.RECEIVED: Teller._received,
    Kind.UNDERSTOOD: Teller._understood,
    Kind.HELD: Teller._held,
    Kind.RELEASED: Teller._released,
    Kind.PROMISED: Teller._promised,
    Kind.DISPUTED: Teller._disputed,
    Kind.NOTED: Teller._noted,
    Kind.TASK_OPENED: Teller._task_opened,
    Kind.TASK_DONE: Teller._task_done,
}


def _id(entry: Recorded) -> str:
    return entry.subject.partition(":")[2]


def _server(said: Payload) -> str:
    """The server's own words, with its code."""
    return f"{said.get('code') or ''} {said.get('answer') or ''}".strip()


