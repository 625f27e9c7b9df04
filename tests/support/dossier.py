"""Case files for tests: a small one made by hand, and any one taken apart, changed and put together again."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from relance_mailer.evidence.chain import Line, decode, encode
from relance_mailer.evidence.pack import SUMS, Pack, sums_text

AT = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
SENT, RECEIVED = b"Subject: Relance\r\n\r\nPayez.\r\n", b"Subject: Re: Relance\r\n\r\nNon.\r\n"
BEFORE = "ab" * 32
LEDGER, MANIFEST = "ledger.jsonl", "manifest.json"


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def link(before: Line | None, kind: str, subject: str, payload: object = None, *, told: bool = True) -> Line:
    """Return an entry that follows another, as the ledger writes it."""
    sequence, previous = (before.sequence + 1, before.hash) if before else (5, BEFORE)
    salt, text = bytes([sequence]) * 16, json.dumps(payload or {}, sort_keys=True, ensure_ascii=False)
    line = Line(
        sequence=sequence,
        previous=previous,
        at=f"2026-03-10T09:30:00.{sequence:06}Z",
        kind=kind,
        actor="relance-mailer",
        subject=subject,
        digest=digest(salt + text.encode()),
        hash="",
        told=told,
        salt=salt if told else None,
        payload=text if told else None,
    )
    return replace(line, hash=line.own_hash())


def chain() -> list[Line]:
    """A debtor's message, another debtor's between, its answer."""
    lines: list[Line] = []
    for kind, subject, payload, told in (
        ("rendered", "notice:1", {"sha256": digest(SENT), "to": "é@débiteur.example"}, True),
        ("rendered", "notice:2", {"sha256": "00" * 32}, False),
        ("attempted", "notice:1", {"sha256": digest(SENT), "attempt": 1}, True),
        ("sent", "notice:1", {"answer": "250 \u2028 queued", "code": 250}, True),
        ("received", f"blob:{digest(RECEIVED)}", {"size": len(RECEIVED)}, True),
        ("understood", "reply:1", {"message": digest(RECEIVED), "confidence": 0.92}, True),
        ("held", "invoice:2", {}, False),
        ("exported", "debtor:1", {"first": 5, "last": 12}, True),
    ):
        lines.append(link(lines[-1] if lines else None, kind, subject, payload, told=told))
    return lines


@dataclass
class CaseFile:
    """A case file in parts; `SHA256SUMS` is one of them."""

    members: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> CaseFile:
        with zipfile.ZipFile(path) as archive:
            return cls({name: archive.read(name) for name in archive.namelist()})

    def write(self, path: Path) -> Path:
        """Put it together as it is, whether it holds or not."""
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in self.members.items():
                archive.writestr(name, data)
        return path

    def unpack(self, folder: Path) -> Path:
        for name, data in self.members.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        return folder

    def forge(self) -> None:
        """Write SHA256SUMS anew, as a forger does."""
        own = {name: digest(data) for name, data in self.members.items() if name != SUMS}
        self.members[SUMS] = sums_text(own)

    @property
    def lines(self) -> list[Line]:
        return [decode(raw) for raw in self.members[LEDGER].splitlines(keepends=True)]

    @lines.setter
    def lines(self, lines: list[Line]) -> None:
        self.members[LEDGER] = b"".join(map(encode, lines))

    @property
    def manifest(self) -> dict[str, Any]:
        said = json.loads(self.members[MANIFEST])
        assert isinstance(said, dict)
        return said

    @manifest.setter
    def manifest(self, said: dict[str, Any]) -> None:
        self.members[MANIFEST] = json.dumps(said).encode()


def small() -> CaseFile:
    """A case file of two messages and eight entries, six of them its own."""
    lines = chain()
    manifest = {
        "format": "relance-mailer case file",
        "version": 1,
        "language": "en",
        "creditor": {"name": "Menuiserie Martin"},
        "debtor": {"reference": "C1", "name": "Dupont SARL"},
        "invoice": None,
        "exported_at": "2026-03-10T10:30:00+01:00",
        "exported_by": "Claire",
        "ledger": {
            "first": lines[0].sequence,
            "previous": BEFORE,
            "last": lines[-1].sequence,
            "hash": lines[-1].hash,
        },
        "erased": [],
    }
    file = io.BytesIO()
    pack = Pack(file, AT)
    pack.add("README.txt", [b"what is inside\n"])
    pack.add("chronology.html", [b"<p>", b"it happened</p>\n"])
    pack.add(LEDGER, map(encode, lines))
    pack.add(MANIFEST, [json.dumps(manifest).encode()])
    pack.add("messages/0001_2026-03-10_out.eml", [SENT])
    pack.add("messages/0002_2026-03-10_in.eml", [RECEIVED])
    pack.close()
    with zipfile.ZipFile(file) as archive:
        return CaseFile({name: archive.read(name) for name in archive.namelist()})
