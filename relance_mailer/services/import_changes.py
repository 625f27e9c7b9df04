"""What an import changed of what was known: each difference as values, and in the team's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from relance_mailer.dunning.money import Money
from relance_mailer.texts import formats
from relance_mailer.texts.words import say

Value = date | Money | str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a row says otherwise.

    Attributes:
        field: "due", "total", "balance", "contact" …; "import.field.<field>" in the words.
        old: None where nothing stood.
    """

    field: str
    old: Value
    new: Value

    def words(self, language: str) -> str:
        """Return `échéance 12/03/2026 → 31/03/2026`."""
        name = say(f"import.field.{self.field}", language)
        old, new = self._written(self.old, language), self._written(self.new, language)
        return f"{name} {old} → {new}" if self.old is not None else f"{name} {new}"

    def _written(self, value: Value, language: str) -> str:
        match value:
            case Money():
                return formats.money(value, language)
            case date():
                return formats.short_date(value, language)
            case None | "":
                return "—"
            case _ if self.field == "kind":
                return say(f"import.value.{value}", language)
            case _:
                return formats.clean(value)


@dataclass(frozen=True, slots=True)
class Change:
    """What a file changed of an invoice or of a debtor.

    Attributes:
        line: of the row that says so.
        kind: "invoice" or "debtor".
        name: the invoice's number, the debtor's reference.
    """

    line: int
    kind: str
    name: str
    differences: tuple[Difference, ...]

    def words(self, language: str) -> str:
        """Return one line for a person."""
        told = " ; ".join if language == "fr" else "; ".join
        differences = told(difference.words(language) for difference in self.differences)
        return say(
            f"import.change.{self.kind}", language, name=formats.clean(self.name), differences=differences
        )


def merged(changes: list[Change]) -> tuple[Change, ...]:
    """Return the changes in order of lines, those of one invoice or debtor together; repeated balances last."""
    found: dict[tuple[str, str], Change] = {}
    for change in changes:
        key = change.kind, change.name
        first = found.get(key, change)
        more = () if first is change else change.differences
        found[key] = Change(first.line, *key, first.differences + more)
    return tuple(sorted(found.values(), key=lambda change: (_repeats(change), change.line)))


def _repeats(change: Change) -> bool:
    """Tell whether a change only says a known balance as of a later day."""
    return all(difference.field == "balance_on" for difference in change.differences)
