"""The vendor's IMAP client, its traps stepped around and its errors mapped once (imapclient 4.1)."""

from __future__ import annotations

import contextlib
import imaplib
import re
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

from imapclient import IMAPClient, SocketTimeout, exceptions

from relance_mailer.errors import ImapError, Scope
from relance_mailer.mail import oauth, oauth_sasl, tls
from relance_mailer.mail.secrets import hide

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

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
    # The client writes a command in pieces: each would wait for the server's delayed ACK (40 ms, RFC 9293 section 3.7.4).
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for option, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, option):
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return client


def log_in(client: IMAPClient, account: ImapAccount) -> None:
    """Log in once; by a token, once more with a renewed one if it was refused."""
    if account.token is not None:
        _log_in_by_token(client, account, account.token)
    elif (account.username + account.password).isascii():
        client.login(account.username, account.password)
    else:  # LOGIN knows ASCII only
        client.plain_login(account.username, account.password)


def enable_modseq(client: IMAPClient) -> None:
    """Have HIGHESTMODSEQ told for each folder, where the server knows CONDSTORE and ENABLE (RFC 5161, RFC 7162)."""
    if client.has_capability("CONDSTORE") and client.has_capability("ENABLE"):
        with contextlib.suppress(exceptions.CapabilityError):
            client.enable("CONDSTORE")


def _log_in_by_token(client: IMAPClient, account: ImapAccount, giver: oauth.TokenGiver) -> None:
    token = oauth.for_imap(giver)
    try:
        _show(client, account, token)
    except exceptions.LoginError as error:
        if _PASSING.search(str(error)):
            raise
        _show(client, account, oauth.for_imap(giver, token))


def _show(client: IMAPClient, account: ImapAccount, token: str) -> None:
    """Authenticate by an access token; nothing that the server echoes of it shows."""
    try:
        _authenticate(client, account, token)
    except ALL_ERRORS as error:
        hide(error, token)
        raise


def _authenticate(client: IMAPClient, account: ImapAccount, token: str) -> None:
    """Authenticate by an access token, with an initial response where the server takes one (RFC 4959).

    The vendor's own log-ins would answer a refusal's challenge with the token again.
    """
    offered = [name[5:].decode() for name in client.capabilities() if name.startswith(b"AUTH=")]
    login = oauth_sasl.login(offered, account.username, token, account.host, account.port)
    if login is None:
        words = f"the server offers no log-in by OAuth 2 (offered: {' '.join(offered) or 'none'})"
        raise exceptions.CapabilityError(words)
    at_once = client.has_capability("SASL-IR")
    challenges: list[bytes] = []

    def respond(challenge: bytes) -> bytes:
        challenges.append(challenge)
        return login.response if len(challenges) == 1 and not at_once else login.dismissal

    imap = client._imap  # noqa: SLF001 - the standard library's, which knows no initial response
    imap.literal = imaplib._Authenticator(respond).process  # noqa: SLF001
    state, words = imap._simple_command(  # noqa: SLF001
        "AUTHENTICATE", login.mechanism, *([login.encoded] if at_once else [])
    )
    if state != "OK":
        why = oauth_sasl.refusal(challenges[-1]) if challenges else ""
        raise exceptions.LoginError(oauth_sasl.told(token, words[-1].decode("utf-8", "replace"), why))
    imap.state = "AUTH"
    client._cached_capabilities = None  # noqa: SLF001 - others hold once logged in


@contextlib.contextmanager
def cut_off_after(client: IMAPClient, seconds: float) -> Iterator[None]:
    """Cut the connection if what is done meanwhile is not done in time.

    The socket's own limit begins anew with every byte: a server that says a little now and then would never meet it.
    """
    timer = threading.Timer(seconds, _cut_off, [client.socket()])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut_off(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(
            line, socket.SHUT_RDWR
        )  # past TLS, whose own shutdown is no other thread's business


class IdleRefusedError(exceptions.IMAPClientError):  # type: ignore[misc]
    """The server offers IDLE, and says NO or BAD to it."""


def idle(client: IMAPClient, deadline: float, stop: threading.Event) -> bool:
    """Sit in IDLE until news come, the time is over, or the connection shows that it is dead.

    The vendor's `idle_check` swallows the end of the connection and returns at once with nothing; so whatever
    returns early ends the IDLE, and its DONE tells whether the server is still there.
    """
    woken = _begin_idle(client) or _has_unread(client)
    while not woken and not stop.is_set() and (left := deadline - time.monotonic()) > 0:
        began, patience = time.monotonic(), min(IDLE_SLICE, left)
        events = client.idle_check(patience)
        woken = _is_news(events) if events else time.monotonic() - began < patience / 2
    _, events = client.idle_done()
    client.noop()  # it shows whether the server is still there
    return woken or _is_news(events)


def _begin_idle(client: IMAPClient) -> bool:
    """Begin to IDLE; say whether anything was told before it began (the vendor's `idle` takes that for a failure)."""
    imap = client._imap  # noqa: SLF001
    client._idle_tag = tag = imap._command("IDLE")  # noqa: SLF001
    told = False
    while imap._get_response() is not None:  # noqa: SLF001 - None stands for the continuation
        told = True
        if imap.tagged_commands[tag]:
            _, words = imap.tagged_commands.pop(tag)
            raise IdleRefusedError(words[-1].decode("utf-8", "replace") or "IDLE refused")
    return told


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


def was_refused(error: ImapError) -> bool:
    """Say whether the server answered NO or BAD, so that the connection still stands."""
    cause = error.__cause__
    return isinstance(cause, exceptions.IMAPClientError) and not isinstance(
        cause, exceptions.IMAPClientAbortError
    )


def failure(phase: str, words: str, *, permanent: bool = False) -> ImapError:
    """Return an error of the mailbox at one step."""
    return ImapError(words, permanent=permanent, scope=Scope.ACCOUNT, phase=phase)


def _words(error: Exception) -> str:
    """Return the server's words; the standard library hands them on as the repr of bytes."""
    text = str(error)
    if found := re.fullmatch(r"""b(['"])(.*)\1""", text, re.DOTALL):
        text = found[2]
    return text or type(error).__name__
