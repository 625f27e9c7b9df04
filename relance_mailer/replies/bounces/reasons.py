"""From a server's status and words to a reason, and whether the address itself is dead.

Not delivered, address dead and the SMTP class are three different things: most final failures are no dead address, and
"550 5.1.1 … listed by Spamhaus" says nothing about the address. So the reasons that lie with us, or pass, come first.
"""

from __future__ import annotations

import re

SCANNED = 4_000  #: characters of a server's words that are looked at

#: An enhanced status code (RFC 3463), first beside a reply code, then anywhere that is no IP address or version.
_BESIDE_REPLY = re.compile(r"(?<!\d)[245]\d\d[ -]{1,2}\(?#?([245]\.\d{1,3}\.\d{1,3})(?![.\d])")
_ENHANCED = re.compile(r"(?<![\w.])([245]\.\d{1,3}\.\d{1,3})(?![\d]|\.\d)")
_REPLY_CODE = re.compile(r"(?<![\d.])([45][0-5]\d)(?:[ -](?=\D)|: |$)")
#: Codes that tell next to nothing: what stands in the server's words knows more.
_VAGUE = re.compile(r"[245]\.(?:0|3|5)\.0$")

#: Words of a server to a reason, the first that fits (lower case, blanks single).
_REASONS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (reason, re.compile(pattern))
    for reason, pattern in (
        ("mailbox_full", r"(?:mail ?box|inbox|mailfolder|maildir|account|user|recipient|disc|disk|storage|quota)[^.;]{0,60}\b(?:full\b|over ?quota|over the (?:allowed )?quota|exceed(?:ed|s|ing)?\b[^.;]{0,40}(?:quota|storage|limit|space|size)|out of (?:storage|space)|would exceed)|\bover ?quota|quota ?(?:has been )?(?:exceed|violat|full)|full mailbox|exceeded storage|insufficient (?:system )?storage|not enough (?:storage )?space|exceeding receiving limits|too much mail data|bo[iî]te .{0,40}(?:pleine|satur)|espace .{0,30}(?:insuffisant|d[eé]pass)|quota .{0,20}(?:d[eé]pass|atteint)|postfach .{0,60}voll|buz[oó]n .{0,60}lleno|casella .{0,60}piena|mailbox .{0,60}vol\b|caixa .{0,60}cheia|skrzynka .{0,60}pe[łl]na"),
        ("authentication", r"\bdmarc\b|\bspf\b|\bdkim\b|unauthenticated|not authenticated|authentication (?:is )?required|authrequired|5\.7\.(?:26|515|30)\b"),
        ("blocked", r"spamhaus|spamcop|blacklist|black ?list|block ?list|\brbl\b|dnsbl|barracuda|reputation|banned|blocked (?:by|using|for|because|from|- see)|(?:ip|host|server|client|sender|connection|message|mail|address \[)\b[^.;]{0,60}\bblocked\b(?! due to inactiv)|\bas spam|considered spam|spam (?:content|message|detected|score|filter)|looks like spam|classified as|unsolicited|junk ?mail|virus|malware|ofr_?50\d|mail rejet|ofr_?10\d|content (?:filter|reject)|s3140|s3150|cs01|tss0\d"),
        ("sender_refused", r"sender (?:address |email address |domain |ip )?(?:is )?(?:rejected|refused|denied|not allowed|invalid|unknown|verif\w+ failed|address verif)|sender verify failed|invalid sender|sender[^.;]{0,40}(?:blacklist|not (?:pre-)?approved)|mail from .{0,60}(?:denied|not allowed)|[eé]metteur (?:invalide|refus)|exp[eé]diteur (?:refus|rejet|inconnu)|null sender|empty envelope sender|restricted sender|only accepting mail from|not authori[sz]ed to send"),
        ("relay_denied", r"relay(?:ing)? (?:access )?(?:is )?(?:denied|not|prohibited)|not permitted to relay|unable to relay|cannot relay|no relay|allowed rcpthosts|we do not relay"),
        ("too_big", r"too (?:large|big)|size (?:limit )?exceed|exceed(?:s|ed) [^.;]{0,40}size|message size|mail size limit|trop volumineux|zu gro(?:ß|ss)|demasiado grande|troppo grande|te groot"),
        ("rate_limited", r"too many (?:messages|connections|recipients|errors|mails)|rate ?limit|receiving mail (?:at a rate|too quickly)|throttl"),
        ("accepts_no_mail", r"null ?mx|does not accept (?:e-?)?mail\b|does not receive mail|no smtp service|\b556\b"),
        ("expired", r"not found, try again|servfail|(?:host )?name lookup fail\w+ temporar|cname lookup failed temporar"),
        ("host_unknown", r"host (?:or domain name )?(?:is )?(?:not found|unknown|unreachable)|unknown host|(?:domain|dns domain)[^.;]{0,80}(?:not found|does(?:n't| not) exist|unknown|must exist|is not reachable|not exist\b)|(?:domaine|serveur) [^.;]{0,60}(?:inconnu|introuvable|n['’]existe pas)|name (?:service error|or service not known|server:)|nxdomain|non-?existent ?(?:host|domain)|un?rout(?:e)?able address|no such (?:domain|host)|find any host|host lookup|host address lookups? failed|no mx (?:record|host)|bad destination (?:system|host)|illegal host|badly? formed domain|all relevant mx"),
        ("moved", r"has (?:been replaced by|moved)|no longer (?:at|using) this address|address (?:has )?changed|a chang[eé] d['’]adresse|nouvelle adresse"),
        ("user_unknown", r"(?:user|recipient|mailbox|account|address|alias|person|login|addressee)s?\b[^.;]{0,90}?\b(?:un ?known|not (?:found|known|exist|listed|present|valid|active|here|local)|does(?:n['’]?t| not) (?:exist|have)|do not exist|isn['’]?t (?:valid|known|listed)|is (?:unknown|invalid|unavailable|not (?:a )?(?:valid|known|found|local|listed))|were unknown|was not found|couldn['’]t be found|could not be found|cannot be found|wasn['’]t found|no longer (?:exists?|valid|available|accepts|in use)|unavailable|invalid|rejected: (?:access denied|invalid|undeliverable|user|unknown))|un ?known (?:virtual )?(?:user|recipient|mailbox|address|e-?mail address|local[- ]part|account|destination)|(?:no|not a|not an) (?:such |valid |known |local |active |email |mail ?box )*(?:user|recipient|mail ?box|address|person|account|one at this address)|no ?(?:mailbox|account) (?:here )?by that name|invalid[- _](?:recipient|mailbox|address|user|final delivery|or unknown)|bad[-_ ]?(?:recipient|rcpt ?to|destination mailbox|address)|recip(?:ient)?notfound|non-?existent (?:user|account|address|mailbox)|not our customer|can['’]t accept user|no matches to nameserver|name is not found|not listed in|validrcptto|unable to find (?:user|recipient)|history of bouncing as an invalid|recipient (?:unknown|rejected: user)|address rejected$|5\.1\.1 (?:address )?rejected|n['’]existe pas|n['’]a pas [eé]t[eé] trouv|introuvable|no se encontr[oó]|non [eè] stato trovato|niet gevonden|nie znaleziono|n[aã]o foi encontrad|(?:destinataires?|utilisateur)\b[^.;]{0,60}\b(?:inconnu|invalide|introuvable|inexistant)|adresse [^.;]{0,60}(?:inconnue?|inexistante|invalide|erron[eé]e|introuvable)|bo[iî]te [^.;]{0,40}(?:inconnue?|inexistante|archiv)|unbekannt|existiert nicht|nicht gefunden|no existe|desconocid|non esiste|inesistente|sconosciut|nessun utente|bestaat niet|onbekend|n[aã]o existe|desconhecid|nie istnieje|nieznany"),
        ("mailbox_disabled", r"(?:mail ?box|account|user|address|recipient)\b[^.;]{0,60}\b(?:disabled|inactive|deactivated|discontinued|closed|terminated|blocked due to inactiv)|(?:disabled|inactive|deactivated|closed) (?:mail ?box|account|user|address|recipient)|extended inactivity|due to inactivity|no longer (?:active|in use|employed)|(?:bo[iî]te|compte|adresse)\b[^.;]{0,60}(?:d[eé]sactiv|ferm[eé]|cl[oô]tur|supprim|inacti|bloqu)|deaktiviert|desactivad|disattivat|gedeactiveerd|nieaktywn"),
        ("suspended", r"suspend|temporar\w* (?:locked|disabled|inactive)|frozen|mailbox (?:is )?locked|account (?:is )?locked"),
        ("loop", r"mail ?loop|loops? back|hop ?count|too many hops|too many \W?received"),
        ("expired", r"expired|timed? ?out|too long in (?:the )?queue|in the queue too long|retry time(?:out)?|max(?:imum)? [^.;]{0,20}retr|connection refused|deferred|network unreachable|no route|unreachable|not responding|could not connect|unable to connect|d[eé]lai .{0,30}d[eé]pass|expir[eé]|abgelaufen|greylist|gr[ae]y-?list"),
        ("policy", r"polic(?:y|ies)|denied|refused|not allowed|not accepted|prohibited|authori[sz]|restricted|rejected|refus[eé]|rejet[eé]|abgelehnt"),
    )
)  # fmt: skip
_REASON_OF_STATUS = {
    "1.0": "user_unknown", "1.1": "user_unknown", "1.2": "host_unknown", "1.3": "user_unknown", "1.6": "moved",
    "1.10": "user_unknown", "2.1": "mailbox_disabled", "2.2": "mailbox_full", "2.3": "too_big", "3.4": "too_big",
    "4.1": "expired", "4.4": "host_unknown", "4.6": "loop", "4.7": "expired", "7.1": "policy",
}  # fmt: skip

