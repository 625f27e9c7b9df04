"""An excerpt of a creditor's ledger as JSON Lines: every entry's hashed fields, and the payloads that may be shown.

A line says what design rule 6 hashes: `hash` is SHA-256 of the JSON array `[previous, sequence, at, kind, actor, subject,
digest]` (RFC 8785, UTF-8), `digest` is SHA-256(salt ‖ payload). An entry of this case file also has its `salt` and
`payload`, the latter as the text that was digested; one whose payload was erased has null; one that belongs to others has
neither, and its place in the chain can be verified all the same (docs/adr/0008).

Written apart from the ledger's own code on purpose: what checks the store should not be the store.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

_HEX = re.compile(r"[0-9a-f]{64}")
_SALT = re.compile(r"(?:[0-9a-f]{2}){1,64}")
_HASHED = ("previous", "sequence", "at", "kind", "actor", "subject", "digest")
_ALWAYS = frozenset({*_HASHED, "hash"})
MAX_LINE = 16 * 1024 * 1024  #: bytes; a payload is some hundred


@dataclass(frozen=True, slots=True)
class Line:
    """One entry in an excerpt.

    Attributes:
        told: its payload belongs to this case file (it may have been erased since).
        payload: the canonical JSON that was digested, None if erased or of others.
    """

    sequence: int
    previous: str
    at: str
    kind: str
    actor: str
    subject: str
    digest: str
    hash: str
    told: bool = False
    salt: bytes | None = None
    payload: str | None = None

    @property
    def erased(self) -> bool:
        """True if it belongs to the case file and its payload was erased."""
        return self.told and self.payload is None

    def own_hash(self) -> str:
        """Return what its hash must be."""
        return sha256(_dumps([getattr(self, name) for name in _HASHED])).hexdigest()

    def own_digest(self) -> str:
        """Return what its digest must be, by the payload that stands here."""
        assert self.salt is not None
        assert self.payload is not None
        return sha256(self.salt + self.payload.encode("utf-8")).hexdigest()

    def said(self) -> dict[str, Any]:
        """Return its payload read, {} where there is none that is a JSON object."""
        try:
            value = json.loads(self.payload or "{}")
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}


def encode(line: Line) -> bytes:
    """Return an entry as one line; `decode` accepts this form only, so that no byte of an excerpt is free."""
    fields: dict[str, object] = {name: getattr(line, name) for name in _ALWAYS}
    if line.told:
        fields["payload"] = line.payload
    if line.salt is not None:
        fields["salt"] = line.salt.hex()
    return _dumps(fields) + b"\n"


def decode(raw: bytes) -> Line:
    """Read one line; ValueError if it is no entry in exactly the form that `encode` writes."""
    try:
        fields = json.loads(raw)
    except RecursionError as error:
        raise ValueError(raw[:80]) from error
    if not isinstance(fields, dict) or not _is_entry(fields):
        raise ValueError(raw[:80])
    salt = bytes.fromhex(fields["salt"]) if "salt" in fields else None
    line = Line(
        **{name: fields[name] for name in _ALWAYS},
        told="payload" in fields,
        salt=salt,
        payload=fields.get("payload"),
    )
    if encode(line) != raw:
        raise ValueError(raw[:80])
    return line


def _is_entry(fields: dict[str, Any]) -> bool:
    """Say whether an object has the names and the types of an entry, none missing and none more."""
    told = fields.keys() - _ALWAYS
    shapes: dict[str, Callable[[Any], bool]] = {
        "sequence": lambda value: type(value) is int and value > 0,
        "previous": _is_hex,
        "digest": _is_hex,
        "hash": _is_hex,
        "salt": lambda value: isinstance(value, str) and bool(_SALT.fullmatch(value)),
        "payload": lambda value: isinstance(value, str) if "salt" in fields else value is None,
    }
    return (
        fields.keys() >= _ALWAYS
        and told in (set(), {"payload"}, {"payload", "salt"})
        and all(shapes.get(name, _is_text)(value) for name, value in fields.items())
    )


def _is_hex(value: object) -> bool:
    return isinstance(value, str) and bool(_HEX.fullmatch(value))


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _dumps(value: object) -> bytes:
    """JSON as RFC 8785 writes it, for texts and integers (the standard encoder does, of these)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that does not hold: a key of texts.words and what its words name."""

    key: str
    arguments: tuple[tuple[str, object], ...] = ()


def flaw(key: str, **arguments: object) -> Flaw:
    """Return a flaw."""
    return Flaw(key, tuple(arguments.items()))


def flaws_of(line: Line, before: Line | None) -> Iterator[Flaw]:
    """Yield what is wrong with an entry that follows `before` (None: it is the first of the excerpt)."""
    if before is not None and line.sequence != before.sequence + 1:
        yield flaw("dossier.bad.gap", before=before.sequence, sequence=line.sequence)
    elif before is not None and line.previous != before.hash:
        yield flaw("dossier.bad.link", before=before.sequence, sequence=line.sequence)
    if line.own_hash() != line.hash:
        yield flaw("dossier.bad.hash", sequence=line.sequence)
    if line.payload is not None and line.own_digest() != line.digest:
        yield flaw("dossier.bad.digest", sequence=line.sequence)
