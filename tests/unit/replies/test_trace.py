"""A message is known again by what its author wrote, whatever its road added; and nothing else is taken for it."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.replies.message import read
from relance_mailer.replies.trace import AUTHORS, content, fingerprint

LETTER = (
    b"From: Durand <durand@debtor.example>\r\n"
    b"To: compta@creditor.example\r\n"
    b"Subject: Re: Facture F-2026-001\r\n"
    b"Date: Tue, 10 Mar 2026 10:30:00 +0100\r\n"
    b"Message-ID: <a1@debtor.example>\r\n"
    b"In-Reply-To: <n1@creditor.example>\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"\r\n"
    b"Bonjour,\r\n\r\nNous r\xc3\xa9glerons le 20 mars.\r\n"
)

#: What relays, filters and stores add, one a line.
TRACES = (
    "Received: from mx2.creditor.example by store2; Tue, 10 Mar 2026 09:30:00 +0000",
    "Received: from a\r\n\tby b with ESMTPS id 4Qx7\r\n\tfor <x@creditor.example>",
    "Return-Path: <durand@debtor.example>",
    "Delivered-To: second@creditor.example",
    "X-Original-To: second@creditor.example",
    "Envelope-To: second@creditor.example",
    "Authentication-Results: mx.creditor.example; dkim=pass; dmarc=pass",
    "Received-SPF: pass",
    "ARC-Seal: i=1; a=rsa-sha256; cv=none",
    "DKIM-Signature: v=1; a=rsa-sha256; d=debtor.example; b=abc",
    "X-Spam-Status: No, score=-1.9",
    "X-Spam-Flag: YES",
    "X-VR-SPAMSTATE: OK",
    "X-OVH-SPAM-SCORE: 12",
    "X-Virus-Scanned: clamav",
    "X-MS-Exchange-Organization-SCL: 1",
    "X-MS-Exchange-Transport-EndToEndLatency: 00:00:01.2",
    "X-Microsoft-Antispam: BCL:0;",
    "X-Forefront-Antispam-Report: CIP:1.2.3.4",
    "X-Gm-Message-State: AOJu0Yw",
    "X-Google-Smtp-Source: AGHT+IE",
    "X-Received: by 10.0.0.1",
    "List-Id: <compta.creditor.example>",
    "Precedence: list",
    "Resent-From: collegue@creditor.example",
    "X-Mozilla-Status: 0001",
    "Status: RO",
    "Lines: 4",
    "Bcc: archive@creditor.example",
)


@pytest.mark.parametrize("trace", TRACES, ids=lambda line: line.split(":")[0])
def test_what_the_road_added_does_not_count(trace: str) -> None:
    assert fingerprint(trace.encode() + b"\r\n" + LETTER) == fingerprint(LETTER)
    header, _, body = LETTER.partition(b"\r\n\r\n")
    assert fingerprint(header + b"\r\n" + trace.encode() + b"\r\n\r\n" + body) == fingerprint(LETTER)


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace(b"\r\n", b"\n"),
        lambda raw: raw + b"\r\n\r\n",
        lambda raw: raw.replace(b"Re: Facture F-2026-001", b"Re: Facture\r\n F-2026-001"),
        lambda raw: raw.replace(b"Subject: ", b"SUBJECT:  "),
        lambda raw: (
            b"\r\n".join(sorted(raw.partition(b"\r\n\r\n")[0].split(b"\r\n")))
            + b"\r\n\r\n"
            + raw.partition(b"\r\n\r\n")[2]
        ),
    ],
    ids=["bare line feeds", "empty lines at the end", "folded", "spaced", "in another order"],
)
def test_how_a_store_writes_it_down_does_not_count(change: object) -> None:
    assert callable(change)
    assert fingerprint(change(LETTER)) == fingerprint(LETTER)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"le 20 mars", b"le 21 mars"),
        (b"<a1@", b"<a2@"),
        (b"F-2026-001", b"F-2026-002"),
        (b"10:30:00", b"10:30:01"),
        (b"durand@debtor", b"autre@debtor"),
        (b"Bonjour,\r\n", b"Bonjour,\r\n\r\n"),
        (b"In-Reply-To: <n1@", b"In-Reply-To: <n2@"),
    ],
    ids=repr,
)
def test_what_the_author_wrote_counts(old: bytes, new: bytes) -> None:
    assert fingerprint(LETTER.replace(old, new)) != fingerprint(LETTER)


def test_an_automatic_answer_is_not_the_persons_of_the_same_words() -> None:
    assert fingerprint(b"Auto-Submitted: auto-replied\r\n" + LETTER) != fingerprint(LETTER)


def test_without_an_id_the_date_tells_and_without_both_only_all_the_bytes() -> None:
    relayed = b"Received: by b\r\n"
    no_id = LETTER.replace(b"Message-ID", b"X-Lost")
    assert fingerprint(relayed + no_id) == fingerprint(no_id)
    neither = no_id.replace(b"Date:", b"X-When:")
    assert fingerprint(relayed + neither) != fingerprint(neither)
    assert fingerprint(neither) == fingerprint(bytes(neither))


@pytest.mark.parametrize(
    "raw", [b"", b"\r\n", b"\n\n", b"no header", b":\r\n\r\n", b"Date:\r\n\r\nx", b" folded\r\n"]
)
def test_what_is_hardly_a_message_is_itself(raw: bytes) -> None:
    assert fingerprint(raw) == fingerprint(raw)
    assert re.fullmatch(r"[0-9a-f]{64}", fingerprint(raw))
    assert fingerprint(raw) != fingerprint(raw + b"x")


_FIELD = st.tuples(
    st.sampled_from(["X-Spam", "Received", "Return-Path", "X-Any-Thing", "ARC-Seal", "List-Post"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60),
)


@given(st.lists(_FIELD, max_size=8), st.lists(_FIELD, max_size=8))
def test_two_roads_lead_to_one_message(one: list[tuple[str, str]], other: list[tuple[str, str]]) -> None:
    def by(road: list[tuple[str, str]]) -> bytes:
        return b"".join(f"{name}: {value}\r\n".encode() for name, value in road) + LETTER

    assert fingerprint(by(one)) == fingerprint(by(other))


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_other_bodies_are_other_messages(one: bytes, other: bytes) -> None:
    def plain(body: bytes) -> bytes:
        return body.replace(b"\r\n", b"\n").rstrip(b"\r\n")

    same = fingerprint(LETTER + one) == fingerprint(LETTER + other)
    assert same == (plain(LETTER + one) == plain(LETTER + other))


@pytest.mark.parametrize(
    "raw",
    [
        b"A: b\r\n" * 1_000_000 + b"\r\n",
        b"Subject: " + b"x" * 6_000_000 + b"\r\n\r\n",
        b"Subject: x\r\n" + b" \t\r\n" * 1_500_000,
        b"Date: x\r\n" + b"\r\n" * 3_000_000,
        b"Date: x\r\nTo:" + b" " * 900_000 + b"\r\n\r\nx",
        b" " * 6_000_000,
    ],
    ids=["many fields", "one endless field", "endless folding", "an endless end", "wide", "blanks"],
)
def test_hostile_bytes_take_no_time(raw: bytes) -> None:
    begun = time.perf_counter()
    fingerprint(raw)
    assert time.perf_counter() - begun < 2


def test_trace_fields_are_not_the_authors() -> None:
    names = {trace.partition(":")[0].lower().encode() for trace in TRACES}
    assert not names & AUTHORS


# ── once read ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_encoded_anew_on_its_way_says_the_same() -> None:
    anew = LETTER.replace(b"\xc3\xa9", b"=C3=A9").replace(
        b"Content-Type", b"Content-Transfer-Encoding: quoted-printable\r\nContent-Type"
    )
    assert fingerprint(anew) != fingerprint(LETTER)
    assert content(read(anew)) == content(read(LETTER))


@pytest.mark.parametrize(
    ("old", "new"), [(b"20 mars", b"21 mars"), (b"<a1@", b"<a2@"), (b"durand@", b"autre@")]
)
def test_other_words_or_another_author_say_something_else(old: bytes, new: bytes) -> None:
    assert content(read(LETTER.replace(old, new))) != content(read(LETTER))


def test_another_document_says_something_else() -> None:
    def with_document(data: bytes) -> bytes:
        return (
            LETTER.replace(b"text/plain; charset=utf-8", b"multipart/mixed; boundary=b").partition(
                b"\r\n\r\n"
            )[0]
            + b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nVoici.\r\n--b\r\nContent-Type: application/pdf\r\n"
            + b'Content-Disposition: attachment; filename="a.pdf"\r\n\r\n'
            + data
            + b"\r\n--b--\r\n"
        )

    assert content(read(with_document(b"one"))) != content(read(with_document(b"three")))
