"""How many messages, or recipients, an account may send to in which time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from relance_mailer.errors import ConfigError

_FORM = re.compile(r"(\d{1,9})( recipients)? ?/ ?(second|minute|hour|day)")
_WINDOWS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `count` messages, or recipients, in any stretch of time as long as `window`."""

    count: int
    window: timedelta
    recipients: bool = False  #: whether the provider counts recipients, so that a blind copy counts too

    @classmethod
    def parse(cls, text: str) -> RateLimit:
        """Read "30/minute" or "10000 recipients/day"; units are second, minute, hour, day.

        Raises:
            ConfigError: it has another form, or allows nothing.
        """
        found = _FORM.fullmatch(text.strip().lower())
        if not found or int(found[1]) == 0:
            raise ConfigError(
                f'rate limit {text!r}: write a number and a unit, for example "30/minute" or "2000/day"'
            )
        return cls(int(found[1]), _WINDOWS[found[3]], recipients=bool(found[2]))

    def left(self, used: int, recipients_each: int) -> int:
        """Return how many messages may still leave where `used` did within the window.

        One message may always leave where none did, even if its copies make it larger than the limit.
        """
        each = recipients_each if self.recipients else 1
        return max((self.count - used * each) // each, 0 if used else 1)
