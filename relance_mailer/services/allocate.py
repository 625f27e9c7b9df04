"""Allocating: a person says which invoice a payment or credit note that names none is for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from relance_mailer.dunning import credit_note
from relance_mailer.dunning.allocation import Source, Stated
from relance_mailer.dunning.money import Money
from relance_mailer.errors import ConflictError, InputError, NotFoundError
from relance_mailer.services.office import Office
from relance_mailer.store import allocations, cases, imports, ledger, notices, parties
from relance_mailer.store.cases import DebtorFile
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.session import Session
from relance_mailer.store.tables import AllocationRow, InvoiceRow, PaymentRow

_PAYMENT = "payment:"
_ID = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class Counted:
    """What loose money counts against an invoice until a person allocates it.

    Attributes:
        in_balance: it is taken to be in the invoice's stated balance already.
    """

    invoice: str
    amount: Money
    in_balance: bool


@dataclass(frozen=True, slots=True)
class Unallocated:
    """A payment or credit note of which something is not allocated.

    Attributes:
        what: by what `allocate` knows it: "payment:12", or a credit note's number.
        debtor: its reference, "" if nobody knows whose it is.
        amount: all of it; below zero if it was taken back.
        rest: what is not allocated.
        words: the bank's reference and label.
    """

    what: str
    source: Source
    debtor: str
    debtor_name: str
    on: date
    amount: Money
    rest: Money
    words: str
    counted: tuple[Counted, ...]


@dataclass(frozen=True, slots=True)
class Allocated:
    """What was allocated, what is left of it, and what the invoice now owes."""

    what: str
    invoice: str
    amount: Money
    rest: Money
    outstanding: Money


@dataclass(frozen=True, slots=True)
class _Loose:
    """A payment or credit note as money: `left` of it is not allocated, and counts on the day `on`."""

    what: str
    source: Source
    id: int
    debtor_id: int | None
    on: date
    left: Money


def allocate(
    office: Office, what: str, number: str, amount: Decimal | None, now: datetime, by: str
) -> Allocated:
    """Allocate a payment ("payment:12", or its bank reference) or a credit note (its number) to an invoice.

    Args:
        office: the creditor's.
        what: the payment or credit note.
        number: the invoice's.
        amount: how much of it, above zero (also where money was taken back); None for all that is left.
        now: the instant.
        by: who says so.

    Raises:
        NotFoundError: there is no such payment, credit note or invoice.
        ConflictError: it is another debtor's, in another currency, or more than is left or owed.
        InputError: the amount is no sum of money.
    """
    with office.db.write() as session:
        loose = _find(session, office, what)
        invoice = _target(session, office, loose, number)
        assert invoice.id is not None
        part = _part(loose, amount)
        _refuse_too_much(session, loose, invoice, part)
        row = AllocationRow(
            creditor_id=office.creditor_id,
            invoice_id=invoice.id,
            payment_id=loose.id if loose.source is Source.PAYMENT else None,
            credit_note_id=loose.id if loose.source is Source.CREDIT_NOTE else None,
            kind=loose.source,
            amount_minor=part.minor,
            currency=part.currency,
            as_of=loose.on,
        )
        imports.keep(session, [row])
        payload = {"source": loose.source, "what": loose.what, "amount": part, "as_of": loose.on}
        entry = Entry(Kind.ALLOCATED, f"invoice:{invoice.id}", payload, invoice.debtor_id)
        ledger.append(session, office.creditor_id, [entry], at=now, actor=by)
        notices.look_again_at_debtor(session, invoice.debtor_id, now)
        [file] = cases.load(session, office.view(now), [invoice.debtor_id])
        outstanding = file.settlement.outstanding[invoice.id]
        return Allocated(loose.what, invoice.number, part, loose.left - part, outstanding)


# ── what is allocated ────────────────────────────────────────────────────────────────────────────────────────────


def _find(session: Session, office: Office, what: str) -> _Loose:
    """Return what is called `what`, if something of it is left."""
    note = parties.find_invoice(session, office.creditor_id, what)
    loose = _of_note(session, office, note) if note else _of_payment(session, office, what)
    if not loose.left:
        msg = f"nothing is left of {loose.what}: all of it is allocated, or in a balance that was imported"
        raise ConflictError(msg)
    return loose


def _of_note(session: Session, office: Office, row: InvoiceRow) -> _Loose:
    if row.total_minor >= 0:
        msg = f"{row.number} is an invoice: name a payment or a credit note first, then the invoice"
        raise ConflictError(msg)
    assert row.id is not None
    note = cases.invoice_of(row)
    stated = _stated(session, [row.id]).get(row.id)
    parts = allocations.parts_of_notes(session, office.creditor_id)[row.id]
    left = credit_note.rest(note, stated, parts)
    on = credit_note.counts_on(note, stated)
    return _Loose(row.number, Source.CREDIT_NOTE, row.id, row.debtor_id, on, left)


def _of_payment(session: Session, office: Office, what: str) -> _Loose:
    row = _payment(session, office, what)
    assert row.id is not None
    rest = next((rest for _, rest in allocations.loose_payments(session, office.creditor_id, row.id)), 0)
    left = cases.money(rest, row.currency)
    return _Loose(f"{_PAYMENT}{row.id}", Source.PAYMENT, row.id, row.debtor_id, row.paid_on, left)


def _payment(session: Session, office: Office, what: str) -> PaymentRow:
    payment_id = what.removeprefix(_PAYMENT)
    if what.startswith(_PAYMENT) and _ID.fullmatch(payment_id):
        one = allocations.payment(session, office.creditor_id, int(payment_id))
        rows = [one] if one else []
    else:
        rows = allocations.payments_called(session, office.creditor_id, what)
    if len(rows) > 1:
        ids = ", ".join(f"{_PAYMENT}{row.id}" for row in rows)
        msg = f"several payments have the bank reference {what!r}: name one of {ids}"
        raise ConflictError(msg)
    if not rows:
        msg = (
            f"there is no payment and no credit note {what!r}: "
            "`relance-mailer allocate` alone lists what is not allocated, and how it is called"
        )
        raise NotFoundError(msg)
    return rows[0]


# ── to what, and how much ────────────────────────────────────────────────────────────────────────────────────────


def _target(session: Session, office: Office, loose: _Loose, number: str) -> InvoiceRow:
    row = parties.find_invoice(session, office.creditor_id, number)
    if row is None:
        msg = f"there is no invoice {number!r}: check the number as it stands in your file"
        raise NotFoundError(msg)
    if row.total_minor < 0:
        msg = f"{number} is a credit note: {loose.what} can be allocated to an invoice only"
        raise ConflictError(msg)
    if row.debtor_id != loose.debtor_id:
        owners = parties.debtor_names(session, [row.debtor_id, loose.debtor_id or 0])
        whose = owners.get(loose.debtor_id or 0, "no known debtor")
        msg = f"{loose.what} is of {whose}, but {number} of {owners[row.debtor_id]}: it can only be for an invoice of its own debtor"
        raise ConflictError(msg)
    if row.currency != loose.left.currency:
        msg = f"{loose.what} is in {loose.left.currency}, but {number} in {row.currency}: convert it in your accounts, and import the balance"
        raise ConflictError(msg)
    return row


def _part(loose: _Loose, amount: Decimal | None) -> Money:
    """Return what to allocate, with the sign of what is left."""
    left = loose.left
    if amount is None:
        return left
    if not amount.is_finite() or amount <= 0 or Money(amount, left.currency).rounded().amount != amount:
        msg = f"{amount} is no sum in {left.currency}: write it above zero, for example 123.45"
        raise InputError(msg)
    if amount > abs(left.amount):
        msg = f"only {left} is left of {loose.what}, less than {amount}"
        raise ConflictError(msg)
    part = Money(amount, left.currency).rounded()
    return part if left.amount > 0 else -part


def _refuse_too_much(session: Session, loose: _Loose, invoice: InvoiceRow, part: Money) -> None:
    """Refuse what an invoice does not owe, or what never came for it; what counts provisionally is left out."""
    assert invoice.id is not None
    account = imports.accounts(session, [invoice.id])[invoice.id]
    if part.amount < 0:
        if account.named() < -part:
            msg = (
                f"only {account.named()} is allocated to {invoice.number}: no more can be taken back from it"
            )
            raise ConflictError(msg)
        return
    room = account.unexplained(loose.on) + account.owed()
    if not room:
        msg = f"nothing is owed on {invoice.number} any more: allocate {loose.what} to another invoice"
        raise ConflictError(msg)
    if room < part:
        msg = f"{invoice.number} has room for {room} only, not for {part}: give --amount {room.amount}"
        raise ConflictError(msg)


def _stated(session: Session, invoice_ids: Sequence[int]) -> dict[int, Stated]:
    return {
        id_: Stated(id_, cases.money(row.amount_minor, row.currency), row.as_of)
        for id_, row in imports.latest_stated(session, invoice_ids).items()
    }


# ── what is not allocated ────────────────────────────────────────────────────────────────────────────────────────


def unallocated(office: Office, now: datetime) -> tuple[Unallocated, ...]:
    """Return what is not allocated, oldest first, with what it counts against until somebody does."""
    with office.db.read() as session:
        payments = allocations.loose_payments(session, office.creditor_id)
        notes = _loose_notes(session, office)
        ids = {row.debtor_id for row, _ in notes}
        ids |= {row.debtor_id for row, _ in payments if row.debtor_id is not None}
        files = {file.debtor.id: file for file in cases.load(session, office.view(now), sorted(ids))}
    found = [_told_payment(row, rest, files) for row, rest in payments]
    found += [_told_note(row, rest, files) for row, rest in notes]
    return tuple(sorted(found, key=lambda loose: (loose.on, loose.what)))


def _loose_notes(session: Session, office: Office) -> list[tuple[InvoiceRow, Money]]:
    rows = allocations.credit_notes(session, office.creditor_id)
    stated = _stated(session, [row.id for row in rows if row.id is not None])
    parts = allocations.parts_of_notes(session, office.creditor_id)
    left = [
        (row, credit_note.rest(cases.invoice_of(row), stated.get(row.id or 0), parts[row.id or 0]))
        for row in rows
    ]
    return [(row, rest) for row, rest in left if rest]


def _told_payment(row: PaymentRow, rest: int, files: Mapping[int, DebtorFile]) -> Unallocated:
    file = files.get(row.debtor_id or 0)
    assert row.id is not None
    return Unallocated(
        what=f"{_PAYMENT}{row.id}",
        source=Source.PAYMENT,
        debtor=file.debtor.reference if file else "",
        debtor_name=file.debtor.party.name if file else "",
        on=row.paid_on,
        amount=cases.money(row.amount_minor, row.currency),
        rest=cases.money(rest, row.currency),
        words=" ".join(filter(None, (row.bank_reference, row.label))),
        counted=_counted(file, Source.PAYMENT, row.id),
    )


def _told_note(row: InvoiceRow, rest: Money, files: Mapping[int, DebtorFile]) -> Unallocated:
    file = files[row.debtor_id]
    assert row.id is not None
    return Unallocated(
        what=row.number,
        source=Source.CREDIT_NOTE,
        debtor=file.debtor.reference,
        debtor_name=file.debtor.party.name,
        on=row.issued,
        amount=cases.money(-row.total_minor, row.currency),
        rest=rest,
        words="",
        counted=_counted(file, Source.CREDIT_NOTE, row.id),
    )


def _counted(file: DebtorFile | None, source: Source, source_id: int) -> tuple[Counted, ...]:
    if file is None:
        return ()
    numbers = {case.invoice.id: case.invoice.number for case in file.cases}
    kinds = ((file.settlement.provisional, False), (file.settlement.explained, True))
    return tuple(
        Counted(numbers[entry.invoice_id], entry.amount, in_balance)
        for entries, in_balance in kinds
        for entry in entries
        if (entry.source, entry.source_id) == (source, source_id)
    )
