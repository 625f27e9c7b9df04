"""What happened, told from the ledger: one event a line, by debtor, to be held against the scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from relance_mailer.services.office import Office
from relance_mailer.store import ledger
from relance_mailer.store.ledger import Kind, Recorded

UNKNOWN = "?"  #: stands for the debtor of what could not be matched
#: Columns: what happened, in which particulars, about which invoices.
Told = tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to one debtor.

    Attributes:
        at: in the creditor's zone.
        what: "sent", "understood", "held" …; `detail` says which stage, intent, reason.
        numbers: the invoices that it is about.
    """

    at: datetime
    debtor: str
    what: str
    detail: str
    numbers: tuple[str, ...]
    entry: Recorded = field(compare=False, repr=False)


class Chronicle:
    """Reads the ledger as it grows."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._read_to = 0
        self._debtors: dict[int, str] = {}
        self._numbers: dict[int, str] = {}
        self._notices: dict[int, list[dict[str, Any]]] = {}
        self.events: list[Event] = []

    def news(self) -> list[Event]:
        """Return what happened since the last call."""
        with self._office.db.read() as session:
            entries = ledger.entries(session, self._office.creditor_id, after=self._read_to)
        found = [event for entry in entries for event in self._events(entry)]
        self._read_to = entries[-1].sequence if entries else self._read_to
        self.events += found
        return found

    def _events(self, entry: Recorded) -> Iterator[Event]:
        payload = entry.payload or {}
        subject, _, number = entry.subject.partition(":")
        if entry.kind == Kind.IMPORTED and "new" in payload:
            self._learn(subject, number, payload)
        if entry.kind == Kind.RENDERED:
            self._notices[int(number)] = payload["invoices"]
        tell = _TELLERS.get(entry.kind)
        if tell is None:
            return
        code = UNKNOWN if entry.debtor_id is None else self._debtors[entry.debtor_id]
        at = entry.at.astimezone(self._office.policy.window.zone)
        for what, detail, numbers in tell(self, entry, payload):
            yield Event(at, code, what, detail, numbers, entry)

    def _learn(self, subject: str, number: str, payload: dict[str, Any]) -> None:
        new = payload["new"]
        if subject == "debtor" and "reference" in new:
            self._debtors[int(number)] = new["reference"]
        elif subject == "invoice" and "number" in new:
            self._numbers[int(number)] = new["number"]

    def about(self, entry: Recorded) -> tuple[str, ...]:
        """Return the invoices that an entry's subject names: itself, or those of a notice; none for all."""
        subject, _, number = entry.subject.partition(":")
        if subject == "notice":
            return tuple(line["number"] for line in self._notices[int(number)])
        return (self._numbers[int(number)],) if subject == "invoice" else ()

    def stages(self, entry: Recorded) -> dict[str, list[str]]:
        """Return the invoices of an entry's notice by the stage that each reaches in it."""
        found: dict[str, list[str]] = {}
        for line in self._notices[int(entry.subject.partition(":")[2])]:
            found.setdefault(line["stage"], []).append(line["number"])
        return found


def merged(events: Iterable[Event]) -> list[Event]:
    """Put together what happened at one instant in the same way to several invoices of a debtor."""
    found: dict[tuple[datetime, str, str, str, int], Event] = {}
    for event in events:
        message = event.entry.sequence if event.what == "sent" else 0
        key = (event.at, event.debtor, event.what, event.detail, message)
        before = found.get(key)
        found[key] = replace(before, numbers=(*before.numbers, *event.numbers)) if before else event
    return list(found.values())


def lines(events: Iterable[Event]) -> list[str]:
    """Return events as a script writes them, "03-02 reminder1 F26-0101 F26-0102".

    What is the same on a day stands in one line, except what was sent: twice the same would be two.
    """
    found: dict[tuple[date, str, int], list[str]] = {}
    for event in events:
        sent = event.what == "sent"
        words = f"{'' if sent else event.what} {event.detail}".strip()
        key = (event.at.date(), words, event.entry.sequence if sent else 0)
        found.setdefault(key, []).extend(event.numbers)
    told = (
        f"{day:%m-%d} {words} {' '.join(sorted(dict.fromkeys(numbers)))}".rstrip()
        for (day, words, _), numbers in found.items()
    )
    return sorted(told)


