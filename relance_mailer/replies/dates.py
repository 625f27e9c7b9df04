"""Dates in running French and English, read against the day on which a message was sent.

The rules are those of the reply taxonomy: each form is one row of `_FORMS`, a pattern on folded text and the
function of `datewords` that makes its day. `past` reads the same words backwards ("vendredi" is then the last one).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from relance_mailer.replies import datewords as make
from relance_mailer.replies.words import MAX_TEXT, MONTHS, NUMBERS, WEEKDAYS, either, fold

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date that a text states.

    Attributes:
        date: the day; of a range, its last one.
        start: offset of its first character in the text; `end` of the one after its last.
        form: name of the rule that read it.
        about: it dates a mail, an invoice, an order or a delivery, not what the sentence says of itself.
    """

    date: date
    start: int
    end: int
    form: str
    about: bool = False


_MON = rf"(?P<m>{either(*MONTHS)})\b\.?"
_WD = either(*WEEKDAYS)
_D = r"(?P<d>3[01]|[12]\d|0?[1-9]|premier)"
_TH = r" ?(?:er|st|nd|rd|th|eme)?"
_Y = r"(?:,? ?(?P<y>20\d\d)\b)?"
_NO_Y = r"(?P<y>(?!))?"
_LEAD = rf"(?:{_WD},? (?:the |le )?)?"
_START = r"(?<![\w./:-])(?<![€£$] )(?<!n° )(?<!# )"
_END = r"(?![\w/-]|[.,:]\d)(?! ?(?:€|%|eur|£|\$|chf|k€|h\b|heures?\b|am\b|pm\b))"
_NOT_COUNTED = (
    rf"(?! (?:{either(*MONTHS)})\b| (?:jours?|days?|factures?|invoices?|premiers?|premieres?|fois|dernier"
    r"|autres?|items?|reminders?|notices?|times?|floor|requests?|colis|lignes?|articles?|mois)\b| ?\d)"
)
_BIG = r"(?:prochain|suivant|next|following|coming|dernier|passe|ecoule|precedent|last|previous|courant|en cours)"
_N = rf"(?P<n>\d{{1,3}}|{either(*NUMBERS)})"
_U = (
    r"(?P<u>(?:jours?|days?)(?: (?:ouvres?|ouvrables?|calendaires?|francs?))?|(?:working|business|calendar) days?|"
    r"semaines?|weeks?|mois|months?|h\b|heures?|hours?)"
)
_WITHIN = (
    r"\b(?:sous|dans|d'ici(?: a)?|within|in|endeans)(?: un delai de| les| the| maximum| max\.?| environ| about)?"
    r"(?: next| coming)?"
)
_WEEK = r"(?:semaine|week)\b(?![ -]?(?:end\b|\d))"

