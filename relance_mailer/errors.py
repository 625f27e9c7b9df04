"""Every error that relance_mailer raises on purpose.

RelanceError
├── ConfigError          the configuration cannot be used (exit code 2)
├── InputError           a file or an argument cannot be used as a whole (exit code 1)
│   └── AmbiguousError   a file can be read in two ways, and a person must say which (intake.form)
├── NotFoundError        what was named does not exist (exit code 1)
├── ConflictError        a state forbids what was asked (exit code 1)
├── TemplateError        a template cannot be loaded or rendered
├── RateUnknownError     no published late-payment rate for a half-year
├── UnreadableError      a message cannot be read (it is kept all the same)
├── StoreError           the database cannot be used
│   ├── SchemaError      its schema is not this program's
│   └── AlreadyRunningError  another process drives this database
└── MailError            a mail server refused or fell silent; knows `permanent` and `scope`
    ├── SmtpError        the message was surely not accepted
    │   └── InDoubtError  bytes went out and no final answer came: nobody knows
    └── ImapError

Each message says what happened, where, and what to do.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum


class RelanceError(Exception):
    """Base of all errors raised on purpose; its text is written for a person."""


class ConfigError(RelanceError):
    """The configuration cannot be used as it is."""


class InputError(RelanceError):
    """A file or argument cannot be used as a whole."""


class NotFoundError(RelanceError):
    """What was named does not exist."""


class ConflictError(RelanceError):
    """The present state forbids what was asked."""


class TemplateError(RelanceError):
    """A template cannot be loaded or rendered."""


class RateUnknownError(RelanceError):
    """No late-payment rate is known for a half-year that a computation needs.

    Attributes:
        start: the half-year's first day.
    """

    def __init__(self, start: date) -> None:
        which = "first" if start.month == 1 else "second"
        super().__init__(
            f"no late-payment rate is known for the {which} half of {start.year}: add these three lines to "
            f"the configuration, with the European Central Bank's main refinancing rate on that day instead of 2.15: "
            f"[[rates]] / effective_from = {start} / ecb = 2.15"
        )
        self.start = start


class UnreadableError(RelanceError):
    """A message cannot be read; its bytes are kept.

    Attributes:
        why: late (not within the deadline), memory, ended (the reading process died), headless (no header in it) or
            broken; the catalogue has the words for the team.
    """

    def __init__(self, message: str, *, why: str = "broken") -> None:
        super().__init__(message)
        self.why = why


class StoreError(RelanceError):
    """The database cannot be used."""


class SchemaError(StoreError):
    """The database's schema is older or newer than this program."""


class AlreadyRunningError(StoreError):
    """Another process drives this database."""


class Scope(StrEnum):
    """Whose fault a mail server's refusal is."""

    ACCOUNT = "account"  #: greeting, EHLO, AUTH, MAIL FROM, quota: nothing can be sent at all
    RECIPIENT = "recipient"  #: RCPT: this address
    MESSAGE = "message"  #: DATA: this message


def readable(words: str) -> str:
    """Return a server's words as text that can be written down: bytes that were no UTF-8 become U+FFFD."""
    return words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class MailError(RelanceError):
    """A mail server refused, or the connection to it failed.

    Attributes:
        permanent: True if trying again the same way cannot help.
        scope: whose fault it is.
        phase: the protocol step that failed, for example "connect", "auth", "rcpt", "data", "dot".
        code: the server's reply code, None if there was none.
        answer: the server's exact words, or what the network said.
    """

    def __init__(
        self,
        answer: str,
        *,
        permanent: bool,
        scope: Scope,
        phase: str,
        code: int | None = None,
    ) -> None:
        answer = readable(answer)
        super().__init__(f"{phase}: {answer}")
        self.answer = answer
        self.permanent = permanent
        self.scope = scope
        self.phase = phase
        self.code = code


class SmtpError(MailError):
    """Sending failed before the message was accepted."""


class InDoubtError(SmtpError):
    """The message may have been accepted: bytes went out and no final answer came back.

    It is a kind of SmtpError, so catch it first; it is never `permanent` and never resent on a guess.
    """


class ImapError(MailError):
    """The mailbox could not be read."""
