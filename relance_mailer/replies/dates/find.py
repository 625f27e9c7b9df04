"""Dates in running text, read against the day on which a message was sent, each with what it is a date of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from relance_mailer.replies.dates import grammar, lexicon
from relance_mailer.replies.dates.reading import Reading
from relance_mailer.replies.dates.roles import ABOUT, Role, Sentences
from relance_mailer.replies.words import MAX_TEXT, fold


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date that a text states.

    Attributes:
        date: the day; of a range, its last one.
        start: offset of its first character in the text; `end` of the one after its last.
        form: name of the rule that read it.
        kind: "point", "delay" or "period".
        role: what the words around it say that it is the day of.
    """

    date: date
    start: int
    end: int
    form: str
    kind: str = grammar.POINT
    role: Role = Role.UNKNOWN

    @property
    def about(self) -> bool:
        """True if it dates a mail, an invoice, an order or a delivery, not what the sentence says of itself."""
        return self.role in ABOUT


@dataclass(slots=True)
class _Raw:
    """A find before its role is judged; `core` is where its first word stands that is no preposition."""

    form: grammar.Form
    day: date
    start: int
    core: int
    end: int
    language: str


#: Forms that count from another day than the one that a condition waits for, if there is one.
_LOOSE = frozenset({"delay"})
_MOST = 150  #: nobody writes more dates: what has more is no letter, and none is judged
_LEADING = frozenset("lOAFIrBj")


def _joined(between: str, last: grammar.Form, first: grammar.Form) -> bool:
    """True if two finds are the ends of one range, or alternatives ("le 10 ou vendredi")."""
    joints = [symbol for symbol in between if symbol not in "lO"]
    return len(between) <= 3 and joints in (["K"], ["r"], ["-"], ["A"]) and last.kind == first.kind


def _in_language(found: list[lexicon.Piece], folded: str, language: str, reading: Reading) -> list[_Raw]:
    tokens = lexicon.tokens(found, language, folded)
    raw: list[_Raw] = []
    last = 0
    for form, start, end, day in grammar.read(tokens, language, reading):
        symbols = "".join(token.symbol for token in tokens[last:start])
        leads = next((i for i in range(start, end) if tokens[i].symbol not in _LEADING), start)
        if raw and (
            _joined(symbols, raw[-1].form, form)
            or (
                not symbols
                and tokens[start].symbol == "A"
                and form.kind == raw[-1].form.kind == grammar.POINT
            )
        ):
            raw[-1].end, raw[-1].day = tokens[end - 1].end, max(raw[-1].day, day)
        else:
            raw.append(
                _Raw(form, day, tokens[start].start, tokens[leads].start, tokens[end - 1].end, language)
            )
        last = end
    return raw


def _raw(text: str, folded: str, language: str, reading: Reading) -> list[_Raw]:
    """Every likely language's finds, leftmost and longest first, none overlapping another."""
    found = list(lexicon.pieces(lexicon.without_sums(text, folded)))
    languages = (language,) if language else lexicon.languages_of(p.text for p in found if p.kind == "word")
    finds = [raw for name in languages for raw in _in_language(found, folded, name, reading)]
    kept: list[_Raw] = []
    for raw in sorted(finds, key=lambda find: (find.start, -find.end)):
        if not kept or raw.start >= kept[-1].end:
            kept.append(raw)
    return kept


def find_dates(
    text: str,
    sent_on: date,
    *,
    due: date | None = None,
    country: str = "",
    past: bool = False,
    language: str = "",
) -> tuple[FoundDate, ...]:
    """Return the dates in the first `MAX_TEXT` characters of `text`, in order.

    Args:
        text: the author's own words.
        sent_on: the day on which they were sent, in the author's zone.
        due: the invoice's due date, for "due date + 10 days".
        country: the sender's (ISO 3166-1); "US" reads 3/4 as 4 March.
        past: read day names and dates without a year backwards.
        language: a two-letter code; told from the words where it is not given.
    """
    text = text[:MAX_TEXT]
    folded = fold(text)
    known = language if language in lexicon.LANGUAGES else ""
    raw = _raw(text, folded, known, Reading(sent_on, due, country.upper() == "US", past))
    sentences = Sentences(text, folded, [(find.start, find.end) for find in raw])
    judged = len(raw) <= _MOST
    return tuple(
        FoundDate(
            find.day,
            find.start,
            find.end,
            find.form.name,
            find.form.kind,
            sentences.role(
                find.core, find.end, find.language, loose=find.form.name in _LOOSE or find.day == sent_on
            )
            if judged
            else Role.UNKNOWN,
        )
        for find in raw
    )
