"""Bytes by their SHA-256, compressed: messages as fetched and as sent, in the same transaction as what refers to them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from relance_mailer.errors import NotFoundError, StoreError
from relance_mailer.store.tables import BlobRow

#: Mail is mostly text: level 1 is already half its size, at a fraction of level 6's time.
_LEVEL = 1

_BLOB: Any = BlobRow.__table__  # type: ignore[attr-defined]


def put(session: Session, raw: bytes) -> str:
    """Keep `raw` and return its SHA-256 in hexadecimal; keeping it again changes nothing."""
    return put_many(session, [raw])[0]


def put_many(session: Session, raws: Iterable[bytes]) -> list[str]:
    """Keep each of `raws` and return their SHA-256 in the same order."""
    rows: dict[str, dict[str, object]] = {}
    names = []
    for raw in raws:
        name = sha256(raw).hexdigest()
        names.append(name)
        if name not in rows:
            rows[name] = {"sha256": name, "size": len(raw), "data": zlib.compress(raw, _LEVEL)}
    if rows:
        session.connection().execute(_insert_if_new(session), list(rows.values()))
    return names


def get(session: Session, name: str) -> bytes:
    """Return the bytes whose SHA-256 is `name`.

    NotFoundError if they are not kept, StoreError if what is kept is no longer what was put.
    """
    return get_many(session, [name])[0]


def get_many(session: Session, names: Sequence[str]) -> list[bytes]:
    """Return the bytes of each name, in the same order; errors as `get`."""
    found = {
        row.sha256: _unpacked(row.sha256, row.size, row.data)
        for row in session.execute(
            select(_BLOB.c.sha256, _BLOB.c.size, _BLOB.c.data).where(_BLOB.c.sha256.in_(names))
        )
    }
    for name in names:
        if name not in found:
            raise NotFoundError(f"No bytes with SHA-256 {name} are kept in this database.")
    return [found[name] for name in names]


def _unpacked(name: str, size: int, data: bytes) -> bytes:
    try:
        raw = zlib.decompressobj().decompress(data, size + 1)
    except zlib.error as error:
        raise StoreError(_damaged(name)) from error
    if sha256(raw).hexdigest() != name:
        raise StoreError(_damaged(name))
    return raw


def _insert_if_new(session: Session) -> Any:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(_BLOB).on_conflict_do_nothing(index_elements=["sha256"])


def _damaged(name: str) -> str:
    return f"The bytes kept as SHA-256 {name} were damaged or changed; restore them from a backup."
