"""Reads messages in a child process: hostile bytes meet a memory limit and a deadline, never the daemon (rule 10).

The child is spawned without asyncio and lives on from message to message; one that dies or is late is replaced, and only
the message that it was reading is blamed. Frames on its pipes are an eight-byte length and the bytes, many under way at a
time; an answer is JSON, checked against its type, so that a child gone wrong can hand over no code.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from pydantic import TypeAdapter

from relance_mailer.errors import UnreadableError
from relance_mailer.replies.model import Machine, Message

T = TypeVar("T")

MEMORY = 384 * 1024 * 1024  #: bytes of address space (RLIMIT_AS): six times the largest message
DEADLINE = 5.0  #: seconds for one message, of the clock on the wall and of computing
_CHILD = "relance_mailer.services.reader_child"
_LENGTH = 8
_MOST = 32 * 1024 * 1024  #: bytes of an answer: every text in it is capped
_PIPE = 1 << 20
_AT_ONCE = 16  #: buffers handed to the system in one call
#: What the child needs of the environment; passwords lie there too.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL")


@dataclass(frozen=True, slots=True)
class Reading:
    """What the child tells of a message.

    Attributes:
        message: as read; its HTML only where a quotation may stand in it.
        machine: what wrote it, None for a person.
        own: the person's words without the quotation.
        content: the hash of what it says (replies.trace).
    """

    message: Message
    machine: Machine | None
    own: str = ""
    content: str = ""


@dataclass(frozen=True, slots=True)
class _Answer:
    message: Message | None = None
    machine: Machine | None = None
    own: str = ""
    content: str = ""
    error: str = ""
    why: str = ""


_ANSWER = TypeAdapter(_Answer)


class Reader:
    """A child process that reads, begun when first needed; one thread at a time has its attention."""

    def __init__(
        self, own_addresses: frozenset[str], *, memory: int = MEMORY, deadline: float = DEADLINE
    ) -> None:
        self._arguments = [str(memory), str(deadline), *sorted(own_addresses)]
        self._deadline = deadline
        self._child: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, raw: bytes) -> Reading:
        """Return what `raw` says; UnreadableError if it cannot be read within the limits."""
        (found,) = self.read_many([raw])
        if isinstance(found, UnreadableError):
            raise found
        return found

    def read_many(self, raws: Sequence[bytes]) -> list[Reading | UnreadableError]:
        """Return what each of `raws` says, in order; the deadline is each one's own."""
        found: list[Reading | UnreadableError] = []
        with self._turn:
            while len(found) < len(raws):
                self._exchange(raws[len(found) :], found)
        return found

    def read_ahead(
        self, batches: Iterable[Sequence[tuple[T, bytes]]]
    ) -> Iterator[list[tuple[T, bytes, Reading | UnreadableError]]]:
        """Yield each batch with what it says, the next one being read while the caller is busy with this one."""

        def read(batch: Sequence[tuple[T, bytes]]) -> list[tuple[T, bytes, Reading | UnreadableError]]:
            found = self.read_many([raw for _, raw in batch])
            return [(name, raw, said) for (name, raw), said in zip(batch, found, strict=True)]

        with ThreadPoolExecutor(1, "reader") as beside:
            under_way = None
            for batch in batches:
                following = beside.submit(read, batch)
                if under_way is not None:
                    yield under_way.result()
                under_way = following
            if under_way is not None:
                yield under_way.result()

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

    def _exchange(self, raws: Sequence[bytes], found: list[Reading | UnreadableError]) -> None:
        """Append the answers to `raws`, as far as the child gives them; the one that it fails at is unreadable."""
        child = self._running()
        assert child.stdin is not None
        assert child.stdout is not None
        frames = _Frames(raws)
        answers = _Answers(child.stdout.fileno())
        try:
            pipe = child.stdin.fileno()
            # One by one: those before a failure are kept.
            found.extend(_reading(_next(answers, frames, pipe, self._deadline)) for _ in raws)
        except TimeoutError:
            self.close(kill=True)
            late = f"not read within {self._deadline:g} seconds"
            found.append(UnreadableError(late, why="late"))
        except (OSError, EOFError, ValueError) as error:
            found.append(self._ended(child, error))
        except BaseException:
            self.close(kill=True)  # whoever reads next must not get the answers left over
            raise

    def _ended(self, child: subprocess.Popen[bytes], error: Exception) -> UnreadableError:
        """Say why the child ended, and clear it away."""
        with suppress(subprocess.TimeoutExpired):
            child.wait(1)
        code = child.returncode
        self.close(kill=True)
        if code == -signal.SIGVTALRM:
            return UnreadableError(f"not read within {self._deadline:g} seconds of computing", why="late")
        said = f"signal {-code}" if code and code < 0 else str(error) or "out of memory"
        return UnreadableError(f"the reading process ended: {said}", why="ended")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self.close(kill=True)
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        self._child = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", _CHILD, *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            env=environment,
        )
        for pipe in (self._child.stdin, self._child.stdout):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
            with suppress(OSError):  # a larger pipe saves turns, and is not always granted
                fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)
        return self._child


class _Frames:
    """Messages on their way to the child."""

    def __init__(self, raws: Sequence[bytes]) -> None:
        self._views = [
            view
            for raw in reversed(raws)
            for view in (memoryview(raw), memoryview(len(raw).to_bytes(_LENGTH, "big")))
        ]

    def __bool__(self) -> bool:
        return bool(self._views)

    def write(self, pipe: int) -> None:
        """Hand over as much as the pipe takes."""
        sent = os.writev(pipe, self._views[: -_AT_ONCE - 1 : -1])
        while self._views and sent >= len(self._views[-1]):
            sent -= len(self._views.pop())
        if sent:
            self._views[-1] = self._views[-1][sent:]


class _Answers:
    """Bytes on their way from the child."""

    def __init__(self, pipe: int) -> None:
        self.pipe = pipe
        self._bytes = bytearray()

    def take(self) -> bytes | None:
        """Return the next whole answer, None if it has not arrived yet."""
        if len(self._bytes) < _LENGTH:
            return None
        end = _LENGTH + int.from_bytes(self._bytes[:_LENGTH], "big")
        if end > _MOST:
            msg = f"an answer of {end} bytes"
            raise ValueError(msg)
        if len(self._bytes) < end:
            return None
        answer = bytes(self._bytes[_LENGTH:end])
        del self._bytes[:end]
        return answer

    def receive(self) -> None:
        """Take in what lies in the pipe."""
        part = os.read(self.pipe, _PIPE)
        if not part:
            raise EOFError
        self._bytes += part


def _next(answers: _Answers, frames: _Frames, pipe: int, deadline: float) -> bytes:
    """Return the child's next answer, handing it further messages meanwhile."""
    until = time.monotonic() + deadline
    while (answer := answers.take()) is None:
        writable = [pipe] if frames else []
        readable, writable, _ = select.select(
            [answers.pipe], writable, [], max(0.0, until - time.monotonic())
        )
        if readable:
            answers.receive()
        elif writable:
            frames.write(pipe)
        else:
            raise TimeoutError
    return answer


def _reading(answer: bytes) -> Reading | UnreadableError:
    told = _ANSWER.validate_json(answer)
    if told.message is None:
        return UnreadableError(told.error, why=told.why)
    return Reading(told.message, told.machine, told.own, told.content)
