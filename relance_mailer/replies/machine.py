"""Whether a machine wrote a message, and what it says: bounce, then receipt or report, then automatic answer.

The order matters: half of all bounces also carry the header of an automatic answer. `Precedence`, `List-*` and
`X-Auto-Response-Suppress` alone decide nothing: accounts departments write through groups that set them.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from relance_mailer.replies import automatic
from relance_mailer.replies import machinewords as words
from relance_mailer.replies.absence import substitute, telephone
from relance_mailer.replies.bounce import bounce_of
from relance_mailer.replies.bounces.original import original_id
from relance_mailer.replies.bounces.reports import report_of
from relance_mailer.replies.dates import return_date
from relance_mailer.replies.model import Machine, MachineKind
from relance_mailer.replies.quoting import own_text

if TYPE_CHECKING:
    from relance_mailer.replies.model import Message

_NAMES_ANOTHER = frozenset({MachineKind.ABSENCE, MachineKind.UNREAD_MAILBOX})
#: Hours behind UTC in which people write the month first.
_AMERICAN_ZONES = range(-10, -3)


def machine_of(
    message: Message, *, own_addresses: frozenset[str] = frozenset(), own: str | None = None
) -> Machine | None:
    """Return what kind of machine wrote a message and what it tells; None if a person did.

    Args:
        message: as read; our own mail is told apart before, by its signed header.
        own_addresses: the creditor's, in lower case: never a failed recipient or a substitute.
        own: the author's own words where they are known already.
    """
    told = bounce_of(message, own_addresses) or report_of(message)
    return told or _automatic(message, own_addresses, own)


def _automatic(message: Message, own_addresses: frozenset[str], own: str | None) -> Machine | None:
    it = automatic.said(message, own_text(message.text, None).text if own is None else own)
    challenged = automatic.is_challenge(message, it)
    if not (challenged or automatic.is_automatic(message, it)):
        return None
    sent_on = message.sent_at.date() if message.sent_at else None
    kind = MachineKind.CHALLENGE if challenged else _kind(it, sent_on)
    away, another = kind is MachineKind.ABSENCE, kind in _NAMES_ANOTHER
    return Machine(
        kind=kind,
        original_message_id=original_id(message),
        return_date=return_date(it.own, sent_on, country=_country(message)) if away else None,
        new_contact=substitute(it.own, frozenset({*own_addresses, *message.to, message.from_address}))
        if another
        else "",
        phone=telephone(it.own) if another else "",
    )


def _kind(it: automatic.Said, sent_on: date | None) -> MachineKind:
    """Tell what an automatic answer is by its words; one without any that we know took the message in."""
    received = bool(words.RECEIVED.search(it.flat))
    ticket = received and bool(words.TICKET.search(it.flat))
    away = bool(words.ABSENT.search(it.flat))
    back = return_date(it.own, sent_on)
    if words.UNREAD.search(it.flat) and not (away and back):
        return MachineKind.UNREAD_MAILBOX
    if away and not ticket:
        return MachineKind.ABSENCE
    if words.SENDS_ONLY.search(it.flat) and not received:
        return MachineKind.UNREAD_MAILBOX
    absent = words.ABSENCE_SUBJECT.match(it.subject) or (
        back and not received and not words.SLA.search(it.flat)
    )
    return MachineKind.ABSENCE if absent and not ticket else MachineKind.RECEIPT


def _country(message: Message) -> str:
    """Return "US" where the sender's clock and domain say so: there 3/4 is 4 March."""
    offset = message.sent_at.utcoffset() if message.sent_at else None
    domain = message.from_address.rpartition(".")[2]
    american = offset is not None and offset.total_seconds() // 3600 in _AMERICAN_ZONES
    return "US" if domain == "us" or (american and len(domain) > 2) else ""
