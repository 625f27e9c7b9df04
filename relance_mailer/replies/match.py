"""Which debtor and notice a message belongs to, how surely, and how far its sender is trusted. A match proves no sender.

Pure: `candidate_ids`, `candidate_addresses` and `words_of` say what to look up, `Known` is what the store found,
`match` decides.
Message ids are written with their brackets, addresses and domains in lower case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import prod
from types import MappingProxyType

from relance_mailer.replies import numbers
from relance_mailer.replies.freemail import is_freemail
from relance_mailer.replies.message import ids_in, ids_stated
from relance_mailer.replies.model import Message

MAX_CANDIDATES = 150
MAX_DEBTORS = 20  #: that are shown as likely ones
_MAX_TEXT = 100_000

_THREAD_HEADERS = ("x-ms-exchange-parent-message-id", "x-original-message-id")
_EMBEDDED_HEADERS = ("message-id", "x-original-message-id", "x-relance-notice", "original-envelope-id")
_RECIPIENT_HEADERS = (
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-forwarded-to",
    "x-delivered-to",
    "resent-to",
)
_ADDRESS = re.compile(r"[^\s@<>\"(),;:]{1,200}@[^\s@<>\"(),;:]{1,253}")
_SERVERS = frozenset({"mailer-daemon", "postmaster", "mail-daemon"})


class SenderTrust(StrEnum):
    """How far a message's sender is known to speak for the debtor."""

    KNOWN = "known"  #: one of the debtor's own addresses
    DOMAIN = "domain"  #: first-time sender at the debtor's own domain, in our thread: never changes a contact
    UNVERIFIED = "unverified"  #: anybody: a short hold, nothing else


class By(StrEnum):
    """What a message was recognised by."""

    THREAD = "thread"  #: an id of ours in In-Reply-To, References, or what Exchange puts in their place
    TOKEN = "token"  # noqa: S105  (no secret)
    EMBEDDED = "embedded"  #: an id of ours in what it carries
    SENDER = "sender"
    DOMAIN = "domain"
    NUMBER = "number"  #: an invoice's number, whole
    SHORT = "short_number"  #: the end of one: "la 0412"
    COPY = "copy"  #: a copy goes to the debtor
    LOOKALIKE = "lookalike"  #: its domain resembles the debtor's, or is the same name elsewhere
    NONE = "none"


#: How sure each sign alone makes it, from 0 to 1. An id or a token of ours cannot be guessed: only who had the notice, or was
#: handed it on, has them. A contact can serve several debtors, a domain houses many, a short number is soon a coincidence.
CERTAINTY: Mapping[By, float] = MappingProxyType(
    {
        By.THREAD: 0.97,
        By.TOKEN: 0.97,
        By.EMBEDDED: 0.95,
        By.SENDER: 0.9,
        By.NUMBER: 0.8,
        By.DOMAIN: 0.6,
        By.SHORT: 0.5,
        By.COPY: 0.3,
        By.LOOKALIKE: 0.2,
    }
)
#: Signs of one family say the same thing twice: of each family only the strongest counts.
_FAMILIES = (
    frozenset({By.THREAD, By.TOKEN, By.EMBEDDED}),
    frozenset({By.SENDER, By.DOMAIN, By.COPY, By.LOOKALIKE}),
    frozenset({By.NUMBER, By.SHORT}),
)
_SUREST = 0.99  #: signs prove nothing
_CONTRADICTED = 0.5  #: what is left of a certainty where a sign of the same weight speaks for another debtor


class Doubt(StrEnum):
    """Why a person should look at a match, however sure its signs are."""

    OTHER_SENDER = "other_sender"  #: the sender is another debtor's
    OTHER_NUMBER = "other_number"  #: it names another debtor's invoice, and none of this one's
    SETTLED_NOTICE = (
        "settled_notice"  #: nothing of the notice that it answers is owed, and it names nothing that is
    )


@dataclass(frozen=True, slots=True)
class NoticeRef:
    """A notice that we sent."""

    notice_id: int
    debtor_id: int


def _none() -> Mapping[str, tuple[int, ...]]:
    return MappingProxyType({})


