"""From raw bytes to what a message says: read, tell machines apart, cut the quotation, understand; also in batches."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from relance_mailer.errors import UnreadableError
from relance_mailer.replies import dates, machine, message, quoting
from relance_mailer.replies.intent import understand
from relance_mailer.replies.invitation import as_other, words_with
from relance_mailer.replies.model import (
    Account,
    CreditorFacts,
    Intent,
    Machine,
    MachineKind,
    OpenInvoice,
    Understanding,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MACHINE_SURE = 0.95
_DELIVERY = frozenset({MachineKind.BOUNCE, MachineKind.DELAYED})


def classify(
    raw: bytes,
    *,
    notice: str | None,
    account: Account | None,
    creditor: CreditorFacts | None,
    received_on: date | None = None,
) -> Understanding:
    """Return what a message says.

    Args:
        raw: its bytes as fetched.
        notice: text of the notice that it answers, None if not known.
        account: what the debtor owes, None if not known.
        creditor: None if not known: own mail and foreign IBANs are then not told.
        received_on: stands for the day of sending where the Date header is absent or unreadable.
    """
    read = message.read(raw)
    sent_on = read.sent_at.date() if read.sent_at else received_on
    own_addresses = frozenset(address.lower() for address in (creditor.addresses if creditor else ()))
    written_by = machine.machine_of(read, own_addresses=own_addresses)
    text = quoting.own_words(read, notice).text
    if written_by is not None:
        return _from_machine(written_by, text, sent_on, account)
    said = understand(
        words_with(read.invitation, text),
        subject=read.subject,
        sent_on=sent_on,
        account=account,
        creditor=creditor,
        sender=read.from_address,
    )
    return as_other(said) if read.invitation else said


def _from_machine(
    written_by: Machine, text: str, sent_on: date | None, account: Account | None
) -> Understanding:
    """A machine's message: its kind decides; an absence's return date is read by the taxonomy's rules."""
    back = written_by.return_date
    country = account.country if account else ""
    if written_by.kind is MachineKind.ABSENCE and (country or back is None):
        back = dates.return_date(text, sent_on, country=country) or back
    return Understanding(
        intent=Intent.BOUNCE if written_by.kind in _DELIVERY else Intent.AUTO_REPLY,
        confidence=_MACHINE_SURE,
        needs_review=False,
        return_date=back,
        new_contact=written_by.new_contact,
        reply_text=text,
        machine=written_by,
    )


# --- one JSON line in, one JSON line out ---------------------------------------------------------------------------


def batch_line(line: str, read_file: Callable[[str], bytes]) -> str:
    """Answer one line of `classify --batch`; whatever is wrong with it is said in its own line's "error".

    Args:
        line: `{"id", "eml", "notice", "account", "creditor"}` as JSON.
        read_file: returns the bytes of the message at a path, or raises OSError.
    """
    case: dict[str, Any] = {}
    try:
        case = _object(json.loads(line))
        found = classify(
            read_file(str(case["eml"])),
            notice=case.get("notice"),
            account=_account(case.get("account")),
            creditor=_creditor(case.get("creditor")),
        )
    except KeyError as error:
        return _line(case.get("id"), None, f"the line has no {error}")
    except (
        OSError,
        UnreadableError,
        ValueError,
        ArithmeticError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        return _line(case.get("id"), None, f"{type(error).__name__}: {error}")
    return _line(case.get("id"), found, None)


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("a line is one JSON object")  # noqa: TRY004  # the text of a line is a value, not a type
    return value


def _account(given: Mapping[str, Any] | None) -> Account | None:
    if given is None:
        return None
    invoices = tuple(
        OpenInvoice(
            number=str(invoice["number"]),
            amount=Decimal(str(invoice["amount"])),
            currency=str(invoice["currency"]),
            due=date.fromisoformat(str(invoice["due"])),
        )
        for invoice in given.get("open_invoices") or ()
    )
    return Account(str(given.get("debtor") or ""), str(given.get("country") or ""), invoices)


def _creditor(given: Mapping[str, Any] | None) -> CreditorFacts | None:
    if given is None:
        return None
    return CreditorFacts(
        ibans=tuple(str(number) for number in given.get("ibans") or ()),
        addresses=tuple(str(address) for address in given.get("addresses") or ()),
        country=str(given.get("country") or ""),
    )


def as_json(found: Understanding) -> dict[str, Any]:
    """Return an understanding as the faces show it: absent values None, lists never None, sums as strings."""
    return {
        "intent": found.intent.value,
        "also": [intent.value for intent in found.also],
        "confidence": found.confidence,
        "needs_review": found.needs_review,
        "promise_date": _day(found.promise_date),
        "promise_amount": None if found.promise_amount is None else str(found.promise_amount),
        "paid_date": _day(found.paid_date),
        "return_date": _day(found.return_date),
        "invoices": list(found.invoices),
        "per_invoice": None
        if found.per_invoice is None
        else {number: intent.value for number, intent in found.per_invoice.items()},
        "new_contact": found.new_contact or None,
        "dispute_reason": found.dispute_reason or None,
        "flags": list(found.flags),
        "reply_text": found.reply_text,
        "because": [{"text": words.text, "start": words.start, "end": words.end} for words in found.because],
        "language": found.language or None,
        "machine": None if found.machine is None else _machine(found.machine),
    }


def _machine(written_by: Machine) -> dict[str, Any]:
    return {
        "kind": written_by.kind.value,
        "final": written_by.final,
        "address_dead": written_by.address_dead,
        "status": written_by.status or None,
        "reason": written_by.reason or None,
        "recipients": list(written_by.recipients),
        "original_message_id": written_by.original_message_id or None,
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _line(identity: object, found: Understanding | None, error: str | None) -> str:
    """One line out; a message that could not be read is `other`, for a person to look at."""
    answer = {"id": identity, **as_json(found or Understanding(Intent.OTHER))}
    if error is not None:
        answer["error"] = error
    return json.dumps(answer, ensure_ascii=False)
