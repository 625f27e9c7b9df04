"""What would leave, now and in the days to come, if nothing else happens: decided by the rules, changing nothing.

To look ahead, each debtor's file is stepped through the instants at which its invoices are to be looked at again; what
is proposed is taken as served at that instant, a formal notice as waiting for its approval, for it does not leave alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from relance_mailer.dunning.case import InFlight, InvoiceCase, Served, addressee
from relance_mailer.dunning.decide import Decision, Reason, Send, Stop, Wait, decide
from relance_mailer.dunning.money import Money
from relance_mailer.dunning.notice import UNSENT, Mode, NoticeState, Proposal
from relance_mailer.errors import TemplateError
from relance_mailer.services import views
from relance_mailer.services.office import Office
from relance_mailer.services.plan import DebtorPlan, decide_debtor, decisions
from relance_mailer.store import cases, mailroom, notices, parties
from relance_mailer.store.cases import DebtorFile
from relance_mailer.store.session import Session
from relance_mailer.store.tables import NoticeRow
from relance_mailer.texts import formats

_MOST_STEPS = 500  #: of one debtor; a policy of years has fewer
REHEARSED_LATELY = timedelta(days=7)
_LEAVING = UNSENT - {NoticeState.AWAITING_APPROVAL} | {NoticeState.SENDING}
#: Of these invoices nobody asks why nothing leaves.
_SETTLED = (Reason.PAID, Reason.CREDIT_NOTE)


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """An invoice in a notice, with the stage that it reaches."""

    number: str
    stage: str
    outstanding: Money


@dataclass(frozen=True, slots=True)
class PlannedNotice:
    """A notice that would leave.

    Attributes:
        at: when; None while it waits for approval, or is on its way.
        state: "proposed", or the state of a notice that exists.
        id: None for what is only proposed.
        debtor: its reference.
    """

    at: datetime | None
    debtor: str
    debtor_name: str
    to: str
    stage: str
    template: str
    needs_approval: bool
    lines: tuple[PlannedLine, ...]
    state: str = "proposed"
    id: int | None = None

    @property
    def totals(self) -> tuple[Money, ...]:
        """What it asks for, one sum a currency."""
        sums: dict[str, Money] = {}
        for line in self.lines:
            known = sums.get(line.outstanding.currency, Money.zero(line.outstanding.currency))
            sums[line.outstanding.currency] = known + line.outstanding
        return tuple(sums.values())


@dataclass(frozen=True, slots=True)
class Waiting:
    """An invoice for which nothing leaves at the instant of the look."""

    invoice: str
    debtor: str
    debtor_name: str
    reason: str
    words: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would leave, what waits, what stands in the way of all, and what was rehearsed lately."""

    at: datetime
    mode: str
    obstacles: tuple[str, ...]
    notices: tuple[PlannedNotice, ...]
    waiting: tuple[Waiting, ...]
    rehearsed: tuple[PlannedNotice, ...] = ()


def outlook(office: Office, now: datetime, days: int = 0) -> Outlook:
    """Return what would leave at `now` and, with `days`, until the end of that many days later.

    Obstacles are those of the office's own present: a look at another day does not make the inbox old.
    """
    planned: list[PlannedNotice] = []
    waiting: list[Waiting] = []
    horizon = _end_of_day(office, now, days) if days else now
    with office.db.read() as session:
        obstacles = views.obstacles(session, office, office.clock.now())
        planned += _existing(session, office)
        rehearsed = _rehearsed(session, office, now)
        for decided in decisions(office, session, now):
            planned += [_proposed(office, decided.file, proposal, now) for proposal in decided.proposals]
            waiting += _waiting(office, decided)
            if days:
                planned += [
                    _proposed(office, decided.file, proposal, at)
                    for at, proposal in ahead(office, decided, now, horizon)
                ]
    planned.sort(key=lambda notice: (notice.at or now, notice.id is None, notice.debtor_name))
    return Outlook(now, office.mode.value, obstacles, tuple(planned), tuple(waiting), rehearsed)


def ahead(
    office: Office, decided: DebtorPlan, now: datetime, horizon: datetime
) -> Iterator[tuple[datetime, Proposal]]:
    """Yield what would leave to a debtor after `now` and up to `horizon`, in order."""
    file = _served(office, decided.file, decided.proposals, now)
    at = now
    for _ in range(_MOST_STEPS):
        step = decide_debtor(office, _aged(file, office.today(at)), at)
        if step.proposals:
            if at > now:
                yield from ((at, proposal) for proposal in step.proposals)
            file = _served(office, file, step.proposals, at)
            continue
        instants = [decision.until for decision in step.decisions.values() if isinstance(decision, Wait)]
        later = [until for until in instants if until is not None and at < until <= horizon]
        if not later:
            return
        at = min(later)


def next_step(
    office: Office, file: DebtorFile, case: InvoiceCase, now: datetime
) -> tuple[datetime, Decision]:
    """Return the first instant at which an invoice's waiting ends by time alone, and what is decided then."""
    policy = office.policy_of(file.debtor.policy)
    at, decision = now, decide(case, file.debtor_case, policy, now)
    for _ in range(_MOST_STEPS):
        if not isinstance(decision, Wait) or decision.until is None or decision.until <= at:
            break
        at = decision.until
        decision = decide(_aged_case(case, office.today(at)), file.debtor_case, policy, at)
    return at, decision


