"""Reading raw messages: plain cases, and hostile ones at little cost."""

from __future__ import annotations

import base64
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relance_mailer.errors import UnreadableError
from relance_mailer.replies import message as reader
from relance_mailer.replies.message import ids_in, read
from relance_mailer.replies.model import Attachment, Message

MAIL = Path(__file__).parents[2] / "data" / "mail"
FILES = sorted(MAIL.rglob("*.eml"))


def load(name: str) -> Message:
    return read((MAIL / f"{name}.eml").read_bytes())


def text_of(body: bytes, *headers: str) -> str:
    return read("\n".join(["From: a@b.example", *headers, "", ""]).encode() + body).text


def test_sender_and_subject_are_decoded() -> None:
    message = load("reply-gmail-html")
    assert (message.from_name, message.from_address) == (
        "Claire Morel",
        "claire.morel@menuiserie-morel.example",
    )
    assert message.subject == "Re: Facture F2026-0042 arrivée à échéance"


def test_references_are_all_kept_in_order() -> None:
    assert load("reply-gmail-html").references == (
        "<n0.relance@atelier.example>",
        "<n1.relance@atelier.example>",
    )


def test_the_date_keeps_its_offset() -> None:
    paris = timezone(timedelta(hours=1))
    assert load("reply-gmail-html").sent_at == datetime(2026, 11, 3, 10, 15, tzinfo=paris)


def test_a_date_without_known_offset_counts_as_utc() -> None:
    message = read(b"From: a@b.example\nDate: Tue, 3 Nov 2026 10:15:00 -0000\n\n")
    assert message.sent_at == datetime(2026, 11, 3, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "date", ["hier", "Tue, 3 Nov 99999 10:15:00 +0100", "Tue, 3 Nov 2026 10:15:00 +9999", ""]
)
def test_an_unreadable_date_is_none(date: str) -> None:
    assert read(f"From: a@b.example\nDate: {date}\n\n".encode()).sent_at is None


def test_html_only_mail_becomes_text_with_marked_quotation() -> None:
    assert load("reply-gmail-html").text.splitlines() == [
        "Bonjour,",
        "",
        "Le virement part vendredi.",
        "",
        "Claire Morel & fils",
        "",
        "Le lun. 2 nov. 2026 à 09:00, Atelier <compta@atelier.example> a écrit :",
        "> Madame, Monsieur,",
        ">",
        "> Votre facture F2026-0042 reste impayée.",
    ]


def test_the_plain_form_is_preferred_and_windows_1252_read_where_latin_1_is_said() -> None:
    assert load("reply-outlook-fr").text.startswith("Bonjour,\n\nFacture réglée hier pour 1 200 €.")


def test_a_plain_form_without_words_gives_way_to_the_html() -> None:
    raw = (
        b'From: a@b.example\nContent-Type: multipart/alternative; boundary="A"\n\n--A\nContent-Type: text/plain\n\n \n'
        b"--A\nContent-Type: text/html\n\n<p>oui</p>\n--A--\n"
    )
    assert read(raw).text == "oui"


def test_attachments_have_decoded_names_and_sizes() -> None:
    assert load("reply-outlook-fr").attachments == (Attachment("preuve réglement.pdf", "application/pdf", 9),)


def test_an_attachments_name_keeps_no_folder() -> None:
    raw = b'From: a@b.example\nContent-Type: application/pdf\nContent-Disposition: attachment; filename="..\\\\x/../p.pdf"\n\nx'
    assert read(raw).attachments[0].name == "p.pdf"


def test_names_with_commas_do_not_split_addresses() -> None:
    assert load("reply-outlook-fr").from_name == "Dupont, Jean"


def test_every_copy_is_listed() -> None:
    assert load("reply-outlook-fr").cc == ("direction@client.example", "paul@client.example")


def test_an_address_in_the_display_name_is_not_the_sender() -> None:
    message = read(b"From: chef@client.example <voleur@ailleurs.example>\n\n")
    assert message.from_address == "voleur@ailleurs.example"


def test_an_encoded_word_never_becomes_an_address() -> None:
    word = base64.b64encode(b"chef@client.example, ").decode()
    message = read(f"From: =?utf-8?B?{word}?= <voleur@ailleurs.example>\n\n".encode())
    assert message.from_address == "voleur@ailleurs.example"


def test_the_text_of_a_report_never_contains_the_original() -> None:
    assert "relance" not in load("bounce-postfix").text


def test_the_original_of_a_report_is_kept_apart() -> None:
    message = load("bounce-postfix")
    assert dict(message.embedded_headers)["message-id"] == "<n77.relance@atelier.example>"
    assert message.embedded_text == "Le texte de la relance."


def test_a_delivery_status_is_read_field_by_field() -> None:
    (status,) = load("bounce-postfix").statuses
    assert (status.recipient, status.action, status.status) == ("parti@client.example", "failed", "5.1.1")
    assert status.diagnostic.endswith("Recipient address rejected: User unknown")


def test_the_envelope_id_of_a_report_is_kept() -> None:
    assert dict(load("bounce-postfix").embedded_headers)["original-envelope-id"] == "n77"


