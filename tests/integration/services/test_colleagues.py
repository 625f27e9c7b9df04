"""From an address of ours: a colleague's letter, somebody else's words behind it, or a forgery; only Sent proves anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from relance_mailer.errors import UnreadableError
from relance_mailer.services import receive
from relance_mailer.services.holds import TEAM
from relance_mailer.services.reader import Reader, Reading
from relance_mailer.store.tables import HoldRow, MessageRow, ReplyRow
from tests.support.world import DEBTOR_ADDRESS, OUR_ADDRESS, World, answer, letter

GROUP = f"'Paul Durand' via Compta <{OUR_ADDRESS}>"


def test_an_answer_whose_from_a_group_rewrote_to_ours_is_an_answer(world: World) -> None:
    world.owing()
    notice = world.remind()
    world.take(answer(notice, "Nous contestons cette facture.", sender=GROUP, to=OUR_ADDRESS))
    assert world.one(MessageRow).kind == "person"
    assert world.one(HoldRow).reason == "unverified_sender"
    assert world.tasks() == ["unverified"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Reply_To": DEBTOR_ADDRESS},
        {"X_Original_From": f"Paul Durand <{DEBTOR_ADDRESS}>"},
        {"X_Original_Sender": DEBTOR_ADDRESS},
    ],
    ids=["a contact form", "a group", "another group"],
)
def test_somebody_else_writes_from_our_address_and_says_who(world: World, headers: dict[str, Any]) -> None:
    world.owing()
    world.take(letter("Bonjour, au sujet de vos factures.", sender=GROUP, to=OUR_ADDRESS, **headers))
    assert world.one(MessageRow).kind == "person"
    assert world.one(ReplyRow).needs_review
    assert world.tasks() != []


def test_a_letter_from_our_address_that_does_not_lie_in_sent_pauses_for_a_look_only(world: World) -> None:
    debtor, _ = world.owing()
    world.take(letter("Bonjour", sender=OUR_ADDRESS, to=DEBTOR_ADDRESS))
    hold = world.one(HoldRow)
    assert (hold.debtor_id, hold.owner) == (debtor, TEAM)
    assert hold.until is not None
    assert hold.until - hold.since <= timedelta(days=7)
    assert world.tasks() == ["colleague"]


def test_the_same_in_sent_is_that_persons_until_released(world: World) -> None:
    world.owing()
    world.take(letter("Bonjour", sender=OUR_ADDRESS, to=DEBTOR_ADDRESS), folder="Sent")
    assert (world.one(HoldRow).until, world.one(HoldRow).owner, world.tasks()) == (None, OUR_ADDRESS, [])


def test_our_own_absence_notice_in_sent_pauses_nobody(world: World) -> None:
    world.owing()
    words = "Je suis absent jusqu'au 20 mars."
    raw = letter(words, sender=OUR_ADDRESS, to=DEBTOR_ADDRESS, Auto_Submitted="auto-replied")
    world.take(raw, folder="Sent")
    assert world.rows(HoldRow) == []


# ── two readers at once ──────────────────────────────────────────────────────────────────────────────────────


class Slow(Reader):
    """Reads like the other, but while it does, another reader is quicker."""

    world: World

    def read_many(self, raws: Sequence[bytes]) -> list[Reading | UnreadableError]:
        with Reader(frozenset({OUR_ADDRESS})) as quick:
            said = quick.read_many(raws)
            receive.read_waiting(self.world.office, quick)
        return said


@pytest.mark.parametrize("text", ["Nous réglerons le 20 mars 2026.", "Bonjour"])
def test_what_another_reader_has_read_meanwhile_is_left_alone(world: World, text: str) -> None:
    world.owing()
    notice = world.remind()
    world.fetch(answer(notice, text), letter("Bonjour", sender="stranger@elsewhere.example"))
    with Slow(frozenset({OUR_ADDRESS})) as slow:
        slow.world = world
        report = receive.read_waiting(world.office, slow)
    assert (report.read, report.set_aside) == (0, 0)
    assert [(row.state, row.tries) for row in world.rows(MessageRow)] == [("read", 0), ("read", 0)]
    assert len(world.rows(HoldRow)) == 1
    assert len(world.rows(ReplyRow)) == 2


def test_stopped_within_a_batch_the_rest_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive, "_TOGETHER", 0.0)
    world.owing()
    world.fetch(*(letter(f"Bonjour {n}", sender=f"s{n}@elsewhere.example") for n in range(5)))
    asked = iter([False, False])
    with Reader(frozenset({OUR_ADDRESS})) as reader:
        report = receive.read_waiting(world.office, reader, stopped=lambda: next(asked, True))
    assert report.read == 1
    assert sorted(row.state for row in world.rows(MessageRow)) == ["read", *["stored"] * 4]