_Rule = tuple[str, str, "Callable[[re.Match[str], make.Reading], date | None]"]
_MONTHS_AND_DAYS: tuple[_Rule, ...] = (
    ("iso", rf"{_START}(?P<y>20\d\d)-(?P<m>\d\d)-(?P<d>\d\d)(?![\w-])", make.iso),
    (
        "numeric",
        rf"{_LEAD}{_START}(?P<d>\d{{1,2}})(?P<s>[/.-])(?P<m>\d{{1,2}})(?P=s)(?P<y>20\d\d|\d\d)(?![\w/-]|\.\d)",
        make.numeric,
    ),
    ("numeric", rf"{_LEAD}{_START}(?!24/7)(?P<d>\d{{1,2}})/(?P<m>\d\d){_NO_Y}{_END}", make.numeric),
    (
        "numeric",
        rf"\b(?:le|du|au|on|by|before|avant|until|the) (?P<d>\d{{1,2}})[/.](?P<m>\d{{1,2}}){_NO_Y}{_END}",
        make.numeric,
    ),
    ("named", rf"{_LEAD}(?<![\w./,]){_D}{_TH} ?-?(?:of |de )?{_MON}{_Y}", make.named),
    ("named", rf"{_LEAD}\b{_MON} (?:the )?{_D}{_TH}\b(?! ?\d){_END}{_Y}", make.named),
    (
        "edge",
        (
            rf"\b(?P<edge>{either(*make.EDGES)})[ -](?:de |du |d'|of the |of |the )?(?:mois (?:de |d')|month of )?"
            rf"{_MON}(?! \d\d?\b){_Y}"
        ),
        make.edge_of_named,
    ),
    (
        "edge of month",
        (
            r"\b(?P<edge>fin|end|debut|beginning|start|early|mi|mid|milieu|middle|late|courant|cours)[ -]"
            rf"(?:(?:de|du|of|the|this|ce|{_BIG})[ -]){{0,4}}(?:mois|month)\b(?: {_BIG}\b)?"
        ),
        make.edge_of_month,
    ),
    ("month end", r"\b(?:this |the |next )?(?:month[- ]end|eom)\b", make.month_alone),
    (
        "month",
        r"\b(?:le mois (?:prochain|suivant)|next month(?![- ]end)|(?:dans|courant) le mois)\b",
        make.month_alone,
    ),
    (
        "day of month",
        (
            rf"\b(?:{_WD},?(?: the| le)?|(?:pour |avant |des )?(?:le|the)|on(?: the)?|du|au) {_D}{_TH}\b{_NOT_COUNTED}{_END}"
            rf"(?: (?:of |du |de )?(?:the )?(?:(?:{_BIG}|ce|this) )?(?:mois|month)\b(?: {_BIG}\b)?| {_BIG}\b)?"
        ),
        make.day_of_month,
    ),
    (
        "day of month",
        (
            rf"(?<![\w./,-])(?P<d>3[01]|[12]\d|[1-9])(?:st|nd|rd|th)\b{_NOT_COUNTED}{_END}"
            rf"(?: (?:of )?(?:the )?(?:{_BIG} |this )?month\b)?"
        ),
        make.day_of_month,
    ),
)
_WEEKS_AND_DELAYS: tuple[_Rule, ...] = (
    (
        "week of",
        (
            rf"\b(?:semaine|week) (?:du|of|commencing|beginning|starting) (?:the )?(?:{_WD} )?{_D}{_TH}\b"
            rf"(?:(?: of| de)? {_MON}|/(?P<mm>\d\d)\b)?{_Y}"
        ),
        make.week_of,
    ),
    (
        "week",
        (
            r"\b(?:fin|end|debut|beginning|start|early|later|milieu|mid|middle|courant|cours)[ -](?:de |of )?"
            rf"(?:la |cette |this |next |last |the |following )?{_WEEK}(?: prochaine| suivante| derniere| en cours)?"
        ),
        make.week,
    ),
    ("week", rf"\b(?:cette|this|next|last|following|coming) {_WEEK}|\bdans la semaine\b", make.week),
    ("week", r"\b(?:la )?semaine (?:prochaine|suivante|derniere|passee|en cours)\b", make.week),
    (
        "week number",
        r"\b(?:semaine|week|sem\.?|wk|s|kw)(?: n°)? ?(?P<n>[0-5]?\d)\b(?![/.,:]\d)",
        make.week_number,
    ),
    (
        "weekday",
        (
            rf"\b(?:(?:next|last|this) (?:week (?:on )?)?)?(?P<wd>{_WD})\b(?: (?:prochain|dernier|passe|en huit|en quinze"
            r"|(?:de )?la semaine prochaine|(?:of )?next week|week)\b)?(?! ?\d)"
        ),
        make.weekday,
    ),
    (
        "relative",
        (
            r"\b(?:(?P<before>avant-hier|(?:the )?day before yesterday)|(?P<after>apres-demain|(?:the )?day after tomorrow)"
            r"|(?P<yesterday>hier|yesterday)|(?P<tomorrow>demain|tomorrow)|(?P<today>aujourd'hui|(?<!\ba )ce jour|ce matin"
            r"|ce soir|cet apres-midi|dans la journee|fin de journee|today|this (?:morning|afternoon|evening)|tonight"
            r"|(?:close|end) of (?:business|play|the day|day)|cob|eod))\b"
        ),
        make.relative,
    ),
    (
        "days, month end",
        r"\b(?P<n>\d{1,3}) ?(?:jours|j|days)\.?,? (?:fin de mois|fdm|(?:from )?end of (?:the )?month|eom)\b",
        make.days_end_of_month,
    ),
    (
        "after due",
        rf"\b{_N} ?{_U} (?:apres|after|from|past|a compter de) (?:l'|the |d'|la date d')?(?:echeance|due date)\b",
        make.after_due,
    ),
    ("after due", rf"\b(?:echeance|due date) ?(?:\+|plus) ?{_N} ?{_U}", make.after_due),
    ("delay", rf"{_WITHIN} {_N}(?: prochaine?s)? ?{_U}(?! (?:apres|after|from|past)\b)", make.delay),
    ("delay", r"\b(?:a|une?) (?P<n>huitaine|dizaine|quinzaine) de (?P<u>jours)\b", make.delay),
    (
        "delay",
        (
            r"\b(?:sous|d'ici|dans|within|in|endeans)(?: une?| la| a)? (?P<n>huitaine|dizaine|quinzaine|trentaine|fortnight)"
            r"\b(?: de jours)?"
        ),
        make.idiom_delay,
    ),
    ("ago", rf"\b(?:il y a|voici|voila)(?: environ)? {_N} ?{_U}", make.ago),
    ("ago", rf"\b{_N} {_U} ago\b", make.ago),
    (
        "year",
        r"\b(?:(?P<debut>debut|early|beginning of)|fin|end of) (?:de |in )?(?:l'|d'|the |this |next )?(?:new )?(?:annee|an|year)\b",
        make.year_end,
    ),
    ("year", r"\byear[- ]end\b(?P<debut>(?!))?", make.year_end),
    (
        "quarter",
        r"\b(?:fin (?:de |du )?trimestre|end of (?:the |this )?quarter|quarter[- ]end)\b",
        make.quarter_end,
    ),
)
_FORMS = tuple((name, re.compile(form), day) for name, form, day in _MONTHS_AND_DAYS + _WEEKS_AND_DELAYS)

