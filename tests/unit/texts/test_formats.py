from datetime import date
from decimal import Decimal

import pytest
from babel.numbers import format_currency
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from relance_mailer.dunning.money import Money
from relance_mailer.texts import formats, plain


@pytest.mark.parametrize(
    ("amount", "currency", "language", "written"),
    [
        ("1250", "EUR", "fr", "1 250,00 €"),
        ("1234567.5", "EUR", "fr", "1 234 567,50 €"),
        ("0.125", "EUR", "fr", "0,13 €"),
        ("1250", "EUR", "en", "€1,250.00"),
        ("1250", "JPY", "fr", "1 250 JPY"),
        ("1.5", "TND", "fr", "1,500 TND"),
        ("-20", "CHF", "en", "-CHF20.00"),
    ],
)
def test_sums_are_written_as_the_language_does(
    amount: str, currency: str, language: str, written: str
) -> None:
    assert formats.money(Money(Decimal(amount), currency), language).replace("\u00a0", " ") == written


@given(
    st.decimals(-(10**12), 10**12, places=3),
    st.sampled_from(["EUR", "CHF", "JPY", "TND", "HUF", "IQD", "GBP", "XAF"]),
    st.sampled_from(["fr", "en", "de", "es", "pl", "pt", "hi", "nl", "sv", "ar"]),
)
def test_sums_are_written_as_cldr_has_them(amount: Decimal, currency: str, language: str) -> None:
    sum_ = Money(amount, currency)
    whole = format_currency(sum_.rounded().amount, currency, locale=formats.locale(language))
    assert formats.money(sum_, language) == whole.replace("\u202f", "\u00a0")


def test_dates_are_written_as_the_language_does() -> None:
    assert formats.long_date(date(2026, 3, 1), "fr") == "1er mars 2026"
    assert formats.long_date(date(2026, 3, 11), "fr") == "11 mars 2026"
    assert formats.long_date(date(2026, 3, 1), "en") == "1 March 2026"
    assert formats.short_date(date(2026, 3, 1), "en") == "1 Mar 2026"
    assert formats.short_date(date(2026, 3, 1), "fr") == "01/03/2026"


def test_rates_have_two_decimals() -> None:
    assert formats.percent(Decimal("12.4"), "fr") == "12,40\u00a0%"
    assert formats.percent(Decimal("12.4"), "en") == "12.40%"


@given(st.text())
def test_cleaned_data_are_one_line_that_utf8_can_carry(text: str) -> None:
    cleaned = formats.clean(text)
    cleaned.encode()
    assert cleaned.splitlines() in ([], [cleaned])
    assert len(cleaned) <= formats.LIMIT
    assert formats.clean(cleaned) == cleaned


@given(st.text(alphabet="ab é"), st.integers(4, 40))
def test_wrapping_keeps_every_word_and_the_width(text: str, wide: int) -> None:
    text = " ".join(text.split())
    lines = plain.wrap(text, wide)
    assert " ".join(lines) == text
    assert all(len(line) <= wide or " " not in line for line in lines)


def test_markdown_becomes_readable_text() -> None:
    markdown = "# Titre\n\nUn *mot*, un [lien](https://a.example) et <https://b.example>.\n\n- un\n- deux\n\n3. trois\n4. quatre\n\n> cité\n\n***\n"
    tokens = MarkdownIt("commonmark", {"html": False}).parse(markdown)
    assert plain.write(plain.read(tokens), ()) == (
        "Titre\n=====\n\nUn mot, un lien (https://a.example) et https://b.example.\n\n- un\n- deux\n\n3. trois\n4. quatre\n\n"
        "> cité\n\n" + "-" * 76 + "\n"
    )


def test_wide_characters_take_two_columns() -> None:
    assert plain.width("株式会社") == 8
    assert plain.width("e\u0301té") == 3
    assert plain.width("1\u00a0250,00\u00a0€") == 10
