"""Addresses and fields as they stand on the wire: nothing in them can begin a line of somebody else's.

Domains become A-labels by IDNA 2008 (RFC 5891, mapped by UTS 46 without its transitional letters): `faß.de` is
xn--fa-hia.de, another domain than fass.de. A local part beyond ASCII stays as it is (RFC 6531, 6532): only servers
that offer SMTPUTF8 take it.
"""

from __future__ import annotations

import re
import unicodedata

import idna

from relance_mailer.errors import InputError

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a1-\U0010fffd-]+"
_LOCAL_PART = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_LOCAL_LIMIT, _DOMAIN_LIMIT = 64, 253  #: octets (RFC 5321 section 4.5.3.1)
#: Beyond ASCII, what is neither letter, mark, number, punctuation nor symbol: spaces, what hides or reorders text.
_UNSEEN = frozenset({"Zs", "Cf", "Co", "Cn"})


def wire_address(address: str, field: str = "address") -> str:
    """Return a bare address as it stands on the wire, its domain in A-labels.

    Raises:
        InputError: it is no address that this program can write to; the text names the field.
    """
    refuse_controls(field, address)
    local, at, domain = address.rpartition("@")
    fits = len(local.encode()) <= _LOCAL_LIMIT and _LOCAL_PART.fullmatch(local)
    if not at or not fits or (not local.isascii() and _unseen(local)):
        raise InputError(f"{field}: {address!r} is not an e-mail address that can be written to")
    return f"{local}@{_wire_domain(domain, field, address)}"


def refuse_controls(field: str, value: str) -> None:
    """Refuse line ends, NUL, the other controls and lone surrogates: they would start a header of somebody else's.

    Raises:
        InputError: naming the field.
    """
    if found := _CONTROL.search(value):
        raise InputError(
            f"{field}: a control character (U+{ord(found[0]):04X}) is not allowed in {value[:60]!r}"
        )


def a_labels(domain: str) -> str:
    """Return a domain in A-labels, "" if it is no domain name."""
    if domain.isascii():
        wire = domain
    else:
        try:
            wire = idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
        except idna.IDNAError:
            return ""
    return wire if len(wire) <= _DOMAIN_LIMIT and _DOMAIN.fullmatch(wire) else ""


def _unseen(local: str) -> bool:
    return any(unicodedata.category(char) in _UNSEEN for char in local)


def _wire_domain(domain: str, field: str, address: str) -> str:
    wire = a_labels(domain)
    if not wire:
        raise InputError(f"{field}: {domain!r} in {address!r} is not a domain name")
    return wire
