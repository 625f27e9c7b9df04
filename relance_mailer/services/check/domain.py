"""Looking at the sending domain in the DNS: SPF, DKIM, DMARC, and whether its answers can arrive."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.resolver

from relance_mailer.services.check import spf
from relance_mailer.services.check.finding import Finding, Level, finding
from relance_mailer.texts.words import say

QUERY, ALL = 2.0, 5.0  #: seconds for one question, and for all of them together
#: Under which selectors mail services put their keys, in the order of how common they are.
SELECTORS = (
    *("selector1", "selector2", "google", "default", "k1", "k2", "k3", "mail", "dkim", "s1", "s2", "smtp"),
    *("ovhmo1-selector1", "ovhmo2-selector1", "s1-ionos", "s2-ionos", "gm1", "gm2", "zoho", "zmail", "fm1"),
    *("mailjet", "brevo1", "brevo2", "pm", "key1", "x", "20230601"),
)
#: What a domain's SPF record includes where mail leaves by these servers.
_INCLUDES = {
    "office365.com": "spf.protection.outlook.com",
    "gmail.com": "_spf.google.com",
    "mail.ovh.net": "mx.ovh.com",
    "infomaniak.com": "spf.infomaniak.ch",
    "ionos.fr": "_spf-eu.ionos.com",
    "ionos.com": "_spf-eu.ionos.com",
    "gandi.net": "_mailcust.gandi.net",
    "zoho.eu": "zohomail.eu",
    "zoho.com": "zohomail.com",
    "brevo.com": "spf.brevo.com",
    "mailjet.com": "spf.mailjet.com",
}
_RESERVED = re.compile(r"(^|\.)(example|test|invalid|localhost|local)$")  #: RFC 2606, 6761, 6762
_RSA_1024, _RSA_2048 = 162, 294  #: bytes of a public key of so many bits as DKIM writes it (RFC 5280)


class SilentError(Exception):
    """The DNS gave no answer in time, or none that says anything."""


class AbsentError(Exception):
    """The domain does not exist."""


@dataclass(frozen=True, slots=True)
class Domain:
    """What is to be looked at.

    Attributes:
        address: from which messages leave.
        answers: where answers go.
        selector: of the DKIM key, "" if it is not known.
        smtp_host: by which server they leave.
    """

    address: str
    answers: str
    selector: str
    smtp_host: str

    @property
    def name(self) -> str:
        """The domain itself, as the DNS writes it."""
        return _ascii(self.address.rpartition("@")[2])


class Dns:
    """Asks the DNS, each question within its time."""

    def __init__(self, resolver: dns.asyncresolver.Resolver) -> None:
        self._resolver = resolver

    async def ask(self, name: str, kind: str, *, strict: bool = False) -> list[str]:
        """Return the records of a name as text.

        Raises:
            SilentError: no answer, or none that says anything.
            AbsentError: there is no such name, if `strict`.
        """
        return [record.to_text() for record in await self._resolve(name, kind, strict=strict)]

    async def texts(self, name: str) -> list[str]:
        """Return a name's TXT records, their pieces put together (RFC 7208 section 3.3)."""
        records = await self._resolve(name, "TXT", strict=False)
        return [b"".join(record.strings).decode("utf-8", "replace") for record in records]

    async def _resolve(self, name: str, kind: str, *, strict: bool) -> list[Any]:
        try:
            return list(await self._resolver.resolve(f"{name}.", kind, lifetime=QUERY, search=False))
        except dns.resolver.NoAnswer:
            return []
        except dns.resolver.NXDOMAIN:
            if strict:
                raise AbsentError(name) from None
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise SilentError(name) from error


def system_resolver() -> dns.asyncresolver.Resolver | None:
    """Return the system's resolver, None if it has none."""
    try:
        return dns.asyncresolver.Resolver()
    except (dns.exception.DNSException, OSError):
        return None


