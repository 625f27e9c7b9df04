"""Kills the real program at chosen moments of its road, and tells from its database and its server what it was at.

The SMTP server stands in the test's own process: it knows what it accepted, and when it must strike. A copy of what it
accepts goes into the creditor's real mailbox, since the program asks for one (`[smtp] bcc`).
"""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import relance_mailer
from relance_mailer import bootstrap, config
from relance_mailer.services import first_run
from relance_mailer.services.import_ import import_invoices, import_payments
from relance_mailer.services.office import Office
from tests.support.killing_server import KillingServer, Moment, strike
from tests.support.mailbed import HOST, PASSWORD, MailBed

BEGINNING = datetime(2026, 3, 10, 8, 5, tzinfo=UTC)  #: a Tuesday, the sending window has just opened
STEP = timedelta(seconds=20)  #: from one life of the program to the next
#: Seconds for a process to reach its moment; less than STEP, so that the clock never goes back.
PATIENCE = 15.0
_LOOK = 0.0005
_MIGRATING = threading.Lock()  #: Alembic's context belongs to the whole process

_CONFIG = """
[creditor]
name = "Menuiserie Martin"
street = "1 rue des Lilas"
postal_code = "75011"
city = "Paris"
siren = "732829320"
iban = "FR7630006000011234567890189"
[sending]
mode = "live"
[smtp]
host = "{host}"
port = {smtp_port}
tls = "none"
from_address = "{address}"
bcc = "{address}"
rate = "unlimited"
connections = {connections}
[[mailboxes]]
host = "{host}"
port = {imap_port}
tls = "none"
username = "{address}"
password = "{password}"
[policy]
brake_first_contacts = 100000
[daemon]
look_every = 0.2
[rehearsal]
start = {start}
"""


