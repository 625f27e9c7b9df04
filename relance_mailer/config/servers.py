"""The mail servers: where mail leaves and where answers come in."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, SecretStr, model_validator

from relance_mailer.config.fields import Address, ContradictionError, Line, Settings
from relance_mailer.errors import ConfigError

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Secret(Settings):
    """A password, given in words, by an environment variable, or by a file (systemd credentials among them)."""

    password: SecretStr | None = None
    password_env: str = ""
    password_file: str = ""
    _folder: Path = PrivateAttr(default=Path())

    @model_validator(mode="after")
    def _one_source(self) -> Secret:
        if sum(map(bool, (self.password, self.password_env, self.password_file))) > 1:
            msg = "give one of password, password_env and password_file, not several"
            raise ContradictionError(msg, "password_file" if self.password_file else "password_env")
        return self

    def secret(self) -> str:
        """Return the password, "" if none is configured; ConfigError if its source is missing."""
        value = self.password.get_secret_value() if self.password else ""
        return read_secret("password", value, self.password_env, self.password_file, self._folder)

    @property
    def file(self) -> Path | None:
        """The file with the password, None where it comes from elsewhere."""
        return secret_file(self.password_file, self._folder) if self.password_file else None


def read_secret(key: str, value: str, env: str, file: str, folder: Path) -> str:
    """Return a secret given as it is, by an environment variable, or by a file; "" if by none of them.

    Args:
        key: the setting's name; `<key>_env` and `<key>_file` name its other sources.
        value: the secret itself, "" if not given so.
        env: the environment variable's name.
        file: the file's name; see `secret_file`.
        folder: the configuration's, from which a relative file is seen.

    Raises:
        ConfigError: its source is missing or empty; the secret is not in the words, nor in a cause.
    """
    if value:
        return value
    if env:
        if not os.environ.get(env):
            state = "empty" if env in os.environ else "not set"
            raise ConfigError(f"the environment variable {env} that {key}_env names is {state}")
        return os.environ[env]
    return _in_file(f"{key}_file", secret_file(file, folder)) if file else ""


def secret_file(name: str, folder: Path) -> Path:
    """Return where a file with a secret lies: systemd's credential of that name if there is one, else seen from `folder`."""
    credential = Path(os.environ.get("CREDENTIALS_DIRECTORY", folder), name)
    return credential if credential.exists() else folder / name


def _in_file(key: str, path: Path) -> str:
    """Return the one line of a file; what is wrong with it is told without its content."""
    try:
        secret = path.read_text("utf-8").rstrip("\r\n")
    except OSError as error:
        raise ConfigError(f"{key} {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:  # its own words would show a part of the secret
        raise ConfigError(f"{key} {path} is not UTF-8 text") from None
    if not secret or len(secret.splitlines()) > 1:
        raise ConfigError(f"{key} {path} must hold the secret and nothing else, on one line")
    return secret


def exposed(secrets: Iterable[Secret], config_file: Path) -> tuple[Path, ...]:
    """Return the files that hold a password and that every user of this machine may read (POSIX mode o+r), once each.

    The remedy is `chmod 600 FILE`, or 640 with the group of the user that runs the program.
    """
    holding = [secret.file or (config_file if secret.password else None) for secret in secrets]
    return tuple(dict.fromkeys(path for path in holding if path and _readable_by_all(path)))


def _readable_by_all(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False  # that it cannot be read is told elsewhere


Tls = Literal["tls", "starttls", "none"]


class Server(Secret):
    """A mail server; clear text only towards this machine unless `allow_cleartext` says so in words."""

    host: Line
    port: int = Field(ge=1, le=65535)
    tls: Tls = "tls"
    allow_cleartext: bool = False
    ca_file: str = ""
    username: Line = ""
    oauth: str = ""  #: log in by this `[[oauth]]` identity instead of a password
    timeout: float = Field(default=60, gt=0)

    def seen_from(self, folder: Path) -> Self:
        """Return this server with its files' relative paths seen from `folder`."""
        server = self.model_copy(update={"ca_file": str(folder / self.ca_file)} if self.ca_file else {})
        server._folder = folder  # noqa: SLF001 - its own
        return server

    @model_validator(mode="after")
    def _no_clear_text(self) -> Server:
        if self.tls == "none" and self.host not in LOOPBACK and not self.allow_cleartext:
            msg = f'tls = "none" towards {self.host} would send mail and password in clear text: use "tls" or "starttls", or say allow_cleartext = true'
            raise ContradictionError(msg, "tls")
        return self

    @model_validator(mode="after")
    def _one_way_in(self) -> Server:
        if self.oauth and not self.username:
            raise ContradictionError('oauth needs username = "the mailbox\'s address"', "oauth")
        if self.oauth and (self.password or self.password_env or self.password_file):
            raise ContradictionError("log in by a password or by oauth, not by both", "oauth")
        return self


def _in_one_line(value: object) -> object:
    """Write a list of rates as one text."""
    listed = isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value)
    return ", ".join(value) if listed else value  # type: ignore[arg-type]


#: "30/minute", several of them, "auto" (what the provider of `host` allows), or "unlimited".
Rates = Annotated[
    str,
    BeforeValidator(_in_one_line),
    Field(
        pattern=r"^(auto|unlimited|[1-9]\d{0,8}( recipients)?/(second|minute|hour|day)(, ?[1-9]\d{0,8}( recipients)?/(second|minute|hour|day))*)$"
    ),
]


class Smtp(Server):
    """How mail leaves."""

    port: int = Field(default=465, ge=1, le=65535)
    from_address: Address = Field(min_length=1)
    from_name: Line = ""
    reply_to: Address = ""
    plus_address: bool = False  #: answers come to local+r<id>-<signature>@domain
    subject_token: bool = False  #: subjects end with [r<id>-<signature>]
    return_path: Literal["plain", "plus"] = "plain"  #: "plus": bounces come to local+n<id>-<signature>@domain
    bcc: Address = ""  #: a copy of every notice, by which a doubt can be settled
    sent_copy: Literal["auto", "append", "bcc", "none"] = (
        "auto"  #: how a copy of what leaves comes back to us
    )
    auto_submitted: bool = False  #: say that a machine writes (RFC 3834)
    dkim_selector: Line = Field(default="", pattern=r"^[A-Za-z0-9._-]{0,63}$")  #: for `check` (RFC 6376)
    rate: Rates = "30/minute"
    connections: int = Field(default=2, ge=1, le=32)
    dot_timeout: float = Field(default=600, gt=0)  #: RFC 5321, section 4.5.3.2.6


class Alerts(Settings):
    """Whom to tell by e-mail what waits for a person."""

    to: tuple[Annotated[Address, Field(min_length=1)], ...] = ()  #: the team's own addresses; none: nobody


class Mailbox(Server):
    """A mailbox to watch."""

    name: Line = "inbox"
    port: int = Field(default=993, ge=1, le=65535)
    folders: tuple[Line, ...] = Field(default=("INBOX", "\\Junk", "\\Sent"), min_length=1)
    poll_seconds: float = Field(default=60, gt=0)
    idle: bool = True
    processed_folder: Line = (
        ""  #: where messages go once they were read, a name or a special use; "": they stay
    )
    #: What they are marked with: a keyword, or one of the flags that take nothing away.
    processed_flag: str = Field(default="", pattern=r"^(\\(Seen|Flagged|Answered)|[A-Za-z0-9$_.-]{1,64})?$")
    authserv_id: Line = ""  #: whose Authentication-Results to believe
