"""Reading an SPF policy: its one record, the questions that it makes a receiver ask, and how it ends (RFC 7208)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

MOST_LOOKUPS = 10  #: RFC 7208 section 4.6.4; a receiver that needs more gives up with a permanent error
_TERM = re.compile(r"(?P<qualifier>[-+~?])?(?P<name>[A-Za-z0-9_.-]+)(?:[:=](?P<value>\S*))?(?:/\S*)?")
_ASKING = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})

Texts = Callable[[str], Awaitable[list[str]]]  #: the TXT records of a name


@dataclass(slots=True)
class Spf:
    """What a domain's SPF policy says.

    Attributes:
        records: its SPF records; one is right.
        lookups: DNS questions that a receiver asks on the way through it.
        ending: the qualifier of what `all` says, "-", "~", "?" or "+"; "" if nothing does.
        includes: every domain that it includes or redirects to, at any depth.
    """

    records: tuple[str, ...]
    lookups: int = 0
    ending: str = ""
    includes: set[str] = field(default_factory=set)


def records_of(texts: list[str]) -> tuple[str, ...]:
    """Return the SPF records among TXT records."""
    return tuple(text for text in texts if re.match(r"v=spf1(\s|$)", text, re.IGNORECASE))


async def read(domain: str, texts: Texts) -> Spf:
    """Read a domain's policy and all that it includes; stops counting above the limit."""
    found = Spf(records_of(await texts(domain)))
    if len(found.records) == 1:
        found.ending = await _walk(found, found.records[0], texts)
    return found


async def _walk(found: Spf, record: str, texts: Texts) -> str:
    """Count a record's questions, and those of what it includes; return how it ends."""
    ending, redirect = "", ""
    for word in record.split()[1:]:
        term = _TERM.fullmatch(word)
        if term is None:
            continue
        name, value = term["name"].lower(), (term["value"] or "").rstrip(".").lower()
        found.lookups += name in _ASKING
        if name == "all":
            ending = term["qualifier"] or "+"
        elif name == "include":
            await _follow(found, value, texts)
        elif name == "redirect":
            redirect = value
    if redirect and not ending:  # RFC 7208 section 6.1: `all` makes it void
        return await _follow(found, redirect, texts)
    return ending


async def _follow(found: Spf, domain: str, texts: Texts) -> str:
    if not domain or "%" in domain or domain in found.includes or found.lookups > MOST_LOOKUPS:
        return ""
    found.includes.add(domain)
    records = records_of(await texts(domain))
    return await _walk(found, records[0], texts) if len(records) == 1 else ""
