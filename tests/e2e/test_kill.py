"""SIGKILL at random between planning and the server's 250: nothing leaves twice, and nothing is lost unseen (rule 1)."""

from __future__ import annotations

import os
import random
import secrets
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from email.parser import BytesHeaderParser
from pathlib import Path

import pytest

from relance_mailer.replies.token import HEADER, verify_own_header
from tests.support.killing import House, State, moments
from tests.support.killing_server import message_id
from tests.support.mailbed import MailBed

UNDER_WAY = tuple(state for state in State if state is not State.NOTHING)
LANES = 2  #: offices side by side, one for each core
KILLS = int(os.environ.get("RELANCE_KILLS", "100"))
#: Where the killed process left nobody knowing whether its message went.
UNKNOWN = (State.SENDING, State.DOT, State.ANSWERED)
FEWEST = 5  #: kills in each state and lane
SOAK_KILLS = int(os.environ.get("RELANCE_SOAK_KILLS", "1000"))
SEED = int(os.environ.get("RELANCE_KILL_SEED", "0")) or secrets.randbits(32)  #: named, a run can be had again

pytestmark = [pytest.mark.real, pytest.mark.timeout(0)]


@pytest.mark.parametrize("lane", range(LANES))
def test_whenever_it_is_killed_nothing_leaves_twice_and_nothing_is_lost_unseen(
    lane: int, mailbed: MailBed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = through_kills(mailbed, tmp_path, lane, KILLS // LANES)
    with capsys.disabled():
        print(f"\n{told}", file=sys.stderr)


@pytest.mark.soak
def test_a_thousand_kills_are_survived_too(
    mailbed: MailBed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [tmp_path / str(lane) for lane in range(LANES)]
    for folder in folders:
        folder.mkdir()
    with ThreadPoolExecutor(LANES) as pool:
        lanes = [
            pool.submit(through_kills, mailbed, folder, lane, SOAK_KILLS // LANES)
            for lane, folder in enumerate(folders)
        ]
        told = [lane.result() for lane in lanes]
    with capsys.disabled():
        print("", *told, sep="\n", file=sys.stderr)


def through_kills(bed: MailBed, folder: Path, lane: int, kills: int) -> str:
    """Kill the program at least so many times while something is under way, then see what became of every notice."""
    seed = SEED + lane
    chance = random.Random(seed)
    started = time.monotonic()
    with House(bed, folder, chance, connections=lane + 1).open() as house:
        try:
            for moment in moments(chance):
                house.live(moment)
                if house.fatal >= kills and (enough(house) or house.fatal >= 2 * kills):
                    break
            told = f"{house.told()}\n  {afterwards(house)}, {time.monotonic() - started:.0f} s"
        except AssertionError as error:
            error.add_note(f"RELANCE_KILL_SEED={SEED}, lane {lane}\n{house.told()}\n{house.log()}")
            raise
    return f"{house.fatal} kills, RELANCE_KILL_SEED={SEED}, lane {lane}, {lane + 1} connection(s)\n{told}"


def enough(house: House) -> bool:
    """Whether each state was met often enough; a lane whose chance was bad goes on for a while."""
    fewest = min(FEWEST, house.fatal // 10)
    return all(house.kills[state] >= fewest for state in UNDER_WAY)


def afterwards(house: House) -> str:
    """Let the program come to rest, and check what the server, the database and the ledger say."""
    assert enough(house), house.told()
    house.server.bring_copies(every=True)
    house.tick()
    assert_nothing_twice(house)
    doubts = doubts_left(house)
    delivered = len(house.server.delivered)
    settled = len(house.rows("SELECT 1 FROM ledger WHERE kind = 'settled'"))
    assert settled + len(doubts) >= sum(house.kills[state] for state in UNKNOWN)
    house.command("ledger", "verify")
    assert_a_person_frees_what_did_not_leave(house, doubts)
    return (
        f"{house.invoices} notices: {delivered} delivered, none twice; {settled} in doubt settled "
        f"from the mailbox, {len(doubts)} without a copy left to a person"
    )


def assert_nothing_twice(house: House) -> None:
    """No final dot twice for one Message-ID, no notice and no stage of an invoice twice at a debtor's."""
    once(house.server.whole)
    once(message_id(raw) for raw in house.server.delivered)
    notices = delivered_notices(house)
    once(notices)
    stages = dict(house.rows("SELECT notice_id, invoice_id || stage FROM notice_invoice"))
    once(stages[notice] for notice in notices)
    once(BytesHeaderParser().parsebytes(raw)["To"] for raw in house.server.delivered)


def once(things: object) -> None:
    """Nothing comes twice."""
    assert {thing: times for thing, times in Counter(things).items() if times > 1} == {}  # type: ignore[call-overload]


def delivered_notices(house: House) -> list[int]:
    """Return the notices that reached the debtors, by the signed header of each."""
    verified = [
        verify_own_header(BytesHeaderParser().parsebytes(raw)[HEADER], house.office.key)
        for raw in house.server.delivered
    ]
    assert all(verified)
    return [own[0] for own in verified if own]


def doubts_left(house: House) -> list[int]:
    """Return the notices in doubt; every other one was delivered, and each one in doubt is told by the ledger."""
    states = dict(house.rows("SELECT id, state FROM notice"))
    delivered = set(delivered_notices(house))
    doubts = [notice for notice, state in states.items() if state == "in_doubt"]
    assert {notice for notice, state in states.items() if state == "sent"} == delivered
    assert set(states) == delivered | set(doubts)
    assert len(states) == house.invoices == len(house.rows("SELECT DISTINCT invoice_id FROM notice_invoice"))
    for notice in doubts:
        subject = f"notice:{notice}"
        assert house.rows("SELECT 1 FROM ledger WHERE kind = 'in_doubt' AND subject = ?", subject)
        assert house.rows(
            "SELECT 1 FROM task WHERE kind = 'in_doubt' AND subject = ? AND done_at IS NULL", subject
        )
    return doubts


def assert_a_person_frees_what_did_not_leave(house: House, doubts: list[int]) -> None:
    """Absence of a copy proves nothing: a further pass sends none of them, until a person says "not sent"."""
    before = len(house.server.delivered)
    house.tick()
    assert len(house.server.delivered) == before
    freed = doubts[:2]
    for notice in freed:
        at = house.now.isoformat()
        house.command("approve", "doubt", str(notice), "--not-sent", "--by", "Mme Martin", "--at", at)
    house.tick()
    assert len(house.server.delivered) == before + len(freed)
    house.server.bring_copies(every=True)
    house.tick()
    assert_nothing_twice(house)
    about = house.rows("SELECT notice_id, invoice_id FROM notice_invoice")
    again = {invoice for notice, invoice in about if notice in delivered_notices(house)[before:]}
    assert again == {invoice for notice, invoice in about if notice in freed}
    house.command("ledger", "verify")
