"""Machines are not people: what bounces, absences and challenges do, and what they never do (rule 7)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from relance_mailer.replies.token import return_path
from relance_mailer.services import desk
from relance_mailer.store.tables import ContactRow, HoldRow, InvoiceRow, NoticeInvoiceRow, NoticeRow, ReplyRow
from tests.support.world import DEBTOR_ADDRESS, OUR_ADDRESS, World, answer, bounce, letter


def absence(notice: NoticeRow, until: str, **values: Any) -> bytes:
    text = f"Bonjour,\n\nJe suis absente du bureau jusqu'au {until} inclus.\n\nMme Durand\n"
    given = {"subject": "Réponse automatique : absence", "Auto_Submitted": "auto-replied", **values}
    return answer(notice, text, **given)


def without_date(notice: NoticeRow) -> bytes:
    text = "Bonjour,\n\nJe suis actuellement absente du bureau.\n\nMme Durand\n"
    return answer(notice, text, subject="Réponse automatique : absence", Auto_Submitted="auto-replied")


def reported(kind: str, fields: str, *, sender: str = DEBTOR_ADDRESS) -> bytes:
    """Return a multipart/report of a kind."""
    lines = f"""Return-Path: <{sender}>
From: {sender}
To: {OUR_ADDRESS}
Subject: report
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind}; boundary="R"

--R
Content-Type: text/plain

A report.
--R
Content-Type: message/{kind}

