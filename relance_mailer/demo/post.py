"""The demo's mail servers, on free loopback ports in the process's own loop: SMTP for all, IMAP for the creditor."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from email.message import Message
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

import aiosmtplib
from aiosmtpd.smtp import SMTP
from proxyprotocol.reader import ProxyProtocolReader
from proxyprotocol.version import ProxyProtocolVersion
from pymap.backend.dict import Config, DictBackend, Login
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxSet
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pysasl.hashing import BuiltinHash

from relance_mailer.clock import Clock
from relance_mailer.demo.model import Letter
from relance_mailer.dunning.calendar import PARIS

HOST = "127.0.0.1"
USER, PASSWORD = "compta", "demo"


class PostOffice:
    """Takes what the creditor and the debtors send and delivers it.

    Attributes:
        delivered: called for each letter to a debtor.
        letters: every letter to a debtor, as its server accepted it.
        received: how many messages the debtors, and their servers, posted to the creditor.
    """

    def __init__(
        self,
        clock: Clock,
        own_address: str,
        debtors: frozenset[str],
        greylisting: frozenset[str],
        keep: Path | None = None,
    ) -> None:
        self._clock = clock
        self._own = own_address
        self._known = debtors
        self._greylisting = set(greylisting)
        self._keep = keep
        self._kept = 0
        self._mailboxes = MailboxSet()
        self.delivered: Callable[[Letter], None] = lambda _: None
        self.letters: list[Letter] = []
        self.received = 0
        self.smtp_port = self.imap_port = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Serve until the context ends."""
        loop = asyncio.get_running_loop()
        smtp = await loop.create_server(self._smtp, HOST, 0)
        imap, connections = await self._imap()
        self.smtp_port = smtp.sockets[0].getsockname()[1]
        self.imap_port = imap.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            smtp.close()
            imap.close()
            for writer in connections:
                writer.transport.abort()
            ours = [task for task in asyncio.all_tasks() if "_handle_client" in repr(task.get_coro())]
            for task in ours:
                task.cancel()
            await asyncio.gather(*ours, return_exceptions=True)

    def _smtp(self) -> SMTP:
        loop = asyncio.get_running_loop()
        return SMTP(self, hostname="mx.demo.example", loop=loop, enable_SMTPUTF8=False, ident="demo")

    async def _imap(self) -> tuple[asyncio.Server, set[asyncio.StreamWriter]]:
        config = Config(
            Namespace(passlib_cfg=None, proxy_protocol=None),
            demo_data=False,
            demo_user=USER,
            demo_password=PASSWORD,
            host=HOST,
            port=0,
            tls_enabled=False,
            invalid_user_sleep=0,
            hash_context=BuiltinHash(rounds=1),
        )
        config.set_cache[USER] = (self._mailboxes, FilterSet())
        login = Login(config)
        await DictBackend._add_demo_user(config, login)  # noqa: SLF001 - the library makes its user here only
        for folder in ("Junk", "Sent"):
            await self._mailboxes.add_mailbox(folder)
        reader = ProxyProtocolReader(ProxyProtocolVersion.get(None))
        answer = reader.get_callback(IMAPServer(login, config))
        connections: set[asyncio.StreamWriter] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connections.add(writer)
            try:
                await answer(reader, writer)
            finally:
                connections.discard(writer)

        return await asyncio.start_server(serve, HOST, 0), connections

    # ── what the SMTP server asks ────────────────────────────────────────────────────────────────────────────────

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Accept a recipient, ask to come again later, or refuse a stranger."""
        if address in self._greylisting:
            self._greylisting.discard(address)
            return "451 4.7.1 Greylisting in action, please come back later"
        if address not in self._known and self._box(address) is None:
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Deliver a message to each of its recipients."""
        for address in envelope.rcpt_tos:
            await self._deliver(envelope.mail_from or "", address, envelope.content)
        return f"250 2.0.0 Ok: queued as D{len(self.letters) + self.received:05d}"

    def _box(self, address: str) -> str | None:
        """Return the creditor's mailbox that an address means, plus-addresses among them; None for others."""
        local, _, domain = address.rpartition("@")
        plain = f"{local.partition('+')[0]}@{domain}"
        return plain if plain == self._own else None

    async def _deliver(self, sender: str, address: str, content: bytes) -> None:
        if self._box(address) is None:
            letter = Letter(address, content)
            self._file(f"to-{address}", content)
            self.letters.append(letter)
            self.delivered(letter)
            return
        trace = f"Return-Path: <{sender}>\r\nDelivered-To: {address}\r\n".encode()
        headers = BytesHeaderParser().parsebytes(content)
        if sender != self._own:
            self.received += 1
            self._file(f"from-{_address(headers)}", trace + content)
        await self._append("Junk" if headers["X-Spam-Flag"] == "YES" else "INBOX", trace + content)

    async def _append(self, folder: str, raw: bytes) -> None:
        mailbox = await self._mailboxes.get_mailbox(folder)
        await mailbox.append(AppendMessage(raw, self._now(), frozenset()), recent=True)

    def _now(self) -> datetime:
        return self._clock.now()

    def _file(self, name: str, raw: bytes) -> None:
        if self._keep is not None:
            self._kept += 1
            at = self._now().astimezone(PARIS)
            (self._keep / f"{self._kept:04d}-{at:%Y-%m-%dT%H%M}-{name}.eml").write_bytes(raw)

    # ── what debtors do ──────────────────────────────────────────────────────────────────────────────────────────

    async def post(self, sender: str, to: str, raw: bytes) -> None:
        """Hand a debtor's message to the server, as its mail program does."""
        async with aiosmtplib.SMTP(hostname=HOST, port=self.smtp_port, start_tls=False) as connection:
            await connection.sendmail(sender, [to], raw)

    async def last_uids(self) -> dict[str, int]:
        """Return the highest UID in each folder of the creditor's mailbox."""
        last = {}
        for folder in ("INBOX", "Junk", "Sent"):
            mailbox = await self._mailboxes.get_mailbox(folder)
            last[folder] = (await mailbox.snapshot()).next_uid - 1
        return last


def _address(headers: Message) -> str:
    found = str(headers["From"] or "").rpartition("<")[2].strip(" >")
    return "".join(char if char.isalnum() or char in "@.-_" else "_" for char in found)
