"""The story of one invoice: what happened, what is owed, why nothing leaves now, what comes next and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from relance_mailer.dunning.allocation import Settlement
from relance_mailer.dunning.case import InvoiceCase
from relance_mailer.dunning.decide import Decision, Reason, Send, Stop, Wait, next_stage
from relance_mailer.dunning.invoice import Invoice
from relance_mailer.dunning.money import Money
from relance_mailer.errors import NotFoundError
from relance_mailer.services import views
from relance_mailer.services.office import BOT, Office
from relance_mailer.services.outlook import next_step
from relance_mailer.services.plan import DebtorPlan, decide_debtor
from relance_mailer.services.telling import Letter, Teller
from relance_mailer.store import cases, ledger, parties, stories
from relance_mailer.store.ledger import Kind, Recorded
from relance_mailer.store.session import Session
from relance_mailer.texts import formats
from relance_mailer.texts.words import say

#: Of what concerns all of a debtor, what belongs to an invoice's story.
_OF_DEBTOR = frozenset({Kind.HELD, Kind.RELEASED, Kind.NOTED, Kind.TASK_OPENED, Kind.TASK_DONE})


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened; `by` is "" where the program did it."""

    at: datetime
    kind: str
    words: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """What counts as paid; kind "paid", "stated" (a balance), or "provisional" (until somebody allocates it)."""

    kind: str
    on: date | None
    amount: Money


@dataclass(frozen=True, slots=True)
class Story:
    """An invoice's story.

    Attributes:
        debtor: its reference; `debtor_name` its name; `segment` what it is counted among, "" if nobody said.
        policy: the name of the policy that it follows.
        decision: "send", "wait" or "stop"; `reason` its code, "" for "send".
        why: the decision in words; `until` when it is taken anew by time alone.
        next_stage: the stage that comes next, "" if none does; `next_at` when, None if an event must come first.
        next: that in words.
        obstacles: why nothing at all leaves now, in words.
    """

    number: str
    debtor: str
    debtor_name: str
    credit_note: bool
    issued: date
    due: date
    total: Money
    outstanding: Money
    days_overdue: int
    settled: tuple[Settled, ...]
    events: tuple[Told, ...]
    mode: str
    obstacles: tuple[str, ...]
    decision: str
    reason: str
    why: str
    until: datetime | None
    next_stage: str
    next_at: datetime | None
    next: str
    segment: str
    policy: str


@dataclass(frozen=True, slots=True)
class _Next:
    stage: str
    at: datetime | None
    words: str


def explain(office: Office, number: str, now: datetime) -> Story:
    """Return the story of the invoice called `number`, as seen at `now`; NotFoundError if there is none."""
    with office.db.read() as session:
        row = parties.find_invoice(session, office.creditor_id, number)
        if row is None or row.id is None:
            msg = (
                f"there is no invoice {number!r}: check the number as it stands in your file, "
                "or bring it in with `relance-mailer import invoices FILE`"
            )
            raise NotFoundError(msg)
        [file] = cases.load(session, office.view(now), [row.debtor_id])
        obstacles = views.obstacles(session, office, office.clock.now())
        events = _events(session, office, row.debtor_id, cases.invoice_of(row), file.settlement)
        stated = stories.has_balance(session, row.id)
    decided = decide_debtor(office, file, now)
    case = next(case for case in file.cases if case.invoice.id == row.id)
    settled = _settled(case.invoice, decided.file.settlement, stated=stated)
    return _story(office, decided, case, settled, events, obstacles, now)


def _story(
    office: Office,
    decided: DebtorPlan,
    case: InvoiceCase,
    settled: tuple[Settled, ...],
    events: tuple[Told, ...],
    obstacles: tuple[str, ...],
    now: datetime,
) -> Story:
    invoice, debtor = case.invoice, decided.file.debtor
    decision = decided.decisions[invoice.id]
    follows = _follows(office, decided, case, decision, now)
    language = office.config.language
    return Story(
        number=invoice.number,
        debtor=debtor.reference,
        debtor_name=formats.clean(debtor.party.name),
        credit_note=invoice.is_credit_note,
        issued=invoice.issued,
        due=invoice.due,
        total=invoice.total,
        outstanding=case.outstanding,
        days_overdue=max((office.today(now) - invoice.due).days, 0) if case.outstanding else 0,
        settled=settled,
        events=events,
        mode=office.mode.value,
        obstacles=obstacles,
        decision=type(decision).__name__.lower(),
        reason="" if isinstance(decision, Send) else decision.reason.value,
        why=_why(office, case, decision, language),
        until=decision.until if isinstance(decision, Wait) else None,
        next_stage=follows.stage,
        next_at=follows.at,
        next=follows.words,
        segment=formats.clean(debtor.segment),
        policy=office.policy_of(debtor.policy).name,
    )


def _why(office: Office, case: InvoiceCase, decision: Decision, language: str) -> str:
    words = views.decision_words(decision, language)
    if not isinstance(decision, Wait) or decision.until is None:
        return words
    until = views.instant_words(decision.until, office)
    if decision.reason is Reason.HELD:
        until = views.day_words(max(hold.until for hold in case.holds if hold.until), language)
    return say("now.until", language, words=words, until=until)


