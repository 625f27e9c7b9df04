"""What servers' refusals mean, and how fast an account may send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.errors import ConfigError, Scope
from relance_mailer.mail.answers import BY_PHASE, judge, queue_id
from relance_mailer.mail.rate import RateLimit

NOON = datetime(2025, 3, 10, 12, tzinfo=UTC)
A, R, M = Scope.ACCOUNT, Scope.RECIPIENT, Scope.MESSAGE


@pytest.mark.parametrize(
    ("phase", "code", "answer", "permanent", "scope"),
    [
        ("rcpt", 550, "5.1.1 User unknown", True, R),
        ("rcpt", 450, "4.7.1 Greylisted, try again in 300 s", False, R),
        ("rcpt", 450, "4.7.1 Error: too much mail from 192.0.2.1", False, A),
        ("rcpt", 452, "4.2.2 mailbox over quota", False, R),
        ("rcpt", 552, "5.2.2 mailbox full", False, R),
        ("rcpt", 452, "4.5.3 too many recipients", False, R),
        ("rcpt", 554, "5.7.1 <a@b>: Relay access denied", True, A),
        ("rcpt", 550, "5.7.1 rejected by recipient's policy", True, R),
        ("dot", 550, "5.4.5 Daily user sending limit exceeded", False, A),
        ("dot", 550, "5.7.1 Daily sending quota exceeded", False, A),
        ("dot", 554, "5.7.1 looks like spam", True, M),
        ("dot", 550, "5.7.515 Access denied, sending domain does not pass authentication", True, A),
        ("dot", 552, "5.3.4 message too large", True, M),
        ("dot", 451, "4.3.0 try later", False, M),
        ("dot", 421, "4.7.28 unusual rate of unsolicited mail", False, A),
        ("mail", 550, "5.7.60 SMTP; Client does not have permissions to send as this sender", True, A),
        ("mail", 552, "5.3.4 size", True, M),
        ("mail", 451, "4.3.0 later", False, A),
        ("auth", 535, "5.7.139 Authentication unsuccessful, basic authentication is disabled", True, A),
        ("auth", 454, "4.7.0 Temporary authentication failure", False, A),
        ("data", 354, "what?", False, A),
        ("rcpt", 550, "version 15.1.1.2 says no", True, R),
    ],
)
def test_a_refusal_is_judged(phase: str, code: int, answer: str, permanent: bool, scope: Scope) -> None:
    assert judge(phase, code, answer) == (permanent, scope)


@given(st.sampled_from(sorted(BY_PHASE)), st.integers(-1, 999), st.text())
def test_every_answer_has_a_verdict(phase: str, code: int, answer: str) -> None:
    verdict = judge(phase, code, answer)
    assert verdict.scope in Scope
    if code == 421:
        assert verdict == (False, A)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("2.0.0 Ok: queued as 4Qx7Kd1zzz", "4Qx7Kd1zzz"),
        ("OK id=1tabcd-00000001abc-1xyz", "1tabcd-00000001abc-1xyz"),
        ("2.0.0 OK  1741600000 5b1f17b1804b1-43bd435c0aasi123 - gsmtp", "5b1f17b1804b1-43bd435c0aasi123"),
        (
            "2.6.0 <x@y.example> [InternalId=123456789012, Hostname=PR3P.FRAP.OUTLOOK.COM] 9 bytes, Queued mail for delivery",
            "123456789012",
        ),
        (
            "Ok 0102019580a1b2c3-d4e5f6a7-b8c9-4d0e-8f1a-2b3c4d5e6f70-000000",
            "0102019580a1b2c3-d4e5f6a7-b8c9-4d0e-8f1a-2b3c4d5e6f70-000000",
        ),
        ("2.0.0 52A9UTxx012345 Message accepted for delivery", "52A9UTxx012345"),
        ("2.0.0: 5f3a9c1e Message accepted for delivery", "5f3a9c1e"),
        ("Ok", ""),
        ("2.0.0 Ok", ""),
        ("", ""),
    ],
)
def test_the_queue_id_is_read_from_common_forms(answer: str, found: str) -> None:
    assert queue_id(answer) == found


@pytest.mark.parametrize(
    ("text", "count", "window"),
    [
        ("30/minute", 30, timedelta(minutes=1)),
        (" 2000 / Day ", 2000, timedelta(days=1)),
        ("1/second", 1, timedelta(seconds=1)),
    ],
)
def test_a_limit_is_read_with_its_unit(text: str, count: int, window: timedelta) -> None:
    assert RateLimit.parse(text) == RateLimit(count, window)


@pytest.mark.parametrize("text", ["", "30", "0/minute", "30/week", "-1/day", "1.5/hour", "30 per minute"])
def test_other_forms_of_a_limit_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="30/minute"):
        RateLimit.parse(text)