#: The address itself is said not to exist; 5.2.1 and 5.4.4 only where the words agree.
_DEAD_STATUS = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
_DEAD_IF_WORDS = frozenset({"5.2.1", "5.4.4"})
#: Reasons that say the same in words, whatever the code.
_DEAD_REASONS = frozenset({"user_unknown", "host_unknown", "moved", "accepts_no_mail"})
#: "Disabled" in free words is often a passing lock: only 5.2.1 (RFC 3463: "disabled, not accepting") makes it last.
_DEAD_IF_STATUS = {"mailbox_disabled": "5.2.1"}
#: Reasons that lie with us, or pass, whatever the code.
_NOT_THE_ADDRESS = frozenset(
    {
        "blocked",
        "authentication",
        "sender_refused",
        "relay_denied",
        "mailbox_full",
        "too_big",
        "rate_limited",
        "suspended",
        "loop",
    }
)
#: Our own subject, which a server repeats.
_SUBJECT = re.compile(
    r"^[> \t]{0,8}(?:subject|objet|betreff|asunto|oggetto|onderwerp|assunto|temat)[ \t]{0,3}:.{0,500}$",
    re.IGNORECASE | re.MULTILINE,
)
_BLANKS = re.compile(r"\s+")


def status_in(stated: str, words: str) -> str:
    """Return the most telling status: the server's own words know more than a general x.0.0.

    Args:
        stated: the `Status` field, "" if there is none.
        words: what the server said.
    """
    words = words[:SCANNED]
    given = _ENHANCED.match(stated.strip())
    found = _BESIDE_REPLY.search(words) or _ENHANCED.search(words)
    if given and (not _VAGUE.match(given[1]) or not found or _VAGUE.match(found[1])):
        return given[1]
    if found:
        return found[1]
    reply = _REPLY_CODE.search(words)
    return reply[1] if reply else stated.strip()[:12]


def reason_of(status: str, words: str, explanation: str = "") -> tuple[str, bool]:
    """Return (reason, whether words said so); `explanation` is what a server adds for people, read last.

    Args:
        status: as `status_in` returns it.
        words: the server's diagnostic.
        explanation: the text around it, often general ("the address may be wrong, or the mailbox full").
    """
    for text in (words, _SUBJECT.sub("", explanation[:SCANNED])):
        plain = _BLANKS.sub(" ", text[:SCANNED]).lower()
        for reason, pattern in _REASONS:
            if pattern.search(plain):
                return reason, True
    return _REASON_OF_STATUS.get(status.partition(".")[2], "unknown"), False


def is_dead(status: str, reason: str, *, in_words: bool) -> bool:
    """Tell whether the address itself is dead; the failure must be final (the caller knows)."""
    if reason in _NOT_THE_ADDRESS or status.startswith(("2", "4")):
        return False
    if status in _DEAD_STATUS:
        return True
    if status in _DEAD_IF_WORDS and not in_words:
        return False
    return in_words and (reason in _DEAD_REASONS or _DEAD_IF_STATUS.get(reason) == status)
