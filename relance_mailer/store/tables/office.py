"""Whose database this is, and what its people decided: installation, creditors, switches, IBANs, tasks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from relance_mailer.store.fields import creditor_key, instant


class InstallationRow(SQLModel, table=True):
    """The one row that says which installation this database belongs to (rule 9)."""

    __tablename__ = "installation"

    id: int = Field(default=1, primary_key=True)
    installation_id: str
    created_at: datetime = instant()


class CreditorRow(SQLModel, table=True):
    """A creditor; its particulars stand in the configuration, its state here."""

    __tablename__ = "creditor"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    name: str


class SettingRow(SQLModel, table=True):
    """A switch that people turn: stop-all, live since, approved runs; one JSON value a key."""

    __tablename__ = "setting"

    creditor_id: int = Field(foreign_key="creditor.id", primary_key=True)
    key: str = Field(primary_key=True)
    value: Any = Field(sa_column=Column(JSON, nullable=False))
    changed_at: datetime = instant()
    changed_by: str


class AcceptedIbanRow(SQLModel, table=True):
    """A creditor's IBAN that may leave in a message (rule 10)."""

    __tablename__ = "accepted_iban"
    __table_args__ = (UniqueConstraint("creditor_id", "iban"),)

    id: int | None = Field(default=None, primary_key=True)
    creditor_id: int = creditor_key()
    iban: str
    accepted_at: datetime = instant()
    accepted_by: str


class TaskRow(SQLModel, table=True):
    """Something that a person must do or know."""

    __tablename__ = "task"
    __table_args__ = (
        Index(
            "ux_task_open",
            "creditor_id",
            "kind",
            "subject",
            unique=True,
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
        Index("ix_task_subject", "creditor_id", "kind", "subject"),
        Index("ix_task_alerted_at", "creditor_id", "alerted_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    creditor_id: int = creditor_key()
    kind: str
    subject: str  #: "invoice:12", "debtor:3", "notice:7", "creditor:1"
    debtor_id: int | None = Field(default=None, foreign_key="debtor.id", index=True)
    words: str
    owner: str = ""
    created_at: datetime = instant()
    remind_on: date | None = None
    done_at: datetime | None = instant(nullable=True)
    done_by: str = ""
    alerted_at: datetime | None = instant(nullable=True)  #: when a mail told the team of it
