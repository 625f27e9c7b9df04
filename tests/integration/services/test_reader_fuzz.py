"""Damaged messages by the hundred: each is kept byte for byte, and read or set aside with its reason."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relance_mailer.services import receive
from relance_mailer.store.tables import MessageRow
from tests.support.fuzz import DATA, check, damaged
from tests.support.world import World

SEEDS = [file.read_bytes() for file in sorted(DATA.rglob("*.eml"))]
NAMES = st.sampled_from(
    ["From", "To", "Cc", "Subject", "Date", "Message-ID", "References", "In-Reply-To", "Reply-To", "Content-Type",
     "Content-Transfer-Encoding", "Content-Disposition", "Auto-Submitted", "Return-Path", "X-A"]
)  # fmt: skip
TOKENS = st.sampled_from(
    ["a@b.example", "<", ">", '"', "(", ")", ",", ";", ":", "=?utf-8?q?=C3=A9?=", "=?x?b?", "?=", "é", "\t", "\r\n ", "multipart/mixed",
     "boundary=b", "message/rfc822", "text/html", "charset=", "utf-16", "base64", "name*0*=a''%", "-0000", "99999", "Tue, 3 Nov", "\x00", " "]
)  # fmt: skip
HEADERS = st.lists(st.tuples(NAMES, st.lists(TOKENS, max_size=8).map("".join)), min_size=1, max_size=12)


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 2**64))
def test_a_damaged_message_is_read_or_is_said_to_have_no_header(number: int) -> None:
    check(damaged(SEEDS, random.Random(number)))


@settings(deadline=None, max_examples=200)
@given(
    HEADERS,
    st.sampled_from(["", "--b\n\nx\n--b--\n", "eA==\n", "<p>x"]),
    st.sampled_from(["utf-8", "latin-1"]),
)
def test_whatever_stands_in_its_headers(headers: list[tuple[str, str]], body: str, charset: str) -> None:
    lines = "".join(f"{name}: {value}\n" for name, value in headers)
    check(f"{lines}\n{body}".encode(charset, "replace"))


def test_the_bytes_stored_are_the_bytes_received_whatever_they_are(world: World) -> None:
    chance = random.Random(7)
    raws = {damaged(SEEDS, chance) for _ in range(40)} | {b"\x00", b"\r\n", b"\xff" * 1000}
    world.fetch(*raws)
    for _ in range(receive.TRIES):
        receive.read_waiting(world.office, world.reader)
    rows = world.rows(MessageRow)
    assert {world.bytes_of(row.sha256) for row in rows} == raws
    assert {row.state for row in rows} <= {"read", "duplicate", "set_aside"}
    assert all("no header" in row.error for row in rows if row.state == "set_aside")


@pytest.mark.soak
def test_a_long_run_of_damaged_messages() -> None:
    runs = os.environ.get("RELANCE_FUZZ_RUNS", "100000")
    command = [
        sys.executable,
        "-m",
        "tests.support.fuzz",
        "--runs",
        runs,
        "--seed",
        os.environ.get("RELANCE_FUZZ_SEED", "1"),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    print(done.stdout, done.stderr[-2_000:])
    assert done.returncode == 0, done.stderr[-2_000:]