{fields}
--R--
"""
    return lines.replace("\n", "\r\n").encode()


def receipt(notice: NoticeRow, disposition: str) -> bytes:
    fields = f"Final-Recipient: rfc822; {DEBTOR_ADDRESS}\nOriginal-Message-ID: {notice.message_id}\n"
    return reported(
        "disposition-notification", f"{fields}Disposition: manual-action/MDN-sent-manually; {disposition}"
    )


def complaint(notice: NoticeRow, kind: str) -> bytes:
    fields = f"Feedback-Type: {kind}\nVersion: 1\nOriginal-Rcpt-To: <{notice.to_address}>"
    original = f"--R\nContent-Type: message/rfc822\n\nMessage-ID: {notice.message_id}\nSubject: Rappel\n\nx"
    return reported("feedback-report", f"{fields}\n\n{original}", sender="fbl@provider.example")


# ── bounces ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_hard_bounce_unserves_the_stage_and_asks_a_person(world: World) -> None:
    world.owing()
    notice = world.remind()
    world.take(bounce(DEBTOR_ADDRESS, notice.message_id))
    after = world.one(NoticeRow)
    assert (after.state, after.left_at) == ("bounced", None)
    member = world.one(NoticeInvoiceRow)
    assert (member.active, member.served_on) == (False, None)
    assert world.one(ContactRow).state == "dead"
    assert (world.tasks(), world.rows(HoldRow)) == (["undelivered"], [])
    assert world.told("notice:1", "failed")["address_dead"] is True


def test_after_a_bounce_the_next_contact_gets_a_new_message_at_once(world: World) -> None:
    world.owing(DEBTOR_ADDRESS, "second@debtor.example")
    first = world.remind()
    world.take(bounce(DEBTOR_ADDRESS, first.message_id))
    second = world.remind()
    assert (second.to_address, second.stage) == ("second@debtor.example", "reminder1")
    assert second.message_id != first.message_id


def test_after_a_bounce_with_nobody_left_nothing_leaves(world: World) -> None:
    world.owing()
    world.take(bounce(DEBTOR_ADDRESS, world.remind().message_id))
    assert world.plan().created == 0
    world.later(days=20)
    assert world.plan().created == 0
    assert sorted(world.tasks()) == ["no_contact", "undelivered"]


def test_a_full_mailbox_is_no_dead_address(world: World) -> None:
    world.owing()
    world.take(bounce(DEBTOR_ADDRESS, world.remind().message_id, status="5.2.2"))
    assert (world.states(), world.one(ContactRow).state) == (["bounced"], "unserved")


def test_a_bounce_without_the_original_id_is_about_the_last_notice_to_that_address(world: World) -> None:
    world.owing()
    world.remind()
    world.later(days=2)
    world.take(bounce(DEBTOR_ADDRESS, at=world.now))
    assert world.states() == ["bounced"]


def test_such_a_bounce_long_after_does_nothing(world: World) -> None:
    world.owing()
    world.remind()
    world.later(days=8)
    world.take(bounce(DEBTOR_ADDRESS, at=world.now))
    assert (world.states(), world.tasks(), world.one(ContactRow).state) == (["sent"], [], "usable")


def test_a_bounce_with_an_id_that_is_not_ours_does_nothing_to_an_old_notice(world: World) -> None:
    world.owing()
    world.remind()
    world.later(days=8)
    world.take(bounce(DEBTOR_ADDRESS, "<forged@creditor.example>", at=world.now))
    assert world.states() == ["sent"]


def test_a_late_bounce_with_our_id_counts_whenever_it_comes(world: World) -> None:
    world.owing()
    notice = world.remind()
    world.later(days=8)
    world.take(bounce(DEBTOR_ADDRESS, notice.message_id, at=world.now))
    assert world.states() == ["bounced"]


def test_a_warning_of_delay_does_nothing(world: World) -> None:
    world.owing()
    notice = world.remind()
    world.take(bounce(DEBTOR_ADDRESS, notice.message_id, status="4.4.1"))
    assert (world.states(), world.tasks(), world.rows(HoldRow)) == (["sent"], [], [])
    reply = world.one(ReplyRow)
    assert (reply.intent, reply.understanding["machine"]["final"]) == ("bounce", False)


def test_a_bounce_settles_a_doubt(world: World) -> None:
    world.owing()
    world.plan()
    world.lose(world.claim().claimed[0])
    world.take(bounce(DEBTOR_ADDRESS, world.one(NoticeRow).message_id))
    assert (world.states(), world.tasks()) == (["bounced"], ["undelivered"])


def test_a_second_bounce_of_the_same_notice_changes_nothing(world: World) -> None:
    world.owing()
    notice = world.remind()
    world.take(bounce(DEBTOR_ADDRESS, notice.message_id))
    entries = len(world.entries("notice:1"))
    world.take(bounce(DEBTOR_ADDRESS, notice.message_id))
    assert len(world.entries("notice:1")) == entries


def test_the_bounce_of_our_own_blind_copy_says_nothing_about_the_debtor(world: World) -> None:
    world.configure(smtp__bcc="copies@creditor.example")
    world.owing()
    notice = world.remind()
    world.take(bounce("copies@creditor.example", notice.message_id))
    assert (world.states(), world.one(ContactRow).state) == (["sent"], "usable")


def test_a_bounce_does_not_touch_the_stages_of_other_debtors(world: World) -> None:
    world.owing()
    world.owing("other@other.example")
    world.plan()
    world.deliver()
    world.take(bounce(DEBTOR_ADDRESS, world.notice(1).message_id))
    assert world.states() == ["bounced", "sent"]


def test_a_person_who_forwards_a_bounce_is_a_person(world: World) -> None:
    world.owing()
    notice = world.remind()
    world.take(
        answer(
            notice, "Bonjour, j'ai reçu ceci : Undelivered Mail Returned to Sender", subject="TR: votre mail"
        )
    )
    assert world.states() == ["sent"]
    assert len(world.rows(HoldRow)) == 1


def failed(
    recipient: str, original_id: str, *, status: str = "5.1.1", original: str = "", words: str = ""
) -> bytes:
    """Return a final failure of any class; `original` is whom we wrote to where that was passed on to `recipient`."""
    raw = bounce(recipient, original_id, status=status).replace(b"Action: delayed", b"Action: failed")
    raw = raw.replace(b"Delayed Mail (still being retried)", b"Undelivered Mail Returned to Sender")
    field = f"Original-Recipient: rfc822;{original}\r\nAction:" if original else "Action:"
    return raw.replace(b"Action:", field.encode(), 1).replace(b"try again", words.encode() or b"try again")


def test_a_final_failure_of_class_4_unserves_the_stage(world: World) -> None:
    world.owing()
    world.take(failed(DEBTOR_ADDRESS, world.remind().message_id, status="4.4.7", words="message expired"))
    assert (world.states(), world.one(ContactRow).state) == (["bounced"], "unserved")
    assert world.one(NoticeInvoiceRow).served_on is None
    assert world.tasks() == ["undelivered"]


def test_a_bounce_that_names_nothing_comes_to_its_signed_return_path(world: World) -> None:
    world.owing()
    world.owing("other@other.example")
    world.plan()
    world.deliver()
    signed = return_path(OUR_ADDRESS, 2, world.office.key)
    raw = bounce("rewritten@hosting.example").replace(
        f"To: {OUR_ADDRESS}".encode(), f"To: {signed}".encode(), 1
    )
    world.take(raw)
    assert world.states() == ["sent", "bounced"]


def test_a_forged_return_path_names_nothing(world: World) -> None:
    world.owing()
    world.remind()
    forged = return_path(OUR_ADDRESS, 1, b"another key of more than 16 bytes")
    raw = bounce("rewritten@hosting.example").replace(
        f"To: {OUR_ADDRESS}".encode(), f"To: {forged}".encode(), 1
    )
    world.take(raw)
    assert (world.states(), world.tasks()) == (["sent"], [])


def test_an_address_that_ours_was_passed_on_to_may_be_dead_alone(world: World) -> None:
    world.owing()
    world.take(failed("gone@elsewhere.example", world.remind().message_id))
    assert (world.states(), world.one(ContactRow).state) == (["bounced"], "unserved")


def test_of_an_address_passed_on_the_one_that_we_wrote_to_counts(world: World) -> None:
    world.owing()
    world.take(failed("gone@elsewhere.example", world.remind().message_id, original=DEBTOR_ADDRESS))
    assert (world.states(), world.one(ContactRow).state) == (["bounced"], "dead")
    machine = world.one(ReplyRow).understanding["machine"]
    assert machine["recipients"] == [DEBTOR_ADDRESS, "gone@elsewhere.example"]


def full_again(world: World) -> str:
    """Let the next reminder come back from a full mailbox; return what became of the contact, and try it again."""
    world.take(bounce(DEBTOR_ADDRESS, world.remind().message_id, status="5.2.2", at=world.now))
    state = world.one(ContactRow).state
    desk.revive(world.office, DEBTOR_ADDRESS, world.now, "Jo")
    return state


def test_three_final_bounces_within_thirty_days_are_an_addresss_end(world: World) -> None:
    world.owing()
    found = []
    for _ in range(3):
        found.append(full_again(world))
        world.later(days=14)
    assert found == ["unserved", "unserved", "dead"]
    assert [entry["address_dead"] for n in (1, 2, 3) if (entry := world.told(f"notice:{n}", "failed"))] == [
        False,
        False,
        True,
    ]


def test_three_final_bounces_over_a_longer_time_are_not(world: World) -> None:
    world.owing()
    found = []
    for _ in range(3):
        found.append(full_again(world))
        world.later(days=21)
    assert found == ["unserved", "unserved", "unserved"]


def test_an_answer_makes_an_address_live_again_and_its_bounces_forgotten(world: World) -> None:
    world.owing()
    full_again(world)
    world.later(days=7)
    notice = world.remind()
    world.take(bounce(DEBTOR_ADDRESS, notice.message_id, at=world.now))
    assert world.one(ContactRow).state == "dead"
    world.take(answer(notice, "Bonjour, qui êtes-vous ?", at=world.now))
    assert world.one(ContactRow).state == "usable"
    desk.release(world.office, world.one(InvoiceRow).number, "seen", world.now, "Jo")
    world.later(days=7)
    assert full_again(world) == "unserved"


@pytest.mark.parametrize(
    ("disposition", "effect"),
    [("displayed", "read by the addressee"), ("deleted", "deleted without being read"), ("denied", "")],
)
def test_a_read_receipt_is_told_and_changes_nothing(world: World, disposition: str, effect: str) -> None:
    world.owing()
    notice = world.remind()
    world.take(receipt(notice, disposition))
    reply = world.one(ReplyRow)
    assert (reply.effect, reply.notice_id, world.states()) == (effect, notice.id, ["sent"])
    assert (world.tasks(), world.rows(HoldRow)) == ([], [])


def test_a_delay_is_told(world: World) -> None:
    world.owing()
    world.take(bounce(DEBTOR_ADDRESS, world.remind().message_id, status="4.4.1"))
    assert world.one(ReplyRow).effect == "delivery delayed, the server goes on trying"


def test_a_complaint_asks_a_person_once_and_is_no_answer(world: World) -> None:
    world.owing()
    notice = world.remind()
    world.take(complaint(notice, "abuse"), complaint(notice, "fraud"))
    assert (world.states(), world.tasks(), world.rows(HoldRow)) == (["sent"], ["complaint"], [])
    assert DEBTOR_ADDRESS in world.task("complaint").words


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
def test_feedback_by_which_nobody_complains_asks_nobody(world: World, kind: str) -> None:
    world.owing()
    world.take(complaint(world.remind(), kind))
    assert (world.states(), world.tasks()) == (["sent"], [])


# ── what is not believed ─────────────────────────────────────────────────────────────────────────────────────


FAILED = "mx.creditor.example; dmarc=fail header.from=debtor.example"


def checked_by_our_server(world: World) -> None:
    """Let the results of our own server's checks be believed."""
    server = {"host": "127.0.0.1", "port": 1, "tls": "none", "name": "inbox"}
    world.configure(mailboxes=[server | {"authserv_id": "mx.creditor.example"}])


