"""Mail providers: their servers and habits, found by an address's domain or by its mail exchangers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from relance_mailer.config.servers import LOOPBACK, Smtp, Tls

OAuthUse = Literal["no", "possible", "needed"]
_DOMAIN = "{domain}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server is reached."""

    host: str
    port: int
    tls: Tls

    def of(self, domain: str) -> Endpoint:
        """Return it with the address's domain in the place of `{domain}`."""
        return replace(self, host=self.host.replace(_DOMAIN, domain))


@dataclass(frozen=True, slots=True)
class Provider:
    """A mail provider.

    Attributes:
        key: its name in `--provider`.
        name: as people know it.
        smtp: where mail leaves; None if the host depends on the account (see the note).
        imap: where answers are read; None also if it only sends.
        username: what to log in with, "{address}" or "{local}" in it; "" if it is neither.
        sent_copy: True if what leaves by its SMTP appears in the Sent folder by itself, False if it does not, None if
            that is not known.
        rates: what an account may send, as [smtp] rate writes it; the one to keep to first. Empty if not published.
        oauth: whether passwords are taken: "no" OAuth at all, "possible", or "needed" (no password, or soon none).
        note: what an admin must know, in French and in English; "" if nothing.
        source: the provider's page that says so.
        verified: whether host and port were found there or in Thunderbird's database of providers.
        domains: addresses at these are certainly there.
        mx: its mail exchangers end in these.
        hosts: further names of its SMTP server; "*" stands for a part of one.
    """

    key: str
    name: str
    smtp: Endpoint | None
    imap: Endpoint | None
    username: str
    sent_copy: bool | None
    rates: tuple[str, ...]
    oauth: OAuthUse
    note: tuple[str, str]
    source: str
    verified: bool
    domains: tuple[str, ...] = ()
    mx: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()

    def told(self, language: str) -> str:
        """Return the note in `language` ("fr", else English)."""
        return self.note[language != "fr"]

    def login(self, address: str) -> str:
        """Return the user name of an address; "" if the provider gives one of its own."""
        return self.username.format(address=address, local=address.partition("@")[0])


@cache
def by_key() -> Mapping[str, Provider]:
    """Return all providers by key, in the order in which they are told apart."""
    text = files("relance_mailer.config").joinpath("providers.toml").read_text("utf-8")
    return {key: _provider(key, said) for key, said in tomllib.loads(text).items()}


def of_address(address: str, mx: Sequence[str]) -> Provider | None:
    """Return the provider of an address, its servers' names filled in; None if it is not known.

    Args:
        address: the address that sends.
        mx: the names of its domain's mail exchangers, as far as they are known.
    """
    domain = domain_of(address)
    for provider in by_key().values():
        if any(_ends(domain, known) for known in provider.domains):
            return for_domain(provider, domain)
    for provider in by_key().values():
        suffixes = [suffix.replace(_DOMAIN, domain) for suffix in provider.mx]
        if any(_ends(_plain(name), suffix) for name in mx for suffix in suffixes):
            return for_domain(provider, domain)
    return None


def of_smtp(smtp: Smtp) -> Provider | None:
    """Return the provider by whose server mail leaves; where several share one, the sender's domain decides.

    None if it is not known: a server on this machine may be anybody's.
    """
    host, domain = _plain(smtp.host), domain_of(smtp.username or smtp.from_address)
    found = [provider for provider in by_key().values() if _sends_by(provider, host)]
    of_domain = (provider for provider in found if domain in provider.domains)
    without = (provider for provider in found if not provider.domains)
    return next(of_domain, None) or next(without, None) or next(iter(found), None)


def _sends_by(provider: Provider, host: str) -> bool:
    own = (provider.smtp.host,) if provider.smtp else ()
    return any(host not in LOOPBACK and fnmatchcase(host, name) for name in (*own, *provider.hosts))


def for_domain(provider: Provider, domain: str) -> Provider:
    """Return a provider with the names of the servers that a domain has there."""
    smtp, imap = (end.of(domain) if end else None for end in (provider.smtp, provider.imap))
    return replace(provider, smtp=smtp, imap=imap)


def guess(address: str) -> tuple[Endpoint, Endpoint]:
    """Return what the servers of an unknown provider are most often called, SMTP and IMAP (RFC 8314: TLS from the start)."""
    domain = domain_of(address)
    return Endpoint(f"smtp.{domain}", 465, "tls"), Endpoint(f"imap.{domain}", 993, "tls")


def usual_tls(port: int) -> Tls:
    """Return how a port is protected as a rule (RFC 8314): 465 and 993 from the start, others by STARTTLS."""
    return "tls" if port in {465, 993} else "starttls"


def domain_of(address: str) -> str:
    """Return an address's domain, in small letters."""
    return _plain(address.rpartition("@")[2])


def _plain(name: str) -> str:
    return name.strip().rstrip(".").lower()


def _ends(name: str, suffix: str) -> bool:
    """Tell whether a domain name is another or lies beneath it."""
    return name == suffix or name.endswith(f".{suffix}")


def _provider(key: str, said: Mapping[str, Any]) -> Provider:
    return Provider(
        key=key,
        name=said["name"],
        smtp=_endpoint(said.get("smtp")),
        imap=_endpoint(said.get("imap")),
        username=said.get("username", "{address}"),
        sent_copy=said.get("sent_copy"),
        rates=tuple(said.get("rates", ())),
        oauth=said.get("oauth", "no"),
        note=(said.get("note_fr", ""), said.get("note_en", "")),
        source=said["source"],
        verified=said["verified"],
        domains=tuple(said.get("domains", ())),
        mx=tuple(said.get("mx", ())),
        hosts=tuple(said.get("hosts", ())),
    )


def _endpoint(said: str | None) -> Endpoint | None:
    """Read "host:port kind"."""
    if said is None:
        return None
    place, tls = said.split()
    host, port = place.split(":")
    assert tls in {"tls", "starttls"}, said
    return Endpoint(host, int(port), "tls" if tls == "tls" else "starttls")
