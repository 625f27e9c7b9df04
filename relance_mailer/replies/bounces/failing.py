"""Whom a server could not reach, from its free text: it speaks first, then returns our message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from relance_mailer.replies.bounces.library import by_flufl
from relance_mailer.replies.bounces.signs import is_server_address, opens_like_a_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relance_mailer.replies.model import Message

MAX_RECIPIENTS = 50
_SCANNED = 20_000  #: characters of a text that are looked at

ADDRESS = re.compile(r"[A-Za-z0-9._%+/=&'*-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_A = r"(?P<address>[^\s<>()\[\]\",;:]{1,64}@[^\s<>()\[\]\",;:]{3,253})"

#: Where a server stops to speak, and returns what we wrote.
_RETURNED = re.compile(
    r"^[ \t>*_=-]{0,80}(?:this is a copy of (?:the|your) message|below this line is a copy|(?:your |the )?original (?:message|mail|headers)\b(?! (?:was|has|could|is|will))|original message (?:follows|headers|attached)|returned (?:message|mail)|unsent message"
    r"|message (?:header|text|body)s?\b.{0,20}follow|(?:here is|included is|following is) (?:a copy of|your|the)|start of returned message|the header of the original|header of the original|copy of the (?:original )?message"
    r"|en-t[êe]tes? d[eu] (?:message|mail)|message d['’]origine|message original|copie (?:de|du) (?:votre )?message|urspr[üu]ngliche (?:nachricht|nachrichtenkopf)|messaggio originale|intestazioni|mensaje original|encabezados|oorspronkelijk bericht|mensagem original"
    r"|received: from|return-path: <)",
    re.IGNORECASE | re.MULTILINE,
)
#: Forms of naming the recipient, surest first; all that the first fitting form finds.
_FORMS = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        rf"^[ \t]{{0,8}}original-recipient[ \t]{{0,4}}:[ \t]{{0,4}}(?:rfc822|utf-8)?;?[ \t]{{0,4}}<?{_A}",
        rf"^[ \t]{{0,8}}final-recipient[ \t]{{0,4}}:[ \t]{{0,4}}(?:rfc822|utf-8)?;?[ \t]{{0,4}}<?{_A}",
        rf"\brcpt to[ \t]{{0,3}}:?[ \t]{{0,3}}<?{_A}|rejected recipient <{_A.replace('address', 'other')}>",
        rf"^[ \t]{{0,20}}[*•·-]?[ \t]{{0,6}}[<\"']{_A}[>\"'][ \t]{{0,4}}(?::|$|\(|[.…]{{1,3}}|-)",
        rf"^[ \t]{{0,20}}[*•·-]?[ \t]{{0,6}}{_A}[ \t]{{0,4}}(?::|$|\[|\()",
        rf"^[^@\n]{{1,80}}[(<]{_A}[)>][ \t]{{0,4}}(?::|$)",
        rf"(?:\bto\b|recipients?|address(?:es)?|user|mailbox|destinataires?|adresse|utilisateur|addressed(?: to)?,?|\bpour|\b[àa]|\ban\b|empf[äa]nger|destinatari\w*|\bper|geadresseerden?|destinat[áa]rio)[ \t]{{0,3}}:?\s{{1,4}}[<\"'«]{{0,2}}\s?{_A}",
        rf"<{_A}>",
        rf"^[ \t]{{0,20}}{_A}[ \t]",
        _A,
    )
)


#: "<address>: …" (Postfix, qmail), or "address: 550 …".
_REFUSED = re.compile(
    rf"^[ \t]{{0,8}}(?:<{_A}>:|<?{_A.replace('address', 'other')}>?[ \t]?:?[ \t]{{1,4}}[45][0-5]\d\b)",
    re.MULTILINE,
)
#: Ids look like addresses.
_ID_LINES = re.compile(
    r"^[> \t]{0,8}(?:message-id|in-reply-to|references)[ \t]{0,3}:.{0,900}$", re.IGNORECASE | re.MULTILINE
)


def failing(message: Message, own: frozenset[str]) -> tuple[str, ...]:
    """Return the addresses that a server's words say it could not reach, in order; () if it names none."""
    spoken = _ID_LINES.sub("", spoken_by_server(message.text))
    named = _by_form(spoken, {*own, *message.to, message.from_address})
    sent_to = set(ADDRESS.findall(_embedded(message, "to").lower()))
    if sent_to & set(named):  # a server names its own postmaster and help addresses too
        return tuple(address for address in named if address in sent_to)
    if not named and opens_like_a_server(
        message.embedded_text
    ):  # a filter's wrapping around another server's report
        named = _by_form(spoken_by_server(message.embedded_text), set(own))
    return (
        tuple(one for one in by_flufl(message) if one in spoken.lower())
        or named
        or _returned_to(message, spoken)
    )


def spoken_by_server(text: str) -> str:
    """Return what a server says itself: all before our message comes back."""
    text = text[:_SCANNED]
    returned = next((found for found in _RETURNED.finditer(text) if text[: found.start()].strip()), None)
    return text[: returned.start()] if returned else text


def returns_original(message: Message) -> bool:
    """Tell whether a message of ours comes back in this one."""
    return bool(message.embedded_headers) or len(spoken_by_server(message.text)) < len(
        message.text[:_SCANNED]
    )


def refuses_by_name(message: Message) -> bool:
    """Tell a text with a line "address: 550 …"."""
    return bool(_REFUSED.search(message.text[:_SCANNED]))


def fields_in_text(text: str) -> dict[str, str]:
    """Return the fields of a delivery report that stand in the text itself, lower-case names; {} without a status."""
    if "inal-recipient" not in text[:_SCANNED].lower():
        return {}
    found = re.findall(
        r"^[ \t]{0,8}(action|status|diagnostic-code|final-recipient|original-recipient)[ \t]{0,4}:[ \t]{0,8}([^\n]{1,500})",
        text[:_SCANNED],
        re.IGNORECASE | re.MULTILINE,
    )
    return {name.lower(): value.strip() for name, value in reversed(found)}


def _by_form(text: str, ours: set[str]) -> tuple[str, ...]:
    for form in _FORMS:
        found = dict.fromkeys(_addresses(form, text, ours))
        if found:
            return tuple(found)[:MAX_RECIPIENTS]
    return ()


def _addresses(form: re.Pattern[str], text: str, ours: set[str]) -> Iterator[str]:
    for match in form.finditer(text):
        address = next(filter(None, match.groups())).lower().removeprefix("mailto:").strip("'`.")
        if ADDRESS.fullmatch(address) and address not in ours and not is_server_address(address):
            yield address


def _embedded(message: Message, name: str) -> str:
    return next((value for key, value in message.embedded_headers if key == name), "")[:_SCANNED]


def _returned_to(message: Message, spoken: str) -> tuple[str, ...]:
    """Return to whom the returned message went, where the server names nobody itself."""
    stated = _embedded(message, "to")
    if not stated:
        rest = message.text[len(spoken) : _SCANNED]
        line = re.search(
            r"^[> \t]{0,8}(?:to|[àÀ]|an|para|aan)[ \t]{0,3}:([^\n]{1,500})",
            rest,
            re.IGNORECASE | re.MULTILINE,
        )
        stated = line[1] if line else ""
    ours = {*message.to, message.from_address}
    found = (address for address in ADDRESS.findall(stated.lower()) if address not in ours)
    return tuple(dict.fromkeys(found))[:MAX_RECIPIENTS]
