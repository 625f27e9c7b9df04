"""replies: what debtors wrote, newest first, and what waits for a person."""

from __future__ import annotations

from tests.integration.cli.conftest import Type
from tests.support.world import World, answer, letter


def _two_answers(world: World) -> None:
    world.owing()
    notice = world.remind()
    world.take(answer(notice, "Bonjour, nous réglerons le 20 mars 2026.", at=world.now))
    world.later(hours=1)
    world.take(letter("Qui êtes-vous ?", sender="nobody@elsewhere.example", at=world.now))


def test_newest_first_with_what_the_program_did(world: World, in_world: Type) -> None:
    _two_answers(world)
    unknown, promise = in_world("replies", "--all", "--json").json["replies"]
    assert (promise["from"], promise["debtor"]) == ("durand@debtor.example", "Dupont SARL")
    assert (promise["intent"], promise["words"]) == ("promise_to_pay", "promise to pay")
    assert promise["promise_date"] == "2026-03-20"
    assert promise["waits"] is False
    assert "on hold until 25 Mar 2026" in promise["effect"]
    assert 0 < promise["confidence"] <= 1
    assert (unknown["debtor"], unknown["waits"]) == (None, True)


def test_only_what_waits_is_shown_unless_all_is_asked_for(world: World, in_world: Type) -> None:
    _two_answers(world)
    waiting = in_world("replies", "--json").json
    assert [reply["from"] for reply in waiting["replies"]] == ["nobody@elsewhere.example"]
    [task] = waiting["tasks"]
    assert task["kind"] == "unmatched"
    assert "nobody@elsewhere.example" in task["words"]


def test_the_table_names_sender_meaning_and_task(world: World, in_world: Type) -> None:
    _two_answers(world)
    words = in_world("replies", "--all").out
    lines = [line for line in words.splitlines() if "@" in line]
    assert "durand@debtor.example" in lines[1]
    assert "promise to pay" in lines[1]
    assert "unknown" in lines[0]
    assert "To be dealt with" in words
    assert "Message from nobody@elsewhere.example to be matched" in words


def test_under_each_answer_stand_its_subject_and_first_words_and_below_what_comes_next(
    world: World, in_world: Type
) -> None:
    world.owing()
    notice = world.remind()
    text = f"\n\x1b[2JBonjour, nous réglerons le 20 mars 2026. {'x' * 200}\nCordialement"
    world.take(answer(notice, text, at=world.now))
    world.later(hours=1)
    world.take(letter("Qui êtes-vous ?", sender="nobody@elsewhere.example", at=world.now))
    lines = in_world("replies", "--all").out.splitlines()
    unknown, promise = (at for at, line in enumerate(lines) if line.startswith("reply:"))
    assert "promised for 20 Mar 2026" in lines[promise]
    first = next(line for line in lines if "nous réglerons" in line).strip()
    assert len(first) == 100
    assert first.endswith("x…")
    assert "\x1b" not in "".join(lines)
    assert any("→ on hold until 25 Mar 2026" in line for line in lines[promise:])
    assert "Qui êtes-vous ?" in " ".join(lines[unknown:promise])
    reference = lines[unknown].split()[0]
    assert lines[-1].startswith(f"dealt with: `relance-mailer done {reference}` · resume:")


def test_an_empty_inbox_says_so(world: World, in_world: Type) -> None:
    assert "No answer waits" in in_world("replies").out
    assert in_world("replies", "--all").out.strip() == "No answer."
    assert in_world("replies", "--json").json == {"replies": [], "tasks": []}


def test_likely_debtors_and_what_is_odd_stand_under_an_answer(world: World, in_world: Type) -> None:
    world.owing()
    raw = letter("Qui ?", sender="x@deb-tor.example", at=world.now, Reply_To="x@elsewhere.example")
    world.take(raw)
    [reply] = in_world("replies", "--json").json["replies"]
    assert reply["candidates"] == ["perhaps Dupont SARL (20%: similar domain)"]
    assert (reply["sender"], reply["matched"]) == ("unverified", None)
    assert reply["to_check"][-1] == "an answer would go elsewhere: x@elsewhere.example"
    told = in_world("replies").out
    assert "perhaps Dupont SARL (20%: similar domain)" in told
    assert "domain that can be taken for another: deb-tor.example ~ debtor.example" in " ".join(told.split())


def test_an_answer_is_shown_in_full_and_harmlessly(world: World, in_world: Type) -> None:
    world.owing()
    notice = world.remind()
    text = f"Bonjour,\n\nnous réglerons\x1b[2J le 20 mars 2026. {'x' * 300}\n\nCordialement,\nP. Durand"
    world.take(answer(notice, text))
    reference = in_world("replies", "--all", "--json").json["replies"][0]["id"]
    shown = in_world("show", f"reply:{reference}").out
    assert "durand@debtor.example" in shown
    assert all(words in shown for words in ("Bonjour,", "le 20 mars 2026.", "Cordialement,", "P. Durand"))
    assert shown.count("x") > 300
    assert "\x1b" not in shown


def test_what_cannot_be_shown_is_told_with_what_to_write(world: World, in_world: Type) -> None:
    nonsense, unknown = in_world("show", "task:3"), in_world("show", "reply:99")
    assert (nonsense.code, unknown.code) == (1, 1)
    assert "reply:ID" in nonsense.err
    assert "`relance-mailer replies` lists them" in unknown.err
