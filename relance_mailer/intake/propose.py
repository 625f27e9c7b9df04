"""How a file would be read, shown to a person before anything is taken in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice

from relance_mailer.dunning.money import digits
from relance_mailer.intake.cells import CellError, a_text
from relance_mailer.intake.form import NO_HINTS, Hints, Proposal, Sample
from relance_mailer.intake.grid import Cell, Row, text_of
from relance_mailer.intake.header import Column
from relance_mailer.intake.reasons import Reason
from relance_mailer.intake.records import RowError, shown
from relance_mailer.intake.rows import a_day, a_money, written
from relance_mailer.intake.table import Survey, Table, survey

_ROWS = 5
_LONGEST = 1_000  # characters of a text

#: Why rows of a table would be refused: what the import of such a file says; None if it cannot read such a table at all.
Judge = Callable[[Table], Sequence[RowError] | None]


def propose(
    data: bytes,
    columns: Sequence[Column],
    hints: Hints = NO_HINTS,
    *,
    currency: str = "EUR",
    judge: Judge | None = None,
) -> Proposal:
    """Return how `data` would be read; what is missing or open is told, not raised.

    Args:
        data: the file's bytes.
        columns: what may stand in it.
        hints: what a person said so far.
        currency: ISO 4217 code of the sums.
        judge: tells why rows would be refused; without it, only dates, sums and failed formulas are looked at.

    Raises:
        InputError: it is no file of rows at all, or a hint names what is not there.
    """
    found = survey(data, columns, hints, decimals=digits(currency))
    kinds = {column.field: column.holds for column in columns}
    rows = list(islice((row for row in found.rows([]) if isinstance(row, Row)), _ROWS))
    refused = _refused(found, rows, judge)
    used = {*found.place.values(), *(index for indexes in found.doubled.values() for index in indexes)}
    return Proposal(
        form=found.form,
        mapping={name: found.header[index] for name, index in found.place.items()},
        unused=tuple(name for index, name in enumerate(found.header) if name and index not in used),
        missing=tuple(column.field for column in found.missing),
        doubled={
            name: tuple(found.header[index] for index in indexes) for name, indexes in found.doubled.items()
        },
        samples=tuple(_judged(_samples(found, row, kinds, currency), found, row, refused) for row in rows),
        questions=tuple(found.questions),
    )


_Refused = Mapping[tuple[int, str], Reason]


def _refused(found: Survey, rows: Sequence[Row], judge: Judge | None) -> _Refused | None:
    """Return why cells would have their rows refused, by line and header; None if nobody can tell."""
    errors = judge(Table(found.form, found.header, found.place, iter(rows))) if judge else None
    if errors is None:
        return None
    return {
        (error.line, error.field): error.reason for error in reversed(errors)
    }  # a cell's first error counts


def _judged(
    samples: dict[str, Sample], found: Survey, row: Row, refused: _Refused | None
) -> dict[str, Sample]:
    """Return a row's samples with the import's own verdict, where it is known, in the place of what each cell seems."""
    if refused is None:
        return samples
    return {
        name: _verdict(sample, refused.get((row.line, found.header[found.place[name]])))
        for name, sample in samples.items()
    }


def _verdict(sample: Sample, reason: Reason | None) -> Sample:
    if reason is not None:
        return Sample(sample.written, None, reason)
    # no sum and yet accepted: “oui” where what was paid may stand
    return Sample(sample.written, sample.written) if sample.reason is not None else sample


def _samples(found: Survey, row: Row, kinds: Mapping[str, str], currency: str) -> dict[str, Sample]:
    return {
        name: _sample(found, name, row.cells[index], kinds[name], currency)
        for name, index in found.place.items()
    }


def _sample(found: Survey, name: str, cell: Cell, kind: str, currency: str) -> Sample:
    if cell == "":
        return Sample("", None)
    try:
        return Sample(shown(text_of(cell)), _value(found, name, cell, kind, currency))
    except CellError as error:
        return Sample(shown(text_of(cell)), None, error.reason)


def _value(found: Survey, name: str, cell: Cell, kind: str, currency: str) -> date | Decimal | str:
    text = written(cell)
    if kind == "date":
        return a_day(cell, name, found.form)
    if kind == "sum":
        return a_money(cell, currency, found.form).amount
    return shown(a_text(" ".join(text.split()), _LONGEST))
