"""The columns of our two files: what each may be called. Case, accents, plurals, order and "N°" do not matter."""

from __future__ import annotations

from relance_mailer.intake.header import Column

_DEBTOR_CODES = (
    "Code client", "N° client", "Compte client", "N° compte client", "Compte",
    "Code tiers", "Compte tiers", "N° tiers", "Code débiteur", "Référence débiteur", "Id client", "Compte auxiliaire",
    "N° compte auxiliaire", "Code auxiliaire", "Auxiliaire", "CompAuxNum", "Code comptable", "Customer code",
    "Customer number", "Customer account", "Customer id", "Client code", "Account",
    "Account number", "Account code", "Debtor code", "Debtor reference", "Debtor number",
)  # fmt: skip
#: A customer's code, or what the customer itself calls the invoice: its order.
_CUSTOMER_REFERENCES = ("Référence client", "Réf. client", "Customer reference", "Customer ref.")
#: What may be a customer's code or name: a name, unless another column holds that and none a code.
_DEBTORS = ("Client", "Customer", "Débiteur", "Debtor", "Tiers")
_NAMES = (
    "Nom client", "Nom", "Raison sociale", "Société", "Nom débiteur", "Intitulé client", "Intitulé", "Intitulé compte",
    "Nom tiers", "Libellé client", "CompAuxLib", "Dénomination", "Entreprise", "Customer name", "Client name", "Name",
    "Company", "Company name", "Debtor name", "Invoice partner display name", "Partner", "Bill to",
)  # fmt: skip

INVOICE_COLUMNS = (
    Column("number", (
        "N° facture", "Facture", "Numéro", "N° pièce", "Pièce", "Référence facture", "N° document", "Document",
        "Référence pièce", "PieceRef", "Invoice number", "Invoice", "Invoice reference", "Invoice id",
    ), required=True, second=("Réf.",)),
    Column("debtor_reference", _DEBTOR_CODES, second=(*_CUSTOMER_REFERENCES, *_DEBTORS)),
    Column("debtor_name", _NAMES, required=True, second=_DEBTORS),
    Column("emails", (
        "E-mail", "Courriel", "Mail", "Adresse e-mail", "Adresse électronique", "E-mail client", "E-mail contact",
        "Customer email", "E-mail address",
    ), second=("E-mail comptabilité", "E-mail facturation", "Billing email", "Accounts email")),
    Column("issued", (
        "Date de facture", "Date d'émission", "Date de facturation", "Date", "Date de pièce", "Date du document",
        "Émise le", "Invoice date", "Issue date", "Issued", "Issued on", "Bill date",
        "Invoice/Bill date", "Date issued",
    ), required=True, holds="date"),
    Column("due", (
        "Échéance", "Date d'échéance", "Échéance le", "Date limite de paiement", "Date limite", "À payer le",
        "À régler le", "Échéance de paiement", "Due", "Due date", "Due on", "Payment due date", "Payment due",
    ), required=True, holds="date", not_before="issued"),
    Column("total", (
        "Montant TTC", "Total TTC", "TTC", "Montant", "Total", "Montant total", "Montant total TTC", "Montant facture",
        "Montant facture TTC", "Net à payer", "Net à payer TTC", "Amount", "Total amount", "Gross amount", "Gross",
        "Invoice amount", "Invoice total", "Grand total", "Total incl VAT", "Amount incl VAT", "Total including tax",
    ), required=True, holds="sum"),
    Column("balance", (
        "Solde", "Reste à payer", "Restant dû", "Reste dû", "Solde dû", "Solde restant", "Solde restant dû",
        "Solde ouvert", "Solde à payer", "Solde TTC", "Reste à payer TTC", "Reste à régler", "Reste à encaisser",
        "Montant restant dû", "Impayé", "Balance", "Balance due", "Outstanding",
        "Outstanding amount", "Outstanding balance", "Open amount", "Open balance", "Amount due", "Residual",
    ), holds="sum"),
    Column("paid", (
        "Déjà réglé", "Déjà payé", "Montant réglé", "Montant payé", "Total réglé", "Réglé", "Amount paid", "Paid",
        "Paid amount",
    ), holds="sum"),
    Column("settled", (
        "Payée", "Payé", "Réglée", "Soldée", "Acquittée", "Encaissée", "Facture payée", "Facture réglée", "Fully paid",
        "Is paid", "Settled",
    )),
    Column("paid_on", (
        "Date de paiement", "Date de règlement", "Date d'encaissement", "Payment date", "Paid on", "Date paid",
        "Paid date",
    )),
    Column("foreign_total", (
        "Montant en devise", "Montant TTC en devise", "Total en devise", "Total TTC en devise", "Amount in currency",
        "Foreign amount", "Foreign currency amount", "Currency amount", "Document currency amount",
    ), holds="sum"),
    Column("balance_on", (
        "Solde au", "Date du solde", "Reste à payer au", "Balance on", "Balance date", "Balance as of",
    ), holds="date", not_before="issued"),
    Column("currency", ("Devise", "Code devise", "Monnaie", "Currency", "Currency code")),
    Column("document", (
        "Type de document", "Type de pièce", "Type de facture", "Type de transaction", "Nature", "Nature de pièce",
        "Document type", "Transaction type", "Invoice type",
    )),
    Column("status", (
        "Statut", "État", "Statut de paiement", "État de paiement", "Statut de la facture", "Status", "Payment status",
        "Invoice status", "State",
    )),
    Column("order_number", (
        "N° commande", "Commande", "Bon de commande", "N° de bon de commande", "Votre commande",
        "Référence commande", "Réf. commande", "Order number", "Order", "Order reference", "Purchase order",
        "Purchase order number", "PO", "PO number",
    ), beside=("Réf.", _CUSTOMER_REFERENCES)),  # Dolibarr
    Column("kind", (
        "Type de client", "Type", "Type de débiteur", "Catégorie", "Catégorie client", "Nature du client",
        "Customer type", "Customer kind", "Kind", "Debtor kind",
    )),
    Column("language", ("Langue", "Language")),
    Column("street", (
        "Adresse", "Rue", "Adresse 1", "Adresse postale", "Street", "Street address", "Address", "Address line 1",
    )),
    Column("postal_code", ("Code postal", "CP", "Postal code", "Postcode", "Zip", "Zip code")),
    Column("city", ("Ville", "Commune", "Localité", "City", "Town")),
    Column("country", ("Pays", "Code pays", "Country", "Country code")),
    Column("siren", ("SIREN", "N° SIREN", "SIRET", "N° SIRET")),
    # bare "TVA" and "VAT" are the tax's sum, not a number
    Column("vat", (
        "N° TVA", "TVA intracommunautaire", "N° TVA intracommunautaire", "TVA intra", "N° TVA intra",
        "VAT number", "VAT id", "VAT registration number",
    )),
    Column("contact_name", (
        "Contact", "Nom du contact", "Interlocuteur", "À l'attention de", "Contact name", "Attention",
    )),
)  # fmt: skip

