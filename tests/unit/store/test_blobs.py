from __future__ import annotations

import base64
from hashlib import sha256
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from relance_mailer.errors import NotFoundError, StoreError
from relance_mailer.store import blobs
from relance_mailer.store.db import Database


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.binary(max_size=2_000), max_size=4))
def test_bytes_come_back_as_they_were(db: Database, raws: list[bytes]) -> None:
    with db.write() as session:
        names = blobs.put_many(session, raws)
    assert names == [sha256(raw).hexdigest() for raw in raws]
    with db.read() as session:
        assert [blobs.get(session, name) for name in names] == raws


def test_the_same_bytes_are_kept_once(db: Database) -> None:
    with db.write() as session:
        first = blobs.put(session, b"Subject: x\r\n\r\n")
        assert blobs.put_many(session, [b"Subject: x\r\n\r\n", b"other"])[0] == first
    with db.write() as session:
        blobs.put(session, b"other")
        assert session.execute(text("SELECT count(*) FROM blob")).scalar_one() == 2


def test_mail_takes_less_room_than_its_bytes(db: Database) -> None:
    raw = b"Bonjour, nous reglerons le 15 du mois prochain.\r\n" * 100
    with db.write() as session:
        blobs.put(session, raw)
        size, kept = session.execute(text("SELECT size, length(data) FROM blob")).one()
    assert size == len(raw)
    assert kept < size / 10


def test_a_message_with_a_file_comes_back_and_takes_less_room(db: Database) -> None:
    raw = b"Subject: x\r\n\r\n" + base64.encodebytes(Random(7).randbytes(90_000)).replace(b"\n", b"\r\n")
    with db.write() as session:
        name = blobs.put(session, raw)
        assert blobs.get(session, name) == raw
        assert session.execute(text("SELECT length(data) FROM blob")).scalar_one() < len(raw) * 0.8


@pytest.mark.parametrize("change", ["data = x'00'", "data = substr(data, 1, 12)", "size = 1"])
def test_bytes_that_were_changed_are_refused(db: Database, change: str) -> None:
    with db.write() as session:
        name = blobs.put(session, b"Subject: the true one\r\n\r\n" * 10)
        session.execute(text(f"UPDATE blob SET {change}"))
    with db.read() as session, pytest.raises(StoreError, match="damaged or changed"):
        blobs.get(session, name)


def test_other_bytes_under_its_name_are_refused(db: Database) -> None:
    with db.write() as session:
        name, other = blobs.put_many(session, [b"paid", b"owed"])
        session.execute(
            text("UPDATE blob SET data = (SELECT data FROM blob WHERE sha256 = :o)"), {"o": other}
        )
    with db.read() as session, pytest.raises(StoreError, match=name):
        blobs.get(session, name)


def test_bytes_never_kept_are_not_found(db: Database) -> None:
    with db.read() as session, pytest.raises(NotFoundError):
        blobs.get(session, "0" * 64)
