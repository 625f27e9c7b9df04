"""Opening a case file's ZIP that may come from anywhere: nothing is unpacked, and what is read is limited first."""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from relance_mailer.errors import InputError

MAX_MEMBERS = 200_000
#: Bytes that a ZIP may unpack to: so many, and so many times its own size (a ledger packs four to one).
FREE_BYTES, MAX_RATIO = 1 << 30, 100
_CHUNK = 1 << 20
#: Names that are the same file on every system: no folder above, no absolute path, no hidden file, no odd character.
_NAME = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}/){0,3}[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, RuntimeError)


class Archive:
    """A case file opened for reading.

    Raises:
        InputError: it cannot be read, or is no ZIP that `dossier export` could have written; says why.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except FileNotFoundError as error:
            raise InputError(f"there is no file {path}") from error
        except _BROKEN as error:
            raise InputError(f"{path} is no ZIP that can be read: {error}") from error
        try:
            self._check()
        except InputError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    @property
    def names(self) -> list[str]:
        """The members' names."""
        return self._zip.namelist()

    def sums(self) -> dict[str, str]:
        """Return each member's SHA-256; InputError if one cannot be unpacked."""
        return {name: self._sum(name) for name in self.names}

    def text(self, name: str, limit: int) -> bytes:
        """Return a member whole, if it has at most `limit` bytes; else, or if there is none, InputError."""
        with self._open(name) as member:
            data = self._some(member, name, limit + 1)
        if len(data) > limit:
            raise InputError(f"{name} in {self.path} is larger than {limit} bytes")
        return data

    def lines(self, name: str, limit: int) -> Iterator[bytes]:
        """Yield a member's lines with their ends; InputError if one is longer than `limit` bytes."""
        with self._open(name) as member:
            while line := self._some(member, name, limit + 1, lines=True):
                if len(line) > limit:
                    raise InputError(f"a line of {name} in {self.path} is longer than {limit} bytes")
                yield line

    def _sum(self, name: str) -> str:
        digest = sha256()
        with self._open(name) as member:
            while chunk := self._some(member, name, _CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    def _open(self, name: str) -> IO[bytes]:
        try:
            return self._zip.open(name)
        except KeyError as error:
            raise InputError(f"{name} is missing from {self.path}") from error
        except _BROKEN as error:
            raise InputError(f"{name} in {self.path} cannot be unpacked: {error}") from error

    def _some(self, member: IO[bytes], name: str, size: int, *, lines: bool = False) -> bytes:
        try:
            return member.readline(size) if lines else member.read(size)
        except _BROKEN as error:
            raise InputError(f"{name} in {self.path} cannot be unpacked: {error}") from error

    def _check(self) -> None:
        """Refuse what no case file is: a member elsewhere, a link, a secret, a bomb, something hidden before it."""
        members = self._zip.infolist()
        if len(members) > MAX_MEMBERS:
            raise InputError(f"{self.path} has {len(members)} members; a case file has at most {MAX_MEMBERS}")
        size = sum(member.file_size for member in members)
        if size > FREE_BYTES + MAX_RATIO * self.path.stat().st_size:
            raise InputError(
                f"{self.path} would unpack to {size} bytes, far more than a case file of its size"
            )
        seen: set[str] = set()
        for member in members:
            if why := _refusal(member, seen):
                raise InputError(
                    f"{self.path}: the member {member.filename[:200]!r} {why}; nothing was unpacked"
                )
            seen.add(member.filename.lower())
        if self._zip.comment or (members and min(member.header_offset for member in members)):
            raise InputError(f"{self.path} holds something beside its members")


def _refusal(member: zipfile.ZipInfo, seen: set[str]) -> str:
    """Say why a member cannot stand in a case file, "" if it can."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    if not _NAME.fullmatch(member.filename) or member.filename != member.orig_filename:
        return "has a name that no case file has"
    if member.filename.lower() in seen:
        return "stands there twice"
    if kind not in (0, stat.S_IFREG):
        return "is no plain file"
    if member.flag_bits & _ENCRYPTED or member.compress_type not in _METHODS:
        return "is packed in a way that no case file is"
    return ""
