"""Delivery failures and delays, in whatever format: RFC 3464 first, then what servers write in words.

Not delivered, address dead and the SMTP class are three different things: most final failures are no dead address,
and a class 4 can be final (Action: failed, Status: 4.4.7).
"""

from __future__ import annotations

import re
from email.message import Message as Part
from typing import TYPE_CHECKING

from relance_mailer.replies.absence import AUTOMATIC_SUBJECT
from relance_mailer.replies.message import ids_in, ids_stated
from relance_mailer.replies.model import Machine, MachineKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relance_mailer.replies.model import DeliveryStatus, Message

MAX_RECIPIENTS = 50
_SCANNED = 20_000  #: characters of the text that the rules look at: servers speak first, then quote
_SCANNED_LINES = 400
_SCANNED_LINE = 400

_DAEMON = re.compile(
    r"(?:mailer[-_.]?daemon|mail-daemon|maildaemon|mdaemon|postmaster|microsoftexchange[0-9a-f]{32}|mail-?delivery)(?:$|[@+._ -])",
    re.IGNORECASE,
)
_DAEMON_NAME = re.compile(
    r"mail delivery (?:sub)?system|mailer.?daemon|delivery subsystem|mail system|microsoft outlook$|mail administrator",
    re.IGNORECASE,
)
_BOUNCE_SUBJECT = re.compile(
    r"undeliver|non remis|non.?distribu|non d[ée]livr|undelivered|returned mail|return(?:ed)? to sender|delivery (?:status )?"
    r"(?:notification|failure|report|has failed|failed|problem|error|delayed|incomplete)|mail delivery (?:failed|failure|problem)"
    r"|failure notice|could not be delivered|not delivered|unzustellbar|nicht zugestellt|zustellung|no se (?:ha podido|puede) entregar"
    r"|no entregado|mancata consegna|non recapitabile|onbestelbaar|n[ãa]o entregue|rejected:|message delivery failure"
    r"|[ée]chec (?:de la )?(?:remise|distribution|livraison)|delivery failure|message status - undeliverable|warning: could not send",
    re.IGNORECASE,
)
#: Subjects that only servers begin with, whoever they say they are.
_SURE_SUBJECT = re.compile(
    r"\s{0,3}(?:mail delivery failed: returning message|undelivered mail returned to sender|undeliverable\s?:|non remis\s?:"
    r"|delivery status notification \(failure\)|mail could not be delivered|failed mail to\b)",
    re.IGNORECASE,
)
# Our own subjects speak of invoices in "retard": only delays of the delivery count.
_DELAYED_SUBJECT = re.compile(
    r"(?:\W{0,3}warning\W.{0,60}(?:delay|could not send)|(?:mail |message )?delivery.{0,40}delay|(?:your )?message.{0,40}delay"
    r"|(?:remise|distribution|livraison) (?:diff[ée]r|retard)|delayed:|verz[öo]gert|warning: could not send)",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"(?:been|is|was) delayed|delivery .{0,20}delay|still being retried|not yet been delivered|will (?:be|keep) (?:retr|try)"
    r"|could not send message for past|temporarily deferred|remise .{0,30}(?:retard|diff[ée]r)|verz[öo]gert"
    r"|this is a warning message only|advisory-only",
    re.IGNORECASE,
)
_PASSED_ON = re.compile(r"\s{0,3}(?:re|tr|fwd?|wg|aw|rv|enc|i|rif|antw)\s?:", re.IGNORECASE)

_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d]|\.\d)")
_REPLY_CODE = re.compile(r"(?<![\d.])([45][0-5]\d)[ -](?=\D)")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+/=&'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")

