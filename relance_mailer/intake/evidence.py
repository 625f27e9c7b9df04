"""What a file's own cells tell of the form that its dates and sums are written in; what stays open becomes a question.

What settles the order of day and month, the strongest first:
1. the hint;
2. dates that read one way only (13/01/2026), if those that say the contrary are ten times fewer;
3. a header in French: French programs write the day first;
4. sums with a decimal comma: where people write so, nobody puts the month first;
5. dots between the numbers (05.06.2026): likewise;
6. due dates that never precede their invoice's date, if this is so in one order only.

What settles the sign before the decimals, for a sum like 1.250: the hint, then sums that read one way only, in the
same proportion. A sum that reads one way only is read, whatever the others look like.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from relance_mailer.intake import dates, sums
from relance_mailer.intake.cells import plain
from relance_mailer.intake.form import Answer, Decimals, Form, Hints, Question
from relance_mailer.intake.grid import Cell, Row, text_of
from relance_mailer.intake.header import Column
from relance_mailer.intake.records import RowError, shown

_CLEAR = 10  #: so many times more frequent a form must be than its contrary to be the file's own
_EXAMPLES = 3
_SIGNS: tuple[Decimals, Decimals] = (",", ".")

_FRENCH = frozenset({
    "facture", "factures", "echeance", "echeances", "montant", "solde", "reglement", "paiement", "emission", "libelle",
    "raison", "societe", "courriel", "ttc", "ht", "tva", "devise", "piece", "numero", "ville", "pays", "adresse", "nom",
    "restant", "reste", "debiteur", "compte", "tiers",
})  # fmt: skip
_ENGLISH = frozenset({
    "invoice", "due", "amount", "customer", "balance", "payment", "name", "address", "city", "country", "currency",
    "debtor", "company", "paid", "issue", "issued", "number", "booking", "outstanding",
})  # fmt: skip

Rows = Callable[[], Iterator[Row | RowError]]


@dataclass(frozen=True, slots=True)
class Fields:
    """Where the dates and sums of a table stand.

    Attributes:
        place: index by field.
        dates: indexes of the date columns.
        sums: indexes of the sum columns.
        pairs: indexes of two dates, the first of which cannot precede the second.
        key: index of the column that identifies a row, None if there is none.
    """

    header: Sequence[str]
    place: dict[str, int]
    dates: tuple[int, ...]
    sums: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    key: int | None

    @classmethod
    def of(cls, columns: Sequence[Column], header: Sequence[str], place: dict[str, int]) -> Fields:
        """Return where the columns that the file has stand."""
        there = [column for column in columns if column.field in place]
        return cls(
            header,
            place,
            tuple(place[column.field] for column in there if column.holds == "date"),
            tuple(place[column.field] for column in there if column.holds == "sum"),
            tuple((place[c.field], place[c.not_before]) for c in there if c.not_before in place),
            place.get(columns[0].field),
        )


@dataclass(slots=True)
class _Votes:
    """What cells prove of two forms that exclude each other: "yes" (day first, or the comma) and its contrary.

    Attributes:
        yes: how many cells read one way only, and so prove the first form.
        no: how many prove the second.
        open: column and text of the cells that may be either.
        proofs: column and text of a few cells of each proof, to show.
    """

    yes: int = 0
    no: int = 0
    open: list[tuple[int, str]] = field(default_factory=list)
    proofs: tuple[list[tuple[int, str]], list[tuple[int, str]]] = field(default_factory=lambda: ([], []))

    def count(self, index: int, cell: str, times: int, *, yes: bool) -> None:
        """Note that `cell`, which comes so many times, proves one form."""
        if yes:
            self.yes += times
        else:
            self.no += times
        proofs = self.proofs[0 if yes else 1]
        if len(proofs) < _EXAMPLES:
            proofs.append((index, cell))

    @property
    def settled(self) -> bool | None:
        """Which form is plainly the file's own; None if neither."""
        if self.yes and self.yes >= _CLEAR * self.no:
            return True
        return False if self.no and self.no >= _CLEAR * self.yes else None

    @property
    def contradictions(self) -> list[tuple[int, str]]:
        """Some cells of each form, where both are proven."""
        return self.proofs[0] + self.proofs[1] if self.yes and self.no else []


