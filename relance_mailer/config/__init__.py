"""The configuration: one TOML file and the environment, read into frozen settings; an unknown key is an error."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from relance_mailer.config.fields import Address, Iban, Instant, Line, Settings, ZoneName
from relance_mailer.config.rules import HoldSettings, PolicySettings, Rate, StageSettings
from relance_mailer.config.servers import LOOPBACK, Mailbox, Secret, Server, Smtp
from relance_mailer.dunning.invoice import Party
from relance_mailer.dunning.notice import Mode
from relance_mailer.errors import ConfigError

__all__ = [
    "LOOPBACK",
    "Config",
    "Creditor",
    "Daemon",
    "HoldSettings",
    "Mailbox",
    "Paths",
    "PolicySettings",
    "Rate",
    "Rehearsal",
    "Secret",
    "Sending",
    "Server",
    "Settings",
    "Smtp",
    "StageSettings",
    "load",
    "parse",
]


class Creditor(Settings):
    """Who is owed; what a letter says of it."""

    key: Line = "main"
    name: Line
    street: Line = ""
    postal_code: Line = ""
    city: Line = ""
    country: Line = Field(default="FR", pattern=r"^[A-Z]{2}$")
    subdivision: Line = ""
    siren: Line = ""
    vat: Line = ""
    email: Address = ""
    phone: Line = ""
    iban: Iban = ""
    bic: Line = ""
    signer_name: Line = ""
    signer_capacity: Line = ""
    timezone: ZoneName = "Europe/Paris"
    currency: Line = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    addresses: tuple[Address, ...] = ()  #: further addresses of ours: mail from them is a colleague's

    @property
    def party(self) -> Party:
        """The creditor as a letter names it."""
        return Party(self.name, self.street, self.postal_code, self.city, self.country, self.siren, self.vat)

    @property
    def zone(self) -> ZoneInfo:
        """Its time zone."""
        return ZoneInfo(self.timezone)


class Sending(Settings):
    """What leaves, and where to."""

    mode: Mode = Mode.SHADOW
    redirect_to: Address = ""

    @model_validator(mode="after")
    def _redirect_somewhere(self) -> Sending:
        if self.mode is Mode.REDIRECT and not self.redirect_to:
            msg = 'mode = "redirect" needs redirect_to = "the team\'s own address"'
            raise ValueError(msg)
        return self


class Rehearsal(Settings):
    """A clock that begins elsewhere; only towards loopback servers."""

    start: Instant | None = None


class Daemon(Settings):
    """How `run` behaves."""

    look_every: float = Field(default=60, gt=0)  #: seconds between two looks at what is due


class Paths(Settings):
    """Where things lie; relative paths are seen from the configuration's folder."""

    database: str = "relance.db"
    state_file: str = ""  #: default: beside the database, <database>.state.json
    templates: str = "templates"


class Config(Settings):
    """All settings of one installation."""

    creditor: Creditor
    smtp: Smtp
    mailboxes: tuple[Mailbox, ...] = Field(min_length=1)
    sending: Sending = Sending()
    policy: PolicySettings = PolicySettings()
    holds: HoldSettings = HoldSettings()
    rates: tuple[Rate, ...] = ()
    daemon: Daemon = Daemon()
    paths: Paths = Paths()
    rehearsal: Rehearsal | None = None
    language: Literal["fr", "en"] = "fr"  #: of what the team reads: terminal, alerts, ledger words
    _folder: Path = PrivateAttr(default=Path())

    @model_validator(mode="after")
    def _consistent(self) -> Config:
        names = [mailbox.name for mailbox in self.mailboxes]
        if len(set(names)) != len(names):
            msg = "two mailboxes have the same name"
            raise ValueError(msg)
        servers: list[Server] = [self.smtp, *self.mailboxes]
        if self.rehearsal and any(server.host not in LOOPBACK for server in servers):
            msg = "[rehearsal] moves the clock, so every server must be on this machine (127.0.0.1, ::1, localhost)"
            raise ValueError(msg)
        return self

    def seen_from(self, folder: Path) -> Config:
        """Return these settings with every relative path seen from `folder`."""
        config = self.model_copy(
            update={
                "smtp": self.smtp.seen_from(folder),
                "mailboxes": tuple(mailbox.seen_from(folder) for mailbox in self.mailboxes),
            }
        )
        config._folder = folder  # noqa: SLF001 - its own
        return config

    @property
    def folder(self) -> Path:
        """The folder of the configuration file, from which relative paths are seen."""
        return self._folder

    @property
    def database(self) -> Path:
        """The database's path."""
        return self.folder / self.paths.database

    @property
    def state_file(self) -> Path:
        """The file outside the database that knows its installation (rule 9)."""
        return self.folder / (self.paths.state_file or f"{self.paths.database}.state.json")

    @property
    def templates(self) -> Path:
        """The admin's own templates."""
        return self.folder / self.paths.templates


def load(path: Path) -> Config:
    """Read `path`; ConfigError, with file and key, if it cannot be used."""
    try:
        data = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError as error:
        msg = f"there is no configuration {path}: write one with `relance-mailer init`, or name it with --config"
        raise ConfigError(msg) from error
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path} cannot be read: {error}"
        raise ConfigError(msg) from error
    except tomllib.TOMLDecodeError as error:
        msg = f"{path} is not valid TOML: {error}"
        raise ConfigError(msg) from error
    return parse(data, path)


def parse(data: dict[str, Any], path: Path) -> Config:
    """Return the settings in `data`; ConfigError naming every key that is wrong."""
    try:
        return Config.model_validate(data).seen_from(path.absolute().parent)
    except ValidationError as error:
        lines = [f"{path}:"]
        for problem in error.errors(include_url=False, include_input=False, include_context=False):
            where = ".".join(str(part) for part in problem["loc"]) or "the whole"
            words = {
                "extra_forbidden": "is not a setting that exists (a spelling mistake?)",
                "missing": "is missing",
            }
            lines.append(
                f"  {where}: {words.get(problem['type'], problem['msg'].removeprefix('Value error, '))}"
            )
        raise ConfigError("\n".join(lines)) from error
