"""What people see of decisions, gates, answers and tasks: values with their words, and nothing that changes anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from relance_mailer.dunning.decide import Decision, Reason, Send
from relance_mailer.services import gates, trust
from relance_mailer.services.gates import Gate
from relance_mailer.services.office import Office
from relance_mailer.store import mailroom, parties, settings
from relance_mailer.store.session import Session
from relance_mailer.store.tables import ReplyRow
from relance_mailer.texts import formats
from relance_mailer.texts.words import certainty, say

EVERY = 1_000_000  #: more replies than anybody reads


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits for a person."""

    id: int
    kind: str
    subject: str
    words: str
    owner: str
    since: datetime
    remind_on: date | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A classified reply.

    Attributes:
        waits: nobody has dealt with it yet.
        debtor: the debtor's name, "" if it is not known.
        trust: how far its sender is known to speak for the debtor; "" of a machine.
        matched: how surely it was matched, and by what, in words; "" if it was not.
        maybe: the likely debtors, the likeliest first, with what speaks for each, where it was not.
        odd: what about its sender or its match a person should see.
    """

    id: int
    received_at: datetime
    sender: str
    subject: str
    debtor: str
    intent: str
    words: str
    confidence: float
    needs_review: bool
    promise_date: str | None
    effect: str
    waits: bool
    text: str
    trust: str
    matched: str
    maybe: tuple[str, ...]
    odd: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inbox:
    """The replies, newest first, and the open tasks, oldest first."""

    answers: tuple[Answer, ...]
    tasks: tuple[Task, ...]


def gate_words(gate: Gate, language: str) -> str:
    """Return the sentence about a closed gate."""
    detail = iso_day_words(gate.detail, language) or gate.detail or say("gate.never", language)
    return say(f"gate.{gate.kind}", language, detail=detail)


def obstacles(session: Session, office: Office, now: datetime) -> tuple[str, ...]:
    """Return why nothing at all may leave at `now`, in words; empty if nothing stands in the way."""
    language = office.config.language
    words = [gate_words(gate, language) for gate in gates.closed(session, office, now)]
    if not office.installation.trusted:
        words.append(formats.clean(office.installation.reason))
    brake = settings.find_task(session, office.creditor_id, "brake", f"creditor:{office.creditor_id}")
    return (*words, *([brake.words] if brake else []))


def decision_words(decision: Decision, language: str) -> str:
    """Return a decision in words; holds and stages by their names."""
    if isinstance(decision, Send):
        stage = say(f"stage.{decision.stage.key}", language)
        return say("now.sends", language, stage=stage, to=decision.contact.address)
    detail = decision.detail
    if decision.reason is Reason.HELD:
        detail = ", ".join(say(f"hold.{reason}", language) for reason in detail.split(", "))
    return say(f"reason.{decision.reason}", language, detail=formats.clean(detail))


def day_words(day: date | None, language: str) -> str:
    """Return a day as tables write it, "" for none."""
    return "" if day is None else formats.short_date(day, language)


def iso_day_words(value: str | None, language: str) -> str:
    """Return a day in ISO 8601, as machines read it, as people do; "" if it is none."""
    try:
        return day_words(date.fromisoformat(value or ""), language)
    except ValueError:
        return ""


def instant_words(at: datetime, office: Office) -> str:
    """Return an instant by the creditor's clock: day, hour and minute."""
    local = at.astimezone(office.policy.window.zone)
    return f"{formats.short_date(local.date(), office.config.language)} {local:%H:%M}"


def iso(at: datetime | None, office: Office) -> str | None:
    """Return an instant in ISO 8601 with the creditor's offset."""
    return None if at is None else at.astimezone(office.policy.window.zone).isoformat()


def inbox(office: Office, *, only_waiting: bool) -> Inbox:
    """Return the classified replies and the open tasks."""
    with office.db.read() as session:
        rows = mailroom.replies(session, office.creditor_id, only_open=only_waiting, limit=EVERY)
        named = {row.debtor_id for row, _ in rows if row.debtor_id}
        named |= {one for row, _ in rows if row.debtor_id is None for one in row.candidates}
        names = parties.debtor_names(session, sorted(named))
        tasks = settings.open_tasks(session, office.creditor_id)
    language = office.config.language
    answers = tuple(
        Answer(
            id=row.id or 0,
            received_at=row.received_at,
            sender=formats.clean(message.from_address),
            subject=formats.clean(message.subject),
            debtor=names.get(row.debtor_id or 0, ""),
            intent=row.intent,
            words=say(f"intent.{row.intent}", language),
            confidence=row.confidence,
            needs_review=row.needs_review,
            promise_date=row.understanding.get("promise_date"),
            effect=formats.clean(row.effect),
            waits=row.handled_at is None,
            text=row.reply_text,
            trust=row.trust,
            matched=_matched(row, language),
            maybe=_maybe(row, names, language),
            odd=trust.odd(row.origin, language),
        )
        for row, message in rows
    )
    open_tasks = tuple(
        Task(
            task.id,
            task.kind,
            task.subject,
            formats.clean(task.words),
            task.owner,
            task.created_at,
            task.remind_on,
        )
        for task in tasks
        if task.id is not None
    )
    return Inbox(answers, open_tasks)


def _matched(row: ReplyRow, language: str) -> str:
    """Say how surely a reply was matched, and by what."""
    found = [one for one in row.origin.get("candidates", ()) if one["debtor"] == row.debtor_id]
    if row.debtor_id is None or not found or row.matched_by == "person":
        return ""
    sure = certainty(found[0]["certainty"], language)
    return say("origin.matched", language, certainty=sure, signs=trust.signs(found[0], language))


def _maybe(row: ReplyRow, names: Mapping[int, str], language: str) -> tuple[str, ...]:
    """Name the debtors whom a reply may come from, with what speaks for each."""
    if row.debtor_id is not None:
        return ()
    return tuple(
        say(
            "origin.maybe",
            language,
            debtor=formats.clean(names.get(one["debtor"], "?")),
            certainty=certainty(one["certainty"], language),
            signs=trust.signs(one, language),
        )
        for one in row.origin.get("candidates", ())
    )
