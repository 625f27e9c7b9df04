"""Asking several questions at once, and going on without those that are not answered in time."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from relance_mailer.services.check.finding import Finding

DEADLINE = 14.0  #: seconds for all questions together: somebody is waiting at the terminal


@dataclass(frozen=True, slots=True)
class Question:
    """Something to be looked at: how, and what is said if no answer comes in time."""

    ask: Callable[[], list[Finding]]
    unanswered: Finding


def answers(questions: Sequence[Question], seconds: float = DEADLINE) -> list[Finding]:
    """Ask all questions at once and return their findings in order, at the latest after `seconds`.

    Each has a thread of its own that nobody waits for: a server, or the system's resolver, may hang for minutes.

    Raises:
        Exception: whatever a question raised.
    """
    done: queue.SimpleQueue[tuple[int, list[Finding] | BaseException]] = queue.SimpleQueue()
    for number, question in enumerate(questions):
        threading.Thread(target=_answer, args=(number, question, done), daemon=True).start()
    found: dict[int, list[Finding]] = {}
    deadline = time.monotonic() + seconds
    while len(found) < len(questions) and (left := deadline - time.monotonic()) > 0:
        try:
            number, answer = done.get(timeout=left)
        except queue.Empty:
            break
        if isinstance(answer, BaseException):
            raise answer
        found[number] = answer
    return [
        one for number, question in enumerate(questions) for one in found.get(number, [question.unanswered])
    ]


def _answer(
    number: int, question: Question, done: queue.SimpleQueue[tuple[int, list[Finding] | BaseException]]
) -> None:
    try:
        done.put((number, question.ask()))
    except BaseException as error:  # noqa: BLE001 - it is raised where the answer is awaited
        done.put((number, error))
