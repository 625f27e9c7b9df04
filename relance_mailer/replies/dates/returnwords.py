"""The words that stand before an absence's dates, in seven languages.

All patterns see folded text (`words.fold`). Where a language says the date first ("ab Montag bin ich wieder da"), the
words that tell what it means are looked ahead for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReturnWords:
    """One language's words.

    Attributes:
        back: a date that follows is the first day back.
        until: a date that follows is the last day away.
        away: a date or range that follows lies in the absence.
    """

    back: re.Pattern[str]
    until: re.Pattern[str]
    away: re.Pattern[str]


def _language(back: str, until: str, away: str) -> ReturnWords:
    return ReturnWords(_cue(back), _cue(until), _cue(away))


def _cue(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")


_SPAN = r"[^.;!?]{1,45}?(?<!\w)"  #: from the first day of an absence to the word before its last
#: The words that follow the date, before any other beginning of an absence.
_AHEAD = (
    r"(?=(?:(?!\b(?:from|and|ab|am|bis|dal?|a partir|vanaf|tot|urlaub|abwesend|assente|ausente|ferie|ferias|vacaciones|verlof|afwezig"
    r"|away|out|absent)\b)[^!?]){3,60}?\b"
)

LANGUAGES: dict[str, ReturnWords] = {
    "fr": _language(
        r"(?:de )?retour(?:ne|nerai)?|reprise(?: d'activite)?|(?:revien|repren|reviend|reprend|rentre)\w*|re?ouvr\w+|reouverture"
        r"|ser(?:ai|ons|a) (?:de nouveau|a nouveau)|(?:joignables?|disponibles?|presente?s?|trait\w+|repond\w+|lir\w+|lue?s?|ouverte?s?)[^.;!?]{0,40}"
        r"(?:a partir|a compter|des)",
        rf"jusqu'(?:au|a)|jusque|du {_SPAN}(?:jusqu')?au|entre le {_SPAN}et le",
        r"absente?s?|absence|conges?|vacances|ferme\w*|fermeture|indisponibles?|formation|deplacement",
    ),
    "en": _language(
        r"back|return(?:ing|s)?|resum(?:e|ing)|re-?open(?:s|ing)?|rejoin|available(?: again)?|in the office again|in again"
        rf"|from{_AHEAD}(?:back|again|available))",
        rf"until|till?|'til|through|thru|up to|(?:from|between) {_SPAN}(?:to|until|till?|through|and)",
        r"away|out of (?:the )?office|ooo|leave|holidays?|vacation|closed|unavailable|absent|out",
    ),
    "de": _language(
        rf"ruckkehr|zuruck|wieder (?:da|im (?:buro|haus)|erreichbar|anwesend)?|(?:ab|am|bin|sind){_AHEAD}(?:wieder|zuruck|erneut|gerne))",
        rf"bis(?: (?:zum|einschl\w*|inkl\w*|und mit|incl\w*))*|(?:vom|von|zwischen) {_SPAN}(?:bis(?: zum)?|und)",
        r"abwesend|abwesenheit|urlaub|betriebsferien|betriebsurlaub|geschlossen|nicht (?:im (?:haus|buro)|erreichbar|da)|dienstreise",
    ),
    "es": _language(
        r"(?:de )?vuelta|volv(?:ere|eremos|emos)|vuelvo|regres\w+|de nuevo|reincorpor\w+|(?:me )?incorpor\w+|reanud\w+|reabri\w+|abrimos"
        rf"|a partir del?{_AHEAD}(?:de vuelta|disponible|de nuevo|atend|respond|otra vez))",
        rf"hasta(?: el| la)?|(?:del?|desde el|entre el) {_SPAN}(?:al|hasta el|y el)",
        r"ausente|ausencia|vacaciones|cerrad[oa]s?|fuera de (?:la )?oficina|permiso|de viaje|baja",
    ),
    "it": _language(
        r"(?:al )?(?:mio |nostro )?(?:rientro|rientrero|rientreremo|rientriamo|ritorno|ritornero)|torn(?:o|ero|eremo|era|iamo)"
        r"|rientra|di nuovo|riapr\w+|riapertura|riprender\w+"
        rf"|(?:da|dal|dall'|a partire dal?){_AHEAD}(?:di nuovo|nuovamente|disponibil|operativ))",
        rf"(?:fino|sino) (?:al?|all')|(?:dal?|dall'|tra il) {_SPAN}(?:al?|all'|fino al|e il)",
        r"assente|assenza|ferie|chius[oaie]|fuori (?:ufficio|sede)|chiusura",
    ),
    "nl": _language(
        rf"terug|weer (?:aanwezig|bereikbaar|open|op kantoor|terug)|(?:vanaf|op){_AHEAD}(?:weer|terug|opnieuw))",
        rf"tot(?: en met)?|t/m|(?:van|vanaf|tussen) {_SPAN}(?:tot(?: en met)?|t/m|en)",
        r"afwezig|verlof|vakantie|gesloten|niet (?:aanwezig|bereikbaar|op kantoor)",
    ),
    "pt": _language(
        r"(?:de )?(?:volta|regresso)|regress\w+|retorn\w+|volt(?:o|arei|aremos|amos)|de novo|novamente|reabr\w+|retom\w+"
        rf"|a partir d[eo](?: dia)?{_AHEAD}(?:de volta|disponivel|de novo|novamente|responder))",
        rf"ate(?: ao?| o)?(?: dia)?|(?:de|do dia|desde|entre) {_SPAN}(?:a|ao|ate|e)(?: dia)?",
        r"ausente|ausencia|ferias|encerrad[oa]s?|fechad[oa]s?|fora do escritorio|licenca",
    ),
}

#: After its date: the day itself is worked again.
NOT_INCLUDED = re.compile(
    r"\W{0,3}(?:au |in the |de |am |a |in de |de la |pela )?(?:matin|morning|(?:vor)?mittags?|fruh|manana|mattina|ochtend|manha\b"
    r"|exclu|not inclu|non compris|ausschlie)"
)
#: Before its date: the absence begins there.
BEGINS = re.compile(
    r"\b(?:from|since|starting|as of|a partir|a compter|depuis|des|ab|seit|desde|dal?|vanaf|sinds)\b"
)
