"""The same work done by Tryton's account_dunning with its e-mails, for comparison with `bench/road.py`.

    python bench/peer_tryton.py [--invoices 2000] [--smtp-down]

It makes a virtual environment of its own in bench/.peer-venv (pins below), a SQLite database in a temporary folder,
and prints one JSON line. With `--smtp-down` nobody listens where the e-mails go: `marked_done` then says how many
reminders the peer counts as made although none left.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import venv
from pathlib import Path
from typing import Any

from sink import HOST, Sink, free_port

HERE = Path(__file__).parent
VENV = HERE / ".peer-venv"
PYTHON = VENV / "bin/python"
WORK = HERE / "peer_tryton_work.py"
PINS = (
    "trytond==8.2.1",
    "proteus==8.2.0",
    "trytond-account==8.2.1",
    "trytond-account-dunning==8.2.0",
    "trytond-account-dunning-email==8.2.0",
    "trytond-account-dunning-letter==8.2.0",
)
CONFIGURATION = """\
[database]
uri = sqlite://
path = {folder}

[email]
uri = {uri}
from = compta@creditor.example
"""


def measure(n: int, *, smtp_down: bool = False) -> dict[str, Any]:
    """Run the peer on n overdue invoices of n debtors; its figures, and how many messages arrived."""
    install()
    with tempfile.TemporaryDirectory(prefix="peer-") as name:
        folder = Path(name)
        if smtp_down:
            figures = _measure_in(folder, n, f"smtp://{HOST}:{free_port()}")
            received = 0
        else:
            with Sink() as sink:
                figures = _measure_in(folder, n, sink.uri)
                received = sink.received
    return {"peer": "tryton", "n": n, "smtp": "down" if smtp_down else "up", **figures, "received": received}


def install() -> None:
    """Make the peer's virtual environment, unless it has these very versions."""
    stamp = VENV / "pins.txt"
    wanted = "\n".join(PINS)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    venv.create(VENV, clear=True, with_pip=True)
    subprocess.run(
        [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PINS], check=True
    )
    stamp.write_text(wanted)


def _measure_in(folder: Path, n: int, uri: str) -> dict[str, Any]:
    (folder / "trytond.conf").write_text(CONFIGURATION.format(folder=folder, uri=uri))
    (folder / "password").write_text("admin-pw-for-a-throw-away-database")
    environment = {**os.environ, "TRYTONPASSFILE": str(folder / "password"), "DB_NAME": "peer"}
    (folder / "peer.sqlite").touch()
    options = ["-c", str(folder / "trytond.conf"), "-d", "peer", "--all", "--email", "admin@creditor.example"]
    subprocess.run([str(VENV / "bin/trytond-admin"), *options], env=environment, check=True)
    _work(environment, "prepare", folder)
    figures: dict[str, Any] = json.loads(_work(environment, "run", folder, n).splitlines()[-1])
    return figures


def _work(environment: dict[str, str], *arguments: object) -> str:
    command = [str(PYTHON), str(WORK), *map(str, arguments)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"the peer failed at {arguments[0]}:\n{ended.stderr}")
    return ended.stdout  # with the server down stderr holds a traceback, which is what is measured then


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--invoices", type=int, default=2000, metavar="N")
    parser.add_argument("--smtp-down", action="store_true")
    chosen = parser.parse_args()
    print(json.dumps(measure(chosen.invoices, smtp_down=chosen.smtp_down)))


if __name__ == "__main__":
    main()
