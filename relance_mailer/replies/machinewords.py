"""What machines say, and what only people say, in seven languages.

All patterns see folded text in which every run of blanks is one blank (`words.fold`); each is linear, with bounded gaps.
"""

from __future__ import annotations

import re


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


#: The prefix of an answer: people's programs set it, and so do some machines.
ANSWERED = re.compile(r"\s{0,3}(?:re|aw|rv|ref|antw|sv|res|r|rif)\s?(?:\[\d\])?:")
PASSED_ON = re.compile(r"\s{0,3}(?:tr|fwd?|wg|i|doorst|enc|rv|reenv|inoltra)\s?:")

#: Prefixes that programs set before the subject they answer.
AUTOMATIC_SUBJECT = re.compile(
    r"\W{0,3}(?:automatic(?:al)? (?:reply|answer)|auto(?:matic|mated)?[- ]?(?:reply|response|answer)|reponse automatique"
    r"|message automatique|accuse de reception automatique|automatische (?:ruck)?antwort|automatische eingangsbestatigung"
    r"|(?:automatische )?abwesenheits(?:notiz|meldung|benachrichtigung|nachricht|assistent)|autoantwort"
    r"|respuesta automatica|mensaje automatico|risposta automatica|messaggio automatico|resposta automatica|mensagem automatica"
    r"|automatisch antwoord|automatische reactie|afwezigheids(?:bericht|melding|assistent)|autosvar|automatiskt svar"
    r"|automaattinen vastaus|odpowiedz automatyczna|autoresponder)(?:\W|$)"
)
#: Prefixes that people use as well.
ABSENCE_SUBJECT = re.compile(
    r"\W{0,3}(?:absence(?: du bureau)?\b|absente?\b|out of (?:the )?office|ooo\b|(?:en )?conges?\b|on (?:annual )?leave|abwesen"
    r"|nicht im (?:buro|haus)|urlaub|afwezig|vakantie|fuori (?:sede|ufficio)|assente|assenza|fuera de (?:la )?oficina|ausente"
    r"|ausencia|fora do escritorio|ferias|ferie\b|vacaciones|fermeture|closed\b|holiday)|.{0,200} is out of the office\.?$"
)
RECEIPT_SUBJECT = _any(
    r"\[(?:ticket|case|request|demande|anfrage|caso|chamado|[a-z]{2,6}-\d)",
    r"\[?#\s?[a-z]{0,6}-?\d{3,}",
    r"\b(?:ticket|case|incident|request|demande|anfrage|vorgang|incidencia|richiesta|melding|chamado|pedido|solicitud)"
    r" (?:id |nr\.? |n[o°]\.? |number |#)?[#:]? ?[a-z]{0,6}[-_]?\d{3,}",
    r"^\W{0,3}(?:accuse (?:de )?reception|we (?:have )?received|(?:acknowledge?ment|confirmation) (?:of|de) (?:receipt|reception|depot)"
    r"|eingangsbestatigung|empfangsbestatigung|acuse de recibo|conferma di (?:ricezione|ricevimento)|ontvangstbevestiging"
    r"|confirmacao de (?:rececao|recebimento)|confirmacion de recepcion|thank you for (?:contacting|your))",
)
#: A sender that nobody writes as; alone it decides nothing.
ROBOT = re.compile(
    r"(?:no|non|do-?not|donot|ne-?pas|nicht|non-?)[-_.]?(?:reply|repondre|antworten|rispondere|responder)|nepasrepondre|noreply"
    r"|no-?responder|nao-?responda|geen-?antwoord|niet-?beantwoorden|robot|automat|notification|mailer|system"
)

