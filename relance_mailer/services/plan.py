"""Deciding about every invoice whose day has come, and making the notices that should leave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from hashlib import sha256
from itertools import islice
from statistics import mean

from relance_mailer.dunning.case import InvoiceCase, addressee
from relance_mailer.dunning.decide import Decision, Reason, Send, Stop, Wait, decide
from relance_mailer.dunning.notice import Mode, NoticeState, Proposal, group
from relance_mailer.errors import InputError, TemplateError
from relance_mailer.services import gates, holds, send, writing
from relance_mailer.services.copies import NOTHING_READ, Ahead, read_ahead
from relance_mailer.services.gates import Gate
from relance_mailer.services.office import BOT, Office
from relance_mailer.services.standing import obstacle
from relance_mailer.store import blobs, cases, ledger, notices, settings
from relance_mailer.store.cases import DebtorFile
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.notices import NewMember, NewNotice
from relance_mailer.store.session import Session
from relance_mailer.store.tables import TaskRow
from relance_mailer.texts.words import say

CHUNK = 100  #: debtors in one writing unit: short enough that nobody waits for it
RUN_APPROVED = "run_approved"  #: setting: until when an unusual run may go on
_USUAL_DAYS = timedelta(days=60)
_FEWEST_DAYS_FOR_USUAL = 3


@dataclass(frozen=True, slots=True)
class DebtorPlan:
    """What is decided about one debtor."""

    file: DebtorFile
    decisions: dict[int, Decision]
    proposals: tuple[Proposal, ...]


@dataclass(frozen=True, slots=True)
class Braked:
    """A run so unusual that a person is asked first (rule 8)."""

    messages: int
    first_contacts: int
    usual: int | None


@dataclass(slots=True)
class PlanReport:
    """What a run of planning did."""

    gates: tuple[Gate, ...] = ()
    braked: Braked | None = None
    created: int = 0
    awaiting_approval: int = 0
    looked_at: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Made:
    """A notice that was rendered and waits to be kept."""

    notice: NewNotice
    raw: bytes
    debtor_name: str
    entry: Entry


def decide_debtor(office: Office, file: DebtorFile, now: datetime) -> DebtorPlan:
    """Return what happens to a debtor's invoices at `now`; a claim without a known rate only waits itself."""
    policy = office.policy_of(file.debtor.policy)
    decisions = {case.invoice.id: decide(case, file.debtor_case, policy, now) for case in file.cases}
    sends = [
        (case, decision) for case in file.cases if isinstance(decision := decisions[case.invoice.id], Send)
    ]
    proposals: list[Proposal] = []
    for proposal in group(sends, policy):
        proposals += _unhindered(office, file, proposal, decisions, now)
    return DebtorPlan(file, decisions, tuple(proposals))


def _unhindered(
    office: Office, file: DebtorFile, proposal: Proposal, decisions: dict[int, Decision], now: datetime
) -> list[Proposal]:
    """Return what can be written of a proposal; what cannot only waits itself, with the reason."""
    contact = addressee(file.debtor_case.contacts, office.today(now), file.debtor_case.days).contact
    assert contact is not None  # or nothing would be sent
    hindrance = obstacle(office, file, proposal, contact, now)
    if hindrance is None:
        return [proposal]
    reason, detail = hindrance
    rest: list[tuple[InvoiceCase, Send]] = []
    for case, stage in proposal.cases:
        if reason is Reason.RATE_UNKNOWN and not stage.shows_claim:
            rest.append((case, Send(stage, contact)))
        else:
            decisions[case.invoice.id] = Wait(None, reason, stage, detail)
    return group(rest, office.policy_of(file.debtor.policy))


def plan(office: Office, now: datetime) -> PlanReport:
    """Make the notices that should leave now, unless a gate is closed or the run is unusual."""
    report = PlanReport()
    with office.db.read() as session:
        report.gates = gates.closed(session, office, now)
        unheard = gates.unheard(session, office)
        debtor_ids = cases.debtors_to_look_at(session, office.creditor_id, now)
    report.looked_at = len(debtor_ids)
    if report.gates or unheard or not debtor_ids:
        return report
    report.braked = _brake(office, debtor_ids, now)
    if report.braked:
        with office.db.write() as session:
            words = say(
                "task.brake",
                office.config.language,
                messages=report.braked.messages,
                first_contacts=report.braked.first_contacts,
            )
            subject = f"creditor:{office.creditor_id}"
            settings.open_task(session, office.creditor_id, "brake", subject, words, now=now, actor=BOT)
        return report
    for chunk in _chunks(debtor_ids):
        documents = _documents(office, chunk, now)
        with office.db.write() as session:
            _plan_chunk(session, office, chunk, now, report, documents)
    return report


def _documents(office: Office, debtor_ids: Sequence[int], now: datetime) -> Ahead:
    """Read the invoices' documents that messages to some debtors will carry."""
    if not office.config.sending.invoice_copies:
        return NOTHING_READ
    with office.db.read() as session:
        files = list(cases.load(session, office.view(now), debtor_ids))
    return read_ahead(
        office, [(file, made) for file in files for made in decide_debtor(office, file, now).proposals]
    )


