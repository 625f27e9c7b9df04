"""Hostile messages of any size, one weakness of readers a shape; `python -m tests.support.poison` prints what they cost."""

from __future__ import annotations

import base64
import io
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import psutil

from relance_mailer.errors import UnreadableError
from relance_mailer.services.reader import Reader

FROM = b"From: a@b.example\n"
HTML = FROM + b"Content-Type: text/html\n\n"
MIXED = FROM + b'Content-Type: multipart/mixed; boundary="b"\n\n'
SIGNATURE = b"\x78\x9f\x3e\x22\x01\x00"


def filled(before: bytes, piece: bytes, size: int, after: bytes = b"\n\nx") -> bytes:
    """Return a message of about `size` bytes, most of them the same piece again and again."""
    return before + piece * max(1, (size - len(before) - len(after)) // len(piece)) + after


def nested(size: int) -> bytes:
    levels: list[bytes] = []
    while sum(map(len, levels[-1:])) * len(levels) < size and len(levels) < 20_000:
        level = len(levels)
        levels.append(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level))
    return FROM + b"".join(levels) + b"\nbonjour\n"


def nested_then_long(size: int) -> bytes:
    """Return parts as deep as they may go, none of them closed, and lines that could be boundaries after."""
    levels = (
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) for level in range(40)
    )
    return filled(FROM + b"".join(levels), b"\n--nobody", size)


def base64_in_base64(size: int) -> bytes:
    raw = FROM + b"\nbonjour\n"
    while len(raw) < size:
        raw = (
            FROM
            + b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
            + base64.b64encode(raw)
        )
    return raw


