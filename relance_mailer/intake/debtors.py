"""Debtors and their contacts from a file: who they are, how they are reminded, and who reads it there.

A row says something of one debtor. Further rows with its code add contacts, and may repeat what the first one says. An
empty cell says nothing: what is known stays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from relance_mailer.dunning.invoice import DebtorKind, Role
from relance_mailer.dunning.policy import RESERVED
from relance_mailer.intake import cells
from relance_mailer.intake.cells import CellError, plain
from relance_mailer.intake.columns import INVOICE_COLUMNS
from relance_mailer.intake.form import NO_HINTS, Hints
from relance_mailer.intake.header import Column
from relance_mailer.intake.reasons import Reason
from relance_mailer.intake.records import RowError
from relance_mailer.intake.rows import Reading
from relance_mailer.intake.table import Table, read_table

_LONGEST_SEGMENT = 64

#: What names a role in a column's header, "E-mail …" or "Accounts e-mail", and in the column Rôle itself.
_IN_HEADERS = {
    Role.ACCOUNTS: (
        "comptabilité", "compta", "comptable", "service comptabilité", "comptabilité fournisseurs", "facturation",
        "facture", "relance", "accounts", "accounting", "accounts payable", "billing", "invoice", "finance",
    ),
    Role.PURCHASING: ("achats", "acheteur", "commercial", "purchasing", "buyer", "procurement"),
    Role.MANAGEMENT: ("direction", "dirigeant", "gérant", "directeur", "management", "manager", "director"),
}  # fmt: skip
_EMAILS = ("E-mail", "Adresse e-mail", "E-mail address")
#: One of these words in the column Rôle tells; the first role that one of them means, in this order.
_ROLE_WORDS = {
    Role.ACCOUNTS: (
        "comptabilite compta comptable comptables fournisseurs facturation finance finances financier financiere "
        "tresorerie daf raf accounts accounting accountant payable payables billing cfo"
    ),
    Role.PURCHASING: (
        "achat achats acheteur acheteuse commercial commerciale purchasing purchase purchaser buyer procurement"
    ),
    Role.MANAGEMENT: (
        "direction directeur directrice dirigeant dirigeante gerant gerante president presidente pdg dg management "
        "manager director ceo owner"
    ),
    Role.OTHER: "autre divers other general standard accueil secretariat reception office",
}
_ROLE_OF = {word: role for role in reversed(_ROLE_WORDS) for word in _ROLE_WORDS[role].split()}
_ORDER = {role: place for place, role in enumerate(_ROLE_WORDS)}


def _columns() -> Iterator[Column]:
    """Yield the columns: those that a file of invoices has for its debtors too, by the same names, and more."""
    shared = {column.field: column for column in INVOICE_COLUMNS}
    code, name = shared["debtor_reference"], shared["debtor_name"]
    yield replace(code, names=(*code.names, "Code", "Référence", "Numéro"), second=(), required=True)
    yield replace(name, required=False)
    for field_ in ("kind", "language", "street", "postal_code", "city", "country", "siren", "vat"):
        yield shared[field_]
    yield Column("segment", (
        "Segment", "Segmentation", "Famille", "Famille client", "Groupe", "Groupe client", "Customer segment",
        "Customer group", "Group",
    ))  # fmt: skip
    yield Column("policy", (
        "Scénario", "Scénario de relance", "Politique de relance", "Politique", "Profil de relance", "Plan de relance",
        "Policy", "Dunning policy", "Reminder policy", "Dunning profile",
    ))  # fmt: skip
    yield replace(shared["emails"], second=())  # by role they are other columns here
    yield shared["contact_name"]
    yield Column("role", (
        "Rôle", "Rôle du contact", "Fonction", "Fonction du contact", "Service", "Role", "Contact role", "Function",
        "Job title", "Department",
    ))  # fmt: skip
    for role, words in _IN_HEADERS.items():
        yield Column(f"emails_{role}", tuple(f"{email} {word}" for word in words for email in _EMAILS))


DEBTOR_COLUMNS = tuple(_columns())
#: Particulars that a row may give: the column's field, and what the debtor's record calls it.
PARTICULARS = {
    "debtor_name": "name",
    "kind": "kind",
    "language": "language",
    "street": "street",
    "postal_code": "postal_code",
    "city": "city",
    "country": "country",
    "siren": "siren",
    "vat": "vat",
    "segment": "segment",
    "policy": "policy",
}


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """An address at a debtor; `role` is None where the file does not say."""

    address: str
    name: str = ""
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class DebtorRecord:
    """What a file says of one debtor.

    Attributes:
        line: line of the file on which its first row begins; `rows` those of all its rows.
        said: particulars that the file gives, none of them empty (see `PARTICULARS` for their names).
        lines: for each of them, the line that gives it first.
        contacts: in the file's order, each address once.
    """

    line: int
    reference: str
    said: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    contacts: dict[str, ContactRecord] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)


def a_segment(cell: str) -> str:
    """Return what the creditor counts a debtor among, in the creditor's words."""
    return cells.a_text(cell, _LONGEST_SEGMENT)


def a_role(cell: str) -> Role:
    """Return what a contact does, from a word for it in French or English: "Responsable comptabilité" is accounts."""
    found = [_ROLE_OF[word] for word in plain(cells.a_name(cell)).split() if word in _ROLE_OF]
    if not found:
        raise CellError(Reason.BAD_ROLE)
    return min(found, key=lambda role: _ORDER[role])


