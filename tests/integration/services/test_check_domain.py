"""check looks at the sending domain: SPF, DKIM, DMARC, receiving; asked of a real DNS server on loopback."""

from __future__ import annotations

import base64
from collections.abc import Collection
from unittest.mock import patch

import dns.asyncresolver
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from relance_mailer.services import check as checks
from relance_mailer.services.check import Domain, Finding, Level
from relance_mailer.services.check import domain as domains
from tests.support.dns import Zone, serve

DOMAIN = "exemple.fr"


def _rsa(bits: int) -> str:
    """A public key as a DKIM record gives it."""
    key = rsa.generate_private_key(65537, bits).public_key()
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


_RSA_2048, _RSA_1024 = _rsa(2048), _rsa(1024)


def txt(*texts: str) -> list[str]:
    """Records as a zone file writes them: pieces of at most 255 characters in quotes."""
    return [" ".join(f'"{text[at : at + 250]}"' for at in range(0, len(text), 250)) for text in texts]


GOOD: dict[tuple[str, str], list[str]] = {
    ("fr", "NS"): ["d.nic.fr."],
    (DOMAIN, "TXT"): txt("v=spf1 include:mx.ovh.com ~all", "google-site-verification=x"),
    ("mx.ovh.com", "TXT"): txt("v=spf1 ip4:192.0.2.0/24 -all"),
    (f"selector1._domainkey.{DOMAIN}", "TXT"): txt(f"v=DKIM1; k=rsa; p={_RSA_2048}"),
    (f"_dmarc.{DOMAIN}", "TXT"): txt("v=DMARC1; p=quarantine; rua=mailto:dmarc@exemple.fr"),
    (DOMAIN, "MX"): ["10 mx1.exemple.fr.", "5 mx0.exemple.fr."],
    ("mx0.exemple.fr", "A"): ["192.0.2.1"],
    ("mx1.exemple.fr", "A"): ["192.0.2.2"],
}


def resolver(host: str, port: int) -> dns.asyncresolver.Resolver:
    found = dns.asyncresolver.Resolver(configure=False)
    found.nameservers = [host]
    found.port = port
    return found


async def look(
    zone: Zone,
    *,
    address: str = f"compta@{DOMAIN}",
    answers: str = "",
    selector: str = "",
    smtp_host: str = "ssl0.mail.ovh.net",
    failing: Collection[str] = (),
    silent: Collection[str] = (),
) -> dict[str, Finding]:
    """What is found, by what was asked; the last where several answer one question."""
    # nobody waits two seconds for a server that is silent on purpose; one that answers may take its time
    patience = patch.object(domains, "QUERY", 0.5 if silent else domains.QUERY)
    with patience, serve(zone, failing=failing, silent=silent) as (host, port):
        domain = Domain(address, answers or address, selector, smtp_host)
        found = await checks.of_domain(domain, "en", resolver(host, port))
    return {one.what: one for one in found}


def without(*names: tuple[str, str]) -> dict[tuple[str, str], list[str]]:
    return {key: texts for key, texts in GOOD.items() if key not in names}


async def test_a_domain_in_order_has_no_warning() -> None:
    found = await look(GOOD)
    assert {one.level for one in found.values()} == {Level.OK}
    assert found.keys() == {"SPF", "DKIM", "DMARC", "receiving"}
    assert found["SPF"].words == "v=spf1 include:mx.ovh.com ~all (lookups: 1 of 10)"
    assert found["DKIM"].words == "key published: selector1 (RSA 2048+)"
    assert "policy quarantine" in found["DMARC"].words
    assert found["receiving"].words == "exemple.fr receives by mx0.exemple.fr, mx1.exemple.fr"


# ── SPF ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("records", "level", "words", "remedy"),
    [
        ([], Level.WARNING, "has none", "v=spf1 include:mx.ovh.com ~all"),
        (["v=spf1 -all", "v=spf1 mx -all"], Level.ERROR, "has 2", "merge them"),
        (["v=spf1 include:mx.ovh.com +all"], Level.ERROR, "+all", "~all or -all"),
        (["v=spf1 include:mx.ovh.com all"], Level.ERROR, "+all", "~all or -all"),
        (["v=spf1 include:mx.ovh.com ?all"], Level.WARNING, "does not say", "~all or -all"),
        (["v=spf1 include:mx.ovh.com"], Level.WARNING, "does not say", "~all or -all"),
        (["v=spf1 mx -all"], Level.WARNING, "does not name your mail service", "include:mx.ovh.com"),
        (["v=spf1 a mx ptr exists:a.fr include:mx.ovh.com -all"], Level.OK, "(lookups: 5 of", ""),
        (["v=spf1 redirect=mx.ovh.com"], Level.OK, "(lookups: 1 of", ""),
        (["v=spf10 +all", "V=SPF1 include:mx.ovh.com -ALL"], Level.OK, "(lookups: 1 of", ""),
    ],
)
async def test_every_way_in_which_spf_is_right_or_wrong(
    records: list[str], level: Level, words: str, remedy: str
) -> None:
    found = (await look({**GOOD, (DOMAIN, "TXT"): txt(*records)}))["SPF"]
    assert found.level is level, found
    assert words in found.words
    assert remedy in found.remedy


