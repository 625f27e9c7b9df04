"""The vendor's IMAP client, its traps stepped around and its errors mapped once (imapclient 4.1)."""

from __future__ import annotations

import re
import socket
import time
from typing import TYPE_CHECKING, Any, TypeVar

from imapclient import IMAPClient, SocketTimeout, exceptions

from relance_mailer.errors import ImapError, Scope
from relance_mailer.mail import tls

if TYPE_CHECKING:
    import ssl
    import threading
    from collections.abc import Callable

    from relance_mailer.mail.imap import ImapAccount

IDLE_SLICE = 1.0  #: seconds between two looks at whether to stop

_T = TypeVar("_T")


def connect(account: ImapAccount, context: ssl.SSLContext | None) -> IMAPClient:
    """Connect, with time limits and with TCP keepalive: a peer that vanished is noticed in two minutes."""
    client = IMAPClient(
        account.host,
        account.port,
        ssl=account.tls == "tls",
        ssl_context=context,
        timeout=SocketTimeout(connect=account.timeout, read=account.timeout),
    )
    client.normalise_times = False
    line = client.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, option):
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return client


def log_in(client: IMAPClient, account: ImapAccount) -> None:
    """Log in once."""
    if account.token is not None:
        client.oauth2_login(account.username, account.token())
    elif (account.username + account.password).isascii():
        client.login(account.username, account.password)
    else:  # LOGIN knows ASCII only
        client.plain_login(account.username, account.password)


def idle(client: IMAPClient, deadline: float, stop: threading.Event) -> bool:
    """Sit in IDLE until news come, the time is over, or the connection shows that it is dead.

    The vendor's `idle_check` swallows the end of the connection and returns at once with nothing; so whatever
    returns early ends the IDLE, and its DONE tells whether the server is still there.
    """
    client.idle()
    woken = _has_unread(client)
    while not woken and not stop.is_set() and (left := deadline - time.monotonic()) > 0:
        began, patience = time.monotonic(), min(IDLE_SLICE, left)
        events = client.idle_check(patience)
        woken = _is_news(events) if events else time.monotonic() - began < patience / 2
    _, events = client.idle_done()
    return woken or _is_news(events)


def _is_news(events: list[Any]) -> bool:
    """Say whether untagged responses speak of messages or of the end; "* OK Still here" does not."""
    return any(event and (event[0] == b"BYE" or event[-1] in {b"EXISTS", b"RECENT"}) for event in events)


def _has_unread(client: IMAPClient) -> bool:
    """Say whether news came in one piece with the start of IDLE: they lie in the file's buffer, where poll is blind."""
    line = client.socket()
    timeout = line.gettimeout()
    line.setblocking(False)
    try:
        return bool(client._imap.file.peek(1))  # noqa: SLF001
    except OSError:
        return False
    finally:
        line.settimeout(timeout)


# ── errors ────────────────────────────────────────────────────────────────────────────────────────────────────

#: Whether trying again the same way is useless, by error.
VENDOR_ERRORS: dict[type[Exception], bool] = {
    exceptions.IMAPClientError: False,  # NO or BAD
    exceptions.IMAPClientAbortError: False,  # the connection is gone
    exceptions.IMAPClientReadOnlyError: False,
    exceptions.CapabilityError: True,
    exceptions.LoginError: True,
    exceptions.IllegalStateError: False,
    exceptions.InvalidCriteriaError: False,
    exceptions.ProtocolError: False,
}
#: With what the network raises, and the client besides on answers that it cannot read.
ALL_ERRORS = (exceptions.IMAPClientError, OSError, ValueError, LookupError)
_PASSING = re.compile(r"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\]|try again|too many|temporar", re.IGNORECASE)


def translated(phase: str, do: Callable[[], _T]) -> _T:
    """Run one step; whatever the vendor or the network raises becomes an ImapError."""
    try:
        return do()
    except ALL_ERRORS as error:
        raise mapped(phase, error) from error


def mapped(phase: str, error: Exception) -> ImapError:
    """Return what an error of the vendor's or the network's means; refused log-ins that may pass are temporary."""
    words = _words(error)
    permanent = VENDOR_ERRORS.get(type(error), False) or tls.is_untrusted(error)
    if isinstance(error, exceptions.LoginError):
        lost = isinstance(error.__context__, exceptions.IMAPClientAbortError)
        permanent = not lost and not _PASSING.search(words)
    return failure(phase, words, permanent=permanent)


def failure(phase: str, words: str, *, permanent: bool = False) -> ImapError:
    """Return an error of the mailbox at one step."""
    return ImapError(words, permanent=permanent, scope=Scope.ACCOUNT, phase=phase)


def _words(error: Exception) -> str:
    """Return the server's words; the standard library hands them on as the repr of bytes."""
    text = str(error)
    if found := re.fullmatch(r"""b(['"])(.*)\1""", text, re.DOTALL):
        text = found[2]
    return text or type(error).__name__
