"""Access tokens instead of passwords: kept, renewed before they run out, and once more when a server refuses one.

    TokenSource.token() ─▶ the file (oauth_file) ─▶ still good? ─▶ the token
                                                    else ─▶ the identity provider (oauth_microsoft, oauth_google)

Several threads and processes may share one identity: whoever holds the file's lock renews, the others take what it
got, so that no refresh token is spent twice. Times are reckoned by the clock handed in, from the lifetime that the
provider names; the vendors' own idea of the time decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from relance_mailer.clock import Clock
from relance_mailer.errors import ImapError, MailError, SmtpError
from relance_mailer.mail.oauth_file import TokenFile, Tokens, trouble

if TYPE_CHECKING:
    from relance_mailer.mail.oauth_http import Http

MARGIN = timedelta(minutes=5)  #: before its end, a token is renewed
#: Flows that begin with a person who logs in; the others get a token by themselves.
BY_PERSON = frozenset({"device_code", "installed"})

#: Gives an access token; called with the one that a server has just refused, or with "".
TokenGiver = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who logs in, and who vouches for it."""

    name: str
    flow: str
    tenant: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    service_account: dict[str, Any] | None = field(default=None, repr=False)  #: Google's file
    subject: str = ""
    scopes: tuple[str, ...] = ()
    authority: str = ""
    token_url: str = ""
    ca_file: str | None = None
    timeout: float = 30  #: seconds for each answer of the provider's

    @property
    def by_person(self) -> bool:
        """Whether it begins with a person who logs in."""
        return self.flow in BY_PERSON

    @property
    def remedy(self) -> str:
        """What to do where a new log-in is needed."""
        return f"run `relance-mailer auth login {self.name}`"

    @property
    def issued_for(self) -> str:
        """What tokens must have been issued for to be this identity's; holds no secret."""
        account = (self.service_account or {}).get("client_email", "")
        parts = (self.flow, self.authority, self.tenant, self.client_id, account, self.subject, *self.scopes)
        return " ".join(map(str, filter(None, parts)))


@dataclass(frozen=True, slots=True)
class Grant:
    """What an identity provider has just handed out."""

    access_token: str = field(repr=False)
    lifetime: timedelta
    refresh_token: str = field(default="", repr=False)
    who: str = ""


class TokenSource:
    """The access tokens of one identity; blocks while it talks to the provider (its methods are for threads)."""

    def __init__(self, identity: Identity, path: Path, clock: Clock) -> None:
        self.identity = identity
        self._file = TokenFile(path, identity.remedy)
        self._clock = clock

    def token(self, rejected: str = "") -> str:
        """Return an access token that is good for some minutes, and is not the `rejected` one.

        Raises:
            MailError: there is none to be had; `permanent` where a person must do something about it.
        """
        held = self.held()
        if held and self._good(held, rejected):
            return held.access_token
        with self._file.locked():
            held = self.held()  # another process may have renewed it meanwhile
            if not held or not self._good(held, rejected):
                held = self._renewed(held, rejected)
            return held.access_token

    def held(self) -> Tokens | None:
        """Return the tokens in the file, if they are this identity's."""
        held = self._file.read()
        return held if held and held.issued_for == self.identity.issued_for else None

    def keep(self, grant: Grant) -> Tokens:
        """Keep what a person's log-in, or a first request, has brought."""
        with self._file.locked(), self._file.replacing() as put:
            tokens = self._dated(grant, self._clock.now())
            put(tokens)
        return tokens

    def forget(self) -> bool:
        """Remove the tokens; say whether there were any."""
        return self._file.remove()

    def fetch(self) -> Tokens:
        """Get a first token for an identity that needs no person, whatever the file holds."""
        return self.keep(_obtained(self.identity, ""))

    def _good(self, held: Tokens, rejected: str) -> bool:
        return held.access_token != rejected and self._clock.now() + MARGIN < held.expires_at

    def _renewed(self, held: Tokens | None, rejected: str) -> Tokens:
        refresh_token = held.refresh_token if held else ""
        if self.identity.by_person and not refresh_token:
            raise trouble(f"nobody has logged in yet as {self.identity.name}: {self.identity.remedy}")
        with self._file.replacing() as put:
            now = self._clock.now()
            try:
                grant = _obtained(self.identity, refresh_token)
            except MailError as error:
                if error.permanent or held is None or not self._bridges(held, rejected, now):
                    raise
                return held
            tokens = self._dated(grant, now, held)
            put(tokens)
        return tokens

    def _bridges(self, held: Tokens, rejected: str, now: datetime) -> bool:
        """Say whether a token near its end may still be shown while the provider is away."""
        return held.access_token != rejected and now < held.expires_at

    def _dated(self, grant: Grant, now: datetime, held: Tokens | None = None) -> Tokens:
        """Return tokens with their end by our clock; a provider that names no new refresh token leaves the old one."""
        return Tokens(
            issued_for=self.identity.issued_for,
            access_token=grant.access_token,
            expires_at=now + grant.lifetime,
            refresh_token=grant.refresh_token or (held.refresh_token if held else ""),
            who=grant.who or (held.who if held else ""),
        )


def for_smtp(token: TokenGiver, rejected: str = "") -> str:
    """Return an access token; SmtpError if there is none to be had."""
    try:
        return token(rejected)
    except MailError as error:
        raise SmtpError(error.answer, permanent=error.permanent, scope=error.scope, phase="auth") from error


def for_imap(token: TokenGiver, rejected: str = "") -> str:
    """Return an access token; ImapError if there is none to be had."""
    try:
        return token(rejected)
    except MailError as error:
        raise ImapError(error.answer, permanent=error.permanent, scope=error.scope, phase="auth") from error


def _obtained(identity: Identity, refresh_token: str) -> Grant:
    """Ask the provider for a token, by the identity's flow."""
    from relance_mailer.mail import oauth_google, oauth_microsoft  # with vendors that most runs do not need
    from relance_mailer.mail.oauth_http import asking

    flows: dict[str, Callable[[Identity, Http, str], Grant]] = {
        "client_credentials": oauth_microsoft.for_client,
        "device_code": oauth_microsoft.by_refresh_token,
        "installed": oauth_google.by_refresh_token,
        "service_account": oauth_google.by_assertion,
    }
    with asking(identity, refresh_token) as http:
        return flows[identity.flow](identity, http, refresh_token)
