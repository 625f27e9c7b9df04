from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from relance_mailer.store import ledger
from relance_mailer.store.db import Database
from relance_mailer.store.ledger import GENESIS, Entry, Head, Kind
from relance_mailer.store.triggers import TRIGGERS, ensure_triggers

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def write(db: Database, *entries: Entry, creditor: int = 1) -> Head:
    with db.write() as session:
        return ledger.append(session, creditor, entries, at=AT, actor="bot")


def fill(db: Database, count: int) -> Head:
    return write(db, *(Entry(Kind.SENT, f"notice:{n}", {"n": n}, debtor_id=n) for n in range(1, count + 1)))


def check(db: Database, outside: Head | None = None) -> ledger.Verification:
    with db.read() as session:
        return ledger.verify(session, 1, outside=outside)


def tamper(db: Database, statement: str) -> None:
    """Change what the triggers guard, as somebody with the file would."""
    with db.writer.begin() as connection:
        for name in TRIGGERS:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql(statement)
        ensure_triggers(connection)


def test_an_empty_chain_has_64_zeros_for_a_head(db: Database) -> None:
    with db.read() as session:
        assert ledger.head(session, 1) == Head(0, "0" * 64)
    assert check(db) == ledger.Verification(0, (), 0, Head(0, GENESIS))


def test_an_entry_is_hashed_as_the_design_says(db: Database) -> None:
    head = write(db, Entry(Kind.RENDERED, "notice:7", {"sum": "12.00", "to": "compta@exemple.fr"}))
    with db.read() as session:
        salt, payload = session.execute(text("SELECT salt, payload FROM ledger_payload")).one()
        kept = session.execute(text("SELECT hash FROM ledger")).scalar_one()
    assert payload == '{"sum":"12.00","to":"compta@exemple.fr"}'
    assert len(salt) == 16
    digest = sha256(salt + payload.encode()).hexdigest()
    fields = ["0" * 64, 1, "2026-03-02T09:00:00.000000Z", "rendered", "bot", "notice:7", digest]
    by_hand = sha256(json.dumps(fields, separators=(",", ":")).encode()).hexdigest()
    assert head == Head(1, by_hand)
    assert kept == by_hand


def test_each_creditor_has_a_chain_of_its_own(db: Database) -> None:
    fill(db, 3)
    assert write(db, Entry(Kind.NOTED, "creditor:2"), creditor=2).sequence == 1
    assert fill(db, 2).sequence == 5
    assert check(db).entries == 5


def test_two_equal_payloads_have_different_digests(db: Database) -> None:
    write(db, Entry(Kind.NOTED, "invoice:1", {"a": 1}), Entry(Kind.NOTED, "invoice:1", {"a": 1}))
    with db.read() as session:
        first, second = session.execute(text("SELECT digest FROM ledger")).scalars()
    assert first != second


def test_writing_nothing_down_leaves_the_head(db: Database) -> None:
    head = fill(db, 2)
    assert write(db) == head


def test_an_undone_unit_leaves_no_entry(db: Database) -> None:
    def unit() -> None:
        with db.write() as session:
            ledger.append(session, 1, [Entry(Kind.NOTED, "invoice:1")], at=AT, actor="bot")
            raise LookupError

    with pytest.raises(LookupError):
        unit()
    assert check(db).entries == 0


def test_a_story_is_read_by_subject_prefix_debtor_and_kind(db: Database) -> None:
    write(
        db,
        Entry(Kind.IMPORTED, "invoice:1", {"number": "F1"}, debtor_id=1),
        Entry(Kind.SENT, "notice:1", {"answer": "250 ok"}, debtor_id=1),
        Entry(Kind.IMPORTED, "invoice:10", {"number": "F10"}, debtor_id=2),
        Entry(Kind.HELD, "invoice:1", {"until": "2026-04-01"}, debtor_id=1),
    )
    with db.read() as session:

        def found(*subjects: str, **which: Any) -> list[int]:
            return [one.sequence for one in ledger.entries(session, 1, *subjects, **which)]

        assert found() == [1, 2, 3, 4]
        assert found("invoice:1") == [1, 4]
        assert found("invoice:1", "notice:1") == [1, 2, 4]
        assert found(prefix="invoice:") == [1, 3, 4]
        assert found("notice:1", prefix="invoice:10") == [2, 3]
        assert found(debtor_id=2) == [3]
        assert found(kinds=[Kind.HELD, Kind.SENT]) == [2, 4]
        assert found(after=2, limit=1) == [3]
        [held] = ledger.entries(session, 1, kinds=[Kind.HELD])
    assert (held.at, held.actor, held.subject, held.payload) == (
        AT,
        "bot",
        "invoice:1",
        {"until": "2026-04-01"},
    )


