"""Looking at the configuration beyond what its model refuses: passwords, who may read them, what does not fit together."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from relance_mailer.config import Config, Secret, Server
from relance_mailer.config.oauth import OAuth
from relance_mailer.config.servers import exposed
from relance_mailer.config.words import guessed_language
from relance_mailer.errors import ConfigError
from relance_mailer.services.check.finding import Finding, Level, failed, finding
from relance_mailer.texts.words import say

_LANGUAGE = re.compile(r"""^\s*language\s*=\s*["'](fr|en)["']""", re.MULTILINE)
_S = TypeVar("_S", bound=Server)


def of_settings(config: Config, path: Path) -> list[Finding]:
    """Look at the settings in the file `path`."""
    language = config.language
    odd = list(_contradictions(config))
    if not odd:
        odd = [finding(language, Level.OK, "settings", "settings.ok", path=path)]
    return [*odd, *_passwords(config), *_exposed(config, path)]


def unreadable(error: ConfigError, language: str) -> list[Finding]:
    """Return what a configuration that cannot be used has wrong, a finding each; file and line stand in its words."""
    first, *rest = str(error).splitlines()
    faults = [line.strip() for line in rest if line.startswith("  ") and not line.startswith("   ")]
    return [failed(language, "settings", fault) for fault in faults or [" ".join((first, *rest))]]


def language_of(path: Path) -> str:
    """Return the language in which a configuration that cannot be used wants to be told so, else the terminal's."""
    try:
        said = _LANGUAGE.search(path.read_text("utf-8", "replace"))
    except OSError:
        said = None
    return said[1] if said else guessed_language()


def without_missing_passwords(config: Config) -> Config:
    """Return a configuration in which a server whose secret is missing is looked at without logging in."""
    known = tuple(one for one in config.oauth if not _unusable(one))
    names = frozenset(one.name for one in known)
    boxes = tuple(_usable(box, names) for box in config.mailboxes)
    return config.model_copy(update={"smtp": _usable(config.smtp, names), "mailboxes": boxes, "oauth": known})


def _usable(server: _S, identities: frozenset[str]) -> _S:
    if server.oauth in identities or (not server.oauth and _missing(server) is None):
        return server
    gone = {"username": "", "oauth": "", "password": None, "password_env": "", "password_file": ""}
    return server.model_copy(update=gone)


def _contradictions(config: Config) -> Iterator[Finding]:
    language, smtp = config.language, config.smtp
    sender = _domain(smtp.from_address)
    login = _domain(smtp.username)
    if login and login != sender:
        yield finding(
            language,
            Level.WARNING,
            "settings",
            "settings.from",
            "settings.from.remedy",
            sender=smtp.from_address,
            username=smtp.username,
        )
    answers = _domain(smtp.reply_to or smtp.from_address)
    watched = {_domain(box.username) for box in config.mailboxes} - {""}
    if watched and answers not in watched:
        yield finding(
            language,
            Level.WARNING,
            "settings",
            "settings.answers",
            "settings.answers.remedy",
            address=smtp.reply_to or smtp.from_address,
            mailboxes=", ".join(box.username for box in config.mailboxes),
        )


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower() if "@" in address else ""


# ── passwords ────────────────────────────────────────────────────────────────────────────────────────────────────


def _secrets(config: Config) -> Iterator[tuple[str, Secret, str]]:
    """Yield every server that has a password: its name in the configuration, its secret, its user."""
    if not config.smtp.oauth:
        yield "[smtp]", config.smtp, config.smtp.username
    for box in config.mailboxes:
        if not box.oauth:
            yield f"[[mailboxes]] {box.name}", box, box.username


def _passwords(config: Config) -> list[Finding]:
    """Say of every password that is missing, and where all are there, from where they come."""
    language = config.language
    missing, found = [], []
    for name, secret, username in _secrets(config):
        if not username:
            continue
        why = _missing(secret)
        if why is not None:
            given = why or say("check.password.none", language, username=username)
            missing.append(failed(language, "password", f"{name}: {given}", "password.remedy"))
        else:
            found.append(name)
    for identity in config.oauth:
        name = f"[[oauth]] {identity.name}"
        if why := _unusable(identity):
            missing.append(failed(language, "password", f"{name}: {why}"))
        else:
            found.append(name)
    if found and not missing:
        return [finding(language, Level.OK, "password", "password.ok", servers=", ".join(found))]
    return missing


def _missing(secret: Secret) -> str | None:
    """Return why a password cannot be had, "" if none is configured; None if it is there."""
    try:
        return None if secret.secret() else ""
    except ConfigError as error:
        return str(error)


def _unusable(identity: OAuth) -> str:
    """Return why an identity's secrets cannot be had, "" if they are there."""
    try:
        identity.secret()
        identity.service_account()
    except ConfigError as error:
        return str(error)
    return ""


def _exposed(config: Config, path: Path) -> Iterator[Finding]:
    """Point out files with a password, or with people's data, that other users of the machine may read."""
    language = config.language
    passwords = exposed([secret for _, secret, _ in _secrets(config)], path)
    of_tokens = [
        file for identity in config.oauth for file in identity.secret_files(path) if _open_to_all(file)
    ]
    for file in dict.fromkeys((*passwords, *of_tokens)):
        yield finding(language, Level.WARNING, "exposed", "exposed.password", "exposed.remedy", path=file)
    if _open_to_all(config.database):
        yield finding(
            language, Level.WARNING, "exposed", "exposed.data", "exposed.remedy", path=config.database
        )


def _open_to_all(file: Path) -> bool:
    try:
        return bool(file.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False  # that it is not there is told elsewhere
