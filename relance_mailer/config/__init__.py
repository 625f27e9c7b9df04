"""The configuration: one TOML file and the environment, read into frozen settings; an unknown key is an error."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr, model_validator

from relance_mailer.config import loading
from relance_mailer.config.fields import (
    Address,
    ContradictionError,
    CopyPath,
    Host,
    Iban,
    Instant,
    Line,
    Settings,
    ZoneName,
)
from relance_mailer.config.imports import FileSettings, Imports
from relance_mailer.config.lines import Lines
from relance_mailer.config.oauth import OAuth
from relance_mailer.config.rules import (
    HoldSettings,
    PolicyRules,
    PolicySettings,
    Privacy,
    Rate,
    StageSettings,
)
from relance_mailer.config.servers import LOOPBACK, Alerts, Mailbox, Secret, Server, Smtp
from relance_mailer.dunning.invoice import Party
from relance_mailer.dunning.notice import Mode
from relance_mailer.dunning.policy import RESERVED, Policy

__all__ = [
    "LOOPBACK",
    "Alerts",
    "Config",
    "Creditor",
    "Daemon",
    "FileSettings",
    "HoldSettings",
    "Imports",
    "Mailbox",
    "OAuth",
    "Paths",
    "PolicyRules",
    "PolicySettings",
    "Privacy",
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
    links: tuple[Host, ...] = ()  #: hosts that texts may link to, beside those of our own addresses' domains

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
    invoice_copies: CopyPath = ""  #: each invoice's own document, that goes with its reminders

    @model_validator(mode="after")
    def _redirect_somewhere(self) -> Sending:
        if self.mode is Mode.REDIRECT and not self.redirect_to:
            msg = 'mode = "redirect" needs redirect_to = "the team\'s own address"'
            raise ContradictionError(msg, "mode")
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


#: One way only to write a name, whatever case, accents and spaces a file of debtors has.
PolicyName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]


class Config(Settings):
    """All settings of one installation."""

    creditor: Creditor
    smtp: Smtp
    mailboxes: tuple[Mailbox, ...] = Field(min_length=1)
    oauth: tuple[OAuth, ...] = ()
    sending: Sending = Sending()
    alerts: Alerts = Alerts()
    policy: PolicySettings = PolicySettings()
    policies: dict[PolicyName, PolicyRules] = Field(default_factory=dict)
    holds: HoldSettings = HoldSettings()
    privacy: Privacy = Privacy()
    rates: tuple[Rate, ...] = ()
    imports: Imports = Imports()
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
            again = next(index for index, name in enumerate(names) if name in names[:index])
            raise ContradictionError(msg, "mailboxes", again, "name")
        servers: list[Server] = [self.smtp, *self.mailboxes]
        if self.rehearsal and any(server.host not in LOOPBACK for server in servers):
            msg = "[rehearsal] moves the clock, so every server must be on this machine (127.0.0.1, ::1, localhost)"
            raise ContradictionError(msg, "rehearsal")
        return self

    @model_validator(mode="after")
    def _known_identities(self) -> Config:
        named = [identity.name for identity in self.oauth]
        for index, name in enumerate(named):
            if name in named[:index]:
                raise ContradictionError("two identities have the same name", "oauth", index, "name")
        servers: dict[tuple[str | int, ...], Server] = {("smtp",): self.smtp}
        servers |= {("mailboxes", index): mailbox for index, mailbox in enumerate(self.mailboxes)}
        for where, server in servers.items():
            if server.oauth and server.oauth not in named:
                raise ContradictionError(
                    f'oauth = "{server.oauth}" is the name of no [[oauth]]', *where, "oauth"
                )
        used = {server.oauth for server in servers.values()}
        if self.rehearsal and any(one.name in used and not one.is_local for one in self.oauth):
            msg = "[rehearsal] moves the clock, so every identity provider must be on this machine too"
            raise ContradictionError(msg, "rehearsal")
        return self

    @model_validator(mode="after")
    def _sound_policies(self) -> Config:
        for name, rules in self.policies.items():
            if name in RESERVED:
                msg = f"[policies.{name}]: this name has a meaning of its own; choose another"
                raise ContradictionError(msg, "policies", name)
            try:
                self.policy.with_rules(rules)
            except ValueError as error:
                msg = f"[policies.{name}], with what it takes from [policy]: {error}"
                raise ContradictionError(msg, "policies", name) from None
        return self

    def named_policies(self) -> dict[str, Policy]:
        """Return the policies that debtors may name, each with what it does not give itself from `[policy]`."""
        zone = self.creditor.zone
        return {
            name: self.policy.with_rules(rules).policy(zone, name) for name, rules in self.policies.items()
        }

    def seen_from(self, folder: Path) -> Config:
        """Return these settings with every relative path seen from `folder`."""
        config = self.model_copy(
            update={
                "smtp": self.smtp.seen_from(folder),
                "mailboxes": tuple(mailbox.seen_from(folder) for mailbox in self.mailboxes),
                "oauth": tuple(identity.seen_from(folder) for identity in self.oauth),
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

    def token_file(self, identity: OAuth) -> Path:
        """Return where an identity's tokens are kept (mode 0600)."""
        return self.folder / (identity.token_file or f"{self.paths.database}.oauth-{identity.name}.json")

    @property
    def templates(self) -> Path:
        """The admin's own templates."""
        return self.folder / self.paths.templates


def load(path: Path) -> Config:
    """Read `path`; ConfigError, with the file and line of all that is wrong, if it cannot be used."""
    data, lines = loading.read(path, Config)
    return parse(data, path, lines)


def parse(data: dict[str, Any], path: Path, lines: Lines | None = None) -> Config:
    """Return the settings in `data`; ConfigError naming every key that is wrong, and its line if `lines` know it."""
    return loading.settings(data, lines or Lines(), path, Config).seen_from(path.absolute().parent)
