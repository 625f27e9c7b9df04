"""Redirect: every message goes to the team, names the debtor, and no answer to it could reach the debtor."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from relance_mailer.services import desk
from relance_mailer.store import blobs
from tests.integration.mail.servers import smtp_server
from tests.support.world import DEBTOR_ADDRESS, OUR_ADDRESS, World

TEAM = "equipe@creditor.example"
#: Where programs take the recipients of an answer, or of an answer to all, from (RFC 5322 section 3.6.3).
ADDRESSES = (
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Bcc",
    "Mail-Followup-To",
    "Mail-Reply-To",
    "Return-Path",
)


def redirected(world: World, **changes: object) -> None:
    world.configure(sending__mode="redirect", sending__redirect_to=TEAM, **changes)


def message(raw: bytes) -> EmailMessage:
    parsed = message_from_bytes(raw, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def addresses(parsed: EmailMessage) -> set[str]:
    found = (
        address for name in ADDRESSES for header in parsed.get_all(name, []) for address in header.addresses
    )
    return {address.addr_spec for address in found}


@pytest.mark.parametrize("plus", [False, True])
def test_the_bytes_go_to_the_team_and_answer_to_the_creditor_alone(world: World, plus: bool) -> None:
    redirected(world, smtp__plus_address=plus)
    world.owing()
    world.plan()
    [claimed] = world.claim().claimed
    assert claimed.recipient == TEAM
    parsed = message(claimed.raw)
    assert parsed["To"].addresses[0].addr_spec == TEAM
    assert parsed["Subject"].startswith(f"[→ {DEBTOR_ADDRESS}] ")
    local = {address.partition("+")[0].partition("@")[0] for address in addresses(parsed) - {TEAM}}
    assert local == {OUR_ADDRESS.partition("@")[0]}
    others = [value for name, value in parsed.items() if name not in {"Subject", "Thread-Topic"}]
    assert not any(DEBTOR_ADDRESS in str(value) for value in others)


@pytest.mark.parametrize("bcc", ["", "archive@creditor.example"], ids=["to ourselves", "to an archive"])
async def test_nothing_goes_anywhere_else_no_blind_copy_either(world: World, bcc: str) -> None:
    """Rehearsed, no message gets into the mailbox or the archive that people work with."""
    redirected(world, smtp__sent_copy="bcc", smtp__bcc=bcc)
    world.owing()
    world.plan()
    async with smtp_server() as peer:
        assert (await world.drain(peer.port)).sent == 1
        assert [envelope.rcpt_tos for envelope in peer.received] == [[TEAM]]
        world.configure(sending__mode="live")
        world.later(days=1)
        world.plan()
        assert (await world.drain(peer.port)).sent == 1
        assert peer.received[-1].rcpt_tos == [DEBTOR_ADDRESS, bcc or OUR_ADDRESS]


def test_a_second_message_stays_in_the_teams_thread(world: World) -> None:
    redirected(world)
    world.owing()
    world.remind()
    world.later(days=20)
    world.plan()
    [claimed] = world.claim().claimed
    parsed = message(claimed.raw)
    assert addresses(parsed) == {TEAM, OUR_ADDRESS}
    assert parsed["In-Reply-To"] is not None


def test_a_formal_notice_that_a_person_approves_goes_to_the_team_as_well(world: World) -> None:
    redirected(world)
    _, invoice = world.owing(overdue=50)
    world.served(invoice, "reminder1", "reminder2", "reminder3", track="rehearsal")
    world.plan()
    desk.approve_notice(world.office, 4, world.now, "Claire")
    with world.db.read() as session:
        [raw] = blobs.get_many(session, [world.notice(4).sha256])
    parsed = message(raw)
    assert addresses(parsed) == {TEAM, OUR_ADDRESS}
    assert DEBTOR_ADDRESS in parsed["Subject"]
