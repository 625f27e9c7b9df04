"""A person logs in, once: by a code entered on any device, or by a browser that is sent back to this machine."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from relance_mailer.mail import oauth_google, oauth_microsoft
from relance_mailer.mail.oauth import TokenSource
from relance_mailer.mail.oauth_file import Tokens, trouble
from relance_mailer.mail.oauth_http import asking
from relance_mailer.mail.oauth_microsoft import Invitation

PATIENCE = 600.0  #: seconds to log in by the browser
_PAGE = "<!doctype html><meta charset=utf-8><title>relance_mailer</title><p>{}"
_DONE = _PAGE.format("C'est fait, vous pouvez fermer cette page. / Done, you may close this page.").encode()
_UNKNOWN = _PAGE.format("?").encode()


def by_device_code(
    source: TokenSource, tell: Callable[[Invitation], None], wait: Callable[[float], object] = time.sleep
) -> Tokens:
    """Log in by a code that a person enters on any device, and keep the tokens; before that nothing is kept.

    Args:
        source: whose log-in it is.
        tell: shows the person the address and the code.
        wait: waits so many seconds.

    Raises:
        MailError: the person declined or let the code run out, or the provider is in trouble.
    """
    with asking(source.identity) as http:
        application, invitation = oauth_microsoft.invite(source.identity, http)
        tell(invitation)
        grant = oauth_microsoft.await_person(source.identity, application, invitation, wait)
    return source.keep(grant)


def by_browser(
    source: TokenSource, tell: Callable[[str], None], paste: Callable[[], str] | None = None
) -> Tokens:
    """Log in by a browser, and keep the tokens; before that nothing is kept.

    Args:
        source: whose log-in it is.
        tell: shows the person the address to open.
        paste: asks the person for the address at which the browser ended, where it runs on another machine.

    Raises:
        MailError: the person declined, did not come back in time, or the provider is in trouble.
    """
    with _Listener() as listener:
        asked = oauth_google.request(source.identity, listener.address)
        tell(asked.url)
        answer = paste() if paste else listener.wait(asked.state)
    with asking(source.identity, asked.verifier) as http:
        grant = oauth_google.redeem(source.identity, http, asked, oauth_google.code_in(asked, answer))
    return source.keep(grant)


class _Returning(BaseHTTPRequestHandler):
    """Takes the one request that bears our state; whatever else asks here is not answered to."""

    server: _Listener
    timeout = 5.0

    def do_GET(self) -> None:
        """Note the address, if it is the answer to our question."""
        told = parse_qs(urlsplit(self.path).query).get("state", [""])[0]
        ours = hmac.compare_digest(told.encode(), self.server.state.encode())
        if ours:
            self.server.answer = self.path
        self.send_response(200 if ours else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(_DONE if ours else _UNKNOWN)

    def log_message(self, *_: Any) -> None:
        """Say nothing: the address holds a secret."""


class _Listener(HTTPServer):
    """Waits on this machine for the browser that the provider sends back (RFC 8252 section 7.3)."""

    timeout = 1.0  # between two looks at whether it is too late
    state = answer = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Returning)
        self.address = f"http://127.0.0.1:{self.server_address[1]}"

    def wait(self, state: str) -> str:
        """Return the address at which the browser came back."""
        deadline = time.monotonic() + PATIENCE
        self.state = state
        while not self.answer:
            if time.monotonic() > deadline:
                raise trouble("nobody logged in within ten minutes: begin again")
            self.handle_request()
        return self.answer

    def handle_error(self, *_: Any) -> None:
        """Say nothing of browsers that hang up."""
