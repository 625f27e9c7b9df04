"""Invoice numbers in what somebody writes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.replies.numbers import MAX_LOOKED_UP, looked_up, named, shortened

NUMBERS = ["FA-2026-0412", "FA-2026-0413", "F-12", "F-13"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("facture F-12.", True),
        ("(f-12)", True),
        ("F‑12", True),
        ("F 12", True),
        ("F12", True),
        ("F/12", True),
        ("F-12/F-13", True),
        ("F-123", False),
        ("AF-12", False),
        ("F-12-3", False),
        ("2026-F-12", False),
        ("F-12.5", False),
        ("f, 12", False),
        ("", False),
    ],
)
def test_a_number_counts_only_whole_however_it_is_punctuated(words: str, found: bool) -> None:
    assert ("F-12" in named(words, NUMBERS)) is found


@pytest.mark.parametrize(
    "written", ["FA-2026-0412", "FA2026/0412", "fa 2026 0412", "FA20260412", "Fa.2026.0412"]
)
def test_a_number_is_known_in_every_spelling(written: str) -> None:
    assert named(f"Bonjour, la {written} est réglée.", NUMBERS) == ("FA-2026-0412",)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("facture 2026", ("2026",)),
        ("factures n° 2026 et 2027", ("2026", "2027")),
        ("le 3 novembre 2026", ()),
        ("facture de 2026,50 €", ()),
        ("en 2026/2027", ()),
        ("100456/100457", ("100456", "100457")),
        ("123-45", ()),
        ("facture 123-45", ("12345",)),
    ],
)
def test_digits_alone_need_to_be_many_or_a_word_before_them(words: str, found: tuple[str, ...]) -> None:
    assert named(words, ["2026", "2027", "100456", "100457", "12345"]) == found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("la 0412", ("FA-2026-0412",)),
        ("La 412 est réglée", ("FA-2026-0412",)),
        ("n° 412", ("FA-2026-0412",)),
        ("facture 0412 et 0413", ("FA-2026-0412", "FA-2026-0413")),
        ("FA-2026-0412, 0413", ("FA-2026-0413",)),
        ("la 412 et la 413", ("FA-2026-0412", "FA-2026-0413")),
        ("n° 12", ("F-12",)),
        ("la 12", ()),  # too few digits for a mere article
        ("la 412 €", ()),
        ("et 412 jours", ()),
        ("412", ()),
        ("la 2026", ()),
        ("la 0999", ()),
        ("la 0412-7", ()),
        ("le 04/12", ()),
    ],
)
def test_the_end_of_a_number_counts_where_it_is_meant(words: str, found: tuple[str, ...]) -> None:
    assert shortened(words, NUMBERS) == found


def test_an_end_that_two_numbers_have_names_neither() -> None:
    assert shortened("la 0412", ["FA-2025-0412", "FA-2026-0412"]) == ()


@pytest.mark.parametrize(
    ("words", "spelling"),
    [
        ("FA2026/0412", "FA-2026-0412"),
        ("fa 2026 0412", "FA-2026-0412"),
        ("FA-2026-0412", "FA20260412"),
        ("f-12", "F-12"),
        ("« F‑12 »", "F-12"),
        ("F-12/F-13", "F-13"),
        ("n°F-12.", "F-12"),
        ("1001/1002", "1002"),
        ("Fac_01", "Fac_01"),
    ],
)
def test_what_is_looked_up_has_the_spelling_of_our_files(words: str, spelling: str) -> None:
    assert spelling in looked_up(words)


def test_words_are_looked_up_as_no_numbers_and_no_more_is_than_can_be() -> None:
    assert looked_up("Bonjour, merci de rappeler la comptabilité.") == ()
    assert len(looked_up(" ".join(f"n{number}" for number in range(10_000)))) == MAX_LOOKED_UP
    assert len(looked_up("1" * 1_000_000)) == 0


@pytest.mark.parametrize("piece", ["1 ", "a1", "a-", "fa 12 ", "la 412 ", "1/", "F-12/"])
def test_hostile_text_takes_no_time(piece: str) -> None:
    words = piece * (1_000_000 // len(piece))
    many = [f"FA-2026-{number:04}" for number in range(2_000)]
    start = time.process_time()
    named(words, many)
    shortened(words, many)
    looked_up(words)
    assert time.process_time() - start < 2


@given(st.text(max_size=200), st.lists(st.text(max_size=20), max_size=5))
def test_whatever_is_written_only_known_numbers_are_named(words: str, numbers: list[str]) -> None:
    assert {*named(words, numbers), *shortened(words, numbers)} <= set(numbers)


@given(st.integers(1, 9999), st.sampled_from(["-", "/", "", " ", "."]), st.sampled_from(["FA", "F", "INV"]))
def test_a_number_of_ours_is_found_again_in_every_spelling(number: int, joint: str, prefix: str) -> None:
    ours = f"{prefix}-2026-{number:04}"
    written = joint.join([prefix.lower(), "2026", f"{number:04}"])
    assert named(f"pour la facture {written} merci", [ours]) == (ours,)
    assert ours in looked_up(f"pour la facture {written} merci")
