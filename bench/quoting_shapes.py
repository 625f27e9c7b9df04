"""Answers over a quoted notice as mail programs write them, in seven languages, for bench/quoting.py.

Each shape is a program's own marks around invented words: how it introduces a quotation, marks it, and signs.
"""
# ruff: noqa: ARG001, ISC004, Q003  one signature for all shapes; HTML is laid out as the programs do

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

WHO = "Ateliers Duvernay SAS"
ADDRESS = "relance@duvernay.example"
FULL = f"{WHO} <{ADDRESS}>"
TO = "Claire Martin <c.martin@blanc.example>"


@dataclass(frozen=True)
class Notice:
    """A notice as sent: its plain text and its HTML."""

    text: str
    html: str
    flat: str  #: the HTML as programs turn it into text, a cell a line


@dataclass(frozen=True)
class Words:
    """What programs say in a language."""

    gmail: str
    apple: str
    bird: str  #: Thunderbird
    cube: str  #: Roundcube
    k9: str
    yahoo: str
    block: tuple[str, str, str, str, str, str]  #: from, sent, date, to, cc, subject
    importance: str
    original: str
    forwarded: str
    iphone: str
    outlook_ios: str
    samsung: str
    sent: str  #: a date as Outlook writes it
    tip: str  #: the safety tip of Microsoft 365
    external: str


