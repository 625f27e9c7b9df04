"""A case file's ZIP: the same bytes for the same content, and sums that `sha256sum -c` reads."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from relance_mailer.evidence.pack import Pack
from tests.support.dossier import AT, small


def _packed(chunk: int = 1_000) -> bytes:
    file = io.BytesIO()
    pack = Pack(file, AT)
    data = b"line\n" * 2_000
    pack.add("b.txt", (data[at : at + chunk] for at in range(0, len(data), chunk)))
    pack.add("a/b.eml", [b""])
    pack.close()
    return file.getvalue()


def test_the_same_content_gives_the_same_bytes_however_it_comes() -> None:
    assert _packed() == _packed()
    with zipfile.ZipFile(io.BytesIO(_packed(7))) as one, zipfile.ZipFile(io.BytesIO(_packed())) as other:
        assert one.read("SHA256SUMS") == other.read("SHA256SUMS")


def test_every_member_bears_the_instant_of_the_export_and_may_be_read_by_all() -> None:
    with zipfile.ZipFile(io.BytesIO(_packed())) as archive:
        assert {info.date_time for info in archive.infolist()} == {(2026, 3, 10, 9, 30, 0)}
        assert {info.external_attr >> 16 for info in archive.infolist()} == {0o100644}
        assert archive.namelist() == ["b.txt", "a/b.eml", "SHA256SUMS"]
    file = io.BytesIO()
    Pack(file, AT + timedelta(seconds=2)).close()
    with zipfile.ZipFile(file) as archive:
        assert archive.infolist()[0].date_time == (2026, 3, 10, 9, 30, 2)


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="coreutils are missing")
def test_sha256sum_reads_the_sums(tmp_path: Path) -> None:
    folder = small().unpack(tmp_path)
    command = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(command, cwd=folder, check=False).returncode == 0
    (folder / "README.txt").write_bytes(b"changed\n")
    assert subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 1
