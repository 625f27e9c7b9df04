"""Looking at the mail servers: reach, protection, login, folders, and what each can do. Nothing is sent."""

from __future__ import annotations

import os
import re
import ssl
from dataclasses import replace
from datetime import datetime, timedelta

from relance_mailer.errors import MailError, RelanceError
from relance_mailer.mail import tls
from relance_mailer.mail.imap import ImapAccount
from relance_mailer.mail.probe import ImapFacts, ImapProbe, Protection, SmtpFacts, SmtpProbe, reach_imap
from relance_mailer.mail.smtp import SmtpAccount
from relance_mailer.services.check.finding import Finding, Level, failed, finding
from relance_mailer.services.check.machine import size_words
from relance_mailer.texts import formats
from relance_mailer.texts.words import say

PATIENCE = 5.0  #: seconds for each answer of a server, at most: somebody is waiting at the terminal
_EXPIRES_SOON = timedelta(days=14)

Account = SmtpAccount | ImapAccount
#: Extensions of SMTP that are used or worth knowing (RFC 6152, 6531, 3461).
_SMTP_EXTENSIONS = ("8BITMIME", "SMTPUTF8", "DSN")
#: Capabilities of IMAP that are used or worth knowing, each told with what its absence means (RFC 2177, 4315, 6851, 7162, 6154).
_IMAP_CAPABILITIES = ("IDLE", "UIDPLUS", "MOVE", "CONDSTORE", "SPECIAL-USE")
_PASSWORDS = frozenset({"PLAIN", "LOGIN", "CRAM-MD5"})  #: mechanisms by which a password logs in here
_TOKENS = frozenset({"XOAUTH2", "OAUTHBEARER"})
#: How aiosmtplib and imapclient say that the server does not announce STARTTLS.
_NO_STARTTLS = re.compile(r"not support", re.IGNORECASE)
#: What a refused login means, by the server's words; the first that fits.
_REFUSALS = (
    (r"5\.7\.139|5\.7\.30|basic authentication|SmtpClientAuthentication|LogonDenied-Basic", "microsoft"),
    (r"application-specific password|5\.7\.9\b|gsmtp|\[ALERT\].*app", "google"),
)


async def of_smtp(account: SmtpAccount, language: str, now: datetime) -> list[Finding]:
    """Connect to the sending server, log in, and say goodbye."""
    what = "smtp"
    probe = SmtpProbe(replace(account, timeout=min(account.timeout, PATIENCE)))
    try:
        async with probe:
            pass
    except RelanceError as error:
        return _refused(what, account, probe.facts, error, language, now)
    assert probe.facts is not None
    reached = _reached(what, account, probe.facts.protection, language, now, login=True)
    return [reached, _smtp_abilities(probe.facts, language)]


def of_imap(account: ImapAccount, language: str, now: datetime) -> list[Finding]:
    """Open a mailbox and look for its folders; without a username, only whether it can be reached."""
    account = replace(account, timeout=min(account.timeout, PATIENCE))
    what = "imap"
    facts: ImapFacts | None = None
    try:
        facts = reach_imap(account)
        if not account.username:
            return [_reached(what, account, facts.protection, language, now, login=False)]
        with ImapProbe(account) as mailbox:
            folders = mailbox.folders()
            missing = mailbox.missing
            abilities = mailbox.capabilities()
    except RelanceError as error:
        return _refused(what, account, facts, error, language, now)
    named = ", ".join(f"{formats.clean(folder.name)} ({folder.role})" for folder in folders)
    name = account.name
    return [
        _reached(what, account, facts.protection, language, now, login=True),
        finding(language, Level.OK, what, "folders.ok", name=name, folders=named),
        *(
            finding(
                language, Level.WARNING, what, "folders.missing", "folders.remedy", name=name, folder=folder
            )
            for folder in missing
        ),
        _imap_abilities(abilities, name, language),
    ]


def _name(account: Account) -> str:
    return account.name if isinstance(account, ImapAccount) else ""


def _reached(
    what: str, account: Account, protection: Protection | None, language: str, now: datetime, *, login: bool
) -> Finding:
    """Say that a server answers, how the connection is protected, and until when its certificate holds."""
    parts = [protection.version if protection else say("check.cleartext", language)]
    remedy = ""
    level = Level.OK
    if protection and protection.expires:
        day = formats.short_date(protection.expires.date(), language)
        parts.append(say("check.certificate", language, until=day))
        if protection.expires - now < _EXPIRES_SOON:
            level, remedy = Level.WARNING, "certificate.remedy"
    if login:
        parts.append(say("check.login" if account.username else "check.no_login", language))
    return finding(
        language,
        level,
        what,
        "reached",
        remedy,
        name=_name(account),
        host=account.host,
        port=account.port,
        how=", ".join(parts),
    )


