"""How many messages an account may send in which time, as a pure computation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from relance_mailer.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

_FORM = re.compile(r"(\d{1,9}) ?/ ?(second|minute|hour|day)")
_WINDOWS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `count` messages in any stretch of time as long as `window`."""

    count: int
    window: timedelta

    @classmethod
    def parse(cls, text: str) -> RateLimit:
        """Read "30/minute"; units are second, minute, hour, day.

        Raises:
            ConfigError: it has another form, or allows nothing.
        """
        found = _FORM.fullmatch(text.strip().lower())
        if not found or int(found[1]) == 0:
            raise ConfigError(
                f'rate limit {text!r}: write a number and a unit, for example "30/minute" or "2000/day"'
            )
        return cls(int(found[1]), _WINDOWS[found[2]])

    def next_allowed(self, sent: Sequence[datetime], now: datetime) -> datetime:
        """Return the first instant, not before `now`, at which one more message may leave.

        Args:
            sent: when messages left, in any order; only those of the last `window` matter. Instants after
                `now` (the clock was set back) count as just sent.
            now: the present instant, aware.
        """
        recent = sorted(min(instant, now) for instant in sent if instant > now - self.window)
        if len(recent) < self.count:
            return now
        return recent[-self.count] + self.window
