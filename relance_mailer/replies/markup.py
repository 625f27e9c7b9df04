"""HTML mail to plain text, so that a quotation stays recognisable: `<blockquote>` becomes lines with "> ".

The standard library's html.parser takes quadratic time on malformed input (CVE-2025-6069), so the tags are told
apart here by expressions that never look past the next "<": the time is linear in the length.
"""

from __future__ import annotations

import re
from html import unescape

#: Longer HTML is read to here: an answer stands at its top.
MAX_HTML = 1_000_000
MAX_QUOTE_DEPTH = 20
_MAX_OPEN = 200

# Possessive: what a "<" could open is read once, up to the next "<" at most.
_TAG = re.compile(r"""<(/?)([a-zA-Z][a-zA-Z0-9:-]{0,30})((?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+)>""")
_BROKEN_TAG = re.compile(r"<[a-zA-Z/!?][^<>]*+>?")
_BLANKS = re.compile(r"[ \t\r\n\f\xa0]+")
_CLASS = re.compile(r"""\b(?:class|id|name|data-marker)\s{0,3}=\s{0,3}["']?([^"'>]{0,200})""", re.IGNORECASE)
_CITE = re.compile(r"""\btype\s{0,3}=\s{0,3}["']?cite\b""", re.IGNORECASE)
_HIDDEN = re.compile(r"\bdisplay\s{0,3}:\s{0,3}none\b", re.IGNORECASE)
_INDENT = re.compile(r"border\s{0,3}:\s{0,3}(?:none|0)", re.IGNORECASE)

_DROPPED = frozenset({"script", "style", "head", "title", "template", "noscript", "xml", "object", "svg"})
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "pre"})
_LINES = frozenset(
    {"div", "tr", "li", "section", "article", "header", "footer", "center", "address", "form", "dt", "dd"}
)
#: Blocks that programs put around or above a quotation, where answers may be written into it: Yahoo, Proton, Zoho, GMX,
#: Zimbra, Outlook (web and mobile, new, Mac, Hotmail). A line that opens a quotation in plain text stands for them.
_OPENING = re.compile(
    r"yahoo_quoted|^protonmail_quote$|^zmail_extra$|^quote$|^__(?:headers|quoted_text)__$|^x?_?divrplyfwdmsg$"
    r"|^mail-editor-reference-message-container$|^ms-outlook-mobile-reference-message$|^olk_src_body_section$|^outlookmessageheader$"
)
OPENING_LINE = "-----Original Message-----"
_CITING = frozenset({"gmail_quote", "protonmail_quote"})
_HIDEABLE = frozenset({"div", "span", "table", "td"})


def text_of_html(html: str) -> str:
    """Return the readable text of an HTML body, quoted blocks as "> " lines; scripts and styles are dropped."""
    writer = _Writer()
    source = html[:MAX_HTML]
    lowered = source.lower() if len(source.lower()) == len(source) else source
    position = 0
    while position < len(source):
        opening = source.find("<", position)
        if opening < 0:
            opening = len(source)
        writer.words(source[position:opening])
        position = _markup(source, lowered, opening, writer)
    return writer.text()


def _markup(source: str, lowered: str, opening: int, writer: _Writer) -> int:
    """Handle the construct that begins at `opening`; return where it ends."""
    if source.startswith("<!--", opening):
        end = source.find("-->", opening + 4)
        return len(source) if end < 0 else end + 3
    if tag := _TAG.match(source, opening):
        name = tag[2].lower()
        if name in _DROPPED and not tag[1] and not tag[3].endswith("/"):
            end = lowered.find(f"</{name}", tag.end())
            return len(source) if end < 0 else end
        writer.tag(name, tag[3], closing=bool(tag[1]))
        return tag.end()
    if broken := _BROKEN_TAG.match(source, opening):
        return broken.end()
    if opening < len(source):
        writer.words("<")
    return opening + 1


class _Writer:
    """Lines under way: each knows how deep it is quoted."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._words: list[str] = []
        self._open: list[tuple[str, bool]] = []  # blocks that may quote: name, whether they do
        self._depth = 0
        self._opened = False  # a quotation without blockquote
        self._hidden = ""  # the element whose words no program shows, and how many of its kind are open in it
        self._hidden_depth = 0

    def words(self, raw: str) -> None:
        if raw and not self._hidden:
            self._words.append(_BLANKS.sub(" ", unescape(raw)))

    def tag(self, name: str, attributes: str, *, closing: bool) -> None:
        if self._is_hidden(name, attributes, closing=closing):
            return
        if name == "br":
            self._end_line(keep_blank=True)
        elif name in {"td", "th"}:
            self._words.append(" ")
        elif name == "hr":
            self._end_line()
            self._lines.append("")
        elif name in {"div", "blockquote"}:
            self._end_line()
            self._nest(name, attributes, closing=closing)
        elif name in _PARAGRAPHS:
            self._end_line()
            self._blank_line()
        elif name in _LINES:
            self._end_line()
            if name == "li" and not closing:
                self._words.append("- ")

    def text(self) -> str:
        self._end_line()
        while self._lines and not self._lines[-1].strip("> "):
            self._lines.pop()
        return "\n".join(self._lines).strip("\n")

    def _is_hidden(self, name: str, attributes: str, *, closing: bool) -> bool:
        """Follow an element with `display: none`, such as the preview line of a notice, to its end."""
        if self._hidden:
            if name == self._hidden and not attributes.endswith("/"):
                self._hidden_depth += -1 if closing else 1
                self._hidden = self._hidden if self._hidden_depth else ""
            return True
        if not closing and name in _HIDEABLE and _HIDDEN.search(attributes):
            self._hidden, self._hidden_depth = name, 1
        return bool(self._hidden)

    def _open_quotation(self, attributes: str) -> None:
        if not self._opened and not self._depth and any(map(_OPENING.search, _names(attributes))):
            self._opened = True
            self._lines += ["", OPENING_LINE]

    def _nest(self, name: str, attributes: str, *, closing: bool) -> None:
        if not closing:
            if name == "div":
                self._open_quotation(attributes)
            if len(self._open) < _MAX_OPEN:
                self._open.append((name, _quotes(name, attributes)))
                self._depth += self._open[-1][1]
            return
        while any(opened == name for opened, _ in self._open):
            opened, quoting = self._open.pop()
            self._depth -= quoting
            if opened == name:
                return

    def _prefix(self) -> str:
        return ">" * min(self._depth, MAX_QUOTE_DEPTH) + (" " if self._depth else "")

    def _end_line(self, *, keep_blank: bool = False) -> None:
        line = _BLANKS.sub(" ", "".join(self._words)).strip()
        self._words.clear()
        if line or keep_blank:
            self._lines.append((self._prefix() + line).rstrip())

    def _blank_line(self) -> None:
        prefix = self._prefix()
        last = self._lines[-1] if self._lines else ""
        if last.strip("> ") and last.startswith(">") == prefix.startswith(">"):
            self._lines.append(prefix.rstrip())


def _names(attributes: str) -> list[str]:
    return " ".join(_CLASS.findall(attributes)).lower().split()


def _quotes(name: str, attributes: str) -> bool:
    """Tell whether a block is a quotation; Gmail indents with a blockquote that has no border."""
    if name != "blockquote":
        return False
    return bool(
        not _INDENT.search(attributes)
        or _CITE.search(attributes)
        or not _CITING.isdisjoint(_names(attributes))
    )
