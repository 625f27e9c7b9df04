"""Several messages in one transaction: strangers' written down together, one that fails undoing none of the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from relance_mailer.errors import ConflictError, UnreadableError
from relance_mailer.replies.model import Message
from relance_mailer.services import receive
from relance_mailer.services.reader import Reader, Reading
from relance_mailer.services.receive import Received
from relance_mailer.store import ledger
from relance_mailer.store.tables import HoldRow, MessageRow, ReplyRow
from tests.support.world import OUR_ADDRESS, World, answer, letter


def stranger(text: str, number: int) -> bytes:
    return letter(text, sender=f"who{number}@nowhere{number}.example", subject=f"Offre {number}")


def test_strangers_are_each_asked_about_beside_an_answer_that_pauses(world: World) -> None:
    world.owing()
    notice = world.remind()
    world.fetch(
        stranger("Notre catalogue.", 1),
        answer(notice, "Nous contestons cette facture."),
        stranger("Votre relance nous étonne, la société est en liquidation judiciaire.", 2),
    )
    assert receive.read_waiting(world.office, world.reader) == Received(read=3)
    first, answered, second = sorted(world.rows(ReplyRow), key=lambda reply: reply.message_id)
    assert [row.id for row in world.rows(MessageRow)] == [
        first.message_id,
        answered.message_id,
        second.message_id,
    ]
    assert (first.intent, answered.intent, second.intent) == ("other", "dispute", "insolvency")
    assert (first.reply_text, first.needs_review, first.debtor_id) == ("Notre catalogue.", True, None)
    assert {hold.debtor_id for hold in world.rows(HoldRow)} == {answered.debtor_id}
    assert world.tasks().count("unmatched") == 2
    for reply in (first, second):
        kinds = [one.kind for one in ledger_of(world, f"reply:{reply.id}")]
        assert kinds == ["understood", "task_opened"]
    with world.db.read() as session:
        assert ledger.verify(session, world.office.creditor_id).holds


def ledger_of(world: World, subject: str) -> list[ledger.Recorded]:
    with world.db.read() as session:
        return ledger.entries(session, world.office.creditor_id, subject)


def test_a_strangers_message_that_comes_twice_in_one_look_is_asked_about_once(world: World) -> None:
    raw = stranger("Notre catalogue.", 1)
    world.fetch(raw, b"Received: from elsewhere.example\r\n" + raw, stranger("Autre chose.", 2))
    receive.read_waiting(world.office, world.reader)
    assert [row.state for row in world.rows(MessageRow)] == ["read", "duplicate", "read"]
    assert world.tasks().count("unmatched") == 2


def test_one_whose_consequences_fail_undoes_none_of_those_that_came_with_it(world: World) -> None:
    class Failing:
        def __init__(self, message: Message) -> None:
            self.message, self.machine, self.content = message, None, ""

        @property
        def own(self) -> str:
            raise ConflictError("cannot be")

    class Conflicting(Reader):
        def read_many(self, raws: Sequence[bytes]) -> list[Reading | UnreadableError]:
            found = super().read_many(raws)
            return [
                cast("Reading", Failing(said.message))
                if isinstance(said, Reading) and b"conflict" in raw
                else said
                for raw, said in zip(raws, found, strict=True)
            ]

    world.owing()
    notice = world.remind()
    with Conflicting(frozenset({OUR_ADDRESS})) as reader:
        world.fetch(
            stranger("Bonjour", 1), stranger("conflict", 2), answer(notice, "Nous contestons cette facture.")
        )
        assert receive.read_waiting(world.office, reader) == Received(read=2)
    assert [(row.state, row.tries) for row in world.rows(MessageRow)] == [
        ("read", 0),
        ("stored", 1),
        ("read", 0),
    ]
    assert len(world.rows(HoldRow)) == 1
    assert world.tasks().count("unmatched") == 1
    with world.db.read() as session:
        assert ledger.verify(session, world.office.creditor_id).holds


def test_an_answer_above_our_unmarked_notice_that_calls_itself_automatic_is_a_persons(world: World) -> None:
    world.owing()
    notice = world.remind()
    automatic = "Ceci est un message automatique, merci de ne pas y répondre."
    text = f"{automatic}\n\n{notice.own_text}"
    with world.db.write() as session:
        session.merge(notice).own_text = text
    world.take(answer(notice, f"Nous contestons cette facture.\n\n{text}", subject="Facture contestée"))
    assert (world.one(MessageRow).kind, world.one(ReplyRow).intent) == ("person", "dispute")
