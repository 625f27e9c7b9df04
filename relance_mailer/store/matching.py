"""Whose a message may be: a few questions, each answered through an index, whatever the creditor has in its files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import BindParameter, Executable, bindparam
from sqlmodel import Session, col, select

from relance_mailer.store.tables import ContactRow, InvoiceRow, NoticeRow

MOST_DEBTORS = 50  #: that one domain or one number may name; nobody reads longer lists
_MOST_ROWS = 2_000
_AT_ONCE = 10_000  #: values asked in one statement; SQLite takes 32,766
_VALUES: BindParameter[Any] = bindparam("values", expanding=True)
_CREDITOR: BindParameter[Any] = bindparam("creditor")

# Built once: building them anew costs more than asking them.
_NOTICES = tuple(
    select(column, NoticeRow.id, NoticeRow.debtor_id).where(
        NoticeRow.creditor_id == _CREDITOR, column.in_(_VALUES)
    )
    for column in (col(NoticeRow.provider_id), col(NoticeRow.message_id))  # one index each
)
_AT = (
    select(ContactRow.address, ContactRow.debtor_id)
    .where(ContactRow.creditor_id == _CREDITOR, col(ContactRow.address).in_(_VALUES))
    .limit(_MOST_ROWS)
)
_IN = (
    select(ContactRow.domain, ContactRow.debtor_id)
    .where(ContactRow.creditor_id == _CREDITOR, col(ContactRow.domain).in_(_VALUES))
    .limit(_MOST_ROWS)
)
_ADDRESSES = (
    select(ContactRow.debtor_id, ContactRow.address)
    .where(col(ContactRow.debtor_id).in_(_VALUES))
    .limit(_MOST_ROWS)
)
_NUMBERED = (
    select(InvoiceRow.debtor_id, InvoiceRow.number)
    .where(InvoiceRow.creditor_id == _CREDITOR, col(InvoiceRow.number).in_(_VALUES))
    .limit(_MOST_ROWS)
)
_NEWEST = (
    select(InvoiceRow.debtor_id, InvoiceRow.number)
    .where(col(InvoiceRow.debtor_id).in_(_VALUES))
    .order_by(col(InvoiceRow.id).desc())
    .limit(_MOST_ROWS)
)
#: Which of some values are anywhere in the creditor's files, by what they are.
_PRESENT = {
    name: tuple(
        select(column).distinct().where(creditor == _CREDITOR, column.in_(_VALUES))
        for column, creditor in columns
    )
    for name, columns in {
        "id": (
            (col(NoticeRow.provider_id), col(NoticeRow.creditor_id)),
            (col(NoticeRow.message_id), col(NoticeRow.creditor_id)),
        ),
        "address": ((col(ContactRow.address), col(ContactRow.creditor_id)),),
        "domain": ((col(ContactRow.domain), col(ContactRow.creditor_id)),),
        "number": ((col(InvoiceRow.number), col(InvoiceRow.creditor_id)),),
    }.items()
}


def present(session: Session, creditor_id: int, what: str, values: Collection[str]) -> frozenset[str]:
    """Return which of these values the creditor's files have: an "id" of a notice, a contact's "address" or "domain", a "number"."""
    asked = list(values)
    return frozenset(
        value
        for at in range(0, len(asked), _AT_ONCE)
        for statement in _PRESENT[what]
        for (value,) in _ask(session, statement, asked[at : at + _AT_ONCE], creditor_id)
    )


def notices_by_id(session: Session, creditor_id: int, ids: Collection[str]) -> Mapping[str, tuple[int, int]]:
    """Return (notice, debtor) by each of these Message-IDs that a notice has, or that a provider gave it."""
    rows = (row for statement in _NOTICES for row in _ask(session, statement, ids, creditor_id))
    return {known_as: (notice_id, debtor_id) for known_as, notice_id, debtor_id in rows}


def debtors_at(
    session: Session, creditor_id: int, addresses: Collection[str]
) -> Mapping[str, tuple[int, ...]]:
    """Return the debtors with a contact at each of these addresses (lower case)."""
    return _grouped(_ask(session, _AT, addresses, creditor_id), MOST_DEBTORS)


def debtors_in(session: Session, creditor_id: int, domains: Collection[str]) -> Mapping[str, tuple[int, ...]]:
    """Return the debtors with a contact in each of these domains (lower case)."""
    return _grouped(_ask(session, _IN, domains, creditor_id), MOST_DEBTORS)


def addresses_of(session: Session, debtor_ids: Collection[int]) -> Mapping[int, tuple[str, ...]]:
    """Return the addresses of some debtors' contacts."""
    return _grouped(_ask(session, _ADDRESSES, debtor_ids))


def debtors_of_numbers(
    session: Session, creditor_id: int, wanted: Collection[str]
) -> Mapping[int, tuple[str, ...]]:
    """Return which invoices with any of these numbers each debtor has."""
    return _grouped(_ask(session, _NUMBERED, wanted, creditor_id))


def newest_numbers(session: Session, debtor_ids: Collection[int]) -> Mapping[int, tuple[str, ...]]:
    """Return the numbers of some debtors' newest invoices."""
    return _grouped(_ask(session, _NEWEST, debtor_ids))


def _ask(
    session: Session, statement: Executable, values: Collection[Any], creditor_id: int | None = None
) -> Iterable[Any]:
    if not values:
        return ()
    parameters: dict[str, Any] = {"values": list(values)}
    if creditor_id is not None:
        parameters["creditor"] = creditor_id
    return session.connection().execute(statement, parameters)


def _grouped(rows: Iterable[Any], most: int = _MOST_ROWS) -> Mapping[Any, tuple[Any, ...]]:
    """Return the different seconds of (first, second) by their first, in order."""
    found: defaultdict[Any, set[Any]] = defaultdict(set)
    for first, second in rows:
        found[first].add(second)
    return {first: tuple(sorted(seconds)[:most]) for first, seconds in found.items()}
