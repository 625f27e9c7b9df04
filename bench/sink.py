"""Postfix's smtp-sink on a free loopback port: it takes every message, throws it away, and counts."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
START_SECONDS = 10.0
#: smtp-sink drops root for this user.
USER = "postfix"


class SinkError(Exception):
    """smtp-sink is missing or does not answer."""


class Sink:
    """A running smtp-sink; a context manager. `received` is how many messages it has taken so far.

    With `keep`, it also writes every message into a file of that folder (slower: only to look at what came).
    """

    def __init__(self, *, keep: Path | None = None) -> None:
        self.port = free_port()
        self.keep = keep
        self._counts = tempfile.TemporaryFile()  # noqa: SIM115  read after stop() too
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"smtp://{HOST}:{self.port}"

    @property
    def received(self) -> int:
        """Messages taken so far, those being received not counted."""
        self._counts.seek(0)
        printed = re.findall(rb"mesg=(\d+)\r", self._counts.read())
        return int(printed[-1]) if printed else 0

    def messages(self) -> Iterator[bytes]:
        """The messages kept, each with smtp-sink's own `X-…` lines before it, in no particular order."""
        if self.keep:
            yield from (path.read_bytes() for path in sorted(self.keep.iterdir()))

    def start(self) -> Self:
        """Start it; returns when it listens. Raises SinkError."""
        self._process = subprocess.Popen(
            self._command(), stdin=subprocess.DEVNULL, stdout=self._counts, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_SECONDS
        while not _listens(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise SinkError(f"smtp-sink does not listen on {HOST}:{self.port}")
            time.sleep(0.01)
        return self

    def stop(self) -> None:
        """End it; `received` stays readable until the object goes."""
        if self._process:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def _command(self) -> list[str]:
        program = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if not program:
            raise SinkError("smtp-sink is missing: install Debian's postfix package")
        as_user = ["-u", USER] if os.geteuid() == 0 else []
        dump = ["-d", f"{self.keep}/%M."] if self.keep else []
        if self.keep:
            self.keep.mkdir(parents=True, exist_ok=True)
            self.keep.chmod(0o777)  # smtp-sink writes as another user
        return [program, "-c", *as_user, *dump, f"{HOST}:{self.port}", "128"]


def free_port() -> int:
    """A loopback port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