_JOINED = re.compile(r" ?(?:-|et|ou|a|au|and|or|to|till)? ?(?:le |the )?")
_RANGE_WORD = re.compile(r"au |the ")
_LETTER = (
    r"(?:e-?mails?|mails?|courriels?|messages?|relances?|courriers?|lettres?|factures?|facturation|commandes?|devis|livraisons?"
    r"|bl|rappels?|appel|echanges?|invoices?|orders?|delivery|letter|reminder|call|quote|statement|contrat|jugement|conversation)"
)
_FELL = r"(?:echue?s?|dated|datees?|issued|received|recue?s?|fell due|(?:was|were|is|are|been) due|due|emise?s?|livree?s?|delivered|mandatee?s?|validee?s?|approved)"
_FILLER = r"(?: (?:n°|nr|no\.?|de|votre|your|[\w/.°-]*\d[\w/.-]*)){0,4}"
_ABOUT = re.compile(
    rf"\b(?:{_LETTER}{_FILLER}(?: (?:du|de|d'|of|from|dated|en date du|date du|datee du)(?: ?le| ?the)?| (?=\|(?:du|of) ))"
    rf"|{_FELL}(?: (?:le|du|on|the|depuis le|since))?) ?\|"
)
_ABOUT_REACH = 80


def _raw(folded: str, reading: make.Reading) -> list[FoundDate]:
    """Every form's finds, leftmost and longest first, none overlapping another."""
    finds = [
        FoundDate(day, match.start(), match.end(), name)
        for name, form, make_day in _FORMS
        for match in form.finditer(folded)
        if (day := make_day(match, reading)) is not None
    ]
    kept: list[FoundDate] = []
    for find in sorted(finds, key=lambda found: (found.start, -found.end)):
        if not kept or find.start >= kept[-1].end:
            kept.append(find)
    return kept