async def test_lookups_are_counted_through_what_is_included() -> None:
    chain = {
        (f"s{n}.example", "TXT"): txt(f"v=spf1 include:s{n + 1}.example a:h{n}.example -all")
        for n in range(5)
    }
    zone = {**GOOD, **chain, (DOMAIN, "TXT"): txt("v=spf1 include:s0.example include:mx.ovh.com -all")}
    found = (await look(zone))["SPF"]
    assert (found.level, "more than 10 lookups" in found.words) == (Level.ERROR, True)


async def test_policies_that_include_each_other_come_to_an_end() -> None:
    loop = {
        (DOMAIN, "TXT"): txt("v=spf1 include:a.example include:mx.ovh.com -all"),
        ("a.example", "TXT"): txt("v=spf1 include:b.example -all"),
        ("b.example", "TXT"): txt("v=spf1 include:a.example -all"),
    }
    assert (await look({**GOOD, **loop}))["SPF"].level is Level.OK


async def test_a_service_that_is_not_known_asks_for_its_own_include() -> None:
    found = (await look({**GOOD, (DOMAIN, "TXT"): []}, smtp_host="mail.petit-hebergeur.fr"))["SPF"]
    assert "the one that your mail service gives" in found.remedy


@pytest.mark.parametrize(
    ("host", "include"),
    [
        ("smtp.office365.com", "spf.protection.outlook.com"),
        ("smtp.gmail.com", "_spf.google.com"),
        ("notgmail.com.evil.example", ""),
        ("evilgmail.com", ""),
    ],
)
def test_services_are_told_by_their_whole_domain(host: str, include: str) -> None:
    assert domains.provider_include(host) == include


# ── DKIM ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_key_under_no_usual_selector_cannot_be_known() -> None:
    found = (await look(without((f"selector1._domainkey.{DOMAIN}", "TXT"))))["DKIM"]
    assert found.level is Level.OK
    assert "cannot be known" in found.words
    assert "dkim_selector" in found.remedy


@pytest.mark.parametrize(
    ("record", "level", "words"),
    [
        (f"v=DKIM1; p={_RSA_1024}", Level.OK, "paul (RSA 1024)"),
        ("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", Level.OK, "paul (Ed25519)"),
        ("v=DKIM1; p=", Level.ERROR, "no key that can be used"),
        ("v=DKIM1; p=not*base64", Level.ERROR, "no key that can be used"),
        (f"v=DKIM2; p={_RSA_2048}", Level.ERROR, "no key that can be used"),
        ("v=DKIM1; k=rsa", Level.ERROR, "does not exist"),
        (None, Level.ERROR, f"paul._domainkey.{DOMAIN} does not exist"),
    ],
)
async def test_a_selector_that_is_given_must_lead_to_a_key(
    record: str | None, level: Level, words: str
) -> None:
    key = {(f"paul._domainkey.{DOMAIN}", "TXT"): txt(record)} if record else {}
    found = (await look({**GOOD, **key}, selector="paul"))["DKIM"]
    assert found.level is level, found
    assert words in found.words


async def test_a_key_behind_a_cname_is_found() -> None:
    zone = {
        **without((f"selector1._domainkey.{DOMAIN}", "TXT")),
        (f"selector2._domainkey.{DOMAIN}", "CNAME"): ["selector2.tenant.example."],
        ("selector2.tenant.example", "TXT"): txt(f"v=DKIM1; p={_RSA_2048}"),
    }
    assert "selector2 (RSA 2048+)" in (await look(zone))["DKIM"].words


# ── DMARC ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("records", "level", "words"),
    [
        ([], Level.WARNING, "has none"),
        (["v=DMARC1; p=none"], Level.OK, "policy none"),
        (["v=DMARC1; p=reject; adkim=s"], Level.OK, "policy reject"),
        (["v=DMARC1; rua=mailto:x@exemple.fr"], Level.ERROR, "not valid"),
        (["v=DMARC1; p=perhaps"], Level.ERROR, "not valid"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], Level.ERROR, "(2 record(s))"),
        (["v=DMARC12; p=none"], Level.WARNING, "has none"),
    ],
)
async def test_every_way_in_which_dmarc_is_right_or_wrong(
    records: list[str], level: Level, words: str
) -> None:
    found = (await look({**GOOD, (f"_dmarc.{DOMAIN}", "TXT"): txt(*records)}))["DMARC"]
    assert found.level is level, found
    assert words in found.words
    if level is not Level.OK:
        assert f"TXT record of _dmarc.{DOMAIN}: v=DMARC1; p=none; rua=mailto:compta@" in found.remedy


