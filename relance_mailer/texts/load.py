"""Templates: found in the admin's folder or the package's, compiled once, known by their hash.

A template is `<language>/<stage>.md`: front matter of `key: value` lines between two `---`, then Markdown with
Jinja. Partials, which templates include, have names that begin with `_` and no front matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import BaseLoader, StrictUndefined, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from relance_mailer.errors import TemplateError
from relance_mailer.texts.context import PLAIN_VALUES
from relance_mailer.texts.slots import FILTERS, put_aside

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping, Sequence

    from jinja2 import Environment, Template


class TemplateFileError(TemplateError):
    """What is wrong in a template: `file`, `line` (counted from 1) and `reason`, with the remedy."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}, line {line}: {reason}")
        self.file, self.line, self.reason = file, line, reason


FALLBACK = "en"
LAYOUT = "layout.html"
KEYS = ("subject", "preview")  #: what front matter may hold; `subject` must be there
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LANGUAGE = re.compile(r"[a-z]{2}")


def packaged_templates() -> Path:
    """Return the folder of the templates that come with the program: a wheel's, else the checkout's."""
    package = Path(__file__).resolve().parents[1]
    wheel, checkout = package / "templates", package.parent / "templates"
    return wheel if wheel.is_dir() else checkout


@dataclass(frozen=True, slots=True)
class Source:
    """A template file, cut into front matter and body; each keeps its lines' numbers by leading empty lines."""

    path: Path
    body: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class NoticeTemplate:
    """A stage's template in one language, compiled."""

    path: Path
    language: str
    subject: Template
    preview: Template | None
    body: Template
    names: frozenset[str] | None  #: all that it and its partials name, None where that cannot be told


def syntax_error(error: TemplateSyntaxError) -> TemplateFileError:
    """Return Jinja's complaint as ours."""
    return TemplateFileError(str(error.filename), error.lineno, str(error.message))


