"""What mail programs write above a quotation: attribution lines, header blocks, rules, forward marks, safety banners.

Every expression is anchored or bounded and sees at most `MARK_LENGTH` characters of a line or of four joined ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

MARK_LENGTH = 400
_ATTRIBUTION_LINES = 4
_HEADER_BLOCK_LINES = 24
_LOOK_AHEAD = 4


class Part(StrEnum):
    """What a stretch of a message is: the author's words first, then what was cut, by its reason."""

    GREETING = "greeting"
    BODY = "body"
    SIGNATURE = "signature"
    DISCLAIMER = "disclaimer"
    MOBILE = "mobile"  #: "Envoyé de mon iPhone" and the like
    NOTICE = "known_notice"
    ATTRIBUTION = "attribution"  #: "Le … a écrit :"
    HEADERS = "header_block"  #: "De : … Envoyé : … À : … Objet : …", with the rule above it
    MARKED = "quote_marks"  #: lines with ">"
    BELOW = "below_quotation"  #: unmarked text under an attribution or a header block
    FORWARDED = "forwarded"  #: somebody else's words that the author passes on
    BANNER = "banner"  #: what a mail gateway wrote into it


_STARTER = re.compile(
    r"[*_\s-]{0,9}(?:le|on|am|el|il|il giorno|op|em|no dia|a|às|den|dnia|w dniu|vom|do dia)\s[^\n]{0,40}?\d",
    re.IGNORECASE,
)
_ADDRESS_STARTER = re.compile(r"[\w\"'“«*][^\n]{0,200}[<(\[][^\s@]{1,64}@", re.IGNORECASE)
_ADDRESS_LINE = re.compile(r"\s{0,3}[<(\[](?:mailto:)?[^\s@<>]{1,64}@[^\s@<>]{1,200}[>)\]]")
_WROTE = (
    "a écrit|a ecrit|écrivait|wrote|writes|schrieb|geschrieben|escribió|escribio"
    "|ha scritto|schreef|geschreven|escreveu|skrev|napisał|napisal|kirjoitti"
)
WROTE = re.compile(rf"\b(?:{_WROTE})\b", re.IGNORECASE)
#: The same in lower case, for a look at a whole text: finding none of them costs little.
WROTE_WORDS = tuple(_WROTE.split("|"))
#: People who tell that somebody wrote to them; no program says so.
_TOLD = re.compile(
    r"\b(?:(?:[mt]['’]|l['’]|lui |leur |il |elle |on |qui )a(?:vait|viez)?|[nv]ous a(?:vait|viez|vez)?) [ée]crit"
    r"|\b(?:wrote|writes) (?:to )?(?:me|us|you|him|her|them)\b|\b(?:i|we|you|he|she|they|who) (?:also )?wrote"
    r"|schrieb(?:en)? (?:mir|uns|ihnen|ihm|sie|ich|wir|er|es|man)\b|\b(?:mir|uns|ihnen) [^\n]{0,30}geschrieben|\b(?:me|nos|os|le|les) escribi|\b(?:mi|ci|vi|ti) (?:ha|avete|hanno) scritto"
    r"|schreef (?:(?:mij|me|ons|u|je|ik|hij|zij|ze|wij)\b|[^\n]{1,40} (?:mij|me|ons|u)\s?:)|\b(?:me|nos) escrev|escreveu[- ](?:me|nos|lhe)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s@]@[^\s@]")
