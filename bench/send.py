"""Sending, as ratios in one run: notices decided, rendered, recorded and handed to Postfix's smtp-sink on loopback.

Ours does all its work for every notice: it decides, renders text and HTML, keeps the raw bytes, claims, commits `sending`
before DATA and the server's words after, and writes the ledger (SQLite WAL, synchronous=FULL). The measures beside it, in
the same run and over as many connections:

    wire      smtp-source, which sends one fixed message: what the machine can do at all
    ready     aiosmtplib with the bytes ready
    bare      aiosmtplib building an EmailMessage for each by the standard library's modern policy, nothing kept:
              3.3 kB of HTML, the message that the aim was measured on
    same      the same, saying the very words that ours say
    unledgered  ours, its ledger left out: what keeping the record costs

    python bench/send.py [--messages N] [--rounds R] [--pdf KB]
    python bench/send.py --memory      resident memory while 20,000 messages leave
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import email
import email.policy
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import make_msgid
from pathlib import Path
from unittest import mock

import aiosmtplib
import psutil
import structlog
from sink import HOST, Sink
from sqlmodel import select

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from relance_mailer import bootstrap
from relance_mailer import config as configuration
from relance_mailer.clock import FixedClock
from relance_mailer.services import first_run
from relance_mailer.services.import_ import import_invoices, import_payments
from relance_mailer.services.office import Office
from relance_mailer.services.outbox import Outbox
from relance_mailer.services.plan import plan
from relance_mailer.store import blobs, ledger
from relance_mailer.store.db import Database
from relance_mailer.store.group import GroupCommit
from relance_mailer.store.tables import FolderRow, NoticeRow

CONNECTIONS = 8
AT = datetime.fromisoformat("2026-03-10T10:00:00+01:00")
FROM = "compta@creditor.example"
CONFIG = """
[creditor]
name = "Menuiserie Martin"
street = "1 rue des Lilas"
postal_code = "75011"
city = "Paris"
siren = "732829320"
iban = "FR7630006000011234567890189"
[sending]
mode = "live"
{copies}
[smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
from_address = "{sender}"
rate = "unlimited"
sent_copy = "none"
connections = {connections}
[[mailboxes]]
host = "127.0.0.1"
port = 1
tls = "none"
[policy]
brake_first_contacts = 1000000
[rehearsal]
"""


def wire(sink: Sink, n: int, size: int) -> float:
    """Messages a second by smtp-source, of the size of the others."""
    program = shutil.which("smtp-source", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert program, "smtp-source is missing: install Debian's postfix package"
    command = [
        program,
        "-s",
        str(CONNECTIONS),
        "-m",
        str(n),
        "-l",
        str(size),
        "-f",
        FROM,
        "-t",
        "a@client.example",
    ]
    start = time.perf_counter()
    subprocess.run([*command, f"{HOST}:{sink.port}"], check=True)
    return n / (time.perf_counter() - start)


def message(number: int, html: str, text: str, pdf: bytes) -> EmailMessage:
    """Build a message as most programs do."""
    made = EmailMessage(policy=SMTP_POLICY)
    made["From"] = f"Menuiserie Martin <{FROM}>"
    made["To"] = f"Société {number} <compta{number}@client.example>"
    made["Subject"] = f"Facture F-2026-{number:05} échue le 5 mars 2026"
    made["Message-ID"] = make_msgid(domain="creditor.example")
    made.set_content(text)
    made.add_alternative(html, subtype="html")
    if pdf:
        made.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"F-2026-{number:05}.pdf")
    return made


async def over_connections(sink: Sink, jobs: Iterator[bytes]) -> int:
    """Send what `jobs` yields over all connections; return how many."""

    async def work() -> int:
        done = 0
        client = aiosmtplib.SMTP(hostname=HOST, port=sink.port, start_tls=False, use_tls=False)
        async with client:
            for raw in jobs:
                await client.sendmail(FROM, ["a@client.example"], raw)
                done += 1
        return done

    return sum(await asyncio.gather(*(work() for _ in range(CONNECTIONS))))


def timed(sink: Sink, jobs: Iterator[bytes]) -> float:
    """Messages a second."""
    start = time.perf_counter()
    done = asyncio.run(over_connections(sink, jobs))
    return done / (time.perf_counter() - start)


@contextlib.contextmanager
def office(folder: Path, n: int, port: int, pdf: bytes = b"") -> Iterator[Office]:
    """An office with `n` debtors of one overdue invoice each, everything read and imported just now."""
    path = folder / "config.toml"
    copies = _documents(folder, n, pdf) if pdf else ""
    path.write_text(CONFIG.format(port=port, sender=FROM, connections=CONNECTIONS, copies=copies), "utf-8")
    config = configuration.load(path)
    bootstrap.install(config, FixedClock(AT))
    with bootstrap.open_office(config, at=AT) as opened:
        header = (
            "N° facture;Code client;Client;E-mail;Date;Échéance;Montant TTC;Type;SIREN;Adresse;CP;Ville\n"
        )
        rows = (
            f"F-2026-{i:05};C{i:05};Société {i};compta{i}@client.example;02/02/2026;05/03/2026;{1000 + i},50;"
            f"professionnel;552100554;{i} rue des Acacias;69001;Lyon\n"
            for i in range(1, n + 1)
        )
        import_invoices(opened, (header + "".join(rows)).encode(), "factures.csv", AT, "bench")
        import_payments(opened, b"Date;Montant;Code client\n", "reglements.csv", AT, "bench")
        _read_to_the_end(opened.db, opened.creditor_id)
        first_run.approve(opened, AT, "bench")
        yield opened


def _documents(folder: Path, n: int, pdf: bytes) -> str:
    """Lay a PDF ready for each invoice; return the setting that has it go along."""
    (folder / "factures").mkdir()
    first = folder / "factures" / "F-2026-00001.pdf"
    first.write_bytes(pdf)
    for number in range(2, n + 1):
        first.with_name(f"F-2026-{number:05}.pdf").hardlink_to(first)
    return 'invoice_copies = "factures/{number}.pdf"'


def _read_to_the_end(db: Database, creditor_id: int) -> None:
    row = FolderRow(
        creditor_id=creditor_id, mailbox="inbox", name="INBOX", role="inbox", uidvalidity=1, last_uid=0,
        read_to_end_at=AT,
    )  # fmt: skip
    with db.write() as session:
        session.add(row)


def ours(sink: Sink, n: int, pdf: bytes = b"", *, recorded: bool = True) -> float:
    """Messages a second, from the decision to the last commit."""
    with tempfile.TemporaryDirectory() as name, office(Path(name), n, sink.port, pdf) as opened:
        append = ledger.append if recorded else (lambda *_arguments, **_words: None)
        with mock.patch.object(ledger, "append", append):
            start = time.perf_counter()
            plan(opened, AT)
            sent = asyncio.run(_send(opened))
            seconds = time.perf_counter() - start
    assert sent == n
    return n / seconds


def ours_in_words(sink: Sink) -> tuple[str, str]:
    """Return the text and the HTML of one of our messages."""
    with tempfile.TemporaryDirectory() as name, office(Path(name), 1, sink.port) as opened:
        plan(opened, AT)
        with opened.db.read() as session:
            [raw] = blobs.get_many(session, session.exec(select(NoticeRow.sha256)).all())
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    said, shown = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert said is not None
    assert shown is not None
    return said.get_content(), shown.get_content()


async def _send(opened: Office) -> int:
    async with GroupCommit(opened.db) as group:
        return (await Outbox(opened, group, bootstrap.make_accounts(opened.config).smtp).drain()).sent


def memory(sink: Sink, n: int) -> None:
    """Print the resident memory each time a tenth of `n` messages has left."""
    process = psutil.Process()

    async def watch(opened: Office) -> int:
        sending = asyncio.create_task(_send(opened))
        seen = sink.received
        before = 0
        while not sending.done():
            await asyncio.sleep(0.2)
            if sink.received - seen >= before + n // 10:
                before += n // 10
                print(f"{before:7} sent  {process.memory_info().rss / 2**20:5.0f} MiB", flush=True)
        return await sending

    with tempfile.TemporaryDirectory() as name, office(Path(name), n, sink.port) as opened:
        plan(opened, AT)
        print(f"planned        {process.memory_info().rss / 2**20:5.0f} MiB")
        print(f"{asyncio.run(watch(opened))} sent")


def compare(sink: Sink, n: int, rounds: int, pdf: bytes) -> None:
    """Print the medians of some rounds, and the ratios."""
    html = (
        "<html><body>"
        + "<p>Sauf erreur de notre part, la facture F-2026-00042 reste impayée.</p>\n" * 44
        + "</body></html>"
    )
    text = "Sauf erreur de notre part, la facture F-2026-00042 reste impayée.\n" * 14
    said, shown = ours_in_words(sink)
    ready = message(1, html, text, pdf).as_bytes()
    measured = [
        {
            "ours": ours(sink, n, pdf),
            "bare": timed(sink, (message(i, html, text, pdf).as_bytes() for i in range(n))),
            "same": timed(sink, (message(i, shown, said, pdf).as_bytes() for i in range(n))),
            "unledgered": ours(sink, n, pdf, recorded=False),
            "ready": timed(sink, iter([ready] * n)),
            "wire": wire(sink, n, len(ready)),
        }
        for _ in range(rounds)
    ]
    median = {name: round(statistics.median(each[name] for each in measured)) for name in measured[0]}
    print(json.dumps({"messages": n, "bytes": len(ready), **median}))
    for other in ("bare", "same"):
        ratio = statistics.median(each["ours"] / each[other] for each in measured)
        print(f"ours / {other}: {ratio:.2f}")
    record = statistics.median(1 - each["ours"] / each["unledgered"] for each in measured)
    print(f"the ledger costs {record:.0%} of the rate")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pdf", type=int, default=0, metavar="KB")
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(Path(os.devnull).open("w")))  # noqa: SIM115
    with Sink() as sink:
        if options.memory:
            memory(sink, 20_000)
        else:
            pdf = b"%PDF-1.7\n" + os.urandom(options.pdf * 1000) if options.pdf else b""
            compare(sink, options.messages, options.rounds, pdf)


if __name__ == "__main__":
    main()
