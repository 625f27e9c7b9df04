"""Invented notices of every shape: what templates are checked and previewed with."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from relance_mailer.dunning.invoice import Party
from relance_mailer.dunning.money import Money
from relance_mailer.texts.context import Claim, InterestSpan, NoticeContext, NoticeLine, Recall, Sender

TODAY = date(2026, 5, 4)
SENDER = Sender(
    party=Party("Ateliers Duvernay SAS", "12 rue des Forges", "69007", "Lyon", "FR", "732829320"),
    email="comptabilite@duvernay.example",
    phone="04 72 00 00 00",
    iban="FR7630006000011234567890189",
    bic="AGRIFRPP",
    signer_name="Hélène Marchand",
    signer_capacity="Responsable comptable",
)
DEBTOR = Party("Menuiserie Blanc & Fils SARL", "4 place du Marché", "38000", "Grenoble", "FR", "552100554")
RATE = Decimal("12.15")


def sample_line(number: str, due: date, total: Money, stage: str, paid: Decimal = Decimal(0)) -> NoticeLine:
    """Return an invoice of 30 days that falls due on `due`, seen on TODAY."""
    return NoticeLine(
        number=number,
        order_number=f"BC-{number[-4:]}",
        issued=due - timedelta(days=30),
        due=due,
        total=total,
        outstanding=Money(total.amount - paid, total.currency),
        days_overdue=(TODAY - due).days,
        stage=stage,
    )


def stage_kind(stage: str) -> str:
    """Return the kind of a stage by its template's name: `formal_notice…`, `predue…`, else a reminder."""
    return next((kind for kind in ("formal_notice", "predue") if stage.startswith(kind)), "reminder")


def sample(stage: str, language: str) -> NoticeContext:
    """Return the plainest notice of a stage: one invoice, nothing claimed, nothing recalled."""
    kind = stage_kind(stage)
    due = date(2026, 5, 14) if kind == "predue" else date(2026, 3, 15)
    return NoticeContext(
        stage=stage,
        stage_kind=kind,
        language=language,
        sender=SENDER,
        debtor=DEBTOR,
        contact_name="Claire Martin",
        lines=(sample_line("F-2026-0412", due, Money(Decimal("1250.00"), "EUR"), stage),),
        today=TODAY,
        reference="DUV-00471",
        deadline=date(2026, 5, 19) if kind == "formal_notice" else None,
    )


def claimed(context: NoticeContext) -> NoticeContext:
    """Return the notice with interest and the 40 € on its overdue euro lines, with their working."""
    spans = tuple(_span(line) for line in context.overdue_lines if line.outstanding.currency == "EUR")
    interest = Money(sum((span.amount.rounded().amount for span in spans), Decimal(0)), "EUR")
    compensation = Money(Decimal(40 * len(spans)), "EUR")
    return replace(context, claim=Claim((interest,), (compensation,), TODAY, spans))


def _span(line: NoticeLine) -> InterestSpan:
    first = line.due + timedelta(days=1)
    days = (TODAY - line.due).days
    amount = line.outstanding.amount * RATE / 100 * days / 365
    return InterestSpan(line.number, first, TODAY, days, line.outstanding, RATE, Money(amount, "EUR"))


def full(stage: str, language: str) -> NoticeContext:
    """Return a notice with all that one can hold: part payment, currencies, lines not due, claim, promise."""
    plainest = sample(stage, language)
    kind = plainest.stage_kind
    due = plainest.lines[0].due
    lines = (
        sample_line(
            "F-2026-0398", due - timedelta(days=9), Money(Decimal("4800.00"), "EUR"), stage, Decimal(2000)
        ),
        *plainest.lines,
        sample_line("F-2026-0415", due, Money(Decimal("990.50"), "USD"), stage),
    )
    if kind == "reminder":
        coming = sample_line("F-2026-0460", date(2026, 5, 20), Money(Decimal("310.20"), "EUR"), "predue")
        lines = (*lines, coming)
    recall = Recall("promise", date(2026, 5, 1), Money(Decimal(1250), "EUR"))
    context = replace(plainest, lines=lines, recall=recall)
    return context if kind == "predue" else claimed(context)


def variants(stage: str, language: str) -> tuple[NoticeContext, ...]:
    """Return notices that together take every turn a template is expected to have."""
    plainest, everything = sample(stage, language), full(stage, language)
    bare = replace(plainest.sender, iban="", bic="", phone="", signer_name="", signer_capacity="")
    foreign = replace(DEBTOR, siren="", vat="DE811569869", country="DE")
    return (
        plainest,
        everything,
        replace(everything, claim=replace(everything.claim, kind="public") if everything.claim else None),
        replace(plainest, sender=bare, contact_name="", debtor=foreign, recall=Recall("promise")),
        replace(plainest, recall=Recall("already_paid", date(2026, 4, 20), Money(Decimal(1250), "EUR"))),
        replace(plainest, recall=Recall("already_paid"), deadline=date(2026, 5, 19)),
    )
