"""Drives what waits in the outbox over a few SMTP connections, as fast as the account's rate allows."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

import structlog

from relance_mailer.config import account as sending
from relance_mailer.dunning.notice import Mode
from relance_mailer.errors import InDoubtError, MailError, Scope, SmtpError
from relance_mailer.mail.pool import KEPT, Connection, Pool
from relance_mailer.mail.smtp import Accepted, SmtpAccount, Withheld
from relance_mailer.replies.token import return_path
from relance_mailer.services import holds, refusals, send, settle
from relance_mailer.services.office import BOT, Office
from relance_mailer.services.pace import Allowance, Pace
from relance_mailer.services.send import Claimed, Claims, Delivered
from relance_mailer.store import attempts, settings
from relance_mailer.store.group import GroupCommit, Together
from relance_mailer.store.session import Session
from relance_mailer.texts.words import say

log = structlog.get_logger(__name__)

BATCH = 12  #: notices claimed in one transaction for each connection
#: How long the whole queue rests after the account was refused, by the number of refusals in a row.
ACCOUNT_REST = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30))
SLACK = timedelta(minutes=5)  #: a clock set back by less needs no remedy


@dataclass(slots=True)
class Drained:
    """What became of the notices that were handed over."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    in_doubt: int = 0
    withheld: int = 0
    recorded: int = 0
    trouble: str = ""  #: the account's, in the server's words
    again_in: timedelta | None = None  #: where the account's rate is reached: when it may be asked again


@dataclass(frozen=True, slots=True)
class Rest:
    """A pause from `since` until `until`; a clock set back to before it ends it."""

    since: datetime
    until: datetime

    def lasts(self, now: datetime) -> bool:
        """Say whether it is not over."""
        return self.since <= now < self.until


@dataclass(slots=True)
class _Round:
    """One draining of the queue: what is claimed and waits for a connection, and what became of the rest."""

    stop: asyncio.Event | None
    report: Drained = field(default_factory=Drained)
    waiting: deque[Claimed] = field(default_factory=deque)
    refilling: asyncio.Lock = field(default_factory=asyncio.Lock)
    trouble: SmtpError | None = None
    failure: Exception | None = None  #: ours: the database's, for example

    @property
    def goes_on(self) -> bool:
        """Whether anything more may be handed over."""
        return not (self.trouble or self.failure or (self.stop and self.stop.is_set()))


class _Behind:
    """Keeps one message's end on its way to the disk while the connection opens the next message.

    So the end of one and the start of the next share a transaction. A crash between leaves the same doubt as before.
    """

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.settled()

    async def do(self, ending: Coroutine[Any, Any, None]) -> None:
        """Begin to write an end down, once the one before is written; raise what that one raised."""
        try:
            await self.settled()
        finally:
            self._task = asyncio.create_task(ending, name="smtp-ended")

    async def settled(self) -> None:
        """Wait until all is written, told to stop or not: an end that is known must not be lost."""
        task, stopped = self._task, None
        while task is not None and not task.done():
            try:
                await asyncio.wait((task,))
            except asyncio.CancelledError as error:
                stopped = error
        self._task = None
        failed = task.exception() if task is not None else None
        if stopped is not None:
            raise stopped
        if failed is not None:
            raise failed