def untouched(world: World) -> None:
    """Nothing changed but that a person is asked."""
    assert (world.states(), world.rows(HoldRow), world.tasks()) == (["sent"], [], ["unverified"])
    contacts = [(row.state, row.absent_until) for row in world.rows(ContactRow)]
    assert contacts == [("usable", None)]
    assert world.one(ReplyRow).handled_at is None


def test_a_forged_absence_changes_nothing_and_asks_a_person(world: World) -> None:
    checked_by_our_server(world)
    world.owing()
    world.take(absence(world.remind(), "31 décembre 2029", Authentication_Results=FAILED))
    untouched(world)
    desk.do_task(world.office, world.task("unverified").id or 0, world.now, "Jo")
    assert (world.tasks(), world.one(ReplyRow).handled_by) == ([], "Jo")


def test_a_forged_absence_asks_even_where_nothing_was_sent_for_long(world: World) -> None:
    checked_by_our_server(world)
    world.owing()
    text = "Je suis absente du bureau jusqu'au 31 décembre 2029 inclus."
    raw = letter(
        text, subject="Absence du bureau", Auto_Submitted="auto-replied", Authentication_Results=FAILED
    )
    world.take(raw)
    assert (world.tasks(), world.one(ContactRow).absent_until) == (["unverified"], None)


