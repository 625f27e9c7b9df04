"""The child process that reads messages, and the plain JSON by which it tells what they say.

It imports no more than reading needs, and is held by limits of the system: memory, time of computing for each message,
no file written, no core left.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from dataclasses import replace
from datetime import date
from typing import Any

from relance_mailer.errors import UnreadableError
from relance_mailer.replies.machine import machine_of
from relance_mailer.replies.message import read
from relance_mailer.replies.quoting import may_quote, own_text, own_words
from relance_mailer.replies.trace import content

LENGTH = 8  #: bytes of the length before each frame


def plain(value: Any) -> Any:
    """Return what the JSON encoder does not know as what it knows: instants as text, values as their fields."""
    if isinstance(value, date):
        return value.isoformat()
    return {name: getattr(value, name) for name in value.__slots__}


_TO_JSON = json.JSONEncoder(default=plain, check_circular=False, separators=(",", ":")).encode


def answer(raw: bytes, own_addresses: frozenset[str]) -> bytes:
    """Return what a message says as JSON: `{"message", "machine", "own", "content"}`, or `{"error", "why"}` where it cannot be read."""
    try:
        message = read(raw)
        plain_text = own_text(message.text, None)
        machine = machine_of(message, own_addresses=own_addresses, own=plain_text.text)
        own = "" if machine else own_words(message, None, plain_text).text
        said = content(message)
        if not may_quote(message):
            message = replace(message, html="")  # half of what there would be to hand over
        return _TO_JSON({"message": message, "machine": machine, "own": own, "content": said}).encode()
    except UnreadableError as error:
        told = {"error": str(error), "why": error.why}
    except MemoryError:
        told = {"error": "too large to be read in the memory allowed", "why": "memory"}
    except Exception as error:  # noqa: BLE001 - whatever a hostile message provokes is an answer, and the bytes are kept
        told = {"error": f"{type(error).__name__}: {error}"[:500], "why": "broken"}
    return _TO_JSON(told).encode()


def hold_to_limits(memory: int) -> None:
    """Bind this process, for good: bytes of address space; no file grows; no core is left."""
    for limit, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(limit, (most, most))


def serve(seconds: float, own_addresses: frozenset[str]) -> None:
    """Answer frame by frame until the pipe ends; a message that takes more seconds of computing ends the process."""
    incoming, outgoing = sys.stdin.buffer, sys.stdout.buffer
    while header := incoming.read(LENGTH):
        raw = incoming.read(int.from_bytes(header, "big"))
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)  # nobody need be there to stop it
        told = answer(raw, own_addresses)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        del raw
        outgoing.write(len(told).to_bytes(LENGTH, "big") + told)
        outgoing.flush()


if __name__ == "__main__":
    hold_to_limits(int(sys.argv[1]))
    serve(float(sys.argv[2]), frozenset(sys.argv[3:]))
