"""What happens to an invoice now: a decision is a value, carried out elsewhere and printed by `explain`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from relance_mailer.dunning.case import DebtorCase, InvoiceCase, addressee
from relance_mailer.dunning.invoice import Contact
from relance_mailer.dunning.policy import Entry, Policy, Pursuit, Stage, StageKind

#: Calendar days that the last reminder's text gives; no formal notice is offered before they have passed.
LAST_REMINDER_GIVES = 8


class Reason(StrEnum):
    """Why nothing leaves now; the words for it stand in texts.words."""

    PAID = "paid"
    CREDIT_NOTE = "credit_note"
    HANDED_OVER = "handed_over"
    HANDOVER_DUE = "handover_due"
    POLICY_ENDED = "policy_ended"
    POLICY_CHANGED = "policy_changed"
    POLICY_UNKNOWN = "policy_unknown"
    NEVER_REMINDED = "never_reminded"
    HELD = "held"
    IN_FLIGHT = "in_flight"
    IN_DOUBT = "in_doubt"
    AWAITING_APPROVAL = "awaiting_approval"
    NOT_DUE = "not_due"
    DEADLINE_RUNNING = "deadline_running"
    NO_CONTACT = "no_contact"
    ABSENT = "absent"
    UNMATCHED_MAIL = "unmatched_mail"
    GAP = "gap"
    MESSAGE_IN_FLIGHT = "message_in_flight"
    WINDOW = "window"
    INCOMPLETE = "incomplete"
    RATE_UNKNOWN = "rate_unknown"
    TEMPLATE = "template"


@dataclass(frozen=True, slots=True)
class Send:
    """The invoice reaches `stage` in a message to `contact`, now."""

    stage: Stage
    contact: Contact


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing now; look again at `until`, or, when it is None, when something happens."""

    until: datetime | None
    reason: Reason
    stage: Stage | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """Nothing more by this program unless the facts change."""

    reason: Reason
    detail: str = ""


Decision = Send | Wait | Stop


def decide(case: InvoiceCase, debtor: DebtorCase, policy: Policy, now: datetime) -> Decision:
    """Return what happens to `case` at `now` (aware)."""
    today = now.astimezone(policy.window.zone).date()
    over = _over(case) or unpursued(policy)
    if over:
        return over
    paused = _paused(case, debtor, policy, today)
    if paused:
        return paused
    known = {stage.key for stage in policy.stages}
    if any(served.stage not in known for served in case.served):
        return Wait(None, Reason.POLICY_CHANGED)
    stage = next_stage(case, debtor, policy, today)
    if stage is None:
        return Stop(Reason.POLICY_ENDED)
    if stage.kind is StageKind.HANDOVER:
        return _handover(case, debtor, policy, stage, today)
    day = _earliest(case, debtor, policy, stage)
    if today < day:
        return Wait(opening(day, debtor, policy, now), Reason.NOT_DUE, stage)
    return _deliverable(stage, debtor, policy, now, today)


def stage_day(case: InvoiceCase, debtor: DebtorCase, stage: Stage) -> date:
    """Return the working day on which `case` reaches `stage`."""
    return debtor.days.next_open(case.invoice.due + timedelta(days=stage.offset_days))


def _earliest(case: InvoiceCase, debtor: DebtorCase, policy: Policy, stage: Stage) -> date:
    """The stage's own day, but never sooner after the stage before than the gap between two messages."""
    day = stage_day(case, debtor, stage)
    if not case.served:
        return day
    gap = policy.min_days_between
    if stage.kind is StageKind.FORMAL_NOTICE:
        gap = max(gap, LAST_REMINDER_GIVES + 1)
    after_last = max(served.on for served in case.served) + timedelta(days=gap)
    return max(day, debtor.days.next_open(after_last))


def deadline(sent_on: date, debtor: DebtorCase, stage: Stage) -> date | None:
    """Return the last day that a formal notice sent on `sent_on` gives, None for a stage without deadline."""
    if not stage.deadline_days:
        return None
    return debtor.days.next_open(sent_on + timedelta(days=stage.deadline_days))


def opening(day: date, debtor: DebtorCase, policy: Policy, now: datetime) -> datetime:
    """Return the first instant from `day` (and from `now`) on at which a message may leave."""
    start = datetime.combine(day, time.min, policy.window.zone)
    return policy.window.next_opening(max(start, now), debtor.days)


