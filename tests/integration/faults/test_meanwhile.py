"""What somebody commits between a claim and its DATA: what is no longer true does not leave (rule 2).

The server has said yes to the recipient; then a payment, a pause or a stop is committed, and only then it answers.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from relance_mailer.services import desk
from relance_mailer.services.import_ import How, import_payments
from relance_mailer.store.tables import AttemptRow, DebtorRow, InvoiceRow, NoticeInvoiceRow, NoticeRow
from tests.integration.faults.outcomes import DURAND, OTHERS, notice_to, owe
from tests.integration.faults.server import Fault, FaultyServer, Phase, answers, meanwhile, serving
from tests.support.world import World

HEADER = "Date de règlement;Code client;Factures;Montant;Devise;Référence bancaire;Libellé"


def pays(world: World, address: str, amount: str) -> None:
    """Import a bank's line: whoever is written to at `address` has paid something of the invoice."""
    notice = notice_to(world, address)
    reference = world.one(DebtorRow, id=notice.debtor_id).reference
    day = f"{world.today:%d/%m/%Y}"
    line = f"{day};{reference};{number_of(world, address)};{amount};EUR;BNK-{notice.id};virement"
    data = f"{HEADER}\n{line}".encode()
    report = import_payments(world.office, data, "bank.csv", world.now, "nadia", How())
    assert report.added == 1


def number_of(world: World, address: str) -> str:
    invoice_id = world.one(NoticeInvoiceRow, notice_id=notice_to(world, address).id).invoice_id
    return world.one(InvoiceRow, id=invoice_id).number


def at_rcpt(happens: Callable[[], object], address: str = DURAND) -> Fault:
    return Fault(Phase.RCPT, meanwhile(happens), only_for=address, times=1)


def check_others_left(world: World, server: FaultyServer) -> None:
    for address in OTHERS:
        assert server.arrived(address) == [world.bytes_of(notice_to(world, address).sha256)]


CHANGES: dict[str, Callable[[World], object]] = {
    "paid in full": lambda world: pays(world, DURAND, "1250,00"),
    "on hold": lambda world: desk.hold(
        world.office, number_of(world, DURAND), None, "manual", world.now, "Jo"
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("connections", [1, 3])
async def test_what_is_paid_or_paused_between_claim_and_data_does_not_leave(
    world: World, change: Callable[[World], object], connections: int
) -> None:
    owe(world)
    async with serving(at_rcpt(lambda: change(world))) as server:
        report = await world.drain(server.port, smtp__connections=connections)
        assert (report.withheld, report.sent) == (1, 2)
        for _ in range(3):
            world.later(days=7)
            world.plan()
            await world.drain(server.port)
        assert server.arrived(DURAND) == []
    assert notice_to(world, DURAND).state == "superseded"
    assert [row.state for row in world.rows(AttemptRow, notice_id=notice_to(world, DURAND).id)] == [
        "withdrawn"
    ]


async def test_a_part_paid_between_claim_and_data_makes_it_leave_anew_with_what_is_still_owed(
    world: World,
) -> None:
    owe(world)
    async with serving(at_rcpt(lambda: pays(world, DURAND, "1000,00"))) as server:
        assert (await world.drain(server.port)).sent == 2
        world.plan()
        assert (await world.drain(server.port)).sent == 1
        first, second = world.rows(NoticeRow, to_address=DURAND)
        assert server.arrived(DURAND) == [world.bytes_of(second.sha256)]
        check_others_left(world, server)
    assert (first.state, second.state, first.stage == second.stage) == ("superseded", "sent", True)
    assert world.one(NoticeInvoiceRow, notice_id=second.id).outstanding_minor == 25_000


async def test_all_is_stopped_between_claim_and_data(world: World) -> None:
    owe(world)
    async with serving(at_rcpt(lambda: desk.stop_all(world.office, world.now, "Jo"))) as server:
        report = await world.drain(server.port, smtp__connections=1)
        assert (report.sent, server.mailbox, "DATA" in server.verbs) == (0, [], False)
        assert set(world.states()) == {"queued"}
        desk.release_all(world.office, world.now, "Jo")
        assert (await world.drain(server.port)).sent == 3
        assert len(server.arrived(DURAND)) == 1
        check_others_left(world, server)


async def test_what_is_paid_while_it_waits_for_a_connection_does_not_leave(world: World) -> None:
    """It was claimed together with another one, and had not come to its turn."""
    owe(world)
    last = OTHERS[-1]
    async with serving(at_rcpt(lambda: pays(world, last, "1250,00"))) as server:
        report = await world.drain(server.port, smtp__connections=1)
        assert (report.withheld, report.sent, server.arrived(last)) == (1, 2, [])
    assert notice_to(world, last).state == "superseded"


async def test_what_another_debtor_pays_holds_nobody_up(world: World) -> None:
    owe(world)
    paid = world.one(DebtorRow, name="Petit").id
    async with serving(Fault(Phase.RCPT, answers("450 4.2.0 later"), only_for=OTHERS[1], times=1)) as server:
        await world.drain(server.port)  # the other one's waits
        assert notice_to(world, OTHERS[1]).debtor_id == paid
        world.owing("late@late.example")
        world.plan()
        server.behave(at_rcpt(lambda: pays(world, OTHERS[1], "1250,00"), "late@late.example"))
        report = await world.drain(server.port)
        assert (report.withheld, report.sent) == (0, 1)
