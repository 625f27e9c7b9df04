"""Data never meets Markdown: a template writes slots, which are filled after all is laid out.

While a template runs, each value that it names is put aside and a slot, two private-use characters around its
number, stands in its place. What the template yields is a skeleton of the author's own words; Markdown, HTML
and tables are made of that. The values come in last: HTML-escaped in the HTML form, as they are in the plain
text. So no name or number can become a link, a cell or a tag, and notices of one shape share one skeleton.
"""

from __future__ import annotations

import re
from enum import Enum
from html import escape
from typing import TYPE_CHECKING

from jinja2 import Undefined, pass_context

from relance_mailer.errors import TemplateError
from relance_mailer.texts import formats

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from jinja2.runtime import Context

#: Text and slot numbers in turn: text, slot, text, slot, …, text.
Pieces = tuple[str | int, ...]

VALUES = "_values"  #: under this name a template's context holds the values put aside
_SLOT = re.compile("\ue000([0-9]+)\ue001")
_SLOT_IN_ADDRESS = re.compile("%EE%80%80", re.IGNORECASE)


def slot(number: int) -> str:
    """Return what stands in a skeleton for the value with this number."""
    return f"\ue000{number}\ue001"


@pass_context
def put_aside(context: Context, value: object) -> str:
    """Write a value in the template's language, keep it, and return its slot (Jinja's `finalize`)."""
    values: list[str] = context.parent[VALUES]
    writer = formats.WRITERS.get(type(value))
    written = writer(value, context.parent["language"]) if writer else _unusual(value)
    if "\ue000" in written:  # what a {% set %} block captured holds slots
        written = fill(split(written), values)
    values.append(written)
    return slot(len(values) - 1)


def _unusual(value: object) -> str:
    if isinstance(value, Undefined):
        return str(value)  # raises the error that names it
    if value is None:
        raise TemplateError("this value is absent here; write it inside {% if … %}")
    if isinstance(value, str | Enum):
        return formats.clean(str(value))
    raise TemplateError(f"a {type(value).__name__} cannot be written as it is; name one of its parts")


def split(skeleton: str) -> Pieces:
    """Cut a skeleton at its slots."""
    parts: list[str | int] = list(_SLOT.split(skeleton))
    parts[1::2] = [int(part) for part in parts[1::2]]
    return tuple(parts)


def split_html(skeleton: str) -> Pieces:
    """Cut an HTML skeleton at its slots; TemplateError if one stands in a link's address."""
    if _SLOT_IN_ADDRESS.search(skeleton):
        raise TemplateError(
            "a link's address holds a value; write the address out, or show the value as text"
        )
    return split(skeleton)


def fill(pieces: Pieces, values: Sequence[str]) -> str:
    """Put the values into their slots, as they are."""
    return "".join(
        [
            piece if isinstance(piece, str) else values[piece] if piece < len(values) else ""
            for piece in pieces
        ]
    )


def fill_html(pieces: Pieces, values: Sequence[str]) -> str:
    """Put the values into their slots, escaped for HTML text and attributes."""
    return fill(pieces, [escape(value) for value in values])


@pass_context
def short(context: Context, value: date) -> str:
    """Filter: a day as tables write it, which no line breaks."""
    return formats.short_date(value, context["language"]).replace(" ", "\u00a0")


@pass_context
def percent(context: Context, value: Decimal) -> str:
    """Filter: a rate in percent."""
    return formats.percent(value, context["language"])


def iban(value: str) -> str:
    """Filter: an IBAN in groups of four."""
    return formats.grouped(value, 4)


def siren(value: str) -> str:
    """Filter: a SIREN in groups of three."""
    return formats.grouped(value, 3)


FILTERS = {"short": short, "percent": percent, "iban": iban, "siren": siren}
