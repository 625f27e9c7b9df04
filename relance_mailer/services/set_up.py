"""The first day: a configuration written from the example with all its comments, and the templates to edit beside it."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path

from relance_mailer import config as configuration
from relance_mailer.errors import ConflictError, InputError
from relance_mailer.texts.load import packaged_templates

#: (section, key): value; the section of a table of tables is its name.
Answers = Mapping[tuple[str, str], str]

_SECTION = re.compile(r"\[{1,2}(?P<name>[a-z_.]+)\]{1,2}")
_SETTING = re.compile(r'(?P<key>[a-z_]+)(?P<equals> = )(?P<value>"[^"]*"|[^\s#]+)(?P<rest>\s*#.*)?')

#: What the example says of its own company; nobody else's letters may carry it.
_OF_THE_EXAMPLE = ("street", "postal_code", "city", "siren", "email")


def example() -> str:
    """Return the example configuration that comes with the program: a wheel's, else the checkout's."""
    package = Path(__file__).resolve().parents[1]
    places = (package / "config.example.toml", package.parent / "config.example.toml")
    return next(place for place in places if place.is_file()).read_text("utf-8")


def filled(text: str, answers: Answers) -> str:
    """Return an example configuration with answers in the place of its values, comments kept.

    Raises:
        InputError: an answer cannot stand in a line of TOML.
    """
    wanted = {("creditor", key): "" for key in _OF_THE_EXAMPLE} | dict(answers)
    lines, section = [], ""
    for line in text.splitlines():
        if header := _SECTION.match(line):
            section = header["name"]
        setting = _SETTING.fullmatch(line)
        value = wanted.pop((section, setting["key"]), None) if setting else None
        if setting is None or value is None:
            lines.append(line)
            continue
        lines.append(_line(line, setting, value))
    assert not wanted, f"the example has no {sorted(wanted)}"
    return "\n".join(lines) + "\n"


def _line(line: str, setting: re.Match[str], value: str) -> str:
    """Return a setting's line with another value, its comment where it stood."""
    quote = setting["value"].startswith('"')
    written = f"{setting['key']} = {_quoted(value) if quote else value}"
    comment = (setting["rest"] or "").lstrip()
    room = len(line) - len(comment)
    return f"{written.ljust(room)}{'' if len(written) < room else '  '}{comment}".rstrip()


def _quoted(value: str) -> str:
    if any(ord(char) < ord(" ") or ord(char) == 0x7F for char in value):
        raise InputError(f"{value!r} holds control characters: give it on one line")
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def write(folder: Path, answers: Answers) -> Path:
    """Write `folder`/config.toml, which only its owner may read, and copy the templates; return its path.

    Raises:
        ConfigError: the answers make no configuration that can be used; nothing is written.
        ConflictError: there is a configuration already; nothing is touched.
    """
    path = folder / "config.toml"
    text = filled(example(), answers)
    configuration.parse(tomllib.loads(text), path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ConflictError(f"{path} exists already: edit it, or name another folder") from error
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    if not (folder / "templates").exists():
        shutil.copytree(packaged_templates(), folder / "templates")
    return path