def test_an_erased_payload_is_counted_and_no_problem(db: Database) -> None:
    fill(db, 3)
    with db.write() as session:
        session.execute(text("DELETE FROM ledger_payload WHERE debtor_id = 2"))
    found = check(db)
    assert (found.entries, found.erased, found.problems) == (3, 1, ())
    with db.read() as session:
        assert [one.payload for one in ledger.entries(session, 1, "notice:2")] == [None]


@pytest.mark.parametrize("column", ["at", "kind", "actor", "subject", "digest", "hash"])
def test_a_changed_field_is_found_at_its_entry(db: Database, column: str) -> None:
    fill(db, 3)
    tamper(db, f"UPDATE ledger SET {column} = 'x' || {column} WHERE sequence = 2")
    problems = check(db).problems
    assert any("entry 2 was changed" in one for one in problems)
    assert not any("entry 1 " in one or "entry 3 was changed" in one for one in problems)


def test_a_changed_previous_is_found(db: Database) -> None:
    fill(db, 3)
    tamper(db, "UPDATE ledger SET previous = 'x' || substr(previous, 2) WHERE sequence = 3")
    assert any("entry 3" in one for one in check(db).problems)


def test_an_entry_written_anew_with_its_own_hash_is_found_at_the_next(db: Database) -> None:
    fill(db, 3)
    with db.read() as session:
        row = session.execute(text("SELECT * FROM ledger WHERE sequence = 2")).one()
    forged = ledger.hash_of(row.previous, 2, row.at, row.kind, "nobody", row.subject, row.digest)
    tamper(db, f"UPDATE ledger SET actor = 'nobody', hash = '{forged}' WHERE sequence = 2")
    assert check(db).problems == ("entry 3 does not follow entry 2: it names another hash before it",)


@pytest.mark.parametrize("change", ["payload = '{\"n\":9}'", "salt = zeroblob(16)"])
def test_a_changed_payload_is_found(db: Database, change: str) -> None:
    fill(db, 3)
    tamper(db, f"UPDATE ledger_payload SET {change} WHERE sequence = 2")
    assert check(db).problems == ("the payload of entry 2 was changed: its digest does not match",)


def test_a_gap_is_found_even_at_the_first_entry(db: Database) -> None:
    fill(db, 5)
    tamper(db, "DELETE FROM ledger WHERE sequence IN (1, 3, 4)")
    assert check(db).problems[0] == "entries 1 to 1 are missing"
    assert "entries 3 to 4 are missing" in check(db).problems


def test_a_long_chain_is_verified_across_its_chunks(db: Database) -> None:
    fill(db, 2_500)
    assert check(db).entries == 2_500
    assert check(db).holds
    tamper(db, "DELETE FROM ledger WHERE sequence IN (1000, 2001)")
    assert check(db).problems == ("entries 1000 to 1000 are missing", "entries 2001 to 2001 are missing")


def test_a_cut_tail_is_seen_only_with_the_head_kept_outside(db: Database) -> None:
    outside = fill(db, 5)
    tamper(db, "DELETE FROM ledger WHERE sequence > 3")
    assert check(db).holds
    [problem] = check(db, outside).problems
    assert "ends at entry 3" in problem
    assert "entry 5" in problem


def test_a_history_written_anew_is_seen_with_the_head_kept_outside(db: Database) -> None:
    outside = fill(db, 3)
    tamper(db, "DELETE FROM ledger")
    tamper(db, "DELETE FROM ledger_payload")
    fill(db, 4)
    assert check(db).holds
    assert "history was rewritten" in check(db, outside).problems[0]


def test_a_chain_that_went_on_since_its_head_was_noted_holds(db: Database) -> None:
    outside = fill(db, 3)
    fill(db, 2)
    assert check(db, outside).holds


def test_many_problems_are_counted_not_listed(db: Database) -> None:
    fill(db, 300)
    tamper(db, "UPDATE ledger SET actor = 'x'")
    problems = check(db).problems
    assert len(problems) == 101
    assert problems[-1] == "and 200 problems more"


ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(ANY_TEXT, ANY_TEXT, st.dictionaries(ANY_TEXT, ANY_TEXT | st.integers())), max_size=5)
)
def test_whatever_text_is_written_down_the_chain_holds_and_reads_back(
    db: Database, written: list[tuple[str, str, dict[str, str | int]]]
) -> None:
    """The database goes on from example to example: so does its chain."""
    with db.read() as session:
        before = ledger.head(session, 1)
    write(db, *(Entry(kind, subject, payload) for kind, subject, payload in written))
    assert check(db, before).holds
    with db.read() as session:
        read = ledger.entries(session, 1, after=before.sequence)
    assert [len(one.payload or {}) for one in read] == [
        len({key.encode("utf-8", "backslashreplace") for key in payload}) for _, _, payload in written
    ]
