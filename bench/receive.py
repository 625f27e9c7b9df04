"""Receiving: 10,000 messages of 2 to 200 kB (receive_mail.py) out of Dovecot on loopback, beside what others do of it.

mbsync fetches and stores them; imapclient only fetches; mail-parser and the standard library only read. Ours does all of it:
fetched, kept raw with the ledger (SQLite WAL, synchronous=FULL), read in the guarded child, machines told from people, matched
with the notices, and what each means done and written down. Then the daemon as an admin runs it: how long from the delivery of
an answer by LMTP to the hold that it opens, by IDLE, and what daemon and child hold in memory.

    python bench/receive.py [--messages N] [--rounds N] [--answers N]      (mbsync is Debian's isync)
"""

from __future__ import annotations

import argparse
import contextlib
import email
import json
import os
import shutil
import smtplib
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from email import policy
from operator import truediv
from pathlib import Path
from typing import Any

import imapclient
import mailparser
import psutil
from receive_mail import US, Sent, mixture, notices

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from relance_mailer import bootstrap, config
from relance_mailer.clock import SystemClock
from relance_mailer.mail.watch import read_once
from relance_mailer.services.mail_sink import MailSink
from relance_mailer.services.receive import read_waiting
from relance_mailer.store import blobs
from relance_mailer.store.tables import ContactRow, DebtorRow, InvoiceRow, NoticeInvoiceRow, NoticeRow
from tests.support.mailbed import HOST, PASSWORD, MailBed

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
AT_ONCE = 200  #: messages that imapclient fetches in one command
DEBTORS = 300
READ_ALONE = 1_000  #: messages that the parsers are timed with
CONFIG = """\
[creditor]
name = "Menuiserie Martin"
[sending]
mode = "shadow"
[smtp]
host = "127.0.0.1"
port = 9
tls = "none"
from_address = "{user}"
[[mailboxes]]
host = "127.0.0.1"
port = {port}
tls = "none"
username = "{user}"
password = "{password}"
authserv_id = "mx.creditor.example"
"""
MBSYNC = """\
IMAPAccount there
Host 127.0.0.1
Port {port}
User {user}
Pass {password}
SSLType None
AuthMechs LOGIN

IMAPStore far
Account there

MaildirStore near
Path {folder}/mail/
Inbox {folder}/mail/INBOX

Channel all
Far :far:
Near :near:
Sync Pull
SyncState *
"""


# --- the mailbox and the office -------------------------------------------------------------------------------------


def fill(bed: MailBed, user: str, messages: Iterator[bytes]) -> list[int]:
    """Lay messages into a user's Maildir as Dovecot does, and return their sizes."""
    folder = bed.maildir(user)
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True)
    sizes = []
    for n, raw in enumerate(messages):
        lines = raw.count(b"\n")
        name = f"{1_700_000_000 + n}.M{n}P1.bench,S={len(raw)},W={len(raw) + lines}"
        (folder / "new" / name).write_bytes(raw)
        sizes.append(len(raw))
    subprocess.run(["chown", "-R", "mail:mail", str(folder.parent)], check=True)
    return sizes


def make_office(folder: Path, bed: MailBed, user: str, sent: list[Sent]) -> Path:
    """Install a database whose debtors got the notices two weeks ago, and return the configuration's path."""
    path = folder / "config.toml"
    path.write_text(CONFIG.format(port=bed.imap_port, user=user, password=PASSWORD))
    settings = config.load(path)
    bootstrap.install(settings, SystemClock())
    now = datetime.now(UTC)
    with bootstrap.open_office(settings) as office, office.db.write() as session:
        key, on = office.creditor_id, now - timedelta(days=14)
        blob = blobs.put(session, b"an old notice")
        for n, one in enumerate(sent, 1):
            domain = one.to.partition("@")[2]
            names = {"reference": f"C{n}", "name": f"Client {n}", "kind": "professional", "language": "fr"}
            rows: list[Any] = [
                DebtorRow(id=n, creditor_id=key, country="FR", created_at=on, **names),
                ContactRow(id=n, creditor_id=key, debtor_id=n, address=one.to, domain=domain, rank=0),
                InvoiceRow(
                    id=n, creditor_id=key, debtor_id=n, number=one.number, issued=date(2026, 1, 5), due=date(2026, 2, 4),
                    total_minor=120_000, currency="EUR", first_seen=date(2026, 1, 5),
                ),
                NoticeRow(
                    id=n, creditor_id=key, debtor_id=n, contact_id=n, mode="live", track="live", stage="reminder1", kind="reminder",
                    state="sent", template="reminder1", facts="", to_address=one.to, subject=one.subject, own_text=one.text,
                    message_id=one.message_id, sha256=blob, created_at=on, rendered_at=on, left_at=on,
                ),
                NoticeInvoiceRow(
                    notice_id=n, invoice_id=n, creditor_id=key, stage="reminder1", track="live", outstanding_minor=120_000,
                    currency="EUR", served_on=on.date(),
                ),
            ]  # fmt: skip
            for row in rows:
                session.add(row)
                session.flush()
    return path


