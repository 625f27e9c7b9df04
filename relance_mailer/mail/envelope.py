"""What MAIL and RCPT say beside the addresses, by what the server offers: SIZE, SMTPUTF8, DSN.

DSN (RFC 3461): failures and delays are asked for by name, never successes, with the headers alone; the envelope id is
the notice's own Message-ID, which nobody can guess: in a report it comes back as Original-Envelope-Id.
SMTPUTF8 (RFC 6531): asked only where an address or a header has UTF-8; the message's body has seven bits all the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from relance_mailer.errors import InputError, Scope, SmtpError
from relance_mailer.mail.address import wire_address

_ENVELOPE_ID_LIMIT = 100  #: characters (RFC 3461 section 4.4)
_BEFORE = {b"MAIL": b"FROM", b"RCPT": b"TO"}
_RECIPIENT_LIMIT = 500  #: characters of ORCPT (RFC 3461 section 4.2)
_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")
#: Answers of a server that offers parameters and does not take them.
NOT_UNDERSTOOD = frozenset({500, 501, 504, 555})
_OF_AN_ADDRESS = re.compile(
    r"(?<![\d.])5\.(?!5\.)\d{1,3}\.\d{1,3}"
)  # an enhanced code that is not about the syntax


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message's sender and recipients."""

    sender: str
    recipients: tuple[str, ...]  #: one accepted is enough to go on
    copies: tuple[str, ...]  #: of a blind copy; they alone are no reason to send
    envelope_id: str  #: what a report shall name, empty for none
    size: int  #: bytes of the message
    utf8_headers: bool  #: they hold more than ASCII

    @property
    def everybody(self) -> tuple[str, ...]:
        """The recipients and those of copies, each once."""
        return tuple(dict.fromkeys((*self.recipients, *self.copies)))

    def needs_utf8(self, offered: Collection[str]) -> bool:
        """Say whether SMTPUTF8 must be asked for, given the server's extensions (lower case).

        Raises:
            SmtpError: it must and the server does not offer it; the recipient's matter if it has such an address.
        """
        foreign = [one for one in self.recipients if not _is_local_ascii(one)]
        needed = self.utf8_headers or not _is_local_ascii(self.sender) or bool(foreign)
        if "smtputf8" in offered:
            return needed or not all(map(_is_local_ascii, self.copies))
        if not needed:
            return False
        whose = foreign[0] if foreign else self.sender
        raise SmtpError(
            f"{whose}: the server cannot send to or from an address with such letters before the @ "
            "(it does not offer SMTPUTF8, RFC 6531); another address is needed",
            permanent=True,
            scope=Scope.RECIPIENT if foreign else Scope.ACCOUNT,
            phase="rcpt" if foreign else "mail",
        )

    def commands(self, offered: Collection[str], *, utf8: bool, dsn: bool) -> list[bytes]:
        """Return MAIL and every RCPT; InputError if one cannot be written."""
        sender = self.mail_parameters(offered, utf8=utf8, dsn=dsn)
        named = [naming(b"RCPT", one, rcpt_parameters(one, dsn=dsn), offered) for one in self.everybody]
        return [naming(b"MAIL", self.sender, sender, offered), *named]

    def mail_parameters(self, offered: Collection[str], *, utf8: bool, dsn: bool) -> list[str]:
        """Return the parameters of MAIL."""
        parameters = [f"SIZE={self.size}"] if "size" in offered else []
        if utf8:
            parameters.append("SMTPUTF8")
        if dsn:
            parameters.append("RET=HDRS")
            identity = xtext(self.envelope_id)
            if 0 < len(identity) <= _ENVELOPE_ID_LIMIT:
                parameters.append(f"ENVID={identity}")
        return parameters


def naming(verb: bytes, address: str, parameters: Iterable[str], offered: Collection[str]) -> bytes:
    """Return MAIL or RCPT with an address, written strictly: the vendor takes the first that it finds in the text.

    Raises:
        InputError: it cannot be written, or not to this server.
    """
    wire = wire_address(address) if address else ""
    if not wire.isascii() and "smtputf8" not in offered:
        raise InputError(f"{address}: the server does not offer SMTPUTF8 (RFC 6531)")
    extra = "".join(f" {parameter}" for parameter in parameters)
    return b"%s %s:<%s>%s" % (verb, _BEFORE[verb], wire.encode(), extra.encode("ascii"))


def rcpt_parameters(address: str, *, dsn: bool) -> list[str]:
    """Return the parameters of RCPT; the original recipient is named where it has an ASCII form."""
    if not dsn:
        return []
    original = f"ORCPT=rfc822;{xtext(address)}"
    named = address.isascii() and len(original) <= _RECIPIENT_LIMIT
    return ["NOTIFY=FAILURE,DELAY", *([original] if named else [])]


def xtext(value: str) -> str:
    """Return ASCII text for a parameter: "+", "=" and what is not printable in hexadecimal (RFC 3461 section 4)."""
    return _NOT_XTEXT.sub(lambda found: f"+{ord(found[0]):02X}", value) if value.isascii() else ""


def refuse_too_large(size: int, extensions: Mapping[str, str]) -> None:
    """Refuse a message that is larger than the server says it takes (RFC 1870).

    Raises:
        SmtpError: the message's matter.
    """
    limit = extensions.get("size", "").strip()
    if limit.isascii() and limit.isdigit() and 0 < int(limit) < size:
        raise SmtpError(
            f"the message has {size} bytes, the server takes {limit} (RFC 1870)",
            permanent=True,
            scope=Scope.MESSAGE,
            phase="mail",
        )


def told(errors: Mapping[str, SmtpError]) -> dict[str, tuple[int, str]]:
    """Return refused recipients with code and words."""
    return {recipient: (error.code or 0, error.answer) for recipient, error in errors.items()}


def refusals(errors: Mapping[str, SmtpError], recipients: Iterable[str]) -> list[SmtpError]:
    """Return the refusals of the true recipients."""
    return [errors[recipient] for recipient in recipients if recipient in errors]


def _is_local_ascii(address: str) -> bool:
    return address.rpartition("@")[0].isascii()


def is_not_understood(error: SmtpError) -> bool:
    """Say whether RCPT was refused for its parameters, and not for its address ("501 5.1.3")."""
    return error.code in NOT_UNDERSTOOD and not _OF_AN_ADDRESS.match(error.answer.strip())
