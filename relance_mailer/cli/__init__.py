"""The command line: every command is one call into services, and says in words what came of it."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from relance_mailer.cli.common import app, print_error
from relance_mailer.errors import ConfigError, RelanceError

__all__ = ["main"]

FOUND_WRONG, USAGE = 1, 2
#: Which module holds the commands that are waited for most; all others, and the help, load them all.
MODULES = {
    "auth": "auth",
    "classify": "classify",
    "dossier": "dossier",
    "import": "imports",
    "tick": "mailing",
    "run": "mailing",
}


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
    """Return the application: of what it can do only what is asked, since loading everything takes a second."""
    name = MODULES.get(command[0], "commands") if command else "commands"
    import_module(f"relance_mailer.cli.{name}")
    return app
