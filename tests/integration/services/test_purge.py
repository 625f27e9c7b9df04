"""Privacy: what concerns no debtor goes after its days, everywhere; that it was here stays, and the chain verifies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from relance_mailer.errors import NotFoundError, UnreadableError
from relance_mailer.mail.imap import Batch, Fetched, Folder
from relance_mailer.services import desk
from relance_mailer.services.mail_sink import MailSink
from relance_mailer.services.office import BOT
from relance_mailer.services.purge import purge
from relance_mailer.services.reader import Reader, Reading
from relance_mailer.store import blobs, ledger
from relance_mailer.store.tables import CreditorRow, LedgerPayloadRow, MessageRow, ReplyRow, TaskRow
from tests.support.world import DEBTOR_ADDRESS, OUR_ADDRESS, World, answer, letter

INBOX = Folder("INBOX", "inbox")
STRANGER = "jeanne.petit@nowhere.example"
SECRET = "Le rendez-vous chez le docteur Morel est mardi"


def private(subject: str = "Rendez-vous de Jeanne") -> bytes:
    return letter(SECRET, sender=STRANGER, subject=subject)


def everything(world: World) -> str:
    """Return all that the database's tables hold, as text; compressed bytes unpacked."""
    with world.db.read() as session:
        tables = (MessageRow, ReplyRow, TaskRow, LedgerPayloadRow)
        text = " ".join(str(row) for table in tables for row in world.rows(table))
        for row in world.rows(MessageRow):
            try:
                text += blobs.get(session, row.sha256).decode("utf-8", "replace")
            except NotFoundError:
                text += " erased "
        return text


def words_of(world: World) -> list[str]:
    found = everything(world)
    return [word for word in (SECRET, STRANGER, "Rendez-vous", "Jeanne", "jeanne") if word in found]


def test_after_its_days_nothing_of_a_strangers_message_is_left_and_the_chain_verifies(world: World) -> None:
    world.take(private())
    assert len(words_of(world)) == 5
    world.later(days=29)
    assert world.follow_up().purged == 0
    assert len(words_of(world)) == 5
    world.later(days=1, minutes=1)
    assert world.follow_up().purged == 1
    assert words_of(world) == []
    row = world.one(MessageRow)
    assert (row.state, row.uid > 0, len(row.sha256), len(row.trace)) == ("purged", True, 64, 64)
    with world.db.read() as session:
        verified = ledger.verify(session, world.office.creditor_id)
    assert verified.holds
    assert verified.erased >= 2
    assert world.told(f"blob:{row.sha256}", "erased") == {"copies": 1, "days": 30}
    assert world.told(f"blob:{row.sha256}", "received")["size"] > 0


def test_the_task_closes_itself_and_says_so(world: World) -> None:
    world.take(private())
    assert world.tasks() == ["unmatched"]
    world.later(days=31)
    world.follow_up()
    assert world.tasks() == []
    task = world.one(TaskRow, kind="unmatched")
    assert (task.done_by, "erased after 30 days" in task.words) == (BOT, True)
    reply = world.one(ReplyRow)
    assert (reply.handled_by, "erased after 30 days" in reply.effect, reply.reply_text) == (BOT, True, "")


def test_how_long_is_the_admins_choice(world: World) -> None:
    world.configure(privacy__unmatched_days=3)
    world.take(private())
    world.later(days=3, minutes=1)
    assert purge(world.office, world.now) == 1
    assert purge(world.office, world.now) == 0


def test_what_concerns_a_debtor_stays(world: World) -> None:
    world.owing()
    notice = world.remind()
    world.take(answer(notice, "Bien reçu."), world.bytes_of(notice.sha256))
    world.take(letter("Bonjour", sender=OUR_ADDRESS, to=DEBTOR_ADDRESS), folder="Sent")
    world.later(days=400)
    assert purge(world.office, world.now) == 0
    assert [row.state for row in world.rows(MessageRow)] == ["read"] * 3


