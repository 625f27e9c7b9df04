"""Receiving: the bytes first, then the reading; our own mail, colleagues, duplicates, and what cannot be read."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import cast

import pytest

from relance_mailer.errors import ConflictError, UnreadableError
from relance_mailer.mail.imap import Batch, Folder, Position
from relance_mailer.services import receive
from relance_mailer.services.mail_sink import MailSink
from relance_mailer.services.reader import Reader, Reading
from relance_mailer.services.receive import Received
from relance_mailer.store.tables import FolderRow, HoldRow, MessageRow, NoticeRow, PromiseRow, ReplyRow
from tests.support.world import DEBTOR_ADDRESS, OUR_ADDRESS, World, answer, letter

TIGHT = 80 * 1024 * 1024


@pytest.fixture(scope="module")
def small() -> Iterator[Reader]:
    """A reader with little memory and little time."""
    with Reader(frozenset({OUR_ADDRESS}), memory=TIGHT, deadline=5) as reader:
        yield reader


def look(world: World, reader: Reader, times: int) -> Received:
    """Read what waits so many times, as the daemon does again and again; return what the last look did."""
    for _ in range(times - 1):
        receive.read_waiting(world.office, reader)
    return receive.read_waiting(world.office, reader)


def poison(sender: str = DEBTOR_ADDRESS) -> bytes:
    """Return a message that needs more memory than `small` has."""
    return letter("Bonjour", sender=sender) + b"x" * (60 << 20)


# ── the bytes first ──────────────────────────────────────────────────────────────────────────────────────────

ODD = [
    b"",
    b"\x00\xff\xfe no headers at all",
    b"Subject: only a header",
    b"From: a@b\nSubject: bare line feeds\n\nx\n.\ny\n",
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nnever closed",
    letter("Réglé hier, cordialement."),
]


@pytest.mark.parametrize("raw", ODD, ids=range(len(ODD)))
def test_what_is_kept_is_what_was_fetched_byte_for_byte(world: World, raw: bytes) -> None:
    world.fetch(raw)
    row = world.one(MessageRow)
    assert (row.state, world.bytes_of(row.sha256)) == ("stored", raw)
    look(world, world.reader, 3)
    assert world.bytes_of(world.one(MessageRow).sha256) == raw
    assert world.one(MessageRow).state in ("read", "set_aside")


def test_its_arrival_stands_in_the_ledger_before_it_is_read(world: World) -> None:
    world.fetch(letter("x"), first_uid=7)
    row = world.one(MessageRow)
    assert world.told(f"blob:{row.sha256}", "received")["where"] == "inbox/INBOX/1/7"


def test_messages_are_read_in_the_order_of_their_arrival(world: World) -> None:
    world.take(*(letter(f"number {number}", subject=str(number)) for number in range(10)))
    assert [row.subject for row in world.rows(MessageRow)] == [str(number) for number in range(10)]
    assert {row.state for row in world.rows(MessageRow)} == {"read"}
    replies = world.rows(ReplyRow)
    assert [row.message_id for row in replies] == sorted(row.message_id for row in replies)


def test_more_messages_than_are_read_at_once_are_all_read(world: World) -> None:
    world.take(*(letter(f"number {number}") for number in range(60)))
    assert [row.state for row in world.rows(MessageRow)] == ["read"] * 60


# ── duplicates and positions ─────────────────────────────────────────────────────────────────────────────────


def test_the_same_bytes_again_are_noted_and_not_answered_twice(world: World) -> None:
    world.owing()
    raw = answer(world.remind(), "Bien reçu, je transmets.")
    world.take(raw)
    world.take(raw, folder="Junk")
    assert [row.state for row in world.rows(MessageRow)] == ["read", "duplicate"]
    assert len(world.rows(ReplyRow)) == len(world.rows(HoldRow)) == 1


def test_the_same_bytes_twice_in_one_batch_are_one_message(world: World) -> None:
    raw = letter("x")
    world.take(raw, raw)
    assert [row.state for row in world.rows(MessageRow)] == ["read", "duplicate"]


def test_the_same_uid_fetched_again_adds_nothing(world: World) -> None:
    raw = letter("x")
    for _ in range(2):
        world.fetch(raw, first_uid=5)
    assert len(world.rows(MessageRow)) == 1


def test_after_a_change_of_uidvalidity_what_is_known_is_a_duplicate_and_what_is_new_is_read(
    world: World,
) -> None:
    old, new = letter("old"), letter("new")
    world.take(old, first_uid=40)
    world.take(old, new, first_uid=1, uidvalidity=2)
    assert [row.state for row in world.rows(MessageRow)] == ["read", "duplicate", "read"]
    folder = world.one(FolderRow)
    assert (folder.uidvalidity, folder.last_uid) == (2, 2)


def test_the_watcher_goes_on_where_the_folder_was_stored(world: World) -> None:
    sink = MailSink(world.office)
    assert sink.position("inbox", "Junk") is None
    world.fetch(letter("x"), folder="Junk", first_uid=12)
    assert sink.position("inbox", "Junk") == Position(1, 12)
    sink.read_to_end("inbox", Folder("Junk", "junk"), 1, 20)  # what has UID 13 to 19 may yet show
    assert sink.position("inbox", "Junk") == Position(1, 12)
    assert world.one(FolderRow, name="Junk").read_to_end_at == world.now


def test_an_empty_batch_moves_nothing(world: World) -> None:
    MailSink(world.office).store("inbox", Folder("INBOX", "inbox"), Batch(1, 1, ()))
    assert world.rows(MessageRow) == []


def test_news_are_told_only_of_new_messages(world: World) -> None:
    told: list[int] = []
    sink = MailSink(world.office, lambda: told.append(1))
    world.fetch(letter("x"), first_uid=3)
    row = world.one(MessageRow)
    from relance_mailer.mail.imap import Fetched

    batch = Batch(1, 9, (Fetched(3, None, world.bytes_of(row.sha256)),))
    sink.store("inbox", Folder("INBOX", "inbox"), batch)
    assert told == []
    sink.store("inbox", Folder("INBOX", "inbox"), Batch(1, 10, (Fetched(9, None, letter("y")),)))
    assert told == [1]


def test_nothing_older_than_the_day_before_the_first_notice_is_asked_for(world: World) -> None:
    assert MailSink(world.office).since() == world.today - timedelta(days=1)
    world.owing()
    world.plan()
    first = world.today
    world.later(days=40)
    assert MailSink(world.office).since() == first - timedelta(days=1)


def other_way(raw: bytes) -> bytes:
    return (
        b"Received: from mx2.creditor.example by store2.creditor.example; Tue, 10 Mar 2026 09:30:00 +0000\n"
        + raw
    )


def test_an_answer_that_reached_two_mailboxes_is_taken_once(world: World) -> None:
    world.owing()
    raw = answer(world.remind(), "Nous réglerons le 20 mars 2026.")
    world.take(raw)
    world.take(other_way(raw), folder="Junk")
    assert [row.state for row in world.rows(MessageRow)] == ["read", "duplicate"]
    assert [row.state for row in world.rows(PromiseRow)] == ["open"]
    assert len(world.rows(ReplyRow)) == len(world.rows(HoldRow)) == 1


def test_what_a_colleague_sent_and_copied_to_the_mailbox_pauses_once(world: World) -> None:
    world.owing()
    raw = letter("Bonjour", sender=OUR_ADDRESS, to=DEBTOR_ADDRESS)
    world.take(raw, folder="Sent")
    world.take(other_way(raw))
    assert len(world.rows(HoldRow)) == 1


def test_other_words_under_a_known_id_are_a_new_message(world: World) -> None:
    world.owing()
    notice = world.remind()
    for text in ("Bien reçu.", "Nous réglerons le 20 mars 2026."):
        world.take(answer(notice, text, Message_ID="<same@debtor.example>"))
    assert [row.state for row in world.rows(MessageRow)] == ["read", "read"]
    assert len(world.rows(PromiseRow)) == 1


def test_the_same_words_of_somebody_else_under_a_known_id_are_a_new_message(world: World) -> None:
    world.owing()
    notice = world.remind()
    for sender in (DEBTOR_ADDRESS, "second@debtor.example"):
        world.take(answer(notice, "Bien reçu.", sender=sender, Message_ID="<same@debtor.example>"))
    assert [row.state for row in world.rows(MessageRow)] == ["read", "read"]


def test_messages_with_neither_id_nor_date_are_never_taken_for_each_other(world: World) -> None:
    raw = letter("Bien reçu.").replace(b"Message-ID: ", b"X-Lost: ").replace(b"Date: ", b"X-When: ")
    world.take(raw, other_way(raw))
    assert [row.state for row in world.rows(MessageRow)] == ["read", "read"]


def test_a_copy_that_is_believed_more_than_the_one_before_is_taken(world: World) -> None:
    checked_by_our_server(world)
    world.owing()
    raw = answer(world.remind(), "Nous réglerons le 20 mars 2026.")
    world.take(b"Authentication-Results: mx.creditor.example; dmarc=fail\n" + raw)
    assert world.rows(PromiseRow) == []
    world.take(other_way(raw))
    world.take(b"Authentication-Results: mx.creditor.example; dmarc=fail\n" + other_way(raw))
    assert [row.state for row in world.rows(MessageRow)] == ["read", "read", "duplicate"]
    assert len(world.rows(PromiseRow)) == 1


# ── what cannot be read ──────────────────────────────────────────────────────────────────────────────────────


def test_a_message_too_much_for_the_reader_is_set_aside_and_the_others_go_on(
    world: World, small: Reader
) -> None:
    world.owing()
    notice = world.remind()
    world.fetch(poison())
    world.fetch(answer(notice, "Nous réglerons le 20 mars 2026."))
    assert receive.read_waiting(world.office, small) == Received(read=1)
    assert look(world, small, 2) == Received(set_aside=1)
    first, second = world.rows(MessageRow)
    assert (first.state, first.tries, second.state) == ("set_aside", 3, "read")
    assert first.error
    assert world.bytes_of(first.sha256).endswith(b"x" * 1000)
    assert receive.read_waiting(world.office, small).set_aside == 0


def test_an_unreadable_message_of_a_known_sender_pauses_that_debtor_and_asks(
    world: World, small: Reader
) -> None:
    debtor, _ = world.owing()
    world.fetch(poison())
    look(world, small, 3)
    hold = world.one(HoldRow)
    assert (hold.debtor_id, hold.invoice_id, hold.reason, hold.owner) == (
        debtor,
        None,
        "unreadable",
        "accounts",
    )
    assert hold.until == world.office.days.add(world.today, 3)
    assert DEBTOR_ADDRESS in world.task("unreadable").words
    assert world.plan().created == 0


def test_an_unreadable_answer_from_an_unknown_address_pauses_whom_the_notice_went_to(
    world: World, small: Reader
) -> None:
    debtor, _ = world.owing()
    notice = world.remind()
    world.fetch(answer(notice, "Bonjour", sender="who@nowhere.example") + b"x" * (60 << 20))
    look(world, small, 3)
    assert (world.one(HoldRow).debtor_id, world.one(HoldRow).reason) == (debtor, "unreadable")


def test_an_unreadable_message_of_a_stranger_only_asks(world: World, small: Reader) -> None:
    world.owing()
    world.fetch(poison("who@nowhere.example"))
    look(world, small, 3)
    assert (world.rows(HoldRow), world.tasks()) == ([], ["unreadable"])
    assert world.plan().created == 1


def test_a_message_that_is_read_too_slowly_is_set_aside(world: World) -> None:
    class Frozen(Reader):
        """The real reader, its child stopped by the system before every message."""

        def read_many(self, raws: Sequence[bytes]) -> list[Reading | UnreadableError]:
            if any(b"slow" in raw for raw in raws):
                os.kill(self._running().pid, signal.SIGSTOP)
            return super().read_many(raws)

    world.owing()
    notice = world.remind()
    with Frozen(frozenset(), deadline=0.8) as reader:
        reader.read(letter("wake up"))
        world.fetch(letter("slow"))
        world.fetch(answer(notice, "Nous réglerons le 20 mars 2026."))
        look(world, reader, 3)
    states = [(row.state, row.error) for row in world.rows(MessageRow)]
    assert states[0] == ("set_aside", "not read within 0.8 seconds")


class Stumbling(Reader):
    """A reader that fails so many times before it reads."""

    failures = 2

    def read_many(self, raws: Sequence[bytes]) -> list[Reading | UnreadableError]:
        failing, self.failures = raws[: self.failures], max(0, self.failures - len(raws))
        failed = [UnreadableError("the reading process ended", why="ended") for _ in failing]
        return [*failed, *super().read_many(raws[len(failing) :])]


def test_a_message_that_is_read_at_the_third_try_is_not_set_aside(world: World) -> None:
    world.owing()
    with Stumbling(frozenset({OUR_ADDRESS})) as reader:
        world.fetch(letter("Bonjour"))
        assert look(world, reader, 3) == Received(read=1)
    assert world.tasks() != ["unreadable"]


def test_what_fails_in_passing_sets_nothing_aside_and_nothing_leaves_until_it_is_read(world: World) -> None:
    world.owing()
    world.plan()
    with Stumbling(frozenset({OUR_ADDRESS})) as reader:
        reader.failures = 3
        world.fetch(*(letter(f"number {number}", sender="who@nowhere.example") for number in range(3)))
        assert receive.read_waiting(world.office, reader) == Received()
        assert [(row.state, row.tries) for row in world.rows(MessageRow)] == [("stored", 1)] * 3
        assert world.claim().claimed == ()
        assert receive.read_waiting(world.office, reader) == Received(read=3)
    assert len(world.claim().claimed) == 1


def test_a_message_whose_consequences_fail_is_set_aside_and_the_others_go_on(world: World) -> None:
    class Refused:
        @property
        def machine(self) -> None:
            raise ConflictError("a notice that is refused cannot bounce")

    class Conflicting(Reader):
        def read_many(self, raws: Sequence[bytes]) -> list[Reading | UnreadableError]:
            found = zip(raws, super().read_many(raws), strict=True)
            return [cast("Reading", Refused()) if b"conflict" in raw else said for raw, said in found]

    with Conflicting(frozenset({OUR_ADDRESS})) as reader:
        world.fetch(letter("conflict"))
        world.fetch(letter("Bonjour"))
        assert receive.read_waiting(world.office, reader) == Received(read=1)
        assert look(world, reader, 2) == Received(set_aside=1)


# ── our own notices ──────────────────────────────────────────────────────────────────────────────────────────


def checked_by_our_server(world: World) -> None:
    """Let the results of our own server's checks be believed."""
    server = {"host": "127.0.0.1", "port": 1, "tls": "none", "name": "inbox"}
    world.configure(mailboxes=[server | {"authserv_id": "mx.creditor.example"}])


