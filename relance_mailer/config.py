"""The configuration: one TOML file and the environment, read into frozen settings; an unknown key is an error."""

from __future__ import annotations

import os
import tomllib
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from relance_mailer.dunning.calendar import Window
from relance_mailer.dunning.invoice import Party
from relance_mailer.dunning.notice import Mode
from relance_mailer.dunning.policy import DEFAULT_STAGES, Brake, Entry, Policy, Stage, StageKind
from relance_mailer.errors import ConfigError

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _one_line(value: str) -> str:
    if any(ord(char) < ord(" ") or ord(char) == 0x7F for char in value):
        msg = "must stand on one line, without control characters"
        raise ValueError(msg)
    return value.strip()


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        msg = "needs an offset, for example 2026-03-02T09:00:00+01:00"
        raise ValueError(msg)
    return value


Line = Annotated[str, AfterValidator(_one_line)]
Iban = Annotated[str, AfterValidator(lambda value: _one_line(value).replace(" ", "").upper())]


class Settings(BaseModel):
    """Base of every section: frozen, and a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Secret(Settings):
    """A password, given in words, by an environment variable, or by a file (systemd credentials among them)."""

    password: SecretStr | None = None
    password_env: str = ""
    password_file: str = ""

    @model_validator(mode="after")
    def _one_source(self) -> Secret:
        if sum(map(bool, (self.password, self.password_env, self.password_file))) > 1:
            msg = "give one of password, password_env and password_file, not several"
            raise ValueError(msg)
        return self

    def secret(self) -> str:
        """Return the password, "" if none is configured; ConfigError if its source is missing."""
        if self.password:
            return self.password.get_secret_value()
        if self.password_env:
            if self.password_env not in os.environ:
                msg = f"the environment variable {self.password_env} that password_env names is not set"
                raise ConfigError(msg)
            return os.environ[self.password_env]
        if self.password_file:
            path = Path(os.environ.get("CREDENTIALS_DIRECTORY", ""), self.password_file)
            try:
                return path.read_text("utf-8").rstrip("\r\n")
            except OSError as error:
                msg = f"password_file {path} cannot be read: {error.strerror}"
                raise ConfigError(msg) from error
        return ""


Tls = Literal["tls", "starttls", "none"]


class Server(Secret):
    """A mail server; clear text only towards this machine unless `allow_cleartext` says so in words."""

    host: Line
    port: int = Field(ge=1, le=65535)
    tls: Tls = "tls"
    allow_cleartext: bool = False
    ca_file: str = ""
    username: Line = ""
    timeout: float = Field(default=60, gt=0)

    @model_validator(mode="after")
    def _no_clear_text(self) -> Server:
        if self.tls == "none" and self.host not in LOOPBACK and not self.allow_cleartext:
            msg = f'tls = "none" towards {self.host} would send mail and password in clear text: use "tls" or "starttls"'
            raise ValueError(msg)
        return self


class Smtp(Server):
    """How mail leaves."""

    port: int = Field(default=465, ge=1, le=65535)
    from_address: Line
    from_name: Line = ""
    reply_to: Line = ""
    plus_address: bool = False  #: answers come to local+r<id>-<signature>@domain
    bcc: Line = ""  #: a copy of every notice, by which a doubt can be settled
    sent_copy: Literal["append", "none"] = "none"
    rate: str = Field(default="30/minute", pattern=r"^(unlimited|[1-9]\d*/(second|minute|hour|day))$")
    connections: int = Field(default=2, ge=1, le=32)
    dot_timeout: float = Field(default=600, gt=0)  #: RFC 5321, section 4.5.3.2.6


class Mailbox(Server):
    """A mailbox to watch."""

    name: Line = "inbox"
    port: int = Field(default=993, ge=1, le=65535)
    folders: tuple[Line, ...] = ("INBOX", "\\Junk", "\\Sent")
    poll_seconds: float = Field(default=60, gt=0)
    idle: bool = True
    authserv_id: Line = ""  #: whose Authentication-Results to believe


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
    email: Line = ""
    phone: Line = ""
    iban: Iban = ""
    bic: Line = ""
    signer_name: Line = ""
    signer_capacity: Line = ""
    timezone: Line = "Europe/Paris"
    currency: Line = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    addresses: tuple[Line, ...] = ()  #: further addresses of ours: mail from them is a colleague's

    @property
    def party(self) -> Party:
        """The creditor as a letter names it."""
        return Party(
            self.name, self.street, self.postal_code, self.city, self.country, self.siren, self.vat
        )

    @property
    def zone(self) -> ZoneInfo:
        """Its time zone; ConfigError if there is none of that name."""
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            msg = f"[creditor] timezone: there is no time zone called {self.timezone!r} (for example Europe/Paris)"
            raise ConfigError(msg) from error


class Sending(Settings):
    """What leaves, and where to."""

    mode: Mode = Mode.SHADOW
    redirect_to: Line = ""

    @model_validator(mode="after")
    def _redirect_somewhere(self) -> Sending:
        if self.mode is Mode.REDIRECT and not self.redirect_to:
            msg = 'mode = "redirect" needs redirect_to = "the team\'s own address"'
            raise ValueError(msg)
        return self


class StageSettings(Settings):
    """One stage of a policy of one's own."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: StageKind
    offset_days: int
    deadline_days: int = 0
    needs_approval: bool = False
    shows_claim: bool = False