def weigh(
    form: Form, fields: Fields, rows: Rows, hints: Hints, decimals: int
) -> tuple[Form, tuple[Question, ...]]:
    """Return `form` with what the cells and the hints settle, and the questions left.

    Args:
        form: what is known so far.
        fields: where dates and sums stand.
        rows: yields the data rows; may be called twice.
        hints: what a person said.
        decimals: how many decimals the creditor's currency has.
    """
    counts = _counts(fields, rows())
    serials = frozenset(name for name, index in fields.place.items() if _are_serials(fields, index, counts))
    swapped = frozenset(name for name, index in fields.place.items() if _are_swapped(fields, index, counts))
    order, short = _orders(fields, counts)
    signs = _signs(fields, counts)
    decimal, ask_decimal = _decimal(signs, hints, decimals)
    day_first, ask_order = _day_first(order, hints)
    if ask_order:
        day_first = _from_circumstances(order, fields, rows, decimal)
    form = replace(
        form,
        day_first=day_first,
        decimal=decimal,
        decimal_told=hints.decimal is not None,
        two_digit_years=short,
        serials=serials,
        swapped=swapped,
    )
    questions = []
    if ask_order and day_first is None:
        questions.append(_order_question(fields, order.open + order.contradictions))
    if ask_decimal:
        questions.append(_decimal_question(fields, signs.open))
    return form, tuple(questions)


def _counts(fields: Fields, rows: Iterable[Row | RowError]) -> dict[int, dict[Cell, int]]:
    """Return, for each column of dates or sums, how often each cell comes."""
    counts: dict[int, dict[Cell, int]] = {index: defaultdict(int) for index in (*fields.dates, *fields.sums)}
    watched = tuple(counts.items())
    for row in rows:
        if isinstance(row, Row):
            cells = row.cells
            for index, count in watched:
                count[cells[index]] += 1
    return counts


def _are_serials(fields: Fields, index: int, counts: Mapping[int, Mapping[Cell, int]]) -> bool:
    """Tell whether a date column holds a spreadsheet's day numbers, and no date in any other form."""
    if index not in fields.dates:
        return False
    filled = [cell for cell in counts[index] if cell != ""]
    serials = sum(dates.is_serial(text_of(cell)) for cell in filled)
    return 2 * serials > len(filled) and not any(
        isinstance(cell, date) or any(dates.readings(cell))
        for cell in filled
        if not isinstance(cell, Decimal)
    )


def _are_swapped(fields: Fields, index: int, counts: Mapping[int, Mapping[Cell, int]]) -> bool:
    """Tell whether a workbook's date column betrays that day and month were exchanged when a text was opened in it.

    An American spreadsheet that opens 02/10/2026 and 15/10/2026 makes the first the 10th of February, a day, and
    leaves the second, which is no date to it, a text. So texts that read one way only stand beside days up to the 12th.
    """
    if index not in fields.dates:
        return False
    days = [cell for cell in counts[index] if isinstance(cell, date)]
    orders = (dates.order_of(cell) for cell in counts[index] if isinstance(cell, str))
    one_way = any((order[1] > 12) != (order[2] > 12) for order in orders if order)
    return one_way and bool(days) and all(day.day <= 12 for day in days)