_SELF = r"(?:(?:e-?)?mails?|messages?|mel|courriels?|reponses?|textes?|repl(?:y|ies)|response|notification|answer|acknowledge?ment)"
#: "This is written by a machine", said of the message itself.
DECLARED = _any(
    r"\b(?:ceci|cela) (?:est|constitue) (?:un|une) (?:[\w'-]+ ){0,5}?(?:automatique|genere)",
    rf"\b(?:ce|cet|cette|le present|la presente) {_SELF}[^.!?]{{0,50}}(?:automati\w+|robot\b|automate\b|sans que je)",
    rf"(?<!votre )(?<!vos )(?<!your )(?<!the )(?<!un )(?<!le )\b{_SELF} (?:non humain|(?:genere\w*|envoye\w*|emis\w*)(?: \w+)? automatiquement"
    r"|genere\w* par (?:un |notre )?(?:systeme|automate|robot|portail))",
    rf"\bthis (?:is|was) an? (?:[\w-]+ ){{0,2}}?(?:auto(?:mat\w+)?|(?:system|machine|computer)(?:[ -]generated)?)[ -](?:[\w-]+ )?{_SELF}",
    rf"\bthis {_SELF} (?:is|was|has been) (?:sent |generated |created )?(?:auto\w+|by (?:a|an|our) (?:auto\w+|system|machine|robot))",
    rf"\b(?:auto|system|machine|computer)(?:matically)?[ -]generated (?:{_SELF}|notice)\b(?! (?:from you|of yours))",
    r"\bdiese?r? (?:e-?mail|nachricht|antwort|meldung|mail|mitteilung)[^.!?]{0,50}automat\w+"
    r"|\bdies ist eine (?:\w+ ){0,2}?(?:automat\w+|system\w*) ?\w*",
    r"\b(?:est[ea]|el presente) (?:es un[a]? )?(?:mensaje|respuesta|correo)[^.!?]{0,45}automatic\w+|\besto es un[a]? \w+ automatic"
    r"|\bmensaje (?:generado|enviado) automaticamente",
    r"\bquest[oa] (?:e |e' )?(?:e )?(?:una? )?(?:messaggio|risposta|e-?mail|mail)[^.!?]{0,45}automatic\w+"
    r"|\bmessaggio (?:generato|inviato) (?:in )?automatic\w+|\bprotocollo automatico",
    r"\bdit (?:is een automatisch|(?:bericht|e-?mailbericht|antwoord|mail) [^.!?]{0,45}automatisch)"
    r"|\b(?:automatisch (?:gegenereerd|verzonden|verstuurd)) (?:bericht|e-?mail)",
    r"\besta (?:e |e uma )?(?:uma )?(?:mensagem|resposta)[^.!?]{0,45}automatic\w+|\bmensagem (?:gerada|enviada) automaticamente"
    r"|\beste (?:e um )?(?:e-?mail|email)[^.!?]{0,45}automatic\w+",
    r"\byou are receiving this (?:auto\w+|because (?:you|we received))",
)
#: A line that says no more than what the message is ("Automatic reply: …", "(message automatique)").
DECLARED_LINE = re.compile(
    r"\W{0,8}(?:ceci est une? )?(?:(?:auto(?:matic|mated|matische?[rs]?|matisk\w*)?|automatisch)[- ]?(?:reply|response|answer|message"
    r"|antwort|antwoord|abwesenheitsnotiz|bericht|svar|eingangsbestatigung|generated message)|(?:reponse|message|mail|confirmation|accuse"
    r"(?: de reception)?) (?:automatique|non humain|envoyee? automatiquement)|respuesta automatica|mensaje automatico|risposta automatica|messaggio"
    r" automatico|resposta automatica|mensagem automatica|abwesenheitsnotiz|out[- ]of[- ]office(?: auto-?reply)?|diese antwort erfolgt"
    r" automatisch|protocollo automatico|ne pas repondre|do not reply)(?=$|\W{0,4}$| ?[:\]\)/,–!-]|[. ]\W{0,6}(?:ceci|merci|this|please))"
)
#: Pieces of words of which one stands in whatever the two find: looking for these costs little.
DECLARING = (
    "auto", "gener", "robot", "humain", "system", "machine", "computer", "sans que je", "you are receiving",
    "abwesenheitsnotiz", "office", "ne pas repondre", "do not reply",
)  # fmt: skip
#: What helpdesks set above everything they send, an agent's words as well.
DESK_LINE = re.compile(
    r"##-? ?(?:please type your reply|repondez au-dessus|veuillez (?:saisir|inscrire)|bitte antworten sie oberhalb|responda encima|escriba)"
    r"|\breply above this line|\brepondre au-dessus de cette ligne"
)
#: "Do not answer this": machines ask it, and disclaimers; it only adds weight.
NO_ANSWER = _any(
    r"\b(?:ne (?:pas|veuillez pas|repondez pas)|de ne pas)\b[^.!?]{0,12}repond|\bne repondez pas",
    r"\b(?:do not|don't|not to) (?:reply|respond|answer)\b",
    r"\bantworten sie (?:bitte )?nicht|bitte nicht (?:auf diese|antworten)|nicht auf diese (?:e-?mail|nachricht) (?:zu )?antworten",
    r"\bno (?:responda|conteste|respondas|contestes)\b",
    r"\bnon rispond(?:ere|a|ete)\b|\bsi prega di non rispondere",
    r"\bniet (?:te )?(?:be)?antwoord\w*|beantwoord(?:t u)? (?:dit|deze)[^.!?]{0,20} niet",
    r"\bnao responda\b|\bnao responder\b",
)

