from __future__ import annotations

import time
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


# --- the taxonomy's rules for the usual doubts ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "intent", "also"),
    [
        ("Nous ne contestons pas cette facture, elle sera payée fin de mois.", Intent.PROMISE_TO_PAY, ()),
        ("No dispute on our side, the transfer has not left yet but will go on Friday.", Intent.PROMISE_TO_PAY, ()),
        ("Le virement n'est pas encore parti, il sera fait lundi.", Intent.PROMISE_TO_PAY, ()),
        ("Dès réception de l'avoir, nous réglerons le solde.", Intent.DISPUTE, (Intent.PROMISE_TO_PAY,)),
        ("As soon as we receive the credit note we will pay.", Intent.DISPUTE, (Intent.PROMISE_TO_PAY,)),
        ("Nous paierons dès que nous aurons reçu votre RIB.", Intent.DOCUMENT_REQUEST, (Intent.PROMISE_TO_PAY,)),
        (
            "Please send the invoice again and we will pay at the end of the month.",
            Intent.DOCUMENT_REQUEST,
            (Intent.PROMISE_TO_PAY,),
        ),
        ("Nous verserons la moitié le 15 et le solde le 30.", Intent.PAYMENT_PLAN, ()),
        ("La trésorerie est tendue mais nous vous paierons le 5 décembre.", Intent.PROMISE_TO_PAY, ()),
        ("Bien reçu. Le virement est parti hier.", Intent.ALREADY_PAID, ()),
        ("Notre société est en redressement judiciaire, nous contestons aussi la facture.", Intent.INSOLVENCY, (Intent.DISPUTE,)),
        ("Je ne suis pas en redressement judiciaire, je vous paie vendredi.", Intent.PROMISE_TO_PAY, ()),
        ("Your goods were fine and we have no complaints; the cheque was posted on Monday.", Intent.ALREADY_PAID, ()),
        ("Nous n'avons pas reçu la facture, pouvez-vous la renvoyer ?", Intent.DOCUMENT_REQUEST, ()),
    ],
)  # fmt: skip
def test_a_doubt_is_settled_by_its_rule(text: str, intent: Intent, also: tuple[Intent, ...]) -> None:
    found = read(text)
    assert (found.intent, found.also) == (intent, also)


def test_what_is_said_of_each_invoice_is_told_apart() -> None:
    found = read("La 0412 est réglée, la 0431 est contestée.")
    assert found.intent is Intent.DISPUTE
    assert found.also == (Intent.ALREADY_PAID,)
    assert found.per_invoice == {"FA-2025-0412": Intent.ALREADY_PAID, "FA-2025-0431": Intent.DISPUTE}
    assert found.invoices == ("FA-2025-0412", "FA-2025-0431")


def test_the_others_are_those_not_named() -> None:
    found = read("J'ai réglé les deux autres, pour la 0457 nous attendons un avoir.")
    assert found.per_invoice == {
        "FA-2025-0412": Intent.ALREADY_PAID,
        "FA-2025-0431": Intent.ALREADY_PAID,
        "FA-2025-0457": Intent.DISPUTE,
    }
    assert found.invoices == ("FA-2025-0457",)


def test_the_same_said_of_all_is_not_told_apart() -> None:
    found = read("Les factures 0412 et 0431 seront payées vendredi.")
    assert found.per_invoice is None
    assert found.invoices == ("FA-2025-0412", "FA-2025-0431")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Nous contestons la FA-2025-0412.", ("FA-2025-0412",)),
        ("Nous contestons la fa 2025 0412.", ("FA-2025-0412",)),
        ("Nous contestons la facture 412.", ("FA-2025-0412",)),
        ("We dispute invoices 0412, 0431 and 0457.", ("FA-2025-0412", "FA-2025-0431", "FA-2025-0457")),
        ("Nous paierons en 2025, le 04/12, soit 412,00 €.", ()),
        ("Appelez le 01 04 12 04 31.", ()),
    ],
)
def test_invoices_are_named_by_their_numbers_short_or_whole(text: str, numbers: tuple[str, ...]) -> None:
    assert read(text).invoices == numbers


def test_promise_and_payment_in_one_sentence_keep_their_own_dates_and_sums() -> None:
    found = read("Nous avons viré 800 € le 12/11 et le solde de 450 € partira vendredi.")
    assert found.intent is Intent.ALREADY_PAID
    assert found.paid_date == date(2025, 11, 12)
    assert found.promise_date == date(2025, 11, 21)
    assert found.promise_amount == Decimal(450)


def test_a_promised_sum_is_given_where_it_is_stated() -> None:
    assert read("Nous verserons 500 € le 28 novembre.").promise_amount == Decimal(500)
    assert read("Nous paierons le 28 novembre.").promise_amount is None


