"""A private mail system for tests: Postfix takes SMTP in, Dovecot keeps the mailboxes.

Both run from one temporary folder on loopback ports of their own, beside any other mail system of the machine and
beside each other. Every address at `creditor.example` and `debtor.example` exists, with the password "pw";
`name+anything@` is delivered to `name@`. Needs root (Postfix drops its rights itself) and the Debian packages
postfix, dovecot-imapd and dovecot-lmtpd.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import errno
import imaplib
import itertools
import json
import os
import random
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from tests.support import mailbed_config as config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CREDITOR_DOMAIN: Final = "creditor.example"
DEBTOR_DOMAIN: Final = "debtor.example"
PASSWORD: Final = "pw"
HOST: Final = "127.0.0.1"

PROGRAMS: Final = (
    Path(config.POSTFIX_DAEMONS, "master"),
    Path("/usr/sbin/dovecot"),
    Path("/usr/lib/dovecot/lmtp"),
)
#: Below the ports that the kernel hands out to clients: no outgoing connection takes a stopped server's port.
PORTS: Final = range(12_000, 32_000)
START_SECONDS: Final = 20.0
STOP_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.02


class MailBedError(Exception):
    """A server of the bed did not do what was asked; the text ends with its log."""


def what_is_missing() -> str | None:
    """Why no bed can run on this machine, or None when one can."""
    missing = [str(program) for program in PROGRAMS if not program.exists()]
    if missing:
        return f"{', '.join(missing)} not found: install postfix, dovecot-imapd and dovecot-lmtpd"
    if os.geteuid() != 0:
        return "Postfix can only be started by root"
    return None


class MailBed:
    """One Postfix and one Dovecot; a context manager, or `start()` and `stop()`.

    `bounced` addresses are accepted and then bounced with a real delivery status notification to the envelope's
    sender; `refused` ones are answered 550 and `greylisted` ones 451 at RCPT. Each holds for `+suffixes` too, so
    that a test may use `unknown+mine@debtor.example`. `behave` changes them while the bed runs.
    """

    def __init__(
        self,
        *,
        bounced: Sequence[str] = (f"unknown@{DEBTOR_DOMAIN}",),
        refused: Sequence[str] = (f"refused@{DEBTOR_DOMAIN}",),
        greylisted: Sequence[str] = (f"greylisted@{DEBTOR_DOMAIN}",),
    ) -> None:
        self.bounced, self.refused, self.greylisted = tuple(bounced), tuple(refused), tuple(greylisted)
        self.smtp_port, self.imap_port, self.lmtp_port = _free_ports(3)
        self._root = Path()
        self._numbers = itertools.count(1)
        self._postfix: _Server | None = None
        self._dovecot: _Server | None = None

    # Life: start and stop, whole or one server at a time; the ports stay the same.

    def start(self) -> Self:
        """Start both servers; returns when both answer. Raises MailBedError with their logs."""
        self._root = Path(tempfile.mkdtemp(prefix="mailbed-"))
        self._root.chmod(0o755)  # the servers' own users pass through
        self._lay_out()
        try:
            self.start_imap()
            self.start_smtp()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop what runs, wait for its end, and remove the folder."""
        self.stop_smtp()
        self.stop_imap()
        shutil.rmtree(self._root, ignore_errors=True)

    def start_smtp(self) -> None:
        """Start Postfix; what its queue still holds is tried again within a second or two."""
        self._write_behaviours()
        self._postfix = _Server([str(PROGRAMS[0]), "-c", str(self._root / "etc")], self.smtp_port)
        self._wait_for_greeting(self._postfix, self.smtp_port, b"220 ")

    def stop_smtp(self) -> None:
        """Stop Postfix; connections are refused from then on, and its queue is kept."""
        if self._postfix:
            self._postfix.stop()
            self._postfix = None

    def start_imap(self) -> None:
        """Start Dovecot: IMAP, and LMTP for the delivery."""
        command = [str(PROGRAMS[1]), "-F", "-c", str(self._root / "dovecot.conf")]
        self._dovecot = _Server(command, self.imap_port)
        self._wait_for_greeting(self._dovecot, self.imap_port, b"* OK")
        self._wait_for_greeting(self._dovecot, self.lmtp_port, b"220 ")

    def stop_imap(self) -> None:
        """Stop Dovecot and cut its connections; Postfix keeps what comes in meanwhile in its queue."""
        if self._dovecot:
            self._dovecot.stop()
            self._dovecot = None

    def behave(
        self,
        *,
        bounced: Sequence[str] | None = None,
        refused: Sequence[str] | None = None,
        greylisted: Sequence[str] | None = None,
    ) -> None:
        """Replace the lists that are given, and restart Postfix (so that no old process serves on)."""
        self.bounced = self.bounced if bounced is None else tuple(bounced)
        self.refused = self.refused if refused is None else tuple(refused)
        self.greylisted = self.greylisted if greylisted is None else tuple(greylisted)
        if self._postfix:
            self.stop_smtp()
            self.start_smtp()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    # Use: addresses, sending, reading.

    def user(self, name: str, domain: str = DEBTOR_DOMAIN) -> str:
        """An address that no other test of this bed has: `alice-7@debtor.example`."""
        return f"{name}-{next(self._numbers)}@{domain}"

    def send(self, message: bytes | EmailMessage, sender: str, recipients: str | Sequence[str]) -> None:
        """Hand a message to Postfix; raises smtplib's errors (SMTPRecipientsRefused where it refuses all)."""
        raw = message.as_bytes(policy=email.policy.SMTP) if isinstance(message, EmailMessage) else message
        with smtplib.SMTP(HOST, self.smtp_port, timeout=START_SECONDS) as client:
            client.sendmail(sender, recipients, raw)

    def append(self, user: str, folder: str, raw: bytes, flags: str = "") -> None:
        """Put a message into a folder by IMAP, as a person's mail program files its own copy."""
        with self.imap(user) as client:
            status, answer = client.append(f'"{folder}"', flags, "", raw)
        if status != "OK":
            raise MailBedError(f"APPEND to {folder} of {user}: {answer!r}")

    def messages(self, user: str, folder: str = "INBOX") -> list[EmailMessage]:
        """What a folder holds, oldest first; flags stay as they are."""
        return [_parse(raw) for raw in self.raw_messages(user, folder)]

    def raw_messages(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """The bytes of what a folder holds, oldest first; flags stay as they are."""
        with self.imap(user) as client:
            return _fetch_all(client, folder)

    def wait_for(
        self, user: str, n: int = 1, folder: str = "INBOX", timeout: float = 15
    ) -> list[EmailMessage]:
        """Wait until a folder holds at least n messages, and return them all. Raises MailBedError with the logs.

        Postfix delivers in parallel: messages sent one right after the other may arrive in another order.
        """
        deadline = time.monotonic() + timeout
        with self.imap(user) as client:
            while len(found := _fetch_all(client, folder)) < n:
                if time.monotonic() > deadline:
                    raise MailBedError(f"{len(found)} of {n} messages in {folder} of {user}\n{self.log()}")
                time.sleep(POLL_SECONDS)
        return [_parse(raw) for raw in found]

    @contextlib.contextmanager
    def imap(self, user: str) -> Iterator[imaplib.IMAP4]:
        """A connection of the test's own, logged in as this user (without its +suffix)."""
        local, _, domain = user.partition("@")
        with imaplib.IMAP4(HOST, self.imap_port, timeout=START_SECONDS) as client:
            client.login(f"{local.partition('+')[0]}@{domain}", PASSWORD)
            yield client

    def deliver(self, raw: bytes, *recipients: str) -> None:
        """Hand a message to Dovecot by LMTP; it lies there, with a Received of its own, when this returns."""
        with smtplib.LMTP(HOST, self.lmtp_port, timeout=START_SECONDS) as client:
            for recipient in recipients:  # apart: LMTP answers for each, which smtplib does not expect
                client.sendmail("", recipient, raw)

    def renumber(self, user: str) -> None:
        """Give every folder of a user another UIDVALIDITY and other UIDs, as moving to another server does."""
        self.stop_imap()
        for pattern in ("dovecot-uid*", "dovecot.index*", "dovecot.list*"):
            for file in self.maildir(user).rglob(pattern):
                file.unlink()
        self.start_imap()

    def back_up(self, user: str) -> Path:
        """Copy a user's mailbox, its numbers with it, and return where to."""
        copy = Path(tempfile.mkdtemp(dir=self._root)) / "Maildir"
        self.stop_imap()
        shutil.copytree(self.maildir(user), copy)
        self.start_imap()
        return copy

    def restore(self, user: str, copy: Path) -> None:
        """Put a copy back: UIDVALIDITY is what it was, UIDs that were given out since are given out again."""
        self.stop_imap()
        shutil.rmtree(self.maildir(user))
        subprocess.run(["cp", "-a", str(copy), str(self.maildir(user))], check=True)
        subprocess.run(["chown", "-R", "mail:mail", str(self.maildir(user))], check=True)
        self.start_imap()

    def maildir(self, user: str) -> Path:
        """Return where a user's mail lies, owned by the user "mail"."""
        return self._root / "home" / user / "Maildir"

    def queued(self) -> list[str]:
        """The recipients of what Postfix holds, not yet delivered and not yet given up."""
        command = ["/usr/sbin/postqueue", "-c", str(self._root / "etc"), "-j"]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        return [recipient["address"] for line in lines for recipient in json.loads(line)["recipients"]]

    def log(self, lines: int = 30) -> str:
        """The last lines of both servers' logs, for a failing test's message."""
        files = (self._root / "mail.log", self._root / "dovecot.log")
        tails = (path.read_text(errors="replace").splitlines()[-lines:] for path in files if path.exists())
        return "\n".join(line for tail in tails for line in tail)

    # Inside.

    def _lay_out(self) -> None:
        """Write the configuration and the folders, each with the owner that its server asks for."""
        values = {
            "root": self._root,
            "daemons": config.POSTFIX_DAEMONS,
            "domains": f"{CREDITOR_DOMAIN}, {DEBTOR_DOMAIN}",
            "password": PASSWORD,
            "smtp_port": self.smtp_port,
            "imap_port": self.imap_port,
            "lmtp_port": self.lmtp_port,
        }
        for folder, owner, group in (
            ("etc", "root", "root"),
            ("data", "postfix", "root"),
            ("home", "mail", "mail"),
        ):
            _make_folder(self._root / folder, owner, group, 0o755)
        _make_folder(self._root / "queue", "root", "root", 0o755)
        for folder, owner, group, mode in config.QUEUE_FOLDERS:
            _make_folder(self._root / "queue" / folder, owner, group, mode)
        _write(self._root / "dovecot.conf", config.DOVECOT.format(**values))
        _write(self._root / "etc/master.cf", config.POSTFIX_MASTER.format(**values))
        _write(self._root / "etc/main.cf", config.POSTFIX_MAIN.format(**values))

    def _write_behaviours(self) -> None:
        bounced = (f"{address} error:5.1.1 user unknown\n" for address in self.bounced)
        refused = (f"{address} 550 5.1.1 no such mailbox\n" for address in self.refused)
        greylisted = (f"{address} 451 4.7.1 try again later\n" for address in self.greylisted)
        _write(self._root / "etc/bounced", "".join(bounced))
        _write(self._root / "etc/refused", "".join([*refused, *greylisted]))

    def _wait_for_greeting(self, server: _Server, port: int, greeting: bytes) -> None:
        def greeted() -> bool:
            if server.ended():
                raise MailBedError(f"{server.name} ended at once\n{server.output()}\n{self.log()}")
            return _greeting(port).startswith(greeting)

        if not becomes_true(greeted, START_SECONDS):
            raise MailBedError(f"{server.name} does not answer on port {port}\n{self.log()}")


class _Server:
    """One server process with its children, ended with the bed, or with the test run if that is killed."""

    def __init__(self, command: list[str], port: int) -> None:
        self.name = Path(command[0]).name
        self._port = port
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  closed by stop()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        # The pipe closes when the test run ends, however it ends: then the guard ends the server.
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", 'read _; kill -- "-$0"', str(self._process.pid)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def ended(self) -> bool:
        return self._process.poll() is not None

    def output(self) -> str:
        self._output.seek(0)
        return self._output.read().decode(errors="replace")

    def stop(self) -> None:
        """SIGTERM to the server and its children, SIGKILL after STOP_SECONDS; then its port refuses connections."""
        self._guard.kill()
        self._guard.communicate()
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()
        self._output.close()
        if not becomes_true(lambda: refuses(self._port), STOP_SECONDS):
            raise MailBedError(f"{self.name} still listens on port {self._port} after its end")

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


def becomes_true(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask a real server again and again, until it says yes or the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _greeting(port: int) -> bytes:
    """The first bytes that a server says, or none while nobody listens."""
    with (
        contextlib.suppress(OSError),
        socket.create_connection((HOST, port), timeout=START_SECONDS) as connection,
    ):
        return connection.recv(64)
    return b""


def refuses(port: int) -> bool:
    """Whether nobody listens on this port any more."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == errno.ECONNREFUSED


def _free_ports(count: int) -> list[int]:
    """Ports on which nobody listens now, drawn at random so that two beds hardly meet."""
    free: list[int] = []
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind((HOST, port))
            free.append(port)
        if len(free) == count:
            return free
    raise MailBedError(f"no {count} free ports between {PORTS.start} and {PORTS.stop}")


def _make_folder(path: Path, owner: str, group: str, mode: int) -> None:
    path.mkdir()
    path.chmod(mode)
    shutil.chown(path, owner, group)


def _write(path: Path, text: str) -> None:
    """Write a file and date it back: Postfix waits two seconds before it trusts one that was just written."""
    path.write_text(text)
    os.utime(path, (0, 0))


def _fetch_all(client: imaplib.IMAP4, folder: str) -> list[bytes]:
    status, answer = client.select(f'"{folder}"', readonly=True)
    if status != "OK":
        raise MailBedError(f"no folder {folder}: {answer!r}")
    if answer[0] == b"0":
        return []
    _, items = client.fetch("1:*", "(BODY.PEEK[])")
    return [item[1] for item in items if isinstance(item, tuple)]


def _parse(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)
