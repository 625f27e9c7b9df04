"""The first run in live: a person sees what will leave, and says once that it may (rules 8 and 9)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from relance_mailer.errors import ConflictError
from relance_mailer.services import gates
from relance_mailer.services.forecast import Forecast, as_json, forecast
from relance_mailer.services.gates import FIRST_RUN, GateKind
from relance_mailer.services.office import Office
from relance_mailer.store import settings
from relance_mailer.store.session import Session
from relance_mailer.texts.words import say

#: How long the volume that the person saw needs no second approval, from the first message's time on.
SEEN_LASTS = timedelta(hours=24)


def waits(session: Session, office: Office, now: datetime) -> bool:
    """Say whether the first run in live waits for a person."""
    return any(gate.kind is GateKind.FIRST_RUN for gate in gates.closed(session, office, now))


def approve(office: Office, now: datetime, by: str) -> Forecast:
    """Let live begin; return what leaves next. Who said so, when, and what they were shown stand in the ledger.

    ConflictError if nothing waits for it: the mode is not live, or somebody approved it before.
    """
    seen = forecast(office, now)
    with office.db.write() as session:
        if not waits(session, office, now):
            mode = say(f"mode.{office.mode}", office.config.language)
            raise ConflictError(f"no first run waits for an approval (mode: {mode})")
        until = max(seen.at or now, now) + SEEN_LASTS
        value = {"by": by, "until": until.isoformat(), **_shown(office, seen)}
        settings.write(session, office.creditor_id, FIRST_RUN, value, now=now, by=by)
    return seen


def _shown(office: Office, seen: Forecast) -> dict[str, Any]:
    """What was shown, without the debtors' names: a switch's entry cannot be erased with a debtor's data."""
    told = as_json(office, seen)
    return {key: told[key] for key in ("messages", "debtors", "at", "totals")}