def test_a_forged_bounce_changes_nothing_and_asks_a_person(world: World) -> None:
    checked_by_our_server(world)
    world.owing()
    notice = world.remind()
    header = f"Authentication-Results: {FAILED}\r\n".encode()
    world.take(header + bounce(DEBTOR_ADDRESS, notice.message_id))
    untouched(world)


def stranger(raw: bytes, *, return_path: bytes = b"") -> bytes:
    """Let somebody who is no mail server send a delivery report."""
    daemon = b"MAILER-DAEMON@creditor.example (Mail Delivery System)"
    assert daemon in raw
    return raw.replace(daemon, b"mallory@evil.example").replace(b"Return-Path: <>\r\n", return_path)


def test_a_report_of_no_mail_server_that_names_nothing_of_ours_is_not_believed(world: World) -> None:
    world.owing()
    world.remind()
    world.take(stranger(bounce(DEBTOR_ADDRESS)))
    untouched(world)


def test_a_report_that_names_our_message_or_has_no_envelope_sender_is_believed(world: World) -> None:
    world.owing()
    world.owing("other@other.example")
    world.plan()
    world.deliver()
    world.take(stranger(bounce(DEBTOR_ADDRESS, world.notice(1).message_id)))
    assert world.states() == ["bounced", "sent"]
    world.take(stranger(bounce("other@other.example"), return_path=b"Return-Path: <>\r\n"))
    assert world.states() == ["bounced", "bounced"]


def test_who_only_calls_himself_a_mail_server_is_not_believed(world: World) -> None:
    world.owing()
    world.remind()
    world.take(bounce(DEBTOR_ADDRESS).replace(b"Return-Path: <>", b"Return-Path: <joe@stranger.example>"))
    untouched(world)


def test_the_failure_of_a_colleagues_own_mail_to_the_same_address_unserves_nothing(world: World) -> None:
    world.owing()
    world.remind()
    world.take(bounce(DEBTOR_ADDRESS, "<by-hand@creditor.example>", status="5.2.2"))
    untouched(world)


def test_reports_of_strangers_about_strangers_ask_nobody(world: World) -> None:
    world.owing()
    world.remind()
    world.take(stranger(bounce("nobody@nowhere.example")))
    assert (world.states(), world.tasks()) == (["sent"], [])


def test_the_bounce_of_a_redirected_notice_says_nothing_about_the_debtor(world: World) -> None:
    world.configure(sending__mode="redirect", sending__redirect_to="team@elsewhere.example")
    world.owing()
    notice = world.remind()
    world.take(bounce("team@elsewhere.example", notice.message_id))
    assert (world.states(), world.one(ContactRow).state) == (["sent"], "usable")
    assert "team@elsewhere.example" in world.task("undelivered").words
    assert world.one(NoticeInvoiceRow).active


# ── absences ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_absence_opens_no_hold_and_answers_nothing(world: World) -> None:
    world.owing()
    world.take(absence(world.remind(), "20 mars 2026"))
    assert (world.rows(HoldRow), world.tasks(), world.states()) == ([], [], ["sent"])
    reply = world.one(ReplyRow)
    assert (reply.intent, reply.handled_by) == ("auto_reply", "relance-mailer")
    assert world.one(ContactRow).absent_until == date(2026, 3, 20)


