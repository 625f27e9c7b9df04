"""What all commands share: the application, the configuration, and how things are printed."""

from __future__ import annotations

import getpass
import json
import logging
import re
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from relance_mailer import __version__
from relance_mailer.errors import ConfigError

if (
    TYPE_CHECKING
):  # what needs the database or the mail is imported where it is used: `classify` needs neither
    from relance_mailer.config import Config
    from relance_mailer.services.office import Office

app = typer.Typer(
    name="relance-mailer",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Staged reminders for unpaid invoices; answers understood; the whole exchange kept.",
)


def _version(asked: bool) -> None:
    if asked:
        say(__version__)
        raise typer.Exit


@app.callback()
def _commands(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Without it, an application with one command would lose that command's name."""


ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="The configuration file.", envvar="RELANCE_CONFIG")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")]
AtOption = Annotated[
    str, typer.Option("--at", help="ISO instant with offset (needs [rehearsal] in the configuration).")
]
LookOption = Annotated[str, typer.Option("--at", help="Look from another instant: ISO, with offset.")]
ByOption = Annotated[str, typer.Option("--by", help="Who decides (default: the user logged in).")]

DEFAULT_CONFIG = Path("config.toml")

#: What a server's answer or a debtor's name could move a terminal's cursor with.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def configure_log(config: Config, *, quiet: bool = False) -> None:
    """Write the log to stderr: sentences on a terminal, one JSON object a line otherwise; `quiet`: only what is wrong."""
    import structlog

    json_lines = structlog.processors.JSONRenderer(ensure_ascii=False)
    renderer: Any = partial(_sentence, config) if sys.stderr.isatty() else json_lines
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if quiet else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)


def _sentence(config: Config, _logger: object, _method: str, entry: MutableMapping[str, Any]) -> str:
    """Write a log entry as a person reads it: the creditor's time, `log.EVENT` in words, and a list line by line."""
    from relance_mailer.texts import formats
    from relance_mailer.texts.words import WORDS
    from relance_mailer.texts.words import say as words

    local = datetime.fromisoformat(entry.pop("timestamp")).astimezone(config.creditor.zone)
    event, _ = entry.pop("event"), entry.pop("level")
    below = [*entry.pop("would_leave", ()), *entry.pop("exception", "").splitlines()]
    shown = {name: ", ".join(value) if isinstance(value, list) else value for name, value in entry.items()}
    if (key := f"log.{event}") in WORDS:
        told = words(key, config.language, **shown)
    else:
        told = ", ".join([event, *(f"{name}: {value}" for name, value in shown.items())])
    first = f"{formats.short_date(local.date(), config.language)} {local:%H:%M:%S}  {told}"
    return "\n".join(_CONTROL.sub(" ", line) for line in (first, *below))


def load(path: Path) -> Config:
    """Read the configuration."""
    from relance_mailer import config as configuration

    return configuration.load(path)


@contextmanager
def office(path: Path, at: str = "") -> Iterator[Office]:
    """Open the office of a configuration, at an instant of its own in rehearsal."""
    from relance_mailer.bootstrap import open_office

    with open_office(load(path), at=instant(at) if at else None) as opened:
        yield opened


@contextmanager
def look(path: Path, at: str = "") -> Iterator[tuple[Office, datetime]]:
    """Open the office to look only, now or from another instant: that changes nothing, so it needs no [rehearsal].

    In rehearsal `at` is the present, as everywhere; elsewhere the clock, and all freshness with it, stays true.
    """
    from relance_mailer.bootstrap import open_office

    config = load(path)
    seen = instant(at) if at else None
    with open_office(config, at=seen if config.rehearsal else None) as opened:
        yield opened, seen or opened.clock.now()


def instant(text: str) -> datetime:
    """Read an ISO 8601 instant with offset; ConfigError if it is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        msg = f"--at {text!r} is no ISO 8601 instant (for example 2026-03-02T09:30:00+01:00)"
        raise ConfigError(msg) from error
    if at.tzinfo is None:
        msg = f"--at {text!r} has no offset (for example 2026-03-02T09:30:00+01:00)"
        raise ConfigError(msg)
    return at


def person(by: str) -> str:
    """Return who decides: the name given, else the user's."""
    return by.strip() or getpass.getuser()


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def print_error(words: str) -> None:
    """Say what is wrong, on stderr."""
    sys.stderr.write(f"relance-mailer: {words}\n")


def say(words: str) -> None:
    """Say something, on stdout."""
    sys.stdout.write(words + "\n")