def _no_numbers() -> Mapping[int, tuple[str, ...]]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Known:
    """What the store found for a message's candidates.

    Attributes:
        notices: by each Message-ID that they ever bore.
        tokens: notices whose valid signed address or subject token the message bears.
        contacts: debtors by address.
        domains: debtors by the domain of their contacts; providers' domains count for nothing here.
        alike: debtors whose domain resembles the sender's.
        numbers: of the debtors in question, those of their invoices that may be named.
        suspect: our own server saw that the sender is not who it says to be.
    """

    notices: Mapping[str, NoticeRef] = field(default_factory=lambda: MappingProxyType({}))
    tokens: tuple[NoticeRef, ...] = ()
    contacts: Mapping[str, tuple[int, ...]] = field(default_factory=_none)
    domains: Mapping[str, tuple[int, ...]] = field(default_factory=_none)
    alike: tuple[int, ...] = ()
    numbers: Mapping[int, tuple[str, ...]] = field(default_factory=_no_numbers)
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A debtor that a message may come from, or be about.

    Attributes:
        certainty: from 0 to 1, by `CERTAINTY`.
        by: every sign that speaks for it, the strongest first.
        invoices: those of its numbers that the author names.
    """

    debtor_id: int
    certainty: float
    by: tuple[By, ...]
    invoices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """Where a message belongs.

    Attributes:
        invoices: those of the debtor's that the author names; empty if none is named.
        candidates: likely debtors, the likeliest first; the one that it was matched to among them.
        doubts: why a person should look all the same.
    """

    notice_id: int | None = None
    debtor_id: int | None = None
    invoices: tuple[str, ...] = ()
    by: By = By.NONE
    sender: SenderTrust = SenderTrust.UNVERIFIED
    candidates: tuple[Candidate, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @property
    def ambiguous(self) -> tuple[int, ...]:
        """Debtors that it may come from while none is sure (their formal notices wait for a person)."""
        return () if self.debtor_id is not None else tuple(one.debtor_id for one in self.candidates)

    @property
    def certainty(self) -> float:
        """How sure the match is, from 0 to 1; 0 where there is none."""
        return next((one.certainty for one in self.candidates if one.debtor_id == self.debtor_id), 0.0)


def candidate_ids(message: Message) -> tuple[str, ...]:
    """Return every message id to look up, the most telling first."""
    return tuple(dict.fromkeys((*_thread_ids(message), *_embedded_ids(message))))[:MAX_CANDIDATES]


def candidate_addresses(message: Message) -> tuple[str, ...]:
    """Return every address to look up: the sender first, then recipients (tokens) and failed recipients (contacts)."""
    hidden = (
        found
        for name in _RECIPIENT_HEADERS
        for value in message.all(name)
        for found in _ADDRESS.findall(value[:2_000])
    )
    failed = (status.recipient for status in message.statuses)
    every = (message.from_address, *message.to, *message.cc, *hidden, *failed)
    return tuple(dict.fromkeys(address.lower() for address in every if address))[:MAX_CANDIDATES]


def words_of(message: Message, own: str) -> str:
    """Return the words in which invoices may be named: the subject and the author's own."""
    return f"{message.subject}\n{own}"


def sender_domain(message: Message) -> str:
    """Return the domain of the sender, "" where it is a provider's, and so nobody's own."""
    domain = message.from_address.lower().rpartition("@")[2]
    return "" if is_freemail(domain) else domain


def match(message: Message, own: str, known: Known) -> Match:
    """Match a message by thread, token, embedded original, invoice number, sender and domain.

    Args:
        message: as read.
        own: the author's own words, without the quotation.
        known: what the store found for the candidates.
    """
    refs = list(_references(message, known))
    ranked = _ranked(message, own, known, refs)
    referred = {ref.debtor_id for _, ref in refs}
    if len(referred) > 1:
        return Match(candidates=_only(ranked, referred))
    if refs:
        return _by_reference(message, known, refs, ranked)
    return _by_words_or_sender(message, known, ranked)


