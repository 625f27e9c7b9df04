"""What a mailbox's watcher tells is kept for each creditor apart, and says which folders are watched."""

from __future__ import annotations

from dataclasses import replace

import pytest
import structlog

from relance_mailer.mail.imap import Batch, Fetched, Folder, Position
from relance_mailer.services.mail_sink import MailSink
from relance_mailer.store.tables import CreditorRow, FolderRow, MessageRow
from tests.support.world import World, letter

INBOX, JUNK = Folder("INBOX", "inbox"), Folder("Junk", "junk")


@pytest.fixture
def sinks(world: World) -> tuple[MailSink, MailSink]:
    """The sinks of two creditors on one database, each with a mailbox called inbox."""
    with world.db.write() as session:
        other = CreditorRow(key="other", name="Zenith")
        session.add(other)
        session.flush()
        assert other.id is not None
        office = replace(world.office, creditor_id=other.id)
    return MailSink(world.office), MailSink(office)


def test_the_same_place_in_mailboxes_of_one_name_holds_two_creditors_mail(
    world: World, sinks: tuple[MailSink, MailSink]
) -> None:
    for sink, raw in zip(sinks, (letter("one"), letter("two")), strict=True):
        sink.store("inbox", INBOX, Batch(1, 6, (Fetched(5, None, raw),)))
    found = [(row.creditor_id, row.uid, row.state) for row in world.rows(MessageRow)]
    assert found == [(1, 5, "stored"), (2, 5, "stored")]


def test_the_same_bytes_are_news_to_each_creditor(world: World, sinks: tuple[MailSink, MailSink]) -> None:
    raw = letter("to both")
    for sink in sinks:
        sink.store("inbox", INBOX, Batch(1, 6, (Fetched(5, None, raw),)))
    assert [row.state for row in world.rows(MessageRow)] == ["stored", "stored"]


def test_each_creditors_folder_is_read_from_where_it_was_left(sinks: tuple[MailSink, MailSink]) -> None:
    first, second = sinks
    first.read_to_end("inbox", JUNK, 1, 100)
    assert second.position("inbox", "Junk") is None
    second.read_to_end("inbox", JUNK, 7, 3)
    assert (first.position("inbox", "Junk"), second.position("inbox", "Junk")) == (
        Position(1, 99),
        Position(7, 2),
    )


def test_one_creditors_folders_are_watched_whatever_the_other_watches(
    world: World, sinks: tuple[MailSink, MailSink]
) -> None:
    first, second = sinks
    first.watching("inbox", [INBOX, JUNK])
    second.watching("inbox", [INBOX])
    watched = {(row.creditor_id, row.name) for row in world.rows(FolderRow) if row.watched}
    assert watched == {(1, "INBOX"), (1, "Junk"), (2, "INBOX")}


def test_a_folder_that_is_left_is_told_once(world: World) -> None:
    sink = MailSink(world.office)
    sink.watching("inbox", [INBOX, JUNK])
    with structlog.testing.capture_logs() as logs:
        sink.watching("inbox", [INBOX])
        sink.watching("inbox", [INBOX])
    assert [(entry["mailbox"], entry["folders"]) for entry in logs] == [("inbox", ["Junk"])]
