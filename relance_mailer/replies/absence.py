"""What an automatic answer says in words: absence, date of return, substitute; plain French and English here."""

from __future__ import annotations

import re
from datetime import date, timedelta

MAX_LOOKED_AT = 10_000  #: characters of an automatic answer that are read

#: Prefixes that programs set before the subject they answer.
AUTOMATIC_SUBJECT = re.compile(
    r"\s{0,3}[\[(]?(?:automatic(?:al)? reply|auto(?:matic)?[- ]?(?:reply|response)|r[ée]ponse automatique|message automatique"
    r"|automatische antwort|automatische? (?:antwort|r[üu]ckantwort)|abwesenheitsnotiz|respuesta autom[áa]tica|risposta automatica"
    r"|resposta autom[áa]tica|automatisch antwoord|autosvar|automatiskt svar|automaattinen vastaus|odpowied[źz] automatyczna"
    r"|autoresponder)[\])]?\s{0,3}(?::|-|–|$)",
    re.IGNORECASE,
)
#: Prefixes that people use as well: only with words of absence in the text.
_ABSENCE_SUBJECT = re.compile(
    r"\s{0,3}(?:absence(?: du bureau)?|absente?\b|out of (?:the )?office|ooo\b|en cong[ée]s|cong[ée]s\b|abwesenheit|afwezig|fuori sede"
    r"|fuera de la oficina)|.{0,200} is out of the office\.?$",
    re.IGNORECASE,
)
_ABSENT = re.compile(
    r"\b(?:je suis|je serai|nous sommes|nous serons|actuellement)\b.{0,40}\b(?:absente?s?|en cong[ée]s?|en vacances|en d[ée]placement|indisponible)"
    r"|\babsente?s? (?:du bureau|jusqu|du \d|de \d)|\bde retour (?:le|lundi|mardi|mercredi|jeudi|vendredi|d[èe]s)"
    r"|\bcong[ée] (?:maternit[ée]|parental|maladie)|\bferm(?:[ée]e?s?|eture) .{0,60}(?:jusqu|du \d|cong[ée]s|annuel)"
    r"|\b(?:i am|i'm|i’m|i will be|we are|we will be|am currently|currently)\b.{0,40}\b(?:out of (?:the )?office|away|on (?:annual |maternity |sick )?leave|on (?:vacation|holidays?))"
    r"|\bout of (?:the )?office (?:until|from|and)|\b(?:back|return(?:ing)?) (?:in the office )?on\b|\blimited access to (?:my )?e?-?mails?",
    re.IGNORECASE | re.DOTALL,
)

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier january janv jan", "février fevrier february févr fév fev feb", "mars march mar",
            "avril april avr apr", "mai may", "juin june jun", "juillet july juil jul", "août aout august aug",
            "septembre september sept sep", "octobre october oct", "novembre november nov",
            "décembre decembre december déc dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAY = r"(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\s{0,3},?\s{0,3})?"
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE = (
    rf"{_WEEKDAY}(?:the\s)?(?:"
    r"(?P<iso>\d{4}-\d{2}-\d{2})"
    r"|(?P<day>\d{1,2})[/.](?P<month>\d{1,2})(?:[/.](?P<year>\d{4}|\d{2}))?(?!\d)"
    rf"|(?P<d2>\d{{1,2}})(?:er|st|nd|rd|th)?\s(?:of\s)?(?P<m2>{_MONTH})\b\.?,?(?:\s(?P<y2>\d{{4}}))?"
    rf"|(?P<m3>{_MONTH})\s(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\b,?(?:\s(?P<y3>\d{{4}}))?"
    r"|(?P<d4>\d{1,2})(?:er|st|nd|rd|th)?\b(?![:h%])"
    r")"
)
_BACK = re.compile(
    r"(?:de retour|retour(?:ner)?(?: au bureau)?|serai(?:s)? de nouveau (?:joignable|disponible|pr[ée]sente?)|reprendrai"
    r"|r[ée]ouvrir(?:a|ons)|back|return(?:ing)?|reopen)(?: (?:in|at|to) (?:the )?office| au bureau| pr[ée]vu)?"
    rf" ?(?:d[èe]s |[àa] partir )?(?:le|on|du|:)? ?{_DATE}",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    rf"(?:jusqu['’]au|jusqu['’]à|until|till|through|au plus tard le) (?:le |and including )?{_DATE}",
    re.IGNORECASE,
)
_FROM_TO = re.compile(
    rf"\b(?:du|from) {_WEEKDAY}\d{{1,2}}[^.;:\n\d]{{0,25}}(?:[/.]\d{{1,2}})?(?:[/.]\d{{2,4}})?(?: \d{{4}})? (?:au|to|until|till) {_DATE}",
    re.IGNORECASE,
)

_ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_SUBSTITUTE_CUE = re.compile(
    r"contact|adress|[ée]cri|joindre|urgen|rempla[çc]|transf[ée]r|reach|write|e-?mail|courriel|suivi|send|envoy|assist",
    re.IGNORECASE,
)
_CUE_REACH = 160


def absence_words(subject: str, text: str) -> bool:
    """Tell whether the words are an absence notice's; whether a machine wrote them is another matter."""
    return bool(_ABSENT.search(text[:MAX_LOOKED_AT]) or _ABSENCE_SUBJECT.match(subject[:300]))


def absence_subject(subject: str) -> bool:
    """Tell whether the subject begins as absence notices do (people's sometimes do as well)."""
    return bool(_ABSENCE_SUBJECT.match(subject[:300]))


def absence_stated(text: str) -> bool:
    """Tell whether the text itself says that its author is away."""
    return bool(_ABSENT.search(text[:MAX_LOOKED_AT]))


def return_date(text: str, sent: date | None) -> date | None:
    """Return the first day back, read against the sending day: "until the 23rd" means the 24th.

    Without a sending day only a full date counts.
    """
    flat = " ".join(text[:MAX_LOOKED_AT].split())
    if back := _BACK.search(flat):
        return _day(back, sent)
    last = _UNTIL.search(flat) or _FROM_TO.search(flat)
    day = _day(last, sent) if last else None
    return day + timedelta(days=1) if day and day < date.max else None


def substitute(text: str, not_these: frozenset[str]) -> str:
    """Return the address that an absence notice names instead, "" if none."""
    looked_at = text[:MAX_LOOKED_AT]
    for found in _ADDRESS.finditer(looked_at):
        address = found[0].lower().strip(".'-")
        before = looked_at[max(0, found.start() - _CUE_REACH) : found.start()]
        if address not in not_these and _SUBSTITUTE_CUE.search(before):
            return address
    return ""


def _day(match: re.Match[str], sent: date | None) -> date | None:
    """Return the date a match names; without a year the next such day on or after the sending day."""
    part = match.groupdict()
    try:
        if part["iso"]:
            return date.fromisoformat(part["iso"])
        day = int(part["day"] or part["d2"] or part["d3"] or part["d4"])
        month = _month(part)
        year = int(part["year"] or part["y2"] or part["y3"] or 0)
        if year and month:
            return date(year + 2000 if year < 100 else year, month, day)
        return _next(sent, month, day) if sent else None
    except ValueError:
        return None


def _month(part: dict[str, str | None]) -> int:
    if part["month"]:
        return int(part["month"])
    return _MONTHS.get((part["m2"] or part["m3"] or "").lower(), 0)


def _next(sent: date, month: int, day: int) -> date | None:
    """Return the next date with this day (and month, unless 0) on or after `sent`, within a year."""
    candidate = sent
    for _ in range(366):
        if candidate.day == day and month in {0, candidate.month}:
            return candidate
        if candidate == date.max:
            return None
        candidate += timedelta(days=1)
    return None
