"""A workbook's archive, unpacked under limits and packed anew with nothing but what its cells need.

The reader of workbooks lays a sheet out as a full rectangle, inflates without limit, and turns cells whose formula
failed into empty ones. Hence what it gets to see is measured beforehand, and failed formulas are made texts.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from itertools import pairwise
from xml.parsers import expat  # nosec - without DTDs, which are refused before, it resolves nothing

from relance_mailer.errors import InputError
from relance_mailer.intake.form import FileKind

MAX_ENTRIES = 2_000
MAX_UNPACKED = 256 * 1024 * 1024
MAX_CELLS = 5_000_000  #: of the rectangles around all that each sheet holds
MAX_TEXT = 512 * 1024 * 1024  #: bytes of all cells, each text counted as often as it is shown

DAMAGED = "The workbook is damaged; open it in the spreadsheet and save it again."
_PROTECTED = "The workbook is protected by a password; save it without one."
_FAULTS = (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError, NotImplementedError)

_NEEDED = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/.+\.(?:xml|rels)|mimetype|META-INF/manifest\.xml|content\.xml"
)
_USELESS = re.compile(r"xl/(?:media|drawings|charts|embeddings|theme|externalLinks|pivot\w*|calcChain)[/.]")
_DTD = re.compile(rb"<!(?:DOCTYPE|ENTITY)")

#: A tag as every serialiser writes it: no angle bracket within. Only so do the patterns below see all that a reader sees.
_TAG = re.compile(rb"""<[^<>"']*(?:"[^"<>]*"[^<>"']*|'[^'<>]*'[^<>"']*)*>""")
_ADDRESS = re.compile(rb"""\br\s*=\s*["']\s*([A-Za-z]{1,12})([0-9]{1,20})""")
_ROW = re.compile(rb"""<(?:\w{1,20}:)?row\b[^<>]*?\br\s*=\s*["']\s*([0-9]{1,20})""")
_CELL_WITHOUT_ADDRESS = re.compile(rb"""<(?:\w{1,20}:)?c(?:\s(?:(?!\br\s*=)[^<>])*)?>""")
_FAILED_CELL = re.compile(rb"""(<(?:\w{1,20}:)?c\s[^<>]*?\bt=)(["'])e\2""")
_STRING = re.compile(rb"<(?:\w{1,20}:)?si\b[^<>]*>")
_VALUE = re.compile(rb"<(?:\w{1,20}:)?v\b[^<>]*>\s*([0-9]{1,9})?")
_ODS_TAG = re.compile(rb"<(table:table-row|table:table-cell|table:covered-table-cell)\b([^<>]*)>")
_FAILED_ODS_CELL = re.compile(rb"""<table:table-cell\b[^<>]*?calcext:value-type="error"[^<>]*>""")
_REPEATED = re.compile(rb"""\btable:number-(?:rows|columns)-repeated\s*=\s*["']\s*([0-9]{1,9})""")


def repacked(data: bytes) -> tuple[FileKind, bytes]:
    """Return what kind of workbook an archive holds, and an archive of its cells alone, safe to read.

    Raises:
        InputError: it is none, damaged, protected, or larger than our limits when unpacked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
            kind = _kind(archive, entries)
            parts = _parts(archive, entries)
    except _FAULTS as error:
        raise InputError(DAMAGED) from error
    if any(_DTD.search(part) for part in parts.values()):
        raise InputError("The workbook declares XML entities, which none needs; open it and save it again.")
    for name, part in parts.items():
        if name != "mimetype":
            _check_well_formed(part)
    if kind is FileKind.ODS:
        _check_ods(parts)
        parts["content.xml"] = _FAILED_ODS_CELL.sub(_as_text, parts["content.xml"])
    else:
        sheets = [name for name, part in parts.items() if b"sheetData" in part]
        strings = [part for name, part in parts.items() if name not in sheets and _STRING.search(part)]
        if len(strings) > 1:
            raise InputError(DAMAGED)
        _check_xlsx([parts[name] for name in sheets], b"".join(strings))
        for name in sheets:
            parts[name] = _FAILED_CELL.sub(rb'\1"str"', parts[name])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return kind, packed.getvalue()


def _kind(archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo]) -> FileKind:
    if len(archive.infolist()) > MAX_ENTRIES:
        raise InputError(f"The workbook has more than {MAX_ENTRIES} parts; save the one sheet by itself.")
    if any(entry.flag_bits & 1 for entry in entries.values()):
        raise InputError(_PROTECTED)
    if "xl/workbook.bin" in entries:
        raise InputError("The file is a binary Excel workbook (.xlsb); save it as .xlsx.")
    if "content.xml" in entries and b"opendocument.spreadsheet" in _some(archive, entries.get("mimetype")):
        return FileKind.ODS
    if any(name.startswith("xl/worksheets/") for name in entries):
        return FileKind.XLSX
    raise InputError("The file is a ZIP archive and no workbook; unpack it and import what lies in it.")


def _some(archive: zipfile.ZipFile, entry: zipfile.ZipInfo | None) -> bytes:
    if entry is None:
        return b""
    with archive.open(entry) as part:
        return part.read(200)


def _parts(archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo]) -> dict[str, bytes]:
    """Return the parts that the cells need, inflated; what the archive says of their size is not believed."""
    parts: dict[str, bytes] = {}
    left = MAX_UNPACKED
    for name, entry in entries.items():
        if not _NEEDED.fullmatch(name) or _USELESS.match(name):
            continue
        with archive.open(entry) as part:
            parts[name] = part.read(left + 1)
        left -= len(parts[name])
        if left < 0:
            raise InputError(
                f"The workbook is too large: it unpacks to more than {MAX_UNPACKED // 1024**2} MiB; split it."
            )
    return parts


def _check_xlsx(sheets: Sequence[bytes], strings: bytes) -> None:
    """Refuse sheets that span too many cells, or show a long text too often."""
    cells = 0
    for part in (*sheets, strings):
        _check_tags(part)
    for part in sheets:
        width, height = _extent(part)
        cells += width * height
        _check_size(width, height, cells)
    starts = [found.start() for found in _STRING.finditer(strings)]
    lengths = [end - start for start, end in pairwise([*starts, len(strings)])]
    longest = max(lengths, default=0)
    if longest * sum(part.count(b"<v") + part.count(b":v") for part in sheets) <= MAX_TEXT:
        return
    shown = 0
    for part in sheets:
        for found in _VALUE.finditer(part):
            index = int(found[1]) if found[1] else -1
            shown += lengths[index] if 0 <= index < len(lengths) else 0 if found[1] else longest
    _check_text(shown)


def _extent(part: bytes) -> tuple[int, int]:
    """Return how many columns and rows an XLSX sheet spans."""
    height = 0
    columns: set[bytes] = set()
    for found in _ADDRESS.finditer(part):
        columns.add(found[1])
        height = max(height, int(found[2]))
    if _CELL_WITHOUT_ADDRESS.search(part):  # it stands in the row that its row says
        height = max([height, *(int(row) for row in _ROW.findall(part))])
    return max((_number_of(column) for column in columns), default=1), height


def _as_text(cell: re.Match[bytes]) -> bytes:
    """Return the tag of an ODS cell whose formula failed without the empty value that hides the error's text."""
    return cell[0].replace(b'office:string-value=""', b"")


def _number_of(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _check_ods(parts: dict[str, bytes]) -> None:
    """Refuse a protected file, sheets that span too many cells, or a long text repeated too often."""
    if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
        raise InputError(_PROTECTED)
    content = parts["content.xml"]
    _check_tags(content)
    width = height = row = times = column = text = 0
    for found in _ODS_TAG.finditer(content):
        repeated = _REPEATED.search(found[2])
        count = int(repeated[1]) if repeated else 1
        if found[1] == b"table:table-row":
            row, times, column = row + times, count, 0
            continue
        column += count
        if not found[2].endswith(b"/") or b"office:value-type" in found[2]:
            width, height = max(width, column), max(height, row + times)
            if count * times > 1:
                text += (content.find(b"</table:table-cell", found.start()) - found.start()) * count * times
    _check_size(width, height, width * height)
    _check_text(text)


def _check_tags(part: bytes) -> None:
    if b"\0" in part or _TAG.subn(b"", part)[1] != part.count(b"<"):
        raise InputError(DAMAGED)


def _check_well_formed(part: bytes) -> None:
    """Refuse XML that is not well-formed: on an element without its end the reader never comes back."""
    try:
        expat.ParserCreate().Parse(part, True)
    except expat.ExpatError as error:
        raise InputError(DAMAGED) from error


def _check_size(width: int, height: int, cells: int) -> None:
    if cells > MAX_CELLS:
        raise InputError(
            f"A sheet spans {width} columns and {height} rows, more than {MAX_CELLS} cells; delete what stands far "
            "outside the table and sheets that do not belong to it, or split it."
        )


def _check_text(size: int) -> None:
    if size > MAX_TEXT:
        raise InputError("The workbook is too large: it repeats long texts over and over; shorten them.")
