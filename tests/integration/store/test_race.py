"""Rule 2: a hold committed by another process is never overrun by the unit that claims a notice.

A claim reads the holds and then writes. Between the two, this test lets another process try to commit a hold. Which of
the two comes first is told by pipes, not by luck: nothing here sleeps.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

import relance_mailer
from relance_mailer.errors import StoreError
from relance_mailer.store import blobs
from relance_mailer.store.db import Database
from relance_mailer.store.tables import (
    AttemptRow,
    DebtorRow,
    HoldRow,
    InvoiceRow,
    NoticeInvoiceRow,
    NoticeRow,
)

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = date(2026, 1, 15)


class Holder:
    """The other process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, str]:
        assert self._process.stdout is not None
        said: dict[str, str] = json.loads(self._process.stdout.readline())
        return said

    def ask(self, line: str) -> dict[str, str]:
        self.tell(line)
        return self.answer()


@contextmanager
def holder(db: Database, *, busy_timeout_s: float) -> Iterator[Holder]:
    """Start the other process; its end of input ends it."""
    script = Path(__file__).with_name("holder.py")
    root = str(Path(relance_mailer.__file__).parents[1])
    command = [sys.executable, str(script), str(db.file), str(busy_timeout_s)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": root},
    ) as process:
        try:
            yield Holder(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(30)


@pytest.fixture(autouse=True)
def planned_notice(db: Database) -> None:
    """Notice 1, planned, about invoice 1 of debtor 1."""
    with db.write() as session:
        session.add(
            DebtorRow(
                creditor_id=1,
                reference="C1",
                name="Durand SARL",
                kind="professional",
                language="fr",
                country="FR",
                created_at=AT,
            )
        )
        session.flush()
        session.add(
            InvoiceRow(
                creditor_id=1,
                debtor_id=1,
                number="F1",
                issued=DAY,
                due=DAY,
                total_minor=120_000,
                currency="EUR",
                first_seen=DAY,
            )
        )
        session.flush()
        session.add(
            NoticeRow(
                creditor_id=1,
                debtor_id=1,
                mode="live",
                track="live",
                stage="first",
                kind="reminder",
                state="planned",
                template="fr/first",
                facts="",
                to_address="compta@durand.example",
                subject="Facture F1",
                own_text="",
                message_id="<1@acme.example>",
                sha256=blobs.put(session, b"Subject: Facture F1\r\n\r\n"),
                created_at=AT,
                rendered_at=AT,
            )
        )
        session.flush()
        session.add(
            NoticeInvoiceRow(
                notice_id=1,
                invoice_id=1,
                creditor_id=1,
                stage="first",
                track="live",
                outstanding_minor=120_000,
                currency="EUR",
            )
        )


def claim(session: Session, between: Callable[[], object] = lambda: None) -> bool:
    """Claim notice 1 unless its invoice is on hold; `between` happens after the reading and before the writing."""
    query = select(HoldRow).where(HoldRow.invoice_id == 1, col(HoldRow.released_at).is_(None))
    held = session.exec(query).first()
    between()
    if held is not None:
        return False
    session.get_one(NoticeRow, 1).state = "claimed"
    session.add(AttemptRow(creditor_id=1, notice_id=1, number=1, state="claimed", claimed_at=AT))
    session.flush()
    return True


def left_behind(db: Database) -> tuple[str, int, int]:
    """Return the notice's state, how many attempts and how many holds there are."""
    with db.read() as session:
        state = session.get_one(NoticeRow, 1).state
        return state, len(session.exec(select(AttemptRow)).all()), len(session.exec(select(HoldRow)).all())


def race(claimer: Database) -> tuple[str, str]:
    """Let another process commit a hold between a claim's reading and its writing; say what came of both."""
    hold = ""

    def between() -> None:
        nonlocal hold
        hold = impatient.ask("hold")["said"]

    with holder(claimer, busy_timeout_s=0) as impatient:
        try:
            with claimer.write() as session:
                claimed = claim(session, between)
            outcome = "claimed" if claimed else "seen"
        except StoreError as error:
            outcome = "refused as locked" if "is locked" in str(error) else str(error)
    return hold, outcome


def test_no_hold_comes_between_a_claims_reading_and_its_writing(db: Database) -> None:
    assert race(db) == ("locked", "claimed")
    assert left_behind(db) == ("claimed", 1, 0)


def test_with_a_plain_begin_the_hold_comes_between_and_the_claim_fails(db: Database) -> None:
    """The same race: what the test above shows is due to BEGIN IMMEDIATE and nothing else."""
    plain = Database(db.file, begin_write="BEGIN")
    assert race(plain) == ("held", "refused as locked")
    plain.close()
    assert left_behind(db) == ("planned", 0, 1)


def test_a_hold_that_comes_second_waits_and_sees_the_claim(db: Database) -> None:
    with holder(db, busy_timeout_s=60) as patient:
        with db.write() as session:
            assert claim(session, between=lambda: patient.tell("hold"))
        assert patient.answer() == {"said": "held", "saw": "claimed"}
    assert left_behind(db) == ("claimed", 1, 1)


def test_a_claim_that_comes_second_waits_and_sees_the_hold(db: Database) -> None:
    outcome: list[bool] = []

    def claim_in_its_turn() -> None:
        with db.write() as session:
            outcome.append(claim(session))

    with holder(db, busy_timeout_s=60) as first:
        assert first.ask("open") == {"said": "open"}
        impatient = Database(db.file, busy_timeout_s=0)
        with pytest.raises(StoreError, match="is locked"), impatient.write() as session:
            claim(session)
        impatient.close()
        second = threading.Thread(target=claim_in_its_turn)
        second.start()
        assert first.ask("commit") == {"said": "held", "saw": "planned"}
        second.join(60)
    assert outcome == [False]
    assert left_behind(db) == ("planned", 0, 1)
