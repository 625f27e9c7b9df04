"""A command typed on a terminal: a pseudo-terminal of our own, answers given when their questions stand there."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 60
_STYLE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@dataclass(frozen=True)
class Shown:
    """What stood on the terminal, without colours and movements, and the exit code."""

    code: int
    text: str


def typed(arguments: list[str], answers: list[tuple[str, str]], folder: Path) -> Shown:
    """Run `relance-mailer` on a terminal; give each answer once its question stands there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "relance_mailer", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        env=os.environ | {"COLUMNS": "160", "TERM": "xterm"},
        start_new_session=True,
    )
    os.close(theirs)
    try:
        text = _talk(ours, list(answers))
        return Shown(process.wait(_SECONDS), _STYLE.sub("", text).replace("\r\n", "\n"))
    finally:
        process.kill()
        os.close(ours)


def _talk(terminal: int, answers: list[tuple[str, str]]) -> str:
    """Return all that is printed until the other side is done."""
    told, asked = b"", 0
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        if not select.select([terminal], [], [], until - time.monotonic())[0]:
            break
        try:
            some = os.read(terminal, 65_536)
        except OSError:  # Linux: the other side was closed
            return told.decode()
        if not some:
            return told.decode()
        told += some
        while answers and (question := answers[0][0].encode()) in told[asked:]:
            asked = told.index(question, asked) + len(question)
            os.write(terminal, answers.pop(0)[1].encode() + b"\n")
    msg = f"the command is still waiting: {told.decode()}"
    raise AssertionError(msg)
