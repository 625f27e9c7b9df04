from pathlib import Path

from relance_mailer.dunning.invoice import DebtorKind
from relance_mailer.intake.invoices import parse_invoices
from relance_mailer.intake.payments import parse_payments

EXAMPLES = Path(__file__).parents[3] / "examples"


def test_the_example_invoices_parse_without_an_error() -> None:
    data = (EXAMPLES / "factures.csv").read_bytes()
    records, errors = parse_invoices(data)
    assert errors == []
    assert len(records) == 25
    assert {record.kind for record in records} == set(DebtorKind)
    assert {record.country for record in records} == {"FR", "BE", "GB"}
    assert sum(record.total.amount < 0 for record in records) == 1
    assert any(record.balance for record in records)
    assert "Hélène Dupont".encode("cp1252") in data


def test_the_example_payments_parse_without_an_error_and_fit_the_invoices() -> None:
    data = (EXAMPLES / "reglements.csv").read_bytes()
    payments, errors = parse_payments(data)
    invoices, _ = parse_invoices((EXAMPLES / "factures.csv").read_bytes())
    assert errors == []
    assert data.startswith(b"\xef\xbb\xbf")
    assert {payment.occurrence for payment in payments} == {1, 2}
    assert {n for p in payments for n in p.invoice_numbers} <= {invoice.number for invoice in invoices}
    assert {p.debtor_reference for p in payments} <= {invoice.debtor_reference for invoice in invoices}
