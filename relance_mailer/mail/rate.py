"""How many messages an account may send in which time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from relance_mailer.errors import ConfigError

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