#: "I am away", "we are closed", said by the one who is.
ABSENT = _any(
    # French
    r"\b(?:je (?:suis|serai|me trouve)|nous (?:sommes|serons)|actuellement|bureau|agence|cabinet|service|magasin|boutique|entreprise)\b"
    r"[^.!?]{0,45}\b(?:absente?s?|en (?:conges?|vacances|deplacement|formation|arret|teletravail)|indisponibles?|fermee?s?)\b",
    r"\bne (?:suis|serai|sommes|serons) (?:pas|plus) (?:au bureau|joignables?|disponibles?|presente?s?)|\babsente?s? (?:du bureau|jusqu|du \d|de \d|depuis|pour)|\bde retour (?:au bureau|le|lundi|mardi|mercredi|jeudi|vendredi|des|dans)",
    r"\bconges? (?:maternite|parental|maladie|annuels?|de maternite|d'ete)",
    r"\bferm(?:ee?s?|eture|e ses)\b[^.!?]{0,60}(?:jusqu|\bdu \d|conges|annuel|au \d|vacances|travaux|fetes)|\bprend ses vacances",
    r"\ben (?:conges?|vacances|deplacement|formation|reportage|mission) (?:jusqu|du \d)|\bacces (?:tres )?limite (?:a )?(?:mes|ma|aux)",
    r"\bne (?:lis|lirai|consulte|consulterai) pas (?:mes|la|cette) (?:mails?|messages?|e-?mails?|courriels?|messagerie|boite)",
    # English
    r"\b(?:i am|i'm|i will be|i'll be|we are|we're|we will be|am currently|currently|offices?|practice|shop|school|studio)\b[^.!?]{0,45}"
    r"\b(?:out (?:of (?:the )?office|until|till|from|for)|away|on (?:\w+ )?(?:leave|holidays?|vacation)|absent|closed|not in the (?:house|office)|on set|travell?ing|in training|on a business trip|off sick)\b",
    r"\bi am not in the (?:house|office)|\bout of (?:the )?office (?:until|from|and|with|on)|\bin my absence\b|\babsent until|\b(?:limited|no|without) access to (?:my )?e?-?mails?",
    r"\b(?:back|return(?:ing)?) (?:to work |(?:in|at|to) (?:the|my) (?:office|desk) )?(?:on )?(?:\d|mon|tue|wed|thu|fri)"
    r"|\bclosed (?:for|from|until|between) |\bmaternity leave|\bout of office\b[^.!?]{0,40}\d",
    # German
    r"\b(?:ich bin|bin ich|wir sind|sind wir|derzeit|zurzeit|zur zeit|momentan|aktuell)\b[^!?]{0,70}\b(?:abwesend|nicht (?:im (?:haus|buro)|erreichbar"
    r"|am arbeitsplatz)|im urlaub|auf dienstreise|au(?:ss|ß)er haus|verreist|im krankenstand|wieder (?:am platz|im|da|zu))",
    r"\b(?:wieder|erst) (?:erreichbar|im (?:buro|haus)|fur sie da|geoffnet|zuruck|anwesend)|\bbetriebs(?:ferien|urlaub)|\bin (?:elternzeit|mutterschutz)"
    r"|\bwahrend meiner abwesenheit|\bgeschlossen\b[^!?]{0,60}\d|\bmachen? (?:urlaub|ferien)|\bbis [^!?]{3,40}(?:abwesend|im urlaub)",
    # Spanish
    r"\b(?:estoy|estare|estamos|estaremos|me encuentro|me encontrare|actualmente)\b[^.!?]{0,45}\b(?:ausente|fuera de (?:la )?oficina|de (?:vacaciones"
    r"|viaje|baja|permiso)|cerrad[oa]s?)|\bde vuelta (?:en la oficina )?(?:el|a partir)|\bcerrad[oa]s? (?:por vacaciones|hasta|del)|\bdurante mi ausencia",
    r"\b(?:oficina|despacho|empresa|tienda) (?:permanecera |estara |esta )?cerrad[oa]|\bacceso limitado (?:al|a mi) correo",
    # Italian
    r"\b(?:sono|saro|siamo|saremo|mi trovo|attualmente)\b[^.!?]{0,45}\b(?:assente|in ferie|fuori (?:ufficio|sede)|in (?:maternita|malattia|trasferta|congedo)"
    r"|chiusi)|\b(?:al|fino al|sino al) mio rientro|\bdurante la mia assenza|\b(?:ufficio|hotel|azienda|studio|negozio)\b[^.!?]{0,40}\bchius[oai]\b",
    r"\bchius[oai] (?:per (?:ferie|la|le)|fino|dal)|\btorner(?:o|emo|a) (?:in ufficio|operativ)|\bnon (?:potro|posso) (?:leggere|accedere)",
    # Dutch
    r"\b(?:ik ben|ben ik|wij zijn|we zijn|zijn wij|zijn we|momenteel|op dit moment)\b[^.!?]{0,60}\b(?:afwezig|niet (?:aanwezig|bereikbaar|op kantoor)"
    r"|(?:met|op) (?:\w+ )?(?:verlof|vakantie)|gesloten|buiten kantoor)|\btijdens mijn afwezigheid|\b(?:kantoor|school|winkel|bedrijf) is[^.!?]{0,40}gesloten"
    r"|\bben ik (?:er )?weer\b|\bgesloten (?:tot|van|wegens)|\bweer (?:bereikbaar|aanwezig|op kantoor)",
    # Portuguese
    r"\b(?:estou|estarei|estamos|estaremos|encontro-me|encontrar-me-ei|neste momento)\b[^.!?]{0,45}\b(?:ausente|de ferias|em ferias|fora do escritorio|de licenca"
    r"|em viagem|fechad[oa]s?|encerrad[oa]s?)|\bdurante a minha ausencia|\bde volta (?:ao escritorio|no dia|em|a partir)|\bregress(?:o|arei|ando) (?:no dia|em|a)\b",
    r"\b(?:escritorio|empresa|loja)\b[^.!?]{0,30}\b(?:encerrad[oa]|fechad[oa])|\bacesso limitado ao (?:meu )?e-?mail",
)  # fmt: skip
#: What becomes of the message meanwhile.
FATE = _any(
    r"\b(?:votre|vos) (?:messages?|mails?|e-?mails?|courriels?|demandes?)\b[^.!?]{0,50}\b(?:lue?s?|transferee?s?|traitee?s?|redirigee?s?)\b"
    r"|\bles (?:messages|mails|courriels) ne (?:sont|seront)[^.!?]{0,12}(?:lus|releves)|\bje (?:vous repondrai|traiterai|prendrai connaissance|reviendrai vers vous|ne lis)"
    r"[^.!?]{0,60}(?:retour|partir|mes mails|possible)|\bnous vous (?:lirons|repondrons)[^.!?]{0,30}retour|\b(?:sera|seront) trait\w+ a (?:mon|notre) retour",
    r"\b(?:your|any) (?:e-?)?(?:mails?|messages?)\b[^.!?]{0,30}\b(?:not|won't|will)\b[^.!?]{0,20}\b(?:forwarded|read|answered|actioned|monitored)|\bmails are not (?:read|forwarded)"
    r"|\b(?:will|shall) (?:respond|reply|answer|get back|come back|deal with|read|not be)[^.!?]{0,60}(?:return|back\b|messages)|\b(?:limited|no|without|intermittent) access"
    r"|\bnot be (?:picking up|checking|reading|monitoring)",
    r"\b(?:ihre|e-?mails?|nachricht)[^.!?]{0,40}\bnicht (?:\w+ )?(?:weitergeleitet|gelesen|bearbeitet)|\bnach meiner ruckkehr|\bwerde (?:ich )?ihre[^.!?]{0,60}"
    r"(?:ruckkehr|beantworten)",
    r"\bsu (?:mensaje|correo)[^.!?]{0,30}(?:reenviad|leid|atendid)|\b(?:respondere|contestare|atendere)[^.!?]{0,50}(?:vuelta|regreso|posible)|\ba mi (?:vuelta|regreso)",
    r"\b(?:la sua|le|i|il suo)[^.!?]{0,20}(?:mail|messaggi\w?)[^.!?]{0,40}(?:inoltrat|lett[aei])|\brispondero[^.!?]{0,40}(?:rientro|ritorno|possibile)|\bal mio rientro",
    r"\buw (?:bericht|e-?mail|mail)\b[^.!?]{0,45}(?:doorgestuurd|gelezen|behandeld|beantwoord)|\b(?:na|bij) mijn (?:terugkomst|terugkeer)",
    r"\b(?:a sua|sua|o seu|seu) (?:mensagem|e-?mail)\b[^.!?]{0,40}(?:reencaminhad|encaminhad|lid[ao]|tratad)|\bresponderei[^.!?]{0,50}(?:regress|volt|possivel)"
    r"|\b(?:no|apos o) meu regresso",
)  # fmt: skip
#: Whom to turn to meanwhile.
INSTEAD = _any(
    r"\b(?:en cas d'|pour (?:toute |vos |les )?|si )urgen\w+|\burgences?\b ?:|\ben mon absence|\bsi c'est urgent|\bsi ca brule",
    r"\b(?:in|for|if)\b[^.!?]{0,25}\burgen(?:t|c)\w*|\burgencies\b|\bin my absence|\bcannot wait|\bfor (?:\w+ ){0,3}(?:matters|queries|questions|assistance)\b[^.!?]{0,40}"
    r"(?:contact|write|e-?mail|call|please)",
    r"\bin dringend\w+|\bin notfallen|\bwenden sie sich|\bmeine vertretung|\bin meiner abwesenheit|\bfristsachen",
    r"\b(?:asuntos?|temas?|caso de|casos?|cuestiones) (?:de )?urgen\w+|\bpara urgencias|\bdirijase a|\ben mi ausencia|\bpongase en contacto",
    r"\bper (?:\w+ )?urgenz\w+|\bin caso di urgenz\w+|\bin mia assenza|\brivolgersi a|\bpu?o (?:rivolgersi|contattare)",
    r"\b(?:bij|voor|in) (?:\w+ )?(?:spoed|dringende?)\w*|\bkunt u terecht bij|\bcontact opnemen met",
    r"\b(?:em|no) caso de urgencia|\bassuntos? urgentes?|\bna minha ausencia|\bcontact(?:e|ar)\b",
)
THANKS = _any(
    r"\bmerci (?:de|pour) votre (?:message|mail|e-?mail|courriel|demande|prise)|\bnous (?:avons bien recu|accusons reception)",
    r"\bthank(?:s| you) for (?:your (?:e-?mail|message|mail|enquiry|inquiry)|contacting|getting in touch|e-?mailing)",
    r"\b(?:vielen dank|danke) fur ihre (?:nachricht|e-?mail|mail|anfrage)",
    r"\bgracias por (?:su (?:mensaje|correo)|contactar)",
    r"\bgrazie per (?:aver\w* (?:contattat|scritt)|il (?:suo|tuo|vostro) messaggio|la (?:sua|vostra) (?:e-?mail|mail))",
    r"\b(?:bedankt|dank u?|hartelijk dank) (?:wel )?voor uw (?:bericht|e-?mail|mail)",
    r"\bobrigad[oa] (?:pelo|pela) (?:seu|sua) (?:contacto?|mensagem|e-?mail)|\bagradecemos o seu contact",
)

