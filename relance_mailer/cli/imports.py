"""The command that brings files in: import invoices, import payments, import debtors."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from relance_mailer.cli import import_guess, import_questions, import_report
from relance_mailer.cli.common import (
    DEFAULT_CONFIG,
    AtOption,
    ByOption,
    ConfigOption,
    JsonOption,
    app,
    office,
    person,
    print_error,
    print_json,
    say,
)
from relance_mailer.config.imports import toml
from relance_mailer.errors import ConfigError, InputError
from relance_mailer.intake.form import AmbiguousError, Hints, Proposal, Question
from relance_mailer.services import import_files
from relance_mailer.services.import_ import import_invoices, import_payments
from relance_mailer.services.import_debtor_file import import_debtors
from relance_mailer.services.import_files import FileOf
from relance_mailer.services.import_report import How, ImportReport
from relance_mailer.services.office import Office
from relance_mailer.texts import words
from relance_mailer.texts.words import counted

__all__ = ["app"]

_LARGE_WORKBOOK = 150_000  #: bytes: some 5,000 rows

_IMPORTS: dict[FileOf, Callable[..., ImportReport]] = {
    FileOf.INVOICES: import_invoices,
    FileOf.PAYMENTS: import_payments,
    FileOf.DEBTORS: import_debtors,
}


@app.command("import")
def import_(
    kind: Annotated[FileOf, typer.Argument(help="What the file holds.")],
    file: Annotated[Path, typer.Argument(help="The file: CSV, TSV, XLSX or ODS.")],
    *,
    config: ConfigOption = DEFAULT_CONFIG,
    guess: Annotated[
        bool, typer.Option("--guess", help="Show how the file would be read, and its first rows; then ask.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="All or nothing: one refused row, and nothing goes in.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report as if, and write nothing.")] = False,
    errors: Annotated[
        Path | None,
        typer.Option("--errors", help="Write the refused rows and why into this CSV file, to be corrected."),
    ] = None,
    day_first: Annotated[
        bool | None, typer.Option("--day-first/--month-first", help="What 05/06 is: 5 June, or 6 May.")
    ] = None,
    decimal: Annotated[str, typer.Option("--decimal", help="The sign before the decimals: , or .")] = "",
    sheet: Annotated[str, typer.Option("--sheet", help="The workbook's sheet.")] = "",
    column: Annotated[
        list[str] | None,
        typer.Option("--column", help="field=Header: which column holds a field. Repeat it."),
    ] = None,
    by: ByOption = "",
    at: AtOption = "",
    as_json: JsonOption = False,
) -> None:
    """Import a file of invoices (and credit notes), payments or debtors; importing it twice changes nothing."""
    with office(config, at) as opened:
        hints = _hints(import_files.configured(opened, kind), kind, day_first, decimal, sheet, column or [])
        task = _Task(opened, kind, file, _read(file), person(by), strict, dry_run, errors, as_json)
        try:
            task.guess(hints) if guess else task.carry_out(hints)
        except typer.Abort:  # Ctrl-C at a question: they are asked before anything is written
            say("")
            print_error(words.say("import.not_imported", task.language))
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            print_error(words.say("import.interrupted", task.language))
            raise


@dataclass(frozen=True, slots=True)
class _Task:
    """One file to import, and how it was asked for on the command line."""

    office: Office
    kind: FileOf
    file: Path
    data: bytes
    by: str
    strict: bool
    dry_run: bool
    errors: Path | None
    as_json: bool

    @property
    def language(self) -> str:
        """What the team reads."""
        return self.office.config.language

    @property
    def interactive(self) -> bool:
        """Whether somebody can be asked."""
        return not self.as_json and sys.stdin.isatty() and sys.stdout.isatty()

    def carry_out(self, hints: Hints) -> None:
        """Import the file; ask what it does not tell, and show how to answer once and for all."""
        asked = False
        while True:
            try:
                report = self._import(hints)
                break
            except AmbiguousError as error:
                hints = self._answered(error.questions, hints)
                asked = True
        if asked:
            self._show_configuration(hints)
        self._print(report, hints)

    def guess(self, hints: Hints) -> None:
        """Show how the file would be read; import it if a person says so."""
        proposal = import_files.guess(self.office, self.kind, self.data, hints)
        if proposal.questions and self.interactive:
            hints = import_questions.ask(proposal.questions, hints, self.language)
            proposal = import_files.guess(self.office, self.kind, self.data, hints)
        kept = import_guess.to_keep(hints, proposal)
        self._propose(proposal, kept)
        if proposal.missing or proposal.doubled:
            raise typer.Exit(1)
        question = words.say("import.go_on", self.language)
        if self.interactive and not import_questions.agrees(question, self.language):
            say(words.say("import.not_imported", self.language))
        elif self.interactive:
            report = self._import(hints)
            self._show_configuration(kept)
            self._print(report, hints)
        elif not proposal.questions:
            self._show_configuration(kept)

    def _propose(self, proposal: Proposal, kept: Hints) -> None:
        if self.as_json:
            print_json(import_guess.proposal_json(proposal, toml(self.kind, kept)))
            return
        import_guess.print_proposal(proposal, self.language)
        if proposal.questions:
            print_error(import_questions.unanswered(self.kind, proposal.questions, self.language))

    def _import(self, hints: Hints) -> ImportReport:
        large = len(self.data) > _LARGE_WORKBOOK
        with import_report.bar(self.language, large=large) as progress:
            how = How(hints=hints, strict=self.strict, dry_run=self.dry_run, progress=progress)
            now = self.office.clock.now()
            return _IMPORTS[self.kind](self.office, self.data, self.file.name, now, self.by, how)

    def _answered(self, questions: Sequence[Question], hints: Hints) -> Hints:
        if self.interactive:
            return import_questions.ask(questions, hints, self.language)
        if self.as_json:
            print_json({"questions": import_questions.as_json(questions)})
        raise InputError(import_questions.unanswered(self.kind, questions, self.language))

    def _show_configuration(self, hints: Hints) -> None:
        """Show what to write into the configuration to be asked no more, unless it stands there already."""
        if self.as_json or hints == import_files.configured(self.office, self.kind):
            return
        say("")
        say(words.say("import.keep", self.language))
        say("")
        say(toml(self.kind, hints))
        say("")

    def _print(self, report: ImportReport, hints: Hints) -> None:
        """Say what came of it; exit code 1 if rows were refused."""
        if self.as_json:
            import_report.print_report_json(report, self.language)
        else:
            import_report.print_report(report, self.kind, self.language, strict=self.strict)
        if report.errors and self.errors is not None:
            self._write_errors(self.errors, report, hints)
        if report.errors:
            raise typer.Exit(1)

    def _write_errors(self, path: Path, report: ImportReport, hints: Hints) -> None:
        rows = import_files.refused_rows(self.office, self.kind, self.data, hints, report.errors)
        if path.exists() and path.samefile(self.file):
            raise InputError(words.say("import.errors_same_file", self.language, file=path))
        try:
            path.write_bytes(rows)
        except OSError as error:
            msg = words.say("import.errors_unwritten", self.language, file=path, why=error.strerror)
            raise InputError(msg) from error
        if not self.as_json:
            say(counted("import.errors_written", self.language, report.refused, file=path))


def _hints(
    known: Hints, kind: FileOf, day_first: bool | None, decimal: str, sheet: str, column: Sequence[str]
) -> Hints:
    """Return what the configuration and, before it, the command line say of the file; ConfigError if it cannot be."""
    if decimal not in {"", ",", "."}:
        msg = f"--decimal is , or . and not {decimal!r}"
        raise ConfigError(msg)
    fields = [column.field for column in kind.columns]
    columns = dict(known.columns)
    for said in column:
        name, equals, header = (part.strip() for part in said.partition("="))
        if not equals or not header or name not in fields:
            msg = f"--column {said!r}: write field=Header; the fields are {', '.join(fields)}"
            raise ConfigError(msg)
        columns[name] = header
    return replace(
        known,
        columns=columns,
        day_first=known.day_first if day_first is None else day_first,
        decimal="," if decimal == "," else "." if decimal == "." else known.decimal,
        sheet=sheet or known.sheet,
    )


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        msg = f"{file} cannot be read: {error.strerror}"
        raise InputError(msg) from error