class Outbox:
    """Hands notices over; one for each process that holds the run lock.

    As an async context manager it keeps its connections open between two drains, for a short while.
    """

    def __init__(self, office: Office, group: GroupCommit, account: SmtpAccount) -> None:
        self._office = office
        self._group = group
        self.pool = Pool(account, office.config.smtp.connections)
        # rehearsed, a message goes to the one address that the configuration names for that, and nowhere else
        redirected = office.mode is Mode.REDIRECT
        self._copies = () if redirected else sending.blind_copies(office.config.smtp)
        self._pace = Pace(office.config.smtp, 1 + len(self._copies), len(office.config.alerts.to))
        # each connection ends one message and begins the next
        self._steps = Together(group, self._all_steps, enough=2 * office.config.smtp.connections)
        self._rest: Rest | None = None
        self._refusals = 0
        self._in_trouble = True  # perhaps, in an earlier life of this process

    async def __aenter__(self) -> Self:
        self.pool.idle = KEPT
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.pool.close()

    @property
    def rests(self) -> bool:
        """Whether the account was refused just now, so that nothing is tried."""
        return self._rest is not None and self._rest.lasts(self._office.clock.now())

    async def drain(self, stop: asyncio.Event | None = None) -> Drained:
        """Hand over everything whose time has come and that the rate allows; return what became of it."""
        round_ = _Round(stop)
        await self._mind_the_clock()
        if await self._refill(round_):
            connections = min(self._office.config.smtp.connections, len(round_.waiting))
            try:
                async with asyncio.TaskGroup() as tasks:
                    for number in range(connections):
                        tasks.create_task(self._work(round_), name=f"smtp-{number}")
            finally:
                await self._give_back(round_)
        if round_.trouble:
            await self._pause(round_.trouble)
            round_.report.trouble = round_.trouble.answer
        if round_.failure:
            raise round_.failure
        return round_.report

    async def _refill(self, round_: _Round) -> bool:
        """Claim more where nothing waits; say whether something waits then."""
        async with round_.refilling:
            while not round_.waiting and round_.goes_on and not self.rests:
                claims, allowance = await self._claim()
                round_.report.recorded += claims.recorded
                round_.report.again_in = allowance.again_in
                round_.waiting.extend(claims.claimed)
                if not claims.claimed and not claims.settled:
                    break
        return bool(round_.waiting) and round_.goes_on

    async def _claim(self) -> tuple[Claims, Allowance]:
        """Claim what the rate allows; it is counted in the same transaction, so that no two processes exceed it."""
        office = self._office
        most = BATCH * office.config.smtp.connections

        def work(session: Session) -> tuple[Claims, Allowance]:
            now = office.clock.now()
            allowance = self._pace.allowance(session, office.creditor_id, now, most)
            left = allowance.messages
            return send.claim(session, office, now, left) if left else Claims(), allowance

        return await self._group.submit(work)

    async def _mind_the_clock(self) -> None:
        """What waits for an hour that only the clock before it was set back knew is tried, or written, again now."""
        office, now = self._office, self._office.clock.now()
        later = now + SLACK

        def found() -> bool:
            with office.db.read() as session:
                return bool(attempts.waiting_ahead(session, office.creditor_id, later))

        def work(session: Session) -> None:
            for notice in attempts.waiting_ahead(session, office.creditor_id, later):
                if notice.rendered_at > later:
                    why = say("superseded.stale", office.config.language)
                    settle.supersede(session, office, notice, why, now)
                else:
                    notice.next_attempt_at = now
                    session.add(notice)

        if await office.db.run(found):
            log.warning("the clock was set back: what waited for its hour is looked at again")
            await self._group.submit(work)

    def _all_steps(self, session: Session, steps: Sequence[Claimed | Delivered]) -> list[bool]:
        starting = [step for step in steps if isinstance(step, Claimed)]
        ended = [step for step in steps if isinstance(step, Delivered)]
        begun = send.steps(session, self._office, starting, ended, self._office.clock.now())
        return [isinstance(step, Delivered) or step.notice_id in begun for step in steps]

    async def _work(self, round_: _Round) -> None:
        """Send over one connection after the other, until nothing is due, the account is refused or something fails.

        What fails here cuts off no other connection: what is under way there has its answer, and nothing new begins.
        """
        try:
            while await self._refill(round_):
                await self._send_over_one(round_)
        except Exception as error:  # noqa: BLE001 - `drain` raises it once all have come to their end
            if round_.failure:
                log.error("another connection failed too", error=str(error))
            round_.failure = round_.failure or error

    async def _send_over_one(self, round_: _Round) -> None:
        try:
            async with self.pool.connection() as connection, _Behind() as behind:
                while connection.usable and await self._refill(round_):
                    if round_.waiting:  # another connection may have taken the last one meanwhile
                        await self._deliver(connection, round_, round_.waiting.popleft(), behind)
        except SmtpError as error:  # the connection itself was refused: nothing was tried on it
            round_.trouble = error

    async def _deliver(
        self, connection: Connection, round_: _Round, claimed: Claimed, behind: _Behind
    ) -> None:
        office = self._office
        started = False

        async def before_data() -> bool:
            nonlocal started
            started = await self._steps.submit(claimed)
            return started

        try:
            result = await connection.deliver(
                self._sender(claimed.notice_id),
                [claimed.recipient],
                claimed.raw,
                before_data,
                copies=self._copies,
                envelope_id=claimed.message_id.strip("<>"),
            )
        except InDoubtError as error:
            await self._in_doubt(round_, claimed, error.answer)
        except SmtpError as error:
            if not started and connection.ended(error):
                round_.waiting.appendleft(claimed)  # on another connection
            else:
                fault = await self._refused(round_, claimed, self._whose_fault(error))
                if fault.scope is Scope.ACCOUNT and not connection.ended(error):
                    round_.trouble = fault
        except BaseException:
            if started:  # stopped while waiting for the final answer
                await asyncio.shield(
                    self._in_doubt(round_, claimed, say("doubt.stopped", office.config.language))
                )
            else:
                round_.waiting.append(claimed)  # given back, since it was not tried
            raise
        else:
            await behind.do(self._ended(round_, claimed, result))

    def _sender(self, notice_id: int) -> str:
        """Return the envelope's sender, to which a server that cannot deliver the notice reports."""
        smtp = self._office.config.smtp
        signed = smtp.return_path == "plus"
        return return_path(smtp.from_address, notice_id, self._office.key) if signed else smtp.from_address

    async def _in_doubt(self, round_: _Round, claimed: Claimed, words: str) -> None:
        office, now = self._office, self._office.clock.now()
        notice_id, attempt_id = claimed.notice_id, claimed.attempt_id
        await self._group.submit(
            lambda session: send.lost(session, office, notice_id, attempt_id, words, now)
        )
        round_.report.in_doubt += 1
        log.warning("notice in doubt", notice=notice_id, answer=words)

    def _whose_fault(self, error: SmtpError) -> SmtpError:
        """In redirect mode the recipient is the team's own address: its refusal says nothing of any debtor."""
        if self._office.mode is not Mode.REDIRECT or error.scope is not Scope.RECIPIENT:
            return error
        return SmtpError(
            error.answer, permanent=error.permanent, scope=Scope.ACCOUNT, phase=error.phase, code=error.code
        )

    async def _refused(self, round_: _Round, claimed: Claimed, refusal: SmtpError) -> SmtpError:
        """Keep a refusal; return it as the account's where it is one of too many in a row."""
        office, now = self._office, self._office.clock.now()

        def work(session: Session) -> SmtpError:
            error = refusals.judged(session, office, claimed.recipient, refusal, now)
            send.refused(session, office, claimed, error, now)
            if error.permanent and error.scope is Scope.MESSAGE:
                holds.hold_refused(session, office, claimed.notice_id, error.answer, now)
            return error

        await self._steps.hurry()  # what was taken before counts
        error = await self._group.submit(work)
        log.warning(
            "notice refused",
            notice=claimed.notice_id,
            phase=error.phase,
            code=error.code,
            answer=error.answer,
        )
        if error.scope is not Scope.ACCOUNT and error.permanent:
            round_.report.failed += 1
        elif error.scope is not Scope.ACCOUNT:
            round_.report.deferred += 1
        return error

    async def _ended(self, round_: _Round, claimed: Claimed, result: Accepted | Withheld) -> None:
        if isinstance(result, Withheld):
            now = self._office.clock.now()
            await self._group.submit(lambda session: send.withhold(session, claimed, now))
            round_.report.withheld += 1
            return
        await self._steps.submit(
            Delivered(claimed, result.code, result.answer, result.queue_id, result.refused)
        )
        if self._in_trouble:
            self._refusals, self._in_trouble = 0, False
            await self._group.submit(self._account_again)
        round_.report.sent += 1
        log.info("notice sent", notice=claimed.notice_id, to=claimed.recipient, answer=result.answer)
        for recipient, (code, answer) in result.refused.items():  # the copy, by which a doubt can be settled
            log.warning("copy refused", notice=claimed.notice_id, to=recipient, code=code, answer=answer)

    def _account_again(self, session: Session) -> None:
        """The server takes our mail again: nobody need look."""
        office, now = self._office, self._office.clock.now()
        task = settings.find_task(session, office.creditor_id, "account", f"creditor:{office.creditor_id}")
        if task is not None:
            settings.close_task(session, task, now=now, by=BOT)

    async def _give_back(self, round_: _Round) -> None:
        """Give back, together, what was claimed and not tried."""
        left = list(round_.waiting)
        round_.waiting.clear()
        if not left:
            return
        now = self._office.clock.now()

        def work(session: Session) -> None:
            for claimed in left:
                send.give_back(session, claimed, now)

        await asyncio.shield(self._group.submit(work))

    async def _pause(self, error: MailError) -> None:
        """Let the whole queue rest, and tell the team once; new words take the place of the old."""
        office, now = self._office, self._office.clock.now()
        rest = ACCOUNT_REST[min(self._refusals, len(ACCOUNT_REST) - 1)]
        self._refusals += 1
        self._in_trouble = True
        self._rest = Rest(now, now + rest)
        log.error(
            "mail server refuses us; the queue rests",
            phase=error.phase,
            answer=error.answer,
            until=str(now + rest),
        )
        words = say("task.account", office.config.language, phase=error.phase, answer=error.answer)
        subject = f"creditor:{office.creditor_id}"

        def work(session: Session) -> None:
            task = settings.find_task(session, office.creditor_id, "account", subject)
            if task is None:
                settings.open_task(session, office.creditor_id, "account", subject, words, now=now, actor=BOT)
            else:
                task.words = words
                session.add(task)

        await self._group.submit(work)
