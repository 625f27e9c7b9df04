"""Making a case file: every message both ways, a chronology, the ledger's entries, and what it takes to verify them."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import IO

from relance_mailer.errors import ConflictError, InputError
from relance_mailer.evidence.chain import Line, encode
from relance_mailer.evidence.chronology import render
from relance_mailer.evidence.pack import Pack
from relance_mailer.evidence.verify import LEDGER, MANIFEST
from relance_mailer.services import dossier_letters, dossier_page, dossier_scope
from relance_mailer.services.dossier_page import Excerpt
from relance_mailer.services.dossier_scope import Scope
from relance_mailer.services.office import Office
from relance_mailer.services.reader import Reader
from relance_mailer.store import blobs, ledger
from relance_mailer.store import dossier as store
from relance_mailer.store.ledger import Entry, Head, Kind
from relance_mailer.store.session import Session

VERIFIER = "verify.py"
_VERIFIER = resources.files("relance_mailer.evidence").joinpath("standalone.py")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Written:
    """What went into a case file."""

    scope: Scope
    messages: int
    erased: int
    events: int


@dataclass(frozen=True, slots=True)
class Exported:
    """A case file that was made; `erased` are messages whose bytes are no longer kept."""

    file: Path
    sha256: str
    size: int
    debtor: str
    invoice: str
    messages: int
    erased: int
    events: int
    first: int
    head: Head


def export(office: Office, what: str, out: Path | None, now: datetime, by: str, reader: Reader) -> Exported:
    """Write the case file of the debtor or invoice called `what`; the ledger says that it was made, and for whom.

    Args:
        office: whose ledger.
        what: a debtor's reference or an invoice's number.
        out: the file to make; None for one in the present folder, named after `what` and the instant.
        now: the instant of the export, aware.
        by: who exports.
        reader: reads the messages, apart from this process.

    Raises:
        NotFoundError: there is no such debtor nor invoice; names the nearest ones.
        ConflictError: the file exists already.
        InputError: the file cannot be written.
    """
    path = out or Path(file_name(office, what, now))
    with _new_file(path) as file:
        with office.db.write() as session:
            scope = dossier_scope.find(session, office, what)
            excerpt = _record(session, office, scope, path.name, now, by)
        return _finished(path, file, excerpt, write(office, what, excerpt, file, reader))


def file_name(office: Office, what: str, now: datetime) -> str:
    """Return what a case file is called where nobody says."""
    local = now.astimezone(office.config.creditor.zone)
    safe = _UNSAFE.sub("-", what).strip("-.")[:60] or "export"
    return f"dossier-{safe}-{local:%Y%m%d-%H%M%S}.zip"


@contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that appears under its name only once it is whole, readable by its owner alone."""
    if path.exists():
        raise ConflictError(f"{path} exists already: name another file with --out")
    try:
        handle, name = tempfile.mkstemp(prefix=".dossier-", dir=path.parent)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(handle)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _record(session: Session, office: Office, scope: Scope, name: str, now: datetime, by: str) -> Excerpt:
    """Write down that this is exported, before anything is read: the entry is the last one of the excerpt."""
    own = ledger.head(session, office.creditor_id).sequence + 1
    first = store.first_about(session, office.creditor_id, scope.subjects) or own
    payload = {"what": scope.name, "file": name, "first": first, "last": own}
    entry = Entry(Kind.EXPORTED, scope.subject, payload, scope.debtor.id)
    return Excerpt(first, ledger.append(session, office.creditor_id, [entry], at=now, actor=by), now, by)


def write(office: Office, what: str, excerpt: Excerpt, file: IO[bytes], reader: Reader) -> Written:
    """Write a case file out of one snapshot of the database; the same snapshot and excerpt give the same bytes."""
    last = excerpt.last.sequence
    with office.db.read() as session:
        scope = dossier_scope.find(session, office, what)
        entries = store.entries_about(session, office.creditor_id, scope.subjects, last)
        kept = dossier_letters.letters(session, office, scope, entries, reader)
        page = dossier_page.page_of(session, office, scope, entries, kept, excerpt)
        told = {entry.sequence for entry in entries}
        [before] = store.links(session, office.creditor_id, excerpt.first, excerpt.first, ())
        pack = Pack(file, excerpt.at)
        pack.add(dossier_page.readme_name(page.language), [dossier_page.readme(page).encode("utf-8")])
        pack.add(dossier_page.chronology_name(page.language), [render(page).encode("utf-8")])
        links = store.links(session, office.creditor_id, excerpt.first, last, told)
        pack.add(LEDGER, (encode(_line(link, told=link.sequence in told)) for link in links))
        for one in kept:
            if one.letter.file:
                pack.add(one.letter.file, [blobs.get(session, one.letter.sha256)])
        pack.add(MANIFEST, [dossier_page.manifest(office, page, kept, before.previous)])
        pack.add(VERIFIER, [_VERIFIER.read_bytes()])
        pack.close()
    present = sum(bool(one.letter.file) for one in kept)
    return Written(scope, present, len(kept) - present, len(page.events))


def _finished(path: Path, file: IO[bytes], excerpt: Excerpt, written: Written) -> Exported:
    size = file.tell()
    file.seek(0)
    digest = sha256()
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    scope = written.scope
    return Exported(
        file=path,
        sha256=digest.hexdigest(),
        size=size,
        debtor=scope.debtor.reference,
        invoice=scope.invoice.number if scope.invoice else "",
        messages=written.messages,
        erased=written.erased,
        events=written.events,
        first=excerpt.first,
        head=excerpt.last,
    )


def _line(link: store.Link, *, told: bool) -> Line:
    return Line(
        sequence=link.sequence,
        previous=link.previous,
        at=link.at,
        kind=link.kind,
        actor=link.actor,
        subject=link.subject,
        digest=link.digest,
        hash=link.hash,
        told=told,
        salt=link.salt,
        payload=link.payload,
    )
