from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relance_mailer.dunning.money import Money
from relance_mailer.intake.cells import CellError
from relance_mailer.intake.dates import a_date, of_serial
from relance_mailer.intake.form import Decimals
from relance_mailer.intake.reasons import Reason
from relance_mailer.intake.sums import a_sum, is_twofold, of_number, sign_of


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
    ("written", "decimal", "amount"),
    [
        ("1.250", ",", "1250.00"),
        ("1,250", ".", "1250.00"),
        ("(12.500 €)", ",", "-12500.00"),
        ("1250.0000", None, "1250.00"),
        ("1250.00", ",", "1250.00"),
        ("1.250,00", ".", "1250.00"),
    ],
)
def test_the_file_s_decimal_sign_settles_a_sum_that_reads_two_ways_and_no_other(
    written: str, decimal: Decimals | None, amount: str
) -> None:
    assert a_sum(written, "EUR", decimal).amount == Decimal(amount)


def test_three_decimals_beside_sums_with_two_are_a_slip_unless_a_person_said_so() -> None:
    with pytest.raises(CellError) as refused:
        a_sum("1,250", "EUR", ",")
    assert refused.value.reason is Reason.TOO_MANY_DECIMALS
    assert a_sum("1,250", "EUR", ",", told=True).amount == Decimal("1.25")


@pytest.mark.parametrize(
    ("written", "sign"),
    [
        ("12,5", ","),
        ("1.250,00 €", ","),
        ("1.250.000", ","),
        ("1250.125", "."),
        ("0,125", ","),
        ("(1,250.00)", "."),
        ("1.250", None),
        ("1 250", None),
        ("1'250", None),
        ("1.250.00", None),
        ("douze", None),
        ("", None),
    ],
)
def test_a_sum_proves_the_decimal_sign_only_where_it_reads_one_way(written: str, sign: str | None) -> None:
    assert sign_of(written) == sign
    assert is_twofold(written) == (written == "1.250")


def test_a_workbook_s_number_is_taken_to_the_cent_and_no_further() -> None:
    assert of_number(Decimal("1250.1"), "EUR") == Money(Decimal("1250.10"), "EUR")
    assert of_number(Decimal(-1250), "JPY") == Money(Decimal(-1250), "JPY")
    for number, reason in (("0.125", Reason.TOO_MANY_DECIMALS), ("1e13", Reason.SUM_TOO_LARGE)):
        with pytest.raises(CellError) as refused:
            of_number(Decimal(number), "EUR")
        assert refused.value.reason is reason


@pytest.mark.parametrize(
    "written",
    [
        "05/01/2026", "5/1/2026", "05-01-2026", "05.01.2026", "05/01/26", "5.1.26", "05/01/2026 14:30",
        "2026-01-05", "2026/01/05", "2026-01-05 00:00:00", "2026-01-05 14:30:00", "2026-01-05T14:30:00Z",
        "2026-01-05T14:30:00.123+01:00", "20260105", "5 janvier 2026", "5 janv. 2026", "05-janv.-26", "5-Jan-26",
        "5 January 2026", "5th January 2026", "January 5, 2026", "Jan 5, 2026",
    ],
)  # fmt: skip
def test_a_date_is_read_as_people_and_programs_write_it(written: str) -> None:
    assert a_date(written, day_first=True) == date(2026, 1, 5)


@pytest.mark.parametrize(
    ("name", "month"),
    [
        ("janvier", 1), ("févr.", 2), ("mars", 3), ("avr", 4), ("mai", 5), ("juin", 6), ("juil.", 7), ("août", 8),
        ("sept.", 9), ("octobre", 10), ("nov.", 11), ("DÉCEMBRE", 12), ("Feb", 2), ("July", 7), ("Sep", 9), ("Dec", 12),
    ],
)  # fmt: skip
def test_months_are_known_in_french_and_english_and_the_first_is_1er(name: str, month: int) -> None:
    assert a_date(f"1er {name} 2026") == date(2026, month, 1)


def test_a_date_with_the_month_first_is_read_so_where_the_file_writes_so() -> None:
    assert a_date("01/05/2026", day_first=False) == date(2026, 1, 5)
    assert a_date("1/5/26 2:30 PM", day_first=False) == date(2026, 1, 5)


