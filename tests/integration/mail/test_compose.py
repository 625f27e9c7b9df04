"""The bytes of a message: what a reader sees in them, and what nobody can smuggle into them."""

from __future__ import annotations

import base64
import binascii
import email
import email.header
import email.message
import email.policy
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from relance_mailer.errors import InputError
from relance_mailer.mail.address import wire_address
from relance_mailer.mail.attachment import Attachment
from relance_mailer.mail.compose import Outgoing, compose
from relance_mailer.mail.conversation import thread_index, topic

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

INDEX = thread_index("<n.0.abc@creditor.example>", [MESSAGE.date])
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


@given(st.text(st.sampled_from("aé =.\t\n\rFrom\x00€"), max_size=200))
def test_lines_are_encoded_one_by_one_as_they_would_be_together(text: str) -> None:
    raw = compose(replace(MESSAGE, text=text, html="")).partition(b"\r\n\r\n")[2]
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").replace("\n", "\r\n") + "\r\n"
    together = b"\n" + binascii.b2a_qp(lines.encode(), istext=True)
    assert raw == together.replace(b"\nFrom ", b"\n=46rom ")[1:]


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
        "language",
        "thread_index",
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
        ({"to_address": "é\u200b@b.example"}, "to_address"),
        ({"to_address": "\u202eé@b.example"}, "to_address"),
        ({"to_address": "é\u3000x@b.example"}, "to_address"),
        ({"to_address": "é" * 33 + "@b.example"}, "to_address"),
        ({"to_address": "a@-é.example"}, "to_address"),
        ({"to_address": "a@é\u2024x..example"}, "to_address"),
        ({"subject": "\udcff"}, "subject"),
        ({"topic": "a\nb", "thread_index": INDEX}, "topic"),
        ({"thread_index": "AQ="}, "thread_index"),
        ({"headers": (("Thread-Index", "x"),)}, "headers"),
        ({"headers": (("auto-submitted", "no"),)}, "headers"),
        ({"attachments": (Attachment("a\r\nb.pdf", "application/pdf", b""),)}, "attachments"),
        ({"attachments": (Attachment("../a.pdf", "application/pdf", b""),)}, "attachments"),
        ({"attachments": (Attachment("", "application/pdf", b""),)}, "attachments"),
        ({"attachments": (Attachment("a.pdf", "application/pdf\r\nX: y", b""),)}, "attachments"),
        ({"to_address": "a@b..example"}, "to_address"),
        ({"to_address": "a@" + "b" * 64 + ".example"}, "to_address"),
        ({"to_address": ""}, "to_address"),
    ],
)
def test_what_cannot_be_written_is_refused_by_its_name(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=f"^{field}: "):
        compose(replace(MESSAGE, **changes))


