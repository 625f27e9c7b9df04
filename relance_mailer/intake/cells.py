"""One cell to one value: texts, addresses, numbers that identify. What could mean two things is refused, not guessed."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

from babel.core import Locale, get_global

from relance_mailer.dunning.debtor_kind import siren_of, vat_of
from relance_mailer.dunning.invoice import DebtorKind
from relance_mailer.intake.reasons import Reason

MAX_EMAILS = 10
SIREN_WIDTHS = (9, 14)  #: of a SIREN, and of the SIRET that begins with one

#: Controls (Cc), line and paragraph separators, and what reorders or hides text: none may reach a mail's header.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_SCIENTIFIC = re.compile(r"[0-9][.,][0-9]+E\+[0-9]+", re.IGNORECASE)
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)
_DAY = re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{2,4}(?![0-9])")
_BETWEEN_EMAILS = re.compile(r"[,;\s]+")

_KINDS = {
    DebtorKind.PROFESSIONAL: ("professional", "professionnel", "pro", "entreprise", "business", "b2b"),
    DebtorKind.CONSUMER: ("consumer", "consommateur", "particulier", "b2c"),
    DebtorKind.PUBLIC: ("public", "secteur public", "public sector", "b2g"),
    DebtorKind.UNKNOWN: ("unknown", "inconnu"),
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words}
_LANGUAGES = {"francais": "fr", "french": "fr", "anglais": "en", "english": "en"}
#: What people also call a country, beside its names in French and English.
_COUNTRY_ALIASES = {
    "uk": "GB",
    "el": "GR",
    "angleterre": "GB",
    "england": "GB",
    "grande bretagne": "GB",
    "great britain": "GB",
    "hollande": "NL",
    "holland": "NL",
    "republique tcheque": "CZ",
    "czech republic": "CZ",
    "usa": "US",
}
#: Codes that CLDR lists beside those of ISO 3166: groups, islands of others, "unknown".
_NO_COUNTRIES = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "IC", "TA", "ZZ"})
#: The language a debtor is written to where the file does not say; every other country: English.
_FRENCH_SPEAKING = frozenset(
    {"FR", "BE", "LU", "MC", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "NC", "PF", "WF"}
)


class CellError(Exception):
    """A cell cannot be used; `read_row` turns it into a RowError."""

    def __init__(self, reason: Reason, *arguments: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.arguments = tuple(str(argument) for argument in arguments)


def plain(words: str) -> str:
    """Return `words` without accents, case and punctuation: "Échéance :" gives "echeance"."""
    bare = unicodedata.normalize("NFKD", words.replace("°", "o")).casefold()
    bare = "".join(mark for mark in bare if not unicodedata.combining(mark))
    return " ".join(re.findall(r"[a-z0-9]+", bare))


def a_text(cell: str, longest: int) -> str:
    """Return the cell on one line, spaces collapsed, in Unicode's composed form (NFC)."""
    if not cell.isascii():
        cell = unicodedata.normalize("NFC", cell)
        if "\ufffd" in cell:
            raise CellError(Reason.DAMAGED)
    is_plain = cell.isprintable()
    if not is_plain and _CONTROL.search(cell):
        raise CellError(Reason.CONTROL)
    if len(cell) > longest:
        raise CellError(Reason.TOO_LONG, longest)
    return cell if is_plain and "  " not in cell else " ".join(cell.split())


def a_name(cell: str) -> str:
    """Return a name or a line of an address."""
    return a_text(cell, 200)


def a_reference(cell: str) -> str:
    """Return a number of an invoice, a customer, an order: letters are kept, a spreadsheet's 2,02E+11 is refused."""
    if _SCIENTIFIC.fullmatch(cell):
        raise CellError(Reason.SCIENTIFIC)
    return a_text(cell, 64)


def references(cell: str) -> tuple[str, ...]:
    """Return several numbers separated by commas or semicolons, each once."""
    numbers = (a_reference(part.strip()) for part in re.split("[,;]", a_text(cell, 2_000)))
    return tuple(dict.fromkeys(number for number in numbers if number))


def a_label(cell: str) -> str:
    """Return a bank's free text; its line breaks become spaces."""
    return a_text(" ".join(re.split(r"[\r\n\t]+", cell)), 1_000)


def emails(cell: str) -> tuple[str, ...]:
    """Return the addresses (RFC 5321 dot-atoms, ASCII) separated by commas, semicolons or spaces, each once."""
    parts = [part for part in _BETWEEN_EMAILS.split(a_text(cell, 2_000)) if part]
    if len(parts) > MAX_EMAILS:
        raise CellError(Reason.TOO_MANY_EMAILS, MAX_EMAILS)
    addresses: dict[str, str] = {}
    for part in parts:
        local, _, domain = part.rpartition("@")
        if len(part) > 254 or len(local) > 64 or not _EMAIL.fullmatch(part):
            raise CellError(Reason.BAD_EMAIL, part[:80])
        address = f"{local}@{domain.lower()}"
        addresses.setdefault(address.lower(), address)
    return tuple(addresses.values())


