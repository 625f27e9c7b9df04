"""Automatic answers told from people: by the texts of the training material, and by the labelled replies in every shape.

python bench/machines.py                     the writers' texts without any header: found, and people taken for machines
python bench/machines.py --shapes FOLDER     messages that `wrap.py --every REPLIES FOLDER` wrote: people taken for machines
python bench/machines.py --show ID           which rules a writer's text fires
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from relance_mailer.replies import automatic
from relance_mailer.replies.automatic import said, weight
from relance_mailer.replies.machine import machine_of
from relance_mailer.replies.message import read
from relance_mailer.replies.model import Message

REPLIES = Path(__file__).parents[1] / "training" / "replies"
MACHINES = {"auto_reply", "bounce"}


def writers() -> Iterator[dict[str, Any]]:
    """Yield the lines of the training material."""
    for path in sorted(REPLIES.glob("*.jsonl")):
        yield from map(json.loads, path.read_text("utf-8").splitlines())


def message(text: str, subject: str, *, answers: bool) -> Message:
    """Return a text as a message without any header of a machine."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "jo@client.example", "compta@atelier.example", subject
    mail["Date"] = "Tue, 03 Nov 2026 09:00:00 +0100"
    if answers:
        mail["In-Reply-To"] = mail["References"] = "<n1@atelier.example>"
    mail.set_content(text, cte="8bit")
    return read(mail.as_bytes())


#: How programs address an answer: (name, subject, whether it names the message that it answers).
FORMS = (
    ("new mail", "Facture F-104", False),
    ("answer with its own subject", "Facture F-104", True),
    ("answer", "Re: Facture F-104", True),
)


def by_text() -> None:
    """Print what words alone find, a line a language and form."""
    lines = list(writers())
    languages = sorted({line["lang"] for line in lines})
    for name, subject, answers in FORMS:
        found, total, wrong, people = Counter[str](), Counter[str](), list[str](), 0
        for line in lines:
            machine = machine_of(message(line["text"], subject, answers=answers))
            if line["intent"] == "auto_reply":
                total[line["lang"]] += 1
                found[line["lang"]] += machine is not None
            elif line["intent"] not in MACHINES:
                people += 1
                wrong += [line["id"]] if machine else []
        shares = ", ".join(f"{language} {found[language]}/{total[language]}" for language in languages)
        print(f"{name}: automatic answers found {found.total()}/{total.total()} ({shares})")
        print(f"  people taken for machines: {len(wrong)} of {people} {' '.join(wrong)}")


def shapes(folder: Path) -> None:
    """Print how many people's messages of a folder that wrap.py wrote are taken for machines, by shape and headers."""
    batch = [json.loads(line) for line in (folder / "batch.jsonl").read_text("utf-8").splitlines()]
    # The labels lie beside the corpus, not in the batch: an id says nothing of its intent.
    wrong = Counter[str]()
    for case in batch:
        machine = machine_of(read(Path(case["eml"]).read_bytes()))
        if machine is not None:
            wrong[f"{case['id'].split('.')[0]} {machine.kind}"] += 1
    print(f"{len(batch)} messages, {wrong.total()} taken for machines")
    for case, count in sorted(wrong.items()):
        print(f"  {case}: {count}")


def show(identity: str) -> None:
    """Print which rules a writer's text fires."""
    line = next(line for line in writers() if line["id"] == identity)
    for name, subject, answers in FORMS:
        mail = message(line["text"], subject, answers=answers)
        it = said(mail)
        fired = [
            f"{points:+d} {found.group()!r}"
            for rule, points in automatic.TELLING + automatic.SIGNS + automatic.PEOPLES
            if (found := rule.search(it.flat))
        ]
        declared = automatic.declares_itself(it)
        print(
            name,
            machine_of(mail),
            "weight",
            weight(mail, it),
            "declares itself",
            declared,
            *fired,
            sep="\n  ",
        )
    print(line["text"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shapes", type=Path, metavar="FOLDER")
    parser.add_argument("--show", metavar="ID")
    chosen = parser.parse_args()
    if chosen.show:
        show(chosen.show)
    elif chosen.shapes:
        shapes(chosen.shapes)
    else:
        by_text()
