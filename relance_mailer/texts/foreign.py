"""No IBAN and no link but the creditor's own leaves in a text, whoever put it there: a template, a file, a debtor's name.

Whoever can write an order number into a file of invoices could else have a reminder tell a wrong account. Links count
where mail programs make them of plain words too ("https://…", "www.…"); a bare name like "acme.com" does not, for
companies are called so.

An IBAN is looked for through spaces, dashes, invisible characters and HTML tags, with its country's form and check
digits. A reference that happens to be one (one in a hundred of those with a country's letters and length) is refused
too, the invoice's own number among them: nobody who reads it can tell it from an account.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

import idna
from stdnum import iban

from relance_mailer.replies.freemail import is_freemail

if TYPE_CHECKING:
    from relance_mailer.config import Config

_SEP = r"[\s_.\u2010-\u2015\u2212-]"
#: A stretch that may hold an IBAN but for its two letters: from a digit on, what no punctuation interrupts.
_STRETCH = re.compile(rf"[0-9](?:{_SEP}{{0,8}}[A-Za-z0-9]){{12,}}")
_BEFORE = 16  #: characters before a stretch's first digit in which the two letters may stand
_MAY_BEGIN = re.compile(rf"[A-Za-z]{_SEP}{{0,8}}[A-Za-z]{_SEP}{{0,8}}[0-9]{_SEP}{{0,8}}[0-9]")
_BEGINNING = re.compile(r"[A-Z]{2}[0-9]{2}(?=[A-Z0-9]{11})")
#: What stands between an IBAN's characters without making it another one: spaces, dashes, dots.
_BETWEEN = re.compile(r"(?:[\s_\u2010-\u2015\u2212-]|\.(?!\s))+")
#: What parts two things: an empty line, the gap between the columns of a table in plain text.
_GAP = re.compile(r"\n[ \t]*\n| {2,}")
_UNSEEN = re.compile(r"[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff]+")  # fmt: skip
#: Letters in other shapes (full width, mathematical) and what nobody sees; not what French and its neighbours use.
_ODD = re.compile(
    "[^\x00-\xa9\xab-\xac\xae-\xb1\xb4-\xb8\xbb-\u024f\u2010-\u2027\u202f\u2030-\u203a\u20ac\u2212]"
)
_HIDDEN = re.compile(r"<(style|script|head|title)\b.{0,200000}?</\1\s*>|<!--.{0,200000}?-->", re.IGNORECASE | re.DOTALL)  # fmt: skip
_BLOCK = re.compile(r"</?(?:p|div|t[dhr]|br|hr|li|[ou]l|h[1-6]|table|blockquote|pre)\b", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!][^<>]{0,20000}>")
#: One expression for each attribute, so that each begins with plain letters, which are quickly found.
_LINKED = {
    name: re.compile(name + r"""\s{0,3}=\s{0,3}["']([^"']{0,4000})["']""")
    for name in ("href", "src", "action", "background")
}
_TYPED = re.compile(
    r"(?<![a-z0-9])([a-z][a-z0-9+.-]{1,20}:[/\\]{2,4}[^\s<>\"'\u00ab\u00bb]{1,2000}"
    r"|www\.[^\s<>\"'\u00ab\u00bb]{1,2000}|mailto:[^\s<>\"'\u00ab\u00bb]{1,2000})",
    re.IGNORECASE,
)
_LINK_SIGNS = ("://", ":\\\\", ":/\\", ":\\/", "www.", "mailto:")
_SPACES = re.compile(r"[ \t\r\n]+")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{0,20}):", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s?&=,;:<>@]{1,200}@[^\s?&=,;:<>@]{1,255}")
_HOST_END = re.compile(r"[/\\?#\s]")
_NAMED = re.compile(r"(?<![a-z0-9@.-])(?:www\.)?([a-z0-9-]{1,63}(?:\.[a-z0-9-]{2,63}){1,4})(?![a-z0-9@.-])")
_HARMLESS = frozenset({"tel", "cid"})


@dataclass(frozen=True, slots=True)
class Own:
    """What may stand in the creditor's texts.

    Attributes:
        ibans: without spaces.
        hosts: A-labels, lower case; their subdomains are allowed too.
        addresses: to which a link may write; lower case.
    """

    ibans: frozenset[str]
    hosts: frozenset[str]
    addresses: frozenset[str]

    @classmethod
    def of(cls, config: Config) -> Own:
        """Return what a configuration allows: its IBAN, addresses, their domains, hosts in its name and of `links`."""
        creditor, smtp = config.creditor, config.smtp
        addresses = {creditor.email, smtp.from_address, smtp.reply_to, *creditor.addresses} - {""}
        domains = {address.rpartition("@")[2] for address in addresses}
        domains |= set(_NAMED.findall(creditor.name.lower()))
        own = {domain for domain in domains if not is_freemail(domain)}
        return cls(
            frozenset({creditor.iban}),
            frozenset(_a_labels(host) for host in {*own, *creditor.links}),
            frozenset(address.lower() for address in addresses),
        )


class _Told(NamedTuple):
    ibans: tuple[str, ...]
    links: tuple[str, ...]


def problems(own: Own, words: Iterable[str], links: Iterable[str] = ()) -> Iterator[str]:
    """Yield what does not belong to the creditor in plain texts and among the links of an HTML page, in words.

    The page's own text is `shown(html)`: a notice's says what its plain text says, so it is looked at once, with the
    templates.
    """
    told = [_told(part) for text in words for part in text.split("\n\n")]
    for number in dict.fromkeys(number for one in told for number in one.ibans):
        if number not in own.ibans:
            yield f"the IBAN {number} is not the creditor's: a wrong account, or a reference that looks like one"
    for link in dict.fromkeys((*links, *(link for one in told for link in one.links))):
        if refused := _refused(own, link):
            yield refused


def shown(html: str) -> str:
    """Return what a reader sees of a page: a tag inside a line parts nothing, an IBAN cut by it is read all the same."""
    lines = _SPACES.sub(" ", _HIDDEN.sub("", html))
    return unescape(_TAG.sub("", _BLOCK.sub("\n\n\\g<0>", lines)))


@lru_cache(maxsize=512)
def _told(part: str) -> _Told:
    """Read a part of a text that no empty line interrupts; reminders have most of theirs in common."""
    text = _plain(part)
    return _Told(tuple(_ibans(text)), tuple(_typed(text)))


def _plain(text: str) -> str:
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", text)) if _ODD.search(text) else text


def linked(html: str) -> Iterator[str]:
    """Yield where the links and pictures of a page lead."""
    low = html.lower()
    for name, pattern in _LINKED.items():
        if name in low:
            yield from map(unescape, pattern.findall(low))


def _typed(text: str) -> Iterator[str]:
    low = text.lower()
    if not any(sign in low for sign in _LINK_SIGNS):
        return iter(())
    return (found.rstrip(".,;:!?)]") for found in _TYPED.findall(text))


def _ibans(text: str) -> Iterator[str]:
    for stretch in _STRETCH.finditer(text):
        piece = text[max(stretch.start() - _BEFORE, 0) : stretch.end()]
        if not _MAY_BEGIN.search(piece):
            continue
        joined = _BETWEEN.sub("", _GAP.sub("|", piece)).upper()
        for found in _BEGINNING.finditer(joined):
            length = _length(found[0][:2])
            number = joined[found.start() : found.start() + length]
            if length and len(number) == length and _is_iban(number):
                yield number


@lru_cache(maxsize=1_024)
def _is_iban(number: str) -> bool:
    return bool(iban.is_valid(number, check_country=False))


@lru_cache(maxsize=512)
def _length(country: str) -> int:
    """Return how long a country's IBANs are, 0 if it has none."""
    (_, found), *_ = iban._ibandb.info(country + "00")  # noqa: SLF001 - the library's register of countries
    structure = found.get("bban", "") if found else ""
    return 4 + sum(int(size) for size in re.findall(r"(\d+)!", structure)) if structure else 0


