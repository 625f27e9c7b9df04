"""Identities at the tests' own identity provider, one a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relance_mailer.mail.oauth import Identity
from tests.support.identity import CLIENT, SECRET, TENANT, USER

if TYPE_CHECKING:
    from tests.support.identity import IdentityProvider


def application(provider: IdentityProvider, **changes: Any) -> Identity:
    """Microsoft, as an application of its own."""
    return _microsoft(provider, "client_credentials", {"client_secret": SECRET} | changes)


def person(provider: IdentityProvider, **changes: Any) -> Identity:
    """Microsoft, in a person's name."""
    return _microsoft(provider, "device_code", changes)


def _microsoft(provider: IdentityProvider, flow: str, changes: dict[str, Any]) -> Identity:
    settings: dict[str, Any] = {"tenant": TENANT, "client_id": CLIENT}
    where = {"authority": provider.url, "ca_file": provider.ca_file}
    return Identity(name="office", flow=flow, **(settings | where | changes))


def gmail(provider: IdentityProvider, **changes: Any) -> Identity:
    """Google, in a person's name."""
    settings: dict[str, Any] = {
        "client_id": CLIENT,
        "client_secret": SECRET,
        "authority": provider.url,
        "token_url": f"{provider.url}/token",
        "ca_file": provider.ca_file,
    }
    return Identity(name="gmail", flow="installed", **(settings | changes))


def robot(provider: IdentityProvider, **changes: Any) -> Identity:
    """Google, as a service account."""
    settings: dict[str, Any] = {
        "service_account": provider.service_account(),
        "subject": USER,
        "token_url": f"{provider.url}/token",
        "ca_file": provider.ca_file,
    }
    return Identity(name="robot", flow="service_account", **(settings | changes))
