"""The road on real servers, to its end: what left and what came stands in the case file, and proves itself anywhere."""

from __future__ import annotations

import email
import email.policy
import subprocess
import sys
from datetime import timedelta

import pytest

from tests.support.dossier import CaseFile
from tests.support.road import MONDAY, Invoice, Road

pytestmark = pytest.mark.real


def test_an_exchange_over_real_servers_becomes_a_case_file_that_others_can_verify(road: Road) -> None:
    road.install()
    debtor, other = road.bed.user("durand"), road.bed.user("autre")
    road.invoices(Invoice("F-1", "DURAND", debtor), Invoice("F-2", "AUTRE", other))
    with road.daemon(MONDAY):
        reminder = road.bed.wait_for(debtor)[0]
        said = road.answer(
            reminder, "Nous contestons : bois fendu.", sender=debtor, at=MONDAY + timedelta(hours=1)
        )
        road.wait_until("message", "message_id = ? AND state = 'read'", said["Message-ID"])
    made = road.run(
        "dossier", "export", "F-1", "--out", str(road.folder / "case.zip"), "--json", at=MONDAY
    ).json
    assert made["messages"] == 2
    case = CaseFile.read(road.folder / "case.zip")
    sent, received = (
        email.message_from_bytes(case.members[one["file"]], policy=email.policy.default)
        for one in case.manifest["messages"]
    )
    assert sent["Message-ID"] == reminder["Message-ID"]
    assert received["Message-ID"] == said["Message-ID"]
    assert "bois fendu" in case.members["chronologie.html"].decode("utf-8")
    [notice] = road.notices_to(debtor)
    [attempt] = road.rows("attempt", "notice_id = ?", notice["id"])
    queue_id = attempt["queue_id"]
    assert queue_id
    assert any(queue_id in (line.payload or "") for line in case.lines if line.kind == "sent")
    assert other.encode() not in b"".join(case.members.values())
    folder = case.unpack(road.folder / "unpacked")
    for command in (
        ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"],
        [sys.executable, "-I", "verify.py"],
    ):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