def read_source(path: Path) -> Source:
    """Read a template file; TemplateError with file, line and remedy if its front matter is not one."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateFileError(str(path), 1, f"cannot be read ({error}); save it as UTF-8 text") from error
    lines = text.split("\n")
    if path.name.startswith("_") or not lines or lines[0].strip() != "---":
        return Source(path, text, {})
    end = next((at for at, line in enumerate(lines[1:], 1) if line.strip() == "---"), None)
    if end is None:
        raise TemplateFileError(str(path), 1, "the front matter has no end; close it with a line `---`")
    fields = dict(_field(path, at, line) for at, line in enumerate(lines[1:end], 1) if line.strip())
    return Source(path, "\n" * (end + 1) + "\n".join(lines[end + 1 :]), fields)


def _field(path: Path, at: int, line: str) -> tuple[str, str]:
    key, colon, value = line.partition(":")
    if not colon or key.strip() not in KEYS:
        known = ", ".join(KEYS)
        raise TemplateFileError(
            str(path), at + 1, f"front matter knows `key: value` with {known}; not {line!r}"
        )
    return key.strip(), "\n" * at + value.strip()


class Templates:
    """The templates of some folders, the first folder that has a file wins (the admin's before the package's)."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)
        self.environment: Environment = _Sandbox(
            loader=_Loader(self),
            undefined=StrictUndefined,
            finalize=put_aside,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            cache_size=-1,
        )
        self.environment.filters |= FILTERS
        self.find = lru_cache(maxsize=256)(self._find)
        self.version = lru_cache(maxsize=256)(self._version)
        self.source = lru_cache(maxsize=256)(self._source)

    def _find(self, stage: str, language: str) -> NoticeTemplate:
        """Return the compiled template of a stage, in `language` or else in English."""
        name = self.name(stage, language)
        source = self.source(name)
        if not source.fields.get("subject", "").strip():
            raise TemplateFileError(
                str(source.path), 1, "no subject; begin the file with `---`, `subject: …`, `---`"
            )
        try:
            get = self.environment.get_template
            preview = get(f"{name}#preview") if "preview" in source.fields else None
            compiled = (get(f"{name}#subject"), preview, get(name))
            return NoticeTemplate(source.path, name[:2], *compiled, self._names(name, source))
        except TemplateSyntaxError as error:
            raise syntax_error(error) from error

    def _names(self, name: str, source: Source) -> frozenset[str] | None:
        """Return what a template and its partials name: nothing else need be worked out for a notice."""
        try:
            partials = [self.parse(used) for used in self._used(name, set()) if used != LAYOUT]
        except TemplateError:
            return None  # told when it is rendered, with the line
        fields = [self.environment.parse(field) for field in source.fields.values()]
        return frozenset(node.name for tree in (*partials, *fields) for node in tree.find_all(nodes.Name))

    def _version(self, stage: str, language: str) -> str:
        """Return the SHA-256 (hex) over the template, the partials that it uses and the layout."""
        digest = sha256()
        for name in self._used(self.name(stage, language), set()):
            content = self.path(name).read_bytes()
            digest.update(f"{name} {len(content)}\n".encode())
            digest.update(content)
        return digest.hexdigest()

    def _used(self, name: str, seen: set[str]) -> list[str]:
        seen.add(name)
        partials: list[str] = []
        for partial in meta.find_referenced_templates(self.parse(name)):
            if partial is None:
                raise TemplateFileError(
                    str(self.path(name)), 1, "an include by variable; name the partial in quotes"
                )
            if f"{name[:2]}/{partial}" not in seen:
                partials += self._used(f"{name[:2]}/{partial}", seen)
        own = sorted({*partials, name})
        return own if "/_" in name else [*own, LAYOUT]

    def parse(self, name: str) -> nodes.Template:
        """Return the syntax tree of a template's body; TemplateError where its Jinja is wrong."""
        source = self.source(name)
        try:
            return self.environment.parse(source.body, filename=str(source.path))
        except TemplateSyntaxError as error:
            raise syntax_error(error) from error

    def _source(self, name: str) -> Source:
        """Return the file with this name (`fr/reminder1.md`), cut in two."""
        return read_source(self.path(name))

    def name(self, stage: str, language: str) -> str:
        """Return the name of a stage's template: `fr/reminder1.md`, or its English one where there is none."""
        if not _NAME.fullmatch(stage):
            raise TemplateError(f"{stage!r} is no template's name; use small letters, digits, - and _")
        languages = (language, FALLBACK) if _LANGUAGE.fullmatch(language) else (FALLBACK,)
        for candidate in languages:
            if any((folder / candidate / f"{stage}.md").is_file() for folder in self.folders):
                return f"{candidate}/{stage}.md"
        raise TemplateError(
            f"no template for stage {stage} in {' or '.join(dict.fromkeys(languages))}; "
            f"write {self.folders[0] / languages[0] / stage}.md"
        )

    def path(self, name: str) -> Path:
        """Return where the file with this name lies; TemplateError if no folder has it."""
        for folder in self.folders:
            if ".." not in name and (folder / name).is_file():
                return folder / name
        raise TemplateError(f"{self.folders[0] / name}: no such file; write it, or correct the include")

    def names(self) -> Iterator[str]:
        """Yield the names of all templates and partials, sorted: `en/_payment.md`, `en/predue.md`, …"""
        yield from sorted(
            {f"{path.parent.name}/{path.name}" for folder in self.folders for path in folder.glob("*/*.md")}
        )


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, with short ways: for our own values, which are most of what templates name, and to partials."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.get_template = lru_cache(maxsize=1_024)(super().get_template)  # type: ignore[method-assign]

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template: each is rendered with them, nobody changes them."""
        return {**self.globals, **(d or {})}

    def getattr(self, obj: object, attribute: str) -> Any:
        """Return an attribute that a template may read."""
        if type(obj) in PLAIN_VALUES and not attribute.startswith("_"):
            try:
                return getattr(obj, attribute)
            except AttributeError:
                pass  # told in Jinja's words
        return super().getattr(obj, attribute)

    def join_path(self, template: str, parent: str) -> str:
        """Return the name of a partial: it lies beside the template that includes it."""
        return f"{parent[:2]}/{template}"


class _Loader(BaseLoader):
    """Hands Jinja a file's body, or with `#key` a field of its front matter."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, None]:  # noqa: ARG002
        """Return source and file name; TemplateError if there is no such file."""
        name, _, key = template.partition("#")
        source = self._templates.source(name)
        return (source.fields[key] if key else source.body), str(source.path), None
