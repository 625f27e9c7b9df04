"""The columns of our two files: what each may be called. Case, accents, plurals, order and "N°" do not matter."""

from __future__ import annotations

from relance_mailer.intake.table import Column

_DEBTOR_CODES = (
    "Code client", "N° client", "Référence client", "Réf. client", "Compte client", "Compte", "Code tiers",
    "Compte tiers", "Tiers", "Code débiteur", "Référence débiteur", "Id client", "Customer code", "Customer number",
    "Customer reference", "Customer account", "Customer id", "Client code", "Account", "Account number",
    "Debtor code", "Debtor reference", "Debtor number",
)  # fmt: skip

INVOICE_COLUMNS = (
    Column("number", (
        "N° facture", "Facture", "Numéro", "N° pièce", "Pièce", "Référence facture", "Réf. facture",
        "Invoice number", "Invoice", "Invoice reference",
    ), required=True),
    Column("debtor_reference", _DEBTOR_CODES, required=True),
    Column("debtor_name", (
        "Client", "Nom", "Nom client", "Raison sociale", "Société", "Débiteur", "Nom débiteur", "Customer",
        "Customer name", "Client name", "Name", "Company", "Company name", "Debtor", "Debtor name",
    ), required=True),
    Column("emails", (
        "E-mail", "Email", "Courriel", "Mail", "Adresse e-mail", "Adresse email", "Adresse mail",
        "Adresse électronique", "E-mail client", "Email client", "E-mail address", "Email address",
    )),
    Column("issued", (
        "Date de facture", "Date d'émission", "Date de facturation", "Date", "Date de pièce", "Émise le",
        "Invoice date", "Issue date", "Issued", "Issued on",
    ), required=True),
    Column("due", (
        "Échéance", "Date d'échéance", "Échéance le", "Date limite de paiement", "À payer le", "Due", "Due date",
        "Due on", "Payment due date",
    ), required=True),
    Column("total", (
        "Montant TTC", "Total TTC", "TTC", "Montant", "Total", "Montant total", "Montant facture", "Amount",
        "Total amount", "Gross amount", "Invoice amount", "Invoice total",
    ), required=True),
    Column("balance", (
        "Solde", "Reste à payer", "Restant dû", "Reste dû", "Solde dû", "Montant restant dû", "Balance",
        "Balance due", "Outstanding", "Outstanding amount", "Open amount",
    )),
    Column("balance_on", (
        "Solde au", "Date du solde", "Reste à payer au", "Balance on", "Balance date", "Balance as of",
    )),
    Column("currency", ("Devise", "Code devise", "Monnaie", "Currency", "Currency code")),
    Column("order_number", (
        "N° commande", "Commande", "Bon de commande", "N° de bon de commande", "Votre commande",
        "Référence commande", "Réf. commande", "Order number", "Order", "Order reference", "Purchase order",
        "Purchase order number", "PO", "PO number",
    )),
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
        "Date", "Date de règlement", "Date de paiement", "Date d'opération", "Date de valeur", "Payment date",
        "Paid on", "Value date", "Booking date",
    ), required=True),
    Column("amount", (
        "Montant", "Somme", "Montant réglé", "Montant du règlement", "Règlement", "Crédit", "Amount",
        "Amount paid", "Paid", "Payment", "Payment amount",
    ), required=True),
    Column("currency", ("Devise", "Code devise", "Monnaie", "Currency", "Currency code")),
    Column("bank_reference", (
        "Référence bancaire", "Réf. bancaire", "Référence banque", "Référence", "N° d'opération",
        "Référence opération", "Bank reference", "Transaction id", "Transaction reference", "Payment reference",
    )),
    Column("debtor_reference", (*_DEBTOR_CODES, "Client", "Débiteur", "Customer", "Debtor")),
    Column("invoice_numbers", (
        "Factures", "N° facture", "Factures réglées", "Pièce", "N° pièce", "Référence facture", "Invoices",
        "Invoice number", "Invoice reference",
    )),
    Column("label", (
        "Libellé", "Libellé de l'opération", "Intitulé", "Motif", "Communication", "Objet", "Label",
        "Description", "Details", "Memo", "Remittance information",
    )),
)  # fmt: skip
