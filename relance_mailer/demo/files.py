"""The files that the demo's accounting program and bank would export, and its configuration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from relance_mailer.demo.model import Bill, Debtor
from relance_mailer.demo.post import HOST, PASSWORD, USER

OWN_ADDRESS = "compta@atelier-des-tilleuls.example"
PERSON = "Camille"  #: of the accounts team

_INVOICES = (
    "N° facture;Code client;Client;E-mail;Date de facture;Échéance;Montant TTC;Devise;Type de client;Langue;Adresse;"
    "Code postal;Ville;Pays;SIREN;Contact"
)
_PAYMENTS = "Date de règlement;Code client;Factures;Montant;Devise;Référence bancaire;Libellé"

_CONFIG = """\
# The demo's configuration. Its servers lived in the demo's own process and are gone: what is kept can be looked at.
language = "{language}"

[creditor]
name = "Atelier des Tilleuls SARL"
street = "24 rue des Tilleuls"
postal_code = "49000"
city = "Angers"
siren = "732829320"
phone = "02 41 00 00 00"
iban = "FR7630006000011234567890189"
signer_name = "Hélène Garnier"
signer_capacity = "gérante"

[sending]
mode = "live"

[smtp]
host = "{host}"
port = {smtp_port}
tls = "none"
from_address = "{address}"
plus_address = true
bcc = "{address}"
rate = "unlimited"

[[mailboxes]]
host = "{host}"
port = {imap_port}
tls = "none"
username = "{user}"
password = "{password}"

[rehearsal]
"""


@dataclass(frozen=True, slots=True)
class Transfer:
    """A payment as the bank tells it."""

    debtor: Debtor
    about: tuple[str, ...]
    amount: Decimal
    paid_on: date
    reference: str


def configuration(path: Path, *, smtp_port: int, imap_port: int, language: str) -> None:
    """Write the demo's configuration file."""
    text = _CONFIG.format(
        language=language,
        host=HOST,
        smtp_port=smtp_port,
        imap_port=imap_port,
        address=OWN_ADDRESS,
        user=USER,
        password=PASSWORD,
    )
    path.write_text(text, "utf-8")


def invoices(rows: Iterable[tuple[Debtor, Bill, Sequence[str]]]) -> bytes:
    """Return a file of invoices, each with its debtor and the addresses to write to."""
    return _file(_INVOICES, (_invoice(debtor, bill, emails) for debtor, bill, emails in rows))


def payments(transfers: Iterable[Transfer]) -> bytes:
    """Return a file of payments; one without any says that none came."""
    return _file(_PAYMENTS, map(_payment, transfers))


def _file(header: str, rows: Iterable[str]) -> bytes:
    return "\r\n".join([header, *rows, ""]).encode("utf-8-sig")


def _invoice(debtor: Debtor, bill: Bill, emails: Sequence[str]) -> str:
    postal_code, town = _town(debtor.town)
    cells = (
        bill.number,
        debtor.code,
        debtor.name,
        ", ".join(emails),
        f"{bill.issued:%d/%m/%Y}",
        f"{bill.due:%d/%m/%Y}",
        _sum(bill.total),
        "EUR",
        debtor.kind,
        debtor.language,
        debtor.street,
        postal_code,
        town,
        debtor.country,
        debtor.siren,
        debtor.person,
    )
    return ";".join(cells)


def _payment(transfer: Transfer) -> str:
    cells = (
        f"{transfer.paid_on:%d/%m/%Y}",
        transfer.debtor.code,
        ", ".join(transfer.about),
        _sum(transfer.amount),
        "EUR",
        transfer.reference,
        f"VIR SEPA {transfer.debtor.name.upper()}",
    )
    return ";".join(cells)


def _town(town: str) -> tuple[str, str]:
    """Split what stands on an address's last line: the code ends with its last word that has a digit."""
    words = town.split()
    last = max(index for index, word in enumerate(words) if any(char.isdigit() for char in word))
    return " ".join(words[: last + 1]), " ".join(words[last + 1 :])


def _sum(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")
