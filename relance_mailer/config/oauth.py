"""Logging in by OAuth 2: who hands out the tokens, and by which road they are got."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PrivateAttr, SecretStr, model_validator

from relance_mailer.config.fields import Address, ContradictionError, Line, Settings
from relance_mailer.config.servers import LOOPBACK, read_secret, secret_file
from relance_mailer.errors import ConfigError

Provider = Literal["microsoft", "google"]
Flow = Literal["client_credentials", "device_code", "installed", "service_account"]

#: What a flow needs; everything of the others' that it does not need is refused.
NEEDS: dict[Flow, tuple[str, ...]] = {
    "client_credentials": ("tenant", "client_id", "client_secret"),
    "device_code": ("tenant", "client_id"),
    "installed": ("client_id", "client_secret"),
    "service_account": ("service_account_file", "subject"),
}
PROVIDERS: dict[Flow, Provider] = {
    "client_credentials": "microsoft",
    "device_code": "microsoft",
    "installed": "google",
    "service_account": "google",
}
_SHARED_TENANTS = frozenset({"common", "organizations", "consumers"})


def _https(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme != "https" or not parts.hostname or parts.username or parts.query):
        msg = "must be an address that begins with https://, without user or query: secrets are sent there"
        raise ValueError(msg)
    return value.rstrip("/")


Https = Annotated[Line, AfterValidator(_https)]


class OAuth(Settings):
    """One identity to log in with; `[smtp]` and `[[mailboxes]]` name it by `oauth`."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    provider: Provider
    flow: Flow
    tenant: str = Field(default="", pattern=r"^[A-Za-z0-9.-]*$")  #: Microsoft's: the directory's id or domain
    client_id: Line = ""
    client_secret: SecretStr | None = None
    client_secret_env: str = ""
    client_secret_file: str = ""
    service_account_file: str = ""  #: Google's JSON file with the private key
    subject: Address = ""  #: in whose name a service account acts
    scopes: tuple[Line, ...] = ()  #: default: the provider's, for SMTP and IMAP
    authority: Https = ""  #: default: the provider's; others for national clouds
    token_url: Https = ""  #: Google only; default: the provider's
    ca_file: str = ""
    token_file: str = ""  #: default: beside the database, <database>.oauth-<name>.json
    _folder: Path = PrivateAttr(default=Path())

    def seen_from(self, folder: Path) -> Self:
        """Return these settings with their files' relative paths seen from `folder`."""
        seen = self.model_copy(update={"ca_file": str(folder / self.ca_file)} if self.ca_file else {})
        seen._folder = folder  # noqa: SLF001 - its own
        return seen

    @property
    def is_local(self) -> bool:
        """Whether every address that it names is on this machine, and it names one."""
        hosts = {urlsplit(url).hostname for url in (self.authority, self.token_url) if url}
        needed = {self.authority} if self.provider == "microsoft" else {self.authority, self.token_url}
        return "" not in needed and hosts <= LOOPBACK

    def secret(self) -> str:
        """Return the client's secret, "" if none is configured; ConfigError if its source is missing."""
        value = self.client_secret.get_secret_value() if self.client_secret else ""
        return read_secret(
            "client_secret", value, self.client_secret_env, self.client_secret_file, self._folder
        )

    def service_account(self) -> dict[str, Any] | None:
        """Return what Google's JSON file says, None where none is named; ConfigError if it is no such file."""
        if not self.service_account_file:
            return None
        path = secret_file(self.service_account_file, self._folder)
        try:
            told = json.loads(path.read_text("utf-8"))
        except OSError as error:
            raise ConfigError(f"service_account_file {path} cannot be read: {error.strerror}") from None
        except (ValueError, RecursionError):  # their words would show a part of the key
            told = None
        if not isinstance(told, dict) or not told.keys() >= {"client_email", "private_key", "token_uri"}:
            raise ConfigError(
                f"service_account_file {path} is not Google's JSON file with a service account's key"
            )
        return told

    def secret_files(self, config_file: Path) -> list[Path]:
        """Return the files that hold a secret of this identity, the configuration itself among them if it does."""
        names = [name for name in (self.client_secret_file, self.service_account_file) if name]
        files = [secret_file(name, self._folder) for name in names]
        return [*files, config_file] if self.client_secret else files

    @model_validator(mode="after")
    def _fits(self) -> OAuth:
        for key, wrong, msg in self._faults():
            if wrong:
                raise ContradictionError(msg, key)
        return self

    def _faults(self) -> list[tuple[str, bool, str]]:
        sources = [bool(one) for one in (self.client_secret, self.client_secret_env, self.client_secret_file)]
        given = {
            "tenant": bool(self.tenant),
            "client_id": bool(self.client_id),
            "client_secret": any(sources),
            "service_account_file": bool(self.service_account_file),
            "subject": bool(self.subject),
        }
        needed, provider = NEEDS[self.flow], PROVIDERS[self.flow]
        missing = ", ".join(key for key in needed if not given[key])
        useless = ", ".join(key for key in given if given[key] and key not in needed)
        shared = self.flow == "client_credentials" and self.tenant.lower() in _SHARED_TENANTS
        misplaced = self.provider == "microsoft" and bool(self.token_url)
        return [
            ("flow", self.provider != provider, f'flow = "{self.flow}" is for provider = "{provider}"'),
            (
                "client_secret_env",
                sum(sources) > 1,
                "give one of client_secret, client_secret_env and client_secret_file, not several",
            ),
            ("flow", bool(missing), f'flow = "{self.flow}" needs {missing}'),
            ("flow", bool(useless), f'flow = "{self.flow}" has no use for {useless}'),
            ("tenant", shared, f'tenant = "{self.tenant}" names no directory: give its id or its domain'),
            ("token_url", misplaced, "token_url is Google's alone: Microsoft's is found by authority"),
        ]
