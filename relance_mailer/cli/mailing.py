"""Commands that drive: tick, run."""

from __future__ import annotations

import asyncio

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
from relance_mailer.services.views import gate_words
from relance_mailer.store.lock import RunLock
from relance_mailer.texts.words import say as words

log = structlog.get_logger(__name__)


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
    counts = {
        "received": done.received.read,
        "planned": planned.created,
        "sent": sent.sent,
        "recorded": sent.recorded,
        "deferred": sent.deferred,
        "failed": sent.failed,
        "in_doubt": sent.in_doubt + done.doubts,
    }
    say(words("tick.done", language, **counts))
    for trouble in [*done.unreachable, *gates, *planned.problems, sent.trouble]:
        if trouble:
            print_error(trouble)
    if planned.braked:
        braked = planned.braked
        print_error(
            words("task.brake", language, messages=braked.messages, first_contacts=braked.first_contacts)
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
