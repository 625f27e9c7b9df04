"""Reads messages in a child process: hostile bytes meet a memory limit and a deadline, never the daemon (rule 10).

The child is spawned without asyncio and lives on from message to message; one that dies or is late is replaced. Frames
on its pipes are an eight-byte length and the bytes; an answer is JSON, so that a child gone wrong can hand over no code.
"""

from __future__ import annotations

import os
import resource
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Self

from pydantic import TypeAdapter

from relance_mailer.errors import UnreadableError
from relance_mailer.replies.machine import machine_of
from relance_mailer.replies.message import read
from relance_mailer.replies.model import Machine, Message

MEMORY = 768 * 1024 * 1024  #: bytes of address space (RLIMIT_AS)
DEADLINE = 5.0  #: seconds for one message
_LENGTH = 8
_MOST = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reading:
    """A message as read, and the machine that wrote it, None for a person."""

    message: Message
    machine: Machine | None


@dataclass(frozen=True, slots=True)
class _Answer:
    reading: Reading | None = None
    error: str = ""


_ANSWER = TypeAdapter(_Answer)


class Reader:
    """A child process that reads, begun when first needed."""

    def __init__(
        self, own_addresses: frozenset[str], *, memory: int = MEMORY, deadline: float = DEADLINE
    ) -> None:
        self._arguments = [str(memory), *sorted(own_addresses)]
        self._deadline = deadline
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, raw: bytes) -> Reading:
        """Return what `raw` says; UnreadableError if it cannot be read within the limits."""
        child = self._running()
        assert child.stdin is not None
        assert child.stdout is not None
        until = time.monotonic() + self._deadline
        try:
            _write(child.stdin, raw, until)
            answer = _ANSWER.validate_json(_read(child.stdout, until))
        except TimeoutError as error:
            self.close(kill=True)
            msg = f"not read within {self._deadline:g} seconds"
            raise UnreadableError(msg) from error
        except (OSError, EOFError, ValueError) as error:
            self.close(kill=True)
            msg = f"the reading process ended: {error or 'out of memory'}"
            raise UnreadableError(msg) from error
        if answer.reading is None:
            raise UnreadableError(answer.error)
        return answer.reading

    def close(self, *, kill: bool = False) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is None:
            return
        if kill:
            child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe:
                pipe.close()
        child.wait()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self.close(kill=True)
        command = [sys.executable, "-m", __spec__.name if __spec__ else __name__, *self._arguments]
        self._child = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=True
        )
        for pipe in (self._child.stdin, self._child.stdout):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
        return self._child


def _write(pipe: IO[bytes], data: bytes, until: float) -> None:
    view = memoryview(len(data).to_bytes(_LENGTH, "big") + data)
    while view:
        _, ready, _ = select.select([], [pipe], [], max(0.0, until - time.monotonic()))
        if not ready:
            raise TimeoutError
        view = view[os.write(pipe.fileno(), view[: 1 << 16]) :]


def _read(pipe: IO[bytes], until: float) -> bytes:
    length = int.from_bytes(_exactly(pipe, _LENGTH, until), "big")
    if length > _MOST:
        msg = f"an answer of {length} bytes"
        raise ValueError(msg)
    return _exactly(pipe, length, until)


def _exactly(pipe: IO[bytes], size: int, until: float) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            raise TimeoutError
        part = os.read(pipe.fileno(), min(size - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def _answer(raw: bytes, own_addresses: frozenset[str]) -> _Answer:
    try:
        message = read(raw)
        return _Answer(Reading(message, machine_of(message, own_addresses=own_addresses)))
    except UnreadableError as error:
        return _Answer(error=str(error))
    except MemoryError:
        return _Answer(error="too large to be read in the memory allowed")
    except Exception as error:  # noqa: BLE001 - whatever a hostile message provokes is an answer, and the bytes are kept
        return _Answer(error=f"{type(error).__name__}: {error}")


def _serve(own_addresses: frozenset[str]) -> None:
    while header := sys.stdin.buffer.read(_LENGTH):
        raw = sys.stdin.buffer.read(int.from_bytes(header, "big"))
        answer = _ANSWER.dump_json(_answer(raw, own_addresses))
        sys.stdout.buffer.write(len(answer).to_bytes(_LENGTH, "big") + answer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    _memory = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (_memory, _memory))
    _serve(frozenset(sys.argv[2:]))
