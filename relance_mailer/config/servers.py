"""The mail servers: where mail leaves and where answers come in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, PrivateAttr, SecretStr, model_validator

from relance_mailer.config.fields import Address, Line, Settings
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
            path = Path(os.environ.get("CREDENTIALS_DIRECTORY", self._folder), self.password_file)
            try:
                return path.read_text("utf-8").rstrip("\r\n")
            except OSError as error:
                msg = f"password_file {path} cannot be read: {error.strerror}"
                raise ConfigError(msg) from error
            except UnicodeDecodeError:
                msg = f"password_file {path} is not UTF-8 text"
                raise ConfigError(msg) from None  # the error's own words would show a part of the password
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

    def seen_from(self, folder: Path) -> Self:
        """Return this server with its files' relative paths seen from `folder`."""
        server = self.model_copy(update={"ca_file": str(folder / self.ca_file)} if self.ca_file else {})
        server._folder = folder  # noqa: SLF001 - its own
        return server

    @model_validator(mode="after")
    def _no_clear_text(self) -> Server:
        if self.tls == "none" and self.host not in LOOPBACK and not self.allow_cleartext:
            msg = f'tls = "none" towards {self.host} would send mail and password in clear text: use "tls" or "starttls"'
            raise ValueError(msg)
        return self


class Smtp(Server):
    """How mail leaves."""

    port: int = Field(default=465, ge=1, le=65535)
    from_address: Address = Field(min_length=1)
    from_name: Line = ""
    reply_to: Address = ""
    plus_address: bool = False  #: answers come to local+r<id>-<signature>@domain
    bcc: Address = ""  #: a copy of every notice, by which a doubt can be settled
    sent_copy: Literal["append", "none"] = (
        "none"  #: file a copy in the first mailbox's Sent folder, once sent
    )
    rate: str = Field(default="30/minute", pattern=r"^(unlimited|[1-9]\d*/(second|minute|hour|day))$")
    connections: int = Field(default=2, ge=1, le=32)
    dot_timeout: float = Field(default=600, gt=0)  #: RFC 5321, section 4.5.3.2.6


class Mailbox(Server):
    """A mailbox to watch."""

    name: Line = "inbox"
    port: int = Field(default=993, ge=1, le=65535)
    folders: tuple[Line, ...] = Field(default=("INBOX", "\\Junk", "\\Sent"), min_length=1)
    poll_seconds: float = Field(default=60, gt=0)
    idle: bool = True
    authserv_id: Line = ""  #: whose Authentication-Results to believe
