"""What intake hands on: checked records, and for each row that was refused the reason."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from relance_mailer.dunning.invoice import DebtorKind
from relance_mailer.dunning.money import Money
from relance_mailer.intake.reasons import Reason, say


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row did not go in; a row may have several.

    Attributes:
        line: line of the file on which the row begins, counted from 1 as a text editor does; row of a sheet.
        field: the column's name as the file's header writes it; "" if the whole row is meant.
        value: what stands there, safe to print: cut, control characters escaped.
        reason: stable code; `explain` gives the words.
        arguments: what the words need (a limit, another line …).
    """

    line: int
    field: str
    value: str
    reason: Reason
    arguments: tuple[str, ...] = ()


def shown(value: str) -> str:
    """Return `value` safe to print in a terminal or a log, cut to 80 characters."""
    cut = value if len(value) <= 80 else value[:79] + "…"
    return "".join(
        mark if mark.isprintable() or mark in "\u00a0\u202f" else ascii(mark)[1:-1] for mark in cut
    )


def explain(error: RowError, language: str = "fr") -> str:
    """Return one sentence for a person: line, field, value, reason, and what to do ("fr", else English)."""
    why = say(error.reason, error.arguments, language)
    if language == "fr":
        column = f", colonne « {error.field} »" if error.field else ""
        value = f", valeur « {error.value} »" if error.value else ""
        return f"Ligne {error.line}{column}{value} : {why}."
    column = f", column “{error.field}”" if error.field else ""
    value = f", value “{error.value}”" if error.value else ""
    return f"Line {error.line}{column}{value}: {why}."


@dataclass(frozen=True, slots=True)
class InvoiceRecord:
    """One invoice, or credit note, and the debtor that it names.

    Attributes:
        line: line of the file on which it begins, or row of the sheet.
        debtor_reference: the creditor's code for the debtor; "" only if the file has no such column.
        total: with VAT; negative for a credit note, never zero.
        balance: what remained to be paid on `balance_on`; same sign as `total` and no larger. None: not stated.
        balance_on: None if the file does not say; the importer then takes the day of the import.
        kind: UNKNOWN if the file does not say (see `dunning.debtor_kind.effective_kind`).
        language: two letters, from the file, else from the country.
        country: ISO 3166-1 alpha-2.
        siren: nine digits or "".
        vat: without spaces, with the country's letters, or "".
    """

    line: int
    number: str
    debtor_reference: str
    debtor_name: str
    issued: date
    due: date
    total: Money
    emails: tuple[str, ...] = ()
    balance: Money | None = None
    balance_on: date | None = None
    order_number: str = ""
    kind: DebtorKind = DebtorKind.UNKNOWN
    language: str = "fr"
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = "FR"
    siren: str = ""
    vat: str = ""
    contact_name: str = ""


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """One payment received; a negative amount is one taken back (a returned direct debit).

    Attributes:
        line: line of the file on which it begins.
        bank_reference: the bank's own reference, "" if the file has none.
        debtor_reference: "" only if `invoice_numbers` tells whose payment it is.
        occurrence: n-th row of its file, from 1, with the same date, sum, debtor and label and no bank
            reference: two equal transfers on one day are both real. Always 1 with a bank reference.
    """

    line: int
    paid_on: date
    amount: Money
    bank_reference: str = ""
    debtor_reference: str = ""
    invoice_numbers: tuple[str, ...] = ()
    label: str = ""
    occurrence: int = 1

    @property
    def key(self) -> str:
        """The payment's identity for its creditor: importing the same key again changes nothing."""
        if self.bank_reference:
            return f"bank:{self.bank_reference}"
        parts = (str(self.paid_on), str(self.amount), self.debtor_reference, self.label, self.occurrence)
        return f"row:{json.dumps(parts, ensure_ascii=False)}"
