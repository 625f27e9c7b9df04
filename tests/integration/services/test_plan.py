"""Planning on a real database: who gets a message, who waits and why, and when a run stops to ask."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from relance_mailer.services import desk
from relance_mailer.services.follow_up import start_up
from relance_mailer.services.outlook import outlook
from relance_mailer.store import cases
from relance_mailer.store.tables import InvoiceRow, NoticeInvoiceRow, NoticeRow
from tests.support.world import DEBTOR_ADDRESS, IBAN, World


def members(world: World, notice_id: int) -> dict[str, str]:
    """Return the stage of each invoice number in a notice."""
    numbers = {row.id: row.number for row in world.rows(InvoiceRow)}
    return {numbers[row.invoice_id]: row.stage for row in world.rows(NoticeInvoiceRow, notice_id=notice_id)}


# ── one message a debtor ─────────────────────────────────────────────────────────────────────────────────────


def test_a_debtors_invoices_share_one_message(world: World) -> None:
    debtor = world.debtor()
    world.invoice(debtor, number="A", overdue=5)
    world.invoice(debtor, number="B", overdue=8)
    assert world.plan().created == 1
    notice = world.one(NoticeRow)
    assert members(world, 1) == {"A": "reminder1", "B": "reminder1"}
    assert (notice.state, notice.to_address, notice.mode) == ("queued", DEBTOR_ADDRESS, "live")


def test_each_invoice_keeps_its_own_stage_and_the_highest_gives_the_text(world: World) -> None:
    debtor = world.debtor()
    world.invoice(debtor, number="A", overdue=3)
    world.remind()
    world.later(days=13)
    world.invoice(debtor, number="B", overdue=4)
    world.invoice(debtor, number="SOON", overdue=-8)
    world.plan()
    assert world.notice(2).stage == "reminder2"
    assert members(world, 2) == {"A": "reminder2", "B": "reminder1", "SOON": "predue"}


def test_two_debtors_get_two_messages(world: World) -> None:
    world.owing("a@one.example")
    world.owing("b@two.example")
    assert world.plan().created == 2
    assert {row.to_address for row in world.rows(NoticeRow)} == {"a@one.example", "b@two.example"}


def test_planning_twice_makes_nothing_twice(world: World) -> None:
    world.owing()
    assert [world.plan().created, world.plan().created] == [1, 0]


def test_bytes_and_message_id_are_fixed_when_the_notice_is_made(world: World) -> None:
    world.owing()
    world.plan()
    notice = world.one(NoticeRow)
    raw = world.bytes_of(notice.sha256)
    assert f"Message-ID: {notice.message_id}\r\n".encode() in raw
    assert world.told("notice:1", "rendered")["sha256"] == notice.sha256
    assert IBAN[-4:].encode() in raw


def test_a_paid_invoice_gets_nothing(world: World) -> None:
    _, invoice = world.owing()
    world.pay(invoice, "1250.00")
    assert world.plan().created == 0


def test_what_waits_behind_a_message_on_its_way_is_not_forgotten_when_that_is_withdrawn(world: World) -> None:
    debtor, first = world.owing()
    world.plan()
    second = world.invoice(debtor, number="SECOND")
    world.plan()  # the first message is still queued: the second invoice waits for it
    assert world.one(InvoiceRow, id=second).next_look_at is None
    number = world.one(InvoiceRow, id=first).number
    desk.hold(world.office, number, None, "manual", world.now, "Jo")
    world.later(minutes=1)
    world.plan()
    assert world.states() == ["superseded", "queued"]
    assert members(world, 2) == {"SECOND": "reminder1"}


def test_what_waits_behind_a_message_in_doubt_goes_on_after_the_gap(world: World) -> None:
    debtor, _ = world.owing()
    world.plan()
    [claimed] = world.claim().claimed
    world.invoice(debtor, number="SECOND")
    world.plan()
    world.lose(claimed)
    world.later(days=7)
    world.plan()
    assert world.states() == ["in_doubt", "queued"]
    assert members(world, 2) == {"SECOND": "reminder1"}


# ── formal notices ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_formal_notice_stands_alone_and_waits_for_a_person(world: World) -> None:
    debtor = world.debtor()
    old = world.invoice(debtor, number="OLD", overdue=50)
    world.served(old, "reminder1", "reminder2", "reminder3")
    world.invoice(debtor, number="NEW", overdue=5)
    report = world.plan()
    assert (report.created, report.awaiting_approval) == (2, 1)
    formal = world.one(NoticeRow, stage="formal_notice")
    other = world.one(NoticeRow, state="queued")
    assert (formal.state, formal.next_attempt_at) == ("awaiting_approval", None)
    assert formal.id is not None
    assert other.id is not None
    assert members(world, formal.id) == {"OLD": "formal_notice"}
    assert members(world, other.id) == {"NEW": "reminder1"}
    assert world.task("approve").subject == f"notice:{formal.id}"


def test_a_formal_notice_without_approval_never_leaves(world: World) -> None:
    _, _invoice = world.formal()
    world.plan()
    assert world.claim().claimed == ()
    world.later(days=30)
    assert world.claim().claimed == ()
    assert "awaiting_approval" in world.states()


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"creditor__signer_name": ""}, "the signer's name"),
        ({"creditor__signer_capacity": ""}, "the signer's capacity"),
        ({"creditor__siren": ""}, "the creditor's SIREN"),
        ({"creditor__street": ""}, "the creditor's address"),
    ],
)
def test_a_formal_notice_that_lacks_a_particular_of_ours_says_which(
    world: World, changes: dict[str, str], missing: str
) -> None:
    _, _invoice = world.formal()
    world.configure(**changes)
    assert world.plan().awaiting_approval == 0
    assert world.task("incomplete").words.endswith(missing)


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"siren": ""}, "the debtor's SIREN (or VAT number)"),
        ({"city": "", "postal_code": ""}, "the debtor's address"),
    ],
)
def test_a_formal_notice_that_lacks_a_particular_of_the_debtor_says_which(
    world: World, values: dict[str, str], missing: str
) -> None:
    _, _invoice = world.formal(**values)
    assert world.plan().awaiting_approval == 0
    assert world.task("incomplete").words.endswith(missing)


def test_an_incomplete_formal_notice_is_offered_once_the_configuration_is_complete(world: World) -> None:
    start_up(world.office, world.now)  # live already
    _, _invoice = world.formal()
    world.configure(creditor__signer_name="")
    world.plan()
    world.configure(creditor__signer_name="A. Martin")
    start_up(world.office, world.now)
    assert world.plan().awaiting_approval == 1
    assert world.tasks() == ["approve"]


# ── rates ────────────────────────────────────────────────────────────────────────────────────────────────────

BEYOND = datetime(2031, 3, 11, 9, 30, tzinfo=UTC)  #: a Tuesday in a half-year without a known rate


def reaches_last_reminder(world: World) -> int:
    """Add a debtor whose next stage, the last reminder, shows a claim."""
    _, invoice = world.owing("old@debtor.example", name="Ancien", overdue=35)
    world.served(invoice, "reminder1", "reminder2")
    return invoice


def test_without_a_known_rate_only_the_notices_that_show_a_claim_wait(world: World) -> None:
    world.at(BEYOND)
    invoice = reaches_last_reminder(world)
    world.owing("new@other.example", overdue=5)
    assert world.plan().created == 1
    assert world.one(NoticeRow, state="queued").to_address == "new@other.example"
    task = world.task("rate_unknown")
    assert task.subject == f"invoice:{invoice}"
    assert "2031" in task.words


@pytest.mark.parametrize(
    ("language", "said"), [("fr", "aucun taux de pénalités connu"), ("en", "no late-payment rate known")]
)
def test_an_unknown_rate_is_told_in_the_teams_language_with_the_lines_that_heal_it(
    world: World, language: str, said: str
) -> None:
    world.configure(language=language)
    start_up(world.office, world.now)  # live already
    world.at(BEYOND)
    reaches_last_reminder(world)
    world.plan()
    [waiting] = outlook(world.office, world.now).waiting
    [words] = {waiting.words, world.task("rate_unknown").words.partition(waiting.words)[1]}
    assert words.startswith(said)
    lines = words[words.index("[[rates]]") :].split(" / ")
    assert lines == ["[[rates]]", "effective_from = 2031-01-01", "ecb = 2.15"]
    world.configure(**tomllib.loads("\n".join(lines)))
    start_up(world.office, world.now)
    assert world.plan().created == 1
    assert world.tasks() == []


def test_a_rate_in_the_configuration_heals_it_and_closes_the_question(world: World) -> None:
    start_up(world.office, world.now)  # live already
    world.at(BEYOND)
    reaches_last_reminder(world)
    world.plan()
    world.configure(rates=[{"effective_from": "2031-01-01", "ecb": "2.50"}])
    start_up(world.office, world.now)
    assert world.plan().created == 1
    assert world.one(NoticeRow, state="queued").stage == "reminder3"
    assert world.tasks() == []


# ── texts that cannot be written ─────────────────────────────────────────────────────────────────────────────


def test_a_template_that_breaks_stops_its_own_notices_and_asks_a_person(world: World) -> None:
    world.owing("en@debtor.example", language="en")
    world.owing("fr@other.example", language="fr")
    world.edit_template("en/reminder1.md", lambda text: text + "{{ nonsense.value }}")
    report = world.plan()
    assert report.created == 1
    assert world.one(NoticeRow).to_address == "fr@other.example"
    assert world.tasks() == ["template"]


def test_a_template_mended_lets_its_notices_go(world: World) -> None:
    start_up(world.office, world.now)  # live already
    world.owing()
    world.edit_template("en/reminder1.md", lambda text: text + "{{ nonsense.value }}")
    world.plan()
    (world.folder / "templates" / "en" / "reminder1.md").unlink()
    world.configure()
    start_up(world.office, world.now)
    assert world.plan().created == 1
    assert world.tasks() == []


def test_an_address_that_no_server_takes_asks_a_person_and_holds_nobody_else_up(world: World) -> None:
    world.owing("du..rand@debtor.example")
    world.owing("b@other.example")
    assert world.plan().created == 1
    assert len(world.tasks()) == 1


# ── the brake ────────────────────────────────────────────────────────────────────────────────────────────────


def many(world: World, number: int, prefix: str = "d") -> None:
    for place in range(number):
        world.owing(f"{prefix}{place}@debtor{place}.example")


def test_twenty_first_contacts_go(world: World) -> None:
    many(world, 20)
    assert (world.plan().braked, len(world.rows(NoticeRow))) == (None, 20)


def test_the_twenty_first_first_contact_stops_the_run_and_asks(world: World) -> None:
    many(world, 21)
    report = world.plan()
    assert report.braked is not None
    assert (report.braked.messages, report.braked.first_contacts, report.created) == (21, 21, 0)
    assert world.rows(NoticeRow) == []
    assert "21" in world.task("brake").words


def test_a_stopped_run_asks_once_and_goes_when_a_person_lets_it(world: World) -> None:
    many(world, 21)
    world.plan()
    world.plan()
    assert world.tasks() == ["brake"]
    desk.approve_run(world.office, world.now, "Jo")
    assert world.tasks() == []
    assert world.plan().created == 21


def test_a_persons_leave_lasts_a_day(world: World) -> None:
    many(world, 21)
    assert world.plan().braked is not None
    desk.approve_run(world.office, world.now, "Jo")
    world.later(hours=24)
    assert world.plan().braked is not None


def test_many_messages_to_known_debtors_are_no_first_contacts(world: World) -> None:
    many(world, 15)
    world.plan()
    world.deliver()
    world.later(days=14)
    many(world, 15, "e")
    report = world.plan()  # 30 messages, 15 first contacts
    assert (report.braked, report.created) == (None, 30)


def usual_days(world: World, messages: int) -> None:
    """Let three days pass on which `messages` went out."""
    for day in range(3):
        many(world, messages, f"u{day}-")
        world.plan()
        world.deliver()
        world.later(days=1)


def test_a_run_of_three_times_the_usual_goes(world: World) -> None:
    usual_days(world, 4)
    many(world, 12)
    assert world.plan().created == 12


def test_a_run_of_more_than_three_times_the_usual_stops(world: World) -> None:
    usual_days(world, 4)
    many(world, 13)
    report = world.plan()
    assert report.braked is not None
    assert (report.braked.messages, report.braked.usual) == (13, 4)


def test_a_small_run_is_never_unusual_by_its_size(world: World) -> None:
    usual_days(world, 1)
    many(world, 10)
    assert world.plan().created == 10


def test_what_went_out_earlier_on_the_day_counts(world: World) -> None:
    usual_days(world, 4)
    many(world, 12)
    world.plan()
    world.later(hours=1)
    many(world, 1, "late")
    assert world.plan().braked is not None


def test_in_shadow_nothing_is_braked(world: World) -> None:
    world.configure(sending__mode="shadow")
    many(world, 21)
    assert world.plan().created == 21


# ── the index on the day of the next look ────────────────────────────────────────────────────────────────────


@contextmanager
def statements(world: World) -> Iterator[list[tuple[str, Any]]]:
    """Collect the SQL that reading units run."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        seen.append((statement, parameters))

    engines = [world.db.writer, world.db.reader]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


