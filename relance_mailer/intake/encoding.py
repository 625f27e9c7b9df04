"""Bytes to text: which of the encodings that accounting programs and spreadsheets write a file is in."""

from __future__ import annotations

import codecs
import re

from relance_mailer.errors import InputError

SAVE_AS = "open it in the spreadsheet and save it as “CSV UTF-8”, or as a workbook (.xlsx, .ods)"

_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
#: What a person may name: text encodings with a codec in linear time, by Python's normal form of their names.
_NAMED = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "cp1250", "cp850", "cp437", "iso8859-1", "iso8859-15",
          "mac-roman")  # fmt: skip
#: Letters and signs of French, and no others: what a right decoding brings forth.
_FRENCH = re.compile("[éèêëàâçùûôîïÉÀÇ°€’«»\u00a0]|(?<=[a-zA-Z])[œŒ]|[œŒ](?=[a-z])")
_TYPOGRAPHIC = re.compile("[–—…“”‘™²³½]")  # what else is common in Windows-1252
#: A letter of French that was UTF-8, read as Windows-1252, and written as UTF-8 again.
_TWICE = re.compile("Ã[\u0080-\u00bf\u0152-\u0178\u02c6\u2013-\u2122]|â€")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_CONTROLS_OF_LATIN = re.compile(rb"[\x80-\x9f]")
_SAMPLE = 1_000_000  # bytes


def decode(data: bytes, named: str = "") -> tuple[str, str]:
    """Return the text and its encoding; `named` is what a person said it is, "" to find out.

    UTF-8 and UTF-16 tell by themselves; of the others the one in which most letters are French, Windows-1252 first.

    Raises:
        InputError: the bytes are no text, or not in the encoding that was named.
    """
    if named:
        return _as_named(data, named)
    for bom, encoding in _BOMS.items():
        if data.startswith(bom):
            return _marked(data, encoding)
    if b"\0" in data:
        raise InputError(f"The file holds NUL bytes, so it is no plain text; {SAVE_AS}.")
    try:
        return _checked(data.decode()), "utf-8"
    except UnicodeDecodeError as error:
        # "é" in UTF-8 reads as "Ã©" in Windows-1252: a file that has both would bring spoilt names in, silently.
        if re.search(rb"\xc3[\x80-\xbf]", data):
            raise _damaged("UTF-8", data, error) from None
    return _of_eight_bits(data)


def _marked(data: bytes, encoding: str) -> tuple[str, str]:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _damaged("UTF-8" if encoding == "utf-8-sig" else "UTF-16", data, error) from None
    if "\0" in text:
        raise InputError(f"The file holds NUL characters, so it is no plain text; {SAVE_AS}.")
    return _checked(text), encoding


def _checked(text: str) -> str:
    """Return `text`; InputError if an earlier program took its UTF-8 for Windows-1252 and so spoilt its letters."""
    if spoilt := _TWICE.search(text):
        line = text.count("\n", 0, spoilt.start()) + 1
        raise InputError(
            f"On line {line} stands “{spoilt[0]}”: the file was UTF-8, then opened in another encoding and saved, and "
            "its accented letters are spoilt; export it again."
        )
    return text


def _damaged(encoding: str, data: bytes, error: UnicodeDecodeError) -> InputError:
    line = data.count(b"\n", 0, error.start + len(data) - len(error.object)) + 1
    return InputError(f"The file is {encoding} but damaged on line {line}; {SAVE_AS}.")


def _as_named(data: bytes, named: str) -> tuple[str, str]:
    try:
        encoding = codecs.lookup(named).name
    except (LookupError, ValueError):
        encoding = ""
    if encoding == "utf-8":
        encoding = "utf-8-sig"
    if encoding not in _NAMED:
        raise InputError(f"The encoding “{named[:40]}” is not known; name one of {', '.join(_NAMED)}.")
    try:
        return _marked(data, encoding)
    except InputError as error:
        raise InputError(f"The file is not in the encoding that was named, {named}; leave it out.") from error


def _of_eight_bits(data: bytes) -> tuple[str, str]:
    """Return Windows-1252, unless ISO 8859-15, Mac Roman or DOS's code page 850 plainly gives more French."""
    sample = data[:_SAMPLE]
    windows = _french(sample, "cp1252")
    if not _CONTROLS_OF_LATIN.search(data) and _french(sample, "iso8859-15") > windows:
        return data.decode("iso8859-15"), "iso8859-15"
    windows += len(_TYPOGRAPHIC.findall(sample.decode("cp1252", "replace")))
    for encoding in ("mac-roman", "cp850"):
        found = _french(sample, encoding)
        if found > windows and found == len(_NOT_ASCII.findall(sample.decode(encoding))):
            return data.decode(encoding), encoding
    try:
        return data.decode("cp1252"), "cp1252"
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"Line {line} is neither UTF-8 nor Windows-1252; {SAVE_AS}.") from None


def _french(sample: bytes, encoding: str) -> int:
    return len(_FRENCH.findall(sample.decode(encoding, "replace")))
