"""The road on real servers: what the mail servers do to a notice, and what becomes of it."""

from __future__ import annotations

import zlib
from datetime import date, timedelta

import pytest

from tests.support.road import MONDAY, SECOND, Invoice, Road, html, plain

pytestmark = pytest.mark.real

SOON = timedelta(minutes=1)


def test_a_debtor_gets_one_message_about_all_its_invoices_those_not_yet_due_apart(road: Road) -> None:
    road.install()
    late, mixed = road.bed.user("retard"), road.bed.user("melange")
    road.invoices(
        Invoice("F-1", "RETARD", late),
        Invoice("F-2", "RETARD", late, total="80,00", balance="80,00"),
        Invoice("F-3", "MELANGE", mixed),
        Invoice("F-4", "MELANGE", mixed, due=date(2025, 10, 2)),
    )
    with road.daemon(MONDAY):
        [first], [second] = road.bed.wait_for(late), road.bed.wait_for(mixed)
    for form in (plain, html):
        assert "F-1" in form(first)
        assert "F-2" in form(first)
        assert "1 330,00" in form(first).replace("\u202f", " ").replace("\xa0", " ")
        before, heading, after = form(second).partition("À échéance prochaine")
        assert heading
        assert "F-3" in before
        assert "F-4" not in before
        assert "F-4" in after
    assert road.tick(MONDAY + timedelta(hours=2))["sent"] == 0
    assert len(road.inbox(late)) == len(road.inbox(mixed)) == 1
    stages = {row["invoice_id"]: row["stage"] for row in road.rows("notice_invoice")}
    assert list(stages.values()) == ["reminder1", "reminder1", "reminder1", "predue"]


def test_a_hard_bounce_serves_no_stage_and_a_new_notice_goes_to_the_other_contact(road: Road) -> None:
    road.install()
    dead, other = road.bed.user("unknown+a"), road.bed.user("autre")
    road.invoices(Invoice("F-1", "PARTI", f"{dead}, {other}"))
    with road.daemon(MONDAY):
        [message] = road.bed.wait_for(other)
        road.wait_until("notice", "to_address = ? AND state = 'sent'", other)
    [lost], [arrived] = road.notices_to(dead), road.notices_to(other)
    assert lost["state"] == "bounced"
    assert lost["left_at"] is None
    assert message["Message-ID"] == arrived["message_id"] != lost["message_id"]
    unserved, served = road.rows("notice_invoice")
    assert (unserved["served_on"], unserved["active"]) == (None, 0)
    assert (served["served_on"], served["stage"]) == ("2025-09-22", "reminder1")
    assert road.rows("contact", "address = ?", dead)[0]["state"] == "dead"
    assert road.rows("hold") == []
    [task] = road.tasks("undelivered")
    assert dead in task["words"]


def test_a_hard_bounce_of_the_only_contact_leaves_it_to_a_person(road: Road) -> None:
    road.install()
    dead = road.bed.user("unknown+b")
    road.invoices(Invoice("F-1", "PARTI", dead))
    with road.daemon(MONDAY):
        road.wait_until("notice", "to_address = ? AND state = 'bounced'", dead)
        road.wait_until("task", "kind = 'no_contact' AND done_at IS NULL")
    assert road.tick(SECOND)["sent"] == 0
    assert len(road.notices_to(dead)) == 1
    assert "F-1" in road.run("plan", at=SECOND).out


def test_an_address_refused_at_rcpt_is_a_final_failure_told_in_the_servers_words(road: Road) -> None:
    road.install()
    refused, other = road.bed.user("refused+c"), road.bed.user("autre")
    road.invoices(Invoice("F-1", "PARTI", f"{refused}, {other}"))
    with road.daemon(MONDAY):
        road.bed.wait_for(other)
        road.wait_until("notice", "to_address = ? AND state = 'sent'", other)
    [failed] = road.notices_to(refused)
    assert failed["state"] == "failed"
    assert "550 5.1.1" in failed["outcome"]
    assert "no such mailbox" in road.rows("attempt", "notice_id = ?", failed["id"])[0]["answer"]


def test_a_greylisted_notice_is_tried_again_with_the_same_bytes_and_never_arrives_twice(road: Road) -> None:
    road.install()
    debtor = road.bed.user("lent")
    road.invoices(Invoice("F-1", "LENT", debtor))
    before = road.bed.greylisted
    road.bed.behave(greylisted=(*before, debtor))
    try:
        assert road.tick(MONDAY)["deferred"] == 1
    finally:
        road.bed.behave(greylisted=before)
    [deferred] = road.notices_to(debtor)
    assert deferred["state"] == "deferred"
    assert road.tick(MONDAY + SOON)["sent"] == 0  # the back-off
    assert road.tick(MONDAY + timedelta(minutes=6))["sent"] == 1
    assert road.tick(MONDAY + timedelta(minutes=30))["sent"] == 0

    [notice] = road.notices_to(debtor)
    assert (notice["sha256"], notice["message_id"]) == (deferred["sha256"], deferred["message_id"])
    assert [attempt["code"] for attempt in road.rows("attempt")] == [451, 250]
    assert [message["Message-ID"] for message in road.inbox(debtor)] == [notice["message_id"]]
    [blob] = road.rows("blob", "sha256 = ?", notice["sha256"])
    [raw] = road.bed.raw_messages(debtor)
    assert raw.endswith(zlib.decompress(blob["data"]))


def test_with_the_smtp_server_down_all_wait_and_none_is_done_until_it_is_back(road: Road) -> None:
    road.install()
    debtors = [road.bed.user("client") for _ in range(3)]
    road.invoices(*(Invoice(f"F-{n}", f"CLIENT{n}", debtor) for n, debtor in enumerate(debtors)))
    road.bed.stop_smtp()
    try:
        down = road.tick(MONDAY, code=1)
        shown = road.run("plan", "--json", at=MONDAY).json
    finally:
        road.bed.start_smtp()
    assert (down["planned"], down["sent"], down["failed"], down["in_doubt"]) == (3, 0, 0, 0)
    assert down["trouble"]
    assert len(shown["notices"]) == 3
    assert {notice["state"] for notice in road.rows("notice")} == {"queued"}
    assert {member["served_on"] for member in road.rows("notice_invoice")} == {None}
    [task] = road.tasks("account")
    assert "connect" in task["words"]

    assert road.tick(MONDAY + SOON)["sent"] == 3
    assert [len(road.inbox(debtor)) for debtor in debtors] == [1, 1, 1]
    assert road.tasks("account") == []


def test_a_copy_is_filed_in_sent_once_it_left_and_opens_no_hold(road: Road) -> None:
    road.install(smtp={"sent_copy": "append"})
    debtor = road.bed.user("copie")
    road.invoices(Invoice("F-1", "COPIE", debtor))
    with road.daemon(MONDAY):
        [message] = road.bed.wait_for(debtor)
        [copy] = road.bed.wait_for(road.me, 1, "Sent")
        road.wait_until("message", "kind = 'own'")
    assert copy["Message-ID"] == message["Message-ID"]
    assert road.tick(MONDAY + timedelta(hours=1))["sent"] == 0
    assert len(road.bed.messages(road.me, "Sent")) == 1
    assert road.rows("hold") == []
    assert [row["state"] for row in road.rows("notice")] == ["sent"]