def _orders(fields: Fields, counts: Mapping[int, Mapping[Cell, int]]) -> tuple[_Votes, bool]:
    """Return what the dates prove of day and month, and whether a year has two digits."""
    votes, short = _Votes(), False
    for index in fields.dates:
        for cell, times in counts[index].items():
            parts = dates.order_of(cell) if isinstance(cell, str) else None
            if not parts:
                continue
            _, first, second, year = parts
            short |= len(year) == 2
            if first != second and first <= 12 and second <= 12:
                votes.open.append((index, str(cell)))
            elif (first > 12) != (second > 12):
                votes.count(index, str(cell), times, yes=first > 12)
    return votes, short


def _signs(fields: Fields, counts: Mapping[int, Mapping[Cell, int]]) -> _Votes:
    """Return what the sums prove of the sign before the decimals; "yes" is the comma."""
    votes = _Votes()
    for index in fields.sums:
        for cell, times in counts[index].items():
            if not isinstance(cell, str):
                continue
            if sign := sums.sign_of(cell):
                votes.count(index, cell, times, yes=sign == ",")
            elif sums.is_twofold(cell):
                votes.open.append((index, cell))
    return votes


def _decimal(votes: _Votes, hints: Hints, decimals: int) -> tuple[Decimals | None, bool]:
    """Return the sign before the decimals, and whether to ask for it."""
    if hints.decimal or votes.settled is not None:
        return hints.decimal or ("," if votes.settled else "."), False
    if decimals == 3 and not votes.no and all("," in cell for _, cell in votes.open):
        return None, False  # in dinars 1,250 is what it seems
    return None, bool(votes.open)


def _day_first(votes: _Votes, hints: Hints) -> tuple[bool | None, bool]:
    """Return whether the day comes first, and whether the dates leave that open."""
    if hints.day_first is not None:
        return hints.day_first, False
    return votes.settled, votes.settled is None and bool(votes.open or votes.contradictions)


def _from_circumstances(votes: _Votes, fields: Fields, rows: Rows, decimal: str | None) -> bool | None:
    words = {word for name in fields.header for word in plain(name).split()}
    french = bool(words & _FRENCH) and not words & _ENGLISH
    dotted = all("." in cell.split()[0] for _, cell in votes.open + votes.contradictions)
    if french or decimal == "," or dotted:
        return True
    return _from_sequence(fields, rows())


def _from_sequence(fields: Fields, rows: Iterable[Row | RowError]) -> bool | None:
    """Return in which order of day and month no due date precedes its invoice's, if it is one order only."""
    broken = [False, False]
    for row in rows:
        if not isinstance(row, Row):
            continue
        for later, earlier in fields.pairs:
            end, start = row.cells[later], row.cells[earlier]
            if (
                isinstance(end, str)
                and isinstance(start, str)
                and dates.order_of(end)
                and dates.order_of(start)
            ):
                for way, (last, first) in enumerate(
                    zip(dates.readings(end), dates.readings(start), strict=True)
                ):
                    broken[way] |= last is None or first is None or last < first
    return broken[1] if broken[0] != broken[1] else None


def _order_question(fields: Fields, doubts: Sequence[tuple[int, str]]) -> Question:
    header, examples = _examples(fields, doubts)
    both = [dates.readings(example) for example in examples]
    answers = (
        Answer(True, tuple(day for day, _ in both)),
        Answer(False, tuple(day for _, day in both)),
    )
    return Question("day_first", header, examples, answers)


def _decimal_question(fields: Fields, doubts: Sequence[tuple[int, str]]) -> Question:
    header, examples = _examples(fields, doubts)
    answers = tuple(
        Answer(sign, tuple(sums.reading(example, sign) for example in examples)) for sign in _SIGNS
    )
    return Question("decimal", header, examples, answers)


def _examples(fields: Fields, doubts: Sequence[tuple[int, str]]) -> tuple[str, tuple[str, ...]]:
    """Return the header of the column in which the doubt arose first, and some of its cells."""
    column = doubts[0][0]
    cells = dict.fromkeys(shown(cell) for index, cell in doubts if index == column)
    return fields.header[column], tuple(cells)[:_EXAMPLES]