# --- who reads it ---------------------------------------------------------------------------------------------------


def by_mbsync(bed: MailBed, user: str, count: int) -> None:
    """Let mbsync fetch and store everything."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "mail").mkdir()
        (folder / "rc").write_text(
            MBSYNC.format(port=bed.imap_port, user=user, password=PASSWORD, folder=folder)
        )
        subprocess.run(["mbsync", "-q", "-c", str(folder / "rc"), "all"], check=True)
        kept = sum(1 for part in ("cur", "new") for _ in (folder / "mail/INBOX" / part).iterdir())
        assert kept == count, kept


def by_imapclient(bed: MailBed, user: str, count: int) -> None:
    """Fetch everything and drop it."""
    with imapclient.IMAPClient(HOST, bed.imap_port, ssl=False) as client:
        client.login(user, PASSWORD)
        client.select_folder("INBOX", readonly=True)
        uids = client.search(["UID", "1:*"])
        seen = sum(
            len(client.fetch(uids[at : at + AT_ONCE], ["BODY.PEEK[]"])) for at in range(0, len(uids), AT_ONCE)
        )
        assert seen == count, seen


def ours(path: Path) -> dict[str, Any]:
    """Receive everything, in this process: a mailbox's thread fetches and keeps, this one reads, as in the daemon."""
    from relance_mailer import daemon  # noqa: F401  its memory counts

    settings = config.load(path)
    news, done = threading.Event(), threading.Event()
    begun, used = time.perf_counter(), time.process_time()
    with bootstrap.open_office(settings) as office, bootstrap.make_reader(office) as reader:
        account = bootstrap.make_accounts(settings).mailboxes[0]

        def fetch() -> None:
            read_once(account, MailSink(office, news.set))
            done.set()
            news.set()

        watcher = threading.Thread(target=fetch)
        watcher.start()
        taken = 0
        while True:
            news.wait()
            news.clear()
            last = done.is_set()
            taken += read_waiting(office, reader).read
            if last:
                break
        watcher.join()
        seconds = time.perf_counter() - begun
    return {"read": taken, "seconds": round(seconds, 2), "cpu": round(time.process_time() - used, 2)}


def parsers() -> dict[str, Callable[[bytes], object]]:
    """Return how others read a message that lies in memory."""
    return {
        "mail-parser": mailparser.parse_from_bytes,
        "policy.default": lambda raw: _walked(email.message_from_bytes(raw, policy=policy.default)),
        "compat32": lambda raw: _walked(email.message_from_bytes(raw)),
    }


def _walked(message: Any) -> list[object]:
    """Touch what a reader needs: the headers and the texts."""
    texts = [
        part.get_payload(decode=True) for part in message.walk() if part.get_content_maintype() == "text"
    ]
    return [*message.items(), *texts]


# --- measuring ------------------------------------------------------------------------------------------------------


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def peak_of(process: subprocess.Popen[str]) -> tuple[float, float, str]:
    """Wait for a process; return the most that it and its children held in MB, resident and shared out, and what it said."""
    said: list[str] = []
    reading = threading.Thread(target=lambda: said.append(process.communicate()[0]))
    reading.start()
    most = (0.0, 0.0)
    while reading.is_alive():
        most = tuple(map(max, most, memory(process.pid)))  # type: ignore[assignment]
        reading.join(0.1)
    if process.returncode:
        raise SystemExit(process.returncode)
    return (*most, said[0])


def memory(pid: int) -> tuple[float, float]:
    """Return what a process and its children hold in MB: resident, and with shared pages shared out (PSS)."""
    resident = shared = 0
    with contextlib.suppress(psutil.Error):
        first = psutil.Process(pid)
        for one in (first, *first.children(recursive=True)):
            told = one.memory_full_info()
            resident, shared = resident + told.rss, shared + told.pss
    return resident / 1e6, shared / 1e6