L: dict[str, Words] = {
    "fr": Words(
        "Le lun. 2 nov. 2026 à 09:04, {w} a écrit :", "Le 2 nov. 2026 à 09:04, {w} a écrit :", "Le 02/11/2026 à 09:04, {n} a écrit :",
        "Le 2026-11-02 09:04, {n} a écrit :", "Le 2 novembre 2026 09:04:11 GMT+01:00, {w} a écrit :",
        "Le lundi 2 novembre 2026 à 09:04:11 UTC+1, {w} a écrit :", ("De", "Envoyé", "Date", "À", "Cc", "Objet"), "Importance : Haute",
        "Message d'origine", "Message transféré", "Envoyé de mon iPhone", "Télécharger Outlook pour iOS<https://aka.ms/o0ukef>",
        "Envoyé depuis mon smartphone Samsung Galaxy.", "lundi 2 novembre 2026 09:04",
        "Vous n'obtenez pas souvent d'e-mail à partir de relance@duvernay.example. Pourquoi c'est important",
        "ATTENTION : ce message provient de l'extérieur. Ne cliquez pas sur les liens sans en connaître l'origine."),
    "en": Words(
        "On Mon, Nov 2, 2026 at 9:04 AM {w} wrote:", "On 2 Nov 2026, at 09:04, {w} wrote:", "On 02/11/2026 09:04, {n} wrote:",
        "On 2026-11-02 09:04, {n} wrote:", "On 2 November 2026 09:04:11 GMT+01:00, {w} wrote:",
        "On Monday, November 2, 2026 at 09:04:11 AM GMT+1, {w} wrote:", ("From", "Sent", "Date", "To", "Cc", "Subject"), "Importance: High",
        "Original Message", "Forwarded message", "Sent from my iPhone", "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "Sent from my Galaxy", "Monday, November 2, 2026 9:04 AM",
        "You don't often get email from relance@duvernay.example. Learn why this is important",
        "CAUTION: This email originated from outside of the organization. Do not click links unless you recognize the sender."),
    "de": Words(
        "Am Mo., 2. Nov. 2026 um 09:04 Uhr schrieb {w}:", "Am 02.11.2026 um 09:04 schrieb {w}:", "Am 02.11.26 um 09:04 schrieb {n}:",
        "Am 2026-11-02 09:04, schrieb {n}:", "Am 2. November 2026 09:04:11 MEZ schrieb {w}:",
        "Am Montag, 2. November 2026 um 09:04:11 MEZ hat {w} Folgendes geschrieben:", ("Von", "Gesendet", "Datum", "An", "Cc", "Betreff"),
        "Wichtigkeit: Hoch", "Ursprüngliche Nachricht", "Weitergeleitete Nachricht", "Von meinem iPhone gesendet",
        "Outlook für iOS beziehen<https://aka.ms/o0ukef>", "Von meinem Galaxy gesendet", "Montag, 2. November 2026 09:04",
        "Sie erhalten nicht häufig E-Mails von relance@duvernay.example. Erfahren Sie, warum dies wichtig ist",
        "ACHTUNG: Diese E-Mail stammt von außerhalb der Organisation. Klicken Sie nur auf Links, wenn Sie den Absender kennen."),
    "es": Words(
        "El lun, 2 nov 2026 a las 9:04, {p} escribió:", "El 2 nov 2026, a las 9:04, {w} escribió:", "El 2/11/26 a las 9:04, {n} escribió:",
        "El 2026-11-02 09:04, {n} escribió:", "El 2 de noviembre de 2026 9:04:11 CET, {w} escribió:",
        "El lunes, 2 de noviembre de 2026, 09:04:11 CET, {w} escribió:", ("De", "Enviado el", "Fecha", "Para", "CC", "Asunto"), "Importancia: Alta",
        "Mensaje original", "Mensaje reenviado", "Enviado desde mi iPhone", "Obtener Outlook para iOS<https://aka.ms/o0ukef>",
        "Enviado desde mi Galaxy", "lunes, 2 de noviembre de 2026 9:04",
        "No suele recibir correo electrónico de relance@duvernay.example. Por qué es esto importante",
        "PRECAUCIÓN: Este correo electrónico se originó fuera de la organización. No haga clic en los enlaces."),
    "it": Words(
        "Il giorno lun 2 nov 2026 alle ore 09:04 {w} ha scritto:", "Il giorno 2 nov 2026, alle ore 09:04, {w} ha scritto:", "Il 02/11/26 09:04, {n} ha scritto:",
        "Il 2026-11-02 09:04 {n} ha scritto:", "Il 2 novembre 2026 09:04:11 CET, {w} ha scritto:",
        "Il lunedì 2 novembre 2026 alle ore 09:04:11 CET, {w} ha scritto:", ("Da", "Inviato", "Data", "A", "Cc", "Oggetto"), "Priorità: Alta",
        "Messaggio originale", "Messaggio inoltrato", "Inviato da iPhone", "Scarica Outlook per iOS<https://aka.ms/o0ukef>",
        "Inviato dal mio Galaxy", "lunedì 2 novembre 2026 09:04",
        "Non si ricevono spesso messaggi di posta elettronica da relance@duvernay.example. Informazioni sul perché è importante",
        "ATTENZIONE: Questa e-mail proviene da un mittente esterno. Non aprire i collegamenti."),
    "nl": Words(
        "Op ma 2 nov 2026 om 09:04 schreef {w}:", "Op 2 nov 2026 om 09:04 heeft {w} het volgende geschreven:", "Op 02-11-2026 om 09:04 schreef {n}:",
        "{n} schreef op 2026-11-02 09:04:", "Op 2 november 2026 09:04:11 CET schreef {w}:",
        "Op maandag 2 november 2026 om 09:04:11 CET schreef {w}:", ("Van", "Verzonden", "Datum", "Aan", "CC", "Onderwerp"), "Urgentie: Hoog",
        "Oorspronkelijk bericht", "Doorgestuurd bericht", "Verstuurd vanaf mijn iPhone", "Outlook voor iOS downloaden<https://aka.ms/o0ukef>",
        "Verzonden vanaf mijn Galaxy", "maandag 2 november 2026 09:04",
        "U ontvangt niet vaak e-mail van relance@duvernay.example. Meer informatie over waarom dit belangrijk is",
        "LET OP: Deze e-mail is afkomstig van buiten de organisatie. Klik niet op links."),
    "pt": Words(
        "{w} escreveu (segunda, 2/11/2026 à(s) 09:04):", "No dia 02/11/2026, às 09:04, {w} escreveu:", "Às 09:04 de 02/11/2026, {n} escreveu:",
        "Em 2026-11-02 09:04, {n} escreveu:", "Em 2 de novembro de 2026 09:04:11 WET, {w} escreveu:",
        "Em segunda-feira, 2 de novembro de 2026 às 09:04:11 WET, {w} escreveu:", ("De", "Enviado", "Data", "Para", "Cc", "Assunto"), "Importância: Alta",
        "Mensagem original", "Mensagem encaminhada", "Enviado do meu iPhone", "Obter o Outlook para iOS<https://aka.ms/o0ukef>",
        "Enviado do meu Galaxy", "segunda-feira, 2 de novembro de 2026 09:04",
        "Não costuma receber e-mails de relance@duvernay.example. Saiba por que motivo isto é importante",
        "ATENÇÃO: Este e-mail vem de fora da organização. Não clique em ligações."),
}  # fmt: skip