def test_without_an_order_only_what_reads_one_way_is_read() -> None:
    assert a_date("13/01/2026") == date(2026, 1, 13)
    assert a_date("01/13/2026") == date(2026, 1, 13)
    assert a_date("05/05/2026") == date(2026, 5, 5)
    with pytest.raises(CellError) as refused:
        a_date("05/06/2026")
    assert (refused.value.reason, refused.value.arguments) == (
        Reason.AMBIGUOUS_DATE,
        ("2026-06-05", "2026-05-06"),
    )


@pytest.mark.parametrize(
    ("year", "full"), [("90", 1990), ("99", 1999), ("00", 2000), ("26", 2026), ("89", 2089)]
)
def test_a_year_of_two_digits_lies_between_1990_and_2089(year: str, full: int) -> None:
    assert a_date(f"05/01/{year}", day_first=True) == date(full, 1, 5)


def test_a_spreadsheet_s_day_number_is_its_day() -> None:
    assert of_serial("46027") == date(2026, 1, 5)
    with pytest.raises(CellError):
        of_serial("2026")
    with pytest.raises(CellError) as refused:
        of_serial("20000")
    assert refused.value.reason is Reason.YEAR_RANGE


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("31/02/2026", Reason.BAD_DATE),
        ("01/13/2026", Reason.MONTH_FIRST),
        ("05/01-2026", Reason.BAD_DATE),
        ("2026-1-5", Reason.BAD_DATE),
        ("45678", Reason.BAD_DATE),
        ("20261301", Reason.BAD_DATE),
        ("5 brumaire 2026", Reason.BAD_DATE),
        ("٠٥/٠١/٢٠٢٦", Reason.BAD_DATE),
        ("05/01/0206", Reason.YEAR_RANGE),
        ("05/01/2206", Reason.YEAR_RANGE),
    ],
)
def test_a_date_that_is_none_is_refused(written: str, reason: Reason) -> None:
    with pytest.raises(CellError) as refused:
        a_date(written, day_first=True)
    assert refused.value.reason is reason


def test_a_day_first_date_is_refused_where_the_file_writes_the_month_first() -> None:
    with pytest.raises(CellError) as refused:
        a_date("13/01/2026", day_first=False)
    assert refused.value.reason is Reason.DAY_FIRST


DATE_FORMS: list[tuple[str, bool | None]] = [
    ("{0.day:02}/{0.month:02}/{0.year}", True),
    ("{0.day}.{0.month}.{0.year}", True),
    ("{0.month}/{0.day}/{0.year}", False),
    ("{0.year}-{0.month:02}-{0.day:02}", None),
    ("{0.year}{0.month:02}{0.day:02}", None),
    ("{0.year}-{0.month:02}-{0.day:02}T23:59:59+02:00", None),
    ("{0:%d} {0:%B} {0.year}", None),
    ("{0:%d}-{0:%b}-{0.year}", None),
]


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)), st.sampled_from(DATE_FORMS))
def test_a_date_written_in_each_form_comes_back(day: date, form: tuple[str, bool | None]) -> None:
    assert a_date(form[0].format(day), day_first=form[1]) == day


@given(st.dates(date(1990, 1, 1), date(2089, 12, 31)))
def test_a_date_written_with_two_digits_of_the_year_comes_back(day: date) -> None:
    assert a_date(f"{day:%d/%m/%y}", day_first=True) == day


SUM_FORMS = [("", ","), (" ", ","), ("\u202f", ","), (".", ","), (",", "."), ("'", "."), ("", ".")]
NEGATIVES = ["-{}", "−{}", "({})", "{}-", "-{} €", "({} €)"]


@given(
    st.integers(1, 10**15 - 1), st.sampled_from(SUM_FORMS), st.sampled_from(["{}", *NEGATIVES]), st.booleans()
)
def test_a_sum_written_in_each_form_comes_back_whether_the_file_tells_the_sign_or_not(
    cents: int, form: tuple[str, Decimals], sign: str, told: bool
) -> None:
    group, point = form
    whole, rest = divmod(cents, 100)
    written = sign.format(f"{whole:,}".replace(",", group) + f"{point}{rest:02}")
    assert a_sum(written, "EUR", point if told else None).minor == (-cents if sign in NEGATIVES else cents)
    assert sign_of(written) == point


@settings(deadline=None)
@given(st.text(max_size=30), st.sampled_from([True, False, None]))
def test_no_text_makes_the_date_reader_fail_otherwise_than_by_refusing(
    text: str, day_first: bool | None
) -> None:
    try:
        day = a_date(text, day_first=day_first)
    except CellError:
        return
    assert 1990 <= day.year <= 2100
