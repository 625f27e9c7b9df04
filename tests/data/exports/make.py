"""Write the workbooks of this folder, byte for byte the same each time: `python tests/data/exports/make.py`.

The text files beside them were written by hand and are their own source.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from odfdo import Cell, Document, Row, Table
from openpyxl import Workbook
from openpyxl.cell.cell import TYPE_STRING
from openpyxl.worksheet.worksheet import Worksheet

HERE = Path(__file__).parent
BOMB_MIB = 300

Value = str | int | float | date | None


def same_bytes(packed: bytes) -> bytes:
    """Return the ZIP with all its times fixed, so that making it again changes nothing."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.infolist():
            fixed = zipfile.ZipInfo(member.filename, (2026, 3, 2, 0, 0, 0))
            fixed.compress_type = member.compress_type
            data = old.read(member)
            if member.filename == "docProps/core.xml":
                data = re.sub(rb"[0-9-]{10}T[0-9:]{8}Z", b"2026-03-02T00:00:00Z", data)
            new.writestr(fixed, data)
    return out.getvalue()


def packed(book: Workbook) -> bytes:
    """Return `book` as openpyxl writes it, its times fixed."""
    out = io.BytesIO()
    book.save(out)
    return same_bytes(out.getvalue())


def save(book: Workbook, name: str) -> None:
    """Write `book` into this folder."""
    (HERE / name).write_bytes(packed(book))


def fill(sheet: Worksheet, rows: Sequence[Sequence[Value]], *, top: int = 1, left: int = 1) -> None:
    """Write rows of values; days get a French format, a text that begins with = stays a text."""
    for i, row in enumerate(rows, top):
        for j, value in enumerate(row, left):
            cell = sheet.cell(i, j, value)
            if isinstance(value, date):
                cell.number_format = "dd/mm/yyyy"
            if isinstance(value, str) and value.startswith("="):
                cell.data_type = TYPE_STRING


def ebp_invoices() -> None:
    """Numbers where texts are meant, a float's noise, a date that is a text, a credit note without a minus."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Documents"
    fill(sheet, [
        ["Type de document", "Numéro du document", "Date du document", "Code client", "Nom du client", "Code postal", "Ville",
         "Code pays", "Adresse e-mail", "N° SIREN", "Date d'échéance", "Montant HT", "Montant TTC", "Solde dû"],
        ["Facture", 20260001, date(2026, 1, 5), 12, "Ateliers Kerbrélan SARL", 29000, "Quimper", "FR",
         "compta@kerbrelan.example", 999900707, date(2026, 2, 4), 1041.92, 1041.92 + 208.38, 1250.3],
        ["Facture", 20260002, date(2026, 1, 19), 27, "Boulangerie Pétrissou", 1000, "Bourg-en-Bresse", "FR",
         "fournil@petrissou.example", 999900772, date(2026, 2, 18), 400.5, 480.6, 0],
        ["Facture", 20260003, date(2026, 1, 20), 31, "Brasserie De Zwaan BV", 1000, "Bruxelles", "BE",
         "boekhouding@dezwaan.example", None, date(2026, 2, 19), 4960, 4960, 4960],
        ["Avoir", 20260004, "31/01/2026", 12, "Ateliers Kerbrélan SARL", 29000, "Quimper", "FR",
         "compta@kerbrelan.example", 999900707, "02/03/2026", 104.58, 125.5, 125.5],
    ])  # fmt: skip
    save(book, "ebp-factures.xlsx")


def unpaid_by_hand() -> None:
    """A first sheet of notes, an empty column, a title, #N/A, a formula as a name, a total, a note below."""
    book = Workbook()
    notes = book.worksheets[0]
    notes.title = "Lisez-moi"
    fill(notes, [["Tenu par Nadège jusqu'en mars"], ["Ne pas trier la feuille Suivi"]])
    sheet = book.create_sheet("Suivi")
    sheet["B2"] = "Factures impayées au 28/02/2026"
    sheet.merge_cells("B2:I2")
    fill(sheet, [
        ["N° fact.", "Client", "Mail", "Date fact.", "Échéance", "Montant TTC", "Reste à payer", "Commentaire"],
        ["F2026-031", "Ateliers Kerbrélan SARL", "compta@kerbrelan.example", date(2026, 1, 5), date(2026, 2, 4),
         "1 250,00 €", 1250, None],
        ["F2026-032", "Boulangerie Pétrissou", "fournil@petrissou.example ; gerance@petrissou.example",
         "19/01/2026", date(2026, 2, 18), 480.6, "80,60", "a promis le solde"],
        ["F2026-033", "Charpentes Vauzelle & Fils", "#N/A", date(2026, 1, 20), date(2026, 2, 19), 980.4, 980.4, None],
        ["F2026-034", None, "contact@oudinot-mege.example", date(2026, 1, 22), date(2026, 2, 21), 310, 310, "?"],
        ["F2026-035", '=HYPERLINK("http://attaquant.example/?f=35","Garage du Tréboul")',
         "contact@garage-treboul.example", date(2026, 1, 26), date(2026, 2, 25), 298.8, 298.8, None],
        ["AV2026-004", "Ateliers Kerbrélan SARL", "compta@kerbrelan.example", date(2026, 1, 30), None, -125, -125,
         "à déduire de la 031"],
        ["F2026-036", "Transports Oudinot-Mège", "contact@oudinot-mege.example", date(2026, 1, 30), date(2026, 3, 1),
         540, "#REF!", None],
        ["F2026-037", "Charpentes Vauzelle & Fils", "factures@vauzelle.example", date(2026, 2, 2), date(2026, 3, 4),
         "540.50", "540.50", None],
        ["TOTAL", None, None, None, None, 4275.3, "#REF!", None],
    ], top=4, left=2)  # fmt: skip
    sheet["A15"] = "Relancer Mme Quérouil avant le 15"
    save(book, "excel-suivi-impayes.xlsx")


