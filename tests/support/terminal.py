"""A program at a terminal of its own: what it shows, and what a person types."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_STYLE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
PATIENCE = 30  #: seconds; a loaded machine starts slowly


class Terminal:
    """The person's side of a terminal at which `relance-mailer` runs."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self.process, self._master = process, master
        self._bytes = b""
        self.shown = ""  #: everything so far
        self._read = 0  #: how much of it was waited for

    @property
    def text(self) -> str:
        """What was shown, without colours and movements."""
        return _STYLE.sub("", self.shown)

    def until(self, words: str) -> str:
        """Read until these words are shown; return what was shown since the last time."""
        while (at := self.shown.find(words, self._read)) < 0:
            assert self._more(), f"{words!r} was never shown, but: {self.shown}"
        begin, self._read = self._read, at + len(words)
        return self.shown[begin : self._read]

    def _more(self) -> bool:
        """Read what the program shows next; False where nothing comes any more."""
        ready, _, _ = select.select([self._master], [], [], PATIENCE)
        try:
            data = os.read(self._master, 65536) if ready else b""
        except OSError:  # Linux says EIO where the program has ended
            data = b""
        self._bytes += data
        self.shown = self._bytes.decode("utf-8", "ignore").replace("\r\n", "\n")
        return bool(data)

    def type(self, text: str = "") -> None:
        """Type a line, and Enter."""
        os.write(self._master, f"{text}\n".encode())

    def answer(self, question: str, text: str = "") -> str:
        """Wait for a question, then type its answer; return what was shown."""
        said = self.until(question) + self.until(" : ")
        self.type(text)
        return said

    def interrupt(self) -> None:
        """Type Ctrl-C."""
        os.write(self._master, b"\x03")

    def end(self) -> int:
        """Read to the end; return the exit code."""
        while self._more():
            pass
        return self.process.wait(PATIENCE)


def _take_terminal() -> None:
    """Make standard input the terminal that Ctrl-C is typed at; who runs the tests may have it ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def at_terminal(*arguments: object, folder: Path, environment: Mapping[str, str]) -> Iterator[Terminal]:
    """Type `relance-mailer ...` at a terminal, in a folder."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (50, 120))
    command = [sys.executable, "-m", "relance_mailer", *map(str, arguments)]
    quiet = {
        name: value for name, value in os.environ.items() if name not in {"LC_ALL", "LC_MESSAGES", "LANG"}
    }
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**quiet, "PYTHONPATH": root, **environment},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        preexec_fn=_take_terminal,  # noqa: PLW1509 - the tests start no threads
    )
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        process.kill()
        process.wait()
        os.close(master)
