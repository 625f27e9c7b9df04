"""What servers' refusals mean, and how fast an account may send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.errors import ConfigError, Scope
from relance_mailer.mail.answers import BY_PHASE, judge, provider_id, queue_id
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
        # ── what mail.md's sources and the providers' own lists name, in their words ──
        ("rcpt", 552, "5.5.3 Too many recipients", False, R),
        ("rcpt", 552, "Requested mail action aborted: exceeded storage allocation", False, R),
        ("dot", 552, "5.2.2 Mailbox size limit exceeded for this user", False, R),
        ("rcpt", 550, "5.3.4 message size exceeds limit of this recipient", True, M),
        ("dot", 550, "5.4.5 Daily SMTP relay sending limit exceeded for user. gsmtp", False, A),
        ("mail", 550, "5.4.5 Daily user sending quota exceeded. gsmtp", False, A),
        (
            "rcpt",
            550,
            "5.7.1 [M12] User [7] not authorized to send on behalf of <a@b> – quota exceeded",
            False,
            A,
        ),
        ("auth", 535, "5.7.1 authentication failed", True, A),
        ("auth", 535, "5.7.8 Username and Password not accepted. gsmtp", True, A),
        ("auth", 534, "5.7.9 Application-specific password required. gsmtp", True, A),
        ("auth", 454, "4.7.0 Too many login attempts, please try again later. gsmtp", False, A),
        ("mail", 454, "Throttling failure: Maximum sending rate exceeded.", False, A),
        ("dot", 454, "Throttling failure: Daily message quota exceeded.", False, A),
        ("mail", 550, "5.7.30 Basic authentication is not supported for Client Submission.", True, A),
        (
            "mail",
            530,
            "5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM",
            True,
            A,
        ),
        ("mail", 432, "4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded [Hostname=X]", False, A),
        (
            "dot",
            554,
            "5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process message",
            False,
            A,
        ),
        (
            "rcpt",
            550,
            "5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
            False,
            A,
        ),
        ("dot", 550, "5.1.8 Access denied, bad outbound sender AS(42004)", True, A),
        ("rcpt", 550, "5.7.501 Access denied, spam abuse detected from IP range", True, A),
        ("rcpt", 451, "4.7.500 Server busy. Please try again later from [192.0.2.1]", False, A),
        ("dot", 550, "5.7.705 Access denied, tenant has exceeded threshold", False, A),
        ("rcpt", 550, "5.7.64 TenantAttribution; Relay Access Denied", True, A),
        (
            "rcpt",
            554,
            "5.2.121 Recipient's per hour message receive limit from specific sender exceeded.",
            False,
            R,
        ),
        ("dot", 550, "5.7.26 This mail has been blocked because the sender is unauthenticated.", True, A),
        ("dot", 421, "4.7.0 Temporary System Problem. Try again later. gsmtp", False, A),
        (
            "rcpt",
            450,
            "4.2.1 The user you are trying to contact is receiving mail too quickly. gsmtp",
            False,
            R,
        ),
        ("rcpt", 553, "5.7.1 <a@b.example>: Sender address rejected: not owned by user compta", True, A),
        ("rcpt", 450, "4.1.8 <a@b.example>: Sender address rejected: Domain not found", False, A),
        ("rcpt", 554, "5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied", True, A),
        (
            "rcpt",
            554,
            "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
            True,
            A,
        ),
        ("rcpt", 504, "5.5.2 <x>: Helo command rejected: need fully-qualified hostname", True, A),
        (
            "dot",
            554,
            "Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: compta@b.example",
            True,
            A,
        ),
        ("dot", 554, "Message rejected: Sending suspended for this account.", True, A),
        ("mail", 525, "5.7.1 Unauthorized IP address", True, A),
        ("rcpt", 450, "Requested mail action not taken: mail send limit exceeded", False, A),
        ("dot", 550, "5.1.1 <x@debtor.example>: user unknown", True, R),
        (
            "dot",
            552,
            "5.7.0 This message was blocked because its content presents a potential security issue.",
            True,
            M,
        ),
        ("rcpt", 550, "5.2.1 The email account that you tried to reach is disabled.", True, R),
        ("rcpt", 553, "5.6.7 SMTPUTF8 is required, but was not offered by host mx.example", True, R),
        ("rcpt", 551, "5.1.6 User has moved", True, R),
        ("data", 451, "4.3.0 Local error in processing", False, M),
        ("data", 554, "5.5.1 Error: no valid recipients", True, M),
        ("greeting", 554, "5.7.1 you are listed", True, A),
        ("ehlo", 501, "5.5.4 Invalid domain name", True, A),
        ("starttls", 454, "4.7.0 TLS not available due to local problem", False, A),
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


SES = "0102019580a1b2c3-d4e5f6a7-b8c9-4d0e-8f1a-2b3c4d5e6f70-000000"


@pytest.mark.parametrize(
    ("host", "answer", "given"),
    [
        ("email-smtp.eu-west-1.amazonaws.com", f"Ok {SES}", f"<{SES}@eu-west-1.amazonses.com>"),
        ("EMAIL-SMTP.us-east-1.amazonaws.com", f"Ok {SES}", f"<{SES}@email.amazonses.com>"),
        ("email-smtp-fips.us-west-2.amazonaws.com", f"Ok {SES}", f"<{SES}@us-west-2.amazonses.com>"),
        ("vpce-1.email-smtp.eu-west-3.vpce.amazonaws.com", f"Ok {SES}", f"<{SES}@eu-west-3.amazonses.com>"),
        ("email-smtp.eu-west-1.amazonaws.com.evil.example", f"Ok {SES}", ""),
        ("smtp.example", f"Ok {SES}", ""),
        ("email-smtp.eu-west-1.amazonaws.com", "Ok", ""),
        (
            "smtp.postmarkapp.com",
            "2.0.0 Ok: queued as b7bc2f4a-e38e-4336-af7d-e6c392c2f817",
            "<b7bc2f4a-e38e-4336-af7d-e6c392c2f817@mtasv.net>",
        ),
        (
            "smtp-relay.brevo.com",
            "2.0.0 OK: queued as <202611211200.1@smtp-relay.mailin.fr>",
            "<202611211200.1@smtp-relay.mailin.fr>",
        ),
        ("smtp-relay.brevo.com", "2.0.0 OK: queued as <ours@creditor.example>", ""),
        (
            "smtp.office365.com",
            "2.6.0 <ours@creditor.example> [InternalId=1, Hostname=X] Queued mail for delivery",
            "",
        ),
        ("mail.example", "2.1.5 <debtor@debtor.example> OK", ""),
        ("mail.example", "2.0.0 Ok: queued as 4Qx7Kd1zzz", ""),
    ],
)
def test_the_id_that_a_provider_gives_in_place_of_ours_is_read(host: str, answer: str, given: str) -> None:
    assert provider_id(answer, host, "<ours@creditor.example>") == given


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
