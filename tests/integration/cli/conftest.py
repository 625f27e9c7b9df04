"""A command as a person types it, and worlds that it can be typed in."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from relance_mailer.cli import main
from relance_mailer.services.reader import Reader
from tests.support.office import write_config
from tests.support.world import OUR_ADDRESS, World, install, opened


@dataclass(frozen=True)
class Done:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Type = Callable[..., Done]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Type:
    """Type `relance-mailer ...`, in this process."""

    def run(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["relance-mailer", *map(str, arguments)])
        capsys.readouterr()
        try:
            with pytest.raises(SystemExit) as end:
                main()
        finally:
            structlog.reset_defaults()  # a command may have sent the log to this test's stderr
        printed = capsys.readouterr()
        return Done(int(end.value.code or 0), printed.out, printed.err)

    return run


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


@pytest.fixture
def in_world(world: World, typed: Type) -> Type:
    """Type a command in the world's folder, at the world's own instant."""
    path = write_config(world.folder, language="en")

    def run(*arguments: object) -> Done:
        command, *rest = arguments
        at = () if command in ("replies", "show") else ("--at", world.now.isoformat())
        return typed(command, "--config", path, *at, *rest)

    return run
