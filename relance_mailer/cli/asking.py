"""Asking on a terminal: each question with its default, a wrong answer asked again; without one, flags and defaults."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import typer
from pydantic import TypeAdapter, ValidationError
from stdnum.fr import siren, siret

from relance_mailer.config.fields import Address, Iban, Line
from relance_mailer.errors import ConfigError
from relance_mailer.texts.words import say as words

Check = Callable[[str], str]

_AGREEMENT = dict.fromkeys(("o", "oui", "y", "yes"), True) | dict.fromkeys(("n", "non", "no"), False)


class WrongAnswerError(ValueError):
    """An answer that cannot be; `key` and `values` give the words."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values

    def told(self, language: str) -> str:
        """Return what is wrong, in words."""
        return words(f"init.wrong.{self.key}", language, **self.values)


@dataclass(slots=True)
class Asker:
    """Gets one answer after another, by flag, by asking, or by default; remembers what is missing or wrong."""

    language: str
    interactive: bool
    missing: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def ask(
        self, name: str, given: str | None, check: Check, default: str = "", *, needed: bool = False
    ) -> str:
        """Return an answer that passes `check`; `name` is the question's in the words, and the flag's.

        Args:
            name: the question.
            given: what the flag said, None if it was not there.
            check: returns the answer as it is to be written, or raises WrongAnswerError.
            default: what an empty answer means.
            needed: whether there is no empty answer.
        """
        if given is not None:
            return self._flag(name, given, check)
        if not self.interactive:
            if needed and not default:
                self.missing.append(flag(name))
            return default
        question = words(f"init.ask.{name}", self.language)
        while True:
            said = self._read(question, default)
            try:
                return check(said) if said or not needed else _nothing()
            except WrongAnswerError as error:
                sys.stdout.write(f"  {error.told(self.language)}\n")

    def agrees(self, name: str, **values: object) -> bool:
        """Return whether the person agrees; whoever cannot be asked does."""
        if not self.interactive:
            return True
        question = words(f"init.ask.{name}", self.language, **values)
        yes, no = ("o", "n") if self.language == "fr" else ("y", "n")
        while True:
            said = self._read(question, yes).lower()
            if said in _AGREEMENT:
                return _AGREEMENT[said]
            wrong = WrongAnswerError("choice", value=said, choices=f"{yes}/{no}")
            sys.stdout.write(f"  {wrong.told(self.language)}\n")

    def secret(self, name: str, **values: object) -> str:
        """Return a password: typed without being shown, or the next line of standard input."""
        question = words(f"init.ask.{name}", self.language, **values)
        while self.interactive:
            if said := str(
                typer.prompt(question, default="", show_default=False, hide_input=True, prompt_suffix=" : ")
            ):
                return said
            sys.stdout.write(f"  {WrongAnswerError('required').told(self.language)}\n")
        said = sys.stdin.readline().rstrip("\r\n")
        if not said:
            self.missing.append(f"{flag('password_by')} now < …")
        return said

    def stop_at_faults(self) -> None:
        """Name all that is missing or wrong at once; ConfigError (exit code 2)."""
        faults = list(self.wrong)
        if self.missing:
            faults.append(
                words("init.missing", self.language, options=", ".join(dict.fromkeys(self.missing)))
            )
        if faults:
            raise ConfigError(" ; ".join(faults))

    def _flag(self, name: str, given: str, check: Check) -> str:
        try:
            return check(given.strip())
        except WrongAnswerError as error:
            why = error.told(self.language)
            self.wrong.append(words("init.wrong.option", self.language, option=flag(name), why=why))
            return ""

    def _read(self, question: str, default: str) -> str:
        said = typer.prompt(question, default=default, show_default=bool(default), prompt_suffix=" : ")
        return str(said).strip()


def _nothing() -> str:
    raise WrongAnswerError("required")


def flag(name: str) -> str:
    """Return a question's flag."""
    return "--" + name.replace("_", "-")


# ── what an answer may be ────────────────────────────────────────────────────────────────────────────────────────


def a_line(value: str) -> str:
    """Take anything on one line."""
    return _of_kind(Line, value, "line")


def an_address(value: str) -> str:
    """Take one e-mail address."""
    return _of_kind(Address, value, "address")


def an_iban(value: str) -> str:
    """Take an IBAN with right check digits, written without spaces; or nothing."""
    return _of_kind(Iban, value, "iban")


def a_siren(value: str) -> str:
    """Take a SIREN with a right check digit, or a SIRET, which begins with one; or nothing."""
    number = re.sub(r"[\s.]", "", value)
    if siret.is_valid(number):
        return number[:9]
    if number and not siren.is_valid(number):
        raise WrongAnswerError("siren", value=value)
    return number


def a_port(value: str) -> str:
    """Take a TCP port."""
    if not (value.isascii() and value.isdecimal() and 1 <= int(value[:6]) <= 65535):
        raise WrongAnswerError("port", value=value)
    return value


def a_host(value: str) -> str:
    """Take a server's name or IP address."""
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?|::1", value):
        raise WrongAnswerError("host", value=value)
    return value


def one_of(*choices: str) -> Check:
    """Take one of some words, or its beginning if no other begins so."""

    def check(value: str) -> str:
        meant = [choice for choice in choices if value and choice.startswith(value.lower())]
        if len(meant) != 1:
            raise WrongAnswerError("choice", value=value, choices=", ".join(choices))
        return meant[0]

    return check


def _of_kind(kind: Any, value: str, key: str) -> str:
    try:
        return str(TypeAdapter(kind).validate_python(value))
    except ValidationError:
        raise WrongAnswerError(key, value=value) from None