def _by_reference(
    message: Message, known: Known, refs: list[tuple[By, NoticeRef]], ranked: tuple[Candidate, ...]
) -> Match:
    by, ref = refs[0]
    theirs = _senders(message, known)
    strangers = bool(theirs) and ref.debtor_id not in theirs and not _is_server(message)
    named = {one.debtor_id for one in ranked if By.NUMBER in one.by}
    other_matter = named & theirs if named and ref.debtor_id not in named else set()
    if (strangers and by is By.TOKEN) or (other_matter and ref.debtor_id in theirs):
        # Another debtor's token; or an old thread of one debtor, in which a contact of both writes about the other.
        return Match(candidates=_only(ranked, {ref.debtor_id, *(other_matter or theirs)}))
    doubts = [Doubt.OTHER_SENDER] if strangers else []
    doubts += [Doubt.OTHER_NUMBER] if named and ref.debtor_id not in named else []
    found = _of(ranked, ref.debtor_id)
    sender = _trust(message, ref.debtor_id, known, in_thread=True)
    return Match(ref.notice_id, ref.debtor_id, found.invoices, by, sender, ranked, tuple(doubts))


def _by_words_or_sender(message: Message, known: Known, ranked: tuple[Candidate, ...]) -> Match:
    """Match a message that refers to no notice of ours: of several debtors a number decides only for the sender's own."""
    contacts = known.contacts.get(message.from_address.lower(), ())
    same_domain = known.domains.get(sender_domain(message), ())
    theirs = contacts or same_domain or _failed(message, known)
    naming = tuple(one for one in theirs if _of(ranked, one).invoices)
    if len(naming) == 1:
        return _matched(message, known, ranked, naming[0], By.NUMBER)
    if len(theirs) > 1:
        return Match(candidates=_only(ranked, naming or theirs))
    if theirs:
        by = By.SENDER if contacts else By.DOMAIN if same_domain else By.EMBEDDED
        return _matched(message, known, ranked, theirs[0], by)
    named = [one.debtor_id for one in ranked if By.NUMBER in one.by]
    if len(named) == 1:  # a stranger: it is about their debtor, and speaks for nobody
        return _matched(message, known, ranked, named[0], By.NUMBER)
    return Match(candidates=ranked)


def _matched(message: Message, known: Known, ranked: tuple[Candidate, ...], debtor: int, by: By) -> Match:
    found = _of(ranked, debtor)
    sender = _trust(message, debtor, known, in_thread=False)
    others = any(By.NUMBER in one.by for one in ranked if one.debtor_id != debtor)
    doubts = (Doubt.OTHER_NUMBER,) if others and not found.invoices else ()
    return Match(None, debtor, found.invoices, by, sender, ranked, doubts)


def _ranked(
    message: Message, own: str, known: Known, refs: list[tuple[By, NoticeRef]]
) -> tuple[Candidate, ...]:
    """Return every debtor that anything speaks for, the likeliest first."""
    signs: dict[int, set[By]] = {}
    for debtor, by in _signs(message, known, refs):
        signs.setdefault(debtor, set()).add(by)
    words = own if refs else words_of(message, own)  # the subject of an answer is ours
    named: dict[int, tuple[str, ...]] = {}
    for debtor, theirs in known.numbers.items():
        whole = numbers.named(words, theirs)
        short = numbers.shortened(words, theirs) if debtor in signs else ()
        named[debtor] = tuple(dict.fromkeys((*whole, *short)))
        if named[debtor]:
            signs.setdefault(debtor, set()).add(By.NUMBER if whole else By.SHORT)
    candidates = [_candidate(debtor, by, signs, named.get(debtor, ())) for debtor, by in signs.items()]
    return tuple(sorted(candidates, key=lambda one: (-one.certainty, one.debtor_id)))[:MAX_DEBTORS]