def _says(form: str) -> str:
    return form.format(w=FULL, n=WHO, p=f"{WHO} (<{ADDRESS}>)")


def _marked(text: str, mark: str = "> ") -> str:
    return "\n".join((mark + line).rstrip() for line in text.strip().split("\n"))


def _colon(lang: str) -> str:
    return " :" if lang == "fr" else ":"


def _block(lang: str, *fields: int, bold: str = "", address: bool = True, gap: str = " ") -> str:
    """A header block of these fields of `Words.block`."""
    w = L[lang]
    values = (
        FULL if address else WHO,
        w.sent,
        w.sent,
        TO,
        "Paul Noir <p.noir@blanc.example>",
        "Facture F-2026-0412",
    )
    return "\n".join(f"{bold}{w.block[at]}{_colon(lang)}{bold}{gap}{values[at]}" for at in fields)


def _p(text: str, tag: str = "p", attributes: str = "") -> str:
    """Each line in an element, as Outlook and Gmail do."""
    return "".join(
        f"<{tag}{attributes}>{html.escape(line) or ('&nbsp;' if tag == 'p' else '<br>')}</{tag}>"
        for line in text.strip().split("\n")
    )


def _mso(text: str) -> str:
    return "".join(
        '<p class="MsoNormal"><span style="font-size:11.0pt;mso-fareast-language:EN-US">'
        f"{html.escape(line) or '&nbsp;'}<o:p></o:p></span></p>\r\n"
        for line in text.strip().split("\n")
    )


def _block_html(lang: str, *fields: int, separator: str = "<br>") -> str:
    rows = (line.split(":", 1) for line in _block(lang, *fields).split("\n"))
    return separator.join(f"<b>{html.escape(label)}:</b>{html.escape(value)}" for label, value in rows)


def _signed(body: str, line: str) -> str:
    return f"{body.rstrip()}\n\n{line}"


Built = tuple[str, str, str]  #: what is sent, "plain" or "html", and what the author wrote
Shape = Callable[[str, Notice, str], Built]
SHAPES: dict[str, Shape] = {}


def _shape(name: str) -> Callable[[Shape], Shape]:
    def keep(build: Shape) -> Shape:
        SHAPES[name] = build
        return build

    return keep


# --- Outlook and Exchange ------------------------------------------------------------------------------------------


@_shape("Outlook desktop, text")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{body}\n\n \n\n{_block(g, 0, 1, 3, 5)}\n\n \n\n{n.flat}", "plain", body


@_shape("Outlook desktop, text, Cc and importance")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{body}\n\n{_block(g, 0, 1, 3, 4, 5)}\n{L[g].importance}\n\n{n.flat}", "plain", body


@_shape("Outlook desktop, text, plain format")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{body}\n\n-----{L[g].original}-----\n{_block(g, 0, 1, 3, 5)}\n\n{n.text}", "plain", body


@_shape("Outlook desktop, HTML")
def _(body: str, n: Notice, g: str) -> Built:
    return (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style><!-- p.MsoNormal{margin:0cm;} --></style></head>'
        f'<body lang="FR" link="#0563C1"><div class="WordSection1">{_mso(body)}<p class="MsoNormal"><o:p>&nbsp;</o:p></p><div>'
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal">'
        f"{_block_html(g, 0, 1, 3, 4, 5)}<o:p></o:p></p></div></div><p class=MsoNormal><o:p>&nbsp;</o:p></p>{n.html}</div></body></html>",
        "html", body)  # fmt: skip


