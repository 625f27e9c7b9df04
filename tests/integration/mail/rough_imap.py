"""An IMAP server of a few dozen lines that a test makes misbehave at one verb, and that shows what it was asked."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from relance_mailer.mail.imap import ImapAccount

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

ARRIVED = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


@dataclass(slots=True)
class Lying:
    """A message as it lies in a folder."""

    raw: bytes
    arrived: datetime = ARRIVED
    flags: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Session:
    """One connection: what a test's own answer to a verb writes to."""

    server: RoughImap
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    folder: str = "INBOX"

    async def say(self, *lines: str | bytes) -> None:
        for line in lines:
            self.writer.write((line.encode() if isinstance(line, str) else line) + b"\r\n")
        await self.writer.drain()

    async def next_line(self) -> str:
        line = await self.reader.readline()
        if not line:
            raise ConnectionError
        return line.decode().rstrip("\r\n")


class RoughImap:
    """Folders by name, each with its messages by UID; `on[verb]` answers a command in the place of the usual answer."""

    def __init__(self, capabilities: str = "IDLE UIDPLUS MOVE CONDSTORE ENABLE") -> None:
        self.capabilities = capabilities
        self.folders: dict[str, dict[int, Lying]] = {"INBOX": {}}
        self.uidvalidity = 1
        self.uidnext: int | None = None  #: what EXAMINE tells, where that is not the truth
        self.modseq: int | None = 5
        self.asked: list[str] = []  #: every command, without its tag
        self.on: dict[str, Callable[[Session, str, str], Awaitable[None]]] = {}
        self.port = 0
        self.news = asyncio.Condition()

    def account(self, **changes: object) -> ImapAccount:
        given: dict[str, object] = {"tls": "none", "username": "u", "password": "p", "timeout": 2} | changes
        return ImapAccount("main", "127.0.0.1", self.port, **given)  # type: ignore[arg-type]

    def lay(self, *raws: bytes, folder: str = "INBOX", first: int | None = None) -> None:
        """Put messages into a folder, without a word to anybody."""
        inside = self.folders.setdefault(folder, {})
        uid = first or max(inside, default=0) + 1
        inside.update({uid + place: Lying(raw) for place, raw in enumerate(raws)})

    async def deliver(self, raw: bytes) -> None:
        """Put a message into INBOX and tell those who wait."""
        async with self.news:
            self.lay(raw)
            if self.modseq:
                self.modseq += 1
            self.news.notify_all()

    def count(self, verb: str) -> int:
        """How often a command was given, or one that begins so."""
        return sum(line.upper().startswith(verb) for line in self.asked)

    # ── the dialogue ─────────────────────────────────────────────────────────────────────────────────────

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(self, reader, writer)
        try:
            if "greeting" in self.on:
                await self.on["greeting"](session, "", "")
            await session.say("* OK ready")
            while True:
                tag, _, command = (await session.next_line()).partition(" ")
                self.asked.append(command)
                verb = command.upper().removeprefix("UID ").split(" ", 1)[0]
                if verb in self.on:
                    await self.on[verb](session, tag, command)
                else:
                    await getattr(self, f"_{verb.lower()}")(session, tag, command)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _capability(self, session: Session, tag: str, command: str) -> None:
        await session.say(f"* CAPABILITY IMAP4rev1 {self.capabilities}", f"{tag} OK done")

    async def _ok(self, session: Session, tag: str, command: str) -> None:
        await session.say(f"{tag} OK done")

    _login = _enable = _noop = _ok

    async def _logout(self, session: Session, tag: str, command: str) -> None:
        await session.say("* BYE", f"{tag} OK done")
        raise ConnectionError

    async def _list(self, session: Session, tag: str, command: str) -> None:
        wanted = command.split('"')[-2] if command.endswith('"') else "*"
        names = [name for name in self.folders if wanted in ("*", name)]
        await session.say(*(f'* LIST () "/" "{name}"' for name in names), f"{tag} OK done")

    async def _create(self, session: Session, tag: str, command: str) -> None:
        self.folders[command.split(" ", 1)[1].strip('"')] = {}
        await session.say(f"{tag} OK done")

    async def _examine(self, session: Session, tag: str, command: str) -> None:
        session.folder = command.split(" ", 1)[1].strip('"')
        inside = self.folders[session.folder]
        uidnext = max(inside, default=0) + 1 if self.uidnext is None else self.uidnext
        modseq = [f"* OK [HIGHESTMODSEQ {self.modseq}] x"] if self.modseq else []
        await session.say(
            f"* {len(inside)} EXISTS",
            f"* OK [UIDVALIDITY {self.uidvalidity}] x",
            f"* OK [UIDNEXT {uidnext}] x",
            *modseq,
            f"{tag} OK done",
        )

    _select = _examine

    async def _search(self, session: Session, tag: str, command: str) -> None:
        found = self._uids(session, re.findall(r"UID ([\d:*,]+)", command)[-1])
        await session.say(f"* SEARCH {' '.join(map(str, found))}", f"{tag} OK done")

    def _uids(self, session: Session, asked: str) -> list[int]:
        inside = self.folders[session.folder]
        last = max(inside, default=0)
        found: set[int] = set()
        for part in asked.split(","):
            ends = [last if end == "*" else int(end) for end in part.split(":")]
            low, high = min(ends[0], ends[-1]), max(ends[0], ends[-1])
            found |= {uid for uid in inside if low <= uid <= high}
        return sorted(found)

    async def _fetch(self, session: Session, tag: str, command: str) -> None:
        inside = self.folders[session.folder]
        for place, uid in enumerate(self._uids(session, command.split(" ")[2]), 1):
            one = inside[uid]
            told = (
                f"* {place} FETCH (UID {uid} RFC822.SIZE {len(one.raw)} FLAGS ({' '.join(sorted(one.flags))})"
            )
            told += f' INTERNALDATE "{one.arrived:%d-%b-%Y %H:%M:%S +0000}"'
            if "BODY" in command:
                told += f" BODY[] {{{len(one.raw)}}}"
                session.writer.write(told.encode() + b"\r\n" + one.raw + b")\r\n")
            else:
                await session.say(told + ")")
        await session.say(f"{tag} OK done")

    async def _idle(self, session: Session, tag: str, command: str) -> None:
        await session.say("+ idling")
        asleep = asyncio.create_task(self._tell_news(session))
        await session.next_line()
        asleep.cancel()
        await session.say(f"{tag} OK done")

    async def _tell_news(self, session: Session) -> None:
        while True:
            async with self.news:
                await self.news.wait()
            await session.say(f"* {len(self.folders[session.folder])} EXISTS")

    async def _store(self, session: Session, tag: str, command: str) -> None:
        _, _, uids, _, flags = command.split(" ", 4)
        for uid in self._uids(session, uids):
            self.folders[session.folder][uid].flags |= set(flags.strip("()").split())
        await session.say(f"{tag} OK done")

    async def _copy(self, session: Session, tag: str, command: str) -> None:
        _, _, uids, target = command.split(" ", 3)
        raws = [self.folders[session.folder][uid].raw for uid in self._uids(session, uids)]
        self.lay(*raws, folder=target.strip('"'))
        await session.say(f"{tag} OK done")

    async def _expunge(self, session: Session, tag: str, command: str) -> None:
        assert command.upper().startswith("UID EXPUNGE"), "a plain EXPUNGE removes what others marked"
        for uid in self._uids(session, command.split(" ")[2]):
            if "\\Deleted" in self.folders[session.folder][uid].flags:
                del self.folders[session.folder][uid]
        await session.say(f"{tag} OK done")


@asynccontextmanager
async def rough_imap(capabilities: str = "IDLE UIDPLUS MOVE CONDSTORE ENABLE") -> AsyncIterator[RoughImap]:
    """Serve a rough mailbox on a free loopback port."""
    rough = RoughImap(capabilities)
    server = await asyncio.start_server(rough.serve, "127.0.0.1", 0, limit=1 << 26)
    rough.port = server.sockets[0].getsockname()[1]
    try:
        yield rough
    finally:
        server.close()
