"""A mailbox of an accounts department, made up anew from a seed: what bench/receive.py lets each program read.

Of a hundred messages 70 are strangers' (newsletters, suppliers' invoices in PDF, short ones from people nobody chases), 15
answers to our notices, 10 machines' (absences, receipts, orders confirmed) and 5 bounces; 2 to 200 kB, 45 kB on average.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

US = "compta@creditor.example"
OUR_NAME = "Comptabilité Martin"
BEGINNING = datetime(2026, 3, 10, 8, tzinfo=UTC)
SHARES = (
    ("newsletter", 30),
    ("supplier", 25),
    ("stranger", 15),
    ("answer", 15),
    ("machine", 10),
    ("bounce", 5),
)
_WORDS = [
    "bonjour",
    "notre",
    "nouvelle",
    "gamme",
    "de",
    "produits",
    "est",
    "arrivée",
    "en",
    "magasin",
    "avec",
    "des",
    "prix",
    "très",
    "intéressants",
    "pour",
    "votre",
    "entreprise",
    "nous",
    "vous",
    "proposons",
    "cette",
    "semaine",
    "une",
    "sélection",
    "de",
    "fournitures",
    "et",
    "de",
    "services",
    "choisis",
    "par",
    "nos",
    "équipes",
    "livraison",
    "rapide",
    "offre",
    "valable",
    "dans",
    "la",
    "limite",
    "des",
    "stocks",
    "disponibles",
    "découvrez",
    "aussi",
    "les",
    "conseils",
    "de",
    "nos",
    "experts",
    "et",
    "les",
    "dates",
    "des",
    "salons",
    "please",
    "find",
    "the",
    "figures",
    "of",
    "the",
    "quarter",
    "our",
    "team",
    "will",
    "be",
    "happy",
    "to",
    "help",
    "with",
    "delivery",
    "and",
    "planning",
    "of",
    "the",
    "next",
    "order",
    "chantier",
    "menuiserie",
    "devis",
    "commande",
    "planning",
    "réunion",
    "lundi",
    "équipe",
    "bureau",
    "rendez-vous",
    "atelier",
    "bois",
    "pose",
    "dossier",
    "client",
]
_ANSWERS = (
    "Bonjour,\n\nNous réglerons cette facture le 20 mars 2026 par virement.",
    "Bonjour,\n\nLe virement est parti hier, vous devriez le recevoir demain.",
    "Bonjour,\n\nNous contestons cette facture : la livraison était incomplète, il manquait deux portes.",
    "Bonjour,\n\nPouvez-vous nous renvoyer la facture en PDF ? Nous ne la retrouvons pas.",
    "Bonjour,\n\nBien reçu, je transmets à la comptabilité.",
    "Hello,\n\nPayment will be made on 27 March 2026.",
    "Bonjour,\n\nNotre trésorerie est difficile ce mois-ci. Serait-il possible de payer en trois fois ?",
)
_MACHINES = (
    ("Réponse automatique : {subject}", "Bonjour,\n\nJe suis absent du bureau jusqu'au 23 mars 2026. En cas d'urgence, écrivez à accueil@{domain}.\n", "auto-replied"),
    ("Automatic reply: {subject}", "Hello,\n\nI am out of the office until 30 March 2026 with limited access to e-mail.\n", "auto-replied"),
    ("[Ticket #48{n}] Votre demande a bien été prise en compte", "Bonjour,\n\nNous avons bien reçu votre message. Ceci est un message automatique, merci de ne pas y répondre.\n", "auto-generated"),
    ("Confirmation de votre commande {n}", "Bonjour,\n\nNous vous confirmons votre commande {n}. Elle sera livrée jeudi.\n", "auto-generated"),
)  # fmt: skip

_STATUS = "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 unknown user\n"


@dataclass(frozen=True, slots=True)
class Sent:
    """A notice of ours that answers and bounces refer to."""

    message_id: str
    to: str
    subject: str
    text: str
    number: str


def notices(count: int) -> list[Sent]:
    """Return notices to as many debtors, each about one invoice."""
    found = []
    for n in range(count):
        number = f"FA-2026-{n:04}"
        text = (
            "Madame, Monsieur,\n\nSauf erreur de notre part, la facture ci-dessous n'est pas encore réglée :\n\n"
            f"Facture    Date        Échéance    Reste dû TTC\n{number}  05/01/2026  04/02/2026  1 {n % 900 + 100},00 €\n\n"
            "Nous vous remercions de bien vouloir procéder à son règlement sous huit jours par virement :\n"
            "IBAN FR76 3000 6000 0112 3456 7890 189\n\nSi votre règlement nous est parvenu entre-temps, nous vous prions de ne "
            "pas tenir compte de ce message et vous en remercions.\n\nSi un point appelle une remarque ou une contestation de "
            "votre part, il vous suffit de répondre à ce message.\n\nCordialement,\nClaire Martin\nMenuiserie Martin\n"
            "1 rue des Lilas, 75011 Paris\n"
        )
        found.append(
            Sent(
                f"<n{n}.7f3a@creditor.example>",
                f"compta@debtor{n}.example",
                f"Facture {number} : rappel",
                text,
                number,
            )
        )
    return found


def mixture(count: int, sent: list[Sent], seed: int = 5) -> Iterator[bytes]:
    """Yield `count` messages, with LF as a server keeps them."""
    chance = random.Random(seed)
    kinds, weights = zip(*SHARES, strict=True)
    makers: dict[str, Callable[[random.Random, int, Sent], EmailMessage | bytes]]
    makers = {"newsletter": _newsletter, "supplier": _supplier, "stranger": _stranger}
    makers |= {"answer": _answer, "machine": _machine, "bounce": _bounce}
    for n in range(count):
        kind = chance.choices(kinds, weights)[0]
        made = makers[kind](chance, n, chance.choice(sent))
        yield made if isinstance(made, bytes) else made.as_bytes()


def _message(chance: random.Random, n: int, sender: str, subject: str) -> EmailMessage:
    """Return a message with the header that it has after its road."""
    domain = sender.rpartition("@")[2]
    at = format_datetime(BEGINNING + timedelta(seconds=37 * n))
    letters = "".join(chance.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789+/", k=344))
    folded = "\n ".join(letters[start : start + 70] for start in range(0, 344, 70))
    message = EmailMessage()
    message["Return-Path"] = f"<{sender}>"
    message["Delivered-To"] = US
    for hop in range(4):
        message["Received"] = f"from mx{hop}.{domain} (mx{hop}.{domain} [192.0.2.{hop + 7}]) by mx.creditor.example (Postfix) with ESMTPS id {n:08X}{hop} for <{US}>; {at}"  # fmt: skip
    message["Authentication-Results"] = f"mx.creditor.example; dkim=pass header.d={domain}; spf=pass smtp.mailfrom={sender}; dmarc=pass header.from={domain}"  # fmt: skip
    message["From"] = f"Service {domain.partition('.')[0]} <{sender}>"
    message["To"] = f"{OUR_NAME} <{US}>"
    message["Subject"] = subject
    message["Date"] = at
    message["Message-ID"] = f"<{n}.{letters[:12].replace('+', '').replace('/', '')}@{domain}>"
    message["DKIM-Signature"] = f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=s1; h=from:to:subject:date:message-id; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b={letters[:300].replace('/', 'a')}"  # fmt: skip
    message["X-Spam-Status"] = "No, score=-2.1 required=5.0 tests=DKIM_SIGNED,DKIM_VALID,HTML_MESSAGE"
    message["X-MS-Exchange-CrossTenant-Network-Message-Id"] = "".join(folded.split())[:120]
    return message


def _words(chance: random.Random, characters: int) -> str:
    """Return sentences in lines of up to 76 characters."""
    lines, line, size = [], "", 0
    while size < characters:
        line += chance.choice(_WORDS) + " "
        if len(line) > 66:
            lines.append(line.strip().capitalize() + chance.choice((".", ",", "")))
            size += len(line)
            line = ""
            if chance.random() < 0.15:
                lines.append("")
    return "\n".join(lines) + "\n"


def _html(chance: random.Random, text: str, repeated: int = 1) -> str:
    blocks = "".join(
        f'<tr><td align="left" style="font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:21px;padding:10px 20px">'
        f'<a href="https://news.shop.example/c/{chance.getrandbits(128):032x}" style="color:#1155cc">{line}</a></td></tr>\n'
        for line in text.split("\n") * repeated
        if line
    )
    return (
        f"<html><head><style>td {{ padding: 0 }}</style></head><body><table>{blocks}</table></body></html>\n"
    )


def _newsletter(chance: random.Random, n: int, _to: Sent) -> EmailMessage:
    sender = f"news@shop{chance.randrange(80)}.example"
    message = _message(
        chance, n, sender, "Nos offres de la semaine : " + _words(chance, 40).split("\n")[0][:50]
    )
    message["List-Unsubscribe"] = f"<https://news.shop.example/u/{n}>"
    message["Precedence"] = "bulk"
    text = _words(chance, chance.randrange(1_500, 12_000))
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(_html(chance, text), subtype="html", cte="quoted-printable")
    return message


def _supplier(chance: random.Random, n: int, _to: Sent) -> EmailMessage:
    sender = f"facturation@fournisseur{chance.randrange(200)}.example"
    message = _message(chance, n, sender, f"Votre facture {chance.randrange(10**6):06}")
    text = f"Bonjour,\n\nVeuillez trouver ci-joint notre facture du mois.\n\n{_words(chance, 300)}\nCordialement,\nLe service facturation\n"
    message.set_content(text)
    message.add_alternative(_html(chance, text), subtype="html")
    pdf = b"%PDF-1.7\n" + chance.randbytes(int(12_000 * 11 ** chance.random()))
    message.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"facture-{n}.pdf")
    return message


def _stranger(chance: random.Random, n: int, _to: Sent) -> EmailMessage:
    sender = f"paul{chance.randrange(500)}@entreprise{chance.randrange(300)}.example"
    message = _message(
        chance, n, sender, chance.choice(("Réunion de lundi", "Re: planning du chantier", "Question"))
    )
    if message["Subject"].startswith("Re:"):
        message["In-Reply-To"] = f"<{n}.others@creditor.example>"
        message["References"] = f"<1.others@creditor.example> <{n}.others@creditor.example>"
    text = f"Bonjour,\n\n{_words(chance, chance.randrange(200, 1_500))}\nBien à vous,\nPaul\n\n"
    text += "\n".join("> " + line for line in _words(chance, chance.randrange(200, 3_000)).split("\n")) + "\n"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(_html(chance, text, 2), subtype="html", cte="quoted-printable")
    return message


def _answer(chance: random.Random, n: int, to: Sent) -> EmailMessage:
    message = _message(chance, n, to.to, f"Re: {to.subject}")
    message["In-Reply-To"] = message["References"] = to.message_id
    quoted = "\n".join("> " + line for line in to.text.split("\n"))
    own = f"{chance.choice(_ANSWERS)}\n\nCordialement,\nMme Durand\nService comptabilité\n"
    text = f"{own}\nLe mar. 10 mars 2026 à 09:00, {OUR_NAME} <{US}> a écrit :\n{quoted}\n"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(
        _html(chance, own) + _html(chance, to.text), subtype="html", cte="quoted-printable"
    )
    if chance.random() < 0.3:  # a logo, an order
        image = chance.randbytes(chance.randrange(5_000, 60_000))
        message.add_attachment(image, maintype="image", subtype="png", filename="logo.png")
    return message


def _machine(chance: random.Random, n: int, to: Sent) -> EmailMessage:
    subject, text, submitted = chance.choice(_MACHINES)
    domain = to.to.partition("@")[2]
    message = _message(chance, n, to.to, subject.format(subject=to.subject, n=n))
    message["Auto-Submitted"] = submitted
    if submitted == "auto-replied":
        message["In-Reply-To"] = to.message_id
    text = text.format(domain=domain, n=n)
    message.set_content(text)
    message.add_alternative(_html(chance, text, chance.randrange(1, 20)), subtype="html")
    return message


def _bounce(chance: random.Random, n: int, to: Sent) -> bytes:
    message = _message(
        chance, n, f"mailer-daemon@mx.{to.to.partition('@')[2]}", "Undelivered Mail Returned to Sender"
    )
    message.replace_header("Return-Path", "<>")
    message["Auto-Submitted"] = "auto-replied"
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = f'multipart/report; report-type=delivery-status; boundary="b{n}"'
    original = EmailMessage()
    original["From"], original["To"], original["Subject"] = US, to.to, to.subject
    original["Message-ID"] = to.message_id
    original.set_content(to.text + _words(chance, chance.randrange(100, 4_000)), cte="quoted-printable")
    parts = (
        f"Content-Type: text/plain\n\nThis is the mail system.\n\n<{to.to}>: host mx.example said: 550 5.1.1 unknown user\n",
        f"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; {to.to}\n{_STATUS}",
        f"Content-Type: message/rfc822\n\n{original.as_string()}",
    )
    body = "".join(f"--b{n}\n{part}\n" for part in parts) + f"--b{n}--\n"
    return message.as_bytes().rstrip(b"\n") + b"\n\n" + body.encode()
