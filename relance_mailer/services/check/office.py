"""Looking at the office: database, ledger, mode, what holds messages back, texts, and what waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from relance_mailer.dunning.case import missing_for_formal_notice
from relance_mailer.dunning.invoice import DebtorKind, Party
from relance_mailer.dunning.notice import Mode, NoticeState
from relance_mailer.dunning.rates import half_year
from relance_mailer.errors import StoreError
from relance_mailer.services import gates, views
from relance_mailer.services.check import machine
from relance_mailer.services.check.finding import Finding, Level, finding
from relance_mailer.services.check.machine import Growth
from relance_mailer.services.check.policies import of_policies
from relance_mailer.services.forecast import forecast, told
from relance_mailer.services.gates import Gate, GateKind
from relance_mailer.services.office import Office
from relance_mailer.store import freshness, health, installation, ledger, notices, schema, settings, stories
from relance_mailer.store.session import Session
from relance_mailer.texts import formats
from relance_mailer.texts.check import check as check_templates
from relance_mailer.texts.foreign import Own
from relance_mailer.texts.words import say

PATIENCE = 6.0  #: seconds to look at all of the database's pages, at most


def of_office(office: Office, now: datetime) -> list[Finding]:
    """Look at everything that needs no server."""
    size, found = _database(office)
    with office.db.read() as session:
        since = health.installed_at(session)
        growth = Growth(size, now - since) if since and size else None
        return [
            found,
            _installation(office),
            _ledger(session, office),
            _mode(office),
            *_gates(session, office, now),
            *_brake(session, office),
            _iban(office),
            _creditor(office),
            _rates(office, now),
            *_templates(office),
            *of_policies(session, office),
            _tasks(session, office),
            _doubts(session, office),
            _clock(session, office, now),
            *machine.of_machine(office.config, growth),
        ]


def _finding(
    office: Office, level: Level, what: str, words: str, remedy: str = "", /, **arguments: object
) -> Finding:
    return finding(office.config.language, level, what, words, remedy, **arguments)


# ── the database ─────────────────────────────────────────────────────────────────────────────────────────────────


def _database(office: Office) -> tuple[int, Finding]:
    """Return the file's size, and whether SQLite finds it sound; a wrong schema would not have let the office open."""
    arguments: dict[str, object] = {"path": office.db.name, "head": schema.HEAD}
    try:
        seen = health.examine(office.db, PATIENCE)
    except StoreError:  # no file of ours to look at
        return 0, _finding(office, Level.OK, "database", "database.elsewhere", **arguments)
    arguments["size"] = machine.size_words(seen.size, office.config.language)
    if seen.problems:
        arguments["problem"] = "; ".join(seen.problems)
        return seen.size, _finding(
            office, Level.ERROR, "database", "database.damaged", "database.damaged.remedy", **arguments
        )
    if not seen.finished:
        return seen.size, _finding(office, Level.OK, "database", "database.unfinished", **arguments)
    if seen.journal_mode != "wal":
        arguments["mode"] = seen.journal_mode
        return seen.size, _finding(
            office, Level.WARNING, "database", "database.journal", "database.journal.remedy", **arguments
        )
    return seen.size, _finding(office, Level.OK, "database", "database.ok", **arguments)


def _installation(office: Office) -> Finding:
    if office.installation.trusted:
        return _finding(office, Level.OK, "installation", "installation.ok")
    found = _finding(office, Level.ERROR, "installation", "installation.ok", "installation.remedy")
    return replace(found, words=formats.clean(office.installation.reason))


def _ledger(session: Session, office: Office) -> Finding:
    """Say where the ledger stands, and up to where that is noted outside; what does not fit is no trust at all."""
    head = ledger.head(session, office.creditor_id)
    try:
        noted = installation.read(office.config.state_file).heads.get(office.creditor_id)
    except StoreError:
        noted = None
    return _finding(
        office,
        Level.OK,
        "ledger",
        "ledger.ok",
        entries=head.sequence,
        hash=f"{head.hash[:16]}…",
        noted=noted.sequence if noted else 0,
    )


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
    named = ", ".join(f"{row.id} → {row.to_address}" for row in rows)
    found = _finding(office, Level.WARNING, "doubt", "doubt.some", count=len(rows), notices=named)
    return replace(found, remedy=say("next.doubt", office.config.language, notice=rows[0].id))


