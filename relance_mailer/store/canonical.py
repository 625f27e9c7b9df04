"""Values as canonical JSON (RFC 8785): one text for one value, so that its hash says something."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import rfc8785

from relance_mailer.dunning.money import Money

_SAFE_INTEGER = 2**53 - 1  #: beyond it, JSON's numbers lose digits


#: The standard library's encoder, in C, writes the same bytes for all that `_written_alike` lets through.
_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"))
_KNOWN: dict[
    type, Callable[[Any], Any]
] = {}  #: the forms found so far: looking for one takes longer than using it
_ALIKE = frozenset({str, int, bool, type(None)})


def canonical(value: object) -> bytes:
    """Return `plain(value)` as RFC 8785 JSON in UTF-8."""
    return written(plain(value))


def written(known: Any) -> bytes:
    """Return what is `plain` already as RFC 8785 JSON in UTF-8."""
    return _ENCODER.encode(known).encode("utf-8") if _written_alike(known) else rfc8785.dumps(known)


def _written_alike(value: Any) -> bool:
    """Say whether the standard encoder writes `value` as RFC 8785 does.

    It writes fractions another way (section 3.2.2.3), and sorts keys beyond ASCII by code points instead of UTF-16
    (section 3.2.3).
    """
    if isinstance(value, dict):
        return all(map(str.isascii, value)) and _written_alike(list(value.values()))
    if isinstance(value, list):
        return all(type(item) in _ALIKE or _written_alike(item) for item in value)
    return not isinstance(value, float)


def plain(value: object) -> Any:
    """Return `value` as JSON knows it; money, sums, days, instants and enumerations become strings.

    Text that is no Unicode (stray surrogates from hostile mail) is kept with backslashes; integers beyond 2^53 become
    strings. TypeError for anything that is neither of these nor a mapping or collection of them.
    """
    kind = type(value)
    return (_KNOWN.get(kind) or _form(kind))(value)


def _form(kind: type) -> Callable[[Any], Any]:
    found = next((form for kinds, form in _FORMS if issubclass(kind, kinds)), _refuse)
    _KNOWN[kind] = found
    return found


def _refuse(value: object) -> Any:
    raise TypeError(f"the ledger cannot hold a {type(value).__name__}: {value!r}")


def instant_text(at: datetime) -> str:
    """Return an aware instant as RFC 3339 in UTC with microseconds; ValueError if it is naive."""
    if at.tzinfo is None:
        raise ValueError(f"naive instant {at!r} cannot be written down")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _same(value: Any) -> Any:
    return value


def _text(value: str) -> str:
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")


def _integer(value: int) -> int | str:
    return value if abs(value) <= _SAFE_INTEGER else str(value)


def _mapping(value: Mapping[object, object]) -> dict[str, Any]:
    return {str(plain(key)): plain(item) for key, item in value.items()}


#: The first row that fits counts: an Enum may be a str, a bool is an int, a datetime is a date.
_FORMS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (Enum, lambda value: plain(value.value)),
    (str, _text),
    ((bool, type(None), float), _same),
    (int, _integer),
    (Decimal, lambda value: f"{value:f}"),
    (Money, lambda value: f"{value.amount:f} {value.currency}"),
    (datetime, instant_text),
    (date, date.isoformat),
    (Mapping, _mapping),
    ((set, frozenset), lambda value: sorted(map(plain, value))),
    ((list, tuple), lambda value: list(map(plain, value))),
)
