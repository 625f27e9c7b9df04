"""What the watchers of mailboxes tell is kept: every batch with its place in one transaction, before anything reads it (rule 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

import structlog

from relance_mailer.errors import RelanceError
from relance_mailer.mail.imap import Batch, Folder, Position
from relance_mailer.replies.trace import fingerprint
from relance_mailer.services.office import BOT, Office
from relance_mailer.store import folders, freshness, mailroom
from relance_mailer.store.folders import Arrival
from relance_mailer.store.session import Session
from relance_mailer.store.tables import FolderRow

log = structlog.get_logger(__name__)

#: What may be moved away once it was read; our own copies and colleagues' letters stay where people look for them.
_FILED = ("person", "bounce", "machine")


class MailSink:
    """What a mailbox's watcher tells: every batch is kept before anything looks at it."""

    def __init__(self, office: Office, news: Callable[[], None] = lambda: None) -> None:
        self._office = office
        self._news = news

    def watching(self, mailbox: str, watched: Sequence[Folder]) -> None:
        """Note which folders are read from now on: of the others nobody expects that they are fresh (rule 4)."""
        office = self._office
        with office.db.write() as session:
            roles = {folder.name: folder.role for folder in watched}
            dropped = folders.watch(session, office.creditor_id, mailbox, roles)
        if dropped:
            log.warning("folders no longer watched", mailbox=mailbox, folders=dropped)

    def position(self, mailbox: str, folder: str) -> Position | None:
        """Return how far a folder was stored, None if never, or if it must be read anew."""
        with self._office.db.read() as session:
            row = freshness.folder(session, self._office.creditor_id, mailbox, folder)
        if row is None or not row.uidvalidity:
            return None
        return Position(row.uidvalidity, row.last_uid, row.modseq)

    def arrivals(self, mailbox: str, folder: str) -> Mapping[int, datetime]:
        """Return when the server received the last messages stored from a folder, by UID."""
        with self._office.db.read() as session:
            row = freshness.folder(session, self._office.creditor_id, mailbox, folder)
            return {} if row is None else folders.arrivals(session, row)

    def since(self) -> date | None:
        """Return the day before the first notice (servers know no time zones): nothing older can be an answer."""
        with self._office.db.read() as session:
            first = mailroom.first_notice_on(session, self._office.creditor_id)
        return (first or self._office.today(self._office.clock.now())) - timedelta(days=1)

    def restored(self, mailbox: str, folder: Folder) -> None:
        """Note that a folder's UIDs no longer mean what they meant: it is read anew, and known again by its content."""
        with self._office.db.write() as session:
            folders.renumber(self._folder(session, mailbox, folder), 0)
        log.warning("mailbox was restored: its folder is read anew", mailbox=mailbox, folder=folder.name)

    def store(self, mailbox: str, folder: Folder, batch: Batch) -> None:
        """Keep the messages and how far the folder was read, in one transaction."""
        office = self._office
        arrived = [
            Arrival(one.uid, one.raw, one.internal_date, fingerprint(one.raw)) for one in batch.messages
        ]
        with office.db.write() as session:
            row = self._folder(session, mailbox, folder)
            if row.uidvalidity != batch.uidvalidity:
                folders.renumber(row, batch.uidvalidity)
            new = folders.keep(session, row, arrived, now=office.clock.now(), actor=BOT)
        if new:
            self._news()

    def read_to_end(
        self, mailbox: str, folder: Folder, uidvalidity: int, uidnext: int, modseq: int = 0
    ) -> None:
        """Note that the folder is fresh (rule 4).

        UIDs are believed once seen: UIDNEXT may tell of one whose message does not show yet. It only says where a
        folder begins that nothing was read from.
        """
        with self._office.db.write() as session:
            row = self._folder(session, mailbox, folder)
            if row.uidvalidity != uidvalidity:
                folders.renumber(row, uidvalidity)
            row.role = folder.role
            row.last_uid = row.last_uid or max(uidnext - 1, 0)
            row.modseq = modseq
            row.read_to_end_at = self._office.clock.now()

    def unreachable(self, mailbox: str, error: RelanceError) -> None:
        """Say in the log that the mailbox cannot be read; what that stops, the gate says."""
        log.error("mailbox cannot be read", mailbox=mailbox, error=str(error))

    def to_file(self, mailbox: str, folder: Folder) -> Sequence[int]:
        """Return the UIDs of what was read, committed, and may be moved or flagged as the admin asked."""
        if folder.role == mailroom.SENT:
            return ()
        with self._office.db.read() as session:
            row = freshness.folder(session, self._office.creditor_id, mailbox, folder.name)
            return () if row is None else folders.to_file(session, row, _FILED)

    def filed(self, mailbox: str, folder: Folder, uids: Sequence[int]) -> None:
        """Note what was moved or flagged."""
        with self._office.db.write() as session:
            row = self._folder(session, mailbox, folder)
            folders.filed(session, row, uids, self._office.clock.now())

    def _folder(self, session: Session, mailbox: str, folder: Folder) -> FolderRow:
        row = folders.folder(session, self._office.creditor_id, mailbox, folder.name, folder.role)
        session.add(row)
        return row
