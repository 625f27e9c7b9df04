"""The road on real servers: a formal notice leaves when a person has approved it, alone, and the hand-over follows it."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from tests.support.road import FORMAL, LAST, MONDAY, PARIS, SECOND, Invoice, Road, plain

pytestmark = pytest.mark.real


def _day(month: int, day: int) -> datetime:
    return datetime(2025, month, day, 10, tzinfo=PARIS)


def test_a_formal_notice_waits_for_approval_leaves_alone_and_its_deadline_precedes_the_hand_over(
    road: Road,
) -> None:
    road.install()
    debtor = road.bed.user("durand")
    road.invoices(Invoice("F-1", "DURAND", debtor))
    assert [road.tick(day)["sent"] for day in (MONDAY, SECOND, LAST)] == [1, 1, 1]

    road.invoices(Invoice("F-2", "DURAND", debtor, due=date(2025, 10, 31)), at=FORMAL)
    offered = road.tick(FORMAL)
    assert (offered["awaiting_approval"], offered["sent"]) == (
        1,
        1,
    )  # F-2's own reminder does not wait for it
    [task] = road.tasks("approve")
    number = task["subject"].removeprefix("notice:")
    assert road.tick(_day(11, 4))["sent"] == 0
    assert "MISE EN DEMEURE" not in road.inbox(debtor)[-1]["Subject"]

    said = road.run("approve", "notice", number, "--by", "alice", at=_day(11, 4)).out
    assert "10/11/2025" in said  # five days after the message before it, and a working day
    assert road.tasks("approve") == []
    assert road.tick(_day(11, 4))["sent"] == 0
    assert road.tick(_day(11, 10))["sent"] == 1
    message = road.inbox(debtor)[-1]
    assert "MISE EN DEMEURE" in message["Subject"]
    assert message["Date"].datetime.date() == date(2025, 11, 10)
    text = plain(message)
    assert "25 novembre 2025" in text  # fifteen days on
    assert "F-1" in text
    assert "F-2" not in text
    assert "40,00" in text
    assert "Alice Martin" in text
    notice = road.rows("notice", "id = ?", number)[0]
    assert (notice["state"], notice["approved_by"], notice["deadline"]) == ("sent", "alice", "2025-11-25")

    road.tick(_day(11, 25))
    assert road.tasks("handover_due") == []
    assert road.rows("invoice", "number = 'F-1'")[0]["handed_over_at"] is None
    road.tick(_day(11, 26))
    assert len(road.tasks("handover_due")) == 1
    assert road.rows("invoice", "number = 'F-1'")[0]["handed_over_at"] is not None
    assert [notice["kind"] for notice in road.rows("notice")].count("formal_notice") == 1


def test_a_formal_notice_without_a_signer_is_not_offered_and_says_what_is_missing(road: Road) -> None:
    road.install(creditor={"signer_capacity": ""})
    debtor = road.bed.user("durand")
    road.invoices(Invoice("F-1", "DURAND", debtor))
    assert [road.tick(day)["sent"] for day in (MONDAY, SECOND, LAST)] == [1, 1, 1]
    assert road.tick(FORMAL)["awaiting_approval"] == 0
    [task] = road.tasks("incomplete")
    assert "qualité du signataire" in task["words"]
    road.configure(creditor={"signer_capacity": "gérante"})
    assert road.tick(_day(11, 4))["awaiting_approval"] == 1
    assert road.tasks("incomplete") == []
