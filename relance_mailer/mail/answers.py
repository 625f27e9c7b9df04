"""What an SMTP server's refusal means: whose fault it is, and whether trying again can help.

The phase decides first (`BY_PHASE`), then the answers that servers give in the wrong place (`EXCEPTIONS`):
quotas, policies and lost rights hit the whole account wherever they are told, and 552 at RCPT means "too many
recipients" (RFC 5321 section 4.5.3.1.10). Servers that judge late tell at RCPT what they hold against the sender
(Postfix's smtpd_delay_reject), and after the final dot what they hold against the one recipient. Enhanced codes:
RFC 3463, the IANA registry; Gmail's, Microsoft's: their own lists.
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
    r"quota|rate.?limit|(?:sending|send|daily|hourly|message|submission) limit|limit (?:is |was )?(?:exceeded|reached)"
    r"|too (?:many (?:messages|mails|emails|connections)|much mail)|throttl|exceeded",
    re.IGNORECASE,
)
#: Words that only an account's own limits have, whatever the code beside them.
_OWN_QUOTA = re.compile(
    r"submissionquotaexceeded|sender thread limit|throttling failure|(?:user|relay|daily|hourly) sending (?:limit|quota)"
    r"|mail send limit exceeded|reached your daily limit|(?:daily|maximum) (?:message quota|sending rate) exceeded"
    r"|your account .{0,40}(?:exceeded|limit)|monthly (?:quota|limit)",
    re.IGNORECASE,
)
#: What is held against the sender, told at RCPT or after the content as well.
_AGAINST_US = re.compile(
    r"relay(?:ing)? (?:access )?(?:is )?(?:denied|not permitted)|unable to relay"
    r"|(?:sender address|client host|helo command|sender) rejected|not owned by user|authentication required"
    r"|client host .{0,80}blocked|(?:your|client) ip .{0,60}(?:blocked|listed|blacklisted)"
    r"|sending (?:is )?suspended|account (?:is |has been )?(?:suspended|disabled|blocked)"
    r"|unauthori[sz]ed ip address|sender (?:is )?not (?:allowed|authori[sz]ed|validated|verified)"
    r"|from address (?:is )?not verified|email address is not verified|is not authori[sz]ed to perform",
    re.IGNORECASE,
)
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_TEXT_LIMIT = 2_000  #: characters of an answer that are looked at


class Verdict(NamedTuple):
    """What a refusal means for the attempt."""

    permanent: bool
    scope: Scope


_THROTTLED = Verdict(permanent=False, scope=Scope.ACCOUNT)
_LOCKED_OUT = Verdict(permanent=True, scope=Scope.ACCOUNT)
_RECIPIENT_LATER = Verdict(permanent=False, scope=Scope.RECIPIENT)
_NO_UTF8 = Verdict(permanent=True, scope=Scope.RECIPIENT)
_TOO_LARGE = Verdict(permanent=True, scope=Scope.MESSAGE)  # RFC 1870, 3463

#: Reply codes that mean the same in every phase.
_BY_CODE: dict[int, Verdict] = {
    421: _THROTTLED,  # closing the channel
    432: _THROTTLED,  # Microsoft: too many connections at once; RFC 4954: a password transition is needed
    454: _THROTTLED,  # TLS or authentication not available now
    525: _LOCKED_OUT,  # Brevo: unauthorised IP address
    530: _LOCKED_OUT,  # authentication or STARTTLS required
    534: _LOCKED_OUT,  # mechanism too weak
    535: _LOCKED_OUT,  # credentials invalid
    538: _LOCKED_OUT,  # encryption required
}

#: Enhanced codes that mean the same in every phase, without their first digit.
_BY_ENHANCED: dict[str, Verdict] = {
    "4.5": _THROTTLED,  # Gmail: daily sending limit (5.4.5)
    "1.90": _THROTTLED,  # Microsoft: daily limit of recipients
    "7.500": _THROTTLED,  # Microsoft: server busy (4.7.500)
    "1.7": _LOCKED_OUT,  # the sender's address is malformed
    "1.8": _LOCKED_OUT,  # Microsoft: bad outbound sender; others: the sender's domain does not exist
    "2.121": _RECIPIENT_LATER,  # Microsoft: the recipient takes no more mail this hour from us …
    "2.122": _RECIPIENT_LATER,  # … or from anybody
    "2.2": _RECIPIENT_LATER,  # mailbox full, also where a server says it after the content
    "3.4": _TOO_LARGE,
    "6.7": _NO_UTF8,  # RFC 6531: an address beyond ASCII is not taken …
    "6.9": _NO_UTF8,  # … nor headers beyond it
    "7.8": _LOCKED_OUT,  # credentials invalid (RFC 4954)
    "7.9": _LOCKED_OUT,  # Gmail: an application's password is needed
    "7.3": _LOCKED_OUT,  # Microsoft: authentication unsuccessful
    "7.30": _LOCKED_OUT,  # Microsoft: basic authentication is off
    "7.57": _LOCKED_OUT,  # Microsoft: client not authenticated to send
    "7.60": _LOCKED_OUT,  # Microsoft: not allowed to send as this sender
    "7.139": _LOCKED_OUT,  # Microsoft: authentication unsuccessful by policy
    "7.515": _LOCKED_OUT,  # Outlook.com: the sender's domain does not authenticate
    "7.705": _THROTTLED,  # Microsoft: tenant exceeded its threshold
    "7.708": _LOCKED_OUT,  # Microsoft: traffic not accepted from this address
    "7.501": _LOCKED_OUT,  # Microsoft: spam abuse detected; 502 and 503: banned sender
    "7.502": _LOCKED_OUT,
    "7.503": _LOCKED_OUT,
    "7.511": _LOCKED_OUT,  # Microsoft: banned sending address
    "7.606": _LOCKED_OUT,  # Microsoft: banned sending address, to 7.649
    "7.750": _LOCKED_OUT,  # Microsoft: sending from an unregistered domain
    "7.64": _LOCKED_OUT,  # Microsoft: relay access denied
    "7.28": _THROTTLED,  # Gmail: unusual rate of mail
    "7.25": _LOCKED_OUT,  # Gmail: the sending address has no PTR record
    "7.26": _LOCKED_OUT,  # Gmail: mail lacks SPF and DKIM
    "7.27": _LOCKED_OUT,  # Gmail: SPF did not pass
}

#: 552 where it has a meaning of its own: "too many recipients" at RCPT (RFC 5321), else "too large" (RFC 1870).
_BY_552 = {"rcpt": _RECIPIENT_LATER, "mail": _TOO_LARGE}

_POLICY = frozenset({"7.0", "7.1", "3.2"})  #: general refusals whose words decide whether a quota is meant
_NOBODY = frozenset({"1.1", "1.2", "1.3", "1.6", "1.10", "2.1"})  #: no such recipient


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
    if _OWN_QUOTA.search(text) or (detail in _POLICY and _QUOTA.search(text)):
        return _THROTTLED
    if phase == "rcpt" and detail in _NOBODY:
        return Verdict(code >= 500, Scope.RECIPIENT)
    if phase != "mail" and _AGAINST_US.search(text):
        return Verdict(code >= 500, Scope.ACCOUNT)
    if detail in _BY_ENHANCED:
        verdict = _BY_ENHANCED[detail]
        return verdict._replace(permanent=verdict.permanent and code >= 500)
    if code == 552 and phase in _BY_552:
        return _BY_552[phase]
    late = phase == "dot" and detail in _NOBODY
    return Verdict(code >= 500, Scope.RECIPIENT if late else BY_PHASE[phase])


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


_NAMED_ID = re.compile(
    r"(?:queued as|message-?id:?|\bid=)\s?(<[^<>\s@]{1,200}@[^<>\s@]{1,200}>)", re.IGNORECASE
)
_SES_HOST = re.compile(
    r"(?:^|\.)email-smtp(?:-fips)?\.([a-z0-9-]{4,30})\.(?:vpce\.)?amazonaws\.com(?:\.cn)?$"
)
_SES_ID = re.compile(r"^(?:2\.\d\.\d )?ok:? <?([0-9a-f-]{40,100})>?$", re.IGNORECASE)
_POSTMARK_ID = re.compile(r"queued as <?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b", re.IGNORECASE)


def provider_id(answer: str, host: str, message_id: str) -> str:
    """Return the Message-ID that the server gave a message in place of ours, empty if its 250 tells of none.

    Amazon SES answers with the new id's left side alone; the right one is its region's, or "email" in the first
    region. Postmark does likewise. Others name the whole id, or ours (Exchange).

    Args:
        answer: the server's words after the final dot.
        host: the server's name.
        message_id: ours, with its brackets.
    """
    text, host = answer[:_TEXT_LIMIT].strip(), host.lower()
    region, given = _SES_HOST.search(host), _SES_ID.search(text)
    if region and given:
        side = "email" if region[1] == "us-east-1" else region[1]
        return f"<{given[1]}@{side}.amazonses.com>"
    if host.endswith("postmarkapp.com") and (given := _POSTMARK_ID.search(text)):
        return f"<{given[1]}@mtasv.net>"
    named = _NAMED_ID.search(text)
    return named[1] if named and named[1] != message_id else ""
