"""A flood of mail into two real mailboxes while the program that reads them is killed, and the server plays every trick."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import smtplib
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import relance_mailer
from relance_mailer import bootstrap, config
from tests.support.mailbed import HOST, PASSWORD, MailBed
from tests.support.office import Invoice, bring_in

_CONFIG = """
[creditor]
name = "Menuiserie Martin"
[smtp]
host = "127.0.0.1"
port = 9
tls = "none"
from_address = "{first}"
[[mailboxes]]
name = "first"
host = "{host}"
port = {port}
tls = "none"
username = "{first}"
password = "{password}"
poll_seconds = 1
[[mailboxes]]
name = "second"
host = "{host}"
port = {port}
tls = "none"
username = "{second}"
password = "{password}"
poll_seconds = 1
[daemon]
look_every = 5
"""
DEBTORS = 40
_PATIENCE = 240.0  #: seconds for the program to read what lies there
_MARK = "flood-"
_BEGINNING = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)


@dataclass(slots=True)
class Flood:
    """Two mailboxes, the program that reads them, and how often each thing happened."""

    bed: MailBed
    folder: Path
    chance: random.Random
    first: str = ""
    second: str = ""
    delivered: int = 0
    happened: Counter[str] = field(default_factory=Counter)
    _program: subprocess.Popen[bytes] | None = None

    @contextlib.contextmanager
    def open(self) -> Iterator[Flood]:
        """Set up the office and its debtors, start the program, and end it."""
        self.first, self.second = (self.bed.user(name, "creditor.example") for name in ("first", "second"))
        values = {"host": HOST, "port": self.bed.imap_port, "password": PASSWORD}
        text = _CONFIG.format(first=self.first, second=self.second, **values)
        (self.folder / "config.toml").write_text(text, "utf-8")
        settings = config.load(self.folder / "config.toml")
        bootstrap.install(settings, bootstrap.make_clock(settings))
        with bootstrap.open_office(settings) as office:
            rows = [
                Invoice(
                    f"F-{n:04}", "01/01/2037", code=f"C{n}", debtor=f"Client {n}", email=_debtor(n), siren=""
                )
                for n in range(DEBTORS)
            ]
            bring_in(office, *rows)
        self.start()
        try:
            yield self
        finally:
            self.kill()

    # ── the program ──────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Start the program."""
        root = str(Path(relance_mailer.__file__).parents[1])
        environment = os.environ | {"PYTHONPATH": root, "RELANCE_CONFIG": str(self.folder / "config.toml")}
        command = [sys.executable, "-m", "relance_mailer", "run"]
        with (self.folder / "log").open("ab") as log:
            self._program = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )

    def kill(self) -> None:
        """End the program without a word (kill -9)."""
        if self._program is not None:
            self._program.send_signal(signal.SIGKILL)
            self._program.wait()

    def log(self) -> str:
        """What the program said lately."""
        return "\n".join((self.folder / "log").read_text("utf-8").splitlines()[-30:])

    # ── what happens ─────────────────────────────────────────────────────────────────────────────────────

    def deliver(self, count: int, to: str = "") -> None:
        """Deliver new messages to a mailbox, or to any: then one in seven to both."""
        for _ in range(count):
            self.delivered += 1
            both = not to and self.delivered % 7 == 0
            self._hand_over(
                letter(self.delivered), *([self.first, self.second] if both else [to or self._anyone()])
            )
            self.happened["to both mailboxes"] += both

    def deliver_again(self) -> None:
        """Deliver some old messages anew, as relays do that never heard the answer."""
        for number in self.chance.sample(range(1, self.delivered + 1), min(5, self.delivered)):
            self._hand_over(letter(number), self._anyone())
            self.happened["delivered again"] += 1

    def move(self) -> None:
        """Move messages between inbox and junk, and others there and back; other programs may do so at any time."""
        with self.bed.imap(self._anyone()) as client:
            for source, target in (("INBOX", "Junk"), ("Junk", "INBOX")):
                client.select(source)
                _, [found] = client.uid("search", "ALL")
                uids = found.split()
                for uid in self.chance.sample(uids, min(3, len(uids))):
                    client.uid("move", uid.decode(), target)
                    self.happened["moved"] += 1

    def kill_and_start(self) -> None:
        """Kill the program at any moment and start it anew."""
        time.sleep(self.chance.uniform(0, 0.5))
        self.kill()
        self.start()
        self.happened["kill -9"] += 1

    def renumber(self) -> None:
        """Change UIDVALIDITY and all UIDs of a mailbox; its server is away meanwhile."""
        self.bed.renumber(self._anyone())
        self.happened["UIDVALIDITY changed"] += 1

    def restart_server(self) -> None:
        """Restart the server: every connection is cut."""
        self.bed.stop_imap()
        self.bed.start_imap()
        self.happened["server restarted"] += 1

    def restore(self) -> None:
        """Put an older state of a mailbox back and deliver on: UIDs come again, and name other messages."""
        user = self._anyone()
        copy = self.bed.back_up(user)
        self.deliver(3, to=user)
        self.wait_until_read()  # so that their UIDs are known, and come again for others
        self.bed.restore(user, copy)
        self.deliver(self.chance.randint(1, 5), to=user)
        self.happened["restored"] += 1

    # ── what came of it ──────────────────────────────────────────────────────────────────────────────────

    def wait_until_read(self, share: float = 1.0) -> None:
        """Wait until a share of the messages delivered was read; AssertionError with the log if that does not come."""
        deadline = time.monotonic() + _PATIENCE
        while len(missing := self.missing()) > (1 - share) * self.delivered:
            assert time.monotonic() < deadline, f"never read: {sorted(missing)[:20]}\n{self.log()}"
            assert self._program is None or self._program.poll() is None, self.log()
            time.sleep(0.2 if self.delivered < 1_000 else 1)

    def missing(self) -> set[int]:
        """The messages that were delivered and not read yet."""
        return set(range(1, self.delivered + 1)) - set(self.read())

    def read(self) -> Counter[int]:
        """How many times each message was taken for itself."""
        rows = self._rows("SELECT message_id FROM message WHERE state = 'read'")
        return Counter(int(name.partition(_MARK)[2].partition("@")[0]) for (name,) in rows if _MARK in name)

    def answered(self) -> Counter[int]:
        """How many times something was understood of each message."""
        rows = self._rows(
            "SELECT message.message_id FROM reply JOIN message ON message.id = reply.message_id"
        )
        return Counter(int(name.partition(_MARK)[2].partition("@")[0]) for (name,) in rows if _MARK in name)

    def states(self) -> dict[str, int]:
        """How many rows stand in each state."""
        return dict(self._rows("SELECT state, count(*) FROM message GROUP BY state"))  # type: ignore[arg-type]

    def _rows(self, query: str) -> list[tuple[str, ...]]:
        uri = f"{(self.folder / 'relance.db').as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=60)) as reader:
            return reader.execute(query).fetchall()

    def _anyone(self) -> str:
        return self.chance.choice((self.first, self.second))

    def _hand_over(self, raw: bytes, *to: str) -> None:
        """Deliver as a relay does: again and again, and again where the answer was lost."""
        while True:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self.bed.deliver(raw, *to)
                return
            time.sleep(0.05)


def _debtor(number: int) -> str:
    return f"client-{number % DEBTORS}@debtor{number % DEBTORS}.example"


def letter(number: int) -> bytes:
    """Return the message of a number, always the same: seven in ten by machines, two by debtors, one by a stranger."""
    message = EmailMessage()
    kind = number % 10
    message["From"] = f"someone-{number}@nowhere.example" if kind == 9 else _debtor(number)
    message["To"] = "first@creditor.example"
    message["Date"] = format_datetime(_BEGINNING + timedelta(seconds=number))
    message["Message-ID"] = f"<{_MARK}{number}@debtor.example>"
    message["Subject"] = f"Re: F-{number % DEBTORS:04}" if kind > 6 else f"Absence du bureau {number}"
    if kind <= 6:
        message["Auto-Submitted"] = "auto-replied"
    message.set_content(f"Bonjour,\n\nBien reçu, je transmets ({number}).\n" + "x" * (number % 997) + "\n")
    return message.as_bytes().replace(b"\n", b"\r\n")