PAYMENT_COLUMNS = (
    Column("paid_on", (
        "Date", "Date de règlement", "Date de paiement", "Date d'opération", "Date d'encaissement", "Réglé le",
        "Encaissé le", "Payment date", "Paid on", "Date paid", "Booking date", "Transaction date",
    ), required=True, holds="date", second=(
        "Date de valeur", "Valeur", "Date de comptabilisation", "Date comptable", "Value date",
    )),
    Column("amount", (
        "Montant", "Somme", "Montant réglé", "Montant du règlement", "Montant payé", "Montant encaissé", "Montant total",
        "Montant TTC", "Montant total TTC", "Règlement", "Encaissement", "Crédit", "Amount", "Amount paid",
        "Amount received", "Paid", "Paid in", "Money in", "Payment", "Payment amount", "Credit amount",
    ), required=True, holds="sum"),
    Column("debit", ("Débit", "Paid out", "Money out", "Debit amount"), holds="sum"),
    Column("direction", (
        "Sens", "Débit/Crédit", "D/C", "Sens de l'opération", "Sens du mouvement", "Sens comptable", "Debit/Credit",
        "Direction",
    )),
    Column("status", ("Statut", "État", "Statut du paiement", "Statut de l'opération", "Status", "Payment status", "State")),
    Column("currency", ("Devise", "Code devise", "Monnaie", "Currency", "Currency code")),
    Column("bank_reference", (
        "Référence bancaire", "Réf. bancaire", "Référence banque", "Référence", "N° d'opération",
        "Référence opération", "Bank reference", "Transaction id", "Transaction reference", "Payment reference",
    )),
    Column("debtor_reference", (*_DEBTOR_CODES, *_CUSTOMER_REFERENCES), second=(*_DEBTORS, "Nom client", "Raison sociale")),
    Column("invoice_numbers", (
        "Factures", "N° facture", "Factures réglées", "Facture payée", "Pièce", "N° pièce", "Référence facture",
        "Invoices", "Invoice number", "Invoice reference", "Invoice id",
    )),
    Column("label", (
        "Libellé", "Libellé de l'opération", "Intitulé", "Motif", "Communication", "Objet", "Label",
        "Description", "Details", "Memo", "Remittance information",
    )),
)  # fmt: skip
