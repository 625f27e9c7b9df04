"""`demo`: two months of reminders and answers in a minute, with servers, debtors and a database of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from relance_mailer.cli.common import JsonOption, app, print_error, print_json
from relance_mailer.errors import ConfigError


@app.command()
def demo(
    days: Annotated[int, typer.Option(min=1, max=300, help="How many days, from 2 March 2026 on.")] = 60,
    headless: Annotated[bool, typer.Option("--headless", help="No picture, as fast as it goes.")] = False,
    as_json: JsonOption = False,
    seed: Annotated[int, typer.Option(help="Chooses wordings, hours and order.")] = 1,
    keep: Annotated[Path | None, typer.Option(help="Leave database, configuration and mails here.")] = None,
    language: Annotated[Literal["fr", "en"], typer.Option(help="Of what you read.")] = "fr",
) -> None:
    """Watch the program at work: invented debtors who answer, real servers on this machine, nothing sent outside.

    Exits with 1 if any debtor's story went otherwise than its script says.
    """
    try:
        from rich.console import Console

        from relance_mailer.demo import cast, show
        from relance_mailer.demo.play import Settings
        from relance_mailer.demo.screen import print_summary
    except ModuleNotFoundError as error:
        msg = f"the demo needs {error.name}: pip install 'relance-mailer[demo]'"
        raise ConfigError(msg) from error
    settings = Settings(days, seed, language)
    if headless or as_json:
        outcome = show.perform(cast.CAST, settings, keep=keep)
    else:
        outcome = show.perform_on(Console(), cast.CAST, settings, keep=keep)
    if as_json:
        print_json(outcome.as_json())
    else:
        print_summary(Console(), language, outcome, str(keep) if keep else "", days=days)
    for difference in outcome.differences():
        print_error(difference)
    if not outcome.as_expected:
        raise typer.Exit(1)