def next_stage(case: InvoiceCase, debtor: DebtorCase, policy: Policy, today: date) -> Stage | None:
    """Return the stage after the last one served, or where an invoice seen for the first time enters."""
    if case.served:
        last = max(policy.index(served.stage) for served in case.served)
        return next((stage for stage in policy.stages[last + 1 :] if not _too_late(stage, case, today)), None)
    reminders = [stage for stage in policy.stages if stage.kind is StageKind.REMINDER]
    if today >= case.invoice.due and policy.entry is Entry.FITTING and reminders:
        fitting = [stage for stage in reminders if stage_day(case, debtor, stage) <= today]
        return (fitting or reminders)[-1 if fitting else 0]
    return next((stage for stage in policy.stages if not _too_late(stage, case, today)), None)


def _too_late(stage: Stage, case: InvoiceCase, today: date) -> bool:
    return stage.kind is StageKind.PRE_DUE and today >= case.invoice.due


def _over(case: InvoiceCase) -> Stop | None:
    if case.invoice.is_credit_note:
        return Stop(Reason.CREDIT_NOTE)
    if not case.outstanding:
        return Stop(Reason.PAID)
    if case.handed_over:
        return Stop(Reason.HANDED_OVER)
    return None


def unpursued(policy: Policy) -> Wait | Stop | None:
    """Return what a policy that sends nothing means: nobody reminds this debtor, or nobody knows how."""
    if policy.pursuit is Pursuit.NEVER:
        return Stop(Reason.NEVER_REMINDED)
    if policy.pursuit is Pursuit.UNKNOWN:
        return Wait(None, Reason.POLICY_UNKNOWN, detail=policy.name)
    return None


def _paused(case: InvoiceCase, debtor: DebtorCase, policy: Policy, today: date) -> Wait | None:
    holds = [hold for hold in case.holds if hold.until is None or hold.until >= today]
    if holds:
        reasons = ", ".join(dict.fromkeys(hold.reason for hold in holds))
        ends = [hold.until for hold in holds]
        last = max((end for end in ends if end), default=None)
        if last is None or None in ends:
            return Wait(None, Reason.HELD, detail=reasons)
        day = debtor.days.next_open(last + timedelta(days=1))
        start = datetime.combine(day, policy.window.start, policy.window.zone)
        return Wait(policy.window.next_opening(start, debtor.days), Reason.HELD, detail=reasons)
    if case.in_flight:
        reason = {"in_doubt": Reason.IN_DOUBT, "awaiting_approval": Reason.AWAITING_APPROVAL}
        return Wait(None, reason.get(case.in_flight.state, Reason.IN_FLIGHT), detail=case.in_flight.stage)
    return None


def _handover(
    case: InvoiceCase, debtor: DebtorCase, policy: Policy, stage: Stage, today: date
) -> Wait | Stop:
    """Hand over when the served formal notice's deadline has passed, never before (nor without one)."""
    deadlines = [served.deadline for served in case.served if served.deadline]
    formal = any(step.kind is StageKind.FORMAL_NOTICE for step in policy.stages)
    last_day = max(deadlines) if deadlines else stage_day(case, debtor, stage) - timedelta(days=1)
    if formal and not deadlines:
        return Wait(None, Reason.POLICY_CHANGED, stage)
    if today > last_day:
        return Stop(Reason.HANDOVER_DUE)
    start = datetime.combine(last_day + timedelta(days=1), policy.window.start, policy.window.zone)
    return Wait(start, Reason.DEADLINE_RUNNING, stage)


def _deliverable(stage: Stage, debtor: DebtorCase, policy: Policy, now: datetime, today: date) -> Send | Wait:
    """The stage is due: may a message leave now, and to whom?"""
    whom = addressee(debtor.contacts, today, debtor.days)
    if whom.contact is None:
        return Wait(None, Reason.NO_CONTACT, stage)
    if whom.back_on:
        return Wait(opening(whom.back_on, debtor, policy, now), Reason.ABSENT, stage, whom.contact.address)
    if stage.kind is StageKind.FORMAL_NOTICE and debtor.unmatched_mail:
        return Wait(None, Reason.UNMATCHED_MAIL, stage)
    if not stage.needs_approval:  # else a person is asked at once, and the gap is kept at the release
        if debtor.message_in_flight:
            return Wait(None, Reason.MESSAGE_IN_FLIGHT, stage)
        free = free_again(debtor, policy)
        if free and today < free:
            return Wait(opening(free, debtor, policy, now), Reason.GAP, stage)
    if not policy.window.is_open(now, debtor.days):
        return Wait(policy.window.next_opening(now, debtor.days), Reason.WINDOW, stage)
    return Send(stage, whom.contact)


def free_again(debtor: DebtorCase, policy: Policy) -> date | None:
    """Return the first day on which the debtor may be written to after its last message, None if there was none."""
    if debtor.last_notice_on is None:
        return None
    return debtor.last_notice_on + timedelta(days=policy.min_days_between)