def own_copy(world: World, notice: NoticeRow, *, message_id: str = "") -> bytes:
    raw = world.bytes_of(notice.sha256)
    if message_id:
        raw = raw.replace(f"Message-ID: {notice.message_id}".encode(), f"Message-ID: {message_id}".encode())
        assert message_id.encode() in raw
    return raw


@pytest.mark.parametrize("folder", ["INBOX", "Sent", "Junk"])
@pytest.mark.parametrize("message_id", ["", "<renamed@provider.example>"], ids=["as sent", "renamed"])
def test_our_own_notice_is_known_wherever_it_lies_and_opens_no_hold(
    world: World, folder: str, message_id: str
) -> None:
    world.owing()
    notice = world.remind()
    world.take(own_copy(world, notice, message_id=message_id), folder=folder)
    assert world.one(MessageRow).kind == "own"
    assert (world.rows(HoldRow), world.rows(ReplyRow), world.tasks()) == ([], [], [])


@pytest.mark.parametrize("folder", ["INBOX", "Sent"])
def test_our_own_copy_settles_a_doubt(world: World, folder: str) -> None:
    world.owing()
    world.plan()
    world.lose(world.claim().claimed[0])
    world.take(own_copy(world, world.one(NoticeRow)), folder=folder, first_uid=77)
    assert (world.states(), world.tasks()) == (["sent"], [])
    assert world.told("notice:1", "settled") == {"left": True, "proof": f"inbox/{folder}/1/77"}