def test_without_a_sending_day_no_date_is_read() -> None:
    found = understand("Nous réglerons vendredi.", sent_on=None)
    assert (found.intent, found.promise_date) == (Intent.PROMISE_TO_PAY, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Le prix est erroné.", "price"),
        ("Nous n'avons reçu que 8 palettes.", "quantity"),
        ("The unit is defective.", "quality"),
        ("La marchandise n'a jamais été livrée.", "not_delivered"),
        ("We never ordered this.", "not_ordered"),
        ("Cette facture est un doublon.", "duplicate"),
        ("You have billed the wrong company.", "wrong_company"),
        ("Notre contrat a été résilié.", "contract_ended"),
        ("Nous attendons votre avoir.", "credit_note_due"),
        ("We refuse to pay.", "refusal"),
        ("Nous contestons cette facture.", "other"),
    ],
)
def test_a_dispute_has_its_reason(text: str, reason: str) -> None:
    assert read(text).dispute_reason == reason


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("Nous avons payé sur votre nouveau RIB.", "bank_change"),
        ("Paid to the new bank account that you e-mailed us.", "bank_change"),
        ("Le virement est parti sur le compte indiqué suite à votre changement de coordonnées bancaires.", "bank_change"),
        ("Viré hier sur GB82 WEST 1234 5698 7654 32.", "bank_change"),
        ("Si vous continuez, nous saisirons le tribunal.", "threat"),
        ("We will take legal action.", "threat"),
        ("C'est inadmissible !", "angry"),
        ("We act for Lorraine Ltd and dispute the debt.", "lawyer"),
    ],
)  # fmt: skip
def test_a_sign_is_flagged(text: str, flag: str) -> None:
    assert flag in read(text).flags


@pytest.mark.parametrize(
    "text",
    [
        "Nous avons payé sur votre RIB FR76 3000 6000 0112 3456 7890 189.",
        "Votre RIB n'a pas changé, nous payons vendredi.",
        "Notre nouveau compte client est ouvert, nous payons vendredi.",
    ],
)
def test_the_known_account_is_no_bank_change(text: str) -> None:
    assert "bank_change" not in read(text).flags


def test_the_new_contact_is_the_address_said_not_the_author_s_or_ours() -> None:
    text = "Je ne suis plus en charge de cela. Merci d'écrire à Compta@Lorraine.example, pas à moi (jean@lorraine.example)."
    assert read(text, sender="jean@lorraine.example").new_contact == "Compta@Lorraine.example"
    assert read("I no longer work here, as I told compta@chene-clair.example.").new_contact == ""


# --- honest about the rest ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ok",
        "Merci",
        "Quelle est la hauteur de votre table en chêne ?",
        "Guten Tag, die Rechnung wurde bereits bezahlt.",
        "Je ne pense pas que le virement soit parti.",
        "Si la marchandise est conforme, nous réglerons vendredi.",
        "La facture n'a pas été réglée.",
        "Je regarde, mais il y a eu un problème.",
        "Notre client est en liquidation judiciaire et nous attendons.",
    ],
)
def test_a_person_looks_where_the_words_are_not_plain(text: str) -> None:
    assert read(text).needs_review


@pytest.mark.parametrize("words", ["in liquidation", "en redressement judiciaire", "in Insolvenz"])
def test_insolvency_printed_under_the_signature_is_seen(words: str) -> None:
    found = read(f"Nous paierons vendredi.\n\nCordialement\nBois et Fils SARL ({words})\n")
    assert found.intent is (Intent.PROMISE_TO_PAY if "Insolvenz" in words else Intent.INSOLVENCY)
    assert found.needs_review is (found.intent is Intent.INSOLVENCY)


def test_a_postscript_counts_and_a_signature_does_not() -> None:
    letter = "Bonjour,\n\nBien reçu.\n\nCordialement\nA. Petit, service litiges et virements\n"
    assert read(letter).intent is Intent.ACKNOWLEDGEMENT
    assert read(letter + "\nPS : nous contestons la 0412.\n").intent is Intent.DISPUTE


def test_a_subject_of_the_author_s_own_counts_where_the_text_is_silent() -> None:
    assert read("", subject="Liquidation judiciaire de Menuiserie Lorraine").intent is Intent.INSOLVENCY
    assert read("", subject="RE: facture payée").intent is Intent.OTHER
    assert read("", subject="Liquidation judiciaire").needs_review


@pytest.mark.parametrize(("sentence", "intent"), CASES, ids=[sentence[:60] for sentence, _ in CASES])
def test_the_deciding_words_are_shown_where_they_stand(sentence: str, intent: Intent) -> None:
    found = read(f"Bonjour,\n\n{sentence}")
    assert found.because, intent
    for words in found.because:
        assert words.text == found.reply_text[words.start : words.end] != ""
    assert 0 < found.confidence <= 1


@pytest.mark.parametrize(
    "filler",
    ["a", " ", "\n", "nous avons ", "le virement ", "merci de nous ", "1 ", "a@", "we have not ", ".", "- "],
)
def test_a_hostile_length_is_read_in_reasonable_time(filler: str) -> None:
    text = filler * (400_000 // len(filler))
    began = time.process_time()
    assert understand(text, sent_on=SENT, account=ACCOUNT).reply_text == text
    assert time.process_time() - began < 5  # a quadratic pattern takes minutes


@pytest.mark.parametrize("words", ["je paie ", "nous avons payé ", "we will pay "])
def test_one_endless_sentence_of_plain_words_is_read_in_reasonable_time(words: str) -> None:
    began = time.process_time()
    assert read(words * (20_000 // len(words))).intent in {Intent.PROMISE_TO_PAY, Intent.ALREADY_PAID}
    assert time.process_time() - began < 3  # it took 22 seconds, inside the transaction that takes an answer
