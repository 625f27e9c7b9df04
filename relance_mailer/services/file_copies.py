"""Filing a copy of what was sent in the mailbox's Sent folder: a job of its own, whose failure never sends again.

Only what is committed as sent is filed, so a copy of ours proves nothing: it settles no doubt, for there is none. A copy
that lies there already, by the provider's doing or by a job that ended before it could say so, is not filed again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from relance_mailer.errors import ImapError, Scope
from relance_mailer.mail.imap import ImapAccount, Mailbox
from relance_mailer.services.office import Office
from relance_mailer.store import blobs, notices
from relance_mailer.store.session import Session
from relance_mailer.store.tables import NoticeRow

STILL_WORTH_FILING = timedelta(days=7)
_AT_ONCE = 50


def file_copies(office: Office, account: ImapAccount, now: datetime) -> int:
    """File a copy of each notice sent of late, if the configuration asks for it; return how many were looked after.

    Raises:
        ImapError: the mailbox cannot be reached, or has no Sent folder; what is not filed yet waits for the next look.
    """
    if office.config.smtp.sent_copy != "append":
        return 0
    with office.db.read() as session:
        since = now - STILL_WORTH_FILING
        rows = notices.without_copy(session, office.creditor_id, since, _AT_ONCE)
        raws = blobs.get_many(session, [row.sha256 for row in rows])
    if not rows:
        return 0
    with Mailbox(account) as mailbox:
        folder = next((folder.name for folder in mailbox.folders() if folder.role == "sent"), None)
        if folder is None:
            words = f"mailbox {account.name} has no Sent folder among its `folders`: no copy can be filed"
            raise ImapError(words, permanent=True, scope=Scope.ACCOUNT, phase="append")
        for row, raw in zip(rows, raws, strict=True):
            if not _is_there(mailbox, folder, row):
                assert row.left_at is not None
                mailbox.append(folder, raw, row.left_at)
            with office.db.write() as session:
                _note(session, row.id, now)
    return len(rows)


def _is_there(mailbox: Mailbox, folder: str, notice: NoticeRow) -> bool:
    """Look for a copy by the id that we gave and by the one that the provider gave."""
    ids = filter(None, (notice.message_id, notice.provider_id))
    return any(mailbox.find(folder, message_id) for message_id in ids)


def _note(session: Session, notice_id: int | None, now: datetime) -> None:
    """Note that the copy lies there, and nothing else: a bounce may have come in meanwhile."""
    assert notice_id is not None
    notice = notices.get(session, notice_id)
    assert notice is not None
    notice.copy_filed_at = now
    session.add(notice)