def test_a_renamed_copy_settles_a_doubt_and_answers_to_its_new_id_are_matched(world: World) -> None:
    world.owing()
    world.plan()
    world.lose(world.claim().claimed[0])
    renamed = "<renamed@provider.example>"
    world.take(own_copy(world, world.one(NoticeRow), message_id=renamed), folder="Sent")
    notice = world.one(NoticeRow)
    assert (notice.state, notice.provider_id) == ("sent", renamed)
    world.take(letter("Nous réglerons le 20 mars 2026.", In_Reply_To=renamed))
    assert (world.one(ReplyRow).notice_id, world.one(ReplyRow).matched_by) == (1, "thread")


def test_a_copy_read_before_the_servers_answer_was_noted_settles_it(world: World) -> None:
    world.owing()
    world.plan()
    [claimed] = world.claim().claimed
    world.start(claimed)
    world.take(own_copy(world, world.one(NoticeRow)))
    world.accept(claimed)
    assert world.states() == ["sent"]
    assert world.tasks() == []


def test_our_own_notice_in_sent_is_known_where_the_provider_rewrote_its_sender(world: World) -> None:
    world.owing()
    world.plan()
    world.lose(world.claim().claimed[0])
    raw = own_copy(world, world.one(NoticeRow)).replace(OUR_ADDRESS.encode(), b"login@provider.example")
    world.take(raw, folder="Sent")
    assert (world.states(), world.rows(HoldRow), world.one(MessageRow).kind) == (["sent"], [], "own")