def _clock(session: Session, office: Office, now: datetime) -> Finding:
    newest = health.newest(session, office.creditor_id)
    return machine.of_clock(office.config, now, newest)


# ── whether messages may leave ───────────────────────────────────────────────────────────────────────────────────


def _mode(office: Office) -> Finding:
    """Say where messages go; shadow by distrust is an error, for it is not what was asked for."""
    language = office.config.language
    asked = office.config.sending.mode
    words = say(f"mode.{office.mode}", language)
    if office.mode is not asked:
        remedy = say("check.installation.remedy", language)
        return Finding(Level.ERROR, say("check.mode", language), f"{words} ({asked} ✗)", remedy)
    if office.mode is Mode.REDIRECT:
        words = f"{words} ({office.config.sending.redirect_to})"
    remedy = "" if office.mode is Mode.LIVE else say(f"check.mode.{office.mode}.remedy", language)
    return Finding(Level.OK, say("check.mode", language), words, remedy)


def _gates(session: Session, office: Office, now: datetime) -> Iterator[Finding]:
    closed = gates.closed(session, office, now)
    if not closed:
        yield _finding(office, Level.OK, "gate", "gate.ok")
    kinds = {gate.kind for gate in closed}
    if not kinds & {GateKind.INBOX, GateKind.PAYMENTS}:
        yield _fresh(session, office)
    language = office.config.language
    for gate in closed:
        words = views.gate_words(gate, language)
        if gate.kind is GateKind.FIRST_RUN:
            words = f"{words}. {told(office, forecast(office, now))[0]}"
        remedy = say(f"check.gate.remedy.{gate.kind}", language)
        yield Finding(_gate_level(session, office, gate), say("check.gate", language), words, remedy)


def _gate_level(session: Session, office: Office, gate: Gate) -> Level:
    """A person's stop, and a first day on which nothing has come in or been approved yet, are no errors."""
    expected = {
        GateKind.STOP_ALL: True,
        GateKind.FIRST_RUN: True,
        GateKind.PAYMENTS: not gate.detail,
        GateKind.INBOX: not any(row.read_to_end_at for row in freshness.folders(session, office.creditor_id)),
    }
    return Level.WARNING if expected.get(gate.kind) else Level.ERROR


def _fresh(session: Session, office: Office) -> Finding:
    """Say when the inbox was last read and when payments last came in (rule 4); too long ago is a closed gate."""
    read = [
        row.read_to_end_at for row in freshness.folders(session, office.creditor_id) if row.read_to_end_at
    ]
    paid = freshness.last_payments(session, office.creditor_id)
    inbox = views.instant_words(min(read), office) if read else say("gate.never", office.config.language)
    payments = views.instant_words(paid, office) if paid else say("gate.never", office.config.language)
    return _finding(office, Level.OK, "fresh", "fresh.ok", inbox=inbox, payments=payments)


def _brake(session: Session, office: Office) -> Iterator[Finding]:
    task = settings.find_task(session, office.creditor_id, "brake", f"creditor:{office.creditor_id}")
    if task is not None:
        found = _finding(office, Level.WARNING, "brake", "gate.ok", "brake.remedy")
        yield replace(found, words=formats.clean(task.words))


# ── what messages say ────────────────────────────────────────────────────────────────────────────────────────────


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
    named = ", ".join(say(f"missing.{key}", office.config.language) for key in missing)
    return _finding(office, Level.WARNING, "creditor", "creditor.missing", "creditor.remedy", missing=named)


def _rates(office: Office, now: datetime) -> Finding:
    today = office.today(now)
    if office.rates.knows(today):
        return _finding(office, Level.OK, "rates", "rates.ok")
    start = half_year(today).isoformat()
    return _finding(office, Level.WARNING, "rates", "rates.missing", "rates.remedy", start=start)


def _templates(office: Office) -> Iterator[Finding]:
    problems = check_templates(office.templates, Own.of(office.config))
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
