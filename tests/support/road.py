"""The whole program on a bed of real servers: commands and the daemon as processes of their own, debtors who answer.

Days are those of `[rehearsal]`: a scenario begins on MONDAY, with an invoice due on DUE, which reaches its first
reminder that day, the second on SECOND, the last on LAST and the formal notice on FORMAL.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from relance_mailer.cli import main
from tests.support.mailbed import CREDITOR_DOMAIN, PASSWORD, MailBed, becomes_true

PARIS: Final = ZoneInfo("Europe/Paris")
DUE: Final = date(2025, 9, 17)
MONDAY: Final = datetime(2025, 9, 22, 10, tzinfo=PARIS)
SECOND: Final = datetime(2025, 10, 2, 10, tzinfo=PARIS)
LAST: Final = datetime(2025, 10, 17, 10, tzinfo=PARIS)
FORMAL: Final = datetime(2025, 11, 3, 10, tzinfo=PARIS)

PATIENCE: Final = 30.0  #: seconds that a test waits for a process or a server before it fails
_INVOICES: Final = (
    "N° facture;Code client;Client;E-mail;Date de facture;Échéance;Montant TTC;Solde;Type de client;Langue;"
    "Adresse;Code postal;Ville;Pays;SIREN;Contact"
)
_PAYMENTS: Final = "Date de règlement;Code client;Factures;Montant;Référence bancaire;Libellé"

Settings = dict[str, Any]


@dataclass(frozen=True)
class Invoice:
    """A row of the file that the test imports; with a balance, it says what is paid of it as well."""

    number: str
    debtor: str
    emails: str
    due: date = DUE
    total: str = "1 250,00"
    balance: str | None = "1 250,00"

    def row(self) -> str:
        cells = (
            self.number,
            self.debtor,
            f"{self.debtor} SARL",
            self.emails,
            "18/08/2025",
            f"{self.due:%d/%m/%Y}",
            self.total,
            self.balance or "",
            "professionnel",
            "fr",
            "14 rue des Érables",
            "35000",
            "Rennes",
            "FR",
            "552100554",
            "Hélène Durand",
        )
        return ";".join(cells)


@dataclass(frozen=True)
class Done:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Running:
    """`relance-mailer run` at work."""

    process: subprocess.Popen[bytes]
    log_file: Path

    def log(self) -> list[dict[str, Any]]:
        """What it has logged so far."""
        return [json.loads(line) for line in self.text().splitlines() if line.startswith("{")]

    def text(self) -> str:
        return self.log_file.read_text("utf-8")

    def said(self, event: str, **values: Any) -> list[dict[str, Any]]:
        """The entries of this event with these values."""
        wanted = {"event": event, **values}
        return [entry for entry in self.log() if wanted.items() <= entry.items()]

    def wait_for(self, event: str, n: int = 1, **values: Any) -> dict[str, Any]:
        """Wait until the log has n such entries, and return the last."""
        seen = becomes_true(lambda: len(self.said(event, **values)) >= n or self.ended(), PATIENCE)
        found = self.said(event, **values)
        assert seen, self.text()
        assert len(found) >= n, self.text()
        return found[-1]

    def ended(self) -> bool:
        return self.process.poll() is not None

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def stop(self, seconds: float = 10) -> int:
        """SIGTERM, and its exit code; fails if it takes longer than the design allows."""
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"still running {seconds} s after SIGTERM\n{self.text()}") from None


class Road:
    """One creditor with an installation, a mailbox and a configuration of its own."""

    def __init__(self, bed: MailBed, folder: Path) -> None:
        self.bed = bed
        self.folder = folder
        self.me = bed.user("compta", CREDITOR_DOMAIN)
        self._files = 0
        self.settings = self._settings()

    # The installation.

    def install(self, **changes: Settings) -> None:
        """Write the configuration, with the changes given section by section, and create the database.

        Where its mode is live, its first run is approved.
        """
        self.configure(**changes)
        self.run("db", "migrate")
        if self.settings["sending"]["mode"] == "live":
            self.run("approve", "first-run", "--by", "nadia", at=MONDAY)

    def configure(self, **changes: Settings) -> None:
        """Change the configuration."""
        for section, values in changes.items():
            self.settings.setdefault(section, {}).update(values)
        self.config.write_text(_toml(self.settings), "utf-8")

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def state_file(self) -> Path:
        return self.folder / "relance.db.state.json"

    def _settings(self) -> dict[str, Settings]:
        server = {"host": "127.0.0.1", "tls": "none"}
        return {
            "creditor": {
                "name": "Menuiserie Martin",
                "street": "1 rue des Lilas",
                "postal_code": "75011",
                "city": "Paris",
                "siren": "732829320",
                "signer_name": "Alice Martin",
                "signer_capacity": "gérante",
                "iban": "FR7630006000011234567890189",
            },
            "sending": {"mode": "live"},
            "smtp": {
                **server,
                "port": self.bed.smtp_port,
                "from_address": self.me,
                "rate": "unlimited",
                "sent_copy": "none",
                "plus_address": True,
            },
            "mailboxes": {
                **server,
                "port": self.bed.imap_port,
                "username": self.me,
                "password": PASSWORD,
                "poll_seconds": 1,
            },
            "policy": {"max_payment_age": 60},
            "daemon": {"look_every": 0.3},
            "rehearsal": {},
        }

    # Commands.

    def run(self, *arguments: str, at: datetime | None = None, code: int | None = 0) -> Done:
        """Run a command to its end; fails unless it exits with `code` (None: however)."""
        when = ["--at", at.isoformat()] if at else []
        done = command([*arguments, "--config", str(self.config), *when], self.folder)
        assert code in (None, done.code), f"{arguments} exited with {done.code}\n{done.out}\n{done.err}"
        return done

    def invoices(self, *rows: Invoice, at: datetime = MONDAY) -> None:
        """Import invoices by the program, from a file as accounting programs write it."""
        self._import("invoices", _INVOICES, [row.row() for row in rows], at)

    def payments(self, *rows: str, at: datetime) -> None:
        """Import payments: `jj/mm/aaaa;code;invoices;amount;bank reference;label`."""
        self._import("payments", _PAYMENTS, rows, at)

    def _import(self, what: str, header: str, rows: Sequence[str], at: datetime) -> None:
        self._files += 1
        file = self.folder / f"{what}-{self._files}.csv"
        file.write_bytes("\r\n".join([header, *rows, ""]).encode("cp1252"))
        done = self.run("import", what, str(file), "--by", "nadia", at=at)
        assert f"{len(rows)} ajouté" in done.out, done.out

    def tick(self, at: datetime, code: int | None = 0) -> dict[str, Any]:
        """One whole pass at an instant; what it did."""
        done = self.run("tick", "--json", at=at, code=code).json
        assert isinstance(done, dict)
        return done

    @contextlib.contextmanager
    def daemon(self, start: datetime, **changes: Settings) -> Iterator[Running]:
        """`relance-mailer run`, its clock beginning at `start`; stopped at the end, cleanly unless the test did so."""
        self.configure(rehearsal={"start": start.isoformat()}, **changes)
        self._files += 1
        log_file = self.folder / f"run-{self._files}.log"
        command = [sys.executable, "-m", "relance_mailer", "run", "--config", str(self.config)]
        with log_file.open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
            running = Running(process, log_file)
            try:
                yield running
                if not running.ended():
                    assert running.stop() == 0, running.text()
            finally:
                if not running.ended():
                    process.kill()
        self.configure()

    # What is true now.

    def rows(self, table: str, where: str = "1", *arguments: object) -> list[dict[str, Any]]:
        """Rows of the database, oldest first."""
        database = sqlite3.connect(f"file:{self.folder}/relance.db?mode=ro", uri=True)
        with contextlib.closing(database):
            database.row_factory = sqlite3.Row
            found = database.execute(f"SELECT * FROM {table} WHERE {where} ORDER BY rowid", arguments)
            return [dict(row) for row in found]

    def wait_until(self, table: str, where: str, *arguments: object) -> dict[str, Any]:
        """Wait until the daemon has written such a row, and return it."""
        assert becomes_true(lambda: bool(self.rows(table, where, *arguments)), PATIENCE), (
            f"no row {where} {arguments} in {table}: {self.rows(table)}"
        )
        return self.rows(table, where, *arguments)[-1]

    def notices_to(self, address: str) -> list[dict[str, Any]]:
        """Every notice made to an address, whatever became of it."""
        return self.rows("notice", "to_address = ?", address)

    def tasks(self, kind: str) -> list[dict[str, Any]]:
        """What a person is asked for and has not done."""
        return self.rows("task", "kind = ? AND done_at IS NULL", kind)

    def inbox(self, user: str) -> list[EmailMessage]:
        """A mailbox once the bed has delivered whatever it was given."""
        assert becomes_true(lambda: not self.bed.queued(), PATIENCE), self.bed.queued()
        return self.bed.messages(user)

    def verify(self) -> None:
        """Have the program verify the whole ledger."""
        found = self.run("ledger", "verify", "--json").json
        assert found["problems"] == []
        assert found["entries"] > 0

    # What people write.

    def answer(
        self,
        to: EmailMessage,
        words: str,
        *,
        sender: str,
        at: datetime,
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """Answer a message by SMTP as a mail program does: thread, quotation, Reply-To."""
        message = EmailMessage()
        message["From"] = f"Hélène Durand <{sender}>"
        message["To"] = to["Reply-To"]
        message["Subject"] = f"Re: {to['Subject']}"
        message["Date"] = format_datetime(at)
        message["Message-ID"] = f"<{os.urandom(8).hex()}@{sender.partition('@')[2]}>"
        message["In-Reply-To"] = to["Message-ID"]
        message["References"] = to["Message-ID"]
        for name, value in (headers or {}).items():
            message[name] = value
        quoted = "\n".join(f"> {line}" for line in plain(to).splitlines())
        message.set_content(
            f"{words}\n\nLe {at:%d/%m/%Y} à {at:%H:%M}, Menuiserie Martin a écrit :\n{quoted}\n"
        )
        self.bed.send(message, sender, to["Reply-To"].addresses[0].addr_spec)
        return message


#: Starts each command in a process of its own, forked from one that has only loaded the program: loading it anew for
#: every command would take most of the time of these tests.
_PROCESSES: Final = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["relance_mailer.cli.commands", "tests.support.road", "pytest"])


def command(arguments: list[str], folder: Path) -> Done:
    """Run the program once, with these arguments, to its end."""
    out, err = folder / "stdout", folder / "stderr"
    process = _PROCESSES.Process(target=_become, args=(arguments, out, err))
    process.start()
    process.join(PATIENCE)
    if process.exitcode is None:
        process.kill()
        process.join()
    code = process.exitcode
    process.close()
    assert code is not None
    return Done(code, out.read_text("utf-8"), err.read_text("utf-8"))


def _become(arguments: list[str], out: Path, err: Path) -> None:
    """Become the program, as the shell starts it."""
    for number, file in ((1, out), (2, err)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.argv = ["relance-mailer", *arguments]
    main()


def plain(message: EmailMessage) -> str:
    """The text form of a message."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html(message: EmailMessage) -> str:
    """The HTML form of a message."""
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def _toml(settings: dict[str, Settings]) -> str:
    """Sections of plain values; JSON's strings, numbers and lists are TOML's too."""
    lines = []
    for section, values in settings.items():
        lines.append(f"[[{section}]]" if section == "mailboxes" else f"[{section}]")
        for key, value in values.items():
            instant = section == "rehearsal"
            lines.append(f"{key} = {value if instant else json.dumps(value, ensure_ascii=False)}")
    return "\n".join([*lines, ""])
