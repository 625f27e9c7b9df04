"""Hand a message over to the SMTP server, and know afterwards what became of it.

An attempt ends in one of four ways, and nothing else leaves `SmtpConnection.deliver`:

    Accepted        the server answered 2xx after the final dot
    Withheld        the caller forbade it before DATA; nothing was sent
    SmtpError       surely not accepted; `phase`, `scope` and `permanent` say who refused and for how long
    InDoubtError    bytes of the content went out and no answer came: nobody knows (design rule 1)

(A cancelled attempt leaves the same doubt as InDoubtError once `before_data` has been called.)
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Self, TypeVar

import aiosmtplib
from aiosmtplib import SMTP, SMTPResponse

from relance_mailer.errors import InputError, Scope, SmtpError
from relance_mailer.mail import answers, tls
from relance_mailer.mail.compose import ascii_address

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from types import TracebackType

QUIT_TIMEOUT = 5.0  #: seconds to say goodbye in


@dataclass(frozen=True, slots=True)
class SmtpAccount:
    """Where and as whom to send."""

    host: str
    port: int
    tls: tls.Tls = "starttls"
    username: str = ""  #: empty for a server that asks for none
    password: str = field(default="", repr=False)
    token: Callable[[], Awaitable[str]] | None = field(
        default=None, repr=False
    )  #: OAuth 2 instead of a password
    ca_file: str | None = None  #: PEM file of the one authority to trust, instead of the system's
    timeout: float = 60  #: seconds for each command
    dot_timeout: float = 600  #: seconds for the answer to the content (RFC 5321 section 4.5.3.2.6)
    local_hostname: str | None = None  #: the name for EHLO, else this host's
    source: tuple[str, int] | None = None  #: local address and port to connect from
    allow_cleartext: bool = False  #: with tls "none", also towards other machines


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server took the message: from here on it answers for it."""

    code: int
    answer: str  #: the server's exact words
    queue_id: str  #: as far as the answer names one, else empty
    refused: Mapping[str, tuple[int, str]] = field(default_factory=dict)  #: recipient -> code, words


@dataclass(frozen=True, slots=True)
class Withheld:
    """The caller forbade the message before DATA; nothing was sent."""


