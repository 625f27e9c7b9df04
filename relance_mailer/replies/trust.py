"""How far a message's sender is proven: what our own server saw (RFC 8601), what its signature says, what looks odd.

A missing result is no failure; a result is believed only of the server that the configuration names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from relance_mailer.replies.freemail import is_freemail
from relance_mailer.replies.lookalike import resembled

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from relance_mailer.replies.model import Message

#: What stands in a configuration for a server that writes no name of its own (Microsoft 365).
UNNAMED = "-"
_HEADER = "authentication-results"
_MAX_HEADER = 16_000  #: all that is kept of a header: a sender who signs fifty times pushes no result out
_MAX_RESULTS = 500
#: Comments and quoted strings are nested and escaped: read piece by piece, in one pass.
_PIECE = re.compile(r'\\.|"(?:[^"\\]|\\.)*"|[()]|[^()"\\]+|.', re.DOTALL)
_METHOD = re.compile(r"\s*([a-z][a-z0-9-]{0,30})(?:\s*/\s*\d{1,3})?\s*=\s*([a-z]{1,20})\b", re.IGNORECASE)
_PROPERTY = re.compile(r"\b(header\.(?:from|d)|smtp\.mailfrom)\s*=\s*([^\s;]{1,300})", re.IGNORECASE)
_BAD = frozenset({"fail", "permerror"})


class Flag(StrEnum):
    """What about a sender a person should see."""

    FIRST_TIME = "first_time_sender"  #: none of the debtor's known addresses
    LOOKALIKE = "lookalike_domain"  #: its domain can be taken for the debtor's, or for ours
    REPLY_ELSEWHERE = "reply_to_elsewhere"  #: answers would go to another domain
    FAILED = (
        "authentication_failed"  #: DMARC failed, or the signature of its own domain does not fit the message
    )


@dataclass(frozen=True, slots=True)
class Warned:
    """A flag with what it is about: a domain, an address, a method."""

    flag: Flag
    detail: str


@dataclass(frozen=True, slots=True)
class Result:
    """One result of a server: "dmarc", "fail", and whom it is about, as far as said."""

    method: str
    result: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """A DKIM signature (RFC 6376) as verified at receipt, with the key as the DNS gave it then.

    Attributes:
        result: in the words of RFC 8601: pass, fail, policy (it verifies, and says too little), temperror (no answer), permerror.
        key: the TXT record, "" if none was seen.
        why: what is wrong, "" if nothing is.
    """

    domain: str
    selector: str
    result: str
    key: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Authentication:
    """What is known of where a message comes from.

    Attributes:
        server: whose results they are, "" if our server said nothing.
        results: of our own server.
        signatures: verified by ourselves, where it said nothing.
    """

    server: str = ""
    results: tuple[Result, ...] = ()
    signatures: tuple[Signature, ...] = ()

    @property
    def dmarc_failed(self) -> bool:
        """Whether our server saw that the sender is not who it says to be (RFC 7489)."""
        return any(one.method == "dmarc" and one.result == "fail" for one in self.results)

    def of(self, method: str) -> str:
        """Return a method's result, "" if there is none; of several signatures one that passed is enough."""
        found = [one.result for one in self.results if one.method == method]
        return "pass" if "pass" in found else next(iter(found), "")


NOTHING = Authentication()


def authentication(message: Message, authserv_ids: Collection[str]) -> Authentication:
    """Return the results of our own server: of the topmost header that bears its name.

    A server may write one header for each method. Of those right under the topmost, with no other header between, only
    failures count: who writes a header of that name himself can accuse nobody but himself.
    """
    trusted = {name.lower() for name in authserv_ids if name}
    if not trusted:
        return NOTHING
    headers = message.headers
    for place, (name, value) in enumerate(headers):
        if name != _HEADER:
            continue
        server, results = parse_results(value)
        if (server or UNNAMED) not in trusted:
            continue
        below = _below(headers[place + 1 :], server, {one.method for one in results})
        author = message.from_address.lower().rpartition("@")[2]
        told = tuple(_of_author(one, author) for one in (*results, *below))
        return Authentication(server or UNNAMED, told)
    return NOTHING


def _of_author(result: Result, author: str) -> Result:
    """Return a result of DMARC as a failure where it is about another author than the one we read (RFC 7489, 6.6.1).

    Somebody wrote two From fields, or two addresses into one, so that a server proves the one and a reader sees the other.
    """
    other = result.about.rpartition("@")[2]
    if (
        result.method != "dmarc"
        or not (other and author)
        or not author.isascii()
        or is_aligned(other, author)
    ):
        return result
    return replace(result, result="fail")


