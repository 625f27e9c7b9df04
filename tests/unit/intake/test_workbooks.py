"""Workbooks written with the spreadsheet libraries, good and hostile, as a person would save them."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odfdo import Cell, Document, Row, Table
from openpyxl import Workbook

from relance_mailer.errors import InputError
from relance_mailer.intake import archive
from relance_mailer.intake.columns import INVOICE_COLUMNS
from relance_mailer.intake.form import AmbiguousError, FileKind, Hints
from relance_mailer.intake.invoices import invoices_of, parse_invoices
from relance_mailer.intake.propose import propose
from relance_mailer.intake.reasons import Reason
from relance_mailer.intake.table import read_table

Value = str | bool | int | float | date | datetime | time | None
Cells = list[Value]
HEADER: Cells = ["N° facture", "Code client", "Client", "Date de facture", "Échéance", "Montant TTC"]
ROW: Cells = ["F-1", "C1", "Dupont & Fils", date(2026, 1, 5), date(2026, 2, 4), 1250.1]


def xlsx(*rows: Cells, title: str = "Factures") -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    return saved(book)


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def ods(*rows: Cells, title: str = "Factures") -> bytes:
    document = Document("spreadsheet")
    document.body.clear()
    table = Table(title)
    for values in rows:
        row = Row()
        for value in values:
            assert not isinstance(value, time)
            row.append_cell(Cell(value))
        table.append_row(row)
    document.body.append(table)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def changed(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return the archive with one part of it changed."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for entry in before.infolist():
            content = before.read(entry)
            after.writestr(entry.filename, change(content) if entry.filename == part else content)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
SHARED = "xl/sharedStrings.xml"
_INLINE = re.compile(rb' t="inlineStr"><is><t[^>]*>([^<]*)</t></is></c>')


def as_excel(data: bytes) -> bytes:
    """Return an XLSX with its texts in a table of their own, as Excel writes them (openpyxl may not)."""
    texts: dict[bytes, int] = {}

    def shared(found: re.Match[bytes]) -> bytes:
        return b' t="s"><v>%d</v></c>' % texts.setdefault(found[1], len(texts))

    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relation = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    data = changed(data, SHEET, lambda part: _INLINE.sub(shared, part))
    data = changed(
        data,
        "xl/_rels/workbook.xml.rels",
        lambda part: part.replace(
            b"</Relationships>",
            b'<Relationship Type="' + relation + b'" Target="sharedStrings.xml" Id="rId99"/></Relationships>',
        ),
    )
    data = changed(
        data,
        "[Content_Types].xml",
        lambda part: part.replace(
            b"</Types>", b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'"/></Types>'
        ),
    )
    items = b"".join(b"<si><t>" + text + b"</t></si>" for text in texts)
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as packed:
        packed.writestr(SHARED, b'<sst xmlns="' + main + b'">' + items + b"</sst>")
    return out.getvalue()


def excel(*rows: Cells) -> bytes:
    return as_excel(xlsx(*rows))


@pytest.mark.parametrize(
    ("write", "kind"), [(xlsx, FileKind.XLSX), (excel, FileKind.XLSX), (ods, FileKind.ODS)]
)
def test_typed_cells_become_exact_sums_and_days_and_rows_are_counted_as_the_sheet_does(
    write: Callable[..., bytes], kind: FileKind
) -> None:
    blank: Cells = [None]
    table = read_table(write(["Export du 12/03/2026"], blank, HEADER, blank, ROW), INVOICE_COLUMNS)
    (record,), errors = invoices_of(table)
    assert errors == []
    assert (table.form.kind, table.form.sheet, table.form.header_line) == (kind, "Factures", 3)
    assert (table.form.day_first, table.form.decimal) == (None, None)
    assert (record.line, record.number, record.debtor_name) == (5, "F-1", "Dupont & Fils")
    assert (record.issued, record.due) == (date(2026, 1, 5), date(2026, 2, 4))
    assert record.total.amount == Decimal("1250.10")


@pytest.mark.parametrize("write", [xlsx, ods])
@settings(deadline=None, max_examples=25)
@given(
    cents=st.lists(st.integers(-(10**12), 10**12).filter(bool), min_size=1, max_size=8),
    day=st.dates(date(1990, 1, 1), date(2099, 12, 31)),
)
def test_every_sum_and_day_comes_back_from_a_workbook(
    write: Callable[..., bytes], cents: list[int], day: date
) -> None:
    rows: list[Cells] = [[n, "C1", "Dupont", day, day, cent / 100] for n, cent in enumerate(cents, 1)]
    found, errors = parse_invoices(write(HEADER, *rows))
    assert errors == []
    assert [record.total.minor for record in found] == cents
    assert {record.issued for record in found} == {day}
    assert [record.number for record in found] == [str(n) for n in range(1, len(cents) + 1)]


def test_numbers_lose_their_point_and_get_back_their_zeros() -> None:
    header = [*HEADER, "CP", "SIREN", "Pays"]
    rows: list[Cells] = [
        [2026001.0, 12.0, "Dupont", date(2026, 1, 5), date(2026, 2, 4), 0.1 + 0.2, 1000, 5_520_135, None],
        [2026002, 13, "Peeters", date(2026, 1, 5), date(2026, 2, 4), 5, 1000, None, "Belgique"],
        [1e16, 13, "Peeters", date(2026, 1, 5), date(2026, 2, 4), 5, 35000, 40_483_304, None],
    ]
    (first, second), errors = parse_invoices(xlsx(header, *rows))
    assert (first.number, first.debtor_reference, first.total.amount) == ("2026001", "12", Decimal("0.30"))
    assert (first.postal_code, first.siren) == ("01000", "005520135")
    assert (second.postal_code, second.country) == ("1000", "BE")
    assert {(error.line, error.reason) for error in errors} == {(4, Reason.SCIENTIFIC), (4, Reason.BAD_SIREN)}


def test_texts_among_typed_cells_are_read_in_the_file_s_form_and_a_time_is_ignored() -> None:
    rows: list[Cells] = [
        ["F-1", "C1", "Dupont", "05/01/2026", datetime(2026, 2, 4, 14, 30), "1.250,50 €"],
        ["F-2", "C1", "Dupont", "30/01/26", "04/02/2026", "(1.250)"],
        ["F-3", "C1", "Dupont", time(3, 4), date(2026, 2, 4), True],
    ]
    (first, second), errors = parse_invoices(xlsx(HEADER, *rows))
    assert (first.issued, first.due, first.total.minor) == (date(2026, 1, 5), date(2026, 2, 4), 125_050)
    assert (second.issued, second.total.minor) == (date(2026, 1, 30), -125_000)
    assert [(error.line, error.reason) for error in errors] == [(4, Reason.BAD_SUM), (4, Reason.BAD_DATE)]


def test_day_numbers_without_a_date_format_are_days_where_the_whole_column_is_so() -> None:
    found, errors = parse_invoices(xlsx(HEADER, ["F-1", "C1", "Dupont", 46027, 46057, 12.5]))
    assert errors == []
    assert (found[0].issued, found[0].due) == (date(2026, 1, 5), date(2026, 2, 4))


def test_a_text_that_looks_like_a_formula_is_a_text_and_of_a_formula_its_result_is_read() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER)
    sheet.append(ROW)
    sheet["C2"].value = '=HYPERLINK("http://x.example")'
    sheet["C2"].data_type = "s"
    sheet["F2"] = "=A1*2"
    data = changed(
        saved(book), SHEET, lambda part: re.sub(rb"(?<=</f>)<v[^>]*>(?:</v>)?", b"<v>42.5</v>", part)
    )
    (record,), errors = parse_invoices(data)
    assert errors == []
    assert (record.debtor_name, record.total.minor) == ('=HYPERLINK("http://x.example")', 4250)


@pytest.mark.parametrize("value", ["#N/A", "#REF!", "#DIV/0!"])
def test_a_failed_formula_in_xlsx_is_refused_not_taken_for_an_empty_cell(value: str) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([*HEADER, "Solde"])
    sheet.append([*ROW, 5])
    sheet["G2"].value = value
    sheet["G2"].data_type = "e"
    found, errors = parse_invoices(saved(book))
    assert found == []
    assert [(error.field, error.value, error.reason) for error in errors] == [
        ("Solde", value, Reason.FORMULA_ERROR)
    ]


def test_a_failed_formula_in_ods_is_refused_not_taken_for_an_empty_cell() -> None:
    def fail(part: bytes) -> bytes:
        cell = (
            b'<table:table-cell table:formula="of:=[.#REF!]" office:value-type="string" office:string-value="" '
            b'calcext:value-type="error"><text:p>#REF!</text:p></table:table-cell>'
        )
        return re.sub(rb"<table:table-cell[^>]*>\s*<text:p>SOLDE</text:p>\s*</table:table-cell>", cell, part)

    data = changed(ods([*HEADER, "Solde"], [*ROW, "SOLDE"]), "content.xml", fail)
    _, errors = parse_invoices(data)
    assert [(error.field, error.reason) for error in errors] == [("Solde", Reason.FORMULA_ERROR)]


# --- which sheet


def book_of(**sheets: list[Cells]) -> Workbook:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    return book


def test_the_sheet_that_names_most_columns_is_read_and_a_hidden_one_only_if_named() -> None:
    book = book_of(Lisez=[["Client", "Dupont"]], Suivi=[HEADER, ROW], Vieux=[HEADER, ["F-9", *ROW[1:]]])
    book["Vieux"].sheet_state = "hidden"
    assert [record.number for record in parse_invoices(saved(book))[0]] == ["F-1"]
    assert [record.number for record in parse_invoices(saved(book), hints=Hints(sheet="vieux"))[0]] == ["F-9"]
    with pytest.raises(InputError, match="no sheet “Autre”; it has “Lisez”, “Suivi”, “Vieux”"):
        parse_invoices(saved(book), hints=Hints(sheet="Autre"))


def test_two_sheets_of_the_same_table_are_asked_about_and_one_without_rows_is_not() -> None:
    data = saved(book_of(Janvier=[HEADER, ROW], Modele=[HEADER], Mars=[HEADER, ["F-9", *ROW[1:]]]))
    with pytest.raises(AmbiguousError, match="Mars") as raised:
        parse_invoices(data)
    (question,) = raised.value.questions
    assert (question.hint, question.examples) == ("sheet", ("Janvier", "Mars"))
    assert propose(data, INVOICE_COLUMNS).questions == (question,)
    assert [record.number for record in parse_invoices(data, hints=Hints(sheet="Mars"))[0]] == ["F-9"]


# --- hostile and broken archives


def refused(data: bytes) -> str:
    with pytest.raises(InputError) as raised:
        parse_invoices(data)
    return str(raised.value)


def test_an_archive_that_is_no_workbook_or_one_of_another_kind_says_so() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("factures.csv", "x")
    assert "no workbook" in refused(out.getvalue())
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("xl/workbook.bin", "x")
    assert ".xlsb" in refused(out.getvalue())
    assert "old Excel workbook" in refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    protected = b"\xd0\xcf\x11\xe0" + bytes(64) + "EncryptedPackage".encode("utf-16-le")
    assert "password" in refused(protected)


def test_a_protected_ods_says_so() -> None:
    manifest = b"<manifest><manifest:encryption-data/></manifest>"
    assert "password" in refused(changed(ods(HEADER, ROW), "META-INF/manifest.xml", lambda _: manifest))


@pytest.mark.parametrize("write", [xlsx, ods])
def test_external_entities_are_refused_before_anything_reads_them(
    write: Callable[..., bytes], tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    dtd = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'.encode()
    part = SHEET if write is xlsx else "content.xml"

    def declare(content: bytes) -> bytes:
        head, _, rest = content.rpartition(b"?>") if content.startswith(b"<?xml") else (b"", b"", content)
        return (head + b"?>" if head else b"") + dtd + rest

    assert "XML entities" in refused(changed(write(HEADER, ROW), part, declare))


def test_a_workbook_that_unpacks_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_UNPACKED", 50_000)
    assert len(parse_invoices(xlsx(HEADER, ROW))[0]) == 1
    assert "too large" in refused(changed(xlsx(HEADER, ROW), SHEET, lambda part: part + b" " * 60_000))


def test_what_an_archive_says_of_its_parts_sizes_is_not_believed() -> None:
    """A part whose directory entry says 10 bytes, with the checksum of these, and which goes on for a megabyte."""
    data = bytearray(changed(xlsx(HEADER, ROW), SHEET, lambda part: part + b" " * 1_000_000))
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        content = packed.read(SHEET)
    name = SHEET.encode()
    for mark, sizes in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        for found in re.finditer(re.escape(mark), bytes(data)):
            names_at = found.start() + (30 if mark == b"PK\x03\x04" else 46)
            if data[names_at : names_at + len(name)] == name:
                struct.pack_into("<L", data, found.start() + sizes, zlib.crc32(content[:10]))
                struct.pack_into("<L", data, found.start() + sizes + 8, 10)
    assert refused(bytes(data))


def test_a_tiny_sheet_that_spans_billions_of_cells_is_refused() -> None:
    """The reader lays out the whole rectangle: 17 thousand million cells here."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER)
    sheet["XFD1048576"] = "x"
    assert "16384 columns and 1048576 rows" in refused(saved(book))


