"""The case file: its chronology, its README, what exporting and verifying say. (French, English); see the package."""

from __future__ import annotations

_LISEZMOI = """\
DOSSIER DE PREUVE – {debtor}
{line}

Créancier : {creditor}
Débiteur :  {debtor} (référence {reference}){about}
Établi le {at} par {by}, avec relance_mailer {program}.

CE QU'IL CONTIENT

{chronology}
    À lire en premier : ce qui est dû, puis tout ce qui s'est passé, dans
    l'ordre. Page autonome, à ouvrir dans un navigateur et à imprimer en A4.
messages/
    Chaque message, octet pour octet comme il a été remis au serveur d'envoi
    ou lu dans la boîte : s'ouvre dans un logiciel de messagerie.
ledger.jsonl
    Le journal : une ligne par fait, chacune liée à la précédente.
manifest.json
    Le résumé pour les programmes : qui, quoi, quand, première et dernière
    entrée du journal.
SHA256SUMS
    L'empreinte de chaque fichier.
verify.py
    Un vérificateur indépendant, qui ne demande que Python.

COMMENT LE VÉRIFIER

1. Avec le programme :      relance-mailer dossier verify DOSSIER.zip
2. Sans lui, une fois le dossier décompressé :
     sha256sum -c SHA256SUMS      (Linux ; sur macOS : shasum -a 256 -c SHA256SUMS)
     python3 verify.py            (Python 3.9 ou plus récent)
3. À la main, ou par un programme de son choix, d'après ce qui suit.

Chaque ligne de ledger.jsonl est un objet JSON. Son champ "hash" est le
SHA-256, en hexadécimal, du tableau JSON (UTF-8, sans espaces, RFC 8785)
    [previous, sequence, at, kind, actor, subject, digest]
où "previous" est le "hash" de la ligne précédente et "digest" le SHA-256 de
"salt" (octets écrits en hexadécimal) suivi de "payload" (texte, en UTF-8).
Modifier, retirer, ajouter ou déplacer une ligne rompt donc la chaîne.
L'empreinte de chaque message figure dans le journal : "sha256" de l'entrée
"attempted" d'un message parti, sujet "blob:…" de l'entrée "received" d'un
message reçu.

Les lignes sans "payload" concernent d'autres affaires du créancier, ou des
essais qui n'ont jamais été adressés au débiteur : leur contenu n'est pas
communiqué, mais leur place dans la chaîne se vérifie. Une ligne dont le
"payload" vaut null a été effacée (protection des données).

CE QUE CELA PROUVE, ET CE QUE CELA NE PROUVE PAS

La vérification montre que rien n'a changé dans ce dossier depuis qu'il a été
établi, et que chaque message est celui que le journal nomme. Elle ne montre
pas, à elle seule, que le journal entier n'a pas été refait avant l'export ni
que sa fin n'a pas été coupée : pour cela, comparez la dernière entrée,
    n° {last}
    {hash}
avec celle qui a été conservée ailleurs (chez un tiers, dans un dossier
antérieur, dans un message). Le journal du créancier la contient toujours :
`relance-mailer ledger verify`. La chronologie est une lecture du journal et
des messages, faite pour être lue ; ce sont eux qui font foi.
{several}"""

