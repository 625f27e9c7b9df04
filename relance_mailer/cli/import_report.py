"""What an import did, for people and for programs; and how far it is, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from relance_mailer.cli.common import print_error, print_json, say
from relance_mailer.cli.tables import print_heading
from relance_mailer.dunning.money import Money
from relance_mailer.intake.records import explain
from relance_mailer.services.import_changes import Change, Difference, Value
from relance_mailer.services.import_files import FileOf
from relance_mailer.services.import_report import ImportReport
from relance_mailer.services.import_run import Progress, Step, silent
from relance_mailer.services.import_vanished import Vanished
from relance_mailer.texts import words
from relance_mailer.texts.formats import clean, money
from relance_mailer.texts.words import counted

LISTED = 20  #: of each list on a terminal; --json and --errors give all
_NAMED = 10  #: vanished invoices that are named
_LARGE = 5_000  #: rows from which on a bar shows how far an import is
_COUNTS = ("added", "changed", "unchanged", "refused")


def print_report(report: ImportReport, kind: FileOf, language: str, *, strict: bool) -> None:
    """Say what an import did, what a person should look at, and on stderr what was refused."""
    if not report.kept:
        say(
            words.say(
                "import.strict_kept_nothing" if strict and report.errors else "import.dry_run", language
            )
        )
    counts = [counted(f"import.{name}.{kind}", language, getattr(report, name)) for name in _COUNTS[:3]]
    counts.append(counted("import.refused", language, report.refused))
    say(words.say(f"import.counts.{kind}", language, counts=", ".join(counts)))
    _print_list("import.changes", [change.words(language) for change in report.changes], language)
    if report.vanished:
        print_heading(words.say("import.vanished", language))
        say(f"  {_vanished(report.vanished, language)}")
    _print_list("import.notes", report.notes, language)
    refused = [explain(error, language) for error in report.errors]
    for line in _capped(refused, language):
        print_error(line)


def print_report_json(report: ImportReport, language: str) -> None:
    """Print all of a report as JSON."""
    print_json(
        {name: getattr(report, name) for name in _COUNTS}
        | {
            "kept": report.kept,
            "errors": [
                {
                    "line": error.line,
                    "field": error.field,
                    "value": error.value,
                    "reason": explain(error, language),
                }
                for error in report.errors
            ],
            "notes": list(report.notes),
            "changes": [_change(change, language) for change in report.changes],
            "vanished": [
                {
                    "invoice": invoice.number,
                    "debtor": invoice.debtor,
                    "outstanding": str(invoice.outstanding.amount),
                    "currency": invoice.outstanding.currency,
                }
                for invoice in report.vanished
            ],
        }
    )


def _change(change: Change, language: str) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "name": change.name,
        "line": change.line,
        "differences": [_difference(difference) for difference in change.differences],
        "words": change.words(language),
    }


def _difference(difference: Difference) -> dict[str, Any]:
    told = {"field": difference.field, "old": _plain(difference.old), "new": _plain(difference.new)}
    return told | ({"currency": difference.new.currency} if isinstance(difference.new, Money) else {})


def _plain(value: Value) -> str | None:
    match value:
        case Money():
            return str(value.amount)
        case date():
            return value.isoformat()
        case _:
            return value


def _vanished(invoices: Sequence[Vanished], language: str) -> str:
    """Return what is no longer in the file, the first ones by name and how much they owe."""
    named = [f"{clean(one.number)} ({money(one.outstanding, language)})" for one in invoices[:_NAMED]]
    if (more := len(invoices) - _NAMED) > 0:
        named.append(counted("import.and_others", language, more))
    return counted("import.vanished_words", language, len(invoices), invoices=", ".join(named))


def _print_list(heading: str, lines: Sequence[str], language: str) -> None:
    if lines:
        print_heading(words.say(heading, language))
        for line in _capped(lines, language):
            say(f"  {line}")


def _capped(lines: Sequence[str], language: str) -> Iterator[str]:
    yield from lines[:LISTED]
    if (more := len(lines) - LISTED) > 0:
        yield counted("import.and_more", language, more)


@contextmanager
def bar(language: str, *, large: bool) -> Iterator[Progress]:
    """Show how far a large import is, on a terminal: on stderr, and gone once it is done.

    Args:
        language: what the team reads.
        large: whether a file whose rows cannot be counted beforehand is one.
    """
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    bars = Bars(*columns, console=Console(stderr=True), transient=True)
    task = bars.add_task("", total=None)

    def show(step: Step, done: int, total: int) -> None:
        if (total > _LARGE or (large and not total)) and not bars.live.is_started:
            bars.start()
        bars.update(
            task, description=words.say(f"import.step.{step}", language), completed=done, total=total or None
        )

    try:
        yield show
    finally:
        bars.stop()
