"""What a mailbox may be told to do with what was read, and how long what concerns nobody is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from relance_mailer import bootstrap
from relance_mailer.errors import ConfigError
from tests.support.world import make_config

BOX = {"host": "127.0.0.1", "port": 1, "tls": "none", "name": "inbox"}


def mailbox(folder: Path, **values: Any) -> Any:
    (account,) = bootstrap.make_accounts(make_config(folder, mailboxes=[BOX | values])).mailboxes
    return account


def test_by_default_nothing_on_the_server_changes(tmp_path: Path) -> None:
    account = mailbox(tmp_path)
    assert (account.processed_folder, account.processed_flag) == ("", "")
    assert account.folders == ("INBOX", "\\Junk", "\\Sent")


@pytest.mark.parametrize("flag", ["\\Flagged", "\\Seen", "$Relance", "Relance-lue"])
def test_a_folder_and_a_flag_reach_the_mailbox(tmp_path: Path, flag: str) -> None:
    account = mailbox(tmp_path, processed_folder="INBOX/Relances lues", processed_flag=flag)
    assert (account.processed_folder, account.processed_flag) == ("INBOX/Relances lues", flag)


@pytest.mark.parametrize("flag", ["a b", "(x)", "x\r\nA1 LOGOUT", "\\\\Seen", "é", "x" * 80])
def test_a_flag_that_is_none_is_refused(tmp_path: Path, flag: str) -> None:
    with pytest.raises(ConfigError, match="processed_flag"):
        mailbox(tmp_path, processed_flag=flag)


@pytest.mark.parametrize("flag", ["\\Deleted", "\\deleted"])
def test_no_flag_may_delete(tmp_path: Path, flag: str) -> None:
    with pytest.raises(ConfigError, match="processed_flag"):
        mailbox(tmp_path, processed_flag=flag)


def test_unmatched_mail_is_kept_for_a_day_at_least(tmp_path: Path) -> None:
    assert make_config(tmp_path).privacy.unmatched_days == 30
    with pytest.raises(ConfigError, match="unmatched_days"):
        make_config(tmp_path, privacy__unmatched_days=0)
