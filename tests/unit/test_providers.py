"""Providers: found by the address or by its mail exchangers, whole, and never by a name that only looks alike."""

from __future__ import annotations

import pytest

from relance_mailer.config import providers
from relance_mailer.config.providers import Endpoint
from relance_mailer.config.servers import Tls
from relance_mailer.mail.rate import RateLimit

#: (address, mail exchangers): key.
KNOWN = [
    ("compta@dupont.fr", ["dupont-fr.mail.protection.outlook.com."], "microsoft365"),
    ("compta@dupont.fr", ["dupont-fr.o-v1.mx.microsoft"], "microsoft365"),
    ("compta@dupont.onmicrosoft.com", [], "microsoft365"),
    ("jean@outlook.fr", [], "outlook"),
    ("jean@gmail.com", [], "gmail"),
    ("Compta@GMAIL.com", [], "gmail"),
    ("compta@dupont.fr", ["ASPMX.L.GOOGLE.COM.", "alt1.aspmx.l.google.com."], "google_workspace"),
    ("compta@dupont.fr", ["smtp.google.com"], "google_workspace"),
    ("compta@dupont.fr", ["aspmx2.googlemail.com"], "google_workspace"),
    ("compta@dupont.fr", ["mx1.mail.ovh.net", "mx2.mail.ovh.net"], "ovh"),
    ("compta@dupont.fr", ["mta-gw.infomaniak.ch"], "infomaniak"),
    ("compta@dupont.fr", ["mx00.ionos.fr", "mx01.ionos.fr"], "ionos"),
    ("buchhaltung@meier.de", ["mx00.kundenserver.de"], "ionos_de"),
    ("compta@dupont.fr", ["spool.mail.gandi.net", "fb.mail.gandi.net"], "gandi"),
    ("dupont@orange.fr", [], "orange"),
    ("dupont@wanadoo.fr", [], "orange"),
    ("compta@dupont.fr", ["mx.zoho.eu"], "zoho_eu"),
    ("compta@dupont.fr", ["mx2.zoho.com"], "zoho"),
    ("dupont@free.fr", [], "free"),
    ("dupont@laposte.net", [], "laposte"),
    ("dupont@yahoo.fr", [], "yahoo"),
    ("compta@dupont.fr", ["in1-smtp.messagingengine.com"], "fastmail"),
    ("compta@dupont.fr", ["mail.protonmail.ch"], "proton"),
    ("compta@dupont.fr", ["mx1.alwaysdata.com"], "alwaysdata"),
    ("compta@dupont.fr", ["dupont.fr"], "own_server"),
    ("compta@dupont.fr", ["mail.dupont.fr."], "own_server"),
]


@pytest.mark.parametrize(("address", "mx", "key"), KNOWN)
def test_a_provider_is_found_by_the_address(address: str, mx: list[str], key: str) -> None:
    found = providers.of_address(address, mx)
    assert found is not None
    assert found.key == key


@pytest.mark.parametrize(
    ("address", "mx"),
    [
        ("compta@dupont.fr", []),
        ("compta@dupont.fr", ["mx.elsewhere.example"]),
        ("compta@dupont.fr", ["mail.protection.outlook.com.evil.example"]),
        ("compta@dupont.fr", ["notgoogle.com"]),
        ("compta@notgmail.com", []),
        ("compta@gmail.com.evil.example", []),
        ("compta@dupont.fr", ["mail.autre.fr"]),
    ],
)
def test_a_name_that_only_looks_alike_is_nobody_s(address: str, mx: list[str]) -> None:
    assert providers.of_address(address, mx) is None


def test_the_address_decides_before_its_mail_exchangers() -> None:
    found = providers.of_address("jean@gmail.com", ["alt1.gmail-smtp-in.l.google.com"])
    assert found is not None
    assert found.rates == ("500/day",)


@pytest.mark.parametrize(
    ("key", "smtp", "imap"),
    [
        ("microsoft365", ("smtp.office365.com", 587, "starttls"), ("outlook.office365.com", 993, "tls")),
        ("ovh", ("ssl0.ovh.net", 465, "tls"), ("ssl0.ovh.net", 993, "tls")),
        ("infomaniak", ("mail.infomaniak.com", 465, "tls"), ("mail.infomaniak.com", 993, "tls")),
        ("gmail", ("smtp.gmail.com", 465, "tls"), ("imap.gmail.com", 993, "tls")),
        ("proton", ("127.0.0.1", 1025, "starttls"), ("127.0.0.1", 1143, "starttls")),
    ],
)
def test_the_servers_of_those_that_most_have(
    key: str, smtp: tuple[str, int, Tls], imap: tuple[str, int, Tls]
) -> None:
    provider = providers.by_key()[key]
    assert (provider.smtp, provider.imap) == (Endpoint(*smtp), Endpoint(*imap))


def test_a_server_of_one_s_own_bears_the_domain_s_name() -> None:
    found = providers.of_address("compta@dupont.fr", ["dupont.fr"])
    assert found is not None
    assert (found.smtp, found.imap) == (
        Endpoint("mail.dupont.fr", 465, "tls"),
        Endpoint("mail.dupont.fr", 993, "tls"),
    )


def test_the_user_name_is_the_address_or_what_the_provider_says() -> None:
    login = {key: provider.login("jean@dupont.fr") for key, provider in providers.by_key().items()}
    assert login["ovh"] == "jean@dupont.fr"
    assert login["free"] == "jean"
    assert login["brevo"] == ""


@pytest.mark.parametrize("provider", providers.by_key().values(), ids=lambda provider: provider.key)
def test_what_is_written_of_each_can_be_used(provider: providers.Provider) -> None:
    assert provider.name
    assert provider.source.startswith("https://")
    assert provider.oauth in {"no", "possible", "needed"}
    assert all(RateLimit.parse(rate).count for rate in provider.rates)
    assert bool(provider.told("fr")) == bool(provider.told("en"))
    assert provider.smtp or provider.note[0], "where the host depends on the account, the note says how"
    for end in filter(None, (provider.smtp, provider.imap)):
        assert end.tls == providers.usual_tls(end.port)
        assert 1 <= end.port <= 65535


def test_no_two_providers_claim_one_domain_or_mail_exchanger() -> None:
    for claims in ("domains", "mx"):
        all_of_them = [name for provider in providers.by_key().values() for name in getattr(provider, claims)]
        assert len(set(all_of_them)) == len(all_of_them)
