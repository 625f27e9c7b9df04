"""Invoices, credit notes and stated balances from the rows of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from relance_mailer.intake.reasons import Reason
from relance_mailer.intake.records import InvoiceRecord
from relance_mailer.services import import_debtors
from relance_mailer.services.import_changes import Change, Difference
from relance_mailer.services.import_debtors import Debtors, reference_of
from relance_mailer.services.import_run import Run, chunks
from relance_mailer.store import imports
from relance_mailer.store.cases import STATED, money
from relance_mailer.store.ledger import Kind
from relance_mailer.store.tables import AllocationRow, InvoiceRow
from relance_mailer.texts import formats

#: A due date further off than this is more likely a slip of the pen than what was agreed.
_FAR = timedelta(days=730)


def take_in(run: Run, records: Sequence[InvoiceRecord], columns: frozenset[str]) -> None:
    """Add and update what `records` say; `columns` are the fields that the file has."""
    for chunk in chunks(records):
        _take_in(run, chunk, columns)
        run.end_chunk()


def _take_in(run: Run, chunk: Sequence[InvoiceRecord], columns: frozenset[str]) -> None:
    known = imports.invoices(run.session, run.creditor_id, [record.number for record in chunk])
    owners = imports.references(run.session, {row.debtor_id for row in known.values()})
    records = [record for record in chunk if _fits(run, record, known.get(record.number), owners)]
    debtors = import_debtors.take_in(run, records, columns)
    new = {record.number: record for record in records if record.number not in known}
    for record in records:
        _doubt_dates(run, record, known.get(record.number))
    changed = {record.line for record in records if record.number in known and _update(run, record, known)}
    added = _add(run, list(new.values()), debtors)
    changed |= _state(run, records, known, added)
    changed |= debtors.changing
    # a new invoice may draw a known debtor's loose money away from another one: all are looked at, itself on its day
    touched = {debtors.id_of(record) for record in records if record.number in new or record.line in changed}
    imports.look_again(run.session, touched - debtors.new, run.now, but=_ids(added))
    run.added += len(new)
    run.changed += sum(record.line in changed for record in records if record.number not in new)
    run.unchanged += sum(record.line not in changed for record in records if record.number not in new)


def _doubt_dates(run: Run, record: InvoiceRecord, row: InvoiceRow | None) -> None:
    """Note dates that are likely slips of the pen, where a row says them for the first time."""
    today = run.office.today(run.now)
    if record.issued > today and (row is None or row.issued != record.issued):
        run.point_out(record.line, "import.issued_later", number=record.number, day=_day(run, record.issued))
    if record.due > today + _FAR and (row is None or row.due != record.due):
        run.point_out(record.line, "import.due_far", number=record.number, day=_day(run, record.due))


def _day(run: Run, day: date) -> str:
    return formats.short_date(day, run.language)


def _fits(run: Run, record: InvoiceRecord, row: InvoiceRow | None, owners: Mapping[int, str]) -> bool:
    """Tell whether a row may be said of the invoice that has its number; refuse it otherwise."""
    if row is None:
        return True
    total = money(row.total_minor, row.currency)
    if owners[row.debtor_id] != reference_of(record):
        run.refuse(record.line, record.number, Reason.MOVED_INVOICE, owners[row.debtor_id])
    elif row.currency != record.total.currency:
        run.refuse(record.line, record.number, Reason.CHANGED_CURRENCY, row.currency)
    elif (row.total_minor < 0) != (record.total.amount < 0):
        run.refuse(record.line, record.number, Reason.CHANGED_SIGN, total)
    else:
        return True
    return False


def _update(run: Run, record: InvoiceRecord, known: Mapping[str, InvoiceRow]) -> bool:
    """Take over what a row says anew of a known invoice; False if it says nothing new."""
    row = known[record.number]
    said = {
        "issued": record.issued,
        "due": record.due,
        "total_minor": record.total.minor,
        "order_number": record.order_number or row.order_number,
    }
    old = {column: getattr(row, column) for column, value in said.items() if getattr(row, column) != value}
    if not old:
        return False
    differences = [_difference(column, old[column], said[column], row.currency) for column in old]
    run.changes.append(Change(record.line, "invoice", row.number, tuple(differences)))
    for column in old:
        setattr(row, column, said[column])
    payload = {"old": _as_told(row, old), "new": _as_told(row, {column: said[column] for column in old})}
    run.tell(Kind.IMPORTED, f"invoice:{row.id}", payload, row.debtor_id)
    return True


def _difference(column: str, old: Any, new: Any, currency: str) -> Difference:
    """Return what a column says otherwise, as a person reads it."""
    if column == "total_minor":
        return Difference("total", money(old, currency), money(new, currency))
    return Difference(column, old, new)


def _as_told(row: InvoiceRow, values: Mapping[str, object]) -> dict[str, object]:
    """Return columns as the ledger says them: sums as money."""
    told = dict(values)
    minor = told.pop("total_minor", None)
    return told if minor is None else told | {"total": money(int(str(minor)), row.currency)}


def _add(run: Run, records: Sequence[InvoiceRecord], debtors: Debtors) -> dict[str, InvoiceRow]:
    """Insert new invoices; return them by number."""
    first_seen = run.office.today(run.now)
    rows = [
        InvoiceRow(
            creditor_id=run.creditor_id,
            debtor_id=debtors.id_of(record),
            number=record.number,
            issued=record.issued,
            due=record.due,
            total_minor=record.total.minor,
            currency=record.total.currency,
            order_number=record.order_number,
            first_seen=first_seen,
            next_look_at=_first_look(run, record, debtors.policy_of(record)),
        )
        for record in records
    ]
    imports.keep(run.session, rows)
    for row, record in zip(rows, records, strict=True):
        values = ("number", "issued", "due", "total", "order_number")
        payload = {"new": {name: getattr(record, name) for name in values}, "line": record.line}
        run.tell(Kind.IMPORTED, f"invoice:{row.id}", payload, row.debtor_id)
    return {row.number: row for row in rows}


def _ids(rows: Mapping[str, InvoiceRow]) -> list[int]:
    return [row.id for row in rows.values() if row.id is not None]


def _first_look(run: Run, record: InvoiceRecord, policy_name: str) -> datetime | None:
    """Return the creditor's midnight of the day when its policy's first stage could be due, at the earliest now.

    Nothing is ever decided about a credit note.
    """
    if record.total.amount < 0:
        return None
    policy = run.office.policy_of(policy_name)
    day = record.due + timedelta(days=min((stage.offset_days for stage in policy.stages), default=0))
    return max(datetime.combine(day, time.min, policy.window.zone).astimezone(UTC), run.now)


def _state(
    run: Run,
    records: Sequence[InvoiceRecord],
    known: Mapping[str, InvoiceRow],
    added: Mapping[str, InvoiceRow],
) -> set[int]:
    """Keep the balances that rows state of known and of added invoices; return the lines that say something new."""
    rows = {**known, **added}
    stating = [record for record in records if record.balance is not None]
    run.tells_payments |= bool(stating)
    last = imports.latest_stated(
        run.session, _ids({record.number: rows[record.number] for record in stating})
    )
    new = [(record, row) for record in stating if (row := _stated(run, record, rows[record.number], last))]
    imports.keep(run.session, [row for _, row in new])
    for record, row in new:
        if record.number in added:
            continue
        difference = _settled(row, last.get(row.invoice_id))
        run.changes.append(Change(record.line, "invoice", record.number, (difference,)))
    return {record.line for record, _ in new}


def _settled(row: AllocationRow, last: AllocationRow | None) -> Difference:
    """Return what a balance says otherwise, or that the known one still holds on a later day."""
    settled, before = row.amount_minor, last.amount_minor if last else 0
    if settled == before:
        return Difference("balance_on", None, row.as_of)
    return Difference("settled", money(before, row.currency), money(settled, row.currency))


def _stated(
    run: Run, record: InvoiceRecord, row: InvoiceRow, latest: Mapping[int, AllocationRow]
) -> AllocationRow | None:
    """Return what is stated as settled; None if it is known, or older than what is known.

    A stated zero (the balance is the total) settles nothing, but it ends an earlier balance and any that is imported
    late. So it is kept, once: repeated, it only moves its day, since money on or before that day counts all the same.
    """
    assert record.balance is not None
    assert row.id is not None
    settled, as_of = record.total - record.balance, _as_of(run, record)
    last = latest.get(row.id)
    if last is not None and as_of < last.as_of:
        return None
    if last is not None and settled.minor == last.amount_minor:
        if as_of == last.as_of:
            return None
        if not settled:
            last.as_of = as_of
            return None
    payload = {"settled": settled, "balance": record.balance, "as_of": as_of, "line": record.line}
    run.tell(Kind.ALLOCATED, f"invoice:{row.id}", payload, row.debtor_id)
    return AllocationRow(
        creditor_id=run.creditor_id,
        invoice_id=row.id,
        kind=STATED,
        amount_minor=settled.minor,
        currency=settled.currency,
        as_of=as_of,
    )


def _as_of(run: Run, record: InvoiceRecord) -> date:
    """Return the day of a balance: a file cannot know of payments to come, which would count as in it already."""
    today = run.office.today(run.now)
    if record.balance_on is not None and record.balance_on > today:
        run.note(record.line, record.number, Reason.FUTURE_BALANCE, f"{today:%d/%m/%Y}")
    return min(record.balance_on or today, today)