_TIME = re.compile(r"\d{1,2}\s?[:hH.]\s?\d{2}\b")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[/.-]\d{1,2}[/.-]\d\d\b")
_SEPARATOR = re.compile(
    r"\W{0,80}(?:message d['’]origine|original message|original e-?mail|message original|courriel original"
    r"|(?:e-?)?mail (?:original|d['’]origine)|message initial|réponse au message|ursprüngliche (?:nachricht|mail|e-mail)"
    r"|original-?(?:nachricht|mail)|mensaje original|correo original|messaggio originale|oorspronkelijk bericht"
    r"|origineel bericht|original appointment|rendez-vous d['’]origine|mensagem original)\W{0,80}",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"\W{0,80}(?:forwarded message|forwarded by [^\n]{1,100}|message transféré|mail transféré|message réexpédié|courriel transféré"
    r"|weitergeleitete (?:nachricht|mail|e-mail)|mensaje reenviado|messaggio inoltrato|doorgestuurd bericht"
    r"|mensagem (?:en|reen)caminhada|transféré par [^\n]{1,100})\W{0,80}",
    re.IGNORECASE,
)
_DASHES = re.compile(r"[\s*]{0,4}(?:[-=_]\s?){2,}")
_BEGIN_FORWARD = re.compile(
    r"\s{0,3}(?:begin forwarded message|début du message (?:réexpédié|transféré)|anfang der weitergeleiteten (?:nachricht|e-mail)"
    r"|inicio del mensaje reenviado|inizio (?:del )?messaggio inoltrato|begin doorgestuurd bericht"
    r"|início da mensagem (?:en|reen)caminhada)\s?:?\s{0,3}",
    re.IGNORECASE,
)
_RULE = re.compile(r"\s{0,3}[_-]{10,}\s{0,3}")
#: Lotus Notes ("-----Atelier a écrit : -----") and Zoho ("---- On Mon, … wrote ----") rule around the line.
_RULED = re.compile(r"[\s>]{0,4}-{3,}.{3,300}?-{2,}\s{0,3}$")
#: Horde: "Quoting Ateliers <a@b.example>:".
_QUOTING = re.compile(
    r"\s{0,3}(?:quoting|zitat von|citation de|citando(?: a)?|citeren|citat från)\s[^\n]{0,150}[^\s@]@[^\s@][^\n]{1,150}:\s{0,3}",
    re.IGNORECASE,
)
#: Orange and La Poste: "> Message du 02/11/26 09:00".
_MESSAGE_OF = re.compile(r"\s{0,3}message du \d{1,2}/\d{1,2}/\d{2,4}(?: à)? \d{1,2}[:h]\d{2}", re.IGNORECASE)
_HIDDEN = re.compile(
    r"\s{0,3}\[?(?:quoted text hidden|texte des messages précédents masqué|texte cité masqué|zitierter text ausgeblendet"
    r"|message clipped|message tronqué|el texto citado está oculto|testo tra virgolette nascosto"
    r"|tekst uit oorspronkelijke bericht is verborgen|texto das mensagens anteriores oculto)\]?\s{0,3}",
    re.IGNORECASE,
)
#: Lines of which one is needed, or a colon near, for an introduction to begin: most lines are settled by that.
_MAY_BEGIN = re.compile(
    "|".join(one.pattern for one in (_DASHES, _BEGIN_FORWARD, _SEPARATOR, _MESSAGE_OF, _HIDDEN)),
    re.IGNORECASE,
)
_BANNER = re.compile(
    r"[\W_]{0,20}(?:"
    r"\[(?:external|externe|ext|extern|esterno|externo|externa)(?: (?:e-?mail|sender|mail|message))?\]\W{0,4}$"
    r"|(?:external|externe) (?:e-?mail|sender|message)\W{0,4}$"
    r"|(?:\[?(?:external|externe|caution|warning|attention|prudence|vorsicht|achtung|warnung|precaución|atención|attenzione"
    r"|let op|pas op|cuidado|atenção|external e-?mail)\]?\W{1,4}){0,2}"
    r"(?:this (?:e-?mail|message) (?:originated|was sent|came|comes|is) (?:from )?(?:an? )?(?:outside|external)"
    r"|ce (?:message|courriel|mail|e-mail) (?:provient|vient|émane|a été envoyé) (?:de |d['’]|depuis )(?:l['’])?(?:un |une )?(?:ext|exp|adresse ext)"
    r"|(?:courriel|message|mail|e-mail) (?:provenant|externe|en provenance) d"
    r"|diese (?:e-?mail|nachricht) (?:stammt|kommt|wurde)[^\n]{0,20} (?:von |einem )?(?:außerhalb|extern)"
    r"|este (?:correo|mensaje|e-?mail)[^\n]{0,30} (?:se originó|proviene|procede|fue enviado)[^\n]{0,20} (?:fuera|extern)"
    r"|questa? (?:e-?mail|messaggio)[^\n]{0,20} proviene (?:da|dall)[^\n]{0,20} estern"
    r"|deze (?:e-?mail|bericht) (?:is|komt)[^\n]{0,30} (?:buiten|extern)|dit bericht (?:is|komt)[^\n]{0,30} (?:buiten|extern)"
    r"|est[ea] (?:e-?mail|mensagem)[^\n]{0,30} (?:fora|extern))"
    r"|you don['’]t often get e-?mail from |some people who received this message don['’]t often get"
    r"|vous n['’]obtenez pas souvent d['’]e-?mail|vous ne recevez pas souvent d['’]e-?mail|sie erhalten nicht (?:häufig|oft) e-?mails von "
    r"|no suele recibir correos? |non si ricevono spesso messaggi|u ontvangt niet vaak e-?mail|(?:você )?não (?:costuma receber|recebe (?:frequentemente|muitas vezes|com frequência)) e-?mails"
    r"|do not click (?:on )?(?:any )?links|ne cliquez (?:pas|sur aucun)|klicken sie (?:nicht )?(?:keine|nur)"
    r")",
    re.IGNORECASE,
)
_HEADER_LINE = re.compile(
    r"[|*_\s]{0,8}([^\W\d_][^\W\d_'’]{0,14}(?:[ -][^\W\d_'’]{1,10}){0,2})[*_]{0,2}\s{0,3}[*_]{0,2}:[*_]{0,2}(?:\s|$)"
)
_HEADER_KINDS = {
    "from": "de|from|von|da|van|från|fra|od|expéditeur|absender|sender|mittente|afzender|remitente|remetente",
    "date": "date|datum|data|fecha|le|datetime",
    "sent": "envoyé|envoyée|envoyé le|date d'envoi|sent|sent on|gesendet|gesendet am|inviato|inviato il|verzonden|enviado|enviada"
    "|enviado el|enviado em|enviada em|enviado a|skickat|sendt|received|reçu|empfangen|recibido|ricevuto|ontvangen|recebido",
    "to": "à|a|to|an|para|aan|per|till|til|do|pour|destinataire|empfänger|destinatario|destinatário|ontvanger",
    "subject": "objet|sujet|subject|betreff|oggetto|asunto|assunto|onderwerp|ämne|emne|temat",
    "cc": "cc|copie|copie à|kopie|copia|con copia|cópia|bcc|cci|blindkopie",
    "other": "importance|wichtigkeit|importancia|priorità|urgentie|importância|prioridade|priority|priorité|prioridad|priorität"
    "|pièces jointes|pièce jointe|attachments|anlagen|datos adjuntos|archivos adjuntos|allegati|bijlagen|anexos|reply-to"
    "|répondre à|antwort an|responder a|rispondi a|beantwoorden|sensitivity|caractère|envoyé par|organisation|cópia oculta",
}
_KIND_OF_HEADER = {word: kind for kind, words in _HEADER_KINDS.items() for word in words.split("|")}
_LABEL = r"[*_]{0,2}\s?[*_]{0,2}:"
_ONE_LINE_BLOCK = re.compile(
    rf"[|*_\s]{{0,6}}(?:de|from|von|da|van)\s?{_LABEL}[^\n]{{3,250}}?(?:envoyé|date|sent|gesendet|datum|enviado|enviada|fecha|inviato|data|verzonden)"
    rf"(?: el| em| le| am)?\s?{_LABEL}[^\n]{{3,250}}?(?:objet|subject|betreff|asunto|oggetto|onderwerp|assunto)\s?{_LABEL}",
    re.IGNORECASE,
)


