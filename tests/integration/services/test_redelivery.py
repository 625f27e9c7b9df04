"""The same mail again, in whatever way it comes, is one message; other mail under old numbers or ids is none the less new."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relance_mailer.mail.imap import Batch, Fetched, Folder, Position
from relance_mailer.services.mail_sink import MailSink
from relance_mailer.services.office import BOT
from relance_mailer.services.receive import SAME_ID
from relance_mailer.store.tables import FolderRow, HoldRow, MessageRow, PromiseRow, ReplyRow, TaskRow
from tests.support.world import DEBTOR_ADDRESS, OUR_ADDRESS, World, answer, letter

INBOX = Folder("INBOX", "inbox")
TRACE = b"Return-Path: <x@debtor.example>\nDelivered-To: second@creditor.example\nX-Spam-Score: 3.1\n"


def states(world: World) -> list[str]:
    return [row.state for row in world.rows(MessageRow)]


def promise(world: World, text: str = "Nous réglerons le 20 mars 2026.", **values: str) -> bytes:
    world.owing()
    return answer(world.remind(), text, **values)


# ── one message, many ways ───────────────────────────────────────────────────────────────────────────────────


def test_a_message_moved_away_and_moved_back_is_taken_once(world: World) -> None:
    raw = promise(world)
    world.take(raw, first_uid=1)
    world.take(raw, folder="Junk", first_uid=1)
    world.take(raw, first_uid=2)
    assert states(world) == ["read", "duplicate", "duplicate"]
    assert len(world.rows(PromiseRow)) == len(world.rows(ReplyRow)) == 1


@pytest.mark.parametrize("first", [TRACE, b""])
def test_one_mail_to_two_mailboxes_is_taken_once_whichever_comes_first(world: World, first: bytes) -> None:
    raw = promise(world)
    other = TRACE if not first else b""
    world.take(first + raw)
    MailSink(world.office).store("second", INBOX, Batch(1, 2, (Fetched(1, None, other + raw),)))
    world.take()
    assert states(world) == ["read", "duplicate"]
    assert [row.state for row in world.rows(PromiseRow)] == ["open"]


def test_two_copies_that_wait_together_are_taken_once(world: World) -> None:
    raw = promise(world)
    world.take(raw, TRACE + raw)
    assert states(world) == ["read", "duplicate"]


def test_a_copy_that_a_relay_encoded_anew_is_taken_once(world: World) -> None:
    raw = promise(world)
    assert b"quoted-printable" not in raw
    quoted = raw.replace(b"8bit", b"quoted-printable").replace("é".encode(), b"=C3=A9")
    assert quoted != raw
    world.take(raw)
    world.take(quoted)
    assert states(world) == ["read", "duplicate"]


def test_a_delivery_report_that_comes_twice_counts_once(world: World) -> None:
    from tests.support.world import bounce

    world.owing()
    notice = world.remind()
    raw = bounce(DEBTOR_ADDRESS, notice.message_id)
    world.take(raw)
    world.take(TRACE.replace(b"\n", b"\r\n") + raw)
    assert states(world) == ["read", "duplicate"]


def test_a_machines_message_is_never_taken_for_a_persons_of_the_same_words(world: World) -> None:
    raw = promise(world)
    world.take(b"Auto-Submitted: auto-replied\nSubject-Prefix: x\n" + raw)
    world.take(raw)
    assert [(row.state, row.kind) for row in world.rows(MessageRow)] == [
        ("read", "machine"),
        ("read", "person"),
    ]


# ── other mail ───────────────────────────────────────────────────────────────────────────────────────────────


def test_another_message_under_a_known_id_is_read_and_flagged(world: World) -> None:
    world.owing()
    notice = world.remind()
    for text in ("Bien reçu.", "Nous réglerons le 20 mars 2026."):
        world.take(answer(notice, text, Message_ID="<same@debtor.example>"))
    first, second = world.rows(ReplyRow)
    assert SAME_ID not in first.understanding["flags"]
    assert SAME_ID in second.understanding["flags"]
    assert "another message has the same Message-ID" in second.effect
    assert "same Message-ID" in world.told(f"reply:{second.id}", "noted")["words"]
    assert len(world.rows(PromiseRow)) == 1


def test_another_message_under_a_known_uid_is_kept(world: World) -> None:
    """So it is after a backup was put back: the server gives UIDs out again."""
    for raw in (one := letter("one"), two := letter("two"), one):
        world.fetch(raw, first_uid=5)
    rows = world.rows(MessageRow)
    assert [(row.uid, row.state, world.bytes_of(row.sha256)) for row in rows] == [
        (5, "stored", one),
        (5, "stored", two),
    ]


def test_a_restored_folder_is_read_anew_and_not_fresh_until_then(world: World) -> None:
    sink = MailSink(world.office)
    sink.watching("inbox", [INBOX])
    old, lost, new = letter("old"), letter("lost"), letter("new")
    world.take(old, lost, first_uid=1)
    sink.read_to_end("inbox", INBOX, 1, 3, 77)
    assert sink.position("inbox", "INBOX") == Position(1, 2, 77)
    sink.restored("inbox", INBOX)
    assert sink.position("inbox", "INBOX") is None
    assert [gate.detail for gate in world.gates()] == ["inbox: INBOX"]
    world.take(old, new, first_uid=1)
    sink.read_to_end("inbox", INBOX, 1, 3, 9)
    assert sink.position("inbox", "INBOX") == Position(1, 2, 9)
    assert world.gates() == ()
    assert states(world) == ["read", "read", "read"]  # old is known where it lies


def test_another_uidvalidity_makes_a_folder_stale_until_it_was_read_again(world: World) -> None:
    sink = MailSink(world.office)
    world.take(letter("x"), first_uid=1)
    sink.read_to_end("inbox", INBOX, 1, 2)
    world.fetch(letter("y"), first_uid=1, uidvalidity=2)
    assert [gate.detail for gate in world.gates()] == ["inbox: INBOX"]
    sink.read_to_end("inbox", INBOX, 2, 2)
    assert world.gates() == ()


def test_when_the_last_messages_came_in_is_remembered_for_the_uids_as_they_are_now(world: World) -> None:
    sink = MailSink(world.office)
    world.fetch(letter("a"), letter("b"), first_uid=1)
    earlier, world_now = world.now, world.now + timedelta(hours=1)
    world.at(world_now)
    world.fetch(letter("c"), first_uid=2)
    assert sink.arrivals("inbox", "INBOX") == {1: earlier, 2: world_now}
    assert sink.arrivals("inbox", "Junk") == {}


def test_messages_and_position_are_kept_together_or_not_at_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from relance_mailer.store import ledger

    def full(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(ledger, "append", full)
    with pytest.raises(OSError, match="disk full"):
        world.fetch(letter("x"), first_uid=9)
    assert world.rows(MessageRow) == []
    assert world.one(FolderRow).last_uid == 0


# ── among the spam ───────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_found_among_the_spam_counts_and_the_team_is_told(world: World) -> None:
    world.owing()
    notice = world.remind()
    world.take(answer(notice, "Nous réglerons le 20 mars 2026."), folder="Junk")
    reply = world.one(ReplyRow)
    assert "found among the spam (Junk)" in reply.effect
    assert "Junk" in world.told(f"reply:{reply.id}", "noted")["words"]
    assert DEBTOR_ADDRESS in world.task("junk").words
    assert [row.state for row in world.rows(PromiseRow)] == ["open"]
    world.take(answer(notice, "Encore une chose."), folder="Junk")
    assert world.tasks().count("junk") == 1
    assert all("found among the spam" in row.effect for row in world.rows(ReplyRow))


def test_nobody_is_asked_about_a_strangers_spam_unless_it_may_come_from_a_debtor(world: World) -> None:
    world.take(letter("Gagnez un voyage", sender="win@spam.example"), folder="Junk")
    assert (world.tasks(), world.one(ReplyRow).handled_by) == ([], BOT)
    world.owing(DEBTOR_ADDRESS)
    world.owing(DEBTOR_ADDRESS, name="Dupont Sud SARL")
    world.take(letter("Bien reçu."), folder="Junk")
    assert world.tasks() == ["unmatched"]


def test_a_machines_message_among_the_spam_is_nothing_to_tell(world: World) -> None:
    raw = promise(world)
    world.take(b"Auto-Submitted: auto-replied\n" + raw, folder="Junk")
    assert "junk" not in world.tasks()


# ── what may be filed ────────────────────────────────────────────────────────────────────────────────────────


def test_only_what_was_read_and_concerns_a_debtor_is_filed_and_once(world: World) -> None:
    sink = MailSink(world.office)
    raw = promise(world)
    world.fetch(raw, letter("?", sender="who@nowhere.example"), first_uid=1)
    assert sink.to_file("inbox", INBOX) == []  # nothing was read yet
    world.take()
    assert sink.to_file("inbox", INBOX) == [1]
    sink.filed("inbox", INBOX, [1])
    assert sink.to_file("inbox", INBOX) == []
    world.take(raw, first_uid=3)  # a person moved it back
    assert sink.to_file("inbox", INBOX) == []


def test_our_own_copies_and_colleagues_letters_and_the_sent_folder_are_never_filed(world: World) -> None:
    sink = MailSink(world.office)
    world.owing()
    notice = world.remind()
    world.take(
        world.bytes_of(notice.sha256), letter("Bonjour", sender=OUR_ADDRESS, to=DEBTOR_ADDRESS), first_uid=1
    )
    assert [row.kind for row in world.rows(MessageRow)] == ["own", "colleague"]
    assert len(world.rows(HoldRow)) == 1
    assert sink.to_file("inbox", INBOX) == []
    world.take(answer(notice, "Bien reçu."), folder="Sent", first_uid=1)
    assert sink.to_file("inbox", Folder("Sent", "sent")) == ()
    assert [row.kind for row in world.rows(TaskRow)] == ["colleague"]  # whose it is, the team says


@pytest.mark.parametrize("same_look", [True, False], ids=["read at once", "read before"])
def test_what_a_person_takes_out_of_the_spam_is_asked_about_like_any_other(
    world: World, same_look: bool
) -> None:
    world.owing()
    raw = letter("Bonjour, qui êtes-vous ?", sender="unknown@elsewhere.example")
    if same_look:
        world.fetch(raw, folder="Junk")
    else:
        world.take(raw, folder="Junk")
        assert world.tasks() == []
    world.take(raw, folder="INBOX")
    assert world.tasks() == ["unmatched"]
    assert sorted(row.state for row in world.rows(MessageRow)) == ["duplicate", "read"]
    world.take(raw, folder="Junk", first_uid=99)
    assert world.tasks() == ["unmatched"]