_NUMBER = r"(?: \w+){0,3}? ?[:#]{0,2} ?\W{0,3}[a-z]{0,8}[-_/]?\d{3,}"
#: A ticket was opened, a deposit taken in.
TICKET = _any(
    rf"\b(?:ticket|demande|dossier|numero|reference|incident|sous le n[°o]?){_NUMBER}",
    rf"\b(?:ticket|case|request|reference|incident|ref|tracking|submission|document){_NUMBER}",
    rf"\b(?:ticket\w*|vorgang\w*|anfrage|fall|vorgangsnummer|belegnummer|aktenzeichen|referenz){_NUMBER}",
    rf"\b(?:incidencia|caso|consulta|solicitud|numero|referencia|expediente|registro){_NUMBER}",
    rf"\b(?:protocollo|richiesta|pratica|segnalazione|numero|caso|con il n){_NUMBER}",
    rf"\b(?:melding|ticketnummer|zaaknummer|referentie|aanvraag|kenmerk|nummer){_NUMBER}",
    rf"\b(?:chamado|pedido|protocolo|solicitacao|processo|numero|com o n){_NUMBER}",
)
#: … said as a clerk's program says it, in the passive.
RECEIVED = _any(
    r"\b(?:votre|vos|ta|une?|la|le) (?:demande|message|ticket|facture|requete|courriel|e-?mail|mail|depot|flux|piece)\b[^.!?]{0,60}\b(?:est|a|ont|etes|ete) (?:bien )?(?:ete )?(?:bien )?(?:enregistre|prise? en compte"
    r"|recue?s?\b|cree|depose|integre|transmis)|\bun ticket\b[^.!?]{0,20}\bcree|\baccus(?:e|ons) (?:de )?reception\b|\bdepot\b[^.!?]{0,50}(?:effectue|enregistre|succes)|\bnous avons bien recu (?:votre|ta) (?:demande|message)",
    r"\b(?:your|a|the|this) (?:\w+ ){0,2}?(?:ticket|case|request|query|enquiry|inquiry|e-?mail|message|invoice|document|submission)\b[^.!?]{0,60}\b(?:been (?:\w+ )?(?:created|opened|logged|"
    r"registered|received|assigned|submitted|accepted|added|queued|recorded|uploaded)|was (?:received|created|registered|successfully))|\bcase \w+ has been created|\byour (?:case|ticket|reference)"
    r" (?:number|id|no\.?)\b|\bwe(?:'ve| have)? received your (?:e-?mail|message|request|invoice|enquiry|document)",
    r"\b(?:ihre?|ein|eine|das|der) (?:\w+ )?(?:anfrage|nachricht|e-?mail|ticket|vorgang|rechnung|anliegen|mail|beleg)\b[^!?]{0,70}\b(?:erfasst|registriert|eroffnet|erstellt|eingegangen|angelegt|"
    r"erhalten|empfangen|zugewiesen|aufgenommen)",
    r"\b(?:su|una?|la|el) (?:consulta|solicitud|mensaje|correo|incidencia|factura|peticion|ticket|caso)\b[^.!?]{0,60}\b(?:registrad|recibid|cread|abiert|presentad|tramitad)",
    r"\b(?:la|il|un|una)\b[^.!?]{0,8}? ?(?:su[ao]|vostr[ao])? ?(?:richiesta|messaggio|e-?mail|pec|fattura|ticket|segnalazione|mail)\b[^.!?]{0,60}\b(?:registrat|acquisit|ricevut|apert|pres[oa] in carico|creat)",
    r"\b(?:uw|een|de|het) (?:\w+ )?(?:aanvraag|bericht|e-?mail|vraag|melding|ticket|factuur|verzoek|mail)\b[^.!?]{0,60}\b(?:geregistreerd|ontvangen|aangemaakt|in behandeling|toegewezen|verwerkt)",
    r"\b(?:a sua|sua|o seu|seu|um|uma|foi) ?(?:pedido|solicitacao|mensagem|e-?mail|chamado|fatura|ticket|aberto)?\b[^.!?]{0,60}\b(?:registad|registrad|recebid|abert|criad|submetid)"
    r"|\bchamado\b[^.!?]{0,40}\baberto",
)  # fmt: skip
SLA = _any(
    r"\bsous (?:un delai de )?\d+ ?(?:h\b|heures|jours)|\bdelai (?:moyen )?de (?:traitement|reponse)|\bdans les (?:meilleurs|plus brefs) delais|\bpar ordre d'arrivee|\bsous 24",
    r"\bwithin \d+ (?:\w+ )?(?:hours|days)|\bexpected resolution|\bresponse time|\bas soon as possible|\b\d+ business days|\bportal\b",
    r"\bbearbeitungszeit|\binnerhalb von \d+|\bschnellstmoglich|\bso (?:schnell|bald) wie moglich",
    r"\btiempo (?:estimado )?de respuesta|\ben (?:un plazo|\d+)|\blo antes posible|\bdias habiles",
    r"\bentro \d+|\bil prima possibile|\bnel piu breve tempo|\bgiorni lavorativi",
    r"\bbinnen \d+|\bzo (?:snel|spoedig) mogelijk|\bwerkdagen",
    r"\bem ate \d+|\bo mais breve|\bdias uteis|\bassim que possivel",
)

