"""The author's words without the quotation."""

from __future__ import annotations

import json
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.replies.markup import text_of_html
from relance_mailer.replies.message import read
from relance_mailer.replies.own_parts import passages
from relance_mailer.replies.quote_marks import Part
from relance_mailer.replies.quoting import own_text, own_words

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
    own_text((line * (100_000 // len(line) + 1))[:100_000], NOTICE * 20)
    assert time.process_time() - started < 0.5  # 0.05 s, with room for a slow machine


# --- messages ------------------------------------------------------------------------------------------------------

MAIL = Path(__file__).parents[2] / "data" / "mail" / "quoting"


@pytest.mark.parametrize("path", sorted(MAIL.glob("*.eml")), ids=lambda path: path.stem)
def test_a_message_gives_what_its_author_wrote(path: Path) -> None:
    wanted = json.loads(path.with_suffix(".json").read_text("utf-8"))
    message = read(path.read_bytes())
    own = own_words(message, wanted["notice"])
    assert own.text == wanted["reply_text"], wanted["why"]
    if "passages" in wanted:
        assert [one.part for one in own.passages] == wanted["passages"]
    if "cut" in wanted:
        assert [one.part for one in own.cut] == wanted["cut"]


@pytest.mark.parametrize("path", sorted(MAIL.glob("*.eml")), ids=lambda path: path.stem)
def test_a_message_gives_the_same_where_the_notice_is_not_known(path: Path) -> None:
    """But for the bare notice, which no program marked, and answers written into an unmarked one."""
    wanted = json.loads(path.with_suffix(".json").read_text("utf-8"))
    said = own_words(read(path.read_bytes()), None).text
    if path.stem.startswith("no-mark"):
        assert said.startswith(wanted["reply_text"])
    else:
        assert said == wanted.get("reply_text_without_notice", wanted["reply_text"])


# --- what looks like a mark, and is the author's -------------------------------------------------------------------

HEAD = BLOCKS[0]
KNOWN = pytest.mark.parametrize("known", [NOTICE, None], ids=["known", "unknown"])


@KNOWN
@pytest.mark.parametrize(
    "answer",
    [
        "Le 12 mars 2026 à 14:30, votre collègue nous a écrit :\nla facture est annulée.",
        "Le 12/03/2026 à 14h30 M. Petit m'a écrit :\nc'est annulé.",
        "On 12 March 2026 at 14:30 your colleague wrote to us:\nthe invoice is cancelled.",
        "On 12 March 2026 at 14:30 I wrote:\nplease cancel it.",
        "Am 12.03.2026 um 14:30 schrieb uns Ihre Kollegin:\ndie Rechnung ist storniert.",
        "Am 12.03.2026 um 14:30 schrieb ich Ihnen:\nwir zahlen nicht.",
        "El 12/03/2026 a las 14:30 su compañera nos escribió:\nla factura está anulada.",
        "Il 12/03/2026 alle 14:30 la vostra collega ci ha scritto:\nla fattura è annullata.",
        "Op 12-03-2026 om 14:30 schreef uw collega ons:\nde factuur vervalt.",
        "Em 12/03/2026 às 14:30 a vossa colega escreveu-nos:\na fatura está anulada.",
        "Transport annulé :\n\nDe : Lyon\nÀ : Grenoble\nDate : 3 mars 2026\nObjet : 12 palettes\n\nRien à payer.",
        "Bonjour,\n>>> VIREMENT FAIT LE 3 <<<\nClaire",
        "Nos réponses :\n> la 42 : payée\n> la 43 : contestée\n\nClaire",
        "Payé.\n\n________________________________\nCe message est confidentiel.",
        "A de 140,25 já a entreguei em mão na segunda.\nPago a outra na sexta.\nGraça",
        "Não recebe mais nada de nós.",
    ],
)
def test_an_author_may_write_like_a_program(answer: str, known: str | None) -> None:
    assert own_text(answer, known).text == answer
    assert own_text(f"{answer}\n\n{ATTRIBUTIONS[0]}\n\n{QUOTE}", known).text == answer
    assert own_text(f"{answer}\n\n{HEAD}\n\n{NOTICE}", known).text == answer


def test_a_debtor_signs_with_the_address_over_a_formal_notice() -> None:
    party = "Menuiserie Blanc et Fils SARL\n12 rue de la République\n38000 Grenoble"
    notice = f"MISE EN DEMEURE\n\nDestinataire :\n{party}\n\n{NOTICE}"
    answer = f"Payé hier.\n\nClaire Martin\n{party}"
    assert own_text(f"{answer}\n\n{notice}", notice).text == answer


# --- the known notice, however it comes back -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "quoted",
    [
        NOTICE.upper(),
        " ".join(NOTICE.split()),
        NOTICE.encode().decode("cp1252", "replace"),
        NOTICE.encode("ascii", "replace").decode(),
        unicodedata.normalize("NFD", NOTICE),
        NOTICE.replace(" ", "\u202f").replace("'", "’").replace("-", "–"),
        NOTICE[:330],
        NOTICE[NOTICE.index("Facture F2026") :],
        f"[EXTERNAL]\n\n{NOTICE}",
        f"Sauf erreur de notre part, la facture reste impayée.\nAtelier du Bois\n\n{NOTICE}",
        NOTICE.replace(
            "Atelier du Bois", "Atelier du Bois<https://urldefense.com/v3/__https://bois.example__;!!x>"
        ),
    ],
    ids=[
        "upper",
        "one-line",
        "cp1252",
        "ascii",
        "nfd",
        "blanks",
        "head",
        "tail",
        "banner",
        "preview",
        "links",
    ],
)
def test_the_known_notice_is_found_again(quoted: str) -> None:
    assert own_text(f"Payé hier.\n\n{quoted}", NOTICE).text == "Payé hier."
    assert own_text(f"Payé hier.\n\n{HEAD}\n\n{quoted}", NOTICE).text == "Payé hier."


def test_an_answer_and_the_notice_in_one_line_are_told_apart() -> None:
    assert own_text(f"Payé hier. {' '.join(NOTICE.split())}", NOTICE).text == "Payé hier."
    line = f"Payé hier. {ATTRIBUTIONS[0]} Bonjour, je vous relance."
    assert own_text(line, None).text == "Payé hier."


# --- parts ---------------------------------------------------------------------------------------------------------


def test_own_words_between_quoted_ones_come_with_the_line_that_they_answer() -> None:
    text = "> Quand payez-vous ?\n\nVendredi.\n> Et la 43 ?\nContestée."
    said = [(text[span.start : span.end].strip(), span.context) for span in own_text(text, None).spans]
    assert said == [
        ("> Quand payez-vous ?", ""),
        ("Vendredi.", "Quand payez-vous ?"),
        ("> Et la 43 ?", ""),
        ("Contestée.", "Et la 43 ?"),
    ]


def test_what_was_cut_keeps_its_reason() -> None:
    text = f"{ANSWER}\n\n{HEAD}\n\n{NOTICE}"
    own = own_text(text, NOTICE)
    assert [span.part for span in own.cut] == [Part.HEADERS, Part.NOTICE]
    assert text[own.cut[1].start : own.cut[1].end].strip() == NOTICE.strip()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Bonjour, je paie vendredi.\nCordialement\nJean", ["greeting", "body", "signature"]),
        (
            "Sehr geehrte Frau Martin,\n\nbezahlt.\n\nMit freundlichen Grüßen\nPetra",
            ["greeting", "body", "signature"],
        ),
        ("Estimada Sra. Martin:\n\nPagado.\n\nUn saludo,\nAna", ["greeting", "body", "signature"]),
        ("Gentile dott.ssa Rossi,\npagata ieri.\nCordiali saluti", ["greeting", "body", "signature"]),
        ("Beste,\n\nBetaald.\n\nMvg\nJan", ["greeting", "body", "signature"]),
        (
            "Exmos. Senhores,\n\nPago ontem.\n\nCom os melhores cumprimentos",
            ["greeting", "body", "signature"],
        ),
        ("ok vendredi\n\nSent from my iPhone", ["body", "mobile"]),
        ("Paid.\n\nKind regards\nJo\n\nThis e-mail is confidential.", ["body", "signature", "disclaimer"]),
        ("Cordialement,\nJean\n\nNous avons oublié : la 43 est contestée.", ["signature", "body"]),
        ("", []),
    ],
)
def test_the_authors_text_has_parts(text: str, parts: list[str]) -> None:
    assert [one.part for one in passages(text)] == parts