def zip_bomb(size: int) -> bytes:
    """Return a small file that would unpack to a thousand times its size (200 MB at most: making it costs more than reading it)."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zeros", "w", force_zip64=True) as file,
    ):
        for _ in range(min(200, max(1, size // 1024))):
            file.write(b"\0" * 1_000_000)
    letters = base64.encodebytes(packed.getvalue())
    head = b"--b\nContent-Type: application/zip\nContent-Disposition: attachment; filename=a.zip\n"
    return MIXED + head + b"Content-Transfer-Encoding: base64\n\n" + letters + b"\n--b--\n"


def one_file(kind: bytes, data: bytes) -> bytes:
    return (
        FROM
        + b"Content-Type: "
        + kind
        + b"\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(data)
    )


def winmail_of_small_objects(size: int) -> bytes:
    return one_file(
        b"application/ms-tnef", SIGNATURE + b"\x01\x00\x80\x01\x00\x00\x00\x00\x00\x00\x00" * (size // 15)
    )


def winmail_of(properties: bytes) -> bytes:
    head = b"\x01\x03\x90\x06\x00" + len(properties).to_bytes(4, "little")
    return one_file(b"application/ms-tnef", SIGNATURE + head + properties + b"\0\0")


def signed_in_pieces(size: int) -> bytes:
    """Return an opaque signature whose content is cut into the smallest pieces, none of the ends stated."""
    head = bytes.fromhex(
        "3080 06092a864886f70d010702 a080 3080 020101 3100 3080 06092a864886f70d010701 a080 2480"
    )
    return one_file(b"application/pkcs7-mime; smime-type=signed-data", head + b"\x04\x01a" * (size // 4))


#: Shape by name: bytes of about the size asked for.
SHAPES: dict[str, Callable[[int], bytes]] = {
    "text": lambda size: filled(FROM + b"\n", b"Bonjour, nous paierons demain.\n", size),
    "text of one line": lambda size: filled(FROM + b"\n", b"a", size),
    "text of line breaks": lambda size: filled(FROM + b"\n", b"\n", size),
    "text of carriage returns": lambda size: filled(FROM + b"\n", b"\r", size),
    "text of zeros": lambda size: filled(FROM + b"\n", b"\x00", size),
    "text of odd bytes": lambda size: filled(FROM + b"\n", b"\xe9\x81", size),
    "text of marks that reorder": lambda size: filled(FROM + b"\n", "\u202e".encode(), size),
    "flowed text": lambda size: filled(
        FROM + b"Content-Type: text/plain; format=flowed\n\n", b"> a \n", size
    ),
    "flowed text of one line": lambda size: filled(
        FROM + b"Content-Type: text/plain; format=flowed; delsp=yes\n\n", b"a \n", size
    ),
    "text in utf-7": lambda size: filled(
        FROM + b"Content-Type: text/plain; charset=utf-7\n\n", b"+AAA", size
    ),
    "text in hz": lambda size: filled(FROM + b"Content-Type: text/plain; charset=hz\n\n", b"~{<:Ky~}", size),
    "text in iso-2022-jp": lambda size: filled(
        FROM + b"Content-Type: text/plain; charset=iso-2022-jp\n\n", b'\x1b$B$"\x1b(B', size
    ),
    "text in punycode": lambda size: filled(
        FROM + b"Content-Type: text/plain; charset=punycode\n\n", b"a-b9", size
    ),
    "quoted-printable": lambda size: filled(
        FROM + b"Content-Transfer-Encoding: quoted-printable\n\n", b"=E9=\n", size
    ),
    "broken base64": lambda size: filled(FROM + b"Content-Transfer-Encoding: base64\n\n", b"YQ=", size),
    "one endless header": lambda size: filled(FROM + b"Subject: ", b"a", size),
    "one endless folded header": lambda size: filled(FROM + b"References: ", b"<a@b>\n ", size),
    "endless headers": lambda size: filled(FROM, b"X-A: b\n", size, b""),
    "a header without end": lambda size: FROM + b"a" * size,
    "encoded words": lambda size: filled(FROM + b"Subject: ", b"=?utf-8?q?=20?= ", size),
    "unfinished encoded words": lambda size: filled(FROM + b"Subject: ", b"=?utf-8?q?", size),
    "blanks in a header": lambda size: filled(FROM + b"Subject: a", b" \t", size),
    "folds in a header": lambda size: filled(FROM + b"Subject: a", b"\n ", size),
    "parameters": lambda size: filled(FROM + b"Content-Type: multipart/mixed", b';a="', size),
    "sections of a parameter": lambda size: filled(FROM + b"Content-Type: text/plain", b";a*0*=''%C3", size),
    "backslashes in a parameter": lambda size: filled(FROM + b'Content-Type: text/plain; a="', b"\\", size),
    "addresses": lambda size: filled(b"From: ", b"a <a@b.example>, ", size),
    "broken addresses": lambda size: filled(b"From: ", b'(<"a,', size),
    "many address headers": lambda size: filled(FROM, b"From: " + b'"a' * 3_000 + b"\n", size),
    "comments in an address": lambda size: filled(b"From: ", b"(", size),
    "ids": lambda size: filled(FROM + b"References: ", b"<", size),
    "nested parts": nested,
    "nested parts, then boundaries": nested_then_long,
    "nested messages": lambda size: filled(FROM, b"Content-Type: message/rfc822\n\n", size),
    "base64 in base64": base64_in_base64,
    "parts": lambda size: filled(MIXED, b"--b\n\nx\n", size),
    "parts with a colon in the boundary": lambda size: filled(
        FROM + b'Content-Type: multipart/mixed; boundary="b:b"\n\n', b"--b:b\na: b\n", size
    ),
    "files": lambda size: filled(MIXED, b"--b\nContent-Type: a/b; name=c\n\nx\n", size),
    "lines that could be boundaries": lambda size: filled(MIXED, b"--c\n", size),
    "parts of html": lambda size: filled(
        MIXED, b"--b\nContent-Type: text/html\n\n" + b"<p>a" * 50_000 + b"\n", size
    ),
    "reports": lambda size: filled(
        FROM + b'Content-Type: multipart/report; boundary="b"\n\n',
        b"--b\nContent-Type: message/delivery-status\n\n" + b"Action: failed\n\n" * 6_000 + b"\n",
        size,
    ),
    "a report of colons": lambda size: filled(
        FROM + b"Content-Type: message/delivery-status\n\n", b"a:\n", size
    ),
    "html": lambda size: filled(HTML, b"<p>Bonjour</p>\n", size),
    "html: broken tags": lambda size: filled(HTML, b"<a '\"", size),
    "html: open comments": lambda size: filled(HTML, b"<!-- ", size),
    "html: deep quotations": lambda size: filled(HTML, b"<blockquote>x", size),
    "html: open scripts": lambda size: filled(HTML, b"<script></s", size),
    "html: deep blocks": lambda size: filled(HTML, b"<div>", size),
    "html: closed blocks": lambda size: filled(HTML, b"<div></blockquote>", size),
    "html: letters by number": lambda size: filled(HTML, b"&#60;", size),
    "html: attributes": lambda size: filled(HTML + b"<blockquote ", b"class=a ", size),
    "html: line breaks": lambda size: filled(HTML, b"<br>", size),
    "html: cells": lambda size: filled(HTML, b"<td>", size),
    "html: tags without end": lambda size: filled(HTML, b"<", size),
    "a calendar": lambda size: filled(
        FROM + b"Content-Type: text/calendar\n\n", b"BEGIN:VEVENT\n a;\n", size
    ),
    "a calendar of parameters": lambda size: filled(
        FROM + b"Content-Type: text/calendar\n\n", b"DTSTART;a;b;c;d;e\n", size
    ),
    "pgp": lambda size: filled(FROM + b"\n", b"-----BEGIN PGP SIGNED MESSAGE-----\n", size),
    "a zip bomb": zip_bomb,
    "winmail.dat of small objects": winmail_of_small_objects,
    "winmail.dat that promises much": lambda size: winmail_of(
        b"\x01\x00\x00\x00\x02\x10\x00\x10\xff\xff\xff\xff" + b"\0" * (size * 3 // 4)
    ),
    "winmail.dat of empty values": lambda size: winmail_of(
        b"\x01\x00\x00\x00\x1e\x00\x00\x10\xff\xff\xff\x7f" + b"\0" * (size * 3 // 4)
    ),
    "a signature in small pieces": signed_in_pieces,
}


def cost(name: str, size: int) -> tuple[float, float, str]:
    """Return seconds of computing, megabytes at the peak, and what came of it, for one shape in a child of its own."""
    with Reader(frozenset()) as reader:
        reader.read(FROM + b"\n\nBonjour")
        before = spent(reader)
        try:
            reader.read(SHAPES[name](size))
            outcome = "read"
        except UnreadableError as error:
            outcome = str(error)
        return spent(reader) - before, peak(reader), outcome


def spent(reader: Reader) -> float:
    """Return the seconds of computing of a reader's child so far."""
    assert reader._child is not None
    times = psutil.Process(reader._child.pid).cpu_times()
    return float(times.user + times.system)


def peak(reader: Reader) -> float:
    """Return the megabytes of memory that a reader's child has held at most."""
    assert reader._child is not None
    status = Path(f"/proc/{reader._child.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 60_000_000
    print(
        f"| message of {size / 1e6:g} MB | outcome | seconds of computing | peak memory, MB |\n|---|---|---|---|"
    )
    for name in SHAPES:
        seconds, megabytes, outcome = cost(name, size)
        print(f"| {name} | {outcome} | {seconds:.2f} | {megabytes:.0f} |", flush=True)


if __name__ == "__main__":
    main()