def a_siren(cell: str) -> str:
    """Return the nine digits of a SIREN; of a SIRET the SIREN in it."""
    if number := siren_of(cell):
        return number
    raise CellError(Reason.BAD_SIREN)


def a_vat_number(cell: str) -> str:
    """Return a VAT number without spaces, its country's letters first."""
    if number := vat_of(cell):
        return number
    raise CellError(Reason.BAD_VAT)


@lru_cache(maxsize=64)
def a_kind(cell: str) -> DebtorKind:
    """Return the debtor's kind from its French or English word."""
    if kind := _KIND_OF.get(plain(cell)):
        return kind
    raise CellError(Reason.BAD_KIND)


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """Alpha-2 code by code and by name in French and English, from CLDR."""
    codes = (get_global("territory_currencies").keys() & Locale("en").territories.keys()) - _NO_COUNTRIES
    names = {plain(str(Locale(tongue).territories[code])): code for tongue in ("en", "fr") for code in codes}
    return names | {code.lower(): code for code in codes} | _COUNTRY_ALIASES


@lru_cache(maxsize=1_024)
def a_country(cell: str) -> str:
    """Return the ISO 3166-1 alpha-2 code from the code or from the French or English name."""
    if code := _countries().get(plain(cell)):
        return code
    raise CellError(Reason.BAD_COUNTRY)


@lru_cache(maxsize=1_024)
def a_language(cell: str) -> str:
    """Return a language's two letters from "fr", "fr-BE", "français"."""
    word = plain(cell)
    code = _LANGUAGES.get(word, word[:2] if re.fullmatch(r"[a-z]{2}(?: [a-z]{2})?", word) else "")
    if code and code in get_global("likely_subtags"):
        return code
    raise CellError(Reason.BAD_LANGUAGE)


def language_of(country: str) -> str:
    """Return the language a debtor of `country` is written to unless the file says otherwise."""
    return "fr" if country in _FRENCH_SPEAKING else "en"


