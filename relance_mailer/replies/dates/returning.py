"""The first day back that an absence notice tells, in seven languages."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice

from relance_mailer.replies.dates.find import FoundDate, find_dates
from relance_mailer.replies.dates.returnwords import BEGINS, LANGUAGES, NOT_INCLUDED
from relance_mailer.replies.words import MAX_TEXT, fold

_BACK_REACH, _UNTIL_REACH = 45, 25  #: characters between the word of absence and its date
_FRAGMENT, _CUES = 80, 30
_STOP = re.compile(r"[!?;]|\.\s")
_STALE = timedelta(days=330)  #: a day and month without a year so far ahead are this year's, and past
_FULL_DATE = re.compile(r"20\d\d|\d[/.-]\d{1,2}[/.-]\d\d")
_ON = {"fr": "le ", "en": "on ", "de": "am ", "es": "el ", "it": "il ", "nl": "op ", "pt": "no dia "}


def return_date(text: str, sent_on: date | None, *, country: str = "") -> date | None:
    """Return an absence's first day back, in seven languages: the day said, or the day after the last one away.

    Args:
        text: the absence notice's own words.
        sent_on: None if not known: then only a date with its year counts.
        country: the sender's (ISO 3166-1); "US" reads 3/4 as 4 March.
    """
    folded = " ".join(fold(text[:MAX_TEXT]).split())
    for tier, reach, days in (
        ("back", _BACK_REACH, 0),
        ("until", _UNTIL_REACH, 1),
        ("away", _UNTIL_REACH, 1),
    ):
        for language, words in LANGUAGES.items():
            for cue in islice(getattr(words, tier).finditer(folded), _CUES):
                fragment = _lead(folded[cue.end() : cue.end() + _FRAGMENT], language)
                found = _date_after(fragment, reach, sent_on, country, language)
                if found is None or (tier == "away" and BEGINS.search(fragment[: found.end])):
                    continue
                worked = NOT_INCLUDED.match(fragment, found.end)
                return found.date + timedelta(0 if worked else days)
    return None


def _lead(fragment: str, language: str) -> str:
    """A bare "23" or "3/12" is a date only behind a word that says so."""
    bare = fragment.lstrip(" :,-(")
    return _ON[language] + bare if bare[:1].isdigit() else bare


def _date_after(
    fragment: str, reach: int, sent_on: date | None, country: str, language: str
) -> FoundDate | None:
    """Return the date with which a fragment begins, as it was meant on the sending day."""
    for find in find_dates(fragment, sent_on or date(2000, 1, 1), country=country, language=language):
        if find.start > reach or _STOP.search(fragment, 0, find.start):
            return None
        full = _FULL_DATE.search(fragment, find.start, find.end)
        if sent_on is None:
            return find if full else None
        stale = not full and find.date - sent_on > _STALE and (find.date.month, find.date.day) != (2, 29)
        return replace(find, date=find.date.replace(year=find.date.year - 1)) if stale else find
    return None
