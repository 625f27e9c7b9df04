"""A few connections to one sending server, kept open between messages for a short while.

Servers end connections as they like: when they were idle, after so many messages, before a restart. So a connection that
rested is asked by NOOP whether it still answers, and one that served is said goodbye to before the server does.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiosmtplib

from relance_mailer.errors import SmtpError
from relance_mailer.mail.smtp import Accepted, SmtpAccount, SmtpConnection, Withheld

KEPT = 30.0  #: seconds that an idle connection is kept: servers wait for minutes, some firewalls for less
ASKED_AFTER = 5.0  #: seconds of rest after which a connection must first answer NOOP
ANSWER_WITHIN = 10.0  #: seconds for that answer
MOST_MESSAGES = 100  #: on one connection; many servers end it at this number, some with an error
FAREWELL = 1.0  #: seconds to say goodbye to all in, at the end
#: Steps before the content at which a server may end a connection that it has tired of.
_BEFORE_CONTENT = frozenset({"mail", "rcpt", "data"})


class Connection(SmtpConnection):
    """A connection that knows how much it has served."""

    served = 0  #: messages handled on it, whatever the answer
    rests_since = 0.0  #: on the loop's clock

    @property
    def usable(self) -> bool:
        """Whether another message may be handed over on this connection."""
        return super().usable and self.served < MOST_MESSAGES

    async def deliver(self, *message: Any, **options: Any) -> Accepted | Withheld:
        """Hand one message over; see `SmtpConnection.deliver`."""
        try:
            return await super().deliver(*message, **options)
        finally:
            if super().usable:
                self.served += 1

    def ended(self, error: SmtpError) -> bool:
        """Say whether the server only ended this connection, having served us on it: another one may do.

        A first message that fails like that is the account's trouble.
        """
        let_go = error.code in (None, 421) and error.phase in _BEFORE_CONTENT and not error.permanent
        return let_go and self.served > 0 and not super().usable

    async def answers(self) -> bool:
        """Ask by NOOP whether anybody is still there."""
        if self._client is None or not self.usable:
            return False
        try:
            await self._client.noop(timeout=ANSWER_WITHIN)
        except (aiosmtplib.SMTPException, OSError):
            self._in_step = False
            return False
        return True


class Pool:
    """At most `size` connections to an account, those that say goodbye included.

    With `idle` 0 seconds nothing is kept; else call `close` at the end.
    """

    def __init__(self, account: SmtpAccount, size: int, *, idle: float = 0) -> None:
        self.idle = idle
        self._account = account
        # Who uses a connection, opens or closes it, holds a permit; with the resting ones that is never more than `size`.
        self._permits = asyncio.Semaphore(size)
        self._opening = asyncio.Lock()
        self._failed = 0  # how often none could be opened
        self._why: SmtpError | None = None
        self._resting: dict[Connection, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection that works, an open one if there is one.

        Raises:
            SmtpError: none can be opened.
        """
        async with self._permits:
            connection = await self._resting_one() or await self._opened()
            try:
                yield connection
            finally:
                await self._put_back(connection)

    async def close(self) -> None:
        """Say goodbye to those that rest, for a moment; then close them."""
        resting = [self._wake(connection) for connection in tuple(self._resting)]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await asyncio.gather(*(connection.close() for connection in resting))

    async def _opened(self) -> Connection:
        """Open a connection, one at a time: a wrong password is shown once, and whoever waited hears the same.

        Providers lock an account after a few of them.
        """
        failed = self._failed
        async with self._opening:
            if self._why is not None and self._failed != failed:
                raise self._why
            connection = Connection(self._account)
            try:
                await connection.__aenter__()
            except SmtpError as error:
                self._failed, self._why = self._failed + 1, error
                raise
            return connection

    async def _resting_one(self) -> Connection | None:
        """Take the connection that rests for the shortest time, of those that still answer."""
        while self._resting:
            connection = self._wake(next(reversed(self._resting)))
            rested = asyncio.get_running_loop().time() - connection.rests_since
            if connection.usable and (rested < ASKED_AFTER or await connection.answers()):
                return connection
            await connection.close()
        return None

    async def _put_back(self, connection: Connection) -> None:
        if connection.usable and self.idle:
            connection.rests_since = asyncio.get_running_loop().time()
            self._resting[connection] = asyncio.create_task(self._let_go(connection), name="smtp-idle")
        else:
            await connection.close()

    def _wake(self, connection: Connection) -> Connection:
        self._resting.pop(connection).cancel()
        return connection

    async def _let_go(self, connection: Connection) -> None:
        """Close a connection that has rested for long enough."""
        await asyncio.sleep(self.idle)
        del self._resting[connection]
        async with self._permits:  # there is one: this connection was one of `size`, and nobody used it
            await connection.close()
