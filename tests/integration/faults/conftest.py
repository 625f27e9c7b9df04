"""An office whose SMTP server misbehaves: a database of its own for each test, nothing ever received."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from relance_mailer.services.reader import Reader
from tests.integration.faults.tls import Authority
from tests.support.world import World, install, opened

NOBODY = cast(Reader, None)  #: nothing is received here, so nobody need read


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a migrated database, to be copied."""
    return install(tmp_path_factory.mktemp("seed"))


@pytest.fixture
def world(tmp_path: Path, seed: Path) -> Iterator[World]:
    with opened(tmp_path, seed, NOBODY) as world:
        unhurried(world)
        yield world


def unhurried(world: World) -> None:
    """Wait for no disk: nobody pulls a plug here."""
    raw = world.db.writer.raw_connection()
    raw.cursor().execute("PRAGMA synchronous=OFF")
    raw.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.found(tmp_path_factory.mktemp("authority"))