_README = """\
CASE FILE – {debtor}
{line}

Creditor: {creditor}
Debtor:   {debtor} (reference {reference}){about}
Made on {at} by {by}, with relance_mailer {program}.

WHAT IS INSIDE

{chronology}
    To be read first: what is owed, then all that happened, in order. One
    page that needs nothing else; open it in a browser, print it on A4.
messages/
    Each message, byte for byte as it was handed to the sending server or
    read in the mailbox; a mail program opens it.
ledger.jsonl
    The ledger: one line for each thing that happened, each bound to the one
    before.
manifest.json
    The summary for programs: who, what, when, first and last entry of the
    ledger.
SHA256SUMS
    The fingerprint of each file.
verify.py
    An independent verifier that needs nothing but Python.

HOW TO VERIFY IT

1. With the program:        relance-mailer dossier verify FILE.zip
2. Without it, once the file is unpacked:
     sha256sum -c SHA256SUMS      (Linux; on macOS: shasum -a 256 -c SHA256SUMS)
     python3 verify.py            (Python 3.9 or later)
3. By hand, or by any program, from what follows.

Each line of ledger.jsonl is a JSON object. Its field "hash" is the SHA-256,
in hexadecimal, of the JSON array (UTF-8, no spaces, RFC 8785)
    [previous, sequence, at, kind, actor, subject, digest]
where "previous" is the "hash" of the line before and "digest" the SHA-256 of
"salt" (bytes, written in hexadecimal) followed by "payload" (text, in UTF-8).
To change, remove, add or move a line therefore breaks the chain. The
fingerprint of each message stands in the ledger: "sha256" of the entry
"attempted" of a message that left, subject "blob:…" of the entry "received"
of one that came.

Lines without "payload" are about other matters of the creditor, or rehearsals
that were never sent to the debtor: what they say is not disclosed, but their
place in the chain can be verified. A line whose "payload" is null was erased
(data protection).

WHAT THIS PROVES, AND WHAT IT DOES NOT

Verifying shows that nothing in this case file has changed since it was made,
and that each message is the one that the ledger names. It does not by itself
show that the whole ledger was not made anew before the export, nor that its
end was not cut off: for that, compare the last entry,
    no. {last}
    {hash}
with the one that was kept elsewhere (with a third party, in an earlier case
file, in a message). The creditor's ledger always holds it: `relance-mailer
ledger verify`. The chronology is a reading of the ledger and the messages,
made to be read; they are what counts.
{several}"""

