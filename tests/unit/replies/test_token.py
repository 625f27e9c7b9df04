"""Signed addresses, the header of our own mail, and Message-IDs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.errors import ConfigError
from relance_mailer.replies.token import (
    message_id,
    notice_of_address,
    own_header,
    plus_address,
    return_path,
    verify_own_header,
    verify_return_path,
)

KEY = b"k" * 32
OTHER = b"o" * 32
MID = "<abc.relance@atelier.example>"
ids = st.integers(1, 10**15)


@given(ids)
def test_a_signed_address_names_its_notice(notice_id: int) -> None:
    assert notice_of_address(plus_address("compta@atelier.example", notice_id, KEY), KEY) == notice_id


@given(ids)
def test_it_survives_any_case(notice_id: int) -> None:
    address = plus_address("compta@atelier.example", notice_id, KEY)
    assert notice_of_address(address.upper(), KEY) == notice_id


@given(ids)
def test_another_key_finds_nothing(notice_id: int) -> None:
    assert notice_of_address(plus_address("compta@atelier.example", notice_id, OTHER), KEY) is None


@given(ids, ids)
def test_the_signature_of_one_notice_is_none_for_another(one: int, other: int) -> None:
    address = plus_address("compta@atelier.example", one, KEY).replace(f"+r{one}-", f"+r{other}-")
    assert notice_of_address(address, KEY) == (one if one == other else None)


@given(ids, st.integers(0, 25), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_changed_letter_is_refused(notice_id: int, at: int, letter: str) -> None:
    local, _, domain = plus_address("compta@atelier.example", notice_id, KEY).partition("@")
    position = len(local) - 26 + at
    changed = local[:position] + letter + local[position + 1 :]
    assert notice_of_address(f"{changed}@{domain}", KEY) == (notice_id if changed == local else None)


@given(st.text(max_size=200))
def test_arbitrary_text_is_no_signed_address(text: str) -> None:
    assert notice_of_address(text, KEY) is None


def test_a_signed_address_fits_the_local_part_of_rfc_5321() -> None:
    assert len(plus_address("comptabilite.clients@atelier.example", 1_234_567, KEY).partition("@")[0]) <= 64


def test_an_address_with_no_room_for_a_tag_stays_as_it_is() -> None:
    address = f"{'comptabilite.clients.particuliers.et.entreprises'}@atelier.example"
    assert plus_address(address, 1_234_567, KEY) == return_path(address, 1_234_567, KEY) == address


@given(ids)
def test_a_return_path_names_its_notice_whatever_its_case(notice_id: int) -> None:
    path = return_path("compta@atelier.example", notice_id, KEY)
    assert verify_return_path(path, KEY) == verify_return_path(path.upper(), KEY) == notice_id
    assert len(path.partition("@")[0]) <= 64


@given(ids, ids)
def test_the_return_path_of_one_notice_is_none_for_another(one: int, other: int) -> None:
    path = return_path("compta@atelier.example", one, KEY).replace(f"+n{one}-", f"+n{other}-")
    assert verify_return_path(path, KEY) == (one if one == other else None)


@given(ids, st.integers(0, 15), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_return_path_with_a_changed_letter_is_refused(notice_id: int, at: int, letter: str) -> None:
    local, _, domain = return_path("compta@atelier.example", notice_id, KEY).partition("@")
    position = len(local) - 16 + at
    changed = local[:position] + letter + local[position + 1 :]
    assert verify_return_path(f"{changed}@{domain}", KEY) == (notice_id if changed == local else None)


def test_a_return_path_of_another_key_names_nothing() -> None:
    assert verify_return_path(return_path("compta@atelier.example", 7, OTHER), KEY) is None


@pytest.mark.parametrize("before", ["prvs=12ab34cd=", "SRS0=Ab1c=XY=atelier.example="])
def test_a_return_path_that_a_forwarder_wrapped_still_names_its_notice(before: str) -> None:
    path = return_path("compta@atelier.example", 7, KEY)
    assert verify_return_path(f"{before}{path.partition('@')[0]}@relais.example", KEY) == 7


def test_a_return_path_is_no_address_for_answers_and_an_address_for_answers_no_return_path() -> None:
    path, answers = (
        return_path("compta@atelier.example", 7, KEY),
        plus_address("compta@atelier.example", 7, KEY),
    )
    assert notice_of_address(path, KEY) is None
    assert verify_return_path(answers, KEY) is None
    assert verify_return_path(answers.replace("+r", "+n"), KEY) is None


@given(st.text(max_size=200))
def test_arbitrary_text_is_no_return_path(text: str) -> None:
    assert verify_return_path(text, KEY) is None


def test_an_address_without_local_part_is_refused() -> None:
    with pytest.raises(ConfigError):
        plus_address("atelier.example", 1, KEY)
    with pytest.raises(ConfigError):
        return_path("compta@atelier.example", 0, KEY)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least 16"):
        plus_address("compta@atelier.example", 1, b"court")


@given(ids)
def test_our_header_tells_notice_and_message_id(notice_id: int) -> None:
    assert verify_own_header(own_header(notice_id, MID, KEY), KEY) == (notice_id, MID)


def test_a_folded_header_is_still_ours() -> None:
    assert verify_own_header(own_header(7, MID, KEY).replace(" ", "\r\n "), KEY) == (7, MID)


def test_a_header_with_another_message_id_is_not_ours() -> None:
    assert verify_own_header(own_header(7, MID, KEY).replace("abc", "abd"), KEY) is None


def test_a_header_of_another_key_is_not_ours() -> None:
    assert verify_own_header(own_header(7, MID, OTHER), KEY) is None


def test_an_addresss_signature_is_worth_nothing_in_the_header() -> None:
    mac = plus_address("compta@atelier.example", 7, KEY).partition("@")[0][-26:]
    assert verify_own_header(f"r7 {MID} {mac}", KEY) is None


@given(st.text(max_size=300))
def test_arbitrary_text_is_no_header_of_ours(text: str) -> None:
    assert verify_own_header(text, KEY) is None


def test_a_message_id_carries_all_the_chance_given() -> None:
    assert (
        message_id("atelier.example", bytes(range(16)))
        == "<aaaqeayeaudaocajbifqydiob4.relance@atelier.example>"
    )


def test_a_message_id_with_little_chance_is_refused() -> None:
    with pytest.raises(ConfigError):
        message_id("atelier.example", b"\x00" * 15)
