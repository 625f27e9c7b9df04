"""What an SMTP server's refusal means: whose fault it is, and whether trying again can help.

The phase decides first (`BY_PHASE`), then the answers that servers give in the wrong place (`EXCEPTIONS`):
quotas, policies and lost rights hit the whole account wherever they are told, and 552 at RCPT means "too many
recipients" (RFC 5321 section 4.5.3.1.10). Enhanced codes: RFC 3463; Gmail's, Microsoft's: their own lists.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from relance_mailer.errors import InDoubtError, Scope, SmtpError

#: Whose fault a refusal is, by the protocol step that was refused.
BY_PHASE: dict[str, Scope] = {
    "connect": Scope.ACCOUNT,
    "greeting": Scope.ACCOUNT,
    "ehlo": Scope.ACCOUNT,
    "starttls": Scope.ACCOUNT,
    "auth": Scope.ACCOUNT,
    "mail": Scope.ACCOUNT,
    "rcpt": Scope.RECIPIENT,
    "data": Scope.MESSAGE,
    "dot": Scope.MESSAGE,
    "rset": Scope.ACCOUNT,
}

_QUOTA = re.compile(
    r"quota|rate.?limit|(?:sending|daily|hourly|message|submission) limit|limit (?:is |was )?(?:exceeded|reached)"
    r"|too (?:many (?:messages|mails|emails|connections)|much mail)|throttl|exceeded",
    re.IGNORECASE,
)
_RELAY = re.compile(
    r"relay(?:ing)? (?:access )?(?:is )?(?:denied|not permitted)|unable to relay", re.IGNORECASE
)
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_TEXT_LIMIT = 2_000  #: characters of an answer that are looked at


class Verdict(NamedTuple):
    """What a refusal means for the attempt."""

    permanent: bool
    scope: Scope


_THROTTLED = Verdict(permanent=False, scope=Scope.ACCOUNT)
_LOCKED_OUT = Verdict(permanent=True, scope=Scope.ACCOUNT)

#: Reply codes that mean the same in every phase.
_BY_CODE: dict[int, Verdict] = {
    421: _THROTTLED,  # closing the channel
    454: _THROTTLED,  # TLS or authentication not available now
    530: _LOCKED_OUT,  # authentication or STARTTLS required
    534: _LOCKED_OUT,  # mechanism too weak
    535: _LOCKED_OUT,  # credentials invalid
    538: _LOCKED_OUT,  # encryption required
}

#: Enhanced codes that mean the same in every phase, without their first digit.
_BY_ENHANCED: dict[str, Verdict] = {
    "4.5": _THROTTLED,  # Gmail: daily sending limit (5.4.5)
    "1.8": _LOCKED_OUT,  # Microsoft: bad outbound sender
    "7.3": _LOCKED_OUT,  # Microsoft: authentication unsuccessful
    "7.30": _LOCKED_OUT,  # Microsoft: basic authentication is off
    "7.57": _LOCKED_OUT,  # Microsoft: client not authenticated to send
    "7.60": _LOCKED_OUT,  # Microsoft: not allowed to send as this sender
    "7.139": _LOCKED_OUT,  # Microsoft: authentication unsuccessful by policy
    "7.515": _LOCKED_OUT,  # Outlook.com: the sender's domain does not authenticate
    "7.705": _THROTTLED,  # Microsoft: tenant exceeded its threshold
    "7.708": _LOCKED_OUT,  # Microsoft: traffic not accepted from this address
    "7.28": _THROTTLED,  # Gmail: unusual rate of mail
    "7.25": _LOCKED_OUT,  # Gmail: the sending address has no PTR record
    "7.26": _LOCKED_OUT,  # Gmail: mail lacks SPF and DKIM
    "7.27": _LOCKED_OUT,  # Gmail: SPF did not pass
}

_POLICY = frozenset({"7.0", "7.1", "3.2"})  #: general refusals whose words decide whether a quota is meant


def refusal(phase: str, code: int, answer: str) -> SmtpError:
    """Return the error for a refusing answer, in the server's exact words."""
    verdict = judge(phase, code, answer)
    return SmtpError(answer, permanent=verdict.permanent, scope=verdict.scope, phase=phase, code=code)


def in_doubt(answer: str, code: int | None = None) -> InDoubtError:
    """Return the error for bytes that went out without a usable final answer."""
    return InDoubtError(answer, permanent=False, scope=Scope.MESSAGE, phase="dot", code=code)


def judge(phase: str, code: int, answer: str) -> Verdict:
    """Say whether a refusal is final and whose fault it is."""
    text = answer[:_TEXT_LIMIT]
    found = _ENHANCED.search(text)
    detail = found[1][2:] if found else ""
    if not 400 <= code <= 599:
        return _THROTTLED  # no refusal of SMTP's: the connection is out of step
    if code in _BY_CODE:
        return _BY_CODE[code]
    if detail in _BY_ENHANCED:
        return _BY_ENHANCED[detail]
    if detail in _POLICY and _QUOTA.search(text):
        return _THROTTLED
    if phase == "rcpt" and code >= 500 and _RELAY.search(text):
        return _LOCKED_OUT
    if phase == "mail" and (code == 552 or detail == "3.4"):
        return Verdict(permanent=True, scope=Scope.MESSAGE)  # SIZE: the message is too large (RFC 1870)
    permanent = code >= 500 and not (phase == "rcpt" and code == 552)
    return Verdict(permanent, BY_PHASE[phase])


_QUEUE_IDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"queued as <?([A-Za-z0-9._@+=/-]+)",  # Postfix, Haraka, many
        r"\bid=([A-Za-z0-9._-]+)",  # Exim
        r"\[InternalId=(\d+)",  # Exchange, Microsoft 365
        r"message accepted for delivery \(([^)\s]+)\)",
        r"\b([A-Za-z0-9]{8,20}) message accepted for delivery",  # Sendmail
        r"^(?:2\.\d\.\d )?ok:? <?([A-Za-z0-9._@+=-]{8,80})>?$",  # Amazon SES, OpenSMTPD
        r"^2\.0\.0 OK +(?:\d+ )?([A-Za-z0-9._-]+) - gsmtp",  # Gmail
        r"^(?:2\.\d\.\d )?ok:? (?:queued|message) (?:as |id )?<?([A-Za-z0-9._@+=-]{6,80})",
    )
)


def queue_id(answer: str) -> str:
    """Return the id under which the server queued a message, empty if its answer names none."""
    text = answer[:_TEXT_LIMIT].strip()
    return next((found[1].rstrip(".") for pattern in _QUEUE_IDS if (found := pattern.search(text))), "")
