"""Bounces, delays, read receipts and complaints in the forms in which servers write them, and people who speak of them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relance_mailer.replies.bounce import bounce_of
from relance_mailer.replies.bounces import library, signs
from relance_mailer.replies.bounces.failing import failing, spoken_by_server
from relance_mailer.replies.bounces.original import original_id
from relance_mailer.replies.bounces.reasons import is_dead, reason_of, status_in
from relance_mailer.replies.classify import as_json, classify
from relance_mailer.replies.machine import machine_of
from relance_mailer.replies.message import read
from relance_mailer.replies.model import Machine, MachineKind

MAIL = Path(__file__).parents[2] / "data" / "mail" / "bounces"
SAMPLES = sorted(path.stem for path in MAIL.glob("*.eml"))
LATE = st.sampled_from(("delayed", "Delayed", "delayed (not yet)", "deferred"))


def raw(name: str) -> bytes:
    return (MAIL / f"{name}.eml").read_bytes()


def expected(name: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = json.loads((MAIL / f"{name}.json").read_text(encoding="utf-8"))["machine"]
    return found


def shown(data: bytes, like: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what came out, cut to what is stated of it."""
    found = as_json(classify(data, notice=None, account=None, creditor=None))["machine"]
    return {key: found[key] for key in like or found} if found else None


@pytest.mark.parametrize("name", SAMPLES)
def test_each_form_is_told(name: str) -> None:
    assert shown(raw(name), expected(name)) == expected(name)


def test_there_are_many_forms_and_many_people() -> None:
    people = [name for name in SAMPLES if expected(name) is None]
    assert len(SAMPLES) - len(people) >= 60
    assert len(people) >= 15


# ── what servers and lists do to a message on its way ────────────────────────────────────────────────────────


