"""Why a row was refused: a stable code, and for people a sentence that says what to do."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """What is wrong with a row or with one cell of it."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    CONTROL = "control_character"
    DAMAGED = "damaged_character"
    SCIENTIFIC = "scientific_notation"
    BAD_DATE = "bad_date"
    AMBIGUOUS_DATE = "ambiguous_date"
    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"
    YEAR_RANGE = "year_range"
    BAD_SUM = "bad_sum"
    AMBIGUOUS_SUM = "ambiguous_sum"
    TOO_MANY_DECIMALS = "too_many_decimals"
    SUM_TOO_LARGE = "sum_too_large"
    OTHER_CURRENCY = "other_currency"
    UNKNOWN_CURRENCY = "unknown_currency"
    DEBIT_AND_CREDIT = "debit_and_credit"
    BAD_DIRECTION = "bad_direction"
    CREDIT_BELOW_ZERO = "credit_below_zero"
    NOT_RECEIVED = "not_received"
    BAD_SETTLED = "bad_settled"
    PARTLY_PAID = "partly_paid"
    PAID_WITH_BALANCE = "paid_with_balance"
    TWO_CURRENCIES = "two_currencies"
    SWAPPED_DATE = "swapped_date"
    OTHER_DOCUMENT = "other_document"
    NO_CLAIM = "no_claim"
    ZERO = "zero"
    BALANCE_SIGN = "balance_sign"
    BALANCE_LARGER = "balance_larger"
    FORMULA_ERROR = "formula_error"
    BAD_EMAIL = "bad_email"
    TOO_MANY_EMAILS = "too_many_emails"
    DUE_BEFORE_ISSUED = "due_before_issued"
    BAD_SIREN = "bad_siren"
    BAD_VAT = "bad_vat"
    BAD_KIND = "bad_kind"
    BAD_COUNTRY = "bad_country"
    BAD_LANGUAGE = "bad_language"
    SIREN_VAT_DIFFER = "siren_vat_differ"
    BAD_ROLE = "bad_role"
    UNKNOWN_POLICY = "unknown_policy"
    NO_POLICIES = "no_policies"
    CONFLICTING_DEBTOR = "conflicting_debtor"
    TOO_FEW_CELLS = "too_few_cells"
    TOO_MANY_CELLS = "too_many_cells"
    UNCLOSED_QUOTE = "unclosed_quote"
    ROW_TOO_LONG = "row_too_long"
    REPEATED_INVOICE = "repeated_invoice"
    CONFLICTING_INVOICE = "conflicting_invoice"
    INSTALMENTS = "instalments"
    SPLIT_INVOICE = "split_invoice"
    REPEATED_BANK_REFERENCE = "repeated_bank_reference"
    NO_DEBTOR = "no_debtor"
    # what only the importer can tell, from what came in before
    UNKNOWN_DEBTOR = "unknown_debtor"
    SEVERAL_DEBTORS = "several_debtors"
    ANOTHERS_INVOICE = "anothers_invoice"
    MOVED_INVOICE = "moved_invoice"
    CHANGED_CURRENCY = "changed_currency"
    CHANGED_SIGN = "changed_sign"
    CONFLICTING_PAYMENT = "conflicting_payment"
    FUTURE_PAYMENT = "future_payment"
    UNNAMED_DEBTOR = "unnamed_debtor"
    # no reason to refuse the row, but a person should know
    PAID_BY_DATE = "paid_by_date"
    CONTESTED = "contested"
    TOTAL_ROW = "total_row"
    REPEATED_HEADER = "repeated_header"
    TEXT_ROW = "text_row"
    UNKNOWN_INVOICE = "unknown_invoice"
    UNKNOWN_REFERENCE = "unknown_reference"
    PAID_IN_OTHER_CURRENCY = "paid_in_other_currency"
    FUTURE_BALANCE = "future_balance"
    DEAD_CONTACT = "dead_contact"


