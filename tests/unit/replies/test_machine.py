"""Machines told from people, and what they say."""

from __future__ import annotations

import json
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relance_mailer.replies.absence import substitute, telephone
from relance_mailer.replies.dates import return_date
from relance_mailer.replies.machine import machine_of
from relance_mailer.replies.message import read
from relance_mailer.replies.model import Machine, MachineKind

MAIL = Path(__file__).parents[2] / "data" / "mail"
SENT = date(2026, 11, 3)


def of_file(name: str) -> Machine | None:
    return machine_of(read((MAIL / f"{name}.eml").read_bytes()))


def of(text: str, *headers: str) -> Machine | None:
    lines = [
        "From: jean@client.example",
        "To: compta@atelier.example",
        "Date: Tue, 3 Nov 2026 09:00:00 +0100",
    ]
    lines += [
        *headers,
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        text,
    ]
    return machine_of(read("\n".join(lines).encode()))


def report(action: str, status: str, diagnostic: str = "") -> Machine | None:
    raw = (
        "From: MAILER-DAEMON@mx.example\nSubject: report\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="R"\n\n--R\nContent-Type: text/plain\n\nx\n'
        "--R\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; p@client.example\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {diagnostic}\n--R--\n"
    )
    return machine_of(read(raw.encode()))


def kind(found: Machine | None) -> MachineKind | None:
    return found.kind if found else None


def test_a_report_of_postfix_tells_all() -> None:
    assert of_file("bounce-postfix") == Machine(
        kind=MachineKind.BOUNCE,
        final=True,
        address_dead=True,
        status="5.1.1",
        reason="user_unknown",
        recipients=("parti@client.example",),
        original_message_id="<n77.relance@atelier.example>",
    )


def test_a_bounce_with_the_header_of_an_automatic_answer_is_a_bounce() -> None:
    assert kind(of_file("bounce-exim")) == MachineKind.BOUNCE


def test_a_full_mailbox_is_final_but_not_dead() -> None:
    found = of_file("bounce-exim")
    assert found
    assert (found.final, found.address_dead, found.status, found.reason) == (
        True,
        False,
        "5.2.2",
        "mailbox_full",
    )


def test_the_original_is_found_in_the_words_of_a_bounce() -> None:
    found = of_file("bounce-exim")
    assert found
    assert found.original_message_id == "<n9.relance@atelier.example>"


def test_a_delay_is_not_final() -> None:
    found = of_file("bounce-delayed")
    assert found
    assert (found.kind, found.final, found.recipients) == (
        MachineKind.DELAYED,
        False,
        ("compta@lent.example",),
    )


def test_the_original_of_a_delay_is_in_its_header_part() -> None:
    found = of_file("bounce-delayed")
    assert found
    assert found.original_message_id == "<n5.relance@atelier.example>"


def test_a_bounce_of_qmail_names_its_recipient() -> None:
    found = of_file("bounce-qmail")
    assert found
    assert (found.final, found.address_dead, found.recipients) == (True, True, ("vieux@ancien.example",))


def test_a_bounce_known_by_its_words_alone() -> None:
    text = "    The Postfix program\n\n<p@client.example>: unknown user"
    found = of(text, "Subject: Mail")
    assert found
    assert found.recipients == ("p@client.example",)


def test_a_bounce_known_by_its_subject_alone() -> None:
    found = of(
        "p@client.example: 550 no such user", "Subject: Mail delivery failed: returning message to sender"
    )
    assert found
    assert (found.recipients, found.address_dead) == (("p@client.example",), True)


def test_such_a_subject_without_any_address_is_a_persons() -> None:
    assert of("Que veut dire ce message ?", "Subject: Non remis : Rappel") is None


def test_a_failure_of_class_4_is_final() -> None:
    found = report("failed", "4.4.7", "delivery time expired")
    assert found
    assert (found.final, found.address_dead, found.reason) == (True, False, "expired")


@pytest.mark.parametrize(
    ("status", "words", "dead"),
    [
        ("5.1.1", "550 5.1.1 user unknown", True),
        ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound", True),
        ("5.1.2", "", True),
        ("5.2.1", "550 mailbox disabled", True),
        ("5.2.1", "550 come back later", False),
        ("5.4.4", "Host or domain name not found", True),
        ("5.4.4", "unable to route", False),
        ("5.7.1", "550 message refused by policy", False),
        ("5.1.1", "550 5.1.1 blocked using Spamhaus", False),
        ("5.0.0", "550 5.1.1 no such user", True),
    ],
)
def test_an_address_is_dead_only_where_the_server_says_so(status: str, words: str, dead: bool) -> None:
    found = report("failed", status, words)
    assert found
    assert found.address_dead is dead


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_a_report_of_success_is_a_receipt(action: str) -> None:
    assert kind(report(action, "2.0.0")) == MachineKind.READ_RECEIPT


