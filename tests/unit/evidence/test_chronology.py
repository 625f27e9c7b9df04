"""The chronology's page: whatever others wrote is shown and does nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relance_mailer.dunning.invoice import Party
from relance_mailer.dunning.money import Money
from relance_mailer.evidence.chronology import (
    TEXT_LIMIT,
    Chronology,
    Event,
    InvoiceLine,
    Letter,
    Settled,
    Span,
    Total,
    render,
    visible,
)
from tests.support.dossier import AT

EUR = Money(Decimal("40.00"), "EUR")
HOSTILE = (
    "</style></p><script>alert(1)</script><img src=//x.example/a.png onerror=x()>\"'&{{7*7}}\\22 }\x1b\u202e"
)
DAY = date(2026, 3, 10)


class _Reader(HTMLParser):
    """Reads a page: its tags with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def _letter(text: str) -> Letter:
    return Letter(
        "messages/0001_2026-03-10_in.eml",
        "ab" * 32,
        "in",
        text,
        text,
        text,
        text,
        AT,
        text,
        attachments=(text,),
    )


def _page(text: str, language: str = "en") -> Chronology:
    """A page on which every text that others wrote is `text`."""
    line = InvoiceLine(text, DAY, DAY, EUR, EUR, EUR, 5, EUR, EUR, disputed=True)
    event = Event(7, AT, text, text, (text,), (text,), (text,), _letter(text))
    return Chronology(
        language=language,
        zone=ZoneInfo("Europe/Paris"),
        at=AT,
        by=text,
        program="0.1.0",
        creditor=Party("Menuiserie Martin"),
        debtor=Party(text, text, text, text, "FR", text, text),
        reference=text,
        kind="professional",
        contacts=(text,),
        invoice=text,
        invoices=(line,),
        settled=(Settled(text, DAY, EUR, "paid"), Settled(text, None, EUR, "stated")),
        totals=(Total(EUR, EUR, EUR),),
        spans=(Span(text, DAY, DAY, 1, EUR, Decimal("12.15"), EUR),),
        claim="commercial",
        unknown_rate=text,
        facts=(("sent", 1),),
        events=(event, replace(event, letter=None)),
        head=(5, 12, "cd" * 32),
    )


SKELETON = [tag for tag, _ in _Reader(render(_page("x"))).tags]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_hostile_text_is_shown_and_changes_nothing_of_the_page(language: str) -> None:
    page = render(_page(HOSTILE, language))
    read = _Reader(page)
    assert [tag for tag, _ in read.tags] == SKELETON
    assert "<script>alert(1)</script>" in read.text
    assert "{{7*7}}" in read.text
    assert "␛[U+202E]" in read.text
    assert "\x1b" not in page
    assert "\u202e" not in page


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_no_text_whatever_adds_an_element_or_breaks_the_page(text: str) -> None:
    page = render(_page(f"x{text}x"))
    page.encode("utf-8")
    assert [tag for tag, _ in _Reader(page).tags] == SKELETON


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    tags = _Reader(render(_page("x"))).tags
    assert not {tag for tag, _ in tags} & {
        "script",
        "img",
        "link",
        "iframe",
        "object",
        "form",
        "base",
        "video",
    }
    named = [value for _, attributes in tags for name, value in attributes.items() if name in ("src", "href")]
    assert set(named) == {"messages/0001_2026-03-10_in.eml"}
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    policies = [attributes["content"] for tag, attributes in tags if "http-equiv" in attributes]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]
    style = render(_page("x")).partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_a_name_in_the_foot_of_each_printed_page_cannot_leave_its_string() -> None:
    style = render(_page('"; } body { display: none } /* Dupont & Fils'))
    style = style.partition("<style>")[2].partition("</style>")[0]
    foot = next(line for line in style.splitlines() if "@bottom-left" in line)
    assert foot.count('"') == 4  # the foot's own, and the font's
    assert "display: none" not in style
    assert "Dupont \\26  Fils" in foot


def test_an_instant_stands_in_local_time_and_in_utc() -> None:
    read = _Reader(render(_page("x")))
    assert "10:30:00" in read.text
    assert "09:30:00Z" in read.text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb", "a\nb"),
        ("a\rb", "a␍b"),
        ("\x00\x07\x1b[31m", "␀␇␛[31m"),
        ("\x7f\x85", "␡[U+0085]"),
        ("fdp\u202eexe", "fdp[U+202E]exe"),
        ("a\u200bb\ufeff", "a[U+200B]b[U+FEFF]"),
        ("\ud800", "[U+D800]"),
        ("\U000e0041", "[U+E0041]"),
        ("é « œ » – 😀", "é « œ » – 😀"),
    ],
)
def test_what_cannot_be_seen_is_made_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_very_long_line_is_broken_and_nothing_of_it_lost() -> None:
    shown = visible("x" * 5_000)
    assert max(map(len, shown.split("\n"))) == 998
    assert shown.replace("\n", "") == "x" * 5_000


def test_a_very_long_text_is_cut_and_says_so() -> None:
    page = _page("x")
    long = replace(page, events=(replace(page.events[0], letter=_letter("y" * (TEXT_LIMIT + 1))),))
    text = _Reader(render(long)).text
    assert "Text cut here" in text
    assert "Text cut here" not in _Reader(render(page)).text


def test_a_message_whose_bytes_were_erased_is_named_without_a_link() -> None:
    page = _page("x")
    erased = replace(page, events=(replace(page.events[0], letter=replace(_letter("x"), file="")),))
    read = _Reader(render(erased))
    assert "content erased (data protection)" in read.text
    assert not [tag for tag, _ in read.tags if tag == "a"]


def test_without_invoices_events_or_claims_the_page_says_so() -> None:
    empty = replace(
        _page("x"), invoices=(), settled=(), totals=(), spans=(), claim="", events=(), unknown_rate=""
    )
    text = _Reader(render(empty)).text
    assert "No invoice." in text
    assert "The ledger tells nothing about this debtor." in text
    assert "L441-10" not in text
