"""How mail programs and mail servers answer: headers, quotation, reports, in the manner of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from html import escape

from babel.dates import format_date
from babel.dates import format_datetime as babel_datetime

from relance_mailer.demo.model import Letter, Program

_LOCALES = {"fr": "fr_FR", "en": "en_GB"}
Quote = Callable[["Reply"], str]


@dataclass(frozen=True, slots=True)
class Author:
    """Who answers: as their mail program names them."""

    name: str
    address: str
    language: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to be written, and what it answers."""

    author: Author
    text: str
    at: datetime  #: in the author's zone
    original: EmailMessage

    @property
    def quoted(self) -> str:
        """The plain text of what is answered."""
        body = self.original.get_body(("plain",))
        return "" if body is None else str(body.get_content()).replace("\r\n", "\n").strip()

    @property
    def sent_at(self) -> datetime:
        """When that was sent."""
        return self.original["Date"].datetime  # type: ignore[no-any-return]

    def when(self, pattern: str) -> str:
        """Write that instant by a CLDR pattern."""
        return babel_datetime(self.sent_at, pattern, locale=_LOCALES[self.author.language])


def opened(letter: Letter) -> EmailMessage:
    """Return a letter as a mail program reads it."""
    message = message_from_bytes(letter.raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def answer(reply: Reply, program: Program, message_id: str) -> bytes:
    """Return a person's answer as their mail program sends it."""
    style = _STYLES[program]
    message = _addressed(reply.author, reply.original, reply.at, message_id)
    subject = str(reply.original["Subject"])
    message["Subject"] = subject if subject.lower().startswith("re:") else style.prefix + subject
    message["In-Reply-To"] = reply.original["Message-ID"]
    earlier = str(reply.original["References"] or "").split()
    message["References"] = " ".join([*earlier, reply.original["Message-ID"]])
    for name, value in style.headers.items():
        message[name] = value
    message.set_content(f"{reply.text}\n\n{style.quote(reply)}\n", cte="quoted-printable")
    if style.html:
        message.add_alternative(_html(reply, style), subtype="html", cte="quoted-printable")
    return message.as_bytes(policy=policy.SMTP)


def absence(author: Author, original: EmailMessage, at: datetime, back: date, message_id: str) -> bytes:
    """Return the notice that a mail server sends for somebody who is away (RFC 3834)."""
    message = _addressed(author, original, at, message_id)
    message["Subject"] = f"Réponse automatique : {original['Subject']}"
    message["In-Reply-To"] = original["Message-ID"]
    message["Auto-Submitted"] = "auto-replied"
    message["X-Auto-Response-Suppress"] = "All"
    day = format_date(back, "EEEE d MMMM", locale="fr_FR")
    message.set_content(
        f"Bonjour,\n\nJe suis absente du bureau et serai de retour le {day}. Je prendrai connaissance de votre message "
        f"à ce moment-là.\n\nCordialement,\n{author.name}\n"
    )
    return message.as_bytes(policy=policy.SMTP)


def challenge(author: Author, original: EmailMessage, at: datetime, message_id: str) -> bytes:
    """Return the message of a filter that wants to see a human first."""
    filter_ = Author("Filtre anti-spam", f"verification@{author.address.rpartition('@')[2]}", author.language)
    message = _addressed(filter_, original, at, message_id)
    message["Subject"] = "Votre message est en attente : merci de vous authentifier"
    message["In-Reply-To"] = original["Message-ID"]
    message["Auto-Submitted"] = "auto-replied"
    message.set_content(
        f"Bonjour,\n\nVotre message à {author.address} est retenu. Pour qu'il soit remis à son destinataire, cliquez sur "
        "le lien ci-dessous et prouvez que vous êtes humain :\n\nhttps://filtre.example/verification\n"
    )
    return message.as_bytes(policy=policy.SMTP)


def bounce(address: str, letter: Letter, to: str, at: datetime, message_id: str) -> bytes:
    """Return the report of a server that could not deliver (RFC 3464), in the manner of Postfix."""
    host = f"mx.{address.rpartition('@')[2]}"
    words = f"<{address}>: host {host} said: 550 5.1.1 <{address}>: Recipient address rejected: User unknown"
    head = letter.raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("utf-8", "replace")
    boundary = "=_report_of_the_demo"
    parts = (
        (
            f"--{boundary}\nContent-Type: text/plain; charset=us-ascii\n\nThis is the mail system at host {host}.\n\n"
            f"I'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n{words}\n"
        ),
        (
            f"--{boundary}\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; {host}\n\n"
            f"Final-Recipient: rfc822; {address}\nAction: failed\nStatus: 5.1.1\n"
            f"Diagnostic-Code: smtp; 550 5.1.1 <{address}>: Recipient address rejected: User unknown\n"
        ),
        f"--{boundary}\nContent-Type: text/rfc822-headers\n\n{head}\n",
    )
    headers = {
        "From": f"MAILER-DAEMON@{host} (Mail Delivery System)",
        "To": to,
        "Subject": "Undelivered Mail Returned to Sender",
        "Date": format_datetime(at),
        "Message-ID": message_id,
        "Auto-Submitted": "auto-replied",
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/report; report-type=delivery-status; boundary="{boundary}"',
    }
    top = "".join(f"{name}: {value}\n" for name, value in headers.items())
    return "\r\n".join(f"{top}\n{''.join(parts)}--{boundary}--\n".split("\n")).encode()


def _addressed(author: Author, original: EmailMessage, at: datetime, message_id: str) -> EmailMessage:
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = formataddr((author.name, author.address))
    message["To"] = str(original["Reply-To"] or original["From"])
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    return message


# ── quotations ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Style:
    """How one program answers: what it sets before the subject, what it quotes under the text, whether HTML too."""

    prefix: str
    quote: Quote
    headers: dict[str, str]
    html: bool = False


def _marked(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _outlook(reply: Reply) -> str:
    """Head lines of the original, then all of it without any mark."""
    if reply.author.language == "fr":
        names, day = ("De", "Envoyé", "À", "Objet"), reply.when("EEEE d MMMM y HH:mm")
    else:
        names, day = ("From", "Sent", "To", "Subject"), reply.when("EEEE, d MMMM y HH:mm")
    original = reply.original
    values = (original["From"], day, original["To"], original["Subject"])
    between = " : " if reply.author.language == "fr" else ": "
    head = "\n".join(f"{name}{between}{value}" for name, value in zip(names, values, strict=True))
    return f"{head}\n\n{reply.quoted}"


def _gmail(reply: Reply) -> str:
    if reply.author.language == "fr":
        lead = f"Le {reply.when('EEE d MMM y à HH:mm')}, {reply.original['From']} a écrit :"
    else:
        lead = f"On {reply.when('EEE, d MMM y')} at {reply.when('HH:mm')}, {reply.original['From']} wrote:"
    return f"{lead}\n\n{_marked(reply.quoted)}"


def _thunderbird(reply: Reply) -> str:
    name = reply.original["From"].addresses[0].display_name
    if reply.author.language == "fr":
        lead = f"Le {reply.when('dd/MM/y à HH:mm')}, {name} a écrit :"
    else:
        lead = f"On {reply.when('dd/MM/y HH:mm')}, {name} wrote:"
    return f"{lead}\n{_marked(reply.quoted)}"


def _apple(reply: Reply) -> str:
    if reply.author.language == "fr":
        lead = f"Le {reply.when('d MMM y à HH:mm')}, {reply.original['From']} a écrit :"
    else:
        lead = f"On {reply.when('d MMM y')}, at {reply.when('HH:mm')}, {reply.original['From']} wrote:"
    return _marked(f"{lead}\n\n{reply.quoted}")


def _html(reply: Reply, style: _Style) -> str:
    """The same as a program writes it in HTML: own paragraphs, then the quotation in its own block."""
    own = "".join(f"<p>{escape(line)}</p>" for line in reply.text.split("\n") if line)
    if style.prefix == "RE: ":
        head, _, rest = style.quote(reply).partition("\n\n")
        lines = "<br>".join(escape(line) for line in head.split("\n"))
        border = '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0 0 0">'
        quoted = f"<div>{border}<p>{lines}</p></div>{_paragraphs(rest)}</div>"
    else:
        lead = style.quote(reply).partition("\n")[0]
        block = '<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex">'
        quoted = (
            f'<div class="gmail_quote"><div dir="ltr" class="gmail_attr">{escape(lead)}<br></div>'
            f"{block}{_paragraphs(reply.quoted)}</blockquote></div>"
        )
    return f"<html><body>{own}{quoted}</body></html>"


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n"))


_STYLES: dict[Program, _Style] = {
    "outlook": _Style(
        "RE: ", _outlook, {"X-Mailer": "Microsoft Outlook 16.0", "Content-Language": "fr-FR"}, html=True
    ),
    "gmail": _Style("Re: ", _gmail, {}, html=True),
    "thunderbird": _Style("Re: ", _thunderbird, {"User-Agent": "Mozilla Thunderbird"}),
    "apple": _Style("Re: ", _apple, {"X-Mailer": "Apple Mail (2.3826)"}),
}