async def of_domain(
    domain: Domain, language: str, resolver: dns.asyncresolver.Resolver | None
) -> list[Finding]:
    """Look at the sending domain; where the DNS is silent, one line says what was not looked at."""
    if _RESERVED.search(domain.name):
        return [_unchecked(domain, language, "domain.reserved")]
    if resolver is None:
        return [_unchecked(domain, language, "domain.silent")]
    dns_ = Dns(resolver)
    questions: Mapping[str, Callable[[Domain, str, Dns], Awaitable[list[Finding]]]] = {
        "SPF": _spf,
        "DKIM": _dkim,
        "DMARC": _dmarc,
        "MX": _mx,
    }
    asked = {
        name: asyncio.create_task(_in_time(ask(domain, language, dns_))) for name, ask in questions.items()
    }
    found = {name: await task for name, task in asked.items()}
    told = [one for answer in found.values() if isinstance(answer, list) for one in answer]
    if any(isinstance(answer, AbsentError) for answer in found.values()):
        if not await _knows(domain.name.rpartition(".")[2], dns_):
            return [_unchecked(domain, language, "domain.offline")]
        return [_absent(domain.name, language)]
    silent = [name for name, answer in found.items() if isinstance(answer, SilentError)]
    if len(silent) == len(questions):
        return [_unchecked(domain, language, "domain.silent")]
    if silent:
        told.append(_unchecked(domain, language, "domain.partly", names=", ".join(silent)))
    return told


def _absent(name: str, language: str) -> Finding:
    return finding(language, Level.ERROR, "domain", "domain.absent", "domain.absent.remedy", name=name)


async def _knows(top: str, asked: Dns) -> bool:
    """Say whether the DNS knows a top-level domain: a walled network's says of every name that it does not exist."""
    try:
        return bool(await asked.ask(top, "NS"))
    except SilentError:
        return False


def _unchecked(domain: Domain, language: str, words: str, **arguments: object) -> Finding:
    return finding(language, Level.OK, "domain", words, name=domain.name, **arguments)


async def _in_time(answer: Awaitable[list[Finding]]) -> list[Finding] | SilentError | AbsentError:
    try:
        return await asyncio.wait_for(answer, ALL)
    except TimeoutError:
        return SilentError()
    except (SilentError, AbsentError) as error:
        return error


# ── SPF ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _spf(domain: Domain, language: str, asked: Dns) -> list[Finding]:
    found = await spf.read(domain.name, asked.texts)
    wanted = provider_include(domain.smtp_host)
    level, words = _spf_verdict(found, wanted)
    remedy = "" if level is Level.OK else f"{words}.remedy"
    return [
        finding(
            language,
            level,
            "spf",
            words,
            remedy,
            name=domain.name,
            record=" ".join(found.records),
            count=len(found.records),
            lookups=found.lookups,
            include=f"include:{wanted}" if wanted else say("check.spf.provider", language),
        )
    ]


def _spf_verdict(found: spf.Spf, wanted: str) -> tuple[Level, str]:
    if not found.records:
        return Level.WARNING, "spf.none"
    if len(found.records) > 1:
        return Level.ERROR, "spf.several"
    if found.ending == "+":
        return Level.ERROR, "spf.all"
    if found.lookups > spf.MOST_LOOKUPS:
        return Level.ERROR, "spf.lookups"
    if found.ending not in ("-", "~"):
        return Level.WARNING, "spf.open"
    if wanted and wanted not in found.includes:
        return Level.WARNING, "spf.provider_missing"
    return Level.OK, "spf.ok"


def provider_include(smtp_host: str) -> str:
    """Return what a domain's SPF record includes where mail leaves by this server, "" if that is not known."""
    host = f".{smtp_host.lower()}"
    return next((include for end, include in _INCLUDES.items() if host.endswith(f".{end}")), "")


# ── DKIM ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _dkim(domain: Domain, language: str, asked: Dns) -> list[Finding]:
    selectors = (domain.selector,) if domain.selector else SELECTORS
    names = [f"{selector}._domainkey.{domain.name}" for selector in selectors]
    answers = await asyncio.gather(*(_texts_if_any(name, asked) for name in names))
    if all(texts is None for texts in answers):
        raise SilentError(names[0])
    keys = {
        selector: key_words(texts[0])
        for selector, texts in zip(selectors, answers, strict=True)
        if texts and "p" in tags(texts[0])
    }
    good = {selector: key for selector, key in keys.items() if key}
    if good:
        told = ", ".join(f"{selector} ({key})" for selector, key in good.items())
        return [finding(language, Level.OK, "dkim", "dkim.ok", keys=told)]
    if not domain.selector:
        return [finding(language, Level.OK, "dkim", "dkim.unknown", "dkim.unknown.remedy")]
    words = "dkim.bad" if domain.selector in keys else "dkim.none"
    return [finding(language, Level.ERROR, "dkim", words, "dkim.remedy", record=names[0])]