class State(StrEnum):
    """What a killed process had come to: of all its notices, the one nearest to the 250 that it did not note."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    SENDING = "sending, before DATA or its end"
    DOT = "after the dot, before 250"
    ANSWERED = "after 250, before the commit"
    NOTHING = "nothing under way"


AIMS: dict[State, tuple[Moment, ...]] = {
    State.PLANNED: (Moment.QUEUED,),
    State.CLAIMED: (Moment.CONNECT, Moment.EHLO, Moment.MAIL, Moment.RCPT),
    State.SENDING: (Moment.STARTED, Moment.DATA, Moment.CONTENT),
    State.DOT: (Moment.KEPT, Moment.DROPPED),
    State.ANSWERED: (Moment.ANSWERED,),
}


def moments(chance: random.Random) -> Iterator[Moment]:
    """Yield moments without end: shuffled, every state aimed at twice in eleven, and one blow at random."""
    while True:
        hand = [chance.choice(aims) for aims in AIMS.values() for _ in range(2)] + [Moment.ANY]
        chance.shuffle(hand)
        yield from hand


@dataclass(slots=True)
class House:
    """A creditor's office: its folder, its server, its mailbox, and the program's lives one after the other."""

    bed: MailBed
    folder: Path
    chance: random.Random
    connections: int
    address: str = ""
    lives: int = 0
    invoices: int = 0
    kills: dict[State, int] = field(default_factory=lambda: dict.fromkeys(State, 0))
    server: KillingServer = field(init=False)
    office: Office = field(init=False)

    @contextlib.contextmanager
    def open(self) -> Iterator[House]:
        """Set the creditor up, payments imported."""
        self.address = self.bed.user("compta", domain="creditor.example")
        self.server = KillingServer(lambda raw: self.bed.append(self.address, "INBOX", raw), self.chance)
        try:
            self._write_config()
            settings = config.load(self.config)
            with _MIGRATING:
                bootstrap.install(settings, bootstrap.make_clock(settings, BEGINNING))
            with bootstrap.open_office(settings, at=BEGINNING) as self.office:
                first_run.approve(self.office, BEGINNING, "test")
                import_payments(
                    self.office, b"Date;Code client;Montant\r\n", "reglements.csv", self.now, "test"
                )
                yield self
        finally:
            self.server.close()

    @property
    def config(self) -> Path:
        """The configuration's file."""
        return self.folder / "config.toml"

    @property
    def now(self) -> datetime:
        """The instant at which the present life begins."""
        return BEGINNING + self.lives * STEP

    def _write_config(self) -> None:
        values = {
            "host": HOST,
            "smtp_port": self.server.port,
            "imap_port": self.bed.imap_port,
            "address": self.address,
            "password": PASSWORD,
            "connections": self.connections,
            "start": self.now.isoformat(),
        }
        self.config.write_text(_CONFIG.format(**values), "utf-8")

    def bring_invoices(self, count: int) -> None:
        """Import so many new invoices, each of a debtor of its own."""
        lines = ["N° facture;Code client;Client;E-mail;Date de facture;Échéance;Montant TTC"]
        for number in range(self.invoices + 1, self.invoices + count + 1):
            who = f"debtor-{number}@debtor.example"
            lines.append(f"F-{number:05};C{number:05};Client {number};{who};02/02/2026;04/03/2026;1 250,00")
        report = import_invoices(
            self.office, "\r\n".join(lines).encode("utf-8-sig"), "factures.csv", self.now, "test"
        )
        assert (report.added, report.refused) == (count, 0)
        self.invoices += count

    def live(self, moment: Moment) -> State:
        """Let the program live until it is killed at `moment`; return what it had come to."""
        self.lives += 1
        fresh = self.chance.randint(1, 3)
        self.bring_invoices(fresh)
        self._write_config()
        before = self._last()
        command = self.chance.choice((["run"], ["tick", "--at", self.now.isoformat()]))
        process = self._start(*command)
        self.server.aim(process, moment, self.chance.randrange(fresh) if moment not in _ONCE else 0)
        self._watch(process, moment, before)
        self.server.wait_until_quiet()
        self.server.aim(None)
        state = self._state(before)
        self.kills[state] += 1
        self.server.bring_copies()
        return state

    def command(self, *arguments: str) -> None:
        """Run a command of the program to its end; it must be content."""
        process = self._start(*arguments)
        assert process.wait(4 * PATIENCE) == 0, self.log()

    def tick(self) -> None:
        """Let the program make one whole pass that nobody disturbs."""
        self.lives += 1
        self._write_config()
        self.command("tick", "--at", self.now.isoformat())

    @property
    def fatal(self) -> int:
        """How many processes were killed with something under way."""
        return sum(self.kills.values()) - self.kills[State.NOTHING]

    def told(self) -> str:
        """How many processes were killed in each state."""
        return "\n".join(f"  {kills:5} {state}" for state, kills in self.kills.items())

    def log(self) -> str:
        """What the program said lately."""
        return "\n".join((self.folder / "log").read_text("utf-8").splitlines()[-40:])

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database, which this cannot change."""
        with contextlib.closing(self._reader()) as reader:
            return reader.execute(query, values).fetchall()

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        root = str(Path(relance_mailer.__file__).parents[1])
        command = [sys.executable, "-m", "relance_mailer", *arguments]
        environment = os.environ | {"PYTHONPATH": root, "RELANCE_CONFIG": str(self.config)}
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )

    def _reader(self) -> sqlite3.Connection:
        return sqlite3.connect(f"{self.office.db.file.as_uri()}?mode=ro", uri=True)

    def _watch(self, process: subprocess.Popen[bytes], moment: Moment, before: tuple[int, int]) -> None:
        """Wait for the process's end, and bring it about where the database tells the moment, or chance."""
        seconds = self.chance.uniform(1.0, 3.5) if moment is Moment.ANY else PATIENCE
        deadline = time.monotonic() + seconds
        told = _TOLD.get(moment)
        with contextlib.closing(self._reader()) as reader:
            while process.poll() is None and time.monotonic() < deadline:
                if told and reader.execute(told[0], [before[told[1]]]).fetchone():
                    break
                time.sleep(_LOOK if told else 20 * _LOOK)
        strike(process)

    def _last(self) -> tuple[int, int]:
        [(notice, attempt)] = self.rows("SELECT (SELECT max(id) FROM notice), (SELECT max(id) FROM attempt)")
        return notice or 0, attempt or 0

    def _state(self, before: tuple[int, int]) -> State:
        """Tell from what this life has begun, not from what it found."""
        attempted = (
            "SELECT message_id FROM attempt JOIN notice ON notice.id = notice_id WHERE attempt.id > ? AND "
        )
        sending = {identity for (identity,) in self.rows(attempted + "attempt.state = 'sending'", before[1])}
        if sending:
            answered, whole = sending & self.server.answered, sending & set(self.server.whole)
            return State.ANSWERED if answered else State.DOT if whole else State.SENDING
        if self.rows(attempted + "attempt.state = 'claimed'", before[1]):
            return State.CLAIMED
        queued = self.rows("SELECT 1 FROM notice WHERE state = 'queued' AND id > ?", before[0])
        return State.PLANNED if queued else State.NOTHING


_ONCE = (Moment.CONNECT, Moment.EHLO)
#: The moments that the database tells: the question, and which of the last ids before it takes.
_TOLD = {
    Moment.QUEUED: ("SELECT 1 FROM notice WHERE state = 'queued' AND id > ?", 0),
    Moment.STARTED: ("SELECT 1 FROM attempt WHERE state = 'sending' AND id > ?", 1),
}
