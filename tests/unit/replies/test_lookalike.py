"""Domains that are made to be taken for another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.replies.lookalike import resembled, spellings

KNOWN = ("durand-freres.fr", "cimaline.example")


@pytest.mark.parametrize(
    "domain",
    [
        "durandfreres.fr",  # a hyphen less
        "duran-d-freres.fr",  # one more
        "durand-freres.com",  # another ending
        "durand-freres.co.uk",
        "durand-frere.fr",  # a letter less
        "durand-frerres.fr",  # one more
        "durand-fraires.fr".replace("ai", "ë"),  # an accent
        "durnad-freres.fr",  # two changed places
        "dur4nd-freres.fr",  # one changed
        "clmaline.example",  # l for i
        "cirnaline.example",  # rn for m
        "cima1ine.example",  # 1 for l
        "сimaline.example",  # a Cyrillic с
        "xn--imaline-xjg.example",  # the same, as the wire has it
        "ciмaline.example",
        "cimaline-facturation.example",
        "compta-cimaline.test",
        "cimaline.example.thief.test",
        "cimaline-example.test",
    ],
)
def test_it_resembles_a_known_domain(domain: str) -> None:
    assert resembled(domain, KNOWN) in KNOWN


@pytest.mark.parametrize(
    "domain",
    [
        "durand-freres.fr",
        "mail.durand-freres.fr",
        "DURAND-FRERES.FR",
        "martin.fr",
        "gmail.com",
        "freres.fr",
        "durand.fr",
        "cabinet-leroy.example",
        "",
        "fr",
    ],
)
def test_it_is_known_or_resembles_none(domain: str) -> None:
    assert resembled(domain, KNOWN) == ""


def test_short_names_that_differ_by_a_letter_are_no_imitations() -> None:
    assert resembled("sgb.fr", ["sgs.fr"]) == ""
    assert resembled("sgs.com", ["sgs.fr"]) == "sgs.fr"


def test_a_providers_domain_imitates_nobody_but_can_be_imitated() -> None:
    assert resembled("hotmail.com", ["hotmail.fr"]) == ""
    assert resembled("gmai1.com", ["gmail.com"]) == "gmail.com"


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("durand-freres.com", "durand-freres.fr"),
        ("durand-freres.test", "durandfreres.test"),
        ("durand-freeres.fr", "durand-freres.fr"),
        ("cirnaline.fr", "cimaline.fr"),
        ("c1maline.fr", "clmaline.fr"),
        ("сimaline.fr", "cimaline.fr"),
    ],
)
def test_what_a_reader_could_mean_is_looked_up(domain: str, meant: str) -> None:
    assert meant in spellings(domain)


@given(st.text(max_size=300), st.text(max_size=300))
def test_whatever_stands_there_nothing_breaks(domain: str, known: str) -> None:
    assert resembled(domain, [known]) in ("", known.lower())
    assert len(spellings(domain)) < 100
    assert domain not in spellings(domain)
