"""What colleagues write to debtors by hand belongs to the thread, and pauses with that person as owner (rule 5).

Only the mailbox's own Sent folder proves that a colleague wrote: anybody can put our address into From. Elsewhere the pause is
short and the team looks.
"""

from __future__ import annotations

from datetime import datetime

from relance_mailer.replies.freemail import is_freemail
from relance_mailer.replies.match import candidate_ids
from relance_mailer.replies.model import Message
from relance_mailer.services import holds
from relance_mailer.services.consequences import COLLEAGUE
from relance_mailer.services.office import BOT, Office
from relance_mailer.store import ledger, mailroom, settings
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.session import Session
from relance_mailer.store.tables import MessageRow
from relance_mailer.texts.words import say

#: Where mailing lists and groups that rewrite From for DMARC keep the true author.
_TRUE_AUTHOR = ("x-original-from", "x-original-sender")


def is_colleague(office: Office, message: Message) -> bool:
    """Say whether a message from an address of ours, found outside Sent, is what a colleague writes to somebody outside.

    A group rewrites its members' From to its own address ("'Durand' via Compta <compta@…>"), a contact form writes from
    ours and names the visitor in Reply-To: both are somebody else's words. What goes to ourselves alone is looked at like
    any message.
    """
    own = office.own_addresses
    authors = [message.reply_to.lower(), *(message.header(name).lower() for name in _TRUE_AUTHOR)]
    if any("@" in author and not any(address in author for address in own) for author in authors):
        return False
    return bool(_outside(office, message))


def take(session: Session, office: Office, row: MessageRow, message: Message, now: datetime) -> set[int]:
    """Pause the debtors whom a colleague's message goes to; return them.

    Found in Sent the pause has no end and its writer as owner; elsewhere the team has some days to look.
    """
    proven = row.role == mailroom.SENT
    owner = (message.from_address or holds.TEAM) if proven else holds.TEAM
    until = None if proven else office.days.add(office.today(now), office.config.holds.review)
    debtors = _written_to(session, office, message)
    for debtor_id in sorted(debtors):
        holds.open_hold(session, office, debtor_id, None, COLLEAGUE, until, now, owner=owner)
        payload = {"message": row.sha256, "from": message.from_address, "subject": message.subject}
        entry = Entry(Kind.NOTED, f"debtor:{debtor_id}", payload, debtor_id)
        ledger.append(session, office.creditor_id, [entry], at=now, actor=owner if proven else BOT)
    if debtors and not proven:
        words = say(
            "task.colleague", office.config.language, sender=message.from_address, subject=message.subject
        )
        subject = f"message:{row.id}"
        settings.open_task(
            session, office.creditor_id, "colleague", subject, words, now=now, actor=BOT, owner=holds.TEAM
        )
    return debtors


def _outside(office: Office, message: Message) -> dict[str, str]:
    """Return the addresses outside our house that a message goes to, with their domains."""
    ours = {address.rpartition("@")[2] for address in office.own_addresses}
    addresses = {address.lower() for address in (*message.to, *message.cc)} - office.own_addresses
    domains = {address: address.rpartition("@")[2] for address in addresses}
    return {
        address: domain for address, domain in domains.items() if domain not in ours or is_freemail(domain)
    }


def _written_to(session: Session, office: Office, message: Message) -> set[int]:
    """Return the debtors whom a colleague's message goes to: by address or thread, else by their own domain."""
    outside = _outside(office, message)
    if not outside:  # colleagues among themselves
        return set()
    answered = mailroom.notices_by_message_id(session, office.creditor_id, candidate_ids(message)).values()
    exact = mailroom.contacts_at(session, office.creditor_id, list(outside))
    found = {contact.debtor_id for contact in exact} | {notice.debtor_id for notice in answered}
    theirs = {domain for domain in outside.values() if not is_freemail(domain)}
    return found or {
        contact.debtor_id for contact in mailroom.contacts_in(session, office.creditor_id, theirs)
    }
