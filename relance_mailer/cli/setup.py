"""Commands for the admin: db and ledger."""

from __future__ import annotations

import typer

from relance_mailer import bootstrap
from relance_mailer.cli.common import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    app,
    load,
    office,
    print_error,
    print_json,
    say,
)
from relance_mailer.store import installation, ledger

database = typer.Typer(no_args_is_help=True, help="The database.")
app.add_typer(database, name="db")
ledgers = typer.Typer(no_args_is_help=True, help="The ledger.")
app.add_typer(ledgers, name="ledger")


@database.command("migrate")
def migrate(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Create the database, or bring its schema up to date."""
    settings = load(config)
    bootstrap.install(settings, bootstrap.make_clock(settings))
    say(f"{settings.database}: up to date")


@ledgers.command("verify")
def verify(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Walk the ledger's chain and say whether anything was changed, removed or cut off."""
    with office(config) as opened, opened.db.read() as session:
        outside = None
        if opened.config.state_file.exists():
            outside = installation.read(opened.config.state_file).heads.get(opened.creditor_id)
        found = ledger.verify(session, opened.creditor_id, outside=outside)
    if as_json:
        print_json(
            {
                "entries": found.entries,
                "erased": found.erased,
                "problems": list(found.problems),
                "head": {"sequence": found.head.sequence, "hash": found.head.hash},
            }
        )
    else:
        say(f"{found.entries} entries, {found.erased} erased, head {found.head.hash[:16]}…")
        for problem in found.problems:
            print_error(problem)
    if not found.holds:
        raise typer.Exit(1)
