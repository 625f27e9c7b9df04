"""MAIL and RCPT said together where the server offers it (PIPELINING, RFC 2920): one way to the server and back less.

Each answer is read for itself, in the order of the commands, and means what it means where they are said one by one.
DATA waits: what is committed before it must know the envelope's answers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Self

from aiosmtplib import SMTP, SMTPResponse, SMTPResponseException, SMTPServerDisconnected, SMTPTimeoutError
from aiosmtplib.protocol import SMTPProtocol

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
CLOSING = 421  #: the server ends the connection (RFC 5321 section 3.8)


class Replies(SMTPProtocol):
    """The vendor's protocol, which drops what comes before it is asked for, made to keep the answers it is owed."""

    def __init__(self, client: SMTP) -> None:
        super().__init__(client.loop, client._on_connection_lost)  # noqa: SLF001 - as the vendor makes its own
        self._ahead = 0  # answers to what was said together that nobody has read

    @classmethod
    def of(cls, client: SMTP) -> Self | None:
        """Take over a connection on which nothing is under way, None where the server does not offer it."""
        transport = client.transport
        if transport is None or "pipelining" not in client.esmtp_extensions:
            return None
        replies = cls(client)
        replies.connection_made(transport)
        replies._response_pending = False  # the greeting was read
        transport.set_protocol(replies)
        client.protocol = replies
        return replies

    @property
    def owed(self) -> bool:
        """Whether an answer to what was said is still to be read: it may lie here although the server has hung up."""
        return self._ahead > 0

    def say(self, commands: Sequence[bytes]) -> None:
        """Send commands together; ValueError if one would be two."""
        if any(_CONTROL.search(command) for command in commands):
            raise ValueError("a command holds a control character")
        self._response_pending = True
        self.write(b"".join(b"%s\r\n" % command for command in commands))
        self._ahead = len(commands)

    async def answer(self, client: SMTP) -> SMTPResponse:
        """Return the next answer owed; as the client itself, close the connection where it ends."""
        try:
            response = await self.read_response(client.timeout)
        except (SMTPServerDisconnected, SMTPTimeoutError):
            client.close()
            raise
        if response.code == CLOSING:
            client.close()
        return response

    async def forget(self, client: SMTP) -> None:
        """Read the answers that no longer matter, since the envelope was refused before them."""
        while self._ahead:
            await self.answer(client)

    async def read_response(self, timeout: float | None = None) -> SMTPResponse:  # noqa: ASYNC109 - the vendor's face
        """Return the next answer; those that have come with it stay for the commands that they answer."""
        if self._response_waiter is None and self._ahead:  # hung up, having answered perhaps
            self._ahead -= 1
            if response := self._read_response_from_buffer():
                return response
        try:
            return await super().read_response(timeout)
        finally:
            self._ahead = max(self._ahead - 1, 0)
            if self._ahead:
                self._look_for_the_next()

    def data_received(self, data: bytes) -> None:
        """Take what the server says."""
        waiter = self._response_waiter
        if self._ahead and waiter is not None and waiter.done():  # and not picked up yet
            self._buffer.extend(data)
        else:
            super().data_received(data)

    def _look_for_the_next(self) -> None:
        waiter = self._response_waiter
        if waiter is None or waiter.done():
            return
        self._response_pending = True
        try:
            response = self._read_response_from_buffer()
        except SMTPResponseException as error:
            self._set_response_exception(waiter, error)
        else:
            if response is not None:
                waiter.set_result(response)
