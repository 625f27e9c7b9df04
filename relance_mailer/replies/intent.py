"""What a person's answer says: the rules' hits weighed by the reply taxonomy's precedence.

`understand` is the seam: a trained model can take its place behind the same arguments and the same value.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from relance_mailer.replies.clauses import Sentence, language_of, read_body
from relance_mailer.replies.fields import (
    Case,
    dispute_reason,
    named_invoices,
    new_contact,
    paid_on,
    per_invoice,
    promised_amount,
    promised_on,
)
from relance_mailer.replies.flags import flags_of
from relance_mailer.replies.hits import Hit, find_hits
from relance_mailer.replies.invoices import find_invoices
from relance_mailer.replies.model import Because, Intent, Understanding
from relance_mailer.replies.settle import narrowed, settle
from relance_mailer.replies.words import MAX_TEXT

if TYPE_CHECKING:
    from datetime import date

    from relance_mailer.replies.clauses import Body
    from relance_mailer.replies.model import Account, CreditorFacts

SURE = 0.7  #: below this confidence a person looks

_NO_PAUSE = frozenset({Intent.ACKNOWLEDGEMENT, Intent.OTHER, Intent.WRONG_CONTACT})
_COMPETING = frozenset(
    {Intent.DISPUTE, Intent.ALREADY_PAID, Intent.PAYMENT_PLAN, Intent.HARDSHIP, Intent.STOP_CONTACT}
)
#: Words that touch money or quarrel: met without any rule that explains them, a person looks.
_HINT = re.compile(
    r"\b(?:pa[iy]\w+|regl\w+|vir(?:e|ement)\w*|litige\w*|contest\w*|avoir|resili\w+|refus\w*|probleme\w*|erreur\w*|avocat\w*|impossible"
    r"|pa(?:y|id)\w*|settl\w+|transfer\w*|disput\w*|credit|cancel\w*|refus\w*|problem\w*|mais|but|however|toutefois|cependant|corrig\w+|manqu\w+|wrong|lawyer|solicitor\w*|cannot|can't|judiciaire|liquidat\w*|insolv\w*)\b"
)
#: A promise that hangs on something.
_CONDITION = re.compile(
    r"\b(?:si|s'il|sous reserve|a condition|des que(?! possible)|des (?:la )?reception|une fois|tant que|if|unless|once|as soon as(?! possible)"
    r"|subject to|provided)\b(?! (?:besoin|necessary|you (?:need|have)|vous (?:avez|souhaitez)))"
)


def _confidence(case: Case, settled: tuple[Intent, ...], *, told_apart: bool) -> float:
    """How sure, from the strength of the words and from what competes with them."""
    sure = max(hit.weight for hit in case.hits if hit.intent is settled[0])
    rivals = [intent for intent in settled[1:] if intent in _COMPETING]
    if rivals and not told_apart:
        sure -= 0.12 * len(rivals)
    if settled[0] in _NO_PAUSE and _hints(case):
        sure -= 0.2
    if settled == (Intent.PROMISE_TO_PAY,) and _conditional(case):
        sure -= 0.3
    if case.body.language not in {"fr", "en", ""}:
        sure = min(sure, 0.5)
    return round(max(sure, 0.1), 2)


def _conditional(case: Case) -> bool:
    promised = {hit.sentence for hit in case.hits if hit.intent is Intent.PROMISE_TO_PAY}
    return all(_CONDITION.search(case.body.sentences[index].text) for index in promised)


def _hints(case: Case) -> bool:
    """True if words of money or quarrel stand where no rule has read them."""
    spans = [(hit.start, hit.end) for hit in case.hits]
    return any(
        not any(start <= sentence.start + match.start() < end for start, end in spans)
        for sentence in case.body.sentences
        for match in _HINT.finditer(sentence.text)
    )


def _because(case: Case, settled: tuple[Intent, ...]) -> tuple[Because, ...]:
    """The strongest words for each intent, widest first, none inside another."""
    chosen: list[Hit] = []
    for intent in settled:
        own = sorted(
            (hit for hit in case.hits if hit.intent is intent), key=lambda hit: (-hit.weight, hit.start)
        )
        chosen += [
            hit
            for hit in own[:2]
            if all(hit.end <= other.start or hit.start >= other.end for other in chosen)
        ]
    return tuple(Because(case.text[hit.start : hit.end], hit.start, hit.end) for hit in chosen[:4])


# --- the seam ------------------------------------------------------------------------------------------------------------

_OWN_SUBJECT = re.compile(r"\s*(?:re|tr|fw|fwd|aw|wg|rv|ref|sv|antw)\s*:", re.IGNORECASE)
_FOOTER_INSOLVENCY = 0.6


def _footer(text: str, body: Body) -> tuple[Hit, ...]:
    """Insolvency printed under the signature: companies must print it, and nothing else there counts."""
    last = body.sentences[-1] if body.sentences else Sentence(0, 0, "")
    rest = Sentence(last.end, len(body.folded), body.folded[last.end :].replace("\n", " "))
    if not rest.text.strip():
        return ()
    whole = replace(body, sentences=(rest,), language="")
    found = [hit for hit in find_hits(whole) if hit.intent is Intent.INSOLVENCY and hit.end <= len(text)]
    index = max(len(body.sentences) - 1, 0)
    return tuple(replace(hit, weight=_FOOTER_INSOLVENCY, sentence=index) for hit in found)


def _subject_hits(subject: str) -> tuple[Hit, ...]:
    """What a subject of the author's own says; its offsets mean nothing in the text."""
    if not subject or _OWN_SUBJECT.match(subject):
        return ()
    return find_hits(read_body(subject))


