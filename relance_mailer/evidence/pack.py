"""Writing a case file's ZIP: the same content at the same instant gives the same bytes, whatever its size in memory."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import IO

SUMS = "SHA256SUMS"
_UNIX = 3
_MODE = 0o100644 << 16
_LEVEL = 6


class Pack:
    """A ZIP being written; each member's SHA-256 is noted, and stands in SHA256SUMS once it is closed.

    Args:
        file: where to, opened for writing bytes.
        at: the instant that every member bears, aware; the ZIP format keeps no offset, so it is written in UTC.
    """

    def __init__(self, file: IO[bytes], at: datetime) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True, compresslevel=_LEVEL)
        moment = at.astimezone(UTC)
        self._at = (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
        self._sums: dict[str, str] = {}

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Add a member, a chunk in memory at a time."""
        digest = sha256()
        with self._zip.open(self._info(name), "w", force_zip64=True) as member:
            for chunk in chunks:
                digest.update(chunk)
                member.write(chunk)
        self._sums[name] = digest.hexdigest()

    def close(self) -> None:
        """Write SHA256SUMS and the ZIP's directory."""
        with self._zip.open(self._info(SUMS), "w") as member:
            member.write(sums_text(self._sums))
        self._zip.close()

    def _info(self, name: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, self._at)
        info.create_system, info.external_attr, info.compress_type = _UNIX, _MODE, zipfile.ZIP_DEFLATED
        info._compresslevel = _LEVEL  # type: ignore[attr-defined] # noqa: SLF001 - public as compress_level from 3.13 on
        return info


def sums_text(sums: dict[str, str]) -> bytes:
    """Return SHA256SUMS as `sha256sum -c` reads it: one line a file, in the order of names."""
    return "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode("ascii")
