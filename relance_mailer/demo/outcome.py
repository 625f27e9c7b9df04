"""How a demo ended: each debtor's story against its script, and what must never happen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from relance_mailer.demo.model import START, Debtor
from relance_mailer.demo.play import Play
from relance_mailer.demo.programs import opened
from relance_mailer.demo.story import UNKNOWN, Event, lines
from relance_mailer.store import cases, installation, ledger
from relance_mailer.store.ledger import Kind

_YEAR = f"{START.year}-"
_PROMISES = {"kept": "kept", "partially kept": "partially_kept", "broken": "broken", "withdrawn": "withdrawn"}


@dataclass(frozen=True, slots=True)
class Story:
    """One debtor's.

    Attributes:
        stages: of the messages that it was sent, in order.
        intents: of what it answered, in order.
        paid: the numbers of its invoices on which nothing is owed any more.
        expected: what had to happen up to the last day, a line each.
        happened: what did.
    """

    debtor: Debtor
    stages: tuple[str, ...]
    intents: tuple[str, ...]
    holds: tuple[dict[str, Any], ...]
    promises: tuple[dict[str, Any], ...]
    paid: tuple[str, ...]
    expected: tuple[str, ...]
    happened: tuple[str, ...]

    @property
    def as_expected(self) -> bool:
        """True if everything happened that had to, and nothing else."""
        return self.expected == self.happened

    @property
    def missing(self) -> list[str]:
        """What had to happen and did not."""
        return list((Counter(self.expected) - Counter(self.happened)).elements())

    @property
    def unexpected(self) -> list[str]:
        """What happened and had not to."""
        return list((Counter(self.happened) - Counter(self.expected)).elements())


@dataclass(frozen=True, slots=True)
class Outcome:
    """A demo's end."""

    days: int
    sent: int
    received: int
    in_doubt: int
    duplicates: int
    stories: tuple[Story, ...]
    problems: tuple[str, ...]

    @property
    def as_expected(self) -> bool:
        """True if all went as the scripts say, with no duplicate, no doubt and no problem."""
        wrong = self.in_doubt or self.duplicates or self.problems
        return not wrong and all(story.as_expected for story in self.stories)

    def differences(self) -> list[str]:
        """Return in words whatever was not as it had to be."""
        found = list(self.problems)
        if self.in_doubt:
            found.append(f"{self.in_doubt} message(s) in doubt")
        if self.duplicates:
            found.append(f"{self.duplicates} duplicate(s)")
        for story in self.stories:
            name = f"{story.debtor.code} {story.debtor.name}"
            found += [f"{name}: missing: {line}" for line in story.missing]
            found += [f"{name}: not expected: {line}" for line in story.unexpected]
        return found

    def as_json(self) -> dict[str, Any]:
        """Return the shape that `demo --json` prints."""
        return {
            "days": self.days,
            "sent": self.sent,
            "received": self.received,
            "in_doubt": self.in_doubt,
            "duplicates": self.duplicates,
            "debtors": [_as_json(story) for story in self.stories],
        }


def outcome_of(play: Play) -> Outcome:
    """Look at everything that there is to see once the days are over."""
    play.chronicle.news()
    events = play.chronicle.events
    by_debtor: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_debtor[event.debtor].append(event)
    settled = _settled(play)
    last = START + timedelta(days=play.played - 1)
    stories = tuple(
        _story(debtor, by_debtor[debtor.code], settled.get(debtor.code, ()), f"{last:%m-%d}")
        for debtor in play.cast
    )
    return Outcome(
        days=play.played,
        sent=len(play.post.letters),
        received=play.post.received,
        in_doubt=sum(event.what == "in doubt" for event in events),
        duplicates=_duplicates(play, events),
        stories=stories,
        problems=(*play.problems, *_faults(play, events), *lines(by_debtor[UNKNOWN])),
    )


def _story(debtor: Debtor, events: Sequence[Event], paid: tuple[str, ...], last: str) -> Story:
    expected = sorted(
        line.strip() for line in debtor.expected.strip().splitlines() if line.strip()[:5] <= last
    )
    notices: dict[str, str] = {}
    for event in events:
        if event.what == "sent":  # its own highest stage names a message; the others come with it
            notices[str(event.entry.sequence)] = _higher(notices.get(str(event.entry.sequence)), event.detail)
    return Story(
        debtor=debtor,
        stages=tuple(notices.values()),
        intents=tuple(_intent(event) for event in events if event.what in ("understood", "machine")),
        holds=_holds(debtor, events),
        promises=_promises(events),
        paid=paid,
        expected=tuple(_YEAR + line for line in expected),
        happened=tuple(_YEAR + line for line in lines(events)),
    )