_BOX_FR = r"(?:boite(?: (?:aux lettres|mail|e-?mail|de reception|de messagerie))?|adresse(?: (?:e-?mail|mail|electronique|de messagerie))?|messagerie)"
_BOX_EN = r"(?:mailbox|inbox|e-?mail(?: address| account)?|address|account)"
_BOX_DE = r"(?:postfach|e-?mail-?adresse|adresse|mailbox|konto)"
#: Nobody reads this address any more, or its owner has gone.
UNREAD = _any(
    # An address taken whole: no way back into it, or many of them would cost their square.
    r"@[\w.-]{1,80}+[^.!?@]{0,40}\b(?:n'est plus|ne recoit plus|no longer|nicht mehr|ya no|non e piu|niet meer|ja nao)\b",
    rf"\b{_BOX_FR}\b[^.!?]{{0,40}}n'est plus|\b(?:n'est|ne sera) plus (?:lue?|releve?e?|consultee?|utilisee?|active?|en service|surveillee?|valide)\b|\bne recoit plus de (?:courrier|message|mail)"
    r"|\b(?:ne fait|fait) plus partie|\b(?:n'est|ne suis) plus (?:employee?|salariee?)|\bne travaille plus|\ba quitte (?:la|notre|l')|\badresse[^.!?]{0,20} a change|\bne sera lue? par personne|\b(?:ferme|cesse)\w* (?:definitivement|son activite)",
    rf"\b{_BOX_EN}\b[^.!?]{{0,40}}\bno longer\b|\bno longer (?:being )?(?:monitored|read|attended|in use|checked|active|valid|works?|employed|with)\b|\bhas left (?:the|our|us)|\b(?:e-?mail )?address has changed"
    r"|\bhas not been read|\bwill not be (?:read|seen) by any|\bhas been (?:closed|decommissioned|retired|deactivated|shut down)",
    rf"\b{_BOX_DE}\b[^!?]{{0,40}}\bnicht mehr\b|\bnicht mehr (?:gelesen|abgerufen|verwendet|gultig|aktiv|bei uns|im unternehmen|fur uns|uberwacht|betreut|genutzt)|\b(?:hat|haben) (?:das|unser)\w* (?:unternehmen|haus|firma) verlassen"
    r"|\badresse hat sich geandert",
    r"\b(?:buzon|direccion|correo|cuenta)\b[^.!?]{0,50}\bya no\b|\bya no (?:se (?:lee|utiliza|usa|atiende|revisa)|esta (?:activ|operativ|en uso|disponible)|trabaja|pertenece|forma)|\bha dejado (?:la empresa|de)"
    r"|\bdireccion[^.!?]{0,20} ha cambiado",
    r"\b(?:casella|indirizzo|account)\b[^.!?]{0,50}\bnon (?:e|viene|sara) piu\b|\bnon (?:e|viene|fa|lavora|opera) piu\b|\bha lasciato l'azienda|\bindirizzo[^.!?]{0,20} (?:e )?cambiato|\be stat[ao] (?:dismess|disattivat)",
    r"\b(?:mailbox|postvak|e-?mailadres|adres|postbus)\b[^.!?]{0,60}\bniet (?:meer|langer)\b|\bniet (?:meer|langer) (?:gelezen|in gebruik|actief|werkzaam|gebruikt|gecontroleerd)|\bwerkt niet (?:meer|langer)|\bheeft [^.!?]{0,30}verlaten|\bis gewijzigd",
    r"\b(?:caixa|endereco|e-?mail|conta)\b[^.!?]{0,60}\b(?:ja nao|deixou de|nao (?:e|esta) mais|foi desativad)|\bja nao (?:e|esta|trabalha|colabora|faz)|\bnao (?:trabalha|faz) mais|\bendereco[^.!?]{0,20} mudou",
)  # fmt: skip
#: Robots that only send; beside a ticket they are its receipt.
SENDS_ONLY = _any(
    rf"\b{_BOX_FR}\b[^.!?]{{0,40}}n'est pas (?:lue?|releve?e?|consultee?|surveillee?)|\bne (?:seront|sera|sont|peut|permet)[^.!?]{{0,30}}(?:pas|aucune?)[^.!?]{{0,20}}(?:lus?|lue|traite|repons|recevoir)"
    r"|\b(?:uniquement|exclusivement) (?:a|pour) l'envoi|\bcette adresse (?:ne recoit|n'accepte) (?:pas|aucun)",
    r"\b(?:not|isn't|un)[ -]?(?:being )?(?:monitored|attended|read\b|checked)|\bcannot (?:receive|accept) (?:replies|e-?mail)|\bsend-only|\boutgoing (?:mail|messages) only|\bunable to receive replies",
    r"\bnicht (?:gelesen|uberwacht|abgerufen|betreut|bearbeitet)|\bkeine (?:e-?mails|nachrichten|antworten) (?:empfangen|entgegen)|\bnur (?:zum|fur den) versand",
    r"\bno (?:se lee|se atiende|es atendid|esta supervisad|admite respuestas|se revisa)|\bsolo (?:para|de) envio",
    r"\bnon (?:e|viene) (?:letta|presidiata|monitorata|controllata|abilitata)|\bcasella non presidiata|\bsolo (?:per l')?invio",
    r"\bniet (?:gelezen|gecontroleerd|gemonitord|bewaakt)|\bonbewaakt|\bkan geen (?:e-?mail|berichten|antwoorden) ontvangen",
    r"\bnao (?:e lid|e monitorizad|e monitorad|e consultad|recebe|aceita)|\bapenas (?:para )?envio",
)  # fmt: skip

