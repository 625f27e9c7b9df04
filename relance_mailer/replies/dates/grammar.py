"""The forms of dates, over the symbols of `lexicon`, each with the function that makes its day."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from relance_mailer.replies.dates import meaning as make
from relance_mailer.replies.dates.lexicon import Token
from relance_mailer.replies.dates.reading import Reading

POINT, DELAY, PERIOD = "point", "delay", "period"

_WD = r"(?:[OAIFl][lO]{0,2})?(?:[NT]?[Ww]P?\.?,?[lOAT]{0,3})?"  # by Monday, the …
_LIST = r"(?:[Dd]\.?[lO]{0,2}[rAK,\-][lO]{0,2}){0,3}"  # the 10th or the …
_SHORTS = r"(?:[xvDd][lO]?[rAK\-][lO]{0,2}){0,2}"
_LEAD = r"(?:[OAF][lO]{0,2}|I[lO]{1,2}|[OA]?[NT]?[Ww]P?\.?,?[lOA]{0,3}|l(?=[Dd]\.?[rAK]))"
_TO = r"(?:[OAIFl][lO]{0,2})?"
_MOD, _POST = r"(?P<x>[NTLC])?", r"(?P<z>[NTLCp])?"
_NOT_COUNTED = r"(?![)cubsmqyHt#DnM:g])(?!-[D#])(?![rAK\-][lO]?D\.?[cubsmqyH])"
_OF_MONTH = r"(?:[lO]{0,2}(?P<x>[NTLCp])?[lO]?m(?P<z>[NTLCp])?|l?(?P<c>[CNLp])(?![smqyW]))?"
_COUNT = r"(?:[Dn]a?[rAKI\-][lO]?)?(?:n(?=[Dn]))?(?P<n>[Dn])"
_Y = r"(?:,?l?(?P<y>Y))?"


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a date.

    Attributes:
        only: the languages that have it; all, if empty.
    """

    name: str
    kind: str
    pattern: re.Pattern[str]
    make: Callable[[make.Found, Reading], date | None]
    only: frozenset[str] = frozenset()


def _form(
    name: str, kind: str, pattern: str, how: Callable[[make.Found, Reading], date | None], only: str = ""
) -> Form:
    return Form(name, kind, re.compile(pattern), how, frozenset(only.split()))