def test_a_forged_copy_of_our_notice_gives_it_no_other_id(world: World) -> None:
    checked_by_our_server(world)
    world.owing()
    raw = own_copy(world, world.remind(), message_id="<chosen@evil.example>")
    world.take(b"Authentication-Results: mx.creditor.example; dmarc=fail\r\n" + raw)
    assert (world.one(NoticeRow).provider_id, world.rows(HoldRow)) == ("", [])


def test_finding_no_copy_never_means_not_sent(world: World) -> None:
    world.owing()
    world.plan()
    world.lose(world.claim().claimed[0])
    for _ in range(5):
        world.later(days=3)
        world.follow_up()
        world.plan()
        assert world.claim().claimed == ()
    assert world.states() == ["in_doubt"]


def test_a_signature_that_is_not_ours_proves_nothing(world: World) -> None:
    world.owing()
    world.plan()
    world.lose(world.claim().claimed[0])
    raw = own_copy(world, world.one(NoticeRow)).replace(b"X-Relance-Notice: r1 ", b"X-Relance-Notice: r2 ")
    world.take(raw)
    assert world.states() == ["in_doubt"]


def test_the_header_alone_from_somebody_else_is_no_mail_of_ours(world: World) -> None:
    world.owing()
    world.plan()
    world.lose(world.claim().claimed[0])
    raw = own_copy(world, world.one(NoticeRow)).replace(OUR_ADDRESS.encode(), DEBTOR_ADDRESS.encode())
    world.take(raw)
    assert world.states() == ["in_doubt"]
    assert world.one(MessageRow).kind == "person"


