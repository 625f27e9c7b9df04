"""Looking at a mail server without using it: how the connection is protected, and what the server can do."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from aiosmtplib import SMTP, SMTPResponse

from relance_mailer.mail import imap_client, tls
from relance_mailer.mail.imap import ImapAccount, Mailbox
from relance_mailer.mail.imap_client import translated
from relance_mailer.mail.smtp import SmtpConnection


@dataclass(frozen=True, slots=True)
class Protection:
    """How a connection is protected: the protocol, "TLSv1.3", and when the server's certificate ends."""

    version: str
    expires: datetime | None


@dataclass(frozen=True, slots=True)
class SmtpFacts:
    """What an SMTP server told before anybody logged in: its extensions (upper case) with their parameters."""

    protection: Protection | None
    extensions: Mapping[str, str]
    mechanisms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImapFacts:
    """What an IMAP server told before anybody logged in."""

    protection: Protection | None
    capabilities: frozenset[str] = field(default_factory=frozenset)


class SmtpProbe(SmtpConnection):
    """A connection that notes what the server tells; `facts` are known even where the login is refused."""

    facts: SmtpFacts | None = None

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        if self.facts is None and self._client is not None:
            self.facts = _smtp_facts(self._client)
        return self

    async def _authenticate(self, client: SMTP) -> SMTPResponse:
        self.facts = _smtp_facts(client)
        return await super()._authenticate(client)


class ImapProbe(Mailbox):
    """A mailbox that also tells what its server can do once somebody is logged in."""

    def capabilities(self) -> frozenset[str]:
        """Return the server's capabilities, upper case (RFC 3501 section 7.2.1)."""
        return _names(self._call("capabilities"))


def reach_imap(account: ImapAccount) -> ImapFacts:
    """Connect, without logging in, and return what the server tells; ImapError if it cannot be reached."""
    tls.check_cleartext(account.host, account.tls, allowed=account.allow_cleartext)
    context = None if account.tls == "none" else tls.context(account.ca_file)
    client = translated("connect", lambda: imap_client.connect(account, context))
    try:
        if account.tls == "starttls":
            translated("starttls", lambda: client.starttls(context))
        told = translated("capability", client.capabilities)
        return ImapFacts(_protection(client.socket()), _names(told))
    finally:
        client.shutdown()


def _smtp_facts(client: SMTP) -> SmtpFacts:
    extensions = {name.upper(): value.strip() for name, value in client.esmtp_extensions.items()}
    mechanisms = tuple(name.upper() for name in client.server_auth_methods)
    return SmtpFacts(_protection(client.get_transport_info("ssl_object")), extensions, mechanisms)


def _names(told: Any) -> frozenset[str]:
    return frozenset(name.decode("ascii", "replace").upper() for name in told)


def _protection(line: Any) -> Protection | None:
    """Return how a TLS socket (or the like) is protected, None for one in the clear."""
    if not isinstance(line, (ssl.SSLSocket, ssl.SSLObject)):
        return None
    ends = (line.getpeercert() or {}).get("notAfter")
    expires = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(ends)), UTC) if ends else None
    return Protection(line.version() or "TLS", expires)
