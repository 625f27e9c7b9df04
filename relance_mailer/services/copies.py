"""The invoices' own documents that go with a reminder: `[sending] invoice_copies = "factures/{number}.pdf"`.

A reminder never waits for them: what is missing or too large is left out, and the ledger's entry says so. They are read
once, when the notice is written: its bytes are fixed then, and no document of an invoice changes once it is issued.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from relance_mailer.dunning.notice import Proposal
from relance_mailer.mail.attachment import Attachment
from relance_mailer.services.office import Office
from relance_mailer.store import parties
from relance_mailer.store.cases import DebtorFile

LIMIT = 5_000_000  #: bytes of all documents of one message
_MEDIA_TYPES = {
    ".pdf": "application/pdf",
    ".xml": "application/xml",
    ".html": "text/html",
    ".png": "image/png",
}
_NOT_IN_NAMES = re.compile(r"[^\w .,+=@~()-]")
_LONGEST = 120  #: characters of a number in a file's name


@dataclass(frozen=True, slots=True)
class Copies:
    """What goes along, and the numbers of the invoices whose document does not."""

    attached: tuple[Attachment, ...] = ()
    lacking: tuple[str, ...] = ()


def copies(office: Office, file: DebtorFile, proposal: Proposal) -> Copies:
    """Return the documents of a notice's invoices, in its order; none if the configuration wants none."""
    wanted = office.config.sending.invoice_copies
    if not wanted:
        return Copies()
    attached: list[Attachment] = []
    lacking: list[str] = []
    room = LIMIT
    for case, _ in proposal.cases:
        number = case.invoice.number
        names = {"number": in_a_name(number), "debtor": in_a_name(file.debtor.reference)}
        path = office.config.folder / wanted.format(**names)
        whole = all(names[key] for key in names if f"{{{key}}}" in wanted)
        data = _read(path, room) if whole and not _another_s(office, file, names["number"]) else None
        if data is None:
            lacking.append(number)
            continue
        room -= len(data)
        media_type = _MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")
        attached.append(Attachment(path.name, media_type, data))
    return Copies(tuple(attached), tuple(lacking))


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
