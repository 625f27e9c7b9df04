"""A creditor's office for tests: a configuration towards loopback servers, in rehearsal, its database installed."""

from __future__ import annotations

import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from relance_mailer import bootstrap
from relance_mailer import config as configuration
from relance_mailer.clock import FixedClock
from relance_mailer.dunning.notice import Mode
from relance_mailer.mail.imap import Folder
from relance_mailer.services import first_run
from relance_mailer.services.import_ import ImportReport, import_invoices, import_payments
from relance_mailer.services.mail_sink import MailSink

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from relance_mailer.services.office import Office

#: A port on which nobody listens (RFC 863 discard, never served on loopback here).
CLOSED_PORT = 9
MONDAY = datetime.fromisoformat("2026-03-02T10:00:00+01:00")
TEAM = "Claire Martin"

CONFIG = """\
language = "{language}"

[creditor]
name = "Ateliers Riviere SARL"
street = "12 rue des Lilas"
postal_code = "75011"
city = "Paris"
siren = "732829320"
iban = "FR7630006000011234567890189"
signer_name = "Claire Martin"
signer_capacity = "gérante"

[sending]
mode = "{mode}"
{sending}

[smtp]
host = "127.0.0.1"
port = {smtp_port}
tls = "none"
from_address = "{address}"
rate = "unlimited"
sent_copy = "none"
timeout = 10

[[mailboxes]]
host = "127.0.0.1"
port = {imap_port}
tls = "none"
username = "{username}"
password = "{password}"
timeout = 10

[rehearsal]
{extra}
"""


@dataclass(frozen=True, slots=True)
class Invoice:
    """A row of a file of invoices; French dates and sums."""

    number: str
    due: str
    total: str = "1 200,00"
    issued: str = "05/01/2026"
    code: str = "C001"
    debtor: str = "Dupont Menuiserie SARL"
    email: str = "compta@dupont.example"
    kind: str = "professionnel"
    siren: str = "901002014"
    order: str = ""
    language: str = "fr"


_COLUMNS = {
    "N° facture": "number",
    "Code client": "code",
    "Client": "debtor",
    "E-mail": "email",
    "Date de facture": "issued",
    "Échéance": "due",
    "Montant TTC": "total",
    "N° commande": "order",
    "Type de client": "kind",
    "Langue": "language",
    "SIREN": "siren",
}
_ADDRESS = {"Adresse": "14 rue des Érables", "Code postal": "35000", "Ville": "Rennes", "Pays": "FR"}


def write_config(folder: Path, **settings: Any) -> Path:
    """Write a configuration into `folder` and return its path; see `CONFIG` for what may be set."""
    defaults = {
        "language": "fr",
        "mode": "live",
        "sending": "",
        "smtp_port": CLOSED_PORT,
        "imap_port": CLOSED_PORT,
        "address": "compta@creditor.example",
        "username": "compta@creditor.example",
        "password": "pw",
        "extra": "",
    }
    path = folder / "config.toml"
    path.write_text(CONFIG.format(**(defaults | settings)), "utf-8")
    tomllib.loads(path.read_text("utf-8"))
    return path


def make_office(folder: Path, at: datetime = MONDAY, **settings: Any) -> Path:
    """Write a configuration, install its database as of `at`, and return the configuration's path.

    Where its mode is live, its first run is approved.
    """
    path = write_config(folder, **settings)
    bootstrap.install(configuration.load(path), FixedClock(at))
    with open_office(path, at) as office:
        if office.mode is Mode.LIVE:
            first_run.approve(office, at, TEAM)
    return path


@contextmanager
def open_office(path: Path, at: datetime = MONDAY) -> Iterator[Office]:
    """Open the office of a configuration at an instant of its own."""
    with bootstrap.open_office(configuration.load(path), at=at) as office:
        yield office


def csv_of(invoices: Sequence[Invoice]) -> bytes:
    """Return a file of invoices as a French accounting program writes it."""
    heads = [*_COLUMNS, *_ADDRESS]
    lines = [
        [*(getattr(invoice, name) for name in _COLUMNS.values()), *_ADDRESS.values()] for invoice in invoices
    ]
    return "".join(";".join(cells) + "\r\n" for cells in (heads, *lines)).encode("cp1252")


def bring_in(office: Office, *invoices: Invoice, by: str = TEAM) -> ImportReport:
    """Import invoices; every row must go in."""
    report = import_invoices(office, csv_of(invoices), "factures.csv", office.clock.now(), by)
    assert not report.errors, report
    return report


def pay(office: Office, *rows: str, by: str = TEAM) -> ImportReport:
    """Import payments, each "day;customer code;invoices;sum"; without any, a file that says that none came."""
    heads = "Date de règlement;Code client;Factures;Montant"
    data = "".join(line + "\r\n" for line in (heads, *rows)).encode("cp1252")
    report = import_payments(office, data, "reglements.csv", office.clock.now(), by)
    assert not report.errors, report
    return report


def read_to_the_end(office: Office) -> None:
    """Note that the mailbox was just read to its end, as a watcher does."""
    sink = MailSink(office)
    for mailbox in office.config.mailboxes:
        sink.read_to_end(mailbox.name, Folder("INBOX", "inbox"), 1, 1)


def refresh(office: Office) -> None:
    """Make inbox and payments fresh: nothing holds messages back any more."""
    read_to_the_end(office)
    pay(office)
