"""Handing notices over, at most once: claim, start, and what the server's answer means, each in one transaction.

The road of an attempt (rule 1): `claim` reads holds, payments, policy, window and approval again and takes the notice;
`steps` commits `sending` before DATA, and what the server took; `refused` and `lost` commit what else came of it. What a crash leaves
in `sending` becomes in doubt by `recover`, and is never sent again on a guess.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from relance_mailer.dunning.decide import Reason, Send, Wait, decide, free_again, opening
from relance_mailer.dunning.notice import Mode, NoticeEvent, NoticeState
from relance_mailer.errors import MailError, Scope
from relance_mailer.mail.answers import provider_id
from relance_mailer.services import gates, settle
from relance_mailer.services.office import BOT, Office
from relance_mailer.services.standing import standing
from relance_mailer.services.views import decision_words
from relance_mailer.store import attempts, blobs, cases, ledger, notices, settings
from relance_mailer.store.cases import DebtorFile
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.session import Session
from relance_mailer.store.tables import NoticeInvoiceRow, NoticeRow
from relance_mailer.texts.words import say

STALE_AFTER = timedelta(days=1)  #: rule 2
STARTS_WITHIN = timedelta(minutes=2)  #: between a claim and its DATA; what waits longer is claimed again
#: When a refusal for now is tried again, by the number of attempts so far.
BACK_OFF = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A notice taken by this process, with all that handing it over needs."""

    notice_id: int
    attempt_id: int
    number: int  #: of the attempt
    debtor_id: int
    recipient: str
    message_id: str
    sha256: str
    raw: bytes
    at: datetime
    seen: int  #: the ledger's last entry when its facts were read


@dataclass(frozen=True, slots=True)
class Delivered:
    """A notice that the server took, with its exact words."""

    claimed: Claimed
    code: int
    answer: str
    queue_id: str
    refused: Mapping[str, tuple[int, str]] = field(default_factory=dict)  #: other recipients: code, words


