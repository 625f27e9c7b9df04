"""What Alembic runs: the caller's connection, in the caller's transaction."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import relance_mailer.store.tables  # noqa: F401 - fills SQLModel.metadata
from relance_mailer.store.types import UtcInstant


def render_item(kind: str, item: Any, _autogen: object) -> str | Literal[False]:
    """Write plain column types into revisions: they must not change with the program's own."""
    if kind == "type" and isinstance(item, UtcInstant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    render_item=render_item,
    compare_type=True,
    compare_server_default=True,
)
context.run_migrations()
