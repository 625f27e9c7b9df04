"""The debtors and contacts that a chunk of invoice rows names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from relance_mailer.dunning.invoice import DebtorKind
from relance_mailer.intake.cells import plain
from relance_mailer.intake.records import InvoiceRecord
from relance_mailer.services.import_changes import Change, Difference
from relance_mailer.services.import_run import Newcomer, Run
from relance_mailer.store import imports
from relance_mailer.store.ledger import Kind
from relance_mailer.store.tables import ContactRow, DebtorRow

#: Particulars of a debtor: the column in the table, and in the record.
_PARTICULARS = {
    "name": "debtor_name",
    "kind": "kind",
    "language": "language",
    "country": "country",
    "street": "street",
    "postal_code": "postal_code",
    "city": "city",
    "siren": "siren",
    "vat": "vat",
}
#: Particulars that a record always has, from a default where the file has no such column: then they say nothing new.
_WITH_DEFAULT = frozenset({"language", "country"})


def reference_of(record: InvoiceRecord) -> str:
    """Return a debtor's identity for its creditor.

    The creditor's own customer code; where a file has none, the SIREN, else the VAT number, else the name without
    accents, case and punctuation, and the postal code.
    """
    if record.debtor_reference:
        return record.debtor_reference
    if record.siren:
        return f"SIREN {record.siren}"
    if record.vat:
        return f"TVA {record.vat}"
    name = plain(record.debtor_name) or record.debtor_name.casefold()
    return f"{name} {record.postal_code}".strip()


@dataclass(slots=True)
class Debtors:
    """The debtors of a chunk.

    Attributes:
        by_reference: all of them, with ids.
        new: ids of those that came in with this chunk.
        changed: ids of known ones whose particulars or contacts changed.
        changing: lines of the rows that changed them.
    """

    by_reference: dict[str, DebtorRow]
    new: set[int] = field(default_factory=set)
    changed: set[int] = field(default_factory=set)
    changing: set[int] = field(default_factory=set)

    def id_of(self, record: InvoiceRecord) -> int:
        """Return the id of a record's debtor."""
        debtor_id = self.by_reference[reference_of(record)].id
        assert debtor_id is not None
        return debtor_id

    def policy_of(self, record: InvoiceRecord) -> str:
        """Return the name of the policy that a record's debtor follows."""
        return self.by_reference[reference_of(record)].policy


def take_in(run: Run, records: Sequence[InvoiceRecord], columns: frozenset[str]) -> Debtors:
    """Add and update the debtors and contacts that `records` name; `columns` are those that the file has."""
    known = imports.debtors(run.session, run.creditor_id, {reference_of(record) for record in records})
    debtors = Debtors(known)
    stated = [column for column in _PARTICULARS if column not in _WITH_DEFAULT or column in columns]
    before: dict[str, dict[str, object]] = defaultdict(dict)
    new: dict[str, DebtorRow] = {}
    for record in records:
        reference = reference_of(record)
        row = known.get(reference)
        if row is None:
            known[reference] = new[reference] = _new(run, record, reference)
        elif old := _update(row, record, stated):
            before[reference] = old | before[reference]  # the oldest value is the one that stood before
            debtors.changing.add(record.line)
    imports.keep(run.session, new.values())
    debtors.new = _ids(new.values())
    contacts = _contacts(run, records, debtors)
    lines = {reference_of(record): record.line for record in reversed(records)}
    for reference, row in known.items():
        assert row.id is not None
        added = contacts.get(row.id, [])
        if reference in new:
            tell(run, row, {"new": _particulars(row), "contacts": added}, lines[reference])
            _report(run, lines[reference], row, None, added)
        elif reference in before or added:
            debtors.changed.add(row.id)
            values = {column: getattr(row, column) for column in before[reference]}
            payload = {"old": before[reference], "new": values, "contacts": added}
            tell(run, row, payload, lines[reference])
            _report(run, lines[reference], row, before[reference], added)
    return debtors


def _ids(rows: Iterable[DebtorRow]) -> set[int]:
    return {row.id for row in rows if row.id is not None}


