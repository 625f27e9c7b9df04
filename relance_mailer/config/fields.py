"""What a single setting may be: the types that every section is made of."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from stdnum import iban

_BREAKING = frozenset({"Cc", "Zl", "Zp"})  #: control characters, line and paragraph separators


class ContradictionError(ValueError):
    """Settings that are right one by one and wrong together; `where` leads from the section to the key to be named."""

    def __init__(self, message: str, *where: str | int) -> None:
        super().__init__(message)
        self.where = where


def _one_line(value: str) -> str:
    if any(unicodedata.category(char) in _BREAKING for char in value):
        msg = "must stand on one line, without control characters"
        raise ValueError(msg)
    return value.strip()


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        msg = "needs an offset, for example 2026-03-02T09:00:00+01:00"
        raise ValueError(msg)
    return value


def _address(value: str) -> str:
    if value and not re.fullmatch(r"[^@\s<>,;]{1,64}@[^@\s<>,;]{1,255}", value):
        msg = "is no e-mail address: give one like compta@exemple.fr, without a name"
        raise ValueError(msg)
    return value


def _iban(value: str) -> str:
    number = value.replace(" ", "").upper()
    if number and not iban.is_valid(number):
        msg = "is no valid IBAN: its check digits do not fit"
        raise ValueError(msg)
    return number


def _host(value: str) -> str:
    if not re.fullmatch(r"[^\s/\\@:?#,;<>\"']{1,253}", value) or value.startswith("."):
        msg = "is no host: give it like pay.exemple.fr, without https:// and without a path"
        raise ValueError(msg)
    return value.lower()


def _copy_path(value: str) -> str:
    rest = value.replace("{number}", "").replace("{debtor}", "")
    if value and ("{number}" not in value or "{" in rest or "}" in rest):
        msg = 'must be a path with {number} for the invoice\'s number, and perhaps {debtor}: "factures/{number}.pdf"'
        raise ValueError(msg)
    return value


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        msg = f"there is no time zone called {value!r} (for example Europe/Paris)"
        raise ValueError(msg) from None
    return value


def _clock_time(value: object) -> object:
    """Return `value`; pydantic would take 9 for nine seconds past midnight."""
    if not isinstance(value, (str, time)):
        msg = "must be a time of day, for example 09:00:00"
        raise ValueError(msg)  # noqa: TRY004 - what pydantic reports
    return value


def _local(value: time) -> time:
    if value.tzinfo is not None:
        msg = "must be a time without an offset: the creditor's time zone counts"
        raise ValueError(msg)
    return value


Line = Annotated[str, AfterValidator(_one_line)]
Address = Annotated[Line, AfterValidator(_address)]
LocalTime = Annotated[time, BeforeValidator(_clock_time), AfterValidator(_local)]
Iban = Annotated[Line, AfterValidator(_iban)]
Host = Annotated[Line, AfterValidator(_host)]
CopyPath = Annotated[Line, AfterValidator(_copy_path)]
Instant = Annotated[datetime, AfterValidator(_aware)]
ZoneName = Annotated[Line, AfterValidator(_known_zone)]


class Settings(BaseModel):
    """Base of every section: frozen, and a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)
