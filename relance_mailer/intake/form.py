"""The form of a file: what a person may say beforehand, what was found, and what is left to ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from relance_mailer.errors import InputError
from relance_mailer.intake.reasons import Reason

Decimals = Literal[",", "."]


class FileKind(StrEnum):
    """How a file holds its rows."""

    CSV = "csv"
    TSV = "tsv"
    XLSX = "xlsx"
    XLS = "xls"
    ODS = "ods"


@dataclass(frozen=True, slots=True)
class Hints:
    """What a person said about a file's form; each default means "find out".

    Attributes:
        columns: for a field the header that holds it, as the file writes it; a header that the file lacks is no error:
            the field's usual names are then looked for.
        day_first: True if 05/06/2026 is the 5th of June.
        decimal: the sign before the decimals: "," makes 1.250 a thousand and more, "." makes it one and a quarter.
        sheet: name of the workbook's sheet.
        encoding: of a text file, for example "cp850".
        separator: of a text file, one character.
        header_line: line or row that names the columns, from 1.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    day_first: bool | None = None
    decimal: Decimals | None = None
    sheet: str = ""
    encoding: str = ""
    separator: str = ""
    header_line: int | None = None


NO_HINTS = Hints()


@dataclass(frozen=True, slots=True)
class Form:
    """What a file turned out to be.

    Attributes:
        encoding: Python's name of it, "" for a workbook.
        separator: "" for a workbook.
        sheet: "" for a text file.
        header_line: line or row that names the columns, from 1.
        day_first: None if no date needed it, or while it is still asked.
        decimal: None if no sum needed it, or while it is still asked.
        decimal_told: a person said so; then 1.250 may be one and a quarter, otherwise three decimals are a slip.
        two_digit_years: a date has a year of two digits; 26 is read as 2026, 90 to 99 as 1990 to 1999.
        serials: the fields whose dates are a spreadsheet's day numbers (46143 is 01/05/2026).
        swapped: the fields whose dates a spreadsheet most likely read with day and month exchanged.
    """

    kind: FileKind = FileKind.CSV
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    header_line: int = 1
    day_first: bool | None = None
    decimal: Decimals | None = None
    decimal_told: bool = False
    two_digit_years: bool = False
    serials: frozenset[str] = frozenset()
    swapped: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """One way to settle a question.

    Attributes:
        value: what the hint would be.
        readings: what each of the question's examples would then be; None where it would be nothing at all; for the
            sheet, nothing.
    """

    value: bool | str
    readings: tuple[date | Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What the file does not tell.

    Attributes:
        hint: the field of `Hints` that settles it.
        header: the column in which the doubt arose, as the file writes it; "" for the sheet.
        examples: cells of it, as written; for the sheet, the names of those that hold such a table.
        answers: the possible ones.
    """

    hint: Literal["day_first", "decimal", "sheet"]
    header: str
    examples: tuple[str, ...]
    answers: tuple[Answer, ...]


def answered(hints: Hints, question: Question, answer: Answer) -> Hints:
    """Return `hints` with what a person answered."""
    if question.hint == "day_first":
        return replace(hints, day_first=bool(answer.value))
    if question.hint == "sheet":
        return replace(hints, sheet=str(answer.value))
    return replace(hints, decimal="," if answer.value == "," else ".")


class AmbiguousError(InputError):
    """A file can be read in two ways, and nothing in it tells which.

    Attributes:
        questions: what a person has to say; `answered` turns the answers into hints.
    """

    def __init__(self, questions: Sequence[Question]) -> None:
        super().__init__(" ".join(_asked(question) for question in questions))
        self.questions = tuple(questions)


def _asked(question: Question) -> str:
    values = " or ".join(_toml(question.hint, answer) for answer in question.answers)
    if question.hint == "sheet":
        return (
            "Several sheets of the workbook hold such a table, and only one can count; import it with --guess to be "
            f"asked, or state {values} in the configuration."
        )
    example = question.examples[0]
    readings = " or ".join(f"{answer.readings[0]}" for answer in question.answers if answer.readings[0])
    return (
        f"In the column “{question.header}”, {example} may be {readings}, and nothing in the file tells which; "
        f"import it with --guess to be asked, or state {values} in the configuration."
    )


def _toml(hint: str, answer: Answer) -> str:
    value = str(answer.value).lower() if isinstance(answer.value, bool) else f'"{answer.value}"'
    return f"{hint} = {value}"


@dataclass(frozen=True, slots=True)
class Sample:
    """One cell as written and as read.

    Attributes:
        value: a day, a sum or a text; None if the cell is empty or was refused.
        reason: why it was refused.
    """

    written: str
    value: date | Decimal | str | None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """How a file would be read, for a person to confirm.

    Attributes:
        mapping: for each field found, the header that holds it.
        unused: headers that mean nothing to us.
        missing: required fields that no header names.
        doubled: required or not, fields that several headers name, with these headers.
        samples: the first five rows, each with a sample for every field in `mapping`.
        questions: what the file does not tell.
    """

    form: Form
    mapping: Mapping[str, str]
    unused: tuple[str, ...]
    missing: tuple[str, ...]
    doubled: Mapping[str, tuple[str, ...]]
    samples: tuple[Mapping[str, Sample], ...]
    questions: tuple[Question, ...]