def _signs(message: Message, known: Known, refs: list[tuple[By, NoticeRef]]) -> Iterator[tuple[int, By]]:
    yield from ((ref.debtor_id, by) for by, ref in refs)
    sender = message.from_address.lower()
    yield from ((debtor, By.SENDER) for debtor in known.contacts.get(sender, ()))
    yield from ((debtor, By.DOMAIN) for debtor in known.domains.get(sender_domain(message), ()))
    yield from ((debtor, By.EMBEDDED) for debtor in _failed(message, known))
    for address in (*message.to, *message.cc):
        if address.lower() != sender:
            yield from ((debtor, By.COPY) for debtor in known.contacts.get(address.lower(), ()))
    yield from ((debtor, By.LOOKALIKE) for debtor in known.alike)


def _candidate(
    debtor: int, by: set[By], signs: Mapping[int, set[By]], invoices: tuple[str, ...]
) -> Candidate:
    """Combine the signs for a debtor: families speak independently; a stronger or equal one for others halves its own."""
    left = []
    for family in _FAMILIES:
        mine = max((CERTAINTY[one] for one in by & family), default=0.0)
        others = max(
            (CERTAINTY[one] for other, theirs in signs.items() if other != debtor for one in theirs & family),
            default=0.0,
        )
        left.append(1 - (mine * _CONTRADICTED if others >= mine else mine))
    ordered = tuple(sorted(by, key=lambda one: (-CERTAINTY[one], one)))
    return Candidate(debtor, min(_SUREST, round(1 - prod(left), 3)), ordered, invoices)


def _of(ranked: tuple[Candidate, ...], debtor: int) -> Candidate:
    return next((one for one in ranked if one.debtor_id == debtor), Candidate(debtor, 0.0, ()))


def _only(ranked: tuple[Candidate, ...], debtors: set[int] | tuple[int, ...]) -> tuple[Candidate, ...]:
    return tuple(one for one in ranked if one.debtor_id in debtors)


def _thread_ids(message: Message) -> Iterator[str]:
    yield from message.in_reply_to
    yield from reversed(message.references)
    for name in _THREAD_HEADERS:
        yield from ids_in(message.header(name))


def _embedded_ids(message: Message) -> Iterator[str]:
    for name, value in message.embedded_headers:
        if name in _EMBEDDED_HEADERS:
            yield from ids_in(value)
    if message.statuses or message.embedded_text:
        yield from ids_stated(message.embedded_text[:_MAX_TEXT])
        yield from ids_stated(message.text[:_MAX_TEXT])


def _references(message: Message, known: Known) -> Iterator[tuple[By, NoticeRef]]:
    """Yield each notice that the message refers to; what it embeds counts only where it answers nothing itself."""
    thread = [known.notices[one] for one in _thread_ids(message) if one in known.notices]
    yield from ((By.THREAD, ref) for ref in thread)
    yield from ((By.TOKEN, ref) for ref in known.tokens)
    if not thread and not known.tokens:
        yield from (
            (By.EMBEDDED, known.notices[one]) for one in _embedded_ids(message) if one in known.notices
        )


def _senders(message: Message, known: Known) -> set[int]:
    """Return the debtors whose own the sender is: by its address, else by its domain."""
    contacts = known.contacts.get(message.from_address.lower(), ())
    return set(contacts or known.domains.get(sender_domain(message), ()))


def _failed(message: Message, known: Known) -> tuple[int, ...]:
    """Return the debtors whom a report says it could not reach."""
    found = (known.contacts.get(status.recipient.lower(), ()) for status in message.statuses)
    return tuple(dict.fromkeys(debtor for debtors in found for debtor in debtors))


def _is_server(message: Message) -> bool:
    """Say whether a mail server writes, which speaks for no debtor: a report of one's mail may come from another's."""
    return bool(message.statuses) or message.from_address.lower().partition("@")[0] in _SERVERS


def _trust(message: Message, debtor: int, known: Known, *, in_thread: bool) -> SenderTrust:
    if known.suspect:
        return SenderTrust.UNVERIFIED
    contacts = known.contacts.get(message.from_address.lower(), ())
    if debtor in contacts:
        return SenderTrust.KNOWN
    if in_thread and not contacts and debtor in known.domains.get(sender_domain(message), ()):
        return SenderTrust.DOMAIN
    return SenderTrust.UNVERIFIED
