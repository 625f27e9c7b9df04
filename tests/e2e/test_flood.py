"""None lost, none twice: mail that is delivered, delivered again, moved and renumbered while its reader is killed (rule 5)."""

from __future__ import annotations

import os
import random
import secrets
import sys
import time
from pathlib import Path

import pytest

from tests.support.flood import Flood
from tests.support.mailbed import MailBed

MESSAGES = int(os.environ.get("RELANCE_FLOOD", "300"))
SOAK_MESSAGES = int(os.environ.get("RELANCE_SOAK_FLOOD", "30000"))
SEED = int(os.environ.get("RELANCE_FLOOD_SEED", "0")) or secrets.randbits(
    32
)  #: named, a run can be had again
ROUNDS = 60  #: at most; each ends with one of the server's tricks or a kill

pytestmark = [pytest.mark.real, pytest.mark.timeout(0)]


def test_none_is_lost_and_none_is_taken_twice(
    mailbed: MailBed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = through_the_flood(mailbed, tmp_path, MESSAGES)
    with capsys.disabled():
        print(f"\n{told}", file=sys.stderr)


@pytest.mark.soak
def test_of_thirty_thousand_none_is_lost_either(
    mailbed: MailBed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = through_the_flood(mailbed, tmp_path, SOAK_MESSAGES)
    with capsys.disabled():
        print(f"\n{told}", file=sys.stderr)


def through_the_flood(bed: MailBed, folder: Path, messages: int) -> str:
    """Deliver so many messages in rounds, each with a trick at its end, and count what came of them."""
    begun = time.monotonic()
    flood = Flood(bed, folder, random.Random(SEED))
    rounds = max(10, min(ROUNDS, messages // 100))
    with flood.open():
        tricks = (
            flood.kill_and_start,
            flood.deliver_again,
            flood.renumber,
            flood.kill_and_start,
            flood.move,
            flood.restore,
            flood.kill_and_start,
            flood.restart_server,
            flood.move,
            flood.renumber,
        )
        for number in range(rounds):
            flood.deliver(messages // rounds)
            flood.move()
            flood.wait_until_read(flood.chance.random())  # now sooner, now later
            tricks[number % len(tricks)]()
        flood.wait_until_read()
        read, answered, states = flood.read(), flood.answered(), flood.states()
        assert sorted(read) == list(range(1, flood.delivered + 1)), f"seed {SEED}"
        assert {number: times for number, times in read.items() if times > 1} == {}, f"seed {SEED}"
        assert answered == read, f"seed {SEED}"
        assert states.keys() <= {"read", "duplicate"}, f"seed {SEED}"
    seconds = time.monotonic() - begun
    happened = ", ".join(f"{what} {times} times" for what, times in sorted(flood.happened.items()))
    return f"{flood.delivered} messages in {seconds:.0f} s (seed {SEED}): {happened}; {states}"
