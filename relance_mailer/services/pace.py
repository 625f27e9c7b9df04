"""How fast the sending account may be used, counted on the database: by all processes together, and over a restart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from relance_mailer.config import Smtp, account
from relance_mailer.mail.rate import RateLimit
from relance_mailer.store import alerts, attempts
from relance_mailer.store.session import Session


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many messages may leave now, and, where a limit is reached, how long to wait before asking again."""

    messages: int
    again_in: timedelta | None = None


@dataclass(frozen=True, slots=True)
class _SetBack:
    """When attempts dated later than now were first seen, and the last one of them."""

    seen_at: datetime
    last_id: int


class Pace:
    """The limits of an account; `allowance` must be asked in the transaction that claims what it allows.

    Args:
        smtp: the account.
        recipients_each: of a notice, its blind copy included.
        alert_recipients: of a mail to the team.
    """

    def __init__(self, smtp: Smtp, recipients_each: int = 1, alert_recipients: int = 0) -> None:
        self._limits = tuple(RateLimit.parse(rate) for rate in account.rates(smtp))
        self._recipients_each = recipients_each
        self._alert_recipients = alert_recipients
        self._set_back: _SetBack | None = None

    def allowance(self, session: Session, creditor_id: int, now: datetime, most: int) -> Allowance:
        """Return how many messages may leave now, `most` at most."""
        if not self._limits:
            return Allowance(most)
        ahead = attempts.ahead(session, creditor_id, now)
        self._note(ahead, now)
        left = most
        again_in: timedelta | None = None
        for limit in self._limits:
            used = attempts.since(session, creditor_id, now - limit.window, now)
            # mails to the team are few and wait for no rate, but the provider counts them, each address perhaps
            used += alerts.told_since(session, creditor_id, now - limit.window, now) * self._alert_recipients
            if self._set_back is not None and now - self._set_back.seen_at < limit.window:
                used += ahead.count
            allowed = limit.left(used, self._recipients_each)
            left = min(left, allowed)
            if not allowed:
                again_in = max(again_in or limit.window, limit.window)
        return Allowance(left, again_in)

    def _note(self, ahead: attempts.Ahead, now: datetime) -> None:
        """Attempts dated later than now were made before the clock was set back, nobody knows how long ago.

        They count as if they were made when they are first seen: no burst, and no waiting until their day comes.
        """
        if not ahead.count:
            self._set_back = None
        elif (
            self._set_back is None or self._set_back.last_id != ahead.last_id or now < self._set_back.seen_at
        ):
            self._set_back = _SetBack(now, ahead.last_id)
