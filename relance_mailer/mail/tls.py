"""How connections to mail servers are protected: TLS always verified, clear text only on this machine."""

from __future__ import annotations

import ipaddress
import ssl
from typing import Literal

from relance_mailer.errors import ConfigError

Tls = Literal["tls", "starttls", "none"]


def context(ca_file: str | None) -> ssl.SSLContext:
    """Return a context that verifies chain, name and dates, trusting `ca_file` alone where one is given.

    Raises:
        ConfigError: the file cannot be read, or holds no certificate.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ConfigError(f"ca_file {ca_file}: {error}; give a PEM file of the server's authority") from error


def check_cleartext(host: str, tls: Tls, *, allowed: bool) -> None:
    """Refuse a connection without TLS unless it stays on this machine or was allowed in words.

    Raises:
        ConfigError: passwords and invoices would cross a network in the clear.
    """
    if tls == "none" and not allowed and not is_loopback(host):
        raise ConfigError(
            f'tls = "none" towards {host} would send the password and the mails in the clear: '
            'use "tls" or "starttls", or allow it with allow_cleartext = true'
        )


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine, without asking the DNS."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_untrusted(error: BaseException | None) -> bool:
    """Say whether an error, or what caused it, is a certificate that did not verify."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__
    return False
