"""Messages in odd envelopes, or damaged: what must come out stands beside each in tests/data/mail/poison."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from relance_mailer.replies.machine import machine_of
from relance_mailer.replies.message import read
from relance_mailer.replies.model import Message

FILES = sorted((Path(__file__).parents[2] / "data" / "mail" / "poison").glob("*.eml"))


def told(message: Message, key: str) -> Any:
    """Return what a message says under one of the keys of the files."""
    match key:
        case "attachments":
            return [one.name for one in message.attachments]
        case "sizes":
            return [one.size for one in message.attachments]
        case "unread":
            return list(message.unread)
        case "invitation":
            return None if message.invitation is None else dataclasses.asdict(message.invitation)
        case "embedded_message_id":
            return dict(message.embedded_headers).get("message-id")
        case "text":
            return message.text.strip()
        case _:
            return getattr(message, key)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_is_read_as_stated_beside_it(file: Path) -> None:
    expected = json.loads(file.with_suffix(".json").read_text())
    assert expected.pop("why")
    message = read(file.read_bytes())
    if defect := expected.pop("defect", ""):
        assert any(defect in one for one in message.defects), message.defects
    for name, value in expected.pop("header", {}).items():
        assert message.header(name) == value
    assert {key: told(message, key) for key in expected} == expected


def test_a_server_that_opens_a_thousand_comments_in_its_name_is_still_told() -> None:
    raw = (
        b"Return-Path: <>\nFrom: Mail Delivery System <Mailer-Daemon@relay"
        + b"(" * 3_000
        + b">\nSubject: Undelivered\n\nx"
    )
    assert machine_of(read(raw)) is not None
