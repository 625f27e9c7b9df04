"""What every test may ask for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.mailbed import MailBed


@pytest.fixture(scope="session")
def mailbed() -> Iterator[MailBed]:
    """A running Postfix and Dovecot, one pair for each worker process of the test run.

    Tests share it: each takes addresses of its own from `mailbed.user(...)`, starts again what it stops, and puts
    back what it changes by `behave`. Skipped where the servers are missing, failed there under RELANCE_REQUIRE_REAL=1.
    """
    from tests.support.mailbed import MailBed, what_is_missing  # late: most tests need no server

    reason = what_is_missing()
    if reason and os.environ.get("RELANCE_REQUIRE_REAL") == "1":
        pytest.fail(f"RELANCE_REQUIRE_REAL=1, but {reason}")
    if reason:
        pytest.skip(reason)
    with MailBed() as bed:
        yield bed
