"""Reads damaged messages until one breaks the reader: `python -m tests.support.fuzz [--runs N] [--seed N]`.

With atheris installed its coverage leads the way; without it, chance does, always the same for a seed.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import random
import tempfile
import time
from pathlib import Path

DATA = Path(__file__).parents[1] / "data" / "mail"
#: What mail is made of, and what breaks readers of it.
PIECES = (
    b"\n", b"\r", b"\r\n\r\n", b"\n--", b"--", b"\0", b"\xff\xfe", b'"', b";", b"'", b"<", b">", b"(", b"\\", b"%", b"=", b"&#x110000;",
    b"=?utf-8?q?=C3?=", b"=?utf-7?b?+AA?=", b"\nContent-Type: multipart/mixed; boundary=b\n\n--b\n", b"\nContent-Type: message/rfc822\n\n",
    b"\nContent-Type: text/calendar\n\nBEGIN:VEVENT\nDTSTART", b"\nContent-Transfer-Encoding: base64\n\n", b"; charset=utf-16", b"; name*0*=x''%",
    b"\nContent-Type: application/ms-tnef\n\n\x78\x9f\x3e\x22", b"-----BEGIN PGP SIGNED MESSAGE-----\n", b"<blockquote>", b"<!--", b"</",
)  # fmt: skip


def check(raw: bytes) -> None:
    """Read `raw` as the child does: an answer or "no header", within a second of computing; anything else raises."""
    from relance_mailer.services.reader_child import answer

    kept = bytes(bytearray(raw))
    started = time.process_time()
    told = json.loads(answer(raw, frozenset({"compta@atelier.example"})))
    spent = time.process_time() - started
    assert told.get("why") in {None, "headless"}, told
    assert spent < 1, f"{spent:.1f} seconds"
    assert raw == kept


def damaged(seeds: list[bytes], chance: random.Random) -> bytes:
    """Return a message with some of its bytes changed, repeated, dropped, or taken from another one."""
    raw = bytearray(chance.choice(seeds))
    for _ in range(chance.choice([1, 1, 2, 4, 8, 16])):
        at, length = chance.randrange(len(raw) + 1), chance.choice([0, 1, 2, 8, 64, 512])
        other = chance.choice(seeds)
        start = chance.randrange(len(other))
        new = chance.choice(
            [
                chance.choice(PIECES),
                chance.randbytes(chance.randint(1, 4)),
                bytes(raw[at : at + length]),
                other[start : start + length],
            ]
        )
        raw[at : at + chance.choice([0, 0, 1, length])] = new * chance.choice([1, 1, 1, 1, 2, 30, 1000])
        del raw[300_000:]
    return bytes(raw)


def by_chance(runs: int, seed: int) -> None:
    seeds = [file.read_bytes() for file in sorted(DATA.rglob("*.eml"))]
    for number in range(runs):
        raw = damaged(seeds, random.Random(f"{seed}.{number}"))
        try:
            check(raw)
        except BaseException:
            Path(tempfile.gettempdir(), "broke-the-reader.eml").write_bytes(raw)
            print(
                f"seed {seed}, message {number}: its bytes lie in {tempfile.gettempdir()}/broke-the-reader.eml"
            )
            raise
    print(f"{runs} damaged messages by chance from seed {seed}: every one read, none over a second")


def by_coverage(runs: int, seed: int) -> None:
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["relance_mailer"]):
        from relance_mailer.services import reader_child  # noqa: F401
    with tempfile.TemporaryDirectory() as folder:
        for number, file in enumerate(sorted(DATA.rglob("*.eml"))):
            Path(folder, str(number)).write_bytes(file.read_bytes())
        atheris.Setup(
            ["fuzz", f"-runs={runs}", f"-seed={seed}", "-max_len=20000", "-verbosity=1", folder], check
        )
        atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    fuzz = by_coverage if importlib.util.find_spec("atheris") else by_chance
    fuzz(arguments.runs, arguments.seed)


if __name__ == "__main__":
    main()
