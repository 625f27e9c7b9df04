"""Whether this database is where it was installed: a copy or an older backup must not send (design rule 9).

A random id stands in the database and in a state file outside it, together with a fingerprint of the machine and the
heads of the ledger. What does not fit is not trusted, and the caller falls back to shadow.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from relance_mailer.errors import ConflictError, StoreError
from relance_mailer.store.ledger import Head, head
from relance_mailer.store.tables import CreditorRow, InstallationRow, LedgerRow

#: Identifies a Linux system (machine-id(5)); containers may lack it.
MACHINE_ID = Path("/etc/machine-id")
_REMEDY = "if this is meant, run `relance-mailer release installation`"


@dataclass(frozen=True, slots=True)
class InstallationState:
    """Whether the database may send, and why not, in words."""

    trusted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Outside:
    """What the state file says.

    Attributes:
        installation_id: the same as in the database.
        host: fingerprint of the machine, "" where it has no id.
        place: where this state file lies: a folder copied on the same machine is another place.
        heads: the ledger's last known entry of each creditor id.
    """

    installation_id: str
    host: str
    place: str
    heads: Mapping[int, Head] = field(default_factory=dict)


def exists(session: Session) -> bool:
    """Say whether the database knows its installation."""
    return session.get(InstallationRow, 1) is not None


def create(session: Session, state_path: Path, *, at: datetime, machine_id_path: Path = MACHINE_ID) -> None:
    """Give a new database its id, in the caller's writing unit; ConflictError if it has one."""
    if session.get(InstallationRow, 1) is not None:
        raise ConflictError(f"This database is already installed; {_REMEDY}.")
    row = InstallationRow(installation_id=str(uuid.uuid4()), created_at=at)
    session.add(row)
    _write(
        state_path, Outside(row.installation_id, _host(machine_id_path), _place(state_path), _heads(session))
    )


def release(session: Session, state_path: Path, *, at: datetime, machine_id_path: Path = MACHINE_ID) -> None:
    """Trust the database as it is now, here: a new id, so that no older state file fits it any more.

    Runs in the caller's writing unit, after the caller has written down who released it.
    """
    row = session.get(InstallationRow, 1) or InstallationRow(installation_id="", created_at=at)
    row.installation_id = str(uuid.uuid4())
    session.add(row)
    _write(
        state_path, Outside(row.installation_id, _host(machine_id_path), _place(state_path), _heads(session))
    )


def examine(session: Session, state_path: Path, *, machine_id_path: Path = MACHINE_ID) -> InstallationState:
    """Say whether the database is the one that was installed here, and no older than it was."""
    row = session.get(InstallationRow, 1)
    if row is None:
        return _doubt("this database was never installed")
    try:
        outside = read(state_path)
    except StoreError as error:
        return _doubt(str(error))
    if outside.installation_id != row.installation_id:
        return _doubt(f"{state_path} belongs to another installation: this database is a copy")
    if outside.host != _host(machine_id_path):
        return _doubt("this machine is not the one where the database was installed")
    if outside.place != _place(state_path):
        return _doubt(f"{state_path} was copied or moved from {outside.place}")
    for creditor_id, noted in outside.heads.items():
        if words := _lost(session, creditor_id, noted):
            return _doubt(words)
    return InstallationState(
        trusted=True, reason="the database, its state file and this machine belong together"
    )


def record_heads(session: Session, state_path: Path, *, machine_id_path: Path = MACHINE_ID) -> None:
    """Note the ledger's heads outside; call it after a commit, as often as loss of the tail must be noticed.

    StoreError if the installation is not trusted: noting what it holds would hide that.
    """
    state = examine(session, state_path, machine_id_path=machine_id_path)
    if not state.trusted:
        raise StoreError(f"The ledger's heads were not noted outside the database: {state.reason}")
    outside = read(state_path)
    heads = _heads(session)
    if heads != outside.heads:
        _write(state_path, Outside(outside.installation_id, outside.host, outside.place, heads))


def read(state_path: Path) -> Outside:
    """Return what the state file says; StoreError if it is missing or cannot be read."""
    try:
        said: Any = json.loads(state_path.read_text("utf-8"))
        heads = {int(key): Head(int(one["sequence"]), str(one["hash"])) for key, one in said["heads"].items()}
        return Outside(str(said["installation_id"]), str(said["host"]), str(said["place"]), heads)
    except FileNotFoundError as error:
        raise StoreError(f"the state file {state_path} is missing") from error
    except OSError as error:
        raise StoreError(f"the state file {state_path} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreError(f"the state file {state_path} is damaged") from error


def _doubt(words: str) -> InstallationState:
    return InstallationState(trusted=False, reason=f"{words}; nothing leaves; {_REMEDY}.")


def _lost(session: Session, creditor_id: int, noted: Head) -> str:
    """Return in words what the database has lost of a chain whose head was noted outside; "" if nothing."""
    if noted.sequence == 0:
        return ""
    now = head(session, creditor_id)
    if now.sequence < noted.sequence:
        return (
            f"the database is older than its state file: its ledger ends at entry {now.sequence}, "
            f"entry {noted.sequence} was noted; what was sent since is not in it"
        )
    there = session.get(LedgerRow, (creditor_id, noted.sequence))
    if there is None or there.hash != noted.hash:
        return f"entry {noted.sequence} of the ledger is not the one noted in the state file: its history differs"
    return ""


def _heads(session: Session) -> dict[int, Head]:
    """Return the head of every chain."""
    ids = session.execute(select(col(CreditorRow.id))).scalars().all()
    return {number: head(session, number) for number in ids if number is not None}


def _place(state_path: Path) -> str:
    return str(state_path.resolve())


def _host(machine_id_path: Path) -> str:
    """Return a fingerprint of the machine: its id itself is to be kept confidential (machine-id(5))."""
    try:
        found = machine_id_path.read_text("ascii", "replace").strip()
    except OSError:
        return ""
    return sha256(f"relance-mailer {found}".encode()).hexdigest() if found else ""


def _write(state_path: Path, outside: Outside) -> None:
    """Replace the state file at once and durably: a crash leaves the old one or the new one."""
    heads = {str(key): {"sequence": one.sequence, "hash": one.hash} for key, one in outside.heads.items()}
    said = {
        "installation_id": outside.installation_id,
        "host": outside.host,
        "place": outside.place,
        "heads": heads,
    }
    fresh = state_path.with_name(state_path.name + ".new")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(said, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(state_path)
        folder = os.open(state_path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    except OSError as error:
        raise StoreError(f"The state file {state_path} cannot be written: {error.strerror}.") from error