@pytest.mark.parametrize(("count", "kept"), [(1, [0]), (2, [0, 1]), (3, [0, 2]), (60, [0, 59])])
def test_references_keep_the_first_and_the_last(count: int, kept: list[int]) -> None:
    ids = tuple(f"<{number:03}.{'x' * 400}@example.org>" for number in range(count))
    message = replace(MESSAGE, references=ids)
    assert parsed(message)["References"].split() == [ids[number] for number in kept]
    assert max(map(len, compose(message).split(b"\r\n"))) <= 998


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
        ("x@faß.de", "x@xn--fa-hia.de"),  # IDNA 2008: another domain than fass.de
        ("x@βόλος.com", "x@xn--nxasmm1c.com"),
        ("x@BÜCHER.example", "x@xn--bcher-kva.example"),
        ("x@例え。テスト", "x@xn--r8jz45g.xn--zckzah"),
        ("x@xn--fa-hia.de", "x@xn--fa-hia.de"),
        ("gérard@b.example", "gérard@b.example"),
        ("用户@例え.example", "用户@xn--r8jz45g.example"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_addresses_on_the_wire(address: str, wire: str) -> None:
    assert wire_address(address) == wire


# ── Outlook's conversation (MS-OXOMSG 2.2.1.3) ───────────────────────────────────────────────────────────────


def test_the_conversation_index_is_laid_out_as_outlook_reads_it() -> None:
    first = datetime(2024, 3, 8, 10, 0, tzinfo=UTC)
    index = base64.b64decode(
        thread_index("<a@b>", [first, first + timedelta(days=7), first + timedelta(days=900)])
    )
    assert len(index) == 32
    filetime = (int(first.timestamp()) + 11_644_473_600) * 10_000_000
    assert index[:6] == b"\x01" + (filetime >> 24).to_bytes(5)
    assert index[1:3].hex() == "01da"  # as in every Thread-Index that Exchange wrote in those months
    assert index[6:22] == hashlib.sha256(b"<a@b>").digest()[:16]
    week, long = index[22:27], index[27:32]
    assert int.from_bytes(week[:4]) == 7 * 86_400 * 10_000_000 >> 18
    assert int.from_bytes(long[:4]) == 1 << 31 | 900 * 86_400 * 10_000_000 >> 23
    assert week[4] == long[4] == 0


@given(
    st.lists(
        st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
        min_size=1,
        max_size=80,
    )
)
def test_every_message_of_a_thread_continues_the_index_of_the_one_before(dates: list[datetime]) -> None:
    dates.sort()
    before = b""
    for count in range(1, len(dates) + 1):
        index = thread_index("<a@b>", dates[:count])
        assert base64.b64decode(index).startswith(before)
        before = base64.b64decode(index)
        assert len(index) < 800
    assert parsed(replace(MESSAGE, thread_index=index, topic="x"))["Thread-Index"] == index


@pytest.mark.parametrize(
    ("subject", "bare"), [("Re: RE : Aw: Facture", "Facture"), ("Reçu : facture", "Reçu : facture"), ("", "")]
)
def test_the_topic_is_the_subject_without_the_marks_of_answers(subject: str, bare: str) -> None:
    assert topic(subject) == bare


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────


@given(
    name=st.text(
        st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="/\\"),
        min_size=1,
        max_size=255,
    ),
    data=st.binary(max_size=2_000),
)
@example(name="Facture n° 12 – été.pdf", data=b"x" * 100_000)
@example(name="é" * 255, data=b"")
@example(name='a"b;c.pdf', data=b"\r\n.\r\n")
def test_a_file_arrives_byte_for_byte_under_its_name(name: str, data: bytes) -> None:
    message = replace(MESSAGE, attachments=(Attachment(name, "application/pdf", data),) * 2)
    if not name.strip():
        with pytest.raises(InputError, match="attachments"):
            compose(message)
        return
    raw = compose(message)
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 100
    mail = email.message_from_bytes(raw, policy=email.policy.compat32)
    parts: Any = mail.get_payload()
    alternative, *files = parts
    assert isinstance(alternative, email.message.Message)
    assert alternative.get_content_type() == "multipart/alternative"
    for file in files:
        assert isinstance(file, email.message.Message)
        assert (file.get_filename(), file.get_payload(decode=True)) == (name.strip(), data)
        assert (file.get_content_type(), file.get_content_disposition()) == ("application/pdf", "attachment")


# ── nothing can be smuggled in ───────────────────────────────────────────────────────────────────────────────

ANYTHING = st.text(
    st.one_of(st.characters(), st.sampled_from("\r\n\x00 \t:<>@;,=?\"'()\\é\u2028\u200b\ufeff")), max_size=60
)
USUAL = {
    "message_id": st.just(MESSAGE.message_id) | st.from_regex(r"<[a-z0-9.]{1,30}@[a-z]{1,10}\.example>", fullmatch=True),
    "from_address": st.just("a@b.example"),
    "to_address": st.just("c@d.example") | st.just("é@é.example"),
    "reply_to": st.just("") | st.just("r@s.example"),
    "language": st.just("") | st.just("fr"),
    "thread_index": st.just("") | st.just(INDEX),
    "in_reply_to": st.just("") | st.just("<q@r>"),
}  # fmt: skip