@_shape("Outlook desktop, HTML, border to the left")
def _(body: str, n: Notice, g: str) -> Built:
    return (
        f'<html><body><div class="WordSection1">{_mso(body)}<div style="border:none;border-left:solid blue 1.5pt;padding:0cm 0cm 0cm 4.0pt">'
        f'<div><div style="border:none;border-top:solid #B5C4DF 1.0pt"><p class=MsoNormal>{_block_html(g, 0, 1, 3, 5)}</p></div></div>'
        f"{n.html}</div></div></body></html>", "html", body)  # fmt: skip


@_shape("Outlook web, HTML")
def _(body: str, n: Notice, g: str) -> Built:
    return (
        f'<html><body dir="ltr"><div class="elementToProof" style="font-family:Aptos">{_p(body, "div")}</div><div id="appendonsend"></div>'
        '<hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif">'
        f"{_block_html(g, 0, 1, 3, 5)}</font><div>&nbsp;</div></div><div class=\"BodyFragment\">{n.html}</div></body></html>", "html", body)  # fmt: skip


@_shape("Outlook web, text")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{body}\n\n{'_' * 32}\n{_block(g, 0, 1, 3, 5)}\n\n{n.flat}", "plain", body


@_shape("Outlook new, text, safety tip")
def _(body: str, n: Notice, g: str) -> Built:
    tip = f"{L[g].tip}<https://aka.ms/LearnAboutSenderIdentification>"
    return f"{body}\n{'_' * 32}\n{_block(g, 0, 1, 3, 5)}\n\n{tip}\n\n{n.flat}", "plain", body


@_shape("Outlook iOS, HTML")
def _(body: str, n: Notice, g: str) -> Built:
    said = _signed(body, re.sub("<.*", "", L[g].outlook_ios))
    return (
        f'<html><body>{_p(body, "div")}<div id="ms-outlook-mobile-signature"><br>{html.escape(said.rsplit(chr(10), 1)[1])}</div>'
        '<div id="mail-editor-reference-message-container"><hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg">'
        f"{_block_html(g, 0, 1, 3, 5)}</div>{n.html}</div></body></html>", "html", said)  # fmt: skip


@_shape("Outlook iOS, text")
def _(body: str, n: Notice, g: str) -> Built:
    said = _signed(body, L[g].outlook_ios)
    return f"{said}\n{'_' * 32}\n{_block(g, 0, 1, 3, 5)}\n\n{n.flat}", "plain", said


@_shape("Outlook Mac, text")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{body}\n\n{_block(g, 0, 2, 3, 5, bold='*')}\n\n{n.flat}", "plain", body


@_shape("Outlook Mac, HTML")
def _(body: str, n: Notice, g: str) -> Built:
    return (
        f'<html><body>{_mso(body)}<div id="mail-editor-reference-message-container"><div><div style="border:none;border-top:solid #B5C4DF 1.0pt">'
        f'<p class="MsoNormal"><b><span style="color:black">{_block_html(g, 0, 2, 3, 5, separator="<br></span>")}</p></div></div>{n.html}</div></body></html>',
        "html", body)  # fmt: skip


@_shape("Outlook flattened, header fields apart")
def _(body: str, n: Notice, g: str) -> Built:
    apart = _block(g, 0, 1, 3, 5).replace("\n", "\n\n")
    return f"{body}\n\n\n{apart}\n\n[cid:image001.png@01DC]\n\n{n.flat}", "plain", body


@_shape("Outlook, safe links rewritten")
def _(body: str, n: Notice, g: str) -> Built:
    link = "<https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fduvernay.example%2F&data=05%7C02%7Cc.martin&reserved=0>"
    return f"{body}\n\n{_block(g, 0, 1, 3, 5)}\n\n{n.flat.replace(WHO, WHO + link)}", "plain", body


