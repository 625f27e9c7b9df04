"""Messages from people who are no debtor's, as far as anything tells: most of what an accounts mailbox receives.

Nothing is paused and nothing concluded; a person is asked about each. They are written down together, a statement for all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from relance_mailer.replies.model import Intent, Message, Understanding
from relance_mailer.replies.trust import Authentication
from relance_mailer.replies.words import fold
from relance_mailer.services import answers, holds, trust
from relance_mailer.services.answers import Placed
from relance_mailer.services.office import BOT, Office
from relance_mailer.store import ledger, mailroom, settings
from relance_mailer.store.ledger import Entry
from relance_mailer.store.session import Session
from relance_mailer.store.tables import MessageRow
from relance_mailer.texts.words import say

_LOOKED_AT = 10_000  #: characters of the words
#: What nobody writes to an accounts department but somebody whom it chases, or who winds up one of them (folded).
_CONCERNS_US = re.compile(
    r"\b(?:liquidat|redressement judiciaire|sauvegarde|insolven|mandataire|administrateur judiciaire|administrator|concurso"
    r"|fallimento|faillissement|falencia|relances?\b|rappel\b|mise en demeure|reminder|overdue|mahnung|zahlungserinnerung|recordatorio"
    r"|requerimiento|sollecito|diffida|herinnering|aanmaning|lembrete|aviso de pagamento)"
)


@dataclass(slots=True)
class Strangers:
    """Those of one transaction, until `write_down`."""

    session: Session
    office: Office
    now: datetime
    _rows: list[dict[str, Any]] = field(default_factory=list)
    _of: list[tuple[MessageRow, Placed, Understanding, dict[str, Any], str]] = field(default_factory=list)

    def take(
        self,
        row: MessageRow,
        message: Message,
        placed: Placed,
        proof: Authentication,
        alike: Sequence[MessageRow],
    ) -> bool:
        """Take a person's message that nothing brings near any debtor; False if it is another's to take."""
        if placed.match.candidates or alike or message.unread or row.role == "junk":
            return False
        office, language = self.office, self.office.config.language
        said = self._understood(message, placed.own)
        flags = trust.warned(self.session, office, message, placed.match, proof)
        origin = trust.as_json(placed.match, proof, flags)
        effect = say("effect.unmatched", language)
        if odd := trust.odd(origin, language):
            noted = say("origin.odd", language, words=" ; ".join(odd))
            effect = say("effect.then", language).join((effect, noted))
        values = answers.values_of(office, row, placed.match, said, origin, self.now)
        self._rows.append(values | {"effect": effect, "handled_at": None, "handled_by": ""})
        words = say("task.unmatched", language, sender=message.from_address, subject=message.subject)
        self._of.append((row, placed, said, origin, words))
        return True

    def write_down(self) -> None:
        """Keep them, and ask a person about each."""
        if not self._rows:
            return
        key = self.office.creditor_id
        ids = mailroom.keep_replies(self.session, self._rows)
        asked = [(f"reply:{reply_id}", one[-1]) for reply_id, one in zip(ids, self._of, strict=True)]
        tasks = settings.open_new_tasks(self.session, key, "unmatched", asked, now=self.now, owner=holds.TEAM)
        entries: list[Entry] = []
        for reply_id, (row, placed, said, origin, _), task in zip(ids, self._of, tasks, strict=True):
            entries += (answers.understood(reply_id, row, placed.match, said, origin), task)
        ledger.append(self.session, key, entries, at=self.now, actor=BOT)
        self._rows.clear()
        self._of.clear()

    def _understood(self, message: Message, own: str) -> Understanding:
        """What it says concludes nothing; it is only told where it seems to be about a debt."""
        if _CONCERNS_US.search(fold(f"{message.subject[:300]}\n{own[:_LOOKED_AT]}")):
            return answers.understood_of(self.office, message, own, None, self.now)
        return Understanding(Intent.OTHER, reply_text=own)