FORMS = (
    _form("iso", POINT, rf"{_WD}(?P<x>S)", make.iso),
    _form("numeric", POINT, rf"{_WD}{_SHORTS}(?P<x>X)", make.numeric),
    _form("numeric", POINT, rf"{_WD}{_SHORTS}(?P<x>x)(?:l?(?P<y>Y))?", make.numeric),
    _form("numeric", POINT, rf"{_LEAD}{_SHORTS}(?P<x>v)", make.numeric),
    _form("numeric", POINT, r"jl?(?P<x>v)", make.numeric),
    _form("day of month", POINT, rf"jl(?P<d>[Dd])\.?{_NOT_COUNTED}{_OF_MONTH}", make.day_of_month),
    _form(
        "numeric", POINT, r"(?:[OAF][lO]{0,2}|[Ww][.,]*[lO]{0,2})(?P<d>D)-(?P<m>D)(?![Mcubsm\-])", make.dashed
    ),
    _form(
        "named",
        POINT,
        rf"{_WD}{_LIST}(?P<d>[Ddon])\.?[lO\-]{{0,3}}(?:m[lO]{{0,2}})?(?P<m>M)\.?{_Y}",
        make.named,
    ),
    _form("named", POINT, rf"{_WD}(?P<m>M)\.?[lO]?(?P<d>[Dd]){_NOT_COUNTED}{_Y}", make.named, "en"),
    _form(
        "day of month", POINT, rf"{_LEAD}{_LIST}(?P<d>[Dd])\.?{_NOT_COUNTED}{_OF_MONTH}", make.day_of_month
    ),
    _form("day of month", POINT, rf"{_LIST}(?P<d>d){_NOT_COUNTED}{_OF_MONTH}", make.day_of_month, "en nl"),
    _form(
        "day of month",
        POINT,
        r"(?P<d>[Dd])\.?[lO]{0,2}(?:(?P<x>[NTLC])m|m(?P<z>[NTLp])|(?P<c>C)(?:l?m)?)",
        make.day_of_month,
    ),
    _form("day of month", POINT, r"(?P<d>[Dd])\.?AKA|(?P<d2>[D])\.?A(?=_)", make.nothing),
    _form(
        "edge of month",
        PERIOD,
        rf"(?P<e>E)[lOrI\-]{{0,4}}(?:m[lO]{{0,2}})?[NT]?(?P<m>M)\.?N?{_Y}",
        make.edge_of_named,
    ),
    _form(
        "month", PERIOD, rf"[ICA][lO]{{0,2}}(?:m[lO]{{0,2}})?[NT]?(?P<m>M)\.?N?{_Y}(?![Dd])", make.whole_month
    ),
    _form("month", PERIOD, r"(?:[NT](?P<m>M)|(?P<m2>M)N)(?![Dd])", make.whole_month),
    _form(
        "half of month",
        PERIOD,
        rf"(?P<d>[do])(?P<h>h)[lO]{{0,2}}(?:m[lO]{{0,2}})?(?P<m>M){_Y}",
        make.half_of_named,
    ),
    _form("edge of month", PERIOD, rf"(?P<e>E)[lOrI\-]{{0,4}}{_MOD}[lO]{{0,2}}m{_POST}", make.edge_of_month),
    _form("half of month", PERIOD, rf"(?P<d>[do])(?P<h>h)[lO]{{0,2}}{_MOD}m{_POST}", make.half_of_month),
    _form("month", PERIOD, r"(?P<x>[NLT])[lO]?m|m[lO]?(?P<z>[NTLp])|C[lO]{0,2}m|I[lO]m", make.month_alone),
    _form(
        "week of",
        PERIOD,
        rf"{_TO}s[lOFA]{{1,3}}(?:W,?[lO]?)?{_LIST}(?P<d>[Dd])\.?(?:[lO\-]{{0,2}}(?P<m>M){_Y})?",
        make.week_of,
    ),
    _form("week of", PERIOD, rf"{_TO}s[lOFA]{{1,3}}(?:W,?[lO]?)?(?P<x>[Xxv])", make.week_of),
    _form("week", PERIOD, rf"{_TO}(?P<e>E)[lOrI\-]{{0,4}}{_MOD}[lO]{{0,2}}s{_POST}", make.week),
    _form("week", PERIOD, r"(?P<x>[NTL])[lO]?s|s[lO]?(?P<z>[NTLp])|I[lO]s", make.week),
    _form(
        "week number",
        PERIOD,
        rf"{_TO}(?:(?P<wd>W),?[lOI]{{0,3}})?(?:[sz]\.?(?P<n>D)(?![cubH:/])|(?P<n2>[Dd])\.?z)(?:[/l]?Y)?",
        make.week_number,
    ),
    _form(
        "weekday",
        POINT,
        r"(?<!F)(?<!F[lO])(?:(?P<x>[NTL])|O)?(?P<wd>W)(?:l?(?P<z>[NLTp])(?![smqy]))?",
        make.weekday,
    ),
    _form(
        "weekday",
        POINT,
        r"(?:(?P<x>[NT])|[OIA][lO]?)(?P<wd>w)(?![cM])(?:l?(?P<z>[NLp])(?![smqy]))?",
        make.weekday,
        "pt",
    ),
    _form("weekday", POINT, r"(?:WK|[OA])(?P<wd>w)(?!#)", make.weekday, "en"),
    _form("weekday", POINT, r"(?<![lODn#cM])(?P<wd>w)(?=[.,!)]|$)", make.weekday, "pt"),
    _form("weekday", POINT, r"(?P<wd>w)(?:l?(?P<z>[NLp])(?![smqy])|P)", make.weekday, "pt"),
    _form(
        "named",
        POINT,
        rf"{_WD}{_LIST}(?P<d>[Dd])\.?[lO\-]{{0,2}}(?P<ten>n)(?![ubsmH]){_Y}",
        make.named_dez,
        "pt",
    ),
    _form("weekday", POINT, r"(?P<wd>W)P?,?[lOI]{0,3}(?:(?P<x>[NTL])s|s(?P<z>[NTLp]))", make.weekday_of_week),
    _form("weekday", POINT, r"(?:(?P<x>[NTL])s|s(?P<z>[NTLp]))P?,?[lOI]{0,3}(?P<wd>W)", make.weekday_of_week),
    _form("weekday", POINT, r"(?P<wd>W)I[lO]?(?P<n>[Dnh])(?:[us](?!N)|(?![ubsmH]))", make.weekday_after),
    _form(
        "weekday",
        POINT,
        r"(?P<wd>W)(?:(?P<s>s)|(?P<h>h))(?![DNTLp])|(?P<n>n)s[OF]?(?P<wd2>W)",
        make.weekday_after,
        "en",
    ),
    _form("relative", POINT, r"(?P<x>R)", make.relative),
    _form(
        "delay",
        DELAY,
        rf"(?<!D)I[alONT]{{0,3}}{_COUNT}a?N?[lO]?(?P<u>[ubsmH])(?!F[^R]|[lO]{{1,2}}[iV]|[lO]?E)",
        make.delay,
    ),
    _form("delay", DELAY, r"I[alONT]{0,3}n?(?P<h>h)(?:[lO]?[ub])?", make.idiom_delay),
    _form("delay", DELAY, r"In(?P<u>[usm])K(?P<n>[Dn])", make.delay),
    _form("delay", DELAY, r"(?P<n>[Dn])(?P<u>[ubsmH])(?:lt|[Fl]{1,2}R)", make.delay),
    _form(
        "days, month end",
        DELAY,
        rf"(?P<n>[Dn])u[.,]?[lIOr]{{0,2}}(?P<e>E)[lO]{{0,2}}m(?:[.,]?[lO]{{0,2}}(?P<d>[Dd]){_NOT_COUNTED})?",
        make.days_end_of_month,
    ),
    _form(
        "after due",
        DELAY,
        r"(?P<n>[Dn])(?P<u>[ubsm])F[lO]{0,2}V|V\+(?P<n2>[Dn])(?P<u2>[ubsm])?",
        make.after_due,
    ),
    _form("ago", DELAY, r"B[alO]{0,2}(?P<n>[Dn])a?(?P<u>[ubsmH])|(?P<n2>[Dn])(?P<u2>[ubsmH])G", make.ago),
    _form("ago", DELAY, r"Bn?(?P<h>h)(?:l?u)?", make.ago),
    _form("year", PERIOD, rf"(?P<e>E)[lO\-]{{0,3}}{_MOD}[lO]?y{_POST}", make.year_edge),
    _form("quarter", PERIOD, r"(?P<n>[do])q(?:l?(?P<y>Y))?", make.quarter),
    _form(
        "quarter", PERIOD, rf"(?:E[lO]{{0,3}}){_MOD}q{_POST}|(?P<x2>[NTL])q|q(?P<z2>[NTLp])", make.quarter_end
    ),
    _form("holiday", PERIOD, r"(?P<side>[ABF])[lO]{0,2}(?P<h>Z)", make.holiday),
    _form("holiday", POINT, r"[IOr][lO]?(?P<h>Z)", make.holiday),
)


def read(found: list[Token], language: str, reading: Reading) -> list[tuple[Form, int, int, date]]:
    """Return the days that symbols name, leftmost and longest first, as form, first and last token and day."""
    symbols = "".join(token.symbol for token in found)
    finds = []
    for form in FORMS:
        if form.only and language not in form.only:
            continue
        for match in form.pattern.finditer(symbols):
            before = symbols[max(match.start() - 1, 0) : match.start()]
            if before in {"g", "k"} or (before == "i" and form.name in {"numeric", "week number"}):
                continue
            day = form.make(make.Found(match, found), reading)
            if day is not None:
                finds.append((form, match.start(), match.end(), day))
    finds.sort(key=lambda find: (find[1], -find[2]))
    kept: list[tuple[Form, int, int, date]] = []
    for find in finds:
        if not kept or find[1] >= kept[-1][2]:
            kept.append(find)
    return kept
