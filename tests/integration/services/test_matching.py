"""Whose a message is, and how far its sender is proven: messages in every form, against the rows of one creditor."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from relance_mailer.replies.match import Match
from relance_mailer.replies.message import read
from relance_mailer.replies.model import Message
from relance_mailer.replies.quoting import own_text
from relance_mailer.replies.token import (
    plus_address,
    return_path,
    with_token,
)
from relance_mailer.replies.trust import NOTHING
from relance_mailer.services import matching, trust
from relance_mailer.services.reader import Reader
from relance_mailer.store.tables import (
    ContactRow,
    CreditorRow,
    DebtorRow,
    InvoiceRow,
    NoticeRow,
)
from tests.support.world import OUR_ADDRESS, TUESDAY, World, letter, opened

PROMISE = "Bonjour,\n\nnous réglerons le 20 mars 2026.\n\nCordialement\nMme Durand\n"

MAIL = Path(__file__).parents[2] / "data" / "mail"
SERVER = {
    "host": "127.0.0.1",
    "port": 1,
    "tls": "none",
    "name": "inbox",
    "authserv_id": "mx.creditor.example",
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, seed: Path, reader: Reader) -> Iterator[World]:
    """Durand with two invoices and notices 1 and 2, Cimaline with one and notice 3, Petit at a provider with notice 4."""
    with opened(tmp_path_factory.mktemp("office"), seed, reader, mailboxes=[SERVER]) as world:
        shared = "cabinet@expert-leroy.example"
        durand = world.debtor(
            "durand@durand-freres.example", "anne@durand-freres.example", shared, name="Durand"
        )
        cimaline = world.debtor("compta@cimaline.example", shared, name="Cimaline")
        petit = world.debtor("artisan.petit@gmail.com", name="Petit")
        for debtor, number in (
            (durand, "FA-2026-0412"),
            (durand, "FA-2026-0413"),
            (cimaline, "CI-77"),
            (petit, "P-9"),
        ):
            world.served(world.invoice(debtor, number=number), "reminder1")
        world.invoice(durand, number="FA-2025-0500")
        world.invoice(cimaline, number="CI-0500")
        for name in ("Double A", "Double B"):
            world.invoice(world.debtor("info@deux-fois.example", name=name))
        _another_creditor(world)
        yield world


def _another_creditor(world: World) -> None:
    with world.db.write() as session:
        other = CreditorRow(key="other", name="Autre créancier")
        session.add(other)
        session.flush()
        assert other.id is not None
        given: dict[str, Any] = {
            "kind": "professional",
            "language": "fr",
            "country": "FR",
            "created_at": TUESDAY,
        }
        debtor = DebtorRow(creditor_id=other.id, reference="X", name="Foreign", **given)
        session.add(debtor)
        session.flush()
        assert debtor.id is not None
        address = "a@chez-l-autre.example"
        session.add(
            ContactRow(
                creditor_id=other.id, debtor_id=debtor.id, address=address, domain="chez-l-autre.example"
            )
        )
        ours = session.get(InvoiceRow, 1)
        notice = session.get(NoticeRow, 1)
        assert ours is not None
        assert notice is not None
        session.add(
            InvoiceRow(
                **ours.model_dump(exclude={"id", "creditor_id", "debtor_id", "number"}),
                creditor_id=other.id,
                debtor_id=debtor.id,
                number="XX-1",
            )
        )
        theirs = notice.model_dump(exclude={"id", "creditor_id", "debtor_id", "message_id"})
        session.add(
            NoticeRow(
                **theirs,
                creditor_id=other.id,
                debtor_id=debtor.id,
                message_id="<foreign.notice@autre-creancier.example>",
            )
        )


def letters(area: str) -> list[Any]:
    files = sorted((MAIL / area).glob("*.eml"))
    assert files
    return [pytest.param(file, id=file.stem) for file in files]


def filled(world: World, raw: bytes) -> Message:
    """Read a message in which this installation's signatures take the place of their names."""
    key, ours = world.office.key, OUR_ADDRESS
    signed = {f"@@reply{number}@@": plus_address(ours, number, key) for number in (1, 3)}
    signed["@@reply1as3@@"] = plus_address(ours, 1, key).replace("+r1-", "+r3-")
    signed["@@return1@@"] = return_path(ours, 1, key)
    signed["@@RETURN1@@"] = return_path(ours, 1, key).upper()
    signed["@@subject1@@"] = with_token("", 1, key).strip()
    for name, value in signed.items():
        raw = raw.replace(name.encode(), value.encode())
    return read(raw)