def test_one_due_debtor_among_three_thousand_is_found_by_the_index(world: World) -> None:
    later = world.now + timedelta(days=9)
    world.invoices(world.debtor(), [{"next_look_at": later}] * 3000)
    due, _ = world.owing("due@other.example")
    with statements(world) as seen, world.db.read() as session:
        assert cases.debtors_to_look_at(session, world.office.creditor_id, world.now) == [due]
    statement, parameters = seen[-1]
    with world.db.read() as session:
        driver = session.connection().connection.cursor()
        steps = [row[-1] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert "USING INDEX ix_invoice_next_look (creditor_id=? AND next_look_at<?)" in " ".join(steps)
    assert not any(step.startswith("SCAN") for step in steps)


def test_only_the_due_debtor_is_looked_at(world: World) -> None:
    world.owing()
    debtor = world.debtor("b@other.example")
    world.invoice(debtor, next_look_at=world.now + timedelta(days=1))
    assert world.plan().looked_at == 1


# ── shadow, redirect, going live ─────────────────────────────────────────────────────────────────────────────


def test_shadow_records_what_it_would_have_sent_and_goes_on_to_the_next_stage(world: World) -> None:
    world.configure(sending__mode="shadow")
    world.owing()
    world.plan()
    claims = world.claim()
    assert (claims.claimed, claims.recorded) == ((), 1)
    assert world.one(NoticeRow).state == "recorded"
    assert world.told("notice:1", "sent") == {"mode": "shadow", "left": False}
    world.later(days=14)
    world.plan()
    assert [row.stage for row in world.rows(NoticeRow)] == ["reminder1", "reminder2"]


def test_in_shadow_what_waits_behind_a_message_is_not_forgotten(world: World) -> None:
    world.configure(sending__mode="shadow")
    debtor, _ = world.owing()
    world.plan()
    world.invoice(debtor, number="SECOND")
    world.plan()
    world.claim()
    world.later(days=7)
    world.plan()
    assert members(world, 2) == {"SECOND": "reminder1"}


def test_a_redirect_names_the_true_addressee_in_its_subject_and_goes_to_the_team(world: World) -> None:
    world.configure(sending__mode="redirect", sending__redirect_to="team@creditor.example")
    world.owing()
    world.plan()
    [claimed] = world.claim().claimed
    assert claimed.recipient == "team@creditor.example"
    assert b"To: team@creditor.example\r\n" in claimed.raw
    assert DEBTOR_ADDRESS in world.one(NoticeRow).subject
    assert f"To: {DEBTOR_ADDRESS}".encode() not in claimed.raw


def test_a_redirected_notice_serves_no_live_stage(world: World) -> None:
    world.configure(sending__mode="redirect", sending__redirect_to="team@creditor.example")
    world.owing()
    world.remind()
    world.configure(sending__mode="live")
    start_up(world.office, world.now)
    notice = world.remind()
    assert (notice.mode, notice.stage, notice.to_address) == ("live", "reminder1", DEBTOR_ADDRESS)


def test_going_live_drops_rehearsed_stages_once(world: World) -> None:
    world.configure(sending__mode="shadow")
    world.owing()
    world.plan()
    world.claim()
    world.configure(sending__mode="live")
    start_up(world.office, world.now)
    world.remind()
    start_up(world.office, world.now)
    assert world.plan().created == 0


def test_going_live_withdraws_what_was_rehearsed_and_had_not_left(world: World) -> None:
    world.configure(sending__mode="shadow")
    world.owing()
    _, invoice = world.owing("b@other.example", overdue=50)
    world.served(invoice, "reminder1", "reminder2", "reminder3", track="rehearsal")
    world.plan()
    assert world.tasks() == ["approve"]
    world.configure(sending__mode="live")
    start_up(world.office, world.now)
    rehearsed = [row.state for row in world.rows(NoticeRow, mode="shadow") if row.state != "recorded"]
    assert rehearsed == ["superseded", "superseded"]
    assert world.tasks() == []


def test_an_installation_that_is_not_trusted_only_records(world: World) -> None:
    (world.folder / "relance.db.state.json").unlink()
    world.configure()
    world.owing()
    world.plan()
    assert world.claim().recorded == 1
    assert world.one(NoticeRow).mode == "shadow"


def test_a_copied_database_only_records_until_a_person_releases_it(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    shutil.copy(world.folder / "relance.db.state.json", other / "kept.json")
    desk.release_installation(world.office, world.now, "Jo")  # the original lives on under a new id
    shutil.copy(other / "kept.json", world.folder / "relance.db.state.json")
    world.configure()
    assert world.office.mode == "shadow"
    desk.release_installation(world.office, world.now, "Jo")
    world.configure()
    assert world.office.mode == "live"


# ── hand-over ────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_invoice_is_handed_over_when_the_formal_notices_deadline_has_passed_never_before(
    world: World,
) -> None:
    _, invoice = world.formal()
    world.plan()
    formal = world.one(NoticeRow, stage="formal_notice")
    assert formal.id is not None
    desk.approve_notice(world.office, formal.id, world.now, "Jo")
    world.deliver()
    deadline = world.notice(formal.id).deadline
    assert deadline is not None
    world.at(datetime(deadline.year, deadline.month, deadline.day, 15, tzinfo=UTC))
    world.plan()
    assert world.one(InvoiceRow, id=invoice).handed_over_at is None
    world.later(days=1)
    world.plan()
    assert world.one(InvoiceRow, id=invoice).handed_over_at == world.now
    assert world.tasks() == ["handover_due"]