_ORDER = ("predue", "reminder1", "reminder2", "reminder3", "formal_notice")


def _higher(one: str | None, other: str) -> str:
    return other if one is None else max(one, other, key=_ORDER.index)


def _intent(event: Event) -> str:
    if event.what == "understood":
        return str((event.entry.payload or {})["intent"])
    return "bounce" if event.detail in ("bounce", "delayed") else "auto_reply"


def _holds(debtor: Debtor, events: Sequence[Event]) -> tuple[dict[str, Any], ...]:
    """Return the pauses, those of one answer together; one of the whole debtor is of all its invoices."""
    found: dict[tuple[str, str, str | None], list[str]] = {}
    for event in events:
        if event.what == "held":
            payload = event.entry.payload or {}
            key = (payload["reason"], event.at.date().isoformat(), payload["until"])
            found.setdefault(key, []).extend(event.numbers or (bill.number for bill in debtor.bills))
    return tuple(
        {"reason": reason, "invoices": sorted(numbers), "from": since, "until": until}
        for (reason, since, until), numbers in found.items()
    )


def _promises(events: Sequence[Event]) -> tuple[dict[str, Any], ...]:
    """Return the promises with the state that each reached, those of one answer together."""
    promised: dict[int, tuple[str | None, str]] = {}
    states: dict[int, str] = {}
    for event in events:
        payload = event.entry.payload or {}
        if event.what == "promised":
            promised[payload["promise"]] = (payload["date"], event.numbers[0])
        elif event.what in _PROMISES:
            states[payload["promise"]] = _PROMISES[event.what]
    found: dict[tuple[str | None, str], list[str]] = {}
    for promise, (day, number) in promised.items():
        found.setdefault((day, states.get(promise, "open")), []).append(number)
    return tuple(
        {"date": day, "state": state, "invoices": sorted(numbers)} for (day, state), numbers in found.items()
    )


def _settled(play: Play) -> dict[str, tuple[str, ...]]:
    """Return by debtor the numbers of the invoices on which nothing is owed any more."""
    office = play.office
    with office.db.read() as session:
        ids = cases.all_debtors(session, office.creditor_id)
        found = cases.load(session, office.view(office.clock.now()), ids)
    return {
        file.debtor.reference: tuple(
            case.invoice.number
            for case in file.cases
            if not case.outstanding and not case.invoice.is_credit_note
        )
        for file in found
    }


def _duplicates(play: Play, events: Sequence[Event]) -> int:
    """Count what debtors got twice: as their servers saw it, and by invoice and stage, failed messages apart."""
    identities = Counter((letter.to, opened(letter)["Message-ID"]) for letter in play.post.letters)
    failed = {event.entry.subject for event in events if event.what == "undelivered"}
    served = Counter(
        (event.detail, number)
        for event in events
        if event.what == "sent" and event.entry.subject not in failed
        for number in event.numbers
    )
    return sum(count - 1 for count in (*identities.values(), *served.values()))


def _faults(play: Play, events: Sequence[Event]) -> list[str]:
    """Return what does not agree: the ledger with itself, and both ends of the wire with each other."""
    office = play.office
    noted = installation.read(office.config.state_file).heads.get(office.creditor_id)
    with office.db.read() as session:
        faults = list(ledger.verify(session, office.creditor_id, outside=noted).problems)
    sent = len({event.entry.sequence for event in events if event.what == "sent"})
    understood = sum(event.entry.kind == Kind.UNDERSTOOD for event in events)
    if sent != len(play.post.letters):
        faults.append(
            f"the ledger tells of {sent} messages sent, the debtors' servers took {len(play.post.letters)}"
        )
    if understood != play.post.received:
        faults.append(f"{play.post.received} answers were posted, {understood} were understood")
    return faults


def _as_json(story: Story) -> dict[str, Any]:
    return {
        "debtor": story.debtor.name,
        "script": story.debtor.script,
        "stages": list(story.stages),
        "intents": list(story.intents),
        "holds": list(story.holds),
        "promises": list(story.promises),
        "paid": list(story.paid),
        "expected": list(story.expected),
        "as_expected": story.as_expected,
    }