def _nothing_said(case: Case, flags: tuple[str, ...]) -> Understanding:
    return Understanding(
        intent=Intent.OTHER,
        confidence=0.3,
        invoices=named_invoices(case),
        flags=flags,
        reply_text=case.text,
        language=case.body.language,
    )


def understand(
    text: str,
    *,
    subject: str = "",
    sent_on: date | None,
    account: Account | None = None,
    creditor: CreditorFacts | None = None,
    sender: str = "",
) -> Understanding:
    """Return what a person's answer says.

    Args:
        text: all that the author wrote, without the quoted part; the first `MAX_TEXT` characters are understood.
        subject: counts only where it is the author's own and the text says nothing.
        sent_on: the day of sending in the author's zone, None if not known (then no date is read).
        account: the debtor's open invoices; None if the debtor is not known.
        creditor: its IBANs and addresses; None if not known.
        sender: the author's address, never a new contact.
    """
    body = read_body(text)
    invoices = account.open_invoices if account else ()
    hits = narrowed(find_hits(body) + _footer(text[:MAX_TEXT], body), body) if body.sentences else ()
    case = Case(text, body, hits, find_invoices(text, invoices), sent_on, account)
    flags = flags_of(body.folded, " \n".join(sentence.text for sentence in body.sentences), creditor)
    if not hits:
        return _from_subject(case, subject, flags)
    settled = settle(hits)
    told_apart = per_invoice(case)
    confidence = _confidence(case, settled, told_apart=told_apart is not None)
    not_these = frozenset(
        {sender.lower(), *(address.lower() for address in (creditor.addresses if creditor else ()))}
    )
    promised = Intent.PROMISE_TO_PAY in settled
    return Understanding(
        intent=settled[0],
        also=settled[1:],
        confidence=confidence,
        needs_review=confidence < SURE,
        promise_date=promised_on(case) if promised else None,
        promise_amount=promised_amount(case) if promised else None,
        paid_date=paid_on(case) if Intent.ALREADY_PAID in settled else None,
        invoices=named_invoices(case),
        per_invoice=told_apart,
        new_contact=new_contact(case, not_these) if Intent.WRONG_CONTACT in settled else "",
        dispute_reason=dispute_reason(hits) if Intent.DISPUTE in settled else "",
        flags=flags,
        reply_text=text,
        because=_because(case, settled),
        language=body.language,
    )


def _from_subject(case: Case, subject: str, flags: tuple[str, ...]) -> Understanding:
    """A text that says nothing: its own subject may, but then a person looks."""
    nothing = replace(_nothing_said(case, flags), language=case.body.language or language_of(subject.lower()))
    said = settle(_subject_hits(subject[:500])) if subject else ()
    return replace(nothing, intent=said[0], also=said[1:], confidence=0.5) if said else nothing
