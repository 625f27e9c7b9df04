"""Ask an identity provider over https: certificates verified, no redirects, limits on time and size, no secret told.

One client serves both vendors' libraries: msal calls `get` and `post`, google-auth calls the object itself. What is
no JSON object, or says that the provider itself is in trouble, never reaches them.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

from relance_mailer.errors import ConfigError, MailError
from relance_mailer.mail import tls
from relance_mailer.mail.oauth_file import trouble

if TYPE_CHECKING:
    from relance_mailer.mail.oauth import Identity

DEADLINE = 60.0  #: seconds for a whole answer, however it trickles
BODY_LIMIT = 1_000_000  #: bytes of an answer
_WORDS_LIMIT = 300  #: characters of a provider's own words
_LONGEST_TOKEN = 16_000  #: characters

#: Errors after which a person must log in again (RFC 6749 section 5.2, OpenID Connect Core section 3.1.2.6).
LOG_IN_AGAIN = ("invalid_grant", "interaction_required", "login_required", "consent_required")
#: Errors that pass by themselves.
PASSING = ("temporarily_unavailable", "server_error")
#: Libraries that would write what they send and get into the log.
_TALKATIVE = ("msal", "google.auth", "google.oauth2", "urllib3", "requests")


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON answer, in the shapes that both libraries expect."""

    status_code: int
    text: str = field(repr=False)
    headers: Mapping[str, str]

    def raise_for_status(self) -> None:
        """Nothing: what is to be raised was raised before."""

    @property
    def status(self) -> int:
        """The HTTP status, as google-auth calls it."""
        return self.status_code

    @property
    def data(self) -> bytes:
        """The body, as google-auth calls it."""
        return self.text.encode()


class Http:
    """Asks one identity provider."""

    def __init__(self, ca_file: str | None, timeout: float) -> None:
        self._session = requests.Session()
        self._verify = ca_file or True
        self._timeout = timeout

    def get(self, url: str, *, params: Any = None, headers: Any = None, **_: Any) -> Answer:
        """Ask for a description; any answer but 200 is an error."""
        answer = self._ask("GET", url, params=params, headers=headers)
        if answer.status_code != 200:
            told = json.loads(answer.text)
            raise refused(told.get("error", f"HTTP {answer.status_code}"), told.get("error_description", ""))
        return answer

    def post(
        self, url: str, *, params: Any = None, data: Any = None, headers: Any = None, **_: Any
    ) -> Answer:
        """Ask for a token; the library reads from the answer whether there is one."""
        return self._ask("POST", url, params=params, data=data, headers=headers)

    def __call__(
        self, url: str, method: str = "GET", body: Any = None, headers: Any = None, **_: Any
    ) -> Answer:
        """Ask as google-auth does."""
        return self._ask(method, url, data=body, headers=headers)

    def close(self) -> None:
        """Close its connections."""
        self._session.close()

    def _ask(self, method: str, url: str, **what: Any) -> Answer:
        if not url.startswith("https://"):
            raise trouble(f"the identity provider names {url[:200]!r}: only https:// addresses are asked")
        try:
            with self._session.request(
                method,
                url,
                verify=self._verify,
                timeout=self._timeout,
                allow_redirects=False,  # they would carry the secret elsewhere
                stream=True,
                **what,
            ) as response:
                return _readable(response, url)
        except requests.RequestException as error:
            raise _unreachable(url, error) from None  # what it holds has the secret in it


def _readable(response: requests.Response, url: str) -> Answer:
    """Read an answer within the limits; one that the provider's trouble speaks from is an error."""
    host = url.split("/")[2]
    deadline = time.monotonic() + DEADLINE
    body = bytearray()
    for piece in response.iter_content(65_536):
        body += piece
        if len(body) > BODY_LIMIT or time.monotonic() > deadline:
            raise trouble(f"the identity provider {host} answers without end", permanent=False)
    if response.status_code == 429 or response.status_code >= 500:
        raise trouble(f"the identity provider {host} answers HTTP {response.status_code}", permanent=False)
    text = body.decode("utf-8", "replace")
    told = _object(text)
    if told is None:
        words = f"the identity provider {host} answers HTTP {response.status_code}, and no JSON object"
        raise trouble(words, permanent=400 <= response.status_code < 500)
    if told.get("error") in PASSING:  # google-auth would sleep and ask again: our own queue does that better
        raise refused(told["error"], told.get("error_description", ""))
    return Answer(response.status_code, text, dict(response.headers))