def test_the_next_stage_waits_until_the_person_is_back_and_has_had_a_day(world: World) -> None:
    world.owing(overdue=3)
    world.take(absence(world.remind(), "24 mars 2026"))
    world.at(datetime(2026, 3, 24, 9, 30, tzinfo=UTC))  # the second reminder's day
    assert world.plan().created == 0
    world.at(datetime(2026, 3, 25, 9, 30, tzinfo=UTC))
    assert world.plan().created == 0
    world.at(datetime(2026, 3, 26, 9, 30, tzinfo=UTC))
    assert world.plan().created == 1


def test_an_absence_learnt_after_planning_withdraws_the_notice(world: World) -> None:
    world.owing(overdue=3)
    first = world.remind()
    world.later(days=14)
    world.plan()
    world.take(absence(first, "31 mars 2026", at=world.now))
    assert world.claim().claimed == ()
    assert world.states() == ["sent", "superseded"]


def test_somebody_away_for_long_is_replaced_by_the_next_contact(world: World) -> None:
    world.owing(DEBTOR_ADDRESS, "second@debtor.example", overdue=3)
    world.take(absence(world.remind(), "30 avril 2026"))
    world.later(days=14)
    assert world.remind().to_address == "second@debtor.example"
    assert world.tasks() == ["absence"]


def test_an_absence_without_a_date_asks_a_person(world: World) -> None:
    world.owing()
    world.take(without_date(world.remind()))
    assert world.tasks() == ["absence"]
    assert world.rows(HoldRow) == []


def test_a_strangers_absence_concerns_no_contact(world: World) -> None:
    world.owing()
    world.take(absence(world.remind(), "20 mars 2026", sender="who@elsewhere.example"))
    assert world.one(ContactRow).absent_until is None


# ── challenges, receipts ─────────────────────────────────────────────────────────────────────────────────────


def test_a_challenge_means_that_the_notice_did_not_arrive_and_is_not_answered(world: World) -> None:
    world.owing()
    notice = world.remind()
    text = (
        f"Votre message destiné à {DEBTOR_ADDRESS} est en attente.\n"
        "Cliquez sur le lien suivant pour que votre message lui soit remis :\nhttps://x.example/1\n"
    )
    sender = "MailInBlack <noreply@debtor.example>"
    world.take(answer(notice, text, sender=sender, subject="Authentification requise"))
    assert (world.states(), world.tasks(), world.rows(HoldRow)) == (["bounced"], ["undelivered"], [])
    assert world.one(ReplyRow).understanding["machine"]["kind"] == "challenge"


@pytest.mark.parametrize(
    "headers",
    [
        {"Precedence": "bulk"},
        {"List_Id": "<compta.debtor.example>"},
        {"X_Auto_Response_Suppress": "All"},
    ],
    ids=["precedence", "list", "suppress"],
)
def test_an_accounts_department_that_answers_through_a_group_is_a_person(
    world: World, headers: dict[str, str]
) -> None:
    world.owing()
    world.take(answer(world.remind(), "Nous réglerons le 20 mars 2026.", **headers))
    assert world.one(ReplyRow).intent == "promise_to_pay"
    assert len(world.rows(HoldRow)) == 1


def test_a_receipt_changes_nothing(world: World) -> None:
    world.owing()
    text = "Nous avons bien reçu votre message et le traiterons dans les meilleurs délais. Ticket 4711."
    world.take(answer(world.remind(), text, subject="Accusé de réception", Auto_Submitted="auto-replied"))
    assert (world.rows(HoldRow), world.tasks(), world.states()) == ([], [], ["sent"])


def test_a_machines_message_without_any_notice_does_nothing(world: World) -> None:
    world.take(bounce("nobody@nowhere.example"))
    assert (world.tasks(), world.one(ReplyRow).debtor_id) == ([], None)


def test_the_program_answers_no_message_by_itself(world: World) -> None:
    world.owing()
    notice = world.remind()
    world.take(
        answer(notice, "Pouvez-vous nous renvoyer la facture ?"),
        absence(notice, "20 mars 2026"),
        letter("Bonjour", sender="who@elsewhere.example", to=OUR_ADDRESS),
    )
    world.follow_up()
    world.later(minutes=1)
    world.plan()
    assert len(world.rows(NoticeRow)) == 1


def test_bounces_far_in_the_future_of_their_date_header_are_taken_at_our_clock(world: World) -> None:
    world.owing()
    notice = world.remind()
    world.take(bounce(DEBTOR_ADDRESS, notice.message_id, at=world.now + timedelta(days=900)))
    assert world.states() == ["bounced"]
