"""Verifying finds whatever was changed; the verifier inside the case file finds it too."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relance_mailer.evidence import standalone
from relance_mailer.evidence.pack import SUMS
from relance_mailer.evidence.verify import Report, verify
from relance_mailer.texts.words import WORDS
from tests.support.dossier import LEDGER, MANIFEST, RECEIVED, CaseFile, digest, link, small

OUT, IN = "messages/0001_2026-03-10_out.eml", "messages/0002_2026-03-10_in.eml"


def _flaws(report: Report) -> set[str]:
    return {flaw.key.removeprefix("dossier.bad.") for finding in report.findings for flaw in finding.flaws}


def _both(case: CaseFile) -> tuple[Report, list[str]]:
    """What both verifiers say."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "x").mkdir()
        return verify(case.write(path / "case.zip")), standalone.problems(case.unpack(path / "x"))


def test_a_case_file_that_nobody_touched_holds(tmp_path: Path) -> None:
    report, problems = _both(small())
    assert (report.holds, problems) == (True, [])
    assert (report.entries, report.told, report.erased, report.messages) == (8, 6, 0, 2)
    path = small().write(tmp_path / "x.zip")
    assert verify(path).sha256 == digest(path.read_bytes())


# ── what a clumsy hand does: SHA256SUMS stays as it was ──────────────────────────────────────────────────


