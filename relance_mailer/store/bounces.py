"""How often a contact's address failed of late."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, func, select

from relance_mailer.dunning.notice import NoticeState
from relance_mailer.store.tables import ContactRow, MessageRow, NoticeRow, ReplyRow

_BOUNCE, _AUTOMATIC = "bounce", "auto_reply"  #: what machines' messages are kept as


def failed_since_answer(session: Session, contact_id: int | None, since: datetime) -> int:
    """Count the notices to a contact that came back since `since`, and since anybody answered from its address."""
    contact = session.get(ContactRow, contact_id)
    if contact is None:
        return 0
    answered = session.exec(
        select(func.max(col(ReplyRow.received_at)))
        .join(MessageRow, col(MessageRow.id) == ReplyRow.message_id)
        .where(
            ReplyRow.debtor_id == contact.debtor_id,
            MessageRow.from_address == contact.address,
            col(ReplyRow.intent).not_in((_BOUNCE, _AUTOMATIC)),
        )
    ).one()
    return session.exec(
        select(func.count(func.distinct(col(NoticeRow.id))))
        .join(ReplyRow, col(ReplyRow.notice_id) == NoticeRow.id)
        .where(
            NoticeRow.debtor_id == contact.debtor_id,
            NoticeRow.contact_id == contact.id,
            NoticeRow.state == NoticeState.BOUNCED,
            ReplyRow.intent == _BOUNCE,
            ReplyRow.received_at > max(since, answered or since),
        )
    ).one()
