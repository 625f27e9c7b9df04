"""An excerpt's lines: one form only, and the very hashes of the ledger."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.evidence.chain import Line, decode, encode, flaws_of
from relance_mailer.store import ledger
from tests.support.dossier import chain, link

TEXT = st.text(st.characters(codec="utf-8"))
HEX = st.binary(min_size=32, max_size=32).map(bytes.hex)
NUMBER = st.integers(min_value=1, max_value=2**53 - 1)
LINES = st.builds(
    Line,
    NUMBER,
    HEX,
    TEXT,
    TEXT,
    TEXT,
    TEXT,
    HEX,
    HEX,
    st.just(True),
    st.binary(min_size=1, max_size=16),
    TEXT,
)


@given(LINES)
def test_hash_and_digest_are_the_ledgers_own(line: Line) -> None:
    assert line.salt is not None
    assert line.payload is not None
    assert line.own_digest() == ledger.digest_of(line.salt, line.payload.encode("utf-8"))
    fields = (line.previous, line.sequence, line.at, line.kind, line.actor, line.subject, line.digest)
    assert line.own_hash() == ledger.hash_of(*fields)


@given(LINES)
def test_a_line_is_read_as_it_was_written(line: Line) -> None:
    for one in (
        line,
        replace(line, salt=None, payload=None),
        replace(line, told=False, salt=None, payload=None),
    ):
        raw = encode(one)
        assert raw.count(b"\n") == 1
        assert raw.endswith(b"\n")
        assert decode(raw) == one


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: b" " + raw,
        lambda raw: raw[:-1],
        lambda raw: raw + b"\n",
        lambda raw: raw.replace(b'"sequence":5', b'"sequence":5.0'),
        lambda raw: raw.replace(b'"sequence":5', b'"sequence":true'),
        lambda raw: raw.replace(b'"sequence":5', b'"sequence":' + b"9" * 5_000),
        lambda raw: raw.replace(b'"actor"', b'"actor":"x","actor"'),
        lambda raw: raw.replace(b'"kind":"rendered",', b""),
        lambda raw: raw.replace(b'{"actor"', b'{"aaa":1,"actor"'),
        lambda raw: raw.replace(b'"salt":"0', b'"salt":"Z'),
        lambda raw: json.dumps({**json.loads(raw), "payload": None}, sort_keys=True).encode() + b"\n",
        lambda raw: b"[" * 100_000,
        lambda _: b"\xff\n",
        lambda _: b"null\n",
    ],
)
def test_whatever_is_not_exactly_a_line_is_refused(spoil) -> None:  # type: ignore[no-untyped-def]
    raw = encode(chain()[0])
    assert spoil(raw) != raw
    with pytest.raises(ValueError):
        decode(spoil(raw))


def test_an_entry_that_follows_has_no_flaw_and_one_that_does_not_is_named() -> None:
    first, second, third = chain()[:3]
    assert list(flaws_of(second, first)) == []
    assert [one.key for one in flaws_of(third, first)] == ["dossier.bad.gap"]
    assert [one.key for one in flaws_of(link(None, "sent", "notice:1"), None)] == []
    changed = replace(second, subject="notice:3")
    assert [one.key for one in flaws_of(changed, first)] == ["dossier.bad.hash"]
    stranger = replace(second, previous="00" * 32)
    assert [one.key for one in flaws_of(replace(stranger, hash=stranger.own_hash()), first)] == [
        "dossier.bad.link"
    ]