def test_what_a_person_matched_to_a_debtor_stays(world: World) -> None:
    world.owing(reference="C77")
    world.take(private())
    desk.match_reply(world.office, world.one(ReplyRow).id or 0, "C77", world.now, "Claire")
    world.later(days=31)
    assert purge(world.office, world.now) == 0
    assert SECRET in everything(world)


def test_what_colleagues_write_to_others_goes_too(world: World) -> None:
    world.take(letter(SECRET, sender=OUR_ADDRESS, to=STRANGER), folder="Sent")
    world.later(days=31)
    assert purge(world.office, world.now) == 1
    assert words_of(world) == []


def test_every_copy_goes_also_one_that_came_just_now(world: World) -> None:
    raw = private()
    world.take(raw)
    world.later(days=30)
    world.take(b"Delivered-To: second@creditor.example\n" + raw, folder="Junk")
    world.later(minutes=1)
    assert purge(world.office, world.now) == 1
    assert [row.state for row in world.rows(MessageRow)] == ["purged", "purged"]
    assert words_of(world) == []


@pytest.mark.parametrize(
    "trace", [b"", b"Delivered-To: second@creditor.example\n"], ids=["moved", "another way"]
)
def test_what_is_fetched_again_after_that_stays_gone(world: World, trace: bytes) -> None:
    raw = private()
    world.take(raw)
    world.later(days=31)
    world.follow_up()
    world.take(trace + raw, folder="Junk")
    world.follow_up()
    assert words_of(world) == []
    assert len(world.rows(ReplyRow)) == 1
    assert world.tasks() == []


def test_bytes_that_another_creditor_needs_stay_and_come_back_for_one_who_gets_them_later(
    world: World,
) -> None:
    with world.db.write() as session:
        rows = [CreditorRow(key=key, name=key) for key in ("second", "third")]
        session.add_all(rows)
        session.flush()
        second, third = (replace(world.office, creditor_id=row.id or 0) for row in rows)
    raw = private()
    batch = Batch(1, 2, (Fetched(1, None, raw),))
    world.take(raw)
    MailSink(second).store("inbox", INBOX, batch)
    world.later(days=31)
    assert purge(world.office, world.now) == 1
    assert world.bytes_of(world.one(MessageRow, creditor_id=second.creditor_id).sha256) == raw
    with world.db.write() as session:
        blobs.erase(session, [world.one(MessageRow, creditor_id=second.creditor_id).sha256])
    MailSink(third).store("inbox", INBOX, batch)
    assert world.bytes_of(world.one(MessageRow, creditor_id=third.creditor_id).sha256) == raw


def test_an_unreadable_message_of_a_stranger_goes_and_a_debtors_stays(world: World) -> None:
    class Blind(Reader):
        def read_many(self, raws: Sequence[bytes]) -> list[Reading | UnreadableError]:
            return [UnreadableError("too much") for _ in raws]

    from relance_mailer.services import receive

    world.owing()
    with Blind(frozenset()) as blind:
        world.fetch(private(), letter("Bonjour", sender=DEBTOR_ADDRESS))
        for _ in range(3):
            receive.read_waiting(world.office, blind)
    assert sorted(world.tasks()) == ["unreadable", "unreadable"]
    world.later(days=31)
    assert purge(world.office, world.now) == 1
    assert [row.state for row in world.rows(MessageRow)] == ["purged", "set_aside"]
    assert words_of(world) == []
    assert world.tasks() == ["unreadable"]


def test_what_waits_to_be_read_is_not_touched(world: World) -> None:
    world.fetch(private())
    world.later(days=400)
    assert purge(world.office, world.now) == 0
    assert [row.state for row in world.rows(MessageRow)] == ["stored"]


def test_many_go_in_parts(world: World) -> None:
    world.take(*(private(subject=f"n° {number}") for number in range(30)))
    world.later(days=31)
    from relance_mailer.services import purge as module

    assert module._AT_ONCE > 1
    assert purge(world.office, world.now) == 30
