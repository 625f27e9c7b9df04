"""The road on real servers: a blind, badly informed or copied installation sends nothing, and says why."""

from __future__ import annotations

import shutil
from datetime import timedelta
from email.message import EmailMessage

import pytest

from tests.support.road import MONDAY, SECOND, Invoice, Road

pytestmark = pytest.mark.real


def test_with_imap_stopped_nothing_leaves_and_all_say_why_until_it_is_back(road: Road) -> None:
    road.install()
    debtor = road.bed.user("durand")
    road.invoices(Invoice("F-1", "DURAND", debtor))
    road.bed.stop_imap()
    try:
        with road.daemon(MONDAY) as running:
            why = running.wait_for("nothing leaves", gate="inbox")["why"]
            running.wait_for("mailbox cannot be read")
            assert "INBOX" in why
            assert why in road.run("plan", "--json").json["gates"][0]
            checked = road.run("check", "--json", code=1).json["findings"]
            assert any(why in found["words"] for found in checked)
            assert road.rows("notice") == []

            road.bed.start_imap()
            running.wait_for("messages may leave again")
            assert len(road.bed.wait_for(debtor)) == 1
            assert not running.ended()
    finally:
        road.bed.stop_imap()
        road.bed.start_imap()


def test_with_payments_old_nothing_leaves_until_they_are_imported(road: Road) -> None:
    road.install(policy={"max_payment_age": 3})
    debtor = road.bed.user("durand")
    road.invoices(Invoice("F-1", "DURAND", debtor), Invoice("F-2", "AUTRE", road.bed.user("autre")))
    assert road.tick(MONDAY)["sent"] == 2  # the balances imported that day

    stopped = road.tick(SECOND, code=1)
    assert (stopped["sent"], stopped["planned"]) == (0, 0)
    [why] = stopped["gates"]
    assert "règlements" in why
    assert "2025-09-22" in why or "22/09/2025" in why or "22 septembre 2025" in why
    assert any("règlements" in gate for gate in road.run("plan", "--json", at=SECOND).json["gates"])
    with road.daemon(SECOND) as running:
        assert "règlements" in running.wait_for("nothing leaves", gate="payments")["why"]
        checked = road.run("check", "--json", code=1).json["findings"]
        assert any("règlements" in found["words"] for found in checked)
        road.payments("01/10/2025;AUTRE;F-2;1 250,00;VIR-1;VIR SEPA AUTRE", at=SECOND)
        assert len(road.bed.wait_for(debtor, 2)) == 2
    assert len(road.rows("notice")) == 3  # the one who paid is left alone


def test_an_answer_that_came_while_the_daemon_was_down_is_read_before_anything_leaves(road: Road) -> None:
    road.install()
    debtor, silent = road.bed.user("durand"), road.bed.user("muet")
    road.invoices(Invoice("F-1", "DURAND", debtor), Invoice("F-2", "MUET", silent))
    assert road.tick(MONDAY)["sent"] == 2
    for number in range(12):  # the answer comes last: much is stored before it is understood
        road.bed.append(road.me, "INBOX", _newsletter(number))
    [reminder] = road.inbox(debtor)
    at = SECOND - timedelta(days=1)
    road.answer(reminder, "Nous contestons cette facture, la livraison est incomplète.", sender=debtor, at=at)
    road.bed.wait_for(road.me, 13)
    with road.daemon(SECOND):
        road.bed.wait_for(silent, 2)
        road.wait_until("hold", "reason = 'dispute'")
    assert len(road.inbox(debtor)) == 1
    assert [notice["state"] for notice in road.notices_to(debtor)] == ["sent"]


def _newsletter(number: int) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "lettre@editeur.example", "compta@creditor.example"
    message["Subject"], message["Message-ID"] = f"Lettre {number}", f"<{number}@editeur.example>"
    message.set_content("Les nouvelles de la semaine. " * 200)
    return message.as_bytes()


def test_a_copied_installation_sends_nothing_until_a_person_releases_it(road: Road) -> None:
    road.install()
    debtor = road.bed.user("durand")
    road.invoices(Invoice("F-1", "DURAND", debtor))
    copy = Road(road.bed, road.folder / "copie")
    copy.me, copy.settings = road.me, road.settings
    copy.folder.mkdir()
    shutil.copy(road.folder / "relance.db", copy.folder)
    copy.configure()

    with copy.daemon(MONDAY) as running:
        running.wait_for("running", mode="shadow", trusted=False)
        assert str(copy.state_file) in running.wait_for("nothing leaves", gate="installation")["why"]
        copy.wait_until("notice", "state = 'recorded' AND mode = 'shadow'")
        checked = copy.run("check", "--json", code=1).json["findings"]
        assert any(str(copy.state_file) in found["words"] for found in checked)
    assert copy.inbox(debtor) == []

    assert str(copy.state_file) in copy.run("tick", at=MONDAY, code=1).err
    copy.run("release", "installation", "--by", "nadia", at=MONDAY)
    assert copy.tick(MONDAY + timedelta(minutes=1))["sent"] == 1
    assert len(copy.inbox(debtor)) == 1
    copy.verify()


def test_shadow_mode_only_records_and_going_live_starts_fresh(road: Road) -> None:
    road.install(sending={"mode": "shadow"})
    debtor = road.bed.user("durand")
    road.invoices(Invoice("F-1", "DURAND", debtor))
    first, second = road.tick(MONDAY), road.tick(SECOND)
    assert [(tick["recorded"], tick["sent"]) for tick in (first, second)] == [(1, 0), (1, 0)]
    later = road.tick(SECOND + timedelta(minutes=30))
    assert (later["planned"], later["recorded"]) == (0, 0)  # nothing more to rehearse until the third
    assert [notice["stage"] for notice in road.notices_to(debtor)] == ["reminder1", "reminder2"]
    assert {notice["state"] for notice in road.notices_to(debtor)} == {"recorded"}
    assert road.inbox(debtor) == []

    road.configure(sending={"mode": "live"})
    waits = road.tick(SECOND + timedelta(minutes=50), code=1)
    assert (waits["sent"], waits["first_run"]["messages"]) == (0, 1)
    road.run("approve", "first-run", "--by", "nadia", at=SECOND + timedelta(minutes=55))
    assert road.tick(SECOND + timedelta(hours=1))["sent"] == 1
    assert road.notices_to(debtor)[-1]["stage"] == "reminder1"
    assert len(road.inbox(debtor)) == 1


def test_redirect_mode_writes_to_the_team_alone_and_serves_no_stage_of_the_live_track(road: Road) -> None:
    team = road.bed.user("equipe", "creditor.example")
    road.install(sending={"mode": "redirect", "redirect_to": team})
    debtor = road.bed.user("durand")
    road.invoices(Invoice("F-1", "DURAND", debtor))
    assert road.tick(MONDAY)["sent"] == 1
    [message] = road.inbox(team)
    assert debtor in message["Subject"]
    assert message["To"].addresses[0].addr_spec == team
    assert road.inbox(debtor) == []

    road.configure(sending={"mode": "live", "redirect_to": ""})
    road.run("approve", "first-run", "--by", "nadia", at=SECOND)
    assert road.tick(SECOND)["sent"] == 1
    assert road.notices_to(debtor)[-1]["stage"] == "reminder1"
    assert len(road.inbox(debtor)) == 1
    assert len(road.inbox(team)) == 1
