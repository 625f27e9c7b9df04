"""No IBAN and no link but the creditor's own, however they are written; and no false alarm over what is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban

from relance_mailer.texts import samples
from relance_mailer.texts.check import check
from relance_mailer.texts.foreign import Own, linked, problems, shown
from relance_mailer.texts.load import Templates, packaged_templates
from relance_mailer.texts.render import Renderer

OURS, THEIRS = "FR7630006000011234567890189", "DE89370400440532013000"
OWN = Own(
    frozenset({OURS}), frozenset({"creditor.example", "pay.example"}), frozenset({"compta@creditor.example"})
)
HEAD = "---\nsubject: Facture {{ lines[0].number }}\n---\n"
WHOLE = '{% set shown = groups %}\n{% include "_invoices.md" %}\n{% include "_payment.md" %}\n'


def found(text: str, html: str = "") -> list[str]:
    return list(problems(OWN, [text], linked(html)))


@pytest.mark.parametrize(
    "written",
    [
        THEIRS,
        "DE89 3704 0044 0532 0130 00",
        "IBAN:DE89370400440532013000.",
        "de89-3704-0044-0532-0130-00",
        "DE89\u00a03704\u202f0044\u00a00532\u00a00130\u00a000",
        "DE89\u200b3704\u00ad0044\ufeff0532013000",
        "ＤＥ８９３７０４００４４０５３２０１３０００",
        "DE89.3704.0044.0532.0130.00",
        "DE 89 3704 0044 0532 0130 00",
        "compteDE89370400440532013000merci",
        "DE89 3704 0044\n0532 0130 00",
        "DE89 – 3704 – 0044 – 0532 – 0130 – 00",
    ],
)
def test_an_iban_of_somebody_else_is_found_however_it_is_written(written: str) -> None:
    [problem] = found(f"Virement sur {written}")
    assert THEIRS in problem


def test_an_iban_cut_by_tags_is_found_and_one_in_two_cells_is_none() -> None:
    assert found(shown("<p>DE89<b>3704</b> 0044<span style='x'> 0532</span>&#48;130&nbsp;00</p>"))
    assert not found(shown("<table><tr><td>DE89 3704 0044</td><td>0532 0130 00</td></tr></table>"))


@pytest.mark.parametrize(
    "written", [OURS, "FR76 3000 6000 0112 3456 7890 189", "fr76-30006000011234567890189"]
)
def test_the_creditors_own_is_no_problem(written: str) -> None:
    assert found(f"Notre IBAN : {written}, merci.") == []


@given(st.sampled_from(["GB", "ES", "NO", "MT", "BE"]), st.data())
def test_every_valid_iban_is_found_in_any_grouping(country: str, data: st.DataObject) -> None:
    bban = {"GB": "[A-Z]{4}[0-9]{14}", "ES": "[0-9]{20}", "NO": "[0-9]{11}", "MT": "[A-Z]{4}[0-9]{5}[A-Z0-9]{18}", "BE": "[0-9]{12}"}  # fmt: skip
    body = data.draw(st.from_regex(bban[country], fullmatch=True))
    number = country + iban.calc_check_digits(f"{country}00{body}") + body
    cut = data.draw(st.integers(1, 6))
    gap = data.draw(st.sampled_from([" ", "\u00a0", "-", "\u2011", "", "\u200b", " - "]))
    written = gap.join(number[at : at + cut] for at in range(0, len(number), cut))
    assert any(number in problem for problem in found(f"Payez : {written}, merci"))


@pytest.mark.parametrize(
    "text",
    [
        "Facture FA-2026-000412 du 12/03/2026, no 2026 0412 0413, échue le 15/03/2026 : 1 250,00 €",
        "SIREN 732 829 320, TVA FR 40 303 265 045, tél. 01 23 45 67 89, RCS Paris B 732 829 320",
        "FR76 3000 6000 0112 3456 7890 180",  # check digits that do not fit
        "Commande 4f9c0e8a-89de-4f11-be71-096123456700",
    ],
)
def test_numbers_that_are_no_iban_are_let_through(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "written",
    [
        "http://evil.example/pay",
        "HTTPS://EVIL.EXAMPLE",
        "https://creditor.example.evil.example/",
        "https://creditor.example@evil.example/",
        "https://evil.example\\@creditor.example",
        "https://evilcreditor.example",
        "www.evil.example/x",
        "ｈｔｔｐｓ：／／evil.example",
        "ht\u200btps://evil.example",
        "http:\\\\evil.example",
        "ftp://creditor.example/x",
        "mailto:pay@evil.example",
        "mailto:compta@creditor.example?cc=pay@evil.example",
        "BC-12 (https://evil.example)",
        "https://ev\u0131l.example",
    ],
)
def test_a_link_elsewhere_is_refused_also_as_plain_words(written: str) -> None:
    assert len(found(f"Commande {written}, merci")) == 1


@pytest.mark.parametrize(
    "written",
    [
        "https://creditor.example/cgv",
        "https://www.creditor.example:8443/?x=1",
        "www.creditor.example:80/x",
        "https://pay.example/f/12",
        "mailto:compta@creditor.example?subject=Facture%20F-12",
        "compta@creditor.example",
        "Booking.com SARL",
        "réf : 2026/12, n°://",
    ],
)
def test_the_creditors_links_and_companies_named_like_hosts_are_let_through(written: str) -> None:
    assert found(f"Voir {written}") == []


@pytest.mark.parametrize(
    ("html", "refused"),
    [
        ('<a href="https://evil.example">payer</a>', 1),
        ("<IMG SRC='//evil.example/x.png'>", 1),
        ('<a href="javascript:alert(1)">x</a>', 1),
        ('<a href="https://creditor.example&#64;evil.example/">x</a>', 1),
        (
            '<a href="https://creditor.example/x">x</a><a href="tel:+33100000000">x</a><a href="#haut">x</a>',
            0,
        ),
    ],
)
def test_links_of_the_html_are_looked_at_whatever_their_words(html: str, refused: int) -> None:
    assert len(found("", html)) == refused


def test_links_to_hosts_in_other_letters_are_compared_by_idna() -> None:
    own = Own(frozenset(), frozenset({"xn--fa-hia.example"}), frozenset())
    assert list(problems(own, ["https://faß.example/x"])) == []
    assert len(list(problems(own, ["https://fass.example/x"]))) == 1


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_judged_without_an_error(text: str, html: str) -> None:
    assert all(isinstance(problem, str) for problem in (*found(text, html), *found(shown(html))))


# ── templates ────────────────────────────────────────────────────────────────────────────────────────────────


def own_template(folder: Path, text: str) -> Templates:
    path = folder / "fr" / "reminder1.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return Templates([folder, packaged_templates()])


def test_the_packaged_templates_have_nothing_of_others() -> None:
    templates = Templates([packaged_templates()])
    assert check(templates, OWN) == []
    said = Renderer(templates).render(samples.full("formal_notice", "fr"))
    ours = Own(frozenset({samples.SENDER.iban}), frozenset(), frozenset({samples.SENDER.email}))
    assert list(problems(ours, [said.subject, said.preview, said.text, shown(said.html)], said.links)) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"Payez sur {THEIRS}.", THEIRS),
        ("Payez sur DE89 **3704** 0044 0532 0130 00.", THEIRS),
        ("[Payez ici](https://evil.example/x)", "evil.example"),
        ("https://evil.example/x", "evil.example"),
    ],
)
def test_a_template_with_an_iban_or_a_link_of_others_is_told_at_the_start(
    tmp_path: Path, line: str, words: str
) -> None:
    found_there = check(own_template(tmp_path, f"{HEAD}{WHOLE}{line}\n"), OWN)
    assert found_there
    assert all(words in problem.message for problem in found_there)


def test_a_template_may_name_the_creditors_own(tmp_path: Path) -> None:
    line = f"{OURS} https://creditor.example/cgv [payer](https://pay.example)"
    assert check(own_template(tmp_path, f"{HEAD}{WHOLE}{line}\n"), OWN) == []


def test_a_link_that_the_layout_makes_of_a_value_is_judged_with_that_value(tmp_path: Path) -> None:
    layout = (packaged_templates() / "layout.html").read_text(encoding="utf-8")
    link = '<a href="https://{{ sender }}/">x</a></body>'
    (tmp_path / "layout.html").write_text(layout.replace("</body>", link), encoding="utf-8")
    context = samples.full("reminder1", "fr")
    party = replace(context.sender.party, name="evil.example")
    context = replace(context, sender=replace(context.sender, party=party))
    said = Renderer(Templates([tmp_path, packaged_templates()])).render(context)
    [problem] = problems(OWN, [], said.links)
    assert "evil.example" in problem
    assert said.links == tuple(linked(said.html))
