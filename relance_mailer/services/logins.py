"""How each mail account logs in, until when its token is good, and whether a log-in succeeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from relance_mailer.config import Config, OAuth
from relance_mailer.errors import ConfigError, MailError, RelanceError
from relance_mailer.mail.imap import ImapAccount, Mailbox
from relance_mailer.mail.oauth import TokenSource
from relance_mailer.mail.smtp import SmtpAccount, SmtpConnection

SMTP = "smtp"  #: what the sending account is called on the command line


class State(StrEnum):
    """Whether an account can log in by OAuth 2 as things stand."""

    GOOD = "good"  #: its token is good
    RENEWABLE = "renewable"  #: it gets one when it needs one
    LOGIN_NEEDED = "login_needed"  #: a person must log in
    TROUBLE = "trouble"  #: its tokens cannot be used


@dataclass(frozen=True, slots=True)
class Login:
    """How one account logs in; what concerns tokens is empty for a password."""

    account: str
    username: str
    identity: str = ""
    provider: str = ""
    flow: str = ""
    state: State | None = None
    good_until: datetime | None = None
    renewable: bool = False
    who: str = ""
    trouble: str = ""


def chosen(config: Config, name: str) -> tuple[OAuth, ...]:
    """Return the identities that `name` means: an account's, an identity's own, or all for "".

    Raises:
        ConfigError: nothing is called so, or it logs in by a password.
    """
    by_account = {SMTP: config.smtp.oauth} | {one.name: one.oauth for one in config.mailboxes}
    wanted = by_account.get(name) or name
    found = tuple(one for one in config.oauth if one.name == wanted or not name)
    if found:
        return found
    if name and name not in by_account:
        known = ", ".join([*by_account, *(one.name for one in config.oauth)])
        raise ConfigError(f"there is no account or identity called {name!r} (there are: {known})")
    raise ConfigError(
        f"{name or 'every account'} logs in by its password: "
        'give it oauth = "NAME", and write an [[oauth]] section of that name (docs/microsoft365.md, docs/gmail.md)'
    )


def overview(config: Config, sources: Mapping[str, TokenSource], now: datetime) -> list[Login]:
    """Return how every account logs in; nothing is asked of any server."""
    accounts = {SMTP: config.smtp} | {one.name: one for one in config.mailboxes}
    identities = {one.name: one for one in config.oauth}
    return [
        _login(name, server.username, identities[server.oauth], sources[server.oauth], now)
        if server.oauth
        else Login(name, server.username)
        for name, server in accounts.items()
    ]


def _login(account: str, username: str, identity: OAuth, source: TokenSource, now: datetime) -> Login:
    named = (account, username, identity.name, identity.provider, identity.flow)
    try:
        held = source.held()
    except MailError as error:
        return Login(*named, State.TROUBLE, trouble=error.answer)
    renewable = not source.identity.by_person or bool(held and held.refresh_token)
    if held and now < held.expires_at:
        state = State.GOOD
    else:
        state = State.RENEWABLE if renewable else State.LOGIN_NEEDED
    return Login(*named, state, held.expires_at if held else None, renewable, held.who if held else "")


async def try_smtp(account: SmtpAccount) -> str:
    """Log in to the sending server and leave; return what is wrong, "" if nothing is."""
    try:
        async with SmtpConnection(account):
            return ""
    except RelanceError as error:
        return str(error)


def try_imap(account: ImapAccount) -> str:
    """Open a mailbox and leave; return what is wrong, "" if nothing is."""
    try:
        with Mailbox(account) as mailbox:
            mailbox.folders()
            return ""
    except RelanceError as error:
        return str(error)
