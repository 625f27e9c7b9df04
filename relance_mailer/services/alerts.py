"""Mails to the team about what waits for a person: gathered, few, and never about themselves.

They leave in every mode, by the account that notices leave by, and only to the configuration's `[alerts] to`. What a
mail tells of is marked before it leaves: whatever fails afterwards, no mail is sent again and again. A copy of one, or
what comes back because of one, is mail of ours or of a machine; it opens no task, and so no further mail. It waits for
no rate, since what stops the notices must be told, and counts in the account's (services.pace).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

import structlog

from relance_mailer.errors import InDoubtError, MailError, RelanceError, Scope
from relance_mailer.mail.address import wire_address
from relance_mailer.mail.smtp import Accepted
from relance_mailer.services import gates, views
from relance_mailer.services.gates import GateKind
from relance_mailer.services.office import BOT, Office
from relance_mailer.services.outbox import Outbox, Rest
from relance_mailer.store import alerts, mailroom, settings
from relance_mailer.store.session import Session
from relance_mailer.store.tables import TaskRow
from relance_mailer.texts import formats
from relance_mailer.texts.words import counted, say

log = structlog.get_logger(__name__)

APART = timedelta(minutes=15)  #: between two mails
A_DAY = 20  #: mails in any 24 hours
SHOWN = 30  #: tasks written out in one mail
WITHIN = 60.0  #: seconds for one mail; notices must not wait for its connection
REST = timedelta(minutes=5)  #: after a mail that could not leave
#: Closed gates that a person must see to; whoever stopped everything knows it.
_TOLD_OF = frozenset({GateKind.INBOX, GateKind.PAYMENTS, GateKind.IBAN, GateKind.FIRST_RUN})
#: An inbox unread since the program stood still is read within moments.
_MAY_PASS = {GateKind.INBOX: timedelta(minutes=15)}
_GATE, _INSTALLATION = "gate", "installation"


@dataclass(frozen=True, slots=True)
class Alert:
    """What one mail tells of, and to whom."""

    to: tuple[str, ...]
    task_ids: tuple[int, ...]
    words: tuple[str, ...]
    at: datetime


class Alerts:
    """Tells the team of tasks; `look` is called whenever it is time to look at what is due."""

    def __init__(self, office: Office, outbox: Outbox) -> None:
        self._office = office
        self._outbox = outbox
        self._rest: Rest | None = None

    async def look(self) -> bool:
        """Send a mail if one is due; return whether one left. What fails is logged and tried again later.

        While the account rests, nothing is tried: a log-in refused every minute ends in a lock-out.
        """
        office, now = self._office, self._office.clock.now()
        rests = self._outbox.rests or (self._rest is not None and self._rest.lasts(now))
        if not office.config.alerts.to or rests:
            return False
        try:
            alert = await office.db.run(lambda: gather(office, now))
            return alert is not None and await self._send(alert)
        except (RelanceError, TimeoutError) as error:
            log.error("alert not sent", error=str(error) or "the server takes too long")
            self._rest = Rest(now, now + REST)
            return False

    async def _send(self, alert: Alert) -> bool:
        office = self._office
        begun = False

        async def go_on() -> bool:
            nonlocal begun
            begun = True
            return True

        try:
            async with asyncio.timeout(WITHIN), self._outbox.pool.connection() as connection:
                taken = await connection.deliver(
                    office.config.smtp.from_address, alert.to, written(office, alert), go_on
                )
        except (RelanceError, TimeoutError) as error:
            may_have_left = begun and isinstance(error, (InDoubtError, TimeoutError))  # once is enough
            if not may_have_left and not _is_hopeless(error):
                await office.db.run(lambda: _unmark(office, alert))
            raise
        refused = taken.refused if isinstance(taken, Accepted) else {}
        for address, (code, answer) in refused.items():
            log.error("alert refused", to=address, code=code, answer=answer)
        log.info("team alerted", to=alert.to, tasks=len(alert.task_ids))
        return True


def gather(office: Office, now: datetime) -> Alert | None:
    """Return what the next mail tells of, marked as told; None where none is due."""
    with office.db.write() as session:
        _mind_gates(session, office, now)
        to = _recipients(session, office)
        if not to or not _may_leave(session, office, now):
            return None
        tasks = [task for task in alerts.untold(session, office.creditor_id) if _is_ripe(task, now)]
        ids = tuple(task.id for task in tasks if task.id is not None)
        if not ids:
            return None
        alerts.mark(session, ids, now)
        return Alert(to, ids, tuple(formats.clean(task.words) for task in tasks), now)


def written(office: Office, alert: Alert) -> bytes:
    """Return a mail's bytes: plain text, marked as a machine's (RFC 3834), so that no machine answers it."""
    language, sender = office.config.language, office.config.smtp.from_address
    message = EmailMessage(policy=policy.SMTP.clone(max_line_length=998))
    message["From"] = wire_address(sender)
    message["To"] = ", ".join(wire_address(address) for address in alert.to)
    message["Subject"] = counted("alert.subject", language, len(alert.task_ids))
    message["Date"] = format_datetime(alert.at)
    message["Message-ID"] = f"<{secrets.token_hex(16)}.alert@{wire_address(sender).rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(_text(office, alert.words), cte="quoted-printable")
    return message.as_bytes()


def _text(office: Office, words: Sequence[str]) -> str:
    language = office.config.language
    lines = [say("alert.intro", language, creditor=formats.clean(office.config.creditor.name)), ""]
    lines += [f"- {line}" for line in words[:SHOWN]]
    if len(words) > SHOWN:
        lines.append(counted("alert.more", language, len(words) - SHOWN))
    lines += ["", say("alert.how", language), say("alert.automatic", language)]
    return "\n".join(lines) + "\n"


def _recipients(session: Session, office: Office) -> tuple[str, ...]:
    """Return the team's addresses; a debtor's is refused: what we say among ourselves is not for it."""
    wanted = dict.fromkeys(address.lower() for address in office.config.alerts.to)
    theirs = {contact.address for contact in mailroom.contacts_at(session, office.creditor_id, wanted)}
    for address in sorted(theirs & wanted.keys()):
        log.error("[alerts] to names a debtor's contact: nothing is sent there", to=address)
    return tuple(address for address in wanted if address not in theirs)


def _may_leave(session: Session, office: Office, now: datetime) -> bool:
    """Say whether the mails before leave room for one more; one dated later than now, by a clock set back, is one of a day's."""
    if alerts.told_since(session, office.creditor_id, now - APART, now):
        return False
    return alerts.told_since(session, office.creditor_id, now - timedelta(days=1)) < A_DAY


