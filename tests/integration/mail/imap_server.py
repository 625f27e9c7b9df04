"""A real IMAP server (pymap, in memory) in the test's own event loop, and a sink that tells what reached it."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from proxyprotocol.reader import ProxyProtocolReader
from proxyprotocol.version import ProxyProtocolVersion
from pymap.backend.dict import Config, DictBackend, Login
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxSet
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pysasl.hashing import BuiltinHash

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Sequence
    from datetime import date

    from relance_mailer.errors import RelanceError
    from relance_mailer.mail.imap import Batch, Folder, Position

USER, PASSWORD = "compta", "pw"
RECEIVED = datetime(2025, 3, 10, 12, 0, tzinfo=UTC)


class ImapPeer:
    """One user's mailbox, kept in memory; it can be stopped and started again on its port."""

    def __init__(self, wrap: ssl.SSLContext | None, **settings: Any) -> None:
        self.port = 0
        self.connections = 0
        self._wrap = wrap
        self._writers: list[asyncio.StreamWriter] = []
        self.config = Config(
            Namespace(passlib_cfg=None, proxy_protocol=None),
            demo_data=False,
            demo_user=USER,
            demo_password=PASSWORD,
            host="127.0.0.1",
            port=0,
            invalid_user_sleep=0,
            hash_context=BuiltinHash(rounds=1),
            **({"tls_enabled": False} | settings),
        )
        self.mailboxes = MailboxSet()
        self.config.set_cache[USER] = (self.mailboxes, FilterSet())

    async def start(self) -> None:
        login = Login(self.config)
        await DictBackend._add_demo_user(self.config, login)
        reader = ProxyProtocolReader(ProxyProtocolVersion.get(None))
        answer = reader.get_callback(IMAPServer(login, self.config))

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections += 1
            self._writers.append(writer)
            await answer(reader, writer)

        self._server = await asyncio.start_server(serve, "127.0.0.1", self.port, ssl=self._wrap)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        await self._server.wait_closed()

    async def deliver(self, raw: bytes, folder: str = "INBOX", received: datetime = RECEIVED) -> None:
        mailbox = await self.mailboxes.get_mailbox(folder)
        await mailbox.append(AppendMessage(raw, received, frozenset()), recent=True)

    async def add_folder(self, name: str) -> None:
        await self.mailboxes.add_mailbox(name)

    async def renumber(self) -> None:
        """Give INBOX another UIDVALIDITY, as a restored mailbox has."""
        (await self.mailboxes.get_mailbox("INBOX"))._uid_validity += 7


@asynccontextmanager
async def imap_server(wrap: ssl.SSLContext | None = None, **settings: Any) -> AsyncIterator[ImapPeer]:
    """Serve IMAP on a free loopback port."""
    peer = ImapPeer(wrap, **settings)
    await peer.start()
    try:
        yield peer
    finally:
        await peer.stop()


class RecordingSink:
    """Keeps positions and messages in memory, and tells the test's loop of every call."""

    def __init__(self) -> None:
        self.positions: dict[str, Position] = {}
        self.stored: list[tuple[str, int, bytes]] = []
        self.calls: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.failures = 0  #: so many calls of `store` fail
        self.received: dict[int, datetime] = {}  #: what is remembered of the inbox's messages
        self.read: set[tuple[str, int]] = set()  #: (folder, UID) of what may be filed
        self._loop = asyncio.get_running_loop()

    def _tell(self, what: str, value: Any) -> None:
        self._loop.call_soon_threadsafe(self.calls.put_nowait, (what, value))

    async def until(self, what: str) -> Any:
        """Wait for a call of this kind and return what it was about."""
        async with asyncio.timeout(20):
            while True:
                kind, value = await self.calls.get()
                if kind == what:
                    return value

    def watching(self, mailbox: str, folders: Sequence[Folder]) -> None:
        self._tell("watching", [folder.name for folder in folders])

    def position(self, mailbox: str, folder: str) -> Position | None:
        return self.positions.get(folder)

    def arrivals(self, mailbox: str, folder: str) -> dict[int, datetime]:
        return self.received

    def restored(self, mailbox: str, folder: Folder) -> None:
        self.positions.pop(folder.name, None)
        self._tell("restored", folder.name)

    def since(self) -> date | None:
        return None

    def store(self, mailbox: str, folder: Folder, batch: Batch) -> None:
        from relance_mailer.mail.imap import Position

        if self.failures:
            self.failures -= 1
            raise OSError("disk full")
        self.stored += [(folder.name, message.uid, message.raw) for message in batch.messages]
        self.positions[folder.name] = Position(batch.uidvalidity, batch.messages[-1].uid)
        self._tell("stored", [message.raw for message in batch.messages])

    def read_to_end(
        self, mailbox: str, folder: Folder, uidvalidity: int, uidnext: int, modseq: int = 0
    ) -> None:
        self._tell("end", folder.name)

    def to_file(self, mailbox: str, folder: Folder) -> list[int]:
        return [uid for name, uid in self.read if name == folder.name]

    def filed(self, mailbox: str, folder: Folder, uids: Sequence[int]) -> None:
        self.read -= {(folder.name, uid) for uid in uids}
        self._tell("filed", list(uids))

    def unreachable(self, mailbox: str, error: RelanceError) -> None:
        self._tell("unreachable", error)
