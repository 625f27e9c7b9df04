"""Looks up what the store knows of a message, and matches it to a debtor and a notice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from relance_mailer.replies.freemail import is_freemail
from relance_mailer.replies.match import (
    Known,
    Match,
    NoticeRef,
    candidate_addresses,
    candidate_ids,
    candidate_numbers,
    dmarc_failed,
    match,
)
from relance_mailer.replies.model import Message
from relance_mailer.replies.token import notice_of_address
from relance_mailer.services.office import Office
from relance_mailer.store import mailroom, notices
from relance_mailer.store.session import Session
from relance_mailer.store.tables import InvoiceRow, NoticeRow


def match_message(session: Session, office: Office, message: Message, own: str) -> Match:
    """Return where a message belongs."""
    return match(message, own, _known(session, office, message, own))


def forged(office: Office, message: Message) -> bool:
    """Say whether our own server saw that the sender is not who it says to be (DMARC, RFC 7489)."""
    return dmarc_failed(message, _authserv_ids(office))


def _authserv_ids(office: Office) -> frozenset[str]:
    return frozenset(box.authserv_id for box in office.config.mailboxes if box.authserv_id)


def _known(session: Session, office: Office, message: Message, own: str) -> Known:
    creditor_id = office.creditor_id
    by_id = mailroom.notices_by_message_id(session, creditor_id, candidate_ids(message))
    addresses = candidate_addresses(message)
    tokens = _by_token(session, office, addresses)
    domains = {domain for address in addresses if not is_freemail(domain := address.rpartition("@")[2])}
    contacts: defaultdict[str, set[int]] = defaultdict(set)
    for row in mailroom.contacts_at(session, creditor_id, addresses):
        contacts[row.address].add(row.debtor_id)
    at_domain: defaultdict[str, set[int]] = defaultdict(set)
    for row in mailroom.contacts_in(session, creditor_id, domains):
        at_domain[row.domain].add(row.debtor_id)
    debtors = {notice.debtor_id for notice in (*by_id.values(), *tokens)}
    debtors |= {debtor for found in (*contacts.values(), *at_domain.values()) for debtor in found}
    if not (by_id or tokens or _is_theirs(message, contacts, at_domain)):
        debtors |= _whose(session, creditor_id, candidate_numbers(message, own))
    numbers: defaultdict[int, list[str]] = defaultdict(list)
    for invoice in mailroom.invoices_of(session, debtors):
        numbers[invoice.debtor_id].append(invoice.number)
    invoices = _numbers_of(session, [*by_id.values(), *tokens])
    return Known(
        notices={key: _ref(notice, invoices) for key, notice in by_id.items()},
        tokens=tuple(_ref(notice, invoices) for notice in tokens),
        contacts={address: tuple(sorted(found)) for address, found in contacts.items()},
        domains={domain: tuple(sorted(found)) for domain, found in at_domain.items()},
        open_numbers={debtor: tuple(found) for debtor, found in numbers.items()},
        authserv_ids=_authserv_ids(office),
    )


def _is_theirs(message: Message, contacts: Mapping[str, set[int]], at_domain: Mapping[str, set[int]]) -> bool:
    """Say whether the sender, or whom a machine could not reach, is a debtor's; copies to others say nothing."""
    senders = (message.from_address.lower(), *(status.recipient.lower() for status in message.statuses))
    return message.from_address.lower().rpartition("@")[2] in at_domain or any(
        address in contacts for address in senders
    )


def _whose(session: Session, creditor_id: int, numbers: Iterable[str]) -> set[int]:
    return {invoice.debtor_id for invoice in mailroom.numbers(session, creditor_id, numbers)}


def _by_token(session: Session, office: Office, addresses: Iterable[str]) -> list[NoticeRow]:
    ids = (notice_of_address(address, office.key) for address in addresses)
    found = (notices.get(session, notice_id) for notice_id in ids if notice_id is not None)
    return [notice for notice in found if notice is not None and notice.creditor_id == office.creditor_id]


def _numbers_of(session: Session, found: list[NoticeRow]) -> dict[int, tuple[str, ...]]:
    ids = [notice.id for notice in found if notice.id is not None]
    members = notices.members(session, ids)
    rows: dict[int | None, InvoiceRow] = {
        row.id: row for row in mailroom.invoices_of(session, {notice.debtor_id for notice in found})
    }
    return {
        notice_id: tuple(rows[member.invoice_id].number for member in inside)
        for notice_id, inside in members.items()
    }


def _ref(notice: NoticeRow, invoices: dict[int, tuple[str, ...]]) -> NoticeRef:
    assert notice.id is not None
    return NoticeRef(notice.id, notice.debtor_id, invoices[notice.id])
