"""The facts about debtors, gathered for deciding: rows become domain objects here, in bulk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import String, bindparam, cast, update
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from relance_mailer.dunning import credit_note
from relance_mailer.dunning.allocation import Item, Paid, Settlement, Stated, latest, settle
from relance_mailer.dunning.calendar import Place, WorkingDays
from relance_mailer.dunning.case import (
    ContactFacts,
    DebtorCase,
    Hold,
    InFlight,
    InvoiceCase,
    Recalled,
    Served,
)
from relance_mailer.dunning.invoice import Contact, Debtor, DebtorKind, Invoice, Party, Role
from relance_mailer.dunning.money import Money
from relance_mailer.dunning.notice import SERVED, UNSENT, NoticeState
from relance_mailer.dunning.promise import PromiseState
from relance_mailer.store import allocations
from relance_mailer.store.tables import (
    AllocationRow,
    ContactRow,
    DebtorRow,
    HoldRow,
    InvoiceRow,
    NoticeInvoiceRow,
    NoticeRow,
    PaymentRow,
    PromiseRow,
    ReplyRow,
)

STATED = "stated"  #: an allocation's kind: an imported balance
ALREADY_PAID = "already_paid"  #: a hold's reason: the debtor said that it has paid


@dataclass(frozen=True, slots=True)
class Standpoint:
    """From where the facts are seen: whose, in which track, on which day."""

    creditor_id: int
    place: Place
    zone: ZoneInfo
    track: str
    today: date


class Sent(NamedTuple):
    """A notice that left, as mail programs thread on it."""

    message_id: str  #: the one that we gave
    seen_as: str  #: the one that its readers see: the provider's, where it renames
    subject: str
    dated: datetime  #: its Date


@dataclass(frozen=True, slots=True)
class DebtorFile:
    """A debtor, its invoices, and what is settled of them."""

    debtor_case: DebtorCase
    cases: tuple[InvoiceCase, ...]
    settlement: Settlement
    threads: dict[int, tuple[Sent, ...]]  #: by invoice id, its notices that left, oldest first

    @property
    def debtor(self) -> Debtor:
        """The debtor."""
        return self.debtor_case.debtor


def load(
    session: Session, view: Standpoint, debtor_ids: Sequence[int], *, without: frozenset[int] = frozenset()
) -> list[DebtorFile]:
    """Return the files of `debtor_ids` as they would be without the notices in `without`, in the same order."""
    rows = _Rows(session, view, debtor_ids, without)
    return [rows.file(debtor_id) for debtor_id in debtor_ids if debtor_id in rows.debtors]


def debtors_to_look_at(session: Session, creditor_id: int, now: datetime) -> list[int]:
    """Return the debtors with an invoice whose day of next look has come, by the index on it."""
    statement = (
        select(InvoiceRow.debtor_id)
        .where(InvoiceRow.creditor_id == creditor_id, col(InvoiceRow.next_look_at) <= now)
        .distinct()
        .order_by(col(InvoiceRow.debtor_id))
    )
    return list(session.exec(statement))


def look_again_at_waiting(session: Session, creditor_id: int, now: datetime) -> None:
    """Have every invoice whose day of next look lies ahead decided again from `now` on."""
    session.connection().execute(
        update(InvoiceRow)
        .where(col(InvoiceRow.creditor_id) == creditor_id, col(InvoiceRow.next_look_at) > now)
        .values(next_look_at=now)
    )


def all_debtors(session: Session, creditor_id: int) -> list[int]:
    """Return every debtor of the creditor."""
    statement = select(DebtorRow.id).where(DebtorRow.creditor_id == creditor_id).order_by(col(DebtorRow.id))
    return [debtor_id for debtor_id in session.exec(statement) if debtor_id is not None]


def hand_over(session: Session, invoice_id: int, now: datetime) -> None:
    """Note that a person takes an invoice over."""
    row = session.get(InvoiceRow, invoice_id)
    assert row is not None
    row.handed_over_at, row.next_look_at = now, None
    session.add(row)


def money(minor: int, currency: str) -> Money:
    """Make money of a row's two columns."""
    return Money.from_minor(minor, currency)


def debtor_of(row: DebtorRow) -> Debtor:
    """Make a debtor of its row."""
    assert row.id is not None
    party = Party(row.name, row.street, row.postal_code, row.city, row.country, row.siren, row.vat)
    return Debtor(
        row.id,
        row.reference,
        party,
        DebtorKind(row.kind),
        row.language,
        row.subdivision,
        row.segment,
        row.policy,
    )


def invoice_of(row: InvoiceRow) -> Invoice:
    """Make an invoice of its row."""
    assert row.id is not None
    total = money(row.total_minor, row.currency)
    return Invoice(row.id, row.number, row.issued, row.due, total, row.order_number)


def _table(kind: type[Any]) -> Any:
    return kind.__table__


def _about(kind: type[Any], key: str = "debtor_id") -> Any:
    """Return the statement that fetches a table's rows about some debtors, made once."""
    table = _table(kind)
    return sql_select(table).where(table.c[key].in_(bindparam("ids", expanding=True)))


