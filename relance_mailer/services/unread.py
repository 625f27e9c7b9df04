"""What the team is told of messages, or parts of them, that could not be read."""

from __future__ import annotations

import re
from datetime import datetime

from relance_mailer.errors import UnreadableError
from relance_mailer.replies.message import ids_in
from relance_mailer.replies.model import Message
from relance_mailer.services import holds
from relance_mailer.services.consequences import UNREADABLE
from relance_mailer.services.office import BOT, Office
from relance_mailer.store import mailroom, settings
from relance_mailer.store.session import Session
from relance_mailer.store.tables import MessageRow
from relance_mailer.texts.words import say

_HEAD = 64 * 1024
_FROM = re.compile(
    rb"^From:[^\r\n]{0,500}?([A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,253})", re.MULTILINE | re.IGNORECASE
)
_ANSWERS = re.compile(
    rb"^(?:In-Reply-To|References):([^\r\n]{0,2000}+(?:\r?\n[ \t][^\r\n]{0,2000}+){0,50})",
    re.MULTILINE | re.IGNORECASE,
)


def set_aside(
    session: Session, office: Office, row: MessageRow, raw: bytes, error: UnreadableError, now: datetime
) -> None:
    """Tell the team about a message that nothing could be read of, and pause what it may be about."""
    found = _FROM.search(raw[:_HEAD])
    address = found[1].decode("ascii").lower() if found else ""
    until = office.days.add(office.today(now), office.config.holds.review)
    written_by = mailroom.contacts_at(session, office.creditor_id, [address])
    named = b" ".join(answers[1] for answers in _ANSWERS.finditer(raw[:_HEAD])).decode("latin-1")
    answered = mailroom.notices_by_message_id(session, office.creditor_id, ids_in(named)).values()
    concerned = {one.debtor_id for one in written_by} | {notice.debtor_id for notice in answered}
    row.unmatched_since = None if concerned else now
    for debtor_id in concerned:
        holds.open_hold(session, office, debtor_id, None, UNREADABLE, until, now, owner=holds.TEAM)
    why = say(f"unread.{error.why}", office.config.language, error=error)
    words = say("task.unreadable", office.config.language, sender=address or "?", why=why)
    _ask_to_open(session, office, row, words, now)


def tell(session: Session, office: Office, row: MessageRow, message: Message, now: datetime) -> None:
    """Say to the team what in a person's message could not be read, and why (its pause is that of any answer)."""
    if not message.unread:
        return
    language = office.config.language
    why = ", ".join(say(f"unread.{one}", language) for one in message.unread)
    words = say("task.unread", language, sender=row.from_address or "?", why=why)
    _ask_to_open(session, office, row, words, now)


def _ask_to_open(session: Session, office: Office, row: MessageRow, words: str, now: datetime) -> None:
    subject = f"message:{row.id}"
    settings.open_task(
        session, office.creditor_id, "unreadable", subject, words, now=now, actor=BOT, owner=holds.TEAM
    )