@_shape("Exchange Android, text")
def _(body: str, n: Notice, g: str) -> Built:
    return (
        f"{body}\n\n\n-------- {L[g].original} --------\n{_block(g, 5, 0, 3, 4)}\n\n{n.flat}",
        "plain",
        body,
    )


@_shape("Exchange, external banner on top")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{L[g].external}\n\n{body}\n\n{_block(g, 0, 1, 3, 5)}\n\n[EXTERNAL]\n\n{n.flat}", "plain", body


# --- Gmail, Apple, Thunderbird, Yahoo ------------------------------------------------------------------------------


def _gmail_wrapped(g: str) -> str:
    return _says(L[g].gmail).replace(" <", "\n<", 1).replace("(<", "\n(<") if g != "pt" else _says(L[g].gmail)


@_shape("Gmail web, text, wrapped attribution")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{body}\n\n{_gmail_wrapped(g)}\n\n{_marked(n.flat)}\n", "plain", body


@_shape("Gmail web, HTML")
def _(body: str, n: Notice, g: str) -> Built:
    return (
        f'<div dir="ltr">{_p(body, "div")}</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
        f'{html.escape(_says(L[g].gmail))}<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid '
        f'rgb(204,204,204);padding-left:1ex">{n.html}</blockquote></div>', "html", body)  # fmt: skip


@_shape("Gmail app, text")
def _(body: str, n: Notice, g: str) -> Built:
    return (
        f"{body}\n\n{_says(L[g].gmail)}\n\n{_marked(textwrap.fill(n.text, 72, replace_whitespace=False))}",
        "plain",
        body,
    )


@_shape("Gmail, quoted at 70 and broken by a server")
def _(body: str, n: Notice, g: str) -> Built:
    paragraphs = [" ".join(one.split()) for one in n.text.split("\n\n")]
    lines = [line for one in paragraphs for line in [*textwrap.wrap(one, 70), ""]]
    return f"{body}\n\n{_gmail_wrapped(g)}\n\n{_marked(chr(10).join(lines))}", "plain", body


@_shape("Gmail, posted below")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{_gmail_wrapped(g)}\n\n{_marked(n.flat)}\n\n{body}\n", "plain", body


@_shape("Apple Mail, text")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{body}\n\n> {_says(L[g].apple)}\n> \n{_marked(n.flat)}\n", "plain", body


@_shape("Apple Mail, HTML")
def _(body: str, n: Notice, g: str) -> Built:
    return (
        f'<html><body style="overflow-wrap: break-word;">{_p(body, "div")}<br id="lineBreakAtBeginningOfMessage"><div><br><blockquote type="cite">'
        f'<div>{html.escape(_says(L[g].apple))}</div><br class="Apple-interchange-newline"><div>{n.html}</div></blockquote></div><br></body></html>',
        "html", body)  # fmt: skip


@_shape("Apple iPhone, text, bare attribution")
def _(body: str, n: Notice, g: str) -> Built:
    said = _signed(body, L[g].iphone)
    return f"{said}\n\n{_says(L[g].apple)}\n\n{_marked('﻿' + n.flat)}\n", "plain", said


@_shape("Apple iPhone, HTML")
def _(body: str, n: Notice, g: str) -> Built:
    said = _signed(body, L[g].iphone)
    return (
        f'<html><head></head><body dir="auto">{_p(body, "div")}<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">{L[g].iphone}</div>'
        f'<div dir="ltr"><br><blockquote type="cite">{html.escape(_says(L[g].apple))}<br><br></blockquote></div><blockquote type="cite">'
        f'<div dir="ltr">﻿{n.html}</div></blockquote></body></html>', "html", said)  # fmt: skip


@_shape("Thunderbird, text")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{body}\n\n{_says(L[g].bird)}\n{_marked(n.text)}\n", "plain", body


