"""Payments from the rows of a file, and what they settle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relance_mailer.dunning.money import Money
from relance_mailer.dunning.sharing import Account, share_out
from relance_mailer.intake.reasons import Reason
from relance_mailer.intake.records import PaymentRecord
from relance_mailer.services.import_run import UNIT, Run, chunks, units
from relance_mailer.store import cases, imports
from relance_mailer.store.cases import money
from relance_mailer.store.ledger import Kind
from relance_mailer.store.session import Session
from relance_mailer.store.tables import AllocationRow, InvoiceRow, PaymentRow
from relance_mailer.texts import formats

_MOST_LOOSE = 500  #: debtors of a unit whose accounts are looked at for payments that name no invoice


@dataclass(frozen=True, slots=True)
class _Incoming:
    """A new payment, its debtor, and the ids of the known invoices that it names.

    Attributes:
        all_known: it names no other invoice, so that all of it is these invoices'.
    """

    record: PaymentRecord
    debtor_id: int
    invoice_ids: tuple[int, ...]
    all_known: bool

    @property
    def order(self) -> tuple[bool, str, str]:
        """Those that name one invoice first, so that the shares do not depend on the order of rows."""
        shared = len(self.invoice_ids) > 1 or not self.all_known
        return (shared, self.record.paid_on.isoformat(), self.record.key)


@dataclass(frozen=True, slots=True)
class _Known:
    """What a chunk of rows can refer to."""

    payments: Mapping[str, PaymentRow]
    debtor_ids: Mapping[str, int]
    invoices: Mapping[str, InvoiceRow]
    references: Mapping[int, str]


def divided(run: Run, records: Sequence[PaymentRecord]) -> list[Sequence[PaymentRecord]]:
    """Divide payments into writing units, all of a debtor's in one."""
    owners: dict[str, int] = {}
    if not run.whole and len(records) > UNIT:
        with run.office.db.read() as session:
            for chunk in chunks(records):
                known = _look_up(session, run.creditor_id, chunk)
                owners |= {record.key: owner for record in chunk if (owner := _owner(record, known))}
    return units(run, records, lambda record: owners.get(record.key, 0))


def _owner(record: PaymentRecord, known: _Known) -> int | None:
    """Return whose payment a row will be, if it is anybody's."""
    if record.debtor_reference in known.debtor_ids:
        return known.debtor_ids[record.debtor_reference]
    named = (known.invoices[number] for number in record.invoice_numbers if number in known.invoices)
    return next((row.debtor_id for row in named), None)


def take_in(run: Run, records: Sequence[PaymentRecord]) -> None:
    """Add the payments that are not known yet."""
    incoming: list[_Incoming] = []
    for chunk in chunks(records):
        known = _look_up(run.session, run.creditor_id, chunk)
        incoming += [payment for record in chunk if (payment := _identify(run, record, known))]
        run.end_chunk()
    for some in chunks(sorted(incoming, key=lambda payment: payment.order)):
        _add(run, some)
        run.end_chunk()
    _doubt_loose(run, incoming)
    run.added += len(incoming)
    run.tells_payments |= bool(run.added or run.unchanged)


def _look_up(session: Session, creditor_id: int, chunk: Sequence[PaymentRecord]) -> _Known:
    debtors = imports.debtors(session, creditor_id, {record.debtor_reference for record in chunk})
    numbers = {number for record in chunk for number in record.invoice_numbers}
    invoices = {
        number: row
        for some in chunks(sorted(numbers))
        for number, row in imports.invoices(session, creditor_id, some).items()
    }
    return _Known(
        payments=imports.payments(session, creditor_id, [record.key for record in chunk]),
        debtor_ids={reference: row.id for reference, row in debtors.items() if row.id is not None},
        invoices=invoices,
        references=imports.references(session, {row.debtor_id for row in invoices.values()}),
    )


def _identify(run: Run, record: PaymentRecord, known: _Known) -> _Incoming | None:
    """Return whose payment a row is; None if it is known already or refused."""
    if there := known.payments.get(record.key):
        _compare(run, record, there)
        return None
    today = run.office.today(run.now)
    if record.paid_on > today:  # a slip of the pen that would count at once and stop the reminders
        run.refuse(record.line, f"{record.paid_on:%d/%m/%Y}", Reason.FUTURE_PAYMENT, f"{today:%d/%m/%Y}")
        return None
    named = [known.invoices[number] for number in record.invoice_numbers if number in known.invoices]
    unknown = [number for number in record.invoice_numbers if number not in known.invoices]
    debtor_id = _debtor(run, record, named, known)
    run.unknown += [(record.line, number, debtor_id) for number in unknown]
    if debtor_id is None:
        return None
    for number in unknown:
        run.note(record.line, number, Reason.UNKNOWN_INVOICE)
    payable = [row for row in named if row.total_minor > 0]  # a credit note that is named lessened the sum
    for row in payable:
        if row.currency != record.amount.currency:
            run.note(
                record.line, row.number, Reason.PAID_IN_OTHER_CURRENCY, record.amount.currency, row.currency
            )
    ids = tuple(row.id for row in payable if row.id is not None)
    return _Incoming(record, debtor_id, ids, len(named) == len(record.invoice_numbers))


def _compare(run: Run, record: PaymentRecord, there: PaymentRow) -> None:
    """Count a payment that is known; refuse it if it now says something else."""
    before = money(there.amount_minor, there.currency)
    if before == record.amount and there.paid_on == record.paid_on:
        run.unchanged += 1
    else:
        values = f"{there.paid_on:%d/%m/%Y}, {before}"
        run.refuse(record.line, record.bank_reference, Reason.CONFLICTING_PAYMENT, values)