#: Words of a server to a reason, the first that fits; a refusal of ours comes before a missing address, for
#: "550 5.1.1 … listed by Spamhaus" says nothing about the address.
_REASONS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (reason, re.compile(pattern, re.IGNORECASE))
    for reason, pattern in (
        ("blocked", r"spamhaus|blacklist|block ?list|blocked|barracuda|reputation|as spam\b|considered spam|spam content|5\.7\.\d+.{0,40}spam"),
        ("authentication", r"\bdmarc\b|\bspf\b|\bdkim\b|unauthenticated"),
        ("relay_denied", r"relay(?:ing)? (?:access )?denied|not permitted to relay|unable to relay"),
        ("mailbox_full", r"mailbox (?:is )?full|over ?quota|quota exceeded|exceeded storage|insufficient storage|bo[îi]te .{0,30}pleine"),
        ("too_big", r"too (?:large|big)|size (?:limit )?exceed|exceeds (?:the )?(?:maximum|size)"),
        ("user_unknown", r"user unknown|unknown user|no such user|user not found|recipient (?:not found|unknown|rejected: user)|unknown (?:recipient|mailbox|address)|does(?:n't| not) exist|mailbox (?:not found|unavailable|unknown)|no mailbox|invalid (?:recipient|mailbox|address|user)|n['’]existe pas|inconnu|address rejected|recipientnotfound|no longer (?:exists|valid)|not our customer"),
        ("mailbox_disabled", r"disabled|inactive|deactivated|suspended|d[ée]sactiv|no longer (?:active|in use|employed)"),
        ("host_unknown", r"host (?:or domain name )?(?:not found|unknown)|domain (?:not found|does not exist)|name (?:service error|or service not known)|nxdomain|unrouteable|no such domain|bad destination mailbox address system|null ?mx"),
        ("expired", r"expired|timed? ?out|too long in queue|retry time(?:out)?|max(?:imum)? .{0,20}retr|connection refused|deferred"),
        ("policy", r"policy|denied|refused|not allowed|prohibited|authori[sz]|restricted"),
    )
)  # fmt: skip
_REASON_OF_STATUS = {
    "1.1": "user_unknown", "1.10": "user_unknown", "1.6": "user_unknown", "1.0": "user_unknown", "1.3": "user_unknown",
    "1.2": "host_unknown", "2.2": "mailbox_full",
    "2.3": "too_big", "3.4": "too_big", "4.1": "expired", "4.7": "expired", "7.1": "policy",
}  # fmt: skip
#: The address itself is said not to exist; 5.2.1 and 5.4.4 only where the words agree.
_DEAD_STATUS = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
_DEAD_IF_REASON = {
    "5.2.1": frozenset({"mailbox_disabled", "user_unknown"}),
    "5.4.4": frozenset({"host_unknown"}),
}
_NOT_THE_ADDRESS = frozenset({"blocked", "authentication", "relay_denied", "mailbox_full", "too_big"})
_DEAD_REASONS = frozenset({"user_unknown", "host_unknown"})


def bounce_of(message: Message, own_addresses: frozenset[str]) -> Machine | None:
    """Return what a delivery report says, None if this is none."""
    if message.statuses and _is_report(message):
        return _from_statuses(message)
    failed = tuple(_addresses(message.header("x-failed-recipients")))
    temporary = bool(_DELAYED_SUBJECT.match(message.subject))
    if failed:
        return _from_words(message, failed, final=not temporary)
    if _PASSED_ON.match(message.subject) or AUTOMATIC_SUBJECT.match(message.subject):
        return None
    daemon = is_daemon(message) or empty_sender(message)
    if daemon and (_BOUNCE_SUBJECT.search(message.subject) or temporary):
        final = not (temporary or (_DELAYED.search(message.text[:2_000]) and not _says_failed(message)))
        return _from_words(message, _failing(message, own_addresses), final=final)
    for recipients, final in _by_flufl(message):
        return _from_words(message, recipients, final=final)
    failing = _failing(message, own_addresses) if _SURE_SUBJECT.match(message.subject) else ()
    return _from_words(message, failing, final=True) if failing else None


def is_daemon(message: Message) -> bool:
    """Tell whether a mail server is named as the sender."""
    local = message.from_address.partition("@")[0]
    return bool(
        _DAEMON.match(local)
        or _DAEMON.match(message.from_name)
        or _DAEMON_NAME.search(message.from_name[:200])
    )


def empty_sender(message: Message) -> bool:
    """Tell whether the envelope sender is empty (`Return-Path: <>`), as every notice's must be (RFC 5321, 4.5.5)."""
    return any(value.replace(" ", "") == "<>" for value in message.all("return-path")[:1])


def _is_report(message: Message) -> bool:
    """Tell a report from a person who attaches one."""
    report = message.report_type == "delivery-status" or message.content_type == "multipart/report"
    return report or is_daemon(message) or empty_sender(message)


def _action(status: DeliveryStatus) -> str:
    """Return the action, from the status class where a server left it out; opensmtpd says "error"."""
    if status.action.startswith(("fail", "error")):
        return "failed"
    return status.action or {"5": "failed", "4": "delayed", "2": "delivered"}.get(status.status[:1], "")


def _from_statuses(message: Message) -> Machine:
    by_action: dict[str, list[DeliveryStatus]] = {}
    for status in message.statuses:
        by_action.setdefault(_action(status), []).append(status)
    final = bool(by_action.get("failed"))
    chosen = by_action.get("failed") or by_action.get("delayed")
    if not chosen:  # delivered, relayed, expanded: it went on its way
        return Machine(MachineKind.READ_RECEIPT, original_message_id=original_id(message))
    code = _precise(chosen[0].status, chosen[0].diagnostic)
    reason = _reason(code, chosen[0].diagnostic or message.text[:_SCANNED])
    return Machine(
        kind=MachineKind.BOUNCE if final else MachineKind.DELAYED,
        final=final,
        address_dead=final and _dead(code, reason),
        status=code,
        reason=reason,
        recipients=tuple(dict.fromkeys(status.recipient for status in chosen if status.recipient)),
        original_message_id=original_id(message),
    )


