"""`[imports]`: what an admin says once of the files that programs export, instead of answering every time."""

from __future__ import annotations

import codecs
import json
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from relance_mailer.config.fields import Line, Settings
from relance_mailer.intake.columns import INVOICE_COLUMNS, PAYMENT_COLUMNS
from relance_mailer.intake.debtors import DEBTOR_COLUMNS
from relance_mailer.intake.form import Hints
from relance_mailer.intake.table import Column


def _text_encoding(name: str) -> str:
    try:
        known = not name or codecs.lookup(name)._is_text_encoding  # noqa: SLF001 - what bytes.decode itself asks
    except (LookupError, ValueError):
        known = False
    if not known:
        msg = f"there is no text encoding called {name!r} (for example utf-8, cp1252, cp850)"
        raise ValueError(msg)
    return name


def _one_character(text: str) -> str:
    if len(text) > 1:
        msg = 'must be one character, for example ";" or "\\t"'
        raise ValueError(msg)
    return text


def _told_or_auto(value: object) -> object:
    if not isinstance(value, bool) and value != "auto":
        msg = 'must be true, false or "auto"'
        raise ValueError(msg)
    return value


DayFirst = Annotated[bool | Literal["auto"], BeforeValidator(_told_or_auto)]
Separator = Annotated[str, AfterValidator(_one_character)]
Encoding = Annotated[Line, AfterValidator(_text_encoding)]


class FileSettings(Settings):
    """The form of one kind of file; each default means that it is found by looking at the file."""

    columns: dict[str, Line] = Field(default_factory=dict)
    day_first: DayFirst = "auto"
    decimal: Literal["auto", ",", "."] = "auto"
    sheet: Line = ""
    encoding: Encoding = ""
    separator: Separator = ""
    header_line: int = Field(default=0, ge=0)

    @property
    def hints(self) -> Hints:
        """What these settings say of a file."""
        return Hints(
            columns=self.columns,
            day_first=None if self.day_first == "auto" else self.day_first,
            decimal=None if self.decimal == "auto" else self.decimal,
            sheet=self.sheet,
            encoding=self.encoding,
            separator=self.separator,
            header_line=self.header_line or None,
        )


def _file_of(columns: Sequence[Column]) -> AfterValidator:
    """Return what refuses fields that a kind of file does not have, and names those that it has."""
    fields = [column.field for column in columns]

    def known(settings: FileSettings) -> FileSettings:
        if unknown := [name for name in settings.columns if name not in fields]:
            msg = f"columns: there is no field {', '.join(map(repr, unknown))}; the fields are {', '.join(fields)}"
            raise ValueError(msg)
        return settings

    return AfterValidator(known)


class Imports(Settings):
    """The files that come in."""

    invoices: Annotated[FileSettings, _file_of(INVOICE_COLUMNS)] = FileSettings()
    payments: Annotated[FileSettings, _file_of(PAYMENT_COLUMNS)] = FileSettings()
    debtors: Annotated[FileSettings, _file_of(DEBTOR_COLUMNS)] = FileSettings()


def toml(kind: str, hints: Hints) -> str:
    """Return the lines of configuration that say what `hints` say of a kind of file ("invoices" …); "" if nothing."""
    said: dict[str, str] = {}
    if hints.columns:
        pairs = (f"{field} = {_string(header)}" for field, header in hints.columns.items())
        said["columns"] = f"{{ {', '.join(pairs)} }}"
    if hints.day_first is not None:
        said["day_first"] = str(hints.day_first).lower()
    texts = {
        "decimal": hints.decimal,
        "sheet": hints.sheet,
        "encoding": hints.encoding,
        "separator": hints.separator,
    }
    said |= {name: _string(text) for name, text in texts.items() if text}
    if hints.header_line is not None:
        said["header_line"] = str(hints.header_line)
    lines = [f"{name} = {value}" for name, value in said.items()]
    return "\n".join([f"[imports.{kind}]", *lines]) if lines else ""


def _string(text: str) -> str:
    """Return a basic string of TOML: JSON's escapes are among its own."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
