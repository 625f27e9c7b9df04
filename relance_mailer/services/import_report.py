"""Carrying an import out: how it is asked for, that it is kept on record, and what is reported of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TypeVar

from relance_mailer.intake.form import Hints
from relance_mailer.intake.records import RowError
from relance_mailer.services import import_alike, import_changes, import_vanished
from relance_mailer.services.import_changes import Change
from relance_mailer.services.import_run import Progress, Run, Step, silent
from relance_mailer.services.import_vanished import Comparison, Vanished
from relance_mailer.services.office import Office
from relance_mailer.store import imports
from relance_mailer.store.session import Session
from relance_mailer.store.tables import ImportRow
from relance_mailer.texts import formats

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class How:
    """How a file is to be imported.

    Attributes:
        hints: what is known of the file's form; None: what the configuration says.
        strict: all rows or none.
        dry_run: report as if, and keep nothing.
        progress: told how far it is.
    """

    hints: Hints | None = None
    strict: bool = False
    dry_run: bool = False
    progress: Progress = silent


AS_USUAL = How()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did with a file's rows, or in a dry run would have done.

    Attributes:
        added: new invoices or payments.
        changed: rows that changed an invoice, its balance, its debtor or the debtor's contacts.
        errors: why rows were refused, in order of lines; a row may have several.
        notes: about rows that went in, what a person should know, in the team's language.
        changes: what rows changed, invoice by invoice and debtor by debtor.
        vanished: open invoices of the exports before that are not in this one.
        kept: False if nothing was written: a dry run, or a strict import with a refused row.
    """

    added: int
    changed: int
    unchanged: int
    errors: tuple[RowError, ...]
    notes: tuple[str, ...]
    changes: tuple[Change, ...] = ()
    vanished: tuple[Vanished, ...] = ()
    kept: bool = True

    @property
    def refused(self) -> int:
        """How many rows did not go in."""
        return len({error.line for error in self.errors})


def begin(office: Office, file_name: str, now: datetime, by: str, errors: list[RowError], how: How) -> Run:
    """Return a run. A strict one that is refused already only looks for what else is wrong."""
    dry = how.dry_run or (how.strict and bool(errors))
    whole = how.strict and not dry
    return Run(office, file_name, now, by, errors, dry=dry, whole=whole, progress=how.progress)


def carry_out(
    run: Run,
    kind: str,
    data: bytes,
    units: Sequence[Sequence[T]],
    take_in: Callable[[Run, Sequence[T]], None],
    compare: Callable[[Run, Session], Comparison] | None = None,
) -> ImportReport:
    """Write the units, keep on record that the import took place, and report.

    Args:
        run: the import.
        kind: what the file holds: "invoices", "payments", "debtors".
        data: its bytes, by which it is known again.
        units: its rows, divided into writing units.
        take_in: takes the rows of a unit in.
        compare: finds, once all is written, what is no longer in the file.
    """
    record = _record(run, kind, data)
    run.write(units, take_in, lambda: _keep(run, record))
    comparison = _compare(run, compare)
    if comparison is not None and run.keeps:
        assert record.id is not None
        with run.office.db.write() as session:
            import_vanished.keep(run, session, comparison, record.id)
    return ImportReport(
        run.added,
        run.changed,
        run.unchanged,
        errors=tuple(sorted(run.errors, key=lambda error: error.line)),
        notes=tuple(words for _, words in sorted(run.notes, key=lambda note: note[0])),
        changes=import_changes.merged(run.changes),
        vanished=comparison.vanished if comparison else (),
        kept=run.keeps,
    )


def _compare(run: Run, compare: Callable[[Run, Session], Comparison] | None) -> Comparison | None:
    """Look, without keeping anybody from writing, at what came in beside what is known."""
    run.progress(Step.COMPARING, 0, 0)
    with run.office.db.read() as session:
        import_alike.point_out(run, session)
        return compare(run, session) if compare else None


def _record(run: Run, kind: str, data: bytes) -> ImportRow:
    """Return the record of an import that has not begun."""
    return ImportRow(
        creditor_id=run.creditor_id,
        kind=kind,
        file_name=run.file_name,
        sha256=sha256(data).hexdigest(),
        imported_at=run.now,
        added=0,
        changed=0,
        unchanged=0,
        refused=0,
        tells_payments=False,
    )


def _keep(run: Run, record: ImportRow) -> None:
    """Keep that the import took place: only now do payments and balances count as fresh (rule 4)."""
    old = _known_since(run, record.kind, record.sha256)
    record.added, record.changed, record.unchanged = run.added, run.changed, run.unchanged
    record.refused = run.refused
    record.tells_payments = run.tells_payments and old is None
    imports.keep(run.session, [record])
    if old is not None:
        run.point_out(0, "import.same_file", day=formats.short_date(run.office.today(old), run.language))


def _known_since(run: Run, kind: str, digest: str) -> datetime | None:
    """Return when this very file came in, if a later one overtook it and it says nothing new (rule 4).

    A file without rows is the same every day that brings no payment: it is always news.
    """
    if not run.tells_payments or run.added or run.changed or not run.unchanged:
        return None
    return imports.overtaken_since(run.session, run.creditor_id, kind, digest)