def matched(world: World, file: Path) -> tuple[dict[str, Any], Match, list[str], str]:
    message = filled(world, file.read_bytes())
    with world.db.read() as session:
        found = matching.match_message(session, world.office, message, own_text(message.text, None).text)
        proof = trust.prove(world.office, message, file.read_bytes())
        flags = trust.warned(session, world.office, message, found, proof)
    expected = json.loads(file.with_suffix(".json").read_text("utf-8"))
    return expected, found, [str(one.flag) for one in flags], proof.server


@pytest.mark.parametrize("file", letters("matching"))
def test_a_message_is_matched_as_said_beside_it(office: World, file: Path) -> None:
    expected, found, flags, _ = matched(office, file)
    names = {row.id: row.name for row in office.rows(DebtorRow)}
    assert expected["debtor"] == names.get(found.debtor_id)
    assert (expected["notice"], expected["by"], expected["sender"]) == (
        found.notice_id,
        found.by,
        found.sender,
    )
    if found.debtor_id is None:
        assert sorted(expected["candidates"]) == sorted(names[one] for one in found.ambiguous)
    else:
        assert found.candidates[0].debtor_id == found.debtor_id
        assert 0 < found.certainty < 1
    assert expected.get("doubts", []) == [str(doubt) for doubt in found.doubts]
    if "invoices" in expected:
        assert sorted(expected["invoices"]) == sorted(found.invoices)
    if "flags" in expected:
        assert sorted(expected["flags"]) == sorted(flags)


@pytest.mark.parametrize("file", letters("trust"))
def test_a_sender_is_trusted_as_said_beside_it(office: World, file: Path) -> None:
    expected, found, flags, server = matched(office, file)
    assert (expected["sender"], expected["server"]) == (found.sender, server)
    assert sorted(expected["flags"]) == sorted(flags)


# ── what it costs ────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def asked(world: World) -> Iterator[list[tuple[str, Any]]]:
    """Note every question that matching a message asks the database."""
    found: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, arguments: Any, *_rest: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            found.append((statement, arguments))

    with world.db.read() as session:
        connection = session.connection()
        event.listen(connection.engine, "before_cursor_execute", note)
        try:
            yield found
        finally:
            event.remove(connection.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("file", letters("matching"))
def test_a_message_costs_a_few_questions_and_no_table_is_walked(office: World, file: Path) -> None:
    message = filled(office, file.read_bytes())
    own = own_text(message.text, None).text
    with asked(office) as questions, office.db.read() as session:
        found = matching.match_message(session, office.office, message, own)
        trust.warned(session, office.office, message, found, trust.prove(office.office, message, b""))
        raw = session.connection()
        noted = list(questions)
        steps = [
            row[3]
            for statement, arguments in noted
            for row in raw.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", arguments)
        ]
    assert 0 < len(noted) <= 8
    assert not [step for step in steps if step.startswith("SCAN")], steps


def test_an_ordinary_answer_costs_five_questions(office: World) -> None:
    message = filled(office, (MAIL / "matching" / "in-reply-to.eml").read_bytes())
    with asked(office) as questions, office.db.read() as session:
        found = matching.match_message(session, office.office, message, "Bonjour, nous payons le 20.")
        trust.warned(session, office.office, message, found, NOTHING)
    assert len(questions) <= 5
    assert found.notice_id == 1


def test_a_debtor_of_thousands_of_invoices_costs_no_more(world: World) -> None:
    debtor = world.debtor("shared@a.example")
    other = world.debtor("shared@a.example", name="Other")
    world.invoices(debtor, ({"number": f"BIG-{number:05}"} for number in range(3_000)))
    world.invoice(other, number="SMALL-1")
    message = read(letter("La BIG-00007 est réglée, la 2999 aussi.", sender="shared@a.example"))
    with world.db.read() as session:
        start = time.process_time()
        found = matching.match_message(session, world.office, message, message.text)
        assert time.process_time() - start < 0.5
    assert (found.debtor_id, found.invoices) == (debtor, ("BIG-00007", "BIG-02999"))
