"""How a sending account logs in: by an access token where it has one, else by its password."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPNotSupported, SMTPResponse

from relance_mailer.mail import oauth_sasl

if TYPE_CHECKING:
    from relance_mailer.mail.smtp import SmtpAccount

_TO_CHALLENGE, _WELCOME = 334, 235  #: RFC 4954


async def authenticate(client: SMTP, account: SmtpAccount, token: str) -> SMTPResponse:
    """Log in once: a second try by another mechanism only brings a lock-out nearer.

    Raises:
        aiosmtplib.SMTPException: the server refused, or offers no way that this program knows.
    """
    offered = client.server_auth_methods
    if token:
        return await _by_token(client, account, token)
    if "plain" in offered:
        return await client.auth_plain(account.username, account.password)
    if "login" in offered:
        return await client.auth_login(account.username, account.password)
    if "cram-md5" in offered:
        return await client.auth_crammd5(account.username, account.password)
    raise SMTPNotSupported(
        f"the server offers no way to log in that this program knows (offered: {' '.join(offered) or 'none'})"
    )


async def _by_token(client: SMTP, account: SmtpAccount, token: str) -> SMTPResponse:
    """Show an access token; a refusal tells what the server said in its challenge, too."""
    offered = client.server_auth_methods
    login = oauth_sasl.login(offered, account.username, token, account.host, account.port)
    if login is None:
        raise SMTPNotSupported(
            f"the server offers no log-in by OAuth 2 (offered: {' '.join(offered) or 'none'})"
        )
    answer = await client.execute_command(b"AUTH", login.mechanism.encode(), login.encoded)
    why = ""
    if answer.code == _TO_CHALLENGE:
        why = oauth_sasl.refusal(oauth_sasl.decoded(answer.message))
        answer = await client.execute_command(base64.b64encode(login.dismissal))
    if answer.code != _WELCOME:
        raise SMTPAuthenticationError(answer.code, oauth_sasl.told(token, answer.message, why))
    return answer