@given(st.text(alphabet="ab ,.\nBonjourCdt@_-", max_size=200))
def test_the_parts_hold_every_word_once_and_in_order(text: str) -> None:
    own = own_text(text, None).text
    found = passages(own)
    assert [one.start for one in found] == sorted(one.start for one in found)
    assert "".join("".join(own[one.start : one.end].split()) for one in found) == "".join(own.split())


# --- HTML ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "opening",
    [
        '<blockquote type="cite">',
        '<blockquote class="gmail_quote" style="border:none">',
        '<div class="ydp7yahoo_quoted">',
        '<div class="protonmail_quote">',
        '<div name="quote" style="border-left:2px">',
        '<div class="zmail_extra">',
        '<div data-marker="__QUOTED_TEXT__">',
        '<div id="divRplyFwdMsg"></div><div>',
        '<div id="x_divRplyFwdMsg"></div><div>',
        '<div id="mail-editor-reference-message-container">',
        '<div id="ms-outlook-mobile-reference-message">',
        '<div id="OLK_SRC_BODY_SECTION">',
        '<div class="OutlookMessageHeader"></div><div>',
    ],
)
def test_a_programs_own_block_is_a_quotation_in_any_language(opening: str) -> None:
    html = f"<div>Maksamme perjantaina.</div>{opening}<p>Hyvä asiakas, lasku on maksamatta.</p></div>"
    assert own_text(text_of_html(html), None).text == "Maksamme perjantaina."


