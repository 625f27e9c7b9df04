"""What aiosmtplib and the network raise, mapped once to this program's errors."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, TypeVar

import aiosmtplib

from relance_mailer.errors import InputError, Scope, SmtpError
from relance_mailer.mail import answers, tls

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

_T = TypeVar("_T")


class _Kind(Enum):
    ANSWER = auto()  # the server refused in words
    ANSWERS = auto()  # several refusals at once
    NETWORK = auto()  # the connection failed or fell silent
    MISSING = auto()  # the server cannot do what the configuration asks


VENDOR_ERRORS: dict[type[Exception], _Kind] = {
    aiosmtplib.SMTPException: _Kind.MISSING,
    aiosmtplib.SMTPNotSupported: _Kind.MISSING,
    aiosmtplib.SMTPServerDisconnected: _Kind.NETWORK,
    aiosmtplib.SMTPConnectError: _Kind.NETWORK,
    aiosmtplib.SMTPTimeoutError: _Kind.NETWORK,
    aiosmtplib.SMTPConnectTimeoutError: _Kind.NETWORK,
    aiosmtplib.SMTPReadTimeoutError: _Kind.NETWORK,
    aiosmtplib.SMTPResponseException: _Kind.ANSWER,
    aiosmtplib.SMTPConnectResponseError: _Kind.ANSWER,
    aiosmtplib.SMTPHeloError: _Kind.ANSWER,
    aiosmtplib.SMTPDataError: _Kind.ANSWER,
    aiosmtplib.SMTPAuthenticationError: _Kind.ANSWER,
    aiosmtplib.SMTPSenderRefused: _Kind.ANSWER,
    aiosmtplib.SMTPRecipientRefused: _Kind.ANSWER,
    aiosmtplib.SMTPRecipientsRefused: _Kind.ANSWERS,
}


async def step(phase: str, awaitable: Awaitable[_T]) -> _T:
    """Run one protocol step; whatever the vendor or the network raises becomes an SmtpError of that phase."""
    try:
        return await awaitable
    except (aiosmtplib.SMTPException, OSError, ValueError, InputError) as error:
        raise mapped(phase, error) from error


def mapped(phase: str, error: Exception) -> SmtpError:
    """Return what a vendor's or the network's error means at a protocol step before the content."""
    match VENDOR_ERRORS.get(type(error)):
        case _Kind.ANSWER if isinstance(error, aiosmtplib.SMTPResponseException):
            phase = "greeting" if isinstance(error, aiosmtplib.SMTPConnectResponseError) else phase
            return answers.refusal(phase, error.code, error.message)
        case _Kind.ANSWERS if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
            return weightiest([mapped("rcpt", each) for each in error.recipients])
        case _Kind.MISSING:
            return SmtpError(words(error), permanent=True, scope=Scope.ACCOUNT, phase=phase)
    if isinstance(error, (ValueError, InputError)) and not isinstance(error, OSError):  # an unusable address
        return SmtpError(str(error), permanent=True, scope=answers.BY_PHASE[phase], phase=phase)
    return lost(phase, words(error), permanent=tls.is_untrusted(error))


def lost(phase: str, answer: str, *, permanent: bool = False) -> SmtpError:
    """Return the error for a connection that failed before the content: the account's matter."""
    return SmtpError(answer, permanent=permanent, scope=Scope.ACCOUNT, phase=phase)


def words(error: Exception) -> str:
    """Return what an error says, its kind if it says nothing."""
    return str(getattr(error, "message", "") or error) or type(error).__name__


def weightiest(errors: Sequence[SmtpError]) -> SmtpError:
    """Choose the refusal that decides: the account's before a recipient's, one that may pass before a final one."""
    return min(errors, key=lambda error: (error.scope is not Scope.ACCOUNT, error.permanent))
