"""How a rule of the lexicons is written and compiled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from relance_mailer.replies.model import Intent

_WORD = r"[^\s,;:()]+(?:[,.]\d+)?"


@dataclass(frozen=True, slots=True)
class Rule:
    """Words that say an intent.

    Attributes:
        weight: how surely they say it, 0-1; what is under 0.6 alone asks for a person.
        denies: its words carry their own denial ("jamais livré"), so a denial beside them changes nothing.
        reason: of a dispute.
    """

    intent: Intent
    weight: float
    pattern: re.Pattern[str]
    denies: bool = False
    reason: str = ""


def compiled(pattern: str, macros: Mapping[str, str]) -> re.Pattern[str]:
    """Compile `pattern` for folded text.

    `<name>` stands for a macro, `<0-4>` for a space with up to four words of the same clause in it, `<..60>` for up
    to sixty characters of the same sentence; a space matches any run of blanks. All of them are bounded, so that a
    pattern takes linear time.
    """
    for _ in range(3):
        pattern = re.sub(r"<([a-z]+)>", lambda match: macros[match[1]], pattern)
    pattern = re.sub(
        r" ?<0-(\d+)> ?", lambda match: rf"(?:\s{{1,9}}{_WORD}){{0,{match[1]}}}?\s{{1,9}}", pattern
    )
    pattern = re.sub(r"<\.\.(\d+)>", lambda match: rf"[^.!?]{{0,{match[1]}}}?", pattern)
    return re.compile(pattern.replace(" ?", r"\s{0,9}").replace(" ", r"\s{1,9}"))


def rules(
    macros: Mapping[str, str], table: Iterable[tuple[Intent, float, str, bool, tuple[str, ...]]]
) -> tuple[Rule, ...]:
    """Compile a table of (intent, weight, dispute reason, carries its own denial, patterns)."""
    return tuple(
        Rule(intent, weight, compiled(pattern, macros), denies, reason)
        for intent, weight, reason, denies, patterns in table
        for pattern in patterns
    )
