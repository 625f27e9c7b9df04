"""One import while it runs: what it counted, refused, noted and has still to write down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TypeVar

from relance_mailer.intake.reasons import Reason
from relance_mailer.intake.records import RowError
from relance_mailer.intake.table import shown
from relance_mailer.services.office import Office
from relance_mailer.store import imports, ledger
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.session import Session

T = TypeVar("T")
CHUNK = 500  #: rows looked up and written at a time


@dataclass(slots=True)
class Run:
    """One import, in one writing unit.

    Attributes:
        notes: about rows that went in, what a person should know.
        tells_payments: a row said what was paid.
    """

    session: Session
    office: Office
    file_name: str
    now: datetime
    by: str
    errors: list[RowError]
    notes: list[RowError] = field(default_factory=list)
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    tells_payments: bool = False
    _entries: list[Entry] = field(default_factory=list)

    @property
    def creditor_id(self) -> int:
        """Whose import."""
        return self.office.creditor_id

    @property
    def refused(self) -> int:
        """How many rows did not go in; one may have several errors."""
        return len({error.line for error in self.errors})

    def refuse(self, line: int, value: str, reason: Reason, *arguments: object) -> None:
        """Refuse a whole row."""
        self.errors.append(_remark(line, value, reason, arguments))

    def note(self, line: int, value: str, reason: Reason, *arguments: object) -> None:
        """Remark on a row that goes in."""
        self.notes.append(_remark(line, value, reason, arguments))

    def tell(self, kind: Kind, subject: str, payload: Mapping[str, object], debtor_id: int) -> None:
        """Have an entry written into the ledger at the end of the chunk."""
        self._entries.append(Entry(kind, subject, {**payload, "file": self.file_name}, debtor_id))

    def end_chunk(self) -> None:
        """Write the chunk's entries down and let its rows go."""
        ledger.append(self.session, self.creditor_id, self._entries, at=self.now, actor=self.by)
        self._entries.clear()
        imports.forget(self.session)


def _remark(line: int, value: str, reason: Reason, arguments: tuple[object, ...]) -> RowError:
    return RowError(line, "", shown(value), reason, tuple(str(argument) for argument in arguments))


def chunks(records: Sequence[T]) -> Iterator[list[T]]:
    """Yield the records, `CHUNK` at a time."""
    rest = iter(records)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
