"""The bytes of a message: what a reader sees in them, and what nobody can smuggle into them."""

from __future__ import annotations

import email
import email.header
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relance_mailer.errors import InputError
from relance_mailer.mail.compose import REFERENCES_LIMIT, Outgoing, ascii_address, compose

MESSAGE = Outgoing(
    message_id="<n.1.abc@creditor.example>",
    date=datetime(2025, 3, 10, 9, 30, tzinfo=UTC),
    from_name="Comptabilité Durand & Fils",
    from_address="compta@creditor.example",
    to_name='Société "Électricité", SARL',
    to_address="facturation@débiteur.example",
    reply_to="compta+k7@creditor.example",
    subject="Facture F-0412 échue : premier rappel",
    text="Bonjour,\n\nLa facture n’est pas réglée.\n.\nFrom here on\nCordialement  \n",
    html="<p>Bonjour,</p>\n<p>La facture n’est pas réglée.</p>\n",
    in_reply_to="<n.0.abc@creditor.example>",
    references=("<n.0.abc@creditor.example>",),
    language="fr",
    headers=(("X-Relance-Notice", "1 sig=abc"),),
)

PLAIN = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=300)
CONTROLS = ["\r", "\n", "\x00", "\t", "\x0b", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"]


def parsed(message: Outgoing) -> Any:
    return email.message_from_bytes(compose(message), policy=email.policy.default)


def shown(part: Any) -> str:
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_reader_sees_what_was_meant() -> None:
    mail = parsed(MESSAGE)
    assert mail["From"].addresses[0].display_name == MESSAGE.from_name
    assert mail["To"].addresses[0].display_name == MESSAGE.to_name
    assert mail["To"].addresses[0].addr_spec == "facturation@xn--dbiteur-bya.example"
    assert mail["Subject"] == MESSAGE.subject
    assert mail["Date"].datetime == MESSAGE.date
    assert (mail["Message-ID"], mail["In-Reply-To"]) == (MESSAGE.message_id, MESSAGE.in_reply_to)
    assert (mail["Reply-To"], mail["Content-Language"]) == (MESSAGE.reply_to, "fr")
    assert mail["X-Relance-Notice"] == "1 sig=abc"
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert [shown(part) for part in mail.iter_parts()] == [MESSAGE.text, MESSAGE.html]
    assert [part.defects for part in mail.walk()] == [[], [], []]


def test_nothing_marks_it_as_bulk_or_automatic() -> None:
    mail = parsed(MESSAGE)
    assert mail["X-Auto-Response-Suppress"] == "DR, RN, NRN"
    for name in ("Auto-Submitted", "Precedence", "List-Id", "List-Unsubscribe", "Bcc"):
        assert name not in mail


def test_text_alone_needs_no_alternative() -> None:
    mail = parsed(replace(MESSAGE, html=""))
    assert mail.get_content_type() == "text/plain"
    assert shown(mail) == MESSAGE.text


def test_the_same_input_gives_the_same_bytes_and_another_id_another_boundary() -> None:
    assert compose(MESSAGE) == compose(MESSAGE)
    boundaries = {parsed(replace(MESSAGE, message_id=f"<{n}@x.example>")).get_boundary() for n in range(3)}
    assert len(boundaries) == 3


def test_a_line_that_begins_with_from_is_masked_against_mbox() -> None:
    assert b"\nFrom here" not in compose(MESSAGE)


@given(subject=PLAIN, name=PLAIN, text=PLAIN, html=PLAIN)
@example(subject="=?utf-8?q?x?=", name="=?x", text="--=_x", html=".")
@example(subject="x" * 2000, name="x" * 2000, text="x" * 5000, html="é" * 5000)
@example(subject="mot " * 90 + "fin", name='a\\b"c', text=" ", html="")
def test_whatever_the_texts_are_the_form_is_kept(subject: str, name: str, text: str, html: str) -> None:
    raw = compose(replace(MESSAGE, subject=subject, to_name=name, text=text, html=html))
    assert raw.isascii()
    assert raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    mail: Any = email.message_from_bytes(raw, policy=email.policy.compat32)
    assert (
        str(email.header.make_header(email.header.decode_header(mail["Subject"].replace("\r\n", "")))).strip()
        == subject.strip()
    )
    assert len(mail.get_all("To")) == 1
    bodies = [part.get_payload(decode=True).decode() for part in mail.walk() if not part.is_multipart()]
    wanted = [text, html] if html else [text]
    assert [body.replace("\r\n", "\n").rstrip("\n") for body in bodies] == [
        each.rstrip("\n") for each in wanted
    ]


@pytest.mark.parametrize("control", CONTROLS, ids=repr)
@pytest.mark.parametrize(
    "field",
    [
        "message_id",
        "from_name",
        "from_address",
        "to_name",
        "to_address",
        "reply_to",
        "subject",
        "in_reply_to",
    ],
)
def test_controls_in_a_field_are_refused_by_its_name(field: str, control: str) -> None:
    value = getattr(MESSAGE, field)
    for bad in (value + control, value[:5] + control + "Bcc: x@y.example" + value[5:]):
        with pytest.raises(InputError, match=f"^{field}: "):
            compose(replace(MESSAGE, **{field: bad}))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"references": ("<a@b>\r\nBcc: <x@y>",)}, "references"),
        ({"headers": (("X-A", "b\r\nBcc: x@y"),)}, "X-A"),
        ({"headers": (("X-A: b\r\nBcc", "x"),)}, "headers"),
        ({"headers": (("Bcc", "x@y.example"),)}, "headers"),
        ({"headers": (("Subject", "other"),)}, "headers"),
        ({"language": "fr\r\nX: y"}, "language"),
        ({"message_id": "no brackets"}, "message_id"),
        ({"date": datetime(2025, 3, 10)}, "date"),
        ({"to_address": "a@b.example, c@d.example"}, "to_address"),
        ({"to_address": "a@b.example>"}, "to_address"),
        ({"to_address": "é@b.example"}, "to_address"),
        ({"to_address": "a@b..example"}, "to_address"),
        ({"to_address": "a@" + "b" * 64 + ".example"}, "to_address"),
        ({"to_address": ""}, "to_address"),
    ],
)
def test_what_cannot_be_written_is_refused_by_its_name(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=f"^{field}: "):
        compose(replace(MESSAGE, **changes))


def test_references_keep_the_first_and_the_newest() -> None:
    ids = tuple(f"<{number:03}.{'x' * 50}@example.org>" for number in range(60))
    kept = parsed(replace(MESSAGE, references=ids))["References"].split()
    assert kept[0] == ids[0]
    assert tuple(kept[1:]) == ids[-len(kept) + 1 :]
    assert len(kept) > 5
    assert sum(map(len, kept)) <= REFERENCES_LIMIT


def test_foreign_ids_that_cannot_be_written_are_left_out() -> None:
    mail = parsed(
        replace(MESSAGE, references=("<é@x>", "no brackets", "<ok@x>", "<ok@x>"), in_reply_to="<a b@x>")
    )
    assert mail["References"] == "<ok@x>"
    assert "In-Reply-To" not in mail


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("a.b+c@example.org", "a.b+c@example.org"),
        ("o'neil@example.org", "o'neil@example.org"),
        ("x@société.fr", "x@xn--socit-esab.fr"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_addresses_on_the_wire(address: str, wire: str) -> None:
    assert ascii_address(address) == wire
