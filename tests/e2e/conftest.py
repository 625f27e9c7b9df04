"""A creditor of its own for each scenario; whatever happened, its ledger verifies at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mailbed import MailBed
from tests.support.road import Road


@pytest.fixture
def road(mailbed: MailBed, tmp_path: Path) -> Iterator[Road]:
    """An installation that is not yet configured; call `install`."""
    road = Road(mailbed, tmp_path)
    yield road
    road.verify()
