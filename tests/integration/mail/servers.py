"""Servers for the mail tests: aiosmtpd with one verb broken, and certificates of an authority of the test's own."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, AuthResult

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    import trustme

    Verb = Callable[[Any, str], Awaitable[None]]


@dataclass
class Peer:
    """A running SMTP server: where it listens, and what it was given."""

    port: int = 0
    received: list[Any] = field(default_factory=list)  #: envelopes, as accepted
    verbs: list[str] = field(default_factory=list)  #: commands, in order
    connections: int = 0

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        self.received.append(envelope)
        return "250 2.0.0 Ok: queued as 4Qx7Kd1zzz"


def say(answer: str) -> Verb:
    """Answer a verb with these words instead."""

    async def verb(self: Any, arg: str) -> None:
        await self.push(answer)

    return verb


async def hang_up(self: Any, arg: str) -> None:
    """Drop the connection instead of answering."""
    self.transport.abort()
    await asyncio.Event().wait()


async def fall_silent(self: Any, arg: str) -> None:
    """Never answer."""
    await asyncio.Event().wait()


def after_content(answer: str | None, *, hang_up: bool = False) -> Verb:
    """Take the whole content, then answer this (None: nothing) and hang up or fall silent."""

    async def verb(self: Any, arg: str) -> None:
        await self.push("354 go on")
        await self._reader.readuntil(b"\r\n.\r\n")
        if answer is not None:
            self._writer.write(answer.encode())
            await self._writer.drain()
        if hang_up:
            self.transport.close()
        if hang_up or answer is None:
            await asyncio.Event().wait()

    return verb


async def drop_in_content(self: Any, arg: str) -> None:
    """Ask for the content, and drop the connection at its first line."""
    await self.push("354 go on")
    await self._reader.readuntil(b"\r\n")
    self.transport.abort()
    await asyncio.Event().wait()


def check_password(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    accepted = data.login == b"compta" and data.password == b"s\xc3\xa9same"
    return AuthResult(success=accepted, handled=False)


@asynccontextmanager
async def smtp_server(
    broken: dict[str, Verb] | None = None,
    *,
    greeting: str = "",
    wrap: ssl.SSLContext | None = None,
    **options: Any,
) -> AsyncIterator[Peer]:
    """Serve SMTP on a free loopback port, with some verbs replaced."""
    peer = Peer()

    class Server(SMTP):
        async def push(self, status: Any) -> None:
            await super().push(greeting if greeting and str(status).startswith("220 127") else status)

        def _cb_client_connected(self, reader: Any, writer: Any) -> None:
            peer.connections += 1
            super()._cb_client_connected(reader, writer)

        async def _call_handler_hook(self, command: str, *args: Any) -> Any:
            peer.verbs.append(command)
            return await super()._call_handler_hook(command, *args)

    for verb, behaviour in (broken or {}).items():
        setattr(Server, f"smtp_{verb}", behaviour)
    options.setdefault("authenticator", check_password)
    options.setdefault("enable_SMTPUTF8", False)
    options.setdefault("auth_require_tls", wrap is not None or "tls_context" in options)
    loop = asyncio.get_running_loop()

    def build() -> Server:
        settings = {**options, "auth_require_tls": False} if wrap else options
        return Server(peer, hostname="127.0.0.1", loop=loop, **settings)

    server = await loop.create_server(build, "127.0.0.1", 0, ssl=wrap)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            if "_handle_client" in repr(task.get_coro()):
                task.cancel()
        await server.wait_closed()


@dataclass(frozen=True)
class Certificates:
    """Server contexts, good and bad, and the file of the authority that signed them."""

    ca_file: str
    other_ca_file: str
    good: ssl.SSLContext
    expired: ssl.SSLContext
    elsewhere: ssl.SSLContext


def serving(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context