WORDS: dict[str, tuple[str, str]] = {
    "dossier.readme": (_LISEZMOI, _README),
    "dossier.readme_invoice": (", facture {number}", ", invoice {number}"),
    "dossier.readme_several": ("\nUn message qui porte sur plusieurs factures est joint en entier, même si ce dossier\nn'en concerne qu'une.\n", "\nA message about several invoices is included whole, even though this case file\nis about one of them.\n"),
    # The chronology
    "dossier.title": ("Dossier de recouvrement : chronologie et preuves", "Case file: chronology and evidence"),
    "dossier.of_debtor": ("Tout le compte du débiteur", "The debtor's whole account"),
    "dossier.of_invoice": ("Facture {number}", "Invoice {number}"),
    "dossier.made": ("établi le {day} à {time} ({utc}) par {by}", "made on {day} at {time} ({utc}) by {by}"),
    "dossier.creditor": ("Créancier", "Creditor"), "dossier.debtor": ("Débiteur", "Debtor"),
    "dossier.reference": ("Référence", "Reference"), "dossier.vat": ("TVA", "VAT"),
    "dossier.kind.professional": ("professionnel", "professional"), "dossier.kind.consumer": ("consommateur", "consumer"),
    "dossier.kind.public": ("personne publique", "public body"), "dossier.kind.unknown": ("qualité inconnue", "kind unknown"),
    "dossier.kind.by_siren": ("professionnel (d'après son SIREN)", "professional (by its SIREN)"), "dossier.kind.by_vat": ("professionnel (d'après son numéro de TVA)", "professional (by its VAT number)"),
    "dossier.fact.owed": ("reste dû (principal)", "owed (principal)"),
    "dossier.fact.sent": ("message envoyé|messages envoyés", "message sent|messages sent"),
    "dossier.fact.failed": ("message non remis|messages non remis", "message not delivered|messages not delivered"),
    "dossier.fact.received": ("message reçu|messages reçus", "message received|messages received"),
    "dossier.fact.promised": ("promesse de règlement|promesses de règlement", "promise to pay|promises to pay"),
    "dossier.fact.broken": ("promesse non tenue|promesses non tenues", "promise broken|promises broken"),
    "dossier.fact.disputed": ("contestation|contestations", "dispute|disputes"),
    "dossier.owed_on": ("Ce qui est dû au {day}", "What is owed on {day}"),
    "dossier.issued": ("Émise", "Issued"), "dossier.due": ("Échéance", "Due"), "dossier.total": ("Total TTC", "Total, VAT incl."),
    "dossier.settled": ("Réglé", "Settled"), "dossier.outstanding": ("Reste dû", "Owed"), "dossier.late": ("Retard", "Overdue"),
    "dossier.interest": ("Pénalités", "Interest"), "dossier.compensation": ("Indemnité", "Compensation"),
    "dossier.credit_note": ("avoir", "credit note"), "dossier.disputed": ("contestée", "disputed"),
    "dossier.days": ("{days} j", "{days} d"), "dossier.days_head": ("Jours", "Days"),
    "dossier.no_invoice": ("Aucune facture.", "No invoice."),
    "dossier.sum": ("Total", "Total"), "dossier.whole": ("Principal, pénalités et indemnité ensemble", "Principal, interest and compensation together"),
    "dossier.claim.commercial": ("Pénalités de retard et indemnité forfaitaire de 40 € par facture payée en retard : articles L441-10 et D441-5 du code de commerce, exigibles sans rappel ; calculées au jour de l'export, sur les sommes TTC, également pour ce qui a été réglé en retard.", "Late-payment interest and the fixed compensation of €40 for each invoice paid late: articles L441-10 and D441-5 of the French commercial code, due without a reminder; computed up to the day of the export, on sums with VAT, also for what was settled late."),
    "dossier.claim.public": ("Intérêts moratoires et indemnité forfaitaire de 40 € : articles L2192-12 et L2192-13 du code de la commande publique ; calculés au jour de l'export, également pour ce qui a été réglé en retard.", "Late-payment interest and the fixed compensation of €40: articles L2192-12 and L2192-13 of the French public procurement code; computed up to the day of the export, also for what was settled late."),
    "dossier.rate_unknown": ("Pénalités non calculées : le taux du semestre qui commence le {why} n'est pas encore connu.", "Interest not computed: the rate of the half-year that begins on {why} is not known yet."),
    "dossier.settled_how": ("Règlements et avoirs", "Payments and credit notes"), "dossier.what": ("Nature", "Kind"), "dossier.amount": ("Montant", "Amount"),
    "dossier.money.paid": ("règlement ou avoir imputé", "payment or credit note allocated"),
    "dossier.money.stated": ("d'après un solde importé", "according to an imported balance"),
    "dossier.money.provisional": ("règlement, compté ici en attendant son affectation", "payment, counted here until somebody allocates it"),
    "dossier.money.provisional_note": ("avoir, compté ici en attendant son affectation", "credit note, counted here until somebody allocates it"),
    "dossier.working": ("Détail des pénalités", "How the interest is made up"),
    "dossier.from_to": ("Du – au (inclus)", "From – to (both counted)"), "dossier.base": ("Base TTC", "Base, VAT incl."), "dossier.rate": ("Taux annuel", "Rate a year"),
    "dossier.what_happened": ("Ce qui s'est passé", "What happened"),
    "dossier.times": ("Heures locales ({zone}), dessous l'heure UTC et le numéro de l'entrée dans le journal (ledger.jsonl).", "Local times ({zone}), beneath them UTC and the number of the entry in the ledger (ledger.jsonl)."),
    "dossier.only_invoice": ("Seul ce qui touche la facture {number} ou tout le compte y figure ; un message qui porte sur plusieurs factures est joint en entier.", "Only what concerns invoice {number}, or the whole account, stands here; a message about several invoices is included whole."),
    "dossier.nothing": ("Le journal ne dit rien de ce débiteur.", "The ledger tells nothing about this debtor."),
    "dossier.entry": ("n° {sequence}", "no. {sequence}"),
    "dossier.way.out": ("Message envoyé", "Message sent"), "dossier.way.in": ("Message reçu", "Message received"),
    "dossier.way.colleague": ("Écrit par un collègue", "Written by a colleague"), "dossier.way.copy": ("Copie relue dans la boîte", "Copy read back in the mailbox"),
    "dossier.subject": ("Objet", "Subject"), "dossier.from": ("De", "From"), "dossier.to": ("À", "To"), "dossier.attachments": ("Pièces jointes", "Attachments"),
    "dossier.bytes_erased": ("contenu effacé (protection des données)", "content erased (data protection)"),
    "dossier.cut": ("Texte coupé ici ; il est entier dans le fichier .eml.", "Text cut here; it stands whole in the .eml file."),
    "dossier.quoted": ("Le texte cité à la suite n'est pas repris ; il est dans le fichier .eml.", "The quoted text that follows is left out; it stands in the .eml file."),
    "dossier.unreadable": ("(message illisible : voir le fichier .eml)", "(unreadable message: see the .eml file)"),
    "dossier.queue_id": ("Identifiant donné par le serveur : {id}", "Identifier given by the server: {id}"),
    "dossier.foot": ("Journal : entrées {first} à {last}, dernière empreinte {hash}. Établi par relance_mailer {program}. La chronologie est une lecture du journal et des messages joints : ce sont eux qui font foi ; le fichier LISEZMOI.txt dit comment les vérifier.", "Ledger: entries {first} to {last}, last hash {hash}. Made by relance_mailer {program}. The chronology is a reading of the ledger and of the messages enclosed: they are what counts; README.txt says how to verify them."),
    # Entries that only a case file tells
    "story.exported": ("dossier exporté par {by}", "case file exported by {by}"),
    "dossier.story.copy": ("copie de notre message {notice} relue dans la boîte", "copy of our message {notice} read back in the mailbox"),
    "dossier.story.colleague": ("message d'un collègue ({sender}) lu dans la boîte", "a colleague's message ({sender}) read in the mailbox"),
    "dossier.story.debtor": ("débiteur connu par {file}", "debtor known from {file}"),
    "dossier.story.debtor_changed": ("coordonnées du débiteur modifiées par {file} : {changes}", "debtor's particulars changed by {file}: {changes}"),
    "dossier.story.contacts": ("adresses : {contacts}", "addresses: {contacts}"),
    "dossier.story.revived": ("adresse de nouveau utilisable, dit {by}", "address usable again, says {by}"),
    # What exporting and verifying say
    "dossier.exported": ("{file} : {messages} et {events}, entrées {first} à {last} du journal", "{file}: {messages} and {events}, entries {first} to {last} of the ledger"),
    "dossier.n_messages": ("{n} message|{n} messages", "{n} message|{n} messages"),
    "dossier.n_events": ("{n} fait|{n} faits", "{n} event|{n} events"),
    "dossier.keep": ("SHA-256 du fichier : {sha256}\nDernière entrée : n° {last}, {hash}\nGardez ces empreintes ailleurs : elles prouvent que rien n'a été refait ni coupé.", "SHA-256 of the file: {sha256}\nLast entry: no. {last}, {hash}\nKeep these fingerprints elsewhere: they prove that nothing was made anew or cut off."),
    "dossier.erased_messages": ("dont le contenu de {n} message, effacé|dont le contenu de {n} messages, effacé", "the content of {n} message of them erased|the content of {n} messages of them erased"),
    "dossier.is_about": ("Dossier de {debtor} ({reference}), établi le {at} par {by} pour {creditor}", "Case file about {debtor} ({reference}), made on {at} by {by} for {creditor}"),
    "dossier.is_about_invoice": ("Dossier de {debtor} ({reference}), facture {invoice}, établi le {at} par {by} pour {creditor}", "Case file about {debtor} ({reference}), invoice {invoice}, made on {at} by {by} for {creditor}"),
    "dossier.check.files": ("fichiers : {n} conforme à SHA256SUMS, aucun en trop|fichiers : {n} conformes à SHA256SUMS, aucun ne manque, aucun en trop", "files: {n} as SHA256SUMS says, none missing, none more|files: {n} as SHA256SUMS says, none missing, none more"),
    "dossier.check.chain": ("chaîne : {n} entrée qui se suit|chaîne : {n} entrées qui se suivent sans lacune, empreintes recalculées", "chain: {n} entry, its hash computed anew|chain: {n} entries without a gap, their hashes computed anew"),
    "dossier.check.payloads": ("contenus : {n} conforme à son empreinte|contenus : {n} conformes à leur empreinte", "payloads: {n} as its digest says|payloads: {n} as their digests say"),
    "dossier.check.messages": ("messages : {n} nommé par le journal, aucun ne manque|messages : {n} nommés par le journal, aucun ne manque", "messages: {n} named by the ledger, none missing|messages: {n} named by the ledger, none missing"),
    "dossier.check.whole": ("rien de retenu : {n} entrée de ce dossier|rien de retenu parmi les {n} entrées de ce dossier", "nothing held back: {n} entry of this case file|nothing held back among the {n} entries of this case file"),
    "dossier.holds": ("Tout se tient. Dernière entrée : n° {last}, {hash}\nComparez-la avec celle qui a été gardée ailleurs : c'est ce qui prouve que la fin n'a pas été coupée, ni le tout refait.", "All holds. Last entry: no. {last}, {hash}\nCompare it with the one kept elsewhere: that is what proves that the end was not cut off, nor all of it made anew."),
    "dossier.erased_note": ("{n} contenu effacé (protection des données) ; sa place dans la chaîne se vérifie|{n} contenus effacés (protection des données) ; leur place dans la chaîne se vérifie", "{n} payload erased (data protection); its place in the chain is verified|{n} payloads erased (data protection); their place in the chain is verified"),
    "dossier.erased_bytes": ("{n} message dont les octets ont été effacés : {which}|{n} messages dont les octets ont été effacés : {which}", "{n} message whose bytes were erased: {which}|{n} messages whose bytes were erased: {which}"),
    "dossier.more": ("et {n} autre|et {n} autres", "and {n} more|and {n} more"),
    "dossier.bad.manifest": ("{name} manque ou ne peut être lu : ce n'est pas un dossier entier", "{name} is missing or cannot be read: this is no whole case file"),
    "dossier.bad.missing": ("{name} manque", "{name} is missing"),
    "dossier.bad.surplus": ("{name} n'est pas dans SHA256SUMS : il a été ajouté", "{name} is not in SHA256SUMS: it was added"),
    "dossier.bad.changed": ("{name} a été modifié", "{name} was changed"),
    "dossier.bad.line": ("la ligne {number} de ledger.jsonl n'est pas une entrée : elle a été modifiée", "line {number} of ledger.jsonl is no entry: it was changed"),
    "dossier.bad.gap": ("après l'entrée {before} vient l'entrée {sequence} : il en manque, ou l'ordre a changé", "after entry {before} comes entry {sequence}: some are missing, or their order was changed"),
    "dossier.bad.link": ("l'entrée {sequence} ne suit pas l'entrée {before} : elle nomme une autre empreinte avant elle", "entry {sequence} does not follow entry {before}: it names another hash before it"),
    "dossier.bad.hash": ("l'entrée {sequence} a été modifiée : son empreinte ne correspond pas", "entry {sequence} was changed: its hash does not match its fields"),
    "dossier.bad.digest": ("le contenu de l'entrée {sequence} a été modifié : son empreinte ne correspond pas", "the payload of entry {sequence} was changed: its digest does not match"),
    "dossier.bad.start": ("le journal commence à l'entrée {sequence}, et non comme le dit manifest.json (entrée {first}) : son début a été coupé ou refait", "the ledger begins at entry {sequence}, not as manifest.json says (entry {first}): its beginning was cut off or made anew"),
    "dossier.bad.tail": ("le journal finit à l'entrée {sequence}, manifest.json nomme l'entrée {last} : la fin a été coupée", "the ledger ends at entry {sequence}, manifest.json names entry {last}: its end was cut off"),
    "dossier.bad.head": ("la dernière entrée ({sequence}) n'est pas celle que nomme manifest.json ({last})", "the last entry ({sequence}) is not the one that manifest.json names ({last})"),
    "dossier.bad.unnamed": ("aucune entrée du journal ne nomme le message dont l'empreinte est {digest}", "no entry of the ledger names the message with the SHA-256 {digest}"),
    "dossier.bad.needed": ("l'entrée {sequence} nomme un message qui manque ({digest})", "entry {sequence} names a message that is missing ({digest})"),
    "dossier.bad.withheld": ("le contenu de l'entrée {sequence} manque, alors que d'autres entrées sur le même sujet sont là", "the payload of entry {sequence} is held back although others about the same subject are here"),
}  # fmt: skip
