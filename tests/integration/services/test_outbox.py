"""The outbox against real SMTP servers with one thing broken: what each answer means, and nothing sent twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from relance_mailer.services import desk
from relance_mailer.services.follow_up import start_up
from relance_mailer.store.tables import AttemptRow, InvoiceRow, NoticeInvoiceRow, NoticeRow
from tests.integration.mail.servers import drop_in_content, hang_up, say, smtp_server
from tests.support.world import DEBTOR_ADDRESS, OUR_ADDRESS, World

Verb = Callable[[Any, str], Awaitable[None]]
QUEUED = "2.0.0 Ok: queued as 4Qx7Kd1zzz"


def only_for(address: str, answer: str) -> Verb:
    """Refuse one recipient, accept all others."""

    async def verb(self: Any, arg: str) -> None:
        if address in arg:
            await self.push(answer)
            return
        self.envelope.rcpt_tos.append(arg.partition("<")[2].partition(">")[0])
        await self.push("250 2.1.5 Ok")

    return verb


async def content(self: Any) -> None:
    """Take a whole content, whatever its size."""
    await self.push("354 go on")
    while await self._reader.readline() != b".\r\n":
        pass


def after_content(answer: str | None) -> Verb:
    """Take the whole content, answer this (None: nothing) and hang up."""

    async def verb(self: Any, arg: str) -> None:
        await content(self)
        if answer is not None:
            self._writer.write(answer.encode())
            await self._writer.drain()
        self.transport.close()
        await asyncio.Event().wait()

    return verb


async def silence_after_content(self: Any, arg: str) -> None:
    await content(self)
    await asyncio.Event().wait()


# ── 250 ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_servers_exact_words_and_queue_id_are_kept(world: World) -> None:
    world.owing()
    world.plan()
    async with smtp_server() as peer:
        report = await world.drain(peer.port)
    notice, attempt = world.one(NoticeRow), world.one(AttemptRow)
    assert (report.sent, notice.state, notice.left_at) == (1, "sent", world.now)
    assert (attempt.state, attempt.code, attempt.answer, attempt.queue_id) == (
        "accepted",
        250,
        QUEUED,
        "4Qx7Kd1zzz",
    )
    assert world.told("notice:1", "sent")["answer"] == QUEUED
    assert world.story(1) == ["rendered", "attempted", "sent"]
    assert world.one(NoticeInvoiceRow).served_on == world.today


async def test_the_bytes_that_leave_are_the_bytes_kept(world: World) -> None:
    world.owing()
    world.plan()
    async with smtp_server() as peer:
        await world.drain(peer.port)
    [envelope] = peer.received
    assert envelope.content == world.bytes_of(world.one(NoticeRow).sha256)
    assert (envelope.mail_from, envelope.rcpt_tos) == (OUR_ADDRESS, [DEBTOR_ADDRESS])


async def test_many_leave_once_each_over_few_connections(world: World) -> None:
    for place in range(20):
        world.owing(f"d{place}@debtor{place}.example")
    world.plan()
    async with smtp_server() as peer:
        assert (await world.drain(peer.port)).sent == 20
    assert sorted(envelope.rcpt_tos[0] for envelope in peer.received) == sorted(
        f"d{place}@debtor{place}.example" for place in range(20)
    )
    assert peer.connections <= 6


async def test_the_next_stage_answers_the_one_before(world: World) -> None:
    _, invoice = world.owing(overdue=5)
    world.plan()
    async with smtp_server() as peer:
        await world.drain(peer.port)
        world.later(days=14)
        world.plan()
        await world.drain(peer.port)
    first, second = world.rows(NoticeRow)
    assert invoice == 1
    assert f"In-Reply-To: {first.message_id}\r\n".encode() in peer.received[1].content
    assert first.message_id.encode() in peer.received[1].content.partition(b"References:")[2]
    assert second.message_id != first.message_id


async def test_a_blind_copy_goes_along_and_stands_in_no_header(world: World) -> None:
    world.configure(smtp__bcc="copies@creditor.example")
    world.owing()
    world.plan()
    async with smtp_server() as peer:
        await world.drain(peer.port)
    [envelope] = peer.received
    assert envelope.rcpt_tos == [DEBTOR_ADDRESS, "copies@creditor.example"]
    assert b"copies@" not in envelope.content


async def test_a_refused_blind_copy_does_not_keep_the_debtor_from_its_message(world: World) -> None:
    world.configure(smtp__bcc="copies@creditor.example")
    world.owing()
    world.plan()
    async with smtp_server({"RCPT": only_for("copies@", "550 5.1.1 no")}) as peer:
        assert (await world.drain(peer.port)).sent == 1
    assert world.states() == ["sent"]


async def test_with_the_debtor_refused_no_blind_copy_goes_alone(world: World) -> None:
    world.configure(smtp__bcc="copies@creditor.example")
    world.owing()
    world.plan()
    async with smtp_server({"RCPT": only_for(DEBTOR_ADDRESS, "550 5.1.1 no")}) as peer:
        await world.drain(peer.port)
    assert peer.received == []


# ── refused for now ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("verb", "answer"),
    [
        ("RCPT", say("451 4.7.1 greylisted")),
        ("DATA", say("451 4.3.0 later")),
        ("DATA", after_content("451 4.3.0 later\r\n")),
    ],
)
async def test_a_refusal_for_now_is_followed_by_the_same_bytes_to_the_same_contact(
    world: World, verb: str, answer: Verb
) -> None:
    world.owing(DEBTOR_ADDRESS, "second@debtor.example")
    world.plan()
    before = world.one(NoticeRow)
    async with smtp_server({verb: answer}) as peer:
        report = await world.drain(peer.port)
    assert (report.deferred, report.sent, world.states()) == (1, 0, ["deferred"])
    async with smtp_server() as peer:
        assert (await world.drain(peer.port)).sent == 0  # its time has not come
        world.later(minutes=6)
        assert (await world.drain(peer.port)).sent == 1
    [envelope] = peer.received
    assert (envelope.content, envelope.rcpt_tos) == (world.bytes_of(before.sha256), [DEBTOR_ADDRESS])
    assert world.one(NoticeRow).message_id == before.message_id
    assert [row.state for row in world.rows(AttemptRow)] == ["refused", "accepted"]
    assert world.tasks() == []


async def test_the_ledger_tells_each_refusal_in_the_servers_words(world: World) -> None:
    world.owing()
    world.plan()
    async with smtp_server({"RCPT": say("451 4.7.1 greylisted")}) as peer:
        await world.drain(peer.port)
    told = world.told("notice:1", "deferred")
    assert (told["phase"], told["code"], told["answer"]) == ("rcpt", 451, "4.7.1 greylisted")


# ── refused for good ─────────────────────────────────────────────────────────────────────────────────────────


async def test_a_recipient_refused_for_good_is_told_to_a_person_and_the_next_contact_written_to_anew(
    world: World,
) -> None:
    world.owing(DEBTOR_ADDRESS, "second@debtor.example")
    world.plan()
    async with smtp_server({"RCPT": only_for(DEBTOR_ADDRESS, "550 5.1.1 unknown user")}) as peer:
        report = await world.drain(peer.port)
    assert (report.failed, world.states(), world.tasks()) == (1, ["failed"], ["undelivered"])
    world.plan()
    async with smtp_server() as peer:
        assert (await world.drain(peer.port)).sent == 1
    first, second = world.rows(NoticeRow)
    assert peer.received[0].rcpt_tos == ["second@debtor.example"]
    assert (first.stage, first.message_id == second.message_id) == (second.stage, False)


@pytest.mark.parametrize(
    "answer", [say("554 5.6.0 no"), after_content("554 5.7.1 refused as spam\r\n")], ids=["DATA", "dot"]
)
async def test_a_message_refused_for_good_is_sent_to_nobody_else_and_a_person_looks(
    world: World, answer: Verb
) -> None:
    world.owing(DEBTOR_ADDRESS, "second@debtor.example")
    world.plan()
    async with smtp_server({"DATA": answer}) as peer:
        report = await world.drain(peer.port)
    assert (report.failed, world.states(), world.tasks()) == (1, ["failed"], ["refused"])
    assert world.holds() == [("refused", None)]
    world.later(days=7)
    assert world.plan().created == 0


async def test_with_no_further_contact_nothing_is_tried_again(world: World) -> None:
    world.owing()
    world.plan()
    async with smtp_server({"RCPT": say("550 5.1.1 unknown user")}) as peer:
        await world.drain(peer.port)
        world.plan()
        world.later(days=1)
        world.plan()
        await world.drain(peer.port)
    assert len(world.rows(AttemptRow)) == 1
    assert sorted(world.tasks()) == ["no_contact", "undelivered"]


async def test_one_refused_recipient_holds_no_other_up(world: World) -> None:
    world.owing(DEBTOR_ADDRESS)
    world.owing("other@other.example")
    world.plan()
    async with smtp_server({"RCPT": only_for(DEBTOR_ADDRESS, "550 5.1.1 no")}) as peer:
        report = await world.drain(peer.port)
    assert (report.failed, report.sent) == (1, 1)
    assert peer.received[0].rcpt_tos == ["other@other.example"]


# ── nobody knows ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "broken",
    [after_content(None), drop_in_content, after_content("250-unfinished\r\n")],
    ids=["after the dot", "in the content", "in the answer"],
)
async def test_a_connection_lost_once_the_content_began_leaves_doubt_and_is_never_sent_again(
    world: World, broken: Verb
) -> None:
    world.owing()
    world.plan()
    async with smtp_server({"DATA": broken}) as peer:
        report = await world.drain(peer.port)
    assert (report.in_doubt, world.states(), world.tasks()) == (1, ["in_doubt"], ["in_doubt"])
    assert world.one(AttemptRow).state == "in_doubt"
    async with smtp_server() as peer:
        for _ in range(3):
            start_up(world.office, world.now)
            world.plan()
            await world.drain(peer.port)
            world.later(days=7)
    assert peer.received == []
    assert world.states() == ["in_doubt"]


async def test_silence_after_the_dot_is_doubt_too(world: World) -> None:
    world.configure(smtp__dot_timeout=0.2)
    world.owing()
    world.plan()
    async with smtp_server({"DATA": silence_after_content}) as peer:
        assert (await world.drain(peer.port)).in_doubt == 1


# ── the account refused ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("broken", "options"),
    [
        ({"MAIL": say("550 5.1.8 bad sender")}, {}),
        ({"MAIL": say("452 4.3.1 disk full")}, {}),
        ({"EHLO": say("550 not you")}, {}),
        ({"RCPT": say("550 5.4.5 Daily sending limit")}, {}),
        ({"RCPT": say("554 5.7.1 Relay access denied")}, {}),
        ({"AUTH": say("535 5.7.8 no")}, {"smtp__username": "compta", "smtp__password": "x"}),
        ({"MAIL": hang_up}, {}),
        ({"DATA": after_content("421 4.7.0 slow down\r\n")}, {}),
    ],
    ids=["sender", "disk", "ehlo", "quota", "relay", "password", "hang up", "dot"],
)
async def test_a_refused_account_touches_no_notice_rests_the_queue_and_asks_once(
    world: World, broken: dict[str, Verb], options: dict[str, Any]
) -> None:
    for place in range(3):
        world.owing(f"d{place}@debtor{place}.example")
    world.plan()
    before = [(row.message_id, row.sha256) for row in world.rows(NoticeRow)]
    async with smtp_server(broken) as peer, world.outbox(peer.port, **options) as outbox:
        report = await outbox.drain()
        opened = peer.connections
        assert (await outbox.drain()).trouble == ""  # the queue rests: not even a connection
        assert peer.connections == opened
    assert report.trouble
    assert report.sent == report.failed == report.deferred == 0
    assert set(world.states()) <= {"queued", "deferred"}
    assert {row.attempts for row in world.rows(NoticeRow)} == {0}
    assert world.tasks() == ["account"]
    async with smtp_server() as peer:
        await world.drain(peer.port, smtp__username="")
        assert len(peer.received) == 3
    assert world.tasks() == []  # the server takes our mail again
    assert [(row.message_id, row.sha256) for row in world.rows(NoticeRow)] == before


async def test_a_server_that_is_down_leaves_everything_waiting(world: World) -> None:
    for place in range(3):
        world.owing(f"d{place}@debtor{place}.example")
    world.plan()
    report = await world.drain(1)  # nobody listens there
    assert report.trouble
    assert world.states() == ["queued"] * 3
    assert {row.state for row in world.rows(AttemptRow)} == {"withdrawn"}


async def test_the_queue_rests_longer_at_each_refusal_and_the_team_is_told_once(world: World) -> None:
    world.owing()
    world.plan()
    async with smtp_server({"MAIL": say("550 5.1.8 bad sender")}) as peer, world.outbox(peer.port) as outbox:
        tried = []
        for _ in range(12):
            tried.append(bool((await outbox.drain()).trouble))
            world.later(seconds=30)
    assert tried == [True, True, *[False] * 3, True, *[False] * 6]
    assert world.tasks() == ["account"]


async def test_a_refusal_at_the_dot_by_the_account_is_told_in_the_story(world: World) -> None:
    world.owing()
    world.plan()
    async with smtp_server({"DATA": after_content("421 4.7.0 slow down\r\n")}) as peer:
        await world.drain(peer.port)
    assert world.story(1) == ["rendered", "attempted", "deferred"]
    assert world.told("notice:1", "deferred")["answer"] == "4.7.0 slow down"


# ── the rate ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_rate_counts_what_another_outbox_on_the_same_database_sent(world: World) -> None:
    for place in range(7):
        world.owing(f"d{place}@debtor{place}.example")
    world.plan()
    async with (
        smtp_server() as peer,
        world.outbox(peer.port, smtp__rate="3/minute") as first,
        world.outbox(peer.port, smtp__rate="3/minute") as second,
    ):
        assert [(await first.drain()).sent, (await second.drain()).sent, (await first.drain()).sent] == [
            3,
            0,
            0,
        ]
        world.later(seconds=59)
        assert (await second.drain()).sent == 0
        world.later(seconds=2)
        assert (await second.drain()).sent == 3
        assert (await first.drain()).sent == 0
    assert len(peer.received) == 6


async def test_what_was_given_back_untried_does_not_count_against_the_rate(world: World) -> None:
    for place in range(2):
        world.owing(f"d{place}@debtor{place}.example")
    world.plan()
    world.configure(smtp__rate="2/hour")
    await world.drain(1)
    async with smtp_server() as peer:
        assert (await world.drain(peer.port)).sent == 2


async def test_what_a_hold_withheld_does_not_count_against_the_rate(world: World) -> None:
    for place in range(2):
        world.owing(f"d{place}@debtor{place}.example")
    world.plan()

    async def hold_first(self: Any, arg: str) -> None:
        if "d0@" in arg:
            desk.hold(world.office, world.one(InvoiceRow, id=1).number, None, "manual", world.now, "Jo")
        self.envelope.rcpt_tos.append(arg.partition("<")[2].partition(">")[0])
        await self.push("250 2.1.5 Ok")

    world.configure(smtp__rate="1/hour", smtp__connections=1)
    async with smtp_server({"RCPT": hold_first}) as peer:
        report = await world.drain(peer.port)
    assert (report.withheld, report.sent) == (1, 1)
    assert [row.state for row in world.rows(AttemptRow)] == ["withdrawn", "accepted"]


# ── stopping ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_told_to_stop_it_ends_after_the_message_under_way_and_gives_the_rest_back(world: World) -> None:
    for place in range(6):
        world.owing(f"d{place}@debtor{place}.example")
    world.plan()
    stop = asyncio.Event()

    async def stopping(self: Any, arg: str) -> None:
        stop.set()
        await content(self)
        self._set_post_data_state()
        await self.push(f"250 {QUEUED}")

    async with (
        smtp_server({"DATA": stopping}) as peer,
        world.outbox(peer.port, smtp__connections=1) as outbox,
    ):
        report = await outbox.drain(stop)
    assert report.sent == 1
    assert sorted(world.states()) == ["queued"] * 5 + ["sent"]
    assert {row.state for row in world.rows(AttemptRow)} == {"accepted", "withdrawn"}


async def test_cancelled_at_the_final_dot_the_message_is_in_doubt_and_the_rest_given_back(
    world: World,
) -> None:
    for place in range(3):
        world.owing(f"d{place}@debtor{place}.example")
    world.plan()
    reached = asyncio.Event()

    async def silent(self: Any, arg: str) -> None:
        await content(self)
        reached.set()
        await asyncio.Event().wait()

    async with (
        smtp_server({"DATA": silent}) as peer,
        world.outbox(peer.port, smtp__connections=1, smtp__dot_timeout=60) as outbox,
    ):
        task = asyncio.create_task(outbox.drain())
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert sorted(world.states()) == ["in_doubt", "queued", "queued"]
    assert start_up(world.office, world.now) == 0


async def test_cancelled_before_the_content_nothing_is_in_doubt(world: World) -> None:
    world.owing()
    world.plan()
    reached = asyncio.Event()

    async def silent(self: Any, arg: str) -> None:
        reached.set()
        await asyncio.Event().wait()

    async with smtp_server({"RCPT": silent}) as peer, world.outbox(peer.port) as outbox:
        task = asyncio.create_task(outbox.drain())
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert world.states() == ["queued"]
    assert world.claim().claimed != ()


# ── what changes meanwhile ───────────────────────────────────────────────────────────────────────────────────


async def test_a_hold_committed_while_the_server_is_asked_for_the_recipient_forbids_the_content(
    world: World,
) -> None:
    _, invoice = world.owing()
    world.plan()
    number = world.one(InvoiceRow, id=invoice).number

    async def hold_meanwhile(self: Any, arg: str) -> None:
        desk.hold(world.office, number, None, "manual", world.now, "Jo")
        self.envelope.rcpt_tos.append(DEBTOR_ADDRESS)
        await self.push("250 2.1.5 Ok")

    async with smtp_server({"RCPT": hold_meanwhile}) as peer:
        report = await world.drain(peer.port)
    assert (report.withheld, report.sent, world.states()) == (1, 0, ["superseded"])
    assert (peer.received, "DATA" in peer.verbs) == ([], False)


async def test_refused_at_the_recipient_while_a_hold_withdraws_it_the_outbox_goes_on(world: World) -> None:
    _, invoice = world.owing()
    world.owing("other@other.example")
    world.plan()
    number = world.one(InvoiceRow, id=invoice).number

    async def hold_and_refuse(self: Any, arg: str) -> None:
        if DEBTOR_ADDRESS in arg:
            desk.hold(world.office, number, None, "manual", world.now, "Jo")
            await self.push("550 5.1.1 unknown user")
            return
        self.envelope.rcpt_tos.append("other@other.example")
        await self.push("250 2.1.5 Ok")

    async with smtp_server({"RCPT": hold_and_refuse}) as peer:
        report = await world.drain(peer.port)
    assert report.sent == 1
    assert sorted(world.states()) == ["sent", "superseded"]


async def test_in_shadow_no_connection_is_opened(world: World) -> None:
    world.configure(sending__mode="shadow")
    world.owing()
    world.plan()
    async with smtp_server() as peer:
        report = await world.drain(peer.port)
    assert (report.recorded, report.sent, peer.connections) == (1, 0, 0)


async def test_a_redirect_reaches_the_team_and_never_the_debtor(world: World) -> None:
    world.configure(sending__mode="redirect", sending__redirect_to="team@creditor.example")
    world.owing()
    world.plan()
    async with smtp_server() as peer:
        await world.drain(peer.port)
    [envelope] = peer.received
    assert envelope.rcpt_tos == ["team@creditor.example"]


async def test_while_the_server_was_down_for_more_than_a_day_a_fresh_notice_leaves_once(world: World) -> None:
    world.owing()
    world.plan()
    await world.drain(1)
    world.at(world.now + timedelta(days=1, hours=1))
    async with smtp_server() as peer:
        await world.drain(peer.port)
        world.plan()
        await world.drain(peer.port)
    assert len(peer.received) == 1
    assert world.states() == ["superseded", "sent"]
