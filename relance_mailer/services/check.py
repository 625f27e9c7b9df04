"""Is everything as it must be to send, receive and decide? One finding a question, each with its remedy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from relance_mailer.dunning.case import missing_for_formal_notice
from relance_mailer.dunning.invoice import DebtorKind, Party
from relance_mailer.dunning.notice import Mode, NoticeState
from relance_mailer.dunning.rates import half_year
from relance_mailer.errors import MailError, RelanceError
from relance_mailer.mail import tls
from relance_mailer.mail.imap import ImapAccount, Mailbox
from relance_mailer.mail.smtp import SmtpAccount, SmtpConnection
from relance_mailer.services import gates, views
from relance_mailer.services.gates import Gate, GateKind
from relance_mailer.services.office import Office
from relance_mailer.store import freshness, ledger, notices, schema, stories
from relance_mailer.store.session import Session
from relance_mailer.texts import formats
from relance_mailer.texts.check import check as check_templates
from relance_mailer.texts.words import say

PATIENCE = 15.0  #: seconds for each answer of a server, at most: somebody is waiting at the terminal


class Level(StrEnum):
    """How bad it is; an error keeps the program from doing its work."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one question: what was asked, what was found, and what to do about it."""

    level: Level
    what: str
    words: str
    remedy: str = ""


def failed(what: str, error: RelanceError, language: str, remedy: str = "") -> Finding:
    """Return the finding that something could not even be looked at."""
    return Finding(Level.ERROR, say(f"check.{what}", language), formats.clean(str(error)), remedy)


def of_office(office: Office, now: datetime) -> list[Finding]:
    """Look at everything that needs no server."""
    with office.db.read() as session:
        return [
            _database(office),
            _installation(office),
            _ledger(session, office),
            _mode(office),
            *_gates(session, office, now),
            _iban(office),
            _creditor(office),
            _rates(office, now),
            *_templates(office),
            _tasks(session, office),
            _doubts(session, office),
        ]


def _finding(
    office: Office, level: Level, what: str, words: str, remedy: str = "", **arguments: object
) -> Finding:
    """Return a finding from the word catalogue's keys, without their `check.`."""
    language = office.config.language
    return Finding(
        level,
        say(f"check.{what}", language),
        say(f"check.{words}", language, **arguments),
        say(f"check.{remedy}", language, **arguments) if remedy else "",
    )


# ── the database ─────────────────────────────────────────────────────────────────────────────────────────────────


def _database(office: Office) -> Finding:
    """Say which schema; a wrong one would not have let the office open."""
    return _finding(office, Level.OK, "database", "database.ok", path=office.db.name, head=schema.HEAD)


def _installation(office: Office) -> Finding:
    if office.installation.trusted:
        return _finding(office, Level.OK, "installation", "installation.ok")
    found = _finding(office, Level.ERROR, "installation", "installation.ok", "installation.remedy")
    return replace(found, words=formats.clean(office.installation.reason))


def _ledger(session: Session, office: Office) -> Finding:
    head = ledger.head(session, office.creditor_id)
    return _finding(office, Level.OK, "ledger", "ledger.ok", entries=head.sequence, hash=f"{head.hash[:16]}…")


def _tasks(session: Session, office: Office) -> Finding:
    count, since = stories.count_tasks(session, office.creditor_id)
    if not count or since is None:
        return _finding(office, Level.OK, "tasks", "tasks.ok")
    day = views.day_words(office.today(since), office.config.language)
    return _finding(office, Level.WARNING, "tasks", "tasks.waiting", "tasks.remedy", count=count, since=day)


def _doubts(session: Session, office: Office) -> Finding:
    rows = notices.in_states(session, office.creditor_id, (NoticeState.IN_DOUBT,))
    if not rows:
        return _finding(office, Level.OK, "doubt", "doubt.ok")
    told = ", ".join(f"{row.id} → {row.to_address}" for row in rows)
    found = _finding(office, Level.WARNING, "doubt", "doubt.some", count=len(rows), notices=told)
    return replace(found, remedy=say("next.doubt", office.config.language, notice=rows[0].id))


# ── whether messages may leave ───────────────────────────────────────────────────────────────────────────────────


def _mode(office: Office) -> Finding:
    """Say where messages go; shadow by distrust is an error, for it is not what was asked for."""
    language = office.config.language
    asked = office.config.sending.mode
    words = say(f"mode.{office.mode}", language)
    if office.mode is not asked:
        remedy = say("check.installation.remedy", language)
        return Finding(Level.ERROR, say("check.mode", language), f"{words} ({asked} ✗)", remedy)
    remedy = say("check.mode.remedy", language) if office.mode is Mode.SHADOW else ""
    return Finding(Level.OK, say("check.mode", language), words, remedy)


