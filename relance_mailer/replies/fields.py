"""What an answer says beside its intent: dates, sums, invoices, the address to write to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relance_mailer.replies.dates import paid_date, promise_date
from relance_mailer.replies.model import Intent
from relance_mailer.replies.promised_sum import promise_amount
from relance_mailer.replies.scopes import hits_by_invoice
from relance_mailer.replies.settle import settle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from relance_mailer.replies.clauses import Body
    from relance_mailer.replies.hits import Hit
    from relance_mailer.replies.invoices import Mention
    from relance_mailer.replies.model import Account


@dataclass(frozen=True, slots=True)
class Case:
    """One answer, taken apart.

    Attributes:
        text: all that the author wrote.
        hits: what the rules found in the body and no wider reading explains away.
        mentions: where it names open invoices.
        sent_on: None if not known.
    """

    text: str
    body: Body
    hits: tuple[Hit, ...]
    mentions: tuple[Mention, ...]
    sent_on: date | None
    account: Account | None


def _near(case: Case, intent: Intent) -> list[int]:
    """Sentences that carry an intent, the surest place for its date and sum, then the ones beside them."""
    indexes = list(dict.fromkeys(hit.sentence for hit in case.hits if hit.intent is intent))
    beside = [index + step for index in indexes for step in (1, -1)]
    taken = {
        hit.sentence
        for hit in case.hits
        if hit.intent is not intent and hit.intent is not Intent.ACKNOWLEDGEMENT
    }
    order = indexes + [index for index in beside if index not in indexes and index not in taken]
    return [index for index in order if 0 <= index < len(case.body.sentences)]


def _masked(case: Case, index: int) -> str:
    """A sentence with the invoice numbers blanked, so that none is read as a date."""
    sentence = case.body.sentences[index]
    letters = list(sentence.text)
    for mention in case.mentions:
        if sentence.start <= mention.start and mention.end <= sentence.end:
            width = mention.end - mention.start
            letters[mention.start - sentence.start : mention.end - sentence.start] = "x" * width
    return "".join(letters)


def _own_half(case: Case, index: int, intent: Intent) -> str:
    """Of a sentence that both promises and tells of a payment, only the part that says `intent`."""
    text, start = _masked(case, index), case.body.sentences[index].start
    rival = Intent.ALREADY_PAID if intent is Intent.PROMISE_TO_PAY else Intent.PROMISE_TO_PAY
    first = {hit.intent: hit.start - start for hit in reversed(case.hits) if hit.sentence == index}
    if intent not in first or rival not in first:
        return text
    return text[: first[rival]] if first[intent] < first[rival] else text[_cut(text, first[intent]) :]


def _cut(text: str, before: int) -> int:
    """Where the clause that holds offset `before` begins."""
    return max(text.rfind(mark, 0, before) for mark in (", ", "; ", " et ", " and ", " mais ", " but ")) + 1


def _country(case: Case) -> str:
    return case.account.country if case.account else ""


def _due(case: Case) -> date | None:
    if case.account is None:
        return None
    named = {number for mention in case.mentions for number in mention.numbers}
    dues = [invoice.due for invoice in case.account.open_invoices if not named or invoice.number in named]
    return max(dues) if dues else None


def promised_on(case: Case) -> date | None:
    """The day by which the author says that it will pay."""
    if case.sent_on is None:
        return None
    for index in _near(case, Intent.PROMISE_TO_PAY):
        text = _own_half(case, index, Intent.PROMISE_TO_PAY)
        found = promise_date(text, case.sent_on, due=_due(case), country=_country(case))
        if found:
            return found
    return None


def paid_on(case: Case) -> date | None:
    """The day on which the author says that it paid."""
    if case.sent_on is None:
        return None
    for index in _near(case, Intent.ALREADY_PAID):
        found = paid_date(_own_half(case, index, Intent.ALREADY_PAID), case.sent_on, country=_country(case))
        if found:
            return found
    return None


def promised_amount(case: Case) -> Decimal | None:
    """The sum promised: the first one that stands with the promise."""
    open_sums = [invoice.amount for invoice in case.account.open_invoices] if case.account else []
    for index in _near(case, Intent.PROMISE_TO_PAY):
        found = promise_amount(_own_half(case, index, Intent.PROMISE_TO_PAY), open_sums=open_sums)
        if found is not None:
            return found
    return None


_ADDRESS = re.compile(
    r"(?<![\w.+-])[a-z0-9][\w.+-]{0,63}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}", re.ASCII
)


def new_contact(case: Case, not_these: frozenset[str]) -> str:
    """The address to write to instead: in the sentence that says so, or beside it."""
    sentences = [hit.sentence for hit in case.hits if hit.intent is Intent.WRONG_CONTACT]
    beside = [index + step for index in sentences for step in (1, -1, 2)]
    for index in dict.fromkeys(sentences + beside):
        if 0 <= index < len(case.body.sentences):
            for match in _ADDRESS.finditer(case.body.sentences[index].text):
                start = case.body.sentences[index].start + match.start()
                written = case.text[start : start + len(match.group())].rstrip(".-")
                if written.lower() not in not_these:
                    return written
    return ""


def dispute_reason(hits: Sequence[Hit]) -> str:
    """The first plain reason of a dispute, else the plain refusal, else "other"."""
    reasons = [hit.reason for hit in hits if hit.intent is Intent.DISPUTE]
    causes = [reason for reason in reasons if reason not in {"other", "refusal", "credit_note_due"}]
    fallback = [
        reason for wanted in ("credit_note_due", "refusal", "other") for reason in reasons if reason == wanted
    ]
    return next(iter(causes + fallback), "")


def per_invoice(case: Case) -> dict[str, Intent] | None:
    """What is said of each named invoice, where that differs."""
    said = hits_by_invoice(case.body.sentences, case.mentions, case.hits)
    settled = {number: settle(hits)[0] for number, hits in said.items() if hits}
    return settled if len(settled) > 1 and len(set(settled.values())) > 1 else None


def named_invoices(case: Case) -> tuple[str, ...]:
    """The open invoices that the author names itself."""
    named = (number for mention in case.mentions if not mention.others for number in mention.numbers)
    return tuple(dict.fromkeys(named))
