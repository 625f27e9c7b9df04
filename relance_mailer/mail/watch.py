"""One thread a mailbox: read every folder to its end, wait for news, read again, whatever the server does."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Protocol

from relance_mailer.errors import ImapError, RelanceError, Scope
from relance_mailer.mail.imap import Batch, Folder, ImapAccount, Mailbox, Position

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

FIRST_PAUSE = 1.0  #: seconds after a first failure; doubled after each further one
LONGEST_PAUSE = 60.0

_log = logging.getLogger(__name__)


class Sink(Protocol):
    """What becomes of what is read. Called in the watcher's thread; an error means that nothing was kept."""

    def watching(self, mailbox: str, folders: Sequence[Folder]) -> None:
        """Note which folders of a mailbox are read from now on, and no others."""

    def position(self, mailbox: str, folder: str) -> Position | None:
        """Return how far a folder was stored, None if never."""

    def since(self) -> date | None:
        """Return the day from which on a folder without a position is read, None for all."""

    def store(self, mailbox: str, folder: Folder, batch: Batch) -> None:
        """Keep the messages and the position (the last UID) in one transaction."""

    def read_to_end(self, mailbox: str, folder: Folder, uidvalidity: int, uidnext: int) -> None:
        """Note that everything below `uidnext` is stored: the folder is fresh."""

    def unreachable(self, mailbox: str, error: RelanceError) -> None:
        """Note that the mailbox cannot be read at present; it will be tried again."""


def read_once(account: ImapAccount, sink: Sink) -> None:
    """Read every folder of a mailbox to its end, once.

    Raises:
        ImapError: the mailbox could not be read; `sink.unreachable` was told.
    """
    try:
        with Mailbox(account) as mailbox:
            folders = mailbox.folders()
            sink.watching(account.name, folders)
            for folder in folders:
                _read(mailbox, account.name, folder, sink, lambda: False)
    except ImapError as error:
        sink.unreachable(account.name, error)
        raise


class Watcher(threading.Thread):
    """Watches one mailbox until it is stopped. Errors never end it: it tells the sink, pauses, connects again."""

    def __init__(self, account: ImapAccount, sink: Sink) -> None:
        super().__init__(name=f"mailbox {account.name}", daemon=True)
        self._account = account
        self._sink = sink
        self._stopped = threading.Event()
        self._pause = FIRST_PAUSE

    def stop(self) -> None:
        """Ask the thread to end: within about two seconds, unless a server is silent in the middle of an answer."""
        self._stopped.set()

    def run(self) -> None:
        """Connect, watch, and begin again after each failure."""
        while not self._stopped.is_set():
            try:
                with Mailbox(self._account) as mailbox:
                    self._watch(mailbox)
            except Exception as error:  # noqa: BLE001 - a watcher that dies leaves the program blind
                self._report(error)
                self._stopped.wait(self._pause)
                self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _watch(self, mailbox: Mailbox) -> None:
        folders = mailbox.folders()
        self._sink.watching(self._account.name, folders)
        while not self._stopped.is_set():
            for folder in folders:
                self._read(mailbox, folder)
            self._pause = FIRST_PAUSE
            next_look = time.monotonic() + self._account.poll_seconds
            while not self._stopped.is_set() and (left := next_look - time.monotonic()) > 0:
                if mailbox.wait(left, self._stopped):
                    self._read(mailbox, _inbox(folders))

    def _read(self, mailbox: Mailbox, folder: Folder) -> None:
        _read(mailbox, self._account.name, folder, self._sink, self._stopped.is_set)

    def _report(self, error: Exception) -> None:
        """Tell the sink; where even that fails (no database), the log."""
        told = error
        if not isinstance(told, RelanceError):
            words = f"{type(error).__name__}: {error}"
            told = ImapError(words, permanent=False, scope=Scope.ACCOUNT, phase="store")
            _log.error("mailbox %s: what was read could not be kept", self._account.name, exc_info=error)
        try:
            self._sink.unreachable(self._account.name, told)
        except Exception:  # noqa: BLE001 - the next round tries again
            _log.exception("mailbox %s: %s, and that could not be noted", self._account.name, told)


def _inbox(folders: tuple[Folder, ...]) -> Folder:
    return next((folder for folder in folders if folder.role == "inbox"), folders[0])


def _read(mailbox: Mailbox, name: str, folder: Folder, sink: Sink, stopped: Callable[[], bool]) -> None:
    """Store what is new in a folder; one that was read to its end is told as such."""
    end: Batch | None = None
    for batch in mailbox.read_new(folder.name, sink.position(name, folder.name), sink.since()):
        if stopped():
            return
        if batch.messages:
            sink.store(name, folder, batch)
        end = batch
    if end is not None:
        sink.read_to_end(name, folder, end.uidvalidity, end.uidnext)