def test_a_bounce_that_a_person_forwards_is_a_persons() -> None:
    assert of_file("forwarded-by-person") is None


def test_our_own_addresses_are_no_failed_recipients() -> None:
    raw = (
        b"Return-Path: <>\nFrom: postmaster@mx.example\nSubject: Undeliverable\n\n"
        b"From compta@atelier.example\nto p@client.example\n"
    )
    found = machine_of(read(raw), own_addresses=frozenset({"compta@atelier.example"}))
    assert found
    assert found.recipients == ("p@client.example",)


def test_a_read_receipt_is_told() -> None:
    found = of_file("read-receipt")
    assert found
    assert (found.kind, found.original_message_id) == (
        MachineKind.READ_RECEIPT,
        "<n8.relance@atelier.example>",
    )


def test_a_feedback_report_is_told() -> None:
    raw = b'From: f@p.example\nContent-Type: multipart/report; report-type=feedback-report; boundary="R"\n\n--R\n\nspam\n--R--\n'
    assert kind(machine_of(read(raw))) == MachineKind.FEEDBACK


def test_an_absence_of_exchange_gives_return_and_substitute() -> None:
    assert of_file("absence-exchange-fr") == Machine(
        kind=MachineKind.ABSENCE,
        original_message_id="<n8.relance@atelier.example>",
        return_date=date(2026, 11, 14),
        new_contact="marc.petit@client.example",
    )


def test_an_english_absence_gives_return_and_substitute() -> None:
    found = of_file("absence-en")
    assert found
    assert (found.kind, found.return_date, found.new_contact) == (
        MachineKind.ABSENCE,
        date(2026, 11, 16),
        "jane.roe@client.example",
    )


def test_a_challenge_is_told() -> None:
    assert kind(of_file("challenge")) == MachineKind.CHALLENGE


def test_a_mailbox_no_longer_read_gives_the_new_address() -> None:
    found = of_file("unread-mailbox")
    assert found
    assert (found.kind, found.new_contact) == (MachineKind.UNREAD_MAILBOX, "factures@client.example")


def test_a_ticket_is_a_receipt() -> None:
    found = of("Nous avons bien reçu votre message, ticket n° 4512.", "Auto-Submitted: auto-generated")
    assert kind(found) == MachineKind.RECEIPT


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied; owner-email=x",
        "Auto-Submitted: (comment) auto-generated",
        "X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent",
        "X-Apple-Action: VACATION",
        "X-Autoreply: yes",
        "X-Autorespond: x",
        "X-POST-MessageClass: 9; Autoresponder",
        "X-FC-MachineGenerated: true",
        "Precedence: auto_reply",
        "Return-Path: <>",
        "Subject: Réponse automatique : Rappel",
        "Subject: Automatic reply: Rappel",
        "Subject: Abwesenheitsnotiz: Rappel",
    ],
)
def test_each_sign_of_an_automatic_answer_is_enough(header: str) -> None:
    assert kind(of("Je suis absent jusqu'au 12/11/2026.", header)) == MachineKind.ABSENCE


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: no",
        "Auto-Submitted: auto-forwarded",
        "Precedence: bulk",
        "Precedence: list",
        "List-Id: <compta.client.example>",
        "X-Auto-Response-Suppress: All",
        "X-MS-Exchange-Inbox-Rules-Loop: jean@client.example",
        "X-Loop: x",
        "Subject: Re: Réponse automatique : Rappel",
        "Subject: Re: Absence du bureau",
        "Subject: RE: Undelivered Mail Returned to Sender",
        "Return-Path: <jean@client.example>",
    ],
)
def test_what_people_also_send_decides_nothing(header: str) -> None:
    assert of("Je suis absent jusqu'au 12/11/2026, nous paierons à mon retour.", header) is None


EXCHANGE = ("X-MS-Exchange-Inbox-Rules-Loop: jean@client.example", "X-Auto-Response-Suppress: All")


