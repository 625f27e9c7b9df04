"""What the team reads, in French and English, one line a key; each module holds the words of one part.

A key gives (French, English); `{name}` stands for an argument of `say`.
"""

from __future__ import annotations

from string import Formatter

from relance_mailer.texts.words import (
    acts,
    alerts,
    auth,
    checks,
    debtors,
    decisions,
    dossier,
    first_day,
    imports,
    live,
    machines,
    mailroom,
    origin,
    unread,
    views,
)

_TABLES = (
    decisions.WORDS,
    debtors.WORDS,
    views.WORDS,
    first_day.WORDS,
    imports.WORDS,
    acts.WORDS,
    alerts.WORDS,
    auth.WORDS,
    checks.WORDS,
    live.WORDS,
    machines.WORDS,
    dossier.WORDS,
    mailroom.WORDS,
    origin.WORDS,
    unread.WORDS,
)
WORDS: dict[str, tuple[str, str]] = {key: words for table in _TABLES for key, words in table.items()}
assert len(WORDS) == sum(map(len, _TABLES)), "a key stands in two modules"


def say(key: str, language: str, **arguments: object) -> str:
    """Return the words for `key` in `language` ("fr", else English); a stage of one's own is called by its key."""
    if key not in WORDS and key.startswith(("stage.", "hold.", "owner.", "dispute.", "policy.")):
        return key.partition(".")[2]
    french, english = WORDS[key]
    words = french if language == "fr" else english
    names = {name for _, name, _, _ in Formatter().parse(words) if name}
    return words.format(**{name: arguments.get(name, "") for name in names})


def counted(key: str, language: str, n: int, **arguments: object) -> str:
    """Return the words for `n` of something: their singular or plural form, divided by "|"."""
    one, many = say(key, language, n=n, **arguments).split("|")
    return one if n == 1 or (n == 0 and language == "fr") else many


def certainty(value: float, language: str) -> str:
    """Write how sure one is, from 0 to 1, as a whole percentage: `92 %`, `92%`."""
    return f"{value * 100:.0f}\u00a0%" if language == "fr" else f"{value:.0%}"
