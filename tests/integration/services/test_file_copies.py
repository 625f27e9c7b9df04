"""Filing copies is a job of its own: whatever befalls it, nothing is sent again."""

from __future__ import annotations

import pytest

from relance_mailer.errors import ImapError
from relance_mailer.mail.imap import ImapAccount
from relance_mailer.services.file_copies import file_copies
from relance_mailer.store.tables import NoticeRow
from tests.support.world import World

NOBODY = ImapAccount("inbox", "127.0.0.1", 1, tls="none", timeout=2)


def test_a_mailbox_that_cannot_be_reached_leaves_the_notice_sent_and_its_copy_for_later(world: World) -> None:
    world.configure(smtp__sent_copy="append")
    world.owing()
    world.remind()
    with pytest.raises(ImapError):
        file_copies(world.office, NOBODY, world.now)
    world.plan()
    assert world.claim().claimed == ()
    notice = world.one(NoticeRow)
    assert (notice.state, notice.copy_filed_at) == ("sent", None)


def test_where_no_copy_is_asked_for_no_mailbox_is_opened(world: World) -> None:
    world.owing()
    world.remind()
    assert file_copies(world.office, NOBODY, world.now) == 0


def test_what_is_not_known_to_have_left_is_never_filed(world: World) -> None:
    world.configure(smtp__sent_copy="append")
    world.owing()
    world.plan()
    [claimed] = world.claim().claimed
    assert world.start(claimed)
    assert file_copies(world.office, NOBODY, world.now) == 0
