"""The road from file to SMTP: 2,000 overdue invoices of 2,000 debtors imported, planned and sent to Postfix's smtp-sink.

Ours is the program itself as an admin runs it: `relance-mailer import`, then one `relance-mailer tick`, process starts
included, every notice, attempt and message kept durably (SQLite WAL, synchronous=FULL), the inbox read before (an empty
Dovecot mailbox). The peer, Tryton's account_dunning with its e-mails, does the same work by its own server-side calls.
Prints both, and the ratios: of the road, and of making and sending the reminders alone, as both do it once they run and
the invoices are in (`work_s`; nothing of either's start, import or reading of mail). `--smtp-down` shows what each believes when the SMTP server is not there.

    python bench/road.py [--invoices N] [--smtp-down] [--ours-only]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import structlog
from peer_tryton import measure as measure_peer
from send import ours as messages_a_second
from sink import Sink, free_port

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.mailbed import MailBed

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
AT = "2026-03-10T10:00:00+01:00"
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
port = {smtp}
tls = "none"
from_address = "{sender}"
rate = "unlimited"
sent_copy = "none"
connections = 16
[[mailboxes]]
host = "127.0.0.1"
port = {imap}
tls = "none"
username = "{sender}"
password = "pw"
[policy]
brake_first_contacts = 1000000
[rehearsal]
"""


def measure(n: int, *, smtp_down: bool = False) -> dict[str, Any]:
    """Import, plan and send `n` invoices; with `smtp_down` the server comes back for a second tick."""
    with tempfile.TemporaryDirectory() as name, MailBed() as bed, Sink() as sink:
        folder = Path(name)
        port = free_port() if smtp_down else sink.port
        _write(folder, n, port, bed.imap_port)
        _ours(folder, "db", "migrate")
        import_s, import_mb, _ = _ours(folder, "import", "invoices", "invoices.csv", "--at", AT)
        _ours(folder, "import", "payments", "payments.csv", "--at", AT)
        _ours(folder, "approve", "first-run", "--at", AT)
        tick_s, tick_mb, done = _ours(folder, "tick", "--json", "--at", AT)
        result = {
            "program": "relance_mailer",
            "n": n,
            "import_s": round(import_s, 2),
            "tick_s": round(tick_s, 2),
            "total_s": round(import_s + tick_s, 2),
            "peak_rss_mb": round(max(import_mb, tick_mb)),
            "marked_done": json.loads(done)["sent"],
            "received": sink.received,
        }
        if smtp_down:
            _write(folder, n, sink.port, bed.imap_port)
            later = AT.replace("10:00", "10:10")
            _, _, again = _ours(folder, "tick", "--json", "--at", later)
            result |= {"sent_once_it_is_back": json.loads(again)["sent"], "received_then": sink.received}
        return result


def _write(folder: Path, n: int, smtp: int, imap: int) -> None:
    (folder / "config.toml").write_text(CONFIG.format(smtp=smtp, imap=imap, sender=FROM), "utf-8")
    header = "N° facture;Code client;Client;E-mail;Date;Échéance;Montant TTC;Type;SIREN;Adresse;CP;Ville\n"
    rows = (
        f"F-2026-{i:05};C{i:05};Société {i};compta{i}@client.example;02/02/2026;05/03/2026;{1000 + i},50;"
        f"professionnel;552100554;{i} rue des Acacias;69001;Lyon\n"
        for i in range(1, n + 1)
    )
    (folder / "invoices.csv").write_text(header + "".join(rows), "utf-8-sig")
    (folder / "payments.csv").write_text("Date;Montant;Code client;Libellé\n", "utf-8-sig")


def _ours(folder: Path, *arguments: str) -> tuple[float, float, str]:
    """Run the program in `folder`; return seconds, peak memory in MB, and what it printed."""
    command = [sys.executable, "-m", "relance_mailer", *arguments]
    start = time.perf_counter()
    with (folder / "output").open("wb") as output, (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=log, env=ENVIRONMENT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if process.returncode not in (0, 1) or not (folder / "output").stat().st_size:
        sys.exit((folder / "log").read_text("utf-8"))
    return seconds, usage.ru_maxrss / 1024, (folder / "output").read_text("utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--invoices", type=int, default=2000)
    parser.add_argument("--smtp-down", action="store_true")
    parser.add_argument("--ours-only", action="store_true")
    options = parser.parse_args()
    ours = measure(options.invoices, smtp_down=options.smtp_down)
    if not options.smtp_down:
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(Path(os.devnull).open("w")))  # noqa: SIM115
        with Sink() as sink:
            ours["work_s"] = round(options.invoices / messages_a_second(sink, options.invoices), 2)
    print(json.dumps(ours))
    if options.ours_only:
        return
    peer = measure_peer(options.invoices, smtp_down=options.smtp_down)
    print(json.dumps(peer))
    print(f"speed: {peer['total_s'] / ours['total_s']:.1f} x the peer's")
    if not options.smtp_down:
        print(
            f"making and sending alone: {(peer['plan_s'] + peer['send_s']) / ours['work_s']:.1f} x the peer's"
        )
    print(f"memory: {ours['peak_rss_mb'] / peer['peak_rss_mb']:.2f} x the peer's")


if __name__ == "__main__":
    main()