def test_answers_between_blockquotes_are_the_authors() -> None:
    html = (
        '<div class="gmail_quote"><blockquote class="gmail_quote">Quand ?</blockquote><div>Vendredi.</div>'
        '<blockquote class="gmail_quote">Et la 43 ?</blockquote><div>Contestée.</div></div>'
    )
    assert own_text(text_of_html(html), None).text == "Vendredi.\nContestée."


def test_what_no_program_shows_is_not_read() -> None:
    html = '<div style="display: none">Aperçu<div>caché</div></div><p>Payé <span style="display:none">non</span>hier.</p>'
    assert text_of_html(html) == "Payé hier."


def test_an_indented_paragraph_is_no_quotation() -> None:
    html = '<p>Voici :</p><blockquote style="margin:0 0 0 40px;border:none"><p>la 43 est contestée</p></blockquote>'
    assert ">" not in text_of_html(html)


# --- what is passed on ---------------------------------------------------------------------------------------------

COLLEAGUE = (
    "De : Paul Noir <p.noir@blanc.example>\nEnvoyé : mardi 3 novembre 2026 10:00\nÀ : Jean Dupont\nObjet : RE: facture\n\n"
    "Nous contestons cette facture."
)
OURS = COLLEAGUE.replace("Paul Noir <p.noir@blanc.example>", "Atelier du Bois <vente@atelier.example>")


def test_a_colleagues_answer_that_is_announced_belongs_to_the_answer() -> None:
    answer = f"Voir ci-dessous.\n\nJean\n\n{COLLEAGUE}"
    assert own_text(f"{answer}\n\n{HEAD}\n\n{NOTICE}", NOTICE).text == answer
    parts = [one.part for one in own_text(f"{answer}\n\n{HEAD}\n\n{NOTICE}", NOTICE).passages]
    assert parts == [Part.BODY, Part.FORWARDED]


@pytest.mark.parametrize("thread", [f"Payé hier.\n\n{COLLEAGUE}", f"Voir ci-dessous.\n\n{OURS}"])
def test_another_mail_of_the_thread_is_quoted(thread: str) -> None:
    answer = thread.partition("\n\n")[0]
    assert own_text(f"{thread}\n\n{HEAD}\n\n{NOTICE}", NOTICE).text == answer


def test_a_forward_mark_over_our_own_notice_is_quoted() -> None:
    assert own_text(f"{ANSWER}\n\n{BLOCKS[9]}\n\n{NOTICE}", NOTICE).text == ANSWER
    assert own_text(f"{ANSWER}\n\n{BLOCKS[9]}\n\n{NOTICE}", None).text == ANSWER
