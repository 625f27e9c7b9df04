from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from relance_mailer.replies.intent import understand
from relance_mailer.replies.model import Account, CreditorFacts, Intent, OpenInvoice, Understanding

SENT = date(2025, 11, 19)  # a Wednesday
ACCOUNT = Account(
    "Menuiserie Lorraine",
    "FR",
    (
        OpenInvoice("FA-2025-0412", Decimal("1250.00"), "EUR", date(2025, 10, 31)),
        OpenInvoice("FA-2025-0431", Decimal("480.00"), "EUR", date(2025, 11, 5)),
        OpenInvoice("FA-2025-0457", Decimal("96.40"), "EUR", date(2025, 11, 12)),
    ),
)
CREDITOR = CreditorFacts(("FR7630006000011234567890189",), ("compta@chene-clair.example",), "FR")


def read(text: str, **more: object) -> Understanding:
    return understand(text, sent_on=SENT, account=ACCOUNT, creditor=CREDITOR, **more)  # type: ignore[arg-type]


PLAIN = {
    Intent.INSOLVENCY: [
        "Par jugement du tribunal de commerce de Metz, notre société a été placée en liquidation judiciaire.",
        "Nous sommes en redressement judiciaire depuis le 4 novembre, merci de déclarer votre créance auprès de Me Roux.",
        "Une procédure de sauvegarde a été ouverte à notre bénéfice, je vous invite à déclarer vos créances.",
        "L'entreprise a déposé le bilan la semaine dernière.",
        "Le mandataire judiciaire désigné est la SELARL Martin, à Nancy.",
        "Nous nous trouvons en cessation des paiements.",
        "La société bruxelloise a été déclarée en faillite le 12 de ce mois.",
        "The company entered administration on 3 November and joint administrators have been appointed.",
        "Please note that we have gone into liquidation. Claims should be sent to the liquidator.",
        "Our US entity filed for Chapter 11 last month.",
        "A winding-up order was made against us, the official receiver will contact creditors.",
    ],
    Intent.DISPUTE: [
        "Nous contestons cette facture.",
        "Le prix facturé est erroné : le devis prévoyait 900 € et non 1 250 €.",
        "La remise de 5 % n'a pas été appliquée, nous attendons un avoir.",
        "Nous n'avons reçu que 8 palettes sur les 10 commandées.",
        "Le matériel est arrivé endommagé, nous refusons de payer en l'état.",
        "La marchandise n'a jamais été livrée.",
        "Nous n'avons jamais commandé ce produit.",
        "Cette facture fait doublon avec la précédente.",
        "Cette facture ne nous concerne pas, vous vous trompez de société.",
        "Notre contrat a été résilié au 30 juin, rien n'est dû au-delà.",
        "Nous attendons toujours l'avoir promis par votre commercial.",
        "Nous ne paierons pas cette facture.",
        "Les travaux ne sont pas terminés, des réserves n'ont pas été levées.",
        "La machine ne fonctionne toujours pas, le règlement reste bloqué.",
        "Vous nous avez facturé deux fois la même intervention.",
        "The amount is incorrect, we were quoted £900.",
        "We never received the goods.",
        "Half of the parts arrived damaged and were returned to you.",
        "We are disputing this invoice.",
        "This invoice is a duplicate of the one you sent in September.",
        "We cancelled the subscription in June, so this charge is not due.",
        "We never ordered this.",
        "You have billed the wrong company.",
        "We are still waiting for the credit note you promised.",
        "We will not be paying this invoice.",
        "Only 8 of the 10 units were received; we only received a partial delivery.",
        "You overcharged us for the October work.",
    ],
    Intent.ALREADY_PAID: [
        "Nous avons réglé cette facture le 12 novembre par virement.",
        "Le virement est parti ce matin.",
        "Sauf erreur de notre part, cette facture a déjà été payée.",
        "Cette facture est soldée depuis le mois dernier.",
        "Virement effectué hier, vous devriez le recevoir sous peu.",
        "Vous trouverez ci-joint la preuve de virement.",
        "Je viens de faire le virement.",
        "Le chèque n° 4471 a été encaissé le 10 novembre.",
        "Réglée par carte vendredi dernier.",
        "Les sommes ont été débitées de notre compte le 14/11.",
        "Nos livres montrent que la facture a été acquittée le 3 novembre.",
        "We paid this on 12 November.",
        "This invoice was settled last week.",
        "Payment was sent yesterday, please check your account.",
        "The transfer went out this morning.",
        "Please find attached the remittance advice.",
        "This has already been paid.",
        "Our records show that this invoice has been paid in full.",
    ],
    Intent.PROMISE_TO_PAY: [
        "Nous réglerons cette facture vendredi.",
        "Le virement partira le 28 novembre.",
        "Votre facture sera mise en paiement lors de la prochaine campagne de règlements.",
        "Je vous fais le virement aujourd'hui.",
        "Le règlement est prévu fin de mois.",
        "Nous nous engageons à vous régler sous huitaine.",
        "Paiement programmé au 30 novembre.",
        "Vous serez payés la semaine prochaine.",
        "On vous paie demain sans faute.",
        "Nous allons procéder au règlement dans les meilleurs délais.",
        "La facture sera réglée au plus tard le 5 décembre.",
        "La facture a été validée et le paiement interviendra sous 30 jours.",
        "We will pay this invoice on Friday.",
        "Payment will be made next week.",
        "This is scheduled for payment on 28 November.",
        "It will be included in our next payment run.",
        "I'll transfer the money today.",
        "You will receive payment by the end of the month.",
        "We're going to settle it tomorrow.",
    ],
    Intent.PAYMENT_PLAN: [
        "Pourriez-vous nous accorder un délai supplémentaire de 30 jours ?",
        "Serait-il possible de régler en trois fois ?",
        "Nous vous proposons un échéancier sur quatre mois.",
        "Nous verserons la moitié le 15 et le solde le 30.",
        "Est-il envisageable de reporter l'échéance au 15 janvier ? Nous souhaiterions un report.",
        "Peut-on payer fin janvier ?",
        "Could we pay in three instalments?",
        "Would you grant us 30 more days?",
        "We would like to set up a payment plan.",
        "We can pay half now and the balance at the end of January.",
        "Would it be possible to pay at the end of January?",
    ],
    Intent.HARDSHIP: [
        "Nous traversons de grosses difficultés de trésorerie.",
        "Nous ne sommes pas en mesure de vous régler actuellement.",
        "La trésorerie est très tendue, nos clients ne nous paient plus.",
        "Je ne peux malheureusement pas vous payer pour le moment.",
        "We cannot pay at the moment.",
        "We have serious cash flow problems right now.",
        "We are struggling and unable to pay anything this month.",
    ],
    Intent.DOCUMENT_REQUEST: [
        "Pouvez-vous nous renvoyer la facture ?",
        "Merci de nous transmettre votre RIB.",
        "Nous n'avons pas reçu cette facture.",
        "Il manque le numéro de bon de commande.",
        "Merci de déposer la facture sur Chorus Pro avec le numéro d'engagement.",
        "Veuillez nous adresser un relevé de compte.",
        "À quoi correspond cette facture ?",
        "Sans bon de commande, nous ne pouvons pas régler.",
        "Pourriez-vous me communiquer le bon de livraison signé ?",
        "Please send us a copy of the invoice.",
        "Could you provide a PO number for this?",
        "We need the proof of delivery before we can release it.",
        "We have no record of this invoice.",
        "Can you confirm your bank details?",
        "What is this invoice for?",
    ],
    Intent.WRONG_CONTACT: [
        "Je ne travaille plus pour cette société, écrivez à compta@lorraine.example.",
        "Vous vous trompez d'interlocuteur, je ne suis pas en charge de la comptabilité.",
        "Mme Petit a quitté la société, merci de vous adresser à compta@lorraine.example",
        "Merci d'adresser désormais vos relances à factures@lorraine.example.",
        "I am not the right person, please contact ap@lorraine.example.",
        "Jane has left the company.",
        "I no longer work in accounts.",
    ],
    Intent.STOP_CONTACT: [
        "Merci de ne plus me contacter.",
        "Cessez de nous envoyer ces mails.",
        "Veuillez désormais passer par notre avocat.",
        "Je m'oppose au traitement de mes données, conformément au RGPD.",
        "Please stop emailing us.",
        "Please direct all correspondence through our solicitors.",
        "Do not contact me again.",
    ],
    Intent.ACKNOWLEDGEMENT: [
        "Bien reçu, merci.",
        "Je transmets à la comptabilité.",
        "Nous vérifions et revenons vers vous.",
        "Bonjour,\n\nC'est noté, je regarde cela demain.\n\nBien à vous",
        "Thanks for your email, I will look into it.",
        "I have forwarded this to our accounts department.",
        "Noted, we'll get back to you.",
    ],
}
CASES = [(sentence, intent) for intent, sentences in PLAIN.items() for sentence in sentences]


@pytest.mark.parametrize(("sentence", "intent"), CASES, ids=[sentence[:60] for sentence, _ in CASES])
def test_a_plain_sentence_is_understood(sentence: str, intent: Intent) -> None:
    assert read(sentence).intent is intent


@pytest.mark.parametrize(("sentence", "intent"), CASES, ids=[sentence[:60] for sentence, _ in CASES])
def test_courtesies_around_it_change_nothing(sentence: str, intent: Intent) -> None:
    english = read(sentence).language == "en"
    greeting, closing = ("Dear Sirs", "Kind regards") if english else ("Bonjour Madame", "Bien cordialement")
    letter = f"{greeting},\n\n{sentence}\n\n{closing},\nA. Petit\nService litiges et paiements\n"
    assert read(letter).intent is intent
