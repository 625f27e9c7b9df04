import ast
from pathlib import Path
from string import Formatter

import pytest

import relance_mailer
from relance_mailer.dunning.case import missing_for_formal_notice
from relance_mailer.dunning.decide import Reason
from relance_mailer.dunning.dispute import DisputeReason
from relance_mailer.dunning.invoice import DebtorKind, Party
from relance_mailer.dunning.notice import Mode
from relance_mailer.dunning.policy import DEFAULT_STAGES
from relance_mailer.replies.model import Intent, MachineKind
from relance_mailer.services import consequences, holds, machines, plan
from relance_mailer.services.gates import GateKind
from relance_mailer.texts.words import WORDS, certainty, say

PACKAGE = Path(relance_mailer.__file__).parent
SERVICES = [ast.parse(path.read_text("utf-8")) for path in sorted((PACKAGE / "services").glob("*.py"))]


def calls(name: str) -> list[ast.Call]:
    """Every call of a function called `name` in the services."""
    return [
        node
        for tree in SERVICES
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == name
    ]


def texts(node: ast.AST) -> list[str]:
    """Every string that an expression may be, as far as it is written out: "a" if x else "b" gives both."""
    if isinstance(node, ast.IfExp):
        return texts(node.body) + texts(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def names(words: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(words) if name is not None)


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_say_the_same_arguments_and_something(key: str) -> None:
    french, english = WORDS[key]
    assert names(french) == names(english)
    assert french.strip()
    assert english.strip()
    assert "" not in names(french), "arguments have names"


def expected_keys() -> list[str]:
    nobody = Party("")
    missing = missing_for_formal_notice(nobody, "", "", nobody, DebtorKind.PROFESSIONAL)
    not_answers = {Intent.BOUNCE, Intent.AUTO_REPLY}
    reasons = [
        *(intent for intent in Intent if intent not in not_answers),
        consequences.UNVERIFIED,
        consequences.COLLEAGUE,
        consequences.UNREADABLE,
        "manual",
    ]
    return [
        *(f"reason.{reason}" for reason in Reason),
        *(f"gate.{kind}" for kind in GateKind),
        *(f"dispute.{reason}" for reason in DisputeReason),
        f"owner.{holds.TEAM}",
        *(f"intent.{intent}" for intent in Intent),
        *(f"mode.{mode}" for mode in Mode),
        *(f"stage.{stage.key}" for stage in DEFAULT_STAGES),
        *(f"missing.{key}" for key in missing),
        *(f"hold.{reason}" for reason in reasons),
        *(f"task.{reason}" for reason in sorted(plan._TASKS | {Reason.HANDOVER_DUE})),
        *(
            f"machine.{kind}"
            for kind in sorted(machines._NOT_DELIVERED | {MachineKind.BOUNCE, MachineKind.ABSENCE})
        ),
    ]


@pytest.mark.parametrize("key", expected_keys())
def test_whatever_is_decided_has_words(key: str) -> None:
    assert key in WORDS


def said() -> set[str]:
    return {text for call in calls("say") for text in texts(call.args[0])}


def test_every_key_that_the_services_say_has_words() -> None:
    assert said() >= {"task.approve", "superseded.stale", "effect.held", "effect.held_until"}, (
        "the search works"
    )
    assert said() <= set(WORDS)


def test_whatever_a_person_is_asked_has_words() -> None:
    asked = {text for call in calls("Ask") for text in texts(call.args[0])}
    assert {"unverified", "promise_far", "dispute"} <= asked, "the search works"
    by_intent = {str(intent) for intent in Intent} - {
        "bounce",
        "auto_reply",
        "promise_to_pay",
        "acknowledgement",
    }
    known = {key.removeprefix("task.") for key in WORDS if key.startswith("task.")}
    assert asked | by_intent | {consequences.REVIEW, consequences.BANK_CHANGE} <= known


def test_the_arguments_given_are_those_that_the_words_name() -> None:
    """A word that names an argument nobody gives would leave a hole in the sentence."""
    for call in calls("say"):
        given = {keyword.arg for keyword in call.keywords}
        if None in given:  # **arguments: not written out here
            continue
        for key in texts(call.args[0]):
            assert set(names(WORDS[key][0])) <= given, key


def test_what_is_said_is_in_the_language_asked_for() -> None:
    assert say("reason.held", "fr", detail="litige") == "en attente : litige"
    assert say("reason.held", "en", detail="dispute") == "on hold: dispute"
    assert say("reason.held", "de", detail="dispute") == "on hold: dispute"


def test_what_people_wrote_is_not_taken_for_a_place_to_fill() -> None:
    assert say("task.unmatched", "en", sender="a@b", subject="{sender.__class__} {0}") == (
        "Message from a@b to be matched: {sender.__class__} {0}"
    )


def test_a_stage_or_hold_of_one_s_own_is_called_by_its_key() -> None:
    assert say("stage.relance_bis", "fr") == "relance_bis"
    assert say("hold.Attente du BL", "fr") == "Attente du BL"
    assert say("owner.J. Martin", "fr") == "J. Martin"
    with pytest.raises(KeyError):
        say("task.relance_bis", "fr")


def test_certainty_is_a_whole_percentage() -> None:
    assert certainty(0.916, "fr") == "92\u00a0%"
    assert certainty(0.916, "en") == "92%"
