"""The settings that say what a message may carry: links, copies of invoices, the mark of a machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from relance_mailer import config
from relance_mailer.errors import ConfigError
from relance_mailer.texts.foreign import Own


def read(**sections: dict[str, Any]) -> config.Config:
    data: dict[str, Any] = {
        "creditor": {"name": "Martin", "email": "Compta@martin.example"},
        "smtp": {
            "host": "127.0.0.1",
            "port": 25,
            "tls": "none",
            "from_address": "relances@mail.martin.example",
        },
        "mailboxes": [{"host": "127.0.0.1", "port": 143, "tls": "none"}],
    }
    for name, values in sections.items():
        data[name] = data.get(name, {}) | values
    return config.parse(data, Path("/nowhere/config.toml"))


def test_a_creditors_own_hosts_are_those_of_its_addresses_and_those_that_the_admin_lists() -> None:
    own = Own.of(
        read(
            creditor={
                "links": ["Pay.Exemple.example", "faß.example"],
                "iban": "FR76 3000 6000 0112 3456 7890 189",
            }
        )
    )
    assert own.hosts == {"martin.example", "mail.martin.example", "pay.exemple.example", "xn--fa-hia.example"}
    assert own.addresses == {"compta@martin.example", "relances@mail.martin.example"}
    assert own.ibans == {"FR7630006000011234567890189"}


def test_a_mail_providers_domain_is_nobodys_own() -> None:
    own = Own.of(read(creditor={"email": "martin@free.fr"}, smtp={"from_address": "martin@gmail.com"}))
    assert own.hosts == frozenset()


@pytest.mark.parametrize(
    "host", ["https://pay.example", "pay.example/x", "a b", "x@y.example", ".example", ""]
)
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(ConfigError, match=r"links.*is no host"):
        read(creditor={"links": [host]})


@pytest.mark.parametrize("path", ["factures/{number}.pdf", "/srv/{debtor}/{number}.pdf", ""])
def test_a_path_of_copies_names_the_invoices_number(path: str) -> None:
    assert read(sending={"invoice_copies": path}).sending.invoice_copies == path


@pytest.mark.parametrize(
    "path", ["factures/all.pdf", "{number}/{name}.pdf", "{number!r}.pdf", "{number}{", "{debtor}.pdf"]
)
def test_another_form_of_it_is_refused(path: str) -> None:
    with pytest.raises(ConfigError, match=r"invoice_copies.*factures/"):
        read(sending={"invoice_copies": path})


def test_by_default_nothing_says_that_a_machine_writes() -> None:
    assert read().smtp.auto_submitted is False