def _refused(
    what: str,
    account: Account,
    facts: SmtpFacts | ImapFacts | None,
    error: RelanceError,
    language: str,
    now: datetime,
) -> list[Finding]:
    """Say how far it went, and at which step the server could not be used, in its own words, and where to look."""
    reached = (
        [_reached(what, account, facts.protection, language, now, login=False)] if facts is not None else []
    )
    words = f"{account.host}:{account.port} – {_plain(error)}"
    remedy = _remedy(account, facts, error)
    tls_port = 993 if isinstance(account, ImapAccount) else 465  # RFC 8314 section 7
    return [*reached, failed(language, what, words, remedy, name=_name(account), tls_port=tls_port)]


def _plain(error: RelanceError) -> str:
    """Return an error's words; what the system says of a network is plainer than what libraries make of it."""
    cause = error.__cause__
    while cause is not None and not (isinstance(cause, OSError) and cause.errno):
        cause = cause.__cause__
    if not isinstance(error, MailError) or cause is None or isinstance(cause, ssl.SSLError):
        return str(error)
    said = os.strerror(cause.errno) if cause.errno and cause.errno > 0 else cause.strerror
    return f"{error.phase}: {said}"


def _remedy(account: Account, facts: SmtpFacts | ImapFacts | None, error: RelanceError) -> str:
    """Return the key of what to do; "" where the error's own words say it."""
    if tls.is_untrusted(error):
        return "remedy.tls"
    if not isinstance(error, MailError):
        return ""
    if error.phase == "starttls":
        return "remedy.no_starttls" if _NO_STARTTLS.search(error.answer) else "remedy.tls"
    if error.phase != "auth":
        return "remedy.reach"
    if _starttls_first(facts):
        return "remedy.starttls_first"
    if isinstance(facts, SmtpFacts) and not facts.mechanisms:
        return "remedy.no_login"
    if account.token is not None:
        return "remedy.token"
    if _only_tokens(facts):
        return "remedy.oauth"
    refused = (key for pattern, key in _REFUSALS if re.search(pattern, error.answer, re.IGNORECASE))
    return f"remedy.{next(refused, 'auth')}"


def _starttls_first(facts: SmtpFacts | ImapFacts | None) -> bool:
    """Say whether a server lets nobody log in here, in the clear, and offers STARTTLS (RFC 4954 section 4, RFC 3501 section 6.2.1)."""
    if facts is None or facts.protection:
        return False
    if isinstance(facts, SmtpFacts):
        return "STARTTLS" in facts.extensions and not facts.mechanisms
    return {"STARTTLS", "LOGINDISABLED"} <= facts.capabilities


def _only_tokens(facts: SmtpFacts | ImapFacts | None) -> bool:
    """Say whether a server takes OAuth 2 and no password."""
    if isinstance(facts, SmtpFacts):
        return bool(_TOKENS & set(facts.mechanisms)) and not _PASSWORDS & set(facts.mechanisms)
    if facts is None or "LOGINDISABLED" not in facts.capabilities:
        return False
    offered = {name.removeprefix("AUTH=") for name in facts.capabilities if name.startswith("AUTH=")}
    return bool(_TOKENS & offered) and not _PASSWORDS & offered


# ── what servers can do ──────────────────────────────────────────────────────────────────────────────────────────


def _smtp_abilities(facts: SmtpFacts, language: str) -> Finding:
    limit = facts.extensions.get("SIZE", "")
    size = size_words(int(limit), language) if limit.isascii() and limit.isdigit() and int(limit) else ""
    has = [name for name in _SMTP_EXTENSIONS if name in facts.extensions]
    lacks = [name for name in _SMTP_EXTENSIONS if name not in facts.extensions]
    mechanisms = " ".join(facts.mechanisms)
    can = [
        say("check.smtp.size", language, size=size) if size else say("check.smtp.no_size", language),
        *has,
        *([say("check.smtp.auth", language, mechanisms=mechanisms)] if mechanisms else []),
    ]
    words = "abilities.but" if lacks else "abilities"
    without = say("check.smtp.lacks", language, names=", ".join(lacks))
    return finding(language, Level.OK, "smtp", words, can=", ".join(can), lacks=without)


def _imap_abilities(capabilities: frozenset[str], name: str, language: str) -> Finding:
    has = [one for one in _IMAP_CAPABILITIES if one in capabilities]
    lacks = [say(f"check.imap.no.{one}", language) for one in _IMAP_CAPABILITIES if one not in capabilities]
    can = ", ".join(has) or "–"
    words = "abilities.but" if lacks else "abilities"
    return finding(language, Level.OK, "imap", words, name=name, can=can, lacks="; ".join(lacks))
