"""Faults before anything is handed over: the way to the server, its greeting, TLS and log-in. All are the account's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from relance_mailer import bootstrap
from relance_mailer.errors import ConfigError
from relance_mailer.mail.smtp import SmtpAccount, SmtpConnection
from relance_mailer.services.outbox import Outbox
from relance_mailer.store.group import GroupCommit
from relance_mailer.store.tables import InvoiceRow, NoticeRow
from tests.integration.faults.outcomes import (
    SHORT,
    Case,
    Outcome,
    case,
    check_all_leave_later,
    check_untouched,
    owe,
    shown,
)
from tests.integration.faults.server import (
    GARBAGE,
    LONG_LINE,
    Fault,
    Phase,
    answers,
    breaks_off,
    closes_with,
    falls_silent,
    hangs_up,
    mumbles,
    never_ends,
    resets,
    says,
    serving,
    waits,
)
from tests.integration.faults.tls import Authority
from tests.support.world import World

RESTS, SENT = Outcome.RESTS, Outcome.SENT
GREETING, EHLO, AUTH = Phase.GREETING, Phase.EHLO, Phase.AUTH

GREETINGS = [
    case("closed instead of a greeting", RESTS, Fault(GREETING, hangs_up)),
    case("reset instead of a greeting", RESTS, Fault(GREETING, resets)),
    case("silence instead of a greeting", RESTS, Fault(GREETING, falls_silent), smtp__timeout=SHORT),
    case(
        "half a greeting, then silence",
        RESTS,
        Fault(GREETING, breaks_off(b"22", falls_silent)),
        smtp__timeout=SHORT,
    ),
    case("half a greeting, then closed", RESTS, Fault(GREETING, breaks_off(b"220 fau", hangs_up))),
    case(
        "greeting 554",
        RESTS,
        Fault(GREETING, closes_with("554 5.7.1 your address is listed")),
        words="your address is listed",
    ),
    case(
        "greeting 421",
        RESTS,
        Fault(GREETING, closes_with("421 4.7.0 too many connections")),
        words="too many connections",
    ),
    case("garbage instead of a greeting", RESTS, Fault(GREETING, says(GARBAGE))),
    case("a greeting of 64 KB in one line", RESTS, Fault(GREETING, says(LONG_LINE))),
    case("a greeting that never ends", RESTS, Fault(GREETING, never_ends)),
    case("EHLO 550", RESTS, Fault(EHLO, answers("550 5.7.1 not you")), words="not you"),
    case("EHLO 421", RESTS, Fault(EHLO, closes_with("421 4.3.2 closing")), words="closing"),
    case("closed at EHLO", RESTS, Fault(EHLO, hangs_up)),
    case("reset at EHLO", RESTS, Fault(EHLO, resets)),
    case("silence at EHLO", RESTS, Fault(EHLO, falls_silent), smtp__timeout=SHORT),
    case("half a line at EHLO, then closed", RESTS, Fault(EHLO, breaks_off(b"250-SI", hangs_up))),
]


@pytest.mark.parametrize("found", GREETINGS)
async def test_a_server_that_does_not_open(world: World, found: Case) -> None:
    await shown(world, found)


async def rests_without_a_server(world: World, host: str, port: int) -> None:
    """Nobody answers where the configuration points; later somebody does."""
    owe(world)
    before = [(row.message_id, row.sha256, row.to_address) for row in world.rows(NoticeRow)]
    invoices = [row.model_dump() for row in world.rows(InvoiceRow)]
    account = replace(bootstrap.make_accounts(world.office.config).smtp, host=host, port=port, tls="starttls")
    async with GroupCommit(world.db) as group:
        report = await Outbox(world.office, group, account).drain()
    assert report.trouble
    assert report.sent == report.failed == report.deferred == report.in_doubt == 0
    check_untouched(world, invoices)
    assert world.tasks() == ["account"]
    await check_all_leave_later(world, before)


async def test_nobody_listens_at_the_servers_port(world: World) -> None:
    async with serving() as server:
        port = server.port
    await rests_without_a_server(world, "127.0.0.1", port)


async def test_the_servers_name_is_not_known_to_the_dns(world: World) -> None:
    await rests_without_a_server(world, "smtp.invalid", 587)


# ── TLS ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("tls", ["tls", "starttls"])
@pytest.mark.parametrize(
    ("certificate", "trusted", "words"),
    [
        pytest.param("expired", "ca_file", "expired", id="expired"),
        pytest.param("elsewhere", "ca_file", "mismatch", id="of another host"),
        pytest.param("good", "other_ca_file", "certificate verify failed", id="of an unknown authority"),
    ],
)
async def test_a_certificate_that_does_not_verify(
    world: World, authority: Authority, tls: str, certificate: str, trusted: str, words: str
) -> None:
    settings = {"smtp__tls": tls, "smtp__ca_file": getattr(authority, trusted)}
    login = {"smtp__username": "compta", "smtp__password": "sésame"}
    server = await shown(
        world,
        Case("", (), RESTS, words, {**settings, **login}),
        tls=getattr(authority, certificate),
        wrapped=tls == "tls",
    )
    assert "AUTH" not in server.verbs, "the password was shown to a server that is not ours"


HANDSHAKES = [
    case(
        "STARTTLS 454",
        RESTS,
        Fault(Phase.STARTTLS, answers("454 4.7.0 TLS not available")),
        words="not available",
    ),
    case(
        "STARTTLS 554", RESTS, Fault(Phase.STARTTLS, answers("554 5.7.3 no TLS today")), words="no TLS today"
    ),
    case("closed at STARTTLS", RESTS, Fault(Phase.STARTTLS, hangs_up)),
    case("reset at STARTTLS", RESTS, Fault(Phase.STARTTLS, resets)),
    case("silence at STARTTLS", RESTS, Fault(Phase.STARTTLS, falls_silent), smtp__timeout=SHORT),
    case("garbage instead of TLS", RESTS, Fault(Phase.HANDSHAKE, mumbles)),
    case("closed in the handshake", RESTS, Fault(Phase.HANDSHAKE, hangs_up)),
    case("silence in the handshake", RESTS, Fault(Phase.HANDSHAKE, falls_silent), smtp__timeout=SHORT),
]


@pytest.mark.parametrize("found", HANDSHAKES)
async def test_a_server_that_does_not_come_to_tls(world: World, authority: Authority, found: Case) -> None:
    settings = {"smtp__tls": "starttls", "smtp__ca_file": authority.ca_file, **found.settings}
    server = await shown(
        world, Case(found.name, found.faults, found.outcome, found.words, settings), tls=authority.good
    )
    assert server.verbs[-1] != "AUTH"


async def test_a_server_that_speaks_in_the_clear_on_the_port_of_tls(world: World) -> None:
    await shown(world, Case("", (), RESTS, "", {"smtp__tls": "tls"}))


async def test_starttls_is_not_offered_and_nothing_is_said_in_the_clear(world: World) -> None:
    """Whoever sits on the line may have struck it out."""
    login = {"smtp__username": "compta", "smtp__password": "sésame"}
    found = Case(
        "", (Fault(Phase.QUIT, answers("221 Bye")),), RESTS, "STARTTLS", {"smtp__tls": "starttls", **login}
    )
    owe(world)
    async with serving() as server:
        report = await world.drain(server.port, **found.settings)
        assert "STARTTLS" in report.trouble
        assert set(server.verbs) <= {"EHLO", "QUIT"}
    assert (set(world.states()), world.tasks()) == ({"queued"}, ["account"])


async def test_an_answer_slipped_in_before_tls_is_not_read_after_it(
    world: World, authority: Authority
) -> None:
    """RFC 3207 section 6: whoever sits on the line could offer what the server does not."""
    injected = answers("220 2.0.0 Ready to start TLS", "250-faulty.example", "250 SIZE 10")

    async def inject(talk: Any) -> None:
        await injected(talk)
        await talk.start_tls()

    found = Case(
        "",
        (Fault(Phase.STARTTLS, inject),),
        SENT,
        "",
        {"smtp__tls": "starttls", "smtp__ca_file": authority.ca_file},
    )
    await shown(world, found, tls=authority.good)


async def test_tls_is_left_out_towards_another_machine_only_where_somebody_said_so(world: World) -> None:
    with pytest.raises(ConfigError, match="clear text"):
        world.configure(smtp__host="smtp.creditor.example", smtp__tls="none")
    with pytest.raises(ConfigError, match="allow_cleartext"):
        SmtpConnection(SmtpAccount("192.0.2.1", 25, tls="none"))
    SmtpConnection(SmtpAccount("192.0.2.1", 25, tls="none", allow_cleartext=True))


# ── the log-in ───────────────────────────────────────────────────────────────────────────────────────────────

LOGINS = [
    case("AUTH 535", RESTS, Fault(AUTH, answers("535 5.7.8 bad credentials")), words="bad credentials"),
    case("AUTH 454", RESTS, Fault(AUTH, answers("454 4.7.0 try again later")), words="try again later"),
    case("AUTH 421", RESTS, Fault(AUTH, closes_with("421 4.7.0 too many errors")), words="too many errors"),
    case(
        "AUTH 550 5.7.30",
        RESTS,
        Fault(AUTH, answers("550 5.7.30 Basic authentication is not supported")),
        words="Basic authentication",
    ),
    case("closed at AUTH", RESTS, Fault(AUTH, hangs_up)),
    case("reset at AUTH", RESTS, Fault(AUTH, resets)),
    case("silence at AUTH", RESTS, Fault(AUTH, falls_silent), smtp__timeout=SHORT),
    case("half a line at AUTH, then closed", RESTS, Fault(AUTH, breaks_off(b"235", hangs_up))),
]


@pytest.mark.parametrize("found", LOGINS)
async def test_a_log_in_that_fails(world: World, found: Case) -> None:
    settings = {"smtp__username": "compta", "smtp__password": "sésame", **found.settings}
    server = await shown(
        world,
        Case(found.name, found.faults, found.outcome, found.words, settings),
        extensions=("SIZE 10000000", "AUTH PLAIN"),
    )
    assert server.verbs.count("AUTH") == 1, "that brings a lock-out nearer"


async def test_a_wrong_password_is_shown_once_by_all_connections_together(world: World) -> None:
    """Providers lock an account after a few of them; once it is right, every connection shows it."""
    login = {"smtp__username": "compta", "smtp__password": "sésame", "smtp__connections": 4}
    for place in range(8):
        world.owing(f"d{place}@debtor{place}.example")
    world.plan()
    wrong = Fault(AUTH, answers("535 5.7.8 bad credentials"))
    async with (
        serving(wrong, extensions=("SIZE 10000000", "AUTH PLAIN")) as server,
        world.outbox(server.port, **login) as outbox,
    ):
        for shown_so_far in (1, 2):
            assert (await outbox.drain()).trouble == "5.7.8 bad credentials"
            assert (server.verbs.count("AUTH"), server.connections) == (shown_so_far, shown_so_far)
            world.later(minutes=30)
        assert (set(world.states()), world.tasks()) == ({"queued"}, ["account"])
        server.behave(Fault(Phase.DOT, waits(0.1)))  # so that no connection is done before the next is open
        assert (await outbox.drain()).sent == 8
        assert server.verbs.count("AUTH") == server.connections > 3
    assert (len(server.mailbox), world.tasks()) == (8, [])


async def test_no_way_to_log_in_is_offered(world: World) -> None:
    settings = {"smtp__username": "compta", "smtp__password": "sésame"}
    await shown(world, Case("", (), RESTS, "log in", settings))