# ── what comes next ──────────────────────────────────────────────────────────────────────────────────────────────


def _follows(
    office: Office, decided: DebtorPlan, case: InvoiceCase, decision: Decision, now: datetime
) -> _Next:
    """Return the next step: by time alone where that is enough, else what somebody must do before it."""
    language = office.config.language
    if isinstance(decision, Wait) and decision.until is None:
        return _after_event(office, decided, case, decision, now)
    at, then = next_step(office, decided.file, case, now)
    match then:
        case Stop(reason=Reason.HANDOVER_DUE):
            words = say("next.handover", language, when=views.day_words(office.today(at), language))
            return _Next("handover", at, words)
        case Stop():
            reason = views.decision_words(then, language)
            return _Next("", None, say("next.nothing", language, reason=reason))
        case Send(stage=stage):
            approval = say("next.approval", language) if stage.needs_approval else ""
            name = say(f"stage.{stage.key}", language)
            if at <= now:
                return _Next(stage.key, at, say("next.soon", language, stage=name, approval=approval))
            when = views.instant_words(at, office)
            return _Next(stage.key, at, say("next.on", language, stage=name, when=when, approval=approval))
    return _after_event(office, decided, case, then, at)


def _after_event(
    office: Office, decided: DebtorPlan, case: InvoiceCase, decision: Wait, now: datetime
) -> _Next:
    """Return what a person or an event must do first, and the stage that follows."""
    language = office.config.language
    if case.in_flight:
        key = {"in_doubt": "next.doubt", "awaiting_approval": "next.approve"}.get(
            case.in_flight.state, "next.leaving"
        )
        return _Next(case.in_flight.stage, None, say(key, language, notice=case.in_flight.notice_id))
    policy = office.policy_of(decided.file.debtor.policy)
    known = {stage.key for stage in policy.stages}
    stage = decision.stage
    if stage is None and all(served.stage in known for served in case.served):
        stage = next_stage(case, decided.file.debtor_case, policy, office.today(now))
    if stage is None:
        return _Next("", None, views.decision_words(decision, language))
    key = "next.event" if decision.reason is Reason.MESSAGE_IN_FLIGHT else "next.person"
    return _Next(stage.key, None, say(key, language, stage=say(f"stage.{stage.key}", language)))


# ── what counts as paid ──────────────────────────────────────────────────────────────────────────────────────────


def _settled(invoice: Invoice, settlement: Settlement, *, stated: bool) -> tuple[Settled, ...]:
    """Return what settled an invoice: by day; loose money apart, for a person may allocate it otherwise."""
    loose = [entry.amount for entry in settlement.provisional if entry.invoice_id == invoice.id]
    history = list(settlement.paid_history.get(invoice.id, ()))
    entries = []
    for amount in loose:
        found = next((entry for entry in reversed(history) if entry[1] == amount), None)
        if found is not None:
            history.remove(found)
        entries.append(Settled("provisional", found[0] if found else None, amount))
    told = [
        Settled("stated" if stated and on == invoice.issued else "paid", on, amount) for on, amount in history
    ]
    return (*told, *entries)


# ── what happened ────────────────────────────────────────────────────────────────────────────────────────────────


def _events(
    session: Session, office: Office, debtor_id: int, invoice: Invoice, settlement: Settlement
) -> tuple[Told, ...]:
    """Return what the ledger tells about an invoice, its notices, answers, payments and tasks."""
    notices = stories.notices_about(session, invoice.id)
    notice_ids = [row.id for row in notices if row.id is not None]
    replies = stories.replies_about(session, debtor_id, invoice.id, invoice.number, notice_ids)
    loose = {entry.source_id for entry in settlement.provisional if entry.invoice_id == invoice.id}
    payments = {*stories.payments_of(session, invoice.id), *loose}
    subjects = [
        f"invoice:{invoice.id}",
        f"debtor:{debtor_id}",
        *(f"notice:{notice_id}" for notice_id in notice_ids),
        *(f"contact:{contact}" for contact in sorted({row.contact_id for row in notices if row.contact_id})),
        *(f"reply:{reply.id}" for reply, _ in replies),
        *(f"blob:{message.sha256}" for _, message in replies),
        *(f"payment:{payment}" for payment in sorted(payments)),
    ]
    letters = {message.sha256: Letter(message.from_address, message.subject) for _, message in replies}
    teller = Teller(office.config.language, invoice.number, invoice.total.currency, letters)
    entries = ledger.entries(session, office.creditor_id, *subjects)
    return tuple(
        Told(
            entry.at, entry.kind, teller.tell(entry), "" if entry.actor == BOT else formats.clean(entry.actor)
        )
        for entry in entries
        if _belongs(entry)
    )


def _belongs(entry: Recorded) -> bool:
    """Say whether an entry is the invoice's: of what is told of its debtor, what decides; a change of policy does."""
    if not entry.subject.startswith("debtor:") or entry.kind in _OF_DEBTOR:
        return True
    return entry.kind == Kind.IMPORTED and "policy" in ((entry.payload or {}).get("old") or {})
