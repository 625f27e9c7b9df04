"""`import … --guess`: how a file would be read, for a person to confirm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from relance_mailer.cli.common import say
from relance_mailer.cli.import_questions import as_json
from relance_mailer.cli.tables import print_heading
from relance_mailer.intake.form import Form, Hints, Proposal, Sample
from relance_mailer.texts import words
from relance_mailer.texts.formats import clean, number, short_date


def print_proposal(proposal: Proposal, language: str) -> None:
    """Show the file's form, which of its columns is which of our fields, and its first rows as they would be read."""
    say(_form(proposal.form, language))
    say("")
    fields = {name: words.say(f"import.column.{name}", language) for name in proposal.mapping}
    heads = {name: words.say(f"import.head.{name}", language) for name in ("field", "column")}
    width = max(map(len, (heads["field"], *fields.values())))
    print_heading(f"{heads['field']:<{width + 2}}  {heads['column']}")
    _print_pairs([(fields[name], clean(header)) for name, header in proposal.mapping.items()], width)
    for n, row in enumerate(filter(None, proposal.samples), 1):
        say("")
        print_heading(words.say("import.head.row", language, n=n))
        _print_pairs([(field, _sample(row[name], language)) for name, field in fields.items()], width)
    say("")
    if any(sample.reason is not None for row in proposal.samples for sample in row.values()):
        say(words.say("import.refused_cells", language))
    if proposal.unused:
        say(words.say("import.unused", language, headers=", ".join(map(clean, proposal.unused))))
    _print_faults(proposal, language)


def _print_pairs(pairs: Sequence[tuple[str, str]], width: int) -> None:
    """Print one value a line, whole however long it is; a line too long for the terminal goes on in the next."""
    for field, value in pairs:
        say(f"  {field:<{width}}  {value}".rstrip())


def _print_faults(proposal: Proposal, language: str) -> None:
    """Say which fields are missing or stand in several columns, and how to settle that."""
    if not proposal.missing and not proposal.doubled:
        return
    print_heading(words.say("import.to_settle", language))
    for name in proposal.missing:
        field = words.say(f"import.column.{name}", language)
        say("  " + words.say("import.missing", language, field=field, name=name))
    for name, headers in proposal.doubled.items():
        field = words.say(f"import.column.{name}", language)
        there = ", ".join(map(clean, headers))
        say("  " + words.say("import.doubled", language, field=field, name=name, headers=there))


def to_keep(hints: Hints, proposal: Proposal) -> Hints:
    """Return the hints that say all that was confirmed, so that the next file of this form is read without asking.

    While a question is open there are none such: `hints` come back as they are.
    """
    if proposal.questions:
        return hints
    day_first = proposal.form.day_first if hints.day_first is None else hints.day_first
    return replace(hints, columns=dict(proposal.mapping), day_first=day_first)


def proposal_json(proposal: Proposal, kept: str) -> dict[str, Any]:
    """Return a proposal for programs; `kept` is the configuration that would keep it."""
    form = proposal.form
    return {
        "form": {
            "kind": form.kind,
            "encoding": form.encoding,
            "separator": form.separator,
            "sheet": form.sheet,
            "header_line": form.header_line,
            "day_first": form.day_first,
            "decimal": form.decimal,
            "two_digit_years": form.two_digit_years,
        },
        "mapping": dict(proposal.mapping),
        "unused": list(proposal.unused),
        "missing": list(proposal.missing),
        "doubled": {name: list(headers) for name, headers in proposal.doubled.items()},
        "rows": [{name: _plain(sample) for name, sample in row.items()} for row in proposal.samples],
        "questions": as_json(proposal.questions),
        "configuration": kept,
    }


def _plain(sample: Sample) -> dict[str, Any]:
    value = sample.value
    return {
        "written": sample.written,
        "value": None if value is None else str(value),
        "refused": sample.reason,
    }


def _form(form: Form, language: str) -> str:
    """Return a file's form in one line."""
    parts = [form.kind.upper()]
    if form.sheet:
        parts.append(words.say("import.form.sheet", language, sheet=clean(form.sheet)))
    if form.encoding:
        parts.append(form.encoding.upper())
    if form.separator:
        key = "import.form.tab" if form.separator == "\t" else "import.form.separator"
        parts.append(words.say(key, language, separator=form.separator))
    parts.append(words.say("import.form.header", language, line=form.header_line))
    if form.day_first is not None:
        parts.append(words.say(f"import.form.{'day' if form.day_first else 'month'}_first", language))
    if form.decimal:
        parts.append(words.say("import.form.comma" if form.decimal == "," else "import.form.point", language))
    return ", ".join(parts)


def _sample(sample: Sample, language: str) -> str:
    if sample.reason is not None:
        return f"✗ {clean(sample.written)}"
    match sample.value:
        case date():
            return short_date(sample.value, language)
        case Decimal():
            return number(sample.value, language)
        case None:
            return ""
        case _:
            return clean(str(sample.value))
