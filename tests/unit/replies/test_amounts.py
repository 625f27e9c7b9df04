from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.replies.amounts import find_amounts
from relance_mailer.replies.promised_sum import promise_amount


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
        ("Rs. 2,36,000.00", "236000.00", "INR"),
        ("2,36,000.00 INR", "236000.00", "INR"),
        ("EUR 500,-", "500", "EUR"),
        ("CHF 1’250.00", "1250.00", "CHF"),
        ("Fr. 250.-", "250", "CHF"),
        ("1'250.-", "1250", None),
        ("3 000 000 FCFA", "3000000", "XOF"),
        ("500 balles", "500", "EUR"),
        ("1.2k", "1200", None),
        ("mille deux cents euros", "1200", "EUR"),
        ("quatre-vingt-dix euros", "90", "EUR"),
        ("twelve hundred pounds", "1200", "GBP"),
        ("two thousand five hundred and ten dollars", "2510", "USD"),
        ("tausendzweihundert Euro", "1200", "EUR"),
        ("mil doscientos euros", "1200", "EUR"),
        ("milleduecento euro", "1200", "EUR"),
        ("twaalfhonderd euro", "1200", "EUR"),
        ("mil e duzentos euros", "1200", "EUR"),
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


@pytest.mark.parametrize(
    ("text", "open_sums", "expected"),
    [
        ("Nous paierons 500 € le 15.", ["1250.00"], "500"),
        ("Les 640 vous les aurez le 15.", ["298.00", "640.00"], "640"),
        ("We have paid 300 GBP, and we will pay 725 GBP on Friday.", ["300.00", "725.00"], "725"),
        ("Je paierai la moitié vendredi.", ["1000.00"], "500"),
        ("We will pay on Friday.", ["1250.00"], None),
        ("Nous contestons votre facture de 1 250 €.", ["1250.00"], None),
    ],
)
def test_the_sum_promised_is_told_from_the_others(
    text: str, open_sums: list[str], expected: str | None
) -> None:
    found = promise_amount(text, open_sums=[Decimal(written) for written in open_sums], told=True)
    assert found == (Decimal(expected) if expected else None)