@dataclass(frozen=True, slots=True)
class Claims:
    """What a round of claiming did; `settled` were superseded, postponed or, in shadow, recorded."""

    claimed: tuple[Claimed, ...] = ()
    recorded: int = 0
    settled: int = 0


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What reading the facts again says about a notice that wants to leave."""

    superseded: str = ""  #: why, in words; "" if it still stands
    not_before: datetime | None = None


def recover(session: Session, office: Office, now: datetime) -> int:
    """At start, put in doubt what another life of this process left in `sending`; return how many."""
    stranded = notices.in_states(session, office.creditor_id, (NoticeState.CLAIMED, NoticeState.SENDING))
    doubts = 0
    for notice in stranded:
        assert notice.id is not None
        attempt = attempts.last(session, notice.id)
        assert attempt is not None
        assert attempt.id is not None
        if notice.state == NoticeState.CLAIMED:
            notices.move(session, notice, NoticeEvent.UNCLAIM, next_attempt_at=now)
            attempts.end(session, attempt.id, state="withdrawn", ended_at=now)
        else:
            doubts += 1
            lost(session, office, notice.id, attempt.id, say("doubt.crash", office.config.language), now)
    return doubts


def claim(session: Session, office: Office, now: datetime, limit: int) -> Claims:
    """Take up to `limit` notices whose time has come, in the transaction that reads their facts again."""
    if gates.closed(session, office, now) or gates.unheard(session, office):
        return Claims()
    waiting = notices.due(session, office.creditor_id, now, limit)
    one_each: dict[int, NoticeRow] = {}
    for notice in waiting:
        one_each.setdefault(notice.debtor_id, notice)
    ids = frozenset(notice.id for notice in one_each.values() if notice.id is not None)
    behind = frozenset(notices.behind(session, list(one_each.values())))
    files = cases.load(session, office.view(now), list(one_each), without=ids | behind)
    members = notices.members(session, ids)
    taken: list[NoticeRow] = []
    recorded = 0
    for file in files:
        notice = one_each[file.debtor.id]
        assert notice.id is not None
        verdict = _verdict(office, file, notice, members[notice.id], now)
        if verdict.superseded:
            settle.supersede(session, office, notice, verdict.superseded, now, BOT)
        elif verdict.not_before:
            _postpone(session, notice, verdict.not_before)
        elif office.mode is Mode.SHADOW:
            _record(session, office, notice, now)
            recorded += 1
        else:
            taken.append(notice)
    return Claims(_take(session, office, taken, now), recorded, len(files) - len(taken))


def _verdict(
    office: Office, file: DebtorFile, notice: NoticeRow, members: list[NoticeInvoiceRow], now: datetime
) -> _Verdict:
    """Return whether the notice still says what is true, and may leave now (rule 2)."""
    language = office.config.language
    if now - notice.rendered_at > STALE_AFTER:
        return _Verdict(say("superseded.stale", language))
    still = standing(office, file, notice, members, now)
    if still.proposal is None:
        return _Verdict(still.why)
    policy = office.policy_of(file.debtor.policy)
    later = _gap(office, file, now) if notice.approved_at is not None else None
    for case, reached in still.proposal.cases:
        decision = decide(case, file.debtor_case, policy, now)
        match decision:
            case Send(stage=stage) if stage == reached:
                continue
            case Wait(reason=Reason.WINDOW | Reason.GAP | Reason.MESSAGE_IN_FLIGHT):
                later = later or decision.until or now + BACK_OFF[0]
            case Send():
                return _Verdict(say("superseded.stage", language))
            case _:
                return _Verdict(decision_words(decision, language))
    return _Verdict(still.why, None if still.why else later)


def withdraw_changed(session: Session, office: Office, debtor_ids: Sequence[int], now: datetime) -> None:
    """Withdraw what waits for a person's approval and is no longer true: nobody is asked about it any more."""
    waiting = notices.awaiting(session, debtor_ids)
    if not waiting:
        return
    files = cases.load(session, office.view(now), sorted({notice.debtor_id for notice in waiting}))
    by_debtor = {file.debtor.id: file for file in files}
    members = notices.members(session, [notice.id for notice in waiting if notice.id is not None])
    for notice in waiting:
        assert notice.id is not None
        still = standing(office, by_debtor[notice.debtor_id], notice, members[notice.id], now)
        if still.why:
            settle.supersede(session, office, notice, still.why, now)


def _gap(office: Office, file: DebtorFile, now: datetime) -> datetime | None:
    """When an approved notice may leave, if it must still keep its distance from the message before."""
    if file.debtor_case.message_in_flight:
        return now + BACK_OFF[0]
    policy = office.policy_of(file.debtor.policy)
    free = free_again(file.debtor_case, policy)
    if free and office.today(now) < free:
        return opening(free, file.debtor_case, policy, now)
    return None


def _postpone(session: Session, notice: NoticeRow, until: datetime) -> None:
    notice.next_attempt_at = until
    session.add(notice)


def _take(session: Session, office: Office, taken: list[NoticeRow], now: datetime) -> tuple[Claimed, ...]:
    """Take notices for this process, each with an attempt of its own."""
    session.flush()  # what was postponed or superseded before
    mine = notices.claim(session, taken)
    begun = attempts.begin(session, mine, now)
    raws = blobs.get_many(session, [notice.sha256 for notice in mine])
    redirect_to = office.config.sending.redirect_to if office.mode is Mode.REDIRECT else ""
    seen = ledger.head(session, office.creditor_id).sequence
    return tuple(
        Claimed(
            notice_id=attempt.notice_id,
            attempt_id=attempt.attempt_id,
            number=notice.attempts,
            debtor_id=notice.debtor_id,
            recipient=redirect_to or notice.to_address,
            message_id=notice.message_id,
            sha256=notice.sha256,
            raw=raw,
            at=now,
            seen=seen,
        )
        for notice, attempt, raw in zip(mine, begun, raws, strict=True)
    )


