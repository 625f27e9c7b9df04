"""`check`: whether everything is as it must be, each line with its remedy."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

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
    print_json,
    say,
)
from relance_mailer.config import Config
from relance_mailer.errors import ConfigError, StoreError
from relance_mailer.mail.imap import ImapAccount
from relance_mailer.services import check as checks
from relance_mailer.services.check import Domain, Finding, Level, Question
from relance_mailer.texts.words import say as words

SECONDS = 14.0  #: for all questions together: somebody is waiting at the terminal
_STYLES = {Level.OK: "green", Level.WARNING: "yellow", Level.ERROR: "bold red"}
_ARROW = "→ "


@app.command()
def check(config: ConfigOption = DEFAULT_CONFIG, at: AtOption = "", as_json: JsonOption = False) -> None:
    """Say whether all is as it must be: configuration, database, servers, domain, templates, machine, freshness."""
    try:
        settings = load(config)
    except ConfigError as error:
        language = checks.language_of(config)
        _show(checks.unreadable(error, language), language, as_json=as_json)
        raise typer.Exit(2) from None
    if at:
        bootstrap.make_clock(settings, instant(at))  # a wrong --at is wrong usage, no finding
    findings = [
        *checks.of_settings(settings, config),
        *checks.answers(list(_questions(settings, config, at)), SECONDS),
    ]
    _show(findings, settings.language, as_json=as_json)
    if checks.worst(findings) is Level.ERROR:
        raise typer.Exit(1)


# ── what is asked ────────────────────────────────────────────────────────────────────────────────────────────────


def _questions(settings: Config, config: Path, at: str) -> Iterator[Question]:
    """Yield what takes time, or may hang: each is asked beside the others."""
    yield Question(lambda: _of_office(settings, config, at), _late(settings.language, "database"))
    yield from _of_servers(settings, bootstrap.make_clock(settings, instant(at) if at else None).now())
    yield _of_domain(settings)


def _of_servers(settings: Config, now: datetime) -> Iterator[Question]:
    """Yield a question a mail server; one whose password is missing is looked at without logging in."""
    language = settings.language
    try:
        accounts = bootstrap.make_accounts(checks.without_missing_passwords(settings))
    except ConfigError as error:
        found = checks.failed(language, "settings", error)
        yield Question(lambda: [found], found)
        return
    smtp = accounts.smtp
    yield Question(lambda: asyncio.run(checks.of_smtp(smtp, language, now)), _late(language, "smtp"))
    for account in accounts.mailboxes:

        def of_imap(account: ImapAccount = account) -> list[Finding]:
            return checks.of_imap(account, language, now)

        yield Question(of_imap, _late(language, "imap", name=account.name))


def _of_office(settings: Config, config: Path, at: str) -> list[Finding]:
    """Look at the office; where it cannot be opened, at the machine all the same."""
    try:
        with office(config, at) as opened:
            return checks.of_office(opened, opened.clock.now())
    except (StoreError, ConfigError) as error:
        failed = checks.failed(settings.language, "database", error)
        return [failed, *checks.of_machine(settings)]


def _of_domain(settings: Config) -> Question:
    smtp, language = settings.smtp, settings.language
    answers = smtp.reply_to or smtp.from_address
    domain = Domain(smtp.from_address, answers, smtp.dkim_selector, smtp.host)
    quiet = "domain.rehearsal" if settings.rehearsal is not None else "domain.silent"
    silent = checks.finding(language, Level.OK, "domain", quiet, name=domain.name)
    if settings.rehearsal is not None:
        return Question(lambda: [silent], silent)
    return Question(lambda: asyncio.run(checks.of_domain(domain, language, checks.system_resolver())), silent)


def _late(language: str, what: str, **arguments: object) -> Finding:
    return checks.finding(
        language, Level.ERROR, what, "late", "remedy.reach", seconds=f"{SECONDS:.0f}", **arguments
    )


# ── how it is shown ──────────────────────────────────────────────────────────────────────────────────────────────


def _show(findings: Sequence[Finding], language: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"level": checks.worst(findings).value, "findings": [_json(one) for one in findings]})
        return
    rows = [(one, words(f"level.{one.level}", language)) for one in findings]
    if sys.stdout.isatty():
        _on_terminal(rows)
    else:
        _plainly(rows)
    say(f"\n{_summary(findings, language)}")


def _json(found: Finding) -> dict[str, str | None]:
    return {
        "level": found.level.value,
        "what": found.what,
        "words": found.words,
        "remedy": found.remedy or None,
    }


def _summary(findings: Sequence[Finding], language: str) -> str:
    counts = {level: sum(one.level is level for one in findings) for level in Level}
    return words(
        f"check.summary.{checks.worst(findings)}",
        language,
        errors=counts[Level.ERROR],
        warnings=counts[Level.WARNING],
    )


def _plainly(rows: Sequence[tuple[Finding, str]]) -> None:
    """Print a line a finding, and its remedy beneath it: nothing is cut that another program may read."""
    level_width = max(len(level) for _, level in rows)
    what_width = max(len(one.what) for one, _ in rows)
    for one, level in rows:
        say(f"{level.ljust(level_width)}  {one.what.ljust(what_width)}  {one.words}".rstrip())
        if one.remedy:
            say(f"{' ' * (level_width + what_width + 4)}{_ARROW}{one.remedy}")


def _on_terminal(rows: Sequence[tuple[Finding, str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one, level in rows:
        told = Text(one.words)  # never markup: others' words stand in it
        if one.remedy:
            told.append(f"\n{_ARROW}{one.remedy}", style="bold" if one.level is Level.ERROR else "")
        table.add_row(Text(level, style=_STYLES[one.level]), Text(one.what), told)
    Console().print(table)