# ── colleagues ───────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_colleague_writes_to_a_debtor_pauses_it_with_that_person_as_owner(world: World) -> None:
    debtor, _ = world.owing()
    world.plan()
    world.take(
        letter("Bonjour, suite à notre appel …", sender=f"Jo Lee <{OUR_ADDRESS}>", to=DEBTOR_ADDRESS),
        folder="Sent",
    )
    hold = world.one(HoldRow)
    assert (hold.debtor_id, hold.reason, hold.until, hold.owner) == (debtor, "colleague", None, OUR_ADDRESS)
    assert world.states() == ["superseded"]
    assert world.told(f"debtor:{debtor}", "noted")["from"] == OUR_ADDRESS


def test_a_colleague_with_an_address_of_ones_own_is_the_owner(world: World) -> None:
    world.owing()
    world.take(letter("Bonjour", sender="jo@creditor.example", to=DEBTOR_ADDRESS), folder="Sent")
    assert world.one(HoldRow).owner == "jo@creditor.example"


def test_a_colleague_who_writes_to_others_pauses_nobody(world: World) -> None:
    world.owing()
    world.take(letter("Bonjour", sender=OUR_ADDRESS, to="friend@elsewhere.example"), folder="Sent")
    assert (world.rows(HoldRow), world.one(MessageRow).kind) == ([], "colleague")


