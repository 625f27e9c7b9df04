"""From a proposal to the bytes of a notice: the context of its text, its claim, and what must not change before it leaves."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Literal

from relance_mailer.dunning.case import InvoiceCase, Recalled
from relance_mailer.dunning.debtor_kind import effective_kind
from relance_mailer.dunning.decide import deadline
from relance_mailer.dunning.interest import (
    Interest,
    claims_allowed,
    compensation,
    late_payment_interest,
    outstanding_over_time,
)
from relance_mailer.dunning.invoice import Contact
from relance_mailer.dunning.money import Money
from relance_mailer.dunning.notice import Mode, Proposal
from relance_mailer.dunning.policy import StageKind
from relance_mailer.dunning.rates import Regime
from relance_mailer.errors import InputError
from relance_mailer.mail.compose import Outgoing, compose
from relance_mailer.mail.conversation import thread_index, topic
from relance_mailer.replies.token import HEADER, message_id, own_header, plus_address, with_token
from relance_mailer.services.copies import NOTHING_READ, Ahead, copies
from relance_mailer.services.office import Office
from relance_mailer.store.canonical import canonical
from relance_mailer.store.cases import DebtorFile, Sent
from relance_mailer.texts import foreign
from relance_mailer.texts.context import Claim, InterestSpan, NoticeContext, NoticeLine, Recall, Sender


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice ready to be kept: what will leave, byte for byte."""

    subject: str
    text: str
    raw: bytes
    message_id: str
    deadline: date | None
    lacking: tuple[str, ...] = ()  #: invoices whose document should have gone along and was not there


def facts(office: Office, file: DebtorFile, proposal: Proposal, contact: Contact) -> str:
    """Return the SHA-256 of what must not have changed when the notice is claimed (rule 2)."""
    language = file.debtor.language
    members = [
        [case.invoice.number, stage.key, str(case.outstanding), case.invoice.due.isoformat()]
        for case, stage in proposal.cases
    ]
    version = office.templates.version(proposal.stage.key, language)
    known = [
        contact.address,
        proposal.stage.key,
        version,
        office.mode,
        office.config.creditor.iban,
        members,
        _said(office, file, proposal),
    ]
    return sha256(canonical(known)).hexdigest()


def _said(office: Office, file: DebtorFile, proposal: Proposal) -> list[str]:
    """What a notice says beyond its invoices: whether the law gives a claim, and who a formal notice names."""
    said: list[str] = [file.debtor.language]
    if proposal.stage.shows_claim:
        said.append(str(_regime(office, file) or ""))
    if proposal.stage.kind is StageKind.FORMAL_NOTICE:
        creditor = office.config.creditor
        said += [*astuple(creditor.party), creditor.signer_name, creditor.signer_capacity]
        said += astuple(file.debtor.party)
    return said


def write(
    office: Office,
    file: DebtorFile,
    proposal: Proposal,
    contact: Contact,
    notice_id: int,
    at: datetime,
    ahead: Ahead = NOTHING_READ,
) -> Draft:
    """Render and compose a notice as it leaves at `at`.

    Raises:
        RateUnknownError: it shows a claim that needs a rate which nobody has published or entered.
        TemplateError: its template cannot be rendered.
        InputError: a field cannot stand in a message, or an IBAN or a link in it is not the creditor's.
    """
    context = context_of(office, file, proposal, contact, at)
    rendered = office.renderer.render(context)
    redirected = office.mode is Mode.REDIRECT
    subject = f"[→ {contact.address}] {rendered.subject}" if redirected else rendered.subject
    if office.config.smtp.subject_token:
        subject = with_token(subject, notice_id, office.key)
    _refuse_foreign(office, (subject, contact.name, rendered.preview, rendered.text), rendered.links)
    documents = copies(office, file, proposal, ahead)
    identity = message_id(office.config.smtp.from_address.rpartition("@")[2], secrets.token_bytes(16))
    thread = _thread(file, proposal)
    smtp = office.config.smtp
    reply_to = smtp.reply_to or smtp.from_address
    outgoing = Outgoing(
        message_id=identity,
        date=at.astimezone(office.policy.window.zone),
        from_name=smtp.from_name or office.config.creditor.name,
        from_address=smtp.from_address,
        to_name="" if redirected else contact.name,
        to_address=office.config.sending.redirect_to if redirected else contact.address,
        reply_to=plus_address(reply_to, notice_id, office.key) if smtp.plus_address else smtp.reply_to,
        subject=subject,
        text=rendered.text,
        html=rendered.html,
        in_reply_to=thread[-1].seen_as if thread else "",
        references=tuple(earlier.seen_as for earlier in thread),
        topic=topic(thread[0].subject if thread else subject),
        thread_index=thread_index(
            thread[0].message_id if thread else identity, [*(earlier.dated for earlier in thread), at]
        ),
        automatic=smtp.auto_submitted,
        language=rendered.language,
        headers=((HEADER, own_header(notice_id, identity, office.key)),),
        attachments=documents.attached,
    )
    raw = compose(outgoing)
    return Draft(subject, rendered.text, raw, identity, context.deadline, documents.lacking)


def _refuse_foreign(office: Office, words: tuple[str, ...], links: tuple[str, ...]) -> None:
    """Refuse what is not the creditor's, wherever it comes from: a file's order number tells no account of others."""
    found = "; ".join(foreign.problems(foreign.Own.of(office.config), words, links))
    if found:
        raise InputError(f"this reminder is not written: {found}")


