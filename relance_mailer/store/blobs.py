"""Bytes by their SHA-256, compressed: messages as fetched and as sent, in the same transaction as what refers to them."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from relance_mailer.errors import NotFoundError, StoreError
from relance_mailer.store.tables import BlobRow

#: Mail is mostly text: level 1 is already half its size, at a fraction of level 6's time.
_LEVEL = 1
#: Beyond it lie mostly files in base64: no words to find again in them, only letters of six bits each.
_MOSTLY_FILES = 50_000

_ERASED = b""  #: no compressed bytes are empty

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
            rows[name] = {"sha256": name, "size": len(raw), "data": _packed(raw)}
    if rows:
        statement = _insert_if_new(session.get_bind().dialect.name)
        session.connection().execute(statement, list(rows.values()))
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
        if row.data != _ERASED
    }
    for name in names:
        if name not in found:
            raise NotFoundError(f"No bytes with SHA-256 {name} are kept in this database.")
    return [found[name] for name in names]


def erase(session: Session, names: Collection[str]) -> None:
    """Forget the bytes of each name; that they were here, and their SHA-256, stays. Kept again, they are back."""
    session.connection().execute(update(_BLOB).where(_BLOB.c.sha256.in_(names)).values(size=0, data=_ERASED))


def _packed(raw: bytes) -> bytes:
    strategy = zlib.Z_HUFFMAN_ONLY if len(raw) > _MOSTLY_FILES else zlib.Z_DEFAULT_STRATEGY
    packer = zlib.compressobj(_LEVEL, strategy=strategy)
    return packer.compress(raw) + packer.flush()


def _unpacked(name: str, size: int, data: bytes) -> bytes:
    try:
        raw = zlib.decompressobj().decompress(data, size + 1)
    except zlib.error as error:
        raise StoreError(_damaged(name)) from error
    if sha256(raw).hexdigest() != name:
        raise StoreError(_damaged(name))
    return raw


@cache
def _insert_if_new(engine: str) -> Any:
    dialect = postgresql if engine == "postgresql" else sqlite
    new = dialect.insert(_BLOB)
    return new.on_conflict_do_update(
        index_elements=["sha256"],
        set_={"size": new.excluded.size, "data": new.excluded.data},
        where=_BLOB.c.data == _ERASED,
    )


def _damaged(name: str) -> str:
    return f"The bytes kept as SHA-256 {name} were damaged or changed; restore them from a backup."
