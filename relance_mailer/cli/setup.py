"""Commands for the admin: init, check, db, ledger."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from relance_mailer import bootstrap
from relance_mailer.cli.common import (
    DEFAULT_CONFIG,
    AtOption,
    ConfigOption,
    JsonOption,
    app,
    instant,
    load,
    office,
    print_error,
    print_json,
    say,
)
from relance_mailer.cli.tables import print_table
from relance_mailer.config import Config
from relance_mailer.errors import ConfigError, StoreError
from relance_mailer.services import check as checks
from relance_mailer.services import set_up
from relance_mailer.services.check import Finding, Level
from relance_mailer.store import installation, ledger
from relance_mailer.texts.words import say as words

database = typer.Typer(no_args_is_help=True, help="The database.")
app.add_typer(database, name="db")
ledgers = typer.Typer(no_args_is_help=True, help="The ledger.")
app.add_typer(ledgers, name="ledger")

_STYLES = {Level.OK: "", Level.WARNING: "yellow", Level.ERROR: "bold red"}


# ── init ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@app.command()
def init(  # noqa: PLR0917 - the first day's questions, each with its option
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where configuration and database shall lie.")
    ] = Path(),
    creditor: Annotated[str, typer.Option("--creditor", help="Your company's name.")] = "",
    sender: Annotated[str, typer.Option("--from", help="The address that writes and is answered.")] = "",
    smtp_host: Annotated[str, typer.Option("--smtp-host", help="The server that sends.")] = "",
    smtp_port: Annotated[int, typer.Option("--smtp-port", min=1, max=65535)] = 465,
    smtp_tls: Annotated[str, typer.Option("--smtp-tls", help='"tls" (465) or "starttls" (587).')] = "tls",
    imap_host: Annotated[str, typer.Option("--imap-host", help="The server of the mailbox.")] = "",
    imap_port: Annotated[int, typer.Option("--imap-port", min=1, max=65535)] = 993,
    imap_tls: Annotated[str, typer.Option("--imap-tls", help='"tls" (993) or "starttls" (143).')] = "tls",
    username: Annotated[str, typer.Option("--username", help="To log in with (default: the address).")] = "",
    iban: Annotated[str, typer.Option("--iban", help="Where debtors pay.")] = "",
    siren: Annotated[str, typer.Option("--siren", help="Your SIREN.")] = "",
    language: Annotated[str, typer.Option("--language", help='What your team reads: "fr" or "en".')] = "fr",
) -> None:
    """Write a configuration, copy the templates and create the database; nothing leaves before you say so."""
    creditor = _ask(creditor, "--creditor", "Créancier / creditor")
    sender = _ask(sender, "--from", "Adresse d'envoi / sending address")
    smtp_host = _ask(smtp_host, "--smtp-host", "Serveur SMTP / SMTP server")
    imap_host = _ask(imap_host, "--imap-host", "Serveur IMAP / IMAP server", smtp_host)
    login = username or sender
    answers = {
        ("", "language"): language,
        ("creditor", "name"): creditor,
        ("creditor", "email"): sender,
        ("creditor", "iban"): iban,
        ("creditor", "siren"): siren,
        ("smtp", "host"): smtp_host,
        ("smtp", "port"): str(smtp_port),
        ("smtp", "tls"): smtp_tls,
        ("smtp", "username"): login,
        ("smtp", "from_address"): sender,
        ("mailboxes", "host"): imap_host,
        ("mailboxes", "port"): str(imap_port),
        ("mailboxes", "tls"): imap_tls,
        ("mailboxes", "username"): login,
    }
    path = set_up.write(folder, answers)
    settings = load(path)
    bootstrap.install(settings, bootstrap.make_clock(settings))
    language = settings.language
    say(words("init.written", language, path=path, templates=settings.templates, database=settings.database))
    say(words("init.mode", language))
    passwords = {"smtp": settings.smtp.password_env, "imap": settings.mailboxes[0].password_env}
    say(words("init.next", language, **passwords))


def _ask(given: str, option: str, question: str, default: str | None = None) -> str:
    """Return what was given, else ask; where nobody can answer, the option is missing."""
    if given:
        return given
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"{option} is missing")
    return str(typer.prompt(question, default=default)).strip()


# ── check ────────────────────────────────────────────────────────────────────────────────────────────────────────


@app.command()
def check(config: ConfigOption = DEFAULT_CONFIG, at: AtOption = "", as_json: JsonOption = False) -> None:
    """Say whether everything is as it must be: database, servers, templates, freshness, what waits for a person."""
    settings = load(config)
    if at:
        bootstrap.make_clock(settings, instant(at))  # a wrong --at is wrong usage, no finding
    findings = [*_look_at_office(config, at, settings.language), *_look_at_servers(settings)]
    if as_json:
        print_json(
            {
                "level": checks.worst(findings).value,
                "findings": [
                    {
                        "level": found.level.value,
                        "what": found.what,
                        "words": found.words,
                        "remedy": found.remedy or None,
                    }
                    for found in findings
                ],
            }
        )
    else:
        _print_findings(findings, settings.language)
    if checks.worst(findings) is Level.ERROR:
        raise typer.Exit(1)


def _look_at_office(config: Path, at: str, language: str) -> list[Finding]:
    """Look at the office; one that cannot be opened is a finding, and the servers are looked at all the same."""
    try:
        with office(config, at) as opened:
            return checks.of_office(opened, opened.clock.now())
    except (StoreError, ConfigError) as error:
        return [checks.failed("database", error, language)]


def _look_at_servers(settings: Config) -> list[Finding]:
    language = settings.language
    try:
        accounts = bootstrap.make_accounts(settings)
    except ConfigError as error:
        return [checks.failed("password", error, language, words("check.password.remedy", language))]
    findings = [asyncio.run(checks.of_smtp(accounts.smtp, language))]
    for mailbox in accounts.mailboxes:
        findings += checks.of_imap(mailbox, language)
    return findings


def _print_findings(findings: list[Finding], language: str) -> None:
    heads = ["", words("head.what", language), "", words("head.remedy", language)]
    rows = [
        [words(f"level.{found.level}", language), found.what, found.words, found.remedy] for found in findings
    ]
    print_table(heads, rows, styles=[_STYLES[found.level] for found in findings])


# ── database and ledger ──────────────────────────────────────────────────────────────────────────────────────────


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