_HOLD, _PROMISE, _ALLOCATION = _table(HoldRow), _table(PromiseRow), _table(AllocationRow)
_INVOICE, _NOTICE, _MEMBER = _table(InvoiceRow), _table(NoticeRow), _table(NoticeInvoiceRow)
_DEBTORS = _about(DebtorRow, "id")
_CONTACTS, _INVOICES, _PAYMENTS = _about(ContactRow), _about(InvoiceRow), _about(PaymentRow)
_HOLDS = _about(HoldRow).where(_HOLD.c.released_at.is_(None))
_PROMISES = _about(PromiseRow).where(_PROMISE.c.state.in_((PromiseState.BROKEN, PromiseState.PARTIALLY_KEPT)))
_ALLOCATIONS = (
    sql_select(_ALLOCATION)
    .join(_INVOICE, _INVOICE.c.id == _ALLOCATION.c.invoice_id)
    .where(_INVOICE.c.debtor_id.in_(bindparam("ids", expanding=True)))
    .order_by(_ALLOCATION.c.id)
)
_NOTICE_COLUMNS = (
    "id", "debtor_id", "state", "left_at", "message_id", "provider_id", "subject", "rendered_at", "deadline",
)  # fmt: skip
_NOTICES = sql_select(*(_NOTICE.c[name] for name in _NOTICE_COLUMNS)).where(
    _NOTICE.c.debtor_id.in_(bindparam("ids", expanding=True)),
    _NOTICE.c.track == bindparam("track"),
    _NOTICE.c.state.in_((*SERVED, *UNSENT, NoticeState.SENDING, NoticeState.IN_DOUBT)),
)
_MEMBERS = _about(NoticeInvoiceRow, "notice_id").where(_MEMBER.c.active)


class _Rows:
    """All rows about some debtors, fetched in one query a table: read only, so plain rows and no objects to track."""

    def __init__(
        self, session: Session, view: Standpoint, debtor_ids: Sequence[int], without: frozenset[int]
    ) -> None:
        session.flush()  # what the unit has changed so far counts
        self._connection = session.connection()
        self.view = view
        ids = {"ids": list(debtor_ids)}
        self.debtors = {row.id: row for row in self._rows(_DEBTORS, ids)}
        self.contacts = _by(self._rows(_CONTACTS, ids), "debtor_id")
        self.invoices = _by(self._rows(_INVOICES, ids), "debtor_id")
        self.payments = _by(self._rows(_PAYMENTS, ids), "debtor_id")
        self.allocations = _by(self._rows(_ALLOCATIONS, ids), "invoice_id")
        self.holds = _by(self._rows(_HOLDS, ids), "debtor_id")
        self.promises = _by(self._rows(_PROMISES, ids), "invoice_id")
        found = self._rows(_NOTICES, ids | {"track": view.track})
        notices = {row.id: row for row in found if row.id not in without}
        self.notices = _by(notices.values(), "debtor_id")
        members = self._rows(_MEMBERS, {"ids": list(notices)})
        self.members: defaultdict[int, list[tuple[Any, Any]]] = defaultdict(list)
        for member in members:
            self.members[member.invoice_id].append((member, notices[member.notice_id]))
        self.unmatched = _unmatched(session, view.creditor_id)

    def _rows(self, statement: Any, values: dict[str, Any]) -> Sequence[Any]:
        return self._connection.execute(statement, values).all()

    def day(self, instant: datetime) -> date:
        return instant.astimezone(self.view.zone).date()

    def file(self, debtor_id: int) -> DebtorFile:
        row = self.debtors[debtor_id]
        debtor = debtor_of(row)
        settlement = self._settlement(debtor_id)
        holds = [
            hold for hold in self.holds[debtor_id] if hold.until is None or hold.until >= self.view.today
        ]
        cases = tuple(
            self._case(invoice, settlement, holds)
            for invoice in sorted(self.invoices[debtor_id], key=lambda row: (row.due, row.number))
        )
        notices = self.notices[debtor_id]
        on_its_way = UNSENT - {NoticeState.AWAITING_APPROVAL} | {NoticeState.SENDING}
        debtor_case = DebtorCase(
            debtor=debtor,
            days=WorkingDays.of(self.view.place, Place(row.country, row.subdivision)),
            contacts=tuple(_contact(contact) for contact in self.contacts[debtor_id]),
            last_notice_on=max((self.day(n.left_at) for n in notices if n.left_at), default=None),
            message_in_flight=any(NoticeState(notice.state) in on_its_way for notice in notices),
            unmatched_mail=debtor_id in self.unmatched,
        )
        threads = {case.invoice.id: self._thread(case.invoice.id) for case in cases}
        return DebtorFile(debtor_case, cases, settlement, threads)

    def _thread(self, invoice_id: int) -> tuple[Sent, ...]:
        left = [notice for _, notice in self.members[invoice_id] if notice.left_at]
        return tuple(
            Sent(one.message_id, one.provider_id or one.message_id, one.subject, one.rendered_at)
            for one in sorted(left, key=lambda notice: notice.left_at)
        )

    def _settlement(self, debtor_id: int) -> Settlement:
        rows = self.invoices[debtor_id]
        parts = allocations.parts(allocation for row in rows for allocation in self.allocations[row.id])
        items: list[Item] = []
        allocated: defaultdict[int, list[AllocationRow]] = defaultdict(list)
        for row in rows:
            assert row.id is not None
            stated = []
            for allocation in self.allocations[row.id]:
                if allocation.kind == STATED:
                    paid = money(allocation.amount_minor, allocation.currency)
                    stated.append(Stated(row.id, paid, allocation.as_of))
                elif allocation.payment_id is not None:
                    allocated[allocation.payment_id].append(allocation)
            items += credit_note.items(invoice_of(row), latest(stated).get(row.id), parts[row.id])
        payments = [paid for row in self.payments[debtor_id] for paid in _paid(row, allocated)]
        return settle(items, payments)

    def _case(self, row: InvoiceRow, settlement: Settlement, holds: list[HoldRow]) -> InvoiceCase:
        assert row.id is not None
        served, in_flight = self._track(row.id)
        return InvoiceCase(
            invoice=invoice_of(row),
            outstanding=settlement.outstanding.get(row.id, Money.zero(row.currency)),
            first_seen=row.first_seen,
            served=tuple(sorted(served, key=lambda entry: entry.on)),
            in_flight=in_flight,
            holds=tuple(
                Hold(hold.reason, hold.until, hold.owner)
                for hold in holds
                if hold.invoice_id in (None, row.id)
            ),
            recalled=self._recalled(row, max((entry.on for entry in served), default=None)),
            handed_over=row.handed_over_at is not None,
        )

    def _track(self, invoice_id: int) -> tuple[list[Served], InFlight | None]:
        served: list[Served] = []
        in_flight = None
        for member, notice in self.members[invoice_id]:
            if notice.state in SERVED:
                assert member.served_on is not None
                served.append(Served(member.stage, member.served_on, notice.deadline))
            else:
                assert notice.id is not None
                in_flight = InFlight(notice.id, member.stage, notice.state)
        return served, in_flight

    def _recalled(self, row: InvoiceRow, last_served: date | None) -> Recalled | None:
        """What the debtor announced since the last message, and did not do."""
        assert row.id is not None
        for promise in sorted(self.promises[row.id], key=lambda promise: promise.promised_on, reverse=True):
            if last_served is None or promise.promised_on >= last_served:
                amount = (
                    None if promise.amount_minor is None else money(promise.amount_minor, promise.currency)
                )
                return Recalled("promise", promise.due, amount)
        for hold in self.holds[row.debtor_id]:
            ended = hold.until is not None and hold.until < self.view.today
            ours = hold.reason == ALREADY_PAID and hold.invoice_id in (None, row.id)
            if ended and ours and (last_served is None or hold.since >= last_served):
                return Recalled("already_paid", hold.since)
        return None


