"""What a case file says is owed: invoices, what settled them, interest and compensation with their working."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from relance_mailer.dunning.allocation import Source
from relance_mailer.dunning.case import InvoiceCase
from relance_mailer.dunning.debtor_kind import effective_kind
from relance_mailer.dunning.interest import (
    COMPENSATION,
    claims_allowed,
    compensation,
    late_payment_interest,
    outstanding_over_time,
)
from relance_mailer.dunning.money import Money
from relance_mailer.dunning.rates import Regime
from relance_mailer.errors import RateUnknownError
from relance_mailer.evidence.chronology import InvoiceLine, Settled, Span, Total
from relance_mailer.services.office import Office
from relance_mailer.store import dossier as store
from relance_mailer.store import stories
from relance_mailer.store.cases import DebtorFile
from relance_mailer.store.session import Session
from relance_mailer.texts import formats

_INSOLVENCY = "insolvency"


@dataclass(slots=True)
class Account:
    """What is owed as of a day.

    Attributes:
        claim: "commercial", "public", or "" where the law gives no claim.
        unknown_rate: the first day of the half-year whose rate the interest lacks, as people read it; "" if none.
    """

    claim: str = ""
    unknown_rate: str = ""
    lines: list[InvoiceLine] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)

    @property
    def totals(self) -> tuple[Total, ...]:
        """The sums by currency, in the order of codes."""
        fixed = [line.compensation for line in self.lines if line.compensation]
        currencies = {line.total.currency for line in self.lines} | {one.currency for one in fixed}
        return tuple(self._total(currency, fixed) for currency in sorted(currencies))

    def _total(self, currency: str, fixed: list[Money]) -> Total:
        interest = [line.interest for line in self.lines if line.interest is not None]
        return Total(
            principal=_sum(currency, (line.outstanding for line in self.lines)),
            interest=_sum(currency, interest) if self.claim and not self.unknown_rate else None,
            compensation=_sum(currency, fixed) if self.claim and currency == COMPENSATION.currency else None,
        )


def _sum(currency: str, sums: Iterable[Money]) -> Money:
    return sum((one for one in sums if one.currency == currency), Money.zero(currency))


def account(
    session: Session, office: Office, file: DebtorFile, invoice_id: int | None, today: date
) -> Account:
    """Return what a debtor owes as of `today`, or one invoice of it."""
    regime = _regime(session, office, file)
    found = Account("" if regime is None else "public" if regime is Regime.FR_PUBLIC else "commercial")
    disputed = store.open_disputes(session, file.debtor.id)
    for case in file.cases:
        if invoice_id in (None, case.invoice.id):
            _add(found, office, file, case, regime, today, disputed=case.invoice.id in disputed)
            found.settled += _settled(session, file, case)
    return found


def _regime(session: Session, office: Office, file: DebtorFile) -> Regime | None:
    party = file.debtor.party
    kind = effective_kind(file.debtor.kind, party.siren, party.vat)
    insolvent = store.is_held_for(session, file.debtor.id, _INSOLVENCY)
    return claims_allowed(kind, party.country, office.config.creditor.country, insolvent=insolvent)


def _add(
    found: Account,
    office: Office,
    file: DebtorFile,
    case: InvoiceCase,
    regime: Regime | None,
    today: date,
    *,
    disputed: bool,
) -> None:
    invoice = case.invoice
    interest = fixed = None
    if regime is not None and not invoice.is_credit_note:
        over_time = outstanding_over_time(invoice.total, file.settlement.paid_history.get(invoice.id, ()))
        fixed = compensation(invoice.due, over_time, today, regime)
        try:
            whole = late_payment_interest(invoice.due, over_time, today, regime, office.rates)
        except RateUnknownError as error:
            found.unknown_rate = formats.short_date(error.start, office.config.language)
        else:
            interest = whole.amount
            found.spans += [
                Span(
                    invoice.number,
                    span.first_day,
                    span.last_day,
                    span.days,
                    span.base,
                    span.rate,
                    Money(span.amount, span.base.currency),
                )
                for span in whole.working
            ]
    zero = Money.zero(invoice.total.currency)
    found.lines.append(
        InvoiceLine(
            number=invoice.number,
            issued=invoice.issued,
            due=invoice.due,
            total=invoice.total,
            settled=zero if invoice.is_credit_note else invoice.total - case.outstanding,
            outstanding=case.outstanding,
            days_overdue=max((today - invoice.due).days, 0) if case.outstanding else 0,
            interest=interest,
            compensation=fixed,
            disputed=disputed,
        )
    )


def _settled(session: Session, file: DebtorFile, case: InvoiceCase) -> list[Settled]:
    """Return what settled an invoice, in order of days; money that names no invoice is told apart."""
    invoice = case.invoice
    loose = [one for one in file.settlement.provisional if one.invoice_id == invoice.id]
    stated = stories.has_balance(session, invoice.id)
    rows = []
    for on, amount in file.settlement.paid_history.get(invoice.id, ()):
        told = stated and on == invoice.issued
        own = None if told else next((one for one in loose if one.amount == amount), None)
        kind = "stated" if told else "paid"
        if own is not None:
            loose.remove(own)
            kind = "provisional_note" if own.source is Source.CREDIT_NOTE else "provisional"
        rows.append(Settled(invoice.number, None if told else on, amount, kind))
    return rows
