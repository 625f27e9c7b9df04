"""Whom an automatic answer names instead of its author: an address, a telephone number."""

from __future__ import annotations

import re

from relance_mailer.replies.words import fold

MAX_LOOKED_AT = 10_000  #: characters of an automatic answer that are read
_BEFORE, _AFTER = 160, 60  #: characters around an address that may say what it is for

_ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_PHONE = re.compile(r"(?<![\w.@+#-])(?:\+|\()?\d[\d .()/-]{7,20}\d(?![\w@])")
_CLAUSE = re.compile(r"[^\n,;.!?@]*")
_DATED = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](?:20)?\d\d$")

#: What an address is for, the most telling first; the patterns see folded text.
_INVOICES = re.compile(
    r"factur|invoice|payable|paiement|payment|reglement|comptab|fournisseur|supplier|account|rechnung|kreditor|zahlung|buchhalt|pago"
    r"|proveedor|contab|fattur|fornitor|pagament|crediteur|betaling|boekhoud|contas|fatura|fornecedor|mahnung|relance|reminder"
)
_URGENT = re.compile(
    r"urgen|dringend|spoed|notf[ae]ll|notdienst|cannot wait|fristsach|brule|on fire|immediat|sofort"
)
_TURN_TO = re.compile(
    r"contact|adress|ecri|joindre|rempla|transf|reach|write|courriel|suivi|\bsend|envoy|assist|turn to|wenden|richten|vertret|schreib"
    r"|erreich|kollege|kollegin|colleg|dirij|diri[gj]|escrib|envi[ae]|sustitu|scriv|rivolg|sostitu|inviar|terecht|vervang|mail naar|stuur"
    r"|bereik|escrev|substitu|nouvelle|new address|new e-?mail|neue|nueva|nuov[oa]|nieuwe?|nov[oa] |\butilis|\buse\b|instead|desormais|resend|re-send"
    r"|\bcall|\bring|appel|telefon|\bllam|chiam|\bbel\b|ligu|\ba defaut|in my absence|mon absence|covering|weergereicht|checks"
)
_RING = re.compile(
    r"urgen|dringend|spoed|notf[ae]ll|emergenc|contact|join(?:dre|able)|\bcall|\bring\b|\bphone|appel|telefonisch|anrufen|wenden|llam|chiam|\bbel(?:len|t)?\b|ligu"
    r"|telefono al|rempla|vertret|sustitu|sostitu|vervang|substitu|colleg|kolleg|zaken|commandes"
)
_OTHER_SIDE = re.compile(
    r"kan u|helpen|will help|is covering|covers|checks|vous repond|puo aiutar|le ayudar|vertritt|hilft|pourra|responds"
)


def substitute(text: str, not_these: frozenset[str]) -> str:
    """Return the address that a notice names to write to instead, "" if none: the one for invoices, then for urgent matters."""
    looked_at = text[:MAX_LOOKED_AT]
    named: list[tuple[int, str]] = []
    for found in _ADDRESS.finditer(looked_at):
        address = found[0].lower().strip(".'-")
        rank = _rank(looked_at, found.start(), found.end(), address)
        if address not in not_these and rank is not None:
            named.append((rank, address))
    return min(named, key=lambda pair: pair[0], default=(0, ""))[1]


def telephone(text: str) -> str:
    """Return the number that a notice says to ring meanwhile, as written, "" if none; a signature's is none."""
    for line in text[:MAX_LOOKED_AT].splitlines():
        for found in _PHONE.finditer(line):
            before = fold(line[max(0, found.start() - _BEFORE) : found.start()])
            enough = 8 <= sum(letter.isdigit() for letter in found[0]) <= 15
            if enough and not _DATED.search(found[0]) and _RING.search(before):
                return found[0].strip()
    return ""


def _rank(text: str, start: int, end: int, address: str) -> int | None:
    """Return how well an address is recommended, 0 best, None where it only stands there (as in a signature)."""
    before, after = _around(text, start, end)
    near = before.rpartition("@")[2] + after  # what stands behind another address is about this one
    if not (
        _TURN_TO.search(before)
        or _URGENT.search(before)
        or _INVOICES.search(before)
        or _OTHER_SIDE.search(after)
    ):
        return None
    if _INVOICES.search(near) or _INVOICES.search(address.partition("@")[0]):
        return 0
    return 1 if _URGENT.search(near) else 2


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    """Return the folded words before and behind, within the paragraph or the one that ends with a colon before it."""
    before = fold(text[max(0, start - _BEFORE) : start]).replace("\r", "")
    head, gap, tail = before.rpartition("\n\n")
    if gap and not (head.rstrip().endswith((":", ",")) and len(tail) < 60):
        before = tail
    return before, _CLAUSE.match(fold(text[end : end + _AFTER]))[0]  # type: ignore[index]  # it matches nothing as well
