"""Commands that do the work: import, tick, run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import structlog
import typer

from relance_mailer import bootstrap, daemon
from relance_mailer.cli.common import (
    DEFAULT_CONFIG,
    AtOption,
    ByOption,
    ConfigOption,
    JsonOption,
    app,
    configure_log,
    load,
    office,
    person,
    print_error,
    print_json,
    say,
)
from relance_mailer.daemon import Ended, Ticked
from relance_mailer.errors import InputError, RelanceError
from relance_mailer.intake.records import explain
from relance_mailer.services.import_ import ImportReport, import_invoices, import_payments
from relance_mailer.services.views import gate_words
from relance_mailer.store.lock import RunLock

log = structlog.get_logger(__name__)

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
        words = (
            "{0} ajoutée(s), {1} modifiée(s), {2} inchangée(s), {3} refusée(s)"
            if language == "fr"
            else "{0} added, {1} changed, {2} unchanged, {3} refused"
        )
        say(words.format(report.added, report.changed, report.unchanged, report.refused))
        for note in report.notes:
            say(note)
        for error in report.errors:
            print_error(explain(error, language))
    if report.errors:
        raise typer.Exit(1)


@app.command()
def tick(config: ConfigOption = DEFAULT_CONFIG, at: AtOption = "", as_json: JsonOption = False) -> None:
    """Make one whole pass: receive, follow up, plan, send. For those who prefer cron."""
    configure_log()
    with RunLock(load(config).database), office(config, at) as opened:
        done = asyncio.run(daemon.tick(opened, bootstrap.make_accounts(opened.config)))
        _print_tick(done, opened.config.language, as_json)
        if not opened.installation.trusted:
            print_error(opened.installation.reason)
        if (
            done.unreachable
            or not opened.installation.trusted
            or done.planned.gates
            or done.planned.braked
            or done.sent.trouble
            or done.planned.problems
        ):
            raise typer.Exit(1)


def _print_tick(done: Ticked, language: str, as_json: bool) -> None:
    sent, planned = done.sent, done.planned
    gates = [gate_words(gate, language) for gate in planned.gates]
    if as_json:
        print_json(
            {
                "received": done.received.read,
                "set_aside": done.received.set_aside,
                "unreachable": done.unreachable,
                "gates": gates,
                "braked": planned.braked is not None,
                "planned": planned.created,
                "awaiting_approval": planned.awaiting_approval,
                "sent": sent.sent,
                "recorded": sent.recorded,
                "deferred": sent.deferred,
                "failed": sent.failed,
                "in_doubt": sent.in_doubt + done.doubts,
                "trouble": sent.trouble or None,
            }
        )
        return
    say(
        f"received {done.received.read}, planned {planned.created}, sent {sent.sent}, recorded {sent.recorded}, "
        f"deferred {sent.deferred}, failed {sent.failed}, in doubt {sent.in_doubt + done.doubts}"
    )
    for words in [*done.unreachable, *gates, *planned.problems, sent.trouble]:
        if words:
            print_error(words)
    if planned.braked:
        print_error(
            f"unusual run of {planned.braked.messages} messages: `relance-mailer approve run --by NAME`"
        )


@app.command()
def run(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Run until told to stop (SIGTERM, Ctrl-C); SIGHUP reads configuration and templates anew."""
    configure_log()
    settings = load(config)
    with RunLock(settings.database), office(config) as opened, daemon.Signals() as signals:
        current, accounts = opened, bootstrap.make_accounts(opened.config)
        while True:
            ended = asyncio.run(
                daemon.run(current, accounts, signals, look_every=current.config.daemon.look_every)
            )
            if ended is Ended.STOP:
                return
            try:
                fresh = bootstrap.reloaded(current, config)
                current, accounts = fresh, bootstrap.make_accounts(fresh.config)
            except RelanceError as error:
                log.error("the new configuration cannot be used; the old one goes on", error=str(error))