def _debtor(run: Run, record: PaymentRecord, named: Sequence[InvoiceRow], known: _Known) -> int | None:
    """Return the debtor that a row means by its reference, else by the invoices; None if the row is refused."""
    by_reference = known.debtor_ids.get(record.debtor_reference) if record.debtor_reference else None
    owners = sorted({row.debtor_id for row in named})
    if by_reference is not None:
        for row in named:
            if row.debtor_id != by_reference:
                owner = known.references[row.debtor_id]
                run.refuse(record.line, record.debtor_reference, Reason.ANOTHERS_INVOICE, row.number, owner)
                return None
        return by_reference
    if not owners:
        value = record.debtor_reference or ", ".join(record.invoice_numbers)
        run.refuse(record.line, value, Reason.UNKNOWN_DEBTOR)
        return None
    if len(owners) > 1:
        codes = ", ".join(sorted(known.references[owner] for owner in owners))
        run.refuse(record.line, ", ".join(record.invoice_numbers), Reason.SEVERAL_DEBTORS, codes)
        return None
    if record.debtor_reference:
        run.note(record.line, record.debtor_reference, Reason.UNKNOWN_REFERENCE, known.references[owners[0]])
    return owners[0]


def _add(run: Run, payments: Sequence[_Incoming]) -> None:
    """Insert payments and what they settle, and have their debtors looked at again."""
    rows = [_row(run, payment) for payment in payments]
    imports.keep(run.session, rows)
    ids = {invoice_id for payment in payments for invoice_id in payment.invoice_ids}
    accounts = {
        id_: account
        for some in chunks(sorted(ids))
        for id_, account in imports.accounts(run.session, some).items()
    }
    allocations: list[AllocationRow] = []
    for payment, row in zip(payments, rows, strict=True):
        _doubt_sum(run, payment, accounts)
        shares = _shares(payment, accounts)
        allocations += [_allocation(row, invoice_id, part) for invoice_id, part in shares.items()]
        _tell(
            run,
            payment,
            row,
            {accounts[invoice_id].invoice.number: part for invoice_id, part in shares.items()},
        )
    imports.keep(run.session, allocations)
    imports.look_again(run.session, {payment.debtor_id for payment in payments}, run.now)


def _doubt_sum(run: Run, payment: _Incoming, accounts: Mapping[int, Account]) -> None:
    """Note a payment that is more than the invoices that it names still owed."""
    paid, on = payment.record.amount, payment.record.paid_on
    named = [accounts[invoice_id] for invoice_id in payment.invoice_ids]
    same = [account for account in named if account.invoice.total.currency == paid.currency]
    if not same or not payment.all_known:
        return
    owed = sum((account.unexplained(on) + account.owed() for account in same), Money.zero(paid.currency))
    if paid > owed:
        numbers = ", ".join(account.invoice.number for account in same)
        _too_much(run, payment.record.line, numbers, paid, owed)


def _too_much(run: Run, line: int, invoices: str, paid: Money, owed: Money) -> None:
    written = {"paid": paid, "owed": owed, "rest": paid - owed}
    sums = {name: formats.money(sum_, run.language) for name, sum_ in written.items()}
    run.point_out(line, "import.too_much", invoices=invoices, **sums)


def _doubt_loose(run: Run, payments: Sequence[_Incoming]) -> None:
    """Note payments that name no invoice and leave their debtors with more than they owed."""
    loose = {
        payment.debtor_id: payment.record
        for payment in payments
        if not payment.record.invoice_numbers and payment.record.amount.amount > 0
    }
    for debtor_ids in chunks(sorted(loose)[:_MOST_LOOSE]):
        for file in cases.load(run.session, run.office.view(run.now), debtor_ids):
            record = loose[file.debtor.id]
            credit = file.settlement.credit.get(record.amount.currency)
            if credit is not None and credit.amount > 0:
                debtor, rest = (
                    f"{file.debtor.party.name} ({file.debtor.reference})",
                    formats.money(credit, run.language),
                )
                run.point_out(record.line, "import.credit", debtor=debtor, rest=rest)


def _row(run: Run, payment: _Incoming) -> PaymentRow:
    record = payment.record
    return PaymentRow(
        creditor_id=run.creditor_id,
        debtor_id=payment.debtor_id,
        key=record.key,
        paid_on=record.paid_on,
        amount_minor=record.amount.minor,
        currency=record.amount.currency,
        label=record.label,
        bank_reference=record.bank_reference,
        imported_at=run.now,
    )


def _shares(payment: _Incoming, accounts: Mapping[int, Account]) -> dict[int, Money]:
    """Return what each named invoice gets; nothing where the payment names none that is known."""
    named = [accounts[invoice_id] for invoice_id in payment.invoice_ids]
    record = payment.record
    shares = share_out(record.amount, record.paid_on, named, last_takes_rest=payment.all_known)
    if (
        not shares and named and payment.all_known
    ):  # all in another currency: it stays with the last, as credit
        return {named[-1].invoice.id: record.amount}
    return shares


def _allocation(row: PaymentRow, invoice_id: int, part: Money) -> AllocationRow:
    return AllocationRow(
        creditor_id=row.creditor_id,
        invoice_id=invoice_id,
        payment_id=row.id,
        kind=imports.PAYMENT,
        amount_minor=part.minor,
        currency=part.currency,
        as_of=row.paid_on,
    )


def _tell(run: Run, payment: _Incoming, row: PaymentRow, shares: Mapping[str, Money]) -> None:
    record = payment.record
    payload = {
        "amount": record.amount,
        "paid_on": record.paid_on,
        "label": record.label,
        "bank_reference": record.bank_reference,
        "named": record.invoice_numbers,
        "settles": shares,
        "line": record.line,
    }
    run.tell(Kind.PAID, f"payment:{row.id}", payload, payment.debtor_id)
