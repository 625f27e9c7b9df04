"""Tokens for Microsoft 365, by msal: as an application of its own, or in the name of a person (device code)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msal

from relance_mailer.errors import MailError
from relance_mailer.mail.oauth import Grant, Identity
from relance_mailer.mail.oauth_file import trouble
from relance_mailer.mail.oauth_http import Http, clean, person_in, refused, token_of

AUTHORITY = "https://login.microsoftonline.com"
APP_SCOPES = ("https://outlook.office365.com/.default",)
#: In a person's name; msal asks for openid, profile and offline_access besides.
PERSON_SCOPES = (
    "https://outlook.office.com/SMTP.Send",
    "https://outlook.office.com/IMAP.AccessAsUser.All",
)
LONGEST = timedelta(days=1)  #: a token is not believed to live longer
_DEFAULT_LIFETIME = 600  #: seconds, where the provider names none

#: What ends a log-in by device code, in words.
_ENDINGS = {
    "authorization_declined": "the log-in was declined",
    "access_denied": "the log-in was declined",
    "expired_token": "the code was not entered in time",
    "code_expired": "the code was not entered in time",
    "bad_verification_code": "the code was not accepted",
}


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a person is asked to do: open the address, enter the code."""

    url: str
    code: str
    seconds: int  #: to do it in
    flow: dict[str, Any] = field(repr=False)


def for_client(identity: Identity, http: Http, _refresh_token: str) -> Grant:
    """Get a token for the application itself (RFC 6749 section 4.4)."""
    application = _application(identity, http)
    return _granted(identity, application.acquire_token_for_client(list(identity.scopes or APP_SCOPES)))


def by_refresh_token(identity: Identity, http: Http, refresh_token: str) -> Grant:
    """Renew a person's token (RFC 6749 section 6)."""
    told = _application(identity, http).acquire_token_by_refresh_token(
        refresh_token, _person_scopes(identity)
    )
    return _granted(identity, told)


def invite(identity: Identity, http: Http) -> tuple[Any, Invitation]:
    """Begin a log-in by device code (RFC 8628); return msal's application and what to tell the person."""
    application = _application(identity, http)
    flow = application.initiate_device_flow(_person_scopes(identity))
    if "user_code" not in flow:
        raise refused(flow.get("error", "no code"), flow.get("error_description", ""))
    flow["interval"] = max(1, flow["interval"])
    url = clean(str(flow.get("verification_uri") or flow.get("verification_url")))
    return application, Invitation(url, clean(str(flow["user_code"])), flow["expires_in"], flow)


def await_person(
    identity: Identity, application: Any, invitation: Invitation, wait: Callable[[float], object]
) -> Grant:
    """Ask, as slowly as the provider wishes, until the person has entered the code; `wait` waits so many seconds.

    Raises:
        MailError: the person declined, or the code ran out.
    """
    flow, waited = invitation.flow, 0
    while waited < invitation.seconds:
        wait(flow["interval"])
        waited += flow["interval"]
        flow.pop("latest_attempt_at", None)  # msal would look at a clock of its own: we waited
        told = _poll(application, flow)
        error = told.get("error")
        if error not in {"authorization_pending", "slow_down"}:
            break
    else:
        error, told = "expired_token", {}
    if error in _ENDINGS:
        raise trouble(f"{_ENDINGS[error]}: {identity.remedy} again")
    grant = _granted(identity, told)
    if not grant.refresh_token:
        raise trouble("the provider gave no refresh token: allow the application offline_access")
    return grant


def _poll(application: Any, flow: dict[str, Any]) -> Mapping[str, Any]:
    """Ask once; a provider in trouble for a while is asked again, more slowly (RFC 8628 section 3.5)."""
    try:
        told: Mapping[str, Any] = application.acquire_token_by_device_flow(
            flow, exit_condition=lambda _: True
        )
    except MailError as error:
        if error.permanent:
            raise
        flow["interval"] *= 2
        return {"error": "authorization_pending"}
    return told


def _application(identity: Identity, http: Http) -> Any:
    """Return msal's view of the application; it keeps nothing: tokens lie in our own file, by our own clock."""
    secret = {"client_credential": identity.client_secret} if identity.client_secret else {}
    kind = msal.ConfidentialClientApplication if secret else msal.PublicClientApplication
    return kind(
        identity.client_id,
        authority=f"{identity.authority or AUTHORITY}/{identity.tenant}",
        http_client=http,
        instance_discovery=False,  # the configuration says whom to trust: nobody else is asked
        **secret,
    )


def _person_scopes(identity: Identity) -> list[str]:
    return list(identity.scopes or PERSON_SCOPES)


def _granted(identity: Identity, told: Mapping[str, Any]) -> Grant:
    if "error" in told:
        raise _refused(identity, told)
    access_token = token_of(told, "access_token")
    if not access_token:
        raise ValueError("access_token")
    return Grant(
        access_token,
        min(timedelta(seconds=int(told.get("expires_in", _DEFAULT_LIFETIME))), LONGEST),
        token_of(told, "refresh_token"),
        person_in(told.get("id_token")),
    )


def _refused(identity: Identity, told: Mapping[str, Any]) -> MailError:
    remedy = identity.remedy if identity.by_person else ""
    return refused(told["error"], told.get("error_description", ""), remedy)