def test_two_headers_of_exchange_and_words_of_absence_are_a_sign() -> None:
    assert kind(of("Je suis en congés.", *EXCHANGE)) == MachineKind.ABSENCE


def test_the_same_headers_on_an_answer_are_a_groups() -> None:
    assert (
        of("Je suis absent, nous paierons à mon retour.", *EXCHANGE, "In-Reply-To: <n8@atelier.example>")
        is None
    )


def test_the_same_headers_on_words_of_payment_are_a_groups() -> None:
    assert of("Nous paierons vendredi.", *EXCHANGE, "Precedence: bulk") is None


def test_a_person_who_writes_about_an_absence_through_a_group_is_a_person() -> None:
    assert of_file("person-about-absence") is None


@pytest.mark.parametrize("name", ["reply-gmail-html", "reply-outlook-fr"])
def test_people_are_people(name: str) -> None:
    assert of_file(name) is None


def test_an_absence_notice_about_a_late_invoice_is_no_delay() -> None:
    found = of(
        "Je suis en congés.",
        "Return-Path: <>",
        "Subject: Réponse automatique : Facture en retard, échec de paiement",
    )
    assert kind(found) == MachineKind.ABSENCE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("De retour le lundi 16 novembre.", date(2026, 11, 16)),
        ("Je serai de retour le 16/11.", date(2026, 11, 16)),
        ("Je serai de retour au bureau le 2 janvier.", date(2027, 1, 2)),
        ("de retour le 1er décembre 2026", date(2026, 12, 1)),
        ("Absent jusqu'au 13 novembre", date(2026, 11, 14)),
        ("Absent jusqu'au vendredi 13/11/2026 inclus", date(2026, 11, 14)),
        ("Je suis absente du 2 au 13 novembre 2026", date(2026, 11, 14)),
        ("I am back on Monday 16", date(2026, 11, 16)),
        ("I will return on November 16th, 2026", date(2026, 11, 16)),
        ("out of office until 31 December", date(2027, 1, 1)),
        ("back on 2026-11-20", date(2026, 11, 20)),
        ("de retour le 31 février", None),
        ("Je suis absent.", None),
    ],
)
def test_the_first_day_back_is_read(text: str, expected: date | None) -> None:
    assert return_date(text, SENT) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ich bin bis 23.11. nicht im Haus", date(2026, 11, 24)),
        ("Ich bin vom 10. bis 23. November im Urlaub", date(2026, 11, 24)),
        ("Ab Dienstag, 24. November, bin ich wieder erreichbar.", date(2026, 11, 24)),
        ("Ich bin ab dem 10.11. im Urlaub und ab dem 24.11. wieder da", date(2026, 11, 24)),
        ("bin bis Ende November im Urlaub", date(2026, 12, 1)),
        ("Wir sind ab 7. Jänner wieder erreichbar", date(2027, 1, 7)),
        ("del 10 al 23 de noviembre estaré de vacaciones", date(2026, 11, 24)),
        ("Volveré el lunes 23 de noviembre", date(2026, 11, 23)),
        ("A partir del 24/11 estaré de vuelta", date(2026, 11, 24)),
        ("me reincorporaré el día 24", date(2026, 11, 24)),
        ("Sarò in ferie dal 10 al 23 novembre compreso", date(2026, 11, 24)),
        ("Dal 24 novembre sarò di nuovo disponibile", date(2026, 11, 24)),
        ("Tornerò in ufficio lunedì", date(2026, 11, 9)),
        ("Van 10 tot en met 23 november ben ik met verlof", date(2026, 11, 24)),
        ("Vanaf dinsdag 24 november ben ik weer aanwezig", date(2026, 11, 24)),
        ("Ik ben terug op 24-11-2026", date(2026, 11, 24)),
        ("de 10 a 23 de novembro estarei de férias", date(2026, 11, 24)),
        ("Volto na segunda-feira, 23 de novembro", date(2026, 11, 23)),
        ("ausente até ao dia 23/11 inclusive", date(2026, 11, 24)),
        ("I'm away from 10 November to 23 November", date(2026, 11, 24)),
        ("out of office 10-23 November", date(2026, 11, 24)),
        ("jusqu'à lundi matin", date(2026, 11, 9)),
        ("de retour dans deux semaines", date(2026, 11, 17)),
        ("en congé maternité jusqu'en mars 2027", date(2027, 4, 1)),
        ("back on 2 November", date(2026, 11, 2)),  # a forgotten notice: not next year's
        ("closed from 24 December", None),
        ("Absente à partir du 10 novembre", None),
    ],
)
def test_the_first_day_back_is_read_in_seven_languages(text: str, expected: date | None) -> None:
    assert return_date(text, SENT) == expected


