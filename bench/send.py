"""Sending, as ratios in one run: notices decided, rendered, recorded and handed to Postfix's smtp-sink on loopback.

Ours does all its work for every notice: it decides, renders text and HTML, keeps the raw bytes, claims, commits `sending`
before DATA and the server's words after, and writes the ledger (SQLite WAL, synchronous=FULL). The measures beside it, in
the same run and over as many connections:

    wire   smtp-source, which sends one fixed message: what the machine can do at all
    ready  aiosmtplib with the bytes ready
    bare   aiosmtplib building an EmailMessage for each by the standard library's modern policy, nothing kept

    python bench/send.py [--messages N] [--rounds R]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
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

import aiosmtplib
import structlog
from sink import HOST, Sink

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from relance_mailer import bootstrap
from relance_mailer import config as configuration
from relance_mailer.clock import FixedClock
from relance_mailer.services.import_ import import_invoices, import_payments
from relance_mailer.services.office import Office
from relance_mailer.services.outbox import Outbox
from relance_mailer.services.plan import plan
from relance_mailer.store.db import Database
from relance_mailer.store.group import GroupCommit
from relance_mailer.store.tables import FolderRow

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
[smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
from_address = "{sender}"
rate = "unlimited"
connections = {connections}
[[mailboxes]]
host = "127.0.0.1"
port = 1
tls = "none"
[policy]
brake_first_contacts = 1000000
[rehearsal]
"""


def wire(sink: Sink, n: int) -> float:
    """Messages a second by smtp-source, of the size of ours."""
    program = shutil.which("smtp-source", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert program, "smtp-source is missing: install Debian's postfix package"
    command = [
        program,
        "-s",
        str(CONNECTIONS),
        "-m",
        str(n),
        "-l",
        "3300",
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
def office(folder: Path, n: int, port: int) -> Iterator[Office]:
    """An office with `n` debtors of one overdue invoice each, everything read and imported just now."""
    path = folder / "config.toml"
    path.write_text(CONFIG.format(port=port, sender=FROM, connections=CONNECTIONS), "utf-8")
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
        yield opened


def _read_to_the_end(db: Database, creditor_id: int) -> None:
    row = FolderRow(
        creditor_id=creditor_id, mailbox="inbox", name="INBOX", role="inbox", uidvalidity=1, last_uid=0,
        read_to_end_at=AT,
    )  # fmt: skip
    with db.write() as session:
        session.add(row)


def ours(sink: Sink, n: int) -> tuple[float, float]:
    """Messages a second, from the decision to the last commit, and the share of it that planning took."""
    with tempfile.TemporaryDirectory() as name, office(Path(name), n, sink.port) as opened:
        account = bootstrap.make_accounts(opened.config).smtp
        start = time.perf_counter()
        planned = plan(opened, AT)
        middle = time.perf_counter()

        async def send() -> int:
            async with GroupCommit(opened.db) as group:
                return (await Outbox(opened, group, account).drain()).sent

        sent = asyncio.run(send())
        end = time.perf_counter()
    assert sent == n, (planned, sent)
    return n / (end - start), (middle - start) / (end - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(Path(os.devnull).open("w")))  # noqa: SIM115
    n = options.messages
    html = (
        "<html><body>"
        + "<p>Sauf erreur de notre part, la facture F-2026-00042 reste impayée.</p>\n" * 28
        + "</body></html>"
    )
    text = "Sauf erreur de notre part, la facture F-2026-00042 reste impayée.\n" * 14
    ready = message(1, html, text, b"").as_bytes()
    with Sink() as sink:
        rounds = []
        for _ in range(options.rounds):
            speed, share = ours(sink, n)
            rounds.append(
                {
                    "wire": wire(sink, n),
                    "ready": timed(sink, iter([ready] * n)),
                    "bare": timed(sink, (message(i, html, text, b"").as_bytes() for i in range(n))),
                    "ours": speed,
                    "planning": share * 100,
                }
            )
    median = {name: round(statistics.median(each[name] for each in rounds)) for name in rounds[0]}
    print(json.dumps({"messages": n, "bytes": len(ready), **median}))
    print(f"ours / bare: {median['ours'] / median['bare']:.2f}")


if __name__ == "__main__":
    main()
