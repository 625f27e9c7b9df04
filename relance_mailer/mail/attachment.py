"""Files that go with a message: their names by RFC 2231, their bytes in base64, encoded once."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote

from relance_mailer.errors import InputError
from relance_mailer.mail.address import refuse_controls

NAME_LIMIT = 255  #: characters of a file's name
CACHED = 24  #: encoded files kept …
CACHE_LIMIT = 500_000  #: … each of at most so many bytes
_CHUNK = 60  #: characters of a name in one line
_MEDIA_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9][a-z0-9.+-]{0,80}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 ._()+,=@~-]{1,60}")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file beside the text."""

    name: str  #: without folders
    media_type: str  #: "application/pdf"
    data: bytes = field(repr=False)


def part(attachment: Attachment) -> bytes:
    """Return the file as one part of a message (RFC 2045, 2183), without the line end after it.

    Raises:
        InputError: its name or media type cannot be written.
    """
    if not _MEDIA_TYPE.fullmatch(attachment.media_type):
        raise InputError(f"attachments: {attachment.media_type[:60]!r} is not a media type")
    head = (
        f"Content-Type: {attachment.media_type}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n {_file_name(attachment.name)}\r\n\r\n"
    )
    data = attachment.data
    return head.encode("ascii") + (_kept(data) if len(data) <= CACHE_LIMIT else _encoded(data))


def _file_name(name: str) -> str:
    """Write a name: quoted, or percent-encoded and continued over lines (RFC 2231 sections 3 and 4)."""
    refuse_controls("attachments", name)
    name = name.strip()
    if not name or len(name) > NAME_LIMIT or "/" in name or "\\" in name:
        raise InputError(f"attachments: {name[:60]!r} is not the name of a file")
    if _PLAIN_NAME.fullmatch(name):
        return f'filename="{name}"'
    chunks = ["utf-8''"]
    for character in name:
        encoded = quote(character, safe="")
        if len(chunks[-1]) + len(encoded) > _CHUNK:
            chunks.append("")
        chunks[-1] += encoded
    if len(chunks) == 1:
        return f"filename*={chunks[0]}"
    return ";\r\n ".join(f"filename*{number}*={chunk}" for number, chunk in enumerate(chunks))


def _encoded(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


_kept = lru_cache(maxsize=CACHED)(_encoded)
