"""What must be true before anything leaves at all: each closed gate says why, stops plan and claim, and opens again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from relance_mailer.errors import ConflictError
from relance_mailer.mail.imap import Folder, Position
from relance_mailer.services import desk, gates
from relance_mailer.services.gates import Gate, GateKind
from relance_mailer.services.mail_sink import MailSink
from relance_mailer.services.send import Claims
from relance_mailer.store.tables import AcceptedIbanRow, FolderRow, ImportRow, NoticeRow, SettingRow
from tests.support.world import IBAN, OTHER_IBAN, World, letter

Turn = Callable[[World], None]


def no_inbox(world: World) -> None:
    world.later(minutes=31, fresh=False)
    payments_in(world)


def payments_in(world: World) -> None:
    with world.db.write() as session:
        session.add(world._import())


def no_payments(world: World) -> None:
    with world.db.write() as session:
        for row in session.exec(select(ImportRow)):
            session.delete(row)


def stop(world: World) -> None:
    desk.stop_all(world.office, world.now, "Jo")


def other_iban(world: World) -> None:
    world.configure(creditor__iban=OTHER_IBAN)


CLOSED: list[tuple[Turn, Gate, Turn]] = [
    (no_inbox, Gate(GateKind.INBOX, "inbox: INBOX"), World.freshen),
    (no_payments, Gate(GateKind.PAYMENTS), payments_in),
    (stop, Gate(GateKind.STOP_ALL, "Jo"), lambda world: desk.release_all(world.office, world.now, "Jo")),
    (other_iban, Gate(GateKind.IBAN, OTHER_IBAN), lambda world: world.configure(creditor__iban=IBAN)),
]
NAMES = [gate.kind.value for _, gate, _ in CLOSED]


@pytest.mark.parametrize(("close", "gate", "reopen"), CLOSED, ids=NAMES)
def test_a_closed_gate_stops_planning_and_opens_again(
    world: World, close: Turn, gate: Gate, reopen: Turn
) -> None:
    world.owing()
    close(world)
    report = world.plan()
    assert (report.gates, report.created, world.rows(NoticeRow)) == ((gate,), 0, [])
    reopen(world)
    assert world.plan().created == 1


@pytest.mark.parametrize(("close", "gate", "reopen"), CLOSED, ids=NAMES)
def test_a_gate_that_closes_after_planning_stops_the_claim_and_loses_nothing(
    world: World, close: Turn, gate: Gate, reopen: Turn
) -> None:
    world.owing()
    world.plan()
    close(world)
    assert world.gates() == (gate,)
    assert world.claim() == Claims()
    assert world.states() == ["queued"]
    reopen(world)
    assert len(world.claim().claimed) == 1


def test_several_closed_gates_are_all_told(world: World) -> None:
    stop(world)
    world.later(days=30, fresh=False)
    assert [gate.kind for gate in world.gates()] == ["stop_all", "inbox", "payments"]


# ── the inbox ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("age", "open_"), [(timedelta(minutes=30), True), (timedelta(minutes=30, seconds=1), False)]
)
def test_the_inbox_may_be_half_an_hour_old_and_no_older(world: World, age: timedelta, open_: bool) -> None:
    world.at(world.now + age, fresh=False)
    assert (world.gates() == ()) is open_


def test_an_inbox_never_read_to_its_end_is_not_fresh(world: World) -> None:
    with world.db.write() as session:
        row = session.get(FolderRow, (world.office.creditor_id, "inbox", "INBOX"))
        assert row is not None
        row.read_to_end_at = None
    assert world.gates() == (Gate(GateKind.INBOX, "inbox: INBOX"),)


def test_every_watched_folder_must_be_fresh(world: World) -> None:
    with world.db.write() as session:
        world._folder(session, "Sent", "sent").read_to_end_at = world.now - timedelta(hours=1)
    assert world.gates() == (Gate(GateKind.INBOX, "inbox: Sent"),)


def test_every_mailbox_must_have_been_read(world: World) -> None:
    server = {"host": "127.0.0.1", "port": 1, "tls": "none"}
    world.configure(mailboxes=[server | {"name": "inbox"}, server | {"name": "second"}])
    assert world.gates() == (Gate(GateKind.INBOX, "second: INBOX"),)


def test_storing_some_messages_is_not_reading_to_the_end(world: World) -> None:
    world.later(minutes=31, fresh=False)
    payments_in(world)
    world.fetch(b"Subject: x\r\n\r\nx\r\n")
    assert [gate.kind for gate in world.gates()] == ["inbox"]


def watch(world: World, *names: str) -> None:
    """Tell the sink, as a watcher does after it connected."""
    roles = {"INBOX": "inbox", "Junk": "junk", "Sent": "sent"}
    MailSink(world.office).watching("inbox", [Folder(name, roles[name]) for name in names])


def read(world: World, name: str) -> None:
    MailSink(world.office).read_to_end("inbox", Folder(name, name.lower()), 1, 1)


def test_a_folder_that_is_no_longer_watched_closes_nothing(world: World) -> None:
    watch(world, "INBOX", "Junk")
    read(world, "INBOX")
    read(world, "Junk")
    world.later(minutes=31)  # the inbox alone is read
    assert world.gates() == (Gate(GateKind.INBOX, "inbox: Junk"),)
    watch(world, "INBOX")
    assert world.gates() == ()
    world.office = replace(world.office, reads_since=world.now)
    with world.db.read() as session:
        assert not gates.unheard(session, world.office)


def test_a_folder_watched_again_is_stale_until_it_is_read_and_goes_on_where_it_was(world: World) -> None:
    watch(world, "INBOX", "Junk")
    world.fetch(letter("x"), folder="Junk", first_uid=12)
    read(world, "Junk")
    watch(world, "INBOX")
    watch(world, "INBOX", "Junk")
    assert world.gates() == (Gate(GateKind.INBOX, "inbox: Junk"),)
    assert MailSink(world.office).position("inbox", "Junk") == Position(1, 12)
    read(world, "Junk")
    assert world.gates() == ()


def test_a_folder_found_for_the_first_time_is_stale_until_it_is_read(world: World) -> None:
    watch(world, "INBOX", "Sent")
    assert world.gates() == (Gate(GateKind.INBOX, "inbox: Sent"),)
    read(world, "Sent")
    assert world.gates() == ()


def test_watching_one_mailbox_leaves_the_folders_of_others_alone(world: World) -> None:
    server = {"host": "127.0.0.1", "port": 1, "tls": "none"}
    world.configure(mailboxes=[server | {"name": "inbox"}, server | {"name": "second"}])
    sink = MailSink(world.office)
    sink.watching("second", [Folder("INBOX", "inbox"), Folder("Junk", "junk")])
    watch(world, "INBOX")
    assert world.gates() == (Gate(GateKind.INBOX, "second: INBOX, Junk"),)


def test_a_mailbox_no_longer_configured_leaves_nothing_unheard(world: World) -> None:
    MailSink(world.office).watching("former", [Folder("INBOX", "inbox")])
    world.office = replace(world.office, reads_since=world.now)
    with world.db.read() as session:
        assert not gates.unheard(session, world.office)
    assert world.gates() == ()


def test_a_first_reading_that_does_not_come_is_told_after_two_minutes(world: World) -> None:
    world.later(minutes=1, fresh=False)
    world.office = replace(world.office, reads_since=world.now)  # the inbox was read a minute before
    world.later(minutes=2, fresh=False)
    assert world.gates() == ()
    with world.db.read() as session:
        assert gates.unheard(session, world.office), "nothing leaves, in silence"
    world.later(seconds=1, fresh=False)
    assert world.gates() == (Gate(GateKind.INBOX, "inbox: INBOX"),)
    read(world, "INBOX")
    assert world.gates() == ()
    world.later(minutes=20, fresh=False)
    assert world.gates() == ()


# ── payments ─────────────────────────────────────────────────────────────────────────────────────────────────


def paid_up_on(world: World, imported: datetime, now: datetime) -> bool:
    """Say whether payments imported at `imported` are recent enough at `now`."""
    no_payments(world)
    world.at(imported)
    world.at(now, fresh=False)
    return GateKind.PAYMENTS not in [gate.kind for gate in world.gates()]


@pytest.mark.parametrize(
    ("imported", "now", "open_"),
    [
        (datetime(2026, 3, 10, 9, tzinfo=UTC), datetime(2026, 3, 13, 16, tzinfo=UTC), True),
        (datetime(2026, 3, 10, 9, tzinfo=UTC), datetime(2026, 3, 16, 9, tzinfo=UTC), False),
        (datetime(2026, 3, 13, 9, tzinfo=UTC), datetime(2026, 3, 18, 16, tzinfo=UTC), True),  # over a weekend
        (datetime(2026, 3, 13, 9, tzinfo=UTC), datetime(2026, 3, 19, 9, tzinfo=UTC), False),
        (
            datetime(2026, 4, 30, 9, tzinfo=UTC),
            datetime(2026, 5, 6, 16, tzinfo=UTC),
            True,
        ),  # and the 1st of May
        (datetime(2026, 4, 30, 9, tzinfo=UTC), datetime(2026, 5, 7, 9, tzinfo=UTC), False),
        (
            datetime(2026, 3, 9, 23, 30, tzinfo=UTC),
            datetime(2026, 3, 13, 16, tzinfo=UTC),
            True,
        ),  # the 10th in Paris
    ],
)
def test_payments_may_be_three_working_days_old(
    world: World, imported: datetime, now: datetime, open_: bool
) -> None:
    assert paid_up_on(world, imported, now) is open_


def test_an_import_that_tells_no_payments_is_none(world: World) -> None:
    no_payments(world)
    with world.db.write() as session:
        row = world._import()
        row.tells_payments = False
        session.add(row)
    assert world.gates() == (Gate(GateKind.PAYMENTS),)


def test_the_gate_says_when_payments_last_came_in(world: World) -> None:
    world.later(days=20, fresh=False)
    assert Gate(GateKind.PAYMENTS, "2026-03-10") in world.gates()


# ── switches ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_stop_all_is_noted_with_the_name_of_who_did_it(world: World) -> None:
    stop(world)
    assert world.one(SettingRow, key="stop_all").changed_by == "Jo"
    assert [entry.actor for entry in world.entries("setting:stop_all")] == ["Jo"]


def test_nothing_stopped_cannot_be_released(world: World) -> None:
    with pytest.raises(ConflictError):
        desk.release_all(world.office, world.now, "Jo")


def test_an_iban_once_accepted_needs_no_second_approval(world: World) -> None:
    other_iban(world)
    assert desk.approve_iban(world.office, world.now, "Jo") == (IBAN, OTHER_IBAN)
    assert world.gates() == ()
    with pytest.raises(ConflictError):
        desk.approve_iban(world.office, world.now, "Jo")


THIRD_IBAN = "DE89370400440532013000"


@pytest.mark.parametrize("by", ["Jo Petit", " jo  PETIT", "jopetit", "root"])
def test_who_accepted_last_or_is_logged_in_is_no_second_person(world: World, by: str) -> None:
    other_iban(world)
    desk.approve_iban(world.office, world.now, "Jo Petit", login="Root")
    world.configure(creditor__iban=THIRD_IBAN)
    with pytest.raises(ConflictError, match=r"a second person must.*approve iban --by") as refused:
        desk.approve_iban(world.office, world.now, by, login="Root")
    assert " → DE89" in str(refused.value)
    assert [gate.kind for gate in world.gates()] == [GateKind.IBAN]
    assert desk.approve_iban(world.office, world.now, "Marie", login="Root") == (OTHER_IBAN, THIRD_IBAN)
    assert world.gates() == ()


def test_the_first_iban_of_all_may_be_accepted_by_who_is_logged_in(world: World) -> None:
    with world.db.write() as session:
        for row in session.exec(select(AcceptedIbanRow)):
            session.delete(row)
    assert desk.approve_iban(world.office, world.now, "Jo", login="Jo") == ("", IBAN)
    assert world.gates() == ()


def test_without_an_iban_of_ours_nothing_is_stopped(world: World) -> None:
    world.configure(creditor__iban="")
    assert world.gates() == ()