@st.composite
def outgoings(draw: st.DrawFn) -> Outgoing:
    """A message whose fields are anything, few of them at a time, so that many are composed."""
    wild = draw(
        st.sets(st.sampled_from([*USUAL, "names", "texts", "references", "headers", "files"]), max_size=3)
    )
    fields: dict[str, Any] = {
        name: draw(ANYTHING if name in wild else usual) for name, usual in USUAL.items()
    }
    words = ANYTHING if "names" in wild else PLAIN
    for name in ("from_name", "to_name", "subject", "topic"):
        fields[name] = draw(words)
    fields["text"] = draw(ANYTHING if "texts" in wild else PLAIN)
    fields["html"] = draw(ANYTHING if "texts" in wild else st.just(""))
    fields["references"] = (
        tuple(draw(st.lists(ANYTHING | st.just("<a@b>"), max_size=3))) if "references" in wild else ()
    )
    fields["headers"] = (
        tuple(draw(st.lists(st.tuples(ANYTHING | st.just("X-A"), ANYTHING), max_size=2)))
        if "headers" in wild
        else ()
    )
    if "files" in wild:
        file = st.builds(
            Attachment, ANYTHING | st.just("a.pdf"), ANYTHING | st.just("text/xml"), st.binary(max_size=50)
        )
        fields["attachments"] = tuple(draw(st.lists(file, max_size=2)))
    fields["automatic"] = draw(st.booleans())
    return replace(MESSAGE, **fields)


def expected_names(message: Outgoing, usable_references: bool, usable_parent: bool) -> list[str]:
    optional = {
        "Reply-To": bool(message.reply_to),
        "In-Reply-To": usable_parent,
        "References": usable_references,
        "Thread-Topic": bool(message.thread_index),
        "Thread-Index": bool(message.thread_index),
        "Content-Language": bool(message.language),
        "Auto-Submitted": message.automatic,
    }
    order = ("Date", "From", "To", "Reply-To", "Subject", "Message-ID", "In-Reply-To", "References", "Thread-Topic",
             "Thread-Index", "Content-Language", "X-Auto-Response-Suppress", "Auto-Submitted")  # fmt: skip
    names = [name for name in order if optional.get(name, True)]
    return [*names, *(name for name, _ in message.headers), "MIME-Version", "Content-Type"]


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(outgoings())
def test_whatever_the_fields_hold_the_message_has_these_headers_and_this_body_or_is_refused(
    message: Outgoing,
) -> None:
    try:
        raw = compose(message)
    except InputError:
        return
    assert raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r")
    assert b"\0" not in raw
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    mail: Any = email.message_from_bytes(raw, policy=email.policy.compat32)
    is_id = re.compile("<[!-;=?-~]+>").fullmatch
    names = expected_names(message, any(map(is_id, message.references)), bool(is_id(message.in_reply_to)))
    plain = ["Content-Transfer-Encoding"] if not (message.html or message.attachments) else []
    assert mail.keys() == [*names, *plain]
    for name, value in (("Subject", message.subject), ("Thread-Topic", message.topic), *message.headers):
        if name in mail and [each for each, _ in message.headers].count(name) < 2:
            read = email.header.make_header(email.header.decode_header(mail[name].replace("\r\n", "")))
            assert str(read).strip() == value.strip()
    assert (
        raw.partition(b"\r\nTo: ")[2]
        .partition(b"\r\nReply-To:")[0]
        .partition(b"\r\nSubject:")[0]
        .rstrip(b">")
        .endswith(wire_address(message.to_address).encode())
    )
    leaves = [part for part in mail.walk() if not part.is_multipart()]
    bodies = [leaf.get_payload(decode=True).decode() for leaf in leaves[: 2 if message.html else 1]]
    wanted = [message.text, message.html] if message.html else [message.text]
    assert [normal(body) for body in bodies] == [normal(each) for each in wanted]
    assert [leaf.get_payload(decode=True) for leaf in leaves[len(wanted) :]] == [
        one.data for one in message.attachments
    ]


def normal(text: str) -> str:
    text = text.encode("utf-8", "replace").decode()
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