#: The same of the mailbox that answers, so said that nobody would of another thing.
UNWATCHED = _any(
    rf"\b(?:cette|la) {_BOX_FR} n'est pas (?:lue?|relevee?|consultee?|surveillee?)(?! (?:tous|souvent|regul))",
    rf"\b(?:this|our) {_BOX_EN}(?: is|'s) (?:not|un) ?-?(?:monitored|attended|read|checked)(?! (?:every|often|daily|regul))|\bunmonitored (?:mailbox|inbox|address)",
    rf"\bdieses? {_BOX_DE} wird nicht (?:gelesen|uberwacht|abgerufen|betreut)",
    r"\beste (?:buzon|correo) no (?:se (?:lee|atiende|revisa)|es atendid|esta supervisad|admite)|\bquesta casella non (?:e|viene) (?:letta|presidiata|monitorata|controllata|abilitata)",
    r"\bdeze (?:mailbox|postbus) wordt niet (?:gelezen|gecontroleerd|gemonitord|bewaakt)|\besta caixa[^.!?]{0,20} nao (?:e|esta a ser) (?:lid|monitor|consultad)",
)  # fmt: skip

#: A sum of money: somebody speaks of the matter itself.
MONEY = re.compile(r"\d ?(?:€|eur\b|euros?\b|£|chf\b)|[€£$] ?\d")

