"""Bytes by their SHA-256, compressed: messages as fetched and as sent, in the same transaction as what refers to them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
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
    found = session.execute(select(_BLOB.c.size, _BLOB.c.data).where(_BLOB.c.sha256 == name)).first()
    if found is None:
        raise NotFoundError(f"No bytes with SHA-256 {name} are kept in this database.")
    try:
        raw = zlib.decompressobj().decompress(found.data, found.size + 1)
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
