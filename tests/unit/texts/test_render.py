from dataclasses import replace
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relance_mailer.dunning.money import Money
from relance_mailer.errors import TemplateError
from relance_mailer.texts import samples
from relance_mailer.texts.context import NoticeContext, Recall
from relance_mailer.texts.formats import clean
from relance_mailer.texts.load import Templates, packaged_templates
from relance_mailer.texts.render import RenderedText, Renderer

RENDERER = Renderer(Templates([packaged_templates()]))
STAGES = ("predue", "reminder1", "reminder2", "reminder3", "formal_notice")
EVERY = pytest.mark.parametrize(
    "context", [c for s in STAGES for x in ("fr", "en") for c in samples.variants(s, x)]
)

HOSTILE = (
    "[Payer ici](https://evil.example)",
    "F|1",
    "<script>alert(1)</script>",
    "**gras** _souligné_ `code` ~~x~~",
    "a\r\nBcc: victim@example.org\r\n\r\n# Titre\n- liste",
    "![x](https://evil.example/p.png)",
    "<https://evil.example>",
    "\\",
    "&lt;b&gt; &amp; \" '",
    "{{ 7 * 7 }}{% raw %}",
    "\ue0000\ue001 \ue000999\ue001",
    "\u202egnp.exe\u200b\x00\x1b[31m",
    "\ud800",
    "1. un\n2. deux\n---\n===",
    "x" * 5000,
    " ".join(["mot"] * 400),
)
HOSTILE_TEXT = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(alphabet="[]()<>|*_`#-+.!\\&\"'{}%~=: \t\r\nab1é\ue000\ue001", max_size=60),
    st.text(max_size=40),
)


