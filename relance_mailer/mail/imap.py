"""Read a mailbox by IMAP without leaving a trace in it, and wait for news.

The client blocks, so that each mailbox is used by one thread (see watch.py). Folders are opened by EXAMINE,
bodies fetched by BODY.PEEK: no flag changes, people go on reading the same mailbox. Positions are UIDs with
their UIDVALIDITY (RFC 3501 section 2.3.1.1); unread flags decide nothing.
"""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypeVar

from relance_mailer.errors import ImapError
from relance_mailer.mail import imap_client, tls
from relance_mailer.mail.address import refuse_controls
from relance_mailer.mail.imap_client import failure, translated
from relance_mailer.mail.secrets import hide

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date, datetime
    from types import TracebackType

    from imapclient import IMAPClient

    from relance_mailer.mail.oauth import TokenGiver

IDLE_RENEWAL = (
    9 * 60.0
)  #: seconds; servers and NAT routers forget a silent connection after about ten minutes
CLOSE_TIMEOUT = 2.0  #: seconds to say goodbye in
BATCH_BYTES = 8_000_000  #: a batch is closed when it has grown to this
PART_BYTES = 4_000_000  #: larger messages are fetched in parts
SEARCH_WINDOW = 50_000  #: UIDs asked for at once in large folders: imaplib refuses lines over 1 MB

#: Names under which folders stand where the server does not tell their use (RFC 6154), lower case.
FALLBACK_NAMES: dict[str, tuple[str, ...]] = {
    "\\Junk": (
        *("junk", "spam", "junk e-mail", "junk email", "bulk mail", "courrier indésirable", "indésirables"),
        *(
            "pourriel",
            "spamverdacht",
            "junk-e-mail",
            "posta indesiderata",
            "correo no deseado",
            "ongewenste e-mail",
        ),
    ),
    "\\Sent": (
        *(
            "sent",
            "sent items",
            "sent messages",
            "sent mail",
            "envoyés",
            "éléments envoyés",
            "messages envoyés",
        ),
        *(
            "courrier envoyé",
            "gesendet",
            "gesendete elemente",
            "gesendete objekte",
            "posta inviata",
            "inviati",
        ),
        *("enviados", "elementos enviados", "verzonden", "verzonden items"),
    ),
}
_T = TypeVar("_T")
_ROLES = {"inbox": "inbox", "\\junk": "junk", "\\sent": "sent"}


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
    allow_cleartext: bool = False  #: with tls "none", also towards other machines


