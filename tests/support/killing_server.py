"""An SMTP server of the test's own that accepts everything, and kills its client when the moment comes."""

from __future__ import annotations

import contextlib
import random
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from email.parser import BytesHeaderParser
from enum import StrEnum, auto

from tests.support.mailbed import HOST

QUIET = 15.0  #: seconds for what was said to be heard


class Moment(StrEnum):
    """When to strike."""

    QUEUED = auto()  #: notices are planned, none is claimed
    CONNECT = auto()
    EHLO = auto()
    MAIL = auto()
    RCPT = auto()
    STARTED = auto()  #: the database says `sending`
    DATA = auto()  #: instead of 354
    CONTENT = auto()  #: the first line of the content has come
    KEPT = auto()  #: after the final dot, the message accepted, no answer
    DROPPED = auto()  #: after the final dot, the message lost, no answer
    ANSWERED = auto()  #: right after the 250
    ANY = auto()  #: at no matter what moment of its life


class StruckError(Exception):
    """The client of this conversation was killed."""


class KillingServer(socketserver.ThreadingTCPServer):
    """An SMTP server that accepts everything, and kills its client when the moment comes.

    Attributes:
        delivered: what it accepted, for the debtors' mailboxes.
        whole: the Message-IDs whose final dot it saw, as often as it saw it.
        answered: the Message-IDs whose 250 a living client was sent.
        copy: puts a copy into the creditor's mailbox.
    """

    daemon_threads = True
    request_queue_size = 50

    def __init__(self, copy: Callable[[bytes], None], chance: random.Random) -> None:
        super().__init__((HOST, 0), _Conversation)
        self.delivered: list[bytes] = []
        self.whole: list[str] = []
        self.answered: set[str] = set()
        self._late: list[bytes] = []  # accepted, the copy still under way
        self._copy = copy
        self._chance = chance
        self._lock = threading.Condition()
        self._conversations = 0
        self._victim: subprocess.Popen[bytes] | None = None
        self._aim: tuple[Moment, int] = (Moment.ANY, 0)
        self._messages = 0
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def aim(
        self, victim: subprocess.Popen[bytes] | None, moment: Moment = Moment.ANY, message: int = 0
    ) -> None:
        """Strike `victim` at this moment of its n-th message (from 0)."""
        self._victim, self._aim, self._messages = victim, (moment, message), 0

    def at(self, moment: Moment, message: int = 0) -> None:
        """Strike, if this is the moment; StruckError then ends the conversation."""
        if (moment, message) == self._aim and self._victim is not None:
            strike(self._victim)
            raise StruckError

    def next_message(self) -> int:
        """Return the number of a message that begins."""
        with self._lock:
            self._messages += 1
            return self._messages - 1

    def accept(self, raw: bytes) -> None:
        """Answer for a message from here on: the debtor has it, and the copy comes, at once or later."""
        with self._lock:
            self.delivered.append(raw)
            late = self._chance.random() < 0.7
            if late:
                self._late.append(raw)
        if not late:
            self._copy(raw)

    def answering(self, message_id: str) -> None:
        """Note that a 250 is written, if anybody is there to read it."""
        if self._victim is None or self._victim.poll() is None:
            self.answered.add(message_id)

    def bring_copies(self, *, every: bool = False) -> None:
        """Put the copies that were under way into the mailbox; now and then one stays on its way."""
        with self._lock:
            stays = 1 if not every and self._chance.random() < 0.2 else 0
            brought, self._late = self._late[stays:], self._late[:stays]
        for raw in brought:
            self._copy(raw)

    @contextlib.contextmanager
    def conversation(self) -> Iterator[None]:
        """Count a conversation while it lasts."""
        with self._lock:
            self._conversations += 1
        try:
            yield
        finally:
            with self._lock:
                self._conversations -= 1
                self._lock.notify_all()

    def wait_until_quiet(self) -> None:
        """Wait until all that clients sent before their end is heard."""
        with self._lock:
            assert self._lock.wait_for(lambda: not self._conversations, timeout=QUIET)

    def close(self) -> None:
        """Listen no more."""
        self.shutdown()
        self.server_close()


class _Conversation(socketserver.StreamRequestHandler):
    server: KillingServer
    disable_nagle_algorithm = True
    _OK = "250 2.0.0 Ok"

    def handle(self) -> None:
        with self.server.conversation(), contextlib.suppress(StruckError, OSError):
            self.server.at(Moment.CONNECT)
            self._say("220 killing.example ESMTP")
            message = 0
            while line := self.rfile.readline(1000):
                verb = line[:4].strip().upper()
                if verb == b"EHLO":
                    self.server.at(Moment.EHLO)
                    self._say("250-killing.example\r\n250-SIZE 10000000\r\n250 8BITMIME")
                elif verb == b"MAIL":
                    message = self.server.next_message()
                    self._step(Moment.MAIL, message, self._OK)
                elif verb == b"RCPT":
                    self._step(Moment.RCPT, message, self._OK)
                elif verb == b"DATA":
                    self._data(message)
                else:
                    self._say(self._OK if verb != b"QUIT" else "221 2.0.0 Bye")

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode("ascii"))

    def _step(self, moment: Moment, message: int, answer: str) -> None:
        self.server.at(moment, message)
        self._say(answer)

    def _data(self, message: int) -> None:
        server = self.server
        self._step(Moment.DATA, message, "354 End data with <CR><LF>.<CR><LF>")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return  # the client is gone: an unfinished message is nobody's
            server.at(Moment.CONTENT, message)
            lines.append(line.removeprefix(b"."))
        raw = b"".join(lines)
        identity = message_id(raw)
        server.whole.append(identity)
        server.at(Moment.DROPPED, message)
        server.accept(raw)
        server.at(Moment.KEPT, message)
        server.answering(identity)
        self._say(f"250 2.0.0 Ok: queued as {len(server.delivered):08X}")
        server.at(Moment.ANSWERED, message)


def message_id(raw: bytes) -> str:
    """Return a message's Message-ID."""
    return str(BytesHeaderParser().parsebytes(raw)["Message-ID"]).strip()


def strike(process: subprocess.Popen[bytes]) -> None:
    """Send SIGKILL and wait for the end."""
    process.kill()
    process.wait()
