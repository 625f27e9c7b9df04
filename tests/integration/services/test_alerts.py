"""Mails to the team about what waits for a person: gathered, few, marked as a machine's, and never about themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from relance_mailer import bootstrap, daemon
from relance_mailer.errors import ConfigError
from relance_mailer.services import alerts as alerts_module
from relance_mailer.services.alerts import A_DAY, APART, REST, SHOWN, Alerts
from relance_mailer.services.office import BOT
from relance_mailer.store import settings
from relance_mailer.store.installation import InstallationState
from relance_mailer.store.tables import NoticeRow, ReplyRow, TaskRow
from tests.integration.mail.imap_server import PASSWORD, USER, imap_server
from tests.integration.mail.servers import Peer, after_content, say, smtp_server
from tests.support.world import DEBTOR_ADDRESS, OUR_ADDRESS, World, bounce, letter, make_config

TEAM = "team@creditor.example"


@pytest.fixture(autouse=True)
def _a_team(world: World) -> None:
    world.configure(alerts__to=[TEAM])


def ask(world: World, *subjects: str, words: str = "") -> None:
    """Open a task about each subject."""
    with world.db.write() as session:
        for subject in subjects:
            assert settings.open_task(
                session,
                world.office.creditor_id,
                "dispute",
                subject,
                words or f"look at {subject}",
                now=world.now,
                actor=BOT,
            )


async def look(world: World, peer: Peer | int, times: int = 1, **changes: Any) -> list[bool]:
    """Look whether a mail is due, some times at this instant."""
    port = peer if isinstance(peer, int) else peer.port
    async with world.outbox(port, **changes) as outbox:
        alerts = Alerts(world.office, outbox)
        return [await alerts.look() for _ in range(times)]


def read(envelope: Any) -> EmailMessage:
    message = message_from_bytes(envelope.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(envelope: Any) -> str:
    return str(read(envelope).get_content()).replace("\r\n", "\n")


# ── what is told, to whom, how ───────────────────────────────────────────────────────────────────────────────


async def test_what_waits_is_gathered_in_one_mail_marked_as_a_machine_s(world: World) -> None:
    ask(world, "debtor:1", "notice:2")
    async with smtp_server() as peer:
        assert await look(world, peer, 3) == [True, False, False]
    [envelope] = peer.received
    mail = read(envelope)
    assert (envelope.mail_from, envelope.rcpt_tos) == (OUR_ADDRESS, [TEAM])
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-generated", "All")
    assert (mail["From"], mail["To"], mail["Subject"]) == (
        OUR_ADDRESS,
        TEAM,
        "Reminders: 2 things to look at",
    )
    assert mail["Date"].datetime == world.now
    text = text_of(envelope)
    assert "- look at debtor:1\n- look at notice:2\n" in text
    assert "relance-mailer done task:N" in text
    assert {row.alerted_at for row in world.rows(TaskRow)} == {world.now}


async def test_it_is_written_in_the_language_of_the_team(world: World) -> None:
    world.configure(language="fr")
    ask(world, "debtor:1", words="à vérifier : l'échéance")
    async with smtp_server() as peer:
        await look(world, peer)
    mail = read(peer.received[0])
    assert mail["Subject"] == "Relances : 1 point à voir"
    assert "- à vérifier : l'échéance\n" in text_of(peer.received[0])


async def test_with_nobody_to_tell_no_connection_is_opened(world: World) -> None:
    ask(world, "debtor:1")
    async with smtp_server() as peer:
        assert await look(world, peer, alerts__to=[]) == [False]
    assert peer.connections == 0


async def test_with_nothing_to_tell_no_connection_is_opened(world: World) -> None:
    async with smtp_server() as peer:
        assert await look(world, peer) == [False]
    assert peer.connections == 0


@pytest.mark.parametrize("mode", ["shadow", "redirect", "live"])
async def test_they_leave_in_every_mode_to_the_team_alone(world: World, mode: str) -> None:
    world.configure(sending__mode=mode, sending__redirect_to="elsewhere@creditor.example")
    ask(world, "debtor:1")
    async with smtp_server() as peer:
        assert await look(world, peer) == [True]
    assert peer.received[0].rcpt_tos == [TEAM]


async def test_no_debtor_s_address_is_ever_written_to(world: World) -> None:
    world.debtor("Team@Creditor.example".lower(), DEBTOR_ADDRESS)
    ask(world, "debtor:1")
    async with smtp_server() as peer:
        assert await look(world, peer, alerts__to=[DEBTOR_ADDRESS.upper(), "boss@creditor.example"]) == [True]
        assert await look(world, peer, alerts__to=[DEBTOR_ADDRESS]) == [False]
    assert [envelope.rcpt_tos for envelope in peer.received] == [["boss@creditor.example"]]


@pytest.mark.parametrize("to", [["team"], ["Team <a@b.example>"], ["a@b.example\r\nBcc: c@d.example"], [""]])
def test_what_is_no_address_is_refused_in_the_configuration(world: World, to: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"\[alerts\] to"):
        make_config(world.folder, alerts__to=to)


async def test_a_task_s_words_cannot_begin_a_line_of_their_own(world: World) -> None:
    ask(world, "debtor:1", words="550 no\r\nBcc: x@y.example\r\n\r\n.\r\nMAIL FROM:<x@y.example>")
    async with smtp_server() as peer:
        await look(world, peer)
    [envelope] = peer.received
    mail = read(envelope)
    assert (mail["Bcc"], envelope.rcpt_tos) == (None, [TEAM])
    assert "- 550 no Bcc: x@y.example . MAIL FROM:<x@y.example>\n" in text_of(envelope)


async def test_many_are_counted_not_all_written_out(world: World) -> None:
    ask(world, *(f"debtor:{number}" for number in range(SHOWN + 7)))
    async with smtp_server() as peer:
        await look(world, peer)
    text = text_of(peer.received[0])
    assert text.count("- look at") == SHOWN
    assert "and 7 more\n" in text


# ── few ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_next_mail_waits_a_quarter_of_an_hour_and_gathers_what_came_meanwhile(world: World) -> None:
    async with smtp_server() as peer:
        ask(world, "debtor:1")
        assert await look(world, peer) == [True]
        for minute in range(1, 15):
            world.later(minutes=1)
            ask(world, f"invoice:{minute}")
            assert await look(world, peer) == [False]
        world.later(minutes=1)
        assert await look(world, peer) == [True]
    assert len(peer.received) == 2
    assert text_of(peer.received[1]).count("- look at") == 14


async def test_no_more_than_twenty_leave_in_a_day_whatever_loops(world: World) -> None:
    async with smtp_server() as peer:
        for number in range(60):
            ask(world, f"debtor:{number}")
            await look(world, peer)
            world.later(minutes=16)
        assert len(peer.received) == A_DAY
        world.later(hours=9)
        assert await look(world, peer) == [True]


async def test_what_was_done_before_it_was_told_is_not_told(world: World) -> None:
    ask(world, "debtor:1", "debtor:2")
    with world.db.write() as session:
        task = settings.find_task(session, world.office.creditor_id, "dispute", "debtor:1")
        assert task is not None
        settings.close_task(session, task, now=world.now, by="Jo")
    async with smtp_server() as peer:
        await look(world, peer)
    assert "debtor:1" not in text_of(peer.received[0])


async def test_a_clock_set_back_by_a_day_keeps_the_team_uninformed_for_no_day(world: World) -> None:
    async with smtp_server() as peer:
        ask(world, "debtor:1")
        assert await look(world, peer) == [True]
        world.later(days=-1)
        ask(world, "debtor:2")
        assert await look(world, peer) == [True]


# ── faults ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "broken",
    [
        {"EHLO": say("421 not now")},
        {"MAIL": say("550 5.1.8 bad sender")},
        {"RCPT": say("450 4.2.1 later")},
        {"DATA": say("451 4.3.0 later")},
        {"DATA": after_content("451 4.3.0 later\r\n")},
    ],
    ids=["ehlo", "mail", "rcpt", "data", "dot"],
)
async def test_what_could_not_leave_is_tried_again_after_a_rest_and_the_queue_does_not_mind(
    world: World, broken: dict[str, Any]
) -> None:
    ask(world, "debtor:1")
    async with smtp_server(broken) as peer, world.outbox(peer.port) as outbox:
        alerts = Alerts(world.office, outbox)
        assert not await alerts.look()
        tried = peer.connections
        assert not await alerts.look()
        assert (tried, peer.connections, outbox.rests) == (1, 1, False)
        assert world.task("dispute").alerted_at is None
        world.later(seconds=REST.total_seconds())
        assert not await alerts.look()
        assert peer.connections == 2
    async with smtp_server() as peer:
        assert await look(world, peer) == [True]
    assert len(peer.received) == 1


@pytest.mark.parametrize(
    "broken", [{"RCPT": say("550 5.1.1 nobody")}, {"DATA": say("554 5.6.0 no")}], ids=["rcpt", "data"]
)
async def test_what_is_refused_for_good_is_not_tried_for_ever(world: World, broken: dict[str, Any]) -> None:
    ask(world, "debtor:1")
    async with smtp_server(broken) as peer:
        assert await look(world, peer) == [False]
        world.later(hours=1)
        assert await look(world, peer) == [False]
        assert peer.connections == 1
    assert world.task("dispute").alerted_at is not None


async def test_one_that_may_have_left_is_not_sent_again(world: World) -> None:
    ask(world, "debtor:1")
    async with smtp_server({"DATA": after_content(None, hang_up=True)}) as peer:
        assert await look(world, peer) == [False]
    world.later(hours=1)
    async with smtp_server() as peer:
        assert await look(world, peer) == [False]


async def test_one_that_found_no_free_connection_in_time_is_sent_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them may wait ten minutes for a final answer."""
    monkeypatch.setattr(alerts_module, "WITHIN", 0.05)
    ask(world, "debtor:1")
    async with smtp_server() as peer, world.outbox(peer.port, smtp__connections=1) as outbox:
        alerts = Alerts(world.office, outbox)
        async with outbox.pool.connection():
            assert not await alerts.look()
        assert world.task("dispute").alerted_at is None
        monkeypatch.undo()
        world.later(seconds=REST.total_seconds())
        assert await alerts.look()
    assert len(peer.received) == 1


