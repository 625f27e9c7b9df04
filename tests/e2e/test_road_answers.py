"""The road on real servers: a reminder leaves, and what the debtor answers decides what follows."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest

from tests.support.road import LAST, MONDAY, PARIS, SECOND, Invoice, Road, html, plain

pytestmark = pytest.mark.real

PROMISE = "Bonjour,\n\nNous réglerons le 15 du mois prochain.\n\nCordialement,\nHélène Durand"
LAST_DAY_HELD = datetime(2025, 10, 20, 16, tzinfo=PARIS)  # Wednesday the 15th and three working days
DAY_AFTER = datetime(2025, 10, 21, 10, tzinfo=PARIS)


def _two_debtors(road: Road) -> tuple[str, str]:
    """One who will answer and one who never does, with the same due date: the second tells what the first is spared."""
    road.install()
    answering, silent = road.bed.user("durand"), road.bed.user("muet")
    road.invoices(Invoice("F-1", "DURAND", answering), Invoice("F-2", "MUET", silent))
    return answering, silent


def _reminded(road: Road, debtor: str) -> EmailMessage:
    return road.bed.wait_for(debtor)[0]


def _answered(
    road: Road, debtor: str, words: str, *, sender: str = "", headers: dict[str, str] | None = None
) -> None:
    """Send the reminder by the daemon, answer it, and stop once the daemon has understood the answer."""
    with road.daemon(MONDAY) as running:
        reminder = _reminded(road, debtor)
        at = MONDAY + timedelta(hours=1)
        answer = road.answer(reminder, words, sender=sender or debtor, at=at, headers=headers)
        road.wait_until("message", "message_id = ? AND state = 'read'", answer["Message-ID"])
        assert not running.ended()


def test_a_reminder_arrives_in_both_forms_and_can_be_answered_and_recognised(road: Road) -> None:
    debtor, _ = _two_debtors(road)
    with road.daemon(MONDAY):
        message = _reminded(road, debtor)
        notice = road.wait_until("notice", "to_address = ? AND state = 'sent'", debtor)
    assert message["To"].addresses[0].addr_spec == debtor
    assert message["To"].addresses[0].display_name == "Hélène Durand"
    assert message["From"].addresses[0].addr_spec == road.me
    local, _, domain = road.me.partition("@")
    assert message["Reply-To"].addresses[0].addr_spec.startswith(f"{local}+")
    assert message["Reply-To"].addresses[0].addr_spec.endswith(f"@{domain}")
    assert message["Message-ID"] == notice["message_id"]
    assert message["X-Relance-Notice"]
    assert message["Date"].datetime.date() == MONDAY.date()
    for form in (plain(message), html(message)):
        assert "F-1" in form
        assert "1\u202f250,00" in form or "1 250,00" in form or "1\xa0250,00" in form
        assert "F-2" not in form
    assert "<table" in html(message)
    assert "<table" not in plain(message)


def test_a_promise_pauses_until_its_day_and_grace_then_the_chase_resumes_and_recalls_it(road: Road) -> None:
    debtor, silent = _two_debtors(road)
    _answered(road, debtor, PROMISE)
    [hold] = road.rows("hold")
    assert (hold["reason"], hold["until"]) == ("promise_to_pay", "2025-10-20")
    [promise] = road.rows("promise")
    assert (promise["due"], promise["state"]) == ("2025-10-15", "open")
    told = road.run("explain", "F-1", at=SECOND).out
    assert "en attente jusqu'au 20/10/2025 : promesse de règlement" in told

    assert road.tick(SECOND)["sent"] == 1
    assert road.tick(LAST_DAY_HELD)["sent"] == 1
    assert len(road.inbox(silent)) == 3
    assert len(road.inbox(debtor)) == 1

    with road.daemon(DAY_AFTER):
        second = road.bed.wait_for(debtor, 2)[1]
    assert "Vous nous aviez annoncé un règlement" in plain(second)
    assert "15 octobre 2025" in plain(second)
    assert second["In-Reply-To"] == road.bed.messages(debtor)[0]["Message-ID"]
    assert road.rows("promise")[0]["state"] == "broken"
    assert [notice["stage"] for notice in road.notices_to(debtor)] == ["reminder1", "reminder2"]


def test_a_payment_keeps_the_promise_and_closes_the_invoice(road: Road) -> None:
    debtor, silent = _two_debtors(road)
    _answered(road, debtor, PROMISE)
    assert road.rows("promise")[0]["state"] == "open"
    paid_on = datetime(2025, 10, 15, 9, tzinfo=PARIS)
    road.payments("15/10/2025;DURAND;F-1;1 250,00;VIR-77;VIR SEPA DURAND", at=paid_on)
    assert road.tick(paid_on + timedelta(hours=1))["sent"] == 1  # the silent one's second reminder
    assert road.rows("promise")[0]["state"] == "kept"
    assert road.rows("hold", "released_at IS NULL") == []

    assert road.tick(DAY_AFTER)["sent"] == 1
    assert len(road.inbox(silent)) == 3
    assert len(road.inbox(debtor)) == 1
    assert len(road.notices_to(debtor)) == 1


def test_a_dispute_stops_the_chase_for_weeks_until_a_person_releases_it(road: Road) -> None:
    debtor, silent = _two_debtors(road)
    _answered(
        road,
        debtor,
        "Bonjour,\n\nNous contestons cette facture : la marchandise livrée n'est pas conforme à la commande.\n",
    )
    [hold] = road.rows("hold")
    assert (hold["reason"], hold["until"], bool(hold["owner"])) == ("dispute", None, True)
    assert road.rows("dispute")[0]["state"] == "open"
    assert road.tasks("dispute")

    assert road.tick(SECOND)["sent"] == 1
    assert road.tick(LAST)["sent"] == 1
    assert len(road.inbox(debtor)) == 1
    assert len(road.inbox(silent)) == 3

    later = LAST + timedelta(days=11)
    assert "1 " in road.run("release", "F-1", "--why", "avoir refusé", "--by", "nadia", at=later).out
    assert road.tasks("dispute") == []
    assert road.tick(later)["sent"] == 1
    assert len(road.inbox(debtor)) == 2
    assert road.notices_to(debtor)[-1]["stage"] == "reminder2"


def test_an_absence_is_no_answer_and_the_next_stage_waits_for_the_return(road: Road) -> None:
    debtor, silent = _two_debtors(road)
    words = (
        "Bonjour,\n\nJe suis absente jusqu'au 6 octobre 2025 inclus. Je serai de retour le 7 octobre 2025.\n"
    )
    _answered(road, debtor, words, headers={"Auto-Submitted": "auto-replied"})
    assert road.rows("hold") == []
    assert road.rows("reply")[0]["intent"] == "auto_reply"
    assert road.rows("contact", "address = ?", debtor)[0]["absent_until"] == "2025-10-06"

    assert road.tick(SECOND)["sent"] == 1
    assert len(road.inbox(silent)) == 2
    assert road.tick(datetime(2025, 10, 7, 10, tzinfo=PARIS))["sent"] == 0  # back, with a day's mail to read
    assert road.tick(datetime(2025, 10, 8, 10, tzinfo=PARIS))["sent"] == 1
    assert len(road.inbox(debtor)) == 2


def test_a_stranger_in_the_thread_only_opens_a_short_hold_for_the_team(road: Road) -> None:
    debtor, silent = _two_debtors(road)
    before = road.rows("contact")
    _answered(
        road,
        debtor,
        PROMISE + "\nÉcrivez désormais à mon adresse.",
        sender="inconnu@ailleurs.example",
    )
    [hold] = road.rows("hold")
    assert (hold["reason"], hold["until"], hold["owner"]) == ("unverified_sender", "2025-09-25", "accounts")
    assert road.rows("promise") == []
    assert road.rows("contact") == before
    assert road.tasks("unverified")
    assert (
        road.tick(SECOND)["sent"] == 2
    )  # the short hold is over: both are written to at their own addresses
    assert len(road.inbox(debtor)) == len(road.inbox(silent)) == 2


def test_a_colleagues_mail_in_sent_pauses_with_that_person_as_owner_but_our_own_copies_do_not(
    road: Road,
) -> None:
    road.install(smtp={"bcc": road.me})
    debtor, silent = road.bed.user("durand"), road.bed.user("muet")
    road.invoices(Invoice("F-1", "DURAND", debtor), Invoice("F-2", "MUET", silent))
    colleague = f"paul@{road.me.partition('@')[2]}"
    with road.daemon(MONDAY):
        notice = _reminded(road, debtor)
        # as a provider does who files what its SMTP server sends, and marks it
        road.bed.append(road.me, "Sent", b"X-Filed: yes\r\n" + notice.as_bytes())
        road.wait_until("message", "kind = 'own' AND folder = 'Sent'")
        road.wait_until("message", "kind = 'own' AND folder = 'INBOX'")
        assert road.rows("hold") == []

        by_hand = EmailMessage()
        by_hand["From"], by_hand["To"], by_hand["Subject"] = (
            f"Paul <{colleague}>",
            debtor,
            "Notre appel de ce matin",
        )
        by_hand["Message-ID"] = "<by-hand@creditor.example>"
        by_hand.set_content("Bonjour, comme convenu nous vous envoyons le détail demain.")
        road.bed.append(road.me, "Sent", by_hand.as_bytes())
        hold = road.wait_until("hold", "1")
    assert (hold["reason"], hold["until"], hold["owner"]) == ("colleague", None, colleague)
    assert road.rows("hold") == [hold]
    assert road.tick(SECOND)["sent"] == 1
    assert len(road.inbox(silent)) == 2
    assert len(road.inbox(debtor)) == 1
