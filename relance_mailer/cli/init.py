"""`init`: the first day's configuration, templates and database."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from relance_mailer import bootstrap
from relance_mailer.cli.asking import Asker
from relance_mailer.cli.common import app, load, print_error, say
from relance_mailer.cli.interview import Told, ask_all
from relance_mailer.config import providers
from relance_mailer.config.words import guessed_language
from relance_mailer.services import set_up
from relance_mailer.texts.words import counted
from relance_mailer.texts.words import say as words

_HELP = guessed_language()
_STEPS = ("check", "import", "plan", "run", "redirect", "live")


def _told(name: str) -> str:
    return words(f"init.help.{name}" if name else "init.help", _HELP, known=", ".join(providers.by_key()))


def _option(name: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        f"--{name.replace('_', '-')}", help=_told(name), show_default=False
    )
    return option


Text = str | None


@app.command(help=_told(""))
def init(  # noqa: PLR0917 - the first day's questions, each with its option
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=_told("folder"))] = Path(),
    creditor: Annotated[Text, _option("creditor")] = None,
    siren: Annotated[Text, _option("siren")] = None,
    street: Annotated[Text, _option("street")] = None,
    postal_code: Annotated[Text, _option("postal_code")] = None,
    city: Annotated[Text, _option("city")] = None,
    iban: Annotated[Text, _option("iban")] = None,
    sender: Annotated[Text, _option("from")] = None,
    provider: Annotated[Text, _option("provider")] = None,
    smtp_host: Annotated[Text, _option("smtp_host")] = None,
    smtp_port: Annotated[Text, _option("smtp_port")] = None,
    smtp_tls: Annotated[Text, _option("smtp_tls")] = None,
    imap_host: Annotated[Text, _option("imap_host")] = None,
    imap_port: Annotated[Text, _option("imap_port")] = None,
    imap_tls: Annotated[Text, _option("imap_tls")] = None,
    username: Annotated[Text, _option("username")] = None,
    imap_username: Annotated[Text, _option("imap_username")] = None,
    password_by: Annotated[Text, _option("password_by")] = None,
    signer: Annotated[Text, _option("signer")] = None,
    signer_capacity: Annotated[Text, _option("signer_capacity")] = None,
    language: Annotated[Text, _option("language")] = None,
    templates: Annotated[
        bool | None, typer.Option("--templates/--no-templates", help=_told("templates"), show_default=False)
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=_told("yes"))] = False,
) -> None:
    if (folder / set_up.CONFIG).exists():
        _say_what_is_there(folder, copy=bool(templates))
        return
    given = {
        "creditor": creditor,
        "siren": siren,
        "street": street,
        "postal_code": postal_code,
        "city": city,
        "iban": iban,
        "from": sender,
        "provider": provider,
        "smtp_host": smtp_host,
        "smtp_port": smtp_port,
        "smtp_tls": smtp_tls,
        "imap_host": imap_host,
        "imap_port": imap_port,
        "imap_tls": imap_tls,
        "username": username,
        "imap_username": imap_username,
        "password_by": password_by,
        "signer": signer,
        "signer_capacity": signer_capacity,
        "language": language,
    }
    asker = Asker(guessed_language(), interactive=sys.stdin.isatty() and not yes)
    try:
        told = ask_all(asker, given)
        set_up.checked(folder, told.answers)
        if asker.agrees("write", path=folder / set_up.CONFIG):
            _write(folder, told, asker.language, templates=templates is not False)
            return
    except (typer.Abort, KeyboardInterrupt):
        say("")
    print_error(words("init.aborted", asker.language))
    raise typer.Exit(1)


def _write(folder: Path, told: Told, language: str, *, templates: bool) -> None:
    """Write all, create the database, and say what comes next."""
    with set_up.writing(folder, told.answers, secrets=told.secrets, templates=templates) as path:
        settings = load(path)
        bootstrap.install(settings, bootstrap.make_clock(settings))
    say("")
    say(words("init.written", language, path=path, database=settings.database))
    key = "init.templates" if templates else "init.templates.none"
    say(words(key, language, folder=settings.templates if templates else folder))
    say(words("init.mode", language))
    say(words("init.next", language))
    log_in = words("init.next.oauth", language, name=told.oauth) if told.oauth else told.password_step
    steps = [log_in, *(words(f"init.next.{step}", language) for step in _STEPS)]
    if folder.resolve() != Path.cwd():
        steps.insert(0, words("init.next.cd", language, folder=folder))
    for number, step in enumerate(filter(None, steps), 1):
        say(f"  {number}. {step}")


def _say_what_is_there(folder: Path, *, copy: bool) -> None:
    """Say what an installation is, and change nothing but the missing templates, if asked; exit 1 unless asked."""
    path = folder / set_up.CONFIG
    settings = load(path)
    language = settings.language
    if copy:
        new = set_up.copy_templates(settings.templates)
        say(counted("init.templates.copied", language, len(new), count=len(new), folder=settings.templates))
        return
    smtp = settings.smtp
    values = {
        "creditor": settings.creditor.name,
        "address": smtp.from_address,
        "smtp": f"{smtp.host}:{smtp.port}",
    }
    say(words("init.there", language, path=path, mode=settings.sending.mode.value, **values))
    there = "init.there.database" if settings.database.exists() else "init.there.no_database"
    say(words(there, language, database=settings.database))
    say(words("init.there.next", language))
    raise typer.Exit(1)