async def test_while_the_account_rests_nobody_knocks(world: World) -> None:
    world.owing()
    world.plan()
    async with smtp_server({"MAIL": say("550 5.1.8 bad sender")}) as peer, world.outbox(peer.port) as outbox:
        await outbox.drain()
        tried = peer.connections
        assert not await Alerts(world.office, outbox).look()
        assert peer.connections == tried
    assert world.task("account").alerted_at is None


async def test_one_refused_address_keeps_no_other_from_its_mail(world: World) -> None:
    ask(world, "debtor:1")

    async def rcpt(self: Any, arg: str) -> None:
        if "boss@" in arg:
            await self.push("550 5.1.1 nobody")
            return
        self.envelope.rcpt_tos.append(arg.partition("<")[2].partition(">")[0])
        await self.push("250 2.1.5 Ok")

    async with smtp_server({"RCPT": rcpt}) as peer:
        assert await look(world, peer, alerts__to=[TEAM, "boss@creditor.example"]) == [True]
    assert peer.received[0].rcpt_tos == [TEAM]


# ── closed gates ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_inbox_that_stays_unread_is_told_once_and_asked_about_no_longer_once_it_is_read(
    world: World,
) -> None:
    async with smtp_server() as peer:
        world.later(minutes=31, fresh=False)
        assert await look(world, peer) == [False]  # a moment after a start this is usual
        world.later(seconds=APART.total_seconds(), fresh=False)
        assert await look(world, peer) == [True]
        world.later(hours=1, fresh=False)
        assert await look(world, peer) == [False]
        assert "not read to its end" in text_of(peer.received[0])
        assert world.tasks() == ["gate"]
        world.freshen()
        assert await look(world, peer) == [False]
    assert world.tasks() == []