class Document(StrEnum):
    """What a row of a list of invoices may be."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


_DOCUMENTS = {
    Document.INVOICE: (
        "facture", "facture client", "facture de vente", "facture d acompte", "facture de solde", "vente", "fa", "fac",
        "invoice", "sales invoice", "customer invoice", "tax invoice", "bill",
    ),
    Document.CREDIT_NOTE: (
        "avoir", "avoir client", "facture d avoir", "note de credit", "av", "credit note", "credit memo",
        "customer credit note",
    ),
}  # fmt: skip
_DOCUMENT_OF = {word: document for document, words in _DOCUMENTS.items() for word in words}


@lru_cache(maxsize=64)
def document_of(cell: str) -> Document | None:
    """Return what a row is by its word in French or English, None for any other word."""
    return _DOCUMENT_OF.get(plain(cell))


class Status(StrEnum):
    """What a program says became of an invoice, as far as it matters here."""

    PAID = "paid"
    DAY = "day"  #: something was paid on a day: all of it, unless a balance says otherwise
    PARTLY = "partly"  #: something is paid, or may be, and the status does not say how much
    UNPAID = "unpaid"  #: it says so
    CONTESTED = "contested"  #: in dispute, or in other hands
    NOT_DUE = "not_due"  #: a draft, or cancelled: nobody owes it
    OTHER = "other"


_STATUSES = {
    Status.PAID: (
        "payee", "paye", "payees", "reglee", "regle", "soldee", "encaissee", "encaisse", "acquittee", "lettree",
        "totalement payee", "totalement reglee", "paid", "fully paid", "settled", "closed",
    ),
    Status.PARTLY: (
        "partiel", "partielle", "paiement partiel", "reglement partiel", "reglement commence", "paiement commence",
        "acompte verse", "acompte recu", "paiement recu", "en cours de paiement", "partial", "partial payment",
        "payment received", "in payment",
    ),
    Status.UNPAID: (
        "impayee", "impaye", "non payee", "non reglee", "non soldee", "a payer", "a regler", "en attente de paiement",
        "en attente de reglement", "en retard", "echue", "non echue", "unpaid", "not paid", "overdue", "past due",
        "outstanding", "open", "due", "awaiting payment",
    ),
    Status.CONTESTED: (
        "en litige", "litige", "contestee", "contentieux", "en contentieux", "bloquee", "suspendue", "disputed",
        "in dispute", "on hold", "in collection",
    ),
    Status.NOT_DUE: (
        "brouillon", "annulee", "annule", "abandonnee", "proforma", "pro forma", "draft", "cancelled", "canceled",
        "void", "voided", "written off", "uncollectible",
    ),
}  # fmt: skip
_STATUS_OF = {word: status for status, words in _STATUSES.items() for word in words}
_PAID = frozenset({
    "payee", "paye", "payees", "reglee", "regle", "reglees", "soldee", "encaissee", "encaisse", "acquittee", "lettree",
    "paid", "settled",
})  # fmt: skip
_NOT = frozenset({"non", "pas", "jamais", "not", "never", "un"})
#: What may stand beside "paid" and leaves it whole: when, and how.
_MANNER = frozenset({
    "le", "par", "en", "on", "by", "du", "totalement", "entierement", "integralement", "fully", "cheque", "virement",
    "prelevement", "carte", "cb", "especes", "bancaire", "card", "transfer", "bank", "cash",
})  # fmt: skip


@lru_cache(maxsize=256)
def a_status(cell: str) -> Status:
    """Return whether an invoice is paid, wholly or in part, or no claim at all; most other words say nothing.

    "Payée le 12/02/2026" is paid; "payée à 50 %" and whatever else is said of a payment may be so in part.
    """
    said = plain(cell[:100])
    if status := _STATUS_OF.get(said):
        return status
    words = said.split()
    if not _PAID & set(words):
        return Status.OTHER
    beside = set(words) - _PAID
    if beside and beside <= _NOT:
        return Status.UNPAID
    others = [word for word in words if word not in _PAID and word not in _MANNER]
    is_day = all(word.isdigit() for word in others) and len(others) in {0, 3}
    return Status.PAID if is_day else Status.PARTLY


_ANSWERS = {
    Status.PAID: ("oui", "o", "yes", "y", "true", "vrai", "x", "ok"),
    Status.UNPAID: ("non", "n", "no", "false", "faux", ""),
}
_ANSWER_OF = {word: status for status, words in _ANSWERS.items() for word in words}
_TICKS = frozenset("✓✔☑✅")


def an_answer(cell: str) -> Status | None:
    """Return what a cell says in a column that asks whether an invoice is paid: yes, no, a tick, a day; else None."""
    if cell in _TICKS:
        return Status.PAID
    if _DAY.match(cell):
        return Status.DAY
    if status := _ANSWER_OF.get(plain(cell[:100])):
        return status
    status = a_status(cell)
    return None if status is Status.OTHER else status


def a_settlement(cell: str) -> Status:
    """Return what a column like “Payée” says of an invoice; databases write 1 for yes and 0 for no."""
    if status := {"1": Status.PAID, "0": Status.UNPAID}.get(cell) or an_answer(cell):
        return status
    raise CellError(Reason.BAD_SETTLED)


def a_day_of_payment(cell: str) -> Status:
    """Return DAY where one stands, else what the words say: “en attente” says nothing."""
    return Status.DAY if any(mark.isdigit() for mark in cell) else a_status(cell)


_DIRECTIONS = {
    True: (
        "d",
        "db",
        "dr",
        "dbit",
        "debit",
        "depense",
        "sortie",
        "sortant",
        "out",
        "outgoing",
        "decaissement",
    ),
    False: ("c", "cr", "crdt", "credit", "recette", "entree", "entrant", "in", "incoming", "encaissement"),
}
_DIRECTION_OF = {word: is_debit for is_debit, words in _DIRECTIONS.items() for word in words}
_SIGNS = {"-": True, "−": True, "+": False}


@lru_cache(maxsize=64)
def is_debit(cell: str) -> bool:
    """Tell whether a payment's sum was taken back rather than received."""
    said = _SIGNS.get(cell, _DIRECTION_OF.get(plain(cell[:100])))
    if said is None:
        raise CellError(Reason.BAD_DIRECTION)
    return said


_NOT_RECEIVED = frozenset({
    "rejete", "rejetee", "refuse", "refusee", "annule", "annulee", "echoue", "echouee", "echec", "impaye", "impayee",
    "en attente", "a venir", "prevu", "failed", "declined", "refused", "rejected", "cancelled", "canceled", "pending",
    "returned", "reversed",
})  # fmt: skip


def is_received(cell: str) -> bool:
    """Tell whether a payment arrived, by its status; a word that we do not know says nothing against it."""
    return plain(cell[:100]) not in _NOT_RECEIVED


def a_document(cell: str) -> Document:
    """Return what a row is; a payment or a draft in a list of invoices is refused."""
    if document := document_of(cell):
        return document
    raise CellError(Reason.OTHER_DOCUMENT)
