"""Debtors and their contacts from a file of their own: what they are, which policy they follow, who reads there.

What a later file says counts, be it one of debtors or one of invoices, column by column; an empty cell says nothing. So
this file never brings an invoice in, takes no contact away, and a change of policy has the debtor decided anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from relance_mailer.dunning.invoice import DebtorKind, Role
from relance_mailer.intake.cells import language_of
from relance_mailer.intake.debtors import PARTICULARS, ContactRecord, DebtorRecord, debtors_of
from relance_mailer.intake.reasons import Reason
from relance_mailer.services.import_changes import Change, Difference
from relance_mailer.services.import_debtors import new_contact, tell
from relance_mailer.services.import_files import FileOf, open_table
from relance_mailer.services.import_report import AS_USUAL, How, ImportReport, begin, carry_out
from relance_mailer.services.import_run import Newcomer, Run, chunks, units
from relance_mailer.services.office import Office
from relance_mailer.store import imports
from relance_mailer.store.tables import ContactRow, DebtorRow
from relance_mailer.texts.words import say

_DEAD = "dead"


def import_debtors(
    office: Office, data: bytes, file_name: str, now: datetime, by: str, how: How = AS_USUAL
) -> ImportReport:
    """Take in a file of debtors and their contacts; arguments and errors as for `import_invoices`.

    What the report counts are debtors, not rows; only the refused are rows.
    """
    table = open_table(office, FileOf.DEBTORS, data, how)
    records, errors = debtors_of(table, policies=office.policies, country=office.config.creditor.country)
    run = begin(office, file_name, now, by, errors, how)
    run.left_out(table.remarks)
    return carry_out(run, FileOf.DEBTORS, data, units(run, records, lambda record: record.reference), take_in)


def take_in(run: Run, records: Sequence[DebtorRecord]) -> None:
    """Add and update the debtors and contacts that `records` name."""
    for chunk in chunks(records):
        _take_in(run, chunk)
        run.end_chunk()


def _take_in(run: Run, chunk: Sequence[DebtorRecord]) -> None:
    known = imports.debtors(run.session, run.creditor_id, [record.reference for record in chunk])
    records = [record for record in chunk if record.reference in known or _named(run, record)]
    new = {record.reference: _new(run, record) for record in records if record.reference not in known}
    imports.keep(run.session, new.values())
    contacts = imports.contacts(run.session, [row.id for row in known.values() if row.id is not None])
    changed: set[int] = set()
    added: list[ContactRow] = []
    for record in records:
        row = new.get(record.reference) or known[record.reference]
        assert row.id is not None
        old = None if record.reference in new else _update(row, record)
        people = _People(run, row.id, contacts.get(row.id, {}))
        people.take_in(record)
        added += people.added
        if old is None or old or people.differences:
            _tell(run, record, row, old)
        if old is not None and (old or people.differences):
            changed.add(row.id)
            differences = (*_differences(row, old), *people.differences)
            run.changes.append(Change(record.line, "debtor", record.reference, differences))
        _introduce(run, record, row, old, people.added)
    imports.keep(run.session, added)
    imports.look_again(run.session, changed, run.now)
    run.added += len(new)
    run.changed += len(changed)
    run.unchanged += len(records) - len(new) - len(changed)


# ── debtors ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _named(run: Run, record: DebtorRecord) -> bool:
    """Tell whether a debtor that is not known yet has a name; refuse it otherwise."""
    if "name" in record.said:
        return True
    for line in record.rows:
        run.refuse(line, record.reference, Reason.UNNAMED_DEBTOR)
    return False


def _new(run: Run, record: DebtorRecord) -> DebtorRow:
    country = record.said.get("country", run.office.config.creditor.country)
    given = {"kind": DebtorKind.UNKNOWN, "country": country, "language": language_of(country)}
    values: dict[str, Any] = given | record.said
    return DebtorRow(creditor_id=run.creditor_id, reference=record.reference, created_at=run.now, **values)


def _update(row: DebtorRow, record: DebtorRecord) -> dict[str, str]:
    """Take over what a file says; return what stood before."""
    old = {name: getattr(row, name) for name, value in record.said.items() if getattr(row, name) != value}
    for name in old:
        setattr(row, name, record.said[name])
    return old


def _introduce(
    run: Run,
    record: DebtorRecord,
    row: DebtorRow,
    old: Mapping[str, str] | None,
    people: Sequence[ContactRow],
) -> None:
    """Have a debtor or an address that came in compared with those that are known."""
    if old is None or old.keys() & {"name", "siren", "vat"}:
        run.newcomers.append(Newcomer(row.reference, row.name, row.siren, row.vat, line=record.line))
    run.newcomers += [
        Newcomer(row.reference, row.name, address=contact.address, line=record.line) for contact in people
    ]


# ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _People:
    """A debtor's contacts while a file speaks of them: the known by address, the new, and what is said otherwise."""

    run: Run
    debtor_id: int
    known: dict[str, ContactRow]
    added: list[ContactRow] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    def take_in(self, record: DebtorRecord) -> None:
        """Add the addresses that are new, after those that are known; say of these what the file says anew."""
        for contact in record.contacts.values():
            row = self.known.get(contact.address)
            before = None if row is None else _written(row, self.run.language)
            row = row or self._add(contact)
            row.name = contact.name or row.name
            row.role = contact.role or row.role
            if before != (now := _written(row, self.run.language)):
                self.differences.append(Difference("contact", before, now))
            if row.state == _DEAD:
                self.run.note(record.line, row.address, Reason.DEAD_CONTACT, row.address)

    def _add(self, contact: ContactRecord) -> ContactRow:
        rank = max((one.rank for one in self.known.values()), default=-1) + 1
        row = new_contact(self.run, self.debtor_id, contact.address, contact.name, rank)
        self.known[contact.address] = row
        self.added.append(row)
        return row


def _written(row: ContactRow, language: str) -> str:
    """Return a contact for a person: its address, its name and its role if it has one."""
    role = say(f"role.{row.role}", language) if row.role != Role.OTHER else ""
    about = ", ".join(part for part in (row.name, role) if part)
    return f"{row.address} ({about})" if about else row.address


# ── what is told ─────────────────────────────────────────────────────────────────────────────────────────────────


def _differences(row: DebtorRow, old: Mapping[str, str]) -> list[Difference]:
    """Return what a file says otherwise of a debtor, in the order of the columns."""
    return [
        Difference(name, str(old[name]), str(getattr(row, name)))
        for name in PARTICULARS.values()
        if name in old
    ]


def _tell(run: Run, record: DebtorRecord, row: DebtorRow, old: Mapping[str, str] | None) -> None:
    """Have it written into the ledger; `old` is None for a debtor that is new."""
    roles = {address: contact.role for address, contact in record.contacts.items() if contact.role}
    payload: dict[str, object] = {"contacts": list(record.contacts), "roles": roles}
    if old is None:
        payload["new"] = {"reference": row.reference, **record.said}
    elif old:
        payload |= {"old": old, "new": {name: record.said[name] for name in old}}
    tell(run, row, payload, record.line)
