from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.dunning.money import Money
from relance_mailer.store.canonical import canonical, instant_text, plain


class Colour(StrEnum):
    RED = "red"


def test_money_sums_days_instants_and_enumerations_become_strings() -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    value = {
        "sum": Money(Decimal("1E+3"), "EUR"),
        "rate": Decimal("12.150"),
        "day": date(2026, 3, 2),
        "at": at,
        "colour": Colour.RED,
        "set": {"b", "a"},
        "pair": (1, None),
    }
    assert plain(value) == {
        "sum": "1000 EUR",
        "rate": "12.150",
        "day": "2026-03-02",
        "at": "2026-03-02T09:00:00.000000Z",
        "colour": "red",
        "set": ["a", "b"],
        "pair": [1, None],
    }


def test_keys_are_sorted_and_text_stays_text() -> None:
    assert canonical({"b": "é\n", "a": [True, 1, 0.5]}) == '{"a":[true,1,0.5],"b":"é\\n"}'.encode()


def test_an_instant_is_written_in_utc_with_microseconds() -> None:
    paris = timezone(timedelta(hours=1))
    assert instant_text(datetime(2026, 3, 2, 10, 0, 0, 5, tzinfo=paris)) == "2026-03-02T09:00:00.000005Z"


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        plain(datetime(2026, 3, 2, 10))


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes"):
        plain({"raw": b"\0"})


def test_hostile_text_and_huge_integers_are_kept() -> None:
    assert plain("a\udce9b") == "a\\udce9b"
    assert plain({"\udcff": 2**60}) == {"\\udcff": str(2**60)}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-(2.0**53) + 1, 2.0**53 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_reading_canonical_text_and_writing_it_again_changes_nothing(value: object) -> None:
    once = canonical(value)
    assert canonical(json.loads(once)) == once


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_whichever_encoder_writes_the_bytes_are_those_of_rfc_8785(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(plain(value))


@pytest.mark.parametrize("text", ['\x00\x1f\x7f\u2028"\\/', "\U0001f600", "\ud800", "é\t"])
def test_text_is_escaped_as_rfc_8785_asks(text: str) -> None:
    assert canonical([text]) == rfc8785.dumps(plain([text]))