#: Names that stand for nothing but a filter of this kind, and words that do in a subject or a sender.
CHALLENGER = re.compile(
    r"mail ?in ?black|boxbe|blue ?bottle|spam ?arrest|sendio|challenge-response|qboxmail|boxtrapper|tmda\b"
)
CHALLENGING = re.compile(
    r"vade ?(?:secure|retro|for m365)|altospam|anti-?spam|verification|authentif|mail ?wall|cleanmail|spamschutz|filtr"
)
HUMAN = _any(
    r"\b(?:robots?|humain\w*|personne reelle|humans?|real person|captcha|mensch\w*|humano|persona (?:real|reale|vera)|umano|human[ao]|pessoa real)\b",
    r"\been mens\b|\bauthentifi(?:er|cation)\b|\bes una persona\b",
)
#: The message waits, is not delivered yet.
HELD = _any(
    r"\b(?:en attente|retenu|bloque|mis en quarantaine|en quarantaine|n'a pas (?:encore )?ete (?:remis|delivre|distribue|transmis)|pas encore remis)",
    r"\b(?:on hold|held|waiting|pending|quarantin\w+|not (?:yet )?been delivered|has been blocked|awaiting)",
    r"\b(?:zuruckgehalten|quarantane|noch nicht zugestellt|wartet)|\b(?:en espera|retenido|cuarentena|no ha sido entregado|pendiente)|\b(?:in attesa|trattenuto|quarantena|non e (?:ancora )?stato (?:ancora )?consegnato)"
    r"|\b(?:wacht(?:rij)?|vastgehouden|quarantaine|nog niet (?:afgeleverd|bezorgd))|\b(?:em espera|retid[ao]|quarentena|nao foi (?:ainda )?entregue|pendente)",
)
#: What the sender shall do about it.
ACT = _any(
    r"\b(?:cliqu\w+|suivre ce lien|suivez|recopi\w+|click|follow (?:this|the) link|captcha|klicken|klick|haga clic|clic\b|pulse|pinche|cliccare|clicchi|fare clic|clicca|klik\w*|clique|clicar)",
    r"\b(?:simply )?reply to this (?:e-?mail|message)\b|\brepond\w+ (?:simplement )?a ce (?:message|mail)",
)
#: … and why.
PROVE = _any(
    r"\b(?:remis\b|delivre|distribue|transmis|authenti\w+|verif\w+|humain\w*|robot|personne reelle|liste blanche|valid\w+)",
    r"\b(?:deliver\w*|human|real person|prove|verify|whitelist|guest list|approved sender|confirm\w*)",
    r"\b(?:zugestellt|zustellung|mensch\w*|bestatig\w*|verifizier\w*|entregad\w+|humano|persona real|verifi\w+|consegn\w+|persona reale|umano|bezorgd|afgeleverd|mens\b|entregue|human[ao]|pessoa real)",
)

