"""The ledger's two tables (rule 6)."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field, SQLModel


class LedgerRow(SQLModel, table=True):
    """One entry of a creditor's chain (rule 6); UPDATE, DELETE and a second INSERT of a sequence are refused."""

    __tablename__ = "ledger"
    # no rowid: INSERT OR REPLACE could name one and drop an entry past the triggers
    __table_args__ = (Index("ix_ledger_subject", "creditor_id", "subject"), {"sqlite_with_rowid": False})

    creditor_id: int = Field(foreign_key="creditor.id", primary_key=True)
    sequence: int = Field(primary_key=True)
    previous: str = Field(max_length=64)
    at: str  #: RFC 3339 in UTC with microseconds, as hashed
    kind: str
    actor: str
    subject: str
    digest: str = Field(max_length=64)  #: SHA-256(salt ‖ payload)
    hash: str = Field(max_length=64)


class LedgerPayloadRow(SQLModel, table=True):
    """An entry's canonical JSON and salt; may be erased (GDPR) while the chain still verifies."""

    __tablename__ = "ledger_payload"

    creditor_id: int = Field(foreign_key="creditor.id", primary_key=True)
    sequence: int = Field(primary_key=True)
    debtor_id: int | None = Field(default=None, index=True)
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    payload: str
