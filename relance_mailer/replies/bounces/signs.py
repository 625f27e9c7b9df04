"""The signs of a mail server's own message, cheapest first: most messages are people's and are told by them in microseconds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relance_mailer.replies.model import Message

_OPENING = 1_200  #: characters of the text in which a server has said what it is about
_AT_ONCE = 150  #: characters that may stand before its words below a subject with "Re:"

_DAEMON = re.compile(
    r"(?:mailer[-_.]?daemon|mail-daemon|maildaemon|mdaemon|post_?master|microsoftexchange[0-9a-f]{32}|mail-?delivery|mailrouter|mail-?system"
    r"|mailadmin|bounced?-?handler|\"?system administrator\"?)(?:$|[@+._\\ -])",
    re.IGNORECASE,
)
#: Nobody writes from these.
_NEVER_A_PERSON = re.compile(
    r"(?:mailer[-_.]?daemon|mail-daemon|maildaemon|mdaemon|microsoftexchange[0-9a-f]{32})@", re.IGNORECASE
)
#: Local parts of gateways and filters.
_GATEWAY = re.compile(
    r"admin|system|daemon|gateway|smtp|antivirus|mail_?service|no-?reply|ne-?pas-?repondre|\bndr\b|bounce|filter|exchange|inet",
    re.IGNORECASE,
)
_DAEMON_NAME = re.compile(
    r"mail deliver\w{0,2} (?:sub)?system|mailer.?daemon|delivery subsystem|\bmail system\b|microsoft outlook$|mail administrator"
    r"|internet mail delivery|mail delivery service|system administrator(?:$|\"@)|administrateur syst[eè]me$|courier mail server"
    r"|interscan|content-filter at|mail router|message delivery|postmaster|e-mail interconnect",
    re.IGNORECASE,
)

#: What the subject of a failure says, in seven languages; only from a mail server, or with an empty envelope sender.
_BOUNCE_SUBJECT = re.compile(
    r"undeliver|user unknown|unknown user|unzustellbar|unable to deliver|returned? (?:mail|e-?mail|message)|returned to sender|bounced?\b|delivery[ _](?:status|notification|failure|report|has failed|failed"
    r"|problem|error|delayed|incomplete|issue|unsuccessful|warning)|failed delivery|mail deliver\w+ (?:failed|failure|problem|error|status)|failure (?:notice|delivery)|fail(?:ed|ure).{0,20}mail"
    r"|(?:could|can)(?: ?not|n['’]t) be (?:delivered|sent)|not(?: be)? delivered|message (?:status|delivery)|mail system error|error sending your mail|mail error|delayed|blocked by"
    r"|rejected|nameserver error|nondeliverable|non-?delivery|non[ _]?remis|non[ _]?(?:distribu|d[eé]livr|recapitabile|achemin|livr)"
    r"|[eé]chec (?:de |d['’])?(?:la |l['’])?(?:remise|distribution|livraison|envoi|acheminement|transmission)|retour (?:[aà] l['’]|de )(?:exp|message|courrier)|(?:message|courrier|e-?mail|mail) (?:non|n['’]a p(?:as|u))"
    r"|avis de non|impossible de (?:remettre|distribuer|d[eé]livrer)|erreur (?:de |d['’])(?:distribution|remise|envoi|livraison)"
    r"|nicht zugestellt|zustell(?:ung|fehler)|nicht zustellbar|(?:no se (?:ha podido|puede|pudo)|imposible) entregar|no (?:entregado|entregable)|error de entrega|entrega fallida|devuelto"
    r"|mancata consegna|consegna fallita|errore di consegna|non consegnat|onbestelbaar|niet (?:bezorgd|afgeleverd)|aflevering mislukt|n[aã]o (?:entregue|foi entregue)|falha na entrega"
    r"|niedostarcz|nie dostarczono|zwrot wiadomo",
    re.IGNORECASE,
)
#: Subjects that only servers begin with, whoever they say they are.
_SURE_SUBJECT = re.compile(
    r"\s{0,3}(?:mail delivery failed: returning message|undelivered mail returned to sender|undeliverable\s?:|non remis\s?:|non recapitabile\s?:|unzustellbar\s?:|onbestelbaar\s?:"
    r"|delivery status notification \(fail|delivery notification: delivery has failed|mail could not be delivered|failed mail to\b|delivery failure:|returned mail: )",
    re.IGNORECASE,
)
# Our own subjects speak of invoices in "retard": only delays of the delivery count.
_DELAYED_SUBJECT = re.compile(
    r"(?:\W{0,3}warning\W.{0,60}(?:delay|could not (?:send|deliver)|message)|(?:mail |message )?delivery.{0,40}\bdelay|(?:your )?message.{0,40}\bdelay"
    r"|delayed (?:mail|delivery|message)|(?:avis de )?(?:remise|distribution|livraison|acheminement)\b.{0,30}(?:diff[eé]r|retard)|message (?:diff[eé]r|retard[eé]\b)|delayed:|retard[eé]\s?:|verz[oö]gert|retrasado|ritardat|vertraag|atrasad|op[oó][zź]nion)",
    re.IGNORECASE,
)
_FORWARDED = re.compile(r"\s{0,3}\[?(?:tr|fwd?|wg|rv|enc|i|doorst|vb|pd)\s?\]?\s?:", re.IGNORECASE)
_ANSWERED = re.compile(r"\s{0,3}\[?(?:re|aw|rif|antw|sv|vs|r|odp|r[eé]p|r[eé]f)\s?\]?\s?:", re.IGNORECASE)
#: How people begin, and how programs mark what they quote.
_GREETING = re.compile(
    r"(?:^|[\s>*_])(?:bonjour|bonsoir|salut|madame|monsieur|hello|hi(?![.!])|dear|good (?:morning|afternoon)|guten (?:tag|morgen)|sehr geehrte|hallo|moin|buongiorno|salve|gentile|hola|buenos|estimad\w+|goedemorgen|goedemiddag|beste|geachte|ol[aá]|bom dia|prezad\w+|dzie[nń] dobry|cze[sś][cć])\b"
    r"|^\s*>|forwarded message|message transf[eé]r|weitergeleitete nachricht|messaggio inoltrato|mensaje reenviado|a [eé]crit\s?:|wrote:|schrieb|(?:^|\n)\s*(?:de|from|von)\s?:",
    re.IGNORECASE,
)

#: A program's prefix before the subject that it answers: an absence, whoever its envelope names.
_ANSWERING = re.compile(
    r"\s{0,3}\W?(?:auto(?:matic(?:al)?|mated)?[- ]?(?:reply|response|answer)|r[eé]ponse automatique|automatische? (?:r[üu]ck)?antwort|automatisch antwoord|abwesenheit|absence|out of (?:the )?office"
    r"|respuesta autom|risposta automatica|resposta autom|odpowied[zź] automatyczna|autoodpowied)",
    re.IGNORECASE,
)

#: Words that a server opens with and people do not; where the sender is no server, an address and a code must follow.
_OPENINGS = (
    "this is the mail system at", "this is the qmail", "created automatically by mail delivery", "i'm afraid i wasn't able to deliver",
    "automatically generated delivery status", "the original message was received at", "transcript of session follows",
    "had permanent fatal errors", "delivery to the following recipient", "delivery has failed to these recipients",
    "did not reach the following recipient", "could not be delivered to the following", "unable to deliver message to the following",
    "unable to deliver your message to the following", "the postfix program", "message could not be delivered to", "your message could not be delivered to",
    "votre message n'a pas pu etre delivre a", "votre message n'a pas pu être délivré à", "n'a pas pu être remis aux destinataires suivants",
    "échec de la remise pour ces destinataires", "n'a pas pu être remis à l'adresse", "n'a pas pu être distribué à", "this report relates to your message",
    "this report relates to a message you sent", "was not delivered to:", "failed addresses follow", "the following recipients could not",
    "ihre nachricht konnte nicht zugestellt werden", "die nachricht konnte nicht zugestellt", "no se pudo entregar el mensaje a", "error al entregar a estos destinatarios",
    "impossibile recapitare il messaggio", "recapito non riuscito", "uw bericht kan niet worden bezorgd", "kan niet worden bezorgd bij",
    "não foi possível entregar a mensagem", "message from yahoo", "host or domain name not found", "the following address failed", "the following address(es) failed",
    "rejected recipient <", "does not have a final destination", "unknown user:", "undeliverable to ", "wurde nicht zugestellt", "fehler bei der nachrichtenzustellung",
    "the following addresses had", "user mailbox exceeds", "our system could not deliver", "failed recipients", "non-delivery report", "could not deliver message to",
    "the following mail has been returned", "was automatically rejected", "could not be delivered because", "could not be delivered to:", "the following mail could not be delivered",
)  # fmt: skip


def _by_hint(phrases: tuple[str, ...]) -> dict[str, list[str]]:
    """Order phrases by their longest inner word, so that only those whose word occurs are looked for; "" for short ones."""
    found: dict[str, list[str]] = {"": []}
    for phrase in phrases:
        found.setdefault(max(phrase.split()[1:-1], key=len, default=""), []).append(phrase)
    return found


_HINTS = _by_hint(_OPENINGS)

#: The server goes on trying: only warnings say so, and they may add what happens if that "fails permanently".
_WARNED = re.compile(
    r"warning (?:message )?only|(?:do not|don['’]t) need to re-?send|(?:will|shall) (?:be |now )?(?:keep |continue )?(?:re-?tr(?:y|ied)|trying|to (?:re)?try|(?:to )?attempt (?:to deliver|delivery|re))\b"
    r"|still (?:being )?(?:re)?tr(?:y|ied)|delivery attempts will continue|advisory-only|will keep (?:re)?try|could not send message for past"
    r"|ne pas renvoyer|nouvelles? tentatives? .{0,40}(?:seront|sera)|sera (?:de nouveau |à nouveau )?(?:retent|r[eé]essay)|continuer(?:a|ons|ont) (?:d['’]|[aà] )(?:essayer|tenter)"
    r"|weiterhin versuch|seguir[aá](?:n)? intentando|ulteriori tentativi|si riprover[aà]|(?:nog|opnieuw) (?:verder )?(?:geprobeerd|pogingen)|continuar[aá] (?:a )?tent|ponawian",
    re.IGNORECASE,
)
_LATE = re.compile(
    r"(?:been|is|was) delayed|not (?:yet )?been delivered yet|not yet been delivered|delivery (?:\w+ ){0,4}delayed|delay(?:s|ed)? in delivering|temporar\w+ (?:problem|fail|defer)"
    r"|(?:remise|distribution|livraison) .{0,40}(?:retard|diff[eé]r)|verz[oö]ger|en retard|retrasad|in ritardo|vertraagd",
    re.IGNORECASE,
)
_GIVEN_UP = re.compile(
    r"giv(?:ing|en) up|not going to try again|no further (?:delivery )?attempts|permanent|fatal|has failed|could(?: not|n['’]t) be delivered|returned|will not be re|ne sera plus|abandon",
    re.IGNORECASE,
)
_LED = 2_500  #: characters in which a server says whether it goes on


def is_server_address(address: str) -> bool:
    """Tell an address that mail servers write from."""
    return bool(_DAEMON.match(address))


def is_daemon(message: Message) -> bool:
    """Tell whether a mail server is named as the sender."""
    return bool(
        is_server_address(message.from_address)
        or _DAEMON.match(message.from_name)
        or _DAEMON_NAME.search(message.from_name[:200])
    )


def empty_sender(message: Message) -> bool:
    """Tell whether the envelope sender is empty (`Return-Path: <>`), as every notice's must be (RFC 5321, 4.5.5)."""
    return any(value.replace(" ", "") == "<>" for value in message.all("return-path")[:1])


