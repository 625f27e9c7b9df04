"""The author's own text in its parts: greeting, body, signature, disclaimer, and what the mail program signs.

Nothing is dropped here: the parts say which words to weigh less, such as "confidential" or "error" in a disclaimer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from relance_mailer.replies.quote_marks import Part, introduction

_LINES = 4_000
_LINE = 400  #: characters of a line that the rules look at
_SIGNATURE_WORDS = 9
_PROSE_WORDS = 5
_HEADER_LINES = 12

_GREETING = re.compile(
    r"\s{0,3}(?:re-?)?(?:bonjour|bonsoir|madame|monsieur|mesdames|messieurs|chère?s?|salut|coucou|hello|hi|hey|dear|good (?:morning|afternoon"
    r"|evening|day)|greetings|guten (?:tag|morgen|abend)|hallo|sehr geehrte[rsn]?|liebe[rs]?|moin|servus|grüezi|grüß gott|hola"
    r"|buen(?:os|as)? (?:días|tardes|noches|día)|buenas|buenos|estimad[oa]s?|muy señor(?:es)?|apreciad[oa]s?|buon ?giorno|buona ?sera"
    r"|gentil[ei]|gentilissim[aoi]|spett(?:\.|abile|\.le)?|egregi[oa]?|salve|ciao|geachte|beste|goede(?:morgen|middag|navond|ndag)|dag"
    r"|bom dia|boa (?:tarde|noite)|car[oa]s?|olá|ex\.?m[oa]s?|prezad[oa]s?)\b\.?(?:, m(?:onsieur|essieurs|adame|esdames)\b|\b(?:exm[oa]s?|sr[ae]?s?|sig(?:na|ra)?|dott?|dra?|ing|prof|mr|mrs|ms|mme|m|h|fr)\.|[^\n,;.!?:]){0,60}[,;.!:]{0,3}",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"[\s*_]{0,4}(?:--\s?$|—\s?$|(?:bien |très )?(?:cordialement|sincèrement|amicalement|respectueusement)\b|(?:sincères |meilleures |mes |nos )?salutations"
    r"|(?:bien )?à vous\b|cdt\b|cdlt\b|bien à toi|crdt|bonne (?:journée|réception|soirée|fin de journée)|veuillez (?:agréer|recevoir|croire)"
    r"|(?:je|nous) vous prie?(?:ons)? d['’]agréer|dans l['’]attente de|(?:with )?(?:best|kind|kindest|warm|many|my) (?:regards|wishes|thanks)|regards\b"
    r"|best\s?[,.]?\s?$|sincerely|yours (?:sincerely|faithfully|truly)|cheers\b|thanks?(?: you)?(?: and regards)?\s?[,.!]?\s?$|thx\b|brgds|rgds"
    r"|mit (?:freundlichen?|besten|herzlichen|vielen) gr[uü]|(?:freundliche|viele|beste|liebe|herzliche|schöne) gr[uü]|mfg\b|lg\b|vg\b|gruß\b|grüße\b|hochachtungsvoll"
    r"|(?:un )?(?:cordial(?:es)? |atentos? )?saludos?\b|atentamente|(?:muy )?atte\b|(?:cordiali |distinti |cari |i migliori )?saluti\b|cordialmente"
    r"|(?:met )?(?:vriendelijke|hartelijke|beste) groet|mvg\b|gr(?:oet(?:en|jes)?)?\.?\s?[,.]?\s?$|groet(?:en|jes)?\b|hoogachtend"
    r"|(?:com os )?(?:melhores |meus |nossos )?cumprimentos|atenciosamente|att\.?\s?[,.]?\s?$|abraço|com (?:os )?(?:melhores )?cumprimentos)",
    re.IGNORECASE,
)
_MOBILE = re.compile(
    r"[\s*_]{0,4}(?:envoyé (?:de|depuis|à partir de|avec) |téléchargez? (?:l['’]application )?outlook|obtenez? outlook|sent (?:from|with|via) (?:my|outlook|proton|yahoo|samsung|gmail|mail|the|a )"
    r"|get (?:\[?outlook|bluemail)|von mein(?:em|er) [^\n]{1,40} gesendet|gesendet (?:von|mit|über) |outlook für |holen sie sich outlook|diese nachricht wurde von meinem"
    r"|enviado (?:desde|de|do|através|a partir|pelo|con) |obtener outlook|descarga outlook|inviato (?:da|dal|con) |scarica outlook|ottieni outlook"
    r"|verzonden (?:vanaf|met|vanuit) |verstuurd vanaf|outlook voor |download outlook|obter (?:o )?outlook|transférée? par [^\n]{1,30} pour (?:iphone|android))",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"\b(?:ce (?:message|courriel|mail|e-?mail)\b[^\n]{0,120}\b(?:confidenti|destin|pièces? jointes?|virus)|si vous (?:n['’]êtes pas|avez reçu ce|recevez ce)[^\n]{0,80}(?:destinataire|erreur)"
    r"|(?:l['’]environnement[^\n]{0,80}imprim|imprim[^\n]{0,80}l['’]environnement)|pensez à l['’]environnement|this (?:e-?mail|message|communication)\b[^\n]{0,120}\b(?:confidential|intended|privileged|virus)"
    r"|if you (?:are not the (?:intended|named)|have received this|received this)[^\n]{0,60}(?:recipient|error|mistake)?|consider the environment|diese (?:e-?mail|nachricht)\b[^\n]{0,120}\b(?:vertraulich|bestimmt|vertrauliche)"
    r"|wenn sie nicht der (?:richtige|beabsichtigte|vorgesehene)|est[ea] (?:correo|mensaje|e-?mail|mensagem)\b[^\n]{0,140}\b(?:confidencia|destinat|dirig)|si (?:usted )?(?:no es|ha recibido)[^\n]{0,60}(?:destinatario|error)"
    r"|(?:questo messaggio|la presente (?:e-?mail|comunicazione)|questa (?:e-?mail|comunicazione)|le informazioni contenute)\b[^\n]{0,140}\b(?:riservat|confidenzial|destinat)|(?:d\.lgs|regolamento ue|gdpr)\b[^\n]{0,40}\d"
    r"|qualora (?:il messaggio|non siate)|dit (?:e-?mail)?bericht\b[^\n]{0,140}\b(?:vertrouwelijk|bestemd|bedoeld)|deze e-?mail\b[^\n]{0,140}\b(?:vertrouwelijk|bestemd|bedoeld)|indien u niet de|(?:se|caso) (?:não|tenha recebido|recebeu)[^\n]{0,60}(?:destinatári|erro|engano)"
    r"|confidentiality notice|avis de confidentialité|aviso legal|avvertenza|haftungsausschluss|disclaimer\b|clause de confidentialité|avast|antivirus\b)",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"@|https?:|www\.|(?:\d[ ./-]?){8,}|\b(?:tél|tel|fax|mob|siret|siren|tva|vat|rcs|capital|gmbh|sarl|sas|bv|srl|s\.?l\.?|lda|ltd)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.!?…]\s{0,3}$|^\s{0,3}(?:p\.?\s?s\.?|nb|n\.b\.)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of the author's text, by offsets into it."""

    part: Part
    start: int
    end: int


