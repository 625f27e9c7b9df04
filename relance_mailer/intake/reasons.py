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
    SHORT_YEAR = "short_year"
    YEAR_RANGE = "year_range"
    BAD_SUM = "bad_sum"
    AMBIGUOUS_SUM = "ambiguous_sum"
    TOO_MANY_DECIMALS = "too_many_decimals"
    SUM_TOO_LARGE = "sum_too_large"
    OTHER_CURRENCY = "other_currency"
    UNKNOWN_CURRENCY = "unknown_currency"
    ZERO = "zero"
    BALANCE_SIGN = "balance_sign"
    BALANCE_LARGER = "balance_larger"
    BAD_EMAIL = "bad_email"
    TOO_MANY_EMAILS = "too_many_emails"
    DUE_BEFORE_ISSUED = "due_before_issued"
    BAD_SIREN = "bad_siren"
    BAD_VAT = "bad_vat"
    BAD_KIND = "bad_kind"
    BAD_COUNTRY = "bad_country"
    BAD_LANGUAGE = "bad_language"
    TOO_FEW_CELLS = "too_few_cells"
    TOO_MANY_CELLS = "too_many_cells"
    UNCLOSED_QUOTE = "unclosed_quote"
    ROW_TOO_LONG = "row_too_long"
    REPEATED_INVOICE = "repeated_invoice"
    CONFLICTING_INVOICE = "conflicting_invoice"
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
    # no reason to refuse the row, but a person should know
    UNKNOWN_INVOICE = "unknown_invoice"
    UNKNOWN_REFERENCE = "unknown_reference"
    PAID_IN_OTHER_CURRENCY = "paid_in_other_currency"
    FUTURE_BALANCE = "future_balance"


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
    Reason.SHORT_YEAR: (
        "l'année n'a pas quatre chiffres ; écrivez jj/mm/aaaa, par exemple 31/01/2026",
        "the year has not four digits; write dd/mm/yyyy, for example 31/01/2026",
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
}


def say(reason: Reason, arguments: tuple[str, ...], language: str) -> str:
    """Return the sentence for `reason` in French if `language` is "fr", otherwise in English."""
    french, english = _TEXTS[reason]
    return (french if language == "fr" else english).format(*arguments)
