"""What the demo's debtors write, in several wordings each; {date}, {numbers} and {first} come from the script."""

from __future__ import annotations

from datetime import date
from random import Random

from babel.dates import format_date

from relance_mailer.demo.model import Debtor, Says

WORDINGS: dict[str, tuple[str, ...]] = {
    "promise": (
        "nous vous confirmons que le règlement sera effectué par virement le {date}.",
        "le virement partira le {date}.",
        "nous avons bien reçu votre relance. Nous vous réglerons le {date} par virement.",
        "désolée pour ce retard : je vous paierai ces factures le {date}.",
    ),
    "promise_again": (
        "toutes nos excuses, un de nos clients nous a fait attendre. Nous vous réglerons le {date}, sans faute.",
        "pardon pour ce contretemps. Le virement sera fait le {date}.",
        "je suis confuse, le règlement n'est pas parti comme prévu. Nous paierons le {date}.",
    ),
    "double": (
        "nous contestons la facture {first} : cette commande nous a déjà été facturée en janvier.",
        "la facture {first} fait double emploi, la même livraison a été facturée deux fois. Merci d'établir un avoir.",
        "nous ne sommes pas d'accord avec la facture {first} : elle a été facturée deux fois.",
    ),
    "not_delivered": (
        "nous n'avons jamais reçu cette marchandise. Nous contestons ces factures.",
        "ces factures sont contestées : la commande n'a pas été livrée.",
        "nous contestons ces factures, la marchandise n'a jamais été livrée.",
    ),
    "paid": (
        "cette facture a déjà été réglée par virement le {date}.",
        "le virement a été effectué le {date}, merci de vérifier vos comptes.",
        "sauf erreur, nous avons payé cette facture le {date}.",
    ),
    "plan": (
        "notre trésorerie est tendue en ce moment. Pourriez-vous nous accorder un échéancier en trois fois ?",
        "nous vous proposons un échéancier : trois versements de 1 500 €, le premier mi-mars.",
        "nous souhaiterions un échéancier : un paiement en trois fois vous conviendrait-il ?",
    ),
    "both": (
        (
            "la facture {first} sera réglée le {date}. En revanche, nous contestons la facture {last} : il manquait deux tables "
            "à la livraison."
        ),
        (
            "nous réglerons la facture {first} le {date}. Par contre, la facture {last} est contestée : il manquait deux tables "
            "à la livraison."
        ),
    ),
    "insolvent": (
        (
            "par jugement du 24 février, le tribunal de commerce a ouvert une procédure de redressement judiciaire à notre égard. "
            "Merci de déclarer votre créance auprès du mandataire judiciaire."
        ),
        (
            "notre société a été placée en redressement judiciaire le 24 février. Vous voudrez bien déclarer votre créance "
            "auprès du mandataire judiciaire."
        ),
    ),
    "mandate": (
        "le règlement sera effectué par mandat administratif le {date}.",
        "après visa du comptable public, le paiement interviendra le {date}.",
        "vos factures sont visées ; le virement du Trésor partira le {date}.",
    ),
    "received": (
        "bien reçu, je transmets à notre comptable.",
        "j'accuse réception de votre message et le transmets à notre service comptable.",
        "c'est bien noté, je fais suivre à la comptabilité.",
    ),
    "promise_en": (
        "payment will be made by bank transfer on {date}.",
        "apologies for the delay. We will pay on {date}.",
        "thank you for the reminder. We will settle this on {date}.",
    ),
    "copy_en": (
        "we cannot find these invoices in our system. Could you please send us a copy?",
        "please send us a copy of the invoices, we have not received them.",
        "could you resend the invoices, please? We have no record of them.",
    ),
}

_DAYS = {"fr": ("d MMMM", "EEEE d MMMM", "dd/MM/y"), "en": ("d MMMM", "EEEE d MMMM", "d MMMM y")}
_HELLO = {
    "fr": ("Bonjour,", "Bonjour Madame,", "Bonjour à tous,"),
    "en": ("Hello,", "Dear all,", "Good morning,"),
}
_GOODBYE = {
    "fr": ("Cordialement,", "Bien cordialement,", "Bonne journée,"),
    "en": ("Kind regards,", "Best regards,", "Many thanks,"),
}


def day_in_words(day: date | None, language: str, pattern: str) -> str:
    """Write a day as people do in their mails."""
    return "" if day is None else format_date(day, pattern, locale="fr_FR" if language == "fr" else "en_GB")


def text_of(debtor: Debtor, says: Says, chance: Random) -> str:
    """Return what a debtor writes: greeting, a wording that chance takes, signature."""
    language = debtor.language
    wording = chance.choice(WORDINGS[says.words])
    words = filled(wording, says, day_in_words(says.on, language, chance.choice(_DAYS[language])))
    hello, goodbye = chance.choice(_HELLO[language]), chance.choice(_GOODBYE[language])
    return f"{hello}\n\n{words}\n\n{goodbye}\n{debtor.person}\n{debtor.name}"


def every_text(debtor: Debtor, says: Says) -> list[str]:
    """Return all that a debtor may write there, for the test that each is understood."""
    days = [day_in_words(says.on, debtor.language, pattern) for pattern in _DAYS[debtor.language]]
    hello, goodbye = _HELLO[debtor.language][0], _GOODBYE[debtor.language][0]
    return [
        f"{hello}\n\n{filled(wording, says, day)}\n\n{goodbye}\n{debtor.person}\n{debtor.name}"
        for wording in WORDINGS[says.words]
        for day in dict.fromkeys(days)
    ]


def filled(wording: str, says: Says, day: str) -> str:
    """Set a day and numbers in, and begin with a capital letter."""
    names = {"first": says.about[0], "last": says.about[-1]} if says.about else {}
    words = wording.format(date=day, **names)
    return words[0].upper() + words[1:]