# ── what each kind of entry tells ────────────────────────────────────────────────────────────────────────────────

_Teller = Callable[[Chronicle, Recorded, dict[str, Any]], Iterable[Told]]


def _sent(chronicle: Chronicle, entry: Recorded, _payload: dict[str, Any]) -> Iterable[Told]:
    return [("sent", stage, tuple(numbers)) for stage, numbers in chronicle.stages(entry).items()]


def _understood(_chronicle: Chronicle, _entry: Recorded, payload: dict[str, Any]) -> Iterable[Told]:
    said = payload.get("intent")
    if said is None:
        return [("machine", payload["machine"], ())]
    doubtful = " to_check" if payload["needs_review"] else ""
    stranger = " from_unverified" if payload["sender"] == "unverified" else ""
    return [("understood", f"{said}{stranger}{doubtful}", ())]


def _held(chronicle: Chronicle, entry: Recorded, payload: dict[str, Any]) -> Iterable[Told]:
    until = f" until {payload['until'][5:]}" if payload["until"] else ""
    return [("held", f"{payload['reason']}{until}", chronicle.about(entry))]


def _promised(chronicle: Chronicle, entry: Recorded, payload: dict[str, Any]) -> Iterable[Told]:
    day = payload["date"][5:] if payload["date"] else "undated"
    return [("promised", day, chronicle.about(entry))]


def _paid(_chronicle: Chronicle, _entry: Recorded, payload: dict[str, Any]) -> Iterable[Told]:
    return [("paid", _figures(payload["amount"]), tuple(payload["named"]))]


def _credited(_chronicle: Chronicle, entry: Recorded, payload: dict[str, Any]) -> Iterable[Told]:
    """Of all that is imported, only credit notes are news."""
    new = payload.get("new", {})
    if entry.subject.startswith("invoice:") and _figures(new.get("total", "")).startswith("-"):
        return [("credited", _figures(new["total"]), (new["number"],))]
    return []


def _figures(money: Any) -> str:
    """Return the amount of money as the ledger writes it."""
    return str(money["amount"] if isinstance(money, dict) else money).split(" ")[0]


def _of(what: str, key: str = "") -> _Teller:
    """Return a teller of what, its one particular, and the invoices of the entry's subject."""

    def tell(chronicle: Chronicle, entry: Recorded, payload: dict[str, Any]) -> Iterable[Told]:
        return [(what, str(payload.get(key, "")), chronicle.about(entry))]

    return tell


_TELLERS: dict[str, _Teller] = {
    Kind.IMPORTED: _credited,
    Kind.SENT: _sent,
    Kind.DEFERRED: _of("deferred"),
    Kind.FAILED: _of("undelivered"),
    Kind.IN_DOUBT: _of("in doubt"),
    Kind.SUPERSEDED: _of("superseded"),
    Kind.APPROVED: _of("approved"),
    Kind.REFUSED: _of("refused"),
    Kind.UNDERSTOOD: _understood,
    Kind.HELD: _held,
    Kind.RELEASED: _of("released", "reason"),
    Kind.PROMISED: _promised,
    Kind.PROMISE_KEPT: _of("kept"),
    Kind.PROMISE_PARTIALLY_KEPT: _of("partially kept"),
    Kind.PROMISE_BROKEN: _of("broken"),
    Kind.PROMISE_WITHDRAWN: _of("withdrawn"),
    Kind.DISPUTED: _of("disputed", "reason"),
    Kind.DISPUTE_RESOLVED: _of("resolved"),
    Kind.DISPUTE_WITHDRAWN: _of("withdrawn dispute"),
    Kind.PAID: _paid,
    Kind.HANDED_OVER: _of("handed over"),
}
