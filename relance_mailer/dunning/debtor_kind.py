"""What the law may see in a debtor: interest and the 40 € are due by professionals, never by consumers.

Asking a consumer for the fixed compensation is an offence, so a debtor whose kind nobody stated counts as
professional only when a number proves it: a SIREN (C. com. R123-221) or a VAT number, check digits and all.
"""

from __future__ import annotations

from functools import lru_cache

import stdnum.ch.vat
import stdnum.eu.vat
import stdnum.gb.vat
import stdnum.no.mva
from stdnum.exceptions import ValidationError
from stdnum.fr import siren as fr_siren
from stdnum.fr import siret as fr_siret

from relance_mailer.dunning.invoice import DebtorKind

#: Countries whose VAT numbers stand outside the Union's list, by the letters they begin with.
_ELSEWHERE = {"GB": stdnum.gb.vat, "CH": stdnum.ch.vat, "NO": stdnum.no.mva}


@lru_cache(maxsize=65_536)
def siren_of(text: str) -> str:
    """Return the nine digits of a SIREN, or of the SIREN inside a SIRET; "" if `text` is neither."""
    try:
        number = fr_siren.compact(text)
        if len(number) == 14:
            number = fr_siret.validate(number)[:9]
        number = fr_siren.validate(number)
    except ValidationError:
        return ""
    return number if number.strip("0") else ""  # nine zeros satisfy the check digit and name nobody


@lru_cache(maxsize=65_536)
def vat_of(text: str) -> str:
    """Return a VAT number without its spaces, country letters first; "" if `text` is none.

    The Union's numbers, Northern Ireland's included, and those of Great Britain, Switzerland and Norway.
    """
    letters = text.strip()[:2].upper()
    try:
        if module := _ELSEWHERE.get(letters):
            number = str(module.validate(text))
            number = number if number.startswith(letters) else letters + number
        else:
            number = str(stdnum.eu.vat.validate(text))
    except ValidationError:
        return ""
    return number if number[4:].strip("0") else ""


def effective_kind(kind: DebtorKind, siren: str, vat: str) -> DebtorKind:
    """Return the kind that the rules go by.

    A stated kind stays. An unknown one becomes professional with a valid SIREN or VAT number, and otherwise
    stays unknown: then neither late-payment interest nor the 40 € may be shown.
    """
    if kind is DebtorKind.UNKNOWN and (siren_of(siren) or vat_of(vat)):
        return DebtorKind.PROFESSIONAL
    return kind
