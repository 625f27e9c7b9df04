"""The command line: every command is one call into services, and says in words what came of it."""

from __future__ import annotations

import sys

import typer

from relance_mailer.cli.common import print_error
from relance_mailer.errors import ConfigError, RelanceError

__all__ = ["main"]

FOUND_WRONG, USAGE = 1, 2


def main() -> None:
    """Run a command; exit 0 when done, 1 if something is wrong, 2 on wrong usage or configuration."""
    try:
        _application(sys.argv[1:2])()  # Typer itself exits: 0, or 2 on wrong usage
    except ConfigError as error:
        print_error(str(error))
        sys.exit(USAGE)
    except RelanceError as error:
        print_error(str(error))
        sys.exit(FOUND_WRONG)


def _application(command: list[str]) -> typer.Typer:
    """Return the application; `classify` alone needs neither database nor mail, and starts in a third of the time."""
    if command == ["classify"]:
        from relance_mailer.cli.classify import app
    else:
        from relance_mailer.cli.commands import app
    return app
