"""A ZIP from anywhere: what no case file is gets refused before anything is unpacked."""

from __future__ import annotations

import stat
import struct
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relance_mailer.errors import InputError
from relance_mailer.evidence import archive as archives
from relance_mailer.evidence.archive import Archive
from relance_mailer.evidence.verify import verify
from tests.support.dossier import CaseFile, small


def _zip(path: Path, *names: str, data: bytes = b"x", **attributes: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for attribute, value in attributes.items():
                setattr(info, attribute, value)
            archive.writestr(info, data)
    return path


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "messages/../../evil",
        "/etc/passwd",
        "C:/evil",
        "messages\\evil",
        ".hidden",
        "messages/.hidden",
        "a//b",
        "messages/",
        "a/b/c/d/e",
        "é.eml",
        "a b",
        "x" * 200,
        "-\nrm",
    ],
)
def test_a_name_that_leads_elsewhere_or_is_none_of_ours_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="has a name that no case file has"):
        verify(_zip(tmp_path / "x.zip", name))
    assert [path.name for path in tmp_path.iterdir()] == ["x.zip"]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFDIR, stat.S_IFIFO])
def test_a_link_or_a_device_is_refused(tmp_path: Path, kind: int) -> None:
    path = _zip(tmp_path / "x.zip", "README.txt", external_attr=(kind | 0o777) << 16)
    with pytest.raises(InputError, match="is no plain file"):
        verify(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("second", ["README.txt", "readme.TXT"])
def test_a_name_that_stands_twice_is_refused(tmp_path: Path, second: str) -> None:
    with pytest.raises(InputError, match="stands there twice"):
        verify(_zip(tmp_path / "x.zip", "README.txt", second))


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "x.zip", "README.txt")
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        struct.pack_into("<H", data, data.index(signature) + offset, 1)
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match="is packed in a way"):
        verify(path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FREE_BYTES", 1_000_000)
    path = _zip(tmp_path / "x.zip", "README.txt", data=bytes(20_000_000))
    assert path.stat().st_size < 30_000
    with pytest.raises(InputError, match="would unpack to 20000000 bytes"):
        verify(path)


def test_a_member_that_is_larger_than_it_says_is_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "x.zip", "README.txt", data=b"x" * 5_000)
    data = path.read_bytes().replace(struct.pack("<I", 5_000), struct.pack("<I", 5))
    path.write_bytes(data)
    with pytest.raises(InputError, match="cannot be unpacked"):
        verify(path)


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    with pytest.raises(InputError, match="has 4 members"):
        verify(_zip(tmp_path / "x.zip", "a", "b", "c", "d"))


@pytest.mark.parametrize("place", ["before", "comment"])
def test_something_beside_the_members_is_refused(tmp_path: Path, place: str) -> None:
    path = small().write(tmp_path / "x.zip")
    if place == "before":
        path.write_bytes(b"#!/bin/sh\nrm -rf /\n" + path.read_bytes())
    else:
        with zipfile.ZipFile(path, "a") as archive:
            archive.comment = b"read me instead"
    with pytest.raises(InputError, match="beside its members"):
        verify(path)


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06", b"no zip at all", b"\0" * 10_000])
def test_what_is_no_zip_is_said_so(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(InputError, match="is no ZIP that can be read"):
        verify(tmp_path / "x.zip")


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        verify(tmp_path / "x.zip")
    with pytest.raises(InputError, match="is no ZIP that can be read"):
        verify(tmp_path)


def test_a_damaged_member_is_said_so(tmp_path: Path) -> None:
    path = small().write(tmp_path / "x.zip")
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"cannot be unpacked|no case file has|is no ZIP"):
        verify(path)


def test_a_line_or_a_text_beyond_its_limit_is_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "x.zip", "ledger.jsonl", data=b"y" * 101)
    with Archive(path) as archive:
        with pytest.raises(InputError, match="longer than 100 bytes"):
            list(archive.lines("ledger.jsonl", 100))
        with pytest.raises(InputError, match="larger than 100 bytes"):
            archive.text("ledger.jsonl", 100)
        assert list(archive.lines("ledger.jsonl", 101)) == [b"y" * 101]


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_byte_of_the_zip_changed_is_found_unless_what_it_holds_stays_the_same(
    data: st.DataObject,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = small().write(Path(folder) / "x.zip")
        raw = bytearray(path.read_bytes())
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] ^= data.draw(st.integers(1, 255))
        path.write_bytes(bytes(raw))
        try:
            holds = verify(path).holds
        except InputError:
            return
        assert not holds or CaseFile.read(path).members == small().members