def odoo() -> None:
    """English headings of Odoo, three currencies in a column of their own, one without cents."""
    book = Workbook()
    fill(book.worksheets[0], [
        ["Number", "Invoice Partner Display Name", "Invoice/Bill Date", "Due Date", "Currency", "Tax Excluded",
         "Total", "Amount Due", "Payment Status"],
        ["INV/2026/00001", "Ateliers Kerbrélan SARL", date(2026, 1, 5), date(2026, 2, 4), "EUR", 1041.67, 1250,
         1250, "Not Paid"],
        ["INV/2026/00002", "Harcourt & Penn Ltd", date(2026, 1, 19), date(2026, 2, 18), "GBP", 7315.25, 7315.25,
         315.25, "Partially Paid"],
        ["INV/2026/00003", "Kitagawa Trading KK", date(2026, 1, 20), date(2026, 2, 19), "JPY", 125000, 125000,
         125000, "Not Paid"],
        ["RINV/2026/00001", "Ateliers Kerbrélan SARL", date(2026, 1, 26), date(2026, 1, 26), "EUR", -104.17, -125,
         0, "Paid"],
    ])  # fmt: skip
    save(book, "odoo-factures.xlsx")


def sage_payments() -> None:
    """A sheet a month, a title, two equal cheques, parentheses, a bank reference twice, a broken formula, the total of the slip."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Février"
    fill(sheet, [
        ["Journal des règlements - février 2026"],
        [],
        ["Date règlement", "N° compte client", "Montant", "Mode", "Libellé", "Facture(s)", "Réf. bancaire"],
        [date(2026, 2, 4), "411KERBRE", 1250, "VIR", "VIR KERBRELAN", "FA26001", "VIR-0417"],
        [date(2026, 2, 18), "411QUEROU", 225, "CHQ", "CHQ 0000412", None, None],
        [date(2026, 2, 18), "411QUEROU", 225, "CHQ", "CHQ 0000412", None, None],
        [date(2026, 2, 20), "411ECHOPP", "(642,00)", "PRLV", "REJET PRLV", "FA26003", None],
        [date(2026, 2, 24), "411VAUZEL", "2 105,40 €", "VIR", "VIR VAUZELLE", "FA26008 ; FA26013", None],
        [date(2026, 2, 25), "411KERBRE", 980.4, "VIR", "VIR KERBRELAN", "FA26014", "VIR-0417"],
        [date(2026, 2, 26), "411PETRI", "#REF!", "VIR", "VIR PETRISSOU", "FA26002", None],
        [None, "Total", 4143.8, None, None, None, None],
    ])  # fmt: skip
    fill(book.create_sheet("Mars"), [
        ["Journal des règlements - mars 2026"],
        [],
        ["Date règlement", "N° compte client", "Montant", "Mode", "Libellé", "Facture(s)", "Réf. bancaire"],
        [date(2026, 3, 13), "411PETRI", 480.6, "VIR", "VIR PETRISSOU", "FA26002", "VIR-0733"],
    ])  # fmt: skip
    save(book, "sage-reglements.xlsx")


def clients_by_hand() -> None:
    """One column of addresses a role, codes and SIREN as numbers, a postal code that lost its zero."""
    book = Workbook()
    fill(book.worksheets[0], [
        ["Nos clients"],
        ["N° client", "Nom du client", "SIREN", "CP", "Ville", "Pays", "Langue", "E-mail comptabilité",
         "E-mail direction"],
        [12, "Ateliers Kerbrélan SARL", 999900707, 29000, "Quimper", "France", None, "compta@kerbrelan.example",
         "direction@kerbrelan.example"],
        [27, "Boulangerie Pétrissou", 999900772, 1000, "Bourg-en-Bresse", "France", None,
         "fournil@petrissou.example", None],
        [31, "Brasserie De Zwaan BV", None, 1000, "Bruxelles", "Belgique", "anglais", "boekhouding@dezwaan.example",
         None],
        [44, "Transports Oudinot-Mège", 999901052, 44000, "Nantes", "France", "fr", "contact@oudinot-mege.example",
         None],
    ])  # fmt: skip
    save(book, "excel-clients.xlsx")


def ods_cells() -> Iterator[list[Cell]]:
    """Rows of typed cells, as LibreOffice Calc writes them."""

    def text(words: str) -> Cell:
        return Cell(text=words, cell_type="string", value=words)

    def number(value: float) -> Cell:
        return Cell(value, cell_type="float")

    def day(value: date) -> Cell:
        return Cell(value, cell_type="date", text=f"{value:%d/%m/%y}")

    def euros(value: float, formula: str | None = None) -> Cell:
        shown = f"{value:,.2f}".replace(",", "\u202f").replace(".", ",") + " €"
        return Cell(value, cell_type="currency", currency="EUR", text=shown, formula=formula)

    def failed(shown: str) -> Cell:
        cell = Cell(text=shown, cell_type="string", value="", formula="of:=[.#REF!]")
        cell.set_attribute("office:string-value", "")
        cell.set_attribute("calcext:value-type", "error")
        return cell

    yield [text(name) for name in (
        "Numéro", "Code client", "Client", "Type", "Date de\nfacture", "Échéance", "Taux", "Montant TTC", "Solde",
    )]  # fmt: skip
    rows = [
        (2026031, "A-007", "Œuvres du Thouet", "professionnel", date(2026, 1, 5), date(2026, 2, 4), 1250.0, 1250.0),
        (2026032, "A-011", "Mme Inès Quérouil", "particulier", date(2026, 1, 19), date(2026, 2, 18), 74.5, 24.5),
        (2026033, "A-020", "Commune de Saint-Ferréol-le-Vieux", "public", date(2026, 1, 30), date(2026, 3, 1),
         12900.0, 12900.0),
        (2026034, "A-007", "Œuvres du Thouet", "professionnel", date(2026, 2, 2), None, -50.0, -50.0),
        (2026035, "A-011", "Mme Inès Quérouil", "particulier", date(2026, 2, 3), date(2026, 3, 5), 60.0, None),
    ]  # fmt: skip
    for row, (no, code, name, kind, issued, due, total, balance) in enumerate(rows, 2):
        rate = Cell(0.2, cell_type="percentage", text="20 %")
        formula = f"of:=[.H{row}]-[.K{row}]"
        left = failed("#REF!") if balance is None else euros(balance, formula)
        yield [number(no), text(code), text(name), text(kind), day(issued), day(due) if due else Cell(), rate,
               euros(total), left]  # fmt: skip
    empty = [Cell() for _ in range(6)]
    yield [
        Cell(),
        Cell(),
        text("Total"),
        *empty[:4],
        euros(14234.5, "of:=SUM([.H2:.H6])"),
        failed("#REF!"),
    ]


def libreoffice() -> None:
    """Typed cells, formulas with their results, a failed one, a heading of two lines, a thousand empty columns and rows."""
    book = Document("spreadsheet")
    book.body.clear()
    table = Table("Factures")
    for cells in ods_cells():
        row = Row()
        for cell in cells:
            row.append_cell(cell)
        row.append_cell(Cell(repeated=1010))
        table.append_row(row)
    table.append_row(Row(repeated=1_048_000))
    book.body.append(table)
    out = io.BytesIO()
    book.save(out)
    (HERE / "libreoffice-factures.ods").write_bytes(same_bytes(out.getvalue()))


def zip_bomb() -> None:
    """A workbook of 300 KiB whose one sheet holds 300 MiB of spaces between two cells."""
    book = Workbook()
    fill(book.worksheets[0], [["Numéro", "Code client", "Client", "Date", "Échéance", "Montant TTC"]])
    name, out = "xl/worksheets/sheet1.xml", io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(packed(book))) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new,
    ):
        for member in old.infolist():
            if member.filename != name:
                new.writestr(member, old.read(member))
        head, tail = old.read(name).split(b"</sheetData>")
        with new.open(old.getinfo(name), "w") as stream:
            stream.write(head)
            for _ in range(BOMB_MIB):
                stream.write(b" " * 1024**2)
            stream.write(b"</sheetData>" + tail)
    (HERE / "bombe.xlsx").write_bytes(out.getvalue())


def protected() -> None:
    """What Excel writes under a password: an OLE compound file (MS-CFB) with the stream EncryptedPackage.

    Header, one FAT sector, one directory sector; nothing in it is worth decrypting.
    """
    sector = 512
    fat = [0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFE] + [0xFFFFFFFF] * 125
    header = bytearray(sector)
    header[0:8] = bytes.fromhex("d0cf11e0a1b11ae1")
    header[24:34] = bytes.fromhex("3e000300feff09000600")
    for place, value in ((44, 1), (48, 1), (56, 4096), (60, 0xFFFFFFFE), (68, 0xFFFFFFFE)):
        header[place : place + 4] = value.to_bytes(4, "little")
    for n in range(109):
        place = 76 + 4 * n
        header[place : place + 4] = (0 if n == 0 else 0xFFFFFFFF).to_bytes(4, "little")
    table = b"".join(value.to_bytes(4, "little") for value in fat)
    entries = [("Root Entry", 5, 1), ("EncryptionInfo", 2, 2), ("EncryptedPackage", 2, 0xFFFFFFFF)]
    directory = b"".join(_entry(name, kind, child, n) for n, (name, kind, child) in enumerate(entries))
    directory = directory.ljust(sector, b"\0")
    (HERE / "protege.xlsx").write_bytes(bytes(header) + table + directory + b"\0" * sector)


def _entry(name: str, kind: int, link: int, number: int) -> bytes:
    """Return one directory entry (MS-CFB 2.6.1); the root's link is its child, a stream's its right sibling."""
    entry = bytearray(128)
    written = name.encode("utf-16-le") + b"\0\0"
    entry[: len(written)] = written
    entry[64:66] = len(written).to_bytes(2, "little")
    entry[66:68] = bytes((kind, 1))
    free = 0xFFFFFFFF
    left, right, child = free, (link if number else free), (free if number else link)
    for place, value in ((68, left), (72, right), (76, child), (116, 0xFFFFFFFE)):
        entry[place : place + 4] = value.to_bytes(4, "little")
    return bytes(entry)


if __name__ == "__main__":
    for make in (
        ebp_invoices,
        unpaid_by_hand,
        odoo,
        sage_payments,
        clients_by_hand,
        libreoffice,
        zip_bomb,
        protected,
    ):
        make()
