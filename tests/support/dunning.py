"""Cases to decide about, and a debtor's life from decision to decision, without a store or a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from relance_mailer.dunning.calendar import Place, WorkingDays
from relance_mailer.dunning.case import (
    ContactFacts,
    DebtorCase,
    InFlight,
    InvoiceCase,
    Served,
    addressee,
)
from relance_mailer.dunning.decide import (
    Decision,
    Reason,
    Send,
    Stop,
    Wait,
    deadline,
    decide,
    free_again,
    opening,
)
from relance_mailer.dunning.invoice import Contact, Debtor, DebtorKind, Invoice, Party
from relance_mailer.dunning.money import Money
from relance_mailer.dunning.notice import Proposal, group
from relance_mailer.dunning.policy import Policy

PARIS = ZoneInfo("Europe/Paris")
FRANCE = WorkingDays.of(Place("FR"))
POLICY = Policy()


def euros(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=PARIS)


def contact(rank: int = 0, *, usable: bool = True, absent_until: date | None = None) -> ContactFacts:
    return ContactFacts(Contact(rank + 1, f"c{rank}@client.example", rank=rank), usable, absent_until)


def debtor(
    *contacts: ContactFacts,
    days: WorkingDays = FRANCE,
    last: date | None = None,
    in_flight: bool = False,
    unmatched: bool = False,
) -> DebtorCase:
    party = Party("Client SA", "1 rue Neuve", "69001", "Lyon", "FR", "732829320")
    return DebtorCase(
        debtor=Debtor(1, "C1", party, DebtorKind.PROFESSIONAL),
        days=days,
        contacts=contacts or (contact(),),
        last_notice_on=last,
        message_in_flight=in_flight,
        unmatched_mail=unmatched,
    )


def invoice(due: date, number: str = "F1", total: str = "100.00") -> Invoice:
    return Invoice(int(number[1:]), number, due - timedelta(days=30), due, euros(total))


def case(
    due: date, number: str = "F1", *, owed: str = "100.00", total: str = "100.00", **facts: object
) -> InvoiceCase:
    made = InvoiceCase(invoice(due, number, total), euros(owed), first_seen=due - timedelta(days=30))
    return replace(made, **facts)  # type: ignore[arg-type]


def served(policy: Policy = POLICY, **days: date) -> tuple[Served, ...]:
    """Stages served on their days; a formal notice with its deadline."""
    return tuple(Served(key, day, deadline(day, debtor(), policy.stage(key))) for key, day in days.items())


@dataclass(frozen=True)
class Left:
    """A message that left."""

    at: datetime
    stage: str
    invoices: Mapping[str, str]  #: number to stage


@dataclass
class Life:
    """What happens to a debtor's invoices when decisions are carried out at once and nothing else happens.

    `approves(day offered)` says when a person lets an offered message go, None for never.
    """

    debtor: DebtorCase
    cases: list[InvoiceCase]
    policy: Policy = POLICY
    approves: Callable[[datetime], datetime | None] = lambda offered: offered
    left: list[Left] = field(default_factory=list)
    offered: list[tuple[datetime, Proposal]] = field(default_factory=list)
    handed_over: dict[str, datetime] = field(default_factory=dict)
    approved: list[tuple[datetime, Proposal]] = field(default_factory=list)
    decisions: dict[str, Decision] = field(default_factory=dict)

    def run(self, now: datetime, *, until: datetime, steps: int = 400) -> Life:
        """Go from look to look; fail where a look comes that is not later than the one before."""
        for _ in range(steps):
            self._release(now)
            self._decide(now)
            following = self._next_look(now)
            if following is None or following > until:
                return self
            assert following > now, self.decisions
            now = following
        msg = f"no end after {steps} looks: {self.decisions}"
        raise AssertionError(msg)

    def _decide(self, now: datetime) -> None:
        self.decisions = {
            one.invoice.number: decide(one, self.debtor, self.policy, now) for one in self.cases
        }
        sends = [
            (one, decision)
            for one in self.cases
            if isinstance(decision := self.decisions[one.invoice.number], Send)
        ]
        for proposal in group(sends, self.policy):
            if proposal.stage.needs_approval:
                self._offer(proposal, now)
            else:
                self._leave(proposal, now)
        for one in list(self.cases):
            if self.decisions[one.invoice.number] == Stop(Reason.HANDOVER_DUE):
                self.handed_over[one.invoice.number] = now
                self._change(one, handed_over=True)

    def _next_look(self, now: datetime) -> datetime | None:
        looks = [wait.until for wait in self.decisions.values() if isinstance(wait, Wait) and wait.until]
        looks += [when for when, _ in self.approved]
        if any(isinstance(decision, Send) for decision in self.decisions.values()):
            looks.append(now + timedelta(minutes=1))  # whatever was made: look at once what comes next
        return min(looks, default=None)

    def _offer(self, proposal: Proposal, now: datetime) -> None:
        self.offered.append((now, proposal))
        for one, stage in proposal.cases:
            self._change(one, in_flight=InFlight(len(self.offered), stage.key, "awaiting_approval"))
        approved_at = self.approves(now)
        if approved_at is not None:
            self.approved.append((max(approved_at, now + timedelta(seconds=1)), proposal))

    def _release(self, now: datetime) -> None:
        """Let go what was approved, at the first opening that keeps the gap."""
        for when, proposal in [entry for entry in self.approved if entry[0] <= now]:
            self.approved.remove((when, proposal))
            first = max(now.astimezone(PARIS).date(), free_again(self.debtor, self.policy) or date.min)
            leaves = opening(first, self.debtor, self.policy, now)
            if leaves > now:
                self.approved.append((leaves, proposal))
            else:
                current = {one.invoice.number: one for one in self.cases}
                cases = tuple((current[one.invoice.number], stage) for one, stage in proposal.cases)
                self._leave(Proposal(proposal.stage, cases), now)

    def _leave(self, proposal: Proposal, now: datetime) -> None:
        today = now.astimezone(self.policy.window.zone).date()
        assert addressee(self.debtor.contacts, today, self.debtor.days).contact is not None
        for one, stage in proposal.cases:
            entry = Served(stage.key, today, deadline(today, self.debtor, stage))
            self._change(one, served=(*one.served, entry), in_flight=None)
        self.debtor = replace(self.debtor, last_notice_on=today)
        stages = {one.invoice.number: stage.key for one, stage in proposal.cases}
        self.left.append(Left(now, proposal.stage.key, stages))

    def _change(self, one: InvoiceCase, **facts: object) -> None:
        index = next(i for i, known in enumerate(self.cases) if known.invoice.id == one.invoice.id)
        self.cases[index] = replace(self.cases[index], **facts)  # type: ignore[arg-type]


def days_of(life: Life) -> Sequence[str]:
    """What left on which day, and what was handed over: a line each."""
    lines = [
        f"{left.at.astimezone(PARIS):%d/%m} {left.stage}: {' '.join(sorted(left.invoices))}"
        for left in life.left
    ]
    return [
        *lines,
        *(f"{when.astimezone(PARIS):%d/%m} handover: {number}" for number, when in life.handed_over.items()),
    ]
