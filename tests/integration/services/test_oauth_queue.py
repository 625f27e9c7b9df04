"""The outbox of an account that logs in by token: an expired one is renewed, a withdrawn one rests the queue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from relance_mailer import bootstrap
from relance_mailer.mail.oauth import Grant, TokenSource
from relance_mailer.store.tables import AttemptRow, InvoiceRow, NoticeRow
from tests.integration.mail.token_servers import token_smtp_server
from tests.support.identity import CLIENT, TENANT, USER, IdentityProvider
from tests.support.world import World


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[IdentityProvider]:
    with IdentityProvider(tmp_path) as provider:
        provider.rotates = True
        yield provider


@pytest.fixture
def settings(provider: IdentityProvider) -> dict[str, Any]:
    """An office that sends in a person's name."""
    identity = {
        "name": "office",
        "provider": "microsoft",
        "flow": "device_code",
        "tenant": TENANT,
        "client_id": CLIENT,
        "authority": provider.url,
        "ca_file": "identity-ca.pem",
    }
    return {"smtp__username": USER, "smtp__oauth": "office", "oauth": [identity]}


def log_in(world: World, provider: IdentityProvider) -> TokenSource:
    """A person has just logged in."""
    source = bootstrap.make_token_sources(world.office.config, world.clock)["office"]
    told = provider.issue(USER, renewable=True)
    source.keep(Grant(told["access_token"], timedelta(days=10_000), told["refresh_token"], USER))
    return source


def untouched(world: World, invoices: list[dict[str, Any]]) -> None:
    """No notice has moved, and no invoice knows of any trouble."""
    assert set(world.states()) == {"queued"}
    assert {row.attempts for row in world.rows(NoticeRow)} == {0}
    assert [row.model_dump() for row in world.rows(InvoiceRow)] == invoices
    assert world.holds() == []


async def test_connections_that_find_the_token_expired_renew_it_once_and_send_all(
    world: World, provider: IdentityProvider, settings: dict[str, Any]
) -> None:
    for _ in range(6):
        world.owing()
    world.plan()
    world.configure(**settings)
    log_in(world, provider)
    provider.expire()
    async with token_smtp_server(provider.accepts, None) as peer:
        report = await world.drain(peer.port)
    assert (report.sent, report.trouble) == (6, "")
    assert len(peer.received) == 6
    assert provider.grants("refresh_token") == 1
    assert world.tasks() == []


async def test_a_withdrawn_permission_rests_the_queue_asks_for_a_login_and_touches_no_invoice(
    world: World, provider: IdentityProvider, settings: dict[str, Any]
) -> None:
    world.owing()
    world.owing()
    world.plan()
    world.configure(**settings)
    log_in(world, provider)
    before = [row.model_dump() for row in world.rows(InvoiceRow)]
    provider.revoke()
    async with token_smtp_server(provider.accepts, None) as peer, world.outbox(peer.port) as outbox:
        report = await outbox.drain()
        assert "run `relance-mailer auth login office`" in report.trouble
        untouched(world, before)
        assert world.tasks() == ["account"]
        assert "relance-mailer auth login office" in world.task("account").words
        told = world.task("account").words
        asked = len(provider.requests)
        await outbox.drain()
        assert len(provider.requests) == asked, "the queue rests: not even the provider is asked"
        log_in(world, provider)
        world.clock.set(world.now + timedelta(minutes=1))
        assert (await outbox.drain()).sent == 2
    assert len(peer.received) == 2
    assert world.tasks() == []
    assert {row.state for row in world.rows(AttemptRow)} == {"accepted", "withdrawn"}
    assert [secret for secret in provider.issued if secret in told] == []


async def test_a_provider_that_is_away_rests_the_queue_and_no_more(
    world: World, provider: IdentityProvider, settings: dict[str, Any]
) -> None:
    world.owing()
    world.plan()
    world.configure(**settings)
    log_in(world, provider)
    before = [row.model_dump() for row in world.rows(InvoiceRow)]
    provider.expire()
    async with token_smtp_server(provider.accepts, None) as peer:
        provider.stop()
        report = await world.drain(peer.port)
        assert "cannot be reached" in report.trouble
        assert peer.received == []
    untouched(world, before)
    assert world.tasks() == ["account"]
