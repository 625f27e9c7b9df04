"""The only place that builds things and wires them: configuration in, an office and its mail accounts out."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from relance_mailer import config as configuration
from relance_mailer.clock import Clock, FixedClock, RehearsalClock, SystemClock
from relance_mailer.config import Config, Mailbox, OAuth, Smtp
from relance_mailer.dunning.notice import Mode
from relance_mailer.dunning.rates import load_rates
from relance_mailer.errors import ConfigError, TemplateError
from relance_mailer.replies.trust import Signature
from relance_mailer.services.office import Office
from relance_mailer.store import installation, schema, settings
from relance_mailer.store.db import Database
from relance_mailer.store.tables import CreditorRow
from relance_mailer.texts.load import Templates, packaged_templates
from relance_mailer.texts.render import Renderer

if TYPE_CHECKING:  # what needs mail is imported where it is used: most commands need none
    from relance_mailer.mail.dkim_check import DkimCheck
    from relance_mailer.mail.imap import ImapAccount
    from relance_mailer.mail.oauth import Identity, TokenSource
    from relance_mailer.mail.smtp import SmtpAccount
    from relance_mailer.services.reader import Reader

SIGNING_KEY = "signing_key"
_KEY_BYTES = 32
_CONFIGURATION = "configuration"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Accounts:
    """The mail accounts that a configuration names, passwords read."""

    smtp: SmtpAccount
    mailboxes: tuple[ImapAccount, ...]


def make_clock(config: Config, at: datetime | None = None) -> Clock:
    """Return the one clock: the machine's, or in rehearsal one that stands at `at` or begins at its start."""
    if at is not None:
        if config.rehearsal is None:
            msg = "--at moves the clock, which only a configuration with a [rehearsal] section allows"
            raise ConfigError(msg)
        return FixedClock(at)
    if config.rehearsal and config.rehearsal.start:
        return RehearsalClock(config.rehearsal.start)
    return SystemClock()


def install(config: Config, clock: Clock) -> None:
    """Create or update the database, and set the creditor up in it; doing it again changes nothing."""
    config.database.parent.mkdir(parents=True, exist_ok=True)
    db = Database(config.database)
    try:
        db.make_file()
        schema.migrate(db)
        with db.write() as session:
            now = clock.now()
            if settings.creditor(session, config.creditor.key) is None:
                row = CreditorRow(key=config.creditor.key, name=config.creditor.name)
                session.add(row)
                session.flush()
                assert row.id is not None
                key = secrets.token_hex(_KEY_BYTES)
                settings.write_secret(session, row.id, SIGNING_KEY, key, now=now)
                if config.creditor.iban:
                    settings.accept_iban(session, row.id, config.creditor.iban, now=now, by=_CONFIGURATION)
            if not installation.exists(session):
                installation.create(session, config.state_file, at=now)
    finally:
        db.close()


@contextmanager
def open_office(config: Config, *, at: datetime | None = None) -> Iterator[Office]:
    """Open the office that a configuration describes.

    Raises:
        ConfigError: the configuration's creditor was never set up (`relance-mailer init`).
        SchemaError: the database is older or newer than the program.
    """
    if not config.database.exists():
        msg = (
            f"there is no database {config.database}: create it with `relance-mailer db migrate` (or `init`)"
        )
        raise ConfigError(msg)
    db = Database(config.database)
    try:
        schema.check(db)
        yield make_office(config, db, make_clock(config, at))
    finally:
        db.close()


def make_office(config: Config, db: Database, clock: Clock) -> Office:
    """Put an office together on an open database."""
    with db.read() as session:
        creditor = settings.creditor(session, config.creditor.key)
        if creditor is None or creditor.id is None:
            msg = f"the creditor {config.creditor.key!r} is not in {db.name}: run `relance-mailer db migrate`"
            raise ConfigError(msg)
        key = settings.read(session, creditor.id, SIGNING_KEY)
        state = installation.examine(session, config.state_file)
    templates = Templates([config.templates, packaged_templates()])
    return Office(
        db=db,
        config=config,
        creditor_id=creditor.id,
        policy=config.policy.policy(config.creditor.zone),
        policies=config.named_policies(),
        rates=load_rates().with_overrides((rate.effective_from, rate.ecb) for rate in config.rates),
        templates=templates,
        renderer=Renderer(templates),
        clock=clock,
        key=bytes.fromhex(key),
        mode=config.sending.mode if state.trusted else Mode.SHADOW,
        installation=state,
        verify=_verify,
    )


