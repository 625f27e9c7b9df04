"""One cell to one value: dates, sums, addresses. A cell that could mean two things is refused, not guessed."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel.core import Locale, get_global

from relance_mailer.dunning.debtor_kind import siren_of, vat_of
from relance_mailer.dunning.invoice import DebtorKind
from relance_mailer.dunning.money import Money, digits
from relance_mailer.intake.reasons import Reason

MAX_EMAILS = 10
MAX_INTEGER_DIGITS = 13  # in cents still within a database's 64-bit integer
FIRST_YEAR, LAST_YEAR = 1990, 2100

#: Controls (Cc), line and paragraph separators, and what reorders or hides text: none may reach a mail's header.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_SCIENTIFIC = re.compile(r"[0-9][.,][0-9]+E\+[0-9]+", re.IGNORECASE)
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)
_DAY_FIRST = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_MIDNIGHT = re.compile(r"[ T]0?0:00(?::00)?\Z")

_SPACE = " \u00a0\u202f\u2009"
#: Digits, or groups of three joined always by the same separator; then decimals after the other one.
_NUMBER = re.compile(
    rf"(?P<whole>[0-9]+|[0-9]{{1,3}}(?:(?P<group>[{_SPACE}'’.,])[0-9]{{3}})(?:(?P=group)[0-9]{{3}})*)"
    r"(?:(?P<point>[.,])(?P<decimals>[0-9]+))?"
)
_AMBIGUOUS = re.compile(r"([1-9][0-9]{0,2})([.,])([0-9]{3})")
_AFFIX = re.compile(
    r"(?P<before>[A-Za-z]{3,5}|[€£$])?(?P<middle>[^A-Za-z€£$]*)(?P<after>[A-Za-z]{3,5}|[€£$])?"
)
_SYMBOLS = {"€": "EUR", "£": "GBP", "$": "USD", "EURO": "EUR", "EUROS": "EUR"}

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
    if not cell.isprintable() and _CONTROL.search(cell):
        raise CellError(Reason.CONTROL)
    if "\ufffd" in cell:
        raise CellError(Reason.DAMAGED)
    if len(cell) > longest:
        raise CellError(Reason.TOO_LONG, longest)
    return " ".join(cell.split())


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


@lru_cache(maxsize=4_096)
def a_date(cell: str) -> date:
    """Return the day of dd/mm/yyyy (also with dots or hyphens) or yyyy-mm-dd; midnight behind it is ignored."""
    text = _MIDNIGHT.sub("", cell)
    if found := _ISO.fullmatch(text):
        year, month, day = found.groups()
    elif found := _DAY_FIRST.fullmatch(text):
        day, _, month, year = found.groups()
    else:
        raise CellError(Reason.BAD_DATE)
    if len(year) != 4:
        raise CellError(Reason.SHORT_YEAR)
    try:
        result = date(int(year), int(month), int(day))
    except ValueError:
        raise CellError(Reason.BAD_DATE) from None
    if not FIRST_YEAR <= result.year <= LAST_YEAR:
        raise CellError(Reason.YEAR_RANGE, FIRST_YEAR, LAST_YEAR)
    return result


def a_sum(cell: str, currency: str) -> Money:
    """Return a sum of `currency` written the French way (1 250,00) or plainly otherwise (1250.00, 1.250,00).

    Negative with a minus before or behind or in parentheses. `1.250` and `1,250` are refused: thousands or
    decimals, nobody can tell; only in a currency of three decimals is `1,250` what it seems.
    """
    text, negative = _without_sign(cell.strip())
    text = _without_currency(text, currency)
    if not negative:
        text, negative = _without_sign(text)
    amount = _magnitude(text, currency)
    return Money(-amount if negative and amount else amount, currency)


def _without_sign(text: str) -> tuple[str, bool]:
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1].strip(), True
    if text[:1] in {"-", "−"}:
        return text[1:].strip(), True
    if text[-1:] in {"-", "−"}:
        return text[:-1].strip(), True
    return text.removeprefix("+"), False


def _without_currency(text: str, currency: str) -> str:
    """Return `text` without € or EUR before or behind it; it must be the row's currency."""
    if not (found := _AFFIX.fullmatch(text)) or (found["before"] and found["after"]):
        raise CellError(Reason.BAD_SUM)
    if named := found["before"] or found["after"]:
        stated = _SYMBOLS.get(named.upper(), named.upper())
        if stated not in _currencies():
            raise CellError(Reason.BAD_SUM)
        if stated != currency:
            raise CellError(Reason.OTHER_CURRENCY, stated, currency)
    return found["middle"].strip()


def _magnitude(text: str, currency: str) -> Decimal:
    places = digits(currency)
    found = _NUMBER.fullmatch(text)
    if not found or (found["point"] and found["point"] == found["group"]):
        raise CellError(Reason.BAD_SUM)
    if (twofold := _AMBIGUOUS.fullmatch(text)) and not (places == 3 and twofold[2] == ","):
        thousands = f"{twofold[1]}{twofold[3]}" + (f",{'0' * places}" if places else "")
        raise CellError(Reason.AMBIGUOUS_SUM, thousands, f"{twofold[1]},{twofold[3]}".rstrip("0").rstrip(","))
    whole, decimals = _split(found, twofold)
    if len(decimals) > places:
        raise CellError(Reason.TOO_MANY_DECIMALS, currency, places)
    if len(whole.lstrip("0")) > MAX_INTEGER_DIGITS:
        raise CellError(Reason.SUM_TOO_LARGE, MAX_INTEGER_DIGITS)
    return Decimal(f"{whole}{decimals.ljust(places, '0')}").scaleb(-places)


def _split(found: re.Match[str], twofold: re.Match[str] | None) -> tuple[str, str]:
    """Return the digits before and after the decimal sign."""
    if twofold:
        return twofold[1], twofold[3]
    return re.sub("[^0-9]", "", found["whole"]), found["decimals"] or ""


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    """Currencies that are legal tender somewhere today, as CLDR lists them."""
    uses = (use for uses in get_global("territory_currencies").values() for use in uses)
    return frozenset(code for code, _, end, tender in uses if tender and end is None)


def a_currency(cell: str) -> str:
    """Return an ISO 4217 code in use; "€" and "euros" are understood."""
    code = _SYMBOLS.get(cell.upper(), cell.upper())
    if code not in _currencies():
        raise CellError(Reason.UNKNOWN_CURRENCY)
    return code


def emails(cell: str) -> tuple[str, ...]:
    """Return the addresses (RFC 5321 dot-atoms, ASCII) separated by commas, semicolons or spaces, each once."""
    parts = [part for part in re.split(r"[,;\s]+", a_text(cell, 2_000)) if part]
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
