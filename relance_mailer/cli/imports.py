"""Commands that bring files in: import invoices, import payments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
from relance_mailer.errors import InputError
from relance_mailer.intake.records import explain
from relance_mailer.services.import_ import ImportReport, import_invoices, import_payments
from relance_mailer.texts.words import counted

__all__ = ["app"]

imports = typer.Typer(no_args_is_help=True, help="Bring invoices and payments in from files.")
app.add_typer(imports, name="import")

FileArgument = Annotated[Path, typer.Argument(help="The file to import.")]


@imports.command("invoices")
def invoices(
    file: FileArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
    at: AtOption = "",
    as_json: JsonOption = False,
) -> None:
    """Import invoices and credit notes; importing twice changes nothing."""
    with office(config, at) as opened:
        report = import_invoices(opened, _read(file), file.name, opened.clock.now(), person(by))
        _print(report, opened.config.language, as_json)


@imports.command("payments")
def payments(
    file: FileArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
    at: AtOption = "",
    as_json: JsonOption = False,
) -> None:
    """Import payments; importing twice changes nothing."""
    with office(config, at) as opened:
        report = import_payments(opened, _read(file), file.name, opened.clock.now(), person(by))
        _print(report, opened.config.language, as_json)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        msg = f"{file} cannot be read: {error.strerror}"
        raise InputError(msg) from error


def _print(report: ImportReport, language: str, as_json: bool) -> None:
    if as_json:
        errors = [
            {
                "line": error.line,
                "field": error.field,
                "value": error.value,
                "reason": explain(error, language),
            }
            for error in report.errors
        ]
        print_json(
            {
                "added": report.added,
                "changed": report.changed,
                "unchanged": report.unchanged,
                "refused": report.refused,
                "errors": errors,
                "notes": list(report.notes),
            }
        )
    else:
        counts = (("added", report.added), ("changed", report.changed), ("unchanged", report.unchanged))
        told = [counted(f"import.{name}", language, n) for name, n in (*counts, ("refused", report.refused))]
        say(", ".join(told))
        for note in report.notes:
            say(note)
        for error in report.errors:
            print_error(explain(error, language))
    if report.errors:
        raise typer.Exit(1)