def line_feeds(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


WAYS: dict[str, Callable[[bytes], bytes]] = {
    "carriage returns": lambda data: data.replace(b"\n", b"\r\n"),
    "no return path": lambda data: re.sub(rb"^Return-Path: <>\n", b"", data),
    "a Google group": lambda data: (
        b"Precedence: list\nList-Id: <compta.client.example>\nX-Google-Group-Id: 1\n" + data
    ),
    "a Microsoft 365 group": lambda data: (
        b"Precedence: bulk\nX-Auto-Response-Suppress: All\nX-MS-Exchange-Inbox-Rules-Loop: a@client.example\n"
        + data
    ),
    "traces": lambda data: (
        b"Delivered-To: compta@atelier.example\nReceived: from x by y; Tue, 3 Nov 2026 09:00:09 +0100\n"
        + data
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_way_of_a_message_changes_nothing(way: str) -> None:
    altered = {name: WAYS[way](line_feeds(raw(name))) for name in SAMPLES}
    changed = {name: shown(data, expected(name)) for name, data in altered.items()}
    wrong = {name: found for name, found in changed.items() if found != expected(name)}
    # Some automatic answers are known by the empty envelope sender alone; that is not this file's matter.
    assert {
        name: found for name, found in wrong.items() if not name.startswith(("absence-", "person-ticket"))
    } == {}


@pytest.mark.parametrize("prefix", ["", "Re: ", "RE : ", "Fwd: ", "TR: ", "WG: "])
@pytest.mark.parametrize("name", ["postfix-free", "qmail-host", "exchange-fr-no-report", "gateway-fr", "gmx"])
def test_what_a_person_quotes_of_a_bounce_is_a_persons(name: str, prefix: str) -> None:
    words = read(raw(name)).text
    head = f"From: Claire <c.durand@client.example>\nSubject: {prefix}Undelivered Mail Returned to Sender\nContent-Type: text/plain; charset=utf-8\n\n"
    for text in (
        f"Bonjour, voici ce que je reçois.\n\n{words}",
        "\n".join(f"> {line}" for line in words.split("\n")),
    ):
        assert bounce_of(read((head + text).encode()), frozenset()) is None


# ── reports ──────────────────────────────────────────────────────────────────────────────────────────────────


def report(fields: str, *, text: str = "x", subject: str = "report") -> Machine | None:
    lines = (
        f'From: MAILER-DAEMON@mx.example\nSubject: {subject}\nContent-Type: multipart/report; report-type=delivery-status; boundary="R"\n\n'
        f"--R\nContent-Type: text/plain\n\n{text}\n--R\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n{fields}\n--R--\n"
    )
    return machine_of(read(lines.encode()))


@given(LATE, st.integers(2, 5), st.integers(0, 7), st.integers(0, 10))
def test_what_is_delayed_is_never_final_nor_dead(action: str, kind: int, subject: int, detail: int) -> None:
    status = f"{kind}.{subject}.{detail}"
    found = report(
        f"Final-Recipient: rfc822; p@client.example\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; user unknown"
    )
    assert found
    assert (found.kind, found.final, found.address_dead) == (MachineKind.DELAYED, False, False)


@given(
    st.sampled_from(("failed", "Failed", "failure", "error")),
    st.integers(4, 5),
    st.integers(0, 7),
    st.integers(0, 10),
)
def test_what_failed_is_final_whatever_its_class(action: str, kind: int, subject: int, detail: int) -> None:
    found = report(
        f"Final-Recipient: rfc822; p@client.example\nAction: {action}\nStatus: {kind}.{subject}.{detail}"
    )
    assert found
    assert (found.kind, found.final) == (MachineKind.BOUNCE, True)
    assert not found.address_dead or kind == 5


def test_several_failed_recipients_are_all_named() -> None:
    blocks = [
        f"Final-Recipient: rfc822; p{n}@client.example\nAction: failed\nStatus: 5.1.1\n" for n in range(3)
    ]
    found = report("\n".join(blocks))
    assert found
    assert found.recipients == ("p0@client.example", "p1@client.example", "p2@client.example")


def test_a_control_character_in_a_utf_8_address_is_dropped() -> None:
    found = report(
        "Final-Recipient: utf-8; p\\x{A}\\x{110000}\\x{D800}q@client.example\nAction: failed\nStatus: 5.1.1"
    )
    assert found
    assert found.recipients == ("pq@client.example",)


# ── reasons ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("stated", "words", "status"),
    [
        ("5.1.1", "550 5.7.1 spam", "5.1.1"),
        ("5.0.0", "550 5.1.1 no such user", "5.1.1"),
        ("5.3.0", "553 5.1.3 bad address", "5.1.3"),
        ("5.0.0", "no such user", "5.0.0"),
        ("", "550-5.1.1 The account does not exist", "5.1.1"),
        ("", "Sorry, no mailbox here by that name. (#5.1.1)", "5.1.1"),
        ("", "550 no such user", "550"),
        ("", "from host 192.5.1.1, version 5.1.1.4", ""),
        ("", "v5.1.1 said 552 5.2.2 full", "5.2.2"),
        ("", "", ""),
        ("5.1.1 (bad destination mailbox address)", "", "5.1.1"),
    ],
)
def test_the_most_telling_status_is_taken(stated: str, words: str, status: str) -> None:
    assert status_in(stated, words) == status


@pytest.mark.parametrize(
    ("status", "words", "reason", "dead"),
    [
        ("5.1.1", "user unknown", "user_unknown", True),
        ("", "unknown user", "user_unknown", True),
        ("550", "Requested action not taken: mailbox unavailable", "user_unknown", True),
        ("450", "Requested action not taken: mailbox unavailable", "user_unknown", False),
        ("5.7.1", "Recipient address rejected: user unknown", "user_unknown", True),
        ("5.7.1", "message refused by policy", "policy", False),
        ("5.1.0", "Sender address rejected: not owned by user", "sender_refused", False),
        ("5.1.1", "mailbox is full", "mailbox_full", False),
        ("5.1.1", "blocked using Spamhaus", "blocked", False),
        ("5.1.1", "Relaying denied", "relay_denied", False),
        ("5.1.2", "", "host_unknown", True),
        ("5.1.3", "bad address syntax", "user_unknown", True),
        ("5.1.6", "", "moved", True),
        ("5.1.10", "does not accept mail (nullMX)", "accepts_no_mail", True),
        ("5.2.1", "", "mailbox_disabled", False),
        ("5.2.1", "This mailbox is disabled", "mailbox_disabled", True),
        ("5.2.1", "account temporarily suspended", "suspended", False),
        ("5.4.4", "", "host_unknown", False),
        ("5.4.4", "Host or domain name not found", "host_unknown", True),
        ("5.4.4", "Host not found, try again", "expired", False),
        ("4.4.7", "550 5.1.1 was never said", "expired", False),
        ("", "l'utilisateur est inconnu", "user_unknown", True),
        ("", "La boîte aux lettres est pleine", "mailbox_full", False),
        ("", "compte désactivé", "mailbox_disabled", False),
        ("", "nom de domaine inexistant : domaine introuvable", "host_unknown", True),
        ("", "Empfänger unbekannt", "user_unknown", True),
        ("", "Postfach des Empfängers ist voll", "mailbox_full", False),
        ("", "el usuario no existe", "user_unknown", True),
        ("", "casella postale piena", "mailbox_full", False),
        ("", "de mailbox van de ontvanger zit vol", "mailbox_full", False),
        ("", "", "unknown", False),
    ],
)
def test_words_and_code_together_tell_reason_and_end(
    status: str, words: str, reason: str, dead: bool
) -> None:
    found, in_words = reason_of(status, words)
    assert (found, is_dead(status, found, in_words=in_words)) == (reason, dead)


def test_a_diagnostic_counts_before_what_is_explained_to_people() -> None:
    assert (
        reason_of("5.7.1", "refused by policy", "The address may not exist, or the mailbox is full.")[0]
        == "policy"
    )


def test_our_own_subject_is_no_reason() -> None:
    assert reason_of("", "", "Subject: facture, votre mailbox is full\nObjet : virus\n") == ("unknown", False)


# ── whom, and what about ─────────────────────────────────────────────────────────────────────────────────────


def test_a_server_is_heard_until_our_message_comes_back() -> None:
    text = "<p@client.example>: unknown\n\n--- Below this line is a copy of the message.\n\nmailbox is full"
    assert spoken_by_server(text) == "<p@client.example>: unknown\n\n"


def test_a_text_that_begins_with_our_message_is_heard_whole() -> None:
    assert (
        spoken_by_server("Original message\np@client.example unknown")
        == "Original message\np@client.example unknown"
    )


def test_our_own_addresses_and_message_ids_are_nobodys() -> None:
    text = "compta@atelier.example\nMessage-ID: <n1.relance@atelier.example>\nReferences: <x@y.example>\nfor p@client.example\n"
    message = read(f"From: MAILER-DAEMON@x.example\nSubject: failure notice\n\n{text}".encode())
    assert failing(message, frozenset({"compta@atelier.example"})) == ("p@client.example",)


@pytest.mark.parametrize(
    ("header", "body", "found"),
    [
        ("X-Original-Message-ID: <a@b.example>", "", "<a@b.example>"),
        ("X-MS-Exchange-Parent-Message-Id: <a@b.example>", "", "<a@b.example>"),
        ("In-Reply-To: <a@b.example>", "", "<a@b.example>"),
        ("References: <o@b.example> <a@b.example>", "", "<a@b.example>"),
        ("X-Y: z", "En-têtes :\n  Message-ID : <a@b.example>\n", "<a@b.example>"),
        ("In-Reply-To: <other@b.example>", "Message-Id: <a@b.example>\n", "<a@b.example>"),
        ("X-Y: z", "nothing", ""),
    ],
)
def test_the_original_is_found_wherever_it_is_named(header: str, body: str, found: str) -> None:
    message = read(
        f"From: MAILER-DAEMON@x.example\n{header}\nContent-Type: text/plain; charset=utf-8\n\n{body}".encode()
    )
    assert original_id(message) == found


# ── robustness and speed ─────────────────────────────────────────────────────────────────────────────────────


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_no_damaged_report_raises(data: st.DataObject) -> None:
    damaged = bytearray(raw(data.draw(st.sampled_from(SAMPLES))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=40))
    found = machine_of(read(b"X-A: b\n" + bytes(damaged)))
    assert found is None or not found.address_dead or found.final


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=400))
def test_no_text_makes_a_detector_of_the_library_raise(text: str) -> None:
    head = "From: MAILER-DAEMON@yahoo.com\nSubject: failure notice\nContent-Type: text/plain; charset=utf-8\n\nMessage from yahoo.com.\nUnable to deliver\n"
    assert isinstance(library.by_flufl(read(head.encode() + text.encode("utf-8", "replace"))), tuple)


