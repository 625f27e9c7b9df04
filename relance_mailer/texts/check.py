"""Templates checked before they are used: every one rendered on invented notices, the legal mentions looked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import nodes

from relance_mailer.errors import TemplateError
from relance_mailer.texts import foreign, formats
from relance_mailer.texts.load import TemplateFileError, Templates
from relance_mailer.texts.render import VARIABLES, RenderedText, Renderer
from relance_mailer.texts.samples import RATE, SENDER, claimed, sample, variants

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from relance_mailer.texts.context import NoticeContext

#: What a formal notice is recognised by, in the languages that have a word for it.
TITLES = {"fr": "MISE EN DEMEURE", "en": "FORMAL NOTICE"}
#: What no notice without a claim may say: asking a consumer for the 40 € is an offence.
CLAIM_WORDS = ("40 €", "€40", "40,00 €", "L441-10")


@dataclass(frozen=True, slots=True, order=True)
class TemplateProblem:
    """What is wrong with a template, where, and what to do."""

    file: str
    line: int
    message: str


def check(templates: Templates, own: foreign.Own | None = None) -> list[TemplateProblem]:
    """Return what is wrong with the templates, sorted by file and line; empty if they can be used.

    Args:
        templates: all of them.
        own: the creditor's IBAN, hosts and addresses; None looks for no IBAN and no link of others.
    """
    problems: set[TemplateProblem] = set()
    names = list(templates.names())
    known = _known_names(templates, names, problems)
    for name in names:
        problems.update(_unknown(templates, name, known))
    if not problems:
        renderer = Renderer(templates)
        for name in names:
            if "/_" not in name:
                problems.update(_rendered(templates, renderer, name, own))
    return sorted(problems)


def _problem(error: TemplateError, path: Path) -> TemplateProblem:
    if isinstance(error, TemplateFileError):
        return TemplateProblem(error.file, error.line, error.reason)
    return TemplateProblem(str(path), 1, str(error))


def _known_names(templates: Templates, names: Iterable[str], problems: set[TemplateProblem]) -> set[str]:
    """Return what templates may name: a notice's variables, Jinja's own, and what some template sets."""
    known = {*VARIABLES, *templates.environment.globals, "loop"}
    for name in names:
        try:
            tree = templates.parse(name)
        except TemplateError as error:
            problems.add(_problem(error, templates.path(name)))
            continue
        known |= {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}
        known |= {node.name for node in tree.find_all(nodes.Macro)}
    return known


def _unknown(templates: Templates, name: str, known: set[str]) -> Iterator[TemplateProblem]:
    """Yield the variables that no notice has, also in turns that no sample takes."""
    try:
        tree = templates.parse(name)
    except TemplateError:
        return  # told already
    for node in tree.find_all(nodes.Name):
        if node.ctx == "load" and node.name not in known:
            message = f"{node.name!r} is no variable; there are: {', '.join(VARIABLES)}"
            yield TemplateProblem(str(templates.path(name)), node.lineno, message)


def _rendered(
    templates: Templates, renderer: Renderer, name: str, own: foreign.Own | None
) -> Iterator[TemplateProblem]:
    language, stage = name.removesuffix(".md").split("/")
    path = templates.path(name)
    try:
        if not formats.is_written(language):
            raise TemplateError(f"{language!r} is no language; name the folder by two letters, `fr`")  # noqa: TRY301
        for context in variants(stage, language):
            said = renderer.render(context)
            for problem in _foreign(said, own) if own else ():
                yield TemplateProblem(str(path), 1, problem)
        for missing in _missing(renderer, sample(stage, language), language):
            yield TemplateProblem(str(path), 1, missing)
    except TemplateError as error:
        yield _problem(error, path)


def _foreign(said: RenderedText, own: foreign.Own) -> Iterator[str]:
    """Yield the IBANs and links that are neither the creditor's nor those of the invented notice."""
    ours = foreign.Own(own.ibans | {SENDER.iban}, own.hosts, own.addresses | {SENDER.email})
    words = (said.subject, said.preview, said.text, foreign.shown(said.html))
    return foreign.problems(ours, words, foreign.linked(said.html))


def _missing(renderer: Renderer, plainest: NoticeContext, language: str) -> Iterator[str]:
    """Yield what the law or good sense asks of a notice and this template does not say, or says too much."""
    words = _words(renderer, plainest)
    yield from (
        f"{what} does not stand in it; add it"
        for what, said in _facts(plainest, language)
        if said not in words
    )
    if any(word in words for word in CLAIM_WORDS):
        yield "it names interest or the 40 € where none is claimed; put them inside {% if claim %}"
    if plainest.stage_kind == "formal_notice":
        full = claimed(plainest)
        wanted = (*_mentions(full, language), *_claims(full, language))
        words = _words(renderer, full)
        yield from (
            f"{what} is missing from this formal notice; add it" for what, said in wanted if said not in words
        )


def _words(renderer: Renderer, context: NoticeContext) -> str:
    """Return the text on one line with plain spaces."""
    return " ".join(renderer.render(context).text.split())


def _said(value: str) -> str:
    return " ".join(value.split())


def _facts(context: NoticeContext, language: str) -> tuple[tuple[str, str], ...]:
    line = context.lines[0]
    return (
        ("the invoice's number", line.number),
        ("the order's number", line.order_number),
        ("the sum", _said(formats.money(line.outstanding, language))),
        ("the due date", formats.short_date(line.due, language)),
        ("the IBAN", _said(formats.grouped(context.sender.iban, 4))),
        ("the reference", context.reference),
    )


def _mentions(context: NoticeContext, language: str) -> tuple[tuple[str, str], ...]:
    """What a mise en demeure must carry to be `suffisante` (C. civ. 1344)."""
    sender, line = context.sender, context.lines[0]
    assert context.deadline
    return (
        ("its title", TITLES.get(language, "")),
        ("the day", formats.long_date(context.today, language)),
        ("the deadline", formats.long_date(context.deadline, language)),
        ("the invoice's date", formats.short_date(line.issued, language)),
        ("the creditor's name", sender.party.name),
        ("the creditor's SIREN", _said(formats.grouped(sender.party.siren, 3))),
        ("the creditor's address", sender.party.street),
        ("the debtor's name", context.debtor.name),
        ("the debtor's SIREN", _said(formats.grouped(context.debtor.siren, 3))),
        ("the debtor's address", context.debtor.street),
        ("article 1344-1 of the civil code", "1344-1"),
        ("the signer's name", sender.signer_name),
        ("the signer's capacity", sender.signer_capacity),
    )


def _claims(context: NoticeContext, language: str) -> tuple[tuple[str, str], ...]:
    """What it must carry beside where interest and the 40 € are claimed (C. com. L441-10)."""
    claim = context.claim
    assert claim
    return (
        ("the interest", _said(formats.money(claim.interest[0], language))),
        ("the compensation", _said(formats.money(claim.compensation[0], language))),
        ("the interest's cut-off date", formats.long_date(claim.cut_off, language)),
        ("the interest's rate", _said(formats.percent(RATE, language))),
        ("the number of days", f"× {claim.working[0].days}"),
        ("article L441-10 of the commercial code", "L441-10"),
    )
