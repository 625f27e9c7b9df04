"""What is owed and what came in: debtors, contacts, invoices, payments, allocations, imports."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from relance_mailer.dunning.policy import DEFAULT
from relance_mailer.store.fields import creditor_key, instant


class DebtorRow(SQLModel, table=True):
    """A customer who owes; its identity is the creditor's own reference for it."""

    __tablename__ = "debtor"
    __table_args__ = (UniqueConstraint("creditor_id", "reference"),)

    id: int | None = Field(default=None, primary_key=True)
    creditor_id: int = creditor_key()
    reference: str
    name: str
    kind: str
    language: str
    country: str
    subdivision: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    siren: str = ""
    vat: str = ""
    segment: str = ""
    policy: str = DEFAULT  #: the name of the dunning policy that it follows
    created_at: datetime = instant()


class ContactRow(SQLModel, table=True):
    """An e-mail address at a debtor."""

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("debtor_id", "address"),
        Index("ix_contact_address", "creditor_id", "address"),
        Index("ix_contact_domain", "creditor_id", "domain"),
    )

    id: int | None = Field(default=None, primary_key=True)
    creditor_id: int = creditor_key()
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    address: str  #: lower case
    domain: str  #: lower case
    name: str = ""
    role: str = "other"  #: accounts | other | purchasing | management: written to in this order
    rank: int = 0
    state: str = "usable"  #: usable | dead | unserved (the last notice did not arrive) | stopped
    absent_since: date | None = None  #: the day on which an absence was told
    absent_until: date | None = None  #: first day back, minus one; no formal notice goes into an absence


class InvoiceRow(SQLModel, table=True):
    """An invoice, or a credit note with a negative total."""

    __tablename__ = "invoice"
    __table_args__ = (
        UniqueConstraint("creditor_id", "number"),
        Index("ix_invoice_next_look", "creditor_id", "next_look_at"),
        Index("ix_invoice_series", "creditor_id", "series"),
    )

    id: int | None = Field(default=None, primary_key=True)
    creditor_id: int = creditor_key()
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    number: str
    issued: date
    due: date
    total_minor: int
    currency: str
    order_number: str = ""
    first_seen: date
    next_look_at: datetime | None = instant(nullable=True)  #: when to decide again; None: an event will say
    handed_over_at: datetime | None = instant(nullable=True)
    series: int | None = None  #: the first import of the run of exports that lists it (ADR 7)


class PaymentRow(SQLModel, table=True):
    """Money that came in."""

    __tablename__ = "payment"
    __table_args__ = (UniqueConstraint("creditor_id", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    creditor_id: int = creditor_key()
    debtor_id: int | None = Field(default=None, foreign_key="debtor.id", index=True)
    key: str  #: the bank's reference, else (date, sum, debtor, label, n-th such row)
    paid_on: date
    amount_minor: int
    currency: str
    label: str = ""
    bank_reference: str = ""
    imported_at: datetime = instant()


class AllocationRow(SQLModel, table=True):
    """What is known to be settled of an invoice: by a payment, a credit note, or as stated by an import."""

    __tablename__ = "allocation"

    id: int | None = Field(default=None, primary_key=True)
    creditor_id: int = creditor_key()
    invoice_id: int = Field(foreign_key="invoice.id", index=True)
    payment_id: int | None = Field(default=None, foreign_key="payment.id", index=True)
    credit_note_id: int | None = Field(default=None, foreign_key="invoice.id", index=True)
    kind: str  #: payment | credit_note | stated
    amount_minor: int
    currency: str
    as_of: date  #: day of payment; of a stated balance, its day


class ImportRow(SQLModel, table=True):
    """One import of a file; the last one of payments or balances tells their freshness (rule 4)."""

    __tablename__ = "import"
    __table_args__ = (Index("ix_import_sha256", "creditor_id", "kind", "sha256"),)

    id: int | None = Field(default=None, primary_key=True)
    creditor_id: int = creditor_key()
    kind: str  #: invoices | payments | debtors
    file_name: str
    sha256: str
    imported_at: datetime = instant()
    added: int
    changed: int
    unchanged: int
    refused: int
    tells_payments: bool  #: it said what was paid: a payments file, or invoices with balances
