"""Mail servers that let in by access token only: SMTP by aiosmtpd, and IMAP line by line, as far as logging in goes."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import socket
import ssl
import threading
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import MISSING, SMTP, AuthResult

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

STATUS = {"OAUTHBEARER": "invalid_token", "XOAUTH2": "400"}
DISMISSAL = {"OAUTHBEARER": b"\x01", "XOAUTH2": b""}
_XOAUTH2 = re.compile(r"user=([^\x01]+)\x01auth=Bearer ([^\x01 ]+)\x01\x01")
_OAUTHBEARER = re.compile(
    r"n,a=([^,\x01]+),\x01host=([^\x01]+)\x01port=(\d+)\x01auth=Bearer ([^\x01 ]+)\x01\x01"
)


def shown(mechanism: str, response: bytes) -> tuple[str, str]:
    """User and token in a response; AssertionError if it is not as the mechanism wants it."""
    text = response.decode()
    if mechanism == "XOAUTH2":
        found = _XOAUTH2.fullmatch(text)
        assert found, text
        return found[1], found[2]
    found = _OAUTHBEARER.fullmatch(text)
    assert found, text
    assert found[2] == "127.0.0.1"
    return found[1].replace("=2C", ",").replace("=3D", "="), found[4]


def told(mechanism: str) -> bytes:
    """The challenge of a refusal."""
    return json.dumps({"status": STATUS[mechanism], "schemes": "bearer", "scope": "mail"}).encode()


@dataclass
class TokenPeer:
    """A running server: what was shown to it, and what it received."""

    check: Callable[[str, str], bool]
    port: int = 0
    logins: list[tuple[str, str, bool]] = field(default_factory=list)  #: mechanism, token, whether let in
    dismissals: list[bytes] = field(default_factory=list)
    received: list[Any] = field(default_factory=list)
    refusal: str = "535 5.7.8 Error: authentication failed"

    def judge(self, mechanism: str, response: bytes) -> bool:
        user, token = shown(mechanism, response)
        self.logins.append((mechanism, token, self.check(token, user)))
        return self.logins[-1][2]

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.received.append(envelope)
        return "250 2.0.0 Ok: queued as 4Qx7Kd1zzz"


@asynccontextmanager
async def token_smtp_server(
    check: Callable[[str, str], bool], wrap: ssl.SSLContext | None, mechanisms: tuple[str, ...] = ("XOAUTH2",)
) -> AsyncIterator[TokenPeer]:
    """Serve SMTP by TLS to whom the check lets in."""
    peer = TokenPeer(check)

    class Server(SMTP):
        line_length_limit = 12_288

    async def by_token(server: Any, args: list[str]) -> AuthResult:
        mechanism = args[0]
        if peer.judge(mechanism, base64.b64decode(args[1])):
            return AuthResult(success=True)
        answer = await server.challenge_auth(told(mechanism))
        assert answer is not MISSING
        peer.dismissals.append(answer)
        return AuthResult(success=False, handled=False, message=peer.refusal)

    for mechanism in mechanisms:
        setattr(peer, f"auth_{mechanism}", by_token)
    loop = asyncio.get_running_loop()

    def build() -> Server:
        server = Server(
            peer,
            hostname="127.0.0.1",
            loop=loop,
            auth_require_tls=False,
            auth_exclude_mechanism=("PLAIN", "LOGIN"),
        )
        server.command_size_limits["AUTH"] = 12_288  # RFC 4954 section 4: as long as a token may be
        return server

    server = await loop.create_server(build, "127.0.0.1", 0, ssl=wrap)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            if "_handle_client" in repr(task.get_coro()):
                task.cancel()
        await server.wait_closed()


@contextmanager
def token_imap_server(
    check: Callable[[str, str], bool],
    wrap: ssl.SSLContext | None = None,
    *,
    mechanisms: tuple[str, ...] = ("XOAUTH2",),
    initial: bool = True,
    refusal: str = "NO [AUTHENTICATIONFAILED] Authentication failed.",
    patience: int = 3,
) -> Iterator[TokenPeer]:
    """Serve as much of IMAP as it takes to log in and out; after so many refusals it says BYE and hangs up."""
    peer = TokenPeer(check)
    capabilities = " ".join(
        ["IMAP4rev1", *(["SASL-IR"] if initial else []), *(f"AUTH={name}" for name in mechanisms)]
    )
    listener = socket.create_server(("127.0.0.1", 0))
    peer.port = listener.getsockname()[1]

    def serve_one(line: socket.socket) -> None:
        file = line.makefile("rwb")

        def say(words: bytes) -> None:
            file.write(words + b"\r\n")
            file.flush()

        def authenticate(tag: bytes, mechanism: str, response: bytes | None) -> bool:
            if response is None:
                say(b"+ ")
                response = file.readline().strip()
            if peer.judge(mechanism, base64.b64decode(response)):
                say(tag + b" OK logged in")
                return True
            say(b"+ " + base64.b64encode(told(mechanism)))
            peer.dismissals.append(base64.b64decode(file.readline().strip()))
            say(tag + b" " + refusal.encode())
            return False

        refused = 0
        say(f"* OK [CAPABILITY {capabilities}] ready".encode())
        while words := file.readline().split():
            tag, command, rest = words[0], words[1].upper(), words[2:]
            if command == b"CAPABILITY":
                say(f"* CAPABILITY {capabilities}".encode())
            if command == b"LIST":
                say(b'* LIST () "/" INBOX')
            if command == b"AUTHENTICATE":
                refused += not authenticate(tag, rest[0].decode(), rest[1] if len(rest) > 1 else None)
                if refused >= patience:
                    say(b"* BYE too many failures")
                    return
                continue
            say(tag + b" OK done")
            if command == b"LOGOUT":
                return

    def serve() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            with line, wrap.wrap_socket(line, server_side=True) if wrap else line as protected:
                serve_one(protected)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield peer
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
