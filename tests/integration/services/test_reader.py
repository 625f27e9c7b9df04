"""The child process that reads: it outlives hostile messages only by being replaced, and loses none."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from relance_mailer.errors import UnreadableError
from relance_mailer.replies.message import read
from relance_mailer.services.reader import DEADLINE, MEMORY, Reader, Reading
from tests.support.mailbed import becomes_true
from tests.support.poison import SHAPES, cost
from tests.support.world import DEBTOR_ADDRESS, OUR_ADDRESS, letter

MAIL = Path(__file__).parents[2] / "data" / "mail"
OTHER_ADDRESS = "relances@creditor.example"
TIGHT = 80 * 1024 * 1024  #: bytes of address space: enough to start, too little for `too_large`


@pytest.fixture(scope="module")
def small() -> Iterator[Reader]:
    with Reader(frozenset({OUR_ADDRESS}), memory=TIGHT) as reader:
        yield reader


def too_large() -> bytes:
    return letter("short") + b"x" * (60 << 20)


def child_of(reader: Reader) -> int:
    assert reader._child is not None
    return reader._child.pid


def test_it_reads_a_persons_message() -> None:
    with Reader(frozenset()) as reader:
        reading = reader.read(letter("Bonjour, c'est réglé.", subject="Re: facture"))
    assert (reading.message.from_address, reading.message.subject) == (DEBTOR_ADDRESS, "Re: facture")
    assert "c'est réglé" in reading.message.text
    assert reading.machine is None


def test_one_child_reads_many_messages_in_order(small: Reader) -> None:
    small.read(letter("first"))
    child = child_of(small)
    for number in range(10):
        assert small.read(letter(f"number {number}")).message.text.strip() == f"number {number}"
    assert child_of(small) == child


def test_ten_readers_at_once_each_get_their_own_answers() -> None:
    def read(number: int) -> list[str]:
        with Reader(frozenset()) as reader:
            return [reader.read(letter(f"{number}.{turn}")).message.text.strip() for turn in range(3)]

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(read, range(10)))
    assert answers == [[f"{number}.{turn}" for turn in range(3)] for number in range(10)]


def test_a_killed_child_is_replaced(small: Reader) -> None:
    small.read(letter("before"))
    child = small._child
    assert child is not None
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert small.read(letter("after")).message.text.strip() == "after"
    assert child_of(small) != child.pid


def test_a_child_that_dies_while_reading_costs_that_message_only(small: Reader) -> None:
    small.read(letter("before"))
    os.kill(child_of(small), signal.SIGSTOP)
    pid = child_of(small)
    assert small._child is not None
    pipe = small._child.stdin
    assert pipe is not None
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(small.read, letter("lost " * 1_000_000))  # more than the pipe holds
        assert becomes_true(lambda: not select.select([], [pipe], [], 0)[1], 10), (
            "the child is being written to"
        )
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(UnreadableError, match="the reading process ended"):
            reading.result(timeout=20)
    assert small.read(letter("after")).message.text.strip() == "after"


def test_a_message_not_read_in_time_is_given_up_and_the_next_one_read() -> None:
    with Reader(frozenset(), deadline=1.5) as reader:
        reader.read(letter("wake up"))
        os.kill(child_of(reader), signal.SIGSTOP)
        with pytest.raises(UnreadableError, match="not read within"):
            reader.read(letter("late"))
        assert reader.read(letter("next")).message.text.strip() == "next"


def test_a_message_that_needs_more_memory_than_allowed_is_unreadable_and_the_next_one_read(
    small: Reader,
) -> None:
    with pytest.raises(UnreadableError):
        small.read(too_large())
    assert small.read(letter("next")).message.text.strip() == "next"


def test_the_same_message_is_read_where_memory_allows_it() -> None:
    with Reader(frozenset()) as reader:
        assert reader.read(too_large()).message.from_address == DEBTOR_ADDRESS


def test_our_own_addresses_are_nobodys_substitute() -> None:
    absent = letter(
        f"Je suis absente jusqu'au 20 mars 2026. En cas d'urgence, écrivez à {OTHER_ADDRESS}.",
        subject="Réponse automatique",
        Auto_Submitted="auto-replied",
    )
    with Reader(frozenset()) as stranger, Reader(frozenset({OTHER_ADDRESS})) as ours:
        unknowing, knowing = stranger.read(absent).machine, ours.read(absent).machine
    assert unknowing is not None
    assert knowing is not None
    assert (unknowing.new_contact, knowing.new_contact) == (OTHER_ADDRESS, "")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00" * 1000,
        b"\xff" * 1000,
        b"From: \r\n" * 20_000,
        b"Content-Type: multipart/mixed\r\n\r\n" * 500,
    ],
    ids=["empty", "zeros", "bytes", "many headers", "nested"],
)
def test_rubbish_never_stops_the_child(small: Reader, raw: bytes) -> None:
    with suppress(UnreadableError):
        small.read(raw)
    assert small.read(letter("next")).message.text.strip() == "next"


def test_many_messages_go_out_together_and_come_back_in_order(small: Reader) -> None:
    raws = [letter(f"number {number}", subject="x" * 5_000 * (number % 3)) for number in range(60)]
    texts = [found.message.text.strip() for found in small.read_many(raws) if isinstance(found, Reading)]
    assert texts == [f"number {number}" for number in range(60)]
    assert small.read_many([]) == []


def test_only_the_message_that_cannot_be_read_is_blamed_among_many(small: Reader) -> None:
    raws = [letter("one"), b"no header", letter("two"), too_large(), letter("three")]
    found = small.read_many(raws)
    told = [one.why if isinstance(one, UnreadableError) else one.message.text.strip() for one in found]
    assert [told[0], told[1], told[2], told[4]] == ["one", "headless", "two", "three"]
    assert told[3] in {"memory", "ended"}


def test_a_child_that_stops_is_blamed_on_the_message_it_had_begun() -> None:
    with Reader(frozenset(), deadline=1.5) as reader:
        reader.read(letter("wake up"))
        os.kill(child_of(reader), signal.SIGSTOP)
        first, second = reader.read_many([letter("first"), letter("second")])
    assert isinstance(first, UnreadableError)
    assert first.why == "late"
    assert isinstance(second, Reading)


def test_batches_are_read_ahead_and_in_order(small: Reader) -> None:
    names = [[f"{batch}.{number}" for number in range(3)] for batch in range(4)]
    found = small.read_ahead([(name, letter(name)) for name in batch] for batch in names)
    told = [
        [(name, said.message.text.strip()) for name, _, said in batch if isinstance(said, Reading)]
        for batch in found
    ]
    assert told == [[(name, name) for name in batch] for batch in names]


def test_whoever_is_interrupted_leaves_no_answer_to_the_next(small: Reader) -> None:
    class Interrupted(list[bytes]):
        def __getitem__(self, key: Any) -> Any:
            return [*super().__getitem__(key), 7]  # no bytes

    with pytest.raises(TypeError):
        small.read_many(Interrupted([letter("one")]))
    assert small.read(letter("two")).message.text.strip() == "two"


def test_the_answer_is_all_that_was_read(small: Reader) -> None:
    for file in sorted((MAIL / "poison").glob("*.eml")) + sorted(MAIL.glob("*.eml")):
        raw = file.read_bytes()
        assert small.read(raw).message == read(raw), file.name


def child_alone(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "relance_mailer.services.reader_child", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def test_a_child_left_alone_ends_itself_when_a_message_takes_too_much_computing() -> None:
    with child_alone(str(MEMORY), "0.01") as child:
        raw = SHAPES["html: tags without end"](1_000_000)
        child.communicate(len(raw).to_bytes(8, "big") + raw)
    assert child.returncode == -signal.SIGVTALRM


def test_the_child_knows_no_secret_of_the_environment(small: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELANCE_SMTP_PASSWORD", "secret")
    with Reader(frozenset()) as reader:
        reader.read(letter("x"))
        environment = Path(f"/proc/{child_of(reader)}/environ").read_bytes()
    assert b"PATH=" in environment
    assert b"secret" not in environment


def test_the_child_imports_no_database_no_network_and_little_else(small: Reader) -> None:
    small.read(letter("x"))
    maps = Path(f"/proc/{child_of(small)}/maps").read_text()
    assert not any(name in maps for name in ("pydantic", "sqlite", "_ssl", "_asyncio"))


#: The costliest of tests/support/poison.py, whose table is printed by `python -m tests.support.poison`.
WORST = (
    "text", "text of carriage returns", "one endless header", "folds in a header", "endless headers", "files",
    "nested parts, then boundaries", "base64 in base64", "html: tags without end", "parts of html",
)  # fmt: skip


@pytest.mark.parametrize("name", WORST)
def test_60_megabytes_of_any_shape_are_read_within_the_bounds(name: str) -> None:
    seconds, megabytes, outcome = cost(name, 60_000_000)
    assert outcome == "read"
    assert seconds < DEADLINE
    assert megabytes < 256


def test_closing_ends_the_child() -> None:
    with Reader(frozenset()) as reader:
        reader.read(letter("x"))
        pid = child_of(reader)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