@pytest.mark.parametrize(("record", "policy"), [("p=reject", "reject"), ("p=reject; sp=none", "none")])
async def test_a_subdomain_follows_the_policy_above_it(record: str, policy: str) -> None:
    sub = f"factures.{DOMAIN}"
    zone = {
        **GOOD,
        (f"_dmarc.{DOMAIN}", "TXT"): txt(f"v=DMARC1; {record}"),
        (sub, "MX"): ["10 mx0.exemple.fr."],
    }
    found = (await look(zone, address=f"compta@{sub}"))["DMARC"]
    assert found.words.startswith(f"policy {policy}, by _dmarc.{DOMAIN}")


# ── receiving ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("mx", "others", "level", "words"),
    [
        (["0 ."], {}, Level.ERROR, "receives no mail"),
        ([], {}, Level.ERROR, "receives no mail"),
        ([], {(DOMAIN, "A"): ["192.0.2.9"]}, Level.OK, "without an MX record"),
        (["10 gone.exemple.fr."], {}, Level.ERROR, "none of which has an address"),
        (["10 v6.exemple.fr."], {("v6.exemple.fr", "AAAA"): ["2001:db8::1"]}, Level.OK, "receives by"),
    ],
)
async def test_answers_must_be_able_to_arrive(
    mx: list[str], others: dict[tuple[str, str], list[str]], level: Level, words: str
) -> None:
    found = (await look({**GOOD, **others, (DOMAIN, "MX"): mx}))["receiving"]
    assert found.level is level, found
    assert words in found.words


async def test_the_domain_of_reply_to_must_receive_too() -> None:
    found = await look(GOOD, answers="compta@sans-courrier.fr")
    assert found["domain"].level is Level.ERROR
    assert found["domain"].words == "sans-courrier.fr does not exist in the DNS"
    assert found["receiving"].level is Level.OK


async def test_a_domain_that_does_not_exist_is_one_error() -> None:
    found = await look(GOOD, address="compta@exmeple.fr")
    assert [(one.level, one.words) for one in found.values()] == [
        (Level.ERROR, "exmeple.fr does not exist in the DNS")
    ]


# ── silence ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def one_calm_line(found: dict[str, Finding], words: str) -> None:
    [one] = found.values()
    assert (one.level, one.what) == (Level.OK, "domain")
    assert words in one.words


async def test_a_dns_that_never_answers_is_one_calm_line() -> None:
    names = {name for name, _ in GOOD} | {f"{one}._domainkey.{DOMAIN}" for one in domains.SELECTORS}
    await one_calm_line(await look(GOOD, silent=names), "the DNS does not answer")


async def test_a_dns_that_fails_is_one_calm_line() -> None:
    names = {name for name, _ in GOOD} | {f"{one}._domainkey.{DOMAIN}" for one in domains.SELECTORS}
    await one_calm_line(await look(GOOD, failing=names), "the DNS does not answer")


async def test_no_dns_at_all_is_one_calm_line() -> None:
    domain = Domain(f"compta@{DOMAIN}", f"compta@{DOMAIN}", "", "smtp.exemple.fr")
    [found] = await checks.of_domain(domain, "en", None)
    assert (found.level, "not checked" in found.words) == (Level.OK, True)


async def test_a_walled_networks_dns_that_knows_no_name_is_one_calm_line() -> None:
    await one_calm_line(await look({("intern", "A"): ["192.0.2.1"]}), "does not know the Internet")


async def test_what_is_answered_is_told_and_what_is_not_is_named() -> None:
    found = await look(GOOD, failing={f"_dmarc.{DOMAIN}"})
    assert found["domain"].words == "exemple.fr, DMARC: not checked, the DNS does not answer"
    assert found["SPF"].level is Level.OK
    assert "DMARC" not in found


@pytest.mark.parametrize("name", ["creditor.example", "a.test", "serveur.local"])
async def test_names_for_examples_are_not_looked_up(name: str) -> None:
    await one_calm_line(await look({}, address=f"compta@{name}"), "reserved for examples")


async def test_accents_in_a_domain_are_asked_for_as_the_dns_writes_them() -> None:
    zone = {
        ("fr", "NS"): ["d.nic.fr."],
        ("xn--socit-esab.fr", "MX"): ["10 mx0.exemple.fr."],
        ("mx0.exemple.fr", "A"): ["192.0.2.1"],
    }
    found = await look(zone, address="compta@société.fr")
    assert found["receiving"].level is Level.OK
