"""Pauses: opened by people, ended by their day or by people, never forgotten and never overrun."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from relance_mailer.errors import NotFoundError
from relance_mailer.services import desk
from relance_mailer.store.tables import DebtorRow, HoldRow, InvoiceRow, NoticeInvoiceRow
from tests.support.world import World


def number_of(world: World, invoice_id: int) -> str:
    return world.one(InvoiceRow, id=invoice_id).number


def hold(world: World, what: str, until: date | None = None) -> HoldRow:
    return desk.hold(world.office, what, until, "manual", world.now, "Jo")


def test_without_an_end_it_belongs_to_who_opened_it(world: World) -> None:
    _, invoice = world.owing()
    hold(world, number_of(world, invoice))
    row = world.one(HoldRow)
    assert (row.invoice_id, row.until, row.owner, row.created_by) == (invoice, None, "Jo", "Jo")
    world.later(days=300)
    assert world.plan().created == 0


def test_with_an_end_it_needs_no_owner_and_the_dunning_goes_on_the_working_day_after(world: World) -> None:
    _, invoice = world.owing()
    friday = world.today + timedelta(days=3)
    hold(world, number_of(world, invoice), friday)
    assert world.one(HoldRow).owner == ""
    world.plan()
    monday = world.now.replace(hour=8, minute=0) + timedelta(days=6)
    assert world.one(InvoiceRow, id=invoice).next_look_at == monday
    world.at(monday - timedelta(minutes=1))
    assert world.plan().looked_at == 0
    world.at(monday)
    assert world.plan().created == 1


def test_an_invoices_pause_leaves_the_others_theirs(world: World) -> None:
    debtor, paused = world.owing()
    free = world.invoice(debtor)
    hold(world, number_of(world, paused))
    world.plan()
    assert [row.invoice_id for row in world.rows(NoticeInvoiceRow)] == [free]


def test_a_debtors_pause_is_for_all_its_invoices_also_later_ones(world: World) -> None:
    debtor, _ = world.owing()
    hold(world, world.one(DebtorRow, id=debtor).reference)
    world.invoice(debtor)
    assert world.plan().created == 0


def test_a_pause_withdraws_the_message_that_carries_the_invoice_and_the_rest_gets_another(
    world: World,
) -> None:
    debtor, paused = world.owing()
    free = world.invoice(debtor)
    world.plan()
    hold(world, number_of(world, paused))
    assert world.states() == ["superseded"]
    notice = world.remind()
    assert [row.invoice_id for row in world.rows(NoticeInvoiceRow, notice_id=notice.id)] == [free]


def test_a_pause_withdraws_a_formal_notice_that_waits_and_closes_the_question(world: World) -> None:
    _, invoice = world.formal()
    world.plan()
    hold(world, number_of(world, invoice))
    assert world.tasks() == []
    assert world.states()[-1] == "superseded"


def test_released_the_invoice_is_decided_anew_at_once(world: World) -> None:
    _, invoice = world.owing()
    hold(world, number_of(world, invoice))
    world.plan()
    assert desk.release(world.office, number_of(world, invoice), "agreed", world.now, "Kim") == 1
    row = world.one(HoldRow)
    assert (row.released_by, row.release_reason) == ("Kim", "agreed")
    assert world.plan().created == 1


def test_releasing_a_debtor_ends_every_pause_of_its(world: World) -> None:
    debtor, invoice = world.owing()
    reference = world.one(DebtorRow, id=debtor).reference
    hold(world, reference)
    hold(world, number_of(world, invoice))
    assert desk.release(world.office, reference, "", world.now, "Jo") == 2
    assert world.holds() == []


def test_releasing_an_invoice_leaves_other_invoices_paused(world: World) -> None:
    debtor, first = world.owing()
    second = world.invoice(debtor)
    hold(world, number_of(world, first))
    hold(world, number_of(world, second))
    assert desk.release(world.office, number_of(world, first), "", world.now, "Jo") == 1
    assert [row.invoice_id for row in world.rows(HoldRow) if row.released_at is None] == [second]


def test_what_is_not_there_cannot_be_paused(world: World) -> None:
    with pytest.raises(NotFoundError, match="F-404"):
        hold(world, "F-404")


def test_two_pauses_hold_until_the_later_one_ends(world: World) -> None:
    _, invoice = world.owing()
    number = number_of(world, invoice)
    hold(world, number, world.today + timedelta(days=1))
    hold(world, number, world.today + timedelta(days=7))
    world.later(days=3)
    assert world.plan().created == 0
    world.later(days=5)
    assert world.plan().created == 1


def test_opening_and_ending_stand_in_the_ledger_with_names(world: World) -> None:
    _, invoice = world.owing()
    hold(world, number_of(world, invoice))
    desk.release(world.office, number_of(world, invoice), "agreed", world.now, "Kim")
    told = [(entry.kind, entry.actor) for entry in world.entries(f"invoice:{invoice}")]
    assert told == [("held", "Jo"), ("released", "Kim")]
