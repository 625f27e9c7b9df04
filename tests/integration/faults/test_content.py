"""Faults once the content is asked for: a refusal is the message's; a missing answer leaves doubt, never a second copy."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from relance_mailer import bootstrap
from relance_mailer.config import parse
from tests.integration.faults.outcomes import DURAND, SHORT, Case, Outcome, case, owe, shown
from tests.integration.faults.server import (
    GARBAGE,
    LONG_LINE,
    Does,
    Fault,
    Phase,
    answers,
    breaks_off,
    closes_with,
    falls_silent,
    hangs_up,
    never_ends,
    resets,
    says,
    serving,
    waits,
)
from tests.support.world import World

RESTS, AGAIN, PERSON, DOUBT, SENT = (
    Outcome.RESTS,
    Outcome.AGAIN,
    Outcome.PERSON,
    Outcome.DOUBT,
    Outcome.SENT,
)
DATA, CONTENT, DOT = Phase.DATA, Phase.CONTENT, Phase.DOT


def one(name: str, outcome: Outcome, phase: Phase, does: Does, words: str = "", **settings: Any) -> Any:
    """A fault that befalls one message of three."""
    return case(name, outcome, Fault(phase, does, only_for=DURAND), words=words, **settings)


BEFORE_THE_CONTENT = [
    one("DATA 451", AGAIN, DATA, answers("451 4.3.0 try again later"), "try again later"),
    one("DATA 554", PERSON, DATA, answers("554 5.6.0 not this one"), "not this one"),
    case("DATA 421", RESTS, Fault(DATA, closes_with("421 4.7.0 closing")), words="closing"),
    case("DATA 250 instead of 354", RESTS, Fault(DATA, answers("250 2.0.0 surprise"))),
    case(
        "354 and 250 in one breath", RESTS, Fault(DATA, answers("354 go on", "250 2.0.0 Ok: queued as LIE"))
    ),
    case("closed at DATA", RESTS, Fault(DATA, hangs_up)),
    case("reset at DATA", RESTS, Fault(DATA, resets)),
    case("silence at DATA", RESTS, Fault(DATA, falls_silent), smtp__timeout=SHORT),
    case("half a line at DATA, then closed", RESTS, Fault(DATA, breaks_off(b"354 g", hangs_up))),
    case(
        "half a line at DATA, then silence",
        RESTS,
        Fault(DATA, breaks_off(b"354", falls_silent)),
        smtp__timeout=SHORT,
    ),
]


@pytest.mark.parametrize("found", BEFORE_THE_CONTENT)
async def test_the_content_is_not_asked_for(world: World, found: Case) -> None:
    await shown(world, found)


IN_THE_CONTENT = [
    one("closed in the content", DOUBT, CONTENT, hangs_up),
    one("reset in the content", DOUBT, CONTENT, resets),
    one("silence in the content", DOUBT, CONTENT, falls_silent, smtp__dot_timeout=SHORT),
    one("554 in the content", PERSON, CONTENT, closes_with("554 5.6.0 no such content"), "no such content"),
    one("451 in the content", AGAIN, CONTENT, closes_with("451 4.3.0 later, please"), "later, please"),
    case("421 in the content", RESTS, Fault(CONTENT, closes_with("421 4.3.2 closing")), words="closing"),
]


@pytest.mark.parametrize("found", IN_THE_CONTENT)
async def test_the_content_is_cut_off(world: World, found: Case) -> None:
    await shown(world, found)


REFUSED = [
    one("dot 451", AGAIN, DOT, answers("451 4.3.0 queue file write error"), "queue file write error"),
    one("dot 452, disk full", AGAIN, DOT, answers("452 4.3.1 disk full"), "disk full"),
    one("dot 554, taken for spam", PERSON, DOT, answers("554 5.7.1 refused as spam"), "refused as spam"),
    one("dot 552, too large", PERSON, DOT, answers("552 5.3.4 message too big"), "message too big"),
    case("dot 421", RESTS, Fault(DOT, closes_with("421 4.7.0 slow down")), words="slow down"),
    case(
        "dot 550 5.7.515, the domain does not authenticate",
        RESTS,
        Fault(DOT, answers("550 5.7.515 Access denied, sending domain does not meet the level")),
        words="Access denied",
    ),
    case(
        "dot 550 5.4.5, daily limit",
        RESTS,
        Fault(DOT, answers("550 5.4.5 Daily user sending limit exceeded")),
        words="limit exceeded",
    ),
]


@pytest.mark.parametrize("found", REFUSED)
async def test_the_whole_message_is_refused(world: World, found: Case) -> None:
    await shown(world, found)


NO_ANSWER: dict[str, tuple[Does, float]] = {
    "closed": (hangs_up, 5),
    "reset": (resets, 5),
    "silence": (falls_silent, SHORT),
    "half a line, then closed": (breaks_off(b"25", hangs_up), 5),
    "half a line, then silence": (breaks_off(b"250 2.0", falls_silent), SHORT),
    "half an answer, then closed": (breaks_off(b"250-2.0.0 Ok\r\n", hangs_up), 5),
    "half an answer, then reset": (breaks_off(b"250-2.0.0 Ok\r\n", resets), 5),
    "garbage": (says(GARBAGE), 5),
    "64 KB in one line": (says(LONG_LINE), 5),
    "an answer that never ends": (never_ends, 5),
    "354 once more": (answers("354 go on"), 5),
    "a number that means nothing": (answers("999 done"), 5),
}


@pytest.mark.parametrize("keeps", [True, False], ids=["kept", "dropped"])
@pytest.mark.parametrize("name", NO_ANSWER)
async def test_a_250_that_never_comes(world: World, name: str, keeps: bool) -> None:
    does, dot_timeout = NO_ANSWER[name]
    fault = Fault(DOT, does, only_for=DURAND, keeps=keeps)
    await shown(world, Case(name, (fault,), DOUBT, "", {"smtp__dot_timeout": dot_timeout}))


async def test_a_250_that_comes_too_late_leaves_doubt_and_one_copy(world: World) -> None:
    """The server had the message all the while, and says so when nobody listens any more."""
    fault = Fault(DOT, breaks_off(b"", waits(2 * SHORT)), only_for=DURAND, keeps=True)
    await shown(world, Case("", (fault,), DOUBT, "", {"smtp__dot_timeout": SHORT}))


async def test_a_slow_250_is_waited_for_longer_than_any_other_answer(world: World) -> None:
    settings = {"smtp__timeout": SHORT, "smtp__dot_timeout": 5}
    await shown(world, Case("", (Fault(DOT, waits(2 * SHORT), only_for=DURAND),), SENT, "", settings))


def test_the_final_dot_is_waited_for_ten_minutes_unless_said_otherwise(world: World, tmp_path: Path) -> None:
    """RFC 5321 section 4.5.3.2.6."""
    written = world.office.config.model_dump(mode="json")
    del written["smtp"]["dot_timeout"]
    account = bootstrap.make_accounts(parse(written, tmp_path / "config.toml")).smtp
    assert account.dot_timeout == 600 > account.timeout


# ── after the 250 ────────────────────────────────────────────────────────────────────────────────────────────

AFTER = [
    case("closed at QUIT", SENT, Fault(Phase.QUIT, hangs_up)),
    case("reset at QUIT", SENT, Fault(Phase.QUIT, resets)),
    case("QUIT 500", SENT, Fault(Phase.QUIT, answers("500 what?"))),
]


@pytest.mark.parametrize("found", AFTER)
async def test_the_farewell_fails(world: World, found: Case) -> None:
    await shown(world, found)


async def test_the_connection_is_closed_after_each_message(world: World) -> None:
    async def then_closes(talk: Any) -> None:
        await talk.say("250 2.0.0 Ok: queued as 4Qx7")
        talk.hang_up()

    fault = Fault(DOT, then_closes, keeps=True)
    await shown(world, Case("", (fault,), SENT, "", {"smtp__connections": 1}))


async def test_stopped_while_the_250_is_waited_for(world: World) -> None:
    """What a stop of the daemon leaves: the message under way is in doubt, the others wait."""
    owe(world)
    reached = asyncio.Event()

    async def silent(talk: Any) -> None:
        reached.set()
        await talk.fall_silent()

    async with (
        serving(Fault(DOT, silent, keeps=True)) as server,
        world.outbox(server.port, smtp__connections=1) as outbox,
    ):
        task = asyncio.create_task(outbox.drain())
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert sorted(world.states()) == ["in_doubt", "queued", "queued"]
        server.behave()
        await world.drain(server.port)
    assert sorted(world.states()) == ["in_doubt", "sent", "sent"]
    assert len(server.mailbox) == 3