@pytest.mark.parametrize(
    "cell",
    [
        b'<row r="4294967290"><c t="n"><v>1</v></c></row>',
        b'<row r="9"><c r="A4294967290"><v>1</v></c></row>',
        b"<row><c r = 'ZZZZZ99999'><v>1</v></c></row>",
        b'<x:row xmlns:x="x" r="4294967290"><x:c><x:v>1</x:v></x:c></x:row>',
    ],
)
def test_a_cell_far_out_is_found_however_it_says_where_it_stands(cell: bytes) -> None:
    data = changed(
        xlsx(HEADER, ROW), SHEET, lambda part: part.replace(b"</sheetData>", cell + b"</sheetData>")
    )
    assert "delete what stands far outside" in refused(data)


def test_an_empty_row_at_the_end_of_the_sheet_is_no_reason_to_refuse_it() -> None:
    row = b'<row r="1048576" ht="12"></row></sheetData>'
    data = changed(xlsx(HEADER, ROW), SHEET, lambda part: part.replace(b"</sheetData>", row))
    assert len(parse_invoices(data)[0]) == 1


def test_a_long_text_shown_too_often_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader copies a text for each cell that shows it."""
    rows: list[Cells] = [
        [f"F-{n}", "C1", "D" * 150, date(2026, 1, 5), date(2026, 2, 4), 1] for n in range(50)
    ]
    monkeypatch.setattr(archive, "MAX_TEXT", 20_000)
    assert len(parse_invoices(excel(HEADER, *rows))[0]) == 50
    monkeypatch.setattr(archive, "MAX_TEXT", 5_000)
    assert "long texts" in refused(excel(HEADER, *rows))
    repeated = changed(
        ods(HEADER, ROW),
        "content.xml",
        lambda part: re.sub(
            rb"<table:table-row\b", b'<table:table-row table:number-rows-repeated="99"', part
        ),
    )
    assert "long texts" in refused(repeated)


def test_a_tag_that_hides_an_angle_bracket_is_refused() -> None:
    """Readers differ in what they take for the end of such a tag."""
    hidden = b'<row x="<"><c r="A9"><v>1</v></c></row></sheetData>'
    data = changed(xlsx(HEADER, ROW), SHEET, lambda part: part.replace(b"</sheetData>", hidden))
    assert "damaged" in refused(data)


@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_tiny_ods_that_repeats_a_cell_billions_of_times_is_refused(quote: str) -> None:
    def repeat(part: bytes) -> bytes:
        rows = f"table:number-rows-repeated={quote}1048576{quote}".encode()
        cells = f"table:number-columns-repeated={quote}16384{quote}".encode()
        part = re.sub(rb"<table:table-row\b", b"<table:table-row " + rows, part, count=1)
        return re.sub(rb"<table:table-cell\b", b'<table:table-cell office:x="&gt;" ' + cells, part, count=1)

    assert "delete what stands far outside" in refused(changed(ods(HEADER, ROW), "content.xml", repeat))


def test_a_million_empty_rows_under_an_ods_table_are_nothing() -> None:
    def pad(part: bytes) -> bytes:
        tail = (
            b'<table:table-row table:number-rows-repeated="1048000">'
            b'<table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>'
        )
        return part.replace(b"</table:table>", tail)

    assert len(parse_invoices(changed(ods(HEADER, ROW), "content.xml", pad))[0]) == 1


@pytest.mark.parametrize("write", [xlsx, ods])
def test_a_workbook_cut_short_is_damaged(write: Callable[..., bytes]) -> None:
    data = write(HEADER, ROW)
    assert "damaged" in refused(data[: len(data) // 2])


def first_part(share: float, content: bytes) -> bytes:
    return content[: int(len(content) * share)]


@pytest.mark.parametrize(("write", "part"), [(xlsx, SHEET), (ods, "content.xml")])
def test_xml_that_breaks_off_is_damaged_before_the_reader_waits_for_its_end(
    write: Callable[..., bytes], part: str
) -> None:
    for share in (0.3, 0.6, 0.9):
        broken = changed(write(HEADER, ROW), part, partial(first_part, share))
        assert "damaged" in refused(broken)


WORKBOOKS = [xlsx(HEADER, ROW), excel(HEADER, ROW), ods(HEADER, ROW)]
PARTS = [
    SHEET,
    "xl/sharedStrings.xml",
    "xl/workbook.xml",
    "xl/styles.xml",
    "[Content_Types].xml",
    "content.xml",
]
FRAGMENTS = [b"<", b">", b'"', b"&", b"</row>", b"<c r='A0'>", b'r="ZZZZ9"', b'r="A4294967297"', b't="s"', b"<v>-1</v>",
             b"<v>1e999</v>", b"\x00", b"\xff", b'number-columns-repeated="-1"', b'date-value="9999999-99-99"']  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(WORKBOOKS),
    st.sampled_from(PARTS),
    st.lists(
        st.tuples(st.integers(0, 5_000), st.integers(0, 12), st.sampled_from(FRAGMENTS)),
        min_size=1,
        max_size=4,
    ),
)
def test_a_workbook_spoilt_anywhere_raises_nothing_but_input_error(
    data: bytes, part: str, cuts: list[tuple[int, int, bytes]]
) -> None:
    def spoil(content: bytes) -> bytes:
        for place, length, new in cuts:
            at = place % (len(content) + 1)
            content = content[:at] + new + content[at + length :]
        return content

    try:
        parse_invoices(changed(data, part, spoil))
    except InputError as error:
        assert str(error).endswith(".")  # noqa: PT017 - some examples raise, some do not


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(WORKBOOKS), st.integers(4, 20_000), st.binary(min_size=1, max_size=8))
def test_an_archive_with_bytes_changed_anywhere_raises_nothing_but_input_error(
    data: bytes, place: int, new: bytes
) -> None:
    at = 4 + place % (len(data) - 4)
    try:
        parse_invoices(data[:at] + new + data[at + len(new) :])
    except InputError as error:
        assert str(error).endswith(".")  # noqa: PT017 - some examples raise, some do not


@pytest.mark.parametrize("text", ["15/01/2026", "01/15/2026"])
def test_days_beside_dates_that_a_spreadsheet_left_as_texts_were_read_with_day_and_month_exchanged(
    text: str,
) -> None:
    rows: list[Cells] = [
        [*ROW[:3], text, date(2026, 2, 20), 10.0],
        ["F-2", "C1", "Dupont & Fils", date(2026, 5, 1), date(2026, 6, 20), 10.0],
        ["F-3", "C1", "Dupont & Fils", date(2026, 3, 3), date(2026, 4, 20), 10.0],
    ]
    records, errors = parse_invoices(xlsx(HEADER, *rows))
    assert [record.number for record in records] == ["F-1", "F-3"]
    assert [(error.line, error.field, error.reason, error.arguments) for error in errors] == [
        (3, "Date de facture", Reason.SWAPPED_DATE, ("2026-05-01", "2026-01-05"))
    ]


def test_a_day_after_the_twelfth_shows_that_nothing_was_exchanged() -> None:
    rows: list[Cells] = [
        [*ROW[:3], "15/01/2026", date(2026, 2, 20), 10.0],
        ["F-2", "C1", "Dupont & Fils", date(2026, 5, 1), date(2026, 6, 20), 10.0],
        ["F-3", "C1", "Dupont & Fils", date(2026, 3, 13), date(2026, 4, 20), 10.0],
    ]
    records, errors = parse_invoices(xlsx(HEADER, *rows))
    assert errors == []
    assert [record.issued for record in records] == [date(2026, 1, 15), date(2026, 5, 1), date(2026, 3, 13)]