HEADS = (
    "Return-Path: <>\nFrom: a@b.example\nSubject: Undeliverable",
    "From: MAILER-DAEMON@x.example\nSubject: failure notice",
    "From: a@b.example\nSubject: Undelivered Mail Returned to Sender",
    "From: a@b.example\nSubject: Lu : x",
)


@pytest.mark.parametrize(
    "piece",
    [
        "<a@",
        "a@b.",
        "to a@b.example ",
        "Message-ID: <",
        "user ",
        "5.1.",
        "550 ",
        "Final-Recipient: x\n",
        "original message",
        "\n",
        "warning ",
        "<a@b.example>: ",
    ],
)
def test_hostile_words_take_little_time(piece: str) -> None:
    text = (piece * (200_000 // len(piece)))[:190_000]
    messages = [
        read(f"{head}\nContent-Type: text/plain\n\nYour message could not be delivered to\n{text}".encode())
        for head in HEADS
    ]
    started = time.process_time()
    for message in messages:
        signs.by_server(message)
        signs.begins_as_server(message)
        failing(message, frozenset())
        machine_free = reason_of(status_in("", message.text), message.text)
        assert machine_free[0]
    assert time.process_time() - started < 1


def test_a_message_without_any_sign_is_told_in_microseconds() -> None:
    message = read(raw("person-postmaster").replace(b"ostmaster", b"ierre"))
    assert bounce_of(message, frozenset()) is None
    started = time.process_time()
    for _ in range(1_000):
        bounce_of(message, frozenset())
    assert time.process_time() - started < 0.5, "half a millisecond each, ten times what it takes"
