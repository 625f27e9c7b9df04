"""From the rules' hits to intents: what a wider reading explains away, then the taxonomy's precedence and rules."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from relance_mailer.replies.model import Intent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relance_mailer.replies.clauses import Body, Sentence
    from relance_mailer.replies.hits import Hit

_ORDER = tuple(Intent)
#: Everything that we write is to go elsewhere, not one paper that is missing.
_ALL_MAIL = re.compile(
    r"\b(?:vos|toutes|tous|future|all|your|desormais|dorenavant)\b[^.!?]{0,30}\b(?:factures|relances|courriers|demandes|invoices|statements)"
)
_GOODS = re.compile(
    r"\b(?:livr\w+|marchandise\w*|commande\w*|colis|produit\w*|materiel\w*|palette\w*|prestation\w*|travaux|goods|order\w*|deliver\w*|parcel\w*"
    r"|shipment\w*|items?|equipment|work|service)\b"
)


def _asked_first(hits: Sequence[Hit]) -> bool:
    """True if the paper asked for is what payment waits for, not an afterthought to a promise."""
    asked = min(hit.start for hit in hits if hit.intent is Intent.DOCUMENT_REQUEST)
    promised = min(hit.start for hit in hits if hit.intent is Intent.PROMISE_TO_PAY)
    waits = any(
        hit.supposed for hit in hits if hit.intent in {Intent.DOCUMENT_REQUEST, Intent.PROMISE_TO_PAY}
    )
    return asked < promised or waits


def settle(hits: Sequence[Hit]) -> tuple[Intent, ...]:
    """Return the intents that hits say, the deciding one first: precedence, then the taxonomy's rules."""
    said = {hit.intent for hit in hits}
    if Intent.PAYMENT_PLAN in said and _plan_explains(hits):
        said.discard(Intent.PROMISE_TO_PAY)
    if said & {Intent.PROMISE_TO_PAY, Intent.PAYMENT_PLAN}:
        said.discard(Intent.HARDSHIP)  # hardship proposes nothing
    if len(said) > 1:
        said.discard(Intent.ACKNOWLEDGEMENT)
    ordered = sorted(said, key=_ORDER.index)
    if (
        {Intent.PROMISE_TO_PAY, Intent.DOCUMENT_REQUEST} <= said
        and ordered[0] is Intent.PROMISE_TO_PAY
        and _asked_first(hits)
    ):
        ordered.remove(Intent.DOCUMENT_REQUEST)
        ordered.insert(0, Intent.DOCUMENT_REQUEST)
    if {Intent.PROMISE_TO_PAY, Intent.PAYMENT_PLAN} <= said and ordered[0] is Intent.PROMISE_TO_PAY:
        ordered.remove(Intent.PAYMENT_PLAN)
        ordered.insert(0, Intent.PAYMENT_PLAN)
    return tuple(ordered)


def _plan_explains(hits: Sequence[Hit]) -> bool:
    """True if every promise stands in a sentence, or next to one, that asks for a delay or names instalments."""
    plans = {hit.sentence for hit in hits if hit.intent is Intent.PAYMENT_PLAN}
    return all(
        any(abs(hit.sentence - plan) <= 1 for plan in plans)
        for hit in hits
        if hit.intent is Intent.PROMISE_TO_PAY
    )


def narrowed(hits: tuple[Hit, ...], body: Body) -> tuple[Hit, ...]:
    """Drop hits that a surer or a wider reading of the same sentence explains away."""
    kept = []
    together: defaultdict[int, list[Hit]] = defaultdict(list)
    for hit in hits:
        together[hit.sentence].append(hit)
    for hit in hits:
        same = [other for other in together[hit.sentence] if other is not hit]
        if not _explained(hit, same, body.sentences[hit.sentence]):
            kept.append(hit)
    return tuple(kept) or hits


def _explained(hit: Hit, same: Sequence[Hit], sentence: Sentence) -> bool:
    overlapping = {other.intent for other in same if other.start < hit.end and hit.start < other.end}
    match hit.intent:
        case Intent.PROMISE_TO_PAY:
            return _outrun(hit, same, Intent.ALREADY_PAID) or (
                hit.weight < 0.9 and (Intent.DISPUTE in overlapping or _told_just_before(hit, same))
            )
        case Intent.ALREADY_PAID:
            return _outrun(hit, same, Intent.PROMISE_TO_PAY)
        case Intent.DOCUMENT_REQUEST:
            return bool(overlapping & {Intent.DISPUTE, Intent.ALREADY_PAID}) or (
                Intent.WRONG_CONTACT in overlapping and _ALL_MAIL.search(sentence.text[: hit.end]) is not None
            )
        case Intent.DISPUTE if hit.reason == "not_delivered":
            # "nous ne l'avons jamais reçue": the invoice that is asked for, not goods
            return not _GOODS.search(sentence.text) and any(
                other.intent is Intent.DOCUMENT_REQUEST for other in same
            )
        case Intent.HARDSHIP:
            # "sans bon de commande, nous ne pouvons pas régler" lacks a paper, not money
            return any(other.intent in {Intent.DISPUTE, Intent.DOCUMENT_REQUEST} for other in same)
        case Intent.WRONG_CONTACT:
            return Intent.DOCUMENT_REQUEST in overlapping and "@" not in sentence.text
        case Intent.STOP_CONTACT:
            # "arrêtez vos relances, c'est payé" says that it is paid
            return any(other.intent in {Intent.ALREADY_PAID, Intent.PROMISE_TO_PAY} for other in same)
        case Intent.PAYMENT_PLAN:
            return sentence.asks and Intent.DOCUMENT_REQUEST in overlapping
        case _:
            return False


def _told_just_before(hit: Hit, same: Sequence[Hit]) -> bool:
    """True if the words follow at once on a payment told of: "was paid | by BACS on 10/11"."""
    return any(other.intent is Intent.ALREADY_PAID and 0 <= hit.start - other.end <= 12 for other in same)


def _outrun(hit: Hit, same: Sequence[Hit], rival: Intent) -> bool:
    """True if a rival's words overlap and begin first ("sera | payée le 5"), or are surer from the same place."""
    return any(
        (other.start, -other.weight) < (hit.start, -hit.weight)
        for other in same
        if other.intent is rival and other.start < hit.end and hit.start < other.end
    )