def _gates(session: Session, office: Office, now: datetime) -> Iterator[Finding]:
    closed = gates.closed(session, office, now)
    if not closed:
        yield _finding(office, Level.OK, "gate", "gate.ok")
    language = office.config.language
    for gate in closed:
        remedy = say(f"check.gate.remedy.{gate.kind}", language)
        yield Finding(
            _gate_level(session, office, gate),
            say("check.gate", language),
            views.gate_words(gate, language),
            remedy,
        )


def _gate_level(session: Session, office: Office, gate: Gate) -> Level:
    """A person's stop, and a first day on which nothing has come in yet, are no errors."""
    expected = {
        GateKind.STOP_ALL: True,
        GateKind.PAYMENTS: not gate.detail,
        GateKind.INBOX: not any(row.read_to_end_at for row in freshness.folders(session, office.creditor_id)),
    }
    return Level.WARNING if expected.get(gate.kind) else Level.ERROR


def _iban(office: Office) -> Finding:
    """Say where debtors pay; one that is not accepted is a closed gate already."""
    iban = office.config.creditor.iban
    if not iban:
        return _finding(office, Level.WARNING, "iban", "iban.missing", "creditor.remedy")
    return Finding(Level.OK, say("check.iban", office.config.language), formats.grouped(iban, 4))


def _creditor(office: Office) -> Finding:
    creditor = office.config.creditor
    whoever = Party("x", "x", "x", "x")
    missing = missing_for_formal_notice(
        creditor.party, creditor.signer_name, creditor.signer_capacity, whoever, DebtorKind.CONSUMER
    )
    if not missing:
        return _finding(office, Level.OK, "creditor", "creditor.ok")
    told = ", ".join(say(f"missing.{key}", office.config.language) for key in missing)
    return _finding(office, Level.WARNING, "creditor", "creditor.missing", "creditor.remedy", missing=told)


def _rates(office: Office, now: datetime) -> Finding:
    today = office.today(now)
    if office.rates.knows(today):
        return _finding(office, Level.OK, "rates", "rates.ok")
    start = half_year(today).isoformat()
    return _finding(office, Level.WARNING, "rates", "rates.missing", "rates.remedy", start=start)


def _templates(office: Office) -> Iterator[Finding]:
    problems = check_templates(office.templates)
    if not problems:
        count = sum("/_" not in name for name in office.templates.names())
        yield _finding(office, Level.OK, "templates", "templates.ok", count=count)
    for problem in problems:
        found = _finding(
            office,
            Level.ERROR,
            "templates",
            "templates.remedy",
            "templates.remedy",
            file=problem.file,
            line=problem.line,
        )
        yield replace(found, words=problem.message)


# ── servers ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def of_smtp(account: SmtpAccount, language: str) -> Finding:
    """Connect to the sending server, log in, and say goodbye."""
    what = say("check.smtp", language)
    try:
        async with SmtpConnection(replace(account, timeout=min(account.timeout, PATIENCE))):
            return Finding(Level.OK, what, _reached("smtp", account, language))
    except RelanceError as error:
        return _unreached(what, account, error, language)


def of_imap(account: ImapAccount, language: str) -> list[Finding]:
    """Open a mailbox and look for its folders."""
    what = say("check.imap", language, name=account.name)
    try:
        with Mailbox(replace(account, timeout=min(account.timeout, PATIENCE))) as mailbox:
            folders = mailbox.folders()
            missing = mailbox.missing
    except RelanceError as error:
        return [_unreached(what, account, error, language)]
    told = ", ".join(f"{formats.clean(folder.name)} ({folder.role})" for folder in folders)
    remedy = say("check.folders.remedy", language)
    return [
        Finding(Level.OK, what, _reached("imap", account, language)),
        Finding(Level.OK, what, say("check.folders.ok", language, folders=told)),
        *(
            Finding(Level.WARNING, what, say("check.folders.missing", language, folder=folder), remedy)
            for folder in missing
        ),
    ]


def _reached(which: str, account: SmtpAccount | ImapAccount, language: str) -> str:
    encrypted = say("check.cleartext", language) if account.tls == "none" else account.tls.upper()
    login = say("check.login" if account.username else "check.no_login", language)
    return say(
        f"check.{which}.ok", language, host=account.host, port=account.port, tls=encrypted, login=login
    )


def _unreached(what: str, account: SmtpAccount | ImapAccount, error: RelanceError, language: str) -> Finding:
    """Say at which step a server could not be used, in its own words, and where to look."""
    words = f"{account.host}:{account.port} – {formats.clean(str(error))}"
    if tls.is_untrusted(error) or (isinstance(error, MailError) and error.phase == "starttls"):
        remedy = "check.remedy.tls"
    elif isinstance(error, MailError) and error.phase == "auth":
        remedy = "check.remedy.auth"
    else:
        remedy = "check.remedy.reach"
    return Finding(Level.ERROR, what, words, say(remedy, language))


def worst(findings: Sequence[Finding]) -> Level:
    """Return the worst level among findings."""
    order = tuple(Level)
    return max((finding.level for finding in findings), key=order.index, default=Level.OK)
