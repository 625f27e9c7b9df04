"""The chronology of a case file: one HTML page that prints well, loads nothing and runs nothing.

Whatever others wrote stands in it as they wrote it: escaped, its control characters and invisible marks made visible.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import Locale
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from relance_mailer.dunning.invoice import Party
from relance_mailer.dunning.money import Money
from relance_mailer.texts import formats
from relance_mailer.texts.words import counted, say

TEXT_LIMIT = 20_000  #: characters of one message's text; the rest stands in its .eml
_LINE_LIMIT = 998
#: Controls, and marks that hide or turn text round; ordinary line ends and tabs are none.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """An invoice or credit note as of the export; interest and compensation None where none is claimed."""

    number: str
    issued: date
    due: date
    total: Money
    settled: Money
    outstanding: Money
    days_overdue: int
    interest: Money | None
    compensation: Money | None
    disputed: bool = False

    @property
    def is_credit_note(self) -> bool:
        """True if it lessens what is owed."""
        return self.total.amount < 0


@dataclass(frozen=True, slots=True)
class Settled:
    """Money that settled something of an invoice; `kind` a key after `dossier.money.`, `on` None if nobody knows."""

    number: str
    on: date | None
    amount: Money
    kind: str


@dataclass(frozen=True, slots=True)
class Span:
    """Days of interest at one base and one rate (percent a year)."""

    number: str
    first: date
    last: date
    days: int
    base: Money
    rate: Any
    amount: Money


@dataclass(frozen=True, slots=True)
class Total:
    """What is owed in one currency, by head; interest and compensation None where none is claimed."""

    principal: Money
    interest: Money | None
    compensation: Money | None

    @property
    def whole(self) -> Money:
        """All heads together."""
        heads = (self.principal, self.interest, self.compensation)
        return sum((head for head in heads if head is not None), Money.zero(self.principal.currency))


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in the case file.

    Attributes:
        file: its member's name, "" if its bytes were erased.
        way: "out", "in", "colleague" or "copy"; `dossier.way.…` in texts.words.
        text: its author's own words; `cut` if they go on in the .eml, `quoted` if a quotation is left out.
    """

    file: str
    sha256: str
    way: str
    subject: str
    sender: str
    recipients: str
    message_id: str
    sent_at: datetime | None
    text: str
    quoted: bool = False
    attachments: tuple[str, ...] = ()

    @property
    def cut(self) -> bool:
        """True if its text is longer than the chronology shows."""
        return len(self.text) > TEXT_LIMIT


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the ledger in words; `weight` "strong" for what a reader looks for first."""

    sequence: int
    at: datetime
    actor: str
    words: str
    invoices: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    letter: Letter | None = None
    weight: str = ""


@dataclass(frozen=True, slots=True)
class Chronology:
    """All that the page shows.

    Attributes:
        invoice: the one invoice that the case file is about, "" if it is about all of the debtor.
        zone: the creditor's, in which local times stand.
        claim: "commercial", "public" or "" where the law gives none; `unknown_rate` why interest lacks.
        facts: counts for the summary, (key after `dossier.fact.`, number).
    """

    language: str
    zone: ZoneInfo
    at: datetime
    by: str
    program: str
    creditor: Party
    debtor: Party
    reference: str
    kind: str
    contacts: tuple[str, ...]
    invoice: str
    invoices: tuple[InvoiceLine, ...]
    settled: tuple[Settled, ...]
    totals: tuple[Total, ...]
    spans: tuple[Span, ...]
    claim: str
    unknown_rate: str
    facts: tuple[tuple[str, int], ...]
    events: tuple[Event, ...]
    head: tuple[int, int, str]


def visible(text: str) -> str:
    """Return text in which what cannot be seen is seen: `␛`, `[U+202E]`; a line over 998 characters is broken."""
    shown = _HIDDEN.sub(_picture, text.replace("\r\n", "\n"))
    return "\n".join(part for line in shown.split("\n") for part in _parts(line))


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"[U+{code:04X}]"


def _parts(line: str) -> Iterable[str]:
    return (line[at : at + _LINE_LIMIT] for at in range(0, len(line) or 1, _LINE_LIMIT))


def render(page: Chronology) -> str:
    """Return the page as a whole HTML document."""
    language = page.language
    return _template().render(
        page=page,
        t=partial(_say, language=language),
        n=lambda key, number, **words: counted(key, language, number, **words),
        money=lambda value: formats.money(value, language),
        day=lambda value: formats.short_date(value, language) if value else "–",
        long_day=lambda value: formats.long_date(value, language),
        percent=lambda value: formats.percent(value, language),
        local=lambda at: f"{at.astimezone(page.zone):%H:%M:%S}",
        local_day=lambda at: formats.long_date(at.astimezone(page.zone).date(), language),
        utc=lambda at: f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        iso=lambda at: at.astimezone(page.zone).isoformat(timespec="seconds"),
        country=lambda code: Locale.parse(formats.locale(language)).territories.get(code, code),
        foot=lambda: _css_text(f"{page.debtor.name} ({page.reference})"),
        limit=TEXT_LIMIT,
    )


def _say(key: str, language: str, **arguments: object) -> str:
    return say(key, language, **{name: visible(str(value)) for name, value in arguments.items()})


def _css_text(text: str) -> Markup:
    """Return text for a string in a style sheet: whatever is no letter or figure as its number (CSS Syntax 3, 4.3.7)."""
    line = formats.clean(visible(text))
    safe = "".join(char if char.isalnum() or char == " " else f"\\{ord(char):x} " for char in line)
    return Markup(safe)  # noqa: S704 - letters, figures, spaces and numbers are left


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("relance_mailer", "evidence"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    return environment.get_template("chronology.html")


def _finalize(value: object) -> Markup:
    """Every value on the page goes through it, so that no place can forget to make it visible and to escape it."""
    return value if isinstance(value, Markup) else escape(visible(str(value)))
