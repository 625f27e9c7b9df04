"""One thread a mailbox: read every folder to its end, wait for news, read again, whatever the server does."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from relance_mailer.errors import ImapError, RelanceError, Scope
from relance_mailer.mail.imap import Batch, Folder, ImapAccount, Mailbox, Position
from relance_mailer.mail.imap_client import was_refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

FIRST_PAUSE = 1.0  #: seconds after a first failure; doubled after each further one
LONGEST_PAUSE = 60.0
IDLE_FAILURES = 3  #: connections lost while waiting, one after the other; then the mailbox is polled

_log = logging.getLogger(__name__)


class Sink(Protocol):
    """What becomes of what is read. Called in the watcher's thread; an error means that nothing was kept."""

    def watching(self, mailbox: str, folders: Sequence[Folder]) -> None:
        """Note which folders of a mailbox are read from now on, and no others."""

    def position(self, mailbox: str, folder: str) -> Position | None:
        """Return how far a folder was stored, None if never."""

    def arrivals(self, mailbox: str, folder: str) -> Mapping[int, datetime]:
        """Return when the server received the last messages stored from a folder, by UID."""

    def restored(self, mailbox: str, folder: Folder) -> None:
        """Note that UIDs name other messages than before: the folder has no position any more."""

    def since(self) -> date | None:
        """Return the day from which on a folder without a position is read, None for all."""

    def store(self, mailbox: str, folder: Folder, batch: Batch) -> None:
        """Keep the messages and the position (the last UID) in one transaction."""

    def read_to_end(
        self, mailbox: str, folder: Folder, uidvalidity: int, uidnext: int, modseq: int = 0
    ) -> None:
        """Note that everything there was when these numbers held is stored: the folder is fresh."""

    def to_file(self, mailbox: str, folder: Folder) -> Sequence[int]:
        """Return the UIDs of messages whose reading is committed, and which the admin wants moved or flagged."""

    def filed(self, mailbox: str, folder: Folder, uids: Sequence[int]) -> None:
        """Note that messages were moved or flagged."""

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
        self._idle_failures = 0

    def stop(self) -> None:
        """Ask the thread to end: within about two seconds, unless a server is silent in the middle of an answer."""
        self._stopped.set()

    def run(self) -> None:
        """Connect, watch, and begin again after each failure."""
        while not self._stopped.is_set():
            try:
                with Mailbox(self._account) as mailbox:
                    self._watch(mailbox)
            except ImapError as error:
                self._count_idle_failure(error)
                self._report(error)
                self._take_a_break()
            except Exception as error:  # noqa: BLE001 - a watcher that dies leaves the program blind
                self._report(error)
                self._take_a_break()

    def _take_a_break(self) -> None:
        self._stopped.wait(self._pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _count_idle_failure(self, error: ImapError) -> None:
        """Poll from now on where IDLE is offered and only loses the connection."""
        self._idle_failures += error.phase == "idle"
        if self._idle_failures == IDLE_FAILURES:
            _log.warning(
                "mailbox %s: IDLE loses the connection (%s); it is polled from now on",
                self._account.name,
                error,
            )
            self._account = replace(self._account, idle=False)

    def _watch(self, mailbox: Mailbox) -> None:
        folders = mailbox.folders()
        self._sink.watching(self._account.name, folders)
        while not self._stopped.is_set():
            for folder in folders:
                self._read(mailbox, folder)
            self._pause = FIRST_PAUSE
            next_look = time.monotonic() + self._account.poll_seconds
            while not self._stopped.is_set() and (left := next_look - time.monotonic()) > 0:
                news = mailbox.wait(left, self._stopped)
                self._idle_failures = 0
                if news:
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
    position = sink.position(name, folder.name)
    if position and mailbox.was_restored(folder.name, position, lambda: sink.arrivals(name, folder.name)):
        sink.restored(name, folder)
        position = None
    for batch in mailbox.read_new(folder.name, position, sink.since()):
        if stopped():
            return
        if batch.messages:
            sink.store(name, folder, batch)
        end = batch
    if end is not None:
        sink.read_to_end(name, folder, end.uidvalidity, end.uidnext, end.modseq)
        _file(mailbox, name, folder, sink, end.uidvalidity)


def _file(mailbox: Mailbox, name: str, folder: Folder, sink: Sink, uidvalidity: int) -> None:
    """Move or flag what was read; a server that refuses that is read on all the same."""
    if not mailbox.files:
        return
    while uids := sink.to_file(name, folder):
        try:
            if not mailbox.file(folder.name, uids, uidvalidity):
                return
        except ImapError as error:
            if not was_refused(error):
                raise
            _log.error("mailbox %s: read messages cannot be filed: %s", name, error)
            mailbox.files = False
            return
        sink.filed(name, folder, uids)
