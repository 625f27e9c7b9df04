"""Which debtor and notice a message belongs to, and how far its sender is trusted. A match is not proof of a sender.

Pure: `candidate_ids`, `candidate_addresses` and `candidate_numbers` say what to look up, `Known` is what the store found,
`match` decides.
Message ids are written with their brackets, addresses and domains in lower case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING

from relance_mailer.replies.freemail import is_freemail
from relance_mailer.replies.message import ids_in, ids_stated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from relance_mailer.replies.model import Message

MAX_CANDIDATES = 150
MAX_NUMBERS = 300
_MAX_TEXT = 100_000

_THREAD_HEADERS = ("x-ms-exchange-parent-message-id", "x-original-message-id")
_EMBEDDED_HEADERS = ("message-id", "x-original-message-id", "x-relance-notice", "original-envelope-id")
_RECIPIENT_HEADERS = (
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-forwarded-to",
    "x-delivered-to",
    "resent-to",
)
_ADDRESS = re.compile(r"[^\s@<>\"(),;:]{1,200}@[^\s@<>\"(),;:]{1,253}")
_DMARC_FAIL = re.compile(r"(?:^|;)\s{0,10}dmarc\s{0,3}=\s{0,3}fail\b", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]{0,1000}\)")

#: What may be an invoice's number, whatever stands around it, and what a sentence leaves at its ends.
_NUMBER_LIKE = re.compile(r"[^\s,;:()<>\"'«»“”’*?!°=\[\]{}]{3,40}")
_AROUND = ".-/#_"

_DASHES = str.maketrans(
    {"\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2212": "-", "\xa0": " ", "\u202f": " "}
)
#: A short number of digits alone ("12", "2026") is a date or a sum unless such a word stands before it.
_CUE = re.compile(
    r"(?:factures?|fact\.?|invoices?|inv\.?|rechnung(?:en)?|fatture?a?|facturas?|factuur|n[°ºo]s?\.?|num[ée]ros?|numbers?|#|r[ée]f\.?)\W{0,4}$"
)
_JOINTS = frozenset("-/_.,")
_SHORT = 4
_CUE_REACH = 20
_LIST_GAP = 5


class SenderTrust(StrEnum):
    """How far a message's sender is known to speak for the debtor."""

    KNOWN = "known"  #: one of the debtor's own addresses
    DOMAIN = "domain"  #: first-time sender at the debtor's own domain, in our thread: never changes a contact
    UNVERIFIED = "unverified"  #: anybody: a short hold, nothing else


class By(StrEnum):
    """What a message was recognised by."""

    THREAD = "thread"
    TOKEN = "token"  # noqa: S105  (no secret)
    EMBEDDED = "embedded"
    NUMBER = "number"
    SENDER = "sender"
    DOMAIN = "domain"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class NoticeRef:
    """A notice that we sent."""

    notice_id: int
    debtor_id: int
    invoices: tuple[str, ...] = ()


