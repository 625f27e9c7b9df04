"""Read a mailbox by IMAP without leaving a trace in it, and wait for news.

The client blocks, so that each mailbox is used by one thread (see watch.py). Folders are opened by EXAMINE,
bodies fetched by BODY.PEEK: no flag changes, people go on reading the same mailbox. Positions are UIDs with
their UIDVALIDITY (RFC 3501 section 2.3.1.1); unread flags decide nothing.

Of CONDSTORE (RFC 7162) one number is used, HIGHESTMODSEQ, which servers tell at EXAMINE once it is enabled: the same as
before, and nothing is searched; lower than before, and the mailbox was restored. What else it and QRESYNC offer, changed
flags and vanished UIDs, decides nothing here.
"""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self, TypeVar

from relance_mailer.errors import ImapError
from relance_mailer.mail import filing, imap_client, imap_folders, tls
from relance_mailer.mail.address import refuse_controls
from relance_mailer.mail.imap_client import IdleRefusedError, failure, translated
from relance_mailer.mail.secrets import hide

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime
    from types import TracebackType

    from imapclient import IMAPClient

    from relance_mailer.mail.oauth import TokenGiver

IDLE_RENEWAL = (
    9 * 60.0
)  #: seconds; servers and NAT routers forget a silent connection after about ten minutes
CLOSE_TIMEOUT = 2.0  #: seconds to say goodbye in
COMMAND_LIMIT = 300.0  #: seconds for one command and all of its answer, however slowly it trickles in
BATCH_BYTES = 8_000_000  #: a batch is closed when it has grown to this
PART_BYTES = 4_000_000  #: larger messages are fetched in parts
SEARCH_WINDOW = 50_000  #: UIDs asked for at once in large folders: imaplib refuses lines over 1 MB

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ImapAccount:
    """Where a mailbox lies, who reads it, and how."""

    name: str  #: how the program calls the mailbox
    host: str
    port: int
    tls: tls.Tls = "tls"
    username: str = ""
    password: str = field(default="", repr=False)
    token: TokenGiver | None = field(default=None, repr=False)  #: OAuth 2 instead of a password
    ca_file: str | None = None  #: PEM file of the one authority to trust, instead of the system's
    folders: tuple[str, ...] = ("INBOX", "\\Junk", "\\Sent")  #: names, or special uses (RFC 6154)
    poll_seconds: float = 60  #: between two looks at every folder
    idle: bool = True
    timeout: float = 30  #: seconds for each read or write
    batch: int = 50  #: messages fetched at once
    processed_folder: str = ""  #: where what was read is moved to, a name or a special use; "": it stays
    processed_flag: str = ""  #: the flag or keyword that it gets; "": none
    allow_cleartext: bool = False  #: with tls "none", also towards other machines


@dataclass(frozen=True, slots=True)
class Folder:
    """A watched folder: its name on the server and what it is for ("inbox", "junk", "sent" or "other")."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Position:
    """How far a folder was read: the highest UID seen, and HIGHESTMODSEQ (RFC 7162; 0: none told) at its end."""

    uidvalidity: int
    last_uid: int
    modseq: int = 0


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message as it lies on the server."""

    uid: int
    internal_date: datetime | None  #: when the server received it, aware; None if it did not say
    raw: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """Some messages of one folder, in the order of their UIDs."""

    uidvalidity: int
    uidnext: int  #: every message below it was there when the folder was opened
    messages: tuple[Fetched, ...]
    modseq: int = 0  #: HIGHESTMODSEQ when the folder was opened (RFC 7162), 0 if the server tells none


