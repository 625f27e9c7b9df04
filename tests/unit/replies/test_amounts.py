from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.replies.amounts import find_amounts


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("1 250,00 €", "1250.00", "EUR"),
        ("1\u202f250,00\u00a0€", "1250.00", "EUR"),
        ("1.250,00 EUR", "1250.00", "EUR"),
        ("1 250 euros", "1250", "EUR"),
        ("1250€ TTC", "1250", "EUR"),
        ("1.250,00", "1250.00", None),
        ("£1,250", "1250", "GBP"),
        ("£1,250.50", "1250.50", "GBP"),
        ("$ 99.90", "99.90", "USD"),
        ("EUR 480", "480", "EUR"),
        ("CHF 1'250.-", "1250", "CHF"),
        ("1'250.- CHF", "1250", "CHF"),
        ("2 k€", "2000", "EUR"),
        ("un acompte de 500 € le 15", "500", "EUR"),
    ],
)
def test_a_sum_is_read_as_it_is_written(text: str, amount: str, currency: str | None) -> None:
    (found,) = find_amounts(text)
    assert (found.amount, found.currency) == (Decimal(amount), currency)


@pytest.mark.parametrize(
    "text",
    [
        "en 2025",
        "facture 0412",
        "FA-2025-0412",
        "01 42 03 12 15",
        "FR76 3000 6000 0112 3456 7890 189",
        "12.05.2025",
        "14h30",
        "50 %",
    ],
)
def test_other_figures_are_no_sums(text: str) -> None:
    assert find_amounts(text) == ()


@given(st.decimals(Decimal("0.01"), Decimal("999999999.99"), places=2))
def test_french_and_english_writing_of_a_sum_agree(amount: Decimal) -> None:
    english = f"£{amount:,.2f}"
    french = f"{amount:,.2f} €".replace(",", " ").replace(".", ",")
    assert [found.amount for found in find_amounts(f"pay {english} now")] == [amount]
    assert [found.amount for found in find_amounts(f"nous virons {french} demain")] == [amount]


@given(st.text(max_size=300))
def test_offsets_lie_in_the_text_and_do_not_overlap(text: str) -> None:
    end = 0
    for found in find_amounts(text):
        assert end <= found.start < found.end <= len(text)
        end = found.end