def _new(run: Run, record: InvoiceRecord, reference: str) -> DebtorRow:
    values = {column: getattr(record, name) for column, name in _PARTICULARS.items()}
    return DebtorRow(creditor_id=run.creditor_id, reference=reference, created_at=run.now, **values)


def _update(row: DebtorRow, record: InvoiceRecord, stated: Iterable[str]) -> dict[str, object]:
    """Take over what a later row says, never emptiness nor an unknown kind; return what stood before."""
    old: dict[str, object] = {}
    for column in stated:
        value = getattr(record, _PARTICULARS[column])
        known = getattr(row, column)
        if value and value != known and value is not DebtorKind.UNKNOWN:
            old[column] = known
            setattr(row, column, value)
    return old


def _particulars(row: DebtorRow) -> dict[str, object]:
    return {"reference": row.reference, **{column: getattr(row, column) for column in _PARTICULARS}}


def _contacts(run: Run, records: Sequence[InvoiceRecord], debtors: Debtors) -> dict[int, list[str]]:
    """Add the addresses that are new, after those that are known; return them, and new names, by debtor."""
    known = imports.contacts(run.session, _ids(debtors.by_reference.values()) - debtors.new)
    new: list[ContactRow] = []
    told: defaultdict[int, list[str]] = defaultdict(list)
    for record in records:
        debtor_id = debtors.id_of(record)
        of_debtor = known.setdefault(debtor_id, {})
        for place, email in enumerate(record.emails):
            address = email.lower()
            name = "" if place else record.contact_name  # a row names one person: the first address is theirs
            row = of_debtor.get(address)
            if row is None:
                rank = max((contact.rank for contact in of_debtor.values()), default=-1) + 1
                row = of_debtor[address] = new_contact(run, debtor_id, address, name, rank)
                new.append(row)
            elif name and name != row.name:
                row.name = name
            else:
                continue
            told[debtor_id].append(address)
            debtors.changing.add(record.line)
    imports.keep(run.session, new)
    return {debtor_id: list(dict.fromkeys(addresses)) for debtor_id, addresses in told.items()}


def new_contact(run: Run, debtor_id: int, address: str, name: str, rank: int) -> ContactRow:
    """Return a row for an address at a debtor."""
    domain = address.rpartition("@")[2]
    return ContactRow(
        creditor_id=run.creditor_id,
        debtor_id=debtor_id,
        address=address,
        domain=domain,
        name=name,
        rank=rank,
    )


def _own_siren(run: Run) -> str:
    """Return the creditor's nine digits: the configuration may write them with spaces, or the whole SIRET."""
    return re.sub("[^0-9]", "", run.office.config.creditor.siren)[:9]


def tell(run: Run, row: DebtorRow, payload: Mapping[str, object], line: int = 0) -> None:
    """Have what came in about a debtor written into the ledger; note a SIREN that cannot be the debtor's.

    Args:
        run: the import.
        row: the debtor as it is now.
        payload: what came in; under "new" the particulars that the file says for the first time.
        line: where the file begins to say it; 0: not told.
    """
    assert row.id is not None
    new = payload.get("new")
    if isinstance(new, Mapping) and new.get("siren") and row.siren == _own_siren(run):
        run.point_out(line, "import.own_siren", debtor=row.reference, name=row.name, siren=row.siren)
    run.tell(Kind.IMPORTED, f"debtor:{row.id}", payload, row.id)


def _report(
    run: Run, line: int, row: DebtorRow, old: Mapping[str, object] | None, contacts: Sequence[str]
) -> None:
    """Have what came in about a debtor reported, and compared with the other debtors.

    Args:
        run: the import.
        line: where the file begins to say it.
        row: the debtor as it is now.
        old: what stood before; None if the debtor is new.
        contacts: addresses that were added or renamed.
    """
    if old is not None:
        differences = [
            Difference(column, str(value), str(getattr(row, column))) for column, value in old.items()
        ]
        differences += [Difference("contact", None, address) for address in contacts]
        run.changes.append(Change(line, "debtor", row.reference, tuple(differences)))
    if old is None or old.keys() & {"name", "siren", "vat"}:
        run.newcomers.append(Newcomer(row.reference, row.name, row.siren, row.vat, line=line))
    run.newcomers += [Newcomer(row.reference, row.name, address=address, line=line) for address in contacts]