class PolicySettings(Settings):
    """The dunning policy; what is not given keeps its default."""

    entry: Entry = Entry.FIRST
    min_days_between: int = Field(default=5, ge=1)
    window_days: tuple[Weekday, ...] = _DAYS[:5]
    window_start: time = time(9)
    window_end: time = time(17)
    max_payment_age: int = Field(default=3, ge=0)  #: working days
    max_inbox_age: int = Field(default=30, ge=1)  #: minutes
    courtesy_holds: int = Field(default=2, ge=0)
    replaced_promises: int = Field(default=2, ge=0)
    brake_times_usual: int = Field(default=3, ge=1)
    brake_first_contacts: int = Field(default=20, ge=0)
    stages: tuple[StageSettings, ...] = ()

    def policy(self, zone: ZoneInfo) -> Policy:
        """Return the policy that these settings describe, its window in `zone`."""
        days = frozenset(_DAYS.index(day) for day in self.window_days)
        stages = tuple(Stage(**stage.model_dump()) for stage in self.stages) or DEFAULT_STAGES
        return Policy(
            stages=stages,
            entry=self.entry,
            window=Window(days, self.window_start, self.window_end, zone),
            min_days_between=self.min_days_between,
            max_payment_age=self.max_payment_age,
            max_inbox_age=timedelta(minutes=self.max_inbox_age),
            courtesy_holds=self.courtesy_holds,
            replaced_promises=self.replaced_promises,
            brake=Brake(self.brake_times_usual, self.brake_first_contacts),
        )

    @model_validator(mode="after")
    def _sensible(self) -> PolicySettings:
        if self.window_start >= self.window_end:
            msg = "window_start must be before window_end"
            raise ValueError(msg)
        if len({stage.key for stage in self.stages}) != len(self.stages):
            msg = "two stages have the same key"
            raise ValueError(msg)
        if any(stage.kind is StageKind.FORMAL_NOTICE and not stage.needs_approval for stage in self.stages):
            msg = "a formal notice always needs a person: set needs_approval = true"
            raise ValueError(msg)
        return self


class HoldSettings(Settings):
    """How long an answer pauses, in working days (the reply taxonomy's table)."""

    promise_grace: int = Field(default=3, ge=0)
    promise_longest: int = Field(default=30, ge=1)  #: calendar days; a later promise has an owner and no end
    promise_without_date: int = Field(default=7, ge=1)
    already_paid: int = Field(default=5, ge=1)
    document_request: int = Field(default=5, ge=1)
    wrong_contact: int = Field(default=5, ge=1)
    acknowledgement: int = Field(default=4, ge=1)
    other: int = Field(default=3, ge=1)
    review: int = Field(default=3, ge=1)


class Rate(Settings):
    """A half-year's ECB main refinancing rate, in percent, where the program does not know it yet."""

    effective_from: date
    ecb: Decimal


class Rehearsal(Settings):
    """A clock that begins elsewhere; only towards loopback servers."""

    start: Annotated[datetime, AfterValidator(_aware)] | None = None


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
    folder: Path = Path()

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
        data = tomllib.loads(path.read_text("utf-8"))
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
        return Config(**{**data, "folder": path.absolute().parent})
    except ValidationError as error:
        lines = [f"{path}:"]
        for problem in error.errors(include_url=False, include_input=False, include_context=False):
            where = ".".join(str(part) for part in problem["loc"]) or "the whole"
            words = {"extra_forbidden": "is not a setting that exists (a spelling mistake?)", "missing": "is missing"}
            lines.append(f"  {where}: {words.get(problem['type'], problem['msg'])}")
        raise ConfigError("\n".join(lines)) from error
