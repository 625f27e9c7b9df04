"""The account's rates: what the configuration and the provider say, counted by all processes together, kept over a restart."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from typing import Any

import pytest

from relance_mailer import bootstrap
from relance_mailer.config import Smtp, account
from relance_mailer.errors import ConfigError
from relance_mailer.mail.rate import RateLimit
from relance_mailer.services import send
from relance_mailer.services.alerts import Alerts
from relance_mailer.services.office import Office
from relance_mailer.services.outbox import Outbox
from relance_mailer.services.pace import Pace
from relance_mailer.store import attempts, settings
from relance_mailer.store.db import Database
from relance_mailer.store.group import GroupCommit
from relance_mailer.store.tables import AttemptRow, NoticeRow
from tests.integration.mail.servers import smtp_server
from tests.support.world import OUR_ADDRESS, World, make_config

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def smtp(**values: Any) -> Smtp:
    return Smtp(**{"host": "smtp.creditor.example", "from_address": OUR_ADDRESS, **values})


def owing(world: World, many: int) -> None:
    for place in range(many):
        world.owing(f"d{place}@debtor{place}.example")
    world.plan()


# ── what is asked for ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rate", "limits"),
    [
        ("30/minute", ("30/minute",)),
        ("30/minute, 2000/day", ("30/minute", "2000/day")),
        (["30/minute", "10000 recipients/day"], ("30/minute", "10000 recipients/day")),
        (["5/second"], ("5/second",)),
        ("unlimited", ()),
        ("auto", (account.CAREFUL,)),
    ],
)
def test_one_rate_or_several_may_be_asked_for(rate: str | list[str], limits: tuple[str, ...]) -> None:
    assert account.rates(smtp(rate=rate)) == limits


def test_what_is_asked_for_by_default_is_careful() -> None:
    assert account.rates(smtp()) == ("30/minute",)


@pytest.mark.parametrize(
    "rate", ["", "30", "0/day", "30/minute,", "30/minute; 2/day", [], ["auto", "30/minute"], [30], 30]
)
def test_what_is_no_rate_is_refused_in_words(world: World, rate: object) -> None:
    with pytest.raises(ConfigError, match=r"\[smtp\] rate"):
        make_config(world.folder, smtp__rate=rate)


def test_whatever_rate_the_configuration_takes_can_be_read() -> None:
    for rate in ("1/second", "999999999 recipients/day", "2/hour,3/day"):
        assert all(RateLimit.parse(limit).count for limit in account.rates(smtp(rate=rate)))


#: (host, address): the first limits of "auto".
PRESETS = [
    ("smtp.office365.com", OUR_ADDRESS, ("30/minute", "10000 recipients/day")),
    ("SMTP.Office365.com.", OUR_ADDRESS, ("30/minute", "10000 recipients/day")),
    ("smtp.gmail.com", OUR_ADDRESS, ("2000/day", "3000 recipients/day")),
    ("smtp.gmail.com", "dupont@gmail.com", ("500/day",)),
    ("ssl0.ovh.net", OUR_ADDRESS, ("200/hour",)),
    ("pro3.mail.ovh.net", OUR_ADDRESS, ("200/hour",)),
    ("ex12.mail.ovh.net", OUR_ADDRESS, ("200/hour",)),
    ("mail.infomaniak.com", OUR_ADDRESS, ("1440 recipients/day",)),
    ("smtp.ionos.fr", OUR_ADDRESS, ("500/hour",)),
    ("smtp-relay.brevo.com", OUR_ADDRESS, ("300 recipients/day",)),
    ("in-v3.mailjet.com", OUR_ADDRESS, ("200 recipients/day",)),
    ("smtp.postmarkapp.com", OUR_ADDRESS, ("30/minute",)),
    ("email-smtp.eu-central-1.amazonaws.com", OUR_ADDRESS, ("1/second",)),
    ("smtp.gmail.com.evil.example", OUR_ADDRESS, ("30/minute",)),
    ("127.0.0.1", OUR_ADDRESS, ("30/minute",)),
]


@pytest.mark.parametrize(("host", "address", "limits"), PRESETS)
def test_auto_takes_what_the_provider_of_the_host_allows(
    host: str, address: str, limits: tuple[str, ...]
) -> None:
    assert account.rates(smtp(host=host, from_address=address, rate="auto")) == limits


# ── how it is counted ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("limit", "used", "each", "left"),
    [
        ("30/minute", 0, 2, 30),
        ("30/minute", 29, 2, 1),
        ("30/minute", 31, 2, 0),
        ("30 recipients/minute", 0, 2, 15),
        ("30 recipients/minute", 14, 2, 1),
        ("31 recipients/minute", 15, 2, 0),
        ("1 recipients/second", 0, 2, 1),
        ("1 recipients/second", 1, 2, 0),
    ],
)
def test_copies_count_where_the_provider_counts_recipients(
    limit: str, used: int, each: int, left: int
) -> None:
    assert RateLimit.parse(limit).left(used, each) == left


async def test_the_tightest_of_several_limits_holds(world: World) -> None:
    owing(world, 8)
    async with (
        smtp_server() as peer,
        world.outbox(peer.port, smtp__rate=["3/minute", "5/day"]) as outbox,
    ):
        first = await outbox.drain()
        assert (first.sent, first.again_in) == (3, MINUTE)
        world.later(minutes=1, seconds=1)
        second = await outbox.drain()
        assert (second.sent, second.again_in) == (2, DAY)
        world.later(hours=2)
        assert (await outbox.drain()).sent == 0
    assert len(peer.received) == 5


async def test_a_blind_copy_counts_as_a_recipient(world: World) -> None:
    owing(world, 4)
    changes = {"smtp__rate": "5 recipients/hour", "smtp__bcc": "copies@creditor.example"}
    async with smtp_server() as peer, world.outbox(peer.port, **changes) as outbox:
        assert (await outbox.drain()).sent == 2


async def test_the_rate_holds_over_a_restart(world: World) -> None:
    owing(world, 4)
    async with smtp_server() as peer:
        assert (await world.drain(peer.port, smtp__rate="3/hour")).sent == 3
        assert (await world.drain(peer.port)).sent == 0
        world.later(hours=1, seconds=1)
        assert (await world.drain(peer.port)).sent == 1


def test_an_attempt_counts_from_its_end_on(world: World) -> None:
    """The server sees a message when it is handed over, not when it was claimed."""
    owing(world, 1)
    [claimed] = world.claim().claimed
    assert world.start(claimed)
    world.later(seconds=50)
    world.accept(claimed)
    world.later(seconds=30)
    with world.db.read() as session:
        assert attempts.since(session, 1, world.now - MINUTE) == 1


async def test_a_mail_to_the_team_counts_for_each_of_its_addresses_and_waits_for_no_rate(
    world: World,
) -> None:
    world.configure(alerts__to=["a@creditor.example", "b@creditor.example"], smtp__rate="5/minute")
    owing(world, 9)
    with world.db.write() as session:
        settings.open_task(
            session, world.office.creditor_id, "dispute", "debtor:1", "look", now=world.now, actor="Jo"
        )
    async with smtp_server() as peer, world.outbox(peer.port) as outbox:
        assert await Alerts(world.office, outbox).look()
        assert (await outbox.drain()).sent == 5 - 2
        world.later(seconds=61)
        assert (await outbox.drain()).sent == 5
        world.later(minutes=20)
        with world.db.write() as session:
            settings.open_task(
                session, world.office.creditor_id, "dispute", "debtor:2", "look", now=world.now, actor="Jo"
            )
        owing(world, 9)
        await outbox.drain()
        assert (await outbox.drain()).again_in  # the rate is used up
        assert await Alerts(world.office, outbox).look()


# ── by two processes together ────────────────────────────────────────────────────────────────────────────────


class Process:
    """Another process on the same database: its own connections, its own office."""

    def __init__(self, world: World) -> None:
        self.db = Database(world.db.file)
        self.office = bootstrap.make_office(world.office.config, self.db, world.clock)
        self.pace = Pace(world.office.config.smtp)
        self.claimed: list[send.Claimed] = []

    def claim(self, *, together: bool, meet: threading.Barrier) -> None:
        """Count and claim, in one transaction or, as a fault, in two; meet the other one at the worst moment."""
        now, creditor_id = self.office.clock.now(), self.office.creditor_id
        if together:
            meet.wait(30)
            with self.db.write() as session:
                left = self.pace.allowance(session, creditor_id, now, 10).messages
                if left:
                    self.claimed += send.claim(session, self.office, now, left).claimed
            return
        with self.db.read() as session:
            left = self.pace.allowance(session, creditor_id, now, 10).messages
        meet.wait(30)
        with self.db.write() as session:
            self.claimed += send.claim(session, self.office, now, left).claimed


def race(world: World, *, together: bool) -> tuple[int, int]:
    """Let two processes claim at the same moment; return how many claims there are, and of how many notices."""
    owing(world, 10)
    world.configure(smtp__rate="3/hour")
    processes = [Process(world), Process(world)]
    meet = threading.Barrier(2)
    threads = [
        threading.Thread(target=process.claim, kwargs={"together": together, "meet": meet})
        for process in processes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for process in processes:
        process.db.close()
    claimed = [claim.notice_id for process in processes for claim in process.claimed]
    return len(claimed), len(set(claimed))


def test_two_processes_together_claim_no_more_than_the_rate_allows(world: World) -> None:
    assert race(world, together=True) == (3, 3)
    assert len(world.rows(AttemptRow)) == 3


def test_counted_before_the_claiming_transaction_they_would_exceed_it(world: World) -> None:
    """What the test above shows is due to the one transaction; claims never overlap in either case."""
    assert race(world, together=False) == (6, 6)


async def test_two_outboxes_at_once_share_one_rate_and_overlap_nowhere(world: World) -> None:
    owing(world, 12)
    world.configure(smtp__rate="7/hour")
    other = Database(world.db.file)
    try:
        async with smtp_server() as peer:
            world.configure(smtp__port=peer.port)
            here, there = world.office, bootstrap.make_office(world.office.config, other, world.clock)
            sent = await drained_at_once(here, there)
    finally:
        other.close()
    assert sum(sent) == 7
    addresses = [envelope.rcpt_tos[0] for envelope in peer.received]
    assert len(addresses) == len(set(addresses)) == 7
    assert sorted(row.state for row in world.rows(NoticeRow)) == ["queued"] * 5 + ["sent"] * 7


async def drained_at_once(*offices: Office) -> list[int]:
    """Drain by an outbox each, all together."""

    async def drain(office: Office) -> int:
        async with GroupCommit(office.db) as group:
            outbox = Outbox(office, group, bootstrap.make_accounts(office.config).smtp)
            return (await outbox.drain()).sent

    return await asyncio.gather(*(drain(office) for office in offices))