def _below(headers: Iterable[tuple[str, str]], server: str, told: Collection[str]) -> Iterator[Result]:
    for name, value in headers:
        if name != _HEADER:
            return
        same, results = parse_results(value)
        if same != server:
            return
        yield from (one for one in results if one.result in _BAD and one.method not in told)


def parse_results(value: str) -> tuple[str, tuple[Result, ...]]:
    """Return (authserv-id in lower case, results) of an Authentication-Results header; "" if it names no server."""
    plain = _plain(value[:_MAX_HEADER])
    first, *rest = plain.split(";")
    words = first.split()
    named = bool(words) and "=" not in first
    infos = rest if named else [first, *rest]
    results = tuple(_results(infos[:_MAX_RESULTS]))
    return (words[0].strip('"').lower() if named else "", results)


def _results(infos: Iterable[str]) -> Iterator[Result]:
    for info in infos:
        if found := _METHOD.match(info):
            properties = {key.lower(): about for key, about in _PROPERTY.findall(info)}
            about = next(
                (
                    properties[key]
                    for key in ("header.from", "header.d", "smtp.mailfrom")
                    if key in properties
                ),
                "",
            )
            yield Result(found[1].lower(), found[2].lower(), about.strip('"').lower())


def _plain(value: str) -> str:
    """Return a header's value without its comments; what is quoted cannot end a result."""
    kept: list[str] = []
    depth = 0
    pieces = _PIECE.findall(value)
    if pieces.count("(") > pieces.count(
        ")"
    ):  # one stands in what a sender told of itself, and hides what follows
        pieces = [piece for piece in pieces if piece not in {"(", ")"}]
    for piece in pieces:
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth = max(0, depth - 1)
        elif not depth:
            kept.append(
                piece.replace(";", " ").replace("=", " ") if piece[0] == '"' and len(piece) > 1 else piece
            )
        if piece in {"(", ")"}:
            kept.append(" ")
    return "".join(kept)


def warnings(
    message: Message,
    authentication: Authentication,
    *,
    known_addresses: Collection[str],
    known_domains: Collection[str],
    our_domains: Collection[str],
) -> tuple[Warned, ...]:
    """Return what about the sender a person should see.

    Args:
        message: as read.
        authentication: what is known of where it comes from.
        known_addresses: the debtor's, lower case; empty where the debtor is not known.
        known_domains: the debtor's, providers' among them.
        our_domains: the creditor's own.
    """
    return tuple(_warnings(message, authentication, known_addresses, known_domains, our_domains))


def _warnings(
    message: Message,
    authentication: Authentication,
    known_addresses: Collection[str],
    known_domains: Collection[str],
    our_domains: Collection[str],
) -> Iterator[Warned]:
    sender = message.from_address.lower()
    domain = sender.rpartition("@")[2]
    if failed := _failed(domain, authentication):
        yield Warned(Flag.FAILED, failed)
    if known_addresses and sender not in known_addresses:
        yield Warned(Flag.FIRST_TIME, sender)
    if (
        domain
        and sender not in known_addresses
        and (like := resembled(domain, (*known_domains, *our_domains)))
    ):
        yield Warned(Flag.LOOKALIKE, f"{domain} ~ {like}")
    answers = message.reply_to.lower()
    if answers and answers not in known_addresses and _goes_elsewhere(sender, answers, known_domains):
        yield Warned(Flag.REPLY_ELSEWHERE, answers)


def _failed(domain: str, authentication: Authentication) -> str:
    """Return which proof failed: DMARC; else SPF without a signature; else the signature of the sender's own domain."""
    if authentication.dmarc_failed:
        return "DMARC"
    if authentication.of("dmarc") == "pass":
        return ""
    if authentication.of("spf") == "fail" and authentication.of("dkim") != "pass":
        return "SPF"
    if authentication.of("dkim") in _BAD:
        return "DKIM"
    own = [one.result for one in authentication.signatures if is_aligned(one.domain, domain)]
    return "DKIM" if own and set(own) <= _BAD else ""


def is_aligned(signer: str, sender: str) -> bool:
    """Say whether a signature's domain speaks for a sender's (RFC 7489 section 3.1.1): the same, above or below it."""
    one, other = signer.lower().rstrip("."), sender.lower().rstrip(".")
    return "." in one and (one == other or other.endswith(f".{one}") or one.endswith(f".{other}"))


def _goes_elsewhere(sender: str, answers: str, known_domains: Collection[str]) -> bool:
    if sender == answers:
        return False
    domain, there = sender.rpartition("@")[2], answers.rpartition("@")[2]
    if is_freemail(there):
        return True
    return not is_aligned(there, domain) and not any(
        is_aligned(there, one) for one in known_domains if not is_freemail(one)
    )