class SmtpConnection:
    """One authenticated connection, used for one message after the other.

    Entering connects, and raises SmtpError with scope ACCOUNT when that fails; leaving says QUIT.
    """

    def __init__(self, account: SmtpAccount) -> None:
        tls.check_cleartext(account.host, account.tls, allowed=account.allow_cleartext)
        self._account = account
        self._client: SMTP | None = None
        self._in_step = False

    @property
    def usable(self) -> bool:
        """Whether another message may be handed over on this connection."""
        return self._in_step and self._client is not None and self._client.is_connected

    async def __aenter__(self) -> Self:
        account = self._account
        self._client = SMTP(
            hostname=account.host,
            port=account.port,
            use_tls=account.tls == "tls",
            start_tls=False,
            timeout=account.timeout,
            local_hostname=account.local_hostname,
            source_address=account.source,
            tls_context=None
            if account.tls == "none"
            else await asyncio.to_thread(tls.context, account.ca_file),
        )
        try:
            await self._open(self._client)
        except BaseException:
            self._client.close()
            raise
        self._in_step = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Say QUIT where the connection is still in step, and close it. Never raises."""
        client, self._client = self._client, None
        if client is None:
            return
        try:
            if self._in_step and client.is_connected:
                await client.quit(timeout=QUIT_TIMEOUT)
        except (aiosmtplib.SMTPException, OSError):
            pass  # the server is gone already
        finally:
            client.close()

    async def deliver(
        self,
        sender: str,
        recipients: Sequence[str],
        raw: bytes,
        before_data: Callable[[], Awaitable[bool]],
        *,
        copies: Sequence[str] = (),
    ) -> Accepted | Withheld:
        """Hand one message over.

        Args:
            sender: the envelope's sender, a bare ASCII address.
            recipients: bare ASCII addresses; one accepted is enough to go on, the others are reported.
            raw: the message, CRLF throughout.
            before_data: called when the server has accepted the envelope; it commits `sending` and returns
                True, or False to forbid the message.
            copies: recipients of a blind copy; they alone are no reason to send.

        Raises:
            SmtpError: the message was surely not accepted.
            InDoubtError: it may have been.
            InputError: `raw` holds bare line ends, or there is no recipient.
        """
        content = _stuffed(raw)
        if not recipients:
            raise InputError("a message without a recipient cannot be sent")
        client = self._connected()
        self._in_step = False  # until this transaction has come to a known end
        await self._mail(client, sender, len(raw))
        refused = await self._recipients(client, recipients, copies)
        if not await self._allowed(client, before_data):
            return Withheld()
        await self._data(client)
        response = await self._content(client, content)
        return Accepted(response.code, response.message, answers.queue_id(response.message), refused)

    # ── opening ──────────────────────────────────────────────────────────────────────────────────────────

    async def _open(self, client: SMTP) -> None:
        await _step("connect", client.connect())
        await _step("ehlo", client.ehlo())
        if self._account.tls == "starttls":
            await _step("starttls", client.starttls())
            await _step("ehlo", client.ehlo())
        if self._account.username:
            await _step("auth", self._authenticate(client))

    async def _authenticate(self, client: SMTP) -> SMTPResponse:
        """Log in once: a second try by another mechanism only brings a lock-out nearer."""
        account, offered = self._account, client.server_auth_methods
        if account.token is not None:
            return await client.auth_xoauth2(account.username, await account.token())
        if "plain" in offered:
            return await client.auth_plain(account.username, account.password)
        if "login" in offered:
            return await client.auth_login(account.username, account.password)
        if "cram-md5" in offered:
            return await client.auth_crammd5(account.username, account.password)
        raise aiosmtplib.SMTPNotSupported(
            f"the server offers no way to log in that this program knows (offered: {' '.join(offered) or 'none'})"
        )

    # ── one transaction ──────────────────────────────────────────────────────────────────────────────────

    def _connected(self) -> SMTP:
        if self._client is None or not self.usable:
            raise _lost("mail", "the connection was closed before the message")
        return self._client

    async def _mail(self, client: SMTP, sender: str, size: int) -> None:
        try:
            self._check_size(client, size)
            options = [f"SIZE={size}"] if client.supports_extension("size") else []
            await _step("mail", self._name(client.mail, sender, options))
        except SmtpError as error:
            await self._settle(client, error)
            raise

    def _check_size(self, client: SMTP, size: int) -> None:
        limit = client.esmtp_extensions.get("size", "").strip()
        if limit.isascii() and limit.isdigit() and 0 < int(limit) < size:
            raise SmtpError(
                f"the message has {size} bytes, the server takes {limit} (RFC 1870)",
                permanent=True,
                scope=Scope.MESSAGE,
                phase="mail",
            )

    async def _recipients(
        self, client: SMTP, recipients: Sequence[str], copies: Sequence[str]
    ) -> dict[str, tuple[int, str]]:
        """Name the recipients; return those refused. With no true recipient left, end the transaction."""
        errors: dict[str, SmtpError] = {}
        for recipient in dict.fromkeys((*recipients, *copies)):
            try:
                await _step("rcpt", self._name(client.rcpt, recipient))
            except SmtpError as error:
                errors[recipient] = error
                if not _in_step_after(client, error):
                    client.close()
                    raise
        refusals = [errors[recipient] for recipient in recipients if recipient in errors]
        if len(refusals) == len(recipients):
            worst = _weightiest(refusals)
            await self._settle(client, worst)
            raise worst
        return {recipient: (error.code or 0, error.answer) for recipient, error in errors.items()}

    async def _name(
        self, command: Callable[..., Awaitable[SMTPResponse]], address: str, options: Sequence[str] = ()
    ) -> SMTPResponse:
        """Give MAIL or RCPT an address, written strictly: the vendor takes the first that it finds in the text."""
        return await command(ascii_address(address) if address else "", options=options)

    async def _allowed(self, client: SMTP, before_data: Callable[[], Awaitable[bool]]) -> bool:
        try:
            allowed = await before_data()
        except BaseException:
            client.close()
            raise
        if not allowed:
            await self._reset(client)
        return allowed

    async def _data(self, client: SMTP) -> None:
        response = await _step("data", client.execute_command(b"DATA"))
        if response.code != 354:
            error = answers.refusal("data", response.code, response.message)
            await self._settle(client, error)
            raise error

    async def _content(self, client: SMTP, content: bytes) -> SMTPResponse:
        """Send the content and wait for the answer to its final dot; from the first byte on, doubt is possible."""
        protocol, transport = client.protocol, client.transport
        if protocol is None or transport is None:
            raise _lost("data", "the connection was lost before the content")
        try:
            protocol.write(content)
        except aiosmtplib.SMTPServerDisconnected as error:
            raise _lost("data", "the connection was lost before the content") from error
        try:
            response = await protocol.read_response(timeout=self._account.dot_timeout)
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise answers.in_doubt(_words(error), getattr(error, "code", None)) from error
        except BaseException:
            client.close()
            raise
        return await self._final(client, response, early=_unsent(transport))

    async def _final(self, client: SMTP, response: SMTPResponse, *, early: bool) -> SMTPResponse:
        """Read the final answer; one that came before all was sent leaves the connection out of step."""
        if 200 <= response.code <= 299 and not early:
            self._in_step = True
            return response
        if not 400 <= response.code <= 599:
            client.close()
            raise answers.in_doubt(f"{response.code} {response.message}", response.code)
        error = answers.refusal("dot", response.code, response.message)
        if early:
            client.close()
        else:
            await self._settle(client, error)
        raise error

    async def _settle(self, client: SMTP, error: SmtpError) -> None:
        """After a refusal, ready the connection for the next message, or close it if it is out of step."""
        if _in_step_after(client, error):
            await self._reset(client)
        else:
            client.close()

    async def _reset(self, client: SMTP) -> None:
        """Drop the transaction with RSET; a server that cannot do that is left."""
        try:
            await client.rset()
            self._in_step = True
        except (aiosmtplib.SMTPException, OSError):
            client.close()


def _stuffed(raw: bytes) -> bytes:
    """Return the content for the wire: dots doubled, the final dot set (RFC 5321 section 4.5.2)."""
    if not raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r"):
        raise InputError("the message holds bare CR or LF: an SMTP server might read them as its end")
    content = raw.replace(b"\r\n.", b"\r\n..")
    start = b"." if raw.startswith(b".") else b""
    end = b".\r\n" if raw.endswith(b"\r\n") else b"\r\n.\r\n"
    return start + content + end


def _unsent(transport: asyncio.BaseTransport) -> bool:
    return isinstance(transport, asyncio.WriteTransport) and transport.get_write_buffer_size() > 0


def _in_step_after(client: SMTP, error: SmtpError) -> bool:
    """Say whether client and server still agree on where they are: after a plain refusal, or one of our own."""
    return client.is_connected and (error.code is None or (400 <= error.code <= 599 and error.code != 421))


def _weightiest(errors: Sequence[SmtpError]) -> SmtpError:
    """Choose the refusal that decides: the account's before a recipient's, one that may pass before a final one."""
    return min(errors, key=lambda error: (error.scope is not Scope.ACCOUNT, error.permanent))


# ── the vendor's errors, mapped once ─────────────────────────────────────────────────────────────────────────

_T = TypeVar("_T")


class _Kind(Enum):
    ANSWER = auto()  # the server refused in words
    ANSWERS = auto()  # several refusals at once
    NETWORK = auto()  # the connection failed or fell silent
    MISSING = auto()  # the server cannot do what the configuration asks


VENDOR_ERRORS: dict[type[Exception], _Kind] = {
    aiosmtplib.SMTPException: _Kind.MISSING,
    aiosmtplib.SMTPNotSupported: _Kind.MISSING,
    aiosmtplib.SMTPServerDisconnected: _Kind.NETWORK,
    aiosmtplib.SMTPConnectError: _Kind.NETWORK,
    aiosmtplib.SMTPTimeoutError: _Kind.NETWORK,
    aiosmtplib.SMTPConnectTimeoutError: _Kind.NETWORK,
    aiosmtplib.SMTPReadTimeoutError: _Kind.NETWORK,
    aiosmtplib.SMTPResponseException: _Kind.ANSWER,
    aiosmtplib.SMTPConnectResponseError: _Kind.ANSWER,
    aiosmtplib.SMTPHeloError: _Kind.ANSWER,
    aiosmtplib.SMTPDataError: _Kind.ANSWER,
    aiosmtplib.SMTPAuthenticationError: _Kind.ANSWER,
    aiosmtplib.SMTPSenderRefused: _Kind.ANSWER,
    aiosmtplib.SMTPRecipientRefused: _Kind.ANSWER,
    aiosmtplib.SMTPRecipientsRefused: _Kind.ANSWERS,
}


async def _step(phase: str, awaitable: Awaitable[_T]) -> _T:
    """Run one protocol step; whatever the vendor or the network raises becomes an SmtpError of that phase."""
    try:
        return await awaitable
    except (aiosmtplib.SMTPException, OSError, ValueError, InputError) as error:
        raise mapped(phase, error) from error


def mapped(phase: str, error: Exception) -> SmtpError:
    """Return what a vendor's or the network's error means at a protocol step before the content."""
    match VENDOR_ERRORS.get(type(error)):
        case _Kind.ANSWER if isinstance(error, aiosmtplib.SMTPResponseException):
            phase = "greeting" if isinstance(error, aiosmtplib.SMTPConnectResponseError) else phase
            return answers.refusal(phase, error.code, error.message)
        case _Kind.ANSWERS if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
            return _weightiest([mapped("rcpt", each) for each in error.recipients])
        case _Kind.MISSING:
            return SmtpError(_words(error), permanent=True, scope=Scope.ACCOUNT, phase=phase)
    if isinstance(error, (ValueError, InputError)) and not isinstance(error, OSError):  # an unusable address
        return SmtpError(str(error), permanent=True, scope=answers.BY_PHASE[phase], phase=phase)
    return _lost(phase, _words(error), permanent=tls.is_untrusted(error))


def _lost(phase: str, words: str, *, permanent: bool = False) -> SmtpError:
    return SmtpError(words, permanent=permanent, scope=Scope.ACCOUNT, phase=phase)


def _words(error: Exception) -> str:
    return str(getattr(error, "message", "") or error) or type(error).__name__