@_shape("Thunderbird, HTML")
def _(body: str, n: Notice, g: str) -> Built:
    return (
        f'<html><head></head><body>{_p(body)}<p><br></p><div class="moz-cite-prefix">{html.escape(_says(L[g].bird))}<br></div>'
        f'<blockquote type="cite" cite="mid:abc@duvernay.example">{n.html}</blockquote></body></html>', "html", body)  # fmt: skip


@_shape("Thunderbird, posted below")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{_says(L[g].bird)}\n{_marked(n.text, '>')}\n\n{body}\n", "plain", body


@_shape("Yahoo, text")
def _(body: str, n: Notice, g: str) -> Built:
    return f" {body}\n\n    {_says(L[g].yahoo)}  \n \n {n.flat}  ", "plain", body


@_shape("Yahoo, HTML")
def _(body: str, n: Notice, g: str) -> Built:
    return (
        f'<html><body><div class="ydp1yahoo-style-wrap">{_p(body, "div")}</div><div id="ydp2yahoo_quoted_123" class="ydp2yahoo_quoted">'
        f'<div style="font-family:Helvetica"><div>{html.escape(_says(L[g].yahoo))}</div><div><br></div><div>{n.html}</div></div></div></body></html>',
        "html", body)  # fmt: skip


# --- providers and others ------------------------------------------------------------------------------------------


@_shape("Orange, text")
def _(body: str, n: Notice, g: str) -> Built:
    head = f'Message du 02/11/26 09:04\nDe : "{WHO}" <{ADDRESS}>\nA : {TO}\nCopie à : \nObjet : Facture'
    return f"{body}\n\n\n{_marked(head)}\n> \n{_marked(n.text)}", "plain", body


@_shape("Orange, HTML")
def _(body: str, n: Notice, g: str) -> Built:
    head = f"envoyé : 2 novembre 2026 à 09:04<br>de : {html.escape(FULL)}<br>à : c.martin@blanc.example<br>objet : Facture"
    return (
        f'<html><body>{_p(body)}<blockquote type="cite"><div>{head}</div><br>{n.html}</blockquote></body></html>',
        "html",
        body,
    )


@_shape("Free and La Poste (Zimbra), text")
def _(body: str, n: Notice, g: str) -> Built:
    return (
        f"{body}\n\n----- {'Mail original' if g == 'fr' else L[g].original} -----\n{_block(g, 0, 3, 1, 5)}\n\n{n.flat}",
        "plain",
        body,
    )


@_shape("Zimbra, HTML")
def _(body: str, n: Notice, g: str) -> Built:
    return (
        f'<html><body><div style="font-family: arial; font-size: 12pt">{_p(body, "div")}<div><br></div><hr id="zwchr" data-marker="__DIVIDER__">'
        f'<div data-marker="__HEADERS__">{_block_html(g, 0, 3, 1, 5)}</div><div><br></div><div data-marker="__QUOTED_TEXT__">{n.html}</div></div></body></html>',
        "html", body)  # fmt: skip


@_shape("Notes, text")
def _(body: str, n: Notice, g: str) -> Built:
    return (
        f"{body}\n\n\n\n{_block(g, 0, 3, 2, 5, address=False, gap='        ')}\n\n\n\n{n.flat}",
        "plain",
        body,
    )


@_shape("Roundcube, text")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{body}\n\n---\nX\n\n{_says(L[g].cube)}\n{_marked(n.text)}", "plain", f"{body} X"


@_shape("Roundcube, HTML")
def _(body: str, n: Notice, g: str) -> Built:
    return (
        f'<html><body style="font-size: 10pt">{_p(body)}<p id="reply-intro">{html.escape(_says(L[g].cube))}</p>'
        f'<blockquote type="cite" style="padding: 0 0.4em; border-left: #1010ff 2px solid; margin: 0">{n.html}</blockquote></body></html>',
        "html", body)  # fmt: skip


@_shape("GMX and Web.de, text")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{body}\n \n\n{_block(g, 1, 0, 3, 5)}\n\n{n.flat}", "plain", body