def _record(session: Session, office: Office, notice: NoticeRow, now: datetime) -> None:
    """Shadow: keep that it would have been sent."""
    assert notice.id is not None
    notices.move(session, notice, NoticeEvent.RECORD, left_at=now, next_attempt_at=None)
    notices.serve(session, [notice.id], office.today(now))
    notices.look_again(session, notice.id, now)
    settle.tell(session, office, notice, Kind.SENT, {"mode": Mode.SHADOW, "left": False}, now)


def steps(
    session: Session, office: Office, starting: Sequence[Claimed], ended: Sequence[Delivered], now: datetime
) -> frozenset[int]:
    """Commit, together, what the server took and what begins to leave; return the ids of those that may begin.

    `sending` is committed here before DATA. What was superseded meanwhile, by a hold for example, may not begin, nor may
    anything once everything is stopped, nor what may no longer be true: it is claimed, and judged, again (rule 2).
    """
    told = _accept(session, office, ended, now) if ended else []
    same = _unchanged(session, office, [one for one in starting if now - one.at <= STARTS_WITHIN])
    may = bool(same) and not gates.stopped_by(session, office)
    begun, tried = _start(session, same) if may else (frozenset[int](), [])
    ledger.append(session, office.creditor_id, [*told, *tried], at=now, actor=BOT)
    return begun


def _unchanged(session: Session, office: Office, claimed: Sequence[Claimed]) -> list[Claimed]:
    """Return those of whose debtor nothing was written down since they were claimed: no payment, hold or bounce."""
    if not claimed:
        return []
    debtors, since = {one.debtor_id for one in claimed}, min(one.seen for one in claimed)
    last = ledger.last_of_debtors(session, office.creditor_id, debtors, since)
    return [one for one in claimed if last.get(one.debtor_id, 0) <= one.seen]


def _start(session: Session, claimed: Sequence[Claimed]) -> tuple[frozenset[int], list[Entry]]:
    begun = notices.start(session, [one.notice_id for one in claimed])
    going = [one for one in claimed if one.notice_id in begun]
    attempts.end_all(session, [{"attempt": one.attempt_id, "state": "sending"} for one in going])
    entries = [
        Entry(
            Kind.ATTEMPTED,
            f"notice:{one.notice_id}",
            {"to": one.recipient, "sha256": one.sha256, "attempt": one.number},
            one.debtor_id,
        )
        for one in going
    ]
    return begun, entries


def _accept(session: Session, office: Office, delivered: Sequence[Delivered], now: datetime) -> list[Entry]:
    """The server answered 250: the stages are served."""
    ids = [one.claimed.notice_id for one in delivered]
    # One whose copy was read in the mailbox before the answer came is `sent` already; one that came back, bounced.
    taken = notices.accept(session, ids, now)
    notices.serve(session, list(taken), office.today(now))
    _note_renamed(session, office, delivered)
    notices.look_again_at_debtors(session, [one.claimed.debtor_id for one in delivered], now)
    attempts.end_all(
        session,
        [
            {
                "attempt": one.claimed.attempt_id,
                "state": "accepted",
                "ended_at": now,
                "code": one.code,
                "answer": one.answer,
                "queue_id": one.queue_id,
            }
            for one in delivered
        ],
    )
    return [
        Entry(
            Kind.SENT,
            f"notice:{one.claimed.notice_id}",
            {
                "code": one.code,
                "answer": one.answer,
                "queue_id": one.queue_id,
                "mode": office.mode,
                **_refusals(one.refused),
            },
            one.claimed.debtor_id,
        )
        for one in delivered
    ]


def _refusals(refused: Mapping[str, tuple[int, str]]) -> dict[str, object]:
    """Name the recipients that the server refused while it took the message for another."""
    if not refused:
        return {}
    return {"refused": [{"to": to, "code": code, "answer": words} for to, (code, words) in refused.items()]}


def _note_renamed(session: Session, office: Office, delivered: Sequence[Delivered]) -> None:
    """Keep the Message-ID that the server says it gave a notice: answers and bounces will name that one."""
    for one in delivered:
        given = provider_id(one.answer, office.config.smtp.host, one.claimed.message_id)
        if given:
            notice = _notice(session, one.claimed.notice_id)
            notice.provider_id = notice.provider_id or given
            session.add(notice)


