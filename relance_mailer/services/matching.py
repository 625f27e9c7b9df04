"""Looks up what the store knows of a message, and matches it to a debtor and a notice: a handful of indexed questions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from relance_mailer.replies import match as rules
from relance_mailer.replies import numbers
from relance_mailer.replies.lookalike import spellings
from relance_mailer.replies.match import Known, Match, NoticeRef
from relance_mailer.replies.model import Message
from relance_mailer.replies.token import notice_of_address, notices_of_subject, verify_return_path
from relance_mailer.replies.trust import Authentication, authentication
from relance_mailer.services.office import Office
from relance_mailer.store import matching, notices
from relance_mailer.store.session import Session


@dataclass(frozen=True, slots=True)
class Present:
    """What of all that some messages name is in the creditor's files at all: the rest need not be asked, one by one.

    Attributes:
        numbers: what may be an invoice's number in each message's words, by the message's identity.
    """

    ids: frozenset[str]
    addresses: frozenset[str]
    domains: frozenset[str]
    numbers: Mapping[int, tuple[str, ...]]


def look_up(session: Session, office: Office, messages: Iterable[tuple[Message, str]]) -> Present:
    """Ask at once for all that some messages name, each given with its author's own words."""
    ids: set[str] = set()
    addresses: set[str] = set()
    domains: set[str] = set()
    wanted: dict[int, tuple[str, ...]] = {}
    for message, own in messages:
        ids.update(rules.candidate_ids(message))
        addresses.update(rules.candidate_addresses(message))
        if domain := rules.sender_domain(message):
            domains.update((domain, *spellings(domain)))
        wanted[id(message)] = numbers.looked_up(rules.words_of(message, own))
    key = office.creditor_id
    ours = matching.present(session, key, "number", {one for every in wanted.values() for one in every})
    return Present(
        matching.present(session, key, "id", ids),
        matching.present(session, key, "address", addresses),
        matching.present(session, key, "domain", domains),
        {message: tuple(one for one in every if one in ours) for message, every in wanted.items()},
    )


def match_message(
    session: Session, office: Office, message: Message, own: str, present: Present | None = None
) -> Match:
    """Return where a message belongs; `own` are its author's own words, `present` what is known to be in the files."""
    return rules.match(message, own, _known(session, office, message, own, present))


def forged(office: Office, message: Message) -> bool:
    """Say whether our own server saw that the sender is not who it says to be (DMARC, RFC 7489)."""
    return seen_by_server(office, message).dmarc_failed


def seen_by_server(office: Office, message: Message) -> Authentication:
    """Return what our own server found out about the sender (RFC 8601)."""
    configured = (box.authserv_id.replace(",", " ").split() for box in office.config.mailboxes)
    return authentication(message, {name for names in configured for name in names})


def _known(session: Session, office: Office, message: Message, own: str, present: Present | None) -> Known:
    creditor_id = office.creditor_id
    addresses = rules.candidate_addresses(message)
    ids = _of(rules.candidate_ids(message), present.ids if present else None)
    by_id = _by_id(session, creditor_id, ids)
    tokens = _by_token(session, office, message, addresses)
    there = _of(addresses, present.addresses if present else None)
    contacts = matching.debtors_at(session, creditor_id, there)
    domain = rules.sender_domain(message)
    house = present.domains if present else None
    domains = matching.debtors_in(session, creditor_id, _of([domain] if domain else [], house))
    referred = {ref.debtor_id for ref in (*by_id.values(), *tokens)}
    theirs = {*contacts.get(message.from_address.lower(), ()), *domains.get(domain, ())}
    failed = {debtor for status in message.statuses for debtor in contacts.get(status.recipient.lower(), ())}
    stranger = not (referred or theirs or failed)
    alike = matching.debtors_in(session, creditor_id, _of(spellings(domain), house) if stranger else ())
    wanted = present.numbers.get(id(message)) if present else None
    if wanted is None:
        wanted = numbers.looked_up(rules.words_of(message, own))
    return Known(
        notices=by_id,
        tokens=tokens,
        contacts=contacts,
        domains=domains,
        alike=tuple(dict.fromkeys(debtor for found in alike.values() for debtor in found)),
        numbers=_numbers(session, creditor_id, wanted, set() if referred else theirs | failed),
        suspect=forged(office, message),
    )


def _numbers(
    session: Session, creditor_id: int, wanted: Collection[str], debtors: set[int]
) -> Mapping[int, tuple[str, ...]]:
    """Return the numbers that may be named: whole ones whosever they are; shortened ones where it is between debtors."""
    whole = matching.debtors_of_numbers(session, creditor_id, wanted)
    near = matching.newest_numbers(session, debtors) if len(debtors) > 1 else {}
    return {debtor: (*whole.get(debtor, ()), *near.get(debtor, ())) for debtor in {*whole, *near}}


def _of(values: Iterable[str], present: frozenset[str] | None) -> list[str]:
    """Return those values that may be in the files."""
    return [value for value in values if present is None or value in present]


def _by_id(session: Session, creditor_id: int, ids: Collection[str]) -> dict[str, NoticeRef]:
    found = matching.notices_by_id(session, creditor_id, ids)
    return {key: NoticeRef(notice_id, debtor_id) for key, (notice_id, debtor_id) in found.items()}


def _by_token(
    session: Session, office: Office, message: Message, addresses: tuple[str, ...]
) -> tuple[NoticeRef, ...]:
    """Return the notices that a signed address among the recipients, or a token in the subject, names."""
    tagged = [address for address in addresses if "+" in address]
    told = (
        tell(address, office.key) for address in tagged for tell in (notice_of_address, verify_return_path)
    )
    ids = dict.fromkeys(
        one for one in (*told, *notices_of_subject(message.subject, office.key)) if one is not None
    )
    rows = (notices.get(session, notice_id) for notice_id in ids)
    return tuple(
        NoticeRef(row.id or 0, row.debtor_id)
        for row in rows
        if row is not None and row.creditor_id == office.creditor_id
    )
