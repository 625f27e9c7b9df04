"""What the team is told by e-mail. (French, English); see the package."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "alert.subject": ("Relances : {n} point à voir|Relances : {n} points à voir", "Reminders: {n} thing to look at|Reminders: {n} things to look at"),
    "alert.intro": ("{creditor} : ceci attend quelqu'un.", "{creditor}: this waits for somebody."),
    "alert.more": ("et {n} autre|et {n} autres", "and {n} more|and {n} more"),
    "alert.how": ("Tout voir : `relance-mailer replies` ; une fois réglé : `relance-mailer done task:N --by NOM`.", "See all: `relance-mailer replies`; once settled: `relance-mailer done task:N --by NAME`."),
    "alert.automatic": ("Message automatique : n'y répondez pas.", "Automatic message: do not answer it."),
    "task.gate": ("Rien ne part : {why}", "Nothing leaves: {why}"),
}  # fmt: skip
