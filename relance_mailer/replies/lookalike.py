"""Domains that are made to be taken for another: other letters that look the same, one letter more, another ending.

Compared is the name under the public suffix, as the eye reads it; a resemblance is a reason to look, never a proof.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from relance_mailer.replies.freemail import is_freemail

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 253  #: characters of a domain (RFC 1035)
_SHORTEST = 5  #: letters of a name of which one may differ; shorter ones differ by one everywhere
_LONG = 8  #: letters of a name of which one may differ, and the ending too

#: Letters of other scripts, and signs, that are read as Latin ones.
_READ_AS = str.maketrans(
    "авеіјкмнорсԁгѕтухһӏьԛԝաոսցհօρανοικτυωχℓıłøđħ0157|",
    "abeijkmhopcdrstyxhlbqwanughopavoiktuwxlilodholst" + "l",
)
#: Letters that together, or side by side, are read as others.
_TOGETHER = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("nn", "m"), ("ii", "u"), ("i", "l"))
#: Second levels under which names are sold as under a suffix of their own.
_SECOND_LEVELS = frozenset({"co", "com", "org", "net", "gov", "gouv", "ac", "asso", "tm"})
#: Endings under which a company is looked for that writes from a domain that nobody knows.
_SUFFIXES = (
    "fr",
    "com",
    "eu",
    "net",
    "org",
    "be",
    "ch",
    "lu",
    "de",
    "es",
    "it",
    "nl",
    "co",
    "io",
    "biz",
    "pro",
    "info",
)
#: What is hung on a name to make it look official.
_WORDS = """
    accounting accounts admin billing client clients comptabilite compta contact facturation facture factures
    finance invoice invoices mail paiement paiements payment payments pay secure service services support
"""
_ADDED = frozenset(_WORDS.split())


def resembled(domain: str, known: Iterable[str]) -> str:
    """Return the known domain that `domain` could be taken for, "" if none; what belongs to a known one is no imitation."""
    known = tuple(dict.fromkeys(one.lower() for one in known if one))
    plain = domain.lower().rstrip(".")[:_LONGEST]
    if not plain or is_freemail(plain) or any(_same_house(plain, one) for one in known):
        return ""
    return next((one for one in known if _resembles(plain, one)), "")


def spellings(domain: str) -> tuple[str, ...]:
    """Return the domains that a reader could mean by this one: to be looked up, so not too many."""
    plain = domain.lower().rstrip(".")[:_LONGEST]
    name, suffix = _split(plain)
    if not name or is_freemail(plain):
        return ()
    clear = _clear(name)
    letters = clear.replace("-", "")
    # What a reader sees: "rn" for m, 1 for l; and one letter or hyphen too many.
    names = dict.fromkeys(
        [
            clear,
            letters,
            *(
                clear.replace(*pair)
                for pair in (("rn", "m"), ("vv", "w"), ("0", "o"), ("1", "l"), ("5", "s"))
            ),
        ]
    )
    if len(clear) >= _SHORTEST:
        names |= dict.fromkeys(clear[:place] + clear[place + 1 :] for place in range(min(len(clear), 30)))
    found = [f"{one}.{suffix}" for one in names] + [f"{clear}.{ending}" for ending in _SUFFIXES]
    return tuple(one for one in dict.fromkeys(found) if one != plain)


def _same_house(domain: str, known: str) -> bool:
    """Say whether two domains are one another's own, or under one name."""
    return (
        domain == known
        or domain.endswith(f".{known}")
        or known.endswith(f".{domain}")
        or _split(domain) == _split(known)
    )


def _resembles(domain: str, known: str) -> bool:
    name, suffix = _split(domain)
    other, ending = _split(known)
    if not name or not other:
        return False
    if _seen(name) == _seen(other) or _seen(name) == _seen(known):  # "client-example.test" for client.example
        return True
    if f".{domain}.".find(f".{known}.") == 0:  # "client.example.thief.test"
        return True
    parts = set(_clear(name).split("-"))
    if len(other) >= _SHORTEST and other in parts and parts & _ADDED:
        return True
    longest = max(len(name), len(other))
    enough = _SHORTEST if suffix == ending else _LONG
    return longest >= enough and _one_apart(_clear(name).replace("-", ""), _clear(other).replace("-", ""))


def _split(domain: str) -> tuple[str, str]:
    """Return the name that was registered, and its suffix."""
    labels = domain.split(".")
    size = 2 if len(labels) > 2 and labels[-2] in _SECOND_LEVELS else 1
    return (labels[-size - 1] if len(labels) > size else "", ".".join(labels[-size:]))


@lru_cache(maxsize=4096)
def _clear(label: str) -> str:
    """Return a label in plain Latin letters: decoded (RFC 3492), without accents, other scripts' letters as they look."""
    if label.startswith("xn--"):
        try:
            label = label[4:].encode("ascii").decode("punycode")
        except UnicodeError:
            return label
    plain = unicodedata.normalize("NFKD", label.casefold())
    latin = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return "".join(letter if letter.isascii() else letter.translate(_READ_AS) for letter in latin)


@lru_cache(maxsize=4096)
def _seen(label: str) -> str:
    """Return a label as the eye takes it in: hyphens and dots away, letters that are taken for others made one."""
    text = _clear(label).translate(_READ_AS).replace("-", "").replace(".", "")
    for pair in _TOGETHER:
        text = text.replace(*pair)
    return text


def _one_apart(one: str, other: str) -> bool:
    """Say whether one letter was added, left out, changed, or changed places with its neighbour."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return one == other
    start = next(
        (place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None
    )
    if start is None:
        return True
    left, right = one[start:], other[start:]
    swapped = left[:2] == right[:2][::-1] and left[2:] == right[2:]
    return left[1:] == right[1:] or left[1:] == right or left == right[1:] or swapped
