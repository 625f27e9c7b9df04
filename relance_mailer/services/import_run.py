"""One import while it runs: what it counted, refused, noted and changed, and the writing units it runs in.

A large file is written in several units (ADR 7): a running daemon must not wait for the lock longer than its patience.
Each unit holds whole debtors, so that between two of them every debtor is as before or as the file says.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import TypeVar

from relance_mailer.errors import StoreError
from relance_mailer.intake.reasons import Reason
from relance_mailer.intake.records import RowError, explain
from relance_mailer.intake.table import shown
from relance_mailer.services.import_changes import Change
from relance_mailer.services.office import Office
from relance_mailer.store import imports, ledger
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.session import Session
from relance_mailer.texts.words import say

T = TypeVar("T")
CHUNK = 500  #: rows looked up and written at a time
UNIT = 2_000  #: rows in one writing unit: about a second on a small server
#: Seconds between two units. SQLite is not fair: who waits asks again every 100 ms at the latest, and must find it free.
_PAUSE = 0.15


class Step(StrEnum):
    """What an import is doing."""

    READING = "reading"
    WRITING = "writing"
    COMPARING = "comparing"


#: Told now and then how far an import is: the step, rows done, rows in all (0: not known).
Progress = Callable[[Step, int, int], None]


def silent(_step: Step, _done: int, _total: int) -> None:
    """Tell nobody how far an import is."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A debtor or an address that came in, to be compared with those that are known."""

    reference: str
    name: str
    siren: str = ""
    vat: str = ""
    address: str = ""  #: lower case; "" for the debtor itself
    line: int = 0  #: of the file that brings it; 0: not told


@dataclass(slots=True)
class Run:
    """One import.

    Attributes:
        errors: why rows were refused; those that reading the file found already.
        notes: lines, and in words what a person should know about rows that went in.
        changes: what rows changed of what was known.
        newcomers: debtors and addresses that came in.
        unknown: lines, invoices' numbers that are not known, and the debtor's id if it is.
        tells_payments: a row said what was paid.
        dry: nothing is kept: every unit is undone at its end.
        whole: all rows stand in one unit, which is undone if one of them is refused.
    """

    office: Office
    file_name: str
    now: datetime
    by: str
    errors: list[RowError]
    dry: bool = False
    whole: bool = False
    progress: Progress = silent
    notes: list[tuple[int, str]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    newcomers: list[Newcomer] = field(default_factory=list)
    unknown: list[tuple[int, str, int | None]] = field(default_factory=list)
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    tells_payments: bool = False
    _session: Session | None = None
    _entries: list[Entry] = field(default_factory=list)

    @property
    def session(self) -> Session:
        """The writing unit that is open."""
        assert self._session is not None, "only inside a unit"
        return self._session

    @property
    def creditor_id(self) -> int:
        """Whose import."""
        return self.office.creditor_id

    @property
    def language(self) -> str:
        """What the team reads."""
        return self.office.config.language

    @property
    def refused(self) -> int:
        """How many rows did not go in; one may have several errors."""
        return len({error.line for error in self.errors})

    @property
    def keeps(self) -> bool:
        """Whether what was written stays."""
        return not self.dry and not (self.whole and self.errors)

    def refuse(self, line: int, value: str, reason: Reason, *arguments: object) -> None:
        """Refuse a whole row."""
        self.errors.append(_remark(line, value, reason, arguments))

    def note(self, line: int, value: str, reason: Reason, *arguments: object) -> None:
        """Remark on a row that goes in."""
        self.notes.append((line, explain(_remark(line, value, reason, arguments), self.language)))

    def left_out(self, remarks: Sequence[RowError]) -> None:
        """Remark on rows that are none: totals, headers that stand there once more."""
        self.notes += [(remark.line, explain(remark, self.language)) for remark in remarks]

    def point_out(self, line: int, key: str, **arguments: object) -> None:
        """Remark on a row, in the words of `key`; line 0 for the file as a whole."""
        words = say(key, self.language, **arguments)
        self.notes.append(
            (line, say("import.at_line", self.language, line=line, words=words) if line else words)
        )

    def tell(self, kind: Kind, subject: str, payload: Mapping[str, object], debtor_id: int) -> None:
        """Have an entry written into the ledger at the end of the chunk."""
        self._entries.append(Entry(kind, subject, {**payload, "file": self.file_name}, debtor_id))

    def end_chunk(self) -> None:
        """Write the chunk's entries down and let its rows go."""
        ledger.append(self.session, self.creditor_id, self._entries, at=self.now, actor=self.by)
        self._entries.clear()
        imports.forget(self.session)

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Open a writing unit; undone at its end if the import is to leave nothing behind."""
        with self.office.db.write() as session:
            self._session = session
            try:
                yield
                self.end_chunk()
                if not self.keeps:
                    session.rollback()
            finally:
                self._session = None

    def write(
        self,
        units: Sequence[Sequence[T]],
        take_in: Callable[[Run, Sequence[T]], None],
        finish: Callable[[], None],
    ) -> None:
        """Write units of rows, others getting their turn in between; `finish` is done in the last one.

        Raises:
            StoreError: the database failed; the units before stay, and importing the file again finishes.
        """
        done, total = 0, sum(map(len, units))
        for number, rows in enumerate(units, 1):
            self.progress(Step.WRITING, done, total)
            try:
                with self.unit():
                    take_in(self, rows)
                    if number == len(units):
                        finish()
            except StoreError as error:
                if not done or self.dry:
                    raise
                msg = (
                    f"{error} {done} of {total} rows are in; import the same file again and the rest follows."
                )
                raise StoreError(msg) from error
            done += len(rows)
            if number < len(units):
                time.sleep(_PAUSE)
        self.progress(Step.WRITING, done, total)


def _remark(line: int, value: str, reason: Reason, arguments: tuple[object, ...]) -> RowError:
    return RowError(line, "", shown(value), reason, tuple(str(argument) for argument in arguments))


def chunks(records: Sequence[T]) -> Iterator[list[T]]:
    """Yield the records, `CHUNK` at a time."""
    rest = iter(records)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def units(run: Run, records: Sequence[T], debtor_of: Callable[[T], object]) -> list[Sequence[T]]:
    """Divide records into writing units of about `UNIT` rows, all of a debtor's in one; in the file's order where one holds all."""
    if run.whole or len(records) <= UNIT:
        return [records]
    by_debtor: dict[object, list[T]] = {}
    for record in records:
        by_debtor.setdefault(debtor_of(record), []).append(record)
    found: list[Sequence[T]] = []
    unit: list[T] = []
    for rows in by_debtor.values():
        if unit and len(unit) + len(rows) > UNIT:
            found.append(unit)
            unit = []
        unit += rows
    return [*found, unit]
