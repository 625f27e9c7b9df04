"""Files for imports, written as a person would, and an office of one's own to import them into."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import func, select

from relance_mailer.services.import_ import How, ImportReport, import_invoices, import_payments
from relance_mailer.services.office import Office
from relance_mailer.store import freshness
from relance_mailer.store.tables import InvoiceRow, LedgerRow, PaymentRow
from tests.support.office import MONDAY

INVOICES = "N° facture;Code client;Client;E-mail;Date de facture;Échéance;Montant TTC;Solde"
PAYMENTS = "Date de règlement;Code client;Factures;Montant;Devise;Référence bancaire;Libellé"
AS_USUAL = How()


def file_of(rows: list[str], header: str) -> bytes:
    """Return a file of these rows."""
    return "\n".join([header, *rows]).encode()


@dataclass
class Desk:
    """Somebody who imports files, a day later each time."""

    office: Office
    now: datetime = MONDAY

    def invoices(self, *rows: str, header: str = INVOICES, how: How = AS_USUAL) -> ImportReport:
        return self._import(import_invoices, list(rows), header, how)

    def payments(self, *rows: str, header: str = PAYMENTS, how: How = AS_USUAL) -> ImportReport:
        return self._import(import_payments, list(rows), header, how)

    def _import(
        self, take_in: Callable[..., ImportReport], rows: list[str], header: str, how: How
    ) -> ImportReport:
        self.now += timedelta(days=1)
        return take_in(self.office, file_of(rows, header), "file.csv", self.now, "nadia", how)

    def count(self, table: type[InvoiceRow | PaymentRow | LedgerRow]) -> int:
        with self.office.db.read() as session:
            return session.exec(select(func.count()).select_from(table)).one()

    def fresh(self) -> datetime | None:
        with self.office.db.read() as session:
            return freshness.last_payments(session, self.office.creditor_id)


def invoice(
    number: str,
    code: str = "C1",
    *,
    name: str = "",
    email: str = "",
    issued: str = "05/01/2026",
    due: str = "04/02/2026",
    total: str = "100,00",
    balance: str = "",
) -> str:
    """Return a row of a file of invoices."""
    return ";".join([number, code, name or f"Client {code}", email, issued, due, total, balance])
