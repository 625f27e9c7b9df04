"""What left and what came back: blobs, notices, attempts, folders, messages, replies."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from relance_mailer.store.fields import creditor_key, instant


class BlobRow(SQLModel, table=True):
    """Bytes by their SHA-256, compressed: raw messages, as fetched or as sent."""

    __tablename__ = "blob"

    sha256: str = Field(primary_key=True, max_length=64)
    size: int
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class NoticeRow(SQLModel, table=True):
    """One message to one debtor about n invoices; its bytes and Message-ID are fixed before a socket opens."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_state", "creditor_id", "state", "next_attempt_at"),
        Index("ix_notice_message_id", "creditor_id", "message_id"),
        Index("ix_notice_provider_id", "creditor_id", "provider_id"),
        Index("ix_notice_created_at", "creditor_id", "created_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    creditor_id: int = creditor_key()
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    contact_id: int | None = Field(default=None, foreign_key="contact.id")
    mode: str  #: shadow | redirect | live
    track: str  #: live | rehearsal
    stage: str  #: the highest of its invoices' stages
    kind: str  #: pre_due | reminder | formal_notice
    state: str  #: see dunning.notice.NoticeState
    template: str
    facts: str  #: SHA-256 of what must not have changed when it is claimed (rule 2)
    to_address: str  #: the debtor's address, also where a redirect goes elsewhere
    subject: str
    own_text: str  #: the plain text, to subtract from answers
    message_id: str
    sha256: str = Field(foreign_key="blob.sha256")
    deadline: date | None = None  #: a formal notice's
    created_at: datetime = instant()
    rendered_at: datetime = instant()
    approved_at: datetime | None = instant(nullable=True)
    approved_by: str = ""
    next_attempt_at: datetime | None = instant(nullable=True)
    attempts: int = 0
    left_at: datetime | None = instant(nullable=True)  #: when it left or, in doubt, may have left
    provider_id: str = ""  #: the id that the server's 250 gave it, where it renames
    copy_filed_at: datetime | None = instant(nullable=True)  #: when its copy was filed in the Sent folder
    outcome: str = ""  #: why it ended as it did, in words


class NoticeInvoiceRow(SQLModel, table=True):
    """An invoice in a notice, with the stage that it reaches there.

    `active` is true while the notice is in flight or delivered: the partial unique index makes rule 1 (at most one for
    an invoice and a stage) the database's own.
    """

    __tablename__ = "notice_invoice"
    __table_args__ = (
        Index(
            "ux_notice_invoice_active",
            "invoice_id",
            "stage",
            "track",
            unique=True,
            sqlite_where=text("active"),
            postgresql_where=text("active"),
        ),
    )

    notice_id: int = Field(foreign_key="notice.id", primary_key=True)
    invoice_id: int = Field(foreign_key="invoice.id", primary_key=True, index=True)
    creditor_id: int = creditor_key()
    stage: str
    track: str
    outstanding_minor: int
    currency: str
    active: bool = True
    served_on: date | None = None  #: the day of its 250; None again after a final bounce


class AttemptRow(SQLModel, table=True):
    """One handing-over of a notice to the SMTP server, with the server's exact words."""

    __tablename__ = "attempt"
    __table_args__ = (Index("ix_attempt_claimed_at", "creditor_id", "claimed_at"),)

    id: int | None = Field(default=None, primary_key=True)
    creditor_id: int = creditor_key()
    notice_id: int = Field(foreign_key="notice.id", index=True)
    number: int
    state: str  #: claimed | sending | accepted | refused | in_doubt | withdrawn
    claimed_at: datetime = instant()
    ended_at: datetime | None = instant(nullable=True)
    phase: str = ""
    code: int | None = None
    answer: str = ""
    queue_id: str = ""


class FolderRow(SQLModel, table=True):
    """How far a mailbox folder was read."""

    __tablename__ = "folder"

    creditor_id: int = Field(foreign_key="creditor.id", primary_key=True)
    mailbox: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    role: str = ""  #: inbox | junk | sent | other
    watched: bool = True  #: found under the configuration's folders when the mailbox was last opened
    uidvalidity: int = 0  #: 0 where it must be read anew
    last_uid: int = 0  #: the highest that was seen
    modseq: int = 0  #: HIGHESTMODSEQ (RFC 7162) when it was last read to its end; 0 if the server told none
    read_to_end_at: datetime | None = instant(nullable=True)


class MessageRow(SQLModel, table=True):
    """A message as fetched, before and after reading (rule 5)."""

    __tablename__ = "message"
    __table_args__ = (
        # with its bytes: after a restore without a new UIDVALIDITY a UID names another message
        UniqueConstraint("creditor_id", "mailbox", "folder", "uidvalidity", "uid", "sha256"),
        Index("ix_message_state", "creditor_id", "state"),
        Index("ix_message_sha256", "creditor_id", "sha256"),
        Index("ix_message_trace", "creditor_id", "trace"),
        Index("ix_message_message_id", "creditor_id", "message_id"),
        Index("ix_message_unmatched", "creditor_id", "unmatched_since"),
    )

    id: int | None = Field(default=None, primary_key=True)
    creditor_id: int = creditor_key()
    mailbox: str
    folder: str
    role: str = ""
    uidvalidity: int
    uid: int
    sha256: str = Field(foreign_key="blob.sha256")
    trace: str = ""  #: SHA-256 of what its author wrote (replies.trace), by which it is known again
    arrived_at: datetime | None = instant(nullable=True)  #: the server's INTERNALDATE
    fetched_at: datetime = instant()
    state: str = "stored"  #: stored | read | set_aside | duplicate | purged
    tries: int = 0
    error: str = ""
    kind: str = ""  #: own | bounce | machine | person | colleague
    message_id: str = ""
    from_address: str = ""
    subject: str = ""
    sent_at: datetime | None = instant(nullable=True)
    content: str = ""  #: SHA-256 of what it says once read
    suspect: bool = False  #: our own server saw that its sender is forged
    unmatched_since: datetime | None = instant(nullable=True)  #: read, and about no debtor of ours
    filed_at: datetime | None = instant(nullable=True)  #: moved or flagged on the server, as the admin asked


class ReplyRow(SQLModel, table=True):
    """What a message from outside was understood to say; corrections are new values, the ledger keeps the old."""

    __tablename__ = "reply"
    __table_args__ = (Index("ix_reply_open", "creditor_id", "handled_at"),)

    id: int | None = Field(default=None, primary_key=True)
    creditor_id: int = creditor_key()
    message_id: int = Field(foreign_key="message.id", unique=True)
    debtor_id: int | None = Field(default=None, foreign_key="debtor.id", index=True)
    notice_id: int | None = Field(default=None, foreign_key="notice.id", index=True)
    matched_by: str = ""
    trust: str = ""  #: known | domain | unverified
    intent: str
    confidence: float
    needs_review: bool
    reply_text: str = ""
    understanding: Any = Field(sa_column=Column(JSON, nullable=False))  #: the classifier's whole answer
    candidates: Any = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )  #: likely debtors' ids
    #: how it was matched, how far its sender is proven, what is odd about it: see services.trust.as_json
    origin: Any = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    received_at: datetime = instant()
    effect: str = ""  #: what the bot did, in words
    handled_at: datetime | None = instant(nullable=True)
    handled_by: str = ""