async def _texts_if_any(name: str, asked: Dns) -> list[str] | None:
    """Return a name's texts, None where the DNS is silent: of many names one may be."""
    try:
        return await asked.texts(name)
    except SilentError:
        return None


def tags(record: str) -> dict[str, str]:
    """Return the tags of a record like `v=DKIM1; k=rsa; p=…` (RFC 6376 section 3.2)."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, equals, value in pairs if equals}


def key_words(record: str) -> str:
    """Return what kind of key a DKIM record holds, "" if none that can be used (RFC 6376 section 3.6.1)."""
    told = tags(record)
    try:
        key = base64.b64decode(re.sub(r"\s", "", told.get("p", "")), validate=True)
    except (binascii.Error, ValueError):
        return ""
    if told.get("v", "DKIM1") != "DKIM1":
        return ""
    if told.get("k", "rsa").lower() == "ed25519":
        return "Ed25519" if len(key) == 32 else ""
    if len(key) < _RSA_1024 or key[0] != 0x30:
        return ""
    return "RSA 2048+" if len(key) >= _RSA_2048 else "RSA 1024"


# ── DMARC ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _dmarc(domain: Domain, language: str, asked: Dns) -> list[Finding]:
    where, records = await _dmarc_records(domain.name, asked)
    arguments = {
        "name": domain.name,
        "where": f"_dmarc.{where}",
        "address": domain.address,
        "count": len(records),
    }
    if not records:
        return [finding(language, Level.WARNING, "dmarc", "dmarc.none", "dmarc.none.remedy", **arguments)]
    told = tags(records[0])
    policy = told.get("p", "").lower()
    if where != domain.name:
        policy = told.get("sp", policy).lower()
    if len(records) > 1 or policy not in ("none", "quarantine", "reject"):
        return [finding(language, Level.ERROR, "dmarc", "dmarc.bad", "dmarc.none.remedy", **arguments)]
    words = "dmarc.ok" if where == domain.name else "dmarc.above"
    return [finding(language, Level.OK, "dmarc", words, policy=policy, **arguments)]


async def _dmarc_records(name: str, asked: Dns) -> tuple[str, list[str]]:
    """Return the DMARC records of a domain, or of the nearest one above it, and which that is (RFC 9989's tree walk)."""
    labels = name.split(".")
    for place in range(max(len(labels) - 1, 1)):
        where = ".".join(labels[place:])
        records = [
            text for text in await asked.texts(f"_dmarc.{where}") if re.match(r"v=DMARC1\s*(;|$)", text)
        ]
        if records and tags(records[0]).get("psd", "n").lower() != "y":
            return where, records
    return name, []


# ── MX ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _mx(domain: Domain, language: str, asked: Dns) -> list[Finding]:
    """Say whether answers can arrive, where messages come from and where their Reply-To points."""
    found = [await _mx_of(domain.name, language, asked)]
    answers = _ascii(domain.answers.rpartition("@")[2])
    if answers != domain.name:
        try:
            found.append(await _mx_of(answers, language, asked))
        except AbsentError:
            found.append(_absent(answers, language))
    return found


async def _mx_of(name: str, language: str, asked: Dns) -> Finding:
    records = await asked.ask(name, "MX", strict=True)
    hosts = [record.split()[-1].rstrip(".") for record in sorted(records, key=_preference)]
    if not hosts and await _has_address(name, asked):  # RFC 5321 section 5.1
        return finding(language, Level.OK, "mx", "mx.implicit", name=name)
    if not any(hosts):  # none, or the one that says so (RFC 7505)
        return finding(language, Level.ERROR, "mx", "mx.none", "mx.remedy", name=name)
    told = ", ".join(hosts)
    found = await asyncio.gather(*(_has_address(host, asked) for host in hosts))
    if not any(found):
        return finding(language, Level.ERROR, "mx", "mx.lost", "mx.remedy", name=name, hosts=told)
    return finding(language, Level.OK, "mx", "mx.ok", name=name, hosts=told)


async def _has_address(name: str, asked: Dns) -> bool:
    found = await asyncio.gather(asked.ask(name, "A"), asked.ask(name, "AAAA"))
    return any(found)


def _preference(record: str) -> int:
    return int(record.split(maxsplit=1)[0])


def _ascii(name: str) -> str:
    try:
        return name.lower().encode("idna").decode("ascii")
    except UnicodeError:
        return name.lower()