def throughput(bed: MailBed, count: int, rounds: int) -> dict[str, Any]:
    """Measure everybody in turn, `rounds` times; messages a second, medians."""
    sent = notices(DEBTORS)
    user = US.replace("@", f"{count}@")
    sizes = fill(bed, user, mixture(count, sent))
    by_imapclient(bed, user, count)  # Dovecot indexes it once, before any clock
    found: dict[str, list[float]] = {
        "mbsync": [],
        "imapclient fetch": [],
        "ours": [],
        "ours, nobody known": [],
    }
    told: dict[str, Any] = {}
    for _ in range(rounds):
        found["mbsync"].append(count / timed(lambda: by_mbsync(bed, user, count)))
        found["imapclient fetch"].append(count / timed(lambda: by_imapclient(bed, user, count)))
        for name, known in (("ours", sent), ("ours, nobody known", [])):
            told[name] = by_ours(bed, user, known, count)
            found[name].append(count / told[name]["seconds"])
    raws = list(mixture(min(count, READ_ALONE), sent))
    for name, parse in parsers().items():
        found[f"{name} read"] = [len(raws) / timed(lambda parse=parse: [parse(raw) for raw in raws])]  # type: ignore[misc]
    rates = {name: round(statistics.median(each)) for name, each in found.items()}
    ratios = {
        name: round(statistics.median(map(truediv, each, found["mbsync"])), 2)
        for name, each in found.items()
        if name.startswith("ours")
    }
    return {"messages": count, "average_kb": round(statistics.mean(sizes) / 1000, 1)} | {
        "a_second": rates, "by_mbsync": ratios, "told": told,
    }  # fmt: skip


def by_ours(bed: MailBed, user: str, known: list[Sent], count: int) -> dict[str, Any]:
    """Receive everything in a process of its own, in a new office that sent these notices."""
    with tempfile.TemporaryDirectory() as name:
        path = make_office(Path(name), bed, user, known)
        command = [sys.executable, str(Path(__file__)), "--ours", str(path)]
        resident, shared, said = peak_of(
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
        )
        told: dict[str, Any] = json.loads(said.splitlines()[-1])
        assert told["read"] == count, said
        return told | {"resident_mb": round(resident), "pss_mb": round(shared), "kinds": _kinds(path)}


def _kinds(path: Path) -> dict[str, int]:
    with contextlib.closing(_database(path)) as database:
        return dict(database.execute("SELECT kind, count(*) FROM message GROUP BY kind"))


def _database(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{config.load(path).database}?mode=ro", uri=True)


# --- from delivery to hold ------------------------------------------------------------------------------------------


def latencies(bed: MailBed, answers: int) -> dict[str, Any]:
    """Run the daemon, deliver answers one by one, and measure until each one's hold stands in the database."""
    sent = notices(answers)
    user = bed.user("latency", domain="creditor.example")
    with tempfile.TemporaryDirectory() as name:
        path = make_office(Path(name), bed, user, sent)
        with _daemon(path) as daemon, contextlib.closing(_database(path)) as database:
            _until(database, "SELECT 1 FROM folder WHERE read_to_end_at IS NOT NULL", 30)
            found = []
            for n, notice in enumerate(sent, 1):
                time.sleep(0.2 + n % 7 / 10)  # back in IDLE; not in step with Dovecot's own clock
                with smtplib.LMTP(HOST, bed.lmtp_port) as client:
                    client.sendmail(notice.to, [user], _answer(user, notice))
                    begun = time.perf_counter()
                _until(database, f"SELECT 1 FROM hold WHERE debtor_id = {n}", 30)
                found.append(time.perf_counter() - begun)
            resident, shared = memory(daemon.pid)
    return {
        "answers": answers,
        "median_ms": round(statistics.median(found) * 1000),
        "slowest_ms": round(max(found) * 1000),
        "daemon_resident_mb": round(resident),
        "daemon_pss_mb": round(shared),
    }


def _answer(user: str, notice: Sent) -> bytes:
    head = f"From: <{notice.to}>\r\nTo: <{user}>\r\nSubject: Re: {notice.subject}\r\nIn-Reply-To: {notice.message_id}\r\n"
    return f"{head}Message-ID: <a.{notice.message_id[1:]}\r\n\r\nBonjour,\r\n\r\nNous contestons cette facture.\r\n".encode()


@contextlib.contextmanager
def _daemon(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "relance_mailer", "run", "--config", str(path)]
    with subprocess.Popen(
        command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as daemon:
        try:
            yield daemon
        finally:
            daemon.terminate()


def _until(database: sqlite3.Connection, question: str, seconds: float) -> None:
    until = time.monotonic() + seconds
    while database.execute(question).fetchone() is None:
        if time.monotonic() > until:
            raise SystemExit(f"not within {seconds} s: {question}")
        time.sleep(0.002)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--answers", type=int, default=15)
    parser.add_argument("--ours", type=Path, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.ours:
        print(json.dumps(ours(wanted.ours)))
        return
    if not shutil.which("mbsync"):
        raise SystemExit("mbsync is missing: apt-get install isync")
    with MailBed() as bed:
        result = throughput(bed, wanted.messages, wanted.rounds) if wanted.rounds else {}
        result |= {"from_delivery_to_hold": latencies(bed, wanted.answers)} if wanted.answers else {}
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
