"""An SMTP server on loopback that misbehaves as it is told, and knows what the debtors' mailboxes would hold.

A fault is a phase of the conversation and what the server does there instead of its duty. Whatever it has truly taken
(the content to its final dot, not refused) stands in `mailbox`: nothing that the program believes can change that.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import NoReturn

LINE_LIMIT = 1 << 20
GARBAGE = b"\xff\xfe\x00\x16\x03\x01 nonsense\r\n"
LONG_LINE = b"250 " + b"x" * 65_536 + b"\r\n"
QUEUED = "250 2.0.0 Ok: queued as 4Qx7Kd1zzz"


class Phase(StrEnum):
    """Where in the conversation a fault strikes."""

    GREETING = auto()
    EHLO = auto()
    STARTTLS = auto()
    HANDSHAKE = auto()  #: TLS is about to begin, after STARTTLS
    AUTH = auto()
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    CONTENT = auto()  #: the first line of the content has come
    DOT = auto()  #: the whole content has come
    RSET = auto()
    NOOP = auto()
    QUIT = auto()


class OverError(Exception):
    """The conversation is at its end."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What the server does in a phase instead of its duty.

    `does` returns True where the server then does its duty all the same.
    """

    phase: Phase
    does: Does
    times: int = 1_000_000  #: how often; then the server behaves
    only_for: str = ""  #: a part of the recipient's address, "" for every message
    keeps: bool = False  #: at the dot: the message lies in the debtor's mailbox before the server misbehaves


@dataclass(frozen=True, slots=True)
class Kept:
    """A message that the server has taken."""

    recipients: tuple[str, ...]
    raw: bytes


@dataclass(slots=True)
class FaultyServer:
    """A running server; `faults` may be changed while it runs."""

    faults: list[Fault] = field(default_factory=list)
    port: int = 0
    mailbox: list[Kept] = field(default_factory=list)
    verbs: list[str] = field(default_factory=list)
    connections: int = 0
    extensions: tuple[str, ...] = ("PIPELINING", "SIZE 10000000", "8BITMIME", "ENHANCEDSTATUSCODES")
    tls: ssl.SSLContext | None = None
    wrapped: bool = False  #: TLS from the first byte instead of STARTTLS
    broken: list[Exception] = field(default_factory=list)  #: what failed in the server itself
    _used: dict[int, int] = field(default_factory=dict)

    def arrived(self, address: str) -> list[bytes]:
        """Return what lies in a debtor's mailbox."""
        return [kept.raw for kept in self.mailbox if address in kept.recipients]

    def fault(self, phase: Phase, recipients: Sequence[str]) -> Fault | None:
        """Return the fault that strikes now, and count it."""
        for place, fault in enumerate(self.faults):
            meant = not fault.only_for or any(fault.only_for in recipient for recipient in recipients)
            if fault.phase is phase and meant and self._used.get(place, 0) < fault.times:
                self._used[place] = self._used.get(place, 0) + 1
                return fault
        return None

    def behave(self, *faults: Fault) -> None:
        """Have these faults from now on, and no others."""
        self.faults[:] = faults
        self._used.clear()


@dataclass(slots=True)
class Talk:
    """One conversation."""

    server: FaultyServer
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    recipients: list[str] = field(default_factory=list)
    named: str = ""  #: the recipient that is being named
    secured: bool = False  #: TLS has begun after STARTTLS

    # ── what faults are made of ──────────────────────────────────────────────────────────────────────────

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def say(self, words: str) -> None:
        await self.send(f"{words}\r\n".encode())

    def hang_up(self) -> NoReturn:
        """Say no more, in order."""
        raise OverError

    def reset(self) -> NoReturn:
        """Break the connection off: the other side reads ECONNRESET."""
        self.writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        self.writer.transport.abort()
        raise OverError

    async def fall_silent(self) -> NoReturn:
        """Say nothing until the other side is gone."""
        while await self.reader.read(LINE_LIMIT):
            pass
        raise OverError

    async def start_tls(self) -> None:
        assert self.server.tls is not None
        await self.due(Phase.HANDSHAKE)
        await self.writer.start_tls(self.server.tls)
        self.secured = True

    # ── the conversation ─────────────────────────────────────────────────────────────────────────────────

    async def due(self, phase: Phase, *, keep: bytes | None = None) -> bool:
        """Say whether the server does its duty in this phase; if it misbehaves, it does so here."""
        of_whom = [self.named] if phase is Phase.RCPT else self.recipients
        fault = self.server.fault(phase, of_whom)
        if fault is None:
            return True
        if fault.keeps and keep is not None:
            self.server.mailbox.append(Kept(tuple(self.recipients), keep))
        return bool(await fault.does(self))

    async def hold(self) -> None:
        if await self.due(Phase.GREETING):
            await self.say("220 faulty.example ESMTP")
        while line := await self.reader.readline():
            verb, _, rest = line.decode("latin-1").strip().partition(" ")
            verb = verb.upper()
            self.server.verbs.append(verb)
            await _VERBS.get(verb, Talk.unknown)(self, rest)

    async def ehlo(self, _rest: str) -> None:
        if not await self.due(Phase.EHLO):
            return
        offers = [*self.server.extensions]
        if self.server.tls is not None and not self.secured:
            offers.append("STARTTLS")
        lines = ["faulty.example", *offers]
        text = "\r\n".join([*(f"250-{each}" for each in lines[:-1]), f"250 {lines[-1]}"])
        await self.say(text)

    async def starttls(self, _rest: str) -> None:
        if await self.due(Phase.STARTTLS):
            await self.say("220 2.0.0 Ready to start TLS")
            await self.start_tls()

    async def auth(self, _rest: str) -> None:
        if await self.due(Phase.AUTH):
            await self.say("235 2.7.0 Authentication successful")

    async def mail(self, _rest: str) -> None:
        self.recipients = []
        if await self.due(Phase.MAIL):
            await self.say("250 2.1.0 Ok")

    async def rcpt(self, rest: str) -> None:
        self.named = rest.partition("<")[2].partition(">")[0]
        if await self.due(Phase.RCPT):
            self.recipients.append(self.named)
            await self.say("250 2.1.5 Ok")

    async def data(self, _rest: str) -> None:
        if not self.recipients:
            await self.say("554 5.5.1 Error: no valid recipients")
            return
        if not await self.due(Phase.DATA):
            return
        await self.say("354 End data with <CR><LF>.<CR><LF>")
        lines: list[bytes] = []
        while (line := await self.reader.readline()) != b".\r\n":
            if not line.endswith(b"\r\n"):
                raise OverError  # an unfinished message is nobody's
            lines.append(line.removeprefix(b"."))
            if len(lines) == 1 and not await self.due(Phase.CONTENT):
                self.hang_up()
        raw = b"".join(lines)
        if await self.due(Phase.DOT, keep=raw):
            self.server.mailbox.append(Kept(tuple(self.recipients), raw))
            await self.say(QUEUED)
        self.recipients = []

    async def rset(self, _rest: str) -> None:
        self.recipients = []
        if await self.due(Phase.RSET):
            await self.say("250 2.0.0 Ok")

    async def noop(self, _rest: str) -> None:
        if await self.due(Phase.NOOP):
            await self.say("250 2.0.0 Ok")

    async def quit(self, _rest: str) -> None:
        if await self.due(Phase.QUIT):
            await self.say("221 2.0.0 Bye")
        self.hang_up()

    async def unknown(self, _rest: str) -> None:
        await self.say("502 5.5.2 Error: command not recognized")


