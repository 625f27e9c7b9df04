"""The first day: a configuration written from the example with all its comments, and the templates to edit beside it."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from relance_mailer import config as configuration
from relance_mailer.config.lines import find
from relance_mailer.errors import ConflictError, InputError
from relance_mailer.texts.load import packaged_templates

#: (section, key): value; the section of a table of tables is its name.
Answers = Mapping[tuple[str, str], str]
#: The names of a domain's mail exchangers, the preferred one first; empty where DNS does not answer.
Exchangers = Callable[[str], tuple[str, ...]]

CONFIG = "config.toml"
TEMPLATES = "templates"
DNS_PATIENCE = 3.0  #: seconds

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

    The answer "password_file" takes the place of the example's password_env.

    Raises:
        InputError: an answer cannot stand in a line of TOML.
    """
    wanted = {("creditor", key): "" for key in _OF_THE_EXAMPLE} | dict(answers)
    lines, section = [], ""
    for line in text.splitlines():
        if header := _SECTION.match(line):
            section = header["name"]
        setting = _SETTING.fullmatch(line)
        key = setting["key"] if setting else ""
        if key == "password_env" and (section, "password_file") in wanted:
            key = "password_file"
        value = wanted.pop((section, key), None)
        lines.append(line if setting is None or value is None else _line(line, setting, key, value))
    assert not wanted, f"the example has no {sorted(wanted)}"
    return "\n".join(lines) + "\n"


def _line(line: str, setting: re.Match[str], key: str, value: str) -> str:
    """Return a setting's line with another value, its comment where it stood."""
    quote = setting["value"].startswith('"')
    written = f"{key} = {_quoted(value) if quote else value}"
    comment = (setting["rest"] or "").lstrip()
    if key == "password_file":
        comment = "# or password_env, or password; systemd credentials by their name"
    room = len(line) - len((setting["rest"] or "").lstrip())
    return f"{written.ljust(room)}{'' if len(written) < room else '  '}{comment}".rstrip()


def _quoted(value: str) -> str:
    if any(ord(char) < ord(" ") or ord(char) == 0x7F for char in value):
        raise InputError(f"{value!r} holds control characters: give it on one line")
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def checked(folder: Path, answers: Answers) -> configuration.Config:
    """Return the settings that the answers make; ConfigError, with the line that they would stand on, if they cannot be used."""
    text = filled(example(), answers)
    return configuration.parse(tomllib.loads(text), folder / CONFIG, find(text))


@contextmanager
def writing(
    folder: Path, answers: Answers, *, secrets: Mapping[str, str], templates: bool = True
) -> Iterator[Path]:
    """Write `folder`/config.toml, give its path, and take all back if what the caller then does fails.

    The configuration and each file of `secrets` (name: content) can be read by their owner alone; the configuration
    appears whole or not at all. `templates` copies the program's templates where there are none.

    Raises:
        ConfigError: the answers make no configuration that can be used; nothing is written.
        ConflictError: there is a configuration, or a file of that name, already; nothing is touched.
        InputError: the folder cannot be written to.
    """
    path = folder / CONFIG
    checked(folder, answers)
    taken = [name for name in (CONFIG, *secrets) if (folder / name).exists()]
    if taken:
        raise ConflictError(f"{folder / taken[0]} exists already: edit it, or name another folder")
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    before = {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()
    try:
        _write_all(folder, {**secrets, CONFIG: filled(example(), answers)}, templates=templates)
        yield path
    except BaseException:  # Ctrl-C too leaves nothing behind
        _take_back(folder, before, missing)
        raise


def _write_all(folder: Path, files: Mapping[str, str], *, templates: bool) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            _write(folder / name, content)
        if templates:
            copy_templates(folder / TEMPLATES)
    except OSError as error:
        raise InputError(f"{error.filename or folder} cannot be written: {error.strerror}") from error


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner may read; it appears whole, and never in the place of another."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)
    finally:
        Path(name).unlink()


def _take_back(folder: Path, before: set[str], missing: list[Path]) -> None:
    """Remove what was not there before."""
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.name in before:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    for made in missing:
        if made.is_dir():
            made.rmdir()


def copy_templates(folder: Path) -> list[str]:
    """Copy the program's templates into `folder`, none over one that is there; return the names of the new ones."""
    source = packaged_templates()
    new = []
    for path in sorted(source.rglob("*")):
        target = folder / path.relative_to(source)
        if path.is_dir() or target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        new.append(path.relative_to(source).as_posix())
    return new


def exchangers(domain: str) -> tuple[str, ...]:
    """Ask DNS for a domain's mail exchangers, the preferred first; () where it does not answer or there are none.

    A "null MX" (RFC 7505), which says that the domain takes no mail, is none.
    """
    import dns.exception
    import dns.resolver

    try:
        answer = dns.resolver.get_default_resolver().resolve(domain, "MX", lifetime=DNS_PATIENCE)
    except (dns.exception.DNSException, OSError, ValueError):
        return ()
    records = sorted(answer, key=lambda record: (record.preference, str(record.exchange)))
    return tuple(name for record in records if (name := str(record.exchange).rstrip(".")))
