"""Open invoices that the exports before listed and this one does not: reported, never closed (ADR 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relance_mailer.dunning.money import Money
from relance_mailer.intake.records import InvoiceRecord
from relance_mailer.services.import_run import Run, chunks
from relance_mailer.store import cases, imports
from relance_mailer.store.session import Session
from relance_mailer.texts import formats


@dataclass(frozen=True, slots=True)
class Vanished:
    """An open invoice that is no longer in the file."""

    number: str
    debtor: str
    outstanding: Money


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a file is beside the exports before it.

    Attributes:
        here: the numbers of its invoices.
        series: of exports with which it goes on; none: it begins one.
        vanished: what is open and no longer in the file.
        settled: ids of invoices that are no longer in the file and owe nothing.
    """

    here: frozenset[str]
    series: tuple[int, ...]
    vanished: tuple[Vanished, ...]
    settled: frozenset[int]


def compare(
    run: Run, session: Session, records: Sequence[InvoiceRecord], refused: Mapping[str, int]
) -> Comparison:
    """Tell with which series of exports a file goes on, and what of them it no longer lists.

    It goes on with a series if it lists at least half of the series' invoices that are still open. Where it states
    balances it lists what is open, and most may have been paid since the last one: then a tenth is enough, if it is at
    least half as long. So neither a file with one invoice nor another journal's export reports everything else.

    Args:
        run: the import.
        session: to read with.
        records: what came in.
        refused: lines of the rows that did not, by their invoice's number: the file lists it all the same.
    """
    here = frozenset(record.number for record in records if record.total.amount > 0)
    _point_out_refused(run, session, {number: line for number, line in refused.items() if number not in here})
    balances = any(record.balance is not None for record in records)
    vanished: list[Vanished] = []
    series: list[int] = []
    settled: set[int] = set()
    for number in sorted(imports.series_of(session, run.creditor_id, here)):
        listed = imports.listed(session, run.creditor_id, number)
        missing = {
            id_: debtor_id
            for invoice, id_, debtor_id in listed
            if invoice not in here and invoice not in refused
        }
        gone = _open(run, session, missing)
        kept = len(listed) - len(missing)
        if kept >= len(gone) or (balances and 9 * kept >= len(gone) and 2 * len(here) >= kept + len(gone)):
            series.append(number)
            vanished += gone.values()
            settled |= missing.keys() - gone.keys()
    vanished.sort(key=lambda invoice: invoice.number)
    return Comparison(here, tuple(series), tuple(vanished), frozenset(settled))


def _point_out_refused(run: Run, session: Session, refused: Mapping[str, int]) -> None:
    """Note which open invoices stay as they were known because their row was refused: it may say that they are paid."""
    for numbers in chunks(sorted(refused)):
        rows = imports.invoices(session, run.creditor_id, numbers).values()
        missing = {row.id: row.debtor_id for row in rows if row.id is not None}
        for invoice in _open(run, session, missing).values():
            owed = formats.money(invoice.outstanding, run.language)
            line = refused[invoice.number]
            run.point_out(line, "import.refused_open", number=formats.clean(invoice.number), owed=owed)


def _open(run: Run, session: Session, missing: dict[int, int]) -> dict[int, Vanished]:
    """Return those of some invoices, given with their debtors' ids, that are still chased, by id."""
    found: dict[int, Vanished] = {}
    for debtor_ids in chunks(sorted(set(missing.values()))):
        for file in cases.load(session, run.office.view(run.now), debtor_ids):
            for case in file.cases:
                if case.invoice.id in missing and case.outstanding and not case.handed_over:
                    number, debtor = case.invoice.number, file.debtor.reference
                    found[case.invoice.id] = Vanished(number, debtor, case.outstanding)
        session.expunge_all()
    return found


def keep(run: Run, session: Session, comparison: Comparison, import_id: int) -> None:
    """Note which series lists the file's invoices: the one that it goes on with; else those without one begin one."""
    imports.no_longer_listed(session, comparison.settled)
    if not comparison.series:
        for numbers in chunks(sorted(comparison.here)):
            imports.list_in(session, run.creditor_id, numbers, import_id, only_new=True)
        return
    first, *others = comparison.series
    for numbers in chunks(sorted(comparison.here)):
        imports.list_in(session, run.creditor_id, numbers, first)
    for other in others:
        imports.join_series(session, run.creditor_id, other, first)
