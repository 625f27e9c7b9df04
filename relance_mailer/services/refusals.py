"""A brake on refusals: where one recipient after the other is refused for good, it is hardly the recipients.

A provider that has tired of the account, or takes the text for spam, refuses every recipient, often in words that blame
the recipient. Taken at its word it would cost every debtor a contact or a hold. So a run of refusals is the account's trouble: the
queue rests, the team is told once, and no further contact is marked.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from relance_mailer.errors import Scope, SmtpError
from relance_mailer.services.office import Office
from relance_mailer.store import attempts
from relance_mailer.store.session import Session
from relance_mailer.texts.words import say

RUN = 5  #: addresses refused for good in a row, none taken between; the fifth is the first that is not marked
#: What is longer ago counts no more: of truly dead addresses four a day are told of, and nothing stands still for good.
WITHIN = timedelta(days=1)
_MOST = 100  #: attempts looked at
#: Where servers refuse a recipient or a text; a message that is too large is refused at MAIL, for itself.
_PHASES = frozenset({"rcpt", "data", "dot"})


def judged(session: Session, office: Office, address: str, error: SmtpError, now: datetime) -> SmtpError:
    """Return a refusal as it is, or as the account's where it is one of too many in a row."""
    if not error.permanent or error.scope is Scope.ACCOUNT or error.phase not in _PHASES:
        return error
    earlier = attempts.refused_in_a_row(session, office.creditor_id, now - WITHIN, _MOST)
    many = len(earlier | {address})
    if many < RUN:
        return error
    words = say("account.refuses_all", office.config.language, many=many, answer=error.answer)
    return SmtpError(words, permanent=True, scope=Scope.ACCOUNT, phase=error.phase, code=error.code)
