"""Which row names the columns, and what each name means. Case, accents, plurals, order and "N°" do not matter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from relance_mailer.errors import InputError
from relance_mailer.intake.cells import plain

_SKIPPED = frozenset(
    {"de", "du", "des", "d", "la", "le", "les", "l", "en", "the", "of", "s", "eur", "euro", "euros", "utc"}
)
#: What programs shorten, and the many ways to say "number".
_SAME = {
    "n": "no", "nr": "no", "num": "no", "numero": "no", "number": "no", "reference": "ref", "fact": "facture",
    "fac": "facture", "ech": "echeance", "mt": "montant", "mnt": "montant", "dt": "date", "cde": "commande",
    "cmd": "commande", "cli": "client", "inv": "invoice", "cust": "customer", "amt": "amount", "mail": "email",
    "courriel": "email",
}  # fmt: skip

#: "Solde au 28/02/2026", "Balance as of 2026-02-28".
_DATED = re.compile(
    r"(.+?)\s+(?:au|le|on|at|as of)\s+([0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{2,4})", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column we know.

    Attributes:
        field: our name for it.
        names: the header names that mean it; the first is the one we document.
        second: names that mean it where no column bears a better one, each only if no other field has claimed it.
        beside: a header, and names that mean the field where this header stands too; stronger than second names.
        holds: what its cells are; sums and dates are read in the file's own form.
        not_before: for a date, the field of the date that it cannot precede.
    """

    field: str
    names: tuple[str, ...]
    required: bool = False
    holds: Literal["text", "date", "sum"] = "text"
    not_before: str = ""
    second: tuple[str, ...] = ()
    beside: tuple[str, tuple[str, ...]] = ("", ())


@lru_cache(maxsize=4_096)
def canonical(name: str) -> str:
    """Return a header name without what varies: case, accents, plural, articles, abbreviations, the words' order."""
    words = plain(name.casefold().replace("e-mail", "email")).split()
    kept = [_SAME.get(word, word) for word in words if word not in _SKIPPED]
    return " ".join(sorted(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in kept))


def undated(name: str) -> tuple[str, str]:
    """Return a header without the day that it is true of, and this day: “Solde au 28/02/2026”."""
    found = _DATED.fullmatch(name) if len(name) <= 100 else None
    return (found[1], found[2]) if found else (name, "")


@dataclass(frozen=True, slots=True)
class Names:
    """What the columns of one kind of file may be called.

    Attributes:
        columns: the columns in question.
        chosen: canonical header by field, from the configuration; it wins over the usual names.
        usual: field by canonical name.
        second: canonical second names by field, the required fields first.
    """

    columns: Sequence[Column]
    chosen: Mapping[str, str]
    usual: Mapping[str, str]
    second: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, columns: Sequence[Column], chosen: Mapping[str, str]) -> Names:
        """Make the names of `columns`, with the headers that a person chose for some fields."""
        fields = {column.field for column in columns}
        if unknown := sorted(chosen.keys() - fields):
            raise InputError(
                f"The configuration maps “{unknown[0]}” to a column, but there is no such field; "
                f"the fields are {', '.join(column.field for column in columns)}."
            )
        usual = {canonical(name): column.field for column in columns for name in column.names}
        second = {
            column.field: [canonical(name) for name in column.second]
            for column in sorted(columns, key=lambda column: not column.required)
            if column.second
        }
        return cls(
            columns, {field: canonical(undated(header)[0]) for field, header in chosen.items()}, usual, second
        )

    def places(self, header: Iterable[str]) -> dict[str, list[int]]:
        """Return, for each field that `header` names, the indexes of the columns that may hold it."""
        names = [canonical(undated(name)[0]) for name in header]
        places = {field: [names.index(name)] for field, name in self.chosen.items() if name and name in names}
        taken = {index for indexes in places.values() for index in indexes}
        chosen = frozenset(places)
        for index, name in enumerate(names):
            field = self.usual.get(name)
            if field and field not in chosen and index not in taken:
                places.setdefault(field, []).append(index)
        free = {
            name: index for index, name in enumerate(names) if name not in self.usual and index not in taken
        }
        for column in self.columns:
            other, claimed = column.beside
            there = (
                [name for name in map(canonical, claimed) if name in free] if canonical(other) in free else []
            )
            for name in there[:1]:
                places.setdefault(column.field, [free.pop(name)])
        for field, seconds in self.second.items():
            if field not in places and (there := [name for name in seconds if name in free]):
                places[field] = [free.pop(there[0])]
        return places


def doubled(field: str, header: Sequence[str], indexes: Sequence[int]) -> InputError:
    """Return what to say where several columns mean the same and hold different cells."""
    there = " and ".join(f"“{header[index]}”" for index in indexes)
    return InputError(
        f"The columns {there} mean the same; rename or remove one of them, or say in the configuration which "
        f'counts: columns = {{ {field} = "{header[indexes[0]]}" }}.'
    )


def missing(column: Column, header: Iterable[str]) -> InputError:
    """Return what to say where a required column is not there."""
    there = ", ".join(f"“{name}”" for name in header if name)
    return InputError(
        f"The column “{column.names[0]}” is missing; add it (also understood: "
        f"{', '.join((column.second + column.names[1:])[:4])}), "
        f"or say in the configuration which column holds it (columns = {{ {column.field} = … }}). The file has {there}."
    )
