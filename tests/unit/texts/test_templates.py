from pathlib import Path

import pytest

from relance_mailer.errors import TemplateError
from relance_mailer.texts import samples
from relance_mailer.texts.check import check
from relance_mailer.texts.load import Templates, packaged_templates
from relance_mailer.texts.render import Renderer

HEAD = "---\nsubject: Facture {{ lines[0].number }}\n---\n"
WHOLE = '{% set shown = groups %}\n{% include "_invoices.md" %}\n{% include "_payment.md" %}\n'


def own(folder: Path, name: str, text: str) -> Templates:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return Templates([folder, packaged_templates()])


def rendered(templates: Templates, stage: str = "reminder1") -> str:
    return Renderer(templates).render(samples.full(stage, "fr")).text


def test_the_packaged_templates_are_without_problem() -> None:
    assert check(Templates([packaged_templates()])) == []


def test_the_admins_template_stands_before_the_packages(tmp_path: Path) -> None:
    assert rendered(own(tmp_path, "fr/reminder1.md", HEAD + "Bonjour,\n")) == "Bonjour,\n"


def test_the_admins_partial_serves_the_packages_template(tmp_path: Path) -> None:
    assert "Au plaisir" in rendered(own(tmp_path, "fr/_signature.md", "Au plaisir\n"))


def test_an_admins_own_stage_is_found(tmp_path: Path) -> None:
    templates = own(tmp_path, "fr/reminder4.md", HEAD + WHOLE)
    assert "F-2026-0412" in rendered(templates, "reminder4")
    assert check(templates) == []


def test_a_missing_stage_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(
        TemplateError, match=r"no template for stage reminder9 in fr or en; write .*fr/reminder9\.md"
    ):
        Templates([tmp_path]).find("reminder9", "fr")


@pytest.mark.parametrize("stage", ["../secret", "a/b", "", "_payment"])
def test_a_stage_cannot_name_another_file(stage: str) -> None:
    with pytest.raises(TemplateError, match="no template's name"):
        Templates([packaged_templates()]).find(stage, "fr")


def test_an_include_cannot_leave_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret", encoding="utf-8")
    with pytest.raises(TemplateError, match="no such file"):
        rendered(own(tmp_path / "t", "fr/reminder1.md", HEAD + '{% include "../../secret.md" %}'))


def test_a_version_changes_with_the_template_its_partials_and_the_layout(tmp_path: Path) -> None:
    packaged = Templates([packaged_templates()])
    before = packaged.version("reminder1", "fr")
    assert before == Templates([packaged_templates()]).version("reminder1", "fr")
    assert len(before) == 64
    for at, name in enumerate(("fr/reminder1.md", "fr/_invoices.md", "layout.html")):
        text = (packaged_templates() / name).read_text(encoding="utf-8") + "\n "
        assert own(tmp_path / str(at), name, text).version("reminder1", "fr") != before
    assert own(tmp_path / "other", "fr/reminder2.md", HEAD).version("reminder1", "fr") == before


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("Bonjour", 1, "no subject"),
        ("---\nsubject: a\nBonjour", 1, "no end"),
        ("---\nsubject: a\nto: b\n---\n", 3, "front matter knows"),
        (HEAD + "Bonjour {{ client }}", 4, "'client' is no variable"),
        (
            HEAD + "{% if recall and today == deadline %}\n{{ nobody }}\n{% endif %}",
            5,
            "'nobody' is no variable",
        ),
        (HEAD + "a\n{% if today %}", 5, "end"),
        (HEAD + "a\n\n{{ lines }}", 6, "a tuple cannot be written"),
        (HEAD + "{{ lines[0].weight }}", 4, "no attribute 'weight'"),
        (HEAD + "{{ lines.__class__ }}", 4, "unsafe"),
        (HEAD + "{{ sender.__class__ }}", 4, "unsafe"),
        (HEAD + "{{ deadline }}", 4, "this value is absent here"),
        (HEAD + '{% include "_none.md" %}', 4, "no such file"),
        (HEAD + "[payer](https://pay.example/{{ reference }})", 1, "a link's address holds a value"),
        ("---\nsubject: {{ recall and '' or '' }}\n---\nBonjour", 2, "the subject comes out empty"),
        ("---\nsubject: {{ client }}\n---\nBonjour", 2, "'client' is undefined"),
        (HEAD + WHOLE + "et 40 € de frais", 1, "none is claimed"),
        (HEAD + "Bonjour", 1, "the invoice's number does not stand in it"),
    ],
)
def test_a_faulty_template_is_told_with_file_line_and_reason(
    tmp_path: Path, text: str, line: int, reason: str
) -> None:
    templates = own(tmp_path, "fr/reminder1.md", text)
    problems = check(templates)
    assert [(p.file, p.line) for p in problems if reason in p.message] == [
        (str(tmp_path / "fr/reminder1.md"), line)
    ]


def test_a_fault_in_a_partial_is_told_at_the_partial(tmp_path: Path) -> None:
    templates = own(tmp_path, "fr/_signature.md", "a\n{{ lines[99].number }}\n")
    with pytest.raises(TemplateError, match=r"fr/_signature\.md, line 2: "):
        rendered(templates)


@pytest.mark.parametrize(
    ("gone", "missing"),
    [
        ("# MISE EN DEMEURE", None),
        ("{{ sender.signer_capacity }}", "the signer's capacity"),
        ("des articles 1344 et 1344-1 du code civil", "article 1344-1"),
        ("SIREN {{ party.siren|siren }}", "the debtor's SIREN"),
        ("au plus tard le **{{ deadline }}**", "the deadline"),
        ("× {{ span.days }}", "the number of days"),
        ("{{ head.compensation }}", "the compensation"),
        ("{{ span.annual_rate|percent }}", "the interest's rate"),
        ("L441-10", "article L441-10"),
    ],
)
def test_a_formal_notice_without_a_mention_is_told(tmp_path: Path, gone: str, missing: str | None) -> None:
    for path in (packaged_templates() / "fr").glob("*.md"):
        text = path.read_text(encoding="utf-8").replace(gone, "")
        if missing is None:
            text = text.replace("mettons en demeure", "prions").replace("MISE EN DEMEURE :", "")
        own(tmp_path, f"fr/{path.name}", text)
    problems = check(Templates([tmp_path, packaged_templates()]))
    assert any((missing or "its title") in problem.message for problem in problems)
    assert all("formal_notice" in problem.file for problem in problems if "missing" in problem.message)


def test_data_never_run_as_template(tmp_path: Path) -> None:
    templates = own(
        tmp_path, "fr/reminder1.md", HEAD + "{% set x %}**{{ contact_name }}**{% endset %}{{ x }}\n"
    )
    assert rendered(templates) == "**Claire Martin**\n"  # what is captured is data from then on
