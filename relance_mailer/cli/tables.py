"""Tables on a terminal, plain aligned columns elsewhere: nothing is cut that another program may read."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from relance_mailer.cli.common import say
from relance_mailer.texts.formats import clean

Rows = Sequence[Sequence[str]]
_GAP = "  "


def print_table(headers: Sequence[str], rows: Rows, *, styles: Sequence[str] = ()) -> None:
    """Print rows under their headers; `styles` colours whole rows on a terminal."""
    rows = [[clean(cell) for cell in cells] for cells in rows]  # others' words must not move a terminal
    if sys.stdout.isatty():
        _on_terminal(headers, rows, styles)
        return
    widths = [max(map(len, column)) for column in zip(headers, *rows, strict=True)]
    for cells in (headers, *rows):
        say(_GAP.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())


def print_heading(words: str, *, style: str = "bold") -> None:
    """Print a line that stands out on a terminal."""
    if not sys.stdout.isatty():
        say(words)
        return
    from rich.console import Console
    from rich.text import Text

    Console().print(Text(words, style=style))


def _on_terminal(headers: Sequence[str], rows: Rows, styles: Sequence[str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*headers, box=box.SIMPLE_HEAD, pad_edge=False)
    for number, cells in enumerate(rows):
        style = styles[number] if number < len(styles) else None
        table.add_row(
            *(Text(cell) for cell in cells), style=style
        )  # never markup: the cells are others' words
    Console().print(table)