Does = Callable[[Talk], Awaitable[object]]
_VERBS: dict[str, Callable[[Talk, str], Awaitable[None]]] = {
    "EHLO": Talk.ehlo,
    "STARTTLS": Talk.starttls,
    "AUTH": Talk.auth,
    "MAIL": Talk.mail,
    "RCPT": Talk.rcpt,
    "DATA": Talk.data,
    "RSET": Talk.rset,
    "NOOP": Talk.noop,
    "QUIT": Talk.quit,
}


# ── what a server may do instead of its duty ─────────────────────────────────────────────────────────────────


def _named(name: str) -> Callable[[Does], Does]:
    """Have a fault print as what it is, where a sequence of faults is shown."""

    def give(does: Does) -> Does:
        does.__qualname__ = name
        return does

    return give


def answers(*lines: str) -> Does:
    """Say this instead, all at once, and go on listening."""

    @_named(f"answers{lines}")
    async def does(talk: Talk) -> None:
        await talk.send("".join(f"{line}\r\n" for line in lines).encode())

    return does


def closes_with(line: str) -> Does:
    """Say this and hang up, as a server does with 421."""

    @_named(f"closes with {line}")
    async def does(talk: Talk) -> None:
        await talk.say(line)
        talk.hang_up()

    return does


async def hangs_up(talk: Talk) -> None:
    talk.hang_up()


async def resets(talk: Talk) -> None:
    talk.reset()


async def falls_silent(talk: Talk) -> None:
    await talk.fall_silent()


def breaks_off(part: bytes, then: Does) -> Does:
    """Say a part of an answer, then something else happens."""

    @_named(f"breaks off after {part!r}, then {then}")
    async def does(talk: Talk) -> None:
        await talk.send(part)
        await then(talk)

    return does


def says(data: bytes) -> Does:
    """Say these bytes, whatever they are, and go on listening."""

    @_named(f"says {data[:20]!r}")
    async def does(talk: Talk) -> None:
        await talk.send(data)

    return does


async def mumbles(talk: Talk) -> None:
    """Take what is said, and answer it with nonsense."""
    await talk.reader.read(LINE_LIMIT)
    await talk.send(GARBAGE)
    await talk.fall_silent()


async def never_ends(talk: Talk) -> None:
    """Answer line after line, each of them saying that there is more."""
    while True:
        await talk.send(b"250-and there is more\r\n" * 100)


def waits(seconds: float) -> Does:
    """Do the duty late."""

    async def does(_talk: Talk) -> bool:
        await asyncio.sleep(seconds)
        return True

    return does


def meanwhile(happens: Callable[[], object]) -> Does:
    """Do the duty, once something else has happened."""

    async def does(_talk: Talk) -> bool:
        await asyncio.to_thread(happens)
        return True

    return does


# ── serving ──────────────────────────────────────────────────────────────────────────────────────────────────


@contextlib.asynccontextmanager
async def serving(*faults: Fault, **options: object) -> AsyncIterator[FaultyServer]:
    """Serve on a free loopback port; at the end every conversation is over."""
    faulty = FaultyServer(list(faults))
    for name, value in options.items():
        setattr(faulty, name, value)
    talks: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        faulty.connections += 1
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        try:
            await Talk(faulty, reader, writer).hold()
        except (OverError, OSError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass
        except Exception as error:  # noqa: BLE001 - the test is told, not the loop
            faulty.broken.append(error)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    wrap = faulty.tls if faulty.wrapped else None
    listener = await asyncio.start_server(one, "127.0.0.1", 0, limit=LINE_LIMIT, ssl=wrap)
    faulty.port = listener.sockets[0].getsockname()[1]
    try:
        yield faulty
    finally:
        listener.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await listener.wait_closed()
    assert faulty.broken == []
