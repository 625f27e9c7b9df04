"""How many foreign bounces are found, with whom they name: a yardstick for measuring only, nothing of it is kept here.

    pip download --no-deps --no-binary :all: flufl.bounce && tar xzf flufl_bounce-*.tar.gz
    python bench/bounces.py flufl_bounce-*/tests/data

The table of expected recipients, and of what is temporary, is flufl.bounce's own (test_detectors.py beside the folder of sample
mails); its mails come from mailing lists of 1999 to 2020, with no French provider and little of Exchange Online. For a
second opinion on final failures and dead addresses, unpack Debian's libsisimai-perl and libclass-accessor-lite-perl
(`apt-get download`, `dpkg -x`) and say where: `--sisimai FOLDER/usr/share/perl5`; that table has nothing of the kind.
Where Sisimai finds nothing, or a reason that says nothing ("undefined", "onhold", and "filtered", its word for an unknown user
where the SMTP command is not told), it has no say in those figures.
"""

from __future__ import annotations

import argparse
import ast
import json
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from relance_mailer.errors import UnreadableError
from relance_mailer.replies.machine import machine_of
from relance_mailer.replies.message import read
from relance_mailer.replies.model import Machine, MachineKind

DELIVERY = (MachineKind.BOUNCE, MachineKind.DELAYED)
#: Sisimai's reasons that mean a dead address (its SMTP/Failure.pm), and those that say nothing.
HARD = {"userunknown", "hostunknown", "hasmoved", "notaccept"}
SILENT = {"undefined", "onhold", "filtered", "vacation", "feedback", "delivered"}
PERL = "use Sisimai; for my $f (@ARGV) { print $f, qq(\\t), (eval { Sisimai->dump($f) } // q([])), qq(\\n) }"


@dataclass(frozen=True)
class Seen:
    """What we made of a file, and how long it took, reading and telling apart, in seconds.

    `passed_on` are final recipients that differ from whom was written to: they are kept beside those.
    """

    machine: Machine | None
    passed_on: frozenset[str]
    reading: float
    telling: float
    error: str = ""


def look(path: Path) -> Seen:
    raw = path.read_bytes()
    started = time.perf_counter()
    try:
        message = read(raw)
        middle = time.perf_counter()
        machine = machine_of(message)
    except UnreadableError as error:
        return Seen(None, frozenset(), time.perf_counter() - started, 0.0, str(error))
    except Exception as error:  # noqa: BLE001  # a crash is what is counted
        return Seen(
            None, frozenset(), time.perf_counter() - started, 0.0, f"CRASH {type(error).__name__}: {error}"
        )
    passed_on = {
        one.recipient for one in message.statuses if one.original_recipient not in ("", one.recipient)
    }
    return Seen(machine, frozenset(passed_on), middle - started, time.perf_counter() - middle)


def expected(folder: Path) -> dict[str, tuple[frozenset[str], bool]]:
    """Return (recipients, final) by file name, from the sample's own table of tests."""
    tree = ast.parse((folder.parent / "test_detectors.py").read_text(encoding="utf-8"))
    values = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DETECTORS"
    )
    rows = ast.literal_eval(next(values))
    return {
        name: (frozenset(address.decode().lower() for address in addresses), not temporary)
        for _, name, addresses, temporary in rows
        if addresses
    }


def sisimai(paths: list[Path], library: str) -> dict[str, tuple[bool, bool]]:
    """Return (final, dead) by file name, where Sisimai has an opinion on every recipient."""
    command = ["perl", f"-I{library}", "-e", PERL, *map(str, paths)]
    lines = (
        subprocess.run(command, capture_output=True, check=True)
        .stdout.decode("utf-8", "replace")
        .splitlines()
    )
    said = {}
    for line in lines:
        name, _, found = line.partition("\t")
        results = json.loads(found) if found.startswith("[") else []
        reasons = {result["reason"] for result in results}
        if reasons and not reasons & SILENT:
            final = any(result["action"] in {"failed", ""} for result in results)
            said[Path(name).name] = (final, bool(reasons & HARD))
    return said


def share(title: str, good: int, of: int, misses: list[str]) -> None:
    print(f"{title:<34}{good:>4} of {of:<4} {100 * good / max(of, 1):5.1f} %")
    for miss in misses:
        print(f"    {miss}")


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--sisimai", default="", metavar="FOLDER")
    given = arguments.parse_args()
    paths = sorted(path for path in given.folder.iterdir() if path.suffix in {".txt", ".eml"})
    look(paths[0])  # imports done
    seen = {path.name: look(path) for path in paths}
    table = expected(given.folder)

    crashes = [f"{name}: {one.error}" for name, one in seen.items() if one.error.startswith("CRASH")]
    share("no crash", len(seen) - len(crashes), len(seen), crashes)
    found = {name: seen[name].machine for name in table}
    told = {name: machine for name, machine in found.items() if machine and machine.kind in DELIVERY}
    share("bounces found", len(told), len(table), sorted(set(table) - set(told)))
    wrong = [
        f"{name}: {sorted(machine.recipients)}, expected {sorted(table[name][0])}"
        for name, machine in told.items()
        if set(machine.recipients) - (seen[name].passed_on - table[name][0]) != table[name][0]
    ]
    share("recipients right (of those found)", len(told) - len(wrong), len(told), wrong)
    wrong = [f"{name}: {told[name].final}" for name in told if told[name].final != table[name][1]]
    share("final right (of those found)", len(told) - len(wrong), len(told), wrong)
    if given.sisimai:
        opinion = sisimai(paths, given.sisimai)
        both = {name: machine for name, machine in told.items() if name in opinion}
        wrong = [f"{name}: {both[name].final}" for name in both if both[name].final != opinion[name][0]]
        share("final as Sisimai has it", len(both) - len(wrong), len(both), wrong)
        wrong = [
            f"{name}: dead {machine.address_dead}, {machine.status} {machine.reason}"
            for name, machine in both.items()
            if machine.address_dead != opinion[name][1]
        ]
        share("address_dead as Sisimai has it", len(both) - len(wrong), len(both), wrong)
    others = {name: one.machine for name, one in seen.items() if name not in table}
    print(
        "without expectation:",
        {name: one and (one.kind.value, one.recipients) for name, one in others.items()},
    )
    telling = sorted(one.telling for one in seen.values())
    reading = sorted(one.reading for one in seen.values())
    print(f"reading, ms: median {1e3 * statistics.median(reading):.2f}, most {1e3 * reading[-1]:.1f}")
    print(f"telling apart, ms: median {1e3 * statistics.median(telling):.2f}, most {1e3 * telling[-1]:.1f}")


if __name__ == "__main__":
    main()