@_shape("GMX and Web.de, HTML")
def _(body: str, n: Notice, g: str) -> Built:
    return (
        f'<html><body><div style="font-family: Verdana">{_p(body, "div")}<div>&nbsp;<div name="quote" style="margin:10px 5px 5px 10px; '
        f'border-left:2px solid #C3D9E5;"><div style="margin:0 0 10px 0;">{_block_html(g, 1, 0, 3, 5)}</div><div name="quoted-content">{n.html}</div></div></div></div></body></html>',
        "html", body)  # fmt: skip


@_shape("Proton Mail, text")
def _(body: str, n: Notice, g: str) -> Built:
    return (
        f"{body}\n\n------- Original Message -------\n{_says(L[g].yahoo)}\n\n{_marked(n.flat)}",
        "plain",
        body,
    )


@_shape("Proton Mail, HTML")
def _(body: str, n: Notice, g: str) -> Built:
    return (
        f'<div style="font-family: Arial">{_p(body, "div")}</div><div class="protonmail_quote">{html.escape(_says(L[g].yahoo))}<br><br>'
        f'<blockquote class="protonmail_quote" type="cite">{n.html}</blockquote><br></div>', "html", body)  # fmt: skip


@_shape("Samsung, text")
def _(body: str, n: Notice, g: str) -> Built:
    said = _signed(body, L[g].samsung)
    return (
        f"{said}\n\n\n-------- {L[g].original} --------\n{_block(g, 0, 2, 3, 5)} \n\n{n.flat}",
        "plain",
        said,
    )


@_shape("Samsung, HTML")
def _(body: str, n: Notice, g: str) -> Built:
    said = _signed(body, L[g].samsung)
    return (
        f'<html><body>{_p(body, "div", " dir=auto")}<div id="composer_signature"><div style="font-size:12px">{L[g].samsung}</div></div><div><br></div>'
        f'<div style="font-size:100%"><!-- originalMessage --><div>-------- {L[g].original} --------</div>'
        f'<div>{_block_html(g, 0, 2, 3, 5, separator="</div><div>")}</div><div><br></div></div>{n.html}</body></html>', "html", said)  # fmt: skip


@_shape("Xiaomi and K-9, text")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{body}\n\n{_says(L[g].k9)}\n{_marked(n.flat, '>')}", "plain", body


@_shape("Zoho, text")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{body}\n\n\n---- {_says(L[g].gmail).rstrip(' :')} ----\n\n{n.flat}", "plain", body


@_shape("nested thread under the notice")
def _(body: str, n: Notice, g: str) -> Built:
    older = f"{_says(L[g].gmail)}\n\nVotre commande part ce jour.\nOK 2026-117\n"
    return (
        f"{body}\n\n{_block(g, 0, 1, 3, 5)}\n\n{n.flat}\n\n{older}\n{_block(g, 0, 1, 3, 5)}\n\nMerci pour le devis\n",
        "plain",
        body,
    )


@_shape("rule without header")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{body}\n\n-------- {L[g].original} --------\n{n.flat}", "plain", body


@_shape("no mark, notice copied under the answer")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{body}\n\n{n.text}", "plain", body


@_shape("no mark, flattened, encoding broken")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{body}\n\n{n.flat.encode('utf-8').decode('cp1252', 'replace')}", "plain", body


@_shape("no mark, posted below, dashes and blanks changed")
def _(body: str, n: Notice, g: str) -> Built:
    changed = n.text.replace("'", "’").replace(" :", "\xa0:").replace("-", "–").replace(" €", "\u202f€")
    return f"{changed}\n\n{body}", "plain", body


@_shape("forwarded to a colleague and back")
def _(body: str, n: Notice, g: str) -> Built:
    return (
        f"{body}\n\n---------- {L[g].forwarded} ---------\n{_block(g, 0, 2, 5, 3)}\n\n\n{n.flat}",
        "plain",
        body,
    )