class Mailbox:
    """One connection to one mailbox, for one thread. A context manager: `open()` and `close()`.

    Every method raises ImapError: permanent for a refused log-in or an untrusted certificate, else temporary.
    After one, close the mailbox and open it again.
    """

    def __init__(self, account: ImapAccount) -> None:
        tls.check_cleartext(account.host, account.tls, allowed=account.allow_cleartext)
        self._account = account
        self._client: IMAPClient | None = None
        self._selected = ""
        self._exists = 0  # messages in the selected folder
        self._read_up_to: dict[
            str, tuple[int, int]
        ] = {}  # per folder, UIDNEXT and EXISTS when it was last read
        self._compared: set[str] = set()  # folders whose known messages were looked at on this connection
        self._processed = ""  # where read messages go, as the server calls it
        self._idle_refused = False
        self.files = bool(
            account.processed_folder or account.processed_flag
        )  #: read messages are moved or flagged
        self.missing: tuple[str, ...] = ()  #: folders of the configuration that `folders()` did not find

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Connect and log in."""
        account = self._account
        context = None if account.tls == "none" else tls.context(account.ca_file)
        try:
            self._client = translated("connect", lambda: imap_client.connect(account, context))
            if account.tls == "starttls":
                self._call("starttls", context)
            self._run("auth", lambda client: imap_client.log_in(client, account))
            self._run("enable", imap_client.enable_modseq)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Log out where the connection still answers, and close it. Never raises."""
        client, self._client = self._client, None
        self._selected = ""
        self._read_up_to.clear()
        self._compared.clear()
        if client is None:
            return
        with contextlib.suppress(*imap_client.ALL_ERRORS):
            client.socket().settimeout(CLOSE_TIMEOUT)
            client.logout()
            return
        with contextlib.suppress(*imap_client.ALL_ERRORS):
            client.shutdown()

    def folders(self) -> tuple[Folder, ...]:
        """Find the configured folders, by special use before name; `missing` tells those that are not there.

        Raises:
            ImapError: there is no INBOX, or the server cannot be asked.
        """
        listed = [(str(name), flags) for flags, _, name in self._call("list_folders")]
        found, self.missing = imap_folders.find(listed, self._account.folders)
        if any(wanted.upper() == "INBOX" for wanted in self.missing):
            raise failure("list", "the mailbox has no INBOX")
        self._find_filing_folder(listed)
        return tuple(Folder(name, role) for name, role in found.items())

    def was_restored(
        self, folder: str, position: Position, arrivals: Callable[[], Mapping[int, datetime]]
    ) -> bool:
        """Say whether a folder's UIDs mean other messages than before, though UIDVALIDITY is the same.

        So it is after a backup was put back: UIDNEXT is no higher than a UID that was seen, HIGHESTMODSEQ is lower, or,
        where new mail has hidden that, known UIDs came in at other times than they did (asked once a connection).
        """
        state = self._examine(folder)
        if state.uidvalidity != position.uidvalidity:
            return False  # that tells itself
        back = 0 < state.uidnext <= position.last_uid or 0 < state.modseq < position.modseq
        if not back and folder in self._compared:
            return False
        known = arrivals()
        there = self._call("fetch", sorted(known), ["INTERNALDATE"]) if known and self._exists else {}
        self._compared.add(folder)
        dates = {uid: told.get(b"INTERNALDATE") for uid, told in there.items() if uid in known}
        if any(received and received != known[uid] for uid, received in dates.items()):
            return True
        return back and not any(
            uid >= state.uidnext > 0 for uid in dates
        )  # there as it was: UIDNEXT lags behind

    def read_new(self, folder: str, position: Position | None, since: date | None) -> Iterator[Batch]:
        """Fetch what stands after a position, oldest UID first; at least one batch comes, an empty one if need be.

        Without a position, or when the folder's UIDVALIDITY is another, the folder is read from `since` on (the
        server's date of receipt), or whole; the caller recognises what it has by its content.
        """
        state = self._examine(folder)
        self._read_up_to[folder] = (state.uidnext, self._exists)
        if position is None or position.uidvalidity != state.uidvalidity:
            uids = self._search(state, 1, since)
        elif state.modseq and state.modseq == position.modseq and state.uidnext <= position.last_uid + 1:
            uids = []
        else:
            uids = self._search(state, position.last_uid + 1, None)
        if not uids:
            yield state
        for group in self._groups(uids):
            if self._selected != folder:  # the caller used the mailbox otherwise in between
                again = self._examine(folder)
                if again.uidvalidity != state.uidvalidity:
                    raise failure("fetch", f"{folder}: UIDVALIDITY changed while it was read")
            yield replace(state, messages=tuple(self._fetch(group)))

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Wait for news in INBOX; return True as soon as there may be some, False when the time is over.

        Returns early when `stop` is set. One wait lasts at most nine minutes, so that IDLE (RFC 2177) is
        renewed in time, with a NOOP that shows whether the server is still there. A server without IDLE, or that
        offers and refuses it, is left alone until `seconds` are over.
        """
        present = self._examine("INBOX")
        uidnext, exists = self._read_up_to.get("INBOX", (present.uidnext, self._exists))
        if present.uidnext > uidnext or self._exists > exists:
            return True
        seconds = min(seconds, IDLE_RENEWAL)
        if self._account.idle and not self._idle_refused and self._call("has_capability", "IDLE"):
            try:
                return self._idle(seconds, stop)
            except ImapError as error:
                self._idle_refused = isinstance(error.__cause__, IdleRefusedError)
                if not self._idle_refused:
                    raise
        stop.wait(seconds)
        return False

    def file(self, folder: str, uids: Sequence[int], uidvalidity: int) -> bool:
        """Move or flag read messages as the account says; False if there is nothing to do so with.

        It may be done again after a crash: what is gone already is left alone (see filing.py).
        """
        account = self._account
        target = "" if self._processed == folder else self._processed
        if not (target or account.processed_flag):
            return False
        self._selected = ""  # no longer opened for reading only
        told = self._call("select_folder", folder)
        if int(told.get(b"UIDVALIDITY", 0)) != uidvalidity:
            return False
        self._run("file", lambda client: filing.file(client, uids, target, account.processed_flag))
        return True

    def append(self, folder: str, raw: bytes, date: datetime) -> tuple[int, int] | None:
        """File a message, as read; return its UIDVALIDITY and UID where the server tells them (RFC 4315)."""
        answer = self._call("append", folder, raw, (b"\\Seen",), date)
        found = re.search(rb"\[APPENDUID (\d+) (\d+)\]", answer or b"")
        return (int(found[1]), int(found[2])) if found else None

    def find(self, folder: str, message_id: str) -> tuple[int, ...]:
        """Return the UIDs of a folder's messages with this Message-ID."""
        refuse_controls("message_id", message_id)
        self._examine(folder)
        return tuple(self._call("search", ["HEADER", "Message-ID", message_id]))

    # ── one folder ───────────────────────────────────────────────────────────────────────────────────────────

    def _examine(self, folder: str) -> Batch:
        """Open a folder for reading only; return its numbers, with no messages yet."""
        self._selected = ""
        told: dict[bytes, Any] = self._call("select_folder", folder, True)
        if not told.get(b"UIDVALIDITY"):
            raise failure("select", f"{folder}: the server keeps no UIDs there (no UIDVALIDITY)")
        self._selected = folder
        self._exists = int(told.get(b"EXISTS", 0))
        modseq = int(told.get(b"HIGHESTMODSEQ", 0))
        return Batch(int(told[b"UIDVALIDITY"]), int(told.get(b"UIDNEXT", 0)), (), modseq)

    def _search(self, state: Batch, start: int, since: date | None) -> list[int]:
        """Search the UIDs from `start` on, whatever UIDNEXT says: not every server's can be believed."""
        if not self._exists:
            return []
        after: list[Any] = ["SINCE", since] if since else []
        firsts = [start]
        if self._exists > SEARCH_WINDOW:
            firsts = list(range(start, max(state.uidnext, start + 1), SEARCH_WINDOW))
        lasts: list[int | str] = [first - 1 for first in firsts[1:]]
        found: set[int] = set()
        for first, last in zip(firsts, [*lasts, "*"], strict=True):
            found.update(self._call("search", ["UID", f"{first}:{last}", *after]))
        return sorted(uid for uid in found if uid >= start)  # "n:*" always names the last message (RFC 3501)

    def _groups(self, uids: Sequence[int]) -> Iterator[list[tuple[int, int]]]:
        """Group UIDs with their sizes so that no batch is larger than it must be."""
        group: list[tuple[int, int]] = []
        for first in range(0, len(uids), 1_000):
            asked = uids[first : first + 1_000]
            told = self._call("fetch", asked, ["RFC822.SIZE"])
            for uid in asked:
                size = int(told.get(uid, {}).get(b"RFC822.SIZE", 0))
                if group and (
                    len(group) >= self._account.batch or sum(s for _, s in group) + size > BATCH_BYTES
                ):
                    yield group
                    group = []
                group.append((uid, size))
        if group:
            yield group

    def _fetch(self, group: list[tuple[int, int]]) -> list[Fetched]:
        """Fetch a group; messages that were deleted meanwhile are simply not there."""
        if len(group) == 1 and group[0][1] > PART_BYTES:
            found = list(self._fetch_in_parts(*group[0]))
        else:
            found = list(self._fetch_whole([uid for uid, _ in group]))
        got = {one.uid for one in found}
        missing = {uid for uid, _ in group} - got
        asked = ",".join(map(str, sorted(missing)))
        if missing and (there := missing & set(self._call("search", ["UID", asked]))):
            raise failure(
                "fetch", f"{self._selected}: the server has UID {min(there)}, and does not hand it over"
            )
        return found

    def _fetch_whole(self, uids: list[int]) -> Iterator[Fetched]:
        told = self._call("fetch", uids, ["INTERNALDATE", "BODY.PEEK[]"])
        for uid in uids:
            if b"BODY[]" in told.get(uid, {}):
                yield Fetched(uid, told[uid].get(b"INTERNALDATE"), told[uid][b"BODY[]"] or b"")

    def _fetch_in_parts(self, uid: int, size: int) -> Iterator[Fetched]:
        """Fetch a large message piece by piece, until one is short: servers' sizes are not always true."""
        parts: list[bytes] = []
        received: datetime | None = None
        while not parts or len(parts[-1]) == PART_BYTES:
            offset = len(parts) * PART_BYTES
            wanted = ["INTERNALDATE", f"BODY.PEEK[]<{offset}.{PART_BYTES}>"]
            told = self._call("fetch", [uid], wanted).get(uid, {})
            if f"BODY[]<{offset}>".encode() not in told:
                if parts and offset >= size:
                    break  # some say nothing of what lies beyond the end
                return
            received = told.get(b"INTERNALDATE")
            parts.append(told[f"BODY[]<{offset}>".encode()] or b"")
        yield Fetched(uid, received, b"".join(parts))

    def _idle(self, seconds: float, stop: threading.Event) -> bool:
        deadline = time.monotonic() + seconds
        return self._run("idle", lambda client: imap_client.idle(client, deadline, stop), seconds)

    def _find_filing_folder(self, listed: Sequence[tuple[str, Iterable[bytes]]]) -> None:
        """Learn where read messages go: a folder of that use or name, else one of that name to be made."""
        wanted = self._account.processed_folder
        found, missing = imap_folders.find(listed, [wanted] if wanted else [])
        self._processed = next(iter(found), "" if wanted.startswith("\\") else wanted)
        if missing and not self._processed:
            self.missing += missing

    def _call(self, command: str, *arguments: Any) -> Any:
        """Run one of the client's commands."""
        return self._run(command.partition("_")[0], lambda client: getattr(client, command)(*arguments))

    def _run(self, phase: str, do: Callable[[IMAPClient], _T], seconds: float = 0) -> _T:
        """Run a step that lasts `seconds` by itself; one that never ends is cut off."""
        client = self._client
        if client is None:
            raise failure(phase, "the mailbox is not open")
        try:
            with imap_client.cut_off_after(client, seconds + COMMAND_LIMIT):
                return translated(phase, lambda: do(client))
        except ImapError as error:
            hide(error, self._account.password)  # a server may echo what it was sent
            raise