def _from_words(message: Message, recipients: tuple[str, ...], *, final: bool) -> Machine:
    words = message.text[:_SCANNED]
    code = _precise("", words)
    reason = _reason(code, words)
    return Machine(
        kind=MachineKind.BOUNCE if final else MachineKind.DELAYED,
        final=final,
        address_dead=final and _dead(code, reason),
        status=code,
        reason=reason,
        recipients=recipients[:MAX_RECIPIENTS],
        original_message_id=original_id(message),
    )


def _precise(status: str, words: str) -> str:
    """Return the most telling status: the server's own words know more than a general x.0.0."""
    found = _ENHANCED.search(words)
    stated = _ENHANCED.match(status)
    if stated and (not stated[1].endswith(".0.0") or not found):
        return stated[1]
    if found:
        return found[1]
    reply = _REPLY_CODE.search(words)
    return reply[1] if reply else status[:12]


def _reason(code: str, words: str) -> str:
    for reason, pattern in _REASONS:
        if pattern.search(words):
            return reason
    return _REASON_OF_STATUS.get(code.partition(".")[2], "unknown")


def _dead(code: str, reason: str) -> bool:
    if reason in _NOT_THE_ADDRESS:
        return False
    if code in _DEAD_IF_REASON:
        return reason in _DEAD_IF_REASON[code]
    # Without an enhanced status the words decide.
    return code in _DEAD_STATUS or ("." not in code and reason in _DEAD_REASONS)


def _says_failed(message: Message) -> bool:
    return bool(
        re.search(r"permanent|giving up|failed permanently|fatal", message.text[:2_000], re.IGNORECASE)
    )


def _addresses(text: str) -> Iterator[str]:
    return (found.lower() for found in _ADDRESS.findall(text[:_SCANNED]))


def _failing(message: Message, own_addresses: frozenset[str]) -> tuple[str, ...]:
    """Return the addresses that a server's words name, best guess first."""
    for recipients, _ in _by_flufl(message):
        return recipients
    ours = {*own_addresses, *message.to, message.from_address}
    named = (
        address for address in _addresses(message.text) if address not in ours and not _DAEMON.match(address)
    )
    return tuple(dict.fromkeys(named))[:MAX_RECIPIENTS]


def original_id(message: Message) -> str:
    """Return the Message-ID of the mail that a machine answers, "" if it does not tell."""
    embedded = dict(reversed(message.embedded_headers))
    in_text = ids_stated(message.embedded_text[:_SCANNED]) or ids_stated(message.text)
    places = (
        embedded.get("message-id", ""),
        embedded.get("x-original-message-id", ""),
        message.header("x-original-message-id"),
        *in_text[:1],
        message.header("x-ms-exchange-parent-message-id"),
        *message.in_reply_to[:1],
        *message.references[-1:],
    )
    return next((found[0] for found in map(ids_in, filter(None, places)) if found), "")


def _by_flufl(message: Message) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield (recipients, final) from the first of flufl.bounce's detectors that finds something.

    Each is guarded (1 % of messages raise), the one for LLNL left out (all of the library's false alarms), and they see
    a plain copy with normal line ends and short lines: some of their expressions take quadratic time.
    """
    from flufl.bounce import _scan as flufl

    copy = _plain_copy(message)
    for detector in flufl._DETECTORS:  # noqa: SLF001
        if detector.__name__ in {"LLNL", "DSN"}:  # RFC 3464 is read above
            continue
        try:
            temporary, permanent = detector().process(copy)
        except (ValueError, LookupError, AttributeError, TypeError, AssertionError):
            continue
        found = sorted(address.decode("ascii", "replace").lower() for address in permanent or temporary)
        valid = tuple(address for address in found if _ADDRESS.fullmatch(address))
        if valid:
            yield valid, bool(permanent)


def _plain_copy(message: Message) -> Part:
    lines = message.text[:_SCANNED].split("\n")[:_SCANNED_LINES]
    text = "\n".join(line[:_SCANNED_LINE] for line in lines).encode("ascii", "replace").decode()
    notice, copy = Part(), Part()
    notice["Content-Type"] = "text/plain"
    notice["Content-Description"] = "notification"
    notice.set_payload(text)
    for name in ("from", "subject", "x-mailer"):
        copy[name] = message.header(name).encode("ascii", "replace").decode()
    copy["Content-Type"] = "multipart/mixed"
    copy.attach(notice)
    return copy