def _by(rows: Iterable[Any], key: str) -> defaultdict[int, list[Any]]:
    """Group rows by one of their columns."""
    groups: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, key)].append(row)
    return groups


def _paid(row: PaymentRow, allocated: dict[int, list[AllocationRow]]) -> list[Paid]:
    """Return a payment as its allocations, and what is left of it as money that names no invoice."""
    assert row.id is not None
    parts = [
        Paid(row.id, money(part.amount_minor, part.currency), row.paid_on, part.invoice_id)
        for part in allocated.get(row.id, ())
    ]
    rest = row.amount_minor - sum(part.amount_minor for part in allocated.get(row.id, ()))
    return [*parts, Paid(row.id, money(rest, row.currency), row.paid_on)] if rest else parts


def _contact(row: ContactRow) -> ContactFacts:
    assert row.id is not None
    contact = Contact(row.id, row.address, row.name, row.rank, Role(row.role))
    return ContactFacts(contact, row.state == "usable", row.absent_until, row.absent_since)


def _unmatched(session: Session, creditor_id: int) -> frozenset[int]:
    """Return the debtors whom a message that nobody has looked at comes, or may come, from.

    One whose meaning or sender is not sure counts as well (the reply taxonomy's last line: formal notices wait).
    """
    rows = session.exec(
        select(ReplyRow.debtor_id, ReplyRow.candidates).where(
            ReplyRow.creditor_id == creditor_id,
            col(ReplyRow.handled_at).is_(None),
            col(ReplyRow.debtor_id).is_(None) | col(ReplyRow.needs_review) | (ReplyRow.trust == "unverified"),
            # most of them are nobody's: not to be brought in and taken apart
            col(ReplyRow.debtor_id).is_not(None) | (cast(col(ReplyRow.candidates), String) != "[]"),
        )
    )
    found = ([debtor_id] if debtor_id is not None else candidates for debtor_id, candidates in rows)
    return frozenset(debtor_id for debtor_ids in found for debtor_id in debtor_ids)
