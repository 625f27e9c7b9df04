"""What `init` asks, in which order, and the answers as the configuration takes them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from relance_mailer.cli.asking import (
    Asker,
    WrongAnswerError,
    a_host,
    a_line,
    a_port,
    a_siren,
    an_address,
    an_iban,
    one_of,
)
from relance_mailer.config import providers
from relance_mailer.config.providers import Endpoint, Provider
from relance_mailer.services import set_up
from relance_mailer.texts.words import say as words

Given = Mapping[str, str | None]  #: what the flags said, None where there was none

_TLS = ("tls", "starttls", "none")
#: (what, kind): the port where none is given (RFC 8314, RFC 3501).
_PORTS = {("smtp", "tls"): 465, ("smtp", "starttls"): 587, ("imap", "tls"): 993, ("imap", "starttls"): 143}
#: How the example has them.
_VARIABLES = {"smtp": "RELANCE_SMTP_PASSWORD", "imap": "RELANCE_IMAP_PASSWORD"}


@dataclass(frozen=True, slots=True)
class Told:
    """All answers: settings, files with passwords (name: content), and what is left to do about passwords ("": nothing)."""

    answers: dict[tuple[str, str], str]
    secrets: dict[str, str]
    password_step: str
    oauth: str  #: the provider that wants OAuth, "" if none does


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers as answered, who runs them if that is known, and whom to log in as."""

    smtp: Endpoint
    imap: Endpoint
    provider: Provider | None
    smtp_login: str
    imap_login: str


def ask_all(asker: Asker, given: Given) -> Told:
    """Ask all questions; ConfigError names at once every flag that is missing or wrong."""
    if asker.interactive:
        sys.stdout.write(words("init.title", asker.language) + "\n")
    asker.language = (
        asker.ask("language", given["language"], one_of("fr", "en"), asker.language) or asker.language
    )
    answers = {("", "language"): asker.language, **_creditor(asker, given)}
    sender = asker.ask("from", given["from"], an_address, needed=True)
    servers = _servers(asker, given, sender)
    by = asker.ask("password_by", given["password_by"], one_of("env", "file", "now"), "env")
    files = _password_files(servers) if by != "env" else {}
    secrets = _typed(asker, servers, files) if by == "now" else {}
    answers |= _signer(asker, given)
    asker.stop_at_faults()
    answers |= _of_servers(servers, sender, files)
    oauth = servers.provider.name if servers.provider and servers.provider.oauth == "needed" else ""
    return Told(answers, secrets, _password_step(by, files, asker.language), oauth)


# ── the company ──────────────────────────────────────────────────────────────────────────────────────────────────


def _creditor(asker: Asker, given: Given) -> dict[tuple[str, str], str]:
    return {
        ("creditor", "name"): asker.ask("creditor", given["creditor"], a_line, needed=True),
        ("creditor", "siren"): asker.ask("siren", given["siren"], a_siren),
        ("creditor", "street"): asker.ask("street", given["street"], a_line),
        ("creditor", "postal_code"): asker.ask("postal_code", given["postal_code"], a_line),
        ("creditor", "city"): asker.ask("city", given["city"], a_line),
        ("creditor", "iban"): asker.ask("iban", given["iban"], an_iban),
    }


def _signer(asker: Asker, given: Given) -> dict[tuple[str, str], str]:
    signer = asker.ask("signer", given["signer"], a_line)
    capacity = given["signer_capacity"]
    if signer or capacity is not None:
        capacity = asker.ask("signer_capacity", capacity, a_line)
    return {("creditor", "signer_name"): signer, ("creditor", "signer_capacity"): capacity or ""}


# ── the servers ──────────────────────────────────────────────────────────────────────────────────────────────────


def _servers(asker: Asker, given: Given, sender: str) -> Servers:
    """Find the servers of an address, let them be confirmed or ask for them; and for the user names."""
    nowhere = Endpoint("", 0, "tls")
    if not sender:  # it is missing, and will be named: nothing can be said of its servers
        return Servers(nowhere, nowhere, None, "", "")
    found, reads = _found(asker, given, sender)
    smtp, imap = (found.smtp if found else None), (reads.imap if reads else None)
    taken = smtp is not None and imap is not None
    if taken and asker.interactive and not (given["smtp_host"] or given["imap_host"]):
        said = words("init.found.servers", asker.language, smtp=_place(smtp), imap=_place(imap))
        sys.stdout.write(said + "\n")
        taken = asker.agrees("take")
    guessed = providers.guess(sender) if asker.interactive else (None, None)
    sends = _endpoint(asker, given, "smtp", smtp or guessed[0], ask=not taken)
    receives = _endpoint(asker, given, "imap", imap or guessed[1], ask=not taken)
    login = found.login(sender) if found else sender
    username = asker.ask("username", given["username"], a_line, login, needed=True)
    imap_username = username
    if found and found.imap is None and found.smtp:  # it only sends
        imap_username = asker.ask("imap_username", given["imap_username"], a_line, sender)
    elif given["imap_username"]:
        imap_username = a_line(given["imap_username"])
    return Servers(sends, receives, found, username, imap_username)


