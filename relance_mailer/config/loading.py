"""Reading a TOML file into settings; whatever is wrong with it is told at once, with file and line."""

from __future__ import annotations

import re
import tomllib
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from relance_mailer.config import words
from relance_mailer.config.fields import ContradictionError
from relance_mailer.config.lines import Lines, find
from relance_mailer.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)
Where = tuple[str | int, ...]

_AT = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
_HEADING = re.compile(r"\s*\[[^\]=\"']*\]{0,2}")
_LANGUAGE = re.compile(r"""^\s*language\s*=\s*["'](fr|en)["']""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, in words, and where: the line is None for what concerns the whole file."""

    where: Where
    line: int | None
    words: str


def read(path: Path, model: type[BaseModel]) -> tuple[dict[str, Any], Lines]:
    """Return what a TOML file says, and on which lines; `model` tells which keys there are.

    Raises:
        ConfigError: it is not there, cannot be read, or is no TOML.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(words.about_file("absent", words.guessed_language(), path=path)) from None
    except OSError as error:
        why = error.strerror
        raise ConfigError(
            words.about_file("unreadable", words.guessed_language(), path=path, why=why)
        ) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        language = _language(data.decode("utf-8", "replace"))
        raise ConfigError(words.about_file("no_text", language, path=path, line=line)) from None
    lines = find(text)
    try:
        return tomllib.loads(text), lines
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_no_toml(path, text, lines, str(error), model)) from None


def settings(data: dict[str, Any], lines: Lines, path: Path, model: type[Model]) -> Model:
    """Return the settings that `data` gives.

    Raises:
        ConfigError: it has faults; all of them are named, none with its value, which might be a password.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        language = _language_of(data)
        problems = _problems(error, data, lines, model, language)
    raise ConfigError(_told(problems, path, language))


# ── what is no TOML ──────────────────────────────────────────────────────────────────────────────────────────────


def _no_toml(path: Path, text: str, lines: Lines, why: str, model: type[BaseModel]) -> str:
    language = _language(text)
    if lines.twice and why.startswith("Cannot"):
        where, first, line = lines.twice[0]
        said = words.about_file("twice", language, what=_named(where, line_of(text, line)), first=first)
        return words.about_file("line", language, path=path, line=line, words=said)
    at = _AT.search(why)
    rows = text.splitlines() or [""]
    number = int(at["line"]) if at and at["line"] else len(rows)
    said = words.about_file("syntax", language, why=words.about_toml(_AT.sub("", why), language))
    column = int(at["column"]) if at and at["column"] else 0
    shown = _excerpt(line_of(text, number), column, lines.before(number), model)
    return words.about_file("line", language, path=path, line=number, words=said) + shown


def line_of(text: str, number: int) -> str:
    """Return one line of a text, counted from 1; "" where there is none."""
    return next(iter(text.splitlines()[number - 1 : number]), "")


def _excerpt(line: str, column: int, within: Where, model: type[BaseModel]) -> str:
    """Return a line with a mark beneath the column; of what might hold a password only the key, or nothing."""
    heading = _HEADING.match(line)
    key, equals, _ = line.partition("=")
    if heading:
        shown = heading[0]
    elif equals and _is_harmless(key, model) and not any("password" in str(part) for part in within):
        shown = line.replace("\t", " ").rstrip()
    else:
        return f"\n    {key.strip()} = …" if re.fullmatch(r"\s*[\w.\"-]+\s*", key) and equals else ""
    return f"\n    {shown}\n    {' ' * max(0, min(column, len(shown) + 1) - 1)}^"


def _is_harmless(key: str, model: type[BaseModel]) -> bool:
    """Tell whether a key is known, and known to hold no password."""
    name = key.strip(" \t\"'")
    return name in set(_all_keys(model)) and "password" not in name and "secret" not in name


def _all_keys(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield name
        for inner in _models(field.annotation):
            yield from _all_keys(inner)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models that an annotation speaks of: X, X | None, tuple[X, ...], dict[str, X]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models(argument)


# ── what is TOML and cannot be used ──────────────────────────────────────────────────────────────────────────────


def _problems(
    error: ValidationError, data: dict[str, Any], lines: Lines, model: type[BaseModel], language: str
) -> list[Problem]:
    """Return all that is wrong: also the contradictions that pydantic looks for only where every key is right by itself."""
    found = {(fault["loc"], fault["msg"]): fault for fault in _faults(error)}
    wrong = [fault["loc"] for fault in found.values() if fault["loc"] and fault["type"] != "missing"]
    unknown = [fault["loc"] for fault in found.values() if fault["type"] == "extra_forbidden"]
    for left_out in (unknown, wrong):
        try:
            model.model_validate(_without(data, left_out))
        except ValidationError as rest:
            faults = [fault for fault in _faults(rest) if left_out is unknown or _is_sure(fault, left_out)]
            found = {(fault["loc"], fault["msg"]): fault for fault in faults} | found
    problems = [_problem(fault, data, lines, model, language) for fault in found.values()]
    return sorted(problems, key=lambda one: (one.line or 0, one.where))


def _faults(error: ValidationError) -> Sequence[Mapping[str, Any]]:
    """Return pydantic's errors, less the list that seems empty only because what it holds is wrong."""
    faults = error.errors(include_url=False, include_input=False)
    return [
        one for one in faults if one["type"] != "too_short" or not any(_within(two, one) for two in faults)
    ]


def _within(inner: Mapping[str, Any], outer: Mapping[str, Any]) -> bool:
    depth = len(outer["loc"])
    return len(inner["loc"]) > depth and inner["loc"][:depth] == outer["loc"]


def _is_sure(fault: Mapping[str, Any], left_out: Sequence[Where]) -> bool:
    """Tell whether a fault of the whole file is one whatever stands in the keys that were left out."""
    cause = (fault.get("ctx") or {}).get("error")
    return not fault["loc"] and isinstance(cause, ContradictionError) and cause.where not in left_out


def _without(data: dict[str, Any], unwanted: Sequence[Where]) -> dict[str, Any]:
    """Return the data without some keys."""

    def copy(value: Any, at: Where) -> Any:
        if isinstance(value, dict):
            return {
                key: copy(inner, (*at, key)) for key, inner in value.items() if (*at, key) not in unwanted
            }
        if isinstance(value, list):
            return [copy(inner, (*at, index)) for index, inner in enumerate(value)]
        return value

    return dict(copy(data, ()))


def _problem(
    fault: Mapping[str, Any], data: dict[str, Any], lines: Lines, model: type[BaseModel], language: str
) -> Problem:
    context = dict(fault.get("ctx") or {})
    cause = context.get("error")
    where: Where = (*fault["loc"], *(cause.where if isinstance(cause, ContradictionError) else ()))
    said = words.about_setting(fault["type"], fault["msg"], context, language)
    if fault["type"] == "tuple_type" and isinstance(_value(data, where), dict):
        said = words.about_file("two_brackets", language, name=where[-1])
    if fault["type"] == "extra_forbidden":
        said += _suggestion(where, model, language)
    subject = _subject(fault["loc"], data, fault["type"])
    return Problem(where, lines.of(where), " ".join(filter(None, (subject, said))))


def _value(data: Any, where: Where) -> Any:
    for part in where:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _subject(where: Where, data: dict[str, Any], kind: str) -> str:
    """Return a place as the file writes it: `[smtp] port`, `[[mailboxes]] host`, `[rehearsal]`, `language`."""
    table = where
    while table and not isinstance(_value(data, table), dict):
        table = table[:-1]
    names = [str(part) for part in table if isinstance(part, str)]
    inner = [str(part) for part in where[len(table) :] if isinstance(part, str)]
    heading = ".".join(names)
    if table and isinstance(table[-1], int):
        heading = f"[[{heading}]]"
    elif heading:
        heading = f"[{heading}]"
    if kind == "missing" and not table:
        return f"[{inner[-1]}]"
    return " ".join(filter(None, (heading, ".".join(inner))))


def _suggestion(where: Where, model: type[BaseModel], language: str) -> str:
    """Return where a setting belongs that stands in another's section, else those whose names are like a wrong one's."""
    name = str(where[-1])
    either = words.about_file("or", language).join
    close = get_close_matches(name, _keys_at(where[:-1], model), n=2, cutoff=0.65)
    if headings := dict.fromkeys(_headings_of(name, model)):
        places = [words.about_file("under" if one else "on_top", language, heading=one) for one in headings]
        return words.about_file("elsewhere", language, places=either(places))
    close = close or get_close_matches(name, sorted(set(_all_keys(model))), n=1, cutoff=0.85)
    return words.about_file("mean", language, names=either(close)) if close else ""


def _headings_of(name: str, model: type[BaseModel], path: str = "", brackets: str = "") -> Iterator[str]:
    """Yield the headings under which a setting called `name` stands: `[smtp]`, `[[mailboxes]]`; "" for the file's top."""
    if name in model.model_fields:
        yield brackets and f"{brackets}{path}{']' * len(brackets)}"
    for key, field in model.model_fields.items():
        kinds = {typing.get_origin(field.annotation)}
        inner_path = ".".join(filter(None, (path, key, "…" if dict in kinds else "")))
        for inner in _models(field.annotation):
            yield from _headings_of(name, inner, inner_path, "[[" if tuple in kinds else "[")


def _keys_at(where: Where, model: type[BaseModel]) -> list[str]:
    """Return the keys of the section at `where`."""
    models = [model]
    for part in where:
        fields = [
            one.model_fields[part] for one in models if isinstance(part, str) and part in one.model_fields
        ]
        models = [inner for field in fields for inner in _models(field.annotation)] or models
    return [name for one in models for name in one.model_fields]


def _named(where: Where, line: str) -> str:
    """Return what stands twice as its own line names it."""
    heading = _HEADING.match(line)
    return heading[0].strip() if heading else str(where[-1])


def _told(problems: Sequence[Problem], path: Path, language: str) -> str:
    told = [
        words.about_file(
            "line" if one.line else "no_line", language, path=path, line=one.line, words=one.words
        )
        for one in problems
    ]
    if len(told) == 1:
        return told[0]
    return "\n  ".join([words.about_file("several", language, path=path, n=len(told)), *told])


def _language_of(data: Mapping[str, Any]) -> str:
    said = data.get("language", "fr")
    return said if isinstance(said, str) and said in {"fr", "en"} else words.guessed_language()


def _language(text: str) -> str:
    """Return the language that a spoilt file asks for, else the terminal's."""
    said = _LANGUAGE.search(text)
    return said[1] if said else words.guessed_language()
