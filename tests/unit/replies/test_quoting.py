"""The author's words without the quotation."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.replies.quoting import own_text

NOTICE = """Madame, Monsieur,

Sauf erreur ou omission de notre part, la facture suivante reste impayée à ce jour :

Facture F2026-0042 du 01/09/2026, échéance le 01/10/2026, montant 1 200,00 €

Nous vous remercions de bien vouloir procéder à son règlement par virement dans les meilleurs délais.

Cordialement,
Atelier du Bois
"""
ANSWER = "Bonjour,\n\nLe virement partira vendredi.\n\nCordialement,\nJean Dupont"
QUOTE = "\n".join(f"> {line}".rstrip() for line in NOTICE.strip().split("\n"))

ATTRIBUTIONS = [
    "Le lun. 2 nov. 2026 à 09:00, Atelier <compta@atelier.example> a écrit :",
    "Le lun. 2 nov. 2026 à 09:00, Atelier du Bois\n<compta@atelier.example> a\nécrit :".replace(
        "a\nécrit", "a écrit"
    ),
    "Le 02/11/2026 à 09:00, Atelier a écrit\xa0:",
    "On Mon, Nov 2, 2026 at 9:00 AM Atelier <compta@atelier.example> wrote:",
    "On Mon, Nov 2, 2026 at 9:00 AM Atelier\n<compta@atelier.example>\nwrote:",
    "Am 02.11.2026 um 09:00 schrieb Atelier <compta@atelier.example>:",
    "El lun, 2 nov 2026 a las 9:00, Atelier (<compta@atelier.example>) escribió:",
    "Il giorno lun 2 nov 2026 alle ore 09:00 Atelier <compta@atelier.example> ha scritto:",
    "Op ma 2 nov 2026 om 09:00 schreef Atelier <compta@atelier.example>:",
    "Em seg., 2 de nov. de 2026 às 09:00, Atelier <compta@atelier.example> escreveu:",
    "Atelier <compta@atelier.example> a écrit :",
]
BLOCKS = [
    "De : Atelier <compta@atelier.example>\nEnvoyé : lundi 2 novembre 2026 09:00\nÀ : Jean Dupont\nObjet : Rappel",
    "De : Atelier\nDate : lundi 2 novembre 2026\nÀ : Jean\nCc : Paul\nObjet : Rappel",
    "*De :* Atelier\n*Envoyé :* lundi 2 novembre 2026\n*À :* Jean\n*Objet :* Rappel",
    "From: Atelier <compta@atelier.example>\nSent: Monday, November 2, 2026 9:00 AM\nTo: Jean\nSubject: Rappel",
    "Von: Atelier\nGesendet: Montag, 2. November 2026 09:00\nAn: Jean\nBetreff: Rappel",
    "-----Message d'origine-----\nDe : Atelier\nEnvoyé : lundi\nÀ : Jean\nObjet : Rappel",
    "-----Original Message-----\nFrom: Atelier\nSent: Monday\nTo: Jean\nSubject: Rappel",
    "________________________________\nDe : Atelier\nEnvoyé : lundi\nÀ : Jean\nObjet : Rappel",
    "-------- Message original --------\nObjet : Rappel\nDate : lundi\nDe : Atelier\nÀ : Jean",
    "---------- Forwarded message ---------\nFrom: Atelier\nDate: Monday\nSubject: Rappel\nTo: Jean",
]


@pytest.mark.parametrize("known", [NOTICE, None])
@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_an_attribution_and_marked_lines_are_quoted(line: str, known: str | None) -> None:
    assert own_text(f"{ANSWER}\n\n{line}\n\n{QUOTE}\n", known).text == ANSWER


@pytest.mark.parametrize("known", [NOTICE, None])
@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_an_attribution_without_marks_quotes_all_that_follows(line: str, known: str | None) -> None:
    assert own_text(f"{ANSWER}\n\n{line}\n\n{NOTICE}", known).text == ANSWER


@pytest.mark.parametrize("known", [NOTICE, None])
@pytest.mark.parametrize("block", BLOCKS)
def test_a_header_block_quotes_all_that_follows(block: str, known: str | None) -> None:
    assert own_text(f"{ANSWER}\n\n{block}\n\n{NOTICE}", known).text == ANSWER


def test_a_message_without_quotation_is_all_the_authors() -> None:
    assert own_text(ANSWER, NOTICE).text == ANSWER


def test_the_quotation_is_kept_too() -> None:
    assert own_text(f"{ANSWER}\n\n{QUOTE}", None).quoted == QUOTE


def test_lines_of_the_author_like_headers_do_not_join_the_quoted_block() -> None:
    answer = "Tout est réglé.\nÀ : vérifier\n\nDate : à venir"
    assert own_text(f"{answer}\n{BLOCKS[7]}\n\n{NOTICE}", None).text == answer


def test_the_known_notice_is_subtracted_without_any_mark() -> None:
    assert own_text(f"{ANSWER}\n\n{NOTICE}", NOTICE).text == ANSWER


def test_the_known_notice_is_subtracted_however_it_was_broken_anew() -> None:
    words = NOTICE.split()
    rewrapped = "\n".join(" ".join(words[at : at + 9]) for at in range(0, len(words), 9))
    assert own_text(f"Payé hier.\n\n{rewrapped}", NOTICE).text == "Payé hier."


def test_one_phrase_of_the_notice_in_the_answer_stays_the_authors() -> None:
    answer = "Bonjour,\nla facture suivante reste impayée à ce jour\ncar nous la contestons."
    assert own_text(answer, NOTICE).text == answer


def test_a_greeting_like_ours_stays_the_authors() -> None:
    answer = "Madame, Monsieur,\n\nC'est payé.\n\nCordialement,"
    assert own_text(f"{answer}\n\nJean\n\n{NOTICE}", NOTICE).text == f"{answer}\n\nJean"


def test_answers_between_marked_lines_are_kept() -> None:
    text = "Voir plus bas.\n> la facture F2026-0042\nPayée le 3.\n> la facture F2026-0043\nContestée."
    assert own_text(text, None).text == "Voir plus bas.\nPayée le 3.\nContestée."


def test_answers_after_an_attribution_are_kept() -> None:
    text = f"{ATTRIBUTIONS[0]}\n> Quand payez-vous ?\n\nLe 15 décembre."
    assert own_text(text, None).text == "Le 15 décembre."


def test_answers_written_into_an_unmarked_notice_are_kept() -> None:
    lines = NOTICE.strip().split("\n\n")
    text = f"Voir ci-dessous.\n\n{BLOCKS[0]}\n\n" + "\n\n".join(
        [*lines[:3], "Cette commande ne nous est jamais parvenue.", *lines[3:]]
    )
    assert own_text(text, NOTICE).text == "Voir ci-dessous.\n\nCette commande ne nous est jamais parvenue."


def test_the_rest_of_a_quoted_line_broken_without_mark_is_quoted() -> None:
    text = (
        "> Nous vous remercions de bien vouloir procéder à son règlement par virement dans les\n"
        "meilleurs délais.\n> Cordialement,\nC'est fait."
    )
    assert own_text(text, NOTICE).text == "C'est fait."


def test_a_mobile_signature_is_the_authors() -> None:
    text = f"Payé.\n\nEnvoyé de mon iPhone\n\n> {ATTRIBUTIONS[0]}\n> \n{QUOTE}"
    assert own_text(text, NOTICE).text == "Payé.\n\nEnvoyé de mon iPhone"


def test_a_disclaimer_under_a_rule_is_the_authors() -> None:
    text = "Payé.\n\n________________________________\nCe message est confidentiel."
    assert own_text(text, None).text == text


@pytest.mark.parametrize(
    "text",
    [
        "Le 12 mars, votre collègue m'a écrit :\nla facture est annulée.",
        "Objet : facture F2026-0042\nDate : le 3 novembre\n\nNous contestons.",
        "Comme M. Petit l'a écrit : nous ne paierons pas.",
        "From our side all is fine.\nTo: do\n\nDate: tbc",
        "De : 1 200 € nous passons à : 900 €.",
        "On the invoice you wrote: 12 pieces. We got 10.",
    ],
)
def test_sentences_that_look_like_marks_stay_the_authors(text: str) -> None:
    assert own_text(text, None).text == text


@given(st.text(alphabet="ab >:\n@Le12-_", max_size=300), st.none() | st.text(alphabet="ab \n", max_size=60))
def test_no_line_is_lost(text: str, notice: str | None) -> None:
    own = own_text(text, notice)
    assert sorted((own.text + own.quoted).replace("\n", "").replace(" ", "")) == sorted(
        text.replace("\n", "").replace(" ", "")
    )


@pytest.mark.parametrize(
    "line", ["Le 1\n", "> a\n", "De : a\n", "On a@b.c wrote\n", "a <b@" * 40 + "\n", "a b c d e\n", "\n"]
)
def test_hostile_text_takes_linear_time(line: str) -> None:
    started = time.process_time()
    own_text((line * (200_000 // len(line) + 1))[:200_000], NOTICE * 20)
    assert time.process_time() - started < 2