def passages(text: str) -> tuple[Passage, ...]:
    """Return the parts of an author's own text in order; blank lines belong to none."""
    found: list[Passage] = []
    kind = Part.GREETING
    for lines in _paragraphs(text):
        if _passes_on(text, lines):
            found.append(Passage(Part.FORWARDED, lines[0][0], len(text.rstrip())))
            break
        kind = _start_of(text[lines[0][0] : lines[-1][1]], kind)
        for start, end in lines:
            line = text[start : min(end, start + _LINE)]
            greeted = _greeting_end(line) if kind is Part.GREETING else 0
            if greeted:
                found.append(Passage(Part.GREETING, start, start + greeted))
            rest = line[greeted:]
            if rest.strip():
                kind = _turn(rest, Part.BODY if kind is Part.GREETING else kind)
                found.append(Passage(Part.MOBILE if _MOBILE.match(rest) else kind, start + greeted, end))
    return tuple(_joined(found))


def is_salutation(line: str) -> bool:
    """Tell whether a line is a greeting and nothing else."""
    return 0 < len(line) == _greeting_end(line[:_LINE])


def is_sign_off(line: str) -> bool:
    """Tell whether a line begins a signature."""
    return bool(_SIGN_OFF.match(line[:_LINE])) and len(line.split()) <= 2 * _SIGNATURE_WORDS


def _paragraphs(text: str) -> Iterator[list[tuple[int, int]]]:
    """Yield the lines of each paragraph as offsets."""
    lines: list[tuple[int, int]] = []
    at = 0
    for line in text.split("\n", _LINES):
        if line.strip():
            lines.append((at, at + len(line)))
        elif lines:
            yield lines
            lines = []
        at += len(line) + 1
    if lines:
        yield lines


def _passes_on(text: str, lines: list[tuple[int, int]]) -> bool:
    views = [text[start : min(end, start + _LINE)] for start, end in lines[:_HEADER_LINES]]
    return introduction(views, [None] * len(views), 0)[0] > 0


def _start_of(paragraph: str, before: Part) -> Part:
    """What a paragraph begins as: under a signature people go on writing, and disclaimers have many paragraphs."""
    if before not in {Part.SIGNATURE, Part.DISCLAIMER}:
        return before
    opening = paragraph[: 2 * _LINE]
    if _DISCLAIMER.search(opening):
        return Part.DISCLAIMER
    prose = (
        len(opening.split()) >= _PROSE_WORDS and _SENTENCE.search(opening) and not _CONTACT.search(opening)
    )
    return Part.BODY if prose and not _SIGN_OFF.match(opening) and before is Part.SIGNATURE else before


def _turn(line: str, kind: Part) -> Part:
    """What a line is, after lines of this kind."""
    if _DISCLAIMER.search(line) and (kind is not Part.BODY or len(line.split()) > _SIGNATURE_WORDS):
        return Part.DISCLAIMER
    if kind is Part.BODY and is_sign_off(line):
        return Part.SIGNATURE
    return kind


def _greeting_end(line: str) -> int:
    match = _GREETING.match(line)
    if not match or len(match[0].split()) > _SIGNATURE_WORDS:
        return 0
    whole = not line[match.end() :].strip()
    return match.end() if whole or match[0].rstrip()[-1] in ",;.!:" else 0


def _joined(found: list[Passage]) -> Iterator[Passage]:
    """Join neighbours of one kind."""
    last: Passage | None = None
    for one in found:
        if last is not None and last.part is one.part:
            last = Passage(one.part, last.start, one.end)
            continue
        if last is not None:
            yield last
        last = one
    if last is not None:
        yield last
