"""A watcher that runs while a test looks at what it does, and has ended when the test goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from relance_mailer.mail.imap import ImapAccount
from relance_mailer.mail.watch import Sink, Watcher


@asynccontextmanager
async def running(account: ImapAccount, sink: Sink) -> AsyncIterator[Watcher]:
    """Watch a mailbox until the block ends."""
    watcher = Watcher(account, sink)
    watcher.start()
    try:
        yield watcher
    finally:
        watcher.stop()
        await asyncio.to_thread(watcher.join, 15)
        assert not watcher.is_alive()