def _verify(raw: bytes, sender_domain: str) -> tuple[Signature, ...]:
    return _dkim().verify(raw, sender_domain)


@cache
def _dkim() -> DkimCheck:
    """Return the one check of this process: it remembers keys."""
    from relance_mailer.mail.dkim_check import DkimCheck, system_resolver

    return DkimCheck(system_resolver())


def reloaded(office: Office, path: Path) -> Office:
    """Return the office with the configuration and templates read anew; the database and clock stay.

    Raises:
        ConfigError: the configuration cannot be used, or names another database.
        TemplateError: a template cannot be used.
    """
    fresh = make_office(configuration.load(path), office.db, office.clock)
    from relance_mailer.texts.check import check as check_templates
    from relance_mailer.texts.foreign import Own

    problems = check_templates(fresh.templates, Own.of(fresh.config))
    if problems:
        raise TemplateError("; ".join(f"{one.file}, line {one.line}: {one.message}" for one in problems))
    if fresh.config.database != office.config.database:
        msg = "the database cannot change while the program runs: restart it"
        raise ConfigError(msg)
    return replace(fresh, clock=office.clock)


def make_accounts(config: Config, clock: Clock | None = None) -> Accounts:
    """Read the passwords and return the mail accounts; tokens run out by `clock`."""
    sources = make_token_sources(config, clock or make_clock(config))
    return Accounts(
        _smtp(config.smtp, sources), tuple(_imap(mailbox, sources) for mailbox in config.mailboxes)
    )


def make_token_sources(config: Config, clock: Clock) -> dict[str, TokenSource]:
    """Read the secrets of the identities that the configuration names, and return where their tokens come from."""
    if not config.oauth:
        return {}
    from relance_mailer.mail.oauth import TokenSource

    return {one.name: TokenSource(_identity(one), config.token_file(one), clock) for one in config.oauth}


def _identity(settings: OAuth) -> Identity:
    from relance_mailer.mail.oauth import Identity

    return Identity(
        name=settings.name,
        flow=settings.flow,
        tenant=settings.tenant,
        client_id=settings.client_id,
        client_secret=settings.secret(),
        service_account=settings.service_account(),
        subject=settings.subject,
        scopes=settings.scopes,
        authority=settings.authority,
        token_url=settings.token_url,
        ca_file=settings.ca_file or None,
    )


def make_reader(office: Office) -> Reader:
    """Return the guarded reader of messages."""
    from relance_mailer.services.reader import Reader

    return Reader(office.own_addresses)


def _smtp(smtp: Smtp, sources: Mapping[str, TokenSource]) -> SmtpAccount:
    from relance_mailer.mail.smtp import SmtpAccount

    return SmtpAccount(
        host=smtp.host,
        port=smtp.port,
        tls=smtp.tls,
        username=smtp.username,
        password=smtp.secret(),
        token=sources[smtp.oauth].token if smtp.oauth else None,
        ca_file=smtp.ca_file or None,
        timeout=smtp.timeout,
        dot_timeout=smtp.dot_timeout,
        allow_cleartext=smtp.allow_cleartext,
    )


def _imap(mailbox: Mailbox, sources: Mapping[str, TokenSource]) -> ImapAccount:
    from relance_mailer.mail.imap import ImapAccount

    return ImapAccount(
        name=mailbox.name,
        host=mailbox.host,
        port=mailbox.port,
        tls=mailbox.tls,
        username=mailbox.username,
        password=mailbox.secret(),
        token=sources[mailbox.oauth].token if mailbox.oauth else None,
        ca_file=mailbox.ca_file or None,
        folders=mailbox.folders,
        poll_seconds=mailbox.poll_seconds,
        idle=mailbox.idle,
        processed_folder=mailbox.processed_folder,
        processed_flag=mailbox.processed_flag,
        timeout=mailbox.timeout,
        allow_cleartext=mailbox.allow_cleartext,
    )
