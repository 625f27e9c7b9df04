"""Reports that are no failures: read receipts (RFC 8098, formerly 3798) and complaints (RFC 5965). Neither is an answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from relance_mailer.replies.bounces.failing import ADDRESS
from relance_mailer.replies.bounces.original import original_id
from relance_mailer.replies.model import Machine, MachineKind

if TYPE_CHECKING:
    from relance_mailer.replies.model import Message

_RECEIPT, _COMPLAINT = "disposition-notification", "feedback-report"
_RECEIPT_FIELDS = frozenset({"disposition", "final-recipient", "original-recipient"})
#: Programs that write "Read:" themselves, in a plain message; people write below such a subject, not above it.
_RECEIPT_SUBJECT = re.compile(
    r"\s{0,3}(?:read\s?:|not read\s?:|lu\s?:|non lu\s?:|gelesen\s?:|ungelesen\s?:|le[ií]do\s?:|letto\s?:|gelezen\s?:|lida?\s?:|przeczytano\s?:"
    r"|(?:return|read) receipt|accus[eé] de lecture|lesebest[äa]tigung|confirmaci[oó]n de lectura|conferma di lettura|leesbevestiging|confirma[cç][aã]o de leitura)",
    re.IGNORECASE,
)
_RECEIPT_WORDS = re.compile(
    r"your message\b.{0,400}\b(?:was|has been) (?:read|displayed|deleted without being read)|this is a (?:return|read) receipt|accus[eé] de r[eé]ception pour le (?:courrier|message)"
    r"|votre message\b.{0,400}\b(?:a [eé]t[eé] (?:lu|affich[eé]|supprim[eé] sans)|lu le\b)|wurde (?:am .{0,60} )?gelesen|fue le[ií]do|[eè] stato letto|is gelezen|foi lida",
    re.IGNORECASE | re.DOTALL,
)


def report_of(message: Message) -> Machine | None:
    """Return a read receipt (its reason is what became of the message) or a complaint, None if it is neither."""
    kinds = {message.report_type, message.content_type.partition("/")[2]}
    kinds |= {part.content_type.partition("/")[2] for part in message.attachments}
    reported = message.content_type == "multipart/report" or message.report_type
    if reported and _COMPLAINT in kinds:
        return _of(message, MachineKind.FEEDBACK)
    if reported and _RECEIPT in kinds:
        return _of(message, MachineKind.READ_RECEIPT)
    if _RECEIPT_SUBJECT.match(message.subject[:200]) and _RECEIPT_WORDS.search(message.text[:1_000]):
        return _of(message, MachineKind.READ_RECEIPT)
    return None


def _of(message: Message, kind: MachineKind) -> Machine:
    fields = dict(reversed(message.report_fields))
    if kind is MachineKind.FEEDBACK:
        reason = fields.get("feedback-type", "").strip().lower()
        named = fields.get("original-rcpt-to", "")
    else:  # "manual-action/MDN-sent-manually; displayed"
        reason = fields.get("disposition", "").rpartition(";")[2].partition("/")[0].strip().lower()
        named = fields.get("original-recipient") or fields.get("final-recipient", "")
    recipients = tuple(dict.fromkeys(address.lower() for address in ADDRESS.findall(named[:1_000])))
    return Machine(kind, reason=reason[:40], recipients=recipients, original_message_id=original_id(message))
