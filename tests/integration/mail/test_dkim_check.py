"""DKIM signatures, verified at receipt by keys from a real DNS server on loopback."""

from __future__ import annotations

import base64
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import dkim
import dns.resolver
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from relance_mailer.mail import dkim_check
from relance_mailer.mail.dkim_check import DkimCheck
from tests.support import dns as dns_server

LETTER = (
    b"From: Mme Durand <durand@debtor.example>\r\nTo: compta@creditor.example\r\nSubject: Re: Rappel\r\n"
    b"Date: Tue, 10 Mar 2026 10:30:00 +0100\r\nMessage-ID: <1@debtor.example>\r\n\r\nBonjour,\r\n\r\nc'est  pay\xc3\xa9. \r\n"
)
NAME = "s1._domainkey.debtor.example."


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


def record(key: RSAPrivateKey) -> str:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    text = f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"
    return " ".join(f'"{text[start : start + 200]}"' for start in range(0, len(text), 200))


def signed(
    key: RSAPrivateKey, raw: bytes = LETTER, domain: bytes = b"debtor.example", **options: object
) -> bytes:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    signature: bytes = dkim.sign(raw, b"s1", domain, pem, include_headers=[b"from", b"subject"], **options)
    return signature + raw


@contextmanager
def checking(
    zone: dns_server.Zone, *, silent: Collection[str] = (), failing: Collection[str] = ()
) -> Iterator[DkimCheck]:
    with dns_server.serve(zone, silent=silent, failing=failing) as (host, port):
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = [host], port
        yield DkimCheck(resolver)


@pytest.mark.parametrize("way", [(b"relaxed", b"relaxed"), (b"simple", b"simple"), (b"relaxed", b"simple")])
def test_a_signature_that_fits_passes_and_its_key_is_kept_as_seen(
    key: RSAPrivateKey, way: tuple[bytes, bytes]
) -> None:
    with checking({(NAME, "TXT"): [record(key)]}) as check:
        [found] = check.verify(signed(key, canonicalize=way), "debtor.example")
    assert (found.domain, found.selector, found.result, found.why) == ("debtor.example", "s1", "pass", "")
    assert found.key == record(key).replace('" "', "").strip('"')


def test_a_message_stored_with_bare_line_ends_passes_as_well(key: RSAPrivateKey) -> None:
    with checking({(NAME, "TXT"): [record(key)]}) as check:
        [found] = check.verify(signed(key).replace(b"\r\n", b"\n"), "debtor.example")
    assert found.result == "pass"


@pytest.mark.parametrize(
    ("old", "new"), [(b"c'est  pay", b"rien n'est pay"), (b"Subject: Re: Rappel", b"Subject: Re: virement")]
)
def test_a_changed_message_fails(key: RSAPrivateKey, old: bytes, new: bytes) -> None:
    with checking({(NAME, "TXT"): [record(key)]}) as check:
        [found] = check.verify(signed(key).replace(old, new), "debtor.example")
    assert found.result == "fail"
    assert found.why
    assert found.key


def test_a_second_from_header_makes_it_fail(key: RSAPrivateKey) -> None:
    with checking({(NAME, "TXT"): [record(key)]}) as check:
        [found] = check.verify(b"From: boss@thief.example\r\n" + signed(key), "thief.example")
    assert found.result == "fail"


def test_a_signature_over_the_beginning_alone_proves_nothing(key: RSAPrivateKey) -> None:
    with checking({(NAME, "TXT"): [record(key)]}) as check:
        raw = signed(key, length=True) + b"Notre IBAN a change.\r\n"
        [found] = check.verify(raw, "debtor.example")
    assert found.result == "policy"


def test_a_key_that_was_withdrawn_or_never_was_is_an_error(key: RSAPrivateKey) -> None:
    with checking({("debtor.example.", "TXT"): ['"x"']}) as check:
        [none] = check.verify(signed(key), "debtor.example")
    with checking({(NAME, "TXT"): ['"v=DKIM1; p="']}) as check:
        [revoked] = check.verify(signed(key), "debtor.example")
    assert (none.result, none.key) == ("permerror", "")
    assert (revoked.result, revoked.key, revoked.why) == ("permerror", "v=DKIM1; p=", "the key was withdrawn")


