"""Verifying a case file without a database and without a configuration: files, chain, payloads, messages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from relance_mailer.errors import InputError
from relance_mailer.evidence.archive import Archive
from relance_mailer.evidence.chain import MAX_LINE, Flaw, Line, decode, flaw, flaws_of
from relance_mailer.evidence.pack import SUMS, sums_text
from relance_mailer.texts import formats

LEDGER, MANIFEST, MESSAGES = "ledger.jsonl", "manifest.json", "messages/"
FORMAT, VERSION = "relance-mailer case file", 1
#: What is told about by these kinds must stand in the case file, byte for byte.
NEEDED = frozenset({"attempted", "received", "noted"})
_BLOB = "blob:"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MAX_TEXT = 64 * 1024 * 1024
_MOST_FLAWS = 50


@dataclass(slots=True)
class Finding:
    """One thing that was checked; it holds if there is no flaw.

    Attributes:
        check: "files", "chain", "payloads", "messages" or "whole"; `dossier.check.…` in texts.words.
        count: how many were looked at.
        more: flaws beyond those kept.
    """

    check: str
    count: int = 0
    flaws: list[Flaw] = field(default_factory=list)
    more: int = 0

    @property
    def holds(self) -> bool:
        """True if nothing is wrong."""
        return not self.flaws

    def add(self, *flaws: Flaw) -> None:
        """Note what is wrong; of very many, the first ones."""
        for one in flaws:
            if len(self.flaws) < _MOST_FLAWS:
                self.flaws.append(one)
            else:
                self.more += 1


@dataclass(frozen=True, slots=True)
class Head:
    """The entries of an excerpt: from `first`, which follows an entry with the hash `previous`, to `last`."""

    first: int
    previous: str
    last: int
    hash: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a case file says of itself."""

    language: str
    creditor: str
    debtor: str
    reference: str
    invoice: str
    exported_at: str
    exported_by: str
    head: Head
    erased: frozenset[str]


@dataclass(frozen=True, slots=True)
class Report:
    """What verifying found.

    Attributes:
        sha256: of the ZIP itself.
        manifest: None if it cannot be read.
        told: entries whose payload stands in it; `erased` of these, those whose payload was erased.
    """

    sha256: str
    manifest: Manifest | None
    findings: tuple[Finding, ...]
    entries: int = 0
    told: int = 0
    erased: int = 0
    messages: int = 0

    @property
    def holds(self) -> bool:
        """True if nothing is wrong."""
        return all(finding.holds for finding in self.findings)


def verify(path: Path) -> Report:
    """Check a case file; InputError if it is none that can be opened safely."""
    with Archive(path) as archive:
        sums = archive.sums()
        files = _files(archive, sums)
        own = _sum_of(path)
        try:
            manifest = _manifest(archive)
        except InputError:
            files.add(flaw("dossier.bad.manifest", name=MANIFEST))
            return Report(own, None, (files,))
        walk = _Walk(manifest.head)
        walk.through(archive)
        messages = walk.messages(
            {digest for name, digest in sums.items() if name.startswith(MESSAGES)}, manifest
        )
        findings = (files, walk.chain, walk.payloads, messages, walk.whole())
        return Report(own, manifest, findings, walk.chain.count, walk.told, walk.erased, messages.count)