def _is_ripe(task: TaskRow, now: datetime) -> bool:
    """Say whether a task is old enough: some pass by themselves."""
    kind, _, gate = task.subject.partition(":")
    patience = _MAY_PASS.get(GateKind(gate)) if kind == _GATE and gate != _INSTALLATION else None
    return patience is None or now - task.created_at >= patience


def _mind_gates(session: Session, office: Office, now: datetime) -> None:
    """Ask a person once about each gate that is closed, and no longer once it is open."""
    language = office.config.language
    shut = {
        gate.kind.value: views.gate_words(gate, language)
        for gate in gates.closed(session, office, now)
        if gate.kind in _TOLD_OF
    }
    if not office.installation.trusted:
        shut[_INSTALLATION] = office.installation.reason
    for name in (*sorted(_TOLD_OF), _INSTALLATION):
        subject = f"{_GATE}:{name}"
        task = settings.find_task(session, office.creditor_id, _GATE, subject)
        if task is not None and name not in shut:
            settings.close_task(session, task, now=now, by=BOT)
        elif task is None and name in shut:
            words = say("task.gate", language, why=shut[name])
            settings.open_task(session, office.creditor_id, _GATE, subject, words, now=now, actor=BOT)


def _is_hopeless(error: Exception) -> bool:
    """Say whether the alert's own addresses are refused for good: then its tasks are not mailed again."""
    return isinstance(error, MailError) and error.permanent and error.scope is not Scope.ACCOUNT


def _unmark(office: Office, alert: Alert) -> None:
    with office.db.write() as session:
        alerts.mark(session, alert.task_ids, None)
