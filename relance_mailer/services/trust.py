"""How far a message's sender is proven, kept with the reply so that it can be shown later; and what of it people are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from relance_mailer.replies.freemail import is_freemail
from relance_mailer.replies.match import Match, SenderTrust
from relance_mailer.replies.model import Message
from relance_mailer.replies.trust import Authentication, Warned, warnings
from relance_mailer.services.matching import seen_by_server
from relance_mailer.services.office import Office
from relance_mailer.store import matching
from relance_mailer.store.session import Session
from relance_mailer.texts import formats
from relance_mailer.texts.words import say

_MOST_COMPARED = 5  #: of the likely debtors, whose domains a sender's is compared with


def prove(office: Office, message: Message, raw: bytes) -> Authentication:
    """Return what is known of where a person's message comes from; to be asked outside every transaction.

    What our own server found out is enough; where it says nothing, the message's signatures are verified now, since the
    keys may be others later. That asks the DNS, within seconds, and never fails: no answer is no result.
    """
    seen = seen_by_server(office, message)
    if office.verify is None or not asks_dns(office, message):
        return seen
    return replace(seen, signatures=office.verify(raw, message.from_address.lower().rpartition("@")[2]))


def asks_dns(office: Office, message: Message) -> bool:
    """Say whether proving where a message comes from takes the DNS, and so some time."""
    if office.verify is None or message.from_address.lower() in office.own_addresses:
        return False
    seen = seen_by_server(office, message)
    return not (seen.of("dmarc") or seen.of("dkim")) and bool(message.header("dkim-signature"))


def warned(
    session: Session, office: Office, message: Message, found: Match, proof: Authentication
) -> tuple[Warned, ...]:
    """Return what about the sender a person should see."""
    sender = message.from_address.lower()
    likely = [found.debtor_id] if found.debtor_id is not None else [*found.ambiguous[:_MOST_COMPARED]]
    if found.sender is SenderTrust.KNOWN and message.reply_to.lower() in ("", sender):
        addresses = {sender}  # nothing else of the debtor's is compared
    else:
        theirs = matching.addresses_of(session, likely)
        addresses = {address for one in theirs.values() for address in one}
    ours = {address.rpartition("@")[2] for address in office.own_addresses}
    return warnings(
        message,
        proof,
        known_addresses=addresses,
        known_domains=sorted({address.rpartition("@")[2] for address in addresses}),
        our_domains=sorted(domain for domain in ours if not is_freemail(domain)),
    )


def as_json(found: Match, proof: Authentication, flags: tuple[Warned, ...]) -> dict[str, Any]:
    """Return how a message was matched and how far its sender is proven, as plain JSON values."""
    return {
        "certainty": found.certainty,
        "candidates": [
            {
                "debtor": one.debtor_id,
                "certainty": one.certainty,
                "by": [str(sign) for sign in one.by],
                "invoices": list(one.invoices),
            }
            for one in found.candidates
        ],
        "doubts": [str(doubt) for doubt in found.doubts],
        "flags": [{"flag": str(one.flag), "detail": one.detail} for one in flags],
        "server": proof.server,
        "results": [
            {"method": one.method, "result": one.result, "about": one.about} for one in proof.results
        ],
        "signatures": [
            {
                "domain": one.domain,
                "selector": one.selector,
                "result": one.result,
                "key": one.key,
                "why": one.why,
            }
            for one in proof.signatures
        ],
    }


def odd(origin: Mapping[str, Any], language: str) -> tuple[str, ...]:
    """Return in words what about a reply's sender, or its match, a person should see; `origin` is `as_json`'s."""
    doubts = [say(f"doubt.{doubt}", language) for doubt in origin.get("doubts", ())]
    flags = [
        say(f"flag.{one['flag']}", language, detail=formats.clean(one["detail"]))
        for one in origin.get("flags", ())
    ]
    return (*flags, *doubts)


def signs(candidate: Mapping[str, Any], language: str) -> str:
    """Return in words what speaks for a likely debtor; `candidate` is one of `as_json`'s."""
    numbers = ", ".join(candidate["invoices"])
    return ", ".join(
        say(f"match.{sign}", language, numbers=formats.clean(numbers)) for sign in candidate["by"]
    )