def _found(asker: Asker, given: Given, sender: str) -> tuple[Provider | None, Provider | None]:
    """Return who sends and who receives: as the flag says, by the address, or by its mail exchangers; and say so."""
    domain = providers.domain_of(sender)
    named = _named(asker, given["provider"], domain)
    if named and (named.imap or not named.smtp):
        _say_found(asker, "provider", named)
        return named, named
    mx: tuple[str, ...] = ()
    found, how = providers.of_address(sender, mx), "address"
    both_given = given["smtp_host"] and given["imap_host"]
    if found is None and not both_given:
        mx = set_up.exchangers(domain)
        found, how = providers.of_address(sender, mx), "mx"
    if named:
        _say_found(asker, "provider", named)
    if found:
        _say_found(asker, how, found, domain=domain, mx=next(iter(mx), ""))
    elif not both_given and asker.interactive:
        sys.stdout.write(words("init.found.none", asker.language, domain=domain) + "\n")
    return named or found, found


def _named(asker: Asker, key: str | None, domain: str) -> Provider | None:
    if key is None:
        return None
    known = providers.by_key()
    if key not in known:
        why = WrongAnswerError("provider", value=key, known=", ".join(known)).told(asker.language)
        asker.wrong.append(words("init.wrong.option", asker.language, option="--provider", why=why))
        return None
    return providers.for_domain(known[key], domain)


def _say_found(asker: Asker, how: str, provider: Provider, **values: str) -> None:
    said = [words(f"init.found.{how}", asker.language, name=provider.name, **values)]
    if note := provider.told(asker.language):
        said.append(f"  {note}")
    if not provider.verified:
        said.append("  " + words("init.found.unverified", asker.language, source=provider.source))
    sys.stdout.write("\n".join(said) + "\n")


def _place(end: Endpoint | None) -> str:
    return f"{end.host}:{end.port}" if end else ""


def _endpoint(asker: Asker, given: Given, kind: str, known: Endpoint | None, *, ask: bool) -> Endpoint:
    """Return a server as the flags say, as it is known, or as it is answered."""
    host, port, tls = (given[f"{kind}_{part}"] for part in ("host", "port", "tls"))
    default = known or Endpoint("", _PORTS[kind, "tls"], "tls")
    if not ask and host is None:
        host = default.host
    name = asker.ask(f"{kind}_host", host, a_host, default.host, needed=True)
    usual = (
        default.port
        if known and name == known.host and tls is None
        else _PORTS.get((kind, tls or "tls"), default.port)
    )
    if not ask and port is None:
        port = str(usual)
    number = int(asker.ask(f"{kind}_port", port, a_port, str(usual)) or usual)
    protection = asker.ask(f"{kind}_tls", tls or providers.usual_tls(number), one_of(*_TLS)) or "tls"
    return Endpoint(
        name, number, "none" if protection == "none" else "starttls" if protection == "starttls" else "tls"
    )


def _of_servers(servers: Servers, sender: str, files: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Return what the configuration says of the servers, with the pace that the provider allows."""
    answers = {("creditor", "email"): sender, ("smtp", "from_address"): sender}
    ends = (
        ("smtp", "smtp", servers.smtp, servers.smtp_login),
        ("imap", "mailboxes", servers.imap, servers.imap_login),
    )
    for kind, section, end, login in ends:
        answers |= {
            (section, "host"): end.host,
            (section, "port"): str(end.port),
            (section, "tls"): end.tls,
            (section, "username"): login,
        }
        if kind in files:
            answers[section, "password_file"] = files[kind]
    if servers.provider and servers.provider.rates:
        answers["smtp", "rate"] = "auto"
    return answers


# ── the passwords ────────────────────────────────────────────────────────────────────────────────────────────────


def _password_files(servers: Servers) -> dict[str, str]:
    """Return the name of each server's password file; one file where both have one password."""
    if servers.smtp_login == servers.imap_login:
        return {"smtp": "mail.password", "imap": "mail.password"}
    return {"smtp": "smtp.password", "imap": "imap.password"}


def _typed(asker: Asker, servers: Servers, files: Mapping[str, str]) -> dict[str, str]:
    """Return the content of each password file, asked for once each."""
    hosts = {"smtp": servers.smtp.host, "imap": servers.imap.host}
    first = {files[kind]: kind for kind in ("imap", "smtp")}
    return {
        name: asker.secret("password", server=hosts[kind]) + "\n"
        for name, kind in sorted(first.items(), reverse=True)
    }


def _password_step(by: str, files: Mapping[str, str], language: str) -> str:
    if by == "now":
        return ""
    if by == "file":
        return words("init.next.file", language, files=" ".join(dict.fromkeys(files.values())))
    return words("init.next.env", language, variables=" ".join(f"{name}=…" for name in _VARIABLES.values()))
