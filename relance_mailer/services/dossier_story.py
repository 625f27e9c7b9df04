"""A case file's events: every entry about its subject in words, with the message that came or left at it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from relance_mailer.evidence import chronology as page
from relance_mailer.evidence.chronology import Event
from relance_mailer.services.dossier_scope import Scope
from relance_mailer.services.office import BOT
from relance_mailer.services.telling import Letter, Teller
from relance_mailer.store.ledger import Kind, Recorded
from relance_mailer.store.tables import InvoiceRow, NoticeRow, ReplyRow
from relance_mailer.texts import formats
from relance_mailer.texts.words import say

#: What a reader looks for first.
_STRONG = frozenset(
    {
        Kind.SENT,
        Kind.PROMISED,
        Kind.PROMISE_BROKEN,
        Kind.DISPUTED,
        Kind.PAID,
        Kind.HANDED_OVER,
        Kind.IN_DOUBT,
        Kind.FAILED,
    }
)
_SENTENCE = 300  #: characters before and after the words that decided
_SENTENCE_END = re.compile(r"[.!?…](?=\s|$)|\n")
_PARTICULARS = ("name", "street", "postal_code", "city", "country", "siren", "vat")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the words need beside the ledger.

    Attributes:
        members: (number, stage) of each invoice in a notice, by the notice's id.
        invoices: by id.
        letters: what stands in the case file, by SHA-256.
    """

    language: str
    scope: Scope
    members: Mapping[int, Sequence[tuple[str, str]]]
    invoices: Mapping[int, InvoiceRow]
    letters: Mapping[str, page.Letter]

    @property
    def notices(self) -> dict[str, NoticeRow]:
        """The notices by what the ledger calls them."""
        return {f"notice:{row.id}": row for row in self.scope.notices}

    @property
    def replies(self) -> dict[str, ReplyRow]:
        """The answers by what the ledger calls them."""
        return {f"reply:{row.id}": row for row, _ in self.scope.replies}


def events(facts: Facts, entries: Sequence[Recorded]) -> tuple[Event, ...]:
    """Return the entries as events, in order."""
    story = _Story(facts)
    return tuple(story.event(entry) for entry in entries)


