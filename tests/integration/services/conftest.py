"""A world for each test: an office on a database of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from relance_mailer.services.reader import Reader
from tests.support.world import OUR_ADDRESS, World, install, opened


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a migrated database, to be copied."""
    return install(tmp_path_factory.mktemp("seed"))


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    """One child process that reads every test's messages."""
    with Reader(frozenset({OUR_ADDRESS})) as reader:
        yield reader


@pytest.fixture
def world(tmp_path: Path, seed: Path, reader: Reader) -> Iterator[World]:
    with opened(tmp_path, seed, reader) as world:
        yield world