@pytest.mark.parametrize("name", sorted(small().members))
def test_a_byte_changed_in_any_file_is_found_and_the_file_named(name: str) -> None:
    case = small()
    data = bytearray(case.members[name])
    data[len(data) // 2] ^= 1
    case.members[name] = bytes(data)
    report, problems = _both(case)
    assert not report.holds
    assert problems
    told = [str(flaw.arguments) for finding in report.findings for flaw in finding.flaws]
    assert name == SUMS or any(name in words for words in told)


@pytest.mark.parametrize("name", sorted(small().members))
def test_a_file_that_was_dropped_is_found(name: str) -> None:
    case = small()
    del case.members[name]
    report, problems = _both(case)
    assert not report.holds
    assert problems


def test_a_file_that_was_added_is_found() -> None:
    case = small()
    case.members["messages/0003_2026-03-11_in.eml"] = b"Subject: forged\r\n\r\n"
    report, problems = _both(case)
    assert _flaws(report) == {"surplus", "unnamed"}
    assert any("not in SHA256SUMS" in words for words in problems)


MEMBERS = sorted(small().members.items())


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_byte_of_any_file_changed_is_found(data: st.DataObject) -> None:
    name, original = data.draw(st.sampled_from(MEMBERS))
    at = data.draw(st.integers(0, len(original) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != original[at]))
    case = small()
    case.members[name] = original[:at] + bytes([byte]) + original[at + 1 :]
    report, problems = _both(case)
    assert not report.holds
    assert problems


# ── what a forger does: SHA256SUMS is written anew ───────────────────────────────────────────────────────


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_byte_of_the_ledger_or_a_message_changed_is_found_though_the_sums_fit(
    data: st.DataObject,
) -> None:
    name, original = data.draw(st.sampled_from([pair for pair in MEMBERS if pair[0] in (LEDGER, OUT, IN)]))
    at = data.draw(st.integers(0, len(original) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != original[at]))
    case = small()
    case.members[name] = original[:at] + bytes([byte]) + original[at + 1 :]
    case.forge()
    with tempfile.TemporaryDirectory() as folder:
        report = verify(case.write(Path(folder) / "case.zip"))
    assert not report.holds
    assert "changed" not in _flaws(report)


def _reorder(case: CaseFile) -> None:
    lines = case.lines
    lines[1], lines[2] = lines[2], lines[1]
    case.lines = lines


def _drop_line(case: CaseFile) -> None:
    lines = case.lines
    del lines[3]
    case.lines = lines


def _cut_tail(case: CaseFile) -> None:
    case.lines = case.lines[:-2]


def _cut_head(case: CaseFile) -> None:
    case.lines = case.lines[1:]


def _empty(case: CaseFile) -> None:
    case.lines = []


def _payload(case: CaseFile) -> None:
    case.lines = [
        replace(line, payload=line.payload.replace("250", "550")) if line.payload else line
        for line in case.lines
    ]


def _payload_and_digest(case: CaseFile) -> None:
    def forged(payload: str | None) -> str | None:
        return payload and payload.replace("250", "550")

    lines = [replace(line, payload=forged(line.payload)) for line in case.lines]
    case.lines = [replace(line, digest=line.own_digest()) if line.payload else line for line in lines]


def _payload_digest_and_hash(case: CaseFile) -> None:
    _payload_and_digest(case)
    case.lines = [replace(line, hash=line.own_hash()) for line in case.lines]


def _foreign_tail(case: CaseFile) -> None:
    case.lines = [*case.lines[:-1], link(case.lines[-2], "exported", "debtor:1", {"first": 1})]


def _drop_message(case: CaseFile) -> None:
    del case.members[IN]


def _swap_message(case: CaseFile) -> None:
    case.members[IN] = RECEIVED.replace(b"Non", b"Oui")


def _add_message(case: CaseFile) -> None:
    case.members["messages/0003_2026-03-11_in.eml"] = b"Subject: forged\r\n\r\n"


def _withhold(case: CaseFile) -> None:
    case.lines = [
        replace(line, told=False, salt=None, payload=None) if line.kind == "sent" else line
        for line in case.lines
    ]


FORGERIES: list[tuple[Callable[[CaseFile], None], set[str]]] = [
    (_reorder, {"gap"}),
    (_drop_line, {"gap"}),
    (_cut_tail, {"tail"}),
    (_cut_head, {"start"}),
    (_empty, {"tail", "unnamed"}),
    (_payload, {"digest"}),
    (_payload_and_digest, {"hash"}),
    (_payload_digest_and_hash, {"link"}),
    (_foreign_tail, {"head"}),
    (_drop_message, {"needed"}),
    (_swap_message, {"needed", "unnamed"}),
    (_add_message, {"unnamed"}),
    (_withhold, {"withheld"}),
]


@pytest.mark.parametrize(("forge", "found"), FORGERIES, ids=[forge.__name__ for forge, _ in FORGERIES])
def test_a_forgery_with_fitting_sums_is_found_by_both_verifiers(
    forge: Callable[[CaseFile], None], found: set[str]
) -> None:
    case = small()
    forge(case)
    case.forge()
    report, problems = _both(case)
    assert _flaws(report) == found
    assert all(f"dossier.bad.{key}" in WORDS for key in found)
    assert problems


def test_a_tail_cut_with_the_manifest_made_anew_shows_in_the_last_entry_only() -> None:
    """Nothing inside can tell: the head kept elsewhere does, so both verifiers say which one they found."""
    case = small()
    whole = case.lines[-1]
    case.lines = case.lines[:-1]
    last = case.lines[-1]
    case.manifest = case.manifest | {
        "ledger": case.manifest["ledger"] | {"last": last.sequence, "hash": last.hash}
    }
    case.forge()
    report, problems = _both(case)
    assert (report.holds, problems) == (True, [])
    assert report.manifest is not None
    assert report.manifest.head.hash == last.hash != whole.hash


# ── what was erased is no flaw ───────────────────────────────────────────────────────────────────────────


def test_an_erased_payload_leaves_the_chain_whole_and_is_counted() -> None:
    case = small()
    case.lines = [
        replace(line, salt=None, payload=None) if line.kind == "sent" else line for line in case.lines
    ]
    case.forge()
    report, problems = _both(case)
    assert (report.holds, report.erased, problems) == (True, 1, [])


def test_a_message_whose_bytes_were_erased_is_told_by_the_manifest() -> None:
    case = small()
    del case.members[IN]
    case.manifest = case.manifest | {"erased": [digest(RECEIVED)]}
    case.forge()
    report, problems = _both(case)
    assert (report.holds, report.messages, problems) == (True, 1, [])


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"null", b'{"format":"x","version":1}', b"[" * 100_000])
def test_a_manifest_that_says_nothing_usable_is_a_flaw_and_no_crash(text: bytes) -> None:
    case = small()
    case.members[MANIFEST] = text
    case.forge()
    report, problems = _both(case)
    assert _flaws(report) == {"manifest"}
    assert problems


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("creditor", {"name": 7}),
        ("debtor", {"reference": None, "name": "x"}),
        ("ledger", {"first": float("inf"), "previous": "0" * 64, "last": 12, "hash": "0" * 64}),
        ("ledger", {"first": 5, "previous": "0" * 64, "last": 12, "hash": "\ud800"}),
        ("erased", [{}]),
        ("erased", 5),
    ],
)
def test_a_manifest_with_values_of_another_kind_is_a_flaw_and_no_crash(key: str, value: object) -> None:
    case = small()
    case.manifest = case.manifest | {key: value}
    case.forge()
    report, _ = _both(case)
    assert _flaws(report) == {"manifest"}


def test_what_a_manifest_says_can_be_shown_whatever_it_is() -> None:
    case = small()
    case.manifest = case.manifest | {"exported_by": "a\ud800b\x1b[31m\u202e", "language": "\x00"}
    case.forge()
    report, _ = _both(case)
    assert report.manifest is not None
    assert report.manifest.exported_by == "a\ufffdb [31m\ufffd"
    assert report.holds


def test_of_very_many_flaws_the_first_ones_are_kept_and_the_rest_counted() -> None:
    case = small()
    case.members[LEDGER] = b"x\n" * 500
    case.forge()
    chain = verify_case(case).findings[1]
    assert len(chain.flaws) == 50
    assert chain.more == 451  # and the tail


def verify_case(case: CaseFile) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        return verify(case.write(Path(folder) / "case.zip"))