def _sum_of(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────


def _files(archive: Archive, sums: dict[str, str]) -> Finding:
    """Compare the members with SHA256SUMS, both ways and to the byte."""
    found = {name: digest for name, digest in sums.items() if name != SUMS}
    finding = Finding("files", len(found))
    if SUMS not in sums:
        finding.add(flaw("dossier.bad.missing", name=SUMS))
        return finding
    text = archive.text(SUMS, _MAX_TEXT)
    listed = dict(_listed(text))
    finding.add(*(flaw("dossier.bad.missing", name=name) for name in sorted(listed.keys() - found.keys())))
    finding.add(*(flaw("dossier.bad.surplus", name=name) for name in sorted(found.keys() - listed.keys())))
    common = sorted(found.keys() & listed.keys())
    finding.add(*(flaw("dossier.bad.changed", name=name) for name in common if found[name] != listed[name]))
    if finding.holds and text != sums_text(found):
        finding.add(flaw("dossier.bad.changed", name=SUMS))
    return finding


def _listed(text: bytes) -> Iterator[tuple[str, str]]:
    for line in text.decode("utf-8", "backslashreplace").splitlines():
        digest, _, name = line.partition("  ")
        yield name, digest


# ── the manifest ─────────────────────────────────────────────────────────────────────────────────────────


def _manifest(archive: Archive) -> Manifest:
    try:
        said = json.loads(archive.text(MANIFEST, _MAX_TEXT))
        if (said["format"], said["version"]) != (FORMAT, VERSION):
            raise InputError(f"{archive.path} is no case file of a form that this program knows")
        return _manifest_of(said)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{MANIFEST} in {archive.path} cannot be read") from error


def _manifest_of(said: dict[str, Any]) -> Manifest:
    head = said["ledger"]
    return Manifest(
        language=formats.clean(said["language"]),
        creditor=formats.clean(said["creditor"]["name"]),
        debtor=formats.clean(said["debtor"]["name"]),
        reference=formats.clean(said["debtor"]["reference"]),
        invoice=formats.clean(said["invoice"] or ""),
        exported_at=formats.clean(said["exported_at"]),
        exported_by=formats.clean(said["exported_by"]),
        head=Head(
            _number(head["first"]), _digest(head["previous"]), _number(head["last"]), _digest(head["hash"])
        ),
        erased=frozenset(map(_digest, said["erased"])),
    )


def _number(value: object) -> int:
    if type(value) is not int:
        raise TypeError(value)
    return value


def _digest(value: object) -> str:
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        raise TypeError(value)
    return value


# ── the ledger and the messages that it names ────────────────────────────────────────────────────────────


class _Walk:
    """Goes through the excerpt line by line; in memory stays only what belongs to the case file."""

    def __init__(self, head: Head) -> None:
        self.head = head
        self.chain, self.payloads = Finding("chain"), Finding("payloads")
        self.told = self.erased = 0
        self._named: set[str] = set()
        self._needed: dict[str, int] = {}
        self._shown: set[str] = set()
        self._withheld: dict[str, int] = {}

    def through(self, archive: Archive) -> None:
        """Check every line; what cannot be read as one is a flaw."""
        before: Line | None = None
        try:
            for number, raw in enumerate(archive.lines(LEDGER, MAX_LINE), 1):
                self.chain.count += 1
                try:
                    line = decode(raw)
                except ValueError:
                    self.chain.add(flaw("dossier.bad.line", number=number))
                    continue
                self._take(line, before)
                before = line
        except InputError:
            self.chain.add(flaw("dossier.bad.missing", name=LEDGER))
        self._check_end(before)

    def _take(self, line: Line, before: Line | None) -> None:
        for one in flaws_of(line, before):
            (self.payloads if one.key == "dossier.bad.digest" else self.chain).add(one)
        if before is None and (line.sequence, line.previous) != (self.head.first, self.head.previous):
            self.chain.add(flaw("dossier.bad.start", sequence=line.sequence, first=self.head.first))
        if not line.told:
            self._withheld.setdefault(line.subject, line.sequence)
            return
        self.told += 1
        self.erased += line.erased
        self._shown.add(line.subject)
        self.payloads.count += line.payload is not None
        self._note(line)

    def _note(self, line: Line) -> None:
        """Remember which messages an entry names: as subject, or in a payload that its digest proves."""
        if line.payload is None:
            return
        said = line.said()
        messages = {said[key] for key in ("sha256", "message") if isinstance(said.get(key), str)}
        if line.subject.startswith(_BLOB):
            messages.add(line.subject.removeprefix(_BLOB))
        self._named |= messages
        if line.kind in NEEDED:
            self._needed |= dict.fromkeys(messages, line.sequence)

    def _check_end(self, last: Line | None) -> None:
        if last is None or last.sequence < self.head.last:
            self.chain.add(
                flaw("dossier.bad.tail", sequence=last.sequence if last else 0, last=self.head.last)
            )
        elif (last.sequence, last.hash) != (self.head.last, self.head.hash):
            self.chain.add(flaw("dossier.bad.head", sequence=last.sequence, last=self.head.last))

    def messages(self, digests: set[str], manifest: Manifest) -> Finding:
        """Compare the messages with those that the ledger names, both ways."""
        finding = Finding("messages", len(digests))
        finding.add(
            *(flaw("dossier.bad.unnamed", digest=digest) for digest in sorted(digests - self._named)),
            *(
                flaw("dossier.bad.needed", digest=digest, sequence=sequence)
                for digest, sequence in self._needed.items()
                if digest not in digests | manifest.erased
            ),
        )
        return finding

    def whole(self) -> Finding:
        """Say whether everything about what is shown is shown: nothing about it was held back."""
        finding = Finding("whole", self.told)
        held_back = {subject: at for subject, at in self._withheld.items() if subject in self._shown}
        finding.add(*(flaw("dossier.bad.withheld", sequence=at) for at in held_back.values()))
        return finding