def is_banner(view: str) -> bool:
    """Tell whether a mail gateway wrote this line ("[EXTERNAL]", "You don't often get email from …")."""
    return bool(_BANNER.match(view[:MARK_LENGTH]))


def introduction(views: Sequence[str], cut: Sequence[Part | None], index: int) -> tuple[int, Part]:
    """Return where the introduction that begins at `index` ends, and its kind; `index` itself if there is none."""
    view = views[index][:MARK_LENGTH]
    near = views[index : index + _ATTRIBUTION_LINES]
    if not any(":" in line for line in near) and not _MAY_BEGIN.match(view):
        return index, Part.ATTRIBUTION
    if _DASHES.match(view):
        return _ruled(views, cut, index, view)
    if _BEGIN_FORWARD.fullmatch(view):
        return _after_rule(views, index), Part.FORWARDED
    if _SEPARATOR.fullmatch(view) and (end := _header_block_end(views, index + 1)):
        return end, Part.HEADERS
    if _QUOTING.fullmatch(view):
        return index + 1, Part.ATTRIBUTION
    if _MESSAGE_OF.match(view) or _HIDDEN.fullmatch(view):
        return _header_block_end(views, index + 1, introduced=True) or index + 1, Part.HEADERS
    if ":" in view and (end := _header_block_end(views, index)):
        return end, Part.HEADERS
    return _attribution_end(views, cut, index) if any(
        ":" in line for line in near
    ) else index, Part.ATTRIBUTION


def _ruled(views: Sequence[str], cut: Sequence[Part | None], index: int, view: str) -> tuple[int, Part]:
    """The same for a line that begins with a rule."""
    if _RULE.fullmatch(view):
        return _header_block_end(views, index + 1) or index, Part.HEADERS
    if _FORWARDED.fullmatch(view):
        return _after_rule(views, index), Part.FORWARDED
    if _SEPARATOR.fullmatch(view):
        return _with_attribution(views, cut, _after_rule(views, index)), Part.HEADERS
    if _RULED.match(view) and WROTE.search(view) and not _TOLD.search(view):
        return _after_rule(views, index), Part.ATTRIBUTION
    return index, Part.HEADERS