def by_server(message: Message) -> bool:
    """Tell whether a mail server sent a message, as far as its headers say."""
    if is_daemon(message) or empty_sender(message) or message.report_type == "delivery-status":
        return True
    return any(_DAEMON.match(value.strip(" <>")) for value in message.all("return-path")[:1])


def never_a_person(message: Message) -> bool:
    """Tell an address that nobody writes from; a postmaster may be a person."""
    return bool(_NEVER_A_PERSON.match(message.from_address))


def gateway(message: Message) -> bool:
    """Tell a sender that calls itself a program."""
    return bool(_GATEWAY.search(message.from_address.partition("@")[0]))


def says_machine(message: Message) -> bool:
    """Tell a message that says that no person sent it (RFC 3834, 5)."""
    return message.header("auto-submitted").strip().lower().startswith(("auto-replied", "auto-generated"))


def forwarded(message: Message) -> bool:
    """Tell a forward by its subject."""
    return bool(_FORWARDED.match(message.subject))


def answers_by_itself(message: Message) -> bool:
    """Tell an automatic answer by the prefix of its subject."""
    return bool(_ANSWERING.match(message.subject))


def subject_of_failure(message: Message) -> bool:
    """Tell whether the subject speaks of a delivery that failed, or is late."""
    return bool(_BOUNCE_SUBJECT.search(message.subject[:300])) or late_subject(message)


