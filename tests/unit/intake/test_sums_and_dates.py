from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relance_mailer.dunning.money import Money
from relance_mailer.intake.cells import CellError, a_date, a_sum
from relance_mailer.intake.reasons import Reason


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1250", "1250.00"),
        ("1250,00", "1250.00"),
        ("1 250,00", "1250.00"),
        ("1\u00a0250,00\u00a0€", "1250.00"),
        ("1\u202f250,00 €", "1250.00"),
        ("1 250,00 EUR", "1250.00"),
        ("€1250.00", "1250.00"),
        ("1.250,00", "1250.00"),
        ("1,250.00", "1250.00"),
        ("1'250.50", "1250.50"),
        ("1 234 567,8", "1234567.80"),
        ("12,5", "12.50"),
        ("-125,00", "-125.00"),
        ("−125,00", "-125.00"),
        ("125,00-", "-125.00"),
        ("(125,00)", "-125.00"),
        ("(125,00 €)", "-125.00"),
        ("+125,00", "125.00"),
        ("0,00", "0.00"),
    ],
)
def test_a_sum_is_read_as_people_write_it(written: str, amount: str) -> None:
    assert a_sum(written, "EUR") == Money(Decimal(amount), "EUR")


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("1.250", Reason.AMBIGUOUS_SUM),
        ("1,250", Reason.AMBIGUOUS_SUM),
        ("-12.500", Reason.AMBIGUOUS_SUM),
        ("1250,001", Reason.TOO_MANY_DECIMALS),
        ("0,125", Reason.TOO_MANY_DECIMALS),
        ("12 50,00", Reason.BAD_SUM),
        ("1 250 00", Reason.BAD_SUM),
        ("1.250.00", Reason.BAD_SUM),
        ("--5,00", Reason.BAD_SUM),
        ("(-5,00)", Reason.BAD_SUM),
        ("1e3", Reason.BAD_SUM),
        ("NaN", Reason.BAD_SUM),
        ("", Reason.BAD_SUM),
        ("douze", Reason.BAD_SUM),
        ("١٢٥", Reason.BAD_SUM),
        ("5,", Reason.BAD_SUM),
        (",5", Reason.BAD_SUM),
        ("100,00 $", Reason.OTHER_CURRENCY),
        ("100 USD", Reason.OTHER_CURRENCY),
        ("12345678901234,00", Reason.SUM_TOO_LARGE),
    ],
)
def test_a_sum_that_is_none_or_two_is_refused(written: str, reason: Reason) -> None:
    with pytest.raises(CellError) as refused:
        a_sum(written, "EUR")
    assert refused.value.reason is reason


def test_three_decimals_after_a_comma_are_no_riddle_in_a_currency_that_has_three() -> None:
    assert a_sum("1,250", "TND").amount == Decimal("1.250")


def test_a_currency_without_decimals_takes_none() -> None:
    assert a_sum("1 250", "JPY").minor == 1250
    with pytest.raises(CellError) as refused:
        a_sum("1250,5", "JPY")
    assert refused.value.reason is Reason.TOO_MANY_DECIMALS


@settings(deadline=None)
@given(
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.sampled_from(["", " ", "\u00a0", "\u202f", "."]),
    st.sampled_from(["", " €", "\u00a0EUR"]),
)
def test_every_sum_written_with_two_decimals_comes_back(cents: int, group: str, currency: str) -> None:
    whole, rest = divmod(abs(cents), 100)
    written = f"{whole:,}".replace(",", group) + f",{rest:02}"
    money = a_sum(("-" if cents < 0 else "") + written + currency, "EUR")
    assert money.minor == cents


@settings(deadline=None)
@given(st.text(max_size=30))
def test_no_text_makes_the_sum_reader_fail_otherwise_than_by_refusing(text: str) -> None:
    try:
        money = a_sum(text, "EUR")
    except CellError:
        return
    assert money == money.rounded()


@pytest.mark.parametrize(
    "written", ["05/01/2026", "5/1/2026", "05-01-2026", "05.01.2026", "2026-01-05", "2026-01-05 00:00:00"]
)
def test_a_date_is_read_day_first_or_iso(written: str) -> None:
    assert a_date(written) == date(2026, 1, 5)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("31/02/2026", Reason.BAD_DATE),
        ("01/13/2026", Reason.BAD_DATE),
        ("05/01-2026", Reason.BAD_DATE),
        ("2026-1-5", Reason.BAD_DATE),
        ("45678", Reason.BAD_DATE),
        ("2026-01-05 14:30:00", Reason.BAD_DATE),
        ("05/01/26", Reason.SHORT_YEAR),
        ("05/01/0206", Reason.YEAR_RANGE),
        ("05/01/2206", Reason.YEAR_RANGE),
    ],
)
def test_a_date_that_is_none_is_refused(written: str, reason: Reason) -> None:
    with pytest.raises(CellError) as refused:
        a_date(written)
    assert refused.value.reason is reason
