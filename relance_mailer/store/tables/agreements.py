"""What was said and agreed: holds, promises, disputes."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from relance_mailer.store.fields import creditor_key, instant


class HoldRow(SQLModel, table=True):
    """A pause of an invoice or, without one, of all of a debtor; it has an end or an owner (rule 3)."""

    __tablename__ = "hold"
    __table_args__ = (Index("ix_hold_active", "creditor_id", "released_at", "until"),)

    id: int | None = Field(default=None, primary_key=True)
    creditor_id: int = creditor_key()
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    invoice_id: int | None = Field(default=None, foreign_key="invoice.id", index=True)
    reason: str
    since: date
    until: date | None = None  #: last day held; None: until somebody releases it
    owner: str = ""
    reply_id: int | None = Field(default=None, foreign_key="reply.id", index=True)
    created_at: datetime = instant()
    created_by: str
    released_at: datetime | None = instant(nullable=True)
    released_by: str = ""
    release_reason: str = ""


class PromiseRow(SQLModel, table=True):
    """A promise to pay one invoice."""

    __tablename__ = "promise"
    __table_args__ = (
        Index("ix_promise_state", "creditor_id", "state", "grace_until"),
        Index(
            "ix_promise_undated",
            "creditor_id",
            "grace_until",
            sqlite_where=text("due IS NULL"),
            postgresql_where=text("due IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    creditor_id: int = creditor_key()
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    invoice_id: int = Field(foreign_key="invoice.id", index=True)
    reply_id: int | None = Field(default=None, foreign_key="reply.id")
    promised_on: date  #: the day it was made
    due: date | None = None
    amount_minor: int | None = None
    currency: str
    owed_minor: int  #: outstanding when it was made
    grace_until: date
    state: str
    settled_at: datetime | None = instant(nullable=True)


class DisputeRow(SQLModel, table=True):
    """A contested invoice, wholly or for `disputed_minor`."""

    __tablename__ = "dispute"

    id: int | None = Field(default=None, primary_key=True)
    creditor_id: int = creditor_key()
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    invoice_id: int = Field(foreign_key="invoice.id", index=True)
    reply_id: int | None = Field(default=None, foreign_key="reply.id")
    reason: str
    disputed_minor: int | None = None
    currency: str
    state: str
    opened_at: datetime = instant()
    settled_at: datetime | None = instant(nullable=True)
