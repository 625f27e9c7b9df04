"""What time alone brings: promises judged, pauses that ended, people reminded, and what must happen at every start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import structlog

from relance_mailer.dunning.notice import UNSENT, Mode
from relance_mailer.services import promises, send, settle
from relance_mailer.services.office import BOT, Office
from relance_mailer.services.plan import look_again_at_asked
from relance_mailer.services.purge import purge
from relance_mailer.store import cases, holds, notices, settings
from relance_mailer.store.session import Session
from relance_mailer.texts.words import say

log = structlog.get_logger(__name__)

LIVE_SINCE = "live_since"
POLICIES = "policies"  #: setting: what the policies of the last start were, as a SHA-256
REMIND_EVERY = 3  #: working days between two reminders of an open task
_REMIND_DISPUTE = 7


@dataclass(frozen=True, slots=True)
class FollowedUp:
    """What a round of following up did."""

    promises_settled: int = 0
    reminded: int = 0
    purged: int = 0


def start_up(office: Office, now: datetime) -> int:
    """Do what every start must: put stranded attempts in doubt, ask anew, drop rehearsed stages when going live."""
    with office.db.write() as session:
        doubts = send.recover(session, office, now)
        look_again_at_asked(session, office, now)
        _look_again_if_policies_changed(session, office, now)
        if office.mode is Mode.LIVE and settings.read(session, office.creditor_id, LIVE_SINCE) is None:
            _withdraw_rehearsed(session, office, now)
            notices.drop_track(session, office.creditor_id, "rehearsal", now)
            settings.write(session, office.creditor_id, LIVE_SINCE, now.isoformat(), now=now, by=BOT)
        elif office.mode is not Mode.LIVE and settings.read(session, office.creditor_id, LIVE_SINCE):
            settings.write(session, office.creditor_id, LIVE_SINCE, None, now=now, by=BOT)
    return doubts


def _look_again_if_policies_changed(session: Session, office: Office, now: datetime) -> None:
    """Decide anew whatever waits for a day that the policies of the last start gave: another may be right now."""
    known = repr((office.policy, sorted(office.policies.items())))
    current = sha256(known.encode()).hexdigest()
    last = settings.read(session, office.creditor_id, POLICIES)
    if last != current:
        settings.write(session, office.creditor_id, POLICIES, current, now=now, by=BOT)
    if last not in (None, current):
        cases.look_again_at_waiting(session, office.creditor_id, now)


def _withdraw_rehearsed(session: Session, office: Office, now: datetime) -> None:
    """What was rehearsed and waits, for a person for example, is nobody's business any more."""
    why = say("superseded.going_live", office.config.language)
    for notice in notices.in_states(session, office.creditor_id, sorted(UNSENT)):
        if notice.mode != Mode.LIVE:
            settle.supersede(session, office, notice, why, now)


def follow_up(office: Office, now: datetime) -> FollowedUp:
    """Judge promises, remind people of what waits for them, and erase what concerns nobody."""
    with office.db.write() as session:
        settled = promises.judge_all(session, office, now)
        _ask_about_undated_promises(session, office, now)
        reminded = _remind(session, office, now)
    return FollowedUp(settled, reminded, purge(office, now))


def _ask_about_undated_promises(session: Session, office: Office, now: datetime) -> None:
    """A promise without a date whose time has passed: a person is asked, and the dunning resumes."""
    today = office.today(now)
    for hold, promise in holds.undated_over(session, office.creditor_id, today, "promise_undated"):
        words = say("task.promise_undated", office.config.language, debtor=holds.debtor_name(session, hold))
        settings.open_task(
            session,
            office.creditor_id,
            "promise_undated",
            f"promise:{promise.id}",
            words,
            now=now,
            actor=BOT,
            debtor_id=hold.debtor_id,
        )


def _remind(session: Session, office: Office, now: datetime) -> int:
    """Say again what a person was asked for and has not done."""
    today = office.today(now)
    reminded = 0
    for task in settings.open_tasks(session, office.creditor_id):
        if task.remind_on is not None and task.remind_on <= today:
            log.warning(
                "waiting for a person", task=task.words, since=str(task.created_at.date()), owner=task.owner
            )
            days = _REMIND_DISPUTE if task.kind == "dispute" else REMIND_EVERY
            task.remind_on = office.days.add(today, days)
            session.add(task)
            reminded += 1
    return reminded
