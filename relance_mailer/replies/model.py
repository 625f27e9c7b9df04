"""What a message says, as values: the vocabulary shared by the readers in this package."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class Intent(StrEnum):
    """What a message means for the dunning; in order of precedence (the reply taxonomy's table)."""

    BOUNCE = "bounce"
    AUTO_REPLY = "auto_reply"
    INSOLVENCY = "insolvency"
    DISPUTE = "dispute"
    ALREADY_PAID = "already_paid"
    PROMISE_TO_PAY = "promise_to_pay"
    PAYMENT_PLAN = "payment_plan"
    HARDSHIP = "hardship"
    DOCUMENT_REQUEST = "document_request"
    WRONG_CONTACT = "wrong_contact"
    STOP_CONTACT = "stop_contact"
    ACKNOWLEDGEMENT = "acknowledgement"
    OTHER = "other"


class MachineKind(StrEnum):
    """What kind of machine wrote a message."""

    BOUNCE = "bounce"
    DELAYED = "delayed"
    ABSENCE = "absence"
    RECEIPT = "receipt"
    READ_RECEIPT = "read_receipt"
    CHALLENGE = "challenge"
    UNREAD_MAILBOX = "unread_mailbox"
    FEEDBACK = "feedback"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not the message's text; its bytes stay in the raw message."""

    name: str
    content_type: str
    size: int


class Unread(StrEnum):
    """Why something in a message could not be read: a person has to open it."""

    SMIME = "smime"
    PGP = "pgp"
    RIGHTS = "rights"
    WINMAIL = "winmail"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a calendar part says (RFC 5545, 5546): a proposal of a meeting, or an answer to one, is no sentence.

    Attributes:
        method: REQUEST, REPLY, CANCEL, PUBLISH …, upper case, "" if not stated.
        starts: DTSTART as it stands (20261103T140000Z; 20261103 for a whole day), "" if absent.
    """

    method: str
    starts: str
    summary: str = ""
    organizer: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """One recipient's block of a delivery report (RFC 3464); absent fields are empty."""

    recipient: str
    action: str
    status: str
    diagnostic: str
    original_recipient: str = ""  #: the address that we wrote to, where it was rewritten


@dataclass(frozen=True, slots=True)
class Message:
    """A message as read, whatever its state; absent values are "" or empty.

    Attributes:
        headers: (lower-case name, decoded and unfolded value), in order, capped.
        sent_at: the Date header, aware, None if absent or unreadable.
        text: the author's text parts (never an embedded message's), as plain text.
        html: the HTML part as it came, "" if none.
        embedded_headers: headers of the message that a report carries, if any.
        embedded_text: its text, if any (to find ids in; never the author's words).
        report_type: the `report-type` of a multipart/report, lower case.
        report_fields: (lower-case name, value) of a read receipt's or a complaint's own part.
        defects: what was wrong while reading, in words.
        unread: what could not be read at all, a person has to open it.
        invitation: the calendar part, if there is one.
    """

    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    from_name: str
    from_address: str
    reply_to: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    sent_at: datetime | None
    text: str
    html: str
    headers: tuple[tuple[str, str], ...]
    content_type: str = "text/plain"
    report_type: str = ""
    statuses: tuple[DeliveryStatus, ...] = ()
    report_fields: tuple[tuple[str, str], ...] = ()
    embedded_headers: tuple[tuple[str, str], ...] = ()
    embedded_text: str = ""
    attachments: tuple[Attachment, ...] = ()
    defects: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()
    invitation: Invitation | None = None

    def header(self, name: str) -> str:
        """Return the first header called `name` (any case), "" if there is none."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key == wanted), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Return every header called `name`, in order."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key == wanted)


@dataclass(frozen=True, slots=True)
class Machine:
    """What a machine's message tells.

    Attributes:
        final: it did not arrive and will not be tried again.
        address_dead: the address itself is said not to exist.
        return_date: an absence's first day back.
        new_contact: a substitute's address; `phone` the number to ring meanwhile, as written.
    """

    kind: MachineKind
    final: bool = False
    address_dead: bool = False
    status: str = ""
    reason: str = ""
    recipients: tuple[str, ...] = ()
    original_message_id: str = ""
    return_date: date | None = None
    new_contact: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice that the debtor still owes, as the classifier sees it."""

    number: str
    amount: Decimal
    currency: str
    due: date


@dataclass(frozen=True, slots=True)
class Account:
    """The debtor whom a message comes from, as far as known."""

    debtor: str
    country: str = ""
    open_invoices: tuple[OpenInvoice, ...] = ()


@dataclass(frozen=True, slots=True)
class CreditorFacts:
    """What the classifier may know of the creditor."""

    ibans: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    country: str = ""


@dataclass(frozen=True, slots=True)
class Because:
    """The words that decided: offsets into the author's own text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a message says; the fields are the reply taxonomy's."""

    intent: Intent
    also: tuple[Intent, ...] = ()
    confidence: float = 0.0
    needs_review: bool = True
    promise_date: date | None = None
    promise_amount: Decimal | None = None
    paid_date: date | None = None
    return_date: date | None = None
    invoices: tuple[str, ...] = ()
    per_invoice: dict[str, Intent] | None = None
    new_contact: str = ""
    dispute_reason: str = ""
    flags: tuple[str, ...] = ()
    reply_text: str = ""
    because: tuple[Because, ...] = field(default=())
    language: str = ""
    machine: Machine | None = None
