"""Logging in by OAuth 2: auth login, auth status, auth logout."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from relance_mailer import bootstrap
from relance_mailer.cli.common import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    app,
    load,
    print_error,
    print_json,
    say,
)
from relance_mailer.cli.tables import print_table
from relance_mailer.config import Config, OAuth, Server
from relance_mailer.mail.oauth import TokenSource
from relance_mailer.mail.oauth_file import Tokens
from relance_mailer.services import logins
from relance_mailer.services.logins import SMTP, Login, State
from relance_mailer.texts import formats
from relance_mailer.texts.words import say as words

if TYPE_CHECKING:  # the vendors' libraries are loaded where a person logs in
    from relance_mailer.mail.oauth_microsoft import Invitation

auths = typer.Typer(no_args_is_help=True, help="Logging in to mail servers by OAuth 2.")
app.add_typer(auths, name="auth")

AccountArgument = Annotated[
    str,
    typer.Argument(metavar="[SMTP|MAILBOX]", help="smtp, a mailbox's or an identity's name; default: all."),
]
_WRONG = frozenset({State.LOGIN_NEEDED, State.TROUBLE})


@auths.command("login")
def login(
    account: AccountArgument = "",
    config: ConfigOption = DEFAULT_CONFIG,
    paste: Annotated[
        bool, typer.Option("--paste", help="The browser is on another machine: paste the address it ends at.")
    ] = False,
) -> None:
    """Log in, guided step by step; then try SMTP and IMAP."""
    settings = load(config)
    clock = bootstrap.make_clock(settings)
    sources = bootstrap.make_token_sources(settings, clock)
    identities = logins.chosen(settings, account)
    try:
        for identity in identities:
            _log_in(settings, identity, sources[identity.name], paste=paste)
    except (KeyboardInterrupt, typer.Abort):
        print_error(words("auth.aborted", settings.language))
        raise typer.Exit(1) from None
    tried = [_try(settings, identity) for identity in identities]
    if not all(tried):
        raise typer.Exit(1)


@auths.command("status")
def status(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Say how each account logs in and until when its token is good; asks no server."""
    settings = load(config)
    clock = bootstrap.make_clock(settings)
    found = logins.overview(settings, bootstrap.make_token_sources(settings, clock), clock.now())
    if as_json:
        print_json([_as_json(one) for one in found])
    else:
        language = settings.language
        heads = [words(f"auth.head.{key}", language) for key in ("account", "how", "state", "until", "who")]
        print_table(heads, [_row(one, settings) for one in found])
    if any(one.state in _WRONG for one in found):
        raise typer.Exit(1)


@auths.command("logout")
def logout(account: AccountArgument = "", config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Forget the tokens."""
    settings = load(config)
    sources = bootstrap.make_token_sources(settings, bootstrap.make_clock(settings))
    language = settings.language
    for identity in logins.chosen(settings, account):
        where = words(f"auth.where.{identity.provider}", language)
        key = "auth.forgotten" if sources[identity.name].forget() else "auth.unknown"
        say(words(key, language, name=identity.name, where=where))


# ── one identity ─────────────────────────────────────────────────────────────────────────────────────────────────


def _log_in(settings: Config, identity: OAuth, source: TokenSource, *, paste: bool) -> None:
    language = settings.language
    users = _users(settings, identity)
    accounts = ", ".join(users) or words("auth.nobody", language)
    told = {"name": identity.name, "provider": identity.provider, "flow": identity.flow}
    say(words("auth.begin", language, accounts=accounts, **told))
    tokens = _tokens(identity, source, language, paste=paste)
    if source.identity.by_person:
        key = "auth.done" if tokens.who else "auth.done_somebody"
        say(words(key, language, who=tokens.who))
    until = _instant(tokens.expires_at, settings)
    say(words("auth.token", language, until=until, path=settings.token_file(identity)))
    for username in dict.fromkeys(server.username for server in users.values()):
        if tokens.who and username.lower() != tokens.who.lower():
            say(words("auth.other", language, who=tokens.who, username=username))


def _tokens(identity: OAuth, source: TokenSource, language: str, *, paste: bool) -> Tokens:
    from relance_mailer.mail import oauth_login

    if identity.flow == "device_code":

        def invite(invitation: Invitation) -> None:
            minutes = invitation.seconds // 60
            say(words("auth.device", language, url=invitation.url, code=invitation.code, minutes=minutes))

        return oauth_login.by_device_code(source, invite)
    if identity.flow == "installed":
        key = "auth.paste" if paste else "auth.browser"
        ask = (lambda: str(typer.prompt(words("auth.pasted", language)))) if paste else None
        return oauth_login.by_browser(source, lambda url: say(words(key, language, url=url)), ask)
    say(words("auth.by_itself", language))
    return source.fetch()


def _users(settings: Config, identity: OAuth) -> Mapping[str, Server]:
    """Return the accounts that log in as an identity."""
    servers: dict[str, Server] = {SMTP: settings.smtp} | {one.name: one for one in settings.mailboxes}
    return {name: server for name, server in servers.items() if server.oauth == identity.name}


def _try(settings: Config, identity: OAuth) -> bool:
    """Log in to every server that an identity is for, and say how it went."""
    users = _users(settings, identity)
    accounts = bootstrap.make_accounts(settings)
    wrong = {}
    if SMTP in users:
        wrong[SMTP] = asyncio.run(logins.try_smtp(accounts.smtp))
    wrong |= {box.name: logins.try_imap(box) for box in accounts.mailboxes if box.name in users}
    for name, trouble in wrong.items():
        told = {"account": name, "host": users[name].host, "words": formats.clean(trouble)}
        if trouble:
            print_error(words("auth.failed", settings.language, **told))
        else:
            say(words("auth.tried", settings.language, **told))
    return not any(wrong.values())


# ── showing ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _instant(at: datetime, settings: Config) -> str:
    local = at.astimezone(settings.creditor.zone)
    return f"{formats.short_date(local.date(), settings.language)} {local:%H:%M}"


def _row(one: Login, settings: Config) -> list[str]:
    language = settings.language
    if one.state is None:
        how = words("auth.password" if one.username else "auth.no_login", language)
        return [one.account, how, "", "", one.username]
    state = words(f"auth.state.{one.state}", language, account=one.account, trouble=one.trouble)
    until = _instant(one.good_until, settings) if one.good_until else ""
    return [one.account, f"{one.identity} ({one.provider}, {one.flow})", state, until, one.who]


def _as_json(one: Login) -> dict[str, Any]:
    return {
        "account": one.account,
        "username": one.username or None,
        "method": "oauth" if one.state else "password" if one.username else None,
        "identity": one.identity or None,
        "provider": one.provider or None,
        "flow": one.flow or None,
        "state": one.state.value if one.state else None,
        "good_until": one.good_until.isoformat() if one.good_until else None,
        "renewable": one.renewable if one.state else None,
        "logged_in_as": one.who or None,
        "trouble": one.trouble or None,
    }
