"""Delivery failures and delays, in whatever format: RFC 3464 first, then what servers write in words.

`final` comes from the Action that a server reports: a class 4 can be final (Action: failed, Status: 4.4.7), and what is
delayed never is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relance_mailer.replies.bounces import signs
from relance_mailer.replies.bounces.failing import (
    ADDRESS,
    MAX_RECIPIENTS,
    failing,
    fields_in_text,
    refuses_by_name,
    returns_original,
    spoken_by_server,
)
from relance_mailer.replies.bounces.original import original_id
from relance_mailer.replies.bounces.reasons import is_dead, reason_of, status_in
from relance_mailer.replies.model import DeliveryStatus, Machine, MachineKind

if TYPE_CHECKING:
    from relance_mailer.replies.model import Message

_FAILED = ("fail", "error", "undeliver", "bounce")  #: opensmtpd says "error"
_DELAYED = ("delay", "deferr", "transient")
_OF_CLASS = {"5": "failed", "4": "delayed", "2": "delivered"}
_ENHANCED = "."  #: stands in a code like 5.1.1, not in 550, which may be a sum
_OTHER_REPORTS = frozenset({"disposition-notification", "feedback-report"})


def bounce_of(message: Message, own_addresses: frozenset[str]) -> Machine | None:
    """Return what a delivery report says, None if this is none.

    Args:
        message: as read.
        own_addresses: the creditor's, in lower case: never a failed recipient.
    """
    by_server = signs.by_server(message)
    if not by_server and signs.forwarded(message):
        return None
    if message.statuses and (by_server or _is_report(message)):
        return _from_statuses(message, message.statuses, own_addresses)
    failed = tuple(dict.fromkeys(ADDRESS.findall(message.header("x-failed-recipients").lower())))
    if failed:
        return _from_words(message, failed[:MAX_RECIPIENTS])
    other = message.report_fields or message.report_type in _OTHER_REPORTS
    if signs.answers_by_itself(message) or (other and not signs.rejects(message)):
        return None
    return _of_server(message, own_addresses) if by_server else _of_stranger(message, own_addresses)


def _is_report(message: Message) -> bool:
    """Tell a report from a person who attaches one."""
    return message.report_type == "delivery-status" or message.content_type == "multipart/report"


def _of_server(message: Message, own: frozenset[str]) -> Machine | None:
    """A server's message, or one without an envelope sender, is a bounce if its subject or its first words say so."""
    fields = fields_in_text(message.text)
    if fields:
        return _from_statuses(message, (_stated(fields),), own)
    spoken = signs.subject_of_failure(message) or signs.opens_like_a_server(message.text)
    if _is_report(message) or (spoken and signs.is_daemon(message)):
        return _from_words(message, failing(message, own))
    # An empty envelope sender alone is an automatic answer's as well, and a postmaster may be a person.
    if spoken or signs.never_a_person(message):
        return _if_told(message, own)
    coded = signs.is_daemon(message) and _ENHANCED in status_in("", spoken_by_server(message.text))
    return _if_told(message, own) if coded and returns_original(message) else None


def _of_stranger(message: Message, own: frozenset[str]) -> Machine | None:
    """From anybody else it needs a server's own words, whom it could not reach, and why: people quote bounces too."""
    opens = signs.opens_like_a_server(message.text)
    if signs.says_machine(message):
        speaks = opens or signs.subject_of_failure(message)
    elif opens:
        speaks = signs.gateway(message) or returns_original(message) or refuses_by_name(message)
    else:
        speaks = signs.sure_subject(message) and refuses_by_name(message)
    return _if_told(message, own) if speaks and signs.begins_as_server(message) else None


def _if_told(message: Message, own: frozenset[str]) -> Machine | None:
    """Return a failure that says whom it concerns, and why or what about."""
    found = _from_words(message, failing(message, own))
    why = found.status or found.reason != "unknown"
    told = why or returns_original(message) or signs.gateway(message)
    return found if found.recipients and told else None


def _stated(fields: dict[str, str]) -> DeliveryStatus:
    """Return a report whose fields stand in the text, not in a part of their own."""

    def address(name: str) -> str:
        return next(iter(ADDRESS.findall(fields.get(name, ""))), "").lower()

    original = address("original-recipient")
    return DeliveryStatus(
        recipient=address("final-recipient") or original,
        action=fields.get("action", "").lower(),
        status=fields.get("status", ""),
        diagnostic=fields.get("diagnostic-code", ""),
        original_recipient=original,
    )


def _action(status: DeliveryStatus) -> str:
    """Return the action, from the status class where a server left it out."""
    if status.action.startswith(_FAILED):
        return "failed"
    if status.action.startswith(_DELAYED):
        return "delayed"
    return status.action or _OF_CLASS.get(status.status[:1], "failed")


def _from_statuses(message: Message, statuses: tuple[DeliveryStatus, ...], own: frozenset[str]) -> Machine:
    by_action: dict[str, list[DeliveryStatus]] = {}
    for status in statuses:
        by_action.setdefault(_action(status), []).append(status)
    chosen = by_action.get("failed") or by_action.get("delayed")
    if not chosen:  # delivered, relayed, expanded: it went on its way
        return Machine(MachineKind.READ_RECEIPT, original_message_id=original_id(message))
    recipients = _recipients(chosen) or failing(message, own)
    words = next((status.diagnostic for status in chosen if status.diagnostic), "")
    return _machine(message, recipients, chosen[0].status, words, final="failed" in by_action)


def _recipients(chosen: list[DeliveryStatus]) -> tuple[str, ...]:
    """Return the addresses that we wrote to first, then where they were passed on to; names that are no addresses not."""
    named = [status.original_recipient for status in chosen] + [status.recipient for status in chosen]
    addresses = (
        address
        for address in named
        if "@" in address and " " not in address and "." in address.rpartition("@")[2]
    )
    return tuple(dict.fromkeys(addresses))[:MAX_RECIPIENTS]


def _from_words(message: Message, recipients: tuple[str, ...]) -> Machine:
    late = signs.late_subject(message) or signs.goes_on_trying(spoken_by_server(message.text))
    return _machine(message, recipients, "", "", final=not late)


def _machine(
    message: Message, recipients: tuple[str, ...], status: str, diagnostic: str, *, final: bool
) -> Machine:
    spoken = spoken_by_server(message.text)
    code = status_in(status, diagnostic or spoken)
    reason, in_words = reason_of(code, diagnostic, spoken)
    return Machine(
        kind=MachineKind.BOUNCE if final else MachineKind.DELAYED,
        final=final,
        address_dead=final and is_dead(code, reason, in_words=in_words),
        status=code,
        reason=reason,
        recipients=recipients,
        original_message_id=original_id(message),
    )
