"""What looking answers: one finding a question, how bad it is, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from relance_mailer.texts import formats
from relance_mailer.texts.words import say


class Level(StrEnum):
    """How bad it is; an error keeps the program from doing its work."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one question: what was asked, what was found, and what to do about it."""

    level: Level
    what: str
    words: str
    remedy: str = ""


def finding(
    language: str, level: Level, what: str, words: str, remedy: str = "", /, **arguments: object
) -> Finding:
    """Return a finding from the word catalogue's keys, without their `check.`."""
    return Finding(
        level,
        say(f"check.{what}", language, **arguments),
        formats.clean(say(f"check.{words}", language, **arguments)),
        formats.clean(say(f"check.{remedy}", language, **arguments)) if remedy else "",
    )


def failed(language: str, what: str, error: object, remedy: str = "", /, **arguments: object) -> Finding:
    """Return the finding that something could not even be looked at, in the error's own words."""
    told = say(f"check.{remedy}", language, **arguments) if remedy else ""
    return Finding(Level.ERROR, say(f"check.{what}", language, **arguments), formats.clean(str(error)), told)


def worst(findings: Iterable[Finding]) -> Level:
    """Return the worst level among findings."""
    order = tuple(Level)
    return max((found.level for found in findings), key=order.index, default=Level.OK)
