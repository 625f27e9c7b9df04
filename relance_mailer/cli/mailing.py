"""Commands that drive: tick, run."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated, Any

import structlog
import typer

from relance_mailer import bootstrap, daemon
from relance_mailer.cli.common import (
    DEFAULT_CONFIG,
    AtOption,
    ConfigOption,
    JsonOption,
    app,
    configure_log,
    load,
    office,
    print_error,
    print_json,
    say,
)
from relance_mailer.daemon import Ended, Ticked
from relance_mailer.errors import RelanceError
from relance_mailer.services import forecast
from relance_mailer.services.gates import GateKind
from relance_mailer.services.office import Office
from relance_mailer.services.views import gate_words
from relance_mailer.store.lock import RunLock
from relance_mailer.texts.words import say as words

log = structlog.get_logger(__name__)


@app.command()
def tick(
    config: ConfigOption = DEFAULT_CONFIG,
    at: AtOption = "",
    as_json: JsonOption = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing where nothing happened; for cron.")
    ] = False,
) -> None:
    """Make one whole pass: receive, follow up, plan, send. For those who prefer cron."""
    settings = load(config)
    # a person at a terminal is told in words, below
    configure_log(settings, quiet=quiet or sys.stderr.isatty())
    with RunLock(settings.database), office(config, at) as opened:
        done = asyncio.run(daemon.tick(opened, bootstrap.make_accounts(opened.config, opened.clock)))
        asked = any(gate.kind is GateKind.FIRST_RUN for gate in done.planned.gates)
        leaves = forecast.forecast(opened, opened.clock.now()) if asked else None
        wrong = _wrong(opened, done)
        if as_json:
            print_json(_tick_json(opened, done, leaves))
        else:
            _print_tick(opened, done, leaves, quiet=quiet)
        for trouble in wrong:
            print_error(trouble)
        if wrong:
            raise typer.Exit(1)


def _print_tick(opened: Office, done: Ticked, leaves: forecast.Forecast | None, *, quiet: bool) -> None:
    counts = _counts(done)
    if any(counts.values()) or not quiet:
        say(words("tick.done", opened.config.language, **counts))
    for line in forecast.told(opened, leaves) if leaves else ():
        say(line)


def _counts(done: Ticked) -> dict[str, int]:
    """Return what a pass did, in figures, in the order in which people are told."""
    return {
        "received": done.received.read,
        "planned": done.planned.created,
        "sent": done.sent.sent,
        "recorded": done.sent.recorded,
        "deferred": done.sent.deferred,
        "failed": done.sent.failed,
        "in_doubt": done.sent.in_doubt + done.doubts,
    }


def _wrong(opened: Office, done: Ticked) -> list[str]:
    """Return, in words, what kept a pass from its work."""
    language, planned = opened.config.language, done.planned
    gates = [gate_words(gate, language) for gate in planned.gates]
    told = [*done.unreachable, *gates, *planned.problems, done.sent.trouble]
    if planned.braked:
        braked = planned.braked
        told.append(
            words("task.brake", language, messages=braked.messages, first_contacts=braked.first_contacts)
        )
    if not opened.installation.trusted:
        told.append(opened.installation.reason)
    return [trouble for trouble in told if trouble]


def _tick_json(opened: Office, done: Ticked, leaves: forecast.Forecast | None) -> dict[str, Any]:
    return {
        **_counts(done),
        "set_aside": done.received.set_aside,
        "unreachable": done.unreachable,
        "gates": [gate_words(gate, opened.config.language) for gate in done.planned.gates],
        "braked": done.planned.braked is not None,
        "awaiting_approval": done.planned.awaiting_approval,
        "trouble": done.sent.trouble or None,
        "first_run": forecast.as_json(opened, leaves) if leaves else None,
    }


@app.command()
def run(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Run until told to stop (SIGTERM, Ctrl-C); SIGHUP reads configuration and templates anew."""
    settings = load(config)
    configure_log(settings)
    with RunLock(settings.database), office(config) as opened, daemon.Signals() as signals:
        current, accounts = opened, bootstrap.make_accounts(opened.config, opened.clock)
        while True:
            ended = asyncio.run(
                daemon.run(current, accounts, signals, look_every=current.config.daemon.look_every)
            )
            if ended is Ended.STOP:
                return
            try:
                fresh = bootstrap.reloaded(current, config)
                current, accounts = fresh, bootstrap.make_accounts(fresh.config, fresh.clock)
                configure_log(fresh.config)  # its language or time zone may be new
            except RelanceError as error:
                log.error("the new configuration cannot be used; the old one goes on", error=str(error))
