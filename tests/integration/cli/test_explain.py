"""explain: the story of one invoice, why nothing leaves now, what comes next and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from relance_mailer.services import desk, holds
from relance_mailer.services.explain import Story, explain
from relance_mailer.store.tables import ContactRow, InvoiceRow
from tests.integration.cli.conftest import Type
from tests.support.office import MONDAY, Invoice, bring_in, make_office, open_office, pay, refresh
from tests.support.world import World, answer, bounce, letter

BY = "Claire Martin"


def _tell(world: World, invoice_id: int) -> Story:
    return explain(world.office, world.one(InvoiceRow, id=invoice_id).number, world.now)


def _kinds(story: Story) -> list[str]:
    return [told.kind for told in story.events]


def _words(story: Story) -> str:
    return "\n".join(told.words for told in story.events)


def test_the_whole_story_stands_in_the_order_of_what_happened(world: World) -> None:
    _, invoice_id = world.owing()
    notice = world.remind()
    world.later(days=1)
    world.take(answer(notice, "Bonjour, nous paierons le 20 mars 2026.", at=world.now))
    world.at(world.now + timedelta(days=20))
    world.follow_up()
    story = _tell(world, invoice_id)
    assert _kinds(story) == [
        "rendered",
        "attempted",
        "sent",
        "received",
        "understood",
        "promised",
        "held",
        "promise_broken",
    ]
    words = _words(story)
    assert "prepared for durand@debtor.example, first reminder: “" in words
    assert "the server answered: 250 2.0.0 Ok: queued as 4Qx7" in words
    assert "message received from durand@debtor.example" in words
    assert "understood: promise to pay" in words
    assert "payment announced for 20 Mar 2026" in words
    assert "on hold until 25 Mar 2026: promise to pay" in words


def test_an_answer_about_another_invoice_is_no_part_of_it(world: World) -> None:
    debtor_id, first = world.owing()
    notice = world.remind()
    other = world.invoice(debtor_id, overdue=-40)
    number = world.one(InvoiceRow, id=first).number
    world.take(answer(notice, f"La facture {number} est contestée : marchandise cassée.", at=world.now))
    assert "understood" in _kinds(_tell(world, first))
    assert _kinds(_tell(world, other)) == []


def test_what_a_bounce_and_a_withdrawn_message_did_is_told(world: World) -> None:
    _, invoice_id = world.owing("dead@debtor.example", "second@debtor.example")
    notice = world.remind()
    world.take(bounce("dead@debtor.example", notice.message_id, at=world.now))
    world.later(days=7)
    world.plan()
    world.pay(invoice_id, "1250.00")
    world.claim()
    words = _words(_tell(world, invoice_id))
    assert "came back undelivered: 5.1.1" in words
    assert "Message not delivered to dead@debtor.example" in words
    assert "withdrawn before it left: paid" in words


# ── now, and next ────────────────────────────────────────────────────────────────────────────────────────────────


def _nothing(world: World, debtor_id: int, invoice_id: int) -> None:
    """Nothing happens to it."""


def _hold(world: World, debtor_id: int, invoice_id: int) -> None:
    with world.db.write() as session:
        holds.open_hold(
            session, world.office, debtor_id, invoice_id, "promise_to_pay", date(2026, 3, 20), world.now
        )


def _dispute(world: World, debtor_id: int, invoice_id: int) -> None:
    with world.db.write() as session:
        holds.open_hold(session, world.office, debtor_id, invoice_id, "dispute", None, world.now)


def _queue(world: World, debtor_id: int, invoice_id: int) -> None:
    world.plan()


def _remind(world: World, debtor_id: int, invoice_id: int) -> None:
    world.remind()


def _lose(world: World, debtor_id: int, invoice_id: int) -> None:
    world.plan()
    [claimed] = world.claim().claimed
    world.lose(claimed)


def _pay(world: World, debtor_id: int, invoice_id: int) -> None:
    world.pay(invoice_id, "1250.00")


def _no_address(world: World, debtor_id: int, invoice_id: int) -> None:
    with world.db.write() as session:
        for contact in world.rows(ContactRow):
            contact.state = "dead"
            session.merge(contact)


def _at_night(world: World, debtor_id: int, invoice_id: int) -> None:
    world.later(hours=10)


@pytest.mark.parametrize(
    ("happens", "why", "comes", "stage"),
    [
        (_nothing, "first reminder to be sent to durand@debtor.example", "first reminder at the next pass", "reminder1"),
        (_hold, "on hold: promise to pay (until 20 Mar 2026)", "first reminder on 23 Mar 2026 09:00", "reminder1"),
        (_dispute, "on hold: dispute", "a person decides; then first reminder", "reminder1"),
        (_queue, "a message is leaving or waits to be tried again", "message 1 leaves, then the next stage", "reminder1"),
        (_remind, "the next stage's day has not come (until 20 Mar 2026 09:00)", "second reminder on 20 Mar 2026 09:00", "reminder2"),
        (_lose, "a message may have left: to be checked", "`relance-mailer approve doubt 1 --sent|--not-sent --by NAME`", "reminder1"),
        (_pay, "paid", "nothing more: paid", ""),
        (_no_address, "no address to write to", "a person decides; then first reminder", "reminder1"),
        (_at_night, "outside sending hours (until 11 Mar 2026 09:00)", "first reminder on 11 Mar 2026 09:00", "reminder1"),
    ],
)  # fmt: skip
def test_why_nothing_leaves_now_and_what_comes_next(
    world: World, happens: Callable[[World, int, int], None], why: str, comes: str, stage: str
) -> None:
    debtor_id, invoice_id = world.owing()
    happens(world, debtor_id, invoice_id)
    story = _tell(world, invoice_id)
    assert (story.why, story.next, story.next_stage) == (why, comes, stage)


def test_a_formal_notice_waits_with_the_command_that_approves_it(world: World) -> None:
    _, invoice_id = world.formal()
    world.plan()
    story = _tell(world, invoice_id)
    assert story.why == "waits for a person's approval"
    assert "`relance-mailer approve notice 4 --by NAME`" in story.next


def test_after_the_formal_notice_the_handover_has_its_day(world: World) -> None:
    _, invoice_id = world.formal()
    world.plan()
    desk.approve_notice(world.office, 4, world.now, BY)
    world.deliver()
    story = _tell(world, invoice_id)
    assert story.reason == "deadline_running"
    assert story.next == "handover on 26 Mar 2026"
    assert "message 4 approved by Claire Martin" in _words(story)


def test_closed_gates_are_told_beside_the_invoices_own_reason(world: World) -> None:
    _, invoice_id = world.owing()
    desk.stop_all(world.office, world.now, BY)
    story = _tell(world, invoice_id)
    assert story.decision == "send"
    assert story.obstacles == ("everything is stopped by Claire Martin (`relance-mailer release all`)",)


# ── what is owed ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_payments_and_their_allocations_are_told(tmp_path: Path, typed: Type) -> None:
    path = make_office(tmp_path)
    with open_office(path) as office:
        bring_in(office, Invoice("F1", due="01/02/2026"), Invoice("F2", due="10/02/2026"))
        pay(office, "20/02/2026;C001;F1;500,00", "25/02/2026;C001;;100,00")
        refresh(office)
    done = typed("explain", "F1", "-c", path, "--at", MONDAY.isoformat())
    assert done.code == 0
    words = done.out.replace("\xa0", " ")
    assert "Facture F1 – Dupont Menuiserie SARL (C001)" in words
    assert "Reste dû : 600,00 € – en retard de 29 j" in words
    assert "réglé le 20/02/2026 : 500,00 €" in words
    assert "compté ici en attendant son affectation : 100,00 €" in words
    assert "importée de factures.csv : 1 200,00 €, échéance le 01/02/2026" in words
    assert "règlement de 500,00 € du 20/02/2026" in words
    assert "règlement de 100,00 € du 25/02/2026" in words
    assert "Claire Martin" in words

    told = typed("explain", "F1", "-c", path, "--at", MONDAY.isoformat(), "--json").json
    assert (told["total"], told["outstanding"], told["currency"]) == ("1200.00", "600.00", "EUR")
    assert [(part["kind"], part["amount"]) for part in told["settled"]] == [
        ("paid", "500.00"),
        ("provisional", "100.00"),
    ]
    assert told["next"]["stage"] == "reminder1"
    assert [event["kind"] for event in told["events"]] == ["imported", "paid", "paid"]


def test_an_unknown_invoice_is_answered_with_what_to_do(world: World, in_world: Type) -> None:
    done = in_world("explain", "F-404")
    assert done.code == 1
    assert "F-404" in done.err
    assert "relance-mailer import invoices" in done.err


def test_hostile_words_reach_the_terminal_as_words_only(world: World, in_world: Type) -> None:
    """Neither escape sequences nor line breaks of a debtor's mail may move the reader's terminal."""
    _, invoice_id = world.owing()
    world.remind()
    evil = "=?utf-8?B?G10wO2hhaGEHG1szMW1wYXnDqQ==?="  # ESC ]0;haha BEL ESC [31m
    raw = letter("Bonjour, bien reçu.", subject="x", at=world.now).replace(
        b"Subject: x", f"Subject: {evil}".encode()
    )
    world.take(raw)
    done = in_world("explain", world.one(InvoiceRow, id=invoice_id).number)
    assert "message received from" in done.out
    assert not [char for char in done.out if ord(char) < 32 and char != "\n"]


def test_an_erased_entry_keeps_its_place(world: World) -> None:
    _, invoice_id = world.owing()
    world.remind()
    before = _kinds(_tell(world, invoice_id))
    with world.db.write() as session:
        session.connection().exec_driver_sql("DELETE FROM ledger_payload")
    story = _tell(world, invoice_id)
    assert _kinds(story) == before
    assert {told.words for told in story.events} == {"content erased (data protection)"}
