"""A notice's subject, plain text and HTML, out of its template and context."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from css_inline import CSSInliner
from jinja2 import Environment, StrictUndefined, TemplateSyntaxError
from jinja2 import TemplateError as JinjaError
from markdown_it import MarkdownIt
from markupsafe import Markup

from relance_mailer.errors import TemplateError
from relance_mailer.texts import foreign, plain
from relance_mailer.texts.formats import clean
from relance_mailer.texts.load import LAYOUT, NoticeTemplate, TemplateFileError, Templates, syntax_error
from relance_mailer.texts.slots import VALUES, Pieces, fill, fill_html, slot, split, split_html

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from jinja2 import Template
    from markdown_it.token import Token

    from relance_mailer.texts.context import NoticeContext

#: What a template may name: fields and properties of NoticeContext.
VARIABLES = (
    "stage", "stage_kind", "language", "sender", "debtor", "contact_name", "lines", "overdue_lines",
    "not_due_lines", "groups", "overdue_groups", "not_due_groups", "totals", "overdue_totals", "heads", "today",
    "deadline", "claim", "recall", "reference",
)  # fmt: skip
SUBJECT_LIMIT = 200  #: characters
_SUBJECT, _PREVIEW, _SENDER = range(3)  # the slots that the layout names
_SPACES = re.compile(r"[\x00-\x20\x7f-\x9f]+")
_NO_BREAK = "\u00a0"
_FRENCH = re.compile(r" (?=[:;?!»%€])|(?<=«) ")


@dataclass(frozen=True, slots=True)
class RenderedText:
    """A notice in words.

    Attributes:
        subject: one line without control characters.
        text: the plain form, LF line ends, no line over 998 characters.
        html: a whole HTML document, styles inlined.
        language: the language it was written in, which may be the fallback.
        preview: the line that a mail program's list shows; of the HTML alone.
        links: where the HTML's links and pictures lead; those of templates and layout, since no value becomes one.
    """

    subject: str
    text: str
    html: str
    language: str
    preview: str = ""
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Skeleton:
    html: Pieces
    text: tuple[plain.Block, ...]
    links: tuple[Pieces, ...]


class Renderer:
    """Renders notices; what notices of one shape share is laid out once and kept."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
        path = templates.path(LAYOUT)
        layouts = Environment(undefined=StrictUndefined, autoescape=True)
        try:
            self._layout = layouts.from_string(path.read_text(encoding="utf-8"))
        except JinjaError as error:
            raise TemplateError(f"{path}: {error}") from error
        self._inliner = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
        self._skeleton = lru_cache(maxsize=256)(self._lay_out)

    def render(self, context: NoticeContext) -> RenderedText:
        """Return the notice; TemplateError with file, line and remedy if its template cannot be rendered."""
        template = self._templates.find(context.stage, context.language)
        values = ["", "", clean(context.sender.party.name)]
        variables: dict[str, object] = {
            name: getattr(context, name)
            for name in VARIABLES
            if template.names is None or name in template.names
        }
        variables |= {"language": template.language, VALUES: values}
        try:
            values[_SUBJECT] = self._line(template.subject, variables, values)
            if template.preview:
                values[_PREVIEW] = self._line(template.preview, variables, values)
            body = template.body.render(variables)
            skeleton = self._skeleton(body, template.language)
        except Exception as error:
            raise _located(error, template) from error
        if not values[_SUBJECT]:
            raise TemplateFileError(str(template.path), 2, "the subject comes out empty; give it words")
        html, text = fill_html(skeleton.html, values), plain.write(skeleton.text, values)
        return RenderedText(
            subject=values[_SUBJECT],
            text=text,
            html=html,
            language=template.language,
            preview=values[_PREVIEW],
            links=tuple(fill(link, values) for link in skeleton.links),
        )

    def _line(self, template: Template, variables: dict[str, object], values: list[str]) -> str:
        pieces = _pieces(template.render(variables), str(variables["language"]))
        line = _SPACES.sub(" ", fill(pieces, values)).strip()
        return line if len(line) <= SUBJECT_LIMIT else f"{line[: SUBJECT_LIMIT - 1]}…"

    def _lay_out(self, body: str, language: str) -> _Skeleton:
        tokens = self._markdown.parse(body)
        if language == "fr":
            _space_as_french(tokens)
        content = self._markdown.renderer.render(tokens, self._markdown.options, {})
        content = content.replace("<table>", '<div class="wide"><table>').replace(
            "</table>", "</table></div>"
        )
        page = self._layout.render(
            language=language,
            subject=slot(_SUBJECT),
            preview=slot(_PREVIEW),
            sender=slot(_SENDER),
            content=Markup(content),  # noqa: S704 - the author's words; data are slots
        )
        html = self._inliner.inline(page)
        return _Skeleton(split_html(html), plain.read(tokens), tuple(map(split, foreign.linked(html))))


@lru_cache(maxsize=1_024)
def _pieces(line: str, language: str) -> Pieces:
    """Cut a line's skeleton at its slots, spaced as its language does."""
    return split(_FRENCH.sub(_NO_BREAK, line) if language == "fr" else line)


def _space_as_french(tokens: Sequence[Token]) -> None:
    """Make the spaces that French sets before `: ; ? ! » % €` and after `«` unbreakable."""
    for token in tokens:
        for child in token.children or ():
            if child.type == "text":
                child.content = _FRENCH.sub(_NO_BREAK, child.content)


def _located(error: Exception, template: NoticeTemplate) -> TemplateError:
    """Return an error that names the template's file and line."""
    if isinstance(error, TemplateSyntaxError):
        return syntax_error(error)
    file, line = _place(error.__traceback__) or (str(template.path), 1)
    return TemplateFileError(file, line, str(error))


def _place(traceback: TracebackType | None) -> tuple[str, int] | None:
    """Return file and line of the innermost template frame (Jinja keeps its lines in tracebacks)."""
    found = None
    while traceback:
        file = traceback.tb_frame.f_code.co_filename
        if file.endswith(".md"):
            found = (file, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found