def _none() -> Mapping[str, tuple[int, ...]]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Known:
    """What the store found for a message's candidates.

    Attributes:
        notices: by each Message-ID that they ever bore.
        tokens: notices whose valid signed address stands among the recipients.
        contacts: debtors by address.
        domains: debtors by the domain of their contacts; providers' domains count for nothing here.
        open_numbers: numbers of the open invoices of each debtor in question.
        authserv_ids: whose Authentication-Results (RFC 8601) are believed.
    """

    notices: Mapping[str, NoticeRef] = field(default_factory=lambda: MappingProxyType({}))
    tokens: tuple[NoticeRef, ...] = ()
    contacts: Mapping[str, tuple[int, ...]] = field(default_factory=_none)
    domains: Mapping[str, tuple[int, ...]] = field(default_factory=_none)
    open_numbers: Mapping[int, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    authserv_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Match:
    """Where a message belongs.

    Attributes:
        invoices: those of the debtor's open ones that the author names; empty if none is named.
        ambiguous: debtors that it may come from while none is sure (their formal notices wait for a person).
    """

    notice_id: int | None = None
    debtor_id: int | None = None
    invoices: tuple[str, ...] = ()
    by: By = By.NONE
    sender: SenderTrust = SenderTrust.UNVERIFIED
    ambiguous: tuple[int, ...] = ()


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


def candidate_numbers(message: Message, own: str) -> tuple[str, ...]:
    """Return what may be an invoice's number among the author's words, as written and in capitals."""
    words = _words(message, own).translate(_DASHES)
    found = (token.strip(_AROUND) for token in _NUMBER_LIKE.findall(words))
    telling = (token for token in found if any(letter.isdigit() for letter in token))
    parts = (part for token in telling for part in (token, *token.split("/")))  # "1001/1002" may be two
    every = dict.fromkeys(form for part in parts for form in (part, part.upper()) if part)
    return tuple(islice(every, MAX_NUMBERS))


def _words(message: Message, own: str) -> str:
    return f"{message.subject}\n{own}"[:_MAX_TEXT]


def match(message: Message, own: str, known: Known) -> Match:
    """Match a message by thread, token, embedded original, invoice number, sender and domain, in this order.

    Args:
        message: as read.
        own: the author's own words, without the quotation.
        known: what the store found for the candidates.
    """
    found = list(_references(message, known))
    debtors = tuple(dict.fromkeys(ref.debtor_id for _, ref in found))
    if len(debtors) > 1:
        return Match(by=found[0][0], ambiguous=debtors)
    words = _words(message, own)
    if not found:
        return _by_words_or_sender(message, words, known)
    by, ref = found[0]
    return Match(
        notice_id=ref.notice_id,
        debtor_id=ref.debtor_id,
        invoices=named_numbers(words, known.open_numbers.get(ref.debtor_id, ref.invoices)),
        by=by,
        sender=_trust(message, ref.debtor_id, known, in_thread=True),
    )


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


def _by_words_or_sender(message: Message, words: str, known: Known) -> Match:
    """Match a message that refers to no notice of ours: of several debtors a number decides only for the sender's own."""
    contacts = known.contacts.get(message.from_address, ())
    same_domain = _domain_debtors(message, known)
    failed = tuple(
        debtor for status in message.statuses for debtor in known.contacts.get(status.recipient, ())
    )
    candidates = contacts or same_domain or tuple(dict.fromkeys(failed))
    named = {debtor: named_numbers(words, numbers) for debtor, numbers in known.open_numbers.items()}
    agreeing = tuple(debtor for debtor in candidates if named.get(debtor))
    if len(agreeing) == 1:
        sender = _trust(message, agreeing[0], known, in_thread=False)
        return Match(debtor_id=agreeing[0], invoices=named[agreeing[0]], by=By.NUMBER, sender=sender)
    if agreeing or len(candidates) > 1:
        return Match(ambiguous=agreeing or candidates)
    if candidates:
        sender = _trust(message, candidates[0], known, in_thread=False)
        by = By.SENDER if contacts else By.DOMAIN if same_domain else By.EMBEDDED
        return Match(debtor_id=candidates[0], by=by, sender=sender)
    return _by_number_alone({debtor: numbers for debtor, numbers in named.items() if numbers})


def _by_number_alone(named: Mapping[int, tuple[str, ...]]) -> Match:
    """Match a stranger's message that names our invoices: it is about their debtor, and speaks for nobody."""
    if len(named) != 1:
        return Match(ambiguous=tuple(named))
    [(debtor, numbers)] = named.items()
    return Match(debtor_id=debtor, invoices=numbers, by=By.NUMBER, sender=SenderTrust.UNVERIFIED)


def _domain_debtors(message: Message, known: Known) -> tuple[int, ...]:
    domain = message.from_address.rpartition("@")[2]
    return () if is_freemail(domain) else known.domains.get(domain, ())


def _trust(message: Message, debtor: int, known: Known, *, in_thread: bool) -> SenderTrust:
    if dmarc_failed(message, known.authserv_ids):
        return SenderTrust.UNVERIFIED
    contacts = known.contacts.get(message.from_address, ())
    if debtor in contacts:
        return SenderTrust.KNOWN
    if in_thread and not contacts and debtor in _domain_debtors(message, known):
        return SenderTrust.DOMAIN
    return SenderTrust.UNVERIFIED


def dmarc_failed(message: Message, authserv_ids: frozenset[str]) -> bool:
    """Tell whether our own server saw DMARC fail: the topmost result that bears its name; none is no failure."""
    trusted = {name.lower() for name in authserv_ids}
    for value in message.all("authentication-results"):
        plain = _COMMENT.sub("", value[:8_000])
        server = plain.partition(";")[0].split()
        if server and server[0].lower() in trusted:
            return bool(_DMARC_FAIL.search(plain))
    return False


def named_numbers(words: str, numbers: Iterable[str]) -> tuple[str, ...]:
    """Return the invoice numbers that stand whole in the words, whatever their case, in the given order."""
    text = words.translate(_DASHES).lower()
    ordered = tuple(dict.fromkeys(number for number in numbers if number.strip()))
    spans = {
        span: number for number in ordered for span in _spans(text, number.translate(_DASHES).lower().strip())
    }
    starts = {start for start, _ in spans}
    ends = {end for _, end in spans}
    named: set[str] = set()
    last_end = -_LIST_GAP - 1
    for start, end in sorted(spans):
        if not _is_whole(text, start, end, starts, ends):
            continue
        in_list = start - last_end <= _LIST_GAP
        if _says_enough(text[start:end]) or in_list or _CUE.search(text[max(0, start - _CUE_REACH) : start]):
            named.add(spans[start, end])
            last_end = end
    return tuple(number for number in ordered if number in named)


def _spans(text: str, number: str) -> Iterator[tuple[int, int]]:
    """Yield where a number stands with neither letter nor digit right beside it."""
    start = text.find(number)
    while start >= 0:
        end = start + len(number)
        if not text[start - 1 : start].isalnum() and not text[end : end + 1].isalnum():
            yield start, end
        start = text.find(number, start + 1)


def _is_whole(text: str, start: int, end: int, starts: set[int], ends: set[int]) -> bool:
    """Tell a number from a piece of a longer one or of a sum: "12-34", "1.200,00"; "1001/1002" are two of ours."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    joined_before = before[:1].isdigit() if before[1:] in {".", ","} else before[:1].isalnum()
    longer_before = before[1:] in _JOINTS and joined_before and start - 1 not in ends
    longer_after = after[:1] in _JOINTS and after[1:].isdigit() and end + 1 not in starts
    return not longer_before and not longer_after


def _says_enough(number: str) -> bool:
    return len(number) > _SHORT or not number.isdigit()
