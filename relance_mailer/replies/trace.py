"""Recognises a message that came again another way: a hash of what its author wrote, blind to what its road wrote.

Every relay, filter and store on the road of a message writes into its header: Received and Return-Path (RFC 5321),
Delivered-To, Authentication-Results (RFC 8601), ARC-* (RFC 8617), DKIM-Signature (a trace field too, RFC 6376 section
3.5), Resent-* (RFC 5322 section 3.6.6), List-*, X-Spam-*, X-Virus-*, X-MS-Exchange-*, X-Gm-*, X-Google-* … There is no list
of what a provider may invent tomorrow, so that the hash counts the fields which only the author's program writes, and takes
all others for traces. Two messages that differ in none of these say the same; what was added on the way, a result
of DMARC for instance, is looked at where it matters (services.receive).

Line ends, the folding of fields and empty lines at the end count for nothing: stores differ in them. A body that
was encoded anew on its way (8bit to quoted-printable, RFC 6152) is another one here; `content` sees through that.
"""

from __future__ import annotations

import re
from hashlib import sha256

from relance_mailer.replies.model import Message

#: What the author's program writes (RFC 5322 sections 3.6.1 to 3.6.5, RFC 2045, RFC 3834), lower case.
AUTHORS = frozenset(
    {b"date", b"from", b"sender", b"reply-to", b"to", b"cc", b"message-id", b"in-reply-to", b"references"}
    | {b"subject", b"content-type", b"content-transfer-encoding", b"content-disposition", b"auto-submitted"}
)
#: Without either of them nothing tells a message from an equal one of another day: "Bien reçu."
_TELLING = frozenset({b"message-id", b"date"})
_MOST_HEADER = 1 << 20  #: bytes of header that are taken apart; what is longer is poison, and hashed as it is
_FOLDS = re.compile(rb"[ \t\n]+")
_NAME = re.compile(rb"[!-9;-~]{1,80}(?=[ \t]{0,80}:)")


def fingerprint(raw: bytes) -> str:
    """Return the SHA-256 of a message as its author wrote it, in hexadecimal.

    A message with neither Message-ID nor Date is only itself: the hash counts all its bytes.
    """
    text = raw.replace(b"\r\n", b"\n")
    header, _, body = (b"", b"", text[1:]) if text.startswith(b"\n") else text.partition(b"\n\n")
    written = [] if len(header) > _MOST_HEADER else _written(header)
    if not any(value for name, value in written if name in _TELLING):
        return sha256(raw).hexdigest()
    told = sha256()
    for name, value in sorted(written):
        told.update(name + b":" + value + b"\n")
    told.update(b"\n" + body.rstrip(b"\r\n"))
    return told.hexdigest()


def content(message: Message) -> str:
    """Return the SHA-256 of what a message says once read, however it was encoded and signed on its way.

    Who wrote, when, under which subject, the words, and the documents with their names and sizes.
    """
    told = sha256()
    parts = [message.message_id, message.from_address.lower(), message.subject, str(message.sent_at)]
    parts += [" ".join(message.text.split()), " ".join(message.html.split())]
    parts += [f"{one.name} {one.content_type} {one.size}" for one in message.attachments]
    for part in parts:
        told.update(f"{len(part)}:{part}".encode("utf-8", "surrogatepass"))
    return told.hexdigest()


def _written(header: bytes) -> list[tuple[bytes, bytes]]:
    """Return the author's fields, unfolded."""
    fields: list[list[bytes]] = []
    for line in header.split(b"\n"):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1].append(line)
        else:
            fields.append([line])
    found = []
    for lines in fields:
        name = _NAME.match(lines[0])
        if name and name[0].lower() in AUTHORS:
            value = b"\n".join(lines).partition(b":")[2]
            found.append((name[0].lower(), _FOLDS.sub(b" ", value).strip()))
    return found