async def test_payments_too_old_and_an_installation_not_trusted_are_told(world: World) -> None:
    world.later(days=20, fresh=False)
    async with smtp_server() as peer, world.outbox(peer.port) as outbox:
        moved = replace(world.office, installation=InstallationState(trusted=False, reason="another machine"))
        assert await Alerts(moved, outbox).look()
    text = text_of(peer.received[0])
    assert "payments are not up to date" in text
    assert "Nothing leaves: another machine" in text


# ── never about themselves ───────────────────────────────────────────────────────────────────────────────────


async def test_what_an_alert_brings_back_opens_no_task_moves_no_notice_and_makes_no_further_mail(
    world: World,
) -> None:
    """Its own copy in the watched inbox, its bounce, an absence notice: machines' mail, and none of a debtor's."""
    debtor_id, _ = world.owing()
    sent = world.remind()
    ask(world, f"debtor:{debtor_id}", words=f"{sent.subject}: F-2026-001, {DEBTOR_ADDRESS}")
    async with smtp_server() as peer:
        assert await look(world, peer) == [True]
        own = peer.received[0].content
        mail = read(peer.received[0])
        report = bounce(TEAM, mail["Message-ID"]).replace(b"Le texte de la relance.", own)
        away = letter(
            "Je suis absent jusqu'au 30 mars, F-2026-001.",
            sender=TEAM,
            subject="Réponse automatique : " + mail["Subject"],
            In_Reply_To=mail["Message-ID"],
            Auto_Submitted="auto-replied",
        )
        before = world.tasks()
        world.take(own, report, away)
        assert world.tasks() == before == ["dispute"]
        assert all(row.handled_at is not None for row in world.rows(ReplyRow))
        assert world.notice(sent.id or 0).state == "sent"
        assert world.holds() == []
        world.later(hours=2)
        assert await look(world, peer) == [False]
    assert len(peer.received) == 1


# ── driven by tick ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_whole_pass_sends_notices_first_and_then_tells_the_team(world: World) -> None:
    world.owing()
    ask(world, "debtor:1")
    async with smtp_server() as peer, imap_server() as mailbox:
        box = {"host": "127.0.0.1", "tls": "none", "name": "inbox", "username": USER, "password": PASSWORD}
        world.configure(smtp__port=peer.port, mailboxes=[{**box, "port": mailbox.port}])
        accounts = bootstrap.make_accounts(world.office.config)
        done = await daemon.one_pass(world.office, accounts, world.reader)
    assert done.sent.sent == 1
    assert [envelope.rcpt_tos for envelope in peer.received] == [[DEBTOR_ADDRESS], [TEAM]]
    assert world.one(NoticeRow).state == "sent"
    assert timedelta(0) == world.now - (world.task("dispute").alerted_at or world.now)