def _after_rule(views: Sequence[str], index: int) -> int:
    return _header_block_end(views, index + 1, introduced=True) or index + 1


def _with_attribution(views: Sequence[str], cut: Sequence[Part | None], start: int) -> int:
    """Proton Mail writes both: "------- Original Message -------" and "On … wrote:"."""
    for index in range(start, min(start + 2, len(views))):
        if views[index].strip():
            return _attribution_end(views, cut, index) if cut[index] is None else start
    return start


def _header_block_end(views: Sequence[str], start: int, *, introduced: bool = False) -> int:
    """Return the end of a block "From: … Sent: … To: … Subject: …" that begins at `start`, 0 if there is none.

    The sender or the time of sending stands first, unless a line such as "Original message" introduces the block.
    """
    first = next((index for index in range(start, min(start + 3, len(views))) if views[index].strip()), start)
    if first < len(views) and _ONE_LINE_BLOCK.match(views[first][:MARK_LENGTH]):
        return first + 1
    kinds: set[str] = set()
    end = blanks = 0
    proven = introduced
    for index in range(start, min(start + _HEADER_BLOCK_LINES, len(views))):
        view = views[index][:MARK_LENGTH]
        kind = _header_kind(view)
        if kind in kinds - {"other", "cc"} or (
            not kinds and kind and not introduced and kind in {"to", "subject", "cc", "other"}
        ):
            break
        if kind:
            kinds.add(kind)
            proven = proven or kind in {"sent", "cc"} or _is_exact(view)
            end, blanks = index + 1, 0
        elif view.strip():
            if not kinds or blanks or _DASHES.match(view):
                break
        else:
            blanks += 1
            if blanks > 1 or (not kinds and not introduced) or len(kinds - {"other"}) >= 4:
                break
    # "Objet :" and "Date :" open many a letter; only with a sender do they make a quoted header.
    return end if "from" in kinds and len(kinds - {"other"}) >= 3 and proven else 0


def _is_exact(view: str) -> bool:
    """A program names an address, or the minute of sending; who writes of a journey from one town to another does not."""
    return bool(_ADDRESS.search(view) or _TIME.search(view))


def _header_kind(view: str) -> str:
    match = _HEADER_LINE.match(view[:80])
    return _KIND_OF_HEADER.get(match[1].lower(), "") if match else ""


def _attribution_end(views: Sequence[str], cut: Sequence[Part | None], start: int) -> int:
    """Return the end of "Le … a écrit :", wrapped on up to four lines, `start` if there is none."""
    begins = _begins_attribution(views, start)
    joined = ""
    for index in range(start, min(start + (_ATTRIBUTION_LINES if begins else 1), len(views))):
        view = views[index][:MARK_LENGTH].strip(" *_")
        if not view or cut[index] is not None:
            return start
        joined = f"{joined} {view}"
        if len(joined) > MARK_LENGTH:
            return start
        if view.endswith(":") and WROTE.search(joined):
            if _TOLD.search(joined) or _starts_later(views, start, index):
                return start
            proven = begins and _is_dated(joined)
            return index + 1 if proven or _quote_comes_next(views, cut, index + 1) else start
    return start


def _is_dated(line: str) -> bool:
    """A program names an address, or the minute of a day of a year."""
    return bool(_ADDRESS.search(line) or (_TIME.search(line) and _YEAR.search(line)))


def _starts_later(views: Sequence[str], start: int, last: int) -> bool:
    """Tell whether the attribution that ends on line `last` is whole without its first lines: these are the author's."""
    return any(
        _STARTER.match(views[index]) and _is_dated(" ".join(views[index : last + 1])[:MARK_LENGTH])
        for index in range(start + 1, last + 1)
    )


def _begins_attribution(views: Sequence[str], start: int) -> bool:
    """By a date, by an address behind a name, or by a name with the address on the next line."""
    view = views[start][:MARK_LENGTH]
    if _STARTER.match(view) or _ADDRESS_STARTER.match(view):
        return True
    following = views[start + 1][:MARK_LENGTH] if start + 1 < len(views) else ""
    return bool(_ADDRESS_LINE.match(following)) and (start == 0 or not views[start - 1].strip())


def _quote_comes_next(views: Sequence[str], cut: Sequence[Part | None], start: int) -> bool:
    for index in range(start, min(start + _LOOK_AHEAD, len(views))):
        if views[index].strip():
            return cut[index] is not None
    return False
