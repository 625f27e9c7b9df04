"""Bytes to clean text: character sets, encoded words (RFC 2047), control characters. Nothing here raises."""

from __future__ import annotations

import base64
import binascii
import codecs
import quopri
import re
import unicodedata
from itertools import islice, pairwise

#: Python codecs that are no mail charset; the first two take quadratic time on long input.
_NOT_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})
#: Programs that say latin-1 (or nothing) mean Windows-1252: its extra letters are mere controls in latin-1.
_MEANT = {"iso8859-1": "cp1252", "ascii": "utf-8"}
_PLAIN = frozenset({"", "utf-8", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "windows-1252"})
_HIGH = bytes(range(128, 256))
_MAX_CHARSET_NAME = 40
_MAX_WORDS = 1_000

# Encoded text may not contain "?" (RFC 2047, section 2), so that this runs in linear time.
_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?\r\n]{0,2000})\?=")
# Controls, lone surrogates, and the marks that reorder text on screen (to disguise a name or an address).
_UNWANTED_IN_HEADER = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_CONTROLS = bytes({*range(32), 127} - {*b"\t\n\r"})
#: The same marks in UTF-8, C1 controls first: bytes are looked through ten times as fast as letters.
_UNWANTED_BYTES = re.compile(rb"\xc2[\x80-\x9f]|\xe2(?:\x80[\x8e\x8f\xaa-\xae]|\x81[\xa6-\xa9])|\xef\xbb\xbf")
_FOLD = re.compile(r"[\r\n\t]+[ \t]*")
#: A text counts as UTF-8 with damage, not as another charset, if so few of its letters outside ASCII are broken.
_MOST_BROKEN = 0.2


def codec_of(charset: str) -> str:
    """Return the name of Python's codec for a declared charset, "" if there is none."""
    try:
        name = codecs.lookup(charset.strip("\"' ")[:_MAX_CHARSET_NAME]).name
    except (LookupError, ValueError):
        return ""
    return "" if name in _NOT_CHARSETS else _MEANT.get(name, name)


def decode(data: bytes, charset: str = "") -> str:
    """Decode by the chain declared → utf-8 → cp1252 → latin-1; the last one takes any bytes."""
    if data.isascii() and charset.lower() in _PLAIN:
        return data.decode("ascii")
    for codec in (codec_of(charset) if charset else "", "utf-8"):
        try:
            if codec:
                return data.decode(codec)
        except (LookupError, ValueError):
            continue
    return _damaged(data) or _western(data)


def _damaged(data: bytes) -> str:
    """Return UTF-8 of which a few letters are broken (cut, or pasted from elsewhere), "" if it is none."""
    text = data.decode("utf-8", "replace")
    letters = len(text) - len(data.translate(None, _HIGH))
    return text if text.count("\ufffd") <= letters * _MOST_BROKEN else ""


def _western(data: bytes) -> str:
    try:
        return data.decode("cp1252")
    except ValueError:
        return data.decode("latin-1")


def clean_text(text: str) -> str:
    """Return a body, its lines ended by a line feed, without control characters other than tabs."""
    data = text.encode("utf-8", "ignore").translate(None, _CONTROLS)  # lone surrogates go here
    if not data.isascii():
        data = _UNWANTED_BYTES.sub(b"", data)
    return (data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data).decode()


def header_text(raw: str) -> str:
    """Decode a raw header value: unfolded, encoded words read, without any control character."""
    if raw.isascii() and raw.isprintable() and "=?" not in raw:
        return raw.strip()
    value = _FOLD.sub(" ", raw) if "\n" in raw or "\t" in raw else raw
    if "=?" in value:
        value = _decode_words(value)
    if not value.isprintable():
        value = _UNWANTED_IN_HEADER.sub("", value)
    return (value if value.isascii() else unicodedata.normalize("NFC", value)).strip()


def _decode_words(value: str) -> str:
    """Replace encoded words; blanks between two of them do not count (RFC 2047, section 6.2)."""
    words = list(islice(_ENCODED_WORD.finditer(value), _MAX_WORDS))
    if not words:
        return value
    pieces = [value[: words[0].start()]]
    pending, charset = _word_bytes(words[0]), _word_charset(words[0])
    for before, word in pairwise(words):
        between = value[before.end() : word.start()]
        if between.strip() or _word_charset(word) != charset:
            pieces += [decode(pending, charset), between if between.strip() else ""]
            pending, charset = b"", _word_charset(word)
        # Some programs cut a letter's bytes in two between words: join the bytes, then decode.
        pending += _word_bytes(word)
    return "".join([*pieces, decode(pending, charset), value[words[-1].end() :]])


def _word_charset(word: re.Match[str]) -> str:
    return word[1].partition("*")[0].lower()  # RFC 2231 adds "*language"


def _word_bytes(word: re.Match[str]) -> bytes:
    data = word[3].encode("utf-8", "replace")
    if word[2] in "qQ":
        return quopri.decodestring(data, header=True)
    try:
        return base64.b64decode(data + b"==")
    except binascii.Error:
        return word[0].encode("utf-8", "replace")