_ELSEWHERE = {
    "fr": (
        "{w} a écrit :",
        "Le lundi 02 novembre 2026 à 09:04 +0100, {n} a écrit :",
        "Le 2 nov. 2026 à 09:04 +0100, {w}, a écrit :",
    ),
    "en": (
        "Quoting {w}:",
        "On Mon, 2026-11-02 at 09:04 +0100, {n} wrote:",
        "On 2 Nov 2026, 09:04 +0100, {w}, wrote:",
    ),
    "de": (
        "Zitat von {w}:",
        "Am Montag, dem 02.11.2026 um 09:04 +0100 schrieb {n}:",
        "Am 2. Nov. 2026, 09:04 +0100 schrieb {w}:",
    ),
    "es": (
        "{w} escribió:",
        "El lun, 02-11-2026 a las 09:04 +0100, {n} escribió:",
        "El 2 nov 2026 9:04 +0100, {w}, escribió:",
    ),
    "it": (
        "{w} ha scritto:",
        "Il giorno lun, 02/11/2026 alle 09.04 +0100, {n} ha scritto:",
        "Il giorno 2 nov 2026, 09:04 +0100, {w}, ha scritto:",
    ),
    "nl": (
        "Citeren {w}:",
        "Op ma 02-11-2026 om 09:04 [+0100], schreef {n}:",
        "Op 2 nov. 2026 09:04 +0100 schreef {w}:",
    ),
    "pt": (
        "Citando {w}:",
        "Em seg, 2026-11-02 às 09:04 +0100, {n} escreveu:",
        "Em seg., 2 de nov. de 2026 às 09:04, {w} escreveu:",
    ),
}


@_shape("Horde, text")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{body}\n\n{_says(_ELSEWHERE[g][0])}\n\n{_marked(n.text)}\n\n", "plain", body


@_shape("Evolution, text")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{body}\n\n{_says(_ELSEWHERE[g][1])}\n{_marked(n.text)}\n", "plain", body


@_shape("Spark and Gmail elsewhere, unmarked")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{body}\n{_says(_ELSEWHERE[g][2])}\n\n{n.flat}\n", "plain", body


@_shape("eM Client, text")
def _(body: str, n: Notice, g: str) -> Built:
    head = _block(g, 0, 3, 2, 5).replace(" :", "").replace(": ", " ", 4)
    return f"{body}\n\n------ {L[g].original} ------\n{head}\n\n{n.flat}\n", "plain", body


@_shape("BlackBerry, text")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{body}\n\n  {L[g].original}  \n{_block(g, 0, 1, 3, 5)}\n\n{n.flat}\n", "plain", body


@_shape("Claws, text")
def _(body: str, n: Notice, g: str) -> Built:
    return (
        f"{body}\n\n{_says(L[g].yahoo).replace(WHO, chr(10) + WHO, 1)}\n\n{_marked(n.text)}\n",
        "plain",
        body,
    )


@_shape("Hotmail, text")
def _(body: str, n: Notice, g: str) -> Built:
    return f"{body}\n\n{_block(g, 2, 0, 3, 5)}\n\n{n.flat}\n", "plain", body


@_shape("Thunderbird forward, text")
def _(body: str, n: Notice, g: str) -> Built:
    return (
        f"{body}\n\n\n-------- {L[g].forwarded} --------\n{_block(g, 5, 2, 0, 3)}\n\n\n\n{n.text}\n",
        "plain",
        body,
    )


@_shape("between the lines, marked")
def _(body: str, n: Notice, g: str) -> Built:
    first, last, *_rest = [one for one in n.text.split("\n\n") if len(one) > 40]
    said = " ".join(body.split("\n\n"))
    return f"{_says(L[g].gmail)}\n\n{_marked(first)}\n\n{said}\n\n{_marked(last)}\n", "plain", said


@_shape("between the lines, unmarked")
def _(body: str, n: Notice, g: str) -> Built:
    parts = n.text.split("\n\n")
    middle = len(parts) // 2
    text = "\n\n".join([*parts[:middle], body, *parts[middle:]])
    return f"{_block(g, 0, 1, 3, 5)}\n\n{text}", "plain", body