@pytest.mark.parametrize("kind", ["message/delivery-status", "message/global-delivery-status"])
@pytest.mark.parametrize("encoding", ["7bit", "base64"])
def test_a_status_is_read_whatever_its_type_and_encoding(kind: str, encoding: str) -> None:
    blocks = (
        "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; p@client.example\nAction: failed\nStatus: 5.0.0\n"
    )
    body = base64.b64encode(blocks.encode()).decode() if encoding == "base64" else blocks
    raw = (
        'From: a@b.example\nContent-Type: multipart/report; report-type=delivery-status; boundary="R"\n\n'
        f"--R\nContent-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n\n{body}\n--R--\n"
    )
    assert [status.recipient for status in read(raw.encode()).statuses] == ["p@client.example"]


def test_headers_in_a_text_part_are_kept_as_embedded() -> None:
    assert ("message-id", "<n5.relance@atelier.example>") in load("bounce-delayed").embedded_headers


def test_an_embedded_message_in_base64_is_read() -> None:
    inner = base64.b64encode(b"Message-ID: <n1@x.example>\n\nrelance\n").decode()
    raw = (
        'From: a@b.example\nContent-Type: multipart/mixed; boundary="R"\n\n--R\nContent-Type: message/rfc822\n'
        f"Content-Transfer-Encoding: base64\n\n{inner}\n--R--\n"
    )
    assert ("message-id", "<n1@x.example>") in read(raw.encode()).embedded_headers


@pytest.mark.parametrize(
    "charset", ["utf-8", "inconnu-8", "x" * 500, "idna", "unicode_escape", "windows-1258x"]
)
def test_an_unusable_charset_falls_back_to_utf_8(charset: str) -> None:
    headers = (f'Content-Type: text/plain; charset="{charset}"', "Content-Transfer-Encoding: 8bit")
    assert text_of("payé".encode(), *headers) == "payé"


def test_bytes_that_are_not_utf_8_are_windows_1252() -> None:
    assert text_of(b"pay\xe9 100 \x80", "Content-Transfer-Encoding: 8bit") == "payé 100 €"


def test_any_byte_is_read_in_the_end() -> None:
    assert text_of(b"a\xe9\x81b", "Content-Transfer-Encoding: 8bit") == "aéb"


def test_a_letter_cut_between_two_encoded_words_is_joined() -> None:
    message = read(b"From: a@b.example\nSubject: =?utf-8?B?w6nDqcM=?= =?utf-8?B?qQ==?=\n\n")
    assert message.subject == "ééé"


def test_a_raw_8_bit_subject_is_read() -> None:
    assert read("From: a@b.example\nSubject: réglé\n\n".encode()).subject == "réglé"


def test_a_broken_encoded_word_stays_as_it_is() -> None:
    assert read(b"From: a@b.example\nSubject: =?utf-8?B?a?= ok\n\n").subject == "=?utf-8?B?a?= ok"


def test_encoded_line_breaks_cannot_add_a_header() -> None:
    message = read(b"From: a@b.example\nSubject: =?utf-8?Q?x=0D=0ABcc:_v@w.example?=\n\n")
    assert message.subject == "xBcc: v@w.example"


def test_marks_that_reorder_text_are_dropped() -> None:
    assert read("From: a@b.example\nSubject: a\u202eb\n\n".encode()).subject == "ab"


def test_flowed_lines_are_joined() -> None:
    body = b"Nous paierons \nle 15.\n> votre \n> facture\n-- \nJean"
    assert (
        text_of(body, "Content-Type: text/plain; format=flowed")
        == "Nous paierons le 15.\n> votre facture\n-- \nJean"
    )


def test_flowed_lines_lose_their_blank_where_asked() -> None:
    assert (
        text_of(b"anti \nconstitution", "Content-Type: text/plain; format=flowed; delsp=yes")
        == "anticonstitution"
    )


def test_an_id_folded_in_two_is_one_id() -> None:
    assert ids_in("<abc\r\n def@x.example>") == ("<abcdef@x.example>",)


def test_an_id_without_brackets_is_accepted() -> None:
    assert ids_in("abc@x.example") == ("<abc@x.example>",)


def test_the_newest_references_are_kept() -> None:
    many = " ".join(f"<{number}@x.example>" for number in range(reader.MAX_IDS + 5))
    assert ids_in(many)[-1] == f"<{reader.MAX_IDS + 4}@x.example>"


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"une phrase sans en-tete", b"\x00\xff" * 50])
def test_what_has_no_header_is_unreadable(raw: bytes) -> None:
    with pytest.raises(UnreadableError):
        read(raw)


def nested(count: int) -> bytes:
    levels = (f"Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n" for level in range(count))
    return ("From: a@b.example\n" + "".join(levels) + "\nbonjour\n").encode()


def test_parts_too_deep_leave_the_rest_readable() -> None:
    message = read(nested(10_000))
    assert message.from_address == "a@b.example"
    assert any("too deep" in defect for defect in message.defects)


def test_long_text_is_cut() -> None:
    assert len(text_of(b"a" * 1_000_000)) == 200_000


def assert_storable(message: Message) -> None:
    for value in (message.subject, message.text, message.from_name, *(value for _, value in message.headers)):
        value.encode("utf-8")
    assert not any(character in message.subject + message.from_name for character in "\r\n\x00")


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=2_000))
def test_no_bytes_raise_anything_else(raw: bytes) -> None:
    assert_storable(read(b"From: a@b.example\n" + raw))
    with suppress(UnreadableError):
        assert_storable(read(raw))


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_no_damaged_message_raises(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(FILES)).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=8))
    with suppress(UnreadableError):
        assert_storable(read(bytes(raw)))
