"""A person's answer stops the chase at once; what it says decides for how long, and who must look (rule 3)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from relance_mailer.services import desk
from relance_mailer.store.tables import (
    ContactRow,
    DisputeRow,
    HoldRow,
    InvoiceRow,
    NoticeRow,
    PromiseRow,
    ReplyRow,
)
from tests.support.world import DEBTOR_ADDRESS, World, answer, letter

PROMISE = "Bonjour,\n\nnous réglerons le 20 mars 2026.\n\nCordialement\nMme Durand\n"
DISPUTE = "Bonjour,\n\nNous contestons cette facture : la marchandise livrée était défectueuse.\n"
THANKS = "Bonjour,\n\nBien reçu, je transmets à la comptabilité.\n\nCordialement\n"
PAID = "Bonjour,\n\nCette facture a été réglée par virement le 6 mars 2026.\n"
INSOLVENT = "Bonjour,\n\nnotre société a été placée en liquidation judiciaire par jugement du 2 mars 2026.\n"


def in_working_days(world: World, number: int) -> date:
    return world.office.days.add(world.today, number)


def test_before_it_is_understood_nothing_more_leaves_to_its_sender(world: World) -> None:
    world.owing()
    notice = world.remind()
    world.take(answer(notice, "Xyzzy plugh."))
    assert len(world.holds()) == 1
    world.at(world.now + timedelta(days=1))
    assert world.plan().created == 0


def test_an_answer_withdraws_what_waits_in_the_outbox(world: World) -> None:
    debtor, _ = world.owing()
    notice = world.remind()
    world.later(days=14)
    world.plan()
    assert world.states() == ["sent", "queued"]
    world.take(answer(notice, PROMISE, at=world.now))
    assert world.states() == ["sent", "superseded"]
    assert debtor == world.one(ReplyRow).debtor_id


def test_a_promise_holds_until_its_day_and_three_working_days(world: World) -> None:
    _, invoice = world.owing()
    world.take(answer(world.remind(), PROMISE))
    reply, promise = world.one(ReplyRow), world.one(PromiseRow)
    assert (reply.intent, reply.trust, reply.matched_by, reply.needs_review) == (
        "promise_to_pay",
        "known",
        "thread",
        False,
    )
    assert (promise.due, promise.state, promise.owed_minor) == (date(2026, 3, 20), "open", 125_000)
    assert world.holds() == [("promise_to_pay", date(2026, 3, 25))]
    assert world.one(HoldRow).invoice_id == invoice
    assert world.tasks() == []


def test_a_promise_by_the_fifteenth_of_next_month(world: World) -> None:
    world.owing()
    world.take(answer(world.remind(), "Bonjour,\n\nnous réglerons le 15 du mois prochain.\n"))
    assert world.one(PromiseRow).due == date(2026, 4, 15)
    assert world.holds() == [("promise_to_pay", None)]  # more than thirty days off: a person owns it
    assert world.tasks() == ["promise_far"]


def test_a_dispute_opens_a_pause_without_end_for_the_team(world: World) -> None:
    _, invoice = world.owing()
    world.take(answer(world.remind(), DISPUTE))
    dispute, hold = world.one(DisputeRow), world.one(HoldRow)
    assert (dispute.invoice_id, dispute.state) == (invoice, "open")
    assert (hold.reason, hold.until, hold.owner) == ("dispute", None, "accounts")
    assert world.task("dispute").remind_on == in_working_days(world, 7)
    world.later(days=60)
    assert world.plan().created == 0


def test_a_second_letter_about_a_dispute_opens_no_second_one(world: World) -> None:
    world.owing()
    notice = world.remind()
    world.take(answer(notice, DISPUTE), answer(notice, DISPUTE + "\nMerci de votre retour.\n"))
    assert len(world.rows(DisputeRow)) == 1


def test_said_to_be_paid_holds_five_working_days_while_a_person_looks(world: World) -> None:
    world.owing()
    world.take(answer(world.remind(), PAID))
    assert world.holds() == [("already_paid", in_working_days(world, 5))]
    assert world.tasks() == ["already_paid"]


def test_what_was_said_to_be_paid_and_did_not_come_is_recalled_in_the_next_text(world: World) -> None:
    world.owing(overdue=3)
    world.take(answer(world.remind(), PAID))
    world.later(days=16)
    notice = world.remind()
    assert notice.stage == "reminder2"
    assert "10 March 2026" in notice.own_text


def test_insolvency_stops_the_whole_debtor(world: World) -> None:
    debtor, _ = world.owing()
    notice = world.remind()
    world.take(answer(notice, INSOLVENT))
    hold = world.one(HoldRow)
    assert (hold.debtor_id, hold.invoice_id, hold.reason, hold.until) == (debtor, None, "insolvency", None)
    world.invoice(debtor, number="LATER")
    world.later(days=30)
    assert world.plan().created == 0


def test_an_answer_that_nothing_can_be_made_of_is_for_a_person(world: World) -> None:
    world.owing()
    world.take(answer(world.remind(), "Blorp gnurf 42 ?"))
    reply = world.one(ReplyRow)
    assert reply.handled_at is None
    assert world.holds()[0][1] is not None
    assert world.tasks() != []


def test_a_promise_that_is_not_sure_pauses_but_is_no_promise_until_a_person_looked(world: World) -> None:
    debtor, _ = world.formal()
    world.plan()
    old = world.one(NoticeRow, stage="reminder3")
    world.take(answer(old, "Nous réglerons le 20 mars 2026, sauf si vous ne livrez pas."))
    reply = world.one(ReplyRow)
    assert (reply.intent, reply.needs_review, reply.debtor_id) == ("promise_to_pay", True, debtor)
    assert world.rows(PromiseRow) == []
    hold = world.one(HoldRow)
    assert (hold.reason, hold.owner) == ("promise_to_pay", "accounts")
    assert hold.until is not None
    assert world.one(NoticeRow, stage="formal_notice").state == "superseded"
    assert world.tasks() == ["to_check"]
    world.later(days=30)
    assert world.plan().awaiting_approval == 0  # nobody has looked yet
    desk.handle_reply(world.office, 1, world.now, "Jo")
    assert world.plan().awaiting_approval == 1


# ── which invoices ───────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_holds_the_invoices_of_the_notice_that_it_answers(world: World) -> None:
    debtor, invoice = world.owing()
    notice = world.remind()
    other = world.invoice(debtor, number="OTHER")
    world.take(answer(notice, PROMISE))
    held = [row.invoice_id for row in world.rows(HoldRow)]
    assert held == [invoice]
    assert other not in held


def test_named_invoices_are_meant_and_the_rest_of_the_notice_gets_a_courtesy(world: World) -> None:
    debtor = world.debtor()
    named = world.invoice(debtor, number="F-2026-801")
    rest = world.invoice(debtor, number="F-2026-802")
    world.take(answer(world.remind(), "Bonjour, nous réglerons la facture F-2026-801 le 20 mars 2026."))
    reasons = {row.invoice_id: row.reason for row in world.rows(HoldRow)}
    assert reasons == {named: "promise_to_pay", rest: "acknowledgement"}


def test_what_is_said_of_each_invoice_is_done_to_each(world: World) -> None:
    debtor = world.debtor()
    promised = world.invoice(debtor, number="F-2026-801")
    disputed = world.invoice(debtor, number="F-2026-802")
    text = (
        "Bonjour,\n\nNous réglerons la facture F-2026-801 le 20 mars 2026.\n\n"
        "En revanche nous contestons la facture F-2026-802 : la marchandise était défectueuse.\n"
    )
    world.take(answer(world.remind(), text))
    reasons = {row.invoice_id: row.reason for row in world.rows(HoldRow)}
    assert reasons == {promised: "promise_to_pay", disputed: "dispute"}
    assert world.one(PromiseRow).invoice_id == promised
    assert world.one(DisputeRow).invoice_id == disputed


def test_an_answer_about_nothing_open_is_read_by_a_person(world: World) -> None:
    _, invoice = world.owing()
    notice = world.remind()
    world.pay(invoice, "1250.00")
    world.take(answer(notice, DISPUTE))
    assert world.one(ReplyRow).handled_at is None
    assert world.tasks() != []


# ── courtesies and replaced promises are counted ─────────────────────────────────────────────────────────────


def test_after_two_courtesies_a_person_decides(world: World) -> None:
    world.owing()
    notice = world.remind()
    for number in range(3):
        world.take(answer(notice, THANKS, at=world.now, Message_ID=f"<{number}@debtor.example>"))
        world.later(days=1)
    assert [until is None for _, until in world.holds()] == [False, False, True]
    assert world.tasks() == ["courtesy_often"]


def test_a_message_served_since_begins_the_count_anew(world: World) -> None:
    world.owing(overdue=3)
    first = world.remind()
    for number in range(2):
        world.take(answer(first, THANKS, at=world.now, Message_ID=f"<a{number}@debtor.example>"))
    world.later(days=16)
    second = world.remind()
    world.take(answer(second, THANKS, at=world.now, Message_ID="<b@debtor.example>"))
    assert world.tasks() == []


def test_a_new_promise_replaces_the_old_one(world: World) -> None:
    world.owing()
    notice = world.remind()
    world.take(answer(notice, PROMISE))
    world.later(days=2)
    world.take(answer(notice, "Nous réglerons finalement le 27 mars 2026.", at=world.now))
    assert [(row.due, row.state) for row in world.rows(PromiseRow)] == [
        (date(2026, 3, 20), "withdrawn"),
        (date(2026, 3, 27), "open"),
    ]
    assert world.holds() == [("promise_to_pay", date(2026, 4, 1))]


def test_after_two_replaced_promises_a_person_decides(world: World) -> None:
    world.owing()
    notice = world.remind()
    for day in (18, 19, 20):
        world.take(answer(notice, f"Nous réglerons le {day} mars 2026.", at=world.now))
        world.later(days=1)
    assert world.holds() == [("promise_to_pay", None)]
    assert world.tasks() == ["promise_often"]


# ── who writes ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_strangers_answer_is_a_short_hold_and_nothing_else(world: World) -> None:
    _, invoice = world.owing()
    world.take(answer(world.remind(), PROMISE, sender="who@elsewhere.example"))
    hold = world.one(HoldRow)
    assert (hold.invoice_id, hold.reason, hold.owner) == (invoice, "unverified_sender", "accounts")
    assert hold.until == in_working_days(world, 3)
    assert world.rows(PromiseRow) == []
    assert world.one(ReplyRow).trust == "unverified"
    assert world.tasks() == ["unverified"]
    assert [row.address for row in world.rows(ContactRow)] == [DEBTOR_ADDRESS]


@pytest.mark.parametrize(
    "text", [DISPUTE, INSOLVENT, "Je ne travaille plus ici, ce n'est pas la bonne adresse."]
)
def test_a_stranger_closes_and_changes_nothing(world: World, text: str) -> None:
    world.owing()
    world.take(answer(world.remind(), text, sender="who@elsewhere.example"))
    assert world.rows(DisputeRow) == []
    assert [reason for reason, _ in world.holds()] == ["unverified_sender"]
    assert {row.state for row in world.rows(ContactRow)} == {"usable"}


def test_a_freemail_address_is_nobodys_domain(world: World) -> None:
    world.owing("dupont@gmail.com")
    world.take(answer(world.remind(), PROMISE, sender="somebody.else@gmail.com"))
    assert world.one(ReplyRow).trust == "unverified"


def test_a_first_time_sender_at_the_debtors_own_domain_is_believed_and_flagged(world: World) -> None:
    world.owing()
    world.take(answer(world.remind(), PROMISE, sender="new@debtor.example"))
    assert world.one(ReplyRow).trust == "domain"
    assert world.one(PromiseRow).state == "open"
    assert [row.address for row in world.rows(ContactRow)] == [DEBTOR_ADDRESS]


def test_another_debtor_in_our_thread_speaks_for_nobody_but_pauses_it(world: World) -> None:
    _, invoice = world.owing()
    world.owing("other@other.example")
    world.plan()
    world.deliver()
    world.take(answer(world.notice(1), PROMISE, sender="other@other.example"))
    hold = world.one(HoldRow)
    assert (hold.invoice_id, hold.reason) == (invoice, "unverified_sender")
    assert world.rows(PromiseRow) == []


def test_a_sender_whose_dmarc_failed_at_our_own_server_is_unverified(world: World) -> None:
    server = {"host": "127.0.0.1", "port": 1, "tls": "none", "name": "inbox"}
    world.configure(mailboxes=[server | {"authserv_id": "mx.creditor.example"}])
    world.owing()
    notice = world.remind()
    failed = "mx.creditor.example; dmarc=fail header.from=debtor.example"
    world.take(answer(notice, PROMISE, Authentication_Results=failed))
    assert (world.one(ReplyRow).trust, world.rows(PromiseRow)) == ("unverified", [])


def test_a_result_that_another_server_wrote_is_not_believed(world: World) -> None:
    server = {"host": "127.0.0.1", "port": 1, "tls": "none", "name": "inbox"}
    world.configure(mailboxes=[server | {"authserv_id": "mx.creditor.example"}])
    world.owing()
    world.take(answer(world.remind(), PROMISE, Authentication_Results="evil.example; dmarc=fail"))
    assert world.one(ReplyRow).trust == "known"


# ── how it is matched ────────────────────────────────────────────────────────────────────────────────────────


def test_the_signed_address_names_the_notice_without_any_thread(world: World) -> None:
    world.configure(smtp__plus_address=True)
    world.owing()
    notice = world.remind()
    raw = world.bytes_of(notice.sha256).decode()
    reply_to = raw.partition("Reply-To: ")[2].partition("\r\n")[0].strip("<>")
    assert "+r1-" in reply_to
    world.take(letter(PROMISE, to=reply_to))
    assert (world.one(ReplyRow).notice_id, world.one(ReplyRow).matched_by) == (1, "token")


def test_a_forged_token_names_nothing(world: World) -> None:
    world.configure(smtp__plus_address=True)
    world.owing()
    world.remind()
    world.take(letter(PROMISE, sender="who@elsewhere.example", to=f"compta+r1-{'a' * 26}@creditor.example"))
    assert world.one(ReplyRow).notice_id is None


def test_a_new_message_of_a_known_sender_is_about_all_that_it_owes(world: World) -> None:
    debtor = world.debtor()
    ids = [world.invoice(debtor), world.invoice(debtor)]
    world.take(letter(PROMISE))
    assert world.one(ReplyRow).matched_by == "sender"
    assert [row.invoice_id for row in world.rows(HoldRow)] == ids


def test_the_quoted_notice_is_not_the_debtors_words(world: World) -> None:
    world.owing()
    notice = world.remind()
    quoted = "\n".join(f"> {line}" for line in notice.own_text.splitlines())
    world.take(answer(notice, f"Bien reçu.\n\nLe 10 mars 2026, Menuiserie Martin a écrit :\n{quoted}\n"))
    assert world.one(ReplyRow).reply_text.strip() == "Bien reçu."


# ── whose it is, nobody knows ────────────────────────────────────────────────────────────────────────────────


def test_an_unmatched_message_asks_a_person_and_holds_nothing(world: World) -> None:
    world.owing()
    world.take(letter("Bonjour, quelles sont vos heures ?", sender="who@elsewhere.example"))
    assert (world.tasks(), world.holds()) == (["unmatched"], [])
    assert world.one(ReplyRow).handled_at is None


def test_formal_notices_of_likely_debtors_wait_until_someone_looked(world: World) -> None:
    world.formal("shared@group.example")
    world.formal("shared@group.example", name="Other branch")
    world.formal("apart@other.example", name="Third")
    world.take(letter("Bonjour, à propos de vos relances …", sender="shared@group.example"))
    assert world.one(ReplyRow).candidates == [1, 2]
    assert world.plan().awaiting_approval == 1
    assert world.one(NoticeRow, stage="formal_notice").to_address == "apart@other.example"
    world.later(days=10)
    assert world.plan().awaiting_approval == 0
    desk.handle_reply(world.office, 1, world.now, "Jo")
    assert world.plan().awaiting_approval == 2
    assert "unmatched" not in world.tasks()


def test_a_contact_of_several_debtors_who_names_none_pauses_each_for_a_look(world: World) -> None:
    ids = [world.debtor("shared@group.example"), world.debtor("shared@group.example", name="Other branch")]
    for debtor in (*ids, world.debtor("apart@group.example", name="Third")):
        world.invoice(debtor)
    world.take(letter("Nous contestons cette facture.", sender="shared@group.example"))
    held = [(row.debtor_id, row.invoice_id, row.reason, row.owner) for row in world.rows(HoldRow)]
    assert held == [(debtor, None, "to_check", "accounts") for debtor in ids]
    assert {row.until for row in world.rows(HoldRow)} == {in_working_days(world, 3)}
    assert (world.tasks(), world.rows(DisputeRow)) == (["unmatched"], [])
    assert world.plan().created == 1


def test_reminders_of_likely_debtors_do_not_wait_for_a_stranger(world: World) -> None:
    world.owing("jean@group.example")
    world.owing("anne@group.example", name="Other branch")
    world.take(letter("Bonjour, à propos de vos relances …", sender="new@group.example"))
    assert (world.one(ReplyRow).candidates, world.holds()) == ([1, 2], [])
    assert world.plan().created == 2


# ── strangers who name our invoices ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("written", ["F-2026-801", "f-2026-801", "n°F-2026-801.", "« F\u20112026\u2011801 »"])
def test_a_stranger_who_names_an_invoice_gets_a_short_hold_and_nothing_else(
    world: World, written: str
) -> None:
    debtor = world.debtor()
    invoice = world.invoice(debtor, number="F-2026-801")
    world.owing("somebody@gmail.com", name="Another customer of the provider")
    world.take(letter(f"Nous contestons la facture {written}", sender="gerard.durand@gmail.com"))
    hold = world.one(HoldRow)
    assert (hold.invoice_id, hold.reason, hold.owner) == (invoice, "unverified_sender", "accounts")
    assert hold.until == in_working_days(world, 3)
    reply = world.one(ReplyRow)
    assert (reply.debtor_id, reply.trust, reply.matched_by) == (debtor, "unverified", "number")
    assert (world.rows(DisputeRow), world.tasks()) == ([], ["unverified"])


def test_a_formal_notice_waits_for_a_stranger_who_names_its_invoice(world: World) -> None:
    _, invoice = world.formal()
    world.plan()
    desk.approve_notice(world.office, world.one(NoticeRow, stage="formal_notice").id or 0, world.now, "Jo")
    number = world.one(InvoiceRow, id=invoice).number
    world.take(letter("Bonjour", subject=f"Votre facture {number} ???", sender="stranger@gmail.com"))
    assert world.claim().claimed == ()
    world.later(days=10)
    assert world.plan().awaiting_approval == 0  # nobody has looked yet
    desk.handle_reply(world.office, 1, world.now, "Jo")
    assert world.plan().awaiting_approval == 1


def test_a_stranger_who_names_invoices_of_two_debtors_holds_only_formal_notices(world: World) -> None:
    for place, address in enumerate(("a@a.example", "b@b.example")):
        world.invoice(world.debtor(address), number=f"F-2026-80{place}")
    world.take(letter("F-2026-800 et F-2026-801 sont réglées.", sender="who@elsewhere.example"))
    assert (world.one(ReplyRow).candidates, world.holds(), world.tasks()) == ([1, 2], [], ["unmatched"])


def test_a_copy_to_a_debtor_does_not_hide_whose_invoice_a_stranger_names(world: World) -> None:
    debtor = world.debtor()
    world.invoice(debtor, number="F-2026-801")
    world.owing("apart@other.example")
    raw = letter("La F-2026-801 est contestée.", sender="who@elsewhere.example", Cc="apart@other.example")
    world.take(raw)
    assert world.one(ReplyRow).debtor_id == debtor


# ── what a person decides ────────────────────────────────────────────────────────────────────────────────────


def test_releasing_a_hold_answers_what_was_asked(world: World) -> None:
    _, invoice = world.owing()
    world.take(answer(world.remind(), DISPUTE))
    number = world.one(InvoiceRow, id=invoice).number
    assert desk.release(world.office, number, "settled by phone", world.now, "Jo") == 1
    assert (world.holds(), world.tasks()) == ([], [])
    assert world.one(ReplyRow).handled_by == "Jo"


def test_what_was_understood_stands_in_the_ledger(world: World) -> None:
    world.owing()
    world.take(answer(world.remind(), PROMISE))
    told = world.told("reply:1", "understood")
    assert (told["intent"], told["sender"], told["promise_date"]) == ("promise_to_pay", "known", "2026-03-20")


def test_a_contact_that_answers_is_written_to_again_whatever_bounced(world: World) -> None:
    world.owing()
    notice = world.remind()
    with world.db.write() as session:
        contact = session.get(ContactRow, 1)
        assert contact is not None
        contact.state = "unserved"
    world.take(answer(notice, THANKS))
    assert world.one(ContactRow).state == "usable"


def test_a_contact_that_answers_is_away_no_more(world: World) -> None:
    world.owing(overdue=3)
    notice = world.remind()
    away = "Je suis absente du bureau jusqu'au 30 avril 2026 inclus."
    world.take(answer(notice, away, subject="Réponse automatique : absence", Auto_Submitted="auto-replied"))
    assert world.one(ContactRow).absent_until == date(2026, 4, 30)
    world.take(answer(notice, THANKS, sender="second@debtor.example"))
    assert world.one(ContactRow).absent_until == date(2026, 4, 30)
    world.take(answer(notice, THANKS))
    contact = world.one(ContactRow)
    assert (contact.absent_since, contact.absent_until) == (None, None)
    world.later(days=14)
    assert world.remind().to_address == DEBTOR_ADDRESS


def test_the_contact_that_says_it_is_the_wrong_one_is_not_written_to_again(world: World) -> None:
    world.owing(DEBTOR_ADDRESS, "second@debtor.example", overdue=3)
    text = "Bonjour, je ne suis pas la bonne personne, merci d'écrire au service comptabilité."
    world.take(answer(world.remind(), text))
    assert world.one(ReplyRow).intent == "wrong_contact"
    world.later(days=20)
    assert world.remind().to_address == "second@debtor.example"
