"""`check` says of policies what keeps debtors from being reminded, and says nothing where there is one for all."""

from __future__ import annotations

from typing import Any

from relance_mailer.services.check import Finding, Level
from relance_mailer.services.check.policies import of_policies
from tests.support.world import World

GENTLE: dict[str, Any] = {"gentle": {"min_days_between": 20}}


def findings(world: World) -> list[Finding]:
    with world.db.read() as session:
        return list(of_policies(session, world.office))


def test_with_one_policy_for_all_there_is_nothing_to_say(world: World) -> None:
    world.debtor()
    world.debtor("b@debtor.example", policy="none")
    assert findings(world) == []


def test_named_policies_that_can_be_followed_are_fine(world: World) -> None:
    world.configure(policies=GENTLE)
    world.debtor(policy="gentle")
    [found] = findings(world)
    assert found.level is Level.OK


def test_a_policy_that_the_configuration_lacks_is_an_error_that_names_its_debtors(world: World) -> None:
    for number in range(7):
        world.debtor(f"{number}@debtor.example", policy="lost", reference=f"C{number}")
    [found] = findings(world)
    assert found.level is Level.ERROR
    assert "lost" in found.words
    assert "C0, C1, C2, C3, C4 … (+2)" in found.words
    assert "[policies.lost]" in found.remedy


def test_a_stage_without_a_text_is_an_error_that_says_which_file_to_write(world: World) -> None:
    stages = [{"key": "softly", "kind": "reminder", "offset_days": 3}]
    world.configure(policies={"gentle": {"stages": stages}})
    [found] = findings(world)
    assert (found.level, "softly" in found.words, "gentle" in found.words) == (Level.ERROR, True, True)
    assert "softly.md" in found.remedy
    mine = world.folder / "templates" / "fr" / "softly.md"
    mine.parent.mkdir(parents=True)
    mine.write_text("---\nsubject: Rappel\n---\nBonjour\n", "utf-8")
    world.configure()
    assert [one.level for one in findings(world)] == [Level.OK]