def _refused(own: Own, link: str) -> str:
    """Return why a link may not stand in a notice, "" if it may."""
    link = _UNSEEN.sub("", unicodedata.normalize("NFKC", link)).strip()
    scheme = _SCHEME.match(link)
    kind = scheme[1].lower() if scheme and "." not in scheme[1] else ""  # www.x.example:80 has none
    if kind == "mailto":
        to = set(_ADDRESS.findall(unquote(link[7:]).lower()))
        return "" if to and to <= own.addresses else f"the link {link[:200]!r} writes to somebody else"
    if kind in _HARMLESS or (not kind and not link.lower().startswith(("www.", "//", "\\"))):
        return ""
    host = _host(link)
    if kind in {"http", "https", ""} and _is_own(own, host):
        return ""
    return (
        f"the link {link[:200]!r} leads to {host or 'a place'!s} that is not the creditor's; "
        f"if it is right, allow it: [creditor] links = [{host!r}]"
    )


def _host(link: str) -> str:
    """Return the host that a browser goes to, in A-labels: slashes may lean either way, a user's name goes before."""
    rest = re.sub(r"^[a-z][a-z0-9+-]{0,20}:", "", link, flags=re.IGNORECASE)
    authority = _HOST_END.split(rest.lstrip("/\\"), maxsplit=1)[0]
    return _a_labels(unquote(authority.rpartition("@")[2]).partition(":")[0])


def _is_own(own: Own, host: str) -> bool:
    return any(host == allowed or host.endswith(f".{allowed}") for allowed in own.hosts if allowed)


def _a_labels(host: str) -> str:
    host = host.strip().rstrip(".").lower()
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True, std3_rules=True).decode("ascii")
    except idna.IDNAError:
        return host