def refused(session: Session, office: Office, claimed: Claimed, error: MailError, now: datetime) -> None:
    """The server surely did not take it: try again later, write to somebody else, or wait for the account."""
    notice = _notice(session, claimed.notice_id)
    words = f"{error.code or ''} {error.answer}".strip()
    ended = {"ended_at": now, "phase": error.phase, "code": error.code, "answer": error.answer}
    payload = {"phase": error.phase, "code": error.code, "answer": error.answer, "scope": error.scope}
    if notice.state not in (NoticeState.CLAIMED, NoticeState.SENDING):  # a hold withdrew it meanwhile
        attempts.end(session, claimed.attempt_id, state="refused", **ended)
        return
    if error.scope is Scope.ACCOUNT:
        if notice.state == NoticeState.SENDING:
            settle.tell(session, office, notice, Kind.DEFERRED, payload, now)
        _give_back(session, notice, claimed, now, ended)
        return
    if error.permanent:
        notices.move(session, notice, NoticeEvent.FAIL, next_attempt_at=None, outcome=words)
        settle.tell(session, office, notice, Kind.FAILED, payload, now)
        if error.scope is Scope.RECIPIENT:
            settle.unserved(session, office, notice, words, now, dead=False)
    else:
        wait = BACK_OFF[min(notice.attempts, len(BACK_OFF)) - 1] * random.uniform(0.9, 1.1)  # noqa: S311 - jitter
        notices.move(session, notice, NoticeEvent.DEFER, next_attempt_at=now + wait, outcome=words)
        settle.tell(session, office, notice, Kind.DEFERRED, payload, now)
    attempts.end(session, claimed.attempt_id, state="refused", **ended)


def _give_back(
    session: Session, notice: NoticeRow, claimed: Claimed, now: datetime, ended: dict[str, object]
) -> None:
    """The account's trouble is no notice's: it waits as it was."""
    event = NoticeEvent.UNCLAIM if notice.state == NoticeState.CLAIMED else NoticeEvent.DEFER
    notices.move(session, notice, event, next_attempt_at=now, attempts=max(notice.attempts - 1, 0))
    attempts.end(session, claimed.attempt_id, state="withdrawn", **ended)


def give_back(session: Session, claimed: Claimed, now: datetime) -> bool:
    """Give back a notice of which DATA was not said, unless it was superseded meanwhile; say whether it was."""
    notice = _notice(session, claimed.notice_id)
    if notice.state not in (NoticeState.CLAIMED, NoticeState.SENDING):
        return False
    _give_back(session, notice, claimed, now, {"ended_at": now})
    return True


def withhold(session: Session, claimed: Claimed, now: datetime) -> None:
    """End an attempt that was forbidden before DATA: its notice waits again, or was superseded."""
    if not give_back(session, claimed, now):
        attempts.end(session, claimed.attempt_id, state="withdrawn", ended_at=now)


def lost(
    session: Session, office: Office, notice_id: int, attempt_id: int, words: str, now: datetime
) -> None:
    """No answer after the content began to leave: nobody knows. It is settled by a copy, a bounce or a person."""
    notice = _notice(session, notice_id)
    if notice.state != NoticeState.SENDING:  # its copy or a bounce was quicker
        return
    notices.move(session, notice, NoticeEvent.LOSE, left_at=now, next_attempt_at=None, outcome=words)
    attempts.end(session, attempt_id, state="in_doubt", ended_at=now, answer=words)
    notices.look_again_at_debtor(session, notice.debtor_id, now)
    settle.tell(session, office, notice, Kind.IN_DOUBT, {"why": words}, now)
    asked = say("task.in_doubt", office.config.language, notice=notice_id, to=notice.to_address)
    subject = f"notice:{notice_id}"
    settings.open_task(
        session,
        office.creditor_id,
        "in_doubt",
        subject,
        asked,
        now=now,
        actor=BOT,
        debtor_id=notice.debtor_id,
    )


def _notice(session: Session, notice_id: int) -> NoticeRow:
    notice = notices.get(session, notice_id)
    assert notice is not None
    return notice
