"""What our own server found out about a sender (RFC 8601), and what of a sender a person should see."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.replies.message import read
from relance_mailer.replies.model import Message
from relance_mailer.replies.trust import (
    NOTHING,
    UNNAMED,
    Authentication,
    Flag,
    Result,
    Signature,
    Warned,
    authentication,
    parse_results,
    warnings,
)

OURS = "mx.atelier.example"
PASS = f"Authentication-Results: {OURS}; dmarc=pass header.from=client.example"
FAIL = f"Authentication-Results: {OURS}; dmarc=fail (p=none) header.from=client.example"


def mail(*headers: str, sender: str = "jean@client.example") -> Message:
    return read("\n".join([*headers, f"From: {sender}", "", "x"]).encode())


def failed(*headers: str, ids: tuple[str, ...] = (OURS,)) -> bool:
    return authentication(mail(*headers), ids).dmarc_failed


@pytest.mark.parametrize(
    ("value", "server", "results"),
    [
        ("mx.a.example; dmarc=fail header.from=B.example", "mx.a.example", [("dmarc", "fail", "b.example")]),
        ("mx.a.example 1; dmarc=pass", "mx.a.example", [("dmarc", "pass", "")]),
        ("mx.a.example; none", "mx.a.example", []),
        ("MX.A.Example (Postfix 3.7; really); DMARC = Pass", "mx.a.example", [("dmarc", "pass", "")]),
        (
            'mx.a.example; spf=pass smtp.mailfrom=x@b.example; dkim=fail reason="bad; dmarc=pass" header.d=b.example',
            "mx.a.example",
            [("spf", "pass", "x@b.example"), ("dkim", "fail", "b.example")],
        ),
        ("mx.a.example; (dmarc=pass (nested ; dmarc=pass)) dmarc=fail", "mx.a.example", [("dmarc", "fail", "")]),
        ("mx.a.example; dkim/1=pass header.d=b.example", "mx.a.example", [("dkim", "pass", "b.example")]),
        ("spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=b.example; dmarc=fail action=none", "", [("spf", "pass", "b.example"), ("dmarc", "fail", "")]),
        ("mx.a.example;\r\n\tdmarc=fail", "mx.a.example", [("dmarc", "fail", "")]),
        ("", "", []),
    ],
)  # fmt: skip
def test_a_header_is_read_as_rfc_8601_writes_it(
    value: str, server: str, results: list[tuple[str, str, str]]
) -> None:
    found, told = parse_results(value)
    assert (found, [(one.method, one.result, one.about) for one in told]) == (server, results)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((FAIL,), True),
        ((PASS,), False),
        ((), False),
        (("Authentication-Results: ",), False),
        ((FAIL.replace(OURS, "mx.menteur.example"),), False),  # another server's
        ((FAIL.replace(OURS, OURS.upper()),), True),
        ((PASS, "Received: from there", FAIL), False),  # only the topmost
        ((FAIL, "Received: from there", PASS), True),
        ((PASS.replace(OURS, "mx.menteur.example"), FAIL), True),
        ((PASS, FAIL), False),  # the same method is told already
        ((f"Authentication-Results: {OURS}; dkim=pass", FAIL), True),  # one header for each method
        ((f"Authentication-Results: {OURS}; dkim=pass", "X-Other: y", FAIL), False),
        ((f"Authentication-Results: {OURS}; (dmarc=pass) dmarc=fail",), True),
        ((f"Authentication-Results: {OURS};\n\tspf=none;\n\tdmarc=fail",), True),
    ],
)
def test_only_what_our_own_server_says_at_the_top_is_believed(
    headers: tuple[str, ...], expected: bool
) -> None:
    assert failed(*headers) is expected


def test_a_pass_that_somebody_wrote_right_under_ours_counts_for_nothing() -> None:
    found = authentication(mail(f"Authentication-Results: {OURS}; spf=fail", PASS), (OURS,))
    assert [one.method for one in found.results] == ["spf"]


@pytest.mark.parametrize(
    "author",
    [
        "From: jean@client.example\nFrom: x@evil.example",
        "From: jean@client.example, x@evil.example",
        "From : jean@client.example\nFrom: x@evil.example",
    ],
)
def test_a_pass_of_another_author_than_the_one_that_is_read_is_a_failure(author: str) -> None:
    other = f"Authentication-Results: {OURS}; dmarc=pass header.from=evil.example"
    message = read(f"{other}\n{author}\n\nx".encode())
    assert message.from_address == "jean@client.example"
    assert authentication(message, (OURS,)).dmarc_failed


@pytest.mark.parametrize(
    "sender", ["jean@client.example", "jean@compta.client.example", "jean@clïent.example"]
)
def test_a_pass_of_the_author_or_of_its_organisation_stays_one(sender: str) -> None:
    assert authentication(mail(PASS, sender=sender), (OURS,)).of("dmarc") == "pass"


@pytest.mark.parametrize(
    "said",
    [
        "spf=pass smtp.helo=a((((b",
        "spf=pass smtp.mailfrom=a(@evil.example",
        "; ".join(["dkim=pass header.d=evil.example header.b=abcdefgh"] * 100),
    ],
)
def test_what_a_sender_tells_of_itself_hides_no_failure(said: str) -> None:
    assert failed(f"Authentication-Results: {OURS}; {said}; dmarc=fail header.from=client.example")


def test_a_server_without_a_name_is_believed_where_that_is_configured() -> None:
    header = "Authentication-Results: spf=fail; dmarc=fail"
    assert not failed(header)
    assert failed(header, ids=(UNNAMED,))


def test_of_several_signatures_one_that_passed_is_enough() -> None:
    results = (Result("dkim", "fail", "relay.example"), Result("dkim", "pass", "client.example"))
    assert Authentication(OURS, results).of("dkim") == "pass"


@pytest.mark.parametrize("piece", ["(", ")", '"', "\\", "();", "dkim=", " ", "=;"])
def test_a_hostile_header_takes_no_time(piece: str) -> None:
    start = time.process_time()
    parse_results(piece * 100_000)
    assert time.process_time() - start < 0.5


@given(st.text(max_size=300))
def test_whatever_the_header_says_it_is_read(value: str) -> None:
    parse_results(value)


# ── what a person should see ─────────────────────────────────────────────────────────────────────────────────


def seen(message: Message, proof: Authentication = NOTHING, *, known: bool = True) -> list[tuple[Flag, str]]:
    found = warnings(
        message,
        proof,
        known_addresses={"jean@client.example", "anne@client.example"} if known else set(),
        known_domains={"client.example"} if known else set(),
        our_domains={"atelier.example"},
    )
    assert all(isinstance(one, Warned) for one in found)
    return [(one.flag, one.detail) for one in found]


def test_of_a_known_sender_there_is_nothing_to_say() -> None:
    assert seen(mail()) == []
    assert seen(mail("Reply-To: anne@client.example")) == []
    assert seen(mail("Reply-To: compta@sub.client.example")) == []


def test_an_address_that_the_debtor_never_had_is_said_to_be_new() -> None:
    assert seen(mail(sender="neuf@client.example")) == [(Flag.FIRST_TIME, "neuf@client.example")]
    assert seen(mail(sender="neuf@client.example"), known=False) == []


@pytest.mark.parametrize(
    ("sender", "like"),
    [("jean@c1ient.example", "client.example"), ("jean@client.test", "client.example"), ("compta@ateller.example", "atelier.example")],
)  # fmt: skip
def test_a_domain_that_resembles_the_debtors_or_ours_is_named_with_it(sender: str, like: str) -> None:
    assert (Flag.LOOKALIKE, f"{sender.partition('@')[2]} ~ {like}") in seen(mail(sender=sender))


@pytest.mark.parametrize("answers", ["jean@autre.example", "jean.client@gmail.com"])
def test_answers_that_would_go_elsewhere_are_shown(answers: str) -> None:
    assert seen(mail(f"Reply-To: {answers}")) == [(Flag.REPLY_ELSEWHERE, answers)]


def test_another_mailbox_of_the_same_provider_is_elsewhere() -> None:
    found = seen(mail("Reply-To: j.durand@gmail.com", sender="jean.durand@gmail.com"), known=False)
    assert found == [(Flag.REPLY_ELSEWHERE, "j.durand@gmail.com")]


@pytest.mark.parametrize(
    ("results", "detail"),
    [
        ([("dmarc", "fail")], "DMARC"),
        ([("spf", "fail"), ("dkim", "none")], "SPF"),
        ([("spf", "fail"), ("dkim", "pass")], ""),
        ([("dkim", "fail")], "DKIM"),
        ([("dmarc", "pass"), ("spf", "fail")], ""),
        ([("dmarc", "none"), ("spf", "softfail")], ""),
        ([("dmarc", "temperror")], ""),
        ([], ""),
    ],
)
def test_a_failed_proof_is_named_and_a_missing_one_is_no_failure(
    results: list[tuple[str, str]], detail: str
) -> None:
    proof = Authentication(OURS, tuple(Result(*one) for one in results))
    assert seen(mail(), proof) == ([(Flag.FAILED, detail)] if detail else [])


@pytest.mark.parametrize(
    ("domain", "result", "flagged"),
    [
        ("client.example", "fail", True),
        ("client.example", "pass", False),
        ("client.example", "temperror", False),
        ("relay.example", "fail", False),  # somebody's on the way
        ("mail.client.example", "fail", True),
        ("example", "fail", False),
    ],
)
def test_a_signature_of_the_senders_own_domain_that_does_not_fit_is_shown(
    domain: str, result: str, flagged: bool
) -> None:
    proof = Authentication(signatures=(Signature(domain, "s1", result),))
    assert bool(seen(mail(), proof)) is flagged
