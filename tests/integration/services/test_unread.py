"""What could not be read of a message: kept, shown with the reason, in the team's language, and the debtor waits."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from relance_mailer.services import receive
from relance_mailer.store.tables import HoldRow, MessageRow, NoticeRow, ReplyRow
from relance_mailer.texts.words import WORDS, say
from tests.support.world import World, answer

POISON = Path(__file__).parents[2] / "data" / "mail" / "poison"
CLOSED = [
    (file, json.loads(file.with_suffix(".json").read_text())["unread"])
    for file in sorted(POISON.glob("*.eml"))
    if json.loads(file.with_suffix(".json").read_text()).get("unread")
]


def in_answer_to(notice: NoticeRow, file: Path) -> bytes:
    """Return an answer to a notice with the body of a file, and its headers about the body."""
    head, _, body = file.read_bytes().partition(b"\r\n\r\n")
    about = re.findall(rb"^Content-[^\r\n]+(?:\r\n[ \t][^\r\n]+)*", head, re.MULTILINE)
    kept = answer(notice, "x").replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    lines = [
        line for line in kept.split(b"\n") if not line.lower().startswith((b"content-", b"mime-version"))
    ]
    return b"\r\n".join([*lines, *about, b"", body])


@pytest.mark.parametrize(("file", "reasons"), CLOSED, ids=[file.stem for file, _ in CLOSED])
def test_what_is_closed_is_kept_shown_with_the_reason_and_stops_the_chase(
    world: World, file: Path, reasons: list[str]
) -> None:
    world.owing()
    raw = in_answer_to(world.remind(), file)
    world.take(raw)
    row = world.rows(MessageRow)[-1]
    assert (row.state, world.bytes_of(row.sha256)) == ("read", raw)
    language = world.office.config.language
    why = ", ".join(say(f"unread.{reason}", language) for reason in reasons)
    assert world.task("unreadable").words.endswith(why)
    assert world.rows(HoldRow)
    assert world.plan().created == 0


@pytest.mark.parametrize("name", ["invitation", "invitation-alone", "invitation-answer"])
def test_an_invitation_pauses_and_its_words_are_told_to_a_person(world: World, name: str) -> None:
    world.owing()
    world.take(in_answer_to(world.remind(), POISON / f"{name}.eml"))
    reply = world.one(ReplyRow)
    assert (reply.intent, reply.needs_review, reply.handled_at) == ("other", True, None)
    invited = json.loads((POISON / f"{name}.json").read_text())["invitation"]
    assert invited["summary"] in reply.reply_text
    assert world.rows(HoldRow)


def test_what_is_no_message_is_set_aside_at_the_third_look_with_the_reason_and_the_next_is_read(
    world: World,
) -> None:
    world.owing()
    notice = world.remind()
    world.fetch(b"no header at all\r\n")
    world.fetch(answer(notice, "Nous paierons le 20 mars 2026."))
    tries = []
    for _ in range(3):
        receive.read_waiting(world.office, world.reader)
        tries.append([(row.state, row.tries) for row in world.rows(MessageRow)])
    assert tries == [
        [("stored", 1), ("read", 0)],
        [("stored", 2), ("read", 0)],
        [("set_aside", 3), ("read", 0)],
    ]
    assert say("unread.headless", world.office.config.language) in world.task("unreadable").words


@pytest.mark.parametrize(
    "why", ["late", "memory", "ended", "headless", "broken", "smime", "pgp", "rights", "winmail", "cut"]
)
def test_every_reason_has_words(why: str) -> None:
    assert f"unread.{why}" in WORDS
