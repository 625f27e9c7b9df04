"""Commands of the case file: export it, and verify one that came from anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from relance_mailer.cli.common import (
    DEFAULT_CONFIG,
    AtOption,
    ByOption,
    ConfigOption,
    JsonOption,
    app,
    office,
    person,
    print_error,
    print_json,
    say,
)
from relance_mailer.texts import formats
from relance_mailer.texts.words import counted
from relance_mailer.texts.words import say as words

if TYPE_CHECKING:  # `verify` needs neither the database nor the services
    from relance_mailer.evidence.chain import Flaw
    from relance_mailer.evidence.verify import Finding, Report
    from relance_mailer.services.dossier import Exported

dossiers = typer.Typer(
    no_args_is_help=True, help="The case file: everything about a debtor, with its proofs."
)
app.add_typer(dossiers, name="dossier")


@dossiers.command()
def export(
    what: Annotated[
        str, typer.Argument(metavar="DEBTOR|INVOICE", help="A debtor's reference or an invoice's number.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The file to make (default: named after DEBTOR|INVOICE)."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
    at: AtOption = "",
    as_json: JsonOption = False,
) -> None:
    """Write every message, a chronology, the ledger and what it takes to verify them into a ZIP."""
    from relance_mailer.bootstrap import make_reader
    from relance_mailer.services import dossier

    with office(config, at) as opened, make_reader(opened) as reader:
        made = dossier.export(opened, what, out, opened.clock.now(), person(by), reader)
        if as_json:
            print_json(_exported_json(made))
        else:
            _tell_exported(made, opened.config.language)


def _exported_json(made: Exported) -> dict[str, Any]:
    return {
        "file": str(made.file),
        "sha256": made.sha256,
        "size": made.size,
        "debtor": made.debtor,
        "invoice": made.invoice or None,
        "messages": made.messages,
        "erased_messages": made.erased,
        "events": made.events,
        "ledger": {"first": made.first, "last": made.head.sequence, "hash": made.head.hash},
    }


def _tell_exported(made: Exported, language: str) -> None:
    say(
        words(
            "dossier.exported",
            language,
            file=made.file,
            messages=counted("dossier.n_messages", language, made.messages),
            events=counted("dossier.n_events", language, made.events),
            first=made.first,
            last=made.head.sequence,
        )
    )
    if made.erased:
        say(counted("dossier.erased_messages", language, made.erased))
    say(words("dossier.keep", language, sha256=made.sha256, last=made.head.sequence, hash=made.head.hash))


@dossiers.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The ZIP that `dossier export` wrote.")],
    as_json: JsonOption = False,
) -> None:
    """Check a case file's files, chain, payloads and messages; needs no database and no configuration."""
    from relance_mailer.evidence.verify import verify as check

    report = check(file)
    language = report.manifest.language if report.manifest else "en"
    if as_json:
        print_json(_report_json(report, language))
    else:
        _tell_report(report, language)
    if not report.holds:
        raise typer.Exit(1)


def _in_words(flaw: Flaw, language: str) -> str:
    arguments = {name: formats.clean(str(value)) for name, value in flaw.arguments}
    return words(flaw.key, language, **arguments)


def _problems(finding: Finding, language: str) -> list[str]:
    more = [counted("dossier.more", language, finding.more)] if finding.more else []
    return [_in_words(flaw, language) for flaw in finding.flaws] + more


def _report_json(report: Report, language: str) -> dict[str, Any]:
    manifest = report.manifest
    return {
        "holds": report.holds,
        "sha256": report.sha256,
        "debtor": manifest.reference if manifest else None,
        "invoice": (manifest.invoice or None) if manifest else None,
        "exported_at": manifest.exported_at if manifest else None,
        "ledger": {"first": manifest.head.first, "last": manifest.head.last, "hash": manifest.head.hash}
        if manifest
        else None,
        "entries": report.entries,
        "told": report.told,
        "erased": report.erased,
        "messages": report.messages,
        "erased_messages": sorted(manifest.erased) if manifest else [],
        "checks": [
            {"check": one.check, "holds": one.holds, "count": one.count, "problems": _problems(one, language)}
            for one in report.findings
        ],
    }


def _tell_report(report: Report, language: str) -> None:
    if manifest := report.manifest:
        key = "dossier.is_about_invoice" if manifest.invoice else "dossier.is_about"
        told = ("debtor", "reference", "invoice", "exported_at", "exported_by", "creditor")
        named = {name: getattr(manifest, name) for name in told}
        say(words(key, language, at=named["exported_at"], by=named["exported_by"], **named))
    say(f"SHA-256: {report.sha256}")
    for finding in report.findings:
        if finding.holds:
            say(f"✓ {counted(f'dossier.check.{finding.check}', language, finding.count)}")
        for problem in _problems(finding, language):
            print_error(problem)
    _tell_erased(report, language)
    if report.holds and report.manifest:
        head = report.manifest.head
        say(words("dossier.holds", language, last=head.last, hash=head.hash))


def _tell_erased(report: Report, language: str) -> None:
    """Say what was erased: no flaw, but whoever reads the case file should know."""
    if report.erased:
        say(counted("dossier.erased_note", language, report.erased))
    if report.manifest and report.manifest.erased:
        which = ", ".join(sorted(report.manifest.erased)[:10])
        say(counted("dossier.erased_bytes", language, len(report.manifest.erased), which=which))