def test_a_dns_that_fails_is_no_result(key: RSAPrivateKey) -> None:
    with checking({(NAME, "TXT"): [record(key)]}, failing=[NAME]) as check:
        [found] = check.verify(signed(key), "debtor.example")
    assert (found.result, found.key) == ("temperror", "")


def test_a_silent_dns_is_waited_for_once_and_then_left_alone(
    key: RSAPrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dkim_check, "QUERY", 0.2)
    with checking({(NAME, "TXT"): [record(key)]}, silent=[NAME]) as check:
        start = time.monotonic()
        results = [check.verify(signed(key), "debtor.example")[0].result for _ in range(5)]
        assert time.monotonic() - start < 0.9
    assert results == ["temperror"] * 5


def test_without_a_dns_there_is_no_result(key: RSAPrivateKey) -> None:
    assert DkimCheck(None).verify(signed(key), "debtor.example")[0].result == "temperror"


def test_the_senders_own_signature_is_looked_at_first_and_no_more_than_three(key: RSAPrivateKey) -> None:
    raw = LETTER
    for domain in (b"debtor.example", b"r1.example", b"r2.example", b"r3.example", b"r4.example"):
        raw = signed(key, raw, domain)
    zone = {
        (f"s1._domainkey.{domain}.", "TXT"): [record(key)]
        for domain in ("debtor.example", "r4.example", "r3.example")
    }
    with checking(zone) as check:
        found = check.verify(raw, "debtor.example")
    assert [(one.domain, one.result) for one in found] == [
        ("debtor.example", "pass"),
        ("r4.example", "pass"),
        ("r3.example", "pass"),
    ]


def test_a_key_is_asked_for_once(key: RSAPrivateKey) -> None:
    with checking({(NAME, "TXT"): [record(key)]}) as check:
        check.verify(signed(key), "debtor.example")
    assert check.verify(signed(key), "debtor.example")[0].result == "pass"  # the DNS server is gone


def _claim(tags: bytes) -> bytes:
    return (
        b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=debtor.example; s=s1; "
        + tags
        + b"\r\n"
        + LETTER
    )


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no header at all",
        b"\r\n\r\n",
        _claim(b"h=from; bh=x; b=y"),
        _claim(b"h=from; bh=AAAA; b=" + b" \r\n " * 900),
        _claim(b"h=" + b":".join([b"from"] * 700) + b"; bh=AAAA; b=AAAA"),
        _claim(b"h=from; bh=AAAA; b=AAAA") + b" " * 2_000_000,
        _claim(b"h=from; bh=AAAA; b=AAAA") + b" \t" * 500_000 + b"x\r\n" * 500_000,
        _claim(b"h=from; bh=AAAA; b=AAAA") + b"\r\n" * 1_000_000,
        _claim(b"h=from; bh=AAAA; b=AAAA; t=" + b"9" * 3_000),
        b"X: y\r\n" * 100_000 + _claim(b"h=from; bh=AAAA; b=AAAA"),
        b"DKIM-Signature: d=..; s=s1\r\nDKIM-Signature: d=a b; s=\r\nDKIM-Signature: d=\xff; s=s1\r\n" + LETTER,
        b"DKIM-Signature: a=rsa-sha256; d=debtor.example; s=s1; v=1; h=from; bh=AAAA; b=AAAA" + b";" * 50_000 + b"\r\n" + LETTER,
    ],
)  # fmt: skip
def test_hostile_bytes_cost_little_and_raise_nothing(key: RSAPrivateKey, raw: bytes) -> None:
    with checking({(NAME, "TXT"): [record(key)]}) as check:
        start = time.process_time()
        found = check.verify(raw, "debtor.example")
        assert time.process_time() - start < 1
    assert all(one.result in ("fail", "permerror") for one in found)


def test_a_huge_key_is_not_used(key: RSAPrivateKey) -> None:
    huge = '"v=DKIM1; p=' + "A" * 200 + '"' + ' "' + '" "'.join(["A" * 200] * 10) + '"'
    with checking({(NAME, "TXT"): [huge]}) as check:
        [found] = check.verify(signed(key), "debtor.example")
    assert (found.result, found.why) == ("permerror", "the key is too long")
