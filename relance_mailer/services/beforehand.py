"""What is asked of the database once for several messages, before each of them is taken in: most are nobody's and new."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from relance_mailer.errors import UnreadableError
from relance_mailer.replies.model import Message
from relance_mailer.services import matching
from relance_mailer.services.matching import Present
from relance_mailer.services.office import Office
from relance_mailer.services.reader import Reading
from relance_mailer.store import mailroom
from relance_mailer.store.session import Session
from relance_mailer.store.tables import MessageRow


@dataclass(slots=True)
class Beforehand:
    """What of all that some messages name is in the files, and which traces and Message-IDs were read before, or by now."""

    present: Present
    _read: set[str]

    def may_be_known(self, row: MessageRow, message: Message) -> bool:
        """Say whether another message may have the same trace or Message-ID; this one has, from now on."""
        names = {row.trace, message.message_id} - {""}
        known = not names.isdisjoint(self._read)
        self._read |= names
        return known


def look_up(
    session: Session, office: Office, ones: Iterable[tuple[MessageRow, Reading | UnreadableError]]
) -> Beforehand:
    """Ask for all that some messages name."""
    read = [(row, said) for row, said in ones if isinstance(said, Reading)]
    before = mailroom.read_before(
        session,
        office.creditor_id,
        [row.trace for row, _ in read],
        [said.message.message_id for _, said in read],
    )
    present = matching.look_up(session, office, [(said.message, said.own) for _, said in read])
    return Beforehand(present, set(before))