def _object(text: str) -> dict[str, Any] | None:
    """Return a JSON object, None if the text is none."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _unreachable(url: str, error: requests.RequestException) -> MailError:
    """Say why a provider could not be asked, without the vendor's words: they are long, and may quote what was sent."""
    host = url.split("/")[2]
    if isinstance(error, requests.exceptions.SSLError):
        return trouble(
            f"the identity provider {host} shows a certificate that cannot be trusted: {_innermost(error)}"
        )
    if isinstance(error, requests.Timeout):
        return trouble(f"the identity provider {host} does not answer in time", permanent=False)
    return trouble(f"the identity provider {host} cannot be reached: {_innermost(error)}", permanent=False)


def _innermost(error: BaseException) -> str:
    """Return the words of what was first wrong: a certificate's fault, or the network's."""
    while True:
        inner = error.__cause__ or error.__context__ or getattr(error, "reason", None)
        inner = inner or next((one for one in error.args if isinstance(one, BaseException)), None)
        if not isinstance(inner, BaseException):
            verdict = getattr(error, "verify_message", "") or getattr(error, "strerror", "")
            return clean(str(verdict or type(error).__name__))
        error = inner


@contextlib.contextmanager
def asking(identity: Identity, *secrets: str) -> Iterator[Http]:
    """Give a client for one request or a few; whatever goes wrong meanwhile is a MailError without any secret."""
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    http = Http(identity.ca_file, identity.timeout)
    try:
        if identity.ca_file:
            tls.context(identity.ca_file)  # a file that is no certificate is told as such
        yield http
    except MailError as error:
        words = clean(error.answer, identity.client_secret, *secrets)
        raise trouble(words, permanent=error.permanent) from None
    except ConfigError as error:
        raise trouble(clean(str(error))) from None
    except Exception as error:  # noqa: BLE001 - an answer that makes no sense breaks the vendor's code anywhere
        raise trouble(
            f"the identity provider's answer makes no sense ({type(error).__name__})", permanent=False
        ) from None
    finally:
        http.close()


def refused(error: object, description: object, remedy: str = "") -> MailError:
    """Return what a provider's error means, in its own words (RFC 6749 section 5.2)."""
    words = f"the identity provider refuses: {clean(str(error))}"
    if description:
        words += f" ({clean(str(description))})"
    if error in LOG_IN_AGAIN and remedy:
        words += f"; {remedy}"
    return trouble(words, permanent=error not in PASSING)


def token_of(told: Mapping[str, Any], key: str) -> str:
    """Return a token from an answer, "" if it names none; one that no mail server could be shown is an error."""
    token = told.get(key) or ""
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError(key)
    if len(token) > _LONGEST_TOKEN:
        raise ValueError(key)
    return token


def person_in(id_token: object) -> str:
    """Return whom an ID token names; it came from the provider itself by TLS (OpenID Connect Core 3.1.3.7, 6)."""
    try:
        part = str(id_token).split(".")[1]
        told = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return clean(str(told.get("preferred_username") or told.get("email") or ""))
    except (IndexError, ValueError, binascii.Error, AttributeError, RecursionError):
        return ""


def clean(words: str, *secrets: str) -> str:
    """Return words fit for a line of a log: no control characters, not too long, no secret."""
    for secret in filter(None, secrets):
        words = words.replace(secret, "…")
    line = " ".join("".join(char if char.isprintable() else " " for char in words[:4_000]).split())
    return line if len(line) <= _WORDS_LIMIT else line[: _WORDS_LIMIT - 1] + "…"
