"""What a file does not tell: asked on a terminal, else said with the option and the line of configuration that answer."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import typer

from relance_mailer.cli.common import say
from relance_mailer.config.imports import toml
from relance_mailer.intake.form import NO_HINTS, Answer, Hints, Question, answered
from relance_mailer.services.import_files import FileOf
from relance_mailer.texts import words
from relance_mailer.texts.formats import clean, long_date, number

_EXAMPLES = 3


def ask(questions: Sequence[Question], hints: Hints, language: str) -> Hints:
    """Ask each question, with what every answer would make of the examples; return the hints with the answers."""
    for question in questions:
        say(_said(f"import.question.{question.hint}", question, language))
        for place, answer in enumerate(question.answers, 1):
            say(f"  {place}. {_choosable(question, answer, language)}")
        hints = answered(hints, question, question.answers[_choice(len(question.answers), language)])
    return hints


def _said(key: str, question: Question, language: str) -> str:
    return words.say(key, language, header=clean(question.header))


def _choosable(question: Question, answer: Answer, language: str) -> str:
    """Return an answer with what it would make of the examples."""
    if question.hint == "sheet":
        return clean(str(answer.value))
    pairs = zip(question.examples[:_EXAMPLES], answer.readings, strict=False)
    readings = ", ".join(f"{clean(example)} = {_reading(reading, language)}" for example, reading in pairs)
    named = words.say(f"import.answer.{_option(question, answer)}", language)
    return words.say("import.answer", language, answer=named, readings=readings)


def _option(question: Question, answer: Answer) -> str:
    """Return what gives an answer on the command line."""
    if question.hint == "day_first":
        return "--day-first" if answer.value else "--month-first"
    return f"--{question.hint} {shlex.quote(str(answer.value))}"


def _choice(many: int, language: str) -> int:
    asked = words.say("import.choice", language, choices="/".join(map(str, range(1, many + 1))))
    while True:
        said = str(typer.prompt(asked, default="", show_default=False, prompt_suffix=" ")).strip()
        if said.isascii() and said.isdecimal() and 1 <= int(said[:3]) <= many:
            return int(said) - 1


def agrees(question: str, language: str) -> bool:
    """Return whether a person on a terminal says yes; no is the answer of whoever only presses Enter."""
    yes, no = ("o", "n") if language == "fr" else ("y", "n")
    while True:
        asked = f"{question} [{yes}/{no.upper()}]"
        said = str(typer.prompt(asked, default=no, show_default=False, prompt_suffix=" ")).strip().lower()[:1]
        if said in {yes, "y", no}:
            return said != no


def unanswered(kind: FileOf, questions: Sequence[Question], language: str) -> str:
    """Return the questions in words, with what answers them where nobody can be asked."""
    return " ".join(_unanswered(kind, question, language) for question in questions)


def _unanswered(kind: FileOf, question: Question, language: str) -> str:
    either = words.say("import.or", language).join
    lines = [toml(kind, answered(NO_HINTS, question, answer)).splitlines()[-1] for answer in question.answers]
    return words.say(
        f"import.unanswered.{question.hint}",
        language,
        header=clean(question.header),
        example=clean(question.examples[0]),
        ways=either(_way(question, answer, language) for answer in question.answers),
        section=f"[imports.{kind}]",
        lines=either(lines),
    )


def _way(question: Question, answer: Answer, language: str) -> str:
    """Return what an answer makes of the first example, and the option that gives it."""
    option = _option(question, answer)
    return f"{_reading(answer.readings[0], language)} ({option})" if question.hint != "sheet" else option


def as_json(questions: Sequence[Question]) -> list[dict[str, Any]]:
    """Return the questions for programs."""
    return [
        {
            "hint": question.hint,
            "column": question.header,
            "examples": list(question.examples),
            "answers": [
                {
                    "value": answer.value,
                    "option": _option(question, answer),
                    "readings": [None if reading is None else str(reading) for reading in answer.readings],
                }
                for answer in question.answers
            ],
        }
        for question in questions
    ]


def _reading(value: date | Decimal | None, language: str) -> str:
    match value:
        case date():
            return long_date(value, language)
        case Decimal():
            return number(value, language)
        case _:
            return words.say("import.unreadable", language)
