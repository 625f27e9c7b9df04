"""The invoices' own documents that go with a reminder: `[sending] invoice_copies = "factures/{number}.pdf"`.

A reminder never waits for them: what is missing or too large is left out, and the ledger's entry says so. They are read
once, when the notice is written: its bytes are fixed then, and no document of an invoice changes once it is issued.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from relance_mailer.dunning.notice import Proposal
from relance_mailer.mail.attachment import Attachment
from relance_mailer.services.office import Office
from relance_mailer.store import parties
from relance_mailer.store.cases import DebtorFile

LIMIT = 5_000_000  #: bytes of all documents of one message
READ_AHEAD = 50_000_000  #: bytes for one writing unit; what is beyond is read as its message is written
_MEDIA_TYPES = {
    ".pdf": "application/pdf",
    ".xml": "application/xml",
    ".html": "text/html",
    ".png": "image/png",
}
_NOT_IN_NAMES = re.compile(r"[^\w .,+=@~()-]")
_LONGEST = 120  #: characters of a number in a file's name


#: Documents read already; None where nothing usable lies.
Ahead = Mapping[Path, bytes | None]
NOTHING_READ: Ahead = {}


@dataclass(frozen=True, slots=True)
class Copies:
    """What goes along, and the numbers of the invoices whose document does not."""

    attached: tuple[Attachment, ...] = ()
    lacking: tuple[str, ...] = ()


def read_ahead(office: Office, wanted: Iterable[tuple[DebtorFile, Proposal]]) -> Ahead:
    """Read the documents of what is about to be written, before the unit that writes: a slow disk holds nobody up."""
    ahead: dict[Path, bytes | None] = {}
    room = READ_AHEAD
    for file, proposal in wanted:
        for case, _ in proposal.cases:
            path = _path(office, file, case.invoice.number)
            if path is not None and path not in ahead and room > 0:
                ahead[path] = data = _read(path, LIMIT)
                room -= len(data or b"")
    return ahead


def copies(office: Office, file: DebtorFile, proposal: Proposal, ahead: Ahead) -> Copies:
    """Return the documents of a notice's invoices, in its order; none if the configuration wants none."""
    if not office.config.sending.invoice_copies:
        return Copies()
    attached: list[Attachment] = []
    lacking: list[str] = []
    room = LIMIT
    for case, _ in proposal.cases:
        number = case.invoice.number
        path = _path(office, file, number)
        if path is None or _another_s(office, file, in_a_name(number)):
            data = None
        else:
            data = ahead[path] if path in ahead else _read(path, room)
        if path is None or data is None or len(data) > room:
            lacking.append(number)
            continue
        room -= len(data)
        media_type = _MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")
        attached.append(Attachment(path.name, media_type, data))
    return Copies(tuple(attached), tuple(lacking))


def _path(office: Office, file: DebtorFile, number: str) -> Path | None:
    """Return where an invoice's document lies; None if none is wanted, or nothing is left of a name."""
    wanted = office.config.sending.invoice_copies
    names = {"number": in_a_name(number), "debtor": in_a_name(file.debtor.reference)}
    whole = wanted and all(names[key] for key in names if f"{{{key}}}" in wanted)
    return office.config.folder / wanted.format(**names) if whole else None


def _another_s(office: Office, file: DebtorFile, name: str) -> bool:
    """Say whether the file may be another debtor's: FA/1 and FA_1 have one name, and nobody's invoice goes to another."""
    if "_" not in name:
        return False
    with office.db.read() as session:
        alike = parties.owners_of_numbers_like(session, office.creditor_id, name)
    return any(in_a_name(number) == name and owner != file.debtor.id for number, owner in alike)


def in_a_name(value: str) -> str:
    """Return a number as it stands in the name of a file: no folder, nothing hidden; "FA/2026/12" gives "FA_2026_12".

    Empty if nothing is left, or it is too long.
    """
    name = _NOT_IN_NAMES.sub("_", value).strip(" .")
    return name if len(name) <= _LONGEST else ""


def _read(path: Path, room: int) -> bytes | None:
    """Return a file's bytes; None if it is missing, empty, no plain file, or larger than `room`."""
    try:
        if not path.is_file() or path.stat().st_size > room:
            return None
        with path.open("rb") as stream:
            data = stream.read(room + 1)
    except OSError:
        return None
    return data if 0 < len(data) <= room else None