def sure_subject(message: Message) -> bool:
    """Tell a subject that only servers begin with."""
    return bool(_SURE_SUBJECT.match(message.subject))


def rejects(message: Message) -> bool:
    """Tell a mailbox's own refusal, which comes as a read receipt (RFC 5429, 2.1.2)."""
    return "automatically rejected" in message.text[:_OPENING].lower()


def late_subject(message: Message) -> bool:
    """Tell the subject of a warning that a delivery is late."""
    return bool(_DELAYED_SUBJECT.match(message.subject[:300]))


def opens_like_a_server(text: str) -> bool:
    """Tell a text that begins with a mail server's words."""
    return _opening_at(text) >= 0


def begins_as_server(message: Message) -> bool:
    """Tell a text in which nobody but a server speaks first: no greeting, no quotation, nothing above it in an answer."""
    at = _opening_at(message.text)
    if _GREETING.search(message.text[:_OPENING] if at < 0 else message.text[: max(at, 1) + 40]):
        return False
    return at < _AT_ONCE if _ANSWERED.match(message.subject) else True


def _opening_at(text: str) -> int:
    """Return about where a server's words begin, -1 if none stand at the head of the text."""
    words = text[:_OPENING].lower().replace("’", "'").split()
    hints = _HINTS.keys() & set(words)
    phrases = [*_HINTS[""], *(phrase for hint in hints for phrase in _HINTS[hint])]
    opening = " ".join(words)
    return min((at for phrase in phrases if (at := opening.find(phrase)) >= 0), default=-1)


def goes_on_trying(words: str) -> bool:
    """Tell a warning from a failure by the server's own words."""
    said = " ".join(words[:_LED].split())
    return bool(_WARNED.search(said) or (_LATE.search(said) and not _GIVEN_UP.search(said)))
