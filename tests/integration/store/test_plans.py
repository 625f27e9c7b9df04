"""What is asked again and again is found through an index: SQLite's own plan of each query says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session

from relance_mailer.store import (
    attempts,
    folders,
    holds,
    imports,
    ledger,
    mailroom,
    promises,
    purging,
    settings,
)
from relance_mailer.store.db import Database
from relance_mailer.store.tables import FolderRow, MessageRow

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
FOLDER = FolderRow(creditor_id=1, mailbox="inbox", name="INBOX", uidvalidity=1)


@contextmanager
def noted(session: Session) -> Iterator[list[tuple[str, Any]]]:
    """Note every query of a unit with its arguments."""
    found: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, arguments: Any, *_rest: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            found.append((statement, arguments))

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(connection, "before_cursor_execute", note)


def plans(database: Database, ask: Callable[[Session], object]) -> list[str]:
    """Return the steps of SQLite's plans for what `ask` asks."""
    with database.write() as session:
        with noted(session) as queries:
            ask(session)
        assert queries
        connection = session.connection()
        return [
            row[3]
            for statement, arguments in queries
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", arguments)
        ]


ASKED: list[tuple[str, Callable[[Session], object], list[str]]] = [
    (
        "whose answer a message is",
        lambda session: mailroom.notices_by_message_id(session, 1, ["<a@x>", "<b@x>"]),
        ["ix_notice_provider_id (creditor_id=? AND provider_id=?)", "ix_notice_message_id (creditor_id=? AND message_id=?)"],
    ),
    (
        "from which day on mail is read",
        lambda session: mailroom.first_notice_on(session, 1),
        ["ix_notice_created_at (creditor_id=?)"],
    ),
    (
        "how many left in the window of the rate limit",
        lambda session: attempts.since(session, 1, NOW),
        ["ix_attempt_claimed_at (creditor_id=? AND claimed_at>?)"],
    ),
    (
        "whether a message is known",
        lambda session: folders.keep(
            session, FOLDER.model_copy(), [folders.Arrival(1, b"x", None, "ab")], now=NOW, actor="bot"
        ),
        ["(creditor_id=? AND mailbox=? AND folder=? AND uidvalidity=? AND uid=?)", "ix_message_sha256 (creditor_id=? AND sha256=?)"],
    ),
    (
        "whether a message came before another way",
        lambda session: mailroom.read_alike(
            session, MessageRow(id=1, creditor_id=1, trace="ab", message_id="<a@x>")  # type: ignore[call-arg]
        ),
        ["ix_message_trace (creditor_id=? AND trace=?)", "ix_message_message_id (creditor_id=? AND message_id=?)"],
    ),
    (
        "when the last messages of a folder came in",
        lambda session: folders.arrivals(session, FOLDER),
        ["(creditor_id=? AND mailbox=? AND folder=? AND uidvalidity=?)"],
    ),
    (
        "what may be filed on the server",
        lambda session: folders.to_file(session, FOLDER, ("person",)),
        ["(creditor_id=? AND mailbox=? AND folder=? AND uidvalidity=?)"],
    ),
    (
        "what has concerned nobody for too long",
        lambda session: purging.unmatched_before(session, 1, NOW, 1),
        ["ix_message_unmatched (creditor_id=? AND unmatched_since<?)"],
    ),
    (
        "which copies of a message there are",
        lambda session: purging.copies_of(session, MessageRow(creditor_id=1, trace="ab")),  # type: ignore[call-arg]
        ["ix_message_trace (creditor_id=? AND trace=?)"],
    ),
    (
        "the story of an invoice",
        lambda session: ledger.entries(session, 1, "invoice:1", "debtor:1", "notice:1"),
        ["ix_ledger_subject (creditor_id=? AND subject=?", "PRIMARY KEY (creditor_id=? AND sequence=?)"],
    ),
    (
        "which promises money may say something about",
        lambda session: promises.to_judge(session, 1, NOW.date(), timedelta(days=10)),
        ["ix_promise_state (creditor_id=? AND state=?)", "ix_promise_state (creditor_id=? AND state=? AND grace_until>?)"],
    ),
    (
        "which promises without a date are over",
        lambda session: holds.undated_over(session, 1, NOW.date(), "promise_undated"),
        [
            "ix_promise_undated (creditor_id=? AND grace_until<?)",
            "ix_task_subject (creditor_id=? AND kind=? AND subject=?)",
            "ix_promise_invoice_id (invoice_id=?",
            "ix_hold_invoice_id (invoice_id=?)",
        ],
    ),
    (
        "whether a person is asked already",
        lambda session: settings.find_task(session, 1, "dispute", "invoice:1"),
        ["ux_task_open (creditor_id=? AND kind=? AND subject=?)"],
    ),
    (
        "whether a file came in before",
        lambda session: imports.overtaken_since(session, 1, "payments", "ab"),
        ["ix_import_sha256 (creditor_id=? AND kind=? AND sha256=?)"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "indexes"), [row[1:] for row in ASKED], ids=[row[0] for row in ASKED])
def test_what_is_asked_often_walks_no_table(
    db: Database, ask: Callable[[Session], object], indexes: list[str]
) -> None:
    steps = plans(db, ask)
    assert not [step for step in steps if step.startswith("SCAN")], steps
    for index in indexes:
        assert any(index in step for step in steps), (index, steps)