def test_figures_of_an_american_are_month_first() -> None:
    assert return_date("back on 11/12", SENT, country="US") == date(2026, 11, 12)
    assert return_date("back on 11/12", SENT, country="GB") == date(2026, 12, 11)


def test_without_a_sending_day_only_a_full_date_counts() -> None:
    assert return_date("de retour le 16 novembre", None) is None


def test_the_substitute_is_never_the_author() -> None:
    text = "Contact : jean@client.example, en urgence paul@client.example"
    assert substitute(text, frozenset({"jean@client.example"})) == "paul@client.example"


def test_an_address_in_the_signature_is_no_substitute() -> None:
    assert substitute("Je suis absent.\n\nJean\njean@client.example", frozenset()) == ""


def test_of_several_addresses_the_one_for_invoices_comes_first() -> None:
    text = "En cas d'urgence contactez paul@client.example, pour les factures compta@client.example."
    assert substitute(text, frozenset()) == "compta@client.example"


def test_then_the_one_for_urgent_matters() -> None:
    text = "Contact: info@client.example. For urgent matters write to jane@client.example."
    assert substitute(text, frozenset()) == "jane@client.example"


def test_a_number_to_ring_is_kept_and_a_signature_has_none() -> None:
    assert telephone("En cas d'urgence : 06 12 00 34 56") == "06 12 00 34 56"
    assert telephone("Je suis absent.\n\nPaul Fort\nTél. 04 00 00 11 22") == ""


AUTOMATIC, PEOPLE = sorted((MAIL / "automatic").glob("*.eml")), sorted((MAIL / "people").glob("*.eml"))


@pytest.mark.parametrize("path", AUTOMATIC, ids=lambda path: path.stem)
def test_an_automatic_answer_is_told_with_what_it_says(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
    found = machine_of(read(path.read_bytes()))
    assert found, expected["why"]
    back = expected.get("return_date")
    assert (found.kind, found.return_date, found.new_contact, found.phone) == (
        expected["machine"]["kind"],
        date.fromisoformat(back) if back else None,
        expected.get("new_contact") or "",
        expected.get("phone") or "",
    ), expected["why"]


@pytest.mark.parametrize("path", PEOPLE, ids=lambda path: path.stem)
def test_a_person_is_no_machine(path: Path) -> None:
    assert machine_of(read(path.read_bytes())) is None, json.loads(
        path.with_suffix(".json").read_text("utf-8")
    )["why"]


GROUPS = {
    "google": b"Precedence: list\nList-ID: <compta.client.example>\nX-Google-Group-Id: 48\n",
    "microsoft": b"X-Auto-Response-Suppress: All\nPrecedence: bulk\nX-MS-Exchange-Inbox-Rules-Loop: compta@client.example\n",
}


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("path", PEOPLE, ids=lambda path: path.stem)
def test_nor_through_a_group(path: Path, group: str) -> None:
    assert machine_of(read(GROUPS[group] + path.read_bytes())) is None


def test_the_examples_are_as_many_as_promised() -> None:
    assert len(AUTOMATIC) >= 70
    assert len(PEOPLE) >= 60


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_no_damaged_message_raises(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(sorted(MAIL.rglob("*.eml")))).read_bytes())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=30))
    found = machine_of(read(b"X-A: b\n" + bytes(raw)))
    assert found is None or found.kind in MachineKind


@pytest.mark.parametrize(
    "piece",
    [
        "du 3 ",
        "bis ",
        "from 3 to ",
        "a.b@c.de ",
        "votre message ",
        "je ",
        "Auto ",
        "1.1.",
        "this is an automatic ",
        "your ticket 1",
        "06 ",
        "<a@",
        "a@b.",
        "Message-ID: <",
        "je suis ",
        "cliquez ",
        "5.1.",
        "Your message\n",
        "\n",
    ],
)
def test_hostile_text_takes_little_time(piece: str) -> None:
    text = (piece * (200_000 // len(piece)))[:190_000]
    started = time.process_time()
    of(text, "Return-Path: <>", "Subject: Undeliverable")
    of(text, "Auto-Submitted: auto-replied", "Subject: x")
    assert time.process_time() - started < 2