def test_a_colleague_who_answers_in_our_thread_pauses_its_debtor_whatever_the_address(world: World) -> None:
    debtor, _ = world.owing()
    notice = world.remind()
    world.take(answer(notice, "Bonjour", sender=OUR_ADDRESS, to="director@private.example"), folder="Sent")
    assert [row.debtor_id for row in world.rows(HoldRow)] == [debtor]


def test_a_colleague_who_writes_to_another_address_at_the_debtors_own_domain_pauses_it(world: World) -> None:
    debtor, _ = world.owing()
    world.owing("free@gmail.com")
    raw = letter("Bonjour", sender=OUR_ADDRESS, to="director@debtor.example", Cc="somebody@gmail.com")
    world.take(raw, folder="Sent")
    assert [row.debtor_id for row in world.rows(HoldRow)] == [debtor]


def test_a_forged_sender_of_ours_is_no_colleague(world: World) -> None:
    checked_by_our_server(world)
    world.owing()
    failed = "mx.creditor.example; dmarc=fail header.from=creditor.example"
    world.take(letter("Bonjour", sender=OUR_ADDRESS, to=DEBTOR_ADDRESS, Authentication_Results=failed))
    assert (world.rows(HoldRow), world.tasks(), world.one(MessageRow).kind) == ([], ["unmatched"], "person")


def test_a_forged_sender_of_ours_in_our_thread_is_an_unverified_answer(world: World) -> None:
    checked_by_our_server(world)
    world.owing()
    failed = "mx.creditor.example; dmarc=fail header.from=creditor.example"
    world.take(answer(world.remind(), "Bonjour", sender=OUR_ADDRESS, Authentication_Results=failed))
    assert (world.one(HoldRow).reason, world.tasks()) == ("unverified_sender", ["unverified"])


def test_colleagues_among_themselves_pause_nobody(world: World) -> None:
    world.owing()
    notice = world.remind()
    world.take(
        answer(notice, "Tu t'en occupes ?", sender=OUR_ADDRESS, to="jo@creditor.example"), folder="Sent"
    )
    assert world.rows(HoldRow) == []


def test_a_colleague_who_copies_the_mailbox_is_no_debtor(world: World) -> None:
    debtor, _ = world.owing()
    raw = letter("Bonjour", sender=OUR_ADDRESS, to=DEBTOR_ADDRESS)
    world.take(raw)
    assert world.one(MessageRow).kind == "colleague"
    assert world.one(HoldRow).debtor_id == debtor