@dataclass(frozen=True, slots=True)
class Folder:
    """A watched folder: its name on the server and what it is for ("inbox", "junk", "sent" or "other")."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Position:
    """How far a folder was read."""

    uidvalidity: int
    last_uid: int


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
        self._uidnext: dict[str, int] = {}  # per folder, when it was last read
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
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Log out where the connection still answers, and close it. Never raises."""
        client, self._client = self._client, None
        self._selected = ""
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
        listed = self._call("list_folders")
        roles = {name: _role(str(name), flags) for flags, _, name in listed}
        uses = {
            flag.decode("ascii", "replace").lower(): name
            for flags, _, name in reversed(listed)
            for flag in flags
        }
        names = {str(name).lower(): name for _, _, name in listed}
        leaves = {_leaf(str(name)): name for _, _, name in reversed(listed)}
        found: dict[str, Folder] = {}
        missing: list[str] = []
        for wanted in self._account.folders:
            low = wanted.lower()
            fallbacks = FALLBACK_NAMES.get(wanted.title(), ())
            name = uses.get(low) or names.get(low) or _first(names, fallbacks) or _first(leaves, fallbacks)
            if name:
                role = _ROLES.get(low) or roles[name]
                name = "INBOX" if name.upper() == "INBOX" else name
                found.setdefault(name, Folder(name, role))
            else:
                missing.append(wanted)
        self.missing = tuple(missing)
        if any(wanted.upper() == "INBOX" for wanted in missing):
            raise failure("list", "the mailbox has no INBOX")
        return tuple(found.values())

    def read_new(self, folder: str, position: Position | None, since: date | None) -> Iterator[Batch]:
        """Fetch what stands after a position, oldest UID first; at least one batch comes, an empty one if need be.

        Without a position, or when the folder's UIDVALIDITY is another, the folder is read from `since` on (the
        server's date of receipt), or whole; the caller recognises what it has by its content.
        """
        state = self._examine(folder)
        known = position is not None and position.uidvalidity == state.uidvalidity
        start = position.last_uid + 1 if position is not None and known else 1
        uids = self._new_uids(state, start, None if known else since)
        if not uids:
            yield state
        for group in self._groups(uids):
            if self._selected != folder:  # the caller used the mailbox otherwise in between
                again = self._examine(folder)
                if again.uidvalidity != state.uidvalidity:
                    raise failure("fetch", f"{folder}: UIDVALIDITY changed while it was read")
            yield Batch(state.uidvalidity, state.uidnext, tuple(self._fetch(group)))

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Wait for news in INBOX; return True as soon as there may be some, False when the time is over.

        Returns early when `stop` is set. One wait lasts at most nine minutes, so that IDLE (RFC 2177) is
        renewed in time; a server without IDLE is left alone until `seconds` are over.
        """
        present = self._examine("INBOX").uidnext
        if present > self._uidnext.get("INBOX", present):
            return True
        if not self._account.idle or not self._call("has_capability", "IDLE"):
            stop.wait(min(seconds, IDLE_RENEWAL))
            return False
        deadline = time.monotonic() + min(seconds, IDLE_RENEWAL)
        return self._run("idle", lambda client: imap_client.idle(client, deadline, stop))

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
        return Batch(int(told[b"UIDVALIDITY"]), int(told.get(b"UIDNEXT", 0)), ())

    def _new_uids(self, state: Batch, start: int, since: date | None) -> list[int]:
        """Search the UIDs from `start` on; a folder whose UIDNEXT stands there has none."""
        self._uidnext[self._selected] = state.uidnext
        if 0 < state.uidnext <= start or not self._exists:
            return []
        after: list[Any] = ["SINCE", since] if since else []
        ranges = [f"{start}:*"]
        if self._exists > SEARCH_WINDOW and state.uidnext:
            firsts = range(start, state.uidnext, SEARCH_WINDOW)
            ranges = [f"{first}:{min(first + SEARCH_WINDOW, state.uidnext) - 1}" for first in firsts]
        found: set[int] = set()
        for uids in ranges:
            found.update(self._call("search", ["UID", uids, *after]))
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

    def _fetch(self, group: list[tuple[int, int]]) -> Iterator[Fetched]:
        """Fetch a group; messages that were deleted meanwhile are simply not there."""
        if len(group) == 1 and group[0][1] > PART_BYTES:
            yield from self._fetch_in_parts(group[0][0])
            return
        uids = [uid for uid, _ in group]
        told = self._call("fetch", uids, ["INTERNALDATE", "BODY.PEEK[]"])
        for uid in uids:
            if b"BODY[]" in told.get(uid, {}):
                yield Fetched(uid, told[uid].get(b"INTERNALDATE"), told[uid][b"BODY[]"] or b"")

    def _fetch_in_parts(self, uid: int) -> Iterator[Fetched]:
        """Fetch a large message piece by piece, until one is short: servers' sizes are not always true."""
        parts: list[bytes] = []
        received: datetime | None = None
        while not parts or len(parts[-1]) == PART_BYTES:
            offset = len(parts) * PART_BYTES
            wanted = ["INTERNALDATE", f"BODY.PEEK[]<{offset}.{PART_BYTES}>"]
            told = self._call("fetch", [uid], wanted).get(uid, {})
            if f"BODY[]<{offset}>".encode() not in told:
                return
            received = told.get(b"INTERNALDATE")
            parts.append(told[f"BODY[]<{offset}>".encode()] or b"")
        yield Fetched(uid, received, b"".join(parts))

    def _call(self, command: str, *arguments: Any) -> Any:
        """Run one of the client's commands."""
        return self._run(command.partition("_")[0], lambda client: getattr(client, command)(*arguments))

    def _run(self, phase: str, do: Callable[[IMAPClient], _T]) -> _T:
        client = self._client
        if client is None:
            raise failure(phase, "the mailbox is not open")
        try:
            return translated(phase, lambda: do(client))
        except ImapError as error:
            hide(error, self._account.password)  # a server may echo what it was sent
            raise


def _role(name: str, flags: Iterable[bytes]) -> str:
    """Return what a folder is for: by the use that the server tells, else by a name known for one."""
    for flag in flags:
        if role := _ROLES.get(flag.decode("ascii", "replace").lower()):
            return role
    known = (use for use, names in FALLBACK_NAMES.items() if _leaf(name) in names)
    return _ROLES.get(next(known, "").lower(), "other")


def _leaf(name: str) -> str:
    return name.lower().replace(".", "/").rsplit("/", 1)[-1]


def _first(names: dict[str, str], wanted: Sequence[str]) -> str | None:
    return next((names[name] for name in wanted if name in names), None)
