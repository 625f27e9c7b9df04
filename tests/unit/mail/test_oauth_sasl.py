"""What is said when a token is shown: RFC 7628's words and XOAUTH2's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.mail import oauth_sasl


def test_oauthbearer_is_written_as_rfc_7628_s_example_is() -> None:
    login = oauth_sasl.login(
        ["oauthbearer", "plain"], "user@example.com", "vF9dft4qmTc2Nvb3Rlc", "server.example.com", 587
    )
    assert login is not None
    assert login.encoded == (
        b"bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9NTg3AWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRj"
        b"Mk52YjNSbGMBAQ=="
    )
    assert login.dismissal == b"\x01"


def test_xoauth2_is_written_as_google_s_example_is() -> None:
    login = oauth_sasl.login(
        ["XOAUTH2"], "someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg", "h", 1
    )
    assert login is not None
    assert login.encoded == (
        b"dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ=="
    )
    assert login.dismissal == b""


def test_a_name_with_comma_and_equals_sign_is_escaped() -> None:
    login = oauth_sasl.login(["OAUTHBEARER"], "a=b,c", "t", "h", 1)
    assert login is not None
    assert login.response.startswith(b"n,a=a=3Db=2Cc,\x01")


def test_a_server_that_offers_neither_is_not_shown_a_token() -> None:
    assert oauth_sasl.login(["PLAIN", "XOAUTH"], "u", "t", "h", 1) is None


def test_a_token_shows_in_no_representation() -> None:
    assert "s3same" not in repr(oauth_sasl.login(["XOAUTH2"], "u", "s3same", "h", 1))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            {"status": "401", "schemes": "bearer mac", "scope": "https://mail.google.com/"},
            "status 401, scope https://mail.google.com/",
        ),
        ({"status": "invalid_token", "openid-configuration": "https://x"}, "status invalid_token"),
        ({"status": 401}, ""),
        ({"status": "a\r\nb\x1b[2J"}, "status a  b [2J"),
        (["status"], ""),
        ("status", ""),
    ],
)
def test_the_reason_is_read_from_the_challenge(told: Any, words: str) -> None:
    assert oauth_sasl.refusal(json.dumps(told).encode()) == words


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_challenge_is_too_odd_to_be_read(challenge: bytes) -> None:
    words = oauth_sasl.refusal(challenge)
    assert words.isprintable()
    assert len(words) <= 200


@given(st.text(max_size=300))
def test_what_is_no_base64_holds_nothing(challenge: str) -> None:
    assert isinstance(oauth_sasl.decoded(challenge), bytes)
    assert oauth_sasl.refusal(b"[" * 100_000) == ""
