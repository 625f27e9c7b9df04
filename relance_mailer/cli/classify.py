"""classify: what a message says; no configuration and no database needed, and a quick start."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from relance_mailer.cli.common import JsonOption, app, print_error, print_json, say
from relance_mailer.errors import InputError
from relance_mailer.replies.model import Intent, Understanding
from relance_mailer.texts.words import certainty
from relance_mailer.texts.words import say as words

__all__ = ["app", "classify"]


@app.command()
def classify(
    file: Annotated[Path | None, typer.Argument(metavar="FILE.eml", help="A message as received.")] = None,
    batch: Annotated[
        bool, typer.Option("--batch", help="JSON Lines from stdin to stdout, in order.")
    ] = False,
    language: Annotated[str, typer.Option("--lang", help='Of the words printed: "fr" or "en".')] = "fr",
    as_json: JsonOption = False,
) -> None:
    """Say what a message means; with --batch, one JSON line for each on stdin."""
    if batch == (file is not None):
        raise typer.BadParameter("give one FILE.eml, or --batch with JSON Lines on stdin")
    if file is None:
        _batch()
        return
    from relance_mailer.replies import classify as classifier  # late: other commands need no lexicon

    try:
        found = classifier.classify(file.read_bytes(), notice=None, account=None, creditor=None)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error
    if as_json:
        print_json(classifier.as_json(found))
    else:
        _print(found, language)


def _batch() -> None:
    """Answer line by line, each at once; a line that nobody foresaw does not stop the next."""
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    for line in sys.stdin:
        if line.strip():
            sys.stdout.write(_answer(line) + "\n")
            sys.stdout.flush()


def _answer(line: str) -> str:
    from relance_mailer.replies import classify as classifier

    try:
        return classifier.batch_line(line, lambda path: Path(path).read_bytes())
    except Exception as error:  # noqa: BLE001 - hostile mail finds ways; its own line says so
        print_error(f"classify: {type(error).__name__}: {error}")
        answer = {"id": _id(line), **classifier.as_json(Understanding(Intent.OTHER))}
        return json.dumps({**answer, "error": f"{type(error).__name__}: {error}"}, ensure_ascii=False)


def _id(line: str) -> Any:
    try:
        return json.loads(line).get("id")
    except (ValueError, AttributeError, RecursionError):
        return None


def _print(found: Understanding, language: str) -> None:
    sure = certainty(found.confidence, language)
    review = words("classify.review", language) if found.needs_review else ""
    say(f"{words(f'intent.{found.intent}', language)} ({sure}){review}")
    for intent in found.also:
        say(f"  + {words(f'intent.{intent}', language)}")
    told = {
        "promise_date": found.promise_date,
        "promise_amount": found.promise_amount,
        "paid_date": found.paid_date,
        "return_date": found.return_date,
        "invoices": ", ".join(found.invoices),
        "new_contact": found.new_contact,
        "dispute_reason": words(f"dispute.{found.dispute_reason}", language),
    }
    for key, value in told.items():
        if value:
            say(f"  {words(f'classify.{key}', language)} {value}")
    for because in found.because:
        say(f"  « {because.text} »" if language == "fr" else f'  "{because.text}"')
