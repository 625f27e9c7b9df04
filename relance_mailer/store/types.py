"""Column types that keep design rule 11: instants are UTC-aware whatever the engine gives back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, TypeDecorator


class UtcInstant(TypeDecorator[datetime]):
    """An aware instant, stored in UTC; SQLite forgets zones, so it is given back its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        """Refuse a naive instant; bring any other to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"naive instant {value!r} cannot be stored"
            raise ValueError(msg)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