def _end_of_day(office: Office, now: datetime, days: int) -> datetime:
    last = office.today(now) + timedelta(days=days)
    return datetime.combine(last, time.max, office.policy.window.zone)


def _aged_case(case: InvoiceCase, today: date) -> InvoiceCase:
    """Return a case as it is on a later day: pauses whose last day has passed are over."""
    kept = tuple(hold for hold in case.holds if hold.until is None or hold.until >= today)
    return case if kept == case.holds else replace(case, holds=kept)


def _aged(file: DebtorFile, today: date) -> DebtorFile:
    return replace(file, cases=tuple(_aged_case(case, today) for case in file.cases))


def _served(office: Office, file: DebtorFile, proposals: tuple[Proposal, ...], at: datetime) -> DebtorFile:
    """Return the file as it would be once `proposals`, and whatever was on its way, had arrived at `at`."""
    today = office.today(at)
    reached = {case.invoice.id: (proposal, stage) for proposal in proposals for case, stage in proposal.cases}
    moved = []
    for case in file.cases:
        if case.invoice.id in reached:
            proposal, stage = reached[case.invoice.id]
            if proposal.stage.needs_approval:
                waits = InFlight(0, stage.key, NoticeState.AWAITING_APPROVAL)
                moved.append(replace(case, in_flight=waits))
            else:
                moved.append(replace(case, served=(*case.served, Served(stage.key, today)), recalled=None))
        elif case.in_flight and case.in_flight.state in _LEAVING:
            served = (*case.served, Served(case.in_flight.stage, today))
            moved.append(replace(case, served=served, in_flight=None, recalled=None))
        else:
            moved.append(case)
    sent = file.debtor_case.message_in_flight or any(not p.stage.needs_approval for p in proposals)
    debtor_case = replace(
        file.debtor_case,
        message_in_flight=False,
        last_notice_on=today if sent else file.debtor_case.last_notice_on,
    )
    return replace(file, debtor_case=debtor_case, cases=tuple(moved))


def _proposed(office: Office, file: DebtorFile, proposal: Proposal, at: datetime) -> PlannedNotice:
    whom = addressee(file.debtor_case.contacts, office.today(at), file.debtor_case.days).contact
    return PlannedNotice(
        at=at,
        debtor=file.debtor.reference,
        debtor_name=formats.clean(file.debtor.party.name),
        to=whom.address if whom else "",
        stage=proposal.stage.key,
        template=_template(office, proposal.stage.key, file.debtor.language),
        needs_approval=proposal.stage.needs_approval,
        lines=tuple(
            PlannedLine(case.invoice.number, stage.key, case.outstanding) for case, stage in proposal.cases
        ),
    )


def _template(office: Office, stage: str, language: str) -> str:
    try:
        return office.templates.name(stage, language)
    except TemplateError:
        return stage  # planning says what is wrong with it


def _existing(session: Session, office: Office) -> list[PlannedNotice]:
    """Return the notices that wait to leave already, or for a person's approval."""
    states = (NoticeState.AWAITING_APPROVAL, *sorted(_LEAVING))
    rows = [
        row
        for row in notices.in_states(session, office.creditor_id, states)
        if row.track == office.mode.track
    ]
    return _all_planned(session, office, rows)


def _rehearsed(session: Session, office: Office, now: datetime) -> tuple[PlannedNotice, ...]:
    """Return what would have been sent lately, where nothing is sent, or all to the team."""
    if office.mode is Mode.LIVE:
        return ()
    since = now - REHEARSED_LATELY
    rows = notices.left_between(session, office.creditor_id, office.mode.track, since, now)
    return tuple(_all_planned(session, office, rows))


def _all_planned(session: Session, office: Office, rows: Sequence[NoticeRow]) -> list[PlannedNotice]:
    ids = [row.id for row in rows if row.id is not None]
    members = notices.members(session, ids)
    numbers = parties.invoice_numbers(session, [m.invoice_id for some in members.values() for m in some])
    found = []
    for row in rows:
        lines = tuple(
            PlannedLine(numbers[m.invoice_id], m.stage, cases.money(m.outstanding_minor, m.currency))
            for m in members[row.id or 0]
        )
        found.append(_as_planned(session, office, row, lines))
    return found


def _as_planned(
    session: Session, office: Office, row: NoticeRow, lines: tuple[PlannedLine, ...]
) -> PlannedNotice:
    debtor = mailroom.debtor(session, row.debtor_id)
    assert debtor is not None
    return PlannedNotice(
        at=row.left_at or row.next_attempt_at,
        debtor=debtor.reference,
        debtor_name=formats.clean(debtor.name),
        to=row.to_address,
        stage=row.stage,
        template=_template(office, row.stage, debtor.language),
        needs_approval=row.state == NoticeState.AWAITING_APPROVAL,
        lines=lines,
        state=row.state,
        id=row.id,
    )


def _waiting(office: Office, decided: DebtorPlan) -> Iterator[Waiting]:
    language = office.config.language
    for case in decided.file.cases:
        decision = decided.decisions[case.invoice.id]
        if isinstance(decision, Send) or decision.reason in _SETTLED:
            continue
        until = None if isinstance(decision, Stop) else decision.until
        yield Waiting(
            invoice=case.invoice.number,
            debtor=decided.file.debtor.reference,
            debtor_name=formats.clean(decided.file.debtor.party.name),
            reason=decision.reason.value,
            words=views.decision_words(decision, language),
            until=until,
        )
