"""Tokens for Gmail and Google Workspace, by google-auth: in a person's name, or as a service account with delegation."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from google.auth.exceptions import RefreshError
from google.oauth2 import credentials, service_account

from relance_mailer.clock import SystemClock
from relance_mailer.errors import MailError
from relance_mailer.mail.oauth import Grant, Identity
from relance_mailer.mail.oauth_file import trouble
from relance_mailer.mail.oauth_http import Http, person_in, refused, token_of

AUTHORITY = "https://accounts.google.com"
TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
MAIL_SCOPE = "https://mail.google.com/"
_WHO = ("openid", "email")  #: to be told who logged in
LONGEST = timedelta(days=1)  #: a token is not believed to live longer
_DEFAULT_LIFETIME = timedelta(minutes=10)  #: where the provider names none


@dataclass(frozen=True, slots=True)
class Request:
    """A log-in that a person was asked for: the address to open, and what proves that the answer is to it."""

    url: str = field(repr=False)
    redirect_uri: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)  #: PKCE (RFC 7636)


def by_refresh_token(identity: Identity, http: Http, refresh_token: str) -> Grant:
    """Renew a person's token (RFC 6749 section 6)."""
    vendor = credentials.Credentials(  # type: ignore[no-untyped-call]
        token=None,
        refresh_token=refresh_token,
        token_uri=identity.token_url or TOKEN_URL,
        client_id=identity.client_id,
        client_secret=identity.client_secret,
    )
    grant = _refreshed(vendor, identity, http)
    changed = vendor.refresh_token if vendor.refresh_token != refresh_token else ""
    return Grant(grant.access_token, grant.lifetime, token_of({"token": changed}, "token"))


def by_assertion(identity: Identity, http: Http, _refresh_token: str) -> Grant:
    """Get a token in a user's name by an assertion that the service account signs (RFC 7523)."""
    try:
        vendor = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
            identity.service_account,
            scopes=list(identity.scopes or (MAIL_SCOPE,)),
            subject=identity.subject,
        )
    except (ValueError, TypeError):  # their words may quote the key
        raise trouble("the private key in service_account_file cannot be used: download it again") from None
    if identity.token_url:
        vendor = vendor.with_token_uri(identity.token_url)
    return _refreshed(vendor, identity, http)


def _refreshed(vendor: Any, identity: Identity, http: Http) -> Grant:
    """Let google-auth fetch a token, and return it with its lifetime.

    It reckons the end by the machine's clock, so by the machine's clock its lifetime is found again.
    """
    try:
        vendor.refresh(http)
    except RefreshError as error:
        raise _refused(identity, error) from None
    token = token_of({"token": vendor.token}, "token")
    if not token:
        raise ValueError("access_token")
    if vendor.expiry is None:
        return Grant(token, _DEFAULT_LIFETIME)
    return Grant(token, min(vendor.expiry.replace(tzinfo=UTC) - SystemClock().now(), LONGEST))


def _refused(identity: Identity, error: RefreshError) -> MailError:
    told = next((one for one in error.args if isinstance(one, dict)), {})
    remedy = identity.remedy if identity.by_person else ""
    return refused(told.get("error") or "no reason given", told.get("error_description", ""), remedy)


# ── a person logs in ─────────────────────────────────────────────────────────────────────────────────────────────


def request(identity: Identity, redirect_uri: str) -> Request:
    """Write the address that a person opens to log in (RFC 8252: the answer goes to this machine)."""
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": identity.client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": " ".join((*_WHO, *(identity.scopes or (MAIL_SCOPE,)))),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",  # else a second log-in brings no refresh token
    }
    if "@" in identity.subject:
        asked["login_hint"] = identity.subject
    url = f"{identity.authority or AUTHORITY}/o/oauth2/v2/auth?{urlencode(asked)}"
    return Request(url, redirect_uri, state, verifier)


def code_in(asked: Request, address: str) -> str:
    """Return the code in the address to which the provider sent the person back.

    Raises:
        MailError: it belongs to another log-in, or the person declined.
    """
    answer = {key: values[0] for key, values in parse_qs(urlsplit(address.strip()).query).items()}
    if not hmac.compare_digest(answer.get("state", "").encode(), asked.state.encode()):
        raise trouble("that address belongs to no log-in that was begun here: copy it whole, or begin again")
    if "error" in answer:
        raise refused(answer["error"], "")
    if not answer.get("code"):
        raise trouble("that address holds no code: copy it whole")
    return answer["code"]


def redeem(identity: Identity, http: Http, asked: Request, code: str) -> Grant:
    """Change the code for tokens (RFC 6749 section 4.1.3)."""
    data = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": identity.client_id,
        "client_secret": identity.client_secret,
        "redirect_uri": asked.redirect_uri,
        "code_verifier": asked.verifier,
    }
    answer = http.post(identity.token_url or TOKEN_URL, data=data)
    told: Mapping[str, Any] = json.loads(answer.text)
    if "error" in told or answer.status_code != 200:
        raise refused(told.get("error", f"HTTP {answer.status_code}"), told.get("error_description", ""))
    missing = {*(identity.scopes or (MAIL_SCOPE,))} - {*str(told.get("scope", "")).split()}
    if told.get("scope") and missing:
        raise trouble(f"the permission {' '.join(sorted(missing))} was not given: log in again and tick it")
    if not token_of(told, "access_token") or not token_of(told, "refresh_token"):
        raise trouble("the provider gave no token that can be renewed: log in again")
    lifetime = timedelta(seconds=int(told.get("expires_in", _DEFAULT_LIFETIME.total_seconds())))
    return Grant(
        token_of(told, "access_token"),
        min(lifetime, LONGEST),
        token_of(told, "refresh_token"),
        person_in(told.get("id_token")),
    )
