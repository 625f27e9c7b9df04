"""Fields and names that all tables share."""

from __future__ import annotations

from typing import Any

from sqlmodel import Field, SQLModel

from relance_mailer.store.types import UtcInstant

#: Constraints have names, so that migrations can drop them.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def instant(*, nullable: bool = False, index: bool = False) -> Any:
    """Return a field for an aware instant."""
    if nullable:
        return Field(default=None, sa_type=UtcInstant, nullable=True, index=index)
    return Field(sa_type=UtcInstant, nullable=False, index=index)


def creditor_key() -> Any:
    """Return the field that says whose row this is."""
    return Field(foreign_key="creditor.id", nullable=False)