def decisions(office: Office, session: Session, now: datetime) -> Iterator[DebtorPlan]:
    """Yield what would be decided about every debtor, changing nothing."""
    for chunk in _chunks(cases.all_debtors(session, office.creditor_id)):
        for file in cases.load(session, office.view(now), chunk):
            yield decide_debtor(office, file, now)


def _chunks(ids: Sequence[int]) -> Iterator[list[int]]:
    iterator = iter(ids)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def _brake(office: Office, debtor_ids: Sequence[int], now: datetime) -> Braked | None:
    """Count what would leave before anything is made; in shadow nothing leaves, so nothing is braked."""
    messages = 0
    debtors: set[int] = set()
    with office.db.read() as session:
        approved = settings.read(session, office.creditor_id, RUN_APPROVED)
        if office.mode is Mode.SHADOW or (approved and datetime.fromisoformat(approved["until"]) > now):
            return None
        runs = notices.usual_run(session, office.creditor_id, office.mode.track, now - _USUAL_DAYS)
        if not runs and len(debtor_ids) <= office.policy.brake.first_contacts:
            return None  # even if all of them are written to: each gets one message a run
        for chunk in _chunks(debtor_ids):
            for file in cases.load(session, office.view(now), chunk):
                made = decide_debtor(office, file, now).proposals
                leaving = [proposal for proposal in made if not proposal.stage.needs_approval]
                messages += len(leaving)
                if leaving:
                    debtors.add(file.debtor.id)
        if not messages:
            return None
        brake = office.policy.brake
        midnight = datetime.combine(office.today(now), time.min, office.policy.window.zone)
        earlier_debtors = notices.written_to(session, office.creditor_id, office.mode.track, before=midnight)
        today_debtors = notices.written_to(session, office.creditor_id, office.mode.track) - earlier_debtors
        first = len((debtors | today_debtors) - earlier_debtors)
        seen = _first_run_seen(session, office, now)
        today_so_far = dict(runs).get(now.date().isoformat(), 0)
    earlier = [count for day, count in runs if str(day) != now.date().isoformat()]
    usual = round(mean(earlier)) if len(earlier) >= _FEWEST_DAYS_FOR_USUAL else None
    total = messages + today_so_far
    too_many = usual is not None and total > max(brake.times_usual * usual, brake.floor)
    if too_many or first > max(brake.first_contacts, seen):
        return Braked(messages, first, usual)
    return None


def _first_run_seen(session: Session, office: Office, now: datetime) -> int:
    """Return to how many debtors a first run was just approved, having been shown: nobody is asked twice."""
    shown = settings.read(session, office.creditor_id, gates.FIRST_RUN)
    return int(shown["debtors"]) if shown and datetime.fromisoformat(shown["until"]) > now else 0


def _plan_chunk(
    session: Session,
    office: Office,
    debtor_ids: Sequence[int],
    now: datetime,
    report: PlanReport,
    documents: Ahead,
) -> None:
    """Decide about some debtors and keep what follows: notices, their stages and ledger entries in one transaction."""
    send.withdraw_changed(session, office, debtor_ids, now)
    made: list[_Made] = []
    looks: list[tuple[int, datetime | None]] = []
    next_id = notices.next_id(session)
    asked = settings.open_by_subject(session, office.creditor_id, (*_TASKS, Reason.HANDOVER_DUE))
    for file in cases.load(session, office.view(now), debtor_ids):
        decided = decide_debtor(office, file, now)
        for proposal in decided.proposals:
            try:
                made.append(_make(office, file, proposal, next_id + len(made), now, documents))
            except (TemplateError, InputError) as error:
                report.problems.append(str(error))
                for case, stage in proposal.cases:
                    decided.decisions[case.invoice.id] = Wait(None, Reason.TEMPLATE, stage, str(error))
        looks += _looks(decided)
        _ask(session, office, decided, asked, now)
    session.flush()
    _keep(session, office, made, now)
    notices.set_next_looks(session, looks)
    report.created += len(made)
    report.awaiting_approval += sum(one.notice.state == NoticeState.AWAITING_APPROVAL for one in made)


def _make(
    office: Office, file: DebtorFile, proposal: Proposal, notice_id: int, now: datetime, documents: Ahead
) -> _Made:
    """Render one notice; its bytes and Message-ID are fixed from here on."""
    whom = addressee(file.debtor_case.contacts, office.today(now), file.debtor_case.days).contact
    assert whom is not None
    draft = writing.write(office, file, proposal, whom, notice_id, now, documents)
    waits = proposal.stage.needs_approval
    notice = NewNotice(
        id=notice_id,
        debtor_id=file.debtor.id,
        contact_id=whom.id,
        mode=office.mode,
        track=office.mode.track,
        stage=proposal.stage.key,
        kind=proposal.stage.kind,
        state=NoticeState.AWAITING_APPROVAL if waits else NoticeState.QUEUED,
        template=office.templates.version(proposal.stage.key, file.debtor.language),
        facts=writing.facts(office, file, proposal, whom),
        to_address=whom.address,
        subject=draft.subject,
        own_text=draft.text,
        message_id=draft.message_id,
        sha256=sha256(draft.raw).hexdigest(),
        deadline=draft.deadline,
        rendered_at=now,
        next_attempt_at=None if waits else now,
        members=tuple(
            NewMember(case.invoice.id, stage.key, case.outstanding.minor, case.outstanding.currency)
            for case, stage in proposal.cases
        ),
    )
    return _Made(notice, draft.raw, file.debtor.party.name, _rendered(notice, proposal, draft.lacking))


