"""Exporting a case file: what is inside, for whom, and that it proves itself."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from relance_mailer.bootstrap import make_reader
from relance_mailer.errors import ConflictError, InputError, NotFoundError
from relance_mailer.evidence.verify import verify
from relance_mailer.services import desk, dossier
from relance_mailer.services.dossier import Exported
from relance_mailer.services.dossier_page import Excerpt
from relance_mailer.services.follow_up import start_up
from relance_mailer.store import ledger
from relance_mailer.store.ledger import Kind
from relance_mailer.store.tables import (
    DebtorRow,
    InvoiceRow,
    LedgerPayloadRow,
    MessageRow,
    NoticeRow,
    ReplyRow,
)
from tests.support.dossier import CaseFile, digest
from tests.support.office import MONDAY, Invoice, bring_in, make_office, open_office, pay
from tests.support.world import DEBTOR_ADDRESS, OUR_ADDRESS, World, answer, bounce, letter

BY = "Claire Martin"


def _export(world: World, what: str, name: str = "case.zip") -> tuple[Exported, CaseFile]:
    """Export, verify and take apart."""
    made = dossier.export(world.office, what, world.folder / name, world.now, BY, world.reader)
    report = verify(made.file)
    assert report.holds, report.findings
    assert (report.messages, report.told, report.sha256) == (made.messages, made.events, made.sha256)
    return made, CaseFile.read(made.file)


def _reference(world: World, debtor_id: int) -> str:
    return world.one(DebtorRow, id=debtor_id).reference


def _messages(case: CaseFile) -> dict[str, bytes]:
    return {name: data for name, data in case.members.items() if name.startswith("messages/")}


def _text(case: CaseFile, name: str = "chronology.html") -> str:
    """The chronology as a reader sees it: without tags, spaces made one."""
    page = case.members[name].decode("utf-8").partition("<body>")[2]
    bare = re.sub(r"<[^>]+>", " ", page)
    for escaped, plain in (("&lt;", "<"), ("&gt;", ">"), ("&#34;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        bare = bare.replace(escaped, plain)
    return re.sub(r"\s+", " ", bare)


def _in_order(text: str, *words: str) -> None:
    at = 0
    for word in words:
        found = text.find(word, at)
        assert found >= 0, (
            f"{word!r} does not stand after {text[max(at - 80, 0) : at]!r} in {text[at : at + 2000]}"
        )
        at = found + len(word)


# ── a whole exchange ─────────────────────────────────────────────────────────────────────────────────────


def test_every_message_of_the_exchange_is_there_as_sent_and_as_fetched(world: World) -> None:
    debtor_id, _ = world.owing()
    notice = world.remind()
    world.later(days=1)
    said = answer(notice, "Nous contestons : marchandise cassée.", at=world.now)
    returned = bounce(DEBTOR_ADDRESS, notice.message_id, status="4.4.1", at=world.now)
    written = letter("Je vous appelle demain.", sender=OUR_ADDRESS, to=DEBTOR_ADDRESS, at=world.now)
    world.take(said)
    world.take(returned)
    world.take(written, folder="Sent")
    _, case = _export(world, _reference(world, debtor_id))
    assert _messages(case) == {
        "messages/0001_2026-03-10_out.eml": world.bytes_of(notice.sha256),
        "messages/0002_2026-03-11_in.eml": said,
        "messages/0003_2026-03-11_in.eml": returned,
        "messages/0004_2026-03-11_colleague.eml": written,
    }
    assert [one["way"] for one in case.manifest["messages"]] == ["out", "in", "in", "colleague"]


def test_our_own_message_read_back_in_the_mailbox_is_there_as_it_came_back(world: World) -> None:
    debtor_id, _ = world.owing()
    notice = world.remind()
    copy = b"Received: by mx.creditor.example; Tue, 10 Mar 2026 10:31:00 +0100\r\n" + world.bytes_of(
        notice.sha256
    )
    world.take(copy, folder="Sent")
    assert world.one(MessageRow).kind == "own"
    _, case = _export(world, _reference(world, debtor_id))
    assert _messages(case)["messages/0002_2026-03-10_copy.eml"] == copy
    assert f"Copy of our message {notice.id} read back in the mailbox" in _text(case)


def test_the_chronology_tells_everything_in_order(world: World) -> None:
    debtor_id, invoice_id = world.owing()
    notice = world.remind()
    number = world.one(InvoiceRow, id=invoice_id).number
    world.later(days=1)
    world.take(answer(notice, "Bonjour,\nNous paierons le 20 mars 2026. Merci.\n\nH. Durand", at=world.now))
    world.at(world.now + timedelta(days=20))
    world.follow_up()
    world.remind()
    _, case = _export(world, _reference(world, debtor_id))
    text = _text(case)
    _in_order(
        text,
        "Menuiserie Martin",
        "SIREN 732829320",
        "Dupont SARL",
        "2 rue du Port",
        "69001 Lyon",
        "France",
        "SIREN 552100554",
        DEBTOR_ADDRESS,
        "€1,250.00 owed (principal)",
        "2 messages sent",
        "1 message received",
        "1 promise to pay",
        "1 promise broken",
        "What is owed on 31 March 2026",
        number,
        "€1,250.00",
        "L441-10",
        "What happened",
        "10 March 2026",
        f"Message {notice.id} prepared for {DEBTOR_ADDRESS}, first reminder",
        f"Message {notice.id} handed to the sending server",
        "messages/0001_2026-03-10_out.eml",
        f"To {DEBTOR_ADDRESS}",
        notice.message_id,
        notice.sha256,
        "the server answered: 250 2.0.0 Ok: queued as 4Qx7",
        "Identifier given by the server: 4Qx7",
        "11 March 2026",
        f"Message received from {DEBTOR_ADDRESS}",
        "Nous paierons le 20 mars 2026. Merci.",
        "Understood: promise to pay",
        "Nous paierons le 20 mars 2026.",
        "Promise to pay",
        "On hold until 25 Mar 2026",
        "31 March 2026",
        "Promise broken",
        "second reminder",
        "Case file exported by Claire Martin",
    )
    assert "10:30:00 09:30:00Z" in text  # Paris, and UTC beneath


def test_what_is_quoted_is_left_out_and_said_so(world: World) -> None:
    debtor_id, _ = world.owing()
    notice = world.remind()
    quoted = "\n".join(f"> {line}" for line in notice.own_text.splitlines())
    world.take(
        answer(notice, f"C'est noté.\n\nLe 10/03/2026, Menuiserie a écrit :\n{quoted}\n", at=world.now)
    )
    _, case = _export(world, _reference(world, debtor_id))
    assert "The quoted text that follows is left out" in _text(case)
    assert _text(case).count(notice.own_text.split("\n")[0]) == 1


def test_what_a_debtor_writes_does_nothing_on_the_page(world: World) -> None:
    name = '</style><script>alert("1")</script>& Fils'
    debtor_id = world.debtor(name=name)
    world.invoice(debtor_id)
    notice = world.remind()
    hostile = "<img src=http://x.example/a.png> <script>alert(2)</script> {{ 7*7 }}"
    world.take(answer(notice, hostile, at=world.now, subject="Re: <b>\u202egras</b>"))
    _, case = _export(world, _reference(world, debtor_id))
    page = case.members["chronology.html"].decode("utf-8")
    assert not re.search(r"<script|<img|<b>[^0-9<]*gras", page)
    assert "\u202e" not in page
    assert hostile in _text(case)
    assert name in _text(case)


def test_the_page_and_the_readme_speak_the_teams_language(world: World) -> None:
    world.configure(language="fr")
    debtor_id, _ = world.owing()
    world.remind()
    made, case = _export(world, _reference(world, debtor_id))
    assert {"LISEZMOI.txt", "chronologie.html"} < case.members.keys()
    assert "Ce qui s'est passé" in _text(case, "chronologie.html")
    readme = case.members["LISEZMOI.txt"].decode("utf-8")
    assert f"n° {made.head.sequence}\n    {made.head.hash}" in readme
    assert max(map(len, readme.splitlines())) <= 90


def test_imports_payments_and_credit_notes_stand_in_the_account_and_in_the_story(tmp_path: Path) -> None:
    path = make_office(tmp_path, language="en")
    with open_office(path) as office:
        bring_in(
            office,
            Invoice("F-1", "02/02/2026"),
            Invoice("F-2", "16/03/2026", total="800,00"),
            Invoice("A-1", "02/02/2026", total="-50,00"),
        )
        pay(office, "20/02/2026;C001;F-1;200,00")
        with make_reader(office) as reader:
            made = dossier.export(office, "C001", tmp_path / "x.zip", MONDAY, BY, reader)
    assert verify(made.file).holds
    case = CaseFile.read(made.file)
    text = _text(case)
    _in_order(text, "F-1", "€1,200.00", "€250.00", "€950.00", "28 d", "€40.00")
    _in_order(text, "Payments and credit notes", "20 Feb 2026 F-1 payment or credit note allocated €200.00")
    assert "credit note, counted here until somebody allocates it €50.00" in text
    # 1 150 € for 18 days and 950 € for 10, at the rate of the first half of 2026
    _in_order(
        text, "€10.05", "How the interest is made up", "18 €1,150.00 12.15% €6.89", "10 €950.00 12.15% €3.16"
    )
    _in_order(
        text,
        "Debtor known from factures.csv",
        "Imported from factures.csv",
        "Payment of €200.00 on 20 Feb 2026",
    )
    assert made.messages == 0
    assert case.manifest["outstanding"] == [{"currency": "EUR", "amount": "1750.00"}]


# ── the ledger ───────────────────────────────────────────────────────────────────────────────────────────


def test_others_places_in_the_chain_are_shown_and_what_they_say_is_not(world: World) -> None:
    debtor_id, _ = world.owing()
    world.owing("other@elsewhere.example", name="Autre Maison")
    world.plan()
    world.deliver()
    world.take(letter("Rien à voir.", sender="other@elsewhere.example", at=world.now))
    made, case = _export(world, _reference(world, debtor_id))
    lines = case.lines
    assert [line.sequence for line in lines] == list(range(made.first, made.head.sequence + 1))
    withheld = [line for line in lines if not line.told]
    assert {line.kind for line in withheld} >= {"rendered", "attempted", "sent", "received", "understood"}
    assert all(line.salt is None and line.payload is None for line in withheld)
    everything = b"".join(case.members.values())
    assert b"elsewhere.example" not in everything
    assert b"Autre Maison" not in everything


def test_the_export_is_the_last_entry_of_its_own_excerpt(world: World) -> None:
    debtor_id, _ = world.owing()
    world.remind()
    made, case = _export(world, _reference(world, debtor_id))
    last = world.entries()[-1]
    reference = _reference(world, debtor_id)
    assert (last.kind, last.actor, last.subject) == (Kind.EXPORTED, BY, f"debtor:{debtor_id}")
    assert last.payload == {
        "what": reference,
        "file": "case.zip",
        "first": made.first,
        "last": made.head.sequence,
    }
    assert last.sequence == made.head.sequence == case.lines[-1].sequence
    with world.db.read() as session:
        assert ledger.head(session, world.office.creditor_id) == made.head


def test_the_excerpt_begins_with_the_first_entry_about_its_subject(world: World) -> None:
    world.owing("other@elsewhere.example")
    world.remind()
    debtor_id, _ = world.owing(DEBTOR_ADDRESS)
    notice = world.remind()
    made, case = _export(world, _reference(world, debtor_id))
    first = world.entries(f"notice:{notice.id}")[0].sequence
    assert first > 1
    assert made.first == case.lines[0].sequence == case.manifest["ledger"]["first"] == first
    assert case.lines[0].told


def test_the_same_state_at_the_same_instant_gives_the_same_bytes(world: World) -> None:
    debtor_id, _ = world.owing()
    notice = world.remind()
    world.take(answer(notice, "Nous paierons vendredi.", at=world.now))
    made, _ = _export(world, _reference(world, debtor_id))
    excerpt = Excerpt(made.first, made.head, world.now, BY)
    world.later(hours=1)
    world.take(answer(notice, "Encore moi.", at=world.now))  # what came later is no part of it
    file = io.BytesIO()
    dossier.write(world.office, _reference(world, debtor_id), excerpt, file, world.reader)
    assert digest(file.getvalue()) == digest(made.file.read_bytes()) == made.sha256


def test_an_erased_payload_stays_verifiable_and_is_told_as_erased(world: World) -> None:
    debtor_id, _ = world.owing()
    notice = world.remind()
    world.take(answer(notice, "Nous contestons.", at=world.now))
    with world.db.write() as session:
        for entry in ledger.entries(session, world.office.creditor_id, kinds=[Kind.UNDERSTOOD]):
            session.delete(session.get_one(LedgerPayloadRow, (world.office.creditor_id, entry.sequence)))
    made = dossier.export(
        world.office, _reference(world, debtor_id), world.folder / "x.zip", world.now, BY, world.reader
    )
    report = verify(made.file)
    assert (report.holds, report.erased) == (True, 1)
    assert "Content erased (data protection)" in _text(CaseFile.read(made.file))


def test_a_message_whose_bytes_are_gone_is_named_and_the_rest_exported(world: World) -> None:
    debtor_id, _ = world.owing()
    notice = world.remind()
    raw = answer(notice, "Nous contestons.", at=world.now)
    world.take(raw)
    with sqlite3.connect(world.folder / "relance.db") as connection:
        connection.execute("DELETE FROM blob WHERE sha256 = ?", (digest(raw),))
    connection.close()
    made, case = _export(world, _reference(world, debtor_id))
    assert (made.messages, made.erased) == (1, 1)
    assert case.manifest["erased"] == [digest(raw)]
    assert digest(raw) in _text(case)


# ── one invoice ──────────────────────────────────────────────────────────────────────────────────────────


def test_an_invoices_case_file_holds_what_concerns_it_and_shared_messages_whole(world: World) -> None:
    debtor_id = world.debtor()
    world.invoices(debtor_id, [{"number": "F-A"}, {"number": "F-B", "overdue": -30}])
    alone = world.remind()
    world.later(days=41)
    both = world.remind()
    said = answer(alone, "La facture F-A est contestée : marchandise cassée.", at=world.now)
    world.take(said)
    made, case = _export(world, "F-B")
    assert list(_messages(case).values()) == [world.bytes_of(both.sha256)]
    assert made.invoice == case.manifest["invoice"] == "F-B"
    readme = case.members["README.txt"].decode()
    assert ", invoice F-B" in readme
    assert "about several invoices is included whole" in readme
    text = _text(case)
    assert "Only what concerns invoice F-B" in text
    assert alone.message_id not in text
    _, whole = _export(world, "F-A", "a.zip")
    assert set(_messages(whole).values()) == {
        world.bytes_of(alone.sha256),
        world.bytes_of(both.sha256),
        said,
    }


# ── empty, unknown, moved ────────────────────────────────────────────────────────────────────────────────


def test_a_debtor_without_messages_still_has_a_case_file(world: World) -> None:
    debtor_id = world.debtor()
    made, case = _export(world, _reference(world, debtor_id))
    assert (made.messages, made.events, made.first) == (0, 1, made.head.sequence)
    assert "No invoice." in _text(case)


def test_what_is_unknown_is_said_with_what_may_have_been_meant(world: World) -> None:
    world.debtor(reference="CLI-0042", name="Établissements Durand")
    before = len(world.entries())
    for what, near in (("CLI-0024", "'CLI-0042'"), ("durand", "'CLI-0042'")):
        with pytest.raises(NotFoundError, match=f"did you mean {near}"):
            _export(world, what)
    with pytest.raises(NotFoundError) as error:
        _export(world, "zzz")
    assert "did you mean" not in str(error.value)
    assert len(world.entries()) == before
    assert not [*world.folder.glob("*.zip"), *world.folder.glob(".dossier*")]


def test_nothing_is_overwritten_and_nothing_half_written_stays(world: World) -> None:
    debtor_id = world.debtor()
    path = world.folder / "case.zip"
    path.write_bytes(b"mine")
    with pytest.raises(ConflictError, match="exists already"):
        _export(world, _reference(world, debtor_id))
    assert path.read_bytes() == b"mine"
    with pytest.raises(InputError, match="cannot be written"):
        _export(world, _reference(world, debtor_id), "nowhere/case.zip")
    assert not [entry for entry in world.entries() if entry.kind == Kind.EXPORTED]
    assert not list(world.folder.glob(".dossier*"))


def test_only_the_owner_may_read_the_file(world: World) -> None:
    made, _ = _export(world, _reference(world, world.debtor()))
    assert made.file.stat().st_mode & 0o077 == 0


def test_an_answer_that_a_person_matched_to_another_debtor_goes_with_that_one(world: World) -> None:
    first, _ = world.owing()
    notice = world.remind()
    second, _ = world.owing("b@second.example", name="Seconde")
    raw = answer(notice, "Ceci vient de la maison Seconde.", at=world.now)
    world.take(raw)
    desk.match_reply(world.office, world.one(ReplyRow).id or 0, _reference(world, second), world.now, BY)
    _, one = _export(world, _reference(world, first), "one.zip")
    _, two = _export(world, _reference(world, second), "two.zip")
    assert raw not in one.members.values()
    assert b"maison Seconde" not in b"".join(one.members.values())
    assert raw in two.members.values()


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("mode", ["shadow", "redirect"])
def test_a_rehearsal_never_went_to_the_debtor_and_is_not_told(world: World, mode: str, whole: bool) -> None:
    world.configure(sending__mode=mode, sending__redirect_to="equipe@creditor.example")
    debtor_id, invoice_id = world.owing()
    world.plan()
    world.deliver()
    rehearsed = world.one(NoticeRow)
    assert rehearsed.state == {"shadow": "recorded", "redirect": "sent"}[mode]
    world.configure(sending__mode="live")
    start_up(world.office, world.now)
    world.later(days=1)
    real = world.remind()
    number = world.one(InvoiceRow, id=invoice_id).number
    made, case = _export(world, _reference(world, debtor_id) if whole else number)
    assert made.messages == 1
    assert list(_messages(case).values()) == [world.bytes_of(real.sha256)]
    text = _text(case)
    assert "1 message sent" in text
    assert f"Message {real.id} handed to the sending server" in text
    assert f"essage {rehearsed.id}" not in text
    assert rehearsed.sha256.encode() not in case.members["ledger.jsonl"]


@pytest.mark.parametrize(
    ("particulars", "told"),
    [
        ({"kind": "unknown"}, "professionnel (d'après son SIREN)"),
        (
            {"kind": "unknown", "siren": "", "vat": "FR83404833048"},
            "professionnel (d'après son numéro de TVA)",
        ),
        ({"kind": "unknown", "siren": ""}, "qualité inconnue"),
        ({"kind": "professional"}, "· professionnel "),
    ],
)
def test_the_debtors_kind_is_the_one_by_which_interest_is_claimed(
    world: World, particulars: dict[str, str], told: str
) -> None:
    world.configure(language="fr")
    debtor_id = world.debtor(**particulars)
    world.invoice(debtor_id)
    _, case = _export(world, _reference(world, debtor_id))
    text = _text(case, "chronologie.html")
    assert told in text
    assert ("L441-10" in text) is (told != "qualité inconnue")


def test_interest_without_a_known_rate_says_which_and_not_how_to_configure(world: World) -> None:
    world.configure(language="fr")
    world.at(world.now.replace(year=2031))
    debtor_id, _ = world.owing(overdue=40)
    _, case = _export(world, _reference(world, debtor_id))
    text = _text(case, "chronologie.html")
    assert "Pénalités non calculées : le taux du semestre qui commence le 01/01/2031 n'est pas" in text
    assert "[[rates]]" not in text


def test_a_consumer_and_an_insolvent_debtor_are_asked_for_no_interest(world: World) -> None:
    consumer = world.debtor(kind="consumer", siren="")
    world.invoice(consumer)
    _, case = _export(world, _reference(world, consumer))
    assert not re.search("€40.00|L441-10", _text(case))
    insolvent, _ = world.owing("x@insolvent.example")
    world.plan()
    world.deliver()
    [told] = [row for row in world.rows(NoticeRow) if row.debtor_id == insolvent]
    words = "Nous sommes placés en redressement judiciaire par jugement du 2 mars 2026, merci de déclarer votre créance."
    world.take(answer(told, words, sender="x@insolvent.example", at=world.now))
    assert "insolvency" in {reason for reason, _ in world.holds()}
    _, case = _export(world, _reference(world, insolvent), "b.zip")
    assert not re.search("€40.00|L441-10", _text(case))


def test_the_verifier_inside_says_the_same_alone_with_python(world: World, tmp_path: Path) -> None:
    debtor_id, _ = world.owing()
    notice = world.remind()
    world.take(answer(notice, "Nous contestons.", at=world.now))
    made, case = _export(world, _reference(world, debtor_id))
    folder = case.unpack(tmp_path / "unpacked")
    command = [sys.executable, "-I", "-S", "verify.py"]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")
    assert f"no. {made.head.sequence}, {made.head.hash}" in found.stdout
    (folder / "messages/0001_2026-03-10_out.eml").write_bytes(b"Subject: nothing\r\n\r\n")
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "0001_2026-03-10_out.eml was changed" in found.stdout


def test_every_line_of_the_excerpt_is_the_ledgers_own(world: World) -> None:
    debtor_id, _ = world.owing()
    world.remind()
    _, case = _export(world, _reference(world, debtor_id))
    known = {entry.sequence: entry for entry in world.entries()}
    for line in case.lines:
        entry = known[line.sequence]
        assert (line.kind, line.actor, line.subject) == (entry.kind, entry.actor, entry.subject)
        assert line.payload is None or json.loads(line.payload) == entry.payload
