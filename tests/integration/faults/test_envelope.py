"""Faults while sender and recipient are named: the sender's are the account's, the recipient's its own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relance_mailer.store.tables import AttemptRow, NoticeRow
from tests.integration.faults.outcomes import DURAND, SECOND, SHORT, Case, Outcome, case, shown
from tests.integration.faults.server import (
    GARBAGE,
    LONG_LINE,
    Fault,
    Phase,
    Talk,
    answers,
    breaks_off,
    closes_with,
    falls_silent,
    hangs_up,
    resets,
    says,
    serving,
)
from tests.support.world import World

RESTS, AGAIN, NEXT, SENT = Outcome.RESTS, Outcome.AGAIN, Outcome.NEXT, Outcome.SENT
MAIL, RCPT = Phase.MAIL, Phase.RCPT


def sender(name: str, answer: str) -> object:
    return case(name, RESTS, Fault(MAIL, answers(answer)), words=answer[4:])


SENDERS = [
    sender("MAIL 451", "451 4.3.0 try again later"),
    sender("MAIL 452, the server's disk is full", "452 4.3.1 Insufficient system storage"),
    sender("MAIL 550, the sender is blocked", "550 5.1.8 Access denied, bad outbound sender"),
    sender(
        "MAIL 550, not allowed to send as this sender", "550 5.7.60 SMTP; Client does not have permissions"
    ),
    sender("MAIL 530, log in first", "530 5.7.57 Client not authenticated to send mail"),
    sender("MAIL 503", "503 5.5.1 bad sequence of commands"),
    case("MAIL 421", RESTS, Fault(MAIL, closes_with("421 4.7.0 slow down")), words="slow down"),
    case("closed at MAIL", RESTS, Fault(MAIL, hangs_up)),
    case("reset at MAIL", RESTS, Fault(MAIL, resets)),
    case("silence at MAIL", RESTS, Fault(MAIL, falls_silent), smtp__timeout=SHORT),
    case("half a line at MAIL, then closed", RESTS, Fault(MAIL, breaks_off(b"250 2.1", hangs_up))),
    case(
        "half a line at MAIL, then silence",
        RESTS,
        Fault(MAIL, breaks_off(b"250", falls_silent)),
        smtp__timeout=SHORT,
    ),
    case("garbage at MAIL", RESTS, Fault(MAIL, says(GARBAGE))),
]


@pytest.mark.parametrize("found", SENDERS)
async def test_the_sender_is_not_taken(world: World, found: Case) -> None:
    await shown(world, found)


@pytest.mark.parametrize("offered", [True, False], ids=["as offered", "MAIL 552"])
async def test_a_message_larger_than_the_server_takes(world: World, offered: bool) -> None:
    """It is the message's fault, whether the server says so beforehand (RFC 1870) or at MAIL."""
    world.owing(DURAND, SECOND)
    world.plan()
    fault = Fault(MAIL, answers("552 5.3.4 Message size exceeds fixed limit"))
    extensions = ("SIZE 1000",) if offered else ("8BITMIME",)
    async with serving(fault, extensions=extensions) as server:
        report = await world.drain(server.port)
        assert (report.failed, report.trouble, server.mailbox) == (1, "", [])
        assert ("MAIL" in server.verbs) is not offered
    assert (world.states(), world.tasks(), world.holds()) == (["failed"], ["refused"], [("refused", None)])


def recipient(name: str, outcome: Outcome, answer: str) -> object:
    """A refusal of one recipient, or of the account in the words of a refused recipient."""
    meant = "" if outcome is RESTS else DURAND
    return case(name, outcome, Fault(RCPT, answers(answer), only_for=meant), words=answer[4:])


RECIPIENTS = [
    recipient("RCPT 450, greylisted", AGAIN, "450 4.2.0 Greylisted, try again in 300 seconds"),
    recipient("RCPT 451", AGAIN, "451 4.3.0 Temporary lookup failure"),
    recipient("RCPT 452, mailbox full", AGAIN, "452 4.2.2 Mailbox full"),
    recipient("RCPT 452 4.5.3", AGAIN, "452 4.5.3 Too many recipients"),
    recipient("RCPT 552, as 452", AGAIN, "552 5.2.2 Mailbox full"),
    recipient("RCPT 550, unknown user", NEXT, "550 5.1.1 User unknown"),
    recipient("RCPT 550, mailbox disabled", NEXT, "550 5.2.1 Mailbox disabled"),
    recipient("RCPT 550, account disabled", NEXT, "550 5.2.1 The account is disabled"),
    recipient("RCPT 553, no such domain", NEXT, "553 5.1.2 Domain not found"),
    recipient("RCPT 550, refused by the recipient's policy", NEXT, "550 5.7.1 Message rejected by recipient"),
    recipient("RCPT 550 5.4.5, daily limit", RESTS, "550 5.4.5 Daily sending limit exceeded"),
    recipient("RCPT 451, hourly quota", RESTS, "451 4.7.1 hourly quota exceeded"),
    recipient("RCPT 554, relay denied", RESTS, "554 5.7.1 Relay access denied"),
    case("RCPT 421", RESTS, Fault(RCPT, closes_with("421 4.7.0 closing")), words="closing"),
    case("closed at RCPT", RESTS, Fault(RCPT, hangs_up)),
    case("reset at RCPT", RESTS, Fault(RCPT, resets)),
    case("silence at RCPT", RESTS, Fault(RCPT, falls_silent), smtp__timeout=SHORT),
    case("half a line at RCPT, then closed", RESTS, Fault(RCPT, breaks_off(b"25", hangs_up))),
    case("64 KB in one line at RCPT", RESTS, Fault(RCPT, says(LONG_LINE))),
]


@pytest.mark.parametrize("found", RECIPIENTS)
async def test_the_recipient_is_not_taken(world: World, found: Case) -> None:
    await shown(world, found)


AFTER_A_REFUSAL = [
    case(
        f"RSET {name}",
        NEXT,
        Fault(RCPT, answers("550 5.1.1 unknown"), only_for=DURAND),
        Fault(Phase.RSET, does),
    )
    for name, does in {
        "421": closes_with("421 4.3.2 closing"),
        "closed": hangs_up,
        "reset": resets,
        "500": answers("500 5.5.1 what?"),
    }.items()
]


@pytest.mark.parametrize("found", AFTER_A_REFUSAL)
async def test_the_connection_is_lost_after_a_refused_recipient(world: World, found: Case) -> None:
    await shown(world, found)


async def test_greylisting_is_waited_out_with_the_same_bytes(world: World) -> None:
    """Ten minutes by the server's clock, for each recipient: the second attempt comes too early, the third is taken."""
    world.owing(DURAND, SECOND)
    world.plan()
    seen = world.now

    async def greylist(talk: Talk) -> bool:
        if world.now - seen < timedelta(minutes=10):
            await talk.say("450 4.7.1 Greylisted, come back in ten minutes")
            return False
        return True

    async with serving(Fault(RCPT, greylist)) as server:
        for _ in range(30):
            await world.drain(server.port)
            world.later(minutes=1)
        notice = world.one(NoticeRow)
        assert server.arrived(DURAND) == [world.bytes_of(notice.sha256)]
        assert server.arrived(SECOND) == []
    assert [row.state for row in world.rows(AttemptRow)] == ["refused", "refused", "accepted"]
    assert (notice.state, world.tasks()) == ("sent", [])