def _joined(folded: str, first: FoundDate, second: FoundDate) -> bool:
    """True if the two are the ends of one range, or alternatives ("le 10 ou le 11")."""
    between = folded[first.end : second.start]
    if not between.strip():
        return bool(_RANGE_WORD.match(folded, second.start)) and second.form in {"day of month", "numeric"}
    return len(between) < 12 and _JOINED.fullmatch(between) is not None


def _ranges(folded: str, finds: list[FoundDate]) -> list[FoundDate]:
    merged: list[FoundDate] = []
    for find in finds:
        if merged and _joined(folded, merged[-1], find):
            first = merged.pop()
            merged.append(replace(find, start=first.start, date=max(first.date, find.date)))
        else:
            merged.append(find)
    return merged


def find_dates(
    text: str, sent_on: date, *, due: date | None = None, country: str = "", past: bool = False
) -> tuple[FoundDate, ...]:
    """Return the dates in the first `MAX_TEXT` characters of `text`, in order.

    Args:
        text: the author's own words.
        sent_on: the day on which they were sent, in the author's zone.
        due: the invoice's due date, for "due date + 10 days".
        country: the sender's (ISO 3166-1); "US" reads 3/4 as 4 March.
        past: read day names and dates without a year backwards.
    """
    folded = fold(text[:MAX_TEXT]).replace("\r", " ").replace("\n", " ")
    reading = make.Reading(sent_on, due, country.upper() == "US", past)
    finds = _ranges(folded, _raw(folded, reading))
    return tuple(replace(find, about=_is_about(folded, find)) for find in finds)


def _is_about(folded: str, find: FoundDate) -> bool:
    """True if what stands before a date says that it is a letter's, an invoice's or a delivery's."""
    before = folded[max(0, find.start - _ABOUT_REACH) : find.start]
    return _ABOUT.search(f"{before}|{folded[find.start : find.start + 4]}") is not None


_FAR = timedelta(days=300)


def _last_said(finds: tuple[FoundDate, ...], sent_on: date) -> date | None:
    said = [find.date for find in finds if not find.about]
    near = [
        day for day in said if abs(day - sent_on) < _FAR
    ]  # a date of the past, read forwards, lands a year off
    return max(near or said, default=None)


def promise_date(text: str, sent_on: date, *, due: date | None = None, country: str = "") -> date | None:
    """Return the day by which `text` says that it will pay: the last one that it names, None if it names none."""
    return _last_said(find_dates(text, sent_on, due=due, country=country), sent_on)


def paid_date(text: str, sent_on: date, *, country: str = "") -> date | None:
    """Return the day on which `text` says that it paid, never one after `sent_on`."""
    finds = find_dates(text, sent_on, country=country, past=True)
    return _last_said(tuple(find for find in finds if find.date <= sent_on), sent_on)


_BACK = re.compile(
    r"\b(?:de retour|retour(?: prevu)?|reviens|reviendrai|reprendrai|reprends|rentre|rentrerai|serai? (?:de nouveau )?"
    r"(?:joignable|disponible|present)e?|reouvr\w+|back|return(?:ing|s)?|resume|available(?: again)?|reopen\w*)\b"
)
_UNTIL = re.compile(
    r"\b(?:absente?s?|conges?|vacances|ferme\w*|indisponible|formation|deplacement|away|out of (?:the )?office|leave|holidays?"
    r"|vacation|closed|unavailable|maternite|until|till|through|jusqu'(?:a|au)(?= ))(?:\b|(?= ))"
)
_REACH = 90  #: characters between the word of absence and its date


def return_date(text: str, sent_on: date, *, country: str = "") -> date | None:
    """Return an absence's first day back: the day said, or the day after the last one of the absence."""
    folded = fold(text[:MAX_TEXT])
    finds = find_dates(text, sent_on, country=country)
    for words, days in ((_BACK, 0), (_UNTIL, 1)):
        for match in words.finditer(folded):
            near = [find for find in finds if match.end() <= find.start <= match.end() + _REACH]
            if near:
                return near[0].date + timedelta(days)
    return None