def a_policy(cell: str, known: Collection[str]) -> str:
    """Return the name of a policy among `known`, or of the two that every configuration has."""
    name = plain(cells.a_name(cell)).replace(" ", "_")
    if name in RESERVED:
        return RESERVED[name]
    if name in known:
        return name
    if not known:
        raise CellError(Reason.NO_POLICIES)
    raise CellError(Reason.UNKNOWN_POLICY, ", ".join(sorted(known)))


def parse_debtors(
    data: bytes, *, policies: Collection[str] = (), country: str = "FR", hints: Hints = NO_HINTS
) -> tuple[list[DebtorRecord], list[RowError]]:
    """Return the debtors in a file, and the rows that were refused.

    Args:
        data: the file's bytes: CSV, TSV, XLSX or ODS.
        policies: the names of the policies that the configuration has.
        country: alpha-2 code of debtors whose row states none.
        hints: what a person said about the file's form.

    Raises:
        InputError: the file cannot be used as a whole.
    """
    return debtors_of(read_table(data, DEBTOR_COLUMNS, hints), policies=policies, country=country)


def debtors_of(
    table: Table, *, policies: Collection[str] = (), country: str = "FR"
) -> tuple[list[DebtorRecord], list[RowError]]:
    """Return the debtors in a table, and the rows that were refused; `table.remarks` tells what was left out."""
    records: dict[str, DebtorRecord] = {}
    errors: list[RowError] = []
    for row in table.rows:
        if isinstance(row, RowError):
            errors.append(row)
            continue
        reading = Reading(table, row)
        record = _debtor(reading, policies, country)
        known = records.get(record.reference, record)
        _check_numbers(reading, record)
        _compare(reading, record, known)
        if reading.errors:
            errors += sorted(reading.errors, key=lambda error: _column(table, error))
        else:
            _add(records.setdefault(record.reference, known), record)
    return list(records.values()), errors


def _column(table: Table, error: RowError) -> int:
    return table.header.index(error.field) if error.field in table.header else -1


def _debtor(reading: Reading, policies: Collection[str], country: str) -> DebtorRecord:
    """Read one row; the record counts only if `reading` has noted no error."""
    stated = reading.read("country", cells.a_country, "")
    converters: dict[str, Callable[[str], str]] = {
        "debtor_name": cells.a_name,
        "kind": cells.a_kind,
        "language": cells.a_language,
        "street": cells.a_name,
        "city": cells.a_name,
        "vat": cells.a_vat_number,
        "segment": a_segment,
        "policy": partial(a_policy, known=policies),
    }
    given = {
        **{name: reading.read(name, convert, "") for name, convert in converters.items()},
        "country": stated,
        "postal_code": reading.read_postal_code(stated or country),
        "siren": reading.read_number("siren", cells.a_siren, "", *cells.SIREN_WIDTHS),
    }
    said = {
        name: given[column]
        for column, name in PARTICULARS.items()
        if given[column] and given[column] != DebtorKind.UNKNOWN
    }
    return DebtorRecord(
        line=reading.row.line,
        reference=reading.read("debtor_reference", cells.a_reference, "", required=True),
        said=said,
        lines=dict.fromkeys(said, reading.row.line),
        contacts=_contacts(reading),
        rows=[reading.row.line],
    )


def _contacts(reading: Reading) -> dict[str, ContactRecord]:
    """Return a row's addresses by themselves in lower case, the one to write to first in front.

    The row's person and role are those of the column E-mail; where it is empty, the person is the first address's. An
    address under several heads has the role that is written to first.
    """
    name, role = reading.read("contact_name", cells.a_name, ""), reading.read("role", a_role, None)
    emails: dict[Role | None, tuple[str, ...]] = {
        Role.ACCOUNTS: reading.read(f"emails_{Role.ACCOUNTS}", cells.emails, ()),
        None: reading.read("emails", cells.emails, ()),
        Role.PURCHASING: reading.read(f"emails_{Role.PURCHASING}", cells.emails, ()),
        Role.MANAGEMENT: reading.read(f"emails_{Role.MANAGEMENT}", cells.emails, ()),
    }
    contacts: dict[str, ContactRecord] = {}
    for column, addresses in emails.items():
        for address in addresses:
            contacts.setdefault(address.lower(), ContactRecord(address.lower(), "", column or role))
    named = next((found.lower() for found in emails[None]), next(iter(contacts), ""))
    if name and named:
        contacts[named] = replace(contacts[named], name=name)
    return contacts


def _check_numbers(reading: Reading, record: DebtorRecord) -> None:
    """Refuse a French VAT number that ends with another SIREN than the row's: one of them is somebody else's."""
    siren, vat = record.said.get("siren", ""), record.said.get("vat", "")
    if siren and vat.startswith("FR") and not vat.endswith(siren):
        reading.refuse("vat", Reason.SIREN_VAT_DIFFER, vat[-9:])


def _compare(reading: Reading, record: DebtorRecord, known: DebtorRecord) -> None:
    """Refuse a row that says otherwise than an earlier one of the same debtor."""
    columns = {name: column for column, name in PARTICULARS.items()}
    for name, value in record.said.items():
        if known.said.get(name, value) != value:
            reading.refuse(columns[name], Reason.CONFLICTING_DEBTOR, known.lines[name])


def _add(known: DebtorRecord, record: DebtorRecord) -> None:
    """Add what a further row of the same debtor says."""
    if record is not known:
        known.rows.extend(record.rows)
    for name, value in record.said.items():
        known.said.setdefault(name, value)
        known.lines.setdefault(name, record.line)
    for address, contact in record.contacts.items():
        before = known.contacts.get(address, contact)
        known.contacts[address] = ContactRecord(
            address, before.name or contact.name, before.role or contact.role
        )