#: French and English; `{0}`, `{1}` are the error's arguments.
_TEXTS: dict[Reason, tuple[str, str]] = {
    Reason.MISSING: (
        "cette cellule est vide ; remplissez-la",
        "this cell is empty; fill it in",
    ),
    Reason.TOO_LONG: (
        "plus de {0} caractères ; raccourcissez le texte",
        "longer than {0} characters; shorten it",
    ),
    Reason.CONTROL: (
        "la cellule contient un saut de ligne ou un caractère invisible ; effacez-la et ressaisissez-la sur une ligne",
        "the cell holds a line break or an invisible character; clear it and type it again on one line",
    ),
    Reason.DAMAGED: (
        "un caractère a été perdu dans un enregistrement précédent ; exportez le fichier de nouveau en UTF-8",
        "a character was lost when the file was saved earlier; export the file again as UTF-8",
    ),
    Reason.SCIENTIFIC: (
        "le tableur a changé ce numéro en notation scientifique ; mettez la colonne au format Texte et ressaisissez-le",
        "the spreadsheet turned this number into scientific notation; make the column Text and type it again",
    ),
    Reason.BAD_DATE: (
        "ce n'est pas une date du calendrier ; écrivez jj/mm/aaaa, par exemple 31/01/2026",
        "this is no day of the calendar; write dd/mm/yyyy, for example 31/01/2026",
    ),
    Reason.AMBIGUOUS_DATE: (
        "cette date peut se lire de deux façons ({0} ou {1}) ; dites si le jour vient d'abord",
        "this date can be read in two ways ({0} or {1}); say whether the day comes first",
    ),
    Reason.DAY_FIRST: (
        "le jour vient d'abord ici, alors que le fichier écrit le mois d'abord ; écrivez cette date comme les autres",
        "the day comes first here, but the file writes the month first; write this date like the others",
    ),
    Reason.MONTH_FIRST: (
        "le mois vient d'abord ici, alors que le fichier écrit le jour d'abord ; écrivez cette date comme les autres",
        "the month comes first here, but the file writes the day first; write this date like the others",
    ),
    Reason.YEAR_RANGE: (
        "l'année doit être comprise entre {0} et {1} ; vérifiez la date",
        "the year must lie between {0} and {1}; check the date",
    ),
    Reason.BAD_SUM: (
        "ce n'est pas un montant ; écrivez par exemple 1250,00 ou -125,00",
        "this is no sum; write for example 1250,00 or -125,00",
    ),
    Reason.AMBIGUOUS_SUM: (
        "ce montant peut se lire de deux façons (milliers ou décimales) ; écrivez {0} ou {1}",
        "this sum can be read in two ways (thousands or decimals); write {0} or {1}",
    ),
    Reason.TOO_MANY_DECIMALS: (
        "un montant en {0} a au plus {1} décimales ; arrondissez-le",
        "a sum in {0} has at most {1} decimals; round it",
    ),
    Reason.SUM_TOO_LARGE: (
        "plus de {0} chiffres avant la virgule ; vérifiez le montant",
        "more than {0} digits before the decimals; check the sum",
    ),
    Reason.OTHER_CURRENCY: (
        "le montant est en {0} mais la ligne est en {1} ; corrigez-le ou indiquez la devise dans la colonne Devise",
        "the sum is in {0} but the row is in {1}; correct it or state the currency in the column Currency",
    ),
    Reason.UNKNOWN_CURRENCY: (
        "cette devise n'a pas cours ; écrivez son code ISO à trois lettres, par exemple EUR",
        "this currency is not in use; write its three-letter ISO code, for example EUR",
    ),
    Reason.DEBIT_AND_CREDIT: (
        "un montant au débit et un autre au crédit ; n'en gardez qu'un",
        "one sum under debit and another under credit; keep only one",
    ),
    Reason.BAD_DIRECTION: (
        "on ne sait pas si la somme a été reçue ou reprise ; écrivez C (crédit, reçue) ou D (débit, reprise)",
        "this does not tell whether the sum was received or taken back; write C (credit, received) or D (debit, taken back)",
    ),
    Reason.CREDIT_BELOW_ZERO: (
        "un crédit d'un montant négatif ; corrigez le sens ou le signe",
        "a credit of a sum below zero; correct the direction or the sign",
    ),
    Reason.NOT_RECEIVED: (
        "ce règlement n'est pas arrivé ; supprimez la ligne, ou importez-la une fois le règlement encaissé",
        "this payment has not arrived; delete the row, or import it once the payment has arrived",
    ),
    Reason.BAD_SETTLED: (
        "on ne sait pas si la facture est réglée ; écrivez oui ou non, ou mettez ce qui l'est dans une colonne « Déjà réglé »",
        "this does not tell whether the invoice is paid; write yes or no, or put what is paid into a column “Amount paid”",
    ),
    Reason.PARTLY_PAID: (
        "réglée, peut-être en partie, sans que la ligne dise ce qui reste dû ; ajoutez une colonne « Solde » ou « Déjà réglé », ou écrivez payée ou impayée",
        "paid, perhaps in part, and the row does not say what is still owed; add a column “Balance” or “Amount paid”, or write paid or unpaid",
    ),
    Reason.PAID_WITH_BALANCE: (
        "la ligne dit la facture réglée, mais qu'il en reste {0} à payer ; corrigez l'un des deux",
        "the row says that the invoice is paid, but that {0} of it is still owed; correct one of the two",
    ),
    Reason.TWO_CURRENCIES: (
        'la ligne est en {0}, et ce montant semble dans une autre devise ; donnez le montant en {0} (par exemple --column total="Montant en devise"), ou la devise de ce montant',
        'the row is in {0}, and this sum seems to be in another currency; give the sum in {0} (for example --column total="Amount in currency"), or this sum\'s currency',
    ),
    Reason.SWAPPED_DATE: (
        "le tableur a sans doute échangé jour et mois dans cette colonne ({0} ou {1} ?) : d'autres dates y sont restées du texte ; importez le fichier d'origine, ou ressaisissez toute la colonne en dates",
        "the spreadsheet has most likely exchanged day and month in this column ({0} or {1}?): other dates in it remained texts; import the original file, or type the whole column again as dates",
    ),
    Reason.OTHER_DOCUMENT: (
        "ce n'est ni une facture ni un avoir ; supprimez la ligne, ou écrivez facture ou avoir",
        "this is neither an invoice nor a credit note; delete the row, or write invoice or credit note",
    ),
    Reason.NO_CLAIM: (
        "un brouillon ou une facture annulée ne se relance pas ; supprimez la ligne ou corrigez le statut ; si elle a déjà été importée, `relance-mailer hold {0}` la retient",
        "a draft or a cancelled invoice is no claim; delete the row or correct the status; if it came in before, `relance-mailer hold {0}` pauses it",
    ),
    Reason.ZERO: (
        "un montant nul ne se relance ni ne s'encaisse ; corrigez-le ou supprimez la ligne",
        "a sum of zero can be neither claimed nor paid; correct it or delete the row",
    ),
    Reason.BALANCE_SIGN: (
        "le solde et le total ({0}) sont de signes contraires ; corrigez l'un des deux",
        "the balance and the total ({0}) have opposite signs; correct one of them",
    ),
    Reason.BALANCE_LARGER: (
        "le solde dépasse le total de la pièce ({0}) ; corrigez l'un des deux",
        "the balance is larger than the total ({0}); correct one of them",
    ),
    Reason.FORMULA_ERROR: (
        "la formule de cette cellule est en erreur ; corrigez-la dans le tableur",
        "the formula in this cell has failed; correct it in the spreadsheet",
    ),
    Reason.BAD_EMAIL: (
        "« {0} » n'est pas une adresse e-mail ; écrivez nom@domaine.fr, plusieurs adresses séparées par une virgule",
        "“{0}” is no e-mail address; write name@domain.com, several addresses separated by a comma",
    ),
    Reason.TOO_MANY_EMAILS: (
        "plus de {0} adresses ; gardez les plus utiles",
        "more than {0} addresses; keep the most useful ones",
    ),
    Reason.DUE_BEFORE_ISSUED: (
        "l'échéance précède la date de facture ({0}) ; corrigez l'une des deux dates",
        "the due date is before the invoice date ({0}); correct one of the two",
    ),
    Reason.BAD_SIREN: (
        "ce n'est pas un SIREN valide (9 chiffres, clé comprise) ; corrigez-le ou videz la cellule",
        "this is no valid SIREN (9 digits, the last a check digit); correct it or empty the cell",
    ),
    Reason.BAD_VAT: (
        "ce n'est pas un numéro de TVA valide (lettres du pays, puis le numéro) ; corrigez-le ou videz la cellule",
        "this is no valid VAT number (country letters, then the number); correct it or empty the cell",
    ),
    Reason.BAD_KIND: (
        "type de client inconnu ; écrivez professionnel, consommateur ou public, ou videz la cellule",
        "unknown kind of customer; write professional, consumer or public, or empty the cell",
    ),
    Reason.BAD_COUNTRY: (
        "pays inconnu ; écrivez son code ISO à deux lettres, par exemple FR ou BE",
        "unknown country; write its two-letter ISO code, for example FR or BE",
    ),
    Reason.BAD_LANGUAGE: (
        "langue inconnue ; écrivez son code à deux lettres, par exemple fr ou en",
        "unknown language; write its two-letter code, for example fr or en",
    ),
    Reason.SIREN_VAT_DIFFER: (
        "ce numéro de TVA est celui d'un autre SIREN ({0}) ; corrigez l'un des deux, ou videz l'une des deux cellules",
        "this VAT number is another SIREN's ({0}); correct one of the two, or empty one of the two cells",
    ),
    Reason.BAD_ROLE: (
        "fonction inconnue ; écrivez comptabilité, achats, direction ou autre, ou videz la cellule",
        "unknown role; write accounts, purchasing, management or other, or empty the cell",
    ),
    Reason.UNKNOWN_POLICY: (
        "la configuration n'a pas ce scénario ; écrivez « défaut », « aucune », ou l'un de ceux-ci : {0}",
        "the configuration has no such policy; write “default”, “none”, or one of these: {0}",
    ),
    Reason.NO_POLICIES: (
        "la configuration n'a que le scénario par défaut ; écrivez « défaut » ou « aucune », ou ajoutez-y une section [policies.…]",
        "the configuration has the default policy only; write “default” or “none”, or add a section [policies.…] to it",
    ),
    Reason.CONFLICTING_DEBTOR: (
        "la ligne {0} dit autre chose du même client ; gardez la bonne valeur (la première a été lue)",
        "line {0} says otherwise of the same debtor; keep the right value (the first was read)",
    ),
    Reason.TOO_FEW_CELLS: (
        "{0} cellules au lieu de {1} ; ajoutez les séparateurs manquants",
        "{0} cells instead of {1}; add the missing separators",
    ),
    Reason.TOO_MANY_CELLS: (
        "{0} cellules au lieu de {1} ; mettez entre guillemets la cellule qui contient le séparateur",
        "{0} cells instead of {1}; put quotes around the cell that holds the separator",
    ),
    Reason.UNCLOSED_QUOTE: (
        "un guillemet est mal fermé sur cette ligne ; fermez-le ou supprimez-le",
        "a quotation mark is not closed properly on this line; close it or remove it",
    ),
    Reason.ROW_TOO_LONG: (
        "plus de {0} caractères sur une ligne ; vérifiez les guillemets et les fins de ligne",
        "more than {0} characters on one line; check the quotation marks and line ends",
    ),
    Reason.REPEATED_INVOICE: (
        "cette facture figure déjà, à l'identique, ligne {0} ; supprimez l'une des deux lignes",
        "this invoice stands already, identical, on line {0}; delete one of the two rows",
    ),
    Reason.CONFLICTING_INVOICE: (
        "ce numéro figure déjà ligne {0} avec d'autres valeurs ; gardez la bonne ligne (la première a été lue)",
        "this number stands already on line {0} with other values; keep the right row (the first was read)",
    ),
    Reason.INSTALMENTS: (
        "ce numéro revient ligne {0} avec une autre échéance ; pour des échéances, donnez un numéro à chacune (F12/1, F12/2 …), sinon gardez la bonne ligne ; aucune n'a été lue",
        "this number comes again on line {0} with another due date; if they are instalments, give each its own number (F12/1, F12/2 …), else keep the right row; none was read",
    ),
    Reason.SPLIT_INVOICE: (
        "ce numéro revient ligne {0} avec un autre montant ; réunissez les lignes d'une facture (taux de TVA, articles) en une seule, à son total TTC ; aucune n'a été lue",
        "this number comes again on line {0} with another sum; put the rows of an invoice (VAT rates, items) into one, with its total including VAT; none was read",
    ),
    Reason.REPEATED_BANK_REFERENCE: (
        "cette référence bancaire figure déjà ligne {0} ; corrigez-la, ou videz-la si les deux règlements sont réels",
        "this bank reference stands already on line {0}; correct it, or empty it if both payments are real",
    ),
    Reason.NO_DEBTOR: (
        "ni client ni facture ; indiquez au moins l'un des deux",
        "neither customer nor invoice; give at least one of them",
    ),
    Reason.UNKNOWN_DEBTOR: (
        "ni ce client ni ces factures ne sont connus ; importez d'abord les factures, puis ce fichier de nouveau",
        "neither this customer nor these invoices are known; import the invoices first, then this file again",
    ),
    Reason.SEVERAL_DEBTORS: (
        "ces factures sont de plusieurs clients ({0}) ; indiquez le code client, ou une ligne par client",
        "these invoices are of several customers ({0}); give the customer code, or one row for each customer",
    ),
    Reason.ANOTHERS_INVOICE: (
        "la facture {0} est celle du client {1} ; corrigez le code client ou le numéro de facture",
        "invoice {0} is customer {1}'s; correct the customer code or the invoice number",
    ),
    Reason.MOVED_INVOICE: (
        "cette facture est déjà connue au nom du client {0} ; corrigez le code client ou le numéro de facture",
        "this invoice is already known as customer {0}'s; correct the customer code or the invoice number",
    ),
    Reason.CHANGED_CURRENCY: (
        "cette facture est déjà connue en {0} et ne peut pas changer de devise ; corrigez la devise",
        "this invoice is already known in {0} and cannot change its currency; correct the currency",
    ),
    Reason.CHANGED_SIGN: (
        "ce numéro est déjà connu avec un montant de signe contraire ({0}) ; donnez à l'avoir un numéro à lui",
        "this number is already known with a sum of the other sign ({0}); give the credit note its own number",
    ),
    Reason.CONFLICTING_PAYMENT: (
        "ce règlement est déjà connu avec d'autres valeurs ({0}) ; rien n'a été changé, corrigez la référence bancaire",
        "this payment is already known with other values ({0}); nothing was changed, correct the bank reference",
    ),
    Reason.FUTURE_PAYMENT: (
        "ce règlement est daté après le jour de l'import ({0}) ; corrigez la date, ou importez-le une fois encaissé",
        "this payment is dated after the day of the import ({0}); correct the date, or import it once it has arrived",
    ),
    Reason.UNNAMED_DEBTOR: (
        "ce client n'est pas encore connu ; ajoutez son nom (colonne Client)",
        "this debtor is not known yet; add its name (column Customer)",
    ),
    Reason.PAID_BY_DATE: (
        "une date de paiement sans solde : cette facture et toutes celles qui en ont une sont tenues pour réglées en entier ; pour un paiement partiel, ajoutez une colonne « Solde » ou « Déjà réglé »",
        "a date of payment without a balance: this invoice, and every other that has one, is taken to be paid in full; for a payment in part, add a column “Balance” or “Amount paid”",
    ),
    Reason.CONTESTED: (
        "la facture est relancée malgré ce statut ; `relance-mailer hold {0}` la retient",
        "the invoice is reminded in spite of this status; `relance-mailer hold {0}` pauses it",
    ),
    Reason.TOTAL_ROW: (
        "ligne de total, laissée de côté",
        "a line of totals, left out",
    ),
    Reason.TEXT_ROW: (
        "ni numéro, ni date, ni montant : ligne laissée de côté",
        "neither number, date nor sum: line left out",
    ),
    Reason.REPEATED_HEADER: (
        "les titres des colonnes reviennent ici ; ligne laissée de côté",
        "the columns' names come again here; line left out",
    ),
    Reason.UNKNOWN_INVOICE: (
        "facture inconnue ; sa part compte, sans affectation, sur les factures les plus anciennes du client",
        "unknown invoice; its share counts, unallocated, against the customer's oldest invoices",
    ),
    Reason.UNKNOWN_REFERENCE: (
        "code client inconnu ; le règlement a été porté au client {0}, à qui est la facture nommée",
        "unknown customer code; the payment was put to customer {0}, whose invoice it names",
    ),
    Reason.PAID_IN_OTHER_CURRENCY: (
        "réglée en {0} une facture en {1} ; une personne doit dire ce qui est soldé",
        "paid in {0} an invoice in {1}; a person must say what is settled",
    ),
    Reason.FUTURE_BALANCE: (
        "le solde est daté dans l'avenir ; il compte à la date de l'import, le {0}",
        "the balance is dated in the future; it counts as of the day of the import, {0}",
    ),
    Reason.DEAD_CONTACT: (
        "un message à cette adresse est revenu : on ne lui écrit plus ; donnez-en une autre, ou `relance-mailer release {0}` si elle marche de nouveau",
        "a message to this address came back: it is no longer written to; give another one, or `relance-mailer release {0}` if it works again",
    ),
}


def say(reason: Reason, arguments: tuple[str, ...], language: str) -> str:
    """Return the sentence for `reason` in French if `language` is "fr", otherwise in English."""
    french, english = _TEXTS[reason]
    return (french if language == "fr" else english).format(*arguments)
