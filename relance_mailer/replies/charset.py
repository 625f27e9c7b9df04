"""Bytes to clean text: character sets, encoded words (RFC 2047), control characters. Nothing here raises."""

from __future__ import annotations

import base64
import binascii
import codecs
import quopri
import re
import unicodedata
from itertools import pairwise

#: Python codecs that are no mail charset; the first two take quadratic time on long input.
_NOT_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})
#: Programs that say latin-1 (or nothing) mean Windows-1252: its extra letters are mere controls in latin-1.
_MEANT = {"iso8859-1": "cp1252", "ascii": "utf-8"}
_FALLBACKS = ("utf-8", "cp1252")
_MAX_CHARSET_NAME = 40

# Encoded text may not contain "?" (RFC 2047, section 2), so that this runs in linear time.
_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?\r\n]{0,2000})\?=")
# Controls, lone surrogates, and the marks that reorder text on screen (to disguise a name or an address).
_UNWANTED = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
_UNWANTED_IN_TEXT = re.compile(f"[{_UNWANTED}]")
_UNWANTED_IN_HEADER = re.compile(f"[{_UNWANTED}\r\n\t\u2028\u2029]")
_FOLD = re.compile(r"\r\n?|\n|\t")


def codec_of(charset: str) -> str:
    """Return the name of Python's codec for a declared charset, "" if there is none."""
    try:
        name = codecs.lookup(charset.strip("\"' ")[:_MAX_CHARSET_NAME]).name
    except (LookupError, ValueError):
        return ""
    return "" if name in _NOT_CHARSETS else _MEANT.get(name, name)


def decode(data: bytes, charset: str = "") -> str:
    """Decode by the chain declared → utf-8 → cp1252 → latin-1; the last one takes any bytes."""
    for codec in (codec_of(charset) if charset else "", *_FALLBACKS):
        try:
            if codec:
                return data.decode(codec)
        except (LookupError, ValueError):
            continue
    return data.decode("latin-1")


def clean_text(text: str) -> str:
    """Return a body, its lines ended by a line feed, without control characters other than tabs."""
    return _UNWANTED_IN_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def header_text(raw: str) -> str:
    """Decode a raw header value: unfolded, encoded words and 8-bit read, without any control character."""
    data = raw.encode("utf-8", "surrogateescape") if raw.isascii() or _only_escapes(raw) else b""
    value = decode(data) if data else raw
    decoded = _decode_words(_FOLD.sub(" ", value))
    return unicodedata.normalize("NFC", _UNWANTED_IN_HEADER.sub("", decoded)).strip()


def _only_escapes(raw: str) -> bool:
    """Tell whether every non-ASCII character stands for a raw byte (what the parser makes of 8-bit headers)."""
    return all(character < "\x80" or "\udc80" <= character <= "\udcff" for character in raw)


def _decode_words(value: str) -> str:
    """Replace encoded words; blanks between two of them do not count (RFC 2047, section 6.2)."""
    words = list(_ENCODED_WORD.finditer(value))
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
