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
from typing import TYPE_CHECKING, Self

import aiosmtplib
from aiosmtplib import SMTP, SMTPResponse, SMTPResponseException

from relance_mailer.errors import InputError, SmtpError, readable
from relance_mailer.mail import answers, oauth, tls
from relance_mailer.mail import envelope as envelopes
from relance_mailer.mail.envelope import Envelope
from relance_mailer.mail.pipelining import Replies
from relance_mailer.mail.secrets import hidden, hide
from relance_mailer.mail.smtp_auth import authenticate
from relance_mailer.mail.smtp_errors import lost, step, weightiest, words

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
    token: oauth.TokenGiver | None = field(default=None, repr=False)  #: OAuth 2 instead of a password
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
        self._replies: Replies | None = None  # where commands may be said together
        self._token = ""  # shown instead of a password
        self._in_step = False
        self._dsn = True  # until a server that offers it does not understand it

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
        except BaseException as error:
            self._client.close()
            self._hide(error)
            raise
        self._replies = Replies.of(self._client)
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
        envelope_id: str = "",
    ) -> Accepted | Withheld:
        """Hand one message over.

        Args:
            sender: the envelope's sender, a bare address.
            recipients: bare addresses; one accepted is enough to go on, the others are reported.
            raw: the message, CRLF throughout.
            before_data: called when the server has accepted the envelope; it commits `sending` and returns
                True, or False to forbid the message.
            copies: recipients of a blind copy; they alone are no reason to send.
            envelope_id: what a delivery report shall name (RFC 3461), empty for nothing.

        Raises:
            SmtpError: the message was surely not accepted.
            InDoubtError: it may have been.
            InputError: `raw` holds bare line ends, or there is no recipient.
        """
        content = _stuffed(raw)
        if not recipients:
            raise InputError("a message without a recipient cannot be sent")
        envelope = Envelope(
            sender, tuple(recipients), tuple(copies), envelope_id, len(raw), utf8_headers=not raw.isascii()
        )
        try:
            return await self._hand_over(self._connected(), envelope, content, before_data)
        except SmtpError as error:
            self._hide(error)
            raise

    async def _hand_over(
        self, client: SMTP, envelope: Envelope, content: bytes, before_data: Callable[[], Awaitable[bool]]
    ) -> Accepted | Withheld:
        utf8 = envelope.needs_utf8(client.esmtp_extensions)
        self._in_step = False  # until this transaction has come to a known end
        self._say_ahead(client, envelope, utf8=utf8)
        await self._mail(client, envelope, utf8=utf8)
        refused = await self._recipients(client, envelope)
        if (
            refused is None
        ):  # it offers reports, takes RET at MAIL and does not understand NOTIFY: once more without
            await self._mail(client, envelope, utf8=utf8)
            refused = await self._recipients(client, envelope) or {}
        if not await self._allowed(client, before_data):
            return Withheld()
        await self._data(client)
        response = await self._content(client, content)
        answer = hidden(readable(response.message), *self._secrets)
        return Accepted(response.code, answer, answers.queue_id(answer), refused)

    @property
    def _secrets(self) -> tuple[str, str]:
        return self._account.password, self._token

    def _hide(self, error: BaseException) -> None:
        """Blot our password and token out of what a server said: it may echo what it was sent."""
        hide(error, *self._secrets)

    # ── opening ──────────────────────────────────────────────────────────────────────────────────────────

    async def _open(self, client: SMTP) -> None:
        """Connect and log in; a refused token is renewed once, and shown on a connection of its own."""
        self._token = await self._obtain_token()
        await self._greet(client)
        if not self._account.username:
            return
        try:
            await step("auth", self._authenticate(client))
        except SmtpError as error:
            self._hide(error)  # by the token that was refused, before another takes its place
            if not self._token or error.code != 535:
                raise
            client.close()
            self._token = await self._obtain_token(rejected=self._token)
            await self._greet(client)
            await step("auth", self._authenticate(client))

    async def _obtain_token(self, rejected: str = "") -> str:
        """Return an access token, "" where the account has a password; the provider is asked in a thread."""
        giver = self._account.token
        return "" if giver is None else await asyncio.to_thread(oauth.for_smtp, giver, rejected)

    async def _authenticate(self, client: SMTP) -> SMTPResponse:
        return await authenticate(client, self._account, self._token)

    async def _greet(self, client: SMTP) -> None:
        await step("connect", client.connect())
        await step("ehlo", client.ehlo())
        if self._account.tls == "starttls":
            await step("starttls", client.starttls())
            await step("ehlo", client.ehlo())

    # ── one transaction ──────────────────────────────────────────────────────────────────────────────────

    def _connected(self) -> SMTP:
        if self._client is None or not self.usable:
            raise lost("mail", "the connection was closed before the message")
        return self._client

    def _say_ahead(self, client: SMTP, envelope: Envelope, *, utf8: bool) -> None:
        """Say MAIL and every RCPT together where the server offers it; what cannot be said is told one by one."""
        if self._replies is None:
            return
        offered = client.esmtp_extensions
        try:
            envelopes.refuse_too_large(envelope.size, offered)
            commands = envelope.commands(offered, utf8=utf8, dsn=self._dsn and "dsn" in offered)
            self._replies.say(commands)
        except (aiosmtplib.SMTPServerDisconnected, SmtpError, InputError):
            return

    async def _mail(self, client: SMTP, envelope: Envelope, *, utf8: bool) -> None:
        offered = client.esmtp_extensions
        dsn = self._dsn and "dsn" in offered
        parameters = envelope.mail_parameters(offered, utf8=utf8, dsn=dsn)
        try:
            envelopes.refuse_too_large(envelope.size, offered)
            await step("mail", self._name(client, b"MAIL", envelope.sender, parameters))
        except SmtpError as error:
            await self._settle(client, error)
            if not (dsn and error.code in envelopes.NOT_UNDERSTOOD and client.is_connected):
                raise
            self._dsn = self._in_step = False  # it offers what it does not understand
            await self._mail(client, envelope, utf8=utf8)

    async def _recipients(self, client: SMTP, envelope: Envelope) -> dict[str, tuple[int, str]] | None:
        """Name the recipients; return those refused. With no true recipient left, end the transaction.

        None if what we asked of reports was not understood: the transaction is reset, and nothing is asked again.
        """
        dsn = self._dsn and "dsn" in client.esmtp_extensions
        errors: dict[str, SmtpError] = {}
        for recipient in envelope.everybody:
            try:
                parameters = envelopes.rcpt_parameters(recipient, dsn=dsn)
                await step("rcpt", self._name(client, b"RCPT", recipient, parameters))
            except SmtpError as error:
                self._hide(error)
                if dsn and envelopes.is_not_understood(error) and client.is_connected:
                    await self._reset(client)
                    self._dsn = self._in_step = False
                    return None
                errors[recipient] = error
                more = self._replies is not None and self._replies.owed and _is_refusal(error)
                if not (more or _in_step_after(client, error)):
                    client.close()
                    raise
        refusals = envelopes.refusals(errors, envelope.recipients)
        if len(refusals) == len(envelope.recipients):
            worst = weightiest(refusals)
            await self._settle(client, worst)
            raise worst
        return envelopes.told(errors)

    async def _name(self, client: SMTP, verb: bytes, address: str, parameters: Sequence[str]) -> None:
        """Give MAIL or RCPT an address, unless that was said already, and hear the answer."""
        if self._replies is not None and self._replies.owed:
            response = await self._replies.answer(client)
        else:
            command = envelopes.naming(verb, address, parameters, client.esmtp_extensions)
            response = await client.execute_command(command)
        if response.code not in (250, 251):
            raise SMTPResponseException(response.code, response.message)

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
        response = await step("data", client.execute_command(b"DATA"))
        if response.code != 354:
            error = answers.refusal("data", response.code, response.message)
            await self._settle(client, error)
            raise error

    async def _content(self, client: SMTP, content: bytes) -> SMTPResponse:
        """Send the content and wait for the answer to its final dot; from the first byte on, doubt is possible."""
        protocol, transport = client.protocol, client.transport
        if protocol is None or transport is None:
            raise lost("data", "the connection was lost before the content")
        if protocol._buffer:  # noqa: SLF001 - a 250 said ahead would be read as the answer to the content
            client.close()
            raise lost("data", "the server answered before it was asked")
        try:
            protocol.write(content)
        except aiosmtplib.SMTPServerDisconnected as error:
            raise lost("data", "the connection was lost before the content") from error
        try:
            response = await protocol.read_response(timeout=self._account.dot_timeout)
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise answers.in_doubt(words(error), getattr(error, "code", None)) from error
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
            if self._replies is not None:
                await self._replies.forget(client)
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
    return client.is_connected and (error.code is None or _is_refusal(error))


def _is_refusal(error: SmtpError) -> bool:
    return error.code is not None and 400 <= error.code <= 599 and error.code != 421