class Structure(HTMLParser):
    """Tags with their attributes, and the words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}", ()))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def with_data(context: NoticeContext, data: str) -> NoticeContext:
    """The same notice with `data` wherever a person's or program's words can stand."""
    party = replace(context.debtor, name=data, street=data, city=data)
    lines = tuple(replace(line, number=data, order_number=data) for line in context.lines)
    sender = replace(
        context.sender,
        party=replace(context.sender.party, name=data),
        signer_name=data,
        signer_capacity=data,
        bic=data,
    )
    return replace(context, debtor=party, contact_name=data, lines=lines, sender=sender, reference=data)


def assert_data_change_nothing(stage: str, data: str) -> RenderedText:
    plain, rendered = (RENDERER.render(with_data(samples.full(stage, "fr"), value)) for value in ("X", data))
    assert Structure(rendered.html).tags == Structure(plain.html).tags
    assert "<a" not in rendered.html
    assert rendered.subject.encode()
    assert "\u2028" not in rendered.subject
    assert not any(
        ord(char) < 32 or 127 <= ord(char) < 160
        for char in rendered.subject + rendered.text.replace("\n", "")
    )
    assert max(map(len, rendered.text.split("\n"))) <= 998
    assert (rendered.text + rendered.html).encode()
    return rendered


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("data", HOSTILE)
def test_hostile_data_change_neither_links_nor_tables(stage: str, data: str) -> None:
    rendered = assert_data_change_nothing(stage, data if data.strip() else "x")
    words = "".join("".join(Structure(rendered.html).words).split())
    if "\ue000" not in data:
        assert "".join(clean(data).split()) in words  # nothing is lost either: it stands there as written
        assert "".join(clean(data).split()) in "".join(rendered.text.split())


@settings(max_examples=60)
@given(st.sampled_from(STAGES), HOSTILE_TEXT.map(lambda text: f"a{text}"))
def test_no_data_at_all_change_the_form(stage: str, data: str) -> None:
    assert_data_change_nothing(stage, data)


@given(HOSTILE_TEXT.map(lambda text: f"a{text}"[:15]))
def test_tables_of_the_plain_text_stay_aligned(data: str) -> None:
    context = samples.sample("reminder1", "fr")
    lines = RENDERER.render(
        replace(context, lines=(replace(context.lines[0], number=data, order_number=""),))
    ).text.split("\n")
    at = next(i for i, line in enumerate(lines) if line.startswith("---"))
    assert len(lines[at].split()) == 4
    assert lines[at + 1].endswith("13/02/2026  15/03/2026    1\u00a0250,00\u00a0€")
    assert lines[at + 2] == ""


def test_a_table_too_wide_is_written_row_by_row() -> None:
    context = samples.sample("reminder1", "fr")
    text = RENDERER.render(replace(context, lines=(replace(context.lines[0], number="N" * 120),))).text
    assert f"Facture (votre commande): {'N' * 120}".replace(": N", ":\nN") in text.replace(
        "(BC-0412)", ""
    ).replace(" \n", "\n")
    assert "Échéance: 15/03/2026\n" in text


@EVERY
def test_every_notice_names_what_is_owed_and_how_to_answer(context: NoticeContext) -> None:
    rendered = RENDERER.render(context)
    words = " ".join(rendered.text.split())
    for line in context.lines:
        assert line.number in words
        assert line.order_number in words
    for party in (context.sender.party.name, context.sender.email, context.reference):
        assert party in words
    assert ("entre-temps" if context.language == "fr" else "in the meantime") in words
    assert f'<html lang="{context.language}">' in rendered.html
    assert "\ue000" not in rendered.html + rendered.text
    assert "{" not in rendered.text
    assert "\\" not in rendered.text


@EVERY
def test_interest_and_compensation_stand_only_where_they_are_claimed(context: NoticeContext) -> None:
    words = " ".join(RENDERER.render(context).text.split())
    shown = any(word in words for word in ("40 €", "€40", "D441-5", "D2192-35"))
    allowed = context.stage in {"reminder3", "formal_notice"} and context.claim is not None
    assert shown == allowed


def test_a_public_debtor_reads_of_its_own_code() -> None:
    context = samples.full("formal_notice", "fr")
    assert context.claim
    words = RENDERER.render(replace(context, claim=replace(context.claim, kind="public"))).text
    assert "L2192-13" in words
    assert "L441-10" not in words


def test_a_formal_notice_gives_each_sum_by_head_and_the_sum_of_all() -> None:
    words = " ".join(RENDERER.render(samples.full("formal_notice", "fr")).text.split())
    for said in (
        "MISE EN DEMEURE", "SIREN 732 829 320", "SIREN 552 100 554", "Principal TTC restant dû 4 050,00 €",
        "Pénalités de retard arrêtées au 4 mai 2026 75,79 €", "(40 € par facture) 80,00 €", "Total 4 205,79 €",
        "2 000,00 € sur un montant TTC de 4 800,00 €", "2 800,00 € × 12,15 % × 59 / 365", "au plus tard le 19 mai 2026",
        "articles 1344 et 1344-1 du code civil", "articles L441-10 et D441-5", "Hélène Marchand Responsable comptable",
        "Total 990,50 $US",
    ):  # fmt: skip
        assert said in words


def test_without_claim_a_formal_notice_starts_interest_at_the_legal_rate() -> None:
    words = " ".join(RENDERER.render(samples.sample("formal_notice", "fr")).text.split())
    assert "la présente mise en demeure fait courir les intérêts moratoires au taux légal" in words
    assert "L441-10" not in words


def test_a_formal_notice_without_deadline_is_refused_with_file_and_line() -> None:
    with pytest.raises(TemplateError, match=r"fr/formal_notice\.md, line 3: this value is absent"):
        RENDERER.render(replace(samples.sample("formal_notice", "fr"), deadline=None))


def test_invoices_not_due_stand_under_a_heading_of_their_own() -> None:
    text = RENDERER.render(samples.full("reminder1", "fr")).text
    overdue, coming = text.split("À échéance prochaine\n--------------------\n")
    assert "F-2026-0412" in overdue
    assert "F-2026-0460" not in overdue
    assert "F-2026-0460" in coming
    assert "F-2026-0412" not in coming


def test_each_currency_has_a_table_and_a_total() -> None:
    text = " ".join(RENDERER.render(samples.full("reminder2", "fr")).text.split())
    assert "Factures en EUR" in text
    assert "Total 4 050,00 €" in text
    assert "Factures en USD" in text
    assert "990,50 $US" in text


@pytest.mark.parametrize(
    ("recall", "said"),
    [
        (
            Recall("promise", date(2026, 5, 1), Money(Decimal(900), "EUR")),
            "Vous nous aviez annoncé un règlement de 900,00 € pour le 1er mai 2026. À ce jour, il ne nous est pas parvenu en totalité.",
        ),
        (Recall("promise"), "Vous nous aviez annoncé un règlement. À ce jour, il ne nous est pas parvenu."),
        (Recall("already_paid", date(2026, 4, 20)), "Pourriez-vous nous adresser une preuve de ce paiement"),
    ],
)
def test_a_broken_word_is_recalled(recall: Recall, said: str) -> None:
    text = RENDERER.render(replace(samples.sample("reminder2", "fr"), recall=recall)).text
    assert said in " ".join(text.split())
    assert (
        "simple oubli" not in RENDERER.render(replace(samples.sample("reminder1", "fr"), recall=recall)).text
    )


def test_a_language_without_templates_is_written_in_english() -> None:
    rendered = RENDERER.render(samples.sample("reminder1", "de"))
    assert rendered.language == "en"
    assert "€1,250.00" in rendered.text


@pytest.mark.parametrize("language", ["../..", "", "fr/../fr", "FR\n"])
def test_a_language_that_is_none_falls_back_too(language: str) -> None:
    assert RENDERER.render(samples.sample("reminder1", language)).language == "en"


def test_the_html_is_one_column_styled_without_remote_parts() -> None:
    html = RENDERER.render(samples.full("reminder3", "fr")).html
    assert "max-width: 640px" in html
    assert "prefers-color-scheme: dark" in html
    assert "<p style=" in html
    assert "src=" not in html
    assert "url(" not in html
    assert "<link" not in html


def test_a_long_subject_is_cut_and_stays_one_line() -> None:
    context = samples.sample("reminder1", "fr")
    subject = RENDERER.render(
        replace(context, lines=(replace(context.lines[0], number="a\r\nBcc: x " * 60),))
    ).subject
    assert len(subject) <= 200
    assert "\n" not in subject
    assert subject.startswith("Facture a Bcc: x")


def test_french_spaces_before_colons_do_not_break() -> None:
    rendered = RENDERER.render(samples.sample("reminder1", "fr"))
    assert rendered.subject == "Facture F-2026-0412\u00a0: règlement en attente"
    assert "IBAN\u00a0: FR76\u00a03000" in rendered.text