#: People speak of paying and of papers; machines do not, in the first person.
PERSONAL = _any(
    r"\b(?:je|j'|nous|on) (?:vous |le |la |les |l'|lui )?(?:ai |avons |a |vais |allons |va |viens de |ferai|fais )?(?:bien )?(?:la |les )?(?:pai|pay|regl|vire|verser|effectu|procede)\w*|\b(?:paiement|virement|reglement|cheque) "
    r"(?:est |a ete |sera |va |part|fait|effectue|parti|envoye|prevu)|\bvous (?:l'|les |la |le )?(?:aurez|recevrez)|\byou(?:'ll| will) (?:have|get|receive) (?:it|them|the|your)|\bje (?:conteste|comprends|pense|crois|regarde|verifie|demande|vous (?:confirme|envoie|rappelle|tiens|transmets|demande|signale|informe que (?!je suis)))",
    r"\b(?:i|we|she|he|they|accounts|my colleague)(?:'ll| will| have| has|'ve| am| are)? (?:\w+ )?(?:pay|paid|paying|settle|settled|transfer(?:red)?|process(?:ed)?|sort(?:ed)?|dispute|check(?:ed)?|chase|look(?:ed|ing)? into|approve)\b(?! (?:our|my) e?-?mail)"
    r"|\b(?:payment|transfer|invoice) (?:will be|was|has been|went|goes) (?:made|sent|paid|processed|released|scheduled|on its way|out|approved)|\bi (?:think|dispute|understand|don't|cannot|can't (?!be)|asked|need|see)\b",
    r"\b(?:liquidat\w+|insolven\w+|redressement judiciaire|plan de sauvegarde|administrators?|concurso de acreedores|fallimento|faillissement|falencia)\b",
    r"\b(?:deja|already|bereits|schon|ya|gia|al|ja) (?:paye|regle|paid|settled|bezahlt|uberwiesen|pagad|pagat|betaald|liquidad)|\b(?:peux|pouvons|pourr\w+|can|could|cannot|can't) [^.!?]{0,15}\b(?:pay|regler)"
    r"|\b(?:attached|ci-joint|en piece jointe|anbei|im anhang|adjunto|in allegato|bijgevoegd|em anexo)\b",
    r"\b(?:uberweis|bezahl|begleich|zahl)(?:e|en|t|te|ten)\b|\b(?:uberwiesen|bezahlt|beglichen|gezahlt|angewiesen)\b|\bich (?:prufe|glaube|verstehe|habe|brauche|bitte)\b",
    r"\b(?:pagare|pagaremos|pagamos|pago|hemos pagado|he pagado|abonaremos|transferire\w*|transferencia (?:sale|ha|fue|esta)|haremos|hare (?:la|el))\b|\b(?:reviso|revisare|necesito|creo)\b",
    r"\b(?:pago|paghero|pagheremo|paghiamo|abbiamo (?:pagato|saldato)|ho pagato|bonifico|salderemo|saldo|provvedo|provvederemo|verifico|contesto)\b",
    r"\b(?:betaal|betalen|betaalt|betaald|overgemaakt|maak(?:t)? over|voldaan|voldoen)\b|\bik (?:denk|kijk|controleer|vraag|heb)\b",
    r"\b(?:pago|pagarei|pagaremos|pagamos|paguei|transferi|liquidaremos|liquido|faremos|farei)\b|\b(?:transferencia|pagamento) (?:foi|sera|sai|segue|esta)\b",
)  # fmt: skip
#: A question to the reader; "Any questions?" is none.
QUESTION = re.compile(
    r"(?<!question)(?<!question )(?<!questions)(?<!questions )(?<!urgent)(?<!urgent )(?<!urgence )(?<!help)(?<!aide )(?<!fragen)(?<!frage)\?"
)
#: Somebody else is away.
OTHERS_AWAY = _any(
    r"\b(?:mon|ma|notre|nos|son|sa|votre|le|la) (?:\w+ )?(?:collegue|comptable|associe\w*|responsable|patron\w*|chef|mari|femme|assistante?|secretaire|directeur|directrice|gerante?|personne)\b[^.!?]{0,50}"
    r"\b(?:est|sont|sera|etait|part|en) ?(?:\w+ )?(?:absent|conge|vacances|arret|retour)|\b(?:elle|il|mme \w+|m\. \w+|madame \w+|monsieur \w+) (?:est|sera|etait|rentre|revient) ?(?:\w+ )?(?:absent|en conge|en vacances|de retour|en arret|le|lundi|mardi)",
    r"\b(?:my|our|the|his|her|your) (?:\w+ )?(?:colleague|accountant|bookkeeper|boss|manager|director|wife|husband|partner|assistant|controller|ap (?:lady|clerk|person))\b[^.!?]{0,45}\b(?:is|was|will be|'s) (?:\w+ )?(?:out|away|on|back|absent|off|sick)"
    r"|\b(?:she|he)(?:'s| is| was| will be|'ll be) (?:\w+ )?(?:out|away|on (?:\w+ )?(?:leave|holiday|vacation)|back|off|sick|absent)|\bi (?:was|have been|had been|got back|just got)\b[^.!?]{0,30}(?:away|leave|holiday|vacation|office)",
    r"\b(?:meine?|unsere?|der|die) (?:kolleg\w+|buchhalter\w*|chef\w*|mitarbeiter\w*|steuerberater\w*|partner\w*)\b[^.!?]{0,45}\b(?:ist|war|sind|kommt|befindet) [^.!?]{0,30}(?:urlaub|krank|abwesend|zuruck|haus|wieder)|\b(?:sie|er) (?:ist|kommt) [^.!?]{0,30}(?:wieder|urlaub|zuruck|abwesend)",
    r"\b(?:mi|nuestr[oa]|la|el) (?:companer\w|colega|contable|jef\w|soci\w|responsable|gestor\w*)\b[^.!?]{0,45}\b(?:esta|estara|vuelve|se encuentra)\b|\b(?:mi[oa]|nostr[oa]|la|il) (?:collega|contabile|capo|soci[oa]|responsabile|commercialista|titolare)\b[^.!?]{0,45}"
    r"\b(?:e|sara|torna|rientra)\b",
    r"\b(?:mijn|onze|de|het) (?:collega|boekhoud\w+|baas|chef|partner|directeur)\b[^.!?]{0,45}\b(?:is|zijn|komt)\b|\b(?:o meu|a minha|meu|minha|nosso|nossa|o|a) (?:colega|contabilista|contador\w?|chefe|soci[oa]|patra\w*)\b[^.!?]{0,45}\b(?:esta|volta|regressa|estara)\b",
)  # fmt: skip
#: What an agent wrote to a ticket and its program passed on: a person's words under a machine's headers.
PASSED_ON_BY_DESK = _any(
    r"##-? ?please type your reply above this line ?-?## (?!your request)[^#]{1,70}?\b20\d\d\b[^#]{0,20}\d{1,2}:\d\d",
    r"\w (?:has )?(?:added a comment|commented on|commented:|replied:|wrote on|responded:)",
    r"\b(?:additional comments|comments? added|latest comment|new comment|agent (?:reply|response)) ?(?:\(|:|by|from)",
    r"\ba (?:ajoute un commentaire|commente|repondu)[ :]|\bcommentaire (?:ajoute|de l'agent)|\breponse de l'agent",
    r"\bhat (?:einen kommentar|kommentiert|geantwortet)|\bneuer kommentar|\bha (?:comentado|respondido|anadido un comentario)|\bha (?:commentato|risposto|aggiunto un commento)"
    r"|\bheeft (?:gereageerd|een (?:opmerking|reactie)|geantwoord)|\b(?:comentou|respondeu|adicionou um comentario)",
)
