"""Whatever happens to notices, in whatever order: at most once, never on a hold, and every state told the same twice.

The services run on a real database; the world around them (the server, the debtor's mailbox, a person who tells the
truth) is a model that knows what truly arrived.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from relance_mailer.dunning.notice import ACTIVE, SERVED, NoticeState
from relance_mailer.errors import Scope
from relance_mailer.services import desk, send, settle
from relance_mailer.services.follow_up import start_up
from relance_mailer.services.reader import Reader
from relance_mailer.store import ledger
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.tables import (
    AttemptRow,
    HoldRow,
    InvoiceRow,
    NoticeInvoiceRow,
    NoticeRow,
    TaskRow,
)
from tests.support.world import World

S = NoticeState
OVER = frozenset(
    {"refused", "withdrawn"}
)  #: what an attempt may be before the last one, or where none is under way
#: What the last attempt at a notice in each state may be ("" for none).
LAST = {
    S.AWAITING_APPROVAL: {""},
    S.QUEUED: {"", "withdrawn"},
    S.CLAIMED: {"claimed"},
    S.SENDING: {"sending"},
    S.DEFERRED: {"refused", "withdrawn"},
    S.SENT: {"accepted", "in_doubt"},
    S.IN_DOUBT: {"in_doubt"},
    S.FAILED: {"refused", "in_doubt"},
    S.BOUNCED: {"accepted", "in_doubt"},
    S.SUPERSEDED: {"", *OVER},
    S.REFUSED: {"", *OVER},
    S.RECORDED: set(),
}
NUMBERS = st.sampled_from(["A1", "A2", "B1", "C1", "D1"])
MANY = st.integers(0, 1_000_000)


@dataclass(slots=True)
class Flight:
    """A conversation with the server."""

    claimed: send.Claimed
    started: bool = False
    taken: bool = False  #: the server has accepted the message, its 250 is on its way
    paid: bool = False  #: something was paid since it was claimed


class Life(RuleBasedStateMachine):
    """Four debtors, five invoices; every event that can befall their notices."""

    def __init__(self, seed: Path, reader: Reader) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.world = World(Path(self.folder.name), seed, reader)
        unhurried(self.world)
        one = self.world.debtor("a@one.example", "b@one.example", name="One")
        two = self.world.debtor("a@two.example", name="Two")
        three = self.world.debtor("a@three.example", "b@three.example", name="Three")
        four = self.world.debtor("a@four.example", "b@four.example", "c@four.example", name="Four")
        self.invoices = [
            self.world.invoice(one, number="A1", overdue=4, total="100.00"),
            self.world.invoice(one, number="A2", overdue=16, total="100.00"),
            self.world.invoice(two, number="B1", overdue=31, total="100.00"),
            self.world.invoice(three, number="C1", overdue=5, total="100.00"),
            self.world.invoice(four, number="D1", overdue=5, total="100.00"),
        ]
        self.flights: list[Flight] = []
        self.arrived: set[int] = set()  #: the notices that lie in a debtor's mailbox
        self.handed_over: Counter[str] = Counter()  #: how often the server has accepted each message's bytes

    def teardown(self) -> None:
        self.world.verify()
        self.world.db.close()
        self.folder.cleanup()

    # ── the program's own steps ──────────────────────────────────────────────────────────────────────────

    @rule()
    def plan(self) -> None:
        self.world.plan()

    @initialize()
    def begin(self) -> None:
        self.plan_and_claim(9)

    @rule(limit=st.integers(1, 9))
    def plan_and_claim(self, limit: int) -> None:
        self.world.plan()
        self.flights += [Flight(claimed) for claimed in self.world.claim(limit).claimed]

    @precondition(lambda self: self.waiting())
    @rule(pick=MANY)
    def start(self, pick: int) -> None:
        flight = self.one_of(self.waiting(), pick)
        held = self.held(flight.claimed.notice_id)
        flight.started = self.world.start(flight.claimed)
        assert not ((held or flight.paid) and flight.started)
        if not flight.started:
            self.flights.remove(flight)
            self.write(lambda session: send.withhold(session, flight.claimed, self.world.now))

    @precondition(lambda self: self.waiting())
    @rule()
    def start_all(self) -> None:
        for _ in self.waiting():
            self.start(0)

    @precondition(lambda self: self.waiting())
    @rule(pick=MANY)
    def give_back(self, pick: int) -> None:
        claimed = self.landed(self.waiting(), pick)
        self.write(lambda session: send.give_back(session, claimed, self.world.now))

    @rule(accepted=st.booleans())
    def crash(self, accepted: bool) -> None:
        """The process ends; what was on the wire is taken by the server, or not."""
        for flight in self.flights:
            if flight.started and not flight.taken and accepted:
                self.arrive(flight)
        self.flights.clear()
        start_up(self.world.office, self.world.now)

    # ── the server's answers ─────────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: self.on_the_wire())
    @rule(pick=MANY)
    def server_takes(self, pick: int) -> None:
        """The message is the server's; nobody here knows it yet."""
        self.arrive(self.one_of(self.on_the_wire(), pick))

    @precondition(lambda self: self.on_the_wire())
    @rule()
    def server_takes_all(self) -> None:
        for flight in self.on_the_wire():
            self.arrive(flight)

    @precondition(lambda self: self.taken())
    @rule(pick=MANY)
    def answer_250(self, pick: int) -> None:
        self.world.accept(self.landed(self.taken(), pick))

    @precondition(lambda self: self.taken() or self.on_the_wire())
    @rule(pick=MANY)
    def lose(self, pick: int) -> None:
        """The connection breaks while the answer is waited for."""
        claimed = self.landed([*self.taken(), *self.on_the_wire()], pick)
        self.write(
            lambda session: send.lost(
                session, self.world.office, claimed.notice_id, claimed.attempt_id, "lost", self.world.now
            )
        )

    @precondition(lambda self: self.waiting() or self.on_the_wire())
    @rule(
        pick=MANY, code=st.sampled_from([451, 550]), scope=st.sampled_from([Scope.RECIPIENT, Scope.ACCOUNT])
    )
    def refuse(self, pick: int, code: int, scope: Scope) -> None:
        """At RCPT or at the dot, for now or for good, this message or the whole account."""
        claimed = self.landed([*self.waiting(), *self.on_the_wire()], pick)
        if self.state(claimed.notice_id) in (S.CLAIMED, S.SENDING):
            self.world.refuse(claimed, code, "no", scope=scope)

    # ── what comes back ──────────────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: self.arrived)
    @rule(pick=MANY)
    def copy_is_found(self, pick: int) -> None:
        """Before or after the 250, once or again."""
        notice_id = self.one_of(sorted(self.arrived), pick)
        self.write(
            lambda session: settle.found(
                session, self.world.office, session.get_one(NoticeRow, notice_id), "inbox/1", self.world.now
            )
        )

    @precondition(lambda self: self.arrived)
    @rule(pick=MANY, dead=st.booleans())
    def bounce(self, pick: int, dead: bool) -> None:
        """What the server took comes back, perhaps before its 250 was read."""
        notice_id = self.one_of(sorted(self.arrived), pick)
        self.arrived.remove(notice_id)
        self.write(
            lambda session: settle.bounced(
                session,
                self.world.office,
                session.get_one(NoticeRow, notice_id),
                "5.1.1",
                self.world.now,
                dead=dead,
            )
        )

    @precondition(lambda self: self.in_doubt())
    @rule(pick=MANY)
    def person_settles(self, pick: int) -> None:
        notice_id = self.one_of(self.in_doubt(), pick)
        sent = notice_id in self.arrived
        desk.settle_doubt(self.world.office, notice_id, sent=sent, now=self.world.now, by="Mme Martin")

    # ── what people and time do ──────────────────────────────────────────────────────────────────────────

    @rule(what=NUMBERS, days=st.none() | st.integers(0, 2))
    def hold(self, what: str, days: int | None) -> None:
        until = None if days is None else self.world.today + timedelta(days=days)
        desk.hold(self.world.office, what, until, "manual", self.world.now, "Mme Martin")

    @rule(what=NUMBERS)
    def release(self, what: str) -> None:
        desk.release(self.world.office, what, "", self.world.now, "Mme Martin")

    @rule(pick=MANY, amount=st.sampled_from(["10.00", "60.00"]))
    def pay(self, pick: int, amount: str) -> None:
        world, invoice = self.world, self.one_of(self.invoices, pick)
        world.pay(invoice, amount)
        debtor = world.one(InvoiceRow, id=invoice).debtor_id
        entry = Entry(Kind.PAID, f"invoice:{invoice}", {}, debtor)
        creditor = world.office.creditor_id
        self.write(lambda session: ledger.append(session, creditor, [entry], at=world.now, actor="nadia"))
        for flight in self.waiting():
            flight.paid = flight.paid or flight.claimed.debtor_id == debtor

    @rule(hours=st.sampled_from([0.1, 2, 24, 6 * 24, 13 * 24]))
    def pass_time(self, hours: float) -> None:
        self.world.at(self.world.now + timedelta(hours=hours))

    # ── what must hold after each of them ────────────────────────────────────────────────────────────────

    @invariant()
    def no_message_leaves_twice(self) -> None:
        assert max(self.handed_over.values(), default=0) <= 1

    @invariant()
    def each_stage_is_under_way_or_with_the_debtor_once(self) -> None:
        states = {row.id: S(row.state) for row in self.world.rows(NoticeRow)}
        real = {notice for notice, state in states.items() if state in ACTIVE} | self.arrived
        members = self.world.rows(NoticeInvoiceRow)
        taken = Counter((row.invoice_id, row.stage, row.track) for row in members if row.notice_id in real)
        assert max(taken.values(), default=0) <= 1
        for row in members:
            assert row.active == (states[row.notice_id] in ACTIVE)
            assert (row.served_on is not None) == (states[row.notice_id] in SERVED)

    @invariant()
    def what_arrived_is_never_thought_unsent(self) -> None:
        assert {self.state(notice) for notice in self.arrived} <= {S.SENDING, S.IN_DOUBT, S.SENT}

    @invariant()
    def attempts_tell_the_same_as_their_notice(self) -> None:
        attempts: dict[int, list[AttemptRow]] = {}
        for attempt in self.world.rows(AttemptRow):
            attempts.setdefault(attempt.notice_id, []).append(attempt)
            assert (attempt.ended_at is None) == (attempt.state in ("claimed", "sending"))
        for notice in self.world.rows(NoticeRow):
            made = [attempt.state for attempt in attempts.get(notice.id or 0, [])]
            assert set(made[:-1]) <= OVER
            assert (made[-1] if made else "") in LAST[S(notice.state)], notice.state

    @invariant()
    def each_doubt_is_somebodys_task(self) -> None:
        tasks = [row.subject for row in self.world.rows(TaskRow, kind="in_doubt") if row.done_at is None]
        assert sorted(tasks) == sorted(f"notice:{notice}" for notice in self.in_doubt())

    # ── helpers ──────────────────────────────────────────────────────────────────────────────────────────

    def one_of(self, things: list[Any], pick: int) -> Any:
        return things[pick % len(things)]

    def landed(self, flights: list[Flight], pick: int) -> send.Claimed:
        """End one of the conversations."""
        flight: Flight = self.one_of(flights, pick)
        self.flights.remove(flight)
        return flight.claimed

    def arrive(self, flight: Flight) -> None:
        flight.taken = True
        self.arrived.add(flight.claimed.notice_id)
        self.handed_over[self.world.notice(flight.claimed.notice_id).message_id] += 1

    def waiting(self) -> list[Flight]:
        return [flight for flight in self.flights if not flight.started]

    def on_the_wire(self) -> list[Flight]:
        return [flight for flight in self.flights if flight.started and not flight.taken]

    def taken(self) -> list[Flight]:
        return [flight for flight in self.flights if flight.taken]

    def in_doubt(self) -> list[int]:
        return [row.id or 0 for row in self.world.rows(NoticeRow, state=S.IN_DOUBT)]

    def state(self, notice_id: int) -> NoticeState:
        return S(self.world.notice(notice_id).state)

    def held(self, notice_id: int) -> bool:
        """Whether an invoice in the notice is on hold today, as the table says."""
        inside = {row.invoice_id for row in self.world.rows(NoticeInvoiceRow, notice_id=notice_id)}
        debtors = {row.debtor_id for row in self.world.rows(InvoiceRow) if row.id in inside}
        return any(
            row.released_at is None
            and (row.until is None or row.until >= self.world.today)
            and row.debtor_id in debtors
            and (row.invoice_id is None or row.invoice_id in inside)
            for row in self.world.rows(HoldRow)
        )

    def write(self, unit: Callable[[Any], object]) -> None:
        with self.world.db.write() as session:
            unit(session)


def unhurried(world: World) -> None:
    """Wait for no disk: nobody pulls a plug here."""
    raw = world.db.writer.raw_connection()
    raw.cursor().execute("PRAGMA synchronous=OFF")
    raw.close()


def test_at_most_once_and_never_on_a_hold_whatever_happens(seed: Path, reader: Reader) -> None:
    class Here(Life):
        def __init__(self) -> None:
            super().__init__(seed, reader)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=20,
            stateful_step_count=50,
            database=None,
            phases=[Phase.generate],  # shrinking takes minutes; the steps that led there are printed
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