def context_of(
    office: Office, file: DebtorFile, proposal: Proposal, contact: Contact, at: datetime
) -> NoticeContext:
    """Return what a notice's template sees."""
    today = office.today(at)
    regime = _regime(office, file) if proposal.stage.shows_claim else None
    claims = {
        case.invoice.id: _interest(office, file, case, regime, today)
        for case, _ in proposal.cases
        if regime is not None and today > case.invoice.due
    }
    lines = tuple(_line(case, stage.key, today, claims, regime, file) for case, stage in proposal.cases)
    return NoticeContext(
        stage=proposal.stage.key,
        stage_kind=proposal.stage.kind.value,
        language=file.debtor.language,
        sender=sender(office),
        debtor=file.debtor.party,
        contact_name=contact.name,
        lines=lines,
        today=today,
        reference=", ".join(line.number for line in lines) if len(lines) == 1 else file.debtor.reference,
        deadline=deadline(today, file.debtor_case, proposal.stage),
        claim=_claim(proposal, claims, lines, today, regime),
        recall=_recall(proposal),
    )


def sender(office: Office) -> Sender:
    """Return the creditor as it signs."""
    creditor = office.config.creditor
    return Sender(
        party=creditor.party,
        email=creditor.email or office.config.smtp.from_address,
        phone=creditor.phone,
        iban=creditor.iban,
        bic=creditor.bic,
        signer_name=creditor.signer_name,
        signer_capacity=creditor.signer_capacity,
    )


def _regime(office: Office, file: DebtorFile) -> Regime | None:
    debtor = file.debtor
    kind = effective_kind(debtor.kind, debtor.party.siren, debtor.party.vat)
    return claims_allowed(kind, debtor.party.country, office.config.creditor.country)


def _history(file: DebtorFile, case: InvoiceCase) -> tuple[tuple[date, Money], ...]:
    return file.settlement.paid_history.get(case.invoice.id, ())


def _interest(office: Office, file: DebtorFile, case: InvoiceCase, regime: Regime, today: date) -> Interest:
    outstanding = outstanding_over_time(case.invoice.total, _history(file, case))
    return late_payment_interest(case.invoice.due, outstanding, today, regime, office.rates)


def _line(
    case: InvoiceCase,
    stage: str,
    today: date,
    claims: dict[int, Interest],
    regime: Regime | None,
    file: DebtorFile,
) -> NoticeLine:
    invoice = case.invoice
    interest = claims.get(invoice.id)
    fixed = None
    if interest is not None:
        outstanding = outstanding_over_time(invoice.total, _history(file, case))
        fixed = compensation(invoice.due, outstanding, today, regime)
    return NoticeLine(
        number=invoice.number,
        order_number=invoice.order_number,
        issued=invoice.issued,
        due=invoice.due,
        total=invoice.total,
        outstanding=case.outstanding,
        days_overdue=(today - invoice.due).days,
        stage=stage,
        interest=interest.amount if interest else None,
        compensation=fixed,
    )


def _claim(
    proposal: Proposal,
    claims: dict[int, Interest],
    lines: tuple[NoticeLine, ...],
    today: date,
    regime: Regime | None,
) -> Claim | None:
    if not claims:
        return None
    numbers = {case.invoice.id: case.invoice.number for case, _ in proposal.cases}
    working = tuple(
        InterestSpan(
            number=numbers[invoice_id],
            first=span.first_day,
            last=span.last_day,
            days=span.days,
            base=span.base,
            annual_rate=span.rate,
            amount=Money(span.amount, span.base.currency).rounded(),
        )
        for invoice_id, interest in claims.items()
        for span in interest.working
    )
    kind: Literal["commercial", "public"] = "public" if regime is Regime.FR_PUBLIC else "commercial"
    return Claim(
        interest=_totals(line.interest for line in lines if line.interest is not None),
        compensation=_totals(line.compensation for line in lines if line.compensation is not None),
        cut_off=today,
        working=working,
        kind=kind,
    )


def _totals(sums: Iterable[Money]) -> tuple[Money, ...]:
    totals: dict[str, Money] = {}
    for money in sums:
        totals[money.currency] = totals.get(money.currency, Money.zero(money.currency)) + money
    return tuple(totals.values())


def _recall(proposal: Proposal) -> Recall | None:
    """The broken promise, or else the announced payment, that most of the invoices share; the latest if several."""
    recalled = [case.recalled for case, _ in proposal.cases if case.recalled]
    if not recalled:
        return None
    chosen: Recalled = max(recalled, key=lambda entry: (entry.kind == "promise", entry.on or date.min))
    amount = chosen.amount if len(proposal.cases) == 1 else None
    kind: Literal["promise", "already_paid"] = "promise" if chosen.kind == "promise" else "already_paid"
    return Recall(kind, chosen.on, amount)


def _thread(file: DebtorFile, proposal: Proposal) -> tuple[Sent, ...]:
    """The earlier notices about any of the invoices, oldest first: what a reader's mail program threads on."""
    earlier = {sent for case, _ in proposal.cases for sent in file.threads.get(case.invoice.id, ())}
    return tuple(sorted(earlier, key=lambda sent: (sent.dated, sent.message_id)))