def _rendered(notice: NewNotice, proposal: Proposal, lacking: Sequence[str]) -> Entry:
    payload: dict[str, object] = {
        "mode": notice.mode,
        "to": notice.to_address,
        "subject": notice.subject,
        "message_id": notice.message_id,
        "sha256": notice.sha256,
        "deadline": notice.deadline,
        "invoices": [
            {"number": case.invoice.number, "stage": stage.key, "outstanding": case.outstanding}
            for case, stage in proposal.cases
        ],
    }
    if lacking:
        payload["without_copy"] = list(lacking)
    return Entry(Kind.RENDERED, f"notice:{notice.id}", payload, notice.debtor_id)


def _keep(session: Session, office: Office, made: Sequence[_Made], now: datetime) -> None:
    """Keep notices, stages and ledger entries: all of them in the caller's one transaction (rule 1)."""
    if not made:
        return
    blobs.put_many(session, [one.raw for one in made])
    notices.add(session, office.creditor_id, [one.notice for one in made])
    ledger.append(session, office.creditor_id, [one.entry for one in made], at=now, actor=BOT)
    for one in made:
        if one.notice.state == NoticeState.AWAITING_APPROVAL:
            words = say("task.approve", office.config.language, debtor=one.debtor_name)
            settings.open_task(
                session,
                office.creditor_id,
                "approve",
                f"notice:{one.notice.id}",
                words,
                now=now,
                actor=BOT,
                debtor_id=one.notice.debtor_id,
            )


def _looks(decided: DebtorPlan) -> list[tuple[int, datetime | None]]:
    return [
        (invoice_id, decision.until if isinstance(decision, Wait) else None)
        for invoice_id, decision in decided.decisions.items()
    ]


#: What a person must do before an invoice can go on, by the reason why it waits.
_TASKS = frozenset(
    {
        Reason.NO_CONTACT,
        Reason.INCOMPLETE,
        Reason.RATE_UNKNOWN,
        Reason.POLICY_CHANGED,
        Reason.POLICY_ENDED,
        Reason.POLICY_UNKNOWN,
        Reason.TEMPLATE,
    }
)
#: For which reasons a task of another kind is not moot.
_ASKED_BY = {Reason.HANDED_OVER: (Reason.HANDOVER_DUE,)}


def look_again_at_asked(session: Session, office: Office, now: datetime) -> None:
    """Decide anew wherever a person was asked: a new configuration, rate or template may be the answer."""
    asked = settings.open_by_subject(session, office.creditor_id, tuple(_TASKS))
    ids = [int(subject.partition(":")[2]) for subject in asked]
    notices.set_next_looks(session, [(invoice_id, now) for invoice_id in ids])


def _ask(
    session: Session, office: Office, decided: DebtorPlan, asked: Mapping[str, list[TaskRow]], now: datetime
) -> None:
    """Ask a person wherever an invoice would otherwise be forgotten, no longer where it is moot; hand over."""
    for case in decided.file.cases:
        decision = decided.decisions[case.invoice.id]
        if decision == Stop(Reason.PAID) and case.holds:
            holds.release_paid(session, office, case.invoice.id, now)
        for task in asked.get(f"invoice:{case.invoice.id}", ()):
            if isinstance(decision, Send) or task.kind not in _ASKED_BY.get(
                decision.reason, (decision.reason,)
            ):
                settings.close_task(session, task, now=now, by=BOT)
        if not isinstance(decision, Send) and decision.reason in _TASKS:
            _open_task(session, office, decided.file, case, decision, now)
        elif decision == Stop(Reason.HANDOVER_DUE) and office.mode is Mode.LIVE:
            cases.hand_over(session, case.invoice.id, now)
            entry = Entry(Kind.HANDED_OVER, f"invoice:{case.invoice.id}", {}, decided.file.debtor.id)
            ledger.append(session, office.creditor_id, [entry], at=now, actor=BOT)
            _open_task(session, office, decided.file, case, decision, now)


def _open_task(
    session: Session,
    office: Office,
    file: DebtorFile,
    case: InvoiceCase,
    decision: Wait | Stop,
    now: datetime,
) -> None:
    words = say(
        f"task.{decision.reason}",
        office.config.language,
        invoice=case.invoice.number,
        debtor=file.debtor.party.name,
        detail=decision.detail,
    )
    subject, debtor_id = f"invoice:{case.invoice.id}", file.debtor.id
    settings.open_task(
        session, office.creditor_id, decision.reason, subject, words, now=now, actor=BOT, debtor_id=debtor_id
    )
