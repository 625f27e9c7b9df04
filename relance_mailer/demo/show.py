"""Plays the demo from its first day to its last, for whoever watches."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

import structlog
from rich.console import Console

from relance_mailer.demo.model import Debtor
from relance_mailer.demo.outcome import Outcome, outcome_of
from relance_mailer.demo.play import Play, Settings, staged
from relance_mailer.demo.screen import Screen, key_pressed, print_day
from relance_mailer.demo.story import Event
from relance_mailer.errors import ConfigError

DAY = 1.0  #: seconds that a day takes on the screen
Watch = Callable[[Play, Sequence[Event]], None]


def perform(
    cast: Sequence[Debtor], settings: Settings, *, keep: Path | None = None, watch: Watch | None = None
) -> Outcome:
    """Play a demo as fast as it can and return how it ended.

    Args:
        cast: who plays.
        settings: how long, with which chances.
        keep: an empty or new folder for database, configuration and mails; None for one that goes with the demo.
        watch: called at each day's end with what happened.

    Raises:
        ConfigError: `keep` is not empty.
    """
    return asyncio.run(_perform(cast, settings, keep, watch or (lambda _play, _news: None), pace=0))


def perform_on(
    console: Console, cast: Sequence[Debtor], settings: Settings, *, keep: Path | None = None
) -> Outcome:
    """Play a demo for somebody who looks on: a day a second on a terminal, line by line elsewhere."""
    with ExitStack() as stack:
        if console.is_terminal:
            screen = stack.enter_context(Screen(console, settings.language))
            return asyncio.run(_perform(cast, settings, keep, screen.day, pace=DAY))
        return perform(
            cast,
            settings,
            keep=keep,
            watch=lambda play, news: print_day(console, settings.language, play, news),
        )


async def _perform(
    cast: Sequence[Debtor], settings: Settings, keep: Path | None, watch: Watch, *, pace: float
) -> Outcome:
    stop = asyncio.Event()
    with (
        _folder(keep) as folder,
        _logging_to(folder / "demo.log"),
        _interruptible(stop),
        key_pressed("q", stop.set),
    ):
        mails = folder / "mails" if keep else None
        if mails:
            mails.mkdir()
        async with staged(cast, settings, folder, mails) as play:
            while play.played < settings.days and not stop.is_set():
                pause = asyncio.create_task(asyncio.sleep(pace))
                await play.one_day()
                watch(play, play.chronicle.news())
                await _first_of(pause, stop)
            return await asyncio.to_thread(outcome_of, play)


async def _first_of(pause: asyncio.Task[None], stop: asyncio.Event) -> None:
    """Wait for the day's rest, or until told to stop."""
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait((pause, stopped), return_when=asyncio.FIRST_COMPLETED)
    for task in (pause, stopped):
        task.cancel()


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Yield the folder to play in."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="relance-demo-") as name:
            yield Path(name)
        return
    if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        msg = f"--keep {keep}: choose a folder that does not exist yet, or an empty one"
        raise ConfigError(msg)
    keep.mkdir(parents=True, exist_ok=True)
    yield keep


@contextlib.contextmanager
def _interruptible(stop: asyncio.Event) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the demo after the day that is being played, a second one at once."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)

    def end() -> None:
        stop.set()
        for number in signals:
            loop.remove_signal_handler(number)

    for number in signals:
        loop.add_signal_handler(number, end)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def _logging_to(path: Path) -> Iterator[None]:
    """Have the log in a file: the terminal is the picture's."""
    before = structlog.get_config()
    servers = logging.getLogger("mail.log")  # the SMTP server's own
    level = servers.level
    with path.open("w", encoding="utf-8") as file:
        structlog.configure(**_log_settings(file))
        servers.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            servers.setLevel(level)
            structlog.configure(**before)


def _log_settings(file: TextIO) -> dict[str, Any]:
    return {
        "processors": [
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        "wrapper_class": structlog.make_filtering_bound_logger(logging.INFO),
        "logger_factory": structlog.PrintLoggerFactory(file),
        "cache_logger_on_first_use": False,
    }