class _Story:
    """Tells entries one after another; each message is shown once, where it first left or came."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.notices, self.replies = facts.notices, facts.replies
        self.copies = {row.sha256: notice_id for notice_id, row in facts.scope.copies}
        self.colleagues = {row.sha256 for row in facts.scope.colleagues} & facts.letters.keys()
        self.heard = {
            digest: Letter(letter.sender, letter.subject) for digest, letter in facts.letters.items()
        }
        self.shown: set[str] = set()

    def event(self, entry: Recorded) -> Event:
        letter = self._letter(entry)
        actor = "" if entry.actor == BOT else formats.clean(entry.actor)
        words = self._words(entry)
        return Event(
            sequence=entry.sequence,
            at=entry.at,
            actor="" if actor and actor in words else actor,
            words=words[:1].upper() + words[1:],
            invoices=self._invoices(entry),
            details=tuple(self._details(entry)),
            quotes=self._quotes(entry),
            letter=letter,
            weight="strong" if entry.kind in _STRONG or (letter and letter.way == "in") else "",
        )

    # ── words ────────────────────────────────────────────────────────────────────────────────────────────

    def _words(self, entry: Recorded) -> str:
        subject, _, name = entry.subject.partition(":")
        own = _OWN.get((entry.kind, subject))
        if own is not None and entry.payload is not None:
            return own(self, entry, entry.payload)
        if entry.kind == Kind.RECEIVED and name in self.copies:
            return self.say("dossier.story.copy", notice=self.copies[name])
        if entry.kind == Kind.RECEIVED and name in self.colleagues:
            return self.say("dossier.story.colleague", sender=self.heard[name].sender)
        return self._teller(entry).tell(entry)

    def say(self, key: str, **arguments: object) -> str:
        """Return words; what others wrote comes in as one harmless line."""
        cleaned = {name: formats.clean(str(value)) for name, value in arguments.items()}
        return say(key, self.facts.language, **cleaned)

    def _teller(self, entry: Recorded) -> Teller:
        """Return who tells: of the entry's invoice, or the one by whose stage a notice is called."""
        subject, _, name = entry.subject.partition(":")
        number, currency = "", "EUR"
        if subject == "invoice" and int(name) in self.facts.invoices:
            row = self.facts.invoices[int(name)]
            number, currency = row.number, row.currency
        elif notice := self.notices.get(entry.subject):
            inside = self.facts.members.get(notice.id or 0, ())
            number = next((number for number, stage in inside if stage == notice.stage), "")
        elif self.facts.scope.invoice is not None:
            number, currency = self.facts.scope.invoice.number, self.facts.scope.invoice.currency
        return Teller(self.facts.language, number, currency, self.heard)

    # ── what stands beside the words ─────────────────────────────────────────────────────────────────────

    def _letter(self, entry: Recorded) -> page.Letter | None:
        if entry.kind == Kind.ATTEMPTED and entry.subject in self.notices:
            digest = self.notices[entry.subject].sha256
        elif entry.kind == Kind.RECEIVED:
            digest = entry.subject.partition(":")[2]
        else:
            return None
        if digest in self.shown:
            return None
        self.shown.add(digest)
        return self.facts.letters.get(digest)

    def _invoices(self, entry: Recorded) -> tuple[str, ...]:
        subject, _, name = entry.subject.partition(":")
        if subject == "invoice" and int(name) in self.facts.invoices:
            return (self.facts.invoices[int(name)].number,)
        if notice := self.notices.get(entry.subject):
            return tuple(number for number, _ in self.facts.members.get(notice.id or 0, ()))
        said = entry.payload or {}
        named = said.get("settles") if subject == "payment" else said.get("invoices")
        return tuple(map(str, named or ())) if subject in ("payment", "reply") else ()

    def _details(self, entry: Recorded) -> list[str]:
        said = entry.payload or {}
        if entry.kind == Kind.SENT and said.get("queue_id"):
            return [self.say("dossier.queue_id", id=said["queue_id"])]
        return []

    def _quotes(self, entry: Recorded) -> tuple[str, ...]:
        """Return the sentences that decided how an answer was understood."""
        reply = self.replies.get(entry.subject)
        if entry.kind != Kind.UNDERSTOOD or reply is None or entry.payload is None:
            return ()
        found = (
            _sentence(reply.reply_text, one)
            for one in reply.understanding.get("because") or ()
            if one.get("text")
        )
        return tuple(dict.fromkeys(formats.clean(words) for words in found))


def _sentence(text: str, because: Mapping[str, Any]) -> str:
    """Return the sentence in which the words that decided stand; these alone where it is too long."""
    start, end = int(because["start"]), int(because["end"])
    words = text[start:end]
    if not 0 <= start < end <= len(text) or words != because["text"]:
        return str(because["text"])
    before = text[max(start - _SENTENCE, 0) : start]
    begins = max((match.end() for match in _SENTENCE_END.finditer(before)), default=0)
    ends = _SENTENCE_END.search(text, end, end + _SENTENCE)
    return before[begins:] + words + text[end : ends.start() + 1 if ends else end + _SENTENCE].rstrip("\n")


# ── what only a case file tells ──────────────────────────────────────────────────────────────────────────


def _debtor_imported(story: _Story, entry: Recorded, said: Mapping[str, object]) -> str:  # noqa: ARG001
    old, new = said.get("old"), said.get("new")
    words = story.say("dossier.story.debtor", file=said.get("file", ""))
    if isinstance(old, dict) and isinstance(new, dict) and old:
        changes = ", ".join(f"{old[key]} → {new.get(key)}" for key in old if key in _PARTICULARS)
        words = story.say("dossier.story.debtor_changed", file=said.get("file", ""), changes=changes or "–")
    contacts = said.get("contacts")
    if isinstance(contacts, list) and contacts:
        named = ", ".join(
            str(one.get("address", one)) if isinstance(one, dict) else str(one) for one in contacts
        )
        words += f" ; {story.say('dossier.story.contacts', contacts=named)}"
    return words


def _revived(story: _Story, entry: Recorded, said: Mapping[str, object]) -> str:  # noqa: ARG001
    return story.say("dossier.story.revived", by=entry.actor)


_OWN: dict[tuple[str, str], Callable[[_Story, Recorded, Mapping[str, object]], str]] = {
    (Kind.IMPORTED, "debtor"): _debtor_imported,
    (Kind.CORRECTED, "contact"): _revived,
}
